"""Measuring in turn: long-lived workers that are told "one round now", whole processes, medians of paired ratios.

The speed of a machine changes while one measures, and others want it too. So the clock is the processor's, the rivals
take turns within every round, each round gives a ratio against the same rival, and the median of the ratios counts; the
milliseconds are for orientation.
"""

from __future__ import annotations

import json
import math
import os
import resource
import statistics
import subprocess
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

__all__ = ["Worker", "interleaved", "medians", "process", "ratio"]

BLOCK = 0.04
"""Seconds that a turn lasts at least: quick work is repeated."""
WARM = 0.5
"""Seconds that a rival works before it is timed: engines that compile while they run are ready then."""


class Worker:
    """A process that answers each line of JSON with a line of JSON: engines of any environment and language."""

    def __init__(self, command: Sequence[str | Path], environment: Mapping[str, str]) -> None:
        self.process = subprocess.Popen(
            list(map(str, command)),
            env=dict(environment),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def ask(self, **order: object) -> Any:
        """The answer to an order. RuntimeError with what the engine said, if it failed."""
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        self.process.stdin.write(json.dumps(order) + "\n")
        self.process.stdin.flush()
        line = self.process.stdout.readline()
        answer = json.loads(line) if line else {"error": "the worker ended"}
        if "error" in answer:
            raise RuntimeError(answer["error"])
        return answer["value"]

    def close(self) -> None:
        assert self.process.stdin is not None
        self.process.stdin.close()
        self.process.wait()


def interleaved(
    rivals: Mapping[str, Callable[[int], float]], rounds: int, budget: float = math.inf
) -> dict[str, list[float]]:
    """Seconds a piece of work, per rival and round; a rival is called with a number of repeats and tells the total.

    The order turns from round to round. A rival that has used up `budget` seconds rests after the third round.
    """
    repeats = {}
    for name, rival in rivals.items():
        first = rival(1)
        times = math.ceil(WARM / first)
        repeats[name] = math.ceil(BLOCK / (rival(times) / times if first < WARM else first))
    taken: dict[str, list[float]] = {name: [] for name in rivals}
    names = list(rivals)
    for number in range(rounds):
        for name in names[number % len(names) :] + names[: number % len(names)]:
            times = repeats[name]
            if number < 3 or sum(taken[name]) * times < budget:
                taken[name].append(rivals[name](times) / times)
    return taken


def medians(taken: Mapping[str, Sequence[float]]) -> dict[str, float]:
    return {name: statistics.median(seconds) for name, seconds in taken.items()}


def ratio(one: Sequence[float], other: Sequence[float]) -> float:
    """The median of the ratios round by round, over the rounds that both have."""
    return statistics.median(a / b for a, b in zip(one, other, strict=False))


def process(
    command: Sequence[str | Path], environment: Mapping[str, str] | None = None, folder: Path | None = None
) -> Callable[[int], float]:
    """A rival for `interleaved`: a whole process, from start to end; the processor's time of all children."""
    line = list(map(str, command))
    inherited = dict(environment or os.environ)

    def run(times: int) -> float:
        started = _children()
        for _ in range(times):
            subprocess.run(line, check=True, stdout=subprocess.DEVNULL, env=inherited, cwd=folder)
        return _children() - started

    return run


def _children() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime
