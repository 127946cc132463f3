"""What WordprocessingML demands of what may come out empty: one table of repairs, each made where it may be needed.

A template's loops and conditions leave out paragraphs, cells and rows. Whether something may end up without what Word
wants in it is proven over the marks of the tree (`MarkedTree.endings`); where it may, operations are put around it that
the program runs. Where the proof says that it cannot, the program holds no code for it.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from lxml import etree

from planforge.tags import Located, index_of, mark
from planforge.text import as_attribute
from planforge.wml import int_of, w

__all__ = ["DEDENT", "INDENT", "REPAIRS", "MarkedTree", "Repair", "empty_paragraph", "put_property"]

INDENT, DEDENT = "+", "-"
"""Lines of an operation that open and close a Python block."""

_TBL, _TR, _TC, _P, _SDT, _CONTENT = (w(n) for n in ("tbl", "tr", "tc", "p", "sdt", "sdtContent"))
_GRID, _GRID_COLUMN, _TCPR, _TRPR, _VMERGE = (w(n) for n in ("tblGrid", "gridCol", "tcPr", "trPr", "vMerge"))
_STORIES = tuple(w(n) for n in ("hdr", "ftr", "footnote", "endnote", "comment", "txbxContent"))
_WRAPPERS = (_SDT, w("customXml"))
_PI = etree.ProcessingInstruction
_GAPS = tuple(w(n) for n in ("gridBefore", "gridAfter", "wBefore", "wAfter"))
# fmt: off
_CELL_PROPERTIES = tuple(w(n) for n in (
    "cnfStyle", "tcW", "gridSpan", "hMerge", "vMerge", "tcBorders", "shd", "noWrap", "tcMar", "textDirection",
    "tcFitText", "vAlign", "hideMark",
))
# fmt: on
"""The order of a cell's properties (17.4.70)."""


