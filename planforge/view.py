"""What templates see: the joined, frozen nodes of a plan or report, and their types.

`walk` joins what belongs together: each node of the tree with its printed number, places, unique key, result and all
its descendants per level. A class here is a model class (`item`) plus derived figures: a field with a `Term` may be
printed, and one with the name of a model's field stands for it, under its term. Loops of a form go over descendants
(`plan.all_measures`), so a level that a form does not name is stepped over and nothing is lost in silence
(layout-spec.md, “The nodes it prints”).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache
from typing import Annotated, TypeAlias

from planforge import model, mongolian, period
from planforge.errors import DataError, DataPlace, Problem, Words
from planforge.model import Term
from planforge.vocabulary import Field, Record, Scalar, describe

__all__ = [
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

_INDEX = Term("эрэмбэ", help="Place among its siblings, from 1", help_mn="Хамт байгаа зүйлсийн дундах байр")
_KEY = Term("түлхүүр", help="Unique over all levels; for `vm`", help_mn="Давтагдашгүй түлхүүр; `vm`-д")
_ALL_OBJECTIVES = Term("бүх зорилт", help="Every objective below, in order", help_mn="Доторх бүх зорилт")
_ALL_ACTIVITIES = Term("бүх үйл ажиллагаа", help="Every activity below, in order", help_mn="Доторх бүх үйл ажиллагаа")
_ALL_MEASURES = Term("бүх арга хэмжээ", help="Every measure below, in order", help_mn="Доторх бүх арга хэмжээ")


@dataclass(frozen=True, slots=True, eq=False)
class CriterionNode:
    """A criterion where it stands."""

    item: model.Criterion
    path: Path
    key: Annotated[str, _KEY]
    index: Annotated[int, _INDEX]
    letter: Annotated[str, Term("үсэг", help="а, б, в … by place", help_mn="Байрлалын үсэг: а, б, в …")]
    depth: Annotated[int, Term("гүн", help="1, sub-criteria 2 …", help_mn="Түвшин: 1, дэд шалгуур 2")]
    reached: str | None
    """In the result, or here."""
    criteria: tuple[CriterionNode, ...]


@dataclass(frozen=True, slots=True, eq=False)
class TreeNode:
    """What every node of the tree has."""

    item: model.Node
    path: Path
    level: str
    parent: TreeNode | None
    key: Annotated[str, _KEY]
    number: str
    """Given, or derived from the place in the tree."""
    index: Annotated[int, _INDEX]
    serial: Annotated[int, Term("д/д", help="Running over the whole plan", help_mn="Төлөвлөгөөний дагуух дараалал")]
    depth: Annotated[int, Term("гүн", help="Nodes above, plus 1", help_mn="Модны гүн")]
    criteria: tuple[CriterionNode, ...]
    nodes: tuple[TreeNode, ...] = field(default=(), init=False)
    """The nodes directly below, in document order."""
    objectives: tuple[ObjectiveNode, ...] = field(default=(), init=False)
    activities: tuple[ActivityNode, ...] = field(default=(), init=False)
    measures: tuple[MeasureNode, ...] = field(default=(), init=False)
    all_objectives: Annotated[tuple[ObjectiveNode, ...], _ALL_OBJECTIVES] = field(default=(), init=False)
    all_activities: Annotated[tuple[ActivityNode, ...], _ALL_ACTIVITIES] = field(default=(), init=False)
    all_measures: Annotated[tuple[MeasureNode, ...], _ALL_MEASURES] = field(default=(), init=False)

    @property
    def ancestors(self) -> tuple[TreeNode, ...]:
        """The nodes above, outermost first."""
        return () if self.parent is None else (*self.parent.ancestors, self.parent)


@dataclass(frozen=True, slots=True, eq=False)
class MeasureNode(TreeNode):
    """A measure where it stands, with its result."""

    item: model.Measure
    result: model.Result
    """Blank where nothing is reported."""
    period: period.Period | None
    """Own or by default, like all that follow."""
    responsible: tuple[str, ...]
    partners: tuple[str, ...]
    coverage: str | None


@dataclass(frozen=True, slots=True, eq=False)
class ActivityNode(TreeNode):
    """An activity where it stands."""

    item: model.Activity


@dataclass(frozen=True, slots=True, eq=False)
class ObjectiveNode(TreeNode):
    """An objective where it stands."""

    item: model.Objective


@dataclass(frozen=True, slots=True, eq=False)
class ChapterNode(TreeNode):
    """A chapter where it stands."""

    item: model.Chapter


@dataclass(frozen=True, slots=True, eq=False)
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

    def __iter__(self) -> Iterator[TreeNode]:
        """Every node in document order."""
        stack = list(reversed(self.nodes))
        while stack:
            node = stack.pop()
            yield node
            stack.extend(reversed(node.nodes))


@dataclass(frozen=True, slots=True, eq=False)
class ReportView:
    """A report with its plan joined to its results."""

    item: model.Report
    plan: PlanView
    unit: model.Organisation
    """Given, else the plan's owner."""
    title: str
    """Given, else the plan's."""
    profile: tuple[model.Labelled, ...]


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


