"""Where the jobs of a batch come from: JSON Lines, a folder of data files, a list of units in YAML, a workbook.

A source is gone through twice, once for the names of its units and once to work, so it reads again what it needs and
holds nothing but a workbook and a list. Whatever of a source becomes no job is told by its `problems`.
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from decimal import Decimal
from itertools import islice
from pathlib import Path
from typing import Any, Final
from uuid import UUID

from planforge import text
from planforge.errors import DataError, DataPlace, Place, Problem, Words, has_errors, reason
from planforge.journal import MANIFEST
from planforge.model import Organisation, Plan, Report, Term
from planforge.source import MAX_BYTES, read_tree
from planforge.tree import Node, Tree, excerpt, header_problems

__all__ = ["Job", "Jobs", "Lines", "job_of", "open_source"]


@dataclass(frozen=True, slots=True)
class Job:
    """One document to make.

    `unit` is its unique name: in messages, in the manifest, and by default of its file. `data` are what a data file
    holds (bytes), its path, a mapping of the same shape, or the subject itself. `place` is where the unit stands.
    A job with errors among its `problems` only fails with them. `is_checked`: they are all that interpreting a subject
    and the rules of the domain have found, so these are not asked again.
    """

    unit: str
    data: bytes | str | os.PathLike[str] | Mapping[str, object] | Plan | Report | None
    place: Place | None = None
    problems: tuple[Problem, ...] = ()
    is_checked: bool = False


def job_of(given: object, number: int, /) -> Job:
    """A job from what a program hands over: a job, or data as `Job.data` has them.

    A mapping names its unit under `id`, a text or a number (else PF110); without one the unit is what the data call it,
    the file's name, or its number.
    """
    if isinstance(given, Job):
        return given
    place = DataPlace(path=(number - 1,))
    if isinstance(given, Mapping):
        values = dict(given)
        unit, faults = _id_of(values.pop("id", None), DataPlace(path=(number - 1, "id")))
        return Job(unit or _unit_of(values) or str(number), values, place, faults)
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


def _id_of(value: object, place: Place) -> tuple[str | None, tuple[Problem, ...]]:
    """What an `id` names its unit, None where it is empty; any other value than a text or a number is a fault."""
    if value is None or (isinstance(value, str | int | float | Decimal | UUID) and not isinstance(value, bool)):
        return (None if value is None else str(value) or None), ()
    found = next((words for kind, words in _SHAPES.items() if isinstance(value, kind)), type(value).__name__)
    advice = Words("Нэг утга бичнэ үү.", "Write one value.")
    expected = Words("бичвэр эсвэл тоо", "a text or a number")
    return None, (Problem("PF110", place, {"expected": expected, "found": found, "advice": advice}),)


_SHAPES: Final = {list: Words("жагсаалт", "a list"), Mapping: Words("талбарууд", "fields")}


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


@dataclass(frozen=True, slots=True)
class Jobs:
    """The jobs of a source. `problems` are those of the source itself, which no job has: nobody else tells them."""

    jobs: tuple[Job, ...]
    problems: tuple[Problem, ...] = ()
    plan: Plan | None = None
    """The plan of the reports among data files that have none."""

    def __len__(self) -> int:
        return len(self.jobs)

    def __iter__(self) -> Iterator[Job]:
        return (job if self.plan is None else _with_plan(job, self.plan) for job in self.jobs)


def open_source(path: str | os.PathLike[str], /, *, plan: Plan | None = None) -> Jobs | Lines:
    """The jobs that a path holds: `.jsonl`, a folder, a list of units (`planforge: units/1`), a workbook, a data file.

    `plan` is that of the reports that have none of their own. Raises DataError for a source that cannot be read, is
    none of these (PF771), or of which no unit can be made (PF768); what is wrong with one unit is a problem of its job.
    """
    source = Path(path)
    ending = source.suffix.lower()
    if source.is_dir():
        found: Jobs | Lines = _files(source, plan)
    elif ending in (".jsonl", ".ndjson"):
        found = Lines(source, plan.model_dump_json(exclude_defaults=True).encode() if plan else b"")
    elif ending in _WORKBOOKS:
        found = _workbook(source, plan)
    else:
        found = _file(source, plan)
    if next(iter(found), None) is None:
        raise DataError([*found.problems, Problem("PF768", DataPlace(str(source)))])
    return found


_WORKBOOKS: Final = (".xlsx", ".xls", ".ods", ".csv")
_DATA: Final = (".yaml", ".yml", ".json")

# --- JSON Lines ----------------------------------------------------------------------------------------------------

_ID = re.compile(rb'\s*\{(\s*"id"\s*:\s*("(?:[^"\\\x00-\x1f]|\\.)*")\s*,?)')
_TOKEN = re.compile(rb'"(?:[^"\\]|\\.)*+"|[{}\[\],:]|[^"{}\[\],:\s]+')
"""The tokens of what is known to be JSON."""


@dataclass(frozen=True, slots=True)
class Lines:
    """A data file in JSON on each line; `id` names the unit, soonest as its first key, else what the data call it."""

    path: Path
    plan: bytes = b""
    """The plan of the reports that have none, as JSON."""
    problems: tuple[Problem, ...] = ()

    def __len__(self) -> int:
        return sum(1 for _ in self._lines())

    def __iter__(self) -> Iterator[Job]:
        file, stem = str(self.path), self.path.stem
        return (self._job(line, DataPlace(file, number), f"{stem}-{number}") for number, line in self._lines())

    def _lines(self) -> Iterator[tuple[int, bytes | None]]:
        """The lines that hold anything, with their numbers; None for one that is too long."""
        seen = 0
        try:
            with self.path.open("rb", buffering=_BUFFER) as file:
                while line := file.readline(MAX_BYTES + 1):
                    seen += 1
                    if len(line) > MAX_BYTES and not line.endswith(b"\n"):
                        while line and not line.endswith(b"\n"):
                            line = file.readline(_PIECE)
                        yield seen, None
                    elif not line.isspace():
                        yield seen, line.rstrip(b"\r\n")
        except OSError as error:
            raise DataError([_refused(self.path, error)]) from error

    def _job(self, line: bytes | None, place: DataPlace, unit: str) -> Job:
        if line is None:
            return Job(unit, None, place, (Problem("PF127", place, {"limit": MAX_BYTES >> 20}),))
        if place.line == 1:
            line = line.removeprefix(b"\xef\xbb\xbf")
        with suppress(ValueError, RecursionError):  # what is no JSON is told when the unit is made
            first = _ID.match(line)
            if first:
                unit = str(json.loads(first[2].decode())) or unit
                line = _blanked(line, first.start(1), first.end(1))
            values = json.loads(line.decode()) if not first or self.plan else None
            if isinstance(values, dict) and not first:
                given, line = _id_taken(line) if "id" in values else (None, line)
                unit = given or _unit_of(values) or unit
            if isinstance(values, dict) and self.plan and _lacks_plan(values):
                line = self._whole(line)
        return Job(unit, line, place)

    def _whole(self, line: bytes) -> bytes:
        """The line with the plan of all at its end: columns stay what they are."""
        body = line.rstrip()
        comma = b"" if body[:-1].rstrip().endswith(b"{") else b", "
        return body[:-1] + comma + b'"plan": ' + self.plan + b"}"


_PIECE: Final = 1 << 16
_BUFFER: Final = 1 << 18
"""Many lines at a time: with Python's 8 KiB most of them would be put together from pieces."""


