"""What is wrong with a plan or report as a whole: the rules of domain.md 11 over typed data.

Reading a data file proves each value by itself; here values are compared with each other: numbers and ids, results
and measures, percents and reasons, periods and years, and the spelling of all texts. Errors are what would print a
wrong document; what bodies do differently on purpose, or what only looks mistyped, is a warning. Nothing is rewritten.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from enum import StrEnum
from functools import cache
from itertools import takewhile
from typing import Any, TypeAlias

from pydantic import BaseModel

from planforge import mongolian, period, spelling, text
from planforge.errors import DataPlace, Problem, Words
from planforge.model import Organisation, Plan, Report
from planforge.view import (
    BLANK,
    CriterionNode,
    MeasureNode,
    PlanView,
    ReportView,
    TreeNode,
    bare_number,
    join_problems,
    walk,
)
from planforge.vocabulary import counted, describe

__all__ = ["SPELLING", "SPELLING_LIMIT", "check", "examine"]

SPELLING = frozenset(f"PF{n}" for n in range(421, 431))
"""The codes about spelling, that of those not told one by one included."""

SPELLING_LIMIT = 20
"""Findings about spelling that are told one by one; the rest are counted (PF430)."""

Path: TypeAlias = tuple[str | int, ...]
Years: TypeAlias = tuple[int, int]
"""The first and the last year that a plan is about."""


def check(subject: Plan | Report, /) -> list[Problem]:
    """The faults of a plan or report as a whole, errors and warnings (PF401–PF430), in time linear in its size.

    Places are paths of the model; in a report those of its plan begin with `plan`.
    """
    return examine(subject)[0]


def examine(
    subject: Plan | Report, texts: Sequence[str] | None = None, /
) -> tuple[list[Problem], PlanView | ReportView]:
    """The faults of a plan or report as `check` tells them, and its view, which was walked for it.

    `texts`, where they are known, are all that it was made from, and maybe more: to collect them again takes time. The
    view of a report leaves out results that belong to no measure; each of them is an error.
    """
    problems, view = _plan_alone(subject) if isinstance(subject, Plan) else _report(subject)
    problems += _spelling(subject, texts)
    record = describe(type(subject))
    return [
        replace(p, place=replace(p.place, counted=counted(record, p.place.path)))
        if isinstance(p.place, DataPlace)
        else p
        for p in problems
    ], view


def _plan_alone(plan: Plan) -> tuple[list[Problem], PlanView]:
    view = walk(plan)
    assert isinstance(view, PlanView)
    return [*_plan(view, ()), *_results(view, (), {})], view


def _report(report: Report) -> tuple[list[Problem], ReportView]:
    problems = join_problems(report)
    lost = {str(p.place.path[-1]) for p in problems if isinstance(p.place, DataPlace)}
    given = {name: result for name, result in report.results.items() if name not in lost}
    view = walk(report.model_copy(update={"results": given}) if lost else report)
    assert isinstance(view, ReportView)
    return [
        *problems,
        *_plan(view.plan, ("plan",)),
        *_body(("unit",), report.unit),
        *_report_years(report, view.plan),
        *_impossible(report.period, ("period",)),
        *_missing(view.plan, {bare_number(name) for name in lost}),
        *_results(view.plan, ("plan",), {id(result): name for name, result in given.items()}),
    ], view


def _plan(view: PlanView, prefix: Path) -> Iterator[Problem]:
    """The faults of a plan; `prefix` is the path to it."""
    if not view.nodes:
        yield _problem("PF418", prefix)
    if not view.item.title.strip():
        yield _blank(view.item, "title", prefix)
    yield from _body((*prefix, "owner"), view.item.owner)
    yield from _body((*prefix, "issuer"), view.item.issuer)
    yield from _plan_years(view, prefix)
    yield from _impossible(view.item.period, (*prefix, "period"))
    yield from _siblings(view.nodes, prefix)
    ids: dict[str, Path] = {}
    span = _span(view)
    for node in view:
        if node.nodes:
            yield from _siblings(node.nodes, prefix, bare_number(node.number))
        items: list[TreeNode | CriterionNode] = [node, *_all_criteria(node.criteria)]
        dated = []
        for one in items:
            item = one.item
            if not item.text or item.text.isspace():
                yield _blank(item, "text", (*prefix, *one.path))
            if item.id is not None:
                yield from _id(item.id, one.path, ids, prefix)
            if item.period is not None:
                dated.append((item.period, one.path))
        for given, path in dated:
            yield from _period(given, view.item.period, span, (*prefix, *path, "period"))
    if view.item.defaults is not None and view.item.defaults.period is not None:
        yield from _period(view.item.defaults.period, view.item.period, span, (*prefix, "defaults", "period"))


def _problem(code: str, path: Path, **args: object) -> Problem:
    return Problem(code, DataPlace(path=path), args)


def _blank(item: BaseModel, name: str, path: Path) -> Problem:
    """A required text that is given and says nothing: some forms are filled in by hand, so it is no error."""
    label = describe(type(item)).data[name].label
    return _problem("PF419", (*path, name), field=Words(label.mn, name))


# --- numbers and ids (domain.md 11.1) ------------------------------------------------------------------------

_NUMERIC = re.compile(r"[0-9]{1,9}(?:\.[0-9]{1,9})*")
_WELL_FORMED = re.compile(r"[^\W_]+(?:[.\-/][^\W_]+)*[.)/:]?")
_LETTER_FOR_DIGIT = re.compile("[0-9][ОоOoЗзlІіI]|[ОоOoЗзlІіI][0-9]")


def _malformed(number: str) -> bool:
    """Whether no form has such a number: spaces, commas, empty groups, letters in place of digits (`1О`, `l1`)."""
    return not _WELL_FORMED.fullmatch(number.strip()) or bool(_LETTER_FOR_DIGIT.search(number))


def _siblings(nodes: tuple[TreeNode, ...], prefix: Path, above: str = "") -> Iterator[Problem]:
    """The numbers of the nodes under one parent, whose own is `above`: form, place in the tree, each once, no gaps.

    Numbers of one part may run on over the whole plan or start anew (domain.md 5): they are not compared with their
    parent's, and may begin anywhere. Numbers of one level that were all derived count their places: nothing to say.
    """
    if nodes and nodes[0].level == nodes[-1].level and all(node.item.number is None for node in nodes):
        return
    seen: dict[str, TreeNode] = {}
    before: tuple[list[str], int] | None = None
    group = above.split(".") if _NUMERIC.fullmatch(above) else []
    for node in nodes:
        number, path = bare_number(node.number), (*prefix, *node.path, "number")
        if not number:
            continue
        if node.item.number is not None and _malformed(node.item.number):
            yield _problem("PF406", path, number=node.item.number)
        if number in seen:
            yield _problem("PF404", path, number=number, other=counted(describe(Plan), seen[number].path))
            continue
        seen[number] = node
        if not _NUMERIC.fullmatch(number):
            continue
        *stem, tail = number.split(".")
        if stem and group and stem != group:
            yield _problem("PF405", path, number=number, parent=above, expected=f"{above}.{node.index}")
            continue
        expected = before[1] + 1 if before and before[0] == stem else 1 if stem and not before else int(tail)
        if int(tail) != expected:
            yield _problem("PF407", path, number=number, expected=".".join([*stem, str(expected)]))
        before = stem, int(tail)


def _id(given: str, path: Path, ids: dict[str, Path], prefix: Path) -> Iterator[Problem]:
    """The id of a node or criterion, which must differ from all others; `ids` are those so far."""
    if given and given in ids:
        yield _problem("PF408", (*prefix, *path, "id"), id=given, other=counted(describe(Plan), ids[given]))
    elif given:
        ids[given] = path


def _all_criteria(nodes: Sequence[CriterionNode]) -> Sequence[CriterionNode]:
    """Criteria and all below them in order."""
    for node in nodes:
        if node.criteria:
            return [one for node in nodes for one in (node, *_all_criteria(node.criteria))]
    return nodes  # as almost always


def _criteria(nodes: Iterable[CriterionNode], above: str = "") -> Iterator[tuple[str, CriterionNode]]:
    """Criteria and all below them in order, each with its place as results name it: `2`, `2.а`."""
    for node in nodes:
        name = f"{above}.{node.letter}" if above else str(node.index)
        yield name, node
        yield from _criteria(node.criteria, name)


# --- bodies, years and periods (domain.md 6.6, 11.6, 11.7) -------------------------------------------------------


def _body(path: Path, body: Organisation | None) -> Iterator[Problem]:
    """Warns of a body without a name, or whose genitive is neither given nor known by the last word of its name."""
    if body is not None and not body.name.strip():
        yield _blank(body, "name", path)
    elif body is not None and body.genitive_form is None:
        yield _problem("PF417", path, name=body.name)


def _span(view: PlanView) -> Years:
    """The years of a plan, those that its period names included: a school year has two."""
    found = (*view.years, view.item.year, *(period.years(view.item.period) if view.item.period else ()))
    return min(found), max(found)


def _other_years(found: Iterable[int], span: Years, path: Path) -> Iterator[Problem]:
    """Warns of years that are none of the plan's."""
    other = [str(year) for year in found if not span[0] <= year <= span[1]]
    if other:
        years = str(span[0]) if span[0] == span[1] else f"{span[0]}-{span[1]}"
        yield _problem("PF416", path, found=", ".join(other), years=years)


