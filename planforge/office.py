"""Documents → PDF with the office program that is installed: LibreOffice, on Windows Word where there is one.

One call converts many files, which costs a small part of a call each. Every call has a profile of its own in a
temporary folder, so calls run side by side and no user's open window is in the way. Nothing that a document links to is
fetched: the profile forbids it, and on Linux the program gets no network where the system allows that. Still give it
only documents that planforge wrote or `inspection.read` let pass.
"""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import unicodedata
from collections import deque
from collections.abc import Iterable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from threading import Event
from typing import Final

from planforge import winword
from planforge.errors import DocumentPlace, EnvironmentProblem, Place, Problem, Words, reason

__all__ = ["Converted", "convert", "find_office", "to_pdf", "version"]

_NAMES: Final = ("soffice", "libreoffice")
_MAC: Final = "Applications/LibreOffice.app/Contents/MacOS/soffice"
_MAX_LETTERS: Final = 20_000
"""Of the names of one call: Windows takes command lines of 32,767."""
_NOT_STARTED: Final = (126, 127)
"""What shells and `unshare` answer where a program cannot be run."""
_PAUSE: Final = 0.2
"""Seconds between two looks at whether the work is to stop."""


# --- what is installed ---------------------------------------------------------------------------------------------


def find_office() -> Path | None:
    """LibreOffice: in the search path, or where Windows and macOS put it; None if there is none."""
    for name in _NAMES:
        if found := shutil.which(name):
            return Path(found)
    return next((path for path in _usual_places() if path.is_file()), None)


def _usual_places() -> list[Path]:
    if sys.platform == "win32":
        roots = [os.environ.get(name) for name in ("PROGRAMFILES", "PROGRAMW6432", "PROGRAMFILES(X86)")]
        # soffice.com waits for the end and writes to the console, soffice.exe does neither.
        return [Path(root, "LibreOffice", "program", "soffice.com") for root in roots if root]
    if sys.platform == "darwin":
        return [Path("/", _MAC), Path.home() / _MAC]
    return [Path("/usr/lib/libreoffice/program/soffice"), Path("/opt/libreoffice/program/soffice")]


def version(program: Path, /, *, seconds: float = 30) -> str | None:
    """What LibreOffice says of itself, “LibreOffice 7.4.7.2 …”; None if it fails or says nothing in time."""
    with tempfile.TemporaryDirectory(prefix="planforge-", ignore_cleanup_errors=True) as folder:
        command = [str(program), _profile(Path(folder)), "--headless", "--version"]
        try:
            ended = _run(command, seconds, Event())
        except EnvironmentProblem:
            return None
    return ended.said or None if ended.code == 0 else None


# --- converting ----------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Converted:
    """What became of one document: its PDF, or the problems for which there is none."""

    document: Path
    pdf: Path | None
    problems: tuple[Problem, ...] = ()


def to_pdf(
    documents: Sequence[str | os.PathLike[str]], out_dir: str | os.PathLike[str], /, *, timeout: float = 120
) -> list[Path]:
    """The PDF files in `out_dir`, in the order of the documents: `convert` where every one of them is wanted.

    `timeout` in seconds is that of a document alone. EnvironmentProblem with the problems of every document that has
    none; the PDFs of the others are there. ValueError if two documents would have the same PDF.
    """
    sources = [Path(document) for document in documents]
    if len({source.stem.casefold() for source in sources}) != len(sources):
        raise ValueError("two documents would have the same PDF")
    if not sources:
        return []
    found = list(convert(sources, out_dir, seconds=timeout))
    if problems := [problem for each in found for problem in each.problems]:
        raise EnvironmentProblem(problems)
    return [each.pdf for each in found if each.pdf is not None]


def convert(
    documents: Iterable[str | os.PathLike[str]],
    out_dir: str | os.PathLike[str] | None = None,
    /,
    *,
    processes: int = 2,
    chunk: int = 50,
    seconds: float = 60,
) -> Iterator[Converted]:
    """What becomes of each document, in their order: `chunk` documents a call, `processes` calls side by side.

    The PDFs go into `out_dir`, or beside each document; one that was there is replaced, as a whole. A call may take
    `seconds`, and a tenth of it more for each document after the first. What a call has left without a PDF is tried
    once more: the first such document alone, those after it together and, if that fails too, each alone. Documents are
    read from the iterable as they are needed; when the iterator is closed, running calls are ended.

    Problems: PF702 too slow, PF703 no PDF appeared, PF705 it cannot be written, PF706 it would replace the document
    itself or the PDF of another. EnvironmentProblem: PF701 no office program, before anything is done; PF704 it would
    not start.
    """
    with_word = winword.is_there()
    program = None if with_word else find_office()
    if program is None and not with_word:
        raise EnvironmentProblem([Problem("PF701")])
    folder = None if out_dir is None else Path(out_dir)
    # Two Words get into each other's way over their common template.
    return _converted(_chunks(documents, folder, chunk), _Calls(program, seconds), 1 if with_word else processes)


