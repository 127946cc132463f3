"""Templates that compile and what they render; templates that do not, and where they say so."""

from __future__ import annotations

from datetime import date, datetime
from enum import StrEnum

import pytest

from planforge import Plan, Report, Template, inspection
from planforge.errors import DataError, DocumentPlace, PlanforgeError, TemplateError
from planforge.package_rules import check_package
from tests.bodies import control, docx, outline, paragraph, part, row, runs, table, with_body

PLAN = Plan.model_validate(
    {
        "title": "Төлөвлөгөө",
        "year": 2024,
        "owner": "Гаалийн байгууллага",
        "defaults": {"period": "Жилдээ"},
        "extra": {"Код": "к-1", "Тоо": "2"},
        "objectives": [
            {
                "text": "Нэгдүгээр",
                "measures": [
                    {"text": "а", "criteria": ["х", "у."], "outcome": "гарна"},
                    {"text": "б", "measures": ["в"]},
                ],
            },
            {"text": "Хоёрдугаар", "measures": [{"text": "г", "criteria": "ц"}]},
        ],
    }
)


def render(notation: str, data: Plan | Report = PLAN) -> str:
    """The outline of what a template in the compact notation renders; the package must keep every rule."""
    document = Template.open(docx(notation)).render(data)
    assert check_package(document) == ()
    return outline(document)


