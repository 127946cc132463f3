"""What changed between two plans, or between two reports.

`compare` matches the nodes of the two (`planforge.matching`) and names what differs: what was added, dropped, moved,
renumbered, reworded, and every other field by the vocabulary, results of measures with their differences. Nothing is
rounded or left out: two plans without a change between them are equal.

A number that is not given but derived from the place in the tree is no change by itself: what was dropped above it is.
"""

from __future__ import annotations

from bisect import bisect_left
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from enum import StrEnum
from functools import cached_property
from itertools import zip_longest
from typing import Any, Literal, NamedTuple, TypeAlias

from pydantic import BaseModel

from planforge import rewording, webpage
from planforge.errors import DataError, Lang, Problem, Words
from planforge.matching import Element, elements, match, own_fields
from planforge.model import Plan, Report, Result
from planforge.rewording import Piece
from planforge.text import quote
from planforge.view import LEVEL_WORDS, PLURALS, Path
from planforge.vocabulary import Field, ListOf, MapOf, Record, Scalar, Type, describe
from planforge.webpage import Html, element

__all__ = ["HEADS", "Change", "Comparison", "Item", "Kind", "MarkedRow", "Place", "compare"]


class Kind(StrEnum):
    """What happened to a node."""

    ADDED = "added"
    DROPPED = "dropped"
    MOVED = "moved"
    """To another parent, or among its siblings."""
    RENUMBERED = "renumbered"
    REWORDED = "reworded"
    CHANGED = "changed"
    """A field besides number and text: `Change.field` says which."""

    @property
    def words(self) -> Words:
        return _KIND_WORDS[self]


_KIND_WORDS = {
    Kind.ADDED: Words("нэмсэн", "added"),
    Kind.DROPPED: Words("хассан", "dropped"),
    Kind.MOVED: Words("зөөсөн", "moved"),
    Kind.RENUMBERED: Words("дугаар өөрчилсөн", "renumbered"),
    Kind.REWORDED: Words("найруулга өөрчилсөн", "reworded"),
    Kind.CHANGED: Words("утга өөрчилсөн", "changed"),
}
_MIRRORED = {Kind.ADDED: Kind.DROPPED, Kind.DROPPED: Kind.ADDED}
_ROOT_WORDS = {"plan": Words("төлөвлөгөө", "plan"), "report": Words("тайлан", "report")}
_NO_WORDS = Words("", "")
_PLACE = Words("байрлал", "place")


@dataclass(frozen=True, slots=True)
class Item:
    """A node where it stands: `path` in the data, the number as printed; a criterion also has its owner's number."""

    level: str
    number: str
    text: str
    path: Path
    owner: str = ""

    @property
    def name(self) -> Words:
        """`арга хэмжээ 2.3, шалгуур 1`, `measure 2.3, criterion 1`."""
        words = {**LEVEL_WORDS, **_ROOT_WORDS}[self.level]
        named = _numbered(words, self.number)
        if not self.owner:
            return named
        holder = self.path[self.path.index("criteria") - 2]
        above = _numbered(LEVEL_WORDS[_LEVELS[holder]], self.owner)
        return Words(f"{above.mn}, {named.mn}", f"{above.en}, {named.en}")

    def as_json(self) -> dict[str, object]:
        out: dict[str, object] = {"level": self.level, "number": self.number, "text": self.text}
        return {**out, "path": list(self.path), **({"owner": self.owner} if self.owner else {})}


_LEVELS: Mapping[str | int, str] = {name: level for level, name in PLURALS.items()}


def _numbered(words: Words, number: str) -> Words:
    return Words(f"{words.mn} {number}".rstrip(), f"{words.en} {number}".rstrip())


class Place(NamedTuple):
    """Where an entry of a list stands in each, from 0; None where it is not."""

    before: int | None
    after: int | None


Step: TypeAlias = str | Place


