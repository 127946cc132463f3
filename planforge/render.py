"""The face: a compiled `Template`, and `save`, the one function that touches the disk.

Rendering is a pure function of data, template, today and options: no clock, no locale, no global. Static parts were
deflated when the template was compiled and are copied; dynamic parts are rendered and deflated in chunks.
"""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import date, datetime
from functools import cached_property
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

from planforge import archive, disk, embedded, opc, templates, text, view
from planforge.archive import Engine, Frame, Member, Pieces, Source
from planforge.errors import DataError, DataPlace, OutputError, Problem, TemplateError, reason
from planforge.model import Plan, Report
from planforge.pictures import Host, Pictures
from planforge.program import XML, Program
from planforge.rendering import Run

if TYPE_CHECKING:
    from planforge.dialect import Scope
    from planforge.schemas import Models

__all__ = ["DOMAIN", "Draft", "Schema", "Template", "save", "scoped"]

Schema: TypeAlias = Literal["domain"] | Mapping[str, Any] | None
DOMAIN: Literal["domain"] = "domain"
"""The names and types of plans and reports."""


@dataclass(frozen=True, eq=False)
class Template:
    """A compiled template: immutable, safe to share between threads, renders any number of documents."""

    program: Program
    frame: Frame
    """What all documents begin with: the members of the package that are copied, in its order."""
    embedding: Frame
    """The same for documents that carry their data."""
    schema: Literal["domain"] | Models | None
    digest: str
    """Content digest of the template."""
    host: Host
    """The template's package, without data it may have carried."""
    engine: Engine
    """What deflates the rendered parts."""

    @classmethod
    def open(cls, source: Source, /, *, schema: Schema = DOMAIN) -> Template:
        """Reads and compiles a DOCX template. Raises TemplateError with every problem (PF2xx).

        Comments by which planforge told its faults are left out.
        `schema=None` takes any context: the allow-list holds, types are not checked. `schema={"invoice": Invoice}`
        takes pydantic models of your own by the names at the top of the template (PF784 for what is none).
        """
        from planforge import inspection, remarks  # the built-in forms do without these, and without what they import
        from planforge.compiler import compile_template

        package = inspection.read(source, error=TemplateError, elements=inspection.MAX_TEMPLATE_ELEMENTS)
        plain = remarks.remove(embedded.remove(package))
        typed, scope = scoped(schema)
        return cls._of(plain, compile_template(plain, scope=scope), typed, opc.content_digest(package))

    @classmethod
    def builtin(cls, name: str, /) -> Template:
        """A built-in form by its name: `plan`, `report`. Raises TemplateError (PF229) for another name."""
        if name not in templates.names():
            near = text.closest(name, templates.names()) or ", ".join(templates.names())
            raise TemplateError([Problem("PF229", None, {"name": name, "near": near})])
        package = opc.unpack(templates.document(name), error=TemplateError)
        return cls._of(package, Program.loads(templates.program(name)), DOMAIN, opc.content_digest(package))

    @classmethod
    def _of(
        cls, package: opc.Package, program: Program, schema: Literal["domain"] | Models | None, digest: str
    ) -> Template:
        room = {name: part.encode() for name, part in program.room.items()}
        engine = archive.engine()
        rendered = {*program.codes} | ({program.lists.part} if program.lists else set())
        frame = _frame(package, rendered, engine)
        static = {member.name: member for member in frame.members if member.name not in room}
        embedding = _frame(package.replace(room), {*rendered, next(iter(room))}, engine, static)
        return cls(program, frame, embedding, schema, digest, Host(package, program.identities), engine)

    @property
    def warnings(self) -> tuple[Problem, ...]:
        """What of the template was dropped when it was read (PF279)."""
        return self.host.package.warnings

    @cached_property
    def findings(self) -> tuple[Problem, ...]:
        """What the package rules find in the template itself (PF510): rendering must not add to it."""
        from planforge import package_rules

        return package_rules.check_package(self.host.package)

    def verify(self, document: bytes, /, *, file: str | None = None) -> tuple[Problem, ...]:
        """What the package rules find in a rendered document and not in the template (PF510); nothing, if all is well.

        Some 10 ms for a document: rendering does not do it unless it is asked to.
        """
        from planforge import package_rules

        return package_rules.verify(document, self.findings, file=file)

    @property
    def needs_report(self) -> bool:
        """Whether the template prints anything of a report: a plan alone will not do."""
        return self.schema == DOMAIN and "report" in self.program.uses

    def render(
        self,
        data: Plan | Report | view.PlanView | view.ReportView | Mapping[str, object],
        /,
        *,
        today: date | None = None,
        embed: bool = True,
    ) -> bytes:
        """The finished document; of a subject that was walked already, its view saves walking it again.

        In the context of a template without a schema, and in fields of your own models, a value may be an `Image`, or
        docxtpl's RichText, RichTextParagraph or Listing. `today` is needed if the template prints it (PF305).
        `embed=False` leaves the data out of the document, where they never are but under the domain's schema. Raises
        DataError with every problem of this data in this template (PF3xx, PF401–403, PF780–782), or OutputError for
        what outgrows the limits (PF501).
        """
        return self.draft(data, today=today, embed=embed).pack()

    def draft(
        self,
        data: Plan | Report | view.PlanView | view.ReportView | Mapping[str, object],
        /,
        *,
        today: date | None = None,
        embed: bool = True,
    ) -> Draft:
        """The document but for being packed: the first half of `render`, which raises what that raises."""
        if isinstance(today, datetime):
            today = today.date()
        pictures = Pictures(self.host)
        if self.schema != DOMAIN:
            from planforge.context import frozen

            values = self.schema.frozen(data, self.program.printed) if self.schema else frozen(data)
            return Draft(self, self._parts(values, None, None, today, False, pictures), None, pictures.members())
        seen = data if isinstance(data, view.PlanView | view.ReportView) else view.walk(_subject(data))
        problems = []
        if self.needs_report and isinstance(seen, view.PlanView):
            problems.append(Problem("PF303"))
        if "today" in self.program.uses and today is None:
            problems.append(Problem("PF305"))
        if problems:
            raise DataError(problems)
        plan, report = (seen.plan, seen) if isinstance(seen, view.ReportView) else (seen, None)
        return Draft(self, self._parts({}, plan, report, today, embed, pictures), seen.item if embed else None)

    def _parts(
        self,
        data: Mapping[str, object],
        plan: view.PlanView | None,
        report: view.ReportView | None,
        today: date | None,
        anchors: bool,
        pictures: Pictures,
    ) -> dict[str, Pieces]:
        """The rendered parts by name."""
        out = {}
        problems: list[Problem] = []
        visited: dict[str, set[view.TreeNode]] = {level: set() for level in self.program.levels}
        lists = self.program.lists.open() if self.program.lists else None
        for name, code in self.program.codes.items():
            run = Run(data, self.program.places[name], name, pictures, lists)
            out[name] = code.renderer(anchors)(run, plan, report, today)
            problems += run.problems
            for level, nodes in run.visited.items():
                visited[level].update(nodes)
        if lists is not None:
            out[lists.source.part] = Pieces([XML.encode(), lists.part().encode()])
        if plan is not None:
            problems += _unreached(plan, visited, report is not None)
        if problems:
            raise DataError(problems)
        return out


