"""The built-in forms on their samples, as Word and as pages; and forms that are made of a layout and data alone."""

from __future__ import annotations

import re
import subprocess
from collections import Counter
from itertools import accumulate
from pathlib import Path
from textwrap import dedent

import pytest
from lxml import etree

from planforge import Plan, Report, Template, data, inspection, layout, load, office, read, templates, wml
from planforge.errors import DataError
from planforge.layout_docx import twips
from planforge.layout_grammar import Table
from planforge.model import AnnexMark
from planforge.package_rules import check_package
from tests import sdk
from tests.bodies import outline
from tests.pictures import FORMS, SAMPLES

OUTLINES = Path(__file__).parent / "outlines"
INVENTED = sorted(set(FORMS) - {"plan", "report"})
EACH = pytest.mark.parametrize("name", FORMS)


def sample(name: str) -> Plan | Report:
    """The sample data of a form."""
    return load(SAMPLES / FORMS[name])


def document(name: str) -> bytes:
    """The sample of a form as a document."""
    return Template.builtin(name).render(sample(name))


def body(document: bytes) -> etree._Element:
    """The body of a document."""
    package = inspection.read(document)
    found = package.parse(package.main).find(wml.w("body"))
    assert found is not None
    return found


# --- the samples ---------------------------------------------------------------------------------------------------


def test_every_form_has_a_sample() -> None:
    """The table of samples names the built-in forms, all of them."""
    assert sorted(FORMS) == templates.names() == list(layout.builtin_names())


@pytest.mark.parametrize("name", INVENTED)
def test_an_invented_sample_says_so(name: str) -> None:
    """The files of an invented sample begin with a comment that says so, and have nothing to complain of."""
    for path in (SAMPLES / FORMS[name]).parent.glob("*.yaml"):
        comments = [line for line in path.read_text(encoding="utf-8").splitlines() if line.startswith("#")]
        assert comments[0].startswith("# Зохиомол жишээ: ")
        assert data.parse(path).problems == ()


# --- the documents -------------------------------------------------------------------------------------------------


@pytest.mark.sdk
@EACH
def test_valid(name: str) -> None:
    """Our package rules and Microsoft's validator find nothing."""
    made = document(name)
    assert check_package(made, leftovers=True) == ()
    assert sdk.validate(made) == []


@EACH
def test_outline(name: str) -> None:
    """The document says what stands in `outlines/`, paragraph by paragraph and cell by cell."""
    assert outline(document(name)) + "\n" == (OUTLINES / f"{name}.txt").read_text(encoding="utf-8")


@EACH
def test_read_back(name: str) -> None:
    """The document gives back the data it was made from."""
    assert read(document(name)) == sample(name)


@EACH
def test_widths(name: str) -> None:
    """Every cell is as wide as the layout asks, and the table as wide as the text."""
    form = layout.load(templates_folder() / f"{name}.yaml")
    (asked,) = (block for block in form.body if isinstance(block, Table))
    found = body(document(name)).findall(wml.w("tbl"))[-1]
    widths = [int(column.get(wml.w("w"), "0")) for column in found.iter(wml.w("gridCol"))]
    assert sum(widths) == form.page.text_width
    assert len(widths) == len(asked.widths)
    for width, mm in zip(widths, asked.widths, strict=True):
        assert mm is None or abs(width - twips(mm)) <= 1
    for row in wml.rows(found):
        for cell in row.cells:
            own = cell.element.find(f"{wml.w('tcPr')}/{wml.w('tcW')}")
            assert own is not None
            assert int(own.get(wml.w("w"), "0")) == sum(widths[cell.column : cell.column + cell.span])


def templates_folder() -> Path:
    """Where the layouts of the built-in forms are."""
    return Path(templates.__file__).parent


def test_annex_with_an_unknown_date_prints_dots() -> None:
    """What is not known of the decision yet is left to the hand (domain.md 2.4)."""
    plan = sample("plan-activities")
    assert isinstance(plan, Plan)
    assert plan.annex is not None
    bare = plan.annex.model_copy(update={"month": None, "day": None, "number": None})
    made = Template.builtin("plan-activities").render(plan.model_copy(update={"annex": bare}))
    expected = ["Усны нөөцийн сайдын 2025 оны", "…. сарын …. –ны өдрийн", "……. дугаар тушаалын хавсралт"]
    assert outline(made).splitlines()[:3] == expected
    assert check_package(made, leftovers=True) == ()


