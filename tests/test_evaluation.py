"""Evaluation: the vectors of domain.md 4, the laws of means, doubtful claims, scales in files, the command."""

from __future__ import annotations

import ast
import dataclasses
import json
import re
from collections.abc import Iterator, Sequence
from decimal import Decimal, localcontext
from fractions import Fraction
from pathlib import Path
from typing import Any, Literal

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st
from pydantic import BaseModel

from planforge import check, claims, cli, consistency, data, evaluate, layout, load, scales, view
from planforge.errors import DataError, DataPlace, Problem, catalogue
from planforge.evaluation import ANY, GOV4, GOV4_40, MOF8, SCALES, Evaluation, Item, Overall, Section
from planforge.model import Report, Scale, Status
from planforge.render import Template
from planforge.scales import Rounding
from tests.bodies import docx, outline
from tests.strategies import reports

ROOT = Path(__file__).parent.parent
PROVINCE = ROOT / "samples" / "govisumber-2021" / "report.yaml"
LANGS: tuple[Literal["mn", "en"], ...] = ("mn", "en")
CODES = [code for code in catalogue() if "PF450" <= code <= "PF459"]

Grade = Decimal | Status | None
NOT_DUE = Status.NOT_DUE


def result(grade: Grade) -> dict[str, Any]:
    if isinstance(grade, Status):
        return {"status": grade}
    return {"reached": "Хийсэн."} if grade is None else {"percent": grade, "reason": "Тайлбар"}


def report(*sections: Sequence[Grade | int], beside: Sequence[Grade | int] = ()) -> Report:
    """A report with an objective for each section, and measures beside them, by their grades."""

    def measures(grades: Sequence[Grade | int]) -> list[dict[str, Any]]:
        exact = [Decimal(g) if isinstance(g, int) else g for g in grades]
        return [{"text": "Арга хэмжээ", "result": result(grade)} for grade in exact]

    objectives = [{"text": "Зорилт", "measures": measures(grades)} for grades in sections]
    plan = {"title": "Т", "year": 2024, "owner": "Хэлтэс", "objectives": objectives, "measures": measures(beside)}
    return Report.model_validate({"plan": plan})


def written(text: str) -> Report:
    """A report from YAML with English keys; every scalar is text."""
    values: dict[str, Any] = yaml.load(text, yaml.BaseLoader)
    values.pop("planforge", None)
    return Report.model_validate(values)


# --- domain.md 4 ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("sections", "rounding", "mean", "assessed"),
    [
        pytest.param([[100] * 4 + [70]], "half_up", "94", 5, id="4x100-1x70"),
        pytest.param([[100, 70, 30]], "half_up", "66.7", 3, id="half-up"),
        pytest.param([[100, 70, 30]], "cut", "66.6", 3, id="cut"),
        pytest.param([[100, 100, NOT_DUE, NOT_DUE, NOT_DUE]], "half_up", "100", 2, id="not-due-outside"),
        pytest.param([[NOT_DUE] * 5], "half_up", None, 0, id="nothing-assessed"),
        pytest.param([[]], "half_up", None, 0, id="nothing-at-all"),
        pytest.param([[100], [70, 70, 70]], "half_up", "77.5", 4, id="over-items"),
        pytest.param([[0, 100]], "half_up", "50", 2, id="zero-counts"),
        pytest.param([[100, Status.NOT_ASSESSABLE, Status.NOT_ASSESSED, None]], "half_up", "100", 1, id="outside"),
        pytest.param([[Decimal("91.4"), 100]], "half_up", "95.7", 2, id="any-decimal"),
        pytest.param([[Decimal("92.85")]], "half_up", "92.9", 1, id="not-half-even"),
        pytest.param([[Decimal("92.75")]], "half_up", "92.8", 1, id="half-even-alike"),
        pytest.param([[Decimal("92.88")]], "cut", "92.8", 1, id="cut-88"),
        pytest.param([[Decimal("92.55")]], "cut", "92.5", 1, id="cut-55"),
        pytest.param([[Decimal("99.95")]], "half_up", "100", 1, id="carried-over"),
    ],
)
def test_means(sections: list[list[Grade | int]], rounding: Rounding, mean: str | None, assessed: int) -> None:
    """The vectors of domain.md 4.2 and the rules M1 to M4, M7, M8."""
    found = evaluate(report(*sections), rounding=rounding)
    assert (found.mean, found.total.figures.assessed) == (None if mean is None else Decimal(mean), assessed)


