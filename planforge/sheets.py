"""Workbooks in and out: a shared plan, the units, and what each of them has done.

A workbook has up to three sheets: «Төлөвлөгөө» (lines of the plan, then a row for each node), «Нэгж» (a row for each
unit) and «Гүйцэтгэл» (a row for each unit and measure). Values go through the same door as data files: text in, the
model decides, the rules of the domain judge; every fault has its cell.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field, replace
from decimal import Decimal
from functools import partial

from planforge import consistency, data, mongolian, text, view
from planforge.errors import Problem, SheetPlace, Words, has_errors
from planforge.model import Organisation, Plan, Report, Result
from planforge.sheet_columns import Path, capital, nest, overridden, type_at
from planforge.sheet_plan import read_plan
from planforge.sheet_reader import Book, Cell, Sheet, read_book
from planforge.sheet_tables import NAMES, Register, Role, Table, cells_by_path, in_order, roles, table
from planforge.sheet_writer import new
from planforge.source import Source
from planforge.tree import Node as Value
from planforge.tree import Tree, excerpt
from planforge.view import bare_number
from planforge.vocabulary import Record, describe

__all__ = ["Unit", "Workbook", "new", "read"]


@dataclass(frozen=True, slots=True)
class Unit:
    """A unit of a workbook: its key, what it reports or plans, and what is wrong with it alone."""

    key: str
    """The unit's short unique name: its id or number in «Нэгж», else its name."""
    subject: Plan | Report | None
    """None if its own problems or those of the workbook keep it from being made."""
    problems: tuple[Problem, ...]
    place: SheetPlace


@dataclass(frozen=True, slots=True)
class Workbook:
    """What a workbook holds. `problems` are those of the whole and of the shared plan, not those of one unit.

    An error of the plan, or of a table's headings, leaves no unit whole; a row that belongs to no unit does.
    """

    plan: Plan | None
    units: tuple[Unit, ...]
    problems: tuple[Problem, ...]


def read(source: Source, /, *, plan: Plan | None = None) -> Workbook:
    """The plan and the units of a workbook: `.xlsx`, `.ods`, `.xls`, or one table as CSV in UTF-8.

    With a sheet «Гүйцэтгэл» units report, without one each plans: the shared plan with the unit as its owner. `plan` is
    the shared plan where the workbook has none. Never raises for content nor for a file that cannot be read.
    """
    book = read_book(source)
    if not book.sheets:
        return Workbook(None, (), book.problems)
    return _Reading(book, plan).workbook()


@dataclass(slots=True)
class _Row:
    """A unit as its row says, with what its rows in «Гүйцэтгэл» add."""

    key: str
    row: int
    line: int
    place: SheetPlace
    names: list[str]
    cells: dict[str, dict[Path, Value]]
    problems: list[Problem] = field(default_factory=list)
    results: dict[str, tuple[int, Value]] = field(default_factory=dict)
    """Measure → line of its cell, result."""
    measures: dict[str, SheetPlace] = field(default_factory=dict)
    """Measure → its first row, filled or not."""
    named: bool = False
    """Whether any row of «Гүйцэтгэл» names the unit, or seems to mean it."""


