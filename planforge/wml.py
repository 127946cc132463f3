"""Walking a WordprocessingML document: names, texts, tables with merged cells, and an outline as text.

Only the structure that templates and tests need; WordprocessingML is ECMA-376 part 1, clause 17.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from planforge.errors import DocumentPlace

if TYPE_CHECKING:
    from lxml.etree import _Element

__all__ = [
    "ENDS",
    "FALLBACK",
    "MAX_COLUMNS",
    "MC",
    "NAMESPACE",
    "VML",
    "W14",
    "WP",
    "XML_SPACE",
    "Cell",
    "Row",
    "W",
    "blocks",
    "int_of",
    "is_on",
    "names",
    "outline",
    "owned",
    "places",
    "properties_of",
    "rows",
    "table_numbers",
    "table_rows",
    "text_of",
    "w",
]

NAMESPACE = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"
# Namespaces as they stand before a name.
W = f"{{{NAMESPACE}}}"
W14 = "{http://schemas.microsoft.com/office/word/2010/wordml}"
WP = "{http://schemas.openxmlformats.org/drawingml/2006/wordprocessingDrawing}"
VML = "{urn:schemas-microsoft-com:vml}"
MC = "{http://schemas.openxmlformats.org/markup-compatibility/2006}"
FALLBACK = f"{MC}Fallback"
"""The same content again, for older programs."""
_ALTERNATIVES = f"{MC}AlternateContent"
XML_SPACE = "{http://www.w3.org/XML/1998/namespace}space"

MAX_COLUMNS = 63
"""Of a table: what Word takes; the standard names no limit."""


def w(name: str) -> str:
    """`p` → the qualified name of `w:p`."""
    return W + name


def names(words: str) -> tuple[str, ...]:
    """`p tbl` → the qualified names of `w:p` and `w:tbl`."""
    return tuple(map(w, words.split()))


_P, _T, _TBL, _TR, _TC = names("p t tbl tr tc")
_RANGES = """bookmark commentRange customXmlDelRange customXmlInsRange customXmlMoveFromRange customXmlMoveToRange
moveFromRange moveToRange perm"""
ENDS = {w(f"{name}End"): w(f"{name}Start") for name in _RANGES.split()}
"""The end of what may cross other elements (EG_RangeMarkupElements, and permissions) and its start, which have the same
id (17.13.2)."""
_NOTES = frozenset(names("footnote endnote comment"))
_BREAKS = {w("br"): "\n", w("cr"): "\n", w("tab"): "\t", w("noBreakHyphen"): "\u2011"}


def text_of(paragraph: _Element) -> str:
    """The text of a paragraph: breaks as newlines, tabs as tabs, paragraphs inside it (text boxes) left out."""
    out: list[str] = []
    _collect(paragraph, out)
    return "".join(out)


def _collect(element: _Element, out: list[str]) -> None:
    for child in element:
        if child.tag == _T:
            out.append(child.text or "")
        elif child.tag in _BREAKS and element.tag == w("r"):
            out.append(_BREAKS[child.tag])
        elif child.tag not in (_P, w("pPr"), w("rPr")):
            _collect(child, out)


def blocks(container: _Element) -> Iterator[_Element]:
    """The paragraphs and tables of a body, cell, header or footer in order, content controls opened."""
    for child in container:
        if child.tag in (_P, _TBL):
            yield child
        elif child.tag in (w("sdt"), w("sdtContent")):
            yield from blocks(child)


@dataclass(frozen=True, slots=True)
class Cell:
    """A cell: its first grid column (from 0), its span, `None` or restart/continue for a merge down, its element."""

    column: int
    span: int
    merge: str | None
    element: _Element

    @property
    def text(self) -> str:
        """Paragraphs joined by newlines; a nested table's text after them."""
        return "\n".join(text_of(b) for b in blocks(self.element) if b.tag == _P)


@dataclass(frozen=True, slots=True)
class Row:
    """A row: its cells, whether it repeats on every page, its element."""

    cells: tuple[Cell, ...]
    header: bool
    element: _Element


def _value(parent: _Element | None, name: str, default: str) -> str:
    found = parent.find(w(name)) if parent is not None else None
    return default if found is None else found.get(w("val"), "continue" if name == "vMerge" else default)


def owned(holder: _Element, *tags: object) -> list[_Element]:
    """What stands in a table, row or cell, and not in another one inside it; tags as `iter` takes them."""
    return [e for e in holder.iter(*tags) if next(e.iterancestors(holder.tag)) is holder]


