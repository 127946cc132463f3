"""YAML text → a tree: the parser's events, composed by ourselves. The only module that reads with PyYAML.

Every scalar is read as text, so `1.10` stays `1.10` and `no` stays `no`; only nothing at all, `~` and `null` mean that
a value is absent. Tags, anchors, aliases and merge keys are refused. A line that traps the parser is mended in memory
(`yaml_traps`) and the text is read again, so that one pass finds every fault.
"""

from __future__ import annotations

import re
from typing import Any

import yaml

from planforge import text
from planforge.errors import DataPlace, Problem
from planforge.tree import MAX_DEPTH, MAX_NODES, Node, Unreadable, excerpt, place_of, too_deep, too_many
from planforge.yaml_traps import ODD_LETTERS, Failure, Lines, Mark, Seen, diagnose

__all__ = ["LOADER", "read_yaml"]

LOADER: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
"""The parser: libyaml where it is installed. Only its events are used, nothing is constructed."""

_MAX_MENDS = 60
_MENDING_BYTES = 8 * 1024 * 1024
"""What may be read again for mended lines, so that a large file with many traps does not take minutes."""
_MAX_PROBLEMS = 100
_LOST = re.compile(r"[ \t]+(#[^\s#].*)$")


def read_yaml(decoded: str, file: str | None, /) -> tuple[Node | None, list[Problem]]:
    """The tree of a YAML text, read again after each mended line; no tree where mending does not help."""
    lines = Lines(decoded, file)
    problems: list[Problem] = []
    budget = max(_MENDING_BYTES, 3 * len(decoded))
    seen: set[tuple[str, DataPlace]] = set()
    for _ in range(_MAX_MENDS):
        composer = _Composer(lines)
        try:
            root = composer.compose()
        except Unreadable as stop:
            return None, [*problems, *composer.problems, stop.problem]
        except yaml.YAMLError as error:
            trap = diagnose(lines, composer.failure(error))
            budget -= len(decoded)
            at = trap.problem.code, place_of(trap.problem)
            if at not in seen and not trap.is_aftermath(problems, lines):
                problems.append(trap.problem)
            if trap.mend is None or at in seen or budget < 0:
                return None, [*problems, *composer.problems]
            seen.add(at)
            trap.mend()
        else:
            return root, problems + composer.problems
    return None, problems


