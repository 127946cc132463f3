"""Next year's plan as files: the YAML with its decisions as comments, the decision document, the commands."""

from __future__ import annotations

import json
import re
import shutil
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from planforge import cli, data, decision_marks, package_rules, read, view
from planforge.model import Plan, Report
from planforge.next_plan import MARK, decision_document, plan_file, plan_text, question, to_decide
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


def own_comments(text: str) -> list[str]:
    """Those that no rollover wrote."""
    spot = data.parse(text.encode()).spot
    assert spot is not None
    written = set(decision_marks.written_lines(spot.tree))
    return [comment for number, comment in spot.tree.comments() if number not in written]


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
    assert own_comments(text) == comments(old)
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
    """Of any plan: the file reads as the new plan, in place and anew, every decision is a comment, and it rolls on."""
    rolled = rolled_by(subject, 1)
    made = plan_file(rolled, data.parse(dump(subject, keys="mn" if keys == "mn" else "en").encode()))
    assert made.problems == ()
    for text in (plan_text(rolled, keys="mn" if keys == "mn" else "en"), made.text):
        assert data.load(text.encode()) == rolled.plan
        assert text.count(f"# {MARK}") >= len(rolled.decisions)
        again = rolled_by(rolled.plan, 1)
        twice = plan_file(again, data.parse(text.encode()))
        assert twice.problems == ()
        assert data.load(twice.text.encode()) == again.plan
        assert marks(twice.text) == len(again.decisions)


LONG = f"2024 онд {'сургалт, ' * 12}уулзалт"


@pytest.mark.parametrize("accepted", [False, True])
@pytest.mark.parametrize(
    "written",
    [
        f"\n- {LONG}  # а",
        f"\n# а\n-   >-\n     2024 онд\n\n     # бичвэр\n     {LONG}\n# б",
        "\n  - |2\n      2024 онд\n     # бичвэр\n  # а\n  - б",
        "\n- 2024 онд\n  дараагийн мөр\n-\n  2024 онд\n  # а",
        "\n- '2024 онд\n  # бичвэр'\n- \"2024 онд\n\n  а\"  # а",
        f" {LONG}  # а",
        " >-\n  2024 онд\n  # бичвэр\n# а",
        "\n- >-  # а\n  2024 онд\n- |-  # а\n  2024 онд\n  # бичвэр",
        "\n  text: 2024 онд\n  # а",
        " {text: 2024 онд}  # а",
        " [2024 онд, {text: 2024 онд},\n  '2024 онд\n  # бичвэр']  # а",
    ],
)
def test_texts_of_several_lines(written: str, accepted: bool) -> None:
    """A measure that is a text alone, however it is written, becomes a part with an id and keeps the file in place."""
    loaded = data.parse(f"planforge: plan/1\ntitle: 'Т'\nyear: 2024\nowner: Х\nmeasures:{written}\n".encode())
    assert loaded.value is not None
    assert loaded.spot is not None
    rolled = roll_over(loaded.value, year=2025)
    made = plan_file(rolled.accepted() if accepted else rolled, loaded)
    assert made.problems == ()
    assert own_comments(made.text) == own_comments("\n".join(loaded.spot.tree.lines))
    assert "title: 'Т'" in made.text
    assert made.text.count("  # а\n") == f"{written}\n".count("  # а\n")
    assert marks(made.text) == (0 if accepted else len(rolled.decisions))


@pytest.mark.parametrize("style", ["lf", "crlf", "bom", "mixed"])
def test_line_ends(style: str) -> None:
    """Line ends and the mark at the beginning stay; LF where the old file has both."""

    def written(text: str) -> bytes:
        if style == "mixed":
            return text.replace("\n", "\r\n", 1).encode()
        return {"lf": text, "crlf": text.replace("\n", "\r\n"), "bom": "\ufeff" + text}[style].encode()

    loaded = data.parse(written(MESSY))
    assert loaded.value is not None
    rolled = roll_over(loaded.value, year=2025)
    text = plan_text(rolled, data.parse(MESSY.encode()))
    assert plan_text(rolled, loaded).encode() == (text.encode() if style == "mixed" else written(text))


INSIDE = """\
# тайлангийн тайлбар
planforge: report/1  # тайлан
төлөвлөгөө:  # төлөвлөгөөний тайлбар
    гарчиг: "Т"  # нэр
    # тэргүүн
    он: 2024
    байгууллага: 'Х'
# зүүн захад
    төгсгөл: |
      # энэ бол бичвэр
    зорилт:
      - бичвэр: >-
          2024 онд
          сургалт
        # дотор

      - {бичвэр: Гурав, арга_хэмжээ: [Нэг, {бичвэр: Хоёр}]}
    # төлөвлөгөөний төгсгөл

# үр дүнгийн тухай
үр_дүн: {2.1: {хувь: 70}}
"""


