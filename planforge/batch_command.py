"""The command `batch`: what a person sees of many documents being made."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, closing, contextmanager
from datetime import date
from fnmatch import fnmatchcase
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from planforge import data, file_names, paths
from planforge.batch import CHUNK, Archive, Delivery, run
from planforge.batch_work import warm
from planforge.console import Console, Refused, WrongUse, reason, words
from planforge.errors import DocumentPlace, PlanforgeError, Problem, TemplateError, has_errors
from planforge.jobs import open_source
from planforge.journal import MANIFEST
from planforge.model import Plan
from planforge.source import kind_of

if TYPE_CHECKING:
    from concurrent.futures import Executor

__all__ = ["batch"]

_ALL = 60
"""Units that the closing table names; of more, those that failed."""
_WARNINGS = 20
"""Warnings that are printed."""
_FAILED = 3
"""The exit code where some units failed."""


def batch(
    console: Console,
    source: str,
    output: str,
    template: str | None,
    plan: str | None,
    names: str | None,
    unit: str | None,
    workers: int,
    dask: str | None,
    today: date | None,
    force: bool,
    overwrite: bool,
    dry_run: bool,
    pdf: bool,
    no_embed: bool,
    as_json: bool,
) -> int:
    """Makes a document for each unit of a source; what is wrong with one unit never stops the others."""
    target = Path(output)
    is_archive = target.suffix.lower() == ".zip" and not target.is_dir()
    if not is_archive and target.exists() and not target.is_dir():
        raise WrongUse("PF724", output)
    if pdf:
        if is_archive or dry_run:
            raise WrongUse("PF773")
        from planforge import office  # a batch of documents begins sooner without

        office.convert(())  # PF701 before there is any document
    jobs = open_source(source, plan=data.load(plan, Plan) if plan else None)
    total = len(jobs) if unit is None else sum(fnmatchcase(job.unit, unit) for job in jobs)
    if not total:
        raise WrongUse("PF767", unit=unit)
    _tell_source(console, source, jobs.problems, as_json)
    how = "trial" if dry_run else "archive" if is_archive else "folder"
    told = _Told(console, as_json, how, total)
    try:
        with ExitStack() as stack:
            form = _form(template)
            is_long = total > CHUNK and (force or not (target / MANIFEST).exists())
            deliveries = run(
                jobs,
                to=Archive(target) if is_archive else target,
                template=form,
                names=names or file_names.DEFAULT,
                today=today or date.today(),
                embed=not no_embed,
                executor=stack.enter_context(_executor(workers, dask, form, ahead=is_long)),
                force=force,
                overwrite=overwrite,
                only=unit,
                dry_run=dry_run,
            )
            stack.enter_context(closing(deliveries))
            for delivery in console.progress(deliveries, total):
                told.delivery(delivery)
        if pdf:
            told.pdfs(target, force, overwrite)
    except KeyboardInterrupt:
        ready = told.counts["done"] + told.counts["unchanged"]
        console.tell(console.phrase(f"batch_stopped_{how}", done=ready, total=total))
        return 130
    told.end(output, deliveries.problems)
    has_failures = told.has_failures or has_errors(jobs.problems)
    return console.exit_code if console.unread else _FAILED if has_failures else 0


def _tell_source(console: Console, source: str, problems: Sequence[Problem], as_json: bool) -> None:
    """What is wrong with the source itself, and keeps no unit from being made."""
    if not as_json:
        console.report(problems)
    elif problems:
        console.put_line({"source": source, "problems": [problem.as_json() for problem in problems]})


class _Told:
    """What is told of a batch: a line of JSON each for a program; for a person the problems, and a table at the end."""

    def __init__(self, console: Console, as_json: bool, how: str, total: int) -> None:
        self.console = console
        self.as_json = as_json
        self.how = how
        """Whether it makes a `folder`, an `archive`, or is a `trial`."""
        self.total = total
        self.counts: Counter[str] = Counter()
        self.pdf_counts: Counter[str] = Counter()
        self.rows: list[tuple[str, ...]] = []
        self.units: set[str] = set()
        """Those that have a document."""
        self.made: dict[str, str] = {}
        """Their PDFs, or what is told in place of one."""
        self.said: set[tuple[str, str]] = set()
        self.more = 0
        """Warnings that were not printed."""
        self.kept = 0
        """Warnings of documents that stood already."""

    @property
    def has_failures(self) -> bool:
        return bool(self.counts["failed"] or self.pdf_counts["failed"])

    def delivery(self, delivery: Delivery) -> None:
        unit, state = delivery.unit, delivery.state
        self.counts[state] += 1
        if delivery.file is not None:
            self.units.add(unit)
        warnings = sum(not problem.is_error for problem in delivery.problems)
        if state == "unchanged" and delivery.record is not None:
            warnings = len(delivery.record.problems)
            self.kept += warnings
        if state == "failed" or self.total <= _ALL:
            words = self.console.phrase("would_be_done" if self.how == "trial" and state == "done" else state)
            self.rows.append((unit, words, str(warnings or ""), delivery.file or ""))
        if self.as_json:
            line: dict[str, object] = {"dry_run": True} if self.how == "trial" else {}
            problems = [problem.as_json() for problem in delivery.problems]
            self.console.put_line({"unit": unit, "state": state, "file": delivery.file, "problems": problems, **line})
            return
        if state == "failed":
            self.console.report((p for p in delivery.problems if p.is_error), about=unit)
        for problem in delivery.problems:
            if not problem.is_error:
                self.warn(unit, problem)

    def warn(self, unit: str, problem: Problem) -> None:
        """A warning, unless the same was said of another unit: a form that leaves out a field says so of each."""
        key = (problem.code, problem.message())
        if key in self.said or len(self.said) >= _WARNINGS:
            self.more += 1
            return
        self.said.add(key)
        self.console.report([problem], about=unit)

    def pdfs(self, folder: Path, force: bool, overwrite: bool) -> None:
        from planforge import pdfs

        try:
            made = pdfs.make(folder, self.units, force=force, overwrite=overwrite)
            for one in self.console.progress(made, len(self.units)):
                self.pdf_counts[one.state] += 1
                self.made[one.unit] = one.pdf or self.console.phrase("failed")
                if self.as_json:
                    problems = [problem.as_json() for problem in one.problems]
                    self.console.put_line(
                        {
                            "unit": one.unit,
                            "state": one.state,
                            "file": one.document,
                            "pdf": one.pdf,
                            "problems": problems,
                        }
                    )
                else:
                    self.console.report(one.problems, about=one.unit)
        except PlanforgeError as error:
            self.console.report(error.problems)
            self.pdf_counts["failed"] += len(self.units) - self.pdf_counts.total()

    def end(self, output: str, left: Sequence[Problem]) -> None:
        """The table, what was not said above, and how many of what; `left` is what the folder as a whole is told."""
        console = self.console
        if self.as_json:
            if left:
                console.put_line({"problems": [problem.as_json() for problem in left]})
            return
        if self.more:
            console.tell(console.phrase("more_batch_warnings", count=self.more))
        if self.kept:
            console.tell(console.phrase("kept_warnings", count=self.kept))
        console.report(left)
        if self.rows:
            heads = [console.phrase(key) for key in ("unit", "state", "warnings_head", "file")]
            rows = self.rows[:_ALL]
            if self.made:
                heads.append("PDF")
                rows = [(*row, self.made.get(row[0], "")) for row in rows]
            console.put_table(heads, rows)
        if len(self.rows) > _ALL:
            console.tell(console.phrase("more_units", count=len(self.rows) - _ALL))
        numbers = {state: self.counts[state] for state in ("done", "unchanged", "failed")}
        console.tell(console.phrase(f"batch_{self.how}", **numbers, output=output))
        if self.how == "archive" and not self.counts["done"]:
            console.tell(console.phrase("batch_no_archive", output=output))
        if self.made:
            numbers = {state: self.pdf_counts[state] for state in ("done", "unchanged", "failed")}
            console.tell(console.phrase("batch_pdfs", **numbers))


def _form(template: str | None) -> str | bytes | None:
    """A built-in template by its name, the bytes of a Word file, or those of what a layout becomes."""
    if template is None or not paths.is_template_path(template):
        return template
    if kind_of(template) == "layout":
        from planforge import layout

        return layout.build(layout.load(template))
    try:
        return Path(template).read_bytes()
    except FileNotFoundError as error:
        raise TemplateError([Problem("PF250", DocumentPlace(template))]) from error
    except OSError as error:
        raise Refused("PF730", template, detail=reason(error)) from error


@contextmanager
def _executor(workers: int, dask: str | None, form: str | bytes | None, *, ahead: bool) -> Iterator[Executor | None]:
    """What the work is handed to: nobody, processes that are watched, or a Dask cluster.

    `ahead`: the processes start at once, while this one looks over the units.
    """
    if dask is not None:
        try:
            from dask import distributed
        except ImportError as error:
            raise Refused("PF774") from error
        try:
            client: Any = distributed.Client(dask, timeout="10s")  # type: ignore[no-untyped-call]
        except ValueError as error:
            raise Refused("PF775", address=dask, detail=words("no_address")) from error
        except OSError as error:  # without a number where Dask was the one to wait
            detail = reason(error if error.errno else TimeoutError())
            raise Refused("PF775", address=dask, detail=detail) from error
        with client:
            yield client.get_executor()
    elif workers > 1:
        from planforge.supervisor import Supervisor

        with Supervisor(workers, prepare=partial(warm, form)) as supervisor:
            if ahead:
                supervisor.start()
            yield supervisor
    else:
        yield None
