"""The template language: tags in a text, expressions, filters, types, the allow-list.

Authors write docxtpl's dialect (Jinja expressions in `{{ }}`, statements in `{% %}`). Jinja's own parser reads it; here
every name is resolved and every expression typed against the view, only what is listed passes, and what passes becomes
Python source over plain, frozen values. There is no call, no import and no attribute but a declared one, so a template
cannot run code: what the walk does not know, it refuses.

An absent value prints nothing and passes through filters; reaching through it or comparing it needs a guard. `if`,
`and`, `or`, `not` ask whether a value is there: 0 and 0 % are there.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from decimal import Decimal
from functools import cache
from typing import Any, cast

from jinja2 import Environment, nodes
from jinja2.exceptions import TemplateSyntaxError
from jinja2.parser import Parser

from planforge import filters, text, view, vocabulary
from planforge.errors import Words
from planforge.vocabulary import ANY, AnyType, ListOf, Loop, MapOf, Record, Scalar, Type

__all__ = [
    "MAX_TAG",
    "DialectFaults",
    "Fault",
    "Scope",
    "Statement",
    "Tag",
    "Typed",
    "Walker",
    "elements",
    "free_names",
    "infer",
    "split",
    "statement",
]

MAX_TAG = 4_000
"""Letters in one tag."""


@dataclass(frozen=True, slots=True)
class Fault:
    """A fault in a piece of dialect text: a problem without its place; `offset` counts letters from the tag's start."""

    code: str
    args: Mapping[str, object] = field(default_factory=dict)
    offset: int = 0


class DialectFaults(Exception):
    """What is wrong with one expression; callers add the place."""

    def __init__(self, faults: Iterable[Fault]) -> None:
        self.faults = tuple(faults)
        super().__init__(self.faults)


# --- tags in a text ------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Tag:
    """One tag: `{{ x }}`, `{%tr for … %}`; `start` is its offset in the text, `body` what stands inside."""

    open: str
    prefix: str
    body: str
    start: int
    source: str


_CLOSE = {"{{": "}}", "{%": "%}", "{#": "#}"}
_OPEN = re.compile(r"\{[{%#]")
_PREFIX = re.compile(r"(tr|tc|p|r)(?=\s)")


def split(text: str, /) -> list[str | Tag]:
    """The literal pieces and tags of a text in order, in linear time. Raises DialectFaults (PF201, PF202)."""
    pieces: list[str | Tag] = []
    at = 0
    while opening := _OPEN.search(text, at):
        start = opening.start()
        if start > at:
            pieces.append(text[at:start])
        end = _end_of_tag(text, start)
        if end is None:
            raise DialectFaults(
                [Fault("PF201", {"tag": _quote(text[start:]), "close": _CLOSE[opening.group()]}, start)]
            )
        if end - start > MAX_TAG:
            raise DialectFaults([Fault("PF224", {"length": end - start, "limit": MAX_TAG}, start)])
        body = text[start + 2 : end - 2]
        prefix = _PREFIX.match(body)
        pieces.append(
            Tag(
                opening.group(),
                prefix.group() if prefix else "",
                body[prefix.end() :] if prefix else body,
                start,
                text[start:end],
            )
        )
        at = end
    if at < len(text):
        pieces.append(text[at:])
    return pieces


def _end_of_tag(text: str, start: int) -> int | None:
    """Where the tag ends, past its closing mark; quotes inside hide the mark. None if it is not closed."""
    opening = text[start : start + 2]
    close = _CLOSE[opening]
    if opening == "{#":
        end = text.find(close, start + 2)
        return None if end < 0 else end + 2
    quote = ""
    for at in range(start + 2, min(len(text), start + MAX_TAG + 100)):
        letter = text[at]
        if quote:
            if letter == quote and text[at - 1] != "\\":
                quote = ""
        elif letter in "\"'":
            quote = letter
        elif text.startswith(close, at):
            return at + 2
    end = text.find(close, start + 2)
    return None if end < 0 else end + 2


def _quote(source: str, limit: int = 60) -> str:
    return source if len(source) <= limit else source[: limit - 1] + "…"


# --- statements ----------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Statement:
    """A parsed `{% %}` tag: `keyword`, and the names and syntax trees that it holds."""

    keyword: str
    expr: nodes.Expr | None = None
    target: str = ""
    test: nodes.Expr | None = None


