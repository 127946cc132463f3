"""Data files: every fault with its place, in both languages; every text exact; nothing foreign escapes."""

from __future__ import annotations

import io
import json
import os
import time
from collections.abc import Callable
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from planforge import data
from planforge.errors import DataError, DataPlace, Problem, catalogue, has_errors
from planforge.model import Budget, Measure, Outcome, Person, Plan, Report, Result
from tests.strategies import NASTY, plans, reports, texts

HEAD = "planforge: plan/1\ntitle: Т\nyear: 2024\nowner: Хороо\n"
"""A plan's obligatory lines; what a test adds begins on line 5."""


def spots(problems: tuple[Problem, ...] | list[Problem]) -> list[str]:
    """`5:3 PF107` for each problem."""
    out = []
    for problem in problems:
        assert isinstance(problem.place, DataPlace)
        out.append(f"{problem.place.line}:{problem.place.column} {problem.code}")
    return out


def faults(source: str) -> list[str]:
    """The errors of a data file, with places; warnings of the domain are another module's."""
    return spots([p for p in data.parse(source.encode()).problems if p.is_error or p.code == "PF119"])


def plan_of(more: str) -> Plan:
    return data.load((HEAD + more).encode(), Plan)


# --- the catalogue -------------------------------------------------------------------------------------------------

CODES = sorted(code for code in catalogue() if "PF101" <= code <= "PF149")


def _written(name: str, content: bytes) -> Callable[[Path], Path]:
    def build(folder: Path) -> Path:
        path = folder / name
        path.write_bytes(content)
        return path

    return build


class _Forbidden(io.BytesIO):
    name = "plan.yaml"

    def read(self, size: int | None = -1, /) -> bytes:
        raise PermissionError(13, "Permission denied", self.name)


BUILDERS: dict[str, Callable[[Path], data.Source]] = {
    "missing": lambda folder: folder / "plan.yaml",
    "folder": lambda folder: folder,
    "forbidden": lambda folder: _Forbidden(),
    "lock": _written("~$plan.yaml", b"\x00"),
    "cp1251": _written("plan.yaml", "planforge: plan/1\ntitle: Төлөвлөгөө".encode("cp1251", "replace")),
    "docx": _written("plan.docx", b"PK\x03\x04" + b"\0" * 40),
    "huge": _written("plan.yaml", b"#" * (data.MAX_BYTES + 1)),
    "too_long": lambda folder: folder / ("у" * 300),
    "outside": _written("report.yaml", b"planforge: report/1\nplan: ../plan.yaml\n"),
    "deep": _written("plan.yaml", b"title: " + b"[" * 40),
    "long_text": _written("plan.yaml", HEAD.replace("Т", "у" * 1_000_001).encode()),
}


@pytest.mark.parametrize("code", CODES)
def test_the_smallest_case_of_every_code_triggers_just_this_code(code: str, tmp_path: Path) -> None:
    """Each entry of the catalogue is proved by its own case, with a text in both languages."""
    entry = catalogue()[code]
    case = entry.case
    source = BUILDERS[case["file"]](tmp_path) if "file" in case else case["data"].removeprefix("\n").encode()
    problems = data.parse(source).problems
    assert [p.code for p in problems] == [code]
    for lang in ("mn", "en"):
        assert problems[0].message(lang)
        assert "{" not in problems[0].format(lang).replace("“{", "").replace("«{", "")


def test_the_codes_of_the_module_are_all_in_the_catalogue() -> None:
    """No code is raised that has no text, and none has a text that is never raised."""
    home = Path(data.__file__).parent
    source = "".join((home / name).read_text(encoding="utf-8") for name in ("data.py", "model.py"))
    raised = {code for code in catalogue() if code.startswith("PF1") and f'"{code}"' in source}
    assert raised == set(CODES)


# --- ten mistakes --------------------------------------------------------------------------------------------------

