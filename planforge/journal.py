"""What a batch remembers in its folder: a lock, a journal with times, and the manifest.

`.planforge/journal.jsonl` gets a line for each unit as soon as its file stands, so a run that was killed goes on where
it was and the next one does only what changed. `manifest.json` says the same for others: it holds no times, so equal
batches give equal manifests. Both are written by the process that leads the batch, never by its workers: these say in
files of their own which document they are about to write, for the run after one that was killed. Whatever is
not whole yet lies in `.planforge` too, which nobody else writes to, and where no link is followed.
"""

from __future__ import annotations

import json
import os
import shutil
import stat
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field, fields, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import IO, Any, NamedTuple

from filelock import FileLock, Timeout

from planforge import disk
from planforge.errors import DataPlace, EnvironmentProblem, OutputError, Problem, Words, reason

__all__ = [
    "MANIFEST",
    "Journal",
    "Memory",
    "Pdf",
    "Record",
    "announce",
    "digest_of",
    "locked",
    "manifest",
    "part_in",
    "probe",
    "room",
    "tried",
]

MANIFEST = "manifest.json"
_FOLDER = ".planforge"
_LOCK, _JOURNAL = "lock", "journal.jsonl"
_ANNOUNCED = ".made"
_WORKER = os.urandom(8).hex()
_HEADER = {"planforge": "journal/1"}
_MARK = b'{"planforge": "manifest/'
_OPEN, _CLOSE = '{"planforge": "manifest/1", "units": [', "\n]}\n"
_SYNC = 50
"""Records between two times that the journal is flushed to the disk itself: what a power cut may cost is made again."""


class Pdf(NamedTuple):
    """The PDF of a document: its file, digest, size and time (ns), and the digest of the document it was made from."""

    file: str
    sha256: str
    size: int
    mtime: int
    source: str

    def is_untouched(self, path: Path) -> bool:
        """Whether it stands as it was written."""
        return _is_same(path, self.size, self.mtime, self.sha256)


@dataclass(frozen=True, slots=True)
class Record:
    """What became of a unit.

    `file` is its document, `sha256` the digest of its bytes, `size` and `mtime` (ns) what the file system said of it
    then. `data` and `template` are digests of what it was made from; `files` are other files that were read, each with
    its digest. `problems` are the codes that were told, with their places. A unit that failed may have the file of an
    earlier run. `pdf` may be that of an earlier document.
    """

    unit: str
    state: str = "done"
    file: str | None = None
    sha256: str = ""
    size: int = 0
    mtime: int = 0
    data: str = ""
    template: str = ""
    files: tuple[tuple[str, str], ...] = ()
    problems: tuple[str, ...] = ()
    pdf: Pdf | None = None
    at: str = ""
    """When, in UTC (ISO 8601)."""

    def is_untouched(self, path: Path) -> bool:
        """Whether the document stands as it was written: by what the file system says, else by its digest."""
        return _is_same(path, self.size, self.mtime, self.sha256)

    def as_manifest(self) -> str:
        """The line of the manifest: nothing that differs between equal runs, no file of a unit that failed."""
        if self.state != "done":
            return _encoded({"unit": self.unit, "state": self.state, "problems": self.problems})
        line = {name: getattr(self, name) for name in ("unit", "state", "file", "sha256", "data", "template")}
        if self.pdf is not None and self.pdf.source == self.sha256:
            line["pdf"] = self.pdf.file
        return _encoded({**line, "problems": self.problems})


@dataclass
class Memory:
    """What earlier runs did, by unit; and by file, as the last of them that wrote it says."""

    units: dict[str, Record] = field(default_factory=dict)
    files: dict[str, Record] = field(default_factory=dict)
    lines: int = 0
    announced: list[Record] = field(default_factory=list)
    """Documents that stand as a worker wrote them, of which the journal got no line: what of, is not known."""

    @classmethod
    def of(cls, inside: Path) -> Memory:
        """What the journal of a `room` says; nothing is written. OSError."""
        memory = cls()
        for record in _records(inside / _JOURNAL):
            memory.add(record)
            memory.lines += 1
        for path in sorted(inside.glob(f"*{_ANNOUNCED}")):
            for record in _records(path):
                memory.take_over(record, inside.parent)
        return memory

    def take_over(self, record: Record, folder: Path) -> None:
        """A document that was announced, if it stands and is not what is known of its file."""
        target, known = folder / str(record.file), self.files.get(str(record.file))
        if record.is_untouched(target) and not (known is not None and known.is_untouched(target)):
            self.add(replace(record, pdf=known.pdf if known is not None else None))
            self.announced.append(self.units[record.unit])

    def add(self, record: Record) -> None:
        self.units[record.unit] = record
        if record.file is not None:
            self.files[record.file] = record

    def whole(self, folder: Path) -> list[Record]:
        """The records that say all of it: of files that are not their unit's any more, those that still stand."""
        units = {id(record) for record in self.units.values()}
        older = [r for name, r in self.files.items() if id(r) not in units and os.path.lexists(folder / name)]
        return [*older, *self.units.values()]


