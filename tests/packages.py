"""Packages for tests: the good one, and one for each way in which a file can be bad.

`BUILDERS` maps a name to a function that makes the bytes; `problems.toml` names the smallest case of each code by it,
and `trigger` runs such a case.
"""

from __future__ import annotations

import random
import re
import struct
import zlib
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from unittest import mock

from planforge import archive, inspection, opc
from planforge.errors import EnvironmentProblem, PlanforgeError, Problem
from planforge.templates import base

W = 'xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"'
DOC_REL = "http://schemas.openxmlformats.org/officeDocument/2006/relationships/"
MS_REL = "http://schemas.microsoft.com/office/2006/relationships/"
OFFICE = "application/vnd.openxmlformats-officedocument."
OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(504)

# -- the good ones -----------------------------------------------------------------------------------------------------


def good() -> opc.Package:
    """The base document."""
    return opc.Package(base())


def document(body: str, **parts: str) -> opc.Package:
    """The base document with `body` before its section properties; other parts by keyword: `styles`, `footer1`."""
    package = good()
    text = package.parts["word/document.xml"].decode().replace("<w:sectPr>", body + "<w:sectPr>", 1)
    others = {f"word/{name}.xml": content.encode() for name, content in parts.items()}
    return package.replace({"word/document.xml": text.encode(), **others})


def p(text: str = "", style: str | None = None) -> str:
    """A paragraph."""
    properties = f'<w:pPr><w:pStyle w:val="{style}"/></w:pPr>' if style else ""
    run = f'<w:r><w:t xml:space="preserve">{text}</w:t></w:r>' if text else ""
    return f"<w:p>{properties}{run}</w:p>"


def tc(content: str | None = None, properties: str = "") -> str:
    """A cell; an empty paragraph by default."""
    wrapped = f"<w:tcPr>{properties}</w:tcPr>" if properties else ""
    return f"<w:tc>{wrapped}{p() if content is None else content}</w:tc>"


def tr(*cells: str, properties: str = "") -> str:
    """A row."""
    return f"<w:tr>{f'<w:trPr>{properties}</w:trPr>' if properties else ''}{''.join(cells)}</w:tr>"


def tbl(columns: int, *rows: str) -> str:
    """A table of equal columns."""
    grid = "".join('<w:gridCol w:w="1000"/>' for _ in range(columns))
    return (
        '<w:tbl><w:tblPr><w:tblStyle w:val="PlanTable"/><w:tblW w:w="0" w:type="auto"/></w:tblPr>'
        f"<w:tblGrid>{grid}</w:tblGrid>{''.join(rows)}</w:tbl>{p()}"
    )


def field(*instruction: str) -> str:
    """A complex field, its instruction split over runs as given."""
    runs = "".join(f'<w:r><w:instrText xml:space="preserve">{text}</w:instrText></w:r>' for text in instruction)
    mark = '<w:r><w:fldChar w:fldCharType="{}"/></w:r>'.format
    return f"<w:p>{mark('begin')}{runs}{mark('separate')}<w:r><w:t>1</w:t></w:r>{mark('end')}</w:p>"


def related(
    kind: str, target: str, *, external: bool = False, source: str = "word/document.xml", prefix: str = DOC_REL
) -> opc.Package:
    """The good package with one relationship more."""
    package = good()
    name = opc.rels_name(source)
    empty = '<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"></Relationships>'
    mode = ' TargetMode="External"' if external else ""
    line = f'<Relationship Id="rId99" Type="{prefix}{kind}" Target="{target}"{mode}/></Relationships>'
    text = package.parts.get(name, empty.encode()).decode().replace("</Relationships>", line)
    return package.replace({name: text.encode()})


