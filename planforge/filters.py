"""The filters of the template language, under Mongolian and English names, and how values are printed.

Filters are total: what they cannot know is absent, or a problem of the data (`demand`). Absence passes through all but
those that are about absence. Generated programs call these functions by name.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date as Date
from datetime import datetime, time
from decimal import MAX_EMAX, MIN_EMIN, Context, Decimal
from enum import StrEnum
from functools import cache
from operator import attrgetter
from typing import Any

from pydantic import BaseModel

from planforge import model, mongolian, text, view
from planforge.errors import OutputError, Problem, Words
from planforge.vocabulary import ANY, AnyType, ListOf, MapOf, Pair, Record, Scalar, Type, sure, type_words

__all__ = [
    "FILTERS",
    "Filter",
    "Label",
    "added",
    "clock",
    "contains",
    "find",
    "is_even",
    "is_odd",
    "is_one_of",
    "is_word",
    "item",
    "label_of",
    "names",
    "present",
    "printable",
    "prints",
    "show",
    "subtracted",
    "type_of",
]


# --- printing ------------------------------------------------------------------------------------------------------


def present(value: object) -> bool:
    """Whether a value is there: 0 and 0 % are; nothing, false, an empty text and an empty list are not."""
    kind = value.__class__
    if kind is str or kind is tuple or kind is dict:
        return bool(value)
    return value is not None and value is not False


MAX_TEXT = 2_000_000
"""Letters of one text that a template puts together; libxml2 reads ten million bytes of one."""


def _joined(texts: Iterable[str], separator: str) -> str:
    """Texts in one. OutputError (PF501) before it outgrows `MAX_TEXT`."""
    found: list[str] = []
    size = 0
    for one in texts:
        size += len(one) + len(separator)
        if size > MAX_TEXT:
            raise OutputError([Problem("PF501", None, {"limit": f"{MAX_TEXT:,}"})])
        found.append(one)
    return separator.join(found)


def show(value: object) -> str:
    """A value as a document prints it; nothing for an absent one."""
    kind = value.__class__
    if kind is str:
        return value  # type: ignore[return-value]
    return "" if value is None else _printer(kind)(value)  # type: ignore[arg-type]  # classes are hashable


def clock(value: time) -> str:
    """A time of day: `14:30`, `14:30:15`, with its zone if it has one, `14:30+08:00`."""
    return value.isoformat("auto" if value.second or value.microsecond else "minutes")


@cache
def _printer(kind: type) -> Callable[[Any], str]:
    """How the values of a class are printed."""
    if issubclass(kind, Decimal):
        return lambda number: format(number, "f")
    if issubclass(kind, StrEnum):
        return lambda word: str(word.words[0])
    if issubclass(kind, bool):
        return lambda flag: "тийм" if flag else "үгүй"
    if issubclass(kind, datetime):
        return lambda moment: f"{show(moment.date())} {clock(moment.timetz())}"
    if issubclass(kind, Date):
        return lambda day: day.isoformat()[:10].replace("-", ".")
    if issubclass(kind, tuple | list):
        return lambda values: _joined(map(show, values), ", ")
    if issubclass(kind, Mapping):
        return lambda values: _joined((f"{label}: {show(value)}" for label, value in values.items()), ", ")
    if issubclass(kind, view.TreeNode | view.CriterionNode):
        return attrgetter("item.text")
    if issubclass(kind, model.Budget):
        return attrgetter("printed")
    if issubclass(kind, BaseModel):
        plain = getattr(kind, "plain", None)
        return (lambda part: show(getattr(part, plain))) if plain else lambda part: ""
    return str


def prints(record: Record) -> bool:
    """Whether a template may print a record by its name alone."""
    return bool(record.plain) or record.model is model.Budget


def printable(kind: Type) -> bool:
    """Whether a template may print a value by its name alone: a record without a text of its own prints nothing."""
    kind = sure(kind)
    if isinstance(kind, ListOf):
        return printable(kind.item)
    return prints(kind) if isinstance(kind, Record) else isinstance(kind, Scalar | AnyType)


def type_of(value: object) -> Type:
    """The type of a value that nobody described, as far as it shows."""
    if isinstance(value, bool):
        return Scalar.BOOL
    for kind, scalar in ((str, Scalar.TEXT), (int | Decimal, Scalar.NUMBER), (Date, Scalar.DATE)):
        if isinstance(value, kind):
            return scalar
    return ListOf(ANY) if isinstance(value, tuple) else MapOf(ANY) if isinstance(value, Mapping) else ANY


# --- what operators do ---------------------------------------------------------------------------------------------

_EXACT = Context(prec=1_000, Emin=MIN_EMIN, Emax=MAX_EMAX, traps=[])
"""Arithmetic of its own: the process's context may round or raise."""