_ENV = Environment()
_KEYWORDS = ("for", "if", "elif", "else", "endfor", "endif", "set", "vm")
_FORBIDDEN_KEYWORDS = frozenset(
    [
        "macro",
        "endmacro",
        "include",
        "import",
        "from",
        "extends",
        "block",
        "endblock",
        "call",
        "endcall",
        "filter",
        "endfilter",
        "do",
        "autoescape",
        "endautoescape",
        "raw",
        "endraw",
        "with",
        "endwith",
        "debug",
        "trans",
        "endtrans",
        "continue",
        "break",
    ]
)


def statement(body: str, /) -> Statement:
    """The statement in a `{% %}` tag. Raises DialectFaults (PF202, PF203, PF210)."""
    words = body.split(None, 1)
    keyword = words[0] if words else ""
    rest = words[1] if len(words) > 1 else ""
    if keyword not in _KEYWORDS:
        if keyword in _FORBIDDEN_KEYWORDS:
            raise DialectFaults([Fault("PF210", {"what": Words(f"«{keyword}» үйлдэл", f"the statement “{keyword}”")})])
        near = text.closest(keyword, _KEYWORDS) if keyword else None
        raise DialectFaults([Fault("PF203", {"keyword": keyword, "near": near or ", ".join(_KEYWORDS)})])
    if keyword in ("else", "endfor", "endif"):
        if rest.strip():
            raise DialectFaults([Fault("PF202", {"tag": _quote(body.strip()), "detail": _words_after(rest)})])
        return Statement(keyword)
    if keyword == "for":
        return cast(Statement, _parsed(rest, _parse_for))
    if keyword == "set":
        return cast(Statement, _parsed(rest, _parse_set))
    return Statement(keyword, expression(rest))


def _words_after(rest: str) -> Words:
    return Words(f"«{rest.strip()}» илүү байна", f"“{rest.strip()}” should not be there")


def expression(source: str, /) -> nodes.Expr:
    """The syntax tree of an expression. Raises DialectFaults (PF202)."""
    return cast(nodes.Expr, _parsed(source, lambda parser: parser.parse_expression(with_condexpr=True)))


def _parsed(source: str, rule: Callable[[Parser], Any]) -> Any:
    try:
        parser = Parser(_ENV, source, state="variable")
        if parser.stream.eos:
            raise DialectFaults(
                [Fault("PF202", {"tag": source.strip(), "detail": Words("хоосон байна", "it is empty")})]
            )
        found = rule(parser)
        if not parser.stream.eos:
            rest = str(parser.stream.current.value)
            raise DialectFaults([Fault("PF202", {"tag": _quote(source.strip()), "detail": _words_after(rest)})])
        return found
    except (TemplateSyntaxError, RecursionError) as error:
        detail = getattr(error, "message", None) or "nested too deeply"
        raise DialectFaults([Fault("PF202", {"tag": _quote(source.strip()), "detail": detail})]) from error


def _parse_for(parser: Parser) -> Statement:
    target = parser.parse_assign_target(name_only=True)
    parser.stream.expect("name:in")
    expr = parser.parse_tuple(with_condexpr=False, extra_end_rules=("name:if",))
    test = parser.parse_expression() if parser.stream.skip_if("name:if") else None
    return Statement("for", expr, target.name, test)


def _parse_set(parser: Parser) -> Statement:
    target = parser.parse_assign_target(name_only=True)
    parser.stream.expect("assign")
    return Statement("set", parser.parse_expression(), target.name)


# --- scopes and types ----------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Typed:
    """An expression as Python source, with its type and whether it may be absent."""

    code: str
    type: Type
    optional: bool = False
    constant: object = None


