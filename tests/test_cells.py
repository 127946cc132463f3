"""Grids, faults and values of table cells; the table of repairs, line by line. What docxtpl has too: test_oracle.py."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from lxml import etree

from planforge import Template, inspection, opc, view, wml
from planforge.compiler import _Part
from planforge.dialect import Scope
from planforge.errors import DataError, DocumentPlace, TemplateError
from planforge.package_rules import check_package
from planforge.pictures import Host, Pictures
from planforge.rendering import Run
from planforge.repairs import REPAIRS
from planforge.wml import NAMESPACE, w
from tests.bodies import control, docx, numbered, outline, paragraph, part, row, runs, table, with_body
from tests.test_compiler import PLAN

P = paragraph
START, ON = '<w:vMerge w:val="restart"/>', "<w:vMerge/>"
ROOT = Path(__file__).parent.parent
DATA: Mapping[str, Any] = {
    "columns": ["а", "б", "в"],
    "empty": [],
    "n": 3,
    "colour": "00ccFF",
    "rows": [{"n": 1, "v": [1, 2, 3]}, {"n": 2, "v": [4, 5, 6]}],
    "uneven": [{"v": [1]}, {"v": []}, {"v": [2, 3]}],
    "groups": [{"t": "А", "i": [1, 2]}, {"t": "Б", "i": [3]}, {"t": "В", "i": []}, {"t": "Г", "i": [4, 5]}],
}

Shape = list[list[tuple[str, str, str, str]]]


def shape(document: bytes) -> Shape:
    """The cells of all tables row by row: text, span, merge, background; rows without cells left out."""
    package = inspection.read(document)
    out = []
    for found in package.parse(package.main).iter(w("tr")):
        cells = []
        for cell in found.iter(w("tc")):
            own = cell.find(w("tcPr"))
            values = {e.tag: e for e in own} if own is not None else {}
            cells.append(
                (
                    "\n".join(wml.text_of(p) for p in cell.iter(w("p"))),
                    values[w("gridSpan")].get(w("val"), "") if w("gridSpan") in values else "1",
                    values[w("vMerge")].get(w("val"), "continue") if w("vMerge") in values else "",
                    values[w("shd")].get(w("fill"), "").upper() if w("shd") in values else "",
                )
            )
        if cells:
            out.append(cells)
    return out


def ours(source: bytes, data: Mapping[str, Any] = DATA) -> bytes:
    """What planforge renders, without a schema; the package must keep every rule that the template keeps."""
    document = Template.open(source, schema=None).render(data)
    assert {p.message() for p in check_package(document)} <= {p.message() for p in check_package(source)}
    return document


def cell(text: str, width: int = 1000, own: str = "") -> str:
    return f'<w:tc><w:tcPr><w:tcW w:w="{width}" w:type="dxa"/>{own}</w:tcPr>{paragraph(text)}</w:tc>'


def grid(widths: list[int], *rows: str) -> str:
    """A table with these column widths."""
    columns = "".join(f'<w:gridCol w:w="{width}"/>' for width in widths)
    inside = "".join(f"<w:tr>{cells}</w:tr>" for cells in rows)
    return f'<w:tbl><w:tblPr><w:tblW w:w="0" w:type="auto"/></w:tblPr><w:tblGrid>{columns}</w:tblGrid>{inside}</w:tbl>'


EACH = cell("{%tc for c in columns %}"), cell("{{ c }}"), cell("{%tc endfor %}")
SPAN3 = '<w:gridSpan w:val="3"/>'
GAP = '<w:trPr><w:gridBefore w:val="1"/><w:wBefore w:w="400" w:type="dxa"/></w:trPr>'

GRIDS = {
    "columns share the width of their block": (
        grid([500, 3000, 3000, 3000, 500], cell("№") + "".join(EACH) + cell("z")),
        [500, 3000, 3000, 3000, 500],
        [[1000] * 5],  # as the template has them
    ),
    "and of narrow cells with tags": (
        grid([500, 100, 5800, 100, 500], cell("№") + "".join(EACH) + cell("z")),
        [500, 2000, 2000, 2000, 500],
        [[500, 2000, 2000, 2000, 500]],
    ),
    "more columns than in the template": (
        grid([1000, 1000, 1000], "".join(EACH), cell("{% colspan n + 1 %}x", 3000, SPAN3)),
        [750, 750, 750, 750],
        [[750, 750, 750], [3000]],
    ),
    "fewer": (
        grid([2000, 1000, 1000, 1000], cell("x") + "".join(EACH).replace("columns", "empty")),
        [5000],
        [[5000]],
    ),
    "a cell wider than its row": (
        grid([1000, 2000], cell("{% colspan 3 %}x") + cell("y")),
        [333, 333, 334, 2000],
        [[1000, 2000]],
    ),
    "a gap before": (
        grid([400, 1000, 1000, 1000], GAP + "".join(EACH)),
        [400, 1000, 1000, 1000],
        [[1000, 1000, 1000]],
    ),
    "cells of tags that span columns": (
        grid([1000] * 5, cell("{%tc for c in columns %}", own=SPAN3) + "".join(EACH[1:])),
        [1666, 1667, 1667],
        [[1666, 1667, 1667]],
    ),
    "no widths": (
        grid([0, 0, 0], "".join(EACH)),
        [0, 0, 0],
        [[1000, 1000, 1000]],
    ),
    "unchanged": (grid([700, 800], cell("{% colspan 2 %}x", 1234, SPAN3.replace("3", "2"))), [700, 800], [[1234]]),
}


@pytest.mark.parametrize(("body", "columns", "cells"), GRIDS.values(), ids=list(GRIDS))
def test_widths(body: str, columns: list[int], cells: list[list[int]]) -> None:
    """The table stays as wide as it was; its columns follow the row that shows them best, its cells the columns."""
    package = inspection.read(ours(with_body(body)))
    root = package.parse(package.main)
    assert [int(c.get(w("w"), "")) for c in root.iter(w("gridCol"))] == columns
    found = [[int(c.get(w("w"), "")) for c in row.iter(w("tcW"))] for row in root.iter(w("tr"))]
    assert found == cells


def test_short_rows() -> None:
    """Rows of different length leave grid columns empty, with their width; rows without cells go."""
    template = (
        "| {%tr for r in uneven %} »3 |\n| {%tc for v in r.v %} | {{ v }} | {%tc endfor %} |\n| {%tr endfor %} »3 |"
    )
    document = ours(docx(template))
    assert check_package(document) == ()
    assert outline(document) == "| 1 |\n| 2 | 3 |"
    assert b'<w:trPr><w:gridAfter w:val="1"/><w:wAfter w:w="3000" w:type="dxa"/></w:trPr>' in part(document)


@pytest.mark.parametrize("merge", [START, ON])
@pytest.mark.parametrize("statement", ["{% vm %}", "{% vm 1 %}", "{% vm %}{% colspan 1 %}"])
def test_a_statement_replaces_a_merge_of_the_template(statement: str, merge: str) -> None:
    """A cell has one merge, the one that it says."""
    rows = (P("{%tr for r in rows %}"), P(f"{statement}x"), P("{%tr endfor %}"))
    document = ours(with_body(table(row(P("a"), own=START), *(row(p, own=merge * (p is rows[1])) for p in rows))))
    assert [cells[0][2] for cells in shape(document)] == ["restart", "restart", "continue"]


@pytest.mark.parametrize("tags", range(4))
def test_a_merge_in_a_table_that_grows(tags: int) -> None:
    """Each table follows its own cells, whatever the numbers of its tags are."""
    inner = grid([900], cell("{% vm m.key %}{{ m.text }}"))
    within = cell("x").replace("</w:tc>", f"{inner}{P('y')}</w:tc>")
    row = f"{cell('z')}{cell('{%tc for m in plan.all_measures %}')}{within}{cell('{%tc endfor %}')}"
    document = Template.open(with_body(P("{{ plan.title }}") * tags + grid([900] * 4, row))).render(PLAN)
    assert check_package(document) == ()


def test_ids_do_not_keep_cells_apart() -> None:
    """Cells that print the same are merged, whatever ids, names and lists of their own a loop gives them."""
    inside = (
        '<w:p><w:pPr><w:numPr><w:ilvl w:val="0"/><w:numId w:val="1"/></w:numPr></w:pPr>'
        '<w:bookmarkStart w:id="1" w:name="b"/><w:r><w:t>{% vm %}x</w:t></w:r><w:bookmarkEnd w:id="1"/>'
        '<w:ins w:id="2" w:author="Б"><w:r><w:t>y</w:t></w:r></w:ins></w:p>'
    )
    for wide in ("", "{% colspan 1 %}"):
        cell = inside.replace("x", f"{wide}x").replace(
            "</w:p>", "</w:p>" + P("{%p for v in r.v %}") + P("1") + P("{%p endfor %}")
        )
        rows = (row(P("{%tr for r in rows %}")), row(cell), row(P("{%tr endfor %}")))
        assert [cells[0][2] for cells in shape(ours(numbered(table(*rows))))] == ["restart", "continue"]
    told = row(P("{%tr for r in rows %}")), row(P('{% vm %}w:id="{{ r.n }}"')), row(P("{%tr endfor %}"))
    assert [cells[0][2] for cells in shape(ours(with_body(table(*told))))] == ["restart", "restart"]


def test_order_of_properties() -> None:
    """The properties of a cell stand in the order of the schema (17.4.70), whatever the template had."""
    own = '<w:hMerge w:val="restart"/><w:tcBorders/><w:shd w:val="clear" w:fill="AAAAAA"/><w:vAlign w:val="center"/>'
    body = table(
        row(paragraph("{%tr for r in rows %}")),
        row(paragraph("{% cellbg colour %}{% colspan 1 %}{% vm %}x"), own=own),
        row(paragraph("{%tr endfor %}")),
    )
    package = inspection.read(ours(with_body(body)))
    for found in package.parse(package.main).iter(w("tcPr")):
        names = [etree.QName(e).localname for e in found]
        assert names == ["tcW", "hMerge", "vMerge", "tcBorders", "shd", "vAlign"]


FAULTS = {
    "text beside a column tag": ("| {%tc if plan.stage %} x | y | {%tc endif %} |", ["PF217"]),
    "a column tag outside a table": ("{%tc if plan.stage %}", ["PF220"]),
    "a column loop that is not closed": ("| {%tc for m in plan.years %} | x |", ["PF215"]),
    "a column loop that ends in another row": (
        "| {%tc for m in plan.years %} | x | y |\n| x | {%tc endfor %} | y |",
        ["PF223"],
    ),
    "a name of a column loop after it": ("| {%tc for m in plan.years %} | x | {%tc endfor %} | {{ m }} |", ["PF232"]),
    "colspan without a value": ("| {% colspan %}x |", ["PF202"]),
    "colspan of a text": ("| {% colspan plan.title %}x |", ["PF238"]),
    "colspan of half a column": ("| {% colspan 1.5 %}x |", ["PF238"]),
    "colspan of 64": ("| {% colspan 64 %}x |", ["PF238"]),
    "colspan of what may be absent": ("| {% colspan 1 if plan.stage %}x |", ["PF206"]),
    "background of a number": ("| {% cellbg plan.year %}x |", ["PF244"]),
    "background by name": ("| {% cellbg 'red' %}x |", ["PF244"]),
    "background of what may be absent": ("| {% cellbg plan.stage %}x |", ["PF206"]),
    "background in a condition": ("| {% if plan.stage %}{% cellbg 'auto' %}{% endif %}x |", ["PF227"]),
    "background twice": ("| {% cellbg 'auto' %}{% cellbg 'FFFFFF' %}x |", ["PF227"]),
    "background after a loop that is not closed": ("| {% for m in plan.years %}x{% cellbg 'auto' %} |", ["PF215"]),
    "background of a cell in a row of its own": ("| {%tr cellbg 'auto' %} |\n| x |", ["PF227"]),
    "outside a table": ("{% hm %}x", ["PF227"]),
    "hm with a value": ("| {% hm 2 %}x |", ["PF202"]),
    "hm outside a loop": ("| {% hm %}x |", ["PF239"]),
    "hm in a row loop": ("| {%tr for m in plan.years %} |\n| {% hm %}x |\n| {%tr endfor %} |", ["PF239"]),
    "hm in the else of a loop": (
        "| {%tc for m in plan.years %} | x | {%tc else %} | {% hm %}x | {%tc endfor %} |",
        ["PF239"],
    ),
    "vm outside a loop": ("| {% vm %}x |", ["PF239"]),
    "vm in a column loop": ("| {%tc for m in plan.years %} | {% vm %}x | {%tc endfor %} |", ["PF239"]),
}


@pytest.mark.parametrize(("template", "codes"), FAULTS.values(), ids=list(FAULTS))
def test_faults(template: str, codes: list[str]) -> None:
    """What cannot be is a problem with its place."""
    with pytest.raises(TemplateError) as caught:
        Template.open(docx(template))
    assert [p.code for p in caught.value.problems] == codes
    assert all(isinstance(p.place, DocumentPlace) and p.place.quote for p in caught.value.problems)


def test_a_bookmark_that_a_merged_cell_cuts() -> None:
    """A cell that is left out holds both ends of a bookmark or none."""
    start, end = ('<w:bookmarkStart w:id="1" w:name="b"/>', '<w:bookmarkEnd w:id="1"/>')
    for statement in ("{% hm %}", "{% vm c %}"):
        cells = cell(f"{statement}x").replace("<w:p>", f"<w:p>{start}") + cell("y").replace("<w:p>", f"<w:p>{end}")
        loop = f"{cell('{%tc for c in columns %}')}{cells}{cell('{%tc endfor %}')}"
        with pytest.raises(TemplateError) as caught:
            Template.open(with_body(grid([900] * 4, loop)), schema=None)
        assert [p.code for p in caught.value.problems] == ["PF231"]


VALUES = {
    "colspan": {1: "", 63: "", 2.0: "", 0: "PF312", 64: "PF312", 1.5: "PF312", "2": "PF312", None: "PF312"},
    "cellbg": {"auto": "", "#a1B2c3": "", "red": "PF313", "12345": "PF313", "": "PF313", 112233: "PF313"},
}


@pytest.mark.parametrize(
    ("keyword", "value", "code"), [(k, *case) for k, cases in VALUES.items() for case in cases.items()]
)
def test_values(keyword: str, value: object, code: str) -> None:
    """A value that does not fit is a problem of the data with the place of its tag."""
    template = Template.open(docx(f"x\n| {{% {keyword} x %}}b |"), schema=None)
    try:
        document = template.render({"x": value})
    except DataError as error:
        (problem,) = error.problems
        assert isinstance(problem.place, DocumentPlace)
        assert (problem.code, problem.place.table, problem.place.row, problem.place.cell) == (code, 1, 1, 1)
        assert problem.format("mn")
        assert problem.format("en")
    else:
        assert code == ""
        assert check_package(document) == ()


def test_a_missing_value_is_told_once() -> None:
    """A name that the data lack is not also a wrong span."""
    with pytest.raises(DataError) as caught:
        Template.open(docx("| {% colspan x %}{% cellbg y %}b |"), schema=None).render({})
    assert [p.code for p in caught.value.problems] == ["PF304", "PF304"]


def test_too_many_columns() -> None:
    """A table has 63 columns at most; the problem stands at the first tag that makes them."""
    template = Template.open(docx("| a | {%tc for x in items %} | x | {%tc endfor %} |"), schema=None)
    assert check_package(template.render({"items": list(range(62))})) == ()
    with pytest.raises(DataError) as caught:
        template.render({"items": list(range(63))})
    (problem,) = caught.value.problems
    assert (problem.code, problem.args["found"]) == ("PF312", "64")
    assert isinstance(problem.place, DocumentPlace)
    assert problem.place.quote == "{%tc for x in items %}"


# --- the repairs -----------------------------------------------------------------------------------------------------


def compiled(xml: str, name: str) -> _Part:
    """A part with this root."""
    return _Part(etree.fromstring(xml), name, None, Scope.domain())


def story(root: str, inside: str, inner: str = "") -> str:
    """A part: its root element, and a note or comment in it."""
    content = f'<w:{inner} w:id="1">{inside}</w:{inner}>' if inner else inside
    return f'<w:{root} xmlns:w="{NAMESPACE}">{content}</w:{root}>'


NO, ELSE, NO_END = P("{%p if plan.stage %}"), P("{%p else %}"), P("{%p endif %}")
TC_NO, TC_ELSE, TC_END = cell("{%tc if plan.stage %}"), cell("{%tc else %}"), cell("{%tc endif %}")
TR_NO, TR_ELSE, TR_END = (row(P(f"{{%tr {t} %}}")) for t in ("if plan.stage", "else", "endif"))
NOTHING, SURE = NO + P("x") + NO_END, NO + P("x") + ELSE + P("y") + NO_END
NO_RUN, SURE_RUN = "{% if plan.stage %}x{% endif %}", "{% if plan.stage %}x{% else %}y{% endif %}"
BOX = ("<w:p><w:r><w:pict><w:txbxContent>", "</w:txbxContent></w:pict></w:r></w:p>")
NESTED = table(TR_NO, row(P("x")), TR_END)


def body(inside: str) -> str:
    return story("document", f"<w:body>{inside}</w:body>")


REPAIRED = {
    "cell": (
        body(table(row(NOTHING)) + P("")),
        "<w:p/></w:tc>",
        body(table(row(SURE), row(P("z"), NOTHING)) + P("")),
        "ends_with_paragraph",
    ),
    "cell after a table": (
        body(table(row(table(row(P("x"))), NOTHING))),
        "</w:tbl><w:p/></w:tc>",
        body(table(row(table(row(P("x"))), SURE))),
        "ends_with_paragraph",
    ),
    "cell whose table vanishes": (
        body(table(row(P("x"), NESTED, NOTHING))),
        "</w:p></w:tc>",
        body(table(row(P("x"), NOTHING, P("y")))),
        "del out",
    ),
    **{
        f"story: {kind}": (
            story(root, NOTHING, inner),
            f"><w:p/></w:{inner or root}>",
            story(root, SURE, inner),
            "ends_with_paragraph",
        )
        for kind, root, inner in (
            ("header", "hdr", ""),
            ("footer", "ftr", ""),
            ("footnote", "footnotes", "footnote"),
            ("endnote", "endnotes", "endnote"),
            ("comment", "comments", "comment"),
        )
    },
    "story: text box": (
        body(NOTHING.join(BOX)),
        "<w:txbxContent><w:p/></w:txbxContent>",
        body(SURE.join(BOX)),
        "ends_with_paragraph",
    ),
    "story after a table": (
        story("hdr", table(row(P("x"))) + NOTHING),
        "</w:tbl><w:p/></w:hdr>",
        story("hdr", table(row(P("x"))) + SURE),
        "ends_with_paragraph",
    ),
    "control": (
        body(control(NOTHING)),
        "<w:sdtContent><w:p/></w:sdtContent>",
        body(control(SURE)),
        "len(out) ==",
    ),
    "control in a line": (
        body(f"<w:p>{control(runs(NO_RUN))}</w:p>"),
        "<w:sdtContent><w:r/></w:sdtContent>",
        body(f"<w:p>{control(runs(SURE_RUN))}</w:p>"),
        "len(out) ==",
    ),
    "control in a cell": (
        body(table(row(control(NOTHING)))),
        "<w:sdtContent><w:p/></w:sdtContent>",
        body(table(row(control(SURE)))),
        "ends_with_paragraph",
    ),
    "table": (
        body(P("a") + NESTED + P("b")),
        "</w:p><w:p>",
        body(P("a") + table(TR_NO, row(P("x")), TR_ELSE, row(P("y")), TR_END) + P("b")),
        "del out",
    ),
    "row": (
        body(grid([900], TC_NO + cell("x") + TC_END, cell("y"))),
        "</w:tblGrid><w:tr><w:tc>",
        body(grid([900], TC_NO + cell("x") + TC_ELSE + cell("y") + TC_END, cell("y"))),
        "del out",
    ),
    "row, and its table with it": (
        body(P("a") + grid([900], TC_NO + cell("x") + TC_END) + P("b")),
        "</w:p><w:p>",
        body(P("a") + grid([900], cell("z") + TC_NO + cell("x") + TC_END) + P("b")),
        "del out",
    ),
    "control of rows or cells": (
        body(table(control(TR_NO + row(P("x")) + TR_END), row(P("y")))),
        "</w:tblGrid><w:tr>",
        body(table(control(TR_NO + row(P("x")) + TR_ELSE + row(P("z")) + TR_END), row(P("y")))),
        "del out",
    ),
    "control of cells": (
        body(grid([900, 900], control(TC_NO + cell("x") + TC_END) + cell("y"))),
        "</w:tblGrid><w:tr><w:tc>",
        body(grid([900, 900], control(TC_NO + cell("x") + TC_ELSE + cell("z") + TC_END) + cell("y"))),
        "del out",
    ),
    "grid": (
        body(grid([900, 900, 900], TC_NO + cell("x") + TC_ELSE + cell("y") + TC_END)),
        '<w:tblGrid><w:gridCol w:w="2700"/></w:tblGrid>',
        body(grid([900], cell("{{ plan.title }}"))),
        "Grid(",
    ),
    "merge": (
        body(table(TR_NO, row(P("x"), own=START), TR_END, row(P("{{ plan.year }}"), own=ON))),
        START,
        body(table(row(P("x"), own=START), row(P("{{ plan.year }}"), own=ON))),
        "vMerge",
    ),
}
"""The name of the repair: what needs it, what it then prints, what does not need it, and what only its code holds."""


def test_every_repair_is_shown() -> None:
    """Every line of the table has a case here, a reason with the clause, and stands in docs/architecture.md."""
    shown = [name for repair in REPAIRS for name in REPAIRED if name.startswith(repair.name)]
    assert {*shown} == {*REPAIRED}
    for repair in REPAIRS:
        assert any(name.startswith(repair.name) for name in REPAIRED)
        assert "17." in repair.reason
        assert f"| {repair.name} |" in (ROOT / "docs" / "architecture.md").read_text(encoding="utf-8")


@pytest.mark.parametrize(("needy", "repaired", "sure", "code"), REPAIRED.values(), ids=list(REPAIRED))
def test_repair(needy: str, repaired: str, sure: str, code: str) -> None:
    """What came out empty is mended; what is proven never to be empty has no code for it."""
    name = "word/part.xml"
    found = compiled(needy, name)
    assert found.problems == []
    run = Run({}, tuple(located.place for located in found.found), name, Pictures(Host(opc.Package({}))), None)
    program = found.code(0)
    rendered = (
        b"".join(program.renderer(False)(run, view.walk(PLAN), None, None))
        .decode()
        .replace(' xml:space="preserve"', "")
    )
    assert repaired in rendered
    other = compiled(sure, name)
    assert other.problems == []
    if code == "vMerge":  # it stands in the texts of both
        assert "else '<w:vMerge" in program.plain
        code = "else '<w:vMerge"
    assert code in program.plain + "".join(program.texts)
    unneeded = other.code(0)
    assert code not in unneeded.plain + "".join(unneeded.texts)
