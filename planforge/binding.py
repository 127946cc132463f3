"""Binds a tree to a record of the model: keys become canonical, shapes are proved, each value keeps its place.

What comes out is plain data for the model, which decides what each text is. Keys may be in either language; a list may
be one value, a part that has only its text may be a text. Whatever does not fit is a fault with its remedy; a value at
fault is None in the data, and its path is known, so that nobody reports it again.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

from pydantic import BaseModel

from planforge import mongolian, text, vocabulary
from planforge.errors import DataPlace, Problem, Words
from planforge.model import Budget, Plan
from planforge.source import read_tree
from planforge.tree import Node, Tree, ValuePath, excerpt, header_problems, place_of
from planforge.vocabulary import ListOf, MapOf, Record, Scalar
from planforge.yaml_traps import tight_key, without_comment

__all__ = ["Binding", "Spot", "takes_text"]

_MAX_ADVICE = 100
_TRAPS = frozenset(("PF107", "PF118", "PF142", "PF143", "PF144", "PF147", "PF148", "PF149"))


def takes_text(record: Record) -> bool:
    """Whether a part may be written as its text alone."""
    return record.plain is not None or record.model is Budget


class Spot:
    """Where a value of the model stands: its node in a tree, and the values inside it by canonical name or index."""

    __slots__ = ("children", "node", "path", "tree")

    def __init__(self, tree: Tree, node: Node, path: ValuePath) -> None:
        self.tree = tree
        self.node = node
        self.path = path
        self.children: dict[str | int, Spot] = {}

    def child(self, step: str | int, node: Node) -> Spot:
        """The spot of a value inside this one, made and kept."""
        inner = self.children[step] = Spot(self.tree, node, (*self.path, step))
        return inner

    def find(self, path: ValuePath) -> Spot:
        """The spot at a path below this one; the nearest above if there is none."""
        spot = self
        for step in path:
            inner = spot.children.get(step) or spot.children.get(str(step))
            if inner is None:
                break
            spot = inner
        return spot

    def place(self, path: ValuePath, record: Record | None, node: Node | None = None) -> DataPlace:
        """This spot (or another node of its file) as the place of the value at a path of the model."""
        node = node or self.node
        counted = vocabulary.counted(record, path) if record is not None and path else None
        if not node.line:
            return DataPlace(self.tree.file, path=path, counted=counted)
        return DataPlace(self.tree.file, node.line, node.column, path, counted)


class Binding:
    """One pass over a tree: the plain data, the spot of each value, and every fault of keys and shapes."""

    data: Any
    """Plain data for the model, keys canonical."""
    problems: list[Problem]
    """Those of the tree, in the names of the model, and those of keys and shapes."""
    files: tuple[str, ...]
    """The files that were read besides the tree's own: the plan that a report names."""
    broken: set[ValuePath]
    """Paths of values with a fault that is already reported; what pydantic says about them is an echo."""

    def __init__(self, tree: Tree, root: Node, record: Record) -> None:
        self.record = record
        self.spot = Spot(tree, root, ())
        self.problems = [_in_the_model(p, record) for p in tree.problems]
        self.files = ()
        self.broken = set()
        self._trapped = set(_trapped(tree))
        self._advised = 0
        self.data = self._fields(self.spot, record)

    def place(self, path: ValuePath) -> DataPlace:
        """The place of the value at a path of the model."""
        return self.spot.find(path).place(path, self.record)

    def is_trapped(self, place: DataPlace) -> bool:
        """Whether a trap of YAML on the same line is reported: what else is wrong there comes of it."""
        return (place.file, place.line) in self._trapped

    def _tell(
        self,
        code: str,
        spot: Spot,
        args: dict[str, object],
        *,
        step: str | int | None = None,
        node: Node | None = None,
    ) -> None:
        """Reports the fault of a value, or of the one at a step below it; at its node or at another one."""
        path = spot.path if step is None else (*spot.path, step)
        place = spot.place(path, self.record, node)
        self.broken.add(path)
        if not self.is_trapped(place):
            self.problems.append(Problem(code, place, args))

    # Each method returns plain data for pydantic; None for a value that is absent or at fault.

    def _value(self, spot: Spot, kind: vocabulary.Type) -> Any:
        node = spot.node
        if node.broken:
            self.broken.add(spot.path)
            return None
        if isinstance(kind, ListOf):
            return self._items(spot, kind)
        if node.content is None or isinstance(node.content, BaseModel):
            return node.content
        if isinstance(kind, MapOf):
            return self._labels(spot, kind)
        if isinstance(kind, Record):
            return self._part(spot, kind)
        return self._scalar(spot, kind)

    def _items(self, spot: Spot, kind: ListOf) -> Any:
        node = spot.node
        if node.content is None:
            return None
        out = []
        for index, item in enumerate(node.content if isinstance(node.content, list) else [node]):
            inner = spot.child(index, item)
            if item.content is None:
                self._tell("PF108", inner, {})
            out.append(self._value(inner, kind.item))
        return out

    def _labels(self, spot: Spot, kind: MapOf) -> Any:
        node = spot.node
        if not isinstance(node.content, dict):
            return self._misshapen(spot, kind)
        out: dict[str, Any] = {}
        seen: dict[object, tuple[str, Node]] = {}
        for label, key, value in node.pairs:
            same = mongolian.read_number(label) if kind.key is Scalar.NUMBER else text.normalise(label)
            if same is not None and same in seen:
                first, at = seen[same]
                if first != label:  # the tree has told the others
                    args: dict[str, object] = {"key": excerpt(label), "first": f"{at.line}:{at.column}"}
                    self._tell("PF103", spot, args, step=label, node=key)
                continue
            seen[same] = label, key
            inner = spot.child(label, key if value.content is None else value)
            if value.content is None and isinstance(kind.value, Record):
                continue
            # A label with nothing behind it is a column left empty: its text is empty, the label stays.
            out[label] = "" if value.content is None else self._value(inner, kind.value)
        return out

    def _part(self, spot: Spot, record: Record) -> Any:
        node = spot.node
        if isinstance(node.content, str) and record.model is Plan:
            return self._plan_file(spot)
        if not isinstance(node.content, dict):
            if isinstance(node.content, list) or not takes_text(record):
                return self._misshapen(spot, record)
            tight = tight_key(node.content) if node.plain and isinstance(node.content, str) else None
            if tight and record.find_key(tight[0]):
                colon = Node(node.line, node.column + tight[1] - 1, None)
                return self._tell("PF118", spot, {"key": excerpt(tight[0])}, node=colon)
            return node.content
        if takes_text(record) and _is_sentence(node, record):
            return self._colon_in_text(spot)
        return self._fields(spot, record)

    def _fields(self, spot: Spot, record: Record) -> Any:
        node = spot.node
        if not isinstance(node.content, dict):
            return self._misshapen(spot, record)
        out: dict[str, Any] = {}
        seen: dict[str, tuple[str, Node]] = {}
        for name, key, value in node.pairs:
            found = record.find_key(name)
            if found is None:
                if text.name_key(name) != "planforge" or record.name not in ("Plan", "Report", "Scale"):
                    self._unknown(name, key, record, spot)
                continue
            if found.name in seen:
                first, at = seen[found.name]
                if first != name:  # the tree has told the others
                    first_at = f"{at.line}:{at.column}"
                    args: dict[str, object] = {"key": excerpt(name), "other": excerpt(first), "first": first_at}
                    self._tell("PF104", spot, args, step=found.name, node=key)
                continue
            seen[found.name] = name, key
            inner = spot.child(found.name, value)
            read = self._value(inner, found.type)
            if read is not None or inner.path in self.broken:
                out[found.name] = read
        return out

    def _scalar(self, spot: Spot, kind: vocabulary.Type) -> Any:
        node = spot.node
        if not isinstance(node.content, list | dict):
            return node.content
        if isinstance(node.content, dict) and len(node.content) == 1 and not node.flow:
            _, key, value = next(iter(node.pairs))
            if key.plain and not isinstance(value.content, list | dict):
                return self._colon_in_text(spot)
        words = vocabulary.type_words(kind)
        return self._tell("PF110", spot, {"expected": words, "found": _found(node), "advice": _advice(node)})

    def _plan_file(self, spot: Spot) -> Any:
        """The plan of a report, from the file that the report names; its places are those of that file."""
        name = str(spot.node.content).strip()
        args: dict[str, object] = {"file": excerpt(name, 120)}
        folder = spot.tree.folder
        if folder is None:
            return self._tell("PF135", spot, args)
        relative = name.replace("\\", "/")
        if _leads_outside(folder, relative):
            return self._tell("PF136", spot, args)
        tree = read_tree(folder / relative)
        self.files += tree.files
        problems = [*tree.problems, *header_problems(tree, "plan")]
        if tree.root is None and problems[0].code == "PF120":
            return self._tell("PF120", spot, args)
        self._trapped.update(_trapped(tree))
        self.problems += [_in_the_model(_below(p, spot.path), self.record) for p in problems]
        other_kind = {p.code for p in problems} & {"PF133", "PF134"}
        if tree.root is None or not isinstance(tree.root.content, dict) or other_kind:
            self.broken.add(spot.path)
            return None
        spot.tree, spot.node = tree, tree.root
        return self._fields(spot, vocabulary.describe(Plan))

    # Faults.

    def _colon_in_text(self, spot: Spot) -> None:
        line = spot.tree.lines[spot.node.line - 1][spot.node.column - 1 :]
        self._tell("PF107", spot, {"found": excerpt(without_comment(line).rstrip())})

    def _misshapen(self, spot: Spot, kind: vocabulary.Type) -> None:
        expected = _FIELDS if isinstance(kind, Record) else _LABELS
        self._tell("PF106", spot, {"expected": expected, "found": _found(spot.node)})

    def _unknown(self, name: str, key: Node, record: Record, spot: Spot) -> None:
        """A key that the record does not have, with advice for the first `_MAX_ADVICE` of them: it takes time."""
        self._advised += 1
        names = record.names(data=True) if self._advised <= _MAX_ADVICE else []
        alike = text.look_alike(name, names)
        if alike:
            args: dict[str, object] = {"key": excerpt(name), "meant": alike[0], "letter": alike[1]}
            return self._tell("PF102", spot, args, step=name, node=key)
        meant = text.closest(name, names)
        if meant:
            advice = Words(f"«{meant}» гэх гэсэн үү?", f"Did you mean “{meant}”?")
        else:
            known = record.data.values()
            advice = Words(
                f"Байж болох нь: {', '.join(f.template_name for f in known)}.",
                f"Possible: {', '.join(f.name for f in known)}.",
            )
        return self._tell("PF101", spot, {"key": excerpt(name), "advice": advice}, step=name, node=key)


