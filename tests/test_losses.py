"""What docxtpl loses, lets through or runs, loss by loss, and what planforge does instead.

Every case runs both: the first column is what docxtpl still does today with its default settings, the second what
planforge does with the same template and data, without a schema.
"""

from __future__ import annotations

import re
import time
import zipfile
from collections.abc import Callable, Mapping
from copy import deepcopy
from dataclasses import dataclass, field
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from docxtpl import DocxTemplate
from jinja2 import TemplateSyntaxError

from planforge import Template, opc
from planforge.errors import DataError, DocumentPlace, PlanforgeError, TemplateError
from planforge.package_rules import check_package
from tests.bodies import docx, outline, paragraph, part, with_body
from tests.oracle import by_docxtpl, structure
from tests.packages import BUILDERS
from tests.test_tags import BEGIN, COMMENT, COMMENT_END, END, control, named, notes, p, r
from tests.test_values import footer

DATA: Mapping[str, Any] = {
    "x": "X", "t": True, "f": False, "nobody": [], "items": ["1", "2"], "unit": {"name": "Хэлтэс", "_secret": "нууц"},
    "groups": [{"t": "А", "i": [{"n": 1, "w": "Бат"}, {"n": 2, "w": "Дорж"}]}, {"t": "Б", "i": [{"n": 3, "w": "Бат"}]}],
}  # fmt: skip


def untyped(source: bytes, data: Mapping[str, Any]) -> bytes:
    return Template.open(source, schema=None).render(data)


def told(make: Callable[[], str]) -> str:
    """What is shown of a document; the codes of planforge's problems that say where, or the name of another error.

    A document of docxtpl's that cannot be read, or that planforge would not read, shows the code of its reader.
    """
    try:
        return make()
    except PlanforgeError as error:
        return " ".join(problem.code for problem in error.problems if problem.place)
    except Exception as error:  # noqa: BLE001 - whatever docxtpl raises
        return type(error).__name__


# --- what is shown of a document -------------------------------------------------------------------------------------


def broken(document: bytes) -> str:
    """The package rules that a document breaks."""
    return " ".join(sorted({str(problem.args["rule"]) for problem in check_package(document)}))


def section(document: bytes) -> str:
    """The outline of a body, and whether its section properties are there."""
    return outline(document) + (" §" if b"sectPr" in part(document) else "")


def ranges(document: bytes) -> str:
    """The first paragraph's text with the ends of bookmarks and comments."""
    xml = part(document).decode().partition("<w:p>")[2].partition("</w:p>")[0]
    return "".join(end or letters for end, letters in re.findall(r"<w:(\w+(?:Start|End))\b|>([^<]+)</w:t>", xml))


def footed(document: bytes) -> str:
    return str(structure(document)["word/footer1.xml"][-1][1][0][0])


def comment(document: bytes) -> str:
    return str(structure(document)["word/comments.xml"][-1][0][1][0][0])


def whole(document: bytes) -> str:
    """Whether a document has its last paragraph and its section properties."""
    xml = part(document).decode()
    return "whole" if "төгсгөл" in xml and "sectPr" in xml else "cut"


def size(document: bytes) -> str:
    """How many letters a body has; `§`: its section properties are there."""
    xml = part(document).decode()
    return f"{len(re.sub('<[^>]*>', '', xml).strip()):,}" + (" §" if "sectPr" in xml else "")


@dataclass(frozen=True)
class Loss:
    """A template and its data, what docxtpl gives and what planforge gives."""

    template: str | bytes
    theirs: str
    ours: str
    show: Callable[[bytes], str] = outline
    data: Mapping[str, Any] = field(default_factory=dict)


def text(value: object, theirs: str, ours: str, show: Callable[[bytes], str] = outline) -> Loss:
    """A value that a paragraph prints; another paragraph follows."""
    return Loss("{{ x }}\nтөгсгөл", theirs, ours, show, {"x": value})


