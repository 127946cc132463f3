"""The workbook of 35 units in samples/: fresh, sound, and of every kind of result."""

from __future__ import annotations

from decimal import Decimal

import pytest

from planforge import batch, jobs, load, sheets
from planforge.evaluation import evaluate
from planforge.model import Plan, Report
from tests import sample_units
from tests.sample_units import FOLDER, reports


def test_the_files_are_fresh() -> None:
    """What is committed is what `python -m tests.sample_units` writes, and the hand-written plan is in it.

    The workbook's contents are compared, not its bytes: these hang on the installed deflate.
    """
    book = sheets.read(FOLDER / "units.xlsx")
    assert book.plan == load(FOLDER / "plan.yaml", Plan)
    assert [unit.subject for unit in book.units] == reports()
    assert not [*book.problems, *(problem for unit in book.units for problem in unit.problems)]
    assert (FOLDER / "units.txt").read_bytes() == sample_units.names().encode()
    assert (FOLDER / "units.xlsx").stat().st_size < 120_000


def test_every_kind_of_result() -> None:
    """35 units, each level of the scale, measures that are not due; whatever is below 100 % has its reason."""
    found = reports()
    assert len(found) == 35
    results = [result for report in found for result in report.results.values()]
    assert len(results) == 35 * 12
    assert {r.percent for r in results} == {None, *map(Decimal, (100, 70, 30, 0))}
    assert all(r.reason for r in results if r.percent != 100)
    assert all(r.unit is not None and r.unit.genitive_form for r in found)


@pytest.mark.parametrize("report", reports(), ids=lambda report: report.unit.id)
def test_nothing_is_doubtful(report: Report) -> None:
    """No report claims what its text does not bear out."""
    assert not evaluate(report).problems


def test_all_are_delivered() -> None:
    """35 documents in the form that shows reasons too, not one warning."""
    documents: dict[str, bytes] = {}
    source = jobs.open_source(FOLDER / "units.xlsx")
    deliveries = list(batch.run(source, to=documents.__setitem__, template="progress"))
    assert len(documents) == 35
    assert {(d.state, d.problems) for d in deliveries} == {("done", ())}