def _id_taken(line: bytes) -> tuple[str | None, bytes]:
    """The text or number under the key `id` of a mapping in JSON, and the line without it; None for any other value."""
    depth = 0
    tokens = list(_TOKEN.finditer(line))
    for at, token in enumerate(tokens):
        depth += (token[0] in b"{[") - (token[0] in b"}]")
        if depth == 1 and token[0] == b'"id"' and tokens[at + 1][0] == b":":
            value, behind = tokens[at + 2], tokens[at + 3]
            given = json.loads(value[0], parse_int=str, parse_float=str) if value[0] not in b"{[" else None
            if not isinstance(given, str) and value[0] != b"null":
                return None, line
            begin, end = token.start(), value.end()
            if behind[0] == b",":
                end = behind.end()
            elif tokens[at - 1][0] == b",":
                begin = tokens[at - 1].start()
            return given, _blanked(line, begin, end)
    return None, line


def _blanked(line: bytes, begin: int, end: int) -> bytes:
    """A line with spaces in the place of some letters: columns stay what they are."""
    return line[:begin] + b" " * len(line[begin:end].decode()) + line[end:]


def _lacks_plan(values: Mapping[str, object]) -> bool:
    """Whether a data file is a report without its plan."""
    return str(values.get("planforge")).startswith("report/") and not any(_is_plan(key) for key in values)


