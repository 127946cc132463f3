"""The manual docs/templates.md: what it shows is what planforge does, and what docxtpl does where it says so."""

from __future__ import annotations

import re
import subprocess
import sys
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from planforge import Plan, Template, cli, filters, inspection
from planforge.errors import PlanforgeError, catalogue
from planforge.package_rules import check_package
from planforge.reader import read, strip
from tests import template_docs
from tests.bodies import docx, part
from tests.bodies import outline as plain_outline
from tests.images import png
from tests.oracle import by_docxtpl
from tests.template_docs import MANUAL, MAX_BYTES, PICTURES, Example, examples, outline, pictures, sample
from tests.test_tags import LINES, REL, TYPE, box, core, named, notes, p, picture, r
from tests.test_values import shown

TEXT = MANUAL.read_text(encoding="utf-8")
EXAMPLES = examples(TEXT)
PLAN = sample(TEXT)
TODAY = date(2025, 1, 10)
FILES = [e for e in EXAMPLES if e.mark("file")]
RIGHT = [e for e in EXAMPLES if not e.mark("fault") and not e.mark("file")]
WRONG = [e for e in EXAMPLES if e.mark("fault")]


def _id(example: Example) -> str:
    return f"line {example.line} {example.mark('fault')}".rstrip()


def test_every_example_is_read() -> None:
    """No template is passed over, and each but those for Python shows what comes of it."""
    assert len(EXAMPLES) == TEXT.count("```docx") > 20
    assert [e.line for e in EXAMPLES if not e.shown and not e.mark("file")] == []
    assert len(RIGHT) + len(WRONG) + TEXT.count("```python") == TEXT.count("```text")


@pytest.mark.parametrize("example", RIGHT, ids=_id)
def test_an_example_prints_what_is_shown(example: Example) -> None:
    """In a document that keeps the rules of packages and holds no tag."""
    printed = Template.open(example.template).render(PLAN)
    assert outline(printed) == example.shown.rstrip("\n")
    assert check_package(printed, leftovers="{_{" not in example.notation) == ()


