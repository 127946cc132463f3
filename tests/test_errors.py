"""Problems and places: both languages, and a place that a person finds."""

from __future__ import annotations

import json

from planforge.errors import DataPlace, DocumentPlace, Problem, SheetPlace, TemplateError, Words, has_errors


def test_places() -> None:
    """Places read in both languages."""
    data = DataPlace("plan.yaml", 7, 5, ("objectives", 0, "measures", 2, "period"), Words("зорилт 1", "objective 1"))
    assert data.describe("mn") == "plan.yaml:7:5 зорилт 1 (objectives[0].measures[2].period)"
    document = DocumentPlace("a.docx", "word/footer1.xml", 1, 2, 3, 1, "{{ x }}")
    assert document.describe("en") == "a.docx, footer 1, table 1, row 2, cell 3, paragraph 1, «{{ x }}»"
    assert document.describe("mn") == "a.docx, хөл хэсэг 1, хүснэгт 1, мөр 2, нүд 3, догол мөр 1, «{{ x }}»"
    assert SheetPlace("units.xlsx", "Гүйцэтгэл", "E17").describe("mn") == "units.xlsx «Гүйцэтгэл»!E17"


def test_problem() -> None:
    """A problem prints its place, code, message and hint, and is plain JSON for machines."""
    problem = Problem("PF205", DocumentPlace("a.docx"), {"field": "x", "record": "plan", "near": "year"})
    assert problem.format("en").startswith("a.docx: PF205 “plan” has no field “x”")
    assert "талбар байхгүй" in problem.format("mn")
    assert problem.is_error
    shown = json.loads(json.dumps(problem.as_json()))
    assert shown["code"] == "PF205"
    assert shown["place"] == {"file": "a.docx"}


def test_error_lists_every_problem() -> None:
    """An error's text holds all of its problems."""
    problems = [Problem("PF204", None, {"name": n, "near": "plan"}) for n in ("a", "b")]
    assert has_errors(problems)
    assert str(TemplateError(problems)).count("PF204") == 2
