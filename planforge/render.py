"""The face: a compiled `Template`, `check`, and `save`, the one function that touches the disk.

Rendering is a pure function of data, template, today and options: no clock, no locale, no global. Static parts were
deflated when the template was compiled and are copied; dynamic parts are rendered and deflated.
"""

from __future__ import annotations

import os
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import BinaryIO, Literal, TypeAlias

from planforge import embedded, opc, templates, text, view
from planforge.compiler import MAX_OUTPUT, Program, Run, compile_template
from planforge.dialect import Scope
from planforge.errors import (
    DataError,
    DataPlace,
    DocumentPlace,
    OutputError,
    PlanforgeError,
    Problem,
    TemplateError,
)
from planforge.model import Plan, Report

__all__ = ["DOMAIN", "Source", "Template", "check", "save"]

Source: TypeAlias = str | os.PathLike[str] | bytes | BinaryIO
Schema: TypeAlias = Literal["domain"] | None
DOMAIN: Schema = "domain"
"""The names and types of plans and reports."""

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
        package = opc.read(source, error=TemplateError)
        return cls._compile(package, schema)

    @classmethod
    def builtin(cls, name: str, /) -> Template:
        """A built-in form by its name: `plan`, `report`. Raises TemplateError (PF229) for another name."""
        if name not in templates.names():
            near = text.closest(name, templates.names()) or ", ".join(templates.names())
            raise TemplateError([Problem("PF229", None, {"name": name, "near": near})])
        return cls._compile(opc.read(templates.document(name), file=f"{name}.docx", error=TemplateError), DOMAIN)

    @classmethod
    def _compile(cls, package: opc.Package, schema: Schema) -> Template:
        scope = Scope.domain() if schema else Scope({}, open=True)
        program = compile_template(package, scope=scope)
        plain = embedded.remove(package)
        return cls(
            program,
            _members(plain, program),
            _members(embedded.prepare(plain), program),
            schema is not None,
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
            run = Run(data, self.program.places[name])
            xml = renderer(run, plan, report, today)
            if len(xml) > MAX_OUTPUT:
                where = DocumentPlace(part=name)
                raise OutputError([Problem("PF501", where, {"limit": f"{MAX_OUTPUT // 1024**2} MiB"})])
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


def _members(package: opc.Package, program: Program) -> tuple[opc.Member | str, ...]:
    return tuple(
        name if name in program.dynamic or name == embedded.part_name(package) else opc.deflate(name, data)
        for name, data in package.parts.items()
    )


def _unreached(plan: view.PlanView, visited: Mapping[str, set[view.TreeNode]], in_report: bool) -> list[Problem]:
    """Nodes that no loop of the template went over, on the levels that it loops over at all (PF302)."""
    problems = []
    for level, seen in visited.items():
        nodes: tuple[view.TreeNode, ...] = getattr(plan, f"all_{view.PLURALS[level]}")
        if len(seen) == len(nodes):
            continue
        for node in nodes:
            if node not in seen:
                path = ("plan", *node.path) if in_report else node.path
                args = {"number": node.number, "text": node.item.text[:60], "level": view.LEVEL_WORDS[level]}
                problems.append(Problem("PF302", DataPlace(path=path), args))
    return problems


def _subject(data: Plan | Report | Mapping[str, object]) -> Plan | Report:
    if isinstance(data, Plan | Report):
        return data
    from planforge.data import from_mapping

    return from_mapping(data)


def _frozen(data: object) -> Mapping[str, object]:
    """The context of a template without a schema as plain, frozen values. Raises DataError (PF307, PF140)."""
    problems: list[Problem] = []

    def freeze(value: object, path: tuple[str | int, ...]) -> object:
        if value is None or isinstance(value, bool | int | Decimal | date):
            return value
        if isinstance(value, float):
            return Decimal(str(value))
        if isinstance(value, str):
            clean = text.normalise(value)
            for bad in text.refusals(clean, limit=1):
                args = {"character": text.code_point(bad.character), "index": bad.index + 1, "count": 1}
                problems.append(Problem("PF140", DataPlace(path=path), args))
            return clean
        if isinstance(value, Mapping):
            return {str(k): freeze(v, (*path, str(k))) for k, v in value.items()}
        if isinstance(value, list | tuple):
            return tuple(freeze(v, (*path, i)) for i, v in enumerate(value))
        problems.append(Problem("PF307", DataPlace(path=path), {"found": type(value).__name__}))
        return None

    frozen = freeze(data, ())
    if not isinstance(frozen, dict):
        problems.append(Problem("PF307", None, {"found": type(data).__name__}))
    if problems:
        raise DataError(problems)
    assert isinstance(frozen, dict)
    return {text.name_key(k): v for k, v in frozen.items()}


def check(source: Source, /, *, data: Plan | Report | None = None, schema: Schema = DOMAIN) -> tuple[Problem, ...]:
    """Every problem of a template, and of data in it; never raises for its content."""
    try:
        template = Template.open(source, schema=schema)
        if data is not None:
            template.render(data, today=date(2000, 1, 1), embed=False)
    except PlanforgeError as error:
        return error.problems
    return ()


def save(document: bytes, path: str | os.PathLike[str], /) -> Path:
    """Writes a document: a temporary file beside it, flushed to the disk, then renamed; never half a file.

    A link at the target is replaced, not followed. Raises OutputError: PF502 (the folder is missing), PF503 (the file
    is open in another program or may not be written), PF504 (any other refusal of the system).
    """
    target = Path(path)
    place = DataPlace(file=str(target))
    try:
        handle, name = tempfile.mkstemp(dir=target.parent, prefix=".planforge-", suffix=".part")
    except FileNotFoundError as error:
        raise OutputError([Problem("PF502", place, {"folder": str(target.parent)})]) from error
    except OSError as error:
        raise OutputError([_refusal(error, place)]) from error
    temporary = Path(name)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(document)
            file.flush()
            os.fsync(file.fileno())
        temporary.chmod(0o666 & ~_umask())
        temporary.replace(target)
    except OSError as error:
        raise OutputError([_refusal(error, place)]) from error
    finally:
        temporary.unlink(missing_ok=True)
    return target


def _refusal(error: OSError, place: DataPlace) -> Problem:
    if isinstance(error, PermissionError | IsADirectoryError | NotADirectoryError):
        return Problem("PF503", place, {"detail": error.strerror or ""})
    return Problem("PF504", place, {"detail": error.strerror or str(error)})


def _umask() -> int:
    """The process's file mode mask; POSIX has no way to read it but to set it."""
    mask = os.umask(0o077)
    os.umask(mask)
    return mask
