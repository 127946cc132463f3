"""What the model says about itself: fields, types, names in both languages, paths as people count, JSON Schema.

Nothing else lists fields. A `Record` describes one model class (or one class of the view, which is a model class plus
derived figures); a `Field` its name, term, type and how code reaches it. Data files, templates, workbooks, messages and
the reference page all look names up here.
"""

from __future__ import annotations

import re
import types
import typing
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, fields, is_dataclass, replace
from datetime import date
from decimal import Decimal
from enum import StrEnum
from functools import cache, cached_property
from typing import Any, TypeAlias, Union, get_args, get_origin, get_type_hints

from pydantic import BaseModel

from planforge import model, period, text
from planforge.errors import Words
from planforge.model import DERIVED, Term

__all__ = [
    "ANY",
    "FILES",
    "KINDS",
    "AnyType",
    "Field",
    "ListOf",
    "Loop",
    "MapOf",
    "Maybe",
    "Pair",
    "Record",
    "Scalar",
    "Type",
    "counted",
    "describe",
    "field_names",
    "holds_tree",
    "json_schema",
    "reachable",
    "sure",
    "type_words",
]


class Scalar(StrEnum):
    """Values without parts. A period is text that knows its kind; a word is one of a closed set.

    A moment is a day with a time: none of the domain's, and no day to compare with.
    """

    TEXT = "text"
    NUMBER = "number"
    DATE = "date"
    MOMENT = "moment"
    BOOL = "bool"
    PERIOD = "period"
    WORD = "word"


@dataclass(frozen=True, slots=True)
class ListOf:
    item: Type


@dataclass(frozen=True, slots=True)
class MapOf:
    """Label → value; `key` is what the labels are."""

    value: Type
    key: Scalar = Scalar.TEXT


@dataclass(frozen=True, slots=True)
class Pair:
    """A label and its value: what the filter `items` makes a list of."""

    key: Scalar
    value: Type


@dataclass(frozen=True, slots=True)
class Maybe:
    """A value in a list or a mapping that may be absent; elsewhere what holds the type says so itself."""

    type: Type


@dataclass(frozen=True, slots=True)
class AnyType:
    """A value that nobody described: templates compiled without a schema."""


ANY = AnyType()


@dataclass(frozen=True, slots=True)
class Loop:
    """`loop` inside a template's loop: the variables that hold its index and its length."""

    index: str
    length: str


@dataclass(frozen=True, slots=True)
class Field:
    """One field of a record: `access` is the attribute path that reaches it from the record's object."""

    name: str
    term: Term
    type: Type
    optional: bool
    required: bool
    access: str
    words: tuple[tuple[str, tuple[str, ...]], ...] = ()
    demand: str = ""
    """The problem of data where a template prints it and it cannot be derived; else absence prints nothing."""
    covers: tuple[str, ...] = ()
    """The fields of data that are printed with a derived figure."""

    @property
    def template_name(self) -> str:
        """The Mongolian name in a template: `шалгуур_үзүүлэлт`."""
        return mongolian_name(self.term.mn)

    @property
    def label(self) -> Words:
        """The name in messages."""
        return Words(self.term.mn, self.name)


def mongolian_name(term: str) -> str:
    """The term as an identifier: words joined by `_`, commas dropped."""
    return re.sub(r"[^\w]+", "_", term).strip("_").lower()


