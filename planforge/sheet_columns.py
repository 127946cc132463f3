"""Headings of workbooks ↔ paths of the model; records ↔ the cells of a row.

A heading is the name of a field in either language or a synonym; steps into a part are set apart by a colon, places in
a list are counted: «Батлах тэмдэглэл 2: нэр», «Нэмэлт: эрсдэл». A step that is in no doubt may be left out («Файл»).
So every field of the model has a heading, and nothing here lists fields but the columns that a new workbook offers.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping
from typing import Any, Final, TypeAlias

from pydantic import BaseModel

from planforge import mongolian, text, vocabulary
from planforge.binding import takes_text
from planforge.model import Criterion, Node, Plan, Term
from planforge.tree import Node as Value
from planforge.vocabulary import ListOf, MapOf, Record, Scalar, mongolian_name
from planforge.yaml_writer import given, short

__all__ = [
    "HIDDEN",
    "HINT",
    "KEY",
    "LEVEL",
    "MEASURE",
    "NODE_COLUMNS",
    "PLAN_LINES",
    "RESULT_COLUMNS",
    "UNIT",
    "UNIT_COLUMNS",
    "Path",
    "as_path",
    "capital",
    "flatten",
    "heading",
    "means",
    "nest",
    "overridden",
    "resolve",
    "type_at",
]

Path: TypeAlias = tuple[str | int, ...]

# Columns that are no field of a record.
KEY: Final = Term("дугаар", also=("№", "түлхүүр", "key"))
UNIT: Final = Term("нэгж", also=("нэгжийн нэр", "нэгжийн дугаар", "байгууллага", "байгууллагын нэр", "unit"))
MEASURE: Final = Term(
    "арга хэмжээ", also=("арга хэмжээний дугаар", "дугаар", "№", "measure", "number", "таних тэмдэг", "id")
)
HINT: Final = Term("арга хэмжээний агуулга", also=("хэрэгжүүлэх арга хэмжээ", "агуулга", "бичвэр", "text"))
LEVEL: Final = Term("түвшин", also=("шатлал", "level"))

HIDDEN: Final = ("id", "lineage")
"""What of the nodes of a plan programs need and people do not: columns that a new workbook hides."""

# What a new workbook offers; of these and any other field the headings are known.
UNIT_COLUMNS: Final = (
    "id",
    "name",
    "genitive",
    "short",
    "approval.0.person.position",
    "approval.0.person.rank",
    "approval.0.person.name",
    "title",
    "as_of",
    "period",
    "defaults.responsible",
)
PLAN_LINES: Final = ("title", "year", "owner", "issuer", "period", "defaults.period", "defaults.responsible")
NODE_COLUMNS: Final = ("number", "text", "criteria", "outcome", "period", "responsible")
RESULT_COLUMNS: Final = (
    "done",
    "reached",
    "percent",
    "status",
    "spent",
    "reason",
    "attachments.files",
    "attachments.pictures",
)


def means(term: Term, heading: str, /) -> bool:
    """Whether a heading is a term or one of its synonyms."""
    return _key(heading) in map(_key, (term.mn, *term.also))


def _key(heading: str) -> str:
    return text.name_key(mongolian_name(heading) or heading)


def capital(term: str) -> str:
    """A term as it stands at the head of a column."""
    return term[:1].upper() + term[1:]


# --- headings --------------------------------------------------------------------------------------------------------

_COUNTED: Final = re.compile(r"(.*\S)\s+([1-9][0-9]{0,2})", re.DOTALL)


def resolve(record: Record, heading: str, /) -> Path | None:
    """The path below a record that a heading means; None if it means none that one cell can hold."""
    written, colon, rest = heading.partition(":")
    counted = _COUNTED.fullmatch(written.strip())
    found, index = record.find_key(written), None
    if found is None and counted is not None:
        found, index = record.find_key(counted[1]), int(counted[2]) - 1
    if found is None:
        inner = [(f.name, *_first(f.type), *path) for f in record.data.values() for path in _inside(f.type, heading)]
        return inner[0] if len(inner) == 1 else None
    below = _below(found.type, index, rest.removeprefix(" "), more=bool(colon))
    return None if below is None else (found.name, *below)


def _inside(kind: vocabulary.Type, heading: str) -> Iterable[Path]:
    """The path that a heading means in the parts of a field, if that field's own name was left out."""
    record = _part(kind)
    if record is None or (record.find_key(heading.partition(":")[0])) is None:
        return
    path = resolve(record, heading)
    if path is not None:
        yield path


