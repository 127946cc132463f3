"""Finds the tags of a template over its XML tree and puts a mark (a processing instruction) where each one stands.

Word cuts a tag into runs as it likes, so tags are looked for in the joined text of a paragraph. A `{%p %}` tag takes
the place of its paragraph, `{%tr %}` of its row, `{{ }}` of its letters; any other statement a run's place of its own.
What cannot be placed without losing something beside it is a problem with its place, never guessed.
"""

from __future__ import annotations

import re
from collections import Counter
from copy import deepcopy
from dataclasses import dataclass, replace
from itertools import accumulate

from lxml import etree

from planforge.errors import DocumentPlace, Problem, Words
from planforge.syntax import DialectFaults, Tag, meant_keyword, split
from planforge.wml import NAMESPACE, XML_SPACE, w

__all__ = ["MARK", "MAX_ELEMENTS", "MAX_LETTERS", "MAX_TAGS", "Finder", "Located", "bound_names", "index_of", "mark"]

MARK = "pf"
MAX_TAGS = 5_000
MAX_LETTERS = 400_000
"""Letters in all tags of a part."""
MAX_ELEMENTS = 1_000_000
"""XML elements in a part with tags."""

_P, _R, _T, _PPR, _RPR, _TBL, _TR, _TC = (w(n) for n in ("p", "r", "t", "pPr", "rPr", "tbl", "tr", "tc"))
_INSTRUCTION = w("instrText")
_FORMULA = "{http://schemas.openxmlformats.org/officeDocument/2006/math}t"
_QUIET = frozenset(
    w(n) for n in ("proofErr", "lastRenderedPageBreak", "rPr", "trPr", "tcPr", "tblPrEx", "smartTagPr", "softHyphen")
)
_SEE_THROUGH = frozenset(w(n) for n in ("p", "r", "t", "tc", "ins", "moveTo", "smartTag"))
"""What may wrap a tag and goes with it: revisions and smart tags that hold nothing else."""
_W14 = "{http://schemas.microsoft.com/office/word/2010/wordml}"
_REPEATING = (f"{{{NAMESPACE}}}rsid", f"{_W14}paraId", f"{_W14}textId")
"""Attributes that must be unique or only say who saved when: a loop would repeat them."""
_NEEDLES = ("{{", "{%", "{#")
_BLOCK_TAG = re.compile(r"\{%(?:p|tr|tc|r)?\s*(\w+(?:\s+\w+)?)")
_BINDING = re.compile(r"\{%(?:p|tr|tc|r)?\s*(?:for|set)\s+(\w+)")


@dataclass(frozen=True, slots=True)
class Located:
    """A tag and where it stands; `level` is what it takes the place of: text, run, paragraph or row.

    `{{r }}` and `{{p }}` are a `run output` and a `paragraph output`; `like` is the run or paragraph they stood in.
    """

    tag: Tag
    place: DocumentPlace
    level: str
    like: etree._Element | None = None


def mark(index: int) -> etree._ProcessingInstruction:
    """The mark of the tag (or of the compiler's own operation) with this index."""
    return etree.ProcessingInstruction(MARK, str(index))


def bound_names(source: str) -> set[str]:
    """The names that the `for` and `set` tags in a text seem to bind."""
    return set(_BINDING.findall(source))


def index_of(element: etree._Element) -> int | None:
    """The index that a mark holds; None for an element that is no mark."""
    if element.tag is etree.ProcessingInstruction:  # type: ignore[comparison-overlap]
        return int(element.text or "")
    return None


