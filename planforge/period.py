"""The periods of plans (хугацаа) as a sum type: read, print, shift to another year, compare.

Law: `str(parse(t)) == t` for every text. What is understood becomes a value of a kind; the rest is `Free`. A
text that differs from its kind's canonical form is kept in `written`, so a document prints what the officer
typed, and `parse(str(p)) == p` for every canonical period. The kinds and their forms are domain.md, section
5.2.
"""

from __future__ import annotations

import calendar
import re
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from enum import StrEnum
from functools import cache, lru_cache
from itertools import product
from typing import Literal, TypeAlias

from planforge import mongolian
from planforge.mongolian import Case

__all__ = [
    "KINDS",
    "QUALIFIERS",
    "Day",
    "Deadline",
    "Duration",
    "Free",
    "HalfYear",
    "MonthState",
    "Months",
    "Period",
    "Quarters",
    "Range",
    "Recurrence",
    "Rhythm",
    "SchoolYear",
    "Year",
    "YearEnd",
    "is_impossible",
    "parse",
    "shift",
    "within",
    "years",
]


class Rhythm(StrEnum):
    """How a recurrence comes back; the value is its English name in data files."""

    YEARLONG = "yearlong"
    EACH_TIME = "each_time"
    MONTHLY = "monthly"
    QUARTERLY = "quarterly"
    CONSTANT = "constant"


_RHYTHM_WORDS = {
    Rhythm.YEARLONG: "Жилдээ",
    Rhythm.EACH_TIME: "Тухай бүр",
    Rhythm.MONTHLY: "Сар бүр",
    Rhythm.QUARTERLY: "Улирал бүр",
    Rhythm.CONSTANT: "Байнга",
}
QUALIFIERS = ("байнга", "хуулийн хугацаанд")
"""What may follow a recurrence: `Тухай бүр, хуулийн хугацаанд`."""


def _check(fits: bool, kind: str, found: object) -> None:
    if not fits:
        raise ValueError(f"not a {kind}: {found}")


def _check_year(year: int | None, kind: str) -> None:
    _check(year is None or 1000 <= year <= 9998, f"{kind} (years are 1000 to 9998)", year)


def _of_year(year: int | None, text: str) -> str:
    """The text after its year; without one the text with a first capital."""
    if year is None:
        return text[:1].upper() + text[1:]
    return f"{mongolian.year_phrase(year, Case.GENITIVE)} {text}"


@dataclass(frozen=True, slots=True, kw_only=True)
class _Written(ABC):
    """What all periods have: `written` is the text as typed, empty if it is the canonical form."""

    written: str = ""
    text_: str = field(default="", init=False, repr=False, compare=False)
    """What `str` has given once."""

    @property
    @abstractmethod
    def canonical(self) -> str:
        """The official form of the period, whatever was typed."""

    def __str__(self) -> str:
        if not self.text_:
            object.__setattr__(self, "text_", self.written or self.canonical)
        return self.text_


@dataclass(frozen=True, slots=True)
class Recurrence(_Written):
    """`Жилдээ`, `Тухай бүр`, `Сар бүр`, `Улирал бүр`, `Байнга`; after it perhaps one of `QUALIFIERS`."""

    rhythm: Rhythm
    qualifier: str = ""

    def __post_init__(self) -> None:
        _check(self.qualifier in ("", *QUALIFIERS), "qualifier of a recurrence", self.qualifier)

    @property
    def canonical(self) -> str:
        return ", ".join(filter(None, (_RHYTHM_WORDS[self.rhythm], self.qualifier)))


@dataclass(frozen=True, slots=True)
class Year(_Written):
    """`2021 он`, or with a last year `2021-2024 он`."""

    year: int
    last: int | None = None

    def __post_init__(self) -> None:
        _check_year(self.year, "year")
        _check_year(self.last, "year")
        _check(self.last is None or self.last > self.year, "range of years", f"{self.year}-{self.last}")

    @property
    def canonical(self) -> str:
        return mongolian.year_phrase(self.year, last=self.last)


@dataclass(frozen=True, slots=True)
class SchoolYear(_Written):
    """`2023-2024 оны хичээлийн жил`, or of no year `Хичээлийн жил`; `year` is the one in which it begins."""

    year: int | None = None

    def __post_init__(self) -> None:
        _check_year(self.year, "school year")

    @property
    def canonical(self) -> str:
        if self.year is None:
            return "Хичээлийн жил"
        return f"{mongolian.year_phrase(self.year, Case.GENITIVE, last=self.year + 1)} хичээлийн жил"


@dataclass(frozen=True, slots=True)
class HalfYear(_Written):
    """`I хагас жил`, or in words `Эхний хагас жил`; with a year `2024 оны эхний хагас жил`."""

    half: int
    year: int | None = None
    in_words: bool = False

    def __post_init__(self) -> None:
        _check(self.half in (1, 2), "half-year", self.half)
        _check_year(self.year, "half-year")

    @property
    def canonical(self) -> str:
        text = mongolian.half_year(self.half, in_words=self.in_words)
        return _of_year(self.year, text[0].lower() + text[1:] if self.in_words else text)


@dataclass(frozen=True, slots=True)
class Quarters(_Written):
    """`I улирал`, `II, IV улирал`, without gap `I-IV улирал`; sorted, each once."""

    quarters: tuple[int, ...]
    year: int | None = None

    def __post_init__(self) -> None:
        object.__setattr__(self, "quarters", _members(self.quarters, 4, "quarters"))
        _check_year(self.year, "quarter")

    @property
    def canonical(self) -> str:
        return _of_year(self.year, mongolian.quarters(self.quarters))


@dataclass(frozen=True, slots=True)
class Months(_Written):
    """`6, 12 дугаар сар`; sorted, each once. All twelve of no year are a `Recurrence`: ValueError here."""

    months: tuple[int, ...]
    year: int | None = None

    def __post_init__(self) -> None:
        object.__setattr__(self, "months", _members(self.months, 12, "months"))
        _check_year(self.year, "month")
        whole = self.year is None and len(self.months) == 12
        _check(not whole, "set of months; all twelve are Recurrence(Rhythm.MONTHLY)", self.months)

    @property
    def canonical(self) -> str:
        return _of_year(self.year, "сар бүр" if len(self.months) == 12 else mongolian.months(self.months))


@dataclass(frozen=True, slots=True)
class Day(_Written):
    """`2021.10.15`."""

    day: date

    @property
    def canonical(self) -> str:
        return mongolian.date_like(self.day, "2021.01.01")


@dataclass(frozen=True, slots=True)
class Range(_Written):
    """`2024.03.20-2024.12.01`, both days included."""

    first: date
    last: date

    def __post_init__(self) -> None:
        _check(self.first <= self.last, "range of dates", f"{self.first} to {self.last}")

    @property
    def canonical(self) -> str:
        return "-".join(mongolian.date_like(day, "2021.01.01") for day in (self.first, self.last))


@dataclass(frozen=True, slots=True)
class Deadline(_Written):
    """`1 дүгээр сарын 25-ны дотор`, with a year `2024 оны 1 дүгээр сарын 25-ны дотор`."""

    month: int
    day: int
    year: int | None = None

    def __post_init__(self) -> None:
        _check_year(self.year, "deadline")
        _day_of(self.month, self.day, self.year)

    @property
    def canonical(self) -> str:
        text = mongolian.date_like(_day_of(self.month, self.day, self.year), "1 дүгээр сарын 5-ны дотор")
        return _of_year(self.year, text)


@dataclass(frozen=True, slots=True)
class Duration(_Written):
    """`6 жил`. Months are no unit: `6 сар` is June."""

    count: int
    unit: Literal["жил", "долоо хоног", "хоног"] = "жил"

    def __post_init__(self) -> None:
        _check(1 <= self.count <= 999 and self.unit in _DAYS_OF, "duration", f"{self.count} {self.unit}")

    @property
    def canonical(self) -> str:
        return f"{self.count} {self.unit}"


