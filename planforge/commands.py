"""What each command does: the function of its name (`templates copy` is `templates_copy`) returns the exit code.

Where that would be a name of Python's, it ends with a stroke: `next_`, `set_`.

Whatever is printed goes through the console. Loaded when a command runs, so what commands need is imported here; only
`planforge.layout` is left to those that need it, because python-docx takes a seventh of the time of a command, and so
is what changes plans, because a batch should begin soon.
"""

from __future__ import annotations

import json
import os
import re
import sys
from collections import Counter
from collections.abc import Callable, Sequence
from contextlib import redirect_stdout
from datetime import date
from functools import reduce
from importlib import import_module, resources
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO, Literal

from planforge import (
    consistency,
    data,
    messages,
    palette,
    paths,
    reader,
    templates,
    text,
    view,
    vocabulary,
    yaml_writer,
)
from planforge.console import Console, WrongUse, words
from planforge.errors import DataPlace, Lang, PlanforgeError, Problem, TemplateError, Words, blanked, catalogue
from planforge.model import Organisation, Plan, Report, Scale
from planforge.paths import STDIN
from planforge.render import DOMAIN, Schema, Template
from planforge.rules import check as check_source
from planforge.rules import unprinted
from planforge.source import kind_of

if TYPE_CHECKING:
    from planforge.comparison import Comparison
    from planforge.evaluation import Evaluation, Overall
    from planforge.layout import Layout
    from planforge.scales import Rounding

__all__ = [
    "batch",
    "check",
    "demo",
    "diff",
    "evaluate",
    "explain",
    "fields",
    "layout_build",
    "layout_check",
    "layout_new",
    "new",
    "next_",
    "read",
    "render",
    "schema",
    "set_",
    "sheet_new",
    "sheet_read",
    "strip",
    "templates_copy",
    "templates_list",
]


# --- files to begin with -------------------------------------------------------------------------------------------

_SAMPLES = (("customs-2024", "plan"), ("govisumber-2021", "report"))


def demo(console: Console, output: str) -> int:
    """Renders the real samples."""
    paths.make_folder(Path(output))
    for folder, kind in _SAMPLES:
        # The report names its plan, which lies beside it: as files of a folder, which an installed wheel has.
        with resources.as_file(resources.files("planforge.samples") / folder / f"{kind}.yaml") as path:
            subject = data.load(path)
        document = Template.builtin(kind).render(subject, today=date.today())
        target = Path(output, f"{folder}-{kind}.docx")
        paths.save(document, target)
        console.put(str(target))
        console.tell("    " + console.phrase("made", template=kind, size=f"{len(document) / 1024:.1f}"))
    console.tell(console.phrase("demo"))
    return console.exit_code


def new(console: Console, kind: str, out: str | None) -> int:
    """Writes a starter file."""
    target = Path(out or f"{kind}.yaml")
    if os.path.lexists(target):
        raise WrongUse("PF723", str(target))
    beside = target.with_name("plan.yaml")
    parts: dict[str, object] = {"year": date.today().year}
    if kind == "report":
        inside = (messages.STARTERS["report_plan"].format(**parts), messages.STARTERS["report_results"])
        plan, results = _plan_beside(beside) if beside.is_file() else inside
        parts |= {"plan": plan.rstrip("\n"), "results": results}
    paths.save_new(messages.STARTERS[kind].format(**parts).encode(), target)
    console.put(str(target))
    console.tell(console.phrase("new", file=target))
    return console.exit_code


def _plan_beside(path: Path) -> tuple[str, str]:
    """The line that names the plan, and an empty result for each of its measures."""
    seen = view.walk(data.load(path, Plan))
    assert isinstance(seen, view.PlanView)
    numbers = Counter(node.number for node in seen.all_measures)
    lines = []
    for node in seen.all_measures:
        short = _short(" ".join(node.item.text.split()))
        if node.item.id or numbers[node.number] == 1:
            lines.append(f"  {_yaml_key(node.item.id or node.number)}:  # {short}\n    reached:\n    percent:\n")
        else:
            lines.append(messages.STARTERS["ambiguous"].format(number=node.number, text=short))
    return messages.STARTERS["report_plan_beside"], "".join(lines)


