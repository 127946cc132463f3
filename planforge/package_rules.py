"""The rules of a whole Word file: what makes Word repair or refuse it, though many readers say nothing.

One small function per rule, in one table, `RULES`: its id, what is broken in both languages, and in its docstring the
reason. `inspection` has judged safety before (archive, well-formedness, active content); these rules judge form. They
take some 10 ms for a document, so they run on templates and outputs in tests and on demand: `verify` tells what is
wrong with a document and not with its template.

"Word refuses" and "Word repairs" are from the standard (ECMA-376 part 1) and public reports, not from a run of Word.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise
from typing import TYPE_CHECKING, Final, TypeAlias

from planforge import inspection, opc
from planforge.errors import DocumentError, DocumentPlace, Problem, Words
from planforge.wml import FALLBACK, MAX_COLUMNS, MC, VML, W14, WP, XML_SPACE, W

if TYPE_CHECKING:
    from lxml.etree import _Element

__all__ = ["RULES", "Rule", "check_package", "verify"]

_R: Final = "{http://schemas.openxmlformats.org/officeDocument/2006/relationships}"
_VAL: Final = W + "val"


@dataclass(frozen=True, slots=True)
class _Spot:
    """Where a rule is broken, and by what."""

    part: str
    what: str
    table: int | None = None
    row: int | None = None
    cell: int | None = None


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule: its id, what is broken in both languages, the reason, and the function that finds it."""

    id: str
    broken: Words
    reason: str
    find: Callable[[_Document], Iterable[_Spot]]

    def problem(self, spot: _Spot, file: str | None) -> Problem:
        colon = f": {spot.what}" if spot.what else ""
        place = DocumentPlace(file=file, part=spot.part, table=spot.table, row=spot.row, cell=spot.cell)
        detail = Words(self.broken.mn + colon, self.broken.en + colon)
        return Problem("PF510", place, {"rule": self.id, "detail": detail})


@dataclass(frozen=True, slots=True)
class _Row:
    element: _Element
    number: int
    before: int
    after: int
    cells: tuple[_Element, ...]


@dataclass(frozen=True, slots=True)
class _Table:
    part: str
    number: int
    element: _Element
    rows: tuple[_Row, ...]
    columns: int | None

    def spot(self, row: int | None = None, cell: int | None = None, what: str = "") -> _Spot:
        return _Spot(self.part, what, self.number, row, cell)


class _Document:
    """A package as the rules see it: trees of its parts, its stories and its tables."""

    def __init__(self, package: opc.Package) -> None:
        self.package = package
        self.roots: dict[str, _Element] = {}
        for name in package.parts:
            if name.lower().endswith((".xml", ".rels")):
                try:
                    self.roots[name] = package.parse(name)
                except DocumentError:
                    continue  # inspect has said so
        self.word = {name: root for name, root in self.roots.items() if str(root.tag).startswith(W)}
        tags = {W + tag for tag in ("document", "hdr", "ftr", "footnotes", "endnotes", "comments")}
        self.stories = {name: root for name, root in self.word.items() if root.tag in tags}

    def iter(self, *tags: str) -> Iterator[tuple[str, _Element]]:
        """The elements of these Word tags in all stories."""
        for name, root in self.stories.items():
            for element in root.iter(*(W + tag for tag in tags)):
                yield name, element

    def relationships(self) -> Iterator[tuple[str, opc.Relationship]]:
        """All relationships with the part they start from."""
        for name in self.roots:
            if name.endswith(".rels"):
                source = self.package.name_of(opc.source_of(name))
                for rel in self.relationships_of(source):
                    yield source, rel

    def relationships_of(self, source: str) -> tuple[opc.Relationship, ...]:
        """The relationships of a part; none if they cannot be read, which inspect has said."""
        sound = self.package.name_of(opc.rels_name(source)) in self.roots
        return self.package.relationships(source) if sound else ()

    def related(self, kind: str) -> _Element | None:
        """The root of the part that the main part relates to by this kind: `styles`, `numbering`."""
        try:
            names = self.package.related(kind)
        except (KeyError, DocumentError):
            return None
        return self.roots.get(names[0]) if names else None

    @cached_property
    def tables(self) -> tuple[_Table, ...]:
        return tuple(
            _table(name, number, element)
            for name, root in self.stories.items()
            for number, element in enumerate(root.iter(W + "tbl"), 1)
        )

    @cached_property
    def styles(self) -> dict[str, str]:
        """The type of each style by its id."""
        root = self.related("styles")
        found = () if root is None else root.iter(W + "style")
        return {s.get(W + "styleId") or "": s.get(W + "type") or "paragraph" for s in found}


def check_package(
    document: bytes | opc.Package, /, *, file: str | None = None, leftovers: bool = False
) -> tuple[Problem, ...]:
    """Every fault of a finished document or a template as a package: PF25x–PF27x, and PF510 for the rules below.

    `leftovers=True` also finds `{{` and `{%` in the text: for outputs whose data hold none.
    """
    try:
        package = document if isinstance(document, opc.Package) else opc.unpack(document, file=file)
    except DocumentError as fault:
        return fault.problems
    unsafe = inspection.inspect(package)
    if any(problem.code in ("PF265", "PF266", "PF268") for problem in unsafe) or _no_types(package):
        return unsafe
    view = _Document(package)
    rules = [rule for rule in RULES if leftovers or rule.id != "leftover-tag"]
    return unsafe + tuple(rule.problem(spot, file) for rule in rules for spot in rule.find(view))


def verify(document: bytes, baseline: Iterable[Problem], /, *, file: str | None = None) -> tuple[Problem, ...]:
    """The faults of a document that its template does not have: those of a rule that holds in that part of it.

    `baseline` is what `check_package` found in the template. Rows and ids differ between the two, so a rule that the
    template's part breaks anywhere is not asked of that part again.
    """
    known = set(map(_kind, baseline))
    return tuple(problem for problem in check_package(document, file=file) if _kind(problem) not in known)


