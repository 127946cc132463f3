"""PDFs of the documents of a batch, beside them: made where they are missing or old, journalled, named in the manifest.

A PDF that somebody put there or has changed is never replaced unasked, as no document is.
"""

from __future__ import annotations

import os
from collections.abc import Collection, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal

from planforge import office
from planforge.errors import DataPlace, Problem, reason
from planforge.journal import Journal, Pdf, Record, digest_of

__all__ = ["Made", "make"]


@dataclass(frozen=True, slots=True)
class Made:
    """What became of the PDF of a unit; `document` and `pdf` are names in the folder."""

    unit: str
    state: Literal["done", "unchanged", "failed"]
    document: str
    pdf: str | None
    problems: tuple[Problem, ...] = ()


def make(
    folder: str | os.PathLike[str],
    units: Collection[str] | None = None,
    /,
    *,
    force: bool = False,
    overwrite: bool = False,
) -> Iterator[Made]:
    """Makes the PDFs of a folder that a batch has gone through, of all its units or of some.

    What need not or may not be made comes first (PF762: somebody has changed it or its document, PF763: it is not
    ours), then the others in the order of the manifest, with the problems of `office.convert`. `force` makes again what
    is unchanged, `overwrite` replaces files that are not ours. Before anything is done EnvironmentProblem: PF701 no
    office program, PF764 a batch is at work there; OutputError as for `Journal`, PF770 also where no batch has gone
    through.
    """
    office.convert(())
    return _made(Journal(Path(folder).absolute(), is_there=True), units, force, overwrite)


def _made(journal: Journal, units: Collection[str] | None, force: bool, overwrite: bool) -> Iterator[Made]:
    try:
        wanted: list[Record] = []
        for record in journal.in_manifest():
            if record.state != "done" or (units is not None and record.unit not in units):
                continue
            known = _known(journal, record, force, overwrite)
            if known is None:
                wanted.append(record)
            else:
                yield known
        inside = journal.room / "pdf"
        inside.mkdir()
        documents = (journal.folder / str(record.file) for record in wanted)
        for record, found in zip(wanted, office.convert(documents, inside), strict=True):
            yield _put(journal, record, found, force, overwrite)
        journal.renew()
    finally:
        journal.close()


def _name(record: Record) -> str:
    return str(Path(str(record.file)).with_suffix(".pdf"))


def _known(journal: Journal, record: Record, force: bool, overwrite: bool) -> Made | None:
    """What is known of a PDF before it is made; None if it is to be made. Of a text that was edited there is none."""
    document, name = str(record.file), _name(record)
    path = journal.folder / document
    if os.path.lexists(path) and not record.is_untouched(path):
        return _refused(record, "PF762", path)
    path = journal.folder / name
    if not os.path.lexists(path):
        return None
    written = journal.memory.files.get(document, record)
    ours = [pdf for pdf in (record.pdf, written.pdf) if pdf is not None and pdf.file == name]
    found = next((pdf for pdf in ours if pdf.is_untouched(path)), None)
    if found is not None:
        is_old = force or found.source != record.sha256
        return None if is_old else Made(record.unit, "unchanged", document, name)
    if overwrite:
        return None
    return _refused(record, "PF762" if ours else "PF763", path)


def _refused(record: Record, code: str, path: Path) -> Made:
    problem = Problem(code, DataPlace(str(path)), {"unit": record.unit})
    return Made(record.unit, "failed", str(record.file), None, (problem,))


def _put(journal: Journal, record: Record, found: office.Converted, force: bool, overwrite: bool) -> Made:
    """A PDF at its place; it is journalled before it stands there, so what a kill leaves is known to be ours.

    What somebody did there while the office program was at work stays, and is told as before it.
    """
    document, name = str(record.file), _name(record)
    if found.pdf is None:
        return Made(record.unit, "failed", document, None, found.problems)
    if (known := _known(journal, record, force, overwrite)) is not None:
        return known
    target = journal.folder / name
    try:
        told = found.pdf.stat()
        pdf = Pdf(name, digest_of(found.pdf), told.st_size, told.st_mtime_ns, record.sha256)
        target.unlink(missing_ok=True)
        fresh = replace(record, pdf=pdf)
        journal.note(fresh)
        journal.memory.add(fresh)
        found.pdf.replace(target)
    except OSError as error:
        problem = Problem("PF705", DataPlace(str(target)), {"file": target, "detail": reason(error)})
        return Made(record.unit, "failed", document, None, (problem,))
    return Made(record.unit, "done", document, name, found.problems)
