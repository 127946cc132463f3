"""Spelling: every fault of domain.md 11.8 at its place, none in good text, in linear time."""

from __future__ import annotations

import re
import time
import unicodedata
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from planforge import spelling
from planforge.mongolian import CASE_OF
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


SAMPLES = Path(__file__).parent.parent / "samples"
SAMPLE_TEXTS = sorted({line for path in SAMPLES.glob("*/*.yaml") for line in path.read_text("utf-8").splitlines()})
_SIGNS = (
    "0159%-/., \t\n\u00a0\u2009\u202fаеЕёүӨaeoPTXxëéħɏĀ\u0400\u0450\u0308їЇєЄ"
    "\u061c\u200b\u200c\u200d\u200e\u202a\u202e\u2060\u2064\u2066\u2069\ufeff"
)
_WORDS = ("ны", "ний", "-НЫ", "%-ийн", " дугаар", " дэх", "15-ны", "100 %", "  ")
PIECES = st.sampled_from((*_SIGNS, *_WORDS))


def plain_lint(text: str) -> list[Finding]:
    """Every rule over the whole text, whatever its signs."""
    found = [
        Finding(kind, match.start(), match.end(), match.group(), expected)
        for kind, _, pattern, expect in spelling._RULES
        for match in pattern.finditer(text)
        if (expected := expect(match)) != match.group()
    ]
    return sorted(found, key=lambda finding: (finding.start, finding.end))


@settings(max_examples=1000)
@given(TEXTS | st.lists(PIECES, max_size=12).map("".join))
def test_no_rule_is_passed_over(text: str) -> None:
    """A text without the signs of a rule has nothing that the rule would find."""
    assert lint(text) == plain_lint(text)


@settings(max_examples=1000)
@given(st.sampled_from(SAMPLE_TEXTS), st.lists(st.tuples(st.integers(0, 200), PIECES), max_size=3))
def test_no_rule_is_passed_over_in_real_texts(text: str, slips: list[tuple[int, str]]) -> None:
    """The same for the lines of the samples with slips of the hand."""
    for at, piece in slips:
        text = text[:at] + piece + text[at:]
    assert lint(text) == plain_lint(text)


def test_samples_are_linted_by_every_rule() -> None:
    """Every line of the samples as it stands."""
    for text in SAMPLE_TEXTS:
        assert lint(text) == plain_lint(text)


PLAIN_PATTERNS = (
    (rf"(?<![0-9])([0-9]+)(%?)-({spelling._spellings(CASE_OF)})(?![^\W\d_])", 0),
    (
        rf"(?<![0-9])([0-9]+)([ \u00a0\u202f]{{1,3}})({spelling._spellings(('дугаар', 'дүгээр', 'дахь', 'дэх'))})(?![^\W\d_])",
        1,
    ),
    (r"(?<![ \u00a0])[ \u00a0]{2,}", 8),
)


@settings(max_examples=1000)
@given(st.lists(PIECES, max_size=12).map("".join))
def test_patterns_say_what_their_plain_forms_say(text: str) -> None:
    """A lookbehind behind the first character is the same as one before it."""
    for plain, rule in PLAIN_PATTERNS:
        pattern = spelling._RULES[rule][2]
        assert [(m.span(), m.groups()) for m in pattern.finditer(text)] == [
            (m.span(), m.groups()) for m in re.finditer(plain, text)
        ]


@settings(max_examples=1000)
@given(st.lists(TEXTS | st.lists(PIECES, max_size=12).map("".join), max_size=5))
def test_no_suspect_is_passed_over(texts: list[str]) -> None:
    """Of texts that are looked at together, those that are left out have nothing that a rule would find, and are in NFC."""
    left_out = {text for text in texts if text not in spelling.suspects(texts)}
    assert [finding for text in left_out for finding in plain_lint(text)] == []
    assert all(unicodedata.is_normalized("NFC", text) for text in left_out)


@settings(max_examples=500)
@given(
    st.lists(st.sampled_from(SAMPLE_TEXTS), max_size=5), st.lists(st.tuples(st.integers(0, 200), PIECES), max_size=3)
)
def test_no_suspect_is_passed_over_in_real_texts(texts: list[str], slips: list[tuple[int, str]]) -> None:
    """The same for the lines of the samples with slips of the hand; most of them are left out."""
    for at, piece in slips:
        texts = [text[:at] + piece + text[at:] for text in texts]
    left_out = {text for text in texts if text not in spelling.suspects(texts)}
    assert [finding for text in left_out for finding in plain_lint(text)] == []
    assert all(unicodedata.is_normalized("NFC", text) for text in left_out)


def test_what_is_plain() -> None:
    """A character that makes no text a suspect is a sign of no rule, and NFC joins it to no other."""
    signs = set("".join(signs for _, signs, _, _ in spelling._RULES)) - set("0123456789")
    plain = [character for character in map(chr, range(0x110000)) if not spelling.suspects([character])]
    assert len(plain) > 250
    assert signs.isdisjoint(plain)
    assert not any(map(unicodedata.combining, plain))
    assert unicodedata.is_normalized("NFC", "".join(plain + plain[::-1]))