class _Reading:
    """One pass over a workbook."""

    def __init__(self, book: Book, plan: Plan | None) -> None:
        self.book = book
        self.register = Register()
        self.problems = list(book.problems)
        self.stray: list[Problem] = []
        """Faults of rows that belong to no unit: they keep no unit from being made."""
        self.unknown: dict[str, tuple[str, list[int]]] = {}
        """Names in «Гүйцэтгэл» that no unit has: as first written, and their rows."""
        self.sheets: dict[Role, Sheet] = roles(book, self.problems)
        self.plan = plan
        self.basis = plan
        """The plan, or what is left of a faulty one: to judge the units by."""
        self.measures = _Measures(plan)

    def workbook(self) -> Workbook:
        given = self.plan
        if "plan" in self.sheets:
            if given is not None:
                self.problems.append(Problem("PF187", self.sheets["plan"].place(), {}))
            self.plan, self.basis, faults = read_plan(self.sheets["plan"], self.register)
            self.problems += faults
            self.measures = _Measures(self.basis)
        rows = self._read_units()
        results = self.sheets.get("results")
        if results is not None:
            self._read_results(results, rows)
        if (rows and self.basis is None and "plan" not in self.sheets) or ("units" not in self.sheets and results):
            missing: Role = "units" if "units" not in self.sheets else "plan"
            form = "csv" if self.book.sheets[0].name is None else "workbook"
            args = {"name": NAMES[missing], "remedy": _REMEDIES[form, missing]}
            self.problems.append(Problem("PF182", SheetPlace(self.book.file), args))
        if not self.sheets and not has_errors(self.problems):
            names = ", ".join(f"«{name}»" for name in NAMES.values())
            self.problems = [Problem("PF192", SheetPlace(self.book.file), {"names": names})]
        whole = self.plan is not None and not has_errors(self.problems)
        shared = set(map(_sign, consistency.check(self.basis))) if self.basis is not None else set()
        units = tuple(self._unit(row, whole, shared, reports=results is not None) for row in rows)
        return Workbook(self.plan, units, in_order([*self.problems, *self.stray], self.book))

    # --- units -------------------------------------------------------------------------------------------------------

    def _read_units(self) -> list[_Row]:
        sheet = self.sheets.get("units")
        found = table(sheet, "units", self.problems) if sheet is not None else None
        out: list[_Row] = []
        seen: dict[str, _Row] = {}
        if found is not None and "results" not in self.sheets:
            self._only_reported(found)
        for row in found.rows if found else ():
            assert found is not None
            unit = self._unit_row(found, row)
            out.append(unit)
            for name in unit.names[:1]:
                first = seen.setdefault(text.name_key(name), unit)
                if first is not unit:
                    at = found.column(("unit", ("id",))) if name != _content(unit, "unit", "name") else None
                    at = found.column(("unit", ("name",))) if at is None else at
                    args = {"key": excerpt(name), "first": first.place.cell}
                    unit.problems.append(Problem("PF173", found.sheet.place(row, at or 0), dict(args)))
        return out

    def _unit_row(self, found: Table, row: int) -> _Row:
        faults: list[Problem] = []
        name_at = found.column(("unit", ("name",)))
        place = found.sheet.place(row, min(found.rows[row]) if name_at is None else name_at)
        line = self.register.line(place)
        kinds: dict[str, Record] = {"unit": describe(Organisation), "report": describe(Report), "plan": describe(Plan)}
        cells = {
            owner: cells_by_path(self.register, found, row, owner, partial(type_at, record), faults)
            for owner, record in kinds.items()
        }
        key_at = found.column(("key", ()))
        number = found.rows[row].get(key_at) if key_at is not None else None
        unit = _Row("", row, line, place, [], cells, faults)
        given = [number.text.strip() if number is not None else None]
        given += [_content(unit, "unit", name) for name in ("id", "name", "short")]
        unit.names = [name for name in given if name]
        unit.key = unit.names[0] if unit.names else str(row + 1)
        return unit

    def _only_reported(self, found: Table) -> None:
        """Fields of reports where units plan: those that plans have too are the plan's, others are told (PF186)."""
        for at, (owner, path) in list(found.columns.items()):
            if owner != "report":
                continue
            plans = path[0] in describe(Plan).data
            if plans and found.column(("plan", path)) is None:
                found.columns[at] = "plan", path
            elif not plans and any(at in cells for cells in found.rows.values()):
                args = {"heading": excerpt(found.heading(at))}
                self.problems.append(Problem("PF186", found.sheet.place(found.header, at), dict(args)))

    # --- results -----------------------------------------------------------------------------------------------------

    def _read_results(self, sheet: Sheet, rows: list[_Row]) -> None:
        found = table(sheet, "results", self.problems)
        if found is None or found.column(("unit", ())) is None or found.column(("measure", ())) is None:
            return
        units = _by_name(rows)
        record = describe(Result)
        for row in found.rows:
            faults: list[Problem] = []
            cells = cells_by_path(self.register, found, row, "result", partial(type_at, record), faults)
            filled = bool(faults) or any(cell.content is not None for cell in cells.values())
            owner = self._owner(found, row, units, rows, filled=filled)
            if owner is None:
                self.stray += faults
                continue
            owner.problems += faults
            owner.named = True
            self._result(found, row, owner, cells)
        for written, at in self.unknown.values():
            self._tell_unknown(found, written, at, units, rows)

    def _owner(self, found: Table, row: int, units: dict[str, _Row], rows: list[_Row], *, filled: bool) -> _Row | None:
        at = found.column(("unit", ())) or 0
        place = found.sheet.place(row, at)
        cell = found.rows[row].get(at)
        if cell is None or cell.fault is not None:
            if cell is not None and cell.fault is not None:
                self.stray.append(Problem(cell.fault[0], place, cell.fault[1]))
            elif filled:
                self.stray.append(Problem("PF172", place, {}))
            return None
        unit = units.get(text.name_key(cell.text))
        if unit is None and rows:
            self.unknown.setdefault(text.name_key(cell.text), (cell.text, []))[1].append(row)
        return unit

    def _tell_unknown(
        self, found: Table, written: str, at: list[int], units: dict[str, _Row], rows: list[_Row]
    ) -> None:
        """A name that no unit has, with all its rows; what is likely meant for a unit keeps it from being made."""
        listed = _ranges(at)
        args = {"found": excerpt(written), "rows": Words(f"мөр {listed}", f"row{'s'[: len(at) > 1]} {listed}")}
        place = found.sheet.place(at[0], found.column(("unit", ())) or 0)
        near = _near(written, units)
        if near is None:
            known = ", ".join(r.names[0] for r in rows[:5] if r.names) + (" …" if len(rows) > 5 else "")
            advice = Words(f"Байгаа нь: {known}.", f"There are: {known}.")
            self.stray.append(Problem("PF171", place, {**args, "advice": advice}))
            return
        meant = next(name for name in units[near].names if text.name_key(name) == near)
        advice = Words(f"«{meant}» гэх гэсэн үү?", f"Did you mean “{meant}”?")
        if alike := text.look_alike(written, [meant]):  # by itself it would look like the same name again
            advice = Words(f"{advice.mn} {capital(alike[1].mn)}.", f"{advice.en} {capital(alike[1].en)}.")
        units[near].problems.append(Problem("PF171", place, {**args, "advice": advice}))
        units[near].named = True

    def _result(self, found: Table, row: int, unit: _Row, cells: dict[Path, Value]) -> None:
        place = found.sheet.place(row, found.column(("measure", ())) or 0)
        hint_at = found.column(("hint", ()))
        hint = found.rows[row].get(hint_at) if hint_at is not None else None
        filled = any(value.content is not None for value in cells.values())
        name = _measure_of(found, row, self.measures)
        if isinstance(name, Problem):
            unit.problems.append(name)
            return
        if name is None:
            if filled:
                unit.problems.append(Problem("PF175", place, {}))
            return
        if name in unit.results and filled:
            args = {"measure": name, "first": unit.measures[name].cell}
            unit.problems.append(Problem("PF176", place, dict(args)))
            return
        if hint is not None and hint_at is not None and not self.measures.says(name, hint.text):
            args = {"measure": name, "found": excerpt(hint.text)}
            unit.problems.append(Problem("PF178", found.sheet.place(row, hint_at), dict(args)))
        percent_at = found.column(("result", ("percent",)))
        percent = found.rows[row].get(percent_at) if percent_at is not None else None
        if percent is not None and percent_at is not None and (share := _share(percent)) is not None:
            args = {"found": mongolian.percent(share), "meant": mongolian.percent(share * 100)}
            unit.problems.append(Problem("PF193", found.sheet.place(row, percent_at), dict(args)))
        if filled or name not in unit.measures:
            unit.measures[name] = place
        if filled or any(value.broken for value in cells.values()):
            unit.results[name] = self.register.line(place), nest(cells, describe(Result), self.register.line(place))

    # --- subjects ----------------------------------------------------------------------------------------------------

    def _unit(self, row: _Row, whole: bool, shared: set[str], *, reports: bool) -> Unit:
        """A unit with its plan or report; `shared` are the problems of the plan, which are told with the plan."""
        basis = self.basis if self.basis is not None else _NO_PLAN
        tree = Tree(self.book.file, None, _report(row, basis) if reports else _plan(row, basis), [])
        loaded: data.Loaded[Plan] | data.Loaded[Report]
        loaded = data.interpret(tree, Report) if reports else data.interpret(tree, Plan)
        problems = list(row.problems)
        for problem in loaded.problems:
            placed = self.register.placed(problem)
            lacks = problem.code == "PF409"
            about = self.measures.numbered(str(problem.args["measure"])) if lacks else None
            # Without a plan only what is wrong with the unit's own cells counts; without rows every measure lacks a
            # result, and so does one whose row has a fault: all of that is told once.
            echo = (self.basis is None and (placed is None or problem.code in _OF_THE_PLAN)) or (
                lacks and (not row.measures or about in row.results)
            )
            if echo or (placed is None and _sign(problem) in shared):
                continue
            measure = row.measures.get(about) if about is not None else None
            place = measure or (row.place if placed is None else placed.place)
            problems.append(replace(problem, place=place))
        if reports and not row.named and not any(problem.code == "PF173" for problem in problems):
            problems.append(Problem("PF179", row.place, {"key": row.key, "sheet": NAMES["results"]}))
        subject = loaded.value if whole and not has_errors(problems) else None
        return Unit(row.key, subject, in_order(problems, self.book), row.place)


