"""A compiled template as text: one Python function per part, what the functions read, the places of the tags.

The compiler writes a program. The built-in forms have theirs beside them (`templates/*.json`), so a document from one
of them needs neither the compiler nor the libraries under it; a test compares each to a fresh one.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import astuple, dataclass
from decimal import Decimal
from functools import cached_property
from typing import TYPE_CHECKING, Any, TypeAlias

from planforge import filters
from planforge.archive import Pieces
from planforge.errors import DocumentPlace
from planforge.grid import Grid, visible
from planforge.identities import Identities
from planforge.mongolian import Case
from planforge.rendering import Run, Spot, ends_with_paragraph

if TYPE_CHECKING:
    from planforge.numbering import Source

__all__ = ["XML", "Code", "Program", "Renderer", "literal"]

Renderer: TypeAlias = Callable[[Run, Any, Any, Any], Pieces]
"""(run, plan, report, today) → the part."""
XML = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'
"""How a part begins."""

_TABLES = ("uses", "levels", "printed", "labels")


@dataclass(frozen=True)
class Code:
    """The source of a part, without anchors and with them: `render`, a `Renderer`, over the names of `_run`."""

    name: str
    plain: str
    anchored: str
    texts: tuple[str, ...]
    """The fixed texts, which the source names `T_0`, `T_1`, …"""

    def renderer(self, anchors: bool) -> Renderer:
        """The function, compiled when it is first asked for."""
        return self._with_anchors if anchors else self._without

    @cached_property
    def _without(self) -> Renderer:
        return _run(self.name, self.plain, self.texts)

    @cached_property
    def _with_anchors(self) -> Renderer:
        return _run(self.name, self.anchored, self.texts)


@dataclass(frozen=True, slots=True)
class Program:
    """What a template does: the code of its rendered parts by name, and what they use."""

    codes: Mapping[str, Code]
    places: Mapping[str, tuple[DocumentPlace, ...]]
    uses: frozenset[str]
    levels: frozenset[str]
    """The levels of the tree that some loop goes over; `criterion` where criteria have rows of their own."""
    printed: frozenset[tuple[str, str]]
    """The fields that it reads: (record, field)."""
    labels: frozenset[tuple[str, str, str]]
    """The labels that it asks for: (record, field, label)."""
    anchors: str
    """What stands behind the anchors of all parts, as JSON (`planforge.anchors.as_json`)."""
    identities: Identities | None
    """The ids and names of the template, if anchors make it sure that they are asked for."""
    lists: Source | None
    """The numbering part, if loops start lists again."""
    room: Mapping[str, str]
    """The parts that make room for data in its documents (`embedded.room`)."""

    def dumps(self) -> str:
        """The program as JSON, which `loads` reads: the same text for the same program."""
        tables: dict[str, object] = {name: sorted(getattr(self, name)) for name in _TABLES}
        tables["places"] = {name: [_row(place) for place in places] for name, places in self.places.items()}
        tables["codes"] = {name: [code.plain, code.anchored, code.texts] for name, code in self.codes.items()}
        if self.identities:
            tables["identities"] = [sorted(self.identities.numbers), sorted(self.identities.names)]
        tables |= {"anchors": self.anchors, "lists": self.lists and self.lists.as_json(), "room": dict(self.room)}
        rows = (f'"{name}": {json.dumps(table, ensure_ascii=False)}' for name, table in tables.items())
        return "{\n" + ",\n".join(rows) + "\n}\n"

    @classmethod
    def loads(cls, text: str, /) -> Program:
        """The program that `dumps` wrote. It is run: only for what was installed with planforge itself."""
        given = json.loads(text)
        places = {name: tuple(DocumentPlace(*row) for row in rows) for name, rows in given["places"].items()}
        uses, levels = (frozenset(given[name]) for name in _TABLES[:2])
        printed, labels = (frozenset(map(tuple, given[name])) for name in _TABLES[2:])
        codes = {
            name: Code(name, plain, anchored, tuple(texts)) for name, (plain, anchored, texts) in given["codes"].items()
        }
        known = Identities(*map(frozenset, given["identities"])) if "identities" in given else None
        lists = None
        if given["lists"]:
            from planforge.numbering import Source  # few forms number by Word

            lists = Source.from_json(given["lists"])
        return cls(codes, places, uses, levels, printed, labels, given["anchors"], known, lists, given["room"])


def _row(place: DocumentPlace) -> list[object]:
    """The fields of a place, without those at its end that say nothing."""
    row = list(astuple(place))
    while row and row[-1] is None:
        row.pop()
    return row


def literal(constant: object) -> str:
    """A compiled constant (a label, a case, a number) as source, over the names of `_run`."""
    return f"Case({constant.value!r})" if isinstance(constant, Case) else repr(constant)


def _run(name: str, source: str, texts: Sequence[str]) -> Renderer:
    """The function that the source of a part defines. It sees no builtins but these."""
    namespace: dict[str, Any] = {
        "__builtins__": {"len": len, "enumerate": enumerate},
        "Case": Case,
        "Decimal": Decimal,
        "F": filters,
        "Grid": Grid,
        "Label": filters.Label,
        "Spot": Spot,
        "ends_with_paragraph": ends_with_paragraph,
        "visible": visible,
        **{f"T_{index}": text.encode() for index, text in enumerate(texts)},
    }
    exec(compile(source, f"<{name}>", "exec"), namespace)
    renderer: Renderer = namespace["render"]
    return renderer