@dataclass(frozen=True, slots=True, eq=False)
class _Job:
    document: Path
    pdf: Path
    problem: Problem | None = None

    @property
    def place(self) -> Place:
        return DocumentPlace(file=str(self.document))


def _chunks(documents: Iterable[str | os.PathLike[str]], folder: Path | None, size: int) -> Iterator[list[_Job]]:
    """The documents as lists for one call each: a call cannot tell two documents of one name apart."""
    owners: dict[str, Path] = {}
    jobs: list[_Job] = []
    names: set[str] = set()
    letters = 0
    for name in documents:
        document = Path(name)
        stem, length = document.stem.casefold(), len(str(document.absolute()))
        if jobs and (len(jobs) >= size or stem in names or letters + length > _MAX_LETTERS):
            yield jobs
            jobs, names, letters = [], set(), 0
        jobs.append(_job(document, folder or document.parent, owners))
        names.add(stem)
        letters += length
    if jobs:
        yield jobs


def _job(document: Path, folder: Path, owners: dict[str, Path]) -> _Job:
    """What is to be done for a document; `owners` are the documents by their PDFs, and get this one."""
    pdf = folder / f"{document.stem}.pdf"
    own = _identity(pdf)
    other = document if own == _identity(document) else owners.get(own)
    if other is None:
        owners[own] = document
        return _Job(document, pdf)
    return _Job(document, pdf, Problem("PF706", DocumentPlace(file=str(document)), {"pdf": pdf, "other": other}))


def _identity(path: Path) -> str:
    return unicodedata.normalize("NFC", os.path.realpath(path)).casefold()


def _converted(chunks: Iterable[list[_Job]], calls: _Calls, processes: int) -> Iterator[Converted]:
    waiting: deque[Future[list[Converted]]] = deque()
    pool = ThreadPoolExecutor(processes, "planforge-office")
    try:
        for jobs in chunks:
            if len(waiting) > processes:
                yield from waiting.popleft().result()
            waiting.append(pool.submit(calls.finish, jobs))
        while waiting:
            yield from waiting.popleft().result()
    finally:
        calls.stop.set()
        pool.shutdown(cancel_futures=True)


@dataclass(frozen=True, slots=True)
class _Ended:
    """How a program ended: its exit code, None if time was up, and the last line of what it said."""

    code: int | None
    said: str


class _Stopped(Exception):
    """Nobody waits for the result any more."""


class _Calls:
    """Calls of the office program: LibreOffice at a path, or Word."""

    def __init__(self, program: Path | None, seconds: float) -> None:
        self.program = program
        self.seconds = seconds
        self.stop = Event()

    def finish(self, jobs: Sequence[_Job]) -> list[Converted]:
        """The outcome of each job, after a second try of what the first call left undone."""
        done = {job: Converted(job.document, None, (job.problem,)) for job in jobs if job.problem}

        def missing() -> list[_Job]:
            return [job for job in jobs if job not in done]

        done |= self._call(missing())[0]
        # A call that hung or died did so at the first document that it left; the others are likely to be sound.
        done |= self._call(missing()[1:])[0]
        for job in missing():
            made, fault = self._call([job])
            done |= made or {job: Converted(job.document, None, (Problem(fault[0], job.place, fault[1]),))}
        return [done[job] for job in jobs]

    def _call(self, jobs: Sequence[_Job]) -> tuple[dict[_Job, Converted], tuple[str, Mapping[str, object]]]:
        """The documents that one call made a PDF of, and code and arguments of what is wrong with the others."""
        if not jobs:
            return {}, ("", {})
        with tempfile.TemporaryDirectory(prefix="planforge-", ignore_cleanup_errors=True) as folder:
            work = Path(folder, "pdf")
            work.mkdir()
            limit = self.seconds * (1 + (len(jobs) - 1) / 10)
            ended = _run(self._command(Path(folder, "profile"), work, jobs), limit, self.stop)
            winword.end(work)
            pdfs = {job: work / f"{job.document.stem}.pdf" for job in jobs}
            made = {job: _put(job, pdf) for job, pdf in pdfs.items() if _is_pdf(pdf)}
        if ended.code in _NOT_STARTED:
            raise EnvironmentProblem([Problem("PF704", None, {"detail": ended.said or f"exit {ended.code}"})])
        if ended.code is None:
            return made, ("PF702", {"seconds": f"{limit:g}"})
        said = ended.said or f"exit {ended.code}"
        return made, ("PF703", {"detail": Words(ended.said or f"гарах код {ended.code}", said)})

    def _command(self, profile: Path, work: Path, jobs: Sequence[_Job]) -> list[str]:
        sources = [str(job.document.absolute()) for job in jobs]
        if self.program is None:
            return [sys.executable, "-m", "planforge.winword", str(work), *sources]
        options = ["--headless", "--norestore", "--nolockcheck", "--convert-to", "pdf:writer_pdf_Export", "--outdir"]
        return [*_without_network(), str(self.program), _profile(profile), *options, str(work), *sources]


