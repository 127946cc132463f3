"""The pictures of a document that is being made: each content stored once, ids that nothing else has.

`Host` is what a template's package holds already, looked up when the first document needs it; `Pictures` collects what
one document shows. Parts and relationships are added when all parts are rendered, and only if there are pictures.
DrawingML: ECMA-376 part 1, 20.1, 20.2, 20.4; media parts: 15.2.14; packages: part 2.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import cached_property
from itertools import count
from typing import TYPE_CHECKING

from planforge import opc
from planforge.archive import MAX_TOTAL, Member, deflate, store
from planforge.errors import DocumentPlace, OutputError, Problem
from planforge.identities import Fresh, Identities
from planforge.text import as_attribute
from planforge.values import Image
from planforge.wml import w

if TYPE_CHECKING:
    from lxml import etree

__all__ = ["Host", "Pictures"]

_DRAWING = (
    '<w:drawing><wp:inline xmlns:wp="http://schemas.openxmlformats.org/drawingml/2006/wordprocessingDrawing"'
    ' distT="0" distB="0" distL="0" distR="0"><wp:extent cx="{cx}" cy="{cy}"/>'
    '<wp:docPr id="{id}" name="Picture {id}"{alt}/><wp:cNvGraphicFramePr>'
    '<a:graphicFrameLocks xmlns:a="http://schemas.openxmlformats.org/drawingml/2006/main" noChangeAspect="1"/>'
    '</wp:cNvGraphicFramePr><a:graphic xmlns:a="http://schemas.openxmlformats.org/drawingml/2006/main">'
    '<a:graphicData uri="http://schemas.openxmlformats.org/drawingml/2006/picture">'
    '<pic:pic xmlns:pic="http://schemas.openxmlformats.org/drawingml/2006/picture">'
    '<pic:nvPicPr><pic:cNvPr id="{id}" name="Picture {id}"/><pic:cNvPicPr/></pic:nvPicPr><pic:blipFill>'
    '<a:blip xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/relationships" r:embed="{relationship}"/>'
    '<a:stretch><a:fillRect/></a:stretch></pic:blipFill><pic:spPr><a:xfrm><a:off x="0" y="0"/>'
    '<a:ext cx="{cx}" cy="{cy}"/></a:xfrm><a:prstGeom prst="rect"><a:avLst/></a:prstGeom></pic:spPr></pic:pic>'
    "</a:graphicData></a:graphic></wp:inline></w:drawing>"
)


class Host:
    """What the package of a template holds that a document must fit, looked up once."""

    def __init__(self, package: opc.Package, known: Identities | None = None) -> None:
        self.package = package
        self.known = known

    @cached_property
    def identities(self) -> Identities:
        """Its ids and names, which no other may equal."""
        return self.known or Identities.of(self.package)

    @cached_property
    def styles(self) -> frozenset[tuple[str, str]]:
        """Its styles as (type, id)."""
        roots = (self.package.parse(n) for n in self.package.related("styles") if n in self.package.parts)
        found = (style for root in roots for style in root.iterchildren(w("style")))
        return frozenset((s.get(w("type")) or "paragraph", s.get(w("styleId")) or "") for s in found)


class Pictures:
    """The pictures of one document, in the order of their first use."""

    def __init__(self, host: Host) -> None:
        self.host = host
        self.fresh = Fresh(lambda: host.identities)
        """Ids for drawings; the renderings of all parts take theirs from here too."""
        self.media: dict[bytes, str] = {}
        """Content → the name of its part."""
        self.relationships: dict[str, dict[str, str]] = {}
        """The part that shows pictures → media part → relationship id."""
        self.size = 0
        self._fresh: dict[str, Iterator[str]] = {}

    @cached_property
    def _names(self) -> Iterator[str]:
        taken = {name.lower() for name in self.host.package.parts}
        stems = (f"word/media/planforge{n}" for n in count(1))
        return (stem for stem in stems if not any(f"{stem}.{ending}" in taken for ending in ("png", "jpeg", "gif")))

    def drawing(self, image: Image, part: str) -> str:
        """The `w:drawing` of a picture in a part. OutputError (PF501) for what outgrows the limit."""
        name = self.media.get(image.data)
        if name is None:
            self.size += len(image.data)
            if self.size > MAX_TOTAL:  # no package with more in it is read back
                limit = f"{MAX_TOTAL >> 20} MiB"
                raise OutputError([Problem("PF501", DocumentPlace(part=part), {"limit": limit})])
            name = f"{next(self._names)}.{image.format}"
            self.media[image.data] = name
        cx, cy = image.extent
        alt = f' descr="{as_attribute(image.alt)}"' if image.alt else ""
        relationship = self._relationship(part, name)
        return _DRAWING.format(cx=cx, cy=cy, id=self.fresh.number(), alt=alt, relationship=relationship)

    def _relationship(self, part: str, name: str) -> str:
        """The id under which a part knows a picture."""
        known = self.relationships.get(part)
        if known is None:
            known = self.relationships[part] = {}
            taken = {relationship.id for relationship in self.host.package.relationships(part)}
            self._fresh[part] = (id_ for n in count(1) if (id_ := f"rIdPicture{n}") not in taken)
        if name not in known:
            known[name] = next(self._fresh[part])
        return known[name]

    def members(self) -> list[Member]:
        """What the package needs beside the rendered parts: new members, and some for the places of old ones."""
        if not self.media:
            return []
        out = [store(name, data) for data, name in self.media.items()]
        out.append(deflate(opc.CONTENT_TYPES, opc.serialise(self._content_types())))
        for part, related in self.relationships.items():
            where, root = self.host.package.rels(part)
            for name, id_ in related.items():
                opc.relate(root, part, name, opc.DOC_REL + "image", id_)
            out.append(deflate(where, opc.serialise(root)))
        return out

    def _content_types(self) -> etree._Element:
        """The content types with those of the pictures: by ending, or by name where the ending means another type."""
        from lxml import etree

        root = self.host.package.parse(opc.CONTENT_TYPES)
        endings = [(name, name.rpartition(".")[2]) for name in self.media.values()]
        stated = {ending: self.host.package.content_type("." + ending) for _, ending in endings}
        for at, ending in enumerate(ending for ending, kind in stated.items() if kind is None):
            attributes = {"Extension": ending, "ContentType": f"image/{ending}"}
            root.insert(at, root.makeelement(opc.TYPES + "Default", attributes))
        for name, ending in endings:
            if stated[ending] not in (None, f"image/{ending}"):
                attributes = {"PartName": f"/{name}", "ContentType": f"image/{ending}"}
                etree.SubElement(root, opc.TYPES + "Override", attributes)
        return root
