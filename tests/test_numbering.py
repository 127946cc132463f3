"""Lists that Word numbers, inside loops: each case prints these numbers, by our own count and by LibreOffice's."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from docxtpl import Listing

from planforge import Plan, Template, inspection, office, read, templates
from planforge.errors import DataError, DocumentError
from planforge.numbering import MAX_INSTANCES
from planforge.package_rules import check_package
from planforge.wml import int_of, text_of, w
from tests import sdk
from tests.bodies import body, entry, numbered, part
from tests.packages import p, tbl, tc, tr

DATA = {"items": [{"t": "x", "in": ["а", "б"]}, {"t": "y", "in": ["в"]}]}


def style(id_: str, based: str, inside: str, indent: str = "") -> str:
    return (
        f'<w:style w:type="paragraph" w:styleId="{id_}"><w:name w:val="{id_}"/><w:basedOn w:val="{based}"/>'
        f"<w:pPr>{inside}{indent}</w:pPr></w:style>"
    )


STYLES = (
    style("Numbered", "Normal", '<w:numPr><w:numId w:val="1"/></w:numPr>')
    + style("Own", "Numbered", "", '<w:ind w:left="2000" w:hanging="500"/>')
    + style("Second", "Normal", '<w:numPr><w:ilvl w:val="1"/><w:numId w:val="1"/></w:numPr>')
    + style("Plain", "Numbered", '<w:numPr><w:numId w:val="0"/></w:numPr>')
    + '<w:style w:type="numbering" w:styleId="Link"><w:name w:val="Link"/>'
    '<w:pPr><w:numPr><w:numId w:val="1"/></w:numPr></w:pPr></w:style>'
)
EACH, END = "{%p for o in items %}", "{%p endfor %}"
INNER = "{%p for i in o.in %}"


def xml(notation: str) -> str:
    """The compact notation with entries of lists: `#1 text`, `#1.1 text` on the second level, `#Style text`."""
    out = []
    for line in notation.split("\n"):
        found = re.match(r"#(\w+)(?:\.(\d))? (.*)", line)
        if found is None:
            out.append(body(line))
        elif found[1].isdigit():
            out.append(entry(found[3], int(found[1]), int(found[2] or 0)))
        else:
            out.append(p(found[3], found[1]))
    return "".join(out)


def rows(*cells: str) -> str:
    return tbl(1, *(tr(tc(cell)) for cell in cells)).removesuffix("<w:p></w:p>") + p("z")


CASES: dict[str, tuple[str, str]] = {
    "an item is an entry": (f"{EACH}\n#1 {{{{ o.t }}}}\n{END}", "1. x|2. y"),
    "again for each outer item": (f"{EACH}\n{{{{ o.t }}}}\n{INNER}\n#1 {{{{ i }}}}\n{END}\n{END}", "x|1. а|2. б|y|1. в"),
    "two entries for each item": (f"{EACH}\nh\n#1 a\n#1 b\n{END}", "h|1. a|2. b|h|1. a|2. b"),
    "a list before the loop": (f"#1 s\n{EACH}\n#1 a\n#1 b\n{END}", "1. s|1. a|2. b|1. a|2. b"),
    "one of two branches": (
        f"{EACH}\n{{%p if o.t == 'x' %}}\n#1 a\n{{%p else %}}\n#1 b\n{{%p endif %}}\n{END}",
        "1. a|2. b",
    ),
    "an entry and a condition": (f"{EACH}\n#1 a\n{{%p if o.t == 'x' %}}\n#1 b\n{{%p endif %}}\n{END}", "1. a|2. b|1. a"),
    "a lower level in a loop": (
        f"{EACH}\n#1 {{{{ o.t }}}}\n{INNER}\n#1.1 {{{{ i }}}}\n{END}\n{END}",
        "1. x|1.5. а|1.6. б|2. y|2.5. в",
    ),
    "lower levels twice in a loop": (
        f"{EACH}\n#1 {{{{ o.t }}}}\n{INNER}\n#1.1 {{{{ i }}}}\n#1.1 c\n{END}\n{END}",
        "1. x|1.5. а|1.6. c|1.7. б|1.8. c|2. y|2.5. в|2.6. c",
    ),
    "lower levels under a fixed entry": (f"#1 s\n{EACH}\n#1.1 a\n#1.1 b\n{END}", "1. s|1.5. a|1.6. b|1.7. a|1.8. b"),
    "both levels again": (f"{EACH}\nh\n#1 a\n#1.1 b\n#1 c\n{END}", "h|1. a|1.5. b|2. c|h|1. a|1.5. b|2. c"),
    "for each inner item": (f"{EACH}\n{INNER}\nh\n#1 a\n#1 b\n{END}\n{END}", "h|1. a|2. b|h|1. a|2. b|h|1. a|2. b"),
    "two lists": (f"{EACH}\n#1 a\n#1 b\n#2 c\n{END}", "1. a|2. b|a. c|1. a|2. b|b. c"),
    "bullets": (f"{EACH}\n#3 a\n#3 b\n{END}", "• a|• b|• a|• b"),
    "numbers below bullets": (f"{EACH}\n#3 a\n#3.1 b\n{END}", "• a|.1. b|• a|.1. b"),
    "else of a loop": (
        f"{EACH}\n{{%p for i in o.no %}}\n#1 a\n{{%p else %}}\n#1 b\n{END}\n{END}".replace("o.no", "()"),
        "1. b|1. b",
    ),
    "a style": (f"{EACH}\nh\n#Numbered a\n#Own b\n{END}", "h|1. a|2. b|h|1. a|2. b"),
    "a style of a lower level": (f"{EACH}\n#Numbered a\n#Numbered b\n#Second c\n{END}", "1. a|2. b|2.5. c|1. a|2. b|2.5. c"),
    "a style that has no list": (f"{EACH}\n#Numbered a\n#Plain b\n{END}", "1. a|b|2. a|b"),
    "rows": (
        rows(p("{%tr for o in items %}"), xml(f"{INNER}\n#1 {{{{ i }}}}\n{END}"), p("{%tr endfor %}")),
        "1. а|2. б|1. в|z",
    ),
    "a cell of a row": (
        rows(p("{%tr for o in items %}"), entry("a", 1) + p(), entry("b", 1), p("{%tr endfor %}")),
        "1. a|2. b|1. a|2. b|z",
    ),
    "runs": (
        "<w:p><w:r><w:t>{% for o in items %}{{ o.t }}{% endfor %}</w:t></w:r></w:p>" + entry("a", 1) + entry("b", 1),
        "xy|1. a|2. b",
    ),
}  # fmt: skip


def source(notation: str) -> bytes:
    return numbered(notation if notation.startswith("<w:") else xml(notation), STYLES)


def letters(count: int, shape: str) -> str:
    return chr(ord("a") + count - 1) if shape == "lowerLetter" else str(count)


def printed(document: bytes) -> Iterator[str]:
    """The paragraphs with the numbers that Word prints: one count a definition, begun anew by an instance's override."""
    package = inspection.read(document)
    definitions = package.parse("word/numbering.xml")
    styles = {s.get(w("styleId")): s for s in package.parse("word/styles.xml").iter(w("style"))}
    levels = {a.get(w("abstractNumId")): a.findall(w("lvl")) for a in definitions.iter(w("abstractNum"))}
    nums = {n.get(w("numId")): n for n in definitions.iter(w("num"))}
    counts: dict[str | None, list[int | None]] = {}
    begun: set[str] = set()
    for paragraph in package.parse(package.main).iter(w("p")):
        text = text_of(paragraph)
        own = paragraph.find(f"{w('pPr')}/{w('pStyle')}")
        holder: Any = paragraph
        while holder is not None and holder.find(f"{w('pPr')}/{w('numPr')}/{w('numId')}") is None:
            based = own if holder is paragraph else holder.find(w("basedOn"))
            holder = styles[based.get(w("val"))] if based is not None else None
        found = None if holder is None else holder.find(f"{w('pPr')}/{w('numPr')}")
        number = "0" if found is None else found.find(w("numId")).get(w("val"))
        if number == "0":
            yield from [text] if text else []
            continue
        at = int_of(holder.find(w("pPr")), "numPr", "ilvl", 0)
        definition = nums[number].find(w("abstractNumId")).get(w("val"))  # type: ignore[union-attr]
        shapes = levels[definition]
        count = counts.setdefault(definition, [None] * len(shapes))
        if number not in begun and nums[number].find(w("lvlOverride")) is not None:
            counts[definition] = count = [None] * len(shapes)
        begun.add(number)
        starts = [int_of_child(level, "start") for level in shapes]
        before = count[at]
        count[at] = starts[at] if before is None else before + 1
        count[at + 1 :] = [None] * (len(shapes) - at - 1)
        formats = [str(level.find(w("numFmt")).get(w("val"))) for level in shapes]  # type: ignore[union-attr]
        if formats[at] == "bullet":
            yield f"• {text}"
        else:
            of = [starts[i] if n is None else n for i, n in enumerate(count[: at + 1])]
            yield (
                "".join(("" if f == "bullet" else letters(n, f)) + "." for n, f in zip(of, formats, strict=False))
                + f" {text}"
            )


