"""How far a plan is carried out: grades, means and shares of a report, by a scale (domain.md 4).

`evaluate` is pure: a report in, a frozen `Evaluation` out. What counts is a row: each measure with a percent or status
of its own, and each measure without measures below. A status (`ХБ`) and a missing percent are counted and listed but
stay outside the means; a mean of nothing is None, never 0. All arithmetic is exact (`scales`).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from html import escape
from typing import Literal, TypeAlias, get_args

from planforge import claims, mongolian, scales
from planforge.errors import Lang, Problem, Words
from planforge.model import Report, Result, Scale, Share, Status
from planforge.scales import ANY, GOV4, GOV4_40, MOF8, SCALES, Figures, Rounding
from planforge.view import MeasureNode, ReportView, TreeNode, walk

__all__ = [
    "ANY",
    "GOV4",
    "GOV4_40",
    "MOF8",
    "SCALES",
    "Evaluation",
    "Figures",
    "Item",
    "Overall",
    "Section",
    "evaluate",
]

Path: TypeAlias = tuple[str | int, ...]
Overall: TypeAlias = Literal["items", "sections"]
"""The mean over all items, or over the means of the outermost sections (domain.md 4.2, M6)."""

MAX_DECIMALS = 10


@dataclass(frozen=True, slots=True)
class Item:
    """One measure and its grade: `level` is the scale's for its percent, `word` the level's or the status's."""

    path: Path
    """Of the measure in the plan."""
    number: str
    text: str
    percent: Decimal | None
    status: Status | None
    level: Decimal | None
    word: str
    """Empty where there is neither percent nor status, or no level."""


@dataclass(frozen=True, slots=True)
class Section:
    """The figures of a chapter, objective or activity, or of the whole report.

    `sections` are those directly inside, `items` its measures that stand in none of them.
    """

    path: Path
    level: str
    """`chapter`, `objective`, `activity`; `report` for the whole."""
    number: str
    text: str
    figures: Figures
    sections: tuple[Section, ...]
    items: tuple[Item, ...]

    @property
    def mean(self) -> Decimal | None:
        return self.figures.mean

    def rows(self) -> Iterator[Section | Item]:
        """The section, those inside and their items, in the order of the plan."""
        yield self
        for section in self.sections:
            yield from section.rows()
        yield from self.items


@dataclass(frozen=True, slots=True)
class Evaluation:
    """The evaluation (үнэлгээ) of a report: the tree of its figures, how they were taken, and what is doubtful."""

    unit: str
    scale: Scale
    overall: Overall
    rounding: Rounding
    decimals: int
    total: Section
    problems: tuple[Problem, ...]
    """Warnings with places in the report (PF450 to PF454)."""

    @property
    def mean(self) -> Decimal | None:
        """The mean of the report in percent; None if nothing is assessed."""
        return self.total.figures.mean

    @property
    def score(self) -> Decimal | None:
        """The mean in points of 5."""
        return self.total.figures.score

    @property
    def sections(self) -> tuple[Section, ...]:
        """The outermost chapters, objectives or activities."""
        return self.total.sections

    @property
    def levels(self) -> tuple[Share, ...]:
        """How many measures are on each level, and outside of the means."""
        return self.total.figures.levels

    @property
    def items(self) -> tuple[Item, ...]:
        """Every measure that counts, in the order of the plan."""
        return tuple(row for row in self.total.rows() if isinstance(row, Item))

    def as_json(self) -> dict[str, object]:
        """The evaluation for a machine; numbers with decimals are texts (`"97.5"`), so that nobody rounds them."""
        return {
            "unit": self.unit,
            "scale": {
                "name": self.scale.name,
                "levels": {_digits(level): word for level, word in self.scale.levels.items()},
                "between": self.scale.between.value,
            },
            "overall": self.overall,
            "rounding": self.rounding,
            "decimals": self.decimals,
            **_figures_as_json(self.total.figures),
            "sections": [_section_as_json(section) for section in self.sections],
            "items": [_item_as_json(item) for item in self.items],
            "problems": [problem.as_json() for problem in self.problems],
        }

    def table(self, lang: Lang = "mn") -> tuple[tuple[str, ...], list[tuple[str, ...]]]:
        """Heads and rows of the table that people read: number, text, percent or mean, grade; the total last."""
        heads = tuple(words.in_(lang) for words in _HEADS)
        rows = [_row(row) for row in self.total.rows() if row is not self.total]
        total = self.total.figures
        counted = _ASSESSED.in_(lang).format(assessed=total.assessed, total=total.total)
        return heads, [*rows, ("", _TOTAL.in_(lang), _percent(total.mean), counted)]

    def _repr_html_(self) -> str:
        """A small table for notebooks; every text is escaped."""
        heads, rows = self.table()
        head = "".join(f"<th>{escape(cell)}</th>" for cell in heads)
        body = "".join(f"<tr>{''.join(f'<td>{escape(cell)}</td>' for cell in row)}</tr>" for row in rows)
        name = escape(f"{self.unit} · {self.scale.name}")
        return f"<table><caption>{name}</caption><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"


def evaluate(
    report: Report,
    /,
    *,
    scale: Scale = GOV4,
    overall: Overall = "items",
    rounding: Rounding = "half_up",
    decimals: int = 1,
) -> Evaluation:
    """The evaluation of a report by a scale.

    `overall`: the mean over all items, or of the exact means of the outermost sections; sections where nothing is
    assessed have none, and measures beside the sections are one section together. Means and shares have at most
    `decimals` decimals (0 to 10), rounded half up or cut.

    DataError if results belong to no measure (PF401 to PF403). What `consistency` tells is not told again.
    ValueError for other words or numbers of decimals.
    """
    if overall not in get_args(Overall) or rounding not in get_args(Rounding):
        raise ValueError(f"overall={overall!r}, rounding={rounding!r}")
    if not 0 <= decimals <= MAX_DECIMALS:
        raise ValueError(f"decimals={decimals!r}")
    view = walk(report)
    assert isinstance(view, ReportView)
    take = _Taking(view, scale, overall, rounding, decimals)
    problems = [*_off_the_scale(view, scale), *claims.check(view)]
    return Evaluation(view.unit.name, scale, overall, rounding, decimals, take.total(), tuple(problems))


