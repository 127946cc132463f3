"""`planforge.supervisor`: real processes that die, hang, eat memory and lose their parent; the others go on."""

from __future__ import annotations

import gc
import multiprocessing
import os
import pickle
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from concurrent.futures import Future, wait
from pathlib import Path
from typing import Any

import pytest

from planforge.errors import EnvironmentProblem, catalogue
from planforge.pulse import beat
from planforge.supervisor import Supervisor, WorkerLost
from tests import tasks

ROOT = Path(__file__).parent.parent
POSIX = pytest.mark.skipif(sys.platform == "win32", reason="signals of POSIX")
LIMITED = pytest.mark.skipif(not tasks.limited(), reason="no limit on memory here")


def until(true: Callable[[], object]) -> None:
    """Wait for what must come."""
    end = time.monotonic() + 30
    while not true():
        assert time.monotonic() < end, "it did not come"
        time.sleep(0.01)


def gone(pid: int) -> bool:
    """Whether the process has ended and was collected."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return True
    return False


def script(folder: Path, body: str, **environment: str) -> subprocess.Popen[str]:
    """A Python program of its own, in a process group of its own; its pipes stay open as long as any of its workers."""
    path = folder / "main.py"
    path.write_text(body, encoding="utf-8")
    return subprocess.Popen(
        [sys.executable, path],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONPATH": os.pathsep.join([environment.pop("first", str(ROOT)), str(ROOT)])},
        start_new_session=True,
    )


def test_results_come_in_order() -> None:
    """`map` and `submit` give what the function gives, from at most as many processes as asked for."""
    with Supervisor(2) as supervisor:
        assert list(supervisor.map(tasks.double, range(100))) == list(range(0, 200, 2))
        assert supervisor.submit(tasks.units, count=0, seconds=0).result() != os.getpid()
        assert len(multiprocessing.active_children()) == 2


def test_workers_start_when_there_is_work() -> None:
    """None for no task, one for one task."""
    with Supervisor(4) as supervisor:
        assert multiprocessing.active_children() == []
        assert supervisor.submit(tasks.double, 1).result() == 2
        assert len(multiprocessing.active_children()) == 1


def test_workers_start_ahead() -> None:
    """All of them if asked to, each prepared before its first task; what that raises is left to the tasks."""
    with Supervisor(2, prepare=tasks.prepare) as supervisor:
        supervisor.start()
        found = [supervisor.submit(tasks.prepared) for _ in range(8)]
        pids = [pid for future in found for pid in future.result()]
        assert len(pids) == 8
        assert set(pids) <= {child.pid for child in multiprocessing.active_children()}
        assert len(multiprocessing.active_children()) == 2
    with Supervisor(2) as supervisor:
        supervisor.start()
    assert multiprocessing.active_children() == []


@POSIX
@pytest.mark.parametrize("ahead", [False, True])
def test_starts_that_fail_are_few(ahead: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Three in a row and those side by side, whether there was work yet or not; then what waits is refused."""
    starts, python = tmp_path / "starts", tmp_path / "python"
    python.write_text(f"#!/bin/sh\necho >> {starts}\nexit 1\n", encoding="utf-8")
    python.chmod(0o755)
    monkeypatch.setattr("multiprocessing.spawn._python_exe", os.fsencode(python))
    with Supervisor(2) as supervisor:
        if ahead:
            supervisor.start()
            until(lambda: starts.exists() and len(starts.read_text()) == 2 and not multiprocessing.active_children())
        fault = supervisor.submit(tasks.double, 1).exception(30)
        assert isinstance(fault, WorkerLost)
        assert fault.problems[0].code == "PF743"
        assert len(starts.read_text()) <= 4


@pytest.mark.parametrize(
    ("task", "error", "said"),
    [
        (tasks.fail, LookupError, "жишээ"),
        (tasks.quit_python, SystemExit, "7"),
        (tasks.function, (AttributeError, pickle.PicklingError), "lambda"),
        (tasks.fail_unfit, pickle.PicklingError, "Unfit"),
        (tasks.trap, LookupError, "жишээ"),
        (lambda: None, (AttributeError, pickle.PicklingError), "lambda"),
        (tasks.nested, WorkerLost, "PF743"),
    ],
    ids=["raised", "exit", "result", "exception", "unpickling", "argument", "nested"],
)
def test_an_error_belongs_to_its_future(
    task: Callable[[], object], error: type[BaseException] | tuple[type[BaseException], ...], said: str
) -> None:
    """What a task raises, and what cannot be pickled on the way in or out, comes back; the worker goes on."""
    with Supervisor(1) as supervisor:
        first = supervisor.submit(tasks.process)
        fault = supervisor.submit(task).exception(30)
        assert isinstance(fault, error)
        assert said in str(fault)
        assert supervisor.submit(tasks.process).result(30) == first.result()


