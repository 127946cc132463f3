"""This year's plan or report → next year's plan, with the decisions that only a person can take.

What has one right answer is done and listed as a `Change`: years and periods move, results are cleared, dates and
numbers of approvals are emptied, nodes without an id get one. Everything else is a `Decision` with a proposal: years
and dates inside free text, targets, baselines, and for each measure with a result whether it stays. No other text
changes (domain.md 11.7). No measure is removed unless the caller says which (`keep`, `kept`, `retired`).

Lineage is the id of a node. One that has none gets the year and the number that it has in its first plan (`2024-2.3`),
and keeps them from then on. `origins` says of any plan which id each node has or would get, so that a plan of 2024
without ids and the plan of 2027 that came of it can be compared node by node.
"""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from calendar import isleap
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from enum import StrEnum
from functools import cached_property
from typing import Any, Literal, TypeAlias

from pydantic import BaseModel

from planforge import mongolian, period, view
from planforge.errors import DataError, DataPlace, Problem, Words
from planforge.model import AnnexMark, Criterion, Measure, Node, Plan, Report, Result
from planforge.rollover_text import Moved, Why, find
from planforge.view import CriterionNode, MeasureNode, PlanView
from planforge.vocabulary import ListOf, MapOf, Record, Scalar, Type, describe

__all__ = ["Change", "Decision", "Done", "Fate", "Keep", "Outlook", "Question", "Rollover", "origins", "roll_over"]

Path: TypeAlias = tuple[str | int, ...]
Keep: TypeAlias = Literal["unfinished", "all", "none"]
"""Which measures stay: those that are not finished or recur, every one, or none."""
LAST_YEAR = 2199
"""The last year that the model takes."""


class Done(StrEnum):
    """What was done to a value."""

    MOVED = "moved"
    """A year or period, by the years between the plans."""
    CLEARED = "cleared"
    """A result or a level reached: it is the old year's."""
    EMPTIED = "emptied"
    """The date or number of an approval, an annex, a signature."""
    IDENTIFIED = "identified"
    """A node got the id by which it is known from now on."""
    ACCEPTED = "accepted"
    """A text or period, by a proposal that was accepted."""
    BASELINE = "baseline"
    """A baseline, by the level reached, of a measure that stays."""
    REMOVED = "removed"
    """A measure that does not stay; `path` leads to it in the old plan."""


class Question(StrEnum):
    """What a person is asked."""

    TEXT = "text"
    """A year or date in a text."""
    PERIOD = "period"
    """A period that 29 February ended or began."""
    TARGET = "target"
    """Which level is to be reached in the new year."""
    BASELINE = "baseline"
    """Whether the level reached is the new baseline."""
    MEASURE = "measure"
    """Whether a measure stays, by its result."""


class Fate(StrEnum):
    """What is proposed for a measure."""

    CARRY = "carry"
    """It is unfinished, or nobody knows: carried over."""
    REPEAT = "repeat"
    """It was finished, and recurs each year."""
    RETIRE = "retire"
    """It was finished, and had its time."""


@dataclass(frozen=True, slots=True)
class Change:
    """What was done to the value at a path of the new plan; `new` is empty where nothing is left."""

    done: Done
    path: Path
    old: str
    new: str


@dataclass(frozen=True, slots=True)
class Decision:
    """What is to be decided about the value at a path of the new plan.

    `old` stands there now, `proposal` may take its place (a `Fate` for a measure; empty where there is none; the same
    as `old` to leave it). In a text, `start` and `end` say where; `in_label` if it is the label of a mapping.
    """

    question: Question
    path: Path
    old: str
    proposal: str
    why: Why | None = None
    start: int | None = None
    end: int | None = None
    in_label: bool = False


@dataclass(frozen=True, slots=True)
class Outlook:
    """A measure, what was reported on it, and what is proposed, or is `settled`.

    The path of one that was removed leads into the old plan.
    """

    path: Path
    number: str
    text: str
    result: Result | None
    fate: Fate
    settled: bool = False


