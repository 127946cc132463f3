"""Batches: every unit is delivered or told, by any executor, and a second run does only what changed."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import zipfile
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import Executor, ProcessPoolExecutor, ThreadPoolExecutor
from contextlib import closing, contextmanager, nullcontext
from datetime import date
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import pytest

from planforge import Plan, batch, batch_work, load, read
from planforge.batch import Delivery
from planforge.errors import DataError, DataPlace, EnvironmentProblem, OutputError, Problem, TemplateError
from planforge.jobs import Job, open_source
from planforge.journal import Journal, Record, digest_of
from planforge.supervisor import Supervisor
from tests import lethal
from tests.bodies import docx
from tests.tasks import limited

PLACE = DataPlace("нэгж.xlsx")
SAMPLES = Path(__file__).parent.parent / "samples"


def unit(number: int, **more: Any) -> dict[str, Any]:
    """The data of a small plan, as a program hands them over."""
    measures = [f"Арга хэмжээ {number}.{n} & <бусад>" for n in range(1, 3)]
    plan = {
        "title": "Т",
        "year": 2024,
        "owner": f"№{number} хэлтэс",
        "objectives": [{"text": "Зорилт", "measures": measures}],
    }
    return {"id": f"ГС-{number:03}", **plan, **more}


def states(deliveries: Iterator[Delivery]) -> dict[str, str]:
    return {d.unit: d.state for d in deliveries}


def kept(folder: Path) -> list[str]:
    """What a batch keeps for itself; not every system leaves the file of a lock that is free."""
    return sorted(path.name for path in (folder / ".planforge").iterdir() if path.name != "lock")


def contents(folder: Path) -> dict[str, bytes]:
    """The files of a folder but for what only the batch itself reads."""
    return {p.name: p.read_bytes() for p in sorted(folder.iterdir()) if p.name != ".planforge"}


# --- the same by any executor --------------------------------------------------------------------------------------


def dask() -> Executor:
    pytest.importorskip("distributed", exc_type=ImportError)  # it needs `resource`
    from distributed import Client, LocalCluster

    cluster = LocalCluster(n_workers=2, threads_per_worker=1, processes=True, dashboard_address=None)  # type: ignore[no-untyped-call]
    client = Client(cluster)  # type: ignore[no-untyped-call]
    executor: Executor = client.get_executor()  # type: ignore[no-untyped-call]
    shutdown = executor.shutdown

    def end(*args: Any, **kwargs: Any) -> None:
        shutdown(*args, **kwargs)
        client.close()  # type: ignore[no-untyped-call]
        cluster.close()

    executor.shutdown = end  # type: ignore[method-assign]
    return executor


EXECUTORS = {
    "threads": lambda: ThreadPoolExecutor(2),
    "processes": lambda: ProcessPoolExecutor(2, mp_context=get_context("spawn")),
    "supervisor": lambda: Supervisor(2),
    "dask": dask,
}
"""Each of the kinds of executors that `batch.run` is said to take."""


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("make", EXECUTORS.values(), ids=list(EXECUTORS))
def test_same_bytes(make: Any, tmp_path: Path) -> None:
    """Whoever does the work, the folder holds the same files, and the deliveries come in order."""
    jobs = [unit(n) for n in range(40)]
    alone = list(batch.run(jobs, to=tmp_path / "alone"))
    with make() as executor:
        spread = list(batch.run(jobs, to=tmp_path / "spread", executor=executor, chunk=7))
    assert [d.unit for d in alone] == [d.unit for d in spread] == [job["id"] for job in jobs]
    assert {d.state for d in (*alone, *spread)} == {"done"}
    assert contents(tmp_path / "alone") == contents(tmp_path / "spread")
    assert len(contents(tmp_path / "alone")) == 41


def test_documents_are_read_back(tmp_path: Path) -> None:
    """A delivered document is that of its unit."""
    assert states(batch.run([unit(7)], to=tmp_path)) == {"ГС-007": "done"}
    plan = read(tmp_path / "ГС-007.docx")
    assert isinstance(plan, Plan)
    assert plan.owner.name == "№7 хэлтэс"


def test_deliveries_are_lazy(tmp_path: Path) -> None:
    """Whoever stops listening leaves the rest, and the folder is free again."""
    asked = []

    def jobs() -> Iterator[dict[str, Any]]:
        for number in range(1000):
            asked.append(number)
            yield unit(number)

    with closing(batch.run(jobs(), to=tmp_path)) as deliveries:
        assert next(deliveries).state == "done"
    assert asked == [0]
    assert states(batch.run([unit(0)], to=tmp_path)) == {"ГС-000": "unchanged"}


class Again:
    """Units of one mapping that is filled anew each time, gone through as often as asked for."""

    def __iter__(self) -> Iterator[Job]:
        values = unit(0)
        values.pop("id")
        for number in range(20):
            values["title"] = f"Төлөвлөгөө {number}"
            yield Job(f"ГС-{number}", values)


@pytest.mark.parametrize("once", [True, False])
@pytest.mark.parametrize("make", [None, lambda: ThreadPoolExecutor(2)], ids=["alone", "threads"])
def test_a_mapping_that_is_filled_again(make: Any, once: bool, tmp_path: Path) -> None:
    """Each unit has the data that it was given with, whatever becomes of the mapping when the next is asked for."""
    made: dict[str, bytes] = {}
    with make() if make else nullcontext() as executor:
        jobs = iter(Again()) if once else Again()
        list(batch.run(jobs, to=made.__setitem__, executor=executor))
    titles = [plan.title for plan in map(read, made.values()) if isinstance(plan, Plan)]
    assert titles == [f"Төлөвлөгөө {number}" for number in range(20)]


@pytest.mark.parametrize("make", [None, lambda: ThreadPoolExecutor(2)], ids=["alone", "threads"])
def test_a_source_that_fails(make: Any) -> None:
    """What it has given before is delivered; then its own exception passes."""

    def jobs() -> Iterator[dict[str, Any]]:
        yield from (unit(number) for number in range(5))
        raise LookupError("холболт тасарлаа")

    with make() if make else nullcontext() as executor:
        deliveries = batch.run(jobs(), to=lambda name, document: None, executor=executor)
        assert [next(deliveries).unit for _ in range(5)] == [f"ГС-{number:03}" for number in range(5)]
        with pytest.raises(LookupError, match="тасарлаа"):
            next(deliveries)


def test_large_units_go_alone() -> None:
    """Those whose data are large, or of unknown size, share the memory with no other."""
    sizes = [10, 200_000, 10, 10, None, *[10] * 9]
    tasks = [batch_work.Task(str(n), b"", None, "", False, False, size=size) for n, size in enumerate(sizes)]
    assert [len(group) for group in batch_work._groups(tasks)] == [1, 1, 2, 1, 8, 1]
    digests = [
        batch._data_digest(given)
        for given in (unit(1), Plan(title="Т", year=2024, owner={"name": "Хэлтэс"}), b"{}", "a.yaml")
    ]
    assert [size is not None and size > 1 for _, size in digests] == [True, True, True, False]


# --- faults of single units ----------------------------------------------------------------------------------------


def test_ten_of_two_hundred(tmp_path: Path) -> None:
    """190 units are delivered, ten that fail in different ways are told with unit, place and remedy."""
    jobs: list[Any] = [unit(n) for n in range(200)]
    faulty = {
        10: (unit(10, year="хоёр"), "PF1"),
        20: (unit(20, title="а" * 1_000_001), "PF141"),
        30: (unit(30, id="../../x"), "PF776"),
        40: (unit(40, id="ГС-041"), "PF761"),
        41: (unit(41), "PF761"),
        50: (Job("ГС-050", lethal.Lethal(unit(50), lethal.killed), PLACE), "PF740"),
        60: (Job("ГС-060", lethal.Lethal(unit(60), lethal.gone), PLACE), "PF740"),
        70: (Job("ГС-070", lethal.Lethal(unit(70), lethal.hanging), PLACE), "PF741"),
        80: (Job("ГС-080", lethal.Lethal(unit(80), lethal.greedy), PLACE), "PF777" if limited() else "PF"),
        90: (Job("ГС-090", tmp_path / "none.yaml", PLACE), "PF120"),
    }
    for number, (job, _) in faulty.items():
        jobs[number] = job
    with Supervisor(2, seconds=3, memory=1024**3) as executor:
        deliveries = list(batch.run(jobs, to=tmp_path / "out", executor=executor))
    assert Counter(d.state for d in deliveries) == {"done": 190, "failed": 10}
    for number, (_, code) in faulty.items():
        delivery = deliveries[number]
        assert delivery.state == "failed"
        first = delivery.problems[0]
        assert first.code.startswith(code), (number, first.format())
        assert first.place is not None
        assert all(problem.hint(lang) for problem in delivery.problems[:1] for lang in ("mn", "en"))
    assert len(list((tmp_path / "out").glob("*.docx"))) == 190


def test_a_fault_of_the_program(tmp_path: Path) -> None:
    """What nobody foresaw fails one unit, in a process of its own and without one."""

    class Odd(dict[str, Any]):
        def __iter__(self) -> Any:
            raise ZeroDivisionError("odd")

        items = keys = __iter__

    found = list(batch.run([unit(1), Job("ГС-002", Odd()), unit(3)], to=tmp_path / "here"))
    assert [d.state for d in found] == ["done", "failed", "done"]
    assert found[1].problems[0].code == "PF765"
    jobs = [unit(1), Job("ГС-002", lethal.Lethal(unit(2), lethal.raising)), unit(3)]
    with Supervisor(1) as executor:
        found = list(batch.run(jobs, to=tmp_path / "there", executor=executor))
    assert [d.state for d in found] == ["done", "failed", "done"]
    assert found[1].problems[0].code == "PF765"


class Odd:
    """What has no text."""

    def __str__(self) -> str:
        raise ZeroDivisionError("odd")


def circular() -> dict[str, Any]:
    values = unit(0)
    values["extra"] = {"а": values}
    return values


def deep() -> dict[str, Any]:
    inner: list[Any] = []
    for _ in range(3000):
        inner = [inner]
    return unit(0, objectives=inner)


UNREADABLE: dict[str, tuple[Any, str]] = {
    "tuple as key": ({**unit(0), (1, 2): 3}, "PF101"),
    "circle": (circular(), "PF139"),
    "deep": (deep(), "PF"),
    "id without text": (unit(0, id=Odd()), "PF110"),
    "value without text": (unit(0, title=Odd()), "PF765"),
    "set": (unit(0, extra={"а": {1, 2}}), "PF110"),
    "number as name": (Job(5, unit(0)), "PF765"),  # type: ignore[arg-type]
    "no problems": (Job("а", unit(0), None, None), "PF765"),  # type: ignore[arg-type]
    "nothing": (None, "PF771"),
    "surrogate in the name": (unit(0, id="а\ud800"), "PF753"),
    "surrogate in the data": (unit(0, title="а\ud800"), "PF140"),
    "file name that is no UTF-8": ("а\udcff.yaml", "PF753"),
}
"""Jobs that cannot be read, and what is told of them."""


@pytest.mark.parametrize("name", UNREADABLE)
@pytest.mark.parametrize("is_apart", [False, True])
def test_jobs_that_cannot_be_read(tmp_path: Path, name: str, is_apart: bool) -> None:
    """Whatever a job is, it fails alone, and all that is told of it can be written down."""
    job, code = UNREADABLE[name]
    jobs = [unit(1), job, unit(2)]
    if is_apart:
        with ThreadPoolExecutor(1) as executor:
            found = list(batch.run(jobs, to=tmp_path / "out", executor=executor))
    else:
        found = list(batch.run(jobs, to=tmp_path / "out"))
        assert [d.state for d in batch.run(iter(jobs), to=lambda name, document: None)] == ["done", "failed", "done"]
    assert [d.state for d in found] == ["done", "failed", "done"]
    assert found[1].problems[0].code.startswith(code)
    assert found[1].unit.encode()
    for problem in found[1].problems:
        assert problem.format("mn")
        assert problem.as_json()
    told = json.loads((tmp_path / "out" / "manifest.json").read_text(encoding="utf-8"))
    assert [line["state"] for line in told["units"]] == ["done", "failed", "done"]
    assert states(batch.run([unit(1)], to=tmp_path / "out")) == {"ГС-001": "unchanged"}


def test_a_callable_that_raises() -> None:
    """It ends the batch: its exception passes, what was delivered before stays delivered."""
    got: list[str] = []

    def upload(name: str, document: bytes) -> None:
        if len(got) == 2:
            raise ConnectionError("the storage is gone")
        got.append(name)

    deliveries = batch.run([unit(n) for n in range(5)], to=upload)
    with pytest.raises(ConnectionError, match="storage"):
        list(deliveries)
    assert got == ["ГС-000.docx", "ГС-001.docx"]
    assert list(deliveries) == []


# --- a second run --------------------------------------------------------------------------------------------------


def test_only_what_changed(tmp_path: Path) -> None:
    """Unchanged units are not made again; changed data, templates and options are seen, the date only if printed."""
    jobs = [unit(n) for n in range(5)]
    assert set(states(batch.run(jobs, to=tmp_path)).values()) == {"done"}
    before = contents(tmp_path)
    assert set(states(batch.run(jobs, to=tmp_path)).values()) == {"unchanged"}
    assert contents(tmp_path) == before
    changed = [*jobs[:3], unit(3, title="Өөр"), jobs[4]]
    assert Counter(states(batch.run(changed, to=tmp_path)).values()) == {"unchanged": 4, "done": 1}
    assert set(states(batch.run(changed, to=tmp_path, today=date(2024, 1, 1))).values()) == {"unchanged"}
    assert set(states(batch.run(changed, to=tmp_path, force=True)).values()) == {"done"}
    assert set(states(batch.run(changed, to=tmp_path, embed=False)).values()) == {"done"}
    dated = docx("{{ plan.title }} {{ today }}")
    for day, state in ((1, "done"), (1, "unchanged"), (2, "done")):
        found = states(batch.run(changed, to=tmp_path, template=dated, today=date(2024, 1, day)))
        assert set(found.values()) == {state}


def test_a_changed_plan_beside_a_report(tmp_path: Path) -> None:
    """A report is made again if the plan that it names has changed."""
    source = tmp_path / "in"
    source.mkdir()
    for name in ("plan.yaml", "report.yaml"):
        (source / name).write_bytes((SAMPLES / "govisumber-2021" / name).read_bytes())
    for state in ("done", "unchanged"):
        assert states(batch.run([source / "report.yaml"], to=tmp_path / "out")) == {"report": state}
    plan = source / "plan.yaml"
    plan.write_text(
        plan.read_text(encoding="utf-8").replace("Говьсүмбэр", "Говьсүмбэр", 1) + "\n# засвар\n", encoding="utf-8"
    )
    assert states(batch.run([source / "report.yaml"], to=tmp_path / "out")) == {"report": "done"}


def test_edited_documents_stay(tmp_path: Path) -> None:
    """What a person has edited is named and kept; with `overwrite` it is made again."""
    jobs = [unit(1), unit(2)]
    list(batch.run(jobs, to=tmp_path))
    edited = tmp_path / "ГС-001.docx"
    edited.write_bytes(b"mine")
    found = list(batch.run(jobs, to=tmp_path))
    assert [(d.state, [p.code for p in d.problems]) for d in found] == [("failed", ["PF762"]), ("unchanged", [])]
    assert edited.read_bytes() == b"mine"
    assert states(batch.run([unit(1, title="Ө"), unit(2)], to=tmp_path))["ГС-001"] == "failed"
    assert states(batch.run(jobs, to=tmp_path, overwrite=True)) == {"ГС-001": "done", "ГС-002": "unchanged"}
    assert read(edited)


def test_touched_documents_are_known(tmp_path: Path) -> None:
    """A copy with another time is still ours; one that was deleted is made again."""
    list(batch.run([unit(1)], to=tmp_path))
    document = tmp_path / "ГС-001.docx"
    os.utime(document, ns=(1, 1))
    assert states(batch.run([unit(1)], to=tmp_path)) == {"ГС-001": "unchanged"}
    document.unlink()
    assert states(batch.run([unit(1)], to=tmp_path)) == {"ГС-001": "done"}


def test_files_in_the_way(tmp_path: Path) -> None:
    """A file or a link that no batch made is not replaced, nor followed."""
    victim = tmp_path / "victim"
    victim.write_bytes(b"mine")
    out = tmp_path / "out"
    out.mkdir()
    (out / "ГС-001.docx").write_bytes(b"mine")
    (out / "ГС-002.docx").symlink_to(victim)
    found = list(batch.run([unit(1), unit(2)], to=out))
    assert [[p.code for p in d.problems] for d in found] == [["PF763"], ["PF763"]]
    assert states(batch.run([unit(1), unit(2)], to=out, overwrite=True)) == {"ГС-001": "done", "ГС-002": "done"}
    assert victim.read_bytes() == b"mine"
    assert not (out / "ГС-002.docx").is_symlink()


def test_a_lost_journal(tmp_path: Path) -> None:
    """Without its journal a batch takes the documents that are as it would make them, and touches no others."""
    jobs = [unit(1), unit(2)]
    list(batch.run(jobs, to=tmp_path))
    (tmp_path / ".planforge" / "journal.jsonl").unlink()
    found = list(batch.run([jobs[0], unit(2, title="Өөр")], to=tmp_path))
    assert [d.state for d in found] == ["done", "failed"]
    assert found[1].problems[0].code == "PF763"


def test_only_some_units(tmp_path: Path) -> None:
    """Units that were not asked for keep their lines in the manifest."""
    jobs = [unit(n) for n in range(12)]
    list(batch.run(jobs, to=tmp_path))
    manifest = json.loads((tmp_path / "manifest.json").read_text(encoding="utf-8"))
    changed = [unit(n, title="Ө") for n in range(12)]
    assert states(batch.run(changed, to=tmp_path, only="ГС-01*")) == {"ГС-010": "done", "ГС-011": "done"}
    after = json.loads((tmp_path / "manifest.json").read_text(encoding="utf-8"))
    assert [u["unit"] for u in after["units"]] == [u["unit"] for u in manifest["units"]]
    assert [a == b for a, b in zip(after["units"], manifest["units"], strict=True)] == [True] * 10 + [False] * 2


# --- the folder ----------------------------------------------------------------------------------------------------


def test_manifest(tmp_path: Path) -> None:
    """The manifest names what stands, with its digest, and what failed; it holds no times."""
    list(batch.run([unit(1), unit(2, year="?")], to=tmp_path))
    done, failed = json.loads((tmp_path / "manifest.json").read_text(encoding="utf-8"))["units"]
    assert done["file"] == "ГС-001.docx"
    assert done["sha256"] == digest_of(tmp_path / "ГС-001.docx")
    assert set(done) == {"unit", "state", "file", "sha256", "data", "template", "problems"}
    assert failed["state"] == "failed"
    assert failed["problems"][0].startswith("PF1")


def test_one_batch_at_a_time(tmp_path: Path) -> None:
    """A second batch in the folder is refused with the process of the first."""
    first = batch.run([unit(1), unit(2)], to=tmp_path)
    next(first)
    with pytest.raises(EnvironmentProblem) as caught:
        batch.run([unit(3)], to=tmp_path)
    assert caught.value.problems[0].code == "PF764"
    assert str(os.getpid()) in caught.value.problems[0].message()
    assert len(list(first)) == 1
    assert states(batch.run([unit(3)], to=tmp_path)) == {"ГС-003": "done"}


def test_what_a_kill_leaves(tmp_path: Path) -> None:
    """Parts of files and a line of the journal that was cut are no hindrance, and go."""
    jobs = [unit(1), unit(2)]
    list(batch.run(jobs, to=tmp_path))
    (tmp_path / ".planforge" / "00.part").write_bytes(b"half")
    journal = tmp_path / ".planforge" / "journal.jsonl"
    lines = journal.read_bytes().splitlines(keepends=True)
    journal.write_bytes(b"".join(lines[:-1]) + lines[-1][:40])
    assert states(batch.run(jobs, to=tmp_path)) == {"ГС-001": "unchanged", "ГС-002": "done"}
    assert sorted(contents(tmp_path)) == ["manifest.json", "ГС-001.docx", "ГС-002.docx"]


def test_the_journal_stays_short(tmp_path: Path) -> None:
    """Old lines go when they outnumber the units."""
    for number in range(10):
        list(batch.run([unit(1, title=f"Т{number}"), unit(2)], to=tmp_path, force=True))
    lines = (tmp_path / ".planforge" / "journal.jsonl").read_text(encoding="utf-8").splitlines()
    assert sum('"unit"' in line for line in lines) <= 8
    with closing(Journal(tmp_path)) as journal:
        assert [record.unit for record in journal.memory.units.values()] == ["ГС-001", "ГС-002"]


def test_read_only_folder(tmp_path: Path) -> None:
    """A folder that cannot be written to is told before anything is done."""
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(OutputError) as caught:
        batch.run([unit(1)], to=tmp_path / "file" / "out")
    assert caught.value.problems[0].code == "PF770"


mounting = pytest.mark.skipif(sys.platform != "linux" or os.geteuid() != 0, reason="mounting needs root on Linux")


@contextmanager
def small_disk(folder: Path, size: str) -> Iterator[Path]:
    """A folder on a disk of its own, in memory."""
    folder.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", f"size={size}", "tmpfs", str(folder)],
        capture_output=True,
        text=True,
        check=False,
    )
    if mounted.returncode:
        pytest.skip(f"no tmpfs here: {mounted.stderr.strip()}")
    try:
        yield folder
    finally:
        subprocess.run(["umount", str(folder)], check=True)


@mounting
def test_full_disk(tmp_path: Path) -> None:
    """Where the disk is full the batch says so, leaves nothing half, and goes on when there is room."""
    with small_disk(tmp_path / "out", "128k") as out:
        jobs = [unit(n) for n in range(60)]
        told: list[Problem] = []
        try:
            for delivery in batch.run(jobs, to=out):
                told += delivery.problems
        except OutputError as error:
            told += error.problems
        assert {problem.code for problem in told} <= {"PF504", "PF770"}
        assert told
        assert not list(out.glob("*.part"))
        for path in out.glob("*.docx"):
            assert zipfile.ZipFile(path).testzip() is None
        subprocess.run(["mount", "-o", "remount,size=8m", str(out)], check=True)
        assert set(states(batch.run(jobs, to=out)).values()) <= {"done", "unchanged"}
        assert len(list(out.glob("*.docx"))) == 60


# --- sinks ---------------------------------------------------------------------------------------------------------


def test_archive(tmp_path: Path) -> None:
    """One ZIP of stored documents and the manifest; the same bytes each time, and nothing until it is whole."""
    jobs = [unit(1), unit(2, year="?"), unit(3)]
    for name in ("a.zip", "b.zip"):
        assert len(list(batch.run(jobs, to=batch.Archive(tmp_path / name)))) == 3
    assert (tmp_path / "a.zip").read_bytes() == (tmp_path / "b.zip").read_bytes()
    with zipfile.ZipFile(tmp_path / "a.zip") as archive:
        assert archive.namelist() == ["ГС-001.docx", "ГС-003.docx", "manifest.json"]
        list(batch.run(jobs, to=tmp_path / "out"))
        assert archive.read("ГС-001.docx") == (tmp_path / "out" / "ГС-001.docx").read_bytes()
    with closing(batch.run(jobs, to=batch.Archive(tmp_path / "c.zip"))) as deliveries:
        next(deliveries)
    assert sorted(p.name for p in tmp_path.iterdir()) == ["a.zip", "b.zip", "out"]


def test_callback() -> None:
    """A service gets each document under its name."""
    got: dict[str, bytes] = {}
    assert states(batch.run([unit(1)], to=got.__setitem__)) == {"ГС-001": "done"}
    assert read(got["ГС-001.docx"])


# --- names ---------------------------------------------------------------------------------------------------------


def test_names_by_a_pattern(tmp_path: Path) -> None:
    """File names may print the number of the unit and its data."""
    pattern = "{{ number }}. {{ plan.owner.name }} ({{ plan.year }}).docx"
    found = [d.file for d in batch.run([unit(5), unit(6)], to=tmp_path, names=pattern)]
    assert found == ["1. №5 хэлтэс (2024).docx", "2. №6 хэлтэс (2024).docx"]


def test_names_in_mongolian_and_with_the_date(tmp_path: Path) -> None:
    """The unit and its number have names in both languages; the date prints as in templates, and must be given."""
    names = "{{ өнөөдөр }} {{ дугаар }} {{ нэгж }}"
    found = [d.file for d in batch.run([unit(5)], to=tmp_path, names=names, today=date(2024, 3, 20))]
    assert found == ["2024.03.20 1 ГС-005.docx"]
    with pytest.raises(DataError) as caught:
        batch.run([unit(5)], to=tmp_path, names="{{ today }}-{{ unit }}")
    assert caught.value.problems[0].code == "PF305"


def test_names_that_are_alike(tmp_path: Path) -> None:
    """Of two units for one file neither is written, and each names the other; others are."""
    jobs = [unit(1, id="Дорнод"), unit(2), unit(3, id="дорнод")]
    found = list(batch.run(jobs, to=tmp_path))
    assert [d.state for d in found] == ["failed", "done", "failed"]
    assert "дорнод" in found[0].problems[0].message()
    assert "Дорнод" in found[2].problems[0].message()
    found = list(batch.run(iter(jobs), to=tmp_path / "once"))
    assert [d.state for d in found] == ["done", "done", "failed"]


def test_broken_template_is_told_at_once(tmp_path: Path) -> None:
    """What is wrong with all of the batch is raised before anything is made."""
    with pytest.raises(TemplateError):
        batch.run([unit(1)], to=tmp_path / "out", template=docx("{{ plan.tilte }}"))
    assert not (tmp_path / "out").exists()


def test_records() -> None:
    """A record of a failed unit names no file in the manifest."""
    line = json.loads(Record("а", "failed", "а.docx", problems=("PF1",)).as_manifest())
    assert line == {"unit": "а", "state": "failed", "problems": ["PF1"]}


# --- runs that were stopped ----------------------------------------------------------------------------------------


def test_a_document_that_was_replaced_and_not_journalled(tmp_path: Path) -> None:
    """What a killed run has written is known by its bytes; another text is somebody's, also in a trial."""
    jobs = [unit(1), unit(2)]
    list(batch.run(jobs, to=tmp_path / "a"))
    list(batch.run(jobs, to=tmp_path / "b", embed=False))
    (tmp_path / "a" / "ГС-001.docx").write_bytes((tmp_path / "b" / "ГС-001.docx").read_bytes())
    (tmp_path / "a" / "ГС-002.docx").write_bytes(b"mine")
    for is_trial in (True, False):
        found = list(batch.run(jobs, to=tmp_path / "a", embed=False, dry_run=is_trial))
        assert [(d.state, [p.code for p in d.problems]) for d in found] == [("done", []), ("failed", ["PF762"])]
    assert states(batch.run(jobs[:1], to=tmp_path / "a", embed=False)) == {"ГС-001": "unchanged"}