def added(left: Any, right: Any) -> int | Decimal:
    return left + right if isinstance(left, int) and isinstance(right, int) else _EXACT.add(left, right)


def subtracted(left: Any, right: Any) -> int | Decimal:
    return left - right if isinstance(left, int) and isinstance(right, int) else _EXACT.subtract(left, right)


def is_odd(value: Any) -> bool:
    return abs(_EXACT.remainder(value, 2)) == 1


def is_even(value: Any) -> bool:
    return _EXACT.remainder(value, 2) == 0


def is_word(word: StrEnum, wanted: str) -> bool:
    """Whether one of a closed set of words is the wanted one: by its name in data or any of its words."""
    return text.name_key(wanted) in (text.name_key(w) for w in (word.value, *word.words))  # type: ignore[attr-defined]


def is_one_of(word: StrEnum, wanted: Sequence[str]) -> bool:
    return any(is_word(word, one) for one in wanted)


def contains(value: Mapping[Any, Any], key: object) -> bool:
    return label_of(value, key) is not None


def item(value: Any, key: object) -> object:
    """A list item by place from 0 (negative from the end), or a mapping's value; None if there is none."""
    try:
        if isinstance(value, Mapping):
            return value.get(key)
        return value[int(key)] if isinstance(value, tuple | list) else None  # type: ignore[call-overload]
    except (IndexError, TypeError, ValueError, OverflowError):
        return None


def label_of(value: Mapping[Any, Any], key: object) -> object:
    """A value by its label, spaces and case of the label aside; None if there is none."""
    if key is None:
        return None
    if isinstance(key, str | int) and key in value:
        return value[key]
    wanted = text.name_key(str(key))
    return next((v for k, v in value.items() if text.name_key(str(k)) == wanted), None)


# --- labels by example ---------------------------------------------------------------------------------------------

_TOKEN = re.compile(r"(?<!\w)(?:(НЭГ|Нэг|нэг)|(I)|(\d+(?:\.\d+)+)|(\d+))(?!\w)")
_TEXT = re.compile(r"(?<!\w)(?:(Текст)|(ТЕКСТ))(?!\w)")
_OWN_NUMBER = re.compile(r"\s*(\d+(?:\.\d+)*)([.)/:]*)")