@dataclass(frozen=True, slots=True)
class Draft:
    """A document that says all that it will say, not packed yet: that is most of the work, and tells no faults."""

    template: Template
    parts: Mapping[str, Pieces]
    """The rendered parts by name."""
    subject: Plan | Report | None
    """The data that it is to carry."""
    added: Sequence[Member] = ()

    def pack(self) -> bytes:
        """The document: the frame, the rendered parts in the order of their names, which is the digest's, the data."""
        template, subject = self.template, self.subject
        packed = []
        digest = embedded.Digest()
        for name, part in sorted(self.parts.items()):
            chunks = part if subject is None else digest.through(name, part.size, part)
            if part.size <= archive.SMALL:
                packed.append(archive.deflate_again(name, b"".join(chunks), template.engine))
            else:
                packed.append(archive.deflate(name, chunks, by=template.engine))
        if subject is not None:
            anchors = template.program.anchors
            data = embedded.payload(subject, sorted(self.parts), digest.hexdigest(), template.digest, anchors)
            packed.append(archive.deflate(next(iter(template.program.room)), data, 1, by=template.engine))
        frame = self.frame
        return opc.write(_joined([*frame.members, *packed], self.added)) if self.added else frame.write(packed)

    def sha256(self, document: bytes, /) -> str:
        """SHA-256 (hex) of the document that it was packed into."""
        return self.frame.sha256(document)

    @property
    def frame(self) -> Frame:
        return self.template.frame if self.subject is None else self.template.embedding