def manifest(records: Iterable[Record], /) -> str:
    """The manifest of a batch that keeps no journal."""
    return _OPEN + ",".join(f"\n{record.as_manifest()}" for record in records) + _CLOSE


def digest_of(path: str | os.PathLike[str], /) -> str:
    """SHA-256 of a file."""
    import hashlib

    with Path(path).open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def room(folder: Path, /, *, overwrite: bool = False) -> Path:
    """Where the batch keeps its own files in a folder; there need be nothing yet.

    OutputError PF750 for a link among them, PF763 for a manifest of others, unless it may be replaced.
    """
    target, inside = folder / MANIFEST, folder / _FOLDER
    if not overwrite and os.path.lexists(target) and not _is_own(target):
        raise OutputError([Problem("PF763", DataPlace(str(target)))])
    for path, is_right in ((inside, stat.S_ISDIR), (inside / _LOCK, stat.S_ISREG), (inside / _JOURNAL, stat.S_ISREG)):
        try:
            if not is_right(path.lstat().st_mode):
                raise OutputError([Problem("PF750", DataPlace(str(path)))])
        except OSError:
            continue  # it is not there
    return inside


def part_in(folder: str, /) -> str:
    """A name for what is not whole yet, on the same disk as the documents of a folder that has a journal."""
    return os.path.join(folder, _FOLDER, f"{os.urandom(8).hex()}.part")  # noqa: PTH118 - for each document


def announce(folder: str, record: Record, /) -> None:
    """A worker's word, before a document takes its place in a folder that has a journal."""
    path = os.path.join(folder, _FOLDER, _WORKER + _ANNOUNCED)  # noqa: PTH118 - for each document
    line = "\n" + _json(_values(record))  # after one that a full disk has cut
    disk.append(path, line.encode("utf-8", _LONE))


def tried(folder: Path, /, *, overwrite: bool = False) -> Memory:
    """What a run would find in a folder, without its lock: nothing is written, but for a folder that is gone at once.

    OutputError as for `Journal`.
    """
    inside = room(folder, overwrite=overwrite)
    try:
        probe(folder)
        return Memory.of(inside)
    except OSError as error:
        raise _refusal(folder, error) from error


def probe(folder: Path, /) -> None:
    """OSError where nothing can be written: tries it in the nearest folder that is there, and leaves nothing."""
    from tempfile import TemporaryDirectory  # for a dry run alone

    nearest = next(path for path in (folder, *folder.parents) if os.path.lexists(path))
    with TemporaryDirectory(prefix=".planforge-", dir=nearest):
        pass


def locked(lock: Path, target: Path, holder: Callable[[], str] = lambda: "?", /) -> FileLock:
    """The lock on a place where batches write, taken. EnvironmentProblem PF764 where another one has it; OSError."""
    taken = FileLock(lock, timeout=0)
    try:
        taken.acquire()
    except Timeout:
        raise EnvironmentProblem([Problem("PF764", DataPlace(str(target)), {"holder": holder()})]) from None
    return taken


