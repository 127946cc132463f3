"""Values besides text: pictures, docxtpl's RichText, RichTextParagraph and Listing, wherever a tag may stand."""

from __future__ import annotations

import hashlib
import io
import pickle
import random
import re
import struct
import time
import tracemalloc
import zlib
from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any, cast

import docx as python_docx
import pytest
from docxtpl import DocxTemplate, InlineImage, Listing, RichText, RichTextParagraph
from hypothesis import given, settings
from hypothesis import strategies as st
from lxml import etree

from planforge import Image, Plan, Template, inspection, office, opc, templates, wml
from planforge.errors import DataError, PlanforgeError
from planforge.package_rules import check_package
from planforge.wml import w
from tests import sdk
from tests.bodies import body, docx, outline, paragraph, with_body
from tests.images import chunk, gif, jpeg, png

WP = "{http://schemas.openxmlformats.org/drawingml/2006/wordprocessingDrawing}"
R = "{http://schemas.openxmlformats.org/officeDocument/2006/relationships}"
BLIP = "{http://schemas.openxmlformats.org/drawingml/2006/main}blip"
PICTURE = Image(png(4, 2), width=20, alt='тамга & "<зураг>"')


def rich() -> RichText:
    """Text in three formats, with what XML must escape and a line break."""
    text = RichText("т<о>д & ", bold=True, color="#C00000", size=28)
    text.add("мөр\nшугам", italic=True, underline="wave", highlight="ffff00", font="Arial")
    text.add("2", superscript=True)
    return text


def whole() -> RichTextParagraph:
    text = RichTextParagraph(rich(), parastyle="Header")
    text.add("нэг\nхоёр")
    return text


def with_styles(source: bytes, **styles: str) -> bytes:
    package = inspection.read(source)
    more = "".join(
        f'<w:style w:type="{kind}" w:styleId="{name}"><w:name w:val="{name}"/></w:style>'
        for name, kind in styles.items()
    )
    changed = package.parts["word/styles.xml"].replace(b"</w:styles>", f"{more}</w:styles>".encode())
    return package.replace({"word/styles.xml": changed}).to_bytes()


def untyped(source: bytes, data: Mapping[str, object]) -> bytes:
    """What a template without a schema renders; the package must keep every rule."""
    document = Template.open(source, schema=None).render(data)
    assert check_package(document) == ()
    return document


def codes(source: bytes, data: Mapping[str, object]) -> list[str]:
    """The codes of the problems that data in a template give; they must be told in both languages."""
    with pytest.raises(PlanforgeError) as caught:
        Template.open(source, schema=None).render(data)
    assert caught.value.format("mn")
    assert caught.value.format("en")
    return [p.code for p in caught.value.problems]


def shown(document: bytes, part: str = "word/document.xml") -> str:
    """The outline of a part, with ▣ for each picture."""
    root = inspection.read(document).parse(part)
    for drawing in list(root.iter(w("drawing"))):
        mark = etree.Element(w("t"))
        mark.text = "▣"
        drawing.getparent().replace(drawing, mark)  # type: ignore[union-attr]
    found = root.find(w("body"))
    return wml.outline(root if found is None else found)


# --- values × places -------------------------------------------------------------------------------------------------


def footer(xml: str, name: str = "word/footer1.xml") -> bytes:
    """The base document with more in a footer: the second one is that of its first page."""
    parts = {**templates.base()}
    parts[name] = parts[name].replace(b"</w:ftr>", f"{xml}</w:ftr>".encode())
    return opc.Package(parts).to_bytes()


def run(text: str) -> str:
    return f'<w:r><w:rPr><w:i/></w:rPr><w:t xml:space="preserve">{text}</w:t></w:r>'


