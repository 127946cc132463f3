"""What commands share: templates by name, what a file holds, where what is made goes, problems told."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from pathlib import Path
from typing import Any, BinaryIO

from planforge import consistency, data, paths, reader, view
from planforge.console import Console, WrongUse
from planforge.errors import DataPlace, PlanforgeError, Problem, Words
from planforge.model import Plan, Report
from planforge.paths import STDIN
from planforge.render import Template
from planforge.rules import unprinted
from planforge.source import kind_of

__all__ = [
    "Templates",
    "content_of",
    "listed",
    "put_new",
    "refuse_two",
    "rendered",
    "report_read",
    "shortened",
    "shown",
    "subject_of",
    "to_stdout",
]


class Templates:
    """Templates by name, each compiled once and, if it is broken, told once."""

    def __init__(self, console: Console, *, as_data: bool = False) -> None:
        self.console = console
        self.as_data = as_data
        self.compiled: dict[str, Template | None] = {}

    def open(self, name: str) -> Template | None:
        if name not in self.compiled:
            self.compiled[name] = None
            try:
                compiled = self._compile(name)
                self.compiled[name] = compiled
                self.console.report(compiled.warnings, as_data=self.as_data)
            except PlanforgeError as error:
                self.console.report(error.problems, as_data=self.as_data)
        return self.compiled[name]

    def _compile(self, name: str) -> Template:
        """A built-in template by its name, a Word file, or what a layout becomes."""
        if not paths.is_template_path(name):
            return Template.builtin(name)
        if kind_of(name) != "layout":
            return Template.open(name)
        from planforge import layout

        return Template.open(layout.build(layout.load(name)))


def rendered(
    name: str, source: str | bytes | BinaryIO, template: str | None, forms: Templates, today: date, embed: bool
) -> tuple[list[Problem], bytes | None, str]:
    """The problems of one data file, its document if there is one, and the name of the template."""
    file = shown(name)
    loaded = data.parse(source)
    problems = [paths.placed(p, file) for p in loaded.problems]
    form = template or ("report" if isinstance(loaded.value, Report) else "plan")
    compiled = forms.open(form) if loaded.value is not None else None
    if loaded.value is None or compiled is None:
        return problems, None, form
    try:
        seen = loaded.seen or view.walk(loaded.value)
        document = compiled.render(seen, today=today, embed=embed)
        silent = unprinted(compiled, seen)
        return [*problems, *(paths.placed(p, file, loaded) for p in silent)], document, form
    except PlanforgeError as error:
        return [*problems, *(paths.placed(p, file, loaded) for p in error.problems)], None, form


def content_of(name: str) -> str | bytes:
    """A path, or what the standard input holds."""
    source = paths.open_input(name)
    return source if isinstance(source, str) else source.read()


def shown(name: str) -> str:
    """The name of a file in messages: `-` is `<stdin>`."""
    return STDIN if name == "-" else name


def subject_of(
    file: str, kind: type[Report] | None = None
) -> tuple[data.Loaded[Any] | None, Plan | Report | None, list[Problem]]:
    """The plan or report in a data file, or in a document that carries its data, and what is wrong with it."""
    content = content_of(file)
    if kind_of(content) != "document":
        loaded = data.parse(content) if kind is None else data.parse(content, kind)
        return loaded, loaded.value, [paths.placed(p, shown(file)) for p in loaded.problems]
    try:
        subject = reader.read(content)
    except PlanforgeError as error:
        return None, None, [paths.placed(problem, shown(file)) for problem in error.problems]
    if kind is not None and not isinstance(subject, kind):
        found = {"found": Words("төлөвлөгөө (plan)", "a plan"), "wanted": Words("тайлан (report)", "a report")}
        return None, None, [Problem("PF134", DataPlace(shown(file)), found)]
    return None, subject, []


def report_read(console: Console, problems: Sequence[Problem]) -> None:
    """Tells what is wrong with what was read, errors first; spelling is left to `check`, and a machine sorts itself."""
    spelling = {} if console.json else {n: p for n, p in enumerate(problems) if p.code in consistency.SPELLING}
    console.report(problem for n, problem in enumerate(problems) if n not in spelling)
    count = sum(int(str(problem.args.get("count", 1))) for problem in spelling.values())
    if count:
        console.tell(console.phrase("spelling_one" if count == 1 else "spelling", count=count))


def to_stdout(file: str, output: str | None) -> bool:
    """Whether what is made of a file goes to stdout: where that is asked for, and by default what came from stdin."""
    return output == "-" or (output is None and file == "-")


def put_new(console: Console, made: bytes, file: str, output: str | None, name: str) -> Path | None:
    """Writes what was made of a file where it is to go, else beside it, never over a file; its place.

    `name` is its name in a folder where it comes from stdin, with the ending of all.
    """
    if to_stdout(file, output):
        console.put(made)
        return None
    ending = Path(name).suffix
    target = Path(file).with_suffix(ending) if output is None else Path(output)
    if target.is_dir():
        target /= name if file == "-" else f"{Path(file).stem}{ending}"
    paths.save_new(made, target)
    console.put(str(target))
    return target


def refuse_two(first: str, second: str | None) -> None:
    """Options that ask for two things at once (PF719)."""
    if second is not None:
        raise WrongUse("PF719", first=first, second=second)


def listed(given: str | None) -> list[str]:
    """The names of an option that takes several, `a, b`."""
    return [name.strip() for name in (given or "").split(",") if name.strip()]


def shortened(text: str) -> str:
    """The beginning of a text, of 80 letters at most."""
    return text if len(text) <= 80 else text[:79] + "…"