RENDERED = {
    "value": ("{{ plan.title }} {{ plan.year }}", "Төлөвлөгөө 2024"),
    "mongolian names": ("{{ төлөвлөгөө.гарчиг | том_үсгээр }}", "ТӨЛӨВЛӨГӨӨ"),
    "genitive by the head word": ("{{ plan.owner.genitive }}", "Гаалийн байгууллагын"),
    "absent prints nothing": ("[{{ plan.stage }}]", "[]"),
    "absent passes through filters": ("[{{ plan.stage | upper }}]", "[]"),
    "default": ('[{{ plan.stage | default("-") }}]', "[-]"),
    "curly quotes": ("[{{ plan.stage | default(“-”) }}]", "[-]"),
    "or": ('[{{ plan.stage or "-" }}]', "[-]"),
    "comment": ("a{# no #}b", "ab"),
    "paragraph condition": ("{%p if plan.stage %}\nx\n{%p else %}\ny\n{%p endif %}", "y"),
    "elif": ("{%p if plan.stage %}\nx\n{%p elif plan.year > 2023 %}\nz\n{%p endif %}", "z"),
    "paragraph loop": (
        "{%p for o in plan.all_objectives %}\n{{ o.number }} {{ o.text }}\n{%p endfor %}",
        "1 Нэгдүгээр\n2 Хоёрдугаар",
    ),
    "loop variables": (
        "{%p for m in plan.all_measures %}\n{{ loop.index }}/{{ loop.length }}{% if loop.last %}!{% endif %}\n{%p endfor %}",
        "1/4\n2/4\n3/4\n4/4!",
    ),
    "loop with a filter": ("{%p for m in plan.all_measures if m.criteria %}\n{{ m.text }}\n{%p endfor %}", "а\nг"),
    "loop else": ("{%p for c in plan.all_chapters %}\nx\n{%p else %}\nnone\n{%p endfor %}", "none"),
    "run condition": ("a{% if plan.period %}b{% else %}c{% endif %}d", "acd"),
    "run loop": ("{% for o in plan.all_objectives %}{{ o.number }};{% endfor %}", "1;2;"),
    "set": ("{% set t = plan.title | lower %}{{ t }}", "төлөвлөгөө"),
    "concat and arithmetic": ("{{ plan.title ~ ' ' ~ (plan.year + 1) }}", "Төлөвлөгөө 2025"),
    "conditional expression": ("{{ 'a' if plan.stage else 'b' }}", "b"),
    "list joins": ("{{ plan.years | join('; ') }}", "2024"),
    "item": ("{{ plan.years[0] }}{{ plan.years[9] }}", "2024"),
    "rows": (
        "=| № | Т |\n| {%tr for m in plan.all_measures %} »2 |\n| {{ m.number }} | {{ m.text }} |\n| {%tr endfor %} »2 |",
        "=| № | Т |\n| 1.1 | а |\n| 1.2 | б |\n| 1.2.1 | в |\n| 2.1 | г |",
    ),
    "a table whose rows all vanish goes": (
        "x\n| {%tr for c in plan.all_chapters %} |\n| {{ c.text }} |\n| {%tr endfor %} |\ny",
        "x\ny",
    ),
    "a cell keeps a paragraph": (
        "| {%p for c in plan.all_chapters %} ¶ {{ c.text }} ¶ {%p endfor %} | b |",
        "|  | b |",
    ),
    "criteria as paragraphs": (
        "| {%tr for m in plan.all_measures %} |\n"
        '| {%p for c in m.criteria %} ¶ -{{ c.text | ended("." if loop.last else ";") }} ¶ {%p endfor %} |\n'
        "| {%tr endfor %} |",
        "| -х; ¶ -у. |\n|  |\n|  |\n| -ц. |",
    ),
    "merge": (
        "| {%tr for o in plan.all_objectives %} »2 |\n| {%tr for m in o.all_measures %} »2 |\n"
        "| {% vm o.key %}{{ o.text }} | {{ m.text }} |\n| {%tr endfor %} »2 |\n| {%tr endfor %} »2 |",
        "| Нэгдүгээр | а |\n| ^ | б |\n| ^ | в |\n| Хоёрдугаар | г |",
    ),
    "a merged list cell": (
        "| {%tr for m in plan.all_measures %} |\n"
        "| {% vm plan.title %} ¶ {%p for c in m.criteria %} ¶ {{ c.text }} ¶ {%p endfor %} |\n| {%tr endfor %} |",
        "| х ¶ у. |\n| ^ |\n| ^ |\n| ^ |",
    ),
    "a section row ends a merge": (
        "| {%tr for m in plan.all_measures %} »2 |\n| {% vm plan.title %}т | {{ m.text }} |\n"
        "| {%tr if m.measures %} »2 |\n| хэсэг »2 |\n| {%tr endif %} »2 |\n| {%tr endfor %} »2 |",
        "| т | а |\n| ^ | б |\n| хэсэг »2 |\n| т | в |\n| ^ | г |",
    ),
    "merge over two template rows and two levels": (
        "| {%tr for o in plan.all_objectives %} »3 |\n"
        "| {% vm plan.title %}П | {% vm o.key %}{{ o.number }} | {{ o.text }} |\n"
        "| {%tr for m in o.all_measures %} »3 |\n"
        "| {% vm plan.title %}П | {% vm o.key %}{{ o.number }} | {{ m.text }} |\n"
        "| {%tr endfor %} »3 |\n| {%tr endfor %} »3 |",
        "| П | 1 | Нэгдүгээр |\n| ^ | ^ | а |\n| ^ | ^ | б |\n| ^ | ^ | в |\n| ^ | 2 | Хоёрдугаар |\n| ^ | ^ | г |",
    ),
    "blank result": ("{%p for m in plan.all_measures %}\n[{{ m.result.grade }}]\n{%p endfor %}", "[]\n[]\n[]\n[]"),
    "guard by and": (
        "{%p for m in plan.all_measures %}\n{% if m.outcome and m.outcome.text %}{{ m.outcome.text }}{% endif %};\n{%p endfor %}",
        "гарна;\n;\n;\n;",
    ),
    "braces in text": ("{ а } 50 % {x}", "{ а } 50 % {x}"),
    "set in a condition is set after it": (
        "{% set t = 'a' %}{% if plan.year > 2023 %}{% set t = 'b' %}{% else %}{% set t = 'c' %}{% endif %}{{ t }}",
        "b",
    ),
    "set in a loop is set in its turn": (
        "{% set t = 'a' %}{% for o in plan.all_objectives %}{{ t }}{% set t = o.text %}{% endfor %}{{ t }}",
        "aaa",
    ),
    "set in a cell is set after it": (
        "{% set t = 'a' %}\n| {% set t = 'b' %}{{ t }} | {{ t }} |\n{{ t }}",
        "\n| b | b |\nb",
    ),
    "set in a paragraph of its own": ("{% set t = 'x' %}\n{{ t }}", "\nx"),
    "a filter of a loop guards": (
        "{%p for m in plan.all_measures if m.outcome %}\n{{ m.outcome.text }}\n{%p endfor %}",
        "гарна",
    ),
    "names may be taken": (
        "{% for plan in plan.all_objectives %}{{ plan.text }}{{ төлөвлөгөө.year }}{% endfor %}",
        "Нэгдүгээр2024Хоёрдугаар2024",
    ),
    "nested loops of one name": (
        "{% for m in plan.all_measures %}{% for m in m.criteria %}{{ loop.index }}{% endfor %}{{ m.text }}{{ loop.index }} {% endfor %}",
        "12а1 б2 в3 1г4 ",
    ),
    "comments everywhere": ("{#p a #}\n| {#tr x #} |\n| a{# {{ b #} |\n{# c #}x", "| a |\nx"),
    "a cell with a comment only": ("| {#p a #} |", "|  |"),
    "else of a row loop": (
        "| {%tr for c in plan.all_chapters %} |\n| a |\n| {%tr else %} |\n| none |\n| {%tr endfor %} |",
        "| none |",
    ),
    "lists of alike and unlike": (
        "{% for x in (plan.title, plan.year) %}{{ x | lower }};{% endfor %}",
        "төлөвлөгөө;2024;",
    ),
    "absent in a list": ("{% for x in (plan.stage, 'a') %}{{ x | length }}{% endfor %}", "01"),
    "labels and their values": (
        "{% for label, value in plan.extra | items if value != '2' %}{{ label | upper }}: {{ value }};{% endfor %}"
        "{% for pair in plan.extra | хосоор %}{{ pair[0] }}{{ pair[1] | length }}{% endfor %}",
        "КОД: к-1;Код3Тоо1",
    ),
    "lists taken apart": ("{% for a, b, c in (('х', 'у', 'ц'), ('1', '2', '3')) %}{{ c ~ a }}{% endfor %}", "цх31"),
    "a hundred elif": (
        "{%p if plan.stage %}\nx\n" + "{%p elif plan.stage %}\ny\n" * 100 + "{%p else %}\nz\n{%p endif %}",
        "z",
    ),
    "deep expressions": ("{{ " + "(plan.stage or " * 38 + "plan.title" + ")" * 38 + " }}", "Төлөвлөгөө"),
    "many operands": ("{{ " + " ~ ".join(["'a'"] * 500) + " }}", "a" * 500),
}


