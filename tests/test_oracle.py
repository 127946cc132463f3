"""docxtpl is the oracle: its documented syntax, tag by tag, gives the same documents here; where not, with a reason."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from copy import deepcopy
from dataclasses import dataclass
from dataclasses import field as field_
from datetime import date
from typing import Any

import jinja2.filters
import jinja2.tests
import pytest
from docxtpl import Listing, RichText, RichTextParagraph
from jinja2 import TemplateSyntaxError

from planforge import Image, Template, filters, inspection
from planforge.errors import DocumentPlace, PlanforgeError, TemplateError
from tests import sdk
from tests.bodies import body, docx, entry, numbered, outline, paragraph, with_body
from tests.images import gif, jpeg, png
from tests.oracle import by_docxtpl, by_planforge, structure
from tests.test_tags import NAMES, REL, TYPE, box, control, core, ins, link, named, notes, p, r, row, table
from tests.test_values import rich, whole, with_styles

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
SHAPE = (
    '<w:pPr><w:pStyle w:val="Header"/><w:keepNext/><w:ind w:left="300" w:hanging="200"/><w:jc w:val="both"/></w:pPr>'
)


def bold(text: str) -> str:
    return f'<w:r>{LOOK}<w:t xml:space="preserve">{text}</w:t></w:r>'


def shaped(*content: str) -> str:
    """A paragraph with a style, an indent and an alignment."""
    return f"<w:p>{SHAPE}{''.join(content)}</w:p>"


TEXTS: Mapping[str, Source] = {
    "values": "{{ x }}|{{x}}|{{ y }}{{ x }}|{{ o.p.q }}|{{ o['p'].q }}|{{ n }}",
    "operators": "{{ x ~ y ~ n }} {{ n + 1 }} {{ n - 4 + 0.5 }} {{ 'а' if a else x }} {{ 'а' if a }}",
    "or": "{{ y or x or '-' }}",
    "filters": "{{ x | upper }} {{ x|lower }} {{ columns | join('; ') }} {{ texts | length }} {{ texts | length + 1 }} {{ x | upper | lower }}",
    "items of lists": "{% if texts %}{{ texts[0] }}{{ texts | first }}{{ texts | last }}{% endif %}{{ texts[9] }}",
    "default": "{{ nope | default('<-') }} {{ nope | default(x) }}",
    "defined": "{% if nope is defined %}а{% else %}б{% endif %}{% if n is defined and nope is undefined %}в{% endif %}",
    "conditions": "{% if a and n > 2 %}а{% elif x == 'X' or not y %}б{% else %}в{% endif %}{% if 1 < n <= 3 %}г{% endif %}",
    "membership": "{% if 'а' in texts %}а{% endif %}{% if 'к' not in d %}б{% endif %}{% if 'X' in x %}в{% endif %}",
    "tests": "{% if n is odd and texts | length > 1 %}а{% endif %}{% if n is even %}б{% endif %}{% if o.p is none %}в{% endif %}",
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
    "formatting": shaped(r("а "), bold("{{ x }} б{% if a %}в{% endif %}"), r("{% for i in texts %}{{ i }}{% endfor %}", "i"), r("г")),
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
    "vertical merge": "| {%tr for r in rows %} »2 |\n| a{% vm %}{{ x }} | {{ r.n }} |\n| {%tr endfor %} »2 |",
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


# --- other parts and values ------------------------------------------------------------------------------------------


def stories(inside: str) -> bytes:
    """A document with this in three headers and three footers: default, first, even."""
    package = inspection.read(docx("{{ x }}"))
    for kind, root in (("header", "hdr"), ("footer", "ftr")):
        for number in (7, 8, 9):
            xml = f"<w:{root} {NAMES}>{inside}</w:{root}>".encode()
            package = package.add(f"word/{kind}{number}.xml", xml, f"{TYPE}{kind}+xml", REL + kind)
    return package.to_bytes()


LINES = body("{{ x }}\n{%p for i in texts %}\n{{ i }}{% if not loop.last %},{% endif %}\n{%p endfor %}")
ROWS = body("| {%tr for r in rows %} |\n| {{ r.n }} |\n| {%tr endfor %} |\n\n{% if a %}а{% endif %}")

PARTS: Mapping[str, Source] = {
    "headers and footers": stories(LINES + ROWS),
    "footnotes": notes("footnotes", LINES + ROWS).to_bytes(),
    "properties": core(
        "{{ n }} {% for i in columns %}{{ loop.index }}{% endfor %}",
        "<dc:subject>{% if a %}а{% endif %}</dc:subject><dc:creator>{{ n }}</dc:creator>"
        "<dc:description>{{ n }}</dc:description><dc:language>{{ n }}</dc:language>",
    ),
}


@pytest.mark.parametrize("context", CONTEXTS.values(), ids=list(CONTEXTS))
@pytest.mark.parametrize(
    "template", [*TEXTS.values(), *TABLES.values(), *PARTS.values()], ids=[*TEXTS, *TABLES, *PARTS]
)
def test_alike(template: Source, context: Mapping[str, Any]) -> None:
    """Both engines give the same document."""
    source = source_of(template)
    assert structure(by_planforge(source, context)) == structure(by_docxtpl(source, context))


def test_several_renderings() -> None:
    """One template renders one context after the other, each as docxtpl does with a template of its own."""
    source = docx("\nх\n".join(t for t in map(str, [TEXTS["paragraph loops"], *TABLES.values()]) if t[0] != "<"))
    template = Template.open(source, schema=None)
    for context in [*CONTEXTS.values()] * 2:
        assert structure(template.render(context)) == structure(by_docxtpl(source, context))


def several() -> RichText:
    text = RichText("тод", bold=True, italic=True, strike=True, size=20, color="00ff00")
    text.add(rich())
    text.add("доор", subscript=True, underline="double", lang="mn-MN")
    text.add("араб", rtl=True, bold=True, italic=True, font="eastAsia:Arial")
    text.add("а\aб\nв\tг\fд", style="PageNumber", italic=True)
    return text


RICH: Mapping[str, Callable[[], object]] = {
    "rich text": rich,
    "plain rich text": lambda: RichText("а & <б> \"'"),
    "everything of a rich text": several,
    "rich text from right to left": lambda: RichText("а", rtl=True, bold=True, lang="ar-SA"),
    "rich text in an east Asian font": lambda: RichText("中", font="eastAsia:SimSun"),
    "no rich text": lambda: RichText(""),
}
LISTINGS: Mapping[str, Callable[[], object]] = {
    "listing": lambda: Listing("а & <б>\n\"в'"),
    "listing with tabs": lambda: Listing("а\tб\n\n\tв"),
    "listing with paragraphs": lambda: Listing("а\aб\a\aв"),
    "listing with pages": lambda: Listing("а\fб\n\aв\t\f"),
    "text with breaks": lambda: "а\n\nб\t\tв\n",
}
PLACES: Mapping[str, str] = {
    "alone": shaped(bold("★")),
    "in a text": body("а") + shaped(bold("өмнө "), r("★", "i"), bold(" дараа")) + body("б"),
    "in a condition": shaped(bold("{% if t %}★{% else %}а{% endif %}")),
    "in run tags": p(r("а{%r if t %}★{%r endif %}б")),
    "in a loop": body("{% for i in (1, 2) %}★{% endfor %}\n{%p for i in (1, 2) %}\n{{ i }} ★\n{%p endfor %}"),
    "in a cell": body("| ★ | а ★ |\n| {%tr for i in (1, 2) %} »2 |\n| ★ | а ¶ ★ ¶ б |\n| {%tr endfor %} »2 |"),
}


@pytest.mark.parametrize("place", PLACES.values(), ids=list(PLACES))
@pytest.mark.parametrize("value", [*RICH, *LISTINGS])
def test_special_values(value: str, place: str) -> None:
    """docxtpl's values give docxtpl's paragraphs, texts and run properties."""
    make = {**RICH, **LISTINGS}[value]
    tag = "{{r x }}" if value in RICH else "{{ x }}"
    source = with_styles(with_body(place.replace("★", tag)), PageNumber="character")
    found, wanted = (structure(by(source, {"x": make(), "t": True})) for by in (by_planforge, by_docxtpl))
    assert found == wanted


WHOLE: Mapping[str, Callable[[], object]] = {
    "paragraphs": whole,
    "a paragraph of plain text": lambda: RichTextParagraph("а & <б>"),
    "no paragraph": RichTextParagraph,
}


@pytest.mark.parametrize("make", WHOLE.values(), ids=list(WHOLE))
def test_whole_paragraphs(make: Callable[[], object]) -> None:
    """RichTextParagraphs stand where their tags stood."""
    source = docx("а\n{{p x }}\n{%p for i in (1, 2) %}\n{{p x }}\n{%p endfor %}\n| {{p x }} | а ¶ {{p x }} |")
    assert structure(by_planforge(source, {"x": make()})) == structure(by_docxtpl(source, {"x": make()}))


def test_pictures() -> None:
    """Pictures have the sizes of docxtpl's, in the body, in loops, in cells and in footers."""
    image = Image(png(4, 2), width=20)
    data = {"x": image, "many": [{"p": image}, {"p": Image(jpeg(), height=7.5)}, {"p": Image(gif())}]}
    for source in (
        docx("а {{ x }} б\n| {{ x }} | а ¶ {{ x }} |\n{%p for i in many %}\n{{ i.p }}\n{%p endfor %}"),
        stories(paragraph("а {{ x }}") + paragraph("{% for i in many %}{{ i.p }}{% endfor %}")),
    ):
        assert structure(by_planforge(source, data)) == structure(by_docxtpl(source, data))