def repeated(inside: str) -> bytes:
    return named(paragraph("{%p for i in items %}") + inside + paragraph("{%p endfor %}"))


CLOSE = "</w:t></w:r></w:p><w:p><w:r><w:t>"
DDE = 'а</w:t></w:r><w:fldSimple w:instr="DDEAUTO c:\\cmd.exe"/><w:r><w:t>б'
NESTED = (
    "| {%tr for g in groups %} »3 |\n| {%tr for i in g.i %} »3 |\n| ★ |\n| {%tr endfor %} »3 |\n| {%tr endfor %} »3 |"
)

LOSSES: Mapping[str, Loss] = {
    # 0, 2.2: data in the text
    "an ampersand": text("а & б", "а  б\nтөгсгөл", "а & б\nтөгсгөл"),
    "an entity": text("а &amp; б", "а & б\nтөгсгөл", "а &amp; б\nтөгсгөл"),
    "a less sign": text("а<b ц", "а\nтөгсгөл", "а<b ц\nтөгсгөл"),
    "a less sign among spaces": text("х < у > ц", "х  у > ц\nтөгсгөл", "х < у > ц\nтөгсгөл"),
    "an element": text("а <w:br/> б", "а \nтөгсгөл", "а <w:br/> б\nтөгсгөл"),
    "a colon behind a less sign: a file that nobody opens": text("а<:б", "PF269", "а<:б\nтөгсгөл"),
    "half a character cuts the document": text("а\ud800б", "а", "PF140", section),
    "closing tags": text(f"а{CLOSE}б", "а\nб\nтөгсгөл", f"а{CLOSE}б\nтөгсгөл"),
    "a field that runs a program": text(DDE, "PF274", f"{DDE}\nтөгсгөл"),
    "control characters": text("а\x0bб\x00в\x1bг", "абвг\nтөгсгөл", "PF140"),
    "U+FFFE": text("а\ufffeб", "аб\nтөгсгөл", "PF140"),
    "a bell begins a paragraph": text("а\aб", "а\nб\nтөгсгөл", "PF140"),
    "a form feed begins a page": text("а\fб", "а\n⏎\nб\nтөгсгөл", "PF140"),
    "CRLF": text("а\r\nб", "а⏎⏎б\nтөгсгөл", "а⏎б\nтөгсгөл"),
    "escapes in data": text("{_{ а %_}", "{{ а %}\nтөгсгөл", "{_{ а %_}\nтөгсгөл"),
    "nothing": text(None, "None\nтөгсгөл", "\nтөгсгөл"),
    "bytes": text(b"x", "b'x'\nтөгсгөл", "PF307"),
    "what has no text": text(len, "\nтөгсгөл", "PF307"),
    "sums of decimals": Loss("{{ 0.1 + 0.2 }}", "0.30000000000000004", "0.3"),
    "a text of ten megabytes cuts the document": text("а" * 5_000_001, "cut", "PF141", whole),
    # 0.3, 2.1: mistakes in templates
    "a misspelt name": Loss("[{{ nmae }}]", "[]", "PF304"),
    "a misspelt name in a footer": Loss(footer(paragraph("[{{ nmae }}]")), "[]", "PF304", footed),
    "a misspelt field": Loss("[{{ unit.nmae }}]", "[]", "PF304"),
    "a misspelt condition": Loss("{% if nmae %}а{% endif %}", "", "PF304"),
    "a private field": Loss("{{ unit._secret }}", "нууц", "PF210"),
    # 0.4: what vanishes beside tags
    "text beside a paragraph tag": Loss("Дүн: {%p if t %}\nб\n{%p endif %} нийт", "б", "PF217 PF217"),
    "two merges in one row": Loss(
        NESTED.replace("★", "{% vm %}{{ g.t }} | {% vm %}{{ i.w }} | {{ i.n }}"),
        "| А | Бат | 1 |\n| ^ | ^ | 2 |\n| Б | Бат | 3 |", "| А | Бат | 1 |\n| ^ | Дорж | 2 |\n| Б | Бат | 3 |",
    ),
    "a merge whose first row is left out": Loss(
        NESTED.replace("★ |", "{%tr if loop.index > 1 %} »3 |\n| {% vm %}{{ i.w }} | {{ i.n }} »2 |\n| {%tr endif %} »3 |"),
        "| ^ | 2 »2 |", "| Дорж | 2 »2 |",
    ),
    "a percent sign in a row tag": Loss("| {%tr if x != '5%' %} |\n| а |\n| {%tr endif %} |", "TemplateSyntaxError", "| а |"),
    "a brace in a row tag": Loss("| {%tr if x != '}' %} |\n| а |\n| {%tr endif %} |", "TemplateSyntaxError", "| а |"),
    "a bookmark that begins in a tag": Loss(
        with_body(p(r("а{{ "), BEGIN, r("x }}б"), END)), "аXбbookmarkEnd", "аbookmarkStartXбbookmarkEnd", ranges,
    ),
    "a comment in a tag": Loss(
        with_body(p(r("{{ "), COMMENT, r("x"), COMMENT_END, r(" }}"))), "X", "commentRangeStartXcommentRangeEnd", ranges,
    ),
    "tags in comments": Loss(notes("comments", paragraph("{{ x }}")).to_bytes(), "{{ x }}", "X", comment),
    "a loop over two cells": Loss("| {% for i in items %}{{ i }} | а{% endfor %} |", "| 1 | а2 | а |", "PF223"),
    # 0.5, 2.1: what Word refuses
    "a cell whose loop yields nothing": Loss("| {%p for i in nobody %} ¶ {{ i }} ¶ {%p endfor %} | б |", "cell-ends-with-paragraph", "", broken),
    "a cell whose condition is false": Loss("| {%p if f %} ¶ а ¶ {%p endif %} | б |", "cell-ends-with-paragraph", "", broken),
    "a table whose rows are gone": Loss("| {%tr for i in nobody %} |\n| {{ i }} |\n| {%tr endfor %} |\nб", "table-has-grid table-has-rows", "", broken),
    "a row whose cells are gone": Loss("| {%tc for i in nobody %} | {{ i }} | {%tc endfor %} |\nб", "row-has-cells table-has-grid", "", broken),
    "a content control that is empty": Loss(with_body(control(paragraph("{%p if f %}") + paragraph("а") + paragraph("{%p endif %}")) + "<w:p/>"), "control-has-content", "", broken),
    "colspan": Loss("| {% colspan 2 %}а | б |", "properties-order row-fits-grid", "", broken),
    "bookmarks that a loop copies": Loss(repeated(p(BEGIN, r("{{ i }}"), END)), "bookmark-id bookmark-name", "", broken),
    "paragraph ids that a loop copies": Loss(repeated('<w:p w14:paraId="12345678"><w:r><w:t>а</w:t></w:r></w:p>'), "paragraph-id", "", broken),
    "content controls that a loop copies": Loss(repeated(f'<w:sdt><w:sdtPr><w:id w:val="5"/></w:sdtPr><w:sdtContent>{paragraph("а")}</w:sdtContent></w:sdt>'), "control-id", "", broken),
    # 2.1: what costs without end
    "a text multiplied": Loss("{{ 'а' * 3000000 }}", "3,000,000 §", "PF210", size),
    "a range": Loss("{{ range(1000000).stop }}", "1000000", "PF210"),
    "nested loops": Loss("{% for i in range(300) %}{% for j in range(300) %}а{% endfor %}{% endfor %}", "90,000 §", "PF210 PF210", size),
    "a power": Loss("{{ (10 ** 4000) > 1 }}", "True", "PF210"),
    "a text out of nothing": Loss("{{ lipsum(n=99) | length > 9999 }}", "True", "PF210"),
}  # fmt: skip


