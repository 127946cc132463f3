"""Writes docs/mending/ and docs/pictures/mending/ for docs/mending.md: `python -m tests.mending_docs`.

A broken template as a person types it and Word keeps it, the annotated copy, and what comes of it while the mends that
stand in the tables of the manual are made, one round after the other. Pictures show the comments in the margin.
"""

from __future__ import annotations

import re
import subprocess
import tempfile
from collections import Counter
from copy import deepcopy
from datetime import date
from pathlib import Path

from planforge import Template, office, opc, wml
from planforge.annotation import annotate
from planforge.opc import Package
from planforge.wml import NAMESPACE, w
from tests import template_docs
from tests.bodies import body, with_body
from tests.template_docs import edged

ROOT = Path(__file__).parent.parent
MANUAL = ROOT / "docs" / "mending.md"
FOLDER = ROOT / "docs" / "mending"
PICTURES = ROOT / "docs" / "pictures" / "mending"
MAX_PICTURE = 80 * 1024
MAX_DOCUMENT = 40 * 1024
TODAY = date(2025, 1, 10)

BROKEN = """{{ plan.owner.genitive | uper }}
{{ plan.year }} ОНЫ {{ plan.titel | upper }}
Байгууллага: {{ plan.owner.name }
{%p if plan.stage %}
Үе шат: {{ plan.stage }}
{%p endfi %}
| № | Арга хэмжээ | Шалгуур үзүүлэлт | Хариуцах |
| {%tr for measure in plan.all_measures %} |
| {{ measure.number }} | {{ measure.text }} | {{ measure.critеria | join }} | {{ measure.responsible | join }} |
| {%tr endfor %} | Нийт |
Зорилтууд:
{%p for objective in plan.all_objectives %}
{{ objective.number }}. {{ objektive.text }}
"""
"""The body; е in critеria is Cyrillic."""
FOOTER = "{{ plan.owner }} · {{ today | data }}"

DPI = 100
PAGE_WIDTH = 790
NOTE_WIDTH = 440
_NOTE = re.compile(rb"/Subtype /Text /Rect\[[\d.]+ [\d.]+ ([\d.]+) ([\d.]+)\].*?/Contents <([0-9A-F]+)>")
_TABLE_ROW = re.compile(r"^\| \d+ \| `` (.*?) `` \| (?:`` (.*?) ``|[^|`]*) \| [^|]* \|$", re.MULTILINE)


def broken() -> bytes:
    """The broken template: Word has cut its tags into runs, and marked what it thinks misspelt."""
    package = opc.unpack(with_body(_typed(edged(body(BROKEN)))))
    footer = f'<w:ftr xmlns:w="{NAMESPACE}"><w:p><w:pPr><w:jc w:val="center"/></w:pPr><w:r><w:t>{FOOTER}</w:t></w:r></w:p></w:ftr>'
    kind = "application/vnd.openxmlformats-officedocument.wordprocessingml.footer+xml"
    package = package.add("word/footer9.xml", footer.encode(), kind, f"{opc.DOC_REL}footer")
    related = next(rel.id for rel in package.relationships(package.main) if rel.part == "word/footer9.xml")
    reference = f'<w:sectPr><w:footerReference xmlns:r="{opc.DOC_REL[:-1]}" w:type="default" r:id="{related}"/>'
    main = package.parts[package.main].decode().replace("<w:sectPr>", reference)
    margins = (
        '<w:pgMar w:top="850" w:right="850" w:bottom="850" w:left="850" w:header="400" w:footer="400" w:gutter="0"/>'
    )
    size = '<w:pgSz w:w="11906" w:h="9000"/>'
    main = main.replace('<w:pgSz w:w="11906" w:h="16838"/>', size + margins)
    return package.replace({package.main: main.encode()}).to_bytes()


def _typed(xml: str) -> str:
    """Every tag in runs, as Word keeps what was typed."""

    def cut(text: re.Match[str]) -> str:
        pieces = re.split(r"(?<=[{%.])(?=[ \w])|(?= \|)", text[1])
        run = '<w:r><w:t xml:space="preserve">{}</w:t></w:r>'.format
        return '<w:proofErr w:type="spellStart"/>'.join(map(run, pieces))

    return re.sub(r'<w:r><w:t xml:space="preserve">([^<]*)</w:t></w:r>', cut, xml)


def rounds(manual: str) -> list[list[tuple[str, str]]]:
    """The mends of the tables of the manual, round by round: what stands there, what stands there after."""
    return [
        [(old, new.replace(" ⏎ ", "\n")) for old, new in _TABLE_ROW.findall(part)]
        for part in re.split("^## ", manual, flags=re.MULTILINE)
        if _TABLE_ROW.search(part)
    ]


def mended(document: bytes, mends: list[tuple[str, str]]) -> bytes:
    """The document with texts replaced as a person would, in whatever part; a new line is a new paragraph."""
    package = opc.unpack(document)
    for old, new in mends:
        found = [name for name in package.parts if re.fullmatch(r"word/(document|footer9)\.xml", name)]
        changed = {name: done for name in found if (done := _replaced(package, name, old, new))}
        assert len(changed) == 1, old
        package = package.replace(changed)
    return package.to_bytes()


