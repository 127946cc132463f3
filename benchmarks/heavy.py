"""Templates as people make them in Word, in the dialect of every engine that is measured.

The plan: approval block, title, a table of five columns with two header rows, objective rows spanning all columns,
criteria lists in a cell, nested sub-measures, a footer part with a tag. The report: nine columns. Word's root
namespaces, direct formatting in every run. A template is described once, as rows of cells of
paragraphs; a `Dialect` says how a value, a loop and a condition are written. The same call gives the same bytes.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from xml.sax.saxutils import escape

import docx
from lxml import etree

from planforge import inspection, opc

__all__ = ["DIALECTS", "blank", "plan", "report", "rows"]

# --- what a template is made of ----------------------------------------------------------------------------------


@dataclass(frozen=True)
class Paragraph:
    """A text with its direct formatting; `size` in half-points, `before` in twentieths of a point."""

    text: str
    align: str = "both"
    bold: bool = False
    italic: bool = False
    size: int = 20
    before: int = 0


@dataclass(frozen=True)
class Cell:
    """Paragraphs; `span` in columns."""

    paragraphs: Sequence[Paragraph]
    span: int = 1


@dataclass(frozen=True)
class Row:
    """Cells from left to right; a header repeats on every page."""

    cells: Sequence[Cell]
    header: bool = False


LOOPS = {
    "approval": "plan.approval",
    "objective": "plan.all_objectives",
    "measure": "objective.measures",
    "part": "measure.measures",
    "criterion": "measure.criteria",
    "inner": "criterion.criteria",
    "point": "part.criteria",
}
"""The variable of each loop and what it goes over."""

_MARK = Paragraph("", align="left")


class Dialect:
    """docxtpl's and planforge's: `{{ }}`, `{%tr %}`, `{%p %}`."""

    flat = False
    """Only one kind of row repeats, and no lists in cells."""

    def value(self, path: str) -> str:
        return f"{{{{ {path} }}}}"

    def rows(self, variable: str, body: Sequence[Row]) -> list[Row]:
        begin, end = (Row([Cell([replace(_MARK, text=f"{{%tr {tag} %}}")], 99)]) for tag in self._loop(variable))
        return [begin, *body, end]

    def paragraphs(self, variable: str, body: Sequence[Paragraph]) -> list[Paragraph]:
        begin, end = (replace(_MARK, text=f"{{%p {tag} %}}") for tag in self._loop(variable))
        return [begin, *body, end]

    def when(self, path: str, body: Sequence[Paragraph]) -> list[Paragraph]:
        begin, end = (replace(_MARK, text=f"{{%p {tag} %}}") for tag in (f"if {path}", "endif"))
        return [begin, *body, end]

    def _loop(self, variable: str) -> tuple[str, str]:
        return f"for {variable} in {LOOPS[variable]}", "endfor"


class Mustache(Dialect):
    """docxtemplater's and easy-template-x's: `{name}`, `{#name}` … `{/name}`; `_` in names for a way through parts."""

    def value(self, path: str) -> str:
        return f"{{{self._name(path)}}}"

    def rows(self, variable: str, body: Sequence[Row]) -> list[Row]:
        name = self._name(LOOPS[variable])
        first, *others = body
        head, *cells = first.cells
        *lines, last = [replace(first, cells=[_before(f"{{#{name}}}", head), *cells]), *others]
        *cells, tail = last.cells
        return [*lines, replace(last, cells=[*cells, _after(tail, f"{{/{name}}}")])]

    def paragraphs(self, variable: str, body: Sequence[Paragraph]) -> list[Paragraph]:
        return self.when(LOOPS[variable], body)

    def when(self, path: str, body: Sequence[Paragraph]) -> list[Paragraph]:
        name = self._name(path)
        return [replace(_MARK, text=f"{{#{name}}}"), *body, replace(_MARK, text=f"{{/{name}}}")]

    def _name(self, path: str) -> str:
        head, _, rest = path.partition(".")
        return (rest if head in LOOPS else path).replace(".", "_")


def _before(text: str, cell: Cell) -> Cell:
    first, *others = cell.paragraphs
    return replace(cell, paragraphs=[replace(first, text=text + first.text), *others])


def _after(cell: Cell, text: str) -> Cell:
    *others, last = cell.paragraphs
    return replace(cell, paragraphs=[*others, replace(last, text=last.text + text)])


class Carbone(Dialect):
    """`{d.list[i].name}`; the row or paragraph behind with `[i+1]` shows what repeats."""

    def value(self, path: str) -> str:
        return f"{{{self._way(path)}}}"

    def rows(self, variable: str, body: Sequence[Row]) -> list[Row]:
        return [*body, Row([Cell([replace(_MARK, text=self._next(variable))], 99)])]

    def paragraphs(self, variable: str, body: Sequence[Paragraph]) -> list[Paragraph]:
        return [*body, replace(_MARK, text=self._next(variable))]

    def when(self, path: str, body: Sequence[Paragraph]) -> list[Paragraph]:
        way = self._way(path)
        first, *others = body
        *lines, last = [replace(first, text=f"{{{way}:ifNEM:showBegin}}{first.text}"), *others]
        return [*lines, replace(last, text=f"{last.text}{{{way}:showEnd}}")]

    def _next(self, variable: str) -> str:
        return f"{{{self._way(LOOPS[variable])}[i+1].text}}"

    def _way(self, path: str) -> str:
        head, dot, rest = path.partition(".")
        return f"{self._way(LOOPS[head])}[i]{dot}{rest}" if head in LOOPS else f"d.{path}"


class MergeFields(Dialect):
    """docx-mailmerge2's: MERGEFIELD fields; the row that holds a list's fields repeats."""

    flat = True

    def value(self, path: str) -> str:
        head, _, rest = path.partition(".")
        return f"«{(rest if head in LOOPS else path).replace('.', '_')}»"

    def rows(self, variable: str, body: Sequence[Row]) -> list[Row]:
        return list(body)

    def paragraphs(self, variable: str, body: Sequence[Paragraph]) -> list[Paragraph]:
        return list(body)

    def when(self, path: str, body: Sequence[Paragraph]) -> list[Paragraph]:
        return list(body)


DIALECTS = {"jinja": Dialect(), "mustache": Mustache(), "carbone": Carbone(), "mergefields": MergeFields()}

# --- the forms ---------------------------------------------------------------------------------------------------

PLAN_WIDTHS = (700, 3200, 3200, 1300, 2400)
PLAN_TITLES = ("№", "Хэрэгжүүлэх арга хэмжээ", "Шалгуур үзүүлэлт", "Хэрэгжүүлэх хугацаа", "Хүрэх түвшин, үр дүн")
REPORT_WIDTHS = (560, 960, 2260, 1240, 1980, 1020, 1400, 2600, 1580)
REPORT_TITLES = (
    "Д/д",
    "Зорилт",
    "Арга хэмжээ",
    "Хэрэгжих хугацаа",
    "Шалгуур үзүүлэлт",
    "Хүрэх түвшин, үр дүн",
    "Зарцуулсан хөрөнгийн хэмжээ, эх үүсвэр",
    "Хүрсэн түвшин, үр дүн",
    "Хэрэгжилтийн хувь",
)


def plan(dialect: str = "jinja", *, slim: bool = False) -> bytes:
    """The template of a plan; `slim` with small parts around the text: few styles."""
    d = DIALECTS[dialect]
    blocks: list[Paragraph | str] = [*_front(d, "Хэрэгжүүлэх хугацаа"), _table(PLAN_WIDTHS, _plan_rows(d))]
    return _document(blocks, _footer(d), slim=slim)


def report(dialect: str = "jinja") -> bytes:
    """The template of a report."""
    d = DIALECTS[dialect]
    return _document([*_front(d, "Тайлант хугацаа"), _table(REPORT_WIDTHS, _report_rows(d))], _footer(d))


def rows(count: int) -> bytes:
    """A template of many rows with one tag each, in the Jinja dialect."""
    value = Dialect().value("plan.title")
    lines = [_row([f"{number}", value]) for number in range(1, count + 1)]
    return _document([_table((1000, 8000), lines)], _footer(Dialect()))


def blank(kind: str) -> bytes:
    """The form without any row below the header, for engines that add rows by themselves."""
    widths, titles = (PLAN_WIDTHS, PLAN_TITLES) if kind == "plan" else (REPORT_WIDTHS, REPORT_TITLES)
    return _document([_table(widths, _header(titles))], "")


def _front(d: Dialect, period: str) -> list[Paragraph]:
    right = Paragraph("", align="right", bold=True, size=22)
    person = [replace(right, text=d.value(f"approval.person.{name}")) for name in ("position", "rank", "name")]
    approval = [replace(right, text=d.value("approval.word"), before=120), *person]
    if isinstance(d, Mustache | Carbone):
        block = d.paragraphs("approval", approval)
    else:
        block = d.paragraphs("approval", [approval[0], *d.when("approval.person", person)])
    title = f"{d.value('plan.owner.name')} {d.value('plan.year')} оны {d.value('plan.title')}"
    return [
        *block,
        Paragraph(title, align="center", bold=True, size=24, before=240),
        Paragraph(f"/{period} {d.value('plan.period')}/", align="center", italic=True, size=22),
    ]


def _footer(d: Dialect) -> str:
    return d.value("plan.owner.name")


def _header(titles: Sequence[str]) -> list[Row]:
    centred = Paragraph("", align="center", bold=True)
    texts = (titles, [str(n) for n in range(1, len(titles) + 1)])
    return [Row([Cell([replace(centred, text=text)]) for text in line], header=True) for line in texts]


def _row(texts: Sequence[str | Sequence[Paragraph]], *, italic: bool = False) -> Row:
    """A row; a text becomes one paragraph."""
    return Row([Cell([Paragraph(t, italic=italic)] if isinstance(t, str) else t) for t in texts])


def _section(d: Dialect, span: int) -> Row:
    text = f"Зорилт {d.value('objective.number')}. {d.value('objective.text')}"
    return Row([Cell([Paragraph(text, align="left", bold=True, before=60)], span)])


def _list(d: Dialect, owner: str, variable: str, *, deeper: str = "") -> Sequence[Paragraph]:
    if d.flat:
        return [Paragraph(d.value(f"{owner}.criteria"))]
    body = [Paragraph(f"- {d.value(f'{variable}.text')}")]
    if deeper:
        body += d.paragraphs(deeper, [Paragraph(f"а. {d.value(f'{deeper}.text')}", italic=True)])
    return d.paragraphs(variable, body)


def _plan_rows(d: Dialect) -> list[Row]:
    def line(name: str, criterion: str, *, italic: bool) -> Row:
        number, text, period, outcome = (d.value(f"{name}.{part}") for part in ("number", "text", "period", "outcome"))
        return _row([number, text, _list(d, name, criterion), period, outcome], italic=italic)

    parts = [] if d.flat else d.rows("part", [line("part", "point", italic=True)])
    measures = d.rows("measure", [line("measure", "criterion", italic=False), *parts])
    body = measures if d.flat else d.rows("objective", [_section(d, 5), *measures])
    return [*_header(PLAN_TITLES), *body]


def _report_rows(d: Dialect) -> list[Row]:
    value = {
        name: d.value(f"measure.{name}")
        for name in ("serial", "number", "text", "period", "outcome", "result.spent", "result.reached", "result.grade")
    }
    counts = [d.value(f"measure.result.attachments.{name}") for name in ("total", "files", "pictures")]
    attached = Paragraph("Хавсралт нийт: {} Файл: {} Зураг: {}".format(*counts), italic=True)
    reached = [Paragraph(value["result.reached"]), *d.when("measure.result.attachments", [attached])]
    line = _row(
        [
            value["serial"],
            "",
            f"{value['number']}. {value['text']}",
            value["period"],
            _list(d, "measure", "criterion", deeper="inner"),
            value["outcome"],
            value["result.spent"],
            reached,
            value["result.grade"],
        ]
    )
    measures = d.rows("measure", [line])
    body = measures if d.flat else d.rows("objective", [_section(d, 9), *measures])
    return [*_header(REPORT_TITLES), *body]


# --- as WordprocessingML --------------------------------------------------------------------------------------

_MICROSOFT = "http://schemas.microsoft.com/office"
_OPEN = "http://schemas.openxmlformats.org"
_NAMESPACES = {
    "wpc": f"{_MICROSOFT}/word/2010/wordprocessingCanvas",
    "cx": f"{_MICROSOFT}/drawing/2014/chartex",
    "cx1": f"{_MICROSOFT}/drawing/2015/9/8/chartex",
    "cx2": f"{_MICROSOFT}/drawing/2015/10/21/chartex",
    "cx3": f"{_MICROSOFT}/drawing/2016/5/9/chartex",
    "cx4": f"{_MICROSOFT}/drawing/2016/5/10/chartex",
    "cx5": f"{_MICROSOFT}/drawing/2016/5/11/chartex",
    "cx6": f"{_MICROSOFT}/drawing/2016/5/12/chartex",
    "cx7": f"{_MICROSOFT}/drawing/2016/5/13/chartex",
    "cx8": f"{_MICROSOFT}/drawing/2016/5/14/chartex",
    "mc": f"{_OPEN}/markup-compatibility/2006",
    "aink": f"{_MICROSOFT}/drawing/2016/ink",
    "am3d": f"{_MICROSOFT}/drawing/2017/model3d",
    "o": "urn:schemas-microsoft-com:office:office",
    "oel": f"{_MICROSOFT}/2019/extlst",
    "r": f"{_OPEN}/officeDocument/2006/relationships",
    "m": f"{_OPEN}/officeDocument/2006/math",
    "v": "urn:schemas-microsoft-com:vml",
    "wp14": f"{_MICROSOFT}/word/2010/wordprocessingDrawing",
    "wp": f"{_OPEN}/drawingml/2006/wordprocessingDrawing",
    "w10": "urn:schemas-microsoft-com:office:word",
    "w": f"{_OPEN}/wordprocessingml/2006/main",
    "w14": f"{_MICROSOFT}/word/2010/wordml",
    "w15": f"{_MICROSOFT}/word/2012/wordml",
    "w16cex": f"{_MICROSOFT}/word/2018/wordml/cex",
    "w16cid": f"{_MICROSOFT}/word/2016/wordml/cid",
    "w16": f"{_MICROSOFT}/word/2018/wordml",
    "w16sdtdh": f"{_MICROSOFT}/word/2020/wordml/sdtdatahash",
    "w16se": f"{_MICROSOFT}/word/2015/wordml/symex",
    "wpg": f"{_MICROSOFT}/word/2010/wordprocessingGroup",
    "wpi": f"{_MICROSOFT}/word/2010/wordprocessingInk",
    "wne": f"{_MICROSOFT}/word/2006/wordml",
    "wps": f"{_MICROSOFT}/word/2010/wordprocessingShape",
    "w16du": f"{_MICROSOFT}/word/2023/wordml/word16du",
}
_IGNORABLE = ' mc:Ignorable="w14 w15 w16se w16cid w16 w16cex w16sdtdh w16du wp14"'
_ROOT = "".join(f' xmlns:{prefix}="{name}"' for prefix, name in _NAMESPACES.items()) + _IGNORABLE
_XML = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'
_FIELD = re.compile(r"«(\w+)»")
_FONTS = '<w:rFonts w:ascii="Arial" w:eastAsia="Arial" w:hAnsi="Arial" w:cs="Arial"/>'
_BORDERS = "".join(
    f'<w:{side} w:val="single" w:sz="4" w:space="0" w:color="000000"/>'
    for side in ("top", "left", "bottom", "right", "insideH", "insideV")
)
_MARGINS = "".join(f'<w:{side} w:w="{width}" w:type="dxa"/>' for side, width in (("left", 70), ("right", 70)))
_TABLE = (
    '<w:tblPr><w:tblW w:w="0" w:type="auto"/>'
    f'<w:tblBorders>{_BORDERS}</w:tblBorders><w:tblLayout w:type="fixed"/><w:tblCellMar>{_MARGINS}</w:tblCellMar>'
    '<w:tblLook w:val="04A0" w:firstRow="1" w:lastRow="0" w:firstColumn="1" w:lastColumn="0" w:noHBand="0" '
    'w:noVBand="1"/>'
    "</w:tblPr>"
)
_SECTION = (
    '<w:sectPr w:rsidR="00AF12C4"><w:footerReference w:type="default" r:id="rIdFooter"/>'
    '<w:pgSz w:w="11906" w:h="16838"/><w:pgMar w:top="1134" w:right="850" w:bottom="1134" w:left="1701" w:header="709" '
    'w:footer="709" w:gutter="0"/><w:cols w:space="708"/><w:docGrid w:linePitch="360"/></w:sectPr>'
)


def _run_properties(p: Paragraph) -> str:
    bold = "<w:b/><w:bCs/>" if p.bold else ""
    italic = "<w:i/><w:iCs/>" if p.italic else ""
    size = f'<w:sz w:val="{p.size}"/><w:szCs w:val="{p.size}"/>'
    return f'<w:rPr>{_FONTS}{bold}{italic}<w:color w:val="000000"/>{size}<w:lang w:val="mn-MN"/></w:rPr>'


def _run(text: str, properties: str) -> str:
    return f'<w:r w:rsidRPr="00C53B1E">{properties}<w:t xml:space="preserve">{escape(text)}</w:t></w:r>'


def _paragraph(p: Paragraph) -> str:
    properties = _run_properties(p)
    runs = []
    for at, piece in enumerate(_FIELD.split(p.text)):
        if at % 2:
            shown = _run(f"«{piece}»", properties)
            runs.append(f'<w:fldSimple w:instr=" MERGEFIELD {piece} \\* MERGEFORMAT ">{shown}</w:fldSimple>')
        elif piece:
            runs.append(_run(piece, properties))
    spacing = f'<w:spacing w:before="{p.before}" w:after="0" w:line="240" w:lineRule="auto"/>'
    own = f'<w:pPr>{spacing}<w:jc w:val="{p.align}"/></w:pPr>'
    return f'<w:p w:rsidR="00AF12C4" w:rsidRDefault="00AF12C4">{own}{"".join(runs)}</w:p>'


def _table(widths: Sequence[int], lines: Sequence[Row]) -> str:
    grid = "".join(f'<w:gridCol w:w="{width}"/>' for width in widths)
    return f"<w:tbl>{_TABLE}<w:tblGrid>{grid}</w:tblGrid>{''.join(_line(row, widths) for row in lines)}</w:tbl>"


def _line(row: Row, widths: Sequence[int]) -> str:
    cells = []
    at = 0
    for cell in row.cells:
        covered = widths[at : at + cell.span]
        at += len(covered)
        span = f'<w:gridSpan w:val="{len(covered)}"/>' if len(covered) > 1 else ""
        own = f'<w:tcPr><w:tcW w:w="{sum(covered)}" w:type="dxa"/>{span}</w:tcPr>'
        cells.append(f"<w:tc>{own}{''.join(map(_paragraph, cell.paragraphs))}</w:tc>")
    repeat = "<w:trPr><w:tblHeader/></w:trPr>" if row.header else ""
    return f'<w:tr w:rsidR="00AF12C4" w:rsidTr="00C53B1E">{repeat}{"".join(cells)}</w:tr>'


def _document(blocks: Sequence[Paragraph | str], footer: str, *, slim: bool = False) -> bytes:
    body = "".join(block if isinstance(block, str) else _paragraph(block) for block in blocks)
    after = _paragraph(Paragraph(""))
    main = f"{_XML}<w:document{_ROOT}><w:body>{body}{after}{_SECTION}</w:body></w:document>"
    foot = f"{_XML}<w:ftr{_ROOT}>{_paragraph(Paragraph(footer, align='center', size=16))}</w:ftr>"
    parts = {**_static(slim=slim), "word/document.xml": main.encode(), "word/footer1.xml": foot.encode()}
    return opc.Package(parts).to_bytes()


@cache
def _static(*, slim: bool) -> dict[str, bytes]:
    """The parts around: those of python-docx's own template, as Word 2010 wrote them; no thumbnail; a footer.

    `slim` keeps the default styles only, once.
    """
    template = Path(docx.__file__).parent / "templates" / "default.docx"
    parts = dict(inspection.read(template.read_bytes()).parts)
    named = ("[Content_Types].xml", "_rels/.rels", "word/_rels/document.xml.rels", "word/styles.xml")
    types, _, relations, styles = trees = [etree.fromstring(parts[name]) for name in named]
    kind = "application/vnd.openxmlformats-officedocument.wordprocessingml.footer+xml"
    etree.SubElement(types, "Override", PartName="/word/footer1.xml", ContentType=kind)
    own = {"Id": "rIdFooter", "Type": f"{_OPEN}/officeDocument/2006/relationships/footer", "Target": "footer1.xml"}
    etree.SubElement(relations, "Relationship", own)
    gone = ["docProps/thumbnail.jpeg"]
    if slim:
        gone.append("word/stylesWithEffects.xml")
        style, default = (f"{{{_NAMESPACES['w']}}}{name}" for name in ("style", "default"))
        for element in styles.findall(style):
            if element.get(default) is None:
                styles.remove(element)
    for name in gone:
        del parts[name]
        for tree in trees:
            for element in list(tree):
                if f"/{element.get('PartName') or element.get('Target')}".endswith(f"/{name.removeprefix('word/')}"):
                    tree.remove(element)
    written = (etree.tostring(tree, xml_declaration=True, encoding="UTF-8", standalone=True) for tree in trees)
    return {**parts, **dict(zip(named, written, strict=True))}
