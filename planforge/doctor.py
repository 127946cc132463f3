"""What planforge finds on this machine: what is there, what is missing and how to get it.

It must run where an installation is broken, so whatever could be missing is looked for, not imported at the top.
Windows and macOS are untried.
"""

from __future__ import annotations

import locale
import os
import platform
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from importlib import metadata
from pathlib import Path
from typing import Final, Literal

from planforge import __version__, archive, office, winword
from planforge.console import Console, reason, words
from planforge.errors import DataPlace, Problem, Words

__all__ = ["Finding", "doctor", "examine"]

_LEAST_SPACE: Final = 200 * 1024 * 1024
"""Bytes that should be free where documents are made."""
_SECONDS: Final = 30
"""For a program that tells something about itself."""
_LETTERS: Final = "ӨөҮү₮"
_LIKE_ARIAL: Final = ("Arial", "Liberation Sans", "Arimo")
"""Arial, which the documents ask for, and the families with its metrics."""


@dataclass(frozen=True, slots=True)
class Finding:
    """The answer of one check: its name (a key of the phrases, `doctor_…`), what was found, what is wrong with it."""

    name: str
    found: Words
    problems: tuple[Problem, ...] = ()
    was_checked: bool = True

    @property
    def state(self) -> Literal["fine", "unchecked", "warning", "error"]:
        if not self.problems:
            return "fine" if self.was_checked else "unchecked"
        return "error" if any(problem.is_error for problem in self.problems) else "warning"

    def as_json(self) -> dict[str, object]:
        return {"check": self.name, "state": self.state, "found": {"mn": self.found.mn, "en": self.found.en}}


def doctor(console: Console, as_json: bool) -> int:
    """The command: a table of what was found, and a remedy for whatever is missing."""
    console.json = as_json
    found = examine()
    problems = [problem for finding in found for problem in finding.problems]
    rows = [(console.phrase(f"doctor_{f.name}"), console.phrase(f.state), f.found.in_(console.lang)) for f in found]
    if as_json:
        console.put_json({"checks": [f.as_json() for f in found], "problems": [p.as_json() for p in problems]})
    elif console.is_terminal:
        console.put_table([console.phrase(key) for key in ("check", "state", "found")], rows)
    else:
        for row in rows:
            console.put("\t".join(row))
    failed = console.report(problems)
    console.tell(console.phrase("doctor_not_ready" if failed else "doctor_ready"))
    return console.exit_code


def examine() -> tuple[Finding, ...]:
    """What every check finds."""
    return tuple(check() for check in _CHECKS)


# --- planforge itself ----------------------------------------------------------------------------------------------


def _python() -> Finding:
    found = f"{platform.python_version()}, {platform.system()} {platform.release()}, {sys.executable}"
    return Finding("python", _same(found))


def _start() -> Finding:
    """Whether everything that commands need can be loaded."""
    try:
        from planforge import batch, commands, layout, sheet_reader, sheet_writer, yaml_reader  # noqa: F401
    except Exception as fault:  # noqa: BLE001 - a package that is damaged or not the one that is meant raises anything
        problem = Problem("PF799", None, {"detail": f"{type(fault).__name__}: {fault}"})
        return Finding("planforge", _same(__version__), (problem,))
    return Finding("planforge", _same(__version__))


_REQUIREMENT: Final = re.compile(r"([\w.-]+)(?:\s*\(?>=\s*([\w.]+))?[^;]*(;.*\bextra\b)?")


def _requirements() -> dict[str, str]:
    """The packages that planforge needs, with their least versions; those of its extras are not among them."""
    try:
        lines = metadata.requires("planforge") or []
    except metadata.PackageNotFoundError:  # run from its source
        return {}
    found = [match for match in map(_REQUIREMENT.match, lines) if match is not None]
    return {match[1]: match[2] or "" for match in found if not match[3]}


def _packages() -> Finding:
    found: list[str] = []
    problems: list[Problem] = []
    for name, least in _requirements().items():
        try:
            version = metadata.version(name)
        except metadata.PackageNotFoundError:
            problems.append(Problem("PF790", None, {"name": name, "needed": f"{name}>={least}" if least else name}))
            continue
        found.append(f"{name} {version}")
        if _numbers(version) < _numbers(least):
            problems.append(Problem("PF791", None, {"name": name, "found": version, "least": least}))
    return Finding("packages", _same(", ".join(found)) if found else words("doctor_no_metadata"), tuple(problems))


def _numbers(version: str) -> tuple[int, ...]:
    return tuple(map(int, re.findall(r"\d+", version)))


def _clashes() -> Finding:
    """Packages that write into the folders of those that planforge uses: what was installed last is what is there."""
    owners = {name: {_normal(x) for x in found if x} for name, found in metadata.packages_distributions().items()}
    needed = {_normal(name) for name in (*_requirements(), "docxtpl")}
    problems = []
    for name, found in sorted(owners.items()):
        if len(found) > 1 and found & needed:
            own, others = min(found & needed), sorted(found - needed) or sorted(found)
            problems.append(Problem("PF792", None, {"name": name, "own": own, "others": " ".join(others)}))
    return Finding("clashes", words("doctor_clash" if problems else "doctor_no_clash"), tuple(problems))


