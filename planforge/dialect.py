"""What the template language means: scopes, types, filters, the allow-list.

`planforge.syntax` reads tags into syntax trees; here every name is resolved and every expression typed against the
view, only what is listed passes, and what passes becomes Python source over plain, frozen values. There is no call, no
import and no attribute but a declared one, so a template cannot run code: what the walk does not know, it refuses.

An absent value prints nothing and passes through filters; reaching through it or comparing it needs a guard. `if`,
`and`, `or`, `not` ask whether a value is there: 0 and 0 % are there.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from decimal import Decimal
from functools import cache
from typing import cast

from jinja2 import nodes

from planforge import filters, text, view, vocabulary
from planforge.errors import Words
from planforge.syntax import DialectFaults, Fault, expression
from planforge.text import quote
from planforge.vocabulary import ANY, AnyType, Field, ListOf, Loop, MapOf, Maybe, Pair, Record, Scalar, Type, sure

__all__ = [
    "MAX_SUGGESTIONS",
    "Scope",
    "Typed",
    "Walker",
    "elements",
    "free_names",
    "infer",
    "may_be_special",
    "unpacked",
]

MAX_SUGGESTIONS = 200
"""Names that did-you-mean is asked for in one part: it takes a millisecond each."""
MAX_NUMBER = 10**30
"""Numbers written in a template are smaller."""


# --- scopes and types ----------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Typed:
    """An expression as Python source, with its type and whether it may be absent."""

    code: str
    type: Type
    optional: bool = False
    constant: object = None
    origin: tuple[str, str] | None = None
    """The record and field that it was read from: what a template prints is known from these."""

    def __post_init__(self) -> None:
        if isinstance(self.type, Maybe):
            object.__setattr__(self, "type", self.type.type)
            object.__setattr__(self, "optional", True)


@dataclass(frozen=True, slots=True)
class Scope:
    """The names that an expression may use, and the optional values that a condition has shown to be there."""

    names: Mapping[str, Typed]
    present: frozenset[str] = frozenset()
    open: bool = False
    """Whether unknown names are allowed (a template without a schema)."""
    embeds: bool = False
    """Whether documents carry their data, and anchors by which their rows are found again."""

    @staticmethod
    def domain() -> Scope:
        """The names of every template of the domain: plan, report, today, in both languages."""
        top = view.names()
        names = {**{name: name for name in top}, **_top_names()}
        return Scope({key: Typed(f"n_{name}", top[name].type) for key, name in names.items()}, embeds=True)

    @staticmethod
    def of(fields: Iterable[Field]) -> Scope:
        """The names at the top of a template that has a schema of its own."""
        return Scope({text.name_key(f.name): Typed(f.access, f.type, f.optional) for f in fields})

    def bind(self, name: str, kind: Type, *, code: str | None = None, optional: bool = False) -> Scope:
        """This scope with one name more; a shallower binding of the same name is hidden."""
        key = text.name_key(name)
        if code is None:
            hidden = self.names.get(key)
            code = f"b_{hidden.code}_" if hidden else f"b_{len(self.names)}"
        return replace(self, names={**self.names, key: Typed(code, kind, optional)})

    def bind_loop(self, index: str, length: str) -> Scope:
        """This scope inside a loop: `loop.index`, `loop.first`, `loop.last`, `loop.length`."""
        return replace(self, names={**self.names, "loop": Typed("loop", Loop(index, length))})

    def with_present(self, codes: Iterable[str]) -> Scope:
        """This scope where some optional values are known to be there."""
        return replace(self, present=self.present | frozenset(codes))

    def find(self, name: str) -> Typed | None:
        return self.names.get(text.name_key(name))


@cache
def _top_names() -> Mapping[str, str]:
    return {text.name_key(vocabulary.mongolian_name(f.term.mn)): name for name, f in view.names().items()}


def may_be_special(kind: Type) -> bool:
    """Whether a value may be, or hold, a picture or a rich text: where nobody described it."""
    kind = sure(kind)
    if isinstance(kind, ListOf | MapOf | Pair):
        return may_be_special(kind.item if isinstance(kind, ListOf) else kind.value)
    return isinstance(kind, AnyType)


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


def unpacked(kind: Type, count: int, /) -> tuple[Type, ...] | None:
    """The types of the parts that a loop with several names takes an item apart into; None if it cannot."""
    if isinstance(kind, Pair) and count == 2:
        return kind.key, kind.value
    if isinstance(kind, ListOf | AnyType):
        return (kind.item if isinstance(kind, ListOf) else ANY,) * count
    return None


def free_names(source: str, /) -> frozenset[str]:
    """The top names that an expression uses, `план`-like aliases of the domain as their English names."""
    tree = expression(source)
    names = {n.name for n in tree.find_all(nodes.Name)} | ({tree.name} if isinstance(tree, nodes.Name) else set())
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
_LOOP_WORDS = Words("{% for … %} давталтын дотор л байдаг «loop»", "“loop”, which only a loop {% for … %} has")
_ORDERED = (Scalar.NUMBER, Scalar.DATE, Scalar.TEXT, Scalar.BOOL)
_TEXTUAL = (Scalar.TEXT, Scalar.WORD)


class Walker:
    """Types expressions and writes them as Python source; collects every fault.

    The source uses only: names of the scope, declared attributes, constants, and the functions of `planforge.filters`
    under the name `F`, the render's own state under `R`.
    """

    def __init__(self) -> None:
        self.faults: list[Fault] = []
        self.constants: dict[str, object] = {}
        self.uses: set[str] = set()
        self.printed: set[tuple[str, str]] = set()
        """The fields that the template reads: (record, field)."""
        self.labels: set[tuple[str, str, str]] = set()
        """The labels that it asks a field of labels for: (record, field, label)."""
        self.reads: dict[str, str] = {}
        """What the tag at hand reads: the source of each value, and its path in the names of the model."""
        self.temporaries = 0
        self.suggestions = 0
        self.tag: int | None = 0
        """The index of the tag at hand: how a rendering finds the place of what is missing. None: it may be missing."""

    def fault(self, code: str, **args: object) -> Typed:
        self.faults.append(Fault(code, args))
        return _BAD

    def near(self, name: str, known: Iterable[str], shown: Iterable[str] | None = None, source: str = "") -> Words:
        """The known name that a mistyped one most likely means, else those that there are.

        Of names in two languages (`shown`, by default all that are known) those in the language of the source.
        """
        names = list(known)
        self.suggestions += 1
        if self.suggestions <= MAX_SUGGESTIONS:
            if alike := text.look_alike(name, names):  # by itself it would look like the same name again
                return text.perhaps(Words(f"{alike[0]} ({alike[1].mn})", f"{alike[0]} ({alike[1].en})"))
            if found := text.closest(name, names):
                return text.perhaps(found)
        there = list(dict.fromkeys(names if shown is None else shown))
        return text.listed([n for n in there if n.isascii() == (source or name).isascii()] or there)

    def constant(self, value: object) -> str:
        """The name under which the program finds a compiled constant (a label, a date example)."""
        name = f"k_{len(self.constants)}"
        self.constants[name] = value
        return name

    def temporary(self) -> str:
        self.temporaries += 1
        return f"t_{self.temporaries}"

    # -- entry points for tags

    def value(self, tree: nodes.Expr, scope: Scope) -> Typed:
        """The value that a `{{ }}` prints."""
        typed = self.expr(tree, scope)
        self.check_printable(typed, tree)
        return typed

    def output(self, tree: nodes.Expr, scope: Scope) -> str:
        """Source of the text that a value prints, not yet escaped."""
        return self.shown(self.value(tree, scope)).code

    def check_printable(self, typed: Typed, tree: nodes.Expr) -> bool:
        """Whether a value may be printed; a fault (PF212) for what would print nothing, or more than anybody wants."""
        if filters.printable(typed.type):
            self.note(typed.type)
            return True
        what = _source(tree)
        kind = typed.type
        near = f"{what}.…"
        if isinstance(kind, Record):
            near = ", ".join(f"{what}.{name}" for name in list(kind.fields)[:4])
        elif isinstance(kind, ListOf):
            near = f"{{% for x in {what} %}}"
        elif isinstance(kind, Pair):
            near = f"{what}[0], {what}[1]"
        self.fault("PF212", what=what, near=near)
        return False

    def condition(self, tree: nodes.Expr, scope: Scope) -> tuple[str, list[str], list[str]]:
        """Source of what is true or not, the optional values present where it holds, and those where it does not."""
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
        return _presence(typed), [typed.code] if typed is not _BAD else [], []

    def items(self, tree: nodes.Expr, scope: Scope) -> tuple[str, Type]:
        """Source of what a loop goes over, and the type of its items."""
        typed = self.expr(tree, scope)
        if isinstance(typed.type, ListOf):
            if typed.optional:
                return f"({typed.code} or ())", typed.type.item
            return typed.code, typed.type.item
        if typed is _BAD:
            return "()", ANY
        if isinstance(typed.type, AnyType):
            return f"R.items({typed.code}, {self.tag})", ANY
        near = f"{_source(tree)} | items" if isinstance(typed.type, MapOf) else self.lists(tree, scope)
        self.fault("PF211", what=_source(tree), found=vocabulary.type_words(typed.type), near=near)
        return "()", ANY

    def parts(self, tree: nodes.Expr, scope: Scope, count: int) -> tuple[str, tuple[Type, ...]]:
        """Source of what a loop with several names goes over, and the type of each of them."""
        code, kind = self.items(tree, scope)
        kinds = unpacked(kind, count)
        if kinds is None:
            what = f"{_source(tree)}[0]"
            self.fault("PF211", what=what, found=vocabulary.type_words(kind), near=f"{{% for x in {_source(tree)} %}}")
            return "()", (ANY,) * count
        return (code if isinstance(kind, Pair) else f"R.unpacked({code}, {count}, {self.tag})"), kinds

    def lists(self, tree: nodes.Expr, scope: Scope) -> str:
        """Lists that may be meant in the place of what is none: those of the value, else of what it is a field of."""
        owners = [tree, *([tree.node] if isinstance(tree, nodes.Getattr) else []), nodes.Name("plan", "load")]
        for owner in owners:
            kind = Walker().expr(owner, scope).type
            names = (
                [n for n, f in kind.fields.items() if isinstance(f.type, ListOf)] if isinstance(kind, Record) else ()
            )
            if names:
                return ", ".join(f"{_source(owner)}.{name}" for name in names[:4])
        return "…"

    # -- expressions

    def expr(self, tree: nodes.Expr, scope: Scope) -> Typed:
        method = getattr(self, f"_{type(tree).__name__.lower()}", None)
        if method is None or type(tree) not in _ALLOWED:
            return self.fault("PF210", what=_forbidden_words(tree))
        typed: Typed = method(tree, scope)
        if typed.optional and typed.code in scope.present:
            return replace(typed, optional=False)
        return typed

    def plain(self, tree: nodes.Expr, scope: Scope, *kinds: Scalar) -> str | None:
        """Source of a value of one of these types that is sure to be there; None after a fault."""
        typed = self.sure(tree, scope)
        if typed is None:
            return None
        if isinstance(typed.type, AnyType):
            return f"R.number({typed.code}, {self.tag})" if Scalar.NUMBER in kinds[:1] else typed.code
        if typed.type not in kinds:
            self.fault("PF214", left=vocabulary.type_words(kinds[0]), right=vocabulary.type_words(typed.type))
            return None
        return typed.code

    def _name(self, tree: nodes.Name, scope: Scope) -> Typed:
        if tree.name.startswith("_"):
            return self.fault("PF210", what=Words(f"дотоод нэр «{tree.name}»", f"the internal name “{tree.name}”"))
        found = scope.find(tree.name)
        if found is None and scope.open:
            return Typed(f"R.name({text.name_key(tree.name)!r}, {self.tag})", ANY)
        if found is None:
            near = text.perhaps(_LOOP_WORDS) if tree.name == "loop" else self.near(tree.name, scope.names)
            return self.fault("PF204", name=tree.name, near=near)
        if isinstance(found.type, Loop):
            return self.fault("PF212", what=tree.name, near="loop.index")
        if found.code.startswith("n_"):
            self.uses.add(found.code.removeprefix("n_"))
        self.reads[found.code] = found.code.removeprefix("n_")
        return found

    def _getattr(self, tree: nodes.Getattr, scope: Scope) -> Typed:
        loop = scope.find(tree.node.name) if isinstance(tree.node, nodes.Name) else None
        if loop is not None and isinstance(loop.type, Loop):
            return self.loop_member(loop.type, tree.attr)
        return self.member(self.expr(tree.node, scope), tree.attr, tree, scope)

    def loop_member(self, loop: Loop, name: str) -> Typed:
        """`loop.index`, `loop.first`, `loop.last`, `loop.length`."""
        codes = {
            "index": (loop.index, Scalar.NUMBER),
            "first": (f"({loop.index} == 1)", Scalar.BOOL),
            "last": (f"({loop.index} == {loop.length})", Scalar.BOOL),
            "length": (loop.length, Scalar.NUMBER),
        }
        if name in codes:
            return Typed(*codes[name])
        return self.fault("PF205", field=name, record="loop", near=self.near(name, codes))

    def _getitem(self, tree: nodes.Getitem, scope: Scope) -> Typed:
        node = self.expr(tree.node, scope)
        if not isinstance(tree.arg, nodes.Expr) or isinstance(tree.arg, nodes.Slice):
            return self.fault("PF210", what=Words("хэсэглэн авах [:]", "a slice [:]"))
        if isinstance(tree.arg, nodes.Const) and isinstance(tree.arg.value, str) and not isinstance(node.type, MapOf):
            return self.member(node, tree.arg.value, tree, scope)
        base = self.guarded(node, tree.node, scope)
        if base is None:
            return _BAD
        if isinstance(base.type, ListOf):
            key = self.plain(tree.arg, scope, Scalar.NUMBER)
            return Typed(f"F.item({base.code}, {key})", base.type.item, True) if key is not None else _BAD
        if isinstance(base.type, Pair):
            place = tree.arg.value if isinstance(tree.arg, nodes.Const) else None
            if place in (0, 1):
                return Typed(f"{base.code}[{place:d}]", base.type.value if place else base.type.key)
            detail = Words("[0] нь нэр, [1] нь утга", "[0] is the label, [1] its value")
            return self.fault("PF202", tag=quote(_source(tree)), detail=detail)
        if isinstance(base.type, MapOf):
            # What has no key has no value: an absent key passes through, as absence does through filters.
            absent_too = scope.with_present([self.expr(tree.arg, scope).code])
            key = self.plain(tree.arg, absent_too, Scalar.TEXT, Scalar.NUMBER, Scalar.WORD)
            return Typed(f"F.label_of({base.code}, {key})", base.type.value, True) if key is not None else _BAD
        if isinstance(base.type, AnyType):
            any_key = self.expr(tree.arg, scope)
            return Typed(f"F.item({base.code}, {any_key.code})", ANY) if any_key is not _BAD else _BAD
        return self.fault(
            "PF211",
            what=_source(tree.node),
            found=vocabulary.type_words(base.type),
            near=self.lists(tree.node, scope),
        )

    def member(self, base: Typed, name: str, tree: nodes.Getattr | nodes.Getitem, scope: Scope) -> Typed:
        """A field of a value by its English or Mongolian name."""
        if base is _BAD:
            return _BAD
        if name.startswith("_"):
            return self.fault("PF210", what=Words(f"дотоод нэр «{name}»", f"the internal name “{name}”"))
        guarded = self.guarded(base, tree.node, scope)
        if guarded is None:
            return _BAD
        kind = guarded.type
        if isinstance(kind, AnyType):
            return Typed(f"R.field({base.code}, {name!r}, {self.tag})", ANY)
        if isinstance(kind, MapOf):
            if base.origin:
                self.labels.add((*base.origin, name))
            if path := self.reads.pop(base.code, None):
                self.reads[f"{base.code}.{name}"] = f"{path}.{name}"
            return Typed(f"F.label_of({base.code}, {name!r})", kind.value, True)
        if isinstance(kind, Record):
            found = kind.find(name)
            if found is None:
                shown = (called for field in kind.fields.values() for called in (field.name, field.template_name))
                near = self.near(name, kind.names(), shown, _source(tree))
                return self.fault("PF205", field=name, record=_source(tree.node), near=near)
            self.printed |= {(kind.name, name) for name in (found.name, *found.covers)}
            code = f"{base.code}.{found.access}"
            if path := self.reads.pop(base.code, None):
                self.reads[code] = f"{path}.{found.name}"
            if found.demand:
                slot = self.temporary()
                code = f"({slot} := {base.code}).{found.access}"
                return Typed(f"R.demand({code}, {slot}, {found.demand!r}, {self.tag})", found.type)
            return Typed(code, found.type, found.optional, origin=(kind.name, found.name))
        if isinstance(kind, ListOf):
            return self.fault("PF205", field=name, record=_source(tree.node), near=text.perhaps(_loop_hint(tree)))
        return self.fault("PF205", field=name, record=_source(tree.node), near=text.perhaps(_source(tree.node)))

    def sure(self, tree: nodes.Expr, scope: Scope) -> Typed | None:
        """The value of an expression if it is sure to be there; None after a fault."""
        return self.guarded(self.expr(tree, scope), tree, scope)

    def guarded(self, typed: Typed, tree: nodes.Node, scope: Scope) -> Typed | None:
        """The value if it is sure to be there; else a fault (PF206) with the remedy, or None after another.

        Without a schema what may be absent is looked at while rendering.
        """
        if typed is _BAD:
            return None
        if not typed.optional:
            return typed
        if scope.open:
            return replace(typed, type=ANY)
        self.fault("PF206", what=_source(tree))
        return None

    def _const(self, tree: nodes.Const, scope: Scope) -> Typed:
        value = tree.value
        if isinstance(value, bool):
            return Typed(repr(value), Scalar.BOOL)
        if value is None:
            return Typed("None", ANY, True)
        if isinstance(value, str):
            value = text.normalise(value)
            for bad in text.refusals(value, limit=1):
                point = text.code_point(bad.character)
                detail = Words(f"{point} тэмдгийг баримтад бичих боломжгүй", f"no document can hold {point}")
                return self.fault("PF202", tag=_source(tree), detail=detail)
            return Typed(repr(value), Scalar.TEXT, constant=value)
        if abs(value) >= MAX_NUMBER:
            detail = Words("тоо хэт том байна", "the number is too large")
            return self.fault("PF202", tag=quote(_source(tree)), detail=detail)
        if isinstance(value, float):
            return Typed(self.constant(Decimal(str(value))), Scalar.NUMBER)
        return Typed(repr(value), Scalar.NUMBER)

    def _tuple(self, tree: nodes.Tuple | nodes.List, scope: Scope) -> Typed:
        items = [self.expr(i, scope) for i in tree.items]
        if any(i is _BAD for i in items):
            return _BAD
        kind = items[0].type if items else ANY
        if any(i.optional or i.type != kind for i in items):
            if scope.open or any(isinstance(i.type, AnyType) for i in items):
                kind = ANY
            else:
                if not all(self.check_printable(i, item) for i, item in zip(items, tree.items, strict=True)):
                    return _BAD
                items = [self.shown(i) for i in items]
                kind = Scalar.TEXT
        return Typed(f"({''.join(f'{i.code}, ' for i in items)})", ListOf(kind))

    _list = _tuple

    def shown(self, typed: Typed) -> Typed:
        """A value as the text that it prints: what lists and choices of unlike values are made of."""
        if typed.type is Scalar.TEXT:
            return Typed(f"({typed.code} or '')", Scalar.TEXT) if typed.optional else typed
        if may_be_special(typed.type):
            return Typed(f"R.show({typed.code}, {self.tag})", Scalar.TEXT)
        plain = typed.type.find(typed.type.plain) if isinstance(typed.type, Record) and typed.type.plain else None
        if plain and plain.type is Scalar.TEXT and not plain.optional:
            if not typed.optional:
                return Typed(f"{typed.code}.{plain.access}", Scalar.TEXT)
            slot = self.temporary()
            return Typed(f"('' if ({slot} := {typed.code}) is None else {slot}.{plain.access})", Scalar.TEXT)
        how = "R.shown" if isinstance(typed.type, ListOf | MapOf) else "F.show"
        return Typed(f"{how}({typed.code})", Scalar.TEXT)

    def alike(self, one: Typed, two: Typed, trees: tuple[nodes.Expr, nodes.Expr]) -> tuple[Typed, Typed]:
        """Two values of which one will be taken, as values of one type: of unlike ones the texts that they print."""
        if one is _BAD or two is _BAD:
            return _BAD, _BAD
        if one.type == two.type or isinstance(one.type, AnyType) or isinstance(two.type, AnyType):
            return one, two
        if isinstance(one.type, ListOf) and isinstance(two.type, ListOf) and "()" in (one.code, two.code):
            return one, two  # an empty list is one of anything
        if not all(self.check_printable(typed, tree) for typed, tree in zip((one, two), trees, strict=True)):
            return _BAD, _BAD
        return self.shown(one), self.shown(two)

    def _compare(self, tree: nodes.Compare, scope: Scope) -> Typed:
        left, source = self.expr(tree.expr, scope), tree.expr
        parts = []
        for at, operand in enumerate(tree.ops, 1):
            right = self.expr(operand.expr, scope)
            if left is _BAD or right is _BAD:
                return _BAD
            if any(isinstance(side, nodes.Const) and side.value is None for side in (source, operand.expr)):
                return self.fault(
                    "PF202",
                    tag=_source(tree),
                    detail=Words("{% if утга %} гэж бичнэ", "write {% if value %}"),
                )
            one, two = self.guarded(left, source, scope), self.guarded(right, operand.expr, scope)
            if one is None or two is None:
                return _BAD
            code, right = two.code, two
            if at < len(tree.ops):  # it will be compared again
                slot = self.temporary()
                code, right = f"({slot} := {right.code})", replace(right, code=slot)
            parts.append(self.comparison(one, operand.op, replace(two, code=code)))
            left, source = right, operand.expr
        return Typed(f"({' and '.join(parts)})", Scalar.BOOL)

    def comparison(self, left: Typed, op: str, right: Typed) -> str:
        """Source of one comparison; a fault (PF214) where the two can never be equal or ordered."""
        kinds = {left.type, right.type} if isinstance(left.type, Scalar) and isinstance(right.type, Scalar) else set()
        if op in ("in", "notin"):
            negation = "not " if op == "notin" else ""
            return f"({negation}{self.membership(left, right)})"
        if op in ("eq", "ne"):
            if any(isinstance(kind, AnyType) for kind in (left.type, right.type)):
                return f"{left.code} {_COMPARE[op]} {right.code}"
            if kinds == set(_TEXTUAL):
                word, wanted = (left, right) if left.type is Scalar.WORD else (right, left)
                return f"({'not ' if op == 'ne' else ''}F.is_word({word.code}, {wanted.code}))"
            if len(kinds) == 1 and kinds <= {*_ORDERED, Scalar.WORD}:
                return f"{left.code} {_COMPARE[op]} {right.code}"
        elif any(isinstance(kind, AnyType) for kind in (left.type, right.type)):
            return f"R.compare({left.code}, {_COMPARE[op]!r}, {right.code}, {self.tag})"
        elif len(kinds) == 1 and kinds <= set(_ORDERED):
            return f"{left.code} {_COMPARE[op]} {right.code}"
        self.fault("PF214", left=vocabulary.type_words(left.type), right=vocabulary.type_words(right.type))
        return "False"

    def membership(self, left: Typed, right: Typed) -> str:
        """Source of `left in right`; a fault (PF214) where it can never hold."""
        if isinstance(left.type, AnyType) or isinstance(right.type, AnyType):
            return f"R.contains({right.code}, {left.code}, {self.tag})"
        if isinstance(right.type, MapOf) and left.type in (*_TEXTUAL, Scalar.NUMBER):
            return f"F.contains({right.code}, {left.code})"
        if right.type is Scalar.TEXT and left.type is Scalar.TEXT:
            return f"{left.code} in {right.code}"
        if isinstance(right.type, ListOf) and isinstance(left.type, Scalar):
            item = sure(right.type.item)
            if isinstance(item, AnyType):
                return f"R.contains({right.code}, {left.code}, {self.tag})"
            if left.type is Scalar.WORD and item is Scalar.TEXT:
                return f"F.is_one_of({left.code}, {right.code})"
            if left.type == item:
                return f"{left.code} in {right.code}"
        self.fault("PF214", left=vocabulary.type_words(left.type), right=vocabulary.type_words(right.type))
        return "False"

    def _not(self, tree: nodes.Not, scope: Scope) -> Typed:
        return Typed(f"(not not {self.condition(tree, scope)[0]})", Scalar.BOOL)

    _and = _not

    def _or(self, tree: nodes.Or, scope: Scope) -> Typed:
        """`a or b`: a if it is there, else b."""
        left, right = self.expr(tree.left, scope), self.expr(tree.right, scope)
        return self.first_present(left, right, (tree.left, tree.right))

    def first_present(self, left: Typed, right: Typed, trees: tuple[nodes.Expr, nodes.Expr]) -> Typed:
        """The left value if it is there, else the right one."""
        one, two = self.alike(left, right, trees)
        if one is _BAD:
            return _BAD
        slot = self.temporary()
        code = f"({slot} if F.present({slot} := {one.code}) else {two.code})"
        return Typed(code, _joint_type(one, two), two.optional)

    def _condexpr(self, tree: nodes.CondExpr, scope: Scope) -> Typed:
        test, yes, no = self.condition(tree.test, scope)
        otherwise = tree.expr2 if tree.expr2 is not None else nodes.Const(None)
        one = self.expr(tree.expr1, scope.with_present(yes))
        two = self.expr(otherwise, scope.with_present(no))
        one, two = self.alike(one, two, (tree.expr1, otherwise))
        if one is _BAD:
            return _BAD
        code = f"({one.code} if {test} else {two.code})"
        return Typed(code, _joint_type(one, two), one.optional or two.optional)

    def _concat(self, tree: nodes.Concat, scope: Scope) -> Typed:
        return Typed(f"R.concat(({''.join(f'{self.output(n, scope)}, ' for n in tree.nodes)}))", Scalar.TEXT)

    def _add(self, tree: nodes.Add | nodes.Sub, scope: Scope) -> Typed:
        left, right = (self.plain(side, scope, Scalar.NUMBER) for side in (tree.left, tree.right))
        if left is None or right is None:
            return _BAD
        return Typed(f"F.{'added' if isinstance(tree, nodes.Add) else 'subtracted'}({left}, {right})", Scalar.NUMBER)

    _sub = _add

    def _test(self, tree: nodes.Test, scope: Scope) -> Typed:
        if tree.name in _IS_PRESENT or tree.name in _IS_EMPTY:
            inner = self.quietly(tree.node, scope)
            return Typed(f"({'not ' if tree.name in _IS_EMPTY else ''}F.present({inner.code}))", Scalar.BOOL)
        if tree.name in _IS_NUMBER:
            number = self.plain(tree.node, scope, Scalar.NUMBER)
            return Typed(f"F.is_{tree.name}({number})", Scalar.BOOL) if number is not None else _BAD
        known = ("present", "empty", "odd", "even", "бий", "хоосон")
        return self.fault("PF207", name=f"is {tree.name}", near=self.near(tree.name, known))

    def quietly(self, tree: nodes.Expr, scope: Scope) -> Typed:
        """An expression that may lack its name in a template without a schema: whether it is there is the question."""
        tag = self.tag
        if scope.open:
            self.tag = None
        typed = self.expr(tree, scope)
        self.tag = tag
        return typed

    def _filter(self, tree: nodes.Filter, scope: Scope) -> Typed:
        if tree.node is None:
            return self.fault("PF210", what=Words("filter блок", "a filter block"))
        found = filters.find(tree.name)
        inner = (self.quietly if found and found.about_absence else self.expr)(tree.node, scope)
        if found is None:
            shown = (called for f in filters.FILTERS for called in (f.name, f.mn))
            near = self.near(tree.name, filters.names(), shown, _source(tree))
            return self.fault("PF207", name=tree.name, near=near)
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
        if any(given is _BAD for given in args):
            return _BAD
        if found.about_absence:
            return self.first_present(inner, args[0], (cast(nodes.Expr, tree.node), tree.args[0]))
        codes = []
        for given in args:
            if not found.constant:
                codes.append(self.shown(given).code)
                continue
            try:
                if not isinstance(given.constant, str):
                    raise ValueError("a text written in the template is wanted")
                codes.append(self.constant(found.constant(given.constant)))
            except ValueError:
                return self.fault("PF208", filter=tree.name, expected=found.usage)
        return self.call(found, inner, codes)

    def note(self, kind: Type) -> None:
        """A record that is printed by its name alone, or by its label, prints its text."""
        if isinstance(kind, ListOf):
            self.note(kind.item)
        elif isinstance(kind, Record) and kind.plain:
            self.printed |= {(kind.name, kind.plain), (kind.name, "number")}

    def call(self, found: filters.Filter, inner: Typed, arguments: list[str]) -> Typed:
        """A filter's call; a value that nobody described is checked while rendering."""
        self.note(inner.type)
        kind = found.gives(inner.type)
        slot = self.temporary()
        may_lack = inner.optional or isinstance(inner.type, AnyType)
        value = slot if may_lack else f"({slot} := {inner.code})" if found.demand else inner.code
        if may_be_special(inner.type):
            code = f"R.filtered({', '.join((value, str(self.tag), repr(found.name), *arguments))})"
        else:
            code = f"F.{found.name}({', '.join((value, *arguments))})"
            if found.name == "join":
                code = f"R.made({code})"
            if found.demand:
                code = f"R.demand({code}, {slot}, {found.demand!r}, {self.tag})"
        if may_lack:
            return Typed(f"(None if ({slot} := {inner.code}) is None else {code})", kind, True)
        return Typed(code, kind, found.may_fail)


