"""Texts and expressions of a layout as tags of a template, each typed against the view where it stands.

What comes out is the dialect with English names of levels, labels in place of bare nodes, and nothing that a static
template could not hold. Faults are collected with the path of the string in the layout.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace

from planforge import dialect, filters, syntax, text, view
from planforge.dialect import Scope, Typed, Walker
from planforge.layout_grammar import NAME, Layout, Path, is_text, level_of
from planforge.syntax import DialectFaults, Tag
from planforge.vocabulary import ANY, ListOf, MapOf, Record, Type

__all__ = ["Do", "Fault", "Here", "Printed", "Text", "Texts", "level_of_type", "literal", "operand"]


@dataclass(frozen=True, slots=True)
class Fault:
    """A problem before it has a place: `at` is its path in the layout, `key` whether the key itself is meant."""

    code: str
    at: Path
    args: Mapping[str, object]
    key: bool = False


@dataclass(frozen=True, slots=True)
class Here:
    """What is bound where a text stands: the scope, names that are nodes of a level, names that stand for others."""

    scope: Scope
    levels: Mapping[str, str] = field(default_factory=dict)
    renamed: Mapping[str, str] = field(default_factory=dict)
    labelled: bool = True

    def bind(self, name: str, kind: Type) -> Here:
        level = level_of_type(kind)
        levels = {**self.levels, name: level} if level else self.levels
        return replace(self, scope=self.scope.bind(name, kind), levels=levels)

    def in_loop(self, name: str, kind: Type | None) -> Here:
        """The body of a loop; items whose type has a fault may be anything, so the fault is told once."""
        looped = self.scope.bind_loop("i", "n")
        return replace(self, scope=looped).bind(name, ANY if kind is None else kind)

    def with_present(self, codes: list[str]) -> Here:
        return replace(self, scope=self.scope.with_present(codes))

    def name_of(self, level: str) -> str:
        """The name bound to a node of the level; the level's own if there is none."""
        return next((n for n, bound in reversed(list(self.levels.items())) if bound == level), level)

    def canonical(self, source: str) -> str:
        """An expression with the English names of levels, and with what `item` stands for."""

        def name(match: re.Match[str]) -> str:
            if match[1]:
                return match[0]
            found = level_of(match[2]) or match[2]
            return self.renamed.get(found, found)

        return _NAMES.sub(name, source).strip()


_NAMES = re.compile(rf"""("(?:\\.|[^"\\])*"|'(?:\\.|[^'\\])*')|(?<![\w.])({NAME})""")
_REACHING = re.compile(rf"{NAME}\.{NAME}|[|\[\"']")
_PATH = re.compile(rf"{NAME}(?:\.{NAME}|\[\w+\])*")
_FILTERED = re.compile(rf"({_PATH.pattern})\s*\|")


def level_of_type(kind: Type | None) -> str | None:
    """The level whose nodes the type describes."""
    if not isinstance(kind, Record):
        return None
    return next((level for level in view.LEVELS if view.level_record(level).cls is kind.cls), None)


def _may_lack(typed: Typed) -> bool:
    return typed.optional or isinstance(typed.type, ListOf | MapOf)


def literal(value: str) -> str:
    """A text inside a tag."""
    return json.dumps(value, ensure_ascii=False)


def operand(source: str) -> str:
    """An expression that a filter or an operator may follow."""
    return source if _PATH.fullmatch(source) else f"({source})"


@dataclass(frozen=True, slots=True)
class Printed:
    """One `{{ }}`: `text` as it is written, `source` inside, and whether it may print nothing."""

    text: str
    source: str
    optional: bool = False
    test: str = ""
    """What `if` asks to know whether it prints anything."""


@dataclass(frozen=True, slots=True)
class Do:
    """One `{% %}` of a text: `if`, what it asks …"""

    keyword: str
    rest: str


@dataclass(frozen=True, slots=True)
class Text:
    """A text ready for the template, and its pieces; `lone` is its one tag where it holds nothing else."""

    text: str
    pieces: tuple[str | Printed | Do, ...] = ()
    lone: Printed | None = None


@dataclass(frozen=True, slots=True)
class _Open:
    """An `if` or `for` inside a text that is not closed yet."""

    tag: str
    keyword: str
    before: Here
    otherwise: Here


