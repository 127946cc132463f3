"""Workbooks: what goes in comes out, every trap of a spreadsheet program is told at its cell, other people's tables read."""

from __future__ import annotations

import os
import re
import subprocess
import zipfile
from collections.abc import Callable
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from planforge import load, sheet_columns, sheet_tables, sheets, view
from planforge.errors import DataError, catalogue, has_errors
from planforge.model import Defaults, Organisation, Plan, Report, Result
from planforge.sheet_reader import cell_name, read_book, spot_of
from planforge.vocabulary import describe, reachable
from tests import sheet_docs
from tests.strategies import plans, reports, texts
from tests.workbooks import BOOKS, PLAN, UNITS, all_problems, edited, spots, workbook

XLS = (Path(__file__).parent / "seeds" / "facts.xls").read_bytes()
SAMPLES = sorted((Path(__file__).parent.parent / "samples").glob("*/plan.yaml"))
CASES = {code: entry.case for code, entry in catalogue().items() if {"workbook", "csv", "book"} & set(entry.case)}


def codes(source: bytes, plan: Plan | None = PLAN) -> list[str]:
    """What is found in a workbook, places and codes, without warnings about names that no table knows."""
    return [spot for spot in spots(all_problems(sheets.read(source, plan=plan))) if not spot.endswith("PF417")]


@pytest.mark.parametrize("code", list(CASES))
def test_smallest_case(code: str) -> None:
    """The smallest case of each problem of workbooks triggers it, and reads in both languages."""
    case = CASES[code]
    try:
        content = BOOKS[case["book"]]() if "book" in case else None
        if content is None:
            content = workbook(case["workbook"]) if "workbook" in case else case["csv"].encode()
        found = all_problems(sheets.read(content, plan=PLAN if case.get("plan") else None))
    except DataError as error:
        found = list(error.problems)
    assert code in [p.code for p in found]
    assert all(p.format("mn") and p.format("en") for p in found)


# --- out and in again --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("path", SAMPLES, ids=lambda p: p.parent.name)
def test_sample_plans_come_back(path: Path) -> None:
    """A plan in a workbook is the plan, whatever its levels and criteria; the units are there, and the bytes are the same."""
    plan = load(path, Plan)
    units = [Organisation(name="Хяналтын хэлтэс", id="ХХ", short="Хяналт"), Organisation(name="Санхүүгийн хэлтэс")]
    written = sheets.new(plan, units=units)
    read = sheets.read(written)
    assert read.plan == plan
    assert [unit.key for unit in read.units] == ["ХХ", "Санхүүгийн хэлтэс"]
    reports = [unit.subject for unit in read.units]
    assert [r.unit for r in reports if isinstance(r, Report)] == units
    assert {p.code for unit in read.units for p in unit.problems} == {"PF409"}
    assert sheets.new(plan, units=units) == written


def test_no_formula_is_ever_written() -> None:
    """What looks like a formula is a text."""
    live = ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "{=1}", "http://a.mn", "1.10", "007"]
    plan = Plan.model_validate({**PLAN.model_dump(), "title": "=A1", "measures": live})
    written = sheets.new(plan, units=[Organisation(name=text, id=str(i)) for i, text in enumerate(live)])
    parts = zipfile.ZipFile(BytesIO(written))
    for name in parts.namelist():
        if name.startswith("xl/worksheets/sheet"):
            assert not re.search(rb"<f[ >]|<hyperlink|<c (?![^>]*t=.s.)[^>]*[^/]><", parts.read(name)), name
    read = sheets.read(written)
    assert read.plan == plan
    assert [u.subject.unit.name for u in read.units if isinstance(u.subject, Report) and u.subject.unit] == live


@settings(max_examples=60)
@given(plans())
def test_any_plan_comes_back_or_is_refused(plan: Plan) -> None:
    """A plan is written whole, or every value that no cell can hold is named."""
    found: set[str] = set()
    try:
        written = sheets.new(plan)
    except DataError as refused:
        found = {p.code for p in refused.problems}
    else:
        assert sheets.read(written).plan == plan
    assert found <= {"PF157", "PF158", "PF184"}


def _without_the_empty(report: Report) -> Report:
    """A report as a workbook names its results: by id, else by number; those that say nothing are left out."""
    view_of_plan = view.walk(report.plan)
    assert isinstance(view_of_plan, view.PlanView)
    names = {view.bare_number(m.number): m.item.id for m in view_of_plan.all_measures if m.item.id is not None}
    results = {view.bare_number(name): result for name, result in report.results.items() if result != Result()}
    return report.model_copy(update={"results": {names.get(name, name): result for name, result in results.items()}})


@settings(max_examples=100)
@given(reports())
def test_any_report_comes_back_or_is_refused(report: Report) -> None:
    """A report is written whole, or every value that no cell can hold is named, at its place in the report."""
    found: set[str] = set()
    try:
        written = sheets.new(report.plan, units=[report])
    except DataError as refused:
        found = {p.code for p in refused.problems}
    else:
        (unit,) = sheets.read(written).units
        assert unit.subject == _without_the_empty(report), unit.problems
    assert found <= {"PF157", "PF158", "PF177", "PF183", "PF184"}


FULL = {
    "plan": PLAN.model_copy(update={"defaults": Defaults(responsible=("Дарга",))}),
    "unit": {"name": "Санхүүгийн хэлтэс", "id": "С", "extra": {"код": "007"}},
    "title": "Тайлан",
    "as_of": "2024 оны жилийн эцэс",
    "signoffs": [{"people": [{"name": "Б.Бат", "position": "Дарга"}]}],
    "results": {
        "1.": {"done": "=1+1\nхоёр", "percent": "70", "reason": "Шалтгаан", "spent": "1.10", "indicators": {"1": "12"}},
        "2": {"status": "not_due", "extra": {"эрсдэл": "өндөр"}},
        "3": {"reached": "х", "percent": "0", "attachments": {"files": 1, "pictures": 8, "names": ["а", "б"]}},
    },
}


def test_reports_come_back() -> None:
    """What units have reported stands in their rows, beside units that have not; the bytes are the same."""
    report = Report.model_validate(FULL)
    units: list[Organisation | Report] = [Organisation(name="Хяналтын хэлтэс"), report]
    written = sheets.new(PLAN, units=units)
    blank, back = (unit.subject for unit in sheets.read(written).units)
    assert isinstance(blank, Report)
    assert isinstance(back, Report)
    assert (blank.unit, blank.results, blank.plan) == (units[0], {}, PLAN)
    assert back == _without_the_empty(report)
    assert sheets.new(PLAN, units=[blank, back]) == written