TEN = """\
planforge: plan/1
title: "Авлигын эсрэг" төлөвлөгөө
year: 20х4
owner: Гаалийн ерөнхий газар
numbering: буруу
дугаарлалт: дараалсан
objectives:
- text: Зорилт нэг: ил тод байдал
  measures:
  - number: 1.1
    text: Сургалт зохион байгуулах
    criteria:
    - Сургалтын тоо:
    - text: Хамрагдсан хувь
      tarqet: 95%
    responsible: @ ТЗУГ
  - number: 1.1
    text: Мэдээлэл хийх
    result: {percent: 120}
  - number: 1.2
    рeriod: Жилдээ
annex:
  issuer: Даргын
  year: 2024
  month: 13
"""
TEN_FOUND = {
    "2:8 PF143": ("Хашилт хаагдсаны дараа", "goes on behind its closing"),
    "3:7 PF114": ("«20х4» нь он биш", "“20х4” is not a year"),
    "6:1 PF104": ("«дугаарлалт» ба «numbering» нь нэг талбар; эхнийх нь 5:1-д", "the same field; the first is at 5:1"),
    "8:9 PF107": ("хоёр цэг", "holds a colon"),
    "13:7 PF107": ("«Сургалтын тоо:»", "“Сургалтын тоо:”"),
    "15:7 PF101": ("«target» гэх гэсэн үү?", "Did you mean “target”?"),
    "16:18 PF142": ("«@» тэмдгээр эхэлсэн", "begins with “@”"),
    "17:13 PF404": ("«1.1»", "“1.1”"),
    "19:23 PF112": ("0-ээс 100", "from 0 to 100"),
    "20:5 PF105": ("«бичвэр»", "“text”"),
    "21:5 PF102": ("кирилл «р» (U+0440) байна, латин «p»", "Cyrillic “р” (U+0440), should be Latin “p”"),
    "23:3 PF115": ("«2024.13»", "“2024.13”"),
}


def test_ten_mistakes_give_ten_messages_in_both_languages() -> None:
    """Mistakes of YAML, of names, of values and of the domain come in one pass, each with its line and column."""
    problems = [p for p in data.parse(TEN.encode()).problems if p.is_error]
    assert spots(problems) == list(TEN_FOUND)
    for problem, spot in zip(problems, spots(problems), strict=True):
        mn, en = TEN_FOUND[spot]
        assert mn in problem.format("mn")
        assert en in problem.format("en")


def test_a_file_with_a_fault_is_never_loaded() -> None:
    """`load` raises with all problems; `parse` has no value."""
    with pytest.raises(DataError) as caught:
        data.load(TEN.encode())
    assert len(caught.value.problems) >= 10
    assert data.parse(TEN.encode()).value is None


# --- traps of YAML -------------------------------------------------------------------------------------------------

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
    monkeypatch.setattr(data, "_LOADER", yaml.SafeLoader)
    lines = {spot.partition(":")[0] for spot in faults(HEAD + more + "\n")}
    assert {spot.partition(":")[0] for spot in found} == lines


FOLLOWED = {name: more for name, (more, _) in TRAPS.items() if not more.startswith(("%", ":", "---"))}


@pytest.mark.parametrize("more", FOLLOWED.values(), ids=FOLLOWED)
def test_a_trap_does_not_hide_the_mistakes_around_it(more: str) -> None:
    """A wrong year above and an unknown key below are told in the same pass."""
    found = faults(HEAD.replace("2024", "20x4") + more + "\nxyzzy: А\n")
    assert found[0] == "3:7 PF114"
    assert any(spot.endswith("PF101") and spot.startswith(f"{5 + more.count(chr(10)) + 1}:1 ") for spot in found)


# --- what is read --------------------------------------------------------------------------------------------------


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


def test_a_label_with_nothing_behind_it_stays() -> None:
    """A column left empty is an empty text, not a missing label."""
    assert plan_of("extra: {А: , Б: б}").extra == {"А": "", "Б": "б"}


@pytest.mark.parametrize("key", ["stage", "Stage", "үе_шат", "үе шат", "Үе-шат", "ҮЕ ШАТ"])
def test_keys_are_english_or_mongolian(key: str) -> None:
    """One field, any spelling of its name."""
    assert plan_of(f"{key}: А").stage == "А"


def test_labels_stay_as_typed() -> None:
    """Only names of fields are translated: a label `бичвэр` is a label."""
    plan = plan_of("extra: {бичвэр: а, text: б, planforge: в}\nmeasures: {text: Т, result: {indicators: {}}}")
    assert plan.extra == {"бичвэр": "а", "text": "б", "planforge": "в"}


def test_lists_take_one_value_and_parts_take_text() -> None:
    """What is pleasant to write is accepted."""
    plan = plan_of("measures:\n  text: А\n  criteria: Ш\n  responsible: Б\n  budget: 12.50\n  outcome: Ү\n")
    measure = plan.measures[0]
    assert (measure.criteria[0].text, measure.responsible, measure.outcome) == ("Ш", ("Б",), Outcome(text="Ү"))
    assert measure.budget is not None
    assert str(measure.budget.amount) == "12.50"


