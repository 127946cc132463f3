"""`planforge sheet new` and `sheet read`: files, exit codes, what is told."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from planforge import cli, data, sheets
from planforge.model import Organisation, Plan, Report
from planforge.paths import stems
from tests.workbooks import PLAN, workbook

TEXT = """\
planforge: plan/1
title: Т
year: 2024
owner: Хэлтэс
measures:
- {text: а, criteria: [х]}
- б
- в
"""


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with a plan and lists of units, where the test now is."""
    (tmp_path / "plan.yaml").write_text(TEXT, encoding="utf-8")
    (tmp_path / "units.txt").write_text("Хууль, эрх зүйн хэлтэс\n\nСанхүүгийн хэлтэс\n", encoding="utf-8-sig")
    (tmp_path / "units.csv").write_text("Нэр;Таних тэмдэг\nХуулийн хэлтэс;Х\n", encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PLANFORGE_LANG", "en")
    return tmp_path


def test_from_plan_to_reports(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A workbook is made of a plan and a list of names; what is filled in becomes files that `check` finds sound."""
    assert cli.run(["sheet", "new", "plan.yaml", "--units", "units.txt", "-o", "units.xlsx"]) == 0
    assert Path("units.xlsx").read_bytes() == sheets.new(
        data.load("plan.yaml", Plan),
        units=[Organisation(name="Хууль, эрх зүйн хэлтэс"), Organisation(name="Санхүүгийн хэлтэс")],
    )
    assert cli.run(["sheet", "read", "units.xlsx"]) == 0
    out = capsys.readouterr()
    names = ["plan.yaml", "Хууль, эрх зүйн хэлтэс.yaml", "Санхүүгийн хэлтэс.yaml"]
    assert out.out.split("\n")[:-1] == ["units.xlsx", *(str(Path("units", name)) for name in names)]
    report = data.load(folder / "units" / names[1])
    assert isinstance(report, Report)
    assert report.plan == data.load("plan.yaml") == data.load(folder / "units" / "plan.yaml")
    assert "plan: plan.yaml" in (folder / "units" / names[1]).read_text(encoding="utf-8")
    assert cli.run(["check", *(str(Path("units", name)) for name in names)]) == 0


def test_nothing_is_overwritten(folder: Path) -> None:
    """Neither a workbook nor a data file, and nothing is written beside one that is there."""
    assert cli.run(["sheet", "new", "plan.yaml", "--units", "units.csv"]) == 0
    assert cli.run(["sheet", "new", "plan.yaml"]) == 2
    (folder / "out").mkdir()
    (folder / "out" / "Х.yaml").write_text("миний", encoding="utf-8")
    assert cli.run(["sheet", "read", "plan.xlsx", "-o", "out"]) == 2
    assert [path.name for path in (folder / "out").iterdir()] == ["Х.yaml"]
    assert cli.run(["sheet", "read", "plan.xlsx", "-o", "plan.yaml"]) == 2


def test_a_faulty_unit_is_named_and_the_others_are_written(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Exit code 1; `--json` says which unit has which file."""
    rows = "\n".join(f"{unit}|{n}|{percent}" for unit, percent in (("А", 100), ("Б", 170)) for n in (1, 2, 3))
    Path("w.xlsx").write_bytes(workbook(f"# Нэгж\nНэр\nА\nБ\n# Гүйцэтгэл\nНэгж|Арга хэмжээ|Хувь\n{rows}"))
    assert cli.run(["sheet", "read", "w.xlsx", "--plan", "plan.yaml", "-o", "out"]) == 1
    err = capsys.readouterr().err
    assert "w.xlsx «Гүйцэтгэл»!C5: error PF112" in err
    assert "Б: no data file was written because of errors." in err
    assert sorted(path.name for path in Path("out").iterdir()) == ["plan.yaml", "А.yaml"]
    assert cli.run(["sheet", "read", "w.xlsx", "--plan", "plan.yaml", "-o", "other", "--json"]) == 1
    told = json.loads(capsys.readouterr().out)
    assert [(unit["key"], unit["file"] and Path(unit["file"]).name) for unit in told["units"]] == [
        ("А", "А.yaml"),
        ("Б", None),
    ]
    assert {p["code"] for p in told["problems"]} >= {"PF112"}


def test_what_cannot_become_a_workbook(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A value that no cell can hold is told with its line in the plan; a bad list of units with its own place."""
    Path("plan.yaml").write_text(TEXT + 'stage: ""\n', encoding="utf-8")
    assert cli.run(["sheet", "new", "plan.yaml"]) == 1
    assert "plan.yaml:9:8 stage (stage): error PF184" in capsys.readouterr().err
    Path("plan.yaml").write_text(TEXT, encoding="utf-8")
    Path("units.csv").write_text("Нэр\nА\nА\n", encoding="utf-8")
    assert cli.run(["sheet", "new", "plan.yaml", "--units", "units.csv"]) == 1
    assert "units.csv A3: error PF173" in capsys.readouterr().err
    assert cli.run(["sheet", "new", "plan.yaml", "--units", "none.txt"]) == 1
    assert not Path("plan.xlsx").exists()


def test_a_fault_of_the_whole_is_told_once(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Not for each unit that it keeps from being made; those with faults of their own are named."""
    rows = "\n".join(f"{unit}|1|{percent}" for unit, percent in (("А", 100), ("Б", 100), ("В", 170)))
    Path("w.xlsx").write_bytes(workbook(f"# Нэгж\nНэр|х\nА|1\nБ\nВ\n# Гүйцэтгэл\nНэгж|Арга хэмжээ|Хувь\n{rows}"))
    assert cli.run(["sheet", "read", "w.xlsx", "--plan", "plan.yaml", "-o", "out"]) == 1
    err = capsys.readouterr().err
    assert err.count("data file was written") == 2
    assert "В: no data file" in err
    assert "for 2 units without errors of their own" in err


def test_nothing_to_read(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A file with no sheet that is known is an error."""
    Path("w.xlsx").write_bytes(workbook("# Хуудас1\nа|б"))
    assert cli.run(["sheet", "read", "w.xlsx"]) == 1
    assert "PF192" in capsys.readouterr().err


@pytest.mark.parametrize("name", ["book.csv", "book.xls", "book"])
def test_only_xlsx_is_written(name: str, folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Under another ending the file could not be opened."""
    assert cli.run(["sheet", "new", "plan.yaml", "-o", name]) == 2
    assert "PF194" in capsys.readouterr().err
    assert not Path(name).exists()


def test_lists_that_have_lost_letters(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The remedy for a text is not that for a table."""
    Path("units.txt").write_bytes("Т?л?вл?г??ний хэлтэс\nХ?д?? аж ахуй\n".encode("cp1251"))
    assert cli.run(["sheet", "new", "plan.yaml", "--units", "units.txt"]) == 1
    err = capsys.readouterr().err
    assert "PF154" in err
    assert "CSV" not in err


def test_names_of_files() -> None:
    """Whatever the keys are, the names stay inside the folder, differ, and are ones that Windows takes."""
    keys = ["../../x", "a/b", "A\\B", "con", "plan", "PLAN", "", ".", "ө" * 300, "а\nб", "-rf", "х", "Х", "~$x"]
    found = stems(keys, taken=["plan"])
    assert len({name.casefold() for name in found}) == len(keys)
    for name in found:
        assert Path(name).name == name
        assert len(name.encode()) <= 240
        assert name.casefold() not in ("plan", "con")
    assert stems([PLAN.owner.name]) == ["Хэлтэс"]
