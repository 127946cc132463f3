"""The grammar of the template language: a text cut into tags, a tag read into its syntax tree; nothing is typed here.

Authors write docxtpl's dialect (Jinja expressions in `{{ }}`, statements in `{% %}`). Tags are found in linear time,
Jinja's own parser reads what stands inside them, and what cannot be read is told in both languages.
What the names and operations mean is settled by `planforge.dialect`.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, cast

from jinja2 import Environment, nodes
from jinja2.exceptions import TemplateSyntaxError
from jinja2.parser import Parser

from planforge import text
from planforge.errors import Words
from planforge.text import listed, perhaps, quote

__all__ = [
    "CELL_KEYWORDS",
    "CLOSING",
    "KEYWORDS",
    "MAX_NESTING",
    "MAX_TAG",
    "DialectFaults",
    "Fault",
    "Statement",
    "Tag",
    "expression",
    "meant_keyword",
    "meant_prefix",
    "split",
    "statement",
]

MAX_TAG = 4_000
"""Letters in one tag."""
MAX_NESTING = 40
"""Operations inside one another in one expression: Python allows 200 brackets, and one operation takes up to three."""


@dataclass(frozen=True, slots=True)
class Fault:
    """A fault in a piece of dialect text, without its place; `offset` counts letters from the start of the text."""

    code: str
    args: Mapping[str, object] = field(default_factory=dict)
    offset: int = 0


class DialectFaults(Exception):
    """What is wrong with one text, tag or expression; callers add the place."""

    def __init__(self, faults: Iterable[Fault]) -> None:
        self.faults = tuple(faults)
        super().__init__(self.faults)


# --- tags in a text ------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Tag:
    """One tag: `{{ x }}`, `{%tr for … %}`; `start` is its offset in the text, `source` what stands there.

    `body` is what stands inside as it is meant: bent quotes, odd spaces and dashes that Word has put in are straight.
    `before` and `after` say whether a dash stands at its edge (`{%- … -%}`).
    """

    open: str
    prefix: str
    body: str
    start: int
    source: str
    before: bool = False
    after: bool = False

    @property
    def keyword(self) -> str:
        """The first word of a statement; nothing for an output or a comment."""
        return (self.body.split(None, 1) or [""])[0] if self.open == "{%" else ""


CLOSING = {"{{": "}}", "{%": "%}", "{#": "#}"}
_OPEN = re.compile(r"\{[{%#]")
_PREFIX = re.compile(r"(tr|tc|p|r)(?=\s)")
_QUOTES = "\"'“”„‟«»‘’‚‛"
_STEPS = {opening: re.compile(f"[{_QUOTES}]|{re.escape(close)}") for opening, close in CLOSING.items()}


def _string(closing: str) -> re.Pattern[str]:
    """What stands between an opening quote and one of these; a backslash takes the next letter with it."""
    return re.compile(rf"((?:[^{closing}\\]++|\\.)*+)[{closing}]", re.DOTALL)


_STRINGS = {
    '"': ('"', _string('"')),
    "'": ("'", _string("'")),
    **dict.fromkeys("“”„‟", ('"', _string("“”‟"))),
    "«": ('"', _string("»")),
    "»": ('"', _string("«»")),
    **dict.fromkeys("‘’‚‛", ("'", _string("‘’‛"))),
}
"""How a string goes on that a quote opens: the quote that is meant, and the rest of it."""
_UNESCAPED = {mark: re.compile(rf"(?<!\\)(?:\\\\)*+{mark}") for mark in "\"'"}
_MEANT = {
    **dict.fromkeys((0x85, 0xA0, 0x1680, *range(0x2000, 0x200B), 0x2028, 0x2029, 0x202F, 0x205F, 0x3000), " "),
    **dict.fromkeys((0xAD, 0x180E, *range(0x200B, 0x2010), *range(0x202A, 0x202F), *range(0x2060, 0x2070), 0xFEFF), ""),
    **dict.fromkeys((*range(0x2010, 0x2016), 0x2212, 0xFE58, 0xFE63, 0xFF0D), "-"),
}
"""What AutoCorrect makes of the letters of a tag, and what was typed: outside strings they mean nothing else."""


def split(text: str, /) -> list[str | Tag]:
    """The literal pieces and tags of a text in order, in linear time. Raises DialectFaults (PF201, PF224)."""
    pieces: list[str | Tag] = []
    at = 0
    unclosed: set[str] = set()
    while opening := _OPEN.search(text, at):
        start = opening.start()
        if start > at:
            pieces.append(text[at:start])
        found = _scan(text, start, unclosed)
        if found is None:
            after = _OPEN.search(text, start + 2)
            tag = quote(text[start : after.start() if after else None].strip())
            args = {"tag": tag, "close": CLOSING[opening.group()]}
            raise DialectFaults([Fault("PF201", args, start)])
        end, body = found
        if end - start > MAX_TAG:
            raise DialectFaults([Fault("PF224", {"length": end - start, "limit": MAX_TAG}, start)])
        dashes = (False, False)
        if opening.group() != "{#":
            dashes = (body.startswith("-"), body.endswith("-"))
            body = body.removeprefix("-").removesuffix("-")
        prefix = _PREFIX.match(body)
        kind = prefix.group() if prefix else ""
        pieces.append(Tag(opening.group(), kind, body[len(kind) :], start, text[start:end], *dashes))
        at = end
    if at < len(text):
        pieces.append(text[at:])
    return pieces


def _scan(text: str, start: int, unclosed: set[str]) -> tuple[int, str] | None:
    """Where the tag ends, past its closing mark, and its body as it is meant; None if it is not closed.

    One that another tag begins in is not: the mark that follows is the other's (`{% if x }а{% endif %}`). A string
    hides the mark. A quote that opens none is a letter: `unclosed` holds those that no closing quote follows, so that
    nobody looks for it again.
    """
    opening = text[start : start + 2]
    at = start + 2
    if opening == "{#":
        end = text.find("#}", at)
        return None if end < 0 else (end + 2, text[at:end])
    body: list[str] = []
    while found := _STEPS[opening].search(text, at):
        if _OPEN.search(text, at, found.start()):
            return None
        body.append(text[at : found.start()].translate(_MEANT))
        at = found.end()
        if found.group() == CLOSING[opening]:
            return at, "".join(body)
        mark, rest = _STRINGS[found.group()]
        string = None if found.group() in unclosed else rest.match(text, at)
        if string is None:
            unclosed.add(found.group())
            body.append(found.group())
            continue
        inside = string[1] if mark == found.group() else _UNESCAPED[mark].sub(r"\\\g<0>", string[1])
        body.append(f"{mark}{inside}{mark}")
        at = string.end()
    return None


# --- statements ----------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Statement:
    """A parsed `{% %}` tag: `keyword`, and the names and syntax trees that it holds.

    `others` are the further names of a loop over pairs or lists: `for label, value in …`.
    """

    keyword: str
    expr: nodes.Expr | None = None
    target: str = ""
    test: nodes.Expr | None = None
    others: tuple[str, ...] = ()


_ENV = Environment()
_PREFIXES = ("tr", "tc", "p", "r")
_SAID = {"хэрэв": "if", "бол": "if", "давтах": "for", "давталт": "for", "эсвэл": "elif", "бусад": "else"}
"""Statements in Mongolian words: there are none, but what is meant is clear."""
CELL_KEYWORDS = ("vm", "hm", "colspan", "cellbg")
"""Statements about the table cell that they stand in."""
KEYWORDS = ("for", "if", "elif", "else", "endfor", "endif", "set", *CELL_KEYWORDS)
# fmt: off
_FORBIDDEN_KEYWORDS = frozenset([
    "macro", "endmacro", "include", "import", "from", "extends", "block", "endblock", "call", "endcall", "filter",
    "endfilter", "do", "autoescape", "endautoescape", "raw", "endraw", "with", "endwith", "debug", "trans", "endtrans",
    "continue", "break",
])
# fmt: on


def statement(body: str, /) -> Statement:
    """The statement in a `{% %}` tag. Raises DialectFaults (PF202, PF203, PF210)."""
    words = body.split(None, 1)
    keyword = words[0] if words else ""
    rest = words[1] if len(words) > 1 else ""
    if keyword not in KEYWORDS:
        if keyword in _FORBIDDEN_KEYWORDS:
            raise DialectFaults([Fault("PF210", {"what": Words(f"«{keyword}» үйлдэл", f"the statement “{keyword}”")})])
        meant = meant_keyword(body)
        prefix = meant_prefix(body)
        if prefix and meant:
            near = perhaps(f"{{%{prefix} {meant}{'' if meant.startswith('e') else ' …'} %}}")
        else:
            near = perhaps(meant) if meant else listed(KEYWORDS)
        raise DialectFaults([Fault("PF203", {"keyword": keyword, "near": near})])
    if keyword == "vm" and not rest.strip():
        return Statement(keyword)
    if keyword in ("else", "endfor", "endif", "hm"):
        if keyword == "else" and rest.startswith("if"):
            raise DialectFaults([Fault("PF203", {"keyword": "else if", "near": perhaps("elif")})])
        if rest.strip():
            raise DialectFaults([Fault("PF202", {"tag": quote(body.strip()), "detail": _words_after(rest)})])
        return Statement(keyword)
    if keyword == "for":
        return cast(Statement, _parsed(rest, _parse_for))
    if keyword == "set":
        return cast(Statement, _parsed(rest, _parse_set))
    return Statement(keyword, expression(rest))


def meant_keyword(body: str, /) -> str:
    """The keyword of a `{% %}` tag, or the one that a mistyped tag most likely means; nothing if that is not clear."""
    words = _words(body)[1]
    for written in ("".join(words[:2]), *words[:1]):
        found = {"elseif": "elif", **dict(zip(KEYWORDS, KEYWORDS, strict=True))}.get(written.lower())
        if found:
            return found
    return (_SAID.get(words[0].lower()) or text.closest(words[0], KEYWORDS) or "") if words else ""


def meant_prefix(body: str, /) -> str:
    """The prefix that a `{% %}` tag was meant to have, and has not; nothing if there is no sign of one.

    A space, the lack of one, or a letter that looks like p keeps it from being one: `{% tr for … %}`, `{%trfor … %}`.
    """
    return _words(body)[0]


def _words(body: str) -> tuple[str, list[str]]:
    """The words of a statement, and before them the prefix that it was meant to have."""
    words = body.split()
    for prefix in _PREFIXES if words else ():
        if words[0] == prefix or text.look_alike(words[0], [prefix]):
            return prefix, words[1:]
        if words[0].removeprefix(prefix) in KEYWORDS and words[0] not in KEYWORDS:
            return prefix, [words[0].removeprefix(prefix), *words[1:]]
    return "", words


def _words_after(rest: str) -> Words:
    return Words(f"«{rest.strip()}» илүү байна", f"“{rest.strip()}” should not be there")


def expression(source: str, /) -> nodes.Expr:
    """The syntax tree of an expression. Raises DialectFaults (PF202)."""
    return cast(nodes.Expr, _parsed(source, lambda parser: parser.parse_expression(with_condexpr=True)))


def _parsed(source: str, rule: Callable[[Parser], Any]) -> Any:
    def refuse(detail: Words) -> DialectFaults:
        return DialectFaults([Fault("PF202", {"tag": quote(source.strip()), "detail": detail})])

    try:
        parser = Parser(_ENV, source, state="variable")
        if parser.stream.eos:
            raise refuse(Words("хоосон байна", "it is empty"))
        found = rule(parser)
    except TemplateSyntaxError as error:
        raise refuse(_syntax_words(source, error.message or "")) from error
    except RecursionError as error:
        raise refuse(_TOO_DEEP) from error
    if not parser.stream.eos:
        raise refuse(_words_after(str(parser.stream.current.value)))
    trees = (found.expr, found.test) if isinstance(found, Statement) else (found,)
    if any(_is_deep(tree) for tree in trees if tree is not None):
        raise refuse(_TOO_DEEP)
    return found


_TOO_DEEP = Words("хэт олон давхар үйлдэлтэй байна", "too many operations stand inside one another")
_CURLY_QUOTES = re.compile("[“”„‟«»‘’‚‛]")
_STRAIGHT = re.compile(r"""\"(?:[^"\\]++|\\.)*+"|'(?:[^'\\]++|\\.)*+'""", re.DOTALL)
_UNEXPECTED = re.compile(r"unexpected char '(.)'|got '(.*)'|unexpected '(.*)'")


