"""A table of a layout: header, then rows between the loops of its levels, then footer rows."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal

from planforge import model, view
from planforge.layout_docx import Align, Grid, Merge, Paragraph, Row, twips
from planforge.layout_docx import Cell as GridCell
from planforge.layout_grammar import (
    Block,
    Cell,
    Column,
    Each,
    If,
    Line,
    Path,
    Points,
    Table,
    is_text,
    level_words,
    near_words,
)
from planforge.layout_lines import Lines, tag_row
from planforge.layout_presence import merge_key, presence
from planforge.layout_text import Here, literal, operand

__all__ = ["TableBuilder"]

_LEAST_WIDTH_MM = 5
_STYLE_OF: dict[Align | None, tuple[str, Align | None]] = {
    None: ("TableText", None),
    "left": ("TableText", None),
    "center": ("TableCenter", None),
    "right": ("TableText", "right"),
}


def _deepest(levels: Iterable[str]) -> str | None:
    return max(levels, key=view.LEVELS.index, default=None)


def _is_deeper(level: str | None, other: str | None) -> bool:
    """Whether a level lies inside another; no level lies outside all."""
    depths = [-1 if x is None else view.LEVELS.index(x) for x in (level, other)]
    return depths[0] > depths[1]


@dataclass(frozen=True, slots=True)
class _Leaf:
    """A column's cell with the names that its expressions use."""

    cell: Cell
    names: frozenset[str]

    def levels(self, here: Here) -> set[str]:
        """The levels that the expressions name, some of them by the variable of a block around the table."""
        return {here.levels.get(name, name) for name in self.names} & set(view.LEVELS)

    def level(self, here: Here) -> str | None:
        """“A cell belongs to the deepest level its expressions name.”"""
        return _deepest(self.levels(here))