def _plan_years(view: PlanView, prefix: Path) -> Iterator[Problem]:
    plan = view.item
    own = (min(plan.year, *view.years), max(plan.year, *view.years))
    named = period.years(plan.period) if plan.period is not None else ()
    if named and not (min(named) <= own[1] and own[0] <= max(named)):
        yield from _other_years(named, own, (*prefix, "period"))
    if plan.years and plan.years[0] != plan.year:
        yield from _other_years(plan.years[:1], (plan.year, plan.year), (*prefix, "years"))
    yield from _other_years(_lone_years(plan.title), _span(view), (*prefix, "title"))


def _report_years(report: Report, view: PlanView) -> Iterator[Problem]:
    span = _span(view)
    for name, given in (("as_of", report.as_of), ("period", report.period)):
        if given is not None:
            # A report on a year is often drawn up in the first weeks of the next.
            latest = span[1] + 1 if name == "as_of" else span[1]
            yield from _other_years(period.years(given), (span[0], latest), (name,))
    if report.title is not None:
        yield from _other_years(_lone_years(report.title), span, ("title",))


def _lone_years(words: str) -> tuple[int, ...]:
    return period.years(period.Free(words))


def _impossible(given: period.Period | None, path: Path) -> Iterator[Problem]:
    if isinstance(given, period.Free) and period.is_impossible(given):
        yield _problem("PF420", path, period=given.text)


