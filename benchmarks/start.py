"""How long `planforge --help` takes beside the bare interpreter: `python benchmarks/start.py` where it is installed.

Whole processes, in turn, so that a change of the machine's speed meets both; the median of the paired ratios counts;
compiled files (`__pycache__`) must be there. Target: 5.
"""

from __future__ import annotations

import statistics
import subprocess
import sys
import time
from pathlib import Path

PAIRS = 25
BARE = [sys.executable, "-c", "pass"]
HELP = [str(Path(sys.executable).with_name("planforge")), "--help"]


def seconds(command: list[str]) -> float:
    started = time.perf_counter()
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    return time.perf_counter() - started


def main() -> None:
    seconds(BARE), seconds(HELP)
    pairs = [(seconds(BARE), seconds(HELP)) for _ in range(PAIRS)]
    bare, shown = (statistics.median(side) for side in zip(*pairs, strict=True))
    ratio = statistics.median(b / a for a, b in pairs)
    print(f"bare {bare * 1000:.1f} ms, --help {shown * 1000:.1f} ms, ratio {ratio:.2f} (target 5)")


if __name__ == "__main__":
    main()
