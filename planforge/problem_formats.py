"""Problems for other programs: one line each, GitHub's workflow commands, SARIF 2.1.0."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import PurePath
from urllib.parse import quote

from planforge import __version__
from planforge.errors import DataPlace, DocumentPlace, Lang, Place, Problem, blanked, catalogue

__all__ = ["github", "sarif", "short"]

_COMMANDS = {"error": "error", "warning": "warning", "note": "notice"}
_SCHEMA = "https://json.schemastore.org/sarif-2.1.0.json"


def short(problems: Iterable[Problem], lang: Lang) -> list[str]:
    """`place: code message`, a line each."""
    return [_flat(f"{where}: {text}" if where else text) for where, text in (_words(p, lang) for p in problems)]


def _words(problem: Problem, lang: Lang) -> tuple[str, str]:
    where = problem.place.describe(lang) if problem.place else ""
    return where, f"{problem.code} {problem.message(lang)}"


def _flat(text: str) -> str:
    return " ".join(text.split())


def github(problems: Iterable[Problem], lang: Lang) -> list[str]:
    """Workflow commands, which GitHub shows beside the files: `::error file=…,line=…,title=PF203::…`.

    Their grammar (actions/toolkit, `command.ts`): `%`, CR and LF are escaped, in properties also `:` and `,`.
    """
    out = []
    for problem in problems:
        place = problem.place
        given: dict[str, object] = {"file": getattr(place, "file", None)}
        if isinstance(place, DataPlace):
            given |= {"line": place.line, "col": place.column}
        given["title"] = problem.code
        properties = ",".join(f"{name}={_property(str(value))}" for name, value in given.items() if value is not None)
        where, text = _words(problem, lang)
        hint = problem.hint(lang)
        message = "\n".join(x for x in (f"{where}: {text}" if where else text, hint) if x)
        out.append(f"::{_COMMANDS[problem.severity]} {properties}::{_data(message)}")
    return out


def _data(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")


def sarif(problems: Sequence[Problem], lang: Lang) -> dict[str, object]:
    """A log of one run in SARIF 2.1.0 (OASIS), which code hosts and editors read; places in documents are logical."""
    codes = sorted({problem.code for problem in problems})
    rules = []
    for code in codes:
        entry = catalogue()[code]
        rule: dict[str, object] = {
            "id": code,
            "shortDescription": {"text": blanked(entry.message.in_(lang))},
            "defaultConfiguration": {"level": entry.severity},
        }
        if entry.hint.in_(lang):
            rule["help"] = {"text": blanked(entry.hint.in_(lang))}
        rules.append(rule)
    driver = {"name": "planforge", "version": __version__, "language": lang, "rules": rules}
    results = []
    for problem in problems:
        text = "\n".join(x for x in (problem.message(lang), problem.hint(lang)) if x)
        result: dict[str, object] = {
            "ruleId": problem.code,
            "ruleIndex": codes.index(problem.code),
            "level": problem.severity,
            "message": {"text": text},
        }
        location = _location(problem.place, lang) if problem.place else {}
        if location:
            result["locations"] = [location]
        results.append(result)
    run = {"tool": {"driver": driver}, "columnKind": "unicodeCodePoints", "results": results}
    return {"$schema": _SCHEMA, "version": "2.1.0", "runs": [run]}


def _location(place: Place, lang: Lang) -> dict[str, object]:
    location: dict[str, object] = {}
    if place.file:
        physical: dict[str, object] = {"artifactLocation": {"uri": _uri(place.file)}}
        if isinstance(place, DataPlace) and place.line is not None:
            column = {} if place.column is None else {"startColumn": place.column}
            physical["region"] = {"startLine": place.line, **column}
        location["physicalLocation"] = physical
    path = place.path if isinstance(place, DocumentPlace) else getattr(place, "code_path", "")
    if path:
        location["logicalLocations"] = [{"fullyQualifiedName": path}]
    if not isinstance(place, DataPlace):
        location["message"] = {"text": place.describe(lang)}
    return location


def _uri(file: str) -> str:
    """A file as a reference: relative as it was named, an absolute one with its scheme."""
    path = PurePath(file)
    return path.as_uri() if path.is_absolute() else quote(path.as_posix())
