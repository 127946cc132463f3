"""Anchors: hidden bookmarks by which a printed row or paragraph is found again, whatever an editor does to the file.

Editors keep bookmarks in the rows that they move, copy and edit, and after they have dropped custom XML. One bookmark
stands at the beginning of each row that prints a node of the tree, or of a paragraph that prints values outside any
row. Its name is `_pf3_17`: the third anchor of the template, node 17 of its level in document order (`_pf3_o0m1c2`, a
key, for a criterion; `_pf5_2` for the second printing of a paragraph that prints no node). What stands in which column
is the same for every row that an anchor prints, so it is told once, beside the embedded data.
(Bookmarks whose names begin with `_` are hidden; ECMA-376 part 1, 17.13.6.)
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

__all__ = ["Anchor", "Tracker", "as_json", "remove"]

_BOOKMARK = re.compile(rb'<w:bookmarkStart w:id="(\d+)" w:name="_pf\d+_[a-z0-9]+"/><w:bookmarkEnd w:id="\1"/>')


@dataclass(frozen=True, slots=True)
class Anchor:
    """What stands behind one anchor of a template."""

    part: str
    table: int | None
    """The table of the part, from 1 in document order; None for a paragraph."""
    node: str | None
    """The level of the node that it prints, if it prints one: `measure`; paths begin there, else at `plan` …"""
    columns: Mapping[int, list[str]] = field(default_factory=dict)
    """Paths of the values by grid column, from 0, in the order of printing: `text`, `criteria[].text`.

    Of a row whose columns follow the data, those before the first that does.
    """


@dataclass(slots=True)
class _Carrier:
    """A row or paragraph at hand, the mark that its anchor would take, and what it has printed so far."""

    variable: str
    level: str | None
    table: int | None
    mark: int
    column: int | None = 0
    columns: dict[int, list[str]] = field(default_factory=dict)


class Tracker:
    """Follows a compiler through a part and says which row or paragraph prints what."""

    def __init__(self) -> None:
        self.carriers: list[_Carrier] = []
        self.sources: dict[str, str] = {}
        self.levels: dict[str, str | None] = {}

    def bind(self, variable: str, paths: Iterable[str], level: str | None = None, *, item: bool = False) -> None:
        """A loop or `set` has bound a variable to what was read from these paths, or to an item of it."""
        self.levels[variable] = level
        self.sources[variable] = next(iter(paths), "") + "[]" * item

    def enter(self, mark: int, variables: Iterable[str], table: int | None = None) -> None:
        """A row or paragraph begins; `variables` are those of the loops around it, innermost first."""
        node = next((v for v in variables if self.levels.get(v)), "")
        self.carriers.append(_Carrier(node, self.levels.get(node), table, mark))

    def read(self, paths: Iterable[str]) -> None:
        """A tag prints the values at these paths."""
        if self.carriers:
            carrier = self.carriers[-1]
            if carrier.column is None:
                return
            printed = carrier.columns.setdefault(carrier.column, [])
            printed += [found for path in paths if (found := self._resolve(path, carrier.variable)) not in printed]

    def leave(self, part: str) -> tuple[Anchor, str] | None:
        """The row or paragraph ends: its anchor and the variable of its node; None if it has printed nothing."""
        carrier = self.carriers.pop()
        columns = {column: paths for column, paths in carrier.columns.items() if paths}
        return (Anchor(part, carrier.table, carrier.level, columns), carrier.variable) if columns else None

    def _resolve(self, path: str, variable: str) -> str:
        """A path that begins at a variable as one that begins at the carrier's node, at `plan` or at `report`."""
        head, dot, rest = path.partition(".")
        while head != variable and head in self.sources:
            head, dot, rest = f"{self.sources[head]}{dot}{rest}".partition(".")
        return (rest or ".") if head == variable else head + dot + rest


def as_json(anchors: Iterable[Anchor]) -> str:
    """What the embedded part says of anchors: a mapping from number to part, table, node and columns."""
    said = {
        str(number): {
            "part": anchor.part,
            **({"table": anchor.table} if anchor.table else {}),
            **({"node": anchor.node} if anchor.node else {}),
            "columns": {str(column): paths for column, paths in anchor.columns.items()},
        }
        for number, anchor in enumerate(anchors, 1)
    }
    return json.dumps(said, ensure_ascii=False, separators=(",", ":"))


def remove(part: bytes) -> bytes:
    """A part without its anchors, as if it had been rendered without."""
    return _BOOKMARK.sub(b"", part)