def _kind(problem: Problem) -> tuple[object, ...]:
    part = problem.place.part if isinstance(problem.place, DocumentPlace) else None
    return problem.code, problem.args.get("rule"), part


def _no_types(package: opc.Package) -> bool:
    try:
        package.parse(opc.CONTENT_TYPES)
    except DocumentError:
        return True
    return False


# -- the table -------------------------------------------------------------------------------------------------

_Find: TypeAlias = Callable[[_Document], Iterable[_Spot]]
_rules: list[Rule] = []


def _rule(id_: str, mn: str, en: str) -> Callable[[_Find], _Find]:
    def enter(find: _Find) -> _Find:
        _rules.append(Rule(id_, Words(mn, en), " ".join((find.__doc__ or "").split()), find))
        return find

    return enter


# Package


_SEGMENT: Final = re.compile(r"([A-Za-z0-9._~!$&'()*+,;=:@-]|%[0-9A-Fa-f]{2})*[^./]")


@_rule("part-name", "хэсгийн нэр буруу", "the name of a part is not allowed")
def _part_name(doc: _Document) -> Iterator[_Spot]:
    """Word refuses the file: names are ASCII, no segment ends with a dot, none begins another (part 2, 6.2.2.2)."""
    names = {name.lower() for name in doc.package.parts}
    for name in doc.package.parts:
        if name != opc.CONTENT_TYPES:
            steps = name.split("/")
            outer = {"/".join(steps[:n]).lower() for n in range(1, len(steps))}
            if outer & names or not all(_SEGMENT.fullmatch(step) for step in steps):
                yield _Spot(name, "")


@_rule("type-once", "төрөл хоёр удаа заасан", "a content type is given twice")
def _type_once(doc: _Document) -> Iterator[_Spot]:
    """Word refuses the file."""
    elements = list(doc.roots[opc.CONTENT_TYPES].iterchildren("{*}Default", "{*}Override"))
    names = Counter((e.get("PartName") or "." + (e.get("Extension") or "")).lower() for e in elements)
    yield from (_Spot(opc.CONTENT_TYPES, name) for name, count in names.items() if count > 1)


@_rule("type-of-part", "байхгүй хэсгийн төрлийг заасан", "a content type is given for a part that is not there")
def _type_of_part(doc: _Document) -> Iterator[_Spot]:
    """A part was lost on the way."""
    names = {"/" + name.lower() for name in doc.package.parts}
    for element in doc.roots[opc.CONTENT_TYPES].iterchildren("{*}Override"):
        name = element.get("PartName") or ""
        if name.lower() not in names:
            yield _Spot(opc.CONTENT_TYPES, name)


_KINDS: Final = {
    "styles": ("styles", "styles"),
    "settings": ("settings", "settings"),
    "webSettings": ("websettings", "webSettings"),
    "fontTable": ("fonttable", "fonts"),
    "numbering": ("numbering", "numbering"),
    "header": ("header", "hdr"),
    "footer": ("footer", "ftr"),
    "footnotes": ("footnotes", "footnotes"),
    "endnotes": ("endnotes", "endnotes"),
    "comments": ("comments", "comments"),
    "officeDocument": ("document.main", "document"),
}


@_rule("type-fits", "хэсгийн төрөл холбоосынхоо төрөлтэй зөрсөн", "a part's content type does not fit its relationship")
def _type_fits(doc: _Document) -> Iterator[_Spot]:
    """Word refuses a footer that is typed as a header; the SDK does not look."""
    for _, rel in doc.relationships():
        if rel.kind in _KINDS and rel.part in doc.package.parts:
            kind = doc.package.content_type(str(rel.part)) or ""
            if not kind.endswith(f".{_KINDS[rel.kind][0]}+xml"):
                yield _Spot(str(rel.part), kind)


@_rule("root-fits", "хэсгийн үндсэн элемент буруу", "a part has the wrong root element")
def _root_fits(doc: _Document) -> Iterator[_Spot]:
    """Word refuses the file."""
    for _, rel in doc.relationships():
        root = doc.roots.get(rel.part or "")
        if rel.kind in _KINDS and root is not None and root.tag != W + _KINDS[rel.kind][1]:
            yield _Spot(str(rel.part), str(root.tag))


@_rule("one-main-part", "үндсэн хэсэг нэгээс олон", "there is more than one main part")
def _one_main_part(doc: _Document) -> Iterator[_Spot]:
    """Readers choose differently."""
    mains = [rel.target for source, rel in doc.relationships() if not source and rel.kind == "officeDocument"]
    if len(mains) > 1:
        yield _Spot("_rels/.rels", ", ".join(mains))


_ONCE: Final = {
    *("styles", "settings", "webSettings", "fontTable", "numbering", "footnotes", "endnotes", "comments", "theme"),
    *("core-properties", "extended-properties", "custom-properties"),
}


@_rule("part-once", "нэг л байх ёстой хэсэг давхардсан", "there are two parts of a kind that may be there once")
def _part_once(doc: _Document) -> Iterator[_Spot]:
    """Word refuses two sets of properties; of two styles parts readers take different ones."""
    kinds = Counter((source, rel.kind) for source, rel in doc.relationships() if rel.kind in _ONCE)
    yield from (_Spot(source or "_rels/.rels", kind) for (source, kind), count in kinds.items() if count > 1)


@_rule("relationship-complete", "холбоос дутуу эсвэл дугаар нь буруу", "a relationship is not complete")
def _relationship_complete(doc: _Document) -> Iterator[_Spot]:
    """Word refuses the file: type, target and an id that is a name are required (part 2, 6.5.3.4)."""
    for source, rel in doc.relationships():
        if not (rel.type and rel.target and re.fullmatch(r"[^\W\d][\w.-]*", rel.id)):
            yield _Spot(source or "_rels/.rels", rel.id)


