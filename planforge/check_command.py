"""The commands `check` and `explain`: what is wrong with a file, and what a code means."""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Callable, Sequence
from contextlib import redirect_stdout
from datetime import date
from functools import reduce
from importlib import import_module
from pathlib import Path

from planforge import messages, paths, text
from planforge.command_inputs import Templates, content_of, refuse_two, rendered, shown
from planforge.console import Console, WrongUse, words
from planforge.errors import Lang, Problem, TemplateError, blanked, catalogue
from planforge.paths import STDIN
from planforge.render import DOMAIN, Schema
from planforge.rules import check as check_source
from planforge.source import kind_of

__all__ = ["check", "explain", "finish"]


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
    refuse_two("--json", f"--format {form}" if as_json and form not in (None, "json") else None)
    form = "json" if as_json else form or "text"
    console.is_wanted = _wanted(select, ignore)
    console.silent = form != "text"
    forms = Templates(console, as_data=True)
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
    return finish(console, form)


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


def _found(name: str, template: str | None, schema: Schema, forms: Templates) -> list[Problem]:
    """The problems of a file of any kind; data also in the template, if one is named."""
    content = content_of(name)
    if template is not None and kind_of(content) not in ("document", "layout"):
        return rendered(name, content, template, forms, date.today(), embed=False)[0]
    return [paths.placed(p, shown(name)) for p in check_source(content, schema=schema)]


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


def finish(console: Console, form: str) -> int:
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
