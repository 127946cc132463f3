"""An executor of worker processes that it watches itself: one that dies or hangs costs its own task and no other.

`concurrent.futures.ProcessPoolExecutor` fails every task when one worker is killed, and waits for ever for one that
hangs. Here each worker has a pipe of its own and at most one task, and one thread of the parent waits for all pipes and
for the next limit that is due. Whether a task was begun, and when, the worker writes into shared memory.

Workers are spawned: on every system, and whatever threads the parent has. As always with `multiprocessing`, a worker
imports the parent's main module anew, so a script does its work under `if __name__ == "__main__":`.
"""

from __future__ import annotations

import atexit
import ctypes
import gc
import multiprocessing
import os
import pickle
import signal
import sys
import threading
import time
import traceback
import weakref
from collections import deque
from collections.abc import Callable, MutableSequence
from concurrent.futures import Executor, Future
from contextlib import suppress
from dataclasses import dataclass
from math import inf
from multiprocessing import connection
from multiprocessing.context import SpawnProcess
from pathlib import Path
from typing import Any, Final, ParamSpec, TypeVar

from planforge import pulse
from planforge.errors import EnvironmentProblem, Problem, Words, reason

__all__ = ["Supervisor", "WorkerLost"]

P = ParamSpec("P")
T = TypeVar("T")

_START_SECONDS: Final = 60
"""How long a worker may take to start; the limit of tasks does not count before."""
_STARTS: Final = 3
"""So many workers in a row that do not start, and what waits is refused."""
_KILLED: Final = 0.1
"""What a start counts that a signal ended: whoever sends them may stop, where a broken program stays broken."""
_END_SECONDS: Final = 5
"""How long a worker may take to end when it has nothing to do."""
_WINDOWS_WORKERS: Final = 60
"""Windows waits for 63 things at a time."""
_OUT_OF_MEMORY: Final = 112
"""The exit code of a worker without the memory to say so."""


class WorkerLost(EnvironmentProblem):
    """A task ended with its worker: PF740 died, PF741 over its time, PF742 over its memory, PF743 none could start."""


class Supervisor(Executor):
    """Runs tasks in up to `workers` processes, which start when there is work for them.

    `fn` of `submit` must be importable and its arguments, result and exceptions picklable; what is not is an error of
    its own future. An exception of a task comes back as it is, its traceback as `__cause__`. If its worker is lost, the
    future raises `WorkerLost`, and another worker takes the place. A task that was not begun is never lost to a worker.

    seconds: how long a task may take from its beginning or its last `pulse.beat()`, by the clock on the wall; at most
    a day.
    memory: how many bytes a worker may take on top of what it holds when it has started; then a task gets MemoryError,
    and the worker is replaced. It counts address space, the modules that a task imports included, and holds for
    programs that a task starts. Linux only: elsewhere no limit can be set on a process from within.
    prepare: what each worker does before it takes a task (load, compile); it counts to its start, and what it raises is
    left to the task that meets it again.

    After `with` or `shutdown` no process is left. Without either, workers end when the interpreter does, whatever they
    are at. If the parent is killed, they end with what they are at (`pulse`), at the latest when its time is over.
    They do not hear Ctrl-C: the parent decides.
    """

    def __init__(
        self,
        workers: int = 2,
        *,
        seconds: float = 30,
        memory: int = 1024**3,
        prepare: Callable[[], object] | None = None,
    ) -> None:
        if workers < 1 or memory < 1 or not 0 < seconds <= 86_400:
            raise ValueError("a supervisor needs a worker, memory, and seconds up to a day")
        if sys.platform == "win32":
            workers = min(workers, _WINDOWS_WORKERS)
        self._watch = _Watch(workers, seconds, memory, prepare)
        # Forgotten without shutdown: what was submitted is still done. The thread holds the watch, not the supervisor.
        weakref.finalize(self, self._watch.close).atexit = False

    def start(self) -> None:
        """Start all workers now, though there is no work for them yet."""
        self._watch.start()

    def submit(self, fn: Callable[P, T], /, *args: P.args, **kwargs: P.kwargs) -> Future[T]:
        """The future of `fn(*args, **kwargs)`. RuntimeError after shutdown."""
        future: Future[T] = Future()
        try:
            call = pickle.dumps((fn, args, kwargs))
        except Exception as fault:  # noqa: BLE001 - whatever pickling raises belongs to this future
            future.set_exception(fault)
        else:
            self._watch.add(_Task(future, call))
        return future

    def shutdown(self, wait: bool = True, *, cancel_futures: bool = False) -> None:
        """Take no more tasks; the workers end when all is done, or what they are at if futures are cancelled."""
        self._watch.close(cancel=cancel_futures)
        if wait:
            self._watch.join()


