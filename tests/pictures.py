"""Writes docs/pictures/ from the rendered samples with LibreOffice and pdftoppm: `python -m tests.pictures`.

Of the decision document, which is no form, the first page.
"""

from __future__ import annotations

import subprocess
import tempfile
from pathlib import Path

from planforge import Template, load, office
from planforge.next_plan import decision_document
from planforge.rollover import roll_over

ROOT = Path(__file__).parent.parent
SAMPLES = ROOT / "samples"
FORMS = {
    "plan": "customs-2024/plan.yaml",
    "plan-activities": "activities-2025/plan.yaml",
    "plan-departmental": "department-2025/plan.yaml",
    "plan-indicators": "school-2025/plan.yaml",
    "progress": "progress-2025/report.yaml",
    "report": "govisumber-2021/report.yaml",
}
"""The sample of every built-in form."""


def main() -> None:
    """Every page of every form's sample, 80 dots to the inch, 16 greys."""
    target = ROOT / "docs" / "pictures"
    for old in (page for name in FORMS for page in target.glob(f"{name}-[0-9]*.png")):
        old.unlink()
    with tempfile.TemporaryDirectory() as folder:
        for name, sample in FORMS.items():
            source = Path(folder) / f"{name}.docx"
            source.write_bytes(Template.builtin(name).render(load(SAMPLES / sample)))
            (pdf,) = office.to_pdf([source], folder)
            subprocess.run(["pdftoppm", "-r", "80", "-gray", "-png", pdf, target / name], check=True)
        source = Path(folder) / "decisions.docx"
        source.write_bytes(decision_document(roll_over(load(SAMPLES / FORMS["progress"]), year=2026)))
        (pdf,) = office.to_pdf([source], folder)
        page = source.with_suffix(".png")
        subprocess.run(["pdftoppm", "-r", "80", "-gray", "-singlefile", "-png", pdf, page.with_suffix("")], check=True)
        small = ("-colorspace", "Gray", "+dither", "-colors", "16", "-strip", "-define", "png:compression-level=9")
        subprocess.run(["convert", page, *small, target / "decisions.png"], check=True)


if __name__ == "__main__":
    main()