@_rule("target-exists", "холбоосын зааж буй хэсэг алга", "a relationship points to a part that is not there")
def _target_exists(doc: _Document) -> Iterator[_Spot]:
    """Word refuses the file, or shows a red cross for a picture."""
    for source, rel in doc.relationships():
        if rel.part is not None and rel.part not in doc.package.parts:
            yield _Spot(source or "_rels/.rels", f"{rel.id} → {rel.target}")


@_rule("relationship-id-once", "холбоосын дугаар давхардсан", "a relationship id is used twice")
def _relationship_id_once(doc: _Document) -> Iterator[_Spot]:
    """Word refuses the file."""
    ids = Counter((source, rel.id) for source, rel in doc.relationships())
    yield from (_Spot(source or "_rels/.rels", id_) for (source, id_), count in ids.items() if count > 1)


@_rule(
    "relationships-of-part", "байхгүй хэсгийн холбоосууд байна", "there are relationships of a part that is not there"
)
def _relationships_of_part(doc: _Document) -> Iterator[_Spot]:
    """A part was lost on the way."""
    for name in doc.roots:
        source = opc.source_of(name)
        if name.endswith(".rels") and source and doc.package.name_of(source) not in doc.package.parts:
            yield _Spot(name, source)


_REFERENCES: Final = {
    W + "headerReference": "header",
    W + "footerReference": "footer",
    W + "hyperlink": "hyperlink",
    "{http://schemas.openxmlformats.org/drawingml/2006/main}blip": "image",
    "{http://schemas.openxmlformats.org/drawingml/2006/main}hlinkClick": "hyperlink",
    f"{VML}imagedata": "image",
}


@_rule(
    "reference-exists",
    "ашигласан холбоос алга эсвэл өөр төрлийнх байна",
    "a relationship that is used is missing or of another type",
)
def _reference_exists(doc: _Document) -> Iterator[_Spot]:
    """Word refuses the file."""
    for name, root in doc.roots.items():
        if name == opc.CONTENT_TYPES or name.endswith(".rels"):
            continue
        known = {rel.id: rel.kind for rel in doc.relationships_of(name)}
        for element in root.iter("*"):
            for key, value in element.attrib.items():
                id_ = str(value)
                if not str(key).startswith(_R) or not id_:
                    continue
                wanted = _REFERENCES.get(str(element.tag))
                if id_ not in known or (wanted and known[id_] != wanted):
                    yield _Spot(name, f"{_local(element)} {id_}")


_MAGIC: Final = {
    "image/png": (b"\x89PNG\r\n\x1a\n",),
    "image/jpeg": (b"\xff\xd8\xff",),
    "image/gif": (b"GIF87a", b"GIF89a"),
}


@_rule("picture-type", "зургийн төрөл агуулгатайгаа зөрсөн", "a picture is not of the type that it says")
def _picture_type(doc: _Document) -> Iterator[_Spot]:
    """Word shows a red cross."""
    for name, data in doc.package.parts.items():
        magic = _MAGIC.get((doc.package.content_type(name) or "").replace("jpg", "jpeg"))
        if magic and not data.startswith(magic):
            yield _Spot(name, "")


_CORE: Final = "{http://schemas.openxmlformats.org/package/2006/metadata/core-properties}"
_DATE: Final = re.compile(r"\d{4}(-\d\d(-\d\d(T\d\d:\d\d(:\d\d(\.\d+)?)?(Z|[+-]\d\d:\d\d))?)?)?")


@_rule("core-properties", "баримтын шинж чанар (core.xml) буруу", "the core properties are wrong")
def _core_properties(doc: _Document) -> Iterator[_Spot]:
    """Word refuses the file: each property at most once, dates as W3C writes them (part 2, 8.3)."""
    for name, root in doc.roots.items():
        if root.tag == _CORE + "coreProperties":
            counts = Counter(_local(child) for child in root.iterchildren("*"))
            yield from (_Spot(name, tag) for tag, count in counts.items() if count > 1)
            for date in root.iterchildren("{http://purl.org/dc/terms/}created", "{http://purl.org/dc/terms/}modified"):
                if not _DATE.fullmatch((date.text or "").strip()):
                    yield _Spot(name, f"{_local(date)} {date.text}")


@_rule("prefix-declared", "хэрэглэсэн угтвар (prefix) тодорхойлогдоогүй", "a prefix that is named is not declared")
def _prefix_declared(doc: _Document) -> Iterator[_Spot]:
    """Word refuses the file: mc:Ignorable and Requires name prefixes of namespaces (part 3, 7.2 and 7.6)."""
    for name, root in doc.roots.items():
        named = [(root, root.get(MC + "Ignorable") or "")]
        named += [(e, e.get("Requires") or "?") for e in root.iter(MC + "Choice")]
        for element, prefixes in named:
            yield from (_Spot(name, prefix) for prefix in prefixes.split() if prefix not in element.nsmap)


# Text


_TEXT: Final = {W + tag for tag in ("t", "delText", "instrText", "delInstrText", "fldData")}


@_rule("text-place", "бичвэр буруу газар байна", "there is text outside w:t")
def _text_place(doc: _Document) -> Iterator[_Spot]:
    """Word refuses the file; the SDK passes it."""
    for name, root in doc.word.items():
        for element in root.iter(W + "*"):
            inside = element.text if element.tag not in _TEXT else None
            for text in (inside, *(child.tail for child in element)):
                if text and text.strip():
                    yield _Spot(name, f"{_local(element)} «{text.strip()[:40]}»")


@_rule("text-is-plain", "бичвэр дотор элемент байна", "there is an element inside a text")
def _text_is_plain(doc: _Document) -> Iterator[_Spot]:
    """Word refuses the file: a break is beside w:t, not in it."""
    for name, root in doc.word.items():
        yield from (_Spot(name, _local(text[0])) for text in root.iter(*_TEXT) if len(text))


