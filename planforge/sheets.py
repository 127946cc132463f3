"""Workbooks in and out: a shared plan, the units, and what each of them has done.

A workbook has up to three sheets: «Төлөвлөгөө» (lines of the plan, then a row for each node), «Нэгж» (a row for each
unit) and «Гүйцэтгэл» (a row for each unit and measure). Values go through the same door as data files: text in, the model
decides, the rules of the domain judge; every fault has its cell.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from pydantic import BaseModel

from planforge import consistency, data, text, view
from planforge.errors import Problem, SheetPlace, Words, has_errors
from planforge.model import LEVELS, Criterion, Organisation, Plan, Report, Result
from planforge.sheet_columns import Path, nest, resolve, type_at
from planforge.sheet_reader import Book, Cell, Sheet, read_book
from planforge.sheet_tables import NAMES, Register, Role, Table, cells_by_path, in_order, level_of, roles, table
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
class _Draft:
    """A node of a plan as its rows say."""

    level: str
    depth: int
    line: int
    cells: dict[Path, Value]
    inner: dict[str, list[_Draft]] = field(default_factory=dict)

    @property
    def rank(self) -> tuple[int, int]:
        return (len(LEVELS) if self.level == "criterion" else list(LEVELS).index(self.level), self.depth)

    def node(self) -> Value:
        record = describe(Criterion if self.level == "criterion" else LEVELS[self.level][0])
        known = {path: cell for path, cell in self.cells.items() if path[0] in record.data}
        node = nest(known, record, self.line)
        # A value that this level does not have is a key that the record does not know.
        for path, cell in self.cells.items():
            if path not in known and cell.content is not None:
                node.content[Value(cell.line, 1, describe(_wider(path)).data[str(path[0])].term.mn)] = cell
        for name, drafts in self.inner.items():
            _extend(node, name, [draft.node() for draft in drafts])
        return node


def _wider(path: Path) -> type[BaseModel]:
    return next(model for model in (LEVELS["measure"][0], Criterion) if path[0] in describe(model).data)


def _extend(node: Value, name: str, items: list[Value]) -> None:
    """Adds items to the list of a node: those of its cell come first."""
    for key, value in node.content.items():
        if key.content == name and value.content is not None:
            value.content = [*(value.content if isinstance(value.content, list) else [value]), *items]
            return
    node.content = {k: v for k, v in node.content.items() if k.content != name}
    node.content[Value(items[0].line, 1, name)] = Value(items[0].line, 1, items)


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


class _Reading:
    """One pass over a workbook."""

    def __init__(self, book: Book, plan: Plan | None) -> None:
        self.book = book
        self.register = Register()
        self.problems = list(book.problems)
        self.stray: list[Problem] = []
        """Faults of rows that belong to no unit: they keep no unit from being made."""
        self.sheets: dict[Role, Sheet] = roles(book, self.problems)
        self.plan = plan
        self.basis = plan
        """The plan, or what is left of a faulty one: to judge the units by."""

    def workbook(self) -> Workbook:
        given = self.plan
        if "plan" in self.sheets:
            if given is not None:
                self.problems.append(Problem("PF187", self.sheets["plan"].place(), {}))
            self._read_plan(self.sheets["plan"])
        rows = self._read_units()
        results = self.sheets.get("results")
        if results is not None:
            self._read_results(results, rows)
        if (rows and self.basis is None and "plan" not in self.sheets) or ("units" not in self.sheets and results):
            missing: Role = "units" if "units" not in self.sheets else "plan"
            place = SheetPlace(self.book.file)
            self.problems.append(Problem("PF182", place, {"name": NAMES[missing]}))
        whole = self.plan is not None and not has_errors(self.problems)
        units = tuple(self._unit(row, whole, reports=results is not None) for row in rows)
        return Workbook(self.plan, units, in_order([*self.problems, *self.stray], self.book))

    def _placed(self, problems: Iterable[Problem]) -> Iterator[Problem]:
        return (found for problem in problems if (found := self.register.placed(problem)) is not None)

    # --- the plan ------------------------------------------------------------------------------------------------------

    def _read_plan(self, sheet: Sheet) -> None:
        self.plan = self.basis = None
        faults: list[Problem] = []
        found = table(sheet, "plan", faults)
        top = _Draft("chapter", 0, self.register.line(sheet.place()), {})
        lines: dict[Path, Value] = {}
        for row, cells in (found.above if found else sheet.rows()).items():
            self._plan_line(sheet, row, cells, lines, faults)
        for draft in self._drafts(found, faults) if found else ():
            pass_to = top if draft[0] is None else draft[0]
            pass_to.inner.setdefault(draft[1], []).append(draft[2])
        root = nest(lines, describe(Plan), top.line)
        for name, drafts in top.inner.items():
            _extend(root, name, [draft.node() for draft in drafts])
        loaded = data.interpret(Tree(self.book.file, None, root, []), Plan)
        self.problems += [*faults, *self._placed(loaded.problems)]
        self.basis = loaded.rest
        self.plan = None if has_errors(faults) else loaded.value

    def _plan_line(
        self, sheet: Sheet, row: int, cells: dict[int, Cell], lines: dict[Path, Value], faults: list[Problem]
    ) -> None:
        """A line above the table: the name of a field, then its value in the next cell that is filled."""
        (at, label), *rest = cells.items()
        record = describe(Plan)
        path = resolve(record, label.text.rstrip(": ")) or resolve(record, label.text)
        if path is None:
            if rest:
                near = text.closest(label.text, [f.term.mn for f in record.data.values()])
                advice = Words("Ийм утга төлөвлөгөөнд байхгүй.", "A plan has no such value.")
                if near is not None:
                    advice = Words(f"«{near}» гэх гэсэн үү?", f"Did you mean “{near}”?")
                args = {"heading": excerpt(label.text), "advice": advice}
                faults.append(Problem("PF167", sheet.place(row, at), dict(args)))
            else:
                faults.append(Problem("PF188", sheet.place(row, at), {"found": excerpt(label.text)}))
            return
        if path in lines:
            args = {"heading": excerpt(label.text), "first": "…"}
            faults.append(Problem("PF168", sheet.place(row, at), dict(args)))
            return
        spot, cell = (row, rest[0][0]) if rest else (row, at + 1), rest[0][1] if rest else None
        lines[path] = self.register.value(sheet, spot, cell, type_at(record, path), faults)
        faults += [Problem("PF170", sheet.place(row, other)) for other, _ in rest[1:]]

    def _drafts(self, found: Table, faults: list[Problem]) -> Iterator[tuple[_Draft | None, str, _Draft]]:
        """Each node of the table with its parent (None: the plan) and the field of the parent that holds it."""
        open_: list[_Draft] = []
        for row in found.rows:
            for draft in self._row_drafts(found, row, open_, faults):
                while open_ and open_[-1].rank >= draft.rank:
                    open_.pop()
                parent = open_[-1] if open_ else None
                if draft.level == "criterion":
                    holder = "criteria"
                    lost = parent is None or (draft.depth and (parent.level, parent.depth) != ("criterion", draft.depth - 1))
                else:
                    holder = LEVELS[draft.level][1]
                    lost = bool(draft.depth) and (parent is None or (parent.level, parent.depth) != ("measure", draft.depth - 1))
                if lost:
                    at = found.column(("level", ())) or 0
                    faults.append(Problem("PF181", found.sheet.place(row, at), {}))
                    continue
                open_.append(draft)
                yield parent, holder, draft

    def _row_drafts(
        self, found: Table, row: int, open_: list[_Draft], faults: list[Problem]
    ) -> Iterator[_Draft]:
        """The nodes that a row begins: one by its level, or one for each column of a level that says something new."""
        level_at = found.column(("level", ()))
        line = self.register.line(found.sheet.place(row, min(found.rows[row])))
        cells = cells_by_path(self.register, found, row, "node", _node_type, faults)
        if level_at is not None:
            cell = found.rows[row].get(level_at)
            level = level_of(cell.text) if cell is not None else None
            if level is None:
                shown = excerpt(cell.text) if cell is not None else ""
                words = ", ".join([*view.LEVEL_TERMS.values(), "дэд арга хэмжээ", "дэд шалгуур"])
                faults.append(Problem("PF180", found.sheet.place(row, level_at), {"found": shown, "words": words}))
                return
            yield _Draft(level[0], level[1], line, cells)
            return
        columns = [(at, path) for at, (owner, path) in sorted(found.columns.items()) if owner == "at"]
        if not columns:
            yield _Draft("measure", 0, line, cells)
            return
        columns.sort(key=lambda pair: (list(LEVELS).index(str(pair[1][0])), pair[1][1]))
        fresh = []
        for at, (level_name, depth) in columns:
            value = self.register.value(
                found.sheet, (row, at), found.rows[row].get(at), type_at(describe(Result), ("done",)), faults
            )
            same = any((d.level, d.depth) == (level_name, depth) and _text_of(d) == value.content for d in open_)
            if value.content is not None and (not same or (at, (level_name, depth)) == columns[-1]):
                fresh.append(_Draft(str(level_name), int(depth), line, {("text",): value}))
        if not fresh:
            yield _Draft(str(columns[-1][1][0]), int(columns[-1][1][1]), line, cells)
            return
        fresh[-1].cells = {**cells, **fresh[-1].cells}
        yield from fresh

    # --- units ---------------------------------------------------------------------------------------------------------

    def _read_units(self) -> list[_Row]:
        sheet = self.sheets.get("units")
        found = table(sheet, "units", self.problems) if sheet is not None else None
        out: list[_Row] = []
        seen: dict[str, _Row] = {}
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
            owner: cells_by_path(self.register, found, row, owner, lambda path, r=record: type_at(r, path), faults)  # type: ignore[misc]
            for owner, record in kinds.items()
        }
        key_at = found.column(("key", ()))
        number = found.rows[row].get(key_at) if key_at is not None else None
        unit = _Row("", row, line, place, [], cells, faults)
        given = [number.text.strip() if number is not None else None]
        given += [_content(unit, "unit", name) for name in ("id", "name", "short")]
        unit.names = [name for name in given if name]
        unit.key = unit.names[0] if unit.names else str(row + 1)
        if "results" not in self.sheets:
            self._only_reported(found, unit)
        return unit

    def _only_reported(self, found: Table, unit: _Row) -> None:
        """Fields of reports where units plan: those that plans have too are the plan's, others are told (PF186)."""
        for path in list(unit.cells["report"]):
            cell = unit.cells["report"].pop(path)
            if path[0] in describe(Plan).data:
                unit.cells["plan"].setdefault(path, cell)
            elif cell.content is not None:
                at = found.column(("report", path)) or 0
                args = {"heading": excerpt(found.heading(at))}
                unit.problems.append(Problem("PF186", found.sheet.place(unit.row, at), dict(args)))

    # --- results -------------------------------------------------------------------------------------------------------

    def _read_results(self, sheet: Sheet, rows: list[_Row]) -> None:
        found = table(sheet, "results", self.problems)
        if found is None or found.column(("unit", ())) is None or found.column(("measure", ())) is None:
            return
        units = {text.name_key(name): row for row in reversed(rows) for name in reversed(row.names)}
        for row in reversed(rows):  # the first name counts before the second of another
            if row.names:
                units[text.name_key(row.names[0])] = row
        measures = _Measures(self.basis)
        for row in found.rows:
            faults: list[Problem] = []
            cells = cells_by_path(self.register, found, row, "result", _result_type, faults)
            unit = self._owner(found, row, units, rows, filled=bool(faults) or any(c.content is not None for c in cells.values()))
            if unit is None:
                self.stray += faults
                continue
            unit.problems += faults
            self._result(found, row, unit, cells, measures)

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
            near = text.closest(cell.text, [name for r in rows for name in r.names])
            known = ", ".join(r.names[0] for r in rows[:5] if r.names) + (" …" if len(rows) > 5 else "")
            advice = Words(f"Байгаа нь: {known}.", f"There are: {known}.")
            if near is not None:
                advice = Words(f"«{near}» гэх гэсэн үү?", f"Did you mean “{near}”?")
            fault = Problem("PF171", place, {"found": excerpt(cell.text), "advice": advice})
            # What is likely meant for a unit keeps that unit from being made without it.
            (self.stray if near is None else units[text.name_key(near)].problems).append(fault)
        return unit

    def _result(self, found: Table, row: int, unit: _Row, cells: dict[Path, Value], measures: _Measures) -> None:
        at = found.column(("measure", ())) or 0
        place = found.sheet.place(row, at)
        cell, hint_at = found.rows[row].get(at), found.column(("hint", ()))
        hint = found.rows[row].get(hint_at) if hint_at is not None else None
        filled = any(value.content is not None for value in cells.values())
        if cell is None:
            if filled:
                unit.problems.append(Problem("PF175", place, {}))
            return
        fault = cell.fault or (("PF159", {"found": cell.text}) if cell.kind == "date" else None)
        if fault is not None:
            unit.problems.append(Problem(fault[0], place, fault[1]))
            return
        name = measures.find(cell)
        if isinstance(name, tuple):
            unit.problems.append(Problem(name[0], place, name[1]))
            return
        if name in unit.results and filled:
            args = {"measure": name, "first": unit.measures[name].cell}
            unit.problems.append(Problem("PF176", place, dict(args)))
            return
        if hint is not None and hint_at is not None and not measures.says(name, hint.text):
            args = {"measure": name, "found": excerpt(hint.text)}
            unit.problems.append(Problem("PF178", found.sheet.place(row, hint_at), dict(args)))
        if filled or name not in unit.measures:
            unit.measures[name] = place
        if filled or any(value.broken for value in cells.values()):
            unit.results[name] = self.register.line(place), nest(cells, describe(Result), self.register.line(place))

    # --- subjects ------------------------------------------------------------------------------------------------------

    def _unit(self, row: _Row, whole: bool, *, reports: bool) -> Unit:
        basis = self.basis if self.basis is not None else _NO_PLAN
        known = {_sign(p) for p in consistency.check(basis)}
        body = nest(row.cells["unit"], describe(Organisation), row.line)
        pairs: dict[str, Value] = {}
        if reports:
            shared = Value(0, 0, basis)
            if any(cell.content is not None for cell in row.cells["plan"].values()):
                shared = _overridden(basis, nest(row.cells["plan"], describe(Plan), row.line))
            results = {Value(line, 1, name): result for name, (line, result) in row.results.items()}
            pairs = {"plan": shared, "unit": body, "results": Value(row.line, 1, results)}
            own = nest(row.cells["report"], describe(Report), row.line)
            pairs |= {str(key.content): value for key, value in own.content.items()}
            root = Value(row.line, 1, {Value(value.line, 1, name): value for name, value in pairs.items()})
        else:
            override = nest({**_prefixed("owner", row.cells["unit"]), **row.cells["plan"]}, describe(Plan), row.line)
            root = _overridden(basis, override)
        loaded: data.Loaded[Plan] | data.Loaded[Report]
        tree = Tree(self.book.file, None, root, [])
        loaded = data.interpret(tree, Report) if reports else data.interpret(tree, Plan)
        problems = list(row.problems)
        silent = reports and not row.measures
        for problem in loaded.problems:
            placed = self.register.placed(problem)
            if placed is None and _sign(problem) not in known:
                placed = Problem(problem.code, row.place, problem.args)
            # Without a plan no result finds its measure; without rows every measure lacks a result: both are told once.
            echo = (self.basis is None and problem.code == "PF401") or (silent and problem.code == "PF409")
            if placed is None or _sign(problem) in known or echo:
                continue
            measure = bare_number(str(problem.args.get("measure", "")))
            if problem.code == "PF409" and measure in row.measures:
                placed = Problem(problem.code, row.measures[measure], problem.args)
            problems.append(placed)
        if silent:
            problems.append(Problem("PF179", row.place, {"key": row.key, "sheet": NAMES["results"]}))
        subject = loaded.value if whole and not has_errors(problems) else None
        return Unit(row.key, subject, in_order(problems, self.book), row.place)


