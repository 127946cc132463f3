"""A DOCX package: its parts, their types and relationships; every part parsed without DTD, entities and network.

`content_digest` goes over the unpacked parts and names a document whatever deflate wrote it. What a package may hold is
judged in `planforge.inspection`.

Norm: ECMA-376 part 2 (Open Packaging Conventions).
"""

from __future__ import annotations

import hashlib
import posixpath
import re
import struct
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from types import MappingProxyType
from typing import TYPE_CHECKING, Final

from planforge import archive
from planforge.archive import LIMITS, Member, Source
from planforge.errors import DocumentError, DocumentPlace, PlanforgeError, Problem, Words

if TYPE_CHECKING:
    from lxml.etree import _Element

__all__ = [
    "CONTENT_TYPES",
    "DOC_REL",
    "MAX_DEPTH",
    "MAX_ELEMENTS",
    "RELS",
    "TYPES",
    "Package",
    "Relationship",
    "content_digest",
    "elements_in",
    "parse_xml",
    "relate",
    "rels_name",
    "serialise",
    "source_of",
    "unpack",
    "write",
]

CONTENT_TYPES: Final = "[Content_Types].xml"
DOC_REL: Final = "http://schemas.openxmlformats.org/officeDocument/2006/relationships/"
"""How the types of relationships begin (ECMA-376 part 1, 15)."""

MAX_ELEMENTS: Final = 2_000_000
"""XML elements in one part."""
MAX_DEPTH: Final = 100
"""XML elements inside one another."""

