"""docxtpl as the oracle: both engines render a template; a document is read into a plain structure to be compared."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from io import BytesIO
from typing import Any, TypeAlias

from docx.shared import Mm
from docxtpl import DocxTemplate, InlineImage
from lxml import etree

from planforge import Image, Template, opc
from planforge.package_rules import check_package
from planforge.wml import XML_SPACE, blocks, rows, w

__all__ = ["Structure", "by_docxtpl", "by_planforge", "structure"]

Structure: TypeAlias = dict[str, Any]
"""Stories and properties of a document by name; plain lists, tuples and texts."""


def by_docxtpl(source: bytes, data: Mapping[str, Any], *, autoescape: bool = True) -> bytes:
    """What docxtpl renders; each `Image` in the data as its own InlineImage of the same size."""
    template = DocxTemplate(BytesIO(source))

    def own(value: Any) -> Any:
        if isinstance(value, Image):
            return InlineImage(template, BytesIO(value.data), Mm(value.width), Mm(value.height))
        if isinstance(value, dict):
            return {key: own(inner) for key, inner in value.items()}
        return [own(inner) for inner in value] if isinstance(value, list) else value

    template.render({key: own(value) for key, value in data.items()}, autoescape=autoescape)
    out = BytesIO()
    template.save(out)
    return out.getvalue()


def by_planforge(source: bytes, data: Mapping[str, Any]) -> bytes:
    """What planforge renders, without a schema; the package must keep every rule that the template keeps."""
    document = Template.open(source, schema=None).render(data)
    assert {p.message() for p in check_package(document)} <= {p.message() for p in check_package(source)}
    return document


def structure(document: bytes) -> Structure:
    """All that a reader of a document sees: body, headers, footers, notes, comments and properties.

    Paragraphs are `(properties, [(text, formatting)])`, tables lists of rows, cells `(span, merge, fill, blocks)`.
    How runs are cut does not show, and what Word cannot open is read as what planforge makes of it: tables without
    rows and rows without cells are left out, a cell without a paragraph has an empty one.
    """
    package = opc.unpack(document)
    out: Structure = {"body": _blocks(package.parse(package.main)[0])}
    for kind in ("header", "footer"):
        for name in package.related(kind):
            out[name] = _blocks(package.parse(name))
    for kind in ("footnotes", "endnotes", "comments"):
        for name in package.related(kind):
            out[name] = [_blocks(note) for note in package.parse(name)]
    for name in package.related("core-properties", ""):
        out["properties"] = {etree.QName(e).localname: e.text for e in package.parse(name) if e.text}
    return out


def _blocks(container: etree._Element) -> list[Any]:
    found = [_paragraph(block) if block.tag == w("p") else _table(block) for block in blocks(container)]
    return [block for block in found if block]


def _table(table: etree._Element) -> list[Any]:
    out = []
    for row in rows(table):
        cells = []
        for cell in row.cells:
            own = cell.element.find(f"{w('tcPr')}/{w('shd')}")
            fill = "" if own is None else own.get(w("fill"), "").upper()
            cells.append((cell.span, cell.merge, fill, _blocks(cell.element) or [((), [])]))
        if cells:
            out.append((row.header, cells))
    return out


def _paragraph(paragraph: etree._Element) -> tuple[tuple[str, ...], list[tuple[Any, tuple[str, ...]]]]:
    properties = paragraph.find(w("pPr"))
    own = () if properties is None else (e for e in properties if e.tag not in (w("rPr"), w("sectPr")))
    pieces: list[tuple[Any, tuple[str, ...]]] = []
    for run in paragraph.iter(w("r")):
        if next(run.iterancestors(w("p"))) is not paragraph:
            continue
        found = run.find(w("rPr"))
        look = tuple(sorted(map(_plain, () if found is None else found)))
        look += tuple(f"link {link.get(w('anchor'))}" for link in run.iterancestors(w("hyperlink")))
        for piece in _content(run):
            if pieces and pieces[-1][1] == look and isinstance(piece, str) and isinstance(pieces[-1][0], str):
                piece = pieces.pop()[0] + piece
            if piece:
                pieces.append((piece, look))
    return tuple(map(_plain, own)), pieces


def _content(run: etree._Element) -> Iterator[Any]:
    """What a run shows, piece by piece: texts, pictures with their size, text boxes as blocks."""
    for child in run:
        if child.tag == w("t"):
            text = child.text or ""
            yield text if child.get(XML_SPACE) == "preserve" else text.strip(" \t\r\n")  # 17.3.3.31
        elif child.tag == w("br"):
            yield "\f" if child.get(w("type")) == "page" else "\n"
        elif child.tag == w("tab"):
            yield "\t"
        elif child.tag == w("instrText"):
            yield f"‹{child.text}›"
        elif child.tag in (w("footnoteReference"), w("endnoteReference")):
            yield f"[{child.get(w('id'))}]"
        else:
            for inner in child.iter(f"{_WP}extent", w("txbxContent")):
                yield _blocks(inner) if inner.tag == w("txbxContent") else f"▣{inner.get('cx')}×{inner.get('cy')}"


def _plain(element: etree._Element) -> str:
    """An element as text; the pattern of a shading, which docxtpl leaves out, left out."""
    given = sorted(f"{etree.QName(str(k)).localname}={v!s}" for k, v in element.attrib.items())
    inside = [f"({_plain(child)})" for child in element]
    return " ".join([etree.QName(element).localname, *(pair for pair in given if pair != "val=clear"), *inside])


_WP = "{http://schemas.openxmlformats.org/drawingml/2006/wordprocessingDrawing}"