# --- one call ------------------------------------------------------------------------------------------------------

_SETTINGS: Final = {
    # Alone it keeps LibreOffice from fetching what a document links to, from the network and from the disk: the
    # documents lie in no trusted folder.
    "Office.Common/Security/Scripting BlockUntrustedRefererLinks": "true",
    "Office.Common/Security/Scripting DisableMacrosExecution": "true",
    "Office.Common/Security/Scripting MacroSecurityLevel": "3",
    "Office.Writer/Content/Update Link": "2",
    "Office.Jobs/Jobs/org.openoffice.Office.Jobs:Job['UpdateCheck']/Arguments AutoCheckEnabled": "false",
    # Whatever goes to the network all the same meets a proxy where nobody listens.
    "Inet/Settings ooInetProxyType": "2",
    "Inet/Settings ooInetHTTPProxyName": "127.0.0.1",
    "Inet/Settings ooInetHTTPProxyPort": "9",
    "Inet/Settings ooInetHTTPSProxyName": "127.0.0.1",
    "Inet/Settings ooInetHTTPSProxyPort": "9",
    "Inet/Settings ooInetNoProxy": "",
}


def _profile(folder: Path) -> str:
    """The option that makes LibreOffice use a new profile in a folder: no links, no macros, no updates."""
    items = (
        f'<item oor:path="/org.openoffice.{path}"><prop oor:name="{name}" oor:op="fuse"><value>{value}</value></prop>'
        "</item>"
        for (path, name), value in ((key.split(" "), value) for key, value in _SETTINGS.items())
    )
    user = folder / "user"
    user.mkdir(parents=True)
    (user / "registrymodifications.xcu").write_text(
        '<?xml version="1.0" encoding="UTF-8"?>\n<oor:items xmlns:oor="http://openoffice.org/2001/registry" '
        'xmlns:xs="http://www.w3.org/2001/XMLSchema" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance">'
        f"{''.join(items)}</oor:items>\n",
        encoding="utf-8",
    )
    return f"-env:UserInstallation={folder.absolute().as_uri()}"


@cache
def _without_network() -> tuple[str, ...]:
    """What starts a program in a network of its own with nothing in it: Linux alone, and not in every container."""
    tool = shutil.which("unshare") if sys.platform == "linux" else None
    if tool is None:
        return ()
    wall = (tool, "--map-root-user", "--net")
    tried = subprocess.run([*wall, "true"], stdin=subprocess.DEVNULL, capture_output=True, check=False)
    return wall if tried.returncode == 0 else ()


def _run(command: Sequence[str], seconds: float, stop: Event) -> _Ended:
    """How a program ended; it and its children are killed when time is up or the work is to stop."""
    try:
        process = subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    except OSError as fault:
        raise EnvironmentProblem([Problem("PF704", None, {"detail": reason(fault)})]) from fault
    until = time.monotonic() + seconds
    try:
        while not stop.is_set():
            with suppress(subprocess.TimeoutExpired):
                output, _ = process.communicate(timeout=min(_PAUSE, max(until - time.monotonic(), 0)))
                lines = output.decode("utf-8", "replace").strip().splitlines()
                return _Ended(process.returncode, lines[-1].strip() if lines else "")
            if time.monotonic() >= until:
                return _Ended(None, "")
        raise _Stopped
    finally:
        _kill(process)


def _kill(process: subprocess.Popen[bytes]) -> None:
    """End the program and what it started, and collect it: `soffice` is a shell script around the real one."""
    if sys.platform == "win32":
        if process.poll() is None:
            subprocess.run(["taskkill", "/F", "/T", "/PID", str(process.pid)], capture_output=True, check=False)
    else:
        with suppress(ProcessLookupError, PermissionError):  # the group is gone
            os.killpg(process.pid, signal.SIGKILL)
    process.wait()
    if process.stdout is not None:
        process.stdout.close()


def _is_pdf(path: Path) -> bool:
    """Whether a file is a PDF with its end: a program that was killed may leave half of one."""
    try:
        with path.open("rb") as stream:
            head = stream.read(5)
            stream.seek(max(path.stat().st_size - 1024, 0))
            return head == b"%PDF-" and b"%%EOF" in stream.read()
    except OSError:
        return False


def _put(job: _Job, made: Path) -> Converted:
    """The PDF moved to its place as a whole: beside it first, as the temporary folder may be another disk."""
    beside = job.pdf.with_name(f".planforge-{os.urandom(8).hex()}.part")
    try:
        job.pdf.parent.mkdir(parents=True, exist_ok=True)
        with made.open("rb") as source, beside.open("xb") as target:
            shutil.copyfileobj(source, target)
            target.flush()
            os.fsync(target.fileno())
        beside.replace(job.pdf)
    except OSError as fault:
        with suppress(OSError):
            beside.unlink(missing_ok=True)
        detail = {"file": job.pdf, "detail": reason(fault)}
        return Converted(job.document, None, (Problem("PF705", job.place, detail),))
    return Converted(job.document, job.pdf)
