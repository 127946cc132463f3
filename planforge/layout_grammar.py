"""What a layout may say: its typed form, and reading it from YAML with a place for every fault.

The grammar is layout-spec.md's, “Grammar”; what it means is `planforge.layout`'s. Each piece knows its path in the file
(`at`, no part of what it means), so a fault of meaning found later has the line and column of the words that caused it.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, fields
from decimal import Decimal, InvalidOperation
from typing import Any, Literal, Protocol, TypeAlias

from planforge import text, view
from planforge.errors import DataPlace, Problem, Words
from planforge.layout_docx import PAPERS, Align, Margins, Page
from planforge.vocabulary import mongolian_name
from planforge.wml import MAX_COLUMNS

__all__ = [
    "NAME",
    "Block",
    "Cell",
    "Column",
    "Each",
    "If",
    "Layout",
    "Line",
    "Mark",
    "Paragraphs",
    "Path",
    "PointStyle",
    "Points",
    "Sides",
    "Table",
    "is_text",
    "level_of",
    "level_words",
    "near_words",
    "read",
]

Path: TypeAlias = tuple[str | int, ...]
Subject: TypeAlias = Literal["plan", "report"]
Merge: TypeAlias = Literal["node", "equal", "no"]


@dataclass(frozen=True, slots=True)
class PointStyle:
    """How points are marked and closed; None is what the layout's `lists` say. One marker per level of criteria."""

    marker: tuple[str, ...] | None = None
    end: str | None = None
    last: str | None = None


@dataclass(frozen=True, slots=True)
class Points:
    """`{list: …}`: a paragraph for each item of a list expression, printing the item's `of`."""

    items: str
    of: str | None = None
    style: PointStyle = PointStyle()
    at: Path = field(default=(), compare=False, repr=False, kw_only=True)


@dataclass(frozen=True, slots=True)
class Paragraphs:
    """One paragraph for each text, in the Word style that the key names."""

    style: str
    texts: tuple[str, ...]
    at: Path = field(default=(), compare=False, repr=False, kw_only=True)


@dataclass(frozen=True, slots=True)
class Sides:
    """Left and right on one line."""

    left: str
    right: str
    at: Path = field(default=(), compare=False, repr=False, kw_only=True)


@dataclass(frozen=True, slots=True)
class Mark:
    """A piece of official form that stands for blocks which could be written out; `form` is how it looks."""

    kind: Literal["approval", "annex", "signoffs", "dateline"]
    form: str = ""
    at: Path = field(default=(), compare=False, repr=False, kw_only=True)


@dataclass(frozen=True, slots=True)
class Each:
    """`body` once for every item of `items`, under `name`."""

    name: str
    items: str
    body: tuple[Block | Line, ...] = ()
    at: Path = field(default=(), compare=False, repr=False, kw_only=True)


@dataclass(frozen=True, slots=True)
class If:
    """`body` where the value of `test` is there."""

    test: str
    body: tuple[Block | Line, ...]
    at: Path = field(default=(), compare=False, repr=False, kw_only=True)


@dataclass(frozen=True, slots=True)
class Line:
    """A text on a line of its own in a cell."""

    text: str
    at: Path = field(default=(), compare=False, repr=False, kw_only=True)


@dataclass(frozen=True, slots=True)
class Cell:
    """Nothing, one value (an expression, or a text if it holds tags), points, or lines."""

    value: str | None = None
    points: Points | None = None
    lines: tuple[Block | Line, ...] = ()
    empty: str | None = None
    merge: Merge = "node"
    align: Align | None = None
    at: Path = field(default=(), compare=False, repr=False, kw_only=True)


@dataclass(frozen=True, slots=True)
class Column:
    """A leaf with its cell, or a group of columns; without a title the group's title covers it."""

    title: str | None
    cell: Cell = Cell()
    columns: tuple[Column, ...] = ()
    at: Path = field(default=(), compare=False, repr=False, kw_only=True)

    @property
    def leaves(self) -> tuple[Column, ...]:
        return tuple(leaf for inner in self.columns for leaf in inner.leaves) or (self,)


@dataclass(frozen=True, slots=True)
class Table:
    """A table over the tree, or over the list of `each`. A footer row is a path or its cells."""

    columns: tuple[Column, ...]
    widths: tuple[Decimal | None, ...] = ()
    number_row: bool = False
    footer: tuple[str | tuple[str, ...], ...] = ()
    sections: tuple[str, ...] = ()
    rows: tuple[str, ...] = ("measure",)
    each: Each | None = None
    at: Path = field(default=(), compare=False, repr=False, kw_only=True)

    @property
    def leaves(self) -> tuple[Column, ...]:
        return tuple(leaf for column in self.columns for leaf in column.leaves)


