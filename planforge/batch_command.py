"""The command `batch`: what a person sees of many documents being made."""

from __future__ import annotations

import gc
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from contextlib import ExitStack, closing, contextmanager
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

from planforge import batch, data, file_names, office, paths
from planforge.batch import Delivery
from planforge.console import Console, Refused, WrongUse, reason
from planforge.errors import PlanforgeError, Problem, has_errors
from planforge.jobs import open_source
from planforge.model import Plan
from planforge.source import kind_of

if TYPE_CHECKING:
    from concurrent.futures import Executor

__all__ = ["run"]

_ALL = 60
"""Units that the closing table names; of more, those that failed."""
_RARELY = 50_000
"""Objects more than before, until the collector looks for cycles among them."""
_FAILED = 3
"""The exit code where some units failed."""


def run(
    console: Console,
    source: str,
    output: str,
    template: str | None,
    plan: str | None,
    names: str | None,
    unit: str | None,
    workers: str,
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
    jobs = open_source(source, plan=data.load(plan, Plan) if plan else None)
    total = len(jobs)
    _tell_source(console, source, jobs.problems, as_json)
    target = Path(output)
    into: batch.Sink = target
    if dry_run:
        into = _nowhere
    elif target.suffix.lower() == ".zip" and not target.is_dir():
        into = batch.Archive(target)
    elif target.exists() and not target.is_dir():
        raise WrongUse("PF724", output)
    if pdf and into is not target:
        raise WrongUse("PF773")
    counts: Counter[str] = Counter()
    rows: list[tuple[str, str, str, str]] = []
    made: list[Path] = []
    try:
        with ExitStack() as stack:
            stack.enter_context(_rare_collection())
            deliveries = batch.run(
                jobs,
                to=into,
                template=_form(template),
                names=names or file_names.DEFAULT,
                today=today or date.today(),
                embed=not no_embed,
                executor=stack.enter_context(_executor(int(workers), dask)),
                force=force,
                overwrite=overwrite,
                only=unit,
            )
            stack.enter_context(closing(deliveries))  # type: ignore[type-var]
            for delivery in console.progress(deliveries, total):
                counts[delivery.state] += 1
                _tell(console, delivery, as_json)
                if delivery.state == "failed" or total <= _ALL:
                    rows.append(_row(console, delivery))
                if pdf and delivery.file is not None:
                    made.append(target / delivery.file)
        if pdf:
            counts["failed"] += _convert(console, made, as_json)
    except KeyboardInterrupt:
        console.tell(console.phrase("batch_stopped", done=counts["done"] + counts["unchanged"], total=total))
        return 130
    if unit is not None and not counts:
        raise WrongUse("PF767", unit=unit)
    if not as_json:
        if rows:
            heads = [console.phrase(key) for key in ("unit", "state", "warnings_head", "file")]
            console.put_table(heads, rows[:_ALL])
        if len(rows) > _ALL:
            console.tell(console.phrase("more_units", count=len(rows) - _ALL))
        numbers = {state: counts[state] for state in ("done", "unchanged", "failed")}
        console.tell(console.phrase("batch", **numbers, output=output))
    return console.exit_code if console.unread else _FAILED if counts["failed"] or has_errors(jobs.problems) else 0


def _form(template: str | None) -> str | bytes | None:
    """A built-in template by its name, the bytes of a Word file, or those of what a layout becomes."""
    if template is None or not paths.is_template_path(template):
        return template
    if kind_of(template) == "layout":
        from planforge import layout

        return layout.build(layout.load(template))
    try:
        return Path(template).read_bytes()
    except OSError as error:
        raise Refused("PF730", template, detail=reason(error)) from error


@contextmanager
def _executor(workers: int, dask: str | None) -> Iterator[Executor | None]:
    """What the work is handed to: nobody, processes that are watched, or a Dask cluster."""
    if dask is not None:
        try:
            from dask import distributed
        except ImportError as error:
            raise Refused("PF774") from error
        try:
            client: Any = distributed.Client(dask, timeout="10s")  # type: ignore[no-untyped-call]
        except (OSError, ValueError) as error:
            raise Refused("PF775", address=dask, detail=str(error)) from error
        with client:
            yield client.get_executor()
    elif workers > 1:
        from planforge.supervisor import Supervisor

        with Supervisor(workers) as supervisor:
            yield supervisor
    else:
        yield None


@contextmanager
def _rare_collection() -> Iterator[None]:
    """Documents and their data leave no cycles behind: to look for them as often as Python does takes a thirtieth."""
    often = gc.get_threshold()
    gc.freeze()
    gc.set_threshold(_RARELY, *often[1:])
    try:
        yield
    finally:
        gc.set_threshold(*often)
        gc.unfreeze()


def _nowhere(name: str, document: bytes) -> None:
    """A dry run's documents."""


def _tell(console: Console, delivery: Delivery, as_json: bool) -> None:
    """A line of JSON for a program; for a person what a unit failed with."""
    if as_json:
        console.put_line(
            {
                "unit": delivery.unit,
                "state": delivery.state,
                "file": delivery.file,
                "problems": [problem.as_json() for problem in delivery.problems],
            }
        )
    elif delivery.state == "failed":
        console.report(p for p in delivery.problems if p.is_error)


def _tell_source(console: Console, source: str, problems: Sequence[Problem], as_json: bool) -> None:
    """What is wrong with the source itself, and keeps no unit from being made."""
    if not as_json:
        console.report(problems)
    elif problems:
        console.put_line({"source": source, "problems": [problem.as_json() for problem in problems]})


def _row(console: Console, delivery: Delivery) -> tuple[str, str, str, str]:
    warnings = sum(not problem.is_error for problem in delivery.problems)
    if delivery.state == "unchanged" and delivery.record is not None:
        warnings = len(delivery.record.problems)
    return (delivery.unit, console.phrase(delivery.state), str(warnings or ""), delivery.file or "")


def _convert(console: Console, documents: Iterable[Path], as_json: bool) -> int:
    """PDFs of the documents that have none, or an older one; how many could not be made."""
    wanted = [path for path in documents if not _is_newer(path.with_suffix(".pdf"), path)]
    if not wanted:
        return 0
    failed = 0
    try:
        for found in console.progress(office.convert(wanted), len(wanted)):
            failed += found.pdf is None
            if as_json:
                problems = [problem.as_json() for problem in found.problems]
                console.put_line(
                    {"file": found.document.name, "pdf": found.pdf and found.pdf.name, "problems": problems}
                )
            else:
                console.report(found.problems)
    except PlanforgeError as error:
        console.report(error.problems)
        return len(wanted)
    return failed


def _is_newer(pdf: Path, document: Path) -> bool:
    try:
        return pdf.stat().st_mtime_ns >= document.stat().st_mtime_ns
    except OSError:
        return False
