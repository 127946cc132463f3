"""What a template value may be besides text: a picture, and docxtpl's RichText, RichTextParagraph and Listing.

docxtpl is not needed: its values are known by their classes if the program that gives them has loaded it. A RichText
holds raw XML. It is parsed strictly, held to a list of allowed elements, attributes and values, and written anew by us:
nothing of what was given reaches a document unseen.
"""

from __future__ import annotations

import html
import os
import re
import sys
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO

from planforge import opc, text
from planforge.errors import DataError, DataPlace, DocumentError, Problem, Words, reason
from planforge.picture_files import MAX_BYTES, Format, Header, NoPicture, header
from planforge.wml import NAMESPACE, XML_SPACE, W

if TYPE_CHECKING:
    from lxml.etree import _Element

__all__ = [
    "MAX_SIDE",
    "PAGE",
    "PARAGRAPH",
    "Content",
    "Image",
    "Listing",
    "RichText",
    "escape",
    "from_docxtpl",
    "text_runs",
    "words",
]


# --- text ----------------------------------------------------------------------------------------------------------

_BREAKS = re.compile("[\n\t]")
_BREAK = {
    "\n": '</w:t><w:br/><w:t xml:space="preserve">',
    "\t": '</w:t><w:tab/><w:t xml:space="preserve">',
}


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


PARAGRAPH, PAGE = "\a", "\f"
"""Between runs: here a new paragraph begins; here a new page."""
_NEW = re.compile(f"([{PARAGRAPH}{PAGE}])")


def text_runs(value: str, properties: str) -> Iterator[str]:
    """A text as runs of these properties (a `w:rPr`, or nothing), with `PARAGRAPH` and `PAGE` between them."""
    for piece in _NEW.split(value):
        if piece in (PARAGRAPH, PAGE):
            yield piece
        elif piece:
            yield f'<w:r>{properties}<w:t xml:space="preserve">{escape(piece)}</w:t></w:r>'


# --- pictures ------------------------------------------------------------------------------------------------------

MAX_SIDE = 558.8
"""Millimetres: 22 inches, the largest page that Word makes."""
_PAGE = (165.0, 257.0)
"""Millimetres: the text of an A4 page with margins of 30, 15, 20 and 20."""
_DPI = 96.0


@dataclass(frozen=True, slots=True, init=False)
class Image:
    """A picture to print: PNG, JPEG or GIF, told by its first bytes; equal to another of the same content.

    `source` is a path or content. Width and height are millimetres: with one of them the other follows by proportion;
    with none the picture has the size that its file says (pixels at its own resolution, else at 96 dots per inch). Only
    if that is larger than any page (558.8 mm) it is made to fit the text of an A4 page, 165 × 257 mm. `alt` is what is
    read out to those who cannot see it. Rotation by EXIF is not applied.

    Raises DataError: PF315 (the file cannot be read), PF316 (no picture that a document can hold: another format,
    damaged, over 20 MiB or 50 million pixels), PF317 (a size that no page has), PF140 (a character in `alt`).
    """

    data: bytes = field(repr=False)
    format: Format
    width: float
    height: float
    alt: str

    def __init__(
        self,
        source: str | os.PathLike[str] | bytes | BinaryIO,
        /,
        *,
        width: float | None = None,
        height: float | None = None,
        alt: str = "",
    ) -> None:
        file = os.fspath(source) if isinstance(source, str | os.PathLike) else None
        place = DataPlace(file=file) if file else None
        problems = [
            Problem("PF140", place, {"character": text.code_point(bad.character), "index": bad.index + 1, "count": 1})
            for bad in text.refusals(alt, limit=1)
        ]
        data = b""
        found = None
        try:
            data = _content(source)
            found = header(data)
        except (OSError, ValueError) as fault:
            detail = reason(fault) if isinstance(fault, OSError) else str(fault)
            problems.append(Problem("PF315", place, {"detail": detail}))
        except NoPicture as fault:
            problems.append(Problem("PF316", place, {"detail": fault.words}))
        sides = (width, height) if found is None else _sides(found, width, height)
        for words, side in zip(_SIDE_WORDS, sides, strict=True):
            if side is not None and not _is_length(side):
                problems.append(Problem("PF317", place, {"side": words, "given": str(side)[:20], "limit": MAX_SIDE}))
        if found is None or problems:
            raise DataError(problems)
        kept = (data, found.format, sides[0], sides[1], text.normalise(alt))
        for name, value in zip(("data", "format", "width", "height", "alt"), kept, strict=True):
            object.__setattr__(self, name, value)

    @classmethod
    def __get_pydantic_core_schema__(cls, source: object, handler: object) -> dict[str, object]:
        """In a field of a model only a picture that was made, and so checked: not one from a mapping."""
        return {"type": "is-instance", "cls": cls}

    @property
    def extent(self) -> tuple[int, int]:
        """Width and height in English metric units: 36,000 to the millimetre (20.4.2.7)."""
        return max(1, round(self.width * 36_000)), max(1, round(self.height * 36_000))


