"""The main job: both real documents come out of typed data as official Word files, cell for cell."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Callable
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from docx import Document

from planforge import Plan, Report, Template, inspection, load, office, read, wml
from planforge.package_rules import check_package
from tests import sdk
from tests.seeds import Seed, assert_rows_equal, customs, govisumber, normalised, table_rows

SAMPLES = Path(__file__).parent.parent / "samples"


def plan_document() -> bytes:
    """The customs plan of 2024 in the form `plan`."""
    return Template.builtin("plan").render(load(SAMPLES / "customs-2024" / "plan.yaml"))


def report_document() -> bytes:
    """The province report of 2021 in the form `report`."""
    return Template.builtin("report").render(load(SAMPLES / "govisumber-2021" / "report.yaml"))


BOTH = pytest.mark.parametrize(
    ("make", "seed"), [(plan_document, customs), (report_document, govisumber)], ids=["plan", "report"]
)
Make = Callable[[], bytes]


@BOTH
def test_table_is_the_seed(make: Make, seed: Callable[[], Seed]) -> None:
    """The table says what the seed says, row by row and cell by cell; `tests/seeds.py` lists the extraction damage."""
    document = Document(BytesIO(make()))
    assert len(document.tables) == 1
    assert_rows_equal(table_rows(document.tables[0]), seed().table)


@BOTH
def test_lines_around_the_table_are_the_seed(make: Make, seed: Callable[[], Seed]) -> None:
    """The lines above and below the table are the seed's, in order."""
    paragraphs = [normalised(p.text) for p in Document(BytesIO(make())).paragraphs]
    expected = [normalised(line) for line in (*seed().before, *seed().after)]
    assert [p for p in paragraphs if p] == [line for line in expected if line]


@BOTH
def test_valid(make: Make, seed: Callable[[], Seed]) -> None:
    """Our package rules and Microsoft's validator find nothing."""
    assert check_package(make(), leftovers=True) == ()
    assert sdk.validate(make()) == []


@BOTH
def test_read_back(make: Make, seed: Callable[[], Seed]) -> None:
    """The document gives back the data it was made from."""
    found = read(make())
    assert isinstance(found, Plan | Report)
    name = "customs-2024/plan.yaml" if isinstance(found, Plan) else "govisumber-2021/report.yaml"
    assert found == load(SAMPLES / name)


@pytest.mark.office
@pytest.mark.usefixtures("libreoffice")
def test_pages(tmp_path: Path) -> None:
    """As pages: headers repeat, nothing is cut, page numbers from page 2, one font family."""
    for name, document in (("plan", plan_document()), ("report", report_document())):
        (tmp_path / f"{name}.docx").write_bytes(document)
    plan, report = office.to_pdf([tmp_path / "plan.docx", tmp_path / "report.docx"], tmp_path)
    for pdf, header, size in (
        (plan, "Хэрэгжүүлэх арга", (595, 842)),
        (report, "Хэрэгжих", (842, 595)),
    ):
        fonts = subprocess.run(["pdffonts", pdf], capture_output=True, text=True, check=True).stdout.splitlines()[2:]
        assert {re.sub(r"^[A-Z]{6}\+|-.*$", "", line.split()[0]) for line in fonts} == {"LiberationSans"}
        info = subprocess.run(["pdfinfo", pdf], capture_output=True, text=True, check=True).stdout
        found = re.search(r"Page size: +([\d.]+) x ([\d.]+)", info)
        assert found is not None
        assert (round(float(found[1])), round(float(found[2]))) == size
        pages = _text(pdf).split("\f")[:-1]
        assert len(pages) > 2
        for number, page in enumerate(pages, 1):
            assert header in page
            last = page.strip().splitlines()[-1].strip()
            assert (last == str(number)) == (number > 1), f"page {number} ends with {last!r}"
    words = set(_text(plan).split())
    for text in ("БАТЛАВ", "Р.ОТГОНЖАРГАЛ", "3.3.4", "Жилдээ", "ТӨЛӨВЛӨГӨӨ"):
        assert text in words
    assert "ГААЛИЙН ЕРӨНХИЙ ГАЗАР\n" in _text(plan)
    words = set(_text(report).split())
    for text in ("ТАВ.", "5.1.", "70%", "100%", "25532"):
        assert text in words


