"""`planforge.inspection`: hostile files are refused with their code, good ones are read."""

from __future__ import annotations

import re
from contextlib import nullcontext, suppress
from pathlib import Path
from xml.sax.saxutils import escape, quoteattr

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from planforge import Template, archive, inspection, opc
from planforge.errors import DocumentError, TemplateError, catalogue
from planforge.package_rules import check_package
from planforge.reader import strip
from planforge.templates import base
from tests.packages import (
    BUILDERS,
    DOC_REL,
    Raw,
    attached,
    document,
    field,
    good,
    raw_parts,
    raw_zip,
    related,
    trigger,
    with_chart,
)
from tests.workbooks import workbook

# The code that each bad package must be refused with; every name of BUILDERS is here.
REFUSED = {
    "empty": "PF254",
    "not_a_zip": "PF255",
    "ole": "PF256",
    "old_word": "PF256",
    "encrypted_word": "PF256",
    "truncated": "PF257",
    "cut_in_directory": "PF257",
    "no_such_count": "PF257",
    "damaged_directory": "PF257",
    "prefixed": "PF257",
    "no_local_header": "PF257",
    "broken_zip64": "PF257",
    "past_the_end": "PF257",
    "large_xml_by_type": "PF258",
    "too_large": "PF258",
    "many_entries": "PF258",
    "bomb": "PF258",
    "bomb_of_parts": "PF258",
    "large_part": "PF258",
    "large_xml": "PF258",
    "many_elements": "PF258",
    "lying_size": "PF259",
    "lying_large": "PF259",
    "overlapping": "PF259",
    "header_disagrees": "PF259",
    "climbing_name": "PF260",
    "absolute_name": "PF260",
    "backslash_name": "PF260",
    "drive_name": "PF260",
    "no_name": "PF260",
    "folder_with_data": "PF260",
    "duplicate_name": "PF261",
    "case_duplicate": "PF261",
    "encrypted": "PF262",
    "other_method": "PF263",
    "wrong_crc": "PF264",
    "wrong_deflate": "PF264",
    "unfinished_deflate": "PF264",
    "no_types": "PF265",
    "odt": "PF266",
    "workbook": "PF266",
    "presentation": "PF266",
    "dotx": "PF266",
    "unknown_kind": "PF266",
    "strict": "PF266",
    "docm": "PF267",
    "docm_renamed": "PF267",
    "no_main": "PF268",
    "no_relationships": "PF268",
    "broken_xml": "PF269",
    "broken_types": "PF269",
    "broken_relationships": "PF269",
    "utf32": "PF269",
    "utf7": "PF269",
    "wrong_utf8": "PF269",
    "doctype": "PF270",
    "doctype_utf16": "PF270",
    "doctype_utf16be": "PF270",
    "doctype_in_types": "PF270",
    "entity_of_file": "PF270",
    "entity_of_web": "PF270",
    "parameter_entity": "PF270",
    "doctype_of_web": "PF270",
    "billion_laughs": "PF270",
    "quadratic_entity": "PF270",
    "deep": "PF258",
    "very_deep": "PF258",
    "many_attributes": "PF258",
    "external_image": "PF271",
    "external_share": "PF271",
    "file_link": "PF271",
    "relative_link": "PF271",
    "sub_document": "PF271",
    "frame": "PF271",
    "linked_object": "PF271",
    "linked_chart": "PF271",
    "style_sheet": "PF271",
    "video": "PF271",
    "ftp_link": "PF271",
    "attached_template": "PF277",
    "attached_share": "PF277",
    "attached_file_share": "PF277",
    "attached_hidden_share": "PF277",
    "attached_inside": "PF277",
    "alt_chunk": "PF272",
    "ole_object": "PF272",
    "package_object": "PF272",
    "active_x": "PF272",
    "vba_mistyped": "PF267",
    "strict_ole": "PF272",
    "odd_case_relationships": "PF271",
    "broken_odd_case": "PF269",
    "untyped_part": "PF273",
    "html_part": "PF273",
    "dde_field": "PF274",
    "dde_nested": "PF274",
    "dde_unclosed": "PF274",
    "dde_stray": "PF274",
    "include_field": "PF274",
    "file_link_field": "PF274",
    "climbing_target": "PF275",
    "address_target": "PF275",
    "vba_renamed": "PF276",
    "mail_merge": "PF276",
    "vml_source": "PF276",
    "vml_link": "PF276",
    "svg_script": "PF276",
    "svg_link": "PF276",
}