@dataclass(frozen=True, slots=True)
class Change:
    """One change. `before` and `after` are the node in each; what was added has no `before`.

    `old` and `new` are its values as text, None where there is none; `pieces` the words of a text that went and came;
    `difference` of numbers is new less old. What came or went with a node is `inside` it, its fields are `values`.
    """

    kind: Kind
    before: Item | None
    after: Item | None
    field: tuple[Step, ...] = ()
    label: Words = _NO_WORDS
    old: Words | None = None
    new: Words | None = None
    pieces: tuple[Piece, ...] = ()
    difference: Decimal | None = None
    inside: tuple[Item, ...] = ()
    values: tuple[tuple[Words, Words], ...] = ()

    @property
    def item(self) -> Item:
        """The node as it is now, else as it was."""
        found = self.after or self.before
        assert found is not None
        return found

    def mirrored(self) -> Change:
        """The change back."""
        return replace(
            self,
            kind=_MIRRORED.get(self.kind, self.kind),
            before=self.after,
            after=self.before,
            field=tuple(Place(s.after, s.before) if isinstance(s, Place) else s for s in self.field),
            old=self.new,
            new=self.old,
            pieces=rewording.mirrored(self.pieces),
            difference=None if self.difference is None else -self.difference,
        )

    def as_json(self) -> dict[str, object]:
        """The change for a machine: nothing that is absent, numbers as text, the words of both languages."""
        return {
            "kind": str(self.kind),
            **({"before": self.before.as_json()} if self.before else {}),
            **({"after": self.after.as_json()} if self.after else {}),
            **({"field": [list(s) if isinstance(s, Place) else s for s in self.field]} if self.field else {}),
            **({"label": _both(self.label)} if self.label.mn else {}),
            **({"old": _both(self.old)} if self.old else {}),
            **({"new": _both(self.new)} if self.new else {}),
            **({"pieces": [list(p) for p in self.pieces]} if self.pieces else {}),
            **({"difference": format(self.difference, "f")} if self.difference is not None else {}),
            **({"inside": [item.as_json() for item in self.inside]} if self.inside else {}),
            **({"values": [[_both(w) for w in pair] for pair in self.values]} if self.values else {}),
        }


def _both(words: Words) -> object:
    return words.mn if words.mn == words.en else {"mn": words.mn, "en": words.en}


Line: TypeAlias = tuple[Piece, ...]


class MarkedRow(NamedTuple):
    """A change as people read it: cells are lines of pieces; `about` is how a text begins that they do not show."""

    where: str
    about: str
    what: str
    before: tuple[Line, ...]
    after: tuple[Line, ...]


@dataclass(frozen=True)
class Comparison:
    """The changes from one plan or report to another, in document order; false where there are none."""

    before: Item
    after: Item
    changes: tuple[Change, ...]

    def __bool__(self) -> bool:
        return bool(self.changes)

    def __len__(self) -> int:
        return len(self.changes)

    def __iter__(self) -> Iterator[Change]:
        return iter(self.changes)

    @cached_property
    def counts(self) -> Mapping[Kind, int]:
        """Changes by kind, those that occur."""
        found = Counter(change.kind for change in self.changes)
        return {kind: found[kind] for kind in Kind if found[kind]}

    def as_json(self) -> dict[str, object]:
        """The comparison for a machine."""
        return {
            "before": self.before.as_json(),
            "after": self.after.as_json(),
            "counts": {str(kind): count for kind, count in self.counts.items()},
            "changes": [change.as_json() for change in self.changes],
        }

    def rows(self, lang: Lang, /) -> list[tuple[str, str, str, str]]:
        """The changes as a table of text: where, what, before, after; heads are `HEADS`.

        Where is the name of the node with the beginning of its text, unless the cells show it. Words that went stand
        in `[-…-]`, words that came in `{+…+}`.
        """
        return [(_plain_where(change, lang), _what(change, lang), *_plain_cells(change, lang)) for change in self]

    def marked_rows(self, lang: Lang, /) -> list[MarkedRow]:
        """The changes as a table whose cells say which words went and which came."""
        return [MarkedRow(c.item.name.in_(lang), _about(c), _what(c, lang), *_marked_cells(c, lang)) for c in self]

    def summary(self, lang: Lang, /) -> str:
        """How many changes there are, and of which kinds."""
        if not self:
            return _PAGE["none"].in_(lang)
        counts = ", ".join(f"{kind.words.in_(lang)} {count}" for kind, count in self.counts.items())
        return f"{_PAGE['count'].in_(lang).format(count=len(self))}: {counts}."

    def to_html(self, lang: Lang = "mn", /, *, names: tuple[str, str] | None = None) -> str:
        """A page that needs nothing but itself; `names` are what the two are called, else their titles."""
        old, new = names or (self.before.text, self.after.text)
        title = _PAGE["title"].in_(lang)
        about = element("p", element("span", old), " → ", element("span", new))
        return webpage.page(title, lang, element("h1", title), about, *_body(self, lang))

    def _repr_html_(self) -> str:
        """What a notebook shows."""
        return webpage.fragment(*_body(self, "mn"))