_NO_PLAN = Plan.model_construct(title="…", year=2000, owner=Organisation.model_construct(name="…"))


class _Measures:
    """The measures of the plan as rows name them: by number, by id, by their text."""

    def __init__(self, plan: Plan | None) -> None:
        self.texts: dict[str, str] = {}
        self._names: dict[str, list[str]] = {}
        seen = view.walk(plan) if plan is not None else None
        assert seen is None or isinstance(seen, view.PlanView)
        for measure in seen.all_measures if seen is not None else ():
            name = measure.item.id if measure.item.id is not None else bare_number(measure.number)
            self.texts[name] = measure.item.text
            for known in {bare_number(measure.number), name, " ".join(measure.item.text.split())}:
                self._names.setdefault(text.name_key(known), []).append(name)

    def find(self, cell: Cell) -> str | tuple[str, dict[str, object]]:
        """The name that results have for the measure of a cell; else the fault (PF174, PF177)."""
        written = " ".join(cell.text.split())
        if not self.texts:
            return written
        found = self._names.get(text.name_key(bare_number(written))) or self._names.get(text.name_key(written))
        if not found:
            near = text.closest(written, self.texts)
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


def _as_number(written: str) -> float | None:
    try:
        return float(written)
    except ValueError:
        return None


def _node_type(path: Path) -> object:
    return type_at(describe(_wider(path)), path)


