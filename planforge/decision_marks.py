"""The comments by which a rollover asks in a plan's file: written, and found again a year later.

A decision is a line `# ШИЙДЭХ: …`; the head of the file says how many there are. `check` counts those that nobody has
taken out yet, and the next rollover leaves out what the last one wrote. Only lines of comment count, never data.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from planforge.errors import DataPlace, Problem
from planforge.tree import Tree

__all__ = ["KEEP", "MARK", "PROPOSAL", "REPLACE", "TARGET", "head", "open_decisions", "written_lines"]

MARK = "ШИЙДЭХ:"
"""What a comment that asks for a decision begins with."""
REPLACE = "болгох уу?"
KEEP = "хэвээр үлдэх үү?"
TARGET = "зорилтот түвшин хэд вэ?"
PROPOSAL = "Санал:"

_HEAD = re.compile(
    r"[0-9-]{4,9} оны төлөвлөгөөнөөс бэлтгэсэн [0-9-]{4,9} оны төсөл:"
    rf"|Хүн шийдвэрлэх (?:зүйл:|асуудал гарсангүй\.|[0-9]+ асуудлыг «{MARK}»)"
    rf"|«{MARK}» гэж тэмдэглэсэн мөр:"
)


def head(old: str, new: str, to_decide: str, marked: int, /) -> list[str]:
    """The first comments of a new plan's file: which years it is of, what is to be decided, how many lines ask."""
    lines = [f"{old} оны төлөвлөгөөнөөс бэлтгэсэн {new} оны төсөл: он, хугацааг шилжүүлж, үр дүнг хассан."]
    listed = f"Хүн шийдвэрлэх зүйл: {to_decide}. Бүгдийг шийдвэрийн хуудсанд (decisions.docx) жагсаав."
    lines.append(listed if to_decide else "Хүн шийдвэрлэх асуудал гарсангүй.")
    if marked:
        lines.append(f"«{MARK}» гэж тэмдэглэсэн мөр: {marked}. Шийдсэн мөрөө устгана уу.")
    return lines


def written_lines(tree: Tree, /) -> Iterator[int]:
    """The lines of a file that a rollover wrote: the head and the questions, not what people marked themselves."""
    for number, comment in tree.comments():
        told = comment.lstrip("# ")
        asks = told.startswith(MARK) and any(words in told for words in (REPLACE, KEEP, TARGET, PROPOSAL))
        if asks or _HEAD.match(told):
            yield number


def open_decisions(tree: Tree, /) -> list[Problem]:
    """That decisions are still open in a file, at the first of them (PF469)."""
    if not any(MARK in line for line in tree.lines):
        return []
    marked = [number for number, comment in tree.comments() if comment.lstrip("# ").startswith(MARK)]
    if not marked:
        return []
    line = tree.lines[marked[0] - 1]
    place = DataPlace(tree.file, marked[0], len(line) - len(line.lstrip()) + 1)
    return [Problem("PF469", place, {"count": len(marked)})]