_SIDE_WORDS = (Words("өргөн", "width"), Words("өндөр", "height"))


def _content(source: str | os.PathLike[str] | bytes | BinaryIO) -> bytes:
    """The bytes of a picture, at most one more than its limit. OSError or ValueError if there are none."""
    if isinstance(source, bytes | bytearray | memoryview):
        return bytes(source)
    if not isinstance(source, str | os.PathLike):
        data = source.read(MAX_BYTES + 1)
        if not isinstance(data, bytes):
            raise ValueError("the stream gives text, not bytes")
        return data
    with Path(source).open("rb") as stream:
        return stream.read(MAX_BYTES + 1)


def _is_length(side: object) -> bool:
    return isinstance(side, int | float) and not isinstance(side, bool) and 0 < side <= MAX_SIDE


def _sides(found: Header, width: float | None, height: float | None) -> tuple[float, float]:
    """Both sides in millimetres; a given one that is no length is left as it is, to be told."""
    across, down = found.dpi or (_DPI, _DPI)
    natural = (found.width * 25.4 / across, found.height * 25.4 / down)
    if width is not None and height is not None:
        return width, height
    if width is not None:
        return width, width * natural[1] / natural[0] if _is_length(width) else natural[1]
    if height is not None:
        return height * natural[0] / natural[1] if _is_length(height) else natural[0], height
    if max(natural) <= MAX_SIDE:
        return natural
    scale = min(_PAGE[0] / natural[0], _PAGE[1] / natural[1])
    return natural[0] * scale, natural[1] * scale


# --- docxtpl's values ----------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Listing:
    r"""A text whose `\a` begins a paragraph and `\f` a page, besides `\n` (break) and `\t` (tab)."""

    text: str


@dataclass(frozen=True, slots=True)
class Content:
    """A rich text that has passed: its paragraphs as (`w:pPr` or nothing, runs), and the styles that it names."""

    paragraphs: tuple[tuple[str, tuple[str, ...]], ...]
    styles: frozenset[tuple[str, str]]
    """(`paragraph` or `character`, style id)."""


@dataclass(frozen=True)
class RichText:
    """Runs with formatting of their own, or whole paragraphs (`whole`), as raw XML that nobody has judged yet."""

    xml: str
    whole: bool = False

    @cached_property
    def content(self) -> Content | Words:
        """What may be written of it, or why nothing may."""
        try:
            return _Reader().read(self.xml, self.whole)
        except _Unfit as fault:
            return fault.words


def from_docxtpl(value: object, /) -> Listing | RichText | None:
    """A value of docxtpl's as ours; None for any other. Its XML may hold characters that no document can."""
    docxtpl = sys.modules.get("docxtpl")
    for name, whole in (("RichText", False), ("RichTextParagraph", True)) if docxtpl else ():
        if isinstance(value, getattr(docxtpl, name, ())):
            return RichText(text.normalise(str(getattr(value, "xml", ""))), whole)
    if docxtpl and isinstance(value, getattr(docxtpl, "Listing", ())):
        return Listing(text.normalise(html.unescape(str(getattr(value, "xml", "")))))
    return None