@dataclass(frozen=True, slots=True)
class Scope:
    """The names that an expression may use, and the optional values that a condition has shown to be there."""

    names: Mapping[str, Typed]
    present: frozenset[str] = frozenset()
    open: bool = False
    """Whether unknown names are allowed (a template without a schema)."""

    @staticmethod
    def domain() -> Scope:
        """The names of every template of the domain: plan, report, today, in both languages."""
        return Scope({name: Typed(f"n_{name}", f.type) for name, f in view.names().items()})

    def bind(self, name: str, kind: Type, *, code: str | None = None, optional: bool = False) -> Scope:
        """This scope with one name more; a shallower binding of the same name is hidden."""
        key = text.name_key(name)
        typed = Typed(code if code is not None else f"b_{len(self.names)}", kind, optional)
        return replace(self, names={**self.names, key: typed})

    def bind_loop(self, index: str, length: str) -> Scope:
        """This scope inside a loop: `loop.index`, `loop.first`, `loop.last`, `loop.length`."""
        return replace(self, names={**self.names, "loop": Typed("loop", Loop(index, length))})

    def with_present(self, codes: Iterable[str]) -> Scope:
        """This scope where some optional values are known to be there."""
        return replace(self, present=self.present | frozenset(codes))

    def find(self, name: str) -> Typed | None:
        key = text.name_key(name)
        found = self.names.get(key)
        if found is None:
            canonical = _top_names().get(key)
            found = self.names.get(canonical) if canonical else None
        if found is None and self.open:
            found = Typed(f"R.name({key!r})", ANY)
        return found

    def spellings(self) -> list[str]:
        return [*self.names, *(k for k, v in _top_names().items() if v in self.names)]


@cache
def _top_names() -> Mapping[str, str]:
    return {text.name_key(vocabulary.mongolian_name(f.term.mn)): name for name, f in view.names().items()}


def infer(source: str, scope: Scope, /) -> Typed:
    """The type of an expression. Raises DialectFaults with all of them."""
    walker = Walker()
    typed = walker.expr(expression(source), scope)
    if walker.faults:
        raise DialectFaults(walker.faults)
    return typed


def elements(source: str, scope: Scope, /) -> Type:
    """The type of the items of a list expression. Raises DialectFaults (PF211 if it is not a list)."""
    walker = Walker()
    kind = walker.items(expression(source), scope)[1]
    if walker.faults:
        raise DialectFaults(walker.faults)
    return kind


def free_names(source: str, /) -> frozenset[str]:
    """The top names that an expression uses, `план`-like aliases of the domain as their English names."""
    found = expression(source).find_all(nodes.Name)
    tree = expression(source)
    names = {n.name for n in found} | ({tree.name} if isinstance(tree, nodes.Name) else set())
    return frozenset(_top_names().get(text.name_key(n), n) for n in names)


# --- the walk ------------------------------------------------------------------------------------------------------

_COMPARE = {
    "eq": "==",
    "ne": "!=",
    "gt": ">",
    "gteq": ">=",
    "lt": "<",
    "lteq": "<=",
    "in": "in",
    "notin": "not in",
}
_BAD = Typed("None", ANY, True)
_NO_GUARD = (Scalar.NUMBER, Scalar.DATE)