@_rule("space-kept", "эхний, эцсийн зай алдагдана (xml:space)", "spaces at the ends of a text are lost (xml:space)")
def _space_kept(doc: _Document) -> Iterator[_Spot]:
    """Word cuts them off in silence."""
    for name, element in doc.iter("t", "delText"):
        text = element.text or ""
        if text != text.strip(" \t\n\r") and _inherited_space(element) != "preserve":
            yield _Spot(name, f"«{text[:40]}»")


_NESTING: Final = {
    "p": {"p", "r", "t", "tbl", "tr", "pPr", "hyperlink"},
    "r": {"body", "tc", "tr", "tbl", "r", "hdr", "ftr", "t", "pPr"},
    "t": {"body", "p", "tc", "tr", "tbl", "hdr", "ftr", "t", "hyperlink"},
    "hyperlink": {"body", "tc", "tr", "tbl", "r", "t", "hyperlink"},
    "tbl": {"p", "r", "t", "tbl", "tr", "hyperlink"},
    "tr": {"body", "p", "r", "tc", "tr", "hdr", "ftr"},
    "tc": {"body", "p", "r", "tbl", "tc", "hdr", "ftr"},
}


@_rule("nesting", "элемент буруу элемент дотор байна", "an element stands in one where it may not")
def _nesting(doc: _Document) -> Iterator[_Spot]:
    """Word refuses the file."""
    for name, element in doc.iter(*_NESTING):
        parent = element.getparent()
        if parent is not None and str(parent.tag).startswith(W) and _local(parent)[2:] in _NESTING[_local(element)[2:]]:
            yield _Spot(name, f"{_local(element)} ← {_local(parent)}")


_FIRST: Final = {"p": ["pPr"], "r": ["rPr"], "tbl": ["tblPr", "tblGrid"], "tc": ["tcPr"], "tr": ["tblPrEx", "trPr"]}


@_rule("properties-first", "шинж чанар эхэндээ байх ёстой", "properties must come first, and once")
def _properties_first(doc: _Document) -> Iterator[_Spot]:
    """Word refuses the file."""
    marks = {W + tag for tag in ("bookmarkStart", "bookmarkEnd")}
    for name, element in doc.iter(*_FIRST):
        order = [W + tag for tag in _FIRST[_local(element)[2:]]]
        children = [c.tag for c in element if isinstance(c.tag, str) and c.tag not in marks]
        found = [tag for tag in children if tag in order]
        if found and (found != [tag for tag in order if tag in found] or children[: len(found)] != found):
            yield _Spot(name, _local(element))


# fmt: off
_ORDER: Final = {kind: {W + name: at for at, name in enumerate(names.split())} for kind, names in {
    "pPr": "pStyle keepNext keepLines pageBreakBefore framePr widowControl numPr suppressLineNumbers pBdr shd tabs "
        "suppressAutoHyphens kinsoku wordWrap overflowPunct topLinePunct autoSpaceDE autoSpaceDN bidi adjustRightInd "
        "snapToGrid spacing ind contextualSpacing mirrorIndents suppressOverlap jc textDirection textAlignment "
        "textboxTightWrap outlineLvl divId cnfStyle rPr sectPr pPrChange",
    "tblPr": "tblStyle tblpPr tblOverlap bidiVisual tblStyleRowBandSize tblStyleColBandSize tblW jc tblCellSpacing "
        "tblInd tblBorders shd tblLayout tblCellMar tblLook tblCaption tblDescription tblPrChange",
    "tcPr": "cnfStyle tcW gridSpan hMerge vMerge tcBorders shd noWrap tcMar textDirection tcFitText vAlign hideMark "
        "headers cellIns cellDel cellMerge tcPrChange",
    "sectPr": "footnotePr endnotePr type pgSz pgMar paperSrc pgBorders lnNumType pgNumType cols formProt vAlign "
        "noEndnote titlePg textDirection bidi rtlGutter docGrid printerSettings sectPrChange",
}.items()}
# fmt: on


@_rule("properties-order", "шинж чанарын дараалал буруу эсвэл давхардсан", "properties are out of order or given twice")
def _properties_order(doc: _Document) -> Iterator[_Spot]:
    """Word refuses some and passes over others: their order is fixed (17.3.1.26, 17.4.59, 17.4.69, 17.6.17)."""
    for name, element in doc.iter(*_ORDER):
        order = _ORDER[_local(element)[2:]]
        found = [order[tag] for child in element if (tag := str(child.tag)) in order]
        if any(left >= right for left, right in pairwise(found)):
            yield _Spot(name, _local(element))


@_rule("document-has-body", "баримтад бичвэр (w:body) алга", "the document has no body, or two")
def _document_has_body(doc: _Document) -> Iterator[_Spot]:
    """Word refuses the file."""
    for name, root in doc.word.items():
        if root.tag == W + "document" and sum(1 for _ in root.iterchildren(W + "body")) != 1:
            yield _Spot(name, "w:body")


@_rule("text-box-has-paragraph", "бичвэрийн хайрцагт догол мөр алга", "a text box does not end with a paragraph")
def _text_box_has_paragraph(doc: _Document) -> Iterator[_Spot]:
    """Word refuses the file."""
    for name, element in doc.iter("txbxContent"):
        last = next((c for c in element.iterchildren(reversed=True) if _is_block(c)), None)
        if last is None or last.tag == W + "tbl":
            yield _Spot(name, "w:txbxContent")


@_rule("story-has-paragraph", "хэсэгт догол мөр алга", "a header, footer, note or comment has no paragraph")
def _story_has_paragraph(doc: _Document) -> Iterator[_Spot]:
    """Word refuses the file."""
    for name, root in doc.stories.items():
        inside = [root] if root.tag in (W + "hdr", W + "ftr") else root.iterchildren(*(W + t for t in _NOTES))
        yield from (_Spot(name, _local(e)) for e in inside if next(e.iter(W + "p"), None) is None)


_NOTES: Final = ("footnote", "endnote", "comment")