@dataclass(frozen=True)
class Rollover:
    """Next year's plan, and everything that was changed or is to be decided, in the order of the plan."""

    plan: Plan
    by: int
    """The years from the old plan to the new one."""
    changes: tuple[Change, ...]
    decisions: tuple[Decision, ...]
    measures: tuple[Outlook, ...]

    def old_path(self, path: Path, /) -> Path:
        """Where the value at a path of the new plan stood in the old one: measures before it may have been removed."""
        return self._removal.old(path)

    @property
    def years(self) -> tuple[str, str]:
        """The years of the old plan and of the new one, as they are written: `2024`, `2024-2025`."""
        years = self.plan.years or (self.plan.year,)
        first, last = min(years), max(years)
        old, new = (
            str(one) if one == other else f"{one}-{other}"
            for one, other in ((first - self.by, last - self.by), (first, last))
        )
        return old, new

    @property
    def to_decide(self) -> Mapping[Literal["measures", "dates", "levels"], int]:
        """How much a person has to decide: measures that are not settled; years and dates; targets and baselines."""
        asked = Counter(d.question for d in self.decisions)
        return {
            "measures": sum(not measure.settled for measure in self.measures),
            "dates": asked[Question.TEXT] + asked[Question.PERIOD],
            "levels": asked[Question.TARGET] + asked[Question.BASELINE],
        }

    @cached_property
    def _removal(self) -> _Removal:
        return _Removal(change.path for change in self.changes if change.done is Done.REMOVED)

    def accepted(self) -> Rollover:
        """With the proposals about years and dates in texts taken.

        Leap days, labels, and what is proposed to stay as it is are left to a person.
        """
        left: list[Decision] = []
        texts: dict[Path, str] = {}
        grown: Counter[Path] = Counter()
        """How much longer a text is by the proposals that were taken: what is left in it stands further on."""
        for d in self.decisions:
            if d.question is not Question.TEXT or d.in_label or d.start is None or d.end is None:
                left.append(d)
                continue
            start, end = d.start + grown[d.path], d.end + grown[d.path]
            if d.why is Why.LEAP_DAY or d.old == d.proposal:
                left.append(replace(d, start=start, end=end))
                continue
            text = texts.get(d.path) or str(_at(self.plan, d.path))
            texts[d.path] = text[:start] + d.proposal + text[end:]
            grown[d.path] += len(d.proposal) - len(d.old)
        changes = [Change(Done.ACCEPTED, path, str(_at(self.plan, path)), new) for path, new in texts.items()]
        return replace(
            self, plan=_with_texts(self.plan, texts), changes=(*self.changes, *changes), decisions=tuple(left)
        )

    def as_json(self) -> dict[str, object]:
        """For machines: paths as in problems."""

        def plain(item: Change | Decision | Outlook) -> dict[str, object]:
            named = {name: getattr(item, name) for name in item.__dataclass_fields__ if name != "result"}
            return {**named, "path": DataPlace(path=item.path).code_path}

        return {
            "year": self.plan.year,
            "by": self.by,
            "decisions": [plain(d) for d in self.decisions],
            "changes": [plain(c) for c in self.changes],
            "measures": [{**plain(m), "grade": m.result.grade if m.result else None} for m in self.measures],
        }


def roll_over(
    source: Plan | Report,
    /,
    *,
    year: int,
    keep: Keep | None = None,
    kept: Iterable[str] = (),
    retired: Iterable[str] = (),
) -> Rollover:
    """Next year's plan from a plan or a report, `year` being its (first) year.

    With `keep` the measures that do not stay are removed, and those that stay take the levels they reached as
    baselines; `kept` and `retired` are numbers or ids of measures that stay or go whatever `keep` says, with the
    measures below them. A measure stays where one below it does. Without any of the three nothing is removed.

    DataError for a year that does not follow the plan's (PF460), years beyond the calendar (PF461), names that belong
    to no measure (PF464), to several (PF465) or to both sides (PF466), and results that cannot be joined to measures
    (PF401–PF403).
    """
    seen = view.walk(source)
    plan = seen.plan if isinstance(seen, view.ReportView) else seen
    above: Path = ("plan",) if plan is not seen else ()
    old = plan.item.year
    problems = []
    if not old < year <= LAST_YEAR:
        place = DataPlace(path=(*above, "year"))
        problems.append(Problem("PF460", place, {"year": year, "old": old, "last": LAST_YEAR}))
    named = _named(plan, kept, retired, problems)
    if problems:
        raise DataError(problems)
    stays = _settled(plan, keep, named)
    roll = _Roll(plan, year - old)
    rolled = roll.part(plan.item, ())
    assert isinstance(rolled, Plan)
    outlooks = tuple(_outlook(node, stays.get(node.path)) for node in plan.all_measures)
    reported = {node.path for node in plan.all_measures if not node.nodes} if plan is not seen else set()
    decisions = [*roll.decisions, *_levels(plan, rolled), *_fates(outlooks, reported)]
    if roll.late:
        args = ((DataPlace(path=(*above, *path)), {"found": found, "by": year - old}) for path, found in roll.late)
        raise DataError([Problem("PF461", place, found) for place, found in args])
    order = _order(rolled)
    return _with_measures_settled(
        Rollover(
            rolled,
            roll.moved.by,
            tuple(roll.changes),
            tuple(sorted(decisions, key=lambda d: (order(d.path), d.start or 0))),
            outlooks,
        ),
        stays,
    )


