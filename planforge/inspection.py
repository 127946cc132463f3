"""What a document may hold: whatever could run, fetch or embed something is refused by allow-list.

Relationship types, content types and fields have one each. All faults are raised together. One thing is dropped
instead, with a warning: the link to a template file on the author's machine.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import replace
from functools import cache
from typing import TYPE_CHECKING, Final

from planforge import opc
from planforge.archive import MAX_XML, MIB, OLE, XML_NAMES, Faults, Source
from planforge.errors import DocumentError, DocumentPlace, PlanforgeError, Problem, Words
from planforge.opc import CONTENT_TYPES, DOC_REL, MAX_DEPTH, MAX_ELEMENTS, Package, Relationship, rels_name, source_of
from planforge.wml import VML, W, places

if TYPE_CHECKING:
    from lxml.etree import _Element

__all__ = ["MAIN_TYPE", "MAX_TEMPLATE_ELEMENTS", "SEEN_THROUGH", "inspect", "is_inert", "read"]

MAIN_TYPE: Final = "application/vnd.openxmlformats-officedocument.wordprocessingml.document.main+xml"
MAX_TEMPLATE_ELEMENTS: Final = 500_000
MAX_ATTRIBUTES: Final = 256
"""Of one element; a part may have as many in all as it may have elements."""
MAX_BLAMED: Final = 200
"""Fields of one part that are told: who has so many has them from one hand."""
SEEN_THROUGH: Final = frozenset({"PF271", "PF272", "PF273", "PF274", "PF275", "PF276", "PF277"})
"""What no document may hold, though all the rest of it can be read."""

_STRICT_REL: Final = "http://purl.oclc.org/ooxml/officeDocument/relationships/"
_PKG_REL: Final = "http://schemas.openxmlformats.org/package/2006/relationships/metadata/"
_O_HREF: Final = "{urn:schemas-microsoft-com:office:office}href"
_MS_REL: Final = "http://schemas.microsoft.com/office/"
# fmt: off
_RELATIONSHIPS: Final = frozenset([
    *(DOC_REL + kind for kind in (
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
_INERT: Final = frozenset({
    "MERGEFIELD", "MERGEREC", "MERGESEQ", "NEXT", "NEXTIF", "SKIPIF", "IF", "COMPARE", "ASK", "FILLIN", "SET",
    "ADDRESSBLOCK", "GREETINGLINE",
})
"""Fields of mail merges: without data to merge they fetch and run nothing."""
# fmt: on
_CHART_BOOK: Final = DOC_REL + "package"
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


def read(
    source: Source,
    /,
    *,
    file: str | None = None,
    error: type[PlanforgeError] = DocumentError,
    elements: int = MAX_ELEMENTS,
    despite: Collection[str] = (),
) -> Package:
    """The package of a Word document, inspected; `error` with every problem (PF250–PF278) if there is one.

    A source is a path or content; `file` is its name in messages (the path as given, by default); `elements` is
    how many elements an XML part may have. A link to a template on the author's machine is dropped: it stands in
    `warnings` (PF279), with errors of the codes in spite of which the package is wanted, to be looked into.
    """
    package = replace(opc.unpack(source, file=file, error=error), elements=elements)
    problems = inspect(package)
    if any(problem.is_error and problem.code not in despite for problem in problems):
        raise error(problems)
    return _detached(package, problems) if problems else package


def inspect(package: Package, /) -> tuple[Problem, ...]:
    """What a package may not hold (PF258, PF265–PF277): every fault of every part, none if it may be used.

    PF279 is a warning: `read` drops what it names.
    """
    faults = Faults(package.file)
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
    if (other := _other_kind(package)) is not None:  # then the rest is as it should be there, and no news
        faults.add("PF266", kind=other)
        return tuple(faults.problems)
    blamed: set[str | None] = set()
    elements = 0
    for name in sorted(parts, key=lambda name: name != CONTENT_TYPES):  # it says what the others are
        if not _is_xml(package, name):
            continue
        if len(parts[name]) > MAX_XML:
            faults.limit("xml", f"{MAX_XML // MIB} MiB", name)
            continue
        elements += opc.elements_in(parts[name])
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


def _inspect_size(name: str, root: _Element, faults: Faults) -> None:
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
    if name.lower().endswith(XML_NAMES):
        return True
    kind = package.content_type(name) or ""
    return kind.endswith(("+xml", "/xml", "vmldrawing"))


def _starts(package: Package) -> list[Relationship]:
    """The relationships that name a main part; none if they cannot be read, which is said where they are."""
    try:
        return [rel for rel in package.relationships() if rel.kind == "officeDocument"]
    except DocumentError:
        return []


def _inspect_main(package: Package, faults: Faults) -> None:
    """The main part is there, and no macros anywhere."""
    if _has_macros(package):
        faults.add("PF267")
    elif not any(rel.part in package.parts for rel in _starts(package)):
        broken = {p.place.part for p in faults.problems if isinstance(p.place, DocumentPlace)}
        if package.name_of(rels_name("")) not in broken:
            faults.add("PF268")


def _has_macros(package: Package) -> bool:
    return any(re.search("vba|macroenabled", package.content_type(name) or "") for name in package.parts)


def _other_kind(package: Package) -> Words | None:
    """What a file is that is no ordinary Word document; None for one that is, and where it cannot be said."""
    try:
        names = [rel.part for rel in _starts(package) if rel.part in package.parts]
        kind = package.content_type(names[0] or "") if names else MAIN_TYPE
        if kind in (MAIN_TYPE, None) or _has_macros(package):
            return None
    except DocumentError:  # the list of types is broken, which is told where it is
        return None
    other = [words for mark, words in _OTHER_KINDS if mark in str(kind)]
    return other[0] if other else Words(f"«{kind}» төрлийн файл", f"a file of type {kind!r}")


def _inspect_relationships(package: Package, name: str, root: _Element, faults: Faults) -> set[str | None]:
    """Types by allow-list, external targets only as web links; the parts that a refused one points to."""
    blamed: set[str | None] = set()
    source = package.name_of(source_of(name))
    is_chart = package.content_type(source) in _CHART_TYPES
    for rel in package.relationships_in(root, source):
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
    dropped = (p.place for p in warnings if p.code == "PF279")
    for source in {str(place.part) for place in dropped if isinstance(place, DocumentPlace)}:
        where = package.name_of(rels_name(source))
        parts[where] = _cut(package.parts[where], lambda _, given: given.get("Type", "").endswith("/attachedTemplate"))
        parts[source] = _cut(package.parts[source], lambda tag, _: tag == W[1:].replace("}", " ") + "attachedTemplate")
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


def _inspect_types(package: Package, blamed: set[str | None], faults: Faults) -> None:
    """Content types by allow-list, and no OLE file under a false name."""
    mains = {rel.part for rel in _starts(package)}  # _inspect_main judges these
    for name, data in package.parts.items():
        kind = package.content_type(name)
        if name == CONTENT_TYPES or name in blamed or (kind and re.search("macroenabled|vba", kind)):
            continue
        if not _CONTENT.fullmatch(kind or "") and not (name in mains and kind):
            faults.add("PF273", name, type=kind or "—")
        elif data.startswith(OLE):
            faults.add("PF276", name, what=_ACTIVE["ole"])


def _inspect_fields(name: str, root: _Element, faults: Faults) -> None:
    """Field instructions by allow-list: others fetch, embed or run something when the document is opened."""
    blamed: dict[DocumentPlace, Problem] = {}
    part = DocumentPlace(file=faults.file, part=name)
    found: Mapping[_Element, DocumentPlace] | None = None
    for element, instruction in _instructions(root):
        word, rest = _FIELD_WORD.match(instruction).groups()  # type: ignore[union-attr]  # matches any text
        allowed = word.upper() in _FIELDS or word.startswith("=") or not instruction.strip()
        if allowed and word.upper() == "HYPERLINK":
            address = _address(rest)
            allowed = address is None or bool(_LINK.match(address))
        if not allowed and len(blamed) < MAX_BLAMED:
            found = places(root, part) if found is None else found
            place = found.get(next(element.iterancestors(W + "p"), element), part)
            field = " ".join(instruction.replace("\0", "{…}").split())[:120]
            place = replace(place, quote=field)
            blamed[place] = Problem("PF274", place, {"field": field})
    faults.problems += blamed.values()


def _word(instruction: str) -> str:
    """What a field does."""
    return _FIELD_WORD.match(instruction)[1].upper()  # type: ignore[index]  # matches any text


def is_inert(problem: Problem) -> bool:
    """Whether a fault is a field that does nothing by itself (those of mail merges), so that copies may hold it."""
    return problem.code == "PF274" and _word(str(problem.args["field"])) in _INERT


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


def _instructions(root: _Element) -> Iterator[tuple[_Element, str]]:
    """Where each field begins, and its instruction, joined over its runs; a field inside one is a NUL in it."""
    open_fields: list[tuple[_Element, list[str]]] = []
    collecting: list[bool] = []
    for element in root.iter(W + "fldChar", W + "instrText", W + "delInstrText", W + "fldSimple"):
        if element.tag == W + "fldSimple":
            yield element, element.get(W + "instr") or ""
        elif element.tag != W + "fldChar":
            text = "".join(map(str, element.itertext()))
            if collecting and collecting[-1]:
                open_fields[-1][1].append(text)
            else:
                yield element, text  # outside any instruction: judged alone
        elif (step := element.get(W + "fldCharType")) == "begin":
            open_fields.append((element, []))
            collecting.append(True)
        elif step == "separate" and collecting:
            collecting[-1] = False
        elif step == "end" and open_fields:
            begin, texts = open_fields.pop()
            yield begin, "".join(texts)
            collecting.pop()
            if collecting and collecting[-1]:
                open_fields[-1][1].append("\0")
    for begin, texts in open_fields:
        yield begin, "".join(texts)


_ACTIVE: Final = {
    "mail": Words("шуудангийн нэгтгэл (mail merge)", "a mail merge"),
    "vml": Words("гадны эх сурвалжтай дүрс (VML)", "a VML shape with an outside source"),
    "svg": Words("скрипт эсвэл гадны холбоостой SVG зураг", "an SVG picture with a script or an outside source"),
    "ole": Words("OLE объект", "an OLE object"),
}
_STRICT: Final = Words("«Strict Open XML» хэлбэрийн Word файл", "a Word file in the «Strict Open XML» form")
_SVG: Final = "{http://www.w3.org/2000/svg}"


def _inspect_active(name: str, root: _Element, faults: Faults) -> None:
    """What no relationship shows: mail merge, VML sources, scripted or linking SVG."""
    if root.tag == W + "settings" and root.find(W + "mailMerge") is not None:
        faults.add("PF276", name, what=_ACTIVE["mail"])
    for element in root.iter(VML + "*"):
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