@pytest.mark.parametrize(
    ("sections", "beside", "items", "by_sections"),
    [
        pytest.param([[100], [70, 70, 70]], [], "77.5", "85", id="domain"),
        pytest.param([[100], [70, 70, 70], [NOT_DUE]], [], "77.5", "85", id="a-section-without-mean"),
        pytest.param([[100], []], [70, 70, 70], "77.5", "85", id="beside-the-sections"),
        pytest.param([], [100, 70], "85", "85", id="no-sections"),
        pytest.param([[100], [100], [0]], [], "66.7", "66.7", id="of-exact-means"),
    ],
)
def test_overall(sections: list[list[Grade | int]], beside: list[Grade | int], items: str, by_sections: str) -> None:
    """The two practices of M6."""
    given = report(*sections, beside=beside)
    assert evaluate(given).mean == Decimal(items)
    assert evaluate(given, overall="sections").mean == Decimal(by_sections)


@pytest.mark.parametrize(("decimals", "mean"), [(0, "67"), (1, "66.7"), (2, "66.67"), (10, "66.6666666667")])
def test_decimals(decimals: int, mean: str) -> None:
    """M7: as many decimals as are asked for, printed without zeros at the end."""
    found = evaluate(report([100, 70, 30]), decimals=decimals).mean
    assert found is not None
    assert format(found, "f") == mean


def test_score() -> None:
    """Five points are percent × 5 / 100 with two decimals (domain.md 4.1)."""
    assert evaluate(report([Decimal("65.22")])).score == Decimal("3.26")


@pytest.mark.parametrize(
    ("scale", "percent", "level", "word"),
    [
        pytest.param(GOV4, "100", "100", "Бүрэн хэрэгжсэн", id="GOV4-100"),
        pytest.param(GOV4, "70.0", "70", "Хэрэгжих шатандаа", id="GOV4-70.0"),
        pytest.param(GOV4, "30", "30", "Хэрэгжилт хангалтгүй", id="GOV4-30"),
        pytest.param(GOV4, "0", "0", "Хэрэгжээгүй", id="GOV4-0"),
        pytest.param(GOV4, "40", None, "", id="GOV4-40"),
        pytest.param(GOV4_40, "100", "100", "Биелсэн", id="GOV4_40-100"),
        pytest.param(GOV4_40, "40", "40", "40%", id="GOV4_40-40"),
        pytest.param(GOV4_40, "30", None, "", id="GOV4_40-30"),
        pytest.param(MOF8, "50", "50", "50%", id="MOF8-50"),
        pytest.param(MOF8, "55", None, "", id="MOF8-55"),
        pytest.param(ANY, "91.4", "91.4", "91.4%", id="ANY"),
        pytest.param("lower", "89.9", "70", "Сайн", id="between"),
        pytest.param("lower", "70", "70", "Сайн", id="the-lower-bound"),
        pytest.param("lower", "69.9", None, "", id="below-all"),
    ],
)
def test_grades(scale: Scale | str, percent: str, level: str | None, word: str) -> None:
    """What each scale calls a percent; one that is no level is a warning and still counts (domain.md 11.3)."""
    own = Scale.model_validate({"name": "Өөрийн", "levels": {"90": "Маш сайн", "70": "Сайн"}, "between": "lower"})
    found = evaluate(report([Decimal(percent)]), scale=own if isinstance(scale, str) else scale)
    (item,) = found.items
    assert (item.level, item.word) == (None if level is None else Decimal(level), word)
    assert [p.code for p in found.problems] == ([] if level else ["PF450"])
    assert found.mean == Decimal(percent)


def test_shares() -> None:
    """Every level of the scale with its count and its share of all items; what is outside the means too (M9)."""
    found = evaluate(report([100, 100, 70, 60, NOT_DUE, None], [Status.NOT_ASSESSED, 0]))
    assert [(s.word, s.level, s.count, str(s.share)) for s in found.levels] == [
        ("Бүрэн хэрэгжсэн", 100, 2, "25"),
        ("Хэрэгжих шатандаа", 70, 1, "12.5"),
        ("60%", 60, 1, "12.5"),
        ("Хэрэгжилт хангалтгүй", 30, 0, "0"),
        ("Хэрэгжээгүй", 0, 1, "12.5"),
        ("Хугацаа болоогүй", None, 1, "12.5"),
        ("Үнэлээгүй", None, 1, "12.5"),
        ("Хувь бичээгүй", None, 1, "12.5"),
    ]


def test_rows_count() -> None:
    """A measure above others counts if it has a grade of its own, as the printed column has it; one without does not."""
    inner = [{"text": "Дэд", "result": {"percent": 100}}, {"text": "Дэд", "result": {"percent": 40}}]
    plan: dict[str, Any] = {"title": "Т", "year": 2024, "owner": "Хэлтэс"}
    alone = Report.model_validate({"plan": {**plan, "measures": [{"text": "Дээд", "measures": inner}]}})
    both = Report.model_validate(
        {"plan": {**plan, "measures": [{"text": "Дээд", "measures": inner, "result": {"percent": 70}}]}}
    )
    assert [item.number for item in evaluate(alone).items] == ["1.1", "1.2"]
    assert [item.number for item in evaluate(both).items] == ["1", "1.1", "1.2"]
    assert [evaluate(alone).mean, evaluate(both).mean] == [70, 70]


