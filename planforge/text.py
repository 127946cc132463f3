"""The text policy: what a value may hold, exact or refused, never changed in silence.

Line ends are the one thing that is normalised (CR LF and CR become LF), because XML does the same. Everything that XML
1.0 can carry passes unchanged; what it cannot (control characters, lone surrogates, U+FFFE, U+FFFF) is refused with the
place. Names (field names, file names) are compared in NFC; values are not touched.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from planforge.errors import Words

__all__ = [
    "MAX_LENGTH",
    "Refusal",
    "as_attribute",
    "closest",
    "code_point",
    "is_clean",
    "listed",
    "look_alike",
    "name_key",
    "normalise",
    "perhaps",
    "quote",
    "refusals",
]

MAX_LENGTH = 1_000_000
"""Letters in one value; libxml2 cuts a text node at 10 MB, and a letter is up to four bytes."""

# What XML 1.0, production [2] Char leaves out: #x9 | #xA | #xD | [#x20-#xD7FF] | [#xE000-#xFFFD] | [#x10000-#x10FFFF].
# Said as what is forbidden, the pattern is ready twenty times sooner.
_FORBIDDEN = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")
_UNCLEAN = re.compile(r"[\x00-\x08\x0b-\x1f\ud800-\udfff\ufffe\uffff]")  # and CR
_LINE_END = re.compile("\r\n?")

# Letters that look the same: Latin ↔ Cyrillic, in the order of the Cyrillic alphabet.
_LATIN = "aAeEoOpPcCyYxXBKMHTiIjJsSë"
_CYRILLIC = "аАеЕоОрРсСуУхХВКМНТіІјЈѕЅё"
_TO_CYRILLIC = str.maketrans(_LATIN, _CYRILLIC)

# The letters on the same keys, row by row: US, Mongolian (MNS 5857, as Windows has it) and Russian keyboards.
_US_KEYS = "qwertyuiop[]asdfghjkl;'zxcvbnm,./"
_KEYBOARDS = tuple(
    table
    for keys in ("фцужэнгшүзкъйыбөахролдпячёсмитьвю", "йцукенгшщзхъфывапролджэячсмитьбю.")
    for table in (str.maketrans(keys, _US_KEYS), str.maketrans(_US_KEYS, keys))
)
# How Mongolian is written in Latin letters by who has no Cyrillic ones at hand; what is written in many ways is one.
_SOUNDS = {
    **dict(zip("абвгдеёжзийклмнопрстуфцчшщъыьэ", "abvgdeojziiklmnoprstufcqwwiiie", strict=True)),
    **dict.fromkeys("өүo", "u"),
    **{"о": "u", "х": "h", "ю": "iu", "я": "ia", "y": "i", "w": "v", "x": "h"},
}
_SPELT = {"sh": "ш", "ch": "ч", "ts": "ц", "kh": "х", "ye": "е", "yo": "ё"}


@dataclass(frozen=True, slots=True)
class Refusal:
    """A character that no document can hold: `index` counts from 0."""

    index: int
    character: str


def code_point(character: str) -> str:
    """`U+000B`."""
    return f"U+{ord(character):04X}"


def normalise(value: str, /) -> str:
    """The value with its line ends as LF: the only change that planforge makes to a text."""
    return _LINE_END.sub("\n", value) if "\r" in value else value


def is_clean(value: str, /) -> bool:
    """Whether a value passes as it is: nothing to normalise, nothing to refuse."""
    return _UNCLEAN.search(value) is None


def refusals(value: str, /, *, limit: int = 20) -> list[Refusal]:
    """The characters of a value that a document cannot hold, the first `limit` of them; empty if it may pass."""
    found = []
    for match in _FORBIDDEN.finditer(value):
        found.append(Refusal(match.start(), match.group()))
        if len(found) == limit:
            break
    return found


def name_key(name: str, /) -> str:
    """A name as names are compared: NFC, spaces and hyphens as one underscore, lower case."""
    return re.sub(r"[\s\-_]+", "_", unicodedata.normalize("NFC", name).strip()).lower()


def look_alike(name: str, known: Iterable[str], /) -> tuple[str, Words] | None:
    """The known name that looks the same in another script, and which letter differs; None if there is none."""
    folded = name_key(name).translate(_TO_CYRILLIC)
    for candidate in known:
        key = name_key(candidate)
        if key != name_key(name) and key.translate(_TO_CYRILLIC) == folded:
            for at, (found, wanted) in enumerate(zip(name_key(name), key, strict=True), 1):
                if found != wanted:
                    return candidate, Words(
                        f"{at} дугаартай үсэг {_script(found).mn} «{found}» ({code_point(found)}) байна, "
                        f"{_script(wanted).mn} «{wanted}» байх ёстой",
                        f"letter {at} is {_script(found).en} “{found}” ({code_point(found)}), "
                        f"should be {_script(wanted).en} “{wanted}”",
                    )
    return None


def _script(letter: str) -> Words:
    return Words("кирилл", "Cyrillic") if "CYRILLIC" in unicodedata.name(letter, "") else Words("латин", "Latin")


def closest(name: str, known: Iterable[str], /) -> str | None:
    """The known name a mistyped one most likely means, None if none does.

    Look-alike letters first, then the keys of a keyboard in another language, then few slips by its length, at last
    Mongolian in Latin letters (`hugatsaa`).
    """
    names = list(known)
    alike = look_alike(name, names)
    if alike:
        return alike[0]
    key = name_key(name)
    by_key: dict[str, str] = {}
    for candidate in names:
        by_key.setdefault(name_key(candidate), candidate)
    for table in _KEYBOARDS:
        if found := by_key.get(key.translate(table)):
            return found
    slip = _with_slips(key, by_key)
    if slip or not key.isascii():
        return slip
    return _with_slips(_sound(key), {_sound(k): v for k, v in by_key.items() if not k.isascii()})


def _sound(key: str) -> str:
    for spelt, letter in _SPELT.items():
        key = key.replace(spelt, letter)
    return "".join(_SOUNDS.get(letter, letter) for letter in key)


def _with_slips(key: str, known: Mapping[str, str]) -> str | None:
    best: tuple[int, str] | None = None
    for other, candidate in known.items():
        allowed = 1 if len(key) <= 3 else 2 if len(key) <= 8 else 3
        if abs(len(other) - len(key)) > allowed:
            continue
        distance = _distance(key, other)
        if distance <= allowed and (best is None or distance < best[0]):
            best = (distance, candidate)
    return best[1] if best else None


def _distance(a: str, b: str) -> int:
    """Optimal string alignment distance: insertion, deletion, replacement and neighbours swapped cost 1."""
    before: list[int] = []
    last = list(range(len(b) + 1))
    for i, x in enumerate(a, 1):
        row = [i]
        for j, y in enumerate(b, 1):
            cost = min(last[j] + 1, row[j - 1] + 1, last[j - 1] + (x != y))
            if i > 1 and j > 1 and x == b[j - 2] and a[i - 2] == y:
                cost = min(cost, before[j - 2] + 1)
            row.append(cost)
        before, last = last, row
    return last[-1]


_MAX_LISTED = 12
"""Names that an advice lists of those that there are."""


def perhaps(meant: str | Words, /) -> Words:
    """The advice of a message that knows what was meant."""
    words = meant if isinstance(meant, Words) else Words(meant, meant)
    return Words(f"Магадгүй: {words.mn}.", f"Perhaps: {words.en}.")


def listed(names: Iterable[str], /) -> Words:
    """The advice of a message that does not: the first of the names that there are."""
    found = list(names)
    if not found:
        return Words("Нэг ч нэр байхгүй.", "There are none.")
    shown = ", ".join(found[:_MAX_LISTED]) + (" …" if len(found) > _MAX_LISTED else ".")
    return Words(f"Байгаа нь: {shown}", f"There are: {shown}")


_ATTRIBUTE = str.maketrans(
    {"&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;", "\n": "&#10;", "\t": "&#9;", "\r": "&#13;"}
)


def as_attribute(value: str) -> str:
    """A text as what stands between the quotes of an XML attribute, or in an element that holds letters only.

    The standard library's `saxutils` would import an HTTP client with its functions.
    """
    return value.translate(_ATTRIBUTE)


def quote(source: str, limit: int = 60) -> str:
    """What a message quotes of a text: the beginning of what is long."""
    return source if len(source) <= limit else source[: limit - 1] + "…"
