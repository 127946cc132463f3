"""The ZIP archive of a document: read within limits, written deterministically.

Reading trusts nothing that the archive says of itself: every size is counted, extents must not overlap, nothing is
inflated before the whole directory has been judged.

Writing is our own: a `Member` is deflated once and copied as bytes into any number of archives; a part that is rendered
goes through deflate in chunks (`Pieces`); times are 1980-01-01: the same members give the same bytes.

Norm: PKWARE APPNOTE 6.3.
"""

from __future__ import annotations

import errno
import hashlib
import os
import re
import struct
import zlib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import cache, cached_property, lru_cache
from itertools import pairwise
from pathlib import PurePath
from typing import BinaryIO, Final, Protocol, TypeAlias, cast

from planforge.errors import DocumentError, DocumentPlace, PlanforgeError, Problem, Words, reason

__all__ = [
    "LIMITS",
    "MAX_XML",
    "MIB",
    "OLE",
    "SMALL",
    "STANDARD",
    "XML_NAMES",
    "Engine",
    "Faults",
    "Frame",
    "Member",
    "Pieces",
    "Source",
    "deflate",
    "deflate_again",
    "engine",
    "extract",
    "store",
    "write",
]

Source: TypeAlias = "str | os.PathLike[str] | bytes | BinaryIO"

# Limits: each is refused before it costs memory.
MIB: Final = 1 << 20
MAX_INPUT: Final = 25 * MIB
MAX_ENTRIES: Final = 1_000
MAX_PART: Final = 64 * MIB
MAX_XML: Final = 32 * MIB
MAX_TOTAL: Final = 128 * MIB
MAX_RATIO: Final = 250
RATIO_FROM: Final = 4 * MIB
LIMITS: Final = {  # of the archive and of the XML in it, in the words of PF258
    "input": Words("файлын хэмжээ", "the size of the file"),
    "entries": Words("багц доторх файлын тоо", "the number of files inside"),
    "part": Words("нэг хэсгийн задалсан хэмжээ", "the unpacked size of one part"),
    "xml": Words("нэг XML хэсгийн задалсан хэмжээ", "the unpacked size of one XML part"),
    "total": Words("нийт задалсан хэмжээ", "the unpacked size of all parts"),
    "ratio": Words("шахалтын харьцаа", "the compression ratio"),
    "elements": Words("нэг хэсгийн XML элементийн тоо", "the number of XML elements of a part"),
    "all elements": Words("бүх хэсгийн XML элементийн тоо", "the number of XML elements of all parts"),
    "all attributes": Words("нэг хэсгийн XML шинжийн тоо", "the number of XML attributes of a part"),
    "attributes": Words("нэг XML элементийн шинжийн тоо", "the number of attributes of an XML element"),
    "depth": Words("XML элементийн шатлалын гүн", "the depth of XML elements inside one another"),
}
OLE: Final = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_OLE_KINDS: Final = (  # by the names in its directory ([MS-CFB] 2.6.1); an encrypted .docx holds both
    ("EncryptedPackage", Words("нууц үгээр хамгаалсан файл", "a file protected by a password")),
    ("WordDocument", Words("хуучин хэлбэрийн Word файл (.doc)", "an old Word file (.doc)")),
    ("", Words("хуучин хэлбэрийн Office файл", "an old Office file")),
)
XML_NAMES: Final = (".xml", ".rels", ".vml")


@dataclass(frozen=True, slots=True)
class _Entry:
    """A line of the central directory."""

    name: str
    raw: bytes
    flags: int
    method: int
    crc: int
    packed: int
    size: int
    offset: int


class _Damaged(Exception):
    """The archive cannot be followed any further."""

    def __init__(self, mn: str, en: str) -> None:
        super().__init__(en)
        self.detail = Words(mn, en)


_DIRECTORY: Final = ("багц доторх файлын жагсаалт эвдэрсэн", "the central directory is damaged")


# -- reading -------------------------------------------------------------------------------------------------


