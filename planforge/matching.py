"""Which node of one plan became which of another: by id and lineage, by text, then by number and likeness of text.

The two trees are taken from the outer levels to the inner ones, so that a node is first looked for where its parent
went. Equal texts are matched before alike ones: where a measure is dropped the numbers below it move up, and texts of
one office are much alike. Work is linear in the size of the plans: a text is compared with a few candidates that share
its number or its rare words.
"""

from __future__ import annotations

from collections import Counter, defaultdict, deque
from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache
from itertools import chain
from typing import TypeAlias

from planforge.model import Criterion, Node, Plan, Report, Result
from planforge.rewording import words
from planforge.view import LEVELS, CriterionNode, MeasureNode, Path, PlanView, ReportView, TreeNode, bare_number, walk
from planforge.vocabulary import Field, describe, holds_tree

__all__ = ["Element", "elements", "match", "own_fields"]

_ALIKE = 0.6
"""Likeness from which two texts are taken for one, reworded."""
_ALIKE_HERE = 0.4
"""The same under the same parent with the same number."""
_CANDIDATES = 8
"""Texts that one text is compared with for its words."""
_RARE = 32
"""A word in more texts than these says nothing about a text."""
_STEM = 6
"""Letters of a word that count: its endings change with the sentence."""


@dataclass(eq=False, slots=True)
class Element:
    """A plan, report, node or criterion where it stands, and what it is matched with in the other tree."""

    level: str
    item: Plan | Report | Node | Criterion
    path: Path
    number: str
    parent: Element | None = None
    result: Result | None = None
    origins: tuple[str, ...] = ()
    """The ids that a rollover would give a node without one: its plan's year, and its number or place (`2024-2.3`)."""
    below: list[Element] = field(default_factory=list)
    index: int = 0
    """Place among its siblings, from 1."""
    order: int = 0
    """Place in the document, from 0 for the root."""
    match: Element | None = None
    _stems: Counter[str] | None = None
    _words: tuple[str, ...] | None = None

    @property
    def text(self) -> str:
        item = self.item
        if isinstance(item, Node | Criterion):
            return item.text
        return item.title if item.title is not None else self.below[0].text

    @property
    def words(self) -> tuple[str, ...]:
        """The words of its text, in small letters."""
        if self._words is None:
            self._words = tuple(words(self.text.casefold()))
        return self._words

    @property
    def stems(self) -> Counter[str]:
        """The beginnings of its words."""
        if self._stems is None:
            self._stems = Counter(word[:_STEM] for word in self.words)
        return self._stems

    def __iter__(self) -> Iterator[Element]:
        """Itself and all below, in document order."""
        stack = [self]
        while stack:
            element = stack.pop()
            yield element
            stack.extend(reversed(element.below))


@cache
def own_fields(cls: type) -> tuple[Field, ...]:
    """The fields of a record that hold no nodes of the tree."""
    return tuple(f for f in describe(cls).data.values() if not holds_tree(f.type))


def elements(subject: Plan | Report, /) -> Element:
    """The tree of a plan or report. DataError where results belong to no measure (`view.walk`)."""
    seen = walk(subject)
    prefix: Path = ()
    if isinstance(seen, ReportView):
        root = Element("report", seen.item, (), "")
        parent = Element("plan", seen.plan.item, ("plan",), "", root)
        root.below.append(parent)
        plan, prefix = seen.plan, ("plan",)
    else:
        assert isinstance(seen, PlanView)
        root = parent = Element("plan", seen.item, (), "")
        plan = seen
    _grow(parent, plan.nodes, prefix, plan.item.year)
    for order, element in enumerate(root):
        element.order = order
    return root


def _grow(parent: Element, nodes: Iterable[TreeNode], prefix: Path, year: int) -> None:
    for node in nodes:
        result = node.result if isinstance(node, MeasureNode) else None
        element = Element(node.level, node.item, (*prefix, *node.path), node.number, parent, result, index=node.index)
        if not node.item.id:
            element.origins = (f"{year}-{bare_number(node.number)}", f"{year}-{node.key}")
        parent.below.append(element)
        _grow_criteria(element, node.criteria, prefix)
        _grow(element, node.nodes, prefix, year)


def _grow_criteria(parent: Element, criteria: Iterable[CriterionNode], prefix: Path) -> None:
    for node in criteria:
        number = str(node.index) if node.depth == 1 else f"{parent.number}.{node.letter}"
        element = Element("criterion", node.item, (*prefix, *node.path), number, parent, index=node.index)
        parent.below.append(element)
        _grow_criteria(element, node.criteria, prefix)


def match(before: Element, after: Element, /) -> None:
    """Gives each element of two trees its match, where it has one."""
    _pair(before, after)
    if before.level == "report":
        _pair(before.below[0], after.below[0])
    for level in LEVELS:
        old, new = _by_depth(before, level), _by_depth(after, level)
        matched = _match_criteria if level == "criterion" else _match_nodes
        for depth in sorted(old.keys() & new.keys()):
            matched(old[depth], new[depth])
        matched(*(list(chain.from_iterable(side.values())) for side in (old, new)))  # other depths
    # A criterion that came or went with its measure did not move: offices repeat them word for word.
    old_ones, new_ones = ([e for e in side if e.level == "criterion" and _has_home(e)] for side in (before, after))
    _match_by(old_ones, new_ones, _ANYWHERE)


