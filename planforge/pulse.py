"""The pulse of a worker process: a long task says where each of its units begins, and stops once nobody waits for it.

`planforge.supervisor` watches; a module of its own, so that who works without worker processes need not load them.
"""

from __future__ import annotations

import time
from collections.abc import MutableSequence

__all__ = ["abandon", "beat", "left", "start"]

_clock: MutableSequence[float] | None = None
_slot = 0
_abandoned = False


def start(clock: MutableSequence[float], slot: int, /) -> None:
    """Makes this process a worker, whose beats the supervisor reads in a place of a clock."""
    global _clock, _slot
    _clock, _slot = clock, slot


def beat(spent: float = 0) -> None:
    """Begin a unit of a long task, or go on with one that has `spent` some seconds: its limit counts from here.

    Does nothing outside a supervisor's workers. If the parent is gone, nothing more is begun: SystemExit.
    """
    if _clock is not None:
        if _abandoned:
            raise SystemExit
        _clock[_slot] = time.monotonic() - spent


def abandon() -> None:
    """The parent is gone: no further unit begins."""
    global _abandoned
    _abandoned = True


def left(seconds: float, /) -> float:
    """What a unit that may take so many seconds has left."""
    assert _clock is not None
    return _clock[_slot] + seconds - time.monotonic()