# --- places --------------------------------------------------------------------------------------------------------


def test_every_value_knows_its_place() -> None:
    """`place_of` takes paths of the model; what was left out has the place of what holds it."""
    loaded = data.parse((HEAD + "арга_хэмжээ:\n- бичвэр: А\n  шалгуур: [Б, В]\n- Г\n").encode(), Plan)
    places: list[tuple[tuple[str | int, ...], tuple[int, int]]] = [
        ((), (1, 1)),
        (("year",), (3, 7)),
        (("measures",), (6, 1)),
        (("measures", 0, "text"), (6, 11)),
        (("measures", 0, "criteria", 1, "text"), (7, 16)),
        (("measures", 1, "text"), (8, 3)),
        (("measures", 0, "period"), (6, 3)),
        (("annex", "year"), (1, 1)),
    ]
    for path, spot in places:
        place = loaded.place_of(path)
        assert ((place.line, place.column), place.path) == (spot, path)
    counted = loaded.place_of(("measures", 0, "criteria", 1, "text")).counted
    assert counted is not None
    assert counted.mn == "арга хэмжээ 1 › шалгуур үзүүлэлт 2 › бичвэр"


def test_problems_stand_in_the_order_of_the_file() -> None:
    """Errors and warnings of all sources are merged by place."""
    problems = data.parse((HEAD + "stage: А #5\nмeasures: х\nyears: [х]\n").encode()).problems
    lines = [p.place.line or 0 for p in problems if isinstance(p.place, DataPlace)]
    assert lines == sorted(lines)


# --- trees ---------------------------------------------------------------------------------------------------------


def test_a_tree_has_values_and_places_of_any_typed_file() -> None:
    """Layouts are built on trees: keys as typed, places of keys and values."""
    tree = data.read_tree("layout: маягт\nbody:\n- title: А\n- table:\n    columns: [а, б]\n".encode())
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
    tree = data.read_tree(b"")
    assert (tree.value, [p.code for p in tree.problems]) == (None, ["PF124"])
    assert tree.place(("a",)).line is None


@pytest.mark.parametrize(
    ("written", "kind", "version"),
    [("layout/1", "layout", 1), (" Plan / 12 ", "plan", 12), ("plan", None, None), ("plan/0", None, None)],
)
def test_the_header_is_read(written: str, kind: str | None, version: int | None) -> None:
    """Kind and version, or neither."""
    header = data.read_tree(f'planforge: "{written}"'.encode()).header
    assert header == data.Header(written, kind, version)


# --- JSON ----------------------------------------------------------------------------------------------------------


def test_json_is_read_with_places(tmp_path: Path) -> None:
    """A file by its name, content by its first letter; numbers stay text; breaks of Unicode stay letters."""
    values = {"planforge": "plan/1", "title": "а\u2028б\x85\\/😀", "year": 2024, "owner": "Хороо", "extra": {"а": 1.10}}
    for ascii_only in (True, False):
        written = json.dumps(values, ensure_ascii=ascii_only, indent="\t").replace("1.1", "1.10")
        path = tmp_path / "plan.json"
        path.write_text(written, encoding="utf-8")
        for source in (path, written.encode(), b"\xef\xbb\xbf \n" + written.encode()):
            plan = data.load(source, Plan)
            assert (plan.title, plan.extra) == ("а\u2028б\x85\\/😀", {"а": "1.10"})
    place = data.parse(path).place_of(("extra", "а"))
    assert (place.line, place.column) == (7, 8)


@pytest.mark.parametrize(
    ("written", "spot"),
    [
        ('{"a": 1,}', "1:9 PF149"),
        ('{"a" 1}', "1:6 PF149"),
        ('{"a": 1', "1:8 PF149"),
        ("{'a': 1}", "1:2 PF149"),
        ('{"a": tru}', "1:7 PF149"),
        ('{"a": 01}', "1:7 PF149"),
        ('{"a": "б\n"}', "1:7 PF149"),
        ('{"a": "\\x"}', "1:7 PF149"),
        ('{"a": NaN}', "1:7 PF149"),
        ('{"a": 1} 2', "1:10 PF149"),
        ('{"a": 1}\n{}', "2:1 PF149"),
        ('{\n"a": [1 2]}', "2:9 PF149"),
        ('{"a": 1, "a": 2}', "1:10 PF103"),
        ("[" * 40, "1:33 PF139"),
    ],
)
def test_faults_of_json_have_places(written: str, spot: str, tmp_path: Path) -> None:
    """Doubled names are refused as in YAML."""
    path = tmp_path / "x.json"
    path.write_text(written, encoding="utf-8")
    assert spots(data.read_tree(path).problems) == [spot]


