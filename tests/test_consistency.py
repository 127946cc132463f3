"""The rules over whole plans and reports: each fires where it should, and is quiet beside it."""

from __future__ import annotations

import textwrap
import time
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
import yaml

from planforge import data, spelling
from planforge.consistency import SPELLING_LIMIT, check
from planforge.errors import DataPlace, Problem, catalogue
from planforge.model import Measure, Plan, Report

SAMPLES = Path(__file__).parent.parent / "samples"
CODES = [code for code in catalogue() if "PF401" <= code <= "PF449"]


def read(written: str) -> Plan | Report:
    """A plan or report from YAML with English keys; every scalar is text."""
    given: dict[str, Any] = yaml.load(written, yaml.BaseLoader)
    kind = given.pop("planforge", "report/1" if "plan" in given else "plan/1")
    return Report.model_validate(given) if kind == "report/1" else Plan.model_validate(given)


def subject(plan: str, report: str | None = None) -> Plan | Report:
    """A plan of 2024 with the lines of `plan`, or a report on it with the lines of `report`."""
    own = {line.partition(":")[0] for line in plan.splitlines()}
    head = {"title": "Төлөвлөгөө", "year": "2024", "owner": "Гаалийн ерөнхий газар"}
    lines = [f"{key}: {value}" for key, value in head.items() if key not in own]
    whole = "\n".join([*lines, textwrap.dedent(plan)])
    if report is None:
        return read(whole)
    return read("plan:\n" + textwrap.indent(whole, "  ") + "\n" + textwrap.dedent(report))


def found(problems: list[Problem], code: str) -> list[str]:
    """The paths at which a code was reported."""
    return [p.place.code_path for p in problems if p.code == code and isinstance(p.place, DataPlace)]


ONE = "measures: [Сургалт]"
TWO = "measures: [Сургалт, Зөвлөмж]"
DEEP = "objectives: [{text: Зорилт, measures: [Сургалт, {text: Зөвлөмж, measures: [Хүргэх]}]}]"
CRITERIA = """\
measures:
- text: Сургалт
  criteria:
  - Сургалтын тоо
  - {text: Хамрагдсан, criteria: [Эрэгтэй, {text: Эмэгтэй, id: эм}]}
"""
NUMBERED = "measures: [{{number: '{}', text: Сургалт}}, {{number: '{}', text: Зөвлөмж}}]"
UNDER = "objectives: [{{number: '{}', text: Зорилт, measures: [{{number: '{}', text: Сургалт}}]}}]"
CHAPTERS = "numbering: {}\nchapters: [{{text: Нэг, measures: [Сургалт]}}, {{text: Хоёр, measures: [Зөвлөмж]}}]"
PERIOD = "period: {}\nmeasures: [{{text: Сургалт, period: '{}'}}]"
BODIES = "owner: {}\nmeasures: [Сургалт]"


def says(words: str) -> str:
    """A plan whose one measure has this text."""
    return f"measures: [{yaml.dump(words, default_style=chr(34), width=10_000).strip()}]"


