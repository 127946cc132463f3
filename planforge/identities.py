"""Ids and names of what loops repeat: each of its own in the whole document.

A bookmark, a drawing, a tracked change, … has an id that may stand in a document once (ECMA-376 part 1, 17.13 and
20.4.2.5). What stands outside loops keeps it; what a loop repeats gets a fresh number each time. A bookmark keeps its
name the first time and is `name_2`, `name_3`, … then; links and references to it from the same body of the loop follow.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from planforge.opc import Package
from planforge.repetition import Emitter, Node, Numbers, repeated
from planforge.text import as_attribute
from planforge.wml import ENDS, VML, W14, WP, names, w

if TYPE_CHECKING:
    from lxml import etree

__all__ = ["REVISIONS", "TAGS", "Fresh", "Identities", "renew"]

_WP14 = "{http://schemas.microsoft.com/office/word/2010/wordprocessingDrawing}"
_SPID = "{urn:schemas-microsoft-com:office:office}spid"

_ID, _NAME, _ANCHOR, _INSTRUCTION = names("id name anchor instr")
_LINK, _SIMPLE_FIELD, _FIELD, _FORM_FIELD, _CONTROL = _OTHERS = names("hyperlink fldSimple instrText ffData sdt")
_DRAWING = f"{WP}docPr"
_SHAPES = frozenset(
    VML + n for n in ("shape", "group", "rect", "roundrect", "oval", "line", "polyline", "curve", "arc", "image")
)
REVISIONS = frozenset(
    names(
        """ins del moveFrom moveTo cellIns cellDel cellMerge numberingChange pPrChange rPrChange sectPrChange
        tblGridChange tblPrChange tblPrExChange tcPrChange trPrChange"""
    )
)
_ENDS = {end: start for end, start in ENDS.items() if start != w("commentRangeStart")}
"""Without those of comments, which loops do not repeat."""
_STARTS = frozenset(_ENDS.values())
_NAMED = {w("bookmarkStart"): "bookmark", w("moveFromRangeStart"): "move", w("moveToRangeStart"): "move"}
"""What has a name besides its id; the two ends of a move have the same one (17.13.5.24)."""

_FREE = {f"{W14}paraId", f"{W14}textId", f"{W14}anchorId", f"{_WP14}anchorId", f"{_WP14}editId"}
"""Ids that nothing refers to inside a loop, and that Word gives anew."""
_CARRIERS = frozenset({w("p"), w("tr"), w("pict"), f"{WP}inline", f"{WP}anchor"})
TAGS = _CARRIERS | _SHAPES | REVISIONS | _STARTS | {*_ENDS, _DRAWING, *_OTHERS}
"""What has an id, or refers to one."""

_REFERENCE = re.compile(r'\s*(?:(?:REF|PAGEREF|NOTEREF)\s+"?|HYPERLINK\s+\\l\s+"?)(\w+)', re.IGNORECASE)
"""The instruction of a field that names a bookmark (17.16.5)."""
_SHAPE_NUMBER = re.compile(r"_x0000_\w([0-9]{1,10})", re.ASCII)
_NUMBER = re.compile(r"-?[0-9]{1,10}", re.ASCII)
_STYLES = "styles+xml"
"""The type of the part that has no ids but those of tracked changes, and is the largest of many templates."""
_STEM = 32
"""Letters of a name that is longer than what is kept of it: names have at most 40 (17.13.6.2), numbers up to 7."""


# -- while a template compiles ------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Identities:
    """The numbers and the names (case folded) that the parts of a template use."""

    numbers: frozenset[int] = frozenset()
    names: frozenset[str] = frozenset()

    @classmethod
    def of(cls, package: Package) -> Identities:
        numbers: set[int] = set()
        names: set[str] = set()
        for part, data in package.parts.items():
            kind = package.content_type(part) or ""
            if "wordprocessingml" not in kind or not part.endswith(".xml"):
                continue
            if kind.endswith(_STYLES) and not any(mark in data for mark in (b":id=", b" id=", b"\0")):
                continue
            for element in package.parse(part).iter(*REVISIONS, *_STARTS, *_SHAPES, _DRAWING):
                numbers.update(_numbers(element))
                if element.tag in _NAMED:
                    names.add((element.get(_NAME) or "").casefold())
        return cls(frozenset(numbers), frozenset(names))


def _numbers(element: etree._Element) -> Iterator[int]:
    if element.tag in _SHAPES:
        for name in ("id", _SPID):
            if found := _SHAPE_NUMBER.fullmatch(element.get(name) or ""):
                yield int(found[1])
        return
    id_ = element.get("id" if element.tag == _DRAWING else _ID) or ""
    if _NUMBER.fullmatch(id_):
        yield int(id_)


def renew(nodes: Iterable[Node], emitter: Emitter) -> None:
    """Gives what loops repeat ids of its own, and leads references in a loop's body to the names of that turn."""
    elements = list(repeated(nodes))
    names: dict[tuple[int, str, str], str] = {}
    for element, loops in elements:
        kind = _NAMED.get(element.tag, "")
        key = (loops[-1], kind, (element.get(_NAME) or "").casefold())
        if kind and key[2] and key not in names:
            variable = f"name_{len(names)}"
            names[key] = f"({variable} := {variable} or R.fresh.name({element.get(_NAME)!r}))"
            emitter.each(loops[-1], f"{variable} = None")
    started: dict[tuple[str, str | None], str] = {}
    count = 0
    for element, loops in elements:
        tag = element.tag
        if tag in _CARRIERS:
            for name in _FREE.intersection(map(str, element.attrib)):
                del element.attrib[name]
        elif tag in _STARTS:
            count += 1
            started[tag, element.get(_ID)] = f"id_{count}"
            element.set(_ID, emitter.inscribe(f"(id_{count} := R.fresh.number())"))
            own = names.get((loops[-1], _NAMED.get(tag, ""), (element.get(_NAME) or "").casefold()))
            if own:
                element.set(_NAME, emitter.inscribe(own))
        elif tag in _ENDS:
            element.set(_ID, emitter.inscribe(started[_ENDS[tag], element.get(_ID)]))
        elif tag in _SHAPES:
            held = [name for name in ("id", _SPID) if element.get(name) is not None]
            count += len(held)
            for name in held:  # the drawing layer knows the shape by the second one, which may equal the first
                element.set(name, emitter.inscribe(f"id_{count}"))
            if held:
                emitter.each(loops[-1], f"id_{count} = '_x0000_s' + R.fresh.number()")
        elif tag == _CONTROL:
            for id_ in element.findall(f"{w('sdtPr')}/{_ID}"):  # Word gives it a new one
                id_.getparent().remove(id_)  # type: ignore[union-attr]
        elif tag in REVISIONS or tag == _DRAWING:
            count += 1
            element.set("id" if tag == _DRAWING else _ID, emitter.inscribe("R.fresh.number()"))
        else:
            _follow(element, loops, names, emitter)


