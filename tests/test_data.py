"""Data files: every fault with its place, in both languages; nothing foreign escapes."""

from __future__ import annotations

import io
import json
import re
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from pydantic import BaseModel

from planforge import data, vocabulary
from planforge.errors import DataError, DataPlace, catalogue, has_errors
from planforge.model import Measure, Plan, Report
from planforge.source import MAX_BYTES, Source, read_text
from planforge.yaml_writer import dump
from tests.data_files import HEAD, faults, spots
from tests.strategies import NASTY, plans, reports

SAMPLES = Path(__file__).parent.parent / "samples"

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
        assert "{" not in re.sub("[“«`]{", "", problems[0].format(lang))


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


# --- the short way -------------------------------------------------------------------------------------------------


def both_ways(written: str, kind: type[Any] | None = None) -> bool:
    """Whether a JSON text goes the short way; if it does, the long way says the same of it."""
    text = read_text(written.encode("utf-8", "surrogatepass"))
    wanted = [word for word, model in vocabulary.KINDS.items() if kind in (None, model)]
    short, long = data._short(text, wanted), data._long(text, wanted)
    if short is None:
        return False
    assert short == replace(long, _spot=short._spot, _text=short._text)
    assert repr(short) == repr(long)
    for path in _paths(short.value):
        assert short.place_of(path) == long.place_of(path)
    return True


def _paths(value: object, path: tuple[str | int, ...] = ()) -> Iterator[tuple[str | int, ...]]:
    yield path
    inner: Iterable[tuple[str | int, object]] = ()
    if isinstance(value, BaseModel):
        inner = iter(value)
    elif isinstance(value, dict):
        inner = value.items()
    elif isinstance(value, tuple):
        inner = enumerate(value)
    for step, part in inner:
        yield from _paths(part, (*path, step))


def _values(subject: Plan | Report, exclude_defaults: bool = False) -> dict[str, Any]:
    kind = "plan" if isinstance(subject, Plan) else "report"
    return {"planforge": f"{kind}/1", **subject.model_dump(mode="json", exclude_defaults=exclude_defaults)}


@settings(max_examples=50)
@given(plans() | reports(), st.booleans(), st.sampled_from([None, 0, "\t"]))
def test_clean_json_goes_the_short_way(subject: Plan | Report, ascii_only: bool, indent: str | int | None) -> None:
    """What planforge itself would write as JSON; value, problems and places are those of the long way."""
    written = json.dumps(_values(subject, exclude_defaults=True), ensure_ascii=ascii_only, indent=indent)
    short = both_ways(written)
    assert short or "\\r" in written
    whole = json.dumps(_values(subject))
    both_ways(whole)
    for text in (written, whole):
        assert data.load(text.encode()) == subject


@pytest.mark.parametrize("path", sorted(SAMPLES.glob("*/*.yaml")), ids=lambda path: f"{path.parent.name}/{path.name}")
def test_samples_go_the_short_way(path: Path) -> None:
    """Real plans and reports, with the warnings that they have."""
    subject = data.load(path)
    assert both_ways(json.dumps(_values(subject, exclude_defaults=True), ensure_ascii=False, indent=1))


_LEAVES: st.SearchStrategy[Any] = st.sampled_from(
    (None, True, False, 5, -1.5, 1e300, 0, 2024, [], {}, [None], [[]], {"": ""}, [{"text": "а"}], {"text": "а"}, *NASTY)
) | st.sampled_from(
    ("plan.yaml", "2024.0", "2024%", "approved", "ХБ", "a\rb", "\x0b", "\ud800", "\ufffe", "у" * 1_000_001)
)
_KEYS = st.sampled_from(
    (
        *("planforge", "layout", "text", "гарчиг", "арга хэмжээ", "Title", "title", "year", "он", "plan", "extra"),
        *("results", "criteria", "targets", "2024", "2024.0", "2024%", "1", "1.", "measures", "result", "percent"),
        *("status", "period", "id", "number", "text\u0301", "", "a\r", "a\n", "\ud800"),
    )
)


def _containers(value: Any) -> list[Any]:
    found = [value]
    for holder in found:
        found += [v for v in (holder.values() if isinstance(holder, dict) else holder) if isinstance(v, dict | list)]
    return found


@st.composite
def _slipped(draw: st.DrawFn) -> str:
    """JSON of a plan or report with a few slips: wrong types, unknown keys, Mongolian keys, keys given twice."""
    values = _values(draw(plans() | reports()), exclude_defaults=True)
    for _ in range(draw(st.integers(1, 3))):
        holder = draw(st.sampled_from(_containers(values)))
        if isinstance(holder, list):
            holder.insert(draw(st.integers(0, len(holder))), draw(_LEAVES))
            continue
        key = draw(st.sampled_from(sorted(holder)) | _KEYS if holder else _KEYS)
        if draw(st.booleans()):
            holder[key] = draw(_LEAVES)
        elif key in holder:
            holder[draw(_KEYS)] = holder.pop(key)
    written = json.dumps(values, ensure_ascii=draw(st.booleans()))
    if draw(st.booleans()):
        at = draw(st.integers(0, len(written)))
        piece = draw(
            st.sampled_from(['"', "{", "}", "[", "]", ",", ":", "\\", "\r", "\\r", " ", "1", "NaN", '"title":1,'])
        )
        written = written[:at] + piece + written[at:]
    return written


