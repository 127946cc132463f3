"""Where the units of a batch come from: each source gives the same documents and says where a fault stands."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest

from planforge import Plan, Report, batch, cli, load
from planforge.errors import DataError, DataPlace, Problem, SheetPlace, Words
from planforge.jobs import Job, Lines, job_of, open_source
from planforge.source import MAX_BYTES
from tests.workbooks import workbook

SAMPLES = Path(__file__).parent.parent / "samples"
PLAN = {"title": "Т", "year": 2024, "owner": "Хэлтэс", "objectives": [{"text": "З", "measures": ["Арга хэмжээ"]}]}


def report(unit: str, **result: Any) -> dict[str, Any]:
    return {"planforge": "report/1", "unit": unit, "results": {"1.1": result}}


def lines(path: Path, *values: object) -> Path:
    """JSON Lines; text stands as it is."""
    rows = (value if isinstance(value, str) else json.dumps(value, ensure_ascii=False) for value in values)
    path.write_text("\n".join(rows) + "\n", encoding="utf-8")
    return path


def made(source: Any, folder: Path) -> list[batch.Delivery]:
    return list(batch.run(source, to=folder))


def problems(deliveries: list[batch.Delivery]) -> list[Problem]:
    return [p for d in deliveries for p in d.problems if p.is_error]


def test_lines(tmp_path: Path) -> None:
    """A line is a unit: by `id`, by what its data call it, by its number; the plan of all is put to each."""
    plan = Plan.model_validate(PLAN)
    path = lines(
        tmp_path / "units.jsonl",
        {"id": "ГС-1", **report("Нэг хэлтэс", percent="100")},
        "",
        report("Хоёр хэлтэс", percent="50", reason="х"),
        {"planforge": "report/1", "нэгж": {"нэр": "Гурав хэлтэс"}},
        '{"id": "ГС-4", "planforge": "report/1", "unit": 7}',
        "[1]",
    )
    jobs = list(open_source(path, plan=plan))
    assert [job.unit for job in jobs] == ["ГС-1", "Хоёр хэлтэс", "Гурав хэлтэс", "ГС-4", "units-6"]
    found = made(open_source(path, plan=plan), tmp_path / "out")
    assert [d.state for d in found][:3] == ["done", "done", "done"]
    assert found[-1].state == "failed"


def test_places_in_lines(tmp_path: Path) -> None:
    """A fault of a line has its number and its own columns, `id` or not."""
    good = json.dumps({"planforge": "plan/1", **PLAN}, ensure_ascii=False)
    bad = good.replace("2024", '"хоёр"')
    path = lines(tmp_path / "units.jsonl", good, bad.replace("{", '{"id": "б", ', 1))
    (problem,) = problems(made(open_source(path), tmp_path / "out"))
    assert isinstance(problem.place, DataPlace)
    text = path.read_text(encoding="utf-8").splitlines()[1]
    assert (problem.place.file, problem.place.line) == (str(path), 2)
    assert text[(problem.place.column or 0) - 1 :].startswith('"хоёр"')


PLAN_2 = {**PLAN, "title": "Өөрийн"}
LINES = {
    "none": ({}, "Т"),
    "own": ({"plan": PLAN_2}, "Өөрийн"),
    "own in Mongolian": ({"Төлөвлөгөө": PLAN_2}, "Өөрийн"),
}


@pytest.mark.parametrize("kind", ["jsonl", "folder", "file", "list"])
@pytest.mark.parametrize(("keys", "title"), LINES.values(), ids=list(LINES))
def test_plan_for_all(kind: str, keys: dict[str, Any], title: str, tmp_path: Path) -> None:
    """A plan beside the source serves the reports that have none, whatever they come in; one of their own wins."""
    unit = {"planforge": "report/1", **keys, "unit": "Хэлтэс"}
    source = tmp_path / "units"
    source.mkdir()
    if kind == "jsonl":
        source = lines(tmp_path / "units.jsonl", unit)
    elif kind == "list":
        source = tmp_path / "units.yaml"
        del unit["planforge"]
        source.write_text(json.dumps({"planforge": "units/1", "units": [unit]}, ensure_ascii=False), encoding="utf-8")
    else:
        (source / "а.json").write_text(json.dumps(unit, ensure_ascii=False), encoding="utf-8")
        source = source if kind == "folder" else source / "а.json"
    jobs = open_source(source, plan=Plan.model_validate(PLAN))
    (job,) = jobs
    subject = load(job.data) if isinstance(job.data, bytes | Path) else job.data
    assert isinstance(subject, Report)
    assert (subject.plan.title, jobs.problems) == (title, ())
    assert [d.state for d in made(jobs, tmp_path / "out")] == ["done"]


def test_plan_for_all_and_faults(tmp_path: Path) -> None:
    """Faults of a file that was given a plan stand where they did; plans are left alone, and so is a broken file."""
    (tmp_path / "а.yaml").write_text(
        "planforge: report/1\nunit: А\nresults:\n  1.1: {percent: олон}\n", encoding="utf-8"
    )
    (tmp_path / "б.yaml").write_text("planforge: report/1\nunit: [", encoding="utf-8")
    (tmp_path / "plan.json").write_text(json.dumps({"planforge": "plan/1", **PLAN}), encoding="utf-8")
    plan = Plan.model_validate(PLAN)
    first, second = made(open_source(tmp_path, plan=plan), tmp_path / "out")
    (problem,) = (p for p in first.problems if p.is_error)
    assert isinstance(problem.place, DataPlace)
    assert (problem.code, problem.place.line, problem.place.column) == ("PF111", 4, 18)
    assert "PF105" not in [p.code for p in second.problems]
    assert [d.state for d in made(open_source(tmp_path / "plan.json", plan=plan), tmp_path / "out")] == ["done"]


def test_unused_plan(tmp_path: Path) -> None:
    """Where the source has a plan for all, that one is used, and it is told."""
    book = tmp_path / "units.xlsx"
    book.write_bytes(
        workbook(f"{BOOK}# Төлөвлөгөө\nГарчиг||Т\nОн||2024\nБайгууллага||Хэлтэс\n\nТүвшин|Бичвэр\nЗорилт|З")
    )
    units = tmp_path / "units.yaml"
    plan = json.dumps(PLAN, ensure_ascii=False)
    units.write_text(f"planforge: units/1\nplan: {plan}\nunits:\n- unit: А\n", encoding="utf-8")
    for source in (book, units):
        assert [p.code for p in open_source(source, plan=Plan.model_validate(PLAN)).problems] == ["PF187"]


IDS = {
    "first": '{"id": "ГС-1", "planforge": "plan/1", %s}',
    "last": '{"planforge": "plan/1", %s, "id": "ГС-1"}',
    "amid": '{"planforge": "plan/1" , "id" : "ГС-1" , %s}',
    "number": '{"planforge": "plan/1", "id": 1.10, %s}',
    "number first": '{"id":7,"planforge": "plan/1", %s}',
    "nothing": '{"id": null, "planforge": "plan/1", %s}',
}


@pytest.mark.parametrize("form", IDS.values(), ids=list(IDS))
def test_ids_of_lines(form: str, tmp_path: Path) -> None:
    """`id` is known wherever it stands, as a text or a number; columns stay what they are."""
    names = {"number": "1.10", "number first": "7", "nothing": "Хэлтэс"}
    plan = json.dumps({**PLAN, "extra": {"id": "x"}}, ensure_ascii=False)[1:-1]
    path = lines(tmp_path / "units.jsonl", form % plan, form % plan.replace("2024", '"хоёр"'))
    jobs = list(open_source(path))
    wanted = next((names[name] for name in names if IDS[name] == form), "ГС-1")
    assert [job.unit for job in jobs] == [wanted] * 2
    assert isinstance(jobs[0].data, bytes)
    assert load(jobs[0].data).extra == {"id": "x"}
    (problem,) = (p for p in problems(made(jobs[1:], tmp_path / "out")))
    assert isinstance(problem.place, DataPlace)
    text = path.read_text(encoding="utf-8").splitlines()[1]
    assert text[(problem.place.column or 0) - 1 :].startswith('"хоёр"')


@pytest.mark.parametrize("value", ["true", "[1]", '{"id": 1}'])
def test_ids_that_are_none(value: str, tmp_path: Path) -> None:
    """Another value under `id` is told as the field that it is not."""
    path = lines(tmp_path / "units.jsonl", f'{{"planforge": "plan/1", "id": {value}, {json.dumps(PLAN)[1:]}')
    (found,) = made(open_source(path), tmp_path / "out")
    assert (found.unit, [p.code for p in found.problems if p.is_error]) == ("Хэлтэс", ["PF101"])


def test_a_line_that_is_too_long(tmp_path: Path) -> None:
    """It is one job that fails at its line; the lines after it have their own numbers."""
    good = json.dumps({"planforge": "plan/1", **PLAN})
    path = lines(tmp_path / "units.jsonl", good, f'{{"a": "{"x" * 2 * MAX_BYTES}"}}', good.replace("2024", "true"))
    found = made(open_source(path), tmp_path / "out")
    assert [d.unit for d in found][1] == "units-2"
    places = [(p.code, p.place.line) for p in problems(found) if isinstance(p.place, DataPlace)]
    assert places == [("PF761", 1), ("PF127", 2), ("PF761", 3)]
    path.write_bytes(b"x" * 2 * MAX_BYTES)
    assert [job.problems[0].code for job in Lines(path)] == ["PF127"]


def test_folder(tmp_path: Path) -> None:
    """The reports of a folder are its units, by the names of the files; the plan beside them is none."""
    for name in ("plan", "report"):
        text = (SAMPLES / "govisumber-2021" / f"{name}.yaml").read_bytes()
        (tmp_path / f"{name}.yaml").write_bytes(text)
    (tmp_path / "notes.txt").write_text("x")
    assert [job.unit for job in open_source(tmp_path)] == ["report"]
    assert [job.unit for job in open_source(SAMPLES / "customs-2024")] == ["plan"]
    assert [d.state for d in made(open_source(tmp_path), tmp_path / "out")] == ["done"]


PLAN_FILE = json.dumps({"planforge": "plan/1", **PLAN}, ensure_ascii=False)
REPORT_FILE = "planforge: report/1\nplan: plan.yaml\nunit: А\n"
IN_A_FOLDER: dict[str, tuple[str, bytes, str | None]] = {
    # name, content, what its job fails with; nothing where it is no job at all
    "UTF-16": ("б.yaml", REPORT_FILE.encode("utf-16"), "PF125"),
    "without its first line": ("б.yaml", b"unit: x\n", "PF130"),
    "key that is not first": ("б.json", b'{"unit": "x", "plan": "plan.yaml", "planforge": "report/1"}', ""),
    "broken": ("б.yml", b"a: [", "PF1"),
    "mistyped kind": ("б.yaml", b"planforge: raport/1\n", "PF132"),
    "plan of nobody": ("б.yaml", PLAN_FILE.encode(), "PF190"),
    "list": ("б.yaml", b"planforge: units/1\nunits: []\n", "PF190"),
    "comments first": ("б.yaml", f"\ufeff# а\n\n# planforge: scale/1\n---\n{REPORT_FILE}".encode(), ""),
    "words of another file": ("б.yaml", b"text: |\n  planforge: report/1\n", "PF130"),
    "empty": ("б.json", b"", "PF124"),
    "scale": ("scale.yaml", b"planforge: scale/1\nname: x\n", None),
    "layout": ("form.yaml", b"layout: x\n", None),
    "manifest": ("manifest.json", b'{"planforge": "manifest/1", "units": []}', None),
    "schema": ("plan.schema.json", b'{"$schema": "https://json-schema.org/draft/2020-12/schema"}', None),
    "hidden": (".settings.yaml", b"a: 1\n", None),
    "other": ("б.txt", b"x", None),
}


@pytest.mark.parametrize(("name", "content", "code"), IN_A_FOLDER.values(), ids=list(IN_A_FOLDER))
def test_nothing_of_a_folder_is_dropped(name: str, content: bytes, code: str | None, tmp_path: Path) -> None:
    """A data file that says nothing known of itself fails with its problem; planforge's own files are no units."""
    (tmp_path / "plan.yaml").write_text(PLAN_FILE, encoding="utf-8")
    (tmp_path / "а.yaml").write_text(REPORT_FILE, encoding="utf-8")
    (tmp_path / name).write_bytes(content)
    first, *rest = made(open_source(tmp_path), tmp_path / "out")
    assert (first.unit, first.state) == ("а", "done")
    if code is None:
        assert rest == []
    else:
        assert [d.state for d in rest] == ["failed" if code else "done"]
        assert all(d.problems[0].code.startswith(code) for d in rest if code)