@pytest.mark.parametrize("case", LOSSES.values(), ids=list(LOSSES))
def test_loss(case: Loss) -> None:
    """docxtpl still loses it; planforge keeps it exactly, or refuses it with its place."""
    source = docx(case.template) if isinstance(case.template, str) else case.template
    data = {**DATA, **case.data}
    assert told(lambda: case.show(by_docxtpl(source, deepcopy(data), autoescape=False))) == case.theirs
    assert told(lambda: case.show(untyped(source, data))) == case.ours


# --- code, changes of data, templates that change --------------------------------------------------------------------

CODE = (
    "{{ cycler.__init__.__globals__.os.mkdir(marker) }}",
    "{{ lipsum.__globals__['os'].mkdir(marker) }}",
    "{{ self.__init__.__globals__.__builtins__.__import__('os').mkdir(marker) }}",
    "{% set os = joiner.__init__.__globals__.os %}{{ os.mkdir(marker) }}",
    "{{ ''.__class__.__mro__[1].__subclasses__() | length and cycler.__init__.__globals__.os.mkdir(marker) }}",
    "{%p if namespace.__init__.__globals__.os.mkdir(marker) %}\n{%p endif %}",
)


@pytest.mark.parametrize("template", CODE)
def test_code_is_run(template: str, tmp_path: Path) -> None:
    """docxtpl runs code that it finds in a template; planforge refuses to compile it, with a schema and without."""
    marker = tmp_path / "ran"
    by_docxtpl(docx(template), {"marker": str(marker)})
    assert marker.is_dir()
    marker.rmdir()
    for schema in ("domain", None):
        with pytest.raises(TemplateError) as caught:
            Template.open(docx(template), schema=schema)
        assert "PF210" in [problem.code for problem in caught.value.problems]
    assert not marker.exists()


