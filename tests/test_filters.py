"""Filters: a table of what each gives, and that none fails on any value of the types it takes."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from planforge import Plan, Template, filters
from planforge.filters import FILTERS, Filter
from planforge.vocabulary import Scalar
from tests.bodies import docx, outline

CASES = [
    ("3 | letter", "в"),
    ("14 | roman", "XIV"),
    ("25 | cardinal", "хорин тав"),
    ("25 | тоон_үгээр", "хорин тав"),
    ("11 | ordinal", "арван нэгдүгээр"),
    ("206 | nth", "206 дугаар"),
    ("'А/191' | nth", "А/191 дүгээр"),
    ("'5.1' | at", "5.1 дэх"),
    ("2 | ending('гарах')", "2-оос"),
    ("1 | ending('ablative')", "1-ээс"),
    ("91.4 | percent", "91.4%"),
    ("25532 | number('comma')", "25,532"),
    ("25532 | number", "25532"),
    ("'Хуулийн хэлтэс' | genitive", "Хуулийн хэлтсийн"),
    ("'Хуулийн хэлтэс' | dative", "Хуулийн хэлтэст"),
    ("'текст' | ended(';')", "текст;"),
    ("'текст.' | ended(';')", "текст."),
    ("'Тоо:' | ended(';')", "Тоо:"),
    ("'а' | ended('{0}{')", "а{0}{"),
    ("'өү' | upper", "ӨҮ"),
    ("'ӨҮ' | жижиг_үсгээр", "өү"),
    ("'' | default('-')", "-"),
    ("0 | default('-')", "0"),
    ("('а', 'б') | join(' ба ')", "а ба б"),
    ("('а', 'б') | length", "2"),
    ("('а', 'б') | first", "а"),
    ("('а', 'б') | last", "б"),
    ("('а', 1, plan.stage) | join", "а, 1"),
    ("'а' | ended(5)", "а5"),
    ("plan.years | join(5)", "2024"),
    ("plan.stage | default(5)", "5"),
    ("(plan.stage or plan.year) | ended('.')", "2024."),
    ("() | length", "0"),
    ("1.5 | letter", ""),
    ("(plan.year - 2025) is odd", "тийм"),
    ("0.1 + 0.2", "0.3"),
    ("plan.numbering == 'дараалсан'", "тийм"),
    ("plan.numbering != 'through'", "үгүй"),
    ("plan.numbering in ('nested', 'дараалсан')", "тийм"),
    ("'Б' in plan.extra", "тийм"),
    ("'Хэл' in plan.owner.name", "тийм"),
    ("2024 in plan.years", "тийм"),
    ("1 < 2 < plan.year", "тийм"),
    ("'а\\\\' ~ 'б'", "а\\б"),
]


@pytest.mark.parametrize(("expression", "expected"), CASES)
def test_value(expression: str, expected: str) -> None:
    """An expression with a filter prints this."""
    template = Template.open(docx(f"{{{{ {expression} }}}}"))
    plan = Plan.model_validate({"title": "Т", "year": 2024, "owner": "Хэлтэс", "extra": {"б": "в"}})
    assert outline(template.render(plan)) == expected


VALUES: dict[Scalar, st.SearchStrategy[object]] = {
    Scalar.TEXT: st.text(),
    Scalar.NUMBER: st.integers() | st.decimals(allow_nan=False, allow_infinity=False) | st.just(Decimal("1E+400")),
    Scalar.DATE: st.dates(),
}
ARGUMENTS: dict[str, list[object]] = {
    "ended": [";"],
    "default": ["-"],
    "date": ["2021 оны 10 дугаар сарын 15-ны өдөр"],
    "ending": ["ablative"],
}


@pytest.mark.parametrize("found", [f for f in FILTERS if f.name != "label"], ids=lambda f: f.name)
@given(data=st.data())
def test_total(found: Filter, data: st.DataObject) -> None:
    """A filter gives a value, or nothing, for every value of the types it takes (law 5)."""
    for kind, values in VALUES.items():
        if found.accepts(kind):
            filters.show(getattr(filters, found.name)(data.draw(values), *ARGUMENTS.get(found.name, [])))


def test_show() -> None:
    """Values print as official documents write them."""
    assert filters.show(Decimal("1E+3")) == "1000"
    assert filters.show(date(2024, 3, 5)) == "2024.03.05"
    assert filters.show((1, "б", None)) == "1, б, "
    assert filters.show(None) == ""
    assert filters.show(True) == "тийм"