def test_braces_of_yaml_are_read_where_json_is_not() -> None:
    """A file that begins with a brace may be YAML; a broken JSON stays one."""
    assert data.load("{planforge: plan/1, title: Т, year: 2024, owner: Хороо}".encode(), Plan).title == "Т"
    assert spots(data.parse(b'{"planforge": "plan/1" "title": 1}').problems) == ["1:24 PF149"]


# --- files ---------------------------------------------------------------------------------------------------------


def test_a_source_is_a_path_or_content(tmp_path: Path) -> None:
    """str, PathLike, bytes, a stream."""
    path = tmp_path / "төлөвлөгөө.yaml"
    path.write_text(HEAD, encoding="utf-8")
    sources: list[data.Source] = [
        str(path),
        path,
        HEAD.encode(),
        io.BytesIO(HEAD.encode()),
        b"\xef\xbb\xbf" + HEAD.encode(),
    ]
    for source in sources:
        assert data.load(source).title == "Т"
    with path.open("rb") as stream:
        assert data.parse(stream).file == str(path)


def test_line_ends_do_not_matter() -> None:
    """CR LF and CR count as one line end."""
    for end in ("\r\n", "\r"):
        assert faults((HEAD + "x: А\n").replace("\n", end)) == ["5:1 PF101"]
        assert data.load((HEAD + "stage: |-\n  а\n  б\n").replace("\n", end).encode(), Plan).stage == "а\nб"


@pytest.mark.parametrize(
    ("content", "code", "word"),
    [
        (HEAD.encode("utf-16"), "PF125", "UTF-16"),
        (HEAD.encode("utf-16-le"), "PF125", "UTF-16"),
        (HEAD.encode("utf-32"), "PF125", "UTF-32"),
        ("title: Төрийн алба".encode("cp1251", "replace"), "PF125", "Windows-1251"),
        (b"title: \xff\x98 \xff", "PF125", "unknown"),
        (b"\xd0\xcf\x11\xe0" + b"\0" * 20, "PF126", "old Word"),
        (b"%PDF-1.7 \xff", "PF126", "PDF"),
        (b"{\\rtf1 x}", "PF126", "RTF"),
        (b"\x89PNG\r\n\x1a\n\0", "PF126", "picture"),
        (b"   \n\n", "PF124", "no data"),
        (b"\0" * 100, "PF125", "UTF-16"),
        (b"x" * (data.MAX_BYTES + 1), "PF127", "10 MiB"),
    ],
)
def test_other_files_are_named(content: bytes, code: str, word: str) -> None:
    """What it is instead, so that the remedy is clear."""
    (problem,) = data.parse(content).problems
    assert problem.code == code
    assert word in problem.message("en")


def test_the_first_wrong_byte_has_a_place() -> None:
    """Line and column in letters, before the first byte that is not UTF-8."""
    (problem,) = data.parse("title: Т\r\nyear: Ө\n".encode() + b"\xd2").problems
    assert spots([problem]) == ["3:1 PF125"]


@pytest.mark.skipif(os.name == "nt" or os.geteuid() == 0, reason="everything may be read here")
def test_a_file_without_rights_is_named(tmp_path: Path) -> None:
    """Permission denied is a problem, not an exception."""
    path = tmp_path / "plan.yaml"
    path.write_text(HEAD, encoding="utf-8")
    path.chmod(0)
    assert [p.code for p in data.parse(path).problems] == ["PF122"]


@pytest.mark.parametrize("path", ["a\0b", "", "нет/ү/plan.yaml", "a\nb"])
def test_odd_paths_are_problems(path: str) -> None:
    """No path raises anything of the system's."""
    assert {p.code for p in data.parse(path).problems} <= {"PF120", "PF121"}


# --- headers -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("header", "kind", "found"),
    [
        ("", None, ["1:1 PF130"]),
        ("", Plan, ["1:1 PF130"]),
        ("planforge: plan\n", None, ["1:12 PF131"]),
        ("planforge:\n", Plan, ["1:11 PF131"]),
        ("planforge: plans/1\n", Plan, ["1:12 PF132"]),
        ("planforge: plan/2\n", None, ["1:12 PF133"]),
        ("planforge: report/1\n", Plan, ["1:12 PF134"]),
        ("planforge: plan/1\n", Report, ["1:12 PF134"]),
        ("planforge: layout/1\n", None, ["1:12 PF134"]),
        ("layout: plan\n", None, ["1:9 PF134"]),
        ("# тайлбар\n\nPlanforge: Plan/1\n", None, []),
    ],
)
def test_the_header_says_what_a_file_is(header: str, kind: type[Any] | None, found: list[str]) -> None:
    """Each wrong header has its own message; the rest of the file is read on where its kind is clear."""
    body = HEAD.partition("\n")[2]
    assert spots([p for p in data.parse((header + body).encode(), kind).problems if p.is_error]) == found


