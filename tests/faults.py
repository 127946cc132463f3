"""The smallest cases of problems that a line of notation cannot show: each raises, or returns, its problem."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ProcessPoolExecutor
from contextlib import closing
from multiprocessing import get_context
from pathlib import Path
from typing import Any, cast

from docxtpl import RichText
from pydantic import BaseModel, Field

from planforge import Image, Plan, Report, Template, batch, compare, embedded, inspection, read, save
from planforge.batch_command import _executor
from planforge.compiler import MAX_BLOCKS, MAX_DEPTH
from planforge.console import Refused
from planforge.data import parse
from planforge.errors import Problem
from planforge.jobs import open_source
from planforge.journal import Journal
from planforge.next_plan import plan_file
from planforge.numbering import MAX_INSTANCES
from planforge.rollover import roll_over
from planforge.supervisor import Supervisor
from tests import lethal
from tests.bodies import body, docx, entry, numbered, paragraph, row, table, with_body
from tests.images import png


class Named(BaseModel):
    name: str = Field(min_length=1)


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


BEGIN, GO_ON = '<w:vMerge w:val="restart"/>', "<w:vMerge/>"
EACH, END = paragraph("{%tr for m in plan.all_measures %}"), paragraph("{%tr endfor %}")


def merge_out_of_loop() -> bytes:
    begins, goes_on = row(paragraph("{{ m.text }}"), own=BEGIN), row(paragraph(""), own=GO_ON)
    return with_body(table(row(EACH), begins, row(END), goes_on))


def merge_from_tags() -> bytes:
    return with_body(table(row(EACH, own=BEGIN), row(paragraph("{{ m.text }}"), own=GO_ON), row(END)))


CHECKED = {f.__name__: f for f in (merge_out_of_loop, merge_from_tags)}
"""Templates that compile and yet look wrong."""


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


def year_gone_by(folder: Path) -> object:
    return roll_over(PLAN, year=2024)


def year_beyond_the_calendar(folder: Path) -> object:
    return roll_over(PLAN.model_copy(update={"years": (2024, 2199)}), year=2025)


def retired_of_two(folder: Path) -> object:
    plan = Plan.model_validate(
        {"title": "Т", "year": 2024, "owner": "Х", "measures": [{"text": "а", "number": "1"}] * 2}
    )
    return roll_over(plan, year=2025, retired=["1"])


def measure_without_braces(folder: Path) -> object:
    loaded = parse("planforge: plan/1\ntitle: Т\nyear: 2024\nowner: Х\nmeasures: [text: м]\n".encode())
    assert loaded.value is not None
    return plan_file(roll_over(loaded.value, year=2025), loaded).problems


# --- batches: each gives the problems of its deliveries ---------------------------------------------------------------

UNIT = {
    "id": "а",
    "title": "Т",
    "year": 2024,
    "owner": "Хэлтэс",
    "objectives": [{"text": "Зорилт", "measures": ["Арга хэмжээ"]}],
}


def _told(deliveries: Iterable[batch.Delivery]) -> object:
    return tuple(problem for delivery in deliveries for problem in delivery.problems)


def statement_in_name(folder: Path) -> object:
    return batch.run([UNIT], to=folder, names="{% if unit %}а{% endif %}")


def unit_twice(folder: Path) -> object:
    return _told(batch.run([UNIT, UNIT], to=folder))


def edited_since(folder: Path) -> object:
    list(batch.run([UNIT], to=folder))
    (folder / "а.docx").write_bytes(b"mine")
    return _told(batch.run([UNIT], to=folder))


def file_in_the_way(folder: Path) -> object:
    (folder / "а.docx").write_bytes(b"mine")
    return _told(batch.run([UNIT], to=folder))


def folder_in_use(folder: Path) -> object:
    with closing(Journal(folder)):
        return batch.run([UNIT], to=folder)


def failing_unit(folder: Path) -> object:
    class Odd(dict[str, object]):
        def __iter__(self) -> Iterator[str]:
            raise ZeroDivisionError

        items = keys = __iter__  # type: ignore[assignment]

    return _told(batch.run([batch.Job("а", Odd())], to=folder))


def greedy_unit(folder: Path) -> object:
    with Supervisor(1) as executor:
        jobs = [batch.Job("а", lethal.Lethal({}, lethal.greedy))]
        return _told(batch.run(jobs, to=folder, executor=executor))


def list_without_units(folder: Path) -> object:
    path = folder / "units.yaml"
    path.write_text("planforge: units/1\nplan: plan.yaml\n")
    return open_source(path)


def no_units(folder: Path) -> object:
    return open_source(folder)


def plan_among_reports(folder: Path) -> object:
    (folder / "plan.yaml").write_text("planforge: plan/1\n")
    (folder / "report.yaml").write_text("planforge: report/1\nunit: а\n", encoding="utf-8")
    return tuple(problem for job in open_source(folder) for problem in job.problems)


def reports_further_down(folder: Path) -> object:
    (folder / "plan.yaml").write_text("planforge: plan/1\n")
    (folder / "b").mkdir()
    (folder / "b" / "plan.yaml").write_text("planforge: plan/1\n")
    return open_source(folder).problems


def folder_cannot_be_made(folder: Path) -> object:
    (folder / "file").write_bytes(b"")
    return batch.run([UNIT], to=folder / "file" / "out")


def no_source(folder: Path) -> object:
    return _told(batch.run([1], to=folder))


def broken_pool(folder: Path) -> object:
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as executor:
        jobs = [batch.Job("а", lethal.Lethal({}, lethal.killed))]
        return _told(batch.run(jobs, to=folder, executor=executor))


def unit_outside(folder: Path) -> object:
    return _told(batch.run([{**UNIT, "id": "../а"}], to=folder))


def link_among_its_files(folder: Path) -> object:
    (folder / ".planforge").symlink_to(folder)
    return batch.run([UNIT], to=folder)


def part_of_an_archive(folder: Path) -> object:
    to = batch.Archive(folder / "a.zip")
    list(batch.run([UNIT], to=to))
    return batch.run([UNIT], to=to, only="а*")


def unit_gone(folder: Path) -> object:
    list(batch.run([UNIT], to=folder))
    deliveries = batch.run([{**UNIT, "id": "б"}], to=folder)
    list(deliveries)
    return deliveries.problems


def name_that_is_no_text(folder: Path) -> object:
    return _told(batch.run([{**UNIT, "id": "\ud800"}], to=folder))


def name_beyond_the_system(folder: Path) -> object:
    (folder / "units.jsonl").write_text(json.dumps({"planforge": "plan/1", **UNIT}), encoding="utf-8")
    ran = subprocess.run(
        [sys.executable, "-m", "planforge", "batch", "units.jsonl", "-o", "out", "--json"],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(Path(__file__).parent.parent), "LC_ALL": "C", "PYTHONUTF8": "0"},
        capture_output=True,
        check=False,
    )
    return tuple(Problem(told["code"], None, {"file": "а"}) for told in json.loads(ran.stdout)["problems"])


def no_dask(folder: Path) -> object:
    blocked = {name: sys.modules.get(name) for name in ("dask", "dask.distributed", "distributed")}
    sys.modules.update(dict.fromkeys(blocked))  # type: ignore[arg-type]
    try:
        return _from_dask("tcp://127.0.0.1:1")
    finally:
        for name, module in blocked.items():
            del sys.modules[name]
            if module is not None:
                sys.modules[name] = module


def no_cluster(folder: Path) -> object:
    return _from_dask("nowhere")


def absent_in_model(folder: Path) -> object:
    return Template.open(docx("{{ of.name }}"), schema={"of": Named}).render({"of": {}})


def refused_by_model(folder: Path) -> object:
    return Template.open(docx("{{ of.name }}"), schema={"of": Named}).render({"of": {"name": ""}})


def name_without_model(folder: Path) -> object:
    return Template.open(docx("x"), schema={"of": Named}).render({"of": Named(name="а"), "off": 1})


def no_model(folder: Path) -> object:
    return Template.open(docx("x"), schema={"of": 5})


def _from_dask(address: str) -> object:
    try:
        with _executor(1, address, None, ahead=False):
            return ()
    except Refused as error:
        return (error.problem(),)


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
        year_gone_by,
        year_beyond_the_calendar,
        retired_of_two,
        measure_without_braces,
        statement_in_name,
        unit_twice,
        edited_since,
        file_in_the_way,
        folder_in_use,
        failing_unit,
        greedy_unit,
        list_without_units,
        no_units,
        plan_among_reports,
        reports_further_down,
        folder_cannot_be_made,
        no_source,
        broken_pool,
        unit_outside,
        link_among_its_files,
        part_of_an_archive,
        unit_gone,
        name_that_is_no_text,
        name_beyond_the_system,
        no_dask,
        absent_in_model,
        refused_by_model,
        name_without_model,
        no_model,
        no_cluster,
    )
}
