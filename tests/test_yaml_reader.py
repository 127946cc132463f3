"""YAML as text: nothing becomes a number, a date or a truth value."""

from __future__ import annotations

import pytest

from tests.data_files import plan_of


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("1.10", "1.10"),
        ("010", "010"),
        ("12:30", "12:30"),
        ("no", "no"),
        ("true", "true"),
        ("0x1F", "0x1F"),
        ("2024-03-20", "2024-03-20"),
        ("=", "="),
        ("'~'", "~"),
        ('"null"', "null"),
        ('""', ""),
        ("'- а'", "- а"),
        ("-5", "-5"),
        ("а\u2028б", "а\u2028б"),
        ("а\u0085б", "а\u0085б"),
        ("а\x7fб", "а\x7fб"),
        ('"😀 \\U0001F600"', "😀 😀"),
        ("урт\n  мөр", "урт мөр"),
        ("|-\n  а\n  б", "а\nб"),
    ],
)
def test_every_scalar_is_text(written: str, read: str) -> None:
    """Nothing becomes a number, a date or a truth value; breaks of Unicode are letters."""
    assert plan_of(f"stage: {written}\n").stage == read


@pytest.mark.parametrize("written", ["", "~", "null", " # тайлбар"])
def test_nothing_is_absent(written: str) -> None:
    """An empty value, `~` and `null` mean that the field is not given."""
    assert plan_of(f"stage: {written}\nclosing: {written}\nannex: {written}\n") == plan_of("")
