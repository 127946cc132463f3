"""What stands in a template beside its tags, read as a person reads it: what compiling passes and yet looks wrong.

A text that looks like a tag and is none, spelling of the fixed texts, names that hide others, merged cells that leave
their loop. The same reading tells what a fault stands under, so that it can be found in Word (`Reading.near`).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING

from planforge import spelling, text
from planforge.dialect import MAX_SUGGESTIONS, Scope
from planforge.errors import DocumentPlace, Problem, Words
from planforge.opc import DOC_REL, Package
from planforge.syntax import KEYWORDS, DialectFaults, Tag, split
from planforge.tags import bound_names
from planforge.vocabulary import Record, reachable
from planforge.wml import FALLBACK, is_on, names, owned, rows, text_of, w

if TYPE_CHECKING:
    from lxml.etree import _Element

__all__ = ["Line", "Reading"]

_P, _TBL, _TR, _TC = names("p tbl tr tc")
_NOTES = frozenset(names("footnote endnote comment"))
_STORIES = ("header", "footer", "footnotes", "endnotes", "comments")
_AROUND = 25
"""Letters that a problem quotes on both sides of what it is about."""
_HEAD = 40
"""Letters of a heading that a place is told by."""


@dataclass(frozen=True, slots=True)
class Line:
    """A paragraph: its place, its fixed texts and tags in order, and what stands above it outside of tables."""

    place: DocumentPlace
    pieces: tuple[str | Tag, ...]
    above: str = ""

    @property
    def fixed(self) -> str:
        """The text without its tags, on one line."""
        return " ".join("".join(p if isinstance(p, str) else " " for p in self.pieces).split())


@dataclass(frozen=True, slots=True)
class _Row:
    """A row as read: the section that it stands under, and the fixed text of its first cell."""

    section: str
    first: str


class Reading:
    """A template's paragraphs and tables in reading order, counted as `tags.Finder` counts them."""

    def __init__(self, package: Package) -> None:
        self.package = package
        self.file = package.file
        self.margins = frozenset(part for kind in ("header", "footer") for part in package.related(kind))
        self.lines: list[Line] = []
        self.unread: list[Line] = []
        """Paragraphs with tags that cannot be told apart: the compiler has its say about them."""
        self.tables: list[tuple[DocumentPlace, _Element]] = []
        self._rows: dict[tuple[str | None, int | None, int | None], _Row] = {}
        self._heads: dict[tuple[str | None, int | None], list[str]] = {}
        self._above: dict[tuple[object, ...], str] = {}
        related = (part for kind in _STORIES for part in package.related(kind) if part in package.parts)
        for part in dict.fromkeys([package.main, *related]):
            self.part = part
            self.count = self.notes = 0
            self.heading = ""
            self.container(package.parse(part), DocumentPlace(self.file, part), [0])

    # -- reading

    def container(self, parent: _Element, place: DocumentPlace, count: list[int] | None) -> None:
        for child in parent:
            if child.tag == _P:
                if count is not None:
                    count[0] += 1
                self.paragraph(child, place if count is None else replace(place, paragraph=count[0]))
            elif child.tag == _TBL:
                self.table(child, place)
            elif child.tag in _NOTES:
                self.notes += child.get(w("type"), "normal") == "normal"
                self.container(child, replace(place, note=self.notes or None), [0])
            elif isinstance(child.tag, str) and len(child):
                self.container(child, place, count)

    def paragraph(self, paragraph: _Element, place: DocumentPlace) -> None:
        content = text_of(paragraph)
        above = "" if place.table else self.heading
        try:
            line = Line(place, tuple(split(content) if "{" in content else [content] if content else []), above)
            self.lines.append(line)
        except DialectFaults:
            line = Line(place, (), above)
            self.unread.append(line)
        if place.table is None:
            self._above[_key(place)] = above
            self.heading = _heading(line.fixed) or self.heading
        before = self.count
        for box in paragraph.iter(w("txbxContent")):
            if next(box.iterancestors(_P)) is paragraph:
                if next(box.iterancestors(FALLBACK), None) is not None:
                    self.count = before  # the same text box again, for older programs
                    continue
                before = self.count
                self.container(box, place, None)

    def table(self, table: _Element, place: DocumentPlace) -> None:
        self.count += 1
        number = self.count
        here = replace(place, table=number, paragraph=None, row=None, cell=None)
        self.tables.append((here, table))
        section = ""
        for row_number, row in enumerate(owned(table, _TR), 1):
            cells = owned(row, _TC)
            texts = []
            for cell_number, cell in enumerate(cells, 1):
                first = len(self.lines)
                self.container(cell, replace(here, row=row_number, cell=cell_number), [0])
                own = (line for line in self.lines[first:] if line.place.table == number)
                texts.append(_heading(" ".join(line.fixed for line in own)))
            if row_number == 1:
                self._heads[self.part, number] = texts if len(cells) > 1 else []
            self._rows[self.part, number, row_number] = _Row(section, texts[0] if texts else "")
            if len(cells) == 1 and texts[0]:
                section = texts[0]

    # -- places in words

    def near(self, place: DocumentPlace) -> Words | None:
        """What a place stands under or beside, as a person sees it; None where nothing is there to tell."""
        if place.table is None:
            above = self._above.get(_key(place), "")
            return Words(f"«{above}» дор", f"under “{above}”") if above else None
        row = self._rows.get((place.part, place.table, place.row))
        heads = self._heads.get((place.part, place.table), [])
        if row is None or place.row is None:
            return None
        if row.section:
            return Words(f"«{row.section}» дор", f"under “{row.section}”")
        if row.first and place.cell != 1:
            return Words(f"«{row.first}» мөрөнд", f"in the row “{row.first}”")
        head = heads[place.cell - 1] if place.cell and place.row > 1 and place.cell <= len(heads) else ""
        return Words(f"«{head}» баганад", f"in the column “{head}”") if head else None

    def told(self, problems: Iterable[Problem]) -> list[Problem]:
        """The problems with what their places stand under, those in headers and footers with section and pages."""
        return [
            replace(p, place=replace(p.place, near=self.near(p.place), story=self.story(p.place.part)))
            if isinstance(p.place, DocumentPlace) and p.place.part
            else p
            for p in problems
        ]

    def story(self, part: str) -> Words | None:
        """A header or footer as a person finds it; None for other parts, and for one that no page shows."""
        return self.stories.get(part) if part in self.margins else None

    @cached_property
    def stories(self) -> Mapping[str, Words]:
        """The first section and pages that show each header and footer; a section has what the one before it has."""
        settings = [name for name in self.package.related("settings") if name in self.package.parts]
        has_even = any(is_on(self.package.parse(name), "evenAndOddHeaders") for name in settings)
        parts = {rel.id: rel.part for rel in self.package.relationships(self.package.main)}
        sections = [s for s in self.package.parse(self.package.main).iter(w("sectPr")) if not _is_former(s)]
        shown: dict[tuple[str, str], str] = {}
        found: dict[str, Words] = {}
        for number, section in enumerate(sections, 1):
            for reference in section.iterchildren(*_REFERENCES):
                part = parts.get(reference.get(f"{{{DOC_REL[:-1]}}}id", ""))
                shown[str(reference.tag), reference.get(w("type"), "default")] = part or ""
            has_first = is_on(section, "titlePg")
            for (tag, pages), part in shown.items():
                if pages == "default" or (pages == "first" and has_first) or (pages == "even" and has_even):
                    words = _PAGES.get(pages) or (_ODD if has_even else _OTHERS if has_first else None)
                    found.setdefault(part, _margin(tag == _HEADER, number if len(sections) > 1 else 0, words))
        return found

    # -- what looks wrong

    def problems(self, scope: Scope) -> list[Problem]:
        """What looks wrong (PF325–PF332): warnings all, as a document can be made of it."""
        known = _Known(scope, (piece for line in self.lines for piece in line.pieces if isinstance(piece, Tag)))
        found: list[Problem] = []
        for line in self.lines:
            for piece in line.pieces:
                if isinstance(piece, str):
                    found += _tag_like(piece, line.place, known)
                    found += _spelling(piece, line.place)
        found += self.hidden_names(scope)
        for place, table in self.tables:
            found += _merges(place, table)
        return found

    def hidden_names(self, scope: Scope) -> Iterator[Problem]:
        """Loops and `set` that give a name which already means something here (PF327)."""
        meant: dict[str, list[str]] = {name: [name] for name in (*scope.names, "loop")}
        open_: list[list[str]] = []
        part: str | None = None
        for line in self.lines:
            if line.place.part != part:
                part = line.place.part
                while open_:
                    _forget(meant, open_.pop())
            for tag in (piece for piece in line.pieces if isinstance(piece, Tag) and piece.open == "{%"):
                if tag.keyword in ("for", "set"):
                    bound = sorted({text.name_key(name) for name in bound_names(tag.source)})
                    for name in bound:
                        if meant.get(name):
                            args = {"tag": tag.source, "name": name, "other": meant[name][-1]}
                            yield Problem("PF327", replace(line.place, quote=tag.source), args)
                    if tag.keyword == "for":
                        open_.append(bound)
                        for name in bound:
                            meant.setdefault(name, []).append(tag.source)
                elif tag.keyword == "endfor" and open_:
                    _forget(meant, open_.pop())