@_rule("control-has-content", "агуулгын удирдлага хоосон байна", "a content control has no content")
def _control_has_content(doc: _Document) -> Iterator[_Spot]:
    """Word refuses one around rows or cells, and repairs the others."""
    for name, element in doc.iter("sdt"):
        content = element.find(W + "sdtContent")
        if content is None or not len(content):
            yield _Spot(name, "w:sdt")


@_rule(
    "section-last",
    "хуудасны тохиргоо (sectPr) төгсгөлд нэг удаа байх ёстой",
    "w:sectPr must be the last of the body, once",
)
def _section_last(doc: _Document) -> Iterator[_Spot]:
    """Word refuses the file."""
    for name, body in doc.iter("body"):
        sections = [c for c in body if c.tag == W + "sectPr"]
        if sections and (len(sections) > 1 or body[-1] is not sections[0]):
            yield _Spot(name, "")


@_rule(
    "section-references",
    "нэг хэсэгт ижил төрлийн толгой, хөл давхардсан",
    "a section has two headers or footers of one type",
)
def _section_references(doc: _Document) -> Iterator[_Spot]:
    """Word refuses the file."""
    for name, section in doc.iter("sectPr"):
        kinds = Counter(
            (_local(r), r.get(W + "type")) for r in section.iterchildren(W + "headerReference", W + "footerReference")
        )
        yield from (_Spot(name, f"{tag} {kind}") for (tag, kind), count in kinds.items() if count > 1)


@_rule("page-fits", "захын зай хуудаснаас их байна", "the margins leave nothing of the page")
def _page_fits(doc: _Document) -> Iterator[_Spot]:
    """Word cannot lay it out."""
    for name, section in doc.iter("sectPr"):
        size, margins = section.find(W + "pgSz"), section.find(W + "pgMar")
        if size is None or margins is None:
            continue
        for length, sides in (("w", ("left", "right")), ("h", ("top", "bottom"))):
            if _int(size, length, 0) <= sum(abs(_int(margins, side, 0)) for side in sides):
                yield _Spot(name, "/".join(sides))


# Tables


@_rule("cell-ends-with-paragraph", "нүд догол мөрөөр төгсөх ёстой", "a cell must end with a paragraph")
def _cell_ends_with_paragraph(doc: _Document) -> Iterator[_Spot]:
    """Word refuses the file; the SDK passes it."""
    for table, row, number, cell in _cells(doc):
        last: _Element | None = next((c for c in cell.iterchildren(reversed=True) if _is_block(c)), None)
        while last is not None and last.tag == W + "sdt":
            last = next((c for c in last.iterchildren(W + "sdtContent")), None)
            last = (
                next((c for c in last.iterchildren(reversed=True) if _is_block(c)), None) if last is not None else None
            )
        if last is None or last.tag != W + "p":
            yield table.spot(row.number, number)


@_rule("row-has-cells", "мөрөнд нүд алга", "a row has no cells")
def _row_has_cells(doc: _Document) -> Iterator[_Spot]:
    """Word refuses the file; the SDK passes it."""
    yield from (table.spot(row.number) for table in doc.tables for row in table.rows if not row.cells)


@_rule("table-has-rows", "хүснэгтэд мөр алга", "a table has no rows")
def _table_has_rows(doc: _Document) -> Iterator[_Spot]:
    """Word refuses the file."""
    yield from (table.spot() for table in doc.tables if not table.rows)


@_rule("table-has-grid", "хүснэгтэд баганын тодорхойлолт алга", "a table has no grid")
def _table_has_grid(doc: _Document) -> Iterator[_Spot]:
    """The standard requires it, and the widths are lost without it."""
    yield from (table.spot() for table in doc.tables if not table.columns)


@_rule(
    "row-fits-grid", "мөрийн багана хүснэгтийн баганатай тэнцэхгүй", "the columns of a row are not those of its table"
)
def _row_fits_grid(doc: _Document) -> Iterator[_Spot]:
    """Readers place the cells differently."""
    for table in doc.tables:
        for row in table.rows:
            width = row.before + sum(map(_span, row.cells)) + row.after
            if row.cells and table.columns and width != table.columns:
                yield table.spot(row.number, None, f"{width} ≠ {table.columns}")


@_rule("span-positive", "нийлүүлсэн баганын тоо 1-ээс бага", "a span is less than one column")
def _span_positive(doc: _Document) -> Iterator[_Spot]:
    """Word refuses the file; the SDK passes it."""
    for table, row, number, cell in _cells(doc):
        element = cell.find(f"{W}tcPr/{W}gridSpan")
        if element is not None and _int(element, "val", 0) < 1:
            yield table.spot(row.number, number)


@_rule("columns-limit", "хүснэгт 63-аас олон баганатай", "a table has more than 63 columns")
def _columns_limit(doc: _Document) -> Iterator[_Spot]:
    """Word refuses the file; the SDK passes it."""
    for table in doc.tables:
        most = max([table.columns or 0, *(len(row.cells) for row in table.rows)])
        if most > MAX_COLUMNS:
            yield table.spot(what=str(most))


@_rule("merge-has-start", "босоо нийлүүлсэн нүдний эхлэл алга", "a vertically merged cell has no start above it")
def _merge_has_start(doc: _Document) -> Iterator[_Spot]:
    """Word shows an empty cell, and what stands in it is lost."""
    for table in doc.tables:
        above: dict[int, int] = {}
        for row in table.rows:
            column = row.before
            here: dict[int, int] = {}
            for number, cell in enumerate(row.cells, 1):
                merge = cell.find(f"{W}tcPr/{W}vMerge")
                span = _span(cell)
                if merge is not None:
                    if merge.get(_VAL) != "restart" and above.get(column) != span:
                        yield table.spot(row.number, number)
                    here[column] = span
                column += span
            above = here


@_rule("header-rows-first", "толгой мөр тасалдсан эсвэл эхэнд биш байна", "header rows are not the first rows")
def _header_rows_first(doc: _Document) -> Iterator[_Spot]:
    """Word repeats only those that start the table without a gap."""
    for table in doc.tables:
        over = False
        for row in table.rows:
            mark = row.element.find(f"{W}trPr/{W}tblHeader")
            is_header = mark is not None and _on(mark)
            if is_header and over:
                yield table.spot(row.number)
            over = over or not is_header


