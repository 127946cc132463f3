"""The workbook to fill in, of a plan and the units that report on it; filled in where they have done so.

Every value is written as text, never as a formula; what a cell cannot hold is refused with its place in the plan. The
same plan and units give the same bytes.
"""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from io import BytesIO
from typing import TYPE_CHECKING, Any, Final

from pydantic import BaseModel, ValidationError

from planforge import archive, text, view, vocabulary
from planforge.binding import Binding
from planforge.errors import DataError, DataPlace, Problem, Words
from planforge.model import LEVELS, Criterion, Measure, Node, Organisation, Plan, Report, Result, children
from planforge.sheet_columns import (
    HIDDEN,
    HINT,
    KEY,
    LEVEL,
    MEASURE,
    NODE_COLUMNS,
    PLAN_LINES,
    RESULT_COLUMNS,
    UNIT,
    UNIT_COLUMNS,
    Path,
    as_path,
    capital,
    flatten,
    heading,
    nest,
    overridden,
    resolve,
)
from planforge.sheet_reader import MAX_CELL, MAX_COLUMNS, MAX_ROWS
from planforge.sheet_tables import GUIDE, NAMES, Role, meaning
from planforge.tree import Node as Value
from planforge.tree import Tree, excerpt
from planforge.vocabulary import ListOf, MapOf, Record, describe

if TYPE_CHECKING:
    from xlsxwriter.worksheet import Worksheet

__all__ = ["field_at", "new"]

_SPARE: Final = 500
"""Rows below the last filled one that have drop-downs and hints."""
_WIDE, _USUAL, _NARROW = 48, 24, 15

_GUIDE: Final = (
    "Энэ хүснэгтийг planforge программ уншиж, нэгж бүрийн тайланг Word баримт болгоно.",
    "",
    "«Нэгж»: мөр бүрд нэг нэгж. Нэр заавал бичнэ. Таних тэмдэг бичвэл «Гүйцэтгэл» хуудсанд түүгээр нь нэрлэнэ.",
    "Гарчиг, байдлаар, хугацаа зэргийг зөвхөн бусдаас өөр нэгжид бичнэ.",
    "",
    "«Төлөвлөгөө»: дээр нь төлөвлөгөөний ерөнхий мэдээлэл, доор нь зорилт, арга хэмжээ, шалгуур тус бүрийн мөр.",
    "Нэг нүдэнд хэд хэдэн шалгуур бичих бол Alt+Enter дарж мөр мөрөөр бичнэ.",
    "",
    "«Гүйцэтгэл»: нэгж, арга хэмжээ бүрд нэг мөр. Саарал нүдийг өөрчлөхгүй.",
    "Хувь (0-100) эсвэл төлөв (ХБ гэх мэт) хоёрын аль нэгийг бичнэ.",
    "Хавсралтын файл, зургийн тоог тус тусад нь бичнэ. Мөнгөн дүнг тоогоор, эсвэл бичвэрээр бичиж болно.",
    "",
    "Нуусан баганад программын таних тэмдэг бий: өөрчлөхгүй.",
    "Хуудас, баганын нэрийг өөрчлөхгүй. Баганын дараалал, хоосон мөр хамаагүй. Нүдийг нэгтгэж болохгүй.",
    "Нүд бичвэр хэлбэртэй: 1.10 гэж бичвэл яг тэр хэвээр үлдэнэ. Хуулсныг утгаар нь буулгана (Paste Values).",
    "Шалгах: planforge sheet read файл.xlsx",
)


def new(plan: Plan, /, *, units: Iterable[Organisation | Report] = ()) -> bytes:
    """A workbook with the plan, the units, a row for each of their measures, and short instructions in Mongolian.

    The rows of a unit that is a Report on the plan hold its results. `sheets.read` gives the plan and the reports back,
    their results by id, else by number, those without any value left out. DataError with every value that no cell can
    hold: a blank text, one that is too long, a label that cannot be a heading, another plan (PF158, PF184), too many
    rows or columns (PF157), and with every measure that results could not name (PF177), every result without a measure
    (PF401 to PF403), every report without a unit (PF183), every unit that is there twice (PF173).
    """
    book = _Book(plan, list(units))
    if book.problems:
        raise DataError(book.problems)
    return book.written()


