"""Layouts become templates: what they build, what that prints, and where a wrong layout says so."""

from __future__ import annotations

import json
import re
import tomllib
import zipfile
from io import BytesIO
from pathlib import Path
from textwrap import dedent
from typing import Any

import docx
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from planforge import Plan, Report, Template, data, layout, templates
from planforge.errors import DataError, DataPlace, catalogue, has_errors
from planforge.layout_docx import Margins, Page, twips
from planforge.layout_grammar import Cell, Column, Paragraphs, Table
from planforge.package_rules import check_package
from tests import sdk
from tests.bodies import outline, part

ROOT = Path(__file__).parent.parent
BUILT_IN = ROOT / "planforge" / "templates"

_TEXT = """\
planforge: plan/1
title: Төлөвлөгөө
year: 2024
owner: Гаалийн байгууллага
approval:
- {person: {position: Дарга, name: Б.Бат}}
- {kind: consented, person: Д.Дорж}
closing: [Нэг, Хоёр]
signoffs: {people: [{position: Мэргэжилтэн, name: Ц.Цэцэг, phone: 9911-0000}]}
dateline: {place: Чойр хот}
annex: {issuer: Засаг даргын, year: 2024}
chapters:
- text: Бүлэг А
  objectives:
  - text: Зорилт А
    criteria: [О1]
    activities:
    - text: Үйл А
      responsible: [Нэгж 1, Нэгж 2]
      legal_basis: [Хууль 1, Хууль 2]
      measures:
      - text: Арга 1
        period: Жилдээ
        criteria: [{text: К1, baseline: "1", target: "2"}, {text: К2, criteria: [а1, а2]}]
      - text: Арга 2
        period: Жилдээ
    - text: Үйл Б
      measures: [{text: Арга 3, outcome: гарна, extra: {эрсдэл: их}}]
  - text: Зорилт Б
"""
_OF_OBJECTIVE = "    criteria: [О1]\n"
_OF_MEASURE = '        criteria: [{text: К1, baseline: "1", target: "2"}, {text: К2, criteria: [а1, а2]}]\n'


def plan(*, without: str = "") -> Plan:
    return data.load(_TEXT.replace(without, "").encode(), Plan)


PLAN = plan(without=_OF_OBJECTIVE)
SUBJECTS = {
    "a section's own criteria": plan(without=_OF_MEASURE),
    "each node of several levels has a row per criterion; Mongolian names": plan(),
}
"""Forms that print a row for each criterion must have rows for all of them (PF324)."""


def source(text: str) -> bytes:
    return dedent(text).encode()


def template(text: str) -> bytes:
    """The template of a layout without faults; its package keeps every rule."""
    built = layout.build(layout.load(source(text)))
    assert check_package(built) == ()
    return built


def table(text: str, subject: str = "plan") -> bytes:
    """The template of a layout whose body is one table."""
    lines = "".join(f"    {line}\n" for line in dedent(text).strip().splitlines())
    return template(f"layout: form\nfor: {subject}\nbody:\n- table:\n{lines}")


def printed(built: bytes, subject: Plan | Report = PLAN) -> str:
    """The outline of what a template prints of the plan above."""
    document = Template.open(built).render(subject)
    assert check_package(document) == ()
    return outline(document)


def faults(text: str | bytes) -> list[str]:
    """The problems of a layout, `line:column code`."""
    found = layout.parse(source(text) if isinstance(text, str) else text).problems
    places = [(p.place, p.code) for p in found]
    assert all(isinstance(place, DataPlace) for place, _ in places)
    return [f"{p.line}:{p.column} {code}" for p, code in places if isinstance(p, DataPlace)]


# --- tables --------------------------------------------------------------------------------------------------------

