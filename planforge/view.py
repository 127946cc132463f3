"""What templates see: the joined nodes of a plan or report, and their types.

`walk` joins what belongs together: each node of the tree with its printed number, places, unique key, result and all
its descendants per level. A class here is a model class (`item`) plus derived figures: a field with a `Term` and a
property marked `derived` may be printed, and a field with the name of a model's field stands for it, under its term.
Loops of a form go over descendants (`plan.all_measures`), so a level that a form does not name is stepped over and
nothing is lost in silence (layout-spec.md, “The nodes it prints”).

Nodes are written once, by `walk`. They are not frozen dataclasses: those would take four times as long to make. No
node points up: without cycles a view is gone with its last reference, and no document waits for the garbage collector.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from functools import cache
from typing import Annotated, ClassVar, TypeAlias

from planforge import model, mongolian, period, scales
from planforge.errors import DataError, DataPlace, Problem, Words
from planforge.model import Term, derived
from planforge.vocabulary import Field, Record, Scalar, describe

__all__ = [
    "BLANK",
    "ActivityNode",
    "ChapterNode",
    "CriterionNode",
    "MeasureNode",
    "ObjectiveNode",
    "PlanView",
    "ReportView",
    "TreeNode",
    "bare_number",
    "join_problems",
    "names",
    "walk",
]

Path: TypeAlias = tuple[str | int, ...]
"""A place in the data: fields and indices from 0 in turn."""

_INDEX = Term("эрэмбэ", help="Place among its siblings, from 1", help_mn="Хамт байгаа зүйлсийн дундах байр")
_KEY = Term("түлхүүр", help="Unique over all levels; for `vm`", help_mn="Давтагдашгүй түлхүүр; `vm`-д")
_ALL_OBJECTIVES = Term("бүх зорилт", help="Every objective below, in order", help_mn="Доторх бүх зорилт")
_ALL_ACTIVITIES = Term("бүх үйл ажиллагаа", help="Every activity below, in order", help_mn="Доторх бүх үйл ажиллагаа")
_ALL_MEASURES = Term("бүх арга хэмжээ", help="Every measure below, in order", help_mn="Доторх бүх арга хэмжээ")
_MEAN = Term(
    "дундаж",
    help="Mean of the percents reported here and below, one decimal, rounded half up; absent where there is none",
    help_mn="Энд болон доор тайлагнасан хувийн дундаж, аравтын нэг орноор; хувь байхгүй бол хоосон",
    example="97.5",
)
_UNKNOWN = Decimal("NaN")
"""In the place of a mean that nobody has asked for."""


def _key(path: Path) -> str:
    """`o1.m0` for the first measure of the second objective."""
    return ".".join(f"{str(name)[0]}{at}" for name, at in zip(path[::2], path[1::2], strict=True))


@dataclass(slots=True, eq=False)
class CriterionNode:
    """A criterion where it stands."""

    item: model.Criterion
    path: Path
    index: Annotated[int, _INDEX]
    depth: Annotated[int, Term("гүн", help="1, sub-criteria 2 …", help_mn="Түвшин: 1, дэд шалгуур 2")]
    reached: str | None
    """In the result, or here."""
    criteria: tuple[CriterionNode, ...] = field(default=(), init=False)

    @property
    @derived(_KEY)
    def key(self) -> str:
        return _key(self.path)

    @property
    @derived(Term("үсэг", help="а, б, в … by place", help_mn="Байрлалын үсэг: а, б, в …"))
    def letter(self) -> str:
        """The letter of its place."""
        return mongolian.list_letter(self.index)


@dataclass(slots=True, eq=False)
class TreeNode:
    """What every node of the tree has."""

    level: ClassVar[str]
    item: model.Node
    path: Path
    number: str
    """Given, or derived from the place in the tree."""
    index: Annotated[int, _INDEX]
    serial: Annotated[int, Term("д/д", help="Running over the whole plan", help_mn="Төлөвлөгөөний дагуух дараалал")]
    depth: Annotated[int, Term("гүн", help="Nodes above, plus 1", help_mn="Модны гүн")]
    criteria: tuple[CriterionNode, ...] = field(default=(), init=False)
    nodes: tuple[TreeNode, ...] = field(default=(), init=False)
    """The nodes directly below, in document order."""
    objectives: tuple[ObjectiveNode, ...] = field(default=(), init=False)
    activities: tuple[ActivityNode, ...] = field(default=(), init=False)
    measures: tuple[MeasureNode, ...] = field(default=(), init=False)
    all_objectives: Annotated[tuple[ObjectiveNode, ...], _ALL_OBJECTIVES] = field(default=(), init=False)
    all_activities: Annotated[tuple[ActivityNode, ...], _ALL_ACTIVITIES] = field(default=(), init=False)
    all_measures: Annotated[tuple[MeasureNode, ...], _ALL_MEASURES] = field(default=(), init=False)
    _mean: Decimal | None = field(default=_UNKNOWN, init=False)

    @property
    @derived(_KEY)
    def key(self) -> str:
        return _key(self.path)

    @property
    @derived(_MEAN)
    def mean(self) -> Decimal | None:
        """The mean of the percents here and below (domain.md 4.2, M1 to M5)."""
        if self._mean is _UNKNOWN:
            exact = scales.mean(scales.percents(measure.result for measure in self.reported))
            self._mean = None if exact is None else scales.rounded(exact)
        return self._mean

    @property
    def reported(self) -> tuple[MeasureNode, ...]:
        """The measures that a mean is taken over: all below; of a measure itself too."""
        return self.all_measures


@dataclass(slots=True, eq=False)
class MeasureNode(TreeNode):
    """A measure where it stands, with its result."""

    level = "measure"
    item: model.Measure
    result: model.Result
    """Blank where nothing is reported."""
    period: period.Period | None
    """Own or by default, like all that follow."""
    responsible: tuple[str, ...]
    partners: tuple[str, ...]
    coverage: str | None

    @property
    def reported(self) -> tuple[MeasureNode, ...]:
        return (self, *self.all_measures)

    @property
    def is_graded(self) -> bool:
        """Whether it counts as an item: its row has a grade, or no rows below could have one instead."""
        return self.result.percent is not None or self.result.status is not None or not self.measures


@dataclass(slots=True, eq=False)
class ActivityNode(TreeNode):
    """An activity where it stands."""

    level = "activity"
    item: model.Activity


@dataclass(slots=True, eq=False)
class ObjectiveNode(TreeNode):
    """An objective where it stands."""

    level = "objective"
    item: model.Objective


@dataclass(slots=True, eq=False)
class ChapterNode(TreeNode):
    """A chapter where it stands."""

    level = "chapter"
    item: model.Chapter


@dataclass(slots=True, eq=False)
class PlanView:
    """A plan and all its nodes."""

    item: model.Plan
    years: tuple[int, ...]
    """Given, else the one year."""
    nodes: tuple[TreeNode, ...]
    chapters: tuple[ChapterNode, ...]
    objectives: tuple[ObjectiveNode, ...]
    activities: tuple[ActivityNode, ...]
    measures: tuple[MeasureNode, ...]
    all_chapters: Annotated[tuple[ChapterNode, ...], Term("бүх бүлэг", help="Every chapter", help_mn="Бүх бүлэг")]
    all_objectives: Annotated[tuple[ObjectiveNode, ...], _ALL_OBJECTIVES]
    all_activities: Annotated[tuple[ActivityNode, ...], _ALL_ACTIVITIES]
    all_measures: Annotated[tuple[MeasureNode, ...], _ALL_MEASURES]

    @property
    def graded(self) -> tuple[MeasureNode, ...]:
        """The measures that an evaluation counts: those with a percent or status, and those without measures below."""
        return tuple(node for node in self.all_measures if node.is_graded)

    def __iter__(self) -> Iterator[TreeNode]:
        """Every node in document order."""
        stack = list(reversed(self.nodes))
        while stack:
            node = stack.pop()
            yield node
            stack.extend(reversed(node.nodes))


@dataclass(slots=True, eq=False)
class ReportView:
    """A report with its plan joined to its results."""

    item: model.Report
    plan: PlanView
    unit: model.Organisation
    """Given, else the plan's owner."""
    title: str
    """Given, else the plan's."""
    profile: tuple[model.Labelled, ...]
    _figures: scales.Figures | None = field(default=None, init=False)

    @property
    @derived(_MEAN)
    def mean(self) -> Decimal | None:
        """The mean over all measures (domain.md 4.2, M1 to M4)."""
        return self.figures.mean

    @property
    @derived(Term("оноо", help="The mean in points of 5, two decimals", help_mn="Дундаж, 5 оноогоор", example="4.88"))
    def score(self) -> Decimal | None:
        """Percent × 5 / 100 (domain.md 4.1)."""
        return self.figures.score

    @property
    @derived(Term("үнэлсэн тоо", help="Measures with a percent", help_mn="Хувиар үнэлсэн арга хэмжээний тоо"))
    def assessed(self) -> int:
        """How many measures the mean is taken over."""
        return self.figures.assessed

    @property
    @derived(
        Term(
            "хэрэгжилтийн түвшин",
            help="Levels of the scale GOV4, then other percents and what is not assessed: with counts and shares",
            help_mn="GOV4 шатлалын түвшин, бусад хувь, үнэлээгүй нь: тоо, эзлэх хувийн хамт",
        )
    )
    def levels(self) -> tuple[model.Share, ...]:
        """The shares of the levels (domain.md 4.2, M9)."""
        return self.figures.levels

    @property
    def figures(self) -> scales.Figures:
        """The figures by the scale GOV4, worked out once. `evaluation` takes other scales."""
        if self._figures is None:
            self._figures = scales.figures([node.result for node in self.plan.graded])
        return self._figures