Block: TypeAlias = Paragraphs | Sides | Mark | Table | Each | If


@dataclass(frozen=True, slots=True)
class Layout:
    """One form. `labels` are examples by level, `lists` the default style of points."""

    name: str
    body: tuple[Block, ...]
    subject: Subject = "plan"
    page: Page = field(default_factory=Page)
    labels: Mapping[str, str] = field(default_factory=dict)
    lists: PointStyle = PointStyle()


# --- names ---------------------------------------------------------------------------------------------------------

NAME = r"[^\W\d]\w*"
_EACH = re.compile(rf"\s*({NAME})\s+in\s+(\S.*)", re.DOTALL)
_TAG = re.compile(r"\{[{%#]")
_LEVELS = {text.name_key(n): level for level, mn in view.LEVEL_TERMS.items() for n in (level, mongolian_name(mn))}


def level_of(name: str, /) -> str | None:
    """The level that an English or Mongolian name means: `арга_хэмжээ` → `measure`."""
    return _LEVELS.get(text.name_key(name))


# --- reading -------------------------------------------------------------------------------------------------------

_STYLES = {name: name.capitalize() for name in ("title", "center", "left", "right", "heading", "text", "closing")}
_APPROVALS, _SIGNOFFS = ("stacked", "line", "sides"), ("typed", "upper")
_BLOCKS = (*_STYLES, "approval", "annex", "signoffs", "dateline", "sides", "table", "each", "if")
_POINT_KEYS = ("list", "of", "marker", "end", "last")
_VALUE_KEYS = ("value", "empty", "merge", "align")
_CELL_KEYS = frozenset((*_VALUE_KEYS, *_POINT_KEYS, "lines"))
_TABLE_KEYS = ("columns", "widths", "number_row", "footer", "sections", "rows", "each")

_MAPPING = Words("түлхүүр: утга хэлбэр", "keys with values")
_LIST = Words("жагсаалт", "a list")
_TEXT = Words("бичвэр", "text")
_FOUND = {dict: _MAPPING, list: _LIST, str: _TEXT, type(None): Words("хоосон", "nothing")}


class Places(Protocol):
    """Where the value (or the key) at a path stands in the file: `tree.Tree.place`."""

    def __call__(self, path: Path, /, *, key: bool = False) -> DataPlace: ...


def read(value: object, place: Places, /) -> tuple[Layout, list[Problem]]:
    """The layout in the plain values of a file, and every fault of its form.

    What has a fault is left out or stands for its default, so that the faults of meaning are found in the same pass.
    """
    reader = _Reader(place)
    return reader.layout(value), reader.problems


