"""What loops repeat gets ids and names of its own; everything else keeps them."""

from __future__ import annotations

import re

import pytest

from planforge import Plan, Template, opc, templates
from planforge.errors import TemplateError
from planforge.identities import Fresh, Identities
from planforge.package_rules import check_package
from tests import sdk
from tests.bodies import body, numbered, paragraph, part, with_body
from tests.images import png
from tests.packages import field, p, tbl, tc, tr

DATA = {"items": [1, 2, 3], "no": []}
EACH, END = body("{%p for o in items %}"), body("{%p endfor %}")
INNER = body("{%p for i in items %}")
NAMES = (
    'xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/relationships" '
    'xmlns:mc="http://schemas.openxmlformats.org/markup-compatibility/2006" '
    'xmlns:wp="http://schemas.openxmlformats.org/drawingml/2006/wordprocessingDrawing" '
    'xmlns:a="http://schemas.openxmlformats.org/drawingml/2006/main" '
    'xmlns:pic="http://schemas.openxmlformats.org/drawingml/2006/picture" '
    'xmlns:w14="http://schemas.microsoft.com/office/word/2010/wordml" '
    'xmlns:wp14="http://schemas.microsoft.com/office/word/2010/wordprocessingDrawing" '
    'xmlns:v="urn:schemas-microsoft-com:vml" xmlns:o="urn:schemas-microsoft-com:office:office" '
)


def source(xml: str) -> bytes:
    """A document with a picture, which `picture` shows, and every namespace of these tests."""
    package = opc.unpack(with_body(xml))
    text = package.parts[package.main].decode().replace("<w:document ", f'<w:document {NAMES} mc:Ignorable="w14 wp14" ')
    kind = "http://schemas.openxmlformats.org/officeDocument/2006/relationships/image"
    package = package.replace({package.main: text.encode()}).add("word/media/a.png", png(), "image/png", kind)
    return package.to_bytes()


def render(xml: str, data: dict[str, object] | None = None) -> str:
    """The body that a template renders; the package keeps every rule that the template keeps."""
    document = source(xml)
    out = Template.open(document, schema=None).render(data or DATA)
    assert {x.args["rule"] for x in check_package(out)} <= {x.args["rule"] for x in check_package(document)}
    return part(out).decode().partition("<w:body>")[2]


def mark(id_: int, name: str, inside: str = "") -> str:
    return f'<w:bookmarkStart w:id="{id_}" w:name="{name}"/>{inside}<w:bookmarkEnd w:id="{id_}"/>'


def within(*inside: str) -> str:
    return f"<w:p>{''.join(inside)}</w:p>"


def link(name: str) -> str:
    return f'<w:hyperlink w:anchor="{name}"><w:r><w:t>x</w:t></w:r></w:hyperlink>'


def picture(id_: int) -> str:
    """A picture in a line."""
    uri = "http://schemas.openxmlformats.org/drawingml/2006/picture"
    return (
        f'<w:r><w:drawing><wp:inline wp14:anchorId="1A" wp14:editId="1B"><wp:extent cx="9525" cy="9525"/>'
        f'<wp:docPr id="{id_}" name="п"/><a:graphic><a:graphicData uri="{uri}"><pic:pic><pic:nvPicPr>'
        '<pic:cNvPr id="1" name="п"/><pic:cNvPicPr/></pic:nvPicPr><pic:blipFill><a:blip r:embed="rId6"/><a:stretch>'
        '<a:fillRect/></a:stretch></pic:blipFill><pic:spPr><a:xfrm><a:off x="0" y="0"/><a:ext cx="9525" cy="9525"/>'
        '</a:xfrm><a:prstGeom prst="rect"><a:avLst/></a:prstGeom></pic:spPr></pic:pic></a:graphicData></a:graphic>'
        "</wp:inline></w:drawing></w:r>"
    )


def shape(attributes: str, inside: str = "") -> str:
    return f'<w:r><w:pict w14:anchorId="1A"><v:rect {attributes} style="width:9pt;height:9pt">{inside}</v:rect></w:pict></w:r>'


def both(choice: str, fallback: str) -> str:
    return (
        '<w:r><mc:AlternateContent><mc:Choice Requires="wp14">'
        f"{choice}</mc:Choice><mc:Fallback>{fallback}</mc:Fallback></mc:AlternateContent></w:r>"
    )


B = mark(7, "b")
BOOKMARK = r'bookmark(?:Start|End) w:id="(\d+)"'
NAME = r'bookmarkStart w:id="\d+" w:name="([^"]*)"'
ANY = r'(?:w:anchor|w:name|w:instr)="([^"]*)"|<w:instrText[^>]*>([^<]*)'

