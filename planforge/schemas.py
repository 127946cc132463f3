"""Templates over models of the user's own: any pydantic models described as records, their values frozen.

`Models` says what stands behind the names at the top of a template. Its description walks the annotations that pydantic
validates by; what it does not know is left to be looked at while rendering. Before rendering the values that the
template reads are copied out of the instances into plain objects, so that no code of the user's classes (a property, a
method, `__getattr__`) runs later: fields are taken from where the instance keeps them, and each computed field is asked
once.
"""

from __future__ import annotations

import typing
from collections.abc import Collection, Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass, fields, is_dataclass, replace
from datetime import date, datetime, time, timedelta, timezone
from decimal import Decimal
from enum import Enum
from functools import cached_property, reduce
from ipaddress import IPv4Address, IPv4Interface, IPv4Network, IPv6Address, IPv6Interface, IPv6Network
from pathlib import PurePath
from types import SimpleNamespace, UnionType
from typing import Any, Literal, Union, get_args, get_origin, get_type_hints
from uuid import UUID

import pydantic
from pydantic import BaseModel, RootModel, TypeAdapter
from pydantic.errors import PydanticUndefinedAnnotation, PydanticUserError
from pydantic_core import ErrorDetails, Url
from pydantic_core.core_schema import ErrorType

from planforge import filters, mongolian, period, text
from planforge.context import Freezer, Path
from planforge.errors import DataError, Problem, TemplateError, Words
from planforge.model import Term
from planforge.values import Image, Listing, RichText
from planforge.vocabulary import ANY, AnyType, Field, ListOf, MapOf, Maybe, Record, Scalar, Type, sure, type_words

__all__ = ["MAX_DEPTH", "Models"]

MAX_DEPTH = 100
"""Records, lists and mappings inside one another in the data of a template with a schema."""

_SPECIAL = (Image, Listing, RichText)
_AS_TEXT = (
    str,
    UUID,
    PurePath,
    IPv4Address,
    IPv4Interface,
    IPv4Network,
    IPv6Address,
    IPv6Interface,
    IPv6Network,
    Url,
    pydantic.AnyUrl,
    *get_args(period.Period),
)
"""What prints as `str` gives it."""
_SCALARS: Mapping[Scalar, tuple[type, ...]] = {
    Scalar.BOOL: (bool,),
    Scalar.TEXT: (*_AS_TEXT, time, pydantic.EmailStr),
    Scalar.MOMENT: (
        datetime,
        pydantic.AwareDatetime,
        pydantic.NaiveDatetime,
        pydantic.PastDatetime,
        pydantic.FutureDatetime,
    ),
    Scalar.DATE: (date, pydantic.PastDate, pydantic.FutureDate),
    Scalar.NUMBER: (int, float, Decimal),
}
"""The classes of each type; the first that fits counts, for a bool is an int, and a datetime a date."""
_NOTHING = Words("юу ч байхгүй", "nothing")
_MISSING = object()
_LIST = (list, tuple, set, frozenset)


# --- the description -----------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Declared:
    """A field as a class declares it."""

    annotation: Any
    terms: tuple[Term, ...] = ()
    aliases: tuple[str, ...] = ()
    may_lack: bool = False


def _declared(cls: type) -> Mapping[str, _Declared]:
    """The fields of a class by name, those aside that are private, or excluded from what is given away."""
    out: dict[str, _Declared] = {}
    own = cls.model_fields if issubclass(cls, BaseModel) else getattr(cls, "__pydantic_fields__", None)
    if own is None:
        try:
            hints = get_type_hints(cls, include_extras=True)
        except NameError:  # a name that only pydantic can resolve
            hints = {}
        optional = getattr(cls, "__optional_keys__", ())
        names = [field.name for field in fields(cls)] if is_dataclass(cls) else list(hints)
        out = {n: _of_annotation(hints.get(n, Any), may_lack=n in optional) for n in names}
    else:
        for name, info in own.items():
            terms = tuple(found for found in info.metadata if isinstance(found, Term))
            aliases = (info.alias, info.validation_alias, info.serialization_alias)
            if not info.exclude:
                out[name] = _Declared(info.annotation, terms, _texts(aliases), info.default is None)
        for name, computed in _computed(cls).items():
            found = _of_annotation(computed.return_type)
            out[name] = _Declared(found.annotation, found.terms, _texts((computed.alias,)))
    return {name: found for name, found in out.items() if not name.startswith("_")}