REFUSED: dict[str, tuple[dict[str, Any], str, str]] = {
    "blank text": ({"results": {"1": {"done": " "}}}, "PF184", "units[0].results.1.done"),
    "long text": ({"results": {"1": {"reason": "а" * 40_000}}}, "PF158", "units[0].results.1.reason"),
    "part without values": ({"results": {"1": {"attachments": {}}}}, "PF184", "units[0].results.1.attachments"),
    "heading of the unit": ({"extra": {"а": "б"}}, "PF184", "units[0].extra.а"),
    "no unit": ({"unit": None}, "PF183", "units[0].unit"),
    "another year": ({"plan": {**PLAN.model_dump(), "year": 2030}}, "PF184", "units[0].plan.year"),
    "other measures": (
        {"plan": {**PLAN.model_dump(), "measures": ["а"]}, "results": {}},
        "PF184",
        "units[0].plan.measures",
    ),
    "no such measure": ({"results": {"9": {"percent": "1"}}}, "PF401", "units[0].results.9"),
}


@pytest.mark.parametrize(("change", "code", "place"), REFUSED.values(), ids=list(REFUSED))
def test_what_of_a_report_does_not_fit_is_refused(change: dict[str, Any], code: str, place: str) -> None:
    """With its place in the units."""
    report = Report.model_validate({**FULL, **change})
    with pytest.raises(DataError) as refused:
        sheets.new(PLAN, units=[report])
    assert [(p.code, getattr(p.place, "code_path", "")) for p in refused.value.problems] == [(code, place)]
    assert all(p.format("mn") and p.format("en") for p in refused.value.problems)


def test_numbered_names_are_no_slips() -> None:
    """A missing С-02 is not С-01 mistyped: it costs no other unit its report, and is told once with its rows."""
    rows = "".join(f"{unit}|{n}|100\n" for unit in ("С-01", "С-02", "С-03") for n in (1, 2, 3))
    found = sheets.read(
        workbook(f"# Нэгж\nТаних тэмдэг|Нэр\nС-01|а\nС-03|б\n# Гүйцэтгэл\nНэгж|Арга хэмжээ|Хувь\n{rows}С-02||5"),
        plan=PLAN,
    )
    assert [unit.subject is not None for unit in found.units] == [True, True]
    assert spots(found.problems) == ["Гүйцэтгэл!A5 PF171"]
    assert "(rows 5–7, 11). There are: С-01, С-03." in found.problems[0].format("en")


def test_a_name_that_only_looks_the_same() -> None:
    """A Latin letter among Cyrillic ones is named, for the name itself looks right; what is likely meant is held up."""
    found = sheets.read(
        workbook("# Нэгж\nТаних тэмдэг|Нэр\nС-01|а\nГ|б\n# Гүйцэтгэл\nНэгж|Арга хэмжээ|Хувь\nC-01|1|1%\nХ|1|1%"),
        plan=PLAN,
    )
    first, second = found.units
    (problem,) = (p for p in first.problems if p.code == "PF171")
    assert "«С-01» гэх гэсэн үү? 1 дугаартай үсэг латин «c» (U+0063) байна" in problem.format("mn")
    assert (first.subject is None, second.subject is not None) == (True, True)
    assert spots(found.problems) == ["Гүйцэтгэл!A3 PF171"]


def test_unused_columns_are_told_once() -> None:
    """Not for each row."""
    found = sheets.read(workbook("# Нэгж\nНэр|Байдлаар\nА|2024\nБ|2024\nВ"), plan=PLAN)
    assert [spot for spot in spots(all_problems(found)) if "PF417" not in spot] == ["Нэгж!B1 PF186"]


def test_a_unit_given_twice_is_not_missing() -> None:
    """The second one has no rows because it is the second one."""
    found = sheets.read(workbook("# Нэгж\nНэр\nА\nА\n# Гүйцэтгэл\nНэгж|Арга хэмжээ|Хувь\nА|1|100"), plan=PLAN)
    assert [p.code for p in found.units[1].problems if p.code != "PF417"][:1] == ["PF173"]
    assert "PF179" not in [p.code for p in found.units[1].problems]


SHARES = {
    "!number 0.7": "0.7%",
    "!number 1": "1%",
    "0,7": "0.7%",
    "0.7%": None,
    "!percent 0.7": None,
    "!percent 0.007": None,
    "!number 0": None,
    "1.5": None,
}


@pytest.mark.parametrize(("cell", "printed"), SHARES.items())
def test_shares_among_percents(cell: str, printed: str | None) -> None:
    """A plain number of 1 or less may be a percent that has lost its format; with its sign it is in no doubt."""
    (unit,) = sheets.read(workbook(f"{UNITS}\n# Гүйцэтгэл\nНэгж|Арга хэмжээ|Хувь\nСанхүү|1|{cell}"), plan=PLAN).units
    told = [p for p in unit.problems if p.code == "PF193"]
    assert [p.args["found"] for p in told] == ([printed] if printed else [])
    assert unit.subject is not None


UNKNOWN = {
    "sheets": (workbook("# Хуудас1\nа|б\n# Хуудас2\nв"), ["PF192"]),
    "guide": (workbook("# Заавар\nа"), ["PF192"]),
    "mistyped": (workbook("# Гүйцэтгл\nа"), ["PF165"]),
    "csv": ("а,б\n1,2\n".encode(), ["PF192"]),
}


@pytest.mark.parametrize(("content", "expected"), UNKNOWN.values(), ids=list(UNKNOWN))
def test_nothing_that_is_read(content: bytes, expected: list[str]) -> None:
    """A file of which nothing is read is an error, not a success with a warning."""
    assert [p.code for p in sheets.read(content, plan=PLAN).problems] == expected


def test_what_is_missing_has_a_remedy() -> None:
    """One that fits the kind of file."""
    results = "Нэгж,Арга хэмжээ,Хувь\nА,1,100\n".encode()
    book = workbook("# Гүйцэтгэл\nНэгж|Арга хэмжээ|Хувь\nА|1|100")
    hints = [sheets.read(content).problems[0].hint("en") for content in (results, book, "Нэр\nА\n".encode())]
    assert [words in hint for words, hint in zip(("one table", "Add the sheet", "--plan"), hints, strict=True)] == [
        True
    ] * 3


