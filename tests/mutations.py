"""What people do to a template by accident, done to every tag of every template: is it found, and where?

`OPERATORS` is the fixed list. Each is tried at every tag that it fits; what it draws by lot comes from a seed of its own.
A mutation is *caught* when `check` gives an error, or a warning that the operator names; *harmless* when the template
still prints the sample as before, letter by letter. It is told *exactly* when a problem stands in the cell (outside of
tables: the paragraph) of a tag that the operator names: the mutated one, or where two belong together either of both.
`python -m tests.mutations` tries all and writes the figures into docs/checking.md and docs/problems.md.
"""

from __future__ import annotations

import random
import re
import sys
import zlib
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from copy import deepcopy
from dataclasses import dataclass, field
from datetime import date
from functools import cached_property
from typing import TYPE_CHECKING, TypeAlias

from lxml import etree

from planforge import Plan, Report, Template, check, load, opc, templates, wml
from planforge.errors import DocumentPlace, PlanforgeError, Problem
from planforge.wml import FALLBACK, owned, text_of, w
from tests import problem_docs
from tests.pictures import FORMS, SAMPLES
from tests.word_templates import SAMPLE, WORD_MADE

if TYPE_CHECKING:
    from lxml.etree import _Element

__all__ = [
    "OPERATORS",
    "PARAGRAPH",
    "Form",
    "Mutation",
    "Verdict",
    "Where",
    "false_alarms",
    "figures",
    "forms",
    "judged",
    "mutations",
    "tried",
    "where_is",
]

SEED = 20240607
STORIES = re.compile(r"word/(document|header\d+|footer\d+|footnotes)\.xml")
TAG = re.compile(r"\{\{.*?\}\}|\{%.*?%\}|\{#.*?#\}", re.DOTALL)
PARAGRAPH = _P = w("p")
_T, _R, _TBL, _TR, _TC = w("t"), w("r"), w("tbl"), w("tr"), w("tc")

Where: TypeAlias = tuple[object, ...]
"""A cell as places are compared: part, note, table, row, cell; outside of tables the paragraph too."""


# --- templates and their tags --------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Spot:
    """A tag of a template: its part, the index of its paragraph there, its letters, and the cell that it stands in."""

    part: str
    paragraph: int
    start: int
    source: str
    where: Where

    @property
    def words(self) -> str:
        """What stands inside, without the prefix."""
        return re.sub(r"^\{[{%#]-?(?:tr|tc|p|r)?\s|\s*-?[}%#]\}$", "", self.source).strip()

    @property
    def prefix(self) -> str:
        found = re.match(r"\{%(tr|tc|p|r)\s", self.source)
        return found[1] if found else ""

    @property
    def keyword(self) -> str:
        return self.words.split()[0] if self.source.startswith("{%") else ""

    @property
    def expression(self) -> str:
        """The expression in a value, a condition or a loop; nothing for any other tag."""
        if self.source.startswith("{{"):
            return self.words
        if self.keyword in ("if", "elif"):
            return self.words.partition(" ")[2]
        return self.words.partition(" in ")[2] if self.keyword == "for" else ""


@dataclass(frozen=True)
class Form:
    """A correct template with the data that it prints."""

    name: str
    content: bytes
    data: Plan | Report

    @cached_property
    def package(self) -> opc.Package:
        return opc.unpack(self.content)

    @cached_property
    def trees(self) -> dict[str, _Element]:
        return {part: self.package.parse(part) for part in sorted(self.package.parts) if STORIES.fullmatch(part)}

    @cached_property
    def spots(self) -> tuple[Spot, ...]:
        """Every tag, in the order of the parts' XML."""
        return tuple(
            Spot(part, index, found.start(), found.group(), where_is(paragraph, part))
            for part, root in self.trees.items()
            for index, paragraph in enumerate(root.iter(_P))
            for found in TAG.finditer("".join(t.text or "" for t in _texts(paragraph)))
        )

    @cached_property
    def blocks(self) -> dict[Spot, tuple[Spot, ...]]:
        """Each tag of a loop or condition: all tags of its block, from its beginning to its end."""
        found: dict[Spot, tuple[Spot, ...]] = {}
        open_: list[list[Spot]] = []
        for spot in self.spots:
            if spot.keyword in ("for", "if"):
                open_.append([])
            if spot.keyword in ("for", "if", "elif", "else", "endfor", "endif"):
                open_[-1].append(spot)
            if spot.keyword in ("endfor", "endif"):
                block = tuple(open_.pop())
                found.update(dict.fromkeys(block, block))
        return found

    def inside(self, block: tuple[Spot, ...]) -> tuple[Spot, ...]:
        """The tags between the first and the last one of a block."""
        at = {spot: index for index, spot in enumerate(self.spots)}
        return self.spots[at[block[0]] + 1 : at[block[-1]]]

    @cached_property
    def printed(self) -> list[str]:
        printed = self.print(self.content)
        assert printed is not None
        return printed

    def print(self, content: bytes) -> list[str] | None:
        """The texts that a template prints of the data, part by part and paragraph by paragraph; None if it refuses."""
        try:
            document = Template.open(content).render(self.data, today=date(2024, 1, 1), embed=False)
        except PlanforgeError:
            return None
        package = opc.unpack(document)
        trees = (package.parse(part) for part in sorted(package.parts) if STORIES.fullmatch(part))
        return [
            ("|" if next(paragraph.iterancestors(_TC), None) is not None else "") + text_of(paragraph)
            for root in trees
            for paragraph in root.iter(_P)
        ]


