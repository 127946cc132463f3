"""The context of a template without a schema: plain, frozen values out of whatever mapping a program gives."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from datetime import date
from decimal import Decimal
from typing import TypeAlias, cast

from planforge import text
from planforge.errors import DataError, DataPlace, Problem
from planforge.values import PAGE, PARAGRAPH, Image, Listing, RichText, from_docxtpl

__all__ = ["MAX_DATA_DEPTH", "MAX_DIGITS", "Freezer", "Path", "frozen"]

Path: TypeAlias = tuple[str | int, ...]
"""A place in the data."""

MAX_DATA_DEPTH = 32
"""Lists and mappings inside one another in the data of a template without a schema."""
MAX_DIGITS = 100
"""Digits of a number in such data, as it is printed."""


def frozen(data: object) -> Mapping[str, object]:
    """The context of a template without a schema as plain, frozen values; an empty rich text is an empty text.

    Raises DataError: PF307 (a type that no template takes), PF309 (a number that cannot be printed), PF310 (too deep),
    PF311 (two keys of one name), PF140 (a character that no document can hold), PF141 (a text that is too long).
    """
    if not isinstance(data, Mapping):
        raise DataError([Problem("PF307", None, {"found": type(data).__name__})])
    freezer = Freezer()
    values = cast(Mapping[str, object], freezer.value(data, ()))
    if freezer.problems:
        raise DataError(freezer.problems)
    return {text.name_key(k): v for k, v in values.items()}


class Freezer:
    """Copies values into plain, frozen ones, and collects what cannot be."""

    def __init__(self) -> None:
        self.problems: list[Problem] = []
        self.is_too_deep = False
        """Whether the limit was met: nothing deep is looked at again, for a value may hold itself twice."""

    def value(self, value: object, path: Path) -> object:
        """A value that nobody described."""
        if value is None or isinstance(value, bool):
            return value
        if isinstance(value, int | float | Decimal):
            return self.number(value, path)
        if isinstance(value, str):
            return self.text(value, path)
        if isinstance(value, date):
            return date(value.year, value.month, value.day)
        if isinstance(value, Image):
            return value
        if isinstance(value, Mapping | list | tuple) and self.ends(path, MAX_DATA_DEPTH):
            return None
        if isinstance(value, Mapping):
            names = self.labels([str(key) for key in value], path)
            return {name: self.value(v, (*path, name)) for name, v in zip(names, value.values(), strict=True)}
        if isinstance(value, list | tuple):
            return tuple(self.value(v, (*path, i)) for i, v in enumerate(value))
        special = from_docxtpl(value)
        if isinstance(special, Listing):
            self.text(_without_marks(special.text), path)
            return special if special.text else ""
        if isinstance(special, RichText):
            self.text(_without_marks(special.xml[: text.MAX_LENGTH]), path)
            return special if special.xml else ""
        self.problem("PF307", path, found=type(value).__name__)
        return None

    def number(self, value: float | Decimal, path: Path) -> int | Decimal | None:
        number = _plain_number(value)
        if number is None:
            self.problem("PF309", path)
        return number

    def text(self, value: str, path: Path) -> str:
        plain = text.normalise(str.__str__(value))
        if len(plain) > text.MAX_LENGTH:
            self.problem("PF141", path, length=len(plain), limit=text.MAX_LENGTH)
        for bad in text.refusals(plain, limit=1):
            self.problem("PF140", path, character=text.code_point(bad.character), index=bad.index + 1, count=1)
        return plain

    def labels(self, given: Iterable[str], path: Path) -> list[str]:
        """The labels of a mapping, each of them once."""
        names = [self.text(label, path) for label in given]
        for name, count in Counter(names).items():
            if count > 1:
                self.problem("PF311", path, name=name)
        return names

    def ends(self, path: Path, limit: int) -> bool:
        """Whether what stands here is too deep to be looked at."""
        if len(path) > limit and not self.is_too_deep:
            self.is_too_deep = True
            self.problem("PF310", path[:3], limit=limit)
        return self.is_too_deep

    def problem(self, code: str, path: Path, **args: object) -> None:
        self.problems.append(Problem(code, DataPlace(path=path), args))


def _without_marks(value: str) -> str:
    """A text without the two letters that docxtpl's values may hold and a text may not, at the same places."""
    return value.replace(PARAGRAPH, " ").replace(PAGE, " ")


def _plain_number(value: float | Decimal) -> int | Decimal | None:
    """A number as int or Decimal; None for one that is not finite or that no document would print."""
    if isinstance(value, int):
        return int(value) if abs(value) < 10**MAX_DIGITS else None
    number = Decimal(str(value)) if isinstance(value, float) else Decimal(value)
    _, digits, exponent = number.as_tuple()
    if not isinstance(exponent, int) or max(len(digits), len(digits) + exponent, -exponent) > MAX_DIGITS:
        return None
    return number