NO_PLAN = {
    "reports": (
        "# Нэгж\nНэр|Харьяалах нэр|Гарчиг\nСанхүү||2023 оны тайлан\nЗүүн|Зүүний\n"
        "# Гүйцэтгэл\nНэгж|Арга хэмжээ|Хувь\nСанхүү|1|100\nЗүүн|1|170",
        ["! PF182", "Нэгж!A2 PF417", "Гүйцэтгэл!C3 PF112"],
    ),
    "plans": (
        "# Нэгж\nНэр|Харьяалах нэр|Хугацаа\nСанхүү||2024.01.01-2024.12.31\nЗүүн|Зүүний",
        ["! PF182", "Нэгж!A2 PF417"],
    ),
}


@pytest.mark.parametrize(("notation", "expected"), NO_PLAN.values(), ids=list(NO_PLAN))
def test_without_a_plan_units_have_faults_of_their_own_alone(notation: str, expected: list[str]) -> None:
    """That the plan is missing is told once; what is wrong with the cells of a unit is told all the same."""
    assert spots(all_problems(sheets.read(workbook(notation)))) == expected


@pytest.mark.parametrize("content", [XLS[:5000], workbook(UNITS)[:-40], b"PK\x03\x04x", 'Нэр\n"А'.encode()])
def test_no_english_in_mongolian(content: bytes) -> None:
    """What a library says of a damaged file is English, and stays out of Mongolian messages."""
    (problem,) = sheets.read(content, plan=PLAN).problems
    assert not re.search("[a-z]{3}", problem.message("mn"))
    assert re.search("[a-z]{3}", problem.message("en"))


def test_two_units_of_one_name_are_refused() -> None:
    """Their rows could not be told apart."""
    with pytest.raises(DataError) as refused:
        sheets.new(PLAN, units=[Organisation(name="А"), Organisation(name="а")])
    assert [(p.code, getattr(p.place, "code_path", "")) for p in refused.value.problems] == [("PF173", "units[1]")]


@settings(max_examples=60)
@given(st.lists(texts().filter(lambda t: t.strip() != ""), min_size=3, max_size=3))
def test_texts_survive(given_texts: list[str]) -> None:
    """Texts of an organisation and of measures come back letter by letter."""
    name, criterion, outcome = given_texts
    raw = {"text": criterion, "criteria": [{"text": criterion, "baseline": outcome}], "outcome": outcome}
    plan = Plan.model_validate({"title": name, "year": 2024, "owner": name, "measures": [raw]})
    unit = Organisation(name=name, genitive=outcome)
    read = sheets.read(sheets.new(plan, units=[unit]))
    assert read.plan == plan
    assert [u.subject.unit for u in read.units if isinstance(u.subject, Report)] == [unit]


def test_what_does_not_fit_is_refused_with_its_place() -> None:
    """Blank texts, texts too long, labels that are no heading, and measures that results could not name."""
    raw = PLAN.model_dump()
    bad = {
        **raw,
        "stage": "",
        "extra": {"а\n": "б"},
        "measures": [{"text": "а" * 40_000}, {"text": "б", "outcome": " "}],
    }
    with pytest.raises(DataError) as refused:
        sheets.new(Plan.model_validate(bad))
    found = {(p.code, getattr(p.place, "code_path", "")) for p in refused.value.problems}
    assert found >= {("PF184", "stage"), ("PF158", "measures[0].text"), ("PF184", "measures[1].outcome")}
    twice = Plan.model_validate({**raw, "measures": [{"text": "а", "number": "1"}, {"text": "б", "number": "1."}]})
    with pytest.raises(DataError) as refused:
        sheets.new(twice, units=[Organisation(name="А")])
    assert [p.code for p in refused.value.problems] == ["PF177"]
    many = [Organisation(name=f"Н{i}") for i in range(7_000)]
    with pytest.raises(DataError) as refused:
        sheets.new(PLAN, units=many)
    assert [p.code for p in refused.value.problems] == ["PF157"]


@pytest.mark.parametrize("record", reachable(describe(Plan), describe(Report), data=True), ids=lambda r: r.name)
def test_every_field_has_a_heading(record: Any) -> None:
    """The name of each field in both languages and its synonyms mean it; a printed heading means its path."""
    for field in record.data.values():
        path = sheet_columns.resolve(record, field.term.mn)
        if path is None:  # a part without a plain text, or the tree itself: its fields have headings
            continue
        assert path == (field.name,)
        names = (field.name, field.term.mn.upper(), *field.term.also)
        assert {sheet_columns.resolve(record, name) for name in names} == {path}
        assert sheet_columns.resolve(record, sheet_columns.heading(record, path)) == path


# --- traps of spreadsheet programs ---------------------------------------------------------------------------------------

VALUES: dict[str, tuple[str, str, str]] = {
    # heading, cell, what the result holds
    "text": ("Биелэлт", "Хийсэн", "Хийсэн"),
    "text with lines": ("Биелэлт", "а⏎б", "а\nб"),
    "whole number": ("Биелэлт", "!number 3", "3"),
    "sum of tenths": ("Биелэлт", "!number 0.30000000000000004", "0.3"),
    "large number": ("Биелэлт", "!number 1e15", "1000000000000000"),
    "percent as shown": ("Биелэлт", "!percent 0.07", "7%"),
    "percent": ("Хувь", "!percent 0.7", "70"),
    "percent as text": ("Хувь", "70%", "70"),
    "percent as number": ("Хувь", "!number 70", "70"),
    "percent with decimals": ("хэрэгжилтийн хувь", "!percent 0.914", "91.4"),
    "formula with value": ("Хувь", "!value 30", "30"),
    "status": ("Төлөв", "хугацаа болоогүй", "not_due"),
    "amount": ("Зарцуулсан хөрөнгө", "!number 12.5", "12.5"),
    "money in words": ("Зарцуулсан хөрөнгө", "орон нутгийн төсөв", "орон нутгийн төсөв"),
    "part by its own name": ("Файл", "!number 2", "2"),
    "part of a part": ("Хавсралт: зураг", "8", "8"),
    "many lines": ("Хавсралт: нэрс", "а.jpg⏎⏎б.jpg", "а.jpg, б.jpg"),
    "indicators as lines": ("Үзүүлэлтийн утга", "1: 12", "1=12"),
    "indicator as column": ("Үзүүлэлтийн утга: 1", "!number 12", "1=12"),
    "field of one's own": ("Нэмэлт: эрсдэл", "өндөр", "эрсдэл=өндөр"),
    "escaped control character": ("Биелэлт", "_x000B_", "_x000B_"),
}


