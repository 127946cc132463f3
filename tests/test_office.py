"""`planforge.office`: real LibreOffice makes real PDFs; whatever goes wrong is a problem with its remedy."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import closing
from itertools import count, islice
from pathlib import Path

import pytest

from planforge import office, winword
from planforge.errors import EnvironmentProblem
from tests.images import png
from tests.packages import document, good, p, with_picture

OUT_DIR = 'while [ "$1" != --outdir ]; do shift; done; out="$2"; shift 2'
"""The start of a stand-in for the office program: its folder in `out`, the documents left as arguments."""


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
    made = f'{OUT_DIR}; printf "%%PDF-1 %%%%EOF" > "$out/b.pdf"; printf "%%PDF-1 half" > "$out/c.pdf"; echo "no filter"'
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


# --- many documents ------------------------------------------------------------------------------------------------

ONE_BY_ONE = f"""{OUT_DIR}
echo "$@" >> {{calls}}
for file in "$@"; do
  name=$(basename "$file" .docx)
  case "$name" in
    hang*) echo $$ >> {{calls}}.hanging; sleep 60;;
    die*) kill -9 $$;;
    bad*) echo "no filter for $name";;
    first*) [ -e {{calls}}.$name ] && printf "%%PDF-1 %%%%EOF" > "$out/$name.pdf"; touch {{calls}}.$name; kill -9 $$;;
    *) printf "%%PDF-1 %%%%EOF" > "$out/$name.pdf";;
  esac
done"""
"""A stand-in that makes PDFs one after the other, and does with a document what its name says."""


@pytest.fixture
def calls(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The stand-in is the office program; the file lists its calls, a line of documents each."""
    listed = tmp_path / "calls"
    program = _fake(tmp_path, ONE_BY_ONE.format(calls=listed))
    monkeypatch.setattr(office, "find_office", lambda: program)
    return listed


def _outcomes(found: Iterator[office.Converted]) -> dict[str, str]:
    return {x.document.stem: x.problems[0].code if x.problems else x.pdf.name if x.pdf else "" for x in found}


