"""Documents → PDF with the office program that is installed (LibreOffice).

One call converts many files, which costs a fifth of a call each. Every call has a profile of its own in a temporary
folder, so calls may run side by side and no user's open window is in the way. Give it only documents that planforge
wrote or `inspection.read` let pass: an office program fetches what a document links to.
"""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import Final

from planforge.errors import DocumentPlace, EnvironmentProblem, Problem, Words

__all__ = ["find_office", "to_pdf"]

_NAMES: Final = ("soffice", "libreoffice")
_MAC: Final = "Applications/LibreOffice.app/Contents/MacOS/soffice"


def find_office() -> Path | None:
    """The office program: in the search path, or where Windows and macOS put it; None if there is none."""
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


def to_pdf(
    documents: Sequence[str | os.PathLike[str]], out_dir: str | os.PathLike[str], /, *, timeout: float = 120
) -> list[Path]:
    """The PDF files in `out_dir`, in the order of the documents; `timeout` in seconds is for all of them together.

    EnvironmentProblem: PF701 no office program, PF702 too slow, PF703 per document without a PDF, PF704 it would not
    start. ValueError if two documents would have the same PDF. A PDF that was there is replaced.
    """
    sources = [Path(document).resolve() for document in documents]
    if len({source.stem.casefold() for source in sources}) != len(sources):
        raise ValueError("two documents would have the same PDF")
    if not sources:
        return []
    program = find_office()
    if program is None:
        raise EnvironmentProblem([Problem("PF701")])
    target = Path(out_dir)
    target.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="planforge-", ignore_cleanup_errors=True) as folder:
        work = Path(folder, "pdf")
        work.mkdir()
        said = _run(_command(program, Path(folder, "profile"), work, sources), timeout)
        missing = [source for source in sources if not _is_pdf(work / f"{source.stem}.pdf")]
        if missing:
            detail = Words(said or "тайлбар алга", said or "no reason given")
            raise EnvironmentProblem(
                [Problem("PF703", DocumentPlace(file=str(source)), {"detail": detail}) for source in missing]
            )
        return [_put(work / f"{source.stem}.pdf", target) for source in sources]


def _command(program: Path, profile: Path, work: Path, sources: Sequence[Path]) -> list[str]:
    return [
        str(program),
        f"-env:UserInstallation={profile.as_uri()}",
        "--headless",
        "--norestore",
        "--nolockcheck",
        "--convert-to",
        "pdf:writer_pdf_Export",
        "--outdir",
        str(work),
        *map(str, sources),
    ]


def _run(command: Sequence[str], timeout: float) -> str:
    """The last line of what the program said; it and its children are killed when time is up."""
    try:
        process = subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    except OSError as fault:
        raise EnvironmentProblem([Problem("PF704", None, {"detail": fault.strerror or str(fault)})]) from fault
    try:
        output, _ = process.communicate(timeout=timeout)
    except subprocess.TimeoutExpired as fault:
        raise EnvironmentProblem([Problem("PF702", None, {"seconds": f"{timeout:g}"})]) from fault
    finally:
        _kill(process)
    lines = output.decode("utf-8", "replace").strip().splitlines()
    return lines[-1].strip() if lines else ""


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
    try:
        with path.open("rb") as stream:
            return stream.read(5) == b"%PDF-"
    except OSError:
        return False


def _put(pdf: Path, folder: Path) -> Path:
    """The PDF moved to its place as a whole: beside it first, as the temporary folder may be another disk."""
    beside = folder / f".{pdf.name}.part"
    shutil.copyfile(pdf, beside)
    return beside.replace(folder / pdf.name)
