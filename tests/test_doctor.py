"""`planforge doctor`: each check on the real machine, and in surroundings where something is missing."""

from __future__ import annotations

import json
import locale
import os
import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from planforge import cli, doctor, messages, office
from planforge.errors import catalogue

ROOT = Path(__file__).parent.parent

# --- surroundings --------------------------------------------------------------------------------------------------

Patch = pytest.MonkeyPatch


def installed(folder: Path, name: str, version: str, *lines: str, top: str = "") -> None:
    """What pip leaves of a package: its metadata and the names of its folders."""
    info = folder / f"{name.replace('-', '_')}-{version}.dist-info"
    info.mkdir(parents=True)
    header = ["Metadata-Version: 2.1", f"Name: {name}", f"Version: {version}", *lines]
    (info / "METADATA").write_text("\n".join(header) + "\n", encoding="utf-8")
    (info / "top_level.txt").write_text(top, encoding="utf-8")


def program(folder: Path, name: str, script: str) -> None:
    """A stand-in for a program, in a folder that becomes the search path."""
    (folder / name).write_text(f"#!/bin/sh\n{script}\n", encoding="utf-8")
    (folder / name).chmod(0o755)


def missing_package(patch: Patch, folder: Path) -> None:
    installed(folder, "planforge", "0.1.0", "Requires-Dist: no-such-package>=2.1", 'Requires-Dist: x>=1; extra == "y"')
    patch.syspath_prepend(folder)


def old_package(patch: Patch, folder: Path) -> None:
    installed(folder, "lxml", "4.9.10")
    patch.syspath_prepend(folder)


def clash(patch: Patch, folder: Path) -> None:
    installed(folder, "python-docx-ng", "0.3", top="docx\n")
    patch.syspath_prepend(folder)


def no_office(patch: Patch, folder: Path) -> None:
    patch.setenv("PATH", str(folder))
    patch.setattr(office, "_usual_places", list)


def no_fonts(patch: Patch, folder: Path) -> None:
    (folder / "fonts.conf").write_text("<fontconfig></fontconfig>")
    patch.setenv("FONTCONFIG_FILE", str(folder / "fonts.conf"))


def silent_office(patch: Patch, folder: Path) -> None:
    program(folder, "soffice", "exit 1")
    patch.setenv("PATH", f"{folder}{os.pathsep}{os.environ['PATH']}")


def no_utf8(patch: Patch, folder: Path) -> None:
    locale.setlocale(locale.LC_CTYPE, "C")


def full_disk(patch: Patch, folder: Path) -> None:
    patch.setattr(doctor, "_LEAST_SPACE", 10**18)


def closed_folder(patch: Patch, folder: Path) -> None:
    patch.chdir("/proc")


SURROUNDINGS: dict[str, Callable[[Patch, Path], None]] = {
    function.__name__: function
    for function in (
        missing_package,
        old_package,
        clash,
        no_office,
        no_fonts,
        silent_office,
        no_utf8,
        full_disk,
        closed_folder,
    )
}


@pytest.fixture(autouse=True)
def utf8() -> Iterator[None]:
    """Each test begins and ends with a terminal that shows everything."""
    before = locale.setlocale(locale.LC_CTYPE)
    locale.setlocale(locale.LC_CTYPE, "C.UTF-8")
    yield
    locale.setlocale(locale.LC_CTYPE, before)


def codes(findings: tuple[doctor.Finding, ...]) -> list[str]:
    return [problem.code for finding in findings for problem in finding.problems]


# --- checks --------------------------------------------------------------------------------------------------------


@pytest.mark.office
def test_this_machine_is_fine(libreoffice: Path) -> None:
    """With everything installed no check has a problem, and each says what it found in both languages."""
    findings = doctor.examine()
    assert codes(findings) == []
    assert all(finding.state == "fine" and finding.found.mn and finding.found.en for finding in findings)
    found = {finding.name: finding.found.en for finding in findings}
    assert found["python"].startswith(f"{sys.version_info.major}.{sys.version_info.minor}.")
    assert re.search(r"\blxml \d", found["packages"])
    assert "docxtpl" not in found["packages"]
    assert found["office"].startswith("LibreOffice ")
    assert str(libreoffice) in found["office"]
    assert found["fonts"].split(", ")[0] in ("Arial", "Liberation Sans")


CASES = {code: entry.case["doctor"] for code, entry in catalogue().items() if entry.case.get("doctor") in SURROUNDINGS}


@pytest.mark.skipif(sys.platform == "win32", reason="surroundings of POSIX")
@pytest.mark.parametrize("code", CASES)
def test_smallest_case(code: str, tmp_path: Path, monkeypatch: Patch) -> None:
    """What is missing is told with a remedy in both languages; planforge works without what is only a warning."""
    SURROUNDINGS[CASES[code]](monkeypatch, tmp_path)
    findings = doctor.examine()
    assert code in codes(findings)
    problem = next(problem for finding in findings for problem in finding.problems if problem.code == code)
    assert all(problem.message(lang) and problem.hint(lang) for lang in ("mn", "en"))
    assert problem.severity == ("warning" if "PF793" <= code <= "PF797" else "error")


