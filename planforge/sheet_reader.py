"""A workbook as cells with what is wrong with each: `.xlsx`, `.ods`, `.xls` and CSV in UTF-8.

python-calamine reads the values; what it does not tell, or would pay for with memory, `sheet_facts` finds before it.
Nothing here knows what a sheet is for.
"""

from __future__ import annotations

import csv
import datetime as dt
import json
import re
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from decimal import Decimal
from io import BytesIO, StringIO
from pathlib import Path
from typing import Any, Final, Literal, TypeAlias

from planforge import archive, opc, sheet_facts
from planforge.errors import PlanforgeError, Problem, SheetPlace, Words
from planforge.sheet_facts import MAX_COLUMNS, MAX_ROWS, Facts, Spot, spot_of
from planforge.source import Source, fetch, likely_encoding
from planforge.tree import Unreadable, excerpt

__all__ = [
    "MAX_CELL",
    "MAX_COLUMNS",
    "MAX_ROWS",
    "Book",
    "Cell",
    "Sheet",
    "cell_name",
    "read_book",
    "read_lines",
    "spot_of",
]

MAX_CELL: Final = 32_767
"""Letters in a cell, as in Excel."""
_MAX_INPUT: Final = 25 * archive.MIB
_PATIENCE: Final = 120
"""Seconds for an `.xls`, whose reader is a process of its own."""

Fault: TypeAlias = tuple[str, dict[str, object]]


@dataclass(frozen=True, slots=True)
class Cell:
    """A cell that is not empty: its text as the program shows it, and what the program takes it for."""

    text: str
    kind: Literal["text", "number", "percent", "date", "other"] = "text"
    fault: Fault | None = None
    """A code of the catalogue with its arguments: the value cannot be used."""


@dataclass(slots=True)
class Sheet:
    """A sheet: its cells, ranges of merged cells (first and last spot) and hidden rows that hold something."""

    file: str | None
    name: str | None
    cells: dict[Spot, Cell] = field(default_factory=dict)
    merged: list[tuple[Spot, Spot]] = field(default_factory=list)
    hidden: list[int] = field(default_factory=list)

    def place(self, row: int | None = None, column: int = 0) -> SheetPlace:
        """The place of a cell; of the sheet without one."""
        return SheetPlace(self.file, self.name, None if row is None else cell_name(row, column))

    def rows(self) -> dict[int, dict[int, Cell]]:
        """The cells by row and column, in order, empty rows left out."""
        out: dict[int, dict[int, Cell]] = {}
        for row, column in sorted(self.cells):
            out.setdefault(row, {})[column] = self.cells[row, column]
        return out


@dataclass(frozen=True, slots=True)
class Book:
    """The sheets of a workbook in order, and why others, or all, could not be read."""

    file: str | None
    sheets: tuple[Sheet, ...] = ()
    problems: tuple[Problem, ...] = ()


def cell_name(row: int, column: int) -> str:
    """`E17` for row 16 and column 4."""
    letters = ""
    column += 1
    while column:
        column, rest = divmod(column - 1, 26)
        letters = chr(65 + rest) + letters
    return f"{letters}{row + 1}"


def read_book(source: Source, /) -> Book:
    """The cells of a workbook. Never raises for content nor for a file that cannot be read (PF12x, PF15x)."""
    name = str(source) if not isinstance(source, bytes) and not hasattr(source, "read") else None
    try:
        content = fetch(source, _MAX_INPUT)
    except Unreadable as stop:
        return Book(name, (), (Problem(stop.problem.code, SheetPlace(name), stop.problem.args),))
    file, data = content.file, content.data
    problems: list[Problem] = []
    try:
        sheets = list(_sheets(data, file, problems))
    except _Refused as refused:
        return Book(file, (), (Problem(refused.code, SheetPlace(file), refused.values),))
    if not problems and not any(sheet.cells for sheet in sheets):
        problems.append(Problem("PF153", SheetPlace(file)))
    return Book(file, tuple(sheets), tuple(problems))


