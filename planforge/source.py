"""A source → bytes → text → a tree: files, encodings and limits, and which format a file is.

Only UTF-8 is read, and nothing beyond `MAX_BYTES`. Whatever a source is instead (a Word file, UTF-16, a folder,
nothing) is a problem with its remedy, never an exception.
"""

from __future__ import annotations

import codecs
import os
import re
from dataclasses import dataclass, replace
from pathlib import Path
from typing import BinaryIO, Final, Literal, NamedTuple, TypeAlias

from planforge.errors import DataPlace, Problem, Words, reason
from planforge.json_reader import read_json
from planforge.tree import Node, Tree, Unreadable, doubled_keys, excerpt, in_order

__all__ = ["MAX_BYTES", "Source", "Text", "fetch", "kind_of", "likely_encoding", "read_text", "read_tree", "tree_of"]

MAX_BYTES: Final = 10 * 1024 * 1024

Source: TypeAlias = str | os.PathLike[str] | bytes | BinaryIO
"""A path, or content: bytes or an open binary file."""


_ARCHIVES = (b"PK\x03\x04", b"\xd0\xcf\x11\xe0")
_DOCUMENTS = (".docx", ".docm", ".dotx", ".dotm", ".doc")
_FIRST_KEY = re.compile(rb"""^(?:\xef\xbb\xbf)?\s*\{?\s*["']?(planforge|layout)["']?\s*:""", re.MULTILINE)
_KINDS: dict[bytes, Literal["data", "layout"]] = {b"planforge": "data", b"layout": "layout"}


def kind_of(source: str | os.PathLike[str] | bytes, /) -> Literal["document", "layout", "data", ""]:
    """What a path or content is, by its ending, its first bytes or its first key; nothing where none of them says.

    A pipe can be read only once: of what is no ordinary file, who reads it says what is wrong.
    """
    content = b""
    if isinstance(source, bytes):
        content = source
    elif os.fspath(source).lower().endswith(_DOCUMENTS):
        return "document"
    else:
        try:
            if Path(source).is_file():
                with Path(source).open("rb") as stream:
                    content = stream.read(100_000)
        except (OSError, ValueError):
            return ""
    if content.startswith(_ARCHIVES):
        return "document"
    key = _FIRST_KEY.search(content)
    return _KINDS[key[1]] if key else ""


@dataclass(frozen=True, slots=True)
class Text:
    """What a source holds as text, its line ends LF; or the problem why it holds none.

    `folder` is that of a file that was read by its path.
    """

    file: str | None
    folder: Path | None
    decoded: str
    problem: Problem | None = None
    newline: str = "\n"
    """How its lines end: LF, CRLF, or in different ways where it is empty."""
    bom: bool = False

    @property
    def may_be_json(self) -> bool:
        """By the ending of a file, by the first letter of content; what begins with a brace may be YAML too."""
        return self.is_json_file or self.decoded.lstrip().startswith("{")

    @property
    def is_json_file(self) -> bool:
        return (self.file or "").lower().endswith(".json")


def read_text(source: Source, /) -> Text:
    """The text of a source. Never raises for content nor for a file that cannot be read (PF120 to PF128)."""
    file, folder = None, None
    try:
        content = fetch(source)
        file, folder = content.file, content.folder
        decoded = _decode(content)
        if not decoded.strip():
            raise Unreadable(Problem("PF124", DataPlace(file)))
    except Unreadable as stop:
        return Text(file or _name_of(source), folder, "", stop.problem)
    return Text(file, folder, decoded, None, _newline(content.data), content.data.startswith(codecs.BOM_UTF8))


def read_tree(source: Source, /) -> Tree:
    """A YAML or JSON file as plain values with places, whatever it holds: for layouts and other typed files.

    Never raises for content nor for a file that cannot be read: these are `problems` (PF103, PF109, PF119 to PF129,
    PF137 to PF139, PF142 to PF149), in the order of the file.
    """
    return tree_of(read_text(source))


def tree_of(text: Text, /) -> Tree:
    """A YAML or JSON text as plain values with places, as `read_tree`."""
    if text.problem is not None:
        return Tree(text.file, text.folder, None, [text.problem])
    root, problems = _read(text)
    if root is not None:
        problems += doubled_keys(root, text.file)
    lines = tuple(text.decoded.split("\n"))
    return Tree(text.file, text.folder, root, in_order(problems, text.file), lines, text.newline, text.bom)


