"""The starter of a layout: a commented file, made from the names of its columns, in which `layout.parse` finds nothing.

Columns are names of fields in either language: of the rows (`text`, `result.percent`), of the levels above them
(`objective.text`), or from the top (`plan.year`). Titles are the terms of the model.
"""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Literal

from planforge import layout, palette, text, view
from planforge.errors import DataError, Problem
from planforge.layout_grammar import level_of
from planforge.model import Term
from planforge.vocabulary import Field, ListOf, MapOf, Record, Scalar, Type, mongolian_name

__all__ = ["starter"]

Subject = Literal["plan", "report"]

_USUAL = {
    "plan": ("number", "text", "criteria", "outcome", "period", "responsible"),
    "report": ("number", "text", "criteria", "period", "outcome", "result.reached", "result.percent"),
}
_OF_CRITERION = ("criterion.text", "criterion.baseline", "criterion.target")
"""What stands in place of the criteria where each has a row of its own."""

_NUMBER = "№"
"""The title over numbers in every real form (domain.md 5.1)."""

_NARROW = {"number": 12, "serial": 12, "index": 12, "letter": 12}
_WIDTHS = {Scalar.NUMBER: 22, Scalar.DATE: 24, Scalar.PERIOD: 28}
_LEAST_WIDTH_MM = 25
"""Of a column that takes what the others leave; where there is less, all are equal."""

_HEAD = """\
# Маягтын эхлэл файл. Гарчиг, багана, өргөнийг өөрийнхөөрөө засна уу. «#» тэмдгээс хойшхи нь тайлбар.
#   planforge layout check {file}    # алдааг хэлнэ
#   planforge render {subject}.yaml -t {file}    # баримт үүсгэж үзнэ
#   planforge layout build {file}    # Word программд засах загвар үүсгэнэ
# Баганад бичиж болох нэрс: planforge fields {level}

layout: {name}
# Юуны маягт вэ: plan (төлөвлөгөө) эсвэл report (тайлан)
for: {subject}
# Хуудас: portrait (босоо) эсвэл landscape (хэвтээ)
page: {page}
# Түвшний мөрийг жишээгээр: НЭГ, I, 1, 1.1 нь дугаар; «Текст» нь агуулга, «ТЕКСТ» нь том үсгээр
labels: {labels}
# Жагсаалтын мөр бүрийн тэмдэг, төгсгөл, сүүлийн мөрийн төгсгөл
lists: {{marker: "-", end: ";", last: "."}}

body:
"""

_TOP = {
    "plan": """\
# Батлах тэмдэглэл: stacked (баруун дээд буланд), line (нэг мөрөнд), sides (хоёр талд)
- approval: stacked
- title: "{{ plan.owner.genitive | upper }} {{ plan.year }} ОНЫ {{ plan.title | upper }}"
""",
    "report": """\
- title: ["{{ report.title }}", "{{ report.unit.name }}", "{{ report.as_of }}"]
""",
}

_TABLE = """\
- table:
    # Баганын өргөн, миллиметрээр; «*» нь үлдсэнийг тэнцүү хуваана
    widths: {widths}
    # Бүх баганыг нэгтгэсэн мөрөөр хэвлэх түвшин
    sections: {sections}
    # Өөрийн мөртэй түвшин
    rows: {rows}
    # Гарчиг: утга. list нь мөр мөрөөр нь жагсаана
    columns:
"""

_END = """\
# Төгсгөлийн гарын үсэг: typed (бичсэнээр), upper (том үсгээр)
- signoffs: typed
"""


