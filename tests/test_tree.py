"""Trees: plain values of any typed file, with places."""

from __future__ import annotations

import pytest

from planforge.source import read_tree
from planforge.tree import Header, excerpt


def test_a_tree_has_values_and_places_of_any_typed_file() -> None:
    """Layouts are built on trees: keys as typed, places of keys and values."""
    tree = read_tree("layout: маягт\nbody:\n- title: А\n- table:\n    columns: [а, б]\n".encode())
    assert tree.value == {"layout": "маягт", "body": [{"title": "А"}, {"table": {"columns": ["а", "б"]}}]}
    assert tree.problems == []
    place = tree.place(("body", 1, "table", "columns", 1))
    assert (place.line, place.column) == (5, 18)
    place = tree.place(("body", 1, "table", "columns"), key=True)
    assert (place.line, place.column) == (5, 5)
    place = tree.place(("body", 7, "x"))
    assert (place.line, place.column, place.path) == (3, 1, ("body", 7, "x"))


def test_a_tree_that_cannot_be_read_has_its_problem() -> None:
    """No exception, no value."""
    tree = read_tree(b"")
    assert (tree.value, [p.code for p in tree.problems]) == (None, ["PF124"])
    assert tree.place(("a",)).line is None


@pytest.mark.parametrize(
    ("written", "kind", "version"),
    [("layout/1", "layout", 1), (" Plan / 12 ", "plan", 12), ("plan", None, None), ("plan/0", None, None)],
)
def test_the_header_is_read(written: str, kind: str | None, version: int | None) -> None:
    """Kind and version, or neither."""
    header = read_tree(f'planforge: "{written}"'.encode()).header
    assert header == Header(written, kind, version)


@pytest.mark.parametrize(
    ("written", "shown"),
    [("а\nб", "а б"), ("а\u200bб\x07", "аU+200BбU+0007"), ("а" * 60, "а" * 60), ("а" * 61, "а" * 59 + "…")],
)
def test_a_message_quotes_what_can_be_seen(written: str, shown: str) -> None:
    """On one line, cut, invisible characters by their number."""
    assert excerpt(written) == shown