def test_broken_plan_of_reports(tmp_path: Path) -> None:
    """A plan that reports name is no unit, even if it cannot be read: they tell it."""
    (tmp_path / "plan.yaml").write_bytes(PLAN_FILE.encode("utf-16"))
    (tmp_path / "а.yaml").write_text(REPORT_FILE, encoding="utf-8")
    assert [(d.unit, d.problems[0].code) for d in made(open_source(tmp_path), tmp_path / "out")] == [("а", "PF125")]


def test_subfolders_are_told(tmp_path: Path) -> None:
    """Data files further down are not read, which is a warning of the source; finished documents there are not."""
    (tmp_path / "plan.yaml").write_text(PLAN_FILE, encoding="utf-8")
    made(open_source(tmp_path), tmp_path / "баримт")
    assert open_source(tmp_path).problems == ()
    (tmp_path / "2023" / "01").mkdir(parents=True)
    (tmp_path / "2023" / "01" / "plan.yaml").write_text(PLAN_FILE, encoding="utf-8")
    (told,) = open_source(tmp_path).problems
    assert (told.code, told.args["folders"], told.is_error) == ("PF191", "2023", False)


BOOK = "# Нэгж\nТаних тэмдэг|Нэр|Харьяалах нэр\nА|Нэг хэлтэс|Нэг хэлтсийн\nБ|Хоёр хэлтэс|Хоёр хэлтсийн\n"
RESULTS = "# Гүйцэтгэл\nНэгж|Арга хэмжээ|Хувь|Шалтгаан\nА|1.1|100\nБ|1.1|{percent}|х\n"