class TableBuilder:
    """Writes one table."""

    def __init__(self, texts: Lines, table: Table, here: Here) -> None:
        self.texts = texts
        self.table = table
        self.here = here
        self.columns = len(table.leaves)
        self.leaves = [_Leaf(c.cell, self.cell_names(c.cell)) for c in table.leaves]
        self.by_criterion = "criterion" in table.rows and table.each is None
        self.rows_of: tuple[str, ...] = ()
        self.final: str | None = None

    def grid(self) -> Grid:
        header = self.header()
        body = self.list_rows() if self.table.each else self.tree_rows() if self.table.rows else []
        return Grid(self.widths(), (*header, *body, *self.footer()))

    # -- columns

    def widths(self) -> tuple[int, ...]:
        """In twips; “*” shares what the page leaves."""
        page, given = self.texts.layout.page, self.table.widths
        if len(given) != self.columns:
            given = (None,) * self.columns
        stars = given.count(None)
        fixed = sum((w for w in given if w is not None), Decimal(0))
        if fixed + stars * _LEAST_WIDTH_MM > page.text_width_mm + Decimal("0.5"):
            at = (*self.table.at, "widths" if self.table.widths else "columns")
            room = format(page.text_width_mm.normalize(), "f")
            needed = format((fixed + stars * _LEAST_WIDTH_MM).normalize(), "f")
            self.texts.fault("PF288", at, key=True, width=needed, room=room)
            return (1,) * self.columns
        left = page.text_width - sum(twips(w) for w in given if w is not None)
        shared = left // stars if stars else 0
        widths = [twips(w) if w is not None else shared for w in given]
        if stars:
            widths[len(given) - 1 - given[::-1].index(None)] += left - shared * stars
        elif abs(left) < twips(1):
            widths[-1] += left
        return tuple(widths)

    def header(self) -> list[Row]:
        """“Nested columns make header groups of any depth. Shallower titles merge down. No titles, no header.”"""
        depth = max((_titles(c) for c in self.table.columns), default=0)
        rows: list[list[GridCell]] = [[] for _ in range(depth)]
        if depth:
            for column in self.table.columns:
                self.head(column, rows, 0)
        if self.table.number_row:
            rows.append([GridCell((Paragraph(str(n), "TableNumber"),)) for n in range(1, self.columns + 1)])
        return [Row(tuple(cells), header=True) for cells in rows]

    def head(self, column: Column, rows: list[list[GridCell]], top: int) -> None:
        """The title of a column or group from row `top` down. “The group's title covers” bare cells."""
        depth = len(rows)
        title = self.texts.text(column.title or "", self.here, column.at, key=True).text
        span = len(column.leaves)
        inner = any(_titles(c) for c in column.columns)
        bottom = top + 1 if inner else depth
        for row in range(top, bottom):
            merge: Merge | None = None if bottom - top == 1 else "top" if row == top else "under"
            shown = title if row == top else ""
            rows[row].append(GridCell((Paragraph(shown, "TableHeader"),), span, merge, middle=True))
        if inner:
            for child in column.columns:
                self.head(child, rows, bottom)

    # -- rows over the tree

    def tree_rows(self) -> list[Row]:
        """“`sections`: levels printed as one row over all columns. `rows`: levels that get rows of their own.”"""
        table, here = self.table, self.here
        outer = _deepest(here.levels.values())
        named = {level for leaf in self.leaves if (level := leaf.level(here))} | self.all_levels()
        rows = tuple(level for level in table.rows if level != "criterion")
        if self.by_criterion and not rows:
            # “`rows: criterion` alone = the criteria of the innermost level named.”
            innermost = _deepest((named | set(table.sections) | set(here.levels.values())) - {"criterion"})
            rows = (innermost or "measure",)
        self.rows_of = rows
        self.final = "criterion" if self.by_criterion else _deepest(rows)
        if "criterion" in table.sections:
            self.texts.fault("PF299", (*table.at, "sections"), what="sections: criterion")
        for leaf in self.leaves:
            level = leaf.level(here)
            if level and level not in here.levels.values() and _is_deeper(level, self.final):
                rows_words = ", ".join(table.rows)
                self.texts.fault("PF295", leaf.cell.at, level=level_words(level), rows=rows_words, name=level)
        loops = set(table.sections) | set(rows)
        loops |= {level for level in named if _is_deeper(level, outer) and not _is_deeper(level, self.final)}
        loops -= {"criterion", *here.levels.values()}
        for level in sorted(loops, key=view.LEVELS.index):
            if _is_deeper(outer, level):
                outside = level_words(outer or "")
                self.texts.fault("PF298", self.place_of(level), key=True, level=level_words(level), outer=outside)
        ordered = [level for level in view.LEVELS if level in loops]
        return [*self.outer_rows(), *self.level_rows(ordered, here)]

    def all_levels(self) -> set[str]:
        """Every level that a cell names, not only the deepest one of each cell."""
        names = {name for leaf in self.leaves for name in leaf.names}
        return (names - set(self.here.levels)) & set(view.LEVELS)

    def outer_rows(self) -> list[Row]:
        """Rows of nodes that blocks around the table have bound: `rows: criterion` under `each: measure in …`."""
        rows = []
        for level in sorted(set(self.here.levels.values()), key=view.LEVELS.index):
            if level in self.table.sections:
                rows.append(self.section_row(level, self.here))
            if level in self.rows_of:
                rows += self.node_rows(level, self.here)
        return rows

    def level_rows(self, levels: Sequence[str], here: Here) -> list[Row]:
        """The loop over a level with its rows, and inside it the loops over deeper levels."""
        if not levels:
            return []
        level, deeper = levels[0], levels[1:]
        above = _deepest(here.levels.values())
        path = f"{here.name_of(above) if above else 'plan'}.all_{model.LEVELS[level][1]}"
        inner = here.in_loop(level, self.texts.items(path, here, self.place_of(level), key=True))
        rows = [tag_row(f"for {level} in {path}", self.columns)]
        if level in self.table.sections:
            rows.append(self.section_row(level, inner))
        if level in self.rows_of:
            rows += self.node_rows(level, inner)
        rows += self.rows_below(level, deeper, inner)
        return [*rows, tag_row("endfor", self.columns)]

    def rows_below(self, level: str, deeper: Sequence[str], here: Here) -> list[Row]:
        """What a node's loop holds: the loops over deeper levels, and what stands in for them where it has none.

        A branch of the tree that lacks the next level is stepped over like a level that the form does not name: its
        deeper nodes print, with empty cells for the level that is not there. “Levels in neither list print one row with
        empty cells if they have no children.”
        """
        if not deeper:
            return []
        instead: list[Row] = []
        if len(deeper) > 1 and self.can_lack(deeper[0]):
            instead = self.rows_below(level, deeper[1:], here)
        elif level not in self.table.sections and level not in self.rows_of:
            instead = [self.row(level, here, childless=True)]
        rows = self.level_rows(deeper, here)
        if not instead:
            return rows
        condition = f"if not {level}.all_{model.LEVELS[deeper[0]][1]}"
        return [*rows, tag_row(condition, self.columns), *instead, tag_row("endif", self.columns)]

    def can_lack(self, level: str) -> bool:
        """Whether no cell prints a node of the level together with deeper ones, which would vanish with it."""
        found = (leaf.levels(self.here) for leaf in self.leaves)
        return not any(level in levels and _is_deeper(_deepest(levels), level) for levels in found)

    def place_of(self, level: str) -> Path:
        for name, levels in (("sections", self.table.sections), ("rows", self.table.rows)):
            if level in levels:
                return (*self.table.at, name)
        return self.table.at

    def section_row(self, level: str, here: Here) -> Row:
        text = self.texts.printed(here.name_of(level), here, self.place_of(level)).text
        return Row((GridCell((Paragraph(text, "TableSection"),), self.columns),), whole=True)

    def node_rows(self, level: str, here: Here) -> list[Row]:
        """The row of a node; “with `criterion` among them a node has one row per criterion, at least one”."""
        if not self.by_criterion:
            return [self.row(level, here)]
        path = f"{here.name_of(level)}.criteria | at_least_one"
        inner = here.in_loop("criterion", self.texts.items(path, here, (*self.table.at, "rows"), key=True))
        loop = tag_row(f"for criterion in {path}", self.columns)
        return [loop, self.row(level, inner, by_criterion=True), tag_row("endfor", self.columns)]

    def list_rows(self) -> list[Row]:
        """One row for every item of `each`."""
        each = self.table.each
        assert each is not None
        items = self.here.canonical(each.items)
        inner = self.here.in_loop(each.name, self.texts.items(items, self.here, each.at))
        cells = tuple(self.list_cell(leaf, each.name, inner) for leaf in self.leaves)
        return [
            tag_row(f"for {each.name} in {items}", self.columns),
            Row(cells),
            tag_row("endfor", self.columns),
        ]

    # -- cells

    def row(self, node: str, here: Here, *, by_criterion: bool = False, childless: bool = False) -> Row:
        """A row of a node of the level `node`, one of several if it has one `by_criterion`.

        A `childless` node has no row of its own: it stands in for those of its children, so `item` is nothing there.
        """
        cells = []
        for leaf in self.leaves:
            levels = leaf.levels(here)
            too_deep = any(_is_deeper(x, node) and not (by_criterion and x == "criterion") for x in levels)
            lacking = not levels <= set(here.levels.values())
            empty = too_deep or lacking or (childless and "item" in leaf.names)
            cells.append(_EMPTY if empty else self.tree_cell(leaf, node, here, by_criterion))
        return Row(tuple(cells))

    def tree_cell(self, leaf: _Leaf, node: str, here: Here, by_criterion: bool) -> GridCell:
        """“A cell shallower than its row merges over the rows of that node: `{% vm node.key %}`.”"""
        level = leaf.level(here)
        # “`item` in a cell means the node whose row it is.”
        there = replace(here, renamed={**here.renamed, "item": here.name_of(node)})
        shallower = _is_deeper(self.final, level)
        if "item" in leaf.names and not _is_deeper(level, node):
            level, shallower = node, by_criterion
        key = ""
        if leaf.cell.merge == "node" and level and shallower:
            key = f"{here.name_of(level)}.key"
        elif leaf.cell.merge == "equal":
            parent = _deepest(x for x in here.levels.values() if _is_deeper(level or node, x))
            key = self.equal_key(leaf.cell, there, f"{here.name_of(parent)}.key" if parent else "")
        return self.filled(leaf.cell, there, key)

    def list_cell(self, leaf: _Leaf, name: str, here: Here) -> GridCell:
        there = replace(here, renamed={**here.renamed, "item": name})
        outside = leaf.names & set(self.here.levels)
        key = ""
        if leaf.cell.merge == "equal":
            key = self.equal_key(leaf.cell, there, "")
        elif leaf.cell.merge == "node" and outside and not leaf.names & {name, "item"}:
            level = _deepest(self.here.levels[n] for n in outside)
            key = f"{here.name_of(level)}.key" if level else ""
        return self.filled(leaf.cell, there, key)

    def equal_key(self, cell: Cell, here: Here, parent: str) -> str:
        """“`merge: equal` merges equal values under the same parent.”"""
        value = cell.value or ""
        if not is_text(value):
            if self.texts.unknown_words(value, here) is not None:
                return ""
            value = f"{{{{ {value} }}}}"
        found = merge_key(self.texts.text(value, here, cell.at).pieces)
        if found is None:
            self.texts.fault("PF242", cell.at, what="merge: equal")
            return ""
        return " ~ ".join([*([parent, literal("=")] if parent else []), found])

    def filled(self, cell: Cell, here: Here, key: str) -> GridCell:
        """The paragraphs of a cell, the merge tag first of all."""
        found = self.paragraphs(cell, here)
        merge = f"{{% vm {key} %}}" if key else ""
        if merge and found[0].text.startswith("{%p"):
            found.insert(0, Paragraph(merge, found[0].style))
        elif merge:
            found[0] = replace(found[0], text=merge + found[0].text)
        return GridCell(tuple(found))

    def paragraphs(self, cell: Cell, here: Here) -> list[Paragraph]:
        style, align = _STYLE_OF[cell.align]
        if cell.points:
            return self.texts.points(cell.points, here) or [Paragraph("", style)]
        if cell.lines:
            lines = self.texts.body(cell.lines, here, style)
            return [p for p in lines if isinstance(p, Paragraph)]
        return [Paragraph(self.value(cell, here), style, align)]

    def value(self, cell: Cell, here: Here) -> str:
        """“A string without tags is an expression, with tags a text. An absent value prints the cell's `empty`.”"""
        if cell.value is None:
            return ""
        if not is_text(cell.value):
            near = self.texts.unknown_words(cell.value, here)
            if near is not None:
                self.texts.fault("PF241", cell.at, found=cell.value, words=_as_line(cell.value), near=near_words(near))
                return ""
            printed = self.texts.printed(cell.value, here, cell.at)
            if cell.empty is None or not printed.test:
                return printed.text
            return f"{{{{ {operand(printed.source)} | default({literal(cell.empty)}) }}}}"
        text = self.texts.text(cell.value, here, cell.at)
        if cell.empty is None:
            return text.text
        there = presence(text.pieces)
        if there is None:
            self.texts.fault("PF242", cell.at, what="empty")
        if not isinstance(there, str):
            return cell.empty if there is False else text.text
        self.texts.condition(there, here, cell.at)
        return f"{{% if {there} %}}{text.text}{{% else %}}{cell.empty}{{% endif %}}"

    def cell_names(self, cell: Cell) -> frozenset[str]:
        """The names in a cell; “variables bound inside the cell do not count”."""
        names: frozenset[str] = frozenset()
        if cell.value is not None:
            read_names = self.texts.text_names if is_text(cell.value) else self.texts.names
            names = read_names(cell.value, self.here)
        if cell.points:
            names |= self.texts.names(cell.points.items, self.here)
        return names | self.line_names(cell.lines)

    def line_names(self, lines: Iterable[Block | Line | Points]) -> frozenset[str]:
        names: frozenset[str] = frozenset()
        for line in lines:
            if isinstance(line, Line):
                names |= self.texts.text_names(line.text, self.here)
            elif isinstance(line, Points):
                names |= self.texts.names(line.items, self.here)
            elif isinstance(line, If):
                names |= self.texts.names(line.test, self.here) | self.line_names(line.body)
            elif isinstance(line, Each):
                names |= self.texts.names(line.items, self.here) | (self.line_names(line.body) - {line.name})
        return names

    # -- footer

    def footer(self) -> list[Row]:
        return [
            self.footer_path(given, (*self.table.at, "footer", at))
            if isinstance(given, str)
            else self.footer_cells(given, (*self.table.at, "footer", at))
            for at, given in enumerate(self.table.footer)
        ]

    def footer_path(self, source: str, at: Path) -> Row:
        """“A path prints the columns once more with that object as the loop variable.”"""
        each = self.table.each
        if each is None:
            self.texts.fault("PF297", at, found=source, columns=self.columns)
            return Row((_EMPTY,) * self.columns)
        path = operand(self.here.canonical(source))
        there = replace(self.here, renamed={**self.here.renamed, each.name: path, "item": path})
        return Row(tuple(self.filled(replace(leaf.cell, at=at), there, "") for leaf in self.leaves))

    def footer_cells(self, texts: Sequence[str], at: Path) -> Row:
        """“A list gives the cells, `→` joins left.”"""
        if len(texts) != self.columns or texts[0].strip() == "→":
            self.texts.fault("PF297", at, found=", ".join(texts), columns=self.columns)
            return Row((_EMPTY,) * self.columns)
        cells: list[GridCell] = []
        for index, value in enumerate(texts):
            if value.strip() == "→":
                cells[-1] = replace(cells[-1], span=cells[-1].span + 1)
            else:
                text = self.texts.text(value, self.here, (*at, index)).text
                cells.append(GridCell((Paragraph(text, "TableText"),)))
        return Row(tuple(cells))


def _as_line(words: str) -> str:
    """Words as YAML takes them in a list on one line."""
    return words if re.fullmatch(r"\w[\w .-]*", words) else literal(words)


_EMPTY = GridCell((Paragraph("", "TableText"),))


def _titles(column: Column) -> int:
    """How many titles stand above each other in a column."""
    inner = max((_titles(c) for c in column.columns), default=0)
    return inner + (column.title is not None)