def _listed(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def _names(calls: Path) -> list[list[str]]:
    return [[Path(name).stem for name in line.split()] for line in calls.read_text().splitlines()]


def test_documents_travel_in_chunks(tmp_path: Path, calls: Path) -> None:
    """A call for each chunk; results in the order of the documents, whatever call ends first."""
    names = [f"{n:02}.docx" for n in range(10)]
    found = list(office.convert([tmp_path / name for name in names], tmp_path / "out", chunk=4, seconds=10))
    assert [x.document.name for x in found] == names
    assert [x.pdf for x in found] == [tmp_path / "out" / f"{n:02}.pdf" for n in range(10)]
    assert sorted(map(len, _names(calls))) == [2, 4, 4]
    assert _listed(tmp_path / "out") == [f"{n:02}.pdf" for n in range(10)]


@pytest.mark.parametrize(
    ("culprits", "codes", "calls_made"),
    [
        pytest.param(["bad"], ["PF703"], [["a", "bad", "b", "c"], ["bad"]], id="no-pdf"),
        pytest.param(["die"], ["PF703"], [["a", "die", "b", "c"], ["b", "c"], ["die"]], id="dies"),
        pytest.param(["hang"], ["PF702"], [["a", "hang", "b", "c"], ["b", "c"], ["hang"]], id="hangs"),
        pytest.param(["first"], ["first.pdf"], [["a", "first", "b", "c"], ["b", "c"], ["first"]], id="once-only"),
        pytest.param(
            ["die1", "die2"],
            ["PF703", "PF703"],
            [["a", "die1", "die2", "b", "c"], ["die2", "b", "c"], ["die1"], ["die2"], ["b"], ["c"]],
            id="two",
        ),
    ],
)
def test_the_culprit_is_found(
    culprits: list[str], codes: list[str], calls_made: list[list[str]], tmp_path: Path, calls: Path
) -> None:
    """A document that stops a call is tried once more alone, and reported; the others are delivered."""
    names = ["a", *culprits, "b", "c"]
    found = office.convert([tmp_path / f"{name}.docx" for name in names], tmp_path / "out", seconds=0.5)
    wanted = {"a": "a.pdf", **dict(zip(culprits, codes, strict=True)), "b": "b.pdf", "c": "c.pdf"}
    outcomes = _outcomes(found)
    assert outcomes == wanted
    assert list(outcomes) == names
    assert _names(calls) == calls_made
    assert _listed(tmp_path / "out") == sorted(name for name in wanted.values() if name.endswith(".pdf"))


def test_pdfs_lie_beside_their_documents(tmp_path: Path, calls: Path) -> None:
    """Without a folder; documents of one name in different folders go in different calls."""
    sources = [tmp_path / folder / "report.docx" for folder in ("a", "b", "в")]
    found = list(office.convert(sources, seconds=10))
    assert [x.pdf for x in found] == [source.with_suffix(".pdf") for source in sources]
    assert _names(calls) == [["report"]] * 3


def test_no_pdf_takes_the_place_of_another(tmp_path: Path, calls: Path) -> None:
    """The second of two documents with one PDF, and a document that is called as its PDF, are refused."""
    (tmp_path / "x").mkdir()
    sources = [tmp_path / "a.docx", tmp_path / "x" / "A.docx", tmp_path / "out" / "b.pdf", tmp_path / "c.docx"]
    found = office.convert(sources, tmp_path / "out", seconds=10)
    assert [_outcomes(iter([x])) for x in found] == [{"a": "a.pdf"}, {"A": "PF706"}, {"b": "PF706"}, {"c": "c.pdf"}]
    assert _listed(tmp_path / "out") == ["a.pdf", "c.pdf"]


def test_a_pdf_is_replaced_as_a_whole(tmp_path: Path, calls: Path) -> None:
    """A link at its place is replaced, not followed; a folder is a problem, and leaves nothing behind."""
    out = tmp_path / "out"
    (out / "b.pdf").mkdir(parents=True)
    victim = tmp_path / "victim"
    victim.write_text("kept")
    (out / "a.pdf").symlink_to(victim)
    found = office.convert([tmp_path / "a.docx", tmp_path / "b.docx"], out, seconds=10)
    assert _outcomes(found) == {"a": "a.pdf", "b": "PF705"}
    assert victim.read_text() == "kept"
    assert (out / "a.pdf").read_bytes().startswith(b"%PDF-")
    assert _listed(out) == ["a.pdf", "b.pdf"]


def test_an_endless_row_of_documents(tmp_path: Path, calls: Path) -> None:
    """Documents are taken as they are needed; closing the iterator ends the calls that run."""
    taken: list[int] = []

    def endless() -> Iterator[Path]:
        for n in count():
            taken.append(n)
            yield tmp_path / (f"{n}.docx" if n < 20 else f"hang{n}.docx")

    found = office.convert(endless(), tmp_path / "out", chunk=5, seconds=60)
    assert [x.document.stem for x in islice(found, 7)] == [str(n) for n in range(7)]
    hanging = calls.with_name("calls.hanging")
    while not hanging.exists():
        next(found)
    assert hasattr(found, "close")
    found.close()
    assert not [process for process in hanging.read_text().split() if _is_running(int(process))]
    assert len(taken) < 50


@pytest.mark.parametrize("walled", [True, False])
def test_a_program_that_does_not_start(walled: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is no fault of a document: the whole conversion ends."""
    monkeypatch.setattr(office, "find_office", lambda: tmp_path / "soffice")
    if not walled:
        monkeypatch.setattr(office, "_without_network", tuple)
    with pytest.raises(EnvironmentProblem) as caught:
        list(office.convert([tmp_path / "a.docx"], tmp_path))
    assert [problem.code for problem in caught.value.problems] == ["PF704"]


# --- nothing is fetched --------------------------------------------------------------------------------------------


@pytest.mark.office
@pytest.mark.usefixtures("libreoffice")
@pytest.mark.parametrize("walled", [True, False], ids=["as-it-is", "profile-alone"])
def test_nothing_is_fetched(walled: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A picture in the network and one on the disk stay out of the PDF, an embedded one is in it.

    The profile does it alone, where the system gives the program the network.
    """
    if not walled:
        monkeypatch.setattr(office, "_without_network", tuple)
    secret = tmp_path / "secret.png"
    secret.write_bytes(png())
    with closing(socket.create_server(("127.0.0.1", 0))) as server:
        asked: list[bytes] = []
        threading.Thread(target=_listen, args=(server, asked), daemon=True).start()
        address = f"http://127.0.0.1:{server.getsockname()[1]}/a.png"
        linked = {"network": with_picture(address, external=True), "disk": with_picture(secret.as_uri(), external=True)}
        packages = {**linked, "own": with_picture("media/a.png").add("word/media/a.png", png(), "image/png", None)}
        for name, package in packages.items():
            (tmp_path / f"{name}.docx").write_bytes(package.to_bytes())
        found = office.to_pdf([tmp_path / f"{name}.docx" for name in packages], tmp_path / "pdf")
    pictures = {pdf.stem: b"/Subtype/Image" in pdf.read_bytes() for pdf in found}
    assert (asked, pictures) == ([], {"network": False, "disk": False, "own": True})


def _listen(server: socket.socket, asked: list[bytes]) -> None:
    while True:
        try:
            connection, _ = server.accept()
        except OSError:
            return
        with connection:
            asked.append(connection.recv(100))


@pytest.mark.office
def test_the_program_tells_its_version(libreoffice: Path, tmp_path: Path) -> None:
    """One line; None from a program that fails, says nothing in time, or cannot be started."""
    found = office.version(libreoffice)
    assert found is not None
    assert found.startswith("LibreOffice ")
    assert office.version(_fake(tmp_path, "echo x; exit 1")) is None
    assert office.version(_fake(tmp_path, "sleep 60"), seconds=0.3) is None
    assert office.version(tmp_path / "none") is None


# --- Word ----------------------------------------------------------------------------------------------------------

WORD = {
    "pywintypes.py": "class com_error(Exception): pass\n",
    "win32process.py": "def GetWindowThreadProcessId(window): return 1, 4321\n",
    "win32com/__init__.py": "",
    "win32com/client.py": """\
from pathlib import Path
from types import SimpleNamespace as Record
from pywintypes import com_error

class Document:
    ActiveWindow = Record(Hwnd=7)
    def ExportAsFixedFormat(self, path, kind): Path(path).write_bytes(b"%PDF-1 %%EOF")
    def Close(self, saving): pass

class Documents:
    def Add(self): return Document()
    def Open(self, path, convert, read_only, recent):
        if "bad" in path: raise com_error("the file is damaged")
        return Document()

def DispatchEx(name): return Record(Documents=Documents(), Options=Record(), Quit=lambda saving: None)
""",
}
"""A stand-in for pywin32 and Word, with what `planforge.winword` asks of them."""


def test_word_makes_pdfs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where Word is, it is what is called; real Word was never tried."""
    for name, code in WORD.items():
        (tmp_path / "site" / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "site" / name).write_text(code)
    assert not winword.is_there()
    monkeypatch.setenv("PYTHONPATH", f"{tmp_path / 'site'}{os.pathsep}{Path(office.__file__).parent.parent}")
    monkeypatch.setattr(winword, "is_there", lambda: True)
    monkeypatch.setattr(office, "find_office", lambda: None)
    found = list(office.convert([tmp_path / "a.docx", tmp_path / "bad.docx", tmp_path / "b.docx"], tmp_path / "out"))
    assert _outcomes(iter(found)) == {"a": "a.pdf", "bad": "PF703", "b": "b.pdf"}
    assert "the file is damaged" in found[1].problems[0].message()