def _is_plan(key: str) -> bool:
    from planforge import vocabulary

    record = vocabulary.describe(Report)
    return record.find_key(key) is record.data["plan"]


# --- files ---------------------------------------------------------------------------------------------------------

_HEAD = re.compile(
    rb"""(?:\xef\xbb\xbf)?(?:\s|\#[^\n]*+|---)*+\{?\s*+["']?planforge["']?\s*+:\s*+["']?(plan|report)\s*+/\s*+[0-9]"""
)
"""The first key of most data files, where nothing but comments may stand before it."""
_FAR: Final = 10_000
"""How many entries of a subfolder are looked at."""
_KINDS: Final = {"plan": Words("төлөвлөгөө", "a plan"), "units": Words("нэгжийн жагсаалт", "a list of units")}


def _files(folder: Path, plan: Plan | None) -> Jobs:
    """The reports of a folder, or its plans where it holds no report; a file names its unit.

    A file that says of itself nothing known is a job too, which fails with its problem when it is read. So does a plan
    that no report names, and a list; planforge's own files are neither.
    """
    kinds: dict[Path, str | None] = {}
    below: list[str] = []
    try:
        for path in sorted(folder.iterdir()):
            if path.name.startswith("."):
                continue
            if path.is_dir():
                below += [path.name] if _holds_data(path) else []
            elif path.suffix.lower() in _DATA and (path.is_file() or not path.exists()):
                kinds[path] = _kind(path)
    except OSError as error:
        raise DataError([_refused(folder, error)]) from error
    reports = [path for path, kind in kinds.items() if kind == "report"]
    others = [path for path, kind in kinds.items() if kind not in ("report", *_OWN)]
    idle = set(others) - _plans_of(reports, others, plan) if reports else set(others)
    jobs = []
    for path in kinds:
        place = DataPlace(str(path))
        kind = kinds[path] or ""
        if path in idle and (kind == "units" or (kind == "plan" and reports)):
            jobs.append(Job(path.stem, None, place, (Problem("PF190", place, {"found": _KINDS[kind]}),)))
        elif path in idle or kind == "report":
            jobs.append(Job(path.stem, path, place))
    listed = ", ".join(below[:5]) + (" …" if len(below) > 5 else "")
    unread = [Problem("PF191", DataPlace(str(folder)), {"folders": listed})] if below else []
    return Jobs(tuple(jobs), tuple(unread), plan)


_OWN: Final = ("layout", "scale", "manifest", "schema")
"""Files of planforge that are no data of a unit."""


def _holds_data(folder: Path) -> bool:
    """Whether data files lie in a folder or below it."""
    try:
        return any(path.suffix.lower() in _DATA and path.name != MANIFEST for path in islice(folder.rglob("*"), _FAR))
    except OSError:
        return True


