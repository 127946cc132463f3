"""Periods: the kinds of domain.md 5.2, the law that text passes unchanged, shifting and comparing."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import date
from typing import get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from planforge import period
from planforge.period import (
    Day,
    Deadline,
    Duration,
    Free,
    HalfYear,
    Months,
    MonthState,
    Period,
    Quarters,
    Range,
    Recurrence,
    Rhythm,
    SchoolYear,
    Year,
    YearEnd,
)

PLAN = Range(date(2024, 3, 20), date(2024, 12, 1))

# --- Reading and printing -----------------------------------------------------------------------------------

CANONICAL: list[tuple[str, Period]] = [
    ("Жилдээ", Recurrence(Rhythm.YEARLONG)),
    ("Тухай бүр", Recurrence(Rhythm.EACH_TIME)),
    ("Сар бүр", Recurrence(Rhythm.MONTHLY)),
    ("Улирал бүр", Recurrence(Rhythm.QUARTERLY)),
    ("Байнга", Recurrence(Rhythm.CONSTANT)),
    ("Тухай бүр, байнга", Recurrence(Rhythm.EACH_TIME, "байнга")),
    ("Тухай бүр, хуулийн хугацаанд", Recurrence(Rhythm.EACH_TIME, "хуулийн хугацаанд")),
    ("2021 он", Year(2021)),
    ("2023-2025 он", Year(2023, 2025)),
    ("2023-2024 оны хичээлийн жил", SchoolYear(2023)),
    ("Хичээлийн жил", SchoolYear()),
    ("I хагас жил", HalfYear(1)),
    ("II хагас жил", HalfYear(2)),
    ("Эхний хагас жил", HalfYear(1, in_words=True)),
    ("Сүүлийн хагас жил", HalfYear(2, in_words=True)),
    ("2024 оны II хагас жил", HalfYear(2, 2024)),
    ("2024 оны эхний хагас жил", HalfYear(1, 2024, in_words=True)),
    ("I улирал", Quarters((1,))),
    ("II, IV улирал", Quarters((4, 2))),
    ("I-IV улирал", Quarters((1, 2, 3, 4))),
    ("2024 оны I улирал", Quarters((1,), 2024)),
    ("6, 12 дугаар сар", Months((12, 6))),
    ("9 дүгээр сар", Months((9,))),
    ("2024 оны 6 дугаар сар", Months((6,), 2024)),
    ("2024 оны сар бүр", Months(tuple(range(1, 13)), 2024)),
    ("2021.10.15", Day(date(2021, 10, 15))),
    ("2024.03.20-2024.12.01", PLAN),
    ("1 дүгээр сарын 25-ны дотор", Deadline(1, 25)),
    ("2 дугаар сарын 29-ний дотор", Deadline(2, 29)),
    ("2024 оны 1 дүгээр сарын 25-ны дотор", Deadline(1, 25, 2024)),
    ("6 жил", Duration(6)),
    ("14 хоног", Duration(14, "хоног")),
    ("2 долоо хоног", Duration(2, "долоо хоног")),
    ("2021 оны жилийн эцэс", YearEnd(2021)),
    ("Жилийн эцэс", YearEnd()),
    ("2021 оны 6 дугаар сарын байдлаар", MonthState(6, 2021)),
    ("9 сарын эхний 7х", Free("9 сарын эхний 7х")),
    ("", Free("")),
]


@pytest.mark.parametrize(("text", "expected"), CANONICAL, ids=[row[0] for row in CANONICAL])
def test_canonical_forms(text: str, expected: Period) -> None:
    """Each kind prints its canonical form, and that form is read as the same value."""
    assert str(expected) == expected.canonical == text
    assert period.parse(text) == expected


TYPED: list[tuple[str, Period]] = [
    ("yearlong", Recurrence(Rhythm.YEARLONG)),
    ("ЖИЛДЭЭ", Recurrence(Rhythm.YEARLONG)),
    ("Тухай бүр /хуулийн хугацаанд/", Recurrence(Rhythm.EACH_TIME, "хуулийн хугацаанд")),
    ("Жилдээ байнга", Recurrence(Rhythm.YEARLONG, "байнга")),
    ("1-12 дугаар сар", Recurrence(Rhythm.MONTHLY)),
    ("2021", Year(2021)),
    ("2021 онд", Year(2021)),
    ("2021  он.", Year(2021)),
    ("2023-2024", Year(2023, 2024)),
    ("2023 - 2024 оны хичээлийн жилд", SchoolYear(2023)),
    ("хичээлийн жил", SchoolYear()),
    ("H1", HalfYear(1)),
    ("1 дүгээр хагас жил", HalfYear(1)),
    ("II хагас жилд", HalfYear(2)),
    ("эхний хагас жилд", HalfYear(1, in_words=True)),
    ("1 улирал", Quarters((1,))),
    ("1-р улирал", Quarters((1,))),
    ("1-4 улирал", Quarters((1, 2, 3, 4))),
    ("I, II улиралд", Quarters((1, 2))),
    ("II ба IV улирал", Quarters((2, 4))),
    ("І-ІІІ улирал", Quarters((1, 2, 3))),  # Cyrillic І
    ("2024 оны 1 улирал", Quarters((1,), 2024)),
    ("9 сард", Months((9,))),
    ("6 сар", Months((6,))),
    ("6,12 дугаар сар", Months((6, 12))),
    ("3-р сар", Months((3,))),
    ("2021 оны 10 дугаар сарын 15-ны өдөр", Day(date(2021, 10, 15))),
    ("2021.10.15.", Day(date(2021, 10, 15))),
    ("2021-10-15", Day(date(2021, 10, 15))),
    ("2024.03.20 – 2024.12.01", PLAN),
    ("2024.03.20.-2024.12.01.", PLAN),
    ("2024.03.20-12.01", PLAN),
    ("01 дүгээр сарын 25-ны дотор", Deadline(1, 25)),
    ("1-р сарын 25-ний дотор", Deadline(1, 25)),
    ("2024.01.25-ны дотор", Deadline(1, 25, 2024)),
    ("2024 оны 3 дугаар сарын 1-ний өдөр хүртэл", Deadline(3, 1, 2024)),
    ("2021 оны жилийн эцсийн байдлаар", YearEnd(2021)),
    ("жилийн эцэст", YearEnd()),
    ("2021 оны 06 дугаар сарын байдлаар", MonthState(6, 2021)),
]


@pytest.mark.parametrize(("text", "expected"), TYPED, ids=[row[0] for row in TYPED])
def test_typed_forms(text: str, expected: Period) -> None:
    """What officers type is understood, and kept as typed."""
    found = period.parse(text)
    assert found == replace(expected, written=text)
    assert str(found) == text
    assert found.canonical == expected.canonical


@pytest.mark.parametrize(
    "text",
    [
        "9 сарын эхний 7х",
        "0 улирал",
        "V улирал",
        "IV-I улирал",
        "13 сар",
        "2024.02.30",
        "2024.12.01-2024.03.20",
        "2025-2024",
        "2023-2025 оны хичээлийн жил",
        "2 дугаар сарын 30-ны дотор",
        "2023 оны 2 дугаар сарын 29-ний дотор",
        "2024 оны 3 дугаар сарын 1-ний өдрөөс эхлэн",
        "2024 оноос",
        "0 жил",
        "III хагас жил",
        "0021",
        "Жилдээ" * 100,
        " ",
    ],
)
def test_the_rest_is_free(text: str) -> None:
    """What no kind says, or says of no real day, stays text."""
    assert period.parse(text) == Free(text)


@pytest.mark.parametrize(
    ("text", "is_impossible"),
    [
        ("2024.02.30", True),
        ("2024.13.45", True),
        ("2024-02-30", True),
        ("2024.02.30-2024.12.01", True),
        ("2024.12.01-2024.03.20", True),
        ("13 сар", True),
        ("V улирал", True),
        ("2 дугаар сарын 30-ны дотор", True),
        ("9 сарын эхний 7х", False),
        ("2024 оноос", False),
        ("тухай бүр, шаардлагатай үед", False),
        ("2024.02.30 хүртэл, дараа нь сар бүр", False),
        ("9" * 100_000, False),
    ],
)
def test_what_the_calendar_does_not_have(text: str, is_impossible: bool) -> None:
    """Only what is wholly written as a date or a period is called impossible."""
    found = period.parse(text)
    assert isinstance(found, Free)
    assert period.is_impossible(found) is is_impossible


YEARS = st.integers(1000, 9998)
MAYBE_YEAR = st.none() | YEARS
DATES = st.dates(date(1000, 1, 1), date(9998, 12, 31))


def _deadline(month: int, day: int, year: int | None) -> Deadline:
    return Deadline(month, min(day, 28 if month == 2 else 30), year)


PERIODS: st.SearchStrategy[Period] = st.one_of(
    st.builds(Recurrence, st.sampled_from(Rhythm), st.sampled_from(["", *period.QUALIFIERS])),
    st.builds(Year, YEARS),
    st.builds(lambda a, n: Year(a, a + n), st.integers(1000, 9000), st.integers(1, 99)),
    st.builds(SchoolYear, MAYBE_YEAR),
    st.builds(HalfYear, st.sampled_from([1, 2]), MAYBE_YEAR, st.booleans()),
    st.builds(Quarters, st.sets(st.integers(1, 4), min_size=1).map(tuple), MAYBE_YEAR),
    st.builds(Months, st.sets(st.integers(1, 12), min_size=1, max_size=11).map(tuple), MAYBE_YEAR),
    st.builds(Months, st.just(tuple(range(1, 13))), YEARS),
    st.builds(Day, DATES),
    st.builds(lambda a, b: Range(min(a, b), max(a, b)), DATES, DATES),
    st.builds(_deadline, st.integers(1, 12), st.integers(1, 30), MAYBE_YEAR),
    st.builds(Duration, st.integers(1, 999), st.sampled_from(["жил", "долоо хоног", "хоног"])),
    st.builds(YearEnd, MAYBE_YEAR),
    st.builds(MonthState, st.integers(1, 12), MAYBE_YEAR),
)

VOCABULARY = """
2024 он оны онд 1 12 99 I II IV - – , . / ( )
дугаар дүгээр -р сар сард сарын бүр Жилдээ Тухай байнга хагас жил
жилийн эцэс байдлаар эхний хичээлийн улирал улиралд -ны -ний дотор өдөр хүртэл 2024.03.20 29 хоног H1 ба
"""
WORDS = st.sampled_from(VOCABULARY.split())
TEXTS = st.one_of(
    st.text(),
    st.lists(WORDS | st.sampled_from([" ", "", "\u00a0", "\n"]), max_size=12).map("".join),
    st.lists(WORDS, max_size=8).map(" ".join),
    PERIODS.map(lambda p: f" {p}."),
    PERIODS.map(lambda p: str(p).upper()),
)


@given(TEXTS)
def test_text_passes_unchanged(text: str) -> None:
    """The law: str(parse(t)) == t for every text."""
    found = period.parse(text)
    assert str(found) == text
    assert period.parse(str(found)) == found


@given(PERIODS)
def test_canonical_periods_are_read_back(p: Period) -> None:
    """The law: parse(str(p)) == p for every canonical period."""
    assert period.parse(str(p)) == p


def test_kinds_are_the_union() -> None:
    """KINDS and Period name the same classes."""
    assert set(get_args(Period)) == set(period.KINDS)


@pytest.mark.parametrize(
    "call",
    [
        lambda: Recurrence(Rhythm.YEARLONG, "often"),
        lambda: Year(21),
        lambda: Year(2021, 2021),
        lambda: HalfYear(3),
        lambda: Quarters(()),
        lambda: Quarters((5,)),
        lambda: Months(tuple(range(1, 13))),
        lambda: Range(date(2024, 2, 1), date(2024, 1, 1)),
        lambda: Deadline(2, 30),
        lambda: Deadline(2, 29, 2023),
        lambda: Duration(0),
        lambda: MonthState(13),
        lambda: SchoolYear(9999),
    ],
)
def test_impossible_periods_are_refused(call: Callable[[], Period]) -> None:
    """A period that cannot be is refused when it is made."""
    with pytest.raises(ValueError, match=r"not a|day is out of range"):
        call()


# --- Years --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Жилдээ", ()),
        ("2021", (2021,)),
        ("2023-2025 он", (2023, 2025)),
        ("2023-2024 оны хичээлийн жил", (2023, 2024)),
        ("2024.03.20-2024.12.01", (2024,)),
        ("2023.03.20-2024.12.01", (2023, 2024)),
        ("2024 оны I улирал", (2024,)),
        ("I улирал", ()),
        ("1 дүгээр сарын 25-ны дотор", ()),
        ("2024 онд, 2025 онд, 2024", (2024, 2025)),
        ("221/МА2018/0632, 12024, 20240, 3024", ()),
    ],
)
def test_years(text: str, expected: tuple[int, ...]) -> None:
    """The years that a period names, once each."""
    assert period.years(period.parse(text)) == expected


@pytest.mark.parametrize(
    ("text", "by", "expected"),
    [
        ("Жилдээ", 1, "Жилдээ"),
        ("1 улирал", 1, "1 улирал"),
        ("2021 он", 1, "2022 он"),
        ("2021", 1, "2022"),
        ("2023-2024 оны хичээлийн жил", 1, "2024-2025 оны хичээлийн жил"),
        ("2024 оны 1 улирал", 1, "2025 оны 1 улирал"),
        ("2024.03.20-2024.12.01", 1, "2025.03.20-2025.12.01"),
        ("2024.03.20  –  12.01", 1, "2025.03.20  –  12.01"),
        ("2024.02.29", 1, "2025.02.28"),
        ("2024.02.29", 4, "2028.02.29"),
        ("2024 оны 2 дугаар сарын 29-ний өдөр", 1, "2025.02.28"),
        ("2024 оны 2 дугаар сарын 29-ний дотор", 1, "2025 оны 2 дугаар сарын 28-ны дотор"),
        ("2 дугаар сарын 29-ний дотор", 1, "2 дугаар сарын 29-ний дотор"),
        ("2021 ОНЫ ЖИЛИЙН ЭЦЭС", 2, "2023 ОНЫ ЖИЛИЙН ЭЦЭС"),
        ("2021 оны 6 дугаар сарын байдлаар", -1, "2020 оны 6 дугаар сарын байдлаар"),
        ("2024 оны эхний хагас жил", 1, "2025 оны эхний хагас жил"),
        ("2024 оны эхний 7х", 1, "2024 оны эхний 7х"),
    ],
)
def test_shift(text: str, by: int, expected: str) -> None:
    """Next year's period keeps the manner of this year's; free text is left to a person."""
    assert str(period.shift(period.parse(text), by)) == expected


@given(PERIODS, st.integers(-50, 50))
def test_shift_moves_the_named_years(p: Period, by: int) -> None:
    """Every named year moves by as many, and the kind stays."""
    named = period.years(p)
    if all(1000 <= year + by <= 9998 for year in named):
        moved = period.shift(p, by)
        assert type(moved) is type(p)
        assert period.years(moved) == tuple(year + by for year in named)


# --- Comparing ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("inner", "outer", "expected"),
    [
        ("2024.05.01", "2024.03.20-2024.12.01", True),
        ("2024.01.05", "2024.03.20-2024.12.01", False),
        ("2023 он", "2023-2025 он", True),
        ("2022 он", "2023-2025 он", False),
        ("2024 оны II улирал", "2024 он", True),
        ("2025 оны II улирал", "2024 он", False),
        ("II улирал", "2024 он", True),
        ("II, III улирал", "2024.03.20-2024.12.01", True),
        ("I улирал", "2024.03.20-2024.12.01", False),
        ("1 дүгээр сарын 25-ны дотор", "2024.03.20-2024.12.01", False),
        ("1 дүгээр сарын 25-ны дотор", "2024 он", True),
        ("2 дугаар сарын 29-ний дотор", "2023 он", True),
        ("жилийн эцэс", "2024 он", True),
        ("6 дугаар сар", "эхний хагас жил", True),
        ("7 дугаар сар", "I хагас жил", False),
        ("2024 оны 6 дугаар сар", "I хагас жил", True),
        ("I хагас жил", "I, II улирал", True),
        ("4 дүгээр сар", "I, III улирал", False),
        ("2024.02.01", "2023-2024 оны хичээлийн жил", True),
        ("2024.02.01", "Хичээлийн жил", True),
        ("2 дугаар сар", "Хичээлийн жил", True),
        ("2023-2024 оны хичээлийн жил", "2023 он", False),
        ("III улирал", "2023-2024 оны хичээлийн жил", True),
        ("I, III улирал", "2023-2024 оны хичээлийн жил", True),
        ("II хагас жил", "2023-2024 оны хичээлийн жил", True),
        ("8, 9 дүгээр сар", "2023-2024 оны хичээлийн жил", True),
        ("2024 оны III улирал", "2023-2024 оны хичээлийн жил", False),
        ("III улирал", "Хичээлийн жил", True),
        ("III улирал", "2024.03.20-2024.09.15", False),
        ("III улирал", "2023.10.01-2024.08.31", False),
        ("I, IV улирал", "2023.10.01-2024.03.31", True),
        ("Жилдээ", "2024 он", None),
        ("2024 он", "Жилдээ", None),
        ("6 жил", "2024 он", None),
        ("9 сарын эхний 7х", "2024 он", None),
        ("2024.01.05", "2024 оны 1 дүгээр сарын 25-ны дотор", None),
    ],
)
def test_within(inner: str, outer: str, expected: bool | None) -> None:
    """A period lies in another, does not, or it cannot be said."""
    assert period.within(period.parse(inner), period.parse(outer)) is expected


ANY_DAY = st.builds(Day, st.sampled_from([date.min, date.max]))


@given(PERIODS | ANY_DAY, PERIODS | ANY_DAY)
def test_within_takes_any_two(inner: Period, outer: Period) -> None:
    """Comparing never fails, at the ends of the calendar neither."""
    assert period.within(inner, outer) in (True, False, None)


@given(PERIODS)
def test_a_period_lies_in_itself(p: Period) -> None:
    """A period that can be judged lies in itself."""
    assert period.within(p, p) in (True, None)