PLACES: dict[str, tuple[bytes, str]] = {
    "text": (docx("а {{ x }} б"), "а ★ б"),
    "run": (docx("а {{r x }} б"), "а ★ б"),
    "paragraph": (docx("а\n{{p x }}\nб"), "а\n★\nб"),
    "loop": (docx("{%p for i in (x, 'в') %}\n{{ loop.index }} {{ i }}\n{%p endfor %}"), "1 ★\n2 в"),
    "set": (docx("{% set y = x %}{{ y }}"), "★"),
    "default": (docx("{{ no | default(x) }} {{ x or 'в' }} {{ x if x else 'в' }}"), "★ ★ ★"),
    "condition": (docx("{% if x %}{{ x }}{% endif %}"), "★"),
    "item": (docx("{{ (x,) | first }}{{ (x,)[0] }}"), "★★"),
    "footer": (footer(paragraph("{{ x }}")), "2\n★"),
    "hyperlink": (with_body(f'<w:p><w:hyperlink w:anchor="b">{run("{{ x }}")}</w:hyperlink></w:p>'), "★"),
    "control": (
        with_body(f"<w:p><w:sdt><w:sdtPr/><w:sdtContent>{run('{{r x }}')}</w:sdtContent></w:sdt></w:p>"),
        "★",
    ),
    "revision": (with_body(f'<w:p><w:ins w:id="1" w:author="Б">{run("{{ x }}")}</w:ins></w:p>'), "★"),
    "end of a section": (
        with_body(f'<w:p><w:pPr><w:sectPr><w:pgSz w:w="900" w:h="900"/></w:sectPr></w:pPr>{run("{{ x }}")}</w:p>'),
        "★",
    ),
    "cell": (docx("| {{ x }} | б |"), "| ★ | б |"),
    "only paragraph of a cell": (docx("| {{p x }} | б |"), "| ★ | б |"),
}
CUT = {"text", "run", "paragraph", "loop", "set", "default", "condition", "item", "footer", "cell"}
"""Where a paragraph may be cut in two."""
VALUES: dict[str, Callable[[], tuple[object, str, str]]] = {
    "picture": lambda: (PICTURE, "▣", "▣"),
    "rich text": lambda: (rich(), "т<о>д & мөр⏎шугам2", "т<о>д & мөр⏎шугам2"),
    "rich text in paragraphs": lambda: (RichText("а\aб\fв", bold=True), "а\nб\n⏎\nв", "а⏎б⏎в"),
    "listing": lambda: (Listing("а & <б>\n\tв"), "а & <б>⏎⇥в", "а & <б>⏎⇥в"),
    "listing in paragraphs": lambda: (Listing("а\aб\fв"), "а\nб\n⏎\nв", "а⏎б⏎в"),
    "text": lambda: ("а & <б>\nв", "а & <б>⏎в", "а & <б>⏎в"),
    "number": lambda: (5, "5", "5"),
}


@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize("value", VALUES)
def test_place(place: str, value: str) -> None:
    """A value is printed wherever its tag stands; where no paragraph can end, a new one is a break."""
    source, expected = PLACES[place]
    given, cut, whole = VALUES[value]()
    document = untyped(source, {"x": given})
    found = shown(document, "word/footer1.xml" if place == "footer" else "word/document.xml")
    printed = cut if place in CUT or "paragraph" in place else whole
    if found.startswith("|"):
        printed = printed.replace("\n", " ¶ ")
    assert found == expected.replace("★", printed)


@pytest.mark.sdk
def test_places_are_valid() -> None:
    """Every value in every place is valid for the Open XML SDK."""
    sdk.program()
    inside = "".join(
        re.sub(r"<w:sectPr>.*?</w:sectPr>", "", (inspection.read(source).parts["word/document.xml"].decode()))
        .partition("<w:body>")[2]
        .partition("</w:body>")[0]
        .replace("{{ x }}", "".join(f"{{{{ x{n} }}}}" for n in range(len(VALUES))))
        for name, (source, _) in PLACES.items()
        if name != "footer"
    )
    data = {f"x{n}": make()[0] for n, make in enumerate(VALUES.values())}
    document = untyped(with_body(inside.replace("<w:p/>", "")), {**data, "x": PICTURE})
    assert sdk.validate(document) == []


def test_formatting_around() -> None:
    """Text before and after a value keeps its formatting; a text in `{{r }}` and `{{p }}` takes that of its tag."""
    inside = '<w:p><w:pPr><w:jc w:val="center"/></w:pPr>{}</w:p>'
    xml = inside.format(run("а {{ x }} б")) + inside.format(run("{{r x }}")) + inside.format(run("{{p x }}"))
    document = untyped(with_body(xml), {"x": "т"})
    centred = '<w:p><w:pPr><w:jc w:val="center"/></w:pPr>{}</w:p>'
    found = inspection.read(document).parts["word/document.xml"].decode()
    for text in ("а т б", "т", "т"):
        expected = centred.format(run(text))
        assert expected in found
        found = found.replace(expected, "", 1)
    pictured = inspection.read(untyped(with_body(xml), {"x": PICTURE})).parse("word/document.xml")
    assert {len(r.findall(f"{w('rPr')}/{w('i')}")) for r in pictured.iter(w("r"))} == {1}
    assert {len(p.findall(f"{w('pPr')}/{w('jc')}")) for p in pictured.iter(w("p"))} == {1}