def extract(
    source: Source, /, *, file: str | None = None, error: type[PlanforgeError] = DocumentError
) -> tuple[dict[str, bytes], str | None]:
    """The files in an archive in its order and the archive's name; `error` with PF250–PF264, PF278."""
    data, file = _content(source, file, error)
    faults = Faults(file)
    parts: dict[str, bytes] = {}
    if not data:
        faults.add("PF254")
    elif len(data) > MAX_INPUT:
        faults.limit("input", f"{MAX_INPUT // MIB} MiB")
    elif data.startswith(OLE):
        faults.add("PF256", kind=next(kind for mark, kind in _OLE_KINDS if mark.encode("utf-16-le") in data))
    elif not data.startswith(b"PK\x03\x04"):
        faults.add("PF278" if file and PurePath(file).name.startswith("~$") else "PF255")
    else:
        try:
            parts = _unzip(data, faults)
        except _Damaged as fault:
            faults.add("PF257", detail=fault.detail)
        except struct.error:  # what should be there lies beyond the end
            faults.add("PF257", detail=Words(*_DIRECTORY))
    if faults.problems:
        raise error(faults.problems)
    return parts, file


class Faults:
    """The problems of one file, as they are found, each once."""

    def __init__(self, file: str | None) -> None:
        self.file = file
        self.problems: list[Problem] = []

    def add(self, code: str, part: str | None = None, /, **args: object) -> None:
        problem = Problem(code, DocumentPlace(file=self.file, part=part), args)
        if problem not in self.problems:
            self.problems.append(problem)

    def limit(self, what: str, limit: str, part: str | None = None) -> None:
        """A limit that is passed (PF258); `what` is a key of `LIMITS`."""
        self.add("PF258", part, what=LIMITS[what], limit=limit)


def _content(source: Source, file: str | None, error: type[PlanforgeError]) -> tuple[bytes, str | None]:
    """The bytes of a source, not many more than the limit, and its name."""
    if isinstance(source, (bytes, bytearray, memoryview)):
        return bytes(source), file
    if not isinstance(source, (str, os.PathLike)):
        return source.read(MAX_INPUT + 1), file
    name = file or os.fspath(source)
    try:
        with open(source, "rb") as stream:  # noqa: PTH123 - a PathLike need not be a Path
            return stream.read(MAX_INPUT + 1), name
    except (OSError, ValueError) as fault:
        code = {
            errno.ENOENT: "PF250",
            errno.EISDIR: "PF251",
            errno.EACCES: "PF252",
            errno.EPERM: "PF252",
        }.get(getattr(fault, "errno", None) or 0, "PF253")
        if os.path.isdir(source):  # noqa: PTH112 - Windows says EACCES for a folder
            code = "PF251"
        args = {"detail": reason(fault)} if code == "PF253" else {}
        raise error([Problem(code, DocumentPlace(file=name), args)]) from fault


def _unzip(data: bytes, faults: Faults) -> dict[str, bytes]:
    """The files of the archive; nothing is inflated before the whole directory has been judged."""
    entries = _directory(data, faults)
    starts = _extents(data, entries, faults)
    _judge(entries, faults)
    parts: dict[str, bytes] = {}
    if not faults.problems:
        for entry, start in zip(entries, starts, strict=True):
            inflated = _inflate(data, entry, start, faults)
            if not entry.name.endswith("/"):
                parts[entry.name] = inflated
    return parts