def _yaml_key(name: str) -> str:
    """A number or id as a key: quoted unless it is made of letters, digits and full stops."""
    return name if name.replace(".", "").isalnum() else json.dumps(name, ensure_ascii=False)


# --- documents -----------------------------------------------------------------------------------------------------


class _Templates:
    """Templates by name, each compiled once and, if it is broken, told once."""

    def __init__(self, console: Console, *, as_data: bool = False) -> None:
        self.console = console
        self.as_data = as_data
        self.compiled: dict[str, Template | None] = {}

    def open(self, name: str) -> Template | None:
        if name not in self.compiled:
            self.compiled[name] = None
            try:
                compiled = self._compile(name)
                self.compiled[name] = compiled
                self.console.report(compiled.warnings, as_data=self.as_data)
            except PlanforgeError as error:
                self.console.report(error.problems, as_data=self.as_data)
        return self.compiled[name]

    def _compile(self, name: str) -> Template:
        """A built-in template by its name, a Word file, or what a layout becomes."""
        if not paths.is_template_path(name):
            return Template.builtin(name)
        if kind_of(name) != "layout":
            return Template.open(name)
        from planforge import layout

        return Template.open(layout.build(layout.load(name)))


def render(
    console: Console,
    files: tuple[str, ...],
    template: str | None,
    output: str | None,
    today: date | None,
    no_embed: bool,
    verify: bool,
    pdf: bool,
    as_json: bool,
) -> int:
    """Renders data files, and at the end makes the PDFs; whatever is wrong with one, the others are made."""
    console.json = as_json
    names, problems = paths.expand(files)
    targets, folder = paths.targets(names, template, output)
    if as_json and None in targets.values():
        raise WrongUse("PF727")
    if pdf and None in targets.values():
        raise WrongUse("PF707")
    console.report(problems)
    forms = _Templates(console)
    if template is not None and forms.open(template) is None:
        names = []
    made: list[dict[str, object]] = []
    for name in names:
        console.files += 1
        source = paths.open_input(name)
        found, document, form = _rendered(name, source, template, forms, today or date.today(), not no_embed)
        target = targets[name]
        if verify and document is not None:
            new = _verified(document, forms.open(form), _shown(str(target or "-")))
            found, document = [*found, *new], None if new else document
        if document is not None and target is not None:
            found += _saved(document, target, folder)
        if console.report(found) or document is None:
            console.tell(console.phrase("not_made", file=_shown(name)))
        elif target is None:
            console.put(document)
        else:
            made.append({"source": name, "document": str(target), "template": form, "bytes": len(document)})
            if not as_json:
                console.put(str(target))
    if pdf and made:
        _make_pdfs(console, made)
    if as_json:
        console.put_json({"documents": made, "problems": [problem.as_json() for problem in console.problems]})
    console.summary()
    return console.exit_code


def batch(console: Console, **given: Any) -> int:
    """Makes a document for each unit of a source."""
    from planforge import batch_command  # executors and what they load are for it alone

    return batch_command.run(console, **given)


def _make_pdfs(console: Console, made: Sequence[dict[str, object]]) -> None:
    """A PDF beside each document that was made; its name, or None, goes under "pdf"."""
    from planforge import office

    for entry in made:
        entry["pdf"] = None
    try:
        found = office.convert(str(entry["document"]) for entry in made)
        for entry, converted in zip(made, found, strict=True):
            console.report(converted.problems)
            if converted.pdf is not None:
                entry["pdf"] = str(converted.pdf)
                if not console.json:
                    console.put(str(converted.pdf))
    except PlanforgeError as error:
        console.report(error.problems)


def _rendered(
    name: str, source: str | bytes | BinaryIO, template: str | None, forms: _Templates, today: date, embed: bool
) -> tuple[list[Problem], bytes | None, str]:
    """The problems of one data file, its document if there is one, and the name of the template."""
    file = _shown(name)
    loaded = data.parse(source)
    problems = [paths.placed(p, file) for p in loaded.problems]
    form = template or ("report" if isinstance(loaded.value, Report) else "plan")
    compiled = forms.open(form) if loaded.value is not None else None
    if loaded.value is None or compiled is None:
        return problems, None, form
    try:
        document = compiled.render(loaded.value, today=today, embed=embed)
        silent = unprinted(compiled, loaded.value)
        return [*problems, *(paths.placed(p, file, loaded) for p in silent)], document, form
    except PlanforgeError as error:
        return [*problems, *(paths.placed(p, file, loaded) for p in error.problems)], None, form