class MarkedTree:
    """A part's XML tree with marks in it: the tags that were found, and the operations that the compiler adds."""

    def __init__(self, root: etree._Element, found: list[Located]) -> None:
        self.root = root
        self.found = found
        self.operations: dict[int, list[str]] = {}
        self.flags: dict[etree._Element, str] = {}
        """What may vanish with all it holds, and the variable that says whether it holds anything."""
        self.merges: dict[etree._Element, str] = {}
        """Tables with cells merged down, and the variable that holds what the row above merges: slot → key."""
        self.slots: dict[etree._Element, str] = {}
        """Their cells, and the place of each in its row (column, span), which cells merged with it share."""
        self.grids: dict[etree._Element, str] = {}
        """Tables whose columns follow the data, and the variable of their `Grid`."""
        self.parts: dict[etree._Element, int] = {}
        """Their cells, and the part of its row that each belongs to: itself, or the block around it."""
        self._endings: dict[etree._Element, frozenset[str | None]] = {}

    # -- marks

    def keyword(self, index: int | None) -> str:
        """The first word of a statement; nothing for an output or an operation of the compiler's own."""
        if index is None or index >= len(self.found) or self.found[index].tag.open != "{%":
            return ""
        return (self.found[index].tag.body.split(None, 1) or [""])[0]

    def level(self, index: int | None) -> str:
        """What a tag takes the place of; nothing for what is no tag."""
        return self.found[index].level if index is not None and index < len(self.found) else ""

    def operation(self, *lines: str) -> etree._ProcessingInstruction:
        """The mark of an operation of the compiler's own."""
        index = len(self.found) + len(self.operations)
        while index in self.operations:
            index += 1
        self.operations[index] = list(lines)
        return mark(index)

    def after(self, element: etree._Element, *lines: str) -> None:
        """Puts an operation after an element, in front of the text that follows it."""
        tail, element.tail = element.tail, None
        operation = self.operation(*lines)
        operation.tail = tail
        element.addnext(operation)

    def own(self, table: etree._Element, *tags: object) -> list[etree._Element]:
        """What stands in a table and not in one inside it."""
        return [e for e in table.iter(*tags) if next(e.iterancestors(_TBL)) is table]

    # -- the proof

    def endings(self, parent: etree._Element) -> frozenset[str | None]:
        """What may be written last of the blocks, rows, cells or runs in an element: their names; None for nothing.

        A block of tags writes one of its branches, or, without an `else`, perhaps none.
        """
        if parent not in self._endings:
            self._endings[parent] = self._endings_of(parent)
        return self._endings[parent]

    def _endings_of(self, parent: etree._Element) -> frozenset[str | None]:
        nothing: frozenset[str | None] = frozenset((None,))
        last = nothing
        open_: list[tuple[frozenset[str | None], frozenset[str | None], bool]] = []
        """The blocks around a child: what came before each, how its earlier branches may end, whether one is `else`."""
        for child in parent:
            index = index_of(child)
            word = self.keyword(index)
            if index is None:
                found = self._written(child, parent)
                last = found - {None} | last if None in found else found
            elif self.level(index) == "paragraph output":
                last = nothing  # what a value prints is not known
            elif word in ("for", "if"):
                open_.append((last, frozenset(), False))
                last = nothing
            elif word in ("else", "elif") and open_:
                before, branches, _ = open_.pop()
                open_.append((before, branches | last, word == "else"))
                last = nothing
            elif word in ("endfor", "endif") and open_:
                before, branches, is_complete = open_.pop()
                found = branches | last | (frozenset() if is_complete else nothing)
                last = found - {None} | before if None in found else found
        return last

    def _written(self, child: etree._Element, parent: etree._Element) -> frozenset[str | None]:
        """What one child may write, as far as it counts."""
        around = _around(parent)
        if child.tag in _WRAPPERS and (child.tag != _SDT or around in (_TBL, _TR)):
            return self.endings(_content(child))
        counts = {_TBL: (_TR,), _TR: (_TC,), _P: (child.tag,)}.get(around, (_P, _TBL, _SDT))
        if child.tag not in counts or not isinstance(child.tag, str):
            return frozenset((None,))
        name = _P if child.tag == _SDT else child.tag  # a content control is filled
        vanishes = (child.tag in (_TBL, _TR) and self.may_lack(child, None)) or (
            child.tag == _TC and any(self.keyword(index_of(m)) == "hm" for m in child.iter(_PI))
        )
        return frozenset((name, None)) if vanishes else frozenset((name,))

    def may_lack(self, parent: etree._Element, *unwanted: str | None) -> bool:
        """Whether tags may make an element end with what it must not end with."""
        return not self.endings(parent).isdisjoint(unwanted) and next(parent.iter(_PI), None) is not None

    # -- the repairs

    def mend(self, element: etree._Element) -> None:
        """Puts the repairs that an element may need into it and around it; parents before what they hold."""
        for repair in _REPAIRS_OF.get(str(element.tag), ()):
            if repair.needed(self, element):
                repair.make(self, element)
        holders = self.holders(element) if element.tag in (_TR, _TC) and element not in self.flags else ""
        if holders and element.tag == _TR:
            element.addprevious(self.operation(f"{holders}True"))
        elif holders:
            element.insert(0, self.operation(f"{holders}True"))  # inside: `hm` may leave the cell out

    def holders(self, element: etree._Element) -> str:
        """The variables of what vanishes unless this row or cell is written, ready to be assigned."""
        upmost = _TBL if element.tag == _TR else _TR
        found = []
        for holder in element.iterancestors():
            if holder in self.flags:
                found.append(f"{self.flags[holder]} = ")
            if holder.tag == upmost:
                break
        return "".join(found)

    def vanish(self, element: etree._Element) -> None:
        """Takes back what was written of a table, row or content control that holds nothing."""
        number = len(self.operations)
        flag = self.flags[element] = f"r_{number}"
        holders = self.holders(element) if element.tag == _TR else ""
        kept = ["else:", INDENT, f"{holders}True", DEDENT] if holders else []
        element.addprevious(self.operation(f"a_{number} = len(out)", f"{flag} = False"))
        self.after(element, f"if not {flag}:", INDENT, f"del out[a_{number}:]", DEDENT, *kept)

    def end_with_paragraph(self, element: etree._Element) -> None:
        own = element.find(_TCPR)
        start = 0 if own is None else element.index(own) + 1
        self._check_end(element, start, "not ends_with_paragraph(out, {})", empty_paragraph(element.find(_P)))

    def fill_control(self, control: etree._Element) -> None:
        content = _content(control)
        around = _around(content)
        if around == _P:
            self._check_end(content, 0, "len(out) == {}", "<w:r/>")
        else:
            test = "not ends_with_paragraph(out, {})" if around else "len(out) == {}"
            self._check_end(content, 0, test, empty_paragraph(content.find(_P)))

    def _check_end(self, element: etree._Element, start: int, test: str, filling: str) -> None:
        """Writes a filling at the end of an element if a test of where its content begins says so."""
        name = f"c_{len(self.operations)}"
        element.insert(start, self.operation(f"{name} = len(out)"))
        element.append(self.operation(f"if {test.format(name)}:", INDENT, f"w({filling!r})", DEDENT))

    def needs_control(self, control: etree._Element) -> bool:
        content = _content(control)
        around = _around(content)
        if content is control or around in (_TBL, _TR):
            return False
        return self.may_lack(content, None, *([_TBL] if around and around != _P else []))

    def control_vanishes(self, control: etree._Element) -> bool:
        content = _content(control)
        return content is not control and _around(content) in (_TBL, _TR) and self.may_lack(content, None)

    # -- merged cells and grids

    def needs_merges(self, table: etree._Element) -> bool:
        marks = [index_of(m) for m in self.own(table, _PI)]
        if self.needs_grid(table):
            return False
        return any(self.keyword(i) == "vm" for i in marks) or (
            any(self.level(i) == "row" for i in marks) and bool(self.own(table, _VMERGE))
        )

    def follow_merges(self, table: etree._Element) -> None:
        """Follows what each row merges, so that a merge begins anew below a row that does not merge there."""
        name = self.merges[table] = f"m_{len(self.operations)}"
        table.addprevious(self.operation(f"{name} = {{}}"))
        for row in self.own(table, _TR):
            row.addprevious(self.operation(f"{name}n = {{}}"))
            self.after(row, f"{name} = {name}n")
            column = int_of(row, "trPr", "gridBefore", 0)
            for cell in _cells(row):
                span = int_of(cell, "tcPr", "gridSpan", 1)
                self.slots[cell] = f"({column}, {span})"
                column += span
                self._follow_merge(cell, name)

    def _follow_merge(self, cell: etree._Element, name: str) -> None:
        """A merge that the template itself holds, unless the cell says another one."""
        merge = cell.find(f"{_TCPR}/{_VMERGE}")
        own = (m for m in cell.iter(_PI) if next(m.iterancestors(_TC)) is cell)
        if merge is None or any(self.keyword(index_of(m)) == "vm" for m in own):
            return
        slot = self.slots[cell]
        lines = [f"{name}n[{slot}] = ..."]
        if merge.get(w("val")) == "restart":
            merge.addprevious(self.operation(*lines))
        else:
            lines.append(f"""w('<w:vMerge/>' if {slot} in {name} else '<w:vMerge w:val="restart"/>')""")
            merge.getparent().replace(merge, self.operation(*lines))  # type: ignore[union-attr]

    def needs_grid(self, table: etree._Element) -> bool:
        marks = [index_of(m) for m in self.own(table, _PI)]
        return any(self.level(i) == "cell" or self.keyword(i) in ("hm", "colspan") for i in marks)

    def follow_grid(self, table: etree._Element) -> None:
        """Tells a `Grid` of the table and its rows; the compiler tells it of the cells."""
        name = self.grids[table] = f"g_{len(self.operations)}"
        marks = [i for m in self.own(table, _PI) if (i := index_of(m)) is not None]
        tag = next(i for i in marks if self.level(i) == "cell" or self.keyword(i) in ("hm", "colspan"))
        grid = table.find(_GRID)
        if grid is None:
            grid = etree.Element(_GRID)
            table.insert(1 if table.find(w("tblPr")) is not None else 0, grid)
        columns = grid.findall(_GRID_COLUMN)
        widths = tuple(_twips(column) for column in columns)
        for column in columns:
            grid.remove(column)
        grid.insert(0, self.operation(f"{name} = Grid(out, {widths!r})"))
        for row in self.own(table, _TR):
            self._follow_row(row, name, widths)
        table.append(self.operation(f"R.columns({name}.close(), {tag})"))

    def _follow_row(self, row: etree._Element, name: str, widths: tuple[int, ...]) -> None:
        """The parts of a row are its cells; a block of cells with its two tags is one part, whose width they share."""
        before, after = (int_of(row, "trPr", n, 0) for n in ("gridBefore", "gridAfter"))
        parts: list[tuple[int, ...]] = []
        cells: list[etree._Element] = []
        depth = 0
        column = before
        for element in row.iter(_TC, _PI):
            index = index_of(element)
            if next(element.iterancestors(_TR)) is not row or (index is not None and self.level(index) != "cell"):
                continue
            word = self.keyword(index)
            span = int_of(element, "tcPr", "gridSpan", 1) if index is None else 1
            own = widths[column : column + span]
            column += span
            if depth:
                parts[-1] = (parts[-1][0] + sum(own),)
            elif word in ("for", "if"):
                parts.append((sum(own),))
            elif index is None:
                parts.append(own)
            depth += (word in ("for", "if")) - (word in ("endfor", "endif"))
            if index is None:
                self.parts[element] = len(parts) - 1
                cells.append(element)
        if column + after != len(widths):  # the cells of tags were wider than one column: who knows which
            parts = [(sum(widths),)]
            self.parts.update(dict.fromkeys(cells, 0))
        own_properties = row.find(_TRPR)
        if own_properties is not None:
            for gap in own_properties.findall("*"):
                if gap.tag in _GAPS:
                    own_properties.remove(gap)
            if not len(own_properties):
                row.remove(own_properties)
                own_properties = None
        told = self.operation(f"{name}.row({before}, {after}, {tuple(parts)!r}, {own_properties is None})")
        if own_properties is not None:
            own_properties.insert(0, told)
        else:
            row.insert(1 if row.find(w("tblPrEx")) is not None else 0, told)