def compare(before: Plan | Report, after: Plan | Report, /) -> Comparison:
    """What changed from one plan to another, or from one report to another.

    `compare(b, a)` has the same changes, each mirrored. Time is linear in the size of the two. Raises DataError: a plan
    against a report (PF480), results that belong to no measure (PF401–PF403).
    """
    if isinstance(before, Report) is not isinstance(after, Report):
        raise DataError([Problem("PF480")])
    old, new = elements(before), elements(after)
    # Whatever is matched and told is the same from both sides, because it is always found from the same one.
    turned = after.model_dump_json() < before.model_dump_json()
    match(*((new, old) if turned else (old, new)))
    found = list(_Differences(new, old).all() if turned else _Differences(old, new).all())
    if turned:
        found = [_Found(f.after, f.before, f.change.mirrored()) for f in found]
    return Comparison(_item(old), _item(new), tuple(_in_order(found, old)))


# --- what differs --------------------------------------------------------------------------------------------------


class _Found(NamedTuple):
    before: Element | None
    after: Element | None
    change: Change


def _in_order(found: Sequence[_Found], old: Element) -> Iterator[Change]:
    """The changes in the order of the new document; what was dropped stands where it would have been."""
    stood: dict[Element, tuple[int, int]] = {}
    last = 0
    for node in old:
        last = node.match.order if node.match else last
        stood[node] = (last, node.order)
    kinds = list(Kind)

    def place(one: _Found) -> tuple[int, int, int]:
        if one.after is not None:
            return one.after.order, -1, kinds.index(one.change.kind)
        assert one.before is not None
        return *stood[one.before], 0

    return (one.change for one in sorted(found, key=place))


def _item(node: Element) -> Item:
    owner = node
    while owner.level == "criterion" and owner.parent is not None:
        owner = owner.parent
    number = "" if owner is node else owner.number
    return Item(node.level, node.number, node.text, node.path, number)