def _of_annotation(annotation: Any, *, may_lack: bool = False) -> _Declared:
    terms = tuple(found for found in getattr(annotation, "__metadata__", ()) if isinstance(found, Term))
    return _Declared(annotation, terms, may_lack=may_lack)


def _texts(aliases: Iterable[object]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(alias for alias in aliases if isinstance(alias, str)))


def _computed(cls: type) -> Mapping[str, Any]:
    if issubclass(cls, BaseModel):
        return cls.model_computed_fields
    decorators = getattr(cls, "__pydantic_decorators__", None)
    return {name: found.info for name, found in decorators.computed_fields.items()} if decorators else {}


class ModelRecord(Record):
    """One class, or several of which a value may be any: then the fields that all have."""

    def __init__(self, models: Models, classes: tuple[type, ...], name: str) -> None:
        self.cls = object
        self.model = BaseModel
        self.plain = None
        self.name = name
        self.models = models
        self.classes = classes

    @cached_property
    def fields(self) -> Mapping[str, Field]:
        each = [_declared(cls) for cls in self.classes]
        shared = [name for name in each[0] if all(name in one for one in each)]
        return {name: self._field(name, index, [one[name] for one in each]) for index, name in enumerate(shared)}

    def _field(self, name: str, index: int, declared: list[_Declared]) -> Field:
        kind = reduce(self.models.joint, (self.models.type_of(one.annotation) for one in declared))
        optional = isinstance(kind, Maybe) or any(one.may_lack for one in declared)
        given = next((term for one in declared for term in one.terms), Term(name))
        term = replace(given, also=(*given.also, *(alias for one in declared for alias in one.aliases)))
        # A name of Python's may be none in the source of programs (a keyword, a letter that Python normalises).
        return Field(name, term, sure(kind), optional, required=not optional, access=f"f{index}")

    def find(self, name: str) -> Field | None:
        """A field's own name goes before what is alike but for case."""
        return self.fields.get(name) or super().find(name)