def test_the_tree() -> None:
    """Chapters, objectives and activities each have a mean; rows come in the order of the plan."""
    measure = {"text": "М", "result": {"percent": 100}}
    weak = {"text": "М", "result": {"percent": 50}}
    plan = {
        "title": "Т",
        "year": 2024,
        "owner": "Хэлтэс",
        "chapters": [
            {
                "text": "Бүлэг",
                "objectives": [
                    {"text": "Зорилт", "activities": [{"text": "Үйл", "measures": [weak]}], "measures": [measure]}
                ],
            }
        ],
        "measures": [measure],
    }
    found = evaluate(Report.model_validate({"plan": plan}), overall="sections")
    assert [(row.level if isinstance(row, Section) else "item", row.number) for row in found.total.rows()] == [
        ("report", ""),
        ("chapter", "1"),
        ("objective", "1"),
        ("activity", "1.1"),
        ("item", "1.1.1"),
        ("item", "1.2"),
        ("item", "2"),
    ]
    (chapter,) = found.sections
    assert [chapter.mean, chapter.sections[0].sections[0].mean, found.mean] == [75, 50, Decimal("87.5")]


# --- the province's report -----------------------------------------------------------------------------------------


def test_the_province() -> None:
    """97.5 over its 12 complete measures; the last row, which the source cuts off, stays outside."""
    found = evaluate(data.load(PROVINCE, Report))
    figures = found.total.figures
    assert (figures.mean, figures.assessed, figures.total, figures.score) == (Decimal("97.5"), 12, 13, Decimal("4.88"))
    assert [section.mean for section in found.sections] == [90, 100, 100, 100, None]
    assert [(p.code, p.args["measure"]) for p in found.problems] == [
        ("PF451", "5.1"),
        ("PF454", "2.4"),
        ("PF452", "3.2"),
        ("PF452", "3.3"),
        ("PF452", "4.1"),
    ]


def test_unjoined_results_are_refused() -> None:
    """A result that belongs to no measure cannot be evaluated away."""
    given = report([100])
    lost = given.model_copy(update={"results": {"7": given.plan.objectives[0].measures[0].result}})
    with pytest.raises(DataError) as error:
        evaluate(lost)
    assert [p.code for p in error.value.problems] == ["PF401"]


@pytest.mark.parametrize("wrong", [{"overall": "all"}, {"rounding": "half_even"}, {"decimals": -1}, {"decimals": 11}])
def test_other_words_are_refused(wrong: dict[str, Any]) -> None:
    """A practice that nobody described is no evaluation."""
    with pytest.raises(ValueError):
        evaluate(report([100]), **wrong)


# --- no float, no context ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["scales", "evaluation", "claims"])
def test_no_float_in_the_code(name: str) -> None:
    """Neither a literal with a point nor the word `float` stands in the path."""
    tree = ast.parse((ROOT / "planforge" / f"{name}.py").read_text(encoding="utf-8"))
    for node in ast.walk(tree):
        assert not (isinstance(node, ast.Constant) and isinstance(node.value, float)), node.lineno
        assert not (isinstance(node, ast.Name) and node.id in ("float", "round")), node.lineno


def parts(value: object) -> Iterator[object]:
    """A value and everything in it."""
    yield value
    inner: list[object] = []
    if isinstance(value, BaseModel):
        inner = [part for _, part in value]
    elif dataclasses.is_dataclass(value) and not isinstance(value, type):
        inner = [getattr(value, field.name) for field in dataclasses.fields(value)]
    elif isinstance(value, dict):
        inner = [*value.keys(), *value.values()]
    elif isinstance(value, list | tuple):
        inner = list(value)
    for part in inner:
        yield from parts(part)


def test_no_float_in_the_result() -> None:
    """Neither in the evaluation nor in its JSON; a decimal context of the caller changes nothing."""
    given = data.load(PROVINCE, Report)
    found = evaluate(given, decimals=10)
    assert not [part for part in parts((found, found.as_json())) if isinstance(part, float)]
    with localcontext() as context:
        context.prec = 1
        assert evaluate(given, decimals=10) == found


# --- laws ----------------------------------------------------------------------------------------------------------

PERCENTS = st.integers(0, 100).map(Decimal) | st.decimals(0, 100, places=3)
GRADES = PERCENTS | st.sampled_from(Status) | st.none()
SECTIONS = st.lists(st.lists(GRADES, max_size=6), max_size=5)
DECIMALS = st.integers(0, 4)
OVERALL: st.SearchStrategy[Overall] = st.sampled_from(("items", "sections"))
ROUNDING: st.SearchStrategy[Rounding] = st.sampled_from(("half_up", "cut"))