def _report(row: _Row, basis: Plan) -> Value:
    """The report of a unit as a tree: the shared plan, with what the unit has in other words, and its results."""
    plan = Value(0, 1, basis)
    if any(cell.content is not None for cell in row.cells["plan"].values()):
        plan = overridden(basis, nest(row.cells["plan"], describe(Plan), row.line))
    own = nest(row.cells["report"], describe(Report), row.line).content
    own[Value(0, 1, "plan")] = plan
    own[Value(row.line, 1, "unit")] = nest(row.cells["unit"], describe(Organisation), row.line)
    results = {Value(line, 1, name): result for name, (line, result) in row.results.items()}
    own[Value(row.line, 1, "results")] = Value(row.line, 1, results)
    return Value(0, 1, own)


def _plan(row: _Row, basis: Plan) -> Value:
    """The plan of a unit as a tree: the shared one with the unit as its owner."""
    cells = {("owner", *path): cell for path, cell in row.cells["unit"].items()}
    return overridden(basis, nest({**cells, **row.cells["plan"]}, describe(Plan), row.line), whole=("owner",))


_REMEDIES: dict[tuple[str, Role], Words] = {
    ("workbook", "units"): Words(
        "«Нэгж» хуудсыг нэмж, нэгж бүрийг нэг мөрөнд бичнэ үү.", "Add the sheet «Нэгж», with a row for each unit."
    ),
    ("workbook", "plan"): Words(
        "«Төлөвлөгөө» хуудсыг нэмэх, эсвэл төлөвлөгөөний файлыг --plan plan.yaml гэж заана уу.",
        "Add the sheet «Төлөвлөгөө», or name the file of the plan: --plan plan.yaml",
    ),
    ("csv", "units"): Words(
        "CSV файлд нэг л хүснэгт багтдаг тул биелэлтийг «Нэгж» хуудастай ажлын хүснэгтэд (.xlsx) бичнэ үү. "
        "Шинээр үүсгэх бол: planforge sheet new plan.yaml --units units.csv",
        "A CSV file holds one table, so put the results into a workbook (.xlsx) that has a sheet «Нэгж» too. "
        "To begin one: planforge sheet new plan.yaml --units units.csv",
    ),
    ("csv", "plan"): Words(
        "Төлөвлөгөөний файлыг --plan plan.yaml гэж заана уу.", "Name the file of the plan: --plan plan.yaml"
    ),
}
_OF_THE_PLAN = ("PF401", "PF415", "PF416", "PF418")
"""No such measure, days and years outside the plan's, nothing planned: without a plan they mean nothing."""
_NO_PLAN = Plan.model_construct(title="…", year=2000, owner=Organisation.model_construct(name="…"))


