"""Marks and sign-offs of official forms: each stands for blocks that could be written out in the layout."""

from __future__ import annotations

import re
from dataclasses import replace

from planforge import layout_docx
from planforge.layout_docx import Align, Cell, Grid, Paragraph, Row
from planforge.layout_grammar import Block, Each, If, Mark, Paragraphs, Path, Sides
from planforge.layout_lines import Lines, tag_row
from planforge.layout_text import Here, literal

__all__ = ["write"]


def write(mark: Mark, lines: Lines, here: Here, /) -> list[layout_docx.Block]:
    """The blocks that a mark of a plan or report stands for."""
    source = f"{lines.layout.subject}.{mark.kind}"
    if mark.kind == "approval":
        return _approvals(mark, source, lines, here)
    if mark.kind == "annex":
        return lines.body((_annex(mark, source),), here)
    if mark.kind == "dateline":
        return lines.body((_dateline(mark, source),), here)
    return lines.body((_signoffs(mark, source),), here)


_FULL_DATE = literal("2021 оны 10 дугаар сарын 15-ны өдөр")


_DATE = f"{{{{ approval.date | date({_FULL_DATE}) }}}}"
_APPROVAL_LINE: tuple[tuple[tuple[str, ...], Align | None], ...] = (
    (("{{ approval.word }}",), "left"),
    (
        (
            "{% if approval.person %}{{ approval.person.position }}"
            "{% if approval.person.rank %} {{ approval.person.rank }}{% endif %}{% endif %}",
            _DATE,
        ),
        None,
    ),
    (("{% if approval.person %}{{ approval.person.name }}{% endif %}",), "right"),
)
"""domain.md 2.3: three cells, a quarter, a half and a quarter wide: word, position with rank, name; the date below."""


def _approvals(mark: Mark, source: str, lines: Lines, here: Here) -> list[layout_docx.Block]:
    """Stacked at the upper right; on one line each; or the first at the right and the others at the left."""
    if mark.form == "stacked":
        body = (_gap("not loop.first", "Approval", mark.at), *_approval("Approval", mark.at))
        return lines.body((Each("approval", source, body, at=mark.at),), here)
    quarter = lines.layout.page.text_width // 4
    if mark.form == "sides":
        mark_of = _approval("ApprovalCell", mark.at)
        others = (_gap("loop.index > 2", "ApprovalCell", mark.at), *mark_of)
        sides = [If("not loop.first", others, at=mark.at), If("loop.first", mark_of, at=mark.at)]
        found = [lines.body((Each("approval", source, (side,), at=mark.at),), here) for side in sides]
        cells = tuple(Cell(tuple(p for p in cell if isinstance(p, Paragraph))) for cell in found)
        return [Grid((2 * quarter, 2 * quarter), (Row(cells),), borders=False)]
    inner = here.in_loop("approval", lines.items(source, here, mark.at))
    row = [
        Cell(
            tuple(
                replace(paragraph, align=align)
                for value in values
                for paragraph in lines.paragraph(value, inner, "ApprovalCell", mark.at)
            )
        )
        for values, align in _APPROVAL_LINE
    ]
    rows = (tag_row(f"for approval in {source}", 3), Row(tuple(row)), tag_row("endfor", 3))
    return [Grid((quarter, 2 * quarter, quarter), rows, borders=False)]


def _approval(style: str, at: Path) -> tuple[Block, ...]:
    """domain.md 1.1: word, position, rank, name; then the date if there is one."""
    person = ("{{ approval.person.position }}", "{{ approval.person.rank }}", "{{ approval.person.name }}")
    return (
        Paragraphs(style, ("{{ approval.word }}",), at=at),
        If("approval.person", (Paragraphs(style, person, at=at),), at=at),
        Paragraphs(style, (_DATE,), at=at),
    )


def _gap(test: str, style: str, at: Path) -> If:
    """An empty line between two marks."""
    return If(test, (Paragraphs(style, ("",), at=at),), at=at)


def _annex(mark: Mark, source: str) -> If:
    line = Paragraphs("Right", ("{{ line }}",), at=mark.at)
    return If(source, (Each("line", f"{source}.lines", (line,), at=mark.at),), at=mark.at)


def _dateline(mark: Mark, source: str) -> If:
    """“Dates are given by example”, “unknown day or number prints dots”."""
    dots = re.sub(r"\d+", "….", re.sub(r"\s(дугаар|дүгээр)\b", "", mark.form))
    date = f"{{{{ {source}.date | date({literal(mark.form)}) }}}}"
    left = f"{{% if {source}.date %}}{date}{{% else %}}{dots}{{% endif %}}"
    return If(source, (Sides(left, f"{{{{ {source}.place }}}}", at=mark.at),), at=mark.at)


def _signoffs(mark: Mark, source: str) -> Each:
    """The word, who signs (name at the right edge), the telephone and the date if they are given."""
    case = " | upper" if mark.form == "upper" else ""
    left = f"{{{{ person.position{case} }}}}{{% if person.rank %}} {{{{ person.rank{case} }}}}{{% endif %}}"
    phone = Paragraphs("Left", ("Утас: {{ person.phone }}",), at=mark.at)
    person = (Sides(left, f"{{{{ person.name{case} }}}}", at=mark.at), If("person.phone", (phone,), at=mark.at))
    body: tuple[Block, ...] = (
        Paragraphs("SignOff", (f'{{{{ signoff.word{case} | ended(":") }}}}',), at=mark.at),
        Each("person", "signoff.people", person, at=mark.at),
        Paragraphs("SignOff", (f"{{{{ signoff.date | date({_FULL_DATE}) }}}}",), at=mark.at),
    )
    return Each("signoff", source, body, at=mark.at)