class Models:
    """The types behind the names at the top of a template: pydantic models, and what may stand in their fields.

    Raises TemplateError (PF784) for names that no template can hold, and for types that pydantic cannot validate.
    """

    def __init__(self, names: Mapping[str, Any], /) -> None:
        self._records: dict[tuple[type, ...], ModelRecord] = {}
        self._adapters: dict[str, TypeAdapter[Any]] = {}
        self.fields: dict[str, Field] = {}
        """The names at the top; a program finds their values by `access`."""
        problems = []
        for name, annotation in names.items():
            detail = self._add(name, annotation)
            if detail is not None:
                problems.append(Problem("PF784", None, {"name": text.quote(str(name)), "detail": detail}))
        if problems:
            raise TemplateError(problems)

    def _add(self, name: str, annotation: Any) -> Words | None:
        """Describes a name at the top; what is wrong with it, if anything."""
        if not isinstance(name, str) or not name.isidentifier() or name.startswith("_"):
            return Words("загварт ийм нэр бичих боломжгүй", "no template can hold this name")
        if text.name_key(name) in map(text.name_key, self.fields):
            return Words("ийм нэр хоёр удаа өгөгдсөн", "the name is given twice")
        if isinstance(annotation, str):
            return Words("бичвэр өгсөн байна", "it is a text")
        try:
            adapter: TypeAdapter[Any] = TypeAdapter(annotation)
            adapter.core_schema["type"]  # a model that is not fully defined says so here
        except (PydanticUserError, PydanticUndefinedAnnotation) as fault:
            return _no_schema(annotation, fault)
        kind = self.type_of(annotation)
        optional = isinstance(kind, Maybe)
        self._adapters[name] = adapter
        self.fields[name] = Field(name, Term(name), sure(kind), optional, not optional, f"R.data[{name!r}]")
        return None

    def record(self, *classes: type) -> ModelRecord:
        """The description of a class, or of several; one object for each choice."""
        if classes not in self._records:
            name = f"{' | '.join(cls.__name__ for cls in classes)}#{len(self._records)}"
            self._records[classes] = ModelRecord(self, classes, name)
        return self._records[classes]

    def type_of(self, annotation: Any, around: tuple[Any, ...] = ()) -> Type:
        """The type of values that an annotation admits; `around` are the aliases that it stands in."""
        origin, args = get_origin(annotation), get_args(annotation)
        inner = _inner(annotation)
        if inner is not _MISSING:
            return ANY if annotation in around else self.type_of(inner, (*around, annotation))
        if annotation is None or annotation is type(None):
            return Maybe(ANY)
        if origin in (Union, UnionType):
            return self._union([self.type_of(one, around) for one in args], type(None) in args)
        if origin is Literal:
            return self._of_values(args, around)
        cls = origin or annotation
        if not isinstance(cls, type) or issubclass(cls, _SPECIAL):
            return ANY
        if issubclass(cls, Enum):
            return self._of_values([member.value for member in cls], around)
        scalar = next((kind for kind, classes in _SCALARS.items() if issubclass(cls, classes)), None)
        if scalar is not None:
            return scalar
        if issubclass(cls, BaseModel) or is_dataclass(cls) or _is_typed_dict(cls):
            return self.record(cls)
        if issubclass(cls, Mapping):
            key, value = (self.type_of(one, around) for one in args) if len(args) == 2 else (Scalar.TEXT, ANY)
            return MapOf(value, Scalar.NUMBER if key is Scalar.NUMBER else Scalar.TEXT)
        if issubclass(cls, Collection) and not issubclass(cls, bytes | bytearray | memoryview):
            items = [self.type_of(one, around) for one in args if one is not ...]
            return ListOf(reduce(self.joint, items) if items else ANY)
        return ANY

    def _union(self, types: list[Type], may_lack: bool) -> Type:
        found = [kind for kind in types if kind != Maybe(ANY) or not may_lack]
        kind = reduce(self.joint, found) if found else ANY
        return Maybe(sure(kind)) if may_lack else kind

    def _of_values(self, values: Iterable[object], around: tuple[Any, ...]) -> Type:
        """The type of a closed set of values: of a Literal or an Enum."""
        classes = list(dict.fromkeys(type(_plain(value)) for value in values))
        return self._union([self.type_of(cls, around) for cls in classes], type(None) in classes) if classes else ANY

    def joint(self, one: Type, two: Type) -> Type:
        """The type of a value that may be of either: unlike scalars are texts, of records the shared fields remain."""
        if isinstance(one, Maybe) or isinstance(two, Maybe):
            return Maybe(sure(self.joint(sure(one), sure(two))))
        if one == two:
            return one
        if isinstance(one, Scalar) and isinstance(two, Scalar):
            return Scalar.TEXT
        if isinstance(one, ListOf) and isinstance(two, ListOf):
            return ListOf(self.joint(one.item, two.item))
        if isinstance(one, MapOf) and isinstance(two, MapOf):
            return MapOf(self.joint(one.value, two.value), one.key if one.key is two.key else Scalar.TEXT)
        if isinstance(one, ModelRecord) and isinstance(two, ModelRecord):
            return self.record(*dict.fromkeys((*one.classes, *two.classes)))
        return ANY

    def frozen(self, data: object, read: frozenset[tuple[str, str]], /) -> Mapping[str, object]:
        """The values at the top as plain objects; of records the fields that a program reads.

        Instances are taken as they are; of all else pydantic makes them. Raises DataError: PF780 (a value of another
        type, or none where there must be one), PF781 (what a validator refuses), PF304 and PF782 (a name at the top
        that is missing, or that the schema does not have), and those of `context.frozen`.
        """
        if not isinstance(data, Mapping):
            raise DataError([Problem("PF307", None, {"found": type(data).__name__})])
        problems = []
        for name in data:
            if name not in self.fields:
                near = text.closest(str(name), self.fields) or ", ".join(self.fields)
                problems.append(Problem("PF782", None, {"name": text.quote(str(name)), "near": near}))
        freezer = _ModelFreezer(read)
        out: dict[str, object] = {}
        for name, field in self.fields.items():
            if name not in data and not field.optional:
                problems.append(Problem("PF304", None, {"name": name, "near": ", ".join(map(str, data)) or "–"}))
                continue
            try:
                given = self._adapters[name].validate_python(data[name]) if name in data else None
            except pydantic.ValidationError as error:
                problems += self._refused(field, error, freezer)
            else:
                out[name] = freezer.typed(given, field.type, field.optional, (name,))
        problems += freezer.problems
        if problems:
            raise DataError(problems)
        return out

    def _refused(self, top: Field, error: pydantic.ValidationError, freezer: _ModelFreezer) -> list[Problem]:
        """What pydantic refused: a value of another type in our words, what a validator says in its own."""
        told = Freezer()
        for fault in error.errors(include_url=False):
            path: Path = (top.name, *fault["loc"])
            kind = _type_at(top.type, fault["loc"])
            missing = fault["type"] == "missing"
            if missing or (kind is not None and fault["type"].endswith(_OF_TYPE)):
                found = _NOTHING if missing else _found(fault["input"])
                told.problem("PF780", path, wanted=type_words(kind or ANY), found=found)
            else:
                told.problem("PF781", path, detail=_demand(fault))
        return told.problems


