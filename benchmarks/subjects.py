"""The plans and reports that are rendered: real ones from `samples/`, scaled, with the words varied.

The first seed is a plan of 11 measures; with four sub-measures it has the 15 of the smallest size. A larger plan
repeats it with a quarter of the words exchanged for others of the seed, so that no two rows are alike and deflate has
the work that it would have with a real document. Names hold `&`, `<`, `"`: an engine that loses them fails the check.
"""

from __future__ import annotations

import random
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any, TypeAlias

from planforge import Plan, Report, filters, load, view

__all__ = ["OWNER", "context", "flat", "joined", "plan", "report", "texts"]

SAMPLES = Path(__file__).parent.parent / "samples"
OWNER = 'Туршилт & Зохиомж <Төв> "Нэгдэл"'
_OWNER = {"name": OWNER, "genitive": f"{OWNER}-ийн"}

Data: TypeAlias = dict[str, Any]


def plan(measures: int) -> Plan:
    """A plan of so many measures, sub-measures among them (four in fifteen)."""
    seed = load(SAMPLES / "customs-2024" / "plan.yaml", Plan).model_dump(mode="json", exclude_none=True)
    flat = [measure for objective in seed["objectives"] for measure in objective["measures"]]
    for at in (1, 3, 6, 9):
        flat[at]["measures"] = [{**flat[at - 1], "criteria": flat[at - 1]["criteria"][:2]}]
    return Plan.model_validate({**seed, "owner": _OWNER, "objectives": _scaled(seed["objectives"], measures)})


def report(measures: int) -> Report:
    """A report on so many measures, each with its result."""
    seed = load(SAMPLES / "govisumber-2021" / "report.yaml", Report).model_dump(mode="json", exclude_none=True)
    results = seed.pop("results")
    for o, objective in enumerate(seed["plan"]["objectives"], 1):
        for m, measure in enumerate(objective["measures"], 1):
            measure["result"] = results[f"{o}.{m}"]
    approval = load(SAMPLES / "customs-2024" / "plan.yaml", Plan).model_dump(mode="json", exclude_none=True)["approval"]
    own = {"owner": _OWNER, "approval": approval, "period": "2021 он"}
    scaled = {**seed["plan"], **own, "objectives": _scaled(seed["plan"]["objectives"], measures)}
    return Report.model_validate({**seed, "plan": scaled})


def _scaled(objectives: list[Data], measures: int) -> list[Data]:
    """Copies of the objectives, one after the other, until there are so many measures."""
    words = sorted({word for text in _strings(objectives) for word in text.split(" ") if word.isalpha()})
    out: list[Data] = []
    left = measures
    copy = 0
    while left:
        chance = random.Random(copy)
        for objective in objectives:
            kept = []
            for measure in objective["measures"]:
                inner = measure.get("measures", [])[: max(left - 1, 0)]
                if left:
                    kept.append({**measure, "measures": inner})
                    left -= 1 + len(inner)
            if kept:
                whole = {**objective, "measures": kept}
                out.append(_varied(whole, chance, words) if copy else whole)
        copy += 1
    return out


def _strings(value: object) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping):
        for inner in value.values():
            yield from _strings(inner)
    elif isinstance(value, Iterable):
        for inner in value:
            yield from _strings(inner)


def _varied(value: Any, chance: random.Random, words: list[str]) -> Any:
    """The same with about a quarter of the words of each longer text exchanged."""
    if isinstance(value, list):
        return [_varied(inner, chance, words) for inner in value]
    if isinstance(value, dict):
        return {name: _varied(inner, chance, words) for name, inner in value.items()}
    if not isinstance(value, str) or " " not in value:
        return value
    return " ".join(chance.choice(words) if chance.random() < 0.25 else word for word in value.split(" "))


# --- the same data for engines without a model -----------------------------------------------------------------


def context(subject: Plan | Report) -> Data:
    """Plain dicts and texts under the names that the templates print, for engines without types."""
    seen = view.walk(subject)
    seen_plan = seen.plan if isinstance(seen, view.ReportView) else seen
    given = seen_plan.item
    approval = [
        {
            "word": mark.heading,
            "person": {name: filters.show(getattr(mark.person, name)) for name in ("position", "rank", "name")},
        }
        for mark in given.approval
    ]
    owner = {"name": given.owner.name}
    return {
        "plan": {
            "approval": approval,
            "owner": owner,
            "year": given.year,
            "title": given.title,
            "period": filters.show(given.period),
            "all_objectives": [
                {"number": node.number, "text": node.item.text, "measures": [_measure(m) for m in node.measures]}
                for node in seen_plan.all_objectives
            ],
        }
    }


def _measure(node: view.MeasureNode) -> Data:
    result = node.result
    attached = result.attachments
    counts = attached and {"total": attached.sum, "files": attached.files, "pictures": attached.pictures}
    return {
        "number": node.number,
        "serial": node.serial,
        "text": node.item.text,
        "criteria": [_criterion(criterion) for criterion in node.criteria],
        "period": filters.show(node.period),
        "outcome": filters.show(node.item.outcome),
        "measures": [_measure(inner) for inner in node.measures],
        "result": {
            "spent": filters.show(result.spent),
            "reached": filters.show(result.reached),
            "grade": filters.show(result.grade),
            "attachments": counts and {name: filters.show(count) for name, count in counts.items()},
        },
    }


def _criterion(node: view.CriterionNode) -> Data:
    return {"text": node.item.text, "criteria": [_criterion(inner) for inner in node.criteria]}


def joined(value: Any) -> Any:
    """A context for engines that have no dots: the fields of an inner dict stand in the outer one, joined by `_`."""
    if isinstance(value, list):
        return [joined(inner) for inner in value]
    if not isinstance(value, dict):
        return value
    out: Data = {}
    for name, inner in value.items():
        out[name] = joined(inner)
        if isinstance(inner, dict):
            out |= {f"{name}_{key}": deeper for key, deeper in out[name].items()}
    return out


def flat(given: Data) -> Data:
    """A context for engines without nesting: one list of measures, the criteria of each as one text."""
    rows = []
    for objective in given["plan"]["all_objectives"]:
        for measure in objective["measures"]:
            rows += [measure, *measure["measures"]]
    lines = [{**joined(row), "criteria": "\n".join(texts(row["criteria"]))} for row in rows]
    keep = {name: value for name, value in joined(given).items() if not isinstance(value, list | dict)}
    mark = joined(given["plan"]["approval"][0])
    return {"fields": {**keep, **mark}, "rows": lines}


def texts(criteria: list[Data]) -> list[str]:
    """The texts of criteria and of those below them, in order."""
    return [text for c in criteria for text in (c["text"], *texts(c["criteria"]))]
