"""The lines of a YAML text and what traps its parser: `text: Тоо: 5`, a quotation mark in front, a tab.

Where the rules of YAML refuse a line, `diagnose` says what a person did there, and how to mend the line in memory, so
that one pass over a file finds every fault. Each trap is one rule below. No library is used here: `yaml_reader` brings
what the parser said as a `Failure`.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from functools import cache
from typing import NamedTuple, TypeAlias

from planforge import text, vocabulary
from planforge.errors import DataPlace, Problem, Words
from planforge.tree import excerpt, place_of

__all__ = ["ODD_LETTERS", "Failure", "Lines", "Mark", "Seen", "Trap", "diagnose", "tight_key", "without_comment"]

# YAML 1.1 breaks lines at U+0085, U+2028 and U+2029, and libyaml refuses C1 controls: while the parser runs, these
# stand as letters of a private area, so that they pass unchanged or are refused by the model with their field.
_SHIELDED = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028\u2029\ufeff\ufffe\uffff]")
_ODD_SPACES = "\t\u00a0\u1680\u2000-\u200b\u202f\u205f\u3000\ufeff"
ODD_LETTERS = frozenset("\u00a0\u1680\u202f\u205f\u3000\ufeff") | {chr(c) for c in range(0x2000, 0x200C)}
"""Letters that look like a space and are none to YAML: a key may begin with one unseen."""
_ODD_INDENT = re.compile(rf"^[ \-]*([{_ODD_SPACES}])")
_LEAD = re.compile(r"(?: *- +)* *")
_KEY = re.compile(
    r"""(?P<key>"(?:[^"\\]|\\.)*"|'(?:[^']|'')*'|[^\s\-?:,\[\]{}#&*!|>'"%@`][^\n]*?|[-?](?=\S)[^\n]*?)\s*:(?=\s|$)"""
)
_LONGEST_KEY = 1024  # as libyaml has it
_TIGHT = re.compile(r"([^\W\d][\w \-]*):(?=[^\s/:\\])")
_COMMENT = re.compile(r"(?<!\s)\s+#(?:\s.*)?$")

Mark: TypeAlias = tuple[int, int]
"""Line and column, from 0."""


def tight_key(written: str, start: int = 0) -> tuple[str, int] | None:
    """The key of `key:value`, a colon without its space, and where the value begins; None for any other text."""
    match = _TIGHT.match(written, start)
    return (match[1], match.end()) if match else None


def without_comment(line: str) -> str:
    """A line, or the end of one, without the comment behind it."""
    return _COMMENT.sub("", line)


@cache
def _field_names() -> frozenset[str]:
    roots = map(vocabulary.describe, vocabulary.KINDS.values())
    return frozenset(
        text.name_key(n) for record in vocabulary.reachable(*roots, data=True) for n in record.names(data=True)
    )


def _may_be_key(word: str) -> bool:
    """Whether a text in front of a colon is a key rather than the beginning of a sentence."""
    bare = word.strip("\"' ")
    return bool(re.fullmatch(r"[^\W\d]\w*", bare)) or text.name_key(vocabulary.mongolian_name(bare)) in _field_names()


# --- lines ---------------------------------------------------------------------------------------------------------


class _Split(NamedTuple):
    """A line of a block: where its key stands (after dashes), the key if it has one, where the value begins."""

    start: int
    key: str | None
    colon: int
    value: int


class Lines:
    """The lines of a file while it is read; a line that traps the parser is mended, places stay those of the file."""

    def __init__(self, decoded: str, file: str | None) -> None:
        self.file = file
        self._back: dict[int, str] = {}
        found = sorted(set(_SHIELDED.findall(decoded)))
        if found:
            used = set(decoded)
            free = (chr(c) for c in range(0xF0000, 0x110000) if chr(c) not in used)
            table = {ord(c): stand_in for c, stand_in in zip(found, free, strict=False)}
            self._back = {ord(stand_in): chr(c) for c, stand_in in table.items()}
            decoded = decoded.translate(table)
        self._lines = decoded.split("\n")
        self.moved: dict[int, int] = {}
        """How many columns the lines that were moved stand further left than in the file."""
        self.guessed = False
        """Whether odd indents were replaced: how deep those lines should stand is a guess."""

    def __len__(self) -> int:
        return len(self._lines)

    def __getitem__(self, line: int) -> str:
        return self._lines[line]

    def __setitem__(self, line: int, written: str) -> None:
        self._lines[line] = written

    def joined(self) -> str:
        """The whole text as it is now, for the parser."""
        return "\n".join(self._lines)

    def text(self, found: str) -> str:
        """A piece of these lines as it stands in the file."""
        return found.translate(self._back) if self._back else found

    def place(self, line: int, column: int) -> DataPlace:
        """Line and column count from 0 here and from 1 in the place."""
        return DataPlace(self.file, line + 1, column + 1 + self.moved.get(line, 0))

    def indent(self, line: int) -> int:
        return len(self._lines[line]) - len(self._lines[line].lstrip(" "))

    def blank(self, line: int) -> bool:
        return not self._lines[line].strip() or self._lines[line].lstrip().startswith("#")

    def before(self, line: int) -> int | None:
        """The nearest line above that is not blank."""
        return next((n for n in range(line - 1, -1, -1) if not self.blank(n)), None)

    def split(self, line: int) -> _Split:
        """A line of a block in its parts."""
        written = self._lines[line]
        lead = _LEAD.match(written)
        start = lead.end() if lead else 0
        match = _KEY.match(written, start, start + _LONGEST_KEY)
        if match is None or ("-" in written[:start] and not _may_be_key(match["key"])):
            return _Split(start, None, -1, start)
        value = match.end() + len(written[match.end() :]) - len(written[match.end() :].lstrip())
        return _Split(start, match["key"], match.end() - 1, value)

    # How a line is mended.

    def drop(self, line: int) -> None:
        """Takes a line out; those below keep their numbers."""
        self._lines[line] = ""

    def insert(self, line: int, at: int, sign: str) -> None:
        """Puts a sign into a line."""
        self._lines[line] = self._lines[line][:at] + sign + self._lines[line][at:]

    def quote(self, line: int, start: int, last: int | None = None) -> None:
        """Puts what begins at `start` in quotation marks, with the lines that continue it (at least to `last`)."""
        floor = self.split(line).start if self.split(line).key else max(self.split(line).start - 1, 0)
        found = [without_comment(self._lines[line][start:]).rstrip()]
        for n in range(line + 1, len(self._lines)):
            goes_on = last is not None and n <= last
            if not goes_on and (
                self.blank(n)
                or self.indent(n) <= floor
                or self.split(n).key
                or self._lines[n].lstrip().startswith("- ")
            ):
                break
            found.append(self._lines[n].strip())
            self._lines[n] = ""
        self._lines[line] = self._lines[line][:start] + _quoted(" ".join(found))

    def quote_rest(self, line: int, start: int) -> None:
        """Puts the rest of one line in quotation marks, whatever it is."""
        self._lines[line] = self._lines[line][:start] + _quoted(self._lines[line][start:])

    def shift(self, line: int, by: int) -> None:
        """Moves a line and those that stand as deep or deeper below it."""
        floor = self.indent(line)
        for n in range(line, len(self._lines)):
            if self._lines[n].strip() and self.indent(n) < floor:
                break
            if self._lines[n].strip():
                self._lines[n] = " " * by + self._lines[n] if by > 0 else self._lines[n][-by:]
                self.moved[n] = self.moved.get(n, 0) - by

    def odd_indents(self) -> list[tuple[int, int, str]]:
        """Where another space than U+0020 stands before a line's first letter: line, column, that space.

        None once they are mended.
        """
        if self.guessed:
            return []
        return [
            (n, match.start(1), match[1])
            for n, line in enumerate(self._lines)
            if (match := _ODD_INDENT.match(self.text(line))) and line.strip()
        ]

    def straighten(self, lines: Iterable[int]) -> None:
        """Replaces odd indents by spaces, two for a tab."""
        for n in lines:
            body = re.sub(rf"^[ {_ODD_SPACES}]+", "", self.text(self._lines[n]))
            lead = self._lines[n][: len(self._lines[n]) - len(body)]
            spaces = "".join("  " if c == "\t" else " " for c in lead)
            self._lines[n] = spaces + self._lines[n][len(lead) :]
            self.moved[n] = len(lead) - len(spaces)
        self.guessed = True


def _quoted(found: str) -> str:
    return "'" + found.replace("'", "''") + "'"


# --- traps ---------------------------------------------------------------------------------------------------------


class Seen(NamedTuple):
    """The last thing that the parser took up: from where to where, text in quotation marks, the end of brackets."""

    start: Mark
    end: Mark
    quoted: bool
    closing: bool


class Failure(NamedTuple):
    """What the parser said: where it stopped, where what it was reading began, its words, what it read last."""

    line: int
    column: int
    context: Mark | None
    words: str
    last: Seen | None


class Trap(NamedTuple):
    """A fault in the words of a person; `mend` changes the lines so that they can be read again, if anything can."""

    problem: Problem
    mend: Callable[[], None] | None

    def is_aftermath(self, before: Iterable[Problem], lines: Lines) -> bool:
        """Whether it may only come of a mend: on the line of another one; a fault of form right below one, too."""
        line = _line(self.problem)
        if self.problem.code in ("PF146", "PF149"):
            return lines.guessed or any(line - 1 <= _line(p) <= line for p in before)
        return any(_line(p) == line for p in before)


def _line(problem: Problem) -> int:
    return place_of(problem).line or 0


_YAML = Words("YAML-ийн дүрэмд нийцсэн бичлэг", "what the rules of YAML allow")


def diagnose(lines: Lines, failure: Failure | None) -> Trap:
    """What trapped the parser, and how to read on behind it (PF107, PF109, PF118, PF142 to PF149).

    The first rule that knows the trap has it. Without a failure that has a place, nothing can be mended.
    """
    if failure is None:
        return Trap(Problem("PF149", DataPlace(lines.file), {"expected": _YAML}), None)
    for rule in (_unclosed, _escape, _odd_indent, _behind_quote, _first_character, _colon, _no_colon, _misplaced):
        trap = rule(lines, failure)
        if trap is not None:
            return trap
    return Trap(Problem("PF149", lines.place(failure.line, failure.column), {"expected": _YAML}), None)


def _unclosed(lines: Lines, failure: Failure) -> Trap | None:
    """A quotation mark that is never closed: the place is where it was opened."""
    words, last = failure.words, failure.last
    if failure.context is not None and "quoted scalar" in words and ("end of stream" in words or "document" in words):
        return _open_quote(lines, *failure.context)
    if last is not None and last.quoted:
        (first, start), (end, _) = last.start, last.end
        if first < end == failure.line and any(lines.split(n).key for n in range(first + 1, end + 1)):
            return _open_quote(lines, first, start)
    return None


def _open_quote(lines: Lines, line: int, column: int) -> Trap:
    found = excerpt(lines.text(lines[line][column:]), 30)
    problem = Problem("PF144", lines.place(line, column), {"found": found})
    return Trap(problem, lambda: lines.quote_rest(line, column))


def _escape(lines: Lines, failure: Failure) -> Trap | None:
    """A backslash in quotation marks."""
    line, words = failure.line, failure.words
    if "quoted scalar" not in words or not ("escape" in words or "hex" in words):
        return None
    at = lines[line].rfind("\\", 0, failure.column + 1)
    if at < 0:
        return None
    found = excerpt(lines.text(lines[line][at : at + 2]))
    return Trap(Problem("PF148", lines.place(line, at), {"found": found}), lambda: lines.insert(line, at, "\\"))


def _odd_indent(lines: Lines, failure: Failure) -> Trap | None:
    """A tab or another space than U+0020 before the first letter of a line."""
    bad = lines.odd_indents()
    if not any(n in (failure.line, failure.line - 1) for n, _, _ in bad):
        return None
    at, start, character = bad[0]
    args = {"character": text.code_point(character), "count": len(bad)}
    return Trap(Problem("PF145", lines.place(at, start), args), lambda: lines.straighten(n for n, _, _ in bad))


def _behind_quote(lines: Lines, failure: Failure) -> Trap | None:
    """`text: "Төрийн" журам` and `text: [1] хавсралт`: the text goes on after what closed it."""
    line, column, last = failure.line, failure.column, failure.last
    if last is None:
        return None
    (at, start), (end, behind) = last.start, last.end
    if end != line or lines[line][behind:column].strip() or not column:
        return None
    if last.quoted and "mapping values" not in failure.words:
        args = {"found": excerpt(lines.text(lines[at][start:]), 40)}
        return Trap(Problem("PF143", lines.place(at, start), args), lambda: lines.quote(at, start, line))
    if last.closing and lines[line][:column].rstrip().endswith(("]", "}")):
        return _sign(lines, line)
    return None


def _sign(lines: Lines, line: int) -> Trap | None:
    """The value of a line begins with a sign of YAML: it is put in quotation marks."""
    start = lines.split(line).value
    character = lines[line][start : start + 1]
    if not character:
        return None
    problem = Problem("PF142", lines.place(line, start), {"character": character})
    return Trap(problem, lambda: lines.quote(line, start))


_SIGNS = re.compile(r"[@`%*&!,\]}]|[|>](?=.*\S)|[-?] ")