@pytest.mark.parametrize(("name", "code"), REFUSED.items(), ids=REFUSED)
def test_bad_package_is_refused(name: str, code: str) -> None:
    """Each bad file is refused with exactly its own code, and the texts of the problem are complete."""
    with pytest.raises(DocumentError) as caught:
        inspection.read(BUILDERS[name](), file="plan.docx")
    assert {problem.code for problem in caught.value.problems} == {code}
    assert all(problem.format(lang) for problem in caught.value.problems for lang in ("mn", "en"))


def test_every_builder_is_judged() -> None:
    """No hostile builder goes without an expected code."""
    assert set(BUILDERS) - set(REFUSED) == {"cell_without_paragraph", "local_template"}


MINE = [c for c, entry in catalogue().items() if re.match(r"PF(2[567]|51|70)", c) and "command" not in entry.case]


@pytest.mark.parametrize("code", MINE)
def test_catalogue_case(code: str, tmp_path: Path) -> None:
    """The smallest case in the catalogue gives its code."""
    assert code in {problem.code for problem in trigger(catalogue()[code].case, tmp_path)}


def test_all_problems_at_once() -> None:
    """Faults of different parts are reported together, each with its part."""
    package = good().replace({"word/styles.xml": b"<a", "word/settings.xml": b"<!DOCTYPE a><a/>", "x.dat": b""})
    problems = inspection.inspect(package)
    assert [(p.code, getattr(p.place, "part", None)) for p in problems] == [
        ("PF269", "word/styles.xml"),
        ("PF270", "word/settings.xml"),
        ("PF273", "x.dat"),
    ]


def test_another_kind_of_file_is_told_alone() -> None:
    """What is as it should be in a workbook is no news about a Word file."""
    found = inspection.inspect(opc.unpack(workbook("# Нэгж\nНэр\nа")))
    assert [p.code for p in found] == ["PF266"]


def test_broken_xml_says_the_line() -> None:
    """An XML fault names part and line."""
    with pytest.raises(DocumentError) as caught:
        inspection.read(good().replace({"word/styles.xml": b"<a>\n\n<b></a>"}).to_bytes(), file="plan.docx")
    (problem,) = caught.value.problems
    assert (problem.args["line"], problem.args["column"]) == (3, 8)
    assert "word/styles.xml" in problem.format("mn")


def test_error_class_is_the_callers() -> None:
    """A template reader gets its own class of error."""
    with pytest.raises(TemplateError):
        inspection.read(b"", error=TemplateError)


GOOD = {
    "base": lambda: good().to_bytes(),
    "stored": lambda: opc.write(archive.store(n, d) for n, d in base().items()),
    "folders": lambda: raw_zip(raw_parts(Raw("word/media/"))),
    "zip64": lambda: raw_zip([Raw(n, d, zip64=True) for n, d in base().items()]),
    "comment": lambda: good().to_bytes()[:-2] + b"\x02\0ab",
    "utf16": lambda: good().replace({
        "word/document.xml": base()["word/document.xml"].decode().replace("UTF-8", "UTF-16").encode("utf-16")
    }).to_bytes(),
    "web_link": lambda: related("hyperlink", "https://example.org/", external=True).to_bytes(),
    "mail_link": lambda: related("hyperlink", "mailto:a@example.org", external=True).to_bytes(),
    "inner_link": lambda: related("hyperlink", "#Start").to_bytes(),
    "bookmark_link": lambda: related("hyperlink", "#Start", external=True).to_bytes(),
    "page_field": lambda: document(field(" PA", "GE ")).to_bytes(),
    "link_field": lambda: document(field('HYPERLINK "https://example.org/" \\o "tip"')).to_bytes(),
    "toc_link_field": lambda: document(field('HYPERLINK \\l "_Toc1"')).to_bytes(),
    "empty_field": lambda: document(field("")).to_bytes(),
    "tags_in_text": lambda: document("<w:p><w:r><w:t>{{ x }} &lt;!DOCTYPE&gt;</w:t></w:r></w:p>").to_bytes(),
    "custom_xml": lambda: good().add(
        "customXml/item1.xml", b"<a/>", "application/xml", DOC_REL + "customXml"
    ).to_bytes(),
    "picture": lambda: good().add("word/media/image1.png", b"\x89PNG", "image/png", DOC_REL + "image").to_bytes(),
    "chart_with_book": lambda: with_chart().to_bytes(),
    "deep_enough": lambda: document("<w:p>" * 98 + "</w:p>" * 98).to_bytes(),
    "form_field": lambda: document(
        '<w:p><w:r><w:fldChar w:fldCharType="begin"><w:ffData><w:name w:val="a"/><w:textInput/></w:ffData></w:fldChar>'
        '</w:r><w:r><w:instrText> FORMTEXT </w:instrText></w:r><w:r><w:fldChar w:fldCharType="end"/></w:r></w:p>'
    ).to_bytes(),
    "content_control": lambda: document(
        '<w:sdt><w:sdtPr><w:id w:val="1"/><w:dropDownList><w:listItem w:value="а"/></w:dropDownList></w:sdtPr>'
        "<w:sdtContent><w:p/></w:sdtContent></w:sdt>"
    ).to_bytes(),
    "plain_svg": lambda: good().add(
        "word/media/a.svg", b'<svg xmlns="http://www.w3.org/2000/svg"><use href="#a"/></svg>', "image/svg+xml",
        DOC_REL + "image",
    ).to_bytes(),
}  # fmt: skip