def table_numbers(root: _Element) -> dict[_Element, int]:
    """The number of each table of a part, from 1 in document order; what is there again, for older programs, has the
    numbers of what it stands for."""
    numbers: dict[_Element, int] = {}
    count = 0
    before: dict[_Element | None, int] = {}
    for element in root.iter(_TBL, _ALTERNATIVES, FALLBACK):
        if element.tag == _TBL:
            count += 1
            numbers[element] = count
        elif element.tag == _ALTERNATIVES:
            before[element] = count
        else:
            count = before.get(element.getparent(), count)
    return numbers


def places(root: _Element, part: DocumentPlace) -> dict[_Element, DocumentPlace]:
    """The place of each paragraph of a part; one in a text box is where the paragraph is that the box hangs from."""
    found: dict[_Element, DocumentPlace] = {}
    numbers = table_numbers(root)
    notes = 0

    def walk(parent: _Element, place: DocumentPlace, count: list[int]) -> None:
        nonlocal notes
        for child in parent:
            if child.tag == _P:
                count[0] += 1
                here = replace(place, paragraph=count[0])
                found.update((paragraph, here) for paragraph in child.iter(_P))
            elif child.tag == _TBL:
                for row_number, row in enumerate(owned(child, _TR), 1):
                    for cell_number, cell in enumerate(owned(row, _TC), 1):
                        walk(cell, replace(place, table=numbers[child], row=row_number, cell=cell_number), [0])
            elif child.tag in _NOTES:
                notes += child.get(w("type"), "normal") == "normal"
                walk(child, replace(place, note=notes or None), [0])
            elif isinstance(child.tag, str):
                walk(child, place, count)

    walk(root, part, [0])
    return found


def is_on(parent: _Element | None, name: str) -> bool:
    """Whether a switch among properties is on (17.17.4)."""
    found = parent.find(w(name)) if parent is not None else None
    return found is not None and found.get(w("val"), "true") not in ("0", "false", "off")


def int_of(parent: _Element, properties: str, name: str, default: int) -> int:
    """A number among the properties of a row or cell (`gridBefore`, `gridSpan`); the default where it is none."""
    value = _value(parent.find(w(properties)), name, "")
    return int(value) if re.fullmatch("[0-9]{1,6}", value) else default


def properties_of(element: _Element, name: str) -> _Element:
    """The properties of a paragraph or cell (`pPr`, `tcPr`); empty ones at its beginning if it has none."""
    found = element.find(w(name))
    if found is None:
        found = element.makeelement(w(name))
        element.insert(0, found)
    return found


def rows(table: _Element) -> Iterator[Row]:
    """The rows of a table, its own and not those of tables inside."""
    for element in table.iterchildren(_TR, w("sdt")):
        for row in [element] if element.tag == _TR else element.iterfind(f"{w('sdtContent')}/{_TR}"):
            properties = row.find(w("trPr"))
            column = int_of(row, "trPr", "gridBefore", 0)
            cells = []
            for cell in owned(row, _TC):
                span = int_of(cell, "tcPr", "gridSpan", 1)
                merge = _value(cell.find(w("tcPr")), "vMerge", "") or None
                cells.append(Cell(column, span, merge, cell))
                column += span
            header = properties is not None and properties.find(w("tblHeader")) is not None
            yield Row(tuple(cells), header, row)


def table_rows(table: _Element) -> list[list[str]]:
    """The texts of a table's cells row by row; a cell merged into the one above repeats its text."""
    out: list[list[str]] = []
    above: dict[int, str] = {}
    for row in rows(table):
        texts = []
        for cell in row.cells:
            text = above.get(cell.column, "") if cell.merge == "continue" else cell.text
            above[cell.column] = text
            texts.append(text)
        out.append(texts)
    return out


def outline(container: _Element) -> str:
    """A body as text that a person can read: a line a paragraph, `| a | b |` a row.

    `»n` after a cell's text: it spans n columns; `^`: it is merged into the cell above; `=` before a row: it repeats on
    every page. Paragraphs in a cell are joined by ` ¶ `, breaks are `⏎`, tabs `⇥`.
    """
    lines: list[str] = []
    for block in blocks(container):
        if block.tag == _P:
            lines.append(_flat(text_of(block)))
            continue
        for row in rows(block):
            cells = []
            for cell in row.cells:
                if cell.merge == "continue":
                    shown = "^"
                else:
                    shown = " ¶ ".join(
                        _flat(text_of(b)) if b.tag == _P else f"[{outline(cell.element)}]" for b in blocks(cell.element)
                    )
                cells.append(shown + (f" »{cell.span}" if cell.span > 1 else ""))
            lines.append(f"{'=' if row.header else ''}| {' | '.join(cells)} |")
    return "\n".join(lines)


def _flat(text: str) -> str:
    return text.replace("\n", "⏎").replace("\t", "⇥")
