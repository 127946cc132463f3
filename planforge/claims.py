"""What a report claims against what it tells: 100 % where nothing happened, less than was asked for, one text twice.

Narratives are Mongolian prose, so these are guesses on the careful side, all of them warnings: each looks for plain
signs and keeps silent about the rest. Nothing is rewritten, and no grade changes.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from typing import TypeAlias

from planforge import mongolian, scales
from planforge.errors import DataPlace, Problem
from planforge.model import Report
from planforge.view import CriterionNode, MeasureNode, ReportView
from planforge.vocabulary import counted, describe

__all__ = ["check", "place_in", "result_paths"]

Path: TypeAlias = tuple[str | int, ...]

SAME_BEGINNING = 120
"""Letters that two narratives must begin with in common to count as one text."""
LEAST_NARRATIVE = 30
"""Letters below which a narrative says too little to be anybody's own: `Хийсэн`."""


def check(view: ReportView, /) -> list[Problem]:
    """Where what is claimed does not agree with what is told (PF452 to PF454), in linear time."""
    paths = result_paths(view)
    problems: list[Problem] = []
    first: dict[str, MeasureNode] = {}
    for node in view.plan.all_measures:
        path = paths.get(node.key)
        if path is None:
            continue
        told = _narrative(node)
        if node.result.percent == 100 and node.result.status is None:
            if _nothing_happened(told):
                problems.append(_problem("PF452", (*path, "percent"), measure=node.number, quote=_cut(told)))
            problems += _shortfalls(node, told, path)
        key = _letters(told)[:SAME_BEGINNING]
        if len(key) >= LEAST_NARRATIVE and first.setdefault(key, node) is not node:
            place = (*path, "reached" if node.result.reached else "done")
            problems.append(_problem("PF454", place, measure=node.number, other=first[key].number, quote=_cut(told)))
    return problems


def result_paths(view: ReportView, /) -> Mapping[str, Path]:
    """Where the result of each measure stands in the report, by the key of its node; those without one are left out."""
    names = {id(result): name for name, result in view.item.results.items()}
    paths: dict[str, Path] = {}
    for node in view.plan.all_measures:
        if node.item.result is not None:
            paths[node.key] = ("plan", *node.path, "result")
        elif id(node.result) in names:
            paths[node.key] = ("results", names[id(node.result)])
    return paths


def place_in(path: Path, /) -> DataPlace:
    """The place of a path of a report, in words too."""
    return DataPlace(path=path, counted=counted(describe(Report), path))


def _problem(code: str, path: Path, **args: object) -> Problem:
    return Problem(code, place_in(path), args)


def _narrative(node: MeasureNode) -> str:
    return "\n".join(told for told in (node.result.done, node.result.reached) if told)


def _letters(told: str) -> str:
    """What two texts have in common where only spaces, signs and capitals differ."""
    return re.sub(r"[\W_]+", "", told.lower())


def _cut(told: str) -> str:
    flat = " ".join(told.split())
    return flat if len(flat) <= 80 else flat[:79] + "…"


# --- nothing happened ----------------------------------------------------------------------------------------------

_SENTENCE_END = re.compile(r"[.;!?](?=\s|$)|\n")
_NEGATIVE = re.compile(
    r"(?:\bбайхгүй|\bалга|(?:аа|ээ|оо|өө)гүй|с[аэоө]нгүй)(?: (?:болно|байна|байв|байлаа|байсан|юм))?$"
)
"""A sentence that ends in a negated verb of what did not take place: `ирээгүй болно`, `мэдэгдэл байхгүй`."""


def _nothing_happened(told: str) -> bool:
    """Whether every sentence says that something did not take place or is not there."""
    sentences = [" ".join(s.lower().split()).rstrip(" .;!?,:»”\"')") for s in _SENTENCE_END.split(told)]
    sentences = [s for s in sentences if s]
    return bool(sentences) and all(_NEGATIVE.search(s) for s in sentences)


