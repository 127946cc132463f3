"""Starter layouts: whatever can be asked for is a layout in which nothing is found; what cannot is told at once."""

from __future__ import annotations

from decimal import Decimal
from itertools import combinations
from typing import Any

import pytest

from planforge import layout, palette, view
from planforge.errors import DataError
from planforge.layout_grammar import Table
from planforge.layout_starter import starter
from planforge.vocabulary import ListOf, Record, Scalar


def table_of(text: str) -> Table:
    """The table of a layout in which nothing is found."""
    parsed = layout.parse(text.encode())
    assert parsed.problems == ()
    assert parsed.value is not None
    assert layout.build(parsed.value).startswith(b"PK")
    return next(block for block in parsed.value.body if isinstance(block, Table))


LEVELS = [pair for size in (1, 2) for pair in combinations(view.LEVELS, size)]


@pytest.mark.parametrize("subject", ["plan", "report"])
@pytest.mark.parametrize("rows", LEVELS, ids="-".join)
def test_the_usual_columns(rows: tuple[str, ...], subject: Any) -> None:
    """Without columns there are those of real forms, for every pair of levels."""
    table = table_of(starter(rows=rows, subject=subject))
    assert table.rows == rows
    assert len(table.leaves) >= 3


@pytest.mark.parametrize("page", ["portrait", "landscape"])
@pytest.mark.parametrize("sections", [(), ("objective",), ("бүлэг", "зорилт")], ids="-".join)
def test_sections_and_page(sections: tuple[str, ...], page: Any) -> None:
    """Levels over all columns are named in either language and get labels by example."""
    text = starter(sections=sections, page=page)
    assert len(table_of(text).sections) == len(sections)
    assert f"\npage: {page}\n" in text
    assert ("objective: Зорилт 1. Текст" in text) == bool(sections)
    assert ("chapter: НЭГ. ТЕКСТ" in text) == ("бүлэг" in sections)


PRINTABLE = [
    field.name if language == "en" else field.template_name
    for language in ("en", "mn")
    for field in view.level_record("measure").fields.values()
    if isinstance(field.type, Scalar)
    or (isinstance(field.type, ListOf) and isinstance(field.type.item, Record | Scalar))
]


@pytest.mark.parametrize("column", PRINTABLE)
def test_every_field_of_a_measure(column: str) -> None:
    """Whatever a measure holds can be a column, by its name in either language, under its term."""
    (leaf,) = table_of(starter(columns=[column], rows=["measure"], sections=["chapter"])).leaves
    assert leaf.title is not None
    found = palette.step(view.level_record("measure"), column)
    if found is not None and found.name not in ("number", "text", "measures"):
        assert leaf.title.lower() == found.term.mn.lower()


@pytest.mark.parametrize(
    ("column", "written"),
    [
        pytest.param("number", "№: {value: measure.number, align: center}", id="number"),
        pytest.param("text", "Арга хэмжээ: measure.text", id="text"),
        pytest.param("measure", "Арга хэмжээ: measure", id="node"),
        pytest.param("арга хэмжээ", "Арга хэмжээ: арга_хэмжээ", id="node-mongolian"),
        pytest.param("objective.text", "Зорилт: objective.text", id="level-above"),
        pytest.param("шалгуур", "Шалгуур үзүүлэлт: {list: арга_хэмжээ.шалгуур_үзүүлэлт}", id="list"),
        pytest.param("responsible", "Хариуцах нэгж: measure.responsible", id="joined"),
        pytest.param(
            "result.percent", "Хэрэгжилтийн хувь: {value: measure.result.percent, align: center}", id="result"
        ),
        pytest.param("extra.Эрсдэл", "Эрсдэл: measure.extra.эрсдэл", id="label"),
        pytest.param("extra.A/B: c", r'"A/B: c": "measure.extra[\"A/B: c\"]"', id="label-with-signs"),
        pytest.param("plan.year", "Он: {value: plan.year, align: center}", id="top"),
        pytest.param("plan.issuer.name", "{lines: [{if: plan.issuer, lines: [", id="guarded"),
    ],
)
def test_a_column(column: str, written: str) -> None:
    """A name becomes a title and a cell of its kind."""
    text = starter(columns=[column])
    table_of(text)
    assert written in text


def test_columns_by_criterion() -> None:
    """Where each criterion has a row, its fields come first, then those of its measure."""
    text = starter(columns=["text", "number", "measure.text", "targets.2024"], rows=["measure", "criterion"])
    assert [leaf.cell.value for leaf in table_of(text).leaves] == [
        "criterion.text",
        "measure.number",
        "measure.text",
        "criterion.targets[2024]",
    ]


def test_rows_on_two_levels() -> None:
    """What both rows have is printed of each (`item`); what one has, of that one."""
    text = starter(columns=["text", "result.reached"], rows=["objective", "measure"])
    assert [leaf.cell.value for leaf in table_of(text).leaves] == ["item.text", "measure.result.reached"]


def test_equal_titles_are_told_apart() -> None:
    """Two periods say whose they are."""
    titles = [leaf.title for leaf in table_of(starter(columns=["period", "objective.period"])).leaves]
    assert titles == ["Хугацаа (арга хэмжээ)", "Хугацаа (зорилт)"]


def test_many_columns_share_the_width() -> None:
    """Where the narrow columns would leave too little, all are equal."""
    assert table_of(starter(columns=["text"] * 12, page="landscape")).widths == ()
    assert table_of(starter(columns=["number", "text"])).widths == (Decimal(12), None)


@pytest.mark.parametrize("name", ["form", "1.1", "a: b", "«тэмдэг»", "yes", ""])
def test_names(name: str) -> None:
    """Any name of a file is a name of a layout; without one there is a word."""
    parsed = layout.parse(starter(name=name).encode())
    assert parsed.problems == ()
    assert parsed.value is not None
    assert parsed.value.name == (name or "layout")


@pytest.mark.parametrize(
    ("asked", "codes"),
    [
        pytest.param({"columns": ["nmber", "tetx", "text"]}, ["PF205", "PF205"], id="misspelt-columns"),
        pytest.param({"columns": ["criterion.text"]}, ["PF295"], id="deeper-than-the-rows"),
        pytest.param({"columns": ["criteria.text"]}, ["PF205"], id="through-a-list"),
        pytest.param({"columns": ["result"]}, ["PF212"], id="no-text-of-its-own"),
        pytest.param({"columns": ["report.as_of"]}, ["PF204"], id="report-in-a-plan"),
        pytest.param({"rows": ["masure"], "sections": ["objectiv"]}, ["PF285", "PF285"], id="levels"),
        pytest.param({"rows": ["measure"], "sections": ["measure"]}, ["PF289"], id="level-twice"),
        pytest.param({"columns": ["text"] * 40}, ["PF288"], id="too-many-for-the-page"),
        pytest.param({"columns": ["nmber"], "rows": ["masure"]}, ["PF205", "PF285"], id="everything-at-once"),
    ],
)
def test_faults(asked: dict[str, Any], codes: list[str]) -> None:
    """Every fault is told at once, without the place in a file that nobody has."""
    with pytest.raises(DataError) as error:
        starter(**asked)
    assert [p.code for p in error.value.problems] == codes
    assert all(p.place is None for p in error.value.problems)


def test_comments_are_mongolian() -> None:
    """The file explains itself to an officer and names the commands that go on with it."""
    text = starter(name="form", subject="report")
    comments = [line.strip() for line in text.splitlines() if line.strip().startswith("#")]
    assert len(comments) > 10
    assert "#   planforge render report.yaml -t form.yaml    # баримт үүсгэж үзнэ" in comments