def _first(kind: vocabulary.Type) -> Path:
    return (0,) if isinstance(kind, ListOf) else ()


def _part(kind: vocabulary.Type) -> Record | None:
    """The record that a field holds, once or in a list, unless it is the tree of a plan."""
    record = kind.item if isinstance(kind, ListOf) else kind
    return record if isinstance(record, Record) and not issubclass(record.model, Node | Plan | Criterion) else None


def _below(kind: vocabulary.Type, index: int | None, rest: str, *, more: bool) -> Path | None:
    """The path from a field on; `index` counts in a list, `more` is whether anything follows a colon."""
    if isinstance(kind, ListOf):
        if isinstance(kind.item, Record) and issubclass(kind.item.model, Node):
            return None
        if index is None and not more:
            return () if not isinstance(kind.item, Record) or takes_text(kind.item) else None
        below = _below(kind.item, None, rest, more=more)
        return None if below is None else (index or 0, *below)
    if index is not None:
        return None
    if isinstance(kind, MapOf):
        if isinstance(kind.value, Record):
            return None
        return (rest,) if more else ()
    if isinstance(kind, Record):
        if more:
            return resolve(kind, rest)
        return () if takes_text(kind) else None
    return None if more else ()


def heading(record: Record, path: Path, /) -> str:
    """The heading of a path: the first and the last step where they say enough, else every step."""
    steps = _steps(record, path)
    brief = ": ".join((steps[0], steps[-1]))
    for written in (steps[0], brief):
        if len(steps) > 1 and resolve(record, written) == path:
            return capital(written)
    return capital(": ".join(steps))


def _steps(record: Record, path: Path) -> list[str]:
    steps: list[str] = []
    kind: vocabulary.Type = record
    for step in path:
        if isinstance(kind, ListOf):
            if step or not isinstance(kind.item, Record):
                steps[-1] += f" {int(step) + 1}"
            kind = kind.item
        elif isinstance(kind, MapOf):
            steps.append(str(step))
            kind = kind.value
        else:
            assert isinstance(kind, Record)
            found = kind.data[str(step)]
            steps.append(found.term.mn)
            kind = found.type
    return steps


def type_at(record: Record, path: Path, /) -> vocabulary.Type:
    """What stands at a path; of a list in one cell what its items are."""
    kind: vocabulary.Type = record
    for step in path:
        if isinstance(kind, ListOf):
            kind = kind.item
        elif isinstance(kind, MapOf):
            kind = kind.value
        else:
            assert isinstance(kind, Record)
            kind = kind.data[str(step)].type
    return kind.item if isinstance(kind, ListOf) else kind


# --- records → cells -------------------------------------------------------------------------------------------------


def flatten(part: BaseModel, /, without: Collection[str] = ()) -> dict[Path, str]:
    """The cells of a record: path → text. Lists of lines share a cell; nodes below the part are left out.

    So are the fields named in `without`.
    """
    out: dict[Path, str] = {}
    for field in given(part):
        if field.name not in without:
            out |= _cells((field.name,), getattr(part, field.name), field.type)
    return out


def _cells(path: Path, value: Any, kind: vocabulary.Type) -> dict[Path, str]:
    if value is None:
        return {}
    if isinstance(kind, ListOf):
        if isinstance(kind.item, Record) and issubclass(kind.item.model, Node):
            return {}
        lines = [short(item, kind.item, "mn") for item in value]
        if all(line is not None and line.strip() and "\n" not in line for line in lines):
            return {path: "\n".join(map(str, lines))} if lines else {}
        if isinstance(kind.item, Record) and issubclass(kind.item.model, Criterion):
            return {}  # criteria with parts have rows of their own
        return {k: v for i, item in enumerate(value) for k, v in _item((*path, i), item, kind.item).items()}
    if isinstance(kind, MapOf):
        return {k: v for label, item in value.items() for k, v in _cells((*path, str(label)), item, kind.value).items()}
    return _item(path, value, kind)


