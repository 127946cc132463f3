"""Writes planforge/templates/*.json, the built-in forms compiled: `python -m tests.programs`."""

from __future__ import annotations

from pathlib import Path

from planforge import inspection, templates
from planforge.compiler import compile_template
from planforge.dialect import Scope
from planforge.program import Program

FOLDER = Path(templates.__file__).parent


def compiled(name: str) -> Program:
    """A built-in form compiled anew from its DOCX template."""
    return compile_template(inspection.read(templates.document(name), file=f"{name}.docx"), scope=Scope.domain())


if __name__ == "__main__":
    for form in templates.names():
        (FOLDER / f"{form}.json").write_text(compiled(form).dumps(), encoding="utf-8", newline="\n")