# --- the table -----------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Repair:
    """What must not come out empty, why, what the proof asks, and what is emitted where it finds that it may."""

    name: str
    reason: str
    tags: tuple[str, ...]
    needed: Callable[[MarkedTree, etree._Element], bool]
    make: Callable[[MarkedTree, etree._Element], None]


REPAIRS: Final = (
    Repair(
        "cell",
        "a cell ends with a paragraph (17.4.66): Word refuses the file",
        (_TC,),
        lambda tree, cell: tree.may_lack(cell, None, _TBL),
        MarkedTree.end_with_paragraph,
    ),
    Repair(
        "story",
        "a header, footer, note, comment or text box holds a paragraph, the last after a table (17.10.4, 17.11.10)",
        _STORIES,
        lambda tree, story: tree.may_lack(story, None, _TBL),
        MarkedTree.end_with_paragraph,
    ),
    Repair(
        "control",
        "a content control holds content: a paragraph, or a run inside a paragraph (17.5.2.34, 17.5.2.36)",
        (_SDT,),
        MarkedTree.needs_control,
        MarkedTree.fill_control,
    ),
    Repair(
        "table",
        "a table has rows (17.4.38): Word refuses the file",
        (_TBL,),
        lambda tree, table: tree.may_lack(table, None),
        MarkedTree.vanish,
    ),
    Repair(
        "row",
        "a row has cells (17.4.79): Word refuses the file",
        (_TR,),
        lambda tree, row: tree.may_lack(row, None),
        MarkedTree.vanish,
    ),
    Repair(
        "control of rows or cells",
        "a content control among rows or cells holds one (17.5.2.33, 17.5.2.35): Word refuses the file",
        (_SDT,),
        MarkedTree.control_vanishes,
        MarkedTree.vanish,
    ),
    Repair(
        "grid",
        "a table's grid has the columns of its rows, 63 at most in Word (17.4.49)",
        (_TBL,),
        MarkedTree.needs_grid,
        MarkedTree.follow_grid,
    ),
    Repair(
        "merge",
        "a cell is merged with one above it that is there (17.4.85): else what it holds is hidden",
        (_TBL,),
        MarkedTree.needs_merges,
        MarkedTree.follow_merges,
    ),
)
_REPAIRS_OF: Final = {
    tag: [repair for repair in REPAIRS if tag in repair.tags] for tag in {tag for r in REPAIRS for tag in r.tags}
}