class _Differences:
    """What differs between two matched trees."""

    def __init__(self, old: Element, new: Element) -> None:
        self.old = old
        self.new = new
        self.out_of_order = {e for node in old if node.match for e in _out_of_order(node)}

    def all(self) -> Iterator[_Found]:
        for node in self.old:
            if node.match is not None:
                for change in self.matched(node, node.match):
                    yield _Found(node, node.match, change)
            elif node.parent is None or node.parent.match is not None:
                yield _Found(node, None, _whole(node, Kind.DROPPED))
        for node in self.new:
            if node.match is None and (node.parent is None or node.parent.match is not None):
                yield _Found(None, node, _whole(node, Kind.ADDED))

    def matched(self, old: Element, new: Element) -> Iterator[Change]:
        """What differs between an element and its match."""
        before, after = _item(old), _item(new)
        if old.parent is not None and new.parent is not None:
            if old.parent.match is not new.parent:
                above = _item(old.parent).name, _item(new.parent).name
                yield Change(Kind.MOVED, before, after, (), _PLACE, *above)
            elif old in self.out_of_order:
                above = _position(old), _position(new)
                yield Change(Kind.MOVED, before, after, (), _PLACE, *above)
        kinds = {} if old.level in _ROOT_WORDS else {"number": Kind.RENUMBERED, "text": Kind.REWORDED}
        record = describe(type(old.item))
        pairs = [(f, getattr(old.item, f.name), getattr(new.item, f.name)) for f in own_fields(record.cls)]
        for field, one, other in pairs:
            if _holds_results(field.type):
                continue  # joined to their measures, and compared there
            if field.name == "id" and (one in new.origins or other in old.origins):
                continue  # a rollover gave it
            for difference in _differences(field.type, one, other, (field.name,), field.label, field):
                yield difference.change(kinds.get(field.name, Kind.CHANGED), before, after)
        if old.result is not None and new.result is not None:
            field = next(f for f in own_fields(record.cls) if _holds_results(f.type))
            for difference in _fields(describe(Result), old.result, new.result, (field.name,), field.label):
                yield difference.change(Kind.CHANGED, before, after)


def _holds_results(kind: Type) -> bool:
    return (kind.value if isinstance(kind, MapOf) else kind) is describe(Result)


def _position(node: Element) -> Words:
    return _numbered(Words("байр", "position"), str(node.index))


def _out_of_order(parent: Element) -> Iterator[Element]:
    """The fewest children of a matched parent that must move for the rest to stand in the order of the other."""
    by_level: dict[str, list[Element]] = {}
    for child in parent.below:
        if child.match is not None and child.match.parent is parent.match:
            by_level.setdefault(child.level, []).append(child)
    for children in by_level.values():
        kept = _longest_rise([child.match.order for child in children if child.match])
        yield from (child for at, child in enumerate(children) if at not in kept)


def _longest_rise(numbers: Sequence[int]) -> set[int]:
    """The indices of a longest rising subsequence (patience sorting)."""
    tops: list[int] = []
    ends: list[int] = []
    before: list[int | None] = []
    for at, number in enumerate(numbers):
        pile = bisect_left(tops, number)
        if pile == len(tops):
            tops.append(number)
            ends.append(at)
        tops[pile], ends[pile] = number, at
        before.append(ends[pile - 1] if pile else None)
    kept = set()
    last = ends[-1] if ends else None
    while last is not None:
        kept.add(last)
        last = before[last]
    return kept


def _whole(node: Element, kind: Kind) -> Change:
    """A node that came or went, with what stands in it and nowhere else."""
    item = _item(node)
    inside = []
    stack = list(reversed(node.below))
    while stack:
        below = stack.pop()
        if below.match is None:
            inside.append(_item(below))
            stack.extend(reversed(below.below))
    values = tuple(_values(node))
    before, after = (item, None) if kind is Kind.DROPPED else (None, item)
    return Change(kind, before, after, inside=tuple(inside), values=values)


def _values(node: Element) -> Iterator[tuple[Words, Words]]:
    """The fields that a node gives besides number and text, and its result, as text."""
    given = (f for f in own_fields(type(node.item)) if f.name not in _NAMED and not _holds_results(f.type))
    parts = [(f, getattr(node.item, f.name)) for f in given]
    if node.result is not None:
        parts += [(f, getattr(node.result, f.name)) for f in own_fields(Result)]
    for field, value in parts:
        shown = _shown(field.type, value, field)
        if shown is not None:
            yield field.label, shown


_NAMED = frozenset({"number", "text", "id"})


# --- values by the vocabulary ----------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Difference:
    """What differs in a value of a node."""

    field: tuple[Step, ...]
    label: Words
    old: Words | None
    new: Words | None
    pieces: tuple[Piece, ...] = ()
    number: Decimal | None = None

    def change(self, kind: Kind, before: Item, after: Item) -> Change:
        return Change(kind, before, after, self.field, self.label, self.old, self.new, self.pieces, self.number)