def _directory(data: bytes, faults: Faults) -> list[_Entry]:
    end = data.rfind(b"PK\x05\x06", max(0, len(data) - 22 - 0xFFFF))
    if end < 0:
        raise _Damaged(
            "багц доторх файлын жагсаалт алга: файл тасарсан", "no central directory: the file was cut short"
        )
    count, size, offset = struct.unpack_from("<H2L", data, end + 10)
    locator = end - 20
    if locator >= 0 and data.startswith(b"PK\x06\x07", locator):
        (end,) = struct.unpack_from("<Q", data, locator + 8)
        if not data.startswith(b"PK\x06\x06", end):
            raise _Damaged("ZIP64 жагсаалтын төгсгөл алга", "no ZIP64 end of central directory")
        count, size, offset = struct.unpack_from("<3Q", data, end + 32)
    if offset + size != end:
        raise _Damaged(
            "багц доторх файлын жагсаалт заасан газраа алга", "the central directory is not where the end record says"
        )
    entries: list[_Entry] = []
    at = offset
    while at < end:
        if len(entries) >= MAX_ENTRIES:
            faults.limit("entries", f"{MAX_ENTRIES:,}")
            return []
        if not data.startswith(b"PK\x01\x02", at):
            raise _Damaged(*_DIRECTORY)
        flags, method, crc, packed, full, names, extra, comment, start = struct.unpack_from(
            "<8xHH4xLLLHHH8xL", data, at
        )
        raw = data[at + 46 : at + 46 + names]
        full, packed, start = _zip64(data[at + 46 + names : at + 46 + names + extra], full, packed, start)
        entries.append(_Entry(_decode(raw, flags), raw, flags, method, crc, packed, full, start))
        at += 46 + names + extra + comment
    if at != end or len(entries) != count:
        raise _Damaged(*_DIRECTORY)
    return entries


def _decode(raw: bytes, flags: int) -> str:
    # APPNOTE 4.4.4: bit 11 says UTF-8. A name that is not gets U+FFFD and is refused by _judge.
    return raw.decode("utf-8", "replace") if flags & 0x800 else raw.decode("cp437")


def _zip64(extra: bytes, size: int, packed: int, start: int) -> tuple[int, int, int]:
    """The figures, those that say 0xFFFFFFFF taken from the ZIP64 field in this order (APPNOTE 4.5.3)."""
    found = [size, packed, start]
    if 0xFFFFFFFF in found:
        at = 0
        while at + 4 <= len(extra):
            tag, length = struct.unpack_from("<HH", extra, at)
            if tag == 1:
                wide = iter(struct.unpack_from(f"<{length // 8}Q", extra, at + 4))
                found = [next(wide, figure) if figure == 0xFFFFFFFF else figure for figure in found]
                break
            at += 4 + length
    return found[0], found[1], found[2]


def _extents(data: bytes, entries: list[_Entry], faults: Faults) -> list[int]:
    """Where the packed bytes of each entry start; no overlaps, no local header that says something else."""
    starts: list[int] = []
    spans: list[tuple[int, int, str]] = []
    for entry in entries:
        if not data.startswith(b"PK\x03\x04", entry.offset):
            raise _Damaged(f"«{entry.name}» хэсгийн толгойн мэдээлэл алга", f"no local header of {entry.name!r}")
        flags, method, names, extra = struct.unpack_from("<6xHH16xHH", data, entry.offset)
        begin = entry.offset + 30 + names + extra
        if data[entry.offset + 30 : entry.offset + 30 + names] != entry.raw or method != entry.method:
            faults.add("PF259", entry.name, detail=_DECEIT["header"])
        if begin + entry.packed > len(data):
            raise _Damaged(
                f"«{entry.name}» хэсэг файлын төгсгөлөөс хальсан", f"{entry.name!r} reaches past the end of the file"
            )
        if (flags | entry.flags) & 0x2041:  # encrypted, strongly encrypted, header masked
            faults.add("PF262", entry.name)
        starts.append(begin)
        spans.append((entry.offset, begin + entry.packed, entry.name))
    spans.sort()
    for (_, stop, _), (begin, _, name) in pairwise(spans):
        if begin < stop:
            faults.add("PF259", name, detail=_DECEIT["overlap"])
    return starts


_DECEIT: Final = {
    "header": Words("жагсаалт ба толгойн мэдээлэл зөрж байна", "its directory entry and its header disagree"),
    "overlap": Words("өөр хэсэгтэй давхцаж байрласан байна", "it overlaps another part"),
    "size": Words("мэдүүлсэн хэмжээ үнэн биш байна", "its declared size is not true"),
}