def _kind(path: Path) -> str | None:
    """What a file says it is; None where it does not, or cannot be read."""
    with suppress(OSError), path.open("rb") as file:
        if found := _HEAD.match(file.read(4_000)):
            return found[1].decode()
    tree = read_tree(path)
    if tree.header is not None:
        return tree.header.kind
    keys = tree.root.pairs if tree.root is not None and isinstance(tree.root.content, dict) else ()
    return "schema" if any(name == "$schema" for name, _, _ in keys) else None


def _plans_of(reports: Sequence[Path], files: Sequence[Path], plan: Plan | None) -> set[Path]:
    """The files that reports name as their plan, or that hold `plan`."""
    from planforge import data

    found = {path for path in files if plan is not None and data.parse(path).value == plan}
    endings = {path.suffix.encode() for path in files}
    for report in reports:
        left = set(files) - found
        if not left:
            break
        with suppress(OSError, ValueError):
            if any(ending in report.read_bytes() for ending in endings):
                named = report.parent / _plan_name(read_tree(report))
                found |= {path for path in left if named.samefile(path)}
    return found


def _plan_name(tree: Tree) -> str:
    """The file that a report names as its plan."""
    keys = tree.root.pairs if tree.root is not None and isinstance(tree.root.content, dict) else ()
    named = next((node.content for name, _, node in keys if _is_plan(name)), None)
    return named.strip().replace("\\", "/") if isinstance(named, str) else ""


def _file(path: Path, plan: Plan | None) -> Jobs:
    """A list of units, or the one data file."""
    kind = _kind(path)
    if kind in ("plan", "report"):
        return Jobs((Job(path.stem, path, DataPlace(str(path))),), (), plan)
    if kind == "units":
        return _listed(path, plan)
    if path.is_file() and path.suffix.lower() not in _DATA:
        raise DataError([Problem("PF771", DataPlace(str(path)), {"found": path.suffix or path.name})])
    tree = read_tree(path)
    raise DataError([*tree.problems, *header_problems(tree, "plan", "report")])


def _with_plan(job: Job, plan: Plan) -> Job:
    """The job of a data file with the plan, if it is a report that has none."""
    if not isinstance(job.data, Path):
        return job
    tree = read_tree(job.data)
    if header_problems(tree, "report") or tree.root is None or any(_is_plan(name) for name, _, _ in tree.root.pairs):
        return job
    whole = Node(tree.root.line, tree.root.column, {**tree.root.content, Node(0, 0, "plan"): Node(0, 0, plan)})
    return _interpreted(job.unit, replace(tree, root=whole), Report, job.place)


def _interpreted(unit: str, tree: Tree, kind: type[Plan | Report], place: Place | None) -> Job:
    from planforge import data

    loaded: data.Loaded[Any] = data.interpret(tree, kind)
    return Job(unit, loaded.value, place, loaded.problems, is_checked=True)


_UNITS: Final = Term("нэгжүүд", also=("нэгжийн жагсаалт", "units"))


def _listed(path: Path, plan: Plan | None) -> Jobs:
    """The units of a list: a data file each without its first line, with an `id`; `plan` above them is for all."""
    tree = read_tree(path)
    if tree.root is None or has_errors(tree.problems):
        raise DataError(tree.problems)
    top, faults = _top(tree)
    if has_errors(faults):
        raise DataError(faults)
    units = top["units"][1].content if "units" in top else None
    if not isinstance(units, list):
        raise DataError([Problem("PF766", tree.place(()))])
    unused = "plan" in top and plan is not None
    if "plan" not in top and plan is not None:
        top["plan"] = Node(0, 0, "plan"), Node(0, 0, plan)
    jobs = tuple(_unit(tree, node, number, top) for number, node in enumerate(units, 1))
    return Jobs(jobs, (Problem("PF187", tree.place(("plan",), key=True)),) if unused else ())