def int_of_child(level: Any, name: str) -> int:
    return int(level.find(w(name)).get(w("val")))


@pytest.mark.parametrize(("notation", "expected"), CASES.values(), ids=list(CASES))
def test_numbers(notation: str, expected: str) -> None:
    """The numbers start again where the rule says so; the package keeps every rule."""
    document = Template.open(source(notation), schema=None).render(DATA)
    assert check_package(document) == ()
    assert "|".join(printed(document)) == expected


@pytest.mark.office
@pytest.mark.usefixtures("libreoffice")
def test_numbers_in_libreoffice(tmp_path: Path) -> None:
    """LibreOffice prints the same numbers."""
    sources = []
    for at, (notation, _) in enumerate(CASES.values()):
        sources.append(tmp_path / f"{at}.docx")
        sources[-1].write_bytes(Template.open(source(notation), schema=None).render(DATA))
    for pdf, (name, (_, expected)) in zip(office.to_pdf(sources, tmp_path, timeout=300), CASES.items(), strict=True):
        pages = subprocess.run(["pdftotext", "-layout", pdf, "-"], capture_output=True, text=True, check=True).stdout
        lines = [" ".join(line.split()) for line in pages.splitlines() if line.strip()]
        assert "|".join(lines) == expected, name


def instances(document: bytes) -> list[str]:
    """The instances of the numbering part, as text."""
    return re.findall(r"<w:num .*?</w:num>", part(document, "word/numbering.xml").decode())