# --- where they differ, and why --------------------------------------------------------------------------------------


def looks(document: bytes) -> str:
    """The paragraphs of a body, each piece with the names of its run properties, and the number of its list."""
    lines = []
    for properties, pieces in structure(document)["body"]:
        number = "".join(re.findall("numId val=([0-9]+)", " ".join(properties)))
        lines.append(number + "".join(f"‹{' '.join(look)}|{text}›" if look else text for text, look in pieces))
    return "\n".join(lines)


def fills(document: bytes) -> str:
    return "".join(fill for row in structure(document)["body"][0] for _, _, fill, _ in row[1])


def merged(document: bytes) -> str:
    """The rows of the first table, with what is written in merged cells."""
    lines = []
    for _, cells in structure(document)["body"][0]:
        shown = []
        for span, merge, _, inside in cells:
            text = " ¶ ".join("".join(piece for piece, _ in pieces) for _, pieces in inside)
            shown.append(f"{(span, merge)}: {text}" if merge else text)
        lines.append(f"| {' | '.join(shown)} |")
    return "\n".join(lines)


def story(name: str) -> Callable[[bytes], str]:
    """What shows a note or comment."""
    return lambda document: str(structure(document)[name][-1][0][1][0][0])


def field(name: str) -> Callable[[bytes], str]:
    """What shows a document property."""
    return lambda document: str(structure(document)["properties"][name])