def _first_character(lines: Lines, failure: Failure) -> Trap | None:
    """A text that begins with a sign of YAML, or with a bracket that nothing closes."""
    line, context = failure.line, failure.context
    start = lines.split(line).value
    if start <= failure.column and _SIGNS.match(lines[line], start):
        return _sign(lines, line)
    if context is not None and "flow" in failure.words and lines.split(context[0]).value == context[1]:
        return _sign(lines, context[0])
    return None


def _colon(lines: Lines, failure: Failure) -> Trap | None:
    """`text: Тоо: 5`; the same in the second line of a text; a key that stands deeper than the one above it."""
    line, column = failure.line, failure.column
    if "mapping values" not in failure.words and not lines[line].startswith(":", column):
        return None
    here = lines.split(line)
    if here.key is None and here.value == column:
        return Trap(Problem("PF109", lines.place(line, column)), lambda: lines.drop(line))
    if here.key is None or here.colon != column:
        return _colon_in(lines, line, here.value, line)
    above = lines.before(line)
    if above is None:
        return None
    tight = tight_key(lines[above], lines.split(above).start)
    if tight and lines.split(above).key is None and _may_be_key(tight[0]):
        return _no_space(lines, above, tight[1])
    if _may_be_key(here.key):
        while lines.split(above).key is None and (higher := lines.before(above)) is not None:
            above = higher
        return _indentation(lines, line, lines.split(above).start)
    first = above
    while lines.split(first).key is None and "- " not in lines[first] and lines.before(first) is not None:
        first = lines.before(first) or 0
    return _colon_in(lines, first, lines.split(first).value, line)