TWICE = f"{EACH}\n#1 a\n#1 b\n{END}"


def test_instance() -> None:
    """A fresh instance starts every level where its definition does, behind the others; other ids stay unused."""
    more = '<w:num w:numId="2147483647"><w:abstractNumId w:val="2"/></w:num><w:numIdMacAtCleanup w:val="3"/>'
    document = Template.open(numbered(xml(TWICE), more=more), schema=None).render(DATA)
    found = instances(document)
    assert len(found) == 7
    starts = "".join(
        f'<w:lvlOverride w:ilvl="{at}"><w:startOverride w:val="{start}"/></w:lvlOverride>'
        for at, start in enumerate((1, 5, 1))
    )
    assert found[5:] == [f'<w:num w:numId="{n}"><w:abstractNumId w:val="1"/>{starts}</w:num>' for n in (5, 6)]
    assert part(document, "word/numbering.xml").endswith(b'</w:num><w:numIdMacAtCleanup w:val="3"/></w:numbering>')


def test_paragraphs_that_a_value_begins() -> None:
    """They stand in the list of the paragraph that they are cut from, also where it starts again."""
    data = {"items": [{"t": Listing("x\ay")}, {"t": Listing("z\aw")}]}
    for list_ in ("1", "Numbered"):
        template = Template.open(source(f"{EACH}\n#{list_} {{{{ o.t }}}}\n#{list_} {{{{r o.t }}}}\n{END}"), schema=None)
        document = template.render(data)
        assert check_package(document) == ()
        assert re.findall(r'w:numId w:val="(\d+)"', part(document).decode()) == ["5"] * 4 + ["6"] * 4


def test_overrides() -> None:
    """An instance that has levels and starts of its own gives them to the fresh one."""
    level = '<w:lvl w:ilvl="1"><w:start w:val="7"/><w:numFmt w:val="upperRoman"/><w:lvlText w:val="%2"/></w:lvl>'
    own = (
        '<w:num w:numId="9"><w:abstractNumId w:val="1"/><w:lvlOverride w:ilvl="0"><w:startOverride w:val="3"/>'
        f'</w:lvlOverride><w:lvlOverride w:ilvl="1">{level}</w:lvlOverride></w:num>'
    )
    document = Template.open(numbered(xml(TWICE.replace("#1", "#9")), more=own), schema=None).render(DATA)
    assert check_package(document) == ()
    expected = own.replace(f">{level}", f'><w:startOverride w:val="7"/>{level}')
    third = '<w:lvlOverride w:ilvl="2"><w:startOverride w:val="1"/></w:lvlOverride>'
    assert instances(document)[5:] == [
        expected.replace("</w:num>", f"{third}</w:num>").replace('"9"', f'"{n}"', 1) for n in (10, 11)
    ]