@dataclass(frozen=True)
class Difference:
    """A template, what docxtpl makes of it (or the name of its error), and what planforge does (or its codes)."""

    template: Source
    theirs: str
    ours: str
    show: Callable[[bytes], str] = outline
    data: Mapping[str, Any] = field_(default_factory=dict)


VALUES: Mapping[str, Any] = {
    "x": "х & <у>", "y": "", "t": True, "f": False, "n": 3, "z": 0, "no": None, "a": ["а", "б", "в"], "gaps": ["", "а", ""],
    "d": {"к": "л"}, "o": {"p": "щ"}, "day": date(2024, 1, 5), "big": 1e20, "rich": RichText("а", bold=True),
    "list": Listing("а\nб"), "whole": RichTextParagraph("а"), "link": RichText("а", url_id="rId1"), "escape": "{_{ а %_}",
    "columns": ["а", "б", "в"], "rows": [{"n": 1, "v": [1, 2, 3]}, {"n": 2, "v": [4, 5, 6]}],
    "uneven": [{"v": [1]}, {"v": []}, {"v": [2, 3]}],
    "groups": [{"t": "А", "i": [1, 2]}, {"t": "Б", "i": [3]}, {"t": "В", "i": []}, {"t": "Г", "i": [4, 5]}],
}  # fmt: skip
EACH_ROW, END_ROWS = "| {%tr for r in rows %} »2 |\n", "\n| {%tr endfor %} »2 |"