# --- «2-оос доошгүй» -----------------------------------------------------------------------------------------------

_NUMBER = r"(?<![\d.,/])(\d{1,3}(?:[ \u00a0]\d{3}(?!\d)){1,3}|\d{1,9}(?:[.,]\d{1,9})?)(?![\d.,/]*\d)"
_WORD = "[а-яёөү]{0,30}"
_AT_LEAST = re.compile(
    rf"{_NUMBER}(%?)[-–‑ \u00a0]{{0,3}}({_WORD}?)(?:иас|аас|ээс|оос|өөс) (?:доошгүй|багагүй|цөөнгүй)(?: ({_WORD}))?"
)
_COUNT = re.compile(rf"{_NUMBER}(%|[ \u00a0-]?{_WORD})")
_STEM = 4


@dataclass(frozen=True, slots=True)
class _Limit:
    """`2-оос доошгүй удаа`: the number, the stem of what is counted, and the words themselves."""

    least: Decimal
    stem: str
    quote: str


def _limits(asked: str) -> Iterator[_Limit]:
    for match in _AT_LEAST.finditer(" ".join(asked.lower().split())):
        least = mongolian.read_number(match[1])
        if least is not None:
            yield _Limit(least, _stem(match[2] or match[3] or match[4] or ""), match[0])


def _stem(word: str) -> str:
    word = word.strip(" \u00a0-")
    return "%" if word == "%" or word.startswith("хув") else word[:_STEM]


def _counts(told: str) -> list[tuple[Decimal, str]]:
    """The numbers of a text with the stem of the word behind each."""
    found = ((mongolian.read_number(m[1]), _stem(m[2])) for m in _COUNT.finditer(" ".join(told.lower().split())))
    return [(number, stem) for number, stem in found if number is not None]


def _shortfalls(node: MeasureNode, told: str, path: Path) -> Iterator[Problem]:
    """Lower limits that the values reached, or the numbers of the narrative together, do not come up to.

    A number counts for a limit only if the same word stands behind both; what nobody counts is not judged.
    """
    asked = [node.item.text, *([node.item.outcome.text] if node.item.outcome else [])]
    judged: set[tuple[Decimal, str]] = set()
    for name, criterion in _criteria(node.criteria):
        words = [criterion.item.text, *([criterion.item.target.value] if criterion.item.target else [])]
        values = _counts(criterion.reached or "")
        if len(values) != 1:
            asked += words
            continue
        for limit in (each for text in words for each in _limits(text)):
            judged.add((limit.least, limit.stem))
            if values[0][0] < limit.least and (values[0][1] == limit.stem or not values[0][1] or not limit.stem):
                known = node.result.indicators
                own = next((key for key in (name, criterion.item.id) if key in known), None)
                place = ("plan", *criterion.path, "reached") if own is None else (*path, "indicators", own)
                yield _shortfall(node, limit, values[0][0], place)
    counts = _counts(told)
    for limit in (each for text in asked for each in _limits(text)):
        same = [number for number, stem in counts if stem == limit.stem]
        if (limit.least, limit.stem) in judged or not limit.stem or not same:
            continue
        judged.add((limit.least, limit.stem))
        actual = max(same) if limit.stem == "%" else scales.rounded(sum(map(Fraction, same), Fraction(0)), 9)
        if actual < limit.least:
            yield _shortfall(node, limit, actual, (*path, "reached" if node.result.reached else "done"))


def _shortfall(node: MeasureNode, limit: _Limit, actual: Decimal, place: Path) -> Problem:
    return _problem("PF453", place, measure=node.number, asked=limit.quote, actual=mongolian.number(actual))


def _criteria(nodes: tuple[CriterionNode, ...], above: str = "") -> Iterator[tuple[str, CriterionNode]]:
    """Criteria and all below them, each with its place as results name it: `2`, `2.а`."""
    for node in nodes:
        name = f"{above}.{node.letter}" if above else str(node.index)
        yield name, node
        yield from _criteria(node.criteria, name)