class Label:
    """A label given by its example: `НЭГ. ТЕКСТ`, `Зорилт 1. Текст`, `1.1 Текст` (layout-spec.md, meaning 1)."""

    def __init__(self, example: str) -> None:
        texts = list(_TEXT.finditer(example))
        numbers = [
            m for m in _TOKEN.finditer(example) if not texts or not texts[0].start() <= m.start() < texts[0].end()
        ]
        if len(numbers) > 1 or len(texts) != 1:
            raise ValueError(f"one «Текст» and at most one number expected: {example!r}")
        body = texts[0]
        self.example = example
        self.upper = body.group(2) is not None
        self.head, self.tail = example[: body.start()], example[body.end() :]
        self.number = numbers[0].groups() if numbers else None
        if numbers:
            if numbers[0].start() > body.start():
                raise ValueError(f"the number must stand before «Текст»: {example!r}")
            self.before, self.after = self.head[: numbers[0].start()], self.head[numbers[0].end() :]

    def __repr__(self) -> str:
        return f"Label({self.example!r})"

    def __call__(self, node: view.TreeNode | view.CriterionNode) -> str:
        body = node.item.text.upper() if self.upper else node.item.text
        if self.number is None:
            return self.head + body + self.tail
        number = node.letter if isinstance(node, view.CriterionNode) else view.bare_number(node.number)
        if not number:
            return body + self.tail
        words, roman, whole, _ = self.number
        if words:
            printed = mongolian.cardinal(node.index)
            printed = printed.upper() if words.isupper() else printed.capitalize() if words[0].isupper() else printed
        elif roman:
            printed = mongolian.roman(node.index) if node.index < 4000 else str(node.index)
        else:
            printed = number if whole else number.rpartition(".")[2]
        head = self.before + printed + self.after
        if self._has_own(body, head, number, printed):
            return body + self.tail
        return head + body + self.tail

    def _has_own(self, body: str, head: str, number: str, printed: str) -> bool:
        """Whether the text already begins with its number: `1 дүгээр …` and `10 удаа …` do not count."""
        if body.startswith(head.rstrip()) and head.strip() != printed:
            return True
        own = _OWN_NUMBER.match(body)
        if not own or own.group(1) not in (number, printed):
            return False
        return bool(own.group(2)) or "." in own.group(1)


# --- filters -------------------------------------------------------------------------------------------------------


def upper(value: object) -> str:
    return show(value).upper()


def lower(value: object) -> str:
    return show(value).lower()


def label(node: Any, by: Label) -> str:
    return by(node)


_STOPS = (".", ";", ":", ",", "!", "?", "…")


def ended(value: object, mark: str) -> str:
    """The text with a closing mark, unless it ends in a stop already."""
    shown = show(value)
    return shown if not shown or shown.rstrip().endswith(_STOPS) else shown + mark


def letter(value: Any) -> str | None:
    """1 → а, 2 → б, 3 → в; absent for what is not a whole number from 1 below 10¹²."""
    return mongolian.list_letter(int(value)) if 1 <= value < 10**12 and value == int(value) else None


def roman(value: Any) -> str | None:
    return mongolian.roman(int(value)) if 1 <= value < 4000 and value == int(value) else None


def join(value: Sequence[object], separator: str = ", ") -> str:
    return _joined((shown for shown in map(show, value) if shown), separator)


def default(value: object, instead: object) -> object:
    return value if present(value) else instead


def date(value: Any, example: str) -> str:
    return mongolian.date_like(value, example)


def weekday(value: Any) -> str:
    return mongolian.weekday(value)


def percent(value: Any) -> str:
    return mongolian.percent(value)


def number(value: Any, thousands: Any = "none") -> str:
    return mongolian.number(value, thousands=thousands)


def cardinal(value: Any) -> str | None:
    """The number in words; absent for what is not a whole number below 10¹⁵."""
    return mongolian.cardinal(int(value)) if 0 <= value < 10**15 and value == int(value) else None


def ordinal(value: Any) -> str | None:
    return mongolian.ordinal(int(value)) if 0 <= value < 10**12 and value == int(value) else None


def nth(value: object) -> str | None:
    return _on_digits(mongolian.nth, value)


def at(value: object) -> str | None:
    return _on_digits(mongolian.at, value)


def _on_digits(function: Callable[[str], str], value: object) -> str | None:
    shown = show(value)
    return function(shown) if re.search("[0-9]", shown) else None


def ending(value: object, case: mongolian.Case) -> str | None:
    """`2 | ending("ablative")` → `2-оос`."""
    shown = show(value)
    try:
        return mongolian.with_ending(shown, case)
    except ValueError:
        return None


def genitive(value: Any) -> str | None:
    return value.genitive_form if isinstance(value, model.Organisation) else mongolian.genitive(show(value))


def dative(value: Any) -> str | None:
    return mongolian.dative(show(value))


def ablative(value: Any) -> str | None:
    return mongolian.ablative(show(value))


_BLANK = model.Criterion.model_construct(text="")  # checks nothing, so builds no schema


def at_least_one(value: Sequence[Any]) -> Sequence[Any]:
    """The criteria, or one blank one where there are none."""
    return value or (view.CriterionNode(_BLANK, (), 1, 1, None),)


