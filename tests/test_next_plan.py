"""Next year's plan as files: the YAML with its decisions as comments, the decision document, the commands."""

from __future__ import annotations

import json
import re
import shutil
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from planforge import cli, data, package_rules, read, view
from planforge.model import Plan, Report
from planforge.next_plan import MARK, decision_document, plan_text
from planforge.rollover import roll_over
from planforge.yaml_writer import dump
from tests.bodies import outline
from tests.strategies import plans, reports
from tests.test_rollover import rolled_by
from tests.test_samples import SAMPLES

SOURCES = sorted(path for path in SAMPLES.glob("*/*.yaml"))
SLOW = settings(deadline=None, suppress_health_check=list(HealthCheck))


def comments(text: str) -> list[str]:
    return [line.strip() for line in text.split("\n") if line.lstrip().startswith("#")]


@pytest.mark.parametrize("source", SOURCES, ids=lambda path: f"{path.parent.name}-{path.stem}")
def test_in_place(source: Path) -> None:
    """Of every sample: the old file with its comments and its order, which reads as the new plan."""
    loaded = data.parse(source)
    assert loaded.value is not None
    subject = loaded.value
    year = (subject.plan if isinstance(subject, Report) else subject).year + 1
    rolled = roll_over(subject, year=year)
    text = plan_text(rolled, loaded)
    assert data.load(text.encode()) == rolled.plan
    old = source.with_name("plan.yaml").read_text(encoding="utf-8")
    told = comments(text)
    assert [line for line in told if MARK not in line and f"{year} оны төсөл" not in line] == comments(old)
    assert sum(line.startswith(f"# {MARK}") for line in told) == len(rolled.decisions)
    kept = [
        line
        for line in old.split("\n")
        if not re.search(r"^\s*(?:- text:|year:|period:|month:|day:|number:)|20\d\d", line)
    ]
    lines = iter(text.split("\n"))
    assert all(line in lines for line in kept)


def test_customs_file() -> None:
    """The decision of the criterion of 2.3 stands above its line."""
    loaded = data.parse(SAMPLES / "customs-2024" / "plan.yaml")
    assert isinstance(loaded.value, Plan)
    text = plan_text(roll_over(loaded.value, year=2025), loaded)
    below = text.partition(MARK + " «2024 онд» → «2025 онд» болгох уу?")[2].split("\n")
    assert below[1:3] == ["    - >-", below[2]]
    assert below[2].strip().startswith("2024 онд төсвийн")


MESSY = """\
planforge: plan/1
гарчиг: Т
он: 2024  # он
байгууллага: Хэлтэс
хугацаа: "2024 он"
батлах_тэмдэглэл: {огноо: 2024.03.01, хүн: {нэр: А}}
арга_хэмжээ:
- Нэг мөр 2024 онд  # нэг
- {бичвэр: хаалтад, хугацаа: 2024.02.29}
- бичвэр: >-
    урт
    2024 онд
  үр_дүн:
    хувь: 100
    # дотор
    биелэлт: |
      мөр
  # сүүлчийн
  хугацаа: Жилдээ
"""


def test_every_way_of_writing() -> None:
    """Plain texts, brackets and Mongolian keys: ids and values go where they belong."""
    loaded = data.parse(MESSY.encode())
    assert isinstance(loaded.value, Plan)
    rolled = roll_over(loaded.value, year=2025)
    text = plan_text(rolled, loaded)
    assert data.load(text.encode()) == rolled.plan
    for line in (
        "он: 2025  # он",
        'хугацаа: "2025 он"',
        "батлах_тэмдэглэл: {огноо: , хүн: {нэр: А}}",
        "- таних_тэмдэг: 2024-1\n  бичвэр: Нэг мөр 2024 онд  # нэг",
        "- {таних_тэмдэг: 2024-2, бичвэр: хаалтад, хугацаа: 2025.02.28}",
        "  үр_дүн:\n  # сүүлчийн\n  хугацаа: Жилдээ",
    ):
        assert f"\n{line}\n" in f"\n{text}\n"
    again = roll_over(data.load(text.encode(), Plan), year=2026)
    assert data.load(plan_text(again, data.parse(text.encode())).encode()) == again.plan