def _top(tree: Tree) -> tuple[dict[str, tuple[Node, Node]], list[Problem]]:
    """The keys above a list of units by what they mean, and those that mean nothing or the same twice."""
    from planforge import vocabulary

    known = {"plan": vocabulary.describe(Report).data["plan"].term, "units": _UNITS}
    names = {text.name_key(vocabulary.mongolian_name(n)): f for f, t in known.items() for n in (f, t.mn, *t.also)}
    top: dict[str, tuple[Node, Node]] = {}
    faults = []
    assert tree.root is not None
    for name, key, value in tree.root.pairs:
        found = names.get(text.name_key(vocabulary.mongolian_name(name)))
        place = tree.place((name,), key=True)
        if found is not None and found in top:
            first = top[found][0]
            args = {"key": excerpt(name), "other": excerpt(str(first.content)), "first": f"{first.line}:{first.column}"}
            faults.append(Problem("PF104", place, dict(args)))
        elif found is not None:
            top[found] = key, value
        elif text.name_key(name) != "planforge":
            alike = text.look_alike(name, names)
            meant = text.closest(name, names)
            advice = Words("Байж болох нь: төлөвлөгөө, нэгжүүд.", "Possible: plan, units.")
            if alike is not None:
                spelt: dict[str, object] = {"key": excerpt(name), "meant": alike[0], "letter": alike[1]}
                faults.append(Problem("PF102", place, spelt))
                continue
            if meant is not None:
                advice = Words(f"«{meant}» гэх гэсэн үү?", f"Did you mean “{meant}”?")
            faults.append(Problem("PF101", place, {"key": excerpt(name), "advice": advice}))
    return top, faults


def _unit(tree: Tree, node: Node, number: int, top: Mapping[str, tuple[Node, Node]]) -> Job:
    """One unit of a list; `top` has the plan of those that have none."""
    from planforge import vocabulary

    place = DataPlace(tree.file, node.line, node.column, ("units", number - 1))
    if not isinstance(node.content, dict):
        return Job(str(number), None, place, (Problem("PF766", place),))
    body = vocabulary.describe(Organisation)
    pairs = list(node.pairs)
    given = next((pair for pair in pairs if body.find_key(pair[0]) is body.data["id"]), None)
    pairs = [pair for pair in pairs if pair is not given]
    shared = "plan" in top and not any(_is_plan(name) for name, _, _ in pairs)
    keys = {key: value for _, key, value in pairs} | (dict([top["plan"]]) if shared else {})
    report = vocabulary.describe(Report)
    marks = [report.data[name] for name in ("plan", "unit", "results")]  # what no plan has
    kind: type[Plan | Report] = Report if any(report.find_key(str(key.content)) in marks for key in keys) else Plan
    whole = Node(node.line, node.column, keys)
    key, _, value = given or ("id", node, Node(node.line, node.column, None))
    name, faults = _id_of(value.value(), DataPlace(tree.file, value.line, value.column, ("units", number - 1, key)))
    name = name or _unit_of(whole.value()) or str(number)
    job = _interpreted(name, replace(tree, root=whole, problems=[]), kind, place)
    return replace(job, problems=(*faults, *job.problems))


def _workbook(path: Path, plan: Plan | None) -> Jobs:
    from planforge import sheets

    book = sheets.read(path, plan=plan)
    problems = [*book.problems, *(problem for unit in book.units for problem in unit.problems)]
    if has_errors(problems) and not any(unit.subject is not None for unit in book.units):
        raise DataError(problems)
    jobs = (Job(unit.key, unit.subject, unit.place, unit.problems, is_checked=True) for unit in book.units)
    return Jobs(tuple(jobs), book.problems)


def _refused(path: Path, error: OSError) -> Problem:
    place = DataPlace(str(path))
    if isinstance(error, FileNotFoundError):
        return Problem("PF120", place, {"file": str(path)})
    return Problem("PF128", place, {"reason": reason(error)})