def _differences(
    kind: Type, old: Any, new: Any, path: tuple[Step, ...], label: Words, field: Field | None = None
) -> Iterator[_Difference]:
    """What differs in two values of a type: in records by field, in labelled values by label, in lists by entry."""
    if isinstance(kind, MapOf):
        for key in dict.fromkeys([*old, *new]):
            inner = _inside(label, Words(f"«{key}»", f"“{key}”"))
            yield from _differences(kind.value, old.get(key), new.get(key), (*path, str(key)), inner)
        return
    if isinstance(kind, ListOf) and isinstance(kind.item, Record):
        for place, one, other in _aligned(old, new):
            at = place.before if place.after is None else place.after
            inner = _inside(label, Words(f"{(at or 0) + 1}", f"{(at or 0) + 1}"), " ")
            yield from _differences(kind.item, one, other, (*path, place), inner)
        return
    if isinstance(kind, Record) and old is not None and new is not None:
        yield from _fields(kind, old, new, path, label)
        return
    shown = _shown(kind, old, field), _shown(kind, new, field)
    if shown == (None, None) and (old is None) is not (new is None):
        shown = (None if old is None else _NO_WORDS, None if new is None else _NO_WORDS)
    if shown[0] == shown[1] and old == new:
        return
    pieces: tuple[Piece, ...] = ()
    if kind is Scalar.TEXT or isinstance(kind, ListOf):
        tokens = _tokens(kind, old), _tokens(kind, new)
        pieces = rewording.reworded(*tokens) if all(tokens) else ()
    number = None
    if kind is Scalar.NUMBER and old is not None and new is not None:
        number = Decimal(new) - Decimal(old)
    yield _Difference(path, label, *shown, pieces, number)


def _fields(
    record: Record, old: BaseModel, new: BaseModel, path: tuple[Step, ...], label: Words
) -> Iterator[_Difference]:
    """What differs in the fields of two records; the field that plain text stands for needs no name of its own."""
    for field in own_fields(record.cls):
        inner = label if field.name == record.plain else _inside(label, field.label)
        values = getattr(old, field.name), getattr(new, field.name)
        yield from _differences(field.type, *values, (*path, field.name), inner, field)


def _inside(outer: Words, inner: Words, between: str = " › ") -> Words:
    return Words(f"{outer.mn}{between}{inner.mn}", f"{outer.en}{between}{inner.en}")


def _aligned(old: Sequence[Any], new: Sequence[Any]) -> Iterator[tuple[Place, Any, Any]]:
    """The entries of two lists side by side: equal ones first, then in order those that stand between them."""
    texts = [[repr(entry) for entry in entries] for entries in (old, new)]
    at = [0, 0]
    gaps: tuple[list[int], list[int]] = ([], [])
    for piece in (*rewording.steps(*texts), Piece("same", "")):
        if piece.kind == "out":
            gaps[0].append(at[0])
        elif piece.kind == "in":
            gaps[1].append(at[1])
        else:
            for i, j in zip_longest(*gaps):
                yield Place(i, j), None if i is None else old[i], None if j is None else new[j]
            gaps[0].clear()
            gaps[1].clear()
        at[0] += piece.kind != "in"
        at[1] += piece.kind != "out"


_SEPARATOR = "; "
"""Between the entries of a list; a text is never cut into such a token."""


def _tokens(kind: Type, value: Any) -> list[str]:
    if not isinstance(kind, ListOf):
        return rewording.tokens(value or "")
    out: list[str] = []
    for entry in value:
        out += [_SEPARATOR, *rewording.tokens(str(entry))] if out else rewording.tokens(str(entry))
    return out


