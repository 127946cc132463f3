"""Lists that Word numbers, inside loops: for which items a list starts again at its first number.

A numbered paragraph refers to a numbering instance (`w:num`, ECMA-376 part 1, 17.9.15), itself or through its style.
A list starts again when its paragraphs refer to a fresh instance of the same definition whose levels say where they
start (`w:startOverride`, 17.9.27). The rule, for a list and a loop L:

- Count the entries of the list's topmost level that one item of L prints. Paragraphs in sequence add up; of the
  branches of a condition the largest counts; anything inside a loop in L counts as many.
- One entry: the item *is* an entry, and the numbers run on over L. More: the list starts again for each item of L.
- Where L prints only lower levels of a list whose topmost level stands elsewhere in the part, its entries belong to
  that upper entry: the numbers run on, and Word itself starts them again below the next upper one.

So `{%p for m %} numbered {%p endfor %}` prints 1, 2, 3; inside a loop over objectives it prints 1, 2, 3 for each of
them; and a loop over a heading and two numbered paragraphs prints 1, 2 for each item. Lists of bullets are left alone,
and so is what stands outside loops.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from copy import deepcopy
from dataclasses import dataclass
from functools import cached_property
from typing import Any, TypeAlias

from lxml import etree

from planforge.opc import Package
from planforge.repetition import Block, Emitter, Node, Numbers, repeated
from planforge.wml import names, properties_of, w

__all__ = ["MAX_INSTANCES", "TAGS", "Entry", "Instances", "Lists", "Source", "restart"]

MAX_INSTANCES = 2_000
"""Fresh numbering instances in a document; Word holds 2,046 of all kinds."""
TAGS = frozenset({w("p")})

_VAL, _P, _PPR, _NUM_PR, _IND = names("val p pPr numPr ind")
_NUM, _ABSTRACT, _LEVEL, _OVERRIDE = names("num abstractNum lvl lvlOverride")
_NUM_ID, _ABSTRACT_ID, _ILVL, _START, _START_OVERRIDE = names("numId abstractNumId ilvl start startOverride")
_LEVELS = 9
_BASES = 50
"""Styles based on one another that are followed: a bound for chains that go in a circle or on without end."""
_UNNUMBERED = ("bullet", "none")
# 17.3.1.26: the children of w:pPr have a fixed order.
_BEFORE_NUM_PR = names("pStyle keepNext keepLines pageBreakBefore framePr widowControl")
_AFTER_IND = names(
    """contextualSpacing mirrorIndents suppressOverlap jc textDirection textAlignment textboxTightWrap outlineLvl divId
    cnfStyle rPr sectPr pPrChange"""
)


@dataclass(frozen=True, slots=True)
class Entry:
    """A paragraph of a list: the instance, the level from 0, and the style that says so (None: the paragraph)."""

    list: int
    level: int
    style: str | None


def _val(parent: etree._Element | None, *path: str) -> str | None:
    """`w:val` of a descendant."""
    found = None if parent is None else parent.find("/".join(path))
    return None if found is None else found.get(_VAL)


def _int(value: str | None) -> int | None:
    return int(value) if value is not None and re.fullmatch("[0-9]{1,10}", value, re.ASCII) else None


# -- the lists of a template ----------------------------------------------------------------------------------------


class Lists:
    """The lists of a template, as its numbering and style parts define them; read when the first one is asked for."""

    def __init__(self, package: Package) -> None:
        self.package = package
        self.restarted: set[int] = set()
        """The lists that some loop starts again."""
        self._defined: dict[str | None, Mapping[int, etree._Element]] = {}
        self._levels: dict[int, Mapping[int, etree._Element]] = {}
        self._styled: dict[str | None, Entry | None] = {}

    def part(self, kind: str) -> str | None:
        """The name of the numbering or style part."""
        return next((name for name in self.package.related(kind) if name in self.package.parts), None)

    @cached_property
    def definitions(self) -> etree._Element:
        name = self.part("numbering")
        return etree.Element(w("numbering")) if name is None else self.package.parse(name)

    @cached_property
    def instances(self) -> Mapping[int, etree._Element]:
        found = ((_int(num.get(_NUM_ID)), num) for num in self.definitions.iterchildren(_NUM))
        return {number: num for number, num in found if number}

    @cached_property
    def abstract(self) -> Mapping[str | None, etree._Element]:
        return {a.get(_ABSTRACT_ID): a for a in self.definitions.iterchildren(_ABSTRACT)}

    @cached_property
    def styles(self) -> Mapping[str | None, etree._Element]:
        name = self.part("styles")
        styles = () if name is None else self.package.parse(name).iterchildren(w("style"))
        return {style.get(w("styleId")): style for style in styles}

    @cached_property
    def default(self) -> str | None:
        """The style of a paragraph that names none."""
        for id_, style in self.styles.items():
            if style.get(w("type")) == "paragraph" and style.get(w("default")) in ("1", "true", "on"):
                return id_
        return None

    def chain(self, style: str | None) -> Iterator[etree._Element]:
        """A paragraph style, or the default one where there is no such style, and those it is based on."""
        style = style if style in self.styles else self.default
        for _ in range(_BASES):
            if style not in self.styles:
                return
            yield self.styles[style]
            style = _val(self.styles[style], w("basedOn"))

    def levels(self, number: int) -> Mapping[int, etree._Element]:
        """The levels of a list: its definition's, some of them perhaps replaced by its own (17.9.8)."""
        if number not in self._levels:
            id_ = _val(self.instances.get(number), _ABSTRACT_ID)
            if id_ not in self._defined:
                self._defined[id_] = _levels(self.definition(id_).iterchildren(_LEVEL))
            own = (level for override in self.overrides(number).values() for level in override.iterchildren(_LEVEL))
            self._levels[number] = {**self._defined[id_], **_levels(own)}
        return self._levels[number]

    def definition(self, id_: str | None) -> etree._Element:
        """A definition, or that of the list style that it refers to (17.9.21)."""
        found = self.abstract.get(id_)
        link = _val(found, w("numStyleLink"))
        if link is not None:
            number = _int(_val(self.styles.get(link), _PPR, _NUM_PR, _NUM_ID))
            found = self.abstract.get(_val(self.instances.get(number or 0), _ABSTRACT_ID))
        return etree.Element(_ABSTRACT) if found is None else found

    def overrides(self, number: int) -> Mapping[int | None, etree._Element]:
        num = self.instances.get(number)
        return {} if num is None else {_int(o.get(_ILVL)): o for o in num.iterchildren(_OVERRIDE)}

    def is_numbered(self, entry: Entry) -> bool:
        """Whether Word prints a number that counts."""
        level = self.levels(entry.list).get(entry.level)
        shape = None if level is None else next(level.iter(w("numFmt")), None)
        return level is not None and (shape is None or shape.get(_VAL) not in _UNNUMBERED)

    def entry(self, paragraph: etree._Element) -> Entry | None:
        """The list that a paragraph belongs to; None for none (numId 0 takes it out of its style's list)."""
        style = _val(paragraph, _PPR, w("pStyle"))
        if style not in self._styled:
            self._styled[style] = self.styled(style)
        inherited = self._styled[style]
        own = paragraph.find(f"{_PPR}/{_NUM_PR}")
        number = _int(_val(own, _NUM_ID))
        level = _int(_val(own, _ILVL))
        if number is not None:
            entry = Entry(number, level or 0, None)
        elif inherited is not None:
            entry = inherited if level is None else Entry(inherited.list, level, inherited.style)
        else:
            return None
        return entry if entry.list in self.instances and entry.level < _LEVELS else None

    def styled(self, style: str | None) -> Entry | None:
        """The list of a paragraph style: the level is the one that names the style (17.9.23), or the style's own."""
        chain = list(self.chain(style))
        source = next((s for s in chain if _val(s, _PPR, _NUM_PR, _NUM_ID) is not None), None)
        number = _int(_val(source, _PPR, _NUM_PR, _NUM_ID))
        if source is None or number is None:
            return None
        named = {_val(level, w("pStyle")): at for at, level in self.levels(number).items()}
        ids = [s.get(w("styleId")) for s in chain[: chain.index(source) + 1]]
        level = next((named[id_] for id_ in ids if id_ in named), None)
        if level is None:
            own = (_int(_val(s, _PPR, _NUM_PR, _ILVL)) for s in chain)
            level = next((at for at in own if at is not None), 0)
        return Entry(number, level, source.get(w("styleId")))

    def indents(self, paragraph: etree._Element, entry: Entry) -> Mapping[str, str]:
        """The indents of a paragraph: its own, then those of its styles as far down as the one that names the list."""
        found: dict[str, str] = {}
        for holder in (paragraph, *self.chain(_val(paragraph, _PPR, w("pStyle")))):
            own = holder.find(f"{_PPR}/{_IND}")
            said = {side for name in found for side in _SAME_INDENT[etree.QName(name).localname]}
            for name, value in () if own is None else own.attrib.items():
                if _SAME_INDENT.get(local := etree.QName(str(name)).localname) and local not in said:
                    found[str(name)] = str(value)
            if holder.get(w("styleId")) == entry.style:
                break
        return found

    def source(self) -> Source | None:
        """What rendering needs; None where no loop starts a list again."""
        part, root = self.part("numbering"), self.definitions
        if not self.restarted or part is None:
            return None
        etree.strip_tags(root, etree.ProcessingInstruction, etree.Comment)
        taken = frozenset(self.instances)
        fresh = [self.fresh(number) for number in sorted(self.restarted)]
        at = root.index(next(root.iterchildren(_NUM, reversed=True))) + 1
        root[at:at] = [piece for num in fresh for piece in (_cut(), num)]
        root.insert(at + 2 * len(fresh), _cut())
        head, *nums, tail = etree.tostring(root, encoding="unicode", with_tail=False).split(_CUT)
        pieces = {number: text.partition('""') for number, text in zip(sorted(self.restarted), nums, strict=True)}
        return Source(part, taken, head, {n: (a + '"', '"' + b) for n, (a, _, b) in pieces.items()}, tail)

    def fresh(self, number: int) -> etree._Element:
        """A `w:num` like this one, its number left empty, whose levels start again."""
        levels, overrides = self.levels(number), self.overrides(number)
        out = etree.Element(_NUM, {_NUM_ID: ""}, nsmap=self.definitions.nsmap)  # type: ignore[arg-type]
        definition = _val(self.instances[number], _ABSTRACT_ID) or ""
        etree.SubElement(out, _ABSTRACT_ID, {_VAL: definition})
        for at in sorted(levels):
            override = etree.SubElement(out, _OVERRIDE, {_ILVL: str(at)})
            old = overrides.get(at)
            start = _int(_val(old, _START_OVERRIDE)) if old is not None else None
            if start is None:
                start = _int(_val(levels[at], _START)) or 0
            etree.SubElement(override, _START_OVERRIDE, {_VAL: str(start)})
            override.extend(deepcopy(list(() if old is None else old.iterchildren(_LEVEL))))
        return out


