"""Tasks for the tests of worker processes: importable, as spawned workers need them."""

from __future__ import annotations

import os
import signal
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import NoReturn

from planforge.pulse import beat
from planforge.supervisor import Supervisor

GIGABYTE = 1024**3


def double(number: int) -> int:
    return 2 * number


def process() -> int:
    return os.getpid()


def kill(*_: object) -> None:
    os.kill(os.getpid(), getattr(signal, "SIGKILL", signal.SIGTERM))


def leave(*_: object) -> None:
    os._exit(3)


def hang(*_: object) -> None:
    while True:
        pass


def take(size: int = 4 * GIGABYTE) -> int:
    return len(bytes(size))


def size(content: bytes) -> int:
    return len(content)


def fail(*_: object) -> None:
    raise LookupError("жишээ")


def quit_python() -> None:
    sys.exit(7)


def function() -> object:
    return lambda: None


class Unfit(Exception):
    """Pickles, and does not come back."""

    def __init__(self, place: str, reason: str) -> None:
        super().__init__(f"{place}: {reason}")


def fail_unfit() -> None:
    raise Unfit("a", "b")


class Trap:
    """Pickles, and fails where it is unpickled."""

    def __reduce__(self) -> tuple[object, tuple[object, ...]]:
        return fail, ()


def trap() -> Trap:
    return Trap()


def units(count: int, seconds: float, steps: int = 1) -> int:
    """A long task of short units; a unit may have steps."""
    for _ in range(count):
        for step in range(steps):
            beat(step * seconds)
            time.sleep(seconds)
    return os.getpid()


_prepared: list[int] = []


def prepare() -> None:
    """What a worker does before its first task; in the end it fails."""
    _prepared.append(os.getpid())
    raise LookupError("жишээ")


def prepared() -> list[int]:
    return _prepared


def leave_traces(folder: Path, seconds: float = 0.05) -> NoReturn:
    """Begin a unit, write a file and its mark, again and again."""
    number = 0
    while True:
        beat()
        number += 1
        begun = folder / f"{number}.begun"
        begun.write_text(str(os.getpid()), encoding="utf-8")
        time.sleep(seconds)
        begun.rename(folder / f"{number}.done")


def note_and_wait(path: Path, seconds: float) -> str:
    """Say in a file that the task has begun, then take time."""
    path.write_text(str(os.getpid()), encoding="utf-8")
    time.sleep(seconds)
    return path.name


def nested() -> int:
    """A worker is a daemon, which may not have children."""
    with Supervisor(1) as supervisor:
        return supervisor.submit(double, 1).result()


def limited() -> bool:
    """Whether a worker's memory can be limited here."""
    try:
        import resource  # noqa: F401 - Windows has none
    except ImportError:
        return False
    return Path("/proc/self/statm").exists()


# A chunk of units travels as one task.

HARM: dict[int, Callable[[], object]] = {
    3: kill,
    14: leave,
    27: hang,
    40: take,
    51: fail,
    66: function,
    84: kill,
    85: leave,
    120: hang,
    149: kill,
}
"""What the unit of a number does when it is not alone."""


def chunk(numbers: list[int]) -> list[object]:
    """The doubles of some numbers; some numbers do harm in company."""
    done: list[object] = []
    for number in numbers:
        beat()
        done.append(HARM[number]() if number in HARM and len(numbers) > 1 else 2 * number)
    return done