@pytest.mark.parametrize("example", WRONG, ids=_id)
def test_a_wrong_example_is_told_as_shown(
    example: Example, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """What `planforge check` says of it: one fault, of this code."""
    monkeypatch.chdir(tmp_path)
    Path("загвар.docx").write_bytes(example.template)
    cli.run(["--lang", "mn", "check", "загвар.docx"])
    told = capsys.readouterr()
    assert told.out == example.shown
    assert f"алдаа {example.mark('fault')}:" in told.out
    assert told.err == "1 файл, 0 анхааруулга, 1 алдаа.\n"


def test_the_python_code(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each runs beside the template and the picture that it names, and prints what stands below it."""
    monkeypatch.chdir(tmp_path)
    for example in FILES:
        Path(example.mark("file")).write_bytes(example.template)
    Path("stamp.png").write_bytes(png(20, 10))
    found = re.findall(r"^```python\n(.*?)^```\n\n```text\n(.*?)\n```$", TEXT, re.MULTILINE | re.DOTALL)
    assert len(found) == len(FILES)
    for (code, result), show in zip(found, (shown, outline), strict=True):
        exec(compile(code, MANUAL.name, "exec", dont_inherit=True), {"__name__": "manual"})
        made = Path(re.findall(r'save\(document, "(.*)"\)', code)[-1]).read_bytes()
        assert show(made) == result
        assert check_package(made) == ()


# --- tables --------------------------------------------------------------------------------------------------------


def rows(*heads: str) -> list[list[str]]:
    """The rows of every table of the manual with these heads, escaped bars as bars."""
    found = []
    for head, body in re.findall(r"^(\|.*\|)\n\|[-|]+\|\n((?:\|.*\|\n)+)", TEXT, re.MULTILINE):
        if tuple(cell.strip() for cell in head[1:-1].split("|")) == heads:
            for line in body.splitlines():
                cells = re.split(r"(?<!\\)\|", line)[1:-1]
                found.append([cell.strip().replace("\\|", "|") for cell in cells])
    assert found
    return found


def printed(example: str) -> str:
    """What a line prints in the manual's plan, with its first objective and measure at hand."""
    inside = f"{{%p if measure.serial == 1 %}}\n{example}\n{{%p endif %}}"
    loops = f"{{%p for measure in objective.all_measures %}}\n{inside}\n{{%p endfor %}}"
    source = docx(f"{{%p for objective in plan.all_objectives %}}\n{loops}\n{{%p endfor %}}")
    return plain_outline(Template.open(source).render(PLAN, today=TODAY))


FILTERS = rows("шүүлтүүр", "монголоор", "жишээ", "гарах нь")


@pytest.mark.parametrize(("name", "mongolian", "example", "shown"), FILTERS)
def test_a_filter(name: str, mongolian: str, example: str, shown: str) -> None:
    """The example prints what is shown; both names are the same filter."""
    assert printed(example.strip("`")) == shown
    found = filters.find(name.strip("`"))
    assert found is not None
    assert found is filters.find(mongolian.strip("`"))


def test_every_filter_is_shown() -> None:
    """By its English and its Mongolian name."""
    assert {(n.strip("`"), m.strip("`")) for n, m, *_ in FILTERS} == {(f.name, f.mn) for f in filters.FILTERS}


@pytest.mark.parametrize(("example", "shown", "_"), rows("жишээ", "гарах нь", "юу вэ"))
def test_an_operation(example: str, shown: str, _: str) -> None:
    """It prints what is shown."""
    assert printed(example.strip("`")) == shown


@pytest.mark.parametrize(("condition", "_", "holds"), rows("нөхцөл", "утга", "эхний арга хэмжээнд"))
def test_a_condition(condition: str, _: str, holds: str) -> None:
    """It holds for the first measure, or not."""
    assert printed(f"{{% if {condition.strip('`')} %}}тийм{{% else %}}үгүй{{% endif %}}") == holds


def test_other_spellings() -> None:
    """What the prose says may be written too."""
    assert printed("{% if measure.period is бий and measure.partners is хоосон %}тийм{% endif %}") == "тийм"
    assert printed("{% if measure.index is not even and plan.year not in [2024] and plan.year != 1 %}тийм{% endif %}")
    assert (
        printed('{{ today | date("2021.10.15") }}, {{ today | date("10 дугаар сарын 15") }}')
        == "2025.01.10, 01 дүгээр сарын 10"
    )
    assert printed("{%r for x in plan.years %}{{ x }}{%r endfor %}") == "20252026"
    assert printed("{{ measure.text | upper | ended('.') }}") == "НОМЫН ТАВИУР ХИЙЛГЭХ."


def code_of(source: str, schema: Any = "domain") -> set[str]:
    """The codes of what is wrong with a template, or with the context of docxtpl's table in it."""
    try:
        Template.open(docx(source), schema=schema).render(CONTEXT if schema is None else PLAN)
    except PlanforgeError as error:
        return {problem.code for problem in error.problems}
    return set()


@pytest.mark.parametrize(("code", "example", "_"), rows("код", "жишээ", "яах вэ"))
def test_another_fault(code: str, example: str, _: str) -> None:
    """The example has this fault."""
    assert code in code_of(example.strip("`"))


def test_codes_are_known() -> None:
    """Every code that the manual names is one of the catalogue."""
    assert set(re.findall(r"PF\d{3}", TEXT)) <= set(catalogue())


@pytest.mark.parametrize(
    "tag",
    [t for table in ("юу орох, гарах вэ", "юу давтагдах вэ") for t, *_ in rows("бичвэл", table, "хаана бичих вэ")],
)
def test_a_level(tag: str) -> None:
    """Each form of a block is one that there is, where the table says."""
    head = "for m in plan.all_measures" if " for " in tag else "if plan.year"
    opening = tag.strip("`").replace("for …", head).replace("if …", head)
    end = opening.replace(head, f"end{head.split()[0]}")
    forms = {"{%tr": f"| {opening} |\n| а |\n| {end} |", "{%tc": f"| {opening} | а | {end} |"}
    forms["{%p"] = f"{opening}\nа\n{end}"
    source = forms.get(opening.split()[0], f"{opening}а{end}")
    assert "а" in plain_outline(Template.open(docx(source)).render(PLAN))


# --- where tags may stand --------------------------------------------------------------------------------------------


def _story(kind: str, root: str) -> bytes:
    xml = f'<w:{root} xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main">{LINES}</w:{root}>'
    return inspection.read(docx("x")).add(f"word/{kind}9.xml", xml.encode(), f"{TYPE}{kind}+xml", REL + kind).to_bytes()


PLACES = {
    "үндсэн бичвэр, хүснэгт": [(named(LINES), "word/document.xml")],
    "бичвэрийн хайрцаг (text box)": [(named(p(box(LINES))), "word/document.xml")],
    "толгой, хөл хэсэг (header, footer)": [
        (_story("header", "hdr"), "word/header9.xml"),
        (_story("footer", "ftr"), "word/footer9.xml"),
    ],
    "зүүлт (footnote, endnote)": [
        (notes("footnotes", LINES).to_bytes(), "word/footnotes.xml"),
        (notes("endnotes", LINES).to_bytes(), "word/endnotes.xml"),
    ],
    "тайлбар (comment)": [(notes("comments", LINES).to_bytes(), "word/comments.xml")],
    "зургийн тайлбар бичвэр (alternative text)": [
        (named(p(r("x"), picture(descr="{{ plan.all_measures[0] }}{# х #}"))), "word/document.xml")
    ],
    "баримтын шинж чанар (Title, Subject …)": [
        (core("{% for m in plan.all_measures %}{{ m.text }}{# х #}{% endfor %}"), "docProps/core.xml")
    ],
}


@pytest.mark.parametrize("place", [place for place, _ in rows("хаана", "ямар таг")])
def test_a_place(place: str) -> None:
    """Tags are filled there; the table names every place that the test knows."""
    for source, name in PLACES[place]:
        assert "Номын тавиур хийлгэх" in part(Template.open(source).render(PLAN), name).decode()
    assert len(PLACES) == len(rows("хаана", "ямар таг"))


def test_what_word_makes_of_a_tag() -> None:
    """Bent quotes, long dashes and odd spaces are what was typed."""
    assert printed("{{ plan.stage | default(“төсөл”) }} {{ plan.stage\u00a0| default(«төсөл») }}") == "төсөл төсөл"
    assert printed("{{ plan.year – 1 }}") == "2024"


def test_what_a_document_carries() -> None:
    """Data and hidden bookmarks, unless they are left out or stripped; a document as a template hands none on."""
    template = Template.open(RIGHT[0].template)
    document, bare = template.render(PLAN), template.render(PLAN, embed=False)
    assert read(document) == PLAN
    for other in (bare, strip(document), Template.open(document).render(PLAN, embed=False)):
        assert b"_pf" not in part(other)
        assert not any(b"planforge:data" in content for content in inspection.read(other).parts.values())
    assert b"_pf" in part(document)


def test_a_filtered_loop_reaches_all() -> None:
    """What a loop leaves out on purpose is no fault; what no loop reaches is."""
    loop = (
        "{%p for o in plan.all_objectives %}\n{%p for m in o.all_measures if m.budget %}\n{{ m.text }}\n{%p endfor %}"
    )
    source = docx(f"{loop}\n{{%p endfor %}}")
    assert plain_outline(Template.open(source).render(PLAN)) == "Номын тавиур хийлгэх"
    with pytest.raises(PlanforgeError, match="PF302"):
        Template.open(source).render(Plan.model_validate({"title": "Т", "year": 2025, "owner": "Х", "measures": ["а"]}))


# --- docxtpl ---------------------------------------------------------------------------------------------------------

CONTEXT = {"name": "Бат", "n": 0, "items": ["а", "б"], "labels": {"төрөл": "ном"}}


def test_the_context_is_told() -> None:
    """As the tables about docxtpl use it."""
    told = ', `n = 0`, `items = ["а", "б"]`, `labels = {"төрөл": "ном"}`, `schema=None`'
    assert f'`name = "Бат"`{told}' in TEXT


@pytest.mark.parametrize("example", [e for e in RIGHT if e.mark("docxtpl")], ids=_id)
def test_what_is_the_same(example: Example) -> None:
    """docxtpl prints the same of the example."""
    assert plain_outline(by_docxtpl(example.template, {"plan": PLAN})) == example.shown.rstrip("\n")


DIFFERENT = rows("docxtpl-д", "код", "planforge-д")


@pytest.mark.parametrize(("theirs", "code", "ours"), DIFFERENT)
def test_what_is_refused(theirs: str, code: str, ours: str) -> None:
    """docxtpl's way has this fault; what is written instead renders."""
    assert code_of(theirs.strip("`"), None) == {code}
    for instead in re.findall(r"`(\{[^`]+)`", ours):
        assert code_of(instead, None) == set()


@pytest.mark.parametrize(("source", "theirs", "ours"), rows("бичлэг", "docxtpl", "planforge"))
def test_what_prints_otherwise(source: str, theirs: str, ours: str) -> None:
    """In docxtpl, and here."""
    template = docx(source.strip("`"))
    assert plain_outline(by_docxtpl(template, CONTEXT)) == theirs
    assert plain_outline(Template.open(template, schema=None).render(CONTEXT)) == ours


# --- pictures, commands, links ---------------------------------------------------------------------------------------


def test_pictures_are_those_that_the_manual_shows() -> None:
    """Every example's picture is shown once and is there; none is left over. Anew: `python -m tests.template_docs`."""
    shown = re.findall(r"!\[[^\]]+\]\(pictures/templates/([\w-]+)\.png\)", TEXT)
    assert sorted(shown) == sorted(pictures(TEXT)) == sorted(path.stem for path in PICTURES.glob("*"))
    assert len(shown) <= 4
    assert all(path.read_bytes().startswith(b"\x89PNG") for path in PICTURES.glob("*"))
    assert all(path.stat().st_size < MAX_BYTES for path in PICTURES.glob("*"))


def test_pictures_are_made(tmp_path: Path, libreoffice: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The module's own command makes them anew."""
    monkeypatch.setattr(template_docs, "PICTURES", tmp_path)
    template_docs.main()
    assert {path.name for path in tmp_path.glob("*")} == {path.name for path in PICTURES.glob("*")}


@pytest.mark.parametrize("command", sorted(set(re.findall(r"^ *planforge ((?:[a-z]+ )*[a-z]+)", TEXT, re.MULTILINE))))
def test_a_command_exists(command: str) -> None:
    """Every command of the manual knows its `--help`."""
    words = [word for word in command.split() if word != "plan"]  # the name of a file or a form
    done = subprocess.run([sys.executable, "-m", "planforge", *words, "--help"], capture_output=True, check=False)
    assert done.returncode == 0


def test_links_lead_somewhere() -> None:
    """Links to headings of the manual and to other pages."""
    headings = re.findall(r"^#+ (.+)$", re.sub(r"```.*?```", "", TEXT, flags=re.DOTALL), re.MULTILINE)
    slugs = {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}
    for target in re.findall(r"\]\(([^)]+)\)", re.sub(r"`[^`\n]*`", "", TEXT)):
        if target.startswith("#"):
            assert target[1:] in slugs, target
        else:
            assert (MANUAL.parent / target).is_file(), target


def test_the_sample_is_a_plan() -> None:
    """The YAML of the manual is read whole, and two objectives are in it."""
    assert isinstance(PLAN, Plan)
    assert len(PLAN.objectives) == 2