def _shown(kind: Type, value: Any, field: Field | None = None) -> Words | None:
    """A value as text; None where it is absent or says nothing."""
    if value is None or value in ((), {}):
        return None
    if isinstance(kind, ListOf):
        parts = [_shown(kind.item, entry) for entry in value]
        return _joined([part for part in parts if part is not None])
    if isinstance(kind, MapOf):
        return _joined([_labelled(Words(str(k), str(k)), _shown(kind.value, v)) for k, v in value.items()])
    if isinstance(kind, Record):
        return _record_shown(kind, value)
    if kind is Scalar.WORD and field is not None:
        return Words(next(words[0] for key, words in field.words if key == value), str(value))
    if kind is Scalar.NUMBER:
        text = format(value, "f") if isinstance(value, Decimal) else str(value)
    elif isinstance(value, date):
        text = f"{value:%Y.%m.%d}"
    else:
        text = str(value)
    return Words(text, text)


def _record_shown(record: Record, value: BaseModel) -> Words | None:
    parts = []
    for field in own_fields(record.cls):
        shown = _shown(field.type, getattr(value, field.name), field)
        if shown is not None:
            parts.append(shown if field.name == record.plain else _labelled(field.label, shown))
    return _joined(parts) if parts else None


def _labelled(label: Words, value: Words | None) -> Words:
    return _inside(label, value or _NO_WORDS, ": ")


def _joined(parts: Sequence[Words]) -> Words:
    return Words(_SEPARATOR.join(p.mn for p in parts), _SEPARATOR.join(p.en for p in parts))


# --- as people read it ---------------------------------------------------------------------------------------------

HEADS = (Words("Хаана", "Where"), Words("Юу", "What"), Words("Өмнө", "Before"), Words("Дараа", "After"))
_BEGINNING = 120
"""Letters of a node's text that tell which it is."""
_PAGE = {
    "title": Words("Харьцуулалт", "Comparison"),
    "none": Words("Ялгаа алга.", "No differences."),
    "count": Words("Нийт {count} өөрчлөлт", "{count} changes"),
    "inside": Words("Дотор нь", "With it"),
}


def _what(change: Change, lang: Lang) -> str:
    """`reworded`, `period`."""
    return (change.label if change.kind is Kind.CHANGED else change.kind.words).in_(lang)


def _plain_where(change: Change, lang: Lang) -> str:
    name, about = change.item.name.in_(lang), " ".join(_about(change).split())
    return name + (f" «{about}»" if lang == "mn" else f" “{about}”") * bool(about)


def _plain_cells(change: Change, lang: Lang) -> tuple[str, str]:
    old, new = ("" if words is None else words.in_(lang) for words in (change.old, change.new))
    if change.kind in (Kind.ADDED, Kind.DROPPED):
        return ("", change.item.text) if change.kind is Kind.ADDED else (change.item.text, "")
    if change.pieces:
        old = "".join(f"[-{p.text}-]" if p.kind == "out" else p.text for p in change.pieces if p.kind != "in")
        new = "".join(f"{{+{p.text}+}}" if p.kind == "in" else p.text for p in change.pieces if p.kind != "out")
    return old, f"{new} ({_signed(change.difference)})" if change.difference is not None else new


def _signed(number: Decimal) -> str:
    return f"{'+' if number > 0 else ''}{number:f}"


def _body(comparison: Comparison, lang: Lang) -> Iterator[Html]:
    """Counts and the table of changes."""
    if not comparison:
        yield element("p", _PAGE["none"].in_(lang))
        return
    counts = ", ".join(f"{kind.words.in_(lang)} {count}" for kind, count in comparison.counts.items())
    total = _PAGE["count"].in_(lang).format(count=len(comparison))
    yield element("p", element("b", total), f": {counts}.")
    rows = ((_where(c, lang), _what(c, lang), *_cells(c, lang)) for c in comparison)
    yield webpage.table([head.in_(lang) for head in HEADS], rows, widths=(22, 12, 33, 33))


def _where(change: Change, lang: Lang) -> Html:
    """The name of a node, and how its text begins where the change does not show it."""
    about = _about(change)
    text = [element("div", about, class_="muted")] if about else []
    return element("div", element("b", change.item.name.in_(lang)), *text)