def _no_schema(annotation: object, fault: PydanticUserError | PydanticUndefinedAnnotation) -> Words:
    """Why pydantic makes no schema of what was given as one; it says so in English."""
    said = str(fault).partition("\n")[0].removesuffix(".")
    if not isinstance(annotation, type):
        return Words(f"«{type(annotation).__name__}» төрлийн зүйл байна, pydantic загвар биш", said)
    if fault.code == "schema-for-unknown-type":
        return Words(f"pydantic «{annotation.__name__}» төрлийг, эсвэл доторх төрлийг нь мэдэхгүй", said)
    return Words(f"«{annotation.__name__}» загварт нэрлэсэн төрлийн зарим нь тодорхойлогдоогүй", said)


_DEMANDS = {
    "greater_than": "утга > {gt} байх ёстой",
    "greater_than_equal": "утга ≥ {ge} байх ёстой",
    "less_than": "утга < {lt} байх ёстой",
    "less_than_equal": "утга ≤ {le} байх ёстой",
    "multiple_of": "утга {multiple_of} тоонд хуваагдах ёстой",
    "string_too_short": "дор хаяж {min_length} тэмдэгт байх ёстой",
    "string_too_long": "хамгийн ихдээ {max_length} тэмдэгт байх ёстой",
    "string_pattern_mismatch": "«{pattern}» хэв загварт тохирохгүй",
    "too_short": "дор хаяж {min_length} зүйл байх ёстой",
    "too_long": "хамгийн ихдээ {max_length} зүйл байх ёстой",
    "literal_error": "дараах утгын нэг байх ёстой: «{expected}»",
    "enum": "дараах утгын нэг байх ёстой: «{expected}»",
    "extra_forbidden": "ийм талбар байхгүй",
}
"""What pydantic's own validators demand, by the types of their faults."""


def _demand(fault: ErrorDetails) -> Words:
    """What a validator demands: the author of a schema said so in words, or it is one of pydantic's own."""
    given = fault.get("ctx", {})
    if isinstance(given.get("error"), Exception):
        said = str(given["error"])
        return Words(said, said)
    if fault["type"] not in get_args(ErrorType):  # one that the author named
        return Words(fault["msg"], fault["msg"])
    known = _DEMANDS.get(fault["type"])
    return Words(known.format_map(given) if known else f"pydantic-ийн «{fault['type']}» шаардлага", fault["msg"])