@given(SECTIONS, OVERALL, ROUNDING, DECIMALS)
def test_means_lie_within(sections: list[list[Grade]], overall: Overall, rounding: Rounding, decimals: int) -> None:
    """A mean is between the least and the greatest percent, up to a last digit; there is one where anything is assessed."""
    found = evaluate(report(*sections), overall=overall, rounding=rounding, decimals=decimals).mean
    values = [grade for grades in sections for grade in grades if isinstance(grade, Decimal)]
    assert (found is None) == (not values)
    if found is not None:
        last = Fraction(1, 10**decimals)
        assert Fraction(min(values)) - last < Fraction(found) < Fraction(max(values)) + last
        assert 0 <= found <= 100


@given(SECTIONS, st.randoms(use_true_random=False), OVERALL, ROUNDING)
def test_order_does_not_matter(sections: list[list[Grade]], random: Any, overall: Overall, rounding: Rounding) -> None:
    """Measures and sections in any order come to the same figures."""
    before = evaluate(report(*sections), overall=overall, rounding=rounding)
    mixed = [random.sample(grades, len(grades)) for grades in sections]
    random.shuffle(mixed)
    assert evaluate(report(*mixed), overall=overall, rounding=rounding).total.figures == before.total.figures


@given(SECTIONS, OVERALL, DECIMALS)
def test_cut_is_not_above_half_up(sections: list[list[Grade]], overall: Overall, decimals: int) -> None:
    """Cutting loses less than one unit of the last digit, and nothing where there is nothing to cut."""
    given = report(*sections)
    up = evaluate(given, overall=overall, decimals=decimals).mean
    cut = evaluate(given, overall=overall, decimals=decimals, rounding="cut").mean
    assert (up is None) == (cut is None)
    if up is not None and cut is not None:
        assert up - cut in (0, Decimal(1).scaleb(-decimals))


@given(st.integers(1, 4).flatmap(lambda n: st.lists(st.lists(PERCENTS, min_size=n, max_size=n), max_size=4)))
def test_sections_of_one_size(sections: list[list[Decimal]]) -> None:
    """Where all sections have as many assessed measures, both practices agree."""
    given = report(*sections)
    assert evaluate(given).mean == evaluate(given, overall="sections").mean


@given(SECTIONS, st.sampled_from(tuple(SCALES.values())))
def test_every_measure_is_counted_once(sections: list[list[Grade]], scale: Scale) -> None:
    """The counts of the levels make the total, of the report and of its sections; items are all there."""
    found = evaluate(report(*sections), scale=scale)
    assert sum(level.count for level in found.levels) == found.total.figures.total == len(found.items)
    assert sum(section.figures.total for section in found.sections) == found.total.figures.total
    assert sum(section.figures.assessed for section in found.sections) == found.total.figures.assessed


@given(st.fractions(0, 100), DECIMALS, ROUNDING)
def test_rounded(value: Fraction, decimals: int, rounding: Rounding) -> None:
    """A rounded value is the nearest one, or the one below, and has no zero at its end behind the point."""
    found = scales.rounded(value, decimals, rounding)
    error = Fraction(found) - value
    half = Fraction(1, 2 * 10**decimals)
    assert -half < error <= half if rounding == "half_up" else -2 * half < error <= 0
    assert not (format(found, "f").endswith("0") and "." in format(found, "f"))


@given(reports())
def test_any_report(given: Report) -> None:
    """Whatever a report holds, it evaluates; templates see the same mean, and the table escapes every text."""
    found = evaluate(given)
    seen = view.walk(given)
    assert isinstance(seen, view.ReportView)
    assert (seen.mean, seen.score, seen.levels) == (found.mean, found.score, found.levels)
    json.dumps(found.as_json())
    assert found._repr_html_().count("<tr>") == 2 + sum(1 for _ in found.total.rows()) - 1
    loaded = [p for p in found.problems if isinstance(p.place, DataPlace) and p.place.path]
    assert len(loaded) == len(found.problems)


# --- what is doubtful ----------------------------------------------------------------------------------------------


def about(texts: str, results: str) -> Report:
    """A report on measures given in YAML."""
    return written(f"plan: {{title: Т, year: 2024, owner: Хэлтэс, measures: {texts}}}\nresults: {results}")


def doubts(given: Report) -> list[Problem]:
    seen = view.walk(given)
    assert isinstance(seen, view.ReportView)
    return claims.check(seen)