class Record:
    """A described class. `data` are the fields of a data file, `fields` those that templates may print."""

    def __init__(self, cls: type) -> None:
        self.cls = cls
        self.name = cls.__name__
        self.model: type[BaseModel] = cls if issubclass(cls, BaseModel) else get_type_hints(cls)["item"]
        self.plain: str | None = getattr(self.model, "plain", None)

    def __repr__(self) -> str:
        return f"Record({self.name})"

    @cached_property
    def data(self) -> Mapping[str, Field]:
        return {
            name: _field(name, info.annotation, info.metadata, required=info.is_required(), access=name)
            for name, info in self.model.model_fields.items()
        }

    @cached_property
    def fields(self) -> Mapping[str, Field]:
        """A field of the view that has the name of a model's field stands for it, and has its term."""
        given = {**self.data, **_derived(self.model)}
        if self.cls is self.model:
            return given
        out = {name: replace(f, access=f"item.{f.access}") for name, f in given.items() if not holds_tree(f.type)}
        hints = get_type_hints(self.cls, include_extras=True)
        assert is_dataclass(self.cls)
        for own in fields(self.cls):
            terms = [m for m in getattr(hints[own.name], "__metadata__", ()) if isinstance(m, Term)]
            if not terms and own.name in given:
                terms = [given[own.name].term]
            if terms:
                out[own.name] = _field(own.name, hints[own.name], terms, required=False, access=own.name)
        return {**out, **_derived(self.cls)}

    @cached_property
    def _by_key(self) -> Mapping[str, Field]:
        return _index(self.fields.values())

    @cached_property
    def _data_by_key(self) -> Mapping[str, Field]:
        return _index(self.data.values())

    def find(self, name: str) -> Field | None:
        """The field that a template means by an English or Mongolian name or a synonym."""
        return self._by_key.get(text.name_key(name))

    def find_key(self, key: str) -> Field | None:
        """The field that a key of a data file or a heading of a workbook means."""
        return self._data_by_key.get(text.name_key(mongolian_name(key)))

    def names(self, *, data: bool = False) -> list[str]:
        """Every spelling of every field, for did-you-mean."""
        return [n for f in (self.data if data else self.fields).values() for n in _spellings(f)]


Type: TypeAlias = Scalar | ListOf | MapOf | Pair | Record | AnyType | Loop | Maybe


def sure(kind: Type) -> Type:
    """The type of a value where it is there."""
    return kind.type if isinstance(kind, Maybe) else kind


def _spellings(field: Field) -> list[str]:
    return [field.name, *(mongolian_name(t) for t in (field.term.mn, *field.term.also))]


def _index(described: Iterable[Field]) -> Mapping[str, Field]:
    """Field by every spelling; a term wins over another field's synonym, the test on uniqueness guards the rest."""
    out: dict[str, Field] = {}
    for field in list(described):
        for name in _spellings(field)[2:]:
            out.setdefault(text.name_key(name), field)
    for field in described:
        for name in _spellings(field)[:2]:
            out[text.name_key(name)] = field
    return out


def _field(name: str, annotation: Any, metadata: Iterable[Any], *, required: bool, access: str) -> Field:
    terms = [m for m in metadata if isinstance(m, Term)]
    assert terms, f"{name} has no term"
    kind, optional, words = _type(annotation)
    return Field(name, terms[0], kind, optional, required, access, words)


def _derived(cls: type) -> dict[str, Field]:
    out = {}
    for attribute in dir(cls):
        if attribute.startswith("_") or attribute in _BASE:
            continue
        prop = getattr(cls, attribute, None)
        getter = prop.fget if isinstance(prop, property) else None
        mark = getattr(getter, DERIVED, None)
        if getter is not None and mark:
            term, name, demand, covers = mark
            hint = get_type_hints(getter)["return"]
            found = _field(name, hint, [term], required=False, access=attribute)
            out[name] = replace(found, demand=demand, covers=covers, optional=found.optional and not demand)
    return out


_BASE = frozenset(dir(BaseModel))


