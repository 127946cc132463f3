"""The two seed documents as rows of cell texts, to compare data and rendered documents with.

A `Seed` holds what its text file shows: the lines above the table, the header rows, the rows, the lines below. Damage
done by the extraction is mended by an explicit list of `Deviation`s and nothing else.

Cells are compared by `normalised`: a line break and the white space around it count as one space, white space at both
ends as none, for the seeds run the paragraphs of a cell together. All other white space must agree: doubled
spaces and tabs inside a line are part of the text. Empty cells at the end of a row do not count.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TypeAlias

from docx.table import Table

__all__ = [
    "Deviation",
    "Seed",
    "assert_rows_equal",
    "customs",
    "govisumber",
    "normalised",
    "row_name",
    "table_rows",
]

Row: TypeAlias = list[str]

FOLDER = Path(__file__).parent / "seeds"


@dataclass(frozen=True)
class Deviation:
    """A cell of the seed that was damaged when its text was extracted.

    `row` is the row's name (`row_name`), `column` counts from 0. `seed` is what the seed shows, ` … ` standing for a
    middle left out here; `ours` is what the document said, or None for a surplus cell: it goes and the cells to its
    right move left.
    """

    row: str
    column: int
    seed: str
    ours: str | None
    reason: str

    def covers(self, cell: str) -> bool:
        """Whether a cell of the seed is the one described."""
        begin, gap, end = self.seed.partition(" … ")
        return cell.startswith(begin) and cell.endswith(end) if gap else cell == begin


@dataclass(frozen=True)
class Seed:
    """A seed document; `raw` are its rows as the file shows them, below the header."""

    before: list[str]
    header: list[Row]
    raw: list[Row]
    after: list[str]
    deviations: tuple[Deviation, ...]
    join: Callable[[Sequence[Row]], list[Row]] = list

    @property
    def rows(self) -> list[Row]:
        """The rows of the document: deviations applied, pieces of one row joined."""
        return self.join(mended(self.raw, self.deviations))

    @property
    def table(self) -> list[Row]:
        """Header rows and rows."""
        return [*self.header, *self.rows]


# --- comparing -----------------------------------------------------------------------------------------------

_NAME = re.compile(r"[0-9]+(?:\.[0-9]+)+")


def normalised(cell: str) -> str:
    """A cell's text as it is compared: line breaks as one space, nothing at the ends."""
    return re.sub(r"\s*\n\s*", " ", cell).strip()


def row_name(row: Row) -> str:
    """The number of the measure in a row, or the first words of a section row."""
    for cell in row:
        if found := _NAME.match(cell.strip()):
            return found.group()
    return next((cell.partition(". ")[0] for cell in row if cell.strip()), "")


def _names(rows: Iterable[Row]) -> Iterable[tuple[str, Row]]:
    """Rows with their names; a row without one is the second piece of the row above: `1.3+`."""
    last = ""
    for row in rows:
        found = row_name(row)
        named = _NAME.fullmatch(found) or len([cell for cell in row if cell.strip()]) == 1
        last = found if named else f"{last}+"
        yield last, row


def mended(rows: Iterable[Row], deviations: Iterable[Deviation]) -> list[Row]:
    """The rows with every deviation applied; one that finds other than it describes is a fault."""
    left = list(deviations)
    out = []
    for name, row in _names(rows):
        cells = [normalised(cell) for cell in row]
        for deviation in [d for d in left if d.row == name]:
            found = cells[deviation.column]
            assert deviation.covers(found), f"{name}: {found!r} is not what {deviation} describes"
            cells[deviation.column : deviation.column + 1] = [] if deviation.ours is None else [deviation.ours]
            left.remove(deviation)
        out.append(cells)
    assert not left, f"no such row: {left}"
    return out


def assert_rows_equal(actual: Sequence[Row], expected: Sequence[Row], deviations: Iterable[Deviation] = ()) -> None:
    """Fails with every cell that differs; `deviations` are applied to the expected rows first."""
    wanted = mended(expected, deviations)
    faults = []
    for at in range(max(len(actual), len(wanted))):
        ours = _trimmed(actual[at]) if at < len(actual) else None
        theirs = _trimmed(wanted[at]) if at < len(wanted) else None
        if ours is None or theirs is None:
            faults.append(f"row {at + 1}: {'missing' if ours is None else 'surplus'}: {ours or theirs}")
            continue
        width = max(len(ours), len(theirs))
        for column, (a, b) in enumerate(zip(_padded(ours, width), _padded(theirs, width), strict=True)):
            if a != b:
                faults.append(f"row {at + 1} ({row_name(theirs)}), cell {column + 1}:\n  {a!r}\n  {b!r} expected")
    assert not faults, "\n".join(faults)


def _trimmed(row: Row) -> Row:
    cells = [normalised(cell) for cell in row]
    while cells and not cells[-1]:
        cells.pop()
    return cells


def _padded(row: Row, width: int) -> Row:
    return [*row, *[""] * (width - len(row))]


