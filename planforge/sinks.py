"""Where the documents of a batch go: a folder with its journal, an archive, a function; or nowhere, in a trial.

A sink knows what earlier runs have left there, takes each delivery in its turn, and ends whole or not at all. The
documents of a folder are written by the workers; its sink keeps the journal.
"""

from __future__ import annotations

import hashlib
import json
import os
import stat
import zipfile
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import IO, Literal, TypeAlias

from planforge import file_names
from planforge.errors import DataPlace, OutputError, Problem, Words, reason
from planforge.journal import MANIFEST, Journal, Memory, Record, locked, manifest, probe, tried

__all__ = ["Archive", "Delivery", "Sink", "Target", "open_sink"]

_NAMED = 10
"""Files that are left over and named."""


@dataclass(frozen=True, slots=True)
class Delivery:
    """What became of a job: its document stands (`done`), stood already (`unchanged`), or could not be made (`failed`).

    `file` is the document's name in the folder or archive. `problems` are those that it failed with, else warnings.
    """

    unit: str
    state: Literal["done", "unchanged", "failed"]
    file: str | None
    problems: tuple[Problem, ...] = ()
    record: Record | None = None
    """What the journal and the manifest say of it."""


@dataclass(frozen=True, slots=True)
class Archive:
    """One ZIP file of all documents, which are stored: they are compressed already. It appears when it is whole.

    It takes the place of one that a batch has made, never of another file, and not where no document was made.
    """

    path: str | os.PathLike[str]


Target: TypeAlias = str | os.PathLike[str] | Archive | Callable[[str, bytes], object]
"""A folder, an archive, or what takes each name with its document."""


class Sink:
    """Where deliveries go; here nowhere, and nothing is remembered."""

    folder: Path | None = None
    memory = Memory()
    problems: tuple[Problem, ...] = ()

    def skip(self, unit: str) -> None:
        """A unit that was not asked for."""

    def take(self, delivery: Delivery, document: bytes | None) -> Delivery:
        return delivery

    def finish(self) -> None:
        """The end of a batch that went through."""

    def close(self) -> None:
        """The end of any batch; a second time does nothing."""


def open_sink(to: Target, /, *, overwrite: bool, in_part: bool, dry_run: bool) -> Sink:
    """The sink of a target; `in_part`: not all units are asked for.

    EnvironmentProblem: another batch is there (PF764). OutputError: nothing can be written (PF770), or what stands
    there is not ours (PF750, PF751, PF763).
    """
    if isinstance(to, str | os.PathLike):
        folder = Path(to).absolute()
        return _FolderTrial(folder, overwrite) if dry_run else _Folder(Journal(folder, overwrite=overwrite))
    if isinstance(to, Archive):
        return (_ArchiveTrial if dry_run else _Zip)(Path(to.path), overwrite, in_part)
    return Sink() if dry_run else _Callback(to)


class _Remembering(Sink):
    """A folder where earlier runs were; what they left and this run does not account for is named at the end."""

    folder: Path

    def __init__(self, folder: Path, memory: Memory) -> None:
        self.folder = folder
        self.memory = memory
        self.left = dict(memory.files)
        self.present: set[str] = set()
        self.failed: set[str] = set()

    def skip(self, unit: str) -> None:
        """The manifest keeps what is known of it."""
        if record := self.memory.units.get(unit):
            self.present.add(unit)
            if record.file is not None:
                self.left.pop(record.file, None)

    def take(self, delivery: Delivery, document: bytes | None) -> Delivery:
        record, known = delivery.record, self.memory.units.get(delivery.unit)
        assert record is not None
        if delivery.file is not None:
            self.left.pop(delivery.file, None)
            earlier = self.memory.files.get(delivery.file)
            if record is not known and earlier is not None:
                delivery = replace(delivery, record=replace(record, pdf=earlier.pdf))
        if known is None:
            return delivery
        self.present.add(delivery.unit)
        if delivery.state != "failed":
            return delivery
        self.failed.add(delivery.unit)
        if any(problem.code == "PF762" for problem in delivery.problems):  # which names the file
            self.left.pop(known.file or "", None)
        # The file of an earlier run is still ours, though it is not what the unit should have.
        kept = replace(known, state="failed", data="", problems=record.problems) if known.file else record
        return replace(delivery, record=kept)

    def finish(self) -> None:
        kinds: dict[str, list[str]] = {}
        for name, record in self.left.items():
            kind = "failed" if record.unit in self.failed else "named" if record.unit in self.present else "gone"
            files = (name, record.pdf.file if record.pdf else None)
            kinds.setdefault(kind, []).extend(f for f in files if f and os.path.lexists(self.folder / f))
        place = DataPlace(str(self.folder))
        self.problems = tuple(
            Problem("PF752", place, {"count": len(files), "why": _LEFT[kind], "files": _some(files)})
            for kind, files in sorted(kinds.items())
            if files
        )


_LEFT = {
    "gone": Words("нэгж нь эх өгөгдөлд байхгүй болсон", "their units are no longer in the source"),
    "failed": Words("нэгж нь энэ удаа алдаатай", "their units failed this time"),
    "named": Words("нэгжийн баримт нь одоо өөр нэртэй", "their units have files of other names now"),
}
"""Why a file of an earlier run is not one of this run."""


def _some(files: Sequence[str]) -> str:
    return ", ".join([*files[:_NAMED], *(["…"] if len(files) > _NAMED else [])])