def test_faults_below_a_missing_header_are_told() -> None:
    """A forgotten first line does not hide the others."""
    assert faults("title: Т\nyear: х\nowner: Б\n") == ["1:1 PF130", "2:7 PF114"]
    assert faults("а: б\nв: г\nгарчиг: д\n") == ["1:1 PF130"]


def test_only_plans_and_reports_can_be_asked_for() -> None:
    """Another class is a mistake of the program, not of the file."""
    with pytest.raises(TypeError):
        data.parse(b"", Measure)
    with pytest.raises(TypeError):
        data.dump(Measure(text="А"))  # type: ignore[arg-type]


# --- a report and its plan -----------------------------------------------------------------------------------------


def _report(folder: Path, plan: str = HEAD + "measures: [А, Б]\n", name: str = "plan.yaml", more: str = "") -> Path:
    (folder / "plan.yaml").write_text(plan, encoding="utf-8")
    path = folder / "report.yaml"
    path.write_text(f"planforge: report/1\nplan: {name}\n{more}", encoding="utf-8")
    return path


@pytest.mark.parametrize(
    "name", ["plan.yaml", "./plan.yaml", '" plan.yaml "', "{planforge: plan/1, title: Т, year: 2024, owner: Б}"]
)
def test_a_report_names_or_holds_its_plan(name: str, tmp_path: Path) -> None:
    """A relative path in the report's folder, or the plan itself."""
    assert data.load(_report(tmp_path, name=name), Report).plan.title == "Т"


@pytest.mark.parametrize(
    "name", ["../plan.yaml", "/etc/passwd", "C:\\plan.yaml", "a/../../plan.yaml", "..\\plan.yaml", "//x/y"]
)
def test_a_path_out_of_the_folder_is_refused(name: str, tmp_path: Path) -> None:
    """Nothing outside the report's folder is read."""
    assert faults_of(_report(tmp_path, name=name)) == ["2:7 PF136"]


def test_a_link_out_of_the_folder_is_refused(tmp_path: Path) -> None:
    """Nor by a link."""
    inner = tmp_path / "a"
    inner.mkdir()
    report = _report(inner, name="link.yaml")
    (tmp_path / "secret.yaml").write_text(HEAD, encoding="utf-8")
    try:
        (inner / "link.yaml").symlink_to(tmp_path / "secret.yaml")
    except OSError:
        pytest.skip("no links here")
    assert faults_of(report) == ["2:7 PF136"]


def faults_of(path: Path) -> list[str]:
    return spots([p for p in data.parse(path).problems if p.is_error])


def test_faults_of_the_plan_stand_in_its_own_file(tmp_path: Path) -> None:
    """File, line and column are those of the plan's file; the path is the report's; the report's own come first."""
    plan = HEAD + "numbering: х\nmeasures:\n- text: а: б\n- tekst: в\nannex: {year: 1}\nannex: {}\n"
    problems = data.parse(_report(tmp_path, plan, more="as_of: А\nresults: {1: {percent: 101}}\n")).problems
    errors = [p for p in problems if p.is_error]
    assert spots(errors) == [
        "4:24 PF112",
        "5:12 PF116",
        "7:9 PF107",
        "8:3 PF101",
        "8:3 PF105",
        "9:8 PF105",
        "9:15 PF114",
        "10:1 PF103",
    ]
    places = [p.place for p in errors if isinstance(p.place, DataPlace)]
    assert [Path(p.file or "").name for p in places] == ["report.yaml"] + ["plan.yaml"] * 7
    assert [p.code_path for p in places[1:4]] == ["plan.numbering", "", "plan.measures[1].tekst"]
    assert places[-1].code_path == "plan.annex"


def test_a_plan_that_is_none_is_told(tmp_path: Path) -> None:
    """A missing file has the report's line; another kind of file its own."""
    assert faults_of(_report(tmp_path, name="paln.yaml")) == ["2:7 PF120"]
    assert faults_of(_report(tmp_path, name="report.yaml")) == ["1:12 PF134"]
    assert faults_of(_report(tmp_path, plan="")) == ["None:None PF124"]
    assert faults("planforge: report/1\nplan: plan.yaml\n") == ["2:7 PF135"]


