"""Where a batch writes: archives, parts of files, links, what is not its own, and what earlier runs have left."""

from __future__ import annotations

import errno
import json
import os
import signal
import subprocess
import sys
import zipfile
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from planforge import batch
from planforge.batch import Archive
from planforge.errors import OutputError, PlanforgeError, Problem, reason
from planforge.journal import Journal
from planforge.render import save
from planforge.supervisor import Supervisor
from tests import lethal
from tests.test_batch import contents, kept, mounting, small_disk, states, unit

ROOT = Path(__file__).parent.parent
links = pytest.mark.skipif(sys.platform == "win32", reason="links need rights there")


def codes(problems: tuple[Problem, ...]) -> list[str]:
    return [problem.code for problem in problems]


def refused(act: Callable[[], object]) -> list[str]:
    with pytest.raises(PlanforgeError) as caught:
        act()
    for problem in caught.value.problems:
        assert problem.format("mn")
        assert problem.format("en")
    return codes(caught.value.problems)


# --- archives ------------------------------------------------------------------------------------------------------


def test_no_unit_of_that_name(tmp_path: Path) -> None:
    """A mistyped `only` is told before anything is touched; of a generator, before anything is replaced."""
    to = Archive(tmp_path / "a.zip")
    list(batch.run([unit(1)], to=to))
    before = (tmp_path / "a.zip").read_bytes()
    for target in (to, tmp_path / "out"):
        assert refused(lambda target=target: batch.run([unit(1)], to=target, only="X*")) == ["PF767"]  # type: ignore[misc]
    assert not (tmp_path / "out").exists()
    assert refused(lambda: list(batch.run(iter([unit(1)]), to=to, only="X*", overwrite=True))) == ["PF767"]
    assert sorted(p.name for p in tmp_path.iterdir()) == ["a.zip"]
    assert (tmp_path / "a.zip").read_bytes() == before


def test_an_archive_of_others(tmp_path: Path) -> None:
    """What no batch has made, or somebody has changed, is not replaced unasked."""
    path = tmp_path / "a.zip"
    list(batch.run([unit(1)], to=Archive(path)))
    whole = path.read_bytes()

    def with_more(name: str, content: bytes) -> bytes:
        path.write_bytes(whole)
        with zipfile.ZipFile(path, "a") as archive:
            archive.writestr(name, content)
        return path.read_bytes()

    changed = bytearray(whole)
    changed[whole.index(b"PK\x03\x04", 4)] ^= 1
    for foreign in (b"mine", b"", whole[:-30], with_more("notes.txt", b"mine"), bytes(changed)):
        path.write_bytes(foreign)
        for dry_run in (False, True):
            assert refused(lambda dry=dry_run: batch.run([unit(1)], to=Archive(path), dry_run=dry)) == ["PF763"]  # type: ignore[misc]
        assert path.read_bytes() == foreign
        list(batch.run([unit(1)], to=Archive(path), overwrite=True))
        assert path.read_bytes() == whole
    assert sorted(p.name for p in tmp_path.iterdir()) == ["a.zip"]


def test_an_archive_made_anew(tmp_path: Path) -> None:
    """A batch's own archive is replaced by a whole one, not by a part of it, and not by nothing."""
    path = tmp_path / "a.zip"
    to = Archive(path)
    list(batch.run([unit(1), unit(2)], to=to))
    before = path.read_bytes()
    assert refused(lambda: batch.run([unit(1), unit(2)], to=to, only="ГС-001")) == ["PF751"]
    assert states(batch.run([unit(1, year="?")], to=to)) == {"ГС-001": "failed"}
    assert path.read_bytes() == before
    assert states(batch.run([unit(1, year="?")], to=to, only="*", overwrite=True)) == {"ГС-001": "failed"}
    assert path.read_bytes() == before
    assert states(batch.run([unit(1, year="?"), unit(2)], to=to)) == {"ГС-001": "failed", "ГС-002": "done"}
    with zipfile.ZipFile(path) as archive:
        assert archive.namelist() == ["ГС-002.docx", "manifest.json"]
    assert states(batch.run([unit(1)], to=Archive(tmp_path / "b.zip"), only="ГС*")) == {"ГС-001": "done"}


