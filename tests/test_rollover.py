"""Next year's plan: what moves, what is cleared, what a person decides; lineage; the laws."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st
from pydantic import BaseModel

from planforge import period, view
from planforge.data import load
from planforge.errors import DataError
from planforge.model import Plan, Report
from planforge.rollover import Change, Decision, Done, Fate, Question, Rollover, origins, roll_over
from planforge.rollover_text import Why
from tests.strategies import plans, reports
from tests.test_samples import SAMPLES

CUSTOMS = load(SAMPLES / "customs-2024" / "plan.yaml", Plan)
SLOW = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much])


def plan(**fields: Any) -> Plan:
    return Plan.model_validate({"title": "Т", "year": 2024, "owner": "Хэлтэс", **fields})


def report(**fields: Any) -> Report:
    return Report.model_validate(
        {"plan": fields.pop("plan", {"title": "Т", "year": 2024, "owner": "Хэлтэс"}), **fields}
    )


def leaves(part: Any, path: tuple[str | int, ...] = ()) -> dict[tuple[str | int, ...], object]:
    """Every value without parts, by path."""
    if isinstance(part, BaseModel):
        inner: Any = [(name, value) for name, value in part]
    elif isinstance(part, tuple):
        inner = enumerate(part)
    elif isinstance(part, dict):
        inner = part.items()
    else:
        return {path: part}
    return {p: v for name, value in inner for p, v in leaves(value, (*path, name)).items()}


def test_customs_plan() -> None:
    """The customs plan of 2024 becomes that of 2025: the year in the criterion of 2.3 is a decision, no text changes."""
    rolled = roll_over(CUSTOMS, year=2025)
    criterion = ("objectives", 1, "measures", 2, "criteria", 0, "text")
    assert rolled.decisions == (Decision(Question.TEXT, criterion, "2024 онд", "2025 онд", Why.MOVED, 0, 8),)
    assert (rolled.plan.year, str(rolled.plan.period)) == (2025, "2025.03.20-2025.12.01")
    before, after = leaves(CUSTOMS), leaves(rolled.plan)
    other = {path for path in before.keys() | after.keys() if before.get(path) != after.get(path)}
    assert {path[-1] for path in other} == {"year", "period", "id"}
    assert {change.path for change in rolled.changes} == other


@pytest.mark.parametrize(
    ("period_", "moved"),
    [
        ("2024.03.20-2024.12.01", "2025.03.20-2025.12.01"),
        ("2023-2024 оны хичээлийн жил", "2024-2025 оны хичээлийн жил"),
        ("2024 оны 1 дүгээр сарын 25-ны дотор", "2025 оны 1 дүгээр сарын 25-ны дотор"),
        ("2024 оны I улирал", "2025 оны I улирал"),
        ("2024.02.29", "2025.02.28"),
        ("2024-2027 он", "2025-2028 он"),
        ("Жилдээ", "Жилдээ"),
        ("6 сар", "6 сар"),
    ],
)
def test_periods_move(period_: str, moved: str) -> None:
    """Every period, wherever it stands."""
    rolled = roll_over(plan(period=period_, measures=[{"text": "м", "period": period_}]), year=2025).plan
    assert str(rolled.period) == str(rolled.measures[0].period) == moved


@pytest.mark.parametrize(
    ("period_", "year", "now", "proposal"),
    [
        ("2024.02.29", 2025, "2025.02.28", "2025.02.28"),
        ("2024.01.01-2024.02.29", 2026, "2026.01.01-2026.02.28", "2026.01.01-2026.02.28"),
        ("2 дугаар сарын 29-ний дотор", 2025, "2 дугаар сарын 29-ний дотор", "2 дугаар сарын 28-ны дотор"),
    ],
)
def test_leap_days_are_told(period_: str, year: int, now: str, proposal: str) -> None:
    """Where 29 February is lost, a person looks at it; four years later it is there again."""
    found = roll_over(plan(measures=[{"text": "м", "period": period_}]), year=year).decisions
    assert found == (Decision(Question.PERIOD, ("measures", 0, "period"), now, proposal, Why.LEAP_DAY),)
    assert roll_over(plan(measures=[{"text": "м", "period": period_}]), year=2028).decisions == ()


def test_marks_are_emptied() -> None:
    """Dates and numbers of approvals go, people stay; the year of an annex moves."""
    rolled = roll_over(
        plan(
            approval={"person": {"name": "А"}, "date": "2024.03.01"},
            annex={"issuer": "Сайдын", "year": 2024, "month": 1, "day": 17, "number": "А/09"},
            dateline={"date": "2024.03.01", "place": "Чойр"},
            signoffs={"people": ["Б"], "date": "2024.03.01"},
        ),
        year=2025,
    )
    annex = rolled.plan.annex
    assert annex is not None
    assert (annex.year, annex.month, annex.day, annex.number, annex.issuer) == (2025, None, None, None, "Сайдын")
    assert rolled.plan.approval[0].date is rolled.plan.signoffs[0].date is None
    assert rolled.plan.dateline is not None
    assert (rolled.plan.dateline.date, rolled.plan.dateline.place) == (None, "Чойр")
    assert {c.old for c in rolled.changes if c.done is Done.EMPTIED} == {"2024.03.01", "1", "17", "А/09"}


def test_results_and_proposals() -> None:
    """Finished measures retire or, if they recur, repeat; the others go on; results are cleared."""
    measures = [
        {"text": "а", "period": "II улирал", "result": {"percent": 100}},
        {"text": "б", "period": "Жилдээ", "result": {"percent": 100}},
        {"text": "в", "result": {"percent": 70}},
        {"text": "г", "result": {"status": "ХБ"}},
        "д",
    ]
    rolled = roll_over(plan(measures=measures), year=2025)
    fates = [Fate.RETIRE, Fate.REPEAT, Fate.CARRY, Fate.CARRY, Fate.CARRY]
    assert [measure.fate for measure in rolled.measures] == fates
    assert [(d.old, d.proposal) for d in rolled.decisions] == [
        ("100%", "retire"),
        ("100%", "repeat"),
        ("70%", "carry"),
        ("ХБ", "carry"),
    ]
    assert all(measure.result is None for measure in rolled.plan.measures)
    assert [c.old for c in rolled.changes if c.done is Done.CLEARED] == ["100%", "100%", "70%", "ХБ"]


def test_report() -> None:
    """The plan of a report; a measure without a result is asked about too."""
    rolled = roll_over(
        report(
            plan={"title": "Т", "year": 2024, "owner": "Х", "measures": ["а", {"text": "б", "measures": ["в", "г"]}]},
            results={"1": {"percent": 100, "done": "Хийсэн"}, "2.1": {"percent": 30}},
        ),
        year=2027,
    )
    assert (rolled.plan.year, rolled.by) == (2027, 3)
    assert [(d.path, d.old) for d in rolled.decisions] == [
        (("measures", 0), "100%"),
        (("measures", 1, "measures", 0), "30%"),
        (("measures", 1, "measures", 1), ""),
    ]
    assert rolled.measures[0].result is not None


def test_levels() -> None:
    """A target is asked for anew, or known from the targets by year; what was reached is offered as baseline."""
    rolled = roll_over(
        report(
            plan={
                "title": "Т",
                "year": 2024,
                "owner": "Х",
                "measures": [
                    {
                        "text": "а",
                        "criteria": [
                            {"text": "ш", "baseline": "80%", "target": {"value": "90%", "year": 2024}},
                            {"text": "ш", "target": "5", "targets": {2025: "7"}, "reached": "6"},
                        ],
                    }
                ],
            },
            results={"1": {"percent": 70, "indicators": {"1": "85%"}}},
        ),
        year=2025,
    )
    asked = [(d.question, d.old, d.proposal) for d in rolled.decisions if d.question is not Question.MEASURE]
    assert asked == [
        (Question.BASELINE, "80%", "85%"),
        (Question.TARGET, "90%", ""),
        (Question.TARGET, "5", "7"),
    ]
    first, second = rolled.plan.measures[0].criteria
    assert first.target is not None
    assert (first.target.year, second.reached, second.targets) == (2025, None, {2025: "7"})


def test_labels_and_free_periods_are_searched() -> None:
    """A year in the label of an extra field, or in a period that nobody can parse, is a decision."""
    rolled = roll_over(
        plan(extra={"2024 оны төсөв": "-"}, measures=[{"text": "м", "period": "2024 оны хавар"}]), year=2025
    )
    assert [(d.path, d.in_label, d.proposal) for d in rolled.decisions] == [
        (("extra", "2024 оны төсөв"), True, "2025 оны"),
        (("measures", 0, "period"), False, "2025 оны"),
    ]


@pytest.mark.parametrize("year", [2023, 2024, 2200])
def test_wrong_year(year: int) -> None:
    """The new year follows the old one, within the calendar."""
    with pytest.raises(DataError) as caught:
        roll_over(plan(), year=year)
    assert [p.code for p in caught.value.problems] == ["PF460"]


def test_accepted() -> None:
    """The proposals about dates are taken: several in a text, in a list, in a free period; a leap day is asked about."""
    rolled = roll_over(
        plan(
            extra={"2024 онд": "2024 оны 2024-өөс"},
            measures=[
                {"text": "м", "period": "2024 оны хавар"},
                {"text": "н", "period": "2 дугаар сарын 29-ний дотор"},
            ],
            closing=["а", "2024 он"],
        ),
        year=2025,
    ).accepted()
    assert [(d.in_label, d.why) for d in rolled.decisions] == [(True, Why.MOVED), (False, Why.LEAP_DAY)]
    assert rolled.plan.extra == {"2024 онд": "2025 оны 2025-аас"}
    assert rolled.plan.closing == ("а", "2025 он")
    assert [str(m.period) for m in rolled.plan.measures] == ["2025 оны хавар", "2 дугаар сарын 29-ний дотор"]
    assert roll_over(CUSTOMS, year=2025).accepted().decisions == ()


@pytest.mark.parametrize(
    ("title", "moved"),
    [
        ("2023 оны төлөвлөгөө", "2026 оны төлөвлөгөө"),
        ("2025 оны төлөвлөгөө", "2026 оны төлөвлөгөө"),
        ("2024 оны төлөвлөгөө", "2026 оны төлөвлөгөө"),
        ("2023-2024 оны төлөвлөгөө", "2025-2026 оны төлөвлөгөө"),
        ("2019 онд баталсан төлөвлөгөө", "2019 онд баталсан төлөвлөгөө"),
    ],
)
def test_a_title_catches_up(title: str, moved: str) -> None:
    """The year of a title that was left behind by its plan becomes the new one; a plan of 2024, rolled to 2026."""
    assert roll_over(plan(title=title), year=2026).accepted().plan.title == moved


def test_accepted_leaves_what_a_person_decides() -> None:
    """Leap days and what is proposed to stay are asked about though the rest of their text is taken, at their new place."""
    text = "2024-ийг дуусгаж, 2024.02.29-нд тайлагнаж, 2016 оны 51 дүгээр тогтоолыг 01 дүгээр сарын 25-нд хүргэнэ"
    measures = [{"text": text, "period": "2024.02.29"}]
    rolled = roll_over(plan(year=2024, measures=measures), year=2025).accepted()
    changed = rolled.plan.measures[0].text
    assert changed.startswith("2025-ыг дуусгаж, 2024.02.29-нд")
    inside = [d for d in rolled.decisions if d.question is Question.TEXT]
    assert [d.why for d in inside] == [Why.LEAP_DAY, Why.REFERENCE, Why.NO_YEAR]
    assert all(changed[d.start : d.end] == d.old for d in inside)
    assert [d.why for d in rolled.decisions if d.question is Question.PERIOD] == [Why.LEAP_DAY]


@pytest.mark.parametrize(
    ("years", "by", "named"),
    [({}, 1, ("2024", "2025")), ({"years": [2024, 2025]}, 2, ("2024-2025", "2026-2027"))],
)
def test_years_and_counts(years: Any, by: int, named: tuple[str, str]) -> None:
    """Which years the two plans are of, and how much a person decides, by kind."""
    measures = ["а 2024 онд", {"text": "б", "criteria": [{"text": "ш", "target": "5"}], "result": {"percent": 10}}]
    rolled = roll_over(plan(measures=measures, **years), year=2024 + by)
    assert rolled.years == named
    assert rolled.to_decide == {"measures": 2, "dates": 1, "levels": 1}
    assert roll_over(plan(), year=2025).to_decide == {"measures": 0, "dates": 0, "levels": 0}


# --- lineage -------------------------------------------------------------------------------------------------------


def test_lineage_over_three_years() -> None:
    """Ids come from the number in the first plan and stay, even when numbers change; new measures get their own."""
    data = plan(objectives=[{"text": "з", "measures": ["а", {"text": "б", "id": "сургалт"}]}])
    second = roll_over(data, year=2025).plan
    assert set(origins(data)) == set(origins(second)) == {"2024-1", "2024-1.1", "сургалт"}
    (objective,) = second.objectives
    edited = second.model_copy(
        update={
            "objectives": (
                objective.model_copy(
                    update={"measures": (*plan(measures=["шинэ"]).measures, *objective.measures)},
                ),
            )
        }
    )
    third = roll_over(edited, year=2026).plan
    assert [m.id for m in third.objectives[0].measures] == ["2025-1.1", "2024-1.1", "сургалт"]
    last = roll_over(third, year=2027).plan
    assert origins(data).keys() < origins(last).keys()
    assert {name: origins(last)[name].item.text for name in origins(data)} == {
        name: node.item.text for name, node in origins(data).items()
    }


def test_ids_of_like_numbers() -> None:
    """Numbers that two nodes share, or that are none, give way to the key of the place; nothing collides."""
    data = plan(
        chapters=[
            {"text": "б", "number": "1", "objectives": [{"text": "з", "number": "1"}, {"text": "", "number": ""}]}
        ],
        measures=[{"text": "м", "number": "9"}, {"text": "н", "id": "2024-9", "number": "8"}],
    )
    assert set(origins(data)) == {"2024-c0", "2024-c0.o0", "2024-c0.o1", "2024-9'", "2024-9"}


# --- laws ----------------------------------------------------------------------------------------------------------

_DONE_TO = {Done.MOVED, Done.CLEARED, Done.EMPTIED, Done.IDENTIFIED}


def rolled_by(subject: Plan | Report, by: int) -> Rollover:
    """A rollover, if the years allow it."""
    year = (subject.plan if isinstance(subject, Report) else subject).year
    try:
        return roll_over(subject, year=year + by)
    except DataError as error:
        assume({p.code for p in error.problems} - {"PF460", "PF461"})
        raise


@SLOW
@given(plans() | reports(), st.integers(1, 4))
def test_only_what_is_listed_changes(subject: Plan | Report, by: int) -> None:
    """Every text that no change lists is kept; every change leads to what it says; decisions stand where they say."""
    rolled = rolled_by(subject, by)
    before, after = leaves(subject.plan if isinstance(subject, Report) else subject), leaves(rolled.plan)
    listed = [change.path for change in rolled.changes]
    other = {path for path in before.keys() | after.keys() if before.get(path) != after.get(path)}
    assert all(any(path[: len(one)] == one for one in listed) for path in other)
    for change in rolled.changes:
        if change.new:
            assert str(after[change.path]) == change.new
    for decision in rolled.decisions:
        if decision.question is Question.TEXT:
            text = str(decision.path[-1]) if decision.in_label else str(after[decision.path])
            assert text[decision.start : decision.end] == decision.old


@SLOW
@given(plans())
def test_twice_is_by_two(subject: Plan) -> None:
    """Rolled a year and a year more: the same plan as two years at once, leap days apart."""
    twice = rolled_by(rolled_by(subject, 1).plan, 1).plan
    once = rolled_by(subject, 2).plan
    for path, value in leaves(once).items():
        days = [value.day] if isinstance(value, period.Day) else []
        days += [value.first, value.last] if isinstance(value, period.Range) else []
        assert leaves(twice)[path] == value or any((day.month, day.day) == (2, 28) for day in days)


@given(st.dates(date(1900, 1, 1), date(2100, 12, 31)), st.integers(1, 50), st.integers(1, 50))
def test_shift_adds_up(day: date, by: int, more: int) -> None:
    """Shifts add up for every day but 29 February."""
    assume((day.month, day.day) != (2, 29))
    given_ = period.Day(day)
    assert period.shift(period.shift(given_, by), more) == period.shift(given_, by + more)


@SLOW
@given(plans())
def test_ids_are_unique_and_kept(subject: Plan) -> None:
    """Each node of the new plan has an id, each its own, and given ones stay."""
    rolled = rolled_by(subject, 1).plan
    walked = view.walk(rolled)
    assert isinstance(walked, view.PlanView)
    ids = [node.item.id for node in walked]
    assert all(ids)
    assert len(set(ids)) == len(ids)
    assert list(origins(rolled)) == list(origins(subject)) == ids


@SLOW
@given(plans())
def test_accepted_proposals(subject: Plan) -> None:
    """Accepting takes the proposals about dates in texts, lists these, and changes nothing else."""
    rolled = rolled_by(subject, 1)
    taken = rolled.accepted()
    inside = [d for d in taken.decisions if d.question is Question.TEXT and not d.in_label]
    assert all(d.why is Why.LEAP_DAY or d.old == d.proposal for d in inside)
    assert len(taken.decisions) == sum(
        d.question is not Question.TEXT or d.in_label or d.why is Why.LEAP_DAY or d.old == d.proposal
        for d in rolled.decisions
    )
    before, after = leaves(rolled.plan), leaves(taken.plan)
    changed = {path for path in before if before[path] != after[path]}
    assert {c.path for c in taken.changes if c.done is Done.ACCEPTED} == changed


# --- which measures stay -------------------------------------------------------------------------------------------

DIVIDED = plan(
    objectives=[
        {
            "text": "з",
            "measures": [
                {"text": "а", "result": {"percent": 100}},
                {"text": "б", "period": "Жилдээ", "result": {"percent": 100}},
                {"text": "в", "measures": [{"text": "г", "result": {"percent": 100}}, {"text": "д"}]},
                {"text": "е", "measures": [{"text": "ё", "result": {"percent": 100}}]},
                {"text": "ж", "result": {"status": "ХБ"}},
            ],
        }
    ],
)


@pytest.mark.parametrize(
    ("settled", "stay", "removed"),
    [
        ({}, "абвгдеёж", ""),
        ({"keep": "unfinished"}, "бвдж", "аге"),
        ({"keep": "all"}, "абвгдеёж", ""),
        ({"keep": "none"}, "", "абвеж"),
        ({"keep": "unfinished", "kept": ["1.1"], "retired": ["1.5."]}, "абвд", "геж"),
        ({"keep": "none", "kept": ["1.3.1"]}, "вг", "абдеж"),
        ({"keep": "none", "kept": ["1.3"]}, "вгд", "абеж"),
        ({"keep": "all", "retired": ["1.3"]}, "абеёж", "в"),
        ({"retired": ["1.1", "1.3"], "kept": ["1.3.2"]}, "бвдеёж", "аг"),
    ],
)
def test_which_measures_stay(settled: dict[str, Any], stay: str, removed: str) -> None:
    """By rule, by name, by the measure above; a measure stays where one below it does; what goes is listed."""
    rolled = roll_over(DIVIDED, year=2025, **settled)
    walked = view.walk(rolled.plan)
    assert isinstance(walked, view.PlanView)
    assert "".join(node.item.text for node in walked.all_measures) == stay
    gone = [change for change in rolled.changes if change.done is Done.REMOVED]
    assert "".join(sorted(change.old for change in gone)) == removed
    for node in walked.all_measures:  # those that stay keep what they are known by
        old = view.walk(DIVIDED)
        assert isinstance(old, view.PlanView)
        assert origins(old)[str(node.item.id)].item.text == node.item.text
        assert origins(old)[str(node.item.id)].path == rolled.old_path(node.path)
    open_ = {measure.path for measure in rolled.measures if not measure.settled}
    assert {d.path for d in rolled.decisions if d.question is Question.MEASURE} <= open_
    assert not open_ or "keep" not in settled


def test_levels_reached_are_baselines() -> None:
    """With measures settled the level that one of those that stay reached is its new baseline; targets are asked for."""
    measures = [
        {"text": "а", "result": {"percent": 100}},
        {
            "text": "б 2024 онд",
            "criteria": [{"text": "ш", "baseline": "80", "target": "90", "reached": "85"}],
            "result": {"percent": 70},
        },
    ]
    rolled = roll_over(plan(measures=measures), year=2025, keep="unfinished")
    (left,) = rolled.plan.measures
    assert left.criteria[0].baseline == "85"
    path = ("measures", 0, "criteria", 0)
    assert Change(Done.BASELINE, (*path, "baseline"), "80", "85") in rolled.changes
    assert [(d.question, d.path) for d in rolled.decisions] == [
        (Question.TEXT, ("measures", 0, "text")),
        (Question.TARGET, (*path, "target")),
    ]


@pytest.mark.parametrize(
    ("settled", "codes"),
    [
        ({"kept": ["9"], "retired": [""]}, ["PF464", "PF464"]),
        ({"retired": ["5"]}, ["PF465"]),
        ({"kept": ["1"], "retired": ["1"]}, ["PF466"]),
    ],
)
def test_names_of_no_measure(settled: dict[str, Any], codes: list[str]) -> None:
    """All names that are none, ambiguous or on both sides are told at once."""
    measures = ["а", {"text": "б", "number": "5"}, {"text": "в", "number": "5"}]
    with pytest.raises(DataError) as caught:
        roll_over(plan(measures=measures), year=2025, **settled)
    assert [p.code for p in caught.value.problems] == codes


@pytest.mark.parametrize(
    ("name", "reason", "known"),
    [
        ("7.7", "the plan has no such number or id", "1.1, 2.1, 2.2"),
        ("2", "it is an objective, not a measure", "2.1, 2.2"),
        ("з", "it is an objective, not a measure", "1.1"),
    ],
)
def test_no_measure(name: str, reason: str, known: str) -> None:
    """What a name that no measure has is instead, and numbers that the plan has."""
    objectives = [{"text": "а", "id": "з", "measures": ["б"]}, {"text": "в", "measures": ["г", "д"]}]
    with pytest.raises(DataError) as caught:
        roll_over(plan(objectives=objectives, measures=[{"text": "е", "number": "9"}]), year=2025, retired=[name])
    ((problem),) = caught.value.problems
    assert (problem.code, reason in problem.message("en")) == ("PF464", True)
    assert problem.hint("en").endswith(f": {known}")


@SLOW
@given(plans() | reports(), st.sampled_from(["unfinished", "all", "none"]))
def test_all_that_stays_is_as_it_would_be(subject: Plan | Report, keep: Any) -> None:
    """With `keep` every value of the new plan is the one it has without, at its old place, but for baselines."""
    whole = rolled_by(subject, 1)
    rolled = roll_over(subject, year=whole.plan.year, keep=keep)
    before = leaves(whole.plan)
    baselines = {change.path for change in rolled.changes if change.done is Done.BASELINE}
    for path, value in leaves(rolled.plan).items():
        assert path in baselines or before[rolled.old_path(path)] == value
    for change in rolled.changes:
        if change.new:
            assert str(leaves(rolled.plan)[change.path]) == change.new
    if keep == "all":
        assert Done.REMOVED not in {change.done for change in rolled.changes}