RESULTS = [
    pytest.param("PF401", ONE, "results: {2: {percent: 100}}", ["results.2"], id="unknown-number"),
    pytest.param("PF401", ONE, "results: {1: {percent: 100}}", [], id="known-number"),
    pytest.param("PF401", ONE, "results: {1.: {percent: 100}}", [], id="known-number-with-stop"),
    pytest.param(
        "PF402", CHAPTERS.format("restart"), "results: {1: {percent: 100}}", ["results.1"], id="ambiguous-number"
    ),
    pytest.param("PF402", CHAPTERS.format("through"), "results: {1: {percent: 100}}", [], id="numbers-run-through"),
    pytest.param("PF402", CHAPTERS.format("nested"), "results: {1.1: {percent: 100}}", [], id="chapters-count"),
    pytest.param(
        "PF403", ONE, "results: {1: {percent: 100}, 1.: {percent: 70}}", ["results.1."], id="result-given-twice"
    ),
    pytest.param(
        "PF403",
        "measures: [{text: Сургалт, result: {percent: 100}}]",
        "results: {1: {percent: 100}}",
        ["results.1"],
        id="result-at-the-measure-and-listed",
    ),
    pytest.param("PF403", TWO, "results: {1: {percent: 100}, 2: {percent: 100}}", [], id="two-results"),
    pytest.param("PF409", TWO, "results: {1: {percent: 100}}", ["results"], id="a-measure-without-result"),
    pytest.param("PF409", TWO, "results: {1: {percent: 100}, 2: {status: ХБ}}", [], id="a-status-is-a-result"),
    pytest.param("PF409", DEEP, "results: {1.1: {done: а}, 1.2.1: {done: б}}", [], id="none-above-sub-measures"),
    pytest.param("PF409", ONE, "results: {1: {}}", ["results"], id="a-blank-result"),
    pytest.param("PF409", ONE, None, [], id="a-plan-needs-none"),
    pytest.param("PF409", ONE, "results: {2: {percent: 100}}", ["results"], id="its-number-mistyped"),
    pytest.param("PF409", CHAPTERS.format("restart"), "results: {1: {percent: 100}}", [], id="told-as-ambiguous"),
    pytest.param("PF410", ONE, "results: {1: {percent: 0, status: ХБ}}", ["results.1.status"], id="percent-and-status"),
    pytest.param("PF410", ONE, "results: {1: {percent: 0}}", [], id="only-percent"),
    pytest.param("PF410", ONE, "results: {1: {status: ХБ}}", [], id="only-status"),
    pytest.param("PF411", ONE, "results: {1: {percent: 70}}", ["results.1.percent"], id="no-reason"),
    pytest.param("PF411", ONE, "results: {1: {percent: 70, reason: ' '}}", ["results.1.percent"], id="blank-reason"),
    pytest.param("PF411", ONE, "results: {1: {percent: 70, reason: Хойшилсон}}", [], id="a-reason"),
    pytest.param("PF411", ONE, "results: {1: {percent: 100}}", [], id="whole"),
    pytest.param(
        "PF411",
        "measures: [{text: Сургалт, result: {percent: 70}}]",
        "results: {}",
        ["plan.measures[0].result.percent"],
        id="no-reason-at-the-measure",
    ),
    pytest.param(
        "PF412",
        ONE,
        "results: {1: {attachments: {total: 9, files: 1, pictures: 7}}}",
        ["results.1.attachments.total"],
        id="another-total",
    ),
    pytest.param("PF412", ONE, "results: {1: {attachments: {total: 9, files: 1, pictures: 8}}}", [], id="the-sum"),
    pytest.param("PF412", ONE, "results: {1: {attachments: {total: 9}}}", [], id="only-a-total"),
    pytest.param("PF412", ONE, "results: {1: {attachments: {files: 2}}}", [], id="only-files"),
    pytest.param(
        "PF413", CRITERIA, "results: {1: {indicators: {3: 5}}}", ["results.1.indicators.3"], id="no-such-criterion"
    ),
    pytest.param(
        "PF413", CRITERIA, "results: {1: {indicators: {2.a: 5}}}", ["results.1.indicators.2.a"], id="latin-letter"
    ),
    pytest.param("PF413", CRITERIA, "results: {1: {indicators: {1: 5, 2.а: 6, эм: 7}}}", [], id="place-and-id"),
    pytest.param(
        "PF414", CRITERIA, "results: {1: {indicators: {2.б: 5, эм: 6}}}", ["results.1.indicators.эм"], id="twice"
    ),
    pytest.param(
        "PF414",
        "measures: [{text: Сургалт, criteria: {text: Тоо, reached: 5}}]",
        "results: {1: {indicators: {1: 6}}}",
        ["results.1.indicators.1"],
        id="also-at-the-criterion",
    ),
    pytest.param("PF414", CRITERIA, "results: {1: {indicators: {2.а: 5, 2.б: 6}}}", [], id="each-once"),
]