def _by_depth(root: Element, level: str) -> Mapping[int, list[Element]]:
    """The elements of a level by the number of parents of the same level."""
    found: defaultdict[int, list[Element]] = defaultdict(list)
    depths: dict[Element, int] = {}
    for element in root:
        if element.level == level:
            depths[element] = depths[element.parent] + 1 if element.parent in depths else 0
            found[depths[element]].append(element)
    return found


def _match_nodes(old: list[Element], new: list[Element]) -> None:
    _match_by(old, new, (_id_here, _id))
    _match_by_lineage(old, new)
    _match_by_lineage(new, old)
    _match_by(old, new, (*_HERE, *_ANYWHERE))
    _match_alike(old, new)


def _match_criteria(old: list[Element], new: list[Element]) -> None:
    """First where their measures went."""
    _match_by(old, new, (_id_here, _id, *_HERE))
    _match_alike(old, new, here=True)


def _has_home(element: Element) -> bool:
    return element.parent is not None and element.parent.match is not None


def _pair(before: Element, after: Element) -> None:
    before.match, after.match = after, before


# --- what two elements have in common ------------------------------------------------------------------------------

_Key: TypeAlias = Callable[[Element], Hashable]


def _id(element: Element) -> Hashable:
    return getattr(element.item, "id", None)


def _id_here(element: Element) -> Hashable:
    """A part that is copied by hand keeps its id: of two, the one that stayed where it was is meant."""
    name = _id(element)
    return name and (name, _family(element))


def _text(element: Element) -> Hashable:
    """The words alone; signs and white space where there are none."""
    return element.words or element.text


def _family(element: Element) -> Hashable:
    """The same for the children of two parents that are matched."""
    parent = element.parent
    assert parent is not None
    return min(id(parent), id(parent.match)) if parent.match else id(parent)


def _content(element: Element) -> Hashable:
    """Everything that it says besides text and number."""
    item = element.item
    return repr([getattr(item, f.name) for f in own_fields(type(item)) if f.name not in ("text", "number")])


_HERE: tuple[_Key, ...] = (
    lambda e: (_text(e), _family(e), e.number, _content(e)),
    lambda e: (_text(e), _family(e), _content(e)),
    lambda e: (_text(e), _family(e), e.number),
    lambda e: (_text(e), _family(e)),
)
_ANYWHERE: tuple[_Key, ...] = (
    lambda e: (_text(e), _content(e)),
    lambda e: (_text(e), e.number),
    _text,
)


def _match_by(before: list[Element], after: list[Element], keys: Iterable[_Key]) -> None:
    """Matches what is not matched and has the same key, each key in turn, in document order."""
    for key in keys:
        waiting: defaultdict[Hashable, deque[Element]] = defaultdict(deque)
        for element in after:
            if element.match is None:
                waiting[key(element)].append(element)
        for element in before:
            if element.match is None and waiting:
                found = key(element)
                if found is not None and waiting.get(found):
                    _pair(element, waiting[found].popleft())


def _match_by_lineage(named: list[Element], nameless: list[Element]) -> None:
    """Matches nodes without an id with those whose id says that they came of them."""
    waiting = {_id(element): element for element in named if element.match is None}
    for element in nameless:
        found = next((waiting[name] for name in element.origins if name in waiting), None)
        if element.match is None and found is not None and found.match is None:
            _pair(element, found)


def _match_alike(before: list[Element], after: list[Element], *, here: bool = False) -> None:
    """Matches what is left by likeness, the most alike first; `here`: under the same parent only."""
    left = [element for element in before if element.match is None]
    right = [element for element in after if element.match is None]
    by_number: defaultdict[Hashable, list[Element]] = defaultdict(list)
    by_word: defaultdict[Hashable, list[Element]] = defaultdict(list)
    for element in right:
        family = _family(element)
        by_number[family, element.number].append(element)
        for stem in element.stems:
            by_word[family if here else None, stem].append(element)
    scored: list[tuple[float, int, int, Element, Element]] = []
    for old in left:
        family = _family(old)
        same_number = by_number.get((family, old.number), [])[:_CANDIDATES]
        for new in dict.fromkeys([*same_number, *_sharing(old, by_word, family if here else None)]):
            at_home = _family(new) == family
            same = at_home and new.number == old.number
            alike = _likeness(old.stems, new.stems)
            if alike >= (_ALIKE_HERE if same else _ALIKE):
                scored.append((-alike - 0.2 * at_home - 0.1 * same, old.order, new.order, old, new))
    for *_, old, new in sorted(scored, key=lambda found: found[:3]):
        if old.match is None and new.match is None:
            _pair(old, new)


def _sharing(element: Element, by_word: Mapping[Hashable, list[Element]], family: Hashable) -> list[Element]:
    """The elements that share most of the rare words."""
    shared: Counter[Element] = Counter()
    for stem in element.stems:
        found = by_word.get((family, stem), ())
        if len(found) <= _RARE:
            shared.update(found)
    return [found for found, _ in shared.most_common(_CANDIDATES)]


def _likeness(before: Counter[str], after: Counter[str]) -> float:
    """Words in both by all words (Dice's coefficient), 0 to 1."""
    few, many = sorted((before, after), key=len)
    both = sum(min(count, many[stem]) for stem, count in few.items())
    return 2 * both / (before.total() + after.total()) if both else 0.0