@dataclass(frozen=True, slots=True)
class YearEnd(_Written):
    """`2021 оны жилийн эцэс`."""

    year: int | None = None

    def __post_init__(self) -> None:
        _check_year(self.year, "year-end")

    @property
    def canonical(self) -> str:
        return _of_year(self.year, "жилийн эцэс")


@dataclass(frozen=True, slots=True)
class MonthState(_Written):
    """`2021 оны 6 дугаар сарын байдлаар`: as of a month."""

    month: int
    year: int | None = None

    def __post_init__(self) -> None:
        _members([self.month], 12, "months")
        _check_year(self.year, "month")

    @property
    def canonical(self) -> str:
        return _of_year(self.year, f"{mongolian.months([self.month], Case.GENITIVE)} байдлаар")


@dataclass(frozen=True, slots=True)
class Free(_Written):
    """A text that is no other kind: `9 сарын эхний 7х`."""

    text: str

    @property
    def canonical(self) -> str:
        return self.text


Period: TypeAlias = (
    Recurrence
    | Year
    | SchoolYear
    | HalfYear
    | Quarters
    | Months
    | Day
    | Range
    | Deadline
    | Duration
    | YearEnd
    | MonthState
    | Free
)
KINDS = (
    Recurrence,
    Year,
    SchoolYear,
    HalfYear,
    Quarters,
    Months,
    Day,
    Range,
    Deadline,
    Duration,
    YearEnd,
    MonthState,
    Free,
)
"""The classes of `Period`, for isinstance."""

_DAYS_OF = {"жил": 366, "долоо хоног": 7, "хоног": 1}
_LEAP_YEAR = 2024  # stands in where no year is named, so that 29 February exists


def _members(numbers: Iterable[int], high: int, noun: str) -> tuple[int, ...]:
    found = tuple(sorted(set(numbers)))
    _check(bool(found) and 1 <= found[0] <= found[-1] <= high, f"set of {noun} from 1 to {high}", found)
    return found


def _day_of(month: int, day: int, year: int | None) -> date:
    return date(_LEAP_YEAR if year is None else year, month, day)


# --- Reading ------------------------------------------------------------------------------------------------

_LONGEST = 200  # letters; a longer text is a sentence, not a period
_YEAR = r"(?:(?P<year>[0-9]{4}) оны )?"
_NTH = r"(?:-р| дугаар| дүгээр)?"
_SET = r"(?P<set>[0-9ivі]+(?: ?(?:[-–,]| ба ) ?[0-9ivі]+)*)"
_ROMAN = {"i": 1, "ii": 2, "iii": 3, "iv": 4}
_FIRST = r"(?P<first>[0-9]{4}\.[0-9]{1,2}\.[0-9]{1,2})\.?"
_LAST = r"(?P<last>(?:[0-9]{4}\.)?[0-9]{1,2}\.[0-9]{1,2})"


def _number(text: str) -> int:
    """A number in digits or in small Roman letters, Latin i or Cyrillic і; 0 if neither."""
    text = text.replace("і", "i")
    return int(text) if text.isdecimal() and len(text) < 3 else _ROMAN.get(text, 0)


def _set(text: str) -> tuple[int, ...]:
    """The numbers of `1, 3-5`; ValueError for a range that does not rise."""
    found: list[int] = []
    for part in re.split(r",| ба ", text):
        first, *rest = (_number(end.strip()) for end in re.split("[-–]", part))
        _check(len(rest) < 2 and all(last > first for last in rest), "set of numbers", text)
        found += range(first, rest[0] + 1) if rest else [first]
    return tuple(found)


def _year_of(match: re.Match[str]) -> int | None:
    return int(match["year"]) if match["year"] else None


def _quarters(match: re.Match[str]) -> Period:
    return Quarters(_set(match["set"]), _year_of(match))


def _months(match: re.Match[str]) -> Period:
    found, year = _set(match["set"]), _year_of(match)
    if year is None and set(found) == set(range(1, 13)):
        return Recurrence(Rhythm.MONTHLY)
    return Months(found, year)


def _half_year(match: re.Match[str]) -> Period:
    names = {"эхний": 1, "сүүлийн": 2}
    half = match["half"]
    return HalfYear(names.get(half) or _number(half), _year_of(match), in_words=half in names)