def _verified(document: bytes, template: Template | None, file: str) -> list[Problem]:
    """What the package rules find in a document and not in its template."""
    assert template is not None
    return list(template.verify(document, file=file))


def _shown(name: str) -> str:
    return STDIN if name == "-" else name


def _saved(document: bytes, target: Path, folder: Path | None) -> list[Problem]:
    """Writes one document, and the folder for all of them first; what hinders it is its own problem."""
    try:
        if folder is not None:
            paths.make_folder(folder)
        paths.save(document, target)
    except PlanforgeError as error:
        return list(error.problems)
    return []


def check(
    console: Console,
    files: tuple[str, ...],
    template: str | None,
    schemas: tuple[str, ...],
    form: str | None,
    select: str | None,
    ignore: str | None,
    annotate: str | None,
    as_json: bool,
) -> int:
    """Tells what is wrong with files, of data also in a template: the problems are the data, and go to stdout."""
    schema = _schema(schemas, template)
    _refuse_two("--json", f"--format {form}" if as_json and form not in (None, "json") else None)
    form = "json" if as_json else form or "text"
    console.is_wanted = _wanted(select, ignore)
    console.silent = form != "text"
    forms = _Templates(console, as_data=True)
    names, problems = paths.expand(files)
    if annotate is not None:
        _refuse_to_annotate(names, template, annotate)
    if schema != DOMAIN:
        _refuse_schema(names, schemas)
    console.report(problems, as_data=True)
    if template is not None:
        forms.open(template)
    for name in names:
        console.files += 1
        console.report(_found(name, template, schema, forms), as_data=True)
    if annotate is not None:
        _annotate(console, template or names[0], Path(annotate))
    return _checked(console, form)


def _wanted(select: str | None, ignore: str | None) -> Callable[[Problem], bool]:
    """Whether a problem is asked for: by the beginnings of codes, `PF2,PF33`; what begins no code is wrong use."""
    asked, left_out = (
        tuple(prefix.strip() for prefix in (given or "").upper().split(",") if prefix.strip())
        for given in (select, ignore)
    )
    for prefix in (*asked, *left_out):
        if not any(code.startswith(prefix) for code in catalogue()):
            raise WrongUse("PF778", found=prefix)
    return lambda problem: problem.code.startswith(asked or ("PF",)) and not problem.code.startswith(left_out)


def _refuse_to_annotate(names: Sequence[str], template: str | None, annotate: str) -> None:
    """One Word template gets comments (PF234), in a copy of its own (PF722, PF723)."""
    form = template or (names[0] if names else "-")
    is_builtin = template is not None and not paths.is_template_path(template)
    if len(names) != 1 or form == "-" or is_builtin or kind_of(form) != "document":
        raise WrongUse("PF234")
    if paths.identity(annotate) == paths.identity(form):
        raise WrongUse("PF722", file=form)
    if os.path.lexists(annotate):
        raise WrongUse("PF723", annotate)


def _refuse_schema(names: Sequence[str], schemas: Sequence[str]) -> None:
    """A schema says what Word templates may hold: of anything else nothing would be checked by it (PF785)."""
    others = [name for name in names if name != STDIN and Path(name).is_file() and kind_of(name) != "document"]
    if others:
        raise WrongUse("PF785", detail=words("schema_template", file=others[0]))


def _annotate(console: Console, template: str, target: Path) -> None:
    """Writes the copy of a template with a comment on each problem that was told."""
    from planforge import annotation  # lxml and the rules of packages, which data do not need

    try:
        document = annotation.remark(template, console.problems, lang=console.lang)
    except TemplateError:  # its problems have been told
        console.tell(console.phrase("not_made", file=template))
        return
    paths.save_new(document, target)
    is_faulty = any(problem.severity != "note" for problem in console.problems)
    console.tell(console.phrase("annotated" if is_faulty else "not_annotated", file=target))


