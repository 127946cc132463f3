"""Layouts: a form described as data becomes a DOCX template with visible tags.

The builder never sees data: whatever a layout says becomes a static template, so columns, header rows and kinds of rows
are fixed here. layout-spec.md is the norm; its “Meaning” is quoted beside the code that carries it out.
"""

from __future__ import annotations

from dataclasses import dataclass

from planforge import layout_docx, layout_marks, templates
from planforge.dialect import Scope
from planforge.errors import DataError, DataPlace, Problem
from planforge.layout_docx import Page
from planforge.layout_grammar import Block, Layout, Line, Mark, Points, Table, read
from planforge.layout_lines import Lines
from planforge.layout_table import TableBuilder
from planforge.layout_text import Here
from planforge.source import Source, read_tree
from planforge.tree import in_order

__all__ = ["Layout", "Page", "Parsed", "build", "builtin_names", "load", "parse"]


@dataclass(frozen=True, slots=True)
class Parsed:
    """What a layout file holds: the layout, unless there is an error, and every problem."""

    value: Layout | None
    problems: tuple[Problem, ...]


def parse(source: Source, /) -> Parsed:
    """A layout with every problem of its form and meaning, in the order of the file; never raises for content."""
    tree = read_tree(source)
    if tree.root is None:
        return Parsed(None, tuple(tree.problems))
    layout, problems = read(tree.value, tree.place)
    builder = _Builder(layout)
    builder.document()
    found = [Problem(f.code, tree.place(f.at, key=f.key), f.args) for f in builder.faults]
    problems = in_order([*tree.problems, *problems, *found], tree.file)
    return Parsed(None if any(p.is_error for p in problems) else layout, tuple(problems))


def load(source: Source, /) -> Layout:
    """The layout in a file or content; DataError with every problem."""
    parsed = parse(source)
    if parsed.value is None:
        raise DataError(parsed.problems)
    return parsed.value


def build(layout: Layout, /) -> bytes:
    """The DOCX template of a layout, the same bytes on every machine; DataError (PF2xx) where it has a fault."""
    builder = _Builder(layout)
    blocks = builder.document()
    if builder.faults:
        raise DataError(Problem(f.code, DataPlace(path=f.at), f.args) for f in builder.faults)
    return layout_docx.write(layout.page, blocks)


def builtin_names() -> tuple[str, ...]:
    """The names of the built-in forms."""
    return tuple(templates.names())


class _Builder(Lines):
    """Writes a layout as paragraphs and tables with tags."""

    def document(self) -> list[layout_docx.Block]:
        self.check_labels()
        names = Scope.domain().names
        if self.layout.subject == "plan":
            names = {name: typed for name, typed in names.items() if typed != names["report"]}
        return self.body(self.layout.body, Here(Scope(names)))

    def part(self, part: Block | Line | Points, here: Here, style: str) -> list[layout_docx.Block]:
        if isinstance(part, Mark):
            return layout_marks.write(part, self, here)
        if isinstance(part, Table):
            return [TableBuilder(self, part, here).grid()]
        return super().part(part, here, style)