def length(value: Sequence[object] | str) -> int:
    return len(value)


def first(value: Sequence[Any]) -> object:
    return value[0] if value else None


def last(value: Sequence[Any]) -> object:
    return value[-1] if value else None


def items(value: Mapping[Any, Any]) -> Sequence[tuple[Any, Any]]:
    """The labels of a mapping, each with its value, in their order."""
    return tuple(value.items())


_CASES = {
    "харьяалах": mongolian.Case.GENITIVE,
    "өгөх": mongolian.Case.DATIVE,
    "заах": mongolian.Case.ACCUSATIVE,
    "гарах": mongolian.Case.ABLATIVE,
    "үйлдэх": mongolian.Case.INSTRUMENTAL,
    "хамтрах": mongolian.Case.COMITATIVE,
}


def _case(name: str) -> mongolian.Case:
    return _CASES[name] if name in _CASES else mongolian.Case(name)


def _thousands(name: str) -> str:
    if name not in ("none", "comma", "space"):
        raise ValueError(name)
    return name


def _date_example(example: str) -> str:
    mongolian.date_like(Date(2021, 10, 15), example)
    return example


_TEXTUAL = (Scalar.TEXT, Scalar.PERIOD, Scalar.WORD, Scalar.NUMBER)
_TEXT_WORDS = type_words(Scalar.TEXT)
_NUMBER_WORDS = type_words(Scalar.NUMBER)


@dataclass(frozen=True, slots=True)
class Filter:
    """One filter: what it takes and gives, its arguments, and its Mongolian name."""

    name: str
    mn: str
    takes: Callable[[Type], bool]
    wants: Words
    gives: Callable[[Type], Type]
    usage: str
    least: int = 0
    most: int = 0
    constant: Callable[[str], object] | None = None
    """Compiles an argument that must be written as a text in the template; ValueError if it is not understood."""
    about_absence: bool = False
    may_fail: bool = False
    demand: str = ""

    def accepts(self, kind: Type) -> bool:
        return isinstance(kind, AnyType) or self.takes(kind)


def _is(*kinds: Scalar) -> Callable[[Type], bool]:
    return lambda kind: kind in kinds


def _textual(kind: Type) -> bool:
    return kind in _TEXTUAL or (isinstance(kind, Record) and prints(kind))


def _is_node(kind: Type) -> bool:
    return isinstance(kind, Record) and issubclass(kind.cls, view.TreeNode | view.CriterionNode)


def _is_list(kind: Type) -> bool:
    return isinstance(kind, ListOf)


def _is_printable_list(kind: Type) -> bool:
    return isinstance(kind, ListOf) and printable(kind)


def _is_criteria(kind: Type) -> bool:
    return isinstance(kind, ListOf) and isinstance(kind.item, Record) and kind.item.cls is view.CriterionNode


def _always(kind: Type) -> Callable[[Type], Type]:
    return lambda _: kind


def _element(kind: Type) -> Type:
    return kind.item if isinstance(kind, ListOf) else ANY


def _pairs(kind: Type) -> Type:
    return ListOf(Pair(kind.key, kind.value) if isinstance(kind, MapOf) else Pair(Scalar.TEXT, ANY))


_LIST_WORDS = Words("жагсаалт", "a list")
_TO_TEXT = _always(Scalar.TEXT)


def _is_name(kind: Type) -> bool:
    return kind is Scalar.TEXT or (isinstance(kind, Record) and kind.model is model.Organisation)


_NAME_WORDS = Words("байгууллагын нэр", "the name of a body")

