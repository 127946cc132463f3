"""The judgements over a template and its data together that compiling alone does not make.

Nothing is dropped in silence: what the data hold and the form does not print is told, and so is what the form asks for
and the data do not hold (layout-spec.md, “Faults”). These are warnings; what would be lost against the form's own order
(a node that no loop reaches) is an error of rendering.
"""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterator
from datetime import date
from functools import lru_cache
from typing import TypeAlias

from pydantic import BaseModel

from planforge import data as data_files
from planforge import text, view
from planforge.errors import DataPlace, PlanforgeError, Problem, Words
from planforge.model import Plan, Report, Result
from planforge.render import DOMAIN, Schema, Template
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
    try:
        template = Template.open(source, schema=schema)
        if data is None:
            return template.warnings
        template.render(data, today=date(2000, 1, 1), embed=False)
    except PlanforgeError as error:
        return error.problems
    return (*template.warnings, *unprinted(template, data))


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
    for record, item, path in _objects(template, seen, prefix):
        for field, asked in _not_printed(record, printed, labels):
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
                first.setdefault(key, (words, DataPlace(path=(*path, field.name, *([label] if label else [])))))
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
) -> tuple[tuple[Field, frozenset[str] | None], ...]:
    """The fields of a record that a form leaves out; of fields with labels, those that it asks for."""
    out: list[tuple[Field, frozenset[str] | None]] = []
    for field in record.data.values():
        if field.name in _SILENT or _holds_nodes(field.type):
            continue
        whole = (record.name, field.name) in printed
        if isinstance(field.type, MapOf):
            asked = frozenset(text.name_key(label) for *owner, label in labels if owner == [record.name, field.name])
            if asked or not whole:
                out.append((field, asked))
        elif not whole:
            out.append((field, None))
    return tuple(out)


def _objects(
    template: Template, seen: PlanView | ReportView, prefix: Path_
) -> Iterator[tuple[Record, BaseModel, Path_]]:
    """What the form is about: the subject itself, and the nodes, criteria and results of the levels that it names."""
    plan = seen.plan if isinstance(seen, ReportView) else seen
    if isinstance(seen, ReportView):
        yield describe(ReportView), seen.item, ()
    else:
        yield describe(PlanView), seen.item, ()
    levels, printed = template.program.levels, template.program.printed
    for node in plan:
        if node.level not in levels:
            continue
        path = (*prefix, *node.path)
        yield view.level_record(node.level), node.item, path
        if node.criteria and (type(node).__name__, "criteria") in printed:
            for criterion in node.criteria:
                yield view.level_record("criterion"), criterion.item, (*prefix, *criterion.path)
        if isinstance(node, view.MeasureNode) and ("MeasureNode", "result") in printed:
            yield describe(Result), node.result, (*path, "result")


def _holds_nodes(kind: object) -> bool:
    return isinstance(kind, ListOf) and isinstance(kind.item, Record) and kind.item.name in _NODES


_NODES = frozenset({"Chapter", "Objective", "Activity", "Measure"})