class _Folder(_Remembering):
    """A folder with its journal; the workers have written the documents."""

    def __init__(self, journal: Journal) -> None:
        super().__init__(journal.folder, journal.memory)
        self.journal = journal

    def skip(self, unit: str) -> None:
        super().skip(unit)
        if record := self.memory.units.get(unit):
            self.journal.add(record, fresh=False)

    def take(self, delivery: Delivery, document: bytes | None) -> Delivery:
        taken = super().take(delivery, document)
        assert taken.record is not None
        self.journal.add(taken.record, fresh=taken.state != "unchanged")
        return taken

    def finish(self) -> None:
        super().finish()
        self.journal.finish()

    def close(self) -> None:
        self.journal.close()


class _FolderTrial(_Remembering):
    """A folder that is only looked at."""

    def __init__(self, folder: Path, overwrite: bool) -> None:
        super().__init__(folder, tried(folder, overwrite=overwrite))


class _Callback(Sink):
    """A function that takes each name and document; nothing is remembered."""

    def __init__(self, function: Callable[[str, bytes], object]) -> None:
        self.function = function

    def take(self, delivery: Delivery, document: bytes | None) -> Delivery:
        if document is not None and delivery.file is not None:
            self.function(delivery.file, document)
        return delivery


class _ArchiveTrial(Sink):
    """An archive that is only looked at: OutputError as for `_Zip`."""

    def __init__(self, path: Path, overwrite: bool, in_part: bool) -> None:
        self.path = path
        self.overwrite = overwrite
        self.in_part = in_part
        self.look()
        try:
            probe(path.parent)
        except OSError as error:
            raise self.refusal(error) from error

    def look(self) -> None:
        """OutputError where a file stands that may not be replaced.

        PF763: no batch made it, or somebody has changed it. PF751: units of it were not asked for, and would be lost.
        """
        if not self.overwrite and os.path.lexists(self.path):
            if not _is_archive(self.path):
                raise OutputError([Problem("PF763", DataPlace(str(self.path)))])
            if self.in_part:
                raise OutputError([Problem("PF751", DataPlace(str(self.path)))])

    def refusal(self, error: OSError) -> OutputError:
        return OutputError([Problem("PF770", DataPlace(str(self.path)), {"detail": reason(error)})])


class _Zip(_ArchiveTrial):
    """An archive that is written as documents come, beside its place, under a lock; it takes it when it is whole."""

    def __init__(self, path: Path, overwrite: bool, in_part: bool) -> None:
        super().__init__(path, overwrite, in_part)
        mark = hashlib.sha256(file_names.same(path.name).encode("utf-8", "surrogatepass")).hexdigest()[:16]
        self.part = path.parent / f".planforge-{mark}.part"
        self.lock_file = path.parent / f".planforge-{mark}.lock"
        self.records: list[Record] = []
        try:
            self.lock = locked(self.lock_file, path)
            try:
                self.part.unlink(missing_ok=True)  # of a run that was killed
                self.file: IO[bytes] = self.part.open("xb")
            except OSError:
                self.unlock()
                raise
        except OSError as error:
            raise self.refusal(error) from error
        self.archive = zipfile.ZipFile(self.file, "w", zipfile.ZIP_STORED)

    def add(self, name: str, document: bytes) -> None:
        try:
            self.archive.writestr(zipfile.ZipInfo(name), document)
        except OSError as error:
            raise self.refusal(error) from error

    def take(self, delivery: Delivery, document: bytes | None) -> Delivery:
        assert delivery.record is not None
        self.records.append(delivery.record)
        if document is not None and delivery.file is not None:
            self.add(delivery.file, document)
        return delivery

    def finish(self) -> None:
        """Where no document was made, what stands there stays."""
        if not self.archive.filelist:
            return
        self.look()
        self.add(MANIFEST, manifest(self.records).encode("utf-8", "backslashreplace"))
        try:
            self.archive.close()
            self.file.flush()
            os.fsync(self.file.fileno())
            self.file.close()
            self.part.replace(self.path)
        except OSError as error:
            raise self.refusal(error) from error

    def close(self) -> None:
        if not self.lock.is_locked:
            return
        for end in (self.archive.close, self.file.close, self.part.unlink):
            with suppress(OSError, ValueError):  # a full disk has been told already
                end()
        self.unlock()

    def unlock(self) -> None:
        with suppress(OSError):  # Windows removes it only when it is free
            self.lock_file.unlink()
        self.lock.release()


def _is_archive(path: Path) -> bool:
    """Whether a file is an archive as a batch left it: the documents of its manifest, stored and with their digests."""
    try:
        if not stat.S_ISREG(path.lstat().st_mode):
            return False
        with zipfile.ZipFile(path) as archive:
            entries = archive.infolist()
            if any(entry.compress_type != zipfile.ZIP_STORED for entry in entries):
                return False
            if sum(entry.file_size for entry in entries) > path.stat().st_size:  # parts that overlap
                return False
            told = json.loads(archive.read(MANIFEST))
            wanted = {unit["file"]: unit["sha256"] for unit in told["units"] if unit["state"] == "done"}
            return (
                str(told["planforge"]).startswith("manifest/")
                and archive.namelist() == [*wanted, MANIFEST]
                and all(hashlib.sha256(archive.read(name)).hexdigest() == digest for name, digest in wanted.items())
            )
    except Exception:  # noqa: BLE001 - whatever is wrong with it, no batch left it so
        return False
