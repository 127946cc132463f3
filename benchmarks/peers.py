"""planforge beside its peers: `python benchmarks/peers.py` where planforge is installed with its test extra, and node.

Installs every peer in an environment of its own under `.benchmarks/` (kept for the next time), checks that every engine
prints everything, then measures in turn and prints Markdown tables, the ones of docs/performance.md. Options: parts to
run (`plan report template memory cold steps`), `--rounds`, `--clock wall`, `--json FILE`, `--page FILE` (replaces the
tables there).
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import re
import statistics
import subprocess
import sys
import tomllib
import venv
import zipfile
import zlib
from collections.abc import Callable, Iterable, Sequence
from io import BytesIO
from pathlib import Path
from typing import Any

import docx
import heavy
import subjects
from lxml import etree
from measure import Worker, interleaved, medians, process, ratio

ROOT = Path(__file__).parent.parent
CACHE = ROOT / ".benchmarks"
HERE = Path(__file__).parent

PARTS = ("plan", "report", "template", "memory", "cold", "steps")
PLAN = (15, 100, 1000)
REPORT = (13, 100, 1000)
TEMPLATE = (15, 100, 400, 1600)
MEMORY = ((1, 15), (100, 15), (1, 1000), (5, 1000))

NODE = ("docxtemplater@3.71.0", "pizzip@3.3.0", "easy-template-x@7.2.8", "carbone@3.8.2")
_PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
PYTHON: dict[str, list[str]] = {
    "planforge": _PROJECT["dependencies"],
    "fast": [*_PROJECT["dependencies"], *_PROJECT["optional-dependencies"].get("fast", ["zlib-ng"])],
    "docxtpl": ["docxtpl==0.20.2"],
    "mailmerge": ["docx-mailmerge2==1.0.3"],
    "python-docx": ["python-docx==1.2.0"],
}

BASE = "docxtpl"
OURS, EMBEDDED, FAST, FAST_EMBEDDED = "planforge", "planforge, embedded", "planforge[fast]", "planforge[fast], embedded"
LEAN, LEAN_FAST = "built-in `plan`", "built-in `plan`, [fast]"
LIMIT, LIMIT_FAST = "limit, zlib 6", "limit, zlib-ng 6"
ENGINES = {
    BASE: ("docxtpl", "docxtpl"),
    OURS: ("planforge", "planforge"),
    EMBEDDED: ("planforge", "planforge-embedded"),
    FAST: ("fast", "planforge"),
    FAST_EMBEDDED: ("fast", "planforge-embedded"),
    LEAN: ("planforge", "planforge-builtin"),
    LEAN_FAST: ("fast", "planforge-builtin"),
    LIMIT: ("planforge", "limit"),
    LIMIT_FAST: ("fast", "limit"),
    "docx-mailmerge2 (flat rows)": ("mailmerge", "mailmerge"),
    "python-docx by its API": ("python-docx", "python-docx"),
    "docxtemplater": ("node", "docxtemplater"),
    "easy-template-x": ("node", "easy-template-x"),
    "carbone": ("node", "carbone"),
}
"""What a table calls an engine; its environment and its name there."""
TEMPLATE_ENGINES = (BASE, OURS, FAST)
MEMORY_ENGINES = [name for name in ENGINES if "embedded" not in name and "built-in" not in name and "limit" not in name]

Results = dict[str, Any]


# --- environments -------------------------------------------------------------------------------------------------


def install() -> None:
    """Every environment that is not there yet, or holds other packages than wanted."""
    for name, packages in PYTHON.items():
        _once(CACHE / name, packages, _install_python)
    _once(CACHE / "node", NODE, _install_node)


def _once(folder: Path, packages: Sequence[str], make: Callable[[Path, Sequence[str]], None]) -> None:
    note = folder / "packages.txt"
    wanted = "\n".join(packages)
    if not note.exists() or note.read_text() != wanted:
        print(f"installing {folder.name} …", file=sys.stderr)
        make(folder, packages)
        note.write_text(wanted)


def _install_python(folder: Path, packages: Sequence[str]) -> None:
    venv.create(folder, clear=True, with_pip=True)
    subprocess.run([_python(folder.name), "-m", "pip", "install", "-q", *packages], check=True)


def _install_node(folder: Path, packages: Sequence[str]) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "package.json").write_text('{"private": true}')
    subprocess.run(["npm", "install", "--silent", "--no-audit", "--no-fund", *packages], cwd=folder, check=True)


def _python(environment: str) -> Path:
    return CACHE / environment / "bin" / "python"


def _command(environment: str) -> list[str | Path]:
    if environment == "node":
        return ["node", HERE / "worker.cjs"]
    return [_python(environment), HERE / "worker.py"]


def _environ(environment: str) -> dict[str, str]:
    inherited = {name: value for name, value in os.environ.items() if not name.startswith("PYTHON")}
    if environment in ("planforge", "fast"):
        inherited["PYTHONPATH"] = str(ROOT)
    return {**inherited, "NODE_PATH": str(CACHE / "node" / "node_modules")}


# --- cases -------------------------------------------------------------------------------------------------------


def case(name: str) -> Path:
    """The folder of a case (`plan-15`, `report-100`, `slim-15`, `template-400`): templates, data for every engine."""
    kind, _, size = name.partition("-")
    count = int(size)
    folder = CACHE / "cases" / name
    folder.mkdir(parents=True, exist_ok=True)
    subject = subjects.report(count) if kind == "report" else subjects.plan(15 if kind == "template" else count)
    given = subjects.context(subject)
    own = {"planforge": "report/1" if kind == "report" else "plan/1"}
    typed = subject.model_dump(mode="json", exclude_none=True, exclude_defaults=True)
    (folder / "subject.json").write_text(subject.model_dump_json())
    (folder / "data.json").write_text(json.dumps({**own, **typed}, ensure_ascii=False))
    for file, data in (("context", given), ("joined", subjects.joined(given)), ("flat", subjects.flat(given))):
        (folder / f"{file}.json").write_text(json.dumps(data, ensure_ascii=False))
    if kind in ("plan", "report"):
        for dialect in heavy.DIALECTS:
            (folder / f"{dialect}.docx").write_bytes(getattr(heavy, kind)(dialect))
        (folder / "blank.docx").write_bytes(heavy.blank(kind))
    else:
        (folder / "jinja.docx").write_bytes(heavy.plan(slim=True) if kind == "slim" else heavy.rows(count))
    return folder


class Engines:
    """The workers of every environment, started when they are first asked."""

    def __init__(self, clock: str) -> None:
        self.clock = clock
        self.workers: dict[str, Worker] = {}

    def ask(self, environment: str, **order: object) -> Any:
        if environment not in self.workers:
            self.workers[environment] = Worker(_command(environment), _environ(environment))
        return self.workers[environment].ask(**order)

    def rivals(self, names: Iterable[str], folder: Path, faults: dict[str, str]) -> dict[str, Callable[[int], float]]:
        """The engines that pass the check of a case; what is wrong with the others goes into `faults`."""
        out = {}
        for name in names:
            environment, engine = ENGINES[name]
            order = {"engine": engine, "case": str(folder)}
            target = folder / f"out-{environment}-{engine}.docx"
            try:
                self.ask(environment, do="write", to=str(target), **order)
                fault = missing(target.read_bytes(), folder, engine)
            except (RuntimeError, ValueError, OSError, zipfile.BadZipFile) as error:
                fault = str(error).partition("\n")[0]
            if fault:
                faults[f"{name}, {folder.name}"] = fault
                continue

            def rival(times: int, environment: str = environment, order: dict[str, str] = order) -> float:
                return float(self.ask(environment, do="round", times=times, clock=self.clock, **order))

            out[name] = rival
        return out

    def forget(self) -> None:
        """Frees what the workers hold."""
        for worker in self.workers.values():
            worker.ask(do="forget")

    def close(self) -> None:
        for worker in self.workers.values():
            worker.close()


# --- completeness ----------------------------------------------------------------------------------------------

_W = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"


def missing(document: bytes, folder: Path, engine: str) -> str:
    """What a document lacks of what it should print; empty if nothing."""
    flat = engine == "mailmerge"
    docx.Document(BytesIO(document))
    with zipfile.ZipFile(BytesIO(document)) as archive:
        parts = [n for n in archive.namelist() if re.fullmatch(r"word/(document|footer\d*)\.xml", n)]
        roots = {name: etree.fromstring(archive.read(name)) for name in parts}
    shown = {name: re.sub(r"\s+", " ", " ".join(map(_text, root.iter(_W + "p")))) for name, root in roots.items()}
    body = shown.pop("word/document.xml")
    lines = [_text(row) for row in roots["word/document.xml"].iter(_W + "tr")]
    plan = json.loads((folder / "context.json").read_bytes())["plan"]
    if folder.name.startswith("template"):
        count = int(folder.name.partition("-")[2])
        whole = sum(plan["title"] in line for line in lines)
        return "" if whole == len(lines) == count else f"{whole} of {count} rows"
    wanted = list(_printed(plan, flat=flat))
    gone = [text for text in wanted if " ".join(text.split()) not in body and text.upper() not in body]
    if gone:
        return f"{len(gone)} of {len(wanted)} texts missing, the first: {gone[0][:60]!r}"
    if subjects.OWNER not in body and subjects.OWNER.upper() not in body:
        return 'the organisation with & < > " is not printed as it is'
    if not any(subjects.OWNER in text for text in shown.values()) and "builtin" not in engine:
        return "the organisation is missing in the footer"
    if re.search(r"\{[{%#/d]|%\}|\}\}|«\w+»", body):
        return "tags are left"
    count = 2 + sum(not flat for _ in plan["all_objectives"]) + len(list(_measures(plan["all_objectives"])))
    return "" if len(lines) == count else f"{len(lines)} rows of {count}"


def _text(element: Any) -> str:
    spaces = dict.fromkeys((_W + "br", _W + "cr", _W + "tab", _W + "p"), " ")
    return "".join(e.text or "" if e.tag == _W + "t" else spaces.get(e.tag, "") for e in element.iter())


def _measures(nodes: Iterable[Any]) -> Iterable[Any]:
    for node in nodes:
        for measure in node["measures"]:
            yield measure
            yield from _measures([measure])


def _printed(plan: Any, *, flat: bool) -> Iterable[str]:
    yield plan["title"]
    for objective in plan["all_objectives"]:
        if not flat:
            yield objective["text"]
    for measure in _measures(plan["all_objectives"]):
        yield measure["text"]
        yield from subjects.texts(measure["criteria"])
        yield measure["outcome"]
        yield measure["result"]["reached"]


# --- measuring ------------------------------------------------------------------------------------------------


def timed(engines: Engines, names: Sequence[str], cases: Sequence[str], rounds: int, results: Results) -> None:
    """Times of each case into `results["times"]`; the rounds of a case are interleaved."""
    for name in cases:
        print(f"{name} …", file=sys.stderr)
        rivals = engines.rivals(names, case(name), results["faults"])
        results["times"][name] = interleaved(rivals, rounds, budget=5)
        engines.forget()


def growth(engines: Engines, kind: str, sizes: tuple[int, int], rounds: int, results: Results) -> None:
    """Two sizes of a case in turn: whether the cost is linear."""
    taken = {}
    for size in sizes:
        rivals = engines.rivals([OURS], case(f"{kind}-{size}"), results["faults"])
        taken |= {f"{kind}-{size}": rival for rival in rivals.values()}
    results["times"][f"{kind} growth"] = interleaved(taken, rounds)
    engines.forget()


def memory(results: Results) -> None:
    """Peaks of fresh processes."""
    for times, size in MEMORY:
        folder = case(f"plan-{size}")
        for name in MEMORY_ENGINES:
            environment, engine = ENGINES[name]
            line = [*map(str, _command(environment)), "memory", engine, str(folder), str(times)]
            done = subprocess.run(line, env=_environ(environment), check=True, capture_output=True, text=True)
            results["memory"].setdefault(name, {})[f"{times} × {size}"] = json.loads(done.stdout)


COLD = {
    "python -c pass": ("docxtpl", "pass"),
    BASE: (
        "docxtpl",
        """