@pytest.mark.parametrize(("heading", "cell", "expected"), VALUES.values(), ids=list(VALUES))
def test_values(heading: str, cell: str, expected: str) -> None:
    """A cell says what the program shows."""
    found = sheets.read(workbook(f"{UNITS}\n# Гүйцэтгэл\nНэгж|Арга хэмжээ|{heading}\nСанхүү|1|{cell}"), plan=PLAN)
    (unit,) = found.units
    assert isinstance(unit.subject, Report), unit.problems
    result = unit.subject.results["1"]
    values = [v for v in _scalars(result.model_dump()) if v]
    assert values == [expected]


def _scalars(value: object) -> list[str]:
    if (
        isinstance(value, dict)
        and set(value) - {"files", "amount", "done"}
        and all(isinstance(v, str) for v in value.values())
    ):
        known = {"source", "unit", "text", "names", "total"}
        return [v if k in known else f"{k}={v}" for k, v in value.items()]
    if isinstance(value, dict):
        return [s for v in value.values() for s in _scalars(v)]
    if isinstance(value, list | tuple):
        return [", ".join(value)] if value else []
    return [] if value is None else [str(value)]


TRAPS: dict[str, tuple[str, str]] = {
    "date for 1.1": ("!date 2024-01-01", "PF159"),
    "time": ("!time 12:30", "PF159"),
    "truth value": ("!true", "PF162"),
    "error": ("!error #REF!", "PF161"),
    "formula without value": ("!formula", "PF160"),
    "not a number": ("далан", "PF111"),
    "more than all": ("!number 170", "PF112"),
    "a percent as a plain text of doubt": ("ХБ", "PF111"),
}


@pytest.mark.parametrize(("cell", "code"), TRAPS.values(), ids=list(TRAPS))
def test_traps(cell: str, code: str) -> None:
    """What the program has made of a value is told at its cell, once, and no report is made of it."""
    source = workbook(
        f"{UNITS}\n# Гүйцэтгэл\n\n\nХувь|Нэгж||Арга хэмжээ\n{cell}|Санхүү||1\n100|Санхүү||2\n100|Санхүү||3"
    )
    (unit,) = sheets.read(source, plan=PLAN).units
    assert unit.subject is None
    assert [spot for spot in spots(unit.problems) if "PF417" not in spot] == [f"Гүйцэтгэл!A4 {code}"]


def test_dates_where_dates_belong() -> None:
    """A cell that the program knows as a date is one in a field of dates or periods."""
    source = workbook(
        f"{UNITS[:-7]}|Байдлаар|Батлах тэмдэглэл: огноо\nСанхүү|!date 2024-12-31|!date 2024-03-20\n# Гүйцэтгэл\nНэгж|Арга хэмжээ"
    )
    (unit,) = sheets.read(source, plan=PLAN).units
    assert isinstance(unit.subject, Report)
    assert str(unit.subject.as_of) == "2024.12.31"
    assert str(unit.subject.approval[0].date) == "2024-03-20"


TWENTY = """
# Төлөвлөгөө
Гарчиг||Авлигын эсрэг төлөвлөгөө
Он||мянга
Байгуулага||Хэлтсийн газар
Байгууллага||Төсвийн газар

Түвшин|Дугаар|Бичвэр|Хугацаа|Нэмэлт: эрсдэл
Зорилт|1|Нэгдүгээр зорилт
Арга хэмжээ|1.1|Сургалт||!error #N/A
Арга хэмжээ|1.2|Мэдээлэл
Арга хэмжээ|1.2|Хэлэлцүүлэг
Арга хэмжэ|1.3|Хяналт
Арга хэмжээ|!date 2024-01-04|Аудит
Шалгуур||Тайлан
Дэд арга хэмжээ||Үнэлгээ
Зорилт||Хоёрдугаар зорилт
Дэд арга хэмжээ||Эзэнгүй
# Нэгж
Нэр|Товч нэр|Товч нер
Санхүүгийн хэлтэс|С|х
Хяналтын хэлтэс|!true
Санхүүгийн хэлтэс|Д
|Нэргүй
# Гүйцэтгэл
Нэгж|Арга хэмжээ|Хувь|Төлөв|Хавсралт: файл|Шалтгаан
Санхүүгийн хэлтэс|1.1|170
Санхүүгийн хэлтэс|9.9|100
Санхүүгийн хэлтэс||100
Хяналтын хэлтс|1.1|100
Огт өөр газар|1.1|100
|1.1|100
Хяналтын хэлтэс|1.1|100||!number 1.5
Хяналтын хэлтэс|1.1|70
Хяналтын хэлтэс|!formula|100
Хяналтын хэлтэс|1.3|!time 07:30||хоёр
Санхүүгийн хэлтэс|1.3|100|хугацаагүй
Хяналтын хэлтэс|!merge 2 1.5|100
"""

PLANTED = """
Төлөвлөгөө!C2 PF114
Төлөвлөгөө!A3 PF167
Төлөвлөгөө!E8 PF161
Төлөвлөгөө!B10 PF404
Төлөвлөгөө!A11 PF180
Төлөвлөгөө!B12 PF159
Төлөвлөгөө!A16 PF181
Нэгж!C1 PF167
Нэгж!B3 PF162
Нэгж!A4 PF173
Нэгж!A5 PF105
Гүйцэтгэл!C2 PF112
Гүйцэтгэл!B3 PF174
Гүйцэтгэл!B4 PF175
Гүйцэтгэл!A5 PF171
Гүйцэтгэл!A6 PF171
Гүйцэтгэл!A7 PF172
Гүйцэтгэл!E8 PF113
Гүйцэтгэл!B9 PF176
Гүйцэтгэл!B10 PF160
Гүйцэтгэл!C11 PF159
Гүйцэтгэл!E11 PF111
Гүйцэтгэл!D12 PF116
Гүйцэтгэл!B13 PF163
"""


def test_planted_mistakes() -> None:
    """Twenty and some mistakes over three sheets: each is told once, at its cell, in both languages; nothing is made."""
    found = sheets.read(workbook(TWENTY))
    assert found.plan is None
    assert [unit.subject for unit in found.units] == [None] * 4
    errors = [problem for problem in all_problems(found) if problem.is_error]
    assert sorted(spots(errors)) == sorted(PLANTED.split("\n")[1:-1])
    assert len(PLANTED.split("\n")[1:-1]) >= 20
    for problem in errors:
        assert re.search("[а-яөү]", problem.format("mn"))
        assert re.search("[a-z]", problem.format("en"))


