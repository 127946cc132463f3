"""A YAML data file changed in place: values are replaced where they stand; comments, order and quotation marks stay.

An `Editor` collects edits by paths of the model and makes the new text in one go; whoever uses it reads that text again
and compares, because only the reader knows what a text means. `set_value` does so for one value. The file of a value
that cannot be reached so (JSON, another file, a value with parts) is refused with its place.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Sequence
from typing import Any

from planforge.binding import Spot
from planforge.data import Loaded, parse, reparse
from planforge.errors import DataError, Problem, Words
from planforge.tree import Node, ValuePath, excerpt, text_lines
from planforge.vocabulary import ListOf, MapOf, Record, Type
from planforge.yaml_writer import comment_lines, replacement

__all__ = ["Editor", "refusal", "resolve", "set_value"]


class Editor:
    """The text of a YAML file and what is to be changed in it. Paths are those of the model below `spot`.

    Every method raises DataError (PF463) for a value that cannot be changed in place, with the place of it.
    """

    def __init__(self, spot: Spot) -> None:
        self.spot = spot
        self.lines = spot.tree.lines
        self._edits: list[tuple[int, int, str]] = []
        self._keys: dict[Node, dict[Node, Node]] = {}
        """Of mappings whose entries were asked for: the key of each value."""
        self._removed: dict[Node, set[Node]] = {}
        """Of lists in brackets: the entries to be taken out."""
        self._wrapped: dict[Node, int] = {}
        """Texts that became a field of a part of their own: the indent of its fields."""
        self._starts = [0]
        for line in self.lines:
            self._starts.append(self._starts[-1] + len(line) + 1)
        self._text = "\n".join(self.lines)

    def replace(self, path: ValuePath, value: str) -> None:
        """Puts a text in place of a value without parts."""
        node, holder = self._node(path), self._holder(path)
        if isinstance(node.content, list | dict):
            raise self._refused(path, _PARTS)
        start, end = self._span(node, path)
        if start == end:  # `date:` with nothing behind it
            written = f" {replacement(value, '', 0, flow=True)}"
            self._edits.append((start, end, written + " " * (holder is not None and holder.flow)))
            return
        flow = holder is not None and holder.flow
        indent = self._wrapped.get(node, self._key(node, holder).column - 1)
        written = self._text[start:end]
        new, *lines = replacement(value, written, indent, flow=flow).split("\n")
        header, behind = _HEADER.match(written), _BEHIND.match(self._text, end)
        if header:  # a comment stays on the first line
            new += header[1]
        elif lines and behind:
            new, end = new + behind[0], behind.end()
        self._edits.append((start, end, "\n".join([new, *lines])))

    def empty(self, path: ValuePath) -> None:
        """Takes a value away, whatever it holds; its key stays."""
        node, holder = self._node(path), self._holder(path)
        start, end = self._span(node, path)
        if holder is None or not holder.flow:
            while start and self._text[start - 1] == " ":
                start -= 1
            if start and self._text[start - 1] == "\n":
                start -= 1
        self._edits.append((start, end, ""))

    def remove(self, path: ValuePath) -> None:
        """Takes an entry out of a list; comments on lines of their own stay, those behind it go with it."""
        node, holder = self._node(path), self._holder(path)
        _, end = self._span(node, path)
        if holder is not None and not isinstance(holder.content, list):  # the only entry, written as the list
            self.empty(path)
            return
        if holder is not None and holder.flow:
            self._removed.setdefault(holder, set()).add(node)
            return
        line = node.line - 1
        dash = self.lines[line].rfind("-", 0, node.column - 1)
        while dash < 0 and line:  # the value begins below its dash
            line -= 1
            dash = self.lines[line].split("#")[0].rfind("-")
        if self.lines[line][:dash].strip():
            raise self._refused(path, _NO_LINES)
        after = self._text.find("\n", end) + 1 or len(self._text)
        self._edits.append((self._starts[line], after, ""))

    def insert(self, path: ValuePath, key: str, plain: str, value: str) -> None:
        """Makes `key: value` the first of a part; one that is written as its text alone gets the key `plain` for it.

        Before the text of such a part is replaced.
        """
        node, holder = self._node(path), self._holder(path)
        start = self._offset(node.line, node.column)
        written = f"{key}: {replacement(value, '', 0, flow=True)}"
        if isinstance(node.content, dict) and node.flow and self._text[start] != "{":
            raise self._refused(path, _NO_BRACES)
        if isinstance(node.content, dict) and node.flow:
            self._edits.append((start + 1, start + 1, f"{written}, "))
        elif isinstance(node.content, dict):
            self._edits.append((start, start, f"{written}\n{' ' * (node.column - 1)}"))
        elif holder is not None and holder.flow:
            _, end = self._span(node, path)
            self._edits += [(start, start, f"{{{written}, {plain}: "), (end, end, "}")]
        else:
            self._wrap(node, holder, written, plain)

    def _wrap(self, node: Node, holder: Node | None, written: str, plain: str) -> None:
        """Makes a text in lines a field of a part, deeper than it was."""
        start = begin = self._offset(node.line, node.column)
        if holder is not None and isinstance(holder.content, list):
            indent, deeper, lead = node.column - 1, node.column - holder.column, ""
        else:  # the only entry of a list, behind its key
            deeper = 2
            indent = self._key(node, holder).column - 1 + deeper
            lead = f"\n{' ' * indent}"
            begin = self._before_spaces(start)
        self._wrapped[node] = indent
        self._edits.append((begin, start, f"{lead}{written}\n{' ' * indent}{plain}: "))
        for line in text_lines(node):
            if self.lines[line - 1].strip():
                self._edits.append((self._starts[line - 1], self._starts[line - 1], " " * deeper))

    def comment(self, path: ValuePath, comments: Sequence[str]) -> None:
        """Texts above the line where a value begins, or its key; of `()` under the first line of the file."""
        top = self.spot.node
        line = top.line if top.flow else next(iter(top.content.values())).line + 1
        if path:
            node, holder = self._node(path), self._holder(path)
            line = self._key(node, holder).line if isinstance(holder and holder.content, dict) else node.line
        line = self.spot.tree.inner_lines.get(line, line)
        start = self._starts[line - 1]
        below = self._text[start : self._starts[line]]
        indent = len(below) - len(below.lstrip(" ")) if path else 0
        self._edits.append((start, start, "".join(f"{c}\n" for c in comment_lines(comments, indent))))

    def drop_line(self, line: int) -> None:
        """Takes a line out, a comment."""
        self._edits.append((self._starts[line - 1], min(self._starts[line], len(self._text)), ""))

    def result(self) -> str:
        """The text with all edits; those at one place in the order in which they were made."""
        cuts = [cut for holder, gone in self._removed.items() for cut in self._cuts(holder, gone)]
        out, at = [], 0
        for start, end, new in sorted([*self._edits, *cuts], key=lambda edit: edit[:2]):
            out += [self._text[at:start], new if start >= at or new.strip() else ""]  # no indent of what is gone
            at = max(at, end)
        return "".join([*out, self._text[at:]])

    def _cuts(self, holder: Node, gone: set[Node]) -> Iterator[tuple[int, int, str]]:
        """The edits that take entries out of a list in brackets, with their commas and the lines they leave empty.

        A list of which nothing is left, not even a comment, is `[]`.
        """
        begin, stop = self._flow_span(holder)
        spans = [self._flow_span(item) for item in holder.content]
        limits = [*(start for start, _ in spans[1:]), stop - 1]
        commas = [self._comma(end, limit) for (_, end), limit in zip(spans, limits, strict=True)]
        left = [at for at, item in enumerate(holder.content) if item not in gone]
        parts = [(spans[at][0], commas[at] or spans[at][1]) for at, item in enumerate(holder.content) if item in gone]
        last = commas[left[-1]] if left else None
        if last is not None and commas[-1] is None:  # the comma before entries that all go
            parts.append((last - 1, last))
        cuts: list[tuple[int, int]] = []
        for start, end in sorted(parts):
            begins = cuts.pop()[0] if cuts and not self._text[cuts[-1][1] : start].strip() else start
            cuts.append((begins, end))
        at, is_left = begin + 1, False
        for start, end in cuts:
            start, end = self._with_space(start, end)
            is_left |= bool(self._text[at:start].strip())
            at = end
            yield start, end, ""
        if not is_left and not self._text[at : stop - 1].strip():
            yield begin + 1, stop - 1, ""

    def _flow_span(self, node: Node) -> tuple[int, int]:
        assert node.end is not None
        start, end = self._offset(node.line, node.column), self._offset(*node.end)
        return start, start + len(self._text[start:end].rstrip())

    def _comma(self, at: int, limit: int) -> int | None:
        """Behind the comma that follows an entry in brackets, which comments may stand before."""
        match = _COMMA.match(self._text, at, limit)
        return match.end() if match else None

    def _with_space(self, start: int, end: int) -> tuple[int, int]:
        """A cut with the lines or the spaces that would be left of it."""
        first, behind = self._before_spaces(start), end
        while self._text[behind] == " ":
            behind += 1
        follows, begins_line = self._text[behind], first == 0 or self._text[first - 1] == "\n"
        if follows not in "\n#]":
            return start, behind
        if begins_line and follows != "]":
            return first, self._text.find("\n", behind) + 1
        if follows == "#" and "\n" in self._text[start:end]:  # a comment behind what goes
            end = self._text.find("\n", behind)
        if begins_line and "#" not in self._text[self._text.rfind("\n", 0, first - 1) + 1 : first]:
            first -= 1
        return first, end

    def _before_spaces(self, at: int) -> int:
        while at and self._text[at - 1] == " ":
            at -= 1
        return at

    def _node(self, path: ValuePath) -> Node:
        """The node of a value; the text of a part that is written as its text alone is the part's."""
        spot = self.spot.find(path)
        depth = len(self.spot.path) + len(path) - len(spot.path)
        written_alone = depth == 1 and not isinstance(spot.node.content, list | dict)
        if spot.tree is not self.spot.tree:
            raise self._refused(path, _ELSEWHERE)
        if depth and not written_alone:
            raise self._refused(path, _ABSENT)
        return spot.node

    def _holder(self, path: ValuePath) -> Node | None:
        """The node that holds that of a value: of the last of the parts above it that has another one."""
        node = self.spot.find(path).node
        for n in range(len(path) - 1, -1, -1):
            above = self.spot.find(path[:n]).node
            if above is not node:
                return above
        return None

    def _key(self, node: Node, holder: Node | None) -> Node:
        """Where the entry of a value begins: its key in a mapping; in a list the list itself, whose dash it has."""
        if holder is None:
            return node
        if isinstance(holder.content, dict):
            if holder not in self._keys:
                self._keys[holder] = {value: key for _, key, value in holder.pairs}
            return self._keys[holder].get(node, node)
        return holder

    def _offset(self, line: int, column: int) -> int:
        return self._starts[line - 1] + column - 1

    def _span(self, node: Node, path: ValuePath) -> tuple[int, int]:
        """Where a value begins and ends, without the comments and empty lines behind it."""
        start = self._offset(node.line, node.column)
        ends = [self._offset(*end) for end in _ends(node)]
        if not ends:
            raise self._refused(path, _NOT_YAML)
        return start, start + len(self._text[start : max(ends)].rstrip())

    def _refused(self, path: ValuePath, why: Words) -> DataError:
        return refusal(self.spot, path, why)