def _school_year(match: re.Match[str]) -> Period:
    if match["first"] is None:
        return SchoolYear()
    _check(int(match["last"]) == int(match["first"]) + 1, "school year", match.group())
    return SchoolYear(int(match["first"]))


def _range(match: re.Match[str]) -> Period:
    first, last = match["first"], match["last"]
    ends = [mongolian.read_date(end) for end in (first, last if last.count(".") == 2 else f"{first[:4]}.{last}")]
    if ends[0] is None or ends[1] is None:
        raise ValueError(f"not a range of dates: {match.group()}")
    return Range(ends[0], ends[1])


def _recurrence(match: re.Match[str]) -> Period:
    rhythm = next(key for key, words in _RHYTHM_WORDS.items() if match["rhythm"] in (key, words.lower()))
    return Recurrence(rhythm, match["qualifier"] or match["bracketed"] or "")


_RHYTHMS = "|".join(word for key, words in _RHYTHM_WORDS.items() for word in (key, words.lower()))
_QUALIFIER = "|".join(QUALIFIERS)

# Patterns are matched against the whole text in small letters, with single spaces and no final stop;
# each is compiled when it is first tried.
_READERS: Sequence[tuple[str, Callable[[re.Match[str]], Period]]] = (
    (
        rf"(?P<rhythm>{_RHYTHMS})"
        rf"(?:,? (?P<qualifier>{_QUALIFIER})| ?[(/](?P<bracketed>{_QUALIFIER})[)/])?",
        _recurrence,
    ),
    (
        r"(?P<year>[0-9]{4})(?: ?[-–] ?(?P<last>[0-9]{4}))?(?: он(?:ы|д)?)?",
        lambda match: Year(int(match["year"]), int(match["last"]) if match["last"] else None),
    ),
    (
        r"(?:(?P<first>[0-9]{4}) ?[-–] ?(?P<last>[0-9]{4}) оны )?хичээлийн жил(?:д|ийн)?",
        _school_year,
    ),
    (
        rf"{_YEAR}(?P<half>[iі]{{1,2}}|[12]|эхний|сүүлийн){_NTH} хагас жил(?:д|ийн)?",
        _half_year,
    ),
    (r"(?P<year>)h(?P<half>[12])", _half_year),
    (rf"{_YEAR}{_SET}{_NTH} улир(?:ал|лын|алд)", _quarters),
    (rf"{_YEAR}{_SET.replace('ivі', '')}{_NTH} сард?", _months),
    (rf"{_YEAR}сар бүр", lambda match: Months(tuple(range(1, 13)), _year_of(match))),
    (rf"{_FIRST} ?[-–—] ?{_LAST}", _range),
    (
        rf"{_YEAR}(?P<month>[0-9]{{1,2}}){_NTH} сарын (?P<day>[0-9]{{1,2}})[-–](?:ны|ний) дотор",
        lambda match: Deadline(int(match["month"]), int(match["day"]), _year_of(match)),
    ),
    (
        r"(?P<count>[1-9][0-9]{0,2}) (?P<unit>жил|долоо хоног|хоног)",
        lambda match: Duration(int(match["count"]), match["unit"]),  # type: ignore[arg-type]  # the pattern's units
    ),
    (rf"{_YEAR}жилийн (?:эцэст?|эцсийн байдлаар)", lambda match: YearEnd(_year_of(match))),
    (
        rf"{_YEAR}(?P<month>[0-9]{{1,2}}){_NTH} сарын байдлаар",
        lambda match: MonthState(int(match["month"]), _year_of(match)),
    ),
)


_compiled = cache(re.compile)


def _read_day(text: str) -> Period | None:
    """A date; a deadline if it says `дотор` or `хүртэл`; with `эхлэн` it has no end and is neither."""
    day = None if text.endswith("эхлэн") else mongolian.read_date(text)
    if day is None:
        return None
    if text.endswith(("дотор", "хүртэл")):
        return Deadline(day.month, day.day, day.year)
    return Day(day)