def _found(name: str, template: str | None, schema: Schema, forms: _Templates) -> list[Problem]:
    """The problems of a file of any kind; data also in the template, if one is named."""
    content = _content(name)
    if template is not None and kind_of(content) not in ("document", "layout"):
        return _rendered(name, content, template, forms, date.today(), embed=False)[0]
    return [paths.placed(p, _shown(name)) for p in check_source(content, schema=schema)]


def _schema(given: tuple[str, ...], template: str | None) -> Schema:
    """The models that `--schema` names, by their names in templates. Raises WrongUse (PF783), TemplateError (PF784)."""
    if not given:
        return DOMAIN
    if template is not None:
        raise WrongUse("PF785", detail=words("schema_alone"))
    found: dict[str, object] = {}
    for one in given:
        name, _, source = one.rpartition("=")
        module, _, model = source.partition(":")
        if not module or not model:
            raise WrongUse("PF783", given=one, detail=words("schema_form"))
        name = name or re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", model.rpartition(".")[2]).lower()
        if name in found:
            raise WrongUse("PF783", given=one, detail=words("schema_twice", name=name))
        found[name] = _imported(one, module, model)
    from planforge.schemas import Models  # few checks need it

    Models(found)
    return found


def _imported(given: str, module: str, model: str) -> object:
    """A class by its module and name, also of a module in the folder at hand. This runs the user's code."""
    if "" not in sys.path and (folder := str(Path.cwd())) not in sys.path:
        sys.path.insert(0, folder)
    try:
        with redirect_stdout(sys.stderr):  # what the module prints is no result
            return reduce(getattr, model.split("."), import_module(module))
    except (Exception, SystemExit) as fault:  # whatever the module's code raises
        detail = f"{type(fault).__name__}: {fault}".partition("\n")[0]
        raise WrongUse("PF783", given=given, detail=detail) from fault


def _checked(console: Console, form: str) -> int:
    """The end of a check: what is found in the form that is wanted, the summary, the exit code."""
    from planforge import problem_formats

    problems = sorted(console.problems, key=lambda p: ("error", "warning", "note").index(p.severity))
    if form == "json":
        console.put_json([problem.as_json() for problem in console.problems])
    elif form == "sarif":
        console.put_json(problem_formats.sarif(console.problems, console.lang))
    elif form in ("short", "github"):
        lines = getattr(problem_formats, form)(problems, console.lang)
        if lines:
            console.put("\n".join(lines))
    elif form == "table" and problems:
        heads = [console.phrase(key) for key in ("code", "place", "found")]
        rows = [(f"{console.phrase(p.severity)} {p.code}", *_cells(p, console.lang)) for p in problems]
        console.put_table(heads, rows)
    console.summary()
    return console.exit_code


def _cells(problem: Problem, lang: Lang) -> tuple[str, str]:
    """Where a problem is, and what it is with what to do, for a table."""
    where = problem.place.describe(lang) if problem.place else ""
    return where, "\n→ ".join(x for x in (problem.message(lang), problem.hint(lang)) if x)


def explain(console: Console, code: str | None) -> int:
    """Says what a code means: what, why, the smallest case, the remedy; without one lists the codes by group."""
    known = catalogue()
    lang = console.lang
    if code is None:
        for digit, group in messages.GROUPS.items():
            console.put(f"PF{digit}xx {group[lang != 'mn']}")
            entries = (entry for name, entry in sorted(known.items()) if name[2] == digit)
            console.put(
                "\n".join(f"  {e.code} {console.phrase(e.severity)}: {blanked(e.message.in_(lang))}" for e in entries)
            )
        return console.exit_code
    name = code.upper()
    if name not in known:
        raise WrongUse("PF779", found=code, near=text.closest(name, known) or "PF203")
    entry = known[name]
    parts = [
        f"{name} · {console.phrase(entry.severity)} · {messages.GROUPS[name[2]][lang != 'mn']}",
        f"{console.phrase('explain_what')}\n  {blanked(entry.message.in_(lang))}",
        f"{console.phrase('explain_why')}\n  {entry.why.in_(lang)}\n  {console.phrase(f'why_{entry.severity}')}",
    ]
    if entry.example:
        lines = "\n".join(f"    {line}" for line in entry.example.split("\n"))
        parts.append(f"{console.phrase('explain_case')}\n{lines}")
    remedy = blanked(entry.hint.in_(lang))
    if remedy != "…":  # the message names it
        parts.append(f"{console.phrase('explain_remedy')}\n  {remedy}")
    console.put("\n\n".join(parts))
    return console.exit_code


