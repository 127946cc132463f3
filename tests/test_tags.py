"""Tags as people make them in Word: where they may stand, how Word cuts and corrects them, and what stands beside them."""

from __future__ import annotations

import itertools
import random
import re
import time
from collections import Counter
from collections.abc import Callable
from contextlib import suppress

import pytest
from lxml import etree

from planforge import Plan, Template, inspection, opc, templates
from planforge.errors import TemplateError
from planforge.package_rules import check_package
from planforge.syntax import DialectFaults, Tag, split
from planforge.tags import MARK, Finder
from planforge.wml import NAMESPACE, w
from tests.bodies import docx, outline, paragraph, part, with_body

PLAN = Plan.model_validate(
    {
        "title": "Төлөвлөгөө «А & Б» <1>",
        "year": 2024,
        "owner": "Хэлтэс",
        "objectives": [{"text": "Нэг", "measures": ["а", "б"]}, "Хоёр"],
    }
)
TITLE = PLAN.title
ESCAPED = "Төлөвлөгөө «А &amp; Б» &lt;1&gt;"
NAMES = (
    f'xmlns:w="{NAMESPACE}" xmlns:mc="http://schemas.openxmlformats.org/markup-compatibility/2006" '
    'xmlns:wp="http://schemas.openxmlformats.org/drawingml/2006/wordprocessingDrawing" '
    'xmlns:wps="http://schemas.microsoft.com/office/word/2010/wordprocessingShape" '
    'xmlns:a="http://schemas.openxmlformats.org/drawingml/2006/main" '
    'xmlns:pic="http://schemas.openxmlformats.org/drawingml/2006/picture" '
    'xmlns:m="http://schemas.openxmlformats.org/officeDocument/2006/math" '
    'xmlns:v="urn:schemas-microsoft-com:vml" xmlns:w14="http://schemas.microsoft.com/office/word/2010/wordml"'
)
P = paragraph


def r(text: str, look: str = "") -> str:
    properties = f"<w:rPr><w:{look}/></w:rPr>" if look else ""
    return f'<w:r>{properties}<w:t xml:space="preserve">{text}</w:t></w:r>'


def p(*content: str) -> str:
    return f"<w:p>{''.join(content)}</w:p>"


def link(*content: str) -> str:
    return f'<w:hyperlink w:anchor="x">{"".join(content)}</w:hyperlink>'


def ins(*content: str) -> str:
    return f'<w:ins w:id="90" w:author="Б">{"".join(content)}</w:ins>'


def control(*content: str) -> str:
    return f"<w:sdt><w:sdtPr/><w:sdtContent>{''.join(content)}</w:sdtContent></w:sdt>"


def table(*rows: str) -> str:
    grid = '<w:tblGrid><w:gridCol w:w="900"/></w:tblGrid>'
    return f'<w:tbl><w:tblPr><w:tblW w:w="0" w:type="auto"/></w:tblPr>{grid}{"".join(rows)}</w:tbl>'


def row(*cells: str) -> str:
    own = '<w:tcPr><w:tcW w:w="900" w:type="dxa"/></w:tcPr>'
    return f"<w:tr>{''.join(f'<w:tc>{own}{cell}</w:tc>' for cell in cells)}</w:tr>"


BEGIN, END = '<w:bookmarkStart w:id="1" w:name="b"/>', '<w:bookmarkEnd w:id="1"/>'
COMMENT, COMMENT_END = '<w:commentRangeStart w:id="2"/>', '<w:commentRangeEnd w:id="2"/>'
REFERENCE = '<w:r><w:commentReference w:id="2"/></w:r>'
PERM, PERM_END = '<w:permStart w:id="3" w:edGrp="everyone"/>', '<w:permEnd w:id="3"/>'
DELETED = '<w:del w:id="91" w:author="Б"><w:r><w:delText>үү</w:delText></w:r></w:del>'
MOVED_AWAY = '<w:moveFrom w:id="92" w:author="Б"><w:r><w:t>үү</w:t></w:r></w:moveFrom>'
ERROR = '<w:proofErr w:type="spellStart"/>'


def document(xml: str) -> str:
    return f"<w:document {NAMES}><w:body>{xml}</w:body></w:document>"


def found_in(xml: str) -> tuple[Finder, etree._Element]:
    """The finder and the tree after it went over a body."""
    root = etree.fromstring(document(xml))
    finder = Finder("word/document.xml", None)
    finder.scan(root)
    return finder, root[0]


def marked(xml: str) -> str:
    """The body after marking, in short: `⟦0⟧` is the mark of tag 0, and only what matters is written out."""
    finder, tree = found_in(xml)
    assert [p.format() for p in finder.problems] == []
    text = etree.tostring(tree, encoding="unicode").partition(">")[2].rpartition("</w:body>")[0]
    text = re.sub(rf"<\?{MARK} (\d+)\?>", r"⟦\1⟧", text)
    for old, new in ((' xml:space="preserve"', ""), ("<w:r><w:t>", "<"), ("</w:t></w:r>", ">"), (' xmlns:w="', "")):
        text = text.replace(old, new)
    return text