def _at(part: Any, path: Path) -> Any:
    """The value at a path."""
    for step in path:
        part = getattr(part, str(step)) if isinstance(part, BaseModel) else part[step]
    return part


def _with_texts(part: Any, texts: Mapping[Path, str]) -> Any:
    """A part with other texts at some paths."""
    if not texts:
        return part
    if () in texts:
        return texts[()] if isinstance(part, str) else period.parse(texts[()])
    inside: dict[str | int, dict[Path, str]] = {}
    for (step, *rest), text in texts.items():
        inside.setdefault(step, {})[tuple(rest)] = text
    new = {step: _with_texts(_at(part, (step,)), below) for step, below in inside.items()}
    if isinstance(part, BaseModel):
        return part.model_copy(update={str(step): value for step, value in new.items()})
    if isinstance(part, dict):
        return {**part, **new}
    return tuple(new.get(at, item) for at, item in enumerate(part))


# --- lineage -------------------------------------------------------------------------------------------------------

_FIT = re.compile(r"[\w./-]{1,40}")


def origins(plan: Plan | PlanView, /) -> Mapping[str, view.TreeNode]:
    """Each node by the id that it has, or that a rollover would give it: the plan's year and its number (`2024-2.3`).

    Where two nodes share a number, or it has spaces, the key of its place stands for it (`2024-o1.m0`).
    """
    seen = view.walk(plan) if isinstance(plan, Plan) else plan
    assert isinstance(seen, PlanView)
    nodes = list(seen)
    numbers = Counter(view.bare_number(node.number) for node in nodes)
    taken = {node.item.id for node in nodes} | {c.item.id for n in nodes for c in _criteria(n.criteria)} | {*numbers}
    out: dict[str, view.TreeNode] = {}
    for node in nodes:
        number = view.bare_number(node.number)
        name = node.item.id
        if not name:
            fit = numbers[number] == 1 and _FIT.fullmatch(number)
            name = f"{seen.item.year}-{number if fit else node.key}"
            while name in taken:
                name += "'"
            taken.add(name)
        out[name] = node
    return out


def _criteria(nodes: tuple[CriterionNode, ...]) -> Iterator[CriterionNode]:
    for node in nodes:
        yield node
        yield from _criteria(node.criteria)


# --- moving --------------------------------------------------------------------------------------------------------

_EMPTIED = {(AnnexMark, "month"), (AnnexMark, "day"), (AnnexMark, "number")}
_CLEARED = {(Measure, "result"), (Criterion, "reached")}
_YEARS = ("year", "years")
_NOT_SEARCHED = ("id", "number", "phone")
_LEGAL = ("legal_basis",)


