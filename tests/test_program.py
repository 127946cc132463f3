"""Compiled templates as text: the built-in forms have theirs, and need no compiler."""

from __future__ import annotations

import subprocess
import sys

import pytest

from planforge import templates
from planforge.program import Program
from tests.programs import FOLDER, compiled


@pytest.mark.parametrize("name", templates.names())
def test_programs_are_fresh(name: str) -> None:
    """Each program is what the compiler makes of the form today; write it anew with `python -m tests.programs`."""
    fresh = compiled(name)
    assert templates.program(name) == fresh.dumps()
    assert Program.loads(fresh.dumps()) == fresh


def test_every_form_has_a_program() -> None:
    """There is one program to each form."""
    assert sorted(path.stem for path in FOLDER.glob("*.json")) == templates.names()


def test_a_built_in_form_needs_no_compiler() -> None:
    """A document from a built-in form loads neither the compiler nor what it stands on."""
    code = """
import sys
from planforge import Plan, Template
plan = Plan.model_validate({"title": "Төлөвлөгөө", "year": 2024, "owner": "Хэлтэс"})
assert Template.builtin("plan").render(plan).startswith(b"PK")
print(*sorted({"jinja2", "lxml", "planforge.compiler", "yaml", "tomllib"} & set(sys.modules)))
"""
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=FOLDER.parents[1]
    )
    assert done.stdout.split() == []
