"""The view: numbers, places, keys, joined results, descendants."""

from __future__ import annotations

import gc
from typing import Any

import pytest

from planforge.errors import DataError
from planforge.model import Plan, Report
from planforge.view import PlanView, ReportView, walk


def plan(**fields: Any) -> Plan:
    return Plan.model_validate({"title": "Т", "year": 2024, "owner": "Хэлтэс", **fields})


def viewed(**fields: Any) -> PlanView:
    found = walk(plan(**fields))
    assert isinstance(found, PlanView)
    return found


TWO = [{"text": "о", "measures": ["а", "б"]}, {"text": "п", "measures": ["в"]}]
NUMBERS: dict[str, tuple[dict[str, Any], list[str]]] = {
    "objectives": ({"objectives": TWO}, ["1", "1.1", "1.2", "2", "2.1"]),
    "through chapters": (
        {"chapters": [{"text": "I", "objectives": TWO}, {"text": "II", "objectives": TWO}]},
        ["1", "1", "1.1", "1.2", "2", "2.1", "2", "3", "3.1", "3.2", "4", "4.1"],
    ),
    "restart in chapters": (
        {"numbering": "restart", "chapters": [{"text": "I", "objectives": TWO}, {"text": "II", "objectives": TWO}]},
        ["1", "1", "1.1", "1.2", "2", "2.1", "2", "1", "1.1", "1.2", "2", "2.1"],
    ),
    "nested in chapters": (
        {"numbering": "шатласан", "chapters": [{"text": "I", "objectives": TWO}, {"text": "II", "objectives": TWO}]},
        ["1", "1.1", "1.1.1", "1.1.2", "1.2", "1.2.1", "2", "2.1", "2.1.1", "2.1.2", "2.2", "2.2.1"],
    ),
    "measures alone": ({"measures": ["а", {"text": "б", "measures": ["в"]}]}, ["1", "2", "2.1"]),
    "given numbers are kept": (
        {"objectives": [{"text": "о", "number": "5.", "measures": [{"text": "а", "number": "1.10"}, "б"]}]},
        ["5.", "1.10", "5.2"],
    ),
    "no number": ({"measures": [{"text": "а", "number": "", "measures": ["б"]}]}, ["", "1"]),
}


@pytest.mark.parametrize(("fields", "expected"), NUMBERS.values(), ids=list(NUMBERS))
def test_numbers(fields: dict[str, Any], expected: list[str]) -> None:
    """Numbers that are not given are derived from the place in the tree."""
    assert [node.number for node in viewed(**fields)] == expected


def test_descendants() -> None:
    """`all_measures` has every measure below, through levels that are stepped over and measures in measures."""
    found = viewed(
        objectives=[
            {
                "text": "о",
                "activities": [{"text": "ү", "measures": ["а", {"text": "б", "measures": ["в"]}]}],
                "measures": ["г"],
            }
        ],
        measures=["д"],
    )
    assert [m.item.text for m in found.all_measures] == ["а", "б", "в", "г", "д"]
    assert [m.serial for m in found.all_measures] == [1, 2, 3, 4, 5]
    assert [m.item.text for m in found.all_objectives[0].all_measures] == ["а", "б", "в", "г"]
    assert [m.item.text for m in found.all_measures[1].all_measures] == ["в"]
    assert [m.item.text for m in found.objectives[0].measures] == ["г"]
    assert found.all_measures[2].depth == 4


def test_keys_are_unique() -> None:
    """Every node and criterion has a key of its own, also where numbers repeat."""
    found = viewed(
        numbering="restart",
        chapters=[{"text": "I", "objectives": TWO}, {"text": "II", "objectives": TWO, "criteria": ["х", "у"]}],
    )
    keys = [n.key for n in found] + [c.key for n in found for c in n.criteria]
    assert len(keys) == len(set(keys))


