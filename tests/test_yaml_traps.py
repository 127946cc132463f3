"""Traps of YAML: each is told where it is, in its own words, and hides nothing around it."""

from __future__ import annotations

import pytest
import yaml

from planforge import yaml_reader
from planforge.yaml_traps import Failure, Lines, diagnose, tight_key
from tests.data_files import HEAD, faults, spots

TRAPS = {
    "text with a colon": ("measures:\n- text: Тоо: 5", ["6:9 PF107"]),
    "text that ends in a colon": ("measures:\n- text: Тоо:\n  period: Жилдээ", ["6:9 PF107"]),
    "item with a colon": ("measures:\n- text: Т\n  criteria:\n  - Нэг тоо: 5\n  - Хоёр", ["8:5 PF107"]),
    "item that ends in a colon": ("measures:\n- text: Т\n  criteria:\n  - Нэгийн тоо:\n  - Хоёр", ["8:5 PF107"]),
    "item with two colons": ("measures:\n- Нэг тоо: 5: 6", ["6:3 PF107"]),
    "plain list item with a colon": ("closing:\n- Дарга: Б", ["6:3 PF107"]),
    "colon in the second line": ("measures:\n- text: Энэ бол\n    хоёр дахь мөр: урт\n  period: Жилдээ", ["6:9 PF107"]),
    "two of them": ("measures:\n- text: а: б\n- text: в: г", ["6:9 PF107", "7:9 PF107"]),
    "quotes then text": ('measures:\n- text: "А" б\n- "В" г', ["6:9 PF143", "7:3 PF143"]),
    "quotes then a colon": ('measures:\n- text: "А" б: в', ["6:9 PF143"]),
    "single quotes then text": ("stage: 'А' б", ["5:8 PF143"]),
    "quotes in quotes": ('stage: "А "б" в"', ["5:8 PF143"]),
    "unclosed, last line": ('stage: "А', ["5:8 PF144"]),
    "unclosed, more lines": ('stage: "А\nclosing: Б', ["5:8 PF144"]),
    "unclosed before another": ('stage: "А\nclosing: "Б"\nperiod: Жилдээ', ["5:8 PF144"]),
    "unclosed single": ("stage: 'А\nclosing: Б", ["5:8 PF144"]),
    "tab": ("measures:\n\t- Т", ["6:1 PF145"]),
    "tabs": ("measures:\n- text: Т\n\tcriteria:\n\t- Ш", ["7:1 PF145"]),
    "no-break space": ("measures:\n- text: Т\n\u00a0\u00a0period: Ж", ["7:1 PF145"]),
    "at": ("stage: @ А", ["5:8 PF142"]),
    "percent": ("stage: %5", ["5:8 PF142"]),
    "percent at the line's beginning": ("%5: А", ["5:1 PF142"]),
    "backtick": ("stage: `А`", ["5:8 PF142"]),
    "star and space": ("stage: * А", ["5:8 PF142"]),
    "star and word": ("stage: *А", ["5:8 PF142"]),
    "star in a list": ("closing:\n- * А\n- * Б", ["6:3 PF142", "7:3 PF142"]),
    "ampersand": ("stage: &А б", ["5:8 PF142"]),
    "exclamation": ("stage: !А", ["5:8 PF142"]),
    "dash": ("stage: - А", ["5:8 PF142"]),
    "question": ("stage: ? А", ["5:8 PF142"]),
    "pipe": ("stage: | А", ["5:8 PF142"]),
    "greater": ("stage: > 5", ["5:8 PF142"]),
    "comma": ("stage: , А", ["5:8 PF142"]),
    "bracket then text": ("stage: [А] б", ["5:8 PF142"]),
    "bracket never closed": ("stage: [А\nclosing: Б", ["5:8 PF142"]),
    "closing bracket": ("stage: ]А", ["5:8 PF142"]),
    "braces then text": ("stage: {{ plan.year }} он\nclosing: Б", ["5:8 PF142"]),
    "braces": ("stage: {{ plan.year }}", ["5:8 PF142"]),
    "bracket": ("stage: [А]", ["5:8 PF110"]),
    "brace": ("stage: {А}", ["5:8 PF110"]),
    "deeper": ("measures:\n- text: Т\n    period: Ж\n    coverage: Б", ["7:5 PF146"]),
    "less deep": ("measures:\n  - text: Т\n period: Ж", ["7:2 PF146"]),
    "item less deep": ("measures:\n  - А\n - Б\n - В", ["7:2 PF146"]),
    "item deeper": ("measures:\n- text: А\n - text: Б", ["7:2 PF146"]),
    "item under a value": ("closing: А\n- Б", ["6:1 PF149"]),
    "no colon": ("period Жилдээ\nstage: А", ["5:1 PF147"]),
    "no colon, unknown": ("ямар нэг үг\nstage: А", ["5:1 PF147"]),
    "no space": ("stage:А\nclosing: Б", ["5:6 PF118"]),
    "no space in an item": ("measures:\n- text:А\n  period: Ж", ["6:7 PF118"]),
    "no space in a lone item": ("measures:\n- text:А", ["6:7 PF118"]),
    "no name": (": А", ["5:1 PF109"]),
    "list as a name": ("[а]: б", ["5:1 PF109"]),
    "backslash": ('stage: "C:\\Хавтас"', ["5:11 PF148"]),
    "half a code point": ('stage: "\\ud83d"', ["5:9 PF148"]),
    "comment without a space": ("stage: А #5", ["5:10 PF119"]),
    "only a comment": ("stage: #5", ["5:8 PF119"]),
    "two documents": ("---\nstage: А", ["5:1 PF129"]),
    "anchor": ("stage: &a А", ["5:8 PF137"]),
    "alias": ("stage: &a А\nclosing: *a", ["5:8 PF137", "6:10 PF137"]),
    "merge": ("annex:\n  <<: {issuer: А, year: 2024}", ["6:3 PF137"]),
    "tag": ("stage: !!binary aGVsbG8=", ["5:8 PF137"]),
    "python": ("stage: !!python/object/apply:os.system [ls]", ["5:8 PF137"]),
    "double key": ("stage: А\nstage: Б", ["6:1 PF103"]),
    "double label": ("extra:\n  А: 1\n  А: 2", ["7:3 PF103"]),
    "double year": ("measures:\n- text: Т\n  criteria:\n    text: Ш\n    targets: {2024: 1, 02024: 2}", ["9:24 PF103"]),
    "same field in two languages": ("stage: А\nүе шат: Б", ["6:1 PF104"]),
    "control character": ('stage: "А\\0"', ["5:8 PF140"]),
    "raw control character": ("stage: А\x0b", ["5:8 PF140"]),
    "empty item": ("closing:\n- А\n-\n- Б", ["7:2 PF108"]),
    "null item": ("closing: [А, ~]", ["5:14 PF108"]),
    "unknown key": ("stag: А", ["5:1 PF101"]),
    "look-alike": ("stagе: А", ["5:1 PF102"]),
    "value for fields": ("annex: А", ["5:8 PF106"]),
    "value for labels": ("extra: А", ["5:8 PF106"]),
    "list for fields": ("annex: [А]", ["5:8 PF106"]),
    "missing": ("annex: {year: 2024}", ["5:8 PF105"]),
    "present but empty": ("annex:\n  issuer:\n  year: 2024", ["6:10 PF105"]),
    "year": ("years: [2024, 24]", ["5:15 PF114"]),
    "impossible date": ("dateline:\n  date: 2024.02.30", ["6:9 PF115"]),
    "impossible annex": ("annex: {issuer: А, year: 2024, month: 2, day: 30}", ["5:8 PF115"]),
    "word": ("approval: {kind: А}", ["5:18 PF116"]),
    "duplicate number": ("measures:\n- {number: 1, text: А}\n- {number: 1, text: Б}", ["7:12 PF404"]),
}


