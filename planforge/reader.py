"""A finished document back into the data it was made from.

A document that planforge rendered carries its data. They count only while the visible text is what was rendered: a
document that somebody has edited since is refused here, with the reason, rather than answered with data that no longer
say what it says.
"""

from __future__ import annotations

from pydantic import ValidationError

from planforge import embedded, inspection, opc
from planforge.archive import Source
from planforge.errors import DocumentError, DocumentPlace, Problem, has_errors
from planforge.model import Plan, Report

__all__ = ["read", "strip"]

_KINDS: dict[str, type[Plan] | type[Report]] = {"plan": Plan, "report": Report}


def read(source: Source, /) -> Plan | Report:
    """The plan or report that a document was rendered from.

    Raises DocumentError: PF610 (it carries no data), PF611 (a newer format), PF612 (edited since it was rendered),
    PF613 (its data are damaged), or what `inspection.read` finds.
    """
    package = inspection.read(source)
    place = DocumentPlace(file=package.file)
    found = embedded.find(package)
    if found is None:
        raise DocumentError([Problem("PF610", place)])
    if found.version != "1" or found.kind not in _KINDS:
        raise DocumentError([Problem("PF611", place, {"version": f"{found.kind}/{found.version}"})])
    parts = {name: package.parts[name] for name in found.parts if name in package.parts}
    if embedded.digest(parts) != found.digest:
        raise DocumentError([Problem("PF612", place)])
    try:
        return _KINDS[found.kind].model_validate_json(found.json)
    except ValidationError as error:
        raise DocumentError([Problem("PF613", place, {"count": error.error_count()})]) from error


def strip(source: Source, /) -> bytes:
    """The document without the data it carries; everything else stays. DocumentError: what `inspection.read` finds."""
    package = opc.unpack(source)
    problems = inspection.inspect(package)
    if has_errors(problems):
        raise DocumentError(problems)
    return embedded.remove(package).to_bytes()