def test_a_faulty_unit_costs_itself_alone() -> None:
    """The others are made; a row of nobody is told and keeps nobody from being made."""
    source = workbook(
        "# Нэгж\nНэр\nСанхүү\nХяналт\n# Гүйцэтгэл\nНэгж|Арга хэмжээ|Хувь\n"
        "Санхүү|1|170\nХяналт|1|100\nХяналт|2|100\nХяналт|3|100\nДотоод аудитын алба|1|100"
    )
    found = sheets.read(source, plan=PLAN)
    assert [unit.key for unit in found.units if unit.subject is not None] == ["Хяналт"]
    assert [p.code for p in found.problems] == ["PF171"]
    assert has_errors(found.units[0].problems)


# --- other people's tables ------------------------------------------------------------------------------------------------

FOREIGN = """
# 2024
ХЭЛТСИЙН ТӨЛӨВЛӨГӨӨ
Гарчиг|Авлигын эсрэг төлөвлөгөө
Он|!number 2024
Байгууллага:|Төсвийн газар

№|Зорилт|Хэрэгжүүлэх арга хэмжээ|Гүйцэтгэлийн шалгуур|Хэрэгжүүлэх хугацаа
1|2|3|4|5
1.1|Ил тод байдал|Мэдээлэл нийтлэх|- тоо⏎- чанар|Жилдээ
1.2|Ил тод байдал|Хэлэлцүүлэг|тоо|2 дугаар улирал
1.3||Санал асуулга
2.1|Хяналт|Шалгалт||III улирал
"""


def test_a_form_of_somebody_else() -> None:
    """A table as forms print it is a plan: levels in columns, synonyms, a row that counts the columns, any sheet name."""
    found = sheets.read(workbook(FOREIGN))
    assert found.plan is not None, found.problems
    assert [p.code for p in found.problems] == ["PF188"]
    first, second = found.plan.objectives
    assert [m.text for m in first.measures] == ["Мэдээлэл нийтлэх", "Хэлэлцүүлэг", "Санал асуулга"]
    assert [m.number for m in (*first.measures, *second.measures)] == ["1.1", "1.2", "1.3", "2.1"]
    assert [c.text for c in first.measures[0].criteria] == ["- тоо", "- чанар"]
    assert str(second.measures[0].period) == "III улирал"


def test_criteria_and_sub_measures_as_rows() -> None:
    """Rows say by their level where they belong; lines of a cell and rows of criteria go together."""
    source = workbook(
        "# Төлөвлөгөө\nГарчиг||Т\nОн||2024\nБайгууллага||Хороо\n\n"
        "Түвшин|Бичвэр|Шалгуур үзүүлэлт|Хэмжих нэгж|Зорилтот түвшин\n"
        "Арга хэмжээ|а|нэг⏎хоёр\nШалгуур|гурав||хувь|!percent 0.95\nДэд шалгуур|дөрөв\nДэд арга хэмжээ|б\nшалгуур үзүүлэлт|тав"
    )
    plan = sheets.read(source).plan
    assert plan is not None
    (measure,) = plan.measures
    assert [c.text for c in measure.criteria] == ["нэг", "хоёр", "гурав"]
    assert (measure.criteria[2].measured_in, str(measure.criteria[2].target.value)) == ("хувь", "95%")  # type: ignore[union-attr]
    assert [c.text for c in measure.criteria[2].criteria] == ["дөрөв"]
    assert [c.text for c in measure.measures[0].criteria] == ["тав"]


def test_units_alone_get_plans() -> None:
    """Without results each unit has the shared plan as its own, with what its row says in other words."""
    source = workbook(
        "# Units\nНэгжийн нэр|Харьяалах нэр|Гарчиг|Хугацаа|Хариуцах нэгж|Гаргагч|Батлах тэмдэглэл: нэр\n"
        "Санхүү|Санхүүгийн|Өөр гарчиг|Жилдээ|Нягтлан⏎Нярав|Яам|Б.Бат\nХяналт|Хяналтын"
    )
    first, second = (unit.subject for unit in sheets.read(source, plan=PLAN).units)
    assert isinstance(first, Plan)
    assert (first.owner.name, first.owner.genitive, first.title, str(first.period)) == (
        "Санхүү",
        "Санхүүгийн",
        "Өөр гарчиг",
        "Жилдээ",
    )
    assert first.defaults is not None
    assert first.defaults.responsible == ("Нягтлан", "Нярав")
    assert first.approval[0].person is not None
    assert first.issuer is not None
    assert (first.issuer.name, first.approval[0].person.name) == ("Яам", "Б.Бат")
    assert first.measures == PLAN.measures
    assert second == PLAN.model_copy(update={"owner": Organisation(name="Хяналт", genitive="Хяналтын")})


def test_measures_by_number_id_or_text() -> None:
    """A row may name its measure in any of the three ways; `1.` is 1."""
    plan = Plan.model_validate({**PLAN.model_dump(), "measures": ["а", {"text": "б", "id": "бэ"}, "гурав дахь  нь"]})
    source = workbook(f"{UNITS}\n# Гүйцэтгэл\nНэгж|№|Хувь\nсанхүү|1.|100\nСАНХҮҮ|2|100\nСанхүү |гурав дахь нь|100")
    (unit,) = sheets.read(source, plan=plan).units
    assert isinstance(unit.subject, Report), unit.problems
    assert list(unit.subject.results) == ["1", "бэ", "3"]


def hidden_columns(content: bytes) -> dict[str, list[str]]:
    """The headings of the columns that a workbook hides, by sheet."""
    hidden: dict[str, list[str]] = {}
    with zipfile.ZipFile(BytesIO(content)) as archive:
        for number, sheet in enumerate(read_book(content).sheets, 1):
            xml = archive.read(f"xl/worksheets/sheet{number}.xml").decode()
            for found in re.findall(r"<col [^>]*hidden=\"1\"[^>]*>", xml):
                column = int(re.findall(r'min="(\d+)"', found)[0]) - 1
                first = min(spot for spot in sheet.cells if spot[1] == column)
                hidden.setdefault(str(sheet.name), []).append(sheet.cells[first].text)
    return hidden


def test_ids_are_hidden_keys() -> None:
    """People see numbers; programs go by ids in hidden columns, so a row whose number was lost is still known."""
    plan = Plan.model_validate(
        {**PLAN.model_dump(), "measures": [{"text": "а", "id": "нэг"}, "б", {"text": "в", "id": "гурав"}]}
    )
    report = Report(
        plan=plan, unit=Organisation(name="Санхүү", genitive="Санхүүгийн"), results={"гурав": {"percent": 70}}
    )
    content = sheets.new(plan, units=[report])
    assert hidden_columns(content) == {"Төлөвлөгөө": ["Таних тэмдэг"], "Гүйцэтгэл": ["Түлхүүр"]}
    book = sheets.read(content)
    assert (book.plan, [unit.subject for unit in book.units]) == (plan, [report])
    assert [read_book(content).sheets[2].cells[row, 1].text for row in (1, 2, 3)] == ["1", "2", "3"]
    assert hidden_columns(sheets.new(PLAN, units=[Organisation(name="Санхүү")])) == {}