def test_what_is_under_way_is_journalled(tmp_path: Path) -> None:
    """Whoever stops listening early loses no line: every document that stands is known, so another form replaces it."""
    jobs = [unit(n) for n in range(40)]
    list(batch.run(jobs, to=tmp_path))
    with ThreadPoolExecutor(2) as executor:
        with closing(batch.run(jobs, to=tmp_path, embed=False, executor=executor, chunk=5)) as deliveries:
            next(deliveries)
        assert set(states(batch.run(jobs, to=tmp_path, executor=executor)).values()) <= {"done", "unchanged"}


@pytest.mark.parametrize(
    "line",
    [
        '{"unit": ["a"], "files": [], "problems": [], "file": "x.docx"}',
        '{"unit": "a", "files": [], "problems": [], "file": []}',
        '{"unit": "ГС-001", "files": [], "problems": [], "file": "ГС-001.docx", "size": "1"}',
        '{"unit": "a", "files": [[1, 2]], "problems": [], "file": "x.docx"}',
        '{"unit": "a", "files": [], "problems": [{}], "file": "x.docx"}',
        '{"unit": "a", "files": [], "problems": [], "file": "x\\u0000.docx", "pdf": [1, 2, 3, 4, 5]}',
        '{"unit": "ГС-001", "files": [["x\\u0000", ""]], "problems": [], "file": "x\\u0000.docx"}',
        "[" * 100_000,
        "5",
    ],
)
def test_odd_lines_of_a_journal(tmp_path: Path, line: str) -> None:
    """A line that no batch has written stops no run."""
    list(batch.run([unit(1)], to=tmp_path))
    with (tmp_path / ".planforge" / "journal.jsonl").open("a", encoding="utf-8") as journal:
        journal.write(line + "\n")
    for state in ({"done", "unchanged"}, {"unchanged"}):
        assert set(states(batch.run([unit(1)], to=tmp_path)).values()) <= state


