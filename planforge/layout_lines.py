"""The lines of a layout, in the document and in the cells of tables alike: paragraphs, points, loops, conditions."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from itertools import count

from planforge import layout_docx
from planforge.layout_docx import Cell, Paragraph, Row
from planforge.layout_grammar import (
    Block,
    Each,
    If,
    Line,
    Paragraphs,
    Path,
    Points,
    PointStyle,
    Sides,
)
from planforge.layout_text import Here, Texts, level_of_type, literal
from planforge.vocabulary import Record, Type

__all__ = ["Lines", "tag", "tag_row"]


class Lines(Texts):
    """Writes the parts of a layout that are paragraphs and tags."""

    def body(
        self, parts: Iterable[Block | Line | Points], here: Here, style: str = "Normal"
    ) -> list[layout_docx.Block]:
        """Blocks of the document, or the lines of a cell; `style` is that of lines and of tags alone."""
        return [block for part in parts for block in self.part(part, here, style)]

    def part(self, part: Block | Line | Points, here: Here, style: str) -> list[layout_docx.Block]:
        if isinstance(part, Paragraphs):
            several = len(part.texts) > 1
            return [
                paragraph
                for index, value in enumerate(part.texts)
                for paragraph in self.paragraph(value, here, part.style, (*part.at, index) if several else part.at)
            ]
        if isinstance(part, Line):
            return [*self.paragraph(part.text, here, style, part.at)]
        if isinstance(part, Points):
            return [*self.points(part, here)]
        if isinstance(part, Sides):
            sides = [self.text(value, here, (*part.at, i)).text for i, value in enumerate((part.left, part.right))]
            return [Paragraph("\t".join(sides), "Dateline")]
        if isinstance(part, Each):
            return self.each(part, here, style)
        assert isinstance(part, If)
        test = here.canonical(part.test)
        yes, _ = self.condition(test, here, part.at)
        return [tag(f"if {test}", style), *self.body(part.body, yes, style), tag("endif", style)]

    def paragraph(self, value: str, here: Here, style: str, at: Path) -> list[Paragraph]:
        """“A paragraph that is one lone tag disappears when the value is absent; one with other text stays.”"""
        text = self.text(value, here, at)
        found = [Paragraph(text.text, style)]
        if text.lone and text.lone.optional:
            return [tag(f"if {text.lone.test}", style), *found, tag("endif", style)]
        return found

    def each(self, part: Each, here: Here, style: str) -> list[layout_docx.Block]:
        if part.name in here.scope.names:
            self.fault("PF292", part.at, name=part.name)
            return []
        items = here.canonical(part.items)
        inner = here.in_loop(part.name, self.items(items, here, part.at))
        body = self.body(part.body, inner, style)
        return [tag(f"for {part.name} in {items}", style), *body, tag("endfor", style)]

    # -- points

    def points(self, part: Points, here: Here, above: int = 0) -> list[Paragraph]:
        """“`marker`: a literal, a counter by example, or a list of them for nested criteria”; `above` counts levels."""
        items = here.canonical(part.items)
        kind = self.items(items, here, part.at)
        if kind is None:
            return []
        name = next(n for n in _point_names(kind) if n not in here.scope.names)
        inner = here.in_loop(name, kind)
        style = _completed(part.style, self.layout.lists)
        markers = style.marker or ("",)
        marker = markers[above] if above < len(markers) else _LETTERED
        of = part.of or ("text" if isinstance(kind, Record) and kind.find("text") else "")
        source = f"{name}.{of}" if of else name
        typed = self.typed(source, inner, part.at)
        printed = f"{_counter(marker)}{{{{ {source}{_closed(style)} }}}}"
        depth = sum(1 for m in markers[:above] if m)
        found = [Paragraph(printed, "TableList" if marker else "TableText", depth=depth)]
        if typed is not None and typed.optional:
            found = [tag(f"if {source}"), *found, tag("endif")]
        if typed is not None and level_of_type(kind) == "criterion" and above + 1 < max(2, len(markers)):
            found += self.points(Points(f"{name}.criteria", part.of, part.style, at=part.at), inner, above + 1)
        return [tag(f"for {name} in {items}"), *found, tag("endfor")]


_LETTERED = "а. "
"""The marker of sub-criteria where the layout gives none (domain.md 1.2)."""

_COUNTERS = {
    "1": "loop.index",
    "I": "loop.index | roman",
    "а": "loop.index | letter",
    "А": "loop.index | letter | upper",
}
_COUNTER = re.compile(rf"(\W*)({'|'.join(_COUNTERS)})(\W*)")


def _point_names(kind: Type) -> Iterator[str]:
    """Names for the variable of a list: `criterion`, `criterion2` …"""
    name = level_of_type(kind) or "entry"
    yield name
    yield from (f"{name}{n}" for n in count(2))


def _completed(given: PointStyle, default: PointStyle) -> PointStyle:
    def first(own: str | None, other: str | None) -> str:
        return own if own is not None else other or ""

    marker = given.marker if given.marker is not None else default.marker
    return PointStyle(marker, first(given.end, default.end), first(given.last, default.last))


def _counter(marker: str) -> str:
    """A marker as text: `1. ` counts, `-` stands as written."""
    match = _COUNTER.fullmatch(marker)
    return f"{match[1]}{{{{ {_COUNTERS[match[2]]} }}}}{match[3]}" if match else marker


def _closed(style: PointStyle) -> str:
    """“`end` and `last` close the points where the text does not already end in a stop.”"""
    end, last = style.end or "", style.last or ""
    if end == last:
        return f" | ended({literal(end)})" if end else ""
    return f" | ended({literal(last)} if loop.last else {literal(end)})"


def tag(statement: str, style: str = "TableText") -> Paragraph:
    """A statement alone in its paragraph."""
    return Paragraph(f"{{%p {statement} %}}", style)


def tag_row(statement: str, columns: int) -> Row:
    """A statement alone in its row."""
    return Row((Cell((Paragraph(f"{{%tr {statement} %}}", "TableText"),), columns),))
