"""Writes docs/problems.md from the catalogue: `python -m tests.problem_docs`."""

from __future__ import annotations

from pathlib import Path

from planforge.errors import catalogue
from planforge.messages import GROUPS, PHRASES

DOCS = Path(__file__).parent.parent / "docs"
CHECKING = DOCS / "checking.md"
BEGIN, END = "<!-- figures -->", "<!-- end of figures -->"
"""Between these marks stand the figures of `python -m tests.mutations`."""


def page() -> str:
    """The page as Markdown."""
    lines = [
        "# Алдаа, анхааруулга · Problems",
        "",
        "Generated from `planforge/problems.toml`; do not edit. {…} stands for what was found.",
        "Энэ хуудсыг `planforge/problems.toml`-оос гаргадаг. {…} нь тухайн тохиолдлын утга.",
        "",
        "## Шалгалт хэр найдвартай вэ · How much of what goes wrong is found",
        "",
        "Загварын таг бүрийг санаатайгаар эвдэж үзсэн дүн ([checking.md](checking.md)). The templates' tags broken on",
        "purpose, one at a time ([how](checking.md)).",
        "",
        CHECKING.read_text(encoding="utf-8").partition(BEGIN)[2].partition(END)[0].partition("\n\n")[0].strip(),
    ]
    door = ""
    for code, entry in sorted(catalogue().items()):
        if code[2] != door:
            door = code[2]
            lines += ["", f"## PF{door}xx {GROUPS[door][0]} · {GROUPS[door][1]}"]
        kind = PHRASES[entry.severity]
        lines += ["", f"### {code} · {kind[0]} · {kind[1]}", ""]
        for message, hint in ((entry.message.mn, entry.hint.mn), (entry.message.en, entry.hint.en)):
            lines.append(f"- {_plain(' → '.join(x for x in (message, hint) if x))}")
        lines += ["", f"{entry.why.mn} · {entry.why.en}"]
        if entry.example:
            lines += ["", "```", entry.example, "```"]
    return "\n".join(lines) + "\n"


def _plain(text: str) -> str:
    """A text of the catalogue with its tags as they are written."""
    return text.replace("{{", "{").replace("}}", "}")


def write() -> None:
    (DOCS / "problems.md").write_text(page(), encoding="utf-8")


if __name__ == "__main__":
    write()