def forms() -> list[Form]:
    """All built-in templates and those made as in Word."""
    data = {sample: load(SAMPLES / sample) for sample in {*FORMS.values(), SAMPLE}}
    built_in = [Form(name, templates.document(name), data[FORMS[name]]) for name in templates.names()]
    return [*built_in, *(Form(name, content, data[SAMPLE]) for name, content in WORD_MADE.items())]


def where_is(paragraph: _Element, part: str) -> Where:
    """The cell that a paragraph stands in, counted as a person counts it; its number outside of tables."""
    while (box := next(paragraph.iterancestors(w("txbxContent"), _TBL), None)) is not None and box.tag != _TBL:
        paragraph = next(box.iterancestors(_P))  # a text box is where its paragraph is
    note = next(paragraph.iterancestors(w("footnote")), None)
    number = None if note is None else len(list(note.itersiblings(note.tag, preceding=True))) + 1
    cell = next(paragraph.iterancestors(_TC), None)
    if cell is None:
        story = paragraph.getroottree().getroot() if note is None else note
        outside = [p for p in story.iter(_P) if next(p.iterancestors(_TC, w("txbxContent")), None) is None]
        return part, number, None, None, None, outside.index(paragraph) + 1
    row = next(cell.iterancestors(_TR))
    table = next(row.iterancestors(_TBL))
    tables = [t for t in table.getroottree().getroot().iter(_TBL) if next(t.iterancestors(FALLBACK), None) is None]
    rows, cells = owned(table, _TR), owned(row, _TC)
    return part, number, tables.index(table) + 1, rows.index(row) + 1, cells.index(cell) + 1, None


def where_told(place: object) -> Where:
    assert isinstance(place, DocumentPlace)
    outside = place.table is None
    return place.part, place.note, place.table, place.row, place.cell, place.paragraph if outside else None


# --- one mutation --------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Mutation:
    """A template with one fault; `places` are the cells that a problem may name to be exact."""

    operator: str
    form: Form
    spot: Spot
    content: bytes
    places: frozenset[Where]
    done: str