TABLES = {
    "one level": (
        "columns: [{№: measure.number}, {Арга хэмжээ: measure.text}]",
        """\
        =| № | Арга хэмжээ |
        | {%tr for measure in plan.all_measures %} »2 |
        | {{ measure.number }} | {{ measure.text }} |
        | {%tr endfor %} »2 |""",
        """\
        =| № | Арга хэмжээ |
        | 1.1.1 | Арга 1 |
        | 1.1.2 | Арга 2 |
        | 1.2.1 | Арга 3 |""",
    ),
    "sections over all columns; levels that are not named are stepped over": (
        """\
        sections: [chapter, objective]
        number_row: true
        columns: [{№: measure.number}, {Арга хэмжээ: measure.text}]""",
        """\
        =| № | Арга хэмжээ |
        =| 1 | 2 |
        | {%tr for chapter in plan.all_chapters %} »2 |
        | {{ chapter.text }} »2 |
        | {%tr for objective in chapter.all_objectives %} »2 |
        | {{ objective.text }} »2 |
        | {%tr for measure in objective.all_measures %} »2 |
        | {{ measure.number }} | {{ measure.text }} |
        | {%tr endfor %} »2 |
        | {%tr endfor %} »2 |
        | {%tr if not chapter.all_objectives %} »2 |
        | {%tr for measure in chapter.all_measures %} »2 |
        | {{ measure.number }} | {{ measure.text }} |
        | {%tr endfor %} »2 |
        | {%tr endif %} »2 |
        | {%tr endfor %} »2 |""",
        """\
        =| № | Арга хэмжээ |
        =| 1 | 2 |
        | Бүлэг А »2 |
        | Зорилт А »2 |
        | 1.1.1 | Арга 1 |
        | 1.1.2 | Арга 2 |
        | 1.2.1 | Арга 3 |
        | Зорилт Б »2 |""",
    ),
    "groups; shallower cells merge; a node without children prints one row": (
        """\
        columns:
        - Чиглэл: [objective.number, objective.text]
        - Арга: [{№: item.number}, {Агуулга: measure}]
        - Бүлэг: chapter.text""",
        """\
        =| Чиглэл »2 | Арга »2 | Бүлэг |
        =| ^ »2 | № | Агуулга | ^ |
        | {%tr for chapter in plan.all_chapters %} »5 |
        | {%tr for objective in chapter.all_objectives %} »5 |
        | {%tr for measure in objective.all_measures %} »5 |
        | {% vm objective.key %}{{ objective.number }} | {% vm objective.key %}{{ objective.text }} \
| {{ measure.number }} | {{ measure.text }} | {% vm chapter.key %}{{ chapter.text }} |
        | {%tr endfor %} »5 |
        | {%tr if not objective.all_measures %} »5 |
        | {% vm objective.key %}{{ objective.number }} | {% vm objective.key %}{{ objective.text }} \
|  |  | {% vm chapter.key %}{{ chapter.text }} |
        | {%tr endif %} »5 |
        | {%tr endfor %} »5 |
        | {%tr if not chapter.all_objectives %} »5 |
        | {%tr for measure in chapter.all_measures %} »5 |
        |  |  | {{ measure.number }} | {{ measure.text }} | {% vm chapter.key %}{{ chapter.text }} |
        | {%tr endfor %} »5 |
        | {%tr if not chapter.all_measures %} »5 |
        |  |  |  |  | {% vm chapter.key %}{{ chapter.text }} |
        | {%tr endif %} »5 |
        | {%tr endif %} »5 |
        | {%tr endfor %} »5 |""",
        """\
        =| Чиглэл »2 | Арга »2 | Бүлэг |
        =| ^ »2 | № | Агуулга | ^ |
        | 1 | Зорилт А | 1.1.1 | Арга 1 | Бүлэг А |
        | ^ | ^ | 1.1.2 | Арга 2 | ^ |
        | ^ | ^ | 1.2.1 | Арга 3 | ^ |
        | 2 | Зорилт Б |  |  | ^ |""",
    ),
    "no rows for a branch that lacks a level printed together with a deeper one": (
        """\
        rows: measure
        columns:
        - Үйл: "{{ activity.number }}: {{ measure.text }}"
        - Зорилт: objective.text""",
        """\
        =| Үйл | Зорилт |
        | {%tr for objective in plan.all_objectives %} »2 |
        | {%tr for activity in objective.all_activities %} »2 |
        | {%tr for measure in activity.all_measures %} »2 |
        | {{ activity.number }}: {{ measure.text }} | {% vm objective.key %}{{ objective.text }} |
        | {%tr endfor %} »2 |
        | {%tr if not activity.all_measures %} »2 |
        |  | {% vm objective.key %}{{ objective.text }} |
        | {%tr endif %} »2 |
        | {%tr endfor %} »2 |
        | {%tr if not objective.all_activities %} »2 |
        |  | {% vm objective.key %}{{ objective.text }} |
        | {%tr endif %} »2 |
        | {%tr endfor %} »2 |""",
        """\
        =| Үйл | Зорилт |
        | 1.1: Арга 1 | Зорилт А |
        | 1.1: Арга 2 | ^ |
        | 1.2: Арга 3 | ^ |
        |  | Зорилт Б |""",
    ),
    "rows on two levels; a merge goes on over both": (
        """\
        rows: [activity, measure]
        columns: [{№: item.number}, {Нэр: item.text}, {Хариуцах: activity.responsible}, {Хугацаа: measure.period}]""",
        """\
        =| № | Нэр | Хариуцах | Хугацаа |
        | {%tr for activity in plan.all_activities %} »4 |
        | {{ activity.number }} | {{ activity.text }} | {% vm activity.key %}{{ activity.responsible }} |  |
        | {%tr for measure in activity.all_measures %} »4 |
        | {{ measure.number }} | {{ measure.text }} | {% vm activity.key %}{{ activity.responsible }} \
| {{ measure.period }} |
        | {%tr endfor %} »4 |
        | {%tr endfor %} »4 |""",
        """\
        =| № | Нэр | Хариуцах | Хугацаа |
        | 1.1 | Үйл А | Нэгж 1, Нэгж 2 |  |
        | 1.1.1 | Арга 1 | ^ | Жилдээ |
        | 1.1.2 | Арга 2 | ^ | Жилдээ |
        | 1.2 | Үйл Б |  |  |
        | 1.2.1 | Арга 3 | ^ |  |""",
    ),
    "a row per criterion of the innermost level named": (
        """\
        rows: criterion
        columns:
        - Арга: measure.text
        - Түвшин: [{Шалгуур: criterion.text}, {Суурь: {value: criterion.baseline, empty: "-"}}, criterion.target]""",
        """\
        =| Арга | Түвшин »3 |
        =| ^ | Шалгуур | Суурь |  |
        | {%tr for measure in plan.all_measures %} »4 |
        | {%tr for criterion in measure.criteria | at_least_one %} »4 |
        | {% vm measure.key %}{{ measure.text }} | {{ criterion.text }} \
| {{ criterion.baseline | default("-") }} | {{ criterion.target }} |
        | {%tr endfor %} »4 |
        | {%tr endfor %} »4 |""",
        """\
        =| Арга | Түвшин »3 |
        =| ^ | Шалгуур | Суурь |  |
        | Арга 1 | К1 | 1 | 2 |
        | ^ | К2 | - |  |
        | Арга 2 |  | - |  |
        | Арга 3 |  | - |  |""",
    ),
    "a section's own criteria": (
        "sections: [objective]\nrows: criterion\ncolumns: [criterion.text]",
        """\
        | {%tr for objective in plan.all_objectives %} |
        | {{ objective.text }} |
        | {%tr for criterion in objective.criteria | at_least_one %} |
        | {{ criterion.text }} |
        | {%tr endfor %} |
        | {%tr endfor %} |""",
        "| Зорилт А |\n| О1 |\n| Зорилт Б |\n|  |",
    ),
    "each node of several levels has a row per criterion; Mongolian names": (
        """\
        rows: [зорилт, арга хэмжээ, шалгуур]
        columns: [{№: item.дугаар}, {Шалгуур: шалгуур.бичвэр}, {Хугацаа: арга_хэмжээ.хугацаа}]""",
        """\
        =| № | Шалгуур | Хугацаа |
        | {%tr for objective in plan.all_objectives %} »3 |
        | {%tr for criterion in objective.criteria | at_least_one %} »3 |
        | {% vm objective.key %}{{ objective.дугаар }} | {{ criterion.бичвэр }} |  |
        | {%tr endfor %} »3 |
        | {%tr for measure in objective.all_measures %} »3 |
        | {%tr for criterion in measure.criteria | at_least_one %} »3 |
        | {% vm measure.key %}{{ measure.дугаар }} | {{ criterion.бичвэр }} \
| {% vm measure.key %}{{ measure.хугацаа }} |
        | {%tr endfor %} »3 |
        | {%tr endfor %} »3 |
        | {%tr endfor %} »3 |""",
        """\
        =| № | Шалгуур | Хугацаа |
        | 1 | О1 |  |
        | 1.1.1 | К1 | Жилдээ |
        | ^ | К2 | ^ |
        | 1.1.2 |  | Жилдээ |
        | 1.2.1 |  |  |
        | 2 |  |  |""",
    ),
    "merge: equal and no": (
        """\
        columns:
        - Арга: measure.text
        - Хугацаа: {value: measure.period, merge: equal}
        - Зорилт: {value: objective.text, merge: no}""",
        """\
        =| Арга | Хугацаа | Зорилт |
        | {%tr for objective in plan.all_objectives %} »3 |
        | {%tr for measure in objective.all_measures %} »3 |
        | {{ measure.text }} | {% vm objective.key ~ "=" ~ measure.period %}{{ measure.period }} | {{ objective.text }} |
        | {%tr endfor %} »3 |
        | {%tr if not objective.all_measures %} »3 |
        |  |  | {{ objective.text }} |
        | {%tr endif %} »3 |
        | {%tr endfor %} »3 |""",
        """\
        =| Арга | Хугацаа | Зорилт |
        | Арга 1 | Жилдээ | Зорилт А |
        | Арга 2 | ^ | Зорилт А |
        | Арга 3 |  | Зорилт А |
        |  |  | Зорилт Б |""",
    ),
    "lists: default marker, nested criteria, counters": (
        """\
        columns:
        - {list: measure.criteria, marker: "-", end: ";", last: "."}
        - {list: measure.criteria, marker: ["1. ", "а/"]}
        - {list: measure.legal_basis}""",
        """\
        | {%tr for measure in plan.all_measures %} »3 |
        | {%p for criterion in measure.criteria %} ¶ -{{ criterion.text | ended("." if loop.last else ";") }} \
¶ {%p for criterion2 in criterion.criteria %} \
¶ {{ loop.index | letter }}. {{ criterion2.text | ended("." if loop.last else ";") }} ¶ {%p endfor %} ¶ {%p endfor %} \
| {%p for criterion in measure.criteria %} ¶ {{ loop.index }}. {{ criterion.text }} \
¶ {%p for criterion2 in criterion.criteria %} ¶ {{ loop.index | letter }}/{{ criterion2.text }} ¶ {%p endfor %} \
¶ {%p endfor %} | {%p for entry in measure.legal_basis %} ¶ {{ entry }} ¶ {%p endfor %} |
        | {%tr endfor %} »3 |""",
        "| -К1; ¶ -К2. ¶ а. а1; ¶ б. а2. | 1. К1 ¶ 2. К2 ¶ а/а1 ¶ б/а2 |  |\n|  |  |  |\n|  |  |  |",
    ),
    "lines: labels stay, lone tags vanish, conditions": (
        """\
        columns:
        - lines:
          - "Эрсдэл: {{ measure.extra.эрсдэл }}"
          - "{{ measure.coverage }}"
          - {if: measure.outcome, lines: ["{{ measure.outcome.text }}!"]}
          - {each: c in measure.criteria, lines: ["{{ c }} {{ loop.index }}"]}""",
        """\
        | {%tr for measure in plan.all_measures %} |
        | Эрсдэл: {{ measure.extra.эрсдэл }} ¶ {%p if measure.coverage %} ¶ {{ measure.coverage }} ¶ {%p endif %} \
¶ {%p if measure.outcome %} ¶ {{ measure.outcome.text }}! ¶ {%p endif %} \
¶ {%p for c in measure.criteria %} ¶ {{ c.text }} {{ loop.index }} ¶ {%p endfor %} |
        | {%tr endfor %} |""",
        "| Эрсдэл:  ¶ К1 1 ¶ К2 2 |\n| Эрсдэл:  |\n| Эрсдэл: их ¶ гарна! |",
    ),
    "empty; texts; nothing": (
        """\
        columns:
        - {value: measure.outcome, empty: "-"}
        - {value: "{{ measure.coverage }}/{{ measure.period }}", empty: үгүй}
        - "{{ measure.index }}) {% if measure.period %}({{ measure.period }}){% endif %}"
        - Тайлбар:""",
        """\
        =|  |  |  | Тайлбар |
        | {%tr for measure in plan.all_measures %} »4 |
        | {{ measure.outcome | default("-") }} | {% if measure.coverage or measure.period %}\
{{ measure.coverage }}/{{ measure.period }}{% else %}үгүй{% endif %} \
| {{ measure.index }}) {% if measure.period %}({{ measure.period }}){% endif %} |  |
        | {%tr endfor %} »4 |""",
        """\
        =|  |  |  | Тайлбар |
        | - | /Жилдээ | 1) (Жилдээ) |  |
        | - | /Жилдээ | 2) (Жилдээ) |  |
        | гарна | үгүй | 1)  |  |""",
    ),
    "empty of texts with conditions": (
        """\
        columns:
        - {value: "{% if measure.outcome %}{{ measure.outcome.text }}{% endif %}", empty: "-"}
        - {value: "{% if plan.years[1] %}{{ plan.years[1] }}{% endif %}", empty: "-"}""",
        """\
        | {%tr for measure in plan.all_measures %} »2 |
        | {% if (measure.outcome and measure.outcome.text) %}{% if measure.outcome %}{{ measure.outcome.text }}{% endif %}\
{% else %}-{% endif %} \
| {% if (plan.years[1] and plan.years[1]) %}{% if plan.years[1] %}{{ plan.years[1] }}{% endif %}{% else %}-{% endif %} |
        | {%tr endfor %} »2 |""",
        "| - | - |\n| - | - |\n| гарна | - |",
    ),
    "merge: equal over conditions": (
        """\
        columns:
        - {value: "{% if measure.period %}{{ measure.period }} х{% else %}{{ measure.text }}{% endif %}", merge: equal}""",
        """\
        | {%tr for measure in plan.all_measures %} |
        | {% vm (measure.period ~ " х" if measure.period else measure.text) %}\
{% if measure.period %}{{ measure.period }} х{% else %}{{ measure.text }}{% endif %} |
        | {%tr endfor %} |""",
        "| Жилдээ х |\n| ^ |\n| Арга 3 |",
    ),
    "over a list, with footer rows": (
        """\
        each: line in plan.closing
        columns: [{Мөр: line}, {"{{ plan.year }}": "{{ line | upper }}"}]
        footer: [plan.title, [Нийт, →], [а, "{{ plan.year }}"]]""",
        """\
        =| Мөр | {{ plan.year }} |
        | {%tr for line in plan.closing %} »2 |
        | {{ line }} | {{ line | upper }} |
        | {%tr endfor %} »2 |
        | {{ plan.title }} | {{ plan.title | upper }} |
        | Нийт »2 |
        | а | {{ plan.year }} |""",
        "=| Мөр | 2024 |\n| Нэг | НЭГ |\n| Хоёр | ХОЁР |\n| Төлөвлөгөө | ТӨЛӨВЛӨГӨӨ |\n| Нийт »2 |\n| а | 2024 |",
    ),
}