@pytest.mark.parametrize("call", ["unit.clear()", "items.pop()", "unit.update(name='х')", "items.append('х')"])
def test_data_are_changed(call: str) -> None:
    """A docxtpl template may change the data, also those of the next document; planforge's cannot."""
    data: dict[str, Any] = deepcopy({**DATA})
    DocxTemplate(BytesIO(docx(f"{{{{ {call} }}}}"))).render(data)
    assert data != DATA
    assert told(lambda: str(untyped(docx(f"{{{{ {call} }}}}"), DATA))) == "PF210"
    before = deepcopy(DATA)
    untyped(docx("{% set unit = 'х' %}{% for items in items %}{{ items }}{% endfor %}{{ unit }}"), DATA)
    assert before == DATA


def test_data_are_no_template() -> None:
    """Tags in data are text, once and for all, whatever prints them."""
    source = docx("{{ x }}\n{% set y = x %}{{ y }}{{ (x,) | join }}")
    assert (
        outline(untyped(source, {"x": "{{ z }}{% if %}", "z": "нууц"})) == "{{ z }}{% if %}\n" + "{{ z }}{% if %}" * 2
    )


def test_template_that_changes(tmp_path: Path) -> None:
    """docxtpl reads the file when it renders, whatever stood in it before; planforge what was checked."""
    path = tmp_path / "template.docx"
    path.write_bytes(docx("шалгасан {{ x }}"))
    theirs, ours = DocxTemplate(path), Template.open(path, schema=None)
    theirs.render({"x": "X"})
    path.write_bytes(docx("сольсон {{ x }}"))
    theirs.render({"x": "X"})
    out = BytesIO()
    theirs.save(out)
    assert outline(out.getvalue()) == "сольсон X"
    assert outline(ours.render({"x": "X"})) == "шалгасан X"


class Counting(DocxTemplate):  # type: ignore[misc]
    """Counts how often docxtpl makes Jinja's source out of XML."""

    compiled = 0

    def patch_xml(self, src_xml: str) -> str:
        Counting.compiled += 1
        return str(super().patch_xml(src_xml))


def test_every_rendering_compiles() -> None:
    """docxtpl compiles the template anew for each document; planforge once, and gives the same bytes each time."""
    source = docx("{{ x }}")
    template = Counting(BytesIO(source))
    for _ in range(3):
        before = Counting.compiled
        template.render({"x": "X"})
        assert Counting.compiled > before
    ours = Template.open(source, schema=None)
    program = ours.program
    assert len({ours.render({"x": "X"}) for _ in range(3)}) == 1
    assert ours.program is program