@pytest.mark.parametrize(
    "content",
    [
        '{"planforge": "plan/1", "title": "Т", "year": 2024, "owner": "Х", "measures": ["2024 онд"]}',
        "planforge: report/1\nplan: {title: Т, year: 2024, owner: Х, measures: [2024 онд]}\nresults: {1: {percent: 70}}\n",
        "{planforge: plan/1, title: Т, year: 2024, owner: Х, measures: [2024 онд]}\n",
    ],
    ids=["json", "plan inside", "one line"],
)
def test_written_anew(content: str) -> None:
    """What cannot be changed in place is written anew, with the same decisions."""
    loaded = data.parse(content.encode())
    assert loaded.value is not None
    rolled = roll_over(loaded.value, year=2025)
    text = plan_text(rolled, loaded)
    assert data.load(text.encode()) == rolled.plan
    assert text.count(f"# {MARK}") == len(rolled.decisions)


@SLOW
@given(plans() | reports(), st.sampled_from(["en", "mn"]))
def test_any_plan(subject: Plan | Report, keys: str) -> None:
    """Of any plan: the file reads as the new plan, in place or anew, every decision is a comment, and it rolls on."""
    rolled = rolled_by(subject, 1)
    for text in (
        plan_text(rolled, keys="mn" if keys == "mn" else "en"),
        plan_text(rolled, data.parse(dump(subject, keys="mn" if keys == "mn" else "en").encode())),
    ):
        assert data.load(text.encode()) == rolled.plan
        assert text.count(f"# {MARK}") >= len(rolled.decisions)


FINISHED = """\
planforge: plan/1
title: Т
year: 2024
owner: Хэлтэс
objectives:
  - text: з
    measures:
      - text: >-
          урт
          мөр
        result: {percent: 100}
      # хоёр
      - text: б  # үлдэнэ
        result: {percent: 40}
      -
        text: в
        result: {percent: 100}  # дууссан

  - text: и
    measures:
    - {text: г, result: {percent: 100}}
"""


def test_measures_removed_in_place() -> None:
    """Finished measures go with their lines; the others, their comments and their decisions stand where they stood."""
    loaded = data.parse(FINISHED.encode())
    assert isinstance(loaded.value, Plan)
    rolled = roll_over(loaded.value, year=2025, keep="unfinished")
    text = plan_text(rolled, loaded)
    assert data.load(text.encode()) == rolled.plan
    assert text.endswith("""
objectives:
  - id: 2024-1
    text: з
    measures:
      # хоёр
      - id: 2024-1.2
        text: б  # үлдэнэ
        result:

  - id: 2024-2
    text: и
    measures:
""")
    page = outline(decision_document(rolled))
    assert page.count("☐ Үлдээх") == 0
    assert "хассан" in page
    assert "үлдээсэн" in page


# --- the decision document -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("source", SOURCES, ids=lambda path: f"{path.parent.name}-{path.stem}")
def test_document(source: Path) -> None:
    """Every measure, every year in a text and every change is printed; the package is valid; the same bytes each time."""
    subject = data.load(source)
    plan = subject.plan if isinstance(subject, Report) else subject
    rolled = roll_over(subject, year=plan.year + 1)
    document = decision_document(rolled)
    assert document == decision_document(rolled)
    assert package_rules.verify(document, ()) == ()
    page = outline(document)
    walked = view.walk(rolled.plan)
    assert isinstance(walked, view.PlanView)
    for node in walked.all_measures:
        assert node.item.text in page
    assert page.count("☐ Үлдээх") == len(walked.all_measures)
    for change in rolled.changes:
        assert change.new in page or change.path[-1] == "id"
    assert ("Бичвэр доторх он, огноо" in page) is any(d.start is not None for d in rolled.decisions)


# --- commands ------------------------------------------------------------------------------------------------------


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    shutil.copytree(SAMPLES / "progress-2025", tmp_path, dirs_exist_ok=True)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PLANFORGE_LANG", "en")
    return tmp_path


