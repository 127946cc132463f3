"""What compiled programs call while they run: the state of a rendering, its limits, and texts written as XML."""

from __future__ import annotations

import operator
import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from planforge import filters, vocabulary
from planforge.errors import DocumentPlace, OutputError, Problem, TemplateError, Words
from planforge.identities import Fresh
from planforge.numbering import MAX_INSTANCES, Instances
from planforge.view import TreeNode
from planforge.vocabulary import Scalar

__all__ = ["MAX_ITERATIONS", "MAX_OUTPUT", "MAX_PIECES", "Run", "ends_with_paragraph", "escape"]

MAX_ITERATIONS = 1_000_000
MAX_OUTPUT = 64 * 1024 * 1024
MAX_MADE = 16_000_000
"""Letters of all texts that a template puts together: one may be put together from itself again and again."""
MAX_BOOKMARK = 40
"""Letters in the name of a bookmark that Word takes."""
MAX_PIECES = 8_000_000
"""Pieces of text that a rendering holds before they are joined."""

_BREAKS = re.compile("[\n\t]")
_BREAK = {
    "\n": '</w:t><w:br/><w:t xml:space="preserve">',
    "\t": '</w:t><w:tab/><w:t xml:space="preserve">',
}
_PLAIN = str.maketrans({"&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;", "\n": "&#10;", "\t": "&#9;"})


def escape(value: str) -> str:
    """A text as the content of a `w:t`: escaped, newline and tab as break and tab."""
    if "&" in value:
        value = value.replace("&", "&amp;")
    if "<" in value:
        value = value.replace("<", "&lt;")
    if ">" in value:
        value = value.replace(">", "&gt;")
    if "\n" in value or "\t" in value:
        value = _BREAKS.sub(lambda m: _BREAK[m.group()], value)
    return value


def ends_with_paragraph(out: list[str], since: int) -> bool:
    """Whether what a cell holds so far ends with a paragraph, as WordprocessingML wants it (17.4.65)."""
    last = out[-1] if len(out) > since else ""
    tag = last[last.rfind("<") :]
    return tag in ("</w:p>", "<w:p/>", "</w:sdt>") or (tag.startswith("<w:p ") and tag.endswith("/>"))


_ORDER: Mapping[str, Callable[[Any, Any], bool]] = {
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}
_ORDERED = (Scalar.NUMBER, Scalar.TEXT, Scalar.DATE, Scalar.BOOL)