_NODES: dict[str, type[TreeNode]] = {
    "chapter": ChapterNode,
    "objective": ObjectiveNode,
    "activity": ActivityNode,
    "measure": MeasureNode,
}

LEVELS: tuple[str, ...] = (*_NODES, "criterion")
"""The levels of the tree from outer to inner."""

LEVEL_TERMS: Mapping[str, str] = {
    "chapter": "бүлэг",
    "objective": "зорилт",
    "activity": "үйл ажиллагаа",
    "measure": "арга хэмжээ",
    "criterion": "шалгуур",
}


LEVEL_WORDS: Mapping[str, Words] = {level: Words(term, level) for level, term in LEVEL_TERMS.items()}

PLURALS: Mapping[str, str] = {level: name for level, (_, name) in model.LEVELS.items()}
"""The field that holds the nodes of a level: measure → measures."""


@cache
def level_record(level: str) -> Record:
    """The description of the nodes of a level."""
    cls: type = CriterionNode if level == "criterion" else _NODES[level]
    return describe(cls)


@cache
def names() -> Mapping[str, Field]:
    """The names at the top of a template and what they are: `plan`, `report`, `today`."""

    def top(name: str, term: str, record: Record | Scalar) -> Field:
        return Field(name, Term(term), record, optional=False, required=False, access=name)

    return {
        "plan": top("plan", "төлөвлөгөө", describe(PlanView)),
        "report": top("report", "тайлан", describe(ReportView)),
        "today": top("today", "өнөөдөр", Scalar.DATE),
    }