def _cut() -> etree._ProcessingInstruction:
    return etree.ProcessingInstruction("cut", "0")


_CUT = "<?cut 0?>"


def _levels(elements: Iterable[etree._Element]) -> dict[int, etree._Element]:
    """Levels by number, from 0."""
    found = ((_int(element.get(_ILVL)), element) for element in elements)
    return {at: element for at, element in found if at is not None and at < _LEVELS}


# -- the rule -------------------------------------------------------------------------------------------------------

_Tally: TypeAlias = dict[tuple[int, int], int]


def restart(nodes: Iterable[Node], lists: Lists, emitter: Emitter) -> list[etree._Element]:
    """Lets the paragraphs of lists that start again in loops of a part print their fresh instance; gives these."""
    changed: list[etree._Element] = []
    if not lists.instances:
        return changed
    nodes = list(nodes)
    bodies: dict[int, _Tally] = {}
    whole = _tally(nodes, lists, bodies)
    tops: dict[int, int] = {}
    for number, level in whole:
        tops[number] = min(level, tops.get(number, level))
    anew = {
        loop: {number for (number, level), count in body.items() if level == tops[number] and count > 1}
        for loop, body in bodies.items()
    }
    if not any(anew.values()):
        return changed
    paragraphs = [(p, loops, lists.entry(p)) for p, loops in repeated(nodes) if p.tag == _P]
    counted = {entry.list for _, _, entry in paragraphs if entry is not None and lists.is_numbered(entry)}
    ready: set[str] = set()
    for paragraph, loops, entry in paragraphs:
        if entry is None or entry.list not in counted:
            continue
        loop = next((around for around in reversed(loops) if entry.list in anew[around]), None)
        if loop is None:
            continue
        variable = f"list_{loop}_{entry.list}"
        if variable not in ready:
            ready.add(variable)
            emitter.each(loop, f"{variable} = None")
        lists.restarted.add(entry.list)
        code = f"({variable} := {variable} or R.restart({entry.list}, {loop}))"
        _refer(paragraph, entry, emitter.inscribe(code), lists)
        changed.append(paragraph)
    return changed


