"""A compact notation for document bodies: a line is a paragraph, lines of `| a | b |` are the rows of a table.

In a cell ` ¶ ` begins a new paragraph, `»2` at its end makes it span two columns; a row that begins with `=` repeats as
a header; an empty line ends a table. `outline` of `planforge.wml` writes the same notation back.
"""

from __future__ import annotations

import re
import zipfile
from io import BytesIO
from xml.sax.saxutils import escape

from planforge import inspection, opc, templates, wml
from planforge.wml import NAMESPACE

_HEAD = f'<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n<w:document xmlns:w="{NAMESPACE}"><w:body>'
_TAIL = '<w:sectPr><w:pgSz w:w="11906" w:h="16838"/></w:sectPr></w:body></w:document>'

_BAR = re.compile(r" \| (?![^{]*[}%]\})")  # a bar inside a tag is a filter


def docx(notation: str) -> bytes:
    """A document with this body on planforge's own base."""
    return with_body(body(notation))


def with_body(xml: str) -> bytes:
    """A document with this XML as its body."""
    parts = {**templates.base(), "word/document.xml": f"{_HEAD}{xml}{_TAIL}".encode()}
    return opc.Package(parts).to_bytes()


NUMBERING = {
    1: ("decimal", "decimal", "bullet"),
    2: ("lowerLetter", "bullet"),
    3: ("bullet", "decimal"),
}
"""The formats of the levels of each list of `numbered`; every level starts at 1 but the second of the first: at 5."""


def numbered(xml: str, styles: str = "", more: str = "") -> bytes:
    """A document with this body, these styles besides the base's, and the lists of `NUMBERING`; the first is twice.

    Number 1 and 4 are instances of one definition; `more` comes behind the instances.
    """
    definitions = "".join(
        f'<w:abstractNum w:abstractNumId="{id_}"><w:multiLevelType w:val="multilevel"/>'
        + "".join(_level(at, shape, id_) for at, shape in enumerate(shapes))
        + "</w:abstractNum>"
        for id_, shapes in NUMBERING.items()
    )
    nums = [(id_, id_) for id_ in NUMBERING] + [(4, 1)]
    instances = "".join(f'<w:num w:numId="{n}"><w:abstractNumId w:val="{of}"/></w:num>' for n, of in nums)
    part = f'<w:numbering xmlns:w="{NAMESPACE}">{definitions}{instances}{more}</w:numbering>'
    package = opc.unpack(with_body(xml))
    styled = package.parts["word/styles.xml"].replace(b"</w:styles>", f"{styles}</w:styles>".encode())
    office = "application/vnd.openxmlformats-officedocument.wordprocessingml.numbering+xml"
    kind = "http://schemas.openxmlformats.org/officeDocument/2006/relationships/numbering"
    package = package.replace({"word/styles.xml": styled}).add("word/numbering.xml", part.encode(), office, kind)
    return package.to_bytes()


def _level(at: int, shape: str, definition: int) -> str:
    start = 5 if (definition, at) == (1, 1) else 1
    text = "•" if shape == "bullet" else "".join(f"%{n}." for n in range(1, at + 2))
    return (
        f'<w:lvl w:ilvl="{at}"><w:start w:val="{start}"/><w:numFmt w:val="{shape}"/><w:lvlText w:val="{text}"/>'
        f'<w:lvlJc w:val="left"/><w:pPr><w:ind w:left="{720 * (at + 1)}" w:hanging="360"/></w:pPr></w:lvl>'
    )


def entry(text: str, number: int, level: int = 0) -> str:
    """A paragraph of a list."""
    own = f'<w:numPr><w:ilvl w:val="{level}"/><w:numId w:val="{number}"/></w:numPr>'
    return paragraph(text).replace("<w:p>", f"<w:p><w:pPr>{own}</w:pPr>")


def body(notation: str) -> str:
    """The XML of a body."""
    out: list[str] = []
    rows: list[str] = []
    for line in [*notation.split("\n"), ""]:
        if line.lstrip("=").startswith("|"):
            rows.append(line)
            continue
        if rows:
            out.append(_table(rows))
            rows = []
        if line:
            out.append(paragraph(line))
    return "".join(out)


def paragraph(text: str) -> str:
    return f'<w:p><w:r><w:t xml:space="preserve">{escape(text)}</w:t></w:r></w:p>'


def runs(*texts: str) -> str:
    """A run for each text, whose XML is taken as it is."""
    return "".join(f'<w:r><w:t xml:space="preserve">{text}</w:t></w:r>' for text in texts)


def table(*rows: str) -> str:
    """A table of one column."""
    grid = '<w:tblGrid><w:gridCol w:w="900"/></w:tblGrid>'
    return f'<w:tbl><w:tblPr><w:tblW w:w="0" w:type="auto"/></w:tblPr>{grid}{"".join(rows)}</w:tbl>'


def row(*blocks: str, own: str = "") -> str:
    """A row of one cell with these blocks; `own` stands in the cell's properties."""
    return f'<w:tr><w:tc><w:tcPr><w:tcW w:w="900" w:type="dxa"/>{own}</w:tcPr>{"".join(blocks)}</w:tc></w:tr>'


def control(inside: str) -> str:
    """A content control."""
    return f"<w:sdt><w:sdtPr/><w:sdtContent>{inside}</w:sdtContent></w:sdt>"


def _table(rows: list[str]) -> str:
    parsed = [[c.strip() for c in _BAR.split(row.lstrip("=").strip()[1:-1])] for row in rows]
    columns = max(sum(_span(c)[1] for c in row) for row in parsed)
    grid = "".join('<w:gridCol w:w="2000"/>' for _ in range(columns))
    head = '<w:tblPr><w:tblW w:w="0" w:type="auto"/></w:tblPr>'
    xml = []
    for row, cells in zip(rows, parsed, strict=True):
        spans = [_span(c) for c in cells]
        missing = columns - sum(n for _, n in spans)
        spans[-1] = (spans[-1][0], spans[-1][1] + missing)
        repeat = "<w:trPr><w:tblHeader/></w:trPr>" if row.startswith("=") else ""
        xml.append(f"<w:tr>{repeat}{''.join(_cell(t, n) for t, n in spans)}</w:tr>")
    return f"<w:tbl>{head}<w:tblGrid>{grid}</w:tblGrid>{''.join(xml)}</w:tbl>"


def _span(cell: str) -> tuple[str, int]:
    text, mark, span = cell.rpartition("»")
    return (text.rstrip(), int(span)) if mark and span.isdigit() else (cell, 1)


def _cell(text: str, span: int) -> str:
    merged = f'<w:gridSpan w:val="{span}"/>' if span > 1 else ""
    own = f'<w:tcPr><w:tcW w:w="{2000 * span}" w:type="dxa"/>{merged}</w:tcPr>'
    return f"<w:tc>{own}{''.join(paragraph(p) for p in text.split(' ¶ '))}</w:tc>"


def outline(document: bytes) -> str:
    """The body of a document in the notation of `planforge.wml.outline`."""
    package = inspection.read(document)
    found = package.parse(package.main).find(wml.w("body"))
    assert found is not None
    return wml.outline(found)


def part(document: bytes, name: str = "word/document.xml") -> bytes:
    """One unpacked part."""
    with zipfile.ZipFile(BytesIO(document)) as archive:
        return archive.read(name)
