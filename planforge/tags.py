"""Finds the tags of a template over its XML tree and puts a mark (a processing instruction) where each one stands.

Word cuts a tag into runs as it likes, so tags are looked for in the joined text of a paragraph, whatever wraps its
runs. A `{%p %}` tag takes the place of its paragraph, `{%tr %}` of its row, `{%tc %}` of its cell, `{{ }}` of its
letters; any other statement a run's place of its own. Bookmarks and comments that begin or end inside a tag stay.
What cannot be placed without losing something beside it is a problem with its place, never guessed.
"""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from copy import deepcopy
from dataclasses import dataclass, replace
from itertools import groupby
from typing import Any, TypeAlias
from urllib.parse import unquote

from lxml import etree

from planforge.errors import DocumentPlace, Problem, Words
from planforge.syntax import CLOSING, DialectFaults, Tag, meant_keyword, split
from planforge.text import quote
from planforge.wml import ENDS, NAMESPACE, XML_SPACE, W, names, owned, table_numbers, w

__all__ = [
    "FORMATTING_LIMIT",
    "MARK",
    "MAX_ELEMENTS",
    "MAX_FORMATTING",
    "MAX_LETTERS",
    "MAX_TAGS",
    "SIGN",
    "Finder",
    "Line",
    "Located",
    "bound_names",
    "hidden_tag",
    "index_of",
    "mark",
    "paragraphs_of",
    "sign_for",
]

MARK = "pf"
MAX_TAGS = 5_000
MAX_LETTERS = 400_000
"""Letters in all tags of a part."""
MAX_ELEMENTS = 1_000_000
"""XML elements in a part with tags."""
MAX_FORMATTING = 16 * 1024 * 1024
"""Letters of the formatting that tags need again: of runs that they cut, of what their values may be made of."""

_P, _R, _T, _PPR, _RPR, _TBL, _TR, _TC = names("p r t pPr rPr tbl tr tc")
_HYPHEN, _BOX, _FIELD, _CONTENT = names("noBreakHyphen txbxContent fldSimple sdtContent")
_QUIET = frozenset(
    names(
        "customXmlPr fldData lastRenderedPageBreak proofErr rPr sdtEndPr sdtPr smartTagPr softHyphen tblPrEx tcPr trPr"
    )
)
"""What says nothing by itself: properties, and what Word notes of the last time it looked."""
_LOOSE = frozenset(names("hyperlink ins moveTo smartTag"))
"""What wraps runs and goes when nothing is left in it."""
_SOLID = frozenset(names("bdo customXml dir sdt sdtContent fldSimple"))
"""What wraps runs and stays."""
_DELETED = frozenset(names("del moveFrom"))
_RANGES = frozenset({*ENDS, *ENDS.values()})
"""Ends of what reaches over other elements: they may stand anywhere."""
_COMMENT = w("commentReference")
_NOTES = frozenset(names("footnote endnote comment"))
_SAVED = f"{W}rsid"
"""Attributes that only say who saved when."""
_NEEDLES = ("{{", "{%", "{#")
_ESCAPE = re.compile(r"\{_[{%]|[}%]_\}")
_BLOCK_TAG = re.compile(r"\{%[-–—]?\s*(?:p|tr|tc|r)?\s*(\w+(?:\s+\w+)?)")
_BINDING = re.compile(r"\{%[-–—]?\s*(?:[pр]|tr|tc|r)?\s*(?:for|set)\s+(\w+(?:\s*,\s*\w+)*)")
_LEVELS = {"p": "paragraph", "tr": "row", "tc": "cell"}
_OWN_PLACE = {"tr": Words("мөрөнд", "row"), "tc": Words("нүдэнд", "cell")}
_ALTERNATIVE = ("alt", "descr", "title")
"""Attributes of a drawing that are read out in its place (20.4.2.5 and 20.2.2.3; 14.1.2.19 for VML)."""
_DRAWN = re.compile(r"\{(?:urn:schemas-microsoft-com:vml\}|[^}]*\}(?:docPr|cNvPr)$)")
MAX_QUOTE = 80
"""Letters that a problem quotes from where a tag stands that none can fill."""
FORMATTING_LIMIT = {
    "what": Words("нэг хэсэгт тагуудын давтах форматын хэмжээ", "the formatting that the tags of a part repeat"),
    "limit": f"{MAX_FORMATTING >> 20} MiB",
}
SIGN = "\U0010fffd"
"""A letter for private use; `sign_for` makes a sign unlike whatever the part holds of it."""