def test_remote_traceback() -> None:
    """The exception's cause shows where it was raised in the worker."""
    with Supervisor(1) as supervisor:
        fault = supervisor.submit(tasks.fail).exception()
    assert fault is not None
    assert 'raise LookupError("жишээ")' in str(fault.__cause__)


def _not_started(monkeypatch: pytest.MonkeyPatch) -> Future[int]:
    monkeypatch.setattr("multiprocessing.spawn._python_exe", b"/no/python")
    with Supervisor(2) as supervisor:
        return supervisor.submit(tasks.double, 1)


def _lost(task: str, monkeypatch: pytest.MonkeyPatch) -> Future[object]:
    if task == "not_started":
        return _not_started(monkeypatch)  # type: ignore[return-value]
    with Supervisor(1, seconds=0.5, memory=64 * 1024**2) as supervisor:
        argument = [bytes(256 * 1024**2)] if task == "size" else []
        return supervisor.submit(getattr(tasks, task), *argument)


@pytest.mark.parametrize(
    "code",
    [
        pytest.param(code, marks=LIMITED if code == "PF742" else ())
        for code, entry in catalogue().items()
        if "task" in entry.case
    ],
)
def test_smallest_case(code: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """A lost worker is one problem, which says how it was lost and what to do."""
    fault = _lost(catalogue()[code].case["task"], monkeypatch).exception()
    assert isinstance(fault, WorkerLost)
    assert isinstance(fault, EnvironmentProblem)
    assert [problem.code for problem in fault.problems] == [code]
    for lang in ("mn", "en"):
        assert "→" in fault.format(lang)
    assert pickle.loads(pickle.dumps(fault)).problems == fault.problems


@POSIX
@pytest.mark.parametrize(
    ("task", "cause"), [(tasks.kill, "signal SIGKILL"), (tasks.leave, "exit code 3")], ids=["signal", "exit"]
)
def test_cause(task: Callable[[], None], cause: str) -> None:
    """The problem names the signal or the exit code."""
    with Supervisor(1) as supervisor:
        assert cause in str(supervisor.submit(task).exception())


def test_a_loss_costs_one_task() -> None:
    """While some workers die, hang or are killed, every other task has its result."""
    with Supervisor(2, seconds=0.5) as supervisor:
        harm = [tasks.kill, tasks.leave, tasks.hang]
        futures: list[Future[object]] = [
            supervisor.submit(harm[number // 5 % 3] if number % 5 == 0 else tasks.double, number)
            for number in range(30)
        ]
        for number, future in enumerate(futures):
            if number % 5 == 0:
                assert isinstance(future.exception(), WorkerLost)
            else:
                assert future.result() == 2 * number


def test_the_clock_is_per_unit() -> None:
    """A task that beats may take longer than the limit; its units may not, be it in steps."""
    with Supervisor(2, seconds=1) as supervisor:
        long, stuck = supervisor.submit(tasks.units, 6, 0.3), supervisor.submit(tasks.units, 1, 60)
        slow = supervisor.submit(tasks.units, 1, 0.3, steps=9)
        assert long.result() > 0
        for future in (stuck, slow):
            fault = future.exception()
            assert isinstance(fault, WorkerLost)
            assert fault.problems[0].code == "PF741"


def test_beat_elsewhere() -> None:
    """Outside a worker a beat is nothing."""
    beat()


@POSIX
@pytest.mark.parametrize("sign", ["SIGKILL", "SIGSTOP"])
def test_a_task_not_begun_is_not_lost(sign: str) -> None:
    """Whatever happens to idle workers, what is handed to them then is done by another."""
    with Supervisor(1, seconds=1) as supervisor:
        for _ in range(20 if sign == "SIGKILL" else 1):
            worker = supervisor.submit(tasks.process).result()
            os.kill(worker, getattr(signal, sign))
            assert supervisor.submit(tasks.process).result() != worker


@POSIX
def test_a_worker_killed_at_its_start() -> None:
    """Another one is started for what waits."""
    with Supervisor(1) as supervisor:
        future = supervisor.submit(tasks.process)
        until(multiprocessing.active_children)
        (starting,) = [process.pid for process in multiprocessing.active_children()]
        assert starting is not None
        os.kill(starting, signal.SIGKILL)
        assert future.result() != starting


@LIMITED
def test_memory() -> None:
    """A task that wants too much gets MemoryError, and the next task a fresh worker; one that fits is done."""
    with Supervisor(1, memory=256 * 1024**2) as supervisor:
        before = supervisor.submit(tasks.process).result()
        assert supervisor.submit(tasks.take, 128 * 1024**2).result() == 128 * 1024**2
        assert supervisor.submit(tasks.process).result() == before
        assert isinstance(supervisor.submit(tasks.take).exception(), MemoryError)
        assert supervisor.submit(tasks.process).result() != before


def test_chunks() -> None:
    """Of fifty chunks some take their worker with them; their units, tried alone, are done: nothing is lost."""
    chunks = [list(range(start, start + 3)) for start in range(0, 150, 3)]
    results: dict[int, object] = {}
    with Supervisor(2, seconds=1) as supervisor:
        futures = [supervisor.submit(tasks.chunk, numbers) for numbers in chunks]
        failed = [numbers for numbers, future in zip(chunks, futures, strict=True) if future.exception()]
        harmless = {40} if not tasks.limited() else set()
        assert [numbers for numbers in chunks if (tasks.HARM.keys() - harmless) & set(numbers)] == failed
        for numbers, future in zip(chunks, futures, strict=True):
            alone = [supervisor.submit(tasks.chunk, [number]) for number in numbers] if numbers in failed else [future]
            results |= zip(numbers, [value for single in alone for value in single.result()], strict=True)
    assert {key: value for key, value in results.items() if key not in harmless} == {
        number: 2 * number for number in range(150) if number not in harmless
    }


def test_cancelled(tmp_path: Path) -> None:
    """What has not begun is cancelled, what runs is finished, those who wait hear of it, nothing new is taken."""
    supervisor = Supervisor(1)
    running = supervisor.submit(tasks.note_and_wait, tmp_path / "begun", 0.5)
    queued = [supervisor.submit(tasks.double, number) for number in range(5)]
    until((tmp_path / "begun").exists)
    waiter = threading.Thread(target=wait, args=(queued,))
    waiter.start()
    supervisor.shutdown(cancel_futures=True)
    waiter.join()
    assert running.result() == "begun"
    assert all(future.cancelled() for future in queued)
    with pytest.raises(RuntimeError):
        supervisor.submit(tasks.double, 1)


def test_one_cancelled_future_is_not_run(tmp_path: Path) -> None:
    """A future cancelled by its owner is passed over."""
    with Supervisor(1) as supervisor:
        supervisor.submit(tasks.note_and_wait, tmp_path / "first", 0.2)
        second = supervisor.submit(tasks.note_and_wait, tmp_path / "second", 0)
        assert second.cancel()
    assert [path.name for path in tmp_path.iterdir()] == ["first"]


@pytest.mark.parametrize("options", [{"workers": 0}, {"seconds": 0}, {"seconds": float("inf")}, {"memory": 0}])
def test_limits_are_not_switched_off(options: dict[str, Any]) -> None:
    """No worker, no time, endless time and no memory are refused."""
    with pytest.raises(ValueError):
        Supervisor(**options)


def test_nothing_is_left() -> None:
    """After shutdown there are no processes, threads or open files of it, losses and refused starts included."""
    open_files = Path("/proc/self/fd")
    counts = []
    for _ in range(3):
        with Supervisor(2, seconds=0.3) as supervisor:
            for task in (tasks.double, tasks.kill, tasks.hang, tasks.double):
                supervisor.submit(task, 1)
        assert multiprocessing.active_children() == []
        assert "planforge-supervisor" not in {thread.name for thread in threading.enumerate()}
        counts.append(len(list(open_files.iterdir())) if open_files.exists() else 0)
    assert counts[1] == counts[2]


def test_forgotten() -> None:
    """A supervisor that nobody holds any more does what it was given, then ends its workers."""
    future = Supervisor(1).submit(tasks.double, 2)
    gc.collect()
    assert future.result() == 4
    until(lambda: not multiprocessing.active_children())


def test_interpreter_exit(tmp_path: Path) -> None:
    """Without shutdown the interpreter ends all the same, and the workers with it, whatever they are at, in silence."""
    body = f"""
from pathlib import Path
from planforge.supervisor import Supervisor
from tests import tasks
if __name__ == "__main__":
    supervisor = Supervisor(2)
    for number in range(8):
        supervisor.submit(tasks.note_and_wait, Path({str(tmp_path)!r}, str(number)), 60)
    while not Path({str(tmp_path)!r}, "1").exists():
        pass
"""
    process = script(tmp_path, body)
    assert process.communicate(timeout=30) == ("", "")
    assert process.returncode == 0
    if sys.platform != "win32":
        assert all(gone(int((tmp_path / name).read_text())) for name in "01")


@POSIX
def test_the_parent_is_killed(tmp_path: Path) -> None:
    """Its workers finish the unit they are at and end; one that hangs ends when its time is over; all in silence."""
    body = f"""
from pathlib import Path
from planforge.supervisor import Supervisor
from tests import tasks
if __name__ == "__main__":
    with Supervisor(2, seconds=2) as supervisor:
        supervisor.submit(tasks.leave_traces, Path({str(tmp_path)!r}))
        supervisor.submit(tasks.hang)
"""
    process = script(tmp_path, body)
    until((tmp_path / "3.done").exists)
    process.kill()
    assert process.communicate(timeout=30) == ("", "")
    assert not list(tmp_path.glob("*.begun"))


@POSIX
@pytest.mark.parametrize("begun", [False, True], ids=["starting", "running"])
def test_interrupt(begun: bool, tmp_path: Path) -> None:
    """Ctrl-C reaches the whole group: workers do not hear it, the parent decides what is still done."""
    body = f"""
from pathlib import Path
from planforge.supervisor import Supervisor
from tests import tasks
if __name__ == "__main__":
    supervisor = Supervisor(2)
    futures = [supervisor.submit(tasks.note_and_wait, Path({str(tmp_path)!r}, str(n)), 0.5) for n in range(2)]
    try:
        Path({str(tmp_path)!r}, "ready").touch()
        for future in futures:
            future.result()
        while True:
            pass
    except KeyboardInterrupt:
        supervisor.shutdown()
    print(*(future.result() for future in futures))
"""
    process = script(tmp_path, body)
    until((tmp_path / ("1" if begun else "ready")).exists)
    os.killpg(process.pid, signal.SIGINT)
    assert process.communicate(timeout=30) == ("0 1\n", "")


def test_main_without_guard(tmp_path: Path) -> None:
    """A script that works at import is refused with the remedy instead of breeding processes."""
    body = """
from planforge.supervisor import Supervisor
from tests import tasks
with Supervisor(2) as supervisor:
    print(supervisor.submit(tasks.double, 1).result())
"""
    process = script(tmp_path, body)
    output, errors = process.communicate(timeout=60)
    assert (process.returncode, output) == (1, "")
    assert "PF743" in errors.splitlines()[-2]


def test_without_fcntl_and_resource(tmp_path: Path) -> None:
    """As on Windows: losses and limits of time as everywhere, only memory is not limited."""
    for name in ("fcntl", "resource"):
        (tmp_path / f"{name}.py").write_text("raise ImportError('not on this system')\n", encoding="utf-8")
    body = """
from planforge.supervisor import Supervisor
from tests import tasks
if __name__ == "__main__":
    with Supervisor(2, seconds=1, memory=1024**2) as supervisor:
        for task, *arguments in ((tasks.double, 1), (tasks.kill,), (tasks.hang,), (tasks.take, 64 * 1024**2)):
            future = supervisor.submit(task, *arguments)
            fault = future.exception()
            print(fault.problems[0].code if fault else future.result())
"""
    process = script(tmp_path, body, first=str(tmp_path))
    assert process.communicate(timeout=30) == (f"2\nPF740\nPF741\n{64 * 1024**2}\n", "")
