"""The judgements over a template and its data together that compiling alone does not make.

Nothing is dropped in silence: what the data hold and the form does not print is told, and so is what the form asks for
and the data do not hold (layout-spec.md, “Faults”). These are warnings; what would be lost against the form's own order
(a node that no loop reaches) is an error of rendering.
"""

from __future__ import annotations

import os
import re
from collections import Counter
from collections.abc import Iterator, Mapping
from datetime import date
from functools import lru_cache
from operator import attrgetter
from typing import TypeAlias

from pydantic import BaseModel

from planforge import data as data_files
from planforge import embedded, inspection, opc, remarks, text, view
from planforge.errors import DataPlace, DocumentPlace, PlanforgeError, Problem, TemplateError, Words, has_errors
from planforge.filters import present
from planforge.model import Plan, Report, Result
from planforge.opc import Package
from planforge.render import DOMAIN, Schema, Template, scoped
from planforge.source import Source, kind_of
from planforge.view import PlanView, ReportView, TreeNode
from planforge.vocabulary import Field, ListOf, MapOf, Record, describe

__all__ = ["check", "unprinted"]

_SILENT = frozenset({"id", "numbering", "defaults", "year", "years", "plan", "results", "indicators"})
"""Fields that work without being printed: they name, order or join."""

Path_: TypeAlias = tuple[str | int, ...]


def check(source: Source, /, *, data: Plan | Report | None = None, schema: Schema = DOMAIN) -> tuple[Problem, ...]:
    """Every problem of a template, a data file or a layout, and of `data` in a template or layout.

    Never raises for content. What a source is, `source.kind_of` says; what nothing says is taken for data.
    """
    content = source if isinstance(source, str | os.PathLike | bytes) else source.read()
    kind = kind_of(content)
    if kind == "document":
        return _in_template(content, data, schema)
    if kind == "layout":
        from planforge import layout  # python-docx takes as long to load as all the rest

        found = layout.parse(content)
        built = () if found.value is None else _in_template(layout.build(found.value), data, DOMAIN)
        return (*found.problems, *built)
    return tuple(data_files.parse(content, BaseModel).problems)


def _in_template(
    source: str | os.PathLike[str] | bytes, data: Plan | Report | None, schema: Schema
) -> tuple[Problem, ...]:
    """Errors first: of compiling or, with data, of rendering; then what looks wrong, then notes."""
    from planforge.template_rules import Reading  # who only renders does without

    template, package = None, None
    problems: list[Problem] = []
    try:
        template = Template.open(source, schema=schema)
        package = template.host.package
        problems += template.warnings
        if data is not None:
            template.render(data, today=date(2000, 1, 1), embed=False)
    except PlanforgeError as error:
        problems += error.problems
    if template is not None and all(_QUIET.match(tag) for tag in _tags(template)):
        problems.append(_tagless(source, template.host.package.file))
    if package is None:
        try:
            package, more = _looked_through(source, schema)
        except PlanforgeError:
            return tuple(problems)
        problems += more
    reading = Reading(package)
    problems += reading.problems(scoped(schema)[1])
    if template is not None and template.schema == DOMAIN and data is None:
        problems += _unused(template, package.file)
    elif template is not None and data is not None and not has_errors(problems):
        problems += [*unprinted(template, data), *_empty(template, data)]
    return tuple(reading.told(problems))


def _looked_through(source: str | os.PathLike[str] | bytes, schema: Schema) -> tuple[Package, tuple[Problem, ...]]:
    """The package of a template that does not open, and what compiling it finds if it is refused before that."""
    from planforge.compiler import compile_template

    limit = inspection.MAX_TEMPLATE_ELEMENTS
    read = inspection.read(source, error=TemplateError, elements=limit, despite=inspection.SEEN_THROUGH)
    package = remarks.remove(embedded.remove(read))
    try:
        if has_errors(read.warnings):
            compile_template(package, scope=scoped(schema)[1])
    except TemplateError as error:
        return package, error.problems
    return package, ()


_QUIET = re.compile(r"\{#|\{%-?\s*set\b")
"""Tags that print nothing."""


