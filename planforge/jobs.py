"""Where the jobs of a batch come from: JSON Lines, a folder of data files, a list of units in YAML, a workbook.

A source is gone through twice, once for the names of its units and once to work, so it reads again what it needs and
holds nothing but a workbook.
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

from planforge.errors import DataError, DataPlace, Place, Problem, has_errors, reason
from planforge.model import Organisation, Plan, Report
from planforge.source import MAX_BYTES

__all__ = ["Job", "job_of", "open_source"]


@dataclass(frozen=True, slots=True)
class Job:
    """One document to make.

    `unit` is its unique name: in messages, in the manifest, and by default of its file. `data` are what a data file
    holds (bytes), its path, a mapping of the same shape, or the subject itself. `place` is where the unit stands.
    A job with errors among its `problems` only fails with them.
    """

    unit: str
    data: bytes | str | os.PathLike[str] | Mapping[str, object] | Plan | Report | None
    place: Place | None = None
    problems: tuple[Problem, ...] = ()


def job_of(given: object, number: int, /) -> Job:
    """A job from what a program hands over: a job, or data as `Job.data` has them.

    A mapping names its unit under `id`; else the unit is what the data call it, the file's name, or its number.
    """
    if isinstance(given, Job):
        return given
    place = DataPlace(path=(number - 1,))
    if isinstance(given, Mapping):
        values = dict(given)
        unit = values.pop("id", None)
        return Job(str(unit) if unit else _unit_of(values) or str(number), values, place)
    if isinstance(given, Plan | Report):
        return Job(_name_of(given), given, place)
    if isinstance(given, bytes):
        return Job(str(number), given, place)
    if isinstance(given, str | os.PathLike):
        return Job(Path(given).stem, given, DataPlace(os.fspath(given)))
    return Job(str(number), None, place, (Problem("PF771", place, {"found": type(given).__name__}),))


def _name_of(subject: Plan | Report) -> str:
    owner = subject.owner if isinstance(subject, Plan) else subject.unit or subject.plan.owner
    return owner.id or owner.name


def _unit_of(values: Mapping[str, object]) -> str | None:
    """What the data of a plan or report call their unit, without judging them."""
    from planforge import vocabulary

    for kind in (Report, Plan):
        record = vocabulary.describe(kind)
        field = record.data["unit" if kind is Report else "owner"]
        found = next((value for key, value in values.items() if record.find_key(str(key)) is field), None)
        if isinstance(found, Mapping):
            inner = vocabulary.describe(Organisation)
            known = {f.name: value for key, value in found.items() if (f := inner.find_key(str(key)))}
            found = known.get("id") or known.get("name")
        if isinstance(found, str) and found:
            return found
    return None


def open_source(path: str | os.PathLike[str], /, *, plan: Plan | None = None) -> tuple[Job, ...] | Lines:
    """The jobs that a path holds: `.jsonl`, a folder, a list of units (`planforge: units/1`), a workbook, a data file.

    Raises DataError for a source that cannot be read, is none of these (PF771), or holds no unit (PF768); what is wrong
    with one unit is a problem of its job.
    """
    source = Path(path)
    ending = source.suffix.lower()
    if source.is_dir():
        found: tuple[Job, ...] | Lines = _files(source)
    elif ending in (".jsonl", ".ndjson"):
        found = Lines(source, plan.model_dump_json(exclude_defaults=True).encode() if plan else b"")
    elif ending in _WORKBOOKS:
        found = _workbook(source, plan)
    else:
        found = _units(source)
    if next(iter(found), None) is None:
        raise DataError([Problem("PF768", DataPlace(str(source)))])
    return found


_WORKBOOKS: Final = (".xlsx", ".xls", ".ods", ".csv")

# --- JSON Lines ----------------------------------------------------------------------------------------------------

_ID = re.compile(rb'\s*\{(\s*"id"\s*:\s*("(?:[^"\\\x00-\x1f]|\\.)*")\s*,?)')


@dataclass(frozen=True, slots=True)
class Lines:
    """A data file in JSON on each line; `id` as its first key names the unit, else what the data call it."""

    path: Path
    plan: bytes = b""
    """The plan of all, as JSON; a line that holds one of its own gives it twice (PF103)."""

    def __len__(self) -> int:
        return sum(1 for _ in self._lines())

    def __iter__(self) -> Iterator[Job]:
        return (self._job(line.rstrip(b"\r\n"), number) for number, line in self._lines())

    def _lines(self) -> Iterator[tuple[int, bytes]]:
        """The lines that hold anything, with their numbers."""
        seen = 0
        try:
            with self.path.open("rb") as file:
                while line := file.readline(MAX_BYTES + 1):
                    seen += 1
                    if not line.isspace():
                        yield seen, line
        except OSError as error:
            raise DataError([_refused(self.path, error)]) from error

    def _job(self, line: bytes, number: int) -> Job:
        place = DataPlace(str(self.path), number)
        if number == 1:
            line = line.removeprefix(b"\xef\xbb\xbf")
        unit = None
        with suppress(ValueError, RecursionError):  # what is no JSON is told when the unit is made
            if found := _ID.match(line):
                unit = str(json.loads(found[2]))
                # Spaces in its place: columns stay what they are.
                gap = b" " * len(found[1].decode())
                line = line[: found.start(1)] + gap + line[found.end(1) :]
            elif isinstance(values := json.loads(line), dict):
                unit = _unit_of(values)
        return Job(unit or f"{self.path.stem}-{number}", self._whole(line), place)

    def _whole(self, line: bytes) -> bytes:
        """The line with the plan of all at its end: columns stay what they are."""
        body = line.rstrip()
        if not self.plan or not body.endswith(b"}"):
            return line
        comma = b"" if body[:-1].rstrip().endswith(b"{") else b", "
        return body[:-1] + comma + b'"plan": ' + self.plan + b"}"


# --- files ---------------------------------------------------------------------------------------------------------

_KIND = re.compile(rb"""^(?:\xef\xbb\xbf)?\s*\{?\s*["']?planforge["']?\s*:\s*["']?(\w+)""", re.MULTILINE)


def _files(folder: Path) -> tuple[Job, ...]:
    """The reports of a folder, or its plans where it holds no report; a file names its unit."""
    kinds: dict[bytes, list[Path]] = {}
    try:
        for path in sorted(folder.iterdir()):
            if path.suffix.lower() in (".yaml", ".yml", ".json") and path.is_file():
                kinds.setdefault(_kind(path), []).append(path)
    except OSError as error:
        raise DataError([_refused(folder, error)]) from error
    paths = kinds.get(b"report") or kinds.get(b"plan", [])
    return tuple(Job(path.stem, path, DataPlace(str(path))) for path in paths)


def _kind(path: Path) -> bytes:
    with path.open("rb") as file:
        found = _KIND.search(file.read(100_000))
    return found[1] if found else b""


def _units(path: Path) -> tuple[Job, ...]:
    """A list of units, or the one data file."""
    try:
        kind = _kind(path)
    except OSError as error:
        raise DataError([_refused(path, error)]) from error
    if kind in (b"plan", b"report"):
        return (Job(path.stem, path, DataPlace(str(path))),)
    if kind == b"units":
        return _listed(path)
    raise DataError([Problem("PF771", DataPlace(str(path)), {"found": path.suffix or path.name})])


def _listed(path: Path) -> tuple[Job, ...]:
    """The units of a list: a data file each without its first line, with an `id`; `plan` above them is for all."""
    from planforge import data
    from planforge.source import read_tree
    from planforge.tree import Node

    tree = read_tree(path)
    if tree.root is None or has_errors(tree.problems):
        raise DataError(tree.problems)
    top = {name: (key, value) for name, key, value in tree.root.pairs}
    units = top["units"][1].content if "units" in top else None
    if not isinstance(units, list):
        raise DataError([Problem("PF766", tree.place(()))])
    jobs = []
    for number, node in enumerate(units, 1):
        place = DataPlace(str(path), node.line, node.column, ("units", number - 1))
        if not isinstance(node.content, dict):
            jobs.append(Job(str(number), None, place, (Problem("PF766", place),)))
            continue
        keys = {name: (key, value) for name, key, value in node.pairs}
        unit = keys.pop("id", None)
        if "plan" in top:
            keys.setdefault("plan", top["plan"])
        whole = Node(node.line, node.column, dict(keys.values()))
        loaded: data.Loaded[Plan | Report] = data.interpret(
            replace(tree, root=whole, problems=[]), Report if "plan" in keys else Plan
        )
        name = str(unit[1].content) if unit else _unit_of({k: v.value() for k, (_, v) in keys.items()})
        jobs.append(Job(name or str(number), loaded.value, place, loaded.problems))
    return tuple(jobs)


def _workbook(path: Path, plan: Plan | None) -> tuple[Job, ...]:
    from planforge import sheets

    book = sheets.read(path, plan=plan)
    if any(problem.is_error for problem in book.problems):
        raise DataError(book.problems)
    return tuple(Job(unit.key, unit.subject, unit.place, unit.problems) for unit in book.units)


def _refused(path: Path, error: OSError) -> Problem:
    place = DataPlace(str(path))
    if isinstance(error, FileNotFoundError):
        return Problem("PF120", place, {"file": str(path)})
    return Problem("PF128", place, {"reason": reason(error)})
