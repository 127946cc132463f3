"""A DOCX package as bytes: read safely, written deterministically, identified by its content.

Reading trusts nothing that the archive says of itself: every size is counted, extents must not
overlap, every XML part is parsed without DTD, entities and network, and whatever could run, fetch or embed
something is refused by allow-list (relationship types, content types, fields). All faults are raised
together. One thing is dropped instead, with a warning: the link to a template file on the author's machine.

Writing is our own: a `Member` is deflated once and copied as bytes into any number of packages; a part that
is rendered goes through deflate in chunks (`Text`); times are 1980-01-01: the same members give the same bytes.
`content_digest` goes over the unpacked parts and names a document whatever deflate wrote it.

Norm: ECMA-376 part 2 (Open Packaging Conventions) and PKWARE APPNOTE 6.3 for the archive.
"""

from __future__ import annotations

import errno
import hashlib
import os
import posixpath
import re
import struct
import zlib
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cache, cached_property
from itertools import pairwise
from pathlib import PurePath
from types import MappingProxyType
from typing import TYPE_CHECKING, BinaryIO, Final, Protocol, TypeAlias, cast

from planforge.errors import DocumentError, DocumentPlace, PlanforgeError, Problem, Words, has_errors

if TYPE_CHECKING:
    from lxml.etree import _Element

__all__ = [
    "CONTENT_TYPES",
    "MAIN_TYPE",
    "MAX_TEMPLATE_ELEMENTS",
    "STANDARD",
    "Engine",
    "Member",
    "Package",
    "Pieces",
    "Relationship",
    "Source",
    "content_digest",
    "deflate",
    "engine",
    "inspect",
    "parse_xml",
    "read",
    "rels_name",
    "source_of",
    "store",
    "unpack",
    "write",
]

Source: TypeAlias = "str | os.PathLike[str] | bytes | BinaryIO"

CONTENT_TYPES: Final = "[Content_Types].xml"
MAIN_TYPE: Final = "application/vnd.openxmlformats-officedocument.wordprocessingml.document.main+xml"

# Limits (hazards: each refused before it costs memory).
_MIB: Final = 1 << 20
MAX_INPUT: Final = 25 * _MIB
MAX_ENTRIES: Final = 1_000
MAX_PART: Final = 64 * _MIB
MAX_XML: Final = 32 * _MIB
MAX_TOTAL: Final = 128 * _MIB
MAX_RATIO: Final = 250
RATIO_FROM: Final = 4 * _MIB
MAX_ELEMENTS: Final = 2_000_000
MAX_TEMPLATE_ELEMENTS: Final = 500_000
MAX_DEPTH: Final = 100
MAX_ATTRIBUTES: Final = 256
"""Of one element; a part may have as many in all as it may have elements."""

_CT: Final = "{http://schemas.openxmlformats.org/package/2006/content-types}"
_REL_NS: Final = "http://schemas.openxmlformats.org/package/2006/relationships"
_REL: Final = f"{{{_REL_NS}}}"
_DOC_REL: Final = "http://schemas.openxmlformats.org/officeDocument/2006/relationships/"
_STRICT_REL: Final = "http://purl.oclc.org/ooxml/officeDocument/relationships/"
_PKG_REL: Final = "http://schemas.openxmlformats.org/package/2006/relationships/metadata/"
_W: Final = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
_VML: Final = "{urn:schemas-microsoft-com:vml}"
_O_HREF: Final = "{urn:schemas-microsoft-com:office:office}href"


# -- the package ---------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Relationship:
    """One relationship; `part` is the name of the part it points to, None if that is outside the package."""

    id: str
    type: str
    target: str
    external: bool
    part: str | None

    @property
    def kind(self) -> str:
        """The last step of the type: `hyperlink`, `image`, `customXml`, …"""
        return self.type.rpartition("/")[2]