# Ids, bookmarks, fields


@_rule("bookmark-id", "хавчуургын дугаар давхардсан эсвэл буруу", "a bookmark id is used twice or is no number")
def _bookmark_id(doc: _Document) -> Iterator[_Spot]:
    """Word drops one of them."""
    ids = Counter((name, e.get(W + "id") or "") for name, e in doc.iter("bookmarkStart") if not _is_fallback(e))
    yield from (_Spot(n, i) for (n, i), count in ids.items() if count > 1 or not re.fullmatch(r"-?\d+", i))


@_rule("bookmark-name", "хавчуургын нэр давхардсан эсвэл буруу", "a bookmark name is used twice or not allowed")
def _bookmark_name(doc: _Document) -> Iterator[_Spot]:
    """Word drops one of two; names have at most 40 letters, digits and _, and do not start with a digit."""
    names: Counter[str] = Counter()
    for part, element in doc.iter("bookmarkStart"):
        if _is_fallback(element):
            continue
        name = element.get(W + "name") or ""
        names[name.casefold()] += 1
        if names[name.casefold()] > 1 or not re.fullmatch(r"[^\W\d]\w{0,39}", name):
            yield _Spot(part, name)


@_rule("bookmark-pair", "хавчуургын эхлэл, төгсгөл таарахгүй", "the start and the end of a bookmark do not match")
def _bookmark_pair(doc: _Document) -> Iterator[_Spot]:
    """Word drops the bookmark."""
    for name, root in doc.stories.items():
        open_: set[str] = set()
        for element in root.iter(W + "bookmarkStart", W + "bookmarkEnd"):
            id_ = element.get(W + "id") or ""
            if element.tag == W + "bookmarkStart":
                open_.add(id_)
            elif id_ in open_:
                open_.remove(id_)
            else:
                yield _Spot(name, id_)
        yield from (_Spot(name, id_) for id_ in sorted(open_))


@_rule("drawing-id", "зургийн дугаар давхардсан эсвэл буруу", "a drawing id (docPr) is used twice or is no number")
def _drawing_id(doc: _Document) -> Iterator[_Spot]:
    """Word repairs the file."""
    found = [(name, e.get("id") or "") for name, root in doc.stories.items() for e in root.iter(WP + "docPr")]
    counts = Counter(id_ for _, id_ in found)
    yield from dict.fromkeys(
        _Spot(name, id_) for name, id_ in found if counts[id_] > 1 or not re.fullmatch(r"\d{1,10}", id_)
    )


@_rule(
    "paragraph-id",
    "догол мөрийн дугаар давхардсан эсвэл буруу",
    "a paragraph id (w14:paraId) is used twice or too large",
)
def _paragraph_id(doc: _Document) -> Iterator[_Spot]:
    """Word repairs the file; an id is eight hex digits below 80000000."""
    for name, root in doc.stories.items():
        found = [e for e in root.iter(W + "p", W + "tr") if e.get(W14 + "paraId") is not None]
        ids = Counter(e.get(W14 + "paraId") or "" for e in found if not _is_fallback(e))
        for id_, count in ids.items():
            if count > 1 or not re.fullmatch("[0-7][0-9A-Fa-f]{7}", id_):
                yield _Spot(name, id_)


@_rule("control-id", "агуулгын удирдлагын дугаар давхардсан", "a content control's id is used twice")
def _control_id(doc: _Document) -> Iterator[_Spot]:
    """Word gives one of them another, and what refers to it is lost."""
    found = [(name, _child_val(e, "id")) for name, e in doc.iter("sdtPr") if not _is_fallback(e)]
    counts = Counter(id_ for _, id_ in found)
    yield from dict.fromkeys(_Spot(name, id_) for name, id_ in found if id_ is not None and counts[id_] > 1)


@_rule("field-balanced", "талбарын эхлэл, төгсгөл таарахгүй", "the begin and the end of a field do not match")
def _field_balanced(doc: _Document) -> Iterator[_Spot]:
    """Word swallows the text up to the next end; the SDK passes it."""
    for name, root in doc.stories.items():
        separated: list[bool] = []
        for element in root.iter(W + "fldChar"):
            step = element.get(W + "fldCharType")
            if step == "begin":
                separated.append(False)
            elif not separated or (step == "separate" and separated[-1]):
                yield _Spot(name, str(step))
                break
            elif step == "separate":
                separated[-1] = True
            else:
                separated.pop()
        else:
            if separated:
                yield _Spot(name, "begin")


@_rule("note-exists", "зүүлт, тайлбар алга", "a note or comment that is referred to is missing")
def _note_exists(doc: _Document) -> Iterator[_Spot]:
    """Word refuses the file."""
    for kind in _NOTES:
        root = doc.related(kind + "s")
        known = set() if root is None else {e.get(W + "id") for e in root.iterchildren(W + kind)}
        for name, element in doc.iter(kind + "Reference"):
            if element.get(W + "id") not in known:
                yield _Spot(name, f"{kind} {element.get(W + 'id')}")
        for name, settings in doc.word.items():
            for element in settings.iterfind(f"{W}{kind}Pr/{W}{kind}"):
                if element.get(W + "id") not in known:
                    yield _Spot(name, f"{kind} {element.get(W + 'id')}")


@_rule("note-once", "зүүлт, тайлбарын дугаар давхардсан", "a note or comment id is used twice")
def _note_once(doc: _Document) -> Iterator[_Spot]:
    """Word refuses the file."""
    for name, root in doc.stories.items():
        ids = Counter((_local(e), e.get(W + "id")) for e in root.iterchildren(*(W + kind for kind in _NOTES)))
        yield from (_Spot(name, f"{tag} {id_}") for (tag, id_), count in ids.items() if count > 1)


# Styles and lists