def _is_sentence(node: Node, record: Record) -> bool:
    """Whether a mapping is a text that holds a colon: `- Мэдээллийн тоо: 5`."""
    pairs = list(node.pairs)
    if len(pairs) != 1 or node.flow:
        return False
    name, key, value = pairs[0]
    if record.find_key(name) or not key.plain or isinstance(value.content, list | dict):
        return False
    mistyped = " " not in name.strip() and value.content is not None and text.closest(name, record.names(data=True))
    return not mistyped


def _leads_outside(folder: Path, relative: str) -> bool:
    """Whether a path, by its steps or by links, leads out of a folder."""
    if relative.startswith("/") or re.match(r"[A-Za-z]:", relative) or ".." in relative.split("/"):
        return True
    try:
        return not (folder / relative).resolve().is_relative_to(folder.resolve())
    except (OSError, RuntimeError, ValueError):  # a loop of links, a NUL
        return True


def _trapped(tree: Tree) -> Iterator[tuple[str | None, int]]:
    """The lines that trapped the parser of YAML."""
    return ((tree.file, place_of(p).line or 0) for p in tree.problems if p.code in _TRAPS)


def _in_the_model(problem: Problem, record: Record) -> Problem:
    """A problem of a tree, its path in the names of the model."""
    place = place_of(problem)
    if not place.path:
        return problem
    path: list[str | int] = []
    kind: vocabulary.Type = record
    for step in place.path:
        if isinstance(kind, ListOf) and isinstance(step, int):
            kind = kind.item
        elif isinstance(kind, ListOf):
            kind = kind.item
            path.append(0)
        if isinstance(kind, MapOf):
            kind = kind.value
        elif isinstance(kind, Record) and (found := kind.find_key(str(step))):
            step, kind = found.name, found.type
        path.append(step)
    return replace(problem, place=replace(place, path=tuple(path), counted=vocabulary.counted(record, path)))


def _below(problem: Problem, path: ValuePath) -> Problem:
    place = place_of(problem)
    return replace(problem, place=replace(place, path=(*path, *place.path))) if place.path else problem


_FIELDS = Words("талбарууд (`нэр: утга` мөрүүд)", "fields (lines of `name: value`)")
_LABELS = Words("`нэр: утга` хосууд", "pairs of `label: value`")
_LIST = Words("жагсаалт", "a list")


def _found(node: Node) -> Words:
    if isinstance(node.content, list):
        return _LIST
    if isinstance(node.content, dict):
        return _FIELDS
    shown = excerpt(str(node.content))
    return Words(f"«{shown}»", f"“{shown}”")


def _advice(node: Node) -> Words:
    if node.flow:
        return Words(
            "Хаалт нь бичвэрийн хэсэг бол бүхэлд нь хашилтад бичнэ үү.", "Quote the text if the bracket belongs to it."
        )
    return Words("Нэг утга бичнэ үү.", "Write one value.")