MARKED = {
    # one tag, however Word has cut it
    "runs": (p(r("а {", "b"), ERROR, r("{ x"), r(" }} б")), "<w:r><w:rPr><w:b/></w:rPr><w:t>а ⟦0⟧>" + ERROR + "< б>"),
    "a hyperlink": (p(link(r("{{ x")), r(" }}б")), f"{link('<⟦0⟧>')}<б>"),
    "a hyperlink at the end": (p(r("а{{ "), link(r("x }}"))), "<а⟦0⟧>"),
    "a hyperlink in the middle": (p(r("{{ "), link(r("x")), r(" }}")), "<⟦0⟧>"),
    "a hyperlink with text": (p(r("{{ "), link(r("x }}б"))), f"<⟦0⟧>{link('<б>')}"),
    "a tracked insertion": (p(ins(r("{{ x")), r(" }}"), ins(r("б"))), f"{ins('<⟦0⟧>')}{ins('<б>')}"),
    "a smart tag": (
        p(r("{{ "), '<w:smartTag w:element="x"><w:smartTagPr/>' + r("x") + "</w:smartTag>", r(" }}")),
        "<⟦0⟧>",
    ),
    "wrappers in wrappers": (p(r("{{ "), ins(link(r("x"))), r(" }}б")), "<⟦0⟧>< б>".replace(" ", "")),
    "a content control": (p(control(r("{{ x }}")), r("б")), f"{control('<⟦0⟧>')}<б>"),
    "a content control that ends a tag": (p(r("{{ "), control(r("x }}"))), f"<⟦0⟧>{control('<w:r/>')}"),
    "deleted text": (p(r("{{ pl"), DELETED, r("an }}б")), f"<⟦0⟧>{DELETED}<б>"),
    "text that was moved away": (p(r("{{ pl"), MOVED_AWAY, r("an }}б")), f"<⟦0⟧>{MOVED_AWAY.replace('<w:r><w:t>', '<').replace('</w:t></w:r>', '>')}<б>"),
    "what Word notes": (
        p("<w:r><w:t>{{ pl</w:t><w:softHyphen/><w:lastRenderedPageBreak/><w:t>an }}</w:t></w:r>"),
        "<⟦0⟧</w:t><w:softHyphen/><w:lastRenderedPageBreak/></w:r>",
    ),
    # ends of bookmarks, comments and permissions
    "a bookmark inside a value": (p(r("{{ "), BEGIN, r("x"), END, r(" }}")), f"{BEGIN}<⟦0⟧>{END}"),
    "a bookmark that begins inside": (p(r("а{{ "), BEGIN, r("x }}б"), END), f"<а>{BEGIN}<⟦0⟧><б>{END}"),
    "a bookmark that ends inside": (p(BEGIN, r("а{{ "), END, r("x }}б")), f"{BEGIN}<а⟦0⟧>{END}<б>"),
    "a bookmark around": (p(BEGIN, r("{{ x }}"), END), f"{BEGIN}<⟦0⟧>{END}"),
    "a comment inside": (
        p(r("{{ "), COMMENT, r("x"), COMMENT_END, REFERENCE, r(" }}б")),
        f"{COMMENT}<⟦0⟧>{COMMENT_END}{REFERENCE}<б>",
    ),
    "a permission": (p(r("{{ "), PERM, r("x }}"), PERM_END), f"{PERM}<⟦0⟧>{PERM_END}"),
    "a bookmark from one end of a block to the other": (
        p(r("{% if "), BEGIN, r("x %}а{% end"), END, r("if %}")),
        f"{BEGIN}⟦0⟧<а>⟦1⟧{END}",
    ),
    "a bookmark around a paragraph tag": (p(BEGIN, r("{%p if x %}"), END) + P("а"), f"{BEGIN}{END}⟦0⟧<w:p><а></w:p>"),
    "a bookmark over a block of paragraphs": (
        p(BEGIN, r("{%p if x %}")) + P("а") + p(r("{%p endif %}"), END),
        f"{BEGIN}⟦0⟧<w:p><а></w:p>⟦1⟧{END}",
    ),
    # statements at the edge of a wrapper
    "a block out of a hyperlink": (
        p(r("{% if x %}а"), link(r("б{% endif %}")), r("в")),
        f"⟦0⟧<а>{link('<б>')}⟦1⟧<в>",
    ),
    "a block into a hyperlink": (p(link(r("{% if x %}"), r("а")), r("{% endif %}")), f"⟦0⟧{link('<а>')}⟦1⟧"),
    "an insertion that holds only a tag": (p(ins(r("{% if x %}")), r("а"), ins(r("{% endif %}"))), "⟦0⟧<а>⟦1⟧"),
    "a block inside a hyperlink": (p(link(r("{% if x %}а{% endif %}"))), link("⟦0⟧<а>⟦1⟧")),
    "the end of two": (
        p(r("{% if x %}{% for a in x %}"), ins(r("б{% endfor %}{% endif %}"))),
        f"⟦0⟧⟦1⟧{ins('<б>')}⟦2⟧⟦3⟧",
    ),
    "else in an insertion": (
        p(r("{% if x %}а"), ins(r("{% else %}")), r("б{% endif %}")),
        "⟦0⟧<а>⟦1⟧<б>⟦2⟧",
    ),
    # forms
    "a run output": (p(r("а {{r x }} б", "b")), "<w:r><w:rPr><w:b/></w:rPr><w:t>а >⟦0⟧<w:r><w:rPr><w:b/></w:rPr><w:t> б>"),
    "a run statement": (p(r("а{%r if x %}б{%r endif %}")), "<а>⟦0⟧<б>⟦1⟧"),
    "a run comment": (p(r("а{#r нууц #}б")), "<а>⟦0⟧<б>"),
    "comments in every form": (P("{#p a #}") + table(row(P("{#tr b #}")), row(P("{#tc c #}"), P("г"))), None),
    "several paragraph tags": (P("{%p for a in x %} {%p if a %}{# в #}"), "⟦0⟧⟦1⟧"),
    "several row tags": (table(row(P("{%tr for a in x %}"), P("{%tr if a %}"))), None),
    "a paragraph output": (p("<w:pPr/>", r("{{p x }}")), "⟦0⟧"),
    "a cell": (table(row(P("{%tc for a in x %}"), P("{{ a }}"), P("{%tc endfor %}"))), None),
    "several cell tags": (table(row(P("{%tc for a in x %}") + P("{%tc if a %}"), P("в"))), None),
    # joined paragraphs
    "joined to the one before": (P("а") + P("{%- if x %}б{% endif %}"), "<w:p><а>⟦0⟧<б>⟦1⟧</w:p>"),
    "joined to the one after": (P("{% if x %}а{% endif -%} ") + P("б") + P("в"), "<w:p>⟦0⟧<а>⟦1⟧<б></w:p><w:p><в></w:p>"),
    "properties of the first": (
        '<w:p><w:pPr><w:jc w:val="left"/></w:pPr>' + r("а") + '</w:p><w:p><w:pPr><w:jc w:val="right"/></w:pPr>' + r(" {%- if x %}б{% endif %}") + "</w:p>",
        '<w:p><w:pPr><w:jc w:val="left"/></w:pPr><а>⟦0⟧<б>⟦1⟧</w:p>',
    ),
    "a bookmark between": (P("а") + BEGIN + P("{%- if x %}б{% endif %}") + END, f"<w:p><а>{BEGIN}⟦0⟧<б>⟦1⟧</w:p>{END}"),
    "nothing to join": (P("{%- if x %}а{% endif %}"), "<w:p>⟦0⟧<а>⟦1⟧</w:p>"),
    "nothing to join behind a paragraph tag": (P("{%p if x %}") + P("{%- if x %}а{% endif -%}"), "⟦0⟧<w:p>⟦1⟧<а>⟦2⟧</w:p>"),
    "a paragraph tag to join": (
        P("{% if x %}а{% endif -%}") + P("{%p if x %}") + P("б"),
        "<w:p>⟦0⟧<а>⟦1⟧</w:p>⟦2⟧<w:p><б></w:p>",
    ),
    "a dash in the middle": (p(r("а {%- if x -%}  б  {%- endif %} в")), "<а>⟦0⟧<б>⟦1⟧< в>"),
    "a dash beside a value": (P("а") + P("{{- x -}}") + P("б"), "<w:p><а></w:p><w:p><⟦0⟧></w:p><w:p><б></w:p>"),
    "a dash beside a tab": (p(r("а {%- if x -%} "), "<w:r><w:tab/></w:r>", r(" б{% endif %}")), "<а>⟦0⟧<w:r><w:tab/></w:r>< б>⟦1⟧"),
    # escapes
    "escapes": (p(r("{_{ x }_} {_% "), r("y %_"), r("} {{ x }}")), "<{{ x }} {% ><y %}>< ⟦0⟧>"),
}  # fmt: skip