@pytest.mark.parametrize(
    ("told", "nothing"),
    [
        pytest.param("2021 онд ирсэн мөрдөгчийн мэдэгдэл байхгүй", True, id="there-is-none"),
        pytest.param("зөрчил арилгуулахаар албан бичиг ирээгүй болно", True, id="none-came"),
        pytest.param("Иргэдээс гаргасан санал, санаачилга байхгүй болно.", True, id="none-with-a-stop"),
        pytest.param("Зөвлөмж ирээгүй. Мэдэгдэл ирсэнгүй.", True, id="two-sentences"),
        pytest.param("Сургалтыг зохион байгуулаагүй байна;", True, id="not-done"),
        pytest.param("Ийм гэрээ алга", True, id="nothing-there"),
        pytest.param("5 сургалт зохион байгуулав. Зөрчил гараагүй.", False, id="something-else-was-done"),
        pytest.param("Сургалтад 124 албан хаагч хамрагдсан.", False, id="done"),
        pytest.param("Хэрэгжилт хангалтгүй", False, id="an-adjective"),
        pytest.param("", True, id="nothing-told"),
    ],
)
@pytest.mark.parametrize("percent", [100, 70])
def test_nothing_happened(told: str, nothing: bool, percent: int) -> None:
    """100 % is doubted where every sentence says that nothing came or was done; less is not."""
    given = about("[Сургалт]", f'{{1: {{percent: {percent}, reached: "{told}"}}}}')
    found = [p for p in doubts(given) if p.code == "PF452"]
    assert [p.place.code_path for p in found if isinstance(p.place, DataPlace)] == (
        ["results.1.percent"] if nothing and percent == 100 else []
    )


@pytest.mark.parametrize(
    ("asked", "told", "actual"),
    [
        pytest.param("2-оос доошгүй удаа сургалт хийх", "1 удаагийн сургалт хийв", "1", id="times"),
        pytest.param("2-оос доошгүй удаа сургалт хийх", "3 удаа хийв", None, id="more-times"),
        pytest.param("2-оос доошгүй удаа сургалт хийх", "1 удаа, дараа нь 1 удаа хийв", None, id="together"),
        pytest.param("2-оос доошгүй удаа сургалт хийх", "Сургалт хийв", None, id="not-counted"),
        pytest.param("2-оос доошгүй удаа сургалт хийх", "2021 онд 5 хүн", None, id="other-things-counted"),
        pytest.param("3 сургалтаас доошгүй", "2 сургалт зохион байгуулав", "2", id="noun-before"),
        pytest.param("90 хувиас доошгүй нь хамрагдах", "81,5 хувь нь хамрагдав", "81.5", id="percent-in-words"),
        pytest.param("90 хувиас доошгүй албан хаагч", "81,5 хувь нь хамрагдав", None, id="percent-of-what"),
        pytest.param("90%-иас доошгүй", "95% хамрагдав", None, id="percent"),
        pytest.param("1 000-аас доошгүй иргэн", "Нийт 900 иргэн", "900", id="thousands"),
        pytest.param("Сургалтад хамрагдах", "1 удаа", None, id="no-limit"),
    ],
)
@pytest.mark.parametrize("where", ["criteria", "outcome", "text"])
def test_lower_limits(asked: str, told: str, actual: str | None, where: str) -> None:
    """«N-оос доошгүй» in a measure, criterion or outcome against the same thing counted in the narrative."""
    measure = {"text": "Сургалт", where: asked}
    given = about(json.dumps([measure], ensure_ascii=False), f'{{1: {{percent: 100, done: "{told}"}}}}')
    found = [p for p in doubts(given) if p.code == "PF453"]
    assert [p.args["actual"] for p in found] == ([actual] if actual else [])
    assert {p.place.code_path for p in found if isinstance(p.place, DataPlace)} <= {"results.1.done"}


@pytest.mark.parametrize(
    ("criterion", "rest", "place"),
    [
        pytest.param("{text: 2-оос доошгүй удаа}", "indicators: {1: 1}", "results.1.indicators.1", id="indicator"),
        pytest.param(
            "{text: Тоо, target: 2-оос доошгүй, id: тоо}",
            "indicators: {тоо: 1 удаа}",
            "results.1.indicators.тоо",
            id="target-and-id",
        ),
        pytest.param(
            "{text: 2-оос доошгүй удаа, reached: 1}",
            "done: 5 удаа",
            "plan.measures[0].criteria[0].reached",
            id="at-the-criterion",
        ),
        pytest.param(
            "{text: Тоо, criteria: [2-оос доошгүй удаа]}",
            "indicators: {1.а: 1}",
            "results.1.indicators.1.а",
            id="lettered",
        ),
        pytest.param("{text: 2-оос доошгүй удаа}", "indicators: {1: 2}", None, id="reached"),
        pytest.param("{text: 2-оос доошгүй удаа}", "indicators: {1: 1 хүн}", None, id="something-else"),
    ],
)
def test_lower_limits_of_criteria(criterion: str, rest: str, place: str | None) -> None:
    """A value reached for a criterion is compared with the limit in its text or target."""
    given = about(f"[{{text: Сургалт, criteria: [{criterion}]}}]", f"{{1: {{percent: 100, {rest}}}}}")
    found = [p.place.code_path for p in doubts(given) if p.code == "PF453" and isinstance(p.place, DataPlace)]
    assert found == ([place] if place else [])


