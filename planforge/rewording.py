"""How a text was reworded: word by word what went out and what came in.

A number with its ending is one word (`25-ны`, `2024-2025`, `А/88`, `1.10`), so is a letter with its combining marks;
every line end and every run of spaces is a piece of its own, so that no change of white space is lost. Work is bounded:
beyond `MAX_EDITS` edits nobody reads a text word by word, and the part that differs is shown whole.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import Literal, NamedTuple

__all__ = ["MAX_EDITS", "Piece", "mirrored", "reworded", "steps", "tokens", "words"]

MAX_EDITS = 200
"""Words out and in, of one text."""

# A word's letters: also combining marks, the joiners and variation selectors of the traditional script.
_W = r"[\w\u0300-\u036f\u180b-\u180f\u200c\u200d]"
_WORD = rf"{_W}+(?:[-‑.,/]\d{_W}*|[-‑\u202f]{_W}+)*"
_WORDS = re.compile(_WORD)
_TOKENS = re.compile(rf"{_WORD}|\n|[^\S\n]+|.")


class Piece(NamedTuple):
    """A part of a text: in both, only before (`out`), or only after (`in`)."""

    kind: Literal["same", "out", "in"]
    text: str


def words(text: str) -> list[str]:
    """The words of a text, without white space and punctuation."""
    return _WORDS.findall(text)


def tokens(text: str) -> list[str]:
    """A text in pieces that give it back when joined: words, line ends, spaces, signs."""
    return _TOKENS.findall(text)


def reworded(before: Sequence[str], after: Sequence[str], /) -> tuple[Piece, ...]:
    """The pieces of two texts given as tokens; what is replaced goes out before it comes in."""
    return tuple(_folded(steps(before, after)))


def steps(before: Sequence[str], after: Sequence[str], /) -> list[Piece]:
    """What is the same, goes out and comes in, one by one."""
    start = _common(before, after)
    end = _common(before[start:][::-1], after[start:][::-1])
    old, new = before[start : len(before) - end], after[start : len(after) - end]
    middle = _edits(old, new)
    if middle is None:
        middle = [*(Piece("out", t) for t in old), *(Piece("in", t) for t in new)]
    kept = (Piece("same", t) for t in before[:start])
    return [*kept, *middle, *(Piece("same", t) for t in before[len(before) - end :])]


def mirrored(pieces: Iterable[Piece], /) -> tuple[Piece, ...]:
    """The pieces as seen from the other text."""
    out: list[Piece] = []
    for kind, text in pieces:
        piece = Piece({"same": "same", "out": "in", "in": "out"}[kind], text)  # type: ignore[arg-type]
        out.insert(len(out) - (piece.kind == "out" and bool(out) and out[-1].kind == "in"), piece)
    return tuple(out)


def _common(before: Sequence[str], after: Sequence[str]) -> int:
    count = 0
    for old, new in zip(before, after, strict=False):
        if old != new:
            break
        count += 1
    return count


def _edits(before: Sequence[str], after: Sequence[str]) -> list[Piece] | None:
    """The shortest way from one to the other; None if it is longer than `MAX_EDITS`.

    E. W. Myers, An O(ND) Difference Algorithm and Its Variations (1986): `reach[k]` is how far the furthest path on the
    diagonal k has come in `before`; what it was before each step is kept to walk back.
    """
    n, m = len(before), len(after)
    reach = {1: 0}
    past: list[dict[int, int]] = []
    for edits in range(min(MAX_EDITS, n + m) + 1):
        past.append(reach)
        reach = dict(reach)
        for k in range(-edits, edits + 1, 2):
            down = k == -edits or (k != edits and reach[k - 1] < reach[k + 1])
            x = reach[k + 1] if down else reach[k - 1] + 1
            while x < n and x - k < m and before[x] == after[x - k]:
                x += 1
            reach[k] = x
            if x >= n and x - k >= m:
                return _walked_back(before, after, past)
    return None


def _walked_back(before: Sequence[str], after: Sequence[str], past: list[dict[int, int]]) -> list[Piece]:
    x, y = len(before), len(after)
    found: list[Piece] = []
    for edits in range(len(past) - 1, -1, -1):
        reach, k = past[edits], x - y
        down = k == -edits or (k != edits and reach[k - 1] < reach[k + 1])
        start = 0 if edits == 0 else reach[k + 1] if down else reach[k - 1]
        into = start if down or edits == 0 else start + 1
        while x > into:
            x, y = x - 1, y - 1
            found.append(Piece("same", before[x]))
        if edits == 0:
            break
        if down:
            y -= 1
            found.append(Piece("in", after[y]))
        else:
            x -= 1
            found.append(Piece("out", before[x]))
    return found[::-1]


def _folded(pieces: list[Piece]) -> list[Piece]:
    """Neighbours of a kind as one, and what is the same between two changes but holds no word with the changes."""
    out: list[Piece] = []
    old = new = same = ""
    for kind, text in [*pieces, Piece("same", "")]:
        if kind == "same" and text and (not (old or new) or not _WORDS.match(text)):
            same += text
            continue
        if kind != "same":
            if old or new:
                old, new, same = old + same, new + same, ""
            elif same:
                out.append(Piece("same", same))
                same = ""
            old, new = (old + text, new) if kind == "out" else (old, new + text)
            continue
        if old:
            out.append(Piece("out", old))
        if new:
            out.append(Piece("in", new))
        same, old, new = same + text, "", ""
    if same:
        out.append(Piece("same", same))
    return out
