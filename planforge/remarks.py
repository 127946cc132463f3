"""Word comments by which planforge tells the faults of a template: they are no part of it.

They are known by their author. A template is read without them, so it may be mended, checked and used with the comments
still in it; comments of people stay. `planforge.annotation` writes them.

Norm: ECMA-376 part 1, 17.13.4; for what newer Word says of comments, [MS-DOCX] 2.5 and 2.6.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from planforge import opc
from planforge.opc import Package
from planforge.wml import W14, names, w

if TYPE_CHECKING:
    from lxml.etree import _Element

__all__ = ["AUTHOR", "remove"]

AUTHOR: Final = "planforge"

_P, _R, _RPR, _COMMENT, _REFERENCE, _ID = names("p r rPr comment commentReference id")
_ENDS: Final = names("commentRangeStart commentRangeEnd commentReference")
_GONE: Final = "{planforge}gone"


def remove(package: Package, /) -> Package:
    """The package without planforge's comments, their places, and what Word noted of them; itself if it has none.

    A part that held no others goes too.
    """
    for name in _related(package, "comments"):
        root = package.parse(name)
        comments = list(root.iterchildren(_COMMENT))
        gone = [comment for comment in comments if comment.get(w("author")) == AUTHOR]
        if gone:
            paragraphs = {p.get(f"{W14}paraId", "") for comment in gone for p in comment.iter(_P)} - {""}
            package = _without_places(package, {comment.get(_ID) for comment in gone})
            package = _without_notes(package, paragraphs)
            for comment in gone:
                comment.tag = _GONE
            is_empty = len(gone) == len(comments)
            package = package.remove(name) if is_empty else package.replace({name: _stripped(root)})
    return package


def _related(package: Package, kind: str) -> list[str]:
    return [name for name in package.related(kind) if name in package.parts]


def _without_places(package: Package, ids: set[str | None]) -> Package:
    """The main part without the ranges and references of comments with these ids."""
    root = package.parse(package.main)
    for element in [e for e in root.iter(*_ENDS) if e.get(_ID) in ids]:
        run = element.getparent()
        element.tag = _GONE
        if run is not None and run.tag == _R and all(child.tag in (_RPR, _GONE) for child in run):
            run.tag = _GONE
    return package.replace({package.main: _stripped(root)})


def _without_notes(package: Package, paragraphs: set[str]) -> Package:
    """The package without what Word keeps of comments elsewhere, by the ids of their paragraphs; an answer to one is
    a comment of its own then."""
    durable: set[str] = set()
    for kind in ("commentsExtended", "commentsIds", "commentsExtensible"):  # the second knows the ids of the third
        for name in _related(package, kind):
            root = package.parse(name)
            for note in root.iterchildren("{*}*"):
                said = {str(key).rpartition("}")[2]: key for key in note.attrib}
                values = {local: str(note.get(key)) for local, key in said.items()}
                if values.get("paraId") in paragraphs or values.get("durableId") in durable:
                    durable.add(values.get("durableId", ""))
                    note.tag = _GONE
                elif values.get("paraIdParent") in paragraphs:
                    del note.attrib[said["paraIdParent"]]
            package = package.replace({name: _stripped(root)})
    return package


def _stripped(root: _Element) -> bytes:
    from lxml import etree

    etree.strip_elements(root, _GONE, with_tail=False)
    return opc.serialise(root)
