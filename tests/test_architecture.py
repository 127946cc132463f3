"""Imports point down: the floor table of docs/architecture.md against the code."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
PACKAGE = ROOT / "planforge"
HEAVY = {
    "babel",
    "click",
    "dask",
    "distributed",
    "docx",
    "docxtpl",
    "filelock",
    "jinja2",
    "lxml",
    "pydantic",
    "pydantic_core",
    "python_calamine",
    "rich",
    "xlsxwriter",
    "yaml",
    "zlib_ng",
}


def floors() -> dict[str, tuple[int, set[str]]]:
    """Module → floor and the heavy libraries that it is a door to, from the table."""
    table = (ROOT / "docs" / "architecture.md").read_text(encoding="utf-8")
    rows = re.findall(r"^\| (\d+) \| `(\w+)` \|.*\| ([^|]*) \|$", table, re.MULTILINE)
    return {name: (int(floor), set(re.findall(r"\w+", doors))) for floor, name, doors in rows}


def modules() -> dict[str, Path]:
    """Every module of the package but its root, which only points to the others."""
    found = {p.stem: p for p in PACKAGE.glob("*.py") if not p.stem.startswith("__")}
    return {**found, "templates": PACKAGE / "templates" / "__init__.py"}


def imports(path: Path) -> tuple[set[str], set[str]]:
    """The modules of planforge and the other packages that a file imports, wherever in it."""
    own: set[str] = set()
    other: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom) and node.module == "planforge":
            own |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            first, _, rest = node.module.partition(".")
            (own if first == "planforge" else other).add(rest.partition(".")[0] if first == "planforge" else first)
        elif isinstance(node, ast.Import):
            for alias in node.names:
                first, _, rest = alias.name.partition(".")
                (own if first == "planforge" else other).add(rest or first)
    return own, other


def test_every_module_has_a_row() -> None:
    """The table names every module and no other."""
    assert set(floors()) == set(modules())


@pytest.mark.parametrize("name", sorted(modules()))
def test_imports_point_down(name: str) -> None:
    """A module imports only modules of lower floors."""
    table = floors()
    own, _ = imports(modules()[name])
    assert {other for other in own if other in table and table[other][0] >= table[name][0]} == set()


@pytest.mark.parametrize("name", sorted(modules()))
def test_heavy_libraries_have_doors(name: str) -> None:
    """A heavy library is imported only by the modules that are a door to it."""
    _, other = imports(modules()[name])
    used = {"pydantic" if library == "pydantic_core" else library for library in other & HEAVY}
    assert used - floors()[name][1] == set()


def test_no_vague_names() -> None:
    """No module is called utils, helpers, common, manager or base."""
    assert not set(modules()) & {"utils", "helpers", "common", "manager", "base", "misc"}


def test_import_is_light() -> None:
    """`import planforge` loads none of the heavy libraries."""
    import subprocess
    import sys

    code = f"import sys, planforge; print(*sorted(set(sys.modules) & set({sorted(HEAVY)!r})))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=ROOT)
    assert done.stdout.split() == []