@pytest.mark.parametrize(
    ("number", "line"),
    [
        ("А/09", "А/09 дүгээр тушаалын хавсралт"),
        (" ", "……. дугаар тушаалын хавсралт"),
        ("А", "А дугаар тушаалын хавсралт"),
    ],
    ids=["digits", "blank", "letters"],
)
def test_annex_with_any_number_prints(number: str, line: str) -> None:
    """A number whose ending no digit decides has the usual one; a blank one is not known."""
    assert AnnexMark(issuer="Сайдын", year=2025, number=number).lines[2] == line


def test_approval_on_one_line_has_the_rank() -> None:
    """In the one-line form the rank follows the position (domain.md 1.1, 2.3)."""
    plan = sample("plan-departmental")
    assert isinstance(plan, Plan)
    changed = {"position": "ХЭЛТСИЙН ДАРГА,", "rank": "ДЭД ХУРАНДАА"}
    approval = plan.approval[0]
    assert approval.person is not None
    person = approval.person.model_copy(update=changed)
    approvals = (approval.model_copy(update={"person": person}), approval.model_copy(update={"person": None}))
    made = Template.builtin("plan-departmental").render(plan.model_copy(update={"approval": approvals}))
    assert outline(made).splitlines()[:2] == [
        "| БАТЛАВ | ХЭЛТСИЙН ДАРГА, ДЭД ХУРАНДАА | Б.ЭНХТӨР |",
        "| БАТЛАВ |  |  |",
    ]


# --- the pages -----------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def pages(tmp_path_factory: pytest.TempPathFactory, libreoffice: Path) -> dict[str, Path]:
    """The sample of every form as PDF."""
    folder = tmp_path_factory.mktemp("forms")
    for name in FORMS:
        (folder / f"{name}.docx").write_bytes(document(name))
    made = office.to_pdf([folder / f"{name}.docx" for name in FORMS], folder)
    return dict(zip(FORMS, made, strict=True))


def run(*command: object) -> str:
    """What a program prints."""
    return subprocess.run([str(c) for c in command], capture_output=True, check=True).stdout.decode()


@pytest.mark.office
@EACH
def test_paper_and_font(name: str, pages: dict[str, Path]) -> None:
    """A4 as the layout lays it, in one family of fonts."""
    page = layout.load(templates_folder() / f"{name}.yaml").page
    found = re.search(r"Page size: +([\d.]+) x ([\d.]+)", run("pdfinfo", pages[name]))
    assert found is not None
    size = (float(found[1]), float(found[2]))
    assert size == pytest.approx([mm * 72 / 25.4 for mm in page.paper_mm], abs=1)
    fonts = run("pdffonts", pages[name]).splitlines()[2:]
    assert {re.sub(r"^[A-Z]{6}\+|-.*$", "", line.split()[0]) for line in fonts} == {"LiberationSans"}


@pytest.mark.office
@EACH
def test_header_repeats(name: str, pages: dict[str, Path]) -> None:
    """There is a second page, and every page that the table reaches has the titles of all columns."""
    table = body(document(name)).findall(wml.w("tbl"))[-1]
    header = Counter(
        _words(c.text for row in wml.rows(table) if row.header for c in row.cells if c.merge != "continue")
    )
    shown = [Counter(_words([text])) for text in _texts(pages[name])]
    assert len(shown) > 1
    for number, found in enumerate(shown, 1):
        assert header <= found, f"page {number}"


@pytest.mark.office
@EACH
def test_nothing_is_cut(name: str, pages: dict[str, Path]) -> None:
    """Every word of the document stands on the pages whole, as often as in the document."""
    paragraphs = [wml.text_of(p) for p in body(document(name)).iter(wml.w("p"))]
    shown = Counter(_words(_texts(pages[name])))
    # A row may break over two pages behind a hyphen: then its halves stand on one page each.
    halves = {w.replace("-", ""): w.split("-") for text in paragraphs for w in text.split() if "-" in w}
    missing = Counter(_words(paragraphs)) - shown
    assert [w for w in missing if not all(half in shown for half in halves.get(w, [w]))] == []


