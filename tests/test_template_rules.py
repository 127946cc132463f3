"""What a check finds in a template beyond compiling, and how it says where."""

from __future__ import annotations

import pytest

from planforge import Template, check, load, templates
from planforge.errors import DocumentPlace
from tests.bodies import body, docx, paragraph, row, table, with_body
from tests.faults import BEGIN, EACH, END, GO_ON
from tests.pictures import FORMS, SAMPLES

LOOP = "{%p for m in plan.all_measures %}"
END_LOOP = "{%p endfor %}"
P = paragraph


def found(template: bytes | str) -> list[str]:
    """The codes of a template's problems, notes left out."""
    source = docx(template) if isinstance(template, str) else template
    return [p.code for p in check(source) if p.severity != "note"]


CASES: dict[str, tuple[str, list[str]]] = {
    # Texts that look like tags.
    "one brace": ("{ plan.title } {төлөвлөгөө.гарчиг}", ["PF325", "PF325"]),
    "one brace, mistyped": ("{paln.title}", ["PF325"]),
    "one brace of two": ("{ plan.title }}", ["PF325"]),
    "braces apart": ("{ { plan.title } }", ["PF325"]),
    "statement without percent signs": ("{ if plan.stage } а { endif }", ["PF325", "PF325"]),
    "statement with one percent sign": ("{ if plan.stage %}а{ else %}б{ endif %}", ["PF325"] * 3),
    "percent signs apart": ("{ % if plan.stage % }", ["PF325"]),
    "name of a loop in one brace": (f"{LOOP}\n{{{{ m.text }}}} {{ m.number }}\n{END_LOOP}", ["PF325"]),
    "a statement of a cell in one brace": (f"{LOOP}\n{{ vm m.key }} {{{{ m.text }}}}\n{END_LOOP}", ["PF325"]),
    "no braces, name of a loop": (
        f"{LOOP}\n{{{{ m.text }}}} m.number, тэгээд m.бичвэр\n{END_LOOP}",
        ["PF325", "PF325"],
    ),
    "number of a turn in one brace": (f"{LOOP}\n{{ loop.index }} {{{{ m.text }}}}\n{END_LOOP}", ["PF325"]),
    "no braces, between slashes": ("/Хугацаа plan.title/ /plan.title/ http://plan.title/ a/plan.title", ["PF325"] * 2),
    "no braces at all": ("plan.title, [plan.title], ｛｛plan.title｝｝", ["PF325"] * 3),
    "an end left over": ("Нэр }} ба %}", ["PF326", "PF326"]),
    "braces of a text": ("{а, б} {1} {10%} a{x} {}", []),
    "escapes": ("{_{ plan.title }_} {_% if x %_}", []),
    "ends of sentences": ("Энэ бол тайлан.Дараа нь. info@plan.mn www.plan.title/x planforge.org", []),
    "a path in a tag": ("{{ plan.title }}", []),
    # Names that hide others.
    "a loop hides plan": ("{%p for plan in plan.all_measures %}\n{{ plan.text }}\n" + END_LOOP, ["PF327"]),
    "in Mongolian": ("{% set төлөвлөгөө = 'а' %}{{ төлөвлөгөө }}", ["PF327"]),
    "a loop hides a loop": (f"{LOOP}\n{LOOP}\n{{{{ m.text }}}}\n{END_LOOP}\n{END_LOOP}", ["PF327"]),
    "one loop after another": (f"{LOOP}\n{{{{ m.text }}}}\n{END_LOOP}\n" * 2, []),
    "set again": ("{% set а = 1 %}{% set а = 2 %}{{ а }}", []),
    # Spelling.
    "endings": ("5 дүгээр хавсралт, 2-аас, 2024 оны 3 дугаар сар", ["PF330", "PF330"]),
    "an ending behind a value": ("{{ plan.year }} дүгээр, {{ plan.year }}-аас", []),
    "Latin letters": ("Тoлөвлөгөө", ["PF331"]),
    "letters of an old keyboard": ("Їр дүн", ["PF331"]),
    "Latin words": ("ISO 9001 стандарт, PDF-ийн", []),
    "invisible": ("Төлөв\u200bлөгөө", ["PF332"]),
    "spaces that set a line": ("Дарга        О.НЭР", []),
    # Compiling says these, and says them once.
    "a percent sign missing": ("{% if plan.stage }а{% endif %}", ["PF201"]),
    "a brace missing": ("{{ plan.title } ба {{ plan.year }}", ["PF201"]),
    "a brace too many": ("{{{ plan.title }}}", ["PF202"]),
    "a space before the prefix": ("| {% tr for m in plan.years %} |\n| {{ m }} |\n| {% tr endfor %} |", ["PF203"] * 2),
    "no space behind the prefix": ("{%pfor m in plan.years %}\n{{ m }}\n{%pendfor %}", ["PF203"] * 2),
    "a Cyrillic prefix": ("{%р for m in plan.years %}\n{{ m }}\n{%р endfor %}", ["PF203"] * 2),
    "two tags of paragraphs in one": (f"{LOOP}{{%p if m.text %}}\nа\n{{%p endif %}}{END_LOOP}", []),
}


@pytest.mark.parametrize(("template", "codes"), CASES.values(), ids=list(CASES))
def test_found(template: str, codes: list[str]) -> None:
    """Each fault is told by its code, and what is none is not."""
    assert found(template) == codes


