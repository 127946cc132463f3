"""The commands `layout new`, `layout check` and `layout build`.

What describes layouts is loaded when one is at hand: python-docx takes a seventh of the time of a command.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from planforge import paths
from planforge.check_command import finish
from planforge.command_inputs import content_of, listed, put_new, shown, to_stdout
from planforge.console import Console, WrongUse
from planforge.errors import DataPlace, PlanforgeError, Problem
from planforge.source import kind_of

if TYPE_CHECKING:
    from planforge.layout import Layout

__all__ = ["layout_build", "layout_check", "layout_new"]


def layout_new(
    console: Console,
    out: str | None,
    columns: str | None,
    rows: str | None,
    sections: str | None,
    subject: Literal["plan", "report"],
    page: Literal["portrait", "landscape"],
) -> int:
    """Writes a starter layout; names that are none are told together."""
    from planforge import layout_starter

    target = Path(out or "layout.yaml")
    if os.path.lexists(target):
        raise WrongUse("PF723", str(target))
    try:
        text = layout_starter.starter(
            columns=listed(columns),
            rows=listed(rows) or ["measure"],
            sections=listed(sections),
            subject=subject,
            page=page,
            name=target.stem,
        )
    except PlanforgeError as error:
        console.report(error.problems)
        return WrongUse.exit_code
    paths.save_new(text.encode(), target)
    console.put(str(target))
    console.tell(console.phrase("layout", file=target, data=f"{subject}.yaml"))
    return console.exit_code


def layout_check(console: Console, files: tuple[str, ...], as_json: bool) -> int:
    """Tells what is wrong with layouts."""
    console.json = as_json
    names, problems = paths.expand(files)
    console.report(problems, as_data=True)
    for name in names:
        console.files += 1
        console.report(_layout(name, content_of(name))[1], as_data=True)
    return finish(console, "json" if as_json else "text")


def _layout(name: str, content: str | bytes) -> tuple[Layout | None, list[Problem]]:
    """The layout in a file and its problems; data are not called a layout full of faults (PF733)."""
    if kind_of(content) == "data":
        return None, [Problem("PF733", DataPlace(shown(name)), {"file": name})]
    from planforge import layout

    parsed = layout.parse(content)
    return parsed.value, [paths.placed(p, shown(name)) for p in parsed.problems]


def layout_build(console: Console, file: str, output: str | None) -> int:
    """Saves the template of a layout, never over one that may have been restyled in Word."""
    from planforge import layout

    if to_stdout(file, output):
        paths.refuse_terminal()
    value, problems = _layout(file, content_of(file))
    console.report(problems)
    if value is None:
        return console.exit_code
    put_new(console, layout.build(value), file, output, "layout.docx")
    return console.exit_code
