"""Writes docs/pictures/templates/ from the examples of docs/templates.md: `python -m tests.template_docs`.

A `docx` fence of the manual is the body of a template in the notation of `tests.bodies`, the `text` fence after it what
comes of it. Comments before it say what it is for: `<!-- picture: NAME -->` and `<!-- template: NAME -->` a picture of
what it prints and of itself, `<!-- fault: PF217 -->` a fault to show, `<!-- list: 1 -->` its lines that begin with `1. `
are numbered by Word, `<!-- file: NAME -->` a template for the Python code after it.
"""

from __future__ import annotations

import re
import subprocess
import tempfile
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

from planforge import Plan, Template, data, office, opc, wml
from tests.bodies import body, entry, numbered, with_body

ROOT = Path(__file__).parent.parent
MANUAL = ROOT / "docs" / "templates.md"
PICTURES = ROOT / "docs" / "pictures" / "templates"
MAX_BYTES = 40 * 1024

_FENCE = re.compile(
    r"((?:^<!-- \w+: \S+ -->\n)*)^```docx\n(.*?)^```$(?:\n\n(?:[^`\n]*:\n\n)?```text\n(.*?)^```$)?",
    re.MULTILINE | re.DOTALL,
)
_MARK = re.compile(r"<!-- (\w+): (\S+) -->")
_PLAN = re.compile(r"^```yaml\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_WIDTH = 9_900
"""Twentieths of a point between the margins."""
_SIDES = ("top", "left", "bottom", "right", "insideH", "insideV")
_EDGES = "".join(f'<w:{side} w:val="single" w:sz="4" w:space="0" w:color="auto"/>' for side in _SIDES)


@dataclass(frozen=True, slots=True)
class Example:
    """A template of the manual, the text shown after it, what comments say of it, and its first line there."""

    notation: str
    shown: str
    marks: tuple[tuple[str, str], ...]
    line: int

    def mark(self, name: str) -> str:
        return dict(self.marks).get(name, "")

    @property
    def template(self) -> bytes:
        """The Word template: its tables have edges, its numbered lines are entries of one list."""
        if not self.mark("list"):
            return with_body(edged(body(self.notation.rstrip("\n"))))
        lines = self.notation.splitlines()
        return numbered("".join(entry(x[3:], 1) if x.startswith("1. ") else body(x) for x in lines))


def edged(xml: str) -> str:
    """A body whose tables, all of as many columns, have edges and the width of the page."""
    columns = xml.count("<w:gridCol ") // max(1, xml.count("<w:tblGrid>"))
    wide = re.sub('w:w="(2000|[468]000|10000)"', lambda m: f'w:w="{int(m[1]) * _WIDTH // 2000 // columns}"', xml)
    return wide.replace("</w:tblPr>", f"<w:tblBorders>{_EDGES}</w:tblBorders></w:tblPr>")


def examples(manual: str) -> list[Example]:
    """Every template of the manual, in order."""
    return [
        Example(match[2], match[3] or "", tuple(_MARK.findall(match[1])), manual.count("\n", 0, match.start(2)) + 1)
        for match in _FENCE.finditer(manual)
    ]


def sample(manual: str) -> Plan:
    """The plan that the manual shows and prints everywhere."""
    found = _PLAN.search(manual)
    assert found is not None
    plan = data.parse(found[1].encode(), Plan)
    assert plan.value is not None, plan.problems
    return plan.value


def outline(document: bytes) -> str:
    """The body of a document as the manual shows it: its outline, with their numbers before the entries of lists."""
    package = opc.read(document)
    root = package.parse(package.main).find(wml.w("body"))
    assert root is not None
    counts: Counter[str] = Counter()
    for paragraph in root.iter(wml.w("p")):
        number = paragraph.find(f"{wml.w('pPr')}/{wml.w('numPr')}/{wml.w('numId')}")
        text = paragraph.find(f"{wml.w('r')}/{wml.w('t')}")
        if number is not None and text is not None:
            instance = str(number.get(wml.w("val")))
            counts[instance] += 1
            text.text = f"{counts[instance]}. {text.text}"
    return wml.outline(root)


# --- pictures ------------------------------------------------------------------------------------------------------


def pictures(manual: str) -> dict[str, tuple[str, Example]]:
    """The pictures that the examples of the manual give, by name, and whether each is of the template."""
    return {
        name: (kind, example)
        for example in examples(manual)
        for kind, name in example.marks
        if kind in ("picture", "template")
    }


def main() -> None:
    """Every picture that the manual names; others in the folder are taken away."""
    manual = MANUAL.read_text(encoding="utf-8")
    plan = sample(manual)
    shown = pictures(manual)
    PICTURES.mkdir(parents=True, exist_ok=True)
    for old in PICTURES.glob("*.png"):
        old.unlink()
    with tempfile.TemporaryDirectory() as folder:
        sources = [Path(folder, f"{name}.docx") for name in shown]
        for source, (kind, example) in zip(sources, shown.values(), strict=True):
            document = example.template if kind == "template" else Template.open(example.template).render(plan)
            source.write_bytes(_on_page(document))
        for pdf in office.to_pdf(sources, folder):
            _cut(pdf, PICTURES / f"{pdf.stem}.png")


def _on_page(document: bytes) -> bytes:
    """The document with margins, and without headers."""
    package = opc.read(document)
    size = b'<w:pgSz w:w="11906" w:h="16838"/>'
    margins = b'<w:pgMar w:top="850" w:right="850" w:bottom="850" w:left="850" w:header="0" w:footer="0" w:gutter="0"/>'
    return package.replace({package.main: package.parts[package.main].replace(size, size + margins)}).to_bytes()


def _cut(pdf: Path, target: Path) -> None:
    """What is printed on the first page, with a little white and an edge."""
    stem = pdf.with_suffix("")
    _run("pdftoppm", "-r", "108", "-gray", "-png", "-singlefile", pdf, stem)
    edge = ("-bordercolor", "white", "-border", "8", "-bordercolor", "#bbb", "-border", "1")
    small = ("-colorspace", "Gray", "+dither", "-colors", "16", "-strip", "-define", "png:compression-level=9")
    _run("convert", stem.with_suffix(".png"), "-trim", "+repage", *edge, *small, target)


def _run(*command: str | Path) -> None:
    subprocess.run(command, check=True, capture_output=True)


if __name__ == "__main__":
    main()
