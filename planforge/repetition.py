"""What a template repeats: its loops and choices as a tree, with the elements that stand in them.

The compiler's marks stand where blocks open, branch and close, always among the same siblings. What must be of its own
each time that a loop prints it (ids, names, lists) is found over this tree and written by code at its place.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Set
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol, TypeAlias

from planforge.wml import MC

if TYPE_CHECKING:
    from lxml import etree

__all__ = ["Block", "Emitter", "Node", "Numbers", "blocks", "repeated"]

_ALTERNATE = f"{MC}AlternateContent"
_FAR = 2**30


class Emitter(Protocol):
    """A program in the making, as seen from here."""

    def inscribe(self, code: str) -> str:
        """What stands, in an attribute's value or a text, for the text that an expression gives."""

    def each(self, loop: int, line: str) -> None:
        """Puts a line at the start of every turn of a loop."""


@dataclass(slots=True)
class Block:
    """A loop, by the index of its tag, or a choice (None), and the branches of it.

    A loop repeats its first branch; the second one, its `else`, is printed once. The readings of the same content for
    readers of different ages (`mc:AlternateContent`) are a choice too.
    """

    loop: int | None
    branches: list[list[Node]] = field(default_factory=lambda: [[]])


Node: TypeAlias = "etree._Element | Block"


def blocks(
    parent: etree._Element, statement: Callable[[etree._Element], tuple[int, str]], wanted: Set[str]
) -> list[Node]:
    """The elements of the wanted tags below one, in order, inside the blocks that hold them.

    `statement` gives the index of a mark and the keyword of its statement ("" for one that is none). The blocks must be
    balanced.
    """
    from lxml import etree

    found: list[Node] = []
    here = [found]
    for child in parent:
        if child.tag is etree.ProcessingInstruction:  # type: ignore[comparison-overlap]
            index, keyword = statement(child)
            if keyword in ("for", "if"):
                block = Block(index if keyword == "for" else None)
                here[-1].append(block)
                here.append(block.branches[0])
            elif keyword in ("elif", "else"):
                here[-1] = []
                outer = here[-2][-1]
                assert isinstance(outer, Block)
                outer.branches.append(here[-1])
            elif keyword in ("endfor", "endif"):
                here.pop()
            continue
        if child.tag in wanted:
            here[-1].append(child)
        if child.tag == _ALTERNATE:
            here[-1].append(Block(None, [blocks(reading, statement, wanted) for reading in child]))
        elif len(child):
            here[-1] += blocks(child, statement, wanted)
    return found


def repeated(nodes: Iterable[Node], loops: tuple[int, ...] = ()) -> Iterator[tuple[etree._Element, tuple[int, ...]]]:
    """The elements that stand in a loop, and the loops around each, the innermost last."""
    for node in nodes:
        if isinstance(node, Block):
            for at, branch in enumerate(node.branches):
                around = loops if node.loop is None or at else (*loops, node.loop)
                yield from repeated(branch, around)
        elif loops:
            yield node, loops


class Numbers:
    """Numbers that a document does not use yet, in order: above the largest of the template.

    Word draws some ids at random over all 31 bits; those are stepped over, so that the numbers stay small.
    """

    def __init__(self, taken: Set[int]) -> None:
        self.taken = taken
        self.last = max((number for number in taken if 0 < number < _FAR), default=0)

    def fresh(self) -> int:
        self.last += 1
        while self.last in self.taken:
            self.last += 1
        return self.last
