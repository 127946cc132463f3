"""Every fault is a `Problem`: a code, a place a person can find, and arguments.

Texts, hints and severities live in one catalogue, `problems.toml`, in Mongolian and English. Codes are `PF` and three
digits, hundreds by door: 1 data, 2 template, 3 template against data, 4 domain rules, 5 output, 6 reading documents,
7 batch and environment.
"""

from __future__ import annotations

import errno
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any, Literal, TypeAlias

__all__ = [
    "DataError",
    "DataPlace",
    "DocumentError",
    "DocumentPlace",
    "EnvironmentProblem",
    "Lang",
    "OutputError",
    "Place",
    "PlanforgeError",
    "Problem",
    "Severity",
    "SheetPlace",
    "TemplateError",
    "Words",
    "catalogue",
    "has_errors",
    "reason",
]

Lang: TypeAlias = Literal["mn", "en"]
Severity: TypeAlias = Literal["error", "warning", "note"]
"""An error stops the work; a warning is worth a look; a note only tells something."""


@dataclass(frozen=True, slots=True)
class Words:
    """An argument of a message that differs by language."""

    mn: str
    en: str

    def in_(self, lang: Lang) -> str:
        return self.mn if lang == "mn" else self.en


@dataclass(frozen=True, slots=True)
class DataPlace:
    """A spot in a data file: line and column count from 1; `path` as code, `counted` as a person counts."""

    file: str | None = None
    line: int | None = None
    column: int | None = None
    path: tuple[str | int, ...] = ()
    counted: Words | None = None

    @property
    def code_path(self) -> str:
        """`objectives[0].measures[2].period`."""
        out = ""
        for step in self.path:
            out += f"[{step}]" if isinstance(step, int) else f".{step}" if out else step
        return out

    def describe(self, lang: Lang) -> str:
        spot = ":".join(str(x) for x in (self.file, self.line, self.column) if x is not None)
        words = self.counted.in_(lang) if self.counted else ""
        path = self.code_path
        inner = f"{words} ({path})" if words and path else words or path
        return " ".join(x for x in (spot, inner) if x)


_PARTS = {
    "document": Words("бичвэр", "body"),
    "header": Words("толгой хэсэг", "header"),
    "footer": Words("хөл хэсэг", "footer"),
    "footnotes": Words("зүүлт", "footnotes"),
    "endnotes": Words("төгсгөлийн зүүлт", "endnotes"),
    "comments": Words("тайлбар", "comments"),
    "core": Words("баримтын шинж чанар", "document properties"),
    "custom": Words("баримтын шинж чанар", "document properties"),
    "app": Words("баримтын шинж чанар", "document properties"),
    "chart": Words("диаграмм", "chart"),
}


_NUMBERED = re.compile(r"([a-z]+?)([0-9]*)")
_NOTES = {"footnotes": "footnote", "endnotes": "endnote", "comments": "comment"}
"""The elements that these parts hold."""


def _part_words(part: str, note: int | None = None) -> Words:
    """`word/footer1.xml` → «хөл хэсэг 1»; a part without a word of its own keeps its name."""
    named = _NUMBERED.fullmatch(part.rpartition("/")[2].removesuffix(".xml"))
    words = _PARTS.get(named[1]) if named else None
    if named is None or words is None:
        return Words(part, part)
    if note is not None:
        return Words(f"{words.mn} {note}", f"{_NOTES[named[1]]} {note}")
    number = f" {named[2]}" if named[2] and named[1] != "document" else ""
    return Words(f"{words.mn}{number}", f"{words.en}{number}")