def words(value: object, /) -> Words | None:
    """What a special value is called in messages; None for any other."""
    if isinstance(value, Image):
        return Words("зураг", "a picture")
    if isinstance(value, Listing):
        return Words("олон догол мөртэй бичвэр (Listing)", "a text of several paragraphs (Listing)")
    if isinstance(value, RichText):
        return Words("хэлбэржүүлсэн бичвэр (RichText)", "a formatted text (RichText)")
    return None


# --- the allow-list of a rich text ---------------------------------------------------------------------------------

_ON = re.compile("0|1|true|false|on|off")
_NUMBER = re.compile("-?[0-9]{1,5}")
_HALF_POINTS = re.compile("[1-9][0-9]{0,3}")
_COLOUR = re.compile("auto|[0-9A-Fa-f]{6}")
_NAME = re.compile(r"[^\x00-\x1f]{1,64}")
_LANGUAGE = re.compile("[A-Za-z]{2,8}(-[A-Za-z0-9]{1,8}){0,4}")
_SWITCH = {"val": _ON}


def _one_of(*names: str) -> re.Pattern[str]:
    return re.compile("|".join(names))


# fmt: off
_UNDERLINE = _one_of(
    "single", "words", "double", "thick", "dotted", "dottedHeavy", "dash", "dashedHeavy", "dashLong", "dashLongHeavy",
    "dotDash", "dashDotHeavy", "dotDotDash", "dashDotDotHeavy", "wave", "wavyHeavy", "wavyDouble", "none",
)
_HIGHLIGHT = _one_of(
    "black", "blue", "cyan", "green", "magenta", "red", "yellow", "white", "darkBlue", "darkCyan", "darkGreen",
    "darkMagenta", "darkRed", "darkYellow", "darkGray", "lightGray", "none",
)
# fmt: on
_RUN_PROPERTIES: Mapping[str, Mapping[str, re.Pattern[str]]] = {
    "rStyle": {"val": _NAME},
    "rFonts": {"ascii": _NAME, "hAnsi": _NAME, "eastAsia": _NAME, "cs": _NAME},
    **dict.fromkeys(("b", "bCs", "i", "iCs", "caps", "smallCaps", "strike", "dstrike", "noProof", "vanish"), _SWITCH),
    "color": {"val": _COLOUR},
    "spacing": {"val": _NUMBER},
    "w": {"val": _HALF_POINTS},
    "kern": {"val": _HALF_POINTS},
    "position": {"val": _NUMBER},
    "sz": {"val": _HALF_POINTS},
    "szCs": {"val": _HALF_POINTS},
    "highlight": {"val": _HIGHLIGHT},
    "u": {"val": _UNDERLINE, "color": _COLOUR},
    "shd": {"val": _one_of("clear", "nil", "solid", "pct[0-9]{1,2}"), "color": _COLOUR, "fill": _COLOUR},
    "vertAlign": {"val": _one_of("baseline", "superscript", "subscript")},
    "rtl": _SWITCH,
    "cs": _SWITCH,
    "lang": {"val": _LANGUAGE, "eastAsia": _LANGUAGE, "bidi": _LANGUAGE},
}
"""What a `w:rPr` may hold, in the order in which it is written (17.3.2.28)."""
_PARAGRAPH_PROPERTIES: Mapping[str, Mapping[str, re.Pattern[str]]] = {
    "pStyle": {"val": _NAME},
    **dict.fromkeys(("keepNext", "keepLines", "pageBreakBefore", "widowControl", "bidi"), _SWITCH),
    "spacing": {
        "before": _NUMBER,
        "after": _NUMBER,
        "line": _NUMBER,
        "lineRule": _one_of("auto", "exact", "atLeast"),
    },
    "ind": dict.fromkeys(("left", "right", "firstLine", "hanging"), _NUMBER),
    "contextualSpacing": _SWITCH,
    "jc": {"val": _one_of("left", "center", "right", "both", "distribute")},
}
"""What a `w:pPr` may hold, in its order (17.3.1.26)."""
_BREAK_ATTRIBUTES = {
    "type": _one_of("page", "column", "textWrapping"),
    "clear": _one_of("none", "left", "right", "all"),
}
_INNER: Mapping[str, Mapping[str, re.Pattern[str]]] = {
    "br": _BREAK_ATTRIBUTES,
    "tab": {},
    "cr": {},
    "noBreakHyphen": {},
    "softHyphen": {},
}
"""What a run may hold besides text."""
_STYLES = {"rStyle": "character", "pStyle": "paragraph"}
_FREE = ("rFonts", "lang", "spacing", "ind", "shd")
"""Whose `val`, if they have one, may be missing."""