@pytest.mark.parametrize("name", list(MARKED))
def test_marked(name: str) -> None:
    """A body's tags leave a mark where they begin, and all that stood beside them."""
    xml, expected = MARKED[name]
    shown = marked(xml)
    if expected is not None:
        assert shown.removeprefix("<w:p>").removesuffix("</w:p>") == expected.removeprefix("<w:p>").removesuffix(
            "</w:p>"
        )


LEVELS = {
    "{{ x }}": ["text"],
    "{{r x }}": ["run output"],
    "{{p x }}": ["paragraph output"],
    "{% if x %}{%r if x %}{# x #}{#r x #}": ["run"] * 4,
    "{%p if x %}{#p x #}": ["paragraph"] * 2,
}


@pytest.mark.parametrize(("text", "levels"), LEVELS.items())
def test_levels(text: str, levels: list[str]) -> None:
    """A tag has the level that its form says."""
    assert [located.level for located in found_in(P(text))[0].found] == levels


def test_rows_and_cells() -> None:
    """`{%tr %}` takes the place of its row, `{%tc %}` of its cell, each with its place."""
    finder, tree = found_in(
        table(
            row(P("{%tr for a in x %}") + P("{%tr if a %}")),
            row(
                P("{%tc for b in a %}"),
                P("{{ b }}"),
                P("{%tc if b %}") + P("{%tc endif %}{# г #}"),
                P("{%tc endfor %}"),
            ),
        )
    )
    assert finder.problems == []
    assert [(f.level, f.place.row, f.place.cell) for f in finder.found] == [
        ("row", 1, None),
        ("row", 1, None),
        ("cell", 2, 1),
        ("text", 2, 2),
        ("cell", 2, 3),
        ("cell", 2, 3),
        ("cell", 2, 4),
    ]
    shape = [[c.tag if isinstance(c.tag, str) else "mark" for c in parent] for parent in (tree[0], tree[0][-1])]
    assert shape[0][2:] == ["mark", "mark", w("tr")]
    assert shape[1] == ["mark", w("tc"), "mark", "mark", "mark"]


# --- what is not lost ------------------------------------------------------------------------------------------------

