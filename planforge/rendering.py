"""What compiled programs call while they run: the state of a rendering, its limits, and texts written as XML."""

from __future__ import annotations

import operator
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from planforge import filters, values, vocabulary
from planforge.errors import DocumentPlace, OutputError, Problem, TemplateError, Words
from planforge.pictures import Pictures
from planforge.values import PAGE, PARAGRAPH, Content, Image, Listing, RichText, escape, text_runs
from planforge.view import TreeNode
from planforge.vocabulary import Scalar

__all__ = ["MAX_ITERATIONS", "MAX_OUTPUT", "MAX_PIECES", "Run", "Spot", "ends_with_paragraph"]

MAX_ITERATIONS = 1_000_000
MAX_OUTPUT = 64 * 1024 * 1024
MAX_PIECES = 8_000_000
"""Pieces of text that a rendering holds before they are joined."""


def ends_with_paragraph(out: list[str], since: int) -> bool:
    """Whether what a cell holds so far ends with a paragraph, as WordprocessingML wants it (17.4.65)."""
    return len(out) > since and out[-1].endswith(("</w:p>", "<w:p/>", "</w:sdt>"))


_ORDER: Mapping[str, Callable[[Any, Any], bool]] = {
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}
_ORDERED = (Scalar.NUMBER, Scalar.TEXT, Scalar.DATE, Scalar.BOOL)


@dataclass(frozen=True, slots=True)
class Spot:
    """Where a tag stands whose value may be more than text, and the formatting around it, as XML.

    `level`: `text` inside a `w:t`, `run` between runs, `paragraph` between paragraphs.
    """

    level: Literal["text", "run", "paragraph"]
    run: str
    """The `w:rPr` of its run, or nothing."""
    paragraph: str | None
    """The `w:pPr` of its paragraph, or nothing; None where the paragraph cannot be cut in two."""


_BREAK = "<w:r><w:br/></w:r>"
_PAGE_BREAK = '<w:r><w:br w:type="page"/></w:r>'