_MAX_REPEATED = 16_000_000
"""Letters of run properties that a rich text may need again, where its runs are cut in two."""
_WRAP = (
    f'<rich xmlns:w="{NAMESPACE}" xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/relationships">'
    "{}</rich>"
)


class _Unfit(Exception):
    """Why a rich text may not be written."""

    def __init__(self, mn: str, en: str) -> None:
        self.words = Words(mn, en)
        super().__init__(en)


class _Reader:
    """Reads the XML of one rich text and writes what is allowed of it."""

    def __init__(self) -> None:
        self.styles: set[tuple[str, str]] = set()
        self.repeated = 0
        """Letters of the properties of runs that are cut in two."""

    def read(self, xml: str, whole: bool) -> Content:
        """Raises _Unfit for anything that is not allowed."""
        if len(xml) > text.MAX_LENGTH:
            raise _too_long(text.MAX_LENGTH)
        # XML cannot hold these two letters: elements stand for them while it is parsed.
        marked = xml.replace(PARAGRAPH, "<paragraph/>").replace(PAGE, "<page/>")
        try:
            root = opc.parse_xml(_WRAP.format(marked).encode())
        except DocumentError as fault:
            (problem,) = fault.problems
            raise _Unfit(problem.message("mn"), problem.message("en")) from fault
        if whole:
            paragraphs = tuple(self.paragraph(child) for child in _children(root, "p"))
        else:
            paragraphs = (("", tuple(run for child in _children(root, "r") for run in self.run(child))),)
        return Content(paragraphs, frozenset(self.styles))

    def paragraph(self, element: _Element) -> tuple[str, tuple[str, ...]]:
        """A `w:p` as its properties and runs."""
        _refuse(element, element.attrib)
        properties = ""
        runs: list[str] = []
        for child in _children(element, "pPr", "r"):
            if child.tag == W + "r":
                runs += self.run(child)
            elif child is element[0]:
                properties = self.properties(child, _PARAGRAPH_PROPERTIES)
            else:
                raise _unexpected(child)
        return properties, tuple(runs)

    def run(self, element: _Element) -> list[str]:
        """A `w:r` as runs, between them the letters where a paragraph or a page begins."""
        _refuse(element, element.attrib)
        out: list[str] = []
        properties = ""
        inside: list[str] = []
        for child in _children(element, "rPr", "t", *_INNER):
            name = child.tag.removeprefix(W)
            if name == "rPr":
                if child is not element[0]:
                    raise _unexpected(child)
                properties = self.properties(child, _RUN_PROPERTIES)
            elif name == "t":
                for piece in _pieces(child):
                    if piece in (PARAGRAPH, PAGE):
                        self.repeated += len(properties)
                        if self.repeated > _MAX_REPEATED:
                            raise _too_long(_MAX_REPEATED)
                        out += [f"<w:r>{properties}{''.join(inside)}</w:r>", piece]
                        inside = []
                    else:
                        inside.append(f'<w:t xml:space="preserve">{escape(piece)}</w:t>')
            else:
                inside.append(f"<w:{name}{_attributes(child, _INNER[name])}/>")
        return [*out, f"<w:r>{properties}{''.join(inside)}</w:r>"]

    def properties(self, element: _Element, table: Mapping[str, Mapping[str, re.Pattern[str]]]) -> str:
        """A `w:rPr` or `w:pPr` with its children in the order of the standard."""
        _refuse(element, element.attrib)
        found: dict[str, str] = {}
        for child in _children(element, *table):
            name = child.tag.removeprefix(W)
            if name in found:
                raise _Unfit(f"«w:{name}» хоёр удаа байна", f"w:{name} stands there twice")
            attributes = _attributes(child, table[name])
            if name == "shd" and child.get(W + "val") is None:
                attributes = ' w:val="clear"' + attributes  # docxtpl leaves it out, the standard wants it (17.3.2.32)
            if name in _STYLES:
                self.styles.add((_STYLES[name], str(child.get(W + "val"))))
            found[name] = f"<w:{name}{attributes}/>"
        inside = "".join(found[name] for name in table if name in found)
        return f"<{_prefixed(element)}>{inside}</{_prefixed(element)}>" if inside else ""