DIFFERENT: Mapping[str, Difference] = {
    # nothing is left over or lost in silence
    "a misspelt name is a fault, not a blank": Difference("[{{ nope }}]", "[]", "PF304"),
    "so is a misspelt field": Difference("[{{ o.q }}{{ x.y }}]", "[]", "PF304 PF304"),
    "so is a name that a condition asks for: `is defined` is there": Difference("{% if nope %}а{% else %}б{% endif %}", "б", "PF304"),
    "a chain has one fault, with its place": Difference("{{ nope.p.q }}", "UndefinedError", "PF304"),
    "text beside a paragraph tag is refused, not deleted": Difference("а {%p if t %}\nб\n{%p endif %} в", "б", "PF217 PF217"),
    "text in a row of a tag too": Difference("| {%tr if t %} | б |\n| а | в |\n| {%tr endif %} | г |", "| а | в |", "PF217 PF217"),
    "every tag of a paragraph counts": Difference("{%p if not t %}{%p if x %}\nб\n{%p endif %}{%p endif %}", "б", ""),
    "dashes at paragraph tags are refused": Difference("{%p if t -%}\nа\n{%p endif %}", "", "PF218"),
    "a dash takes spaces away, not the text before": Difference("х\nа {%- if t %} б {%- endif %} в", "х б в", "х\nа б в"),
    "a paragraph is not joined to a table": Difference("| а |\n\n{%- if t %}б{% endif %}", "| аб |", "| а |\nб"),
    "a block opens and closes in one paragraph": Difference("{% if t %}а\nб{% endif %}", "а\nб", "PF223"),
    "or in paragraphs of its own": Difference("{% for i in a %}\n{{ i }}\n{% endfor %}", "\nа\n\nб\n\nв\n", "PF223"),
    "a block over two cells is refused, not garbled": Difference("| {% for i in a %}{{ i }} | {{ i }}{% endfor %} |", "| а | аб | бв | в |", "PF223"),
    "`{{r }}` and `{{p }}` print texts too": Difference("а {{r x }} б\n{{p x }}", "а  б", "а х & <у> б\nх & <у>"),
    "a rich text needs no `r`": Difference("[{{ rich }}]\n{{p rich }}", "[", "[а]\nа"),
    "a listing needs no plain tag": Difference("[{{r list }}]\n{{p list }}", "[]", "[а⏎б]\nа⏎б"),
    "whole paragraphs need their tag": Difference("а {{ whole }} б", "а ", "PF319"),
    "a rich text is no text to be joined": Difference("{{ rich ~ 'а' }}", '<w:r><w:rPr><w:b/></w:rPr><w:t xml:space="preserve">а</w:t></w:r>а', "PF319"),
    "`%` and `}` inside tags": Difference("| {%tr if x != '%' %} |\n| а |\n| {%tr endif %} |", "TemplateSyntaxError", "| а |"),
    "an ampersand in a tag": Difference("{{ '&' }}", "&amp;", "&"),
    "quotes of other languages": Difference("{{ x | default(«y») }}", "TemplateSyntaxError", "х & <у>"),
    "text behind a tag keeps its own formatting": Difference(p(r("а {{ ", "b"), r("n }} б", "i")), "‹b|а 3 б›", "‹b|а 3›‹i| б›", looks),
    "a loop repeats runs with their formatting": Difference(p(r("{% for i in a %}{{ i }}", "i"), r("-{% endfor %}", "b")), "‹i|а›‹b|-б-в-›", "‹i|а›‹b|-›‹i|б›‹b|-›‹i|в›‹b|-›", looks),
    "tags in endnotes are rendered": Difference(notes("endnotes", paragraph("{{ n }}")).to_bytes(), "{{ n }}", "3", story("word/endnotes.xml")),
    "tags in comments are rendered": Difference(notes("comments", paragraph("{{ n }}")).to_bytes(), "{{ n }}", "3", story("word/comments.xml")),
    "properties are escaped once": Difference(core("{{ x }}"), "х &amp; &lt;у&gt;", "х & <у>", field("title")),
    "and all of them are rendered": Difference(core("а", "<dc:rights>{{ n }}</dc:rights>"), "{{ n }}", "3", field("rights")),
    "a list that Word numbers starts again for each item": Difference(
        numbered(paragraph("{%p for i in columns %}") + entry("а", 1) * 2 + paragraph("{%p endfor %}")),
        "\n".join(["1а"] * 6), "5а\n5а\n6а\n6а\n7а\n7а", looks,
    ),
    # data pass unchanged
    "escapes in data are text": Difference("{{ escape }}", "{{ а %}", "{_{ а %_}"),
    "the line end of Windows is one break": Difference("{{ s }}", "а⏎⏎б", "а⏎б", data={"s": "а\r\nб"}),
    "a bell is no paragraph": Difference("{{ s }}", "а\nб", "PF140", data={"s": "а\aб"}),
    "a form feed is no page": Difference("{{ s }}", "а\n⏎\nб", "PF140", data={"s": "а\fб"}),
    "what XML cannot hold is told": Difference("{{ s }}", "аб", "PF140", data={"s": "а\x0bб"}),
    "half a character too": Difference("{{ s }} в", "а", "PF140", data={"s": "а\ud800б"}),
    "only plain values": Difference("{{ s }}", "b'x'", "PF307", data={"s": b"x"}),
    "links are made in Word": Difference("{{r link }}", "DocumentError", "PF318"),
    # values print as official documents write them
    "nothing prints nothing": Difference("[{{ no }}]", "[None]", "[]"),
    "yes and no": Difference("{{ t }} {{ not t }} {{ n > 2 }}", "True False True", "тийм үгүй тийм"),
    "dates": Difference("{{ day }}", "2024-01-05", "2024.01.05"),
    "lists": Difference("{{ a }}", "['а', 'б', 'в']", "а, б, в"),
    "mappings": Difference("{{ d }}", "{'к': 'л'}", "к: л"),
    "numbers have no exponent": Difference("{{ big }}", "1e+20", "100000000000000000000"),
    "zero is there": Difference("{% if z %}а{% else %}б{% endif %}{{ z or 'в' }}", "бв", "а0"),
    "`and` asks, it does not choose": Difference("{{ x and 'в' }}", "в", "тийм"),
    "what is empty is not there": Difference("{% if y is defined %}а{% else %}б{% endif %}[{{ y | default('-') }}]", "а[]", "б[-]"),
    "joined by a comma": Difference("{{ a | join }}", "абв", "а, б, в"),
    "what is empty is not joined": Difference("{{ gaps | join(';') }}", ";а;", "а"),
    "a loop over nothing": Difference("{% for i in no %}а{% else %}б{% endfor %}", "TypeError", "б"),
    "a text is no list": Difference("{% for i in x %}а{% endfor %}", "а" * 7, "PF308"),
    "numbers are added, texts joined by `~`": Difference("{{ x + 'а' }}", "х & <у>а", "PF214"),
    # no code
    "no calls": Difference("{{ x.upper() }}{{ range(3) }}", "Х & <У>range(0, 3)", "PF210 PF210"),
    "`| items` instead of `.items()`": Difference("{% for k, v in d.items() %}{{ k }}{{ v }}{% endfor %}", "кл", "PF210"),
    "no attributes but the data's": Difference("{{ n.real }}", "3", "PF304"),
    "no inner names": Difference("{{ x.__class__ }}", "<class 'str'>", "PF210"),
    "no change of data": Difference("{{ a.append('г') }}{{ a | length }}", "None4", "PF210"),
    "no arithmetic but + and -": Difference("{{ n * 2 }}{{ 6 / 4 }}{{ 7 // 2 }}{{ 7 % 2 }}{{ 2 ** 3 }}{{ -n }}", "61.5318-3", "PF210 PF210 PF210 PF210 PF210 PF210"),
    "no slices": Difference("{{ x[:1] }}", "х", "PF210"),
    "no mappings in a template": Difference("{{ {'а': 1}['а'] }}", "1", "PF210"),
    "no macros": Difference("{% macro q(v) %}[{{ v }}]{% endmacro %}{{ q(x) }}", "[х & <у>]", "PF210 PF210 PF210"),
    "no namespaces": Difference("{% set s = namespace(c=0) %}{% for i in a %}{% set s.c = s.c + 1 %}{% endfor %}{{ s.c }}", "3", "PF210 PF202"),
    "no other statements": Difference("{% with s = 'а' %}{{ s }}{% endwith %}{% raw %}{{ x }}{% endraw %}", "а{{ x }}", "PF210 PF210 PF210 PF210"),
    "no recursive loops": Difference("{% for i in a recursive %}{{ i }}{% endfor %}", "абв", "PF202"),
    "a name that a block sets is known inside it": Difference("{% if t %}{% set s = 'а' %}{% endif %}{{ s }}", "а", "PF304"),
    "a loop tells index, first, last and length": Difference("{% for i in a %}{{ loop.index0 }}{{ loop.revindex }}{% endfor %}", "031221", "PF205 PF205"),
    # cells
    "the hidden text of a merged cell is not written": Difference(
        EACH_ROW + "| a{% vm %} ¶ {{ n }} | x |" + END_ROWS,
        "| (1, 'restart'): a ¶ 3 | x |\n| (1, 'continue'):  ¶ 3 | x |", "| (1, 'restart'): a ¶ 3 | x |\n| (1, 'continue'):  | x |", merged,
    ),
    "a merge that would hide another text begins anew": Difference(
        EACH_ROW + "| {% vm %}{{ r.n }} | {% vm %}{{ n }} |" + END_ROWS, "| 1 | 3 |\n| ^ | ^ |", "| 1 | 3 |\n| 2 | ^ |",
    ),
    "also where columns repeat": Difference(
        "| {%tr for r in rows %} »3 |\n| {% vm %}{{ r.n }} | {% vm %}{{ n }} | {%tc if t %} | x | {%tc endif %} |\n| {%tr endfor %} »3 |",
        "| 1 | 3 | x |\n| ^ | ^ | x |", "| 1 | 3 | x |\n| 2 | ^ | x |",
    ),
    "a row between ends a merge": Difference(
        EACH_ROW + "| {% vm %}{{ r.n }} | x |\n| y »2 |" + END_ROWS,
        "| 1 | x |\n| y »2 |\n| ^ | x |\n| y »2 |", "| 1 | x |\n| y »2 |\n| 2 | x |\n| y »2 |",
    ),
    "a merge that loses its first row keeps its text": Difference(
        EACH_ROW + "| {%tr if r.n > 1 %} »2 |\n| {% vm %}{{ r.n }} | x |\n| {%tr endif %} »2 |" + END_ROWS, "| ^ | x |", "| 2 | x |",
    ),
    "a vertical merge goes down the rows, not along the columns": Difference(
        "| {%tr for r in rows %} »3 |\n| {%tc for v in r.v %} | {% vm %}{{ n }} | {%tc endfor %} |\n| {%tr endfor %} »3 |",
        "| 3 | ^ | ^ |\n| 3 | ^ | ^ |", "| 3 | 3 | 3 |\n| ^ | ^ | ^ |",
    ),
    "both merges in one cell": Difference(
        "| {%tr for r in rows %} »3 |\n| {%tc for v in r.v %} | {% hm %}{% vm %}{{ n }} | {%tc endfor %} |\n| {%tr endfor %} »3 |",
        "| 3 »3 |\n| 3 »3 |", "| 3 »3 |\n| ^ »3 |",
    ),
    "merges of unlike width begin anew": Difference(
        "| {%tr for r in uneven %} »4 |\n| {%tc for v in r.v %} | {% hm %}{% vm 'к' %}{{ v }} | {%tc endfor %} | z |\n| {%tr endfor %} »4 |",
        "TemplateSyntaxError", "| 1 | z |\n| z |\n| 2 »2 | z |",
    ),
    "a horizontal merge spans what each column would, not the first alone": Difference(
        "| {%tc for c in columns %} | {% hm %}{% colspan loop.index %}x | {%tc endfor %} |", "| x |", "| x »6 |",
    ),
    "a horizontal merge under a condition begins with the first cell, not with the first turn": Difference(
        "| {%tc for v in rows[0].v %} | {%tc if v > 1 %} | {% hm %}{{ v }} | {%tc endif %} | {%tc endfor %} |", "|  |", "| 2 »2 |",
    ),
    "two statements of one kind in two template rows": Difference(
        EACH_ROW + "| {% vm %}а{{ r.n }} | x |\n| {% vm %}б{{ r.n }} | x |" + END_ROWS,
        "| а1 | x |\n| б1 | x |\n| ^ | x |\n| ^ | x |", "| а1 | x |\n| б1 | x |\n| а2 | x |\n| б2 | x |",
    ),
    "a merge by key goes on over runs of the loop": Difference(
        "| {%tr for g in groups %} »2 |\n| {%tr for i in g.i %} »2 |\n| {% vm n %}{{ i }} | {% vm g.t %}{{ g.t }} |\n"
        "| {%tr endfor %} »2 |\n| {%tr endfor %} »2 |",
        "TemplateSyntaxError", "| 1 | А |\n| ^ | ^ |\n| ^ | Б |\n| ^ | Г |\n| ^ | ^ |",
    ),
    "a hash sign is no part of a colour": Difference("| {% cellbg '#00ccff' %}x |", "#00CCFF", "00CCFF", fills),
    "a colour is six hex digits": Difference("| {% cellbg o.p %}x |", "Щ", "PF313", fills),
    "a span is at least one": Difference("| {% colspan z %}x |", "| x |", "PF312"),
}  # fmt: skip