def _result_type(path: Path) -> object:
    return type_at(describe(Result), path)


def _text_of(draft: _Draft) -> object:
    cell = draft.cells.get(("text",))
    return cell.content if cell is not None else None


def _content(unit: _Row, owner: str, name: str) -> str | None:
    cell = unit.cells[owner].get((name,))
    return str(cell.content).strip() if cell is not None and cell.content else None


def _prefixed(first: str, cells: dict[Path, Value]) -> dict[Path, Value]:
    return {(first, *path): cell for path, cell in cells.items()}


def _sign(problem: Problem) -> str:
    return f"{problem.code} {dict(problem.args)!r}"


def _overridden(part: BaseModel, over: Value) -> Value:
    """A part of the shared plan with the values of a unit in place of its own; lists are replaced whole."""
    fields = {name: _inherited(getattr(part, name)) for name in part.model_fields_set}
    keys = {name: Value(0, 0, name) for name in fields}
    for key, value in over.content.items():
        name, shared = str(key.content), getattr(part, str(key.content), None)
        if value.content is None and not value.broken:
            continue
        keys[name] = key
        fields[name] = _overridden(shared, value) if isinstance(shared, BaseModel) and isinstance(value.content, dict) and name != "owner" else value
    return Value(over.line, 1, {keys[name]: value for name, value in fields.items()})


def _inherited(value: object) -> Value:
    if isinstance(value, tuple):
        return Value(0, 0, [_inherited(item) for item in value])
    if isinstance(value, dict):
        return Value(0, 0, {Value(0, 0, str(label)): _inherited(item) for label, item in value.items()})
    return Value(0, 0, value)