CASES: dict[str, tuple[str, str, str]] = {
    "ids of bookmarks": (
        within(mark(9, "a")) + EACH + within(B) + END + within(mark(3, "c")),
        BOOKMARK,
        "9 9 10 10 11 11 12 12 3 3",
    ),
    "names of bookmarks": (EACH + within(B) + END, NAME, "b b_2 b_3"),
    "names that are taken": (
        within(mark(1, "B_2")) + EACH + within(B, mark(8, "_Ref5")) + END,
        NAME,
        "B_2 b _Ref5 b_3 _Ref5_2 b_4 _Ref5_3",
    ),
    "names of loops inside": (EACH + within(B) + INNER + within(mark(8, "c")) + END + END, NAME,
        "b c c_2 c_3 b_2 c_4 c_5 c_6 b_3 c_7 c_8 c_9"),
    "long names": (
        EACH + within(mark(7, "н" * 40), mark(8, "н" * 39 + "б")) + END,
        NAME,
        f"{'н' * 40} {'н' * 39}б " + " ".join(f"{'н' * 32}_{n}" for n in (2, 3, 4, 5)),
    ),
    "a name with signs": (EACH + within(mark(7, "a&quot;&amp;&lt;")) + END, NAME, "a&quot;&amp;&lt; a&quot;&amp;&lt;_2 a&quot;&amp;&lt;_3"),
    "conditions": (
        EACH + "".join(map(paragraph, ["{%p if o != 2 %}"])) + within(B) + body("{%p endif %}") + END,
        NAME,
        "b b_2",
    ),
    "else of a loop": (body("{%p for o in no %}") + within(B) + body("{%p else %}") + within(mark(5, "c")) + END, BOOKMARK, "5 5"),
    "crossing bookmarks": (
        EACH + within('<w:bookmarkStart w:id="1" w:name="a"/><w:bookmarkStart w:id="2" w:name="b"/>'
        '<w:bookmarkEnd w:id="1"/>') + within('<w:bookmarkEnd w:id="2"/>') + END,
        BOOKMARK,
        "3 4 3 4 5 6 5 6 7 8 7 8",
    ),
    "links follow": (
        EACH + within(link("B"), B, link("b"), link("other")) + END + within(link("b")),
        ANY,
        "b b b other b_2 b_2 b_2 other b_3 b_3 b_3 other b",
    ),
    "links of an inner loop follow": (
        body("{%p for o in (1, 2) %}") + within(B) + body("{%p for i in (1, 2) %}") + within(link("b")) + END + END,
        ANY,
        "b b b b_2 b_2 b_2",
    ),
    "a link from outside the body goes to the first": (
        body("{%p for o in (1, 2) %}") + within(link("b")) + body("{%p for i in (1, 2) %}") + within(B) + END + END,
        ANY,
        "b b b_2 b b_3 b_4",
    ),
    "fields follow": (
        body("{%p for o in (1, 2) %}")
        + within(B) + field(" REF b \\h ") + field("PAGEREF", " b")
        + field(' HYPERLINK \\l "b" ') + field(" SEQ b ")
        + within('<w:fldSimple w:instr=" pageref &quot;B&quot; \\h"/>') + END,
        ANY,
        " ".join(f'{n}  REF {n} \\h  PAGEREF  b  HYPERLINK \\l "{n}"   SEQ b   pageref &quot;{n}&quot; \\h' for n in ("b", "b_2")),
    ),
    "form fields follow": (
        EACH + within('<w:r><w:fldChar w:fldCharType="begin"><w:ffData><w:name w:val="b"/></w:ffData></w:fldChar></w:r>',
        '<w:r><w:fldChar w:fldCharType="end"/></w:r>', B) + END,
        r'<w:name w:val="([^"]*)"',
        "b b_2 b_3",
    ),
    "drawings": (within(picture(4)) + EACH + within(picture(1)) + END, r'docPr id="(\d+)"', "4 5 6 7"),
    "ids drawn at random": (
        within(picture(2147483647), picture(1742563810)) + EACH + within(picture(3)) + END,
        r'docPr id="(\d+)"',
        "2147483647 1742563810 4 5 6",
    ),
    "both readings of a drawing": (
        body("{%p for o in (1, 2) %}") + within(both(picture(1), picture(2))) + END,
        r'docPr id="(\d+)"',
        "3 4 5 6",
    ),
    "both readings of a bookmark": (
        body("{%p for o in (1, 2) %}") + within(both(B, B)) + END,
        NAME,
        "b b b_2 b_2",
    ),
    "shapes": (
        within(shape('id="_x0000_s1026"')) + EACH + within(shape('o:spid="_x0000_s1027" id="Text Box 2"')) + END,
        r'(?:spid| id)="([^"]*)"',
        "_x0000_s1026 " + " ".join(f"_x0000_s{n} _x0000_s{n}" for n in (1028, 1029, 1030)),
    ),
    "shape types": (
        EACH + within('<w:r><w:pict><v:shapetype id="_x0000_t75"/></w:pict></w:r>') + END,
        r' id="([^"]*)"',
        "_x0000_t75 _x0000_t75 _x0000_t75",
    ),
    "paragraph ids": (
        '<w:p w14:paraId="00000001" w14:textId="00000002"/>' + EACH + '<w:p w14:paraId="00000003" w14:textId="00000004"/>'
        + END + '<w:p w14:paraId="00000005"/>',
        r'w14:\w+="(\w+)"',
        "00000001 00000002 00000005",
    ),
    "ids of anchors": (EACH + within(picture(1), shape('id="a"')) + END, r'(anchorId|editId)', ""),
    "content controls": (
        '<w:sdt><w:sdtPr><w:id w:val="5"/></w:sdtPr><w:sdtContent><w:p/></w:sdtContent></w:sdt>' + EACH
        + '<w:sdt><w:sdtPr><w:id w:val="6"/></w:sdtPr><w:sdtContent><w:p/></w:sdtContent></w:sdt>' + END,
        r'w:id w:val="(\d+)"',
        "5",
    ),
    "tracked changes": (
        within('<w:ins w:id="4" w:author="а"><w:r/></w:ins>') + EACH
        + '<w:p><w:pPr><w:rPr><w:ins w:id="1" w:author="а"/></w:rPr><w:pPrChange w:id="2" w:author="а"><w:pPr/></w:pPrChange></w:pPr>'
        '<w:del w:id="3" w:author="а"><w:r><w:delText>x</w:delText></w:r></w:del></w:p>' + END,
        r'w:id="(\d+)"',
        " ".join(map(str, range(4, 14))),
    ),
    "tracked moves": (
        body("{%p for o in (1, 2) %}")
        + within('<w:moveFromRangeStart w:id="1" w:author="а" w:name="move1"/><w:moveFrom w:id="2" w:author="а"><w:r/></w:moveFrom>'
        '<w:moveFromRangeEnd w:id="1"/>')
        + within('<w:moveToRangeStart w:id="3" w:author="а" w:name="move1"/><w:moveTo w:id="4" w:author="а"><w:r/></w:moveTo>'
        '<w:moveToRangeEnd w:id="3"/>') + END,
        r'w:(?:id|name)="(\w+)"',
        "5 move1 6 5 7 move1 8 7 9 move1_2 10 9 11 move1_2 12 11",
    ),
    "permissions": (
        EACH + within('<w:permStart w:id="7" w:edGrp="everyone"/><w:r/><w:permEnd w:id="7"/>') + END,
        r'w:id="(\d+)"',
        "8 8 9 9 10 10",
    ),
    "rows": (
        tbl(
            1,
            tr(tc(p("{%tr for o in items %}"))),
            mark(3, "r", tr(tc(within(B))).replace("<w:tr>", '<w:tr w14:paraId="00000001">')),
            tr(tc(p("{%tr endfor %}"))),
        ),
        NAME,
        "r b r_2 b_2 r_3 b_3",
    ),
    "runs": (
        within(f"<w:r><w:t>{{% for o in items %}}</w:t></w:r>{B}<w:r><w:t>{{% endfor %}}</w:t></w:r>"),
        NAME,
        "b b_2 b_3",
    ),
    "a text that looks like an inscription": (
        EACH + within(B, "<w:r><w:t>\ue0f00\ue0f1\ue0f012\ue0f1\ue0f0" + "9" * 20 + "\ue0f1</w:t></w:r>") + END,
        r"<w:t[^>]*>([^<]*)",
        " ".join(["\ue0f00\ue0f1\ue0f012\ue0f1\ue0f0" + "9" * 20 + "\ue0f1"] * 3),
    ),
}  # fmt: skip