@dataclass(frozen=True)
class Package:
    """The unpacked parts of a document by name, in the order of the archive; `file` is its name in messages.

    `parts[CONTENT_TYPES]` and the `.rels` parts are ordinary parts. Part names have no leading slash. What
    `read` returned has been inspected; a package put together by hand has not.
    """

    parts: Mapping[str, bytes]
    file: str | None = None
    warnings: tuple[Problem, ...] = ()
    """What `read` dropped (PF279)."""
    elements: int = MAX_ELEMENTS
    """How many elements an XML part may have."""

    @cached_property
    def main(self) -> str:
        """The name of the main document part (`word/document.xml`); KeyError without one."""
        for rel in self.relationships():
            if rel.type == _DOC_REL + "officeDocument" and rel.part in self.parts:
                return str(rel.part)
        raise KeyError("the package has no main document part")

    def content_type(self, name: str, /) -> str | None:
        """The content type of a part by `[Content_Types].xml`; None if it has none there."""
        overrides, defaults = self._types
        lower = name.lower()
        return overrides.get(lower) or defaults.get(lower.rpartition(".")[2])

    def relationships(self, source: str = "", /) -> tuple[Relationship, ...]:
        """The relationships of a part, of the package itself without `source`."""
        name = self.name_of(rels_name(source))
        return tuple(self._relationships(source, self.parse(name))) if name in self.parts else ()

    def name_of(self, name: str, /) -> str:
        """The name of a part as the archive spells it; the name itself if there is no such part."""
        return self._names.get(name.lower(), name)

    def related(self, kind: str, source: str | None = None, /) -> tuple[str, ...]:
        """The names that `source` (the main part by default) relates to by `kind`: `header`, …"""
        origin = self.main if source is None else source
        return tuple(r.part for r in self.relationships(origin) if r.kind == kind and r.part)

    def parse(self, name: str, /) -> _Element:
        """A fresh tree of an XML part, the caller's to change."""
        return parse_xml(self.parts[name], file=self.file, part=name, elements=self.elements)

    def replace(self, parts: Mapping[str, bytes], /) -> Package:
        """A package with these parts replaced in their places, new names at the end."""
        return replace(self, parts=MappingProxyType({**self.parts, **parts}))

    def add(
        self, name: str, data: bytes, content_type: str, rel_type: str | None, source: str | None = None
    ) -> Package:
        """A package with one part more, typed and related to `source` (the main part; "" is the package).

        `rel_type=None` adds no relationship (a `.rels` part, for one). The new relationship is the last of
        `relationships(source)`. ValueError if the name is taken.
        """
        if name.lower() in self._names:
            raise ValueError(f"the package already has a part {name!r}")
        out = self.replace({name: data})
        if out.content_type(name) != content_type.lower():
            types = self.parse(CONTENT_TYPES)
            _append(types, _CT + "Override", PartName="/" + name, ContentType=content_type)
            out = out.replace({CONTENT_TYPES: _serialise(types)})
        if rel_type is None:
            return out
        origin = self.main if source is None else source
        where = rels_name(origin)
        rels = (
            self.parse(where) if where in self.parts else parse_xml(b'<Relationships xmlns="%s"/>' % _REL_NS.encode())
        )
        taken = {rel.get("Id") for rel in rels}
        new = next(i for i in (f"rId{n}" for n in range(1, len(taken) + 2)) if i not in taken)
        target = posixpath.relpath("/" + name, "/" + posixpath.dirname(origin))
        _append(rels, _REL + "Relationship", Id=new, Type=rel_type, Target=target)
        return out.replace({where: _serialise(rels)})

    def remove(self, name: str, /) -> Package:
        """A package without a part, its relationships, its content type and what points to it."""
        gone = {name, rels_name(name)}
        parts = {n: d for n, d in self.parts.items() if n not in gone}
        types = self.parse(CONTENT_TYPES)
        names = {"/" + part.lower() for part in gone}
        _drop(types, [e for e in types if (e.get("PartName") or "").lower() in names])
        parts[CONTENT_TYPES] = _serialise(types)
        for where in [n for n in parts if n.endswith(".rels")]:
            source = source_of(where)
            ids = {r.id for r in self.relationships(source) if r.part == name}
            if ids:
                rels = self.parse(where)
                _drop(rels, [e for e in rels if e.get("Id") in ids])
                parts[where] = _serialise(rels)
        return replace(self, parts=MappingProxyType(parts))

    def to_bytes(self, *, level: int = 6) -> bytes:
        """The package as a file."""
        return write(deflate(name, data, level) for name, data in self.parts.items())

    @cached_property
    def _names(self) -> dict[str, str]:
        # OPC 6.2.2.3: part names are equal but for the case of ASCII letters.
        return {name.lower(): name for name in self.parts}

    @cached_property
    def _types(self) -> tuple[dict[str, str], dict[str, str]]:
        overrides: dict[str, str] = {}
        defaults: dict[str, str] = {}
        for element in self.parse(CONTENT_TYPES):
            kind = (element.get("ContentType") or "").strip().lower()
            if element.tag == _CT + "Override":
                overrides.setdefault((element.get("PartName") or "").lstrip("/").lower(), kind)
            elif element.tag == _CT + "Default":
                defaults.setdefault((element.get("Extension") or "").lower(), kind)
        return overrides, defaults

    def _relationships(self, source: str, root: _Element) -> Iterator[Relationship]:
        for element in root.iterchildren(_REL + "Relationship"):
            target = (element.get("Target") or "").strip()
            external = (element.get("TargetMode") or "").lower() == "external"
            part = None if external else _resolve(source, target)
            if part is not None:
                part = self.name_of(part)
            yield Relationship(element.get("Id") or "", element.get("Type") or "", target, external, part)


def rels_name(source: str, /) -> str:
    """The name of the part that holds the relationships of `source`; "" is the package."""
    folder, _, base = source.rpartition("/")
    return f"{folder}/_rels/{base}.rels" if folder else f"_rels/{base}.rels"


