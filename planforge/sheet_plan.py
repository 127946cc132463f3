"""The sheet «Төлөвлөгөө» → a plan: lines of a name and a value, then a table with a row for each node.

A row says its level in a column («Түвшин»), or by the column that its text stands in («Зорилт», «Арга хэмжээ»), as
forms do. Criteria are lines of a cell or rows of their own.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from pydantic import BaseModel

from planforge import data, text, view
from planforge.errors import Problem, Words, has_errors
from planforge.model import LEVELS, Criterion, Measure, Plan
from planforge.sheet_columns import Path, nest, resolve, type_at
from planforge.sheet_reader import Cell, Sheet
from planforge.sheet_tables import Register, Table, cells_by_path, level_of, table
from planforge.tree import Node as Value
from planforge.tree import Tree, excerpt
from planforge.vocabulary import Scalar, Type, describe

__all__ = ["read_plan"]


def read_plan(sheet: Sheet, register: Register) -> tuple[Plan | None, Plan | None, list[Problem]]:
    """The plan of a sheet, None if it has errors; what is left of it then; all its problems at their cells."""
    reading = _Reading(sheet, register)
    loaded = data.interpret(Tree(sheet.file, None, reading.root(), []), Plan)
    problems = [*reading.faults, *filter(None, map(register.placed, loaded.problems))]
    return None if has_errors(problems) else loaded.value, loaded.value or loaded.rest, problems


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
        return _rank(self.level, self.depth)

    @property
    def text(self) -> object:
        cell = self.cells.get(("text",))
        return cell.content if cell is not None else None

    def fits(self, parent: _Draft | None) -> bool:
        """Whether it may stand under a parent: what is one deeper only under its like, a criterion under anything."""
        if self.depth:
            return parent is not None and (parent.level, parent.depth) == (self.level, self.depth - 1)
        return self.level != "criterion" or parent is not None

    def node(self) -> Value:
        record = describe(Criterion if self.level == "criterion" else LEVELS[self.level][0])
        known = {path: cell for path, cell in self.cells.items() if path[0] in record.data}
        node = nest(known, record, self.line)
        # A value that this level does not have is a key that the record does not know.
        for path, cell in self.cells.items():
            if path not in known and cell.content is not None:
                node.content[Value(cell.line, 1, describe(_model_with(path)).data[str(path[0])].term.mn)] = cell
        for name, drafts in self.inner.items():
            _extend(node, name, [draft.node() for draft in drafts])
        return node


def _model_with(path: Path) -> type[BaseModel]:
    """Whose field a column of the table is."""
    return next(model for model in (Measure, Criterion) if path[0] in describe(model).data)


def _extend(node: Value, name: str, items: list[Value]) -> None:
    """Adds items to the list of a node: those of its cell come first."""
    for key, value in node.content.items():
        if key.content == name and value.content is not None:
            value.content = [*(value.content if isinstance(value.content, list) else [value]), *items]
            return
    node.content = {k: v for k, v in node.content.items() if k.content != name}
    node.content[Value(items[0].line, 1, name)] = Value(items[0].line, 1, items)


class _Reading:
    """One pass over the sheet."""

    def __init__(self, sheet: Sheet, register: Register) -> None:
        self.sheet = sheet
        self.register = register
        self.faults: list[Problem] = []

    def root(self) -> Value:
        """The plan as a tree."""
        found = table(self.sheet, "plan", self.faults)
        line = self.register.line(self.sheet.place())
        lines: dict[Path, Value] = {}
        for row, cells in (found.above if found else self.sheet.rows()).items():
            self._line(row, cells, lines)
        held: dict[str, list[_Draft]] = {}
        for parent, name, draft in self._drafts(found) if found else ():
            (held if parent is None else parent.inner).setdefault(name, []).append(draft)
        root = nest(lines, describe(Plan), line)
        for name, drafts in held.items():
            _extend(root, name, [draft.node() for draft in drafts])
        return root

    def _line(self, row: int, cells: dict[int, Cell], lines: dict[Path, Value]) -> None:
        """A line above the table: the name of a field, then its value in the next cell that is filled."""
        (at, label), *rest = cells.items()
        record = describe(Plan)
        path = resolve(record, label.text) or resolve(record, label.text.rstrip(": "))
        place = self.sheet.place(row, at)
        if path is None and not rest:
            self.faults.append(Problem("PF188", place, {"found": excerpt(label.text)}))
        elif path is None:
            near = text.closest(label.text, [f.term.mn for f in record.data.values()])
            advice = Words("Ийм утга төлөвлөгөөнд байхгүй.", "A plan has no such value.")
            if near is not None:
                advice = Words(f"«{near}» гэх гэсэн үү?", f"Did you mean “{near}”?")
            self.faults.append(Problem("PF167", place, {"heading": excerpt(label.text), "advice": advice}))
        elif path in lines:
            first = self.register.place(lines[path].line).cell
            self.faults.append(Problem("PF168", place, {"heading": excerpt(label.text), "first": first}))
        else:
            spot, cell = ((row, rest[0][0]), rest[0][1]) if rest else ((row, at + 1), None)
            lines[path] = self.register.value(self.sheet, spot, cell, type_at(record, path), self.faults)
            self.faults += [Problem("PF170", self.sheet.place(row, other)) for other, _ in rest[1:]]

    def _drafts(self, found: Table) -> Iterator[tuple[_Draft | None, str, _Draft]]:
        """Each node of the table with its parent (None: the plan) and the field of the parent that holds it."""
        above: list[_Draft] = []
        for row in found.rows:
            for draft in self._row(found, row, above):
                while above and above[-1].rank >= draft.rank:
                    above.pop()
                parent = above[-1] if above else None
                if not draft.fits(parent):
                    at = found.column(("level", ())) or 0
                    self.faults.append(Problem("PF181", self.sheet.place(row, at)))
                    continue
                above.append(draft)
                yield parent, "criteria" if draft.level == "criterion" else LEVELS[draft.level][1], draft

    def _row(self, found: Table, row: int, above: list[_Draft]) -> Iterator[_Draft]:
        """The nodes that a row begins: one by its level, or one for each column of a level that says something new."""
        line = self.register.line(self.sheet.place(row, min(found.rows[row])))
        cells = cells_by_path(self.register, found, row, "node", _type_of, self.faults)
        at = found.column(("level", ()))
        if at is None:
            yield from self._by_columns(found, row, above, line, cells)
            return
        cell = found.rows[row].get(at)
        level = level_of(cell.text) if cell is not None else None
        if level is None:
            words = [*view.LEVEL_TERMS.values(), "дэд арга хэмжээ", "дэд шалгуур"]
            written = cell.text if cell is not None else ""
            args = {"found": excerpt(written), "words": ", ".join(words)}
            self.faults.append(Problem("PF180", self.sheet.place(row, at), dict(args)))
            level = level_of(text.closest(written, words) or view.LEVEL_TERMS["measure"])  # so that the rest is judged
        assert level is not None
        yield _Draft(*level, line, cells)

    def _by_columns(
        self, found: Table, row: int, above: list[_Draft], line: int, cells: dict[Path, Value]
    ) -> Iterator[_Draft]:
        """A column that is empty, or repeats what stands above, begins nothing; the innermost has the row's values."""
        columns = [(_level(path), at) for at, (owner, path) in found.columns.items() if owner == "at"]
        columns.sort(key=lambda column: _rank(*column[0]))
        fresh: list[_Draft] = []
        for (level, depth), at in columns:
            value = self.register.value(self.sheet, (row, at), found.rows[row].get(at), Scalar.TEXT, self.faults)
            draft = _Draft(level, depth, line, {("text",): value})
            repeats = any(d.rank == draft.rank and d.text == draft.text for d in above)
            if draft.text is not None and (not repeats or fresh or at == columns[-1][1]):
                fresh.append(draft)
        if fresh:
            fresh[-1].cells = {**cells, **fresh[-1].cells}
        yield from fresh or [_Draft(*(columns[-1][0] if columns else ("measure", 0)), line, cells)]


def _rank(level: str, depth: int) -> tuple[int, int]:
    """What stands under what: a node of a higher rank under the last one of a lower."""
    return view.LEVELS.index(level), depth


def _level(path: Path) -> tuple[str, int]:
    level, depth = path
    return str(level), int(depth)


def _type_of(path: Path) -> Type:
    return type_at(describe(_model_with(path)), path)