def scoped(schema: Schema, /) -> tuple[Literal["domain"] | Models | None, Scope]:
    """What a schema describes, and the names at the top of its templates. Raises TemplateError (PF784)."""
    from planforge.dialect import Scope

    if schema == DOMAIN:
        return DOMAIN, Scope.domain()
    if schema is None:
        return None, Scope({}, open=True)
    from planforge.schemas import Models

    typed = Models(schema)
    return typed, Scope.of(typed.fields.values())


def _frame(
    package: opc.Package, rendered: set[str], engine: Engine, known: Mapping[str, Member] = MappingProxyType({})
) -> Frame:
    names = sorted(package.parts, key=lambda name: name != opc.CONTENT_TYPES)
    copied = [name for name in names if name not in rendered]
    return Frame(known.get(name) or archive.deflate(name, package.parts[name], by=engine) for name in copied)


def _joined(members: Sequence[Member], added: Sequence[Member]) -> list[Member]:
    """The members of a package, some of them replaced by others of the same name, new ones at the end."""
    fresh = {member.name: member for member in added}
    kept = [fresh.pop(member.name, member) for member in members]
    return [*kept, *fresh.values()]


def _unreached(plan: view.PlanView, visited: Mapping[str, set[Any]], in_report: bool) -> list[Problem]:
    """What no loop of the template went over, on the levels that it loops over at all.

    Nodes (PF302), and where criteria have rows of their own, nodes whose criteria have none (PF324).
    """
    problems = []
    for level, seen in visited.items():
        if level == "criterion":
            nodes = [node for node in plan if not seen.issuperset(node.criteria)]
        else:
            whole: tuple[view.TreeNode, ...] = getattr(plan, f"all_{view.PLURALS[level]}")
            nodes = [node for node in whole if node not in seen] if len(seen) != len(whole) else []
        for node in nodes:
            path = ("plan", *node.path) if in_report else node.path
            args = {
                "number": node.number,
                "text": " ".join(node.item.text.split())[:60],
                "level": view.LEVEL_WORDS[node.level],
            }
            problems.append(Problem("PF324" if level == "criterion" else "PF302", DataPlace(path=path), args))
    return problems


def _subject(data: Plan | Report | Mapping[str, object]) -> Plan | Report:
    if isinstance(data, Plan | Report):
        return data
    from planforge.data import from_mapping

    return from_mapping(data)


def save(document: bytes, path: str | os.PathLike[str], /, *, part: str | os.PathLike[str] | None = None) -> Path:
    """Writes a document: a temporary file beside it, flushed to the disk, then renamed; never half a file.

    `part` names the temporary file if it is to lie elsewhere on the same disk. A link at the target is replaced, not
    followed. Raises OutputError: PF502 (the folder is missing), PF503 (the file is open in another program or may not
    be written), PF504 (any other refusal of the system).
    """
    target = os.fspath(path)
    temporary = part or Path(target).parent / f".planforge-{os.urandom(8).hex()}.part"
    try:
        try:
            disk.write_new(temporary, document)
            os.replace(temporary, target)  # noqa: PTH105
        except BaseException:
            with suppress(OSError, ValueError):
                Path(temporary).unlink(missing_ok=True)
            raise
    except FileNotFoundError as error:
        raise OutputError([Problem("PF502", DataPlace(target), {"folder": str(Path(target).parent)})]) from error
    except (OSError, ValueError) as error:
        raise OutputError([_refusal(error, DataPlace(target))]) from error
    return Path(target)


def _refusal(error: OSError | ValueError, place: DataPlace) -> Problem:
    code = "PF503" if isinstance(error, PermissionError | IsADirectoryError | NotADirectoryError) else "PF504"
    return Problem(code, place, {"detail": reason(error)})