def source_of(rels: str, /) -> str:
    """The part whose relationships a `.rels` part holds: the other way of `rels_name`."""
    folder, _, base = rels.rpartition("/")
    outer = folder[:-5].rstrip("/") if folder.lower().endswith("_rels") else folder
    stem = base[:-5] if base.lower().endswith(".rels") else base
    return f"{outer}/{stem}" if outer else stem


def _resolve(source: str, target: str) -> str | None:
    """The part name that an internal target means; None if it leaves the package."""
    path = target.partition("#")[0].replace("\\", "/")
    if ":" in path.partition("/")[0] or path.startswith("//"):
        return None
    if not path:
        return source
    name = posixpath.normpath(path if path.startswith("/") else posixpath.join(posixpath.dirname(source), path))
    name = name.lstrip("/")
    return None if name == ".." or name.startswith("../") else name


def _append(parent: _Element, tag: str, **attributes: str) -> None:
    from lxml import etree

    etree.SubElement(parent, tag, attributes)


def _drop(parent: _Element, children: Iterable[_Element]) -> None:
    for child in children:
        parent.remove(child)


def _serialise(root: _Element) -> bytes:
    from lxml import etree

    return etree.tostring(root, xml_declaration=True, encoding="UTF-8", standalone=True)


# -- XML -----------------------------------------------------------------------------------------------------

_DECLARATION: Final = re.compile(r"""<\?xml[^>]*?\sencoding\s*=\s*["']([^"']*)["']""")


def parse_xml(
    data: bytes, /, *, file: str | None = None, part: str | None = None, elements: int = MAX_ELEMENTS
) -> _Element:
    """The root of an XML part: no DTD, no entities, no network, UTF-8 or UTF-16 as OPC wants it.

    DocumentError (PF258, PF269, PF270) with the part and the line.
    """
    from lxml import etree

    def refuse(code: str, **args: object) -> DocumentError:
        return DocumentError([Problem(code, DocumentPlace(file=file, part=part), args)])

    try:
        encoding = _encoding(data)
        scanned = data if encoding == "utf-8-sig" else data.decode(encoding).encode()
    except UnicodeError as fault:
        raise refuse("PF269", line=1, detail=str(fault)) from fault
    if b"<!DOCTYPE" in scanned:
        raise refuse("PF270")
    # A tree takes many times its text: both are counted, a little too high, before it is built.
    if _elements(scanned) > elements:
        raise refuse("PF258", what=_LIMITS["elements"], limit=f"{elements:,}")
    if scanned.count(b"=") > elements:
        raise refuse("PF258", what=_LIMITS["all attributes"], limit=f"{elements:,}")
    parser = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False)
    try:
        return etree.fromstring(data, parser)
    except etree.XMLSyntaxError as fault:
        if "depth" in (fault.msg or ""):  # libxml2 itself goes 256 levels down
            raise refuse("PF258", what=_LIMITS["depth"], limit=str(MAX_DEPTH)) from fault
        raise refuse("PF269", line=fault.lineno or 1, detail=fault.msg or "") from fault


def _elements(data: bytes) -> int:
    return data.count(b"<") - data.count(b"</")


def _encoding(data: bytes) -> str:
    """`utf-8-sig` or `utf-16…` as the first bytes say (XML appendix F); UnicodeError for any other."""
    if data.startswith((b"\xff\xfe\0\0", b"\0\0\xfe\xff", b"<\0\0\0", b"\0\0\0<")):
        raise UnicodeError("encoding UTF-32")
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        found = "utf-16"
    elif data.startswith((b"<\0", b"\0<")):
        found = "utf-16-le" if data[:1] == b"<" else "utf-16-be"
    else:
        found = "utf-8-sig"
    declared = _DECLARATION.match(data[:400].decode(found, "ignore").lstrip("\ufeff"))
    if declared is not None:
        name = declared.group(1).lower()
        fits = (
            name.startswith("utf-16") if found.startswith("utf-16") else name in ("utf-8", "utf8", "us-ascii", "ascii")
        )
        if not fits:
            raise UnicodeError(f"encoding {declared.group(1)}")
    return found


# -- reading: the archive ------------------------------------------------------------------------------------

