"""`planforge.opc`: parts, types and relationships of a package, its digest; the base document."""

from __future__ import annotations

import hashlib
import io
from pathlib import Path

import docx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from planforge import archive, inspection, opc
from planforge.templates import base
from tests import sdk
from tests.packages import (
    DOC_REL,
    OFFICE,
    good,
)
from tests.strategies import FILES


@pytest.mark.parametrize("kind", ["path", "str", "bytes", "stream"])
def test_every_kind_of_source(kind: str, tmp_path: Path) -> None:
    """A source is a path or content; a path gives the package its name."""
    data = good().to_bytes()
    path = tmp_path / "төлөвлөгөө.docx"
    path.write_bytes(data)
    source = {"path": path, "str": str(path), "bytes": data, "stream": io.BytesIO(data)}[kind]
    package = inspection.read(source)  # type: ignore[arg-type]
    assert package.parts == base()
    assert package.file == (str(path) if kind in ("path", "str") else None)


def test_names_are_equal_but_for_case() -> None:
    """Content types and targets are found whatever their case, as OPC wants it."""
    parts = {("word/Footer1.xml" if name == "word/footer1.xml" else name): data for name, data in base().items()}
    package = opc.Package(parts)
    assert package.content_type("word/Footer1.xml") == f"{OFFICE}wordprocessingml.footer+xml"
    assert package.related("footer") == ("word/Footer1.xml", "word/footer2.xml")


def test_add_and_remove_a_part() -> None:
    """A part comes with its type and relationship, and goes with them."""
    package = good().add("customXml/item1.xml", b"<a/>", "application/xml", DOC_REL + "customXml")
    package = package.add(
        "customXml/itemProps1.xml",
        b"<b/>",
        f"{OFFICE}customXmlProperties+xml",
        DOC_REL + "customXmlProps",
        "customXml/item1.xml",
    )
    assert package.relationships("word/document.xml")[-1] == opc.Relationship(
        "rId6", DOC_REL + "customXml", "../customXml/item1.xml", False, "customXml/item1.xml"
    )
    assert package.related("customXmlProps", "customXml/item1.xml") == ("customXml/itemProps1.xml",)
    assert package.content_type("customXml/itemProps1.xml") == f"{OFFICE}customxmlproperties+xml"
    assert inspection.read(package.to_bytes()).parts == package.parts
    bare = package.remove("customXml/itemProps1.xml").remove("customXml/item1.xml")
    assert set(bare.parts) == set(base())
    assert [r.id for r in bare.relationships(bare.main)] == ["rId1", "rId2", "rId3", "rId4", "rId5"]
    with pytest.raises(ValueError):
        package.add("CustomXML/item1.xml", b"", "application/xml", None)


@pytest.mark.parametrize(
    ("source", "rels"),
    [("", "_rels/.rels"), ("word/document.xml", "word/_rels/document.xml.rels"), ("a.xml", "_rels/a.xml.rels")],
)
def test_names_of_relationship_parts(source: str, rels: str) -> None:
    """Source and relationship part name each other."""
    assert (opc.rels_name(source), opc.source_of(rels)) == (rels, source)


def test_a_package_without_a_main_part_says_so() -> None:
    """A package put together by hand may lack one."""
    with pytest.raises(KeyError):
        _ = opc.Package({}).main


def test_content_types_come_first() -> None:
    """Whatever the order given, the content types lead the archive, as readers of streams need it."""
    parts = base()
    data = opc.write(archive.deflate(name, parts[name]) for name in sorted(parts, reverse=True))
    assert next(iter(opc.unpack(data).parts)) == opc.CONTENT_TYPES


def test_same_bytes() -> None:
    """The stored base document is the same on every machine."""
    data = opc.write(archive.store(name, content) for name, content in base().items())
    assert data == opc.write(archive.store(name, content) for name, content in base().items())
    assert hashlib.sha256(data).hexdigest() != opc.content_digest(data)


@given(FILES, st.integers(0, 9), st.randoms(use_true_random=False))
def test_digest_is_of_the_content(parts: dict[str, bytes], level: int, random: object) -> None:
    """The digest does not depend on level, method or order, and changes with any name or content."""
    shuffled = list(parts.items())
    random.shuffle(shuffled)  # type: ignore[attr-defined]
    digest = opc.content_digest(opc.write(archive.deflate(n, d, level) for n, d in shuffled))
    assert digest == opc.content_digest(opc.write(archive.store(n, d) for n, d in parts.items()))
    assert digest == opc.content_digest(opc.Package(parts))
    name, content = shuffled[0]
    assert digest != opc.content_digest(opc.Package({**parts, name: content + b"x"}))
    assert digest != opc.content_digest(opc.Package({**parts, name + "x": content}))


def test_digest_frames_its_pieces() -> None:
    """A letter moved from the name to the content is another document."""
    assert opc.content_digest(opc.Package({"ab": b"c"})) != opc.content_digest(opc.Package({"a": b"bc"}))


STYLES = """Normal Title Center Left Right Heading Text Closing Approval ApprovalCell SignOff Dateline TableHeader
TableNumber TableSection TableText TableCenter TableList Header Footer PlanTable TableNormal DefaultParagraphFont NoList"""


def test_base_has_its_styles() -> None:
    """The styles that layouts use are there, by these ids."""
    root = good().parse("word/styles.xml")
    ids = root.xpath("//w:style/@w:styleId", namespaces={"w": root.nsmap["w"]})
    assert set(ids) == set(STYLES.split())  # type: ignore[arg-type]
    assert len(base()["word/styles.xml"]) < 10_000


def test_base_in_python_docx() -> None:
    """python-docx opens it and sees the page of the rule: A4, 30, 15, 20, 20 mm."""
    section = docx.Document(io.BytesIO(good().to_bytes())).sections[0]
    margins = (section.left_margin, section.right_margin, section.top_margin, section.bottom_margin)
    assert [round(m.mm) for m in margins if m is not None] == [30, 15, 20, 20]
    assert section.different_first_page_header_footer


@pytest.mark.sdk
def test_base_in_the_sdk() -> None:
    """Microsoft's validator finds nothing."""
    assert sdk.validate(good().to_bytes()) == []