@pytest.mark.parametrize(("template", "expected"), RENDERED.values(), ids=list(RENDERED))
def test_render(template: str, expected: str) -> None:
    """A template in the compact notation gives this outline."""
    assert render(template) == expected


LABELS = {
    "НЭГ. ТЕКСТ": "НЭГ. НЭГДҮГЭЭР|ХОЁР. ХОЁРДУГААР",
    "Нэг. Текст": "Нэг. Нэгдүгээр|Хоёр. Хоёрдугаар",
    "Зорилт 1. Текст": "Зорилт 1. Нэгдүгээр|Зорилт 2. Хоёрдугаар",
    "Зорилт-1: Текст": "Зорилт-1: Нэгдүгээр|Зорилт-2: Хоёрдугаар",
    "I. ТЕКСТ": "I. НЭГДҮГЭЭР|II. ХОЁРДУГААР",
    "1. ТЕКСТ:": "1. НЭГДҮГЭЭР:|2. ХОЁРДУГААР:",
    "1.1 Текст": "1 Нэгдүгээр|2 Хоёрдугаар",
    "Текст": "Нэгдүгээр|Хоёрдугаар",
}


@pytest.mark.parametrize(("example", "expected"), LABELS.items())
def test_label(example: str, expected: str) -> None:
    """A label is printed in the manner of its example."""
    template = f'{{%p for o in plan.all_objectives %}}\n{{{{ o | label("{example}") }}}}\n{{%p endfor %}}'
    assert render(template).replace("\n", "|") == expected


OWN_NUMBERS = {
    "1. Зорилт": "1. Зорилт",
    "1) Зорилт": "1) Зорилт",
    "1 дүгээр зорилт": "1. 1 дүгээр зорилт",
    "10 удаа хийх": "1. 10 удаа хийх",
    "2. Зорилт": "1. 2. Зорилт",
}


@pytest.mark.parametrize(("text", "expected"), OWN_NUMBERS.items())
def test_own_number(text: str, expected: str) -> None:
    """A number that the text already begins with is not printed twice."""
    plan = PLAN.model_copy(update={"objectives": (type(PLAN.objectives[0])(text=text),)})
    assert render('{%p for o in plan.all_objectives %}\n{{ o | label("1. Текст") }}\n{%p endfor %}', plan) == expected


