"""Data of units that bring down, or hold up, the process that opens them."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from planforge.journal import part_in


class Lethal(dict[str, Any]):
    """A mapping that does something on its way into another process; here it is as any other."""

    def __init__(self, values: dict[str, Any], act: Callable[[], object]) -> None:
        super().__init__(values)
        self.act = act

    def __reduce__(self) -> tuple[Callable[[], object], tuple[()]]:
        return self.act, ()


def killed() -> object:
    os.kill(os.getpid(), signal.SIGKILL)
    return {}


def writing() -> object:
    """Dies with half a document on the disk of the folder that the environment names."""
    Path(part_in(os.environ["LETHAL_FOLDER"])).write_bytes(b"half")
    return killed()


def gone() -> object:
    os._exit(3)


def hanging() -> object:
    while True:
        time.sleep(0.1)


def greedy() -> object:
    return {"title": "а" * (3 * 1024**3)}


def raising() -> object:
    raise ValueError("a fault of the program")
