"""Data files → model: plans and reports with the place of every value, all faults at once.

Every scalar is read as text and the model decides what it is, so `1.10` stays `1.10` and `no` stays `no`. A file goes
through `source` (bytes → tree) and `binding` (tree → plain data with places); here the model and the rules of the
domain judge it, and what they say gets its line and column. A file with any error never becomes a value. `yaml_writer`
is the way back.

JSON whose keys are the model's own goes a short way: the model takes its values as they are, and places are looked for
only when something has to be told. Whatever the short way does not take goes the long way; where it does, both say the
same.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cache, cached_property
from io import BytesIO
from typing import Any, Generic, TypeAlias, TypeVar, overload

from pydantic import BaseModel, ValidationError

from planforge import consistency, view, vocabulary
from planforge.binding import Binding, Spot, takes_text
from planforge.decision_marks import open_decisions
from planforge.errors import DataError, DataPlace, Problem, Words, has_errors
from planforge.json_reader import read_values
from planforge.model import Plan, Report
from planforge.source import Source, Text, read_text, tree_of
from planforge.tree import (
    VERSION,
    Node,
    Tree,
    Unreadable,
    ValuePath,
    excerpt,
    header_problems,
    in_order,
    node_of,
    place_of,
    texts_of,
)
from planforge.vocabulary import ListOf, MapOf, Record, Scalar

__all__ = ["Loaded", "examined", "from_mapping", "interpret", "load", "parse", "parse_mapping", "reparse"]

T = TypeVar("T", bound=BaseModel)
Subject: TypeAlias = Plan | Report


@dataclass(frozen=True)
class Loaded(Generic[T]):
    """What a data file says: its value, or None if any problem is an error; every problem in the order of the file."""

    value: T | None
    problems: tuple[Problem, ...]
    file: str | None = None
    record: Record | None = field(default=None, repr=False)
    files: tuple[str, ...] = ()
    """The files that were read for it, in order: itself if it was a path, the plan that a report names."""
    _spot: Spot | None = field(default=None, repr=False)
    _text: Text | None = field(default=None, repr=False)
    """What was read the short way."""
    seen: view.PlanView | view.ReportView | None = field(default=None, repr=False, compare=False)
    """The view of the value, where it was read the short way: who needs it need not walk again."""

    rest: T | None = field(default=None, repr=False)
    """Where there is no value: what is left without those at fault, to judge what refers to it, never to print."""

    @property
    def spot(self) -> Spot | None:
        """Where the whole value stands, and in it every value; None where the file could not be read."""
        return self._root

    def place_of(self, path: ValuePath, /) -> DataPlace:
        """The place of the value at a path of the model; the nearest known place above if it has none of its own."""
        spot = self._root
        return spot.find(path).place(path, self.record) if spot else DataPlace(path=path)

    @cached_property
    def _root(self) -> Spot | None:
        if self._text is None or self.record is None:
            return self._spot
        tree = tree_of(self._text)
        assert tree.root is not None
        return Binding(tree, tree.root, self.record).spot


@overload
def load(source: Source, kind: None = None, /) -> Subject: ...
@overload
def load(source: Source, kind: type[T], /) -> T: ...
def load(source: Source, kind: type[BaseModel] | None = None, /) -> BaseModel:
    """The plan or report that a data file holds; its own first key says which, unless `kind` asks for one, or a Scale.

    DataError with every problem of the file, warnings included, if one of them is an error (PF1xx, PF4xx).
    """
    loaded: Loaded[Any] = _parse(source, kind)
    if loaded.value is None:
        raise DataError(loaded.problems)
    value: BaseModel = loaded.value
    return value


@overload
def parse(source: Source, kind: None = None, /) -> Loaded[Subject]: ...
@overload
def parse(source: Source, kind: type[T], /) -> Loaded[T]: ...
def parse(source: Source, kind: type[BaseModel] | None = None, /) -> Loaded[Any]:
    """The value of a data file with its problems and places. Never raises for what a file holds, nor for a missing one.

    `BaseModel` asks for a file of any kind, a scale too. TypeError for a `kind` that no data file has.
    """
    return _parse(source, kind)


def _parse(source: Source, kind: type[BaseModel] | None) -> Loaded[Any]:
    return _of_text(read_text(source), _words(kind))


@cache
def _words(kind: type[BaseModel] | None) -> Sequence[str]:
    """The words of the data files that hold a value of a kind; TypeError where none does."""
    words = tuple(word for word, model in vocabulary.FILES.items() if issubclass(model, kind or (Plan, Report)))
    if not words:
        raise TypeError(f"no data file holds a {kind!r}")
    return words


def reparse(loaded: Loaded[Any], content: bytes, /) -> Loaded[Any]:
    """The file that `loaded` came from, as if it held other content."""
    stream = BytesIO(content)
    stream.name = loaded.file
    folder = loaded.spot.tree.folder if loaded.spot else None
    return _of_text(replace(read_text(stream), folder=folder), tuple(vocabulary.KINDS))


def _of_text(text: Text, wanted: Sequence[str]) -> Loaded[Any]:
    short = _short(text, wanted) if text.may_be_json else None
    return _long(text, wanted) if short is None else short


def _long(text: Text, wanted: Sequence[str]) -> Loaded[Any]:
    tree = tree_of(text)
    problems = list(tree.problems)
    if tree.root is None:
        return Loaded(None, tuple(problems), tree.file, files=tree.files)
    header = header_problems(tree, *wanted)
    word = _kind(tree, header, wanted)
    if word is None:
        problems = in_order([*problems, *header], tree.file)
        return Loaded(None, tuple(problems), tree.file, None, tree.files, Spot(tree, tree.root, ()))
    return _interpret(tree, tree.root, word, header)


def from_mapping(values: Mapping[str, object], /) -> Subject:
    """A plan or report from plain Python values, as a data file would hold them; keys in either language.

    The key `planforge` may be left out. Numbers, dates and parts of the model may stand as they are. DataError with
    every problem, as `load`; places are paths.
    """
    loaded = parse_mapping(values)
    if loaded.value is None:
        raise DataError(loaded.problems)
    return loaded.value


def parse_mapping(values: Mapping[str, object], /) -> Loaded[Subject]:
    """What `from_mapping` makes a value of, with its problems, warnings too."""
    short = _model_of_mapping(values)
    if short is not None:
        checked = examined(short)
        if checked.value is not None:
            return checked
    try:
        root = node_of(values)
    except Unreadable as stop:
        return Loaded(None, (stop.problem,))
    tree = Tree(None, None, root, [])
    wanted = tuple(vocabulary.KINDS)
    header = header_problems(tree, *wanted)
    word = _kind(tree, header, wanted)
    if word is None:
        return Loaded(None, tuple(header))
    return _interpret(tree, root, word, [p for p in header if p.code != "PF130"])


def _model_of_mapping(values: Mapping[str, object]) -> Subject | None:
    """As `_model_of`; without the key `planforge` the kind is the first that has all the keys."""
    if texts_of(values) is None:  # beyond the limits
        return None
    given = {name: value for name, value in values.items() if name != "planforge"}
    header = values.get("planforge")
    for word, model in vocabulary.KINDS.items():
        if header == f"{word}/{VERSION}" if "planforge" in values else given.keys() <= model.model_fields.keys():
            return _model_of(given, word)
    return None


def examined(subject: Subject, /) -> Loaded[Subject]:
    """A plan or report of a program with what the rules of the domain say of it, as a file that holds it."""
    problems, seen = consistency.examine(subject)
    value = None if has_errors(problems) else subject
    return Loaded(value, tuple(problems), record=vocabulary.describe(type(subject)), seen=seen)


def interpret(tree: Tree, kind: type[T], /) -> Loaded[T]:
    """A tree of any origin as a plan or report: what a data file goes through, without a first key.

    The places of problems are those of the tree's nodes.
    """
    assert tree.root is not None
    word = next(word for word, model in vocabulary.KINDS.items() if model is kind)
    return _interpret(tree, tree.root, word, [])


def _kind(tree: Tree, header: list[Problem], wanted: Sequence[str]) -> str | None:
    """The kind to read a file as, faults of its header notwithstanding; None where reading on would mislead."""
    codes = {problem.code for problem in header}
    if codes & {"PF133", "PF134", "PF138"}:
        return None
    if not codes:
        return tree.header.kind if tree.header else None
    assert tree.root is not None
    keys = [name for name, _, _ in tree.root.pairs]
    known = {w: sum(vocabulary.describe(vocabulary.FILES[w]).find_key(k) is not None for k in keys) for w in wanted}
    best = max(wanted, key=lambda word: known[word])
    return best if known[best] * 2 >= len(keys) else None


# --- the short way ------------------------------------------------------------------------------------------------


def _short(text: Text, wanted: Sequence[str]) -> Loaded[Any] | None:
    """What a JSON text says if the model takes its values as they are; None if it has to go the long way."""
    values = read_values(text.decoded)
    if values is None:
        return None
    texts = texts_of(values, vocabulary.field_names())
    header = values.pop("planforge", None)
    word = next((word for word in wanted if header == f"{word}/{VERSION}"), None)
    value = None if texts is None or word is None else _model_of(values, word)
    if texts is None or value is None:
        return None
    texts.remove(f"{word}/{VERSION}")
    files = (text.file,) if text.file is not None and text.folder is not None else ()
    record = vocabulary.describe(type(value))
    problems, seen = consistency.examine(value, texts) if isinstance(value, Plan | Report) else ([], None)
    loaded: Loaded[Any] = Loaded(value, (), text.file, record, files, None, text, seen)
    if not problems:
        return loaded
    placed = [replace(problem, place=loaded.place_of(place_of(problem).path)) for problem in problems]
    whole, rest = (None, value) if has_errors(placed) else (value, None)
    told = tuple(in_order(placed, text.file))
    return Loaded(whole, told, text.file, record, files, loaded._root, None, seen, rest)


def _model_of(values: Mapping[str, object], word: str) -> Subject | None:
    """The plan or report of plain values with canonical keys; None for what the model does not take as it is."""
    model: type[Any] = vocabulary.FILES[word]
    try:
        subject: Subject = model.model_validate(values)
    except ValidationError:
        return None
    return subject


# --- what the model and the rules of the domain say, with places ---------------------------------------------------


def _interpret(tree: Tree, root: Node, word: str, problems: list[Problem]) -> Loaded[Any]:
    """A tree as what a data file holds; `problems` are those of its header."""
    record = vocabulary.describe(vocabulary.FILES[word])
    bound = Binding(tree, root, record)
    problems = [*problems, *bound.problems]
    value: Any = None
    try:
        value = record.model.model_validate(bound.data)
    except ValidationError as error:
        problems += _refused(bound, error)
    rest: Any = None
    if word in vocabulary.KINDS:  # the rules of the domain are about plans and reports
        if value is not None and not has_errors(problems):
            rest = value
            problems += _placed(bound, consistency.check(value))
        else:
            found, rest = _rescued(bound, problems)
            problems += found
        for read in {id(one): one for one in (tree, bound.spot.find(("plan",)).tree)}.values():
            problems += open_decisions(read)
    whole, rest = (None, rest) if has_errors(problems) else (value, None)
    files = (*tree.files, *bound.files)
    return Loaded(whole, tuple(in_order(problems, tree.file)), tree.file, record, files, bound.spot, rest=rest)


def _refused(bound: Binding, error: ValidationError) -> list[Problem]:
    """The faults that the model found, each with the place of its value; a missing field has its parent's."""
    out: list[Problem] = []
    for fault in error.errors(include_url=False):
        path: ValuePath = tuple(step for step in fault["loc"] if step != "[key]")
        if any(path[:n] in bound.broken for n in range(len(path) + 1)):
            continue
        place = bound.place(path)
        bound.broken.add(path)
        if bound.is_trapped(place):
            continue
        out.append(_as_problem(str(fault["type"]), place, dict(fault.get("ctx", {})), fault["input"]))
    return out