def read(console: Console, doc: str, output: str | None, keys: Literal["en", "mn"]) -> int:
    """Prints or saves the data of a document."""
    text = yaml_writer.dump(reader.read(paths.open_input(doc)), keys=keys)
    if output is None or output == "-":
        console.put(text.rstrip("\n"))
    else:
        paths.save_new(text.encode(), Path(output))
        console.put(output)
    return console.exit_code


def strip(console: Console, doc: str, output: str | None) -> int:
    """Saves a document without the data it carries."""
    if output == "-" or (output is None and doc == "-"):
        paths.refuse_terminal()
        console.put(reader.strip(paths.open_input(doc)))
        return console.exit_code
    path = Path(doc)
    target = Path(output) if output is not None else path.with_name(f"{path.stem}-stripped{path.suffix}")
    if paths.identity(target) == paths.identity(path):
        raise WrongUse("PF722", file=doc)
    paths.save(reader.strip(paths.open_input(doc)), target)
    console.put(str(target))
    return console.exit_code


# --- the next year, values in place --------------------------------------------------------------------------------


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
    loaded, subject, told = _subject(file)
    plan = subject.plan if isinstance(subject, Report) else subject
    following = int(year) if year else max([plan.year, *plan.years]) + 1 if plan is not None else 0
    rolled = None
    try:
        if subject is not None:
            rolled = rollover.roll_over(
                subject, year=following, keep=keep, kept=_listed(kept), retired=_listed(retired)
            )
    except PlanforgeError as error:
        told = [*(paths.placed(p, _shown(file), loaded) for p in error.problems), *told]
    if rolled is None:
        _report_read(console, told)
        if as_json:
            console.put_json({"files": [], "problems": [problem.as_json() for problem in console.problems]})
        return console.exit_code
    if accept:
        rolled = rolled.accepted()
    folder = Path(output) if output is not None else Path(file).parent / str(following)
    file_made = next_plan.plan_file(rolled, loaded)
    told += [paths.placed(problem, _shown(file)) for problem in file_made.problems]
    new = file_made.text.encode()
    made = {folder / "plan.yaml": new, folder / "decisions.docx": next_plan.decision_document(rolled)}
    forms = _Templates(console)
    if template is not None and forms.open(template) is None:
        _report_read(console, told)
        return console.exit_code
    found, draft, _ = _rendered(str(folder / "plan.yaml"), new, template, forms, date.today(), True)
    if draft is not None:
        made[folder / "plan.docx"] = draft
    errors = [p for p in found if p.severity == "error"] if draft is None else []
    reasons = (Words(f"{p.code}: {p.message('mn')}", f"{p.code}: {p.message('en')}") for p in errors)
    told += [Problem("PF467", p.place, {"reason": reason}) for p, reason in zip(errors, reasons, strict=True)]
    for path in made:
        if os.path.lexists(path):
            raise WrongUse("PF723", str(path))
    _report_read(console, told)
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


def _subject(
    file: str, kind: type[Report] | None = None
) -> tuple[data.Loaded[Any] | None, Plan | Report | None, list[Problem]]:
    """The plan or report in a data file, or in a document that carries its data, and what is wrong with it."""
    content = _content(file)
    if kind_of(content) != "document":
        loaded = data.parse(content) if kind is None else data.parse(content, kind)
        return loaded, loaded.value, [paths.placed(p, _shown(file)) for p in loaded.problems]
    try:
        subject = reader.read(content)
    except PlanforgeError as error:
        return None, None, [paths.placed(problem, _shown(file)) for problem in error.problems]
    if kind is not None and not isinstance(subject, kind):
        found = {"found": Words("төлөвлөгөө (plan)", "a plan"), "wanted": Words("тайлан (report)", "a report")}
        return None, None, [Problem("PF134", DataPlace(_shown(file)), found)]
    return None, subject, []