def _judge(entries: list[_Entry], faults: Faults) -> None:
    """Names, methods and declared sizes, before anything is inflated."""
    seen: set[str] = set()
    for entry in entries:
        name = entry.name
        path = name.removesuffix("/")
        if (
            not path
            or "\ufffd" in name
            or re.search(r"[\\:\x00-\x1f\x7f]", name)
            or {"", ".", ".."} & set(path.split("/"))
        ):
            faults.add("PF260", name=name)
        if path.lower() in seen:
            faults.add("PF261", name=name)
        seen.add(path.lower())
        if entry.method not in (0, 8):
            faults.add("PF263", name, method=entry.method)
        if name.endswith("/") and entry.size:
            faults.add("PF260", name=name)
        if entry.size > MAX_PART:
            faults.limit("part", f"{MAX_PART // MIB} MiB", name)
        elif entry.size > MAX_XML and name.lower().endswith(XML_NAMES):
            faults.limit("xml", f"{MAX_XML // MIB} MiB", name)
        if entry.size > RATIO_FROM and entry.size > MAX_RATIO * entry.packed:
            faults.limit("ratio", f"{MAX_RATIO}:1", name)
    if sum(entry.size for entry in entries) > MAX_TOTAL:
        faults.limit("total", f"{MAX_TOTAL // MIB} MiB")


def _inflate(data: bytes, entry: _Entry, start: int, faults: Faults) -> bytes:
    """The bytes of one entry: never more than it declared and one, so a lying size costs nothing."""
    packed = data[start : start + entry.packed]
    if entry.method == 0:
        out, whole = packed, True
    else:
        inflater = zlib.decompressobj(-15)
        try:
            out = inflater.decompress(packed, entry.size + 1)
        except zlib.error as fault:
            detail = Words("шахсан өгөгдөл нь эвдэрсэн", str(fault))
            faults.add("PF264", entry.name, detail=detail)
            return b""
        whole = inflater.eof and not inflater.unused_data
    if len(out) != entry.size:
        faults.add("PF259", entry.name, detail=_DECEIT["size"])
    elif not whole or zlib.crc32(out) != entry.crc:
        detail = Words("агуулга нь хяналтын нийлбэртэйгээ таарахгүй", "CRC-32")
        faults.add("PF264", entry.name, detail=detail)
    return out


# -- writing -------------------------------------------------------------------------------------------------

_DOS_TIME: Final = 0
_DOS_DATE: Final = (1 << 5) | 1  # 1980-01-01
_SHARED: Final = struct.Struct("<5H3L2H")


@dataclass(frozen=True, slots=True)
class Member:
    """One file of an archive, ready to be copied: `data` is packed by `method` (0 stored, 8 deflated)."""

    name: str
    method: int
    crc: int
    size: int
    data: bytes = field(repr=False)
    local: bytes = field(init=False, repr=False, compare=False)
    """Its local header."""
    entry: tuple[bytes, bytes] = field(init=False, repr=False, compare=False)
    """Its directory entry but for the offset: what stands before that, and what after it."""

    def __post_init__(self) -> None:
        raw = self.name.encode()
        flags = 0 if self.name.isascii() else 0x800
        shared = _SHARED.pack(
            20, flags, self.method, _DOS_TIME, _DOS_DATE, self.crc, len(self.data), self.size, len(raw), 0
        )
        object.__setattr__(self, "local", b"PK\x03\x04" + shared + raw)
        # APPNOTE 4.3.12: version made by, the shared fields, comment length, disk, attributes, offset, name.
        object.__setattr__(self, "entry", (b"PK\x01\x02\x14\0" + shared + bytes(10), raw))


class _Compressor(Protocol):
    def compress(self, data: bytes, /) -> bytes: ...
    def flush(self) -> bytes: ...


class Engine(Protocol):
    """What deflates: the module `zlib`, or one with its interface."""

    def compressobj(self, level: int, method: int, wbits: int, /) -> _Compressor: ...
    def crc32(self, data: bytes, value: int = 0, /) -> int: ...
    def __hash__(self) -> int: ...


STANDARD: Final = cast(Engine, zlib)


@cache
def engine() -> Engine:
    """zlib-ng where it is installed (`planforge[fast]`), three times as fast at the same level; else `STANDARD`.

    Never isal: after any of its calls the standard zlib is a third slower in the same process.
    """
    try:
        from zlib_ng import zlib_ng  # type: ignore[import-not-found, import-untyped, unused-ignore]
    except ImportError:
        return STANDARD
    return cast(Engine, zlib_ng)


