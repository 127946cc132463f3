"""Where the units of a batch come from: each source gives the same documents and says where a fault stands."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from planforge import Plan, batch, load
from planforge.errors import DataError, DataPlace, Problem
from planforge.jobs import Job, job_of, open_source

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


def test_doubled_plan(tmp_path: Path) -> None:
    """A line with a plan of its own where all have one says so: neither is chosen in silence."""
    path = lines(tmp_path / "units.jsonl", {**report("Хэлтэс"), "plan": PLAN})
    found = made(open_source(path, plan=Plan.model_validate(PLAN)), tmp_path / "out")
    assert "PF103" in [p.code for p in problems(found)]


def test_folder(tmp_path: Path) -> None:
    """The reports of a folder are its units, by the names of the files; the plan beside them is none."""
    for name in ("plan", "report"):
        text = (SAMPLES / "govisumber-2021" / f"{name}.yaml").read_bytes()
        (tmp_path / f"{name}.yaml").write_bytes(text)
    (tmp_path / "notes.txt").write_text("x")
    assert [job.unit for job in open_source(tmp_path)] == ["report"]
    assert [job.unit for job in open_source(SAMPLES / "customs-2024")] == ["plan"]
    assert [d.state for d in made(open_source(tmp_path), tmp_path / "out")] == ["done"]


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
