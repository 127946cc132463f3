"""What templates and layouts may use: names in both languages with type, meaning and example, as a tree.

The tree begins with the names at the top of a template (`plan`, `report`, `today`) and the levels, by whose names loops
and the cells of layouts call their nodes (`measure`). Everything comes from the view and the vocabulary. A record's
fields stand where its shortest path leads; elsewhere the tree says where that is, so it ends.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache

from planforge import filters, text, view
from planforge.errors import DataError, Lang, Problem, Words
from planforge.filters import FILTERS, Filter
from planforge.model import Term
from planforge.vocabulary import Field, ListOf, MapOf, Record, Type, mongolian_name, type_words

__all__ = [
    "FILTERS",
    "Entry",
    "Filter",
    "filter_as_json",
    "find",
    "near",
    "record_of",
    "roots",
    "search",
    "step",
    "tree",
    "type_name",
]

_MAX_NEAR = 8


@dataclass(frozen=True, slots=True)
class Entry:
    """A name: the fields on the way to it from the top, and the entries below it.

    `listed_at` is the path under which the fields of the same record are listed, if that is not here.
    """

    fields: tuple[Field, ...]
    entries: tuple[Entry, ...] = ()
    listed_at: str = ""

    @property
    def field(self) -> Field:
        return self.fields[-1]

    @property
    def path(self) -> Words:
        """As it is written: `арга_хэмжээ.үр_дүн.хувь`, `measure.result.percent`."""
        return Words(".".join(f.template_name for f in self.fields), ".".join(f.name for f in self.fields))

    @property
    def meaning(self) -> Words:
        """What it is; its own name in words where nothing more is said."""
        term = self.field.term
        return Words(term.help_mn or term.mn, term.help or self.field.name.replace("_", " "))

    @property
    def example(self) -> str:
        return self.field.term.example

    def walk(self) -> Iterator[Entry]:
        """This entry and all below it, in order."""
        yield self
        for entry in self.entries:
            yield from entry.walk()

    def as_json(self) -> dict[str, object]:
        """The entry for a machine; `fields` and `listed_at` only where there are any."""
        own = self.field
        out: dict[str, object] = {
            "name": {"mn": own.template_name, "en": own.name},
            "also": [mongolian_name(term) for term in own.term.also],
            "path": _both(self.path),
            "type": _both(type_name(own.type)),
            "optional": own.optional,
            "meaning": _both(self.meaning),
            "example": self.example,
        }
        if own.words:
            out["words"] = [value for value, _ in own.words]
        if self.entries:
            out["fields"] = [entry.as_json() for entry in self.entries]
        if self.listed_at:
            out["listed_at"] = self.listed_at
        return out


def _both(words: Words) -> dict[str, str]:
    return {"mn": words.mn, "en": words.en}


def filter_as_json(item: Filter, /) -> dict[str, object]:
    """A filter for a machine."""
    return {"name": {"mn": item.mn, "en": item.name}, "takes": _both(item.wants), "usage": item.usage}


def type_name(kind: Type, /) -> Words:
    """The type in a word or two: `хугацаа`, `list of criterion`."""
    if isinstance(kind, ListOf):
        inner = type_name(kind.item)
        return Words(f"жагсаалт: {inner.mn}", f"list of {inner.en}")
    if isinstance(kind, MapOf):
        inner = type_name(kind.value)
        return Words(f"нэр → {inner.mn}", f"label → {inner.en}")
    if isinstance(kind, Record):
        level = _level_of(kind)
        return view.LEVEL_WORDS[level] if level else Words("талбарууд", kind.name)
    words = type_words(kind)
    return Words(words.mn, words.en.removeprefix("a "))


def _level_of(record: Record) -> str | None:
    return next((level for level in view.LEVELS if view.level_record(level) is record), None)


def record_of(kind: Type, /) -> Record | None:
    """The record that a value of the type is, or that the items of a list are."""
    while isinstance(kind, ListOf):
        kind = kind.item
    return kind if isinstance(kind, Record) else None


# --- the tree ------------------------------------------------------------------------------------------------------


@cache
def roots() -> Mapping[str, Field]:
    """The names that a path begins with: those at the top of a template, then the levels."""
    return {**view.names(), **{level: _level(level) for level in view.LEVELS}}


def _level(level: str) -> Field:
    above = "measure.criteria" if level == "criterion" else f"plan.all_{view.PLURALS[level]}"
    loop = f"for {level} in {above}"
    term = Term(
        view.LEVEL_TERMS[level],
        help=f"Inside the loop `{loop}`; in the tables of layouts as it is",
        help_mn=f"`{loop}` давталт дотор; маягтын хүснэгтэд шууд",
    )
    return Field(level, term, view.level_record(level), optional=False, required=False, access=level)


@cache
def _homes() -> Mapping[type, tuple[str, ...]]:
    """The shortest path to each record, by its class: where its fields are listed; of equals, that of a measure."""
    found: dict[type, tuple[str, ...]] = {}
    names = [*view.names(), "measure", *roots()]
    queue: list[tuple[tuple[str, ...], Type]] = [((name,), roots()[name].type) for name in names]
    while queue:
        path, kind = queue.pop(0)
        record = record_of(kind)
        if record is not None and record.cls not in found:
            found[record.cls] = path
            queue += [((*path, name), field.type) for name, field in record.fields.items()]
    return found


@cache
def tree() -> tuple[Entry, ...]:
    """Every name, from the top."""
    return tuple(_entry((field,)) for field in roots().values())


def _entry(fields: tuple[Field, ...], *, whole: bool = False) -> Entry:
    """The entry at the end of a path; `whole` lists its fields even if they are listed elsewhere too."""
    kind = fields[-1].type
    record = record_of(kind.value if isinstance(kind, MapOf) else kind)
    if record is None:
        return Entry(fields)
    home = _homes()[record.cls]
    if isinstance(kind, MapOf):
        return Entry(fields, listed_at=".".join(home))
    if whole or home == tuple(f.name for f in fields):
        return Entry(fields, tuple(_entry((*fields, field)) for field in record.fields.values()))
    return Entry(fields, listed_at=".".join(home))


# --- finding -------------------------------------------------------------------------------------------------------


def _spellings(field: Field) -> set[str]:
    return {text.name_key(n) for n in (field.name, field.template_name, *map(mongolian_name, field.term.also))}


def step(kind: Type, name: str, /) -> Field | None:
    """The field of a record, or of the records of a list, by its name; any label of a mapping."""
    if isinstance(kind, MapOf):
        return Field(name, Term(name), kind.value, optional=True, required=False, access="")
    record = record_of(kind)
    return record.find(name) if record else None


def find(path: str, /) -> Entry:
    """The entry of a path such as `measure.result` or `арга_хэмжээ.үр_дүн`, its fields below it.

    Raises DataError for a name that is none: PF204 at the top, PF205 below.
    """
    first, *rest = (mongolian_name(name) for name in path.split("."))
    root = next((f for f in roots().values() if text.name_key(first) in _spellings(f)), None)
    if root is None:
        raise DataError([Problem("PF204", None, {"name": first, "near": near(first)})])
    fields = [root]
    for name in rest:
        found = step(fields[-1].type, name)
        if found is None:
            args = {"field": name, "record": _written(fields), "near": near(name, fields[-1].type)}
            raise DataError([Problem("PF205", None, args)])
        fields.append(found)
    return _entry(tuple(fields), whole=True)


def search(path: str, /) -> tuple[list[Entry], list[Filter]]:
    """What a path means: the entry that it leads to; of a single name else, every field and filter so called.

    Raises DataError (PF204, PF205) if there is none.
    """
    key = text.name_key(mongolian_name(path))
    if "." not in path and not any(key in _spellings(f) for f in roots().values()):
        entries = [_entry(e.fields, whole=True) for e in _everything() if key in _spellings(e.field)]
        known = filters.find(key)
        if entries or known:
            return entries, [known] if known else []
    return [find(path)], []


def near(name: str, kind: Type | None = None, /) -> Words:
    """What a mistyped name may mean: a name that looks like it, else where else it is one, else what there is."""
    record = record_of(kind) if kind is not None else None
    close = text.closest(name, record.names() if record else [])
    if close is None and kind is None:
        tops = [n for field in roots().values() for n in _names(field)]
        anywhere = [n for entry in _everything() for n in _names(entry.field)]
        close = text.closest(name, tops) or text.closest(name, anywhere + filters.names())
    if close is not None:
        return text.perhaps(close)
    key = text.name_key(name)
    lang: Lang = "mn" if re.search("[А-я]", name) else "en"
    elsewhere = [entry.path.in_(lang) for entry in _everything() if key in _spellings(entry.field)]
    if elsewhere:
        return text.perhaps(", ".join(elsewhere[:_MAX_NEAR]))
    fields = (roots() if record is None else record.fields).values()
    return text.listed(_names(field)[lang == "mn"] for field in fields)


def _names(field: Field) -> tuple[str, str]:
    return field.name, field.template_name


def _everything() -> Iterator[Entry]:
    return (entry for root in tree() for entry in root.walk())


def _written(fields: Iterable[Field]) -> str:
    return ".".join(f.name for f in fields)
