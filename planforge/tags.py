"""Finds the tags of a template over its XML tree and puts a mark (a processing instruction) where each one stands.

Word cuts a tag into runs as it likes, so tags are looked for in the joined text of a paragraph. A `{%p %}` tag takes
the place of its paragraph, `{%tr %}` of its row, `{{ }}` of its letters; any other statement a run's place of its own.
What cannot be placed without losing something beside it is a problem with its place, never guessed.
"""

from __future__ import annotations

from collections.abc import Iterator
from copy import deepcopy
from dataclasses import dataclass, replace

from lxml import etree

from planforge.dialect import DialectFaults, Tag, split
from planforge.errors import DocumentPlace, Problem
from planforge.wml import NAMESPACE, XML_SPACE, w

__all__ = ["MARK", "MAX_TAGS", "Finder", "Located", "index_of", "mark"]

MARK = "pf"
MAX_TAGS = 5_000

_P, _R, _T, _RPR, _TBL, _TR, _TC = (w(n) for n in ("p", "r", "t", "rPr", "tbl", "tr", "tc"))
_QUIET = frozenset(w(n) for n in ("proofErr", "lastRenderedPageBreak", "rPr", "pPr", "softHyphen"))
_W14 = "{http://schemas.microsoft.com/office/word/2010/wordml}"
_NEEDLES = ("{{", "{%", "{#")


@dataclass(frozen=True, slots=True)
class Located:
    """A tag and where it stands; `level` is what it takes the place of: text, run, paragraph or row."""

    tag: Tag
    place: DocumentPlace
    level: str


def mark(index: int) -> etree._ProcessingInstruction:
    """The mark of the tag (or of the compiler's own operation) with this index."""
    return etree.ProcessingInstruction(MARK, str(index))


def index_of(element: etree._Element) -> int | None:
    """The index that a mark holds; None for an element that is no mark."""
    if element.tag is etree.ProcessingInstruction:  # type: ignore[comparison-overlap]
        return int(element.text or "")
    return None


