"""The commands `sheet new` and `sheet read`: workbooks to fill in, and data files of filled ones."""

from __future__ import annotations

import os
from pathlib import Path

from planforge import data, paths, sheet_reader, sheets, yaml_writer
from planforge.command_inputs import put_new, shown, to_stdout
from planforge.console import Console, WrongUse
from planforge.errors import PlanforgeError
from planforge.model import Organisation, Plan, Report

__all__ = ["sheet_new", "sheet_read"]

_WORKBOOKS = (".xlsx", ".xls", ".ods", ".csv")


def sheet_new(console: Console, plan: str, output: str | None, units: str | None) -> int:
    """Writes a workbook to fill in."""
    if to_stdout(plan, output):
        paths.refuse_terminal()
    elif output is not None and not output.lower().endswith(".xlsx") and not Path(output).is_dir():
        raise WrongUse("PF194", output)
    loaded = data.parse(paths.open_input(plan), Plan)
    console.report(paths.placed(p, shown(plan)) for p in loaded.problems)
    bodies = _bodies(console, units, loaded.value) if units is not None and loaded.value is not None else []
    if loaded.value is None or console.exit_code:
        return console.exit_code or 1
    try:
        document = sheets.new(loaded.value, units=bodies)
    except PlanforgeError as error:
        console.report(paths.placed(p, shown(plan), loaded) for p in error.problems)
        return console.exit_code
    target = put_new(console, document, plan, output, "plan.xlsx")
    if target is not None:
        console.tell(console.phrase("sheet_new", file=target))
    return console.exit_code


def _bodies(console: Console, name: str, plan: Plan) -> list[Organisation]:
    """The units that a workbook lists, or the lines of a text."""
    if not name.lower().endswith(_WORKBOOKS):
        lines, problems = sheet_reader.read_lines(paths.open_input(name))
        console.report(paths.placed(p, shown(name)) for p in problems)
        return [Organisation(name=line) for line in lines]
    book = sheets.read(paths.open_input(name), plan=plan)
    problems = (*book.problems, *(problem for unit in book.units for problem in unit.problems if problem.is_error))
    console.report(paths.placed(p, shown(name)) for p in problems if p.code != "PF187")
    subjects = [unit.subject for unit in book.units if unit.subject is not None]
    found = [subject.unit if isinstance(subject, Report) else subject.owner for subject in subjects]
    return [body for body in found if body is not None]


def sheet_read(console: Console, workbook: str, plan: str | None, output: str | None, as_json: bool) -> int:
    """Writes the data files of a workbook's units; whatever is wrong with one, the others are written."""
    console.json = as_json
    console.files = 1
    shared = data.load(paths.open_input(plan), Plan) if plan is not None else None
    book = sheets.read(paths.open_input(workbook), plan=shared)
    file = shown(workbook)
    console.report(paths.placed(p, file) for p in book.problems)
    folder = Path(output) if output is not None else Path("units" if workbook == "-" else workbook).with_suffix("")
    if folder.exists() and not folder.is_dir():
        raise WrongUse("PF724", str(folder))
    stems = paths.stems([unit.key for unit in book.units], taken=["plan"])
    units = {folder / f"{stem}.yaml": unit for stem, unit in zip(stems, book.units, strict=True)}
    texts = {folder / "plan.yaml": yaml_writer.dump(book.plan)} if book.plan is not None else {}
    for target, unit in units.items():
        console.report(paths.placed(p, file) for p in unit.problems)
        if unit.subject is None:
            if any(problem.is_error for problem in unit.problems):
                console.tell(console.phrase("unit_not_made", unit=unit.key))
            continue
        shares = isinstance(unit.subject, Report) and unit.subject.plan == book.plan
        texts[target] = yaml_writer.dump(unit.subject, plan_file="plan.yaml" if shares else None)
    held_up = [u for u in book.units if u.subject is None and not any(p.is_error for p in u.problems)]
    if held_up:  # by what is wrong with the plan or a table
        console.tell(console.phrase("units_not_made", count=len(held_up)))
    for target in texts:
        if os.path.lexists(target):
            raise WrongUse("PF723", str(target))
    if texts:
        paths.make_folder(folder)
    for target, written in texts.items():
        paths.save_new(written.encode(), target)
        if not as_json:
            console.put(str(target))
    if as_json:
        made = [
            {"key": unit.key, "file": str(target) if target in texts else None, "place": unit.place.describe("en")}
            for target, unit in units.items()
        ]
        console.put_json({"units": made, "problems": [problem.as_json() for problem in console.problems]})
    console.summary()
    return console.exit_code