@pytest.mark.parametrize("case", DIFFERENT.values(), ids=list(DIFFERENT))
def test_different(case: Difference) -> None:
    """Where docxtpl loses something, or planforge has its own way, each does what the table says."""
    source = source_of(case.template)
    data = {**VALUES, **case.data}
    try:
        theirs = case.show(by_docxtpl(source, deepcopy(data)))
    except Exception as error:  # noqa: BLE001 - whatever it raises
        theirs = type(error).__name__
    try:
        ours = case.show(by_planforge(source, data))
    except PlanforgeError as error:
        ours = " ".join(problem.code for problem in error.problems if problem.place)
    assert (theirs, ours) == (case.theirs, case.ours)


@pytest.mark.sdk
def test_sdk() -> None:
    """Microsoft's validator finds nothing in any of the tables."""
    sdk.program()
    different = [case.template for case in DIFFERENT.values() if case.ours.startswith("|") or case.show is fills]
    tables = [t for t in map(str, [*TABLES.values(), *different]) if t.startswith("| ") and "o.p" not in t]
    document = by_planforge(docx("\nх\n".join(tables)), {**CONTEXTS["many"], **VALUES})
    assert sdk.validate(document) == []


MISTAKES: Mapping[str, str] = {
    "{{ x": "PF201",
    "{{ x }": "PF201",
    "{% for i in a %}{{ i }}{% endfor": "PF201",
    "{{ x if }}": "PF202",
    "{% for i a %}{% endfor %}": "PF202",
    "{% x %}": "PF203",
    "{% If t %}{% EndIf %}": "PF203 PF203",
    "{% if t %}а{% else if n %}б{% endif %}": "PF203",
    "{% p if t %}\nа\n{% p endif %}": "PF203 PF203",
    "{{ x | nope }}": "PF207",
    "{{ x is nope }}": "PF207",
    "{% if t %}": "PF215",
    "{% endif %}": "PF216",
    "{% else %}": "PF216",
    "| {%tr for i in a %}{{ i }}{%tr endfor %} |": "PF217",
    "{%tr if t %}": "PF220",
    "{%tc if t %}": "PF220",
    "| {% for i in a %} | {{ i }} |": "PF215",
}