class Walker:
    """Types expressions and writes them as Python source; collects every fault.

    The source uses only: names of the scope, declared attributes, constants, and the functions of `planforge.filters`
    under the name `F`, the render's own state under `R`.
    """

    def __init__(self) -> None:
        self.faults: list[Fault] = []
        self.constants: dict[str, object] = {}
        self.uses: set[str] = set()
        self.temporaries = 0
        self.tag = 0
        """The index of the tag at hand: how a rendering finds the place of what is missing."""

    def fault(self, code: str, **args: object) -> Typed:
        self.faults.append(Fault(code, args))
        return _BAD

    def constant(self, value: object) -> str:
        """The name under which the program finds a compiled constant (a label, a date example)."""
        name = f"k_{len(self.constants)}"
        self.constants[name] = value
        return name

    def temporary(self) -> str:
        self.temporaries += 1
        return f"t_{self.temporaries}"

    # -- entry points for tags

    def output(self, tree: nodes.Expr, scope: Scope) -> str:
        """Source of the text that a `{{ }}` prints, not yet escaped."""
        typed = self.expr(tree, scope)
        kind = typed.type
        if isinstance(kind, Loop):
            self.fault("PF212", what="loop", near="loop.index")
        elif isinstance(kind, MapOf):
            self.fault("PF212", what=_source(tree), near=f"{_source(tree)}.…")
        elif isinstance(kind, Record) and not filters.prints(kind):
            near = ", ".join(f"{_source(tree)}.{f}" for f in list(kind.fields)[:4])
            self.fault("PF212", what=_source(tree), near=near)
        if kind is Scalar.TEXT and not typed.optional:
            return typed.code
        return f"F.show({typed.code})"

    def condition(self, tree: nodes.Expr, scope: Scope) -> tuple[str, list[str], list[str]]:
        """Source of a truth value, the optional values present where it holds, and those present where it does not."""
        if isinstance(tree, nodes.Not):
            code, yes, no = self.condition(tree.node, scope)
            return f"(not {code})", no, yes
        if isinstance(tree, nodes.And):
            left, yes, _ = self.condition(tree.left, scope)
            right, more, _ = self.condition(tree.right, scope.with_present(yes))
            return f"({left} and {right})", [*yes, *more], []
        if isinstance(tree, nodes.Or):
            left, _, no = self.condition(tree.left, scope)
            right, _, more = self.condition(tree.right, scope.with_present(no))
            return f"({left} or {right})", [], [*no, *more]
        if isinstance(tree, nodes.Compare | nodes.Test):
            return self.expr(tree, scope).code, [], []
        typed = self.expr(tree, scope)
        return f"F.present({typed.code})", [typed.code], []

    def items(self, tree: nodes.Expr, scope: Scope) -> tuple[str, Type]:
        """Source of what a loop goes over, and the type of its items."""
        typed = self.expr(tree, scope)
        if isinstance(typed.type, ListOf):
            if typed.optional:
                return f"({typed.code} or ())", typed.type.item
            return typed.code, typed.type.item
        if isinstance(typed.type, AnyType):
            return f"F.items({typed.code})", ANY
        if not self.faults or typed is not _BAD:
            near = ""
            if isinstance(typed.type, Record):
                lists = [n for n, f in typed.type.fields.items() if isinstance(f.type, ListOf)]
                near = ", ".join(f"{_source(tree)}.{n}" for n in lists[:4])
            self.fault("PF211", what=_source(tree), found=vocabulary.type_words(typed.type), near=near)
        return "()", ANY

    # -- expressions

    def expr(self, tree: nodes.Expr, scope: Scope) -> Typed:
        method = getattr(self, f"_{type(tree).__name__.lower()}", None)
        if method is None or type(tree) not in _ALLOWED:
            return self.fault("PF210", what=_forbidden_words(tree))
        typed: Typed = method(tree, scope)
        if typed.optional and typed.code in scope.present:
            return replace(typed, optional=False)
        return typed

    def _name(self, tree: nodes.Name, scope: Scope) -> Typed:
        if tree.name.startswith("_"):
            return self.fault("PF210", what=Words(f"дотоод нэр «{tree.name}»", f"the internal name “{tree.name}”"))
        found = scope.find(tree.name)
        if found is None:
            known = scope.spellings()
            return self.fault("PF204", name=tree.name, near=text.closest(tree.name, known) or ", ".join(known[:12]))
        if found.code.startswith("R.name("):
            found = replace(found, code=f"{found.code[:-1]}, {self.tag})")
        self.uses.add(_top_names().get(text.name_key(tree.name), tree.name))
        return found

    def _getattr(self, tree: nodes.Getattr, scope: Scope) -> Typed:
        return self.member(self.expr(tree.node, scope), tree.attr, tree)

    def _getitem(self, tree: nodes.Getitem, scope: Scope) -> Typed:
        base = self.expr(tree.node, scope)
        if not isinstance(tree.arg, nodes.Expr) or isinstance(tree.arg, nodes.Slice):
            return self.fault("PF210", what=Words("хэсэглэн авах [:]", "a slice [:]"))
        if isinstance(tree.arg, nodes.Const) and isinstance(tree.arg.value, str) and not isinstance(base.type, MapOf):
            return self.member(base, tree.arg.value, tree)
        key = self.expr(tree.arg, scope)
        if base is _BAD or key is _BAD:
            return _BAD
        if self.guarded(base, tree.node) is None or self.guarded(key, tree.arg) is None:
            return _BAD
        if isinstance(base.type, ListOf):
            return Typed(f"F.item({base.code}, {key.code})", base.type.item, True)
        if isinstance(base.type, MapOf):
            return Typed(f"F.label_of({base.code}, {key.code})", base.type.value, True)
        if isinstance(base.type, AnyType):
            return Typed(f"F.item({base.code}, {key.code})", ANY, True)
        return self.fault("PF211", what=_source(tree.node), found=vocabulary.type_words(base.type), near="")

    def member(self, base: Typed, name: str, tree: nodes.Getattr | nodes.Getitem) -> Typed:
        """A field of a value by its English or Mongolian name."""
        if base is _BAD:
            return _BAD
        if name.startswith("_"):
            return self.fault("PF210", what=Words(f"дотоод нэр «{name}»", f"the internal name “{name}”"))
        kind = base.type
        if isinstance(kind, Loop):
            codes = {
                "index": (kind.index, Scalar.NUMBER),
                "first": (f"({kind.index} == 1)", Scalar.BOOL),
                "last": (f"({kind.index} == {kind.length})", Scalar.BOOL),
                "length": (kind.length, Scalar.NUMBER),
            }
            if name in codes:
                return Typed(*codes[name])
            return self.fault("PF205", field=name, record="loop", near=text.closest(name, codes) or ", ".join(codes))
        if isinstance(kind, AnyType):
            return Typed(f"R.field({base.code}, {name!r}, {self.tag})", ANY)
        if self.guarded(base, tree.node) is None:
            return _BAD
        if isinstance(kind, MapOf):
            return Typed(f"F.label_of({base.code}, {name!r})", kind.value, True)
        if isinstance(kind, Record):
            found = kind.find(name)
            if found is None:
                near = text.closest(name, kind.names()) or ", ".join(list(kind.fields)[:20])
                return self.fault("PF205", field=name, record=_source(tree.node), near=near)
            code = f"{base.code}.{found.access}"
            if found.demand:
                return Typed(f"R.demand({code}, {base.code}, {found.demand!r}, {self.tag})", found.type)
            return Typed(code, found.type, found.optional)
        if isinstance(kind, ListOf):
            return self.fault("PF211", what=_source(tree), found=vocabulary.type_words(kind), near=_loop_hint(tree))
        return self.fault("PF205", field=name, record=_source(tree.node), near=_source(tree.node))

    def guarded(self, typed: Typed, tree: nodes.Node) -> Typed | None:
        """The value if it is sure to be there; else a fault (PF206) with the remedy."""
        if typed.optional and not isinstance(typed.type, AnyType):
            self.fault("PF206", what=_source(tree))
            return None
        return typed

    def _const(self, tree: nodes.Const, scope: Scope) -> Typed:
        value = tree.value
        if isinstance(value, bool):
            return Typed(repr(value), Scalar.BOOL, constant=value)
        if value is None:
            return Typed("None", ANY, True)
        if isinstance(value, str):
            return Typed(repr(value), Scalar.TEXT, constant=value)
        if isinstance(value, float):
            return Typed(self.constant(Decimal(str(value))), Scalar.NUMBER, constant=Decimal(str(value)))
        return Typed(repr(value), Scalar.NUMBER, constant=value)

    def _templatedata(self, tree: nodes.TemplateData, scope: Scope) -> Typed:
        return Typed(repr(tree.data), Scalar.TEXT, constant=tree.data)

    def _tuple(self, tree: nodes.Tuple | nodes.List, scope: Scope) -> Typed:
        items = [self.expr(i, scope) for i in tree.items]
        kinds = {type(i.type) if isinstance(i.type, Record) else i.type for i in items}
        kind = items[0].type if len(kinds) == 1 else ANY
        return Typed(f"({', '.join(i.code for i in items)}{',' if len(items) == 1 else ''})", ListOf(kind))

    _list = _tuple

    def _compare(self, tree: nodes.Compare, scope: Scope) -> Typed:
        left = self.expr(tree.expr, scope)
        parts = []
        for operand in tree.ops:
            right = self.expr(operand.expr, scope)
            if left is _BAD or right is _BAD:
                return _BAD
            if isinstance(operand.expr, nodes.Const) and operand.expr.value is None:
                return self.fault(
                    "PF202",
                    tag=_source(tree),
                    detail=Words("{% if утга %} гэж бичнэ", "write {% if value %}"),
                )
            if self.guarded(left, tree.expr) is None or self.guarded(right, operand.expr) is None:
                return _BAD
            right = self.comparable(left, right, operand.op, tree)
            parts.append(f"{left.code} {_COMPARE[operand.op]} {right.code}")
            left = right
        return Typed(f"({' and '.join(parts)})", Scalar.BOOL)

    def comparable(self, left: Typed, right: Typed, op: str, tree: nodes.Compare) -> Typed:
        """The right side, as what it is compared as; a fault where the two can never be equal or ordered."""
        if isinstance(left.type, AnyType) or isinstance(right.type, AnyType) or op in ("in", "notin"):
            if (
                op in ("in", "notin")
                and not isinstance(right.type, ListOf | MapOf | AnyType)
                and right.type is not Scalar.TEXT
            ):
                self.fault("PF214", left=vocabulary.type_words(left.type), right=vocabulary.type_words(right.type))
            return right
        sides = {left.type, right.type} if not {type(left.type), type(right.type)} - {Scalar} else {1, 2}
        textual = {Scalar.TEXT, Scalar.WORD}
        if op in ("eq", "ne") and sides <= textual:
            return right
        if len(sides) == 1 and left.type in (*_NO_GUARD, Scalar.TEXT, Scalar.BOOL):
            return right
        self.fault("PF214", left=vocabulary.type_words(left.type), right=vocabulary.type_words(right.type))
        return right

    def _not(self, tree: nodes.Not, scope: Scope) -> Typed:
        return Typed(self.condition(tree, scope)[0], Scalar.BOOL)

    def _and(self, tree: nodes.And, scope: Scope) -> Typed:
        return Typed(self.condition(tree, scope)[0], Scalar.BOOL)

    def _or(self, tree: nodes.Or, scope: Scope) -> Typed:
        """`a or b`: a if it is there, else b."""
        left, right = self.expr(tree.left, scope), self.expr(tree.right, scope)
        slot = self.temporary()
        kind = left.type if left.type == right.type else ANY
        return Typed(f"({slot} if F.present({slot} := {left.code}) else {right.code})", kind, right.optional)

    def _condexpr(self, tree: nodes.CondExpr, scope: Scope) -> Typed:
        test, yes, no = self.condition(tree.test, scope)
        one = self.expr(tree.expr1, scope.with_present(yes))
        two = self.expr(tree.expr2, scope.with_present(no)) if tree.expr2 is not None else Typed("None", one.type, True)
        kind = one.type if one.type == two.type or two.code == "None" else ANY
        return Typed(f"({one.code} if {test} else {two.code})", kind, one.optional or two.optional)

    def _concat(self, tree: nodes.Concat, scope: Scope) -> Typed:
        return Typed(f"({' + '.join(self.output_of(n, scope) for n in tree.nodes)})", Scalar.TEXT)

    def output_of(self, tree: nodes.Expr, scope: Scope) -> str:
        return f"F.show({self.expr(tree, scope).code})"

    def _add(self, tree: nodes.Add | nodes.Sub, scope: Scope) -> Typed:
        left, right = self.expr(tree.left, scope), self.expr(tree.right, scope)
        if left is _BAD or right is _BAD:
            return _BAD
        for side, node in ((left, tree.left), (right, tree.right)):
            if self.guarded(side, node) is None:
                return _BAD
            if side.type is not Scalar.NUMBER:
                return self.fault(
                    "PF214", left=vocabulary.type_words(Scalar.NUMBER), right=vocabulary.type_words(side.type)
                )
        return Typed(f"({left.code} {'+' if isinstance(tree, nodes.Add) else '-'} {right.code})", Scalar.NUMBER)

    _sub = _add

    def _test(self, tree: nodes.Test, scope: Scope) -> Typed:
        inner = self.expr(tree.node, scope)
        if tree.name in ("defined", "present", "бий"):
            return Typed(f"F.present({inner.code})", Scalar.BOOL)
        if tree.name in ("none", "undefined", "empty", "хоосон"):
            return Typed(f"(not F.present({inner.code}))", Scalar.BOOL)
        if tree.name in ("odd", "even"):
            if inner.type is not Scalar.NUMBER or self.guarded(inner, tree.node) is None:
                return self.fault(
                    "PF214",
                    left=vocabulary.type_words(Scalar.NUMBER),
                    right=vocabulary.type_words(inner.type),
                )
            return Typed(f"({inner.code} % 2 == {int(tree.name == 'odd')})", Scalar.BOOL)
        known = ("present", "empty", "odd", "even", "бий", "хоосон")
        return self.fault("PF207", name=f"is {tree.name}", near=text.closest(tree.name, known) or ", ".join(known))

    def _filter(self, tree: nodes.Filter, scope: Scope) -> Typed:
        if tree.node is None:
            return self.fault("PF210", what=Words("filter блок", "a filter block"))
        inner = self.expr(tree.node, scope)
        found = filters.find(tree.name)
        if found is None:
            known = filters.names()
            return self.fault("PF207", name=tree.name, near=text.closest(tree.name, known) or ", ".join(known[:40]))
        if tree.dyn_args or tree.dyn_kwargs or tree.kwargs:
            return self.fault("PF210", what=Words("нэртэй аргумент", "a named argument"))
        if inner is _BAD:
            return _BAD
        return self.apply(found, inner, [self.expr(a, scope) for a in tree.args], tree)

    def apply(self, found: filters.Filter, inner: Typed, args: list[Typed], tree: nodes.Filter) -> Typed:
        """A filter on a typed value; absence passes through unless the filter is about absence."""
        if not found.accepts(inner.type):
            return self.fault(
                "PF209",
                filter=tree.name,
                what=_source(tree.node),
                found=vocabulary.type_words(inner.type),
                wanted=found.wants,
            )
        if not found.least <= len(args) <= found.most:
            return self.fault("PF208", filter=tree.name, expected=found.usage)
        codes = []
        for given in args:
            if found.constant:
                if not isinstance(given.constant, str):
                    return self.fault("PF208", filter=tree.name, expected=found.usage)
                try:
                    codes.append(self.constant(found.constant(given.constant)))
                except ValueError:
                    return self.fault("PF208", filter=tree.name, expected=found.usage)
            else:
                codes.append(given.code if not given.optional else f"F.show({given.code})")
        kind = found.gives(inner.type)
        if found.about_absence:
            return Typed(f"F.{found.name}({', '.join((inner.code, *codes))})", kind, bool(args) and args[0].optional)
        rest = "".join(f", {code}" for code in codes)

        def call(value: str) -> str:
            plain = f"F.{found.name}({value}{rest})"
            return f"R.demand({plain}, {value}, {found.demand!r}, {self.tag})" if found.demand else plain

        if inner.optional or isinstance(inner.type, AnyType):
            slot = self.temporary()
            return Typed(f"(None if ({slot} := {inner.code}) is None else {call(slot)})", kind, True)
        return Typed(call(inner.code), kind, found.may_fail)