_OF_TYPE = ("_type", "_parsing", "_parsing_size", "is_instance_of")
"""How the names of pydantic's faults end that say of what type a value should be."""


def _inner(annotation: Any) -> Any:
    """What an annotation is but a wrapper or another name of; `_MISSING` if it is none."""
    if get_origin(annotation) in (typing.Annotated, typing.Required, typing.NotRequired, typing.Final):
        return get_args(annotation)[0]
    for name in ("__value__", "__supertype__"):  # an alias made by `type`, a NewType
        if hasattr(annotation, name) and not isinstance(annotation, type):
            return getattr(annotation, name)
    if isinstance(annotation, type) and issubclass(annotation, RootModel):
        return annotation.model_fields["root"].annotation
    return _MISSING


def _type_at(kind: Type, path: Iterable[str | int]) -> Type | None:
    """The type of what stands at a path below a value; None where that cannot be said."""
    for step in path:
        kind = sure(kind)
        if isinstance(kind, ListOf) and isinstance(step, int):
            kind = kind.item
        elif isinstance(kind, MapOf):
            kind = kind.value
        elif isinstance(kind, Record) and (field := kind.find(str(step))) is not None:
            kind = field.type
        else:
            return None
    return None if isinstance(sure(kind), AnyType) else sure(kind)


# --- the values ----------------------------------------------------------------------------------------------------


class _ModelFreezer(Freezer):
    """Copies what a program reads of described values into plain objects."""

    def __init__(self, read: frozenset[tuple[str, str]]) -> None:
        super().__init__()
        self.read = read
        self.made: dict[tuple[int, str], tuple[object, SimpleNamespace]] = {}
        """The copy of each instance, with the instance, whose id may not be used again. One may hold itself."""

    def typed(self, value: object, kind: Type, optional: bool, path: Path) -> object:
        """A value that should be of this type."""
        value = _plain(value)
        if isinstance(kind, AnyType):
            return self.value(value, path)
        if value is None and optional:
            return None
        if isinstance(kind, Scalar):
            return self.scalar(value, kind, path)
        given = type(value)
        if isinstance(kind, ListOf) and issubclass(given, Collection) and not issubclass(given, str | bytes | Mapping):
            return None if self.ends(path, MAX_DEPTH) else self.items(value, kind.item, path)  # type: ignore[arg-type]
        if isinstance(kind, MapOf) and issubclass(given, Mapping):
            return None if self.ends(path, MAX_DEPTH) else self.mapping(value, kind, path)  # type: ignore[arg-type]
        if isinstance(kind, ModelRecord) and any(_is_instance(given, cls) for cls in kind.classes):
            return None if self.ends(path, MAX_DEPTH) else self.record(value, kind, path)
        self.unfit(value, kind, path)
        return None

    def unfit(self, value: object, kind: Type, path: Path) -> None:
        self.problem("PF780", path, wanted=type_words(kind), found=_found(value))

    def record(self, value: object, kind: ModelRecord, path: Path) -> object:
        key = (id(value), kind.name)
        if key in self.made:
            return self.made[key][1]
        out = SimpleNamespace()
        self.made[key] = value, out
        for field in kind.fields.values():
            if (kind.name, field.name) in self.read:
                inner = self.typed(_read(value, field.name), field.type, field.optional, (*path, field.name))
                setattr(out, field.access, inner)
        return out

    def items(self, values: Collection[object], kind: Type, path: Path) -> tuple[object, ...]:
        """A list; a set in the order of what it holds, for its own may differ from one process to the next."""
        may_lack = isinstance(kind, Maybe)
        found = [self.typed(v, sure(kind), may_lack, (*path, i)) for i, v in enumerate(values)]
        return tuple(found if not isinstance(values, set | frozenset) else sorted(found, key=_order))

    def mapping(self, values: Mapping[Any, object], kind: MapOf, path: Path) -> Mapping[object, object]:
        keys = [self.scalar(_plain(key), kind.key, path) for key in values]
        self.labels([filters.show(key) for key in keys], path)
        may_lack = isinstance(kind.value, Maybe)
        return {
            key: self.typed(value, sure(kind.value), may_lack, (*path, filters.show(key)))
            for key, value in zip(keys, values.values(), strict=True)
        }

    def scalar(self, value: object, kind: Scalar, path: Path) -> object:
        given = _scalar_of(value)
        if given is None or kind not in (given, Scalar.TEXT):
            self.unfit(value, kind, path)
            return None
        if given is not kind:
            return filters.show(self.scalar(value, given, path))
        if isinstance(value, time):
            return filters.clock(value)
        if given is Scalar.TEXT:
            return self.text(value if isinstance(value, str) else str(value), path)
        if isinstance(value, bool):
            return value
        if isinstance(value, int | float | Decimal):
            return self.number(value, path)
        if isinstance(value, datetime):
            return _moment(value)
        assert isinstance(value, date)
        return date(value.year, value.month, value.day)

    def value(self, value: object, path: Path) -> object:
        """A value that nobody described: models in it become mappings, moments and the like become texts."""
        value = _plain(value)
        given = type(value)
        if issubclass(given, datetime) or (issubclass(given, _SCALARS[Scalar.TEXT]) and not issubclass(given, str)):
            return self.scalar(value, Scalar.TEXT, path)
        if issubclass(given, set | frozenset):
            return self.items(value, ANY, path)  # type: ignore[arg-type]
        if (issubclass(given, BaseModel) or is_dataclass(given)) and not issubclass(given, _SPECIAL):
            return super().value({name: _read(value, name) for name in _declared(given)}, path)
        return super().value(value, path)