_ALT_WORDS = Words("зургийн тайлбар бичвэр", "an alternative text")
_PROPERTY_WORDS = Words("баримтын шинж чанар", "a document property")

_Pieces: TypeAlias = "list[str | int | etree._Element]"
"""Content of a run: text, indices of marks, ends of ranges."""


@dataclass(frozen=True, slots=True)
class Located:
    """A tag and where it stands; `level` is what it takes the place of.

    `text` (letters of a `w:t`), `plain` (letters of an attribute or property), `run` (a statement or comment among
    runs), `run output`, `paragraph`, `paragraph output`, `row` or `cell`; `like` is the run or paragraph that the tag
    of an output stood in.
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
    return {name.strip() for names in _BINDING.findall(source) for name in names.split(",")}


def sign_for(element: etree._Element) -> str:
    """What begins a sign in an attribute's value, which holds no marks: index and `SIGN` follow.

    A number of its own makes it unlike anything that the part may hold.
    """
    taken = set(re.findall(f"{SIGN}([0-9]+):", etree.tostring(element.getroottree(), encoding="unicode")))
    return f"{SIGN}{next(n for n in range(len(taken) + 1) if str(n) not in taken)}:"


def index_of(element: etree._Element) -> int | None:
    """The index that a mark holds; None for an element that is no mark."""
    if element.tag is etree.ProcessingInstruction:  # type: ignore[comparison-overlap]
        return int(element.text or "")
    return None


def paragraphs_of(container: etree._Element) -> Iterator[etree._Element]:
    """The paragraphs of a part or cell that places count, in their order: all but those in tables and text boxes."""
    for child in container:
        if child.tag == _P:
            yield child
        elif child.tag != _TBL and child.tag not in _RANGES and child.tag not in _QUIET and isinstance(child.tag, str):
            yield from paragraphs_of(child)


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
        self.attributes: defaultdict[etree._Element, list[int]] = defaultdict(list)
        """The tags in the attributes of an element."""
        self.sign = ""
        """What the mark of a tag in an attribute begins with; nothing where no attribute holds a tag."""
        self.has_escapes = False
        self.tables: dict[etree._Element, int] = {}
        self.notes = 0
        self.formatting = 0
        """Letters of the formatting of runs that were cut."""
        self.is_ready = False
        """Whether the tags keep the limits."""
        self.alternatives: defaultdict[etree._Element | None, list[tuple[etree._Element, str]]] = defaultdict(list)
        """The alternative texts that hold tags, by their paragraph: (element, attribute)."""
        self.hidden: defaultdict[etree._Element | None, list[tuple[str, str]]] = defaultdict(list)
        """Tags where none is filled, by their paragraph: (what they stand in, text)."""
        self.noted: set[etree._Element] = set()
        """The paragraphs that hold any of these, also in a text box."""
        self.seen: set[etree._Element] = set()
        """The paragraphs with tags that were gone through."""

    def scan(self, root: etree._Element) -> None:
        """Marks every tag under the root of a story (body, header, notes, …) or of a part of document properties."""
        count = _clean(root)
        if count > MAX_ELEMENTS:
            what = Words("нэг хэсгийн XML элементийн тоо", "the number of XML elements of a part")
            self.problems.append(Problem("PF258", self.place, {"what": what, "limit": f"{MAX_ELEMENTS:,}"}))
            return
        is_story = etree.QName(root).namespace == NAMESPACE
        self.search_attributes(root)
        if is_story:
            self.tables = table_numbers(root)
            self.search_texts(root)
            self.container(root, self.place, [0])
        else:
            self.properties(root)
        self.search_left(root)
        letters = sum(len(located.tag.source) for located in self.found)
        if len(self.found) > MAX_TAGS:
            self.problems.append(Problem("PF226", self.place, {"count": len(self.found), "limit": MAX_TAGS}))
        elif self.formatting > MAX_FORMATTING:
            self.problems.append(Problem("PF258", self.place, FORMATTING_LIMIT))
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

    # -- outside the text

    def search_attributes(self, root: etree._Element) -> None:
        """Notes the attributes that hold tags, each with the paragraph that it stands in."""
        for value in _tagged_attributes(root):
            element, name = value.getparent(), str(value.attrname)
            assert element is not None
            paragraph = self.note(element)
            if name in _ALTERNATIVE and _DRAWN.match(str(element.tag)) and paragraph is not None:
                self.alternatives[paragraph].append((element, name))
            elif _holds_tag(str(value)):
                what = f"{_name(element)}/@{etree.QName(name).localname}"
                self.hidden[paragraph].append((what, str(value)))

    def search_texts(self, root: etree._Element) -> None:
        """Notes what holds tags and is no text of a paragraph: field instructions, formulas."""
        texts: dict[tuple[etree._Element | None, str], str] = {}
        for element in _braced_elements(root):
            key = (self.note(element), _name(element))
            texts[key] = texts.get(key, "") + "".join(element.xpath("text()"))
        for (paragraph, what), text in texts.items():
            if _holds_tag(text):
                self.hidden[paragraph].append((what, text))

    def note(self, element: etree._Element) -> etree._Element | None:
        """The paragraph that an element stands in, noted as one to go through."""
        paragraphs = [element] if element.tag == _P else []
        paragraphs += element.iterancestors(_P)
        self.noted.update(paragraphs)
        return paragraphs[0] if paragraphs else None

    def search_left(self, root: etree._Element) -> None:
        """Tells of tags where no paragraph is looked for, so that none is left over in silence (PF219)."""
        for paragraph in list(self.hidden):
            self.refuse_hidden(paragraph, self.place)
        if not self.problems:
            for element in _braced_texts(root):
                around = next(element.iterancestors(_P, *_DELETED), None)
                if around not in self.seen and (around is None or around.tag == _P) and _holds_tag(element.text or ""):
                    self.refuse(
                        "PF219", replace(self.place, quote=element.text), element.text or "", what=_name(element)
                    )

    def refuse_hidden(self, paragraph: etree._Element | None, place: DocumentPlace) -> None:
        """Tells of tags where none can be filled (PF219)."""
        for what, text in self.hidden.pop(paragraph, ()):
            self.refuse("PF219", replace(place, quote=text), text, what=what)

    def alternative(self, element: etree._Element, name: str, place: DocumentPlace) -> None:
        """Tags in an alternative text: an attribute holds no elements, so a sign of its own stands for each."""
        value = element.get(name, "")
        pieces = self.pieces(value, place)
        if pieces is None:
            return
        self.sign = self.sign or sign_for(element)
        out = []
        for piece in pieces:
            if isinstance(piece, str):
                out.append(self.unescaped(piece))
            elif self.is_plain(piece, _ALT_WORDS, place, ("{{", "{#")):
                self.attributes[element].append(len(self.found))
                out.append(f"{self.sign}{len(self.found)}{SIGN}")
                self.found.append(Located(piece, replace(place, quote=piece.source), "plain"))
        element.set(name, "".join(out))

    def properties(self, root: etree._Element) -> None:
        """Tags in the texts of document properties."""
        for element in [e for e in root.iter(etree.Element) if not len(e)]:
            pieces = self.pieces(element.text or "", self.place)
            if pieces is None:
                continue
            content: list[str | int] = []
            for piece in pieces:
                if isinstance(piece, str):
                    content.append(self.unescaped(piece))
                elif self.is_plain(piece, _PROPERTY_WORDS, self.place, _NEEDLES):
                    content.append(len(self.found))
                    level = "plain" if piece.open == "{{" else "run"
                    self.found.append(Located(piece, replace(self.place, quote=piece.source), level))
            _fill(element, content)

    def unescaped(self, text: str) -> str:
        """A fixed text with `{_{`, `}_}`, `{_%`, `%_}` as the two letters that they stand for."""
        text, count = _ESCAPE.subn(lambda escape: escape.group().replace("_", ""), text)
        self.has_escapes |= count > 0
        return text

    def is_plain(self, tag: Tag, what: Words, place: DocumentPlace, forms: tuple[str, ...]) -> bool:
        """Whether a tag is of a form that a text without paragraphs may hold; a problem (PF237) if not."""
        if tag.open in forms and not (tag.prefix or tag.before or tag.after):
            return True
        shown = ", ".join(f"{form} {CLOSING[form]}" for form in forms)
        here = replace(place, quote=tag.source)
        self.refuse("PF237", here, tag.source, tag=tag.source, what=what, forms=shown)
        return False

    def pieces(self, text: str, place: DocumentPlace) -> list[str | Tag] | None:
        """The pieces of a text with tags or escapes; None for one without, and for one that cannot be read."""
        if not any(needle in text for needle in _NEEDLES) and not _ESCAPE.search(text):
            return None
        try:
            return split(text)
        except DialectFaults as faults:
            for fault in faults.faults:
                self.refuse(fault.code, replace(place, quote=text[fault.offset :]), text, **fault.args)
            return None

    # -- blocks

    def container(self, parent: etree._Element, place: DocumentPlace, count: list[int] | None) -> None:
        """Goes through block-level children; `count` numbers the paragraphs of the part or cell.

        Without it they have the place of the container: a text box is where its paragraph is.
        """
        last: etree._Element | None = None
        """The paragraph in front, which the next one may join."""
        joins = ""
        for child in list(parent):
            if child.tag == _P:
                before = after = ""
                if count is not None:
                    count[0] += 1
                if joins or self.is_tagged(child):
                    here = place if count is None else replace(place, paragraph=count[0])
                    before, after = self.paragraph(child, here)
                    if (before or joins) and last is not None and child.getparent() is parent:
                        self.join(last, child, before or joins, here)
                        joins = after
                        continue
                last, joins = child if child.getparent() is parent else None, after
            elif child.tag not in _RANGES and child.tag not in _QUIET:
                last, joins = None, ""
                if child.tag == _TBL:
                    self.table(child, place)
                elif child.tag in _NOTES:
                    self.notes += child.get(w("type"), "normal") == "normal"  # the lines above notes are none
                    self.container(child, replace(place, note=self.notes or None), [0])
                elif isinstance(child.tag, str) and len(child):
                    self.container(child, place, count)

    def join(self, first: etree._Element, second: etree._Element, tag: str, place: DocumentPlace) -> None:
        """Takes the content of a paragraph over to the end of the one in front, whose properties stay."""
        if any(p.find(f"{_PPR}/{w('sectPr')}") is not None for p in (first, second)):
            self.problems.append(Problem("PF235", replace(place, quote=tag), {"tag": tag}))
            return
        while (between := first.getnext()) is not None and between is not second:
            first.append(between)
        self.seen.add(first)
        first.extend([child for child in second if child.tag != _PPR])
        _cut(second)

    def table(self, table: etree._Element, place: DocumentPlace) -> None:
        number = self.tables[table]
        for row_number, row in enumerate(owned(table, _TR), 1):
            here = replace(place, table=number, row=row_number, cell=None, paragraph=None)
            text = "".join(t.text or "" for t in row.iter(_T))
            if ("{%tr" in text or "{#tr" in text) and self.taken(row, "tr", here):
                continue
            for cell_number, cell in enumerate(owned(row, _TC), 1):
                inside = replace(here, cell=cell_number)
                if not (("{%tc" in text or "{#tc" in text) and self.taken(cell, "tc", inside)):
                    self.container(cell, inside, [0])

    def taken(self, element: etree._Element, prefix: str, place: DocumentPlace) -> bool:
        """Whether an element holds tags of its own level, which then take its place.

        More in it than these is a problem (PF217); ends of bookmarks and the like stay beside the marks.
        """
        whole = _Whole(element)
        joined = "".join(line.text for line in whole.lines)
        try:
            pieces = [piece for line in whole.lines for piece in split(line.text)]
        except DialectFaults:
            return False  # its paragraphs report it with their own places
        tags = [piece for piece in pieces if isinstance(piece, Tag) and piece.prefix == prefix]
        if not tags:
            return False
        here = replace(place, quote=tags[0].source)
        rest = "".join(p if isinstance(p, str) else p.source for p in pieces if not _goes(p, prefix)).strip()
        rest = rest or whole.beside
        if rest:
            self.refuse("PF217", here, joined, tag=tags[0].source, rest=quote(rest))
        elif [tag for tag in tags if not self.possible(tag, place, prefix)]:
            self.lose(joined)
        else:
            level = _LEVELS[prefix]
            located = [
                Located(t, replace(place, quote=t.source), f"{level} output", element)
                if t.open == "{{"
                else Located(t, replace(place, quote=t.source), level)
                for t in tags
            ]
            self.put(element, located, whole.ranges)
        return True

    def put(self, element: etree._Element, located: list[Located], ranges: list[etree._Element]) -> None:
        """Puts the marks of tags in the place of an element, and the ends of ranges around them."""
        marks = list(range(len(self.found), len(self.found) + len(located)))
        self.found += located
        for piece in self.around(marks, ranges):
            element.addprevious(mark(piece) if isinstance(piece, int) else piece)
        _cut(element)

    def around(self, marks: list[int], ranges: list[etree._Element]) -> list[int | etree._Element]:
        """Marks with the ends of ranges that stood in their tags: as much as possible is covered as it was.

        A range around a value covers it. What stood in the beginning of a block stays in front of the block, what
        stood in its end stays after it.
        """
        first = self.found[marks[0]].tag
        if first.open == "{{":
            starts, ends = (
                [e for e in ranges if str(e.tag).endswith("Start") is is_start] for is_start in (True, False)
            )
            return [*starts, *marks, *ends]
        return [*ranges, *marks] if first.keyword in ("for", "if") else [*marks, *ranges]

    # -- paragraphs

    def is_tagged(self, paragraph: etree._Element) -> bool:
        """Whether a paragraph may hold tags, or escapes, in itself or in its text boxes."""
        text = "".join(t.text or "" for t in paragraph.iter(_T))
        return "{" in text or "_}" in text or paragraph in self.noted

    def paragraph(self, paragraph: etree._Element, place: DocumentPlace) -> tuple[str, str]:
        """Marks the tags of a paragraph; gives those by which it joins the one before and the one after (`{%- -%}`)."""
        self.seen.add(paragraph)
        self.refuse_hidden(paragraph, place)
        for element, name in self.alternatives.pop(paragraph, ()):
            self.alternative(element, name, place)
        line = Line(paragraph)
        joins = self.line(line, place)
        for box in line.boxes:
            self.container(box, place, None)
        return joins

    def line(self, line: Line, place: DocumentPlace) -> tuple[str, str]:
        """Marks the tags among a paragraph's own letters."""
        for what, text in line.stray:
            if _holds_tag(text):
                self.refuse("PF219", replace(place, quote=text), text, what=what)
        pieces = self.pieces(line.text, place)
        if pieces is None:
            return "", ""
        tags = [p for p in pieces if isinstance(p, Tag)]
        if any(tag.prefix == "p" for tag in tags):
            self.taken(line.paragraph, "p", place)
            return "", ""
        if [tag for tag in tags if not self.possible(tag, place)]:
            self.lose(line.text)
            return "", ""
        for atom, content in line.rewritten(self.edits(line, pieces, place)):
            self.rewrite(atom, content)
        self.lift(line)
        line.sweep()
        if not tags:
            return "", ""  # escapes only
        start, end = tags[0].start, tags[-1].start + len(tags[-1].source)
        # Only statements join paragraphs, as in docxtpl: beside a value a dash takes the spaces away.
        is_first = (
            tags[0].before and tags[0].open == "{%" and not line.text[:start].strip() and not line.thing(0, start)
        )
        is_last = (
            tags[-1].after
            and tags[-1].open == "{%"
            and not line.text[end:].strip()
            and not line.thing(end, line.length)
        )
        return tags[0].source if is_first else "", tags[-1].source if is_last else ""

    def possible(self, tag: Tag, place: DocumentPlace, level: str = "") -> bool:
        """Whether there is a tag of this form, and here; a problem (PF218, PF220, PF236) if not."""
        code = ""
        if tag.open == "{{" and tag.prefix in _OWN_PLACE:
            code = "PF236"
        elif tag.prefix and (tag.before or tag.after):
            code = "PF218"
        elif tag.prefix in _OWN_PLACE and tag.prefix != level:
            code = "PF220"
        if code:
            args = {"tag": tag.source, "where": _OWN_PLACE.get(tag.prefix, "")}
            self.problems.append(Problem(code, replace(place, quote=tag.source), args))
        return not code

    # -- tags inside a paragraph

    def edits(self, line: Line, pieces: list[str | Tag], place: DocumentPlace) -> Iterator[tuple[int, int, _Pieces]]:
        """What becomes of a paragraph's letters, in order: (from, to, what stands there instead)."""
        at = 0
        for number, piece in enumerate(pieces):
            start = at
            if isinstance(piece, Tag):
                at += len(piece.source)
                here = replace(place, quote=piece.source)
                thing = line.thing(start + 1, at - 1)
                if thing:
                    self.problems.append(Problem("PF221", here, {"tag": piece.source, "what": thing}))
                level = "run" if piece.open != "{{" else "run output" if piece.prefix else "text"
                self.found.append(Located(piece, here, level))
                yield start, at, [*self.around([len(self.found) - 1], line.ranges_in(start, at))]
                continue
            at += len(piece)
            left, right = (pieces[n] if 0 <= n < len(pieces) else "" for n in (number - 1, number + 1))
            first, last = start, at
            if isinstance(left, Tag) and left.after and not line.thing(start, start):
                first = min(start + len(piece) - len(piece.lstrip(" ")), line.next_thing(start))
            if isinstance(right, Tag) and right.before and not line.thing(at, at):
                last = max(start + len(piece.rstrip(" ")), line.last_thing(at), first)
            if start < first:
                yield start, first, []
            for escape in _ESCAPE.finditer(piece):
                yield start + escape.start(), start + escape.end(), [self.unescaped(escape.group())]
            if last < at:
                yield last, at, []

    def rewrite(self, atom: etree._Element, content: _Pieces) -> None:
        """Gives a `w:t` its new content; a statement or the end of a range in it splits the run in two."""
        groups: list[list[str | int]] = [[]]
        cuts: list[int | etree._Element] = []
        for piece in content:
            if not isinstance(piece, str | int) or (isinstance(piece, int) and self.found[piece].level != "text"):
                groups.append([])
                cuts.append(piece)
            elif piece != "":
                groups[-1].append(piece)
        run = atom.getparent()
        assert run is not None
        properties = run[0] if run[0].tag == _RPR else None
        if properties is not None and cuts and self.formatting <= MAX_FORMATTING:
            self.formatting += len(cuts) * len(etree.tostring(properties))
        if self.formatting > MAX_FORMATTING:
            properties = None  # the template is refused
        for cut in cuts:
            if isinstance(cut, int) and self.found[cut].level == "run output":
                self.found[cut] = replace(self.found[cut], like=run)
        # What stood in the run before the text stays in its first part; the run itself keeps what stands after it.
        for at, cut in enumerate(cuts):
            before = [c for c in atom.itersiblings(preceding=True) if c.tag != _RPR][::-1] if at == 0 else []
            if before or groups[at]:
                part = etree.Element(_R)
                if properties is not None:
                    part.append(deepcopy(properties))
                part.extend(before)
                if groups[at]:
                    _fill(etree.SubElement(part, _T, {XML_SPACE: "preserve"}), groups[at])
                run.addprevious(part)
            run.addprevious(mark(cut) if isinstance(cut, int) else cut)
        if groups[-1]:
            atom.set(XML_SPACE, "preserve")
            _fill(atom, groups[-1])
            return
        run.remove(atom)
        if all(c.tag in _QUIET for c in run):
            _cut(run)

    def lift(self, line: Line) -> None:
        """Takes statements out of the edge of a hyperlink or tracked change where their partner stands outside it."""
        for wrapper in reversed(line.wrappers):
            if wrapper.tag in _LOOSE:
                alone = self.unmatched(wrapper)
                inside = [child for child in wrapper if child.tag not in _QUIET]
                while inside and index_of(inside[0]) in alone:
                    wrapper.addprevious(inside.pop(0))
                while inside and index_of(inside[-1]) in alone:
                    wrapper.addnext(inside.pop())

    def unmatched(self, wrapper: etree._Element) -> set[int]:
        """The statements in an element that open or close a block whose other end is not in it."""
        opened: list[int] = []
        alone: set[int] = set()
        for index in map(index_of, wrapper.iter(etree.ProcessingInstruction)):
            assert index is not None
            word = self.found[index].tag.keyword
            if word in ("for", "if"):
                opened.append(index)
            elif word in ("endfor", "endif") and opened:
                opened.pop()
            elif word in ("endfor", "endif") or (word in ("elif", "else") and not opened):
                alone.add(index)
        return alone | set(opened)