def _is_former(section: _Element) -> bool:
    """Whether it is what a tracked change keeps of a section."""
    parent = section.getparent()
    return parent is not None and parent.tag == w("sectPrChange")


_REFERENCES = _HEADER, _FOOTER = names("headerReference footerReference")
_PAGES = {"first": Words("эхний хуудас", "first page"), "even": Words("тэгш хуудас", "even pages")}
_ODD = Words("сондгой хуудас", "odd pages")
_OTHERS = Words("бусад хуудас", "other pages")


def _margin(is_header: bool, section: int, pages: Words | None) -> Words:
    """«2-р хэсгийн хөл (эхний хуудас)»; the section where there are several, the pages where they differ."""
    mn, en = ("толгой", "header") if is_header else ("хөл", "footer")
    mn, en = (f"{section}-р хэсгийн {mn}", f"{en} of section {section}") if section else (f"{mn} хэсэг", en)
    return Words(f"{mn} ({pages.mn})", f"{en} ({pages.en})") if pages else Words(mn, en)


def _forget(meant: dict[str, list[str]], bound: Iterable[str]) -> None:
    for name in bound:
        meant[name].pop()


def _key(place: DocumentPlace) -> tuple[object, ...]:
    return place.part, place.note, place.table, place.row, place.cell, place.paragraph


