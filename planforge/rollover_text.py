"""Years and dates inside free text: where they stand, and how they read when the plan is moved by some years.

Nothing is rewritten here. Every year or date is a `Finding` with a proposal and its reason; the proposal is the text as
it stands where moving it would be wrong or nobody can know: a decision of 2016 stays of 2016. A year that carries an
ending itself gets the ending of its new digits (`2024-өөс` → `2025-аас`); `он` declines, its number does not, so the
ending of `2024 онд` stays (domain.md 6.2, 6.3).
"""

from __future__ import annotations

import calendar
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from enum import StrEnum

from planforge import mongolian

__all__ = ["Finding", "Moved", "Why", "find"]


class Why(StrEnum):
    """Why a proposal is what it is."""

    MOVED = "moved"
    """A year of the plan, or next to it: it moves with the plan."""
    LEAP_DAY = "leap_day"
    """29 February, which the new year does not have: the 28th."""
    NO_YEAR = "no_year"
    """A date without a year: it comes back every year and stays."""
    OUTSIDE = "outside"
    """A year or range far from the plan's own: it stays."""
    REFERENCE = "reference"
    """The year of a law, an order or a resolution: it stays."""
    BARE_NUMBER = "bare_number"
    """Four digits before a word: perhaps a count, it stays."""


@dataclass(frozen=True, slots=True)
class Moved:
    """How a plan moves: its first and last year, and by how many years."""

    first: int
    last: int
    by: int

    def is_near(self, *years: int) -> bool:
        """Whether all of these are years of the plan, the one before or the one after."""
        return all(self.first - 1 <= year <= self.last + 1 for year in years)


@dataclass(frozen=True, slots=True)
class Finding:
    """A year or date in a text: `text[start:end] == old`; `new == old` proposes to leave it."""

    start: int
    end: int
    old: str
    new: str
    why: Why


_LEAP_YEAR = 2024  # stands in where no year is written, so that 29 February exists
_YEAR = "(?:19|20|21)[0-9]{2}"
_NOUN = (
    r"(?:\s{0,3}-?\s{0,3}он(?:ы|д|ыг|оос|оор|той|ууд(?:ын|ад|ыг)?)?(?!\w)"
    r"|\s{1,3}(?:оны\s{1,3})?(?:хичээлийн|төсвийн|санхүүгийн)\s{1,3}жил(?:ийн|д|ээс)?(?!\w))"
)
_ENDING = rf"[-–](?P<ending{{}}>(?:{'|'.join(sorted(mongolian.CASE_OF, key=len, reverse=True))}))(?!\w)"
_BEFORE = r"(?<!\w)(?<!\w/)(?<![0-9][.,:])(?<![0-9]-)(?<!№)(?<!№\s)"
_AFTER = r"(?!\w)(?![.,/:-][0-9])"

_PATTERN = re.compile(
    # 2024.03.20, 2024.03.20-2024.12.01, 2024-03-20, 2020.01.24-ний
    rf"(?P<dotted>{_BEFORE}(?P<dy>{_YEAR})(?P<sep>[./-])(?P<dm>[0-9]{{1,2}})(?P=sep)(?P<dd>[0-9]{{1,2}})"
    rf"(?:\s?[-–—]\s?(?:(?P<ey>{_YEAR})(?P=sep))?(?P<em>[0-9]{{1,2}})(?P=sep)(?P<ed>[0-9]{{1,2}}))?"
    rf"(?:{_ENDING.format('1')}|{_AFTER}))"
    # 15.03.2024, 15.03.2024-ний, 15.03.2024-20.04.2024, 15.03-20.04.2024, 8-15.03.2024
    rf"|(?P<reversed>{_BEFORE}(?:(?P<fd>[0-9]{{1,2}})(?:(?P<fsep>[./])(?P<fm>[0-9]{{1,2}})"
    rf"(?:(?P=fsep)(?P<fy>{_YEAR}))?)?\s?[-–—]\s?)?(?P<ld>[0-9]{{1,2}})(?P<lsep>[./-])(?P<lm>[0-9]{{1,2}})(?P=lsep)(?P<ly>{_YEAR})"
    rf"(?:{_ENDING.format('5')}|{_AFTER}))"
    # 2021 оны 10 дугаар сарын 15-ны, 01 дүгээр сарын 25-ны, 11 дүгээр сарын 8,9-ний
    rf"|(?P<worded>{_BEFORE}(?:(?P<wy>{_YEAR})\s{{0,3}}оны\s{{1,3}})?(?P<wm>[0-9]{{1,2}})"
    rf"(?:\s?-р|\s{{1,3}}(?:дугаар|дүгээр))?\s{{1,3}}сарын\s{{1,3}}(?:[0-9]{{1,2}}\s?[-–,]\s?){{0,6}}"
    rf"(?P<wd>[0-9]{{1,2}})(?![0-9])(?:{_ENDING.format('2')})?)"
    # 2023-2024 оны, 2024/2025 оны хичээлийн жил, 2024-25 он
    rf"|(?P<range>{_BEFORE}(?P<ra>{_YEAR})(?P<rsep>\s?[-–—/]\s?)"
    rf"(?:(?P<rb>{_YEAR})(?:{_NOUN}|{_ENDING.format('3')}|{_AFTER})|(?P<rs>[0-9]{{2}}){_NOUN}))"
    # 2024 онд, 2024-өөс, 2024
    rf"|(?P<single>{_BEFORE}(?P<sy>{_YEAR})(?:(?P<noun>{_NOUN})|{_ENDING.format('4')}|{_AFTER}))",
    re.IGNORECASE,
)
_ACTS = "тогтоол|тушаал|захирамж|шийдвэр|зарлиг|албан даалгавар"
_REFERENCE = re.compile(
    rf"(?:\s{{1,3}}өдрийн)?\s{{0,3}}(?:№\s{{0,2}})?(?:\w{{1,4}}/)?[0-9]{{1,5}}(?:/[0-9]{{1,5}})?"
    rf"(?:\s{{1,3}}(?:дугаар|дүгээр|тоот))?(?:\s{{1,3}}\w{{1,20}})?\s{{1,3}}(?:{_ACTS})",
    re.IGNORECASE,
)
_YEAR_FOLLOWS = re.compile(rf"\s{{0,3}}(?:,|ба|болон|эсвэл)\s{{0,3}}{_YEAR}(?![0-9])", re.IGNORECASE)
_ENDS = re.compile(r"\s{0,3}(?:\Z|[.;:)\]»”\"/\n])")


