"""The data that a document carries: a custom XML part beside the visible text.

The part holds the model as JSON and a digest of the parts that were rendered, so that a reader knows whether the
visible text is still what planforge wrote; embedded data never outrank it. (ECMA-376 part 1, 15.2.5 and 15.2.6: custom
XML data storage and its properties.)
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from xml.sax.saxutils import escape, quoteattr

from planforge.model import Plan, Report
from planforge.opc import Package, parse_xml

__all__ = ["NAMESPACE", "Payload", "digest", "find", "part_name", "payload", "prepare", "remove"]

NAMESPACE = "urn:planforge:data:1"
_ITEM = "customXml/planforge.xml"
_PROPERTIES = "customXml/planforgeProps.xml"
_RELATION = "http://schemas.openxmlformats.org/officeDocument/2006/relationships/customXml"
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


def digest(parts: Mapping[str, bytes]) -> str:
    """SHA-256 over parts by name: what the rendered text was."""
    found = hashlib.sha256()
    for name in sorted(parts):
        found.update(f"{name}\0{len(parts[name])}\0".encode())
        found.update(parts[name])
    return found.hexdigest()


def prepare(package: Package) -> Package:
    """The package with a place for the data: an empty part, its properties, types and relationships."""
    out = package.add(_ITEM, b"<planforge/>", "application/xml", _RELATION)
    return out.add(
        _PROPERTIES,
        _STORE,
        "application/vnd.openxmlformats-officedocument.customXmlProperties+xml",
        "http://schemas.openxmlformats.org/officeDocument/2006/relationships/customXmlProps",
        _ITEM,
    )


def part_name(package: Package) -> str | None:
    """The name of the part that holds the data, if there is one."""
    return _ITEM if _ITEM in package.parts else None


def payload(subject: Plan | Report, parts: Mapping[str, bytes], template: str) -> bytes:
    """The content of the part."""
    kind = "report" if isinstance(subject, Report) else "plan"
    attributes = {
        "xmlns": NAMESPACE,
        "kind": kind,
        "version": "1",
        "template": template,
        "parts": " ".join(sorted(parts)),
        "digest": digest(parts),
    }
    head = "".join(f" {name}={quoteattr(value)}" for name, value in attributes.items())
    json = escape(subject.model_dump_json(exclude_defaults=True))
    return f'<?xml version="1.0" encoding="UTF-8"?>\n<planforge{head}>{json}</planforge>'.encode()


def find(package: Package) -> Payload | None:
    """The data that a document carries, under whatever name its part has now."""
    for name, data in package.parts.items():
        if name.startswith("customXml/") and NAMESPACE.encode() in data and not name.endswith(".rels"):
            root = parse_xml(data, file=package.file, part=name)
            if root.tag == f"{{{NAMESPACE}}}planforge":
                get = root.get
                return Payload(
                    get("kind", ""),
                    get("version", ""),
                    root.text or "",
                    tuple(get("parts", "").split()),
                    get("digest", ""),
                )
    return None


def remove(package: Package) -> Package:
    """The package without the data it carries: the part, its properties, and what points to them."""
    out = package
    for name, data in package.parts.items():
        if not name.startswith("customXml/") or name.endswith(".rels") or NAMESPACE.encode() not in data:
            continue
        for relation in out.relationships(name):
            if relation.part in out.parts:
                out = out.remove(str(relation.part))
        if name in out.parts:
            out = out.remove(name)
    return out