@pytest.mark.parametrize(("xml", "pattern", "expected"), CASES.values(), ids=list(CASES))
def test_renewed(xml: str, pattern: str, expected: str) -> None:
    """These are the ids or names that a template prints, in order."""
    found = re.finditer(
        pattern, render(xml).replace("&#34;", "&quot;").replace("&#38;", "&amp;").replace("&#60;", "&lt;")
    )
    assert " ".join("".join(g or "" for g in m.groups()) for m in found) == expected


@pytest.mark.sdk
def test_sdk() -> None:
    """What loops repeat is valid for Microsoft's validator."""
    shapes = within(picture(1), shape('id="_x0000_s1027" o:spid="_x0000_s1028"'))
    cases = ("names that are taken", "tracked changes", "permissions", "paragraph ids")
    xml = EACH + shapes + END + "".join(CASES[name][0] for name in cases)
    document = Template.open(source(xml), schema=None).render(DATA)
    assert sdk.validate(document) == []


REFUSED = {
    "footnote": ('<w:r><w:footnoteReference w:id="2"/></w:r>', "PF222"),
    "comment": ('<w:commentRangeStart w:id="1"/><w:r/><w:commentRangeEnd w:id="1"/>', "PF222"),
    "chart": (
        '<w:r><w:drawing><c:chart xmlns:c="http://schemas.openxmlformats.org/drawingml/2006/chart"/></w:drawing></w:r>',
        "PF222",
    ),
    "the start of a bookmark": ('<w:bookmarkStart w:id="1" w:name="b"/>', "PF231"),
    "the end of a permission": ('<w:permEnd w:id="1"/>', "PF231"),
    "the start of a move": ('<w:moveFromRangeStart w:id="1" w:name="m"/>', "PF231"),
}