def test_split_runs() -> None:
    """A tag that Word has cut into runs is one tag; the text around it keeps its own formatting."""
    bold = "<w:rPr><w:b/></w:rPr>"
    runs = (
        f'<w:r>{bold}<w:t>а {{</w:t></w:r><w:proofErr w:type="spellStart"/><w:r><w:t>{{ plan.</w:t></w:r>'
        "<w:r><w:t>title }} б</w:t></w:r>"
    )
    document = Template.open(with_body(f"<w:p>{runs}</w:p>")).render(PLAN)
    assert outline(document) == "а Төлөвлөгөө б"
    assert b"<w:r><w:rPr><w:b/></w:rPr>" in part(document).replace(b' xml:space="preserve"', b"")


def bookmark(inside: str, name: str = "b") -> str:
    return f'<w:bookmarkStart w:id="1" w:name="{name}"/>{inside}<w:bookmarkEnd w:id="1"/>'


P = paragraph
EACH, END = P("{%p for m in plan.all_measures %}"), P("{%p endfor %}")
EACH_ROW, END_ROWS = row(P("{%tr for m in plan.all_measures %}")), row(P("{%tr endfor %}"))
NO, NO_END = P("{%p if plan.stage %}"), P("{%p endif %}")
NO_ROW, NO_ROWS_END = row(P("{%tr if plan.stage %}")), row(P("{%tr endif %}"))

RAW = {
    "row loop in a table in a cell": (
        table(row(P("a"), table(EACH_ROW, row(P("{{ m.text }}")), END_ROWS), P("b"))),
        "| a ¶ [a\n| а |\n| б |\n| в |\n| г |\nb] ¶ b |",
    ),
    "what Word adds": (
        EACH + f"<w:p>{bookmark(runs('{{ m.', 'text }}'), '_GoBack')}</w:p>\n  <!-- <?pf 0?> --><?pf 1?>" + END,
        "а\nб\nв\nг",
    ),
    "space between elements": (table(row("\n ", NO, "\n ", P("x"), "\n", NO_END, "\n")), "|  |"),
    "a table in pretty XML vanishes": (
        table("\n  ", NO_ROW, "\n ", row(P("x")), "\n", NO_ROWS_END, "\n") + P("y"),
        "y",
    ),
    "control in a cell": (table(row(control(NO + P("x") + NO_END))), "|  |"),
    "control around paragraphs": (control(NO + P("x") + NO_END), ""),
    "control in a line": (f"<w:p>{control(runs('{% if plan.stage %}x{% endif %}'))}</w:p>", ""),
    "control around rows": (table(control(NO_ROW + row(P("x")) + NO_ROWS_END)) + P("y"), "y"),
    "controls around controls around rows": (
        table(control(control(NO_ROW + row(P("x")) + NO_ROWS_END)), row(P("z"))) + P("y"),
        "| z |\ny",
    ),
    "a merge that loses its start": (
        table(NO_ROW, row(P("x"), own='<w:vMerge w:val="restart"/>'), NO_ROWS_END, row(P("y"), own="<w:vMerge/>")),
        "| y |",
    ),
    "a merge that keeps its start": (
        table(row(P("x"), own='<w:vMerge w:val="restart"/>'), EACH_ROW, row(P("y"), own="<w:vMerge/>"), END_ROWS),
        "| x |\n| ^ |\n| ^ |\n| ^ |\n| ^ |",
    ),
    "vm in a cell that the template merges": (
        table(EACH_ROW, row(P("{% vm plan.title %}x"), own="<w:vMerge/>"), END_ROWS),
        "| x |\n| ^ |\n| ^ |\n| ^ |",
    ),
    "a table of comments": (table(row(P("{#tr x #}"))) + P("y"), "y"),
    "a span that is no number": (table(row(P("{{ plan.year }}"), own='<w:gridSpan w:val="x"/>')), "| 2024 |"),
    "a tag typed as a tracked change": (
        f'<w:p><w:ins w:id="1" w:author="Б">{runs("{%p if plan %}")}</w:ins></w:p>{P("x")}{NO_END}',
        "x",
    ),
}


@pytest.mark.parametrize(("xml", "expected"), RAW.values(), ids=list(RAW))
def test_raw(xml: str, expected: str) -> None:
    """Bodies that the notation cannot show give this outline; the package keeps every rule that the template keeps."""
    source = with_body(xml)
    document = Template.open(source).render(PLAN)
    assert {p.message() for p in check_package(document)} <= {p.message() for p in check_package(source)}
    assert outline(document) == expected