def _type(annotation: Any) -> tuple[Type, bool, tuple[tuple[str, tuple[str, ...]], ...]]:
    """Type, whether it may be absent, and the words of a closed set."""
    if get_origin(annotation) is typing.Annotated:
        return _type(get_args(annotation)[0])
    if annotation == period.Period:
        return Scalar.PERIOD, False, ()
    if get_origin(annotation) in (Union, types.UnionType):
        inner = [a for a in get_args(annotation) if a is not type(None)]
        if len(inner) < len(get_args(annotation)):
            kind, _, words = _type(Union[tuple(inner)])  # noqa: UP007 - built at run time
            return kind, True, words
    if get_origin(annotation) is tuple:
        return ListOf(_type(get_args(annotation)[0])[0]), False, ()
    if get_origin(annotation) is dict:
        key, value = get_args(annotation)
        key_type = _type(key)[0]
        assert isinstance(key_type, Scalar)
        return MapOf(_type(value)[0], key_type), False, ()
    if isinstance(annotation, type):
        if issubclass(annotation, StrEnum):
            return Scalar.WORD, False, tuple((m.value, m.words) for m in annotation)  # type: ignore[attr-defined]
        if issubclass(annotation, BaseModel) or is_dataclass(annotation):
            return describe(annotation), False, ()
        scalars: dict[type, Scalar] = {
            str: Scalar.TEXT,
            Decimal: Scalar.NUMBER,
            int: Scalar.NUMBER,
            date: Scalar.DATE,
            bool: Scalar.BOOL,
        }
        if annotation in scalars:
            return scalars[annotation], False, ()
    raise TypeError(f"a field of type {annotation!r} has no description")


def holds_tree(kind: Type) -> bool:
    """Whether a field holds nodes of the tree, which the view replaces by its own."""
    if isinstance(kind, ListOf):
        return holds_tree(kind.item)
    return (
        isinstance(kind, Record)
        and kind.cls is kind.model
        and issubclass(kind.model, model.Node | model.Criterion | model.Plan)
    )


@cache
def describe(cls: type) -> Record:
    """The description of a model class or a class of the view; one object per class."""
    return Record(cls)


KINDS: Mapping[str, type[BaseModel]] = {"plan": model.Plan, "report": model.Report}
"""The kinds of data file that hold the subject of a document, by the word in their first line (`planforge: plan/1`)."""

FILES: Mapping[str, type[BaseModel]] = {**KINDS, "scale": model.Scale}
"""Every kind of data file."""


@cache
def field_names() -> frozenset[str]:
    """The canonical keys of data files: whatever else is a key in one is a user's word."""
    parts = (part for part in vars(model).values() if isinstance(part, type) and issubclass(part, BaseModel))
    return frozenset({"planforge"}).union(*(part.model_fields for part in parts))


def reachable(*roots: Record, data: bool = False) -> list[Record]:
    """The records that can be reached from some, themselves first, each once."""
    found: dict[str, Record] = {}
    queue = list(roots)
    while queue:
        record = queue.pop(0)
        if record.name in found:
            continue
        found[record.name] = record
        for field in (record.data if data else record.fields).values():
            inner = field.type
            while isinstance(inner, ListOf | MapOf):
                inner = inner.item if isinstance(inner, ListOf) else inner.value
            if isinstance(inner, Record):
                queue.append(inner)
    return list(found.values())


_TYPE_WORDS = {
    Scalar.TEXT: Words("бичвэр", "text"),
    Scalar.NUMBER: Words("тоо", "a number"),
    Scalar.DATE: Words("огноо", "a date"),
    Scalar.MOMENT: Words("огноо, цаг", "a date with a time"),
    Scalar.BOOL: Words("тийм/үгүй", "true or false"),
    Scalar.PERIOD: Words("хугацаа", "a period"),
    Scalar.WORD: Words("тогтсон үг", "one of a few words"),
}


def type_words(kind: Type) -> Words:
    """The type in words for a message: what was expected."""
    kind = sure(kind)
    if isinstance(kind, Scalar):
        return _TYPE_WORDS[kind]
    if isinstance(kind, ListOf):
        inner = type_words(kind.item)
        return Words(f"жагсаалт ({inner.mn})", f"a list of {inner.en}")
    if isinstance(kind, MapOf):
        return Words("нэр: утга хосууд", "a mapping of labels to values")
    if isinstance(kind, Pair):
        return Words("нэр, утга хоёр", "a label and its value")
    if isinstance(kind, Record):
        return Words("олон талбартай утга", "a value with fields")
    return Words("ямар ч утга", "anything")


