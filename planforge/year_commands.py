"""The commands of the year's cycle: `evaluate`, `next`, `set`, `diff`.

`next_` and `set_` end with a stroke, since the names without are Python's.
"""

from __future__ import annotations

import json
import os
from collections import Counter
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from planforge import data, paths
from planforge.command_inputs import Templates, listed, refuse_two, rendered, report_read, shortened, shown, subject_of
from planforge.console import Console, WrongUse
from planforge.errors import Lang, PlanforgeError, Problem, Words
from planforge.model import Report, Scale

if TYPE_CHECKING:
    from planforge.comparison import Comparison
    from planforge.evaluation import Evaluation, Overall
    from planforge.scales import Rounding

__all__ = ["diff", "evaluate", "next_", "set_"]


def evaluate(
    console: Console,
    file: str,
    scale: str,
    overall: Overall,
    rounding: Rounding,
    decimals: str,
    as_json: bool,
) -> int:
    """Evaluates a report; what is doubtful in it is told as warnings."""
    from planforge import evaluation

    console.json = as_json
    console.files = 1
    by = _scale(console, scale)
    loaded, report, problems = subject_of(file, Report)
    found = None
    if isinstance(report, Report) and by is not None:
        found = evaluation.evaluate(report, scale=by, overall=overall, rounding=rounding, decimals=int(decimals))
    doubts = () if found is None else found.problems  # first: there may be many others
    report_read(console, [*(paths.placed(p, shown(file), loaded) for p in doubts), *problems])
    if as_json:
        told = [problem.as_json() for problem in console.problems]
        console.put_json({**(found.as_json() if found else {}), "problems": told})
    elif found is not None:
        _put_evaluation(console, found)
    console.summary()
    return console.exit_code


def _put_evaluation(console: Console, found: Evaluation) -> None:
    """Two tables on a terminal, long texts cut; in a file or pipe whole lines, their cells set apart by tabs."""
    levels = [(each.word, str(each.count), f"{each.share:f}%") for each in found.levels]
    heads, rows = found.table(console.lang)
    if console.is_terminal:
        console.put_table(heads, [(number, shortened(text), *rest) for number, text, *rest in rows])
        console.put_table([console.phrase(key) for key in ("level", "count", "share")], levels)
    else:
        lines = ["\t".join(row) for row in (*rows, (), *levels)]
        console.put("\n".join(lines))


def _scale(console: Console, name: str) -> Scale | None:
    """A scale by its name or from a file, whose problems are told."""
    from planforge import evaluation

    known = evaluation.SCALES.get(name.upper())
    if known is not None:
        return known
    if not paths.is_path(name):
        raise WrongUse("PF716", name="--scale", found=name, values=", ".join((*evaluation.SCALES, "*.yaml")))
    loaded = data.parse(paths.open_input(name), Scale)
    console.report(paths.placed(p, shown(name)) for p in loaded.problems)
    return loaded.value


def next_(
    console: Console,
    file: str,
    year: str | None,
    accept: str | None,
    keep: Literal["unfinished", "all", "none"] | None,
    kept: str | None,
    retired: str | None,
    template: str | None,
    output: str | None,
    as_json: bool,
) -> int:
    """Writes next year's plan, its decision document and its draft into a folder, never over files."""
    from planforge import next_plan, rollover

    console.json = as_json
    if year is not None and not (year.isdecimal() and len(year) == 4):
        console.json = False
        console.report([Problem("PF114", None, {"found": year})])
        return WrongUse.exit_code
    loaded, subject, told = subject_of(file)
    plan = subject.plan if isinstance(subject, Report) else subject
    following = int(year) if year else max([plan.year, *plan.years]) + 1 if plan is not None else 0
    rolled = None
    try:
        if subject is not None:
            rolled = rollover.roll_over(subject, year=following, keep=keep, kept=listed(kept), retired=listed(retired))
    except PlanforgeError as error:
        told = [*(paths.placed(p, shown(file), loaded) for p in error.problems), *told]
    if rolled is None:
        report_read(console, told)
        if as_json:
            console.put_json({"files": [], "problems": [problem.as_json() for problem in console.problems]})
        return console.exit_code
    if accept:
        rolled = rolled.accepted()
    folder = Path(output) if output is not None else Path(file).parent / str(following)
    file_made = next_plan.plan_file(rolled, loaded)
    told += [paths.placed(problem, shown(file)) for problem in file_made.problems]
    new = file_made.text.encode()
    made = {folder / "plan.yaml": new, folder / "decisions.docx": next_plan.decision_document(rolled)}
    forms = Templates(console)
    if template is not None and forms.open(template) is None:
        report_read(console, told)
        return console.exit_code
    found, draft, _ = rendered(str(folder / "plan.yaml"), new, template, forms, date.today(), True)
    if draft is not None:
        made[folder / "plan.docx"] = draft
    errors = [p for p in found if p.severity == "error"] if draft is None else []
    reasons = (Words(f"{p.code}: {p.message('mn')}", f"{p.code}: {p.message('en')}") for p in errors)
    told += [Problem("PF467", p.place, {"reason": reason}) for p, reason in zip(errors, reasons, strict=True)]
    for path in made:
        if os.path.lexists(path):
            raise WrongUse("PF723", str(path))
    report_read(console, told)
    paths.make_folder(folder)
    for path, content in made.items():
        paths.save_new(content, path)
    if as_json:
        problems = [problem.as_json() for problem in console.problems]
        console.put_json({"files": [str(path) for path in made], **rolled.as_json(), "problems": problems})
        return console.exit_code
    for path in made:
        console.put(str(path))
    decide = next_plan.to_decide(rolled)
    counts = {"changes": len(rolled.changes), "marked": len(rolled.decisions)}
    key = "next_none" if not decide.mn else "next" if rolled.decisions else "next_unmarked"
    console.tell(console.phrase(key, decide=decide.in_(console.lang), **counts))
    return console.exit_code