def _item(path: Path, value: Any, kind: vocabulary.Type) -> dict[Path, str]:
    written = short(value, kind, "mn")
    if written is not None:
        return {path: written}
    assert isinstance(kind, Record)
    fields = given(value)
    if not fields:  # a mark that is all defaults is told by its word
        fields = [f for f in kind.data.values() if f.words][:1]
    return {k: v for f in fields for k, v in _cells((*path, f.name), getattr(value, f.name), f.type).items()}


# --- cells → tree ----------------------------------------------------------------------------------------------------


def nest(cells: Mapping[Path, Value], kind: vocabulary.Type, line: int = 0) -> Value:
    """Cells by their paths as one tree node; `line` is where it stands if none of its cells says so."""
    own = cells.get(())
    below: dict[str | int, dict[Path, Value]] = {}
    for path, cell in cells.items():
        if path:
            below.setdefault(path[0], {})[path[1:]] = cell
    filled = [step for step, inner in below.items() if any(map(_is_filled, inner.values()))]
    first = next((cell.line for cell in cells.values() if _is_filled(cell)), line)
    if isinstance(kind, ListOf):
        items = _lines(own) if own is not None and own.content is not None and not own.broken else []
        if not filled and (own is None or own.broken or not items):
            return own or Value(line, 1, None)
        return Value(first, 1, [*items, *(nest(below[step], kind.item) for step in sorted(filled, key=int))])
    if isinstance(kind, MapOf):
        pairs = _pairs(own) if own is not None else {}
        if pairs is None or not (pairs or filled):
            return own or Value(line, 1, None)
        return Value(first, 1, {**pairs, **{_label(below[s][()], s): below[s][()] for s in filled}})
    if not isinstance(kind, Record) or not (filled or own is None):
        return own or Value(line, 1, None)
    if not filled and line == 0:
        return Value(first, 1, None)
    if own is not None and own.content is not None:
        number = isinstance(own.content, str) and mongolian.read_number(own.content) is not None
        name = kind.plain or next(f.name for f in kind.data.values() if (f.type is Scalar.NUMBER) == number)
        below.setdefault(name, {})[()] = own
    # Empty cells stay, so that what is missing has its place.
    parts = {
        _label(next(iter(inner.values())), step): nest(inner, kind.data[str(step)].type)
        for step, inner in below.items()
    }
    return Value(line or first, 1, parts)


def overridden(part: BaseModel, over: Value, /, whole: tuple[str, ...] = ()) -> Value:
    """A part of the shared plan with the values of a unit in place of its own; lists, and what is `whole`, as one."""
    fields = {name: (Value(0, 1, name), _inherited(getattr(part, name))) for name in part.model_fields_set}
    for key, value in over.content.items():
        name = str(key.content)
        if value.content is None and not value.broken:
            continue
        shared = getattr(part, name)
        if isinstance(shared, BaseModel) and isinstance(value.content, dict) and name not in whole:
            value = overridden(shared, value)
        fields[name] = key, value
    return Value(0, 1, dict(fields.values()))


def _inherited(value: object) -> Value:
    if isinstance(value, tuple):
        return Value(0, 0, [_inherited(item) for item in value])
    if isinstance(value, dict):
        return Value(0, 0, {Value(0, 0, str(label)): _inherited(item) for label, item in value.items()})
    return Value(0, 0, value)


def _is_filled(cell: Value) -> bool:
    return cell.content is not None or cell.broken


def _label(cell: Value, step: str | int) -> Value:
    return Value(cell.line, 1, str(step))


def _lines(cell: Value) -> list[Value]:
    """The lines of a cell as the items of a list, blank ones left out."""
    return [Value(cell.line, 1, line) for line in str(cell.content).split("\n") if line.strip()]


def _pairs(cell: Value) -> dict[Value, Value] | None:
    """The lines of a cell as labels and values; None if one has no colon."""
    if cell.content is None or cell.broken:
        return None
    out = {}
    for line in str(cell.content).split("\n"):
        label, colon, value = line.partition(":")
        if line.strip() and not colon:
            return None
        if line.strip():
            out[Value(cell.line, 1, label.strip())] = Value(cell.line, 1, value.strip())
    return out


def as_path(dotted: str) -> Path:
    """`approval.0.person` as a path."""
    return tuple(int(step) if step.isdecimal() else step for step in dotted.split("."))
