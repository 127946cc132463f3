"""The tree of a file: plain values, each with the place where it stands, whatever format they were written in.

`yaml_reader` and `json_reader` make trees of text, `source` of files; `data` makes plans and reports of trees, `layout`
makes layouts. Nothing here knows the model: a value is text, nothing at all, a list or a mapping.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator, Mapping, Set
from dataclasses import dataclass, field
from functools import cached_property, lru_cache
from pathlib import Path
from typing import Any, Final, TypeAlias

from planforge import text
from planforge.errors import DataPlace, Problem, Words

__all__ = [
    "MAX_DEPTH",
    "MAX_NODES",
    "VERSION",
    "Header",
    "Node",
    "Tree",
    "Unreadable",
    "ValuePath",
    "doubled_keys",
    "excerpt",
    "header_problems",
    "in_order",
    "node_of",
    "place_of",
    "text_lines",
    "texts_of",
    "too_deep",
    "too_many",
]

MAX_DEPTH: Final = 32
MAX_NODES: Final = 200_000
VERSION: Final = 1
"""The newest version of the data format that this planforge reads."""

ValuePath: TypeAlias = tuple[str | int, ...]
"""The keys and indexes (from 0) that lead from the root of a tree to a value."""


class Unreadable(Exception):
    """Reading cannot go on; the problem says why. Caught where the tree is made: it never leaves the package."""

    def __init__(self, problem: Problem) -> None:
        self.problem = problem
        super().__init__(problem)


def too_many(place: DataPlace, /) -> Unreadable:
    """More than `MAX_NODES` values (PF139)."""
    words = Words(f"{MAX_NODES:,}-аас олон утгатай", f"more than {MAX_NODES:,} values")
    return Unreadable(Problem("PF139", place, {"limit": words}))


def too_deep(place: DataPlace, /) -> Unreadable:
    """More than `MAX_DEPTH` levels (PF139)."""
    words = Words(f"{MAX_DEPTH}-оос олон давхар", f"more than {MAX_DEPTH} levels")
    return Unreadable(Problem("PF139", place, {"limit": words}))


# --- nodes ---------------------------------------------------------------------------------------------------------


class Node:
    """A value of the file where it stands: `content` is text, None (absent), a list or key-value pairs.

    Lines and columns count from 1. `plain` is a scalar without quotes, `flow` a list or mapping in brackets, `broken` a
    value with a fault of its own, which nobody shall report again. `end` is the line and column behind a scalar or a
    bracket; None of what has no end of its own: a list or mapping in lines, and what was not read from YAML.
    """

    __slots__ = ("broken", "column", "content", "end", "flow", "key", "line", "plain")

    content: Any
    """Text, None, a list of nodes, or nodes of keys → nodes of values; of `node_of` any other value too."""

    def __init__(self, line: int, column: int, content: Any, *, plain: bool = False, flow: bool = False) -> None:
        self.line = line
        self.column = column
        self.content = content
        self.plain = plain
        self.flow = flow
        self.broken = False
        self.end: tuple[int, int] | None = None
        self.key: Node | None = None  # while the tree is built: the key that waits for its value

    @property
    def pairs(self) -> Iterable[tuple[str, Node, Node]]:
        """Keys as typed with the nodes of key and value, in the order of the file; doubles too."""
        assert isinstance(self.content, dict)
        return ((str(key.content), key, value) for key, value in self.content.items())

    def value(self) -> Any:
        """The plain value; of a key given twice the first counts, a broken value is an empty text."""
        if self.broken:
            return ""
        if isinstance(self.content, list):
            return [item.value() for item in self.content]
        if isinstance(self.content, dict):
            out: dict[str, Any] = {}
            for key, _, value in self.pairs:
                out.setdefault(key, value.value())
            return out
        return self.content


def node_of(value: object, /) -> Node:
    """Plain Python values as a tree without lines; Unreadable beyond `MAX_DEPTH`."""
    return _node_of(value, 1)


def _node_of(value: object, depth: int) -> Node:
    if depth > MAX_DEPTH + 1:
        raise too_deep(DataPlace())
    if isinstance(value, Mapping):
        return Node(0, 0, {Node(0, 0, str(k)): _node_of(v, depth + 1) for k, v in value.items()})
    if isinstance(value, list | tuple):
        return Node(0, 0, [_node_of(item, depth + 1) for item in value])
    return Node(0, 0, value)


def texts_of(values: Mapping[str, Any], names: Set[str] = frozenset(), /) -> list[str] | None:
    """Every text in plain values, and their keys that are none of `names`; None for what is beyond the limits.

    `MAX_DEPTH` and `MAX_NODES`, keys counted, without making a tree of them.
    """
    texts: list[str] = []
    add = texts.append
    count = 1
    level: list[Any] = [values]
    for _ in range(MAX_DEPTH):
        below: list[Any] = []
        for holder in level:
            if holder.__class__ is dict or not isinstance(holder, (list, tuple)):
                count += 2 * len(holder)
                if not holder.keys() <= names:
                    texts += holder.keys() - names
                parts = holder.values()
            else:
                count += len(holder)
                parts = holder
            for part in parts:
                kind = part.__class__
                if kind is str:
                    add(part)
                elif kind is dict or kind is list or _holds(kind):
                    below.append(part)
        if not below or count > MAX_NODES:
            return texts if count <= MAX_NODES else None
        level = below
    return None


@lru_cache
def _holds(kind: type) -> bool:
    """Whether values of a class hold others; to ask the ABC each time is slow."""
    return issubclass(kind, list | tuple | Mapping)


# --- trees ---------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Header:
    """The first key of a data file: `planforge: plan/1`. `kind` and `version` are None where it is malformed."""

    written: str
    kind: str | None
    version: int | None


_HEADER = re.compile(r"\s*([^\W\d]\w*)\s*/\s*([1-9][0-9]{0,8})\s*")


@dataclass(frozen=True)
class Tree:
    """A data file as plain values with a place for each: what `data.parse` and `layout` are built on.

    `value` is made of dict (keys as typed), list, str and None (absent). Of a key given twice the first counts, and
    `problems` holds the fault. `value` is None where the file could not be read at all.
    """

    file: str | None
    folder: Path | None
    root: Node | None
    problems: list[Problem]
    lines: tuple[str, ...] = field(default=(), repr=False)
    newline: str = "\n"
    """How the lines end in the file: LF, CRLF, or in different ways where it is empty."""
    bom: bool = False

    def as_written(self, text: str, /) -> str:
        """A text with LF as the file is written: its line ends (LF where they differ), its mark at the beginning."""
        return "\ufeff" * self.bom + text.replace("\n", self.newline or "\n")

    @cached_property
    def inner_lines(self) -> Mapping[int, int]:
        """The lines that begin inside a text, each with the nearest above it over which a comment can stand."""
        texts: list[Node] = []
        queue = [self.root] if self.root is not None else []
        while queue:
            node = queue.pop()
            if isinstance(node.content, list):
                queue += node.content
            elif isinstance(node.content, dict):
                queue += [*node.content, *node.content.values()]
            elif text_lines(node):
                texts.append(node)
        inside: dict[int, int] = {}
        for node in sorted(texts, key=lambda node: (node.line, node.column)):
            inside.update(dict.fromkeys(text_lines(node), inside.get(node.line, node.line)))
        return inside

    def comments(self) -> Iterator[tuple[int, str]]:
        """The lines that are a comment alone, by number, without their indent."""
        for number, line in enumerate(self.lines, 1):
            if line.lstrip(" \t").startswith("#") and number not in self.inner_lines:
                yield number, line.strip()

    @cached_property
    def value(self) -> dict[str, Any] | list[Any] | str | None:
        return self.root.value() if self.root else None

    def place(self, path: ValuePath, /, *, key: bool = False) -> DataPlace:
        """The place of the value at a path, or of its key; the nearest place above if the path leads nowhere."""
        node, at = self.root, self.root
        for step in path:
            found: tuple[Node, Node] | None = None
            if node is not None and isinstance(node.content, dict):
                found = next(((k, v) for name, k, v in node.pairs if name == step), None)
            elif node is not None and isinstance(node.content, list) and isinstance(step, int):
                found = (node.content[step],) * 2 if 0 <= step < len(node.content) else None
            if found is None:
                break
            node, at = found[1], found[0] if key else found[1]
        return self._place(at, path)

    def _place(self, node: Node | None, path: ValuePath = ()) -> DataPlace:
        if node is None or not node.line:
            return DataPlace(self.file, path=path)
        return DataPlace(self.file, node.line, node.column, path)

    @property
    def files(self) -> tuple[str, ...]:
        """The file that was read, if the source was a path."""
        return (self.file,) if self.file is not None and self.folder is not None else ()

    @property
    def header(self) -> Header | None:
        """What the key `planforge` says; None if the file has none. A layout says what it is by its own first key."""
        node = self._header_node()
        if node is None:
            return None
        key, value = node
        written = value.content if isinstance(value.content, str) else ""
        if text.name_key(key) == "layout":
            return Header(written, "layout", VERSION)
        match = _HEADER.fullmatch(written)
        return Header(written, match[1].lower(), int(match[2])) if match else Header(written, None, None)

    def _header_node(self) -> tuple[str, Node] | None:
        if self.root is None or not isinstance(self.root.content, dict):
            return None
        keys = [(name, value) for name, _, value in self.root.pairs]
        own = next((pair for pair in keys if text.name_key(pair[0]) == "planforge"), None)
        return own or next((pair for pair in keys[:1] if text.name_key(pair[0]) == "layout"), None)


# --- faults of a tree ----------------------------------------------------------------------------------------------

_KIND_WORDS = {
    "plan": Words("төлөвлөгөө (plan)", "a plan"),
    "report": Words("тайлан (report)", "a report"),
    "layout": Words("маягтын тодорхойлолт (layout)", "a layout"),
    "scale": Words("үнэлгээний шатлал (scale)", "a scale of evaluation"),
}


def text_lines(node: Node, /) -> range:
    """The lines that begin inside a text: those below its first."""
    line, column = node.end or (node.line, 1)
    return range(node.line + 1, line + (column > 1))


def header_problems(tree: Tree, /, *wanted: str) -> list[Problem]:
    """What is wrong with the key `planforge` of a file that should be of a kind in `wanted` (PF130 to PF134, PF138)."""
    if tree.root is None:
        return []
    if not isinstance(tree.root.content, dict):
        return [Problem("PF138", tree.place(()), {"kind": wanted[0]})]
    header, node = tree.header, tree._header_node()
    if header is None or node is None:
        return [Problem("PF130", tree.place(()), {"kind": wanted[0], "version": VERSION})]
    place = tree._place(node[1])
    if header.kind is None or header.version is None:
        args: dict[str, object] = {"found": excerpt(header.written), "kind": wanted[0], "version": VERSION}
        return [Problem("PF131", place, args)]
    if header.kind not in _KIND_WORDS:
        return [Problem("PF132", place, {"found": excerpt(header.kind), "kinds": ", ".join(_KIND_WORDS)})]
    if header.kind not in wanted:
        words = [_KIND_WORDS[w] for w in wanted]
        either = Words(" эсвэл ".join(w.mn for w in words), " or ".join(w.en for w in words))
        return [Problem("PF134", place, {"found": _KIND_WORDS[header.kind], "wanted": either})]
    if header.version > VERSION:
        return [Problem("PF133", place, {"found": header.version, "known": VERSION})]
    return []


def doubled_keys(root: Node, file: str | None) -> Iterator[Problem]:
    """Keys given twice in one mapping, at the second one (PF103)."""
    queue: list[tuple[Node, ValuePath]] = [(root, ())]
    while queue:
        node, path = queue.pop()
        if isinstance(node.content, list):
            queue += [(item, (*path, index)) for index, item in enumerate(node.content)]
        elif isinstance(node.content, dict):
            seen: dict[str, Node] = {}
            for name, key, value in node.pairs:
                first = seen.setdefault(name, key)
                if first is not key:
                    place = DataPlace(file, key.line, key.column, (*path, name))
                    spot = f"{first.line}:{first.column}"
                    yield Problem("PF103", place, {"key": excerpt(name), "first": spot})
                queue.append((value, (*path, name)))


def place_of(problem: Problem, /) -> DataPlace:
    """The place of a problem in a data file; one without file, line and path if it has none."""
    return problem.place if isinstance(problem.place, DataPlace) else DataPlace()


def in_order(problems: Iterable[Problem], file: str | None) -> list[Problem]:
    """Problems as a reader of the file meets them; those of other files after its own."""

    def key(problem: Problem) -> tuple[bool, str, int, int]:
        place = place_of(problem)
        return place.file != file, place.file or "", place.line or 0, place.column or 0

    return sorted(problems, key=key)


_INVISIBLE = frozenset(("Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"))


def excerpt(written: str, limit: int = 60) -> str:
    """What a file says, as a message quotes it: on one line, cut, invisible characters as U+XXXX."""
    flat = written[: limit + 1].replace("\n", " ")
    out = "".join(text.code_point(c) if unicodedata.category(c) in _INVISIBLE else c for c in flat)
    return out if len(out) <= limit else out[: limit - 1] + "…"