def test_paths_and_keys() -> None:
    """A path leads from the plan to the item of its node; a key names every step of it."""
    found = viewed(
        objectives=["н", {"text": "о", "measures": ["а", {"text": "б", "measures": ["в"]}]}],
        measures=[{"text": "г", "criteria": ["х", {"text": "у", "criteria": ["р"]}]}],
    )
    nested = found.measures[0].criteria[1].criteria[0]
    for node in (*found, nested):
        item: Any = found.item
        for step in node.path:
            item = item[step] if isinstance(step, int) else getattr(item, step)
        assert item is node.item
    assert [node.key for node in found] == ["o0", "o1", "o1.m0", "o1.m1", "o1.m1.m0", "m0"]
    assert (nested.key, nested.letter, nested.depth) == ("m0.c1.c0", "а", 2)


def test_defaults() -> None:
    """`defaults:` hold for every measure that says nothing else."""
    found = viewed(
        defaults={"period": "Жилдээ", "responsible": "Хуулийн хэлтэс"},
        measures=["а", {"text": "б", "period": "2024 он", "responsible": ["в", "г"]}],
    )
    assert [str(m.period) for m in found.all_measures] == ["Жилдээ", "2024 он"]
    assert [m.responsible for m in found.all_measures] == [("Хуулийн хэлтэс",), ("в", "г")]


def report(results: dict[str, Any], **fields: Any) -> Report:
    return Report.model_validate({"plan": plan(**fields).model_dump(mode="json"), "results": results})


def test_results_join() -> None:
    """A result is found by number, with or without a final stop, by id, or inside its measure."""
    found = walk(
        report(
            {"1": {"percent": 100}, "2.": {"status": "ХБ"}, "x": {"percent": "91,4"}},
            measures=["а", "б", {"text": "в", "id": "x"}, {"text": "г", "result": {"percent": 0}}, "д"],
        )
    )
    assert isinstance(found, ReportView)
    assert [m.result.grade for m in found.plan.all_measures] == ["100%", "ХБ", "91.4%", "0%", None]


@pytest.mark.parametrize(
    ("results", "fields", "code"),
    [
        ({"9": {}}, {"measures": ["а"]}, "PF401"),
        ({"x.": {}}, {"measures": [{"text": "а", "id": "x"}]}, "PF401"),
        (
            {"1.1": {}},
            {"numbering": "restart", "chapters": [{"text": str(i), "objectives": TWO} for i in (1, 2)]},
            "PF402",
        ),
        ({"1": {}}, {"measures": [{"text": "а", "result": {"percent": 1}}]}, "PF403"),
        ({"1": {}, "x": {}}, {"measures": [{"text": "а", "id": "x"}]}, "PF403"),
    ],
    ids=["no such measure", "an id with a stop", "two such measures", "inside and by number", "by number and id"],
)
def test_results_that_do_not_join(results: dict[str, Any], fields: dict[str, Any], code: str) -> None:
    """A result that belongs to no measure, to two, or comes twice is never dropped in silence."""
    with pytest.raises(DataError) as caught:
        walk(report(results, **fields))
    assert [p.code for p in caught.value.problems] == [code]


def test_indicators_join() -> None:
    """Values reached are joined to criteria by place, letter or id."""
    found = walk(
        report(
            {"1": {"indicators": {"1": "5", "2.б": "7", "z": "9"}}},
            measures=[
                {"text": "а", "criteria": ["х", {"text": "у", "criteria": ["р", "с"]}, {"text": "т", "id": "z"}]}
            ],
        )
    )
    assert isinstance(found, ReportView)
    one, two, three = found.plan.all_measures[0].criteria
    assert (one.reached, two.criteria[1].reached, three.reached) == ("5", "7", "9")
    assert [c.letter for c in two.criteria] == ["а", "б"]


def test_no_cycles() -> None:
    """A view is gone with its last reference: a long run does not fill the memory until the collector comes."""
    subject = plan(objectives=TWO, measures=[{"text": "г", "criteria": ["х", {"text": "у", "criteria": ["р"]}]}])
    gc.collect()
    walk(subject)
    assert gc.collect() == 0


def test_linear() -> None:
    """A plan of twenty thousand measures is walked without recursion over siblings."""
    found = viewed(objectives=[{"text": "о", "measures": ["м"] * 20_000}])
    assert len(found.all_measures) == 20_000