_LIMITS: Final = {
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
_OLE: Final = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_OLE_KINDS: Final = (  # by the names in its directory ([MS-CFB] 2.6.1); an encrypted .docx holds both
    ("EncryptedPackage", Words("нууц үгээр хамгаалсан файл", "a file protected by a password")),
    ("WordDocument", Words("хуучин хэлбэрийн Word файл (.doc)", "an old Word file (.doc)")),
    ("", Words("хуучин хэлбэрийн Office файл", "an old Office file")),
)
_XML_NAMES: Final = (".xml", ".rels", ".vml")


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


def read(
    source: Source,
    /,
    *,
    file: str | None = None,
    error: type[PlanforgeError] = DocumentError,
    elements: int = MAX_ELEMENTS,
) -> Package:
    """The package of a Word document, inspected; `error` with every problem (PF250–PF278) if there is one.

    A source is a path or content; `file` is its name in messages (the path as given, by default); `elements` is
    how many elements an XML part may have. A link to a template on the author's machine is dropped: it stands in
    `warnings` (PF279).
    """
    package = replace(unpack(source, file=file, error=error), elements=elements)
    problems = inspect(package)
    if has_errors(problems):
        raise error(problems)
    return _detached(package, problems) if problems else package


def unpack(source: Source, /, *, file: str | None = None, error: type[PlanforgeError] = DocumentError) -> Package:
    """The unpacked archive within all limits, its content not looked at; `error` with PF250–PF264, PF278."""
    data, file = _content(source, file, error)
    faults = _Faults(file)
    parts: dict[str, bytes] = {}
    if not data:
        faults.add("PF254")
    elif len(data) > MAX_INPUT:
        faults.limit("input", f"{MAX_INPUT // _MIB} MiB")
    elif data.startswith(_OLE):
        faults.add("PF256", kind=next(kind for mark, kind in _OLE_KINDS if mark.encode("utf-16-le") in data))
    elif not data.startswith(b"PK\x03\x04"):
        faults.add("PF278" if file and PurePath(file).name.startswith("~$") else "PF255")
    else:
        try:
            parts = _unzip(data, faults)
        except (_Damaged, struct.error) as fault:
            faults.add("PF257", detail=str(fault))
    if faults.problems:
        raise error(faults.problems)
    return Package(MappingProxyType(parts), file)


class _Faults:
    """The problems of one file, as they are found."""

    def __init__(self, file: str | None) -> None:
        self.file = file
        self.problems: list[Problem] = []

    def add(self, code: str, part: str | None = None, /, **args: object) -> None:
        problem = Problem(code, DocumentPlace(file=self.file, part=part), args)
        if problem not in self.problems:
            self.problems.append(problem)

    def limit(self, what: str, limit: str, part: str | None = None) -> None:
        self.add("PF258", part, what=_LIMITS[what], limit=limit)


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
        args = {"detail": getattr(fault, "strerror", None) or str(fault)} if code == "PF253" else {}
        raise error([Problem(code, DocumentPlace(file=name), args)]) from fault


def _unzip(data: bytes, faults: _Faults) -> dict[str, bytes]:
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


def _directory(data: bytes, faults: _Faults) -> list[_Entry]:
    end = data.rfind(b"PK\x05\x06", max(0, len(data) - 22 - 0xFFFF))
    if end < 0:
        raise _Damaged("no central directory: the file was cut short")
    count, size, offset = struct.unpack_from("<H2L", data, end + 10)
    locator = end - 20
    if locator >= 0 and data.startswith(b"PK\x06\x07", locator):
        (end,) = struct.unpack_from("<Q", data, locator + 8)
        if not data.startswith(b"PK\x06\x06", end):
            raise _Damaged("no ZIP64 end of central directory")
        count, size, offset = struct.unpack_from("<3Q", data, end + 32)
    if offset + size != end:
        raise _Damaged("the central directory is not where the end record says")
    entries: list[_Entry] = []
    at = offset
    while at < end:
        if len(entries) >= MAX_ENTRIES:
            faults.limit("entries", f"{MAX_ENTRIES:,}")
            return []
        if not data.startswith(b"PK\x01\x02", at):
            raise _Damaged("the central directory is damaged")
        flags, method, crc, packed, full, names, extra, comment, start = struct.unpack_from(
            "<8xHH4xLLLHHH8xL", data, at
        )
        raw = data[at + 46 : at + 46 + names]
        full, packed, start = _zip64(data[at + 46 + names : at + 46 + names + extra], full, packed, start)
        entries.append(_Entry(_decode(raw, flags), raw, flags, method, crc, packed, full, start))
        at += 46 + names + extra + comment
    if at != end or len(entries) != count:
        raise _Damaged("the central directory is damaged")
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


def _extents(data: bytes, entries: list[_Entry], faults: _Faults) -> list[int]:
    """Where the packed bytes of each entry start; no overlaps, no local header that says something else."""
    starts: list[int] = []
    spans: list[tuple[int, int, str]] = []
    for entry in entries:
        if not data.startswith(b"PK\x03\x04", entry.offset):
            raise _Damaged(f"no local header of {entry.name!r}")
        flags, method, names, extra = struct.unpack_from("<6xHH16xHH", data, entry.offset)
        begin = entry.offset + 30 + names + extra
        if data[entry.offset + 30 : entry.offset + 30 + names] != entry.raw or method != entry.method:
            faults.add("PF259", entry.name, detail=_DECEIT["header"])
        if begin + entry.packed > len(data):
            raise _Damaged(f"{entry.name!r} reaches past the end of the file")
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


def _judge(entries: list[_Entry], faults: _Faults) -> None:
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
            faults.limit("part", f"{MAX_PART // _MIB} MiB", name)
        elif entry.size > MAX_XML and name.lower().endswith(_XML_NAMES):
            faults.limit("xml", f"{MAX_XML // _MIB} MiB", name)
        if entry.size > RATIO_FROM and entry.size > MAX_RATIO * entry.packed:
            faults.limit("ratio", f"{MAX_RATIO}:1", name)
    if sum(entry.size for entry in entries) > MAX_TOTAL:
        faults.limit("total", f"{MAX_TOTAL // _MIB} MiB")


def _inflate(data: bytes, entry: _Entry, start: int, faults: _Faults) -> bytes:
    """The bytes of one entry: never more than it declared and one, so a lying size costs nothing."""
    packed = data[start : start + entry.packed]
    if entry.method == 0:
        out, whole = packed, True
    else:
        inflater = zlib.decompressobj(-15)
        try:
            out = inflater.decompress(packed, entry.size + 1)
        except zlib.error as fault:
            faults.add("PF264", entry.name, detail=str(fault))
            return b""
        whole = inflater.eof and not inflater.unused_data
    if len(out) != entry.size:
        faults.add("PF259", entry.name, detail=_DECEIT["size"])
    elif not whole or zlib.crc32(out) != entry.crc:
        faults.add("PF264", entry.name, detail="CRC-32")
    return out


# -- reading: the content ------------------------------------------------------------------------------------

_MS_REL: Final = "http://schemas.microsoft.com/office/"
# fmt: off
_RELATIONSHIPS: Final = frozenset([
    *(_DOC_REL + kind for kind in (
        "officeDocument", "extended-properties", "custom-properties", "customXml", "customXmlProps",
        "styles", "settings", "webSettings", "fontTable", "font", "theme", "themeOverride", "numbering",
        "header", "footer", "footnotes", "endnotes", "comments", "hyperlink", "image", "glossaryDocument",
        "printerSettings", "chart", "chartUserShapes",
        "diagramData", "diagramLayout", "diagramQuickStyle", "diagramColors",
    )),
    *(_PKG_REL + kind for kind in ("core-properties", "thumbnail")),
    # LibreOffice has written this one for years.
    "http://schemas.openxmlformats.org/officedocument/2006/relationships/metadata/core-properties",
    *(_MS_REL + kind for kind in (
        "2007/relationships/stylesWithEffects", "2007/relationships/diagramDrawing",
        "2007/relationships/hdphoto", "2011/relationships/commentsExtended", "2011/relationships/people",
        "2011/relationships/chartStyle", "2011/relationships/chartColorStyle",
        "2016/09/relationships/commentsIds", "2018/08/relationships/commentsExtensible",
        "2014/relationships/chartEx", "2019/05/relationships/documenttasks",
        "2020/02/relationships/classificationlabels", "2020/10/relationships/intelligence",
    )),
])
_FIELDS: Final = frozenset({
    # numbers, references, lists of contents (17.16.5)
    "PAGE", "NUMPAGES", "SECTION", "SECTIONPAGES", "TOC", "TC", "INDEX", "XE", "REF", "PAGEREF", "NOTEREF",
    "HYPERLINK", "SEQ", "STYLEREF", "LISTNUM", "SYMBOL", "EQ",
    # what the document says of itself
    "DATE", "TIME", "CREATEDATE", "SAVEDATE", "PRINTDATE", "EDITTIME", "REVNUM", "NUMWORDS", "NUMCHARS", "FILESIZE",
    "DOCPROPERTY", "DOCVARIABLE", "TITLE", "SUBJECT", "AUTHOR", "KEYWORDS", "COMMENTS", "LASTSAVEDBY", "FILENAME",
    "USERNAME", "USERINITIALS", "USERADDRESS",
    # form fields (legacy ones; content controls are no fields)
    "FORMTEXT", "FORMCHECKBOX", "FORMDROPDOWN",
})
# fmt: on
_CHART_BOOK: Final = _DOC_REL + "package"
_BOOK_TYPE: Final = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
_CHART_TYPES: Final = (
    "application/vnd.openxmlformats-officedocument.drawingml.chart+xml",
    "application/vnd.ms-office.chartex+xml",
)
_CONTENT: Final = re.compile(
    r"""
    application/xml | text/xml | image/(png|jpe?g|gif|bmp|tiff?|x-emf|x-wmf|emf|wmf|svg\+xml|vnd\.ms-photo)
    | application/vnd\.openxmlformats-package\.(relationships|core-properties)\+xml
    | application/vnd\.openxmlformats-officedocument\.(
        (extended-properties|custom-properties|customxmlproperties|theme|themeoverride)\+xml
        | wordprocessingml\.(document\.main|document\.glossary|styles|settings|websettings|fonttable|numbering
            |header|footer|footnotes|endnotes|comments|commentsextended|commentsids|commentsextensible
            |people)\+xml
        | wordprocessingml\.printersettings | obfuscatedfont | vmldrawing | spreadsheetml\.sheet
        | drawingml\.(chart|chartshapes|diagramdata|diagramlayout|diagramstyle|diagramcolors)\+xml)
    | application/vnd\.ms-word\.styleswitheffects\+xml
    | application/vnd\.ms-office\.(chartex|chartstyle|chartcolorstyle|drawingml\.diagramdrawing|documenttasks
        |classificationlabels|intelligence2)\+xml
    | application/inkml\+xml
    | application/x-font-ttf | application/x-fontdata
    """,
    re.VERBOSE,
)
_OTHER_KINDS: Final = (
    ("wordprocessingml.template", Words("Word-ийн загвар файл (.dotx)", "a Word template file (.dotx)")),
    ("spreadsheetml", Words("Excel-ийн хүснэгт", "an Excel workbook")),
    ("ms-excel", Words("Excel-ийн хүснэгт", "an Excel workbook")),
    ("presentationml", Words("PowerPoint-ын үзүүлэн", "a PowerPoint presentation")),
    ("ms-powerpoint", Words("PowerPoint-ын үзүүлэн", "a PowerPoint presentation")),
)
_LINK: Final = re.compile(r"(?i)https?://|mailto:|#")


def inspect(package: Package, /) -> tuple[Problem, ...]:
    """What a package may not hold (PF258, PF265–PF277): every fault of every part, none if it may be used.

    PF279 is a warning: `read` drops what it names.
    """
    faults = _Faults(package.file)
    parts = package.parts
    if CONTENT_TYPES not in parts:
        if parts.get("mimetype", b"").startswith(b"application/vnd.oasis.opendocument"):
            kind = Words("OpenDocument файл (.odt, .ods)", "an OpenDocument file (.odt, .ods)")
            faults.add("PF266", kind=kind)
        else:
            faults.add("PF265")
        return tuple(faults.problems)
    if any(rel.type.startswith(_STRICT_REL) for rel in _starts(package)):
        faults.add("PF266", kind=_STRICT)
        return tuple(faults.problems)
    blamed: set[str | None] = set()
    elements = 0
    for name in sorted(parts, key=lambda name: name != CONTENT_TYPES):  # it says what the others are
        if not _is_xml(package, name):
            continue
        if len(parts[name]) > MAX_XML:
            faults.limit("xml", f"{MAX_XML // _MIB} MiB", name)
            continue
        elements += _elements(parts[name])
        if elements > 2 * package.elements:
            faults.limit("all elements", f"{2 * package.elements:,}")
            return tuple(faults.problems)
        try:
            root = package.parse(name)
        except DocumentError as fault:
            faults.problems += fault.problems
            if name == CONTENT_TYPES:
                return tuple(faults.problems)
            continue
        _inspect_size(name, root, faults)
        blamed |= _inspect_relationships(package, name, root, faults)
        _inspect_fields(name, root, faults)
        _inspect_active(name, root, faults)
        del root  # one tree at a time: a tree is ten times its text
    _inspect_types(package, blamed, faults)
    _inspect_main(package, faults)
    return tuple(faults.problems)


def _inspect_size(name: str, root: _Element, faults: _Faults) -> None:
    for what, limit, exceeds in _sizes():
        if exceeds(root):
            faults.limit(what, str(limit), name)


@cache
def _sizes() -> tuple[tuple[str, int, Callable[[_Element], object]], ...]:
    """What is counted in a tree, the limit, and the question whether the tree exceeds it."""
    from lxml import etree

    return (
        ("depth", MAX_DEPTH, etree.XPath(f"boolean({'/*' * (MAX_DEPTH + 1)})")),
        ("attributes", MAX_ATTRIBUTES, etree.XPath(f"boolean(//*[@*[{MAX_ATTRIBUTES + 1}]])")),
    )


def _is_xml(package: Package, name: str) -> bool:
    if name.lower().endswith(_XML_NAMES):
        return True
    kind = package.content_type(name) or ""
    return kind.endswith(("+xml", "/xml", "vmldrawing"))


def _starts(package: Package) -> list[Relationship]:
    """The relationships that name a main part; none if they cannot be read, which is said where they are."""
    try:
        return [rel for rel in package.relationships() if rel.kind == "officeDocument"]
    except DocumentError:
        return []


def _inspect_main(package: Package, faults: _Faults) -> None:
    """The main part is there and is that of an ordinary Word document; no macros anywhere."""
    names = [rel.part for rel in _starts(package) if rel.part in package.parts]
    kind = package.content_type(names[0] or "") if names else None
    if any(re.search("vba|macroenabled", package.content_type(name) or "") for name in package.parts):
        faults.add("PF267")
    elif not names:
        broken = {p.place.part for p in faults.problems if isinstance(p.place, DocumentPlace)}
        if package.name_of(rels_name("")) not in broken:
            faults.add("PF268")
    elif kind != MAIN_TYPE:
        other = [words for mark, words in _OTHER_KINDS if mark in (kind or "")]
        faults.add("PF266", kind=other[0] if other else Words(f"«{kind}» төрлийн файл", f"a file of type {kind!r}"))


def _inspect_relationships(package: Package, name: str, root: _Element, faults: _Faults) -> set[str | None]:
    """Types by allow-list, external targets only as web links; the parts that a refused one points to."""
    blamed: set[str | None] = set()
    source = package.name_of(source_of(name))
    is_chart = package.content_type(source) in _CHART_TYPES
    for rel in package._relationships(source, root):
        if rel.type == _CHART_BOOK and is_chart and rel.part and package.content_type(rel.part) == _BOOK_TYPE:
            continue
        if rel.kind == "attachedTemplate":
            faults.add("PF279" if rel.external and _is_local(rel.target) else "PF277", source, target=rel.target)
        elif "vba" in rel.kind.lower():
            faults.add("PF267")
            blamed.add(rel.part)
        elif rel.external and not (rel.kind == "hyperlink" and _LINK.match(rel.target)):
            faults.add("PF271", source, kind=rel.kind, target=rel.target)
        elif rel.type not in _RELATIONSHIPS:
            faults.add("PF272", source, kind=rel.kind, target=rel.target)
            blamed.add(rel.part)
        elif not rel.external and rel.part is None:
            faults.add("PF275", source, target=rel.target)
    return blamed


_LOCAL: Final = re.compile(
    r"(file:(//localhost/|/(?![\\/])|///(?![\\/])))?([a-z]:[\\/]|(?![a-z][a-z0-9+.-]*:|[\\/]{2}))", re.IGNORECASE
)


def _is_local(target: str) -> bool:
    """Whether a target is a file of the author's machine: `C:\\…`, `file:///C:/…`, a bare name; no share, no web."""
    from urllib.parse import unquote

    return _LOCAL.match(unquote(target)) is not None


def _detached(package: Package, warnings: tuple[Problem, ...]) -> Package:
    """The package without its links to template files (17.15.1.6); every other byte stays."""
    parts: dict[str, bytes] = {}
    for source in {str(p.place.part) for p in warnings if isinstance(p.place, DocumentPlace)}:
        where = package.name_of(rels_name(source))
        parts[where] = _cut(package.parts[where], lambda _, given: given.get("Type", "").endswith("/attachedTemplate"))
        parts[source] = _cut(package.parts[source], lambda tag, _: tag == _W[1:].replace("}", " ") + "attachedTemplate")
    return replace(package.replace(parts), warnings=warnings)


def _cut(data: bytes, drops: Callable[[str, Mapping[str, str]], bool]) -> bytes:
    """An XML part without the elements that are to be dropped, every other byte as it was."""
    from xml.parsers import expat  # unlike lxml it says at which byte

    parser = expat.ParserCreate(namespace_separator=" ")
    kept: list[bytes] = []
    since, depth, ended = 0, 0, False

    def resume(_: object = None) -> None:
        """A dropped element ends where the event after its end begins."""
        nonlocal since, ended
        if ended:
            since, ended = parser.CurrentByteIndex, False

    def start(tag: str, given: dict[str, str]) -> None:
        nonlocal depth
        resume()
        if not depth and drops(tag, given):
            kept.append(data[since : parser.CurrentByteIndex])
            depth = 1
        elif depth:
            depth += 1

    def end(_: str) -> None:
        nonlocal depth, ended
        resume()
        ended = depth == 1
        depth = max(0, depth - 1)

    parser.StartElementHandler, parser.EndElementHandler, parser.DefaultHandler = start, end, resume
    parser.Parse(data, True)
    return b"".join([*kept, data[since:]])


def _inspect_types(package: Package, blamed: set[str | None], faults: _Faults) -> None:
    """Content types by allow-list, and no OLE file under a false name."""
    mains = {rel.part for rel in _starts(package)}  # _inspect_main judges these
    for name, data in package.parts.items():
        kind = package.content_type(name)
        if name == CONTENT_TYPES or name in blamed or (kind and re.search("macroenabled|vba", kind)):
            continue
        if not _CONTENT.fullmatch(kind or "") and not (name in mains and kind):
            faults.add("PF273", name, type=kind or "—")
        elif data.startswith(_OLE):
            faults.add("PF276", name, what=_ACTIVE["ole"])


def _inspect_fields(name: str, root: _Element, faults: _Faults) -> None:
    """Field instructions by allow-list: others fetch, embed or run something when the document is opened."""
    for instruction in _instructions(root):
        word, rest = _FIELD_WORD.match(instruction).groups()  # type: ignore[union-attr]  # matches any text
        allowed = word.upper() in _FIELDS or word.startswith("=") or not instruction.strip()
        if allowed and word.upper() == "HYPERLINK":
            address = _address(rest)
            allowed = address is None or bool(_LINK.match(address))
        if not allowed:
            faults.add("PF274", name, field=" ".join(instruction.replace("\0", "{…}").split())[:120])


_FIELD_WORD: Final = re.compile(r"""\s*([^\s\\"]*)(.*)""", re.DOTALL)
_FIELD_ITEM: Final = re.compile(r"""\\(\w)|"([^"]*)"?|([^\s"\\]+)""")


def _address(rest: str) -> str | None:
    """The target of a HYPERLINK field; None if it only has a bookmark. Switches l, o, t take an argument."""
    takes = False
    for switch, quoted, bare in _FIELD_ITEM.findall(rest):
        if switch:
            takes = switch.lower() in "lot"
        elif takes:
            takes = False
        else:
            return str(quoted or bare)
    return None


def _instructions(root: _Element) -> Iterator[str]:
    """The instruction of each field, joined over its runs; a field inside an instruction is a NUL in it."""
    open_fields: list[list[str]] = []
    collecting: list[bool] = []
    for element in root.iter(_W + "fldChar", _W + "instrText", _W + "delInstrText", _W + "fldSimple"):
        if element.tag == _W + "fldSimple":
            yield element.get(_W + "instr") or ""
        elif element.tag != _W + "fldChar":
            text = "".join(map(str, element.itertext()))
            if collecting and collecting[-1]:
                open_fields[-1].append(text)
            else:
                yield text  # outside any instruction: judged alone
        elif (step := element.get(_W + "fldCharType")) == "begin":
            open_fields.append([])
            collecting.append(True)
        elif step == "separate" and collecting:
            collecting[-1] = False
        elif step == "end" and open_fields:
            yield "".join(open_fields.pop())
            collecting.pop()
            if collecting and collecting[-1]:
                open_fields[-1].append("\0")
    for texts in open_fields:
        yield "".join(texts)


_ACTIVE: Final = {
    "mail": Words("шуудангийн нэгтгэл (mail merge)", "a mail merge"),
    "vml": Words("гадны эх сурвалжтай дүрс (VML)", "a VML shape with an outside source"),
    "svg": Words("скрипт эсвэл гадны холбоостой SVG зураг", "an SVG picture with a script or an outside source"),
    "ole": Words("OLE объект", "an OLE object"),
}
_STRICT: Final = Words("«Strict Open XML» хэлбэрийн Word файл", "a Word file in the «Strict Open XML» form")
_SVG: Final = "{http://www.w3.org/2000/svg}"


def _inspect_active(name: str, root: _Element, faults: _Faults) -> None:
    """What no relationship shows: mail merge, VML sources, scripted or linking SVG."""
    if root.tag == _W + "settings" and root.find(_W + "mailMerge") is not None:
        faults.add("PF276", name, what=_ACTIVE["mail"])
    for element in root.iter(_VML + "*"):
        link = element.get("href")
        if element.get("src") or element.get(_O_HREF) or (link and not _LINK.match(link)):
            faults.add("PF276", name, what=_ACTIVE["vml"])
    if root.tag == _SVG + "svg" and any(map(_is_live, root.iter("*"))):
        faults.add("PF276", name, what=_ACTIVE["svg"])


def _is_live(element: _Element) -> bool:
    if str(element.tag).rpartition("}")[2] in ("script", "foreignObject"):
        return True
    links = (element.get("href"), element.get("{http://www.w3.org/1999/xlink}href"))
    return any(link and not link.startswith(("#", "data:image/")) for link in links)


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


def store(name: str, data: bytes) -> Member:
    """A member with its data as they are: the same bytes whatever zlib is used."""
    return Member(name, 0, zlib.crc32(data), len(data), data)


def write(members: Iterable[Member], /) -> bytes:
    """The archive: `[Content_Types].xml` first, then the given order. ValueError for two equal names."""
    ordered = list(members)
    first = next((i for i, member in enumerate(ordered) if member.name == CONTENT_TYPES), 0)
    if first:
        ordered.insert(0, ordered.pop(first))
    if len({member.name.lower() for member in ordered}) != len(ordered):
        raise ValueError("two parts of a package have the same name")
    pieces: list[bytes] = []
    directory: list[bytes] = []
    at = 0
    for member in ordered:
        pieces += (member.local, member.data)
        directory += (member.entry[0], at.to_bytes(4, "little"), member.entry[1])
        at += len(member.local) + len(member.data)
    entries = b"".join(directory)
    pieces += (
        entries,
        struct.pack("<4s4H2LH", b"PK\x05\x06", 0, 0, len(ordered), len(ordered), len(entries), at, 0),
    )
    return b"".join(pieces)


def content_digest(document: bytes | Package, /) -> str:
    """SHA-256 (hex) over the sorted names and contents of the unpacked parts, each framed by its length.

    The same for the same document whatever the compression, the order and the machine.
    """
    parts = document.parts if isinstance(document, Package) else unpack(document).parts
    digest = hashlib.sha256()
    for name in sorted(parts):
        raw = name.encode()
        digest.update(struct.pack("<QQ", len(raw), len(parts[name])))
        digest.update(raw)
        digest.update(parts[name])
    return digest.hexdigest()