@pytest.mark.office
@EACH
def test_lines_stand_where_the_layout_wants_them(name: str, pages: dict[str, Path], tmp_path: Path) -> None:
    """The vertical lines on page 2 are the layout's columns, to the millimetre."""
    page = layout.load(templates_folder() / f"{name}.yaml").page
    table = body(document(name)).findall(wml.w("tbl"))[-1]
    widths = [int(column.get(wml.w("w"), "0")) * 25.4 / 1440 for column in table.iter(wml.w("gridCol"))]
    expected = [float(page.margins.left) + x for x in accumulate(widths, initial=0.0)]
    run("pdftocairo", "-svg", "-f", 2, "-l", 2, pages[name], tmp_path / "page.svg")
    found = set()
    for path in etree.parse(tmp_path / "page.svg").iter("{*}path"):
        line = re.fullmatch(r"M ([\d.]+) [\d.]+ L ([\d.]+) [\d.]+ ?", path.get("d", ""))
        scale = re.match(r"matrix\(([\d.]+),0,0,-?[\d.]+,([\d.-]+),", path.get("transform", ""))
        if line and scale and line[1] == line[2]:
            found.add(round((float(line[1]) * float(scale[1]) + float(scale[2])) * 25.4 / 72, 1))
    assert all(min(abs(x - line) for line in found) <= 1 for x in expected), (sorted(found), expected)
    assert all(min(abs(x - line) for x in expected) <= 1 for line in found), (sorted(found), expected)


def _texts(pdf: Path) -> list[str]:
    """The text of each page, words that a hyphen parts between two lines joined."""
    return run("pdftotext", "-enc", "UTF-8", "-raw", pdf, "-").replace("-\n", "").split("\f")[:-1]


def _words(texts: object) -> list[str]:
    """The words of texts, hyphens left out."""
    assert not isinstance(texts, str)
    return [word for text in list(texts) for word in text.replace("-", "").split()]  # type: ignore[call-overload]


# --- forms of a layout and data alone ------------------------------------------------------------------------------

UNEVEN = """\
objectives:
- text: Сурталчлах
  activities:
  - text: Мэдээлэл
    measures: [Самбар ажиллуулах, {text: Цахим хуудас, measures: [Мэдээ нийтлэх]}]
  - Хэлэлцүүлэг
- text: Сургах
  measures: [{text: Анхан шатны сургалт, measures: [Бүртгэл хөтлөх]}, Давтан сургалт]
- Хянах
"""
CHAPTERS = """\
chapters:
- text: Эрсдэл
  objectives:
  - text: Үнэлэх
    activities:
    - text: Зураглал
      measures: [Судлах, Дүгнэх]
    - text: Бууруулах
      measures: [Хянах]
  - text: Тайлагнах
    activities: [{text: Нэгтгэх, measures: [Хүргүүлэх]}]
"""
CRITERIA = """\
objectives:
- text: Сурталчлах
  criteria: [{text: Хамрагдсан иргэн, target: "300"}, {text: Сэтгэл ханамж, target: 80%}]
  measures:
  - {text: Самбар, criteria: [{text: Самбарын тоо, target: "5"}, {text: Шинэчилсэн тоо, target: "12"}]}
  - Нээлттэй өдөр
- {text: Сургах, measures: [{text: Сургалт, criteria: [{text: Хамралт, target: 100%}]}]}
"""
UNNUMBERED = """\
objectives:
- text: "Эрсдэлийг бууруулах чиглэлээр:"
  number: ""
  activities:
  - text: "Худалдан авалт:"
    number: ""
    measures:
    - {text: Ажиглагч оролцуулах, number: "1", criteria: [{text: Хуралд оролцсон, baseline: "2", target: "8"}]}
    - text: Гэрээг нийтлэх
      number: "2"
      criteria: [{text: Нийтэлсэн гэрээ, baseline: "10", target: "24"}, {text: Хоцорсон, baseline: "3", target: "0"}]
  - text: "Хүний нөөц:"
    number: ""
    measures: [{text: Мэдүүлэг шалгах, number: "3"}]
"""