def test_absent_and_empty() -> None:
    """What is absent or empty prints nothing, neither a run nor a paragraph of its own."""
    source = with_body(
        body("[{{ x }}]\n[{{r x }}]\n{{p x }}\n{% if x %}there{% endif %}\n| {{p x }} |")
        + f"<w:p><w:sdt><w:sdtPr/><w:sdtContent>{run('{{r x }}')}</w:sdtContent></w:sdt></w:p>"
    )
    for nothing in (None, "", RichText(), RichTextParagraph(), Listing("")):
        assert shown(untyped(source, {"x": nothing})) == "[]\n[]\n\n|  |\n"


def test_new_paragraphs_do_not_repeat_what_stands_once() -> None:
    """A paragraph that goes on takes its formatting along, not a tracked change."""
    change = '<w:rPrChange w:id="7" w:author="Б"><w:rPr/></w:rPrChange>'
    xml = (
        f'<w:p><w:pPr><w:jc w:val="right"/><w:rPr><w:b/></w:rPr></w:pPr>'
        f"<w:r><w:rPr><w:b/>{change}</w:rPr><w:t>{{{{ x }}}}</w:t></w:r></w:p>"
    )
    root = inspection.read(untyped(with_body(xml), {"x": Listing("а\aб")})).parse("word/document.xml")
    assert [p.find(f"{w('pPr')}/{w('jc')}") is not None for p in root.iter(w("p"))] == [True, True]
    assert len(list(root.iter(w("rPrChange")))) == 1


UNFIT = {
    "joined": ("{{ x ~ 'а' }}", "PF319"),
    "filter": ("{{ x | upper }}", "PF308"),
    "argument": ("{{ 'а' | ended(x) }}", "PF319"),
    "list": ("{{ (x, 'а') }}", "PF319"),
    "joined list": ("{{ (x, 'а') | join }}", "PF319"),
    "list in a list": ("{{ ((x,), 'а') | join }}", "PF319"),
    "label": ("{{ x | label('Текст') }}", "PF308"),
    "arithmetic": ("{{ x + 1 }}", "PF308"),
    "order": ("{{ x < 2 }}", "PF308"),
    "loop": ("{% for i in x %}{% endfor %}", "PF308"),
    "field": ("{{ x.data }}", "PF304"),
}


@pytest.mark.parametrize(("template", "code"), UNFIT.values(), ids=list(UNFIT))
@pytest.mark.parametrize("value", [PICTURE, RichText("а"), Listing("а")], ids=["picture", "rich text", "listing"])
def test_unfit(template: str, code: str, value: object) -> None:
    """What only texts fit is a problem with its place, and never a crash."""
    assert codes(docx(template), {"x": value}) == [code]


def test_questions() -> None:
    """A picture is there, is equal to another of its content, and may be looked for in a list."""
    template = "{{ x == y }} {{ x == 'а' }} {{ x in (y, 'а') }} {{ x is empty }} {{ m[x] is empty }}"
    data = {"x": PICTURE, "y": Image(PICTURE.data, width=20, alt=PICTURE.alt), "m": {}}
    assert outline(untyped(docx(template), data)) == "тийм үгүй тийм үгүй тийм"
    assert pickle.loads(pickle.dumps(PICTURE)) == PICTURE
    assert len({PICTURE, Image(io.BytesIO(PICTURE.data), width=20, alt=PICTURE.alt), Image(gif())}) == 2


def test_whole_paragraphs() -> None:
    """A RichTextParagraph is printed in the place of its tag's paragraph, and nowhere else."""
    text = RichTextParagraph(rich(), parastyle="Header")
    text.add("хоёр")
    document = untyped(docx("а\n{{p x }}\nб"), {"x": text})
    assert shown(document) == "а\nт<о>д & мөр⏎шугам2\nхоёр\nб"
    for template in ("{{ x }}", "{{r x }}"):
        assert codes(docx(template), {"x": text}) == ["PF319"]