def test_rules_of_the_domain_have_places_in_both_files(tmp_path: Path) -> None:
    """A result for no measure stands in the report, a number given twice in the plan."""
    plan = HEAD + "measures:\n- {number: 1, text: А}\n- {number: 1, text: Б}\n"
    errors = [p for p in data.parse(_report(tmp_path, plan, more="results:\n  9: {done: А}\n")).problems if p.is_error]
    assert spots(errors) == ["4:6 PF401", "7:12 PF404"] or spots(errors) == ["4:5 PF401", "7:12 PF404"]


# --- writing -------------------------------------------------------------------------------------------------------

PLAN = Plan.model_validate(
    {
        "title": "Авлигын эсрэг төлөвлөгөө",
        "year": 2024,
        "owner": "Гаалийн ерөнхий газар",
        "approval": [{"kind": "confirmed", "person": {"name": "Б.Болд"}, "date": "2024.03.05"}],
        "objectives": [
            {
                "number": "НЭГ",
                "text": "Ил тод: байдал",
                "measures": [
                    {
                        "number": "1.10",
                        "text": "Сургалт хийх",
                        "criteria": ["Сургалтын тоо:", {"text": "Хувь", "targets": {2024: "90%"}}],
                        "responsible": ["ТЗУГ"],
                        "partners": ["А", "Б"],
                        "budget": "12.50",
                        "extra": {"Тайлбар": "", "№": "5 #7"},
                    },
                    "Нэг мөр",
                    {"text": "Эхний мөр\nхоёр дахь", "result": {"percent": 100}},
                    {
                        "text": "Урт бичвэр нь нэг мөрөнд багтахгүй тул хэд хэдэн мөрөнд хуваагдаж бичигдэнэ: " * 2
                        + "төгсөв"
                    },
                ],
            }
        ],
    }
)
PLAN_EN = """\
planforge: plan/1
title: Авлигын эсрэг төлөвлөгөө
year: 2024
owner: Гаалийн ерөнхий газар

approval:
- kind: confirmed
  person: Б.Болд
  date: 2024.03.05

objectives:
- number: НЭГ
  text: "Ил тод: байдал"
  measures:
  - number: 1.10
    text: Сургалт хийх
    criteria:
    - "Сургалтын тоо:"
    - text: Хувь
      targets:
        2024: 90%
    responsible: ТЗУГ
    partners:
    - А
    - Б
    budget: 12.50
    extra:
      Тайлбар: ""
      №: "5 #7"
  - Нэг мөр
  - text: |-
      Эхний мөр
      хоёр дахь
    result:
      percent: 100
  - >-
    Урт бичвэр нь нэг мөрөнд багтахгүй тул хэд хэдэн мөрөнд хуваагдаж бичигдэнэ: Урт бичвэр нь нэг
    мөрөнд багтахгүй тул хэд хэдэн мөрөнд хуваагдаж бичигдэнэ: төгсөв
"""
MONGOLIAN = {
    "title": "гарчиг",
    "year": "он",
    "owner": "байгууллага",
    "approval": "батлах_тэмдэглэл",
    "- kind: confirmed": "- төрөл: БАТАЛГААЖУУЛСАН",
    "person": "хүн",
    "date": "огноо",
    "objectives": "зорилт",
    "number": "дугаар",
    "text": "бичвэр",
    "measures": "арга_хэмжээ",
    "criteria": "шалгуур_үзүүлэлт",
    "targets": "жилийн_зорилтот_түвшин",
    "responsible": "хариуцах_нэгж",
    "partners": "хамтран_ажиллах",
    "budget": "шаардагдах_хөрөнгө",
    "extra": "нэмэлт",
    "result": "үр_дүн",
    "percent": "хэрэгжилтийн_хувь",
}


def test_a_plan_is_written_as_a_person_would() -> None:
    """Defaults are left out, texts stand plain where they may, long ones are folded."""
    assert data.dump(PLAN) == PLAN_EN


def test_keys_are_written_in_mongolian_too() -> None:
    """The same file, its keys and closed words in Mongolian."""
    expected = PLAN_EN
    for en, mn in MONGOLIAN.items():
        expected = expected.replace(f"{en}:", f"{mn}:") if en[0] != "-" else expected.replace(en, mn)
    assert data.dump(PLAN, keys="mn") == expected
    assert data.load(expected.encode()) == PLAN


