"""A compiled template as text: one Python function per part, what the functions read, the places of the tags.

The compiler writes a program. The built-in forms have theirs beside them (`templates/*.json`), so a document from one
of them needs neither the compiler nor the libraries under it; a test compares each to a fresh one.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import astuple, dataclass, field
from decimal import Decimal
from typing import Any, TypeAlias

from planforge import filters
from planforge.errors import DocumentPlace
from planforge.mongolian import Case
from planforge.rendering import Run, ends_with_paragraph

__all__ = ["Program", "Renderer", "literal"]

Renderer: TypeAlias = Callable[[Run, Any, Any, Any], str]
"""(run, plan, report, today) → the part as text."""

_TABLES = ("uses", "levels", "printed", "labels")


@dataclass(frozen=True, slots=True)
class Program:
    """What a template does: the source of its rendered parts by name, and what they use."""

    sources: Mapping[str, str]
    """Each defines `render`, a `Renderer`, over the names of `_run`."""
    places: Mapping[str, tuple[DocumentPlace, ...]]
    uses: frozenset[str]
    levels: frozenset[str]
    """The levels of the tree that some loop goes over; `criterion` where criteria have rows of their own."""
    printed: frozenset[tuple[str, str]]
    """The fields that it reads: (record, field)."""
    labels: frozenset[tuple[str, str, str]]
    """The labels that it asks for: (record, field, label)."""
    room: Mapping[str, str]
    """The parts that make room for data in its documents (`embedded.room`)."""
    dynamic: Mapping[str, Renderer] = field(init=False, repr=False, compare=False)
    """The functions of the rendered parts."""

    def __post_init__(self) -> None:
        object.__setattr__(self, "dynamic", {name: _run(name, source) for name, source in self.sources.items()})

    def dumps(self) -> str:
        """The program as JSON, which `loads` reads: the same text for the same program."""
        tables: dict[str, object] = {name: sorted(getattr(self, name)) for name in _TABLES}
        tables["places"] = {name: [astuple(place) for place in places] for name, places in self.places.items()}
        tables |= {"sources": dict(self.sources), "room": dict(self.room)}
        rows = (f'"{name}": {json.dumps(table, ensure_ascii=False)}' for name, table in tables.items())
        return "{\n" + ",\n".join(rows) + "\n}\n"

    @classmethod
    def loads(cls, text: str, /) -> Program:
        """The program that `dumps` wrote. It is run: only for what was installed with planforge itself."""
        given = json.loads(text)
        places = {name: tuple(DocumentPlace(*row) for row in rows) for name, rows in given["places"].items()}
        uses, levels = (frozenset(given[name]) for name in _TABLES[:2])
        printed, labels = (frozenset(map(tuple, given[name])) for name in _TABLES[2:])
        return cls(given["sources"], places, uses, levels, printed, labels, given["room"])


def literal(constant: object) -> str:
    """A compiled constant (a label, a case, a number) as source, over the names of `_run`."""
    return f"Case({constant.value!r})" if isinstance(constant, Case) else repr(constant)


def _run(name: str, source: str) -> Renderer:
    """The function that the source of a part defines. It sees no builtins but these."""
    namespace: dict[str, Any] = {
        "__builtins__": {"len": len, "enumerate": enumerate},
        "Case": Case,
        "Decimal": Decimal,
        "F": filters,
        "Label": filters.Label,
        "ends_with_paragraph": ends_with_paragraph,
    }
    exec(compile(source, f"<{name}>", "exec"), namespace)
    renderer: Renderer = namespace["render"]
    return renderer