_IN_LAYOUTS = {"PF206": "PF240"}
"""Faults of expressions whose remedy in a layout is another than in a template."""
_OPENED_BY = {"elif": ("if",), "else": ("if", "for"), "endif": ("if",), "endfor": ("for",)}


def _written(piece: str | Printed | Do) -> str:
    if isinstance(piece, Do):
        return f"{{% {piece.keyword} {piece.rest} %}}" if piece.rest else f"{{% {piece.keyword} %}}"
    return piece.text if isinstance(piece, Printed) else piece


class Texts:
    """Writes the texts of one layout and notes every fault once."""

    def __init__(self, layout: Layout) -> None:
        self.layout = layout
        self.faults: list[Fault] = []
        self._known: set[tuple[object, ...]] = set()

    def fault(self, code: str, at: Path, *, key: bool = False, **args: object) -> None:
        """Notes a fault; a cell that several rows print, each over another record, is blamed once."""
        what = {name: value for name, value in args.items() if name not in ("record", "near")}
        known = (code, at, key, repr(what))
        if known not in self._known:
            self._known.add(known)
            self.faults.append(Fault(code, at, args, key))

    @contextmanager
    def noting(self, at: Path, *, key: bool = False) -> Iterator[None]:
        """Faults of an expression become faults at the place of the string that holds it."""
        try:
            yield
        except DialectFaults as error:
            for found in error.faults:
                self.fault(_IN_LAYOUTS.get(found.code, found.code), at, key=key, **found.args)

    # -- expressions

    def typed(self, source: str, here: Here, at: Path, *, key: bool = False) -> Typed | None:
        """The type of what is to be printed; None if it has a fault."""
        with self.noting(at, key=key):
            walker = Walker()
            walker.output(syntax.expression(source), here.scope)
            if walker.faults:
                raise DialectFaults(walker.faults)
            return dialect.infer(source, here.scope)
        return None

    def items(self, source: str, here: Here, at: Path, *, key: bool = False) -> Type | None:
        """The type of the items of a list; None if it has a fault."""
        with self.noting(at, key=key):
            return dialect.elements(source, here.scope)
        return None

    def condition(self, source: str, here: Here, at: Path) -> tuple[Here, Here]:
        """What is known to be there where a condition holds, and where it does not."""
        with self.noting(at):
            walker = Walker()
            _, yes, no = walker.condition(syntax.expression(source), here.scope)
            if walker.faults:
                raise DialectFaults(walker.faults)
            return here.with_present(yes), here.with_present(no)
        return here, here

    def printed(self, source: str, here: Here, at: Path, *, key: bool = False) -> Printed:
        """“A bare level name prints the node by its label.”"""
        source = here.canonical(source)
        typed = self.typed(source, here, at, key=key)
        if typed is None:
            return Printed(f"{{{{ {source} }}}}", source)
        level = level_of_type(typed.type)
        if level:
            example = self.layout.labels.get(level, "Текст") if here.labelled else "Текст"
            if is_text(example):
                # “An example with tags in it is plain dialect text”: its level's name stands for this node.
                there = replace(here, renamed={**here.renamed, level: source}, labelled=False)
                return Printed(self.text(example, there, ("labels", level)).text, source)
            source = operand(source) + (".text" if example == "Текст" else f" | label({literal(example)})")
        return Printed(f"{{{{ {source} }}}}", source, _may_lack(typed), self.test_of(source, here))

    def test_of(self, source: str, here: Here) -> str:
        """“Filters pass absence on”: the value in front of them tells enough where it may lack."""
        match = _FILTERED.match(source)
        return match[1] if match and _may_lack(dialect.infer(match[1], here.scope)) else source

    # -- texts

    def text(self, value: str, here: Here, at: Path, *, key: bool = False) -> Text:
        """A text of the dialect with its names made canonical; statements inside it open scopes."""
        pieces: list[str | Tag] = [value]
        with self.noting(at, key=key):
            pieces = syntax.split(value)
        out: list[str | Printed | Do] = []
        stack: list[_Open] = []
        for piece in pieces:
            if isinstance(piece, str):
                out.append(piece)
            elif piece.prefix or piece.before or piece.after or (piece.body.split() or [""])[0] in syntax.CELL_KEYWORDS:
                self.fault("PF296", at, key=key, tag=piece.source)
            elif piece.open == "{{":
                out.append(self.printed(piece.body, here, at, key=key))
            elif piece.open == "{%":
                here = self.statement(piece, here, at, stack)
                keyword, _, rest = here.canonical(piece.body).partition(" ")
                out.append(Do(keyword, rest.strip()))
        for left in stack:
            self.fault("PF243", at, key=key, tag=left.tag, end=f"end{left.keyword}")
        filled = [p for p in out if not isinstance(p, str) or p.strip()]
        lone = filled[0] if len(filled) == 1 and isinstance(filled[0], Printed) else None
        return Text("".join(map(_written, out)), tuple(out), lone)

    def statement(self, tag: Tag, here: Here, at: Path, stack: list[_Open]) -> Here:
        """What is bound after a `{% %}` inside a text."""
        keyword, _, rest = here.canonical(tag.body).partition(" ")
        if keyword in ("if", "for"):
            stack.append(_Open(tag.source, keyword, here, here))
        elif keyword in _OPENED_BY and (not stack or stack[-1].keyword not in _OPENED_BY[keyword]):
            self.fault("PF216", at, tag=tag.source, keyword=_OPENED_BY[keyword][0])
            return here
        if keyword in ("if", "elif"):
            last = stack.pop()
            yes, no = self.condition(rest, last.otherwise, at)
            stack.append(replace(last, otherwise=no))
            return yes
        if keyword == "else":
            return stack[-1].otherwise
        if keyword in ("endif", "endfor"):
            return stack.pop().before
        with self.noting(at):
            parsed = syntax.statement(f"{keyword} {rest}")
            if keyword == "for":
                items = rest.partition(" in ")[2].partition(" if ")[0]
                kind = self.items(items, here, at)
                if not parsed.others:
                    return here.in_loop(parsed.target, kind)
                names = (parsed.target, *parsed.others)
                kinds = dialect.unpacked(ANY if kind is None else kind, len(names)) or (ANY,) * len(names)
                for name, one in zip(names, kinds, strict=True):
                    here = here.in_loop(name, one)
                return here
            if keyword == "set":
                found = dialect.infer(rest.partition("=")[2], here.scope)
                return replace(here, scope=here.scope.bind(parsed.target, found.type, optional=found.optional))
        return here

    def check_labels(self) -> None:
        """“One number token at most”, in front of the text; the text itself may not be lost."""
        for level, example in self.layout.labels.items():
            if level and not is_text(example):
                try:
                    filters.Label(example)
                except ValueError:
                    self.fault("PF286", ("labels", level), label=example)

    # -- names

    def unknown_words(self, source: str, here: Here) -> str | None:
        """What fixed words in the place of an expression were perhaps meant to be; None where they are none."""
        if _REACHING.search(source):
            return None
        try:
            dialect.infer(here.canonical(source), here.scope)
        except DialectFaults as error:
            if {f.code for f in error.faults} <= {"PF202", "PF204"}:
                near = text.closest(source, [*view.LEVEL_TERMS, *here.scope.names])
                return near or ""
        return None

    def names(self, source: str, here: Here) -> frozenset[str]:
        """The names that an expression uses; none where it cannot be read, which is told elsewhere."""
        try:
            return dialect.free_names(here.canonical(source))
        except DialectFaults:
            return frozenset()

    def text_names(self, value: str, here: Here) -> frozenset[str]:
        """The names that the tags of a text use, without those that it binds itself."""
        try:
            pieces = syntax.split(value)
        except DialectFaults:
            return frozenset()
        found: set[str] = set()
        bound: set[str] = set()
        for piece in pieces:
            if isinstance(piece, str) or piece.open == "{#":
                continue
            body = here.canonical(piece.body)
            if piece.open == "{%":
                keyword, _, body = body.partition(" ")
                if keyword == "for":
                    target, _, body = body.partition(" in ")
                    bound.add(target.strip())
                elif keyword == "set":
                    target, _, body = body.partition("=")
                    bound.add(target.strip())
            found |= self.names(body, here) - bound
        return frozenset(found)
