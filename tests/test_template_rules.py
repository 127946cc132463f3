"""What a check finds in a template beyond compiling, and how it says where."""

from __future__ import annotations

import pytest

from planforge import Template, check, load, opc, templates
from planforge.annotation import annotate
from planforge.errors import DocumentPlace, TemplateError
from planforge.wml import NAMESPACE
from tests.bodies import body, docx, paragraph, row, table, with_body
from tests.faults import BEGIN, EACH, END, GO_ON
from tests.packages import field
from tests.pictures import FORMS, SAMPLES
from tests.test_tags import box, core, named, picture

LOOP = "{%p for m in plan.all_measures %}"
END_LOOP = "{%p endfor %}"
P = paragraph


def found(template: bytes | str) -> list[str]:
    """The codes of a template's problems, notes left out, and that it has no tags."""
    source = docx(template) if isinstance(template, str) else template
    return [p.code for p in check(source) if p.severity != "note" and p.code != "PF335"]


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


def with_stories(
    texts: dict[str, str],
    sections: list[tuple[list[tuple[str, str, str]], bool]] | None = None,
    *,
    is_even: bool = False,
) -> bytes:
    """A document with headers and footers of these texts; each section has references (kind, pages, file) and may have
    a first page of its own."""
    package = opc.unpack(with_body(""))
    for name, text in texts.items():
        kind = name.rstrip("0123456789")
        tag = {"header": "hdr", "footer": "ftr"}[kind]
        xml = f'<w:{tag} xmlns:w="{NAMESPACE}">{P(text)}</w:{tag}>'
        package = package.add(f"word/{name}.xml", xml.encode(), f"{WORD}{kind}+xml", f"{opc.DOC_REL}{kind}")
    ids = {str(rel.part): rel.id for rel in package.relationships(package.main)}
    written = []
    for references, has_first in sections or []:
        inside = "".join(
            f'<w:{kind}Reference xmlns:r="{opc.DOC_REL[:-1]}" w:type="{pages}" r:id="{ids[f"word/{name}.xml"]}"/>'
            for kind, pages, name in references
        )
        written.append(f"<w:sectPr>{inside}{'<w:titlePg/>' if has_first else ''}</w:sectPr>")
    xml = "".join(f"<w:p><w:pPr>{section}</w:pPr></w:p>" for section in written[:-1]) + P("а") + "".join(written[-1:])
    main = package.parts[package.main].decode().replace('<w:sectPr><w:pgSz w:w="11906" w:h="16838"/></w:sectPr>', xml)
    settings = package.parts["word/settings.xml"].decode()
    if is_even:
        settings = settings.replace("</w:settings>", "<w:evenAndOddHeaders/></w:settings>")
    return package.replace({package.main: main.encode(), "word/settings.xml": settings.encode()}).to_bytes()


WORD = "application/vnd.openxmlformats-officedocument.wordprocessingml."
TAG = "{{ plan.title }}"
WITH_A_TAG: dict[str, bytes] = {
    "text": docx(TAG),
    "header": with_stories({"header1": TAG}),
    "text box": named(f"<w:p>{box(P(TAG))}</w:p>"),
    "alternative text": named(f"<w:p>{picture(descr=TAG)}</w:p>"),
    "property": core(TAG),
}


@pytest.mark.parametrize("source", WITH_A_TAG.values(), ids=WITH_A_TAG)
def test_a_tag_anywhere_is_a_tag(source: bytes) -> None:
    """A template need not have one in its text."""
    assert "PF335" not in [p.code for p in check(source)]


def test_no_tags() -> None:
    """What prints the same for everybody is no template; a finished document is told what it is."""
    plan = load(SAMPLES / FORMS["plan"])
    finished = Template.builtin("plan").render(plan)
    without = Template.builtin("plan").render(plan, embed=False)
    for source, words in (
        (finished, "бэлэн баримт байна"),
        (without, "баримт бүр ижил"),
        (docx("а"), "баримт бүр ижил"),
    ):
        (problem,) = (p for p in check(source) if p.code == "PF335")
        assert problem.severity == "warning"
        assert words in problem.message("mn")
    assert "PF335" in [p.code for p in check(docx("а"), schema=None)]
    assert "PF335" in [p.code for p in check(docx("{# а #} {% set x = 1 %}"))]


# Sections, each with its references (kind of story, pages, file) and whether its first page is of its own; whether even
# pages differ; what is said of the tag in each file.
STORIES: dict[str, tuple[list[tuple[list[tuple[str, str, str]], bool]], bool, dict[str, str]]] = {
    "one": ([([("footer", "default", "footer9")], False)], False, {"footer9": "хөл хэсэг"}),
    "first page": (
        [([("header", "first", "header4"), ("header", "default", "header2")], True)],
        False,
        {"header4": "толгой хэсэг (эхний хуудас)", "header2": "толгой хэсэг (бусад хуудас)"},
    ),
    "even pages": (
        [([("footer", "even", "footer5"), ("footer", "default", "footer6")], False)],
        True,
        {"footer5": "хөл хэсэг (тэгш хуудас)", "footer6": "хөл хэсэг (сондгой хуудас)"},
    ),
    "shown by a later section": (
        [([("footer", "first", "footer7")], False), ([("footer", "default", "footer8")], True)],
        False,
        {"footer7": "2-р хэсгийн хөл (эхний хуудас)", "footer8": "2-р хэсгийн хөл (бусад хуудас)"},
    ),
    "shown nowhere": ([([("header", "first", "header3")], False)], False, {"header3": "толгой хэсэг 3"}),
}