@dataclass(frozen=True, slots=True)
class DocumentPlace:
    """A spot in a Word file as a person finds it: tables, rows, cells and paragraphs count from 1.

    `table` counts the tables of the part in reading order; `paragraph` counts inside the cell if there is one, else in
    the note or the part. `quote` is the text that stands there (a tag, usually), `note` the number of a footnote,
    endnote or comment, `near` what a reader sees above or beside it: «Зорилт 2» дор.
    """

    file: str | None = None
    part: str | None = None
    table: int | None = None
    row: int | None = None
    cell: int | None = None
    paragraph: int | None = None
    quote: str | None = None
    note: int | None = None
    near: Words | None = None
    story: Words | None = None
    """How a person finds the part, where its name says too little: the header of which section and pages."""

    @property
    def path(self) -> str:
        """`word/document.xml/tbl[1]/tr[5]/tc[4]/p[1]`: as the numbers count, so a nested table is `tbl[2]` too."""
        kind = _NOTES.get((self.part or "").rpartition("/")[2].removesuffix(".xml"), "note")
        numbers = {kind: self.note, "tbl": self.table, "tr": self.row, "tc": self.cell, "p": self.paragraph}
        steps = [f"{name}[{number}]" for name, number in numbers.items() if number is not None]
        return "/".join([self.part or "", *steps]) if self.part else ""

    def describe(self, lang: Lang) -> str:
        steps = [self.file or ""]
        if self.part:
            steps.append((self.story or _part_words(self.part, self.note)).in_(lang))
        for value, words in (
            (self.table, Words("хүснэгт", "table")),
            (self.row, Words("мөр", "row")),
            (self.cell, Words("нүд", "cell")),
            (self.paragraph, Words("догол мөр", "paragraph")),
        ):
            if value is not None:
                steps.append(f"{words.in_(lang)} {value}")
        if self.near:
            steps[-1] += f" ({self.near.in_(lang)})"
        if self.quote:
            steps.append(f"«{_shorten(self.quote)}»")
        return ", ".join(s for s in steps if s)


@dataclass(frozen=True, slots=True)
class SheetPlace:
    """A cell of a workbook: `units.xlsx «Гүйцэтгэл»!E17`."""

    file: str | None = None
    sheet: str | None = None
    cell: str | None = None

    def describe(self, lang: Lang) -> str:
        sheet = f"«{self.sheet}»" if self.sheet else ""
        spot = f"{sheet}!{self.cell}" if sheet and self.cell else sheet or self.cell or ""
        return " ".join(x for x in (self.file, spot) if x)


Place: TypeAlias = DataPlace | DocumentPlace | SheetPlace