KEYED = """# Нэгж
Нэр
Санхүү
# Гүйцэтгэл
Нэгж|Арга хэмжээ|Хувь|Түлхүүр
Санхүү|{number}|100|{key}"""


@pytest.mark.parametrize(
    ("number", "key", "expected"),
    [
        ("1", "нэг", "нэг"),
        ("", "нэг", "нэг"),
        ("1", "", "нэг"),
        ("а", "нэг", "нэг"),
        ("2", "", "2"),
        ("2", "нэг", "PF185"),
        ("9", "нэг", "PF174"),
        ("1", "арав", "PF174"),
        ("!date 2024-01-01", "нэг", "PF159"),
        ("ижил", "тав", "тав"),
        ("ижил", "", "PF177"),
    ],
)
def test_hidden_keys(number: str, key: str, expected: str) -> None:
    """The key and the cell in view mean the same measure, or the row is told; either alone will do."""
    measures = [{"text": "а", "id": "нэг"}, "б", "в", "ижил", {"text": "ижил", "id": "тав"}]
    plan = Plan.model_validate({**PLAN.model_dump(), "measures": measures})
    (unit,) = sheets.read(workbook(KEYED.format(number=number, key=key)), plan=plan).units
    if expected.startswith("PF"):
        assert [p.code for p in unit.problems if p.is_error] == [expected]
    else:
        assert isinstance(unit.subject, Report), unit.problems
        assert list(unit.subject.results) == [expected]


def test_what_is_not_reported_stands_at_its_row() -> None:
    """Ids or not: a measure without a result is told at its own row, and a row with a fault is not told again."""
    measures = [{"text": "а", "id": "нэг"}, "б", {"text": "в", "id": "гурав"}, {"text": "г", "id": "дөрөв"}]
    plan = Plan.model_validate({**PLAN.model_dump(), "measures": measures})
    new = sheets.new(plan, units=[Organisation(name="Санхүү", genitive="Санхүүгийн")])
    assert codes(new, None) == [f"Гүйцэтгэл!B{row} PF409" for row in (2, 3, 4, 5)]
    results = "Санхүү|1|100|нэг\nСанхүү|3||гурав\nСанхүү|4|!error #REF!|дөрөв"
    source = workbook(f"# Нэгж\nНэр\nСанхүү\n# Гүйцэтгэл\nНэгж|Арга хэмжээ|Хувь|Түлхүүр\n{results}")
    found = [spot for spot in codes(source, plan) if "PF409" in spot]
    assert found == ["Нэгж!A2 PF409", "Гүйцэтгэл!B3 PF409"]


def test_a_mistyped_heading_is_offered() -> None:
    """Also where it only looks right: a Latin letter among Cyrillic ones."""
    found = sheets.read(workbook("# Нэгж\nНэр|Товч нэp\nСанхүү|С"), plan=PLAN)
    assert "«p» (U+0070)" in found.problems[0].format("mn")


def test_empty_unknown_columns_are_nothing() -> None:
    """A heading without values loses nothing, so it is no fault."""
    assert codes(workbook("# Нэгж\nНэр|Тэмдэглэл хийх зай\nСанхүү\nХяналт")) == []


# --- CSV ----------------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
def test_csv(delimiter: str) -> None:
    """A table as CSV in UTF-8, with or without a mark; quoted cells have commas and lines."""
    rows = [
        ["Нэр", "Товч нэр", "Харьяалах нэр"],
        ['"Хууль, эрх зүйн; хэлтэс"', "'=1+1", '"а\nб"'],
        ["Өөр", "''@", "'а"],
    ]
    content = "\r\n".join(delimiter.join(row) for row in rows).encode("utf-8-sig")
    first, second = (unit.subject for unit in sheets.read(content, plan=PLAN).units)
    assert isinstance(first, Plan)
    assert isinstance(second, Plan)
    assert (first.owner.name, first.owner.short, first.owner.genitive) == ("Хууль, эрх зүйн; хэлтэс", "=1+1", "а\nб")
    assert (second.owner.short, second.owner.genitive) == ("'@", "'а")


def test_csv_of_results_has_cells() -> None:
    """A CSV file of results is known by its headings; it has no units, which is told, and its cells are places."""
    found = sheets.read("Нэгж,Арга хэмжээ,Хувь\nСанхүү,1,100\n".encode(), plan=PLAN)
    assert [p.code for p in found.problems] == ["PF182"]


LOST = {
    "as code page": "Т?л?вл?г??ний хэлтэс\nХ?д?? аж ахуй\n".encode("cp1251"),
    "as UTF-8": "Нэр\nТ?л?вл?г??ний хэлтэс\nХ?д?? аж ахуй\n".encode(),
    "with a semicolon": "Нэр;Гарчиг\nҮйл;?йл ажиллагаа, х?д??\n".replace("Үйл", "Тест").encode("cp1251"),
}


@pytest.mark.parametrize("content", LOST.values(), ids=list(LOST))
def test_lost_letters(content: bytes) -> None:
    """A file that has lost its Ө and Ү is never read as if it had not."""
    assert codes(content) == ["! PF154"]


def test_questions_are_no_lost_letters() -> None:
    """A question mark at the end of a word is one."""
    assert codes("Нэр\nЯагаад вэ? Юу вэ?\nХэн бэ?\n".encode()) == []


# --- hostile and broken files ----------------------------------------------------------------------------------------------


def sheet_xml(old: bytes, new: bytes) -> bytes:
    """The workbook of units with its first sheet changed."""
    return edited(workbook(UNITS), lambda name, data: data.replace(old, new) if "sheet1" in name else data)


def ods(rows: str) -> bytes:
    """An OpenDocument spreadsheet with these rows in «Нэгж»."""
    names = {n: f"urn:oasis:names:tc:opendocument:xmlns:{n}:1.0" for n in ("office", "table", "text")}
    spaces = " ".join(f'xmlns:{short}="{name}"' for short, name in names.items())
    content = (
        f'<?xml version="1.0" encoding="UTF-8"?><office:document-content {spaces} office:version="1.3"><office:body>'
        f'<office:spreadsheet><table:table table:name="Нэгж">{rows}</table:table></office:spreadsheet></office:body>'
        "</office:document-content>"
    )
    out = BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(zipfile.ZipInfo("mimetype"), "application/vnd.oasis.opendocument.spreadsheet")
        archive.writestr("content.xml", content)
        archive.writestr("META-INF/manifest.xml", "<m/>")
    return out.getvalue()