class Finder:
    """One pass over a part: fills `found` and `problems`, and changes the tree.

    Tags that could not be placed leave their keywords in `lost` and the names they bind in `lost_names`, so that what
    belongs to them is not blamed again.
    """

    def __init__(self, part: str, file: str | None) -> None:
        self.place = DocumentPlace(file=file, part=part)
        self.found: list[Located] = []
        self.problems: list[Problem] = []
        self.lost: Counter[str] = Counter()
        self.lost_names: set[str] = set()
        self.tables = 0
        self.is_ready = False
        """Whether the tags keep the limits."""

    def scan(self, root: etree._Element) -> None:
        """Marks every tag under a part's root."""
        count = _clean(root)
        if count > MAX_ELEMENTS:
            what = Words("нэг хэсгийн XML элементийн тоо", "the number of XML elements of a part")
            self.problems.append(Problem("PF258", self.place, {"what": what, "limit": f"{MAX_ELEMENTS:,}"}))
            return
        self.container(root, self.place, [0])
        letters = sum(len(located.tag.source) for located in self.found)
        if len(self.found) > MAX_TAGS:
            self.problems.append(Problem("PF226", self.place, {"count": len(self.found), "limit": MAX_TAGS}))
        elif letters > MAX_LETTERS:
            self.problems.append(Problem("PF233", self.place, {"count": letters, "limit": f"{MAX_LETTERS:,}"}))
        else:
            self.is_ready = True

    def refuse(self, code: str, place: DocumentPlace, text: str, **args: object) -> None:
        """A problem of a text whose tags are not placed."""
        self.problems.append(Problem(code, place, args))
        self.lose(text)

    def lose(self, text: str) -> None:
        self.lost.update(meant_keyword(words) for words in _BLOCK_TAG.findall(text))
        self.lost_names |= bound_names(text)

    def container(self, parent: etree._Element, place: DocumentPlace, count: list[int]) -> None:
        """Goes through block-level children; `count` numbers the paragraphs of the part or cell."""
        for child in list(parent):
            if child.tag == _P:
                count[0] += 1
                if any("{" in (t.text or "") for t in child.iter(_T, _INSTRUCTION, _FORMULA)):
                    self.paragraph(child, replace(place, paragraph=count[0]))
            elif child.tag == _TBL:
                self.table(child, place)
            elif isinstance(child.tag, str) and len(child):
                self.container(child, place, count)

    def table(self, table: etree._Element, place: DocumentPlace) -> None:
        self.tables += 1
        number = self.tables
        rows = [row for row in table.iter(_TR) if next(row.iterancestors(_TBL)) is table]
        for row_number, row in enumerate(rows, 1):
            here = replace(place, table=number, row=row_number, cell=None, paragraph=None)
            if self.row_tag(row, here):
                continue
            cells = [c for c in row.iter(_TC) if next(c.iterancestors(_TR)) is row]
            for cell_number, cell in enumerate(cells, 1):
                self.container(cell, replace(here, cell=cell_number), [0])

    def row_tag(self, row: etree._Element, place: DocumentPlace) -> bool:
        """Whether the row is one `{%tr %}` tag, which then takes its place; a row with more in it is a problem."""
        joined = "".join(t.text or "" for t in row.iter(_T) if next(t.iterancestors(_TR)) is row)
        if "{%tr" not in joined and "{#tr" not in joined:
            return False
        try:
            tags = [t for t in split(joined) if isinstance(t, Tag) and t.prefix == "tr"]
        except DialectFaults:
            return False  # the cells report it with their own places
        if not tags:
            return False
        tag = tags[0]
        here = replace(place, quote=tag.source)
        rest = joined.replace(tag.source, "", 1).strip() or _beside(row)
        if rest:
            self.refuse("PF217", here, joined, tag=tag.source, rest=rest[:60])
        else:
            self.put(row, Located(tag, here, "row"))
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
        atoms = [t for t in paragraph.iter(_T) if not inner or next(t.iterancestors(_P)) is paragraph]
        hidden = [(w("txbxContent"), list(box.iter(_T))) for box in inner]
        hidden += [(tag, list(paragraph.iter(tag))) for tag in (_INSTRUCTION, _FORMULA)]
        hidden.append((_T, [t for t in atoms if t.getparent().tag != _R]))  # type: ignore[union-attr]
        for tag, elements in hidden:
            text = "".join(e.text or "" for e in elements)
            if any(needle in text for needle in _NEEDLES):
                name = f"{'m' if tag == _FORMULA else 'w'}:{etree.QName(tag).localname}"
                self.refuse("PF219", place, "".join(t.text or "" for t in paragraph.iter(_T)), what=name)
                return
        joined = "".join(t.text or "" for t in atoms)
        if not any(needle in joined for needle in _NEEDLES):
            return
        try:
            pieces = split(joined)
        except DialectFaults as faults:
            for fault in faults.faults:
                self.refuse(fault.code, replace(place, quote=joined[fault.offset :]), joined, **fault.args)
            return
        tags = [p for p in pieces if isinstance(p, Tag)]
        impossible = [tag for tag in tags if not self.possible(tag, replace(place, quote=tag.source))]
        if impossible:
            self.lose(joined)
        elif any(tag.prefix == "p" for tag in tags):
            self.paragraph_tag(paragraph, tags, joined, place)
        else:
            self.inline(atoms, pieces, place)

    def possible(self, tag: Tag, place: DocumentPlace) -> bool:
        """Whether this version knows the form of the tag; a problem (PF218) if not."""
        body = tag.body
        known = tag.prefix != "tc" and (tag.open == "{%" or (tag.prefix in ("", "p", "tr") and tag.open == "{#"))
        known = known or (tag.open == "{{" and tag.prefix in ("", "r", "p"))
        if not known or (tag.open != "{#" and (body.startswith("-") or body.endswith("-"))):
            self.problems.append(Problem("PF218", place, {"tag": tag.source}))
            return False
        if tag.prefix == "tr":
            self.problems.append(Problem("PF220", place, {"tag": tag.source}))
            return False
        return True

    def paragraph_tag(self, paragraph: etree._Element, tags: list[Tag], joined: str, place: DocumentPlace) -> None:
        tag = next(t for t in tags if t.prefix == "p")
        rest = joined.replace(tag.source, "", 1).strip() or _beside(paragraph)
        here = replace(place, quote=tag.source)
        if rest:
            self.refuse("PF217", here, joined, tag=tag.source, rest=rest[:60])
        else:
            is_output = tag.open == "{{"
            level = "paragraph output" if is_output else "paragraph"
            self.put(paragraph, Located(tag, here, level, paragraph if is_output else None))

    # -- tags inside a paragraph

    def inline(self, atoms: list[etree._Element], pieces: list[str | Tag], place: DocumentPlace) -> None:
        """Replaces the letters of each tag by its mark in the run where it begins."""
        contents: list[list[str | int]] = [[] for _ in atoms]
        ends = list(accumulate(len(atom.text or "") for atom in atoms))
        current = 0
        at = 0
        for piece in pieces:
            source = piece if isinstance(piece, str) else piece.source
            stop = at + len(source)
            while ends[current] <= at:
                current += 1
            begin = current
            while ends[current] < stop:
                current += 1
            if isinstance(piece, str):
                for i in range(begin, current + 1):
                    start = max(ends[i] - len(atoms[i].text or ""), at)
                    contents[i].append(piece[start - at : ends[i] - at])
            else:
                here = replace(place, quote=piece.source)
                between = _between(atoms[begin], atoms[current])
                if between is not None:
                    self.problems.append(Problem("PF221", here, {"tag": piece.source, "what": between}))
                contents[begin].append(len(self.found))
                if piece.open == "{{" and piece.prefix == "r":
                    self.found.append(Located(piece, here, "run output", atoms[begin].getparent()))
                else:
                    self.found.append(Located(piece, here, "text" if piece.open == "{{" else "run"))
            at = stop
        for atom, content in zip(atoms, contents, strict=True):
            if any(isinstance(c, int) for c in content) or "".join(map(str, content)) != (atom.text or ""):
                self.rewrite(atom, content)

    def rewrite(self, atom: etree._Element, content: list[str | int]) -> None:
        """Gives a `w:t` its new content; a statement in it splits the run in two."""
        groups: list[list[str | int]] = [[]]
        marks: list[int] = []
        for piece in content:
            if isinstance(piece, int) and self.found[piece].level != "text":
                groups.append([])
                marks.append(piece)
            elif piece != "":
                groups[-1].append(piece)
        if not marks:
            _fill(atom, content)
            return
        run = atom.getparent()
        assert run is not None
        properties = run.find(_RPR)
        # What stood in the run before the text stays in its first part; the run itself keeps what stands after it.
        for at, group in enumerate(groups):
            if at:
                run.addprevious(mark(marks[at - 1]))
            if at == len(groups) - 1:
                _fill(atom, group)
                continue
            before = [c for c in atom.itersiblings(preceding=True) if c.tag != _RPR][::-1] if at == 0 else []
            if not before and not group:
                continue
            part = etree.Element(_R)
            if properties is not None:
                part.append(deepcopy(properties))
            part.extend(before)
            if group:
                _fill(etree.SubElement(part, _T), group)
            run.addprevious(part)
        if not groups[-1]:
            run.remove(atom)
            if all(c.tag == _RPR for c in run):
                _cut(run)


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