def _heading(fixed: str) -> str:
    """A text by which a reader finds a place: one with letters in it, cut."""
    return text.quote(fixed, _HEAD) if any(letter.isalpha() for letter in fixed) else ""


# --- texts that look like tags -------------------------------------------------------------------------------------

_ESCAPE = re.compile(r"\{_[{%]|[}%]_\}")
_SINGLE = re.compile(r"\{[\s{%]{0,6}+([^{}%]{1,200}+)%?\s?\}(?:\s?\})?")
_PATH = re.compile(r"([^\W\d]\w{0,60})((?:\.\w{1,60}){0,8})\s{0,3}(?:\|.*)?", re.DOTALL)
_BARE = re.compile(r"(?<![\w.@])(?<![\w/]/)([^\W\d]\w{0,60}+)\.(\w{1,60}+)(?!\.?[\w@(]|\.?/\w)")
_LEFT = re.compile(r"\}\}|%\}|\{\s{1,3}[{%]")
_WORDS = {"for": " in ", "set": "=", **dict.fromkeys(("if", "elif", "vm", "colspan", "cellbg"), " ")}


class _Known:
    """The names that tags may use here: those of the scope, those that a tag binds, and without a schema those used."""

    def __init__(self, scope: Scope, tags: Iterable[Tag]) -> None:
        self.scope = scope
        found = list(tags)
        self.bound = {text.name_key(name) for tag in found for name in bound_names(tag.source)}
        if any(tag.keyword == "for" for tag in found):
            self.bound.add("loop")
        self.asked = 0
        self.used: set[str] = set()
        if scope.open:
            self.used = {text.name_key(m[1]) for tag in found if (m := re.match(r"\s*([^\W\d]\w*)", tag.body))}
            self.used -= set(KEYWORDS)

    @cached_property
    def fields(self) -> set[str]:
        """The Mongolian names of all fields that the scope reaches."""
        roots = [typed.type for typed in self.scope.names.values() if isinstance(typed.type, Record)]
        return {text.name_key(f.template_name) for record in reachable(*roots) for f in record.fields.values()}

    def is_name(self, name: str) -> bool:
        key = text.name_key(name)
        return key in self.scope.names or key in self.bound or key in self.used

    def is_path(self, name: str, field: str) -> bool:
        """Whether a name and a field of it stand here, as nobody writes them by chance: in small letters."""
        typed = self.scope.find(name)
        if typed is None or not isinstance(typed.type, Record):
            is_written = f"{name}{field}".isascii() or text.name_key(field) in self.fields
            return self.is_name(name) and is_written and field.islower()
        return field.islower() and typed.type.find(field) is not None

    def meant(self, body: str) -> str:
        """The tag that was meant by what stands between braces; nothing if it is just a text."""
        words = body.split()
        word = words[0].lower() if words else ""
        rest = f" {' '.join(words[1:])}"
        if word in KEYWORDS and _WORDS.get(word, "") in rest and (word in _WORDS or rest == " "):
            return f"{{% {body.strip()} %}}"
        path = _PATH.fullmatch(body.strip())
        if path and (self.is_name(path[1]) or (path[2] and self.is_near(path[1]))):
            return f"{{{{ {body.strip()} }}}}"
        return ""

    def is_near(self, name: str) -> bool:
        """Whether a name may be a mistyped one of the scope; only so many are asked about."""
        self.asked += 1
        return self.asked <= MAX_SUGGESTIONS and text.closest(name, self.scope.names) is not None