OTHERS = {
    "uneven tree, merged activity: what a branch lacks is stepped over": (
        UNEVEN,
        """\
        labels: {objective: Зорилт 1. Текст}
        body:
        - table:
            sections: [objective]
            columns: [{Үйл ажиллагаа: [activity.number, activity.text]}, {№: measure.number}, {Арга хэмжээ: measure.text}]
        """,
        """\
        =| Үйл ажиллагаа »2 | № | Арга хэмжээ |
        | Зорилт 1. Сурталчлах »4 |
        | 1.1 | Мэдээлэл | 1.1.1 | Самбар ажиллуулах |
        | ^ | ^ | 1.1.2 | Цахим хуудас |
        | ^ | ^ | 1.1.2.1 | Мэдээ нийтлэх |
        | 1.2 | Хэлэлцүүлэг |  |  |
        | Зорилт 2. Сургах »4 |
        |  |  | 2.1 | Анхан шатны сургалт |
        |  |  | 2.1.1 | Бүртгэл хөтлөх |
        |  |  | 2.2 | Давтан сургалт |
        | Зорилт 3. Хянах »4 |""",
    ),
    "uneven tree, rows on three levels under a merged objective": (
        UNEVEN,
        """\
        body:
        - table:
            rows: [objective, activity, measure]
            columns: [{№: item.number}, {Агуулга: item.text}, {Зорилт: "{{ objective.index }}"}]
        """,
        """\
        =| № | Агуулга | Зорилт |
        | 1 | Сурталчлах | 1 |
        | 1.1 | Мэдээлэл | ^ |
        | 1.1.1 | Самбар ажиллуулах | ^ |
        | 1.1.2 | Цахим хуудас | ^ |
        | 1.1.2.1 | Мэдээ нийтлэх | ^ |
        | 1.2 | Хэлэлцүүлэг | ^ |
        | 2 | Сургах | 2 |
        | 2.1 | Анхан шатны сургалт | ^ |
        | 2.1.1 | Бүртгэл хөтлөх | ^ |
        | 2.2 | Давтан сургалт | ^ |
        | 3 | Хянах | 3 |""",
    ),
    "rows on two levels": (
        UNEVEN,
        """\
        body:
        - table:
            sections: [objective]
            rows: [activity, measure]
            columns: [{№: item.number}, {Агуулга: item.text}, {Хариуцах: {value: item.responsible, empty: "-"}}]
        """,
        """\
        =| № | Агуулга | Хариуцах |
        | Сурталчлах »3 |
        | 1.1 | Мэдээлэл | - |
        | 1.1.1 | Самбар ажиллуулах | - |
        | 1.1.2 | Цахим хуудас | - |
        | 1.1.2.1 | Мэдээ нийтлэх | - |
        | 1.2 | Хэлэлцүүлэг | - |
        | Сургах »3 |
        | 2.1 | Анхан шатны сургалт | - |
        | 2.1.1 | Бүртгэл хөтлөх | - |
        | 2.2 | Давтан сургалт | - |
        | Хянах »3 |""",
    ),
    "a merge over three levels, a title over two columns": (
        CHAPTERS,
        """\
        body:
        - table:
            number_row: true
            columns:
            - Бүлэг: {value: "{{ chapter.index | roman }}. {{ chapter.text }}"}
            - Зорилт: [objective.number, objective.text]
            - Үйл ажиллагаа: [{№: activity.number}, {Агуулга: activity.text}]
            - Арга хэмжээ: measure
        """,
        """\
        =| Бүлэг | Зорилт »2 | Үйл ажиллагаа »2 | Арга хэмжээ |
        =| ^ | ^ »2 | № | Агуулга | ^ |
        =| 1 | 2 | 3 | 4 | 5 | 6 |
        | I. Эрсдэл | 1 | Үнэлэх | 1.1 | Зураглал | Судлах |
        | ^ | ^ | ^ | ^ | ^ | Дүгнэх |
        | ^ | ^ | ^ | 1.2 | Бууруулах | Хянах |
        | ^ | 2 | Тайлагнах | 2.1 | Нэгтгэх | Хүргүүлэх |""",
    ),
    "a table over a list with a total row": (
        CRITERIA,
        """\
        body:
        - table:
            each: мөр in plan.all_measures
            columns:
            - Д/д: "{{ loop.index }}"
            - Арга хэмжээ: мөр.text
            - Шалгуурын тоо: "{{ мөр.criteria | length }}"
            footer: [[Нийт, →, "{{ plan.all_measures | length }} арга хэмжээ"]]
        """,
        """\
        =| Д/д | Арга хэмжээ | Шалгуурын тоо |
        | 1 | Самбар | 2 |
        | 2 | Нээлттэй өдөр | 0 |
        | 3 | Сургалт | 1 |
        | Нийт »2 | 3 арга хэмжээ |""",
    ),
    "an objective with its own criteria": (
        CRITERIA,
        """\
        body:
        - table:
            rows: [objective, measure, criterion]
            columns:
            - №: item.number
            - Агуулга: item.text
            - Шалгуур: [{Үзүүлэлт: criterion.text}, {Хүрэх түвшин: {value: criterion.target, empty: "-"}}]
        """,
        """\
        =| № | Агуулга | Шалгуур »2 |
        =| ^ | ^ | Үзүүлэлт | Хүрэх түвшин |
        | 1 | Сурталчлах | Хамрагдсан иргэн | 300 |
        | ^ | ^ | Сэтгэл ханамж | 80% |
        | 1.1 | Самбар | Самбарын тоо | 5 |
        | ^ | ^ | Шинэчилсэн тоо | 12 |
        | 1.2 | Нээлттэй өдөр |  | - |
        | 2 | Сургах |  | - |
        | 2.1 | Сургалт | Хамралт | 100% |""",
    ),
    "three levels, sections without numbers, a row per criterion": (
        UNNUMBERED,
        """\
        labels: {objective: Зорилт 1. Текст, activity: 1.1. Текст}
        body:
        - table:
            sections: [objective, activity]
            rows: criterion
            columns:
            - №: measure.number
            - Арга хэмжээ: measure.text
            - Шалгуур: criterion.text
            - Түвшин: [{Суурь: criterion.baseline}, {Зорилтот: criterion.target}]
        """,
        """\
        =| № | Арга хэмжээ | Шалгуур | Түвшин »2 |
        =| ^ | ^ | ^ | Суурь | Зорилтот |
        | Эрсдэлийг бууруулах чиглэлээр: »5 |
        | Худалдан авалт: »5 |
        | 1 | Ажиглагч оролцуулах | Хуралд оролцсон | 2 | 8 |
        | 2 | Гэрээг нийтлэх | Нийтэлсэн гэрээ | 10 | 24 |
        | ^ | ^ | Хоцорсон | 3 | 0 |
        | Хүний нөөц: »5 |
        | 3 | Мэдүүлэг шалгах |  |  |  |""",
    ),
}


