"""Writes docs/problems.md from the catalogue: `python -m tests.problem_docs`."""

from __future__ import annotations

from pathlib import Path

from planforge.errors import catalogue

_DOORS = {
    "1": ("Өгөгдлийн файл", "Data files"),
    "2": ("Загвар, багц", "Templates, layouts, packages"),
    "3": ("Загвар ба өгөгдөл", "A template against its data"),
    "4": ("Салбарын дүрэм", "Domain rules"),
    "5": ("Гаралт", "Output"),
    "6": ("Баримт унших", "Reading documents"),
    "7": ("Орчин", "Environment"),
}


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
            lines += ["", f"## PF{door}xx {_DOORS[door][0]} · {_DOORS[door][1]}"]
        kind = ("алдаа", "error") if entry.severity == "error" else ("анхааруулга", "warning")
        lines += ["", f"### {code} · {kind[0]} · {kind[1]}", ""]
        for message, hint in ((entry.message.mn, entry.hint.mn), (entry.message.en, entry.hint.en)):
            text = " → ".join(x for x in (message, hint) if x).replace("{{", "{").replace("}}", "}")
            lines.append(f"- {text}")
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    (Path(__file__).parent.parent / "docs" / "problems.md").write_text(page(), encoding="utf-8")
