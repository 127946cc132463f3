"""Batches as whole processes beside docxtpl in a loop: `python benchmarks/batches.py --page docs/performance.md`.

Units are plans of 15 measures, each with a quarter of its words exchanged, in JSON Lines; documents go to a memory file
system (`/dev/shm`), in the heavy template. The wall clock counts, since processes work side by side; rivals take turns,
and the median of the ratios counts. Everything is read, compiled, rendered and written by the process that is timed.
The environments are those of `peers.py`.
"""

from __future__ import annotations

import argparse
import json
import random
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import heavy
import peers
import subjects

from planforge import Plan

ROUNDS = 5
SIZES = (1000, 5000, 10_000)

_DOCXTPL = """
import json, sys
from docxtpl import DocxTemplate
template, units, out = sys.argv[1:]
for number, line in enumerate(open(units, encoding="utf-8")):
    document = DocxTemplate(template)
    document.render(json.loads(line), autoescape=True)
    document.save(f"{out}/{number}.docx")
"""
_PEAK = """
import resource, subprocess, sys
subprocess.run(sys.argv[1:], check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024)
"""


class Runs:
    """The commands over one folder in memory, each timed as a whole process."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.template = folder / "heavy.docx"
        self.template.write_bytes(heavy.plan())
        (folder / "loop.py").write_text(_DOCXTPL)

    def write(self, count: int) -> None:
        """The units for both engines; the smaller numbers of units are the first lines of the larger."""
        seed = subjects.plan(15).model_dump(mode="json", exclude_none=True, exclude_defaults=True)
        words = sorted(
            {word for text in subjects._strings(seed["objectives"]) for word in text.split() if word.isalpha()}
        )
        files = {
            n: [(self.folder / f"{k}-{n}.jsonl").open("w", encoding="utf-8") for k in ("units", "contexts")]
            for n in SIZES
            if n <= count
        }
        for number in range(count):
            chance = random.Random(number)
            values = {**seed, "objectives": subjects._varied(seed["objectives"], chance, words)}
            unit = json.dumps({"id": f"ГС-{number:05}", "planforge": "plan/1", **values}, ensure_ascii=False)
            context = (
                json.dumps(subjects.context(Plan.model_validate(values)), ensure_ascii=False)
                if number < SIZES[0]
                else ""
            )
            for size, (units, contexts) in files.items():
                if number < size:
                    units.write(unit + "\n")
                    contexts.write(context + "\n")

    def planforge(self, count: int, *more: str, environment: str = "planforge") -> list[str]:
        units = self.folder / f"units-{count}.jsonl"
        own = ["-m", "planforge", "batch", units, "-t", self.template, "-o", self.folder / "out", "--no-embed", *more]
        return [str(peers._python(environment)), *map(str, own)]

    def docxtpl(self, count: int) -> list[str]:
        own = [self.folder / "loop.py", self.template, self.folder / f"contexts-{count}.jsonl", self.folder / "out"]
        return [str(peers._python("docxtpl")), *map(str, own)]

    def seconds(self, command: list[str], environment: str, *, fresh: bool = True) -> float:
        self.clear(fresh)
        begun = time.perf_counter()
        subprocess.run(
            command, check=True, env=peers._environ(environment), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
        return time.perf_counter() - begun

    def peak(self, command: list[str], environment: str) -> float:
        """MiB that the process held at most."""
        self.clear(True)
        line = [sys.executable, "-c", _PEAK, *command]
        return float(subprocess.run(line, check=True, env=peers._environ(environment), capture_output=True).stdout)

    def clear(self, fresh: bool) -> None:
        if fresh:
            shutil.rmtree(self.folder / "out", ignore_errors=True)
            (self.folder / "out").mkdir()


def measure(rounds: int) -> dict[str, float]:
    found: dict[str, list[float]] = {}

    def note(name: str, value: float) -> None:
        found.setdefault(name, []).append(value)
        print(f"{name}: {value:.3f}", file=sys.stderr)

    with tempfile.TemporaryDirectory(dir="/dev/shm") as folder:
        runs = Runs(Path(folder))
        runs.write(SIZES[-1])
        for _ in range(rounds):
            loop = runs.seconds(runs.docxtpl(1000), "docxtpl")
            note("docxtpl, s", loop)
            for name, environment, more in (
                ("zlib", "planforge", ()),
                ("fast", "fast", ()),
                ("zlib, 2 processes", "planforge", ("--jobs", "2")),
            ):
                command = runs.planforge(1000, *more, environment=environment)
                first = runs.seconds(command, environment)
                note(f"{name}, s", first)
                note(f"{name} ÷ docxtpl", first / loop)
                if not more:
                    note(f"{name}, second run ÷ first, 1,000", runs.seconds(command, environment, fresh=False) / first)
        for _ in range(max(2, rounds // 2)):
            one = runs.seconds(runs.planforge(5000), "planforge")
            again = runs.seconds(runs.planforge(5000), "planforge", fresh=False)
            two = runs.seconds(runs.planforge(5000, "--jobs", "2"), "planforge")
            note("second run ÷ first, 5,000", again / one)
            note("2 processes ÷ 1, 5,000", two / one)
        note("peak MiB, docxtpl, 1,000", runs.peak(runs.docxtpl(1000), "docxtpl"))
        for count in (1000, 10_000):
            note(f"peak MiB, {count:,}", runs.peak(runs.planforge(count), "planforge"))
    return {name: statistics.median(values) for name, values in found.items()}


TARGETS = {
    "zlib ÷ docxtpl": 0.06,
    "fast ÷ docxtpl": 0.045,
    "second run ÷ first, 5,000": 0.1,
    "2 processes ÷ 1, 5,000": 0.65,
    "peak ÷ docxtpl": 0.35,
}


def page(found: dict[str, float]) -> str:
    peak = found["peak MiB, 1,000"] / found["peak MiB, docxtpl, 1,000"]
    lines = {**{n: v for n, v in found.items() if n[-1:] != "s" and "MiB" not in n}, "peak ÷ docxtpl": peak}
    rows = [(name, f"{value:.3f}", str(TARGETS.get(name, ""))) for name, value in lines.items()]
    rows += [(name, f"{value:.1f}", "") for name, value in found.items() if name not in lines]
    return "\n" + peers.table(("whole processes", "measured", "target, at most"), rows) + "\n"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=ROUNDS)
    parser.add_argument("--page", type=Path)
    given = parser.parse_args()
    peers.install()
    text = page(measure(given.rounds))
    print(text)
    if given.page:
        whole = given.page.read_text(encoding="utf-8")
        begin, end = "<!-- batches.py -->\n", "<!-- / batches.py -->"
        before, _, rest = whole.partition(begin)
        given.page.write_text(f"{before}{begin}{text}\n{end}{rest.partition(end)[2]}", encoding="utf-8")


if __name__ == "__main__":
    main()