def ods_cell(text: str, attributes: str = "") -> str:
    return f'<table:table-cell office:value-type="string" {attributes}><text:p>{text}</text:p></table:table-cell>'


REPEATED = 'table:number-columns-repeated="16384"'


def bomb() -> bytes:
    out = BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("xl/workbook.xml", b"<workbook/>")
        archive.writestr("xl/worksheets/sheet1.xml", bytes(60 << 20))
    return out.getvalue()


DIMENSION = re.search(
    rb'<dimension ref="[^"]*"/>', zipfile.ZipFile(BytesIO(workbook(UNITS))).read("xl/worksheets/sheet1.xml")
)
assert DIMENSION is not None
HOSTILE: dict[str, tuple[Callable[[], bytes], list[str]]] = {
    "zip bomb": (bomb, ["! PF150"]),
    "far cell": (BOOKS["far"], ["Нэгж!XFD1048576 PF157"]),
    "lying dimension": (lambda: sheet_xml(DIMENSION[0], b'<dimension ref="A1"/>'), []),  # type: ignore[index]
    "huge dimension": (lambda: sheet_xml(DIMENSION[0], b'<dimension ref="A1:XFD1048576"/>'), []),  # type: ignore[index]
    "merge over all": (
        lambda: sheet_xml(b"</sheetData>", b'</sheetData><mergeCells><mergeCell ref="A2:XFD1048576"/></mergeCells>'),
        ["Нэгж!A2 PF163"],
    ),
    "document type": (lambda: sheet_xml(b"<worksheet", b'<!DOCTYPE x [<!ENTITY a "b">]><worksheet'), ["! PF150"]),
    "not well-formed": (lambda: sheet_xml(b"</sheetData>", b""), ["! PF150"]),
    "deep": (lambda: sheet_xml(b"<sheetData>", b"<a>" * 1_000 + b"<sheetData>"), ["! PF150"]),
    "Word document": (
        lambda: Path(SAMPLES[0].parent.parent.parent, "planforge/templates/plan.docx").read_bytes(),
        ["! PF151"],
    ),
    "YAML": (SAMPLES[0].read_bytes, ["! PF151"]),
    "web page called .xls": (lambda: b"<html><table><tr><td>a</td></tr></table></html>", ["! PF151"]),
    "empty": (lambda: b"", ["! PF153"]),
    "old file of nothing": (lambda: b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(3_000), ["! PF150"]),
    "UTF-16": (lambda: "Нэр\nА".encode("utf-16"), ["! PF155"]),
    "many rows": (lambda: ("Нэр\n" + "А\n" * 20_001).encode(), ["!A20001 PF157"]),
    "repeated cell": (
        lambda: ods(f"<table:table-row>{ods_cell('Нэр', REPEATED)}</table:table-row>"),
        ["Нэгж!CW1 PF157"],
    ),
    "repeated row": (
        lambda: ods(f'<table:table-row table:number-rows-repeated="1048576">{ods_cell("Нэр")}</table:table-row>'),
        ["Нэгж!A20001 PF157"],
    ),
    "repeated gap": (
        lambda: ods(
            f'<table:table-row table:number-rows-repeated="900000"><table:table-cell/></table:table-row>'
            f"<table:table-row>{ods_cell('Нэр')}</table:table-row>"
        ),
        ["Нэгж!A900001 PF157"],
    ),
}


@pytest.mark.parametrize(("source", "expected"), HOSTILE.values(), ids=list(HOSTILE))
def test_hostile(source: Callable[[], bytes], expected: list[str]) -> None:
    """A hostile or broken file is told in one line, before it costs memory."""
    assert codes(source()) == expected


def test_old_excel() -> None:
    """What calamine does not tell of .xls: percents, errors, hidden rows. LibreOffice wrote the file."""
    book = read_book(XLS)
    first, second = book.sheets
    assert (first.merged, first.hidden) == ([((3, 0), (4, 0))], [2])
    assert [first.cells[row, 1].text for row in (1, 2, 4)] == ["70%", "12%", "0.7"]
    assert first.cells[3, 1].fault == ("PF161", {"found": "#DIV/0!"})
    assert second.cells[0, 1].fault == ("PF161", {"found": "#N/A"})


def test_old_excel_far_and_in_a_circle() -> None:
    """A cell beyond the limits costs no memory; sectors that point to each other are damage."""
    at = XLS.index(b"\x7e\x02\x0a\x00")  # an RK record: type, length, row
    far = XLS[: at + 4] + b"\xff\xff\xff\x00" + XLS[at + 8 :]
    assert codes(far)[0] == "Нэгж!IV65536 PF157"
    at = XLS.index(b"\x00\x02\x0e\x00")  # DIMENSIONS: calamine asks for as much memory as it says
    assert codes(XLS[: at + 8] + b"\xff\xff\xff\x7f" + XLS[at + 12 :]) == ["! PF150"]
    table = 512 * (1 + int.from_bytes(XLS[76:80], "little"))
    for start in (48, 116 + 512 * (1 + int.from_bytes(XLS[48:52], "little"))):
        first = int.from_bytes(XLS[start : start + 4], "little")
        circle = bytearray(XLS)
        circle[table + 4 * first : table + 4 * first + 4] = first.to_bytes(4, "little")
        assert codes(bytes(circle)) == ["! PF150"]


def test_open_document() -> None:
    """What calamine does not tell of .ods: tabs, notes, errors."""
    note = "<office:annotation><text:p>тэмдэглэл</text:p></office:annotation>"
    rows = (
        f"<table:table-row>{ods_cell('Нэр')}{ods_cell('Товч нэр')}</table:table-row><table:table-row>"
        f"{ods_cell('а<text:tab/>б<text:s text:c=%s/>в' % (chr(34) + '2' + chr(34)))}{ods_cell('Т').replace('<text:p>', note + '<text:p>')}</table:table-row>"
    )
    (unit,) = sheets.read(ods(rows), plan=PLAN).units
    assert isinstance(unit.subject, Plan)
    assert (unit.subject.owner.name, unit.subject.owner.short) == ("а\tб  в", "Т")


