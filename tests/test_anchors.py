"""Anchors: where they stand, what the document says of them, and that they go without a trace."""

from __future__ import annotations

import json
import re
import subprocess
from pathlib import Path

import pytest

from planforge import Template, embedded, load, opc
from planforge.package_rules import check_package
from planforge.reader import strip
from tests.bodies import docx, part
from tests.pictures import FORMS, SAMPLES
from tests.test_compiler import PLAN

BOOKMARK = re.compile(r'w:name="(_pf[^"]*)"')

STAND = {
    "a paragraph by itself": ("{{ plan.title }} {{ plan.year }}", ["_pf1_1"], {"0": ["plan.title", "plan.year"]}),
    "each printing of a loop over no nodes": (
        "{%p for y in (plan.year, plan.year) %}\n{{ y }}\n{%p endfor %}",
        ["_pf1_1", "_pf1_2"],
        {"0": ["plan.year[]"]},
    ),
    "a paragraph of a node": (
        "{%p for o in plan.all_objectives %}\n{{ o.number }} {{ o.text }}\n{%p endfor %}",
        ["_pf1_1", "_pf1_2"],
        {"0": ["number", "text"]},
    ),
    "rows of nodes, columns of values": (
        "| {%tr for m in plan.all_measures %} »3 |\n"
        "| № {{ m.number }} | {%p for c in m.criteria %} ¶ {{ c.text }} ¶ {%p endfor %} | {{ plan.owner.genitive }} |\n"
        "| {%tr endfor %} »3 |",
        ["_pf1_1", "_pf1_2", "_pf1_3", "_pf1_4"],
        {"0": ["number"], "1": ["criteria[].text"], "2": ["plan.owner.genitive"]},
    ),
    "rows of criteria": (
        "| {%tr for m in plan.all_measures %} »2 |\n| {%tr for c in m.criteria %} »2 |\n"
        "| {% vm m.key %}{{ m.text }} | {{ c.text }} |\n| {%tr endfor %} »2 |\n| {%tr endfor %} »2 |",
        ["_pf1_o0m0c0", "_pf1_o0m0c1", "_pf1_o1m0c0"],
        {"0": ["plan.all_measures[].text"], "1": ["text"]},
    ),
    "a value set before": ("{% set t = plan.title %}\n{{ t | upper }}", ["_pf1_1"], {"0": ["plan.title"]}),
    "a node printed twice": (
        "{%p for y in (1, 2) %}\n{%p for o in plan.all_objectives %}\n{{ o.text }}\n{%p endfor %}\n{%p endfor %}",
        ["_pf1_1", "_pf1_2"],
        {"0": ["text"]},
    ),
    "columns that follow the data have no number": (
        "| {%tr for m in plan.all_measures %} »5 |\n"
        "| {{ m.number }} | {%tc for c in m.criteria %} | {{ c.text }} | {%tc endfor %} | {{ m.text }} |\n"
        "| {%tr endfor %} »5 |",
        ["_pf1_1", "_pf1_2", "_pf1_3", "_pf1_4"],
        {"0": ["number"]},
    ),
    "nothing printed": ("x\n| {%tr for m in plan.all_measures %} |\n| x |\n| {%tr endfor %} |", [], None),
}


@pytest.mark.parametrize(("template", "names", "columns"), STAND.values(), ids=list(STAND))
def test_where(template: str, names: list[str], columns: dict[str, list[str]] | None) -> None:
    """One bookmark a row or free-standing paragraph, and a map from its columns to paths."""
    document = Template.open(docx(template)).render(PLAN)
    assert check_package(document) == ()
    assert BOOKMARK.findall(part(document).decode()) == names
    found = embedded.find(opc.read(document))
    assert found is not None
    said = json.loads(found.anchors)
    assert [anchor["columns"] for anchor in said.values()] == ([columns] if columns else [])


def test_untyped() -> None:
    """A template without a schema has no anchors: nobody knows what its values are."""
    assert "_pf" not in part(Template.open(docx("{{ x }}"), schema=None).render({"x": 1})).decode()


@pytest.mark.parametrize("form", FORMS)
def test_strip(form: str) -> None:
    """A document without its data and anchors says what one that was rendered without them says, byte for byte."""
    template, subject = Template.builtin(form), load(SAMPLES / FORMS[form])
    document = template.render(subject)
    assert check_package(document) == ()
    stripped, plain = opc.read(strip(document)), opc.read(template.render(subject, embed=False))
    assert stripped.parts.keys() == plain.parts.keys()
    assert {name for name in plain.parts if stripped.parts[name] != plain.parts[name]} <= {
        opc.CONTENT_TYPES,  # written anew
        opc.rels_name(plain.main),
    }


def test_libreoffice_keeps_them(libreoffice: Path, tmp_path: Path) -> None:
    """Anchors are there after LibreOffice has saved the file."""
    document = Template.builtin("plan").render(load(SAMPLES / FORMS["plan"]))
    (tmp_path / "plan.docx").write_bytes(document)
    profile = f"-env:UserInstallation={(tmp_path / 'profile').as_uri()}"
    command = [str(libreoffice), profile, "--headless", "--convert-to", "docx", "--outdir", "saved", "plan.docx"]
    subprocess.run(command, cwd=tmp_path, check=True, capture_output=True, timeout=120)
    saved = opc.read(tmp_path / "saved" / "plan.docx")
    names = BOOKMARK.findall(saved.parts["word/document.xml"].decode())
    assert names == BOOKMARK.findall(part(document).decode())
    assert len(names) > 20
