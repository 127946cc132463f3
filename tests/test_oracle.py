"""docxtpl is the oracle: its documented syntax, tag by tag, gives the same documents here; where not, with a reason."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import pytest
from docxtpl import Listing, RichText, RichTextParagraph

from planforge import Image, opc
from planforge.errors import PlanforgeError
from tests.bodies import body, docx, entry, numbered, outline, paragraph, with_body
from tests.images import gif, jpeg, png
from tests.oracle import by_docxtpl, by_planforge, structure
from tests.test_tags import box, control, core, ins, link, named, notes, p, r, row, table

Source = str | bytes


def source_of(template: Source) -> bytes:
    """A template in the compact notation, as XML of a body, or ready."""
    if isinstance(template, bytes):
        return template
    return named(template) if template.startswith("<w:") else docx(template)


# --- contexts --------------------------------------------------------------------------------------------------------

SPECIAL = " «А» & Б<у>  \"х\" 'ц' {{ x }} {% if %} %} }} \t ₮ Өү😀 "

CONTEXTS: Mapping[str, Mapping[str, Any]] = {
    "nothing": {
        "x": "", "y": "", "a": False, "n": 1, "colour": "auto", "texts": [], "columns": [], "rows": [], "groups": [],
        "d": {}, "o": {"p": {"q": ""}},
    },
    "one": {
        "x": "X", "y": "", "a": True, "n": 2, "colour": "00CCFF", "texts": ["а"], "columns": ["б"],
        "rows": [{"n": 1, "v": [1]}], "groups": [{"t": "А", "i": [1]}], "d": {"к": "л"}, "o": {"p": {"q": "щ"}},
    },
    "many": {
        "x": "Нэг хоёр", "y": "гурав\nдөрөв\tтав", "a": True, "n": 3, "colour": "ff0000", "texts": ["а", "", "б", "в"],
        "columns": ["а", "б", "в"], "rows": [{"n": 1, "v": [1, 2, 3]}, {"n": 2, "v": [4, 5, 6]}],
        "groups": [{"t": "А", "i": [1, 2]}, {"t": "Б", "i": [3]}, {"t": "В", "i": []}, {"t": "Г", "i": [4, 5]}],
        "d": {"к": "л", "м": "н", "х ц": ""}, "o": {"p": {"q": 2.5}},
    },
    "special characters": {
        "x": SPECIAL, "y": "%", "a": False, "n": 2, "colour": "FFFFFF", "texts": [SPECIAL, "&amp;", "<w:br/>", " "],
        "columns": ["&", "<"], "rows": [{"n": "<1>", "v": ["&", "\n"]}, {"n": " 2 ", "v": [" ", "'"]}],
        "groups": [{"t": "&", "i": ["<", ">"]}], "d": {"&": "<", " ": '"'}, "o": {"p": {"q": "&\n\n&"}},
    },
}  # fmt: skip


# --- texts, conditions, loops ----------------------------------------------------------------------------------------

LOOK = '<w:rPr><w:b/><w:color w:val="C00000"/><w:sz w:val="28"/></w:rPr>'
SHAPE = '<w:pPr><w:pStyle w:val="Header"/><w:keepNext/><w:ind w:left="300" w:hanging="200"/><w:jc w:val="both"/></w:pPr>'


def bold(text: str) -> str:
    return f'<w:r>{LOOK}<w:t xml:space="preserve">{text}</w:t></w:r>'


def shaped(*content: str) -> str:
    """A paragraph with a style, an indent and an alignment."""
    return f"<w:p>{SHAPE}{''.join(content)}</w:p>"


TEXTS: Mapping[str, Source] = {
    "values": "{{ x }}|{{x}}|{{ y }}{{ x }}|{{ o.p.q }}|{{ o['p'].q }}|{{ n }}",
    "operators": "{{ x ~ y ~ n }} {{ n + 1 }} {{ n - 4 + 0.5 }} {{ 'а' if a else x }} {{ 'а' if a }}",
    "or": "{{ y or x or '-' }}",
    "filters": "{{ x | upper }} {{ x|lower }} {{ texts | join('&') }} {{ texts | length }} {{ x | upper | lower }}",
    "items of lists": "{% if texts %}{{ texts[0] }}{{ texts | first }}{{ texts | last }}{% endif %}{{ texts[9] }}",
    "default": "{{ nope | default('<-') }} {{ nope | default(x) }}",
    "defined": "{% if nope is defined %}а{% else %}б{% endif %}{% if x is defined and nope is undefined %}в{% endif %}",
    "conditions": "{% if a and n > 2 %}а{% elif x == 'X' or not y %}б{% else %}в{% endif %}{% if 1 < n <= 3 %}г{% endif %}",
    "membership": "{% if 'а' in texts %}а{% endif %}{% if 'к' not in d %}б{% endif %}{% if 'X' in x %}в{% endif %}",
    "tests": "{% if n is odd %}а{% endif %}{% if n is even %}б{% endif %}{% if o.p is none %}в{% endif %}",
    "set": "{% set s = x ~ '!' %}{{ s }}{% set s = y %}{{ s }}",
    "set in a loop": "{% set s = 'а' %}{% for i in texts %}{% set s = i %}{{ s }}{% endfor %}{{ s }}",
    "loop": "{% for i in texts %}{{ loop.index }}/{{ loop.length }} {{ i }}{% if not loop.last %}; {% endif %}{% endfor %}",
    "loop with a condition": "{% for i in texts if i != 'б' %}{{ loop.index }}/{{ loop.length }}{{ i }}{% endfor %}",
    "loop with else": "{% for i in texts %}{{ i }}{% else %}үгүй{% endfor %}",
    "nested loops": (
        "{% for g in groups %}{{ loop.index }}{{ g.t }}{% for i in g.i %}{{ loop.index }}{{ i }}{% if loop.first %}^{% endif %}"
        "{% endfor %}{{ loop.index }}{% endfor %}"
    ),
    "the same loop three times": "{% for i in texts %}{{ i }}{% endfor %}\n" * 3,
    "fixed lists": "{% for i in (1, 'а', x) %}{{ i }}{% endfor %}{% for i in ['б'] %}{{ i }}{% endfor %}",
    "labels": "{% for k in d %}{{ k }}={{ d[k] }};{% endfor %}",
    "labels and values": "{% for k, v in d | items %}{{ k }}={{ v }};{% endfor %}{% for i in d | items %}{{ i[0] }}{% endfor %}",
    "lists taken apart": "{% for i, j in ((x, 1), (y, 2)) %}{{ i }}{{ j }}{% endfor %}",
    "escapes": "{_{ x }_} {{ x }} {_% a %_}",
    "marks in strings": "{{ '{{' }}{{ '%}' }}{% if x == '%' %}а{% else %}}{% endif %}{{ \"}}\" }}",
    "bent quotes": "{% if x == “X” %}а{% else %}б{% endif %}{{ ‘в’ }}",
    "comments": "а{# б #}в{# {{ x }} {% if #}",
    "paragraph comments": "{#p а #}\nб\n| {#tr г #} |\n| д |",
    "a cell's comment": "| {#tc x #} | z |",
    "several spaces": "{{   x   }}  {{ x }}   {%  if   a  %}  а  {%  endif  %}  .",
    "paragraph conditions": "{%p if a %}\nа {{ x }}\n{%p elif y %}\nб\n{%p else %}\nв\n{%p endif %}\nг",
    "paragraph loops": "{%p for g in groups %}\n{{ g.t }}\n{%p for i in g.i %}\n- {{ i }}\n{%p endfor %}\n{%p else %}\nүгүй\n{%p endfor %}",
    "paragraph loop and condition": "{%p for i in texts %}\n{%p if i %}\n{{ loop.index }}{{ i }}\n{%p endif %}\n{%p endfor %}",
    "runs": "а{%r if a %}б{%r else %}в{%r endif %}г{%r for i in texts %}{{ i }}{%r endfor %}",
    "joined": "My house is located\n{%- if a -%}\nin urban area\n{%- else -%}\nin countryside\n{%- endif -%}\nand I love it.",
    "joined to the one before": "а\n{%- if a %}б{% endif %}\nв",
    "joined to the one after": "а\n{% if a %}б{% endif -%}\nв",
    "joined in a cell": "| {%- if a -%} ¶ а ¶ {%- endif -%} |",
    "dashes at values": "п\nа {{- x -}} б\n{{- y -}}\nв",
    "formatting": shaped(r("а "), bold("{{ x }} б{% if a %}в{% endif %}"), r("{% for i in texts %}{{ i }}", "i"), r("{% endfor %}г")),
    "formatting in a loop": shaped(bold("{%p for i in texts %}")) + shaped(bold("{{ i }}"), r(" а")) + p(r("{%p endfor %}")),
    "a tag cut into runs": shaped(r("{"), r("{ "), r("x"), r(" }"), r("}")),
    "a tag cut into runs, proofing marks": p(r("{{ "), '<w:proofErr w:type="spellStart"/>', r("x"), '<w:proofErr w:type="spellEnd"/>', r(" }}")),
    "tabs and breaks around": p(r("а"), "<w:r><w:tab/></w:r>", r("{{ x }}"), "<w:r><w:br/></w:r>", r(" {{ y }} ")),
    "spaces around": p(r(" {{ x }}  {{ y }} "), bold(" {{ x }} "), r("  а  ")),
    "a hyperlink": p(r("а"), link(bold("{{ x }}")), r("б")),
    "a tracked insertion": p(ins(r("{{ x }}")), r("{{ y }}")),
    "content controls": control(paragraph("{{ x }} < &lt;".replace("<", ""))) + p(control(r("{{ y }}{% if n &lt; 3 %}а{% endif %}"))),
    "less and greater as XML": p(r("{% if n &lt; 3 and n &gt;= 1 and x != '&amp;' %}а{% endif %}{{ 'а' if n &lt; 2 else '&lt;' }}")),
    "a text box": p(r("{{ x }}"), box(paragraph("{{ y }}") + paragraph("{%p for i in texts %}") + paragraph("{{ i }}") + paragraph("{%p endfor %}"))),
    "a bookmark": p('<w:bookmarkStart w:id="1" w:name="b"/>', r("{{ x }}"), '<w:bookmarkEnd w:id="1"/>'),
    "a field": p(r("{{ x }} "), '<w:fldSimple w:instr="PAGE"><w:r><w:t>1</w:t></w:r></w:fldSimple>'),
    "right to left": p('<w:pPr><w:bidi/></w:pPr><w:r><w:rPr><w:rtl/></w:rPr><w:t>{{ x }}</w:t></w:r>'),
    "east Asian fonts": p('<w:r><w:rPr><w:rFonts w:eastAsia="SimSun" w:hint="eastAsia"/></w:rPr><w:t>{{ x }}中</w:t></w:r>'),
    "lists that Word numbers": numbered(entry("{{ x }}", 1) + entry("а", 1, 1) + entry("{% if a %}б{% endif %}", 2)),
}  # fmt: skip

# --- tables ----------------------------------------------------------------------------------------------------------

TABLES: Mapping[str, Source] = {
    "rows": "=| № | Т |\n| {%tr for r in rows %} »2 |\n| {{ r.n }} | {{ r.v | join(' ') }} |\n| {%tr endfor %} »2 |\n| а | б |",
    "several rows an item": "| {%tr for r in rows %} »2 |\n| {{ r.n }} | а |\n| {{ loop.index }} »2 |\n| {%tr endfor %} »2 |",
    "rows in rows": (
        "| {%tr for g in groups %} »2 |\n| {{ g.t }} »2 |\n| {%tr for i in g.i %} »2 |\n| {{ loop.index }} | {{ i }} |\n"
        "| {%tr else %} »2 |\n| үгүй »2 |\n| {%tr endfor %} »2 |\n| {%tr endfor %} »2 |"
    ),
    "conditions in rows": (
        "| {%tr for r in rows %} »2 |\n| {%tr if loop.index == 1 %} »2 |\n| {{ r.n }} | а |\n| {%tr elif a %} »2 |\n| б »2 |\n"
        "| {%tr else %} »2 |\n| {{ r.n }} »2 |\n| {%tr endif %} »2 |\n| {%tr endfor %} »2 |"
    ),
    "paragraphs in cells": "| {%p for i in texts %} ¶ {{ i }} ¶ {%p endfor %} | {%p if a %} ¶ а ¶ {%p endif %} ¶ б |",
    "a table in a loop": paragraph("{%p for g in groups %}") + table(row(paragraph("{{ g.t }}")), row(paragraph("{%tr for i in g.i %}")), row(paragraph("{{ i }}")), row(paragraph("{%tr endfor %}"))) + paragraph("{%p endfor %}"),
    "a table in a cell": table(row(paragraph("{%tr for g in groups %}")), row(table(row(paragraph("{{ g.t }}"))) + paragraph("а")), row(paragraph("{%tr endfor %}"))),
    "columns": "| № | {%tc for c in columns %} | {{ c }} | {%tc endfor %} | z |",
    "two columns an item": "| {%tc for c in columns %} | {{ c }} | {{ loop.index }} | {%tc endfor %} |",
    "a dynamic table": (
        "| № | {%tc for c in columns %} | {{ c }} | {%tc endfor %} |\n| {%tr for r in rows %} »4 |\n"
        "| {{ r.n }} | {%tc for v in r.v %} | {{ v }} | {%tc endfor %} |\n| {%tr endfor %} »4 |"
    ),
    "columns inside columns": (
        "| {%tc for r in rows %} | {%tc for v in r.v %} | {{ v }} | {%tc endfor %} | {{ r.n }} | {%tc endfor %} |"
    ),
    "less cells after a loop": "| а | {%tc for c in columns %} | {{ c }} | x | y | {%tc endfor %} |\n| б »6 |",
    "else of columns": "| {%tc for c in columns %} | {{ c }} | {%tc else %} | - | {%tc endfor %} | z |",
    "condition": "| {%tc if n > 2 %} | x | {%tc else %} | y | {%tc endif %} | z |",
    "elif": "| {%tc if n > 3 %} | x | {%tc elif n == 3 %} | y | {%tc endif %} | z |",
    "spans in columns": "| {%tc for c in columns %} | {{ c }} »2 | {%tc endfor %} |",
    "colspan": "| {% colspan n %}x | y |\n| {%tc for c in columns %} | {{ c }} | {%tc endfor %} | y |",
    "colspan of a sum": "| {% colspan columns | length + 1 %}x |",
    "colspan at the end of the second paragraph": "| x ¶ y{% colspan n %} | z |",
    "colspan instead of a span": "| {% colspan 2 %}x »3 | z |",
    "background": "| {% cellbg colour %}x | y |",
    "background by condition": "| {%tr for r in rows %} |\n| {% cellbg 'FFFF00' if loop.first else 'auto' %}{{ r.n }} |\n| {%tr endfor %} |",
    "background anywhere": "| x ¶ y {% cellbg 'ff0000' %}z | {% cellbg 'auto' %} |",
    "background alone in its paragraph": "| {% cellbg colour %} ¶ x | y |",
    "horizontal merge": "| {%tc for c in columns %} | {% hm %}x{{ c }} | {%tc endfor %} | z |",
    "horizontal merge of a span": "| {%tc for c in columns %} | x ¶ {{ c }}{% hm %}! »2 | {%tc endfor %} | z |",
    "horizontal merge beside a column": "| {%tc for c in columns %} | {% hm %}x | {{ c }} | {%tc endfor %} |",
    "background of a horizontal merge": "| {%tc for c in columns %} | {% hm %}{% cellbg colour %}x | {%tc endfor %} |",
    "vertical merge": "| {%tr for r in rows %} »2 |\n| a{% vm %}{{ r.n }} | {{ r.n }} |\n| {%tr endfor %} »2 |",
    "two vertical merges in nested loops": (
        "| {%tr for g in groups %} »3 |\n| {%tr for i in g.i %} »3 |\n"
        "| {% vm %}{{ g.t }} | {% vm %}{{ g.t }}! | {{ i }} |\n| {%tr endfor %} »3 |\n| {%tr endfor %} »3 |"
    ),
    "vertical merge, background and colspan": (
        "| {%tr for r in rows %} »3 |\n| {% vm %}{% cellbg colour %}{% colspan n %}x | y | z |\n| {%tr endfor %} »3 |"
    ),
    "vertical merge in a condition": (
        "| {%tr for r in rows %} »2 |\n| {%tr if r.n %} »2 |\n| {% vm %}x | {{ r.n }} |\n| {%tr endif %} »2 |\n"
        "| {%tr endfor %} »2 |"
    ),
}  # fmt: skip


@pytest.mark.parametrize("context", CONTEXTS.values(), ids=list(CONTEXTS))
@pytest.mark.parametrize("template", [*TEXTS.values(), *TABLES.values()], ids=[*TEXTS, *TABLES])
def test_alike(template: Source, context: Mapping[str, Any]) -> None:
    """Both engines give the same document."""
    source = source_of(template)
    assert structure(by_planforge(source, context)) == structure(by_docxtpl(source, context))