def table_rows(table: Table) -> list[Row]:
    """The rows of a table in a Word document; a merged cell has its text once, in its first place."""
    seen: set[object] = set()
    rows = []
    for row in table.rows:
        cells = []
        for cell in row.cells:
            element = cell._tc
            cells.append("" if element in seen else cell.text)
            seen.add(element)
        rows.append(cells)
    return rows


# --- seed A: the plan of the customs authority, 2024 -----------------------------------------------------------

_SURPLUS = "the surplus sixth cell of the machine-read rows: a text of another column stands before the period"
_SECOND_PIECE = "the second piece of a row cut by a page break repeats what belongs to other rows"

_CUSTOMS_DEVIATIONS = (
    Deviation("2.3+", 3, "холобоотой иргэд, … арга хэмжээ хэрэгжүүлэх.", None, _SURPLUS),
    Deviation("2.3+", 3, "Жилдээ", "", _SECOND_PIECE),
    Deviation("2.3+", 4, "Ирүүлсэн гомдол, … хэрэгжүүлж ажилласан байна.", "", _SECOND_PIECE),
    Deviation("2.4", 3, "Байгууллагуудын үйл ажиллагаа, … хэрэгжүүлж хэвших", None, _SURPLUS),
    Deviation("3.1", 3, "Цахимаар иргэд, … зохион байгуулсан байна.", None, _SURPLUS),
    Deviation("3.2", 3, "Байгууллагын дотоод … арга хэмжээг хэрэгжүүлсэн байна.", None, _SURPLUS),
    Deviation("3.3", 3, "Авлигаас урьдчилан … арга хэмжээг хэрэгжүүлсэн байна.", None, _SURPLUS),
)


@cache
def customs() -> Seed:
    """Seed A: cells are parted by tabs, one row a line; `<p>` tags are no part of the text."""
    text = re.sub(r"</?p>", "", (FOLDER / "plan_customs_2024.txt").read_text(encoding="utf-8"))
    lines = [line for line in text.split("\n") if line.strip()]
    table = [[cell.strip() for cell in line.split("\t")] for line in lines if "\t" in line]
    first = lines.index(next(line for line in lines if "\t" in line))
    return Seed(
        before=lines[:first],
        header=table[:2],
        raw=table[2:],
        after=lines[first + len(table) :],
        deviations=_CUSTOMS_DEVIATIONS,
        join=_joined,
    )


def _joined(rows: Sequence[Row]) -> list[Row]:
    """A row without a number goes on where the row above stopped: a page break cut it."""
    out: list[Row] = []
    for row in rows:
        if row[0]:
            out.append(list(row))
        else:
            out[-1] = [" ".join(filter(None, pair)) for pair in zip(out[-1], row, strict=True)]
    return out


# --- seed B: the year-end report of an aimag governor's office, 2021 ---------------------------------------------

_LOST = "the running number is lost in the extraction, with a cell"
_SECTION = re.compile(r"(?:НЭГ|ХОЁР|ГУРАВ|ДӨРӨВ|ТАВ)\. ")
_MEASURE = re.compile(r"[0-9]\.[0-9]\. ")
_COLUMNS = 9

_LOST_NUMBERS = {"1.1": 1, "1.3": 3, "2.2": 5, "2.3": 6, "2.4": 7, "3.2": 9, "3.3": 10, "4.1": 11, "4.2": 12, "5.1": 13}
_GOVISUMBER_DEVIATIONS = tuple(Deviation(row, 0, "", str(number), _LOST) for row, number in _LOST_NUMBERS.items())


@cache
def govisumber() -> Seed:
    """Seed B: each cell begins a line with a tab, its text may go on over lines.

    A row's measure stands in the third cell; the first two are the running number and an empty one, or one blank where
    the number is lost. The last row breaks off before its percent.
    """
    before, cells = _cells((FOLDER / "report_govisumber_2021.txt").read_text(encoding="utf-8"))
    header, rest = cells[:_COLUMNS], cells[_COLUMNS:]
    rows: list[Row] = []
    pending: Row = []
    for cell in rest:
        if _SECTION.match(cell):
            rows.append([cell])
        elif _MEASURE.match(cell):
            rows.append([*_padded(pending, 2), cell])
            pending = []
        elif len(rows[-1]) in (1, _COLUMNS):
            pending.append(cell)
        else:
            rows[-1].append(cell)
    return Seed(before, [header], rows, [], _GOVISUMBER_DEVIATIONS)


def _cells(text: str) -> tuple[list[str], list[str]]:
    """The lines above the table, and its cells in order."""
    before: list[str] = []
    cells: list[str] = []
    for line in text.split("\n"):
        if line.startswith((" \t", "\t")):
            blank, _, rest = line.partition("\t")
            cells += [""] if blank else []
            cells.append(rest)
        elif cells:
            cells[-1] += f"\n{line}"
        else:
            before.append(line)
    return before, [cell.strip() for cell in cells]
