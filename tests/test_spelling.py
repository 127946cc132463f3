"""Spelling: every fault of domain.md 11.8 at its place, none in good text, in linear time."""

from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from planforge.spelling import Finding, lint

TEXTS = st.text(
    alphabet=st.one_of(st.characters(), st.sampled_from("0129%-/., \u00a0\u202fныйдугаархьэёaeoЁᲅ\u0308\u200d"))
)

LINT_ROWS: list[tuple[str, list[tuple[str, str, str]]]] = [
    ("1-ны өдөр", [("ending", "1-ны", "1-ний")]),
    ("01-ны, 15-ний", [("ending", "01-ны", "01-ний"), ("ending", "15-ний", "15-ны")]),
    ("30-НИЙ ӨДРИЙН", [("ending", "30-НИЙ", "30-НЫ")]),
    ("1-оос доошгүй", [("ending", "1-оос", "1-ээс")]),
    ("2020.01.24-ны", [("ending", "24-ны", "24-ний")]),
    ("100%-ын", [("ending", "100%-ын", "100%-ийн")]),
    ("А/129 дугаар", [("ending", "129 дугаар", "129 дүгээр")]),
    ("3 ДҮГЭЭР", [("ending", "3 ДҮГЭЭР", "3 ДУГААР")]),
    ("5.1 дахь, 7.2 дэх", [("ending", "1 дахь", "1 дэх"), ("ending", "2 дэх", "2 дахь")]),
    ("100 %", [("space_before_percent", " %", "%")]),
    ("2024\u202fоны", [("narrow_space", "\u202f", " ")]),
    ("aвлига xууль", [("latin_letter", "aвлига", "авлига"), ("latin_letter", "xууль", "хууль")]),
    ("TӨВ", [("latin_letter", "TӨВ", "ТӨВ")]),
    ("х\u0450р, Ес е\u0308с Е\u0308с", [
        ("wrong_yo", "\u0450", "ё"),
        ("wrong_yo", "е\u0308", "ё"),
        ("wrong_yo", "Е\u0308", "Ё"),
    ]),
    ("їйл хєгжил", [("old_keyboard", "ї", "ү"), ("old_keyboard", "є", "ө")]),
    ("хоёр  зай", [("double_space", "  ", " ")]),
    ("авл\u200bига\u202e", [("invisible", "\u200b", ""), ("invisible", "\u202e", "")]),
    ("нууц\u200dлал", [("invisible", "\u200d", "")]),
    ("2021 оны 10 дугаар сарын 15-ны өдөр, 100%-ийн, 70%-тай, 8-11-ний өдрүүдэд", []),
    ("А/191 дүгээр, 0681 дүгээр, 1 000-д, 9.2.2 дахь, 6-д, 0-ны", []),
    ("PDF файл, COVID-19-ийн, ISO, Wi-Fi, 50 дугаарыг, 5-гийн", []),
    ("👩\u200d💻 ᠮᠣᠩᠭᠣᠯ\u200d", []),
]  # fmt: skip


@pytest.mark.parametrize(("text", "expected"), LINT_ROWS, ids=[ascii(row[0]) for row in LINT_ROWS])
def test_lint(text: str, expected: list[tuple[str, str, str]]) -> None:
    """Each fault of domain.md 11.8 is found at its place, and good text has none."""
    findings = lint(text)
    assert [(f.kind, f.found, f.expected) for f in findings] == expected
    assert all(text[f.start : f.end] == f.found for f in findings)


def test_finding_is_a_place() -> None:
    """A finding counts characters from 0, its end exclusive."""
    assert lint("ойн 1-ны") == [Finding("ending", 4, 8, "1-ны", "1-ний")]


@given(TEXTS)
def test_lint_takes_any_text(text: str) -> None:
    """Lint never fails, and its places are in order and true."""
    findings = lint(text)
    assert all(text[f.start : f.end] == f.found != f.expected for f in findings)
    assert findings == sorted(findings, key=lambda f: f.start)


@pytest.mark.parametrize("unit", ["1", " ", "а", "aа", "1 ", "1-", "1%", "1-н", "1 дуг", "\u200b", "е"])
def test_lint_is_linear(unit: str) -> None:
    """Half a million characters of any pattern are read within seconds: a quadratic rule would take hours."""
    start = time.perf_counter()
    lint(unit * (500_000 // len(unit)))
    assert time.perf_counter() - start < 10