@dataclass
class Edit:
    """A copy of a template's part at hand, for an operator to change."""

    form: Form
    spot: Spot
    chance: random.Random
    places: set[Where] = field(default_factory=set)

    @cached_property
    def root(self) -> _Element:
        return deepcopy(self.form.trees[self.spot.part])

    @cached_property
    def paragraphs(self) -> list[_Element]:
        return list(self.root.iter(_P))

    @property
    def block(self) -> tuple[Spot, ...]:
        return self.form.blocks.get(self.spot, ())

    def around(self) -> list[tuple[Spot, ...]]:
        """The block of the tag and those of its kind around it: which of them lost or got an end nobody can tell."""
        inside = [b for b in set(self.form.blocks.values()) if self.spot in (*b, *self.form.inside(b))]
        return [b for b in inside if b[0].keyword == self.block[0].keyword and b[0].part == self.spot.part]

    def paragraph(self, spot: Spot | None = None) -> _Element:
        return self.paragraphs[(spot or self.spot).paragraph]

    def put(self, new: str, spot: Spot | None = None) -> str:
        """Writes something in a tag's place, into the run that the tag begins in."""
        spot = spot or self.spot
        begin, end = spot.start, spot.start + len(spot.source)
        at = 0
        for text in _texts(self.paragraph(spot)):
            content = text.text or ""
            first, last = (min(max(n - at, 0), len(content)) for n in (begin, end))
            if first < last:
                text.text = content[:first] + (new if at + first == begin else "") + content[last:]
                text.set(wml.XML_SPACE, "preserve")
            at += len(content)
        return f"{self.spot.source} → {new}"

    def cut(self, inside: str = "", at: int | None = None) -> None:
        """Cuts the run of the tag (in one run) in two in the middle of it, with this XML between the halves."""
        whole = self.put(self.spot.source)  # into one run
        assert whole
        seen, at = 0, self.spot.start + (len(self.spot.source) // 2 if at is None else at)
        for text in _texts(self.paragraph()):
            content = text.text or ""
            if seen <= at < seen + len(content):
                run = text.getparent()
                assert run is not None
                second = run.makeelement(_R)
                second.extend([deepcopy(p) for p in run.iterchildren(w("rPr"))])
                rest = etree.SubElement(second, _T, {wml.XML_SPACE: "preserve"})
                rest.text, text.text = content[at - seen :], content[: at - seen]
                second.extend(list(text.itersiblings()))
                run.addnext(second)
                for element in reversed(list(etree.fromstring(f'<x xmlns:w="{wml.NAMESPACE}">{inside}</x>'))):
                    run.addnext(element)
                return
            seen += len(content)

    def content(self) -> bytes:
        part = etree.tostring(self.root, xml_declaration=True, encoding="UTF-8", standalone=True)
        return self.form.package.replace({self.spot.part: part}).to_bytes(level=1)


def _texts(paragraph: _Element) -> list[_Element]:
    return [t for t in paragraph.iter(_T) if next(t.iterancestors(_P)) is paragraph]


Act: TypeAlias = "Callable[[Edit], str | None]"
"""Changes the template at hand and says what was done; None where the tag does not fit."""


@dataclass(frozen=True, slots=True)
class Operator:
    """A way to break a template, or to leave it as it is: `warnings` are the codes that catch it besides errors."""

    act: Act
    warnings: tuple[str, ...] = ()


OPERATORS: dict[str, Operator] = {}


def operator(name: str, *warnings: str) -> Callable[[Act], Act]:
    def register(act: Act) -> Act:
        OPERATORS[name] = Operator(act, warnings)
        return act

    return register


def rewriting(name: str, rewrite: Callable[[Spot, random.Random], str | None], *warnings: str) -> None:
    """An operator that writes another text in a tag's place."""

    def act(edit: Edit) -> str | None:
        new = rewrite(edit.spot, edit.chance)
        return None if new is None or new == edit.spot.source else edit.put(new)

    OPERATORS[name] = Operator(act, warnings)


# --- names ---------------------------------------------------------------------------------------------------------

NAME = re.compile(r"[^\W\d]\w{3,}")
STRING = re.compile(r"\"[^\"]*\"|'[^']*'")
LATIN, CYRILLIC = "aceopxy", "асеорху"
KEYBOARD = dict(zip("qwertyuiopasdfghjklzxcvbnm", "фцужэнгшүзйыбөахролдячёсмит", strict=False))
KEYWORDS = {"loop", "index", "else", "and", "not", "none", "true", "false", "first", "last", "length", "present"}


def named(change: Callable[[str, random.Random], str]) -> Callable[[Spot, random.Random], str | None]:
    """Changes one name of four letters or more in the expression of a tag: a field, a name, no filter."""

    def rewrite(spot: Spot, chance: random.Random) -> str | None:
        hidden = STRING.sub(lambda m: "0" * len(m.group()), spot.expression)
        names = [m for m in NAME.finditer(hidden) if m.group() not in KEYWORDS and "|" not in hidden[: m.start()]]
        if not names:
            return None
        found = chance.choice(names)
        begin = spot.source.index(spot.expression)
        changed = change(found.group(), chance)
        new = spot.expression[: found.start()] + changed + spot.expression[found.end() :]
        return spot.source[:begin] + new + spot.source[begin + len(spot.expression) :]

    return rewrite


def without_letter(name: str, chance: random.Random) -> str:
    at = chance.choice([n for n, letter in enumerate(name) if letter.isalpha()])  # criterion2 → criterion is no fault
    return name[:at] + name[at + 1 :]


def with_letter(name: str, chance: random.Random) -> str:
    at = chance.randrange(len(name) + 1)
    return name[:at] + chance.choice("xqzж") + name[at:]


def other_letter(name: str, chance: random.Random) -> str:
    at = chance.randrange(len(name))
    return name[:at] + chance.choice([c for c in "aeiouъь" if c != name[at]]) + name[at + 1 :]


def letters_swapped(name: str, chance: random.Random) -> str:
    pairs = [n for n in range(len(name) - 1) if name[n] != name[n + 1]]
    at = chance.choice(pairs)
    return name[:at] + name[at + 1] + name[at] + name[at + 2 :]


def look_alike(name: str, chance: random.Random) -> str:
    other = {**dict(zip(LATIN, CYRILLIC, strict=True)), **dict(zip(CYRILLIC, LATIN, strict=True))}
    fits = [n for n, letter in enumerate(name) if letter in other]
    if not fits:
        return name
    at = chance.choice(fits)
    return name[:at] + other[name[at]] + name[at + 1 :]


def wrong_keyboard(name: str, _: random.Random) -> str:
    back = {cyrillic: latin for latin, cyrillic in KEYBOARD.items()}
    return "".join(KEYBOARD.get(letter, back.get(letter, letter)) for letter in name)


rewriting("name: a letter left out", named(without_letter))
rewriting("name: a letter too many", named(with_letter))
rewriting("name: a wrong letter", named(other_letter))
rewriting("name: two letters swapped", named(letters_swapped))
rewriting("name: a look-alike letter of the other alphabet", named(look_alike))
rewriting("name: typed on the other keyboard", named(wrong_keyboard))


def substituted(pattern: str, new: str, of: str = "") -> Callable[[Spot, random.Random], str | None]:
    """Replaces the first match of a pattern in tags of a keyword (`{{` for values; any)."""

    def rewrite(spot: Spot, _: random.Random) -> str | None:
        fits = not of or spot.keyword in of.split() or (of == "{{" and spot.source.startswith("{{"))
        return re.sub(pattern, new, spot.source, count=1) if fits else None

    return rewrite


rewriting("name: a field of something else", substituted(r"(\w)\.\w+(?=[^'\"]*$)", r"\1.pagination", "{{"))
rewriting("name: a comma for the dot", substituted(r"^(\{\{ \w+)\.", r"\1,"))
rewriting("call: .items()", substituted(r"( in [\w.]+)", r"\1.items()", "for"))
rewriting("call: a method", substituted(r"^\{\{ ([\w.]+)", r"{{ \1.strip()"))

# --- filters, types ------------------------------------------------------------------------------------------------

rewriting("filter: unknown", substituted(r"\| (\w+)", r"| \1x"))
rewriting("filter: one of Jinja's that there is not", substituted(r" \}\}$", " | title }}", "{{"))
rewriting("filter: argument left out", substituted(r"(\| (?:label|ended|default|date))\([^)]*\)", r"\1"))
rewriting("filter: wrong argument", substituted(r"(\| (?:label|date))\([^)]*\)", r'\1("x")'))
rewriting("filter: a bracket left out", substituted(r"(\| \w+\([^)]*)\)", r"\1"))
rewriting("filter: over a list, of texts", substituted(r"( in [\w.]+)", r"\1 | upper", "for"))
rewriting("filter: of numbers, over a text", substituted(r"\{\{ .* \}\}", "{{ plan.title | roman }}", "{{"))
rewriting("type: loop over a text", substituted(r" in [\w.]+", " in plan.title", "for"))
rewriting("type: a list printed", substituted(r"\{\{ .* \}\}", "{{ plan.signoffs }}", "{{"))
rewriting("type: field of a list", substituted(r"\{\{ .* \}\}", "{{ plan.all_measures.text }}", "{{"))
rewriting("type: unlike types compared", substituted(r"if .*?(?= -?%\})", "if plan.title > 5", "if"))
rewriting("type: number and text added", substituted(r"\{\{ .* \}\}", "{{ plan.year + plan.title }}", "{{"))


@operator("type: reached through what may be absent")
def absent(edit: Edit) -> str | None:
    guards = [b[0] for b in set(edit.form.blocks.values()) if edit.spot in edit.form.inside(b)]
    if not edit.spot.source.startswith("{{") or any("plan.annex" in guard.source for guard in guards):
        return None
    return edit.put("{{ plan.annex.number }}")


@operator("type: the condition taken away that guards")
def unguarded(edit: Edit) -> str | None:
    guard = edit.spot.expression
    if edit.spot.keyword != "if" or not re.fullmatch(r"[\w.]+", guard):
        return None
    through = [s for s in edit.form.inside(edit.block) if re.search(rf"{re.escape(guard)}\.\w", s.source)]
    if not through:
        return None
    edit.places = {s.where for s in through}
    return edit.put(edit.spot.source.replace(guard, "plan.title"))


# --- statements ----------------------------------------------------------------------------------------------------

rewriting("statement: misspelt for", substituted(r"\bfor ", "fro ", "for"))
rewriting("statement: misspelt if", substituted(r"\bif ", "fi ", "if"))
rewriting("statement: misspelt endfor", substituted(r"\bendfor\b", "endfro", "endfor"))
rewriting("statement: misspelt endif", substituted(r"\bendif\b", "enidf", "endif"))
rewriting("statement: in Mongolian", substituted(r"\bif ", "хэрэв ", "if"))
rewriting("statement: typed on the other keyboard", substituted(r"\bfor ", "ащк ", "for"))
rewriting("statement: else if", substituted(r"\belse\b", "else if plan.title", "else"))
rewriting("statement: = for ==", substituted(r"if .*?(?= -?%\})", "if plan.year = 2024", "if"))
rewriting("statement: of for in", substituted(r" in ", " of ", "for"))
rewriting("statement: one of Jinja's (include)", substituted(r"\{\{ .* \}\}", '{% include "a.docx" %}', "{{"))
rewriting("statement: a name that means something", substituted(r"\bfor \w+ in", "for plan in", "for"), "PF327")
rewriting("prefix: a space in front", substituted(r"^\{%(tr|tc|p) ", r"{% \1 "))
rewriting("prefix: no space behind", substituted(r"^\{%(tr|tc|p) ", r"{%\1"))
rewriting("prefix: a Cyrillic letter", substituted(r"^\{%p ", "{%р "))
rewriting("prefix: of a row outside of tables", lambda s, _: _in_paragraph(s, "tr"))


def _in_paragraph(spot: Spot, prefix: str) -> str | None:
    return spot.source.replace("{%p ", f"{{%{prefix} ") if spot.where[2] is None and spot.prefix == "p" else None


@operator("prefix: left out")
def without_prefix(edit: Edit) -> str | None:
    if edit.spot.prefix not in ("tr", "tc"):
        return None
    edit.places = {edit.spot.where, edit.block[0].where, edit.block[-1].where}  # they do not fit each other
    return edit.put(edit.spot.source.replace(f"{{%{edit.spot.prefix}", "{%"))


@operator("block: end left out")
def end_dropped(edit: Edit) -> str | None:
    if edit.spot.keyword not in ("endfor", "endif"):
        return None
    edit.places = {s.where for block in edit.around() for s in (block[0], block[-1])}
    return edit.put("")


@operator("block: beginning left out")
def beginning_dropped(edit: Edit) -> str | None:
    if edit.spot.keyword not in ("for", "if"):
        return None
    # What is left without it: the rest of its block, and what used the loop's name.
    edit.places = {s.where for s in (*edit.block, *_users(edit))}
    return edit.put("")


def _users(edit: Edit) -> list[Spot]:
    names = re.match(r"for (\w+)", edit.spot.words)
    return [s for s in edit.form.inside(edit.block) if names and re.search(rf"\b{names[1]}\b", s.expression)]


@operator("block: end twice")
def end_doubled(edit: Edit) -> str | None:
    if edit.spot.keyword not in ("endfor", "endif"):
        return None
    edit.places = {s.where for block in edit.around() for s in (block[0], block[-1])}
    return edit.put(edit.spot.source * 2)


@operator("block: end of the other kind")
def other_end(edit: Edit) -> str | None:
    other = {"endfor": "endif", "endif": "endfor"}.get(edit.spot.keyword)
    if other is None:
        return None
    edit.places = {edit.spot.where, edit.block[0].where}
    return edit.put(edit.spot.source.replace(edit.spot.keyword, other))


@operator("block: ends of two swapped")
def ends_swapped(edit: Edit) -> str | None:
    """Of a loop and a condition inside one another, as they follow each other."""
    if edit.spot.keyword not in ("endfor", "endif"):
        return None
    spots = edit.form.spots
    after = spots[spots.index(edit.spot) + 1 :][:1]
    if not after or {after[0].keyword, edit.spot.keyword} != {"endfor", "endif"} or after[0].part != edit.spot.part:
        return None
    edit.put(after[0].source, after[0])  # each in its own run
    later, sooner = after[0], edit.spot
    edit.places = {s.where for other in (later, sooner) for s in (edit.form.blocks[other][0], other)}
    edit.put(sooner.source, later)
    return edit.put(later.source)


@operator("block: else behind the end")
def else_moved(edit: Edit) -> str | None:
    """Where no loop is right around it: there it would be the loop's own `else`, which is no fault."""
    around = [b for b in set(edit.form.blocks.values()) if edit.spot in edit.form.inside(b) and b != edit.block]
    innermost = min(around, key=lambda b: len(edit.form.inside(b)), default=())
    if edit.spot.keyword != "else" or (innermost and innermost[0].keyword == "for"):
        return None
    end = edit.block[-1]
    if end.paragraph == edit.spot.paragraph:
        edit.put(end.source + edit.spot.source, end)
        edit.put("")
    else:
        edit.put(edit.spot.source, end)
        edit.put(end.source)
    edit.places = {edit.spot.where, end.where}
    return "else and end swapped"


@operator("block: else twice")
def else_doubled(edit: Edit) -> str | None:
    return edit.put(edit.spot.source * 2) if edit.spot.keyword == "else" else None


@operator("block: else left out")
def else_without_if(edit: Edit) -> str | None:
    if edit.spot.keyword != "else" or not edit.block[0].keyword:
        return None
    edit.places = {s.where for s in edit.block}
    return edit.put(edit.spot.source, edit.block[0]) and "the beginning is an else"


OPERATORS["block: else in place of the beginning"] = OPERATORS.pop("block: else left out")


@operator("Word: two tags of paragraphs in one paragraph")
def joined(edit: Edit) -> str | None:
    spots = edit.form.spots
    after = spots[spots.index(edit.spot) + 1 :][:1]
    if edit.spot.prefix != "p" or not after or after[0].prefix != "p" or after[0].part != edit.spot.part:
        return None
    first, second = edit.paragraph(), edit.paragraph(after[0])
    if first.getnext() is not second or second.find(f".//{w('sectPr')}") is not None:
        return None
    first.extend([child for child in second if child.tag != w("pPr")])
    _remove(second)
    return f"{after[0].source} moved into the paragraph of {edit.spot.source}"


@operator("block: text beside a tag of a paragraph or row")
def beside(edit: Edit) -> str | None:
    return edit.put(f"Нэр {edit.spot.source}") if edit.spot.prefix in ("p", "tr") else None


@operator("row: tag moved beside the text of the next row")
def into_row(edit: Edit) -> str | None:
    if edit.spot.prefix != "tr":
        return None
    row = next(edit.paragraph().iterancestors(_TR))
    beside = row.getnext()
    while beside is not None and re.match(r"\{%tr", "".join(t.text or "" for t in beside.iter(_T))):
        beside = beside.getnext()
    if beside is None or beside.tag != _TR:
        return None
    cell = edit.chance.choice(owned(beside, _TC))
    _write(next(cell.iter(_P)), edit.spot.source)
    _remove(row)
    edit.places = {where_is(next(cell.iter(_P)), edit.spot.part)}
    return f"{edit.spot.source} in another row's cell"


@operator("row: tag moved out of the table")
def out_of_table(edit: Edit) -> str | None:
    if edit.spot.prefix != "tr":
        return None
    row = next(edit.paragraph().iterancestors(_TR))
    outer = next(row.iterancestors(_TBL))
    moved = outer.makeelement(_P)
    _write(moved, edit.spot.source)
    outer.addnext(moved)
    _remove(row)
    edit.places = {where_is(moved, edit.spot.part)}
    return f"{edit.spot.source} in a paragraph behind the table"


@operator("row: end moved to the next cell of its own row")
def end_in_cell(edit: Edit) -> str | None:
    """The beginning of a loop of rows and its end both in the row that repeats, beside its texts."""
    if edit.spot.keyword != "endfor" or edit.spot.prefix != "tr" or len(edit.block) != 2:
        return None
    row = next(edit.paragraph().iterancestors(_TR))
    above = row.getprevious()
    if above is None or above.tag != _TR or "{%tr" in "".join(t.text or "" for t in above.iter(_T)):
        return None
    cell = owned(above, _TC)[-1]
    _write(list(cell.iter(_P))[-1], edit.spot.source)
    _remove(row)
    edit.places = {where_is(next(cell.iter(_P)), edit.spot.part)}
    return f"{edit.spot.source} in the last cell of the row above"


@operator("loop: a value moved out of it")
def out_of_loop(edit: Edit) -> str | None:
    if not edit.spot.source.startswith("{{"):
        return None
    loops = [b for b in set(edit.form.blocks.values()) if b[0].keyword == "for" and edit.spot in edit.form.inside(b)]
    names = {m[1] for b in loops if (m := re.match(r"for (\w+)", b[0].words))}
    if not any(re.search(rf"\b{name}\b", edit.spot.expression) for name in names):
        return None
    body = edit.root.find(w("body"))
    moved = edit.root.makeelement(_P)
    _write(moved, edit.spot.source)
    if body is None:
        return None
    body.insert(len(body) - 1, moved)
    edit.put("")
    edit.places = {where_is(moved, edit.spot.part)}
    return f"{edit.spot.source} at the end of the document"


def _write(paragraph: _Element, text: str) -> None:
    run = etree.SubElement(paragraph, _R)
    etree.SubElement(run, _T, {wml.XML_SPACE: "preserve"}).text = text


def _remove(element: _Element) -> None:
    parent = element.getparent()
    assert parent is not None
    parent.remove(element)


rewriting("cell: vm twice", substituted(r"^(\{% vm .* %\})$", r"\1\1", "vm"))
rewriting("cell: vm of nothing", substituted(r"^\{% vm .* %\}$", "{% vm plan. %}", "vm"))

# --- braces --------------------------------------------------------------------------------------------------------

LIKE_TAGS = ("PF325", "PF326")
rewriting("braces: single, of a value", substituted(r"^\{\{(.*)\}\}$", r"{\1}"), *LIKE_TAGS)
rewriting("braces: single, of a statement", substituted(r"^\{%(?:tr|tc|p)?(.*)%\}$", r"{\1}"), *LIKE_TAGS)
rewriting("braces: three", substituted(r"^\{\{(.*)\}\}$", r"{{{\1}}}"), *LIKE_TAGS)
rewriting("braces: closing ones left out", substituted(r"\}\}$", ""), *LIKE_TAGS)
rewriting("braces: opening ones left out", substituted(r"^\{\{", ""), *LIKE_TAGS)
rewriting("braces: one closing", substituted(r"\}\}$", "}"), *LIKE_TAGS)
rewriting("braces: one opening", substituted(r"^\{\{", "{"), *LIKE_TAGS)
rewriting("braces: a space between them", substituted(r"^\{\{(.*)\}\}$", r"{ {\1} }"), *LIKE_TAGS)
rewriting("braces: none", substituted(r"^\{\{ (\w+\.\w+) \}\}$", r"\1"), *LIKE_TAGS)
rewriting("braces: a percent sign for a value's brace", substituted(r"\}\}$", "%}"), *LIKE_TAGS)
rewriting("percent sign: the closing one left out", substituted(r"%\}$", "}"), *LIKE_TAGS)
rewriting("percent sign: the opening one left out", substituted(r"^\{%(?:tr|tc|p)?", "{"), *LIKE_TAGS)
rewriting("percent sign: both left out", substituted(r"^\{%(?:tr|tc|p)? ?(.*)%\}$", r"{ \1}"), *LIKE_TAGS)
rewriting("quotation mark left out", substituted(r"\"(?=\))", ""))

# --- what Word does to tags ----------------------------------------------------------------------------------------


def spaced(source: str, space: str) -> str:
    """A tag with other spaces, outside of its strings."""
    return re.sub(r"(\"[^\"]*\")|(?<=\w) (?=\w)|(?<=[{|]) | (?=[}|])", lambda m: m[1] or space, source)


rewriting("Word: bent quotes", lambda s, _: re.sub(r"\"([^\"]*)\"", r"“\1”", s.source))
rewriting("Word: Mongolian quotes", lambda s, _: re.sub(r"\"([^\"]*)\"", r"«\1»", s.source))
rewriting("Word: no-break spaces", lambda s, _: spaced(s.source, "\u00a0") if s.prefix == "" else None)
rewriting("Word: long dashes", lambda s, _: s.source.replace("{%-", "{%–").replace("-%}", "—%}"))
rewriting("Word: invisible letters", substituted(r"^(\{[{%][^\"|]*?\.\w)", "\\1\u200b"))
rewriting("Word: doubled spaces", lambda s, _: spaced(s.source, "  "))


def cut_by(name: str, inside: str, *, at: int | None = None) -> None:
    def act(edit: Edit) -> str | None:
        edit.cut(inside, at)
        return f"{edit.spot.source} cut"

    OPERATORS[name] = Operator(act)


cut_by("Word: tag cut into runs", "")
cut_by("Word: tag cut between its braces", "", at=1)
cut_by("Word: bookmark inside", '<w:bookmarkStart w:id="9001" w:name="тэмдэг"/><w:bookmarkEnd w:id="9001"/>')
cut_by("Word: spelling mark inside", '<w:proofErr w:type="spellStart"/><w:proofErr w:type="spellEnd"/>')
cut_by("Word: line break inside", "<w:r><w:br/></w:r>")
cut_by("Word: a tab inside", "<w:r><w:tab/></w:r>")
cut_by("Word: deleted text inside", '<w:del w:id="9002" w:author="а"><w:r><w:delText>х</w:delText></w:r></w:del>')


@operator("Word: tag in two paragraphs", *LIKE_TAGS)
def in_two(edit: Edit) -> str | None:
    edit.cut('<w:proofErr w:type="gramStart"/>')
    paragraph = edit.paragraph()
    (mark,) = [e for e in paragraph.iter(w("proofErr")) if e.get(w("type")) == "gramStart"]
    top = mark
    while top.getparent() is not paragraph:
        parent = top.getparent()
        assert parent is not None
        top = parent
    second = paragraph.makeelement(_P)
    second.extend(list(top.itersiblings()))
    paragraph.addnext(second)
    edit.places = {edit.spot.where, where_is(second, edit.spot.part)}
    _remove(mark)
    return f"{edit.spot.source} goes on in the next paragraph"


# --- trying and judging --------------------------------------------------------------------------------------------


def mutations(form: Form, name: str, most: int | None = None) -> Iterator[Mutation]:
    """What an operator does to a template: at every tag that it fits, or at so many of them, drawn by lot."""
    seed = zlib.crc32(f"{SEED} {form.name} {name}".encode())
    spots = list(form.spots)
    random.Random(seed).shuffle(spots)
    count = 0
    for spot in spots:
        edit = Edit(form, spot, random.Random(f"{seed} {spot}"))
        if most is not None and count == most:
            return
        done = OPERATORS[name].act(edit)
        if done is not None:
            count += 1
            places = edit.places or {spot.where}
            if spot.prefix == "tr":  # it stands for its row, so a problem may name the row only
                places |= {(*where[:4], None, where[5]) for where in places}
            yield Mutation(name, form, spot, edit.content(), frozenset(places), done)


@dataclass(frozen=True, slots=True)
class Verdict:
    """What became of a mutation; harmless can only be what Word does by itself."""

    mutation: Mutation
    problems: tuple[Problem, ...]
    kind: str
    """caught, harmless or missed."""
    exact: bool


def judged(mutation: Mutation) -> Verdict:
    """A template looked at as a user would: by `check`, and where it finds nothing by printing it."""
    warnings = OPERATORS[mutation.operator].warnings
    problems = tuple(p for p in check(mutation.content) if p.severity != "note")
    catching = [p for p in problems if p.is_error or p.code in warnings]
    if catching:
        exact = any(where_told(p.place) in mutation.places for p in catching)
        return Verdict(mutation, problems, "caught", exact)
    is_harmless = (
        mutation.operator.startswith("Word: ")
        and not problems
        and mutation.form.print(mutation.content) == mutation.form.printed
    )
    return Verdict(mutation, problems, "harmless" if is_harmless else "missed", False)


def false_alarms(found: Iterable[Form]) -> list[str]:
    """What is told of templates in which nothing is wrong, alone and with their data."""
    return [
        f"{form.name}: {p.format()}"
        for form in found
        for data in (None, form.data)
        for p in check(form.content, data=data)
        if p.is_error or (p.severity == "warning" and data is None)
    ]


def tried(found: Iterable[Form], most: int | None = None) -> list[Verdict]:
    return [judged(m) for form in found for name in OPERATORS for m in mutations(form, name, most)]


# --- the figures ---------------------------------------------------------------------------------------------------


def figures(verdicts: list[Verdict], count: int, alarms: int) -> str:
    """The figures as Markdown: a sentence, then a row for each operator."""
    totals = Counter(v.kind for v in verdicts)
    exact = sum(v.exact for v in verdicts)
    lines = [
        f"{len(OPERATORS)} operators, {count} templates, {len(verdicts):,} mutations (seed {SEED}):",
        f"**{100 * (totals['caught'] + totals['harmless']) / len(verdicts):.2f} %** caught ({totals['caught']:,}) "
        f"or proven harmless ({totals['harmless']:,}), {totals['missed']} missed;",
        f"**{100 * exact / totals['caught']:.2f} %** of those caught told at the exact cell or paragraph;",
        f"**{alarms}** false alarms on the {count} correct templates.",
        "",
        "| what was done | tried | caught | exact place | harmless | missed |",
        "|---|--:|--:|--:|--:|--:|",
    ]
    for name in OPERATORS:
        own = [v for v in verdicts if v.mutation.operator == name]
        kinds = Counter(v.kind for v in own)
        cells = (len(own), kinds["caught"], sum(v.exact for v in own), kinds["harmless"], kinds["missed"])
        lines.append(f"| {name} | {' | '.join(map(str, cells))} |")
    return "\n".join(lines)


def main() -> None:
    """Tries everything and writes the figures."""
    found = forms()
    verdicts = tried(found)
    page = problem_docs.CHECKING
    text = page.read_text(encoding="utf-8")
    before, _, rest = text.partition(problem_docs.BEGIN)
    after = rest.partition(problem_docs.END)[2]
    new = figures(verdicts, len(found), len(false_alarms(found)))
    page.write_text(f"{before}{problem_docs.BEGIN}\n{new}\n{problem_docs.END}{after}", encoding="utf-8")
    problem_docs.write()
    sys.stdout.write(f"{new}\n")


if __name__ == "__main__":
    main()
