"""Paragraphs and tables as a Word file: what `layout` writes its forms with, over our own base document.

Nothing here knows layouts or data: texts (with their tags, one run each) go into named styles, page and fonts into the
section and the styles. The members of the archive are stored, not deflated, so the bytes are the same on every machine.

Lengths are millimetres at the surface and twips (1/20 pt, 1440 to the inch) below.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from io import BytesIO
from itertools import zip_longest
from typing import Literal, TypeAlias, cast

from docx import Document
from docx.document import Document as Package
from docx.opc.oxml import serialize_part_xml
from docx.oxml import OxmlElement
from docx.oxml.ns import qn
from docx.oxml.text.paragraph import CT_P
from docx.oxml.xmlchemy import BaseOxmlElement

from planforge import archive, opc, templates

__all__ = ["PAPERS", "Align", "Block", "Cell", "Grid", "Margins", "Merge", "Page", "Paragraph", "Row", "twips", "write"]

Align: TypeAlias = Literal["left", "center", "right"]
Merge: TypeAlias = Literal["top", "under"]

PAPERS: dict[str, tuple[int, int]] = {"A3": (297, 420), "A4": (210, 297), "A5": (148, 210)}
"""Width and height in millimetres, upright (ISO 216)."""


@dataclass(frozen=True, slots=True)
class Margins:
    """In millimetres; the defaults are those of official documents (domain.md 2.2)."""

    left: Decimal = Decimal(30)
    right: Decimal = Decimal(15)
    top: Decimal = Decimal(20)
    bottom: Decimal = Decimal(20)


@dataclass(frozen=True, slots=True)
class Page:
    """Paper, margins in millimetres, font, sizes in points, and the page whose number is the first one printed."""

    orientation: Literal["portrait", "landscape"] = "portrait"
    paper: str = "A4"
    margins: Margins = Margins()
    font: str = "Arial"
    size: Decimal = Decimal(12)
    table_size: Decimal = Decimal(10)
    page_numbers_from: int = 2

    @property
    def paper_mm(self) -> tuple[int, int]:
        """Width and height as the page lies."""
        width, height = PAPERS[self.paper]
        return (height, width) if self.orientation == "landscape" else (width, height)

    @property
    def text_width_mm(self) -> Decimal:
        return self.paper_mm[0] - self.margins.left - self.margins.right

    @property
    def text_width(self) -> int:
        """In twips, as the margins round."""
        return twips(self.paper_mm[0]) - twips(self.margins.left) - twips(self.margins.right)


def twips(mm: Decimal | int, /) -> int:
    """Millimetres as whole twips: 30 → 1701, 15 → 850."""
    return round(Decimal(mm) * 14400 / 254)


@dataclass(frozen=True, slots=True)
class Paragraph:
    """One paragraph in a named style; a tab in its text is a tab stop. `depth` moves a list point to the right."""

    text: str
    style: str
    align: Align | None = None
    depth: int = 0


@dataclass(frozen=True, slots=True)
class Cell:
    """A cell over `span` columns; `merge` joins it with the cells below (`top`) or the one above (`under`)."""

    paragraphs: tuple[Paragraph, ...]
    span: int = 1
    merge: Merge | None = None
    middle: bool = False


@dataclass(frozen=True, slots=True)
class Row:
    """`header` rows repeat on every page; `whole` rows are not split between pages."""

    cells: tuple[Cell, ...]
    header: bool = False
    whole: bool = False


@dataclass(frozen=True, slots=True)
class Grid:
    """A table with fixed column widths in twips; without borders it only places texts side by side."""

    widths: tuple[int, ...]
    rows: tuple[Row, ...]
    borders: bool = True


Block: TypeAlias = Paragraph | Grid


def write(page: Page, blocks: Iterable[Block], /) -> bytes:
    """The blocks as a DOCX on that page."""
    parts = templates.base()
    document = Document(BytesIO(opc.write(archive.store(name, data) for name, data in parts.items())))
    _set_page(document, page)
    _set_styles(document, page)
    body = document.element.body
    for element in _elements(list(blocks)):
        body.insert_element_before(element, "w:sectPr")
    parts["word/document.xml"] = serialize_part_xml(document.element)
    parts["word/styles.xml"] = serialize_part_xml(document.styles.element)
    return opc.write(archive.store(name, data) for name, data in parts.items())


def _elements(blocks: Sequence[Block]) -> Iterator[BaseOxmlElement]:
    for block, after in zip_longest(blocks, blocks[1:]):
        if isinstance(block, Paragraph):
            yield _paragraph(block)
        else:
            yield _table(block)
            # Two tables without a paragraph between them become one, and a body does not end with a table; a
            # paragraph with a tag may vanish or repeat, so it does not count.
            if not isinstance(after, Paragraph) or after.text.startswith("{%"):
                yield _hairline()


def _element(tag: str, *children: BaseOxmlElement, **attributes: object) -> BaseOxmlElement:
    """`_element("tcW", w=5, type="dxa")` → `<w:tcW w:w="5" w:type="dxa"/>`."""
    values = {qn(f"w:{name}"): str(value) for name, value in attributes.items()}
    element = cast(BaseOxmlElement, OxmlElement(f"w:{tag}", values))
    element.extend(children)
    return element


def _paragraph(source: Paragraph) -> BaseOxmlElement:
    paragraph = cast(CT_P, OxmlElement("w:p"))
    paragraph.style = source.style
    properties = paragraph.get_or_add_pPr()
    if source.depth:
        properties.append(_element("ind", left=142 + 284 * source.depth, hanging=142))
    if source.align:
        properties.append(_element("jc", val=source.align))
    if source.text:
        paragraph.add_r().text = source.text
    return paragraph


def _hairline() -> BaseOxmlElement:
    """An empty paragraph one point high."""
    spacing = _element("spacing", before=0, after=0, line=20, lineRule="exact")
    small = _element("rPr", _element("sz", val=2), _element("szCs", val=2))
    return _element("p", _element("pPr", _element("pStyle", val="Normal"), spacing, small))


def _table(grid: Grid) -> BaseOxmlElement:
    properties = _element(
        "tblPr",
        _element("tblStyle", val="PlanTable" if grid.borders else "TableNormal"),
        _element("tblW", w=sum(grid.widths), type="dxa"),
        _element("tblLayout", type="fixed"),
    )
    if not grid.borders:  # a cell is then no box, and its text has the whole width
        sides = ("top", "left", "bottom", "right")
        properties.append(_element("tblCellMar", *(_element(side, w=0, type="dxa") for side in sides)))
    columns = _element("tblGrid", *(_element("gridCol", w=width) for width in grid.widths))
    return _element("tbl", properties, columns, *(_row(row, grid.widths) for row in grid.rows))


def _row(row: Row, widths: Sequence[int]) -> BaseOxmlElement:
    element = _element("tr")
    if row.header or row.whole:
        marks = [_element("cantSplit")]
        if row.header:
            marks.append(_element("tblHeader"))
        element.append(_element("trPr", *marks))
    at = 0
    for cell in row.cells:
        element.append(_cell(cell, sum(widths[at : at + cell.span])))
        at += cell.span
    return element


def _cell(cell: Cell, width: int) -> BaseOxmlElement:
    properties = _element("tcPr", _element("tcW", w=width, type="dxa"))
    if cell.span > 1:
        properties.append(_element("gridSpan", val=cell.span))
    if cell.merge:
        properties.append(_element("vMerge", val="restart" if cell.merge == "top" else "continue"))
    if cell.middle:
        properties.append(_element("vAlign", val="center"))
    return _element("tc", properties, *map(_paragraph, cell.paragraphs))


def _set_page(document: Package, page: Page) -> None:
    """Size and margins; the base document is A4 upright with numbers from page 2."""
    section = document.element.body.sectPr
    size, margins = section.find(qn("w:pgSz")), section.find(qn("w:pgMar"))
    width, height = page.paper_mm
    size.set(qn("w:w"), str(twips(width)))
    size.set(qn("w:h"), str(twips(height)))
    if page.orientation == "landscape":
        size.set(qn("w:orient"), "landscape")
    for side in ("left", "right", "top", "bottom"):
        margins.set(qn(f"w:{side}"), str(twips(getattr(page.margins, side))))
    if page.page_numbers_from == 1:
        section.remove(section.find(qn("w:titlePg")))


def _set_styles(document: Package, page: Page) -> None:
    """Font and sizes; tab stops and the indent of the approval block follow the width of the text."""
    styles = document.styles.element
    fonts = styles.find(f"{qn('w:docDefaults')}//{qn('w:rFonts')}")
    for script in ("ascii", "hAnsi", "eastAsia", "cs"):
        fonts.set(qn(f"w:{script}"), page.font)
    _set_size(styles.find(qn("w:docDefaults")), page.size)
    by_id = {style.get(qn("w:styleId")): style for style in styles.findall(qn("w:style"))}
    _set_size(by_id["TableText"], page.table_size)
    _set_size(by_id["TableNumber"], page.table_size - 1)
    for style in by_id.values():
        for tab in style.iter(qn("w:tab")):
            edge = page.text_width if tab.get(qn("w:val")) == "right" else page.text_width // 2
            tab.set(qn("w:pos"), str(edge))
    by_id["Approval"].find(f".//{qn('w:ind')}").set(qn("w:left"), str(page.text_width // 2))


def _set_size(element: BaseOxmlElement, points: Decimal) -> None:
    for name in ("w:sz", "w:szCs"):
        for size in element.iter(qn(name)):
            size.set(qn("w:val"), str(round(points * 2)))