@settings(max_examples=150)
@given(_slipped(), st.sampled_from([None, Plan, Report]))
@example(
    '{"planforge": "plan/1", "title": "Т", "year": "2024", "owner": "Хороо", "extra": {"а\\r": "1", "а\\n": "2"}}', None
)
@example('{"planforge": "plan/1", "title": "Т", "year": "\\ud800", "owner": "Хороо"}', None)
@example('{"planforge": "plan/1", "title": NaN, "year": Infinity, "owner": "Хороо"}', None)
@example('{"planforge": "plan/1", "title": "Т", "year": "2024", "owner": "Хороо"} {}', None)
@example(
    '{"planforge": "report/1", "plan": {"planforge": "plan/1", "title": "Т", "year": 2024, "owner": "Хороо"}}', None
)
@example('{"planforge": "report/1", "plan": "plan.yaml"}', None)
@example(
    '{"planforge": "plan/1", "title": "Нэг\\r\\nхоёр  гурав", "year": "2024", "owner": "Хороо", "period": "2024  оны",'
    ' "extra": {"Нэг  хоёр": "5-д", "Гypaв": "text  text", "text": "plan/1  "}, "closing": ["2024 онд", "а\\r  б"]}',
    Plan,
)
def test_the_short_way_says_what_the_long_way_says(written: str, kind: type[Any] | None) -> None:
    """Of any JSON that it takes; what it does not take is read as before."""
    both_ways(written, kind)


def test_the_limits_hold_on_the_short_way() -> None:
    """Levels and values are counted; deeper JSON than Python can read is refused as any other."""

    def nested(depth: int) -> dict[str, Any]:
        measure: dict[str, Any] = {"text": "а"}
        for _ in range(depth):
            measure = {"text": "а", "measures": [measure]}
        return {"planforge": "plan/1", "title": "Т", "year": "2024", "owner": "Газар", "measures": [measure]}

    assert both_ways(json.dumps(nested(14)))  # 31 levels
    assert not both_ways(json.dumps(nested(15)))
    assert [p.code for p in data.parse(json.dumps(nested(15)).encode()).problems] == ["PF139"]
    deep = '{"planforge": "plan/1", "measures": ' + "[" * 100_000
    assert [p.code for p in data.parse(deep.encode()).problems] == ["PF139"]
    accepted = []
    for count in (99_992, 99_993):
        text = read_text(json.dumps({**nested(0), "extra": {f"к{n}": "5-д" for n in range(count)}}).encode())
        short, long = data._short(text, ["plan"]), data._long(text, ["plan"])
        assert (short is None) == (long.value is None)
        accepted.append(short is not None)
    assert accepted == [True, False]
    many = {**nested(0), "closing": ["а"] * 200_000}
    assert [p.code for p in data.parse(json.dumps(many).encode()).problems] == ["PF139"]
    with pytest.raises(DataError) as caught:
        data.from_mapping(nested(16))
    assert [p.code for p in caught.value.problems] == ["PF139"]


@settings(max_examples=50)
@given(plans() | reports(), st.booleans())
def test_plain_values_say_the_same_the_short_way(subject: Plan | Report, typed: bool) -> None:
    """Texts, or numbers, dates, tuples and parts of the model; a key in Mongolian makes them go the long way."""
    values = _values(subject, exclude_defaults=True)
    if typed:
        values = {name: getattr(subject, name) for name in values if name != "planforge"}
    name = "year" if isinstance(subject, Plan) else "plan"
    spelled = vocabulary.describe(type(subject)).data[name].template_name
    other = {spelled if key == name else key: value for key, value in values.items()}
    assert data.from_mapping(values) == data.from_mapping(other) == subject
    assert repr(data.from_mapping(values)) == repr(data.from_mapping(other))


# --- the files that were read --------------------------------------------------------------------------------------


def test_a_value_knows_the_files_it_was_read_from(tmp_path: Path) -> None:
    """The file itself, and the plan that a report names, as far as they could be read; content is no file."""
    plan, report, other = tmp_path / "plan.yaml", tmp_path / "report.yaml", tmp_path / "other.json"
    plan.write_text(HEAD + "measures: [а]\n", encoding="utf-8")
    report.write_text("planforge: report/1\nplan: plan.yaml\n", encoding="utf-8")
    other.write_text(json.dumps({"planforge": "report/1", "plan": "plan.yaml"}), encoding="utf-8")
    assert data.parse(plan).files == (str(plan),)
    assert data.parse(report).files == (str(report), str(plan))
    assert data.parse(other).files == (str(other), str(plan))
    clean = tmp_path / "clean.json"
    clean.write_text(json.dumps(_values(data.load(plan, Plan), exclude_defaults=True)), encoding="utf-8")
    assert (data.parse(clean).files, data.parse(str(clean)).file) == ((str(clean),), str(clean))
    assert data.parse(plan.read_bytes()).files == ()
    with plan.open("rb") as stream:
        assert data.parse(stream).files == ()
    plan.write_text("planforge: plan/1\ntitle: [\n", encoding="utf-8")
    assert data.parse(report).files == (str(report), str(plan))
    plan.unlink()
    assert data.parse(report).files == (str(report),)
    assert data.parse(plan).files == ()


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