TYPES: Final = "{http://schemas.openxmlformats.org/package/2006/content-types}"
RELS: Final = "{http://schemas.openxmlformats.org/package/2006/relationships}"
"""Namespaces as they stand before a name."""


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
    `inspection.read` returned has been inspected; a package put together by hand has not.
    """

    parts: Mapping[str, bytes]
    file: str | None = None
    warnings: tuple[Problem, ...] = ()
    """What `inspection.read` dropped (PF279)."""
    elements: int = MAX_ELEMENTS
    """How many elements an XML part may have."""

    @cached_property
    def main(self) -> str:
        """The name of the main document part (`word/document.xml`); KeyError without one."""
        for rel in self.relationships():
            if rel.type == DOC_REL + "officeDocument" and rel.part in self.parts:
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
        return self.relationships_in(self.parse(name), source) if name in self.parts else ()

    def relationships_in(self, root: _Element, source: str, /) -> tuple[Relationship, ...]:
        """The relationships in the tree of a `.rels` part; targets are relative to `source`."""
        found = []
        for element in root.iterchildren(RELS + "Relationship"):
            target = (element.get("Target") or "").strip()
            external = (element.get("TargetMode") or "").lower() == "external"
            part = None if external else _resolve(source, target)
            if part is not None:
                part = self.name_of(part)
            found.append(Relationship(element.get("Id") or "", element.get("Type") or "", target, external, part))
        return tuple(found)

    def rels(self, source: str, /) -> tuple[str, _Element]:
        """The name of the `.rels` part of a part and its tree; an empty one, without prefix, if there is none yet."""
        name = self.name_of(rels_name(source))
        # LibreOffice opens no document whose relationships have a prefix.
        empty = f'<Relationships xmlns="{RELS[1:-1]}"/>'.encode()
        return name, self.parse(name) if name in self.parts else parse_xml(empty)

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
            _append(types, TYPES + "Override", PartName="/" + name, ContentType=content_type)
            out = out.replace({CONTENT_TYPES: serialise(types)})
        if rel_type is None:
            return out
        origin = self.main if source is None else source
        where, rels = self.rels(origin)
        taken = {rel.get("Id") for rel in rels}
        new = next(i for i in (f"rId{n}" for n in range(1, len(taken) + 2)) if i not in taken)
        relate(rels, origin, name, rel_type, new)
        return out.replace({where: serialise(rels)})

    def remove(self, name: str, /) -> Package:
        """A package without a part, its relationships, its content type and what points to it."""
        gone = {name, rels_name(name)}
        parts = {n: d for n, d in self.parts.items() if n not in gone}
        types = self.parse(CONTENT_TYPES)
        names = {"/" + part.lower() for part in gone}
        _drop(types, [e for e in types if (e.get("PartName") or "").lower() in names])
        parts[CONTENT_TYPES] = serialise(types)
        for where in [n for n in parts if n.endswith(".rels")]:
            source = source_of(where)
            ids = {r.id for r in self.relationships(source) if r.part == name}
            if ids:
                rels = self.parse(where)
                _drop(rels, [e for e in rels if e.get("Id") in ids])
                parts[where] = serialise(rels)
        return replace(self, parts=MappingProxyType(parts))

    def to_bytes(self, *, level: int = 6) -> bytes:
        """The package as a file."""
        return write(archive.deflate(name, data, level) for name, data in self.parts.items())

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
            if element.tag == TYPES + "Override":
                overrides.setdefault((element.get("PartName") or "").lstrip("/").lower(), kind)
            elif element.tag == TYPES + "Default":
                defaults.setdefault((element.get("Extension") or "").lower(), kind)
        return overrides, defaults


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


def relate(rels: _Element, source: str, part: str, rel_type: str, id_: str, /) -> None:
    """Puts a relationship of `source` to a part at the end of the tree of its `.rels` part."""
    target = posixpath.relpath("/" + part, "/" + posixpath.dirname(source))
    _append(rels, RELS + "Relationship", Id=id_, Type=rel_type, Target=target)


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


def serialise(root: _Element, /) -> bytes:
    """A tree as an XML part, in UTF-8."""
    from lxml import etree

    return etree.tostring(root, xml_declaration=True, encoding="UTF-8", standalone=True)


# -- files ---------------------------------------------------------------------------------------------------


def unpack(source: Source, /, *, file: str | None = None, error: type[PlanforgeError] = DocumentError) -> Package:
    """The package in an archive, its content not looked at; `error` with PF250–PF264, PF278.

    A source is a path or content; `file` is its name in messages (the path as given, by default).
    """
    parts, file = archive.extract(source, file=file, error=error)
    return Package(MappingProxyType(parts), file)


def write(members: Iterable[Member], /) -> bytes:
    """The package as a file: `[Content_Types].xml` first, then the given order. ValueError for two equal names."""
    ordered = list(members)
    first = next((i for i, member in enumerate(ordered) if member.name == CONTENT_TYPES), 0)
    if first:
        ordered.insert(0, ordered.pop(first))
    return archive.write(ordered)


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
        detail = Words("бичвэрийн кодчилол нь UTF-8, UTF-16 биш", str(fault))
        raise refuse("PF269", line=1, column=1, detail=detail) from fault
    if b"<!DOCTYPE" in scanned:
        raise refuse("PF270")
    # A tree takes many times its text: both are counted, a little too high, before it is built.
    if elements_in(scanned) > elements:
        raise refuse("PF258", what=LIMITS["elements"], limit=f"{elements:,}")
    if scanned.count(b"=") > elements:
        raise refuse("PF258", what=LIMITS["all attributes"], limit=f"{elements:,}")
    parser = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False)
    try:
        return etree.fromstring(data, parser)
    except etree.XMLSyntaxError as fault:
        if "depth" in (fault.msg or ""):  # libxml2 itself goes 256 levels down
            raise refuse("PF258", what=LIMITS["depth"], limit=str(MAX_DEPTH)) from fault
        line, column = fault.position
        raise refuse("PF269", line=line, column=column, detail=_broken(fault.code, fault.msg or "")) from fault  # type: ignore[attr-defined]


_BROKEN: Final = {  # libxml2's xmlParserErrors
    4: "эхлэл таг алга",
    5: "төгсгөлийн дараа илүү зүйл байна",
    9: "XML-д байж болохгүй тэмдэгт байна",
    26: "тодорхойлоогүй нэр «{name}» (& тэмдгийн дараа)",
    38: "утга дотор «<» тэмдэг байна",
    39: "шинжийн утга хашилтгүй байна",
    41: "«{name}» шинж утгагүй байна",
    42: "«{name}» шинж хоёр удаа бичигдсэн",
    68: "таг эсвэл & тэмдгийн дараа нэр алга",
    73: "«{name}» таг хаагдаагүй",
    76: "«{name}» таг хаагдаагүй",
    77: "«{name}» таг хаагдаагүй байхад хэсэг тасарсан",
    81: "бичвэрийн кодчилол эвдэрсэн",
    201: "«{name}» угтварыг тодорхойлоогүй",
}
_NAMED: Final = re.compile(
    r"(?:mismatch:|Start Tag|in tag|Namespace prefix|Attribute|for attribute|Entity) '?([^\s']+)'?"
)
"""What the parser's text names: it gives no other account of it."""


def _broken(code: int, said: str) -> Words:
    """What is wrong with an XML text, by the code and the text of its parser."""
    named = _NAMED.search(said)
    known = _BROKEN.get(code, "XML-ийн дүрэм зөрчигдсөн")
    mn = known.format(name=named[1]) if named else known.replace("«{name}» ", "")
    return Words(mn, re.sub(r", line \d+, column \d+$", "", said))


def elements_in(data: bytes, /) -> int:
    """How many elements an XML part in UTF-8 has at most, by its text alone."""
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