HONEST_FIELDS = r"""PAGE \* MERGEFORMAT|page|NUMPAGES|SECTIONPAGES|TOC \o "1-3" \h \z \u|PAGEREF _Toc123 \h|REF a \r \h|
HYPERLINK \l "_Toc123"|HYPERLINK "http://example.org/а" \t "_blank"|DOCPROPERTY "Дугаар" \* MERGEFORMAT|SEQ Зураг \* ARABIC|
STYLEREF "Heading 1"|FORMTEXT|FORMCHECKBOX|FORMDROPDOWN|SAVEDATE \@ "yyyy.MM.dd"|FILENAME \p|AUTHOR|USERNAME|=SUM(ABOVE) \# "0"|
= 1 + 2|XE "үг"|SYMBOL 61472 \f Wingdings""".replace("\n", "").split("|")


@pytest.mark.parametrize("instruction", HONEST_FIELDS)
def test_honest_field_passes(instruction: str) -> None:
    """What Word itself puts into documents is read, in both forms of a field."""
    simple = document(f"<w:p><w:fldSimple w:instr={quoteattr(instruction)}/></w:p>")
    assert inspection.read(document(field(escape(instruction))).to_bytes()).parts
    assert inspection.read(simple.to_bytes()).parts


HOSTILE_FIELDS = r"""DDE excel a|DDEAUTO c:\\windows\\cmd.exe a|dDeAuto c a|INCLUDEPICTURE "http://a/b.png" \d|INCLUDETEXT c:\\a|
INCLUDE a|IMPORT a|LINK Excel.Sheet c:\\a|EMBED Package|DATABASE \d a|RD a.docx|AUTOTEXT a|AUTOTEXTLIST|MACROBUTTON a b|
GOTOBUTTON a b|PRINT \p page|FILLIN|ASK a b|MERGEFIELD a|NEXT|QUOTE 68|SET a b|IF 1 = 1 a b|ADDIN|
HYPERLINK "file:///c:/a.exe"|HYPERLINK c:\\a.exe|HYPERLINK \\\\server\\a|HYPERLINK \o tip "ms-word:ofe"|PRIVATE""".replace(
    "\n", ""
).split("|")


@pytest.mark.parametrize("instruction", HOSTILE_FIELDS)
def test_hostile_field_is_refused(instruction: str) -> None:
    """What fetches, embeds, runs or asks when the document is opened or updated, also split over runs."""
    halves = (escape(instruction[:2]), escape(instruction[2:]))
    for package in (document(field(*halves)), document(f"<w:p><w:fldSimple w:instr={quoteattr(instruction)}/></w:p>")):
        with pytest.raises(DocumentError) as caught:
            inspection.read(package.to_bytes())
        assert [(p.code, getattr(p.place, "part", None)) for p in caught.value.problems] == [
            ("PF274", "word/document.xml")
        ]