@pytest.mark.parametrize("name", TABLES)
def test_a_table_builds_and_prints(name: str) -> None:
    """Layout, template and document side by side."""
    text, built, result = TABLES[name]
    made = table(text)
    assert outline(made).strip() == dedent(built)
    assert printed(made, SUBJECTS.get(name, PLAN)).strip() == dedent(result)


@pytest.mark.parametrize(
    ("value", "result"),
    [
        ("'{% if plan.years[1] %}{{ criterion.targets[plan.years[1]] }}{% endif %}'", "- - - -"),
        ("'{% if measure.period %}жил{% elif measure.outcome %}({{ measure.coverage }}){% endif %}'", "жил жил жил -"),
        ("'{% if measure.outcome %}{% if measure.period %}а{% endif %}{% else %}б{% endif %}'", "б б б -"),
        ("'{% if not measure.period %}{{ measure.text }}{% endif %}'", "- - - Арга 3"),
        ("criterion.text", "К1 К2 - -"),
        ("measure.responsible", "- - - -"),
        ("'{% for x in measure.criteria %}{{ x.letter }}{% endfor %}'", "аб аб - -"),
        ("'{% for x in measure.criteria %}{{ x.letter }}{% else %}0{% endfor %}'", "аб аб 0 0"),
        ("'{% set x = measure.text %}{{ x }}'", "Арга 1 Арга 1 Арга 2 Арга 3"),
        ("'{# #}'", "- - - -"),
        ("'{{ measure.extra.эрсдэл }}/{{ measure.period }}'", "/Жилдээ /Жилдээ /Жилдээ их/"),
    ],
)
def test_empty_stands_where_a_text_prints_no_value(value: str, result: str) -> None:
    """Whatever conditions and loops are in the text, where that can be told."""
    built = table(f'rows: criterion\ncolumns: [measure.key, {{value: {value}, empty: "-", merge: no}}]')
    cells = [line.split("|")[2].strip() for line in printed(built).strip().splitlines()]
    assert " ".join(cells) == result