def test_a_report_is_written_with_its_plan() -> None:
    """One file holds all."""
    report = Report(plan=PLAN, results={"1.10": Result(done="Хийв", status="ХБ", spent=Budget(text="-"))})
    written = data.dump(report)
    assert written.startswith("planforge: report/1\nplan:\n  title: Авлигын эсрэг төлөвлөгөө\n")
    assert written.endswith('\nresults:\n  1.10:\n    done: Хийв\n    status: not_due\n    spent: "-"\n')
    assert data.load(written.encode()) == report


@pytest.mark.parametrize("text", NASTY)
def test_every_odd_text_is_exact_everywhere(text: str) -> None:
    """As a value, as an item, as a label, as the text of a part; other readers of YAML agree on the value."""
    plan = Plan.model_validate(
        {
            "title": text,
            "year": 2024,
            "owner": text,
            "closing": [text, text],
            "extra": {text: text, "а" + text: ""},
            "measures": [text, {"text": "А", "budget": {"text": text}, "extra": {text: text}}],
        }
    )
    for keys in ("en", "mn"):
        assert data.load(data.dump(plan, keys=keys).encode()) == plan
    if not set(text) & set("\x85\u2028\u2029\ufeff"):
        loose = yaml.load(data.dump(plan), Loader=yaml.BaseLoader)
        assert loose["title"] == text


@settings(max_examples=500, deadline=None)
@given(texts(), texts())
def test_any_text_is_exact_everywhere(one: str, other: str) -> None:
    """Law 1 for texts, next to each other."""
    plan = Plan.model_validate(
        {
            "title": one,
            "year": 2024,
            "owner": other,
            "closing": [one, other],
            "extra": {one: other, other + "x": one},
            "measures": [one, {"text": other, "extra": {one: one}}],
        }
    )
    assert data.load(data.dump(plan).encode()) == plan


@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
@given(plans(), st.sampled_from(["en", "mn"]))
def test_law_1_for_plans(plan: Plan, keys: Any) -> None:
    """`load(dump(x)) == x`."""
    assert data.load(data.dump(plan, keys=keys).encode()) == plan


@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
@given(reports(), st.sampled_from(["en", "mn"]))
def test_law_1_for_reports(report: Report, keys: Any) -> None:
    """`load(dump(x)) == x`, the plan in the report."""
    assert data.load(data.dump(report, keys=keys).encode()) == report


def test_empty_parts_are_written() -> None:
    """A part without any field is not the same as none."""
    plan = PLAN.model_copy(update={"approval": (), "signoffs": (), "measures": (Measure(text="", result=Result()),)})
    plan = plan.model_copy(update={"objectives": (), "closing": ("",), "issuer": None})
    assert data.load(data.dump(plan).encode()) == plan
    signed = Plan.model_validate({**plan.model_dump(), "signoffs": [{"people": [Person(), Person(name="")]}]})
    assert data.load(data.dump(signed).encode()) == signed


# --- plain values --------------------------------------------------------------------------------------------------


def test_plain_values_are_read_as_a_file_is() -> None:
    """Keys in either language, values typed or as text, parts of the model; the header may be left out."""
    values: dict[str, Any] = {
        "title": "Т",
        "он": 2024,
        "owner": {"нэр": "Хороо"},
        "dateline": {"date": date(2024, 3, 20)},
        "арга хэмжээ": [
            Measure(text="А"),
            {"text": "Б", "budget": Decimal("1.50"), "criteria": [{"text": "Ш", "targets": {2024: 5}}]},
        ],
    }
    plan = data.from_mapping(values)
    assert isinstance(plan, Plan)
    assert data.load(data.dump(plan).encode()) == plan
    assert data.from_mapping({"planforge": "plan/1", **values}) == plan
    assert isinstance(data.from_mapping({"plan": plan, "results": {"1": {"percent": 50}}}), Report)


def test_faults_of_plain_values_have_paths() -> None:
    """All at once; lines there are none."""
    values = {"title": ["а", "б"], "year": "х", "owner": "Б", "ownr": 1, "annex": 5, "approval": [None]}
    with pytest.raises(DataError) as caught:
        data.from_mapping(values)
    found = {(p.code, p.place.code_path, p.place.line) for p in caught.value.problems if isinstance(p.place, DataPlace)}
    assert found == {
        ("PF101", "ownr", None),
        ("PF106", "annex", None),
        ("PF108", "approval[0]", None),
        ("PF110", "title", None),
        ("PF114", "year", None),
    }