class _Roll:
    """One walk over a plan: the new plan, what was changed, what is to be decided."""

    def __init__(self, plan: PlanView, by: int) -> None:
        span = (*plan.years, plan.item.year, *(period.years(plan.item.period) if plan.item.period else ()))
        self.moved = Moved(min(span), max(span), by)
        self.year = plan.item.year + by
        self.ids = {node.path: name for name, node in origins(plan).items()}
        self.changes: list[Change] = []
        self.decisions: list[Decision] = []
        self.late: list[tuple[Path, str]] = []
        """Years and periods that would pass the end of the calendar."""

    def part(self, part: BaseModel, path: Path) -> BaseModel:
        """A part of the plan, moved; the part itself where nothing in it changes."""
        new: dict[str, Any] = {}
        if isinstance(part, Node) and not part.id:
            new["id"] = self.ids[path]
            self.changes.append(Change(Done.IDENTIFIED, (*path, "id"), "", new["id"]))
        for field in describe(type(part)).data.values():
            old = getattr(part, field.name)
            if old is None or field.name in new:
                continue
            here = (*path, field.name)
            if (type(part), field.name) in _EMPTIED or field.type is Scalar.DATE:
                moved = None
                self.changes.append(Change(Done.EMPTIED, here, _shown(old), ""))
            elif (type(part), field.name) in _CLEARED:
                moved = None
                self.changes.append(Change(Done.CLEARED, here, _shown(old), ""))
            elif field.name in _YEARS:
                moved = self.years(old, here)
            else:
                moved = self.value(old, field.type, here)
            if moved is not old:
                new[field.name] = moved
        return part.model_copy(update=new) if new else part

    def value(self, value: Any, kind: Type, path: Path) -> Any:
        if isinstance(kind, ListOf):
            items = tuple(self.value(item, kind.item, (*path, at)) for at, item in enumerate(value))
            return value if all(a is b for a, b in zip(items, value, strict=True)) else items
        if isinstance(kind, MapOf):
            for label, item in value.items():
                if kind.key is Scalar.TEXT:
                    self.search(label, (*path, label), in_label=True)
                self.value(item, kind.value, (*path, label))  # labels lead to texts, which stay
            return value
        if isinstance(kind, Record):
            return self.part(value, path)
        if kind is Scalar.PERIOD:
            return self.period(value, path)
        if kind is Scalar.TEXT and path[-1] not in _NOT_SEARCHED:
            self.search(value, path)
        return value

    def years(self, old: Any, path: Path) -> Any:
        if isinstance(old, tuple):
            return tuple(self.years(year, (*path, at)) for at, year in enumerate(old))
        new = old + self.moved.by
        if new > LAST_YEAR:
            self.late.append((path, str(old)))
        self.changes.append(Change(Done.MOVED, path, str(old), str(new)))
        return new

    def period(self, old: period.Period, path: Path) -> period.Period:
        if isinstance(old, period.Free):
            self.search(str(old), path)
            return old
        try:
            new = period.shift(old, self.moved.by)
        except ValueError:
            self.late.append((path, str(old)))
            return old
        if new != old:
            self.changes.append(Change(Done.MOVED, path, str(old), str(new)))
            if _leap_days(old) > _leap_days(new):
                self.decisions.append(Decision(Question.PERIOD, path, str(new), str(new), Why.LEAP_DAY))
        elif isinstance(old, period.Deadline) and (old.month, old.day) == (2, 29) and not isleap(self.year):
            proposal = str(replace(old, day=28, written=""))
            self.decisions.append(Decision(Question.PERIOD, path, str(old), proposal, Why.LEAP_DAY))
        return new

    def search(self, text: str, path: Path, *, in_label: bool = False) -> None:
        legal = any(step in _LEGAL for step in path)
        moved = self.moved
        years = {int(year) for year in _YEAR.findall(text)} if path == ("title",) else set()
        if len(years) == 1 and moved.is_near(*years) and not moved.first <= min(years) <= moved.last:
            # A title that was left behind (PF416) catches up with its plan.
            moved = Moved(min(years), min(years), moved.by + moved.first - min(years))
        for f in find(text, moved, reference=legal):
            self.decisions.append(Decision(Question.TEXT, path, f.old, f.new, f.why, f.start, f.end, in_label))


_YEAR = re.compile(r"(?<![0-9])(?:19|20|21)[0-9]{2}(?![0-9])")


def _shown(value: object) -> str:
    """A value that was taken away, as people know it."""
    if isinstance(value, Result):
        return value.grade or ""
    return mongolian.date_like(value, "2021.01.01") if isinstance(value, date) else str(value)


def _leap_days(given: period.Period) -> int:
    match given:
        case period.Day(day=day):
            days = [day]
        case period.Range(first=first, last=last):
            days = [first, last]
        case period.Deadline(month=month, day=number, year=int(year)):
            days = [date(year, month, number)]
        case _:
            days = []
    return sum((day.month, day.day) == (2, 29) for day in days)


# --- measures, targets, baselines ----------------------------------------------------------------------------------