class Journal:
    """The memory of one folder while a batch works in it, alone.

    Raises EnvironmentProblem PF764 where another batch is at work, OutputError where nothing can be written (PF770), a
    link stands among its files (PF750) or a manifest of others that may not be replaced (PF763). `is_there`: PF770 too
    where no batch has come to its end, and nothing is made.
    """

    def __init__(self, folder: Path, *, overwrite: bool = False, is_there: bool = False) -> None:
        self.folder = folder
        self.room = room(folder, overwrite=overwrite)
        if is_there and not ((self.room / _JOURNAL).is_file() and _told(folder) is not None):
            raise OutputError([Problem("PF770", DataPlace(str(folder)), {"detail": _NO_BATCH})])
        try:
            self.room.mkdir(parents=True, exist_ok=True)
            self._lock = locked(self.room / _LOCK, folder, self._holder)
        except OSError as error:
            raise _refusal(folder, error) from error
        try:
            self._begin()
        except OSError as error:
            self.close()
            raise _refusal(folder, error) from error

    def _begin(self) -> None:
        self._clear()
        self.memory = Memory.of(self.room)
        path = self.room / _JOURNAL
        records = self.memory.whole(self.folder)
        if self.memory.lines > 2 * len(records):
            shorter = _new(path.with_suffix(".part"))
            shorter.writelines(_json(_values(record)) for record in records)
            _replace(shorter, path)
        self._journal = _opened(path, "a", encoding="utf-8", errors=_LONE, newline="\n")
        if self._journal.tell():
            self._journal.write("\n")  # a line that a kill has cut ends here
        self._line({**_HEADER, "pid": os.getpid(), "at": _now()})
        self._count = 0
        for record in self.memory.announced:
            self.note(record)
        self._forget()
        self._manifest: IO[str] = _new(self.room / f"{MANIFEST}.part")
        self._manifest.write(_OPEN)
        self._comma = ""

    def _forget(self) -> None:
        """Takes away what workers have announced: it is in the journal."""
        for announced in self.room.glob(f"*{_ANNOUNCED}"):
            with suppress(OSError):
                announced.unlink()

    def _clear(self) -> None:
        """Takes away what is not whole: of workers that were killed, of a run before this one."""
        for left in self.room.glob("*.part"):
            with suppress(OSError):
                left.unlink()
        shutil.rmtree(self.room / "pdf", ignore_errors=True)

    def _holder(self) -> str:
        """The process that leads the other batch, as far as its journal says."""
        try:
            lines = (self.room / _JOURNAL).read_text(encoding="utf-8", errors="replace").splitlines()
            last = next(json.loads(line) for line in reversed(lines) if '"pid"' in line)
            return f"{last['pid']}, {last['at']}"
        except (OSError, ValueError, StopIteration, KeyError):
            return "?"

    def add(self, record: Record, *, fresh: bool = True) -> None:
        """The record of the next unit: into the manifest, and where it is fresh into the journal."""
        try:
            if fresh:
                self.note(record)
            self._tell(self._standing(record).as_manifest())
        except OSError as error:
            raise _refusal(self.folder, error) from error

    def renew(self) -> None:
        """The end of work on a folder that a batch went through: its manifest with what the journal says by now.

        The line of a unit that the journal does not know stays as it is.
        """
        try:
            for line in _told(self.folder) or ():
                known = self.memory.units.get(line["unit"])
                self._tell(self._standing(known).as_manifest() if known is not None else _encoded(line))
        except OSError as error:
            raise _refusal(self.folder, error) from error
        self.finish()

    def _tell(self, line: str) -> None:
        self._manifest.write(f"{self._comma}\n{line}")
        self._comma = ","

    def _standing(self, record: Record) -> Record:
        """A record without its PDF, unless that and the document stand as they were written."""
        pdf = record.pdf
        if pdf is None or record.file is None:
            return record
        is_true = record.is_untouched(self.folder / record.file) and pdf.is_untouched(self.folder / pdf.file)
        return record if is_true else replace(record, pdf=None)

    def note(self, record: Record) -> None:
        """A record for the journal alone."""
        try:
            self._line({**_values(record), "at": _now()})
            self._count += 1
            if self._count % _SYNC == 0:
                os.fsync(self._journal.fileno())
        except OSError as error:
            raise _refusal(self.folder, error) from error

    def finish(self) -> None:
        """The end of a batch that went through: the manifest takes its place."""
        try:
            os.fsync(self._journal.fileno())
            self._manifest.write(_CLOSE)
            _replace(self._manifest, self.folder / MANIFEST)
            self._forget()
        except OSError as error:
            raise _refusal(self.folder, error) from error

    def in_manifest(self) -> Iterator[Record]:
        """What the journal says of the units of the manifest, in its order."""
        units = (line["unit"] for line in _told(self.folder) or ())
        yield from (self.memory.units[unit] for unit in units if unit in self.memory.units)

    def close(self) -> None:
        """Gives the folder free; what was not finished is left to the next run."""
        for file in (getattr(self, "_manifest", None), getattr(self, "_journal", None)):
            with suppress(OSError):  # a full disk has been told already
                if file is not None:
                    file.close()
        if self._lock.is_locked:
            self._clear()
        self._lock.release()

    def _line(self, values: dict[str, Any]) -> None:
        self._journal.write(_json(values))
        self._journal.flush()


