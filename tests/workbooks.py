"""Workbooks in the tests: a notation of sheets and cells, and those that it cannot show.

`# Name` begins a sheet; a line is a row, `|` sets cells apart, a blank line is an empty row, `⏎` a line break in a cell.
A cell that begins with `!` is what an officer did: `!number 1.1`, `!percent 0.7`, `!date 2024-01-01`, `!time 12:30`,
`!true`, `!formula` (without a value), `!value 3` (a formula's), `!error #REF!`, `!merge 2 text` (over rows),
`!wide 3 text` (over columns), `!hidden text`.
"""

from __future__ import annotations

import datetime as dt
import re
import zipfile
from collections.abc import Callable, Iterable
from io import BytesIO
from typing import Any

import xlsxwriter

from planforge import Plan, Report, sheets
from planforge.errors import Problem, SheetPlace

PLAN = Plan.model_validate(
    {"title": "Т", "year": 2024, "owner": "Хэлтэс", "measures": [{"text": "а", "criteria": ["х"]}, "б", "в"]}
)


def workbook(notation: str) -> bytes:
    """The `.xlsx` of a notation."""
    out = BytesIO()
    book = xlsxwriter.Workbook(out, {"in_memory": True})
    book.set_properties({"created": dt.datetime(2000, 1, 1)})
    formats = {kind: book.add_format({"num_format": code}) for kind, code in _CODES.items()}
    sheet: Any = None
    row = 0
    for line in notation.strip("\n").split("\n"):
        if line.startswith("# "):
            sheet, row = book.add_worksheet(line[2:]), 0
            continue
        for column, cell in enumerate(line.split("|")):
            _write(sheet, row, column, cell.strip().replace("⏎", "\n"), formats)
        row += 1
    book.close()
    # XlsxWriter stores a value with every formula; programs that only write files do not.
    return edited(
        out.getvalue(), lambda name, data: data.replace(b"<v>NOVALUE</v>", b"").replace(b' t="str"><f>NA', b"><f>NA")
    )


_CODES = {"percent": "0%", "date": "yyyy.mm.dd", "time": "hh:mm", "number": "General"}


def _write(sheet: Any, row: int, column: int, cell: str, formats: dict[str, Any]) -> None:
    match = re.fullmatch(r"!(\w+) ?(.*)", cell, re.DOTALL)
    if match is None:
        if cell:
            sheet.write_string(row, column, cell)
        return
    kind, rest = match.groups()
    if kind in ("number", "percent"):
        sheet.write_number(row, column, float(rest), formats[kind])
    elif kind == "date":
        sheet.write_datetime(row, column, dt.datetime.fromisoformat(rest), formats[kind])
    elif kind == "time":
        sheet.write_datetime(row, column, dt.time.fromisoformat(rest), formats[kind])
    elif kind == "true":
        sheet.write_boolean(row, column, True)
    elif kind == "formula":
        sheet.write_formula(row, column, "=NA()", None, "NOVALUE")
    elif kind == "value":
        sheet.write_formula(row, column, "=1+2", None, float(rest))
    elif kind == "error":
        sheet.write_formula(row, column, "=1/0", None, rest)
    elif kind in ("merge", "wide"):
        many, _, text = rest.partition(" ")
        down, across = (int(many), 1) if kind == "merge" else (1, int(many))
        sheet.merge_range(row, column, row + down - 1, column + across - 1, text)
    else:
        assert kind == "hidden"
        sheet.set_row(row, None, None, {"hidden": True})
        sheet.write_string(row, column, rest)


def edited(archive: bytes, edit: Callable[[str, bytes], bytes]) -> bytes:
    """An archive with its files changed."""
    out = BytesIO()
    with zipfile.ZipFile(BytesIO(archive)) as old, zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as new:
        for name in old.namelist():
            new.writestr(zipfile.ZipInfo(name), edit(name, old.read(name)), zipfile.ZIP_DEFLATED)
    return out.getvalue()


def all_problems(found: sheets.Workbook) -> list[Problem]:
    """Those of the whole, then those of each unit."""
    return [*found.problems, *(problem for unit in found.units for problem in unit.problems)]


def spots(problems: Iterable[Problem]) -> list[str]:
    """`Нэгж!B2 PF159` for each problem."""
    out = []
    for problem in problems:
        assert isinstance(problem.place, SheetPlace), problem
        out.append(f"{problem.place.sheet or ''}!{problem.place.cell or ''} {problem.code}")
    return out


UNITS = "# Нэгж\nНэр\nСанхүү"


def damaged() -> bytes:
    return workbook(UNITS)[:-40]


def encrypted() -> bytes:
    return b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(504) + "EncryptedPackage".encode("utf-16-le") + bytes(2000)


def other_encoding() -> bytes:
    return "Нэр;Гарчиг\nСанхїї;Тайлан\n".encode("cp1251")


def far() -> bytes:
    """One cell at the very end of the sheet, and a dimension that says nothing of it."""
    cell = b'<row r="1048576"><c r="XFD1048576" t="inlineStr"><is><t>x</t></is></c></row></sheetData>'
    return edited(workbook(UNITS), lambda name, data: data.replace(b"</sheetData>", cell))


def long_cell() -> bytes:
    return f"Нэр\n{'а' * 32_768}\n".encode()


def unfit() -> bytes:
    return sheets.new(PLAN.model_copy(update={"stage": " "}))


def without_unit() -> bytes:
    return sheets.new(PLAN, units=[Report(plan=PLAN)])


BOOKS: dict[str, Callable[[], bytes]] = {
    f.__name__: f for f in (damaged, encrypted, other_encoding, far, long_cell, unfit, without_unit)
}
