"""A program of its own: an `.xls` on its standard input → the values of its sheets as JSON.

calamine trusts the lengths in an old file: a damaged one makes it ask for more memory than there is, and the process
ends without an exception. So it has a process of its own, which `sheet_reader` starts; nothing else imports this.
"""

from __future__ import annotations

import datetime as dt
import json
import sys
from io import BytesIO


def main() -> None:
    """Reads and writes; a workbook that cannot be read is one line on the standard error and exit code 1."""
    from python_calamine import CalamineError, CalamineWorkbook, SheetTypeEnum

    try:
        book = CalamineWorkbook.from_filelike(BytesIO(sys.stdin.buffer.read()))
        sheets = [
            (about.name, book.get_sheet_by_name(about.name).to_python(skip_empty_area=False))
            for about in book.sheets_metadata
            if about.typ is SheetTypeEnum.WorkSheet
        ]
    except CalamineError as error:
        sys.exit(str(error))
    sys.stdout.buffer.write(json.dumps(sheets, default=_encoded).encode())


def _encoded(value: dt.date | dt.time | dt.timedelta) -> dict[str, str]:
    if isinstance(value, dt.datetime) and value.time() == dt.time():
        value = value.date()
    is_day = isinstance(value, dt.date) and not isinstance(value, dt.datetime)
    return {"day": value.isoformat()} if is_day else {"time": str(value)}  # type: ignore[union-attr]


if __name__ == "__main__":
    main()
