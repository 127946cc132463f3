"""What the command line says and where: data on stdout, messages on stderr, problems in one of two languages.

The only module that prints. Help loads it, so it imports nothing that only commands need.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, TextIO, TypeVar

import click

from planforge import messages

if TYPE_CHECKING:
    from rich.text import Text

    from planforge.errors import Lang, Problem, Words

__all__ = ["Console", "Refused", "WrongUse", "columns", "reason", "words"]

_MOST = {"error": 50, "warning": 20, "note": 20}
"""Of one file; other formats have all."""
_COLOURS = {"error": "red", "warning": "yellow", "note": "cyan"}
_LEAST_WIDTH = 78
"""Of a table, in columns."""
_LEAST_PROGRESS = 20
"""Things to do for which a bar is worth its lines."""

T = TypeVar("T")


class Refused(Exception):
    """A command cannot be carried out, for a reason outside of what its files hold: a problem and the exit code."""

    exit_code = 1

    def __init__(self, code: str, file: str | None = None, /, **args: object) -> None:
        self.code = code
        self.file = file
        self.values = args
        super().__init__(code, file, args)

    def problem(self) -> Problem:
        from planforge.errors import DataPlace, Problem

        return Problem(self.code, DataPlace(self.file) if self.file else None, self.values)


class WrongUse(Refused):
    """The command line itself is wrong."""

    exit_code = 2


class Console:
    """Where a command writes, in which language; it keeps what it tells."""

    def __init__(self, lang: Lang) -> None:
        self.lang = lang
        self.json = False
        """Whether problems are to be printed as JSON at the end, not as they are found."""
        self.silent = False
        """Whether what is found is told at the end, in another form."""
        self.is_wanted: Callable[[Problem], bool] = lambda problem: True
        """Which problems count."""
        self.files = 0
        self.problems: list[Problem] = []
        self.unread = False
        self._hints: set[str] = set()
        self._told: set[tuple[object, ...]] = set()

    def phrase(self, key: str, /, **args: object) -> str:
        return messages.say(messages.PHRASES, key, self.lang, **args)

    def put(self, data: str | bytes) -> None:
        """Data, on stdout: text with its line end, or the bytes of a document.

        A reader that has gone (`planforge … | head`) does not stop the work; a full disk is told once.
        """
        if self.unread or sys.stdout is None:
            self.unread = True
            return
        try:
            _write(sys.stdout, data)
        except OSError as error:
            self.unread = True
            _drop(sys.stdout)
            if not isinstance(error, BrokenPipeError):
                self.report([Refused("PF729", detail=reason(error)).problem()])

    def put_json(self, data: object) -> None:
        import json

        self.put(_escaped(json.dumps(data, ensure_ascii=False, indent=2)))

    def put_line(self, data: object) -> None:
        """One line of JSON Lines."""
        import json

        self.put(_escaped(json.dumps(data, ensure_ascii=False)))

    def progress(self, items: Iterable[T], total: int) -> Iterator[T]:
        """The items as they come; whoever watches stderr sees how many of `total`, how fast, and how long yet."""
        if sys.stderr is None or not sys.stderr.isatty() or total < _LEAST_PROGRESS:
            yield from items
            return
        from rich.console import Console as RichConsole
        from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

        bar = Progress(
            MofNCompleteColumn(),
            BarColumn(),
            TextColumn("{task.fields[rate]}"),
            TimeRemainingColumn(),
            console=RichConsole(stderr=True),
            transient=True,
        )
        with bar:
            task = bar.add_task("", total=total, rate="")
            for item in items:
                speed = bar.tasks[0].speed
                rate = self.phrase("rate", count=f"{speed:.0f}") if speed else ""
                bar.update(task, advance=1, rate=rate)
                yield item

    def tell(self, message: str) -> None:
        """A message, on stderr; if nobody reads it, the work goes on."""
        try:
            _write(sys.stderr, message)
        except OSError:
            _drop(sys.stderr)

    def report(self, problems: Iterable[Problem], *, as_data: bool = False, about: str = "") -> bool:
        """Tells the problems of one file, errors first, and keeps them; whether there were errors.

        What is wrong in a plan is told once, though its report finds it too; once of each unit that they are `about`.
        """
        all_found = [problem for problem in problems if self.is_wanted(problem)]
        found = [problem for problem in all_found if self._is_new(problem, about)]
        self.problems += found
        out = self.put if as_data else self.tell
        for kind, limit in _MOST.items():
            some = [problem for problem in found if problem.severity == kind]
            lines = [] if self.json or self.silent else [self._line(problem, kind, about) for problem in some[:limit]]
            if lines and len(some) > limit:
                lines.append(self.phrase(f"more_{kind}s", count=len(some) - limit))
            for line in lines:
                out(line)
        return any(problem.is_error for problem in all_found)

    def _is_new(self, problem: Problem, about: str) -> bool:
        line = getattr(problem.place, "line", None)
        if line is None:
            return True
        place = (getattr(problem.place, "file", None), line, getattr(problem.place, "column", None))
        known = len(self._told)
        self._told.add((about, problem.code, problem.message(), *place))
        return len(self._told) > known

    def _line(self, problem: Problem, kind: str, about: str) -> str:
        """`unit: place: error PF102: message`, and the hint below unless it was given before."""
        where = problem.place.describe(self.lang) if problem.place else ""
        label = click.style(f"{self.phrase(kind)} {problem.code}", fg=_COLOURS[kind])
        line = ": ".join(x for x in (about, where, label, problem.message(self.lang)) if x)
        hint = problem.hint(self.lang)
        if not hint or hint in self._hints:
            return line
        self._hints.add(hint)
        return f"{line}\n    → {hint}"

    def summary(self) -> None:
        """“N files, N warnings, N errors”, and notes if there are any."""
        found = {kind: sum(problem.severity == kind for problem in self.problems) for kind in _MOST}
        counts = [("files", self.files), ("warnings", found["warning"]), ("errors", found["error"])]
        counts += [("notes", found["note"])] if found["note"] else []
        told = (self.phrase(f"{key}_one" if count == 1 else key, count=count) for key, count in counts)
        self.tell(", ".join(told) + ".")

    @property
    def is_terminal(self) -> bool:
        """Whether a person sees what is put out."""
        return sys.stdout is not None and sys.stdout.isatty()

    def put_table(self, heads: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
        """A table for a person; without rich, which nothing else needs, columns alone."""
        try:
            from rich.console import Console as RichConsole
            from rich.table import Table
        except ImportError:
            widths = [max(map(len, column)) for column in zip(heads, *rows, strict=True)]
            lines = (zip(row, widths, strict=True) for row in (heads, *rows))
            self.put("\n".join("  ".join(cell.ljust(width) for cell, width in line).rstrip() for line in lines))
            return
        from io import StringIO

        table = Table(*heads)
        for row in rows:
            table.add_row(*map(_literally, row))
        page = StringIO()
        RichConsole(file=page, width=max(columns(), _LEAST_WIDTH)).print(table)
        self.put(page.getvalue().rstrip("\n"))

    @property
    def exit_code(self) -> int:
        return 1 if self.unread or any(problem.is_error for problem in self.problems) else 0


def _write(stream: TextIO | None, data: str | bytes) -> None:
    if stream is not None:  # pythonw on Windows, or `>&-`
        color = False if os.environ.get("NO_COLOR") else None
        try:
            click.echo(data, stream, nl=isinstance(data, str), color=color)
        except UnicodeEncodeError:
            click.echo(_escaped(str(data)), stream, color=color)


def _escaped(text: str) -> str:
    """A text with surrogates that stand alone, as in names of files that are no UTF-8, written out as JSON does."""
    return text.encode("utf-8", "backslashreplace").decode()


def _drop(stream: TextIO | None) -> None:
    """Sends the rest of a dead stream nowhere, so that the interpreter can flush it at exit without a word."""
    if stream is not None:
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, stream.fileno())
        os.close(nowhere)


def columns() -> int:
    """The width of the terminal, 80 where there is none. click would load `shutil` and with it every compression."""
    given = os.environ.get("COLUMNS", "")
    try:
        found = int(given) if given.isdecimal() else os.get_terminal_size(1).columns
    except OSError:
        found = 0
    return found or 80


def _literally(cell: str) -> Text:
    """A cell as it is: brackets are no markup of rich's."""
    from rich.text import Text

    return Text(_escaped(cell))


def reason(error: OSError) -> Words:
    from planforge import errors

    return errors.reason(error)


def words(key: str, /, **args: object) -> Words:
    from planforge.errors import Words

    return Words(messages.say(messages.PHRASES, key, "mn", **args), messages.say(messages.PHRASES, key, "en", **args))
