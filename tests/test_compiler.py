"""Templates that compile and what they render; templates that do not, and where they say so."""

from __future__ import annotations

import pytest

from planforge import Plan, Report, Template
from planforge.errors import DocumentPlace, PlanforgeError, TemplateError
from planforge.package_rules import check_package
from tests.bodies import docx, outline, part, with_body

PLAN = Plan.model_validate(
    {
        "title": "Төлөвлөгөө",
        "year": 2024,
        "owner": "Гаалийн байгууллага",
        "defaults": {"period": "Жилдээ"},
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