def with_picture(target: str, *, external: bool = False) -> opc.Package:
    """The good package with a paragraph that shows a picture: a part of the package, or a link."""
    main = "http://schemas.openxmlformats.org/drawingml/2006/main"
    drawing = "http://schemas.openxmlformats.org/drawingml/2006/wordprocessingDrawing"
    kind = "http://schemas.openxmlformats.org/drawingml/2006/picture"
    size = 'cx="900000" cy="900000"'
    shown = (
        f'<w:p><w:r><w:drawing><d:inline xmlns:d="{drawing}" xmlns:a="{main}" xmlns:pic="{kind}" '
        f'xmlns:r="{DOC_REL[:-1]}"><d:extent {size}/><d:docPr id="1" name="a"/><a:graphic><a:graphicData uri="{kind}">'
        '<pic:pic><pic:nvPicPr><pic:cNvPr id="1" name="a"/><pic:cNvPicPr/></pic:nvPicPr><pic:blipFill>'
        f'<a:blip r:{"link" if external else "embed"}="rId99"/><a:stretch><a:fillRect/></a:stretch></pic:blipFill>'
        f'<pic:spPr><a:xfrm><a:off x="0" y="0"/><a:ext {size}/></a:xfrm><a:prstGeom prst="rect"><a:avLst/>'
        "</a:prstGeom></pic:spPr></pic:pic></a:graphicData></a:graphic></d:inline></w:drawing></w:r></w:p>"
    )
    package = related("image", target, external=external)
    text = package.parts["word/document.xml"].decode().replace("<w:sectPr>", shown + "<w:sectPr>", 1)
    return package.replace({"word/document.xml": text.encode()})


def attached(target: str, *, external: bool = True) -> bytes:
    """The good package, its settings attached to a template file."""
    package = related("attachedTemplate", target, external=external, source="word/settings.xml")
    text = package.parts["word/settings.xml"].decode()
    r = f'xmlns:r="{DOC_REL[:-1]}"'
    text = re.sub("(<w:settings[^>]*>)", rf'\1<w:attachedTemplate {r} r:id="rId99"/>', text)
    return package.replace({"word/settings.xml": text.encode()}).to_bytes()


def with_chart(*, external: bool = False) -> opc.Package:
    """The good package with a chart, and the workbook of its figures inside the package or outside."""
    chart = "word/charts/chart1.xml"
    package = good().add(chart, b"<a/>", f"{OFFICE}drawingml.chart+xml", DOC_REL + "chart")
    book = package.add("word/embeddings/a.xlsx", b"PK", f"{OFFICE}spreadsheetml.sheet", DOC_REL + "package", chart)
    if not external:
        return book
    rels = book.parts[opc.rels_name(chart)].decode()
    target = 'Target="file:///c:/a.xlsx" TargetMode="External"'
    return package.replace({opc.rels_name(chart): re.sub('Target="[^"]*"', target, rels).encode()})


def typed(package: opc.Package, old: str, new: str) -> opc.Package:
    """The package with a content type exchanged."""
    text = package.parts[opc.CONTENT_TYPES].decode().replace(old, new)
    return package.replace({opc.CONTENT_TYPES: text.encode()})


# -- archives byte by byte ---------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Raw:
    """An entry of an archive, with anything about it false that a test wants false."""

    name: str
    data: bytes = b""
    method: int = 8
    packed: bytes | None = None
    size: int | None = None
    crc: int | None = None
    flags: int = 0
    local_name: str | None = None
    share: int | None = None
    """Use the bytes of this entry, and add none of its own."""
    zip64: bool = False


