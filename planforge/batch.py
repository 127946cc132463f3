"""Many documents in one call: ten thousand units, none lost, and one bad unit never stops the others.

Jobs travel to an executor in chunks, and workers make and write the documents (`planforge.batch_work`). This process
decides what is to be made (`planforge.journal` knows what stands unchanged), keeps the order, and gives one `Delivery`
per job. A chunk that comes to nothing because its worker died is tried again unit by unit, so only the culprit fails.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections import deque
from collections.abc import Generator, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import BrokenExecutor, CancelledError, Executor, Future, wait
from contextlib import suppress
from copy import deepcopy
from dataclasses import replace
from datetime import date
from fnmatch import fnmatchcase
from functools import cached_property
from itertools import islice
from pathlib import Path
from typing import NamedTuple

from planforge import file_names, view
from planforge.batch_work import TOGETHER, Recipe, Result, Task, document, forms, loaded_of, template_of, work
from planforge.errors import (
    DataError,
    DataPlace,
    EnvironmentProblem,
    OutputError,
    Place,
    PlanforgeError,
    Problem,
    has_errors,
)
from planforge.jobs import Job, Jobs, Lines, job_of
from planforge.journal import Record, digest_of
from planforge.model import Plan, Report
from planforge.sinks import Archive, Delivery, Sink, Target, open_sink

__all__ = ["Archive", "Deliveries", "Delivery", "Job", "Target", "document", "run"]

CHUNK = 50
"""Units that travel together: a task costs as much as a twentieth of a document, a chunk of them next to nothing."""
_AHEAD = 6
"""Chunks that are under way at a time: enough for a few workers, and memory does not grow with the batch."""


def run(
    jobs: Iterable[object],
    /,
    *,
    to: Target,
    template: str | bytes | None = None,
    names: str = file_names.DEFAULT,
    today: date | None = None,
    embed: bool = True,
    executor: Executor | None = None,
    chunk: int = CHUNK,
    force: bool = False,
    overwrite: bool = False,
    only: str | None = None,
    dry_run: bool = False,
) -> Deliveries:
    """Makes a document for each job; gives a delivery per job in their order, as soon as it is there.

    `jobs`: `Job`s or data (`jobs.job_of`); what can be gone through twice is, so that two units of one name are found
    before anything is written. `to`: a folder, an `Archive`, or a callable of (name, document). `template`: the name
    of a built-in one or the bytes of a DOCX; by default `plan` or `report`, as the data are. `names`: the pattern of
    file names. `executor`: any of `concurrent.futures`; none works here, a few units at a time. `force` makes again
    what is unchanged, `overwrite` replaces files that were edited since. `only`: units by a pattern such as `ГС-*`.
    `dry_run` makes all and writes nothing: the deliveries are those that a run would give, a callable is not called.

    Nothing raises for one job. Raises for all of them, before the first: TemplateError, DataError (the pattern, PF2xx;
    no unit that `only` asks for, PF767; of jobs that can be gone through once it comes after the last of them),
    EnvironmentProblem (another batch there, PF764), OutputError (nothing can be written, PF770; what stands there is
    not ours, PF750, PF751, PF763). A callable that raises ends the batch: its exception passes, what was delivered
    before stays delivered. So does a source of jobs, once those that it has given are delivered.
    """
    pattern = file_names.pattern(names)
    if pattern.reads_today and today is None:
        raise DataError([Problem("PF305", DataPlace(path=("names",)))])
    folder = str(Path(to).absolute()) if isinstance(to, str | os.PathLike) else None
    recipe = Recipe(template, today, embed, folder, dry_run)
    is_kept = isinstance(jobs, Sequence | Jobs | Lines)
    together = 1 if iter(jobs) is jobs else TOGETHER  # who gives each job once may wait for its delivery
    batch = _Batch(recipe, pattern, chunk if executor else together, not is_kept, force, overwrite, only)
    batch.look_over(jobs)
    sink = open_sink(to, overwrite=overwrite, in_part=only is not None, dry_run=dry_run)
    return Deliveries(batch.deliveries(jobs, sink, executor), sink)


class Deliveries(Iterator[Delivery]):
    """The deliveries of a batch, one per job; whoever closes it leaves the rest to the next run.

    `problems` are known when all is through: what earlier runs have left in the folder (PF752).
    """

    def __init__(self, source: Generator[Delivery], sink: Sink) -> None:
        self._source = source
        self._sink = sink

    @property
    def problems(self) -> tuple[Problem, ...]:
        return self._sink.problems

    def __next__(self) -> Delivery:
        return next(self._source)

    def close(self) -> None:
        self._source.close()
        self._sink.close()  # a source that was never begun has no end of its own


def _keys(job: Job, name: str) -> tuple[str, str]:
    """What no other unit may share: its name, which the journal knows it by, and that of its file."""
    return f"\0{job.unit}", file_names.same(name)


class _Ready(NamedTuple):
    """A job on its way: what is known of it already, or the task that will tell."""

    unit: str
    name: str
    place: Place | None
    delivery: Delivery | None
    task: Task | None = None
    data: str = ""
    form: str = ""
    warnings: tuple[Problem, ...] = ()
    """Those of the job itself, which come before what the worker finds."""


class _Batch:
    """The decisions of one run: names, what stands unchanged, what is tried again."""

    def __init__(
        self,
        recipe: Recipe,
        pattern: file_names.Pattern,
        chunk: int,
        copies: bool,
        force: bool,
        overwrite: bool,
        only: str | None,
    ) -> None:
        self.recipe = recipe
        self.pattern = pattern
        self.chunk = chunk
        self.copies = copies
        """Whether mappings may change once the next job is asked for, as those of a loop that fills one again."""
        self.force = force
        self.overwrite = overwrite
        self.only = only
        self.taken: dict[str, tuple[str, Place | None]] = {}
        """Unit, and file name with case aside → who asked for it first, and where it stands."""
        self.clashes: dict[str, tuple[str, Place | None]] = {}
        """Of what several ask for: the second of them."""
        self.names: dict[int, tuple[str, str]] = {}
        """Of jobs by their number, as `look_over` found them: the unit, and the name of its file."""
        self.fault: Exception | None = None
        """Why the source of the jobs ended before its time."""
        self.idle: EnvironmentProblem | None = None
        """Why no worker could be started (PF743): each further try would cost what the first has cost."""
        if recipe.form is not None:
            template_of(recipe.form)

    def asks_for(self, unit: str) -> bool:
        return self.only is None or fnmatchcase(unit, self.only)

    def none_asked_for(self) -> DataError:
        return DataError([Problem("PF767", None, {"unit": self.only})])

    # -- names

    def look_over(self, jobs: Iterable[object]) -> None:
        """Finds the names that several units ask for; where jobs come only once they are found on the way.

        DataError PF767 if no unit is asked for.
        """
        if iter(jobs) is jobs:
            return
        found = self.only is None
        for number, given in enumerate(jobs, 1):
            job = _job(given, number)
            found = found or self.asks_for(job.unit)
            with suppress(Exception):  # told in its turn
                name = self.name(job, number)
                self.claim(job, name)
                self.names[number] = job.unit, name
        if not found:
            raise self.none_asked_for()

    def claim(self, job: Job, name: str) -> None:
        for key in _keys(job, name):
            if self.taken.setdefault(key, (job.unit, job.place)) != (job.unit, job.place):
                self.clashes.setdefault(key, (job.unit, job.place))

    def name(self, job: Job, number: int) -> str:
        if file_names.leads_out(job.unit):
            raise DataError([Problem("PF776", job.place, {"unit": job.unit})])
        plan = report = None
        if self.pattern.reads_data and job.data is not None:
            loaded = loaded_of(Task(job.unit, job.data, job.place, "", False, job.is_checked))
            if loaded.value is None:
                return file_names.safe(job.unit, job.unit)
            seen = loaded.seen or view.walk(loaded.value)
            plan, report = (seen.plan, seen) if isinstance(seen, view.ReportView) else (seen, None)
        filled = self.pattern.fill(job.unit, number, plan, report, self.recipe.today)
        name = file_names.safe(filled, job.unit)
        try:
            os.fsencode(name)
        except UnicodeEncodeError:  # the system takes no such letters, as with LC_ALL=C and PYTHONUTF8=0
            raise OutputError([Problem("PF754", job.place, {"file": name})]) from None
        return name

    def clash(self, job: Job, name: str) -> Problem | None:
        """Another unit of this name, or that asks for the same file (PF761): neither gets it."""
        own = (job.unit, job.place)
        for key in _keys(job, name):
            first = self.taken.setdefault(key, own)
            other = self.clashes.get(key) if first == own else first
            if other is not None:
                where = other[1].describe("mn") if other[1] else "?"
                args = {"unit": job.unit, "file": name, "other": other[0], "place": where}
                return Problem("PF761", job.place, args)
        return None

    # -- what is to be made

    def looked_at(self, given: object, number: int, sink: Sink) -> _Ready | None:
        """A job looked at; None for one that was not asked for. Whatever cannot be read fails alone."""
        job = _job(given, number)
        if not self.asks_for(job.unit):
            sink.skip(job.unit)
            return None
        try:
            if self.copies and isinstance(job.data, Mapping):
                job = replace(job, data=deepcopy(job.data))
            return self.ready(job, number, sink)
        except Exception as error:  # noqa: BLE001 - one unit never stops the others
            return _failed(job, "", _lost(error, job.place))

    def ready(self, job: Job, number: int, sink: Sink) -> _Ready:
        problems = job.problems
        if job.data is None:
            return _failed(job, "", problems)
        unit, name = self.names.pop(number, ("", ""))
        try:
            if unit != job.unit:
                name = self.name(job, number)
        except PlanforgeError as error:
            return _failed(job, "", (*problems, *error.problems))
        clash = self.clash(job, name)
        if clash is not None:
            problems = (*problems, clash)
        if has_errors(problems):
            return _failed(job, name, problems)
        made_from, size = _data_digest(job.data)
        form = self.form_digest
        replaces, is_known = self.overwrite, False
        known, written = sink.memory.units.get(job.unit), sink.memory.files.get(name)
        if sink.folder is not None and written is not None:
            path = sink.folder / name
            if known is not None and known.file == name and known.is_untouched(path):
                replaces = True
                same = made_from and known.data == made_from and known.template == form
                if same and not self.force and all(_stands(file) for file in known.files):
                    return _Ready(job.unit, name, job.place, Delivery(job.unit, "unchanged", name, (), known))
            elif written.is_untouched(path):  # of another unit, or from before a change of names: ours all the same
                replaces = True
            else:
                is_known = True
        task = Task(job.unit, job.data, job.place, name, replaces, job.is_checked, is_known, size)
        return _Ready(job.unit, name, job.place, None, task, made_from, form, problems)

    @cached_property
    def form_digest(self) -> str:
        """SHA-256 of the template and of what else every document depends on; the date only if a template prints it."""
        parts = [str(self.recipe.embed)]
        for form in forms(self.recipe.form):
            template = template_of(form)
            today = self.recipe.today if "today" in template.program.uses else None
            parts.append(f"{template.digest} {today}")
        return hashlib.sha256("\n".join(parts).encode()).hexdigest()

    # -- the work

    def deliveries(self, jobs: Iterable[object], sink: Sink, executor: Executor | None) -> Generator[Delivery]:
        """The deliveries in the order of the jobs; whoever stops listening leaves the rest to the next run."""
        under_way: deque[tuple[list[_Ready], Future[list[Result]] | None]] = deque()
        found = False
        try:
            for group in self.groups(jobs, sink):
                found = True
                under_way.append((group, self.submit(group, executor)))
                while len(under_way) > (_AHEAD if executor else 0):
                    yield from self.settle(*under_way[0], sink, executor)
                    under_way.popleft()
            while under_way:
                yield from self.settle(*under_way[0], sink, executor)
                under_way.popleft()
            if self.fault is not None:
                raise self.fault
            if self.only is not None and not found:
                raise self.none_asked_for()
            sink.finish()
        finally:
            try:
                self.remember(under_way, sink)
            finally:
                sink.close()

    def remember(self, under_way: Iterable[tuple[list[_Ready], Future[list[Result]] | None]], sink: Sink) -> None:
        """Waits for what is begun and cannot be called back; what workers have written in a folder is journalled."""
        begun = [(group, future) for group, future in under_way if future is not None and not future.cancel()]
        wait([future for _, future in begun])
        if self.recipe.folder is None:
            return
        with suppress(OutputError):  # a full disk has been told already
            for group, future in begun:
                if future.cancelled() or future.exception() is not None:
                    continue
                asked = (ready for ready in group if ready.task is not None)
                for ready, result in zip(asked, future.result(), strict=True):
                    sink.take(_delivered(ready, result), None)

    def groups(self, jobs: Iterable[object], sink: Sink) -> Iterator[list[_Ready]]:
        """Jobs that are looked at together, each as soon as it is given: the next one may change what it has shared.

        Where their source fails, it ends, and `fault` is why.
        """
        source = enumerate(jobs, 1)
        is_over = False
        while not is_over:
            group = []
            is_over = True
            try:
                for number, given in islice(source, self.chunk):
                    is_over = False
                    if ready := self.looked_at(given, number, sink):
                        group.append(ready)
            except Exception as error:  # noqa: BLE001 - raised once those that were given are delivered
                self.fault, is_over = error, True
            if group:
                yield group

    def submit(self, group: Sequence[_Ready], executor: Executor | None) -> Future[list[Result]] | None:
        tasks = [ready.task for ready in group if ready.task is not None]
        if not tasks:
            return None
        if executor is not None:
            try:
                if self.idle is not None:
                    raise self.idle
                return executor.submit(work, self.recipe, tasks)
            except Exception as error:  # noqa: BLE001 - the executor is broken, or a job cannot be sent to it
                lost: Future[list[Result]] = Future()
                lost.set_exception(error)
                return lost
        here: Future[list[Result]] = Future()
        try:
            here.set_result(work(self.recipe, tasks))
        except Exception as error:  # noqa: BLE001 - one unit never stops the others: `settle` tells it
            here.set_exception(error)
        return here

    def settle(
        self,
        group: Sequence[_Ready],
        future: Future[list[Result]] | None,
        sink: Sink,
        executor: Executor | None,
    ) -> Iterator[Delivery]:
        """The deliveries of a group, in its order, once its work is done or lost."""
        results: Iterator[Result] = iter(())
        if future is not None:
            try:
                results = iter(future.result())
            except (Exception, CancelledError) as error:  # noqa: BLE001 - whatever a worker died of
                results = self.again([r.task for r in group if r.task is not None], executor, error)
        for ready in group:
            delivery, document = ready.delivery, None
            if delivery is None:
                result = next(results)
                delivery, document = _delivered(ready, result), result.document
            yield sink.take(delivery, document)

    def again(self, tasks: Sequence[Task], executor: Executor | None, error: BaseException) -> Iterator[Result]:
        """The units of a lost chunk, each alone: what is lost again is the culprit. Without workers none is tried."""
        for task in tasks:
            if isinstance(error, EnvironmentProblem) and error.problems[0].code == "PF743":
                self.idle = error
            if self.idle is not None:
                yield Result(_lost(self.idle, task.place))
                continue
            try:
                if executor is not None:
                    yield executor.submit(work, self.recipe, [task]).result()[0]
                    continue
                if len(tasks) > 1:
                    yield work(self.recipe, [task])[0]
                    continue
            except (Exception, CancelledError) as again:  # noqa: BLE001 - whatever a worker died of
                error = again
            yield Result(_lost(error, task.place))


def _data_digest(given: object) -> tuple[str, int | None]:
    """SHA-256 of the data of a job, and their size; of a file, of its bytes; empty where there is none."""
    if isinstance(given, str | os.PathLike):
        with suppress(OSError):
            return digest_of(given), None
        return "", None
    try:
        text = given if isinstance(given, bytes) else _as_json(given).encode("utf-8", "surrogatepass")
    except Exception:  # noqa: BLE001 - what is wrong with it is told by who makes its document
        return "", None
    return hashlib.sha256(text).hexdigest(), len(text)


def _as_json(given: object) -> str:
    return given.model_dump_json() if isinstance(given, Plan | Report) else json.dumps(given, default=str)


def _job(given: object, number: int) -> Job:
    """A job that can be told: what cannot be read fails under its number, a name that is no text in escapes (PF753)."""
    place = DataPlace(path=(number - 1,))
    try:
        job = job_of(given, number)
        unit = job.unit.encode("utf-8", "backslashreplace").decode()
    except Exception as error:  # noqa: BLE001 - one unit never stops the others
        return Job(str(number), None, place, _lost(error, place))
    if unit == job.unit:
        return job
    return Job(unit, None, job.place, (*job.problems, Problem("PF753", job.place, {"unit": unit})))


def _delivered(ready: _Ready, result: Result) -> Delivery:
    problems = (*ready.warnings, *result.problems)
    codes = _codes(problems)
    if has_errors(problems):
        return Delivery(ready.unit, "failed", None, problems, Record(ready.unit, "failed", problems=codes))
    record = Record(
        ready.unit,
        "done",
        ready.name,
        result.sha256,
        result.size,
        result.mtime,
        ready.data,
        ready.form,
        result.files,
        codes,
    )
    return Delivery(ready.unit, "done", ready.name, problems, record)


def _failed(job: Job, name: str, problems: tuple[Problem, ...]) -> _Ready:
    told = tuple(p if p.place is not None else replace(p, place=job.place) for p in problems)
    record = Record(job.unit, "failed", problems=_codes(told))
    return _Ready(job.unit, name, job.place, Delivery(job.unit, "failed", None, told, record))


def _codes(problems: Iterable[Problem]) -> tuple[str, ...]:
    """Problems as the journal and the manifest keep them: the code and, in the words of programs, the place."""
    return tuple(" ".join(filter(None, (p.code, p.place.describe("en") if p.place else ""))) for p in problems)


def _lost(error: BaseException, place: Place | None) -> tuple[Problem, ...]:
    """Why the worker of a unit came to nothing."""
    if isinstance(error, PlanforgeError):
        return tuple(replace(problem, place=place) for problem in error.problems)
    if isinstance(error, BrokenExecutor):
        return (Problem("PF772", place, {"detail": str(error) or type(error).__name__}),)
    if isinstance(error, MemoryError):
        return (Problem("PF777", place),)
    return (Problem("PF765", place, {"detail": f"{type(error).__name__}: {error}"[:200]}),)


def _stands(file: tuple[str, str]) -> bool:
    """Whether a file that was read is what it was."""
    try:
        return digest_of(file[0]) == file[1]
    except (OSError, ValueError):
        return False