def _presence(typed: Typed) -> str:
    """Source of whether a value is there, `filters.present` by the value's type."""
    kind = typed.type
    if isinstance(kind, ListOf | MapOf) or kind in (Scalar.TEXT, Scalar.BOOL):
        return typed.code
    if typed.optional and not isinstance(kind, AnyType):
        return f"({typed.code} is not None)"
    return f"F.present({typed.code})"


_IS_PRESENT = ("defined", "present", "бий")
_IS_EMPTY = ("none", "undefined", "empty", "хоосон")
_IS_NUMBER = ("odd", "even")


def _joint_type(one: Typed, two: Typed) -> Type:
    """The type of a choice between two values that are alike: nothing and an empty list fit any."""
    if one.code in ("None", "()") and isinstance(one.type, AnyType | ListOf):
        return two.type
    if two.code in ("None", "()") and isinstance(two.type, AnyType | ListOf):
        return one.type
    return one.type if one.type == two.type else ANY


_ALLOWED = frozenset(
    {
        nodes.Name,
        nodes.Getattr,
        nodes.Getitem,
        nodes.Const,
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


_SIGNS: Mapping[type[nodes.Node], str] = {
    nodes.Mul: "*",
    nodes.Div: "/",
    nodes.FloorDiv: "//",
    nodes.Mod: "%",
    nodes.Pow: "**",
    nodes.Neg: "-",
    nodes.Pos: "+",
    nodes.Dict: "{…}",
}
"""How what is not allowed is written."""


def _forbidden_words(tree: nodes.Node) -> Words:
    if isinstance(tree, nodes.Call):
        source = _source(tree.node)
        call = Words(f"функц дуудах «{source}()»", f"the call “{source}()”")
        if isinstance(tree.node, nodes.Getattr) and filters.find(tree.node.attr):
            instead = f"{_source(tree.node.node)} | {tree.node.attr}"
            return Words(f"{call.mn} (оронд нь «{instead}»)", f"{call.en} (but “{instead}”)")
        return call
    if sign := _SIGNS.get(type(tree)):
        return Words(f"«{sign}» үйлдэл", f"the operation “{sign}”")
    return Words("ийм илэрхийлэл", "such an expression")


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
