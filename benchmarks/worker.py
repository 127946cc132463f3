"""The Python engines: a process that `peers.py` starts in the environment of one engine and talks to.

A line of JSON in, a line out: `round` renders so many times and tells the seconds, `write` puts one document into a
file, `steps` tells where planforge's time goes, `forget` frees what is held. `worker.py memory ENGINE CASE TIMES` tells
the peaks of a fresh process.
An engine is a function from a case (a folder) to a function that gives one document; it imports what it needs itself.
"""

from __future__ import annotations

import ctypes
import gc
import json
import re
import statistics
import struct
import sys
import time
import zipfile
from collections.abc import Callable
from io import BytesIO
from pathlib import Path
from typing import Any, TypeAlias

Render: TypeAlias = Callable[[], bytes]


# --- engines -----------------------------------------------------------------------------------------------------


def _subject(case: Path) -> Any:
    from planforge import Plan, Report

    source = (case / "subject.json").read_bytes()
    return (Report if case.name.startswith("report") else Plan).model_validate_json(source)


def planforge(case: Path, *, embed: bool = False) -> Render:
    """The heavy template, compiled once; the data are not embedded."""
    from planforge import Template

    subject = _subject(case)
    template = Template.open((case / "jinja.docx").read_bytes())
    return lambda: template.render(subject, embed=embed)


def planforge_embedded(case: Path) -> Render:
    """The document carries its data, with anchors."""
    return planforge(case, embed=True)


def planforge_builtin(case: Path) -> Render:
    """The built-in form `plan`, whose formatting lives in styles."""
    from planforge import Template

    subject = _subject(case)
    template = Template.builtin("plan")
    return lambda: template.render(subject, embed=False)


def _zlib() -> Any:
    try:
        from zlib_ng import zlib_ng

        return zlib_ng
    except ImportError:
        import zlib

        return zlib


def _opened(document: bytes) -> tuple[dict[str, tuple[bytes, bytes]], dict[str, list[str]]]:
    """What an archive is made of: per static member the packed data and the local header, per rendered one its pieces
    (markup and texts in turn) and the header."""
    members = {}
    pieces = {}
    with zipfile.ZipFile(BytesIO(document)) as archive:
        for info in archive.infolist():
            begin = info.header_offset
            start = begin + 30 + sum(struct.unpack("<HH", document[begin + 26 : begin + 30]))
            members[info.filename] = (document[start : start + info.compress_size], document[begin + 4 : start])
            if info.filename == "word/document.xml" or "footer" in info.filename:
                pieces[info.filename] = re.split(
                    r"(?<=<w:t xml:space=.preserve.>)|(?=</w:t>)", archive.read(info).decode()
                )
    return members, pieces


def _archive(members: dict[str, tuple[bytes, bytes]]) -> bytes:
    out: list[bytes] = []
    entries: list[bytes] = []
    at = 0
    for data, head in members.values():
        out += (b"PK\x03\x04", head, data)
        entries += (b"PK\x01\x02\x14\0", head[:26], struct.pack("<3HLL", 0, 0, 0, 0, at), head[26:])
        at += 4 + len(head) + len(data)
    directory = b"".join(entries)
    count = len(members)
    out += (directory, struct.pack("<4s4H2LH", b"PK\x05\x06", 0, 0, count, count, len(directory), at, 0))
    return b"".join(out)


def limit(case: Path) -> Render:
    """What nobody can leave out: join ready strings, encode, CRC, deflate, write; static members copied.

    The same bytes as planforge's document; zlib-ng where it is installed.
    """
    zlib = _zlib()
    members, pieces = _opened(planforge(case)())

    def render() -> bytes:
        packed = {}
        for name, ready in pieces.items():
            raw = "".join(ready).encode()
            packer = zlib.compressobj(6, 8, -15)
            data = packer.compress(raw) + packer.flush()
            head = members[name][1]
            sizes = struct.pack("<LLL", zlib.crc32(raw), len(data), len(raw))
            packed[name] = (data, head[:10] + sizes + head[22:])
        return _archive({**members, **packed})

    return render