@dataclass(frozen=True, slots=True)
class _Column:
    """A column before it is written: `base` is what its path begins with, `kind` its type, `called` its term."""

    base: str
    kind: Type
    called: str
    fields: tuple[Field, ...] = ()
    mongolian: bool = False

    @property
    def last(self) -> Type:
        return self.fields[-1].type if self.fields else self.kind

    @property
    def name(self) -> str:
        """The field that is printed; nothing for a whole node."""
        return self.fields[-1].name if self.fields else ""

    @property
    def written(self) -> str:
        return self.path(len(self.fields))

    def path(self, length: int) -> str:
        """The expression of the first fields: `measure.extra["…"]`, `criterion.targets[2024]`."""
        out, kind = self._base(), self.kind
        for field in self.fields[:length]:
            if not isinstance(kind, MapOf):
                out += f".{field.template_name if self.mongolian else field.name}"
            elif kind.key is Scalar.NUMBER and field.name.isdecimal():
                out += f"[{field.name}]"
            else:
                name = text.name_key(field.name)
                out += f".{name}" if name.isidentifier() else f"[{json.dumps(field.name, ensure_ascii=False)}]"
            kind = field.type
        return out

    def _base(self) -> str:
        root = palette.roots().get(self.base)
        return root.template_name if self.mongolian and root else self.base

    @property
    def titles(self) -> list[str]:
        """The terms on the way, the last one first; a text is called by what it is the text of."""
        terms = [self.called]
        kind = self.kind
        for field in self.fields:
            plain = kind.plain or "text" if isinstance(kind, Record) else ""
            if field.name != plain:
                terms.append(_NUMBER if field.name == "number" else field.term.mn)
            kind = field.type
        return [term[:1].upper() + term[1:] for term in reversed(terms)]

    @property
    def width(self) -> int | None:
        """In millimetres; None takes what the others leave."""
        return _NARROW.get(self.name) or next((width for kind, width in _WIDTHS.items() if self.last == kind), None)

    def cell(self) -> str:
        """As it stands in the file: an expression, points, or lines behind the guards that it needs."""
        path = self.written
        guards = [self.path(n) for n, field in enumerate(self.fields[:-1], 1) if field.optional]
        if guards:
            line = json.dumps(f"{{{{ {path} }}}}", ensure_ascii=False)
            return f"{{lines: [{{if: {_scalar(' and '.join(guards))}, lines: [{line}]}}]}}"
        if isinstance(self.last, ListOf) and isinstance(self.last.item, Record):
            return f"{{list: {_scalar(path)}}}"
        if self.width is not None:
            return f"{{value: {_scalar(path)}, align: center}}"
        return _scalar(path)


def starter(
    *,
    columns: Sequence[str] = (),
    rows: Sequence[str] = ("measure",),
    sections: Sequence[str] = (),
    subject: Subject = "plan",
    page: Literal["portrait", "landscape"] = "portrait",
    name: str = "layout",
) -> str:
    """A layout file to begin with, as YAML with Mongolian comments; the usual columns if none are named.

    Raises DataError with every fault: names that are none (PF204, PF205), and what `layout.parse` says of the levels
    and of columns that the rows cannot hold (PF285, PF289, PF295 …).
    """
    levels = [level for level in view.LEVELS if level in {level_of(mongolian_name(r)) for r in rows}] or ["measure"]
    problems: list[Problem] = []
    found: list[_Column] = []
    for column in columns or _usual(levels, subject):
        try:
            found.append(_resolve(column, levels))
        except DataError as error:
            problems += error.problems
    written = _written(found, rows, sections, levels, subject, page, name)
    problems += [
        # The file is never written where there is a fault: its lines would tell nobody anything.
        replace(problem, place=None)
        for problem in layout.parse(written.encode()).problems
        if found or problem.code != "PF281"
    ]
    if problems:
        raise DataError(problems)
    return written


# --- columns -------------------------------------------------------------------------------------------------------


def _usual(levels: Sequence[str], subject: Subject) -> list[str]:
    """The columns of real forms (domain.md 5.1), as far as these rows have them."""
    out: list[str] = []
    for name in _USUAL[subject]:
        if name == "criteria" and "criterion" in levels:
            out += _OF_CRITERION
            continue
        try:
            _resolve(name, _tree_levels(levels))
        except DataError:
            continue
        out.append(name if "criterion" not in levels else f"{_tree_levels(levels)[-1]}.{name}")
    return out


def _tree_levels(levels: Sequence[str]) -> list[str]:
    """The levels with rows of their own; alone, criteria stand in the rows of their measure."""
    return [level for level in levels if level != "criterion"] or ["measure"]


def _resolve(column: str, levels: Sequence[str]) -> _Column:
    """The column that a name means: a level that the rows reach, a field of the rows, or a name at the top."""
    first, *rest = (part.strip() for part in column.split("."))
    mongolian = re.search("[а-яёөү]", first.lower()) is not None
    level = level_of(mongolian_name(first))
    if level is not None and view.LEVELS.index(level) <= view.LEVELS.index(levels[-1]):
        return _below(_of_level(level, mongolian), rest)
    rows = _rows(levels, mongolian)
    for row in rows:
        kinds = [view.level_record(n) for n in _tree_levels(levels)] if row.base == "item" else [row.kind]
        if all(palette.step(kind, first) for kind in kinds):
            return _below(row, [first, *rest])
    root = next((f for f in palette.roots().values() if mongolian_name(first) in (f.name, f.template_name)), None)
    if root is not None:
        return _below(_Column(root.name, root.type, root.term.mn, mongolian=mongolian), rest)
    return _below(_of_level(levels[-1], mongolian), [first, *rest])