def _plain(value: object) -> object:
    """What an enum's member, or a model that only wraps a value, stands for."""
    while issubclass(type(value), Enum | RootModel):
        value = value._value_ if issubclass(type(value), Enum) else _read(value, "root")  # type: ignore[attr-defined]
    return value


def _read(value: object, name: str) -> object:
    """The value of a field, from where the instance keeps it; a computed field is asked for."""
    if issubclass(type(value), Mapping):
        return value.get(name)  # type: ignore[attr-defined]
    if name in _computed(type(value)):
        return getattr(value, name)
    for source in ("__dict__", name):  # a dataclass may have slots
        with suppress(AttributeError):
            kept = object.__getattribute__(value, source)
            return kept.get(name) if source == "__dict__" else kept
    return None


def _is_typed_dict(cls: type) -> bool:
    """Whether a class is a TypedDict, of `typing` or of `typing_extensions`."""
    return issubclass(cls, dict) and hasattr(cls, "__required_keys__")


def _is_instance(given: type, cls: type) -> bool:
    return issubclass(given, dict) if _is_typed_dict(cls) else issubclass(given, cls)


def _scalar_of(value: object) -> Scalar | None:
    return next((kind for kind, classes in _SCALARS.items() if issubclass(type(value), classes)), None)


def _moment(value: datetime) -> datetime:
    """The moment with its distance from UTC as a number: a zone is code."""
    away: timedelta | None = value.utcoffset()
    zone = None if away is None else timezone(away)
    day = (value.year, value.month, value.day)
    return datetime(*day, value.hour, value.minute, value.second, value.microsecond, zone)


def _order(value: object) -> tuple[Any, ...]:
    """Numbers by value, texts by the Mongolian alphabet, all else by what is in it."""
    if isinstance(value, int | Decimal):
        return 0, value
    return (1, mongolian.collation_key(value), value) if isinstance(value, str) else (2, repr(value))


def _found(value: object) -> Words | str:
    """What the data have, in a message: a scalar itself, all else by its class."""
    if value is None:
        return _NOTHING
    if _scalar_of(value) is None:
        return type(value).__name__
    return text.quote(str(value) if not isinstance(value, Decimal) else format(value, "f"))