@dataclass(slots=True)
class _Grid:
    """A table: its columns by path, and the cells of its rows."""

    record: Record
    paths: list[Path]
    rows: list[dict[Path, str]] = field(default_factory=list)

    def add(self, cells: dict[Path, str]) -> None:
        self.paths += [path for path in cells if path not in self.paths]
        self.rows.append(cells)


class _Book:
    """What goes into the workbook, settled before anything is written."""

    def __init__(self, plan: Plan, given: Sequence[Organisation | Report]) -> None:
        self.problems: list[Problem] = []
        self.plan = plan
        self.given = given
        record = describe(Plan)
        offered = {as_path(name): "" for name in PLAN_LINES}
        self.lines = {**offered, **self._fit(plan, (), record)}
        self.nodes = _Grid(describe(Measure), [as_path(name) for name in NODE_COLUMNS])
        self.levels: list[str] = []
        for level, node, path in _nodes(plan, (), 0):
            self.levels.append(level)
            self.nodes.add(self._fit(node, path, describe(type(node))))
        self.measures = _measures(plan)
        self.units = _Grid(describe(Organisation), [_unit_path(name) for name in UNIT_COLUMNS])
        typed = max((n for m in self.measures for n, c in enumerate(m.item.criteria, 1) if _is_typed(c)), default=0)
        self.results = _Grid(
            describe(Result),
            [as_path(name) for name in RESULT_COLUMNS] + [("indicators", str(n + 1)) for n in range(min(typed, 20))],
        )
        self.keys: list[str] = []
        for index, unit in enumerate(given):
            if isinstance(unit, Report):
                self._report(unit, ("units", index))
            else:
                self._unit(unit, ("units", index), {})
                self.results.rows += [{}] * len(self.measures)
        self._limits()
        if given:
            self._nameable()

    def _unit(self, body: Organisation, path: Path, reported: dict[Path, str]) -> None:
        """The row of a unit; `reported` are the cells of its report."""
        own = self._fit(body, path, describe(Organisation), ("units", "unit"))
        self.units.add({**{("unit", *below): written for below, written in own.items()}, **reported})
        self.keys.append(body.id if body.id is not None else body.name)

    def _report(self, report: Report, path: Path) -> None:
        """The rows of a unit with its results: what its report and its plan say otherwise, then each measure."""
        record = describe(Report)
        cells = self._fit(report, path, record, ("units", "report"), without=("plan", "unit", "results"))
        row: dict[Path, str] = {("report", *below): written for below, written in cells.items()}
        if report.plan != self.plan:
            row |= self._own_plan(report.plan, (*path, "plan"))
        if report.unit is None:
            self.problems.append(Problem("PF183", self._place(path, ("unit",))))
        else:
            self._unit(report.unit, (*path, "unit"), row)
        given = dict(report.results)
        for problem in view.join_problems(report):
            assert isinstance(problem.place, DataPlace)
            self.problems.append(replace(problem, place=self._place(path, problem.place.path)))
            del given[str(problem.place.path[-1])]
        by_name = {**{view.bare_number(name): name for name in given}, **{name: name for name in given}}
        for measure in self.measures:
            name = by_name.get(measure.item.id or "") or by_name.get(view.bare_number(measure.number))
            if name is None:
                self.results.add({})
            else:
                where = (*path, "results", name)
                self.results.add(self._fit(given[name], where, describe(Result), ("results", "result")))

    def _own_plan(self, plan: Plan, path: Path) -> dict[Path, str]:
        """The cells of a unit's row that make its own plan of the shared one, as far as such cells can."""
        record = describe(Plan)
        same = [name for name in record.data if getattr(plan, name) == getattr(self.plan, name)]
        cells = {
            below: written
            for below, written in flatten(plan, same).items()
            if written.strip() and meaning("units", heading(record, below)) == ("plan", below)
        }
        over = nest({below: Value(1, 1, written) for below, written in cells.items()}, record, 1)
        back = _bound(overridden(self.plan, over), record)
        lost = [name for name in record.data if back is None or getattr(back, name) != getattr(plan, name)]
        if not lost and [_name(m) for m in _measures(plan)] != [_name(m) for m in self.measures]:
            lost = ["numbering"]
        self.problems += [Problem("PF184", self._place(path, (name,)), {}) for name in lost]
        return {("plan", *below): written for below, written in cells.items()}

    def _fit(
        self,
        part: BaseModel,
        path: Path,
        record: Record,
        column: tuple[Role, str] | None = None,
        *,
        without: Collection[str] = (),
    ) -> dict[Path, str]:
        """The cells of a record; what would not come back from them is a problem, at its place in the plan.

        `column` is the sheet whose columns they stand in, and what they belong to there.
        """
        cells: dict[Path, str] = {}
        lost: set[str | int] = set(without)
        for below, written in flatten(part, without).items():
            if len(written) > MAX_CELL:
                args = {"length": f"{len(written):,}", "limit": f"{MAX_CELL:,}"}
                self.problems.append(Problem("PF158", self._place(path, below), dict(args)))
            elif written.strip() and _is_heading(record, below, column):
                cells[below] = written
                continue
            else:
                self.problems.append(Problem("PF184", self._place(path, below), {}))
            lost.add(below[0])
        root = nest({below: Value(1, 1, written) for below, written in cells.items()}, record, 1)
        if isinstance(part, Report):
            root.content[Value(1, 1, "plan")] = Value(1, 1, self.plan)
        back = _bound(root, record)
        for name in part.model_fields_set - lost:
            kind = record.data[name].type
            holds_nodes = (
                isinstance(kind, ListOf) and isinstance(kind.item, Record) and issubclass(kind.item.model, Node)
            )
            in_rows = name == "criteria" and (name,) not in cells
            if not (holds_nodes or in_rows) and (back is None or getattr(back, name) != getattr(part, name)):
                self.problems.append(Problem("PF184", self._place(path, (name,)), {}))
        return cells

    def _place(self, path: Path, below: Path) -> DataPlace:
        """The place of a value of the plan, or of a unit: `units[3].results.1.1.done`."""
        whole = (*path, *below)
        if whole[:1] == ("units",):
            root, own = describe(type(self.given[int(whole[1])])), whole[2:]
        else:
            root, own = describe(Plan), whole
        return DataPlace(path=whole, counted=vocabulary.counted(root, own))

    def _limits(self) -> None:
        rows = max(len(self.nodes.rows) + len(self.lines), len(self.given) * len(self.measures))
        columns = max(len(self.nodes.paths) + 1, len(self.units.paths), len(self.results.paths) + 4)
        if rows + 10 > MAX_ROWS or columns > MAX_COLUMNS:
            limit = Words(f"{MAX_ROWS:,} мөр, {MAX_COLUMNS} багана", f"{MAX_ROWS:,} rows, {MAX_COLUMNS} columns")
            self.problems.append(Problem("PF157", DataPlace(), {"limit": limit}))

    def _nameable(self) -> None:
        """Every measure has a name of its own: an id, or a number that no other has; so has every unit."""
        seen: dict[str, str] = {}
        for measure in self.measures:
            name = _name(measure)
            if name in seen:
                args = {"found": name, "others": f"{seen[name]}, {measure.item.text}"}
                self.problems.append(Problem("PF177", DataPlace(path=measure.path), dict(args)))
            seen.setdefault(name, measure.item.text)
        first: dict[str, int] = {}
        for index, key in enumerate(self.keys):
            at = first.setdefault(text.name_key(key), index)
            if at != index:
                args = {"key": excerpt(key), "first": str(at + 1)}
                self.problems.append(Problem("PF173", self._place(("units", index), ()), dict(args)))

    # --- writing -----------------------------------------------------------------------------------------------------

    def written(self) -> bytes:
        from xlsxwriter import Workbook

        out = BytesIO()
        workbook = Workbook(
            out,
            {
                "in_memory": True,
                "strings_to_formulas": False,
                "strings_to_numbers": False,
                "strings_to_urls": False,
            },
        )
        workbook.set_properties({"title": self.plan.title[:255], "created": dt.datetime(2000, 1, 1)})
        base = {"num_format": "@", "text_wrap": True, "valign": "top", "font_name": "Arial", "font_size": 10}
        framed = {**base, "border": 1, "border_color": "#BFBFBF"}
        self.head = workbook.add_format({**framed, "bold": True, "bg_color": "#DCE6F1", "valign": "vcenter"})
        self.open = workbook.add_format({**framed, "locked": False})
        self.shut = workbook.add_format({**framed, "bg_color": "#F2F2F2"})
        self.line = workbook.add_format({**base, "text_wrap": False, "locked": False})
        self.name = workbook.add_format({**base, "text_wrap": False, "bold": True})
        self.plain = workbook.add_format(base)
        self._units_sheet(workbook.add_worksheet(NAMES["units"]))
        self._plan_sheet(workbook.add_worksheet(NAMES["plan"]))
        self._results_sheet(workbook.add_worksheet(NAMES["results"]))
        guide = workbook.add_worksheet(GUIDE)
        guide.set_column(0, 0, 110, self.plain)
        for row, line in enumerate(_GUIDE):
            guide.write_string(row, 0, line, self.plain)
        if self.keys:
            workbook.worksheets()[2].activate()
        workbook.close()
        return _with_loose_heights(out.getvalue())

    def _units_sheet(self, sheet: Worksheet) -> None:
        records = {"unit": describe(Organisation), "report": describe(Report), "plan": describe(Plan)}
        last = max(len(self.keys), 1) + _SPARE
        for at, (owner, *steps) in enumerate(self.units.paths):
            record, path = records[str(owner)], tuple(steps)
            sheet.set_column(at, at, _USUAL if path != ("name",) else _WIDE, self.open)
            sheet.write_string(0, at, heading(record, path), self.head)
            self._hint(sheet, 1, last, at, record, path)
        for row, cells in enumerate(self.units.rows, 1):
            for at, column in enumerate(self.units.paths):
                if column in cells:
                    sheet.write_string(row, at, cells[column], self.open)
        self.key_column = 0 if any(("unit", "id") in cells for cells in self.units.rows) else 1
        _shaped(sheet, 0, 2)
        _protected(sheet)

    def _plan_sheet(self, sheet: Worksheet) -> None:
        row = 0
        for path, written in self.lines.items():
            sheet.write_string(row, 0, heading(describe(Plan), path), self.name)
            sheet.write_string(row, 2, written, self.line) if written else sheet.write_blank(row, 2, None, self.line)
            row += 1
        head = row + 1
        sheet.set_column(0, 0, _USUAL, self.plain)
        sheet.write_string(head, 0, capital(LEVEL.mn), self.head)
        for at, path in enumerate(self.nodes.paths, 1):
            width = _NARROW if path == ("number",) else _WIDE if path == ("text",) else _USUAL * 1.4
            sheet.set_column(at, at, width, self.plain, {"hidden": path[0] in HIDDEN})
            sheet.write_string(head, at, heading(self._record_of(path), path), self.head)
        widths = {path: _USUAL * 1.4 if path != ("text",) else _WIDE for path in self.nodes.paths}
        for row, (level, cells) in enumerate(zip(self.levels, self.nodes.rows, strict=True), head + 1):
            sheet.set_row(row, max(_height(written, widths[path]) for path, written in cells.items()))
            sheet.write_string(row, 0, level, self.open)
            for at, path in enumerate(self.nodes.paths, 1):
                if path in cells:
                    sheet.write_string(row, at, cells[path], self.open)
                else:
                    sheet.write_blank(row, at, None, self.open)
        last = head + len(self.levels) + _SPARE
        words = [capital(word) for word in [*view.LEVEL_TERMS.values(), "дэд арга хэмжээ", "дэд шалгуур"]]
        sheet.data_validation(head + 1, 0, last, 0, {"validate": "list", "source": words, "error_type": "warning"})
        for at, path in enumerate(self.nodes.paths, 1):
            self._hint(sheet, head + 1, last, at, self._record_of(path), path)
        _shaped(sheet, head, 0)

    def _record_of(self, path: Path) -> Record:
        return next(r for r in (describe(Measure), describe(Criterion)) if path[0] in r.data)

    def _results_sheet(self, sheet: Worksheet) -> None:
        record = describe(Result)
        paths = self.results.paths
        filled = len(self.keys) * len(self.measures)
        last = filled + _SPARE
        for at, (term, width) in enumerate(((UNIT, _USUAL), (MEASURE, _NARROW), (HINT, _WIDE))):
            sheet.set_column(at, at, width, self.open)
            sheet.write_string(0, at, capital(term.mn), self.head)
        column = "AB"[self.key_column]
        keys = f"='{NAMES['units']}'!${column}$2:${column}${max(len(self.keys), 1) + _SPARE}"
        sheet.data_validation(1, 0, last, 0, {"validate": "list", "source": keys, "error_type": "stop"})
        widths = {path: _USUAL * 1.4 if path[0] in ("done", "reached", "reason") else _NARROW for path in paths}
        for at, path in enumerate(paths, 3):
            sheet.set_column(at, at, widths[path], self.open)
            sheet.write_string(0, at, heading(record, path), self.head)
            self._hint(sheet, 1, last, at, record, path)
        hidden = len(paths) + 3
        if any(measure.item.id is not None for measure in self.measures):
            sheet.set_column(hidden, hidden, _NARROW, self.shut, {"hidden": True})
            sheet.write_string(0, hidden, capital(KEY.also[1]), self.head)
        rows = ((key, measure) for key in self.keys for measure in self.measures)
        for row, ((key, measure), cells) in enumerate(zip(rows, self.results.rows, strict=True), 1):
            heights = [_height(written, widths[path]) for path, written in cells.items()]
            sheet.set_row(row, max(_height(measure.item.text, _WIDE), _height(key, _USUAL), *heights))
            number = view.bare_number(measure.number) or _name(measure)
            for at, written in enumerate((key, number, measure.item.text)):
                sheet.write_string(row, at, written, self.shut)
            if measure.item.id is not None:
                sheet.write_string(row, hidden, measure.item.id, self.shut)
            for at, path in enumerate(paths, 3):
                if path in cells:
                    sheet.write_string(row, at, cells[path], self.open)
        _shaped(sheet, 0, 3)
        if filled:
            sheet.autofilter(0, 0, filled, len(paths) + 2)
        _protected(sheet)

    def _hint(self, sheet: Worksheet, first: int, last: int, at: int, record: Record, path: Path) -> None:
        """What belongs in a column, shown where somebody fills it in; a list of words where only these will do."""
        found = field_at(record, path)
        message = found.term.help_mn + (f". Жишээ нь: {found.term.example}" if found.term.example else "")
        rule: dict[str, Any] = {"validate": "any"}
        if found.words:
            rule = {"validate": "list", "source": [words[0] for _, words in found.words], "error_type": "warning"}
        rule |= {"input_title": capital(found.term.mn)[:32], "input_message": message[:255]}
        sheet.data_validation(first, at, last, at, rule)


