"""What users get: the wheel with its forms and samples, the README's commands, a repository without foreign paths."""

from __future__ import annotations

import re
import subprocess
import sys
import venv
import zipfile
from pathlib import Path

import pytest

from planforge import read
from planforge.model import Plan, Report

ROOT = Path(__file__).parent.parent


def run(*command: object, cwd: Path) -> str:
    done = subprocess.run([str(c) for c in command], cwd=cwd, capture_output=True, text=True, timeout=600)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel, built from a copy of what git tracks, so that nothing untracked can hide in it."""
    folder = tmp_path_factory.mktemp("build")
    source = folder / "source"
    source.mkdir()
    listed = run("git", "ls-files", "-co", "--exclude-standard", "-z", cwd=ROOT).split("\0")
    for name in filter(None, listed):
        if (ROOT / name).is_file():
            target = source / name
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes((ROOT / name).read_bytes())
    run(sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", folder, cwd=source)
    (found,) = folder.glob("*.whl")
    return found


def test_wheel_holds_everything(wheel: Path) -> None:
    """Forms, their layouts, the base document, the catalogue, samples and the type marker are in the wheel; tests are not."""
    with zipfile.ZipFile(wheel) as archive:
        names = set(archive.namelist())
    package = ROOT / "planforge"
    for path in package.rglob("*"):
        if path.is_file() and "__pycache__" not in path.parts:
            assert path.relative_to(ROOT).as_posix() in names
    for path in (p for p in (ROOT / "samples").rglob("*") if p.suffix in {".yaml", ".xlsx", ".txt"}):
        assert f"planforge/{path.relative_to(ROOT).as_posix()}" in names
    assert not [n for n in names if n.startswith(("tests", "docs", "samples"))]


def test_wheel_does_the_main_job(wheel: Path, tmp_path: Path) -> None:
    """Installed in a fresh environment outside the checkout, `planforge demo` renders both real documents."""
    environment = tmp_path / "env"
    venv.create(environment)
    program = environment / ("Scripts" if sys.platform == "win32" else "bin")
    pip = (sys.executable, "-m", "pip", "--python", program / "python", "--disable-pip-version-check")
    run(*pip, "install", "-q", wheel, cwd=tmp_path)
    shown = run(program / "planforge", "--lang", "en", "demo", "-o", "out", cwd=tmp_path)
    documents = sorted((tmp_path / "out").glob("*.docx"))
    assert len(documents) == 2
    for document in documents:
        assert document.name in shown
    assert {type(read(d)) for d in documents} == {Plan, Report}
    where = run(program / "python", "-c", "import planforge; print(planforge.__file__)", cwd=tmp_path)
    assert str(ROOT) not in where


def test_readme_has_two_commands() -> None:
    """The README gives exactly two commands, one for the main job and one for the tests, and CI runs the second."""
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    commands = re.findall(r"```sh\n(.*?)\n```", readme, re.DOTALL)
    assert len(commands) == 2
    assert commands[0].endswith("planforge demo")
    assert "pytest" in commands[1]
    assert [line for line in readme.splitlines() if "[test]" in line] == [commands[1]]
    assert r"grep -- '\[test\]' README.md" in (ROOT / ".ci" / "run").read_text(encoding="utf-8")


def test_readme_picture_exists() -> None:
    """The pictures that the README shows are there."""
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    for target in re.findall(r"\]\((?!http)([^)#]+)\)", readme):
        assert (ROOT / target).exists(), target


def test_no_machine_paths() -> None:
    """No tracked text names a registry's host or a path of somebody's machine."""
    forbidden = re.compile(r"pypi\.org|pythonhosted|registry\.npmjs|deb\.debian|/home/\w|/root/|/work/|[A-Z]:\\\\Users")
    for name in filter(None, run("git", "ls-files", "-co", "--exclude-standard", "-z", cwd=ROOT).split("\0")):
        path = ROOT / name
        if path.suffix in {".docx", ".png", ".xls", ".xlsx"} or not path.is_file() or path == Path(__file__):
            continue
        assert not forbidden.search(path.read_text(encoding="utf-8")), name


CHECKS = {
    "lint": ("ruff", "check", "."),
    "format": ("ruff", "format", "--check", "."),
    "types": ("mypy",),
}


@pytest.mark.parametrize("command", CHECKS.values(), ids=list(CHECKS))
def test_style(command: tuple[str, ...]) -> None:
    """Linter, formatter and strict types find nothing."""
    run(sys.executable, "-m", *command, cwd=ROOT)
