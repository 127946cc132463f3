"""How many a text asks for at least, and how many another text counts: `2-оос доошгүй удаа` against `1 удаа хийв`.

Both are Mongolian prose, so this reads plain signs on the careful side: what is counted must be named in both, and a
number that may be of something else (a date, a share, so many of each) settles nothing. Words are compared by their
letters without case endings and later vowels (`хурал`, `хурлын`). Time is linear in the texts.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal, localcontext
from functools import cache

from planforge import mongolian

__all__ = ["Count", "Limit", "below", "counts", "limits", "shortfall", "subjects"]

MAX_LIMITS = 20
"""Of one text; a text with more is no criterion."""


@dataclass(frozen=True, slots=True)
class Limit:
    """`Сургалтыг 2-оос доошгүй удаа`: at least how many, of what, and the words themselves."""

    least: Decimal
    is_percent: bool
    is_times: bool
    """Whether times (`удаа`) are counted; `head` is then what happens."""
    head: str
    """The key of what is counted; empty if the text does not name it."""
    is_person: bool
    about: frozenset[str]
    """Keys of the words around: for percents, and times of which nothing else says what happens."""
    quote: str


@dataclass(frozen=True, slots=True)
class Count:
    """A number of a narrative: what it may count, by key, and whether that is sure."""

    number: Decimal
    is_percent: bool
    is_times: bool
    heads: dict[str, bool]
    is_person: bool
    about: frozenset[str]
    is_partial: bool
    """Whether it is so many of each, some of more, or a change: `улирал бүр 1 удаа`, `үүнээс 1`, `15 хувиар өсөв`."""


def limits(asked: str, /, about: str = "") -> list[Limit]:
    """The lower limits of a text, each once; `about` tells what happens where the text itself does not."""
    text = " ".join(asked.lower().split())
    tokens = _tokens(text)
    out: dict[tuple[Decimal, bool, bool, str], Limit] = {}
    for at, token in enumerate(tokens):
        limit = _limit(text, tokens, at, about) if token.number is not None else None
        if limit is not None:
            out.setdefault((limit.least, limit.is_percent, limit.is_times, limit.head), limit)
            if len(out) == MAX_LIMITS:
                break
    return list(out.values())


def counts(told: str, /) -> list[Count]:
    """The numbers of a narrative that count something or stand alone; not those of dates, ordinals and times of day."""
    out = []
    for sentence in _split(_tokens(told.lower()), _STOPS):
        is_partial = _is_rate(sentence)
        for clause in _split(sentence, _BREAKS):
            around = _around(clause)
            for at, token in enumerate(clause):
                count = _count(clause, at, around, is_partial) if token.number is not None else None
                if count is not None:
                    out.append(count)
    return out


def shortfall(limit: Limit, found: Iterable[Count], /) -> Decimal | None:
    """What the counts come to if that is below the limit; None if it is not, or if nothing is surely counted.

    Counts of one thing are added up, of percents the largest is taken, unless they are the parts of a whole; what only
    may count (times and persons called otherwise, numbers alone) is taken too before it is compared.
    """
    matched = [(count, sure) for count in found if (sure := _matches(limit, count)) is not None]
    numbers = [count.number for count, sure in matched if sure]
    if not numbers or any(count.is_partial for count, _ in matched):
        return None
    with localcontext(prec=60):
        actual = sum(numbers, Decimal(0))
        most = sum((count.number for count, _ in matched), Decimal(0))
    if limit.is_percent:
        if len(matched) > 1 and most == 100:  # the parts of a whole
            return None
        actual, most = max(numbers), max(count.number for count, _ in matched)
    return actual if most < limit.least else None


def below(limit: Limit, value: str, /) -> Decimal | None:
    """The one number of a value (`1`, `1 удаа`) if it is below the limit; None if it is not, or of something else."""
    found = counts(value)
    if len(found) != 1 or found[0].number >= limit.least or found[0].is_partial:
        return None
    (count,) = found
    says_nothing = not (count.heads or (count.is_percent and (count.about or not limit.is_percent)))
    asks_nothing = not (limit.is_percent or limit.is_times or limit.head)
    return count.number if says_nothing or asks_nothing or _matches(limit, count) else None


def subjects(text: str, /) -> frozenset[str]:
    """The keys of the nouns that tell what a text is about."""
    return _about(_tokens(text.lower()))


def _matches(limit: Limit, count: Count) -> bool | None:
    """Whether a count is surely (True) or perhaps (False) of what a limit asks for; None if it is not."""
    if limit.is_percent or count.is_percent:
        if not (limit.is_percent and count.is_percent) or count.is_partial:
            return None
        return not limit.about.isdisjoint(count.about)
    if not (limit.is_times and count.is_times):
        is_open = count.is_times or not count.heads or (limit.is_person and count.is_person)
        return count.heads.get(limit.head, False if is_open else None) if limit.head else None
    asked = frozenset((limit.head,)) if limit.head else limit.about
    unknown = not asked or not (count.about or count.heads)
    return unknown or not asked.isdisjoint(count.about) or not asked.isdisjoint(count.heads)


# --- tokens --------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Token:
    """A word, a sign, or a number with what is written to its end: `%`, `оос`."""

    text: str
    start: int
    end: int
    is_word: bool = False
    number: Decimal | None = None
    ending: str = ""
    in_words: bool = False

    @property
    def is_plain(self) -> bool:
        """Whether a number has no case: 15 of `15-ны` counts nothing."""
        return not self.ending.strip("%")


_LETTER = "[а-яёөү]"
_ABLATIVE = "(?:[аи]ас|[эи]эс|[ои]ос|өөс)"
_READ = re.compile(
    r"(?<![\d.,/])(?P<number>\d{1,3}(?:[ \u00a0]\d{3}(?!\d)){1,3}|\d{1,9}(?:[.,]\d{1,9})?)(?![\d.,/]*\d)"
    rf"(?P<percent>[ \u00a0]?%)?(?:[ \u00a0]?[-–‑]?[ \u00a0]?(?P<ablative>{_ABLATIVE})(?!{_LETTER})"
    rf"|[-–‑]?(?P<ending>{_LETTER}{{1,9}}))?"
    rf"|(?P<word>{_LETTER}+)|\b[ivx]+\b|\d(?:[.,/]?\d)*|[^\s\w]|\n"
)
_STOPS = frozenset(".;!?\n")
_BREAKS = frozenset(",()[]«»“”„\"'/") | _STOPS
_SOFT = frozenset(":-–—‑")
_CLAUSE = 20
"""Tokens of a short clause."""


def _tokens(text: str) -> list[_Token]:
    """The tokens of a text in small letters; numbers in words are numbers too."""
    out: list[_Token] = []
    for found in _READ.finditer(text):
        number = mongolian.read_number(found["number"]) if found["number"] else None
        ending = ("%" if found["percent"] else "") + (found["ablative"] or found["ending"] or "")
        out.append(_Token(found[0], found.start(), found.end(), found["word"] is not None, number, ending))
    return list(_with_numerals(out))


def _with_numerals(tokens: Sequence[_Token]) -> Iterator[_Token]:
    """The tokens with numbers in words, of one word or two, as numbers."""
    known = _numerals()
    at = 0
    while at < len(tokens):
        for size in (2, 1):
            part = tokens[at : at + size]
            found = known.get(" ".join(token.text for token in part)) if tokens[at].is_word else None
            if found is not None:
                words = " ".join(token.text for token in part)
                yield _Token(words, part[0].start, part[-1].end, False, Decimal(found[0]), found[1], in_words=True)
                at += len(part)
                break
        else:
            yield tokens[at]
            at += 1


_ABLATIVES = """
нэг нэгээс, хоёр хоёроос, гурав гурваас, дөрөв дөрвөөс, тав таваас, зургаа зургаагаас, долоо долоогоос, найм наймаас,
ес есөөс, арав арваас, хорь хориос, гуч гучаас, дөч дөчөөс, тавь тавиас, жар жараас, дал далаас, ная наяас, ер ерээс
"""


@cache
def _numerals() -> dict[str, tuple[int, str]]:
    """1 to 99 in words with their case: alone, before a noun, in the ablative."""
    ablatives = dict(pair.split() for pair in _ABLATIVES.split(","))
    out: dict[str, tuple[int, str]] = {}
    for n in range(1, 100):
        absolute = mongolian.cardinal(n)
        *head, last = absolute.split()
        out[" ".join([*head, ablatives[last]])] = n, "аас"
        out[absolute] = out[mongolian.cardinal(n, attributive=True)] = n, ""
    return out


def _split(tokens: Sequence[_Token], ends: frozenset[str]) -> Iterator[list[_Token]]:
    part: list[_Token] = []
    for token in tokens:
        if token.text in ends:
            yield part
            part = []
        else:
            part.append(token)
    yield part


def _clause(tokens: Sequence[_Token], at: int) -> Sequence[_Token]:
    """The tokens around one, at most as many as a short clause has."""
    before, after = range(at, max(-1, at - _CLAUSE), -1), range(at, min(len(tokens), at + _CLAUSE))
    first = next((n + 1 for n in before if tokens[n].text in _BREAKS), max(0, at - _CLAUSE))
    last = next((n for n in after if tokens[n].text in _BREAKS), at + _CLAUSE)
    return tokens[first:last]


# --- words ---------------------------------------------------------------------------------------------------------

_CASE = re.compile(
    "(?P<genitive>ийн|ын|ний|ны|ий)$|(?P<accusative>ийг|ыг|(?<=[аэоөуү]{2})г|(?<=н)г)$"
    f"|(?P<oblique>{_ABLATIVE}|[аи]ар|[эи]эр|[ои]ор|өөр|т[аэо]й|[аэоө]н?д|(?<=[бвгзлмнрйь])д)$"
)
_VERB = re.compile("(?:с[аэоө]н|ж|в|л(?:аа|ээ|оо|өө)|[аэоөиуүй]х|(?:аа|ээ|оо|өө)д)$")
_NOUNS = frozenset(("арав", "гурав", "судлаач"))
"""What looks like a verb."""
_PERSON = re.compile(
    "(?:гч|т[аэо]н|чин|чи?д)$|^(?:хүн|хүмүүс|иргэн|иргэд|гишүүн|гишүүд|хүүхэд|хүүхдүүд|багш|эмч|дарга|залуус?|айл|өрх)$"
)
_LISTED = """
modifier албан арга үйл видео цахим онлайн богино давтан нэгдсэн танхимын ээлжит нийт тооны төрийн үнийн том шинэ
total тоо тоог тооны тоон
empty тоо тоог тооны тоон зохион тус нь мөн дараа ба болон буюу доод тал дор хаяж багадаа хамгийн наад зах
partial бүр бүрд бүрт бүрийн бүрдээ болгон болгонд тутам тутамд удаад сардаа жилдээ үүнээс үүний эдгээрээс нэмэлт
"""
_WORDS = {kind: frozenset(words) for kind, *words in map(str.split, _LISTED.strip().split("\n"))}
_MODIFIERS, _TOTAL, _EMPTY, _PARTIAL = (_WORDS[kind] for kind in ("modifier", "total", "empty", "partial"))
"""What may stand between a number and what it counts; what counts; what says nothing; what makes it so many of each."""
_NO_UNIT = re.compile(
    "(?:он|оны|онд|оноос|сая|га|км|м|хагас|дэх|дахь|тоот)$|сар|өд[өр]|хоног|цаг|минут|жил|улир|төгрөг|д[уү]г[аэ]+р"
    "|мянг|тэрбум|хүртэл"
)
"""After a number: times of the calendar, money, ordinals."""
_RATE = re.compile("(?:улирал|жил|сар|хагас|хоног|өдөр|цаг)[дт]$|(?:улирл|сар)аар$|жилээр$")
"""A time of the calendar that is each such time, if no word before it tells which one: `улиралд 1 удаа`."""
_WHICH = re.compile("эхний|эцсийн|сүүлийн|сүүлчийн|өмнөх|тайлант|энэ|тухайн|[а-яёөү]*(?:д[уү]г[аэ]+р|дах|дэх)ь?|[ivx]+")
_CHANGED = re.compile("өс[өсжчвл]|нэмэгд|ихс|буур|багас|хорогд|хэмнэ|илүү|дутуу|зөрүү|өмнөх|үлд")
"""Of a percent: that it is a change, or what remains."""
_LIGHT = re.compile("хув|бай|бол|хий|ажилла|гарга|хүр[гэ]|нийт|бусад|бүх|онд?$|оноос$")
"""What says nothing of what a percent is about."""
_DERIVED = re.compile("(?<=....)(?:[аэоөиуү]?лт|с[аэоө]н|[аэоөиуүй]х|[аэоө]?в|ж|л(?:аа|ээ|оо|өө)|(?:аа|ээ|оо|өө)д)$")
"""What a noun of action and the forms of its verb do not share: `хамрагдалт`, `хамрагдсан`."""
_REACH = 5
"""Words between a number and what it counts, itself included."""


def _cased(word: str) -> tuple[str, str]:
    """A word without its case ending, and the case: `genitive`, `accusative`, `oblique`, or nothing."""
    found = _CASE.search(word) if len(word) > 3 else None
    if found is None:
        return word, ""
    if found.start() < 3:  # `хүний`, `хүнд`
        found = re.search("(?:ий|(?P<oblique>д))$", word)
        return (word[:3], found.lastgroup or "genitive") if found and found.start() == 3 else (word, "")
    return word[: found.start()], found.lastgroup or ""


def _key(word: str) -> str:
    """What the forms of a noun have in common: `тайлан`, `тайланг`, `тайлангийн`."""
    base = _cased(word)[0]
    base = base.removesuffix("г") if base.endswith("нг") else base
    base = base.removesuffix("н") if len(base) > 3 else base
    return base[:2] + re.sub("[аэоөуүиеёюяыйьъ]", "", base[2:])


def _is_verb(word: str) -> bool:
    return len(word) > 3 and word not in _NOUNS and _VERB.search(word) is not None


def _is_person(word: str) -> bool:
    return _PERSON.search(_cased(word)[0]) is not None


def _is_times(word: str) -> bool:
    return word.startswith("удаа")


def _is_percent(word: str) -> bool:
    return word in ("хувь", "хувийг", "хувиар", "хувьд", "хувьтай", "хувиас")


def _says_nothing(word: str) -> bool:
    return word in _EMPTY or word in _MODIFIERS or _NO_UNIT.match(word) is not None


def _about(tokens: Iterable[_Token]) -> frozenset[str]:
    """The keys of the nouns of a clause."""
    words = (token.text for token in tokens if token.is_word)
    return frozenset(_key(w) for w in words if not (_says_nothing(w) or _is_verb(w) or _is_times(w)))


def _stems(tokens: Iterable[_Token]) -> frozenset[str]:
    """The keys of the words of a clause, of nouns of action and their verbs the same."""
    words = (token.text for token in tokens if token.is_word)
    kept = (w for w in words if not (_says_nothing(w) or _is_times(w) or _LIGHT.match(w)))
    return frozenset(_key(_DERIVED.sub("", _cased(w)[0])) for w in kept)


def _is_rate(sentence: Sequence[_Token]) -> bool:
    """Whether a sentence tells so many of each, or some of more: `сум бүрд`, `улиралд 1`, `нэг нэг`, `1-1`."""
    tokens = [token for token in sentence if token.text not in _SOFT]
    before: _Token | None = None
    which = False
    for token in tokens:
        if token.text in _PARTIAL:
            return True
        if token.is_word and not which and _RATE.match(token.text):
            return True
        if before is not None and token.number is not None and before.number == token.number:
            return True
        if token.text != "хагас":  # `эхний хагас жилд`
            which = _WHICH.fullmatch(token.text) is not None or token.ending == "р"
        before = token
    return False


# --- what stands beside a number ------------------------------------------------------------------------------------


@dataclass(slots=True)
class _Noun:
    key: str
    case: str
    sure: bool
    is_person: bool
    end: int


@dataclass(slots=True)
class _Ahead:
    """What follows a number: nouns in order, each with whether surely they are counted."""

    nouns: list[_Noun]
    is_times: bool = False
    is_percent: bool = False
    is_other: bool = False
    """Whether a time, money or an ordinal follows."""
    end: int = 0


def _ahead(tokens: Sequence[_Token], at: int) -> _Ahead:
    out = _Ahead([])
    sure, times = True, ""
    for token in tokens[at : at + _REACH]:
        word = token.text
        if not token.is_word:
            break
        if token is tokens[at] and (_is_percent(word) or _NO_UNIT.match(word)):
            out.is_percent, out.is_other, out.end = _is_percent(word), not _is_percent(word), token.end
            break
        if _is_times(word):
            out.is_times, out.end, times = True, token.end, word
            continue
        if word in _MODIFIERS:
            continue
        if word in _EMPTY or _is_verb(word):
            break
        case = _cased(word)[1]
        is_person = _is_person(word)
        if not (out.is_times and (is_person or (case == "oblique" and not times.startswith("удаагийн")))):
            is_sure = sure and (case in ("", "accusative") or out.is_times)
            out.nouns.append(_Noun(_key(word), case, is_sure, is_person, token.end))
        if not out.is_times:
            if case in ("accusative", "oblique") or is_person:
                break
            sure = False
    return out


@dataclass(slots=True)
class _Behind:
    """What stands before a number that it may belong to: `Сургалтын тоо: 2`, `Сургалтыг 2 удаа`."""

    word: str
    """Empty if nothing does."""
    start: int
    by_total: bool = False
    is_percent: bool = False


def _behind(tokens: Sequence[_Token], at: int) -> _Behind:
    by_total = False
    for token in reversed(tokens[max(0, at - _REACH - 2) : at]):
        word = token.text
        if word in _TOTAL:
            by_total = True
        elif token.is_word and _is_percent(word):
            return _Behind("", token.start, is_percent=True)
        elif word in _SOFT or _says_nothing(word):
            continue
        elif not token.is_word or _is_verb(word):
            break
        elif by_total or _cased(word)[1] in ("", "accusative"):
            return _Behind(word, token.start, by_total)
        elif _cased(word)[1] == "genitive":
            break
    return _Behind("", tokens[at].start)


@dataclass(frozen=True, slots=True)
class _Around:
    """What the clause of a number says: its nouns, the stems of all its words, and whether of a change."""

    nouns: frozenset[str]
    stems: frozenset[str]
    is_change: bool


def _around(clause: Sequence[_Token]) -> _Around:
    words = [token.text for token in clause if token.is_word]
    is_change = any(w == "хувиар" or w.endswith("гүй") or _CHANGED.match(w) for w in words)
    return _Around(_about(clause), _stems(clause), is_change)


def _count(clause: Sequence[_Token], at: int, around: _Around, is_partial: bool) -> Count | None:
    token = clause[at]
    assert token.number is not None
    ahead = _ahead(clause, at + 1)
    if not token.is_plain or ahead.is_other or (token.in_words and token.number == 1 and not ahead.is_times):
        return None  # `нэг` is also `some`
    if "%" in token.ending or ahead.is_percent:
        behind_percent = at + (1 if "%" in token.ending else 2)
        after = clause[behind_percent : behind_percent + _CLAUSE]
        stems = _stems(after) if after and after[0].text == "нь" else around.stems  # `76 хувь нь хамрагдсан`
        return Count(token.number, True, False, {}, False, stems, is_partial or around.is_change)
    heads: dict[str, bool] = {}
    for noun in ahead.nouns:
        heads[noun.key] = noun.sure or heads.get(noun.key, False)
    if ahead.is_times or at + 1 == len(clause):
        behind = _behind(clause, at)
        if behind.word and (behind.by_total or not _is_person(behind.word)):
            heads[_key(behind.word)] = True
    is_person = any(noun.is_person for noun in ahead.nouns)
    return Count(token.number, False, ahead.is_times, heads, is_person, around.nouns, is_partial)


# --- limits --------------------------------------------------------------------------------------------------------

_NO_LESS = re.compile("(?:доош|бага|цөөн?)гүй")
_BEFORE = tuple(words.split() for words in ("доод тал нь", "дор хаяж", "багадаа", "наад зах нь"))
_AFTER = tuple(words.split() for words in ("ба түүнээс дээш", "буюу түүнээс дээш", "түүнээс дээш"))


def _limit(text: str, tokens: Sequence[_Token], at: int, about: str) -> Limit | None:
    """The limit that a number says, if it does."""
    token = tokens[at]
    assert token.number is not None
    words = [each.text for each in tokens[at + 1 : at + 4]]
    named, behind, start = "", at + 1, token.start
    if not token.is_plain:
        if not (re.search(f"{_ABLATIVE}$", token.ending) and words and _NO_LESS.match(words[0])):
            return None
        behind = at + 2
    elif len(words) > 1 and _NO_LESS.match(words[1]) and re.search(f"{_ABLATIVE}$", words[0]):
        named, behind = words[0], at + 3
    elif after := next((each for each in _AFTER if words[: len(each)] == each), None):
        behind = at + 1 + len(after)
    elif b := next((b for b in _BEFORE if [each.text for each in tokens[max(0, at - len(b)) : at]] == b), None):
        start = tokens[at - len(b)].start
    else:
        return None
    ahead = _Ahead([]) if named else _ahead(tokens, behind)
    if ahead.is_other or _NO_UNIT.match(named):
        return None
    end = max(tokens[behind - 1].end, ahead.end)
    is_percent = "%" in token.ending or _is_percent(named) or ahead.is_percent
    is_times = _is_times(named) or ahead.is_times
    right = ("", "accusative") if is_times else ("", "accusative", "oblique")
    noun = next((each for each in ahead.nouns if each.case in right), None)
    head, is_person = "", False
    if is_percent:
        is_times = False
    elif named and not is_times:
        head, is_person = _key(named), _is_person(named)
    elif noun is not None:
        head, is_person, end = noun.key, noun.is_person, noun.end
    else:
        before = _behind(tokens, at)
        head, is_person, is_percent = _key(before.word), _is_person(before.word), before.is_percent
        start = min(start, before.start)
    around: frozenset[str] = frozenset()
    if is_percent:
        around = _stems(_clause(tokens, at)) or _stems(_tokens(about.lower()))
    elif is_times and not head:
        around = subjects(about) | _about(_clause(tokens, at))
    return Limit(token.number, is_percent, is_times, head, is_person, around, text[start:end])
