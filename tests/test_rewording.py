"""Words that went and came: Mongolian tokens, nothing lost, bounded work."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from planforge.rewording import MAX_EDITS, Piece, mirrored, reworded, tokens, words
from tests.strategies import texts


@pytest.mark.parametrize(
    ("text", "found"),
    [
        pytest.param("01 дүгээр сарын 25-ны дотор", ["01", "дүгээр", "сарын", "25-ны", "дотор"], id="ending"),
        pytest.param("2024.03.20-2024.12.01", ["2024.03.20-2024.12.01"], id="range"),
        pytest.param("А/88 тушаал, 2.5%", ["А/88", "тушаал", "2.5"], id="number-of-a-decision"),
        pytest.param("а/сургалт, б/аян", ["а", "сургалт", "б", "аян"], id="letter-list"),
        pytest.param("и\u0306 й", ["и\u0306", "й"], id="combining-mark"),
        pytest.param("ᠮᠣᠩᠭᠤᠯ\u202fᠤᠨ", ["ᠮᠣᠩᠭᠤᠯ\u202fᠤᠨ"], id="traditional-script"),
        pytest.param(" \n—", [], id="none"),
    ],
)
def test_words(text: str, found: list[str]) -> None:
    """A number with its ending, a date, a decision's number is one word."""
    assert words(text) == found


@pytest.mark.parametrize(
    ("before", "after", "pieces"),
    [
        pytest.param("а б в", "а г в", [("same", "а "), ("out", "б"), ("in", "г"), ("same", " в")], id="word"),
        pytest.param(
            "25-ны дотор", "25-нд дотор", [("out", "25-ны"), ("in", "25-нд"), ("same", " дотор")], id="ending"
        ),
        pytest.param("а б", "а\nб", [("same", "а"), ("out", " "), ("in", "\n"), ("same", "б")], id="line-end"),
        pytest.param("а б", "а  б", [("same", "а"), ("out", " "), ("in", "  "), ("same", "б")], id="spaces"),
        pytest.param("а б в", "г д в", [("out", "а б"), ("in", "г д"), ("same", " в")], id="neighbours-as-one"),
        pytest.param("", "а", [("in", "а")], id="from-nothing"),
        pytest.param("а", "а", [("same", "а")], id="nothing"),
    ],
)
def test_reworded(before: str, after: str, pieces: list[tuple[str, str]]) -> None:
    """What a person would say was changed."""
    assert [tuple(p) for p in reworded(tokens(before), tokens(after))] == pieces


@given(texts(), texts())
def test_nothing_is_lost(before: str, after: str) -> None:
    """The pieces give back both texts; what went stands before what came; seen from the other side it is the same."""
    pieces = reworded(tokens(before), tokens(after))
    assert "".join(p.text for p in pieces if p.kind != "in") == before
    assert "".join(p.text for p in pieces if p.kind != "out") == after
    assert all(p.kind == "same" for p in pieces) is (before == after)
    assert all(a.kind != b.kind and (a.kind, b.kind) != ("in", "out") for a, b in pairwise(pieces))
    back = mirrored(pieces)
    assert "".join(p.text for p in back if p.kind != "in") == after
    assert mirrored(back) == pieces


@given(st.integers(0, 3), st.integers(0, 3))
def test_long_texts_are_shown_whole(start: int, end: int) -> None:
    """Beyond the limit of edits only what is common at both ends is kept."""
    old, new = ([f"{side}{n}" for n in range(MAX_EDITS)] for side in "аб")
    pieces = reworded(["х"] * start + old + ["ц"] * end, ["х"] * start + new + ["ц"] * end)
    changed = (Piece("out", "".join(old)), Piece("in", "".join(new)))
    around = (Piece("same", "х" * start), Piece("same", "ц" * end))
    assert pieces == tuple(p for p in (around[0], *changed, around[1]) if p.text)