def _read(text: str) -> Period | None:
    """None for a text that is of no kind; ValueError where the calendar has no such month, day or year."""
    for pattern, build in _READERS:
        if match := _compiled(pattern).fullmatch(text):
            return build(match)
    day = _read_day(text)
    if day is None and _compiled(_DAY_LIKE).fullmatch(text):
        raise ValueError(f"not a date: {text}")
    return day


_DAY_LIKE = r"[0-9]{4}[./-][0-9]{1,2}[./-][0-9]{1,2}"


def _plain(text: str) -> str:
    return " ".join(text.lower().split()).removesuffix(".")


def is_impossible(given: Free, /) -> bool:
    """Whether a text is written as a date or period that the calendar does not have: `2024.02.30`, `13 сар`."""
    if len(given.text) > _LONGEST:
        return False
    try:
        _read(_plain(given.text))
    except ValueError:
        return True
    return False


@lru_cache(4_096)
def parse(text: str, /) -> Period:
    """The period that a text says, or `Free`. Never fails, and `str` gives the text back.

    Letter case, spaces, padding, a final stop, Latin or Cyrillic І and cases (`9 сард`, `I улиралд`) do not
    matter. Bare `2021` is a year, `yearlong` … `constant` are recurrences, `H1` a half-year, `6 сар` is June.
    """
    if len(text) > _LONGEST:
        return Free(text)
    try:
        found = _read(_plain(text))
    except ValueError:
        found = None
    if found is None:
        return Free(text)
    return found if str(found) == text else replace(found, written=text)


# --- Years --------------------------------------------------------------------------------------------------

_LONE_YEAR = re.compile(r"(?<!\w)(?:19|20)[0-9]{2}(?!\w)")
_FOUR_DIGITS = re.compile(r"(?<![0-9])[0-9]{4}(?![0-9])")


def years(period: Period, /) -> tuple[int, ...]:
    """The years that a period names, each once; of `Free`, the numbers 1900 to 2099 that stand alone."""
    match period:
        case Free(text=text):
            found = [int(year) for year in _LONE_YEAR.findall(text)]
        case Day(day=day):
            found = [day.year]
        case Range(first=first, last=last):
            found = [first.year, last.year]
        case Year(year=year, last=end):
            found = [year] if end is None else [year, end]
        case SchoolYear(year=int(year)):
            found = [year, year + 1]
        case HalfYear() | Quarters() | Months() | Deadline() | YearEnd() | MonthState():
            found = [] if period.year is None else [period.year]
        case _:
            found = []
    return tuple(dict.fromkeys(found))


def _moved(day: date, by: int) -> date:
    """The same day of another year; 29 February becomes the 28th where there is none."""
    year = day.year + by
    return day.replace(year=year, day=min(day.day, calendar.monthrange(year, day.month)[1]))


def _shifted(period: Period, by: int) -> Period:
    """The canonical period, its years moved."""
    match period:
        case Day(day=day):
            return Day(_moved(day, by))
        case Range(first=first, last=last):
            return Range(_moved(first, by), _moved(last, by))
        case Year(year=year, last=end):
            return Year(year + by, None if end is None else end + by)
        case Deadline(month=month, day=number, year=int(year)):
            moved = _moved(date(year, month, number), by)
            return Deadline(moved.month, moved.day, moved.year)
        case SchoolYear(year=int(year)) | HalfYear(year=int(year)) | Quarters(year=int(year)):
            return replace(period, year=year + by, written="")
        case Months(year=int(year)) | YearEnd(year=int(year)) | MonthState(year=int(year)):
            return replace(period, year=year + by, written="")
        case _:
            return replace(period, written="")


def shift(period: Period, by: int, /) -> Period:
    """The same period `by` years later; one that names no year, and `Free`, come back unchanged.

    29 February becomes the 28th where it must. A period as typed stays in its manner (`2024 оны 1 улирал` →
    `2025 оны 1 улирал`) if that can be read back, else it is printed in its canonical form. ValueError
    outside years 1000..9998.
    """
    if isinstance(period, Free) or not years(period):
        return period
    moved = _shifted(period, by)
    if period.written:
        again = parse(_FOUR_DIGITS.sub(lambda year: str(int(year.group()) + by), period.written))
        if replace(again, written="") == moved:
            return again
    return moved


