"""File names: inside the folder, whole on every system, never two alike; patterns in the template language."""

from __future__ import annotations

import re
import unicodedata
from pathlib import Path, PureWindowsPath

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from planforge import load, view
from planforge.errors import DataError
from planforge.file_names import MAX_BYTES, leads_out, pattern, safe, same

PLAN = view.walk(load(Path(__file__).parent.parent / "samples" / "customs-2024" / "plan.yaml"))

KEPT = (
    "Дорнод",
    "Эрүүл мэндийн газар",
    "ГС-014",
    "Өвөрхангай аймаг (2024)",
    "а.б",
    "нэг & хоёр",
    "N'est",
    "日本",
    "😀",
)
CHANGED = {
    "а/б": "а_б",
    "а\\б": "а_б",
    "а:б": "а_б",
    "а\nб": "а_б",
    "а\u202eб": "а_б",
    "а\ud800б": "а_б",
    "-rf": "rf",
    "~$а": "а",
    ".а": "а",
    "а. ": "а",
    "CON": "_CON",
    "nul.txt": "_nul.txt",
    "COM1": "_COM1",
    "com¹": "_com¹",
    "": "document",
    "..": "document",
    " ": "document",
}


@pytest.mark.parametrize("text", KEPT)
def test_good_names_stay(text: str) -> None:
    """What every system takes is the name, letter for letter."""
    assert safe(text, text) == f"{text}.docx"


@pytest.mark.parametrize(("text", "begins"), CHANGED.items())
def test_other_names_are_marked(text: str, begins: str) -> None:
    """What some system refuses is replaced, and the name marked so that it stays apart."""
    assert re.fullmatch(re.escape(begins) + r"-[0-9a-f]{8}\.docx", safe(text, text))


def test_long_names() -> None:
    """Names are cut between letters, at most 240 bytes, and two that begin alike stay apart."""
    one, two = safe("ү" * 500 + "а", "1"), safe("ү" * 500 + "б", "2")
    assert one != two
    assert MAX_BYTES - 2 < len(one.encode()) <= MAX_BYTES
    assert len(safe("ү" * 117, "1").encode()) == 239
    stem = safe("й̆" * 300, "1").removesuffix(".docx")
    assert not unicodedata.combining(stem[0])
    assert stem[: stem.rindex("-")].endswith(unicodedata.normalize("NFC", "й̆"))


@settings(max_examples=500)
@given(st.text(max_size=300))
def test_any_name(text: str) -> None:
    """Whatever a unit is called, its file is one name in the folder, on every system, and the same each time."""
    name = safe(text, text)
    assert name == safe(text, text)
    assert len(name.encode()) <= MAX_BYTES
    assert name not in (".", "..")
    assert not re.search(r'[<>:"/\\|?*\x00-\x1f]', name)
    assert PureWindowsPath(name).name == name
    assert not PureWindowsPath(name).is_reserved()
    assert name == name.strip()
    assert not name.startswith((".", "-", "~"))


@given(st.text(min_size=1, max_size=40), st.text(min_size=1, max_size=40))
def test_two_names(one: str, two: str) -> None:
    """Two units have one file only if their names are equal but for case and composition."""
    assert (same(safe(one, one)) == same(safe(two, two))) <= (same(one) == same(two))


@pytest.mark.parametrize(
    ("text", "leads"),
    [("../а", True), ("а/../б", True), ("/а", True), ("C:\\а", True)]
    + [(text, False) for text in ("а/б", "а..б", "…", "C: а", "а.")],
)
def test_paths(text: str, leads: bool) -> None:
    """A unit whose name leads out of the folder is told from one with a stroke in its name."""
    assert leads_out(text) is leads


def test_patterns() -> None:
    """A pattern prints the unit, its number and its data, with the filters of templates."""
    assert pattern("{{ unit }}").fill("ГС", 3) == "ГС"
    found = pattern("{{ number }}-{{ unit | том_үсгээр }} {{ plan.year }}.docx")
    assert found.reads_data
    assert found.fill("гс", 3, PLAN) == "3-ГС 2024"
    assert not pattern("{{ number }}").reads_data
    assert pattern("{{ 'а' if number == 1 else unit }}").fill("б", 1) == "а"


def test_faults_of_patterns() -> None:
    """Every fault of a pattern is told: unknown names, statements, what is open."""
    with pytest.raises(DataError) as caught:
        pattern("{{ unti }}{% if unit %}{{ plan.yaer }}{% endif %}")
    assert [p.code for p in caught.value.problems] == ["PF204", "PF760", "PF205", "PF760"]
    assert "unit" in caught.value.problems[0].hint() + caught.value.problems[0].message()
    with pytest.raises(DataError) as caught:
        pattern("{{ unit")
    assert [p.code for p in caught.value.problems] == ["PF201"]