_CHUNK: Final = 100_000


class Pieces:
    """A part as pieces in UTF-8, given on in chunks of some 100 KB: one that is large is never whole in memory."""

    def __init__(self, pieces: Sequence[bytes]) -> None:
        self._pieces = pieces
        self.size = sum(map(len, pieces))
        """In bytes."""

    def __iter__(self) -> Iterator[bytes]:
        pieces = self._pieces
        if self.size <= _CHUNK:
            yield b"".join(pieces)
            return
        step = max(1, len(pieces) * _CHUNK // self.size)
        for at in range(0, len(pieces), step):
            yield b"".join(pieces[at : at + step])


def deflate(name: str, data: bytes | Iterable[bytes], level: int = 6, *, by: Engine = STANDARD) -> Member:
    """A member with its data, given whole or in chunks, deflated.

    What is given whole, or as one chunk, is stored if deflate would not make it smaller.
    """
    packer = by.compressobj(level, zlib.DEFLATED, -zlib.MAX_WBITS)
    packed: list[bytes] = []
    chunk = b""
    crc = size = 0
    for chunk in [data] if isinstance(data, bytes) else data:
        crc = by.crc32(chunk, crc)
        size += len(chunk)
        packed.append(packer.compress(chunk))
    packed.append(packer.flush())
    out = b"".join(packed)
    if len(out) >= size == len(chunk):
        return store(name, chunk)
    return Member(name, 8, crc, size, out)


SMALL: Final = 10_000
"""The size of a part that is worth remembering: headers and footers are often the same in all documents of a batch."""


@lru_cache(maxsize=32)
def deflate_again(name: str, data: bytes, by: Engine = STANDARD) -> Member:
    """As `deflate`, for small parts that were deflated a moment ago."""
    return deflate(name, data, by=by)


def store(name: str, data: bytes) -> Member:
    """A member with its data as they are: the same bytes whatever zlib is used."""
    return Member(name, 0, zlib.crc32(data), len(data), data)


def write(members: Iterable[Member], /) -> bytes:
    """The archive in the given order. ValueError for two names that are equal but for the case of their letters."""
    return Frame(()).write(members)


class Frame:
    """The members that many archives begin with, joined once."""

    def __init__(self, members: Iterable[Member]) -> None:
        self.members = tuple(members)
        self._names = _Names()
        self._head, self._directory = self._names.joined(self.members, 0)

    def write(self, members: Iterable[Member], /) -> bytes:
        """The archive of these members after those of the frame. ValueError as for `write`."""
        names = _Names(self._names)
        body, entries = names.joined(members, len(self._head))
        directory = self._directory + entries
        at = len(self._head) + len(body)
        end = struct.pack("<4s4H2LH", b"PK\x05\x06", 0, 0, len(names), len(names), len(directory), at, 0)
        return b"".join((self._head, body, directory, end))

    def sha256(self, archive: bytes, /) -> str:
        """SHA-256 (hex) of an archive; of one that begins with the frame most is known."""
        if not archive.startswith(self._head):
            return hashlib.sha256(archive).hexdigest()
        found = self._hash.copy()
        found.update(memoryview(archive)[len(self._head) :])
        return found.hexdigest()

    @cached_property
    def _hash(self) -> hashlib._Hash:
        return hashlib.sha256(self._head)


class _Names(set[str]):
    """The names that are in an archive, without the case of their letters."""

    def joined(self, members: Iterable[Member], at: int) -> tuple[bytes, bytes]:
        """Members with their local headers, as they stand from a place on, and their entries of the directory."""
        pieces: list[bytes] = []
        entries: list[bytes] = []
        for member in members:
            name = member.name.lower()
            if name in self:
                raise ValueError("two files of an archive have the same name")
            self.add(name)
            pieces += (member.local, member.data)
            entries += (member.entry[0], at.to_bytes(4, "little"), member.entry[1])
            at += len(member.local) + len(member.data)
        return b"".join(pieces), b"".join(entries)