def _read(text: Text) -> tuple[Node | None, list[Problem]]:
    decoded, file = text.decoded, text.file
    if text.is_json_file:
        return read_json(decoded, file)
    root, problems = read_json(decoded, file) if text.may_be_json else (None, [])
    if root is None:
        from planforge.yaml_reader import read_yaml  # a batch of JSON does without

        if not text.may_be_json:
            return read_yaml(decoded, file)
        other, found = read_yaml(decoded, file)
        if (other is not None and not found) or not re.match(r'\s*\{\s*"', decoded):
            return other, found
    return root, problems


def _name_of(source: Source) -> str | None:
    return str(source) if isinstance(source, str | os.PathLike) else None


# --- bytes ---------------------------------------------------------------------------------------------------------


class Content(NamedTuple):
    """The bytes of a source, its name and folder if it has them."""

    file: str | None
    folder: Path | None
    data: bytes


def fetch(source: Source, limit: int = MAX_BYTES) -> Content:
    """The bytes of a source, at most one more than `limit`, with its name and its folder if it has them.

    Unreadable (PF120 to PF123, PF128) where the system does not give it.
    """
    if isinstance(source, bytes | bytearray | memoryview):
        return Content(None, None, bytes(source))
    if not isinstance(source, str | os.PathLike):
        name = getattr(source, "name", None)
        file = name if isinstance(name, str) else None
        try:
            return Content(file, None, source.read(limit + 1))
        except OSError as error:
            raise Unreadable(_refusal(file, error)) from error
    path = Path(source)
    file = str(path)
    if path.name.startswith("~$"):
        raise Unreadable(Problem("PF123", DataPlace(file), {"file": path.name.removeprefix("~$")}))
    try:
        with path.open("rb") as stream:
            return Content(file, path.parent, stream.read(limit + 1))
    except (OSError, ValueError) as error:  # ValueError: a NUL in the name
        if isinstance(error, OSError) and os.path.isdir(path):  # noqa: PTH112 - `Path.is_dir` raises for a name too long
            raise Unreadable(Problem("PF121", DataPlace(file))) from error
        raise Unreadable(_refusal(file, error)) from error


def _refusal(file: str | None, error: OSError | ValueError) -> Problem:
    """Why the system does not give a file."""
    place = DataPlace(file)
    if isinstance(error, FileNotFoundError | NotADirectoryError | ValueError):
        return Problem("PF120", place, {"file": excerpt(file or "", 120)})
    if isinstance(error, PermissionError):
        return Problem("PF122", place, {"file": file or ""})
    return Problem("PF128", place, {"reason": reason(error)})


# --- text ----------------------------------------------------------------------------------------------------------

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


def _decode(content: Content) -> str:
    """The text of a data file; only UTF-8, a mark at the beginning is allowed. Line ends become LF."""
    data, place = content.data, DataPlace(content.file)
    if len(data) > MAX_BYTES:
        raise Unreadable(Problem("PF127", place, {"limit": MAX_BYTES // 1024 // 1024}))
    for mark, name in _MARKS:
        if data.startswith(mark):
            raise Unreadable(Problem("PF125", replace(place, line=1, column=1), {"encoding": Words(name, name)}))
    for mark, words in _FOREIGN:
        if data.startswith(mark):
            raise Unreadable(Problem("PF126", place, {"found": words}))
    try:
        decoded = data.removeprefix(codecs.BOM_UTF8).decode()
    except UnicodeDecodeError as error:
        before = data[: error.start].decode("utf-8", "replace").replace("\r\n", "\n").split("\n")
        place = replace(place, line=len(before), column=len(before[-1]) + 1)
        raise Unreadable(Problem("PF125", place, {"encoding": likely_encoding(data)})) from error
    if "\0" in decoded and decoded.count("\0") * 4 > len(decoded):
        raise Unreadable(Problem("PF125", replace(place, line=1, column=1), {"encoding": Words("UTF-16", "UTF-16")}))
    return decoded.replace("\r\n", "\n").replace("\r", "\n") if "\r" in decoded else decoded


def _newline(data: bytes) -> str:
    if b"\r" not in data:
        return "\n"
    both = data.count(b"\r\n")
    return "\r\n" if data.count(b"\r") == both == data.count(b"\n") else ""


def likely_encoding(data: bytes) -> Words:
    """What the bytes of a text that is not UTF-8 may be, in words for a message."""
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
