"""Doubtful claims in natural Mongolian: what is told at 100 %, and what must never be told."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from planforge import claims, load, view
from planforge.counting import below, limits
from planforge.model import Report
from tests.sample_units import reports

ROOT = Path(__file__).parent.parent


def codes(measure: dict[str, Any], result: dict[str, Any]) -> list[tuple[str, Any]]:
    """The doubts about one measure at 100 %: the code, and of a shortfall the count."""
    plan = {"title": "Т", "year": 2024, "owner": "Хэлтэс", "measures": [{"text": "Сургалт зохион байгуулах"} | measure]}
    seen = view.walk(Report.model_validate({"plan": plan, "results": {"1": {"percent": 100} | result}}))
    assert isinstance(seen, view.ReportView)
    return [(p.code, p.args.get("actual")) for p in claims.check(seen)]


# What a criterion asks for, what the report tells, and what the things counted come to.
SHORT: list[tuple[str, str, str]] = [
    ("Сургалтын тоо 4-өөс доошгүй", "Тайлант хугацаанд албан хаагчдад 2 сургалт зохион байгуулав.", "2"),
    ("Сургалтын тоо 4-өөс доошгүй байх", "Сургалтыг 2 удаа зохион байгуулж, 45 албан хаагчийг хамруулав.", "2"),
    ("Зохион байгуулсан сургалтын тоо: 4-өөс доошгүй", "Сургалтын тоо: 3", "3"),
    ("Сургалт 4-өөс цөөнгүй байх", "Хоёр сургалт, нэг хэлэлцүүлэг хийв.", "2"),
    ("Сургалтыг доод тал нь 4 удаа зохион байгуулах", "Сургалтыг 2 удаа зохион байгуулав", "2"),
    ("Доод тал нь 4 удаа", "Жилийн турш 3 удаа сургалт хийв.", "3"),
    ("Дор хаяж 3 сургалт зохион байгуулсан байх", "2 дугаар сарын 15-ны өдөр 1 сургалт зохион байгуулсан", "1"),
    ("Сургалтыг 4-өөс цөөнгүй удаа зохион байгуулах", "Сургалтыг 3 удаа зохион байгуулав.", "3"),
    ("Сургалтыг гурваас доошгүй удаа хийсэн байх", "Сургалтыг хоёр удаа хийв.", "2"),
    ("2-оос доошгүй удаа сургалт хийх", "Албан хаагчдад сургалтыг нэг удаа зохион байгуулав.", "1"),
    ("Сургалтыг 3 ба түүнээс дээш удаа зохион байгуулсан байх", "I улиралд 1, III улиралд 1 удаа сургалт хийв.", "1"),
    ("4-өөс доошгүй удаагийн сургалт", "3 удаагийн сургалтад 120 албан хаагч хамрагдав.", "3"),
    ("Мэдээллийг 4-өөс доошгүй удаа байршуулсан байх", "Цахим хуудаст мэдээлэл 3 удаа байршуулав.", "3"),
    ("2-оос доошгүй видео контент бүтээж, олон нийтэд хүргэсэн байх", "1 видео контент бэлтгэж түгээв.", "1"),
    ("Судалгаанд 50-аас доошгүй үйлчлүүлэгч хамрагдсан байх", "Судалгаанд 38 үйлчлүүлэгч хамрагдав.", "38"),
    ("Хамрагдсан хүний тоо 100-аас доошгүй", "Өдөрлөгт 85 хүн оролцов.", "85"),
    ("Хамрагдалтын хувь 90-ээс доошгүй байх", "Албан хаагчдын 76 хувь нь хамрагдсан.", "76"),
    ("Худалдан авалт бүрд 3-аас доошгүй үнийн санал авсан байх", "Нийт 2 үнийн санал авч үнэлэв.", "2"),
    ("Удирдлагын зөвлөлийн хурлаар 2-оос доошгүй удаа хэлэлцэх", "Хурлаар 1 удаа хэлэлцэв.", "1"),
    ("Хурлын тоо арван хоёроос доошгүй", "Нийт 9 хурал хийж, тэмдэглэлийг хөтлөв.", "9"),
]
ENOUGH: list[tuple[str, str]] = [
    ("Сургалтын тоо 4-өөс доошгүй", "4 сургалт зохион байгуулав."),
    ("Сургалтын тоо 4-өөс доошгүй", "Эхний хагас жилд 2 сургалт, сүүлийн хагас жилд 2 сургалт хийв."),
    ("Сургалтын тоо 4-өөс доошгүй", "Сургалтыг 2 удаа танхимаар, 2 удаа цахимаар хийв."),
    ("Сургалтын тоо 4-өөс доошгүй", "Улирал бүр 1 сургалт зохион байгуулав."),
    ("Сургалтыг 4-өөс доошгүй удаа хийх", "Улирал тутам нэг удаа сургалт хийсэн."),
    ("Сургалтын тоо 4-өөс доошгүй", "2 дугаар сард сургалтын хөтөлбөр баталж, сургалтыг тогтмол хийв."),
    ("Сургалтын тоо 4-өөс доошгүй", "Сургалтыг 10 дугаар сарын 3-ны өдөр эхлүүлэв."),
    ("Сургалтын тоо 4-өөс доошгүй", "2 сургалтын гарын авлага бэлтгэв."),
    ("Сургалтын тоо 4-өөс доошгүй", "3 албан хаагчийг сургалтад хамруулав."),
    ("Сургалтын тоо 4-өөс доошгүй", "Сургалтыг төлөвлөгөөний дагуу хийж, 3 хэлэлцүүлэг зохион байгуулав."),
    ("Сургалтын тоо 4-өөс доошгүй", "Нийт 6 сургалт хийснээс 2 сургалт цахим хэлбэртэй байв."),
    ("Сургалтын тоо 4-өөс доошгүй", "Сургалтуудыг хугацаанд нь хийсэн, үүнээс 1 сургалтыг гадаад багш удирдав."),
    ("Сургалтыг 2-оос доошгүй удаа хийх", "Хэлэлцүүлгийг 1 удаа зохион байгуулж, сургалтыг тогтмол явуулав."),
    ("Сургалтыг доод тал нь 2 удаа хийх", "1. Сургалтыг 3 удаа хийв. 2. Гарын авлага тараав."),
    ("Сургалтыг хоёроос доошгүй удаа хийх", "Сургалтыг гурван удаа хийв."),
    ("Сургалтыг 2-оос доошгүй удаа хийх", "Танхимын хоёр сургалт зохион байгуулав."),
    ("Судалгаанд 50-аас доошгүй үйлчлүүлэгч хамрагдсан байх", "Судалгааг 2 удаа хийж, 86 үйлчлүүлэгч хамруулав."),
    ("50-аас доошгүй албан хаагч", "Сургалтыг 3 албан тушаалтан зааж, 64 албан хаагч хамрагдав."),
    ("3-аас доошгүй чиглэлээр хяналт хийх", "Хяналтыг 1 жилийн хугацаанд хийж дуусгав."),
    ("Сургалтыг 8-аас доошгүй цаг заах", "2 сургалт хийв."),
    ("5-аас доошгүй хувийн хэвшлийн байгууллага", "Иргэдийн 3 хувь нь санал ирүүлэв."),
    ("Хүлээлгийн дундаж хугацаа 15 минутаас хэтрээгүй байх", "Хугацаа 12 минут болов."),
    ("Үндэслэлтэй гомдол 2-оос ихгүй", "Үндэслэлтэй гомдол 1 ирэв."),
    ("Мэдээллийг 4-өөс доошгүй удаа байршуулсан байх", "Цахим хуудаст 5 удаа, самбарт 1 удаа мэдээлэв."),
    ("Албан хаагчдын 90 хувиас доошгүй нь хамрагдах", "Мэдлэг 61 хувиас 92 хувь болж өсөв."),
]


@pytest.mark.parametrize("where", ["criteria", "outcome"])
@pytest.mark.parametrize(("asked", "told", "actual"), SHORT, ids=[f"{row[0]} | {row[1]}" for row in SHORT])
def test_too_few(asked: str, told: str, actual: str, where: str) -> None:
    """Less than was asked for, in the words in which officers ask and answer."""
    assert codes({where: asked}, {"reached": told}) == [("PF453", actual)]


@pytest.mark.parametrize("where", ["criteria", "outcome"])
@pytest.mark.parametrize(("asked", "told"), ENOUGH, ids=[f"{row[0]} | {row[1]}" for row in ENOUGH])
def test_not_too_few(asked: str, told: str, where: str) -> None:
    """Enough, of something else, or not to be known: nothing is told."""
    assert codes({where: asked}, {"reached": told}) == []


@pytest.mark.parametrize(
    ("criterion", "value", "actual"),
    [
        ({"text": "Сургалтын тоо 4-өөс доошгүй"}, "2", "2"),
        ({"text": "Сургалтын тоо", "target": "4-өөс доошгүй"}, "2 сургалт", "2"),
        ({"text": "Сургалтын тоо", "target": "доод тал нь 4", "measured_in": "удаа"}, "2", "2"),
        ({"text": "Сургалтын тоо", "target": "дөрвөөс доошгүй"}, "хоёр удаа", "2"),
        ({"text": "Сургалтын тоо", "target": "4-өөс доошгүй"}, "4", None),
        ({"text": "Сургалтын тоо", "target": "4-өөс доошгүй"}, "3 хүн", None),
        ({"text": "Сургалтын тоо", "target": "4-өөс доошгүй"}, "2024 онд 4 удаа", None),
    ],
    ids=str,
)
def test_values_of_criteria(criterion: dict[str, Any], value: str, actual: str | None) -> None:
    """A value reached is compared with the limit in the text or target of its criterion."""
    found = codes({"criteria": [criterion]}, {"indicators": {"1": value}})
    assert found == ([("PF453", actual)] if actual else [])


def test_the_words_of_a_limit() -> None:
    """A message quotes the limit with what is counted."""
    asked = "Жилд сургалтын тоо 4-өөс доошгүй, хэлэлцүүлгийг доод тал нь хоёр удаа хийх"
    assert [limit.quote for limit in limits(asked)] == [
        "сургалтын тоо 4-өөс доошгүй",
        "хэлэлцүүлгийг доод тал нь хоёр удаа",
    ]
    assert below(limits("90%-иас доошгүй")[0], "85%") == 85


# --- nothing happened ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "result",
    [
        {"reached": "-"},
        {"reached": " "},
        {"done": "…", "reached": "-"},
        {"reached": "Сургалт зохион байгуулаагүй."},
        {"done": "Хүсэлт ирээгүй болно.", "reached": "-"},
        {"reached": "-", "attachments": {"files": 0}},
    ],
    ids=str,
)
def test_nothing_is_told(result: dict[str, Any]) -> None:
    """100 % with a text that says nothing, or that nothing was done."""
    assert [code for code, _ in codes({}, result)] == ["PF452"]


@pytest.mark.parametrize(
    "result",
    [
        {},
        {"attachments": {"files": 2}},
        {"reached": "-", "attachments": {"files": 2}},
        {"reached": "-", "indicators": {"1": "5"}},
        {"done": "Сургалт хийв.", "reached": "-"},
        {"reached": "100%"},
    ],
    ids=str,
)
def test_something_is_told(result: dict[str, Any]) -> None:
    """A form without texts, evidence, a value of a criterion, one of two texts."""
    assert codes({"criteria": "Сургалтын тоо"}, result) == []


NEGATIVE: list[tuple[dict[str, Any], str]] = [
    ({"text": "Зөрчил гаргахгүй байх"}, "Тайлант хугацаанд зөрчил гараагүй."),
    ({"criteria": "Зөрчил гараагүй байх"}, "Зөрчил гараагүй болно"),
    ({"text": "Авлигын гэмт хэрэг гаргуулахгүй байх"}, "Гэмт хэрэг бүртгэгдээгүй."),
    ({"criteria": ["Сургалт хийсэн байх", "Үндэслэлтэй гомдол ирээгүй байх."]}, "Гомдол ирээгүй."),
    ({"text": "Ёс зүйн зөрчилгүй ажиллах"}, "Ёс зүйн зөрчил гараагүй байна."),
    ({"criteria": "Хугацаа хэтэрсэн өргөдөл, гомдолгүй болсон байх"}, "Хугацаа хэтэрсэн өргөдөл байхгүй."),
    ({"criteria": [{"text": "Зөрчлийн тоо", "target": "0"}]}, "Зөрчил бүртгэгдээгүй."),
    ({"criteria": [{"text": "Гомдол", "target": "байхгүй"}]}, "Гомдол ирээгүй."),
    ({"outcome": "Мэдүүлгийн хугацаа хэтрүүлсэн зөрчил гараагүй байна."}, "Хугацаа хэтрүүлсэн зөрчил гараагүй."),
]


@pytest.mark.parametrize(("measure", "told"), NEGATIVE, ids=[row[1] for row in NEGATIVE])
def test_nothing_was_to_happen(measure: dict[str, Any], told: str) -> None:
    """Where a measure or its criterion is itself negative, nothing is what was asked for."""
    assert codes(measure, {"reached": told}) == []


@pytest.mark.parametrize(
    "measure",
    [
        {"criteria": "2-оос доошгүй удаа сургалт хийх"},
        {"criteria": "Сургалтын тоо 4-өөс багагүй"},
        {"outcome": "Мэдүүлгийн хугацаа хэтрүүлсэн зөрчил гараагүй байна."},
        {"text": "Зөрчил гаргахгүй байх талаар сургалт хийх"},
        {"criteria": [{"text": "Сургалт", "target": "10"}]},
    ],
    ids=str,
)
def test_something_was_to_happen(measure: dict[str, Any]) -> None:
    """A lower limit is no negation, an outcome on something else no excuse."""
    assert codes(measure, {"reached": "Сургалт зохион байгуулаагүй."}) == [("PF452", None)]


# --- no false alarms -----------------------------------------------------------------------------------------------


def samples() -> dict[str, Report]:
    """Every report of the samples, and those of the 35 units."""
    paths = sorted((ROOT / "samples").glob("*/report.yaml"))
    return {path.parent.name: load(path, Report) for path in paths} | {f"unit {n}": r for n, r in enumerate(reports())}


@pytest.mark.parametrize(("name", "report"), samples().items(), ids=list(samples()))
def test_samples(name: str, report: Report) -> None:
    """No sample falls short; nothing happened only where the real report of 2021 and the progress of 2025 say so."""
    seen = view.walk(report)
    assert isinstance(seen, view.ReportView)
    found = [(p.code, p.args["measure"]) for p in claims.check(seen) if p.code != "PF454"]
    nothing = {"govisumber-2021": ["3.2", "3.3", "4.1"], "progress-2025": ["4.2"]}
    assert found == [("PF452", number) for number in nothing.get(name, [])]


def test_units_that_claim_too_much() -> None:
    """Were every result of the 35 units called 100 %, only those that did too little or nothing would be told."""
    told: set[tuple[str, str, str]] = set()
    for report in reports():
        results = {k: r.model_copy(update={"percent": 100, "status": None}) for k, r in report.results.items()}
        seen = view.walk(report.model_copy(update={"results": results}))
        assert isinstance(seen, view.ReportView)
        told |= {(p.code, str(p.args["measure"]), str(p.args.get("actual", ""))) for p in claims.check(seen)}
    nothing = ("1.1", "1.2", "1.3", "2.2", "2.3", "3.1", "3.2", "3.3", "4.2", "4.3")
    too_few = [("PF453", "1.1", "1"), ("PF453", "1.2", "1"), ("PF453", "1.2", "3")]
    assert sorted(told) == [*(("PF452", number, "") for number in nothing), *too_few]