def test_a_stray_row_stops_nobody(tmp_path: Path) -> None:
    """What belongs to no unit is told with the source; units with faults fail, the others are made."""
    path = tmp_path / "units.xlsx"
    path.write_bytes(workbook(f"{BOOK}# Тэмдэглэл\nх\n{RESULTS.format(percent=70)}Санхүүгийн алба|1.1|100"))
    jobs = open_source(path, plan=Plan.model_validate(PLAN))
    assert [p.code for p in jobs.problems] == ["PF166", "PF171"]
    assert [(d.unit, d.state) for d in made(jobs, tmp_path / "out")] == [("А", "done"), ("Б", "done")]


def test_the_command_tells_the_source(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Faults of the source stand in front, as text and as a line of JSON; with errors among them the exit code is 3."""
    (tmp_path / "plan.json").write_text(PLAN_FILE, encoding="utf-8")
    path = tmp_path / "units.xlsx"
    args = ["batch", str(path), "--plan", str(tmp_path / "plan.json"), "-o", str(tmp_path / "out")]
    for stray, code, told in (("Санхүүгийн алба|1.1|100", 3, "PF171"), ("# Тэмдэглэл\nх", 0, "PF166")):
        path.write_bytes(workbook(f"{BOOK}{RESULTS.format(percent=100)}{stray}"))
        assert cli.run(args) == code
        assert told in capsys.readouterr().err
        assert cli.run([*args, "--json"]) == code
        first, *units = map(json.loads, capsys.readouterr().out.splitlines())
        assert (first["source"], [p["code"] for p in first["problems"]]) == (str(path), [told])
        assert [unit["state"] for unit in units] == ["unchanged"] * 2


def test_warnings_of_units_are_told(tmp_path: Path) -> None:
    """A document that is made has the warnings of its rows too."""
    path = tmp_path / "units.xlsx"
    path.write_bytes(workbook(f"{BOOK}{RESULTS.format(percent=0.7)}"))
    found = made(open_source(path, plan=Plan.model_validate(PLAN)), tmp_path / "out")
    assert ["PF193" in [p.code for p in d.problems] for d in found] == [False, True]
    assert found[1].record is not None
    assert f"PF193 {path} «Гүйцэтгэл»!C3" in found[1].record.problems


def test_a_workbook_of_which_nothing_can_be_made(tmp_path: Path) -> None:
    """Everything is told then, of the whole and of each unit."""
    path = tmp_path / "units.xlsx"
    path.write_bytes(workbook(f"{BOOK}{RESULTS.format(percent=170)}Санхүү|1.1|100\nА|9|1"))
    with pytest.raises(DataError) as caught:
        open_source(path, plan=Plan.model_validate(PLAN))
    cells = [(p.code, p.place.cell) for p in caught.value.problems if p.is_error and isinstance(p.place, SheetPlace)]
    assert sorted(cells) == [("PF112", "C3"), ("PF171", "A4"), ("PF174", "B5")]


@pytest.mark.parametrize(
    ("key", "code"), [("today: 2024", "PF101"), ("unit: 1", "PF101"), ("plаn: x", "PF102"), ("төлөвлөгөө: x", "PF104")]
)
def test_keys_above_a_list(key: str, code: str, tmp_path: Path) -> None:
    """What no list of units has is told, not passed over."""
    path = tmp_path / "units.yaml"
    path.write_text(f"planforge: units/1\nplan: plan.yaml\n{key}\nunits: [{{unit: А}}]\n", encoding="utf-8")
    with pytest.raises(DataError) as caught:
        open_source(path)
    (problem,) = caught.value.problems
    assert isinstance(problem.place, DataPlace)
    assert (problem.code, problem.place.line, problem.place.column) == (code, 3, 1)
    assert problem.format("mn")


def test_a_list_in_mongolian(tmp_path: Path) -> None:
    """The keys of a list have Mongolian names too; a plan of a unit's own wins."""
    plan, own = (json.dumps(p, ensure_ascii=False) for p in (PLAN, PLAN_2))
    path = tmp_path / "units.yaml"
    path.write_text(
        f"planforge: units/1\nТөлөвлөгөө: {plan}\nнэгжүүд:\n- {{таних тэмдэг: а, нэгж: А}}\n"
        f"- {{id: б, нэгж: Б, төлөвлөгөө: {own}}}\n",
        encoding="utf-8",
    )
    jobs = list(open_source(path))
    assert [job.unit for job in jobs] == ["а", "б"]
    assert [job.data.plan.title for job in jobs if isinstance(job.data, Report)] == ["Т", "Өөрийн"]


def test_list_of_units(tmp_path: Path) -> None:
    """A list of units in YAML: each a data file of its own, the plan for all above them, faults at their lines."""
    (tmp_path / "plan.yaml").write_text(json.dumps({"planforge": "plan/1", **PLAN}), encoding="utf-8")
    path = tmp_path / "units.yaml"
    path.write_text(
        "planforge: units/1\n"
        "plan: plan.yaml\n"
        "units:\n"
        "- {id: ГС-1, нэгж: Нэг хэлтэс, results: {1.1: {percent: 100}}}\n"
        "- нэгж: Хоёр хэлтэс\n"
        "  results:\n"
        "    1.1: {percent: олон}\n"
        "- мөр\n",
        encoding="utf-8",
    )
    jobs = list(open_source(path))
    assert [(job.unit, job.data is None) for job in jobs] == [("ГС-1", False), ("Хоёр хэлтэс", True), ("3", True)]
    found = made(jobs, tmp_path / "out")
    assert [d.state for d in found] == ["done", "failed", "failed"]
    places = [p.place for p in problems(found)]
    assert [(place.line, place.column) for place in places if isinstance(place, DataPlace)] == [(7, 20), (8, 3)]


@pytest.mark.parametrize("keys", ["unit: Хэлтэс", "нэгж: Хэлтэс", "results: {1.1: {percent: 100}}"])
def test_a_list_of_reports_without_a_plan(keys: str, tmp_path: Path) -> None:
    """Who reports has no plan to itself: it is the plan that is missing, not the title and year of another."""
    path = tmp_path / "units.yaml"
    path.write_text(f"planforge: units/1\nunits:\n- id: а\n  {keys}\n", encoding="utf-8")
    (job,) = open_source(path)
    (problem,) = (p for p in job.problems if p.is_error)
    assert isinstance(problem.place, DataPlace)
    assert (problem.code, problem.place.line, problem.args["field"]) == ("PF105", 3, Words("төлөвлөгөө", "plan"))


@pytest.mark.parametrize(
    ("written", "unit", "codes"),
    [
        ("7", "7", []),
        ("1.10", "1.10", []),
        ("", "Хэлтэс", []),
        ("''", "Хэлтэс", []),
        ("[1]", "Хэлтэс", ["PF110"]),
        ("{а: б}", "Хэлтэс", ["PF110"]),
    ],
)
def test_ids_in_a_list(written: str, unit: str, codes: list[str], tmp_path: Path) -> None:
    """An `id` is a text or a number; what is neither is told at its place with the other faults, and names nothing."""
    path = tmp_path / "units.yaml"
    plan = json.dumps(PLAN, ensure_ascii=False)
    body = f"planforge: units/1\nplan: {plan}\nunits:\n- id: {written}\n  unit: Хэлтэс\n  results: {{1.1: {{percent: %s}}}}\n"
    path.write_text(body % "100", encoding="utf-8")
    (found,) = made(open_source(path), tmp_path / "out")
    assert (found.unit, found.state) == (unit, "failed" if codes else "done")
    assert [(p.code, p.place.line, p.place.column) for p in problems([found]) if isinstance(p.place, DataPlace)] == [
        (code, 4, 7) for code in codes
    ]
    path.write_text(body % "олон", encoding="utf-8")
    assert [p.code for job in open_source(path) for p in job.problems if p.is_error] == [*codes, "PF111"]


@pytest.mark.parametrize(("value", "found"), [([1], "a list"), ({}, "fields"), (object(), "object"), (True, "bool")])
def test_ids_of_mappings(value: object, found: str, tmp_path: Path) -> None:
    """What a program gives as `id` is a text or a number too, or the unit fails with its place."""
    (delivery,) = made([{"id": value, "planforge": "plan/1", **PLAN}], tmp_path)
    (problem,) = delivery.problems
    assert (delivery.unit, problem.code) == ("Хэлтэс", "PF110")
    assert problem.place == DataPlace(path=(0, "id"))
    assert f"found {found}" in problem.message("en")
    assert job_of({"id": 0, **PLAN}, 1).unit == "0"
    assert job_of({"id": UUID(int=7), **PLAN}, 1).unit == "00000000-0000-0000-0000-000000000007"


def test_one_data_file() -> None:
    """A single plan or report is a batch of one."""
    path = SAMPLES / "customs-2024" / "plan.yaml"
    assert list(open_source(path)) == [Job("plan", path, DataPlace(str(path)))]


def test_what_programs_hand_over() -> None:
    """Jobs, mappings, subjects, contents and paths are jobs; what is none is told."""
    plan = Plan.model_validate(PLAN)
    assert [job_of(given, 3).unit for given in (plan, PLAN, {"id": 5, **PLAN}, b"{}", "a/б.yaml", {"title": "т"})] == [
        "Хэлтэс",
        "Хэлтэс",
        "5",
        "3",
        "б",
        "3",
    ]
    assert job_of(Job("x", b""), 1) == Job("x", b"")
    assert [p.code for p in job_of(1, 1).problems] == ["PF771"]


@pytest.mark.parametrize(
    ("name", "content", "code"),
    [
        ("none.jsonl", None, "PF120"),
        ("none.yaml", None, "PF120"),
        ("empty.jsonl", "", "PF768"),
        ("picture.png", "x", "PF771"),
        ("units.yaml", "planforge: units/1\nunits: 5", "PF766"),
        ("units.yaml", "planforge: units/1\nunits: [", "PF1"),
    ],
)
def test_no_source(name: str, content: str | None, code: str, tmp_path: Path) -> None:
    """A source that cannot be read, or holds nothing, is told before anything is made."""
    path = tmp_path / name
    if content is not None:
        path.write_text(content, encoding="utf-8")
    with pytest.raises(DataError) as caught:
        open_source(path)
    assert caught.value.problems[0].code.startswith(code)


def test_the_sample_is_read_as_ever() -> None:
    """A batch makes of a file what the library makes of it."""
    path = SAMPLES / "govisumber-2021" / "report.yaml"
    got: dict[str, bytes] = {}
    list(batch.run([path], to=got.__setitem__))
    from planforge import Template

    assert got["report.docx"] == Template.builtin("report").render(load(path))
