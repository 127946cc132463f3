"""What the file of a workbook says and calamine does not: errors, formulas without a value, percent formats, merges, …

`.xlsx` and `.ods` are XML, within `archive`'s limits; `.xls` is a stream of records in a file of sectors, which is
followed with counters: no step leads outside the file, none is made twice.

Norms: ECMA-376 part 1, 18 (SpreadsheetML); OpenDocument 1.3 part 3, 9 (tables); [MS-CFB], [MS-XLS].
"""

from __future__ import annotations

import re
import struct
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import PurePath
from typing import TYPE_CHECKING, Final, TypeAlias

from planforge import opc

if TYPE_CHECKING:
    from lxml.etree import _Element

__all__ = ["MAX_COLUMNS", "MAX_ROWS", "Facts", "Spot", "of_office_open", "of_open_document", "of_records", "spot_of"]

MAX_ROWS: Final = 20_000
MAX_COLUMNS: Final = 100

Spot: TypeAlias = tuple[int, int]
"""Row and column, from 0."""


@dataclass(slots=True)
class Facts:
    """What the XML of a sheet says and calamine does not."""

    filled: list[Spot] = field(default_factory=list)
    percent: set[Spot] = field(default_factory=set)
    unvalued: set[Spot] = field(default_factory=set)
    """Formulas whose value was not stored."""
    errors: dict[Spot, str] = field(default_factory=dict)
    texts: dict[Spot, str] = field(default_factory=dict)
    """Texts that calamine does not read exactly."""
    merged: list[tuple[Spot, Spot]] = field(default_factory=list)
    hidden: set[int] = field(default_factory=set)
    far: Spot | None = None


# --- .xlsx and .ods -----------------------------------------------------------------------------------------------

_REL: Final = "{http://schemas.openxmlformats.org/officeDocument/2006/relationships}"
_TABLE: Final = "{urn:oasis:names:tc:opendocument:xmlns:table:1.0}"
_OFFICE: Final = "{urn:oasis:names:tc:opendocument:xmlns:office:1.0}"
_TEXT: Final = "{urn:oasis:names:tc:opendocument:xmlns:text:1.0}"
_CALC: Final = "{urn:org:documentfoundation:names:experimental:calc:xmlns:calcext:1.0}"


def of_office_open(parts: dict[str, bytes]) -> dict[str, Facts]:
    """The facts of each sheet of an `.xlsx`; KeyError where a part is missing."""
    targets = {
        rel.get("Id"): str(rel.get("Target"))
        for rel in opc.parse_xml(parts["xl/_rels/workbook.xml.rels"]).iterchildren("{*}Relationship")
    }
    percent = _percent_styles(opc.parse_xml(parts["xl/styles.xml"])) if "xl/styles.xml" in parts else set()
    out = {}
    for sheet in opc.parse_xml(parts["xl/workbook.xml"]).iter("{*}sheet"):
        target = targets.get(sheet.get(_REL + "id") or "", "")
        part = target.lstrip("/") if target.startswith("/") else f"xl/{target}"
        if part in parts and PurePath(part).parent.name == "worksheets":
            out[str(sheet.get("name"))] = _sheet_facts(opc.parse_xml(parts[part]), percent)
    return out


def _percent_styles(root: _Element) -> set[str]:
    """The indexes of cell formats that show a percent: the built-in 9 and 10 (18.8.30), or a code with a bare `%`."""
    codes = {"9": "0%", "10": "0.00%"}
    codes |= {str(f.get("numFmtId")): str(f.get("formatCode") or "") for f in root.iter("{*}numFmt")}
    formats = root.find("{*}cellXfs")
    return {
        str(index)
        for index, found in enumerate(() if formats is None else formats)
        if shows_percent(codes.get(str(found.get("numFmtId")), ""))
    }


def shows_percent(code: str) -> bool:
    """Whether a format shows a number as percent: it has a `%` that is neither quoted nor escaped."""
    return "%" in re.sub(r'"[^"]*"|\\.', "", code)