@pytest.mark.parametrize(("sections", "is_even", "said"), STORIES.values(), ids=STORIES)
def test_headers_by_section_and_pages(
    sections: list[tuple[list[tuple[str, str, str]], bool]], is_even: bool, said: dict[str, str]
) -> None:
    """A header or footer is told as Word shows it; the path for machines has its part."""
    source = with_stories(dict.fromkeys(said, BAD), sections, is_even=is_even)
    found = {p.place.part: p for p in check(source) if p.code == "PF205" and isinstance(p.place, DocumentPlace)}
    for name, words in said.items():
        problem = found[f"word/{name}.xml"]
        assert problem.place is not None
        assert problem.place.describe("mn") == f"{words}, догол мөр 1, «{BAD}»"
        place = problem.as_json()["place"]
        assert place["path"] == f"word/{name}.xml/p[1]"  # type: ignore[index]
        assert "story" not in place  # type: ignore[operator]


def test_headers_in_english() -> None:
    """The same in English."""
    sections = [([("header", "first", "header1")], True), ([("footer", "default", "footer5")], False)]
    source = with_stories(dict.fromkeys(("header1", "footer5"), BAD), sections)
    said = [p.place.describe("en").partition(",")[0] for p in check(source) if p.code == "PF205" and p.place]
    assert said == ["header of section 1 (first page)", "footer of section 2"]


def test_a_header_that_is_not_there() -> None:
    """A relationship to a part that the package does not hold stops nothing."""
    package = opc.unpack(docx(BAD))
    name, rels = package.rels(package.main)
    opc.relate(rels, package.main, "word/header9.xml", f"{opc.DOC_REL}header", "rId77")
    assert [p.code for p in check(package.replace({name: opc.serialise(rels)}).to_bytes())] == ["PF205"]


def test_a_mail_merge_document() -> None:
    """Its fields are told where they stand, whatever else is wrong is told too, and the copy has comments on all."""
    cell = table(row(field(' MERGEFIELD "Нэр" ')))
    source = with_body(P("а") + field("MERGEFIELD Хаяг") + cell + P(BAD) + P("{ plan.title }"))
    problems = check(source)
    assert [(p.code, p.place.describe("mn")) for p in problems if p.place] == [
        ("PF274", "бичвэр, догол мөр 2 («а» дор), «MERGEFIELD Хаяг»"),
        ("PF274", 'бичвэр, хүснэгт 1, мөр 1, нүд 1, догол мөр 1, «MERGEFIELD "Нэр"»'),
        ("PF205", f"бичвэр, догол мөр 3 («а» дор), «{BAD}»"),
        ("PF325", "бичвэр, догол мөр 4 («а» дор), «{ plan.title }»"),
    ]
    copy = opc.unpack(annotate(source))
    assert copy.parts["word/comments.xml"].count(b"<w:comment ") == 4
    for other in ('INCLUDETEXT "a.docx"', "DDEAUTO Excel a"):
        hidden = with_body(field("MERGEFIELD а") + field(other) + P(BAD))
        assert [p.code for p in check(hidden)] == ["PF274", "PF274", "PF205"]
        with pytest.raises(TemplateError):
            annotate(hidden)


LISTED = {
    "{{ xyzzyxyzzy }}": ("plan, report, today", "PF204"),
    "{{ яяяяяяяяяяя }}": ("төлөвлөгөө, тайлан, өнөөдөр", "PF204"),
    "{{ plan.xyzzyxyzzy }}": ("title, ", "PF205"),
    "{{ төлөвлөгөө.яяяяяяяяяяя }}": ("гарчиг, ", "PF205"),
    "{{ plan.title | xyzzyxyzzy }}": ("date, ", "PF207"),
    "{{ төлөвлөгөө.гарчиг | яяяяяяяяяяя }}": ("огноо, ", "PF207"),
    "{% xyzzyxyzzy %}": ("for, if, ", "PF203"),
}


@pytest.mark.parametrize(("template", "names", "code"), [(t, *rest) for t, rest in LISTED.items()])
def test_what_there_is(template: str, names: str, code: str) -> None:
    """Where nothing is like what was written, some of what there is is listed, in the language of the author."""
    (problem,) = check(docx(template))
    assert problem.code == code
    for lang, word in (("mn", "Байгаа нь: "), ("en", "There are: ")):
        said = problem.message(lang).partition(word)[2]  # type: ignore[arg-type]
        assert names in said
        assert said.count(", ") < 12
        listed = said.rstrip(" ….").split(", ")
        assert len({name.isascii() for name in listed}) == 1


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