def _outlook(node: MeasureNode, stays: bool | None = None) -> Outlook:
    """What is proposed for a measure: finished ones are repeated if they recur each year, else retired.

    Where it is settled that it stays or goes, that; what stays and would be retired is carried.
    """
    given = None if node.result == _BLANK else node.result
    finished = given is not None and given.percent == Decimal(100)
    recurs = isinstance(node.period, period.Recurrence)
    fate = Fate.CARRY if not finished else Fate.REPEAT if recurs else Fate.RETIRE
    if stays is not None:
        fate = Fate.RETIRE if not stays else Fate.CARRY if fate is Fate.RETIRE else fate
    return Outlook(node.path, node.number, node.item.text, given, fate, stays is not None)


_BLANK = Result.model_construct()


def _named(plan: PlanView, kept: Iterable[str], retired: Iterable[str], problems: list[Problem]) -> Mapping[Path, bool]:
    """Whether each measure stays that is named by its number or id."""
    by_name: dict[str, list[MeasureNode]] = {}
    for node in plan.all_measures:
        for name in dict.fromkeys([view.bare_number(node.number), node.item.id or ""]):
            by_name.setdefault(name, []).append(node)
    stays: dict[Path, bool] = {}
    for name, says in [*((name, True) for name in kept), *((name, False) for name in retired)]:
        found = by_name.get(name) or by_name.get(view.bare_number(name), [])
        if len(found) != 1 or not name:
            several: Mapping[str, object] = {"count": len(found)}
            code, args = ("PF465", several) if found and name else ("PF464", _no_measure(plan, name))
            problems.append(Problem(code, None, {"name": name, **args}))
        elif stays.setdefault(found[0].path, says) is not says:
            problems.append(Problem("PF466", None, {"name": name}))
    return stays


def _no_measure(plan: PlanView, name: str) -> Mapping[str, object]:
    """What a name that no measure has is instead, and some numbers that measures do have, below it if it has any."""
    number = view.bare_number(name)
    nodes = (node for node in plan if name and (node.item.id == name or view.bare_number(node.number) == number))
    other = next(nodes, None)
    inside = [node for node in plan.all_measures if other is not None and node.path[: len(other.path)] == other.path]
    known = [view.bare_number(node.number) for node in (inside or plan.all_measures)[:_SHOWN]]
    reason = _NO_NODE
    if other is not None:
        level = view.LEVEL_WORDS[other.level]
        article = "an" if level.en[0] in "aeiou" else "a"
        reason = Words(f"энэ нь арга хэмжээ биш, {level.mn}", f"it is {article} {level.en}, not a measure")
    return {"reason": reason, "known": ", ".join(known) or "–"}


_SHOWN = 3
_NO_NODE = Words("ийм дугаар, таних тэмдэг төлөвлөгөөнд алга", "the plan has no such number or id")


def _settled(plan: PlanView, keep: Keep | None, named: Mapping[Path, bool]) -> Mapping[Path, bool]:
    """Whether each measure stays: as it is named, else as the measure above it, else by rule; nothing where open.

    A measure that reports nothing itself is finished when all below it are.
    """
    stays: dict[Path, bool | None] = {}
    for node in plan.all_measures:
        stays[node.path] = named.get(node.path, stays.get(node.path[:-2]))
    for node in reversed(plan.all_measures):
        below = [stays[inner.path] for inner in node.measures]
        if stays[node.path] is None and keep is not None:
            divided = node.result == _BLANK and bool(below)
            unfinished = any(below) if divided else _outlook(node).fate is not Fate.RETIRE
            stays[node.path] = keep == "all" or (keep == "unfinished" and unfinished)
        if stays[node.path] is False and any(below):
            stays[node.path] = True
    return {path: said for path, said in stays.items() if said is not None}


def _with_measures_settled(rollover: Rollover, stays: Mapping[Path, bool]) -> Rollover:
    """Without the measures that go; those that stay have the levels they reached as baselines."""
    gone = {path for path, said in stays.items() if not said}
    if not stays:
        return rollover

    def within(path: Path, settled: Iterable[Path]) -> bool:
        return any(path[:n] in settled for n in range(2, len(path) + 1, 2))

    taken = {
        d: None
        for d in rollover.decisions
        if d.question is Question.BASELINE and stays.get(_measure_of(d.path)) is True
    }
    plan = _with_texts(rollover.plan, {d.path: d.proposal for d in taken})
    baselines = [Change(Done.BASELINE, d.path, d.old, d.proposal) for d in taken]
    places = _Removal(gone).new
    removed = [Change(Done.REMOVED, m.path, m.text, "") for m in rollover.measures if m.path in gone]
    return Rollover(
        _without(plan, gone),
        rollover.by,
        (
            *(replace(c, path=places(c.path)) for c in (*rollover.changes, *baselines) if not within(c.path, gone)),
            *(c for c in removed if c.path[:-2] not in gone),
        ),
        tuple(
            replace(d, path=places(d.path)) for d in rollover.decisions if d not in taken and not within(d.path, gone)
        ),
        tuple(m if m.path in gone else replace(m, path=places(m.path)) for m in rollover.measures),
    )