def read_lines(source: Source, /) -> tuple[list[str], tuple[Problem, ...]]:
    """The lines of a text in UTF-8 without blank ones, and why it cannot be read (as `read_book`)."""
    name = str(source) if not isinstance(source, bytes) and not hasattr(source, "read") else None
    try:
        decoded = _decoded(fetch(source, _MAX_INPUT).data, _AS_TEXT)
        return [line.strip() for line in decoded.splitlines() if line.strip()], ()
    except Unreadable as stop:
        return [], (Problem(stop.problem.code, SheetPlace(name), stop.problem.args),)
    except _Refused as refused:
        return [], (Problem(refused.code, SheetPlace(name), refused.values),)


class _Refused(Exception):
    """The whole file cannot be read."""

    def __init__(self, code: str, **values: object) -> None:
        self.code = code
        self.values = values
        super().__init__(code)


_FOREIGN: Final = (
    (b"%PDF", Words("PDF", "a PDF")),
    (b"{\\rtf", Words("RTF баримт бичиг", "an RTF document")),
    (b"\x89PNG", Words("зураг", "a picture")),
    (b"\xff\xd8\xff", Words("зураг", "a picture")),
    (b"<", Words("вэб хуудас эсвэл XML", "a web page or XML")),
    (b"planforge:", Words("өгөгдлийн файл (YAML)", "a data file (YAML)")),
)
_UTF16_MARKS: Final = (b"\xff\xfe", b"\xfe\xff")


def _sheets(data: bytes, file: str | None, problems: list[Problem]) -> Iterator[Sheet]:
    if not data.strip():
        raise _Refused("PF153")
    if len(data) > _MAX_INPUT:
        raise _Refused("PF157", limit=Words(f"{_MAX_INPUT >> 20} МБ", f"{_MAX_INPUT >> 20} MiB"))
    if data.startswith(archive.OLE):
        if "EncryptedPackage".encode("utf-16-le") in data:
            raise _Refused("PF152")
        return _by_calamine(data, file, problems, _facts(data))
    if data.startswith(b"PK"):
        return _by_calamine(data, file, problems, _facts(data))
    for mark, words in _FOREIGN:
        if data.removeprefix(b"\xef\xbb\xbf").lstrip().startswith(mark):
            raise _Refused("PF151", found=words)
    return iter([_csv(data, file, problems)])


# --- values ----------------------------------------------------------------------------------------------------------


def _by_calamine(data: bytes, file: str | None, problems: list[Problem], facts: dict[str, Facts]) -> Iterator[Sheet]:
    far = [(name, known.far) for name, known in facts.items() if known.far is not None]
    problems += [_too_large(Sheet(file, name), *spot) for name, spot in far]
    if far:  # calamine would unfold the rectangle up to it, of an .xls or .ods for all sheets at once
        return
    try:
        found = _old_values(data) if data.startswith(archive.OLE) else list(_values(data))
    except ValueError as error:
        raise _Refused("PF150", detail=_damage(error)) from error
    for name, values in found:
        sheet = Sheet(file, name)
        known = facts.get(name)
        if known is None:
            problems.append(Problem("PF150", sheet.place(), {"detail": Words("хуудас олдсонгүй", "no such sheet")}))
            continue
        for row, line in enumerate(values):
            for column, value in enumerate(line):
                cell = _cell(value, (row, column), known)
                if cell is not None:
                    sheet.cells[row, column] = cell
        for spot in known.unvalued | set(known.errors):  # calamine leaves out those at the edges
            cell = _cell("", spot, known)
            assert cell is not None
            sheet.cells[spot] = cell
        sheet.merged = known.merged
        sheet.hidden = sorted(known.hidden & {row for row, _ in sheet.cells})
        yield sheet


def _values(data: bytes) -> Iterator[tuple[str, list[list[Any]]]]:
    """The name and the values of each sheet; ValueError for whatever hinders calamine.

    Also for a panic of its Rust code, which is no Exception.
    """
    from python_calamine import CalamineError, CalamineWorkbook, PasswordError, SheetTypeEnum

    try:
        book = CalamineWorkbook.from_filelike(BytesIO(data))
        for about in book.sheets_metadata:
            if about.typ is SheetTypeEnum.WorkSheet:
                yield about.name, book.get_sheet_by_name(about.name).to_python(skip_empty_area=False)
    except PasswordError as error:
        raise _Refused("PF152") from error
    except (CalamineError, OSError) as error:
        raise ValueError(str(error)) from error
    except BaseException as error:
        if type(error).__name__ != "PanicException":
            raise
        raise ValueError(str(error)) from error