_REFERENCE: Final = re.compile(r"\$?([A-Za-z]{1,3})\$?([0-9]{1,7})")


def spot_of(reference: str | None) -> Spot | None:
    """Row and column of `E17`; None for anything else."""
    match = _REFERENCE.fullmatch(reference or "")
    if match is None:
        return None
    column = 0
    for letter in match[1].upper():
        column = column * 26 + ord(letter) - 64
    return int(match[2]) - 1, column - 1


def _sheet_facts(root: _Element, percent: set[str]) -> Facts:
    facts = Facts()
    last_row = -1
    for row in root.iter("{*}row"):
        at = row.get("r") or ""
        last_row = int(at) - 1 if at.isdecimal() else last_row + 1
        spot = (last_row, -1)
        for cell in row.iterchildren("{*}c"):
            spot = spot_of(cell.get("r")) or (last_row, spot[1] + 1)
            _office_open_cell(cell, spot, percent, facts)
        if row.get("hidden") in ("1", "true"):
            facts.hidden.add(last_row)
    facts.far = _far(facts.filled)
    for merge in root.iter("{*}mergeCell"):
        first, _, last = str(merge.get("ref")).partition(":")
        ends = spot_of(first), spot_of(last or first)
        if ends[0] is not None and ends[1] is not None:
            facts.merged.append((ends[0], ends[1]))
    return facts


def _office_open_cell(cell: _Element, spot: Spot, percent: set[str], facts: Facts) -> None:
    value, formula = cell.find("{*}v"), cell.find("{*}f")
    stored = value is not None and bool(value.text)
    if stored or formula is not None or cell.find("{*}is") is not None:
        facts.filled.append(spot)
    if cell.get("t") == "e" and value is not None:
        facts.errors[spot] = value.text or ""
    elif formula is not None and not stored and cell.get("t") != "str":
        facts.unvalued.add(spot)
    if cell.get("s") in percent and cell.get("t", "n") == "n":
        facts.percent.add(spot)


def _far(filled: Iterable[Spot]) -> Spot | None:
    return next((spot for spot in filled if spot[0] >= MAX_ROWS or spot[1] >= MAX_COLUMNS), None)


def of_open_document(root: _Element) -> dict[str, Facts]:
    """The facts of each table of an `.ods`, of its `content.xml`."""
    out = {}
    for table in root.iter(_TABLE + "table"):
        facts = out[str(table.get(_TABLE + "name"))] = Facts()
        at = 0
        for row in table.iter(_TABLE + "table-row"):
            times = _repeated(row, "rows")
            before = len(facts.filled)
            _open_document_row(row, at, times, facts)
            if row.get(_TABLE + "visibility", "visible") != "visible":
                facts.hidden.add(at)
            at += times
            if facts.far is None and len(facts.filled) > before and at > MAX_ROWS:
                facts.far = (MAX_ROWS, 0)
        facts.far = facts.far or _far(facts.filled)
    return out


def _repeated(element: _Element, what: str) -> int:
    written = element.get(f"{_TABLE}number-{what}-repeated") or "1"
    return int(written) if written.isdecimal() and len(written) < 10 else 1