_BLANK, _NO_DEFAULTS = model.Result.model_construct(), model.Defaults.model_construct()  # built without a schema


class _Walk:
    """One walk over a plan: derives numbers, keys and places, joins results."""

    def __init__(self, plan: model.Plan, results: Mapping[str, model.Result]) -> None:
        self.plan = plan
        self.results = results
        self.by_number = {bare_number(name): name for name in results}
        self.matched: list[str] = []
        self.defaults = plan.defaults or _NO_DEFAULTS
        self.serials = dict.fromkeys(_NODES, 0)
        self.run = 0  # the number of the last node under a chapter, where numbers run through
        self.found: dict[str, list[TreeNode]] = {level: [] for level in _NODES}

    def view(self) -> PlanView:
        nodes = self.nodes_under(self.plan, None, ())
        below = {name: tuple(n for n in nodes if n.level == level) for level, name in PLURALS.items()}
        found = {f"all_{PLURALS[level]}": tuple(nodes) for level, nodes in self.found.items()}
        years = self.plan.years or (self.plan.year,)
        return PlanView(self.plan, years, nodes, **below, **found)  # type: ignore[arg-type]

    def nodes_under(self, parent: model.Plan | model.Node, above: TreeNode | None, path: Path) -> tuple[TreeNode, ...]:
        nodes: list[TreeNode] = []
        stem = "" if above is None else bare_number(above.number)
        in_chapter = above is not None and above.level == "chapter"
        if in_chapter and self.plan.numbering is not model.Numbering.NESTED:
            stem = ""
        through = self.plan.numbering is model.Numbering.THROUGH and (above is None or in_chapter)
        for index, (level, name, at, item) in enumerate(model.children(parent), 1):
            count = index
            if through and level != "chapter":
                self.run += 1
                count = self.run
            derived = f"{stem}.{count}" if stem else str(count)
            nodes.append(self.node(item, level, (*path, name, at), above, derived, index))
        return tuple(nodes)

    def node(
        self, item: model.Node, level: str, path: Path, above: TreeNode | None, derived: str, index: int
    ) -> TreeNode:
        self.serials[level] += 1
        result = self.result(item, derived) if isinstance(item, model.Measure) else _BLANK
        key = f"{above.key}." if above else ""
        key += f"{level[0]}{path[-1]}"
        common = (
            item,
            path,
            level,
            above,
            key,
            derived if item.number is None else item.number,
            index,
            self.serials[level],
            1 if above is None else above.depth + 1,
            _criteria(item.criteria, (*path, "criteria"), key, result.indicators, 1, "") if item.criteria else (),
        )
        node: TreeNode
        if isinstance(item, model.Measure):
            given = self.defaults
            node = MeasureNode(
                *common,  # type: ignore[arg-type]
                result,
                item.period if item.period is not None else given.period,
                item.responsible or given.responsible,
                item.partners or given.partners,
                item.coverage if item.coverage is not None else given.coverage,
            )
        else:
            node = _NODES[level](*common)
        self.found[level].append(node)
        marks = {other: len(found) for other, found in self.found.items()}
        nodes = self.nodes_under(item, node, path)
        if nodes:
            object.__setattr__(node, "nodes", nodes)
            for other, before in marks.items():
                if len(self.found[other]) > before:
                    name = PLURALS[other]
                    object.__setattr__(node, name, tuple(n for n in nodes if n.level == other))
                    object.__setattr__(node, f"all_{name}", tuple(self.found[other][before:]))
        return node

    def result(self, item: model.Measure, derived: str) -> model.Result:
        """The result inside a measure, else the one given by its id or number, else a blank one."""
        if item.result is not None:
            return item.result
        name = item.id if item.id in self.results else None
        if name is None:
            name = self.by_number.get(bare_number(derived if item.number is None else item.number))
        if name is None:
            return _BLANK
        self.matched.append(name)
        return self.results[name]


def _criteria(
    items: tuple[model.Criterion, ...],
    path: Path,
    key: str,
    reached: Mapping[str, str],
    depth: int,
    above: str,
) -> tuple[CriterionNode, ...]:
    nodes = []
    for at, item in enumerate(items):
        letter = mongolian.list_letter(at + 1)
        name = str(at + 1) if depth == 1 else f"{above}.{letter}"
        own = reached.get(name) or (reached.get(item.id) if item.id is not None else None)
        own_key = f"{key}.c{at}"
        own_path = (*path, at)
        inner = (
            _criteria(item.criteria, (*own_path, "criteria"), own_key, reached, depth + 1, name)
            if item.criteria
            else ()
        )
        nodes.append(CriterionNode(item, own_path, own_key, at + 1, letter, depth, own or item.reached, inner))
    return tuple(nodes)