def steps(case: Path) -> dict[str, float]:
    """Microseconds of each step of a document, each by itself, the median of several rounds: where the time goes."""
    from planforge import view

    zlib = _zlib()
    subject = _subject(case)
    whole = planforge(case)
    members, pieces = _opened(whole())
    joined = ["".join(ready) for ready in pieces.values()]
    raws = [text.encode() for text in joined]

    def deflate() -> None:
        for raw in raws:
            packer = zlib.compressobj(6, 8, -15)
            packer.compress(raw) + packer.flush()

    parts: dict[str, Callable[[], object]] = {
        "join": lambda: ["".join(ready) for ready in pieces.values()],
        "encode": lambda: [text.encode() for text in joined],
        "CRC": lambda: [zlib.crc32(raw) for raw in raws],
        "deflate": deflate,
        "archive": lambda: _archive(members),
        "view.walk": lambda: view.walk(subject),
        "whole": whole,
    }
    taken: dict[str, list[float]] = {name: [] for name in parts}
    for _ in range(15):
        for name, part in parts.items():
            started = time.process_time()
            part()
            taken[name].append((time.process_time() - started) * 1e6)
    return {name: statistics.median(times) for name, times in taken.items()}


def docxtpl(case: Path) -> Render:
    """The best fair way: a fresh DocxTemplate a document, from bytes in memory into bytes in memory."""
    from docxtpl import DocxTemplate

    template = (case / "jinja.docx").read_bytes()
    context = json.loads((case / "context.json").read_bytes())

    def render() -> bytes:
        document = DocxTemplate(BytesIO(template))
        document.render(context, autoescape=True)
        out = BytesIO()
        document.save(out)
        return out.getvalue()

    return render


def mailmerge(case: Path) -> Render:
    """Flat rows only: no objective rows, the criteria of a measure as one text."""
    from mailmerge import MailMerge

    template = (case / "mergefields.docx").read_bytes()
    given = json.loads((case / "flat.json").read_bytes())

    def render() -> bytes:
        out = BytesIO()
        with MailMerge(BytesIO(template)) as document:
            document.merge(**given["fields"])
            document.merge_rows("text", given["rows"])
            document.write(out)
        return out.getvalue()

    return render


def python_docx(case: Path) -> Render:
    """By its API: rows added to the form's empty table, every run formatted."""
    from docx import Document
    from docx.enum.text import WD_ALIGN_PARAGRAPH
    from docx.shared import Pt

    template = (case / "blank.docx").read_bytes()
    plan = json.loads((case / "context.json").read_bytes())["plan"]
    is_report = case.name.startswith("report")
    align = {"both": WD_ALIGN_PARAGRAPH.JUSTIFY, "center": WD_ALIGN_PARAGRAPH.CENTER, "right": WD_ALIGN_PARAGRAPH.RIGHT}

    def put(paragraph: Any, text: str, how: str = "both", *, bold: bool = False, italic: bool = False) -> None:
        run = paragraph.add_run(text)
        run.font.name = "Arial"
        run.font.size = Pt(10)
        if bold:
            run.bold = True
        if italic:
            run.italic = True
        paragraph.alignment = align[how]

    def fill(cell: Any, texts: list[str], *, italic: bool = False) -> None:
        for number, text in enumerate(texts):
            put(cell.add_paragraph() if number else cell.paragraphs[0], text, italic=italic)

    def criteria(items: list[Any], mark: str = "- ") -> list[str]:
        return [line for c in items for line in (mark + c["text"], *criteria(c["criteria"], "а. "))]

    def columns(measure: Any) -> list[list[str]]:
        lines = criteria(measure["criteria"])
        if not is_report:
            return [[measure["number"]], [measure["text"]], lines, [measure["period"]], [measure["outcome"]]]
        result = measure["result"]
        counts = result["attachments"]
        told = "Хавсралт нийт: {total} Файл: {files} Зураг: {pictures}"
        reached = [result["reached"], *([told.format(**counts)] if counts else [])]
        text = f"{measure['number']}. {measure['text']}"
        own = [[str(measure["serial"])], [], [text], [measure["period"]], lines, [measure["outcome"]]]
        return [*own, [result["spent"]], reached, [result["grade"]]]

    def add(table: Any, measure: Any, *, italic: bool) -> None:
        for cell, texts in zip(table.add_row().cells, columns(measure), strict=True):
            fill(cell, texts, italic=italic)
        for inner in measure["measures"]:
            add(table, inner, italic=True)

    def render() -> bytes:
        document = Document(BytesIO(template))
        table = document.tables[0]
        mark = table._tbl
        title = f"{plan['owner']['name']} {plan['year']} оны {plan['title']}"
        lines = [(text, "right") for a in plan["approval"] for text in (a["word"], *a["person"].values())]
        for text, how in (*lines, (title, "center"), (f"/{plan['period']}/", "center")):
            paragraph = document.add_paragraph()
            put(paragraph, text, how, bold=True)
            mark.addprevious(paragraph._p)
        for objective in plan["all_objectives"]:
            cells = table.add_row().cells
            whole = cells[0].merge(cells[-1])
            put(whole.paragraphs[0], f"Зорилт {objective['number']}. {objective['text']}", bold=True)
            for measure in objective["measures"]:
                add(table, measure, italic=False)
        put(document.sections[0].footer.paragraphs[0], plan["owner"]["name"], "center")
        out = BytesIO()
        document.save(out)
        return out.getvalue()

    return render