def _open_document_row(row: _Element, at: int, times: int, facts: Facts) -> None:
    column = 0
    for cell in row.iterchildren(_TABLE + "table-cell", _TABLE + "covered-table-cell"):
        many = _repeated(cell, "columns")
        kind = cell.get(_OFFICE + "value-type")
        formula = cell.get(_TABLE + "formula") is not None
        paragraphs = cell.findall(_TEXT + "p")
        if kind is not None or formula or paragraphs:
            last = at + times - 1, column + many - 1
            if last[0] >= MAX_ROWS or last[1] >= MAX_COLUMNS:
                facts.far = facts.far or (max(at, min(last[0], MAX_ROWS)), max(column, min(last[1], MAX_COLUMNS)))
                return
            spots = [(r, c) for r in range(at, at + times) for c in range(column, column + many)]
            facts.filled += spots
            shown = "\n".join(map(_paragraph, paragraphs))
            for spot in spots:
                if cell.get(_CALC + "value-type") == "error":
                    facts.errors[spot] = shown
                elif formula and kind is None:
                    facts.unvalued.add(spot)
                elif kind == "string":
                    facts.texts[spot] = shown or str(cell.get(_OFFICE + "string-value") or "")
                elif kind == "percentage":
                    facts.percent.add(spot)
        down, across = cell.get(_TABLE + "number-rows-spanned"), cell.get(_TABLE + "number-columns-spanned")
        if (down or "1") != "1" or (across or "1") != "1":
            facts.merged.append(((at, column), (at + int(down or 1) - 1, column + int(across or 1) - 1)))
        column += many


def _paragraph(paragraph: _Element) -> str:
    """The text of a paragraph with its spaces, tabs and breaks, without notes (OpenDocument 6.1)."""
    out = [paragraph.text or ""]
    for child in paragraph:
        if child.tag == _TEXT + "s":
            times = child.get(_TEXT + "c") or "1"
            out.append(" " * (int(times) if times.isdecimal() and len(times) < 6 else 1))
        elif child.tag == _TEXT + "tab":
            out.append("\t")
        elif child.tag == _TEXT + "line-break":
            out.append("\n")
        elif isinstance(child.tag, str) and not child.tag.endswith(("}annotation", "}ruby-text", "}note")):
            out.append(_paragraph(child))
        out.append(child.tail or "")
    return "".join(out)


# --- .xls ------------------------------------------------------------------------------------------------------------

_END: Final = 0xFFFFFFFA
"""From here on a number is no sector ([MS-CFB] 2.1)."""
_ERRORS: Final = {0: "#NULL!", 7: "#DIV/0!", 15: "#VALUE!", 23: "#REF!", 29: "#NAME?", 36: "#NUM!", 42: "#N/A"}


def of_records(data: bytes, /) -> dict[str, Facts]:
    """The facts of each sheet of an `.xls` of Excel 97 or later; ValueError for anything else, or what is damaged."""
    try:
        return _sheets(_stream(data))
    except (struct.error, IndexError, KeyError) as error:
        raise ValueError("the records of the workbook are damaged") from error