def _period(given: period.Period, outer: period.Period | None, span: Years, path: Path) -> Iterator[Problem]:
    """Warns where the calendar has no such period, where it has days outside the plan's, or outside the plan's years.

    The whole of one of the plan's years is never outside: `2024 он` under a plan from March on is common.
    """
    yield from _impossible(given, path)
    if isinstance(given, period.Year) and span[0] <= given.year and (given.last or 0) <= span[1]:
        return
    if outer is None and not isinstance(given, period.SchoolYear):
        outer = period.Year(span[0], span[1] if span[1] > span[0] else None)
    inside = None if outer is None else period.within(given, outer)
    if inside is False:
        yield _problem("PF415", path, period=str(given), plan=str(outer))
    elif inside is None and outer is not None:
        yield from _other_years(period.years(given), span, path)


# --- results (domain.md 11.2 – 11.5) -----------------------------------------------------------------------------


def _missing(view: PlanView, lost: set[str]) -> Iterator[Problem]:
    """Warns of measures without a result; a measure that holds measures may have none.

    `lost` are the names of results that could not be joined: what they meant is told already.
    """
    for node in view.all_measures:
        if _is_blank(node) and not node.nodes and not {bare_number(node.number), node.item.id} & lost:
            yield _problem("PF409", ("results",), measure=_name(node))


