"""Writing: as a person would, and every text exact (law 1)."""

from __future__ import annotations

from typing import Any

import pytest
import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from planforge.data import load
from planforge.model import Budget, Measure, Person, Plan, Report, Result
from planforge.yaml_writer import dump
from tests.strategies import NASTY, plans, reports, texts

PLAN = Plan.model_validate(
    {
        "title": "Авлигын эсрэг төлөвлөгөө",
        "year": 2024,
        "owner": "Гаалийн ерөнхий газар",
        "approval": [{"kind": "confirmed", "person": {"name": "Б.Болд"}, "date": "2024.03.05"}],
        "objectives": [
            {
                "number": "НЭГ",
                "text": "Ил тод: байдал",
                "measures": [
                    {
                        "number": "1.10",
                        "text": "Сургалт хийх",
                        "criteria": ["Сургалтын тоо:", {"text": "Хувь", "targets": {2024: "90%"}}],
                        "responsible": ["ТЗУГ"],
                        "partners": ["А", "Б"],
                        "budget": "12.50",
                        "extra": {"Тайлбар": "", "№": "5 #7"},
                    },
                    "Нэг мөр",
                    {"text": "Эхний мөр\nхоёр дахь", "result": {"percent": 100}},
                    {
                        "text": "Урт бичвэр нь нэг мөрөнд багтахгүй тул хэд хэдэн мөрөнд хуваагдаж бичигдэнэ: " * 2
                        + "төгсөв"
                    },
                ],
            }
        ],
    }
)
PLAN_EN = """\
planforge: plan/1
title: Авлигын эсрэг төлөвлөгөө
year: 2024
owner: Гаалийн ерөнхий газар

approval:
- kind: confirmed
  person: Б.Болд
  date: 2024.03.05

objectives:
- number: НЭГ
  text: "Ил тод: байдал"
  measures:
  - number: 1.10
    text: Сургалт хийх
    criteria:
    - "Сургалтын тоо:"
    - text: Хувь
      targets:
        2024: 90%
    responsible: ТЗУГ
    partners:
    - А
    - Б
    budget: 12.50
    extra:
      Тайлбар: ""
      №: "5 #7"
  - Нэг мөр
  - text: |-
      Эхний мөр
      хоёр дахь
    result:
      percent: 100
  - >-
    Урт бичвэр нь нэг мөрөнд багтахгүй тул хэд хэдэн мөрөнд хуваагдаж бичигдэнэ: Урт бичвэр нь нэг
    мөрөнд багтахгүй тул хэд хэдэн мөрөнд хуваагдаж бичигдэнэ: төгсөв
"""
MONGOLIAN = {
    "title": "гарчиг",
    "year": "он",
    "owner": "байгууллага",
    "approval": "батлах_тэмдэглэл",
    "- kind: confirmed": "- төрөл: БАТАЛГААЖУУЛСАН",
    "person": "хүн",
    "date": "огноо",
    "objectives": "зорилт",
    "number": "дугаар",
    "text": "бичвэр",
    "measures": "арга_хэмжээ",
    "criteria": "шалгуур_үзүүлэлт",
    "targets": "жилийн_зорилтот_түвшин",
    "responsible": "хариуцах_нэгж",
    "partners": "хамтран_ажиллах",
    "budget": "шаардагдах_хөрөнгө",
    "extra": "нэмэлт",
    "result": "үр_дүн",
    "percent": "хэрэгжилтийн_хувь",
}


def test_a_plan_is_written_as_a_person_would() -> None:
    """Defaults are left out, texts stand plain where they may, long ones are folded."""
    assert dump(PLAN) == PLAN_EN


def test_keys_are_written_in_mongolian_too() -> None:
    """The same file, its keys and closed words in Mongolian."""
    expected = PLAN_EN
    for en, mn in MONGOLIAN.items():
        expected = expected.replace(f"{en}:", f"{mn}:") if en[0] != "-" else expected.replace(en, mn)
    assert dump(PLAN, keys="mn") == expected
    assert load(expected.encode()) == PLAN


def test_a_report_is_written_with_its_plan() -> None:
    """One file holds all."""
    report = Report(plan=PLAN, results={"1.10": Result(done="Хийв", status="ХБ", spent=Budget(text="-"))})
    written = dump(report)
    assert written.startswith("planforge: report/1\nplan:\n  title: Авлигын эсрэг төлөвлөгөө\n")
    assert written.endswith('\nresults:\n  1.10:\n    done: Хийв\n    status: not_due\n    spent: "-"\n')
    assert load(written.encode()) == report


@pytest.mark.parametrize("text", NASTY)
def test_every_odd_text_is_exact_everywhere(text: str) -> None:
    """As a value, as an item, as a label, as the text of a part; other readers of YAML agree on the value."""
    plan = Plan.model_validate(
        {
            "title": text,
            "year": 2024,
            "owner": text,
            "closing": [text, text],
            "extra": {text: text, "а" + text: ""},
            "measures": [text, {"text": "А", "budget": {"text": text}, "extra": {text: text}}],
        }
    )
    for keys in ("en", "mn"):
        assert load(dump(plan, keys=keys).encode()) == plan
    if not set(text) & set("\x85\u2028\u2029\ufeff"):
        loose = yaml.load(dump(plan), Loader=yaml.BaseLoader)
        assert loose["title"] == text


@settings(max_examples=500, deadline=None)
@given(texts(), texts())
def test_any_text_is_exact_everywhere(one: str, other: str) -> None:
    """Law 1 for texts, next to each other."""
    plan = Plan.model_validate(
        {
            "title": one,
            "year": 2024,
            "owner": other,
            "closing": [one, other],
            "extra": {one: other, other + "x": one},
            "measures": [one, {"text": other, "extra": {one: one}}],
        }
    )
    assert load(dump(plan).encode()) == plan


@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
@given(plans(), st.sampled_from(["en", "mn"]))
def test_law_1_for_plans(plan: Plan, keys: Any) -> None:
    """`load(dump(x)) == x`."""
    assert load(dump(plan, keys=keys).encode()) == plan


@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
@given(reports(), st.sampled_from(["en", "mn"]))
def test_law_1_for_reports(report: Report, keys: Any) -> None:
    """`load(dump(x)) == x`, the plan in the report."""
    assert load(dump(report, keys=keys).encode()) == report


def test_empty_parts_are_written() -> None:
    """A part without any field is not the same as none."""
    plan = PLAN.model_copy(update={"approval": (), "signoffs": (), "measures": (Measure(text="", result=Result()),)})
    plan = plan.model_copy(update={"objectives": (), "closing": ("",), "issuer": None})
    assert load(dump(plan).encode()) == plan
    signed = Plan.model_validate({**plan.model_dump(), "signoffs": [{"people": [Person(), Person(name="")]}]})
    assert load(dump(signed).encode()) == signed


def test_only_plans_and_reports_are_written() -> None:
    """Another class is a mistake of the program."""
    with pytest.raises(TypeError):
        dump(Measure(text="А"))  # type: ignore[arg-type]