ENGINES = {
    "planforge": planforge,
    "planforge-embedded": planforge_embedded,
    "planforge-builtin": planforge_builtin,
    "limit": limit,
    "docxtpl": docxtpl,
    "mailmerge": mailmerge,
    "python-docx": python_docx,
}
CLOCKS = {"cpu": time.process_time, "wall": time.perf_counter}
MODULES = {"planforge": "planforge.render", "mailmerge": "mailmerge", "python-docx": "docx", "docxtpl": "docxtpl"}

# --- orders ------------------------------------------------------------------------------------------------------


def _resident(field: str) -> float:
    """Memory of this process in MiB: `VmRSS` now, `VmHWM` at its peak (proc(5))."""
    status = Path("/proc/self/status").read_text()
    return int(status.partition(f"{field}:")[2].split()[0]) / 1024


def memory(engine: str, case: str, times: str) -> dict[str, float]:
    """MiB of a fresh process: after its imports, at the peak of loading, with data and template ready, at the peak of
    rendering. What loading freed is given back to the system and the peak reset, so that it hides nothing of rendering.
    """
    __import__(MODULES[engine])
    imports = _resident("VmHWM")
    render = ENGINES[engine](Path(case))
    loading = _resident("VmHWM")
    gc.collect()
    ctypes.CDLL(None).malloc_trim(0)
    Path("/proc/self/clear_refs").write_text("5")
    ready = _resident("VmRSS")
    for _ in range(int(times)):
        render()
    return {"imports": imports, "loading": loading, "ready": ready, "rendering": _resident("VmHWM")}


def main() -> None:
    ready: dict[tuple[str, str], Render] = {}
    for line in sys.stdin:
        order = json.loads(line)
        try:
            print(json.dumps({"value": answer(order, ready)}), flush=True)
        except Exception as error:  # noqa: BLE001 - whatever an engine throws is its answer
            print(json.dumps({"error": f"{type(error).__name__}: {error}"[:300]}), flush=True)


def answer(order: dict[str, Any], ready: dict[tuple[str, str], Render]) -> Any:
    if order["do"] == "steps":
        return steps(Path(order["case"]))
    if order["do"] == "forget":
        return ready.clear()
    key = (order["engine"], order["case"])
    if key not in ready:
        ready[key] = ENGINES[order["engine"]](Path(order["case"]))
        gc.collect()
    render = ready[key]
    if order["do"] == "write":
        Path(order["to"]).write_bytes(render())
        return None
    clock = CLOCKS[order["clock"]]
    started = clock()
    for _ in range(order["times"]):
        render()
    return clock() - started


if __name__ == "__main__":
    if sys.argv[1:2] == ["memory"]:
        print(json.dumps(memory(*sys.argv[2:])))
    else:
        main()
