"""Problems for other programs."""

from __future__ import annotations

import json

import jsonschema
import pytest

from planforge.errors import DataPlace, DocumentPlace, Problem, SheetPlace, Words
from planforge.problem_formats import github, sarif, short

TAG = DocumentPlace("a b.docx", "word/document.xml", 1, 2, 3, 1, "{{ x }}", near=Words("«З» дор", "under “З”"))
PROBLEMS = [
    Problem("PF205", TAG, {"field": "x", "record": "plan", "near": "year"}),
    Problem("PF120", DataPlace("төлөв/a,b:c.yaml", 3, 7, ("title",)), {"file": "x"}),
    Problem("PF333", None, {"record": "план", "fields": "а"}),
    Problem("PF326", DocumentPlace("a.docx", quote="100%\n%}"), {"mark": "%}", "found": "100%\n%}"}),
    Problem("PF120", SheetPlace("a.xlsx", "Лист", "B2"), {"file": "x"}),
]

ESSENTIAL = {
    "type": "object",
    "required": ["version", "runs"],
    "properties": {
        "version": {"const": "2.1.0"},
        "runs": {
            "type": "array",
            "items": {
                "type": "object",
                "required": ["tool", "results"],
                "properties": {
                    "tool": {
                        "required": ["driver"],
                        "properties": {"driver": {"required": ["name", "rules"]}},
                    },
                    "columnKind": {"enum": ["utf16CodeUnits", "unicodeCodePoints"]},
                    "results": {"type": "array", "items": {"$ref": "#/$defs/result"}},
                },
            },
        },
    },
    "$defs": {
        "result": {
            "type": "object",
            "additionalProperties": False,
            "required": ["message"],
            "properties": {
                "ruleId": {"type": "string"},
                "ruleIndex": {"type": "integer", "minimum": 0},
                "level": {"enum": ["none", "note", "warning", "error"]},
                "message": {"required": ["text"]},
                "locations": {"type": "array", "items": {"$ref": "#/$defs/location"}},
            },
        },
        "location": {
            "type": "object",
            "additionalProperties": False,
            "properties": {
                "message": {"required": ["text"]},
                "logicalLocations": {"type": "array"},
                "physicalLocation": {
                    "type": "object",
                    "required": ["artifactLocation"],
                    "properties": {
                        "artifactLocation": {"properties": {"uri": {"type": "string", "pattern": r"^[!-~]+$"}}},
                        "region": {
                            "required": ["startLine"],
                            "properties": {"startLine": {"minimum": 1}, "startColumn": {"minimum": 1}},
                        },
                    },
                },
            },
        },
    },
}
"""What the schema of SARIF 2.1.0 says of the parts that are written."""


@pytest.mark.parametrize("lang", ["mn", "en"])
def test_sarif(lang: str) -> None:
    """The log keeps the schema, and each result points to its rule."""
    log = json.loads(json.dumps(sarif(PROBLEMS, "mn" if lang == "mn" else "en")))
    jsonschema.validate(log, ESSENTIAL)
    run = log["runs"][0]
    rules = run["tool"]["driver"]["rules"]
    assert [rules[r["ruleIndex"]]["id"] for r in run["results"]] == [p.code for p in PROBLEMS]
    assert [r["level"] for r in run["results"]] == [p.severity for p in PROBLEMS]
    places = [r.get("locations", [{}])[0] for r in run["results"]]
    assert places[0]["physicalLocation"]["artifactLocation"]["uri"] == "a%20b.docx"
    assert places[0]["logicalLocations"] == [{"fullyQualifiedName": "word/document.xml/tbl[1]/tr[2]/tc[3]/p[1]"}]
    assert places[1]["physicalLocation"]["region"] == {"startLine": 3, "startColumn": 7}


def test_github() -> None:
    """A command a line; what would end a property or the line is escaped."""
    lines = github(PROBLEMS, "en")
    assert all("\n" not in line and line.startswith("::") for line in lines)
    assert [line.split(" ")[0] for line in lines] == ["::error", "::error", "::notice", "::warning", "::error"]
    assert lines[1].startswith("::error file=төлөв/a%2Cb%3Ac.yaml,line=3,col=7,title=PF120::")
    assert "100%25" in lines[3]


def test_short() -> None:
    """A line for each, whatever it quotes."""
    lines = short(PROBLEMS, "en")
    assert len(lines) == len(PROBLEMS)
    assert lines[0].startswith("a b.docx, body, table 1, row 2, cell 3, paragraph 1 (under “З”), «{{ x }}»: PF205 ")
    assert all("\n" not in line for line in lines)