def _height(written: str, width: float) -> float:
    """About how high a row is that shows a text, in points; 409 is Excel's limit."""
    lines = sum(max(1, math.ceil(len(line) / width)) for line in written.split("\n"))
    return min(lines * 12.0 + 4, 400)


def _with_loose_heights(content: bytes) -> bytes:
    """The workbook with heights of rows that give way to what is typed: XlsxWriter fixes each that it is told.

    Without any height LibreOffice would show one line of each row.
    """
    parts, _ = archive.extract(content)
    sheets = {name: data.replace(b' customHeight="1"', b"") for name, data in parts.items() if "/sheet" in name}
    return archive.write(archive.deflate(name, data) for name, data in {**parts, **sheets}.items())


def _shaped(sheet: Worksheet, head: int, columns: int) -> None:
    """The header stays in view and is printed on every page."""
    sheet.set_row(head, 30)
    sheet.freeze_panes(head + 1, columns)
    sheet.set_landscape()
    sheet.set_paper(9)
    sheet.fit_to_pages(1, 0)
    sheet.repeat_rows(head)


def _protected(sheet: Worksheet) -> None:
    """Locked, without a password, but for what is to be filled in."""
    allowed = ("format_cells", "format_columns", "format_rows", "insert_rows", "sort", "autofilter")
    sheet.protect("", dict.fromkeys(allowed, True))