NUMBERS = [
    pytest.param("PF404", NUMBERED.format("1", "1."), None, ["measures[1].number"], id="number-twice"),
    pytest.param(
        "PF404",
        "measures: [{number: 2, text: Сургалт}, Зөвлөмж]",
        None,
        ["measures[1].number"],
        id="given-and-derived",
    ),
    pytest.param("PF404", NUMBERED.format("", ""), None, [], id="without-numbers"),
    pytest.param("PF404", CHAPTERS.format("restart"), None, [], id="numbers-of-other-chapters"),
    pytest.param("PF405", UNDER.format("2", "1.1"), None, ["objectives[0].measures[0].number"], id="other-branch"),
    pytest.param("PF405", UNDER.format("2.", "2.1."), None, [], id="same-branch"),
    pytest.param("PF405", UNDER.format("2", "7"), None, [], id="numbers-running-on"),
    pytest.param("PF405", UNDER.format("Зорилт", "7.1"), None, [], id="parent-in-words"),
    pytest.param("PF406", NUMBERED.format("1,1", "1.2"), None, ["measures[0].number"], id="comma"),
    pytest.param(
        "PF406", NUMBERED.format("1..1", "1. 2"), None, ["measures[0].number", "measures[1].number"], id="gaps"
    ),
    pytest.param("PF406", NUMBERED.format("1О", "2"), None, ["measures[0].number"], id="letter-for-zero"),
    pytest.param("PF406", NUMBERED.format("1.10.", "А/1"), None, [], id="usual-numbers"),
    pytest.param("PF406", NUMBERED.format("IV", "1.а)"), None, [], id="roman-and-letters"),
    pytest.param("PF407", NUMBERED.format("1.1", "1.3"), None, ["measures[1].number"], id="a-number-left-out"),
    pytest.param("PF407", NUMBERED.format("2", "1"), None, ["measures[1].number"], id="wrong-order"),
    pytest.param("PF407", UNDER.format("2", "2.2"), None, ["objectives[0].measures[0].number"], id="first-left-out"),
    pytest.param("PF407", NUMBERED.format("1.9", "1.10"), None, ["measures[0].number"], id="ten-follows-nine"),
    pytest.param("PF407", NUMBERED.format("5", "6"), None, [], id="begins-anywhere"),
    pytest.param("PF407", NUMBERED.format("1.1", "2.1"), None, [], id="another-branch"),
    pytest.param("PF407", TWO, None, [], id="derived"),
    pytest.param(
        "PF408",
        "measures: [{id: а, text: Сургалт, criteria: {id: а, text: Тоо}}]",
        None,
        ["measures[0].criteria[0].id"],
        id="id-twice",
    ),
    pytest.param("PF408", "measures: [{id: а, text: Сургалт}, {id: б, text: Зөвлөмж}]", None, [], id="two-ids"),
    pytest.param(
        "PF408",
        "measures: [{id: а, text: Нэг}, {id: а, text: Хоёр}]",
        "results: {}",
        ["plan.measures[1].id"],
        id="in-a-report",
    ),
]