# --- blocks --------------------------------------------------------------------------------------------------------

BLOCKS = {
    "paragraphs in named styles": (
        'title: ["{{ plan.title | upper }}", "{{ plan.stage }}", ""]',
        "ТӨЛӨВЛӨГӨӨ\n",
    ),
    "each with a name of its own prints by label": (
        '{each: a in plan.all_activities, body: [{heading: "{{ a }}"}, {text: "{{ loop.index }}"}]}',
        "Нэг. Үйл А\n1\nХоёр. Үйл Б\n2",
    ),
    "if": ("{if: plan.period, body: [{text: аа}]}", ""),
    "sides": ('sides: ["{{ plan.year }}", Улаанбаатар]', "2024⇥Улаанбаатар"),
    "annex": ("annex:", "Засаг даргын 2024 оны\n…. сарын …. –ны өдрийн\n……. дугаар тушаалын хавсралт"),
    "dateline with an unknown date": ("dateline: 2020 оны 01 дүгээр сарын 20", "…. оны …. сарын ….⇥Чойр хот"),
    "signoffs": (
        "signoffs: upper",
        "БОЛОВСРУУЛСАН:\nМЭРГЭЖИЛТЭН⇥Ц.ЦЭЦЭГ\nУтас: 9911-0000",
    ),
    "approval stacked": ("approval: stacked", "БАТЛАВ\nДарга\nБ.Бат\n\nЗӨВШӨӨРӨВ\nД.Дорж"),
    "approval on a line": ("approval: line", "| БАТЛАВ | Дарга | Б.Бат |\n| ЗӨВШӨӨРӨВ |  | Д.Дорж |\n"),
    "approval on both sides": ("approval: sides", "| ЗӨВШӨӨРӨВ ¶ Д.Дорж | БАТЛАВ ¶ Дарга ¶ Б.Бат |\n"),
    "a table for each node": (
        "{each: a in plan.all_activities, body: [{table: {columns: [measure.number, a.text]}}]}",
        "| 1.1.1 | Үйл А |\n| 1.1.2 | ^ |\n\n| 1.2.1 | Үйл Б |\n",
    ),
    "the criteria of a node that a block has bound": (
        "{each: m in plan.all_measures, body: [{table: {rows: criterion, columns: [m.index, criterion]}}]}",
        "| 1 | К1 |\n| ^ | К2 |\n\n| 2 |  |\n\n| 1 |  |\n",
    ),
    "the section row of a node that a block has bound": (
        "{each: a in plan.all_activities, body: [{table: {sections: [activity], columns: [measure.index]}}]}",
        "| Нэг. Үйл А |\n| 1 |\n| 2 |\n\n| Хоёр. Үйл Б |\n| 1 |\n",
    ),
}