def counted(root: Record, path: Iterable[str | int]) -> Words:
    """A path as a person counts: `зорилт 2 › арга хэмжээ 1 › хугацаа`, `objective 2 › measure 1 › period`."""
    mn: list[str] = []
    en: list[str] = []
    kind: Type = root
    for step in path:
        if isinstance(step, int) and isinstance(kind, ListOf):
            kind = kind.item
            one = kind.model.__name__.lower() if isinstance(kind, Record) else en[-1]
            mn[-1] += f" {step + 1}"
            en[-1] = f"{one} {step + 1}"
            continue
        if isinstance(kind, MapOf):
            mn.append(f"«{step}»")
            en.append(f"“{step}”")
            kind = kind.value
            continue
        field = kind.data.get(str(step)) if isinstance(kind, Record) else None
        mn.append(field.term.mn if field else str(step))
        en.append(field.name.replace("_", " ") if field else str(step))
        kind = field.type if field else ANY
    return Words(" › ".join(mn), " › ".join(en))


# --- JSON Schema ---------------------------------------------------------------------------------------------------


def json_schema(kind: str, *, keys: str = "en") -> dict[str, object]:
    """JSON Schema 2020-12 of a data file for completion in editors: Mongolian titles and descriptions.

    `keys`: `en` or `mn`, the language of the keys it completes; both are read.
    """
    root = describe(KINDS[kind])
    definitions = {r.name: _record_schema(r, keys) for r in reachable(root, data=True)}
    top = definitions[root.name]
    properties = {
        "planforge": {"const": f"{kind}/1", "title": "planforge"},
        **typing.cast(Any, top)["properties"],
    }
    if kind == "report":
        plan = "plan" if keys == "en" else root.data["plan"].template_name
        properties[plan] = {"anyOf": [{"type": "string"}, properties[plan]]}
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": {"plan": "Төлөвлөгөө", "report": "Тайлан"}[kind],
        **typing.cast(Any, top),
        "properties": properties,
        "required": ["planforge", *typing.cast(Any, top)["required"]],
        "$defs": {name: d for name, d in definitions.items() if name != root.name},
    }


def _record_schema(record: Record, keys: str) -> dict[str, object]:
    names = {f.name: f.name if keys == "en" else f.template_name for f in record.data.values()}
    return {
        "type": "object",
        "additionalProperties": False,
        "required": [names[f.name] for f in record.data.values() if f.required],
        "properties": {
            names[f.name]: {
                "title": f.term.mn,
                "description": " — ".join(x for x in (f.term.help_mn, f.term.help) if x),
                **({"examples": [f.term.example]} if f.term.example else {}),
                **_type_schema(f.type, f),
            }
            for f in record.data.values()
        },
    }


def _type_schema(kind: Type, field: Field | None = None) -> dict[str, Any]:
    if kind is Scalar.WORD and field is not None:
        return {"enum": [word for value, words in field.words for word in (value, *words)]}
    if isinstance(kind, Scalar):
        return {"type": ["string", "number"]}
    if isinstance(kind, ListOf):
        item = _type_schema(kind.item, field)
        return {"anyOf": [{"type": "array", "items": item}, item]}
    if isinstance(kind, MapOf):
        return {"type": "object", "additionalProperties": _type_schema(kind.value)}
    assert isinstance(kind, Record)
    reference: dict[str, Any] = {"$ref": f"#/$defs/{kind.name}"}
    if kind.plain or kind.model is model.Budget:
        return {"anyOf": [reference, {"type": ["string", "number"]}]}
    return reference
