"""Templates as people make them in Word: cut into runs, formatted by hand, in headers, notes, boxes, lists and columns.

`WORD_MADE` holds them by name. Nothing is wrong with any of them; they print the sample report of `SAMPLE`.
"""

from __future__ import annotations

import re

from planforge import opc
from planforge.wml import NAMESPACE
from tests.bodies import body, control, entry, numbered, paragraph, row, table, with_body
from tests.packages import DOC_REL, OFFICE

__all__ = ["SAMPLE", "WORD_MADE"]

SAMPLE = "govisumber-2021/report.yaml"

EACH_ROW, ROW_END = "{%tr for m in plan.all_measures %}", "{%tr endfor %}"
BOLD = '<w:b/><w:sz w:val="24"/>'


def formatted(xml: str, properties: str = BOLD) -> str:
    """Each run with these properties of its own."""
    return xml.replace("<w:r><w:t", f"<w:r><w:rPr>{properties}</w:rPr><w:t")


def typed(xml: str) -> str:
    """Texts as Word saves what was typed with pauses: a run for every few letters, one of them in another language."""

    def cut(match: re.Match[str]) -> str:
        pieces = re.findall(r"&\w+;|[^&]{1,7}", match[1])
        return "".join(
            f'<w:r w:rsidR="00A1{n:04X}"><w:rPr>{BOLD}<w:lang w:val="{"mn-MN" if n % 3 else "en-US"}"/></w:rPr>'
            f'<w:t xml:space="preserve">{piece}</w:t></w:r>' + ('<w:proofErr w:type="spellStart"/>' if n == 1 else "")
            for n, piece in enumerate(pieces)
        )

    return re.sub(r'<w:r><w:t xml:space="preserve">([^<]*)</w:t></w:r>', cut, xml)


def with_story(document: bytes, kind: str, inside: str) -> bytes:
    """A document with a header, a footer or footnotes besides; the body refers to them."""
    root, reference = {"header": ("hdr", "headerReference"), "footer": ("ftr", "footerReference")}[kind]
    part = f'<w:{root} xmlns:w="{NAMESPACE}">{inside}</w:{root}>'
    name, office = f"word/{kind}9.xml", f"{OFFICE}wordprocessingml.{kind}+xml"
    package = opc.unpack(document).add(name, part.encode(), office, f"{DOC_REL}{kind}")
    own = package.relationships(package.main)[-1].id
    text = package.parts[package.main].decode().replace("<w:document ", f'<w:document xmlns:r="{DOC_REL[:-1]}" ')
    refers = f'<w:sectPr><w:{reference} w:type="default" r:id="{own}"/>'
    return package.replace({package.main: text.replace("<w:sectPr>", refers).encode()}).to_bytes()


def with_notes(xml: str, *notes: str) -> bytes:
    """A document with footnotes; `†` in the body is the reference to the next one."""
    for number in range(1, len(notes) + 1):
        mark = f'</w:t></w:r><w:r><w:footnoteReference w:id="{number}"/></w:r><w:r><w:t xml:space="preserve">'
        xml = xml.replace("†", mark, 1)
    inside = "".join(f'<w:footnote w:id="{n}">{paragraph(text)}</w:footnote>' for n, text in enumerate(notes, 1))
    part = f'<w:footnotes xmlns:w="{NAMESPACE}">{inside}</w:footnotes>'
    office = f"{OFFICE}wordprocessingml.footnotes+xml"
    package = opc.unpack(with_body(xml))
    return package.add("word/footnotes.xml", part.encode(), office, f"{DOC_REL}footnotes").to_bytes()


def box(inside: str) -> str:
    """A paragraph with a text box as older versions of Word save it."""
    shape = (
        "<v:shape xmlns:v='urn:schemas-microsoft-com:vml' style='width:200pt;height:40pt'><v:textbox><w:txbxContent>"
    )
    return f"<w:p><w:r><w:pict>{shape}{inside}</w:txbxContent></v:textbox></v:shape></w:pict></w:r></w:p>"


LETTER = """Төлөвлөгөөний тухай
{{ plan.owner.name }} нь {{ plan.year }} онд «{{ plan.title }}» баримт бичгийг баталлаа.
{%p if plan.period %}
Хугацаа: {{ plan.period }}
{%p else %}
Хугацаа заагаагүй.
{%p endif %}
{%p for o in plan.all_objectives %}
{{ loop.index | roman }}. {{ o.text }}{% if not loop.last %};{% endif %}
{%p endfor %}
Нийт {{ plan.all_measures | length }} арга хэмжээ."""

PROGRAMME = """ХӨТӨЛБӨР
=| № | Арга хэмжээ | Хугацаа | Хариуцах |
| {%tr for o in plan.all_objectives %} »4 |
| {{ o | label("НЭГ. ТЕКСТ") }} »4 |
| {%tr for m in o.all_measures %} »4 |
| {{ m.number }} | {{ m.text | ended(".") }} | {{ m.period | default("-") }} | {{ m.responsible }} |
| {%tr endfor %} »4 |
| {%tr endfor %} »4 |
Гүйцэтгэсэн: {{ plan.owner.name }}"""

MONGOLIAN = """{{ төлөвлөгөө.гарчиг | том_үсгээр }}
| Арга хэмжээ | Хугацаа |
| {%tr for ажил in төлөвлөгөө.бүх_арга_хэмжээ %} »2 |
| {{ ажил.бичвэр }} | {{ ажил.хугацаа }} |
| {%tr endfor %} »2 |"""