def test_one_batch_at_a_time_in_an_archive(tmp_path: Path) -> None:
    """A second batch for the archive is refused; one for another archive, or the folder, is not."""
    first = batch.run([unit(1), unit(2)], to=Archive(tmp_path / "a.zip"))
    next(first)
    assert refused(lambda: batch.run([unit(1)], to=Archive(tmp_path / "a.zip"))) == ["PF764"]
    assert states(batch.run([unit(1)], to=Archive(tmp_path / "b.zip"))) == {"ГС-001": "done"}
    assert states(batch.run([unit(1)], to=tmp_path)) == {"ГС-001": "done"}
    assert len(list(first)) == 1
    assert sorted(contents(tmp_path)) == ["a.zip", "b.zip", "manifest.json", "ГС-001.docx"]
    never_begun = batch.run([unit(1)], to=Archive(tmp_path / "a.zip"))
    never_begun.close()
    assert states(batch.run([unit(1)], to=Archive(tmp_path / "a.zip"))) == {"ГС-001": "done"}


KILLED = """
import os, signal, sys
from pathlib import Path
from planforge import batch
from tests.test_batch import unit
to = batch.Archive("a.zip") if sys.argv[1] == "archive" else Path(".")
for number, _ in enumerate(batch.run([unit(n) for n in range(9)], to=to)):
    if number == 3:
        os.kill(os.getpid(), signal.SIGKILL)
"""


@pytest.mark.skipif(sys.platform == "win32", reason="no SIGKILL")
def test_a_killed_archive(tmp_path: Path) -> None:
    """The part of a killed run stays until the next run for the same archive; a batch in the folder leaves it alone."""
    env = {**os.environ, "PYTHONPATH": os.pathsep.join([str(ROOT), os.environ.get("PYTHONPATH", "")])}
    ran = subprocess.run([sys.executable, "-c", KILLED, "archive"], cwd=tmp_path, env=env, check=False)
    assert ran.returncode == -signal.SIGKILL
    parts = {p.name for p in tmp_path.glob(".planforge-*.part")}
    assert len(parts) == 1
    list(batch.run([unit(1)], to=tmp_path))
    list(batch.run([unit(1)], to=Archive(tmp_path / "b.zip")))
    assert parts == {p.name for p in tmp_path.glob(".planforge-*.part")}
    list(batch.run([unit(1)], to=Archive(tmp_path / "a.zip")))
    assert sorted(contents(tmp_path)) == ["a.zip", "b.zip", "manifest.json", "ГС-001.docx"]


@mounting
def test_a_full_disk_under_an_archive(tmp_path: Path) -> None:
    """Nothing is left where the archive was to be, and the message is true: all is made anew."""
    with small_disk(tmp_path / "out", "64k") as out:
        with pytest.raises(OutputError) as caught:
            list(batch.run([unit(n) for n in range(60)], to=Archive(out / "a.zip")))
        problem = caught.value.problems[0]
        assert problem.code == "PF770"
        assert "дискэнд сул зай үлдээгүй" in problem.message("mn")
        assert list(out.iterdir()) == []
        list(batch.run([unit(1)], to=Archive(out / "a.zip")))
        assert [p.name for p in out.iterdir()] == ["a.zip"]


# --- parts of files ------------------------------------------------------------------------------------------------


def test_parts_of_others(tmp_path: Path) -> None:
    """A batch deletes parts of its own alone: not those of `render`, of a PDF, of an archive."""
    others = [tmp_path / f".planforge-{mark * 16}.part" for mark in "0a"]
    for path in others:
        path.write_bytes(b"half")
    list(batch.run([unit(1)], to=tmp_path))
    assert all(path.exists() for path in others)
    save(b"x", tmp_path / "b.docx")
    assert (tmp_path / "b.docx").read_bytes() == b"x"