def _nodes(holder: Plan | Node, path: Path, depth: int) -> Iterator[tuple[str, Node | Criterion, Path]]:
    """The rows of a plan: word of the level, node, path. Inner levels come first, so that each stands under its own."""
    for level, nodes in reversed(children(holder)):
        sub = depth if level == "measure" else 0
        for index, node in enumerate(nodes):
            below = (*path, LEVELS[level][1], index)
            yield _level_word(level, sub), node, below
            if ("criteria",) not in flatten(node):
                yield from _criteria(node.criteria, (*below, "criteria"), 0)
            yield from _nodes(node, below, sub + 1 if level == "measure" else 0)


def _criteria(criteria: Sequence[Criterion], path: Path, depth: int) -> Iterator[tuple[str, Criterion, Path]]:
    for index, criterion in enumerate(criteria):
        yield _level_word("criterion", depth), criterion, (*path, index)
        if ("criteria",) not in flatten(criterion):
            yield from _criteria(criterion.criteria, (*path, index, "criteria"), depth + 1)


def _level_word(level: str, depth: int) -> str:
    return capital("дэд " * depth + view.LEVEL_TERMS[level])


def _name(measure: view.MeasureNode) -> str:
    """What a row calls a measure: its id, else its number."""
    return measure.item.id if measure.item.id is not None else view.bare_number(measure.number)