def _as_problem(kind: str, place: DataPlace, context: dict[str, Any], found: object) -> Problem:
    """A fault of pydantic in the words of the catalogue; types that are codes bring their arguments."""
    if kind == "missing":
        name = str(place.path[-1])
        label = place.counted or Words(name, name)
        return Problem("PF105", place, {"field": Words(label.mn.rpartition(" › ")[2], name)})
    if kind == "PF116":
        pairs = context["words"]
        words = Words(", ".join(word.lower() for _, word in pairs), ", ".join(key for key, _ in pairs))
        return Problem(kind, place, {"found": excerpt(str(found)), "words": words})
    if kind == "PF112":
        context = {**context, "advice": _OF_A_SCALE if place.path[:1] == ("levels",) else _WITHOUT_PERCENT}
    if kind.startswith("PF"):
        return Problem(kind, place, {**context, "found": excerpt(str(context.get("found", found)))})
    return Problem("PF106", place, {"expected": Words("өөр утга", "another value"), "found": Words("энэ", "this")})


_WITHOUT_PERCENT = Words(
    "Хувь байхгүй бол `status` (`төлөв`) талбарт шалтгааныг бичнэ үү.", "Where there is none, give `status` instead."
)
_OF_A_SCALE = Words(
    "Түвшин бүрийг хувиар нь бичнэ: `100: Бүрэн хэрэгжсэн`.",
    "Each level goes by its percentage: `100: Бүрэн хэрэгжсэн`.",
)