def _tally(nodes: Iterable[Node], lists: Lists, bodies: dict[int, _Tally]) -> _Tally:
    """The entries by list and level that nodes print, two for many; fills in those of one item of each loop."""
    total: _Tally = {}
    for node in nodes:
        if not isinstance(node, Block):
            entry = lists.entry(node) if node.tag == _P else None
            if entry is not None:
                key = (entry.list, entry.level)
                total[key] = total.get(key, 0) + 1
            continue
        branches = [_tally(branch, lists, bodies) for branch in node.branches]
        if node.loop is not None:
            bodies[node.loop] = branches[0]
            branches[0] = dict.fromkeys(branches[0], 2)
        for key in {key: None for branch in branches for key in branch}:
            total[key] = total.get(key, 0) + max(branch.get(key, 0) for branch in branches)
    return total


def _refer(paragraph: etree._Element, entry: Entry, number: str, lists: Lists) -> None:
    """Lets a paragraph name its instance itself, with the level and the indents that its style gave it."""
    properties = properties_of(paragraph, "pPr")
    own = properties.find(_NUM_PR)
    if own is None:
        own = etree.Element(_NUM_PR)
        properties.insert(sum(1 for child in properties if child.tag in _BEFORE_NUM_PR), own)
    if own.find(_ILVL) is None:
        own.insert(0, etree.Element(_ILVL, {_VAL: str(entry.level)}))
    old = own.find(_NUM_ID)
    if old is None:
        old = etree.Element(_NUM_ID)
        own.insert(1, old)
    old.set(_VAL, number)
    # 17.3.1.19: a list that the paragraph names indents it over its styles; one that a style names does not.
    indents = lists.indents(paragraph, entry) if entry.style is not None else {}
    if indents:
        found = properties.find(_IND)
        if found is None:
            found = etree.Element(_IND)
            properties.insert(sum(1 for child in properties if child.tag not in _AFTER_IND), found)
        for name, value in indents.items():
            found.set(name, value)