def _is_typed(criterion: Criterion) -> bool:
    """Whether a criterion asks for a value."""
    return any((criterion.measured_in, criterion.baseline, criterion.target, criterion.targets))


def field_at(record: Record, path: Path) -> vocabulary.Field:
    """The last field on a path: what a column is about."""
    kind: vocabulary.Type = record
    found: vocabulary.Field | None = None
    for step in path:
        while isinstance(kind, ListOf):
            kind = kind.item
        if isinstance(kind, MapOf):
            kind = kind.value
        elif isinstance(kind, Record) and not isinstance(step, int):
            found = kind.data[step]
            kind = found.type
    assert found is not None
    return found


def _measures(plan: Plan) -> tuple[view.MeasureNode, ...]:
    seen = view.walk(plan)
    assert isinstance(seen, view.PlanView)
    return seen.all_measures


def _unit_path(name: str) -> Path:
    """A column of «Нэгж»: whose field it is, the unit's, its report's or its plan's, and the path of that."""
    path = as_path(name)
    owners = {"unit": Organisation, "report": Report, "plan": Plan}
    return (next(owner for owner, model in owners.items() if path[0] in describe(model).data), *path)


def _is_heading(record: Record, path: Path, column: tuple[Role, str] | None) -> bool:
    """Whether the heading of a path means it, in a column of a sheet or in a line of the plan."""
    written = heading(record, path)
    if column is None:
        return resolve(record, written) == path
    role, owner = column
    return meaning(role, written) == (owner, path)


def _bound(root: Value, record: Record) -> BaseModel | None:
    """The record that would be read from a tree."""
    bound = Binding(Tree(None, None, root, []), root, record)
    try:
        return record.model.model_validate(bound.data)
    except ValidationError:
        return None