class Finder:
    """One pass over a part: fills `found` and `problems`, and changes the tree."""

    def __init__(self, part: str, file: str | None) -> None:
        self.place = DocumentPlace(file=file, part=part)
        self.found: list[Located] = []
        self.problems: list[Problem] = []
        self.tables = 0

    def scan(self, root: etree._Element) -> None:
        """Marks every tag under a part's root."""
        for instruction in list(root.iter(etree.ProcessingInstruction)):
            _cut(instruction)
        for element in root.iter(etree.Element):
            for name in [n for n in element.attrib if str(n).startswith(f"{{{NAMESPACE}}}rsid")]:
                del element.attrib[name]  # revision marks: noise that would repeat in loops
            for name in (_W14 + "paraId", _W14 + "textId"):
                if name in element.attrib:  # must be unique; a loop would repeat them
                    del element.attrib[name]
        self.container(root, self.place, [0])
        if len(self.found) > MAX_TAGS:
            self.problems.append(Problem("PF226", self.place, {"count": len(self.found), "limit": MAX_TAGS}))

    def container(self, parent: etree._Element, place: DocumentPlace, count: list[int]) -> None:
        """Goes through block-level children; `count` numbers the paragraphs of the part or cell."""
        for child in list(parent):
            if child.tag == _P:
                count[0] += 1
                self.paragraph(child, replace(place, paragraph=count[0]))
            elif child.tag == _TBL:
                self.table(child, place)
            elif isinstance(child.tag, str) and len(child):
                self.container(child, place, count)

    def table(self, table: etree._Element, place: DocumentPlace) -> None:
        self.tables += 1
        number = self.tables
        row_number = 0
        for row in list(table.iter(_TR)):
            if next(row.iterancestors(_TBL)) is not table:
                continue
            row_number += 1
            here = replace(place, table=number, row=row_number, cell=None, paragraph=None)
            if self.row_tag(row, here):
                continue
            cells = (c for c in row.iter(_TC) if next(c.iterancestors(_TR)) is row)
            for cell_number, cell in enumerate(list(cells), 1):
                self.container(cell, replace(here, cell=cell_number), [0])

    def row_tag(self, row: etree._Element, place: DocumentPlace) -> bool:
        """Whether the row is one `{%tr %}` tag, which then takes its place; a row with more in it is a problem."""
        joined = "".join(t.text or "" for t in row.iter(_T))
        if "{%tr" not in joined and "{#tr" not in joined:
            return False
        try:
            tags = [t for t in split(joined) if isinstance(t, Tag) and t.prefix == "tr"]
        except DialectFaults:
            return False  # the cells report it with their own places
        if not tags:
            return False
        if len(tags) == 1 and joined.strip() == tags[0].source:
            self.put(row, Located(tags[0], replace(place, quote=tags[0].source), "row"))
        else:
            rest = joined.replace(tags[0].source, "", 1).strip()
            self.problems.append(
                Problem("PF217", replace(place, quote=tags[0].source), {"tag": tags[0].source, "rest": rest[:60]})
            )
        return True

    def put(self, element: etree._Element, located: Located) -> None:
        """Puts the mark of a tag in the place of an element."""
        parent = element.getparent()
        assert parent is not None
        instruction = mark(len(self.found))
        instruction.tail = element.tail
        parent.replace(element, instruction)
        self.found.append(located)

    # -- paragraphs

    def paragraph(self, paragraph: etree._Element, place: DocumentPlace) -> None:
        inner = [p for p in paragraph.iter(_P) if p is not paragraph]
        for box in inner:
            if any(needle in "".join(t.text or "" for t in box.iter(_T)) for needle in _NEEDLES):
                self.problems.append(Problem("PF219", place, {"what": "w:txbxContent"}))
                return
        atoms = [t for t in paragraph.iter(_T) if not inner or next(t.iterancestors(_P)) is paragraph]
        joined = "".join(t.text or "" for t in atoms)
        if not any(needle in joined for needle in _NEEDLES):
            return
        try:
            pieces = split(joined)
        except DialectFaults as faults:
            self.problems += [Problem(f.code, replace(place, quote=joined[f.offset :]), f.args) for f in faults.faults]
            return
        tags = [p for p in pieces if isinstance(p, Tag)]
        impossible = [tag for tag in tags if not self.possible(tag, replace(place, quote=tag.source))]
        if impossible:
            return
        if any(tag.prefix == "p" for tag in tags):
            self.paragraph_tag(paragraph, tags, joined, place)
            return
        self.inline(atoms, pieces, place)

    def possible(self, tag: Tag, place: DocumentPlace) -> bool:
        """Whether this version knows the form of the tag; a problem (PF218) if not."""
        body = tag.body
        known = tag.prefix != "tc" and (tag.open == "{%" or (tag.prefix in ("", "p", "tr") and tag.open == "{#"))
        known = known or (tag.open == "{{" and not tag.prefix)
        if not known or body.startswith("-") or body.endswith("-"):
            self.problems.append(Problem("PF218", place, {"tag": tag.source}))
            return False
        if tag.prefix == "tr":
            self.problems.append(Problem("PF220", place, {"tag": tag.source}))
            return False
        return True

    def paragraph_tag(self, paragraph: etree._Element, tags: list[Tag], joined: str, place: DocumentPlace) -> None:
        tag = next(t for t in tags if t.prefix == "p")
        rest = joined.replace(tag.source, "", 1).strip()
        if not rest:
            rest = next((etree.QName(e).localname for e in _beside(paragraph)), "")
        here = replace(place, quote=tag.source)
        if rest:
            self.problems.append(Problem("PF217", here, {"tag": tag.source, "rest": rest[:60]}))
        else:
            self.put(paragraph, Located(tag, here, "paragraph"))

    # -- tags inside a paragraph

    def inline(self, atoms: list[etree._Element], pieces: list[str | Tag], place: DocumentPlace) -> None:
        """Replaces the letters of each tag by its mark in the run where it begins."""
        contents: list[list[str | int]] = [[] for _ in atoms]
        bounds = []
        at = 0
        for atom in atoms:
            bounds.append((at, at + len(atom.text or "")))
            at = bounds[-1][1]
        at = 0
        for piece in pieces:
            length = len(piece) if isinstance(piece, str) else len(piece.source)
            touched = [i for i, (start, end) in enumerate(bounds) if start < at + length and end > at]
            if isinstance(piece, str):
                for i in touched:
                    start, end = bounds[i]
                    contents[i].append(piece[max(start, at) - at : min(end, at + length) - at])
            else:
                here = replace(place, quote=piece.source)
                between = _between(atoms[touched[0]], atoms[touched[-1]])
                if between is not None:
                    self.problems.append(Problem("PF221", here, {"tag": piece.source, "what": between}))
                contents[touched[0]].append(len(self.found))
                self.found.append(Located(piece, here, "text" if piece.open == "{{" else "run"))
            at += length
        for atom, content in zip(atoms, contents, strict=True):
            if any(isinstance(c, int) for c in content) or "".join(map(str, content)) != (atom.text or ""):
                self.rewrite(atom, content)

    def rewrite(self, atom: etree._Element, content: list[str | int]) -> None:
        """Gives a `w:t` its new content; a statement in it splits the run in two."""
        run = atom.getparent()
        assert run is not None
        if not any(isinstance(c, int) and self.found[c].level == "run" for c in content):
            _fill(atom, content)
            return
        parent = run.getparent()
        assert parent is not None
        properties = run.find(_RPR)
        before = [c for c in run if c.tag != _RPR and run.index(c) < run.index(atom)]
        after = [c for c in run if run.index(c) > run.index(atom)]
        groups: list[list[str | int]] = [[]]
        out: list[etree._Element] = []

        def new_run(extra: list[etree._Element], text: list[str | int], tail: list[etree._Element]) -> None:
            if not extra and not tail and not any(text):
                text = [c for c in text if c != ""]
                if not text:
                    return
            fresh = etree.Element(_R)
            if properties is not None:
                fresh.append(deepcopy(properties))
            fresh.extend(extra)
            if text:
                fill = etree.SubElement(fresh, _T)
                _fill(fill, text)
            fresh.extend(tail)
            out.append(fresh)

        marks: list[int] = []
        for piece in content:
            if isinstance(piece, int) and self.found[piece].level == "run":
                groups.append([])
                marks.append(piece)
            else:
                groups[-1].append(piece)
        for at, group in enumerate(groups):
            new_run(before if at == 0 else [], group, after if at == len(groups) - 1 else [])
            if at < len(marks):
                out.append(mark(marks[at]))
        where = parent.index(run)
        parent.remove(run)
        for offset, element in enumerate(out):
            parent.insert(where + offset, element)