def test_typed_templates_take_no_pictures() -> None:
    """A typed template prints its texts in `{{r }}` and `{{p }}` too; its data hold nothing but text."""
    data = {"title": "Т & <т>", "year": 2024, "owner": "Хэлтэс", "measures": ["м"]}
    template = Template.open(docx("{{r plan.title }}\n{{p plan.title }}\n{{p plan.stage }}\n{{ plan.year }}"))
    assert outline(template.render(Plan.model_validate(data))) == "Т & <т>\nТ & <т>\n2024"
    with pytest.raises(DataError):
        template.render({**data, "title": PICTURE})


WRAPPED = (
    ("", ""),
    ('<w:hyperlink w:anchor="b">', "</w:hyperlink>"),
    ("<w:sdt><w:sdtPr/><w:sdtContent>", "</w:sdtContent></w:sdt>"),
    (run("{% if x %}"), run("{% endif %}")),
)
FORMS = ("{{ x }}", "{{ y }}", "{{r x }}", "{{r y }}", "а {{ no or x }} {{r y }} б", "{{ x }}{{ y }}{{r x }}")


def line(chance: random.Random) -> str:
    """A paragraph with some outputs, or one output in its place."""
    before, after = chance.choice(WRAPPED)
    inside = before + "".join(run(form) for form in chance.choices(FORMS, k=chance.randrange(1, 4))) + after
    own = chance.choice(("", '<w:pPr><w:jc w:val="center"/></w:pPr>'))
    return f"<w:p>{own}{chance.choice((inside, run('{{p x }}'), run('{{p y }}')))}</w:p>"


def lines(chance: random.Random, depth: int) -> str:
    """Paragraphs, loops of them and tables with them."""
    out = []
    for kind in chance.choices(range(4), k=chance.randrange(1, 5)):
        if kind == 1 and depth:
            out += [paragraph("{%p for x in items %}"), lines(chance, depth - 1), paragraph("{%p endfor %}")]
        elif kind == 2 and depth:
            grid = '<w:tblPr/><w:tblGrid><w:gridCol w:w="900"/></w:tblGrid>'
            out.append(f"<w:tbl>{grid}<w:tr><w:tc>{lines(chance, depth - 1)}</w:tc></w:tr></w:tbl><w:p/>")
        else:
            out.append(line(chance))
    return "".join(out)


@given(st.integers(0, 2**32))
@settings(max_examples=60, deadline=None)
def test_any_value_anywhere(seed: int) -> None:
    """Random values in a random template give a package that keeps every rule, or problems; the same ones each time."""
    chance = random.Random(seed)
    template = Template.open(with_body(lines(chance, 3)), schema=None)
    others = (None, "", whole(), Image(gif()), [PICTURE, "а"])
    x, y, *items = (chance.choice([make()[0] for make in VALUES.values()] + [*others]) for _ in range(4))
    data = {"x": x, "y": y, "items": items, "no": None}
    found: list[object] = []
    for _ in range(2):
        try:
            found.append(template.render(data))
        except DataError as error:
            found.append([(p.code, p.place) for p in error.problems])
    assert found[0] == found[1]
    if isinstance(found[0], bytes):
        assert check_package(found[0]) == ()
    else:
        assert {code for code, _ in cast(list[Any], found[0])} == {"PF319"}


# --- hostile rich texts ----------------------------------------------------------------------------------------------


def raw(xml: str, kind: type = RichText) -> object:
    """A RichText whose XML somebody has written by hand."""
    text = kind()
    text.xml = xml
    return text