class Run:
    """The state of one part's rendering: what was visited, what was missing, and the counters that stop a runaway.

    The last methods stand for operations on values that nobody described: what does not fit is a problem of the data.
    """

    __slots__ = (
        "data",
        "fresh",
        "iterations",
        "known",
        "letters",
        "lists",
        "part",
        "places",
        "printed",
        "problems",
        "size",
        "visited",
    )

    def __init__(
        self,
        data: Mapping[str, object],
        places: tuple[DocumentPlace, ...],
        part: str,
        fresh: Fresh,
        lists: Instances | None,
    ) -> None:
        self.data = data
        self.fresh = fresh
        self.lists = lists
        self.places = places
        self.part = part
        self.problems: list[Problem] = []
        self.known: set[tuple[object, ...]] = set()
        self.visited: defaultdict[str, set[TreeNode]] = defaultdict(set)
        self.printed: dict[int, int] = {}
        """How often an anchor that prints no node was printed."""
        self.iterations = 0
        self.size = 0
        self.letters = 0

    def text(self, value: str) -> str:
        """A value as the content of a `w:t`."""
        value = escape(value)
        self.size += len(value)
        if self.size > MAX_OUTPUT:
            raise self.too_large()
        return value

    def plain(self, value: str) -> str:
        """A value as the content of an attribute, or of an element that holds letters only."""
        value = value.translate(_PLAIN)
        self.size += len(value)
        if self.size > MAX_OUTPUT:
            raise self.too_large()
        return value

    def made(self, text: str) -> str:
        """A text that the template has put together, counted."""
        self.letters += len(text)
        if self.letters > MAX_MADE:
            raise self.too_large()
        return text

    def concat(self, texts: tuple[str, ...]) -> str:
        if sum(map(len, texts)) > filters.MAX_TEXT:
            raise self.too_large()
        return self.made("".join(texts))

    def shown(self, value: object) -> str:
        """A list, labels, or a value that nobody described, as a document prints it."""
        return value if type(value) is str else self.made(filters.show(value))

    def finished(self, out: list[str]) -> list[str]:
        """The part in pieces of text. OutputError (PF501) for what outgrows the limit."""
        if sum(map(len, out)) > MAX_OUTPUT:
            raise self.too_large()
        return out

    def too_large(self) -> OutputError:
        limit = f"{MAX_OUTPUT // 1024**2} MiB"
        return OutputError([Problem("PF501", DocumentPlace(part=self.part), {"limit": limit})])

    def count(self, length: int, tag: int) -> None:
        self.iterations += length
        if self.iterations > MAX_ITERATIONS:
            raise TemplateError([Problem("PF306", self.places[tag], {"limit": f"{MAX_ITERATIONS:,}"})])

    def restart(self, number: int, tag: int) -> str:
        """A fresh instance of a list, which starts again for an item of the loop with this tag."""
        assert self.lists is not None
        fresh = self.lists.fresh(number)
        if fresh is None:
            self.problem("PF314", tag, limit=f"{MAX_INSTANCES:,}")
        return fresh or str(number)

    def visit(self, level: str, nodes: Iterable[TreeNode]) -> None:
        self.visited[level].update(nodes)

    def anchor(self, number: int, node: int | str | None) -> str:
        """The bookmark of an anchor of the template; nothing where the same one stands already."""
        if node is None:
            node = self.printed[number] = self.printed.get(number, 0) + 1
        name = f"_pf{number}_{str(node).replace('.', '')}"
        if name in self.fresh.given or len(name) > MAX_BOOKMARK:
            return ""
        self.fresh.given.add(name)
        own = self.fresh.number()
        return f'<w:bookmarkStart w:id="{own}" w:name="{name}"/><w:bookmarkEnd w:id="{own}"/>'

    def problem(self, code: str, tag: int | None, **args: object) -> None:
        """Notes a problem of the data at a tag, once; none where the template asks whether something is there."""
        key = (code, tag, *map(str, args.values()))
        if tag is not None and key not in self.known:
            self.known.add(key)
            self.problems.append(Problem(code, self.places[tag], args))

    def demand(self, value: object, owner: object, code: str, tag: int | None) -> object:
        """A value that a document prints and that could not be derived is a problem of the data."""
        if value is None:
            self.problem(code, tag, name=filters.show(owner))
            return ""
        return value

    def name(self, name: str, tag: int | None) -> object:
        """A top name of a template without a schema."""
        if name not in self.data:
            self.problem("PF304", tag, name=name, near=", ".join(list(self.data)[:12]))
        return self.data.get(name)

    def field(self, value: object, name: str, tag: int | None) -> object:
        """A field of a value without a description: mappings only."""
        if isinstance(value, Mapping) and name in value:
            return value[name]
        near = ", ".join(list(value)[:12]) if isinstance(value, Mapping) else ""
        self.problem("PF304", tag, name=name, near=near)
        return None

    def unfit(self, what: str, wanted: Words, value: object, tag: int | None) -> None:
        """A value of another type than an operation takes; one that is missing at this tag was told already."""
        if value is None and any(known[:2] == ("PF304", tag) for known in self.known):
            return
        found = Words("юу ч байхгүй", "nothing") if value is None else vocabulary.type_words(filters.type_of(value))
        self.problem("PF308", tag, what=what, wanted=wanted, found=found)

    def items(self, value: object, tag: int | None) -> tuple[object, ...]:
        if value is not None and not isinstance(value, tuple | Mapping):
            self.unfit("for", Words("жагсаалт", "a list"), value, tag)
            return ()
        return tuple(value or ())

    def number(self, value: object, tag: int | None) -> object:
        if filters.type_of(value) is Scalar.NUMBER:
            return value
        self.unfit("+, -, odd, even, []", vocabulary.type_words(Scalar.NUMBER), value, tag)
        return 0

    def compare(self, left: object, sign: str, right: object, tag: int | None) -> bool:
        kind = filters.type_of(left)
        if kind not in _ORDERED:
            self.unfit(sign, vocabulary.type_words(Scalar.NUMBER), left, tag)
        elif filters.type_of(right) != kind:
            self.unfit(sign, vocabulary.type_words(kind), right, tag)
        else:
            return _ORDER[sign](left, right)
        return False

    def contains(self, value: object, one: object, tag: int | None) -> bool:
        if isinstance(value, str) and isinstance(one, str):
            return one in value
        if isinstance(value, Mapping):
            return filters.contains(value, one)
        if not isinstance(value, tuple):
            self.unfit("in", Words("жагсаалт", "a list"), value, tag)
            return False
        return one in value

    def filtered(self, value: object, tag: int | None, name: str, *arguments: object) -> object:
        found = filters.find(name)
        assert found is not None
        if not found.accepts(filters.type_of(value)):
            self.unfit(name, found.wants, value, tag)
            return None
        given = getattr(filters, found.name)(value, *arguments)
        if isinstance(given, str):
            self.made(given)
        return self.demand(given, value, found.demand, tag) if found.demand else given