def find(text: str, moved: Moved, /, *, reference: bool = False) -> Iterator[Finding]:
    """The years and dates of a text in order, in linear time; with `reference` all of them stay (a legal basis).

    Four digits that stand alone are a year only near the plan's own.
    """
    for match in _PATTERN.finditer(text):
        propose = next(propose for kind, propose in _PROPOSALS.items() if match[kind])
        proposal = propose(match, moved)
        if proposal is None:
            continue
        new, why = proposal
        if why is not Why.NO_YEAR and (reference or _REFERENCE.match(text, match.end(), match.end() + 80)):
            new, why = match[0], Why.REFERENCE
        yield Finding(match.start(), match.end(), match[0], new, why)


_Proposal = tuple[str, Why]


def _dotted(match: re.Match[str], moved: Moved) -> _Proposal | None:
    if not match["em"]:
        return _dates(match, moved, ("dy", "dm", "dd", "ending1"))
    return _dates(match, moved, ("dy", "dm", "dd", None), ("ey", "em", "ed", "ending1"))


def _reversed(match: re.Match[str], moved: Moved) -> _Proposal | None:
    last = ("ly", "lm", "ld", "ending5")
    return _dates(match, moved, ("fy", "fm", "fd", None), last) if match["fm"] else _dates(match, moved, last)


def _worded(match: re.Match[str], moved: Moved) -> _Proposal | None:
    return _dates(match, moved, ("wy", "wm", "wd", "ending2"))


def _dates(match: re.Match[str], moved: Moved, *dates: tuple[str, str, str, str | None]) -> _Proposal | None:
    """One date or two, by the groups of year, month, day and ending; the second may leave out its year."""
    written = [int(match[year]) for year, *_ in dates if match[year]]
    old = written[0] if written else moved.first
    parts: dict[str, str] = {}
    leap = False
    for year, month, day, ending in dates:
        old = int(match[year]) if match[year] else old
        m, d = int(match[month]), int(match[day])
        if not 1 <= m <= 12 or not 1 <= d <= calendar.monthrange(old if written else _LEAP_YEAR, m)[1]:
            return None
        new = old + moved.by
        if match[year]:
            parts[year] = str(new)
        if (m, d) == (2, 29) and not calendar.isleap(new):
            leap = True
            parts[day] = "28"
            if ending and match[ending]:
                parts[ending] = _with_case_of(match[ending], "28")
    if not moved.is_near(*written):
        return match[0], Why.OUTSIDE
    return _with(match, parts), Why.LEAP_DAY if leap else Why.MOVED if written else Why.NO_YEAR


def _range(match: re.Match[str], moved: Moved) -> _Proposal | None:
    first = int(match["ra"])
    last = int(match["rb"]) if match["rb"] else first - first % 100 + int(match["rs"])
    if last <= first:
        return None
    if not moved.is_near(first, last):
        return match[0], Why.OUTSIDE
    parts = {"ra": str(first + moved.by)}
    parts["rb" if match["rb"] else "rs"] = str(last + moved.by)[-2 if match["rs"] else 0 :]
    if match["ending3"]:
        parts["ending3"] = _with_case_of(match["ending3"], parts["rb"])
    return _with(match, parts), Why.MOVED


def _single(match: re.Match[str], moved: Moved) -> _Proposal | None:
    year, text = int(match["sy"]), match.string
    if match["noun"]:
        if not moved.is_near(year):
            return match[0], Why.OUTSIDE
    elif not moved.is_near(year):
        return None
    elif not match["ending4"] and not _ENDS.match(text, match.end()) and not _YEAR_FOLLOWS.match(text, match.end()):
        return match[0], Why.BARE_NUMBER
    parts = {"sy": str(year + moved.by)}
    if match["ending4"]:
        parts["ending4"] = _with_case_of(match["ending4"], parts["sy"])
    return _with(match, parts), Why.MOVED


_PROPOSALS: dict[str, Callable[[re.Match[str], Moved], _Proposal | None]] = {
    "dotted": _dotted,
    "reversed": _reversed,
    "worded": _worded,
    "range": _range,
    "single": _single,
}


def _with_case_of(ending: str, number: str) -> str:
    """The ending of another number in the case of one that was typed, in its letters, small or capital."""
    new = mongolian.ending(number, mongolian.CASE_OF[ending.lower()]).removeprefix("-")
    return new.upper() if ending.isupper() else new


def _with(match: re.Match[str], parts: dict[str, str]) -> str:
    """The match with some of its groups replaced."""
    out, at = "", match.start()
    for name, new in sorted(parts.items(), key=lambda part: match.start(part[0])):
        out += match.string[at : match.start(name)] + new
        at = match.end(name)
    return out + match.string[at : match.end()]