def walk(subject: model.Plan | model.Report, /) -> PlanView | ReportView:
    """The view of a plan or report.

    Raises DataError for a result that belongs to no measure (PF401), to several (PF402), or is given twice (PF403).
    """
    if isinstance(subject, model.Plan):
        return _Walk(subject, {}).view()
    joined = _Walk(subject.plan, subject.results)
    plan = joined.view()
    if sorted(joined.matched) != sorted(subject.results):
        raise DataError(join_problems(subject))
    title = subject.title if subject.title is not None else subject.plan.title
    profile = tuple(model.Labelled(label=label, text=text) for label, text in subject.profile.items())
    return ReportView(subject, plan, subject.unit or subject.plan.owner, title, profile)


def join_problems(report: model.Report, /) -> list[Problem]:
    """The results of a report that cannot be joined to exactly one measure (PF401–PF403)."""
    plan = _Walk(report.plan, {}).view()
    by_id: dict[str, list[MeasureNode]] = {}
    by_number: dict[str, list[MeasureNode]] = {}
    for measure in plan.all_measures:
        by_number.setdefault(bare_number(measure.number), []).append(measure)
        if measure.item.id is not None:
            by_id.setdefault(measure.item.id, []).append(measure)
    problems = []
    taken: dict[str, str] = {}
    for name in report.results:
        place = DataPlace(path=("results", name))
        numbered = by_number.get(bare_number(name), [])
        found = [*numbered, *(m for m in by_id.get(name, []) if m not in numbered)]
        if not found:
            near = _near(name, [known for known in {**by_number, **by_id} if known])
            problems.append(Problem("PF401", place, {"name": name, "near": near}))
        elif len(found) > 1:
            problems.append(Problem("PF402", place, {"name": name, "count": len(found)}))
        elif found[0].item.result is not None or found[0].key in taken:
            problems.append(Problem("PF403", place, {"name": name, "number": found[0].number}))
        else:
            taken[found[0].key] = name
    return problems


def _near(name: str, known: list[str]) -> str:
    """The known numbers that a message may offer: the first few that share the first group of the unknown one."""
    head = name.partition(".")[0]
    near = [k for k in known if k.partition(".")[0] == head] or known
    return ", ".join(near[:8]) + (" …" if len(near) > 8 else "")


def bare_number(number: str, /) -> str:
    """A number without the stop that some forms print after it: `1.1.` is the measure `1.1`."""
    return number.strip().rstrip(".)/: ")


BLANK = model.Result.model_construct()  # built without a schema
"""The result of a measure that has none."""
_NO_DEFAULTS = model.Defaults.model_construct()