def test_next(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Three files, their names on stdout, the count of decisions on stderr; never over files."""
    assert cli.run(["next", "report.yaml", "--year", "2027", "-o", "out/next"]) == 0
    out, err = capsys.readouterr()
    names = ("plan.yaml", "decisions.docx", "plan.docx")
    assert [Path(line) for line in out.split()] == [Path("out/next", name) for name in names]
    rolled = roll_over(data.load("report.yaml"), year=2027)
    assert f"Decisions to take: {len(rolled.decisions)}" in err
    assert data.load("out/next/plan.yaml") == rolled.plan
    assert Path("out/next/decisions.docx").read_bytes() == decision_document(rolled)
    assert read("out/next/plan.docx") == rolled.plan
    assert cli.run(["next", "report.yaml", "--year", "2027", "-o", "out/next"]) == 2
    assert "PF723" in capsys.readouterr().err
    assert cli.run(["next", "out/next/plan.yaml"]) == 0
    assert data.load("out/next/2028/plan.yaml", Plan).year == 2028


def test_next_of_a_document(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A document carries its data: it rolls over too."""
    assert cli.run(["render", "plan.yaml", "-o", "plan.docx"]) == 0
    assert cli.run(["next", "plan.docx", "-o", "n"]) == 0
    assert data.load("n/plan.yaml") == roll_over(data.load("plan.yaml"), year=2026).plan


def test_next_accept(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """With the proposals accepted the texts change in place, and no comment asks about them."""
    shutil.copy(SAMPLES / "customs-2024" / "plan.yaml", "customs.yaml")
    assert cli.run(["next", "customs.yaml", "--accept", "dates", "-o", "n"]) == 0
    assert "Decisions to take: 0" in capsys.readouterr().err
    text = Path("n/plan.yaml").read_text(encoding="utf-8")
    assert "2025 онд төсвийн хөрөнгө оруулалтын" in text
    assert MARK not in text
    assert "# Өөрийн нүдэнд нь «холбоотой»" in text


def test_next_keep(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """`--keep`, `--keep-measure` and `--retire` are `keep`, `kept` and `retired`."""
    args = ["--keep", "unfinished", "--keep-measure", "1.1", "--retire", "1.2,1.3"]
    assert cli.run(["next", "report.yaml", "-o", "n", *args]) == 0
    source = data.load("report.yaml")
    rolled = roll_over(source, year=2026, keep="unfinished", kept=["1.1"], retired=["1.2", "1.3"])
    assert data.load("n/plan.yaml") == rolled.plan != roll_over(source, year=2026).plan


def test_next_draft(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The draft in a form of one's own; where it does not render, why is a warning, and the other files are made."""
    shutil.copy(SAMPLES / "customs-2024" / "plan.yaml", "customs.yaml")
    assert cli.run(["templates", "copy", "plan", "own.docx"]) == 0
    assert cli.run(["next", "customs.yaml", "-t", "own.docx", "-o", "n"]) == 0
    assert "ГААЛИЙН" in outline(Path("n/plan.docx").read_bytes()).upper()
    capsys.readouterr()
    assert cli.run(["next", "customs.yaml", "-t", "report", "-o", "m"]) == 0
    assert "PF467" in capsys.readouterr().err
    assert sorted(path.name for path in Path("m").iterdir()) == ["decisions.docx", "plan.yaml"]
    assert cli.run(["next", "customs.yaml", "-t", "no.docx", "-o", "k"]) == 1
    assert not Path("k").exists()
    assert cli.run(["next", "report.yaml", "--keep", "none", "-o", "empty"]) == 0


def test_next_json(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """For machines: files, decisions with paths as in problems, changes, measures."""
    assert cli.run(["next", "report.yaml", "-o", "n", "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert (told["year"], told["by"]) == (2026, 1)
    assert told["decisions"][0]["path"] == "objectives[0].measures[0]"
    assert {"question": "measure", "old": "60%", "proposal": "carry"}.items() <= told["decisions"][0].items()
    assert {"done": "moved", "path": "year", "old": "2025", "new": "2026"} in told["changes"]
    assert told["measures"][0]["grade"] == "60%"


@pytest.mark.parametrize(
    ("args", "code", "exit_code"),
    [
        (["next", "plan.yaml", "--year", "x"], "PF114", 2),
        (["next", "plan.yaml", "--year", "2025"], "PF460", 1),
        (["next", "plan.yaml", "--retire", "7.7"], "PF464", 1),
        (["next", "plan.yaml", "--keep", "some"], "PF716", 2),
        (["next", "no.yaml"], "PF120", 1),
        (["next", "plan.yaml", "-o", "report.yaml"], "PF728", 1),
    ],
)
def test_next_refused(
    args: list[str], code: str, exit_code: int, folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Nothing is written where anything is wrong."""
    before = sorted(folder.rglob("*"))
    assert cli.run(args) == exit_code
    assert code in capsys.readouterr().err
    assert sorted(folder.rglob("*")) == before


def test_set(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A value is set in the file; a fault leaves it as it was."""
    before = Path("report.yaml").read_bytes()
    assert cli.run(["set", "report.yaml", "results.1.1.percent", "65"]) == 0
    after = Path("report.yaml").read_bytes()
    assert after == before.replace(b"percent: 60", b"percent: 65")
    assert cli.run(["set", "report.yaml", "results.1.1.percent", "165"]) == 1
    assert "PF112" in capsys.readouterr().err
    assert Path("report.yaml").read_bytes() == after


def test_set_tells_what_comes_of_it(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The warnings that a change brings about, on stderr, and none that were there before."""
    Path("plan.yaml").write_text(
        "planforge: plan/1\n# х\ntitle: Төлөвлөгөө\nyear: 2025\nowner: Эрдэнэт үйлдвэр\nmeasures: [Сургалт, Зөвлөмж]\n",
        encoding="utf-8",
    )
    for path, value, codes in (
        ("title", "", ["PF419"]),
        ("measures[0]", "100 %", ["PF422"]),
        ("measures[1]", "50 %", ["PF422"]),
        ("measures[1]", "50%", []),
        ("title", "2024 оны төлөвлөгөө", ["PF416"]),
    ):
        assert cli.run(["set", "plan.yaml", path, value]) == 0
        out, err = capsys.readouterr()
        assert out == "plan.yaml\n"
        assert re.findall(r"warning (PF\d+)", err) == codes
    assert cli.run(["check", "plan.yaml"]) == 0
    assert {"PF416", "PF417", "PF422"} == set(re.findall(r"PF\d+", capsys.readouterr().out))


SPELT = "planforge: plan/1\ntitle: Т\nyear: 2025\nowner: Яам\nmeasures: [{text: 'А', extra: {а: '%s'}}]\n"


@pytest.mark.parametrize(("count", "told"), [(0, ""), (1, "1 warning about"), (30, "30 warnings about")])
def test_spelling_is_left_to_check(folder: Path, capsys: pytest.CaptureFixture[str], count: int, told: str) -> None:
    """Errors first; how many warnings there are about spelling is said in one line."""
    Path("plan.yaml").write_text(SPELT % ("а" + "  б" * count), encoding="utf-8")
    for args in (["--year", "2024"], ["-o", "n"]):
        refused = cli.run(["next", "plan.yaml", *args])
        err = capsys.readouterr().err.splitlines()
        assert ("PF460" in err[0]) is bool(refused)
        assert "PF427" not in "".join(err)
        assert [line for line in err if "spelling" in line] == (
            [f"{told} spelling: `planforge check` tells {'it' if count == 1 else 'them'}."] if count else []
        )
    assert cli.run(["next", "plan.yaml", "-o", "n"]) == 2
    assert "PF723" in capsys.readouterr().err.splitlines()[0]
    assert cli.run(["next", "plan.yaml", "--json", "-o", "m"]) == 0
    problems = [p["code"] for p in json.loads(capsys.readouterr().out)["problems"]]
    assert (problems.count("PF427"), problems.count("PF430")) == (min(count, 20), count > 20)