class _Reader:
    """Goes once over the values of a file. A method that meets a fault notes it and returns something harmless."""

    def __init__(self, place: Places) -> None:
        self.place = place
        self.problems: list[Problem] = []

    def fault(self, code: str, at: Path, *, key: bool = False, **args: object) -> None:
        self.problems.append(Problem(code, self.place(at, key=key), args))

    def expected(self, wanted: Words, value: object, at: Path) -> None:
        found = _FOUND[type(value)]
        self.fault("PF282", at, wanted=wanted, found=found)

    # -- plain values

    def keys(self, value: object, at: Path, known: Sequence[str], needed: Sequence[str] = ()) -> dict[str, Any]:
        """A mapping with none but the known keys, all of the needed ones filled in."""
        if not isinstance(value, dict):
            self.expected(_MAPPING, value, at)
            return {}
        for name in value:
            if name not in known:
                near = text.closest(name, known)
                self.fault("PF280", (*at, name), key=True, name=name, near=near_words(near), known=", ".join(known))
        for name in needed:
            if value.get(name) in (None, "", []):
                self.fault("PF281", at, name=name)
        return {name: value[name] for name in known if name in value}

    def text(self, value: object, at: Path) -> str:
        if not isinstance(value, str):
            self.expected(_TEXT, value, at)
            return ""
        return value

    def texts(self, value: object, at: Path) -> tuple[str, ...]:
        """One text or several; nothing in a list is an empty line."""
        if isinstance(value, list):
            return tuple("" if v is None else self.text(v, (*at, i)) for i, v in enumerate(value))
        return (self.text(value, at),)

    def word(self, value: object, at: Path, words: Sequence[str]) -> str:
        if isinstance(value, str) and value in words:
            return value
        if isinstance(value, str):
            near = near_words(text.closest(value, words))
            self.fault("PF283", at, found=value, words=", ".join(words), near=near)
        else:
            self.expected(Words("үг: " + ", ".join(words), "one of " + ", ".join(words)), value, at)
        return words[0]

    def number(self, value: object, at: Path, least: int, most: int) -> Decimal:
        try:
            number = Decimal(self.text(value, at) or "0")
        except InvalidOperation:
            number = Decimal(-1)
        if isinstance(value, str) and not (number.is_finite() and least <= number <= most):
            self.fault("PF284", at, found=value, least=least, most=most)
            return Decimal(most)
        return number

    def many(self, value: object, at: Path, read: Callable[[Any, Path], Any]) -> tuple[Any, ...]:
        if not isinstance(value, list):
            self.expected(_LIST, value, at)
            return ()
        return tuple(read(item, (*at, i)) for i, item in enumerate(value))

    def level(self, value: object, at: Path, *, key: bool = False) -> str:
        name = self.text(value, at) if not key else str(value)
        level = level_of(mongolian_name(name))
        if level is None and name:
            known = [*view.LEVEL_TERMS, *view.LEVEL_TERMS.values()]
            near = near_words(text.closest(name, known))
            self.fault("PF285", at, key=key, name=name, near=near, known=", ".join(view.LEVEL_TERMS))
        return level or ""

    def levels(self, value: object, at: Path) -> tuple[str, ...]:
        """Each level once, outer ones first."""
        if isinstance(value, list):
            found = {self.level(v, (*at, i)) for i, v in enumerate(value)}
        else:
            found = {self.level(value, at)}
        return tuple(level for level in view.LEVELS if level in found)

    # -- the layout

    def layout(self, value: object) -> Layout:
        known = ("layout", "for", "page", "labels", "lists", "body")
        given = self.keys(value, (), known, ("layout", "body"))
        labels = given.get("labels") or {}
        if not isinstance(labels, dict):
            self.expected(_MAPPING, labels, ("labels",))
            labels = {}
        return Layout(
            self.text(given.get("layout") or "", ("layout",)),
            self.blocks(given.get("body") or [], ("body",)),
            self.subject(given.get("for") or "plan", ("for",)),
            self.page(given.get("page") or "portrait", ("page",)),
            {
                self.level(level, ("labels", level), key=True): self.text(example, ("labels", level))
                for level, example in labels.items()
            },
            self.lists(given.get("lists") or {}, ("lists",)),
        )

    def subject(self, value: object, at: Path) -> Subject:
        word = self.word(value, at, ("plan", "report", "evaluation"))
        if word == "evaluation":
            self.fault("PF299", at, what="for: evaluation")
        return "report" if word == "report" else "plan"

    def page(self, value: object, at: Path) -> Page:
        if not isinstance(value, dict):
            return Page("landscape" if self.word(value, at, ("portrait", "landscape")) == "landscape" else "portrait")
        known = [f.name for f in fields(Page)]
        given = self.keys(value, at, known)
        sides = [f.name for f in fields(Margins)]
        margins = self.keys(given.get("margins") or {}, (*at, "margins"), sides)
        orientation = self.word(given.get("orientation") or "portrait", (*at, "orientation"), ("portrait", "landscape"))
        page = Page(
            "landscape" if orientation == "landscape" else "portrait",
            self.word(given.get("paper") or "A4", (*at, "paper"), ("A4", *(p for p in PAPERS if p != "A4"))),
            Margins(**{s: self.number(v, (*at, "margins", s), 0, 100) for s, v in margins.items()}),
            self.text(given.get("font") or "Arial", (*at, "font")),
            self.number(given.get("size") or "12", (*at, "size"), 6, 36),
            self.number(given.get("table_size") or "10", (*at, "table_size"), 6, 36),
            int(self.number(given.get("page_numbers_from") or "2", (*at, "page_numbers_from"), 1, 2)),
        )
        if page.text_width_mm < 40:
            self.fault("PF288", (*at, "margins"), width=100, room=_mm(page.text_width_mm))
        return page

    def lists(self, given: object, at: Path) -> PointStyle:
        """The style of points that these keys give; other keys are the caller's."""
        if not isinstance(given, dict):
            self.expected(_MAPPING, given, at)
            return PointStyle()
        if at == ("lists",):
            given = self.keys(given, at, _POINT_KEYS[2:])
        marker = given.get("marker")
        end, last = (given.get(name) for name in ("end", "last"))
        return PointStyle(
            None if marker is None else self.texts(marker, (*at, "marker")),
            None if end is None else self.text(end, (*at, "end")),
            None if last is None else self.text(last, (*at, "last")),
        )

    # -- blocks

    def blocks(self, value: object, at: Path) -> tuple[Block, ...]:
        return tuple(block for block in self.many(value, at, self.block) if block is not None)

    def block(self, value: object, at: Path) -> Block | None:
        """A block is known by the one key that says what it is."""
        if not isinstance(value, dict):
            self.expected(_MAPPING, value, at)
            return None
        kinds = [name for name in value if name in _BLOCKS]
        if not kinds and len(value) == 1:
            self.keys(value, at, _BLOCKS)
            return None
        if len(kinds) != 1:
            self.fault("PF290", at, found=", ".join(map(str, value)), known=", ".join(_BLOCKS))
            return None
        (kind,) = kinds
        if kind in ("each", "if"):
            return self.nested(value, at, kind, "body", self.blocks)
        self.keys(value, at, (kind,))
        return self.simple(kind, value[kind], (*at, kind))

    def simple(self, kind: str, value: object, at: Path) -> Block | None:
        if kind in _STYLES:
            return Paragraphs(_STYLES[kind], self.texts(value, at), at=at)
        if kind == "table":
            return self.table(value, at)
        if kind == "sides":
            if not isinstance(value, list) or len(value) != 2:
                self.fault("PF282", at, wanted=Words("хоёр бичвэр", "two texts"), found=_FOUND[type(value)])
                return None
            return Sides(*self.texts(value, at), at=at)
        if kind == "approval":
            return Mark("approval", self.word(value, at, _APPROVALS), at=at)
        if kind == "signoffs":
            return Mark("signoffs", self.word(value, at, _SIGNOFFS), at=at)
        if kind == "dateline":
            return Mark("dateline", self.text(value, at), at=at)
        if value is not None:
            self.expected(_FOUND[type(None)], value, at)
        return Mark("annex", at=at)

    def nested(
        self, value: dict[str, Any], at: Path, kind: str, inner: str, read: Callable[[object, Path], tuple[Any, ...]]
    ) -> Each | If | None:
        """`{each: name in Path, body: […]}` and `{if: Expr, body: […]}`; in a cell the body is called `lines`."""
        given = self.keys(value, at, (kind, inner), (kind, inner))
        body = read(given.get(inner) or [], (*at, inner))
        head = self.text(given.get(kind) or "", (*at, kind))
        if kind == "if":
            return If(head, body, at=(*at, kind))
        each = self.each(head, (*at, kind))
        return Each(each.name, each.items, body, at=each.at) if each else None

    def each(self, value: str, at: Path) -> Each | None:
        match = _EACH.fullmatch(value)
        if match is None:
            if value:
                self.fault("PF291", at, found=value)
            return None
        name = level_of(match[1]) or match[1]
        if name in ("item", "loop", *view.names()):
            self.fault("PF292", at, name=match[1])
            return None
        return Each(name, match[2].strip(), at=at)

    # -- tables

    def table(self, value: object, at: Path) -> Table | None:
        given = self.keys(value, at, _TABLE_KEYS, ("columns",))
        columns = self.many(given.get("columns") or [], (*at, "columns"), self.column)
        each = given.get("each")
        for name in ("sections", "rows"):
            if each is not None and name in given:
                self.fault("PF293", (*at, name), key=True, name=name)
        table = Table(
            columns,
            self.widths(given.get("widths") or [], (*at, "widths")),
            self.word(given.get("number_row") or "false", (*at, "number_row"), ("true", "false")) == "true",
            self.footer(given.get("footer") or [], (*at, "footer")),
            self.levels(given.get("sections") or [], (*at, "sections")),
            self.levels(given["rows"], (*at, "rows")) if given.get("rows") else ("measure",),
            self.each(self.text(each, (*at, "each")), (*at, "each")) if each is not None else None,
            at=at,
        )
        for level in table.sections:
            if level in table.rows:
                key = "rows" if "rows" in given else "sections"
                self.fault("PF289", (*at, key), key=True, level=level_words(level))
        if len(table.leaves) > MAX_COLUMNS:
            self.fault("PF284", (*at, "columns"), key=True, found=len(table.leaves), least=1, most=MAX_COLUMNS)
        if table.widths and columns and len(table.widths) != len(table.leaves):
            self.fault("PF287", (*at, "widths"), key=True, widths=len(table.widths), columns=len(table.leaves))
        return table

    def widths(self, value: object, at: Path) -> tuple[Decimal | None, ...]:
        return self.many(value, at, lambda v, at: None if v == "*" else self.number(v, at, 3, 400))

    def footer(self, value: object, at: Path) -> tuple[str | tuple[str, ...], ...]:
        def row(item: object, at: Path) -> str | tuple[str, ...]:
            return self.texts(item, at) if isinstance(item, list) else self.text(item, at)

        return self.many(value, at, row)

    def column(self, value: object, at: Path) -> Column:
        """`Title: Cell`, `Title: [Column]`, or a bare cell."""
        if isinstance(value, list):
            self.expected(Words("багана: «Гарчиг: утга»", "a column, `Title: cell`"), value, at)
            return Column(None, at=at)
        if not isinstance(value, dict) or (set(value) <= _CELL_KEYS and {"value", "list", "lines"} & set(value)):
            return Column(None, self.cell(value, at), at=at)
        if len(value) != 1:
            self.fault("PF294", at, found=", ".join(map(str, value)))
            return Column(None, at=at)
        ((title, inner),) = value.items()
        if isinstance(inner, list):
            columns = self.many(inner, (*at, title), self.column)
            if not columns:
                self.fault("PF281", (*at, title), name="columns")
            return Column(title, columns=columns, at=at)
        return Column(title, self.cell(inner, (*at, title)), at=at)

    def cell(self, value: object, at: Path) -> Cell:
        if value is None or value == "":
            return Cell(at=at)
        if isinstance(value, str):
            return Cell(value, at=at)
        if not isinstance(value, dict):
            self.expected(_TEXT, value, at)
            return Cell(at=at)
        if "list" in value:
            return Cell(points=self.points(value, at), at=at)
        if "lines" in value:
            given = self.keys(value, at, ("lines",), ("lines",))
            return Cell(lines=self.lines(given.get("lines") or [], (*at, "lines")), at=at)
        given = self.keys(value, at, _VALUE_KEYS, ("value",))
        empty, align = given.get("empty"), given.get("align")
        merge: Any = self.word(given.get("merge") or "node", (*at, "merge"), ("node", "equal", "no"))
        aligned: Any = self.word(align, (*at, "align"), ("left", "center", "right")) if align is not None else None
        return Cell(
            self.text(given["value"], (*at, "value")) if given.get("value") else None,
            empty=self.text(empty, (*at, "empty")) if empty is not None else None,
            merge=merge,
            align=aligned,
            at=(*at, "value"),
        )

    def points(self, value: dict[str, Any], at: Path) -> Points:
        given = self.keys(value, at, _POINT_KEYS, ("list",))
        of = given.get("of")
        return Points(
            self.text(given.get("list") or "", (*at, "list")),
            self.text(of, (*at, "of")) if of is not None else None,
            self.lists(given, at),
            at=(*at, "list"),
        )

    def lines(self, value: object, at: Path) -> tuple[Any, ...]:
        return tuple(line for line in self.many(value, at, self.line) if line is not None)

    def line(self, value: object, at: Path) -> Line | Points | Each | If | None:
        if value is None or isinstance(value, str):
            return Line(value or "", at=at)
        if isinstance(value, dict) and "list" in value:
            return self.points(value, at)
        for kind in ("if", "each"):
            if isinstance(value, dict) and kind in value:
                return self.nested(value, at, kind, "lines", self.lines)
        self.keys(value, at, ("list", "if", "each"))
        return None


def level_words(level: str, /) -> Words:
    """A level in a message."""
    return Words(f"{view.LEVEL_TERMS[level]} ({level})", level)


def is_text(value: str, /) -> bool:
    """Whether a string in a cell is a text with tags; else it is an expression."""
    return bool(_TAG.search(value))


def near_words(near: str | None, /) -> Words:
    """What an unknown word was probably meant to be; the hint goes on with all that are known."""
    return Words(f"«{near}» гэх гэсэн үү? ", f"Did you mean “{near}”? ") if near else Words("", "")


def _mm(value: Decimal) -> str:
    return format(value.normalize(), "f")