DASHES = """Товч: {%- if plan.stage %} үе шат {{ plan.stage }}{%- endif %}.
{# хэвлэхгүй тайлбар #}{% set сүүлийн_он = plan.year + 1 %}Дараа он: {{ сүүлийн_он }}
{% for o in plan.all_objectives -%} {{ o.number }}, {%- endfor %}"""

CHOICES = """| Ажил | Үнэлгээ | Тайлбар |
| {%tr for m in plan.all_measures %} »3 |
| {%tr if m.result.grade %} »3 |
| {{ m.text }} | {{ m.result.grade }} | {% if m.result.reached %}{{ m.result.reached }}{% else %}-{% endif %} |
| {%tr elif m.outcome %} »3 |
| {{ m.text }} | - | {{ m.outcome }} |
| {%tr else %} »3 |
| {{ m.text }} »3 |
| {%tr endif %} »3 |
| {%tr endfor %} »3 |"""

MERGED = """| Зорилт | Арга хэмжээ | Хувь |
| {%tr for o in plan.all_objectives %} »3 |
| {%tr for m in o.all_measures %} »3 |
| {% vm o.key %}{{ o.text }} | {{ m.text }} | {{ m.result.grade | default("-") }} |
| {%tr endfor %} »3 |
| {%tr endfor %} »3 |"""

COLUMNS = """| Зорилт | {%tc for o in plan.all_objectives %} | {{ o.number }} | {%tc endfor %} |
| Тоо | {%tc for o in plan.all_objectives %} | {{ o.all_measures | length }} | {%tc endfor %} |"""

TWO_TABLES = """1. Зорилтууд
| № | Зорилт |
| {%tr for o in plan.all_objectives %} »2 |
| {{ o.number }} | {{ o.text }} |
| {%tr endfor %} »2 |
2. Арга хэмжээ
| № | Арга хэмжээ | Шалгуур |
| {%tr for m in plan.all_measures %} »3 |
| {{ m.number }} | {{ m.text }} | {%p for c in m.criteria %} ¶ {{ c.text }} ¶ {%p endfor %} |
| {%tr endfor %} »3 |
3. Дүн: {% if plan.all_measures | length > 3 %}олон{% else %}цөөн{% endif %}"""

LISTED = (
    paragraph("Ажлууд:")
    + paragraph("{%p for o in plan.all_objectives %}")
    + entry("{{ o.text }}", 1)
    + paragraph("{%p for m in o.all_measures %}")
    + entry("{{ m.text }}{% if m.period %} ({{ m.period }}){% endif %}", 1, 1)
    + paragraph("{%p endfor %}")
    + paragraph("{%p endfor %}")
)

NESTED = table(
    row(paragraph("{%tr for o in plan.all_objectives %}")),
    row(
        paragraph("{{ o.text }}")
        + table(
            row(paragraph("{%tr for m in o.all_measures %}")),
            row(paragraph("{{ m.number }} {{ m.text }}")),
            row(paragraph("{%tr endfor %}")),
        )
        + paragraph("Дүн: {{ o.all_measures | length }}")
    ),
    row(paragraph("{%tr endfor %}")),
) + paragraph("Төгсөв: {{ plan.title }}")

BOXED = (
    paragraph("Нүүр")
    + box(paragraph("{{ plan.owner.name }}") + paragraph("{% if plan.stage %}{{ plan.stage }}{% else %}-{% endif %}"))
    + control(paragraph("{%p for o in plan.all_objectives %}") + paragraph("{{ o.text }}") + paragraph("{%p endfor %}"))
    + box(body("| Он | {{ plan.year }} |\n| Гарчиг | {{ plan.title }} |") + paragraph(""))
)

HEAD = "| {{ plan.owner.name }} | {{ plan.year }} он |"
SIGNED = """{%p for s in report.signoffs %}
{{ s.word | ended(":") }}
{%p for person in s.people %}
{% if person.position %}{{ person.position }} {% endif %}{{ person.name }}
{%p endfor %}
{%p endfor %}"""

WORD_MADE = {
    "letter": with_story(with_body(typed(body(LETTER))), "header", formatted(body(HEAD)) + paragraph("")),
    "programme": with_body(formatted(body(PROGRAMME))),
    "mongolian names": with_body(typed(body(MONGOLIAN))),
    "dashes and comments": with_body(body(DASHES)),
    "choices in rows": with_body(formatted(body(CHOICES), "<w:i/>")),
    "merged cells": with_story(with_body(body(MERGED)), "footer", paragraph("{{ plan.title }}, {{ plan.year }}")),
    "columns": with_body(body(COLUMNS)),
    "two tables": with_body(typed(body(TWO_TABLES))),
    "numbered lists": numbered(LISTED),
    "nested tables": with_body(NESTED),
    "boxes and controls": with_body(BOXED),
    "footnotes": with_notes(
        body("{{ plan.title }}†\nЗорилт: {{ plan.all_objectives | length }}†"),
        "Баталсан: {{ plan.owner.name }}",
        "{% for o in plan.all_objectives %}{{ o.number }} {% endfor %}",
    ),
    "sign-offs": with_body(typed(body(SIGNED))),
}