@pytest.mark.parametrize(("text", "result"), BLOCKS.values(), ids=BLOCKS)
def test_a_block_prints(text: str, result: str) -> None:
    """Marks, lines, loops and conditions around tables."""
    assert printed(template(f"layout: form\nlabels: {{үйл ажиллагаа: Нэг. Текст}}\nbody:\n- {text}")) == result


def test_a_label_with_tags_is_plain_text() -> None:
    """The level's name in it stands for the node, whatever variable holds that."""
    built = template("""\
        layout: form
        labels: {measure: "{{ measure.number }}) {{ арга_хэмжээ }}"}
        body:
        - {each: m in plan.all_measures, body: [{text: "{{ m }}"}]}
        """)
    assert printed(built) == "1.1.1) Арга 1\n1.1.2) Арга 2\n1.2.1) Арга 3"


def test_the_report_is_known_to_a_report_layout() -> None:
    """`for: report` opens the name; a plan's layout does not have it."""
    text = 'layout: form\nfor: {}\nbody:\n- title: "{{{{ report.title }}}}"\n'
    assert layout.parse(text.format("report").encode()).problems == ()
    assert faults(text.format("plan")) == ["4:10 PF204"]
    assert faults(text.replace("report.", "тайлан.").format("plan")) == ["4:10 PF204"]


MARKS = data.load(
    """\
planforge: plan/1
title: Төлөвлөгөө
year: 2024
owner: Хэлтэс
approval:
- {person: {position: Дарга, rank: хурандаа, name: Б.Бат}, date: 2024-01-15}
- {kind: consented, person: Д.Дорж, date: 2024-01-12}
- {kind: confirmed, person: Г.Гэрэл}
""".encode(),
    Plan,
)


@pytest.mark.parametrize(
    ("form", "result"),
    [
        (
            "stacked",
            "БАТЛАВ\nДарга\nхурандаа\nБ.Бат\n2024 оны 01 дүгээр сарын 15-ны өдөр\n\n"
            "ЗӨВШӨӨРӨВ\nД.Дорж\n2024 оны 01 дүгээр сарын 12-ны өдөр\n\nБАТАЛГААЖУУЛСАН\nГ.Гэрэл",
        ),
        (
            "line",
            "| БАТЛАВ | Дарга хурандаа ¶ 2024 оны 01 дүгээр сарын 15-ны өдөр | Б.Бат |\n"
            "| ЗӨВШӨӨРӨВ |  ¶ 2024 оны 01 дүгээр сарын 12-ны өдөр | Д.Дорж |\n| БАТАЛГААЖУУЛСАН |  | Г.Гэрэл |\n",
        ),
        (
            "sides",
            "| ЗӨВШӨӨРӨВ ¶ Д.Дорж ¶ 2024 оны 01 дүгээр сарын 12-ны өдөр ¶  ¶ БАТАЛГААЖУУЛСАН ¶ Г.Гэрэл "
            "| БАТЛАВ ¶ Дарга ¶ хурандаа ¶ Б.Бат ¶ 2024 оны 01 дүгээр сарын 15-ны өдөр |\n",
        ),
    ],
)
def test_marks_have_dates_and_gaps(form: str, result: str) -> None:
    """A date wherever one is given, an empty line between two marks, and no padding that would break a date."""
    built = template(f"layout: form\nbody:\n- approval: {form}")
    assert printed(built, MARKS) == result
    assert part(built).decode().count('<w:left w:w="0" w:type="dxa"/>') == (form != "stacked")


def test_the_profile_of_a_report_is_a_table() -> None:
    """Label and text of each line."""
    report = Report.model_validate({"plan": MARKS, "as_of": "2024 он", "profile": {"Нэр": "Шударга алба", "Эх": "ОНТ"}})
    built = table("each: row in report.profile\ncolumns: [row.label, row.text]", "report")
    assert printed(built, report).strip() == "| Нэр | Шударга алба |\n| Эх | ОНТ |"


# --- what the document looks like ----------------------------------------------------------------------------------


def test_page_fonts_and_sizes() -> None:
    """Page and sizes go into the section and the styles; tab stops and the approval's indent follow the text."""
    built = template("""\
        layout: form
        page: {orientation: landscape, margins: {left: 20}, font: Times New Roman, size: 13.5, table_size: 9,
               page_numbers_from: 1}
        body: [{title: а}]
        """)
    document = docx.Document(BytesIO(built))
    section = document.sections[0]
    assert (section.page_width, section.page_height, section.left_margin) == tuple(
        twips(x) * 635 for x in (297, 210, 20)
    )
    assert section.orientation == 1
    assert not section.different_first_page_header_footer
    sizes = {s: document.styles[s].font.size for s in ("TableText", "TableNumber")}
    assert {s: z.pt for s, z in sizes.items() if z} == {"TableText": 9, "TableNumber": 8}
    styles = part(built, "word/styles.xml").decode()
    assert styles.count('"Times New Roman"') == 4
    assert '<w:sz w:val="27"/>' in styles
    assert f'w:val="right" w:pos="{twips(297) - twips(20) - 850}"' in styles


def test_defaults_of_the_page() -> None:
    """A4 upright, left 30, right 15, top and bottom 20 mm, Arial 12, numbers from page 2 (domain.md 2.2)."""
    page = layout.load(b"layout: form\nbody: [{title: a}]").page
    assert page == Page() == Page("portrait", "A4", Margins(), "Arial")
    assert page.text_width_mm == 165
    assert page.text_width == 9355


def test_widths_fill_the_page() -> None:
    """Millimetres as given, “*” shares the rest to the last twip; without widths all columns share."""
    columns = "columns: [measure.number, measure.text, measure.period]"
    for widths, expected in (
        ('widths: [14, "*", "*"]\n', [794, 4280, 4281]),
        ("", [3118, 3118, 3119]),
        ("widths: [55, 55, 55]\n", [3118, 3118, 3119]),
        ("widths: [10, 20, 30]\n", [567, 1134, 1701]),
    ):
        xml = part(table(widths + columns)).decode()
        assert [int(w) for w in re.findall(r'<w:gridCol w:w="(\d+)"/>', xml)] == expected
        assert f'<w:tblW w:w="{sum(expected)}" w:type="dxa"/><w:tblLayout w:type="fixed"/>' in xml