def plan_of(tree: str) -> Plan:
    """A plan with this tree."""
    head = "planforge: plan/1\ntitle: Төлөвлөгөө\nyear: 2025\nowner: Хэлтэс\n"
    return data.load((head + tree).encode(), Plan)


def form_of(text: str) -> Template:
    """The template of a layout without its name."""
    return Template.open(layout.build(layout.load(("layout: form\n" + dedent(text)).encode())))


@pytest.mark.parametrize(("tree", "text", "result"), OTHERS.values(), ids=OTHERS)
def test_a_form_of_layout_and_data_alone(tree: str, text: str, result: str) -> None:
    """Forms that are not built in need no Python."""
    made = form_of(text).render(plan_of(tree))
    assert check_package(made, leftovers=True) == ()
    assert outline(made).strip() == dedent(result)


@pytest.mark.sdk
def test_forms_of_layout_and_data_alone_are_valid_for_microsoft() -> None:
    """The Open XML SDK has nothing to say about any of their documents."""
    for tree, text, _ in OTHERS.values():
        assert sdk.validate(form_of(text).render(plan_of(tree))) == []


def test_what_no_loop_reaches_is_an_error() -> None:
    """A measure beside the activities of its objective has no row in a form of three levels: told, not dropped."""
    tree = "objectives: [{text: о, activities: [{text: ү, measures: [а]}], measures: [б]}]\n"
    form = form_of("body: [{table: {sections: [objective], columns: [activity.text, measure.text]}}]")
    with pytest.raises(DataError) as error:
        form.render(plan_of(tree))
    assert [p.code for p in error.value.problems] == ["PF302"]