# --- in the parent -------------------------------------------------------------------------------------------------


@dataclass(slots=True, eq=False)
class _Task:
    future: Future[Any]
    call: bytes


@dataclass(slots=True, eq=False)
class _Worker:
    """A process and what it is at: starting, until it is `ready`; idle, or at its `task`, handed over at `since`."""

    process: SpawnProcess
    pipe: connection.Connection
    slot: int
    since: float
    ready: bool = False
    task: _Task | None = None


class _Watch:
    """The queue of tasks, which any thread may fill, and the workers, which only the watching thread touches."""

    def __init__(self, limit: int, seconds: float, memory: int, prepare: Callable[[], object] | None) -> None:
        self._limit, self._seconds, self._memory, self._prepare = limit, seconds, memory, prepare
        # Reentrant: a supervisor may be collected, and so closed, at any line.
        self._lock = threading.RLock()
        self._queue: deque[_Task] = deque()
        self._closed = False
        self._killed = False
        self._thread: threading.Thread | None = None
        self._rung = False
        self._ahead = False
        """Whether workers are to start though nothing waits for them."""

    def start(self) -> None:
        with self._lock:
            self._ahead = not self._closed
            if self._ahead and self._thread is None:
                self._begin()
            self._ring()

    def add(self, task: _Task) -> None:
        with self._lock:
            if self._closed:
                raise RuntimeError("cannot schedule new futures after shutdown")
            self._queue.append(task)
            if self._thread is None:
                self._begin()
            self._ring()

    def close(self, *, cancel: bool = False) -> None:
        with self._lock:
            self._closed = True
            # A task that comes back from a worker that died before it began is running to the outside, and stays.
            cancelled = []
            if cancel:
                cancelled = [task for task in self._queue if not task.future.running()]
                self._queue = deque(task for task in self._queue if task.future.running())
            self._ring()
        for task in cancelled:
            task.future.cancel()
            task.future.set_running_or_notify_cancel()  # tells those who wait for several futures

    def kill(self) -> None:
        with self._lock:
            self._closed = self._killed = True
            self._ring()
        self.join(_END_SECONDS)

    def join(self, seconds: float | None = None) -> None:
        if self._thread is not None:
            self._thread.join(seconds)

    def _begin(self) -> None:
        self._workers: list[_Worker] = []
        self._slots = list(range(self._limit))
        # When each worker began or last beat, by its slot; 0 while it has not begun. `time.monotonic` is the system's
        # clock, the same in every process, and an aligned double is written as one.
        self._clock = _SPAWN.RawArray(ctypes.c_double, self._limit)
        self._failed_starts = 0.0
        self._cause: str | Words = ""
        self._bell, self._bell_rope = _SPAWN.Pipe(duplex=False)
        self._thread = threading.Thread(target=self._run, name="planforge-supervisor", daemon=True)
        self._thread.start()
        _WATCHES.add(self)

    def _ring(self) -> None:
        """Have the watching thread look at the queue, unless it was told so already and has not looked yet."""
        with self._lock:
            if self._thread is not None and not self._rung:
                self._rung = True
                self._bell_rope.send_bytes(b"!")

    def _run(self) -> None:
        if hasattr(signal, "pthread_sigmask"):
            # Processes inherit the mask: Ctrl-C does not reach a worker before it ignores it.
            signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
        try:
            while self._hand_out():
                self._await()
        except BaseException as fault:
            # A fault of ours must not leave anyone waiting.
            with self._lock:
                self._closed = self._killed = True
                waiting = [w.task for w in self._workers if w.task] + list(self._queue)
            for task in waiting:
                if not task.future.done():
                    task.future.set_exception(fault)
            raise
        finally:
            self._end()

    def _hand_out(self) -> bool:
        """Give tasks to idle workers and start those that are missing; False when there is nothing left to do."""
        if self._failed_starts >= _STARTS and not self._workers:
            self._refuse()
        handed = []
        with self._lock:
            if self._killed:
                return False
            for worker in self._workers:
                if worker.ready and worker.task is None and (task := self._next()):
                    worker.task = task
                    handed.append(worker)
            waiting = len(self._queue)
            if self._closed and not waiting and not any(w.task for w in self._workers):
                return False
            ahead, self._ahead = self._ahead, False
        for worker in handed:
            self._send(worker)
        starting = sum(not w.ready for w in self._workers)
        missing = self._limit - len(self._workers)
        for _ in range(missing if ahead else min(waiting - starting, missing)):
            if self._failed_starts < _STARTS:
                self._start()
        return True

    def _next(self) -> _Task | None:
        while self._queue:
            task = self._queue.popleft()
            if task.future.running() or task.future.set_running_or_notify_cancel():
                return task
        return None

    def _send(self, worker: _Worker) -> None:
        assert worker.task is not None
        self._clock[worker.slot] = 0
        worker.since = time.monotonic()
        try:
            worker.pipe.send_bytes(worker.task.call)
        except OSError:
            self._lose(worker)

    def _start(self) -> None:
        ours, theirs = _SPAWN.Pipe()
        slot = self._slots[-1]
        arguments = (theirs, self._clock, slot, self._seconds, self._memory, self._prepare, gc.get_threshold())
        process = _SPAWN.Process(target=_work, args=arguments, name="planforge-worker", daemon=True)
        try:
            process.start()
        except Exception as fault:  # noqa: BLE001 - no memory, no main guard, a daemon's child: all mean no worker
            ours.close()
            self._not_started(reason(fault) if isinstance(fault, OSError) else str(fault))
        else:
            self._workers.append(_Worker(process, ours, self._slots.pop(), time.monotonic()))
        finally:
            theirs.close()

    def _await(self) -> None:
        """Sleep until a worker or the bell says something or a limit is due; then see to it."""
        due = min(map(self._due, self._workers), default=inf)
        waited = [self._bell, *(w.pipe for w in self._workers)]
        ready = connection.wait(waited, None if due == inf else max(0, due - time.monotonic()))
        if self._bell in ready:
            with self._lock:
                self._bell.recv_bytes()
                self._rung = False
        for worker in [w for w in self._workers if w.pipe in ready]:
            self._receive(worker)
        now = time.monotonic()
        for worker in [w for w in self._workers if self._due(w) <= now]:
            self._lose(worker, kill=True)

    def _due(self, worker: _Worker) -> float:
        if not worker.ready:
            return worker.since + _START_SECONDS
        if worker.task is None:
            return inf
        return max(worker.since, self._clock[worker.slot]) + self._seconds

    def _receive(self, worker: _Worker) -> None:
        try:
            reply = worker.pipe.recv_bytes()
        except (EOFError, OSError):
            self._lose(worker)
            return
        if not worker.ready:
            worker.ready, self._failed_starts = True, 0
            return
        task, worker.task = worker.task, None
        assert task is not None
        try:
            result, trace = pickle.loads(reply)
        except Exception as fault:  # noqa: BLE001 - whatever unpickling raises belongs to this future
            task.future.set_exception(fault)
            return
        if trace is None:
            task.future.set_result(result)
            return
        if isinstance(result, MemoryError):
            # What it still holds is in pieces: a new one has the whole allowance again.
            self._lose(worker, kill=True)
        result.__cause__ = _RemoteTraceback(trace)
        task.future.set_exception(result)

    def _lose(self, worker: _Worker, *, kill: bool = False) -> None:
        """Take leave of a worker that is gone, or over its time: its task fails, or waits again if it was not begun."""
        self._workers.remove(worker)
        worker.pipe.close()
        if kill:
            worker.process.kill()
        code = _bury(worker.process)
        begun = self._clock[worker.slot] > 0
        self._slots.append(worker.slot)
        if not worker.ready:
            if kill:
                self._not_started(f"{_START_SECONDS} s")
            else:
                self._not_started(_cause(code), _KILLED if code is not None and code < 0 else 1)
            return
        self._failed_starts = 0
        self._ring()
        if worker.task is None:
            return
        if code == _OUT_OF_MEMORY:
            problem = Problem("PF742", None, {"megabytes": self._memory // 1024**2})
        elif not begun:
            with self._lock:
                self._queue.appendleft(worker.task)
            return
        elif kill:
            problem = Problem("PF741", None, {"seconds": f"{self._seconds:g}"})
        else:
            problem = Problem("PF740", None, {"cause": _cause(code)})
        worker.task.future.set_exception(WorkerLost([problem]))

    def _not_started(self, cause: str | Words, counts: float = 1) -> None:
        """After some in a row go on with the workers there are; if there are none, refuse what waits, and who comes."""
        self._failed_starts += counts
        self._cause = cause
        self._ring()

    def _refuse(self) -> None:
        """Nobody can do what waits; what comes after that is tried again."""
        with self._lock:
            refused = list(iter(self._next, None))
        if refused:
            self._failed_starts = 0
        for task in refused:
            task.future.set_exception(WorkerLost([Problem("PF743", None, {"detail": self._cause})]))

    def _end(self) -> None:
        """End every worker, by closing its pipe if there is time, and collect it."""
        for worker in self._workers:
            if self._killed or not worker.ready:
                worker.process.kill()
            worker.pipe.close()
        for worker in self._workers:
            _bury(worker.process)
        with self._lock:
            self._bell.close()
            self._bell_rope.close()
            self._rung = True


def _bury(process: SpawnProcess) -> int | None:
    """The exit code of a process that is ending; it is killed if it takes too long."""
    process.join(_END_SECONDS)
    if process.exitcode is None:
        process.kill()
        process.join(_END_SECONDS)
    code = process.exitcode
    if code is not None:
        process.close()
    return code


def _cause(code: int | None) -> Words:
    if code is not None and code >= 0:
        return Words(f"гарах код {code}", f"exit code {code}")
    try:
        name = signal.Signals(-(code or -9)).name
    except ValueError:
        name = str(code)
    return Words(f"{name} дохио", f"signal {name}")


class _RemoteTraceback(Exception):
    """The traceback of a task's exception as text, as it was in the worker."""

    def __init__(self, text: str) -> None:
        super().__init__(text)

    def __str__(self) -> str:
        return f'\n"""\n{self.args[0]}"""'


_SPAWN: Final = multiprocessing.get_context("spawn")
_WATCHES: Final[weakref.WeakSet[_Watch]] = weakref.WeakSet()


@atexit.register
def _kill_all() -> None:
    """End all workers before `multiprocessing` does, which a watch would take for deaths and replace."""
    for watch in list(_WATCHES):
        watch.kill()


# --- in the worker -------------------------------------------------------------------------------------------------


def _work(
    pipe: connection.Connection,
    clock: MutableSequence[float],
    slot: int,
    seconds: float,
    memory: int,
    prepare: Callable[[], object] | None,
    collects: tuple[int, int, int],
) -> None:
    """The life of a worker: it says that it is ready, then answers call after call until the pipe is closed."""
    gc.set_threshold(*collects)  # as often as its parent
    pulse.start(clock, slot)
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    if hasattr(signal, "pthread_sigmask"):
        signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGINT})
    threading.Thread(target=_outlive_parent, args=(seconds,), daemon=True).start()
    if prepare is not None:
        with suppress(Exception):  # a task that meets it again tells it
            prepare()
    _limit_memory(memory)
    try:
        pipe.send_bytes(b"")
        while True:
            pipe.send_bytes(_answer(pipe.recv_bytes()))
    except (EOFError, OSError):
        gc.freeze()  # Python need not look for cycles among all that it gives up with its end
        return
    except MemoryError:
        os._exit(_OUT_OF_MEMORY)