SAME = "Албан хаагчдад авлигын эсрэг сургалт зохион байгуулав"


@pytest.mark.parametrize(
    ("first", "second", "same"),
    [
        pytest.param(SAME, SAME, True, id="equal"),
        pytest.param(SAME, f"{SAME.upper()} .", True, id="signs-and-capitals"),
        pytest.param(SAME * 3, f"{SAME * 3} Мөн 5 хүн ирэв.", True, id="longer-than-compared"),
        pytest.param(SAME, f"{SAME} 5 удаа", False, id="short-and-other"),
        pytest.param("Хийсэн", "Хийсэн", False, id="too-short"),
        pytest.param("", "", False, id="nothing"),
    ],
)
def test_same_narrative(first: str, second: str, same: bool) -> None:
    """One text for two measures is told at the second."""
    given = about("[Нэг, Хоёр]", f'{{1: {{reached: "{first}"}}, 2: {{done: "{second}"}}}}')
    found = [p.place.code_path for p in doubts(given) if p.code == "PF454" and isinstance(p.place, DataPlace)]
    assert found == (["results.2.done"] if same else [])


def test_consistency_is_not_told_again() -> None:
    """No reason, attachments that do not add up, nothing reported: `consistency` tells these."""
    given = about("[Нэг, Хоёр]", "{1: {percent: 70, attachments: {total: 9, files: 1}}}")
    assert evaluate(given).problems == ()
    assert {"PF409", "PF411", "PF412"} <= {p.code for p in consistency.check(given)}


@pytest.mark.parametrize("code", CODES)
def test_catalogue_case(code: str) -> None:
    """The smallest case gives its code and no other of evaluation, a warning with a place, in both languages."""
    found = evaluate(data.load(catalogue()[code].case["evaluate"].encode(), Report)).problems
    assert [p.code for p in found] == [code]
    assert not found[0].is_error
    for lang in ("mn", "en"):
        assert "{" not in found[0].format(lang)


@given(st.text("0123456789- аосдшгүй.,%", max_size=200))
def test_hostile_texts(told: str) -> None:
    """Any text passes; none stops the evaluation."""
    evaluate(written(yaml.dump({"plan": PLAN | {"measures": [{"text": told}]}, "results": {"1": {"done": told}}})))


PLAN = {"title": "Т", "year": "2024", "owner": "Хэлтэс"}


