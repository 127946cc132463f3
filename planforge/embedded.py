"""The data that a document carries: a custom XML part beside the visible text.

The part holds the model as JSON and a digest of the parts that were rendered, so that a reader knows whether the
visible text is still what planforge wrote; embedded data never outrank it. (ECMA-376 part 1, 15.2.5 and 15.2.6: custom
XML data storage and its properties.)
"""

from __future__ import annotations

import hashlib
import itertools
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache

from planforge.anchors import remove as without_anchors
from planforge.model import Plan, Report
from planforge.opc import DOC_REL, Package, parse_xml
from planforge.text import as_attribute

__all__ = ["NAMESPACE", "Digest", "Payload", "digest", "find", "part_name", "payload", "remove", "room"]

NAMESPACE = "urn:planforge:data:1"
_MAX_NODE = 1_000_000
"""Letters in one text node: libxml2 reads ten million bytes."""
_STORE = b"""<?xml version="1.0" encoding="UTF-8" standalone="yes"?>
<ds:datastoreItem ds:itemID="{8F0B6F0E-5C0B-4E64-9C0D-706C616E6601}" \
xmlns:ds="http://schemas.openxmlformats.org/officeDocument/2006/customXml"><ds:schemaRefs>\
<ds:schemaRef ds:uri="urn:planforge:data:1"/></ds:schemaRefs></ds:datastoreItem>"""


@dataclass(frozen=True, slots=True)
class Payload:
    """What a document carries: kind and format version of the data, the data, the digest of what was written."""

    kind: str
    version: str
    json: str
    parts: tuple[str, ...]
    digest: str
    anchors: str
    """What stands behind the anchors, as JSON (`planforge.anchors.as_json`)."""


class Digest:
    """SHA-256 over parts, given in the order of their names: what the rendered text was."""

    def __init__(self) -> None:
        self._hash = hashlib.sha256()

    def through(self, name: str, size: int, chunks: Iterable[bytes]) -> Iterator[bytes]:
        """The chunks of a part of this size in bytes, each counted in as it passes."""
        self._hash.update(f"{name}\0{size}\0".encode())
        for chunk in chunks:
            self._hash.update(chunk)
            yield chunk

    def hexdigest(self) -> str:
        return self._hash.hexdigest()


def digest(parts: Mapping[str, bytes]) -> str:
    """The digest of whole parts."""
    found = Digest()
    for name in sorted(parts):
        for _ in found.through(name, len(parts[name]), [parts[name]]):
            pass
    return found.hexdigest()


def room(package: Package) -> dict[str, str]:
    """The parts that a package gets or changes to have room for data, the one that will hold them first.

    An empty part, its properties, types and relationships.
    """
    stems = (f"customXml/planforge{n or ''}" for n in itertools.count())
    taken = {name.lower() for name in package.parts}
    stem = next(s for s in stems if not {f"{s}.xml".lower(), f"{s}Props.xml".lower()} & taken)
    item = f"{stem}.xml"
    out = package.add(item, b"<planforge/>", "application/xml", DOC_REL + "customXml")
    out = out.add(
        f"{stem}Props.xml",
        _STORE,
        "application/vnd.openxmlformats-officedocument.customXmlProperties+xml",
        DOC_REL + "customXmlProps",
        item,
    )
    changed = {name: data.decode() for name, data in out.parts.items() if package.parts.get(name) != data}
    return {item: changed.pop(item), **changed}


def part_name(package: Package) -> str | None:
    """The name of the part that holds the data, whatever it is now; None if there is none."""
    for name, data in package.parts.items():
        if name.startswith("customXml/") and not name.endswith(".rels") and NAMESPACE.encode() in data:
            root = parse_xml(data, file=package.file, part=name)
            if root.tag == f"{{{NAMESPACE}}}planforge":
                return name
    return None


def payload(subject: Plan | Report, parts: Iterable[str], digest: str, template: str, anchors: str) -> bytes:
    """The content of the part: the data, the names and the digest of the rendered parts, the template's digest.

    `anchors` as `planforge.anchors.as_json` gives them.
    """
    kind = "report" if isinstance(subject, Report) else "plan"
    names = as_attribute(" ".join(sorted(parts)))
    head = (
        '<?xml version="1.0" encoding="UTF-8"?>\n'
        f'<planforge xmlns="{NAMESPACE}" kind="{kind}" version="1" template="{template}" parts="{names}" '
        f'digest="{digest}" anchors="{_known_attribute(anchors)}">'
    )
    json = subject.model_dump_json(exclude_defaults=True)
    nodes = b"<more/>".join(_escaped(json[at : at + _MAX_NODE]) for at in range(0, len(json), _MAX_NODE))
    return b"".join((head.encode(), nodes, b"</planforge>"))


_known_attribute = lru_cache(as_attribute)  # a template's anchors are the same in all its documents


def _escaped(value: str) -> bytes:
    """A text as XML in UTF-8: the signs are sought in bytes, which is many times faster than in Cyrillic text."""
    return value.encode().replace(b"&", b"&amp;").replace(b"<", b"&lt;").replace(b">", b"&gt;")


def find(package: Package) -> Payload | None:
    """The data that a document carries; None if it carries none."""
    name = part_name(package)
    if name is None:
        return None
    root = parse_xml(package.parts[name], file=package.file, part=name)
    get = root.get
    return Payload(
        get("kind", ""),
        get("version", ""),
        "".join(str(t) for t in root.itertext()),
        tuple(get("parts", "").split()),
        get("digest", ""),
        get("anchors", ""),
    )


def remove(package: Package) -> Package:
    """The package without the data it carries: the part, its properties, what points to them, and the anchors."""
    anchored = (name for name, data in package.parts.items() if name.endswith(".xml") and b'"_pf' in data)
    out = package.replace({name: without_anchors(package.parts[name]) for name in anchored})
    for name, data in package.parts.items():
        if not name.startswith("customXml/") or name.endswith(".rels") or NAMESPACE.encode() not in data:
            continue
        for relation in out.relationships(name):
            if relation.part in out.parts:
                out = out.remove(str(relation.part))
        if name in out.parts:
            out = out.remove(name)
    return out
