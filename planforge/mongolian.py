"""The language of official documents: number words, endings after digits, dates, numbers, names, sorting.

Every function is pure: no locale, no clock, no state. Input is never corrected in silence; `spelling` points to
what looks mistyped. Capitals of any result are `.upper()`, which is right for Mongolian Cyrillic. The tables
quote the project's domain research (domain.md, section 6); Debian's hunspell-mn is the oracle in the tests.
Babel is used for the names of weekdays only: its other Mongolian has U+202F, everyday `-р` ordinals and half-even
rounding (domain.md, section 7).
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import date
from decimal import ROUND_DOWN, ROUND_HALF_UP, Context, Decimal
from enum import StrEnum
from functools import lru_cache
from types import MappingProxyType
from typing import Literal, NamedTuple

__all__ = [
    "CASE_OF",
    "DATE_EXAMPLES",
    "HEADS",
    "LIST_LETTERS",
    "Case",
    "Head",
    "ablative",
    "at",
    "at_least",
    "at_word",
    "cardinal",
    "collation_key",
    "date_like",
    "date_with_blanks",
    "dative",
    "ending",
    "genitive",
    "half_year",
    "letter_index",
    "list_letter",
    "money",
    "months",
    "nth",
    "nth_word",
    "number",
    "ordinal",
    "percent",
    "percent_with_ending",
    "percent_words",
    "quarters",
    "read_date",
    "read_number",
    "roman",
    "several_days",
    "weekday",
    "with_ending",
    "year_phrase",
    "year_until",
]

# --- Number words (domain.md 6.1) ---------------------------------------------------------------------------

# absolute (ends a number), attributive (before a noun or a next part), ordinal
_WORDS = """
нэг     нэг     нэгдүгээр
хоёр    хоёр    хоёрдугаар
гурав   гурван  гуравдугаар
дөрөв   дөрвөн  дөрөвдүгээр
тав     таван   тавдугаар
зургаа  зургаан зургадугаар
долоо   долоон  долдугаар
найм    найман  наймдугаар
ес      есөн    есдүгээр
арав    арван   аравдугаар
хорь    хорин   хорьдугаар
гуч     гучин   гучдугаар
дөч     дөчин   дөчдүгээр
тавь    тавин   тавьдугаар
жар     жаран   жардугаар
дал     далан   далдугаар
ная     наян    наядугаар
ер      ерэн    ердүгээр
зуу     зуун    зуудугаар
мянга   мянган  мянгадугаар
тэг     тэг     тэгдүгээр
сая     сая     саядугаар
тэрбум  тэрбум  тэрбумдугаар
наяд    наяд    наяддугаар
"""
_ROWS = [line.split() for line in _WORDS.split("\n") if line]
_UNITS, _TENS = [row[0] for row in _ROWS[:9]], [row[0] for row in _ROWS[9:18]]
_ATTRIBUTIVE = {absolute: attributive for absolute, attributive, _ in _ROWS}
_ORDINAL = {absolute: ordinal for absolute, _, ordinal in _ROWS}
_SCALES = ((10**12, "их наяд"), (10**9, "тэрбум"), (10**6, "сая"), (10**3, "мянга"))
_CARDINAL_END = 10**15


def _below_thousand(n: int) -> list[str]:
    """The words of 1..999 in the absolute form; none for 0."""
    hundreds, rest = divmod(n, 100)
    tens, units = divmod(rest, 10)
    words = [_UNITS[hundreds - 1], "зуу"] if hundreds else []
    words += [_TENS[tens - 1]] if tens else []
    return words + ([_UNITS[units - 1]] if units else [])


def cardinal(n: int, /, *, attributive: bool = False) -> str:
    """A whole number in words: 322 → `гурван зуун хорин хоёр`. ValueError outside 0..999,999,999,999,999.

    The last part is absolute (`хорь`), or with `attributive` the form before a noun (`хорин` төгрөг). A
    heading is the absolute form in capitals: `АРВАН НЭГ.`. Rule: every part but the last is attributive, and
    so is the multiplier of зуу, мянга, сая …; `мянга` stays as it is before smaller parts.
    """
    if not 0 <= n < _CARDINAL_END:
        raise ValueError(f"number words exist here for 0 to {_CARDINAL_END - 1:,}, not for {n}")
    words: list[str] = []
    rest = n
    for scale, name in _SCALES:
        count, rest = divmod(rest, scale)
        if count:
            words += [*(_ATTRIBUTIVE[word] for word in _below_thousand(count)), name]
    tail = _below_thousand(rest)
    words += [_ATTRIBUTIVE[word] for word in tail[:-1]] + tail[-1:]
    words = words or ["тэг"]
    if attributive:
        words[-1] = _ATTRIBUTIVE.get(words[-1], words[-1])
    return " ".join(words)


def ordinal(n: int, /) -> str:
    """A whole number as an ordinal word: 11 → `арван нэгдүгээр`, 100 → `нэг зуудугаар`; range as `cardinal`.

    Only the last word changes. hunspell-mn does not know `тэгдүгээр` (0), `саядугаар`, `тэрбумдугаар` and
    `наяддугаар`.
    """
    *head, last = cardinal(n).split(" ")
    return " ".join([*head, _ORDINAL[last]])


# --- Endings after digits (domain.md 6.2) -------------------------------------------------------------------


class Case(StrEnum):
    """A grammatical case (тийн ялгал). `DATE` is the genitive of a day of the month: `15-ны өдөр`."""

    DATE = "date"
    GENITIVE = "genitive"
    DATIVE = "dative"
    ACCUSATIVE = "accusative"
    ABLATIVE = "ablative"
    INSTRUMENTAL = "instrumental"
    COMITATIVE = "comitative"


# "Key = last non-zero digit if it is the units digit; else the tens value (10…90); else 00 (hundreds,
# thousands)." A lone 0 has no date form. The columns follow `Case`.
_ENDINGS = """
1   ний  ийн  д  ийг  ээс  ээр  тэй
2   ны   ын   т  ыг   оос  оор  той
3   ны   ын   т  ыг   аас  аар  тай
4   ний  ийн  т  ийг  өөс  өөр  тэй
5   ны   ын   д  ыг   аас  аар  тай
6   ны   ийн  д  г    аас  аар  тай
7   ны   ийн  д  г    оос  оор  той
8   ны   ын   д  ыг   аас  аар  тай
9   ний  ийн  д  ийг  өөс  өөр  тэй
10  ны   ын   т  ыг   аас  аар  тай
20  ны   ын   д  ыг   оос  оор  той
30  ны   ийн  д  ийг  аас  аар  тай
40  ний  ийн  д  ийг  өөс  өөр  тэй
50  ны   ийн  д  ийг  аас  аар  тай
60  ны   ын   д  ыг   аас  аар  тай
70  ны   ын   д  ыг   аас  аар  тай
80  ны   ын   д  ыг   аас  аар  тай
90  ний  ийн  д  ийг  ээс  ээр  тэй
00  ны   ийн  д  г    аас  аар  тай
0   –    ийн  т  ийг  ээс  ээр  тэй
"""
_ENDING_OF = {
    key: dict(zip(Case, columns, strict=True))
    for key, *columns in (line.split() for line in _ENDINGS.split("\n") if line)
}
_FRONT = frozenset({"1", "4", "9", "40", "90", "0"})  # "Front class = {1, 4, 9, 40, 90, lone 0}"
CASE_OF: Mapping[str, Case] = MappingProxyType(
    {text: case for row in _ENDING_OF.values() for case, text in row.items() if text != "–"}
)
"""Every ending that can stand after digits, without its hyphen, and the case that it marks: `оос` → ablative."""

# The percent sign has one set for all numbers: hunspell-mn takes `100%-ийн`, `70%-тай` and rejects `100%-ын`,
# `1%-тэй`.
_PERCENT_ENDINGS = dict(zip(list(Case)[1:], ("ийн", "д", "ийг", "аас", "аар", "тай"), strict=True))

_DIGITS = re.compile(r"[0-9]+")
_MAX_EXPONENT = 400

Numeral = int | str | Decimal
"""A number as a value or as written: `2`, `"05"`, `"9.2.2"`, `"А/191"`, `"8-11"`."""


def _plain(value: Decimal | int) -> str:
    """The exact digits of a number, without exponent; ValueError if it has none or is beyond 10^±400."""
    if isinstance(value, int):
        return str(value)
    if not value.is_finite() or abs(value.adjusted()) > _MAX_EXPONENT:
        raise ValueError(f"not a number that can be written out: {value}")
    return format(value, "f")


def _written(numeral: Numeral) -> str:
    return numeral if isinstance(numeral, str) else _plain(numeral)


def _key(group: str) -> str:
    """The row of the table for one group of digits; zeros alone (the end of `1 000`, `15:00`) are row 00."""
    digits = group.lstrip("0")
    if not digits:
        return "0" if len(group) == 1 else "00"
    if digits[-1] != "0":
        return digits[-1]
    return digits[-2:] if digits[-2] != "0" else "00"


def _key_of(numeral: Numeral) -> str:
    """The row for a number: the last group of digits decides, whatever stands around it."""
    groups = _DIGITS.findall(_written(numeral))
    if not groups:
        raise ValueError(f"no digits in {numeral!r}: an ending follows the last digits of a number")
    return _key(groups[-1])


def ending(number: Numeral, case: Case, /) -> str:
    """The ending after digits, with its hyphen: (2, ablative) → `-оос`; ValueError without digits.

    The LAST group of digits decides (`9.2.2`, `А/191`, `8-11`); leading zeros do not matter; a lone 0 has no
    date form.
    """
    found = _ENDING_OF[_key_of(number)][case]
    if found == "–":
        raise ValueError(f"{number!r} is no day of a month: 0 has no date form")
    return f"-{found}"


def with_ending(number: Numeral, case: Case, /) -> str:
    """The number and its ending: (2, ablative) → `2-оос`; errors as `ending`."""
    return _written(number) + ending(number, case)


def nth_word(number: Numeral, /) -> str:
    """The ordinal word after digits: `дугаар` or `дүгээр`; ValueError without digits."""
    return "дүгээр" if _key_of(number) in _FRONT else "дугаар"


def nth(number: Numeral, /) -> str:
    """The number as an ordinal in digits: `206 дугаар`, `01 дүгээр`, `А/191 дүгээр`."""
    return f"{_written(number)} {nth_word(number)}"


def at_word(number: Numeral, /) -> str:
    """The word that points to a part of a text, after its number: `дахь` or `дэх`."""
    return "дэх" if _key_of(number) in _FRONT else "дахь"


def at(number: Numeral, /) -> str:
    """A part of a text by its number: `5.1 дэх`, `9.2.2 дахь`."""
    return f"{_written(number)} {at_word(number)}"


def at_least(number: Numeral, /) -> str:
    """A lower limit: `2-оос доошгүй`."""
    return f"{with_ending(number, Case.ABLATIVE)} доошгүй"


# --- Dates (domain.md 6.3) ----------------------------------------------------------------------------------

DATE_EXAMPLES = (
    "2021 оны 10 дугаар сарын 15-ны өдөр",
    "2021 оны 10 дугаар сарын 15-ны өдрийн",
    "2021 оны 10 дугаар сарын 15-ны өдрөөс эхлэн",
    "2021 оны 10 дугаар сарын 15-ны өдөр хүртэл",
    "2021 оны 10 дугаар сарын 15-ны дотор",
    "01 дүгээр сарын 25-ны дотор",
    "2021 оны 01 дүгээр сарын 20",
    "2021.10.15",
    "2021.10.15.",
    "2020.01.24-ний өдөр",
    "2020.01.24-ний өдрийн",
    "2021 оны 6 дугаар сарын байдлаар",
    "2021 оны жилийн эцсийн байдлаар",
    "2021 оны жилийн эцэс",
    "2020 ОНЫ 10 ДУГААР САРЫН 30-НЫ ӨДРИЙН",
)
"""The manners of a date that `date_like` knows; each also in capitals, and with or without `05` for 5."""

_YEAR = r"(?:(?P<year>[0-9]{4}) оны )?"
_DAY_END = r"[-–](?:ны|ний)(?: (?P<tail>өдөр|өдрийн|өдрөөс эхлэн|өдөр хүртэл|дотор))?"
_IN_WORDS = re.compile(
    rf"{_YEAR}(?P<month>[0-9]{{1,2}}) (?:дугаар|дүгээр) сарын "
    rf"(?:(?P<day>[0-9]{{1,2}})(?P<ending>{_DAY_END})?|(?P<state>байдлаар))"
)
_DOTTED = re.compile(
    rf"(?P<year>[0-9]{{4}})\.(?P<month>[0-9]{{1,2}})\.(?P<day>[0-9]{{1,2}})(?:(?P<stop>\.)|(?P<ending>{_DAY_END}))?"
)
_ISO = re.compile(r"(?P<year>[0-9]{4})-(?P<month>[0-9]{2})-(?P<day>[0-9]{2})")
_YEAR_END = re.compile(rf"{_YEAR}(?P<year_end>жилийн (?:эцэст?|эцсийн байдлаар))")

_Parts = dict[str, str | None]


def _date_parts(text: str, patterns: Sequence[re.Pattern[str]]) -> _Parts | None:
    """The named groups of the pattern that the whole text follows, if its month and day can be."""
    for pattern in patterns:
        if match := pattern.fullmatch(text):
            parts = match.groupdict()
            fits = 1 <= int(parts.get("month") or 1) <= 12 and 1 <= int(parts.get("day") or 1) <= 31
            return parts if fits else None
    return None


def _pads(part: str | None, other: str | None) -> bool:
    """Whether an example writes two digits: 05 does, 5 does not, 10 does unless the other part does not."""
    if part is None or len(part) == 1:
        return False
    return part[0] == "0" or other is None or len(other) == 2


def _like_parts(day: date, parts: _Parts) -> str:
    year = f"{day.year:04d}"
    prefix = f"{year} оны " if parts["year"] else ""
    if parts.get("year_end"):
        return f"{prefix}{parts['year_end']}"
    month = f"{day.month:02d}" if _pads(parts["month"], parts["day"]) else str(day.month)
    days = f"{day.day:02d}" if _pads(parts["day"], parts["month"]) else str(day.day)
    if parts.get("state"):
        return f"{prefix}{nth(month)} сарын байдлаар"
    if parts.get("ending"):
        days = with_ending(days, Case.DATE) + (f" {parts['tail']}" if parts["tail"] else "")
    if "stop" in parts:
        return f"{year}.{month}.{days}{parts['stop'] or ''}"
    return f"{prefix}{nth(month)} сарын {days}"


def date_like(day: date, example: str, /) -> str:
    """The date in the manner of an example (`DATE_EXAMPLES`), with the endings that its own digits ask for.

    Parts that the example leaves out (the year of `01 дүгээр сарын 25-ны дотор`) are left out. An example all
    in capitals prints capitals. Month and day have two digits if the example writes 01…09 so, one if it
    writes 1…9; 10 and above say nothing: they follow the other part, and if that says nothing too, two digits
    are printed (the official line). ValueError for an example that is not understood.
    """
    text = " ".join(example.split())
    capitals = text == text.upper() and text != text.lower()
    parts = _date_parts(text.lower() if capitals else text, (_IN_WORDS, _DOTTED, _YEAR_END))
    if parts is None:
        raise ValueError(f"not an example of a date: {example!r}; known: {'; '.join(DATE_EXAMPLES)}")
    printed = _like_parts(day, parts)
    return printed.upper() if capitals else printed


def read_date(text: str, /) -> date | None:
    """The date that the whole text is, in any pattern with year, month and day; else None.

    Letter case, spaces around and doubled spaces, padding and wrong endings (`1-ны`, published so) do not
    matter. ISO 8601 (`2021-10-15`) is read too, though it is never printed. What the tail says (until, by) is
    the caller's.
    """
    parts = _date_parts(" ".join(text.lower().split()), (_DOTTED, _IN_WORDS, _ISO))
    if parts is None or not (parts["year"] and parts["month"] and parts["day"]):
        return None
    try:
        return date(int(parts["year"]), int(parts["month"]), int(parts["day"]))
    except ValueError:
        return None


def _listed(numbers: Iterable[int], low: int, high: int, noun: str) -> list[int]:
    """The numbers sorted, each once; ValueError for none or for one outside the range."""
    found = sorted(set(numbers))
    if not found or not low <= found[0] <= found[-1] <= high:
        raise ValueError(f"expected {noun} from {low} to {high}, got {found}")
    return found


def _is_run(numbers: Sequence[int], at_least: int) -> bool:
    """Whether sorted numbers follow one another without gap."""
    return len(numbers) >= at_least and numbers[-1] - numbers[0] == len(numbers) - 1


def weekday(day: date, /) -> str:
    """The day of the week: `лхагва гараг` (names from CLDR through Babel, domain.md 7)."""
    from babel.dates import get_day_names

    return f"{get_day_names('wide', locale='mn')[day.weekday()].lower()} гараг"


def several_days(days: Sequence[int], /) -> str:
    """Days of a month: `8,9-ний өдрүүдэд`; three or more in a row `8-11-ний өдрүүдэд`; one `8-ны өдөр`."""
    found = _listed(days, 1, 31, "days of a month")
    joined = f"{found[0]}-{found[-1]}" if _is_run(found, 3) else ",".join(map(str, found))
    return f"{with_ending(joined, Case.DATE)} {'өдөр' if len(found) == 1 else 'өдрүүдэд'}"


def date_with_blanks(year: int, month: int | None, day: int | None) -> str:
    """A date whose unknown parts are dots for the hand (domain.md 2.4): `2024 оны …. сарын …. –ны өдрийн`."""
    months_text = "…." if month is None else nth(f"{_listed([month], 1, 12, 'a month')[0]:02d}")
    day_text = "…. –ны"
    if day is not None:
        day_text = with_ending(f"{_listed([day], 1, 31, 'a day of a month')[0]:02d}", Case.DATE)
    return f"{year:04d} оны {months_text} сарын {day_text} өдрийн"


# --- Years, quarters, months, list marks (domain.md 6.3, 6.4) -----------------------------------------------

# nominative, then the cases of `Case` without DATE: the noun declines, its number never does
_NOUNS = {
    "он": ["он", "оны", "онд", "оныг", "оноос", "оноор", "онтой"],
    "улирал": ["улирал", "улирлын", "улиралд", "улирлыг", "улирлаас", "улирлаар", "улиралтай"],
    "жил": ["жил", "жилийн", "жилд", "жилийг", "жилээс", "жилээр", "жилтэй"],
    "сар": ["сар", "сарын", "сард", "сарыг", "сараас", "сараар", "сартай"],
}
_ROMAN = tuple(
    zip(
        (1000, 900, 500, 400, 100, 90, 50, 40, 10, 9, 5, 4, 1),
        ["M", "CM", "D", "CD", "C", "XC", "L", "XL", "X", "IX", "V", "IV", "I"],
        strict=True,
    )
)

LIST_LETTERS = "абвгдеёжзиклмноөпрстуүфхцчшэюя"
"""The letters of lists in their order: the Mongolian alphabet without й, щ, ъ, ы, ь."""


def _declined(noun: str, case: Case | None) -> str:
    if case is Case.DATE:
        raise ValueError(f"the date genitive belongs to days of a month, not to {noun!r}; use Case.GENITIVE")
    return _NOUNS[noun][0 if case is None else list(Case).index(case)]


def year_phrase(year: int, case: Case | None = None, /, *, last: int | None = None) -> str:
    """The year, or the years to `last`, in a case (nominative): `2024 он`, `2024 онд`, `2023-2024 оны`."""
    return f"{year}{'' if last is None else f'-{last}'} {_declined('он', case)}"


def year_until(year: int, /) -> str:
    """Until a year: `2024 он хүртэл`."""
    return f"{year} он хүртэл"


def quarters(numbers: Iterable[int], case: Case | None = None, /) -> str:
    """Quarters of a year (улирал) in a case: `I улирал`, `II, IV улирал`, without gap `I-IV улирал`."""
    found = _listed(numbers, 1, 4, "quarters")
    romans = [roman(n) for n in found]
    joined = f"{romans[0]}-{romans[-1]}" if _is_run(found, 2) else ", ".join(romans)
    return f"{joined} {_declined('улирал', case)}"


def half_year(half: int, case: Case | None = None, /, *, in_words: bool = False) -> str:
    """A half-year (хагас жил) in a case: `I хагас жил`; in words `Эхний хагас жил`, `Сүүлийн хагас жил`."""
    _listed([half], 1, 2, "half-years")
    name = ("Эхний", "Сүүлийн")[half - 1] if in_words else roman(half)
    return f"{name} хагас {_declined('жил', case)}"


def months(numbers: Iterable[int], case: Case | None = None, /) -> str:
    """Months of a year (сар) in a case; the ordinal word follows the last number: `6, 12 дугаар сар`."""
    joined = ", ".join(map(str, _listed(numbers, 1, 12, "months")))
    return f"{nth(joined)} {_declined('сар', case)}"


@lru_cache(256, typed=True)
def roman(n: int, /) -> str:
    """A number from 1 to 3999 in Roman numerals, Latin letters; ValueError outside."""
    rest = _listed([n], 1, 3999, "a number for Roman numerals")[0]
    text = ""
    for value, letters in _ROMAN:
        count, rest = divmod(rest, value)
        text += letters * count
    return text


def list_letter(n: int, /) -> str:
    """The letter of the n-th list item, from 1: а, б … я (30), then аа, аб … as workbooks count columns."""
    if n < 1:
        raise ValueError(f"list items are counted from 1, not {n}")
    letters = ""
    while n:
        n, index = divmod(n - 1, len(LIST_LETTERS))
        letters = LIST_LETTERS[index] + letters
    return letters


def letter_index(letter: str, /) -> int | None:
    """The number of a list letter, small or capital, from 1; None for й, щ, ъ, ы, ь and anything else."""
    n = 0
    for character in letter.lower():
        index = LIST_LETTERS.find(character)
        if index < 0:
            return None
        n = n * len(LIST_LETTERS) + index + 1
    return n or None


# --- Numbers, percent, money (domain.md 6.5) ----------------------------------------------------------------

_SEPARATORS = {"none": "", "comma": ",", "space": "\u00a0"}
_ROUNDINGS = {"half_up": ROUND_HALF_UP, "down": ROUND_DOWN}
_THOUSANDS = re.compile(r"(?<=[0-9])(?=(?:[0-9]{3})+\Z)")
_WITH_COMMAS = re.compile(r"[-−]?[1-9][0-9]{0,2}(?:,[0-9]{3})+(?:\.[0-9]+)?")
_WITH_SPACES = re.compile(r"[-−]?(?:[1-9][0-9]{0,2}(?:[ \u00a0\u202f][0-9]{3})+|[0-9]+)(?:[.,][0-9]+)?")

MoneyUnit = Literal["төгрөг", "мянган төгрөг", "сая төгрөг"]


def number(
    value: Decimal | int,
    /,
    *,
    thousands: Literal["none", "comma", "space"] = "none",
    decimals: int | None = None,
    rounding: Literal["half_up", "down"] = "half_up",
    decimal_sign: Literal[".", ","] = ".",
) -> str:
    """A number in digits, exact (`decimals=None`) or with that many decimals, rounded half up or cut.

    `space` is U+00A0. A rounded zero has no sign. ValueError for NaN, infinity, and for `,` in both roles.
    """
    if thousands == "comma" and decimal_sign == ",":
        raise ValueError("the comma cannot separate both thousands and decimals")
    text = _plain(value)
    if decimals is not None:
        context = Context(prec=len(text) + decimals + 1)
        step = Decimal(1).scaleb(-decimals)
        text = format(Decimal(value).quantize(step, _ROUNDINGS[rounding], context), "f")
    sign = "-" if text.startswith("-") and text.strip("-0.") else ""
    whole, _, fraction = text.lstrip("-").partition(".")
    whole = _THOUSANDS.sub(_SEPARATORS[thousands], whole)
    return f"{sign}{whole}{decimal_sign if fraction else ''}{fraction}"


def percent(value: Decimal | int, /) -> str:
    """Percent as in columns, exact and without space: `100%`, `91.4%`."""
    return f"{number(value)}%"


def percent_words(value: Decimal | int, /) -> str:
    """Percent as in running text: `91.4 хувь`."""
    return f"{number(value)} хувь"


def percent_with_ending(value: Numeral, case: Case, /) -> str:
    """Percent with its ending, one set for all numbers: `100%-ийн`, `70%-тай`; ValueError for Case.DATE."""
    if case is Case.DATE:
        raise ValueError("percent has no date form; use Case.GENITIVE")
    _key_of(value)
    return f"{_written(value)}%-{_PERCENT_ENDINGS[case]}"


def money(
    amount: Decimal | int,
    unit: MoneyUnit = "төгрөг",
    /,
    *,
    thousands: Literal["none", "comma", "space"] = "none",
    decimals: int | None = None,
) -> str:
    """An amount counted in `unit`, and the unit: `1.5 сая төгрөг` from (1.5, `сая төгрөг`)."""
    return f"{number(amount, thousands=thousands, decimals=decimals)} {unit}"


def read_number(text: str, /) -> Decimal | None:
    """A number as people write it; None if malformed.

    `.` and `,` are decimal signs; spaces (also U+00A0, U+202F) and commas separate full groups of three. A
    comma that can separate thousands does (`1,234` is 1234, as CLDR and `number` write it; `0,234` and
    `12,34` are decimals). Dots never separate thousands: `1.234` is a decimal, `1.234.567` and `1.234,5` are
    None.
    """
    text = text.strip()
    if _WITH_COMMAS.fullmatch(text):
        text = text.replace(",", "")
    elif not _WITH_SPACES.fullmatch(text):
        return None
    return Decimal("".join(text.split()).replace(",", ".").replace("−", "-"))


# --- Names of organisations (domain.md 6.6) -----------------------------------------------------------------


class Head(NamedTuple):
    """The forms of a head word (толгой үг) of names; None where no form is sure."""

    genitive: str | None
    dative: str | None
    ablative: str | None


# No inflector: яам → яамны has a hidden н, хэлтэс → хэлтсийн loses a vowel. Genitives are the table of
# domain.md; all forms are accepted by hunspell-mn, which knows no dative of комисс.
_HEADS = """
яам          яамны           яаманд         яамнаас
газар        газрын          газарт         газраас
хэлтэс       хэлтсийн        хэлтэст        хэлтсээс
тасаг        тасгийн         тасагт         тасгаас
алба         албаны          албанд         албанаас
товчоо       товчооны        товчоонд       товчооноос
төв          төвийн          төвд           төвөөс
сан          сангийн         санд           сангаас
зөвлөл       зөвлөлийн       зөвлөлд        зөвлөлөөс
хороо        хорооны         хороонд        хорооноос
комисс       комиссын        –              комиссоос
хүрээлэн     хүрээлэнгийн    хүрээлэнд      хүрээлэнгээс
агентлаг     агентлагийн     агентлагт      агентлагаас
нэгж         нэгжийн         нэгжид         нэгжээс
байгууллага  байгууллагын    байгууллагад   байгууллагаас
аймаг        аймгийн         аймагт         аймгаас
сум          сумын           суманд         сумаас
дүүрэг       дүүргийн        дүүрэгт        дүүргээс
баг          багийн          багт           багаас
нийслэл      нийслэлийн      нийслэлд       нийслэлээс
хот          хотын           хотод          хотоос
сургууль     сургуулийн      сургуульд      сургуулиас
цэцэрлэг     цэцэрлэгийн     цэцэрлэгт      цэцэрлэгээс
эмнэлэг      эмнэлгийн       эмнэлэгт       эмнэлгээс
музей        музейн          музейд         музейгээс
театр        театрын         театрт         театраас
шүүх         шүүхийн         шүүхэд         шүүхээс
дарга        даргын          даргад         даргаас
сайд         сайдын          сайдад         сайдаас
захирал      захирлын        захиралд       захирлаас
эрхлэгч      эрхлэгчийн      эрхлэгчид      эрхлэгчээс
мэргэжилтэн  мэргэжилтний    мэргэжилтэнд   мэргэжилтнээс
ажилтан      ажилтны         ажилтанд       ажилтнаас
"""
# Abbreviations follow the sound of their last letter: stored, not derived.
_ABBREVIATIONS = """
АТГ    АТГ-ын   –        АТГ-аас
УИХ    УИХ-ын   –        –
ГЕГ    ГЕГ-ын   –        –
ТББ    ТББ-ын   –        –
НҮБ    НҮБ-ын   –        –
ЗДТГ   ЗДТГ-ын  –        –
ХХК    ХХК-ийн  –        –
ЕБС    ЕБС-ийн  –        –
ХШҮ    ХШҮ-ний  –        –
УССГХ  –        УССГХ-т  –
"""


def _heads(table: str) -> Mapping[str, Head]:
    rows = (line.split() for line in table.split("\n") if line)
    return {word: Head(*(None if form == "–" else form for form in forms)) for word, *forms in rows}


HEADS: Mapping[str, Head] = MappingProxyType({**_heads(_HEADS), **_heads(_ABBREVIATIONS)})
"""The words that can end a name, with their forms: small letters, abbreviations in capitals."""
_LAST_WORD = re.compile(r"(?<!\S)\S+\Z")


def _decline_name(name: str, choose: Callable[[Head], str | None]) -> str | None:
    match = _LAST_WORD.search(name)
    if match is None:
        return None
    word = match.group()
    for style in (str, str.capitalize, str.upper):
        known = word if style is str else word.lower()
        if known in HEADS and style(known) == word:
            form = choose(HEADS[known])
            return None if form is None else name[: match.start()] + style(form)
    return None


def genitive(name: str, /) -> str | None:
    """The genitive of a name: `Гаалийн ерөнхий газар` → `… газрын`; None if its last word is no head.

    Only the last word declines, by `HEADS`; small letters, a first capital and CAPITALS are kept. Nothing is
    guessed.
    """
    return _decline_name(name, lambda head: head.genitive)


def dative(name: str, /) -> str | None:
    """The dative of a name (`… газарт`), as `genitive`."""
    return _decline_name(name, lambda head: head.dative)


def ablative(name: str, /) -> str | None:
    """The ablative of a name (`… газраас`), as `genitive`."""
    return _decline_name(name, lambda head: head.ablative)


# --- Sorting (domain.md 6.7) --------------------------------------------------------------------------------

_ALPHABET = {letter: index for index, letter in enumerate("абвгдеёжзийклмноөпрстуүфхцчшщъыьэюя")}
_ATOMS = re.compile(r"[0-9]+|.", re.DOTALL)


def _atom_key(atom: str) -> tuple[int, int, str]:
    if atom[0] in "0123456789":
        digits = atom.lstrip("0")
        return (1, len(digits), digits)
    if atom in _ALPHABET:
        return (2, _ALPHABET[atom], "")
    return (0, ord(atom), "")


def collation_key(text: str, /) -> tuple[tuple[int, int, str], ...]:
    """A key that sorts by the 35-letter alphabet in any letter case; other characters first, digits by value.

    ё is a letter of its own after е (ICU's `mn` makes it a variant of е), ө follows о, ү follows у.
    """
    return tuple(map(_atom_key, _ATOMS.findall(unicodedata.normalize("NFC", text).lower())))