@pytest.mark.parametrize(("xml", "code"), REFUSED.values(), ids=list(REFUSED))
def test_refused(xml: str, code: str) -> None:
    """What cannot be repeated is one problem at the loop's tag."""
    with pytest.raises(TemplateError) as caught:
        Template.open(source(EACH + within(xml) + END), schema=None)
    assert [problem.code for problem in caught.value.problems] == [code]
    assert caught.value.problems[0].args["tag"] == "{%p for o in items %}"


def test_every_part() -> None:
    """Numbers and names are one series for all parts of a document; those of untagged parts are taken too."""
    footer = templates.base()["word/footer1.xml"].decode().partition("<w:p")[0]
    package = opc.unpack(source(EACH + within(B) + END))
    package = package.replace(
        {
            "word/footer1.xml": f"{footer}{EACH}{within(mark(1, 'b'))}{END}<w:p/></w:ftr>".encode(),
            "word/footer2.xml": f"{footer}{within(mark(20, 'b_3'))}</w:ftr>".encode(),
        }
    )
    template = Template.open(package.to_bytes(), schema=None)
    document = template.render(DATA)
    assert check_package(document) == ()  # the template has the name b twice
    texts = [part(document, f"word/{name}.xml").decode() for name in ("document", "footer1", "footer2")]
    assert sorted(n for text in texts for n in re.findall(NAME, text)) == [
        "b",
        "b_2",
        "b_3",
        "b_4",
        "b_5",
        "b_6",
        "b_7",
    ]
    assert sorted(int(n) for text in texts for n in re.findall(BOOKMARK, text)) == sorted([*range(20, 27)] * 2)
    assert template.render(DATA) == document


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16"])
def test_tracked_changes_of_styles(encoding: str) -> None:
    """Styles hold nothing else with an id; without any they are not even parsed."""
    package = opc.unpack(source(paragraph("{{ a }}")))
    (name,) = package.related("styles")
    change = '<w:rPr><w:b/><w:rPrChange w:id="77" w:author="А"><w:rPr/></w:rPrChange></w:rPr></w:style>'
    styles = package.parts[name].decode().replace("</w:style>", change, 1)
    styles = styles.replace("UTF-8", encoding.upper()).replace("utf-8", encoding)
    assert 77 not in Identities.of(package).numbers
    assert 77 in Identities.of(package.replace({name: styles.encode(encoding)})).numbers


def test_nothing_is_emitted_for_nothing() -> None:
    """Where loops repeat nothing that has an id, the program writes no id."""
    xml = within(mark(1, "a"), picture(1)) + EACH + '<w:p w14:paraId="00000001"/>' + within(link("a")) + END
    template = Template.open(source(xml), schema=None)
    assert all("R.fresh" not in code.plain for code in template.program.codes.values())


def test_a_paragraph_with_an_id_ends_a_cell() -> None:
    """An empty paragraph that keeps its id counts as a paragraph."""
    cell = tc('<w:p w14:paraId="00000001"/>' + body("{%p if no %}\nx\n{%p endif %}"))
    assert len(re.findall("<w:p[ />]", render(tbl(1, tr(cell))))) == 2  # and the one after the table


def test_many_names() -> None:
    """A name is found in steady time, however many were given."""
    known = Identities(frozenset({1}), frozenset(f"{'a' * 32}_{n}" for n in range(1_000)))
    fresh = Fresh(lambda: known)
    names = [fresh.name("a" * 38 + f"{n % 100:02}") for n in range(100_000)]
    assert len({n.casefold() for n in names}) == len(names)
    assert max(map(len, names)) <= 40


def test_domain() -> None:
    """A plan's template with a bookmark and a list for each measure renders and is read back."""
    from planforge import read

    plan = Plan.model_validate({"title": "Т", "year": 2024, "owner": "Хэлтэс", "measures": ["а", "б"]})
    each = body("{%p for m in plan.all_measures %}")
    document = Template.open(numbered(each + within(mark(1, "b")) + p("{{ m.text }}") + END)).render(plan)
    assert check_package(document) == ()
    assert read(document) == plan