class Line:
    """What a paragraph holds itself, in order: its letters, and what stands between them.

    `atoms` are the elements that letters come from; the places of the others are the number of letters before them.
    """

    def __init__(self, paragraph: etree._Element) -> None:
        self.paragraph = paragraph
        self.atoms: list[etree._Element] = []
        self.letters: list[str] = []
        self.length = 0
        self.ranges: list[tuple[int, etree._Element]] = []
        """Ends of ranges; the run of a comment's reference counts as one."""
        self.things: list[int] = []
        """The places of what a tag cannot hold."""
        self.names: list[str] = []
        """What these are."""
        self.wrappers: list[etree._Element] = []
        self.boxes: list[etree._Element] = []
        """The contents of text boxes."""
        self.stray: list[tuple[str, str]] = []
        """Texts that are no letters of the paragraph: (what they stand in, text)."""
        self.beside = ""
        """What would be lost with the paragraph besides its letters; nothing if there is no such thing."""
        self.walk(paragraph)
        self.text = "".join(self.letters)

    def walk(self, parent: etree._Element) -> None:
        for child in parent:
            if child.tag == _T and parent.tag == _R:
                self.atom(child, child.text or "")
            elif child.tag == _HYPHEN:
                self.atom(child, "\u2011")
            elif child.tag in _RANGES or _refers_to_comment(child):
                self.ranges.append((self.length, child))
                if child.tag == _R:
                    self.beside = self.beside or "commentReference"
            elif child.tag == _PPR:
                if child.find(w("sectPr")) is not None:
                    self.beside = "sectPr"
            elif child.tag in _DELETED:
                self.beside = self.beside or etree.QName(child).localname
            elif child.tag == _R or child.tag in _LOOSE:
                self.inner(child)
            elif child.tag in _SOLID:
                self.beside = self.beside or etree.QName(child).localname
                if child.tag == _FIELD:
                    self.thing_at(child)
                self.inner(child)
                if child.tag == _FIELD:
                    self.thing_at(child)
            elif child.tag not in _QUIET:
                self.thing_at(child)
                self.look_into(child)

    def atom(self, element: etree._Element, letters: str) -> None:
        self.atoms.append(element)
        self.letters.append(letters)
        self.length += len(letters)

    def inner(self, element: etree._Element) -> None:
        if element.tag != _R:
            self.wrappers.append(element)
        self.walk(element)

    def thing_at(self, element: etree._Element) -> None:
        self.things.append(self.length)
        self.names.append(etree.QName(element).localname)
        self.beside = self.beside or self.names[-1]

    def look_into(self, element: etree._Element) -> None:
        """Finds the text boxes in a drawing, and texts where none belongs."""
        for inner in element.iter(_T, _BOX):
            if next(inner.iterancestors(_P)) is not self.paragraph:
                continue
            if inner.tag == _BOX:
                self.boxes.append(inner)
            else:
                self.stray.append((_name(element), inner.text or ""))

    def thing(self, first: int, last: int) -> str:
        """The name of what stands between two places, both included; nothing if only letters do."""
        at = bisect_left(self.things, first)
        return self.names[at] if at < len(self.things) and self.things[at] <= last else ""

    def next_thing(self, place: int) -> int:
        at = bisect_left(self.things, place)
        return self.things[at] if at < len(self.things) else self.length

    def last_thing(self, place: int) -> int:
        at = bisect_right(self.things, place)
        return self.things[at - 1] if at else 0

    def ranges_in(self, start: int, stop: int) -> list[etree._Element]:
        """The ends of ranges that stand inside a tag."""
        first = bisect_right(self.ranges, start, key=_at)
        return [element for _, element in self.ranges[first : bisect_left(self.ranges, stop, key=_at)]]

    def rewritten(self, edits: Iterable[tuple[int, int, _Pieces]]) -> Iterator[tuple[etree._Element, _Pieces]]:
        """The elements of letters that edits change, with their new content."""
        waiting = iter(edits)
        edit = next(waiting, None)
        begin = 0
        for atom, letters in zip(self.atoms, self.letters, strict=True):
            end = begin + len(letters)
            content: _Pieces = []
            at = begin
            while edit is not None and edit[0] < end:
                start, stop, instead = edit
                if start >= begin:
                    content += [letters[at - begin : start - begin], *instead]
                at = min(stop, end)
                if stop > end:
                    break
                edit = next(waiting, None)
            content.append(letters[at - begin :])
            if content != [letters]:
                yield atom, content
            begin = end

    def sweep(self) -> None:
        """Takes out the wrappers that nothing is left in; a content control keeps a run, as Word wants it."""
        for wrapper in reversed(self.wrappers):
            if wrapper.tag in _LOOSE and all(child.tag in _QUIET for child in wrapper):
                _cut(wrapper)
            elif wrapper.tag == _CONTENT and not len(wrapper):
                etree.SubElement(wrapper, _R)