def test_header_rows_repeat_and_section_rows_stay_whole() -> None:
    """Header rows and number row come first and repeat; body rows may break across pages (domain.md 2.6)."""
    built = table("number_row: true\nsections: [objective]\ncolumns: [{А: [{Б: measure.number}]}]")
    rows = part(built).decode().split("<w:tr>")[1:]
    header, whole = "<w:trPr><w:cantSplit/><w:tblHeader/></w:trPr>", "<w:trPr><w:cantSplit/></w:trPr>"
    found = [re.match("(?:<w:trPr>.*?</w:trPr>)?", row) for row in rows]
    assert [m.group() if m else "" for m in found] == [header, header, header, "", whole, "", "", "", ""]
    styles = re.findall(r'<w:pStyle w:val="(\w+)"/>', "".join(rows))
    assert styles[:5] == ["TableHeader", "TableHeader", "TableNumber", "TableText", "TableSection"]


def test_alignment_and_list_styles() -> None:
    """`align` picks the style; points hang on their marker, nested ones stand further in."""
    built = table("""\
        columns:
        - {value: measure.number, align: center}
        - {value: measure.text, align: right}
        - {list: measure.criteria, marker: ["-", "а/"]}
        """)
    xml = part(built).decode()
    assert '<w:pStyle w:val="TableCenter"/></w:pPr><w:r><w:t>{{ measure.number }}' in xml
    assert '<w:pStyle w:val="TableText"/><w:jc w:val="right"/></w:pPr><w:r><w:t>{{ measure.text }}' in xml
    assert '<w:pStyle w:val="TableList"/></w:pPr><w:r><w:t>-{{ criterion.text }}' in xml
    assert '<w:pStyle w:val="TableList"/><w:ind w:left="426" w:hanging="142"/></w:pPr>' in xml


def test_same_bytes_and_nothing_packed() -> None:
    """The archive is stored, so that its bytes do not depend on a deflate."""
    text = "columns: [measure.number]"
    assert table(text) == table(text)
    with zipfile.ZipFile(BytesIO(table(text))) as archive:
        assert {m.compress_type for m in archive.infolist()} == {zipfile.ZIP_STORED}


# --- the built-in forms --------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", layout.builtin_names())
def test_a_built_in_form_is_its_layout(name: str) -> None:
    """The DOCX is what the YAML builds: after a change, write `layout.build(layout.load(…))` beside it."""
    text = (BUILT_IN / f"{name}.yaml").read_text(encoding="utf-8")
    assert len(text.splitlines()) <= 30
    found = layout.parse(BUILT_IN / f"{name}.yaml")
    assert found.problems == ()
    assert found.value is not None
    assert layout.build(found.value) == templates.document(name)


def test_the_names_of_the_built_in_forms() -> None:
    """Every layout beside a DOCX, and the two that issue 2 wants."""
    assert {"plan", "report"} <= set(layout.builtin_names())
    assert sorted(p.stem for p in BUILT_IN.glob("*.yaml")) == list(layout.builtin_names())


@pytest.mark.sdk
@pytest.mark.parametrize("name", layout.builtin_names())
def test_a_built_in_form_is_valid_for_microsoft(name: str) -> None:
    """The Open XML SDK has nothing to say about the template."""
    assert sdk.validate(templates.document(name)) == []


@pytest.mark.sdk
def test_every_block_is_valid_for_microsoft() -> None:
    """One layout with every block and kind of row."""
    blocks = "\n".join(f"- {text}" for text, _ in BLOCKS.values())
    tables = ""
    for text, _, _ in TABLES.values():
        tables += "- table:\n" + "".join(f"    {line}\n" for line in dedent(text).splitlines())
    labels = "labels: {activity: Нэг. Текст}"
    built = layout.build(layout.load(f"layout: all\n{labels}\nbody:\n{blocks}\n{tables}".encode()))
    assert sdk.validate(built) == []
    assert sdk.validate(Template.open(built).render(PLAN)) == []


# --- faults --------------------------------------------------------------------------------------------------------

OURS = {code: entry for code, entry in catalogue().items() if "PF240" <= code <= "PF299" and "layout" in entry.case}


@pytest.mark.parametrize("code", OURS)
def test_the_case_of_every_code_triggers_it(code: str) -> None:
    """The smallest layout of the catalogue has this fault and no other, with line and column, in both languages."""
    found = layout.parse(OURS[code].case["layout"].encode())
    assert [p.code for p in found.problems] == [code]
    assert found.value is None
    (problem,) = found.problems
    assert isinstance(problem.place, DataPlace)
    assert problem.place.line
    assert problem.message("mn") != problem.message("en")
    assert "{" not in problem.message("en").replace("{%", "")
    assert problem.format("mn")
    with pytest.raises(DataError):
        layout.load(OURS[code].case["layout"].encode())