def _is_blank(node: MeasureNode) -> bool:
    return node.result is BLANK or node.result == BLANK


def _name(node: TreeNode) -> str:
    """A measure in a message: its number, or the beginning of its text."""
    return node.number or _cut(node.item.text, 0, 40)


def _results(view: PlanView, prefix: Path, joined: Mapping[int, str]) -> Iterator[Problem]:
    """The faults of the results; `joined` are the keys of those that a report lists, by identity."""
    for node in view.all_measures:
        if _is_blank(node):
            continue
        name = joined.get(id(node.result))
        path = (*prefix, *node.path, "result") if name is None else ("results", name)
        yield from _result(node, path)
        yield from _indicators(node, (*path, "indicators"))


def _result(node: MeasureNode, path: Path) -> Iterator[Problem]:
    result = node.result
    if result.percent is not None:
        percent = mongolian.percent(result.percent)
        if result.status is not None:
            status = Words(result.status.words[0], result.status.value)
            yield _problem("PF410", (*path, "status"), measure=_name(node), percent=percent, status=status)
        elif result.percent < 100 and not (result.reason or "").strip():
            yield _problem("PF411", (*path, "percent"), measure=_name(node), percent=percent)
    found = result.attachments
    if found is None or found.total is None or (found.files is None and found.pictures is None):
        return
    together = (found.files or 0) + (found.pictures or 0)
    if found.total != together:
        yield _problem("PF412", (*path, "attachments", "total"), total=found.total, sum=together)


def _indicators(node: MeasureNode, path: Path) -> Iterator[Problem]:
    """Values for criteria that are not there, and second values for one criterion, of which one would be lost."""
    given = node.result.indicators
    if not given:
        return
    known: dict[str, CriterionNode] = {}
    for name, criterion in _criteria(node.criteria):
        known[name] = criterion
        if criterion.item.id:
            known.setdefault(criterion.item.id, criterion)
    taken: dict[str, str] = {}
    for name in given:
        if name not in known:
            alike = text.look_alike(name, known)
            near = alike[0] if alike else _offer(known) or Words("шалгуур алга", "no criteria")
            yield _problem("PF413", (*path, name), name=name, measure=_name(node), near=near)
            continue
        criterion = known[name]
        if criterion.key in taken:
            other = taken[criterion.key]
            yield _problem("PF414", (*path, name), name=name, other=Words(f"«{other}»", f"as “{other}”"))
        elif criterion.item.reached is not None:
            yield _problem("PF414", (*path, name), name=name, other=Words("шалгуур дээрээ", "at the criterion"))
        taken.setdefault(criterion.key, name)


def _offer(known: Iterable[str]) -> str:
    """The names that a message may offer instead of an unknown one: all, or the first few."""
    names = list(known)
    return ", ".join(names[:8]) + (" …" if len(names) > 8 else "")


# --- spelling (domain.md 11.8, 11.9) -----------------------------------------------------------------------------

_SPELLING = {
    "ending": "PF421",
    "space_before_percent": "PF422",
    "narrow_space": "PF423",
    "latin_letter": "PF424",
    "wrong_yo": "PF425",
    "old_keyboard": "PF426",
    "double_space": "PF427",
    "invisible": "PF428",
}


def _spelling(subject: Plan | Report, texts: Sequence[str] | None) -> list[Problem]:
    """What looks mistyped in any text, the first `SPELLING_LIMIT` findings and the number of the others."""
    told = _suspects(_collected(subject) if texts is None else texts)
    if not told:
        return []
    problems: list[Problem] = []
    more = 0
    for path, value in _texts(subject):
        for code, finding in told.get(value, ()):
            if len(problems) == SPELLING_LIMIT:
                more += 1
                continue
            start, end = finding.start, finding.end
            problems.append(
                _problem(
                    code,
                    path,
                    at=Words(mongolian.at(start + 1), str(start + 1)),
                    found=finding.found,
                    points=" ".join(map(text.code_point, finding.found)),
                    expected=finding.expected,
                    quote=_cut(value, start, end),
                )
            )
    if more:
        problems.append(_problem("PF430", (), count=more))
    return problems


