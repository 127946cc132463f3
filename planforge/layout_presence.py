"""Whether a text with conditions in it prints anything, and what, each told as one expression.

A cell prints its `empty` where its text prints no value, and merges with the cell above where both print the same. What
stands inside an `{% if %}` is asked for only where its condition holds.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TypeAlias

from planforge.layout_text import Do, Printed, literal, operand

__all__ = ["merge_key", "presence"]

Test: TypeAlias = str | bool | None
"""An expression that holds, always, never, or nothing that an expression can tell."""


@dataclass(frozen=True, slots=True)
class _Choice:
    """`{% if %}` … `{% endif %}`: what each condition leads to, and what stands under `else`."""

    branches: tuple[tuple[str, tuple[_Part, ...]], ...]
    otherwise: tuple[_Part, ...]


@dataclass(frozen=True, slots=True)
class _Loop:
    """`{% for %}` … `{% endfor %}`; some items may be passed over."""

    items: str
    filtered: bool
    body: tuple[_Part, ...]
    otherwise: tuple[_Part, ...]


_Part: TypeAlias = str | Printed | Do | _Choice | _Loop


def presence(pieces: Sequence[str | Printed | Do], /) -> Test:
    """Where the tags of a text print a value; words beside tags do not count, words alone in a condition do."""
    return _test(_parts(iter(pieces))[0])


def merge_key(pieces: Sequence[str | Printed | Do], /) -> str | None:
    """What the tags of a text print, as operands of `~`; None where no expression can say it."""
    parts = _parts(iter(pieces))[0]
    return _key([p for p in parts if not isinstance(p, str)])


def _parts(pieces: Iterator[str | Printed | Do]) -> tuple[tuple[_Part, ...], Do]:
    """The parts up to the statement that ends them; whether it is the right one is told elsewhere."""
    found: list[_Part] = []
    for piece in pieces:
        if not isinstance(piece, Do) or piece.keyword == "set":
            found.append(piece)
        elif piece.keyword == "if":
            branches, end = [], piece
            while end.keyword in ("if", "elif"):
                test = end.rest
                body, end = _parts(pieces)
                branches.append((test, body))
            otherwise = _parts(pieces)[0] if end.keyword == "else" else ()
            found.append(_Choice(tuple(branches), otherwise))
        elif piece.keyword == "for":
            items, _, test = piece.rest.partition(" in ")[2].partition(" if ")
            body, end = _parts(pieces)
            otherwise = _parts(pieces)[0] if end.keyword == "else" else ()
            found.append(_Loop(items.strip(), bool(test), body, otherwise))
        else:
            return tuple(found), piece
    return tuple(found), Do("", "")


def _is_sure(parts: Sequence[_Part]) -> bool:
    """Whether they print something wherever they are reached."""
    if all(isinstance(p, str) for p in parts):
        return any(isinstance(p, str) and p.strip() for p in parts)
    for part in parts:
        if isinstance(part, Printed) and not part.optional:
            return True
        if isinstance(part, _Choice) and all(map(_is_sure, (*(body for _, body in part.branches), part.otherwise))):
            return True
        if isinstance(part, _Loop) and not part.filtered and _is_sure(part.body) and _is_sure(part.otherwise):
            return True
    return False


def _test(parts: Sequence[_Part]) -> Test:
    if all(isinstance(p, str) for p in parts) or any(isinstance(p, Do) for p in parts):
        # A name that the text itself has bound is not known in front of it.
        return True if _is_sure(parts) else None if any(isinstance(p, Do) for p in parts) else False
    found: Test = False
    for part in parts:
        if isinstance(part, Printed):
            found = _either(found, operand(part.test or part.source))
        elif isinstance(part, _Choice):
            found = _either(found, _choice_test(part))
        elif isinstance(part, _Loop):
            body = _is_sure(part.body) and not part.filtered
            lacking = _both(f"not {operand(part.items)}", _test(part.otherwise))
            found = _either(found, _either(operand(part.items) if body else None, lacking))
    return found


def _choice_test(choice: _Choice) -> Test:
    found = _test(choice.otherwise)
    for test, body in reversed(choice.branches):
        found = _either(_both(operand(test), _test(body)), _both(f"not {operand(test)}", found))
    return found


def _either(one: Test, other: Test) -> Test:
    if one is True or other is True:
        return True
    if one is None or other is None:
        return None
    if one is False or other is False:
        return one or other
    return f"{one} or {other}"


def _both(test: str, more: Test) -> Test:
    if more is True:
        return test
    return f"({test} and {operand(more)})" if isinstance(more, str) else more


def _key(parts: Sequence[_Part]) -> str | None:
    found: list[str] = []
    for part in parts:
        if isinstance(part, str):
            found.append(literal(part))
        elif isinstance(part, Printed):
            found.append(operand(part.source))
        elif isinstance(part, _Choice):
            inner = _key(part.otherwise)
            for test, body in reversed(part.branches):
                yes = _key(body)
                inner = f"({yes} if {test} else {inner})" if yes is not None and inner is not None else None
            if inner is None:
                return None
            found.append(inner)
        else:
            return None
    return " ~ ".join(found) or literal("")
