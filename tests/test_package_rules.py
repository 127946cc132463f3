"""`planforge.package_rules`: each rule catches its broken variant, and it alone; the good document breaks none."""

from __future__ import annotations

import io
from collections.abc import Callable

import docx
import pytest

from planforge import opc
from planforge.errors import DocumentPlace
from planforge.package_rules import RULES, check_package
from planforge.templates import base
from tests.packages import BUILDERS, DOC_REL, OFFICE, W, document, field, good, p, related, tbl, tc, tr, typed

R = f'xmlns:r="{DOC_REL[:-1]}"'
WP = 'xmlns:wp="http://schemas.openxmlformats.org/drawingml/2006/wordprocessingDrawing"'
W14 = 'xmlns:w14="http://schemas.microsoft.com/office/word/2010/wordml"'
MC = 'xmlns:mc="http://schemas.openxmlformats.org/markup-compatibility/2006"'
CORE = (
    'xmlns:cp="http://schemas.openxmlformats.org/package/2006/metadata/core-properties" '
    'xmlns:dc="http://purl.org/dc/elements/1.1/" xmlns:dcterms="http://purl.org/dc/terms/"'
)
PNG = b"\x89PNG\r\n\x1a\n"


def _span(number: int | str) -> str:
    return f'<w:gridSpan w:val="{number}"/>'


def _merge(value: str = "continue") -> str:
    return f'<w:vMerge w:val="{value}"/>'


def _mark(id_: int, name: str, end: int | None = None) -> str:
    start = f'<w:bookmarkStart w:id="{id_}" w:name="{name}"/>'
    return f'<w:p>{start}<w:bookmarkEnd w:id="{id_ if end is None else end}"/></w:p>'


def _drawing(id_: int, cx: int = 9) -> str:
    inline = f'<wp:inline {WP}><wp:extent cx="{cx}" cy="9"/><wp:docPr id="{id_}" name="a"/></wp:inline>'
    return f"<w:p><w:r><w:drawing>{inline}</w:drawing></w:r></w:p>"


def _control(id_: int) -> str:
    return f'<w:sdt><w:sdtPr><w:id w:val="{id_}"/></w:sdtPr><w:sdtContent><w:p/></w:sdtContent></w:sdt>'


def _alternate(xml: str) -> str:
    """The same for newer and for older readers."""
    mc = 'xmlns:mc="http://schemas.openxmlformats.org/markup-compatibility/2006"'
    inside = f'<mc:Choice Requires="w">{xml}</mc:Choice><mc:Fallback>{xml}</mc:Fallback>'
    return f"<mc:AlternateContent {mc}>{inside}</mc:AlternateContent>"


def _footer(content: str) -> opc.Package:
    return document("", footer1=f"<w:ftr {W}>{content}</w:ftr>")


def _notes(content: str) -> opc.Package:
    data = f"<w:footnotes {W}>{content}</w:footnotes>".encode()
    return good().add("word/footnotes.xml", data, f"{OFFICE}wordprocessingml.footnotes+xml", DOC_REL + "footnotes")


def _numbering(content: str) -> opc.Package:
    data = f"<w:numbering {W}>{content}</w:numbering>".encode()
    return good().add("word/numbering.xml", data, f"{OFFICE}wordprocessingml.numbering+xml", DOC_REL + "numbering")


def _core(content: str) -> opc.Package:
    return good().replace({"docProps/core.xml": f"<cp:coreProperties {CORE}>{content}</cp:coreProperties>".encode()})


def _styles(more: str) -> opc.Package:
    text = base()["word/styles.xml"].decode()
    return good().replace({"word/styles.xml": text.replace("</w:styles>", more + "</w:styles>").encode()})


def _style(id_: str, inner: str = "", attributes: str = "") -> str:
    return f'<w:style w:type="paragraph" w:styleId="{id_}" {attributes}><w:name w:val="{id_}"/>{inner}</w:style>'