@pytest.mark.parametrize(("more", "found"), TRAPS.values(), ids=TRAPS)
def test_each_trap_is_reported_where_it_is(more: str, found: list[str]) -> None:
    """One mistake, one message, the exact line and column, and nothing else."""
    assert faults(HEAD + more + "\n") == found


@pytest.mark.parametrize(("more", "found"), TRAPS.values(), ids=TRAPS)
def test_each_trap_has_its_place_without_the_c_library_too(
    more: str, found: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The parser in Python finds every trap on the same line (it may name it in other words)."""
    monkeypatch.setattr(yaml_reader, "LOADER", yaml.SafeLoader)
    lines = {spot.partition(":")[0] for spot in faults(HEAD + more + "\n")}
    assert {spot.partition(":")[0] for spot in found} == lines


FOLLOWED = {name: more for name, (more, _) in TRAPS.items() if not more.startswith(("%", ":", "---"))}


@pytest.mark.parametrize("more", FOLLOWED.values(), ids=FOLLOWED)
def test_a_trap_does_not_hide_the_mistakes_around_it(more: str) -> None:
    """A wrong year above and an unknown key below are told in the same pass."""
    found = faults(HEAD.replace("2024", "20x4") + more + "\nxyzzy: А\n")
    assert found[0] == "3:7 PF114"
    assert any(spot.endswith("PF101") and spot.startswith(f"{5 + more.count(chr(10)) + 1}:1 ") for spot in found)


@pytest.mark.parametrize(
    ("written", "found"),
    [
        ("stage:А", ("stage", 6)),
        ("үе шат:А", ("үе шат", 7)),
        ("stage: А", None),
        ("stage:", None),
        ("http://a", None),
        ("C:\\a", None),
        ("12:30", None),
    ],
)
def test_a_key_without_its_space_is_seen(written: str, found: tuple[str, int] | None) -> None:
    """Neither an address nor a time of day is a key."""
    assert tight_key(written) == found


def test_a_mended_line_keeps_its_place() -> None:
    """Columns are those of the file, though the parser reads a line that was changed."""
    lines = Lines("a:\n\t- b: c: d", "x.yaml")
    trap = diagnose(lines, Failure(1, 0, None, "found character that cannot start any token", None))
    assert spots([trap.problem]) == ["2:1 PF145"]
    assert trap.mend is not None
    trap.mend()
    assert lines.joined() == "a:\n  - b: c: d"
    trap = diagnose(lines, Failure(1, 8, None, "mapping values are not allowed here", None))
    assert spots([trap.problem]) == ["2:7 PF107"]
    assert trap.mend is not None
    trap.mend()
    assert lines.joined() == "a:\n  - b: 'c: d'"