YEARS = [
    pytest.param("PF420", PERIOD.format("2024 он", "2024.02.30"), None, ["measures[0].period"], id="no-such-day"),
    pytest.param("PF420", PERIOD.format("2024.13.01", "2024 он"), None, ["period"], id="no-such-month"),
    pytest.param("PF420", "defaults: {period: V улирал}\n" + ONE, None, ["defaults.period"], id="no-such-quarter"),
    pytest.param("PF420", PERIOD.format("2024 он", "9 сарын эхний 7х"), None, [], id="words"),
    pytest.param(
        "PF415", PERIOD.format("2024.03.20-2024.12.01", "2024.12.15"), None, ["measures[0].period"], id="day-outside"
    ),
    pytest.param("PF415", PERIOD.format("2024.03.20-2024.12.01", "2024.11.15"), None, [], id="day-inside"),
    pytest.param("PF415", PERIOD.format("2024.03.20-2024.12.01", "2024 он"), None, [], id="the-year-itself"),
    pytest.param(
        "PF415", PERIOD.format("2023-2024 оны хичээлийн жил", "I, III улирал"), None, [], id="quarters-of-a-school-year"
    ),
    pytest.param("PF415", PERIOD.format("2024.03.20-2024.12.01", "Жилдээ"), None, [], id="recurrence"),
    pytest.param("PF415", PERIOD.format("2024 он", "2023 он"), None, ["measures[0].period"], id="another-year"),
    pytest.param(
        "PF415",
        "measures: [{text: Сургалт, period: 2023.05.01}]",
        None,
        ["measures[0].period"],
        id="plan-has-no-period",
    ),
    pytest.param(
        "PF415",
        "measures: [{text: Сургалт, period: 01 дүгээр сарын 25-ны дотор}]",
        None,
        [],
        id="deadline-without-year",
    ),
    pytest.param(
        "PF415",
        "measures: [{text: Сургалт, period: 2025 оны 1 дүгээр сарын 25-ны дотор}]",
        None,
        ["measures[0].period"],
        id="deadline-of-another-year",
    ),
    pytest.param(
        "PF415",
        "measures: [{text: Сургалт, period: 2024-2025 оны хичээлийн жил}]",
        None,
        [],
        id="school-year-under-a-year",
    ),
    pytest.param("PF415", "defaults: {period: 2021 он}\n" + ONE, None, ["defaults.period"], id="default-period"),
    pytest.param(
        "PF415",
        "measures: [{text: Сургалт, criteria: {text: Тоо, period: 2021 он}}]",
        None,
        ["measures[0].criteria[0].period"],
        id="period-of-a-criterion",
    ),
    pytest.param("PF416", "period: 2023.03.20-2023.12.01\n" + ONE, None, ["period"], id="period-of-last-year"),
    pytest.param("PF416", "period: 2023-2024 оны хичээлийн жил\n" + ONE, None, [], id="school-year"),
    pytest.param("PF416", "title: 2023 оны төлөвлөгөө\n" + ONE, None, ["title"], id="title-of-last-year"),
    pytest.param("PF416", "title: 2024 оны төлөвлөгөө\n" + ONE, None, [], id="title-of-this-year"),
    pytest.param("PF416", "years: [2023, 2024]\n" + ONE, None, ["years"], id="years-begin-before"),
    pytest.param("PF416", "years: [2024, 2025]\n" + ONE, None, [], id="years"),
    pytest.param(
        "PF416", PERIOD.format("2024 он", "2023 оны 9 сарын эхний 7х"), None, ["measures[0].period"], id="free-period"
    ),
    pytest.param("PF416", ONE, "as_of: 2021 оны жилийн эцэс", ["as_of"], id="as-of-another-year"),
    pytest.param("PF416", ONE, "as_of: 2024 оны жилийн эцэс", [], id="as-of-this-year"),
    pytest.param("PF416", ONE, "period: 2023 он", ["period"], id="reported-period"),
    pytest.param("PF416", ONE, "title: 2023 оны тайлан", ["title"], id="title-of-the-report"),
    pytest.param("PF416", "years: [2024, 2026]\n" + ONE, "as_of: 2025 оны жилийн эцэс", [], id="one-of-its-years"),
    pytest.param("PF417", BODIES.format("Эрдэнэт үйлдвэр"), None, ["owner"], id="unknown-head-word"),
    pytest.param("PF417", BODIES.format("{name: Эрдэнэт үйлдвэр, genitive: Эрдэнэт үйлдвэрийн}"), None, [], id="given"),
    pytest.param("PF417", BODIES.format("Гаалийн ерөнхий газар"), None, [], id="known-head-word"),
    pytest.param("PF417", "issuer: Эрдэнэт үйлдвэр\n" + ONE, None, ["issuer"], id="issuer"),
    pytest.param("PF417", ONE, "unit: Эрдэнэт үйлдвэр", ["unit"], id="unit"),
    pytest.param("PF418", "", None, [""], id="no-nodes"),
    pytest.param("PF418", ONE, None, [], id="one-measure"),
    pytest.param("PF418", "", "results: {}", ["plan"], id="no-nodes-in-a-report"),
    pytest.param("PF419", 'measures: [Сургалт]\nclosing: [""]', None, [], id="an-optional-text"),
    pytest.param("PF419", 'measures: [{text: " "}]', None, ["measures[0].text"], id="blank-measure"),
    pytest.param(
        "PF419", 'measures: [{text: А, criteria: [""]}]', None, ["measures[0].criteria[0].text"], id="blank-criterion"
    ),
    pytest.param("PF419", 'title: ""\n' + ONE, None, ["title"], id="blank-title"),
    pytest.param("PF419", BODIES.format('{name: ""}'), None, ["owner.name"], id="blank-body"),
    pytest.param("PF417", BODIES.format('{name: ""}'), None, [], id="a-body-without-name-has-no-case"),
    pytest.param("PF419", ONE, 'title: ""', [], id="title-of-a-report-is-optional"),
]