# --- Comparing ----------------------------------------------------------------------------------------------

_Spans = list[tuple[date, date]]


def _months_spans(months: Iterable[int], year: int) -> _Spans:
    """The days of months, months without a gap between them as one span."""
    spans: _Spans = []
    for month in sorted(months):
        first, last = date(year, month, 1), date(year, month, calendar.monthrange(year, month)[1])
        if spans and spans[-1][1] + timedelta(1) == first:
            first = spans.pop()[0]
        spans.append((first, last))
    return spans


def _months_of(quarters: Iterable[int]) -> list[int]:
    return [3 * quarter - back for quarter, back in product(quarters, (2, 1, 0))]


def _spans(period: Period, year: int) -> _Spans | None:
    """The days of a period, in `year` if it names none; None if it names no days."""
    match period:
        case Day(day=day):
            return [(day, day)]
        case Range(first=first, last=last):
            return [(first, last)]
        case Year(year=begin, last=end):
            return [(date(begin, 1, 1), date(end or begin, 12, 31))]
        case SchoolYear():
            return [(date(period.year or year, 9, 1), date((period.year or year) + 1, 8, 31))]
        case HalfYear(half=half):
            return _months_spans(range(6 * half - 5, 6 * half + 1), period.year or year)
        case Quarters(quarters=quarters):
            return _months_spans(_months_of(quarters), period.year or year)
        case Months(months=months):
            return _months_spans(months, period.year or year)
        case MonthState(month=month):
            return _months_spans([month], period.year or year)
        case YearEnd():
            return [(date(period.year or year, 12, 31),) * 2]
        case Deadline(month=month, day=number):
            day = _moved(date(_LEAP_YEAR, month, number), (period.year or year) - _LEAP_YEAR)
            return [(day, day)]
        case _:
            return None


def within(inner: Period, outer: Period, /) -> bool | None:
    """Whether the days of `inner` lie in `outer`; None where one names no days, or `outer` is a deadline.

    A period that names no year is tried in each year of the other, its months each for themselves: the third quarter
    of a school year is its last two months and its first. A school year is 1 September to 31 August, a year-end 31
    December, a deadline its day.
    """
    if isinstance(outer, Deadline) or _spans(inner, _LEAP_YEAR) is None or _spans(outer, _LEAP_YEAR) is None:
        return None
    inner_named, outer_named = years(inner), years(outer)
    if outer_named:
        pairs = [(year, _LEAP_YEAR) for year in _calendar(outer_named[0], outer_named[-1])]
        return _falls(inner, outer, pairs)
    # It begins in the year of the first day of `inner`, or as a school year in the one before.
    begin = (inner_named or (_LEAP_YEAR,))[0]
    return any(_falls(inner, outer, [(y, o) for y in _calendar(o, o + 1)]) for o in _calendar(begin - 1, begin))


def _falls(inner: Period, outer: Period, pairs: Sequence[tuple[int, int]]) -> bool:
    """Whether each part of a period lies in another one, in one of some pairs of years for the two."""
    parts = _parts(inner)
    return all(
        any(_covers(_spans(outer, outer_year) or [], _spans(part, year) or []) for year, outer_year in pairs)
        for part in parts
    )


def _parts(period: Period) -> Sequence[Period]:
    """The months of a period that names no year, else the whole."""
    match period:
        case HalfYear(half=half, year=None):
            months: Iterable[int] = range(6 * half - 5, 6 * half + 1)
        case Quarters(quarters=quarters, year=None):
            months = _months_of(quarters)
        case Months(months=months, year=None):
            pass
        case _:
            return [period]
    return [Months((month,)) for month in months]


def _calendar(first: int, last: int) -> list[int]:
    """The years of which the calendar has the next one too."""
    return list(range(max(first, 1), min(last, 9998) + 1))


def _covers(outer: _Spans, inner: _Spans) -> bool:
    return all(any(begin <= first and last <= end for begin, end in outer) for first, last in inner)