_PARTS = Words("энэ утга дотроо олон хэсэгтэй", "it has parts of its own")
_ELSEWHERE = Words("энэ утга өөр файлд байна", "it stands in another file")
_NO_LINES = Words("жагсаалтын энэ мөр өөрийн гэсэн мөргүй", "this entry of a list has no lines of its own")
_NO_BRACES = Words("хаалтан доторх энэ хэсэг { } хаалтгүй бичигдсэн", "this part of a list in brackets has no braces")
_ABSENT = Words("файлд энэ талбар алга", "the file does not have this field")
_BEHIND = re.compile(r"[ \t]+#[^\n]*")
_HEADER = re.compile(r"[|>][-+0-9]*([ \t]+#.*)")
_COMMA = re.compile(r"(?:\s|(?<=\s)#[^\n]*+)*+,")
_NOT_YAML = Words("энэ нь YAML файл биш", "this is not a YAML file")
_MIXED = Words("файлын мөрүүд өөр өөр тэмдгээр төгссөн байна", "the lines of the file end in different ways")
_UNSAFE = Words("энэ утгыг солиход файлын бусад хэсэг өөрчлөгдөхөөр байна", "other values of the file would change")


def refusal(spot: Spot, path: ValuePath, why: Words) -> DataError:
    """A value that cannot be changed in place (PF463)."""
    at = spot.find(path)
    return DataError([Problem("PF463", at.place((*spot.path, *path), None), {"reason": why})])