_STYLE_OF: Final = {"pStyle": "paragraph", "rStyle": "character", "tblStyle": "table"}


@_rule("style-exists", "ашигласан загвар (style) алга", "a style that is used is missing or of another type")
def _style_exists(doc: _Document) -> Iterator[_Spot]:
    """Word falls back to Normal in silence."""
    for name, element in doc.iter(*_STYLE_OF):
        if doc.styles.get(element.get(_VAL) or "") != _STYLE_OF[_local(element)[2:]]:
            yield _Spot(name, f"{_local(element)} {element.get(_VAL)}")


@_rule(
    "style-chain", "загвар (style) байхгүй эсвэл өөр дээрээ суурилсан", "a style is based on a missing one or on itself"
)
def _style_chain(doc: _Document) -> Iterator[_Spot]:
    """Word repairs the file."""
    root = doc.related("styles")
    styles = [] if root is None else list(root.iterchildren(W + "style"))
    bases = {s.get(W + "styleId") or "": _child_val(s, "basedOn") for s in styles}
    for style in styles:
        id_ = style.get(W + "styleId") or ""
        missing = [v for tag in ("basedOn", "next", "link") if (v := _child_val(style, tag)) and v not in bases]
        seen = [id_]
        while (base := bases.get(seen[-1])) and base not in seen:
            seen.append(base)
        if missing or base:
            yield _Spot("word/styles.xml", f"{id_} → {missing[0] if missing else base}")


@_rule("style-once", "загвар (style) давхардсан", "a style id, or the default of a type, is given twice")
def _style_once(doc: _Document) -> Iterator[_Spot]:
    """Word repairs the file."""
    root = doc.related("styles")
    styles = [] if root is None else list(root.iterchildren(W + "style"))
    ids = Counter(s.get(W + "styleId") or "" for s in styles)
    defaults = Counter(s.get(W + "type") for s in styles if s.get(W + "default") in ("1", "true", "on"))
    yield from (_Spot("word/styles.xml", id_) for id_, count in ids.items() if count > 1)
    yield from (_Spot("word/styles.xml", f"default {kind}") for kind, count in defaults.items() if count > 1)


@_rule("list-exists", "ашигласан дугаарлалт алга", "a numbering that is used is missing")
def _list_exists(doc: _Document) -> Iterator[_Spot]:
    """Word prints no number in silence; numId 0 means none."""
    root = doc.related("numbering")
    numbers = {} if root is None else {n.get(W + "numId"): _child_val(n, "abstractNumId") for n in root.iter(W + "num")}
    abstract = set() if root is None else {a.get(W + "abstractNumId") for a in root.iter(W + "abstractNum")}
    for name, part in doc.word.items():
        for element in part.iter(W + "numId"):
            if element.get(_VAL) != "0" and element.get(_VAL) not in numbers:
                yield _Spot(name, f"numId {element.get(_VAL)}")
    yield from (_Spot("word/numbering.xml", f"numId {n}") for n, a in numbers.items() if a not in abstract)


@_rule("list-order", "дугаарлалтын дараалал буруу эсвэл давхардсан", "numberings are out of order or given twice")
def _list_order(doc: _Document) -> Iterator[_Spot]:
    """Word refuses the file: all w:abstractNum come before the first w:num (17.9.16), each id once."""
    root = doc.related("numbering")
    kinds = [] if root is None else [_local(e) for e in root.iterchildren(W + "abstractNum", W + "num")]
    if kinds != sorted(kinds):
        yield _Spot("word/numbering.xml", "w:abstractNum")
    for tag, attribute in (("abstractNum", "abstractNumId"), ("num", "numId")):
        ids = Counter(e.get(W + attribute) for e in (() if root is None else root.iterchildren(W + tag)))
        yield from (_Spot("word/numbering.xml", f"{attribute} {id_}") for id_, count in ids.items() if count > 1)


@_rule("list-level", "жагсаалтын түвшин 0-ээс 8 хүртэл байна", "a level of a list is not between 0 and 8")
def _list_level(doc: _Document) -> Iterator[_Spot]:
    """Word refuses the file: a list has nine levels (17.9.3)."""
    for name, root in doc.word.items():
        levels = [(e, e.get(_VAL)) for e in root.iter(W + "ilvl")]
        levels += [(e, e.get(W + "ilvl")) for e in root.iter(W + "lvl")]
        yield from (
            _Spot(name, f"{_local(e)} {value}") for e, value in levels if not re.fullmatch("[0-8]", value or "")
        )


# Values


# fmt: off
_SWITCHES: Final = tuple(W + tag for tag in (
    "b", "bCs", "i", "iCs", "caps", "smallCaps", "strike", "vanish", "noProof", "keepNext", "keepLines",
    "pageBreakBefore", "widowControl", "contextualSpacing", "cantSplit", "tblHeader", "titlePg",
))
# fmt: on


@_rule("switch-value", "асаах, унтраах утга буруу", "an on-off value is neither")
def _switch_value(doc: _Document) -> Iterator[_Spot]:
    """Word refuses the file."""
    for name, root in doc.word.items():
        for element in root.iter(*_SWITCHES):
            if element.get(_VAL, "1") not in ("0", "1", "true", "false", "on", "off"):
                yield _Spot(name, f"{_local(element)} {element.get(_VAL)}")


@_rule("number-value", "тоон утга буруу", "a number is not a whole one")
def _number_value(doc: _Document) -> Iterator[_Spot]:
    """Word refuses sz="10.5": it counts half points."""
    for name, root in doc.word.items():
        for element in root.iter(W + "sz", W + "szCs", W + "gridSpan", W + "gridBefore", W + "gridAfter"):
            if not re.fullmatch(r"\d+", element.get(_VAL) or ""):
                yield _Spot(name, f"{_local(element)} {element.get(_VAL)}")
        for element in root.iter(W + "pgSz", W + "pgMar", W + "gridCol"):
            for side in ("w", "h", "left", "right", "top", "bottom"):
                value = element.get(W + side)
                if value is not None and not _LENGTH.fullmatch(value):
                    yield _Spot(name, f"{_local(element)} {side} {value}")