START, STOP = '<w:bookmarkStart w:id="1" w:name="b"/>', '<w:bookmarkEnd w:id="1"/>'
CUT = {
    "table": table(START, NO_ROW, row(P("x")), NO_ROWS_END) + STOP + P("y"),
    "row": table(
        f"<w:tr>{START}{row(P('{%tc if plan.stage %}'))[6:-7]}{row(P('{%tc endif %}'))[6:]}", row(P("y"), STOP, P("z"))
    ),
    "control": table(row(P("y")), control(START + NO_ROW + row(P("x")) + NO_ROWS_END)) + STOP + P("y"),
    "table, at its end": START + table(NO_ROW, row(P("x")), NO_ROWS_END, STOP) + P("y"),
}


@pytest.mark.parametrize("xml", CUT.values(), ids=list(CUT))
def test_what_vanishes_holds_no_half_of_a_bookmark(xml: str) -> None:
    """A table, row or content control that may hold nothing holds both ends of a bookmark or none."""
    with pytest.raises(TemplateError) as caught:
        Template.open(with_body(xml))
    assert [problem.code for problem in caught.value.problems] == ["PF231"]


def test_other_prefix() -> None:
    """WordprocessingML under another prefix than `w` is as legal."""
    package = inspection.read(with_body(P("{{ plan.title }}\t{{ plan.year }}") + table(row(NO, P("x"), NO_END))))
    xml = package.parts[package.main].replace(b"w:", b"q:").replace(b"xmlns:w=", b"xmlns:q=")
    document = Template.open(package.replace({package.main: xml}).to_bytes()).render(PLAN)
    assert check_package(document) == ()
    assert outline(document) == "Төлөвлөгөө⇥2024\n|  |"


