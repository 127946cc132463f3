"""Writes the tables of columns in docs/sheets.md from the vocabulary: `python -m tests.sheet_docs`."""

from __future__ import annotations

import re
from pathlib import Path

from planforge import sheet_columns as columns
from planforge import sheet_writer
from planforge.model import Criterion, Measure, Organisation, Plan, Report, Result, Term
from planforge.vocabulary import Record, describe

PAGE = Path(__file__).parent.parent / "docs" / "sheets.md"


def page(written: str) -> str:
    """The page with its tables as the vocabulary says."""

    def fill(match: re.Match[str]) -> str:
        return f"<!-- columns: {match[1]} -->\n{table(match[1])}\n<!-- end -->"

    return re.sub(r"<!-- columns: (\w+) -->\n.*?<!-- end -->", fill, written, flags=re.DOTALL)


def table(sheet: str) -> str:
    """Heading, other names, meaning: the columns that a new workbook has."""
    lines = ["| багана | өөр нэр | утга |", "|---|---|---|"]
    own: dict[str, list[tuple[Term, str]]] = {
        "units": [],
        "plan": [(columns.LEVEL, "Мөрийн түвшин: бүлэг, зорилт, үйл ажиллагаа, арга хэмжээ, шалгуур")],
        "results": [
            (columns.UNIT, "Нэгжийн таних тэмдэг эсвэл нэр"),
            (columns.MEASURE, "Арга хэмжээний дугаар эсвэл таних тэмдэг"),
            (columns.HINT, "Арга хэмжээний бичвэр, лавлах"),
        ],
    }
    for term, meaning in own[sheet]:
        also = "; ".join(name for name in term.also if re.search("[а-яөү№]", name))
        lines.append(f"| {columns.capital(term.mn)} | {also} | {meaning} |")
    offered: dict[str, tuple[tuple[str, ...], tuple[Record, ...]]] = {
        "units": (columns.UNIT_COLUMNS, (describe(Organisation), describe(Report), describe(Plan))),
        "plan": (columns.NODE_COLUMNS, (describe(Measure), describe(Criterion))),
        "results": ((*columns.RESULT_COLUMNS, "indicators"), (describe(Result),)),
    }
    names, records = offered[sheet]
    for name in names:
        path = columns.as_path(name)
        record = next(r for r in records if path[0] in r.data)
        field = sheet_writer.field_at(record, path)
        lines.append(f"| {columns.heading(record, path)} | {'; '.join(field.term.also)} | {field.term.help_mn} |")
    if sheet == "plan":
        heads = (columns.heading(describe(Plan), columns.as_path(name)) for name in columns.PLAN_LINES)
        lines += ["", f"Дээд мөрүүд: {', '.join(heads)}."]
    return "\n".join(lines)


if __name__ == "__main__":
    PAGE.write_text(page(PAGE.read_text(encoding="utf-8")), encoding="utf-8")
