"""A template and its data together: nothing is left off a form in silence."""

from __future__ import annotations

from io import BytesIO
from pathlib import Path
from typing import Any

import pytest

from planforge import Plan, Template, check, load
from planforge.model import Activity, Chapter, Criterion, Measure, Objective, Report, Result
from planforge.rules import _SILENT, unprinted
from tests.bodies import docx
from tests.pictures import FORMS, SAMPLES

TITLE = "{{ plan.title }} {{ plan.owner }}"
MEASURES = "{%p for m in plan.all_measures %}\n{{ m.text }}\n{%p endfor %}"


def found(template: str, **fields: Any) -> list[tuple[str, str]]:
    """The codes of what a form leaves out, and the places as code."""
    subject = Plan.model_validate({"title": "Т", "year": 2024, "owner": "Хэлтэс", **fields})
    problems = unprinted(Template.open(docx(f"{TITLE}\n{template}")), subject)
    return [(p.code, p.place.describe("en") if p.place else "") for p in problems]


CASES: dict[str, tuple[str, dict[str, Any], list[tuple[str, str]]]] = {
    "nothing": (MEASURES, {"measures": ["а"]}, []),
    "a field of some measures, once": (
        MEASURES,
        {"measures": [{"text": "а"}, {"text": "б", "budget": 5}, {"text": "в", "budget": 6}]},
        [("PF322", "measures[1].budget")],
    ),
    "a level": (
        MEASURES,
        {"objectives": [{"text": "з", "responsible": "х", "measures": ["а"]}]},
        [("PF320", "objectives[0]")],
    ),
    "a level that the data lack": (
        "{%p for c in plan.all_chapters %}\n{{ c.text }}\n{%p endfor %}\n" + MEASURES,
        {"measures": ["а"]},
        [("PF321", "")],
    ),
    "a line of the plan": (MEASURES, {"measures": ["а"], "stage": "II"}, [("PF322", "stage")]),
    "an extra label": (
        "{%p for m in plan.all_measures %}\n{{ m.text }} {{ m.extra.эрсдэл }}\n{%p endfor %}",
        {"measures": [{"text": "а", "extra": {"эрсдэл": "бага", "тайлбар": "т"}}]},
        [("PF322", "measures[0].extra.тайлбар")],
    ),
    "a label that only the form knows": (
        "{%p for m in plan.all_measures %}\n{{ m.text }} {{ m.extra.эрсдэл }}\n{%p endfor %}",
        {"measures": [{"text": "а", "extra": {"эрсдл": "бага"}}]},
        [("PF322", "measures[0].extra.эрсдл"), ("PF323", "")],
    ),
    "a label prints text and number": (
        '{%p for m in plan.all_measures %}\n{{ m | label("1.1 Текст") }}\n{%p endfor %}',
        {"measures": [{"text": "а", "number": "1.1"}]},
        [],
    ),
    "part of a criterion": (
        "{%p for m in plan.all_measures %}\n{{ m.text }} {{ m.criteria | join }}\n{%p endfor %}",
        {"measures": [{"text": "а", "criteria": [{"text": "х", "baseline": "5%"}]}]},
        [("PF322", "measures[0].criteria[0].baseline")],
    ),
}


@pytest.mark.parametrize(("template", "fields", "expected"), CASES.values(), ids=list(CASES))
def test_unprinted(template: str, fields: dict[str, Any], expected: list[tuple[str, str]]) -> None:
    """What the data hold and the form does not print is told once, at its first place."""
    assert found(template, **fields) == expected


@pytest.mark.parametrize("name", FORMS)
def test_samples_fit_their_forms(name: str) -> None:
    """Every sample is printed whole by its own form."""
    assert unprinted(Template.builtin(name), load(SAMPLES / FORMS[name])) == []


def test_wrong_form() -> None:
    """A plan with activities in a form without them says what is left out, and where."""
    problems = unprinted(Template.builtin("plan"), load(SAMPLES / FORMS["plan-activities"]))
    assert {p.code for p in problems} == {"PF320", "PF322"}
    assert all(p.severity == "warning" for p in problems)


def test_check_knows_what_it_is_given(tmp_path: Path) -> None:
    """A template, a data file and a layout are each judged as what they are, as path, bytes or open file."""
    layout = b'layout: x\nbody:\n- title: "{{ plan.titel }}"\n'
    plan = "planforge: plan/1\nyear: 2024\ntitle: Т\n".encode()
    for content, code, ending in (
        (docx("{{ plan.x }}"), "PF205", "docx"),
        (layout, "PF205", "yaml"),
        (plan, "PF105", "yaml"),
    ):
        path = tmp_path / f"file.{ending}"
        path.write_bytes(content)
        for source in (path, str(path), content, BytesIO(content)):
            assert [p.code for p in check(source) if p.severity != "note"] == [code]
    assert [p.code for p in check(tmp_path / "missing.docx")] == ["PF250"]


def test_layout_against_data() -> None:
    """A layout is judged with data as the template that it becomes."""
    layout = b'layout: x\nbody: [{title: "{{ plan.title }} {{ plan.owner }}"}, {table: {columns: [measure.text]}}]\n'
    assert {p.code for p in check(layout)} == {"PF333"}
    subject = load(SAMPLES / FORMS["plan"])
    assert {p.code for p in check(layout, data=subject)} == {"PF320", "PF322"}


def test_what_is_not_given_holds_nothing_to_print() -> None:
    """Fields that were not given need not be looked at: what stands in them by default is empty, or works unprinted."""
    kinds: tuple[Any, ...] = (Plan, Report, Chapter, Objective, Activity, Measure, Criterion, Result)
    for kind in kinds:
        defaults = kind.model_construct().__dict__
        assert {name for name, value in defaults.items() if value or value == 0} <= _SILENT