PIECES = (
    "{}",
    "<w:r><w:rPr><w:b/></w:rPr>{}</w:r>",
    f"{BEGIN}{{}}{END}",
    f"{COMMENT}{{}}{COMMENT_END}{REFERENCE}",
    '<w:hyperlink w:anchor="x">{}</w:hyperlink>',
    '<w:ins w:id="90" w:author="Б">{}</w:ins>',
    "<w:sdt><w:sdtPr/><w:sdtContent>{}</w:sdtContent></w:sdt>",
    '<w:smartTag w:element="x">{}</w:smartTag>',
    f"{DELETED}{{}}",
    f"{ERROR}{{}}",
)
TEXTS = (
    "а{{ x }}б",
    "{{ x }}{{ y }}",
    "а {% if x %}б{% endif %} в",
    "{% if x %}{{r x }}г{# д #}{% endif %}",
    "а {_{ б",
)


def test_nothing_is_lost() -> None:
    """Letters outside tags and elements other than what held only a tag's letters are the same before and after."""
    chance = random.Random(4)
    for text in TEXTS * 60:
        cuts = sorted(chance.randrange(len(text) + 1) for _ in range(chance.randrange(4)))
        texts = [text[a:b] for a, b in itertools.pairwise([0, *cuts, len(text)])]
        xml = []
        unique: set[str] = set()
        for inside in texts:
            shape = chance.choice(PIECES)
            if "w:id" in shape and shape in unique:
                shape = "{}"
            unique.add(shape)
            xml.append(shape.format(r(inside) if "<w:r>" not in shape or "w:id" in shape else f"<w:t>{inside}</w:t>"))
        source = p(*xml, r("я"))
        finder, tree = found_in(source)
        assert finder.problems == []
        before = etree.fromstring(document(source))
        letters = "".join(e.text or "" for e in before.iter(w("t")))
        for piece in split(letters):
            letters = letters.replace(piece.source, "", 1) if isinstance(piece, Tag) else letters
        kept = "".join((e.text or "") + "".join(c.tail or "" for c in e) for e in tree.iter(w("t")))
        assert kept == letters.replace("{_{", "{{"), source
        wrappers = {w(n) for n in ("r", "t", "rPr", "b", "hyperlink", "ins", "smartTag")}
        counts = [
            Counter(e.tag for e in root.iter(etree.Element) if e.tag not in wrappers) for root in (before[0], tree)
        ]
        assert counts[0] == counts[1], source
        assert len(list(tree.iter(etree.ProcessingInstruction))) == len(finder.found)
        assert all(len(e) for e in tree.iter(w("hyperlink"), w("ins"), w("smartTag")))


# --- AutoCorrect -----------------------------------------------------------------------------------------------------

CORRECTED = {
    "{{ x | default(“-”) }}": 'x | default("-")',
    "{{ x | default(„-“) }}": 'x | default("-")',
    "{{ x | default(«-») }}": 'x | default("-")',
    "{{ x | default(”-”) }}": 'x | default("-")',
    "{{ x | default(‘-’) }}": "x | default('-')",
    '{{ x | default("«х» – ‘у’\u00a0") }}': 'x | default("«х» – ‘у’\u00a0")',
    "{{ x | default(“а \"б\" 'в'”) }}": "x | default(\"а \\\"б\\\" 'в'\")",
    "{{\u00a0x\u202f+\u3000y\u200b\ufeff }}": "x + y",
    "{{ x – 1 — 2 − 3 \u2011 4 }}": "x - 1 - 2 - 3 - 4",
    "{{ “}}” }}": '"}}"',
    "{{ '}}' ~ “%}” }}": '\'}}\' ~ "%}"',
    "{%p if x == “%}” %}": 'if x == "%}"',
    "{%tr if x == '%}' %}": "if x == '%}'",
    "{%tc\u00a0if x == \"}}\" %}": 'if x == "}}"',
    "{{ 'it\\'s' }}": "'it\\'s'",
    "{{ “a }}": "“a",
}  # fmt: skip


@pytest.mark.parametrize(("source", "body"), CORRECTED.items())
def test_autocorrect(source: str, body: str) -> None:
    """What Word's AutoCorrect has changed outside strings is read as it was meant; strings stay as they are."""
    found = split(source)
    assert [piece.source for piece in found if isinstance(piece, Tag)] == [source]
    assert isinstance(found[0], Tag)
    assert found[0].body.strip() == body


@pytest.mark.parametrize("source", ["{%– if x –%}", "{%-if x-%}", "{%— if x\u200b\u2011%}"])
def test_corrected_dash(source: str) -> None:
    """A dash that takes spaces away may have grown longer."""
    found = split(source)[0]
    assert isinstance(found, Tag)
    assert (found.before, found.after, found.body.strip()) == (True, True, "if x")


def test_non_breaking_hyphen() -> None:
    """Word's own element for a hyphen is one in a tag, and stays what it is beside it."""
    hyphen = "<w:r><w:noBreakHyphen/></w:r>"
    source = with_body(p(r("{{ plan.year "), hyphen, r(" 4 }} а"), hyphen, r("б")))
    rendered = Template.open(source).render(PLAN)
    assert outline(rendered) == "2020 а\u2011б"
    assert part(rendered).count(b"noBreakHyphen") == 1


NEEDLESS = ("{", "{{“}}", "{{«}}", '{{"\\"}}', "{{„}}\\", "{{'\"}}", '{{ "', "{%‘%}", "{#", "{{ «»}")


