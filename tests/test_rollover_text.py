"""Years and dates in free text: found with their endings, proposed as they read next year."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from planforge import mongolian
from planforge.rollover_text import Finding, Moved, Why, find
from tests.strategies import texts

NEXT = Moved(2024, 2024, 1)


@pytest.mark.parametrize(
    ("text", "old", "new", "why"),
    [
        ("2024 онд төсвийн хөрөнгө", "2024 онд", "2025 онд", Why.MOVED),
        ("2024 оны үр дүн", "2024 оны", "2025 оны", Why.MOVED),
        ("2024 ОНЫ ТӨЛӨВЛӨГӨӨ", "2024 ОНЫ", "2025 ОНЫ", Why.MOVED),
        ("2024 оноос эхлэн", "2024 оноос", "2025 оноос", Why.MOVED),
        ("2024 он хүртэл", "2024 он", "2025 он", Why.MOVED),
        ("2024он", "2024он", "2025он", Why.MOVED),
        ("2023 оны тайлан", "2023 оны", "2024 оны", Why.MOVED),
        ("2023-2024 оны", "2023-2024 оны", "2024-2025 оны", Why.MOVED),
        ("2024/2025 оны хичээлийн жил", "2024/2025 оны", "2025/2026 оны", Why.MOVED),
        ("2024–2025 хичээлийн жилд", "2024–2025 хичээлийн жилд", "2025–2026 хичээлийн жилд", Why.MOVED),
        ("2024-25 оны", "2024-25 оны", "2025-26 оны", Why.MOVED),
        ("2024 төсвийн жил", "2024 төсвийн жил", "2025 төсвийн жил", Why.MOVED),
        ("2024.03.20-2024.12.01", "2024.03.20-2024.12.01", "2025.03.20-2025.12.01", Why.MOVED),
        ("2024.03.20-12.01", "2024.03.20-12.01", "2025.03.20-12.01", Why.MOVED),
        ("2024-03-20", "2024-03-20", "2025-03-20", Why.MOVED),
        ("15.03.2024 хүртэл", "15.03.2024", "15.03.2025", Why.MOVED),
        ("15.03.2024-ний өдөр", "15.03.2024-ний", "15.03.2025-ний", Why.MOVED),
        ("15.03.2024-20.04.2024", "15.03.2024-20.04.2024", "15.03.2025-20.04.2025", Why.MOVED),
        ("15.03-20.04.2024", "15.03-20.04.2024", "15.03-20.04.2025", Why.MOVED),
        ("8-15.03.2024", "8-15.03.2024", "8-15.03.2025", Why.MOVED),
        ("15/03/2024, 15 цагт", "15/03/2024", "15/03/2025", Why.MOVED),
        ("15.03.2016", "15.03.2016", "15.03.2016", Why.OUTSIDE),
        ("15.03.2024-ны А/27 дугаар тушаал", "15.03.2024-ны", "15.03.2024-ны", Why.REFERENCE),
        ("29.02.2024-ний өдөр", "29.02.2024-ний", "28.02.2025-ны", Why.LEAP_DAY),
        ("2024.01.24-ний өдрийн", "2024.01.24-ний", "2025.01.24-ний", Why.MOVED),
        (
            "2024 оны 10 дугаар сарын 15-ны өдөр",
            "2024 оны 10 дугаар сарын 15-ны",
            "2025 оны 10 дугаар сарын 15-ны",
            Why.MOVED,
        ),
        # endings that stand at the year itself follow its new digits
        ("2024-өөс", "2024-өөс", "2025-аас", Why.MOVED),
        ("2024-ийг", "2024-ийг", "2025-ыг", Why.MOVED),
        ("2024-ИЙГ", "2024-ИЙГ", "2025-ЫГ", Why.MOVED),
        ("2024-т", "2024-т", "2025-д", Why.MOVED),
        ("2023-2024-өөс", "2023-2024-өөс", "2024-2025-аас", Why.MOVED),
        # a number that stands alone
        ("ТӨЛӨВЛӨГӨӨ 2024", "2024", "2025", Why.MOVED),
        ("(2024)", "2024", "2025", Why.MOVED),
        ("2024 хүн", "2024", "2024", Why.BARE_NUMBER),
        # leap days
        ("2024.02.29-ний өдөр", "2024.02.29-ний", "2025.02.28-ны", Why.LEAP_DAY),
        (
            "2024 оны 2 дугаар сарын 29-ний",
            "2024 оны 2 дугаар сарын 29-ний",
            "2025 оны 2 дугаар сарын 28-ны",
            Why.LEAP_DAY,
        ),
        ("02 дугаар сарын 29-нд", "02 дугаар сарын 29", "02 дугаар сарын 28", Why.LEAP_DAY),
        # what stays
        ("01 дүгээр сарын 25-ны дотор", "01 дүгээр сарын 25-ны", "01 дүгээр сарын 25-ны", Why.NO_YEAR),
        ("11 дүгээр сарын 8,9-ний", "11 дүгээр сарын 8,9-ний", "11 дүгээр сарын 8,9-ний", Why.NO_YEAR),
        ("2016 оны 51 дүгээр тогтоол", "2016 оны", "2016 оны", Why.REFERENCE),
        ("2024 оны А/27 дугаар тушаалаар", "2024 оны", "2024 оны", Why.REFERENCE),
        (
            "2024 оны 05 дугаар сарын 12-ны өдрийн А/27 дугаар тушаал",
            "2024 оны 05 дугаар сарын 12-ны",
            "2024 оны 05 дугаар сарын 12-ны",
            Why.REFERENCE,
        ),
        ("2020-2030 оны хөтөлбөр", "2020-2030 оны", "2020-2030 оны", Why.OUTSIDE),
        ("2006 онд баталсан", "2006 онд", "2006 онд", Why.OUTSIDE),
    ],
)
def test_found(text: str, old: str, new: str, why: Why) -> None:
    """One year or date: what stands there, what is proposed, and why."""
    ((found),) = find(text, NEXT)
    assert (found.old, found.new, found.why) == (old, new, why)
    assert text[found.start : found.end] == old


@pytest.mark.parametrize(
    "text",
    [
        *(
            "",
            "99112024",
            "утас 2024-1234",
            "№ 2024",
            "А/2024",
            "1999",
            "2024.13.01",
            "2024.02.30",
            "110 дугаар",
            "12024",
        ),
        *("15.13.2024", "1.2.3.2024", "15.03.20241"),
    ],
)
def test_not_found(text: str) -> None:
    """Telephones, numbers of documents and what is no date are left alone."""
    assert list(find(text, NEXT)) == []


def test_several() -> None:
    """All years of a sentence, in order; the ones of a programme move together with the plan."""
    found = [(f.old, f.new) for f in find("2024, 2025 онд, 2024-өөс 2025 он хүртэл", NEXT)]
    assert found == [("2024", "2025"), ("2025 онд", "2026 онд"), ("2024-өөс", "2025-аас"), ("2025 он", "2026 он")]
    assert [f.new for f in find("2021-2024 оны 2022 онд", Moved(2021, 2024, 4))] == ["2025-2028 оны", "2026 онд"]


def test_legal_basis_stays() -> None:
    """The years of laws are listed, never moved."""
    assert [f.why for f in find("Авлигын эсрэг хууль, 2024 он", NEXT, reference=True)] == [Why.REFERENCE]


@given(
    texts() | st.lists(st.sampled_from(["2024", " ", "он", "-", "ийг", ".", "29", "сарын", "2", "/", ","])).map("".join)
)
def test_places_are_right(text: str) -> None:
    """Findings stand where they say, do not overlap, and change digits and endings only."""
    at = 0
    for found in find(text, NEXT):
        assert at <= found.start < found.end <= len(text)
        assert text[found.start : found.end] == found.old
        at = found.end
        if found.why not in (Why.MOVED, Why.LEAP_DAY):
            assert found.new == found.old


@given(st.integers(1901, 2197), st.integers(1, 3), st.sampled_from(list(mongolian.Case)))
def test_endings_follow_the_digits(year: int, by: int, case: mongolian.Case) -> None:
    """The ending at a moved year is the one that its own digits ask for, in the same case where endings tell cases apart."""
    written = mongolian.with_ending(year, case)
    (found,) = find(written, Moved(year, year, by))
    meant = mongolian.CASE_OF[mongolian.ending(year, case).removeprefix("-")]
    assert found == Finding(0, len(written), written, mongolian.with_ending(year + by, meant), Why.MOVED)


@pytest.mark.parametrize("piece", ["2024-", "1 ", "2024 ", "1,", " ", "2024 оны 1 дугаар сарын ", "2024 оны 1,1,1,"])
def test_long_texts(piece: str) -> None:
    """A text of the longest length is searched to its end."""
    for found in find(piece * (100_000 // len(piece)), NEXT):
        assert found.old