def _replaced(package: Package, part: str, old: str, new: str) -> bytes | None:
    root = package.parse(part)
    for paragraph in root.iter(w("p")):
        text = wml.text_of(paragraph)
        if old in text:
            letters = list(paragraph.iter(w("t")))
            for place, line in reversed([*enumerate(text.replace(old, new, 1).split("\n"))]):
                target = deepcopy(paragraph) if place else paragraph
                if place:
                    for mark in list(target.iter(*(w(f"comment{x}") for x in ("RangeStart", "RangeEnd", "Reference")))):
                        mark.getparent().remove(mark)  # type: ignore[union-attr]
                    paragraph.addnext(target)
                letters = list(target.iter(w("t")))
                for letter in letters:
                    letter.text = ""
                letters[0].text = line
            return opc.serialise(root)
    return None


def main() -> None:
    """The template, its annotated copy, and the pictures."""
    manual = MANUAL.read_text(encoding="utf-8")
    for folder in (FOLDER, PICTURES):
        folder.mkdir(parents=True, exist_ok=True)
    source = broken()
    copy = annotate(source)
    (FOLDER / "form.docx").write_bytes(source)
    (FOLDER / "faults.docx").write_bytes(copy)
    shown = {"faults": copy}
    for number, mends in enumerate(rounds(manual), 2):
        copy = annotate(mended(copy, mends))
        shown[f"faults-{number}"] = copy
    plan = template_docs.sample(template_docs.MANUAL.read_text(encoding="utf-8"))
    shown["document"] = Template.open(shown.popitem()[1]).render(plan, today=TODAY)
    for name, document in shown.items():
        _picture(document, PICTURES / f"{name}.png")


def _picture(document: bytes, target: Path) -> None:
    """The first page, and beside it the comments that LibreOffice exports with it.

    LibreOffice draws comments in the margin of a PDF only where it has a window, so they are drawn here.
    """
    program = office.find_office()
    assert program is not None
    with tempfile.TemporaryDirectory() as folder:
        source = Path(folder, "a.docx")
        source.write_bytes(document)
        options = 'pdf:writer_pdf_Export:{"ExportNotes":{"type":"boolean","value":"true"}}'
        home = f"-env:UserInstallation={Path(folder, 'home').as_uri()}"
        _run(program, home, "--headless", "--convert-to", options, "--outdir", folder, source)
        pdf, page = source.with_suffix(".pdf"), source.with_suffix(".png")
        _run("pdftoppm", "-hide-annotations", "-r", str(DPI), "-png", "-singlefile", pdf, source.with_suffix(""))
        (height,) = re.findall(rb"/MediaBox\[0 0 [\d.]+ ([\d.]+)\]", pdf.read_bytes())[:1]
        notes = sorted(
            (float(height) - float(y), float(x), bytes.fromhex(text.decode()).decode("utf-16"))
            for x, y, text in _NOTE.findall(pdf.read_bytes())
        )
        drawn: list[str | Path] = ["-font", "Liberation-Sans-Bold", "-pointsize", "14", "-fill", "#c00000"]
        bottom, spots = 10, Counter[tuple[float, float]]()
        for number, (y, x, text) in enumerate(notes, 1):
            note = Path(folder, f"{number}.png")
            words = f"{number}. {text}".replace("\\", "\\\\").replace("%", "%%").replace("\r", "\n")
            look = ("-background", "#fff6d0", "-fill", "black", "-font", "Liberation-Sans", "-pointsize", "15")
            edge = ("-bordercolor", "#fff6d0", "-border", "5", "-bordercolor", "#c9a400", "-border", "1")
            _run("convert", "-size", f"{NOTE_WIDTH}x", *look, f"caption:{words}", *edge, note)
            mark = f"+{x * DPI / 72 + 4 + 14 * spots[x, y]:.0f}+{y * DPI / 72 + 8:.0f}"
            spots[x, y] += 1
            drawn += ["-annotate", mark, str(number), note, "-geometry", f"+{PAGE_WIDTH}+{bottom}", "-composite"]
            bottom += int.from_bytes(note.read_bytes()[20:24], "big") + 6
        size = f"{PAGE_WIDTH + (NOTE_WIDTH + 20 if notes else 0)}x{max(bottom, float(height) * DPI / 72):.0f}"
        edge = ("-bordercolor", "white", "-border", "8", "-bordercolor", "#bbb", "-border", "1")
        small = ("+dither", "-colors", "16", "-strip", "-define", "png:compression-level=9")
        _run(
            "convert", page, "-background", "white", "-extent", size, *drawn, "-trim", "+repage", *edge, *small, target
        )


def _run(*command: str | Path) -> None:
    subprocess.run(command, check=True, capture_output=True)


if __name__ == "__main__":
    main()