@pytest.mark.parametrize("text", NEEDLESS)
def test_scanner_is_linear(text: str) -> None:
    """Twice the text takes about twice the time, whatever quotes are not closed in it."""

    def took(count: int) -> float:
        source = text * count + "»"
        best = 9.0
        for _ in range(3):
            started = time.process_time()
            with suppress(DialectFaults):
                split(source)
            best = min(best, time.process_time() - started)
        return best

    assert took(5_000) < 3.5 * took(2_500) + 0.02


MANY: dict[str, Callable[[int], str]] = {
    "letters in runs of their own": lambda n: p(*(r(c) for c in "{{ x }}а" * n)),
    "texts in one run": lambda n: p("<w:r>" + "<w:t>а{% if x %}</w:t><w:tab/><w:t>б{% en</w:t><w:t>dif %}</w:t>" * n + "</w:r>"),
    "bookmarks in one tag": lambda n: p(r("{{ "), (BEGIN + END) * 2 * n, r("x }}")),
    "escapes": lambda n: P("{_{ %_}" * 5 * n),
    "joined paragraphs": lambda n: P("а") + P("{%- if x %}б{% endif -%}") * n,
    "wrappers in wrappers": lambda n: p(
        '<w:smartTag w:element="x">' * 100, r("{% if x %}{% endif %}" * n), "</w:smartTag>" * 100
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", list(MANY))
def test_marking_is_linear(name: str) -> None:
    """Twice as many tags take about twice the time, however they stand."""

    def took(count: int) -> float:
        best = 9.0
        for _ in range(3):
            xml = MANY[name](count)
            started = time.process_time()
            found_in(xml)
            best = min(best, time.process_time() - started)
        return best

    assert took(800) < 3.5 * took(400) + 0.05


# --- parts -----------------------------------------------------------------------------------------------------------

TYPE = "application/vnd.openxmlformats-officedocument.wordprocessingml."
REL = "http://schemas.openxmlformats.org/officeDocument/2006/relationships/"
LINES = P("{%p for m in plan.all_measures %}") + P("{{ m.text }}&") + P("{%p endfor %}")


def notes(kind: str, inside: str) -> opc.Package:
    """A document with a part of footnotes, endnotes or comments."""
    item = kind.removesuffix("s")
    own = {"footnote": "footnoteReference", "endnote": "endnoteReference", "comment": "commentReference"}[item]
    separators = (
        ""
        if item == "comment"
        else "".join(
            f'<w:{item} w:type="{t}" w:id="{n}"><w:p/></w:{item}>'
            for n, t in enumerate(("separator", "continuationSeparator"))
        )
    )
    author = ' w:author="Б"' if item == "comment" else ""
    xml = f'<w:{kind} {NAMES}>{separators}<w:{item} w:id="5"{author}>{inside}</w:{item}></w:{kind}>'
    base = with_body(p(r("х"), f'<w:r><w:{own} w:id="5"/></w:r>'))
    return inspection.read(base).add(f"word/{kind}.xml", xml.encode(), f"{TYPE}{kind}+xml", REL + kind)


@pytest.mark.parametrize("kind", ["footnotes", "endnotes", "comments"])
def test_notes(kind: str) -> None:
    """Tags in notes and comments are rendered; a note whose paragraphs all vanish keeps an empty one."""
    rendered = Template.open(notes(kind, LINES).to_bytes()).render(PLAN)
    assert re.findall(">([^<]+)</w:t>", part(rendered, f"word/{kind}.xml").decode()) == ["а&amp;", "б&amp;"]
    assert check_package(rendered) == ()
    empty = Template.open(notes(kind, P("{%p if plan.stage %}") + P("x") + P("{%p endif %}")).to_bytes()).render(PLAN)
    assert check_package(empty) == ()


@pytest.mark.parametrize("kind", ["header", "footer"])
def test_headers(kind: str) -> None:
    """Every header and footer that the document relates to is rendered: default, first, even."""
    package = inspection.read(docx("x"))
    root = {"header": "hdr", "footer": "ftr"}[kind]
    xml = f"<w:{root} {NAMES}>{P('{{ plan.title }}')}</w:{root}>".encode()
    for number in (7, 8, 9):
        package = package.add(f"word/{kind}{number}.xml", xml, f"{TYPE}{kind}+xml", REL + kind)
    rendered = Template.open(package.to_bytes()).render(PLAN)
    assert all(ESCAPED in part(rendered, f"word/{kind}{number}.xml").decode() for number in (7, 8, 9))


def test_note_place() -> None:
    """A fault in a footnote says so."""
    with pytest.raises(TemplateError) as caught:
        Template.open(notes("footnotes", P("{{ plan.titel }}")).to_bytes())
    assert "зүүлт" in caught.value.format("mn")
    assert "footnote 1" in caught.value.format("en")


def box(inside: str) -> str:
    """A paragraph with a text box as Word writes it: for itself, and for older programs."""
    new = f"<wps:wsp><wps:txbx><w:txbxContent>{inside}</w:txbxContent></wps:txbx></wps:wsp>"
    old = f"<w:pict><v:shape><v:textbox><w:txbxContent>{inside}</w:txbxContent></v:textbox></v:shape></w:pict>"
    choice = f'<mc:Choice Requires="wps"><w:drawing><wp:anchor>{new}</wp:anchor></w:drawing></mc:Choice>'
    return f"<w:r><mc:AlternateContent>{choice}<mc:Fallback>{old}</mc:Fallback></mc:AlternateContent></w:r>"


def named(xml: str) -> bytes:
    """A document whose body may use all namespaces."""
    section = '<w:sectPr><w:pgSz w:w="11906" w:h="16838"/></w:sectPr>'
    return opc.Package({**templates.base(), "word/document.xml": document(xml + section).encode()}).to_bytes()


def test_text_box() -> None:
    """Both copies of a text box are rendered, with blocks and tables of their own, and the paragraph around it too."""
    inside = LINES + table(row(P("{%tr if plan.stage %}")), row(P("x")), row(P("{%tr endif %}"))) + P("{{ plan.year }}")
    rendered = Template.open(
        named(p(r("{{ plan.title }} {%"), r("if plan.year %}"), box(inside), r("г{% endif %}")))
    ).render(PLAN)
    xml = part(rendered).decode()
    assert outline(rendered) == f"{TITLE} г"
    boxes = re.findall("<w:txbxContent>(.*?)</w:txbxContent>", xml)
    assert [re.findall(">([^<]+)</w:t>", b) for b in boxes] == [["а&amp;", "б&amp;", "2024"]] * 2
    assert check_package(rendered) == ()


def test_text_box_place() -> None:
    """A fault in a text box has the place of its paragraph; tables behind it are counted as a person counts."""
    inside = table(row(P("{{ plan.a }}"))) + P("{{ plan.b }}")
    with pytest.raises(TemplateError) as caught:
        Template.open(named(p(r("x")) + p(box(inside)) + table(row(P("{{ plan.c }}")))))
    places = {(p.place.paragraph, p.place.table, p.place.quote) for p in caught.value.problems}  # type: ignore[union-attr]
    assert places == {(1, 1, "{{ plan.a }}"), (2, None, "{{ plan.b }}"), (1, 2, "{{ plan.c }}")}


def core(title: str, extra: str = "") -> bytes:
    """A document with this title among its properties."""
    package = inspection.read(docx("x"))
    xml = (
        '<cp:coreProperties xmlns:cp="http://schemas.openxmlformats.org/package/2006/metadata/core-properties" '
        'xmlns:dc="http://purl.org/dc/elements/1.1/">'
        f"<dc:title>{title}</dc:title>{extra}</cp:coreProperties>"
    )
    return package.replace({"docProps/core.xml": xml.encode()}).to_bytes()


PROPERTIES = {
    "{{ plan.title }} {# х #}": f"{ESCAPED} ",
    "{% if plan.stage %}а{% else %}{{ plan.year }}{% endif %}": "2024",
    "{% for o in plan.all_objectives %}{{ o.text }};{% endfor %}": "Нэг;Хоёр;",
    "{{ 'а\\nб' }}": "а&#10;б",
    "{_{ x }_}": "{{ x }}",
    "{{ plan.stage }}": "",
}


@pytest.mark.parametrize(("text", "expected"), PROPERTIES.items())
def test_properties(text: str, expected: str) -> None:
    """Tags in the document properties are rendered as plain text."""
    rendered = Template.open(core(text)).render(PLAN)
    assert f"<dc:title>{expected}</dc:title>" in part(rendered, "docProps/core.xml").decode().replace(
        "<dc:title/>", "<dc:title></dc:title>"
    )
    assert check_package(rendered) == ()


def test_custom_properties() -> None:
    """Custom properties are rendered too; their names are not."""
    package = inspection.read(docx("x"))
    kind = "http://schemas.openxmlformats.org/officeDocument/2006/custom-properties"
    types = "http://schemas.openxmlformats.org/officeDocument/2006/docPropsVTypes"

    def custom(name: str, value: str) -> bytes:
        xml = (
            f'<Properties xmlns="{kind}" xmlns:vt="{types}"><property fmtid="{{D5CDD505-2E9C-101B-9397-08002B2CF9AE}}" '
            f'pid="2" name="{name}"><vt:lpwstr>{value}</vt:lpwstr></property></Properties>'
        )
        content = "application/vnd.openxmlformats-officedocument.custom-properties+xml"
        return package.add("docProps/custom.xml", xml.encode(), content, REL + "custom-properties", "").to_bytes()

    rendered = Template.open(custom("а", "{{ plan.title }}")).render(PLAN)
    assert f">{ESCAPED}</vt:lpwstr>" in part(rendered, "docProps/custom.xml").decode()
    with pytest.raises(TemplateError) as caught:
        Template.open(custom("{{ plan.title }}", "а"))
    assert [p.code for p in caught.value.problems] == ["PF219"]


def picture(**attributes: str) -> str:
    """A run with a picture that has these attributes."""
    own = "".join(f' {name}="{value}"' for name, value in attributes.items())
    return f'<w:r><w:drawing><wp:inline><wp:docPr id="1" name="а"{own}/></wp:inline></w:drawing></w:r>'


ALTERNATIVES = {
    "{{ plan.title }}": ESCAPED,
    "а {{ plan.year }} б {{ plan.year + 1 }}": "а 2024 б 2025",
    "{{ '&quot;а&quot;\\nб' }}": "&quot;а&quot;&#10;б",
    "а{# нууц #}б {_{": "аб {{",
    "\U0010fffd0:7\U0010fffd{{ plan.year }}0:0\U0010fffd &lt;?pf 0?&gt;": "\U0010fffd0:7\U0010fffd20240:0\U0010fffd &lt;?pf 0?&gt;",
}  # fmt: skip


@pytest.mark.parametrize(("text", "expected"), ALTERNATIVES.items())
def test_alternative_text(text: str, expected: str) -> None:
    """Tags in a drawing's alternative text are rendered; no other text is taken for their mark."""
    rendered = Template.open(
        named(p(r("\U0010fffd0:0\U0010fffd{{ plan.year }}"), picture(descr=text, title="{{ plan.year }}")))
    ).render(PLAN)
    xml = part(rendered).decode()
    assert f'descr="{expected}" title="2024"' in xml
    assert outline(rendered) == "\U0010fffd0:0\U0010fffd2024"


def test_alternative_text_in_a_text_box() -> None:
    """A picture in a text box has its alternative text filled too, in both copies."""
    rendered = Template.open(named(p(box(p(picture(descr="{{ plan.year }}")))))).render(PLAN)
    assert part(rendered).count(b'descr="2024"') == 2


def test_alternative_text_in_a_loop() -> None:
    """An alternative text knows the names of the block that it stands in."""
    with pytest.raises(TemplateError) as caught:
        Template.open(named(p(r("{% for m in plan.years %}"), picture(descr="{{ m }}{{ n }}"), r("{% endfor %}"))))
    assert [p.code for p in caught.value.problems] == ["PF204"]


# --- refused ---------------------------------------------------------------------------------------------------------

FIELD = '<w:r><w:fldChar w:fldCharType="{}"/></w:r>'
REFUSED = {
    "a break": (p("<w:r><w:t>{{ plan.</w:t><w:br/><w:t>title }}</w:t></w:r>"), ["PF221"]),
    "a tab": (p(r("{{"), "<w:r><w:tab/></w:r>", r("plan.title }}")), ["PF221"]),
    "a picture": (p(r("{{ plan."), picture(), r("title }}")), ["PF221"]),
    "a note": (p(r("{{ plan."), '<w:r><w:footnoteReference w:id="5"/></w:r>', r("title }}")), ["PF221"]),
    "a field": (p(r("{{ plan."), FIELD.format("begin"), FIELD.format("end"), r("title }}")), ["PF221"]),
    "half a simple field": (
        p(r("{{ plan."), f'<w:fldSimple w:instr="PAGE">{r("title }}")}</w:fldSimple>'),
        ["PF221"],
    ),
    "a field instruction": (p('<w:r><w:instrText>HYPERLINK \\l "{{ x }}"</w:instrText></w:r>'), ["PF219"]),
    "a link in a field instruction": (
        p('<w:r><w:instrText>HYPERLINK "http://x/%7b%7bx%7D%7D"</w:instrText></w:r>'),
        ["PF219"],
    ),
    "a formula cut in two": (p("<m:oMath><m:r><m:t>{</m:t></m:r><m:r><m:t>{ x }}</m:t></m:r></m:oMath>"), ["PF219"]),
    "another attribute": (p('<w:hyperlink w:anchor="x" w:tooltip="{{ x }}"/>'), ["PF219"]),
    "the name of a picture": (p('<w:r><w:drawing><wp:docPr id="1" name="{{ x }}"/></w:drawing></w:r>'), ["PF219"]),
    "a table's description": (
        table(row(P("x"))).replace("</w:tblPr>", '<w:tblCaption w:val="{{ x }}"/></w:tblPr>'),
        ["PF219"],
    ),
    "text outside a paragraph": ("<w:t>{{ x }}</w:t>", ["PF219"]),
    "a paragraph in a paragraph": (p(r("x"), f"<w:r><w:pict>{P('{{ x }}')}</w:pict></w:r>"), ["PF219"]),
    "a paragraph in a table": (table(row(P("x")), P("{{ x }}")), ["PF219"]),
    "a field instruction in a text box": (p(box(p('<w:r><w:instrText>PAGE {{ x }}</w:instrText></w:r>'))), ["PF219"] * 2),
    "text outside a run": (p("<w:t>{{ x }}</w:t>"), ["PF219"]),
    "an alternative text that is no value": (p(picture(descr="{% if plan %}а{% endif %}")), ["PF237", "PF237"]),
    "an alternative text not closed": (p(picture(descr="{{ plan.title")), ["PF201"]),
    "a value for a row": (table(row(P("{{tr plan.title }}"))), ["PF236"]),
    "a value for a cell": (table(row(P("{{tc plan.title }}"), P("x"))), ["PF236"]),
    "text beside a cell tag": (table(row(P("{%tc if plan %}а"), P("x"))), ["PF217"]),
    "a paragraph beside a cell tag": (table(row(P("{%tc if plan %}") + P("а"), P("x"))), ["PF217"]),
    "a value beside a paragraph tag": (p(r("{%p if plan %}{{ plan.title }}")) + P("{%p endif %}"), ["PF217"]),
    "text beside a paragraph value": (P("а {{p plan.title }}"), ["PF217"]),
    "a comment beside a paragraph tag": (
        p(COMMENT, r("{%p if plan %}"), COMMENT_END, REFERENCE) + P("{%p endif %}"),
        ["PF217"],
    ),
    "a deletion beside a paragraph tag": (p(DELETED, r("{%p if plan %}")) + P("{%p endif %}"), ["PF217"]),
    "half a bookmark in a row": (table(row(p(BEGIN, r("{%tr if plan %}"))), row(p(r("x"), END)), row(P("{%tr endif %}"))), ["PF217"]),
    "cells outside a table": (P("{%tc if plan %}"), ["PF220"]),
    "a row in a text box": (p(box(P("{%tr if plan %}"))), ["PF220", "PF220"]),
    "blocks over the edge of a hyperlink": (
        p(r("{% if plan %}а"), link(r("б{% endif %}в"))),
        ["PF223"],
    ),
    "a section that ends": ("<w:p><w:pPr><w:sectPr/></w:pPr></w:p>" + P("{%- if plan %}а{% endif %}"), ["PF235"]),
    "a section that ends after": (P("{% if plan %}а{% endif -%}") + "<w:p><w:pPr><w:sectPr/></w:pPr></w:p>", ["PF235"]),
    "three dots": (P("{{ plan.title | default(…) }}"), ["PF202"]),
    "quotes that do not fit": (P("{{ plan.title | default(“х) }}"), ["PF202"]),
}  # fmt: skip


@pytest.mark.parametrize("name", list(REFUSED))
def test_refused(name: str) -> None:
    """What would lose something, or cannot be filled, is told once, with its place."""
    xml, codes = REFUSED[name]
    with pytest.raises(TemplateError) as caught:
        Template.open(named(xml))
    assert [p.code for p in caught.value.problems] == codes
    assert all(p.place and p.place.describe("mn") for p in caught.value.problems)


def test_other_parts() -> None:
    """A tag in a part that nobody fills is refused with the part: a chart, a link's target, a style's name."""
    chart = "http://schemas.openxmlformats.org/drawingml/2006/chart"
    xml = f'<c:chart xmlns:c="{chart}" xmlns:a="http://schemas.openxmlformats.org/drawingml/2006/main"><a:t>{{</a:t><a:t>{{ x }}}}</a:t></c:chart>'
    package = inspection.read(docx("x"))
    kind = "application/vnd.openxmlformats-officedocument.drawingml.chart+xml"
    charted = package.add("word/charts/chart1.xml", xml.encode(), kind, REL + "chart")
    rels = package.parts["word/_rels/document.xml.rels"].replace(
        b"</Relationships>",
        f'<Relationship Id="rId99" Type="{REL}hyperlink" Target="http://x/%7B%7B%20x" TargetMode="External"/></Relationships>'.encode(),
    )
    linked = package.replace({"word/_rels/document.xml.rels": rels})
    for broken, name in ((charted, "word/charts/chart1.xml"), (linked, "word/_rels/document.xml.rels")):
        with pytest.raises(TemplateError) as caught:
            Template.open(broken.to_bytes())
        assert [(p.code, p.place.part) for p in caught.value.problems] == [("PF219", name)]  # type: ignore[union-attr]


def test_what_is_no_tag() -> None:
    """The data that a document carries, a list's own number and identifiers in braces are left alone."""
    package = inspection.read(
        Template.open(docx("{{ plan.title }}")).render(PLAN.model_copy(update={"title": "{{ х }} {% ү %}"}))
    )
    lists = b'<w:lvl w:ilvl="0"><w:lvlText w:val="{%1}"/></w:lvl>'
    assert b"{{" in package.parts["customXml/planforge.xml"]
    found = {
        n: d.replace(b"</w:numbering>", lists + b"</w:numbering>") for n, d in package.parts.items() if "numbering" in n
    }
    body_part = {package.main: package.parts[package.main].replace("{{ х }} {% ү %}".encode(), b"{8F0B-6F0E}")}
    Template.open(package.replace({**found, **body_part}).to_bytes())


def test_escapes_alone() -> None:
    """A template without tags may hold escapes; data never are escapes."""
    assert outline(Template.open(docx("{_{ а }_} {_% б %_}")).render(PLAN)) == "{{ а }} {% б %}"
    plan = PLAN.model_copy(update={"title": "{_{ а }_}"})
    assert outline(Template.open(docx("{{ plan.title }}")).render(plan)) == "{_{ а }_}"


RENDERED = {
    "one text in several paragraphs": (
        "Ажил нь\n{%- if plan.stage -%}\n\u00a0хотод\n{%- else -%}\n\u00a0хөдөө\n{%- endif -%}\n\u00a0байна.\nх",
        "Ажил нь\u00a0хөдөө\u00a0байна.\nх",
    ),
    "joined in a cell": ("| {%- if plan.year -%} ¶ а ¶ {%- endif -%} |", "| а |"),
    "behind a table": ("| а |\n\n{%- if plan.year -%}\nб{% endif %}", "| а |\nб"),
    "no text is lost before a dash": ("х\nа {%- if plan.year %} б {%- endif %} в", "х\nа б в"),
    "two blocks in one paragraph": (
        "{%p for o in plan.all_objectives %}{%p if o.measures %}\n{{ o.text }}\n{%p endif %}{%p endfor %}",
        "Нэг",
    ),
    "two blocks in one row": (
        "| {%tr for o in plan.all_objectives %} ¶ {%tr if o.measures %} |\n| {{ o.text }} |\n| {%tr endif %} ¶ {%tr endfor %} |",
        "| Нэг |",
    ),
    "closing marks in strings": ("{%p if plan.title != '%}' %}\n{{ '}}' }}{% if '%}' %}%}{% endif %}\n{%p endif %}", "}}%}"),
    "a run's value": ("а {{r plan.year }} б", "а 2024 б"),
}  # fmt: skip


@pytest.mark.parametrize(("template", "expected"), RENDERED.values(), ids=list(RENDERED))
def test_rendered(template: str, expected: str) -> None:
    """A template in the compact notation gives this outline, in a valid package."""
    rendered = Template.open(docx(template)).render(PLAN)
    assert outline(rendered) == expected
    assert check_package(rendered) == ()