def test_list_style() -> None:
    """A definition that refers to a list style has the levels of that."""
    source = numbered(xml(TWICE.replace("#1", "#8")), STYLES)
    package = inspection.read(source)
    linked = '<w:abstractNum w:abstractNumId="8"><w:multiLevelType w:val="multilevel"/><w:numStyleLink w:val="Link"/></w:abstractNum>'
    numbering = (
        package.parts["word/numbering.xml"].decode().replace('<w:num w:numId="1">', f'{linked}<w:num w:numId="1">')
    )
    numbering = numbering.replace(
        "</w:numbering>", '<w:num w:numId="8"><w:abstractNumId w:val="8"/></w:num></w:numbering>'
    )
    package = package.replace({"word/numbering.xml": numbering.encode()})
    document = Template.open(package.to_bytes(), schema=None).render(DATA)
    assert check_package(document) == ()
    assert [n.count("startOverride") for n in instances(document)] == [0, 0, 0, 0, 0, 3, 3]


PROPERTIES = {
    "list of a style": ('<w:pStyle w:val="Numbered"/>', '<w:pStyle w:val="Numbered"/>NUM'),
    "indents of a style": (
        '<w:pStyle w:val="Own"/><w:keepNext/><w:spacing w:after="1"/><w:jc w:val="left"/>',
        '<w:pStyle w:val="Own"/><w:keepNext/>NUM<w:spacing w:after="1"/><w:ind w:left="2000" w:hanging="500"/>'
        '<w:jc w:val="left"/>',
    ),
    "own indents": (
        '<w:pStyle w:val="Own"/><w:ind w:firstLine="9"/>',
        '<w:pStyle w:val="Own"/>NUM<w:ind w:firstLine="9" w:left="2000"/>',
    ),
    "a level of its own": (
        '<w:pStyle w:val="Second"/><w:numPr><w:ilvl w:val="0"/></w:numPr>',
        '<w:pStyle w:val="Second"/>NUM',
    ),
    "no level": ('<w:numPr><w:numId w:val="1"/></w:numPr>', "NUM"),
}


@pytest.mark.sdk
def test_properties() -> None:
    """A paragraph names its fresh instance in its place, with the level and the indents that its style gave it."""
    paragraphs = [f"<w:p><w:pPr>{own}</w:pPr></w:p>" for own, _ in PROPERTIES.values()]
    source = numbered(body(EACH) + "".join(paragraphs) + body(END), STYLES)
    document = Template.open(source, schema=None).render(DATA)
    found = part(document).decode()
    number = '<w:numPr><w:ilvl w:val="0"/><w:numId w:val="5"/></w:numPr>'
    for name, (_, expected) in PROPERTIES.items():
        assert f"<w:pPr>{expected.replace('NUM', number)}</w:pPr>" in found, name
    assert sdk.validate(document) == []


ALONE = {
    "no loop": "#1 a\n#1 b\n{{ items }}",
    "an item is an entry": CASES["an item is an entry"][0],
    "bullets": CASES["bullets"][0],
    "no list": f"{EACH}\n#0 a\n#7 b\n#Normal c\n{END}",
}


@pytest.mark.parametrize("notation", ALONE.values(), ids=list(ALONE))
def test_alone(notation: str) -> None:
    """Where nothing starts again, the numbering part is copied."""
    template = Template.open(numbered(xml(notation), STYLES), schema=None)
    assert template.program.lists is None


CIRCLES = {
    "styles": (style("Circle", "Round", "") + style("Round", "Circle", ""), ""),
    "list styles": (
        '<w:style w:type="numbering" w:styleId="Link"><w:name w:val="Link"/>'
        '<w:pPr><w:numPr><w:numId w:val="7"/></w:numPr></w:pPr></w:style>',
        '<w:abstractNum w:abstractNumId="7"><w:numStyleLink w:val="Link"/></w:abstractNum>'
        '<w:num w:numId="7"><w:abstractNumId w:val="7"/></w:num>',
    ),
    "levels": ("", '<w:num w:numId="7"><w:abstractNumId w:val="no"/><w:lvlOverride w:ilvl="x"/></w:num>'),
    "numbers": ("", '<w:num w:numId="-7"/><w:num/><w:num w:numId="99999999999999999999"/><?cut 0?><!-- x -->'),
}


