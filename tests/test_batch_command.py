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

from planforge import cli, dump, load, pdfs, read
from planforge.errors import OutputError
from planforge.model import Plan
from tests.test_batch import kept
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


def interrupted(folder: Path, *args: str) -> str:
    """What a command that gets Ctrl-C once it has told of one unit says on stderr."""
    listen = "import signal; signal.signal(signal.SIGINT, signal.default_int_handler)"
    child = subprocess.Popen(
        [sys.executable, "-c", f"{listen}; import planforge.cli; planforge.cli.main()", *args],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    assert child.stdout is not None
    child.stdout.readline()
    child.send_signal(signal.SIGINT)
    _, err = child.communicate(timeout=120)
    assert child.returncode == 130
    return err.decode()


@posix
def test_interrupt(tmp_path: Path) -> None:
    """Ctrl-C in the middle: 130, how far it came and how to go on; nothing half is left, and it goes on."""
    units(tmp_path / "units.jsonl", 3000)
    err = interrupted(tmp_path, "batch", "units.jsonl", "-o", "out", "--json", "--lang", "mn")
    assert re.search(r"Зогсоолоо: 3000 нэгжээс \d+ бэлэн\. Ижил тушаалыг дахин өгвөл", err)
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


@pytest.fixture
def office(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A program in the search path that makes PDFs as LibreOffice is asked to, and writes down of what."""
    folder = tmp_path_factory.mktemp("office")
    log = folder / "log"
    log.touch()
    program = folder / "soffice"
    program.write_text(
        f"""#!{sys.executable}
import pathlib, sys, time
at = sys.argv.index("--outdir") + 1
for name in sys.argv[at + 1 :]:
    path = pathlib.Path(name)
    pdf = pathlib.Path(sys.argv[at], path.stem + ".pdf")
    pdf.write_bytes(b"%PDF-1.7 " + path.read_bytes()[-40:] + str(time.time_ns()).encode() + b" %%EOF")
    with open({str(log)!r}, "a") as out:
        out.write(path.name + chr(10))
"""
    )
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{folder}{os.pathsep}{os.environ['PATH']}")
    return log


def converted(log: Path) -> list[str]:
    """The documents that were made PDFs of since it was last asked."""
    found = log.read_text().split()
    log.write_text("")
    return sorted(found)


@posix
def test_pdfs(run: Run, tmp_path: Path, office: Path) -> None:
    """A PDF is made where it is missing or older than its document; the manifest and the table name it."""
    units(tmp_path / "units.jsonl", 3)
    batch = ("batch", "units.jsonl", "-o", "out", "--pdf")
    ran = run(*batch)
    assert ran.code == 0
    assert "PDF: 3 made, 0 unchanged, 0 failed." in ran.err
    assert ran.out.count(".pdf") == 3
    assert converted(office) == ["ГС-00.docx", "ГС-01.docx", "ГС-02.docx"]

    def in_manifest() -> list[str | None]:
        told = json.loads((tmp_path / "out" / "manifest.json").read_text(encoding="utf-8"))["units"]
        return [line.get("pdf") for line in told]

    names = [f"ГС-0{n}.pdf" for n in range(3)]
    assert in_manifest() == names
    assert "PDF: 0 made, 3 unchanged" in run(*batch).err
    assert converted(office) == []
    assert in_manifest() == names
    (tmp_path / "out" / "ГС-01.pdf").unlink()
    assert "PDF: 1 made, 2 unchanged" in run(*batch, "--unit", "ГС-0*").err
    assert converted(office) == ["ГС-01.docx"]
    lines = (tmp_path / "units.jsonl").read_text(encoding="utf-8").replace('"З"', '"Зорилт"', 1)
    (tmp_path / "units.jsonl").write_text(lines, encoding="utf-8")
    assert run(*batch[:-1]).code == 0
    assert in_manifest() == [None, *names[1:]]  # the one that stands there is of the document before
    assert "PDF: 1 made, 2 unchanged" in run(*batch).err
    assert converted(office) == ["ГС-00.docx"]
    assert in_manifest() == names
    told = [json.loads(line) for line in run(*batch, "--json", "--force").out.splitlines()]
    assert [(t["unit"], t["state"], t["pdf"]) for t in told if "pdf" in t] == [(pdf[:5], "done", pdf) for pdf in names]
    assert kept(tmp_path / "out") == ["journal.jsonl"]


@posix
def test_pdfs_of_others(run: Run, tmp_path: Path, office: Path) -> None:
    """A PDF that somebody put there or has edited, a folder or a link stays and is named; `--overwrite` replaces it."""
    units(tmp_path / "units.jsonl", 4)
    batch = ("batch", "units.jsonl", "-o", "out", "--pdf")
    assert run(*batch).code == 0
    out = tmp_path / "out"
    (out / "ГС-00.pdf").write_bytes(b"edited")
    os.utime(out / "ГС-00.pdf", (2**32, 2**32))
    (out / "ГС-01.pdf").unlink()
    (out / "ГС-01.pdf").mkdir()
    (out / "ГС-02.pdf").unlink()
    (out / "ГС-02.pdf").symlink_to(tmp_path / "units.jsonl")
    before = (tmp_path / "units.jsonl").read_bytes()
    ran = run(*batch)
    assert ran.code == 3
    assert ran.err.count("PF762") == 3
    assert "PDF: 0 made, 1 unchanged, 3 failed." in ran.err
    assert (out / "ГС-00.pdf").read_bytes() == b"edited"
    (out / ".planforge" / "journal.jsonl").unlink()
    ran = run(*batch)
    assert ran.err.count("PF763") == 4
    (out / "ГС-01.pdf").rmdir()
    ran = run(*batch, "--overwrite")
    assert ran.code == 0, ran
    assert all((out / f"ГС-0{n}.pdf").read_bytes().startswith(b"%PDF") for n in range(4))
    assert (tmp_path / "units.jsonl").read_bytes() == before


def pdfs_named(out: Path) -> list[str | None]:
    told = json.loads((out / "manifest.json").read_text(encoding="utf-8"))["units"]
    return [line.get("pdf") for line in told]


@posix
def test_pdfs_where_no_batch_was(run: Run, tmp_path: Path, office: Path) -> None:
    """A folder without journal or manifest is refused and left as it is; lines that the journal lacks stay."""
    with pytest.raises(OutputError) as refused:
        pdfs.make(tmp_path / "mistyped")
    assert [p.code for p in refused.value.problems] == ["PF770"]
    assert not (tmp_path / "mistyped").exists()
    out = tmp_path / "out"
    assert run("batch", units(tmp_path / "units.jsonl", 3).name, "-o", "out", "--pdf").code == 0
    journal = out / ".planforge" / "journal.jsonl"
    before, lines = (out / "manifest.json").read_bytes(), journal.read_bytes().splitlines(keepends=True)
    journal.write_bytes(b"".join(line for line in lines if "ГС-01".encode() not in line))
    assert [made.unit for made in pdfs.make(out)] == ["ГС-00", "ГС-02"]
    assert (out / "manifest.json").read_bytes() == before
    journal.unlink()
    with pytest.raises(OutputError):
        pdfs.make(out)
    assert (out / "manifest.json").read_bytes() == before
    (out / "manifest.json").unlink()
    journal.write_bytes(b"".join(lines))
    with pytest.raises(OutputError):
        pdfs.make(out)
    assert not (out / "manifest.json").exists()


@posix
def test_what_happens_while_pdfs_are_made(run: Run, tmp_path: Path, office: Path) -> None:
    """A PDF that somebody puts there and a document that somebody edits meanwhile stay, and no PDF is named."""
    units(tmp_path / "units.jsonl", 3)
    assert run("batch", "units.jsonl", "-o", "out").code == 0
    out = tmp_path / "out"
    with (office.parent / "soffice").open("a", encoding="utf-8") as program:
        program.write(f"pathlib.Path({str(out / 'ГС-00.pdf')!r}).write_bytes(b'mine')\n")
        program.write(f"pathlib.Path({str(out / 'ГС-01.docx')!r}).write_bytes(b'mine')\n")
    made = list(pdfs.make(out))
    assert [(m.state, [p.code for p in m.problems]) for m in made] == [
        ("failed", ["PF763"]),
        ("failed", ["PF762"]),
        ("done", []),
    ]
    assert (out / "ГС-00.pdf").read_bytes() == (out / "ГС-01.docx").read_bytes() == b"mine"
    assert not (out / "ГС-01.pdf").exists()
    assert pdfs_named(out) == [None, None, "ГС-02.pdf"]


@posix
def test_the_manifest_names_pdfs_that_stand(run: Run, tmp_path: Path, office: Path) -> None:
    """No PDF that was deleted or edited, whose document was edited, or that is of another name."""
    units(tmp_path / "units.jsonl", 4)
    batch = ("batch", "units.jsonl", "-o", "out")
    assert run(*batch, "--pdf").code == 0
    out = tmp_path / "out"
    (out / "ГС-00.pdf").unlink()
    (out / "ГС-01.pdf").write_bytes(b"edited")
    for options in ((), ("--force",)):
        assert run(*batch, *options).code == 0
        assert pdfs_named(out) == [None, None, "ГС-02.pdf", "ГС-03.pdf"]
    (out / "ГС-02.docx").write_bytes(b"edited")
    made = {m.unit: [p.code for p in m.problems] for m in pdfs.make(out)}
    assert made == {"ГС-00": [], "ГС-01": ["PF762"], "ГС-02": ["PF762"], "ГС-03": []}
    assert pdfs_named(out) == ["ГС-00.pdf", None, None, "ГС-03.pdf"]
    assert run(*batch, "--names", "{{ unit }}-а").code == 0
    assert pdfs_named(out) == [None] * 4
    assert run(*batch, "--overwrite").code == 0
    assert pdfs_named(out) == ["ГС-00.pdf", None, "ГС-02.pdf", "ГС-03.pdf"]


@posix
def test_pdfs_without_an_office(run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where no program makes PDFs that is told before there is any document."""
    from planforge import office as programs

    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr(programs, "_usual_places", list)
    units(tmp_path / "units.jsonl", 2)
    ran = run("batch", "units.jsonl", "-o", "out", "--pdf")
    assert ran.code == 1
    assert ran.err.count("PF701") == 1
    assert not (tmp_path / "out").exists()


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


# --- what is told --------------------------------------------------------------------------------------------------


def test_a_trial_says_so(run: Run, tmp_path: Path) -> None:
    """A dry run tells what a run would do in words of its own, also to programs, and in which folder it cannot."""
    units(tmp_path / "units.jsonl", 3, faulty=1)
    ran = run("batch", "units.jsonl", "-o", "out", "--dry-run", "--lang", "mn")
    assert "Туршилт: 2 шинээр гарна, 0 хэвээр үлдэнэ, 1 алдаатай. Юу ч бичээгүй: out" in ran.err
    assert "бэлэн" not in ran.out
    told = [
        json.loads(line) for line in run("batch", "units.jsonl", "-o", "out", "--dry-run", "--json").out.splitlines()
    ]
    assert all(line["dry_run"] for line in told)
    run("batch", "units.jsonl", "-o", "out")
    ran = run("batch", "units.jsonl", "-o", "out", "--dry-run")
    assert "0 would be made, 2 stay unchanged, 1 fail" in ran.err
    ran = run("batch", "units.jsonl", "-o", "plan.yaml/x", "--dry-run", "--lang", "mn")
    assert (ran.code, "PF770" in ran.err) == (1, True)
    assert "замд нь хавтасны оронд файл байна" in ran.err


def test_archives(run: Run, tmp_path: Path) -> None:
    """A mistyped unit, some units alone, and units that all fail leave an archive as it is; the words are true."""
    units(tmp_path / "units.jsonl", 3)
    assert run("batch", "units.jsonl", "-o", "a.zip").code == 0
    before = (tmp_path / "a.zip").read_bytes()
    assert run("batch", "units.jsonl", "-o", "a.zip", "--unit", "X*").code == 2
    assert "PF751" in run("batch", "units.jsonl", "-o", "a.zip", "--unit", "ГС-00").err
    units(tmp_path / "units.jsonl", 1, faulty=0)
    ran = run("batch", "units.jsonl", "-o", "a.zip")
    assert (ran.code, "neither made nor replaced" in ran.err) == (3, True)
    assert (tmp_path / "a.zip").read_bytes() == before


def test_no_unit_of_that_name(run: Run, tmp_path: Path) -> None:
    """A mistyped unit leaves no trace."""
    units(tmp_path / "units.jsonl", 3)
    assert run("batch", "units.jsonl", "-o", "out", "--unit", "X*").code == 2
    assert not (tmp_path / "out").exists()


def test_warnings_name_their_unit(run: Run, tmp_path: Path) -> None:
    """Warnings are printed with unit, place and remedy, what is the same once; those of unchanged units are counted."""
    units(tmp_path / "units.jsonl", 30)
    lines = (tmp_path / "units.jsonl").read_text(encoding="utf-8").splitlines()
    rows = [json.loads(line) | {"extra": {f"эрсдэл {number}": "их"}} for number, line in enumerate(lines)]
    (tmp_path / "units.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    ran = run("batch", "units.jsonl", "-o", "out")
    told = [line for line in ran.err.splitlines() if "PF322" in line]
    assert len(told) == 20
    assert told[3].startswith("ГС-03: units.jsonl:4 ")
    assert "→ Add a column or a line to the form" in ran.err
    assert "… and 10 more warnings" in ran.err
    for row in rows:
        row["extra"] = {"эрсдэл": "их"}
    (tmp_path / "units.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    ran = run("batch", "units.jsonl", "-o", "out")
    assert ran.err.count("PF322") == 1
    assert "… and 29 more warnings" in ran.err
    ran = run("batch", "units.jsonl", "-o", "out")
    assert "PF322" not in ran.err
    assert "have 30 warnings. --force shows them again." in ran.err


def test_errors_name_their_unit(run: Run, tmp_path: Path) -> None:
    """A fault that several units share is told of each."""
    units(tmp_path / "units.jsonl", 2)
    rows = [json.loads(line) for line in (tmp_path / "units.jsonl").read_text(encoding="utf-8").splitlines()]
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "common.txt").write_text("planforge: plan/1\ntitle: Т\nyear: энэ жил\nowner: Х\nmeasures: [а]\n")
    for row in rows:
        report = "planforge: report/1\nplan: common.txt\nresults: {1: {percent: 100}}\n"
        (tmp_path / "in" / f"{row['id']}.yaml").write_text(report, encoding="utf-8")
    ran = run("batch", "in", "-o", "out")
    told = [line for line in ran.err.splitlines() if "PF114" in line]
    assert [line.partition(": ")[0] for line in told] == ["ГС-00", "ГС-01"]
    assert all("common.txt:3:7" in line for line in told)


def test_what_is_left_is_told(run: Run, tmp_path: Path) -> None:
    """Documents of units that are gone are named at the end, to programs as a line of its own."""
    units(tmp_path / "units.jsonl", 3)
    run("batch", "units.jsonl", "-o", "out")
    units(tmp_path / "units.jsonl", 2)
    ran = run("batch", "units.jsonl", "-o", "out", "--lang", "mn")
    assert "PF752" in ran.err
    assert "ГС-02.docx. Устгасангүй." in ran.err
    assert ran.code == 0
    last = json.loads(run("batch", "units.jsonl", "-o", "out", "--json").out.splitlines()[-1])
    assert [problem["code"] for problem in last["problems"]] == ["PF752"]


@pytest.mark.skipif(sys.platform != "linux", reason="names of files are Unicode elsewhere")
def test_names_that_are_no_text(tmp_path: Path) -> None:
    """A surrogate in an id, a file name that is no UTF-8: that unit fails, in every form of output, and no other."""
    units(tmp_path / "units.jsonl", 2)
    row = json.loads((tmp_path / "units.jsonl").read_text(encoding="utf-8").splitlines()[0])
    with (tmp_path / "units.jsonl").open("a", encoding="utf-8") as file:
        file.write(json.dumps({**row, "id": "\ud800"}) + "\n")
    (tmp_path / "in").mkdir()
    for name in (b"a\xff.yaml", b"b.yaml"):
        path = Path(os.fsdecode(os.fsencode(tmp_path) + b"/in/" + name))
        path.write_text(
            "planforge: plan/1\ntitle: x\nyear: 2024\nowner: Хэлтэс\nobjectives: [{text: з, measures: [а]}]\n"
        )
    for source, done in (("units.jsonl", 2), ("in", 1)):
        for number, options in enumerate(([], ["--json"], ["--dry-run"])):
            ran = spawn("batch", source, "-o", f"out-{source}-{number}", *options, cwd=tmp_path)
            assert ran.returncode == 3, ran.stderr.decode()
            assert b"Traceback" not in ran.stderr
            if options == ["--json"]:
                told = [json.loads(line) for line in ran.stdout.splitlines()]
                assert [t["state"] for t in told].count("done") == done
                assert [p["code"] for t in told for p in t["problems"]] == ["PF753"]
            else:
                assert b"PF753" in ran.stderr
                assert f"{done} {'would be ' if options else ''}made".encode() in ran.stderr


@posix
def test_an_encoding_without_cyrillic(tmp_path: Path) -> None:
    """Where the system's file names hold no Cyrillic each unit fails with the remedy."""
    units(tmp_path / "units.jsonl", 2)
    env = {"LC_ALL": "C", "PYTHONUTF8": "0"}
    names = ("--names", "{{ plan.owner.name }}-{{ number }}")
    for options in ([], ["--dry-run"]):
        ran = spawn("batch", "units.jsonl", "-o", "out", *names, *options, cwd=tmp_path, env=env)
        assert ran.returncode == 3, ran.stderr.decode()
        assert ran.stderr.count(b"PF754") == 2
        assert b"PYTHONUTF8=1" in ran.stderr


@pytest.mark.parametrize(
    ("options", "code", "said"),
    [
        (["-t", "nothere.docx"], "PF250", "Файл олдсонгүй"),
        (["-t", "b/"], "PF730", "энэ нь файл биш, хавтас байна"),
        (["--jobs", "0"], "PF716", "1–64"),
        (["--jobs", "65"], "PF716", "1–64"),
        (["--jobs", "²"], "PF716", "1–64"),
        (["--dask", "nowhere"], "PF775", "хаяг буруу бичигдсэн"),
    ],
)
def test_refusals(run: Run, tmp_path: Path, options: list[str], code: str, said: str) -> None:
    """What cannot be is told in plain words of one language."""
    if "--dask" in options:
        pytest.importorskip("distributed", exc_type=ImportError)
    units(tmp_path / "units.jsonl", 2)
    ran = run("batch", "units.jsonl", "-o", "out", *options, "--lang", "mn")
    assert code in ran.err
    assert said in ran.err
    assert not (tmp_path / "out").exists()


@posix
def test_progress_of_some_units(folder: Path) -> None:
    """The bar counts the units that were asked for."""
    units(folder / "units.jsonl", 80)
    shown, code = on_a_terminal(["batch", "units.jsonl", "-o", "out", "--unit", "ГС-[0-3]?"], folder)
    assert code == 0
    assert "40/40" in shown


@posix
def test_interrupted_archive(tmp_path: Path) -> None:
    """Ctrl-C leaves no archive and no part of one, and says that all is made anew."""
    units(tmp_path / "units.jsonl", 3000)
    err = interrupted(tmp_path, "batch", "units.jsonl", "-o", "a.zip", "--json", "--lang", "en")
    assert "nothing is kept" in err
    assert [p.name for p in tmp_path.iterdir()] == ["units.jsonl"]


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