def test_plan_inside_its_report() -> None:
    """The lines of the plan, moved to the left: comments, quotation marks, order and keys stay; the report's do not."""
    loaded = data.parse(INSIDE.encode())
    assert isinstance(loaded.value, Report)
    made = plan_file(roll_over(loaded.value, year=2025), loaded)
    assert made.problems == ()
    assert (
        made.text
        == """\
planforge: plan/1
# 2024 оны төлөвлөгөөнөөс бэлтгэсэн 2025 оны төсөл: он, хугацааг шилжүүлж, үр дүнг хассан.
# Хүн шийдвэрлэх зүйл: 2 арга хэмжээ; 1 он, огноо. Бүгдийг шийдвэрийн хуудсанд (decisions.docx) жагсаав.
# «ШИЙДЭХ:» гэж тэмдэглэсэн мөр: 3. Шийдсэн мөрөө устгана уу.
# төлөвлөгөөний тайлбар
гарчиг: "Т"  # нэр
# тэргүүн
он: 2025
байгууллага: 'Х'
# зүүн захад
төгсгөл: |
  # энэ бол бичвэр
зорилт:
  # ШИЙДЭХ: «2024 онд» → «2025 онд» болгох уу? (төлөвлөгөөний онтой хамт шилжинэ)
  - таних_тэмдэг: 2024-1
    бичвэр: >-
      2024 онд
      сургалт
    # дотор

  # ШИЙДЭХ: 2024 оны биелэлт: 70%. Санал: үргэлжлүүлэх.
  # ШИЙДЭХ: 2024 оны биелэлт: тодорхойгүй. Санал: үргэлжлүүлэх.
  - {таних_тэмдэг: 2024-2, бичвэр: Гурав, арга_хэмжээ: [{таних_тэмдэг: 2024-2.1, бичвэр: Нэг}, {таних_тэмдэг: 2024-2.2, бичвэр: Хоёр}]}
# төлөвлөгөөний төгсгөл
"""
    )


@pytest.mark.parametrize("by", ["retired", "keep"])
def test_entries_of_brackets_go(by: str) -> None:
    """Measures in brackets are removed with their commas, all else in the file stays."""
    loaded = data.parse(INSIDE.encode())
    assert loaded.value is not None
    removed: Any = {"retired": ["2.1"]} if by == "retired" else {"keep": "none", "kept": ["2.2"]}
    rolled = roll_over(loaded.value, year=2025, **removed)
    made = plan_file(rolled, loaded)
    assert made.problems == ()
    assert "арга_хэмжээ: [{таних_тэмдэг: 2024-2.2, бичвэр: Хоёр}]}\n# төлөвлөгөөний төгсгөл\n" in made.text
    assert 'гарчиг: "Т"  # нэр\n# тэргүүн\n' in made.text
    assert data.load(made.text.encode()) == rolled.plan


@pytest.mark.parametrize(
    ("source", "warned", "key"),
    [
        ("planforge: plan/1\nгарчиг: Т\nон: 2024\nбайгууллага: Х\nарга_хэмжээ: [бичвэр: м]\n", (5, 15), "гарчиг"),
        (
            "planforge: report/1\nplan:\n  title: Т\n  year: 2024\n  owner: Х\n  measures: [text: м]\nresults: {}\n",
            (6, 14),
            "title",
        ),
        ('{"planforge": "plan/1", "гарчиг": "Т", "он": 2024, "байгууллага": "Х"}', None, "гарчиг"),
    ],
    ids=["plan", "report", "json"],
)
def test_written_anew_is_told(source: str, warned: tuple[int, int] | None, key: str) -> None:
    """What cannot be changed in place is a warning with its place, the keys stay; JSON has no comments to lose."""
    loaded = data.parse(source.encode())
    assert loaded.value is not None
    made = plan_file(roll_over(loaded.value, year=2025), loaded)
    assert f"\n{key}: Т\n" in made.text
    places = [(p.code, getattr(p.place, "line", None), getattr(p.place, "column", None)) for p in made.problems]
    assert places == ([("PF468", *warned)] if warned else [])


def marks(text: str) -> int:
    """How many comments ask for a decision."""
    spot = data.parse(text.encode()).spot
    assert spot is not None
    return sum(comment.startswith(f"# {MARK}") for _, comment in spot.tree.comments())


def test_second_year() -> None:
    """What the last rollover wrote goes, in the head and above lines; other comments and data that look so stay."""
    source = MESSY.replace(
        "арга_хэмжээ:\n", "# ШИЙДЭХ: захирлаас асуух\nарга_хэмжээ:\n- |\n  # ШИЙДЭХ: бичвэр болгох уу?\n", 1
    )
    loaded = data.parse(source.encode())
    assert loaded.value is not None
    first = plan_text(roll_over(loaded.value, year=2025), loaded)
    opened = data.parse(first.encode())
    ((problem),) = (p for p in opened.problems if p.code == "PF469")
    assert (problem.severity, problem.args["count"]) == ("note", marks(first))
    assert first.split("\n")[getattr(problem.place, "line", 0) - 1].lstrip().startswith(f"# {MARK}")
    assert opened.value is not None
    again = roll_over(opened.value, year=2026)
    second = plan_text(again, opened)
    assert data.load(second.encode()) == again.plan
    assert own_comments(second) == own_comments(first) == ["# ШИЙДЭХ: захирлаас асуух", "# сүүлчийн"]
    assert second.count("оны төлөвлөгөөнөөс бэлтгэсэн") == second.count("Хүн шийдвэрлэх") == 1
    assert marks(second) == len(again.decisions) + 1
    assert "\n    # ШИЙДЭХ: бичвэр болгох уу?\n" in second


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
    assert page.count("☐ Үлдээх") == len(walked.all_measures) == rolled.to_decide["measures"]
    assert page.count("☐ Санал") == rolled.to_decide["dates"] + rolled.to_decide["levels"]
    assert f"хүн шийдвэрлэх зүйл: {to_decide(rolled).mn}." in page
    for change in rolled.changes:
        assert change.new in page or change.path[-1] == "id"
    assert ("Бичвэр доторх он, огноо" in page) is any(d.start is not None for d in rolled.decisions)