FAULTS = {
    "no number": ("layout: x\npage: {size: nan}\nbody:\n- title: а\n", ["2:14 PF284"]),
    "unknown key": ("layout: x\nbody:\n- tabel: {}\n", ["3:3 PF280"]),
    "unknown key of a table": ("layout: x\nbody:\n- table: {colums: [а]}\n", ["3:10 PF281", "3:11 PF280"]),
    "nothing at all": ("layout:\nbody:\n", ["1:1 PF281", "1:1 PF281"]),
    "not a mapping": ("- а\n", ["1:1 PF282"]),
    "unknown field": ("layout: x\nbody:\n- table:\n    columns:\n    - А: measure.txt\n", ["5:10 PF205"]),
    "unknown field of a text": ('layout: x\nbody:\n- title: "{{ plan.nmae }}"\n', ["3:10 PF205"]),
    "unknown name": ("layout: x\nbody:\n- table:\n    columns:\n    - А: mesure.text\n", ["5:10 PF204"]),
    "fixed words": ("layout: x\nbody:\n- table:\n    columns:\n    - А: Сар бүр\n", ["5:10 PF241"]),
    "a fixed word": ("layout: x\nbody:\n- table:\n    columns:\n    - А: {value: Байнга}\n", ["5:18 PF241"]),
    "words that would merge": (
        "layout: x\nbody:\n- table:\n    columns:\n    - А: {value: Жилдээ., merge: equal, empty: а}\n",
        ["5:18 PF241"],
    ),
    "not an expression": ("layout: x\nbody:\n- table:\n    columns:\n    - А: measure.text а\n", ["5:10 PF202"]),
    "a guard of something else": (
        "layout: x\nbody:\n- table:\n    columns:\n"
        "    - А: {value: '{% if measure.period %}{{ measure.outcome.text }}{% endif %}', empty: а}\n",
        ["5:18 PF240"],
    ),
    "a loop that may print nothing": (
        "layout: x\nbody:\n- table:\n    columns:\n"
        "    - А: {value: '{% for c in measure.criteria %}{{ c.baseline }}{% endfor %}', empty: а}\n",
        ["5:18 PF242"],
    ),
    "a loop that is to merge": (
        "layout: x\nbody:\n- table:\n    columns:\n"
        "    - А: {value: '{% for c in measure.criteria %}{{ c }}{% endfor %}', merge: equal}\n",
        ["5:18 PF242"],
    ),
    "a guard is needed": ("layout: x\nbody:\n- table:\n    columns:\n    - А: measure.outcome.text\n", ["5:10 PF240"]),
    "tag not closed": ('layout: x\nbody:\n- title: "{{ plan.title"\n', ["3:10 PF201"]),
    "a list is needed": ("layout: x\nbody:\n- table:\n    columns:\n    - А: {list: measure.text}\n", ["5:17 PF211"]),
    "of": ("layout: x\nbody:\n- table:\n    columns:\n    - {list: measure.criteria, of: txt}\n", ["5:14 PF205"]),
    "title of a column": (
        'layout: x\nbody:\n- table:\n    columns:\n    - "{{ plan.yr }}": measure.text\n',
        ["5:7 PF205"],
    ),
    "unknown level": ("layout: x\nlabels: {мөр: Текст}\nbody:\n- title: а\n", ["2:10 PF285"]),
    "a label without its text": ("layout: x\nlabels: {measure: Арга 1}\nbody:\n- title: а\n", ["2:19 PF286"]),
    "a cell below its row": (
        "layout: x\nbody:\n- table:\n    rows: objective\n    columns:\n    - А: objective.text\n    - Б: measure.text\n",
        ["7:10 PF295"],
    ),
    "a level that its loop cannot reach": (
        "layout: x\nbody:\n- each: m in plan.all_measures\n  body:\n  - table:\n      sections: [objective]\n"
        "      columns: [m.text]\n",
        ["6:7 PF298"],
    ),
    "several at once, in the order of the file": (
        "layout: x\npage: landscap\nbody:\n- titel: а\n- table:\n    widths: [5, 5]\n    columns:\n    - А: measure.txt\n",
        ["2:7 PF283", "4:3 PF280", "6:5 PF287", "8:10 PF205"],
    ),
    "told once however many rows print it": (
        "layout: x\nbody:\n- table:\n    rows: [activity, measure]\n    columns:\n    - А: item.txt\n",
        ["6:10 PF205"],
    ),
    "a name taken twice": (
        "layout: x\nbody:\n- each: x in plan.closing\n  body: [{each: x in plan.closing, body: [{text: а}]}]\n",
        ["4:17 PF292"],
    ),
    "an end without a beginning": ('layout: x\nbody:\n- text: "{% endif %}"\n', ["3:9 PF216"]),
    "the wrong end": (
        'layout: x\nbody:\n- text: "{% if plan.period %}а{% endfor %}"\n',
        ["3:9 PF216", "3:9 PF243"],
    ),
    "criteria as sections": (
        "layout: x\nbody:\n- table:\n    sections: [criterion]\n    columns: [measure.text]\n",
        ["4:15 PF299"],
    ),
    "date example": ("layout: x\nbody:\n- dateline: хэзээ\n", ["3:13 PF208"]),
    "broken YAML": ('layout: x\nbody:\n- title: "а\n', ["3:10 PF137"]),
}


@pytest.mark.parametrize(("text", "expected"), FAULTS.values(), ids=FAULTS)
def test_a_fault_has_its_place(text: str, expected: list[str]) -> None:
    """Line and column of the words that caused it; everything that is wrong in one pass."""
    if expected[0].endswith("PF137"):
        assert has_errors(layout.parse(text.encode()).problems)
    else:
        assert faults(text) == expected


def test_messages_say_what_was_meant() -> None:
    """Did-you-mean in both languages."""
    (problem,) = layout.parse(b"layout: x\nbody:\n- tabel: {}\n").problems
    assert "“table”" in problem.hint("en")
    assert "«table» гэх гэсэн үү?" in problem.hint("mn")


@pytest.mark.parametrize(
    ("words", "hint"),
    [
        ("Сар бүр", "{lines: [Сар бүр]}"),
        ("Сар бүр (5-нд)", '{lines: ["Сар бүр (5-нд)"]}'),
        ("mesure", "Did you mean “measure”? To print fixed words: {lines: [mesure]}"),
    ],
)
def test_fixed_words_have_a_remedy(words: str, hint: str) -> None:
    """What the hint says is a cell that prints the words."""
    text = "layout: x\nbody:\n- table:\n    columns: [{{А: measure.text}}, {{Б: {}}}]\n"
    (problem,) = layout.parse(text.format(words).encode()).problems
    assert hint in problem.hint("en")
    cell = re.search(r"\{.*?\}", problem.hint("mn"))
    assert cell is not None
    assert f"| Арга 1 | {words} |" in printed(layout.build(layout.load(text.format(cell.group()).encode())))