def _changed(name: str, old: str, new: str) -> opc.Package:
    text = base()[name].decode()
    assert old in text
    return good().replace({name: text.replace(old, new, 1).encode()})


HEADER = "<w:tblHeader/>"
MARK = '<w:bookmarkStart w:id="1" w:name="a"/><w:bookmarkEnd w:id="1"/>'
FOOTER1 = f'footer1.xml" ContentType="{OFFICE}wordprocessingml.footer+xml'
EMPTY_RELS = b'<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"/>'
NUMBERED = '<w:p><w:pPr><w:numPr><w:ilvl w:val="0"/><w:numId w:val="{}"/></w:numPr></w:pPr></w:p>'.format
NUMBERING = f'<w:numbering {W}><w:num w:numId="1"><w:abstractNumId w:val="7"/></w:num></w:numbering>'

# One broken variant, or several, of each rule.
BROKEN: dict[str, list[Callable[[], opc.Package]]] = {
    "type-once": [lambda: typed(good(), "</Types>", '<Default Extension="XML" ContentType="a/b"/></Types>')],
    "type-of-part": [
        lambda: typed(good(), "</Types>", '<Override PartName="/x.xml" ContentType="application/xml"/></Types>')
    ],
    "type-fits": [lambda: typed(good(), FOOTER1, FOOTER1.replace(".footer+", ".header+"))],
    "root-fits": [lambda: document("", footer1=f"<w:hdr {W}><w:p/></w:hdr>")],
    "one-main-part": [lambda: related("officeDocument", "/word/document.xml", source="")],
    "part-name": [
        lambda: good().add("word/зураг.png", PNG, "image/png", None),
        lambda: good().add("word/media./a.png", PNG, "image/png", None),
        lambda: good().add("word/styles.xml/a.png", PNG, "image/png", None),
    ],
    "part-once": [
        lambda: related("styles", "styles.xml"),
        lambda: related("extended-properties", "docProps/app.xml", source=""),
    ],
    "relationship-complete": [
        lambda: _changed("word/_rels/document.xml.rels", 'Id="rId1"', 'Id="1"'),
    ],
    "core-properties": [
        lambda: _core("<dc:title/><dc:title/>"),
        lambda: _core("<dcterms:created>20 March</dcterms:created>"),
    ],
    "prefix-declared": [
        lambda: good().replace({"word/settings.xml": f'<w:settings {W} {MC} mc:Ignorable="w14"/>'.encode()}),
        lambda: document(f'<w:p {MC}><mc:AlternateContent><mc:Choice Requires="wps"/></mc:AlternateContent></w:p>'),
    ],
    "text-is-plain": [lambda: document("<w:p><w:r><w:t>x<w:br/></w:t></w:r></w:p>")],
    "properties-order": [
        lambda: document('<w:p><w:pPr><w:jc w:val="left"/><w:spacing w:before="0"/></w:pPr></w:p>'),
        lambda: document('<w:p><w:pPr><w:jc w:val="left"/><w:jc w:val="left"/></w:pPr></w:p>'),
        lambda: document(tbl(1, tr(tc(properties='<w:vMerge w:val="restart"/><w:tcW w:w="0" w:type="auto"/>')))),
        lambda: document("").replace({
            "word/document.xml": f'<w:document {W}><w:body><w:p/><w:sectPr><w:pgMar/><w:pgSz w:w="9" w:h="9"/></w:sectPr>'
            "</w:body></w:document>".encode()
        }),
    ],
    "document-has-body": [lambda: good().replace({"word/document.xml": f"<w:document {W}/>".encode()})],
    "text-box-has-paragraph": [
        lambda: document("<w:p><w:r><w:pict><w:txbxContent/></w:pict></w:r></w:p>"),
        lambda: document(
            f"<w:p><w:r><w:pict><w:txbxContent>{tbl(1, tr(tc())).removesuffix(p())}</w:txbxContent></w:pict></w:r></w:p>"
        ),
    ],
    "note-once": [lambda: _notes('<w:footnote w:id="2"><w:p/></w:footnote>' * 2)],
    "list-order": [
        lambda: _numbering('<w:num w:numId="1"><w:abstractNumId w:val="7"/></w:num><w:abstractNum w:abstractNumId="7"/>'),
        lambda: _numbering('<w:abstractNum w:abstractNumId="7"/>' * 2),
        lambda: _numbering(
            '<w:abstractNum w:abstractNumId="7"/>' + '<w:num w:numId="1"><w:abstractNumId w:val="7"/></w:num>' * 2
        ),
    ],
    "list-level": [
        lambda: document('<w:p><w:pPr><w:numPr><w:ilvl w:val="9"/><w:numId w:val="0"/></w:numPr></w:pPr></w:p>'),
        lambda: _numbering('<w:abstractNum w:abstractNumId="7"><w:lvl w:ilvl="9"/></w:abstractNum>'),
    ],
    "choice-value": [
        lambda: document('<w:p><w:pPr><w:jc w:val="centre"/></w:pPr></w:p>'),
        lambda: document(tbl(1, tr(tc(properties='<w:vAlign w:val="middle"/>')))),
    ],
    "color-value": [
        lambda: document('<w:p><w:r><w:rPr><w:color w:val="red"/></w:rPr></w:r></w:p>'),
        lambda: document(tbl(1, tr(tc(properties='<w:shd w:val="clear" w:fill="#FF0000"/>')))),
    ],
    "target-exists": [lambda: related("image", "media/none.png")],
    "relationship-id-once": [lambda: _changed("word/_rels/document.xml.rels", 'Id="rId3"', 'Id="rId2"')],
    "relationships-of-part": [lambda: good().replace({"word/_rels/x.xml.rels": EMPTY_RELS})],
    "reference-exists": [
        lambda: document(f'<w:p><w:hyperlink {R} r:id="rId77"/></w:p>'),
        lambda: _changed("word/document.xml", "rId5", "rId3"),
    ],
    "picture-type": [lambda: good().add("word/media/a.png", b"GIF89a", "image/png", DOC_REL + "image")],
    "text-place": [
        lambda: document("<w:p>x</w:p>"),
        lambda: document("<w:p><w:r/>x</w:p>"),
    ],
    "space-kept": [lambda: document("<w:p><w:r><w:t>a </w:t></w:r></w:p>")],
    "nesting": [
        lambda: document("<w:p><w:p/></w:p>"),
        lambda: document("<w:p><w:t>x</w:t></w:p>"),
        lambda: document("<w:p><w:hyperlink><w:hyperlink/></w:hyperlink></w:p>"),
    ],
    "properties-first": [
        lambda: document("<w:p><w:r/><w:pPr/></w:p>"),
        lambda: document("<w:p><w:pPr/><w:pPr/></w:p>"),
    ],
    "story-has-paragraph": [lambda: _footer("")],
    "control-has-content": [lambda: document("<w:sdt><w:sdtContent/></w:sdt>")],
    "section-last": [lambda: _changed("word/document.xml", "</w:body>", "<w:p/></w:body>")],
    "section-references": [lambda: _changed("word/document.xml", 'w:type="first"', 'w:type="default"')],
    "page-fits": [lambda: _changed("word/document.xml", 'w:left="1701"', 'w:left="11701"')],
    "cell-ends-with-paragraph": [
        lambda: document(tbl(1, tr("<w:tc/>"))),
        lambda: document(tbl(1, tr(tc(tbl(1, tr(tc())).removesuffix(p()))))),
        lambda: document(tbl(1, tr(tc(f"<w:sdt><w:sdtContent>{MARK}</w:sdtContent></w:sdt>")))),
    ],
    "row-has-cells": [lambda: document(tbl(1, tr()))],
    "table-has-rows": [lambda: document(tbl(1))],
    "table-has-grid": [lambda: document(tbl(0, tr(tc())))],
    "row-fits-grid": [
        lambda: document(tbl(2, tr(tc()))),
        lambda: document(tbl(2, tr(tc(), tc(), properties='<w:gridBefore w:val="1"/>'))),
    ],
    "span-positive": [lambda: document(tbl(1, tr(tc(properties=_span(0)), tc())))],
    "columns-limit": [lambda: document(tbl(64, tr(*[tc()] * 64)))],
    "merge-has-start": [
        lambda: document(tbl(1, tr(tc(properties=_merge())))),
        lambda: document(tbl(2, tr(tc(properties=_span(2) + _merge("restart"))), tr(tc(properties=_merge()), tc()))),
        lambda: document(tbl(1, tr(tc(properties=_merge("restart"))), tr(tc()), tr(tc(properties=_merge())))),
    ],
    "header-rows-first": [
        lambda: document(tbl(1, tr(tc()), tr(tc(), properties=HEADER))),
        lambda: document(tbl(1, tr(tc(), properties=HEADER), tr(tc()), tr(tc(), properties=HEADER))),
    ],
    "bookmark-id": [lambda: document(_mark(1, "a") + _mark(1, "b"))],
    "bookmark-name": [
        lambda: document(_mark(1, "a") + _mark(2, "A")),
        lambda: document(_mark(1, "a" * 41)),
        lambda: document(_mark(1, "1a")),
    ],
    "bookmark-pair": [
        lambda: document(_mark(1, "a", 2)),
        lambda: document('<w:p><w:bookmarkEnd w:id="1"/></w:p>'),
    ],
    "drawing-id": [lambda: document(_drawing(1) + _drawing(1)), lambda: document(_drawing(-1))],
    "paragraph-id": [
        lambda: document(f'<w:p {W14} w14:paraId="00000001"/><w:p {W14} w14:paraId="00000001"/>'),
        lambda: document(f'<w:p {W14} w14:paraId="80000000"/>'),
    ],
    "control-id": [lambda: document(_control(1) + _control(1))],
    "field-balanced": [
        lambda: document('<w:p><w:r><w:fldChar w:fldCharType="begin"/></w:r></w:p>'),
        lambda: document('<w:p><w:r><w:fldChar w:fldCharType="end"/></w:r></w:p>'),
        lambda: document(field("PAGE").replace('"begin"', '"separate"')),
    ],
    "note-exists": [
        lambda: document('<w:p><w:r><w:footnoteReference w:id="2"/></w:r></w:p>'),
        lambda: _changed(
            "word/settings.xml", "</w:settings>", '<w:footnotePr><w:footnote w:id="-1"/></w:footnotePr></w:settings>'
        ),
    ],
    "style-exists": [
        lambda: document(p("x", "None")),
        lambda: document('<w:p><w:r><w:rPr><w:rStyle w:val="Text"/></w:rPr></w:r></w:p>'),
    ],
    "style-chain": [
        lambda: _styles(_style("A", '<w:basedOn w:val="B"/>') + _style("B", '<w:basedOn w:val="A"/>')),
        lambda: _styles(_style("A", '<w:next w:val="None"/>')),
    ],
    "style-once": [lambda: _styles(_style("Text")), lambda: _styles(_style("A", attributes='w:default="1"'))],
    "list-exists": [
        lambda: document(NUMBERED(3)),
        lambda: good().add(
            "word/numbering.xml", NUMBERING.encode(), f"{OFFICE}wordprocessingml.numbering+xml", DOC_REL + "numbering"
        ),
    ],
    "switch-value": [lambda: document('<w:p><w:r><w:rPr><w:b w:val="maybe"/></w:rPr></w:r></w:p>')],
    "number-value": [
        lambda: document('<w:p><w:r><w:rPr><w:sz w:val="10.5"/></w:rPr></w:r></w:p>'),
        lambda: document(tbl(1, tr(tc())).replace('w:w="1000"', 'w:w="1000.5"')),
    ],
    "zoom-percent": [lambda: _changed("word/settings.xml", ' w:percent="100"', "")],
    "drawing-size": [lambda: document(_drawing(1, 0)), lambda: document(_drawing(1, -9))],
    "leftover-tag": [lambda: document("<w:p><w:r><w:t>{</w:t></w:r><w:r><w:t>{ x }}</w:t></w:r></w:p>")],
}  # fmt: skip