def _syntax_words(source: str, message: str) -> Words:
    """What Jinja's parser says, in both languages; a quote that Word has bent and nothing closes is named first."""
    bent = _CURLY_QUOTES.search(_STRAIGHT.sub("", source))
    if bent:
        return Words(
            f"«{bent.group()}» хашилтын оронд \" эсвэл ' бичнэ",
            f"write \" or ' instead of the quotation mark {bent.group()}",
        )
    found = _UNEXPECTED.search(message)
    word = next((w for w in found.groups() if w), "") if found else ""
    if source.lstrip().startswith("{"):
        return Words("эхний «{» илүү байна", "the first “{” should not be there")
    if not word or word.startswith("end of"):
        return Words("дутуу бичсэн байна", message)
    return Words(f"«{word}» энд байх ёсгүй", message)


def _is_deep(tree: nodes.Node) -> bool:
    """Whether more operations stand inside one another than a program can hold."""
    level: list[nodes.Node] = [tree]
    for _ in range(MAX_NESTING):
        level = [child for node in level for child in node.iter_child_nodes()]
        if not level:
            return False
    return True


def _parse_for(parser: Parser) -> Statement:
    target = parser.parse_assign_target(extra_end_rules=("name:in",))
    names = target.items if isinstance(target, nodes.Tuple) else [target]
    if not all(isinstance(name, nodes.Name) for name in names):
        parser.fail("names expected")
    parser.stream.expect("name:in")
    expr = parser.parse_tuple(with_condexpr=False, extra_end_rules=("name:if",))
    test = parser.parse_expression() if parser.stream.skip_if("name:if") else None
    first, *others = (cast(nodes.Name, name).name for name in names)
    return Statement("for", expr, first, test, tuple(others))


def _parse_set(parser: Parser) -> Statement:
    target = parser.parse_assign_target(name_only=True)
    parser.stream.expect("assign")
    return Statement("set", parser.parse_expression(), target.name)