def _report_read(console: Console, problems: Sequence[Problem]) -> None:
    """Tells what is wrong with what was read, errors first; spelling is left to `check`, and a machine sorts itself."""
    spelling = {} if console.json else {n: p for n, p in enumerate(problems) if p.code in consistency.SPELLING}
    console.report(problem for n, problem in enumerate(problems) if n not in spelling)
    count = sum(int(str(problem.args.get("count", 1))) for problem in spelling.values())
    if count:
        console.tell(console.phrase("spelling_one" if count == 1 else "spelling", count=count))


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
    (_, one, told), (_, other, told_too) = _subject(before), _subject(after)
    told += told_too
    try:
        found = comparison.compare(one, other) if one is not None and other is not None else None
    except PlanforgeError as error:
        told = [*error.problems, *told]
    _report_read(console, told)
    if found is None:
        if console.json:
            console.put_json({"problems": [problem.as_json() for problem in console.problems]})
        return WrongUse.exit_code
    if kind == "text" and target is None and console.is_terminal and found:
        console.put_table([head.in_(console.lang) for head in comparison.HEADS], found.rows(console.lang))
    elif kind != "text" or found:
        content = _compared(found, kind, console.lang, (_shown(before), _shown(after)))
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
    _refuse_two(first, next((other for other, its in others if other and its != kind), None))
    return kind


def _refuse_two(first: str, second: str | None) -> None:
    """Options that ask for two things at once (PF719)."""
    if second is not None:
        raise WrongUse("PF719", first=first, second=second)


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


# --- layouts -------------------------------------------------------------------------------------------------------


def layout_new(
    console: Console,
    out: str | None,
    columns: str | None,
    rows: str | None,
    sections: str | None,
    subject: Literal["plan", "report"],
    page: Literal["portrait", "landscape"],
) -> int:
    """Writes a starter layout; names that are none are told together."""
    from planforge import layout_starter

    target = Path(out or "layout.yaml")
    if os.path.lexists(target):
        raise WrongUse("PF723", str(target))
    try:
        text = layout_starter.starter(
            columns=_listed(columns),
            rows=_listed(rows) or ["measure"],
            sections=_listed(sections),
            subject=subject,
            page=page,
            name=target.stem,
        )
    except PlanforgeError as error:
        console.report(error.problems)
        return WrongUse.exit_code
    paths.save_new(text.encode(), target)
    console.put(str(target))
    console.tell(console.phrase("layout", file=target, data=f"{subject}.yaml"))
    return console.exit_code


def _listed(given: str | None) -> list[str]:
    return [name.strip() for name in (given or "").split(",") if name.strip()]


def layout_check(console: Console, files: tuple[str, ...], as_json: bool) -> int:
    """Tells what is wrong with layouts."""
    console.json = as_json
    names, problems = paths.expand(files)
    console.report(problems, as_data=True)
    for name in names:
        console.files += 1
        console.report(_layout(name, _content(name))[1], as_data=True)
    return _checked(console, "json" if as_json else "text")


def _content(name: str) -> str | bytes:
    """A path, or what the standard input holds."""
    source = paths.open_input(name)
    return source if isinstance(source, str) else source.read()


def _layout(name: str, content: str | bytes) -> tuple[Layout | None, list[Problem]]:
    """The layout in a file and its problems; data are not called a layout full of faults (PF733)."""
    if kind_of(content) == "data":
        return None, [Problem("PF733", DataPlace(_shown(name)), {"file": name})]
    from planforge import layout

    parsed = layout.parse(content)
    return parsed.value, [paths.placed(p, _shown(name)) for p in parsed.problems]


