"""The laws: properties of whole documents over made-up plans and reports. They are the specification."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import Any

import pytest
from docxtpl import Listing, RichText
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import BaseModel

from planforge import Plan, Report, Template, dump, inspection, load, read, templates, text, wml
from planforge.errors import DataError
from planforge.model import Result
from planforge.package_rules import check_package
from tests.bodies import docx
from tests.strategies import plans, reports, texts


@cache
def form(name: str) -> Template:
    return Template.builtin(name)


@given(plans() | reports())
def test_law_1(subject: Plan | Report) -> None:
    """What is dumped loads as the same."""
    assert load(dump(subject).encode()) == subject


@given(plans())
@settings(max_examples=60)
def test_law_1_mongolian_keys(subject: Plan) -> None:
    """Also with Mongolian keys."""
    assert load(dump(subject, keys="mn").encode()) == subject


def render(name: str, subject: Plan | Report, **options: Any) -> bytes | None:
    """The document; None where the form has good reason to refuse these data."""
    try:
        return form(name).render(subject, **options)
    except DataError as error:
        if {p.code for p in error.problems} <= {"PF301", "PF302", "PF324"}:
            return None
        raise


@pytest.mark.parametrize("name", templates.names())
@given(subject=plans() | reports())
@settings(max_examples=60)
def test_laws_2_4_5(name: str, subject: Plan | Report) -> None:
    """A form renders any plan or report to a valid package, prints its texts whole, and gives the data back."""
    if isinstance(subject, Plan) and form(name).needs_report:
        subject = Report(plan=subject)
    document = render(name, subject)
    if document is None:
        return
    assert read(document) == subject
    assert check_package(document) == ()
    package = inspection.read(document)
    body = package.parse(package.main).find(wml.w("body"))
    assert body is not None
    shown = [wml.text_of(p) for p in body.iter(wml.w("p"))]
    joined = "\0".join(shown)
    plan = subject.plan if isinstance(subject, Report) else subject
    for node in _measures(plan):
        assert node.text in joined
        for criterion in node.criteria:
            assert criterion.text in joined
    if form(name).needs_report and isinstance(subject, Report):
        for result in _results(subject):
            if result.reached:
                assert result.reached in joined


def _measures(parent: BaseModel) -> list[Any]:
    found = []
    for level in ("chapters", "objectives", "activities", "measures"):
        for node in getattr(parent, level, ()):
            if level == "measures":
                found.append(node)
            found += _measures(node)
    return found


def _results(report: Report) -> list[Result]:
    return [*report.results.values(), *(m.result for m in _measures(report.plan) if m.result)]


STORY = "⟦{{ x }}⟧\n⟦{{r x }}⟧\n{%p for i in items %}\n{% if i %}⟦{{ i }}⟧{% endif %}\n{%p endfor %}\n| ⟦{{ x }}⟧ | ⟦{{ o.p }}⟧ |"
PLACES = docx(STORY + "\n⟦{% set s = x %}{{ s }}⟧\n⟦{{ x ~ o.p }}⟧\n⟦{{ items | join(x) }}⟧\n⟦{{ no or x }}⟧")
VALUES: dict[str, Callable[[str], object]] = {"text": str, "rich text": RichText, "listing": Listing}


@pytest.mark.parametrize("kind", VALUES)
@given(x=texts(), other=texts(), items=st.lists(texts(), max_size=3))
@settings(max_examples=60)
def test_law_4_untyped(kind: str, x: str, other: str, items: list[str]) -> None:
    """Without a schema every text is printed whole, wherever its tag stands and whatever it is wrapped in."""
    source = PLACES if kind == "text" else docx(STORY)
    make = VALUES[kind]
    data = {"x": make(x), "o": {"p": make(other)}, "items": [make(i) for i in items], "no": None}
    document = Template.open(source, schema=None).render(data)
    assert check_package(document) == ()
    package = inspection.read(document)
    shown = [wml.text_of(p) for p in package.parse(package.main).iter(wml.w("p"))]
    x, other, *items = map(text.normalise, (x, other, *items))
    expected = [x, x, *(i for i in items if i), x, other]
    if kind == "text":
        expected += [x, x + other, x.join(i for i in items if i), x]
    assert [line for line in shown if line] == [f"⟦{one}⟧" for one in expected]


@given(plans())
@settings(max_examples=40)
def test_law_3(subject: Plan) -> None:
    """The same data give the same bytes, from the same template object and from a fresh one."""
    first = render("plan", subject)
    assert render("plan", subject) == first
    if first is not None:
        assert Template.builtin("plan").render(subject) == first


def test_every_form_is_tried() -> None:
    """The laws run over every built-in form."""
    every = ["plan", "plan-activities", "plan-departmental", "plan-indicators", "progress", "report"]
    assert templates.names() == every


def test_linear_in_the_measures() -> None:
    """Twice the measures give twice the document: work and size grow in step (2,000 measures)."""

    def plan(count: int) -> Plan:
        measures = [{"text": f"Арга хэмжээ {i}", "criteria": [f"Шалгуур {i}", "Нөгөө"]} for i in range(count // 10)]
        return Plan.model_validate(
            {"title": "Т", "year": 2024, "owner": "Хэлтэс", "objectives": [{"text": "о", "measures": measures}] * 10}
        )

    calls = [_calls(plan(count)) for count in (1_000, 2_000)]
    assert calls[1] < 2.1 * calls[0]


def _calls(subject: Plan) -> int:
    """How many function calls one rendering takes: a count, not a clock."""
    import cProfile
    import pstats

    profile = cProfile.Profile()
    profile.runcall(form("plan").render, subject)
    return int(pstats.Stats(profile).total_calls)  # type: ignore[attr-defined]
