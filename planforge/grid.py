"""The columns of a table whose rows the data make longer or shorter: noted while it is written, settled at its end.

A row may get any number of cells of any span, so how many columns a table has (its `w:tblGrid`, 17.4.49), how wide they
are, and which cell stands below which (17.4.85) is known when its last row is written. Until then an empty piece holds
the place of each of these in the output.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from itertools import accumulate, groupby, pairwise
from typing import TypeAlias

from planforge.wml import MAX_COLUMNS

__all__ = ["Grid", "visible"]

Parts: TypeAlias = tuple[tuple[int, ...], ...]
"""The widths of a row's parts in the template: of a cell, the grid columns it spans; of a block, one for all of it."""


@dataclass(slots=True)
class _Cell:
    """A written cell; `at` and the others are indices of its pieces in the output."""

    at: int
    part: int
    span: int
    width: str
    """The template's own width, as XML; nothing if it stands there already because it follows from no grid."""
    merge_at: int = -1
    key: object = None
    alike: bool = False
    content_at: int = -1
    content_end: int = -1
    empty: str = ""


@dataclass(slots=True)
class _Row:
    at: int
    before: int
    after: int
    parts: Parts
    is_wrapped: bool
    """Whether the row has no properties that the gap before or after it could stand in."""
    cells: list[_Cell] = field(default_factory=list)

    def columns(self) -> int:
        return self.before + sum(cell.span for cell in self.cells) + self.after


class Grid:
    """One table that is being written: compiled programs tell it of each row and cell, and `close` it at the end.

    `widths`: the grid columns of the template, in twentieths of a point.
    """

    __slots__ = ("at", "out", "rows", "widths")

    def __init__(self, out: list[bytes], widths: tuple[int, ...]) -> None:
        self.out = out
        self.widths = widths
        self.rows: list[_Row] = []
        self.at = self.piece()

    def piece(self) -> int:
        """Keeps a place in the output; gives its index."""
        self.out.append(b"")
        return len(self.out) - 1

    def row(self, before: int, after: int, parts: Parts, is_wrapped: bool) -> None:
        """A row begins, among its properties; `before` and `after` are the grid columns that it leaves empty."""
        self.rows.append(_Row(self.piece(), before, after, parts, is_wrapped))

    def cell(self, part: int, span: int, width: str) -> _Cell:
        """A cell begins, where its width and span belong."""
        cell = _Cell(self.piece(), part, span, width)
        self.rows[-1].cells.append(cell)
        return cell

    def merge(self, key: object, alike: bool = False) -> None:
        """The cell at hand goes on with a merged one above it that has the same key (`...`: any; None: none).

        `alike`: and prints the same.
        """
        cell = self.rows[-1].cells[-1]
        cell.merge_at = self.piece()
        cell.key, cell.alike = key, alike

    def content(self) -> None:
        """What the cell at hand prints begins here; it is left out where the cell belongs to the one above it."""
        self.rows[-1].cells[-1].content_at = self.piece()

    def content_end(self, empty: str) -> None:
        """What the cell at hand prints ends here; `empty` is what stands instead where it is left out."""
        cell = self.rows[-1].cells[-1]
        cell.content_end = len(self.out)
        cell.empty = empty

    def close(self) -> int:
        """Fills in what was left open; gives the number of columns, and fills in nothing if there are too many."""
        rows = [row for row in self.rows if row.cells]
        count = max((row.columns() for row in rows), default=0)
        if not 0 < count <= MAX_COLUMNS:
            return count
        widest = max((row for row in rows if row.columns() == count), key=lambda row: len(row.cells))
        widths = self.divide(widest, count)
        self.out[self.at] = "".join(f'<w:gridCol w:w="{width}"/>' for width in widths).encode()
        edges = [0, *accumulate(widths)]
        above: dict[tuple[int, int], object] = {}
        for row in rows:
            row.after += count - row.columns()
            self.gap(row, edges)
            here: dict[tuple[int, int], object] = {}
            column = row.before
            for cell in row.cells:
                end = column + cell.span
                width = f'<w:tcW w:w="{edges[end] - edges[column]}" w:type="dxa"/>'
                own = cell.width if not cell.width or widths == self.widths else width
                span = f'<w:gridSpan w:val="{cell.span}"/>' if cell.span > 1 else ""
                self.out[cell.at] = (own + span).encode()
                if cell.alike:
                    cell.key = (cell.key, visible(self.out[cell.content_at : cell.content_end]))
                if cell.merge_at >= 0:
                    self.merge_down(cell, above, (column, cell.span))
                    here[column, cell.span] = cell.key
                column = end
            above = here
        return count

    def divide(self, row: _Row, count: int) -> tuple[int, ...]:
        """The widths of the columns by the row that shows them best: the table stays as wide as it was.

        A cell keeps the columns that it had; the columns that a block of cells writes share the width of the block.
        """
        weights = list(self.widths[: row.before])
        for part, cells in groupby(row.cells, key=lambda cell: cell.part):
            columns = sum(cell.span for cell in cells)
            known = row.parts[part]
            weights += known if len(known) == columns else _shared(sum(known), [1] * columns)
        weights += self.widths[len(self.widths) - row.after :]
        return _shared(sum(self.widths), weights if len(weights) == count and all(weights) else [1] * count)

    def gap(self, row: _Row, edges: list[int]) -> None:
        """The columns that a row leaves empty (17.4.14, 17.4.15), with their widths."""
        last = edges[-1]
        found = [
            f'<w:grid{side} w:val="{count}"/><w:w{side} w:w="{width}" w:type="dxa"/>'
            for side, count, width in (
                ("Before", row.before, edges[row.before]),
                ("After", row.after, last - edges[len(edges) - 1 - row.after]),
            )
            if count
        ]
        if found:
            gaps = "".join(found)
            self.out[row.at] = (f"<w:trPr>{gaps}</w:trPr>" if row.is_wrapped else gaps).encode()

    def merge_down(self, cell: _Cell, above: dict[tuple[int, int], object], slot: tuple[int, int]) -> None:
        """Merges a cell with the one above it, or begins a merge anew (17.4.85)."""
        goes_on = slot in above and cell.key is not None and cell.key in (..., above[slot])
        self.out[cell.merge_at] = b"<w:vMerge/>" if goes_on else b'<w:vMerge w:val="restart"/>'
        if goes_on and cell.content_at >= 0:
            self.out[cell.content_at] = cell.empty.encode()
            for at in range(cell.content_at + 1, cell.content_end):
                self.out[at] = b""


_TAG = re.compile(rb"<[^>]*>")
_OWN = re.compile(rb' (?:w:id|w:name|w:anchor|id|o:spid)="[^"]*"')


def visible(content: Iterable[bytes]) -> bytes:
    """What the pieces of a cell show: without the ids, names and lists that each repetition has of its own."""

    def shown(tag: re.Match[bytes]) -> bytes:
        return b"" if tag[0].startswith(b"<w:numId ") else _OWN.sub(b"", tag[0])

    return _TAG.sub(shown, b"".join(content))


def _shared(total: int, weights: list[int]) -> tuple[int, ...]:
    """A width divided in proportion, without a remainder."""
    whole = sum(weights)
    edges = [0, *(total * edge // whole for edge in accumulate(weights))]
    return tuple(b - a for a, b in pairwise(edges))
