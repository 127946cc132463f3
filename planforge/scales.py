"""Scales of evaluation and their arithmetic (domain.md 4): levels, means, rounding, shares; exact throughout.

Percents are `Decimal` from 0 to 100, means `Fraction` until they are rounded: no binary fraction comes near them, and
no decimal context of the caller can cut them.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from typing import Literal, TypeAlias

from planforge import mongolian
from planforge.model import Between, Result, Scale, Share, Status

__all__ = [
    "ANY",
    "GOV4",
    "GOV4_40",
    "MOF8",
    "SCALES",
    "Figures",
    "Rounding",
    "figures",
    "level_of",
    "mean",
    "percents",
    "rounded",
    "status_word",
    "word_of",
]

Rounding: TypeAlias = Literal["half_up", "cut"]
"""Two bodies cut the rest off, the ministry's query rounds half up (domain.md 4.2, M8)."""


def _scale(name: str, levels: Mapping[int, str]) -> Scale:
    by_percent = {Decimal(percent): word for percent, word in levels.items()}
    return Scale.model_construct(name=name, levels=by_percent, between=Between.NONE)  # built without a schema


GOV4 = _scale("GOV4", {100: "Бүрэн хэрэгжсэн", 70: "Хэрэгжих шатандаа", 30: "Хэрэгжилт хангалтгүй", 0: "Хэрэгжээгүй"})
GOV4_40 = _scale("GOV4_40", {100: "Биелсэн", 70: "Хэрэгжих шатандаа", 40: "", 0: "Тасарсан"})
"""The form that shows this scale has three words for its four levels; that «Тасарсан» is 0 is our own reading."""
MOF8 = _scale("MOF8", dict.fromkeys((100, 90, 80, 70, 50, 30, 10, 0), ""))
ANY = _scale("ANY", {})
"""Any percent, without words."""

SCALES: Mapping[str, Scale] = {scale.name: scale for scale in (GOV4, GOV4_40, MOF8, ANY)}
"""The scales of domain.md 4.1 by name."""


def level_of(percent: Decimal, scale: Scale, /) -> Decimal | None:
    """The level of a percent; None if the scale has none for it."""
    if not scale.levels or percent in scale.levels:
        return percent
    if scale.between is Between.LOWER:
        return max((level for level in scale.levels if level < percent), default=None)
    return None


def word_of(level: Decimal, scale: Scale, /) -> str:
    """The word of a level, else its percent."""
    return scale.levels.get(level) or mongolian.percent(level)


def status_word(status: Status, /) -> str:
    """A status as lists name it: `Хугацаа болоогүй`, where a column has `ХБ`."""
    word = max(status.words, key=len)
    return word[:1].upper() + word[1:]


def percents(results: Iterable[Result], /) -> list[Decimal]:
    """The percents that count: a status stands in place of one (M2), 0 counts (M3)."""
    return [result.percent for result in results if result.percent is not None and result.status is None]


def mean(values: Sequence[Decimal] | Sequence[Fraction], /) -> Fraction | None:
    """The plain mean, exact (M1); None of nothing, never 0 (M4)."""
    return sum(map(Fraction, values), Fraction(0)) / len(values) if values else None


def rounded(value: Fraction, /, decimals: int = 1, rounding: Rounding = "half_up") -> Decimal:
    """A value from 0 on with at most so many decimals, zeros at the end dropped: `98`, not `98.0` (M7, M8)."""
    scaled = value * 10**decimals
    whole = scaled.numerator // scaled.denominator
    if rounding == "half_up" and (scaled - whole) * 2 >= 1:
        whole += 1
    while decimals and whole % 10 == 0:
        whole, decimals = whole // 10, decimals - 1
    return Decimal(f"{whole}E-{decimals}")


@dataclass(frozen=True, slots=True)
class Figures:
    """What some measures come to: counts, mean, score of 5 and the shares of the levels."""

    total: int
    assessed: int
    mean: Decimal | None
    score: Decimal | None
    levels: tuple[Share, ...]


def figures(
    results: Sequence[Result],
    scale: Scale = GOV4,
    /,
    *,
    decimals: int = 1,
    rounding: Rounding = "half_up",
    exact: Fraction | None = None,
) -> Figures:
    """The figures of some results; `exact` is their mean where it is not the plain one.

    The score is percent × 5 / 100 with two decimals, taken from the exact mean.
    """
    counted = percents(results)
    value = mean(counted) if exact is None else exact
    return Figures(
        len(results),
        len(counted),
        None if value is None else rounded(value, decimals, rounding),
        None if value is None else rounded(value / 20, 2, rounding),
        tuple(_shares(results, scale, decimals, rounding)),
    )


def _shares(results: Sequence[Result], scale: Scale, decimals: int, rounding: Rounding) -> Iterable[Share]:
    """Every level of the scale, percents that are none, then what is outside the means: where there is any (M2, M9)."""
    levels: Counter[Decimal] = Counter(dict.fromkeys(scale.levels, 0))
    statuses: Counter[Status | None] = Counter()
    for result in results:
        if result.status is None and result.percent is not None:
            level = level_of(result.percent, scale)
            levels[result.percent if level is None else level] += 1
        else:
            statuses[result.status] += 1

    def share(word: str, count: int, level: Decimal | None = None, status: Status | None = None) -> Share:
        of_all = rounded(Fraction(100 * count, len(results)), decimals, rounding) if results else Decimal(0)
        return Share.model_construct(word=word, level=level, status=status, count=count, share=of_all)

    for level in sorted(levels, reverse=True):
        yield share(word_of(level, scale), levels[level], level)
    for status in (*Status, None):
        if statuses[status]:
            yield share(status_word(status) if status else "Хувь бичээгүй", statuses[status], None, status)
