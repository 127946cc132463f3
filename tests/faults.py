"""The smallest cases of problems that a line of notation cannot show: each raises, or returns, its problem."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any, cast

from docxtpl import RichText

from planforge import Image, Plan, Report, Template, compare, embedded, inspection, read, save
from planforge.compiler import MAX_BLOCKS, MAX_DEPTH
from planforge.numbering import MAX_INSTANCES
from tests.bodies import body, docx, entry, numbered, paragraph, with_body
from tests.images import png

PLAN = Plan.model_validate({"title": "Т", "year": 2024, "owner": "Хэлтэс", "measures": ["м"]})
TAG = "{{ plan.title }}"


def plan_against_report(folder: Path) -> object:
    return compare(PLAN, Report(plan=PLAN))


def tag_in_formula(folder: Path) -> object:
    formula = "http://schemas.openxmlformats.org/officeDocument/2006/math"
    return Template.open(with_body(f'<w:p><m:r xmlns:m="{formula}"><m:t>{TAG}</m:t></m:r></w:p>'))


def section_break_joined(folder: Path) -> object:
    end = "<w:p><w:pPr><w:sectPr/></w:pPr></w:p>"
    return Template.open(with_body(end + paragraph("{%- if plan.stage %}x{% endif %}")))


def statement_in_alternative_text(folder: Path) -> object:
    drawing = "http://schemas.openxmlformats.org/drawingml/2006/wordprocessingDrawing"
    described = f'<d:docPr xmlns:d="{drawing}" id="1" name="а" descr="{{% if plan %}}а"/>'
    return Template.open(with_body(f"<w:p><w:r><w:drawing>{described}</w:drawing></w:r></w:p>"))


def break_in_tag(folder: Path) -> object:
    return Template.open(with_body("<w:p><w:r><w:t>{{ plan.</w:t><w:br/><w:t>title }}</w:t></w:r></w:p>"))


def footnote_in_loop(folder: Path) -> object:
    note = '<w:p><w:r><w:footnoteReference w:id="1"/></w:r></w:p>'
    return Template.open(
        with_body(body("{%p for m in plan.all_measures %}\n{{ m.text }}") + note + body("{%p endfor %}"))
    )


def long_tag(folder: Path) -> object:
    return Template.open(docx("{{ plan.title | ended('" + "а" * 5_000 + "') }}"))


def deep_loops(folder: Path) -> object:
    opening = "\n".join(f"{{%p for m{i} in plan.all_measures %}}" for i in range(MAX_DEPTH + 1))
    return Template.open(docx(f"{opening}\nx\n" + "\n".join(["{%p endfor %}"] * (MAX_DEPTH + 1))))


def many_tags(folder: Path) -> object:
    return Template.open(docx("\n".join([TAG] * 5_001)))


def long_tags(folder: Path) -> object:
    return Template.open(docx("\n".join(["{{ plan.title | ended('" + "а" * 3_900 + "') }}"] * 105)))


def deep_blocks(folder: Path) -> object:
    opening = "\n".join(["{%p if plan.stage %}"] * (MAX_BLOCKS + 1))
    return Template.open(docx(f"{opening}\nx\n" + "\n".join(["{%p endif %}"] * (MAX_BLOCKS + 1))))


def half_a_bookmark(folder: Path) -> object:
    start = '<w:p><w:bookmarkStart w:id="1" w:name="b"/></w:p>'
    end = '<w:p><w:bookmarkEnd w:id="1"/></w:p>'
    return Template.open(with_body(body("{%p if plan.stage %}") + start + body("{%p endif %}") + end))


def untyped(template: str, data: dict[object, object]) -> object:
    return Template.open(docx(template), schema=None).render(cast(Any, data))


def unfit_value(folder: Path) -> object:
    return untyped("{{ x | letter }}", {"x": "а"})


def endless_number(folder: Path) -> object:
    return untyped("{{ x }}", {"x": float("nan")})


def deep_data(folder: Path) -> object:
    inner: list[object] = []
    inner.append(inner)
    return untyped("{{ x }}", {"x": inner})


def many_lists(folder: Path) -> object:
    source = numbered(body("{%p for x in items %}") + entry("а", 1) * 2 + body("{%p endfor %}"))
    return Template.open(source, schema=None).render({"items": list(range(MAX_INSTANCES + 1))})


def name_twice(folder: Path) -> object:
    return untyped("{{ x }}", {"x": {1: "а", "1": "б"}})


def wide_cell(folder: Path) -> object:
    return untyped("| {% colspan x %}а |", {"x": 64})


def unknown_colour(folder: Path) -> object:
    return untyped("| {% cellbg x %}а |", {"x": "red"})


def endless(folder: Path) -> object:
    loops = "".join(f"{{% for x{i} in items %}}" for i in range(4))
    return Template.open(docx(f"{loops}a{'{% endfor %}' * 4}"), schema=None).render({"items": list(range(100))})


def huge(folder: Path) -> object:
    template = Template.open(docx("{% for x in items %}{{ text }}{% endfor %}"), schema=None)
    return template.render({"items": list(range(700)), "text": "а" * 100_000})


def missing_picture(folder: Path) -> object:
    return Image(folder / "no.png")


def damaged_picture(folder: Path) -> object:
    return Image(b"GIF89a")


def endless_picture(folder: Path) -> object:
    return Image(png(), width=10_000)


def foreign_rich_text(folder: Path) -> object:
    text = RichText("а", url_id="rId7")
    return untyped("{{r x }}", {"x": text})


def picture_in_text(folder: Path) -> object:
    return untyped("{{ x ~ 'а' }}", {"x": Image(png())})


def missing_folder(folder: Path) -> object:
    return save(b"", folder / "no" / "x.docx")


def folder_as_file(folder: Path) -> object:
    (folder / "x.docx").mkdir()
    return save(b"", folder / "x.docx")


def name_too_long(folder: Path) -> object:
    return save(b"", folder / f"{'ө' * 200}.docx")


def _document(old: bytes = b"", new: bytes = b"") -> bytes:
    package = inspection.read(Template.open(docx(TAG)).render(PLAN))
    name = embedded.part_name(package)
    assert name is not None
    return package.replace({name: package.parts[name].replace(old, new)}).to_bytes()


def no_data(folder: Path) -> object:
    return read(docx("x"))


def newer_data(folder: Path) -> object:
    return read(_document(b'version="1"', b'version="9"'))


def edited(folder: Path) -> object:
    package = inspection.read(_document())
    part = package.parts["word/document.xml"].replace("Т</w:t>".encode(), "Ү</w:t>".encode())
    return read(package.replace({"word/document.xml": part}).to_bytes())


def damaged_data(folder: Path) -> object:
    return read(_document(b"2024", b'"x"'))


BUILDERS: dict[str, Callable[[Path], object]] = {
    f.__name__: f
    for f in (
        plan_against_report,
        tag_in_formula,
        section_break_joined,
        statement_in_alternative_text,
        break_in_tag,
        footnote_in_loop,
        long_tag,
        deep_loops,
        many_tags,
        long_tags,
        deep_blocks,
        half_a_bookmark,
        unfit_value,
        endless_number,
        deep_data,
        many_lists,
        name_twice,
        wide_cell,
        unknown_colour,
        endless,
        huge,
        missing_picture,
        damaged_picture,
        endless_picture,
        foreign_rich_text,
        picture_in_text,
        missing_folder,
        folder_as_file,
        name_too_long,
        no_data,
        newer_data,
        edited,
        damaged_data,
    )
}