def _tags(template: Template) -> Iterator[str]:
    return (place.quote or "" for places in template.program.places.values() for place in places)


def _tagless(source: str | os.PathLike[str] | bytes, file: str | None) -> Problem:
    """A template that prints the same for everybody (PF335): a finished document if it carries data."""
    is_finished = embedded.part_name(opc.unpack(source)) is not None
    return Problem("PF335", DocumentPlace(file=file), {"detail": _FINISHED if is_finished else _SAME})


_SAME = Words("Ийм загвараас гарсан баримт бүр ижил байна.", "Every document made from it would be the same.")
_FINISHED = Words(
    "Энэ нь planforge-оор үүсгэсэн бэлэн баримт байна, харин түүнийг үүсгэсэн загвар хэрэгтэй.",
    "It is a finished document made by planforge: the template that it was made from is wanted.",
)


def _unused(template: Template, file: str | None) -> Iterator[Problem]:
    """The fields that a form leaves out, a note for each record that it prints anything of (PF333)."""
    program = template.program
    name, top = ("report", describe(ReportView)) if "report" in program.uses else ("plan", describe(PlanView))
    records = [(top, view.names()[name].label)] if name in program.uses else []
    records += [(view.level_record(level), view.LEVEL_WORDS[level]) for level in view.LEVELS if level in program.levels]
    for record, words in records:
        left = _not_printed(record, program.printed, program.labels)
        fields = [field.label for field, asked in left.values() if asked is None]
        if fields:
            listed = Words(", ".join(f.mn for f in fields), ", ".join(f.en for f in fields))
            yield Problem("PF333", DocumentPlace(file=file), {"record": words, "fields": listed})


def _empty(template: Template, subject: Plan | Report) -> Iterator[Problem]:
    """What a form prints of each node of a level and none of them holds: a column that stays empty (PF334)."""
    seen = view.walk(subject)
    plan = seen.plan if isinstance(seen, ReportView) else seen
    nodes: dict[str, list[object]] = {level: [] for level in view.LEVELS if level in template.program.levels}
    for node in plan:
        nodes.get(node.level, []).append(node)
        nodes.get("criterion", []).extend(node.criteria)
    for level, some in nodes.items():
        record = view.level_record(level)
        for name in record.data if some else ():
            field = record.fields.get(name)
            is_own = field and not (isinstance(field.type, ListOf) and isinstance(field.type.item, Record))
            if field and is_own and (record.name, name) in template.program.printed:
                value = attrgetter(field.access)
                if not any(present(value(node)) for node in some):
                    args = {"level": view.LEVEL_WORDS[level], "field": field.label}
                    yield Problem("PF334", DataPlace(path=("plan",) if plan is not seen else ()), args)


def unprinted(template: Template, subject: Plan | Report | PlanView | ReportView, /) -> list[Problem]:
    """What of a plan or report the template does not print, and what it asks for that is nowhere (PF320–PF323)."""
    seen = view.walk(subject) if isinstance(subject, Plan | Report) else subject
    plan = seen.plan if isinstance(seen, ReportView) else seen
    prefix: Path_ = ("plan",) if isinstance(seen, ReportView) else ()
    return [*_levels(template, plan, prefix), *_fields(template, seen, prefix)]


def _levels(template: Template, plan: PlanView, prefix: Path_) -> Iterator[Problem]:
    """Levels of the plan that the form steps over, and levels of the form that the plan does not have."""
    named = template.program.levels
    for level, plural in view.PLURALS.items():
        nodes: tuple[TreeNode, ...] = getattr(plan, f"all_{plural}")
        if nodes and named and level not in named:
            place = DataPlace(path=(*prefix, *nodes[0].path))
            yield Problem("PF320", place, {"level": view.LEVEL_WORDS[level], "count": len(nodes)})
        elif not nodes and level in named and plan.nodes:
            yield Problem("PF321", DataPlace(path=prefix), {"level": view.LEVEL_WORDS[level]})