SPELLING = [
    pytest.param("PF421", says("2-аас доошгүй"), None, ["measures[0].text"], id="ending"),
    pytest.param("PF421", says("2-оос доошгүй, 206 дугаар"), None, [], id="right-ending"),
    pytest.param("PF422", says("100 %"), None, ["measures[0].text"], id="space-before-percent"),
    pytest.param("PF422", says("100%"), None, [], id="percent"),
    pytest.param("PF423", says("2024\u202fонд"), None, ["measures[0].text"], id="narrow-space"),
    pytest.param("PF423", says("2024\u00a0онд"), None, [], id="no-break-space"),
    pytest.param("PF424", says("Cургалт"), None, ["measures[0].text"], id="latin-letter"),
    pytest.param("PF424", says("Сургалт (facebook, ISO 9001)"), None, [], id="latin-words"),
    pytest.param("PF425", says("Ѐс зүй"), None, ["measures[0].text"], id="wrong-yo"),
    pytest.param("PF425", says("Ёс зүй"), None, [], id="yo"),
    pytest.param("PF426", says("Їр дїн"), None, ["measures[0].text"] * 2, id="old-keyboard"),
    pytest.param("PF426", says("Үр дүн"), None, [], id="new-keyboard"),
    pytest.param("PF427", says("үр  дүн"), None, ["measures[0].text"], id="double-space"),
    pytest.param("PF427", says("үр дүн"), None, [], id="one-space"),
    pytest.param("PF428", says("үр\u200b дүн"), None, ["measures[0].text"], id="invisible"),
    pytest.param("PF428", says("👩\u200d⚖️"), None, [], id="joiner-of-an-emoji"),
    pytest.param("PF429", says("хуулии\u0306н"), None, ["measures[0].text"], id="not-nfc"),
    pytest.param("PF429", says("хуулийн"), None, [], id="nfc"),
    pytest.param("PF429", says("е\u0308с"), None, [], id="yo-in-pieces-has-its-own"),
    pytest.param("PF430", says("  ".join("а" * 22)), None, [""], id="more-than-twenty"),
    pytest.param("PF430", says("  ".join("а" * 21)), None, [], id="twenty"),
    pytest.param(
        "PF427",
        "measures: [{text: Сургалт, extra: {'Эрсдэл  нэр': өндөр}}]",
        None,
        ["measures[0].extra.Эрсдэл  нэр"],
        id="label",
    ),
    pytest.param("PF422", ONE, "results: {1: {done: '100 %', percent: 100}}", ["results.1.done"], id="in-a-result"),
    pytest.param(
        "PF421", "measures: [{text: Сургалт, period: 1-ны өдөр}]", None, ["measures[0].period"], id="in-a-period"
    ),
]


@pytest.mark.parametrize(("code", "plan", "report", "paths"), [*RESULTS, *NUMBERS, *YEARS, *SPELLING])
def test_rule(code: str, plan: str, report: str | None, paths: list[str]) -> None:
    """A rule reports exactly the places where it is broken."""
    assert found(check(subject(plan, report)), code) == paths


def test_every_code_has_a_rule_that_fires_and_one_that_does_not() -> None:
    """The table above leaves no code out."""
    rules = [param.values for param in (*RESULTS, *NUMBERS, *YEARS, *SPELLING)]
    assert {code for code, *_, paths in rules if paths} == set(CODES)
    assert {code for code, *_, paths in rules if not paths} == set(CODES)


@pytest.mark.parametrize("code", CODES)
def test_catalogue_case(code: str) -> None:
    """The smallest case in the catalogue triggers its code, and says it in both languages without gaps."""
    case = read(catalogue()[code].case["data"])
    problem = next(p for p in check(case) if p.code == code)
    for lang in ("mn", "en"):
        assert "{" not in problem.format(lang)
        assert problem.message(lang).strip()


@pytest.mark.parametrize(
    ("plan", "report", "code", "mn"),
    [
        pytest.param(
            UNDER.format("2", "1.3"),
            None,
            "PF405",
            "зорилт 1 › арга хэмжээ 1 › дугаар (objectives[0].measures[0].number): "
            "PF405 «1.3» дугаар нь дээд түвшнийхээ «2» дугаартай таарахгүй байна.\n"
            "    → «2.1» байх ёстой эсэхийг шалгана уу.",
            id="number-in-another-branch",
        ),
        pytest.param(
            CRITERIA,
            "results: {1: {indicators: {2.a: 5}}}",
            "PF413",
            "үр дүн › «1» › үзүүлэлтийн утга › «2.a» (results.1.indicators.2.a): "
            "PF413 «1» арга хэмжээнд «2.a» гэсэн шалгуур байхгүй байна.\n"
            "    → Шалгуурыг дугаараар нь («2», «2.а») эсвэл таних тэмдгээр нь бичнэ үү. Байгаа нь: 2.а",
            id="did-you-mean",
        ),
        pytest.param(
            ONE,
            "results: {1: {percent: 70.5, status: хугацаа болоогүй}}",
            "PF410",
            "үр дүн › «1» › төлөв (results.1.status): "
            "PF410 «1» арга хэмжээнд хувь (70.5%) ба төлөв (ХБ) хоёуланг нь бичсэн байна.\n"
            "    → Төлөвийг зөвхөн хувийн оронд бичдэг: аль нэгийг нь хасна уу.",
            id="percent-and-status",
        ),
        pytest.param(
            says("Авлигын эсрэг сургалт хийж, 2-аас доошгүй видео контент бүтээж түгээх"),
            None,
            "PF421",
            "арга хэмжээ 1 › бичвэр (measures[0].text): PF421 29 дэх тэмдэгтэд «2-аас» гэж байгаа нь «2-оос» "
            "байх бололтой: «…эсрэг сургалт хийж, 2-аас доошгүй видео контент…».\n"
            "    → Тооны залгавар, «дугаар/дүгээр», «дахь/дэх» нь тооны дуудлагаар тохирно.",
            id="ending",
        ),
    ],
)
def test_message(plan: str, report: str | None, code: str, mn: str) -> None:
    """What an officer reads: the place, what was found, and what to do."""
    assert [p.format("mn") for p in check(subject(plan, report)) if p.code == code] == [mn]


