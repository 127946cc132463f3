"""The text policy: exact or refused; names, look-alike letters, did-you-mean."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from lxml import etree

from planforge import text


@given(st.text(st.characters(codec=None)))
def test_policy_is_xml(value: str) -> None:
    """A text passes if, and only if, XML 1.0 can carry every letter of it."""

    def carries(letter: str) -> bool:
        element = etree.Element("x")
        try:
            element.text = letter
        except ValueError:
            return False
        return True

    assert (text.refusals(value) == []) == all(carries(letter) for letter in value)


@given(st.text())
def test_normalise(value: str) -> None:
    """Line ends become LF; nothing else changes."""
    assert text.normalise(value) == value.replace("\r\n", "\n").replace("\r", "\n")


def test_refusals() -> None:
    """Each letter that may not pass is named with its place."""
    assert text.refusals("а\x0bб\ud800") == [text.Refusal(1, "\x0b"), text.Refusal(3, "\ud800")]
    assert text.code_point("\x0b") == "U+000B"


@pytest.mark.parametrize(
    ("name", "known", "expected"),
    [
        ("titel", ["title", "text"], "title"),
        ("preiod", ["period", "partners"], "period"),
        ("хугаца", ["хугацаа", "хувь"], "хугацаа"),
        ("teхt", ["text", "title"], "text"),
        ("Period", ["period"], "period"),
        ("quite_other", ["text", "title"], None),
        ("id", ["text"], None),
    ],
)
def test_closest(name: str, known: list[str], expected: str | None) -> None:
    """A mistyped name gets the right one, a strange one gets none."""
    assert text.closest(name, known) == expected


def test_look_alike() -> None:
    """A Cyrillic letter in a Latin name is named with its place and code point."""
    found = text.look_alike("tеxt", ["text"])
    assert found is not None
    assert found[0] == "text"
    assert "U+0435" in found[1].en
    assert "letter 2" in found[1].en
    assert "2 дугаартай үсэг" in found[1].mn


def test_name_key() -> None:
    """Names are compared in NFC, whatever the spaces, hyphens and case."""
    assert text.name_key("Шалгуур  үзүүлэлт") == text.name_key("шалгуур_үзүүлэлт") == text.name_key("шалгуур-үзүүлэлт")
    assert text.name_key("й") == text.name_key("и\u0306")