import json
from docxtpl import DocxTemplate
mark("import")
with open("context.json", "rb") as file: data = json.load(file)
mark("data")
document = DocxTemplate("jinja.docx")
document.render(data, autoescape=True)
mark("render")
document.save("cold-docxtpl.docx")
mark("save")
""",
    ),
    "planforge, the same template and JSON": (
        "planforge",
        """
from planforge import Template, load
mark("import")
data = load("data.json")
mark("data")
template = Template.open("jinja.docx")
mark("compile")
document = template.render(data)
mark("render")
with open("cold-planforge.docx", "wb") as file: file.write(document)
mark("save")
""",
    ),
    "planforge, built-in `plan` and YAML": (
        "planforge",
        """
from planforge import Template, load
mark("import")
data = load("data.yaml")
mark("data")
template = Template.builtin("plan")
mark("compile")
document = template.render(data)
mark("render")
with open("cold-planforge.docx", "wb") as file: file.write(document)
mark("save")
""",
    ),
}
"""Whole processes: environment and script. `mark` ends a step; the steps are timed apart, in runs of their own."""
_MARKS = """
import sys, time
began = time.process_time()
steps = {}
def mark(name):
    global began
    steps[name] = time.process_time() - began
    began = time.process_time()
"""


def cold(rounds: int, results: Results) -> None:
    """One typed document of 15 measures from start to end of a process."""
    from planforge import Plan, dump

    folder = case("plan-15")
    plan = Plan.model_validate_json((folder / "subject.json").read_bytes())
    (folder / "data.yaml").write_text(dump(plan))
    rivals = {}
    for name, (environment, script) in COLD.items():
        bare = re.sub(r"^mark\(.*\)\n", "", script, flags=re.MULTILINE)
        rivals[name] = process([_python(environment), "-c", bare], _environ(environment), folder)
        told = f"{_MARKS}{script}\nimport json\nprint(json.dumps(steps))"
        line = [str(_python(environment)), "-c", told]
        runs = []
        for _ in range(7):
            done = subprocess.run(
                line, cwd=folder, env=_environ(environment), check=True, capture_output=True, text=True
            )
            runs.append(json.loads(done.stdout))
        results["cold steps"][name] = {step: statistics.median(run[step] for run in runs) for step in runs[0]}
    results["times"]["cold"] = interleaved(rivals, rounds)
    line = [str(_python("planforge")), "-X", "importtime", "-c", "from planforge import Template, load"]
    done = subprocess.run(line, env=_environ("planforge"), check=True, capture_output=True, text=True)
    packages = results["imports"]
    for micros, name in re.findall(r"import time: +(\d+) \| +\d+ \| +(\w+)", done.stderr):
        package = name if name not in sys.stdlib_module_names else "the standard library"
        packages[package] = packages.get(package, 0) + int(micros) / 1000


# --- telling --------------------------------------------------------------------------------------------------


def table(head: Sequence[str], lines: Iterable[Sequence[str]]) -> str:
    rule = ["---", *["--:"] * (len(head) - 1)]
    return "\n".join(f"| {' | '.join(line)} |" for line in (head, rule, *lines)) + "\n"


def _number(value: float) -> str:
    """Two or three figures that count, no exponent."""
    digits = 4 if value < 0.01 else 3 if value < 1 else 2 if value < 10 else 1 if value < 100 else 0
    return f"{value:.{digits}f}"


class Telling:
    """The results as Markdown."""

    def __init__(self, results: Results) -> None:
        self.results = results
        self.times: dict[str, dict[str, list[float]]] = results["times"]

    def ratio(self, name: str, one: str, other: str) -> float | None:
        taken = self.times.get(name, {})
        return ratio(taken[one], taken[other]) if one in taken and other in taken else None

    def targets(self) -> str:
        plans = [f"plan-{size}" for size in PLAN]

        def against(one: str, other: str) -> list[float | None]:
            return [self.ratio(name, one, other) for name in plans]

        peaks = self.results["memory"]
        grown: list[float | None] = []
        share: list[float | None] = []
        if peaks:
            grown = [peaks[OURS]["100 × 15"]["rendering"] - peaks[OURS]["1 × 15"]["rendering"]]
            one, other = (peaks[name]["1 × 1000"] for name in (OURS, BASE))
            share = [part(one) / part(other) for part in (_rendering, _above)]
        first = [name for name in COLD if name.startswith("planforge")]
        lines: list[tuple[str, list[float | None], str]] = [
            ("planforge ÷ docxtpl; 15 / 100 / 1,000 measures", against(OURS, BASE), "0.033 / 0.095 / 0.15"),
            ("the same, data and anchors embedded", against(EMBEDDED, BASE), "0.055 / 0.14 / 0.24"),
            ("`planforge[fast]` ÷ docxtpl", against(FAST, BASE), "0.017 / 0.052 / 0.095"),
            (
                "built-in `plan` ÷ docxtpl, 15 measures; zlib / fast",
                [self.ratio("plan-15", LEAN, BASE), self.ratio("plan-15", LEAN_FAST, BASE)],
                "0.02 / 0.012",
            ),
            ("÷ the limit, zlib 6", against(OURS, LIMIT), "1.35"),
            ("÷ the limit, zlib-ng 6", against(FAST, LIMIT_FAST), "1.7"),
            ("1,000 ÷ 100 measures", [self.ratio("plan growth", "plan-1000", "plan-100")], "11"),
            ("template of 1,600 ÷ 100 rows", [self.ratio("template growth", "template-1600", "template-100")], "17"),
            ("memory: growth over 100 documents, MiB", grown, "< 1"),
            ("memory: 1,000 measures ÷ docxtpl; rendering / with loading the data", share, "0.25"),
            ("cold process ÷ docxtpl; same template / built-in", [self.ratio("cold", n, BASE) for n in first], "1.6"),
        ]
        shown = [
            (what, " / ".join("–" if v is None else _number(v) for v in values), target)
            for what, values, target in lines
            if any(v is not None for v in values)
        ]
        return "## Targets\n\n" + table(["", "measured", "target, at most"], shown) if shown else ""

    def cases(self, title: str, kind: str, sizes: Sequence[int], names: Sequence[str], word: str) -> str:
        found = [size for size in sizes if f"{kind}-{size}" in self.times]
        if not found:
            return ""
        lines = []
        for name in names:
            cells = []
            for size in found:
                key = f"{kind}-{size}"
                if name not in self.times[key]:
                    cells.append("–")
                    continue
                milliseconds = medians(self.times[key])[name] * 1000
                against = self.ratio(key, name, BASE)
                cells.append(_number(milliseconds) + (f" ({_number(against)})" if against is not None else ""))
            if set(cells) != {"–"}:
                lines.append([name, *cells])
        head = ["ms a document (÷ docxtpl)", *(f"{size:,} {word}" for size in found)]
        return f"## {title}\n\n" + table(head, lines)

    def memory(self) -> str:
        peaks = self.results["memory"]
        if not peaks:
            return ""
        head = ["MiB above data and template (above the imports, loading included)"]
        head += [f"{times} × {size:,}" for times, size in MEMORY]
        lines = []
        for name, found in peaks.items():
            cells = [f"{_rendering(p):.1f} ({_above(p):.1f})" for p in found.values()]
            lines.append([f"{name}, {next(iter(found.values()))['imports']:.0f} MiB with its imports", *cells])
        return "## Memory\n\n" + table(head, lines)

    def cold(self) -> str:
        taken = self.times.get("cold")
        if not taken:
            return ""
        names = ["import", "data", "compile", "render", "save"]
        lines = []
        for name in COLD:
            steps = self.results["cold steps"][name]
            cells = [_number(steps[step] * 1000) if step in steps else "–" for step in names]
            against = ratio(taken[name], taken[BASE])
            lines.append([name, f"{medians(taken)[name] * 1000:.0f}", _number(against), *cells])
        packages = sorted(self.results["imports"].items(), key=lambda item: -item[1])
        told = ", ".join(f"{name.removeprefix('_')} {milliseconds:.0f}" for name, milliseconds in packages[:9])
        imports = f"planforge's imports by package, ms, as `-X importtime` counts them: {told}.\n"
        return "## Cold start\n\n" + table(["a whole process", "ms", "÷ docxtpl", *names], lines) + f"\n{imports}"

    def steps(self) -> str:
        found: dict[str, dict[str, dict[str, float]]] = self.results["steps"]
        if not found:
            return ""
        head = ["% of a document", *(f"{name}, {size:,}" for name in found for size in PLAN)]
        columns = [dict(column) for by_size in found.values() for column in by_size.values()]
        for column in columns:
            column["the rest: the program, problems"] = 2 * column["whole"] - sum(column.values())
        order = [name for name in columns[0] if name != "whole"]
        lines = [[step, *(f"{column[step] / column['whole'] * 100:.0f}" for column in columns)] for step in order]
        lines.append(["whole, µs", *(f"{column['whole']:,.0f}" for column in columns)])
        return "## Where the time goes\n\n" + table(head, lines)

    def faults(self) -> str:
        lines = [f"- {name}: {fault}" for name, fault in self.results["faults"].items()]
        return "Left out, for the output was not complete:\n\n" + "\n".join(lines) + "\n" if lines else ""

    def page(self) -> str:
        pieces = [
            self.results["machine"] + "\n",
            self.targets(),
            self.cases("Plan", "plan", PLAN, list(ENGINES), "measures"),
            self.cases("Plan, slim parts around the text", "slim", PLAN, list(ENGINES), "measures"),
            self.cases("Report", "report", REPORT, list(ENGINES), "measures"),
            self.cases("Template", "template", TEMPLATE, TEMPLATE_ENGINES, "rows"),
            self.faults(),
            self.memory(),
            self.cold(),
            self.steps(),
        ]
        return "\n".join(piece for piece in pieces if piece)


def _above(peaks: dict[str, float]) -> float:
    return max(peaks["loading"], peaks["rendering"]) - peaks["imports"]


def _rendering(peaks: dict[str, float]) -> float:
    return peaks["rendering"] - peaks["ready"]


def _machine() -> str:
    info = Path("/proc/cpuinfo").read_text()
    found = re.search(r"model name\s*: (.*)", info)
    model = found.group(1) if found else platform.machine()
    node = subprocess.run(["node", "--version"], capture_output=True, text=True, check=True).stdout.strip()
    versions = f"Python {platform.python_version()}, zlib {zlib.ZLIB_RUNTIME_VERSION}, node {node[1:]}"
    return f"{platform.system()}, {os.cpu_count()} × {model}; {versions}."


_TABLES = re.compile(r"(<!-- peers.py -->\n).*(<!-- / -->)", re.DOTALL)


def main() -> None:
    options = argparse.ArgumentParser(description="planforge beside its peers")
    options.add_argument("parts", nargs="*", metavar="PART", help=f"of {' '.join(PARTS)}; all if none is named")
    options.add_argument("--rounds", type=int, default=5)
    options.add_argument("--clock", choices=("cpu", "wall"), default="cpu", help="of the warm timings")
    options.add_argument("--json", type=Path, help="write every number here")
    options.add_argument("--page", type=Path, help="replace the tables of this page")
    given = options.parse_args()
    parts = given.parts or PARTS
    if unknown := set(parts) - set(PARTS):
        options.error(f"no such part: {', '.join(unknown)}")
    install()
    results: Results = {
        "machine": _machine(),
        "times": {},
        "faults": {},
        "memory": {},
        "cold steps": {},
        "imports": {},
        "steps": {},
    }
    engines = Engines(given.clock)
    try:
        if "plan" in parts:
            timed(engines, list(ENGINES), [f"plan-{size}" for size in PLAN], given.rounds, results)
            timed(engines, TEMPLATE_ENGINES, ["slim-15"], given.rounds, results)
            growth(engines, "plan", (100, 1000), given.rounds, results)
        if "report" in parts:
            names = [name for name in ENGINES if "built-in" not in name]
            timed(engines, names, [f"report-{size}" for size in REPORT], given.rounds, results)
        if "template" in parts:
            timed(engines, TEMPLATE_ENGINES, [f"template-{size}" for size in TEMPLATE], given.rounds, results)
            growth(engines, "template", (100, 1600), given.rounds, results)
        if "steps" in parts:
            for environment, name in (("planforge", "zlib 6"), ("fast", "zlib-ng 6")):
                found = {size: engines.ask(environment, do="steps", case=str(case(f"plan-{size}"))) for size in PLAN}
                results["steps"][name] = found
    finally:
        engines.close()
    if "memory" in parts:
        memory(results)
    if "cold" in parts:
        cold(given.rounds, results)
    page = Telling(results).page()
    if given.json:
        given.json.write_text(json.dumps(results, ensure_ascii=False, indent=1))
    if given.page:
        text = given.page.read_text()
        given.page.write_text(_TABLES.sub(lambda found: f"{found[1]}\n{page}\n{found[2]}", text))
    print(page)


if __name__ == "__main__":
    main()