_SAME_INDENT = {
    name: group
    for group in (
        {"left", "start", "leftChars", "startChars"},
        {"right", "end", "rightChars", "endChars"},
        {"hanging", "firstLine", "hangingChars", "firstLineChars"},
    )
    for name in group
}
"""Attributes of `w:ind` that say the same thing."""


# -- while a document renders ---------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Source:
    """The numbering part of a template, open where instances are added."""

    part: str
    taken: frozenset[int]
    head: str
    instances: Mapping[int, tuple[str, str]]
    """The text of a fresh instance of each list that starts again, before and after its number."""
    tail: str

    def open(self) -> Instances:
        """For one document."""
        return Instances(self)

    def as_json(self) -> list[object]:
        """What `from_json` reads."""
        instances = [[number, *texts] for number, texts in self.instances.items()]
        return [self.part, sorted(self.taken), self.head, instances, self.tail]

    @classmethod
    def from_json(cls, given: list[Any], /) -> Source:
        part, taken, head, instances, tail = given
        return cls(part, frozenset(taken), head, {number: (a, b) for number, a, b in instances}, tail)


class Instances:
    """The fresh instances of one document."""

    __slots__ = ("numbers", "source", "texts")

    def __init__(self, source: Source) -> None:
        self.source = source
        self.numbers = Numbers(source.taken)
        self.texts: list[str] = []

    def fresh(self, number: int) -> str | None:
        """The number of a fresh instance of a list; None where there are too many."""
        if len(self.texts) == MAX_INSTANCES:
            return None
        fresh = str(self.numbers.fresh())
        before, after = self.source.instances[number]
        self.texts.append(f"{before}{fresh}{after}")
        return fresh

    def part(self) -> str:
        """The numbering part with them."""
        return "".join((self.source.head, *self.texts, self.source.tail))
