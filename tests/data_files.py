"""Data files in the tests: the smallest plan, and problems as `line:column code`."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from planforge import data
from planforge.errors import DataPlace, Problem
from planforge.model import Plan

HEAD = "planforge: plan/1\ntitle: Т\nyear: 2024\nowner: Хороо\n"
"""A plan's obligatory lines; what a test adds begins on line 5."""


def spots(problems: Iterable[Problem]) -> list[str]:
    """`5:3 PF107` for each problem."""
    out = []
    for problem in problems:
        assert isinstance(problem.place, DataPlace)
        out.append(f"{problem.place.line}:{problem.place.column} {problem.code}")
    return out


def faults(source: str | Path) -> list[str]:
    """The errors of a data file or its text, with places; warnings of the domain are another module's."""
    content = source.encode() if isinstance(source, str) else source
    return spots(p for p in data.parse(content).problems if p.is_error or p.code == "PF119")


def plan_of(more: str) -> Plan:
    """The plan of `HEAD` and some more lines."""
    return data.load((HEAD + more).encode(), Plan)
