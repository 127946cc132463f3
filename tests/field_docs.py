"""Writes docs/fields.md from the vocabulary: `python -m tests.field_docs`."""

from __future__ import annotations

from pathlib import Path

from planforge import filters, view
from planforge.palette import type_name
from planforge.vocabulary import FILES, Field, Record, describe, mongolian_name, reachable

_HEAD = """# Талбарууд · Fields

Generated from the model's own declarations; do not edit. Энэ хуудсыг кодоос гаргадаг.

A field may be written by its English key, its Mongolian name or a synonym, in data files and in templates alike.
Талбарыг англи түлхүүр, монгол нэр, ижил утгат нэрийн алинаар нь ч бичиж болно.
"""


def page() -> str:
    """The page as Markdown: what data files hold, what templates see, filters."""
    lines = [_HEAD, "## Өгөгдлийн файл · Data files"]
    roots = [describe(model) for model in FILES.values()]
    for record in reachable(*roots, data=True):
        lines += _table(record.model.__name__, record.model.__doc__, record.data.values())
    lines += ["", "## Загварт харагдах нэрс · What templates see", ""]
    for name, top in view.names().items():
        lines.append(f"- `{name}` · `{mongolian_name(top.term.mn)}`: {type_name(top.type).en}")
    data = {r.name: r.data for r in reachable(*roots, data=True)}
    for record in reachable(*_top_records()):
        own = [f for n, f in record.fields.items() if n not in data.get(record.model.__name__, {}) or f.access != n]
        own = [f for f in own if f.access != f"item.{f.name}"]
        if own:
            own_name = type_name(record).en
            title = own_name if record.cls is record.model else f"{own_name} ({record.model.__name__} +)"
            lines += _table(title, record.cls.__doc__, own)
    lines += ["", "## Шүүлтүүр · Filters", "", "| name | нэр | takes | written |", "|---|---|---|---|"]
    for item in filters.FILTERS:
        lines.append(f"| `{item.name}` | `{item.mn}` | {item.wants.mn} · {item.wants.en} | `{item.usage}` |")
    return "\n".join(lines) + "\n"


def _top_records() -> list[Record]:
    return [f.type for f in view.names().values() if isinstance(f.type, Record)]


def _table(title: str, about: str | None, fields: object) -> list[str]:
    assert not isinstance(fields, str)
    lines = ["", f"### {title}", "", (about or "").strip().splitlines()[0], ""]
    lines += ["| key | нэр | also | type | meaning | example |", "|---|---|---|---|---|---|"]
    return lines + [_row(f) for f in fields if isinstance(f, Field)]  # type: ignore[attr-defined]


def _row(field: Field) -> str:
    also = ", ".join(f"`{mongolian_name(a)}`" for a in field.term.also)
    meaning = " · ".join(x for x in (field.term.help_mn, field.term.help) if x)
    required = " **required**" if field.required else ""
    example = f"`{field.term.example}`" if field.term.example else ""
    return (
        f"| `{field.name}` | `{field.template_name}` | {also} | {type_name(field.type).en}{required} "
        f"| {meaning} | {example} |"
    )


if __name__ == "__main__":
    (Path(__file__).parent.parent / "docs" / "fields.md").write_text(page(), encoding="utf-8")