def _old_values(data: bytes) -> list[tuple[str, list[list[Any]]]]:
    """The same of an `.xls`, in a process of its own (`sheet_old`)."""
    program = Path(__file__).with_name("sheet_old.py")
    try:
        # -P: the folder of the program is no place to import from.
        done = subprocess.run(
            [sys.executable, "-P", program], input=data, capture_output=True, timeout=_PATIENCE, check=False
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise ValueError(type(error).__name__) from error
    if done.returncode:
        said = done.stderr.decode(errors="replace").strip().split("\n")
        raise ValueError(said[0] if len(said) == 1 else "the file is damaged")
    found: list[tuple[str, list[list[Any]]]] = json.loads(done.stdout, object_hook=_decoded_value)
    return found


@dataclass(frozen=True, slots=True)
class _Time:
    """A time of day, a moment or a duration: no value of the model."""

    shown: str

    def __str__(self) -> str:
        return self.shown


def _decoded_value(value: dict[str, str]) -> dt.date | _Time:
    return dt.date.fromisoformat(value["day"]) if "day" in value else _Time(value["time"])


def _damage(error: Exception) -> Words:
    """Why a file cannot be read; what a library says, or what is told of its insides, is in English."""
    return Words("файл гэмтсэн бололтой", excerpt(str(error) or type(error).__name__, 120))


def _too_large(sheet: Sheet, row: int, column: int) -> Problem:
    limit = Words(f"{MAX_ROWS:,} мөр, {MAX_COLUMNS} багана", f"{MAX_ROWS:,} rows, {MAX_COLUMNS} columns")
    return Problem("PF157", sheet.place(row, column), {"limit": limit})


def _cell(value: Any, spot: Spot, facts: Facts) -> Cell | None:
    """A value of calamine as a cell; None for an empty one."""
    if spot in facts.unvalued:
        return Cell("", "other", ("PF160", {}))
    if spot in facts.errors:
        return Cell("", "other", ("PF161", {"found": excerpt(facts.errors[spot], 20)}))
    if isinstance(value, str):
        return _text(facts.texts.get(spot, value))
    if isinstance(value, bool):
        return Cell("", "other", ("PF162", {"found": "TRUE" if value else "FALSE"}))
    if isinstance(value, int | float):
        shown = Decimal(f"{value:.15g}")  # as many digits as Excel shows
        if spot in facts.percent:
            return Cell(_plain(shown * 100) + "%", "percent")
        return Cell(_plain(shown), "number")
    if isinstance(value, dt.datetime) and value.time() == dt.time():
        value = value.date()
    if isinstance(value, dt.date) and not isinstance(value, dt.datetime):
        return Cell(f"{value.year:04d}.{value.month:02d}.{value.day:02d}", "date")
    return Cell("", "other", ("PF159", {"found": str(value)}))


def _text(value: str) -> Cell | None:
    if not value.strip():
        return None
    if len(value) > MAX_CELL:
        return Cell("", "other", ("PF158", {"length": f"{len(value):,}", "limit": f"{MAX_CELL:,}"}))
    return Cell(value)


def _plain(number: Decimal) -> str:
    """A number without exponent and without zeros at its end."""
    written = format(number, "f")
    return written.rstrip("0").rstrip(".") if "." in written else written


def _facts(data: bytes) -> dict[str, Facts]:
    """The facts of each sheet of a workbook; `archive` judges a zipped one before it is read."""
    try:
        if data.startswith(archive.OLE):
            return sheet_facts.of_records(data)
        parts, _ = archive.extract(data)
        if "xl/workbook.xml" in parts:
            return sheet_facts.of_office_open(parts)
        if b"opendocument.spreadsheet" in parts.get("mimetype", b""):
            if b"manifest:encryption-data" in parts.get("META-INF/manifest.xml", b""):
                raise _Refused("PF152")
            return sheet_facts.of_open_document(opc.parse_xml(parts["content.xml"]))
    except PlanforgeError as error:
        first = error.problems[0]
        code = "PF152" if first.code == "PF262" else "PF150"
        in_english = isinstance(first.args.get("detail"), str)
        said = _damage(error).mn if in_english else first.message("mn").rstrip(".")
        raise _Refused(code, detail=Words(said, first.message("en").rstrip("."))) from error
    except (KeyError, ValueError) as error:
        raise _Refused("PF150", detail=_damage(error)) from error
    raise _Refused("PF151", found=Words("Word баримт эсвэл өөр багц файл", "a Word document or another zipped file"))


# --- CSV -------------------------------------------------------------------------------------------------------------

_LOST: Final = re.compile(r"[А-Яа-яЁё]\?+[А-Яа-яЁё]|(?<![\w?])\?+[А-Яа-яЁё]{2}")
"""A question mark inside a word, or before one: what stood there was Ө or Ү."""
_LIVE: Final = re.compile(r"'(?='*[=+\-@\t\r])")


def _csv(data: bytes, file: str | None, problems: list[Problem]) -> Sheet:
    sheet = Sheet(file, None)
    decoded = _decoded(data, _AS_CSV)
    delimiter = _delimiter(decoded)
    row = -1
    try:
        for row, line in enumerate(csv.reader(StringIO(decoded, newline=""), delimiter=delimiter, strict=True)):
            filled = [column for column, value in enumerate(line) if value.strip()]
            if filled and (row >= MAX_ROWS or filled[-1] >= MAX_COLUMNS):
                problems.append(_too_large(sheet, row, filled[-1]))
                sheet.cells.clear()
                return sheet
            for column in filled:
                # The mark that keeps a spreadsheet program from running `=…` (OWASP, CSV injection) comes off again.
                cell = _text(_LIVE.sub("", line[column], count=1) if line[column][0] == "'" else line[column])
                if cell is not None:
                    sheet.cells[row, column] = cell
    except csv.Error as error:
        said = Words("хашилт эсвэл тусгаарлагч нь буруу", excerpt(str(error), 120))
        problems.append(Problem("PF156", sheet.place(row + 1), {"detail": said}))
    return sheet


_AS_CSV: Final = Words(
    "Эх хүснэгтийг Excel программаар нээж, «CSV UTF-8 (Comma delimited)» төрлөөр дахин хадгална уу.",
    "Open the original in Excel and save it as “CSV UTF-8 (Comma delimited)”.",
)
_AS_TEXT: Final = Words(
    "Эх бичвэрийг Notepad программаар нээж, Save As › Encoding: UTF-8 гэж дахин хадгална уу.",
    "Open the original in Notepad and save it with the encoding UTF-8 (Save As › Encoding).",
)


def _decoded(data: bytes, remedy: Words) -> str:
    """The text of a file, which must be UTF-8; that Ө and Ү are lost is told wherever it shows (PF154, PF155)."""
    if data.startswith(_UTF16_MARKS):
        raise _Refused("PF155", encoding=Words("UTF-16", "UTF-16"), remedy=remedy)
    try:
        decoded = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        if _has_lost(data.decode("cp1251", "replace")):
            raise _Refused("PF154", remedy=remedy) from error
        raise _Refused("PF155", encoding=likely_encoding(data), remedy=remedy) from error
    if _has_lost(decoded):
        raise _Refused("PF154", remedy=remedy)
    if "\0" in decoded:
        raise _Refused("PF151", found=Words("бичвэр биш файл", "no text"))
    return decoded


def _has_lost(decoded: str) -> bool:
    return not re.search("[ӨөҮү]", decoded) and len(_LOST.findall(decoded)) >= 2


def _delimiter(decoded: str) -> str:
    """What stands most often in the first line outside quotes: a comma, a semicolon or a tab."""
    line = re.sub(r'"[^"]*"', "", next((line for line in decoded.splitlines() if line.strip()), ""))
    return max(",;\t", key=line.count)