@pytest.mark.parametrize(
    "piece", ["1", "1 ", "1-", "1 а", "2-оос ", "1,1", "аагүй ", "\u00a0", "1 000 ", ".", "1.", "%", "байхгүй"]
)
def test_long_texts_take_linear_time(piece: str) -> None:
    """A text of half a million letters of one kind passes: patterns do not go back over it."""
    long = "x" + piece * (500_000 // len(piece))
    measure = {"text": long, "result": {"percent": 100, "reached": long}}
    evaluate(Report.model_validate({"plan": PLAN | {"measures": [measure]}}))


# --- scales in files -----------------------------------------------------------------------------------------------

OWN = """\
planforge: scale/1
name: Манай шатлал
levels:
  100: Биелсэн
  70:
  0: Биелээгүй
"""


@pytest.mark.parametrize(
    "text",
    [
        OWN,
        OWN.replace("name", "нэр").replace("levels", "түвшин"),
        OWN.replace("100:", "100%:"),
        json.dumps(
            {"planforge": "scale/1", "name": "Манай шатлал", "levels": {100: "Биелсэн", 70: "", 0: "Биелээгүй"}}
        ),
    ],
    ids=["english", "mongolian", "percent-sign", "json"],
)
def test_scale_file(text: str) -> None:
    """A scale of one's own is a small file; a level may do without a word."""
    own = load(text.encode(), Scale)
    assert dict(own.levels) == {100: "Биелсэн", 70: "", 0: "Биелээгүй"}
    assert [item.word for item in evaluate(report([100, 70]), scale=own).items] == ["Биелсэн", "70%"]
    assert check(text.encode()) == ()


@pytest.mark.parametrize(
    ("text", "codes"),
    [
        pytest.param(OWN.replace("name: Манай шатлал", "betwen: lower"), ["PF101", "PF105"], id="keys"),
        pytest.param(OWN.replace("  70:", "  70: а\n  70.0: б\n  120: в"), ["PF103", "PF112"], id="levels"),
        pytest.param(OWN.replace("  70:", "  сайн: а"), ["PF111"], id="no-percent"),
        pytest.param(f"{OWN}between: upper\n", ["PF116"], id="word"),
        pytest.param("planforge: scale/1\nname: Н\nlevels: [100, 70]\n", ["PF106"], id="a-list"),
        pytest.param(OWN.replace("scale/1", "scale/2"), ["PF133"], id="newer"),
    ],
)
def test_faults_of_a_scale_file(text: str, codes: list[str]) -> None:
    """All faults at once, each with its line; `check` finds the same."""
    found = data.parse(text.encode(), Scale).problems
    assert sorted(p.code for p in found) == codes
    assert all(isinstance(p.place, DataPlace) and p.place.line for p in found)
    assert [p.code for p in check(text.encode())] == [p.code for p in found]


def test_the_hint_of_a_percent_fits() -> None:
    """A level of a scale has no status; a result has."""
    (level,) = data.parse(OWN.replace("  70:", "  120:").encode(), Scale).problems
    given = "planforge: report/1\nplan: {title: Т, year: 2024, owner: Яам, measures: Т}\nresults: {1: {percent: 120}}\n"
    (percent,) = data.parse(given.encode()).problems
    assert level.code == percent.code == "PF112"
    for lang in LANGS:
        assert "`status`" in (percent.hint(lang) or "")
        assert "status" not in (level.hint(lang) or "")


def test_other_kinds_of_file() -> None:
    """A plan is no scale, and a scale no plan."""
    assert [p.code for p in data.parse(b"planforge: plan/1\n", Scale).problems] == ["PF134"]
    assert [p.code for p in data.parse(OWN.encode()).problems] == ["PF134"]


# --- how it is shown -----------------------------------------------------------------------------------------------


def test_html_is_escaped() -> None:
    """No text of the data becomes markup."""
    plan = PLAN | {"owner": "<script>x</script>", "measures": [{"text": "<b>&", "result": {"percent": 100}}]}
    page = evaluate(Report.model_validate({"plan": plan}))._repr_html_()
    assert "<script>" not in page
    assert "<td>&lt;b&gt;&amp;</td>" in page
    assert page.count("<tr>") == 3


def test_json() -> None:
    """Numbers with decimals are texts; the tree, the items and the problems are all there."""
    told: Any = json.loads(json.dumps(evaluate(report([100, 70, 60], [NOT_DUE])).as_json()))
    assert (told["mean"], told["score"], told["total"], told["assessed"]) == ("76.7", "3.83", 4, 3)
    assert told["scale"]["levels"]["70"] == "Хэрэгжих шатандаа"
    assert [section["mean"] for section in told["sections"]] == ["76.7", None]
    assert told["items"][2] | {"text": ""} == {
        "number": "1.3",
        "text": "",
        "percent": "60",
        "status": None,
        "level": None,
        "word": "",
    }
    assert told["items"][3]["status"] == "not_due"
    assert [p["code"] for p in told["problems"]] == ["PF450"]


@pytest.mark.parametrize(
    ("template", "printed"),
    [
        pytest.param("{{ тайлан.дундаж }}% {{ report.score }}", "97.5% 4.88", id="report"),
        pytest.param(
            "{% for o in plan.all_objectives %}{{ o.mean }};{% endfor %}", "90;100;100;100;;", id="objectives"
        ),
        pytest.param(
            "{% for l in тайлан.хэрэгжилтийн_түвшин %}{{ l.нэр }} {{ l.тоо }} {{ l.эзлэх_хувь }}%;{% endfor %}",
            "Бүрэн хэрэгжсэн 11 84.6%;Хэрэгжих шатандаа 1 7.7%;Хэрэгжилт хангалтгүй 0 0%;Хэрэгжээгүй 0 0%;"
            "Хувь бичээгүй 1 7.7%;",
            id="levels",
        ),
        pytest.param("{% if report.mean %}{{ report.assessed }}{% endif %}", "12", id="assessed"),
    ],
)
def test_in_templates(template: str, printed: str) -> None:
    """The means of a report are derived figures of its view."""
    document = Template.open(docx(template)).render(load(PROVINCE))
    assert outline(document).strip() == printed


def test_a_plan_has_no_means() -> None:
    """A mean of nothing prints nothing."""
    plan = data.load(PROVINCE.with_name("plan.yaml"))
    document = Template.open(docx("{% for o in plan.all_objectives %}[{{ o.mean }}]{% endfor %}")).render(plan)
    assert outline(document).strip() == "[][][][][]"


@pytest.mark.parametrize("lang", ["mn", "en"])
def test_table(lang: Literal["mn", "en"]) -> None:
    """Number, measure, percent and grade; sections with their means, the total last."""
    heads, rows = evaluate(report([100, NOT_DUE])).table(lang)
    assert len(heads) == 4
    assert [(row[0], *row[2:]) for row in rows[:-1]] == [
        ("1", "100%", ""),
        ("1.1", "100%", "Бүрэн хэрэгжсэн"),
        ("1.2", "-", "Хугацаа болоогүй"),
    ]
    assert rows[-1][2] == "100%"


def test_frozen() -> None:
    """An evaluation does not change."""
    found = evaluate(report([100]))
    with pytest.raises(dataclasses.FrozenInstanceError):
        found.overall = "sections"  # type: ignore[misc]
    assert isinstance(found, Evaluation)
    assert isinstance(found.items[0], Item)


# --- the manual ----------------------------------------------------------------------------------------------------

MANUAL = (ROOT / "docs" / "evaluation.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"^```(\w+)\n(.*?)^```$", MANUAL, re.MULTILINE | re.DOTALL)


def test_the_manual_in_python(monkeypatch: pytest.MonkeyPatch) -> None:
    """The lines of Python in docs/evaluation.md run beside the province's report, and say what they promise."""
    monkeypatch.chdir(PROVINCE.parent)
    (code,) = (text for kind, text in BLOCKS if kind == "python")
    names: dict[str, Any] = {}
    exec(code, names)
    assert (names["found"].mean, names["found"].score) == (Decimal("97.5"), Decimal("4.88"))


def test_the_manual_in_yaml() -> None:
    """Its scale and its layout are sound; the layout prints the mean and the levels."""
    scale, form = (text for kind, text in BLOCKS if kind == "yaml")
    own = load(scale.encode(), Scale)
    assert [scales.word_of(Decimal(level), own) for level in (90, 0)] == ["Маш сайн", "Хангалтгүй"]
    assert scales.level_of(Decimal(94), own) == 90
    document = Template.open(layout.build(layout.load(form.encode()))).render(load(PROVINCE))
    printed = outline(document)
    assert "97.5%" in printed
    assert "Бүрэн хэрэгжсэн" in printed
    assert "84.6%" in printed


@pytest.mark.parametrize(("grade", "printed"), [(0, "0%"), (NOT_DUE, "-"), (None, "-"), (Decimal("97.5"), "97.5%")])
def test_the_mean_in_the_manual(grade: Grade, printed: str) -> None:
    """The layout of the manual prints `-` where nothing is assessed, and 0 % where it is 0 (M3, M4)."""
    form = [text for kind, text in BLOCKS if kind == "yaml"][1]
    document = Template.open(layout.build(layout.load(form.encode()))).render(report([grade]))
    (row,) = (line for line in outline(document).splitlines() if "Нийт дундаж" in line)
    assert row.rstrip(" |").rpartition("| ")[2] == printed


@pytest.mark.parametrize("name", ["report", "progress"])
def test_shipped_forms_print_no_lone_percent_sign(name: str) -> None:
    """Where there is no percent, no form of ours prints its sign."""
    document = Template.builtin(name).render(report([NOT_DUE, None]))
    assert not re.search(r"(?<!\d)%", outline(document))


# --- the command ---------------------------------------------------------------------------------------------------


def test_a_document_is_evaluated(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A Word document that planforge made is read like its data; one of a plan, or another one, is refused."""
    (tmp_path / "report.docx").write_bytes(Template.builtin("report").render(load(PROVINCE)))
    (tmp_path / "plan.docx").write_bytes(Template.builtin("plan").render(load(PROVINCE, Report).plan))
    (tmp_path / "other.docx").write_bytes(docx("Өөр баримт"))
    told = []
    for source in (tmp_path / "report.docx", PROVINCE):
        assert cli.run(["evaluate", str(source), "--json"]) == 0
        told.append(json.loads(capsys.readouterr().out))
    assert told[0]["mean"] == told[1]["mean"] == "97.5"
    assert told[0]["items"] == told[1]["items"]
    doubts = [{p["code"] for p in each["problems"]} & set(CODES) for each in told]
    assert doubts[0] == doubts[1] != set()
    for name, code in (("plan.docx", "PF134"), ("other.docx", "PF610"), ("../plan.yaml", "PF120")):
        assert cli.run(["evaluate", str(tmp_path / name)]) == 1
        assert code in capsys.readouterr().err
    assert cli.run(["evaluate", str(PROVINCE.with_name("plan.yaml"))]) == 1
    assert "PF134" in capsys.readouterr().err


def test_spelling_is_left_to_check(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """An error comes first, doubts after it; of spelling there is one line."""
    plan = "planforge: report/1\nplan: {title: Т, year: 2024, owner: Яам, measures: [А]}\n"
    results = "results: {1: {percent: 60, done: 'а%s', reason: х}%s}\n"
    for other, first in (("", "PF450"), (", 7: {percent: 5}", "PF401")):
        (tmp_path / "r.yaml").write_text(plan + results % ("  б" * 30, other), encoding="utf-8")
        assert cli.run(["--lang", "mn", "evaluate", str(tmp_path / "r.yaml")]) == (1 if other else 0)
        err = capsys.readouterr().err
        assert re.findall(r"PF\d+", err)[0] == first
        assert "PF427" not in err
        assert "Бичлэгийн 30 анхааруулга" in err


def test_the_manual_names_every_code() -> None:
    """Each code of evaluation has its line."""
    assert set(re.findall(r"^\| (PF\d+) \|", MANUAL, re.MULTILINE)) == set(CODES)
