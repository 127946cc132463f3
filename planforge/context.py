"""The context of a template without a schema: plain, frozen values out of whatever mapping a program gives."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from typing import cast

from planforge import text
from planforge.errors import DataError, DataPlace, Problem
from planforge.values import PAGE, PARAGRAPH, Image, Listing, RichText, from_docxtpl

__all__ = ["MAX_DATA_DEPTH", "MAX_DIGITS", "frozen"]

MAX_DATA_DEPTH = 32
"""Lists and mappings inside one another in the data of a template without a schema."""
MAX_DIGITS = 100
"""Digits of a number in such data, as it is printed."""


def frozen(data: object) -> Mapping[str, object]:
    """The context of a template without a schema as plain, frozen values; an empty rich text is an empty text.

    Raises DataError: PF307 (a type that no template takes), PF309 (a number that cannot be printed), PF310 (too deep),
    PF311 (two keys of one name), PF140 (a character that no document can hold), PF141 (a text that is too long).
    """
    problems: list[Problem] = []

    def freeze(value: object, path: tuple[str | int, ...]) -> object:
        place = DataPlace(path=path)
        if value is None or isinstance(value, bool):
            return value
        if isinstance(value, int | float | Decimal):
            number = _plain_number(value)
            if number is None:
                problems.append(Problem("PF309", place))
            return number
        if isinstance(value, str):
            return clean(value, place)
        if isinstance(value, date):
            return date(value.year, value.month, value.day)
        if isinstance(value, Image):
            return value
        if isinstance(value, Mapping | list | tuple) and len(path) > MAX_DATA_DEPTH:
            problems.append(Problem("PF310", DataPlace(path=path[:3]), {"limit": MAX_DATA_DEPTH}))
            return None
        if isinstance(value, Mapping):
            names = [clean(str(key), place) for key in value]
            twice = {name for name, count in Counter(names).items() if count > 1}
            problems.extend(Problem("PF311", place, {"name": name}) for name in twice)
            return {name: freeze(v, (*path, name)) for name, v in zip(names, value.values(), strict=True)}
        if isinstance(value, list | tuple):
            return tuple(freeze(v, (*path, i)) for i, v in enumerate(value))
        special = from_docxtpl(value)
        if isinstance(special, Listing):
            clean(_without_marks(special.text), place)
            return special if special.text else ""
        if isinstance(special, RichText):
            clean(_without_marks(special.xml[: text.MAX_LENGTH]), place)
            return special if special.xml else ""
        problems.append(Problem("PF307", place, {"found": type(value).__name__}))
        return None

    def clean(value: str, place: DataPlace) -> str:
        plain = text.normalise(str.__str__(value))
        if len(plain) > text.MAX_LENGTH:
            problems.append(Problem("PF141", place, {"length": len(plain), "limit": text.MAX_LENGTH}))
        for bad in text.refusals(plain, limit=1):
            args = {"character": text.code_point(bad.character), "index": bad.index + 1, "count": 1}
            problems.append(Problem("PF140", place, args))
        return plain

    if not isinstance(data, Mapping):
        raise DataError([Problem("PF307", None, {"found": type(data).__name__})])
    values = cast(Mapping[str, object], freeze(data, ()))
    if problems:
        raise DataError(problems)
    return {text.name_key(k): v for k, v in values.items()}


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