@pytest.mark.parametrize(
    "remedy",
    [
        '- {if: plan.issuer, body: [{closing: "{{ plan.issuer.name }}"}]}',
        "- closing: '{% if plan.issuer %}{{ plan.issuer.name }}{% endif %}'",
        "- table: {columns: [{lines: [{if: plan.issuer, lines: ['{{ plan.issuer.name }}']}]}]}",
    ],
)
def test_the_remedies_for_absence_work(remedy: str) -> None:
    """The three that the hint of PF240 names, with what is absent filled in."""
    (problem,) = layout.parse(b'layout: x\nbody:\n- closing: "{{ plan.issuer.name }}"\n').problems
    for piece in ("{if: plan.issuer, body: […]}", "{lines: [{if: plan.issuer, lines: […]}]}", "{% if plan.issuer %}"):
        assert piece in problem.hint("en")
        assert piece in problem.hint("mn")
    Template.open(template(f"layout: x\nbody:\n{remedy}\n"))


def test_a_layout_made_in_python_is_checked_when_it_is_built() -> None:
    """No file, so the place is the path."""
    built = layout.build(layout.Layout("x", (Table((Column("А", Cell("measure.text")),)),)))
    assert "Арга 1" in printed(built)
    with pytest.raises(DataError) as error:
        layout.build(layout.Layout("x", (Paragraphs("Title", ("{{ plan.nmae }}",)),)))
    assert [p.code for p in error.value.problems] == ["PF205"]


def test_every_code_is_in_both_languages() -> None:
    """The block of the catalogue is whole."""
    raw = tomllib.loads((ROOT / "planforge" / "problems.toml").read_text(encoding="utf-8"))
    for code in OURS:
        assert {"severity", "mn", "en", "case"} <= set(raw[code])
        assert ("hint_mn" in raw[code]) == ("hint_en" in raw[code])


# --- laws ----------------------------------------------------------------------------------------------------------

LEVELS = ["chapter", "objective", "activity", "measure"]
_FIELDS = ["number", "text", "criteria", "period", "responsible", "outcome", "extra.эрсдэл", "index", "serial"]


@st.composite
def cells(draw: st.DrawFn, levels: list[str]) -> Any:
    """A cell that names one of the levels."""
    level = draw(st.sampled_from(levels))
    name = f"{level}.{draw(st.sampled_from(_FIELDS if level != 'criterion' else ['text', 'target', 'letter']))}"
    other = (
        f"{level}.{draw(st.sampled_from(['outcome', 'period'] if level != 'criterion' else ['target', 'baseline']))}"
    )
    guarded = f"{{% if {other} %}}{draw(st.sampled_from(['', 'а ']))}{{{{ {other} }}}}{{% endif %}}"
    if level == "measure":
        guarded += (
            "{% if measure.period %}{% if measure.outcome %}{{ measure.outcome.text }}{% endif %}{% else %}б{% endif %}"
        )
    kinds: list[Any] = [name, level, "item.text", f"{{{{ {name} }}}} / {{{{ plan.year }}}}", None]
    kinds.append({"value": name, "empty": "-", "merge": draw(st.sampled_from(["node", "equal", "no"]))})
    kinds.append({"value": guarded, "empty": "-", "merge": draw(st.sampled_from(["node", "equal"]))})
    kinds.append({"list": f"{level}.criteria", "marker": draw(st.sampled_from(["-", "1. ", ["а/", "- ", "• "]]))})
    kinds.append({"lines": [f"{{{{ {name} }}}}", {"if": name, "lines": ["а", {"list": f"{level}.criteria"}]}]})
    return draw(st.sampled_from(kinds))


@st.composite
def tables(draw: st.DrawFn) -> dict[str, Any]:
    """A table over the tree without faults: levels of sections and rows differ, cells are not below the rows."""
    sections = draw(st.lists(st.sampled_from(LEVELS[:3]), unique=True, max_size=2))
    others = [level for level in LEVELS if level not in sections]
    rows = draw(st.lists(st.sampled_from(others), unique=True, min_size=1, max_size=2))
    by_criterion = draw(st.booleans())
    deepest = max(rows, key=LEVELS.index)
    reach = LEVELS[: LEVELS.index(deepest) + 1] + (["criterion"] if by_criterion else [])
    cell = cells(reach)
    column = st.one_of(cell, cell.map(lambda c: {"Гарчиг": c}), st.lists(cell, min_size=1, max_size=2).map(_group))
    return {
        "sections": sections,
        "rows": [*rows, "criterion"] if by_criterion else rows,
        "columns": draw(st.lists(column, min_size=1, max_size=4)),
        "number_row": draw(st.sampled_from(["true", "false"])),
    }


def _group(columns: list[Any]) -> dict[str, Any]:
    return {"Бүлэг": [{"Багана": c} for c in columns]}


@settings(max_examples=60, deadline=None)
@given(tables())
def test_every_layout_without_faults_compiles(given_table: dict[str, Any]) -> None:
    """What `parse` accepts, `build` writes as a valid package and `Template` compiles."""
    text = json.dumps({"layout": "x", "body": [{"table": given_table}]}, ensure_ascii=False).encode()
    found = layout.parse(text)
    assert found.problems == ()
    assert found.value is not None
    built = layout.build(found.value)
    assert check_package(built) == ()
    Template.open(built)


_KEYS = (
    "layout body title table columns each if list lines value widths sections rows plan page labels footer lists marker"
)
_TEXTS = (
    "measure.text",
    "criterion",
    "{{ plan.title }}",
    "{% if",
    "{{",
    "x in plan.closing",
    "-",
    "*",
    "5",
    "→",
    "stacked",
)
_WORDS = st.sampled_from([*_KEYS.split(), *_TEXTS, "approval", "true", "for", "report", "item"])
_VALUES = st.recursive(
    _WORDS | st.text(max_size=8) | st.none(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(_WORDS, inner, max_size=3),
    max_leaves=12,
)


@settings(max_examples=200, deadline=None)
@given(st.dictionaries(_WORDS, _VALUES, max_size=5) | _VALUES)
@example({"layout": {}, "body": {}})
def test_no_content_breaks_the_reader(value: Any) -> None:
    """Whatever a file holds, `parse` answers with problems, and each can be told in both languages."""
    found = layout.parse(json.dumps(value, ensure_ascii=False).encode())
    for problem in found.problems:
        assert problem.format("mn")
        assert problem.format("en")
    if found.value is not None:
        layout.build(found.value)