def raw_zip(entries: Iterable[Raw], *, count: int | None = None) -> bytes:
    """An archive of exactly these entries."""
    out = bytearray()
    directory = bytearray()
    offsets: list[int] = []
    deflated: dict[bytes, bytes] = {}
    entries = list(entries)
    for entry in entries:
        packed = entry.packed
        if packed is None and entry.method == 8:
            packed = deflated.get(entry.data) or deflated.setdefault(entry.data, zlib.compress(entry.data, 9, -15))
        elif packed is None:
            packed = entry.data
        size = len(entry.data) if entry.size is None else entry.size
        crc = zlib.crc32(entry.data) if entry.crc is None else entry.crc
        shared = struct.pack("<5H3L", 20, entry.flags, entry.method, 0, 33, crc, len(packed), size)
        raw = entry.name.encode("utf-8" if entry.flags & 0x800 else "cp437")
        local = raw if entry.local_name is None else entry.local_name.encode()
        if entry.share is None:
            offsets.append(len(out))
            out += b"PK\x03\x04" + shared + struct.pack("<2H", len(local), 0) + local + packed
        else:
            offsets.append(offsets[entry.share])
        extra = b""
        if entry.zip64:
            extra = struct.pack("<2HB", 0x9999, 1, 0) + struct.pack("<2H2Q", 1, 16, size, len(packed))
            shared = shared[:14] + b"\xff" * 8
        directory += b"PK\x01\x02\x14\0" + shared + struct.pack("<2H", len(raw), len(extra))
        directory += struct.pack("<3HLL", 0, 0, 0, 0, offsets[-1]) + raw + extra
    total = len(entries) if count is None else count
    start = len(out)
    if any(entry.zip64 for entry in entries):
        out += directory
        wide = len(out)
        out += struct.pack("<4sQ2H2L4Q", b"PK\x06\x06", 44, 45, 45, 0, 0, total, total, len(directory), start)
        out += struct.pack("<4sLQL", b"PK\x06\x07", 0, wide, 1)
        return bytes(out) + struct.pack("<4s4H2LH", b"PK\x05\x06", 0, 0, total, total, 0xFFFFFFFF, 0xFFFFFFFF, 0)
    end = struct.pack("<4s4H2LH", b"PK\x05\x06", 0, 0, total, total, len(directory), start, 0)
    return bytes(out + directory + end)


def raw_parts(*more: Raw, without: str = "") -> list[Raw]:
    """The good parts as raw entries, and more."""
    return [Raw(name, data) for name, data in base().items() if name != without] + list(more)