T = "<w:t>а</w:t>"
HOSTILE = {
    "link of another file": RichText("а", url_id="rId7"),
    "field": raw('<w:r><w:fldChar w:fldCharType="begin"/></w:r>'),
    "instruction": raw("<w:r><w:instrText>DDEAUTO c:\\\\windows\\\\system32\\\\cmd.exe</w:instrText></w:r>"),
    "simple field": raw(f'<w:fldSimple w:instr="DDE x"><w:r>{T}</w:r></w:fldSimple>'),
    "picture": raw(f'<w:r>{T}<w:drawing><a:blip xmlns:a="a" r:embed="rId1"/></w:drawing></w:r>'),
    "VML": raw('<w:r><w:pict><v:shape xmlns:v="urn:schemas-microsoft-com:vml"/></w:pict></w:r>'),
    "object": raw('<w:r><w:object r:id="rId1"/></w:r>'),
    "chunk": raw('<w:altChunk r:id="rId1"/>'),
    "script": raw("<script>alert(1)</script>"),
    "foreign run": raw('<r xmlns="urn:x">а</r>'),
    "foreign attribute": raw(f'<w:r r:id="rId1">{T}</w:r>'),
    "relationship in a property": raw(f'<w:r><w:rPr><w:rStyle r:id="rId1" w:val="x"/></w:rPr>{T}</w:r>'),
    "section": raw("<w:p><w:pPr><w:sectPr/></w:pPr></w:p>", RichTextParagraph),
    "list of another file": raw('<w:p><w:pPr><w:numPr><w:numId w:val="3"/></w:numPr></w:pPr></w:p>', RichTextParagraph),
    "table": raw("<w:tbl/>", RichTextParagraph),
    "bookmark": raw('<w:bookmarkStart w:id="1" w:name="b"/>'),
    "revision": raw(f'<w:ins w:id="1"><w:r>{T}</w:r></w:ins>'),
    "way out of the run": raw(f"{T}</w:r></w:p><w:p><w:r>{T}"),
    "way out of the wrapper": raw(f"</rich><rich><w:r>{T}</w:r>"),
    "unbalanced": raw("<w:r><w:t>а</w:r>"),
    "run in a run": raw(f"<w:r><w:r>{T}</w:r></w:r>"),
    "text in a text": raw(f"<w:r><w:t>{T}</w:t></w:r>"),
    "text outside": raw("а"),
    "text in a run": raw(f"<w:r>а{T}</w:r>"),
    "properties late": raw(f"<w:r>{T}<w:rPr><w:b/></w:rPr></w:r>"),
    "properties twice": raw(f"<w:r><w:rPr/><w:rPr/>{T}</w:r>"),
    "entity": raw("<w:r><w:t>&xxe;</w:t></w:r>"),
    "declared entity": raw('<!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/passwd">]><w:r><w:t>&x;</w:t></w:r>'),
    "instruction of XML": raw(f"<?pf 0?><w:r>{T}</w:r>"),
    "comment of XML": raw(f"<w:r><!-- x -->{T}</w:r>"),
    "deep": raw("<w:r>" * 10_000),
    "many": raw(f"<w:r>{T}</w:r>" * 200_000),
    "10 MB": raw(f"<w:r><w:t>{'а' * 10_000_000}</w:t></w:r>"),
    "injected property": RichText("а", color='FF0000"/><w:vanish/><w:x w:val="'),
    "injected attribute": RichText("а", font='x" r:id="rId1'),
    "unknown colour": RichText("а", color="red"),
    "half a size": RichText("а", size=10.5),
    "size that is none": RichText("а", size="big"),
    "sub and super": RichText("а", subscript=True, superscript=True),
    "unknown style": RichText("а", style="NoSuchStyle"),
    "style of paragraphs": RichText("а", style="Header"),
    "new paragraph in an attribute": RichText("а", style="x\ay"),
    "character that XML lacks": raw("<w:r><w:t>&#1;</w:t></w:r>"),
}


@pytest.mark.parametrize("value", HOSTILE.values(), ids=list(HOSTILE))
def test_hostile_rich_text(value: object) -> None:
    """Whatever is not formatted text is one problem with the place of the tag, quickly and in little memory."""
    template = Template.open(docx("а\n{{p x }}"), schema=None)
    tracemalloc.start()
    started = time.process_time()
    with pytest.raises(DataError) as caught:
        template.render({"x": value})
    spent, memory = time.process_time() - started, tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    (problem,) = caught.value.problems
    assert problem.code == "PF318"
    assert problem.place is not None
    assert problem.place.describe("en") == "body, paragraph 2, «{{p x }}»"
    assert len(problem.message("mn")) < 400
    assert spent < 3
    assert memory < 200 << 20


def test_characters_of_rich_texts() -> None:
    """What no document can hold is refused as in any text, with its place in the data."""
    for value in (RichText("а\x00б"), Listing("а\x0bб"), RichText("\ud800"), RichTextParagraph("а\ufffe")):
        assert codes(docx("{{ x }}"), {"x": [value]}) == ["PF140"]


def test_what_is_not_printed_is_not_judged() -> None:
    """A rich text that no tag prints may hold anything, as a text may that is too long for a cell."""
    assert outline(untyped(docx("а"), {"x": HOSTILE["script"]})) == "а"