def _fields(template: Template, seen: PlanView | ReportView, prefix: Path_) -> Iterator[Problem]:
    """Fields and labels that the data hold and the form does not print (PF322); labels only the form knows (PF323)."""
    counts: Counter[tuple[str, str, str]] = Counter()
    first: dict[tuple[str, str, str], tuple[Words, DataPlace]] = {}
    known: dict[tuple[str, str], set[str]] = {}
    printed, labels = template.program.printed, template.program.labels
    for record, item, above in _objects(template, seen):
        for field, asked in _not_printed(record, printed, labels).values():
            value = item.__dict__[field.name]
            if not value and value != 0:
                continue
            left_out = [""]
            if asked is not None:
                known.setdefault((record.name, field.name), set()).update(map(str, value))
                left_out = [label for label in map(str, value) if text.name_key(label) not in asked]
            for label in left_out:
                key = (record.name, field.name, label)
                counts[key] += 1
                words = Words(f"{field.term.mn}: {label}", f"{field.name}: {label}") if label else field.label
                path = (*(prefix if above else ()), *above, field.name, *([label] if label else []))
                first.setdefault(key, (words, DataPlace(path=path)))
    for key, count in counts.items():
        words, place = first[key]
        yield Problem("PF322", place, {"field": words, "count": count})
    for record_name, field_name, label in sorted(template.program.labels):
        have = known.get((record_name, field_name), set())
        if text.name_key(label) not in map(text.name_key, have):
            near = text.closest(label, have) or ", ".join(sorted(have)[:8]) or "–"
            yield Problem("PF323", None, {"label": label, "near": near})


@lru_cache
def _not_printed(
    record: Record, printed: frozenset[tuple[str, str]], labels: frozenset[tuple[str, str, str]]
) -> Mapping[str, tuple[Field, frozenset[str] | None]]:
    """The fields of a record that a form leaves out, by name; of fields with labels, those that it asks for."""
    out: dict[str, tuple[Field, frozenset[str] | None]] = {}
    for field in record.data.values():
        if field.name in _SILENT or _holds_nodes(field.type):
            continue
        whole = (record.name, field.name) in printed
        if isinstance(field.type, MapOf):
            asked = frozenset(text.name_key(label) for *owner, label in labels if owner == [record.name, field.name])
            if asked or not whole:
                out[field.name] = (field, asked)
        elif not whole:
            out[field.name] = (field, None)
    return out


def _objects(template: Template, seen: PlanView | ReportView) -> Iterator[tuple[Record, BaseModel, Path_]]:
    """What the form is about and was given what the form leaves out; what was not given holds nothing to print.

    The subject itself, and the nodes, criteria and results of the levels that the form names. The paths of nodes begin
    at the plan.
    """
    plan = seen.plan if isinstance(seen, ReportView) else seen
    printed, labels = template.program.printed, template.program.labels

    def left_out(record: Record) -> tuple[Record, frozenset[str]]:
        return record, frozenset(_not_printed(record, printed, labels))

    top, names = left_out(describe(ReportView if plan is not seen else PlanView))
    if not names.isdisjoint(seen.item.__pydantic_fields_set__):
        yield top, seen.item, ()
    levels = {level: left_out(view.level_record(level)) for level in view.LEVELS if level in template.program.levels}
    inner, of_criterion = left_out(view.level_record("criterion"))
    outcome, of_result = left_out(describe(Result))
    for node in plan:
        if node.level not in levels:
            continue
        record, names = levels[node.level]
        if not names.isdisjoint(node.item.__pydantic_fields_set__):
            yield record, node.item, node.path
        if node.criteria and (record.name, "criteria") in printed:
            for criterion in node.criteria:
                if not of_criterion.isdisjoint(criterion.item.__pydantic_fields_set__):
                    yield inner, criterion.item, criterion.path
        result = (
            node.result if isinstance(node, view.MeasureNode) and (record.name, "result") in printed else view.BLANK
        )
        if not of_result.isdisjoint(result.__pydantic_fields_set__):
            yield outcome, result, (*node.path, "result")


def _holds_nodes(kind: object) -> bool:
    return isinstance(kind, ListOf) and isinstance(kind.item, Record) and kind.item.name in _NODES


_NODES = frozenset({"Chapter", "Objective", "Activity", "Measure"})
