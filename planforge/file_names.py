"""Names of files made from what people write: inside their folder, whole on every system, never two alike.

A name keeps its words; only what a file system refuses or hides is replaced. A pattern is written in the template
language: `{{ number }}-{{ unit }}`.
"""

from __future__ import annotations

import hashlib
import re
import unicodedata
from dataclasses import dataclass
from datetime import date
from typing import Any

from planforge.errors import DataError, DataPlace, DocumentPlace, Problem

__all__ = ["DEFAULT", "MAX_BYTES", "Pattern", "leads_out", "pattern", "safe", "same"]

DEFAULT = "{{ unit }}"
MAX_BYTES = 240
"""Of a name in UTF-8, its ending included: most file systems take 255, and programs add endings of their own."""

_REFUSED = re.compile(r'[\x00-\x1f\x7f-\x9f<>:"/\\|?*\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ud800-\udfff]')
"""What Windows refuses, separators of folders, controls, and signs that are not seen but turn or hide others."""
_OUT = re.compile(r"^[/\\]|^[A-Za-z]:[/\\]|(?:^|[/\\])\.\.(?:[/\\]|$)")
_EDGES = " .\u00a0\u3000"
_DEVICE = re.compile(r"(?:CON|PRN|AUX|NUL|CONIN\$|CONOUT\$|(?:COM|LPT)[0-9¹²³])", re.IGNORECASE)
"""Names that Windows takes for devices, whatever ending follows."""


def safe(text: str, unit: str, /, ending: str = ".docx") -> str:
    """The file name for a text: at most `MAX_BYTES`, one name on its own (no folder), the same for the same unit.

    Where a letter had to be replaced or the text cut, eight hexadecimal digits of the unit's own name keep it apart
    from others that come out alike.
    """
    whole = unicodedata.normalize("NFC", text)
    name = _REFUSED.sub("_", whole).strip(_EDGES).lstrip("-~$")
    if _DEVICE.fullmatch(name.partition(".")[0].rstrip()):
        name = f"_{name}"
    if name == whole and name and len(f"{name}{ending}".encode()) <= MAX_BYTES:
        return name + ending
    mark = hashlib.sha256(unit.encode("utf-8", "surrogatepass")).hexdigest()[:8]
    tail = f"-{mark}{ending}"
    return _cut(name or "document", MAX_BYTES - len(tail.encode())).rstrip(_EDGES) + tail


def leads_out(text: str, /) -> bool:
    """Whether a text, taken as a path, would leave its folder: no unit is called that, so nobody meant it."""
    return bool(_OUT.search(text))


def _cut(name: str, limit: int) -> str:
    """The beginning of a name in at most so many bytes of UTF-8; no mark is taken from its letter."""
    if len(name.encode()) <= limit:
        return name
    kept = name.encode()[:limit].decode("utf-8", "ignore")
    at = len(kept)
    while at and (unicodedata.combining(name[at]) or name[at] in "\ufe0e\ufe0f" or "\u200d" in name[at - 1 : at + 1]):
        at -= 1
    return name[:at]


def same(name: str, /) -> str:
    """What is equal for names that some file system takes for one: case and composed letters aside."""
    return unicodedata.normalize("NFC", unicodedata.normalize("NFC", name).casefold())


@dataclass(frozen=True, slots=True)
class Pattern:
    """A compiled pattern: whether it prints anything of the plan or report, and the date."""

    reads_data: bool
    reads_today: bool = False
    _render: Any = None

    def fill(
        self, unit: str, number: int, plan: object = None, report: object = None, today: date | None = None
    ) -> str:
        """The text for a unit: its name, its place in the batch from 1, and the views of its data if they are read.

        Raises DataError for what the data lack.
        """
        if self._render is None:
            return unit
        from planforge.opc import Package
        from planforge.pictures import Host, Pictures
        from planforge.rendering import Run

        place = DocumentPlace(quote=unit)
        run = Run({"unit": unit, "number": number}, (place,), "", Pictures(Host(Package({}))), None)
        name: str = self._render(run, plan, report, today)
        if run.problems:
            raise DataError(run.problems)
        return name


def pattern(source: str, /) -> Pattern:
    """A pattern of file names in the template language: `unit`, `number`, `plan`, `report`, `today`; outputs only.

    Raises DataError with every fault (PF2xx; PF760 for a statement).
    """
    if source.strip() == DEFAULT:
        return Pattern(False)
    from planforge.dialect import Scope, Walker
    from planforge.program import Code, literal
    from planforge.syntax import DialectFaults, Fault, Tag, expression, split
    from planforge.vocabulary import Scalar

    scope = Scope.domain()
    for names, kind in ((("unit", "нэгж"), Scalar.TEXT), (("number", "дугаар"), Scalar.NUMBER)):
        for name in names:
            scope = scope.bind(name, kind, code=f"R.data['{names[0]}']")
    walker = Walker()
    problems: list[Problem] = []

    def told(tag: str, faults: list[Fault]) -> None:
        place = DataPlace(path=("names",))
        problems.extend(Problem(fault.code, place, {"tag": tag, **fault.args}) for fault in faults)

    def code(piece: str | Tag) -> str:
        if isinstance(piece, str):
            return repr(piece)
        if piece.open != "{{" or piece.prefix:
            told(piece.source, [Fault("PF760", {})])
            return ""
        try:
            return walker.output(expression(piece.body), scope)
        finally:
            told(piece.source, walker.faults)
            walker.faults.clear()

    codes: list[str] = []
    try:
        codes += map(code, split(source.removesuffix(".docx")))
    except DialectFaults as error:
        told(source, list(error.faults))
    if problems:
        raise DataError(problems)
    constants = "".join(f"    {name} = {literal(value)}\n" for name, value in walker.constants.items())
    body = f"def render(R, n_plan, n_report, n_today):\n{constants}    return ''.join(({', '.join(codes)},))\n"
    render = Code("file name", body, body, ()).renderer(False)
    return Pattern(bool(walker.uses & {"plan", "report"}), "today" in walker.uses, render)
