"""Office restyling survives: a built form, changed as Word or LibreOffice change it, still compiles and prints the same."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import pytest
from lxml import etree

from planforge import Plan, Report, Template, inspection, load, read, templates, wml
from planforge.package_rules import check_package
from planforge.wml import w
from tests import sdk
from tests.bodies import outline
from tests.images import png
from tests.pictures import FORMS, SAMPLES

ADDED = "Энэ мөрийг оффис нэмэв."


def data(name: str) -> Plan | Report:
    return load(SAMPLES / FORMS[name])


def restyled(document: bytes) -> bytes:
    """The template after an afternoon in Word: other font and sizes, wider columns, a logo, a paragraph, runs cut up."""
    package = inspection.read(document)
    styles = package.parts["word/styles.xml"].decode()
    styles = styles.replace("Arial", "Times New Roman")
    styles = re.sub(r'<w:sz w:val="20"/>', '<w:sz w:val="22"/>', styles)
    package = package.replace({"word/styles.xml": styles.encode()})
    package = package.add(
        "word/media/logo.png",
        png(8, 8),
        "image/png",
        "http://schemas.openxmlformats.org/officeDocument/2006/relationships/image",
    )
    logo = package.relationships(package.main)[-1].id
    root = package.parse(package.main)
    body = root.find(w("body"))
    assert body is not None
    body.insert(0, etree.fromstring(_LOGO.format(w=wml.NAMESPACE, id=logo)))
    body.insert(1, etree.fromstring(f'<w:p xmlns:w="{wml.NAMESPACE}"><w:r><w:t>{ADDED}</w:t></w:r></w:p>'))
    for column in body.iter(w("gridCol")):
        column.set(w("w"), str(int(column.get(w("w"), "0")) + 20))
    for own in body.iter(w("tcW")):
        own.set(w("w"), str(int(own.get(w("w"), "0")) + 20))
    for number, run in enumerate(list(body.iter(w("r")))):
        _cut_up(run, number)
    main = etree.tostring(root, xml_declaration=True, encoding="UTF-8", standalone=True)
    return package.replace({package.main: main}).to_bytes()


_LOGO = """<w:p xmlns:w="{w}" xmlns:wp="http://schemas.openxmlformats.org/drawingml/2006/wordprocessingDrawing"
 xmlns:a="http://schemas.openxmlformats.org/drawingml/2006/main"
 xmlns:pic="http://schemas.openxmlformats.org/drawingml/2006/picture"
 xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/relationships"><w:r><w:drawing>
 <wp:inline distT="0" distB="0" distL="0" distR="0"><wp:extent cx="360000" cy="360000"/><wp:docPr id="1" name="Logo"/>
 <a:graphic><a:graphicData uri="http://schemas.openxmlformats.org/drawingml/2006/picture"><pic:pic>
 <pic:nvPicPr><pic:cNvPr id="1" name="logo.png"/><pic:cNvPicPr/></pic:nvPicPr>
 <pic:blipFill><a:blip r:embed="{id}"/><a:stretch><a:fillRect/></a:stretch></pic:blipFill>
 <pic:spPr><a:xfrm><a:off x="0" y="0"/><a:ext cx="360000" cy="360000"/></a:xfrm>
 <a:prstGeom prst="rect"><a:avLst/></a:prstGeom></pic:spPr></pic:pic></a:graphicData></a:graphic></wp:inline>
 </w:drawing></w:r></w:p>"""


def _cut_up(run: etree._Element, number: int) -> None:
    """Cuts a run in two with a proofing mark between, and gives it revision marks, as Word does while somebody types."""
    text = run.find(w("t"))
    run.set(w("rsidR"), f"{number:08X}")
    if text is None or len(text.text or "") < 4 or len(run.findall(w("t"))) > 1:
        return
    whole = text.text or ""
    middle = len(whole) // 2
    text.text, rest = whole[:middle], whole[middle:]
    text.set(wml.XML_SPACE, "preserve")
    second = etree.Element(w("r"))
    properties = run.find(w("rPr"))
    if properties is not None:
        second.append(etree.fromstring(etree.tostring(properties)))
    etree.SubElement(second, w("t"), {wml.XML_SPACE: "preserve"}).text = rest
    proof = etree.Element(w("proofErr"), {w("type"): "spellStart"})
    run.addnext(proof)
    proof.addnext(second)


@pytest.mark.parametrize("name", FORMS)
def test_word(name: str) -> None:
    """Styles, widths, a logo, a paragraph and cut-up runs: the form prints the same, in the new clothes."""
    subject = data(name)
    document = Template.open(restyled(templates.document(name))).render(subject)
    plain = Template.builtin(name).render(subject)
    assert outline(document) == f"\n{ADDED}\n{outline(plain)}"
    assert check_package(document) == ()
    assert read(document) == subject
    assert inspection.read(document).parts["word/media/logo.png"] == png(8, 8)
    assert b"Times New Roman" in inspection.read(document).parts["word/styles.xml"]


def test_word_is_valid() -> None:
    """Microsoft's validator finds nothing in a restyled form's document."""
    assert sdk.validate(Template.open(restyled(templates.document("plan"))).render(data("plan"))) == []


@pytest.mark.office
def test_libreoffice(tmp_path: Path, libreoffice: Path) -> None:
    """Every form, opened and saved by LibreOffice, still compiles and prints the same."""
    for name in FORMS:
        (tmp_path / f"{name}.docx").write_bytes(templates.document(name))
    out = tmp_path / "saved"
    profile = (tmp_path / "profile").as_uri()
    files = sorted(tmp_path.glob("*.docx"))
    options = ["--headless", f"-env:UserInstallation={profile}", "--convert-to", "docx:MS Word 2007 XML"]
    subprocess.run([libreoffice, *options, "--outdir", out, *files], check=True, capture_output=True, timeout=180)
    for name in FORMS:
        subject = data(name)
        document = Template.open(out / f"{name}.docx").render(subject)
        assert outline(document) == outline(Template.builtin(name).render(subject)), name
        assert read(document) == subject


def test_every_form_is_tried() -> None:
    """No built-in form is left out."""
    assert sorted(FORMS) == templates.names()