def _shorten(text: str, limit: int = 80) -> str:
    flat = " ".join(text.split())
    return flat if len(flat) <= limit else flat[: limit - 1] + "…"


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of the catalogue."""

    code: str
    severity: Severity
    message: Words
    why: Words
    """What would go wrong, or be lost, if planforge let it pass."""
    hint: Words
    case: Mapping[str, Any]

    @property
    def example(self) -> str:
        """The smallest case as a person would type it; nothing where it takes a whole file."""
        typed = ("template", "form", "checked", "untyped", "layout", "data", "evaluate", "workbook", "csv")
        shown = [str(self.case[kind]) for kind in typed if kind in self.case]
        if "command" in self.case:
            shown.append(f"planforge {' '.join(map(str, self.case['command']))}")
        return "\n\n".join(part.strip("\n") for part in shown)


def blanked(words: str, /) -> str:
    """A text of the catalogue with `…` for what a message would name, and its tags as they are written."""
    return re.sub(r"(?<!\{)\{\w+\}", "…", words).replace("{{", "{").replace("}}", "}")


class _Catalogue(Mapping[str, Entry]):
    """Each entry is parsed when it is asked for: all of them take longer than ten documents."""

    def __init__(self, written: str) -> None:
        _, *found = re.split(r"^\[(PF[0-9]{3})\]$", written, flags=re.MULTILINE)
        self._written = dict(zip(found[::2], found[1::2], strict=True))
        self._entries: dict[str, Entry] = {}

    def __getitem__(self, code: str) -> Entry:
        if code not in self._entries:
            self._entries[code] = self._parsed(code)
        return self._entries[code]

    def _parsed(self, code: str) -> Entry:
        import tomllib  # only where a problem is told

        entry = tomllib.loads(self._written[code])
        return Entry(
            code,
            entry.get("severity", "error"),
            Words(entry["mn"], entry["en"]),
            Words(entry["why_mn"], entry["why_en"]),
            Words(entry.get("hint_mn", ""), entry.get("hint_en", "")),
            entry.get(code, {}).get("case", {}),
        )

    def __iter__(self) -> Iterator[str]:
        return iter(self._written)

    def __len__(self) -> int:
        return len(self._written)


@cache
def catalogue() -> Mapping[str, Entry]:
    """The whole catalogue by code, from `problems.toml`."""
    return _Catalogue((Path(__file__).parent / "problems.toml").read_text(encoding="utf-8"))


@dataclass(frozen=True, slots=True)
class Problem:
    """One fault: `code` of the catalogue, `place`, and the arguments of its message (text, numbers or `Words`)."""

    code: str
    place: Place | None = None
    args: Mapping[str, object] = field(default_factory=dict)

    @property
    def severity(self) -> Severity:
        return catalogue()[self.code].severity

    @property
    def is_error(self) -> bool:
        return self.severity == "error"

    def message(self, lang: Lang = "en") -> str:
        """What was found and what was expected, one sentence or two."""
        return self._fill(catalogue()[self.code].message.in_(lang), lang)

    def hint(self, lang: Lang = "en") -> str:
        """What to do; empty where the message says it all."""
        return self._fill(catalogue()[self.code].hint.in_(lang), lang)

    def format(self, lang: Lang = "en") -> str:
        """`place: code message` and the hint on a line of its own."""
        where = self.place.describe(lang) if self.place else ""
        text = f"{where}: {self.code} {self.message(lang)}" if where else f"{self.code} {self.message(lang)}"
        hint = self.hint(lang)
        return f"{text}\n    → {hint}" if hint else text

    def as_json(self) -> dict[str, object]:
        """The problem for a machine: code, severity, both texts, and the place as an object."""
        place: dict[str, object] | None = None
        if self.place is not None:
            place = {
                name: getattr(self.place, name)
                for name in self.place.__dataclass_fields__
                if name not in ("counted", "near", "story") and getattr(self.place, name) not in (None, ())
            }
            if isinstance(self.place, DataPlace) and self.place.path:
                place["path"] = self.place.code_path
            elif isinstance(self.place, DocumentPlace) and self.place.path:
                place["path"] = self.place.path
        return {
            "code": self.code,
            "severity": self.severity,
            "place": place,
            "where": {lang: self.place.describe(lang) if self.place else "" for lang in ("mn", "en")},
            "message": {lang: self.message(lang) for lang in ("mn", "en")},
            "hint": {lang: self.hint(lang) for lang in ("mn", "en")},
        }

    def _fill(self, template: str, lang: Lang) -> str:
        return template.format_map({k: v.in_(lang) if isinstance(v, Words) else v for k, v in self.args.items()})


def has_errors(problems: Iterable[Problem]) -> bool:
    """Whether any of them is more than a warning or a note."""
    return any(p.is_error for p in problems)


class PlanforgeError(Exception):
    """The one root of planforge's exceptions; `.problems` holds every fault found, warnings included."""

    def __init__(self, problems: Iterable[Problem]) -> None:
        self.problems: tuple[Problem, ...] = tuple(problems)
        super().__init__(self.problems)

    def format(self, lang: Lang = "en") -> str:
        return "\n".join(p.format(lang) for p in self.problems)

    def __str__(self) -> str:
        return self.format("en")


class DataError(PlanforgeError):
    """A data file, a layout or a mapping does not say what it should (PF1xx, PF3xx, PF4xx)."""


class TemplateError(PlanforgeError):
    """A template cannot be compiled (PF2xx)."""


class OutputError(PlanforgeError):
    """A finished document could not be rendered or written (PF5xx)."""


class DocumentError(PlanforgeError):
    """A finished document cannot be read back (PF6xx)."""


class EnvironmentProblem(PlanforgeError):
    """Something outside the data is missing: an office program, a worker, a folder (PF7xx)."""


# --- why the system refused something -------------------------------------------------------------------------------