def layout_build(console: Console, file: str, output: str | None) -> int:
    """Saves the template of a layout, never over one that may have been restyled in Word."""
    from planforge import layout

    to_stdout = output == "-" or (output is None and file == "-")
    if to_stdout:
        paths.refuse_terminal()
    value, problems = _layout(file, _content(file))
    console.report(problems)
    if value is None:
        return console.exit_code
    document = layout.build(value)
    if to_stdout:
        console.put(document)
        return console.exit_code
    target = Path(file).with_suffix(".docx") if output is None else Path(output)
    if target.is_dir():
        target /= f"{'layout' if file == '-' else Path(file).stem}.docx"
    paths.save_new(document, target)
    console.put(str(target))
    return console.exit_code


# --- evaluation ----------------------------------------------------------------------------------------------------


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
    loaded, report, problems = _subject(file, Report)
    found = None
    if isinstance(report, Report) and by is not None:
        found = evaluation.evaluate(report, scale=by, overall=overall, rounding=rounding, decimals=int(decimals))
    doubts = () if found is None else found.problems  # first: there may be many others
    _report_read(console, [*(paths.placed(p, _shown(file), loaded) for p in doubts), *problems])
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
        console.put_table(heads, [(number, _short(text), *rest) for number, text, *rest in rows])
        console.put_table([console.phrase(key) for key in ("level", "count", "share")], levels)
    else:
        lines = ["\t".join(row) for row in (*rows, (), *levels)]
        console.put("\n".join(lines))


def _short(text: str) -> str:
    return text if len(text) <= 80 else text[:79] + "…"


def _scale(console: Console, name: str) -> Scale | None:
    """A scale by its name or from a file, whose problems are told."""
    from planforge import evaluation

    known = evaluation.SCALES.get(name.upper())
    if known is not None:
        return known
    if not paths.is_path(name):
        raise WrongUse("PF716", name="--scale", found=name, values=", ".join((*evaluation.SCALES, "*.yaml")))
    loaded = data.parse(paths.open_input(name), Scale)
    console.report(paths.placed(p, _shown(name)) for p in loaded.problems)
    return loaded.value


# --- workbooks -----------------------------------------------------------------------------------------------------

_WORKBOOKS = (".xlsx", ".xls", ".ods", ".csv")


def sheet_new(console: Console, plan: str, output: str | None, units: str | None) -> int:
    """Writes a workbook to fill in."""
    from planforge import sheets

    to_stdout = output == "-" or (output is None and plan == "-")
    if to_stdout:
        paths.refuse_terminal()
    elif output is not None and not output.lower().endswith(".xlsx") and not Path(output).is_dir():
        raise WrongUse("PF194", output)
    loaded = data.parse(paths.open_input(plan), Plan)
    console.report(paths.placed(p, _shown(plan)) for p in loaded.problems)
    bodies = _bodies(console, units, loaded.value) if units is not None and loaded.value is not None else []
    if loaded.value is None or console.exit_code:
        return console.exit_code or 1
    try:
        document = sheets.new(loaded.value, units=bodies)
    except PlanforgeError as error:
        console.report(paths.placed(p, _shown(plan), loaded) for p in error.problems)
        return console.exit_code
    if to_stdout:
        console.put(document)
        return console.exit_code
    target = Path(plan).with_suffix(".xlsx") if output is None else Path(output)
    if target.is_dir():
        target /= f"{'plan' if plan == '-' else Path(plan).stem}.xlsx"
    paths.save_new(document, target)
    console.put(str(target))
    console.tell(console.phrase("sheet_new", file=target))
    return console.exit_code


def _bodies(console: Console, name: str, plan: Plan) -> list[Organisation]:
    """The units that a workbook lists, or the lines of a text."""
    from planforge import sheet_reader, sheets

    if not name.lower().endswith(_WORKBOOKS):
        lines, problems = sheet_reader.read_lines(paths.open_input(name))
        console.report(paths.placed(p, _shown(name)) for p in problems)
        return [Organisation(name=line) for line in lines]
    book = sheets.read(paths.open_input(name), plan=plan)
    problems = (*book.problems, *(problem for unit in book.units for problem in unit.problems if problem.is_error))
    console.report(paths.placed(p, _shown(name)) for p in problems if p.code != "PF187")
    subjects = [unit.subject for unit in book.units if unit.subject is not None]
    found = [subject.unit if isinstance(subject, Report) else subject.owner for subject in subjects]
    return [body for body in found if body is not None]