CODES = {
    "loop by itself": ("{% for m in plan.years %}{% if loop %}x{% endif %}{% endfor %}", ["PF212"]),
    "records without a text": ("{{ plan.signoffs }}", ["PF212"]),
    "records without a text joined": ("{{ plan.signoffs | join }}", ["PF209"]),
    "labels in a text": ("{{ plan.extra ~ 'x' }}", ["PF212"]),
    "unlike records": ("{% for x in (plan, plan.owner) %}{{ x.title }}{% endfor %}", ["PF212"]),
    "default of another type": ("{{ (plan.stage | default(1)) + 1 }}", ["PF214"]),
    "or of another type": ("{{ (plan.title or plan.year) < 3 }}", ["PF214"]),
    "choice of another type": ("{{ (plan.title if plan.stage else plan.year) | letter }}", ["PF209"]),
    "number in a text": ("{{ plan.year in plan.title }}", ["PF214"]),
    "never in a list": ("{{ plan.year in ('2024',) }}", ["PF214"]),
    "record as a label": ("{{ plan.extra[plan.owner] }}", ["PF214"]),
    "text as an index": ("{{ plan.years[plan.title] }}", ["PF214"]),
    "a blank criterion among texts": ("{{ plan.years | at_least_one | length }}", ["PF209"]),
    "nothing compared": ("{{ none > 3 }}", ["PF202"]),
    "nothing added": ("{{ none + 3 }}", ["PF206"]),
    "endless number": ("{{ 1e400 }}", ["PF202"]),
    "control character": ("{{ 'а\\x00' }}", ["PF202"]),
    "surrogate": ("{{ plan.title | ended('\\ud800') }}", ["PF202"]),
    "a curly quote that nothing closes": ("{{ plan.stage | default(“-) }}", ["PF202"]),
    "a thousand operations": ("{{ " + "not " * 900 + "1 }}", ["PF202"]),
    "a thousand brackets": ("{{ " + "(" * 1_500 + "1" + ")" * 1_500 + " }}", ["PF202"]),
    "a thousand additions": ("{{ " + "+".join(["1"] * 1_000) + " }}", ["PF202"]),
    "a hundred filters": ("{{ 'а'" + " | genitive" * 100 + " }}", ["PF202"]),
    "too many elif": ("{%p if plan.stage %}\nx\n" + "{%p elif plan.stage %}\ny\n" * 150 + "{%p endif %}", ["PF230"]),
    "labels without their filter": ("{% for k, v in plan.extra %}{{ k }}{{ v }}{% endfor %}", ["PF211"]),
    "labels by a call": ("{% for k, v in plan.extra.items() %}{{ k }}{{ v }}{% endfor %}", ["PF210"]),
    "three names of a pair": ("{% for a, b, c in plan.extra | items %}{{ a }}{{ c }}{% endfor %}", ["PF211"]),
    "records taken apart": ("{% for a, b in plan.all_measures %}{{ a }}{{ b }}{% endfor %}", ["PF211"]),
    "names in names": ("{% for a, (b, c) in plan.extra | items %}{{ a }}{% endfor %}", ["PF202"]),
    "a pair by itself": ("{% for pair in plan.extra | items %}{{ pair }}{% endfor %}", ["PF212"]),
    "a third of a pair": (
        "{% for pair in plan.extra | items %}{{ pair[2] }}{{ pair['х'] }}{% endfor %}",
        ["PF202", "PF205"],
    ),
    "the second name after the loop": ("{% for k, v in plan.extra | items %}{% endfor %}{{ v }}", ["PF232"]),
    "name of a loop after it": ("{% for m in plan.years %}{% endfor %}{{ m }}", ["PF232"]),
    "name set in a condition": ("{% if plan.stage %}{% set s = 1 %}{% endif %}{{ s }}", ["PF232"]),
    "crossed": ("{%p for m in plan.years %}\n{%p if plan.stage %}\nx\n{%p endfor %}\n{%p endif %}", ["PF223"]),
    "mistyped end": ("{%p for m in plan.years %}\n{{ m }}\n{%p enfor %}", ["PF203"]),
    "end in two words": ("{%p for m in plan.years %}\n{{ m }}\n{%p end for %}", ["PF203"]),
    "mistyped beginning": ("{%p iff plan.stage %}\nx\n{%p endif %}", ["PF203"]),
    "else if": ("{%p if plan.stage %}\nx\n{%p else if plan.year %}\ny\n{%p endif %}", ["PF203"]),
    "text beside a loop": ("а {%p for m in plan.years %}\n{{ m }}\n{%p endfor %}", ["PF217"]),
    "text beside an end": ("{%p for m in plan.years %}\n{{ m }}\n{%p endfor %} а", ["PF217"]),
    "loop not closed": ("{%p for m in plan.years\n{{ m }}\n{%p endfor %}", ["PF201"]),
    "spaces cut in a paragraph tag": ("{%p for m in plan.years -%}\n{{ m }}\n{%p endfor %}", ["PF218"]),
    "loop that cannot be read": ("{% for m plan.years %}{{ m }}{{ loop.index }}{% endfor %}", ["PF202"]),
    "picture beside a row tag": (
        table(row(P("{%tr if plan.stage %}"), "<w:p><w:r><w:drawing/></w:r></w:p>"), row(P("x")), NO_ROWS_END),
        ["PF217"],
    ),
    "half a bookmark in a row of a loop": (
        table(EACH_ROW, row(P("x")).replace("<w:tc>", '<w:bookmarkStart w:id="1" w:name="b"/><w:tc>'), END_ROWS),
        ["PF231"],
    ),
    "footnote in a row of a loop": (
        table(EACH_ROW, row(P("x").replace("<w:t", '<w:footnoteReference w:id="2"/><w:t')), END_ROWS),
        ["PF222"],
    ),
    "half a field": (
        f'<w:p><w:r><w:fldChar w:fldCharType="begin"/></w:r>{runs("{% if plan.stage %}")}'
        f'<w:r><w:fldChar w:fldCharType="end"/></w:r>{runs("{% endif %}")}</w:p>',
        ["PF231"],
    ),
    "merge inside a condition": (table(row(NO, P("{% vm plan.title %}x"), NO_END, P(""))), ["PF227"]),
    "row without a table": (row(P("{% vm plan.title %}x")), ["PF227"]),
    "formula": (
        '<w:p><m:r xmlns:m="http://schemas.openxmlformats.org/officeDocument/2006/math"><m:t>{{ x }}</m:t></m:r></w:p>',
        ["PF219"],
    ),
    "text outside a run": ("<w:p><w:t>{% if plan %}a{% endif %}</w:t></w:p>", ["PF219"]),
    "elements without end": ("<w:p/>" * 1_000_001 + P("{{ plan.title }}"), ["PF258"]),
}


@pytest.mark.parametrize(("template", "codes"), CODES.values(), ids=list(CODES))
def test_one_fault_a_mistake(template: str, codes: list[str]) -> None:
    """A mistake is one fault, and never a traceback."""
    with pytest.raises(TemplateError) as caught:
        Template.open(with_body(template) if template.startswith("<w:") else docx(template))
    assert [p.code for p in caught.value.problems] == codes
    assert caught.value.format("mn")


