"""What a report claims against what it tells: 100 % where nothing happened, less than was asked for, one text twice.

Narratives are Mongolian prose, so these are guesses on the careful side, all of them warnings: each looks for plain
signs and keeps silent about the rest. Nothing is rewritten, and no grade changes.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from decimal import Decimal
from itertools import pairwise
from typing import TypeAlias

from planforge import mongolian
from planforge.counting import Limit, below, counts, limits, shortfall, subjects
from planforge.errors import DataPlace, Problem, Words
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
        letters = _letters(told)
        if node.result.percent == 100 and node.result.status is None:
            if _is_blank(node, letters) or (_nothing_happened(told) and not _asks_for_nothing(node, told)):
                quote = _cut(told) or _NOTHING
                problems.append(_problem("PF452", (*path, "percent"), measure=node.number, quote=quote))
            problems += _shortfalls(node, told, path)
        key = letters[:SAME_BEGINNING]
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
    r"(?P<verb>\bбайхгүй|\bалга|(?:аа|ээ|оо|өө)гүй|с[аэоө]нгүй)(?: (?:болно|байна|байв|байлаа|байсан|юм))?$"
)
"""A sentence that ends in a negated verb of what did not take place: `ирээгүй болно`, `мэдэгдэл байхгүй`."""
_FINISHED = re.compile(r"с[аэоө]н$|\w{3}[аэоөиуү]в$|л(?:аа|ээ|оо|өө)$")
_AND = re.compile(r"\w[^м\W]ж$|[уү]л[аэ]н$|(?:[врс]|өг)ч$|(?:аа|ээ|оо|өө)д$")
"""Endings of verbs of what took place: `хамрагдсан`; and then: `хийж`."""
_NOT_YET = re.compile("төлөвл|тусга|товл|хүсс|гэ[жсв]|гадаад|дотоод")
"""Verbs of what comes before anything is done, and what looks like a verb."""
_JOINTS = frozenset(("бөгөөд", "боловч", "ба", "харин", "мөн"))
_THEREFORE = frozenset(("тул", "учир", "учраас"))
"""Between what was done and the harm that did not come; else between why and what was not done."""


def _nothing_happened(told: str) -> bool:
    """Whether every sentence says that something did not take place or is not there, and no clause what was done."""
    sentences = [" ".join(s.lower().split()).rstrip(" .;!?,:»”\"')") for s in _SENTENCE_END.split(told)]
    sentences = [s for s in sentences if _letters(s)]
    return bool(sentences) and all(map(_is_of_nothing, sentences))


def _is_of_nothing(sentence: str) -> bool:
    """Whether a sentence ends in a negated verb, and no clause before tells what was done."""
    end = _NEGATIVE.search(sentence)
    if end is None:
        return False
    if "үр дүнд" in sentence:
        return False
    joints = _JOINTS | _THEREFORE if _HARM.search(sentence) else _JOINTS
    words = sentence[: end.end("verb")].split()
    for word, after in pairwise(words):
        bare = word.rstrip(",:»”\"')")
        if _NOT_YET.match(bare):
            continue
        is_clause = bare != word or after in joints
        if is_clause and (_FINISHED.search(bare) or _AND.search(bare)):
            return False
        if _AND.search(bare) and not re.match(r"\w*гүй\b|алга", after):  # not `хийж чадаагүй`
            return False
    return True


def _is_blank(node: MeasureNode, letters: str) -> bool:
    """Whether a text was given that says nothing (`-`), and nothing else tells what was done.

    A result without any text is none: forms of percents alone have no such column.
    """
    result = node.result
    given = result.done is not None or result.reached is not None
    told = any(_letters(criterion.reached or "") for _, criterion in _criteria(node.criteria))
    return given and not letters and not told and not (result.attachments and result.attachments.sum)


_NOTHING = Words("хоосон", "nothing")
_NEGATED = re.compile(
    r"(?:(?<!доош)(?<!бага)(?<!цөөн)(?<!цөө)(?<!хангалт)гүй|(?<![\d.,])0(?:[.,]0+)?(?: ?%| хувь)?|\bтэг)"
    r"(?: (?:байх|байна|байлгах|болох|болгох|болсон|ажиллах|ажилласан|байсан)){0,3}$"
)
"""What shall not happen: `зөрчил гаргахгүй байх`, `гомдолгүй болсон байна`, `зөрчлийн тоо 0 байх`."""
_PREVENTS = re.compile(
    r"(?<!доош)(?<!бага)(?<!цөөн)(?<!цөө)(?<!хангалт)(?<!тасралт)гүй\b"
    r"|\b(?:бууру?ул|багас[гк]|сэргийл|зогсоо|хори[гж]|хорьж|арилга|хязгаарл|таслан|зайлсхий|тэглэ|цөөр"
    r"|(?<=с )хамгаал)"
)
"""What a measure is against, at the end of the words for it: `зөрчлийг бууруулах`, `зөрчилгүй ажиллахад анхаарах`."""
_HARM = re.compile(r"\b(?:зөрч|гомдо?л|гэмт|осо?л|аваар|эрсд|маргаан|алдаа|хохир|авлиг)")
"""What nobody wants to happen, however a measure calls it."""


def _asks_for_nothing(node: MeasureNode, told: str) -> bool:
    """Whether a measure is fulfilled if nothing happens: by its own words, a criterion's, or an outcome's on the same.

    An outcome often names what good comes of a measure, so it counts only for what the narrative is about; so do words
    against something within a text.
    """
    asked = (node.item.text, *(_asked(c) for _, c in _criteria(node.criteria)))
    if any(_is_negated(text) or _is_against(text, told) for text in asked):
        return True
    outcome = node.item.outcome.text if node.item.outcome else ""
    return _is_negated(outcome) and not subjects(outcome).isdisjoint(subjects(told))


def _is_negated(text: str) -> bool:
    return _NEGATED.search(" ".join(text.lower().split()).rstrip(" .;!?,:»”\"')")) is not None


def _is_against(text: str, told: str) -> bool:
    """Whether a text is against something, and the narrative about that, or about harm of any kind."""
    text, told = text.lower(), told.lower()
    found = _PREVENTS.search(text)
    if found is None or (found[0] != "гүй" and found[0] in told):  # `зөрчлөөс сэргийлэх сургалт хийгээгүй`
        return False
    unwanted: list[str] = []
    for word in reversed(text[: found.start()].split()):
        if len(unwanted) == 5 or (unwanted and _AND.search(word.rstrip(","))):  # `сургалт хийж, зөрчлөөс сэргийлэх`
            break
        unwanted.append(word)
    return _HARM.search(told) is not None or not subjects(" ".join(unwanted)).isdisjoint(subjects(told))


# --- «2-оос доошгүй» -----------------------------------------------------------------------------------------------


def _shortfalls(node: MeasureNode, told: str, path: Path) -> Iterator[Problem]:
    """Lower limits that the values reached, or the numbers of the narrative together, do not come up to.

    A number counts for a limit only if the same thing is named at both; what nobody counts is not judged.
    """
    asked = [node.item.text, *([node.item.outcome.text] if node.item.outcome else [])]
    judged: set[Limit] = set()
    for name, criterion in _criteria(node.criteria):
        words = _asked(criterion)
        if len(counts(criterion.reached or "")) != 1:
            asked.append(words)
            continue
        for limit in limits(words, node.item.text):
            judged.add(limit)
            actual = below(limit, criterion.reached or "")
            if actual is not None:
                known = node.result.indicators
                own = next((key for key in (name, criterion.item.id) if key in known), None)
                place = ("plan", *criterion.path, "reached") if own is None else (*path, "indicators", own)
                yield _shortfall(node, limit, actual, place)
    open_limits = [limit for text in asked for limit in limits(text, node.item.text) if limit not in judged]
    found = counts(told) if open_limits else []
    for limit in open_limits:
        actual = None if limit in judged else shortfall(limit, found)
        judged.add(limit)
        if actual is not None:
            yield _shortfall(node, limit, actual, (*path, "reached" if node.result.reached else "done"))


def _asked(criterion: CriterionNode) -> str:
    """What a criterion asks for, in one text: `Сургалтын тоо: 4-өөс доошгүй`."""
    item = criterion.item
    target = item.target.value if item.target else None
    return item.text if target is None else f"{item.text}: {target} {item.measured_in or ''}"


def _shortfall(node: MeasureNode, limit: Limit, actual: Decimal, place: Path) -> Problem:
    return _problem("PF453", place, measure=node.number, asked=limit.quote, actual=mongolian.number(actual))


def _criteria(nodes: tuple[CriterionNode, ...], above: str = "") -> Iterator[tuple[str, CriterionNode]]:
    """Criteria and all below them, each with its place as results name it: `2`, `2.а`."""
    for node in nodes:
        name = f"{above}.{node.letter}" if above else str(node.index)
        yield name, node
        yield from _criteria(node.criteria, name)