def test_no_unit_of_jobs_that_come_once(tmp_path: Path) -> None:
    """Of what can be gone through twice a mistyped unit leaves no trace; else it is told at the end."""
    with pytest.raises(DataError, match="PF767"):
        batch.run([unit(1)], to=tmp_path / "out", only="zzz")
    assert not (tmp_path / "out").exists()
    deliveries = batch.run((unit(n) for n in range(2)), to=tmp_path / "out", only="zzz")
    with pytest.raises(DataError, match="PF767"):
        next(deliveries)


KILLED = """
import os, time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from planforge import batch
from tests.test_batch import unit

def jobs():
    before = {path: path.read_bytes() for path in Path().glob("*.docx")}
    yield from (unit(n) for n in range(4))
    while any(path.read_bytes() == document for path, document in before.items()):
        time.sleep(0.01)
    os._exit(9)

list(batch.run(jobs(), to=".", embed=False, executor=ThreadPoolExecutor(1), chunk=1))
"""


def test_a_kill_between_two_forms(tmp_path: Path) -> None:
    """What a killed run has written and not journalled is ours, whatever the form of the next run; edits are not."""
    jobs = [unit(n) for n in range(4)]
    list(batch.run(jobs, to=tmp_path))
    root = str(Path(__file__).parent.parent)
    env = {**os.environ, "PYTHONPATH": os.pathsep.join([root, os.environ.get("PYTHONPATH", "")])}
    assert subprocess.run([sys.executable, "-c", KILLED], cwd=tmp_path, env=env, check=False).returncode == 9
    (tmp_path / "ГС-003.docx").write_bytes(b"mine")
    list(batch.run(jobs, to=tmp_path, only="ГС-000"))
    found = list(batch.run(jobs, to=tmp_path))
    assert [(d.state, [p.code for p in d.problems]) for d in found] == [
        ("unchanged", []),
        ("done", []),
        ("done", []),
        ("failed", ["PF762"]),
    ]
    assert kept(tmp_path) == ["journal.jsonl"]


