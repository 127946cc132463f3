"""What compiled programs call while they run: the state of a rendering, its limits, and texts written as XML."""

from __future__ import annotations

import operator
import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Literal

from planforge import filters, values, vocabulary
from planforge.archive import Pieces
from planforge.errors import DocumentPlace, OutputError, Problem, TemplateError, Words
from planforge.pictures import Pictures
from planforge.text import as_attribute, quote
from planforge.values import PAGE, PARAGRAPH, Content, Image, Listing, RichText, escape, text_runs
from planforge.view import TreeNode
from planforge.vocabulary import Scalar
from planforge.wml import MAX_COLUMNS

if TYPE_CHECKING:
    from planforge.numbering import Instances

__all__ = [
    "MAX_ITERATIONS",
    "MAX_OUTPUT",
    "MAX_PIECES",
    "Run",
    "Spot",
    "background_of",
    "ends_with_paragraph",
    "span_of",
]

MAX_ITERATIONS = 1_000_000
MAX_OUTPUT = 64 * 1024 * 1024
"""Bytes of one rendered part."""
MAX_MADE = 16_000_000
"""Letters of all texts that a template puts together: one may be put together from itself again and again."""
BETWEEN = 50_000
"""Pieces between two looks at how large the part has grown."""
LONG = 250
"""Letters of a text that is not written anew each time."""
MAX_BOOKMARK = 40
"""Letters in the name of a bookmark that Word takes."""
MAX_PIECES = 8_000_000
"""Pieces of text that a rendering holds before they are joined."""


_RANGE_END = re.compile(rb'(?:\A[0-9]*"|<w:(?:bookmark|commentRange)(?:Start|End)(?: [^<>]*)?)/>\Z')
"""What a piece may end with that ends with the mark of a range; its number may be a piece of its own."""
_RANGE_MARKS = re.compile(rb"(?:<w:(?:bookmark|commentRange)(?:Start|End) [^<>]*/>)++\Z")


def ends_with_paragraph(out: list[bytes], since: int) -> bool:
    """Whether what a cell holds so far ends with a paragraph, as WordprocessingML wants it (17.4.65)."""
    last = out[-1] if len(out) > since else b""
    if last.endswith(b"</w:p>"):
        return True
    if _RANGE_END.search(last):  # a bookmark may end behind the last paragraph
        whole = b"".join(out[since:])
        last = _RANGE_MARKS.sub(b"", whole)
        if last.endswith(b"</w:p>"):
            return True
    tag = last[last.rfind(b"<") :]
    return tag in (b"<w:p/>", b"</w:sdt>") or (tag.startswith(b"<w:p ") and tag.endswith(b"/>"))


def span_of(value: object) -> int | None:
    """A whole number from 1 to 63: the columns that a cell may span; None for anything else."""
    if isinstance(value, int | Decimal) and not isinstance(value, bool) and 1 <= value <= MAX_COLUMNS:
        return int(value) if value == int(value) else None
    return None


def background_of(value: object) -> str | None:
    """A colour as `w:fill` takes it (17.18.38): six hexadecimal digits, or `auto`; None for anything else."""
    if not isinstance(value, str):
        return None
    found = value.strip().removeprefix("#")
    return found.upper() if _COLOUR.fullmatch(found) else "auto" if value.strip() == "auto" else None


_COLOUR = re.compile("[0-9A-Fa-f]{6}")
_NOTHING = Words("юу ч байхгүй", "nothing")


