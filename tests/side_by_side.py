"""docxtpl-lint on the same faulty templates: `python -m tests.side_by_side path/to/docxtpl-lint` writes the table.

It gets what it can be given: the names of planforge's filters, and as its contract the JSON Schema that its own `infer`
makes of the correct template. docxtpl-lint is no dependency; install it in an environment of its own.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from collections import Counter
from pathlib import Path
from typing import Any

from planforge import opc
from planforge.filters import FILTERS
from tests import problem_docs
from tests.mutations import OPERATORS, Form, Mutation, Where, forms, judged, mutations, where_is
from tests.mutations import PARAGRAPH as P

BEGIN, END = "<!-- docxtpl-lint -->", "<!-- end of docxtpl-lint -->"
TEMPLATES = ("plan-activities", "report", "letter", "dashes and comments")


def linted(tool: str, form: Form, files: list[Path], folder: Path) -> dict[str, list[dict[str, Any]]]:
    """What docxtpl-lint says of files, by name."""
    good, schema = folder / "good.docx", folder / "schema.json"
    good.write_bytes(form.content)
    subprocess.run([tool, "infer", good, "-o", schema], check=True, capture_output=True)
    names = ",".join(name for f in FILTERS for name in (f.name, f.mn))
    command: list[str | Path] = [
        tool,
        "--no-config",
        "--format",
        "json",
        "--schema",
        schema,
        "--filters",
        names,
        *files,
    ]
    done = subprocess.run(command, capture_output=True, check=False)
    return {Path(found["file"]).name: found["issues"] for found in json.loads(done.stdout)["files"]}


def told(issue: dict[str, Any], content: bytes) -> Where:
    """The cell that an issue names, as `mutations` counts; its paragraphs are those of the whole part."""
    place = issue["location"]
    package = opc.unpack(content)
    part = package.main if place["part"] == "body" else f"word/{place['part'].removesuffix('.xml')}.xml"
    cells = place.get("cells")
    if cells:
        return part, None, cells[-1]["table"], cells[-1]["row"], cells[-1]["col"], None
    if part not in package.parts:
        return (part,)
    paragraphs = list(package.parse(part).iter(P))
    number = place.get("paragraph") or 0
    return where_is(paragraphs[number - 1], part) if 0 < number <= len(paragraphs) else (part,)


def verdict(mutation: Mutation, issues: list[dict[str, Any]]) -> str:
    if not issues:
        return "nothing"
    rows = {where[:4] for where in mutation.places if where[2] is not None and mutation.spot.prefix == "tr"}
    places = [told(issue, mutation.content) for issue in issues]
    return "there" if any(p in mutation.places or p[:4] in rows for p in places) else "elsewhere"


def ours(mutation: Mutation) -> str:
    found = judged(mutation)
    return "nothing" if found.kind != "caught" else "there" if found.exact else "elsewhere"


def main(tool: str) -> None:
    """Runs both over one mutation of each operator and template, and over the correct templates."""
    table: dict[str, Counter[tuple[str, str]]] = {name: Counter() for name in OPERATORS}
    alarms = 0
    for form in forms():
        with tempfile.TemporaryDirectory() as name:
            folder = Path(name)
            if form.name in TEMPLATES:
                tries = [m for operator in OPERATORS for m in mutations(form, operator, 1)]
                files = [folder / f"m{n}.docx" for n in range(len(tries))]
                for file, mutation in zip(files, tries, strict=True):
                    file.write_bytes(mutation.content)
                issues = linted(tool, form, [*files, folder / "good.docx"], folder)
                for file, mutation in zip(files, tries, strict=True):
                    table[mutation.operator]["lint", verdict(mutation, issues.get(file.name, []))] += 1
                    table[mutation.operator]["ours", ours(mutation)] += 1
            else:
                issues = linted(tool, form, [folder / "good.docx"], folder)
            alarms += bool(issues.get("good.docx"))
    kinds = ("there", "elsewhere", "nothing")
    lines = [
        "| what was done | planforge: there | elsewhere | nothing | docxtpl-lint: there | elsewhere | nothing |",
        "|---|--:|--:|--:|--:|--:|--:|",
    ]
    for name, counts in [*table.items(), ("**all**", sum(table.values(), Counter()))]:
        if counts:
            cells = [str(counts[who, kind]) for who in ("ours", "lint") for kind in kinds]
            lines.append(f"| {name} | {' | '.join(cells)} |")
    lines += [
        "",
        f"Of the {len(forms())} correct templates docxtpl-lint says something about {alarms}; planforge about none.",
    ]
    page = problem_docs.CHECKING
    before, _, rest = page.read_text(encoding="utf-8").partition(BEGIN)
    new = "\n".join([BEGIN, *lines, END])
    page.write_text(before + new + rest.partition(END)[2], encoding="utf-8")


if __name__ == "__main__":
    main(sys.argv[1])
