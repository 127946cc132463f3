"""What a batch remembers in its folder: a lock, a journal with times, and the manifest.

`.planforge/journal.jsonl` gets a line for each unit as soon as its file stands, so a run that was killed goes on where
it was and the next one does only what changed. `manifest.json` says the same for others: it holds no times, so equal
batches give equal manifests. Both are written by the process that leads the batch, never by its workers.
"""

from __future__ import annotations

import json
import os
import stat
from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass, fields
from datetime import UTC, datetime
from pathlib import Path
from typing import IO, Any

from filelock import FileLock, Timeout

from planforge.errors import DataPlace, EnvironmentProblem, OutputError, Problem

__all__ = ["MANIFEST", "Journal", "Record", "digest_of", "manifest"]

MANIFEST = "manifest.json"
_FOLDER = ".planforge"
_HEADER = {"planforge": "journal/1"}
_OPEN, _CLOSE = '{"planforge": "manifest/1", "units": [', "\n]}\n"
_SYNC = 50
"""Records between two times that the journal is flushed to the disk itself: what a power cut may cost is made again."""


@dataclass(frozen=True, slots=True)
class Record:
    """What became of a unit.

    `file` is its document, `sha256` the digest of its bytes, `size` and `mtime` (ns) what the file system said of it
    then. `data` and `template` are digests of what it was made from; `files` are other files that were read, each with
    its digest. `problems` are the codes that were told, with their places. A unit that failed may have the file of an
    earlier run.
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
    at: str = ""
    """When, in UTC (ISO 8601)."""

    def is_untouched(self, path: Path) -> bool:
        """Whether the document stands as it was written: by what the file system says, else by its digest."""
        try:
            found = path.stat(follow_symlinks=False)
            if not stat.S_ISREG(found.st_mode) or found.st_size != self.size:  # a link is no regular file
                return False
            return found.st_mtime_ns == self.mtime or digest_of(path) == self.sha256
        except OSError:
            return False

    def as_manifest(self) -> str:
        """The line of the manifest: nothing that tells times, no file of a unit that failed."""
        names = ("unit", "state", "file", "sha256", "data", "template") if self.state == "done" else ("unit", "state")
        return _encoded({n: getattr(self, n) for n in names} | {"problems": self.problems})


def manifest(records: Iterable[Record], /) -> str:
    """The manifest of a batch that keeps no journal."""
    return _OPEN + ",".join(f"\n{record.as_manifest()}" for record in records) + _CLOSE


def digest_of(path: str | os.PathLike[str], /) -> str:
    """SHA-256 of a file."""
    import hashlib

    with Path(path).open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


class Journal:
    """The memory of one folder while a batch works in it, alone.

    Raises EnvironmentProblem PF764 where another batch is at work, OutputError where nothing can be written.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.room = folder / _FOLDER
        try:
            self.room.mkdir(parents=True, exist_ok=True)
            self._lock = FileLock(self.room / "lock", timeout=0)
            self._lock.acquire()
        except Timeout:
            raise EnvironmentProblem([Problem("PF764", DataPlace(str(folder)), {"holder": self._holder()})]) from None
        except OSError as error:
            raise self._refusal(error) from error
        try:
            self._begin()
        except OSError as error:
            self.close()
            raise self._refusal(error) from error

    def _begin(self) -> None:
        for left in (*self.folder.glob(".planforge-*.part"), *self.folder.glob(f".{MANIFEST}.part")):
            left.unlink(missing_ok=True)
        path = self.room / "journal.jsonl"
        self.known: dict[str, Record] = {}
        """What earlier runs did, by unit."""
        lines = 0
        for record in self._records(path):
            self.known[record.unit] = record
            lines += 1
        if lines > 2 * len(self.known):
            shorter = path.with_suffix(".part").open("w", encoding="utf-8", newline="\n")
            shorter.writelines(_json(_values(record)) for record in self.known.values())
            _replace(shorter, path)
        self._journal = path.open("a", encoding="utf-8", newline="\n")
        if self._journal.tell():
            self._journal.write("\n")  # a line that a kill has cut ends here
        self._line({**_HEADER, "pid": os.getpid(), "at": _now()})
        self._count = 0
        self._manifest: IO[str] = (self.folder / f".{MANIFEST}.part").open("w", encoding="utf-8", newline="\n")
        self._manifest.write(_OPEN)
        self._comma = ""

    def _records(self, path: Path) -> Iterator[Record]:
        """What the journal holds; a line that a kill has cut is none."""
        if not path.is_file():
            return
        with path.open("rb") as lines:
            for line in lines:
                try:
                    given = json.loads(line)
                    if "unit" in given:
                        given["files"] = tuple((name, digest) for name, digest in given["files"])
                        yield Record(**{**given, "problems": tuple(given["problems"])})
                except (ValueError, TypeError, KeyError):
                    continue

    def _holder(self) -> str:
        """The process that leads the other batch, as far as its journal says."""
        try:
            lines = (self.room / "journal.jsonl").read_text(encoding="utf-8", errors="replace").splitlines()
            last = next(json.loads(line) for line in reversed(lines) if '"pid"' in line)
            return f"{last['pid']}, {last['at']}"
        except (OSError, ValueError, StopIteration, KeyError):
            return "?"

    def add(self, record: Record, *, fresh: bool = True) -> None:
        """The record of the next unit: into the manifest, and where it is fresh into the journal."""
        try:
            if fresh:
                self._line({**_values(record), "at": _now()})
                self._count += 1
                if self._count % _SYNC == 0:
                    os.fsync(self._journal.fileno())
            self._manifest.write(f"{self._comma}\n{record.as_manifest()}")
            self._comma = ","
        except OSError as error:
            raise self._refusal(error) from error

    def finish(self) -> None:
        """The end of a batch that went through: the manifest takes its place."""
        try:
            os.fsync(self._journal.fileno())
            self._manifest.write(_CLOSE)
            _replace(self._manifest, self.folder / MANIFEST)
        except OSError as error:
            raise self._refusal(error) from error

    def close(self) -> None:
        """Gives the folder free; what was not finished is left to the next run."""
        for file in (getattr(self, "_manifest", None), getattr(self, "_journal", None)):
            with suppress(OSError):  # a full disk has been told already
                if file is not None:
                    file.close()
        with suppress(OSError):
            (self.folder / f".{MANIFEST}.part").unlink(missing_ok=True)
        self._lock.release()

    def _line(self, values: dict[str, Any]) -> None:
        self._journal.write(_json(values))
        self._journal.flush()

    def _refusal(self, error: OSError) -> OutputError:
        place = DataPlace(str(self.folder))
        return OutputError([Problem("PF770", place, {"detail": error.strerror or type(error).__name__})])


def _values(record: Record) -> dict[str, Any]:
    return {name: getattr(record, name) for name in _FIELDS}


_FIELDS = tuple(field.name for field in fields(Record))
_encoded = json.JSONEncoder(ensure_ascii=False).encode


def _json(values: dict[str, Any]) -> str:
    return _encoded(values) + "\n"


def _replace(file: IO[str], target: Path) -> None:
    """What was written takes the place of a file, whole."""
    file.flush()
    os.fsync(file.fileno())
    file.close()
    Path(file.name).replace(target)


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds")
