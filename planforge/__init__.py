"""planforge: official Mongolian plans and year-end reports as Word documents.

A typed plan or report goes through a checked DOCX template and comes out as a finished document. Every name below is
loaded when it is first used, so `import planforge` and `planforge --help` stay light.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from planforge.comparison import compare
    from planforge.data import load, parse
    from planforge.errors import PlanforgeError, Problem
    from planforge.evaluation import Evaluation, evaluate
    from planforge.layout import Layout
    from planforge.model import (
        Activity,
        Chapter,
        Criterion,
        Measure,
        Objective,
        Outcome,
        Plan,
        Report,
        Result,
    )
    from planforge.reader import read
    from planforge.render import Template, save
    from planforge.rules import check
    from planforge.values import Image
    from planforge.yaml_writer import dump

__version__ = "0.1.0"

_HOME = {
    "comparison": ("compare",),
    "data": ("load", "parse"),
    "errors": ("PlanforgeError", "Problem"),
    "evaluation": ("Evaluation", "evaluate"),
    "layout": ("Layout",),
    "model": (
        "Activity",
        "Chapter",
        "Criterion",
        "Measure",
        "Objective",
        "Outcome",
        "Plan",
        "Report",
        "Result",
    ),
    "reader": ("read",),
    "render": ("Template", "save"),
    "rules": ("check",),
    "values": ("Image",),
    "yaml_writer": ("dump",),
}
_MODULE_OF = {name: module for module, names in _HOME.items() for name in names}

__all__ = [
    "Activity",
    "Chapter",
    "Criterion",
    "Evaluation",
    "Image",
    "Layout",
    "Measure",
    "Objective",
    "Outcome",
    "Plan",
    "PlanforgeError",
    "Problem",
    "Report",
    "Result",
    "Template",
    "check",
    "compare",
    "dump",
    "evaluate",
    "load",
    "parse",
    "read",
    "save",
]


def __getattr__(name: str) -> object:
    module = _MODULE_OF.get(name)
    if module is None:
        raise AttributeError(f"module 'planforge' has no attribute {name!r}")
    value = getattr(import_module(f"planforge.{module}"), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted([*globals(), *__all__])