def test_other_values_of_docxtpl() -> None:
    """A picture or document made for docxtpl's own package is refused with the remedy."""
    picture = InlineImage(DocxTemplate(io.BytesIO(docx("а"))), io.BytesIO(png()))
    with pytest.raises(DataError) as caught:
        Template.open(docx("{{ x }}"), schema=None).render({"x": picture})
    assert [p.code for p in caught.value.problems] == ["PF307"]
    assert "planforge.Image" in caught.value.format("en")


# --- pictures --------------------------------------------------------------------------------------------------------

SIZES = {
    "96 dots per inch": (Image(png(96, 48)), (25.4, 12.7)),
    "its own resolution": (Image(png(300, 150, per_metre=11811)), (25.4, 12.7)),
    "JFIF density": (Image(jpeg(300, 150, dpi=300)), (25.4, 12.7)),
    "no believable resolution": (Image(png(96, 48, per_metre=1)), (25.4, 12.7)),
    "GIF": (Image(gif(96, 48)), (25.4, 12.7)),
    "width": (Image(png(4, 2), width=30), (30, 15)),
    "height": (Image(png(4, 2), height=30), (60, 30)),
    "both": (Image(png(4, 2), width=30, height=30.5), (30, 30.5)),
    "wider than the text": (Image(png(1_000, 1)), (264.583, 0.2646)),
    "larger than any page": (Image(png(4_000, 1_000)), (165, 41.25)),
    "taller than any page": (Image(png(1_000, 4_000)), (64.25, 257)),
}


@pytest.mark.parametrize(("image", "expected"), SIZES.values(), ids=list(SIZES))
def test_size(image: Image, expected: tuple[float, float]) -> None:
    """Size in millimetres: as given, by proportion, by the file's resolution; what no page holds is made to fit."""
    assert (image.width, image.height) == pytest.approx(expected, rel=1e-4)
    root = inspection.read(untyped(docx("{{ x }}"), {"x": image})).parse("word/document.xml")
    (extent,) = root.iter(WP + "extent")
    assert [int(extent.get(side) or 0) / 36_000 for side in ("cx", "cy")] == pytest.approx(expected, rel=1e-3)


def test_stored_once() -> None:
    """The same content is stored once in a document, with one relationship in each part that shows it."""
    other = Image(PICTURE.data, width=5)
    source = inspection.read(footer(paragraph("{{ x }}{{ y }}")))
    main = source.parts["word/document.xml"].replace(
        b"<w:sectPr", body("{% for i in (x, y, x, g) %}{{ i }}{% endfor %}{{ x }}").encode() + b"<w:sectPr", 1
    )
    package = inspection.read(
        untyped(source.replace({"word/document.xml": main}).to_bytes(), {"x": PICTURE, "y": other, "g": Image(gif())})
    )
    media = {name: data for name, data in package.parts.items() if "media" in name}
    assert media == {"word/media/planforge1.png": PICTURE.data, "word/media/planforge2.gif": gif()}
    assert [package.content_type(name) for name in media] == ["image/png", "image/gif"]
    assert package.related("image") == tuple(media)
    assert package.related("image", "word/footer1.xml") == ("word/media/planforge1.png",)
    drawn = [e for n in ("word/document.xml", "word/footer1.xml") for e in package.parse(n).iter(WP + "docPr")]
    assert [e.get("id") for e in drawn] == [str(n) for n in range(1, 8)]
    assert drawn[0].get("descr") == PICTURE.alt


def test_nothing_clashes() -> None:
    """Names, relationships, drawing ids and content types of a template that holds pictures already are kept."""
    first = untyped(docx("{{ x }} {{ y }}"), {"x": PICTURE, "y": Image(jpeg())})
    package = inspection.read(first)
    again = package.parts["word/document.xml"].replace(b"</w:p>", b"<w:r><w:t>{{ x }}</w:t></w:r></w:p>", 1)
    again = again.replace(b'<wp:docPr id="1"', b'<wp:docPr id="41"')
    types = package.parts[opc.CONTENT_TYPES].replace(b'ContentType="image/png"', b'ContentType="image/bmp"')
    types = types.replace(
        b"</Types>", b'<Override PartName="/word/media/planforge1.png" ContentType="image/png"/></Types>'
    )
    template = package.replace({"word/document.xml": again, opc.CONTENT_TYPES: types}).to_bytes()
    document = inspection.read(untyped(template, {"x": Image(png(3, 3))}))
    assert [n for n in document.parts if "media" in n] == [
        "word/media/planforge1.png",
        "word/media/planforge2.jpeg",
        "word/media/planforge3.png",
    ]
    assert document.content_type("word/media/planforge3.png") == "image/png"
    assert [e.get("id") for e in document.parse("word/document.xml").iter(WP + "docPr")] == ["41", "2", "42"]
    related = {r.id: r.part for r in document.relationships("word/document.xml") if r.kind == "image"}
    shown_ids = [e.get(R + "embed") for e in document.parse("word/document.xml").iter(BLIP)]
    assert [related[id_ or ""] for id_ in shown_ids] == [n for n in document.parts if "media" in n]


