"""What each command does that has no module of its own: starters, documents, lists.

The function of a command has its name (`templates copy` is `templates_copy`) and returns the exit code; whatever is
printed goes through the console. Loaded when a command runs, so what commands need is imported here.
"""

from __future__ import annotations

import json
import os
from collections import Counter
from collections.abc import Sequence
from datetime import date
from importlib import resources
from pathlib import Path
from typing import Literal

from planforge import data, messages, palette, paths, reader, templates, view, vocabulary, yaml_writer
from planforge.command_inputs import Templates, rendered, shortened, shown
from planforge.console import Console, WrongUse
from planforge.errors import PlanforgeError, Problem
from planforge.model import Plan
from planforge.render import Template

__all__ = [
    "demo",
    "fields",
    "new",
    "read",
    "render",
    "schema",
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
        short = shortened(" ".join(node.item.text.split()))
        if node.item.id or numbers[node.number] == 1:
            lines.append(f"  {_yaml_key(node.item.id or node.number)}:  # {short}\n    reached:\n    percent:\n")
        else:
            lines.append(messages.STARTERS["ambiguous"].format(number=node.number, text=short))
    return messages.STARTERS["report_plan_beside"], "".join(lines)


def _yaml_key(name: str) -> str:
    """A number or id as a key: quoted unless it is made of letters, digits and full stops."""
    return name if name.replace(".", "").isalnum() else json.dumps(name, ensure_ascii=False)


# --- documents -----------------------------------------------------------------------------------------------------


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
    forms = Templates(console)
    if template is not None and forms.open(template) is None:
        names = []
    made: list[dict[str, object]] = []
    for name in names:
        console.files += 1
        source = paths.open_input(name)
        found, document, form = rendered(name, source, template, forms, today or date.today(), not no_embed)
        target = targets[name]
        if verify and document is not None:
            new = _verified(document, forms.open(form), shown(str(target or "-")))
            found, document = [*found, *new], None if new else document
        if document is not None and target is not None:
            found += _saved(document, target, folder)
        if console.report(found) or document is None:
            console.tell(console.phrase("not_made", file=shown(name)))
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


def _verified(document: bytes, template: Template | None, file: str) -> list[Problem]:
    """What the package rules find in a document and not in its template."""
    assert template is not None
    return list(template.verify(document, file=file))


def _saved(document: bytes, target: Path, folder: Path | None) -> list[Problem]:
    """Writes one document, and the folder for all of them first; what hinders it is its own problem."""
    try:
        if folder is not None:
            paths.make_folder(folder)
        paths.save(document, target)
    except PlanforgeError as error:
        return list(error.problems)
    return []


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