def _clean(root: etree._Element) -> int:
    """Takes out what means nothing and would be in the way; gives the number of elements.

    That is: instructions and comments (marks are instructions), space between elements, revision marks and ids that
    loops would repeat, and Word's own bookmark of where the cursor was.
    """
    for element in list(root.iter(etree.ProcessingInstruction, etree.Comment)):
        _cut(element)
    count = 0
    cursors = {b.get(w("id")) for b in root.iter(w("bookmarkStart")) if b.get(w("name")) == "_GoBack"}
    for element in list(root.iter(w("bookmarkStart"), w("bookmarkEnd"))) if cursors else ():
        if element.get(w("id")) in cursors:
            _cut(element)
    for element in root.iter(etree.Element):
        count += 1
        if element.tail and not element.tail.strip():
            element.tail = None
        if len(element) and element.text and not element.text.strip():
            element.text = None
        for name in element.attrib:
            if str(name).startswith(_REPEATING):
                del element.attrib[name]
    return count


def _beside(element: etree._Element) -> str:
    """What a paragraph or row holds besides its tag that would be lost with it: a picture, a break, a section's end."""
    for child in element:
        if child.tag == _PPR:
            if child.find(w("sectPr")) is not None:
                return "sectPr"
        elif child.tag in _SEE_THROUGH:
            inner = _beside(child)
            if inner:
                return inner
        elif child.tag not in _QUIET:
            return etree.QName(child).localname
    return ""


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