def test_values_without_end_are_refused() -> None:
    """A list that holds itself, a mapping of nothing known, a newer version."""
    endless: list[Any] = []
    endless.append(endless)
    for values, code in (
        ({"title": endless}, "PF139"),
        ({"а": 1, "б": 2}, "PF130"),
        ({"planforge": "plan/9"}, "PF133"),
    ):
        with pytest.raises(DataError) as caught:
            data.from_mapping(values)
        assert [p.code for p in caught.value.problems] == [code]


# --- hostile and random files --------------------------------------------------------------------------------------

_PIECES = st.sampled_from(
    [
        "planforge: plan/1\n",
        "planforge: report/1\n",
        "title: ",
        "year: 2024\n",
        "owner: Б\n",
        "measures:\n",
        "results:\n",
        "1: ",
        "plan: ",
        "criteria:\n",
        "targets: {2024: 5}\n",
        "extra: ",
        "- ",
        "  ",
        "\n",
        "\t",
        "\r",
        *"\"'[]{}*&!|>#@:,%?~\\",
        "---\n",
        "...\n",
        "<<: ",
        "null",
        "\0",
        "\u2028",
        "\u00a0",
        "\ufeff",
        *NASTY,
    ]
)


@settings(max_examples=1000, deadline=None)
@given(st.lists(_PIECES, max_size=30).map("".join))
@example("[")
@example("? ")
def test_no_text_raises_anything(source: str) -> None:
    """Any YAML-like text has a value or an error with a place in the file; its messages can be printed."""
    loaded = data.parse(source.encode())
    assert (loaded.value is None) == has_errors(loaded.problems)
    for problem in loaded.problems:
        assert problem.format("mn") != problem.format("en")
        assert isinstance(problem.place, DataPlace)
        assert problem.place.line is None or problem.place.line <= len(source.splitlines()) + 1


@settings(max_examples=500, deadline=None)
@given(st.binary(max_size=200))
def test_no_bytes_raise_anything(content: bytes) -> None:
    """Only planforge's own error leaves `load`; nothing random is a plan."""
    with pytest.raises(DataError):
        data.load(content)


def _bomb() -> str:
    lines = ["a0: &a0 [x, x, x, x, x, x, x, x, x]"]
    lines += [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]" for n in range(1, 10)]
    return "\n".join(lines)


BOMBS = {
    "aliases": _bomb(),
    "merges": "\n".join(
        ["a0: &a0 {x: y}"] + [f"a{n}: &a{n}\n  <<: [{', '.join([f'*a{n - 1}'] * 9)}]" for n in range(1, 20)]
    ),
    "a cycle": "a: &a [*a]",
    "5,000 brackets": "a: " + "[" * 5000,
    "a million brackets": "[" * 1_000_000,
    "5,000 dashes": "- " * 5000,
    "4,000 levels": "\n".join(" " * n + "a:" for n in range(4000)),
    "300,000 items": "a:\n" + "- x\n" * 300_000,
    "300,000 items in JSON": '{"a": [' + "1," * 300_000 + "1]}",
    "a long line of spaces": "a: b: " + " " * 1_000_000 + "#x",
    "a long line of words": "a" + " b" * 500_000 + ": c: d",
    "20,000 unknown keys": HEAD + "\n".join(f"unknown{n}: x" for n in range(20_000)),
    "20,000 traps": HEAD + "\n".join(f"- x: @{n}" for n in range(20_000)),
    "20,000 tabs": HEAD + "measures:\n" + "\t- x\n" * 20_000,
}


@pytest.mark.parametrize("source", BOMBS.values(), ids=BOMBS)
def test_bombs_are_refused_fast(source: str) -> None:
    """Within a few seconds, with a message."""
    started = time.process_time()
    loaded = data.parse(source.encode())
    assert has_errors(loaded.problems)
    assert time.process_time() - started < 5


def test_a_large_plan_is_read_in_a_moment() -> None:
    """2,000 measures; the limit here is generous, the figure is about half a second."""
    measure = {"text": "Арга хэмжээ", "criteria": ["Нэг", "Хоёр: тоо"], "period": "I улирал", "responsible": ["А", "Б"]}
    plan = Plan.model_validate({"title": "Т", "year": 2024, "owner": "Хороо", "measures": [measure] * 2000})
    written = data.dump(plan).encode()
    started = time.process_time()
    assert data.load(written) == plan
    assert time.process_time() - started < 5
