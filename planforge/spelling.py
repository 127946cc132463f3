"""What looks mistyped in a Mongolian text (domain.md 11.8): wrong endings, letters and spaces. Nothing is rewritten.

An ending is judged by the tables of `mongolian`; Latin and old-keyboard letters, odd spaces and invisible characters by
themselves.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from itertools import accumulate

from planforge.mongolian import CASE_OF, at_word, nth_word, percent_with_ending, with_ending

__all__ = ["Finding", "lint", "suspects"]


@dataclass(frozen=True, slots=True)
class Finding:
    """A place worth a warning: `text[start:end] == found`; `expected` is the likely spelling, None if open.

    Kinds: ending, space_before_percent, narrow_space, latin_letter, wrong_yo, old_keyboard, double_space,
    invisible.
    """

    kind: str
    start: int
    end: int
    found: str
    expected: str | None


_LATIN = str.maketrans("aceopxyABCEHKMOPTXYëË", "асеорхуАВСЕНКМОРТХУёЁ")
_CYRILLIC_LETTER = re.compile(r"[\u0400-\u04ff]")
_LATIN_LETTER = re.compile(r"[A-Za-z\u00c0-\u024f]")
_OLD_KEYBOARD = {"ї": "ү", "Ї": "Ү", "є": "ө", "Є": "Ө"}


def _spellings(words: Iterable[str]) -> str:
    """A pattern for the words as words, Words and WORDS; re.IGNORECASE would also take rare letters."""
    forms = {style(word) for word in words for style in (str, str.capitalize, str.upper)}
    return "|".join(sorted(forms, key=lambda form: (-len(form), form)))


def _expected_ending(match: re.Match[str]) -> str:
    digits, sign, suffix = match.groups()
    case = CASE_OF[suffix.lower()]
    try:
        right = percent_with_ending(digits, case) if sign else with_ending(digits, case)
    except ValueError:  # neither 0 nor a percent is a day of the month
        return match.group()
    return match.group() if right == match.group().lower() else _cased(right, suffix)


def _expected_word(match: re.Match[str]) -> str:
    digits, space, word = match.groups()
    right = nth_word(digits) if word.lower().startswith(("ду", "дү")) else at_word(digits)
    return match.group() if right == word.lower() else f"{digits}{space}{_cased(right, word)}"


def _cased(text: str, model: str) -> str:
    return text.upper() if model.isupper() else text


def _expected_letters(match: re.Match[str]) -> str:
    """The word in Cyrillic if it mixes both scripts and every Latin letter has a twin; else the word."""
    word = match.group()
    if not (_LATIN_LETTER.search(word) and _CYRILLIC_LETTER.search(word)):
        return word
    mended = word.translate(_LATIN)
    return word if _LATIN_LETTER.search(mended) else mended


_ENDINGS = _spellings(CASE_OF)
_PLACES = _spellings(("дугаар", "дүгээр", "дахь", "дэх"))
_DIGITS = "0123456789"
_LATIN_LETTERS = "".join(map(chr, (*range(0x41, 0x5B), *range(0x61, 0x7B), *range(0xC0, 0x250))))
_INVISIBLE = "\u061c\u200b\u200e\u200f\u2066\u2067\u2068\u2069\ufeff"
_INVISIBLE += "".join(map(chr, (*range(0x202A, 0x202F), *range(0x2060, 0x2065))))
_JOINERS = "\u200c\u200d"

# A rule: kind, signs, pattern, and what it expects of a match; one that expects what it found has nothing to say. One
# of the signs is in whatever the pattern matches: a text without them need not be searched.
#
# Linear time: a lookbehind sees to it that every unbounded run is tried once, not at each of its characters; it stands
# behind the first of them, because a pattern that begins with a set of characters is searched many times faster.
_RULES: tuple[tuple[str, str, re.Pattern[str], Callable[[re.Match[str]], str]], ...] = (
    (
        "ending",
        _DIGITS,
        re.compile(rf"([0-9](?<![0-9][0-9])[0-9]*)(%?)-({_ENDINGS})(?![^\W\d_])"),
        _expected_ending,
    ),
    (
        "ending",
        _DIGITS,
        re.compile(rf"([0-9](?<![0-9][0-9])[0-9]*)([ \u00a0\u202f]{{1,3}})({_PLACES})(?![^\W\d_])"),
        _expected_word,
    ),
    ("space_before_percent", "%", re.compile(r"(?<=[0-9])[ \t\u00a0\u2009\u202f]+%"), lambda _: "%"),
    ("narrow_space", "\u202f", re.compile(r"\u202f"), lambda _: " "),
    ("latin_letter", _LATIN_LETTERS, re.compile(r"[^\W\d_]+"), _expected_letters),
    ("wrong_yo", "\u0450\u0308", re.compile(r"\u0450|е\u0308"), lambda _: "ё"),
    ("wrong_yo", "\u0400\u0308", re.compile(r"\u0400|Е\u0308"), lambda _: "Ё"),
    ("old_keyboard", "їЇєЄ", re.compile(r"[їЇєЄ]"), lambda match: _OLD_KEYBOARD[match.group()]),
    ("double_space", "\u00a0", re.compile(r"[ \u00a0](?<![ \u00a0]{2})[ \u00a0]+"), lambda _: " "),
    # Joiners are needed by emoji and the traditional script: they are faults only beside Cyrillic.
    (
        "invisible",
        _INVISIBLE + _JOINERS,
        re.compile(rf"[{_INVISIBLE}]|(?<=[\u0400-\u04ff])[{_JOINERS}]|[{_JOINERS}](?=[\u0400-\u04ff])"),
        lambda _: "",
    ),
)
_SIGNS = re.compile(f"[{''.join(signs for _, signs, _, _ in _RULES)}]")
_BY_SIGN = tuple((frozenset(signs), kind, pattern, expect) for kind, signs, pattern, expect in _RULES)


# What most texts are made of: no sign of a rule, nothing that NFC changes; a digit counts only where an ending follows.
_PLAIN = (
    r" !-$&-/:-@\[-`{-~\n«»“”„‘’–—…№₮"
    r"\u0401-\u0403\u0405\u0406\u0408-\u044f\u0451-\u0453\u0455\u0456\u0458-\u0482\u048a-\u04ff"
)
_SUSPICIOUS = re.compile(
    rf"[^{_PLAIN}](?:(?<![0-9])|(?=(?:%?-(?:{_ENDINGS})|[ \u00a0\u202f]{{1,3}}(?:{_PLACES}))(?![^\W\d_])))"
)


def lint(text: str, /) -> list[Finding]:
    """What looks mistyped in a text, in its order: warnings, nothing is rewritten; linear in its length."""
    found = set(_SIGNS.findall(text))
    if "  " in text:
        found.add("\u00a0")  # the sign of its rule, as a space is no sign of anything
    if not found:
        return []
    findings = [
        Finding(kind, match.start(), match.end(), match.group(), expected)
        for signs, kind, pattern, expect in _BY_SIGN
        if not signs.isdisjoint(found)
        for match in pattern.finditer(text)
        if (expected := expect(match)) != match.group()
    ]
    return sorted(findings, key=lambda finding: (finding.start, finding.end))


def suspects(texts: Sequence[str], /) -> list[str]:
    """Some of the texts, in no order; in the others `lint` finds nothing, and they are in NFC.

    All are searched as one, which is many times faster; nothing that is sought reaches over the line end between two.
    """
    whole = "\n".join(texts)
    numbers: set[int] = set()
    found = [match.start() for match in _SUSPICIOUS.finditer(whole)]
    if found:
        ends = list(accumulate([len(text) + 1 for text in texts]))
        numbers.update([bisect_right(ends, at) for at in found])
    if "  " in whole:
        numbers.update(number for number, text in enumerate(texts) if "  " in text)
    return [texts[number] for number in numbers]