@settings(max_examples=150)
@given(st.data())
def test_damaged_files_never_raise(draw: st.DataObject) -> None:
    """Any byte of a workbook may be wrong: problems, or a workbook, never an exception."""
    content = bytearray(draw.draw(st.sampled_from([workbook(UNITS), XLS, "Нэр,а\nб,в\n".encode()])))
    for _ in range(draw.draw(st.integers(1, 5))):
        content[draw.draw(st.integers(0, len(content) - 1))] = draw.draw(st.integers(0, 255))
    sheets.read(bytes(content), plan=PLAN)


@pytest.mark.parametrize(
    ("name", "code"),
    [("no.xlsx", "PF120"), ("folder", "PF121"), ("~$units.xlsx", "PF123")],
    ids=["none", "folder", "lock"],
)
def test_files_that_cannot_be_read(name: str, code: str, tmp_path: Path) -> None:
    """They are problems with the file's name."""
    (tmp_path / "folder").mkdir()
    found = sheets.read(tmp_path / name)
    assert [(p.code, p.place.file) for p in found.problems if p.place] == [(code, str(tmp_path / name))]


def test_cell_names() -> None:
    """Rows and columns as spreadsheet programs name them."""
    for spot, name in (((0, 0), "A1"), ((16, 4), "E17"), ((0, 26), "AA1"), ((1_048_575, 16_383), "XFD1048576")):
        assert cell_name(*spot) == name
        assert spot_of(name) == spot


# --- real office programs -----------------------------------------------------------------------------------------------------


@pytest.fixture
def converted(libreoffice: Path, tmp_path: Path) -> Callable[[bytes, str], bytes]:
    """Opens a workbook in LibreOffice and saves it as another kind; the test is skipped where Calc is not installed."""

    def convert(content: bytes, kind: str) -> bytes:
        (tmp_path / "in").mkdir(exist_ok=True)
        source = tmp_path / "in" / "units.xlsx"
        source.write_bytes(content)
        profile = f"-env:UserInstallation={(tmp_path / 'profile').as_uri()}"
        command = [
            str(libreoffice),
            profile,
            "--headless",
            "--convert-to",
            kind,
            "--outdir",
            str(tmp_path),
            str(source),
        ]
        subprocess.run(command, capture_output=True, timeout=120, check=False)
        made = tmp_path / f"units.{kind}"
        if not made.exists():
            reason = "LibreOffice Calc is not installed: apt-get install libreoffice-calc-nogui"
            (pytest.fail if os.environ.get("CI") else pytest.skip)(reason)
        return made.read_bytes()

    return convert


FILLED = """
# Нэгж
Таних тэмдэг|Нэр|Харьяалах нэр|Байдлаар
С|Санхүүгийн хэлтэс|Санхүүгийн хэлтсийн|2024 оны жилийн эцэс
Х|Хяналтын хэлтэс
# Гүйцэтгэл
Нэгж|Арга хэмжээ|Биелэлт|Хувь|Төлөв|Зарцуулсан хөрөнгө|Хавсралт: файл|Үзүүлэлтийн утга: 1
С|1|=1+1 гэж бичсэн⏎хоёр дахь мөр|70%||!number 12.5|!number 3|1.10
С|2|  зайтай  ||ХБ
С|3|Өө Үү ₮ № _x000B_|!number 100
Х|1|+976 99110011|100
Х|2|@|0|||0
Х|3|'хашилт|99.5
"""


@pytest.mark.office
@pytest.mark.parametrize("kind", ["xlsx", "ods", "xls"])
def test_through_libreoffice(kind: str, converted: Callable[[bytes, str], bytes]) -> None:
    """A clean workbook opened and saved by LibreOffice reads the same, as .xlsx, .ods and .xls."""
    content = workbook(FILLED)
    before = sheets.read(content, plan=PLAN)
    assert all(unit.subject is not None for unit in before.units), all_problems(before)
    after = sheets.read(converted(content, kind), plan=PLAN)
    assert [unit.subject for unit in after.units] == [unit.subject for unit in before.units]
    assert spots(all_problems(after)) == spots(all_problems(before))


@pytest.mark.office
@pytest.mark.parametrize("kind", ["xlsx", "ods"])
def test_a_new_workbook_through_libreoffice(kind: str, converted: Callable[[bytes, str], bytes]) -> None:
    """What `new` writes comes back after LibreOffice has saved it."""
    plan = load(SAMPLES[1], Plan)
    units = [Organisation(name="Гаалийн бодлогын газар"), Organisation(name="Хуулийн хэлтэс")]
    after = sheets.read(converted(sheets.new(plan, units=units), kind))
    assert after.plan == plan
    assert [unit.subject.unit for unit in after.units if isinstance(unit.subject, Report)] == units


@pytest.mark.office
@pytest.mark.parametrize("kind", ["xlsx", "ods", "xls"])
def test_traps_through_libreoffice(kind: str, converted: Callable[[bytes, str], bytes]) -> None:
    """Errors, dates, merges and hidden rows have the same cells in files that LibreOffice wrote."""
    source = workbook(
        f"{UNITS}\n# Гүйцэтгэл\nНэгж|Арга хэмжээ|Хувь\nСанхүү|1|!error #REF!\nСанхүү|2|!date 2024-01-07\n!hidden Санхүү|3|!percent 0.7\n"
        "!merge 2 Санхүү|9|1"
    )
    book = read_book(converted(source, kind))
    results = next(sheet for sheet in book.sheets if sheet.name == "Гүйцэтгэл")
    assert results.hidden == [3]
    assert results.merged == [((4, 0), (5, 0))]
    assert results.cells[3, 2].text == "70%"
    assert codes(converted(source, kind))[:4] == [
        "Гүйцэтгэл!A4 PF164",
        "Гүйцэтгэл!A5 PF163",
        "Гүйцэтгэл!C2 PF161",
        "Гүйцэтгэл!C3 PF159",
    ]


def test_names_of_sheets_come_from_the_vocabulary() -> None:
    """The names that are written are known when they are read, as are their synonyms."""
    for role, name in sheet_tables.NAMES.items():
        problems: list[Any] = []
        assert list(sheet_tables.roles(read_book(workbook(f"# {name}\nх")), problems)) == [role]
    assert list(sheet_tables.roles(read_book(workbook("# Биелэлт\nх")), [])) == ["results"]


def test_the_page_for_officers_is_fresh() -> None:
    """The tables of docs/sheets.md are what the vocabulary says: `python -m tests.sheet_docs`."""
    written = sheet_docs.PAGE.read_text(encoding="utf-8")
    assert sheet_docs.page(written) == written
    assert set(re.findall(r"PF\d{3}", written)) <= set(catalogue())