def test_no_word_is_lost_on_the_page(tmp_path: Path, libreoffice: Path) -> None:
    """Every word of every cell stands on the pages: nothing is cut."""
    for name, document in (("plan", plan_document()), ("report", report_document())):
        (tmp_path / f"{name}.docx").write_bytes(document)
        (pdf,) = office.to_pdf([tmp_path / f"{name}.docx"], tmp_path)
        shown = re.sub(r"[\s\u00ad-]", "", _text(pdf, "-raw"))
        document_ = Document(BytesIO(document))
        for row in table_rows(document_.tables[0]):
            for cell in row:
                for word in cell.split():
                    assert re.sub(r"[\s\u00ad-]", "", word) in shown


def _text(pdf: Path, *options: str) -> str:
    done = subprocess.run(
        ["pdftotext", "-enc", "UTF-8", *(options or ("-layout",)), pdf, "-"], capture_output=True, check=True
    )
    return done.stdout.decode()


ODD = {
    "markup": "R&D <b> & \"q\" 'a'",
    "newline and tab": "нэг\nхоёр\tгурав",
    "emoji": "👩‍👩‍👧 ✅",
    "Mongolian": "Өө Үү Ёё ₮",
    "long": "ө" * 50_000,
}
FIELDS: dict[str, tuple[str | int, ...]] = {
    "position": ("approval", 0, "person", "position"),
    "rank": ("approval", 0, "person", "rank"),
    "name": ("approval", 0, "person", "name"),
    "period of the plan": ("period",),
    "closing": ("closing", 0),
    "objective": ("objectives", 0, "text"),
    "number": ("objectives", 0, "measures", 0, "number"),
    "measure": ("objectives", 0, "measures", 0, "text"),
    "criterion": ("objectives", 0, "measures", 0, "criteria", 0, "text"),
    "period": ("objectives", 0, "measures", 0, "period"),
    "outcome": ("objectives", 0, "measures", 0, "outcome", "text"),
}


def sample(path: tuple[str | int, ...], text: str) -> dict[str, Any]:
    """A small plan with every field that the form prints, and this text in one of them."""
    data: dict[str, Any] = {
        "title": "Т",
        "year": 2024,
        "owner": "Хэлтэс",
        "period": "2024 он",
        "approval": [{"person": {"position": "Дарга", "rank": "Цол", "name": "Нэр"}}],
        "closing": ["Төгсгөл"],
        "objectives": [
            {
                "text": "Зорилт",
                "measures": [
                    {
                        "number": "1.1",
                        "text": "Арга хэмжээ",
                        "criteria": [{"text": "Шалгуур"}],
                        "period": "Жилдээ",
                        "outcome": {"text": "Үр дүн"},
                    }
                ],
            }
        ],
    }
    target: Any = data
    for step in path[:-1]:
        target = target[step]
    target[path[-1]] = text
    return data


@pytest.mark.parametrize("text", ODD.values(), ids=list(ODD))
@pytest.mark.parametrize("path", FIELDS.values(), ids=list(FIELDS))
def test_any_field_is_exact(path: tuple[str | int, ...], text: str) -> None:
    """Whatever stands in a field comes out exactly, and the package stays valid."""
    document = Template.builtin("plan").render(Plan.model_validate(sample(path, text)))
    package = inspection.read(document)
    body = package.parse(package.main).find(wml.w("body"))
    assert body is not None
    assert any(text in wml.text_of(p) for p in body.iter(wml.w("p")))
    assert check_package(document) == ()