def test_largest_drawing_id() -> None:
    """A template whose drawing ids leave no room above them has free ones below."""
    first = inspection.read(untyped(docx("{{ x }}"), {"x": PICTURE}))
    xml = first.parts["word/document.xml"].replace(b'<wp:docPr id="1"', b'<wp:docPr id="2147483647"')
    xml = xml.replace(b"</w:p>", b"<w:r><w:t>{{ x }}</w:t></w:r></w:p>", 1)
    document = untyped(first.replace({"word/document.xml": xml}).to_bytes(), {"x": PICTURE})
    ids = [e.get("id") for e in inspection.read(document).parse("word/document.xml").iter(WP + "docPr")]
    assert ids == ["2147483647", "1"]


def test_same_bytes() -> None:
    """The same pictures give the same document; a document without pictures has none of their parts."""
    template = Template.open(docx("{{ x }}{{ y }}"), schema=None)
    first, second = (template.render({"x": Image(png()), "y": Image(gif())}) for _ in range(2))
    assert hashlib.sha256(first).digest() == hashlib.sha256(second).digest()
    assert inspection.read(template.render({"x": "а", "y": 1})).parts.keys() == inspection.read(docx("x")).parts.keys()


def test_read_by_python_docx() -> None:
    """python-docx finds the pictures with their sizes."""
    document = untyped(docx("{{ x }}\n| {{ y }} |"), {"x": PICTURE, "y": Image(jpeg(), width=10)})
    opened = python_docx.Document(io.BytesIO(document))
    assert [(s.width.mm, s.height.mm) for s in opened.inline_shapes] == [(20, 10), (10, 10)]


@pytest.mark.office
def test_opened_by_libreoffice(tmp_path: Path) -> None:
    """LibreOffice prints a picture in a part that had no relationships before."""
    if office.find_office() is None:
        pytest.skip("no office program")
    source = footer(paragraph("{{ x }}"), "word/footer2.xml")
    path = tmp_path / "picture.docx"
    path.write_bytes(untyped(source, {"x": PICTURE}))
    (pdf,) = office.to_pdf([path], tmp_path)
    assert b"/Image" in pdf.read_bytes()


HOSTILE_PICTURES = {
    "60,000 × 60,000": b"\x89PNG\r\n\x1a\n"
    + chunk(b"IHDR", struct.pack(">IIBBBBB", 60_000, 60_000, 8, 2, 0, 0, 0))
    + chunk(b"IDAT", zlib.compress(b""))
    + chunk(b"IEND", b""),
    "no pixels": png(0, 5),
    "no pixels of a GIF": gif(0, 0, (0, 0)),
    "height told later": jpeg(8, 0),
    "too many pixels of a JPEG": jpeg(65_535, 65_535),
    "too many pixels of a GIF": gif(65_535, 65_535),
    "frame larger than its screen": gif(1, 1, (60_000, 60_000)),
    "false CRC": png().replace(b"\x08\x02\0\0\0", b"\x08\x02\0\0\1"),
    "odd depth": png()[:24] + b"\x07" + png()[25:],
    "chunk past the end": png().replace(b"\0\0\0\0IEND", b"\x7f\xff\xff\xffIEND"),
    "chunk without end": png().replace(b"\0\0\0\0IEND", b"\0\0\0\0tEXt"),
    "no picture data": png()[:33] + chunk(b"IEND", b""),
    "a million chunks": png()[:33] + chunk(b"tEXt", b"") * 1_000_000 + png()[33:],
    "lossless JPEG": jpeg(kind=0xC3),
    "two frames": jpeg().replace(b"\xff\xda", jpeg()[jpeg().index(b"\xff\xc0") :][:13] + b"\xff\xda"),
    "scan before the frame": jpeg().replace(b"\xff\xc0", b"\xff\xfe"),
    "segment without length": jpeg().replace(b"\xff\xdb\0", b"\xff\xdb\0\0\0"),
    "fill without end": b"\xff\xd8" + b"\xff" * 10_000_000,
    "blocks without end": gif()[:-2] + b"\x01x" * 5_000_000,
    "SVG": b'<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>',
    "SVG with a declaration": b'<?xml version="1.0"?><svg/>',
    "EMF": b"\x01\0\0\0" + bytes(100),
    "WMF": b"\xd7\xcd\xc6\x9a" + bytes(100),
    "BMP": b"BM" + bytes(100),
    "WebP": b"RIFF\0\0\0\0WEBP",
    "document": docx("а"),
    "nothing": b"",
    "text": "зураг".encode(),
    "20 MiB": png() + bytes(20 << 20),
}