# --- what the repairs share ----------------------------------------------------------------------------------------


def _around(element: etree._Element) -> str:
    """What an element is or stands in: a table, row, cell, paragraph or story; nothing in the body."""
    holders = (_TBL, _TR, _TC, _P, *_STORIES)
    return next((str(a.tag) for a in (element, *element.iterancestors(*holders)) if a.tag in holders), "")


def _content(control: etree._Element) -> etree._Element:
    """Where the content of a content control stands; the element itself if it is none."""
    found = control.find(_CONTENT)
    return control if found is None else found


def _cells(row: etree._Element) -> list[etree._Element]:
    return [cell for cell in row.iter(_TC) if next(cell.iterancestors(_TR)) is row]


def _twips(column: etree._Element) -> int:
    """The width of a grid column, in twentieths of a point; 0 where it is not given in these."""
    found = column.get(w("w"), "")
    return int(found) if re.fullmatch("[0-9]{1,6}", found) else 0


def put_property(own: etree._Element, name: str, element: etree._Element) -> None:
    """Puts an element among the properties of a cell in its place, instead of the ones of its name."""
    for old in own.findall(w(name)):
        own.remove(old)
    before = _CELL_PROPERTIES[: _CELL_PROPERTIES.index(w(name))]
    is_later = (isinstance(child.tag, str) and child.tag not in before for child in own)
    own.insert(next((at for at, later in enumerate(is_later) if later), len(own)), element)


def empty_paragraph(like: etree._Element | None) -> str:
    """An empty paragraph in the style of another one, as text."""
    style = like.find(f"{w('pPr')}/{w('pStyle')}") if like is not None else None
    if style is None:
        return "<w:p/>"
    return f'<w:p><w:pPr><w:pStyle w:val="{as_attribute(style.get(w("val"), ""))}"/></w:pPr></w:p>'