def _tag_like(piece: str, place: DocumentPlace, known: _Known) -> Iterator[Problem]:
    """What looks like a tag in a fixed text (PF325), and marks that are left over (PF326)."""
    if not any(sign in piece for sign in "{}."):
        return
    piece, escapes = _ESCAPE.subn("   ", piece)

    def problem(code: str, start: int, end: int, **args: object) -> Problem:
        found = piece[start:end]
        return Problem(code, replace(place, quote=found), {"found": text.quote(found), **args})

    taken = []
    for match in _SINGLE.finditer(piece):
        meant = known.meant(match[1])
        if meant:
            taken.append(match.span())
            yield problem("PF325", *match.span(), near=meant)
    for match in _BARE.finditer(piece) if not escapes else ():  # which are there to write about tags
        if known.is_path(match[1], match[2]) and not any(a <= match.start() < b for a, b in taken):
            marks = piece[max(0, match.start() - 3) : match.start()], piece[match.end() : match.end() + 3]
            taken.append((match.start() - len(marks[0]), match.end() + len(marks[1])))
            yield problem("PF325", *match.span(), near=f"{{{{ {match.group()} }}}}")
    for match in _LEFT.finditer(piece) if piece.count("{") != piece.count("}") else ():
        if not any(a <= match.start() < b for a, b in taken):
            start, end = _cut(piece, match.start(), match.end())
            yield problem("PF326", start, end, mark=match.group())


def _cut(piece: str, start: int, end: int) -> tuple[int, int]:
    """A stretch with some letters around it."""
    return max(0, start - _AROUND), min(len(piece), end + _AROUND)


# --- spelling ------------------------------------------------------------------------------------------------------

_SPELLING = {
    "ending": "PF330",
    "latin_letter": "PF331",
    "wrong_yo": "PF331",
    "old_keyboard": "PF331",
    "invisible": "PF332",
}
"""Spaces are left alone: templates are set with them."""


def _spelling(piece: str, place: DocumentPlace) -> Iterator[Problem]:
    for finding in spelling.lint(piece):
        code = _SPELLING.get(finding.kind)
        if code:
            start, end = _cut(piece, finding.start, finding.end)
            args = {
                "found": finding.found,
                "expected": finding.expected,
                "points": ", ".join(map(text.code_point, finding.found)),
                "quote": " ".join(piece[start:end].split()),
            }
            yield Problem(code, replace(place, quote=args["quote"]), args)


# --- merged cells --------------------------------------------------------------------------------------------------

_COLUMN_TAG = re.compile(r"\{%\s*(?:tc\s|colspan|hm)")


def _merges(place: DocumentPlace, table: _Element) -> Iterator[Problem]:
    """Cells merged down that leave the loop which they begin in (PF328), or begin in a row of tags (PF329).

    A row of tags is not printed. Where columns are repeated too, the grid is made anew and nothing can be said here.
    """
    loops: list[int] = []
    is_open: set[int] = set()
    begun: dict[int, tuple[int, bool, int | None]] = {}
    numbers = {row: number for number, row in enumerate(owned(table, _TR), 1)}
    all_rows = [(numbers[row.element], row, _row_tags(row.element)) for row in rows(table)]
    if any(cell.merge for _, row, _ in all_rows for cell in row.cells):
        if _COLUMN_TAG.search("".join(text_of(p) for p in table.iter(_P))):
            return
        for number, row, tags in all_rows:
            for tag in tags or ():
                if tag.keyword == "for":
                    loops.append(number)
                    is_open.add(number)
                elif tag.keyword == "endfor" and loops:
                    is_open.discard(loops.pop())
            for at, cell in enumerate(row.cells, 1):
                if cell.merge == "restart":
                    begun[cell.column] = (number, tags is not None, loops[-1] if loops else None)
                elif tags is not None:
                    continue
                elif cell.merge is None:
                    begun.pop(cell.column, None)
                elif cell.column in begun:
                    first, is_gone, around = begun[cell.column]
                    if is_gone or (around is not None and around not in is_open):
                        here = replace(place, row=number, cell=at)
                        yield Problem("PF329" if is_gone else "PF328", here, {"row": first})
                        del begun[cell.column]


def _row_tags(row: _Element) -> list[Tag] | None:
    """The tags of a row that is made of nothing else; None for one that is printed."""
    content = "".join(text_of(p) for p in row.iter(_P))
    if "{%tr" not in content:
        return None
    try:
        pieces = split(content)
    except DialectFaults:
        return None
    tags = [piece for piece in pieces if isinstance(piece, Tag)]
    return tags if all(tag.prefix == "tr" or tag.open == "{#" for tag in tags) else None
