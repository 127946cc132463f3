"""Templates broken on purpose: every fault is found, in its cell, and nothing is found where nothing is wrong."""

from __future__ import annotations

import sys

from tests.mutations import OPERATORS, false_alarms, figures, forms, tried

MOST = 1
"""Tags of each template that each operator is tried at; `python -m tests.mutations` tries all."""


def test_every_fault_is_found() -> None:
    """All caught or proven harmless, 98 in 100 of them at the exact cell, no false alarm."""
    found = forms()
    alarms = false_alarms(found)
    verdicts = tried(found, MOST)
    sys.stdout.write(figures(verdicts, len(found), len(alarms)))
    assert alarms == []
    assert {v.mutation.operator for v in verdicts} == set(OPERATORS)
    missed = [v for v in verdicts if v.kind == "missed"]
    assert [(v.mutation.form.name, v.mutation.operator, v.mutation.done) for v in missed] == []
    caught = [v for v in verdicts if v.kind == "caught"]
    assert sum(v.exact for v in caught) >= 0.98 * len(caught)
