"""How long `planforge --help` takes beside the bare interpreter: `python benchmarks/start.py` where it is installed.

Whole processes, in turn; compiled files (`__pycache__`) must be there. Target: 5.
"""

from __future__ import annotations

import sys
from pathlib import Path

from measure import interleaved, medians, process, ratio

ROUNDS = 25


def main() -> None:
    commands = {
        "bare": [sys.executable, "-c", "pass"],
        "help": [Path(sys.executable).with_name("planforge"), "--help"],
    }
    taken = interleaved({name: process(command) for name, command in commands.items()}, ROUNDS)
    typical = medians(taken)
    print(f"bare {typical['bare'] * 1000:.1f} ms, --help {typical['help'] * 1000:.1f} ms, ", end="")
    print(f"ratio {ratio(taken['help'], taken['bare']):.2f} (target 5)")


if __name__ == "__main__":
    main()