MERGES: dict[str, tuple[list[str], list[str]]] = {
    "inside the loop": ([row(EACH), row(P("а"), own=BEGIN), row(P("б"), own=GO_ON), row(END)], []),
    "around the loop": ([row(P("а"), own=BEGIN), row(EACH), row(P("б"), own=GO_ON), row(END)], []),
    "out of the loop": ([row(EACH), row(P("а"), own=BEGIN), row(END), row(P(""), own=GO_ON)], ["PF328"]),
    "out, over the tag too": (
        [row(EACH), row(P("а"), own=BEGIN), row(END, own=GO_ON), row(P(""), own=GO_ON)],
        ["PF328"],
    ),
    "from the tag": ([row(EACH, own=BEGIN), row(P("а"), own=GO_ON), row(P("б"), own=GO_ON), row(END)], ["PF329"]),
    "no loop": ([row(P("а"), own=BEGIN), row(P("б"), own=GO_ON)], []),
}


@pytest.mark.parametrize(("rows", "codes"), MERGES.values(), ids=list(MERGES))
def test_merged_cells(rows: list[str], codes: list[str]) -> None:
    """A cell that is merged down stays inside its loop or outside, and begins in a row that is printed."""
    assert found(with_body(table(*rows))) == codes


MEANT = {
    "{{ эшэлу }}{{ здфт.title }}": "plan",
    "{{ plan.эшэлу }}": "title",
    "{{ plan.garchig }}": "гарчиг",
    "{{ tuluvluguu.title }}": "төлөвлөгөө",
    "{{ төлөвлөгөө.titel }}": "title",
    "{% ащк m in plan.years %}{% утващк %}": "for",
    "{% tr for m in plan.years %}": "{%tr for … %}",
    "{% хэрэв plan.stage %}": "if",
    "{{ loop.index }}": "{% for … %}",
}


@pytest.mark.parametrize(("template", "meant"), MEANT.items())
def test_did_you_mean(template: str, meant: str) -> None:
    """Other keyboards, Latin letters and mixed languages are seen through."""
    assert meant in " ".join(p.message("mn") for p in check(docx(template)))


def test_without_a_schema() -> None:
    """Where any name will do, those that tags use are known."""
    assert [p.code for p in check(docx("{{ company }} {company} {other}"), schema=None)] == ["PF325"]


@pytest.mark.parametrize("name", templates.names())
def test_no_false_alarm(name: str) -> None:
    """The built-in templates have nothing but notes, alone and with their data."""
    for data in (None, load(SAMPLES / FORMS[name])):
        assert [p for p in check(templates.document(name), data=data) if p.severity != "note"] == []


def test_notes() -> None:
    """What a form leaves out is told once a level; with data, which column stays empty."""
    form = docx("{{ plan.title }} {{ plan.owner }}\n" + f"{LOOP}\n{{{{ m.text }}}} {{{{ m.period }}}}\n{END_LOOP}")
    assert [p.code for p in check(form)] == ["PF333", "PF333"]
    data = load("planforge: plan/1\ntitle: Т\nyear: 2024\nowner: Хэлтэс\nmeasures: [а]\n".encode())
    assert [(p.code, p.is_error) for p in check(form, data=data)] == [("PF334", False)]


BAD = "{{ plan.titel }}"
PLACES: dict[str, tuple[str, str, str]] = {
    "a section above": (
        f"| № | Нэр |\n| Зорилт 2 »2 |\n| а | {BAD} |",
        "хүснэгт 1, мөр 3, нүд 2, догол мөр 1 («Зорилт 2» дор)",
        "tbl[1]/tr[3]/tc[2]/p[1]",
    ),
    "its row": (
        f"| № | Нэр |\n| Тоо | {BAD} |",
        "хүснэгт 1, мөр 2, нүд 2, догол мөр 1 («Тоо» мөрөнд)",
        "tbl[1]/tr[2]/tc[2]/p[1]",
    ),
    "its column": (
        f"| № | Нэр |\n| {{{{ plan.year }}}} | {BAD} |",
        "хүснэгт 1, мөр 2, нүд 2, догол мөр 1 («Нэр» баганад)",
        "tbl[1]/tr[2]/tc[2]/p[1]",
    ),
    "a heading": (f"Нэг. Зорилго\n{BAD}", "догол мөр 2 («Нэг. Зорилго» дор)", "p[2]"),
    "nothing": (BAD, "догол мөр 1", "p[1]"),
}


@pytest.mark.parametrize(("template", "where", "path"), PLACES.values(), ids=list(PLACES))
def test_places(template: str, where: str, path: str) -> None:
    """A place is told by what stands around it, and has a path for machines."""
    problem = next(p for p in check(docx(template)) if p.is_error)
    assert problem.place is not None
    assert problem.place.describe("mn") == f"бичвэр, {where}, «{BAD}»"
    assert problem.as_json()["place"]["path"] == f"word/document.xml/{path}"  # type: ignore[index]


def test_places_agree() -> None:
    """What the compiler and the reading of a template call the same place is the same place."""
    inner = table(row(P("а"), P(BAD)))
    xml = body("а\n| а | б |") + table(row(inner, P("{ plan.title }"))) + P("{ plan.year }") + P(BAD)
    places = [(p.code, p.place.path) for p in check(with_body(xml)) if isinstance(p.place, DocumentPlace)]
    assert places == [
        ("PF205", "word/document.xml/tbl[3]/tr[1]/tc[1]/p[2]"),
        ("PF205", "word/document.xml/p[3]"),
        ("PF325", "word/document.xml/tbl[2]/tr[1]/tc[1]/p[1]"),
        ("PF325", "word/document.xml/p[2]"),
    ]


def test_a_template_compiles_as_before() -> None:
    """What only looks wrong does not stop anybody."""
    assert Template.open(docx("{ plan.title }"))