def _ends(node: Node) -> Iterator[tuple[int, int]]:
    if node.end is not None:
        yield node.end
    elif isinstance(node.content, list):
        for item in node.content[-1:]:
            yield from _ends(item)
    elif isinstance(node.content, dict):
        for value in list(node.content.values())[-1:]:
            yield from _ends(value)


# --- one value -----------------------------------------------------------------------------------------------------


def set_value(file: str | os.PathLike[str], path: str, value: str, /) -> bytes:
    """The content of a data file with another value at a path (`objectives[0].measures[1].period`), all else as it is.

    Keys of the path are English or Mongolian. DataError for what is wrong in the file (PF1xx, PF4xx) before or after,
    for a path that leads nowhere (PF462), and for a value that cannot be replaced where it stands (PF463).
    """
    before: Loaded[Any] = parse(file)
    if before.value is None or before.spot is None or before.record is None:
        raise DataError(before.problems)
    steps = resolve(path, before.record, before.spot)
    editor = Editor(before.spot)
    editor.replace(steps, value)
    if not before.spot.tree.newline:
        raise refusal(before.spot, steps, _MIXED)
    new = before.spot.tree.as_written(editor.result()).encode()
    after = reparse(before, new)
    if after.value is None or after.spot is None:
        raise DataError(after.problems)
    was, now = dict(_scalars(before.spot)), dict(_scalars(after.spot))
    own = before.spot.find(steps).path
    if {p for p in was.keys() | now.keys() if was.get(p) != now.get(p)} - {own, (*own, 0)} or now.get(own) != value:
        raise refusal(before.spot, steps, _UNSAFE)
    return new