class _Removal:
    """The places of a plan from whose lists entries are removed, these given by their paths."""

    def __init__(self, paths: Iterable[Path]) -> None:
        self.gone: dict[Path, list[int]] = {}
        for *inside, at in paths:
            assert isinstance(at, int)
            self.gone.setdefault(tuple(inside), []).append(at)
        for indices in self.gone.values():
            indices.sort()
        self.before = {inside: [at - n for n, at in enumerate(indices)] for inside, indices in self.gone.items()}
        """Of each entry that is removed, how many stay before it."""

    def new(self, path: Path) -> Path:
        """Where what stood at a path stands now."""
        steps = ((step, self.gone.get(path[:n], ())) for n, step in enumerate(path))
        return tuple(step - bisect_left(gone, step) if isinstance(step, int) else step for step, gone in steps)

    def old(self, path: Path) -> Path:
        """Where what stands at a path now stood."""
        old: Path = ()
        for step in path:
            old = (*old, step + bisect_right(self.before.get(old, ()), step) if isinstance(step, int) else step)
        return old


def _without(part: Any, gone: Iterable[Path]) -> Any:
    """A part without what stands at some paths, which lead to entries of lists."""
    inside: dict[str | int, list[Path]] = {}
    for step, *rest in gone:
        inside.setdefault(step, []).append(tuple(rest))
    if not inside:
        return part
    if isinstance(part, tuple):
        new = ((item, inside.get(at, [])) for at, item in enumerate(part))
        return tuple(_without(item, below) for item, below in new if () not in below)
    return part.model_copy(update={str(step): _without(_at(part, (step,)), below) for step, below in inside.items()})


def _measure_of(path: Path) -> Path:
    """The part whose criterion, or criterion of a criterion, a path leads into."""
    return path[: path.index("criteria")]


def _fates(outlooks: tuple[Outlook, ...], reported: set[Path]) -> Iterator[Decision]:
    """The measures with a result, and those that a report should have had one for."""
    for measure in outlooks:
        if not measure.settled and (measure.result is not None or measure.path in reported):
            grade = measure.result.grade if measure.result is not None else None
            yield Decision(Question.MEASURE, measure.path, grade or "", measure.fate)


def _levels(plan: PlanView, rolled: Plan) -> Iterator[Decision]:
    """The target of each indicator, for which a year gives none, and the level reached as its baseline."""
    for node in plan:
        for criterion in _criteria(node.criteria):
            item, reached = criterion.item, criterion.reached
            if item.target is not None:
                known = item.targets.get(rolled.year, "")
                yield Decision(Question.TARGET, (*criterion.path, "target"), item.target.value, known)
            if item.baseline is not None and reached and reached != item.baseline:
                yield Decision(Question.BASELINE, (*criterion.path, "baseline"), item.baseline, reached)


def _order(plan: Plan) -> Any:
    """A key that sorts paths as the fields of the plan stand in its model."""
    ranks: dict[tuple[type, str], int] = {}

    def key(path: Path) -> tuple[tuple[int, str], ...]:
        out: list[tuple[int, str]] = []
        kind: Type = describe(type(plan))
        for step in path:
            if isinstance(kind, ListOf) and isinstance(step, int):
                kind = kind.item
                out.append((step, ""))
            elif isinstance(kind, Record):
                if (kind.cls, str(step)) not in ranks:
                    ranks.update({(kind.cls, name): at for at, name in enumerate(kind.data)})
                out.append((ranks[kind.cls, str(step)], ""))
                kind = kind.data[str(step)].type
            elif isinstance(kind, MapOf):
                out.append((0, str(step)))
                kind = kind.value
        return tuple(out)

    return key
