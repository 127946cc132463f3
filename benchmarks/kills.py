"""A batch that is killed again and again: `python benchmarks/kills.py --units 1000 --kills 200`.

The command `planforge batch --jobs 2` works through the units while it, or a worker of it, is killed with SIGKILL at
random moments, and is started again, each time in the other of two forms, until it comes to its end. What then stands
must equal an undisturbed run, byte for byte: nothing lost, nothing half, nothing twice. Then a third run loses workers
only and is not started again: it may report units, but leaves nothing half. Prints the figures as JSON; the exit code
is 1 if anything differs. Linux only: the workers are found through /proc.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import signal
import subprocess
import sys
import tempfile
import time
import zipfile
from pathlib import Path

WRONG = ("lost", "left over", "partial", "different", "twice", "debris", "debris then")
"""Figures that must be nought."""


def write_units(path: Path, count: int) -> None:
    """JSON Lines of small plans that differ."""
    with path.open("w", encoding="utf-8") as file:
        for number in range(count):
            measures = [f"Арга хэмжээ {number}.{n} & <бусад>" for n in range(1, 6)]
            plan = {
                "id": f"ГС-{number:05}",
                "planforge": "plan/1",
                "title": f"Төлөвлөгөө {number}",
                "year": 2024,
                "owner": "Хэлтэс",
                "objectives": [{"text": "Зорилт", "measures": measures}],
            }
            file.write(json.dumps(plan, ensure_ascii=False) + "\n")


def start(units: Path, out: Path, *options: str) -> subprocess.Popen[bytes]:
    command = [sys.executable, "-m", "planforge", "batch", str(units), "-o", str(out), "--jobs", "2", "--json"]
    return subprocess.Popen([*command, *options], stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)


def workers(parent: int) -> list[int]:
    """The child processes, by /proc; the one that tracks resources for multiprocessing is not counted."""
    found = []
    for folder in Path("/proc").iterdir():
        if folder.name.isdigit():
            try:
                stat = (folder / "stat").read_text().rpartition(")")[2].split()
                line = (folder / "cmdline").read_bytes()
            except OSError:
                continue
            if int(stat[1]) == parent and b"spawn_main" in line:
                found.append(int(folder.name))
    return found


def contents(folder: Path) -> dict[str, bytes]:
    return {p.name: p.read_bytes() for p in folder.iterdir() if p.name != ".planforge"}


def debris(folder: Path) -> list[str]:
    """What is neither a document nor a file that a batch keeps."""
    inside = {p.name for p in (folder / ".planforge").iterdir()} - {"lock", "journal.jsonl"}
    return sorted(inside | {p.name for p in folder.iterdir() if p.suffix not in (".docx", ".json", ".planforge", "")})


def lose_workers(units: Path, out: Path, kills: int, dice: random.Random) -> int:
    """One run that loses workers now and then; how many."""
    process = start(units, out)
    killed = 0
    while process.poll() is None and killed < kills:
        time.sleep(dice.uniform(0.05, 0.3))
        if targets := workers(process.pid):
            try:
                os.kill(dice.choice(targets), signal.SIGKILL)
            except ProcessLookupError:
                continue
            killed += 1
    _, errors = process.communicate()
    if process.returncode not in (0, 3):
        raise SystemExit(f"exit code {process.returncode}: {errors.decode()}")
    return killed


def disturb(units: Path, out: Path, kills: int, dice: random.Random) -> dict[str, int]:
    """Runs the batch to its end under fire; how often which process was killed, and how often it was started."""
    told = {"parents killed": 0, "workers killed": 0, "starts": 0}
    while True:
        process = start(units, out, *(["--no-embed"] if told["starts"] % 2 else []))
        told["starts"] += 1
        while process.poll() is None and told["parents killed"] + told["workers killed"] < kills:
            time.sleep(dice.uniform(0.05, 0.6))
            targets = workers(process.pid) if dice.random() < 0.5 else [process.pid]
            if process.poll() is None and targets:
                victim = dice.choice(targets)
                try:
                    os.kill(victim, signal.SIGKILL)
                except ProcessLookupError:
                    continue
                told["parents killed" if victim == process.pid else "workers killed"] += 1
        _, errors = process.communicate()
        if process.returncode == 0:
            if told["parents killed"] + told["workers killed"] >= kills:
                return told
            for document in out.glob("*.docx"):  # it came through too early: half of it is to be done again
                if dice.random() < 0.5:
                    document.unlink()
        elif process.returncode not in (-signal.SIGKILL, 3):
            raise SystemExit(f"exit code {process.returncode}: {errors.decode()}")


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--units", type=int, default=1000)
    parser.add_argument("--kills", type=int, default=200)
    parser.add_argument("--seed", type=int, default=1)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        units, calm, disturbed, lossy = (Path(folder, name) for name in ("units.jsonl", "calm", "disturbed", "lossy"))
        write_units(units, given.units)
        if start(units, calm).wait() != 0 or start(units, disturbed, "--no-embed").wait() != 0:
            raise SystemExit("an undisturbed run failed")
        begun = time.monotonic()
        told: dict[str, object] = dict(disturb(units, disturbed, given.kills, random.Random(given.seed)))
        if start(units, disturbed).wait() != 0:
            raise SystemExit("the last run failed")
        wanted, found = contents(calm), contents(disturbed)
        told |= {
            "units": given.units,
            "seconds": round(time.monotonic() - begun),
            "lost": len(wanted.keys() - found.keys()),
            "left over": len(found.keys() - wanted.keys()),
            "partial": sum(not zipfile.is_zipfile(disturbed / name) for name in found if name.endswith(".docx")),
            "different": sum(found[name] != wanted[name] for name in found.keys() & wanted.keys()),
        }
        units_told = [unit["unit"] for unit in json.loads(found["manifest.json"])["units"]]
        told["twice"] = len(units_told) - len(set(units_told))
        told["debris"] = len(debris(disturbed))
        told["workers killed, not started again"] = lose_workers(
            units, lossy, max(given.kills // 8, 2), random.Random(given.seed)
        )
        told["debris then"] = len(debris(lossy))
    sys.stdout.write(json.dumps(told, indent=1) + "\n")
    return int(any(told[name] for name in WRONG))


if __name__ == "__main__":
    sys.exit(main())