def _stream(data: bytes) -> bytes:
    """The stream `Workbook` of a compound file ([MS-CFB])."""
    (shift,) = struct.unpack_from("<H", data, 30)
    if shift not in (9, 12):
        raise ValueError("the sectors of the file are damaged")
    size = 1 << shift

    def sector(number: int) -> bytes:
        found = data[(number + 1) * size : (number + 2) * size]
        if not found:
            raise IndexError(number)
        return found

    def chain(first: int, table: list[int], most: int = len(data) // size) -> Iterator[int]:
        seen = 0
        while first < _END:
            yield first
            first, seen = table[first], seen + 1
            if seen > most:
                raise ValueError("the sectors of the file run in a circle")

    numbers = list(struct.unpack_from("<109I", data, 76))
    more, left = struct.unpack_from("<2I", data, 68)
    while more < _END and left and len(numbers) <= len(data) // size + 109:
        *listed, more = struct.unpack(f"<{size // 4}I", sector(more))
        numbers, left = numbers + listed, left - 1
    numbers = [number for number in numbers if number < _END]
    if len(numbers) > len(data) // size:
        raise ValueError("the sectors of the file run in a circle")
    table = [n for at in numbers for n in struct.unpack(f"<{size // 4}I", sector(at))]
    (first,) = struct.unpack_from("<I", data, 48)
    entries = b"".join(map(sector, chain(first, table)))
    root = b""
    for at in range(0, len(entries), 128):
        (letters,) = struct.unpack_from("<H", entries, at + 64)
        name = entries[at : at + max(min(letters, 64) - 2, 0)].decode("utf-16-le", "replace")
        start, length = struct.unpack_from("<II", entries, at + 116)
        if at == 0:
            root = b"".join(map(sector, chain(start, table)))
        if name == "Workbook" and length >= 4096:
            return b"".join(map(sector, chain(start, table)))[:length]
        if name == "Workbook":
            mini, many = struct.unpack_from("<II", data, 60)
            short = (
                [n for at in chain(mini, table) for n in struct.unpack(f"<{size // 4}I", sector(at))] if many else []
            )
            return b"".join(root[n * 64 : n * 64 + 64] for n in chain(start, short, len(root) // 64))[:length]
    raise ValueError("the file has no workbook of Excel 97 or later")


def _records(stream: bytes, at: int) -> Iterator[tuple[int, bytes]]:
    """Type and content of each record of a part of the stream, up to its end ([MS-XLS] 2.1.4)."""
    depth = 0
    while at + 4 <= len(stream):
        kind, length = struct.unpack_from("<HH", stream, at)
        depth += (kind == 0x809) - (kind == 0x0A)
        yield kind, stream[at + 4 : at + 4 + length]
        at += 4 + length
        if kind == 0x0A and depth <= 0:
            return


def _sheets(stream: bytes) -> dict[str, Facts]:
    found: list[tuple[int, str]] = []
    codes = {9: "0%", 10: "0.00%"}
    formats: list[int] = []
    for kind, record in _records(stream, 0):
        if kind == 0x85 and record[5] == 0:  # BoundSheet8 of a worksheet
            found.append((struct.unpack_from("<I", record)[0], _string(record[6:], record[6], 1)))
        elif kind == 0x41E:  # Format
            index, letters = struct.unpack_from("<HH", record)
            codes[index] = _string(record[2:], letters, 2)
        elif kind == 0xE0:  # XF
            formats.append(struct.unpack_from("<H", record, 2)[0])
    percent = {at for at, index in enumerate(formats) if shows_percent(codes.get(index, ""))}
    return {name: _sheet(stream, at, percent) for at, name in found}


def _string(record: bytes, letters: int, start: int) -> str:
    """A string after its length: a flag says whether its letters have one byte or two ([MS-XLS] 2.5.240, 2.5.294)."""
    body = record[start + 1 :]
    return body[: letters * 2].decode("utf-16-le", "replace") if record[start] & 1 else body[:letters].decode("latin-1")


def _sheet(stream: bytes, at: int, percent: set[int]) -> Facts:
    facts = Facts()
    for kind, record in _records(stream, at):
        if kind in (0x203, 0x27E, 0x06, 0x205, 0xFD, 0xBD):  # Number, RK, Formula, BoolErr, LabelSst, MulRk
            row, column, index = struct.unpack_from("<3H", record)
            many = (len(record) - 6) // 6 if kind == 0xBD else 1
            for n in range(many):
                spot = row, column + n
                (index,) = struct.unpack_from("<H", record, 4 + 6 * n)
                facts.filled.append(spot)
                if index in percent and kind != 0xFD:
                    facts.percent.add(spot)
            if kind == 0x205 and record[7]:
                facts.errors[row, column] = _ERRORS.get(record[6], "#?")
            if kind == 0x06 and record[12:14] == b"\xff\xff" and record[6] == 2:
                facts.errors[row, column] = _ERRORS.get(record[8], "#?")
        elif kind == 0x208 and record[12] & 0x20:  # Row
            facts.hidden.add(struct.unpack_from("<H", record)[0])
        elif kind == 0xE5:  # MergeCells
            for n in range(struct.unpack_from("<H", record)[0]):
                top, bottom, left, right = struct.unpack_from("<4H", record, 2 + 8 * n)
                facts.merged.append(((top, left), (bottom, right)))
    facts.far = _far(facts.filled)
    return facts
