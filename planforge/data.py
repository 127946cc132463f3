"""Data files ⇄ model: YAML and JSON with the place of every value, all faults at once.

Every scalar is read as text and the model decides what it is, so `1.10` stays `1.10` and `no` stays `no`; only nothing
at all, `~` and `null` mean that a value is absent. Tags, anchors, aliases and merge keys are refused, keys are given
once. Traps of YAML that officers meet (`text: Тоо: 5`, a quotation mark in front, a tab) have messages of their own:
after each the line is mended in memory and read again, so that one pass finds every fault. A file with any error never
becomes a value.
"""

from __future__ import annotations

import codecs
import os
import re
import unicodedata
from bisect import bisect_right
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from decimal import Decimal
from enum import StrEnum
from functools import cache, cached_property
from pathlib import Path
from typing import Any, BinaryIO, Final, Generic, Literal, NamedTuple, NoReturn, TypeAlias, TypeVar, overload

import yaml
from pydantic import BaseModel, ValidationError

from planforge import consistency, mongolian, text, vocabulary
from planforge.errors import DataError, DataPlace, Problem, Words, has_errors
from planforge.model import Budget, Plan, Report
from planforge.vocabulary import Field, ListOf, MapOf, Record, Scalar

__all__ = [
    "VERSION",
    "Header",
    "Loaded",
    "Source",
    "Tree",
    "dump",
    "from_mapping",
    "header_problems",
    "in_order",
    "load",
    "parse",
    "read_tree",
]

MAX_BYTES: Final = 10 * 1024 * 1024
MAX_DEPTH: Final = 32
MAX_NODES: Final = 200_000
VERSION: Final = 1
"""The newest version of the data format that this planforge reads."""

_MAX_MENDS = 60
_MENDING_BYTES = 8 * 1024 * 1024
"""What may be read again for mended lines, so that a large file with many traps does not take minutes."""
_MAX_ADVICE = 100
_LOADER: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)

T = TypeVar("T", bound=BaseModel)
Subject: TypeAlias = Plan | Report
Source: TypeAlias = str | os.PathLike[str] | bytes | BinaryIO
Path_: TypeAlias = tuple[str | int, ...]


# --- bytes ---------------------------------------------------------------------------------------------------------


class _Stop(Exception):
    """Reading cannot go on; the problem says why."""

    def __init__(self, problem: Problem) -> None:
        self.problem = problem
        super().__init__(problem)


class _Content(NamedTuple):
    file: str | None
    folder: Path | None
    data: bytes


_FOREIGN = (
    (b"PK\x03\x04", Words("Word, Excel зэрэг баримт бичиг", "a Word, Excel or other zipped file")),
    (b"\xd0\xcf\x11\xe0", Words("хуучин Word, Excel баримт бичиг", "an old Word or Excel file")),
    (b"%PDF", Words("PDF", "a PDF")),
    (b"{\\rtf", Words("RTF баримт бичиг", "an RTF document")),
    (b"\x89PNG", Words("зураг", "a picture")),
    (b"\xff\xd8\xff", Words("зураг", "a picture")),
)
_MARKS = (
    (codecs.BOM_UTF32_LE, "UTF-32"),
    (codecs.BOM_UTF32_BE, "UTF-32"),
    (codecs.BOM_UTF16_LE, "UTF-16"),
    (codecs.BOM_UTF16_BE, "UTF-16"),
)


def _fetch(source: Source) -> _Content:
    if isinstance(source, bytes | bytearray | memoryview):
        return _Content(None, None, bytes(source))
    if not isinstance(source, str | os.PathLike):
        name = getattr(source, "name", None)
        file = name if isinstance(name, str) else None
        try:
            return _Content(file, None, source.read(MAX_BYTES + 1))
        except OSError as error:
            raise _Stop(_unreadable(file, error)) from error
    path = Path(source)
    file = str(path)
    if path.name.startswith("~$"):
        raise _Stop(Problem("PF123", DataPlace(file), {"file": path.name.removeprefix("~$")}))
    try:
        with path.open("rb") as stream:
            return _Content(file, path.parent, stream.read(MAX_BYTES + 1))
    except (OSError, ValueError) as error:  # ValueError: a NUL in the name
        if isinstance(error, OSError) and os.path.isdir(path):  # noqa: PTH112 - `Path.is_dir` raises for a name too long
            raise _Stop(Problem("PF121", DataPlace(file))) from error
        raise _Stop(_unreadable(file, error)) from error


def _unreadable(file: str | None, error: OSError | ValueError) -> Problem:
    place = DataPlace(file)
    if isinstance(error, FileNotFoundError | NotADirectoryError | ValueError):
        return Problem("PF120", place, {"file": _shown(file or "", 120)})
    if isinstance(error, PermissionError):
        return Problem("PF122", place, {"file": file or ""})
    return Problem("PF128", place, {"reason": error.strerror or type(error).__name__})