@pytest.mark.skipif(sys.platform == "win32", reason="no SIGKILL")
def test_parts_of_killed_workers(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A worker that is killed while it writes leaves nothing, though the batch is not started again."""
    jobs: list[Any] = [batch.Job(f"ж{n}", lethal.Lethal(unit(n), lethal.writing)) for n in range(4)]
    monkeypatch.setenv("LETHAL_FOLDER", str(tmp_path))
    with Supervisor(2) as executor:
        found = states(batch.run([unit(1), *jobs], to=tmp_path, executor=executor, chunk=1))
    assert set(found.values()) == {"done", "failed"}
    assert kept(tmp_path) == ["journal.jsonl"]
    assert sorted(contents(tmp_path)) == ["manifest.json", "ГС-001.docx"]


# --- links, and what is not its own --------------------------------------------------------------------------------


@links
@pytest.mark.parametrize("name", ["", "journal.jsonl", "lock"])
def test_links_among_its_files(tmp_path: Path, name: str) -> None:
    """A link where the batch keeps its own files is refused, and what it points to stays as it was."""
    victim, out = tmp_path / "victim", tmp_path / "out"
    room = out / ".planforge"
    if name:
        victim.write_bytes(b"mine")
        room.mkdir(parents=True)
        (room / name).symlink_to(victim)
    else:
        victim.mkdir()
        out.mkdir()
        room.symlink_to(victim)
    for dry_run in (False, True):
        assert refused(lambda dry=dry_run: batch.run([unit(1)], to=out, dry_run=dry)) == ["PF750"]  # type: ignore[misc]
    assert victim.read_bytes() == b"mine" if name else list(victim.iterdir()) == []
    assert sorted(p.name for p in out.iterdir()) == [".planforge"]


@links
def test_links_that_are_left(tmp_path: Path) -> None:
    """Parts that are links are removed, not followed."""
    list(batch.run([unit(1)], to=tmp_path / "out"))
    victim = tmp_path / "victim"
    victim.mkdir()
    (victim / "a").write_bytes(b"mine")
    room = tmp_path / "out" / ".planforge"
    (room / "journal.part").symlink_to(victim / "a")
    (room / "manifest.json.part").symlink_to(victim / "a")
    for number in range(9):
        list(batch.run([unit(1, title=f"Т{number}")], to=tmp_path / "out"))
    assert (victim / "a").read_bytes() == b"mine"
    assert kept(tmp_path / "out") == ["journal.jsonl"]


def test_a_manifest_of_others(tmp_path: Path) -> None:
    """A file `manifest.json` that is none of planforge's is not replaced unasked."""
    path = tmp_path / "manifest.json"
    path.write_text('{"name": "my site"}')
    for dry_run in (False, True):
        assert refused(lambda dry=dry_run: batch.run([unit(1)], to=tmp_path, dry_run=dry)) == ["PF763"]  # type: ignore[misc]
    assert list(tmp_path.iterdir()) == [path]
    assert states(batch.run([unit(1)], to=tmp_path, overwrite=True)) == {"ГС-001": "done"}
    assert json.loads(path.read_text(encoding="utf-8"))["planforge"] == "manifest/1"


# --- a dry run -----------------------------------------------------------------------------------------------------


def test_a_dry_run_knows_the_folder(tmp_path: Path) -> None:
    """It tells of each unit what a run would, and what is left over; the folder stays as it is, though in use."""
    jobs = [unit(n) for n in range(6)]
    list(batch.run(jobs, to=tmp_path))
    (tmp_path / "ГС-001.docx").write_bytes(b"edited")
    (tmp_path / "ГС-002.docx").unlink()
    (tmp_path / "ГС-007.docx").write_bytes(b"mine")
    changed = [*jobs[:3], unit(3, title="Өөр"), unit(4, year="?"), unit(7)]
    before = contents(tmp_path)
    with closing(Journal(tmp_path)):
        trial = batch.run(changed, to=tmp_path, dry_run=True)
        tried = [(d.unit, d.state, d.file, codes(d.problems)) for d in trial]
    assert contents(tmp_path) == before
    run = batch.run(changed, to=tmp_path)
    assert tried == [(d.unit, d.state, d.file, codes(d.problems)) for d in run]
    assert trial.problems == run.problems
    assert [state for _, state, _, _ in tried] == ["unchanged", "failed", "done", "done", "failed", "failed"]
    assert [found[:1] for *_, found in tried] == [[], ["PF762"], [], [], ["PF114"], ["PF763"]]


def test_a_dry_run_in_another_process(tmp_path: Path) -> None:
    """Workers only look, too."""
    (tmp_path / "ГС-001.docx").write_bytes(b"mine")
    with Supervisor(1) as executor:
        found = states(batch.run([unit(1), unit(2)], to=tmp_path, dry_run=True, executor=executor))
    assert found == {"ГС-001": "failed", "ГС-002": "done"}
    assert sorted(contents(tmp_path)) == ["ГС-001.docx"]
    got: dict[str, bytes] = {}
    assert states(batch.run([unit(1)], to=got.__setitem__, dry_run=True)) == {"ГС-001": "done"}
    assert got == {}


def test_a_dry_run_where_nothing_can_be_written(tmp_path: Path) -> None:
    """It is refused as a run would be."""
    (tmp_path / "file").write_bytes(b"")
    places: list[Any] = [tmp_path / "file" / "out", Archive(tmp_path / "file" / "a.zip")]
    for to in places + ([Path("/proc/x")] if sys.platform == "linux" else []):
        assert refused(lambda to=to: batch.run([unit(1)], to=to, dry_run=True)) == ["PF770"]  # type: ignore[misc]
    assert [p.name for p in tmp_path.iterdir()] == ["file"]


# --- what is left over ---------------------------------------------------------------------------------------------


def left(deliveries: batch.Deliveries) -> list[str]:
    list(deliveries)
    return [problem.message("en").partition(" They")[0].partition("(")[2] for problem in deliveries.problems]


def test_what_is_left_over(tmp_path: Path) -> None:
    """Files of earlier runs that this one does not account for are named, and not deleted."""
    jobs = [unit(n) for n in range(4)]
    assert left(batch.run(jobs, to=tmp_path)) == []
    changed = [unit(0), unit(1, year="?"), unit(2)]
    assert left(batch.run(changed, to=tmp_path)) == [
        "their units failed this time): ГС-001.docx.",
        "their units are no longer in the source): ГС-003.docx.",
    ]
    assert left(batch.run([unit(0)], to=tmp_path, only="ГС-000")) == [
        "their units are no longer in the source): ГС-001.docx, ГС-002.docx, ГС-003.docx."
    ]
    assert left(batch.run(jobs, to=tmp_path, only="ГС-000")) == []
    (tmp_path / "ГС-003.docx").unlink()
    assert left(batch.run(jobs[:3], to=tmp_path, names="{{ unit }}-а")) == [
        "their units have files of other names now): ГС-000.docx, ГС-001.docx, ГС-002.docx."
    ]
    assert len(list(tmp_path.glob("*.docx"))) == 6
    assert left(batch.run(jobs[:3], to=tmp_path, names="{{ unit }}-а")) == [
        "their units have files of other names now): ГС-000.docx, ГС-001.docx, ГС-002.docx."
    ]


def test_many_are_left_over(tmp_path: Path) -> None:
    """The first ten are named, and how many there are."""
    list(batch.run([unit(n) for n in range(30)], to=tmp_path))
    (told,) = left(batch.run([unit(0)], to=tmp_path))
    assert told.count(".docx") == 10
    deliveries = batch.run([unit(0)], to=tmp_path)
    list(deliveries)
    assert deliveries.problems[0].args["count"] == 29


def test_back_to_earlier_names(tmp_path: Path) -> None:
    """A file that an earlier run wrote is ours, whatever the names were in between; an edited one is not replaced."""
    jobs = [unit(1), unit(2)]
    for names in ("{{ unit }}", "{{ unit }}-а", "{{ unit }}", "{{ unit }}-а"):
        changed = [unit(1, title=names + "1"), unit(2, title=names + "2")]
        assert set(states(batch.run(changed, to=tmp_path, names=names)).values()) == {"done"}
    for _ in range(3):  # the journal is made short in between
        list(batch.run(jobs, to=tmp_path, names="{{ unit }}-а", force=True))
    (tmp_path / "ГС-001.docx").write_bytes(b"edited")
    found = list(batch.run(jobs, to=tmp_path))
    assert [(d.state, codes(d.problems)) for d in found] == [("failed", ["PF762"]), ("done", [])]


def test_names_by_number(tmp_path: Path) -> None:
    """A unit that comes in front moves the others' files: they are ours, and are written anew."""
    list(batch.run([unit(1), unit(2)], to=tmp_path, names="{{ number }}"))
    found = list(batch.run([unit(0), unit(1), unit(2)], to=tmp_path, names="{{ number }}"))
    assert [(d.state, d.file) for d in found] == [("done", f"{n}.docx") for n in (1, 2, 3)]
    found = list(batch.run([unit(0), unit(1), unit(2)], to=tmp_path, names="{{ number }}"))
    assert [d.state for d in found] == ["unchanged"] * 3


# --- what the system says ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["ENOSPC", "EROFS", "EACCES", "EPERM", "EISDIR", "ENAMETOOLONG", "ENOENT", "EPROTO"])
def test_reasons_in_both_languages(name: str) -> None:
    """No reason holds English in its Mongolian; one that the table does not have is named by its code alone."""
    number = getattr(errno, name)
    found = reason(OSError(number, os.strerror(number)))
    assert not any("a" <= letter <= "z" for letter in found.mn)
    assert found.en


def test_reason_of_a_name() -> None:
    """What is no name for the system has words, too."""
    for name in ("a\0b", "a\ud800"):
        with pytest.raises(ValueError) as caught:
            Path(name).read_bytes()
        assert reason(caught.value).mn
