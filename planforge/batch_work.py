"""What the workers of a batch do: from the data of a unit to its document in its place, a few units at a time."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import date
from functools import lru_cache
from pathlib import Path
from typing import NamedTuple

from planforge import data, view
from planforge.errors import DataPlace, OutputError, Place, PlanforgeError, Problem, reason
from planforge.journal import Record, announce, digest_of, part_in
from planforge.model import Plan, Report
from planforge.pulse import beat
from planforge.render import Draft, Template, save
from planforge.rules import unprinted

__all__ = ["TOGETHER", "Recipe", "Result", "Task", "document", "forms", "loaded_of", "template_of", "warm", "work"]

TOGETHER = 8
"""Units that go step by step together."""
_LARGE = 100_000
"""Bytes of data that are not small: some hundred measures."""


class Recipe(NamedTuple):
    """How every document of a batch is made; `form`: a built-in template's name, a template's bytes, or by subject."""

    form: str | bytes | None
    today: date | None
    embed: bool
    folder: str | None
    """Where the workers write; without one they send the documents back."""
    dry_run: bool
    """Whether they only look."""


class Task(NamedTuple):
    """A document to make."""

    unit: str
    data: bytes | str | os.PathLike[str] | Mapping[str, object] | Plan | Report
    place: Place | None
    name: str
    replaces: bool
    """Whether a file of this name may be replaced."""
    is_checked: bool
    """Whether all that there is to say of the subject is said (`Job.is_checked`)."""
    is_known: bool = False
    """Whether the journal knows a file of this name, and it is not what the journal says."""
    size: int | None = None
    """Of the data in bytes; None where only who reads them knows."""


class Result(NamedTuple):
    """What became of a task: its problems, and the facts of its document with the files that were read for it."""

    problems: tuple[Problem, ...]
    sha256: str = ""
    size: int = 0
    mtime: int = 0
    files: tuple[tuple[str, str], ...] = ()
    document: bytes | None = None


@lru_cache(maxsize=16)
def template_of(form: str | bytes) -> Template:
    """A template, compiled once in a process."""
    return Template.builtin(form) if isinstance(form, str) else Template.open(form)


def forms(form: str | bytes | None) -> Sequence[str | bytes]:
    """The templates that documents may be made from."""
    return ("plan", "report") if form is None else (form,)


def warm(form: str | bytes | None, /) -> None:
    """What a worker can do before there is work: load what it needs, and compile the templates."""
    for one in forms(form):
        template_of(one)


def _form(form: str | bytes | None, subject: Plan | Report) -> str | bytes:
    return form if form is not None else "report" if isinstance(subject, Report) else "plan"


def document(
    subject: Plan | Report | view.PlanView | view.ReportView,
    template: Template,
    /,
    *,
    today: date | None = None,
    embed: bool = True,
) -> tuple[bytes | None, list[Problem]]:
    """The document of a plan or report, if there is one, and every problem: what it lacks, what the form leaves out."""
    draft, problems = _drafted(subject, template, today, embed)
    return draft.pack() if draft else None, problems


def _drafted(
    subject: Plan | Report | view.PlanView | view.ReportView, template: Template, today: date | None, embed: bool
) -> tuple[Draft | None, list[Problem]]:
    try:
        seen = view.walk(subject) if isinstance(subject, Plan | Report) else subject
        return template.draft(seen, today=today, embed=embed), unprinted(template, seen)
    except PlanforgeError as error:
        return None, list(error.problems)


def work(recipe: Recipe, tasks: Sequence[Task]) -> list[Result]:
    """Makes the documents of a chunk; whatever is wrong with one is in its result."""
    return [result for group in _groups(tasks) for result in _made(recipe, group)]


def _groups(tasks: Sequence[Task]) -> Iterator[list[Task]]:
    """Tasks in groups of up to `TOGETHER`; one that may be large is alone, so that memory holds only that."""
    group: list[Task] = []
    for task in tasks:
        is_large = task.size is None or task.size > _LARGE
        if group and (is_large or len(group) == TOGETHER):
            yield group
            group = []
        group.append(task)
        if is_large:
            yield group
            group = []
    if group:
        yield group


def _made(recipe: Recipe, tasks: Sequence[Task]) -> list[Result]:
    """The results of tasks that go step by step together.

    One by one they take a seventh longer: each step finds the caches of the processor full of what the others needed.
    """
    works = [_Work(recipe, task) for task in tasks]
    for step in (_Work.load, _Work.draw_up, _Work.pack, _Work.put_down):
        for work in works:
            work.do(step)
    return [work.result for work in works]


class _Work:
    """A document on its way."""

    __slots__ = ("document", "draft", "files", "is_done", "loaded", "problems", "recipe", "result", "spent", "task")

    def __init__(self, recipe: Recipe, task: Task) -> None:
        self.recipe = recipe
        self.task = task
        self.result = Result(())
        self.is_done = False
        self.spent = 0.0
        """Seconds."""

    def do(self, step: Callable[[_Work], None]) -> None:
        """The next step, unless a fault has ended it."""
        if self.is_done:
            return
        beat(self.spent)
        begun = time.monotonic()
        try:
            step(self)
        except PlanforgeError as error:
            self.fail(error.problems)
        except OSError as error:
            self.fail([Problem("PF504", None, {"detail": reason(error)})])
        self.spent += time.monotonic() - begun

    def fail(self, problems: Iterable[Problem]) -> None:
        self.is_done = True
        self.result = Result(tuple(_placed(problem, self.task, None) for problem in problems))

    def load(self) -> None:
        self.loaded: data.Loaded[Plan | Report] | None = loaded_of(self.task)

    def draw_up(self) -> None:
        recipe, loaded = self.recipe, self.loaded
        assert loaded is not None
        problems = list(loaded.problems)
        draft = None
        if loaded.value is not None:
            template = template_of(_form(recipe.form, loaded.value))
            draft, found = _drafted(loaded.seen or loaded.value, template, recipe.today, recipe.embed)
            problems += found
        self.problems = tuple(_placed(problem, self.task, loaded) for problem in problems)
        self.result = Result(self.problems)
        self.draft = draft
        self.files = tuple((name, digest_of(name)) for name in loaded.files) if draft else ()
        self.loaded = None
        self.is_done = draft is None

    def pack(self) -> None:
        assert self.draft is not None
        made = self.draft.pack()
        self.document = made
        self.result = Result(self.problems, self.draft.sha256(made), len(made), 0, self.files)
        self.draft = None

    def put_down(self) -> None:
        """In its folder, or into the result where there is none; nowhere in a trial, which looks what is there."""
        made, task, folder, result = self.document, self.task, self.recipe.folder, self.result
        if folder is None:
            self.result = result if self.recipe.dry_run else result._replace(document=made)
            return
        target = os.path.join(folder, task.name)  # noqa: PTH118 - for each document
        is_wanted = _is_wanted(made, target, task)
        if self.recipe.dry_run:
            return
        if is_wanted:
            announce(folder, Record(task.unit, "done", task.name, result.sha256, result.size))
            save(made, target, part=part_in(folder))
        self.result = result._replace(mtime=os.stat(target).st_mtime_ns)  # noqa: PTH116


def loaded_of(task: Task) -> data.Loaded[Plan | Report]:
    """The data of a task, read and judged."""
    if isinstance(task.data, Plan | Report):
        return data.Loaded(task.data, ()) if task.is_checked else data.examined(task.data)
    if isinstance(task.data, Mapping):
        return data.parse_mapping(task.data)
    return data.parse(task.data)


def _placed(problem: Problem, task: Task, loaded: data.Loaded[Plan | Report] | None) -> Problem:
    """A problem with the place of its unit: the file and the line that it stands in.

    A warning keeps its path alone: to find the column of each would take longer than to make the document.
    """
    place, own = problem.place, task.place
    if loaded is not None and problem.is_error and isinstance(place, DataPlace) and place.line is None:
        place = loaded.place_of(place.path)
    if place is None:
        return replace(problem, place=own)
    if not isinstance(place, DataPlace) or not isinstance(own, DataPlace) or place.file is not None:
        return replace(problem, place=place)
    if own.line is not None and place.line is not None:  # a line of JSON Lines: the columns are its own
        return replace(problem, place=replace(place, file=own.file, line=own.line + place.line - 1))
    return replace(problem, place=replace(place, file=own.file, line=own.line, column=own.column))


def _is_wanted(made: bytes, target: str, task: Task) -> bool:
    """Whether a document is to be written: not where its equal stands, as of a run that was killed.

    Another file stays: PF762 where it was ours and somebody has edited it, else PF763.
    """
    if task.replaces or not os.path.lexists(target):
        return True
    there = Path(target)
    if there.is_symlink() or not there.is_file() or there.read_bytes() != made:
        raise OutputError([Problem("PF762" if task.is_known else "PF763", DataPlace(target), {"unit": task.unit})])
    return False