_LENGTH: Final = re.compile(r"-?\d+|-?\d+(\.\d+)?(mm|cm|in|pt|pc|pi)")


_CHOICES: Final = {
    "jc": "left right center both start end distribute mediumKashida highKashida lowKashida numTab thaiDistribute",
    "vMerge": "restart continue",
    "vAlign": "top center bottom both",
}


@_rule("choice-value", "утга нь зөвшөөрөгдсөн утгын аль нь ч биш", "a value is none of those allowed")
def _choice_value(doc: _Document) -> Iterator[_Spot]:
    """Word refuses the file."""
    for name, root in doc.word.items():
        for element in root.iter(*(W + tag for tag in _CHOICES)):
            value = element.get(_VAL)
            if value is not None and value not in _CHOICES[_local(element)[2:]].split():
                yield _Spot(name, f"{_local(element)} {value}")


@_rule("color-value", "өнгө буруу", "a colour is not six hex digits")
def _color_value(doc: _Document) -> Iterator[_Spot]:
    """Word refuses the file (17.18.38)."""
    for name, root in doc.word.items():
        colours = [(e, e.get(_VAL)) for e in root.iter(W + "color")]
        colours += [(e, e.get(W + side)) for e in root.iter(W + "shd") for side in ("color", "fill")]
        for element, value in colours:
            if value is not None and not re.fullmatch("auto|[0-9A-Fa-f]{6}", value):
                yield _Spot(name, f"{_local(element)} {value}")


@_rule("zoom-percent", "дэлгэцийн томруулалтын хувь алга", "w:zoom has no percent")
def _zoom_percent(doc: _Document) -> Iterator[_Spot]:
    """The standard requires it; python-docx's own base document lacks it."""
    for name, root in doc.word.items():
        yield from (_Spot(name, "") for zoom in root.iterchildren(W + "zoom") if zoom.get(W + "percent") is None)


@_rule("drawing-size", "зургийн хэмжээ буруу", "a drawing has no size")
def _drawing_size(doc: _Document) -> Iterator[_Spot]:
    """Word refuses a negative size and shows nothing for 0."""
    for name, root in doc.stories.items():
        for extent in root.iter(WP + "extent"):
            if not all(re.fullmatch("0*[1-9][0-9]*", extent.get(side) or "") for side in ("cx", "cy")):
                yield _Spot(name, f"{extent.get('cx')} × {extent.get('cy')}")


@_rule("leftover-tag", "загварын тэмдэглэгээ үлдсэн байна", "a template tag was left in the text")
def _leftover_tag(doc: _Document) -> Iterator[_Spot]:
    """An officer would print it. Only on demand: data may hold such text."""
    for name, element in doc.iter("p"):
        text = "".join(t.text or "" for t in element.iter(W + "t"))
        if mark := re.search(r"\{\{|\{%|\{#", text):
            yield _Spot(name, f"«{text[mark.start() : mark.start() + 40]}»")


RULES: Final = tuple(_rules)
"""All rules, in the order in which they report."""


# -- what the rules share --------------------------------------------------------------------------------------

_WRAPPERS: Final = tuple(W + t for t in ("sdt", "sdtContent", "customXml", "ins", "del", "moveFrom", "moveTo"))


def _table(part: str, number: int, element: _Element) -> _Table:
    rows = []
    for index, row in enumerate(_inner(element, W + "tr"), 1):
        before, after = (_grid_gap(row, tag) for tag in ("gridBefore", "gridAfter"))
        rows.append(_Row(row, index, before, after, tuple(_inner(row, W + "tc"))))
    grid = element.find(W + "tblGrid")
    columns = None if grid is None else sum(1 for _ in grid.iterchildren(W + "gridCol"))
    return _Table(part, number, element, tuple(rows), columns)


def _inner(element: _Element, tag: str) -> Iterator[_Element]:
    """The children of a tag, those inside content controls and tracked changes too."""
    for child in element.iterchildren(tag, *_WRAPPERS):
        if child.tag == tag:
            yield child
        else:
            yield from _inner(child, tag)


def _cells(doc: _Document) -> Iterator[tuple[_Table, _Row, int, _Element]]:
    for table in doc.tables:
        for row in table.rows:
            for number, cell in enumerate(row.cells, 1):
                yield table, row, number, cell


def _is_fallback(element: _Element) -> bool:
    """Whether only older readers see it: it says again, ids and all, what others read beside it."""
    return next(element.iterancestors(FALLBACK), None) is not None


def _is_block(element: _Element) -> bool:
    return element.tag in (W + "p", W + "tbl", W + "sdt")


def _grid_gap(row: _Element, tag: str) -> int:
    element = row.find(f"{W}trPr/{W}{tag}")
    return 0 if element is None else _int(element, "val", 0)


def _span(cell: _Element) -> int:
    element = cell.find(f"{W}tcPr/{W}gridSpan")
    return 1 if element is None else _int(element, "val", 1)


def _int(element: _Element, attribute: str, otherwise: int) -> int:
    value = element.get(W + attribute) or ""
    return int(value) if re.fullmatch(r"-?\d{1,9}", value) else otherwise


def _on(element: _Element) -> bool:
    return element.get(_VAL, "1") in ("1", "true", "on")


def _child_val(element: _Element, tag: str) -> str | None:
    child = element.find(W + tag)
    return None if child is None else child.get(_VAL)


def _inherited_space(element: _Element) -> str | None:
    at: _Element | None = element
    while at is not None:
        if (value := at.get(XML_SPACE)) is not None:
            return value
        at = at.getparent()
    return None


def _local(element: _Element) -> str:
    """`w:tbl`; the bare name outside the Word namespace."""
    tag = str(element.tag)
    return "w:" + tag[len(W) :] if tag.startswith(W) else tag.rpartition("}")[2]