FAULTY = {
    "places of a cell": (
        "x\n| a | b |\n| c | d ¶ {{ plan.tilte }} |",
        [("PF205", DocumentPlace(None, "word/document.xml", 1, 2, 2, 2, "{{ plan.tilte }}"))],
    ),
    "every fault in one pass": (
        "{{ paln.title }}\n{{ plan.yeer }}\n{{ plan.title() }}\n{{ plan.title | uper }}",
        [
            (code, DocumentPlace(None, "word/document.xml", paragraph=n, quote=quote))
            for n, (code, quote) in enumerate(
                [
                    ("PF204", "{{ paln.title }}"),
                    ("PF205", "{{ plan.yeer }}"),
                    ("PF210", "{{ plan.title() }}"),
                    ("PF207", "{{ plan.title | uper }}"),
                ],
                1,
            )
        ],
    ),
    "a loop over two cells is one fault with both places": (
        "| {% for m in plan.all_measures %}{{ m.number }} | {{ m.text }}{% endfor %} |",
        [("PF223", DocumentPlace(None, "word/document.xml", 1, 1, 2, 1, "{% endfor %}"))],
    ),
    "a row loop opened inside an outer row": (
        "| {%tr for o in plan.all_objectives %} |\n| {%p endfor %} |\n| {%tr endfor %} |",
        [("PF223", DocumentPlace(None, "word/document.xml", 1, 2, 1, 1, "{%p endfor %}"))],
    ),
}


@pytest.mark.parametrize(("template", "expected"), FAULTY.values(), ids=list(FAULTY))
def test_fault_places(template: str, expected: list[tuple[str, DocumentPlace]]) -> None:
    """Every fault is found in one pass, each at its place."""
    with pytest.raises(TemplateError) as caught:
        Template.open(docx(template))
    assert [(p.code, p.place) for p in caught.value.problems] == expected


HOSTILE = [
    "cycler.__init__.__globals__.os.popen('id').read()",
    "plan.__class__",
    "plan['__class__']",
    "plan._secret",
    "plan.model_dump()",
    "plan.item.model_dump",
    "plan.item",
    "''.__class__.__mro__[1].__subclasses__()",
    "plan.title | attr('__class__')",
    "self._TemplateReference__context",
    "range(1000000000)",
    "10 ** 10 ** 10",
    "'a' * 1000000000",
    "lipsum(200000)",
    "namespace()",
    "plan.title.format(plan)",
    "[x for x in plan]",
    "plan.title[0:1]",
    "joiner()",
    "dict(a=1)",
    "{'a': 1}",
    "plan.all_measures | map('attr', 'x')",
    "plan.title | pprint",
    "7 // 0",
    "7 % 0",
    "-plan.year",
    "config",
    "request",
    "plan.objectives.append(1)",
    "loop",
]


@pytest.mark.parametrize("expression", HOSTILE)
def test_hostile_expression(expression: str) -> None:
    """What is not on the allow-list does not compile, with a schema or without."""
    with pytest.raises(TemplateError):
        Template.open(docx(f"{{{{ {expression} }}}}"))
    try:
        document = Template.open(docx(f"{{{{ {expression} }}}}"), schema=None).render({"plan": {"title": "т"}})
    except PlanforgeError:
        return
    assert outline(document) in ("", "т")


HOSTILE_STATEMENTS = [
    "{% include 'x' %}",
    "{% import 'x' as y %}",
    "{% macro x() %}",
    "{% extends 'x' %}",
    "{% block x %}",
    "{% raw %}",
    "{% do plan.clear() %}",
    "{% set plan.title = 'x' %}",
    "{% call x() %}",
    "{% autoescape false %}",
    "{% for a, b in plan.extra.items() %}",
]


@pytest.mark.parametrize("tag", HOSTILE_STATEMENTS)
def test_hostile_statement(tag: str) -> None:
    """Statements beyond loops, conditions and `set` do not compile."""
    with pytest.raises(TemplateError):
        Template.open(docx(tag))


def test_untyped() -> None:
    """A template without a schema takes any mapping; what is missing is a problem with its place."""
    template = Template.open(docx("{{ name }}: {% for x in items %}{{ x.n }},{% endfor %}"), schema=None)
    data = {"name": "А & <б>", "items": [{"n": 1}, {"n": "2"}]}
    assert outline(template.render(data)) == "А & <б>: 1,2,"
    with pytest.raises(PlanforgeError) as caught:
        template.render({"items": [{}]})
    assert [p.code for p in caught.value.problems] == ["PF304", "PF304"]