def sheet_read(console: Console, workbook: str, plan: str | None, output: str | None, as_json: bool) -> int:
    """Writes the data files of a workbook's units; whatever is wrong with one, the others are written."""
    from planforge import sheets

    console.json = as_json
    console.files = 1
    shared = data.load(paths.open_input(plan), Plan) if plan is not None else None
    book = sheets.read(paths.open_input(workbook), plan=shared)
    file = _shown(workbook)
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


# --- lists ---------------------------------------------------------------------------------------------------------


def fields(console: Console, path: str | None, as_json: bool) -> int:
    """Lists what templates and layouts may use, or what a path means."""
    try:
        entries, known = palette.search(path) if path else (palette.tree(), palette.FILTERS)
    except PlanforgeError as error:
        console.report(error.problems)
        return WrongUse.exit_code
    if as_json:
        named = {"names": [e.as_json() for e in entries], "filters": [palette.filter_as_json(f) for f in known]}
        console.put_json(named)
    elif console.is_terminal:
        _show_fields(console, entries, known)
    else:
        for entry in (each for top in entries for each in top.walk()):
            console.put("\t".join((entry.path.en, entry.path.mn, *_facts(console, entry))))
        for item in known:
            console.put("\t".join((item.name, item.mn, *_filter_facts(console, item))))
    return console.exit_code


def _show_fields(console: Console, entries: Sequence[palette.Entry], known: Sequence[palette.Filter]) -> None:
    """A table for a person: what lies below a name is set in."""
    heads = [console.phrase(key) for key in ("name", "name_mn", "type", "meaning")]
    rows: list[list[str]] = []
    for top in entries:
        for entry in top.walk():
            depth = len(entry.fields) - len(top.fields)
            own = (entry.path.en, entry.path.mn) if not depth else (entry.field.name, entry.field.template_name)
            kind, meaning, example = _facts(console, entry)
            about = f"{meaning} ({console.phrase('example', example=example)})" if example else meaning
            rows.append([("  " * depth) + own[0], ("  " * depth) + own[1], kind, about])
    for item in known:
        kind, wants, usage = _filter_facts(console, item)
        rows.append([f"| {item.name}", f"| {item.mn}", kind, f"{wants} | {usage}"])
    console.put_table(heads, rows)


def _facts(console: Console, entry: palette.Entry) -> tuple[str, str, str]:
    """Type, meaning, example; where the fields of a record are listed if that is elsewhere."""
    kind = palette.type_name(entry.field.type).in_(console.lang)
    return (f"{kind} → {entry.listed_at}" if entry.listed_at else kind), entry.meaning.in_(console.lang), entry.example


def _filter_facts(console: Console, item: palette.Filter) -> tuple[str, str, str]:
    return console.phrase("filter"), item.wants.in_(console.lang), item.usage


def schema(console: Console, kind: str, output: str | None, keys: str) -> int:
    """Prints or saves the JSON Schema of a kind of data file."""
    described = vocabulary.json_schema(kind, keys=keys)
    if output is None or output == "-":
        console.put_json(described)
    else:
        paths.save((json.dumps(described, ensure_ascii=False, indent=2) + "\n").encode(), Path(output))
        console.put(output)
    return console.exit_code


def templates_list(console: Console, as_json: bool) -> int:
    """Lists the built-in templates and what they print."""
    rows = []
    for name in templates.names():
        compiled = Template.builtin(name)
        rows.append({"name": name, "for": "report" if compiled.needs_report else "plan", "digest": compiled.digest})
    if as_json:
        console.put_json(rows)
    elif console.is_terminal:
        heads = (console.phrase("template"), console.phrase("for"))
        console.put_table(heads, [(row["name"], console.phrase(row["for"])) for row in rows])
    else:
        for row in rows:
            console.put(f"{row['name']}\t{row['for']}")
    return console.exit_code


def templates_copy(console: Console, name: str, out: str) -> int:
    """Saves a built-in template under a name of its own."""
    if name not in templates.names():
        Template.builtin(name)  # says which there are
    target = Path(out) / f"{name}.docx" if Path(out).is_dir() else Path(out)
    paths.save_new(templates.document(name), target)
    console.put(str(target))
    return console.exit_code