# --- places ----------------------------------------------------------------------------------------------------------


def test_errors_have_no_place() -> None:
    """docxtpl quotes seven lines around a syntax error and nothing at all for an error in the data; here is a place."""
    lines = [f"мөр {n}" for n in range(1, 21)]
    lines[9] = "{{ x y }}"
    with pytest.raises(TemplateSyntaxError) as syntax:
        by_docxtpl(docx("\n".join(lines)), DATA)
    assert len(list(syntax.value.docx_context)) == 7  # type: ignore[attr-defined]
    lines[9] = "| {{ nmae.first }} |"
    source = docx("\n".join(lines))
    with pytest.raises(Exception, match="'nmae' is undefined") as undefined:
        by_docxtpl(source, DATA)
    assert "10" not in str(undefined.value)
    with pytest.raises(DataError) as caught:
        untyped(source, DATA)
    (problem,) = caught.value.problems
    assert isinstance(problem.place, DocumentPlace)
    assert (problem.place.table, problem.place.row, problem.place.cell) == (1, 1, 1)
    with pytest.raises(TemplateError) as typed:
        Template.open(docx("{{ plan.titel }}\n{{ plan.title | uper }}\nа {%p if plan.stage %}"))
    assert {problem.code for problem in typed.value.problems} == {"PF205", "PF207", "PF217"}


def test_scanning_is_quadratic() -> None:
    """Twice the braces take docxtpl four times as long; planforge refuses sixty thousand at once."""

    def took(work: Callable[[], object]) -> float:
        started = time.process_time()
        with pytest.raises(Exception):  # noqa: B017 - whatever is raised
            work()
        return time.process_time() - started

    sources = [docx("{" * count) for count in (3_000, 9_000)]
    small, large = (min(took(lambda s=s: by_docxtpl(s, {})) for _ in range(2)) for s in sources)  # type: ignore[misc]
    assert large > 4 * small
    braces = docx("{" * 60_000)
    assert took(lambda: Template.open(braces, schema=None)) < 3


# --- packages --------------------------------------------------------------------------------------------------------

THROUGH: Mapping[str, tuple[str, str]] = {
    # what lies about itself: read as if it were sound
    "prefixed": ("word/document.xml", "PF257"),
    "many_entries": ("word/document.xml", "PF258"),
    "bomb": ("word/document.xml", "PF258"),
    "bomb_of_parts": ("word/document.xml", "PF258"),
    "large_xml": ("word/document.xml", "PF258"),
    "lying_size": ("word/document.xml", "PF259"),
    "lying_large": ("word/document.xml", "PF259"),
    "overlapping": ("word/document.xml", "PF259"),
    "header_disagrees": ("word/document.xml", "PF259"),
    "wrong_crc": ("word/document.xml", "PF264"),
    "climbing_name": ("word/document.xml", "PF260"),
    "absolute_name": ("word/document.xml", "PF260"),
    "backslash_name": ("word/document.xml", "PF260"),
    "case_duplicate": ("word/document.xml", "PF261"),
    "deep": ("word/document.xml", "PF258"),
    # document types and entities
    "doctype": ("word/document.xml", "PF270"),
    "doctype_utf16": ("word/document.xml", "PF270"),
    "entity_of_file": ("word/document.xml", "PF270"),
    "entity_of_web": ("word/document.xml", "PF270"),
    "parameter_entity": ("word/document.xml", "PF270"),
    # what fetches
    "external_image": ("http://example.org/a.png", "PF271"),
    "external_share": ("file://server/a.png", "PF271"),
    "file_link": ("file:///c:/a.exe", "PF271"),
    "sub_document": ('Target="a.docx"', "PF271"),
    "frame": ("http://example.org/", "PF271"),
    "linked_object": ("file:///c:/a.xlsx", "PF271"),
    "linked_chart": ("file:///c:/a.xlsx", "PF271"),
    "video": ("http://example.org/a.mp4", "PF271"),
    "attached_template": ("http://example.org/a.dotm", "PF277"),
    "attached_share": ("server", "PF277"),
    "vml_source": ("http://example.org/a.png", "PF276"),
    "svg_link": ("http://example.org/a.png", "PF276"),
    # what runs or embeds
    "alt_chunk": ("<html/>", "PF272"),
    "ole_object": ("oleObject", "PF272"),
    "package_object": ("spreadsheetml.sheet", "PF272"),
    "active_x": ("activeX", "PF272"),
    "vba_renamed": ("\xd0\xcf\x11\xe0", "PF276"),
    "vba_mistyped": ("vbaProject", "PF267"),
    "dde_field": ("DEAU", "PF274"),
    "dde_nested": ("<w:instrText>DDE", "PF274"),
    "include_field": ("INCLUDEPICTURE", "PF274"),
    "file_link_field": ("file://server/a", "PF274"),
    "mail_merge": ("SELECT 1", "PF276"),
    "svg_script": ("<script>", "PF276"),
}
"""Packages by name: what of them stands in docxtpl's output, and planforge's code. `test_hostile.py` has them all."""

