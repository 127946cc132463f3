"""Writes docs/problems.md from the catalogue: `python -m tests.problem_docs`."""

from __future__ import annotations

from pathlib import Path

from planforge.errors import catalogue
from planforge.messages import GROUPS, PHRASES


def page() -> str:
    """The page as Markdown."""
    lines = [
        "# Алдаа, анхааруулга · Problems",
        "",
        "Generated from `planforge/problems.toml`; do not edit. {…} stands for what was found.",
        "Энэ хуудсыг `planforge/problems.toml`-оос гаргадаг. {…} нь тухайн тохиолдлын утга.",
    ]
    door = ""
    for code, entry in sorted(catalogue().items()):
        if code[2] != door:
            door = code[2]
            lines += ["", f"## PF{door}xx {GROUPS[door][0]} · {GROUPS[door][1]}"]
        kind = PHRASES[entry.severity]
        lines += ["", f"### {code} · {kind[0]} · {kind[1]}", ""]
        for message, hint in ((entry.message.mn, entry.hint.mn), (entry.message.en, entry.hint.en)):
            text = " → ".join(x for x in (message, hint) if x).replace("{{", "{").replace("}}", "}")
            lines.append(f"- {text}")
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    (Path(__file__).parent.parent / "docs" / "problems.md").write_text(page(), encoding="utf-8")
