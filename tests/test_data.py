"""Data files: every fault with its place, in both languages; nothing foreign escapes."""

from __future__ import annotations

import io
import time
from collections.abc import Callable
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from planforge import data
from planforge.errors import DataError, DataPlace, catalogue, has_errors
from planforge.model import Measure, Plan, Report
from planforge.source import MAX_BYTES, Source
from planforge.yaml_writer import dump
from tests.data_files import HEAD, faults, spots
from tests.strategies import NASTY

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


BUILDERS: dict[str, Callable[[Path], Source]] = {
    "missing": lambda folder: folder / "plan.yaml",
    "folder": lambda folder: folder,
    "forbidden": lambda folder: _Forbidden(),
    "lock": _written("~$plan.yaml", b"\x00"),
    "cp1251": _written("plan.yaml", "planforge: plan/1\ntitle: Төлөвлөгөө".encode("cp1251", "replace")),
    "docx": _written("plan.docx", b"PK\x03\x04" + b"\0" * 40),
    "huge": _written("plan.yaml", b"#" * (MAX_BYTES + 1)),
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


ROOMS = ("tree", "json_reader", "yaml_traps", "yaml_reader", "source", "model", "binding", "data")
"""The modules that a data file goes through."""


def test_the_codes_of_the_modules_are_all_in_the_catalogue() -> None:
    """No code is raised that has no text, and none has a text that is never raised."""
    home = Path(data.__file__).parent
    source = "".join((home / f"{name}.py").read_text(encoding="utf-8") for name in ROOMS)
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
    assert data.load(dump(plan).encode()) == plan
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
    written = dump(plan).encode()
    started = time.process_time()
    assert data.load(written) == plan
    assert time.process_time() - started < 5
