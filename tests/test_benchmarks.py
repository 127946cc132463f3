"""The heavy templates of the benchmarks: they compile, print everything, and print what docxtpl prints."""

from __future__ import annotations

from collections.abc import Callable
from io import BytesIO

import docx
import pytest
from docxtpl import DocxTemplate

from benchmarks import heavy, subjects
from planforge import Plan, Report, Template
from planforge.wml import table_rows
from tests.bodies import outline, part

FORMS = {"plan": (heavy.plan, subjects.plan(40)), "report": (heavy.report, subjects.report(30))}


@pytest.mark.parametrize(("template", "subject"), FORMS.values(), ids=FORMS)
def test_both_print_the_same(template: Callable[[], bytes], subject: Plan | Report) -> None:
    """planforge's document has the body and the footer of docxtpl's, paragraph by paragraph and cell by cell."""
    ours = Template.open(template()).render(subject, embed=False)
    theirs = DocxTemplate(BytesIO(template()))
    theirs.render(subjects.context(subject), autoescape=True)
    saved = BytesIO()
    theirs.save(saved)
    assert outline(ours) == outline(saved.getvalue())
    assert part(ours, "word/footer1.xml").count(b"&amp; ") == 1
    footers = [docx.Document(BytesIO(d)).sections[0].footer.paragraphs[0].text for d in (ours, saved.getvalue())]
    assert footers == [subjects.OWNER] * 2


def test_everything_is_printed() -> None:
    """Every text of the data stands in the document; two header rows, one row a measure, one an objective."""
    subject = subjects.plan(40)
    shown = outline(Template.open(heavy.plan()).render(subject))
    given = subjects.context(subject)["plan"]
    objectives = given["all_objectives"]
    measures = [m for objective in objectives for top in objective["measures"] for m in (top, *top["measures"])]
    assert len(measures) == 40
    texts = [text for m in measures for text in (m["text"], m["outcome"], *subjects.texts(m["criteria"]))]
    assert not [text for text in (*texts, subjects.OWNER, given["title"]) if text not in shown]
    (table,) = docx.Document(BytesIO(Template.open(heavy.plan()).render(subject))).tables
    assert len(table_rows(table._tbl)) == 2 + len(objectives) + len(measures)


def test_the_size_is_a_real_document_s() -> None:
    """15 measures: about 67 KB of markup and 41 KB of document; the same template every time."""
    document = Template.open(heavy.plan()).render(subjects.plan(15), embed=False)
    assert 62_000 < len(part(document)) < 72_000
    assert 38_000 < len(document) < 44_000
    assert heavy.plan() == heavy.plan()


@pytest.mark.parametrize("form", [heavy.plan, heavy.report])
@pytest.mark.parametrize("dialect", heavy.DIALECTS)
def test_every_dialect_gives_a_document(form: Callable[[str], bytes], dialect: str) -> None:
    """The templates of all engines open, with one table and two header rows."""
    (table,) = docx.Document(BytesIO(form(dialect))).tables
    assert [cell.text for cell in table.rows[1].cells] == [str(n + 1) for n in range(len(table.columns))]