class _Measures:
    """The measures of the plan as rows name them: by number, by id, by their text."""

    def __init__(self, plan: Plan | None) -> None:
        self.texts: dict[str, str] = {}
        self._names: dict[str, list[str]] = {}
        self._numbers: dict[str, str] = {}
        seen = view.walk(plan) if plan is not None else None
        assert seen is None or isinstance(seen, view.PlanView)
        for measure in seen.all_measures if seen is not None else ():
            name = measure.item.id if measure.item.id is not None else bare_number(measure.number)
            self.texts[name] = measure.item.text
            self._numbers.setdefault(bare_number(measure.number), name)
            for known in {bare_number(measure.number), name, " ".join(measure.item.text.split())}:
                self._names.setdefault(text.name_key(known), []).append(name)

    def numbered(self, number: str) -> str | None:
        """The name that results have for the measure of a number; None for what is no number of the plan."""
        return self._numbers.get(bare_number(number))

    def find(self, cell: Cell) -> str | tuple[str, dict[str, object]]:
        """The name that results have for the measure of a cell; else the fault (PF174, PF177)."""
        written = " ".join(cell.text.split())
        if not self.texts:
            return written
        found = self._names.get(text.name_key(bare_number(written))) or self._names.get(text.name_key(written))
        if not found:
            near = _near(written, self.texts)
            some = near or ", ".join(list(self.texts)[:8]) + (" …" if len(self.texts) > 8 else "")
            return "PF174", {"found": excerpt(written), "near": some}
        if len(found) > 1:
            return "PF177", {"found": excerpt(written), "others": ", ".join(found)}
        # As a number 1.1 and 1.10 are one: which was meant cannot be told.
        alike = [n for n in self.texts if cell.kind == "number" and _as_number(n) == _as_number(cell.text) is not None]
        if len(alike) > 1:
            return "PF177", {"found": excerpt(written), "others": ", ".join(alike)}
        return found[0]

    def says(self, name: str, hint: str) -> bool:
        """Whether a hint is the text of a measure, spaces aside."""
        return name not in self.texts or " ".join(self.texts[name].split()) == " ".join(hint.split())