_REASONS = {
    "EACCES": Words("хандах эрх алга", "permission denied"),
    "EPERM": Words("систем энэ үйлдлийг зөвшөөрөөгүй", "operation not permitted"),
    "EROFS": Words("дискэнд бичих боломжгүй, зөвхөн уншина", "the disk is read-only"),
    "ENOSPC": Words("дискэнд сул зай үлдээгүй", "no space left on the disk"),
    "EDQUOT": Words("дискэнд эзлэх зайн хязгаарт хүрсэн", "the disk quota is used up"),
    "EFBIG": Words("файл хэт том", "the file is too large"),
    "ENOENT": Words("ийм файл, хавтас байхгүй", "no such file or folder"),
    "ENOTDIR": Words("замд нь хавтасны оронд файл байна", "a file stands where a folder should be"),
    "EISDIR": Words("энэ нь файл биш, хавтас байна", "it is a folder"),
    "EEXIST": Words("ийм нэртэй зүйл аль хэдийн байна", "it exists already"),
    "ENOTEMPTY": Words("хавтас хоосон биш", "the folder is not empty"),
    "ENAMETOOLONG": Words("нэр нь хэт урт", "the name is too long"),
    "EINVAL": Words("ийм нэр, утгыг систем зөвшөөрдөггүй", "the system takes no such name or value"),
    "ELOOP": Words(
        "холбоос нь тойрог үүсгэсэн эсвэл хориотой газар байна", "there is a link where none may be followed"
    ),
    "EBUSY": Words("өөр программ ашиглаж байна", "another program is using it"),
    "ETXTBSY": Words("өөр программ ашиглаж байна", "another program is using it"),
    "EXDEV": Words("өөр диск рүү зөөх боломжгүй", "it cannot be moved to another disk"),
    "EIO": Words("диск уншихгүй, бичихгүй байна", "the disk fails to read or write"),
    "EMFILE": Words("нээлттэй файл хэт олон", "too many files are open"),
    "ENFILE": Words("нээлттэй файл хэт олон", "too many files are open"),
    "ENOMEM": Words("санах ой хүрэлцэхгүй байна", "memory has run out"),
    "ENODEV": Words("төхөөрөмж олдсонгүй", "there is no such device"),
    "ENXIO": Words("төхөөрөмж олдсонгүй", "there is no such device"),
    "ENOTSUP": Words("энэ диск үүнийг дэмждэггүй", "the disk does not support it"),
    "EOPNOTSUPP": Words("энэ диск үүнийг дэмждэггүй", "the disk does not support it"),
    "ENOSYS": Words("энэ систем үүнийг дэмждэггүй", "the system does not support it"),
    "ENOEXEC": Words("энэ файл программ биш", "the file is no program"),
    "EPIPE": Words("хүлээн авагч нь хаагдсан", "nobody reads it any more"),
    "ESTALE": Words("сүлжээний диск солигдсон", "the network disk has changed"),
    "ENOLCK": Words("файл түгжих боломжгүй байна", "no lock can be had"),
    "ETIMEDOUT": Words("хугацаандаа хариу ирсэнгүй", "there was no answer in time"),
    "ECONNREFUSED": Words("холболтыг хүлээж авсангүй", "the connection was refused"),
    "ECONNRESET": Words("холболт тасарсан", "the connection broke"),
    "EHOSTUNREACH": Words("энэ хаяг руу холбогдох боломжгүй", "the address cannot be reached"),
    "ENETUNREACH": Words("сүлжээнд холбогдох боломжгүй", "the network cannot be reached"),
}
_BY_NUMBER = {getattr(errno, name): words for name, words in _REASONS.items() if hasattr(errno, name)}
_NO_NAME = Words("системийн кодчилолд ийм нэр бичигдэхгүй", "the encoding of the system cannot write this name")


def reason(error: OSError | ValueError, /) -> Words:
    """Why the system refused something: its own words are English, or those of the machine; rare ones stay so."""
    if isinstance(error, UnicodeEncodeError):
        return _NO_NAME
    if isinstance(error, ValueError):  # a NUL in a name
        return _BY_NUMBER[errno.EINVAL]
    if error.errno is None and isinstance(error, TimeoutError):
        return _BY_NUMBER[errno.ETIMEDOUT]
    if found := _BY_NUMBER.get(error.errno or 0):
        return found
    code = errno.errorcode.get(error.errno or 0) or type(error).__name__
    return Words(f"системийн алдаа {code}", error.strerror or str(error) or code)