# Variants that cannot but break a second rule as well.
ALSO = {"bookmark-id": {"bookmark-pair"}, "span-positive": {"row-fits-grid"}}


@pytest.mark.parametrize("rule", [rule.id for rule in RULES])
def test_rule_catches_its_variants(rule: str) -> None:
    """Each variant is found by its rule, and by no other."""
    for variant in BROKEN[rule]:
        problems = check_package(variant().to_bytes(), file="plan.docx", leftovers=True)
        assert {problem.code for problem in problems} == {"PF510"}
        assert {rule} <= {str(problem.args["rule"]) for problem in problems} <= {rule} | ALSO.get(rule, set())
        assert all(problem.format(lang) for problem in problems for lang in ("mn", "en"))


RICH = [
    tbl(
        3,
        tr(tc(properties=_merge("restart")), tc(properties=_span(2)), properties=HEADER),
        tr(tc(properties=_merge()), tc(), tc(), properties=HEADER),
        tr(tc(properties=_span(2)), properties='<w:gridBefore w:val="1"/>'),
        tr(tc(p("1.")), f"<w:sdt><w:sdtContent>{tc()}</w:sdtContent></w:sdt>", tc(tbl(1, tr(tc())))),
    ),
    _mark(1, "_pf_a1") + _mark(2, "Ажил_2"),
    field("PAGE") + field('TOC \\o "1-3"'),
    _drawing(1) + _drawing(2),
    NUMBERED(0),
    p("Төлөвлөгөө", "Title") + p(" a & b ".replace("&", "&amp;"), "Text"),
    "<w:sdt><w:sdtContent><w:p/></w:sdtContent></w:sdt>",
    _alternate(_mark(3, "b") + _control(1) + f'<w:p {W14} w14:paraId="00000001"/>') + _control(2),
]