def _truncated() -> bytes:
    whole = good().to_bytes()
    return whole[: len(whole) // 2]


def _no_local_header() -> bytes:
    whole = bytearray(good().to_bytes())
    whole[whole.rfind(b"PK\x03\x04")] = 0
    return bytes(whole)


def _overlapping() -> bytes:
    body = Raw("word/media/image1.png", bytes(1000))
    entries = raw_parts(body)
    return raw_zip([*entries, Raw("word/media/image2.png", body.data, share=len(entries) - 1)])


def _doctype(encoding: str = "utf-8", name: str = "word/styles.xml") -> bytes:
    text = (
        f'<?xml version="1.0" encoding="{encoding}"?><!DOCTYPE w:styles [<!ENTITY a "b">]><w:styles {W}>&a;</w:styles>'
    )
    return good().replace({name: text.encode(encoding)}).to_bytes()


def _entities(declarations: str, text: str = "&a;") -> bytes:
    styles = f"<!DOCTYPE w:styles [{declarations}]><w:styles {W}>{text}</w:styles>"
    return good().replace({"word/styles.xml": styles.encode()}).to_bytes()


def _docm() -> bytes:
    package = typed(good(), f"{OFFICE}wordprocessingml.document.main+xml", _MACRO_TYPE)
    return package.add(
        "word/vbaProject.bin", OLE, "application/vnd.ms-office.vbaProject", MS_REL + "vbaProject"
    ).to_bytes()


_MACRO_TYPE = "application/vnd.ms-word.document.macroEnabled.main+xml"


def _vba_renamed() -> bytes:
    """The macro part under a picture's name and type."""
    return good().add("word/media/image1.png", OLE, "image/png", DOC_REL + "image").to_bytes()


def _retyped(kind: str) -> bytes:
    return typed(good(), f"{OFFICE}wordprocessingml.document.main+xml", kind).to_bytes()


def _with_settings(inner: str) -> bytes:
    return good().replace({"word/settings.xml": f"<w:settings {W}>{inner}</w:settings>".encode()}).to_bytes()


def _svg(inner: str) -> bytes:
    data = f'<svg xmlns="http://www.w3.org/2000/svg" xmlns:x="http://www.w3.org/1999/xlink">{inner}</svg>'
    return good().add("word/media/image1.svg", data.encode(), "image/svg+xml", DOC_REL + "image").to_bytes()


def _vml(attribute: str) -> str:
    shape = f'<v:shape xmlns:v="urn:schemas-microsoft-com:vml"><v:imagedata {attribute}/></v:shape>'
    return f"<w:p><w:r><w:pict>{shape}</w:pict></w:r></w:p>"


def _nested_dde() -> str:
    """A field whose name comes out of a field: DDE{QUOTE "AUTO"}."""
    mark = '<w:r><w:fldChar w:fldCharType="{}"/></w:r>'.format
    instruction = "<w:r><w:instrText>{}</w:instrText></w:r>".format
    inner = mark("begin") + instruction('DATE \\@ "') + mark("end")
    return f"<w:p>{mark('begin')}{instruction('DDE')}{inner}{instruction(' c:')}{mark('end')}</w:p>"


BUILDERS: dict[str, Callable[[], bytes]] = {
    # the archive
    "empty": lambda: b"",
    "not_a_zip": lambda: "Төлөвлөгөө".encode(),
    "ole": lambda: OLE,
    "old_word": lambda: OLE + "WordDocument".encode("utf-16-le") + bytes(100),
    "encrypted_word": lambda: OLE + "EncryptedPackage".encode("utf-16-le") + bytes(100),
    "truncated": _truncated,
    "cut_in_directory": lambda: good().to_bytes()[:-30],
    "no_such_count": lambda: raw_zip(raw_parts(), count=3),
    "damaged_directory": lambda: good().to_bytes().replace(b"PK\x01\x02", b"PK\x01\x03", 2),
    "prefixed": lambda: b"PK\x03\x04" + good().to_bytes(),
    "no_local_header": _no_local_header,
    "broken_zip64": lambda: raw_zip(raw_parts(Raw("a.png", zip64=True))).replace(b"PK\x06\x06", b"PK\x06\x05"),
    "past_the_end": lambda: raw_zip(raw_parts(Raw("a.png", b"x", zip64=True))).replace(
        struct.pack("<2Q", 1, 3), struct.pack("<2Q", 1, 1 << 40)
    ),
    "large_xml_by_type": lambda: good().add(
        "word/x.dat", random.Random(1).randbytes(1 << 20) + bytes(32 << 20), "application/xml", None
    ).to_bytes(),
    "too_large": lambda: b"PK\x03\x04" + bytes(archive.MAX_INPUT),
    "many_entries": lambda: raw_zip(raw_parts(*(Raw(f"x/{n}.png") for n in range(archive.MAX_ENTRIES)))),
    "bomb": lambda: raw_zip(raw_parts(Raw("word/media/image1.png", bytes(5 << 20)))),
    "bomb_of_parts": lambda: raw_zip(
        raw_parts(*(Raw(f"word/media/image{n}.png", size=60 << 20, packed=bytes(1 << 18)) for n in range(3)))
    ),
    "large_part": lambda: raw_zip(raw_parts(Raw("word/media/image1.png", size=(64 << 20) + 1))),
    "large_xml": lambda: raw_zip(raw_parts(Raw("word/comments.xml", size=(32 << 20) + 1))),
    "lying_size": lambda: raw_zip(raw_parts(Raw("word/media/image1.png", bytes(10_000), size=100))),
    "lying_large": lambda: raw_zip(raw_parts(Raw("word/media/image1.png", bytes(100), size=10_000))),
    "overlapping": _overlapping,
    "header_disagrees": lambda: raw_zip(raw_parts(Raw("word/media/image1.png", b"x", local_name="word/other.png"))),
    "climbing_name": lambda: raw_zip(raw_parts(Raw("../../x.xml", b"x"))),
    "absolute_name": lambda: raw_zip(raw_parts(Raw("/word/x.xml", b"x"))),
    "backslash_name": lambda: raw_zip(raw_parts(Raw("word\\x.xml", b"x"))),
    "drive_name": lambda: raw_zip(raw_parts(Raw("c:x.xml", b"x"))),
    "no_name": lambda: raw_zip(raw_parts(Raw("", b"x"))),
    "folder_with_data": lambda: raw_zip(raw_parts(Raw("word/x/", b"x"))),
    "duplicate_name": lambda: raw_zip(raw_parts(Raw("word/document.xml", b"<x/>"))),
    "case_duplicate": lambda: raw_zip(raw_parts(Raw("word/Document.xml", b"<x/>"))),
    "encrypted": lambda: raw_zip(raw_parts(Raw("word/media/image1.png", b"x", flags=1))),
    "other_method": lambda: raw_zip(raw_parts(Raw("word/media/image1.png", b"x", method=14))),
    "wrong_crc": lambda: raw_zip(raw_parts(Raw("word/media/image1.png", b"x", crc=1))),
    "wrong_deflate": lambda: raw_zip(raw_parts(Raw("word/media/image1.png", b"x", packed=b"\xff\xff"))),
    "unfinished_deflate": lambda: raw_zip(
        raw_parts(Raw("word/media/image1.png", b"x" * 10, packed=b"\x00\x0a\x00\xf5\xff" + b"x" * 10))
    ),
    # the document
    "no_types": lambda: raw_zip(raw_parts(without=opc.CONTENT_TYPES)),
    "odt": lambda: raw_zip([Raw("mimetype", b"application/vnd.oasis.opendocument.text")]),
    "workbook": lambda: _retyped(f"{OFFICE}spreadsheetml.sheet.main+xml"),
    "presentation": lambda: _retyped(f"{OFFICE}presentationml.presentation.main+xml"),
    "dotx": lambda: _retyped(f"{OFFICE}wordprocessingml.template.main+xml"),
    "unknown_kind": lambda: _retyped("application/pdf"),
    "strict": lambda: good().replace({
        "_rels/.rels": base()["_rels/.rels"].replace(
            b"http://schemas.openxmlformats.org/officeDocument/2006", b"http://purl.oclc.org/ooxml/officeDocument"
        )
    }).to_bytes(),
    "docm": _docm,
    "docm_renamed": lambda: _retyped(_MACRO_TYPE),
    "no_main": lambda: raw_zip(raw_parts(without="word/document.xml")),
    "no_relationships": lambda: raw_zip(raw_parts(without="_rels/.rels")),
    # the XML
    "broken_xml": lambda: document("<w:p>\n\n<w:r>").to_bytes(),
    "broken_types": lambda: good().replace({opc.CONTENT_TYPES: b"<Types>"}).to_bytes(),
    "broken_relationships": lambda: good().replace({"_rels/.rels": b"<R"}).to_bytes(),
    "utf32": lambda: good().replace({"word/styles.xml": "<a/>".encode("utf-32")}).to_bytes(),
    "utf7": lambda: good().replace({"word/styles.xml": b'<?xml version="1.0" encoding="UTF-7"?><a/>'}).to_bytes(),
    "wrong_utf8": lambda: good().replace({"word/styles.xml": b"<a>\n\xff</a>"}).to_bytes(),
    "doctype": _doctype,
    "doctype_utf16": lambda: _doctype("utf-16"),
    "doctype_utf16be": lambda: _doctype("utf-16-be"),
    "doctype_in_types": lambda: _doctype(name=opc.CONTENT_TYPES),
    "entity_of_file": lambda: _entities('<!ENTITY a SYSTEM "file:///etc/passwd">'),
    "entity_of_web": lambda: _entities('<!ENTITY a SYSTEM "http://127.0.0.1:9/a">'),
    "parameter_entity": lambda: _entities('<!ENTITY % b SYSTEM "http://127.0.0.1:9/b"> %b;'),
    "doctype_of_web": lambda: good().replace({
        "word/styles.xml": b'<!DOCTYPE a SYSTEM "http://127.0.0.1:9/a.dtd"><a/>'
    }).to_bytes(),
    "billion_laughs": lambda: _entities(
        '<!ENTITY b0 "ha">' + "".join(f'<!ENTITY b{n + 1} "{f"&b{n};" * 10}">' for n in range(9))
        + '<!ENTITY a "&b9;">'
    ),
    "quadratic_entity": lambda: _entities(f'<!ENTITY a "{"x" * 50_000}">', "&a;" * 50_000),
    "deep": lambda: document("<w:p>" * 99 + "</w:p>" * 99).to_bytes(),
    "very_deep": lambda: document("<w:p>" * 100_000 + "</w:p>" * 100_000).to_bytes(),
    "many_attributes": lambda: document("<w:p " + " ".join(f"a{n}='1'" for n in range(257)) + "/>").to_bytes(),
    "many_elements": lambda: opc.write(
        archive.store(*part) for part in document("<w:p/>" * (opc.MAX_ELEMENTS + 1)).parts.items()
    ),
    # what runs, fetches or embeds
    "external_image": lambda: related("image", "http://example.org/a.png", external=True).to_bytes(),
    "external_share": lambda: related("image", "file://server/a.png", external=True).to_bytes(),
    "file_link": lambda: related("hyperlink", "file:///c:/a.exe", external=True).to_bytes(),
    "relative_link": lambda: related("hyperlink", "a.docx", external=True).to_bytes(),
    "sub_document": lambda: related("subDocument", "a.docx", external=True).to_bytes(),
    "frame": lambda: related("frame", "http://example.org/", external=True).to_bytes(),
    "linked_object": lambda: related("oleObject", "file:///c:/a.xlsx", external=True).to_bytes(),
    "linked_chart": lambda: with_chart(external=True).to_bytes(),
    "style_sheet": lambda: related(
        "transform", "http://example.org/a.xsl", external=True, source="word/settings.xml"
    ).to_bytes(),
    "video": lambda: related("video", "http://example.org/a.mp4", external=True).to_bytes(),
    "ftp_link": lambda: related("hyperlink", "ftp://example.org/a", external=True).to_bytes(),
    "attached_template": lambda: attached("http://example.org/a.dotm"),
    "attached_share": lambda: attached("\\\\server\\a.dotm"),
    "attached_file_share": lambda: attached("file://server/a.dotm"),
    "attached_hidden_share": lambda: attached("file:///%5C%5Cserver/a.dotm"),
    "attached_inside": lambda: attached("a.dotm", external=False),
    "local_template": lambda: attached("file:///C:\\Templates\\Normal.dotm"),
    "alt_chunk": lambda: good().add("word/a.html", b"<html/>", "text/html", DOC_REL + "aFChunk").to_bytes(),
    "ole_object": lambda: good().add(
        "word/embeddings/a.bin", OLE, f"{OFFICE}oleObject", DOC_REL + "oleObject"
    ).to_bytes(),
    "package_object": lambda: good().add(
        "word/embeddings/a.xlsx", b"PK", f"{OFFICE}spreadsheetml.sheet", DOC_REL + "package"
    ).to_bytes(),
    "active_x": lambda: good().add(
        "word/activeX/activeX1.xml", b"<a/>", "application/vnd.ms-office.activeX+xml", DOC_REL + "control"
    ).to_bytes(),
    "vba_renamed": _vba_renamed,
    "vba_mistyped": lambda: good().add("word/a.png", b"x", "image/png", MS_REL + "vbaProject").to_bytes(),
    "strict_ole": lambda: good().add(
        "word/a.png", b"x", "image/png", "http://purl.oclc.org/ooxml/officeDocument/relationships/oleObject"
    ).to_bytes(),
    "odd_case_relationships": lambda: good().replace({
        "word/_RELS/footer1.xml.RELS": related("image", "file:///a", external=True).parts[
            "word/_rels/document.xml.rels"
        ]
    }).to_bytes(),
    "broken_odd_case": lambda: raw_zip(raw_parts(Raw("_RELS/.rels", b"<R"), without="_rels/.rels")),
    "untyped_part": lambda: good().replace({"word/x.dat": b"x"}).to_bytes(),
    "html_part": lambda: good().add("word/x.html", b"<html/>", "text/html", None).to_bytes(),
    "dde_field": lambda: document(field(" D", "DEAU", "TO c:\\x.exe ")).to_bytes(),
    "dde_nested": lambda: document(_nested_dde()).to_bytes(),
    "dde_unclosed": lambda: document(
        '<w:p><w:r><w:fldChar w:fldCharType="begin"/></w:r><w:r><w:instrText>DDE a</w:instrText></w:r></w:p>'
    ).to_bytes(),
    "dde_stray": lambda: document("<w:p><w:r><w:instrText>DDE a</w:instrText></w:r></w:p>").to_bytes(),
    "include_field": lambda: document('<w:p><w:fldSimple w:instr="INCLUDEPICTURE http://a/b"/></w:p>').to_bytes(),
    "file_link_field": lambda: document(field('HYPERLINK \\o "tip" "file://server/a"')).to_bytes(),
    "climbing_target": lambda: related("image", "../../../etc/passwd").to_bytes(),
    "address_target": lambda: related("image", "http://example.org/a.png").to_bytes(),
    "mail_merge": lambda: _with_settings('<w:mailMerge><w:query w:val="SELECT 1"/></w:mailMerge>'),
    "vml_source": lambda: document(_vml('src="http://example.org/a.png"')).to_bytes(),
    "vml_link": lambda: document(_vml('href="file:///c:/a.exe"')).to_bytes(),
    "svg_script": lambda: _svg("<script>1</script>"),
    "svg_link": lambda: _svg('<image x:href="http://example.org/a.png"/>'),
    # the rules of a package that no reader needs, but Word does
    "cell_without_paragraph": lambda: document(tbl(1, tr("<w:tc/>"))).to_bytes(),
}  # fmt: skip


def trigger(case: Mapping[str, str], folder: Path) -> tuple[Problem, ...]:
    """The problems of a case of `problems.toml` that has a key `package`, `path` or `office`."""
    if case.get("check") == "package_rules":
        from planforge.package_rules import check_package

        return check_package(BUILDERS[case["package"]]())
    try:
        if "package" in case:
            return inspection.read(BUILDERS[case["package"]]()).warnings
        elif "path" in case:
            _read_path(case["path"], folder)
        else:
            _run_office(case["office"], folder)
    except PlanforgeError as fault:
        return fault.problems
    return ()


def _read_path(kind: str, folder: Path) -> None:
    path = folder / {"too_long": "x" * 5000, "lock_file": "~$plan.docx"}.get(kind, "plan.docx")
    if kind == "folder":
        path.mkdir()
    elif kind == "lock_file":
        path.write_bytes(b"\x05Bat" + bytes(158))
    if kind == "forbidden":  # root may read anything
        with mock.patch("builtins.open", side_effect=PermissionError(13, "Permission denied")):
            inspection.read(path)
    inspection.read(path)


def _run_office(kind: str, folder: Path) -> None:
    from planforge import office

    source = folder / "plan.docx"
    source.write_bytes(good().to_bytes())
    program = folder / "soffice"
    made = 'while [ "$1" != --outdir ]; do shift; done; printf "%%PDF-1 %%%%EOF" > "$2/plan.pdf"'
    script = {"hanging": "sleep 60", "failing": "echo broken >&2\nexit 1", "unwritable": made}.get(kind, "")
    program.write_text(f"#!/bin/sh\n{script}\n" if script else "", encoding="utf-8")
    program.chmod(0o644 if kind == "not_runnable" else 0o755)
    found = None if kind == "absent" else program
    sources = [source, folder / "same" / "plan.docx"] if kind == "same_name" else [source]
    if kind == "unwritable":
        (folder / "out" / "plan.pdf").mkdir(parents=True)
    with mock.patch.object(office, "find_office", return_value=found):
        answers = office.convert(sources, folder / "out", seconds=0.5 if kind == "hanging" else 10)
        if problems := [problem for each in answers for problem in each.problems]:
            raise EnvironmentProblem(problems)