def test_every_surrounding_is_a_case() -> None:
    """PF790 to PF799 have one each; that of PF799 needs a process of its own."""
    mine = {code: entry.case["doctor"] for code, entry in catalogue().items() if code >= "PF790"}
    assert list(mine) == [f"PF79{n}" for n in range(10)]
    assert set(mine.values()) == {*SURROUNDINGS, "broken_package"}


@pytest.mark.parametrize(
    ("name", "folder", "others"),
    [
        pytest.param("docxtpl-ng", "docxtpl", "docxtpl-ng", id="docxtpl-ng"),
        pytest.param("rust-docxtpl", "docxtpl", "rust-docxtpl", id="rust-docxtpl"),
        pytest.param("docx", "docx", "docx", id="the-old-docx"),
    ],
)
def test_clashing_packages_are_named(name: str, folder: str, others: str, tmp_path: Path, monkeypatch: Patch) -> None:
    """Which folder, which package is meant, which one is too many."""
    installed(tmp_path, name, "1.0", top=folder)
    monkeypatch.syspath_prepend(tmp_path)
    (problem,) = doctor._clashes().problems
    own = {"docx": "python-docx", "docxtpl": "docxtpl"}[folder]
    assert problem.args == {"name": folder, "own": own, "others": others}


def test_a_package_that_clashes_with_nothing(tmp_path: Path, monkeypatch: Patch) -> None:
    """Two packages in one folder that planforge does not use are not its business."""
    installed(tmp_path, "one", "1.0", top="shared")
    installed(tmp_path, "two", "1.0", top="shared")
    monkeypatch.syspath_prepend(tmp_path)
    assert doctor._clashes().problems == ()


@pytest.mark.parametrize(
    ("found", "least", "older"),
    [
        ("2.9", "2.10", True),
        ("2.10", "2.9", False),
        ("3", "3.1.6", True),
        ("3.1.6", "3.1.6", False),
        ("1.0", "", False),
    ],
)
def test_versions_are_compared_as_numbers(found: str, least: str, older: bool) -> None:
    """2.10 comes after 2.9."""
    assert (doctor._numbers(found) < doctor._numbers(least)) is older


@pytest.mark.parametrize("system", ["win32", "darwin", "linux"])
def test_every_system_has_a_remedy(system: str, monkeypatch: Patch) -> None:
    """Office program and fonts: how to get them on each system."""
    monkeypatch.setattr(sys, "platform", system)
    assert all(f"get_{thing}_{doctor._system()}" in messages.PHRASES for thing in ("office", "fonts"))


# --- the command ---------------------------------------------------------------------------------------------------


@pytest.mark.skipif(sys.platform == "win32", reason="surroundings of POSIX")
def test_a_missing_office_program_is_a_warning(
    tmp_path: Path, monkeypatch: Patch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Exit code 0: what there is goes to stdout, the remedy to stderr, in the language asked for."""
    no_office(monkeypatch, tmp_path)
    assert cli.run(["doctor", "--lang", "mn"]) == 0
    told = capsys.readouterr()
    assert "PDF хийх программ\tанхааруулга\tалга\n" in told.out
    assert "анхааруулга PF793" in told.err
    assert "sudo apt install libreoffice" in told.err
    assert "бэлэн байна" in told.err


def test_for_machines(tmp_path: Path, monkeypatch: Patch, capsys: pytest.CaptureFixture[str]) -> None:
    """Every check with its state, and the problems; exit code 1 where work is not possible."""
    missing_package(monkeypatch, tmp_path)
    assert cli.run(["doctor", "--json", "--lang", "en"]) == 1
    told = json.loads(capsys.readouterr().out)
    assert [check["check"] for check in told["checks"]] == [finding.name for finding in doctor.examine()]
    assert {check["check"]: check["state"] for check in told["checks"]}["packages"] == "error"
    assert "PF790" in [problem["code"] for problem in told["problems"]]


def test_a_broken_package(tmp_path: Path) -> None:
    """Where a package cannot be loaded, commands say so, and doctor still tells everything else."""
    (tmp_path / "yaml").mkdir()
    (tmp_path / "yaml" / "__init__.py").write_text("raise ImportError('no such symbol: yaml_x')")
    (tmp_path / "a.yaml").write_text("planforge: plan/1\n")
    environment = {**os.environ, "PYTHONPATH": f"{tmp_path}{os.pathsep}{ROOT}", "PLANFORGE_LANG": "en"}
    for arguments, rows in ((["doctor"], 10), (["check", "a.yaml"], 0)):
        command = [sys.executable, "-m", "planforge", *arguments]
        ran = subprocess.run(command, env=environment, capture_output=True, cwd=tmp_path, check=False)
        assert (ran.returncode, len(ran.stdout.splitlines())) == (1, rows)
        assert b"PF799: planforge cannot start: ImportError: no such symbol: yaml_x." in ran.stderr
        assert b"Traceback" not in ran.stderr


@pytest.mark.skipif(sys.platform != "linux", reason="fonts are looked for with fc-list on Linux")
def test_fonts_that_nobody_looked_for(tmp_path: Path, monkeypatch: Patch) -> None:
    """Without fc-list the font is not said to be fine."""
    monkeypatch.setenv("PATH", str(tmp_path))
    (finding,) = (found for found in doctor.examine() if found.name == "fonts")
    assert (finding.state, finding.as_json()["state"], finding.problems) == ("unchecked", "unchecked", ())