def _measure_of(found: Table, row: int, measures: _Measures) -> str | Problem | None:
    """The measure that a row of «Гүйцэтгэл» is about; None where it names none.

    A new workbook hides the measure's id in a column of its own; what people see must mean the same.
    """
    named: dict[str, str] = {}
    told: Problem | None = None
    for column in ("key", "measure"):
        at = found.column((column, ()))
        cell = found.rows[row].get(at) if at is not None else None
        if at is None or cell is None:
            continue
        fault = cell.fault or (("PF159", {"found": cell.text}) if cell.kind == "date" else None)
        name = fault or measures.find(cell)
        if isinstance(name, str):
            named[column] = name
        elif not named or name[0] != "PF177":  # which of several is meant, the id has told
            told = told or Problem(name[0], found.sheet.place(row, at), name[1])
    if told is None and len(set(named.values())) > 1:
        args = {"found": named["measure"], "key": named["key"]}
        return Problem("PF185", found.sheet.place(row, found.column(("measure", ())) or 0), dict(args))
    return told or next(iter(named.values()), None)


def _by_name(rows: list[_Row]) -> dict[str, _Row]:
    """Units by every name that only one of them has; a key counts before the other names of another unit."""
    out: dict[str, list[_Row]] = {}
    for row in rows:
        for name in {text.name_key(name) for name in row.names}:
            out.setdefault(name, []).append(row)
    keys = {text.name_key(row.names[0]): row for row in reversed(rows) if row.names}
    return {**{name: found[0] for name, found in out.items() if len(found) == 1}, **keys}


def _near(name: str, known: Collection[str]) -> str | None:
    """The known name that a mistyped one means: one with the same numbers; of two letters only one that looks alike."""
    if len(name.strip()) <= 2:
        alike = text.look_alike(name, known)
        return alike[0] if alike is not None else None
    return text.closest(name, [other for other in known if _numbers(other) == _numbers(name)])


def _numbers(name: str) -> list[int]:
    return [int(digits) for digits in re.findall(r"[0-9]{1,20}", name)]


def _ranges(rows: Sequence[int]) -> str:
    """Rows as people count them: `2–5, 9`."""
    out: list[list[int]] = []
    for row in rows:
        if out and out[-1][-1] == row - 1:
            out[-1].append(row)
        else:
            out.append([row])
    parts = [f"{part[0] + 1}–{part[-1] + 1}" if len(part) > 1 else str(part[0] + 1) for part in out]
    return ", ".join(parts[:10]) + (" …" if len(parts) > 10 else "")


def _share(cell: Cell) -> Decimal | None:
    """A plain number of 1 or less in a column of percents, which may be meant as a share of all."""
    number = mongolian.read_number(cell.text) if cell.kind in ("text", "number") else None
    return number if number is not None and 0 < number <= 1 else None


def _as_number(written: str) -> float | None:
    try:
        return float(written)
    except ValueError:
        return None


def _content(unit: _Row, owner: str, name: str) -> str | None:
    cell = unit.cells[owner].get((name,))
    return str(cell.content).strip() if cell is not None and cell.content else None


def _sign(problem: Problem) -> str:
    return f"{problem.code} {dict(problem.args)!r}"