def _scalars(spot: Spot) -> Iterator[tuple[ValuePath, str | None]]:
    """Every value without parts, by its path."""
    if not isinstance(spot.node.content, list | dict):
        yield spot.path, spot.node.content
    for inner in spot.children.values():
        yield from _scalars(inner)


_STEP = re.compile(r"\[([0-9]+)\]|\.?([^.\[\]]+)")


def resolve(path: str, record: Record, spot: Spot, /) -> ValuePath:
    """A path as problems print it, in canonical names; a list that is written as one value needs no index.

    DataError (PF462) where the data have no such value, with the place up to which they have it.
    """
    kind: Type = record
    steps: list[str | int] = []
    rest = path.strip()
    while rest:
        here = spot.find(tuple(steps))
        if isinstance(kind, MapOf):
            rest = rest.removeprefix(".")
            label = max((str(k) for k in here.children if _begins(rest, str(k))), key=len, default=None)
            if label is None:
                raise _nowhere(path, rest, here)
            steps.append(label)
            kind, rest = kind.value, rest[len(label) :]
            continue
        match = _STEP.match(rest)
        index, name = match.groups() if match else (None, None)
        if isinstance(kind, ListOf):
            at = int(index) if index is not None else 0
            if match is None or at not in here.children or (index is None and len(here.children) > 1):
                raise _nowhere(path, rest, here)
            steps.append(at)
            kind, rest = kind.item, rest[match.end() :] if index is not None else rest
            continue
        field = kind.find_key(name) if isinstance(kind, Record) and name is not None else None
        known = field is not None and (field.name in here.children or _is_alone(kind, field.name, here))
        if match is None or field is None or not known:
            raise _nowhere(path, rest, here)
        steps.append(field.name)
        kind, rest = field.type, rest[match.end() :]
    if not steps:
        raise _nowhere(path, path, spot)
    return tuple(steps)


def _begins(rest: str, label: str) -> bool:
    return rest.startswith(label) and rest[len(label) : len(label) + 1] in ("", ".", "[")


def _is_alone(kind: Type, name: str, here: Spot) -> bool:
    """Whether a part is written as its text alone, and the field is that text."""
    return isinstance(kind, Record) and kind.plain == name and not isinstance(here.node.content, list | dict)


def _nowhere(path: str, rest: str, here: Spot) -> DataError:
    known = ", ".join(f"[{k}]" if isinstance(k, int) else k for k in here.children) or "–"
    args = {"path": excerpt(path, 120), "rest": excerpt(rest.removeprefix("."), 60), "known": excerpt(known, 200)}
    return DataError([Problem("PF462", here.place(here.path, None), args)])