def _said(value: object) -> Words | str:
    """A value as a message names it: a text or number as it is, what has no text by its type."""
    if value is None:
        return _NOTHING
    kind = filters.type_of(value)
    return quote(filters.show(value)) if isinstance(kind, Scalar) else vocabulary.type_words(kind)


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
        "long",
        "looked",
        "missing",
        "part",
        "pictures",
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
        pictures: Pictures,
        lists: Instances | None,
    ) -> None:
        self.data = data
        self.pictures = pictures
        self.fresh = pictures.fresh
        self.lists = lists
        self.places = places
        self.part = part
        self.problems: list[Problem] = []
        self.known: set[tuple[object, ...]] = set()
        self.missing: set[int] = set()
        """The tags at which a name or field was missing (PF304)."""
        self.visited: defaultdict[str, set[TreeNode]] = defaultdict(set)
        self.printed: dict[int, int] = {}
        """How often an anchor that prints no node was printed."""
        self.long: dict[str, bytes] = {}
        """Long texts as they were written: one that is repeated is held once."""
        self.iterations = 0
        self.looked = BETWEEN
        """The number of pieces at which `measure` is due."""
        self.size = 0
        self.letters = 0

    def text(self, value: str) -> bytes:
        """A text as the content of a `w:t`."""
        if len(value) > LONG:
            return self.long.get(value) or self.long.setdefault(value, escape(value).encode())
        if "&" in value or "<" in value or ">" in value or "\n" in value or "\t" in value:
            return escape(value).encode()
        return value.encode()

    def measure(self, out: list[bytes]) -> None:
        """What is written so far, looked at every now and then. OutputError (PF501) for what outgrows the limits."""
        self.size += sum(map(len, out[self.looked - BETWEEN :]))
        self.looked = len(out) + BETWEEN
        if self.size > MAX_OUTPUT or len(out) > MAX_PIECES:
            raise self.too_large()

    def plain(self, value: str) -> bytes:
        """A value as the content of an attribute, or of an element that holds letters only."""
        return self.counted(as_attribute(value).encode())

    def counted(self, out: bytes) -> bytes:
        """What is written, counted before it is: one value may be large. OutputError (PF501)."""
        self.size += len(out)
        if self.size > MAX_OUTPUT:
            raise self.too_large()
        return out

    # -- values that may be more than text

    def show(self, value: object, tag: int | None) -> str:
        """The text of a value where only text can stand; a problem (PF319) for any other."""
        special = next(_specials(value), None) if isinstance(value, _MAY_HOLD_MORE) else None
        if special is not None:
            where = Words("энд зөвхөн бичвэр байж болно", "only text can stand here")
            self.problem("PF319", tag, what=values.words(special), where=where)
            return ""
        return self.shown(value)

    def write(self, value: object, tag: int, spot: Spot) -> bytes:
        """A value as XML at its spot: text as ever; anything else in runs or paragraphs of its own."""
        if spot.level == "text" and not isinstance(value, _SPECIAL):
            return self.text(self.show(value, tag))
        if isinstance(value, RichText) and value.whole:
            xml = self.paragraphs(value, tag, spot)
        else:
            runs = self.runs(value, tag, spot.run)
            self.check_repeated(spot.paragraph or "", len(runs))
            xml = _cut(runs, spot.paragraph)
            if xml and spot.level == "paragraph":
                xml = f"<w:p>{spot.paragraph}{xml}</w:p>"
            elif xml and spot.level == "text":
                xml = f'</w:t></w:r>{xml}<w:r>{spot.run}<w:t xml:space="preserve">'
        return self.counted(xml.encode())

    def runs(self, value: object, tag: int, properties: str) -> list[str]:
        """A value as runs; between them PARAGRAPH and PAGE where a paragraph or a page begins."""
        if isinstance(value, Image):
            return [f"<w:r>{properties}{self.pictures.drawing(value, self.part)}</w:r>"]
        if isinstance(value, Listing):
            self.check_repeated(properties, value.text.count(PARAGRAPH) + value.text.count(PAGE))
            return list(text_runs(value.text, properties))
        if isinstance(value, RichText):
            content = self.content(value, tag)
            return [run for _, runs in content.paragraphs for run in runs] if content else []
        return list(text_runs(self.show(value, tag), properties))

    def check_repeated(self, formatting: str, times: int) -> None:
        """OutputError (PF501) for formatting that a value would have written too often, before it is."""
        if len(formatting) * times > MAX_OUTPUT:
            raise self.too_large()

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

    def finished(self, out: list[bytes]) -> Pieces:
        """The part from its pieces. OutputError (PF501) for what outgrows the limit."""
        found = Pieces(out)
        if found.size > MAX_OUTPUT:
            raise self.too_large()
        return found

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
            from planforge.numbering import MAX_INSTANCES

            self.problem("PF314", tag, limit=f"{MAX_INSTANCES:,}")
        return fresh or str(number)

    def visit(self, level: str, nodes: Iterable[TreeNode]) -> None:
        self.visited[level].update(nodes)

    def anchor(self, number: int, node: int | str | None) -> bytes:
        """The bookmark of an anchor of the template; nothing where the same one stands already."""
        if node is None:
            node = self.printed[number] = self.printed.get(number, 0) + 1
        name = f"_pf{number}_{str(node).replace('.', '')}"
        if name in self.fresh.given or len(name) > MAX_BOOKMARK:
            return b""
        self.fresh.given.add(name)
        own = self.fresh.number()
        return f'<w:bookmarkStart w:id="{own}" w:name="{name}"/><w:bookmarkEnd w:id="{own}"/>'.encode()

    def problem(self, code: str, tag: int | None, **args: object) -> None:
        """Notes a problem of the data at a tag, once; none where the template asks whether something is there."""
        key = (code, tag, *map(str, args.values()))
        if tag is not None and key not in self.known:
            self.known.add(key)
            if code == "PF304":
                self.missing.add(tag)
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
            self.problem("PF304", tag, name=name, near=", ".join(list(self.data)[:12]) or "–")
        return self.data.get(name)

    def field(self, value: object, name: str, tag: int | None) -> object:
        """A field of a value without a description: mappings only."""
        if isinstance(value, Mapping) and name in value:
            return value[name]
        if self.is_told(value, tag):
            return None
        near = (", ".join(list(value)[:12]) if isinstance(value, Mapping) else "") or "–"
        self.problem("PF304", tag, name=name, near=near)
        return None

    def is_told(self, value: object, tag: int | None) -> bool:
        """Whether a value is none because it is missing at this tag, which was told already."""
        return value is None and tag in self.missing

    def unfit(self, what: str, wanted: Words, value: object, tag: int | None) -> None:
        """A value of another type than an operation takes."""
        if self.is_told(value, tag):
            return
        found = _NOTHING if value is None else values.words(value)
        found = found or vocabulary.type_words(filters.type_of(value))
        self.problem("PF308", tag, what=what, wanted=wanted, found=found)

    def columns(self, count: int, tag: int) -> None:
        """The columns of a table that follow the data. PF312 for more than a table may have."""
        if count > MAX_COLUMNS:
            self.problem("PF312", tag, found=str(count), limit=MAX_COLUMNS)

    def span(self, value: object, tag: int) -> int:
        """The number of columns that a cell spans. PF312 for what is no such number."""
        found = span_of(value)
        if found is None and not self.is_told(value, tag):
            self.problem("PF312", tag, found=_said(value), limit=MAX_COLUMNS)
        return found or 1

    def background(self, value: object, tag: int) -> str:
        """The background of a cell as `w:fill` takes it. PF313 for what is no colour."""
        found = background_of(value)
        if found is None and not self.is_told(value, tag):
            self.problem("PF313", tag, found=_said(value))
        return found or "auto"

    def items(self, value: object, tag: int | None) -> tuple[object, ...]:
        if value is not None and not isinstance(value, tuple | Mapping):
            self.unfit("for", Words("жагсаалт", "a list"), value, tag)
            return ()
        return tuple(value or ())

    def unpacked(self, values: Iterable[object], count: int, tag: int | None) -> Iterable[object]:
        """The items of a loop with several names, each a list of that many values."""
        for value in values:
            if not isinstance(value, tuple) or len(value) != count:
                self.unfit("for", Words(f"{count} утгатай жагсаалт", f"a list of {count} values"), value, tag)
                return ()
        return values

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
        if isinstance(given, str):
            self.made(given)
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