def _outlive_parent(seconds: float) -> None:
    """When the parent is gone, the unit at hand may finish within its limit; nobody else is there to stop it."""
    parent = multiprocessing.parent_process()
    assert parent is not None
    parent.join()
    pulse.abandon()
    while (left := pulse.left(seconds)) > 0:
        time.sleep(left)
    os._exit(0)


def _limit_memory(memory: int) -> None:
    try:
        import resource

        held = int(Path("/proc/self/statm").read_text("ascii").split()[0]) * resource.getpagesize()
    except (ImportError, FileNotFoundError):  # Windows, macOS
        return
    limits = resource.getrlimit(resource.RLIMIT_AS)
    most = min([held + memory, *(limit for limit in limits if limit != resource.RLIM_INFINITY)])
    resource.setrlimit(resource.RLIMIT_AS, (most, limits[1]))


def _answer(call: bytes) -> bytes:
    """The pickled pair of a result and None, or of an exception and its traceback."""
    pulse.beat()
    try:
        fn, args, kwargs = pickle.loads(call)
        return pickle.dumps((fn(*args, **kwargs), None))
    except BaseException as fault:  # noqa: BLE001 - whatever a task raises, SystemExit too, belongs to its future
        return _failure(fault)


def _failure(fault: BaseException) -> bytes:
    trace = "".join(traceback.format_exception(fault))
    fault.__traceback__ = None  # it holds what the task held
    try:
        reply = pickle.dumps((fault, trace))
        pickle.loads(reply)
    except Exception as unfit:  # noqa: BLE001 - an exception may pickle and not come back
        name = type(fault).__qualname__
        reply = pickle.dumps((pickle.PicklingError(f"{name} does not survive pickling: {unfit}"), trace))
    return reply