def _fill(atom: etree._Element, content: list[str | int]) -> None:
    """Text and marks as the content of a `w:t`."""
    for child in list(atom):
        atom.remove(child)
    atom.text = ""
    atom.set(XML_SPACE, "preserve")
    last: etree._Element | None = None
    for piece in content:
        if isinstance(piece, int):
            last = mark(piece)
            atom.append(last)
        elif last is None:
            atom.text += piece
        else:
            last.tail = (last.tail or "") + piece


def _cut(element: etree._Element) -> None:
    """Takes an element out and leaves its tail where it was."""
    parent = element.getparent()
    if parent is None:
        return
    tail, before = element.tail, element.getprevious()
    if tail and before is not None:
        before.tail = (before.tail or "") + tail
    elif tail:
        parent.text = (parent.text or "") + tail
    element.tail = None
    parent.remove(element)


def _beside(paragraph: etree._Element) -> Iterator[etree._Element]:
    """What a paragraph holds besides its tag that would be lost with it: pictures, breaks, section ends, bookmarks."""
    for element in paragraph.iter(etree.Element):
        if element is paragraph or element.tag in (_R, _T) or element.tag in _QUIET:
            continue
        if any(a.tag in (w("pPr"), _RPR) for a in element.iterancestors()):
            if element.tag == w("sectPr"):
                yield element
            continue
        if element.tag in (w("bookmarkStart"), w("bookmarkEnd")) and _is_cursor(element, paragraph):
            continue
        yield element


def _is_cursor(element: etree._Element, paragraph: etree._Element) -> bool:
    """Word's own mark of where the cursor was; nobody misses it."""
    ids = {b.get(w("id")) for b in paragraph.iter(w("bookmarkStart")) if b.get(w("name")) == "_GoBack"}
    return element.get(w("id")) in ids


def _between(first: etree._Element, last: etree._Element) -> str | None:
    """What a tag that is cut into runs has inside it and would lose; None if it is only text."""
    if first is last:
        return None
    one, two = first.getparent(), last.getparent()
    assert one is not None
    assert two is not None
    if one.getparent() is not two.getparent():
        parent = two.getparent()
        return etree.QName(parent).localname if parent is not None else ""
    run: etree._Element | None = one
    while run is not None:
        if run.tag not in (_R, w("proofErr")):
            return etree.QName(run).localname
        inside = list(run)
        if run is one:
            inside = inside[inside.index(first) + 1 :]
        if run is two:
            inside = inside[: inside.index(last)]
        for child in inside:
            if child.tag not in _QUIET and child.tag != _T:
                return etree.QName(child).localname
        if run is two:
            return None
        run = run.getnext()
    return ""