class _Walk:
    """One walk over a plan: derives numbers and places, joins results."""

    def __init__(self, plan: model.Plan, results: Mapping[str, model.Result]) -> None:
        self.plan = plan
        self.results = results
        self.by_number = {bare_number(name): name for name in results}
        self.matched: list[str] = []
        self.defaults = plan.defaults or _NO_DEFAULTS
        self.run = 0  # the number of the last node under a chapter, where numbers run through
        self.found: dict[str, list[TreeNode]] = {level: [] for level in _NODES}

    def view(self) -> PlanView:
        below = self.below(self.plan, None)
        found = {f"all_{name}": tuple(self.found[level]) for level, name in PLURALS.items()}
        groups = {name: below.get(level, ()) for level, name in PLURALS.items()}
        years = self.plan.years or (self.plan.year,)
        nodes = tuple(itertools.chain.from_iterable(below.values()))
        return PlanView(self.plan, years, nodes, **groups, **found)  # type: ignore[arg-type]

    def below(self, holder: model.Plan | model.Node, above: TreeNode | None) -> dict[str, tuple[TreeNode, ...]]:
        """The nodes directly under a plan or node by their level."""
        in_chapter = isinstance(above, ChapterNode)
        flat = above is None or (in_chapter and self.plan.numbering is not model.Numbering.NESTED)
        stem = "" if above is None or flat else bare_number(above.number)
        prefix = f"{stem}." if stem else ""
        depth = 1 if above is None else above.depth + 1
        runs = self.plan.numbering is model.Numbering.THROUGH and (above is None or in_chapter)
        below: dict[str, tuple[TreeNode, ...]] = {}
        index = 0
        for level, items in model.children(holder):
            found = self.found[level]
            make: Callable[..., TreeNode] = self.measure if level == "measure" else _NODES[level]
            path = (*(above.path if above else ()), PLURALS[level])
            nodes: list[TreeNode] = []
            for at, item in enumerate(items):
                index += 1
                count = index
                if runs and level != "chapter":
                    count = self.run = self.run + 1
                number = f"{prefix}{count}" if item.number is None else item.number
                node = make(item, (*path, at), number, index, len(found) + 1, depth)
                found.append(node)
                nodes.append(node)
                if item.criteria:
                    reached = node.result.indicators if isinstance(node, MeasureNode) else {}
                    node.criteria = _criteria(item.criteria, (*node.path, "criteria"), reached)
                if level != "measure" or item.measures:  # type: ignore[attr-defined]  # to ask for its class is slow
                    self.descend(node)
            below[level] = tuple(nodes)
        return below

    def descend(self, node: TreeNode) -> None:
        """Gives a node what stands below it."""
        marks = {level: len(found) for level, found in self.found.items()}
        below = self.below(node.item, node)
        node.nodes = tuple(itertools.chain.from_iterable(below.values()))
        for level, nodes in below.items():
            setattr(node, PLURALS[level], nodes)
        for level, before in marks.items():
            if len(self.found[level]) > before:
                setattr(node, f"all_{PLURALS[level]}", tuple(self.found[level][before:]))

    def measure(self, item: model.Measure, path: Path, number: str, index: int, serial: int, depth: int) -> MeasureNode:
        given = self.defaults
        return MeasureNode(
            item,
            path,
            number,
            index,
            serial,
            depth,
            item.result or (self.result(item, number) if self.results else BLANK),
            given.period if item.period is None else item.period,
            item.responsible or given.responsible,
            item.partners or given.partners,
            given.coverage if item.coverage is None else item.coverage,
        )

    def result(self, item: model.Measure, number: str) -> model.Result:
        """The result given by a measure's id or number, else a blank one."""
        name = item.id if item.id in self.results else self.by_number.get(bare_number(number))
        if name is None:
            return BLANK
        self.matched.append(name)
        return self.results[name]


def _criteria(
    items: tuple[model.Criterion, ...],
    path: Path,
    reached: Mapping[str, str],
    depth: int = 1,
    above: str = "",
) -> tuple[CriterionNode, ...]:
    """`reached` has the values of a result by place (`2`, `2.а`) or id."""
    nodes = []
    for index, item in enumerate(items, 1):
        node = CriterionNode(item, (*path, index - 1), index, depth, item.reached)
        name = ""
        if reached:
            name = str(index) if depth == 1 else f"{above}.{node.letter}"
            own = reached.get(name) or (reached.get(item.id) if item.id is not None else None)
            node.reached = own or item.reached
        if item.criteria:
            node.criteria = _criteria(item.criteria, (*node.path, "criteria"), reached, depth + 1, name)
        nodes.append(node)
    return tuple(nodes)