def _follow(
    element: etree._Element, loops: tuple[int, ...], names: dict[tuple[int, str, str], str], emitter: Emitter
) -> None:
    """Leads a link, a field or a form field to the bookmark of the same body; others stay with the first one."""

    def led(name: str) -> str:
        code = next((c for loop in reversed(loops) if (c := names.get((loop, "bookmark", name.casefold())))), None)
        return emitter.inscribe(code) if code else name

    def instruction(text: str) -> str:
        found = _REFERENCE.match(text)
        return f"{text[: found.start(1)]}{led(found[1])}{text[found.end(1) :]}" if found else text

    if element.tag == _FIELD:
        element.text = instruction(element.text or "")
        return
    holder = element.find(_NAME) if element.tag == _FORM_FIELD else element
    attribute = {_LINK: _ANCHOR, _SIMPLE_FIELD: _INSTRUCTION, _FORM_FIELD: w("val")}[str(element.tag)]
    value = None if holder is None else holder.get(attribute)
    if holder is not None and value:
        holder.set(attribute, instruction(value) if element.tag == _SIMPLE_FIELD else led(value))


# -- while a document renders ---------------------------------------------------------------------------------------


class Fresh:
    """The numbers and names that one document gives out; `known` tells, once it is asked, what its template has."""

    def __init__(self, known: Callable[[], Identities]) -> None:
        self.known = known
        self.given: set[str] = set()
        self.counts: dict[str, int] = {}

    @cached_property
    def numbers(self) -> Numbers:
        return Numbers(self.known().numbers)

    def number(self) -> str:
        return str(self.numbers.fresh())

    def name(self, name: str) -> str:
        """The name the first time, then with the next number that makes it unlike any other, as an attribute's value.

        Word tells names apart by their letters, whatever the case.
        """
        stem = name if len(name) <= _STEM else name[:_STEM]
        if name.casefold() in self.given:
            count = self.counts.get(stem.casefold(), 1)
            while True:
                count += 1
                name = f"{stem}_{count}"
                if name.casefold() not in self.known().names and name.casefold() not in self.given:
                    break
            self.counts[stem.casefold()] = count
        self.given.add(name.casefold())
        return as_attribute(name)
