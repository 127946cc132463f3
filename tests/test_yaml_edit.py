"""Values set in place: one span changes, everything else stays byte for byte; what is unsafe is refused with its place."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from planforge import data
from planforge.errors import DataError
from planforge.model import Measure, Plan
from planforge.yaml_edit import Editor, set_value
from planforge.yaml_writer import dump
from tests.strategies import plans, texts

PLAN = """\
planforge: plan/1
# тайлбар
title: "Авлигын эсрэг"   # гарчиг
year: 2024
owner: 'Гаалийн газар'
period: 2024.03.20-2024.12.01
approval: {kind: approved, date: 2024.03.01, person: {name: А}}
measures:
# эхний
- text: >-
    Урт
    бичвэр
  # шалгуур
  criteria: [нэг, "хоёр"]
  period:
- Хоёр дахь  # хоёр
- text: |
    мөр
    мөр2
  # гурав
  extra: {а.б: 2024 онд}
  result:
    percent: 70
    # завсар
    reason: х
"""


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "plan.yaml"
    path.write_text(PLAN, encoding="utf-8", newline="\n")
    return path


@pytest.mark.parametrize(
    ("path", "value", "old", "new"),
    [
        ("title", "Шинэ: # нэр", 'title: "Авлигын эсрэг"   #', 'title: "Шинэ: # нэр"   #'),
        ("гарчиг", 'а"б\\', 'title: "Авлигын эсрэг"   #', 'title: "а\\"б\\\\"   #'),
        ("owner", "Г'А", "owner: 'Гаалийн газар'", "owner: 'Г''А'"),
        ("owner.name", "Х", "owner: 'Гаалийн газар'", "owner: 'Х'"),
        ("year", "2025", "year: 2024", "year: 2025"),
        ("period", "2025 он", "period: 2024.03.20-2024.12.01", "period: 2025 он"),
        ("approval[0].date", "2025.01.02", "date: 2024.03.01,", "date: 2025.01.02,"),
        ("approval.person.name", "Б, В", "{name: А}", '{name: "Б, В"}'),
        ("measures[0].text", "Богино", "text: >-\n    Урт\n    бичвэр\n", "text: Богино\n"),
        ("measures[0].criteria[0]", "гурав", "[нэг, ", "[гурав, "),
        ("measures[0].criteria[1]", "г\nу", '"хоёр"', '"г\\nу"'),
        ("measures[1]", "нэг\nхоёр", "- Хоёр дахь  # хоёр\n", "- |-  # хоёр\n  нэг\n  хоёр\n"),
        ("measures[0].period", "Жилдээ", "  period:\n", "  period: Жилдээ\n"),
        ("measures[1].text", "Өөр: юм", "- Хоёр дахь  #", '- "Өөр: юм"  #'),
        ("measures[1]", "null", "- Хоёр дахь  #", '- "null"  #'),
        ("арга_хэмжээ[2].бичвэр", "нэг\nхоёр", "|\n    мөр\n    мөр2\n", "|-\n    нэг\n    хоёр\n"),
        ("measures[2].extra.а.б", "2025 онд", "{а.б: 2024 онд}", "{а.б: 2025 онд}"),
        ("measures[2].result.percent", "80", "percent: 70", "percent: 80"),
    ],
)
@pytest.mark.parametrize("style", ["lf", "crlf", "bom"])
def test_set(file: Path, path: str, value: str, old: str, new: str, style: str) -> None:
    """One span is replaced; line ends and a mark at the beginning stay."""

    def written(text: str) -> bytes:
        return {"lf": text, "crlf": text.replace("\n", "\r\n"), "bom": "\ufeff" + text}[style].encode()

    file.write_bytes(written(PLAN))
    assert PLAN.count(old) == 1
    assert set_value(file, path, value) == written(PLAN.replace(old, new))


@pytest.mark.parametrize(
    ("path", "value", "code", "line"),
    [
        ("measures[2].result.percent", "180", "PF112", 23),
        ("year", "тав", "PF114", 4),
        ("measures[2].result", "5", "PF463", 23),
        ("measures", "5", "PF463", 10),
        ("measures[9]", "5", "PF462", 10),
        ("measures.text", "5", "PF462", 10),
        ("measures[0].outcome", "5", "PF462", 10),
        ("approval[0].person.rank", "5", "PF462", 7),
        ("foo", "5", "PF462", 1),
        ("", "5", "PF462", 1),
        ("measures[0", "5", "PF462", 10),
        ("planforge", "plan/1", "PF462", 1),
    ],
)
def test_refused(file: Path, path: str, value: str, code: str, line: int) -> None:
    """What the model refuses, what has parts and what is not there, with the place."""
    with pytest.raises(DataError) as caught:
        set_value(file, path, value)
    (problem,) = (p for p in caught.value.problems if p.is_error)
    assert (problem.code, getattr(problem.place, "line", None)) == (code, line)
    assert getattr(problem.place, "file", None) == str(file)
    assert problem.format("mn")


@pytest.mark.parametrize(
    ("name", "content", "path", "code"),
    [
        ("p.json", '{"planforge": "plan/1", "title": "Т", "year": 2024, "owner": "Х"}', "title", "PF463"),
        ("p.yaml", PLAN.replace("year: 2024\n", "year: 2024\r\n"), "title", "PF463"),
        ("p.yaml", PLAN.replace("'Гаалийн газар'", "&a Гаалийн"), "owner", "PF137"),
        ("p.yaml", PLAN.replace("year: 2024", "year: x"), "title", "PF114"),
    ],
)
def test_unfit_files(tmp_path: Path, name: str, content: str, path: str, code: str | None) -> None:
    """JSON, mixed line ends, anchors and files with errors are refused."""
    file = tmp_path / name
    file.write_bytes(content.encode())
    with pytest.raises(DataError) as caught:
        set_value(file, path, "Ш")
    assert code in [p.code for p in caught.value.problems]


LINES = """[
  а,  # нэг
  # б-ийн тухай
  {text: б,
   period: Жилдээ},  # хоёр
  "в, ]"  # гурав
]"""


@pytest.mark.parametrize(
    ("written", "gone", "left"),
    [
        ("[а, {text: б}]", (0,), "[{text: б}]"),
        ("[а, {text: б}]", (1,), "[а]"),
        ("[а]  # в", (0,), "[]  # в"),
        ("[а, {text: б}]", (0, 1), "[]"),
        ("[ а, б, в ]", (1,), "[ а, в ]"),
        ("[ а, б, в ]", (1, 2), "[ а ]"),
        ("[а, б, в, ]", (2,), "[а, б, ]"),
        ("[\n  а,\n  б\n]", (1,), "[\n  а\n]"),
        ("[\n  а,\n  б\n]", (0, 1), "[]"),
        ("[а,\n  б]", (1,), "[а]"),
        ("[а,  # х, у\n  б]", (1,), "[а  # х, у\n]"),
        ("[а  # х, у\n  , б]", (0,), "[б]"),
        (LINES, (0,), LINES.replace("  а,  # нэг\n", "")),
        (LINES, (1,), LINES.replace("  {text: б,\n   period: Жилдээ},  # хоёр\n", "")),
        (LINES, (2,), LINES.replace("},", "}").replace('  "в, ]"  # гурав\n', "")),
        (LINES, (0, 1, 2), "[\n  # б-ийн тухай\n]"),
        ("а", (0,), ""),
        ("{text: а}", (0,), ""),
    ],
)
def test_entries_removed_from_brackets(written: str, gone: tuple[int, ...], left: str) -> None:
    """Entries go with their commas and the comments behind them; comments on lines of their own stay."""
    head = "planforge: plan/1\ntitle: Т\nyear: 2024\nowner: Х\nmeasures: "
    before = data.parse(f"{head}{written}\n".encode(), Plan)
    assert before.spot is not None
    assert before.value is not None
    editor = Editor(before.spot)
    for at in gone:
        editor.remove(("measures", at))
    after = editor.result()
    assert after == f"{head}{left}".rstrip(" ") + "\n"
    measures = [m for at, m in enumerate(before.value.measures) if at not in gone]
    assert list(data.load(after.encode(), Plan).measures) == measures


def test_long_comment_before_a_comma() -> None:
    """A comment of many number signs between an entry and its comma takes no time to speak of."""
    head = "planforge: plan/1\ntitle: Т\nyear: 2024\nowner: Х\n"
    loaded = data.parse(f"{head}measures: [а,\n б {' #' * 100_000}\n]\n".encode())
    assert loaded.spot is not None
    editor = Editor(loaded.spot)
    editor.remove(("measures", 1))
    assert editor.result() == f"{head}measures: [а\n]\n"


def test_report_and_its_plan(file: Path) -> None:
    """A result is set in the report's file; what stands in the plan's file is refused with its place there."""
    plan = PLAN[: PLAN.index("  result:")]
    file.write_text(plan, encoding="utf-8")
    report = file.with_name("report.yaml")
    text = "planforge: report/1\nplan: plan.yaml\nresults:\n  1: {percent: 70}  # нэг\n  2: {percent: 100}\n"
    report.write_text(text, encoding="utf-8", newline="\n")
    assert set_value(report, "results.1.percent", "90") == text.replace("70", "90").encode()
    with pytest.raises(DataError) as caught:
        set_value(report, "plan.title", "Т")
    (problem,) = caught.value.problems
    assert problem.code == "PF463"
    assert getattr(problem.place, "file", "").endswith("plan.yaml")


SLOW = settings(deadline=None, suppress_health_check=list(HealthCheck))


@SLOW
@given(plans(), texts(), st.data())
def test_any_text_anywhere(tmp_path: Path, plan: Plan, value: str, drawn: st.DataObject) -> None:
    """In any dumped plan, any text takes the place of any measure's text: the plan with it, or a refusal."""
    assume(plan.measures)
    at = drawn.draw(st.integers(0, len(plan.measures) - 1))
    file = tmp_path / "p.yaml"
    file.write_bytes(dump(plan).encode())
    try:
        new = set_value(file, f"measures[{at}].text", value)
    except DataError as error:
        assert {p.code for p in error.problems if p.is_error} <= {"PF463", "PF118"}  # noqa: PT017
        return
    measure = Measure.model_validate({**dict(plan.measures[at]), "text": value})
    measures = (*plan.measures[:at], measure, *plan.measures[at + 1 :])
    assert data.load(new) == plan.model_copy(update={"measures": measures})