FILTERS: tuple[Filter, ...] = (
    Filter("upper", "том_үсгээр", _textual, _TEXT_WORDS, _TO_TEXT, "upper"),
    Filter("lower", "жижиг_үсгээр", _textual, _TEXT_WORDS, _TO_TEXT, "lower"),
    Filter(
        "label",
        "шошго",
        _is_node,
        Words("зорилт, арга хэмжээ зэрэг мөр", "a node of the tree"),
        _TO_TEXT,
        'label("Зорилт 1. Текст")',
        1,
        1,
        Label,
    ),
    Filter("ended", "төгсгөх", _textual, _TEXT_WORDS, _TO_TEXT, 'ended(";")', 1, 1),
    Filter("letter", "үсгээр", _is(Scalar.NUMBER), _NUMBER_WORDS, _TO_TEXT, "letter", may_fail=True),
    Filter("roman", "ром_тоо", _is(Scalar.NUMBER), _NUMBER_WORDS, _TO_TEXT, "roman", may_fail=True),
    Filter("join", "нийлүүлэх", _is_printable_list, _LIST_WORDS, _TO_TEXT, 'join(", ")', 0, 1),
    Filter(
        "default",
        "эсвэл",
        lambda kind: True,
        type_words(ANY),
        lambda kind: kind if isinstance(kind, Scalar) else ANY,
        'default("-")',
        1,
        1,
        about_absence=True,
    ),
    Filter(
        "date",
        "огноо",
        _is(Scalar.DATE, Scalar.MOMENT),
        type_words(Scalar.DATE),
        _TO_TEXT,
        'date("2021 оны 10 дугаар сарын 15-ны өдөр")',
        1,
        1,
        _date_example,
    ),
    Filter("weekday", "гараг", _is(Scalar.DATE, Scalar.MOMENT), type_words(Scalar.DATE), _TO_TEXT, "weekday"),
    Filter("percent", "хувь", _is(Scalar.NUMBER), _NUMBER_WORDS, _TO_TEXT, "percent"),
    Filter("number", "тоо", _is(Scalar.NUMBER), _NUMBER_WORDS, _TO_TEXT, 'number("space")', 0, 1, _thousands),
    Filter("cardinal", "тоон_үгээр", _is(Scalar.NUMBER), _NUMBER_WORDS, _TO_TEXT, "cardinal", may_fail=True),
    Filter("ordinal", "дэс_тоо", _is(Scalar.NUMBER), _NUMBER_WORDS, _TO_TEXT, "ordinal", may_fail=True),
    Filter("nth", "дугаар", _textual, _NUMBER_WORDS, _TO_TEXT, "nth", may_fail=True),
    Filter("at", "дахь", _textual, _NUMBER_WORDS, _TO_TEXT, "at", may_fail=True),
    Filter("ending", "залгавар", _textual, _NUMBER_WORDS, _TO_TEXT, 'ending("гарах")', 1, 1, _case, may_fail=True),
    Filter("genitive", "харьяалах", _is_name, _NAME_WORDS, _TO_TEXT, "genitive", demand="PF301"),
    Filter("dative", "өгөх", _is_name, _NAME_WORDS, _TO_TEXT, "dative", demand="PF301"),
    Filter("ablative", "гарах", _is_name, _NAME_WORDS, _TO_TEXT, "ablative", demand="PF301"),
    Filter(
        "at_least_one",
        "дор_хаяж_нэг",
        _is_criteria,
        Words("шалгуур үзүүлэлтийн жагсаалт", "a list of criteria"),
        lambda kind: kind,
        "at_least_one",
    ),
    Filter(
        "length",
        "тоо_ширхэг",
        lambda kind: isinstance(kind, ListOf | MapOf) or kind is Scalar.TEXT,
        _LIST_WORDS,
        _always(Scalar.NUMBER),
        "length",
    ),
    Filter("first", "эхний", _is_list, _LIST_WORDS, _element, "first", may_fail=True),
    Filter("last", "сүүлийн", _is_list, _LIST_WORDS, _element, "last", may_fail=True),
    Filter("items", "хосоор", lambda kind: isinstance(kind, MapOf), type_words(MapOf(ANY)), _pairs, "items"),
)


@cache
def _by_name() -> Mapping[str, Filter]:
    return {text.name_key(name): f for f in FILTERS for name in (f.name, f.mn)}


def find(name: str) -> Filter | None:
    """The filter of an English or Mongolian name."""
    return _by_name().get(text.name_key(name))


def names() -> list[str]:
    """Every spelling of every filter."""
    return [name for f in FILTERS for name in (f.name, f.mn)]