class _Whole:
    """What a paragraph, a cell or a row holds: its lines, the ends of ranges, and what would be lost with it."""

    def __init__(self, element: etree._Element) -> None:
        self.lines: list[Line] = []
        self.ranges: list[etree._Element] = []
        self.beside = ""
        self.walk(element)
        if element.tag != _P and not _are_paired(self.ranges):
            self.beside = self.beside or etree.QName(self.ranges[0]).localname

    def walk(self, element: etree._Element) -> None:
        if element.tag == _P:
            line = Line(element)
            self.lines.append(line)
            self.ranges += [end for _, end in line.ranges]
            self.beside = self.beside or line.beside
            return
        for child in element:
            if child.tag in (_TC, _P):
                self.walk(child)
            elif child.tag in _RANGES:
                self.ranges.append(child)
            elif child.tag not in _QUIET:
                self.beside = self.beside or etree.QName(child).localname


def _at(item: tuple[int, etree._Element]) -> int:
    return item[0]


def _are_paired(ranges: list[etree._Element]) -> bool:
    """Whether both ends of every range are here."""
    ends = Counter((re.sub("(Start|End)$", "", str(e.tag)), e.get(w("id"))) for e in ranges)
    return all(count == 2 for count in ends.values())


def _refers_to_comment(element: etree._Element) -> bool:
    return (
        element.tag == _R
        and element.find(_COMMENT) is not None
        and all(child.tag in (_RPR, _COMMENT) for child in element)
    )