def _colon_in(lines: Lines, line: int, start: int, last: int) -> Trap:
    found = excerpt(lines.text(without_comment(lines[line][start:])))
    return Trap(Problem("PF107", lines.place(line, start), {"found": found}), lambda: lines.quote(line, start, last))


def _no_space(lines: Lines, line: int, at: int) -> Trap:
    start = lines.split(line).start
    args = {"key": excerpt(lines.text(lines[line][start : at - 1]))}
    return Trap(Problem("PF118", lines.place(line, at - 1), args), lambda: lines.insert(line, at, " "))


def _no_colon(lines: Lines, failure: Failure) -> Trap | None:
    """A line between the keys that has no colon, or no space behind it."""
    if failure.context is None or "simple key" not in failure.words:
        return None
    at, start = failure.context
    tight = tight_key(lines[at], start)
    if tight and _may_be_key(tight[0]):
        return _no_space(lines, at, tight[1])
    written = lines[at][start:].rstrip()
    word = written.split(" ")[0]
    key = text.name_key(word) in _field_names()

    def mend() -> None:
        lines[at] = lines[at][:start] + (f"{word}: {_quoted(written[len(word) + 1 :])}" if key else "")

    return Trap(Problem("PF147", lines.place(at, start), {"found": excerpt(lines.text(written))}), mend)


def _misplaced(lines: Lines, failure: Failure) -> Trap | None:
    """A line that stands deeper or less deep than its neighbours; a list item where no list is."""
    line, column = failure.line, failure.column
    if column != lines.indent(line) or failure.context is None or not lines[line].strip():
        return None
    wanted: int = failure.context[1]
    if lines[line].startswith("- ", column):
        items = (n for n in range(line - 1, -1, -1) if lines[n].lstrip().startswith("- "))
        wanted = min((lines.indent(n) for n in items), key=lambda at: (abs(at - column), -at), default=column)
    return _indentation(lines, line, wanted)


def _indentation(lines: Lines, line: int, wanted: int) -> Trap:
    now = lines.indent(line)
    if now == wanted:
        problem = Problem("PF149", lines.place(line, now), {"expected": Words("талбарын нэр", "the name of a field")})
        return Trap(problem, lambda: lines.drop(line))
    args = {"now": now + 1, "wanted": wanted + 1}
    return Trap(Problem("PF146", lines.place(line, now), args), lambda: lines.shift(line, wanted - now))