@pytest.mark.parametrize(("styles", "more"), CIRCLES.values(), ids=list(CIRCLES))
def test_hostile(styles: str, more: str) -> None:
    """Definitions that lead nowhere are no lists; the others start again."""
    broken = '<w:p><w:pPr><w:numPr><w:ilvl w:val="99"/><w:numId w:val="1"/></w:numPr></w:pPr></w:p>'
    lines = xml(f"{EACH}\n#Circle a\n#7 b\n#7 c\n#1 d\n#1 e\n") + broken + body(END)
    document = Template.open(numbered(lines, styles, more), schema=None).render(DATA)
    found = re.findall(r'numId w:val="(\d+)"', part(document).decode())
    fresh = 8 if "7" in re.findall(r'numId="(\d+)"', more) else 5
    assert found == ["7", "7", f"{fresh}", f"{fresh}", "1", "7", "7", f"{fresh + 1}", f"{fresh + 1}", "1"]


def test_many() -> None:
    """As many as Word holds; one more is a problem of the data at the loop's tag."""
    template = Template.open(numbered(xml(f"x\n{TWICE}")), schema=None)
    document = template.render({"items": [1] * MAX_INSTANCES})
    assert len(instances(document)) == 4 + MAX_INSTANCES
    with pytest.raises(DataError) as caught:
        template.render({"items": [1] * (MAX_INSTANCES + 2)})
    (problem,) = caught.value.problems
    assert (problem.code, problem.place.describe("en")) == ("PF314", f"body, paragraph 2, «{EACH}»")  # type: ignore[union-attr]


def test_every_part() -> None:
    """Lists of headers and text boxes start again too; all parts share the instances."""
    box = f"<w:p><w:r><w:pict><v:rect xmlns:v='urn:schemas-microsoft-com:vml' id='r'><v:textbox><w:txbxContent>{entry('a', 1) * 2}</w:txbxContent></v:textbox></v:rect></w:pict></w:r></w:p>"
    package = inspection.read(numbered(body(EACH) + box + body(END)))
    footer = templates.base()["word/footer1.xml"].decode().partition("<w:p")[0] + xml(TWICE) + "</w:ftr>"
    template = Template.open(package.replace({"word/footer1.xml": footer.encode()}).to_bytes(), schema=None)
    document = template.render(DATA)
    found = [
        re.findall(r'numId w:val="(\d+)"', part(document, f"word/{n}.xml").decode()) for n in ("document", "footer1")
    ]
    assert sorted(found) == [["5", "5", "6", "6"], ["7", "7", "8", "8"]]
    assert template.render(DATA) == document


def test_alternatives() -> None:
    """A text box is written twice, for readers of different ages, and counts once."""
    mc = "http://schemas.openxmlformats.org/markup-compatibility/2006"
    inside = f"<w:txbxContent>{entry('a', 1)}</w:txbxContent>"
    box = (
        f'<w:p><w:r><mc:AlternateContent xmlns:mc="{mc}"><mc:Choice Requires="wps">{inside}</mc:Choice>'
        f"<mc:Fallback><w:pict>{inside}</w:pict></mc:Fallback></mc:AlternateContent></w:r></w:p>"
    )
    once = Template.open(numbered(body(EACH) + box + body(END)), schema=None)
    assert once.program.lists is None
    twice = Template.open(numbered(body(EACH) + box + entry("b", 1) + body(END)), schema=None).render(DATA)
    assert re.findall(r'numId w:val="(\d+)"', part(twice).decode()) == ["5", "5", "5", "6", "6", "6"]


def test_data_are_read_back() -> None:
    """A document whose lists start again carries its data, and knows that its numbering was changed."""
    plan = Plan.model_validate({"title": "Т", "year": 2024, "owner": "Хэлтэс", "measures": ["а", "б"]})
    notation = "{%p for m in plan.all_measures %}\n#1 {{ m.text }}\n#1 b\n{%p endfor %}"
    document = Template.open(numbered(xml(notation))).render(plan)
    assert read(document) == plan
    package = inspection.read(document)
    changed = package.parts["word/numbering.xml"].replace(b'startOverride w:val="1"', b'startOverride w:val="2"')
    with pytest.raises(DocumentError) as caught:
        read(package.replace({"word/numbering.xml": changed}).to_bytes())
    assert [problem.code for problem in caught.value.problems] == ["PF612"]
