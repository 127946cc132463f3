"""The face: a compiled `Template`, and `save`, the one function that touches the disk.

Rendering is a pure function of data, template, today and options: no clock, no locale, no global. Static parts were
deflated when the template was compiled and are copied; dynamic parts are rendered and deflated.
"""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any, BinaryIO, Literal, TypeAlias, cast

from planforge import embedded, opc, templates, text, view
from planforge.errors import (
    DataError,
    DataPlace,
    OutputError,
    Problem,
    TemplateError,
)
from planforge.model import Plan, Report
from planforge.program import Program
from planforge.rendering import Run

__all__ = ["DOMAIN", "Schema", "Source", "Template", "save"]

Source: TypeAlias = str | os.PathLike[str] | bytes | BinaryIO
Schema: TypeAlias = Literal["domain"] | None
DOMAIN: Schema = "domain"
"""The names and types of plans and reports."""

MAX_DATA_DEPTH = 32
"""Lists and mappings inside one another in the data of a template without a schema."""
MAX_DIGITS = 100
"""Digits of a number in such data, as it is printed."""

_XML = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'


@dataclass(frozen=True, slots=True, eq=False)
class Template:
    """A compiled template: immutable, safe to share between threads, renders any number of documents."""

    program: Program
    members: tuple[opc.Member | str, ...]
    """In the order of the package: a member to copy, or the name of a part to render."""
    embedding: tuple[opc.Member | str, ...]
    """The same for documents that carry their data."""
    typed: bool
    digest: str
    """Content digest of the template."""

    @classmethod
    def open(cls, source: Source, /, *, schema: Schema = DOMAIN) -> Template:
        """Reads and compiles a DOCX template. Raises TemplateError with every problem (PF2xx).

        `schema=None` takes any context: the allow-list holds, types are not checked.
        """
        from planforge.compiler import compile_template  # the built-in forms do without, and without what it imports
        from planforge.dialect import Scope

        package = opc.read(source, error=TemplateError)
        scope = Scope.domain() if schema else Scope({}, open=True)
        return cls._of(package, compile_template(package, scope=scope), schema is not None)

    @classmethod
    def builtin(cls, name: str, /) -> Template:
        """A built-in form by its name: `plan`, `report`. Raises TemplateError (PF229) for another name."""
        if name not in templates.names():
            near = text.closest(name, templates.names()) or ", ".join(templates.names())
            raise TemplateError([Problem("PF229", None, {"name": name, "near": near})])
        package = opc.unpack(templates.document(name), error=TemplateError)
        return cls._of(package, Program.loads(templates.program(name)), True)

    @classmethod
    def _of(cls, package: opc.Package, program: Program, typed: bool) -> Template:
        plain = embedded.remove(package)
        room = {name: part.encode() for name, part in program.room.items()}
        item = next(iter(room))
        return cls(
            program,
            _members(plain, {*program.dynamic}),
            _members(plain.replace(room), {*program.dynamic, item}),
            typed,
            opc.content_digest(package),
        )

    @property
    def needs_report(self) -> bool:
        """Whether the template prints anything of a report: a plan alone will not do."""
        return self.typed and "report" in self.program.uses

    def render(
        self, data: Plan | Report | Mapping[str, object], /, *, today: date | None = None, embed: bool = True
    ) -> bytes:
        """The finished document.

        `today` is needed if the template prints it (PF305). `embed=False` leaves the data out of the document. Raises
        DataError with every problem of this data in this template (PF3xx, PF401–403), or OutputError for what outgrows
        the limits (PF501).
        """
        if isinstance(today, datetime):
            today = today.date()
        if not self.typed:
            return self._finish(self._parts(_frozen(data), None, None, today), None)
        subject = _subject(data)
        problems = []
        if self.needs_report and isinstance(subject, Plan):
            problems.append(Problem("PF303"))
        if "today" in self.program.uses and today is None:
            problems.append(Problem("PF305"))
        if problems:
            raise DataError(problems)
        seen = view.walk(subject)
        plan, report = (seen.plan, seen) if isinstance(seen, view.ReportView) else (seen, None)
        return self._finish(self._parts({}, plan, report, today), subject if embed else None)

    def _parts(
        self,
        data: Mapping[str, object],
        plan: view.PlanView | None,
        report: view.ReportView | None,
        today: date | None,
    ) -> dict[str, bytes]:
        """The rendered parts by name."""
        out = {}
        problems: list[Problem] = []
        visited: dict[str, set[view.TreeNode]] = {level: set() for level in self.program.levels}
        for name, renderer in self.program.dynamic.items():
            run = Run(data, self.program.places[name], name)
            xml = renderer(run, plan, report, today)
            problems += run.problems
            for level, nodes in run.visited.items():
                visited[level].update(nodes)
            out[name] = (_XML + xml).encode()
        if plan is not None:
            problems += _unreached(plan, visited, report is not None)
        if problems:
            raise DataError(problems)
        return out

    def _finish(self, parts: Mapping[str, bytes], subject: Plan | Report | None) -> bytes:
        members = self.members if subject is None else self.embedding
        out = []
        for member in members:
            if isinstance(member, opc.Member):
                out.append(member)
            elif member in parts:
                out.append(opc.deflate(member, parts[member]))
            else:
                assert subject is not None
                out.append(opc.deflate(member, embedded.payload(subject, parts, self.digest), 1))
        return opc.write(out)