# --- what is told of data that a program hands over ----------------------------------------------------------------


def test_warnings_of_mappings_and_subjects(tmp_path: Path) -> None:
    """Data handed over as values, or as a plan, are told what a file that holds them is told; a job of a list once."""
    values = unit(1)
    del values["id"]
    values["objectives"] = [{"text": "Зорилт", "measures": ["Журмыг хэрэгжүүлэx"]}]
    path = tmp_path / "x.json"
    path.write_text(json.dumps({"planforge": "plan/1", **values}), encoding="utf-8")
    listed = {"planforge": "units/1", "units": [{"id": "x", **values}]}
    (tmp_path / "list.yaml").write_text(json.dumps(listed, ensure_ascii=False), encoding="utf-8")
    plan = load(path)
    forms = [path, values, plan, Job("x", plan), *open_source(tmp_path / "list.yaml")]
    told = [
        [p.code for d in batch.run([form], to=tmp_path / str(n)) for p in d.problems] for n, form in enumerate(forms)
    ]
    assert told == [told[0]] * 5 != [[]] * 5


@pytest.mark.skipif(sys.platform == "win32", reason="the program is a shell script")
def test_no_worker_can_start(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Every unit is told so after the first try: no more programs are started for the others."""
    starts = tmp_path / "starts"
    python = tmp_path / "python"
    python.write_text(f"#!/bin/sh\necho >> {starts}\nexit 1\n")
    python.chmod(0o755)
    monkeypatch.setattr("multiprocessing.spawn._python_exe", os.fsencode(python))
    with Supervisor(2) as executor:
        found = list(batch.run([unit(n) for n in range(60)], to=tmp_path / "out", executor=executor, chunk=1))
    assert [[p.code for p in d.problems] for d in found] == [["PF743"]] * 60
    assert len(starts.read_text()) <= 40