def _children(parent: _Element, *names: str) -> Iterator[_Element]:
    """The children of an element, each of which must have one of these names; no text between them."""
    if (parent.text or "").strip():
        raise _stray(parent.text)
    allowed = {W + name for name in names}
    for child in parent:
        if child.tag not in allowed:
            raise _unexpected(child)
        if (child.tail or "").strip():
            raise _stray(child.tail)
        yield child


def _pieces(element: _Element) -> Iterator[str]:
    """The text of a `w:t`, cut where a paragraph or page begins."""
    if any(name != XML_SPACE for name in element.attrib):
        _refuse(element, element.attrib)
    yield element.text or ""
    for child in element:
        mark = {"paragraph": PARAGRAPH, "page": PAGE}.get(child.tag) if isinstance(child.tag, str) else None
        if mark is None or len(child) or child.attrib:
            raise _unexpected(child)
        yield mark
        yield text.normalise(child.tail or "")


def _attributes(element: _Element, table: Mapping[str, re.Pattern[str]]) -> str:
    """The attributes of an element without content, each held to its pattern."""
    name = _prefixed(element)
    if len(element) or element.text:
        raise _unexpected(element[0]) if len(element) else _stray(element.text)
    given = {str(key): str(value) for key, value in element.attrib.items()}
    found = {key: given.pop(W + key) for key in table if W + key in given}
    _refuse(element, given)
    if "val" in table and "val" not in found and table is not _SWITCH and name.removeprefix("w:") not in _FREE:
        raise _Unfit(f"«{name}» утгагүй байна", f"{name} has no value")
    for key, value in found.items():
        if not table[key].fullmatch(value):
            raise _Unfit(f"«{name} w:{key}» утга буруу: «{value[:40]}»", f"{name} w:{key} cannot be “{value[:40]}”")
    return "".join(f' w:{key}="{text.as_attribute(value)}"' for key, value in found.items())


def _refuse(element: _Element, attributes: Iterable[object]) -> None:
    """A fault for the first of these attributes, which may not be there."""
    for key in attributes:
        shown = str(key).rpartition("}")[2][:40]
        raise _Unfit(f"«{_prefixed(element)}»-ийн «{shown}» шинж", f"the attribute {shown} of {_prefixed(element)}")


def _prefixed(element: _Element) -> str:
    tag = str(element.tag)
    return "w:" + tag.removeprefix(W) if tag.startswith(W) else tag.rpartition("}")[2][:40]


def _too_long(limit: int) -> _Unfit:
    return _Unfit(f"{limit:,} тэмдэгтээс урт байна", f"it is longer than {limit:,} letters")


def _unexpected(element: Any) -> _Unfit:
    if not isinstance(element.tag, str):
        return _Unfit("XML тайлбар эсвэл заавар", "an XML comment or instruction")
    if element.tag == W + "hyperlink":
        return _Unfit("өөр файлд харьяалагдах холбоос (url_id)", "a link that belongs to another file (url_id)")
    return _Unfit(f"«{_prefixed(element)}» элемент", f"the element {_prefixed(element)}")


def _stray(found: str | None) -> _Unfit:
    shown = (found or "").strip()[:40]
    return _Unfit(f"«{shown}» бичвэр элементийн гадна байна", f"the text “{shown}” stands outside its element")