class _Composer:
    """Makes a tree of the parser's events, without recursion: limits hold before memory is spent."""

    def __init__(self, lines: Lines) -> None:
        self.lines = lines
        self.problems: list[Problem] = []
        self._watch = False
        """Whether a comment may have taken the end of a text."""
        self._last: Any = None
        """The last event of the parser that took up letters: the end of a block takes none."""

    def compose(self) -> Node | None:
        """The root of the first document; yaml.YAMLError where the parser is trapped."""
        stack: list[Node] = []
        root: Node | None = None
        count, documents = 0, 0
        written = self.lines.joined()
        self._watch = "#" in written
        for parsed in yaml.parse(written, Loader=LOADER):
            event: Any = parsed
            if not isinstance(event, yaml.CollectionEndEvent) or len(set(_marks(event))) > 1:
                self._last = event
            if isinstance(event, yaml.NodeEvent):
                node = self._node(event)
                count += 1
                if count > MAX_NODES:
                    raise too_many(self.lines.place(0, 0))
                if stack:
                    self._attach(stack[-1], node)
                else:
                    root = node
                if isinstance(event, yaml.CollectionStartEvent):
                    stack.append(node)
                    if len(stack) > MAX_DEPTH:
                        raise too_deep(self._place(node))
            elif isinstance(event, yaml.CollectionEndEvent):
                closed = stack.pop()
                if closed.flow:
                    closed.end = self._end(event)
            elif isinstance(event, yaml.DocumentStartEvent):
                documents += 1
                if documents > 1:
                    self._tell("PF129", self.lines.place(*_marks(event)[0]))
                    return root
            if len(self.problems) > _MAX_PROBLEMS:
                raise Unreadable(self.problems.pop())
        if root is None:
            raise Unreadable(Problem("PF124", DataPlace(self.lines.file)))
        return root

    def failure(self, error: yaml.YAMLError) -> Failure | None:
        """What the parser said when it was trapped; None if it could not say where."""
        mark, above, last = getattr(error, "problem_mark", None), getattr(error, "context_mark", None), self._last
        if mark is None:
            return None
        seen = None
        if last is not None:
            quoted = isinstance(last, yaml.ScalarEvent) and last.style in ("'", '"')
            seen = Seen(*_marks(last), quoted, isinstance(last, yaml.CollectionEndEvent))
        words = f"{getattr(error, 'context', '')} {getattr(error, 'problem', '')}"
        return Failure(*self._inside(mark), self._inside(above) if above is not None else None, words, seen)

    def _inside(self, mark: Any) -> Mark:
        """Line and column of a mark of the parser; its end of the file may stand behind the last line."""
        return min(mark.line, len(self.lines) - 1), mark.column

    def _place(self, node: Node) -> DataPlace:
        return DataPlace(self.lines.file, node.line, node.column)

    def _tell(self, code: str, place: DataPlace, args: dict[str, object] | None = None) -> None:
        self.problems.append(Problem(code, place, args or {}))

    def _node(self, event: Any) -> Node:
        lines = self.lines
        line, column = _marks(event)[0]
        place = (line + 1, column + 1 + lines.moved.get(line, 0))
        refused = (
            isinstance(event, yaml.AliasEvent) or event.anchor is not None or getattr(event, "tag", None) is not None
        )
        if refused:
            written = lines[line][column:].split(" ")[0]
            self._tell("PF137", lines.place(line, column), {"found": excerpt(lines.text(written))})
        if isinstance(event, yaml.ScalarEvent):
            plain = not event.style
            if self._watch and plain:
                self._watch_comment(event)
            absent = plain and event.value in ("", "~", "null") and not refused
            node = Node(*place, None if absent else lines.text(event.value), plain=plain)
            node.end = self._end(event)
        elif isinstance(event, yaml.CollectionStartEvent):
            empty: Any = [] if isinstance(event, yaml.SequenceStartEvent) else {}
            node = Node(*place, empty, flow=bool(event.flow_style))
        else:
            node = Node(*place, "")
        node.broken = refused
        return node

    def _end(self, event: Any) -> Mark:
        line, column = _marks(event)[1]
        return line + 1, column + 1 + self.lines.moved.get(line, 0)

    def _watch_comment(self, event: Any) -> None:
        """`text: Журам #5`: what was meant as text is a comment to YAML, and lost."""
        _, (line, behind) = _marks(event)
        lost = _LOST.match(self.lines[line], behind) if line < len(self.lines) else None
        if lost:
            where = self.lines.place(line, lost.start(1))
            self._tell("PF119", where, {"found": excerpt(self.lines.text(lost[1]))})

    def _attach(self, parent: Node, node: Node) -> None:
        if isinstance(parent.content, list):
            parent.content.append(node)
        elif parent.key is None:
            parent.key = node
            self._check_key(parent, node)
        else:
            assert isinstance(parent.content, dict)
            if isinstance(parent.key.content, str) and not (parent.key.content == "<<" and parent.key.plain):
                parent.content[parent.key] = node
            parent.key = None

    def _check_key(self, parent: Node, key: Node) -> None:
        if isinstance(key.content, dict | list) and parent.flow and key.flow:  # {{ name }}
            self._tell("PF142", self._place(parent), {"character": "{"})
            parent.broken = True
        elif not isinstance(key.content, str):
            self._tell("PF109", self._place(key))
        elif key.content == "<<" and key.plain:
            self._tell("PF137", self._place(key), {"found": "<<"})
            parent.broken = True
        elif key.plain and key.content[:1] in ODD_LETTERS:
            args: dict[str, object] = {"character": text.code_point(key.content[0]), "count": 1}
            self._tell("PF145", self._place(key), args)


def _marks(event: Any) -> tuple[Mark, Mark]:
    """The beginning and the end of an event."""
    start, end = event.start_mark, event.end_mark
    return (start.line, start.column), (end.line, end.column)