def set_(console: Console, file: str, path: str, value: str) -> int:
    """Replaces one value of a data file where it stands, and tells the warnings that come of it."""
    from planforge import yaml_edit

    known = Counter(map(_what, data.parse(file).problems))
    paths.save(yaml_edit.set_value(file, path, value), Path(file))
    console.put(file)
    new = []
    for problem in data.parse(file).problems:
        known[_what(problem)] -= 1
        if known[_what(problem)] < 0:
            new.append(problem)
    console.report(new)
    return console.exit_code


def _what(problem: Problem) -> tuple[object, ...]:
    """What a problem says of which value, wherever in the file that stands now."""
    return problem.code, getattr(problem.place, "path", ()), problem.message()


def diff(
    console: Console,
    before: str,
    after: str,
    form: Literal["text", "html", "docx", "json"] | None,
    as_json: bool,
    output: str | None,
) -> int:
    """Tells what changed from one plan or report to another; like `diff`, 1 is different and 2 is trouble."""
    from planforge import comparison

    console.json = as_json or form == "json"
    target = None if output in (None, "-") else Path(str(output))
    kind = _form(form, as_json, target)
    if (before, after) == ("-", "-"):
        raise WrongUse("PF726")
    for name in (before, after):
        if target is not None and name != "-" and paths.identity(name) == paths.identity(target):
            raise WrongUse("PF722", file=name)
    found = None
    (_, one, told), (_, other, told_too) = subject_of(before), subject_of(after)
    told += told_too
    try:
        found = comparison.compare(one, other) if one is not None and other is not None else None
    except PlanforgeError as error:
        told = [*error.problems, *told]
    report_read(console, told)
    if found is None:
        if console.json:
            console.put_json({"problems": [problem.as_json() for problem in console.problems]})
        return WrongUse.exit_code
    if kind == "text" and target is None and console.is_terminal and found:
        console.put_table([head.in_(console.lang) for head in comparison.HEADS], found.rows(console.lang))
    elif kind != "text" or found:
        content = _compared(found, kind, console.lang, (shown(before), shown(after)))
        if target is None:
            console.put(content.rstrip("\n") if isinstance(content, str) else content)
        else:
            paths.save(content.encode() if isinstance(content, str) else content, target)
            console.put(str(target))
    count = len(found)
    console.tell(console.phrase("changes_one" if count == 1 else "changes" if count else "equal", count=count))
    return 1 if found else console.exit_code


_FORMS = {".html": "html", ".htm": "html", ".docx": "docx", ".json": "json", ".txt": "text", ".md": "text"}


def _form(form: str | None, as_json: bool, target: Path | None) -> str:
    """The form that options and the output's name ask for. Raises WrongUse: PF719 (two forms), PF716 (no form)."""
    asked = {"--json": "json"} if as_json else {}
    asked |= {f"--format {form}": form} if form else {}
    ending = target.suffix.lower() if target else ""
    if ending and ending not in _FORMS:
        raise WrongUse("PF716", name="--output", found=target, values=", ".join(f"*{known}" for known in _FORMS))
    asked |= {f"-o {target}": _FORMS[ending]} if ending else {}
    (first, kind), *others = [*asked.items(), ("", "text")]
    refuse_two(first, next((other for other, its in others if other and its != kind), None))
    return kind


def _compared(found: Comparison, kind: str, lang: Lang, names: tuple[str, str]) -> str | bytes:
    """A comparison as the content of a file."""
    if kind == "docx":
        from planforge.changes_document import changes_document

        return changes_document(found, lang, names=names)
    if kind == "html":
        return found.to_html(lang, names=names)
    if kind == "json":
        return json.dumps(found.as_json(), ensure_ascii=False, indent=2) + "\n"
    return "".join(
        f"{where}: {what}\n"
        + "".join(f"  {sign} {cell.replace(chr(10), chr(10) + '    ')}\n" for sign, cell in cells if cell)
        for where, what, old, new in found.rows(lang)
        for cells in [(("-", old), ("+", new))]
    )
