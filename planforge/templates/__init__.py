"""The built-in forms: a layout (the source, `*.yaml`), the DOCX template built from it, and that template compiled.

Forms that print no plan or report but a context of their own (`decisions`, `changes`) are the body of a template
without a schema (`*.xml`), which stands in the base document.
"""

from __future__ import annotations

from pathlib import Path

__all__ = ["base", "body", "document", "names", "program"]

_HERE = Path(__file__).parent
_BASE = (
    "[Content_Types].xml",
    "_rels/.rels",
    "docProps/core.xml",
    "docProps/app.xml",
    "word/document.xml",
    "word/_rels/document.xml.rels",
    "word/styles.xml",
    "word/settings.xml",
    "word/fontTable.xml",
    "word/footer1.xml",
    "word/footer2.xml",
)


def base() -> dict[str, bytes]:
    """The parts of our own empty document by name, in the order of the archive."""
    # Wheels leave out files whose names start with a dot, so the package's own relationships have another name here.
    paths = {name: "package.rels" if name == "_rels/.rels" else name for name in _BASE}
    return {name: (_HERE / "base" / path).read_bytes() for name, path in paths.items()}


def body(name: str) -> dict[str, bytes]:
    """The parts of a template without a schema: its body in the base document."""
    return {**base(), "word/document.xml": (_HERE / f"{name}.xml").read_bytes()}


def names() -> list[str]:
    """The built-in forms by name."""
    return sorted(path.stem for path in _HERE.glob("*.docx"))


def document(name: str) -> bytes:
    """The DOCX template of a built-in form."""
    return (_HERE / f"{name}.docx").read_bytes()


def program(name: str) -> str:
    """The compiled template of a built-in form; written by `python -m tests.programs`."""
    return (_HERE / f"{name}.json").read_text(encoding="utf-8")