def test_spelling_is_capped() -> None:
    """Twenty findings are told, the rest are counted."""
    problems = check(subject(says("  ".join("а" * 31))))
    assert Counter(p.code for p in problems) == {"PF427": SPELLING_LIMIT, "PF430": 1}
    assert problems[-1].args["count"] == 10


def test_every_kind_of_lint_has_a_code() -> None:
    """No finding of the language lint is without a message."""
    seen = {f.kind for f in spelling.lint("2-аас 5 % \u202f Cур Ѐ ї үр  дүн\u200b")}
    assert len(seen) == 8
    assert found(check(subject(says("2-аас 5 % \u202f Cур Ѐ ї үр  дүн\u200b"))), "PF421")


def test_all_faults_at_once() -> None:
    """A report with faults of every kind tells them all."""
    codes = {
        p.code
        for p in check(
            subject(
                "period: 2023 он\nowner: Үйлдвэр\nmeasures: [{number: 1, text: Үр  дүн}, {number: 1, text: Сургалт}]",
                "as_of: 2021 он\nresults: {1: {percent: 70}, 3: {percent: 100}}",
            )
        )
    }
    assert codes == {"PF401", "PF402", "PF404", "PF416", "PF417", "PF427"}


def test_time_is_linear() -> None:
    """Four times the measures take about four times as long, not sixteen."""

    def seconds(count: int) -> float:
        measures = tuple(Measure(text=f"{n}  дэх арга хэмжээ", id=f"м{n}") for n in range(count))
        plan = Plan.model_validate({"title": "Т", "year": 2024, "owner": "Газар", "measures": measures})
        best = []
        for _ in range(3):
            start = time.perf_counter()
            check(plan)
            best.append(time.perf_counter() - start)
        return min(best)

    assert seconds(2000) < 10 * seconds(500)


PLAN_WARNINGS = [
    ("PF427", "objectives[0].measures[0].criteria[1].criteria[2].text"),
    ("PF427", "objectives[0].measures[1].text"),
    ("PF427", "objectives[0].measures[2].text"),
    ("PF427", "objectives[1].measures[3].text"),
    ("PF427", "objectives[2].measures[0].criteria[1].text"),
    ("PF427", "objectives[2].measures[2].text"),
    ("PF427", "objectives[2].measures[2].criteria[1].text"),
    ("PF427", "objectives[4].measures[0].text"),
    ("PF427", "objectives[4].measures[0].text"),
    ("PF427", "objectives[4].measures[0].criteria[0].text"),
]
REPORT_WARNINGS = [
    ("PF411", "results.1.3.percent"),
    *((code, f"plan.{path}") for code, path in PLAN_WARNINGS),
    ("PF427", "results.2.3.reached"),
    *[("PF427", "results.2.4.reached")] * 4,
    ("PF421", "results.3.1.reached"),
]


@pytest.mark.parametrize(
    ("path", "kind", "expected"),
    [
        pytest.param("customs-2024/plan.yaml", Plan, [], id="customs"),
        pytest.param("govisumber-2021/plan.yaml", Plan, PLAN_WARNINGS, id="govisumber-plan"),
        pytest.param("govisumber-2021/report.yaml", Report, REPORT_WARNINGS, id="govisumber-report"),
    ],
)
def test_samples(path: str, kind: type[Plan] | type[Report], expected: list[tuple[str, str]]) -> None:
    """The samples hold no error, and exactly the warnings that their sources deserve.

    Doubled spaces, a percent of 70 without a reason, and `01/1004 дугаар`, which is read `дүгээр`.
    """
    problems = check(data.load(SAMPLES / path, kind))
    assert not any(p.is_error for p in problems)
    assert [(p.code, p.place.code_path) for p in problems if isinstance(p.place, DataPlace)] == expected