class _Taking:
    """Takes the figures of one report."""

    def __init__(self, view: ReportView, scale: Scale, overall: Overall, rounding: Rounding, decimals: int) -> None:
        self.view = view
        self.scale = scale
        self.overall = overall
        self.rounding: Rounding = rounding
        self.decimals = decimals

    def total(self) -> Section:
        nodes = self.view.plan.nodes
        inside = [node for node in nodes if not isinstance(node, MeasureNode)]
        beside = list(_graded(node for node in nodes if isinstance(node, MeasureNode)))
        exact = None
        if self.overall == "sections":
            groups = [list(_graded([node])) for node in inside] + [beside]
            means = (scales.mean(scales.percents(node.result for node in group)) for group in groups)
            exact = scales.mean([mean for mean in means if mean is not None])
        return Section(
            (),
            "report",
            "",
            self.view.title,
            self.figures([node.result for node in self.view.plan.graded], exact),
            tuple(map(self.section, inside)),
            tuple(map(self.item, beside)),
        )

    def section(self, node: TreeNode) -> Section:
        inside = [below for below in node.nodes if not isinstance(below, MeasureNode)]
        own = _graded(below for below in node.nodes if isinstance(below, MeasureNode))
        return Section(
            node.path,
            node.level,
            node.number,
            node.item.text,
            self.figures([below.result for below in _graded([node])]),
            tuple(map(self.section, inside)),
            tuple(map(self.item, own)),
        )

    def figures(self, results: list[Result], exact: Fraction | None = None) -> Figures:
        return scales.figures(results, self.scale, decimals=self.decimals, rounding=self.rounding, exact=exact)

    def item(self, node: MeasureNode) -> Item:
        result = node.result
        percent = result.percent if result.status is None else None
        level = None if percent is None else scales.level_of(percent, self.scale)
        word = "" if level is None else scales.word_of(level, self.scale)
        if result.status is not None:
            word = scales.status_word(result.status)
        return Item(node.path, node.number, node.item.text, percent, result.status, level, word)


def _graded(nodes: Iterable[TreeNode]) -> Iterator[MeasureNode]:
    """The measures among some nodes and below them that count, in document order."""
    for node in nodes:
        if isinstance(node, MeasureNode) and node.is_graded:
            yield node
        yield from (measure for measure in node.all_measures if measure.is_graded)


def _off_the_scale(view: ReportView, scale: Scale) -> Iterator[Problem]:
    """Percents that are no level (PF450), and results that report without a grade (PF451)."""
    paths: Mapping[str, Path] = claims.result_paths(view)
    names = ", ".join(map(_percent, sorted(scale.levels, reverse=True)))
    for node in view.plan.graded:
        path = paths.get(node.key)
        if path is None or node.result.status is not None:
            continue
        percent = node.result.percent
        if percent is None:
            if node.result != _BLANK:
                yield Problem("PF451", claims.place_in(path), {"measure": node.number})
        elif scales.level_of(percent, scale) is None:
            args: dict[str, object] = {"percent": _percent(percent), "measure": node.number, "levels": names}
            yield Problem("PF450", claims.place_in((*path, "percent")), {**args, "scale": scale.name})


_BLANK = Result.model_construct()
"""Of a measure without any result `consistency` tells (PF409)."""


# --- for people and machines ---------------------------------------------------------------------------------------

_HEADS = (Words("№", "No."), Words("Арга хэмжээ", "Measure"), Words("Хувь", "Percent"), Words("Үнэлгээ", "Grade"))
_TOTAL = Words("Нийт дундаж", "Mean of all")
_ASSESSED = Words("{total} арга хэмжээнээс {assessed} нь үнэлэгдсэн", "{assessed} of {total} measures assessed")


def _digits(number: Decimal) -> str:
    return format(number, "f")


def _percent(value: Decimal | None) -> str:
    """As columns print it; `-` is no value (M4)."""
    return "-" if value is None else mongolian.percent(value)


def _row(row: Section | Item) -> tuple[str, str, str, str]:
    text = " ".join(row.text.split())
    if isinstance(row, Section):
        return row.number, text, _percent(row.mean), ""
    return row.number, text, _percent(row.percent), row.word


def _or_none(number: Decimal | None) -> str | None:
    return None if number is None else _digits(number)


def _figures_as_json(figures: Figures) -> dict[str, object]:
    return {
        "total": figures.total,
        "assessed": figures.assessed,
        "mean": _or_none(figures.mean),
        "score": _or_none(figures.score),
        "levels": [
            {
                "word": share.word,
                "level": _or_none(share.level),
                "status": share.status and share.status.value,
                "count": share.count,
                "share": _digits(share.share),
            }
            for share in figures.levels
        ],
    }


def _section_as_json(section: Section) -> dict[str, object]:
    return {
        "level": section.level,
        "number": section.number,
        "text": section.text,
        **_figures_as_json(section.figures),
        "sections": [_section_as_json(inner) for inner in section.sections],
    }


def _item_as_json(item: Item) -> dict[str, object]:
    return {
        "number": item.number,
        "text": item.text,
        "percent": _or_none(item.percent),
        "status": item.status and item.status.value,
        "level": _or_none(item.level),
        "word": item.word,
    }