class Run:
    """The state of one rendering: what was visited, what was missing, and the counters that stop a runaway.

    The last methods stand for operations on values that nobody described: what does not fit is a problem of the data.
    """

    __slots__ = ("data", "iterations", "known", "part", "pictures", "places", "problems", "size", "visited")

    def __init__(
        self, data: Mapping[str, object], places: tuple[DocumentPlace, ...], part: str, pictures: Pictures
    ) -> None:
        self.data = data
        self.pictures = pictures
        self.places = places
        self.part = part
        self.problems: list[Problem] = []
        self.known: set[tuple[object, ...]] = set()
        self.visited: dict[str, set[TreeNode]] = {}
        self.iterations = 0
        self.size = 0

    def text(self, value: str) -> str:
        """A value as the content of a `w:t`."""
        value = escape(value)
        self.size += len(value)
        if self.size > MAX_OUTPUT:
            raise self.too_large()
        return value

    # -- values that may be more than text

    def show(self, value: object, tag: int | None) -> str:
        """The text of a value where only text can stand; a problem (PF319) for any other."""
        special = next(_specials(value), None) if isinstance(value, _MAY_HOLD_MORE) else None
        if special is not None:
            where = Words("энд зөвхөн бичвэр байж болно", "only text can stand here")
            self.problem("PF319", tag, what=values.words(special), where=where)
            return ""
        return filters.show(value)

    def write(self, value: object, tag: int, spot: Spot) -> str:
        """A value as XML at its spot: text as ever; anything else in runs or paragraphs of its own."""
        if spot.level == "text" and not isinstance(value, _SPECIAL):
            return self.text(self.show(value, tag))
        if isinstance(value, RichText) and value.whole:
            xml = self.paragraphs(value, tag, spot)
        else:
            xml = _cut(self.runs(value, tag, spot.run), spot.paragraph)
            if xml and spot.level == "paragraph":
                xml = f"<w:p>{spot.paragraph}{xml}</w:p>"
            elif xml and spot.level == "text":
                xml = f'</w:t></w:r>{xml}<w:r>{spot.run}<w:t xml:space="preserve">'
        self.size += len(xml)
        if self.size > MAX_OUTPUT:
            raise self.too_large()
        return xml

    def runs(self, value: object, tag: int, properties: str) -> list[str]:
        """A value as runs; between them PARAGRAPH and PAGE where a paragraph or a page begins."""
        if isinstance(value, Image):
            return [f"<w:r>{properties}{self.pictures.drawing(value, self.part)}</w:r>"]
        if isinstance(value, Listing):
            return list(text_runs(value.text, properties))
        if isinstance(value, RichText):
            content = self.content(value, tag)
            return [run for _, runs in content.paragraphs for run in runs] if content else []
        return list(text_runs(self.show(value, tag), properties))

    def paragraphs(self, value: RichText, tag: int, spot: Spot) -> str:
        """Whole paragraphs, where a tag has a paragraph of its own; a problem (PF319) elsewhere."""
        if spot.level != "paragraph":
            where = Words("{{p … }} тагаар тусдаа догол мөрөнд бичнэ", "it needs {{p … }}, in a paragraph of its own")
            self.problem("PF319", tag, what=values.words(value), where=where)
            return ""
        content = self.content(value, tag)
        paragraphs = content.paragraphs if content else ()
        return "".join(f"<w:p>{properties}{_cut(runs, properties)}</w:p>" for properties, runs in paragraphs)

    def content(self, value: RichText, tag: int) -> Content | None:
        """What may be written of a rich text; a problem (PF318) for what may not, and for a style that is missing."""
        content = value.content
        if isinstance(content, Words):
            self.problem("PF318", tag, detail=content)
            return None
        missing = sorted(content.styles - self.pictures.host.styles) if content.styles else []
        for _, name in missing:
            detail = Words(f"загварт «{name}» гэсэн хэв маяг (style id) алга", f"the template has no style “{name}”")
            self.problem("PF318", tag, detail=detail)
        return content

    def joined(self, out: list[str]) -> str:
        """The part as one text. OutputError (PF501) for what outgrows the limit."""
        if sum(map(len, out)) > MAX_OUTPUT:
            raise self.too_large()
        return "".join(out)

    def too_large(self) -> OutputError:
        limit = f"{MAX_OUTPUT // 1024**2} MiB"
        return OutputError([Problem("PF501", DocumentPlace(part=self.part), {"limit": limit})])

    def count(self, length: int, tag: int) -> None:
        self.iterations += length
        if self.iterations > MAX_ITERATIONS:
            raise TemplateError([Problem("PF306", self.places[tag], {"limit": f"{MAX_ITERATIONS:,}"})])

    def visit(self, level: str, nodes: Iterable[TreeNode]) -> None:
        self.visited.setdefault(level, set()).update(nodes)

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
        found = Words("юу ч байхгүй", "nothing") if value is None else values.words(value)
        found = found or vocabulary.type_words(filters.type_of(value))
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
        kind = filters.type_of(value)
        if values.words(value) or not found.accepts(kind):
            self.unfit(name, found.wants, value, tag)
            return None
        if found.gives(kind) is Scalar.TEXT and next(_specials(value), None) is not None:
            return self.show(value, tag)
        given = getattr(filters, found.name)(value, *arguments)
        return self.demand(given, value, found.demand, tag) if found.demand else given


_SPECIAL = (Image, Listing, RichText)
_MAY_HOLD_MORE = (*_SPECIAL, tuple, dict)
"""What a context is frozen to, but for texts, numbers and dates."""


def _specials(value: object) -> Iterator[object]:
    """The values in a value, itself among them, that are more than text."""
    if isinstance(value, _SPECIAL):
        yield value
    elif isinstance(value, tuple | dict):
        for inner in value.values() if isinstance(value, dict) else value:
            yield from _specials(inner)


def _cut(runs: Iterable[str], paragraph: str | None) -> str:
    """Runs as one text with new paragraphs and pages between them; breaks where a paragraph cannot be cut in two."""
    if paragraph is None:
        marks = {PARAGRAPH: _BREAK, PAGE: _PAGE_BREAK}
    else:
        begin = f"</w:p><w:p>{paragraph}"
        marks = {PARAGRAPH: begin, PAGE: f"</w:p><w:p>{_PAGE_BREAK}{begin}"}
    return "".join([marks.get(run, run) for run in runs])
