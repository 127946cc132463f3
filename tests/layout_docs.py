"""Writes docs/pictures/layouts/ from the YAML examples of docs/layouts.md: `python -m tests.layout_docs`.

A fence of the manual is a whole layout, or a piece of one that is wrapped here: blocks, one table, or some keys of a
layout. Comments before it say what it is for: `<!-- picture: NAME -->` what it prints, cut to the text; `<!-- pages: NAME -->`
the whole pages side by side; `<!-- template: NAME -->` the template with its tags; `<!-- fault: PF287 -->` a fault to show.
"""

from __future__ import annotations

import re
import subprocess
import tempfile
from dataclasses import dataclass
from pathlib import Path
from textwrap import indent
from typing import Literal, TypeAlias

from planforge import Plan, Report, Template, data, layout, office

ROOT = Path(__file__).parent.parent
MANUAL = ROOT / "docs" / "layouts.md"
PICTURES = ROOT / "docs" / "pictures" / "layouts"
SAMPLE = Path(__file__).with_name("layout_docs_sample.yaml")
MAX_BYTES = 60 * 1024

Kind: TypeAlias = Literal["picture", "pages", "template"]
KINDS: dict[str, Kind] = {"picture": "picture", "pages": "pages", "template": "template"}

_FENCE = re.compile(r"((?:^<!-- \w+: \S+ -->\n)*)^```yaml\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_MARK = re.compile(r"<!-- (\w+): (\S+) -->")
_TABLE_KEY = re.compile(r"^columns:", re.MULTILINE)
_BODY = """\
body:
- approval: stacked
- title: "{{ plan.year }} ОНЫ {{ plan.title | upper }}"
- table:
    widths: [20, "*", 40]
    sections: [objective]
    columns: [{№: measure.number}, {Арга хэмжээ: measure}, {Хугацаа: measure.period}]
- signoffs: typed
"""
"""What stands under keys that are shown without a body."""


@dataclass(frozen=True, slots=True)
class Example:
    """A YAML fence of the manual, what the comments before it say, and its first line there."""

    text: str
    marks: tuple[tuple[str, str], ...]
    line: int

    @property
    def fault(self) -> str:
        """The code of the fault that it shows; empty if it is to be right."""
        return dict(self.marks).get("fault", "")

    @property
    def layout(self) -> bytes:
        """The fence as a whole layout."""
        text = self.text
        if re.search(r"^layout:", text, re.MULTILINE):
            return text.encode()
        if text.startswith("- "):
            text = f"body:\n{text}"
        elif _TABLE_KEY.search(text):
            text = f"body:\n- table:\n{indent(text, '    ')}"
        elif not re.search(r"^body:", text, re.MULTILINE):
            text += _BODY
        return f"layout: жишээ\n{text}".encode()


def examples(manual: str) -> list[Example]:
    """Every YAML fence of the manual, in order."""
    return [
        Example(match[2], tuple(_MARK.findall(match[1])), manual.count("\n", 0, match.start(2)) + 1)
        for match in _FENCE.finditer(manual)
    ]


def template(example: Example) -> bytes:
    """The Word template that the example builds."""
    return layout.build(layout.load(example.layout))


def document(example: Example, report: Report) -> bytes:
    """What the example prints of the sample: of the report, or of the plan in it."""
    subject: Plan | Report = report if layout.load(example.layout).subject == "report" else report.plan
    return Template.open(template(example)).render(subject)


def sample() -> Report:
    """The invented report, with its plan inside."""
    return data.load(SAMPLE, Report)


def pictures(manual: str) -> dict[str, tuple[Kind, Example]]:
    """The pictures that the examples of the manual give, by name."""
    return {
        name: (KINDS[kind], example) for example in examples(manual) for kind, name in example.marks if kind in KINDS
    }


def main() -> None:
    """Every picture that the manual names; others in the folder are taken away."""
    shown = pictures(MANUAL.read_text(encoding="utf-8"))
    report = sample()
    PICTURES.mkdir(parents=True, exist_ok=True)
    for old in PICTURES.glob("*.png"):
        old.unlink()
    with tempfile.TemporaryDirectory() as folder:
        sources = [Path(folder, f"{name}.docx") for name in shown]
        for source, (kind, example) in zip(sources, shown.values(), strict=True):
            source.write_bytes(template(example) if kind == "template" else document(example, report))
        for pdf, (kind, example) in zip(office.to_pdf(sources, folder), shown.values(), strict=True):
            target = PICTURES / f"{pdf.stem}.png"
            draw = _pages if kind == "pages" else _cut
            draw(pdf, target, layout.load(example.layout).page)


def _pages(pdf: Path, target: Path, page: layout.Page) -> None:
    """The whole pages side by side, each with an edge."""
    info = _run("pdfinfo", pdf)
    count = int(info.partition("Pages:")[2].split()[0])
    dots = (700 if count == 1 else 900) * 25.4 / (count * page.paper_mm[0])
    stem = pdf.with_suffix("")
    _run("pdftoppm", "-r", str(round(dots)), "-gray", "-png", pdf, stem)
    pages = sorted(pdf.parent.glob(f"{stem.name}-[0-9]*.png"))
    edge = ("-bordercolor", "#999", "-border", "1", "-bordercolor", "white", "-border", "6")
    _run("convert", *pages, *edge, "-background", "white", "-gravity", "north", "+append", *_SMALL, target)


def _cut(pdf: Path, target: Path, page: layout.Page) -> None:
    """The first page over the full width of its text, from the first line printed to the last."""
    dots = 108 if page.text_width_mm < 200 else 88
    stem = pdf.with_suffix("")
    _run("pdftoppm", "-r", str(dots), "-gray", "-png", "-singlefile", pdf, stem)
    source = stem.with_suffix(".png")
    box = re.fullmatch(r"\d+x(\d+)\+\d+\+(\d+)", _run("convert", source, "-format", "%@", "info:"))
    assert box is not None, f"{target.name}: nothing is printed"
    left, width = (round(float(mm) * dots / 25.4) for mm in (page.margins.left, page.text_width_mm))
    area = f"{width + 16}x{box[1]}+{left - 8}+{box[2]}"
    edge = ("-bordercolor", "white", "-border", "8", "-bordercolor", "#bbb", "-border", "1")
    _run("convert", source, "-crop", area, "+repage", *edge, *_SMALL, target)


_SMALL = ("-colorspace", "Gray", "+dither", "-colors", "16", "-strip", "-define", "png:compression-level=9")


def _run(*command: str | Path) -> str:
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout.strip()


if __name__ == "__main__":
    main()
