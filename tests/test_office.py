"""`planforge.office`: real LibreOffice makes real PDFs; whatever goes wrong is a problem with its remedy."""

from __future__ import annotations

import subprocess
import sys
import time
from pathlib import Path

import pytest

from planforge import office
from planforge.errors import EnvironmentProblem
from tests.packages import document, good, p


def _fake(folder: Path, script: str) -> Path:
    program = folder / "soffice"
    program.write_text(f"#!/bin/sh\n{script}\n", encoding="utf-8")
    program.chmod(0o755)
    return program


@pytest.mark.office
@pytest.mark.usefixtures("libreoffice")
def test_documents_become_pdf(tmp_path: Path) -> None:
    """Many documents in one call, names with Mongolian letters, in the order given."""
    sources = []
    for name, package in {"төлөвлөгөө": document(p("Авлигын эсрэг төлөвлөгөө", "Title")), "a b": good()}.items():
        sources.append(tmp_path / f"{name}.docx")
        sources[-1].write_bytes(package.to_bytes())
    found = office.to_pdf(sources, tmp_path / "pdf", timeout=120)
    assert found == [tmp_path / "pdf" / "төлөвлөгөө.pdf", tmp_path / "pdf" / "a b.pdf"]
    assert all(path.read_bytes().startswith(b"%PDF-") for path in found)
    assert sorted(x.name for x in (tmp_path / "pdf").iterdir()) == ["a b.pdf", "төлөвлөгөө.pdf"]


@pytest.mark.office
@pytest.mark.usefixtures("libreoffice")
def test_base_document_prints_in_one_font(tmp_path: Path) -> None:
    """Arial's letters, ө ү ₮ included, come from one family; the page number stands on page 2 only."""
    texts = [p("Өөрчлөлт, үр дүн, 1 000 ₮", style) for style in ("Title", "Text", "TableText", "Approval")]
    source = tmp_path / "plan.docx"
    source.write_bytes(document("".join(texts) + p("дараа") * 70).to_bytes())
    (pdf,) = office.to_pdf([source], tmp_path, timeout=120)
    fonts = subprocess.run(["pdffonts", pdf], capture_output=True, text=True, check=True).stdout.splitlines()[2:]
    families = {line.split()[0].partition("+")[2].partition("-")[0] for line in fonts}
    assert families in ({"LiberationSans"}, {"Arial"}), families
    pages = subprocess.run(["pdftotext", "-layout", pdf, "-"], capture_output=True, text=True, check=True).stdout
    first, second = pages.split("\f")[:2]
    assert (first.split()[-1], second.split()[-1]) == ("дараа", "2")


def test_no_office_program(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without one the problem says what to install."""
    monkeypatch.setattr(office, "find_office", lambda: None)
    with pytest.raises(EnvironmentProblem) as caught:
        office.to_pdf([tmp_path / "a.docx"], tmp_path)
    assert [problem.code for problem in caught.value.problems] == ["PF701"]


def test_program_is_found_in_the_path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The search path comes first, the usual places after it; None where neither has it."""
    program = _fake(tmp_path, "")
    monkeypatch.setenv("PATH", str(tmp_path))
    assert office.find_office() == program
    monkeypatch.setenv("PATH", "")
    monkeypatch.setattr(office, "_usual_places", lambda: [tmp_path / "none", program])
    assert office.find_office() == program
    monkeypatch.setattr(office, "_usual_places", lambda: [tmp_path / "none"])
    assert office.find_office() is None


@pytest.mark.parametrize(
    ("system", "start"),
    [("win32", "C:\\Program Files"), ("darwin", "/Applications"), ("linux", "/usr/lib")],
)
def test_usual_places(system: str, start: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Windows and macOS do not put it into the search path."""
    monkeypatch.setattr(sys, "platform", system)
    monkeypatch.setenv("PROGRAMFILES", "C:\\Program Files")
    assert str(office._usual_places()[0]).startswith(start)


def test_a_hanging_program_is_killed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """When time is up the program and its children are gone."""
    program = _fake(tmp_path, f"sleep 300 & echo $! > {tmp_path}/child; wait")
    monkeypatch.setattr(office, "find_office", lambda: program)
    with pytest.raises(EnvironmentProblem) as caught:
        office.to_pdf([tmp_path / "a.docx"], tmp_path, timeout=1)
    (problem,) = caught.value.problems
    assert (problem.code, problem.args["seconds"]) == ("PF702", "1")
    child = int((tmp_path / "child").read_text())
    deadline = time.monotonic() + 5
    while _is_running(child) and time.monotonic() < deadline:
        time.sleep(0.01)
    assert not _is_running(child)


def _is_running(process: int) -> bool:
    status = Path(f"/proc/{process}/stat")
    return status.exists() and status.read_text().rpartition(")")[2].split()[0] != "Z"


def test_every_missing_pdf_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A call that makes some of the files names each that is missing, and what the program said."""
    made = 'while [ "$1" != --outdir ]; do shift; done; printf "%%PDF-1" > "$2/b.pdf"; echo "no filter"'
    program = _fake(tmp_path, made)
    monkeypatch.setattr(office, "find_office", lambda: program)
    with pytest.raises(EnvironmentProblem) as caught:
        office.to_pdf([tmp_path / f"{name}.docx" for name in "abc"], tmp_path / "pdf", timeout=10)
    assert [p.place.file for p in caught.value.problems if p.place] == [str(tmp_path / f"{n}.docx") for n in "ac"]
    assert all("no filter" in p.format("mn") for p in caught.value.problems)


def test_equal_names_are_refused(tmp_path: Path) -> None:
    """Two documents may not write the same PDF."""
    with pytest.raises(ValueError):
        office.to_pdf([tmp_path / "a.docx", tmp_path / "x" / "A.docx"], tmp_path)


def test_nothing_to_do(tmp_path: Path) -> None:
    """No documents, no call."""
    assert office.to_pdf([], tmp_path) == []