@pytest.mark.parametrize("body", ["", *RICH, "".join(RICH)])
def test_good_document_breaks_no_rule(body: str) -> None:
    """The base document and everything legal in it pass, tags and all."""
    assert check_package(document(body).to_bytes(), leftovers=True) == ()


def test_rules_are_a_table() -> None:
    """Ids are unique, each rule has a reason and a variant."""
    assert len({rule.id for rule in RULES}) == len(RULES) == len(BROKEN)
    assert all(rule.reason and rule.broken.mn and rule.broken.en for rule in RULES)


def test_place_is_one_that_a_person_finds() -> None:
    """A broken cell is named by table, row and cell."""
    body = tbl(1, tr(tc())) + tbl(2, tr(tc(), tc()), tr(tc(), "<w:tc/>"))
    (problem,) = check_package(document(body).to_bytes(), file="plan.docx")
    assert problem.place == DocumentPlace(file="plan.docx", part="word/document.xml", table=2, row=2, cell=2)
    assert "хүснэгт 2, мөр 2, нүд 2" in problem.format("mn")


def test_tags_are_left_alone_by_default() -> None:
    """Data may hold braces, and so does every template."""
    assert check_package(document(p("{{ x }}")).to_bytes()) == ()


@pytest.mark.parametrize("name", [name for name in BUILDERS if name != "cell_without_paragraph"])
def test_bad_packages_are_reported(name: str) -> None:
    """Whatever the reader refuses, the rules report, and nothing escapes."""
    assert check_package(BUILDERS[name]())


def test_python_docx_default_is_not_clean() -> None:
    """The document that python-docx starts from lacks the zoom percent: a real find of the rules."""
    stream = io.BytesIO()
    docx.Document().save(stream)
    assert {str(problem.args.get("rule")) for problem in check_package(stream.getvalue())} == {"zoom-percent"}