@pytest.mark.parametrize(("template", "codes"), MISTAKES.items())
def test_template_errors(template: str, codes: str) -> None:
    """Where docxtpl raises an error of Jinja's, without a place, planforge tells the tag and where it stands."""
    with pytest.raises(TemplateSyntaxError):
        by_docxtpl(docx(template), VALUES)
    with pytest.raises(TemplateError) as caught:
        Template.open(docx(f"х\n{template}"), schema=None)
    found = caught.value.problems
    assert " ".join(problem.code for problem in found) == codes
    assert all(isinstance(problem.place, DocumentPlace) and problem.place.quote for problem in found)


# --- Jinja's filters and tests ---------------------------------------------------------------------------------------

SHARED_FILTERS = {"default", "first", "items", "join", "last", "length", "lower", "upper"}
SHARED_TESTS = {"defined", "even", "none", "odd", "undefined"}


def test_filters_of_jinja() -> None:
    """Jinja's filters and tests that official documents need are there; any other is refused with what is known."""
    assert {name for name in jinja2.filters.FILTERS if filters.find(name)} == SHARED_FILTERS
    for name in {*jinja2.filters.FILTERS} - SHARED_FILTERS:
        with pytest.raises(TemplateError) as caught:
            Template.open(docx(f"{{{{ x | {name} }}}}"), schema=None)
        assert [(p.code, bool(p.args["near"])) for p in caught.value.problems] == [("PF207", True)]
    for name in (name for name in jinja2.tests.TESTS if name.isidentifier()):
        template = docx(f"{{% if n is {name} %}}{{% endif %}}")
        if name in SHARED_TESTS:
            Template.open(template, schema=None)
        else:
            with pytest.raises(TemplateError):
                Template.open(template, schema=None)