LOCAL = [
    "file:///C:\\Templates\\Normal.dotm",
    "C:\\a.dotm",
    "file:///C:/a%20b.dotm",
    "Normal.dotm",
    "file:///srv/a.dotx",
]


@pytest.mark.parametrize("target", LOCAL)
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_local_template_is_dropped(target: str, encoding: str) -> None:
    """The link to a template on somebody's machine goes with a warning; every other byte stays."""
    package = opc.unpack(attached(target))
    before = dict(package.parts)
    for name in ("word/settings.xml", "word/_rels/settings.xml.rels"):
        before[name] = before[name].decode().replace("UTF-8", encoding[:6].upper().rstrip("-")).encode(encoding)
    read = inspection.read(package.replace(before).to_bytes(), file="a.docx")
    assert [(p.code, p.severity, p.args["target"]) for p in read.warnings] == [("PF279", "warning", target)]
    changed = {name for name in read.parts if read.parts[name] != before[name]}
    assert changed == {"word/settings.xml", "word/_rels/settings.xml.rels"}
    for name, pattern in (
        ("word/settings.xml", "<w:attachedTemplate [^>]*/>"),
        ("word/_rels/settings.xml.rels", "<Relationship [^>]*/>"),
    ):
        expected = re.sub(pattern, "", before[name].decode(encoding)).encode(encoding)
        assert read.parts[name] == expected
    assert Template.open(package.replace(before).to_bytes(), schema=None).warnings


def test_a_document_keeps_its_template_when_its_data_are_taken_out() -> None:
    """`strip` takes out the data and nothing else."""
    assert b"attachedTemplate" in opc.unpack(strip(attached("C:\\a.dotm"))).parts["word/settings.xml"]


def test_kinds_of_ole_files() -> None:
    """An old Word file, a file with a password and any other old file are called what they are."""
    said = []
    for name in ("old_word", "encrypted_word", "ole"):
        with pytest.raises(DocumentError) as caught:
            inspection.read(BUILDERS[name]())
        said.append(caught.value.problems[0].message("en"))
    assert said == [
        "This is an old Word file (.doc).",
        "This is a file protected by a password.",
        "This is an old Office file.",
    ]


def test_templates_have_fewer_elements() -> None:
    """The limit on elements and attributes is the caller's."""
    data = document('<w:p a="1"/>' * 1_000).to_bytes()
    for elements, refused in ((2_000, False), (900, True)):
        with pytest.raises(DocumentError) if refused else nullcontext():
            inspection.read(data, elements=elements)


@pytest.mark.parametrize("name", GOOD)
def test_good_package_passes(name: str) -> None:
    """What is legal is read."""
    assert inspection.read(GOOD[name]()).main == "word/document.xml"


@settings(max_examples=300)
@given(st.data())
def test_damage_never_surprises(data: st.DataObject) -> None:
    """Bytes of a good file changed anywhere give a package or a DocumentError, nothing else."""
    broken = bytearray(good().to_bytes())
    for _ in range(data.draw(st.integers(1, 4))):
        at = data.draw(st.integers(0, len(broken) - 1))
        broken[at] = data.draw(st.integers(0, 255))
    cut = data.draw(st.integers(0, len(broken)) | st.just(len(broken)))
    with suppress(DocumentError):
        inspection.read(bytes(broken[:cut]))


@settings(max_examples=300, deadline=None)
@given(st.data())
def test_damaged_parts_never_surprise(data: st.DataObject) -> None:
    """A part changed anywhere inside a sound archive gives a package or a DocumentError, and the rules never raise."""
    name = data.draw(st.sampled_from(sorted(base())))
    content = bytearray(base()[name])
    for _ in range(data.draw(st.integers(1, 3))):
        at = data.draw(st.integers(0, len(content)))
        content[at : at + data.draw(st.integers(0, 9))] = data.draw(st.sampled_from(PIECES) | st.binary(max_size=3))
    document = good().replace({name: bytes(content)}).to_bytes()
    with suppress(DocumentError):
        inspection.read(document)
    check_package(document)


PIECES = [
    b"",
    b"<",
    b">",
    b'"',
    b"/",
    b"<w:p>",
    b"</w:p>",
    b"<!DOCTYPE a>",
    b"&a;",
    b"\0",
    b"..",
    b"rId1",
    b"<!--",
    b"<?a?>",
]