RAISED: Mapping[str, tuple[str, str]] = {
    "empty": ("BadZipFile", "PF254"),
    "not_a_zip": ("BadZipFile", "PF255"),
    "old_word": ("BadZipFile", "PF256"),
    "encrypted_word": ("BadZipFile", "PF256"),
    "truncated": ("BadZipFile", "PF257"),
    "duplicate_name": ("AttributeError", "PF261"),
    "docm": ("ValueError", "PF267"),
    "docm_renamed": ("ValueError", "PF267"),
    "no_main": ("KeyError", "PF268"),
    "billion_laughs": ("XMLSyntaxError", "PF270"),
    "quadratic_entity": ("XMLSyntaxError", "PF270"),
    "very_deep": ("XMLSyntaxError", "PF258"),
    "climbing_target": ("KeyError", "PF275"),
}
"""Packages that docxtpl cannot read either: the error that it lets its user see, and planforge's code."""


@pytest.mark.filterwarnings("ignore:Duplicate name")
@pytest.mark.parametrize("name", THROUGH)
def test_packages_pass(name: str) -> None:
    """docxtpl passes the payload into its output, in a document that it calls finished; planforge refuses the file."""
    source = BUILDERS[name]()
    payload, code = THROUGH[name]
    document = by_docxtpl(source, {})
    with zipfile.ZipFile(BytesIO(document)) as archive:
        inside = [*archive.namelist(), *(archive.read(entry).decode("latin-1") for entry in archive.namelist())]
    assert any(payload in text for text in inside)
    with pytest.raises(TemplateError) as caught:
        Template.open(source)
    assert {problem.code for problem in caught.value.problems} == {code}


@pytest.mark.parametrize("name", RAISED)
def test_packages_crash(name: str) -> None:
    """What is no document is an error of another library in docxtpl; planforge says what it is."""
    error, code = RAISED[name]
    source = BUILDERS[name]()
    assert told(lambda: str(by_docxtpl(source, {}))) == error
    with pytest.raises(TemplateError) as caught:
        Template.open(source)
    assert [problem.code for problem in caught.value.problems] == [code]


def test_base_template() -> None:
    """Every document made on python-docx's own template has 788 KB of styles; planforge's base is small and clean."""
    import docx as python_docx

    out = BytesIO()
    python_docx.Document().save(out)
    theirs = opc.unpack(out.getvalue())
    ours = opc.unpack(docx("а"))
    assert sum(map(len, (theirs.parts[n] for n in theirs.parts if "tyles" in n))) > 700_000
    assert sum(map(len, ours.parts.values())) < 50_000
    assert check_package(docx("а")) == ()