_ALLOWED = frozenset(
    {
        nodes.Name,
        nodes.Getattr,
        nodes.Getitem,
        nodes.Const,
        nodes.TemplateData,
        nodes.Tuple,
        nodes.List,
        nodes.Compare,
        nodes.Not,
        nodes.And,
        nodes.Or,
        nodes.CondExpr,
        nodes.Concat,
        nodes.Add,
        nodes.Sub,
        nodes.Test,
        nodes.Filter,
    }
)


def _forbidden_words(tree: nodes.Node) -> Words:
    if isinstance(tree, nodes.Call):
        source = _source(tree.node)
        return Words(f"функц дуудах «{source}()»", f"the call “{source}()”")
    name = type(tree).__name__
    return Words(f"«{name}» үйлдэл", f"the operation “{name}”")


def _loop_hint(tree: nodes.Getattr | nodes.Getitem) -> str:
    return f"{{% for x in {_source(tree.node)} %}}"


def _source(tree: nodes.Node | None) -> str:
    """An expression back as text, as far as a message needs it."""
    if isinstance(tree, nodes.Name):
        return tree.name
    if isinstance(tree, nodes.Getattr):
        return f"{_source(tree.node)}.{tree.attr}"
    if isinstance(tree, nodes.Getitem):
        return f"{_source(tree.node)}[{_source(tree.arg)}]"
    if isinstance(tree, nodes.Const):
        return repr(tree.value)
    if isinstance(tree, nodes.Filter):
        return f"{_source(tree.node)} | {tree.name}"
    if isinstance(tree, nodes.Call):
        return f"{_source(tree.node)}()"
    return "…"