def _name(element: etree._Element) -> str:
    """`w:instrText`, as a person finds it in the XML."""
    name = etree.QName(element).localname
    return f"{element.prefix}:{name}" if element.prefix else name


def _goes(piece: str | Tag, prefix: str) -> bool:
    """Whether a piece of text goes with what tags of this prefix take the place of: one of them, or a comment."""
    return isinstance(piece, Tag) and (piece.prefix == prefix or (piece.open == "{#" and not piece.prefix))


_tagged_attributes: Any = etree.XPath(
    "//@*[contains(., '{{') or contains(., '{%') or contains(., '{#') or contains(., '{_') or contains(., '_}')"
    " or contains(., '%7B') or contains(., '%7b')]"
)
_braced_elements: Any = etree.XPath(
    "//*[text()[contains(., '{') or contains(., '%7')]]"
    "[not(self::w:t[ancestor::w:p] or self::w:delText or self::w:delInstrText)]",
    namespaces={"w": NAMESPACE},
)
_braced_texts: Any = etree.XPath("//w:t[contains(., '{')]", namespaces={"w": NAMESPACE})
_all_texts: Any = etree.XPath("//text()")


def hidden_tag(root: etree._Element, place: DocumentPlace) -> Problem | None:
    """The problem (PF219) of a part that holds a tag although none is filled in it; None for one that holds none."""
    for text in (*map(str, _tagged_attributes(root)), "".join(map(str, _all_texts(root)))):
        found = _holds_tag(text)
        if found:
            return Problem("PF219", replace(place, quote=found), {"what": place.part})
    return None


def _holds_tag(text: str) -> str:
    """A tag in a text as it may stand in an attribute or a link, and what follows it; nothing if there is none."""
    for form in (text, unquote(text)):
        found = re.search(r"\{\{|\{%(?![0-9])", form)  # {%1} is a list's own number (17.9.11)
        at = found.start() if found else form.find("{#")
        if found or (at >= 0 and "#}" in form[at:]):
            return form[at : at + MAX_QUOTE]
    return ""


def _fill(atom: etree._Element, content: list[str | int]) -> None:
    """Text and marks as the content of an element."""
    for child in list(atom):
        atom.remove(child)
    atom.text = ""
    for is_text, pieces in groupby(content, lambda piece: isinstance(piece, str)):
        if not is_text:
            atom.extend(mark(int(piece)) for piece in pieces)
        elif len(atom):
            atom[-1].tail = "".join(map(str, pieces))
        else:
            atom.text = "".join(map(str, pieces))


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

    That is: instructions and comments (marks are instructions), space between elements, revision marks, and
    Word's own bookmark of where the cursor was.
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
            if str(name).startswith(_SAVED):
                del element.attrib[name]
    return count