def _of_level(level: str, mongolian: bool) -> _Column:
    return _Column(level, view.level_record(level), view.LEVEL_TERMS[level], mongolian=mongolian)


def _rows(levels: Sequence[str], mongolian: bool) -> list[_Column]:
    """What a field without a level may belong to, the innermost row first; `item` is the node of whichever row."""
    nodes = _tree_levels(levels)
    rows = [_of_level(level, mongolian) for level in reversed(nodes)]
    if len(nodes) > 1:
        called = ", ".join(view.LEVEL_TERMS[level] for level in nodes)
        rows.insert(0, replace(rows[0], base="item", called=called))
    return [_of_level("criterion", mongolian), *rows] if "criterion" in levels else rows


def _below(column: _Column, names: Sequence[str]) -> _Column:
    """The column with the fields of these names. Raises DataError (PF205)."""
    for name in names:
        inside = column.last
        field = None if isinstance(inside, ListOf) else palette.step(inside, mongolian_name(name) or name)
        if field is None:
            is_list = isinstance(inside, ListOf)
            near = text.perhaps(".".join(f.name for f in column.fields)) if is_list else palette.near(name, inside)
            raise DataError([Problem("PF205", None, {"field": name, "record": column.written, "near": near})])
        if isinstance(inside, MapOf):
            field = replace(field, name=name, term=Term(name))
        column = replace(column, fields=(*column.fields, field))
    return column


# --- the file ------------------------------------------------------------------------------------------------------


def _written(
    columns: Sequence[_Column],
    rows: Sequence[str],
    sections: Sequence[str],
    levels: Sequence[str],
    subject: Subject,
    page: str,
    name: str,
) -> str:
    spanning = {level_of(mongolian_name(level)) for level in sections}
    shown = spanning | {column.base for column in columns if not column.fields}
    labels = ", ".join(f"{level}: {_label(level, level in spanning)}" for level in view.LEVELS if level in shown)
    file = f"{name}.yaml" if re.fullmatch(r"[\w.-]+", name) else '"…"'
    head = _HEAD.format(
        file=file,
        subject=subject,
        level=_tree_levels(levels)[-1],
        name=_scalar(name or "layout"),
        page=page,
        labels=f"{{{labels}}}",
    )
    table = _TABLE.format(
        widths=f"[{', '.join(_widths(columns, page))}]",
        sections=f"[{', '.join(_scalar(level_of(mongolian_name(s)) or s) for s in sections)}]",
        rows=f"[{', '.join(_scalar(level_of(mongolian_name(r)) or r) for r in rows)}]",
    )
    pairs = zip(_titles(columns), columns, strict=True)
    lines = "".join(f"    - {_scalar(title)}: {column.cell()}\n" for title, column in pairs)
    return f"{head}{_TOP[subject]}{table}{lines}{_END}"


def _label(level: str, is_section: bool) -> str:
    """The example of a label: chapters in words, sections by their level and number, others by their number."""
    if level == "chapter":
        return "НЭГ. ТЕКСТ"
    term = view.LEVEL_TERMS[level]
    return f"{term[:1].upper()}{term[1:]} 1. Текст" if is_section else "1.1. Текст"


def _titles(columns: Sequence[_Column]) -> list[str]:
    """The term of each column, told apart by what it belongs to where two are the same."""
    short = [column.titles[0] for column in columns]
    return [
        f"{title} ({column.titles[1].lower()})" if short.count(title) > 1 and len(column.titles) > 1 else title
        for title, column in zip(short, columns, strict=True)
    ]


def _widths(columns: Sequence[_Column], page: str) -> list[str]:
    """Narrow columns in millimetres; nothing at all where the others would have too little."""
    room = layout.Page("landscape" if page == "landscape" else "portrait").text_width_mm
    widths = [column.width for column in columns]
    if sum(_LEAST_WIDTH_MM if width is None else width for width in widths) > room or None not in widths:
        return []
    return ['"*"' if width is None else str(width) for width in widths]


_PLAIN = re.compile(r"[^\W\d][\w.]*(?:[ /][\w.(]+\)?,?)*|№")


def _scalar(value: str) -> str:
    """A text in YAML: quoted unless it is plainly words."""
    return value if _PLAIN.fullmatch(value) else json.dumps(value, ensure_ascii=False)