def test_years_of_several() -> None:
    """Of a plan for several years all are named: above lines, in the head, in the document."""
    source = INSIDE.replace("    он: 2024\n", "    он: 2024\n    жилүүд: [2024, 2025]\n")
    loaded = data.parse(source.encode())
    assert loaded.value is not None
    rolled = roll_over(loaded.value, year=2026)
    text = plan_text(rolled, loaded)
    assert "# 2024-2025 оны төлөвлөгөөнөөс бэлтгэсэн 2026-2027 оны төсөл:" in text
    assert "# ШИЙДЭХ: 2024-2025 оны биелэлт: 70%." in text
    page = outline(decision_document(rolled))
    assert "2026-2027 ОНЫ ТӨЛӨВЛӨГӨӨНД" in page
    assert "2024-2025 оны биелэлт" in page


def test_target_of_the_first_of_several_years() -> None:
    """The targets of a plan for several years are asked for all; a proposal says of which year it is."""
    criterion = {"text": "ш", "target": "5", "targets": {2026: "7"}}
    plan = {"title": "Т", "year": 2024, "owner": "Х", "measures": [{"text": "м", "criteria": [criterion]}]}
    (asked,) = (rolled := roll_over(Plan.model_validate({**plan, "years": [2024, 2025]}), year=2026)).decisions
    assert question(asked, rolled) == "2026-2027 оны зорилтот түвшин хэд вэ? Одоо «5». Санал: «7» (2026 оных)."
    (asked,) = (rolled := roll_over(Plan.model_validate(plan), year=2026)).decisions
    assert question(asked, rolled) == "2026 оны зорилтот түвшин хэд вэ? Одоо «5». Санал: «7»."


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
    counts = rolled.to_decide
    assert f"Decisions to take: {counts['measures']} measures, {counts['levels']} levels. Changes:" in err
    assert f"marked in plan.yaml: {len(rolled.decisions)}." in err
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
    assert re.search(r"Decisions to take: [0-9]+ measures. .* are listed in decisions.docx\.$", capsys.readouterr().err)
    text = Path("n/plan.yaml").read_text(encoding="utf-8")
    assert "2025 онд төсвийн хөрөнгө оруулалтын" in text
    assert MARK not in text
    assert "# Өөрийн нүдэнд нь «холбоотой»" in text


def test_next_in_place_or_told(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Line ends stay; a plan written anew is a warning at its place; `check` counts the open decisions."""
    source = "planforge: plan/1\nгарчиг: 'Т'\nон: 2024\nбайгууллага: Х\nарга_хэмжээ:\n- 2024 онд\n"
    Path("own.yaml").write_bytes(source.replace("\n", "\r\n").encode())
    assert cli.run(["next", "own.yaml", "-o", "n"]) == 0
    assert "Decisions to take: 1 measure, 1 year or date. Changes: 2." in capsys.readouterr().err
    made = Path("n/plan.yaml").read_bytes()
    assert made.count(b"\n") == made.count(b"\r\n")
    assert "гарчиг: 'Т'\r\n".encode() in made
    assert cli.run(["check", "n/plan.yaml"]) == 0
    assert (
        f"{Path('n/plan.yaml')}:9:1: note PF469: Decisions are still open in this file; lines of comment “ШИЙДЭХ:”: 1."
        in capsys.readouterr().out
    )
    Path("bare.yaml").write_text(source.replace("\n- 2024 онд", " [бичвэр: м]"), encoding="utf-8")
    assert cli.run(["next", "bare.yaml", "-o", "m"]) == 0
    assert re.search(r"bare\.yaml:5:15 .*: warning PF468: .* has no braces\.", capsys.readouterr().err)
    assert "арга_хэмжээ:" in Path("m/plan.yaml").read_text(encoding="utf-8")
    assert cli.run(["--lang", "mn", "next", "own.yaml", "--keep", "none", "-o", "k"]) == 0
    assert "Хүн шийдвэрлэх асуудал гарсангүй." in capsys.readouterr().err
    assert "\r\n# Хүн шийдвэрлэх асуудал гарсангүй.\r\n".encode() in Path("k/plan.yaml").read_bytes()
    assert "шилжүүлэхэд хүн шийдвэрлэх асуудал гарсангүй. Доор" in outline(Path("k/decisions.docx").read_bytes())


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
