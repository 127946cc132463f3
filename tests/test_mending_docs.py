"""The manual docs/mending.md: a broken template is mended by its comments alone, as the manual walks through it."""

from __future__ import annotations

import re

import pytest

from planforge import Template, check, opc
from planforge.annotation import annotate
from planforge.package_rules import check_package
from tests import sdk, template_docs
from tests.bodies import outline, part
from tests.mending_docs import (
    FOLDER,
    MANUAL,
    MAX_DOCUMENT,
    MAX_PICTURE,
    PICTURES,
    TODAY,
    broken,
    mended,
    rounds,
)
from tests.test_annotation import comments

TEXT = MANUAL.read_text(encoding="utf-8")
PLAN = template_docs.sample(template_docs.MANUAL.read_text(encoding="utf-8"))

DONE = """\
СОЁЛЫН ХЭЛТСИЙН
2025 ОНЫ НОМЫН САНГ ХӨГЖҮҮЛЭХ ТӨЛӨВЛӨГӨӨ
Байгууллага: Соёлын хэлтэс
| № | Арга хэмжээ | Шалгуур үзүүлэлт | Хариуцах |
| 1.1 | Номын тавиур хийлгэх | Тавиурын тоо, Сольсон хувь | Аж ахуйн алба, Санхүүгийн алба |
| 1.2 | Ном худалдан авах | Шинэ номын тоо | Номын сан |
| 2.1 | Уншлагын өдөрлөг зохион байгуулах | Оролцогчийн тоо |  |
Зорилтууд:
1. Номын санг тохижуулах
2. Уншигчийг олшруулах"""


def test_the_walk() -> None:
    """Every comment has its mend in the table; after the last one there is no fault, and the form renders."""
    copy = annotate(broken())
    for number, mends in enumerate(rounds(TEXT), 1):
        assert len(comments(copy)) == len(mends), number
        copy = annotate(mended(copy, mends))
    assert comments(copy) == {}
    assert {problem.severity for problem in check(copy)} <= {"note"}
    document = Template.open(copy).render(PLAN, today=TODAY)
    assert check_package(document) == ()
    assert outline(document) == DONE
    assert "2025 оны 01 дүгээр сарын 10-ны өдөр" in part(document, "word/footer9.xml").decode()


@pytest.mark.parametrize("name", ["form", "faults"])
def test_files_are_those_that_the_script_makes(name: str) -> None:
    """`python -m tests.mending_docs` writes them anew; they are small, and valid as far as Word is concerned."""
    expected = broken() if name == "form" else annotate(broken())
    found = (FOLDER / f"{name}.docx").read_bytes()
    assert opc.content_digest(found) == opc.content_digest(expected)
    assert len(found) <= MAX_DOCUMENT
    assert sdk.validate(found) == []


def test_pictures() -> None:
    """The manual shows every picture of the folder; each is small."""
    found = {path.name: path.stat().st_size for path in PICTURES.glob("*")}
    assert set(re.findall(r"\(pictures/mending/([^)]+)\)", TEXT)) == set(found)
    assert max(found.values()) <= MAX_PICTURE
