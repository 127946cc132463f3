"""PDFs of many documents beside an office call per file: `python benchmarks/pdf.py` where both programs are installed.

Documents are the `plan` sample rendered by the built-in form. The loop calls LibreOffice for each file, with one
profile for all calls, as scripts do; only some of the files, as each call costs the same. Rivals take turns; the clock
on the wall, as the gain is in waiting, and the processor's. Target: 0.2. Options: `--documents`, `--singles`,
`--rounds`.
"""

from __future__ import annotations

import argparse
import resource
import statistics
import subprocess
import tempfile
import time
from collections.abc import Callable
from datetime import date
from importlib import resources
from pathlib import Path

from planforge import Template, load, office


def loop(sources: list[Path], folder: Path) -> None:
    """One call of the office program per file."""
    profile = f"-env:UserInstallation={(folder / 'profile').as_uri()}"
    for source in sources:
        command = [str(office.find_office()), profile, "--headless", "--convert-to", "pdf", "--outdir", str(folder)]
        subprocess.run([*command, str(source)], check=True, capture_output=True)


def converted(processes: int, chunk: int = 50) -> Callable[[list[Path], Path], None]:
    def run(sources: list[Path], folder: Path) -> None:
        for each in office.convert(sources, folder, processes=processes, chunk=chunk):
            assert each.pdf is not None, each.problems

    return run


def timed(rival: Callable[[list[Path], Path], None], sources: list[Path]) -> tuple[float, float]:
    """Seconds a document, on the wall and of the processor."""
    with tempfile.TemporaryDirectory() as folder:
        started, used = time.perf_counter(), _processor()
        rival(sources, Path(folder))
        taken = time.perf_counter() - started, _processor() - used
        assert len(list(Path(folder).glob("*.pdf"))) == len(sources)
    return taken[0] / len(sources), taken[1] / len(sources)


def _processor() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__.partition("\n")[0] if __doc__ else None)
    options.add_argument("--documents", type=int, default=100)
    options.add_argument("--singles", type=int, default=20, help="files of the loop")
    options.add_argument("--rounds", type=int, default=3)
    given = options.parse_args()

    with resources.as_file(resources.files("planforge.samples") / "customs-2024" / "plan.yaml") as path:
        document = Template.builtin("plan").render(load(path), today=date(2024, 1, 1))
    with tempfile.TemporaryDirectory() as folder:
        sources = [Path(folder, f"{n:04}.docx") for n in range(given.documents)]
        for source in sources:
            source.write_bytes(document)
        rivals = {
            "a call per file": (loop, sources[: given.singles]),
            "`convert`, 1 process": (converted(1), sources),
            "`convert`, 2 processes": (converted(2), sources),
        }
        taken: dict[str, list[tuple[float, float]]] = {name: [] for name in rivals}
        for _ in range(given.rounds):
            for name, (rival, files) in rivals.items():
                taken[name].append(timed(rival, files))
    base = taken["a call per file"]
    print(f"{given.documents} documents of {len(document) / 1024:.0f} KB, {given.rounds} rounds (target: 0.2)\n")
    print("| | ms a document | ratio | processor, ms | ratio |\n|---|--:|--:|--:|--:|")
    for name, rounds in taken.items():
        cells = []
        for clock in (0, 1):
            typical = statistics.median(each[clock] for each in rounds)
            ratio = statistics.median(a[clock] / b[clock] for a, b in zip(rounds, base, strict=True))
            cells += [f"{typical * 1000:.0f}", f"{ratio:.3f}"]
        print(f"| {name} | {' | '.join(cells)} |")


if __name__ == "__main__":
    main()