def _about(change: Change) -> str:
    """How the text of a node begins, where the change does not show it."""
    shown = change.kind in (Kind.ADDED, Kind.DROPPED, Kind.REWORDED) or change.item.level in _ROOT_WORDS
    return "" if shown else quote(change.item.text, _BEGINNING)


def _marked_cells(change: Change, lang: Lang) -> tuple[tuple[Line, ...], tuple[Line, ...]]:
    if change.kind in (Kind.ADDED, Kind.DROPPED):
        lines: list[Line] = [(Piece("in" if change.kind is Kind.ADDED else "out", change.item.text),)]
        lines += [(Piece("same", f"{label.in_(lang)}: {value.in_(lang)}"),) for label, value in change.values]
        inside = [_numbered(LEVEL_WORDS[i.level], i.number).in_(lang) + f": {i.text}" for i in change.inside]
        lines += [(Piece("same", line),) for line in ([f"{_PAGE['inside'].in_(lang)}:"] if inside else []) + inside]
        return ((), tuple(lines)) if change.kind is Kind.ADDED else (tuple(lines), ())
    if change.pieces:
        went = tuple(Piece(kind, _visible(t) if kind == "out" else t) for kind, t in change.pieces if kind != "in")
        came = tuple(Piece(kind, _visible(t) if kind == "in" else t) for kind, t in change.pieces if kind != "out")
        return (went,), (came,)
    marked = change.kind not in (Kind.MOVED, Kind.RENUMBERED)
    old = _value_line(change.old, "out" if marked else "same", lang)
    new = _value_line(change.new, "in" if marked else "same", lang)
    if change.difference is not None:
        new = (*new, Piece("same", f" ({_signed(change.difference)})"))
    return (old,), (new,)


def _value_line(value: Words | None, kind: Literal["same", "out", "in"], lang: Lang) -> Line:
    return (Piece("same", "—") if value is None else Piece(kind, _visible(value.in_(lang))),)


def _cells(change: Change, lang: Lang) -> tuple[Html, Html]:
    if change.kind in (Kind.ADDED, Kind.DROPPED):
        whole = _whole_cell(change, lang)
        return (Html(), whole) if change.kind is Kind.ADDED else (whole, Html())
    if change.pieces:
        went = (element("del", _visible(t)) if kind == "out" else t for kind, t in change.pieces if kind != "in")
        came = (element("ins", _visible(t)) if kind == "in" else t for kind, t in change.pieces if kind != "out")
        return element("span", *went), element("span", *came)
    marks = ("span", "span") if change.kind in (Kind.MOVED, Kind.RENUMBERED) else ("del", "ins")
    old, new = (
        Html("—") if words is None else element(mark, _visible(words.in_(lang)))
        for mark, words in zip(marks, (change.old, change.new), strict=True)
    )
    return old, new if change.difference is None else element("span", new, f" ({_signed(change.difference)})")


def _visible(text: str) -> str:
    """A change of white space as signs, which a strike through nothing would not show."""
    if text.strip():
        return text.replace("\n", "↵\n")
    return text.replace(" ", "␣").replace("\t", "⇥").replace("\n", "↵\n").replace("\u00a0", "⍽")


def _whole_cell(change: Change, lang: Lang) -> Html:
    lines = [element("div", element("ins" if change.kind is Kind.ADDED else "del", change.item.text))]
    for label, value in change.values:
        lines.append(element("div", element("span", f"{label.in_(lang)}: ", class_="muted"), value.in_(lang)))
    if change.inside:
        lines.append(element("div", f"{_PAGE['inside'].in_(lang)}:", class_="muted"))
    for item in change.inside:
        name = _numbered(LEVEL_WORDS[item.level], item.number).in_(lang)
        lines.append(element("div", element("span", f"{name}: ", class_="muted"), item.text))
    return element("div", *lines)
