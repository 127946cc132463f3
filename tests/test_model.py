"""The model: pleasant to write, exact, frozen; what does not fit is refused with its code."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from pydantic import ValidationError

from planforge import model
from planforge.model import AnnexMark, Attachments, Budget, Criterion, Measure, Organisation, Plan, Result, Status


def plan(**fields: Any) -> Plan:
    return Plan.model_validate({"title": "Т", "year": 2024, "owner": "Хэлтэс", **fields})


def test_plain_text_is_enough() -> None:
    """A node, a criterion, an outcome, a person, a body may be plain text, and a list field takes one value."""
    found = plan(measures={"text": "а", "criteria": "х", "outcome": "ү", "responsible": "Б"}, approval={"person": "Д"})
    (measure,) = found.measures
    assert (measure.text, measure.criteria[0].text, measure.responsible) == ("а", "х", ("Б",))
    assert measure.outcome is not None
    assert measure.outcome.text == "ү"
    assert found.owner.name == "Хэлтэс"
    assert plan(measures=["а"]).measures == (Measure(text="а"),)


@pytest.mark.parametrize("number", ["1.10", "1.1", "010", "1.1.", "А", ""])
def test_numbers_are_text(number: str) -> None:
    """A given number stays as it was typed."""
    assert plan(measures=[{"text": "а", "number": number}]).measures[0].number == number


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ("100", "100"),
        ("70%", "70"),
        ("91,4", "91.4"),
        ("91.4 хувь", "91.4"),
        (0, "0"),
        (97.5, "97.5"),
        ("70.0", "70.0"),
    ],
)
def test_percent(given: object, expected: str) -> None:
    """A percent is read as people write it and printed with its own digits."""
    assert Result.model_validate({"percent": given}).grade == f"{expected}%"


@pytest.mark.parametrize("given", ["ХБ", "хб", "хугацаа болоогүй", "not_due"])
def test_status(given: str) -> None:
    """A status is read by its key and by every word for it, and prints its short one."""
    found = Result.model_validate({"status": given})
    assert found.status is Status.NOT_DUE
    assert found.grade == "ХБ"


REFUSED: dict[str, tuple[dict[str, Any], str]] = {
    "percent above 100": ({"measures": [{"text": "а", "result": {"percent": 101}}]}, "PF112"),
    "percent in words": ({"measures": [{"text": "а", "result": {"percent": "бүгд"}}]}, "PF111"),
    "a number of a hundred million digits": (
        {"measures": [{"text": "а", "budget": {"amount": Decimal("1E+99999999")}}]},
        "PF111",
    ),
    "year": ({"year": "202"}, "PF114"),
    "date": ({"dateline": {"date": "2024.13.01"}}, "PF115"),
    "unknown word": ({"measures": [{"text": "а", "result": {"status": "болсон"}}]}, "PF116"),
    "a flag is no text": ({"title": True}, "PF110"),
    "bytes are no text": ({"title": b"x"}, "PF110"),
    "control character": ({"title": "а\x0bб"}, "PF140"),
    "unknown field": ({"titel": "x"}, "extra_forbidden"),
    "too long": ({"title": "а" * 1_000_001}, "PF141"),
}


@pytest.mark.parametrize(("fields", "code"), REFUSED.values(), ids=list(REFUSED))
def test_refused(fields: dict[str, Any], code: str) -> None:
    """What does not fit is refused with its code, all of it at once."""
    with pytest.raises(ValidationError) as caught:
        plan(**fields)
    assert [error["type"] for error in caught.value.errors()] == [code]


def test_frozen() -> None:
    """A model cannot be changed."""
    with pytest.raises(ValidationError):
        plan().title = "x"  # type: ignore[misc]


def test_derived_figures() -> None:
    """Genitive, totals, money and approval words are derived where they are not given."""
    assert Organisation(name="Хуулийн хэлтэс").genitive_form == "Хуулийн хэлтсийн"
    assert Organisation(name="Х", genitive="Хийн").genitive_form == "Хийн"
    assert Organisation(name="Зүйл").genitive_form is None
    assert Attachments(files=1, pictures=8).sum == 9
    assert Budget.model_validate("12.5") == Budget(amount=Decimal("12.5"))
    assert Budget.model_validate("-").printed == "-"
    assert (
        Budget.model_validate({"amount": 5, "unit": "сая төгрөг", "source": "улсын төсөв"}).printed
        == "5 сая төгрөг, улсын төсөв"
    )
    assert model.Approval().heading == "БАТЛАВ"
    assert model.Approval(word="БАТЛАВ:").heading == "БАТЛАВ:"


def test_annex_mark() -> None:
    """An annex mark prints its date and number, and dots for what is not known."""
    known = AnnexMark(issuer="Засаг даргын", year=2024, month=3, day=5, number="А/27", annex=1)
    assert known.lines == (
        "Засаг даргын 2024 оны",
        "03 дугаар сарын 05-ны өдрийн",
        "А/27 дугаар тушаалын 1 дүгээр хавсралт",
    )
    blank = AnnexMark(issuer="Сайдын", year=2024)
    assert all("…" in line for line in blank.lines[1:])


def test_dates() -> None:
    """Dates are read in the official manners and as ISO."""
    for written in ("2024.03.20", "2024-03-20", "2024 оны 3 дугаар сарын 20-ны өдөр"):
        assert plan(dateline={"date": written}).dateline == model.Dateline(date=date(2024, 3, 20))


def test_labels_that_are_read_as_one_are_refused() -> None:
    """A second value for the same label would be lost, and nobody told."""
    criterion = {"text": "а", "targets": {"2024": "1", "2024.0": "2"}}
    for values in (criterion, {"text": "а", "extra": {"а\r": "1", "а\n": "2"}}):
        with pytest.raises(ValidationError) as caught:
            Criterion.model_validate(values)
        assert [fault["type"] for fault in caught.value.errors()] == ["PF103"]
    assert Criterion.model_validate({"text": "а", "targets": {"2024": "1", "2025": "2"}}).targets == {
        2024: "1",
        2025: "2",
    }