def _suspects(texts: Sequence[str]) -> dict[str, tuple[tuple[str, spelling.Finding], ...]]:
    """The findings of each text that has any: most plans have none, and then nobody needs the paths of their texts."""
    found = {value: _findings(value) for value in map(text.normalise, spelling.suspects(texts))}
    return {value: findings for value, findings in found.items() if findings}


def _findings(value: str) -> tuple[tuple[str, spelling.Finding], ...]:
    found = [(_SPELLING[finding.kind], finding) for finding in spelling.lint(value)]
    if not unicodedata.is_normalized("NFC", value):
        decomposed = _decomposed(value)
        if decomposed is not None:
            found.append(("PF429", decomposed))
    return tuple(found)


def _decomposed(value: str) -> spelling.Finding | None:
    """The first letter of a text that is not in NFC; None if only ё is, which has a finding of its own."""
    value = re.sub("[еЕ]\u0308", "ёё", value)
    composed = unicodedata.normalize("NFC", value)
    if composed == value:
        return None
    start = sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], zip(value, composed, strict=False)))
    end = start + 1
    while end < len(value) and unicodedata.combining(value[end]):
        end += 1
    found = value[start:end]
    return spelling.Finding("decomposed", start, end, found, unicodedata.normalize("NFC", found))


def _cut(value: str, start: int, end: int, around: int = 25) -> str:
    """The text from `start` to `end` with the whole words around it, on one line."""
    first, last = max(0, start - around), end + around
    before, after = value[first:start], value[end:last]
    if first:
        before = f"…{before.partition(' ')[2] or before}"
    if last < len(value):
        after = f"{after.rpartition(' ')[0] or after}…"
    return f"{before}{value[start:end]}{after}".replace("\n", " ").strip()


def _texts(subject: Plan | Report) -> list[tuple[Path, str]]:
    """Every text of the data with its path, empty ones aside: values, labels, and periods as typed."""
    out: list[tuple[Path, str]] = []
    _gather(subject, (), out)
    return out


def _gather(value: Any, path: Path, out: list[tuple[Path, str]]) -> None:
    shape = _shape(value.__class__)
    if shape is str:
        out.append((path, str(value)))
    elif isinstance(value, tuple):
        for at, part in enumerate(value):
            _gather(part, (*path, at), out)
    elif isinstance(value, dict):
        for name, part in value.items():
            _gather(name, (*path, name), out)
            _gather(part, (*path, name), out)
    elif shape is BaseModel:
        for name, part in value.__dict__.items():
            if part.__class__ is str:  # most are
                out.append(((*path, name), part))
            elif part:
                _gather(part, (*path, name), out)


def _collected(subject: Plan | Report) -> list[str]:
    """The same texts in any order; a field that was not given holds none."""
    texts: list[str] = []
    _collect(subject, texts)
    return texts


def _collect(value: Any, out: list[str]) -> None:
    kind = value.__class__
    if kind is tuple:
        parts = value
    elif kind is dict:
        parts = (*value, *value.values())
    elif _shape(kind) is BaseModel:
        held = value.__dict__
        parts = [held[name] for name in value.model_fields_set]
    else:
        parts = (str(value),) if _shape(kind) is str else ()
    for part in parts:
        if part.__class__ is str:
            out.append(part)
        elif part:
            _collect(part, out)


@cache
def _shape(kind: type) -> type | None:
    """What values of a class are to `_texts`: texts, parts of the model or other; to ask ABCs each time is slow."""
    if issubclass(kind, (str, *period.KINDS)) and not issubclass(kind, StrEnum):
        return str
    return BaseModel if issubclass(kind, BaseModel) else None