def _decode(content: _Content) -> str:
    """The text of a data file; only UTF-8, a mark at the beginning is allowed. Line ends become LF."""
    data, place = content.data, DataPlace(content.file)
    if len(data) > MAX_BYTES:
        raise _Stop(Problem("PF127", place, {"limit": MAX_BYTES // 1024 // 1024}))
    for mark, name in _MARKS:
        if data.startswith(mark):
            raise _Stop(Problem("PF125", replace(place, line=1, column=1), {"encoding": Words(name, name)}))
    for mark, words in _FOREIGN:
        if data.startswith(mark):
            raise _Stop(Problem("PF126", place, {"found": words}))
    try:
        decoded = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        before = data[: error.start].decode("utf-8", "replace").replace("\r\n", "\n").split("\n")
        place = replace(place, line=len(before), column=len(before[-1]) + 1)
        raise _Stop(Problem("PF125", place, {"encoding": _likely_encoding(data)})) from error
    if decoded.count("\0") * 4 > len(decoded):
        raise _Stop(Problem("PF125", replace(place, line=1, column=1), {"encoding": Words("UTF-16", "UTF-16")}))
    return decoded.replace("\r\n", "\n").replace("\r", "\n")


def _likely_encoding(data: bytes) -> Words:
    if data.count(b"\0") * 4 > len(data):
        return Words("UTF-16", "UTF-16")
    try:
        letters = [c for c in data.decode("cp1251") if ord(c) > 127]
    except UnicodeDecodeError:
        letters = []
    if sum("А" <= c <= "я" or c in "ЄєЇїЁё" for c in letters) * 2 > len(letters):
        return Words("магадгүй Windows-1251", "probably Windows-1251")
    if b"\x00" in data or any(b < 9 for b in data[:1000]):
        return Words("бичвэр ч биш бололтой", "it does not look like text")
    return Words("кодчилол нь тодорхойгүй", "its encoding is unknown")


# --- the tree ------------------------------------------------------------------------------------------------------


class _Node:
    """A value of the file where it stands: `content` is text, None (absent), a list or key-value pairs.

    Lines and columns count from 1. `plain` is a scalar without quotes, `flow` a list or mapping in brackets, `broken` a
    value with a fault of its own, which nobody shall report again.
    """

    __slots__ = ("broken", "column", "content", "flow", "key", "line", "plain")

    content: Any
    """Text, None, a list of nodes, or nodes of keys → nodes of values; of `from_mapping` any other value too."""

    def __init__(self, line: int, column: int, content: Any, *, plain: bool = False, flow: bool = False) -> None:
        self.line = line
        self.column = column
        self.content = content
        self.plain = plain
        self.flow = flow
        self.broken = False
        self.key: _Node | None = None  # while the tree is built: the key that waits for its value

    @property
    def pairs(self) -> Iterable[tuple[str, _Node, _Node]]:
        """Keys as typed with the nodes of key and value, in the order of the file; doubles too."""
        assert isinstance(self.content, dict)
        return ((str(key.content), key, value) for key, value in self.content.items())

    def value(self) -> Any:
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
    root: _Node | None
    problems: list[Problem]
    lines: tuple[str, ...] = field(default=(), repr=False)

    @cached_property
    def value(self) -> dict[str, Any] | list[Any] | str | None:
        return self.root.value() if self.root else None

    def place(self, path: Path_, /, *, key: bool = False) -> DataPlace:
        """The place of the value at a path, or of its key; the nearest place above if the path leads nowhere."""
        node, at = self.root, self.root
        for step in path:
            found: tuple[_Node, _Node] | None = None
            if node is not None and isinstance(node.content, dict):
                found = next(((k, v) for name, k, v in node.pairs if name == step), None)
            elif node is not None and isinstance(node.content, list) and isinstance(step, int):
                found = (node.content[step],) * 2 if 0 <= step < len(node.content) else None
            if found is None:
                break
            node, at = found[1], found[0] if key else found[1]
        return self._place(at, path)

    def _place(self, node: _Node | None, path: Path_ = ()) -> DataPlace:
        if node is None or not node.line:
            return DataPlace(self.file, path=path)
        return DataPlace(self.file, node.line, node.column, path)

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

    def _header_node(self) -> tuple[str, _Node] | None:
        if self.root is None or not isinstance(self.root.content, dict):
            return None
        keys = [(name, value) for name, _, value in self.root.pairs]
        own = next((pair for pair in keys if text.name_key(pair[0]) == "planforge"), None)
        return own or next((pair for pair in keys[:1] if text.name_key(pair[0]) == "layout"), None)


def read_tree(source: Source, /) -> Tree:
    """A YAML or JSON file as plain values with places, whatever it holds: for layouts and other typed files.

    Never raises for content nor for a file that cannot be read: these are `problems` (PF103, PF109, PF119 to PF129,
    PF137 to PF139, PF142 to PF149), in the order of the file.
    """
    file, folder = None, None
    try:
        content = _fetch(source)
        file, folder = content.file, content.folder
        decoded = _decode(content)
        if not decoded.strip():
            raise _Stop(Problem("PF124", DataPlace(file)))
        if (file or "").lower().endswith(".json"):
            root, problems = _read_json(decoded, file)
        elif decoded.lstrip().startswith("{"):
            root, problems = _read_json(decoded, file)
            if root is None:
                other, found = _read_yaml(decoded, file)
                if (other is not None and not found) or not re.match(r'\s*\{\s*"', decoded):
                    root, problems = other, found
        else:
            root, problems = _read_yaml(decoded, file)
    except _Stop as stop:
        return Tree(file or _name_of(source), folder, None, [stop.problem])
    if root is not None:
        problems += _doubles(root, file)
    return Tree(file, folder, root, in_order(problems, file), tuple(decoded.split("\n")))


def _name_of(source: Source) -> str | None:
    return str(source) if isinstance(source, str | os.PathLike) else None


def in_order(problems: Iterable[Problem], file: str | None) -> list[Problem]:
    """Problems as a reader of the file meets them; those of other files after its own."""

    def key(problem: Problem) -> tuple[bool, str, int, int]:
        place = _place(problem)
        return place.file != file, place.file or "", place.line or 0, place.column or 0

    return sorted(problems, key=key)


def _doubles(root: _Node, file: str | None) -> Iterator[Problem]:
    """Keys given twice in one mapping."""
    queue: list[tuple[_Node, Path_]] = [(root, ())]
    while queue:
        node, path = queue.pop()
        if isinstance(node.content, list):
            queue += [(item, (*path, index)) for index, item in enumerate(node.content)]
        elif isinstance(node.content, dict):
            seen: dict[str, _Node] = {}
            for name, key, value in node.pairs:
                first = seen.setdefault(name, key)
                if first is not key:
                    place = DataPlace(file, key.line, key.column, (*path, name))
                    spot = f"{first.line}:{first.column}"
                    yield Problem("PF103", place, {"key": _shown(name), "first": spot})
                queue.append((value, (*path, name)))


_INVISIBLE = frozenset(("Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"))


def _shown(found: str, limit: int = 60) -> str:
    """A text for a message: on one line, cut, invisible characters as U+XXXX."""
    flat = found[: limit + 1].replace("\n", " ")
    out = "".join(text.code_point(c) if unicodedata.category(c) in _INVISIBLE else c for c in flat)
    return out if len(out) <= limit else out[: limit - 1] + "…"


# --- YAML ----------------------------------------------------------------------------------------------------------

# YAML 1.1 breaks lines at U+0085, U+2028 and U+2029, and libyaml refuses C1 controls: while the parser runs, these
# stand as letters of a private area, so that they pass unchanged or are refused by the model with their field.
_SHIELDED = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028\u2029\ufeff\ufffe\uffff]")
_ODD_SPACES = "\t\u00a0\u1680\u2000-\u200b\u202f\u205f\u3000\ufeff"
_ODD_LETTERS = frozenset("\u00a0\u1680\u202f\u205f\u3000\ufeff") | {chr(c) for c in range(0x2000, 0x200C)}
_ODD_INDENT = re.compile(rf"^[ \-]*([{_ODD_SPACES}])")
_LEAD = re.compile(r"(?: *- +)* *")
_KEY = re.compile(
    r"""(?P<key>"(?:[^"\\]|\\.)*"|'(?:[^']|'')*'|[^\s\-?:,\[\]{}#&*!|>'"%@`][^\n]*?|[-?](?=\S)[^\n]*?)\s*:(?=\s|$)"""
)
_TIGHT = re.compile(r"([^\W\d][\w \-]*):(?=[^\s/:\\])")
_COMMENT = re.compile(r"(?<!\s)\s+#(?:\s.*)?$")
_LOST = re.compile(r"[ \t]+(#[^\s#].*)$")


_Mark: TypeAlias = tuple[int, int]
"""Line and column, from 0."""


class _Split(NamedTuple):
    """A line of a block: where its key stands (after dashes), the key if it has one, where the value begins."""

    start: int
    key: str | None
    colon: int
    value: int


@cache
def _field_names() -> frozenset[str]:
    roots = map(vocabulary.describe, vocabulary.KINDS.values())
    return frozenset(
        text.name_key(n) for record in vocabulary.reachable(*roots, data=True) for n in record.names(data=True)
    )


def _may_be_key(word: str) -> bool:
    """Whether a text in front of a colon is a key rather than the beginning of a sentence."""
    bare = word.strip("\"' ")
    return bool(re.fullmatch(r"[^\W\d]\w*", bare)) or text.name_key(vocabulary.mongolian_name(bare)) in _field_names()


_LONGEST_KEY = 1024  # as libyaml has it


class _Lines:
    """The lines of a file while it is read; a line that traps the parser is mended, places stay those of the file."""

    def __init__(self, decoded: str, file: str | None) -> None:
        self.file = file
        self.original = decoded.split("\n")
        self._back: dict[int, str] = {}
        found = sorted(set(_SHIELDED.findall(decoded)))
        if found:
            used = set(decoded)
            free = (chr(c) for c in range(0xF0000, 0x110000) if chr(c) not in used)
            table = {ord(c): stand_in for c, stand_in in zip(found, free, strict=False)}
            self._back = {ord(stand_in): chr(c) for c, stand_in in table.items()}
            decoded = decoded.translate(table)
        self.lines = decoded.split("\n")
        self.moved: dict[int, int] = {}
        self.guessed = False
        self.last: Any = None
        """The last event of the parser that took up letters: the end of a block takes none."""

    def text(self, found: str) -> str:
        return found.translate(self._back) if self._back else found

    def place(self, line: int, column: int) -> DataPlace:
        """Line and column count from 0 here and from 1 in the place."""
        return DataPlace(self.file, line + 1, column + 1 + self.moved.get(line, 0))

    def inside(self, mark: Any) -> _Mark:
        """Line and column of a mark of the parser; its end of the file may stand behind the last line."""
        return min(mark.line, len(self.lines) - 1), mark.column

    def indent(self, line: int) -> int:
        return len(self.lines[line]) - len(self.lines[line].lstrip(" "))

    def blank(self, line: int) -> bool:
        return not self.lines[line].strip() or self.lines[line].lstrip().startswith("#")

    def before(self, line: int) -> int | None:
        """The nearest line above that is not blank."""
        return next((n for n in range(line - 1, -1, -1) if not self.blank(n)), None)

    def split(self, line: int) -> _Split:
        written = self.lines[line]
        lead = _LEAD.match(written)
        start = lead.end() if lead else 0
        match = _KEY.match(written, start, start + _LONGEST_KEY)
        if match is None or ("-" in written[:start] and not _may_be_key(match["key"])):
            return _Split(start, None, -1, start)
        value = match.end() + len(written[match.end() :]) - len(written[match.end() :].lstrip())
        return _Split(start, match["key"], match.end() - 1, value)

    def quote(self, line: int, start: int, last: int | None = None) -> None:
        """Puts what begins at `start` in quotation marks, with the lines that continue it (at least to `last`)."""
        floor = self.split(line).start if self.split(line).key else max(self.split(line).start - 1, 0)
        found = [_COMMENT.sub("", self.lines[line][start:]).rstrip()]
        for n in range(line + 1, len(self.lines)):
            goes_on = last is not None and n <= last
            if not goes_on and (
                self.blank(n) or self.indent(n) <= floor or self.split(n).key or self.lines[n].lstrip().startswith("- ")
            ):
                break
            found.append(self.lines[n].strip())
            self.lines[n] = ""
        self.lines[line] = self.lines[line][:start] + "'" + " ".join(found).replace("'", "''") + "'"

    def shift(self, line: int, by: int) -> None:
        """Moves a line and those that stand as deep or deeper below it."""
        floor = self.indent(line)
        for n in range(line, len(self.lines)):
            if self.lines[n].strip() and self.indent(n) < floor:
                break
            if self.lines[n].strip():
                self.lines[n] = " " * by + self.lines[n] if by > 0 else self.lines[n][-by:]
                self.moved[n] = self.moved.get(n, 0) - by


def _read_yaml(decoded: str, file: str | None) -> tuple[_Node | None, list[Problem]]:
    """The tree of a YAML text, read again after each mended line; no tree where mending does not help."""
    source = _Lines(decoded, file)
    problems: list[Problem] = []
    budget = max(_MENDING_BYTES, 3 * len(decoded))
    seen: set[tuple[str, DataPlace]] = set()
    for _ in range(_MAX_MENDS):
        found: list[Problem] = []
        try:
            root = _compose(source, found)
        except _Stop as stop:
            return None, [*problems, *found, stop.problem]
        except yaml.YAMLError as error:
            trap = _diagnose(source, error)
            budget -= len(decoded)
            at = trap.problem.code, _place(trap.problem)
            if at not in seen and not _aftermath(trap.problem, problems, source):
                problems.append(trap.problem)
            if trap.mend is None or at in seen or budget < 0:
                return None, [*problems, *found]
            seen.add(at)
            trap.mend()
        else:
            return root, problems + found
    return None, problems


def _aftermath(problem: Problem, before: Iterable[Problem], source: _Lines) -> bool:
    """Whether a trap may only come of a mend: on the line of another one; a fault of form right below one, too."""
    line = _line(problem)
    if problem.code in ("PF146", "PF149"):
        return source.guessed or any(line - 1 <= _line(p) <= line for p in before)
    return any(_line(p) == line for p in before)


def _place(problem: Problem) -> DataPlace:
    return problem.place if isinstance(problem.place, DataPlace) else DataPlace()


def _line(problem: Problem) -> int:
    return _place(problem).line or 0


def _compose(source: _Lines, problems: list[Problem]) -> _Node | None:
    """The tree by the parser's events, without recursion: limits hold before memory is spent."""
    stack: list[_Node] = []
    root: _Node | None = None
    count, documents = 0, 0
    watch = any("#" in line for line in source.lines)
    for parsed in yaml.parse("\n".join(source.lines), Loader=_LOADER):
        event: Any = parsed
        if not isinstance(event, yaml.CollectionEndEvent) or len(set(_marks(event))) > 1:
            source.last = event
        if isinstance(event, yaml.NodeEvent):
            node = _node(source, event, problems, watch=watch)
            count += 1
            if count > MAX_NODES:
                raise _Stop(Problem("PF139", source.place(0, 0), {"limit": _NODES}))
            if stack:
                _attach(stack[-1], node, source, problems)
            else:
                root = node
            if isinstance(event, yaml.CollectionStartEvent):
                stack.append(node)
                if len(stack) > MAX_DEPTH:
                    raise _Stop(Problem("PF139", replace(_at(source, node)), {"limit": _LEVELS}))
        elif isinstance(event, yaml.CollectionEndEvent):
            stack.pop()
        elif isinstance(event, yaml.DocumentStartEvent):
            documents += 1
            if documents > 1:
                problems.append(Problem("PF129", source.place(*_marks(event)[0])))
                return root
        if len(problems) > 100:
            raise _Stop(problems.pop())
    if root is None:
        raise _Stop(Problem("PF124", DataPlace(source.file)))
    return root


_NODES = Words(f"{MAX_NODES:,}-аас олон утгатай", f"more than {MAX_NODES:,} values")
_LEVELS = Words(f"{MAX_DEPTH}-оос олон давхар", f"more than {MAX_DEPTH} levels")


def _at(source: _Lines, node: _Node) -> DataPlace:
    return DataPlace(source.file, node.line, node.column)


def _node(source: _Lines, event: Any, problems: list[Problem], *, watch: bool) -> _Node:
    line, column = _marks(event)[0]
    place = (line + 1, column + 1 + source.moved.get(line, 0))
    refused = isinstance(event, yaml.AliasEvent) or event.anchor is not None or getattr(event, "tag", None) is not None
    if refused:
        written = source.lines[line][column:].split(" ")[0]
        problems.append(Problem("PF137", source.place(line, column), {"found": _shown(source.text(written))}))
    if isinstance(event, yaml.ScalarEvent):
        plain = not event.style
        if watch and plain:
            _, (line, behind) = _marks(event)
            lost = _LOST.match(source.lines[line], behind) if line < len(source.lines) else None
            if lost:
                where = source.place(line, lost.start(1))
                problems.append(Problem("PF119", where, {"found": _shown(source.text(lost[1]))}))
        absent = plain and event.value in ("", "~", "null") and not refused
        node = _Node(*place, None if absent else source.text(event.value), plain=plain)
    elif isinstance(event, yaml.CollectionStartEvent):
        empty: Any = [] if isinstance(event, yaml.SequenceStartEvent) else {}
        node = _Node(*place, empty, flow=bool(event.flow_style))
    else:
        node = _Node(*place, "")
    node.broken = refused
    return node


def _attach(parent: _Node, node: _Node, source: _Lines, problems: list[Problem]) -> None:
    if isinstance(parent.content, list):
        parent.content.append(node)
    elif parent.key is None:
        parent.key = node
        if isinstance(node.content, dict | list) and parent.flow and node.flow:  # {{ name }}
            problems.append(Problem("PF142", _at(source, parent), {"character": "{"}))
            parent.broken = True
        elif not isinstance(node.content, str):
            problems.append(Problem("PF109", _at(source, node)))
        elif node.content == "<<" and node.plain:
            problems.append(Problem("PF137", _at(source, node), {"found": "<<"}))
            parent.broken = True
        elif node.plain and node.content[:1] in _ODD_LETTERS:
            args = {"character": text.code_point(node.content[0]), "count": 1}
            problems.append(Problem("PF145", _at(source, node), args))
    else:
        assert isinstance(parent.content, dict)
        if isinstance(parent.key.content, str) and not (parent.key.content == "<<" and parent.key.plain):
            parent.content[parent.key] = node
        parent.key = None


# --- traps ---------------------------------------------------------------------------------------------------------


class _Trap(NamedTuple):
    problem: Problem
    mend: Callable[[], None] | None


def _diagnose(source: _Lines, error: yaml.YAMLError) -> _Trap:
    """What trapped the parser, in the words of a person, and how to read on behind it."""
    mark = getattr(error, "problem_mark", None)
    if mark is None:
        return _Trap(Problem("PF149", DataPlace(source.file), {"expected": _YAML}), None)
    line, column = source.inside(mark)
    above = getattr(error, "context_mark", None)
    context = source.inside(above) if above is not None else None
    words = f"{getattr(error, 'context', '')} {getattr(error, 'problem', '')}"
    for rule in (_unclosed, _escape, _odd_indent, _behind_quote, _first_character, _colon, _no_colon, _misplaced):
        trap = rule(source, line, column, context, words)
        if trap is not None:
            return trap
    return _Trap(Problem("PF149", source.place(line, column), {"expected": _YAML}), None)


_YAML = Words("YAML-ийн дүрэмд нийцсэн бичлэг", "what the rules of YAML allow")


def _unclosed(source: _Lines, line: int, column: int, context: _Mark | None, words: str) -> _Trap | None:
    """A quotation mark that is never closed: the place is where it was opened."""
    if context is not None and "quoted scalar" in words and ("end of stream" in words or "document" in words):
        return _open_quote(source, context[0], context[1])
    last = source.last
    if _is_quoted(last):
        (first, start), (end, _) = _marks(last)
        if first < end == line and any(source.split(n).key for n in range(first + 1, end + 1)):
            return _open_quote(source, first, start)
    return None


def _is_quoted(event: Any) -> bool:
    return isinstance(event, yaml.ScalarEvent) and event.style in ("'", '"')


def _marks(event: Any) -> tuple[_Mark, _Mark]:
    """The beginning and the end of an event."""
    start, end = event.start_mark, event.end_mark
    return (start.line, start.column), (end.line, end.column)


def _open_quote(source: _Lines, line: int, column: int) -> _Trap:
    def mend() -> None:
        source.lines[line] = source.lines[line][:column] + "'" + source.lines[line][column:].replace("'", "''") + "'"

    found = _shown(source.text(source.lines[line][column:]), 30)
    return _Trap(Problem("PF144", source.place(line, column), {"found": found}), mend)


def _escape(source: _Lines, line: int, column: int, context: _Mark | None, words: str) -> _Trap | None:
    """A backslash in quotation marks."""
    if "quoted scalar" not in words or not ("escape" in words or "hex" in words):
        return None
    at = source.lines[line].rfind("\\", 0, column + 1)
    if at < 0:
        return None

    def mend() -> None:
        source.lines[line] = source.lines[line][:at] + "\\" + source.lines[line][at:]

    found = _shown(source.text(source.lines[line][at : at + 2]))
    return _Trap(Problem("PF148", source.place(line, at), {"found": found}), mend)


def _odd_indent(source: _Lines, line: int, column: int, context: _Mark | None, words: str) -> _Trap | None:
    """A tab or another space than U+0020 before the first letter of a line."""
    bad = [
        (n, match.start(1), match[1])
        for n in range(len(source.lines))
        if not source.guessed and (match := _ODD_INDENT.match(source.text(source.lines[n]))) and source.lines[n].strip()
    ]
    if not bad or not any(n in (line, line - 1) for n, _, _ in bad):
        return None

    def mend() -> None:
        for n, _, _ in bad:
            body = re.sub(rf"^[ {_ODD_SPACES}]+", "", source.text(source.lines[n]))
            lead = source.lines[n][: len(source.lines[n]) - len(body)]
            spaces = "".join("  " if c == "\t" else " " for c in lead)
            source.lines[n] = spaces + source.lines[n][len(lead) :]
            source.moved[n] = len(lead) - len(spaces)
        source.guessed = True

    at, start, character = bad[0]
    args = {"character": text.code_point(character), "count": len(bad)}
    return _Trap(Problem("PF145", source.place(at, start), args), mend)


def _behind_quote(source: _Lines, line: int, column: int, context: _Mark | None, words: str) -> _Trap | None:
    """`text: "Төрийн" журам` and `text: [1] хавсралт`: the text goes on after what closed it."""
    last = source.last
    if last is None:
        return None
    (at, start), (end, behind) = _marks(last)
    if end != line or source.lines[line][behind:column].strip() or not column:
        return None
    if _is_quoted(last) and "mapping values" not in words:
        args = {"found": _shown(source.text(source.lines[at][start:]), 40)}
        return _Trap(Problem("PF143", source.place(at, start), args), lambda: source.quote(at, start, line))
    if isinstance(last, yaml.CollectionEndEvent) and source.lines[line][:column].rstrip().endswith(("]", "}")):
        return _quoted_trap(source, line)
    return None


def _quoted_trap(source: _Lines, line: int) -> _Trap | None:
    start = source.split(line).value
    character = source.lines[line][start : start + 1]
    if not character:
        return None
    problem = Problem("PF142", source.place(line, start), {"character": character})
    return _Trap(problem, lambda: source.quote(line, start))


_SIGNS = re.compile(r"[@`%*&!,\]}]|[|>](?=.*\S)|[-?] ")


def _first_character(source: _Lines, line: int, column: int, context: _Mark | None, words: str) -> _Trap | None:
    """A text that begins with a sign of YAML, or with a bracket that nothing closes."""
    start = source.split(line).value
    if start <= column and _SIGNS.match(source.lines[line], start):
        return _quoted_trap(source, line)
    if context is not None and "flow" in words and source.split(context[0]).value == context[1]:
        return _quoted_trap(source, context[0])
    return None


def _colon(source: _Lines, line: int, column: int, context: _Mark | None, words: str) -> _Trap | None:
    """`text: Тоо: 5`; the same in the second line of a text; a key that stands deeper than the one above it."""
    if "mapping values" not in words and not source.lines[line].startswith(":", column):
        return None
    here = source.split(line)
    if here.key is None and here.value == column:
        return _Trap(Problem("PF109", source.place(line, column)), lambda: source.lines.__setitem__(line, ""))
    if here.key is None or here.colon != column:
        return _colon_in(source, line, here.value, line)
    above = source.before(line)
    if above is None:
        return None
    tight = _TIGHT.match(source.lines[above], source.split(above).start)
    if tight and source.split(above).key is None and _may_be_key(tight[1]):
        return _no_space(source, above, tight.end())
    if _may_be_key(here.key):
        while source.split(above).key is None and (higher := source.before(above)) is not None:
            above = higher
        return _indentation(source, line, source.split(above).start)
    first = above
    while source.split(first).key is None and "- " not in source.lines[first] and source.before(first) is not None:
        first = source.before(first) or 0
    return _colon_in(source, first, source.split(first).value, line)


def _colon_in(source: _Lines, line: int, start: int, last: int) -> _Trap:
    found = _shown(source.text(_COMMENT.sub("", source.lines[line][start:])))
    return _Trap(Problem("PF107", source.place(line, start), {"found": found}), lambda: source.quote(line, start, last))


def _no_space(source: _Lines, line: int, at: int) -> _Trap:
    def mend() -> None:
        source.lines[line] = source.lines[line][:at] + " " + source.lines[line][at:]

    start = source.split(line).start
    args = {"key": _shown(source.text(source.lines[line][start : at - 1]))}
    return _Trap(Problem("PF118", source.place(line, at - 1), args), mend)


def _no_colon(source: _Lines, line: int, column: int, context: _Mark | None, words: str) -> _Trap | None:
    """A line between the keys that has no colon, or no space behind it."""
    if context is None or "simple key" not in words:
        return None
    at, start = context[0], context[1]
    tight = _TIGHT.match(source.lines[at], start)
    if tight and _may_be_key(tight[1]):
        return _no_space(source, at, tight.end())
    written = source.lines[at][start:].rstrip()
    word = written.split(" ")[0]
    key = text.name_key(word) in _field_names()

    def mend() -> None:
        rest = written[len(word) + 1 :].replace("'", "''")
        source.lines[at] = source.lines[at][:start] + (f"{word}: '{rest}'" if key else "")

    return _Trap(Problem("PF147", source.place(at, start), {"found": _shown(source.text(written))}), mend)


def _misplaced(source: _Lines, line: int, column: int, context: _Mark | None, words: str) -> _Trap | None:
    """A line that stands deeper or less deep than its neighbours; a list item where no list is."""
    if column != source.indent(line) or context is None or not source.lines[line].strip():
        return None
    wanted: int = context[1]
    if source.lines[line].startswith("- ", column):
        items = (n for n in range(line - 1, -1, -1) if source.lines[n].lstrip().startswith("- "))
        wanted = min((source.indent(n) for n in items), key=lambda at: (abs(at - column), -at), default=column)
    return _indentation(source, line, wanted)


def _indentation(source: _Lines, line: int, wanted: int) -> _Trap:
    now = source.indent(line)
    if now == wanted:
        problem = Problem("PF149", source.place(line, now), {"expected": Words("талбарын нэр", "the name of a field")})
        return _Trap(problem, lambda: source.lines.__setitem__(line, ""))
    args = {"now": now + 1, "wanted": wanted + 1}
    return _Trap(Problem("PF146", source.place(line, now), args), lambda: source.shift(line, wanted - now))


# --- JSON ----------------------------------------------------------------------------------------------------------

_TOKEN = re.compile(
    r"""[ \t\n]*(?:(?P<sign>[{}\[\],:])
    |(?P<text>"[^"\\\x00-\x1f]*(?:\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4})[^"\\\x00-\x1f]*)*")
    |(?P<word>(?:-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?|true|false|null)(?![\w.+-]))
    |(?P<end>\Z))""",
    re.VERBOSE,
)
_ESCAPES = {"b": "\b", "f": "\f", "n": "\n", "r": "\r", "t": "\t"}
_ESCAPED = re.compile(r"\\u([dD][89abAB][0-9a-fA-F]{2})\\u([dD][c-fC-F][0-9a-fA-F]{2})|\\u([0-9a-fA-F]{4})|\\(.)")


class _Json:
    """A reader of JSON (RFC 8259) with places; numbers and words stay text as typed."""

    def __init__(self, decoded: str, file: str | None) -> None:
        self.decoded, self.file = decoded, file
        self.starts = [0, *(m.end() for m in re.finditer("\n", decoded))]
        self.at = 0
        self.count = 0

    def read(self) -> _Node:
        root = self.value(self.next(), 1)
        if self.next()["end"] is None:
            self.fail(Words("файлын төгсгөл", "the end of the file"), self.start)
        return root

    def next(self) -> re.Match[str]:
        match = _TOKEN.match(self.decoded, self.at)
        if match is None:
            self.at += len(self.decoded[self.at :]) - len(self.decoded[self.at :].lstrip(" \t\n"))
            self.fail(Words("JSON-ы утга", "a JSON value"))
        self.at = match.end()
        self.start = self.at - len(match[match.lastgroup or 0])
        return match

    def place(self, offset: int) -> tuple[int, int]:
        line = bisect_right(self.starts, offset)
        return line, offset - self.starts[line - 1] + 1

    def fail(self, expected: Words, offset: int | None = None) -> NoReturn:
        line, column = self.place(self.at if offset is None else offset)
        raise _Stop(Problem("PF149", DataPlace(self.file, line, column), {"expected": expected}))

    def value(self, token: re.Match[str], depth: int) -> _Node:
        line, column = self.place(self.start)
        self.count += 1
        if self.count > MAX_NODES:
            raise _Stop(Problem("PF139", DataPlace(self.file, 1, 1), {"limit": _NODES}))
        if token["text"] is not None:
            return _Node(line, column, _json_text(token["text"]))
        if token["word"] is not None:
            return _Node(line, column, None if token["word"] == "null" else token["word"])
        if token["sign"] not in ("{", "["):
            self.fail(Words("утга", "a value"), self.start)
        if depth > MAX_DEPTH:
            raise _Stop(Problem("PF139", DataPlace(self.file, line, column), {"limit": _LEVELS}))
        if token["sign"] == "[":
            return _Node(line, column, self.items(depth), flow=True)
        return _Node(line, column, self.pairs(depth), flow=True)

    def items(self, depth: int) -> list[_Node]:
        out: list[_Node] = []
        token = self.next()
        while token["sign"] != "]" or out:
            out.append(self.value(token, depth + 1))
            if self.next_of(",", "]") == "]":
                break
            token = self.next()
        return out

    def pairs(self, depth: int) -> dict[_Node, _Node]:
        out: dict[_Node, _Node] = {}
        token = self.next()
        while token["sign"] != "}" or out:
            if token["text"] is None:
                self.fail(Words("хашилтад бичсэн нэр", "a name in quotation marks"), self.start)
            key = _Node(*self.place(self.start), _json_text(token["text"]))
            self.count += 1
            self.next_of(":")
            out[key] = self.value(self.next(), depth + 1)
            if self.next_of(",", "}") == "}":
                break
            token = self.next()
        return out

    def next_of(self, *signs: str) -> str:
        sign = self.next()["sign"]
        if sign not in signs:
            wanted = [f"`{s}`" for s in signs]
            self.fail(Words(" эсвэл ".join(wanted), " or ".join(wanted)), self.start)
        return str(sign)


def _json_text(token: str) -> str:
    def plain(match: re.Match[str]) -> str:
        if match[1]:
            return chr(0x10000 + (int(match[1], 16) - 0xD800) * 0x400 + int(match[2], 16) - 0xDC00)
        return chr(int(match[3], 16)) if match[3] else _ESCAPES.get(match[4], match[4])

    body = token[1:-1]
    return _ESCAPED.sub(plain, body) if "\\" in body else body


def _read_json(decoded: str, file: str | None) -> tuple[_Node | None, list[Problem]]:
    try:
        return _Json(decoded, file).read(), []
    except _Stop as stop:
        return None, [stop.problem]


# --- the tree as a model -------------------------------------------------------------------------------------------


class _Spot:
    """Where a value of the model stands in a file, and the values inside it by canonical name or index."""

    __slots__ = ("children", "file", "node")

    def __init__(self, node: _Node | None, file: str | None) -> None:
        self.node = node
        self.file = file
        self.children: dict[str | int, _Spot] = {}

    def find(self, path: Path_) -> _Spot:
        spot = self
        for step in path:
            inner = spot.children.get(step) or spot.children.get(str(step))
            if inner is None:
                break
            spot = inner
        return spot

    def place(self, path: Path_, record: Record | None, node: _Node | None = None) -> DataPlace:
        node = node or self.node
        counted = vocabulary.counted(record, path) if record is not None and path else None
        if node is None or not node.line:
            return DataPlace(self.file, path=path, counted=counted)
        return DataPlace(self.file, node.line, node.column, path, counted)


@dataclass(frozen=True)
class Loaded(Generic[T]):
    """What a data file says: its value, or None if any problem is an error; every problem in the order of the file."""

    value: T | None
    problems: tuple[Problem, ...]
    file: str | None = None
    record: Record | None = field(default=None, repr=False)
    _spot: _Spot = field(default_factory=lambda: _Spot(None, None), repr=False)

    def place_of(self, path: Path_, /) -> DataPlace:
        """The place of the value at a path of the model; the nearest known place above if it has none of its own."""
        return self._spot.find(path).place(path, self.record)


@overload
def load(source: Source, kind: None = None, /) -> Subject: ...
@overload
def load(source: Source, kind: type[T], /) -> T: ...
def load(source: Source, kind: type[BaseModel] | None = None, /) -> BaseModel:
    """The plan or report that a data file holds; its own first key says which, unless `kind` asks for one.

    DataError with every problem of the file, warnings included, if one of them is an error (PF1xx, PF4xx).
    """
    loaded: Loaded[Any] = _parse(source, kind)
    if loaded.value is None:
        raise DataError(loaded.problems)
    value: BaseModel = loaded.value
    return value


@overload
def parse(source: Source, kind: None = None, /) -> Loaded[Subject]: ...
@overload
def parse(source: Source, kind: type[T], /) -> Loaded[T]: ...
def parse(source: Source, kind: type[BaseModel] | None = None, /) -> Loaded[Any]:
    """The value of a data file with its problems and places. Never raises for what a file holds, nor for a missing one.

    TypeError for a `kind` that no data file has.
    """
    return _parse(source, kind)


def _parse(source: Source, kind: type[BaseModel] | None) -> Loaded[Any]:
    wanted = [word for word, model in vocabulary.KINDS.items() if kind is None or kind is model]
    if not wanted:
        raise TypeError(f"no data file holds a {kind!r}")
    tree = read_tree(source)
    problems = list(tree.problems)
    if tree.root is None:
        return Loaded(None, tuple(problems), tree.file)
    header = header_problems(tree, *wanted)
    word = _kind(tree, header, wanted)
    if word is None:
        return Loaded(
            None, tuple(in_order([*problems, *header], tree.file)), tree.file, None, _Spot(tree.root, tree.file)
        )
    return _interpret(tree, word, header)


def from_mapping(values: Mapping[str, object], /) -> Subject:
    """A plan or report from plain Python values, as a data file would hold them; keys in either language.

    The key `planforge` may be left out. Numbers, dates and parts of the model may stand as they are. DataError with
    every problem, as `load`; places are paths.
    """
    tree = Tree(None, None, None, [])
    try:
        tree = replace(tree, root=_plain_node(values, 1))
    except _Stop as stop:
        raise DataError([stop.problem]) from None
    wanted = list(vocabulary.KINDS)
    header = header_problems(tree, *wanted)
    word = _kind(tree, header, wanted)
    if word is None:
        raise DataError(header)
    loaded = _interpret(tree, word, [p for p in header if p.code != "PF130"])
    if loaded.value is None:
        raise DataError(loaded.problems)
    value: Subject = loaded.value
    return value


def _plain_node(value: object, depth: int) -> _Node:
    """Python values as a tree without lines."""
    if depth > MAX_DEPTH + 1:
        raise _Stop(Problem("PF139", DataPlace(), {"limit": _LEVELS}))
    if isinstance(value, Mapping):
        pairs = value.items()
        return _Node(0, 0, {_Node(0, 0, str(k)): _plain_node(v, depth + 1) for k, v in pairs})
    if isinstance(value, list | tuple):
        return _Node(0, 0, [_plain_node(item, depth + 1) for item in value])
    return _Node(0, 0, value)


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
        args: dict[str, object] = {"found": _shown(header.written), "kind": wanted[0], "version": VERSION}
        return [Problem("PF131", place, args)]
    if header.kind not in _KIND_WORDS:
        return [Problem("PF132", place, {"found": _shown(header.kind), "kinds": ", ".join(_KIND_WORDS)})]
    if header.kind not in wanted:
        words = [_KIND_WORDS[w] for w in wanted]
        either = Words(" эсвэл ".join(w.mn for w in words), " or ".join(w.en for w in words))
        return [Problem("PF134", place, {"found": _KIND_WORDS[header.kind], "wanted": either})]
    if header.version > VERSION:
        return [Problem("PF133", place, {"found": header.version, "known": VERSION})]
    return []


_KIND_WORDS = {
    "plan": Words("төлөвлөгөө (plan)", "a plan"),
    "report": Words("тайлан (report)", "a report"),
    "layout": Words("маягтын тодорхойлолт (layout)", "a layout"),
}


def _kind(tree: Tree, header: list[Problem], wanted: list[str]) -> str | None:
    """The kind to read a file as, faults of its header notwithstanding; None where reading on would mislead."""
    codes = {problem.code for problem in header}
    if codes & {"PF133", "PF134", "PF138"}:
        return None
    if not codes:
        return tree.header.kind if tree.header else None
    assert tree.root is not None
    keys = [name for name, _, _ in tree.root.pairs]
    known = {w: sum(vocabulary.describe(vocabulary.KINDS[w]).find_key(k) is not None for k in keys) for w in wanted}
    best = max(wanted, key=lambda word: known[word])
    return best if known[best] * 2 >= len(keys) else None


def _interpret(tree: Tree, word: str, problems: list[Problem]) -> Loaded[Any]:
    record = vocabulary.describe(vocabulary.KINDS[word])
    reading = _Reading(tree, record)
    data = reading.root()
    problems = [*problems, *reading.problems]
    value: Any = None
    try:
        value = record.model.model_validate(data)
    except ValidationError as error:
        problems += reading.refused(error)
    if value is not None and not has_errors(problems):
        problems += reading.placed(consistency.check(value))
    else:
        problems += reading.rescued(data, problems)
    whole = None if has_errors(problems) else value
    return Loaded(whole, tuple(in_order(problems, tree.file)), tree.file, record, reading.spot)


_TRAPS = frozenset(("PF107", "PF118", "PF142", "PF143", "PF144", "PF147", "PF148", "PF149"))
_DAMAGE = frozenset(("PF144", "PF145", "PF146", "PF147", "PF149"))


class _Reading:
    """One pass over a tree: keys become canonical, shapes are proved, each value is bound to its place."""

    def __init__(self, tree: Tree, record: Record) -> None:
        self.tree = tree
        self.record = record
        self.spot = _Spot(tree.root, tree.file)
        self.problems: list[Problem] = [self._named(p) for p in tree.problems]
        self.broken: set[Path_] = set()
        """Paths of values with a fault that is already reported; what pydantic says about them is an echo."""
        self.trapped = self._trapped(tree)
        self.advised = 0

    def _trapped(self, tree: Tree) -> set[tuple[str | None, int]]:
        return {(tree.file, _line(p)) for p in tree.problems if p.code in _TRAPS}

    def _named(self, problem: Problem) -> Problem:
        """A problem of the tree, its path in the names of the model."""
        place = _place(problem)
        if not place.path:
            return problem
        path: list[str | int] = []
        kind: vocabulary.Type = self.record
        for step in place.path:
            if isinstance(kind, ListOf) and isinstance(step, int):
                kind = kind.item
            elif isinstance(kind, ListOf):
                kind = kind.item
                path.append(0)
            if isinstance(kind, MapOf):
                kind = kind.value
            elif isinstance(kind, Record) and (found := kind.find_key(str(step))):
                step, kind = found.name, found.type
            path.append(step)
        counted = vocabulary.counted(self.record, path)
        return replace(problem, place=replace(place, path=tuple(path), counted=counted))

    def root(self) -> Any:
        assert self.tree.root is not None
        return self.fields(self.tree.root, self.record, (), self.spot)

    def tell(self, code: str, path: Path_, spot: _Spot, args: dict[str, object], node: _Node | None = None) -> None:
        place = spot.place(path, self.record, node)
        self.broken.add(path)
        if (place.file, place.line) not in self.trapped:
            self.problems.append(Problem(code, place, args))

    # Each method returns plain data for pydantic; None for a value that is absent or at fault.

    def value(self, node: _Node, kind: vocabulary.Type, path: Path_, spot: _Spot) -> Any:
        if node.broken:
            self.broken.add(path)
            return None
        if isinstance(kind, ListOf):
            return self.items(node, kind, path, spot)
        if node.content is None or isinstance(node.content, BaseModel):
            return node.content
        if isinstance(kind, MapOf):
            return self.labels(node, kind, path, spot)
        if isinstance(kind, Record):
            return self.part(node, kind, path, spot)
        return self.scalar(node, kind, path, spot)

    def items(self, node: _Node, kind: ListOf, path: Path_, spot: _Spot) -> Any:
        if node.content is None:
            return None
        out = []
        for index, item in enumerate(node.content if isinstance(node.content, list) else [node]):
            inner = spot.children[index] = _Spot(item, spot.file)
            if item.content is None:
                self.tell("PF108", (*path, index), inner, {})
            out.append(self.value(item, kind.item, (*path, index), inner))
        return out

    def labels(self, node: _Node, kind: MapOf, path: Path_, spot: _Spot) -> Any:
        if not isinstance(node.content, dict):
            return self.misshapen(node, kind, path, spot)
        out: dict[str, Any] = {}
        seen: dict[object, tuple[str, _Node]] = {}
        for label, key, value in node.pairs:
            same = mongolian.read_number(label) if kind.key is Scalar.NUMBER else text.normalise(label)
            if same is not None and same in seen:
                first, at = seen[same]
                if first != label:  # the tree has told the others
                    args: dict[str, object] = {"key": _shown(label), "first": f"{at.line}:{at.column}"}
                    self.tell("PF103", (*path, label), spot, args, key)
                continue
            seen[same] = label, key
            inner = spot.children[label] = _Spot(key if value.content is None else value, spot.file)
            if value.content is None and isinstance(kind.value, Record):
                continue
            # A label with nothing behind it is a column left empty: its text is empty, the label stays.
            out[label] = "" if value.content is None else self.value(value, kind.value, (*path, label), inner)
        return out

    def part(self, node: _Node, record: Record, path: Path_, spot: _Spot) -> Any:
        if isinstance(node.content, str) and record.model is Plan:
            return self.plan_file(node, path, spot)
        if not isinstance(node.content, dict):
            if isinstance(node.content, list) or not _takes_text(record):
                return self.misshapen(node, record, path, spot)
            tight = _TIGHT.match(node.content) if node.plain and isinstance(node.content, str) else None
            if tight and record.find_key(tight[1]):
                at = _Node(node.line, node.column + tight.end() - 1, None)
                self.tell("PF118", path, spot, {"key": _shown(tight[1])}, at)
                return None
            return node.content
        if _takes_text(record) and self.is_sentence(node, record):
            return self.quote(node, path, spot)
        return self.fields(node, record, path, spot)

    def is_sentence(self, node: _Node, record: Record) -> bool:
        """Whether a mapping is a text that holds a colon: `- Мэдээллийн тоо: 5`."""
        pairs = list(node.pairs)
        if len(pairs) != 1 or node.flow:
            return False
        name, key, value = pairs[0]
        if record.find_key(name) or not key.plain or isinstance(value.content, list | dict):
            return False
        mistyped = " " not in name.strip() and value.content is not None and text.closest(name, record.names(data=True))
        return not mistyped

    def quote(self, node: _Node, path: Path_, spot: _Spot) -> None:
        line = self.tree.lines[node.line - 1][node.column - 1 :]
        self.tell("PF107", path, spot, {"found": _shown(_COMMENT.sub("", line).rstrip())})

    def fields(self, node: _Node, record: Record, path: Path_, spot: _Spot) -> Any:
        if not isinstance(node.content, dict):
            return self.misshapen(node, record, path, spot)
        out: dict[str, Any] = {}
        seen: dict[str, tuple[str, _Node]] = {}
        for name, key, value in node.pairs:
            found = record.find_key(name)
            if found is None:
                if text.name_key(name) != "planforge" or record.name not in ("Plan", "Report"):
                    self.unknown(name, key, record, path, spot)
                continue
            if found.name in seen:
                first, at = seen[found.name]
                if first != name:  # the tree has told the others
                    args: dict[str, object] = {
                        "key": _shown(name),
                        "other": _shown(first),
                        "first": f"{at.line}:{at.column}",
                    }
                    self.tell("PF104", (*path, found.name), spot, args, key)
                continue
            seen[found.name] = name, key
            inner = spot.children[found.name] = _Spot(value, spot.file)
            read = self.value(value, found.type, (*path, found.name), inner)
            if read is not None or (*path, found.name) in self.broken:
                out[found.name] = read
        return out

    def unknown(self, name: str, key: _Node, record: Record, path: Path_, spot: _Spot) -> None:
        self.advised += 1
        names = record.names(data=True) if self.advised <= _MAX_ADVICE else []
        alike = text.look_alike(name, names)
        if alike:
            args: dict[str, object] = {"key": _shown(name), "meant": alike[0], "letter": alike[1]}
            return self.tell("PF102", (*path, name), spot, args, key)
        meant = text.closest(name, names)
        if meant:
            advice = Words(f"«{meant}» гэх гэсэн үү?", f"Did you mean “{meant}”?")
        else:
            known = record.data.values()
            advice = Words(
                f"Байж болох нь: {', '.join(f.template_name for f in known)}.",
                f"Possible: {', '.join(f.name for f in known)}.",
            )
        return self.tell("PF101", (*path, name), spot, {"key": _shown(name), "advice": advice}, key)

    def scalar(self, node: _Node, kind: vocabulary.Type, path: Path_, spot: _Spot) -> Any:
        if not isinstance(node.content, list | dict):
            return node.content
        if isinstance(node.content, dict) and len(node.content) == 1 and not node.flow:
            _, key, value = next(iter(node.pairs))
            if key.plain and not isinstance(value.content, list | dict):
                return self.quote(node, path, spot)
        args: dict[str, object] = {
            "expected": vocabulary.type_words(kind),
            "found": _found(node),
            "advice": _advice(node),
        }
        return self.tell("PF110", path, spot, args)

    def misshapen(self, node: _Node, kind: vocabulary.Type, path: Path_, spot: _Spot) -> None:
        self.tell(
            "PF106", path, spot, {"expected": _FIELDS if isinstance(kind, Record) else _LABELS, "found": _found(node)}
        )

    def plan_file(self, node: _Node, path: Path_, spot: _Spot) -> Any:
        """The plan of a report, from the file that the report names."""
        name = str(node.content).strip()
        args: dict[str, object] = {"file": _shown(name, 120)}
        if self.tree.folder is None:
            return self.tell("PF135", path, spot, args)
        folder = self.tree.folder
        relative = name.replace("\\", "/")
        outside = relative.startswith("/") or re.match(r"[A-Za-z]:", relative) or ".." in relative.split("/")
        try:
            outside = outside or not (folder / relative).resolve().is_relative_to(folder.resolve())
        except (OSError, RuntimeError, ValueError):  # a loop of links, a NUL: reading it says what is wrong
            outside = True
        if outside:
            return self.tell("PF136", path, spot, args)
        tree = read_tree(folder / relative)
        problems = [*tree.problems, *header_problems(tree, "plan")]
        if tree.root is None and problems[0].code == "PF120":
            return self.tell("PF120", path, spot, args)
        self.trapped |= self._trapped(tree)
        self.problems += [self._named(_below(p, path)) for p in problems]
        if (
            tree.root is None
            or not isinstance(tree.root.content, dict)
            or {p.code for p in problems} & {"PF133", "PF134"}
        ):
            self.broken.add(path)
            return None
        spot.node, spot.file = tree.root, tree.file
        whole, self.tree = self.tree, tree
        read = self.fields(tree.root, vocabulary.describe(Plan), path, spot)
        self.tree = whole
        return read

    # What the model and the rules of the domain say, with places.

    def refused(self, error: ValidationError) -> list[Problem]:
        """The faults that the model found, each with the place of its value; a missing field has its parent's."""
        out: list[Problem] = []
        for fault in error.errors(include_url=False):
            path: Path_ = tuple(step for step in fault["loc"] if step != "[key]")
            if any(path[:n] in self.broken for n in range(len(path) + 1)):
                continue
            place = self.spot.find(path).place(path, self.record)
            self.broken.add(path)
            if (place.file, place.line) in self.trapped:
                continue
            out.append(_as_problem(str(fault["type"]), place, dict(fault.get("ctx", {})), fault["input"], self.record))
        return out

    def placed(self, problems: Iterable[Problem]) -> list[Problem]:
        """Problems with paths of the model, with file, line and column."""
        out: list[Problem] = []
        for problem in problems:
            path = _place(problem).path
            place = self.spot.find(path).place(path, self.record)
            out.append(replace(problem, place=place))
        return out

    def rescued(self, data: Any, told: list[Problem]) -> list[Problem]:
        """The domain's errors in a file that has other faults: of what is left without the values at fault.

        Silent where lines were lost, and about parts that have a fault themselves.
        """
        if any(problem.code in _DAMAGE for problem in told):
            return []
        for path in sorted(self.broken, key=len, reverse=True):
            _fill(data, path, _stand_in(self.record, path))
        try:
            value = self.record.model.model_validate(data)
        except ValidationError:
            return []
        faulty = [path[:-1] if len(path) > 1 else path for path in self.broken]
        return [
            problem
            for problem in self.placed(consistency.check(value))  # type: ignore[arg-type]
            if problem.is_error and not _touch(_place(problem).path, faulty)
        ]


def _touch(path: Path_, faulty: Iterable[Path_]) -> bool:
    return any(path[: len(other)] == other[: len(path)] for other in faulty)


def _fill(data: Any, path: Path_, value: object) -> None:
    """Puts a value in the place of another one; None takes it out."""
    for step in path[:-1]:
        try:
            data = data[step]
        except (KeyError, IndexError, TypeError):
            return
    if isinstance(data, dict) and value is None:
        data.pop(path[-1], None)
    elif isinstance(data, dict) or (isinstance(data, list) and path[-1] in range(len(data))):
        data[path[-1]] = value  # type: ignore[index]


def _stand_in(record: Record, path: Path_) -> object:
    """What may stand for a value at fault that cannot be left out: an item of a list, a required field."""
    kind: vocabulary.Type = record
    needed = False
    for step in path:
        if isinstance(kind, ListOf) and isinstance(step, int):
            kind, needed = kind.item, True
        elif isinstance(kind, MapOf):
            kind, needed = kind.value, False
        elif isinstance(kind, Record) and step in kind.data:
            found = kind.data[str(step)]
            kind, needed = found.type, found.required
        else:
            return None
    if not needed:
        return None
    if isinstance(kind, Record):
        return "…" if _takes_text(kind) else {}
    return {Scalar.NUMBER: "2000", Scalar.DATE: "2000.01.01"}.get(kind, "…") if isinstance(kind, Scalar) else None


def _below(problem: Problem, path: Path_) -> Problem:
    place = _place(problem)
    return replace(problem, place=replace(place, path=(*path, *place.path))) if place.path else problem


def _takes_text(record: Record) -> bool:
    return record.plain is not None or record.model is Budget


_FIELDS = Words("талбарууд (`нэр: утга` мөрүүд)", "fields (lines of `name: value`)")
_LABELS = Words("`нэр: утга` хосууд", "pairs of `label: value`")
_LIST = Words("жагсаалт", "a list")


def _found(node: _Node) -> Words:
    if isinstance(node.content, list):
        return _LIST
    if isinstance(node.content, dict):
        return _FIELDS
    shown = _shown(str(node.content))
    return Words(f"«{shown}»", f"“{shown}”")


def _advice(node: _Node) -> Words:
    if node.flow:
        return Words(
            "Хаалт нь бичвэрийн хэсэг бол бүхэлд нь хашилтад бичнэ үү.", "Quote the text if the bracket belongs to it."
        )
    return Words("Нэг утга бичнэ үү.", "Write one value.")


def _as_problem(kind: str, place: DataPlace, context: dict[str, Any], found: object, record: Record) -> Problem:
    """A fault of pydantic in the words of the catalogue; types that are codes bring their arguments."""
    if kind == "missing":
        name = str(place.path[-1])
        label = place.counted or Words(name, name)
        return Problem("PF105", place, {"field": Words(label.mn.rpartition(" › ")[2], name)})
    if kind == "PF116":
        pairs = context["words"]
        words = Words(", ".join(word.lower() for _, word in pairs), ", ".join(key for key, _ in pairs))
        return Problem(kind, place, {"found": _shown(str(found)), "words": words})
    if kind.startswith("PF"):
        return Problem(kind, place, {**context, "found": _shown(str(context.get("found", found)))})
    return Problem("PF106", place, {"expected": Words("өөр утга", "another value"), "found": Words("энэ", "this")})


# --- writing -------------------------------------------------------------------------------------------------------

_WIDTH = 100
_UNPRINTABLE = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029\ufeff\ud800-\udfff\ufffe\uffff]")
_NOT_PLAIN = re.compile(
    r"""[\s\u200b,\[\]{}#&*!|>'"%@`?:]|-(?:\s|--|$)|.*(?::\s|\s\#|[:\s]$)|(?:~|null|<<)$""", re.DOTALL
)
_ESCAPE_OF = {"\0": "\\0", "\t": "\\t", "\n": "\\n", '"': '\\"', "\\": "\\\\"}


def dump(value: Subject, /, *, keys: Literal["en", "mn"] = "en") -> str:
    """A plan or report as YAML that a person is glad to edit; `load(dump(x)) == x`, every text exact.

    Fields stand in the model's order, defaults are left out, a part that has only its text is written as text. A report
    holds its plan. `keys` are the names of the fields: English, or the Mongolian terms.
    """
    word = next((word for word, model in vocabulary.KINDS.items() if isinstance(value, model)), None)
    if word is None:
        raise TypeError(f"no data file holds a {type(value).__name__}")
    lines = [f"planforge: {word}/{VERSION}", *_Writer(keys).fields(value, 0)]
    return "\n".join(lines) + "\n"


class _Writer:
    def __init__(self, keys: Literal["en", "mn"]) -> None:
        self.keys = keys

    def fields(self, part: BaseModel, indent: int) -> list[str]:
        out: list[str] = []
        for f in _given(part):
            key = f.name if self.keys == "en" else f.template_name
            lines = self.entry(key, getattr(part, f.name), f, f.type, indent)
            if indent == 0 and _has_parts(f.type):
                out.append("")
            out += lines
        return out

    def entry(self, key: str, value: Any, f: Field, kind: vocabulary.Type, indent: int) -> list[str]:
        """`key: value`, the value on lines of its own if it has parts."""
        name = _key_text(key, indent)
        short = self.short(value, kind)
        if short is not None:
            head, *rest = _scalar(short, indent)
            return [f"{name} {head}", *rest]
        if isinstance(kind, ListOf):
            return (
                [name, *(line for item in value for line in self.item(item, f, kind.item, indent))]
                if value
                else [f"{name} []"]
            )
        lines = self.inside(value, f, kind, indent + 2)
        return [name, *lines] if lines else [f"{name} {{}}"]

    def item(self, value: Any, f: Field, kind: vocabulary.Type, indent: int) -> list[str]:
        short = self.short(value, kind)
        if short is not None:
            head, *rest = _scalar(short, indent)
            return [f"{' ' * indent}- {head}", *rest]
        first, *rest = self.inside(value, f, kind, indent + 2) or [" " * (indent + 2) + "{}"]
        return [f"{' ' * indent}- {first[indent + 2 :]}", *rest]

    def inside(self, value: Any, f: Field, kind: vocabulary.Type, indent: int) -> list[str]:
        if isinstance(kind, MapOf):
            return [line for k, v in value.items() for line in self.entry(str(k), v, f, kind.value, indent)]
        return self.fields(value, indent)

    def short(self, value: Any, kind: vocabulary.Type) -> str | None:
        """The value as one text; None if it has parts."""
        if isinstance(kind, ListOf) and isinstance(kind.item, Scalar) and len(value) == 1:
            return self.short(value[0], kind.item)
        if isinstance(kind, Record):
            given = [f.name for f in _given(value)]
            if isinstance(value, Budget):
                return _short_budget(value, given)
            return str(getattr(value, given[0])) if given == [kind.plain] else None
        if not isinstance(kind, Scalar):
            return None
        if isinstance(value, StrEnum):
            return str(value.value) if self.keys == "en" else str(value.words[0])  # type: ignore[attr-defined]
        if isinstance(value, Decimal):
            return format(value, "f")
        if kind is Scalar.DATE:
            return f"{value.year:04d}.{value.month:02d}.{value.day:02d}"
        return str(value)


def _has_parts(kind: vocabulary.Type) -> bool:
    """Whether a field is a section of a file, set off by a blank line: chapters, measures, results."""
    inner = kind.item if isinstance(kind, ListOf) else kind.value if isinstance(kind, MapOf) else None
    return isinstance(inner, Record)


def _given(part: BaseModel) -> list[Field]:
    """The fields that differ from their defaults, in the model's order; of a plan or report first what it must have."""
    infos = type(part).model_fields
    given = [
        f
        for f in vocabulary.describe(type(part)).data.values()
        if infos[f.name].is_required() or getattr(part, f.name) != infos[f.name].default
    ]
    return sorted(given, key=lambda f: not f.required) if isinstance(part, Plan | Report) else given


def _short_budget(budget: Budget, given: list[str]) -> str | None:
    """An amount or a text alone, if reading it back makes the same of it."""
    if given == ["amount"] or given == ["text"]:
        short = format(budget.amount, "f") if budget.amount is not None else str(budget.text)
        return short if Budget.model_validate(short) == budget else None
    return None


def _key_text(key: str, indent: int) -> str:
    """A key with its colon. YAML takes a key of more than 1,024 letters only behind a question mark."""
    pad = " " * indent
    if len(key) <= _WIDTH and _is_plain(key):
        return f"{pad}{key}:"
    quoted = _quoted(key)
    return f"{pad}{quoted}:" if len(quoted) <= 1000 else f"{pad}? {quoted}\n{pad}:"


def _is_plain(value: str) -> bool:
    """Whether a text may stand as it is: it is no sign of YAML, nor would its reader suspect a mistake in it."""
    return bool(value) and not (_NOT_PLAIN.match(value) or _UNPRINTABLE.search(value) or _TIGHT.match(value))


def _scalar(value: str, indent: int) -> list[str]:
    """A text as lines of YAML: plain, in quotation marks, folded if long, word for word if it has lines."""
    pad = " " * (indent + 2)
    clean = not _UNPRINTABLE.search(value.replace("\n", ""))
    if clean and "\n" in value and value[0] not in " \n" and not re.search(r"\s\Z(?<!\S\n)|[^\S\n]\n", value):
        lines = value.removesuffix("\n").split("\n")
        return ["|" if value.endswith("\n") else "|-", *(pad + line if line else "" for line in lines)]
    if clean and "\n" not in value and len(value) > _WIDTH and value == value.strip():
        return [">-", *(pad + line for line in _folded(value, max(_WIDTH - len(pad), 40)))]
    return [value if _is_plain(value) else _quoted(value)]


def _folded(value: str, width: int) -> Iterator[str]:
    """Lines of about `width` letters, broken at single spaces only: YAML keeps all other white space."""
    line = ""
    for word in re.split(r"(?<=\S) (?=\S)", value):
        if line and len(line) + 1 + len(word) > width:
            yield line
            line = word
        else:
            line = f"{line} {word}" if line else word
    yield line


def _quoted(value: str) -> str:
    if _UNPRINTABLE.search(value):
        return '"' + "".join(map(_escaped, value)) + '"'
    if '"' in value or "\\" in value:
        return "'" + value.replace("'", "''") + "'"
    return f'"{value}"'


def _escaped(c: str) -> str:
    if c in _ESCAPE_OF:
        return _ESCAPE_OF[c]
    if not _UNPRINTABLE.match(c):
        return c
    return f"\\x{ord(c):02x}" if ord(c) < 256 else f"\\u{ord(c):04x}"