def _placed(bound: Binding, problems: Iterable[Problem]) -> list[Problem]:
    """Problems with paths of the model, with file, line and column."""
    return [replace(problem, place=bound.place(place_of(problem).path)) for problem in problems]


_DAMAGE = frozenset(("PF144", "PF145", "PF146", "PF147", "PF149"))
"""Traps of YAML that lose lines when they are mended."""


def _rescued(bound: Binding, told: list[Problem]) -> tuple[list[Problem], Any]:
    """The domain's errors in a file that has other faults: of what is left without the values at fault, and that.

    Silent where lines were lost, and about parts that have a fault themselves.
    """
    if any(problem.code in _DAMAGE for problem in told):
        return [], None
    for path in sorted(bound.broken, key=len, reverse=True):
        _fill(bound.data, path, _stand_in(bound.record, path))
    try:
        value = bound.record.model.model_validate(bound.data)
    except ValidationError:
        return [], None
    faulty = [path[:-1] if len(path) > 1 else path for path in bound.broken]
    found = _placed(bound, consistency.check(value))  # type: ignore[arg-type]
    return [p for p in found if p.is_error and not _touch(place_of(p).path, faulty)], value


def _touch(path: ValuePath, faulty: Iterable[ValuePath]) -> bool:
    """Whether a path stands above or below one of some others."""
    return any(path[: len(other)] == other[: len(path)] for other in faulty)


def _fill(data: Any, path: ValuePath, value: object) -> None:
    """Puts a value in the place of another one; None takes it out."""
    for step in path[:-1]:
        try:
            data = data[step]
        except (KeyError, IndexError, TypeError):
            return
    if isinstance(data, dict) and value is None:
        data.pop(path[-1], None)
    elif isinstance(data, dict) or (isinstance(data, list) and path[-1] in range(len(data))):
        data[path[-1]] = value  # type: ignore[index]


def _stand_in(record: Record, path: ValuePath) -> object:
    """What may stand for a value at fault that cannot be left out: an item of a list, a required field."""
    kind: vocabulary.Type = record
    needed = False
    for step in path:
        if isinstance(kind, ListOf) and isinstance(step, int):
            kind, needed = kind.item, True
        elif isinstance(kind, MapOf):
            kind, needed = kind.value, False
        elif isinstance(kind, Record) and step in kind.data:
            found = kind.data[str(step)]
            kind, needed = found.type, found.required
        else:
            return None
    if not needed:
        return None
    if isinstance(kind, Record):
        return "…" if takes_text(kind) else {}
    return {Scalar.NUMBER: "2000", Scalar.DATE: "2000.01.01"}.get(kind, "…") if isinstance(kind, Scalar) else None