def _members(package: opc.Package, rendered: set[str]) -> tuple[opc.Member | str, ...]:
    return tuple(name if name in rendered else opc.deflate(name, data) for name, data in package.parts.items())


def _unreached(plan: view.PlanView, visited: Mapping[str, set[Any]], in_report: bool) -> list[Problem]:
    """What no loop of the template went over, on the levels that it loops over at all.

    Nodes (PF302), and where criteria have rows of their own, nodes whose criteria have none (PF324).
    """
    problems = []
    for level, seen in visited.items():
        if level == "criterion":
            nodes = [node for node in plan if any(criterion not in seen for criterion in node.criteria)]
        else:
            whole: tuple[view.TreeNode, ...] = getattr(plan, f"all_{view.PLURALS[level]}")
            nodes = [node for node in whole if node not in seen] if len(seen) != len(whole) else []
        for node in nodes:
            path = ("plan", *node.path) if in_report else node.path
            args = {"number": node.number, "text": node.item.text[:60], "level": view.LEVEL_WORDS[node.level]}
            problems.append(Problem("PF324" if level == "criterion" else "PF302", DataPlace(path=path), args))
    return problems


def _subject(data: Plan | Report | Mapping[str, object]) -> Plan | Report:
    if isinstance(data, Plan | Report):
        return data
    from planforge.data import from_mapping

    return from_mapping(data)


def _frozen(data: object) -> Mapping[str, object]:
    """The context of a template without a schema as plain, frozen values.

    Raises DataError: PF307 (a type that no template takes), PF309 (a number that cannot be printed), PF310 (too deep),
    PF311 (two keys of one name), PF140 (a character that no document can hold).
    """
    problems: list[Problem] = []

    def freeze(value: object, path: tuple[str | int, ...]) -> object:
        place = DataPlace(path=path)
        if value is None or isinstance(value, bool):
            return value
        if isinstance(value, int | float | Decimal):
            number = _plain_number(value)
            if number is None:
                problems.append(Problem("PF309", place))
            return number
        if isinstance(value, str):
            return clean(value, place)
        if isinstance(value, date):
            return date(value.year, value.month, value.day)
        if isinstance(value, Mapping | list | tuple) and len(path) > MAX_DATA_DEPTH:
            problems.append(Problem("PF310", DataPlace(path=path[:3]), {"limit": MAX_DATA_DEPTH}))
            return None
        if isinstance(value, Mapping):
            names = [clean(str(key), place) for key in value]
            twice = {name for name, count in Counter(names).items() if count > 1}
            problems.extend(Problem("PF311", place, {"name": name}) for name in twice)
            return {name: freeze(v, (*path, name)) for name, v in zip(names, value.values(), strict=True)}
        if isinstance(value, list | tuple):
            return tuple(freeze(v, (*path, i)) for i, v in enumerate(value))
        problems.append(Problem("PF307", place, {"found": type(value).__name__}))
        return None

    def clean(value: str, place: DataPlace) -> str:
        plain = text.normalise(str.__str__(value))
        for bad in text.refusals(plain, limit=1):
            args = {"character": text.code_point(bad.character), "index": bad.index + 1, "count": 1}
            problems.append(Problem("PF140", place, args))
        return plain

    if not isinstance(data, Mapping):
        raise DataError([Problem("PF307", None, {"found": type(data).__name__})])
    frozen = cast(Mapping[str, object], freeze(data, ()))
    if problems:
        raise DataError(problems)
    return {text.name_key(k): v for k, v in frozen.items()}


def _plain_number(value: float | Decimal) -> int | Decimal | None:
    """A number as int or Decimal; None for one that is not finite or that no document would print."""
    if isinstance(value, int):
        return int(value) if abs(value) < 10**MAX_DIGITS else None
    number = Decimal(str(value)) if isinstance(value, float) else Decimal(value)
    _, digits, exponent = number.as_tuple()
    if not isinstance(exponent, int) or max(len(digits), len(digits) + exponent, -exponent) > MAX_DIGITS:
        return None
    return number


def save(document: bytes, path: str | os.PathLike[str], /) -> Path:
    """Writes a document: a temporary file beside it, flushed to the disk, then renamed; never half a file.

    A link at the target is replaced, not followed. Raises OutputError: PF502 (the folder is missing), PF503 (the file
    is open in another program or may not be written), PF504 (any other refusal of the system).
    """
    target = Path(path)
    place = DataPlace(file=str(target))
    temporary = target.parent / f".planforge-{os.urandom(8).hex()}.part"
    try:
        with temporary.open("xb") as file:
            file.write(document)
            file.flush()
            os.fsync(file.fileno())
        temporary.replace(target)
    except FileNotFoundError as error:
        raise OutputError([Problem("PF502", place, {"folder": str(target.parent)})]) from error
    except (OSError, ValueError) as error:
        raise OutputError([_refusal(error, place)]) from error
    finally:
        with suppress(OSError, ValueError):
            temporary.unlink(missing_ok=True)
    return target


def _refusal(error: OSError | ValueError, place: DataPlace) -> Problem:
    code = "PF503" if isinstance(error, PermissionError | IsADirectoryError | NotADirectoryError) else "PF504"
    return Problem(code, place, {"detail": getattr(error, "strerror", None) or str(error)})
