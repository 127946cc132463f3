"""The tables of a workbook: which sheet is which, where its header stands, what its columns mean, its cells as values.

A sheet is known by its name, in any of its words, or by its headings. The header is the row whose cells mean most; the
order of columns and empty rows and columns do not matter. Each value is a node of a tree whose line counts the cells
that were read (`Register`), so that whatever the model finds leads back to a cell.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from typing import Final, Literal, TypeAlias

from planforge import text, view, vocabulary
from planforge.errors import Problem, SheetPlace, Words
from planforge.model import Criterion, Measure, Organisation, Plan, Report, Result
from planforge.sheet_columns import HINT, KEY, LEVEL, MEASURE, UNIT, Path, capital, means, resolve
from planforge.sheet_reader import Book, Cell, Sheet, cell_name, spot_of
from planforge.tree import Node as Value
from planforge.tree import excerpt, place_of
from planforge.vocabulary import Scalar, describe, mongolian_name

__all__ = [
    "GUIDE",
    "NAMES",
    "Column",
    "Register",
    "Role",
    "Table",
    "cells_by_path",
    "in_order",
    "level_of",
    "meaning",
    "roles",
    "table",
]

Role: TypeAlias = Literal["units", "plan", "results"]
Column: TypeAlias = tuple[str, Path]
"""What a column holds: a word for what it belongs to (`unit`, `report`, `plan`, `node`, `result`, or a column of the
sheet's own), and the path below that."""

NAMES: Final[dict[Role, str]] = {"units": "Нэгж", "plan": "Төлөвлөгөө", "results": "Гүйцэтгэл"}
GUIDE: Final = "Заавар"
_FIELDS: Final[dict[str, Role]] = {"unit": "units", "plan": "plan", "results": "results"}
_DEPTH: Final = {"units": 10, "plan": 60, "results": 10}
"""How far down the header is looked for."""


# --- what columns mean -----------------------------------------------------------------------------------------------


def _unit_column(heading: str) -> Column | None:
    if means(UNIT, heading):
        return "unit", ("name",)
    if means(KEY, heading):
        return "key", ()
    path = resolve(describe(Organisation), heading)
    if path is not None:
        return "unit", path
    path = resolve(describe(Report), heading)
    if path is not None:
        owner = path[0] if path[0] in ("unit", "plan") and len(path) > 1 else "report"
        return str(owner), path if owner == "report" else path[1:]
    path = resolve(describe(Plan), heading)
    if path is None:
        return None
    return ("unit", path[1:] or ("name",)) if path[0] == "owner" else ("plan", path)


def _result_column(heading: str) -> Column | None:
    for own, term in (("unit", UNIT), ("measure", MEASURE), ("hint", HINT), ("key", KEY)):
        if means(term, heading):
            return own, ()
    path = resolve(describe(Result), heading)
    return None if path is None else ("result", path)


def _node_column(heading: str) -> Column | None:
    if means(LEVEL, heading):
        return "level", ()
    for model in (Measure, Criterion):
        path = resolve(describe(model), heading)
        if path is not None:
            return "node", path
    if heading.strip() == "№":
        return "node", ("number",)
    level = level_of(heading)
    return None if level is None else ("at", level)


_COLUMNS: Final[dict[Role, Callable[[str], Column | None]]] = {
    "units": _unit_column,
    "plan": _node_column,
    "results": _result_column,
}
_REQUIRED: Final[dict[Role, tuple[tuple[Column, str], ...]]] = {
    "units": ((("unit", ("name",)), describe(Organisation).data["name"].term.mn),),
    "plan": ((("node", ("text",)), describe(Measure).data["text"].term.mn),),
    "results": ((("unit", ()), UNIT.mn), (("measure", ()), MEASURE.mn)),
}


def meaning(role: Role, heading: str, /) -> Column | None:
    """What a column of a sheet holds under a heading; None if it means nothing there."""
    return _COLUMNS[role](heading)


def level_of(written: str, /) -> tuple[str, int] | None:
    """The level that a word means and how often it is `дэд` (sub-); None if it means none."""
    word = " ".join(written.casefold().replace("sub-", "дэд ").split())
    depth = 0
    while word.startswith("дэд "):
        word, depth = word[4:], depth + 1
    found = describe(Plan).find_key(word)
    for level, plural in view.PLURALS.items():
        if level == word or (found is not None and found.name == plural):
            return (level, depth) if not depth or level == "measure" else None
    criteria = describe(Measure).find_key(word)
    if word == "criterion" or (criteria is not None and criteria.name == "criteria"):
        return "criterion", depth
    return None


def _known_headings(role: Role) -> list[str]:
    """What a mistyped heading may have meant."""
    models: dict[Role, tuple[type, ...]] = {
        "units": (Organisation, Report, Plan),
        "plan": (Measure, Criterion),
        "results": (Result,),
    }
    own = {"units": (), "plan": (LEVEL,), "results": (UNIT, MEASURE, HINT)}[role]
    names = [t for term in own for t in (term.mn, *term.also)]
    for model in models[role]:
        names += [t for f in describe(model).data.values() for t in (f.term.mn, *f.term.also, f.name)]
    return [name for name in names if _COLUMNS[role](name)]


# --- sheets ----------------------------------------------------------------------------------------------------------


def roles(book: Book, problems: list[Problem]) -> dict[Role, Sheet]:
    """The sheets that are read, by name, else by headings; of the others it is told that they are not (PF165 …)."""
    out: dict[Role, Sheet] = {}
    others: list[Sheet] = []
    for sheet in book.sheets:
        role = _named(sheet.name)
        if role is not None and role not in out:
            out[role] = sheet
        elif sheet.name != GUIDE and sheet.cells:
            others.append(sheet)
    for sheet in others:
        role = _by_headings(sheet)
        if role is not None and role not in out:
            out[role] = sheet
            continue
        if role is not None:
            problems.append(Problem("PF189", sheet.place(), {"other": out[role].name or "", "name": NAMES[role]}))
            continue
        near = text.closest(sheet.name or "", [*NAMES.values(), *_FIELDS.values()])
        wanted = ", ".join(f"«{name}»" for name in NAMES.values())
        if near is None:
            problems.append(Problem("PF166", sheet.place(), {"names": wanted}))
        else:
            problems.append(Problem("PF165", sheet.place(), {"near": near, "names": wanted}))
    return out


def _named(name: str | None) -> Role | None:
    key = (name or "").strip()
    if key.casefold() in _FIELDS.values():
        return next(role for role in _FIELDS.values() if role == key.casefold())
    found = describe(Report).find_key(key)
    return _FIELDS.get(found.name) if found is not None else None


def _by_headings(sheet: Sheet) -> Role | None:
    """The role whose required columns a sheet has; a table of units has only names, so it comes last."""
    order: tuple[Role, ...] = ("results", "plan", "units")
    for role in order:
        header = _header(sheet, role)
        if header is not None and not _missing(role, set(header[1].values())):
            if role == "plan" and ("level", ()) not in header[1].values() and len(header[1]) < 3:
                continue
            return role
    return None


def _missing(role: Role, columns: set[Column]) -> list[str]:
    if role == "plan" and any(owner == "at" for owner, _ in columns):
        return []
    return [name for column, name in _REQUIRED[role] if column not in columns]


def _header(sheet: Sheet, role: Role) -> tuple[int, dict[int, Column]] | None:
    """The row whose cells mean most, the first of equals, and what they mean."""
    best: tuple[int, dict[int, Column]] | None = None
    for row, cells in sheet.rows().items():
        if row >= _DEPTH[role]:
            break
        found = {at: column for at, cell in cells.items() if (column := _COLUMNS[role](cell.text)) is not None}
        if found and (best is None or len(found) > len(best[1])):
            best = row, found
    return best


@dataclass(slots=True)
class Table:
    """A table of a sheet: the row of its header, what its columns mean, and its rows with anything in them."""

    sheet: Sheet
    header: int
    columns: dict[int, Column]
    rows: dict[int, dict[int, Cell]]
    above: dict[int, dict[int, Cell]]
    """The rows over the header."""

    def column(self, wanted: Column) -> int | None:
        """Where a column stands."""
        return next((at for at, column in self.columns.items() if column == wanted), None)

    def heading(self, at: int) -> str:
        return self.sheet.cells[self.header, at].text


def table(sheet: Sheet, role: Role, problems: list[Problem]) -> Table | None:
    """The table of a sheet; faults of its header and of what stands outside its columns are told (PF163–PF170)."""
    found = _header(sheet, role)
    wanted = _missing(role, set(found[1].values()) if found else set())
    if found is None or (role == "plan" and wanted):
        names = Words(*(", ".join(f"«{capital(name)}»" for name in wanted),) * 2)
        problems.append(Problem("PF169", sheet.place(), {"names": names}))
        return None
    header, columns = found
    rows = sheet.rows()
    data = {row: cells for row, cells in rows.items() if row > header}
    if data and _counts(next(iter(data.values()))):
        del data[next(iter(data))]
    out = Table(sheet, header, dict(columns), data, {row: cells for row, cells in rows.items() if row < header})
    if wanted:
        names = Words(*(", ".join(f"«{capital(name)}»" for name in wanted),) * 2)
        problems.append(Problem("PF169", sheet.place(header), {"names": names}))
    _doubled(out, problems)
    _unknown(out, role, problems)
    _merged(out, role, problems)
    hidden = [row for row in sheet.hidden if row in data]
    if hidden:
        listed = ", ".join(str(row + 1) for row in hidden[:10]) + (" …" if len(hidden) > 10 else "")
        problems.append(Problem("PF164", sheet.place(hidden[0]), {"rows": listed}))
    return out


def _counts(cells: dict[int, Cell]) -> bool:
    """Whether a row numbers the columns: 1, 2, 3 …, as forms do under their header."""
    return len(cells) > 1 and [cell.text for cell in cells.values()] == [str(n + 1) for n in range(len(cells))]


def _doubled(table: Table, problems: list[Problem]) -> None:
    seen: dict[Column, int] = {}
    for at, column in list(table.columns.items()):
        if column in seen:
            args = {"heading": excerpt(table.heading(at)), "first": cell_name(table.header, seen[column])}
            problems.append(Problem("PF168", table.sheet.place(table.header, at), dict(args)))
            del table.columns[at]
        seen.setdefault(column, at)


def _unknown(table: Table, role: Role, problems: list[Problem]) -> None:
    """Columns that hold something, under a heading that means nothing or under none."""
    filled: dict[int, int] = {}
    for row, cells in table.rows.items():
        for at in cells:
            filled.setdefault(at, row)
    doubled = {p.place for p in problems if p.code == "PF168"}
    for at in sorted(filled):
        place = table.sheet.place(table.header, at)
        if at in table.columns or place in doubled:
            continue
        cell = table.sheet.cells.get((table.header, at))
        if cell is None:
            problems.append(Problem("PF170", table.sheet.place(filled[at], at), {}))
            continue
        names = _known_headings(role)
        alike = text.look_alike(mongolian_name(cell.text), map(mongolian_name, names))
        near = text.closest(mongolian_name(cell.text), map(mongolian_name, names))
        if alike is not None:
            advice = alike[1]
        elif near is not None:
            meant = capital(next(name for name in names if mongolian_name(name) == near))
            advice = Words(f"«{meant}» гэх гэсэн үү?", f"Did you mean “{meant}”?")
        else:
            advice = Words("Ийм утга энэ хүснэгтэд байхгүй.", "This table has no such value.")
        problems.append(Problem("PF167", place, {"heading": excerpt(cell.text), "advice": advice}))


def _merged(table: Table, role: Role, problems: list[Problem]) -> None:
    """Merged cells among the rows; in a plan a text over several columns of one row is how forms write objectives."""
    rows = sorted(table.rows)
    for first, last in table.sheet.merged:
        inside = last[0] > table.header and (not rows or first[0] <= rows[-1])
        if inside and first[1] <= max(table.columns) and not (role == "plan" and first[0] == last[0]):
            args = {"range": f"{cell_name(*first)}:{cell_name(*last)}"}
            problems.append(Problem("PF163", table.sheet.place(*first), dict(args)))


# --- cells as values -------------------------------------------------------------------------------------------------


class Register:
    """The cells that were read, in order: the line of a node of the tree is the number of its cell here, from 1."""

    def __init__(self) -> None:
        self._places: list[SheetPlace] = []

    def line(self, place: SheetPlace) -> int:
        self._places.append(place)
        return len(self._places)

    def place(self, line: int) -> SheetPlace:
        return self._places[line - 1]

    def value(
        self, sheet: Sheet, spot: tuple[int, int], cell: Cell | None, kind: vocabulary.Type, faults: list[Problem]
    ) -> Value:
        """A cell as a node; one whose value cannot be used is broken, and told (PF158 to PF162)."""
        place = sheet.place(*spot)
        value = Value(self.line(place), 1, None)
        if cell is None:
            return value
        fault = cell.fault or _misread(cell, kind)
        if fault is not None:
            faults.append(Problem(fault[0], place, fault[1]))
            value.broken, value.content = True, ""
        else:
            value.content = cell.text
        return value

    def placed(self, problem: Problem) -> Problem | None:
        """A problem of the model at its cell; None if it is about a value that no cell gave."""
        line = place_of(problem).line
        return None if line is None else replace(problem, place=self.place(line))


def _misread(cell: Cell, kind: vocabulary.Type) -> tuple[str, dict[str, object]] | None:
    """What the program took a value for that it cannot be."""
    if cell.kind == "date" and kind not in (Scalar.DATE, Scalar.PERIOD):
        return "PF159", {"found": cell.text}
    return None


def cells_by_path(
    register: Register,
    table: Table,
    row: int,
    owner: str,
    kind_of: Callable[[Path], vocabulary.Type],
    faults: list[Problem],
) -> dict[Path, Value]:
    """The values of a row in the columns of one owner, empty ones too."""
    cells = table.rows[row]
    return {
        path: register.value(table.sheet, (row, at), cells.get(at), kind_of(path), faults)
        for at, (whose, path) in sorted(table.columns.items())
        if whose == owner
    }


def in_order(problems: Iterable[Problem], book: Book) -> tuple[Problem, ...]:
    """Problems as a reader of the workbook meets them: by sheet, row and column; those of the whole first."""
    sheets = [sheet.name for sheet in book.sheets]

    def key(problem: Problem) -> tuple[int, tuple[int, int]]:
        place = problem.place
        if not isinstance(place, SheetPlace):
            return -1, (-1, -1)
        return sheets.index(place.sheet) if place.sheet in sheets else -1, spot_of(place.cell) or (-1, -1)

    return tuple(sorted(problems, key=key))
