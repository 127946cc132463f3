"""The changes from one plan or report to another as a Word document, for those who discuss them on paper.

A template without a schema, its body kept as XML: what went is struck through, what came is underlined.
"""

from __future__ import annotations

from functools import cache

from planforge import archive, templates
from planforge.comparison import HEADS, Comparison
from planforge.errors import Lang, Words
from planforge.render import Template

__all__ = ["changes_document"]

_TITLE = Words("ӨӨРЧЛӨЛТИЙН ЖАГСААЛТ", "LIST OF CHANGES")


@cache
def _template() -> Template:
    parts = templates.body("changes")
    return Template.open(archive.write(archive.store(name, part) for name, part in parts.items()), schema=None)


def changes_document(comparison: Comparison, lang: Lang = "mn", /, *, names: tuple[str, str] | None = None) -> bytes:
    """A DOCX with a table of where, what, before and after; `names` are what the two are called, else their titles."""
    old, new = names or (comparison.before.text, comparison.after.text)
    context: dict[str, object] = {
        "title": _TITLE.in_(lang),
        "names": f"{old} → {new}",
        "summary": comparison.summary(lang),
        "heads": [head.in_(lang) for head in HEADS],
        "rows": [
            {
                "where": row.where,
                "about": row.about,
                "what": row.what,
                "cells": [
                    [[{"kind": kind, "text": text} for kind, text in line] for line in cell]
                    for cell in (row.before, row.after)
                ],
            }
            for row in comparison.marked_rows(lang)
        ],
    }
    return _template().render(context)
