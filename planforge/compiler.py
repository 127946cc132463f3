"""Compiles a template: proves that its tags balance and its expressions hold, and writes one Python function per part.

Tags become marks in the XML tree (`planforge.tags`). A block must open and close among the same siblings: then whatever
its body does, the XML stays balanced, and rendering is appending strings. The tree is serialised once; the text between
two marks is a constant of the function. What Word demands of what may be empty (a cell without a paragraph, a table
without rows) is met by code that is emitted only where something may become empty.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeAlias

from lxml import etree

from planforge import dialect, filters
from planforge.dialect import DialectFaults, Scope, Statement, Walker
from planforge.errors import DocumentPlace, Problem, TemplateError, Words
from planforge.opc import Package
from planforge.tags import MARK, Finder, Located, index_of, mark
from planforge.view import TreeNode
from planforge.vocabulary import Record
from planforge.wml import w

__all__ = ["MAX_DEPTH", "Program", "Run", "compile_template", "escape"]

MAX_DEPTH = 8
"""Loops inside loops."""
MAX_ITERATIONS = 1_000_000
MAX_OUTPUT = 64 * 1024 * 1024

_TBL, _TR, _TC, _P, _SDT = w("tbl"), w("tr"), w("tc"), w("p"), w("sdt")
_TAGGED_PARTS = ("header", "footer")
_UNTAGGED_PARTS = ("footnotes", "endnotes", "comments")
_UNIQUE = frozenset(w(n) for n in ("bookmarkStart", "commentRangeStart", "footnoteReference", "drawing", "pict"))

Renderer: TypeAlias = Callable[["Run", Any, Any, Any], str]


@dataclass(frozen=True, slots=True)
class Program:
    """A compiled template: the parts that are rendered, the parts that are copied, and the top names it uses."""

    dynamic: Mapping[str, Renderer]
    static: Mapping[str, bytes]
    package: Package
    uses: frozenset[str]
    levels: frozenset[str]
    """The levels of the tree that some loop goes over."""
    places: Mapping[str, tuple[DocumentPlace, ...]]


def compile_template(package: Package, /, *, scope: Scope) -> Program:
    """The program of a template. Raises TemplateError with every problem of every part (PF2xx)."""
    problems: list[Problem] = []
    dynamic: dict[str, Renderer] = {}
    static: dict[str, bytes] = {}
    places: dict[str, tuple[DocumentPlace, ...]] = {}
    uses: set[str] = set()
    levels: set[str] = set()
    tagged = {package.main, *(p for kind in _TAGGED_PARTS for p in package.related(kind))}
    untagged = {p for kind in _UNTAGGED_PARTS for p in package.related(kind)}
    for name, data in package.parts.items():
        if name in tagged:
            part = _Part(package.parse(name), name, package.file, scope)
            problems += part.problems
            if part.found and not part.problems:
                dynamic[name] = part.function()
                places[name] = tuple(located.place for located in part.found)
                uses |= part.walker.uses
                levels |= part.levels
                continue
        elif name in untagged and (b"{{" in data or b"{%" in data):
            problems.append(Problem("PF219", DocumentPlace(file=package.file, part=name), {"what": name}))
        static[name] = data
    if problems:
        raise TemplateError(problems)
    return Program(dynamic, static, package, frozenset(uses), frozenset(levels), places)


# --- while rendering -----------------------------------------------------------------------------------------------

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


def _closed(out: list[str], since: int) -> bool:
    """Whether what a cell holds so far ends with a paragraph, as WordprocessingML wants it (17.4.65)."""
    return len(out) > since and out[-1].endswith(("</w:p>", "<w:p/>"))


class Run:
    """The state of one rendering: what was visited, what was missing, and the counters that stop a runaway."""

    __slots__ = ("data", "iterations", "places", "problems", "visited")

    def __init__(self, data: Mapping[str, object], places: tuple[DocumentPlace, ...]) -> None:
        self.data = data
        self.places = places
        self.problems: list[Problem] = []
        self.visited: dict[str, set[TreeNode]] = {}
        self.iterations = 0

    def count(self, length: int, tag: int) -> None:
        self.iterations += length
        if self.iterations > MAX_ITERATIONS:
            raise TemplateError([Problem("PF306", self.places[tag], {"limit": f"{MAX_ITERATIONS:,}"})])

    def visit(self, level: str, nodes: Iterable[TreeNode]) -> None:
        self.visited.setdefault(level, set()).update(nodes)

    def demand(self, value: object, owner: object, code: str, tag: int) -> object:
        """A value that a document prints and that could not be derived is a problem of the data."""
        if value is None:
            self.problems.append(Problem(code, self.places[tag], {"name": filters.show(owner)}))
            return ""
        return value

    def name(self, name: str, tag: int) -> object:
        """A top name of a template without a schema."""
        if name not in self.data:
            near = ", ".join(list(self.data)[:12])
            self.problems.append(Problem("PF304", self.places[tag], {"name": name, "near": near}))
            return None
        return self.data[name]

    def field(self, value: object, name: str, tag: int) -> object:
        """A field of a value without a description: mappings only."""
        if isinstance(value, Mapping) and name in value:
            return value[name]
        near = ", ".join(map(str, list(value)[:12])) if isinstance(value, Mapping) else ""
        self.problems.append(Problem("PF304", self.places[tag], {"name": name, "near": near}))
        return None


# --- one part ------------------------------------------------------------------------------------------------------

_INDENT, _DEDENT = "+", "-"


@dataclass(slots=True)
class _Block:
    """An open `for` or `if`: the tag that opened it and the scope to go back to."""

    statement: Statement
    index: int
    scope: Scope
    absent: list[str] = field(default_factory=list)
    closed_by_else: bool = False


class _Part:
    """Compiles one XML part."""

    def __init__(self, root: etree._Element, name: str, file: str | None, scope: Scope) -> None:
        self.root = root
        self.name = name
        finder = Finder(name, file)
        finder.scan(root)
        self.found: list[Located] = finder.found
        self.problems: list[Problem] = finder.problems
        self.walker = Walker()
        self.operations: dict[int, list[str]] = {}
        self.depth = 0
        self.levels: set[str] = set()
        self.merges: list[str] = []
        self.open: list[_Block] = []
        self.unclosed: list[tuple[_Block, Problem]] = []
        if self.found:
            self.siblings(root, scope)

    def operation(self, *lines: str) -> etree._ProcessingInstruction:
        """The mark of an operation of the compiler's own."""
        index = len(self.found) + len(self.operations)
        while index in self.operations:
            index += 1
        self.operations[index] = list(lines)
        return mark(index)

    def problem(self, code: str, index: int, **args: object) -> None:
        self.problems.append(Problem(code, self.found[index].place, {"tag": self.found[index].tag.source, **args}))

    def keyword(self, index: int) -> str:
        """The first word of a statement; nothing for an output or an operation of the compiler's own."""
        if index >= len(self.found) or self.found[index].tag.open != "{%":
            return ""
        return (self.found[index].tag.body.split(None, 1) or [""])[0]

    # -- the tree

    def siblings(self, parent: etree._Element, scope: Scope) -> None:
        """Compiles the children of an element; blocks open and close among them."""
        here: list[_Block] = []
        if parent.tag in (w("hdr"), w("ftr")):
            self.guard_paragraph(parent, 0)
        for child in list(parent):
            index = index_of(child)
            if index is not None:
                if index < len(self.found):
                    scope = self.tag(index, scope, here)
            elif child.tag == _TBL:
                self.table(child, scope)
            elif child.tag == _TR:
                self.row(child, scope)
            elif isinstance(child.tag, str):
                if self.depth and child.tag in _UNIQUE:
                    self.unique(child)
                self.siblings(child, scope)
        for block in reversed(here):
            self.problem("PF215", block.index, end=f"end{block.statement.keyword}")
            self.close(block)
            self.unclosed.append((block, self.problems[-1]))

    def unique(self, element: etree._Element) -> None:
        """What must not repeat stands in a loop; this version refuses it."""
        opened = next(b for b in reversed(self.open) if b.statement.keyword == "for")
        self.problem("PF222", opened.index, what=etree.QName(element).localname)

    def table(self, table: etree._Element, scope: Scope) -> None:
        number = len(self.operations)
        marks = (int(p.text or "") for p in table.iter(etree.ProcessingInstruction))
        has_merge = any(self.keyword(i) == "vm" for i in marks)
        self.merges.append(f"m_{number}" if has_merge else "")
        if self.may_lose_all_rows(table):
            first = next(c for c in table if c.tag in (_TR, _SDT) or index_of(c) is not None)
            table.addprevious(self.operation(f"a_{number} = len(out)"))
            first.addprevious(self.operation(f"r_{number} = len(out)"))
            table.append(self.operation(f"r_{number} = len(out) - r_{number}"))
            tail, table.tail = table.tail, None
            table.addnext(self.operation(f"if not r_{number}:", _INDENT, f"del out[a_{number}:]", _DEDENT))
            following = table.getnext()
            assert following is not None
            following.tail = tail
        if has_merge:
            table.addprevious(self.operation(f"m_{number} = {{}}"))
        self.siblings(table, scope)
        self.merges.pop()

    def may_lose_all_rows(self, table: etree._Element) -> bool:
        """Whether every row stands inside a block."""
        depth = 0
        tagged = False
        for child in table:
            index = index_of(child)
            if index is not None:
                tagged = True
                depth += self.keyword(index) in ("for", "if")
                depth -= self.keyword(index) in ("endfor", "endif")
            elif child.tag in (_TR, _SDT) and not depth:
                return False
        return tagged

    def row(self, row: etree._Element, scope: Scope) -> None:
        properties = row.find(w("trPr"))
        before = properties.find(w("gridBefore")) if properties is not None else None
        column = int(before.get(w("val"), "0")) if before is not None else 0
        merge = self.merges[-1] if self.merges else ""
        if merge:
            row.addprevious(self.operation(f"{merge}n = {{}}"))
            tail, row.tail = row.tail, None
            row.addnext(self.operation(f"{merge} = {merge}n"))
            following = row.getnext()
            assert following is not None
            following.tail = tail
        for cell in [c for c in row.iter(_TC) if next(c.iterancestors(_TR)) is row]:
            own = cell.find(w("tcPr"))
            spans = own.find(w("gridSpan")) if own is not None else None
            span = int(spans.get(w("val"), "1")) if spans is not None else 1
            self.cell(cell, scope, column, span)
            column += span

    def cell(self, cell: etree._Element, scope: Scope, column: int, span: int) -> None:
        own = cell.find(w("tcPr"))
        start = 0 if own is None else cell.index(own) + 1
        self.guard_paragraph(cell, start)
        merge = self.merge_tag(cell)
        if merge is None:
            self.siblings(cell, scope)
            return
        found = self.statement(merge)
        if found is None or found.expr is None:
            return
        self.walker.tag = merge
        key = self.walker.expr(found.expr, scope)
        self.report(merge)
        if own is None:
            own = etree.Element(w("tcPr"))
            cell.insert(0, own)
            start = 1
        for old in own.findall(w("vMerge")):
            own.remove(old)
        slot = f"{(column, span)!r}"
        name = self.merges[-1]
        flag = f"g_{merge}"
        lines = [f"v = {key.code}", f"{flag} = v is None or {name}.get({slot}) != v", f"{name}n[{slot}] = v"]
        lines.append(f"""w('<w:vMerge w:val="restart"/>' if {flag} else '<w:vMerge/>')""")
        own.insert(_merge_index(own), self.operation(*lines))
        first = cell.find(_P)
        empty = _empty_paragraph(first)
        if first is not None and _is_bare(first) and len(cell) > start + 1:
            cell.remove(first)  # the tag stood alone in it, before a list
        cell.insert(start, self.operation(f"if {flag}:", _INDENT))
        cell.append(self.operation(_DEDENT, "else:", _INDENT, f"w({empty!r})", _DEDENT))
        self.siblings(cell, scope)

    def merge_tag(self, cell: etree._Element) -> int | None:
        """The `{% vm %}` tag that begins a cell, taken out of its text."""
        paragraph = cell.find(_P)
        if paragraph is None:
            return None
        for element in paragraph.iter():
            index = index_of(element)
            if index is not None:
                if self.keyword(index) == "vm" and self.found[index].level == "run":
                    element.getparent().remove(element)  # type: ignore[union-attr]
                    return index
                return None
            if element.tag == w("t") and (element.text or "").strip():
                return None
        return None

    def guard_paragraph(self, parent: etree._Element, start: int) -> None:
        """A cell, header or footer whose paragraphs may all vanish ends with an empty one."""
        if all(index_of(child) is None for child in parent) and not any(
            child.tag == _TBL and self.may_lose_all_rows(child) for child in parent
        ):
            return
        number = len(self.operations)
        empty = _empty_paragraph(parent.find(_P))
        parent.insert(start, self.operation(f"c_{number} = len(out)"))
        parent.append(self.operation(f"if not closed(out, c_{number}):", _INDENT, f"w({empty!r})", _DEDENT))

    # -- tags

    def statement(self, index: int) -> Statement | None:
        try:
            return dialect.statement(self.found[index].tag.body)
        except DialectFaults as faults:
            self.faults(index, faults.faults)
            return None

    def faults(self, index: int, faults: Iterable[dialect.Fault]) -> None:
        self.problems += [Problem(f.code, self.found[index].place, f.args) for f in faults]

    def report(self, index: int) -> None:
        """Gives the faults that the walker has collected the place of their tag."""
        lost = {block.statement.target for block, _ in self.unclosed}
        self.faults(index, [f for f in self.walker.faults if f.code != "PF204" or f.args["name"] not in lost])
        self.walker.faults.clear()

    def tag(self, index: int, scope: Scope, here: list[_Block]) -> Scope:
        """Compiles a tag; gives back the scope of what follows."""
        tag = self.found[index].tag
        self.operations[index] = []
        self.walker.tag = index
        if tag.open == "{#":
            return scope
        if tag.open == "{{":
            try:
                code = self.walker.output(dialect.expression(tag.body), scope)
                self.operations[index] = [f"w(E({code}))"]
            except DialectFaults as faults:
                self.faults(index, faults.faults)
            self.report(index)
            return scope
        found = self.statement(index)
        if found is None:
            return self.recover(index, scope, here)
        after: Scope = getattr(self, f"_{found.keyword}")(found, index, scope, here)
        self.report(index)
        return after

    def recover(self, index: int, scope: Scope, here: list[_Block]) -> Scope:
        """A block tag that cannot be read still opens its block, so that its end is no second fault."""
        keyword = self.keyword(index)
        if keyword in ("for", "if"):
            self.push(_Block(Statement(keyword), index, scope), here)
            return Scope(scope.names, scope.present, open=True)
        return scope

    def push(self, block: _Block, here: list[_Block]) -> None:
        here.append(block)
        self.open.append(block)
        if block.statement.keyword == "for":
            self.depth += 1
            if self.depth > MAX_DEPTH:
                self.problem("PF225", block.index, limit=MAX_DEPTH)

    def close(self, block: _Block) -> None:
        self.open.remove(block)
        if block.statement.keyword == "for" and not block.closed_by_else:
            self.depth -= 1

    def _for(self, found: Statement, index: int, scope: Scope, here: list[_Block]) -> Scope:
        assert found.expr is not None
        code, kind = self.walker.items(found.expr, scope)
        lines = [f"s_{index} = {code}"]
        if isinstance(kind, Record) and issubclass(kind.cls, TreeNode):
            level = kind.cls.__name__.removesuffix("Node").lower()
            self.levels.add(level)
            lines.append(f"R.visit({level!r}, s_{index})")
        inner = scope.bind(found.target, kind, code=f"b_{index}")
        if found.test is not None:
            test = self.walker.condition(found.test, inner)[0]
            lines.append(f"s_{index} = [b_{index} for b_{index} in s_{index} if {test}]")
        lines += [
            f"n_{index} = len(s_{index})",
            f"R.count(n_{index}, {index})",
            f"for i_{index}, b_{index} in enumerate(s_{index}, 1):",
            _INDENT,
        ]
        self.operations[index] = lines
        self.push(_Block(found, index, scope), here)
        return inner.bind_loop(f"i_{index}", f"n_{index}")

    def _if(self, found: Statement, index: int, scope: Scope, here: list[_Block]) -> Scope:
        assert found.expr is not None
        code, present, absent = self.walker.condition(found.expr, scope)
        self.operations[index] = [f"if {code}:", _INDENT]
        self.push(_Block(found, index, scope, absent), here)
        return scope.with_present(present)

    def _elif(self, found: Statement, index: int, scope: Scope, here: list[_Block]) -> Scope:
        block = self.top(index, here, "if")
        if block is None or found.expr is None:
            return scope
        inner = block.scope.with_present(block.absent)
        code, present, absent = self.walker.condition(found.expr, inner)
        self.operations[index] = [_DEDENT, f"elif {code}:", _INDENT]
        block.absent += absent
        return inner.with_present(present)

    def _else(self, found: Statement, index: int, scope: Scope, here: list[_Block]) -> Scope:
        block = self.top(index, here, "if", "for")
        if block is None:
            return scope
        if block.statement.keyword == "for":
            self.depth -= 1
            self.operations[index] = [_DEDENT, f"if not n_{block.index}:", _INDENT]
        else:
            self.operations[index] = [_DEDENT, "else:", _INDENT]
        block.closed_by_else = True
        return block.scope.with_present(block.absent)

    def top(self, index: int, here: list[_Block], *keywords: str) -> _Block | None:
        """The block that an `else` belongs to; a problem where there is none, or it has its `else` already."""
        if here and here[-1].statement.keyword in keywords and not here[-1].closed_by_else:
            return here[-1]
        self.unopened(index, here, keywords[0])
        return None

    def unopened(self, index: int, here: list[_Block], keyword: str) -> None:
        """An end or an `else` without its beginning: perhaps it opened in another cell or row (PF216)."""
        outer = next((b for b in reversed(self.open) if b not in here and b.statement.keyword == keyword), None)
        if outer is None:
            lost = next((u for u in reversed(self.unclosed) if u[0].statement.keyword == keyword), None)
            if lost is None:
                self.problem("PF216", index, keyword=keyword)
                return
            # One fault with two places: the beginning that was reported as never closed ends here.
            self.unclosed.remove(lost)
            self.problems.remove(lost[1])
            outer = lost[0]
        place = self.found[outer.index].place
        self.problem("PF223", index, where=Words(place.describe("mn"), place.describe("en")))

    def _end(self, keyword: str, index: int, scope: Scope, here: list[_Block]) -> Scope:
        if here and here[-1].statement.keyword == keyword:
            block = here.pop()
            self.close(block)
            self.operations[index] = [_DEDENT]
            return block.scope
        self.unopened(index, here, keyword)
        return scope

    def _endfor(self, found: Statement, index: int, scope: Scope, here: list[_Block]) -> Scope:
        return self._end("for", index, scope, here)

    def _endif(self, found: Statement, index: int, scope: Scope, here: list[_Block]) -> Scope:
        return self._end("if", index, scope, here)

    def _set(self, found: Statement, index: int, scope: Scope, here: list[_Block]) -> Scope:
        assert found.expr is not None
        typed = self.walker.expr(found.expr, scope)
        self.operations[index] = [f"b_{index} = {typed.code}"]
        return scope.bind(found.target, typed.type, code=f"b_{index}", optional=typed.optional)

    def _vm(self, found: Statement, index: int, scope: Scope, here: list[_Block]) -> Scope:
        self.problem("PF227", index)
        return scope

    # -- the function

    def function(self) -> Renderer:
        """The compiled function: (run, plan, report, today) → the part as text."""
        lines = ["def render(R, n_plan, n_report, n_today):", "    out = []", "    w = out.append"]
        indent = 1
        pieces = re.split(rf"<\?{MARK} (\d+)\?>", etree.tostring(self.root, encoding="unicode", with_tail=False))
        for at, piece in enumerate(pieces):
            if at % 2:
                for line in self.operations.get(int(piece), ()):
                    if line == _INDENT:
                        indent += 1
                        lines.append("    " * indent + "pass")
                    elif line == _DEDENT:
                        indent -= 1
                    else:
                        lines.append("    " * indent + line)
            elif piece:
                lines.append(f"{'    ' * indent}w({piece!r})")
        lines.append("    return ''.join(out)")
        namespace: dict[str, Any] = {
            "__builtins__": {"len": len, "enumerate": enumerate},
            "E": escape,
            "F": filters,
            "closed": _closed,
            **self.walker.constants,
        }
        exec(compile("\n".join(lines), f"<{self.name}>", "exec"), namespace)
        renderer: Renderer = namespace["render"]
        return renderer


_BEFORE_MERGE = tuple(w(n) for n in ("cnfStyle", "tcW", "gridSpan", "hMerge"))


def _merge_index(properties: etree._Element) -> int:
    """Where `w:vMerge` stands among cell properties (17.4.70: their order is fixed)."""
    return sum(1 for child in properties if child.tag in _BEFORE_MERGE)


def _is_bare(paragraph: etree._Element) -> bool:
    """Whether a paragraph holds nothing but its own formatting."""
    kept = {w("pPr"), w("rPr"), w("r"), w("t")}
    inside = [e for e in paragraph.iterdescendants() if not any(a.tag == w("pPr") for a in e.iterancestors())]
    return all(e.tag in kept and not (e.tag == w("t") and e.text) for e in inside)


def _empty_paragraph(like: etree._Element | None) -> str:
    """An empty paragraph in the style of another one, as text."""
    style = like.find(f"{w('pPr')}/{w('pStyle')}") if like is not None else None
    if style is None:
        return "<w:p/>"
    return f'<w:p><w:pPr><w:pStyle w:val="{style.get(w("val"))}"/></w:pPr></w:p>'