_NO_BATCH = Words("энэ хавтсанд дуустал ажилласан багцын бүртгэл алга", "no batch has come to its end in this folder")


def _told(folder: Path) -> list[dict[str, Any]] | None:
    """The lines of a manifest, one per unit; None where it is not there or cannot be read."""
    try:
        lines = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))["units"]
        if all(isinstance(line["unit"], str) for line in lines):
            return list(lines)
    except (OSError, ValueError, KeyError, TypeError, RecursionError):
        pass
    return None


def _refusal(folder: Path, error: OSError) -> OutputError:
    return OutputError([Problem("PF770", DataPlace(str(folder)), {"detail": reason(error)})])


def _records(path: Path) -> Iterator[Record]:
    """What a journal holds; a line that a kill has cut is none."""
    if not path.is_file():
        return
    with _opened(path, "rb") as lines:
        for line in lines:
            try:
                given = json.loads(line)
                if "unit" not in given:
                    continue
                given["files"] = tuple((name, digest) for name, digest in given["files"])
                given["pdf"] = Pdf(*given["pdf"]) if given.get("pdf") else None
                record = Record(**{**given, "problems": tuple(given["problems"])})
            except (ValueError, TypeError, KeyError, RecursionError):
                continue
            if _is_sound(record):
                yield record


def _is_sound(record: Record) -> bool:
    """Whether the values of a line are of the kinds that a journal has."""
    pdf = record.pdf or Pdf("", "", 0, 0, "")
    words = [record.unit, record.state, record.sha256, record.data, record.template, record.at, *record.problems]
    words += [
        "" if record.file is None else record.file,
        pdf.file,
        pdf.sha256,
        pdf.source,
        *(word for pair in record.files for word in pair),
    ]
    numbers = (record.size, record.mtime, pdf.size, pdf.mtime)
    return all(isinstance(word, str) for word in words) and all(isinstance(number, int) for number in numbers)


def _is_own(path: Path) -> bool:
    """Whether a manifest is planforge's: no link, and it begins as one."""
    try:
        if not stat.S_ISREG(path.lstat().st_mode):
            return False
        with _opened(path, "rb") as file:
            return bool(file.read(len(_MARK)) == _MARK)
    except OSError:
        return False


def _is_same(path: Path, size: int, mtime: int, sha256: str) -> bool:
    try:
        found = path.stat(follow_symlinks=False)
        if not stat.S_ISREG(found.st_mode) or found.st_size != size:  # a link is no regular file
            return False
        return found.st_mtime_ns == mtime or digest_of(path) == sha256
    except (OSError, ValueError):  # a name that no file can have
        return False


def _values(record: Record) -> dict[str, Any]:
    return {name: getattr(record, name) for name in _FIELDS}


_FIELDS = tuple(field.name for field in fields(Record))
_LONE = "backslashreplace"
"""Of a surrogate that stands alone, as names of files that are no UTF-8 have them, this makes its escape in JSON."""
_encoded = json.JSONEncoder(ensure_ascii=False).encode


def _json(values: dict[str, Any]) -> str:
    return _encoded(values) + "\n"


def _opened(path: str | Path, mode: str, **how: str) -> IO[Any]:
    """A file that is no link, where the system can tell."""
    return open(path, mode, opener=_no_link, **how)  # type: ignore[call-overload,no-any-return]


def _no_link(name: str, flags: int) -> int:
    return os.open(name, flags | getattr(os, "O_NOFOLLOW", 0), 0o666)


def _new(path: Path) -> IO[str]:
    return path.open("x", encoding="utf-8", errors=_LONE, newline="\n")


def _replace(file: IO[str], target: Path) -> None:
    """What was written takes the place of a file, whole."""
    file.flush()
    os.fsync(file.fileno())
    file.close()
    Path(file.name).replace(target)


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds")
