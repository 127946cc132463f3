"""The command `batch`: what a person and a program see, exit codes, Ctrl-C, PDF, and the page that describes it."""

from __future__ import annotations

import json
import os
import re
import signal
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest

from planforge import cli, dump, load, read
from planforge.model import Plan
from tests.test_cli import Run, files, folder, on_a_terminal, posix, run, spawn

__all__ = ["files", "folder", "run"]

ROOT = Path(__file__).parent.parent
DOCS = ROOT / "docs" / "batch.md"


def units(path: Path, count: int, *, faulty: int | None = None) -> Path:
    rows = []
    for number in range(count):
        plan = {"title": "Т", "year": "?" if number == faulty else 2024, "owner": "Хэлтэс"}
        rows.append(
            {"id": f"ГС-{number:02}", "planforge": "plan/1", **plan, "objectives": [{"text": "З", "measures": ["а"]}]}
        )
    path.write_text("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows), encoding="utf-8")
    return path


def test_a_batch(run: Run, tmp_path: Path) -> None:
    """Documents in the folder, the closing table on stdout, faults and numbers on stderr; 3 where some failed."""
    units(tmp_path / "units.jsonl", 5, faulty=2)
    ran = run("batch", "units.jsonl", "-o", "out", "--lang", "mn")
    assert ran.code == 3
    assert sorted(p.name for p in (tmp_path / "out").glob("*.docx")) == [f"ГС-0{n}.docx" for n in (0, 1, 3, 4)]
    assert [line.split()[3] for line in ran.out.splitlines() if "ГС-" in line] == [
        "бэлэн",
        "бэлэн",
        "алдаатай",
        "бэлэн",
        "бэлэн",
    ]
    assert "units.jsonl:3:" in ran.err
    assert "4 шинээр, 0 хэвээр, 1 алдаатай. Хавтас: out" in ran.err
    units(tmp_path / "units.jsonl", 5)
    ran = run("batch", "units.jsonl", "-o", "out")
    assert (ran.code, "1 made, 4 unchanged, 0 failed" in ran.err) == (0, True)


def test_json_lines(run: Run, tmp_path: Path) -> None:
    """A program gets a line per unit."""
    units(tmp_path / "units.jsonl", 3, faulty=1)
    ran = run("batch", "units.jsonl", "-o", "out", "--json")
    told = [json.loads(line) for line in ran.out.splitlines()]
    assert [(t["unit"], t["state"], t["file"]) for t in told] == [
        ("ГС-00", "done", "ГС-00.docx"),
        ("ГС-01", "failed", None),
        ("ГС-02", "done", "ГС-02.docx"),
    ]
    assert told[1]["problems"][0]["place"]["line"] == 2
    assert ran.code == 3


def test_options(run: Run, tmp_path: Path) -> None:
    """A dry run writes nothing; names, units, an archive, a layout and processes are as asked for."""
    units(tmp_path / "units.jsonl", 4)
    assert run("batch", "units.jsonl", "-o", "out", "--dry-run").code == 0
    assert not (tmp_path / "out").exists()
    names = ("--names", "{{ number }} {{ plan.year }}", "--unit", "ГС-0[12]")
    assert run("batch", "units.jsonl", "-o", "out", *names, "--no-embed").code == 0
    assert sorted(p.name for p in (tmp_path / "out").glob("*.docx")) == ["2 2024.docx", "3 2024.docx"]
    assert run("batch", "units.jsonl", "-o", "all.zip").code == 0
    assert (tmp_path / "all.zip").is_file()
    layout = ROOT / "planforge" / "templates" / "plan.yaml"
    ran = spawn("batch", "units.jsonl", "-o", "form", "-t", str(layout), "--jobs", "2", cwd=tmp_path)
    assert ran.returncode == 0, ran.stderr.decode()
    assert len(list((tmp_path / "form").glob("*.docx"))) == 4


def test_the_plan_of_all(run: Run, tmp_path: Path) -> None:
    """`--plan` is put to units that hold none; they are reports."""
    plan = Plan.model_validate(
        {"title": "Т", "year": 2024, "owner": "Хэлтэс", "objectives": [{"text": "З", "measures": ["а"]}]}
    )
    (tmp_path / "all.yaml").write_text(dump(plan), encoding="utf-8")
    row = {
        "id": "а",
        "planforge": "report/1",
        "unit": "Нэгж хэлтэс",
        "results": {"1.1": {"percent": "100", "reached": "х"}},
    }
    (tmp_path / "units.jsonl").write_text(json.dumps(row), encoding="utf-8")
    assert run("batch", "units.jsonl", "--plan", "all.yaml", "-o", "out").code == 0
    assert read(tmp_path / "out" / "а.docx").plan == plan  # type: ignore[union-attr]


@posix
def test_interrupt(tmp_path: Path) -> None:
    """Ctrl-C in the middle: 130, how far it came and how to go on; nothing half is left, and it goes on."""
    units(tmp_path / "units.jsonl", 3000)
    listen = "import signal; signal.signal(signal.SIGINT, signal.default_int_handler)"
    code = f"{listen}; import planforge.cli; planforge.cli.main()"
    child = subprocess.Popen(
        [sys.executable, "-c", code, "batch", "units.jsonl", "-o", "out", "--json", "--lang", "mn"],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    assert child.stdout is not None
    child.stdout.readline()
    child.send_signal(signal.SIGINT)
    _, err = child.communicate(timeout=120)
    assert child.returncode == 130
    assert re.search(r"Зогсоолоо: 3000 нэгжээс \d+ бэлэн\. Ижил тушаалыг дахин өгвөл", err.decode())
    assert not list((tmp_path / "out").glob("*.part"))
    made = len(list((tmp_path / "out").glob("*.docx")))
    assert 0 < made < 3000
    ran = spawn("batch", "units.jsonl", "-o", "out", "--unit", "ГС-0*", cwd=tmp_path)
    assert ran.returncode == 0


@posix
def test_progress(folder: Path) -> None:
    """On a terminal a bar shows how far it is."""
    units(folder / "units.jsonl", 40)
    shown, code = on_a_terminal(["batch", "units.jsonl", "-o", "out", "--lang", "mn"], folder)
    assert code == 0
    assert "40/40" in shown


@pytest.mark.office
def test_pdf(run: Run, tmp_path: Path) -> None:
    """`--pdf` makes a PDF beside each document, and only where it is missing or old."""
    from planforge.office import find_office

    if find_office() is None:
        pytest.skip("LibreOffice is not installed")
    units(tmp_path / "units.jsonl", 2)
    assert run("batch", "units.jsonl", "-o", "out", "--pdf").code == 0
    made = sorted((tmp_path / "out").glob("*.pdf"))
    assert [p.name for p in made] == ["ГС-00.pdf", "ГС-01.pdf"]
    assert all(p.read_bytes().startswith(b"%PDF") for p in made)
    times = [p.stat().st_mtime_ns for p in made]
    assert run("batch", "units.jsonl", "-o", "out", "--pdf").code == 0
    assert [p.stat().st_mtime_ns for p in made] == times


def test_example_with_a_database(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The page's example with sqlite3 makes the reports of a database."""
    monkeypatch.chdir(tmp_path)
    plan = load(ROOT / "samples" / "govisumber-2021" / "plan.yaml", Plan)
    Path("plan.yaml").write_text(dump(plan), encoding="utf-8")
    with sqlite3.connect("units.db") as connection:
        connection.execute("create table unit (number text, name text)")
        connection.execute("create table result (unit text, measure text, reached text, percent integer)")
        connection.executemany("insert into unit values (?, ?)", [("1", "Нэг хэлтэс"), ("2", "Хоёр хэлтэс")])
        connection.execute("insert into result values ('1', '1.1', 'Хийсэн.', 100)")
    (example,) = (
        code for code in re.findall(r"```python\n(.*?)```", DOCS.read_text(encoding="utf-8"), re.S) if "sqlite3" in code
    )
    exec(compile(example, str(DOCS), "exec"), {})
    assert sorted(p.name for p in Path("reports").glob("*.docx")) == ["1.docx", "2.docx"]


def test_the_page_names_the_options() -> None:
    """docs/batch.md and the command agree on what the options are."""
    page = DOCS.read_text(encoding="utf-8")
    group = cli.program("en")
    names = {name for param in group.commands["batch"].params for name in param.opts if name.startswith("--")}
    unsaid = {name for name in names if name not in page} - {
        "--output",
        "--template",
        "--today",
        "--no-embed",
        "--lang",
        "--help",
    }
    assert unsaid == set()


def test_without_fcntl_and_resource(tmp_path: Path) -> None:
    """Where the system has neither `fcntl` nor `resource`, as Windows, batches run, and one at a time in a folder."""
    blocked = tmp_path / "blocked"
    blocked.mkdir()
    for name in ("fcntl", "resource"):
        (blocked / f"{name}.py").write_text("raise ImportError\n")
    units(tmp_path / "units.jsonl", 60, faulty=3)
    env = {"PYTHONPATH": os.pathsep.join((str(blocked), str(ROOT)))}
    ran = spawn("batch", "units.jsonl", "-o", "out", "--jobs", "2", cwd=tmp_path, env=env)
    assert ran.returncode == 3, ran.stderr.decode()
    assert len(list((tmp_path / "out").glob("*.docx"))) == 59
    ran = spawn("batch", "units.jsonl", "-o", "out", cwd=tmp_path, env=env)
    assert b"0 made, 59 unchanged, 1 failed" in ran.stderr