def _normal(name: str) -> str:
    """The name of a package as registries compare it."""
    return re.sub(r"[-_.]+", "-", name).lower()


def _compression() -> Finding:
    if archive.engine() is archive.STANDARD:
        return Finding("compression", words("doctor_zlib"))
    return Finding("compression", _same(f"zlib-ng {metadata.version('zlib-ng')}"))


# --- the machine ---------------------------------------------------------------------------------------------------


def _system() -> str:
    return {"win32": "windows", "darwin": "macos"}.get(sys.platform, "linux")


def _office() -> Finding:
    if winword.is_there():
        return Finding("office", _same("Microsoft Word"))
    program = office.find_office()
    if program is None:
        remedy = words(f"get_office_{_system()}")
        return Finding("office", words("doctor_none"), (Problem("PF793", None, {"remedy": remedy}),))
    version = office.version(program, seconds=_SECONDS)
    if version is None:
        return Finding("office", _same(str(program)), (Problem("PF795", None, {"program": program}),))
    return Finding("office", _same(f"{version}, {program}"))


def _fonts() -> Finding:
    """Whether a family with Arial's metrics has the Mongolian letters; without one PDFs mix two families."""
    known = _families()
    if known is None:
        return Finding("fonts", words("doctor_no_fc_list"), was_checked=False)
    if found := [family for family in _LIKE_ARIAL if family in known]:
        return Finding("fonts", _same(", ".join(found)))
    problem = Problem("PF794", None, {"letters": " ".join(_LETTERS), "remedy": words(f"get_fonts_{_system()}")})
    return Finding("fonts", words("doctor_none"), (problem,))


def _families() -> set[str] | None:
    """The families that have the letters; None where nothing tells. The Arial of Windows and macOS has them."""
    folders = {
        "win32": [Path(os.environ.get("WINDIR", "C:\\Windows"), "Fonts")],
        "darwin": [Path("/System/Library/Fonts/Supplemental"), Path("/Library/Fonts")],
    }.get(sys.platform)
    if folders is not None:
        files = ("arial.ttf", "Arial.ttf")
        return {"Arial"} if any((folder / file).exists() for folder in folders for file in files) else set()
    tool = shutil.which("fc-list")
    if tool is None:
        return None
    letters = " ".join(f"{ord(letter):x}" for letter in _LETTERS)
    try:
        told = subprocess.run(
            [tool, f":charset={letters}", "family"], capture_output=True, timeout=_SECONDS, check=False
        )
    except (OSError, subprocess.TimeoutExpired):
        return None
    lines = told.stdout.decode("utf-8", "replace").splitlines()
    return {family.strip() for line in lines for family in line.split(",")}


def _encoding() -> Finding:
    """In what the terminal shows letters; what planforge writes is UTF-8."""
    if sys.platform == "win32":
        import ctypes

        page = ctypes.windll.kernel32.GetConsoleOutputCP()
        name, is_fine = f"cp{page}", page in (0, 65001)  # 0: there is no console
    else:
        name = locale.getencoding()
        is_fine = name.replace("-", "").lower() == "utf8"
    if is_fine:
        return Finding("encoding", _same(name))
    remedy = words("get_utf8_windows" if sys.platform == "win32" else "get_utf8")
    return Finding("encoding", _same(name), (Problem("PF796", None, {"encoding": name, "remedy": remedy}),))


def _folder(name: str, find: Callable[[], str]) -> Finding:
    """Whether a file can be written there as documents are: flushed to the disk and renamed; the space on the disk."""
    folder = "."
    try:
        folder = find()
        with tempfile.TemporaryDirectory(prefix=".planforge-", dir=folder) as inside:
            first = Path(inside, "ө.part")
            with first.open("xb") as file:
                file.write(b"x")
                file.flush()
                os.fsync(file.fileno())
            first.replace(Path(inside, "ө"))
        free = shutil.disk_usage(folder).free
    except OSError as error:
        return Finding(name, _same(folder), (Problem("PF798", DataPlace(folder), {"detail": reason(error)}),))
    sizes = {"free": f"{free / 1e6:,.0f}".replace(",", " ")}
    problems = (Problem("PF797", DataPlace(folder), sizes),) if free < _LEAST_SPACE else ()
    return Finding(name, words("doctor_free", folder=folder, **sizes), problems)


def _same(text: str) -> Words:
    return Words(text, text)


_CHECKS: Final[tuple[Callable[[], Finding], ...]] = (
    _python,
    _start,
    _packages,
    _clashes,
    _compression,
    _office,
    _fonts,
    _encoding,
    partial(_folder, "current", os.getcwd),
    partial(_folder, "temporary", tempfile.gettempdir),
)