@pytest.mark.parametrize("data", HOSTILE_PICTURES.values(), ids=list(HOSTILE_PICTURES))
def test_hostile_picture(data: bytes) -> None:
    """What is no picture for a document, or lies about itself, is one problem, quickly."""
    started = time.process_time()
    with pytest.raises(DataError) as caught:
        Image(data)
    assert time.process_time() - started < 3
    assert [p.code for p in caught.value.problems] == ["PF316"]
    assert caught.value.format("mn")


@pytest.mark.parametrize("whole", [png(3, 3, per_metre=3780), gif(3, 3), jpeg(dpi=72)], ids=["PNG", "GIF", "JPEG"])
def test_cut_short(whole: bytes) -> None:
    """A picture that is cut short anywhere is refused, with any byte changed it is refused or has a sound size."""
    for length in range(len(whole)):
        with pytest.raises(DataError):
            Image(whole[:length])
    for at in range(len(whole)):
        for byte in (0, 1, 0x7F, 0xFF):
            with suppress(DataError):
                image = Image(whole[:at] + bytes([byte]) + whole[at + 1 :])
                assert 0 < image.width <= 558.8


def test_sources(tmp_path: Path) -> None:
    """A path, a text path, bytes and a stream give the same picture; what cannot be read is a problem with its name."""
    path = tmp_path / "зураг.svg"  # the name says nothing
    path.write_bytes(png())
    with path.open("rb") as stream:
        assert {Image(path), Image(str(path)), Image(bytearray(png())), Image(stream)} == {Image(png())}  # type: ignore[arg-type]
    for bad, code in (
        (tmp_path / "no.png", "PF315"),
        (tmp_path, "PF315"),
        ("а\0", "PF315"),
        (io.StringIO("а"), "PF315"),
    ):
        with pytest.raises(DataError) as caught:
            Image(bad)  # type: ignore[arg-type]
        assert [p.code for p in caught.value.problems] == [code]
    with pytest.raises(DataError) as caught:
        Image(tmp_path / "no.png")
    assert "no.png" in caught.value.format("mn")


@pytest.mark.parametrize("side", [0, -1, 559, float("nan"), float("inf"), 10**400, True, "60"], ids=str)
def test_sizes_refused(side: Any) -> None:
    """A size that no page has is a problem; both sides are told at once, with a character that `alt` cannot hold."""
    with pytest.raises(DataError) as caught:
        Image(png(), width=side, height=side, alt="а\0")
    assert [p.code for p in caught.value.problems] == ["PF140", "PF317", "PF317"]
    with pytest.raises(DataError) as caught:
        Image(png(), width=side)
    assert [p.code for p in caught.value.problems] == ["PF317"]


def test_proportion_refused() -> None:
    """A side that follows by proportion is held to the same limit."""
    with pytest.raises(DataError) as caught:
        Image(png(1, 1_000), width=165)
    assert [p.code for p in caught.value.problems] == ["PF317"]


def test_pictures_are_limited(monkeypatch: pytest.MonkeyPatch) -> None:
    """Pictures that outgrow the limit of a package stop the rendering."""
    monkeypatch.setattr("planforge.pictures.MAX_TOTAL", 100)
    data = {"items": [Image(png(1, 1, bytes([n, 0, 0]))) for n in range(3)]}
    assert codes(docx("{% for i in items %}{{ i }}{% endfor %}"), data) == ["PF501"]