class Letter(StrEnum):
    A = "а"


UNTYPED = {
    "x + 1": {1: "2", "а": "PF308", None: "PF308"},
    "x < 2": {1: "тийм", "а": "PF308", None: "PF308", date(2024, 1, 1): "PF308"},
    "x in ('а', 1)": {1: "тийм", "а": "тийм", "б": "үгүй", None: "үгүй"},
    "'а' in x": {1: "PF308", "аб": "тийм", ("а",): "тийм"},
    "x | letter": {1: "а", "а": "PF308", None: ""},
    "x | length": {1: "PF308", "аб": "2", (1, 2): "2"},
    "x | weekday": {"а": "PF308", date(2024, 1, 1): "даваа гараг"},
    "x | label('Текст')": {1: "PF308"},
    "x | genitive": {"Хуулийн хэлтэс": "Хуулийн хэлтсийн", "Зүйл": "PF301"},
    "x[0]": {("а",): "а", "а": "", 1: ""},
    "x is odd": {3: "тийм", "а": "PF308"},
    "y is defined": {1: "үгүй"},
    "y | default('-')": {1: "-"},
    "y + 1": {1: "PF304"},
    "y.z.x": {1: "PF304"},
    "x": {"а" * 1_000_001: "PF141"},
    "x | length + 1": {"аб": "3", None: "PF308"},
    "x | length < 3": {"аб": "тийм", None: "PF308"},
    "(x | upper)[0]": {"аб": ""},
    "(x | items | first)[1]": {None: "", 1: "PF308"},
    "x ~ 1": {datetime(2024, 1, 1, 5): "2024.01.011", Letter.A: "а1", 10**200: "PF309", b"": "PF307"},
}


@pytest.mark.parametrize(("expression", "cases"), UNTYPED.items(), ids=list(UNTYPED))
def test_untyped_operations(expression: str, cases: dict[object, str]) -> None:
    """Without a schema what does not fit an operation is a problem of the data, told once."""
    template = Template.open(docx(f"{{{{ {expression} }}}}"), schema=None)
    for value, expected in cases.items():
        try:
            found = outline(template.render({"x": value}))
        except DataError as error:
            found = " ".join(p.code for p in error.problems)
        assert found == expected, value


TAKEN_APART = {
    "a mapping": ({"а": "б", "в": None}, "аб;в;"),
    "a list of lists": ([["а", 1], ("б", 2)], "PF308"),
    "nothing": (None, ""),
    "a text": ("аб", "PF308"),
}


@pytest.mark.parametrize(("value", "expected"), TAKEN_APART.values(), ids=list(TAKEN_APART))
def test_labels_and_values(value: object, expected: str) -> None:
    """Without a schema `items` takes mappings; what does not have as many values as the loop has names is told."""
    template = Template.open(docx("{% for k, v in x | items %}{{ k }}{{ v }};{% endfor %}"), schema=None)
    lists = Template.open(docx("{% for k, v in x %}{{ k }}{{ v }};{% endfor %}"), schema=None)
    try:
        found = outline(template.render({"x": value}))
    except DataError as error:
        found = " ".join(p.code for p in error.problems)
    assert found == expected
    assert outline(lists.render({"x": [["а", 1], ("б", 2)]})) == "а1;б2;"
    with pytest.raises(DataError) as caught:
        lists.render({"x": [["а", 1], ["б"]]})
    assert [p.code for p in caught.value.problems] == ["PF308"]


def test_header_and_footer() -> None:
    """Tags in a footer are rendered too."""
    from planforge import opc, templates

    parts = dict(templates.base())
    parts["word/footer1.xml"] = parts["word/footer1.xml"].replace(
        b"</w:ftr>", b"<w:p><w:r><w:t>{{ plan.title }}</w:t></w:r></w:p></w:ftr>"
    )
    document = Template.open(opc.Package(parts).to_bytes()).render(PLAN)
    assert "Төлөвлөгөө" in part(document, "word/footer1.xml").decode()


def test_scan_is_linear() -> None:
    """Sixty thousand opening braces are refused at once, not in quadratic time."""
    import time

    started = time.process_time()
    with pytest.raises(TemplateError):
        Template.open(docx("{" * 60_000))
    assert time.process_time() - started < 5
