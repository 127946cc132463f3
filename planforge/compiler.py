"""Compiles a template: proves that its tags balance and its expressions hold, and writes one Python function per part.

Tags become marks in the XML tree (`planforge.tags`). A block must open and close among the same siblings: then whatever
its body does, the XML stays balanced, and rendering is appending strings. The tree is serialised once; the text between
two marks is a constant of the function. What Word demands of what may be empty (a cell without a paragraph, a table
without rows) is met by code that is emitted only where something may become empty (`planforge.repairs`).
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping
from copy import deepcopy
from dataclasses import dataclass, field
from typing import Literal

from lxml import etree

from planforge import embedded, identities, numbering, repetition, syntax, text
from planforge.anchors import Anchor, Tracker, as_json
from planforge.dialect import Scope, Typed, Walker, may_be_special
from planforge.errors import DocumentPlace, Problem, TemplateError, Words
from planforge.identities import REVISIONS, Identities
from planforge.numbering import Lists
from planforge.opc import Package
from planforge.program import XML, Code, Program, literal
from planforge.rendering import Spot, background_of, span_of
from planforge.repairs import DEDENT, INDENT, MarkedTree, empty_paragraph, put_property
from planforge.syntax import DialectFaults, Fault, Statement
from planforge.tags import (
    FORMATTING_LIMIT,
    MARK,
    MAX_FORMATTING,
    SIGN,
    Finder,
    Located,
    bound_names,
    hidden_tag,
    index_of,
    sign_for,
)
from planforge.view import CriterionNode, TreeNode
from planforge.vocabulary import ANY, AnyType, Record, Scalar, Type, type_words
from planforge.wml import ENDS, FALLBACK, MAX_COLUMNS, NAMESPACE, W, int_of, names, owned, properties_of, w

__all__ = ["MAX_DEPTH", "compile_template"]

MAX_DEPTH = 8
"""Loops inside loops."""
MAX_BLOCKS = 40
"""Blocks and merged cells inside one another: Python indents a hundred times at most."""
MAX_BRANCHES = 100
"""`elif` in one `if`: Python's own compiler goes down one level for each."""

_TBL, _TR, _TC, _P, _R, _T, _PPR, _TCW, _VMERGE = names("tbl tr tc p r t pPr tcW vMerge")
_PI = etree.ProcessingInstruction
_STORIES = ("header", "footer", "footnotes", "endnotes", "comments")
_PROPERTIES = ("core-properties", "custom-properties", "extended-properties")
_BRACE = re.compile(rb"\{|&#|%\x00?7")
"""How a brace may be written in XML or in an address, in UTF-8 or UTF-16."""
_UNIQUE = (
    *names("commentRangeStart commentReference endnoteReference footnoteReference object"),
    "{http://schemas.openxmlformats.org/drawingml/2006/chart}chart",
    "{http://schemas.openxmlformats.org/drawingml/2006/diagram}relIds",
)
"""What refers to something of its own in another part of the package, which a loop would make it share."""
_FIELD = w("fldChar")
_MERGES = ("vm", "hm")
"""Statements that leave a cell's content out of some rows."""


def compile_template(package: Package, /, *, scope: Scope) -> Program:
    """The program of a template. Raises TemplateError with every problem of every part (PF2xx)."""
    problems: list[Problem] = []
    codes: dict[str, Code] = {}
    places: dict[str, tuple[DocumentPlace, ...]] = {}
    uses: set[str] = set()
    levels: set[str] = set()
    printed: set[tuple[str, str]] = set()
    labels: set[tuple[str, str, str]] = set()
    anchors: list[Anchor] = []
    tagged = {package.main, *(p for kind in _STORIES for p in package.related(kind))}
    tagged.update(p for kind in _PROPERTIES for p in package.related(kind, ""))
    data_parts = set(package.related("customXml"))
    lists = Lists(package)
    for name, data in package.parts.items():
        if name in tagged:
            part = _Part(_with_prefix(package.parse(name)), name, package.file, scope)
            problems += part.problems
            if (part.found or part.has_escapes) and not part.problems:
                part.renew(lists)
                codes[name] = part.code(len(anchors))
                anchors += (anchor for _, anchor, _ in part.anchors)
                places[name] = tuple(located.place for located in part.found)
                uses |= part.walker.uses
                levels |= part.levels
                printed |= part.walker.printed
                labels |= part.walker.labels
        elif name not in data_parts and name.endswith((".xml", ".rels")) and _BRACE.search(data):
            hidden = hidden_tag(package.parse(name), DocumentPlace(file=package.file, part=name))
            problems += [hidden] if hidden else []
    if problems:
        raise TemplateError(problems)
    found = (frozenset(uses), frozenset(levels), frozenset(printed), frozenset(labels))
    known = Identities.of(package) if anchors else None
    return Program(codes, places, *found, as_json(anchors), known, lists.source(), embedded.room(package))


def _with_prefix(root: etree._Element) -> etree._Element:
    """The tree with `w` as the prefix of WordprocessingML, which the programs write; another one is as legal."""
    if all(element.prefix == "w" for element in root.iter(f"{W}*")):
        return root
    others = {prefix: uri for prefix, uri in root.nsmap.items() if uri != NAMESPACE and prefix != "w"}
    names = {"w": NAMESPACE, **others}
    fresh = etree.Element(root.tag, attrib=dict(root.attrib), nsmap=names)  # type: ignore[arg-type, misc]
    fresh.text = root.text
    fresh.extend(list(root))
    return fresh


# --- one part ------------------------------------------------------------------------------------------------------


@dataclass(slots=True, eq=False)
class _Block:
    """An open `for` or `if`: the tag that opened it and the scope to go back to."""

    statement: Statement
    index: int
    scope: Scope
    absent: list[str] = field(default_factory=list)
    closed_by_else: bool = False
    branches: int = 0
    is_blamed: bool = False
    """Whether its end was found elsewhere."""
    body: list[etree._Element] = field(default_factory=list)
    """The elements of the branch that is open."""


@dataclass(frozen=True, slots=True)
class _Said:
    """A statement about the cell that it stands in, and the paragraph that it stood in."""

    index: int
    statement: Statement
    paragraph: etree._Element


class _Part(MarkedTree):
    """Compiles one XML part."""

    def __init__(self, root: etree._Element, name: str, file: str | None, scope: Scope) -> None:
        finder = Finder(name, file)
        finder.scan(root)
        super().__init__(root, finder.found)
        self.name = name
        self.problems: list[Problem] = finder.problems
        self.lost = finder.lost
        self.lost_names = finder.lost_names
        self.attributes = finder.attributes
        self.sign = finder.sign
        self.has_escapes = finder.has_escapes
        self.walker = Walker()
        self.depth = 0
        self.levels: set[str] = set()
        self.open: list[_Block] = []
        self.opened: dict[etree._Element, int] = {}
        """How many blocks are open around each table."""
        self.assigned: dict[str, tuple[_Block, ...]] = {}
        """The variables of `set`, and the blocks that were open around each."""
        self.unclosed: list[tuple[_Block, Problem]] = []
        self.inner_names: dict[str, int] = {}
        """Names that a block binds, and the tag that opens it: known only inside it."""
        self.blamed: set[etree._Element] = set()
        self.tracker = Tracker()
        self.anchors: list[tuple[int, Anchor, str]] = []
        """The mark where an anchor would stand, the anchor, and the variable of its node."""
        self.columns: dict[etree._Element, int | None] = {}
        """The grid column of each cell in a row that carries an anchor; None where the data decide."""
        self.spots: dict[Spot, str] = {}
        """The constants that hold them."""
        self.formatting = 0
        """Letters of formatting in them."""
        self.written: dict[etree._Element, str] = {}
        """Properties of runs and paragraphs, as text."""
        self.cutting: defaultdict[etree._Element, list[tuple[int, Typed, Spot]]] = defaultdict(list)
        """The paragraphs that values may cut in two: (tag, value, spot)."""
        self.sections = {properties.getparent().getparent() for properties in root.iter(w("sectPr"))}  # type: ignore[union-attr]
        """The paragraphs that end a section, among others."""
        self.tables = {table: number for number, table in enumerate(root.iter(_TBL), 1)}
        if self.found and finder.is_ready:
            self.mend(root)
            self.siblings(root, scope)

    def problem(self, code: str, index: int, **args: object) -> None:
        self.problems.append(Problem(code, self.found[index].place, {"tag": self.found[index].tag.source, **args}))

    # -- the tree

    def siblings(self, parent: etree._Element, scope: Scope) -> Scope:
        """Compiles the children of an element, among which blocks open and close; gives the scope of what follows."""
        here: list[_Block] = []
        for child in list(parent):
            index = index_of(child)
            if index is not None:
                if index < len(self.found):
                    scope = self.tag(index, scope, here, child)
                continue
            for block in here[:MAX_BLOCKS]:
                block.body.append(child)
            for index in self.attributes.get(child, ()):
                self.tag(index, scope, here, child)
            if child.tag == _TC:
                self.cell(child, scope)
                continue
            self.mend(child)
            if child.tag == _TBL:
                self.opened[child] = len(self.open)
            carries = scope.embeds and self.carries(child)
            known = len(self.problems)
            marks = map(index_of, child.iter(etree.ProcessingInstruction) if child in self.flags else ())
            first = next((index for index in marks if index is not None and self.level(index)), 0)
            inner = self.siblings(child, scope)
            if child in self.flags and len(self.problems) == known:
                self.check_whole([child], first)
            if carries:
                self.leave_carrier()
            if child.tag not in (_TBL, _TR):
                scope = inner
        for block in reversed(here):
            scope = block.scope
            self.leave_open(block)
        return scope

    def leave_open(self, block: _Block) -> None:
        """A block that is never closed (PF215), unless its end is a tag that was blamed already."""
        end = f"end{block.statement.keyword}"
        self.close(block)
        if block.is_blamed:
            return
        if self.lost[end]:
            self.lost[end] -= 1
            return
        self.problem("PF215", block.index, end=end)
        self.unclosed.append((block, self.problems[-1]))

    def check_branch(self, block: _Block) -> None:
        """What a block may hold: nothing that must not repeat (PF222), no half of a bookmark (PF231)."""
        repeats = block.statement.keyword == "for" and not block.closed_by_else
        unique = [e for child in block.body for e in child.iter(*_UNIQUE)] if repeats else []
        unique = [e for e in unique if next(e.iterancestors(FALLBACK), None) is None]
        for tag in dict.fromkeys(e.tag for e in unique if e not in self.blamed):
            self.problem("PF222", block.index, what=_UNIQUE_WORDS.get(tag, etree.QName(tag).localname))
        self.blamed.update(unique)
        if not unique:
            self.check_whole(block.body, block.index)
        block.body = []

    def check_whole(self, elements: Iterable[etree._Element], index: int) -> None:
        """What may be left out or repeated holds both ends of whatever it holds one end of (PF231)."""
        name = _half(elements)
        if name:
            self.problem("PF231", index, what=name)

    # -- anchors

    def carries(self, element: etree._Element) -> bool:
        """Whether an element is a row or free-standing paragraph that may get an anchor, which begins with it then."""
        if element.tag == _P:
            if not self.tracker.carriers:
                self.enter_carrier(element)
                return True
        elif element.tag == _TR:
            paragraph = self.anchor_paragraph(element)
            if paragraph is not None:
                self.columns.update(self.columns_of(element))
                self.enter_carrier(paragraph, self.tables[next(element.iterancestors(_TBL))])
                return True
        return False

    def columns_of(self, row: etree._Element) -> dict[etree._Element, int | None]:
        """The grid column of each cell of a row; None from where on the data decide."""
        column: int | None = int_of(row, "trPr", "gridBefore", 0)
        found = {}
        for element in owned(row, _TC, _PI):
            index = index_of(element)
            if self.level(index) == "cell" or self.keyword(index) == "colspan":
                column = None
            elif index is None:
                found[element] = column
                column = None if column is None else column + int_of(element, "tcPr", "gridSpan", 1)
        return found

    def enter_carrier(self, paragraph: etree._Element, table: int | None = None) -> None:
        """A row or a paragraph begins, of which the anchor would stand at the beginning of this paragraph."""
        anchor = self.operation()
        paragraph.insert(1 if paragraph.find(_PPR) is not None else 0, anchor)
        around = [f"b_{block.index}" for block in self.open[: -MAX_BLOCKS - 1 : -1] if not block.closed_by_else]
        self.tracker.enter(int(anchor.text or ""), around, table)

    def leave_carrier(self) -> None:
        index = self.tracker.carriers[-1].mark
        found = self.tracker.leave(self.name)
        if found:
            self.anchors.append((index, *found))

    def anchor_paragraph(self, row: etree._Element) -> etree._Element | None:
        """The first paragraph of a row that every printing of the row holds: in no block, in no merged cell."""
        for cell in self.static(row):
            words = (self.keyword(index_of(mark)) for mark in cell.iter(_PI))
            if cell.tag == _TC and not any(word in _MERGES for word in words):
                first = next((child for child in self.static(cell) if child.tag == _P), None)
                if first is not None:
                    return first
        return None

    def static(self, parent: etree._Element) -> list[etree._Element]:
        """The children of an element that stand in no block."""
        depth = 0
        found = []
        for child in parent:
            index = index_of(child)
            if index is not None:
                depth += self.turn(index)
            elif not depth:
                found.append(child)
        return found

    # -- cells

    def cell(self, cell: etree._Element, scope: Scope) -> None:
        """Compiles a cell, and what statements in it say of it: its columns, its background, how it is merged."""
        around = len(self.open)
        if cell in self.columns:
            self.tracker.carriers[-1].column = self.columns[cell]
        table = next(cell.iterancestors(_TBL), None)
        said = {} if table is None else self.cell_statements(cell)
        vm = said.get("vm")
        first = cell.find(_P)
        if vm and vm.statement.expr and vm.paragraph is first and _is_bare(first) and _stands_before_more(first):
            cell.remove(first)  # the tag stood alone in it, before a list
        self.mend(cell)
        if table is not None and (said or table in self.grids):
            own = properties_of(cell, "tcPr")
            if table in self.grids:
                self.grid_cell(table, cell, own, said, scope)
            key = self.merge_key(vm, table, scope) if vm else None
            if vm and key:
                self.check_whole(cell, vm.index)
            if table in self.grids:
                self.grid_merge(self.grids[table], cell, own, vm, key, empty_paragraph(first))
            elif vm and key and vm.statement.expr is None:
                self.alike_cell(cell, own, self.merges[table], vm, key, empty_paragraph(first))
            elif vm and key:
                self.merged_cell(cell, own, self.merges[table], vm, key, empty_paragraph(first), scope)
            if "cellbg" in said:
                put_property(own, "shd", self.operation(self.background(said["cellbg"], scope)))
        self.siblings(cell, scope)
        for block in reversed(self.open[around:]):
            self.close(block)

    def cell_statements(self, cell: etree._Element) -> dict[str, _Said]:
        """The statements about a cell, taken out of its text: they stand anywhere in it, but in no block, each once."""
        outside: list[tuple[int, etree._Element]] = []
        opened: list[int] = []
        for element in cell.iter(_PI):
            index = index_of(element)
            if index is None or next(element.iterancestors(_TC, w("txbxContent"))) is not cell:
                continue
            word = self.keyword(index)
            if word in syntax.CELL_KEYWORDS and self.level(index) == "run":
                outside.append((index, element))
            elif word in ("for", "if"):
                opened.append(len(outside))
            elif word in ("endfor", "endif") and opened:
                del outside[opened.pop() :]
        found: dict[str, _Said] = {}
        for index, element in outside:
            if self.keyword(index) not in found:
                paragraph = next(element.iterancestors(_P))
                element.getparent().remove(element)  # type: ignore[union-attr]
                statement = self.statement(index)
                if statement is not None:
                    found[statement.keyword] = _Said(index, statement, paragraph)
        return found

    def loop_around(self, table: etree._Element, level: str) -> _Block | None:
        """The innermost open loop over the rows or cells of a table."""
        for block in reversed(self.open[self.opened[table] :]):
            is_loop = block.statement.keyword == "for" and not block.closed_by_else
            if is_loop and self.level(block.index) == level:
                return block
        return None

    def before_loop(self, block: _Block, line: str) -> None:
        """Adds a line to what runs before a loop begins."""
        lines = self.operations[block.index]
        if line not in lines:
            lines.insert(0, line)

    def grid_cell(
        self, table: etree._Element, cell: etree._Element, own: etree._Element, said: Mapping[str, _Said], scope: Scope
    ) -> None:
        """Tells the grid of a cell, or that one more column belongs to the cell that `hm` has written before."""
        span = str(int_of(cell, "tcPr", "gridSpan", 1))
        if "colspan" in said:
            span = self.span(said["colspan"], scope)
        width = own.find(_TCW)
        kept = _width(width)
        if width is not None and kept:
            own.remove(width)
        line = f"{self.grids[table]}.cell({self.parts[cell]}, {span}, {kept!r})"
        hm = said.get("hm")
        loop = self.loop_around(table, "cell") if hm else None
        if hm and loop is None:
            self.problem("PF239", hm.index, loop="{%tc for … %}")
        elif hm and loop is not None:
            name = f"h_{hm.index}"
            self.before_loop(loop, f"{name} = None")
            lines = (f"if {name}:", INDENT, f"{name}.span += {span}", DEDENT, "else:", INDENT)
            cell.addprevious(self.operation(*lines))
            self.after(cell, DEDENT)
            self.check_whole(cell, hm.index)
            self.push(_Block(hm.statement, hm.index, scope), [])
            line = f"{name} = {line}"
        put_property(own, "gridSpan", self.operation(line))

    def sure(self, said: _Said, scope: Scope) -> Typed | None:
        """The value in a statement about a cell, sure to be there; None after a fault."""
        assert said.statement.expr is not None
        self.walker.tag = said.index
        typed = self.walker.sure(said.statement.expr, scope)
        self.report(said.index)
        return typed

    def span(self, said: _Said, scope: Scope) -> str:
        """Source of the number in `colspan`. PF238 for what is seen to be none."""
        typed = self.sure(said, scope)
        if typed is None:
            return "1"
        constant = self.walker.constants.get(typed.code, int(typed.code) if typed.code.isdigit() else None)
        if typed.type is not Scalar.NUMBER and not isinstance(typed.type, AnyType):
            self.problem("PF238", said.index, found=type_words(typed.type), limit=MAX_COLUMNS)
        elif constant is not None and span_of(constant) is None:
            self.problem("PF238", said.index, found=str(constant), limit=MAX_COLUMNS)
        return f"R.span({typed.code}, {said.index})"

    def background(self, said: _Said, scope: Scope) -> str:
        """The operation that writes the background of a cell (17.4.33). PF244 for what is seen to be no colour."""
        typed = self.sure(said, scope)
        if typed is None:
            return "pass"
        if typed.type is not Scalar.TEXT and not isinstance(typed.type, AnyType):
            self.problem("PF244", said.index, found=type_words(typed.type))
        elif isinstance(typed.constant, str) and background_of(typed.constant) is None:
            self.problem("PF244", said.index, found=text.quote(typed.constant))
        fill = f"R.background({typed.code}, {said.index})"
        return f"""w('<w:shd w:val="clear" w:color="auto" w:fill="' + {fill} + '"/>')"""

    def merge_key(self, vm: _Said, table: etree._Element, scope: Scope) -> str | None:
        """Source of what cells merged down have in common: the key of `vm`, or the run of the loop over their rows."""
        if vm.statement.expr is not None:
            self.walker.tag = vm.index
            typed = self.walker.expr(vm.statement.expr, scope)
            self.report(vm.index)
            return typed.code
        loop = self.loop_around(table, "row")
        if loop is None:
            self.problem("PF239", vm.index, loop="{%tr for … %}")
            return None
        self.before_loop(loop, f"u_{loop.index} = R.iterations")
        return f"({vm.index}, u_{loop.index})"

    def merged_cell(
        self, cell: etree._Element, own: etree._Element, merges: str, vm: _Said, key: str, empty: str, scope: Scope
    ) -> None:
        """A cell with `vm`: empty, and merged with the cell above, while the key stays the same."""
        slot, flag = self.slots[cell], f"f_{vm.index}"
        lines = (
            f"v = {key}",
            f"{flag} = v is None or {merges}.get({slot}) != v",
            f"{merges}n[{slot}] = v",
            f"""w('<w:vMerge w:val="restart"/>' if {flag} else '<w:vMerge/>')""",
        )
        put_property(own, "vMerge", self.operation(*lines))
        cell.insert(cell.index(own) + 1, self.operation(f"if {flag}:", INDENT))
        cell.append(self.operation(DEDENT, "else:", INDENT, f"w({empty!r})", DEDENT))
        self.push(_Block(vm.statement, vm.index, scope), [])

    def alike_cell(
        self, cell: etree._Element, own: etree._Element, merges: str, vm: _Said, key: str, empty: str
    ) -> None:
        """A cell with `vm` alone: merged with the cell above in the same loop while both print the same."""
        slot, merge, content = self.slots[cell], f"g_{vm.index}", f"c_{vm.index}"
        lines = (
            f"v = ({key}, visible(out[{content}:]))",
            f"{merges}n[{slot}] = v",
            f"if {merges}.get({slot}) == v:",
            INDENT,
            f"out[{content}:] = [{empty.encode()!r}]",
            f"out[{merge}] = b'<w:vMerge/>'",
            DEDENT,
        )
        restart = """w('<w:vMerge w:val="restart"/>')"""
        put_property(own, "vMerge", self.operation(f"{merge} = len(out)", restart))
        cell.insert(cell.index(own) + 1, self.operation(f"{content} = len(out)"))
        cell.append(self.operation(*lines))

    def grid_merge(
        self, grid: str, cell: etree._Element, own: etree._Element, vm: _Said | None, key: str | None, empty: str
    ) -> None:
        """Tells the grid how a cell is merged: by `vm`, or by the template itself."""
        if key is not None:
            cell.insert(cell.index(own) + 1, self.operation(f"{grid}.content()"))
            cell.append(self.operation(f"{grid}.content_end({empty!r})"))
        elif (merge := own.find(_VMERGE)) is not None:
            key = "None" if merge.get(w("val")) == "restart" else "..."
        if key is not None:
            alike = ", True" if vm and vm.statement.expr is None else ""
            put_property(own, "vMerge", self.operation(f"{grid}.merge({key}{alike})"))

    # -- tags

    def statement(self, index: int) -> Statement | None:
        try:
            return syntax.statement(self.found[index].tag.body)
        except DialectFaults as faults:
            self.faults(index, faults.faults)
            return None

    def faults(self, index: int, faults: Iterable[Fault]) -> None:
        self.problems += [Problem(f.code, self.found[index].place, f.args) for f in faults]

    def report(self, index: int) -> None:
        """Gives the faults that the walker has collected the place of their tag."""
        unclosed = {n for block, _ in self.unclosed for n in (block.statement.target, *block.statement.others)}
        lost = {text.name_key(n) for n in self.lost_names | unclosed}
        for fault in self.walker.faults:
            name = text.name_key(str(fault.args["name"])) if fault.code == "PF204" else ""
            if name in self.inner_names and name not in lost:
                tag = self.found[self.inner_names[name]].tag.source
                fault = Fault("PF232", {"name": fault.args["name"], "tag": tag})
            if name not in lost or not name:
                self.faults(index, [fault])
        self.walker.faults.clear()

    def tag(self, index: int, scope: Scope, here: list[_Block], at: etree._Element) -> Scope:
        """Compiles a tag, whose mark stands `at`; gives back the scope of what follows."""
        tag = self.found[index].tag
        self.operations[index] = []
        self.walker.tag = index
        self.walker.reads.clear()
        if tag.open == "{#":
            return scope
        if tag.open == "{{":
            try:
                typed = self.walker.value(syntax.expression(tag.body), scope)
                self.tracker.read(self.walker.reads.values())
                self.operations[index] = self.output(index, typed, at)
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

    def output(self, index: int, typed: Typed, at: etree._Element) -> list[str]:
        """What a `{{ }}` does at its mark: where it can only print text, the text is written as it is."""
        located = self.found[index]
        spot = None
        if located.level in ("run output", "paragraph output") or may_be_special(typed.type):
            spot = self.spot(at, located)
        if located.level == "plain":
            return [f"w(R.plain({self.walker.shown(typed).code}))"]
        if spot is None:
            return [f"w(E({self.walker.shown(typed).code}))"]
        if spot not in self.spots:
            self.formatting += len(spot.run) + len(spot.paragraph or "")
            if self.formatting > MAX_FORMATTING:
                raise TemplateError([Problem("PF258", located.place, FORMATTING_LIMIT)])
            self.spots[spot] = self.walker.constant(spot)
        if spot.paragraph is not None and spot.level != "paragraph":
            self.cutting[next(at.iterancestors(_P))].append((index, typed, spot))
        return self.writing(index, typed, spot, self.spots[spot])

    def writing(self, index: int, typed: Typed, spot: Spot, source: str) -> list[str]:
        """What writes a value at a spot, of which this is the source."""
        code = f"R.write({typed.code}, {index}, {source})"
        # An empty piece would hide whether anything stands in a content control, or how a cell ends.
        return [f"w({code})"] if spot.level == "text" else [f"v = {code}", "if v: w(v)"]

    def spot(self, at: etree._Element, located: Located) -> Spot | None:
        """Where an output (its mark) stands and the formatting around it; None where only text can stand."""
        paragraph = next(at.iterancestors(_P), None)
        if located.level == "paragraph output" and located.like is not None:
            run = located.like.find(f".//{w('r')}")
            return Spot("paragraph", self.properties(run, "rPr"), self.properties(located.like, "pPr"))
        if located.level == "run output":
            level: Literal["text", "run"] = "run"
            run, beside = located.like, at
        else:
            level = "text"
            run = beside = next(at.iterancestors(w("r")), at)
        if paragraph is None or (level == "text" and run is at):
            return None
        # In a hyperlink, a content control or a revision a paragraph cannot end; nor may it end a section twice.
        properties = None
        if beside.getparent() is paragraph and paragraph not in self.sections:
            properties = self.properties(paragraph, "pPr")
        return Spot(level, self.properties(run, "rPr"), properties)

    def properties(self, element: etree._Element | None, name: str) -> str:
        """The properties of a run or paragraph as text, to be written again; each is written once."""
        found = element.find(w(name)) if element is not None else None
        if found is None:
            return ""
        if found not in self.written:
            self.written[found] = _properties(found, self.root.nsmap)
        return self.written[found]

    def recover(self, index: int, scope: Scope, here: list[_Block]) -> Scope:
        """A tag that cannot be read still opens or closes what it was meant to, so that nothing else is blamed."""
        tag = self.found[index].tag
        keyword = syntax.meant_keyword(tag.body)
        self.lost_names |= bound_names(tag.source)
        if syntax.meant_prefix(tag.body):
            self.lost[keyword] += 1  # it was to stand among paragraphs or rows, and is not there
            return scope
        if keyword in ("for", "if"):
            self.push(_Block(Statement(keyword), index, scope), here)
            return scope.bind_loop("0", "0") if keyword == "for" else scope
        if keyword in ("endfor", "endif"):
            return self._end(keyword.removeprefix("end"), index, scope, here)
        return scope

    def push(self, block: _Block, here: list[_Block]) -> None:
        here.append(block)
        self.open.append(block)
        if len(self.open) == MAX_BLOCKS + 1:
            self.problem("PF230", block.index, what=_NESTED_WORDS, limit=MAX_BLOCKS)
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
        kinds: tuple[Type, ...] = ()
        if found.others:
            code, kinds = self.walker.parts(found.expr, scope, 1 + len(found.others))
            kind: Type = ANY
        else:
            code, kind = self.walker.items(found.expr, scope)
        lines = [f"s_{index} = {code}"]
        in_rows = self.found[index].tag.prefix == "tr"
        level = ""
        if isinstance(kind, Record) and issubclass(kind.cls, TreeNode | CriterionNode):
            level = kind.cls.__name__.removesuffix("Node").lower()
            if in_rows or issubclass(kind.cls, TreeNode):
                self.levels.add(level)
                lines.append(f"R.visit({level!r}, s_{index})")
        self.tracker.bind(f"b_{index}", self.walker.reads.values(), level, item=True)
        inner = scope if kinds else scope.bind(found.target, kind, code=f"b_{index}")
        for place, (name, one) in enumerate(zip((found.target, *found.others), kinds, strict=False)):
            inner = inner.bind(name, one, code=f"b_{index}[{place}]")
            self.tracker.bind(f"b_{index}[{place}]", [f"b_{index}"])
        if found.test is not None:
            test, present, _ = self.walker.condition(found.test, inner)
            inner = inner.with_present(present)
            lines.append(f"R.count(len(s_{index}), {index})")  # what a test leaves out takes time too
            lines.append(f"s_{index} = [b_{index} for b_{index} in s_{index} if {test}]")
        lines += [
            f"n_{index} = len(s_{index})",
            *([] if found.test is not None else [f"R.count(n_{index}, {index})"]),
            f"for i_{index}, b_{index} in enumerate(s_{index}, 1):",
            INDENT,
            "if len(out) > R.looked: R.measure(out)",
        ]
        self.operations[index] = lines
        self.inner_names |= {text.name_key(name): index for name in (found.target, *found.others)}
        self.push(_Block(found, index, scope), here)
        return inner.bind_loop(f"i_{index}", f"n_{index}")

    def _if(self, found: Statement, index: int, scope: Scope, here: list[_Block]) -> Scope:
        assert found.expr is not None
        code, present, absent = self.walker.condition(found.expr, scope)
        self.operations[index] = [f"if {code}:", INDENT]
        self.push(_Block(found, index, scope, absent), here)
        return scope.with_present(present)

    def _elif(self, found: Statement, index: int, scope: Scope, here: list[_Block]) -> Scope:
        block = self.top(index, here, "if")
        if block is None or found.expr is None:
            return scope
        self.check_branch(block)
        block.branches += 1
        if block.branches == MAX_BRANCHES + 1:
            self.problem("PF230", index, what=_BRANCH_WORDS, limit=MAX_BRANCHES)
        inner = block.scope.with_present(block.absent)
        code, present, absent = self.walker.condition(found.expr, inner)
        self.operations[index] = [DEDENT, f"elif {code}:", INDENT]
        block.absent += absent
        return inner.with_present(present)

    def _else(self, found: Statement, index: int, scope: Scope, here: list[_Block]) -> Scope:
        block = self.top(index, here, "if", "for")
        if block is None:
            return scope
        self.check_branch(block)
        if block.statement.keyword == "for":
            self.depth -= 1
            self.operations[index] = [DEDENT, f"if not n_{block.index}:", INDENT]
        else:
            self.operations[index] = [DEDENT, "else:", INDENT]
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
        if self.lost[keyword]:
            self.lost[keyword] -= self.keyword(index) == f"end{keyword}"
            return
        around = self.open[: len(self.open) - len(here)]
        outer = next((b for b in reversed(around) if b.statement.keyword == keyword), None)
        if outer is None:
            lost = next((u for u in reversed(self.unclosed) if u[0].statement.keyword == keyword), None)
            if lost is None:
                self.problem("PF216", index, keyword=keyword)
                return
            # One fault with two places: the beginning that was reported as never closed ends here.
            self.unclosed.remove(lost)
            self.problems.remove(lost[1])
            outer = lost[0]
        outer.is_blamed = True
        place = self.found[outer.index].place
        self.problem("PF223", index, where=Words(place.describe("mn"), place.describe("en")))

    def _end(self, keyword: str, index: int, scope: Scope, here: list[_Block]) -> Scope:
        at = next((at for at, block in reversed([*enumerate(here)]) if block.statement.keyword == keyword), None)
        if at is None:
            self.unopened(index, here, keyword)
            return scope
        for left in reversed(here[at + 1 :]):
            self.leave_open(left)
        block = here[at]
        del here[at:]
        self.check_branch(block)
        self.close(block)
        self.operations[index] = [DEDENT]
        return block.scope

    def _endfor(self, found: Statement, index: int, scope: Scope, here: list[_Block]) -> Scope:
        return self._end("for", index, scope, here)

    def _endif(self, found: Statement, index: int, scope: Scope, here: list[_Block]) -> Scope:
        return self._end("if", index, scope, here)

    def _set(self, found: Statement, index: int, scope: Scope, here: list[_Block]) -> Scope:
        assert found.expr is not None
        typed = self.walker.expr(found.expr, scope)
        outer = scope.find(found.target)
        around = self.assigned.get(outer.code) if outer else None
        if outer and around is not None and not self.loops_since(around):
            # As in Jinja, a condition has no scope of its own: what it sets is set after it.
            fits = typed.type == outer.type and (outer.optional or not typed.optional)
            if fits and not (typed.optional and outer.code in scope.present):
                self.operations[index] = [f"{outer.code} = {typed.code}"]
                return scope
            if len(self.open) > len(around):
                self.problem("PF247", index, name=found.target)
                return scope
        self.tracker.bind(f"b_{index}", self.walker.reads.values())
        self.operations[index] = [f"b_{index} = {typed.code}"]
        self.assigned[f"b_{index}"] = tuple(self.open)
        if self.open:
            self.inner_names[text.name_key(found.target)] = self.open[-1].index
        return scope.bind(found.target, typed.type, code=f"b_{index}", optional=typed.optional)

    def loops_since(self, around: tuple[_Block, ...]) -> bool:
        """Whether a loop was opened, or one of these blocks closed, since these were the open ones."""
        since = self.open[len(around) :]
        return tuple(self.open[: len(around)]) != around or any(b.statement.keyword == "for" for b in since)

    def _misplaced(self, found: Statement, index: int, scope: Scope, here: list[_Block]) -> Scope:
        self.problem("PF227", index)
        return scope

    _vm = _hm = _colspan = _cellbg = _misplaced

    # -- what loops repeat

    def renew(self, lists: Lists) -> None:
        """Gives what loops repeat ids and lists of its own."""
        if any(self.keyword(index) == "for" for index in range(len(self.found))):
            nodes = repetition.blocks(self.root, self.statement_at, identities.TAGS | numbering.TAGS)
            for paragraph in numbering.restart(nodes, lists, self):
                self.follow_list(paragraph)
            identities.renew(nodes, self)

    def follow_list(self, paragraph: etree._Element) -> None:
        """Paragraphs that a value begins stand in the list that starts again, as the one that they are cut from."""
        if paragraph in self.cutting:
            found = _properties(paragraph[0], self.root.nsmap)
            before, index, after = re.split(f"{self.sign}([0-9]+){SIGN}", found)
            code = self.operations[int(index)][0][2:-1]
            whole = f"{self.walker.constant(before)} + {code} + {self.walker.constant(after)}"
            for at, typed, spot in self.cutting[paragraph]:
                source = f"Spot({spot.level!r}, {self.spots[spot]}.run, {whole})"
                self.operations[at] = self.writing(at, typed, spot, source)

    def statement_at(self, element: etree._Element) -> tuple[int, str]:
        """The index of a mark and its keyword."""
        index = index_of(element)
        assert index is not None
        return index, self.keyword(index)

    def inscribe(self, code: str) -> str:
        self.sign = self.sign or sign_for(self.root)
        index = index_of(self.operation(f"w({code})"))
        return f"{self.sign}{index}{SIGN}"

    def each(self, loop: int, line: str) -> None:
        self.operations[loop].append(line)

    # -- the function

    def code(self, anchors_before: int) -> Code:
        """The compiled function, without anchors and with them; they are numbered over all parts."""
        anchors = {}
        for number, (index, anchor, node) in enumerate(self.anchors, anchors_before + 1):
            own = {None: "None", "criterion": f"{node}.key"}.get(anchor.node, f"{node}.serial")
            anchors[index] = [f"w(R.anchor({number}, {own}))"]
        marks = rf"(?:<\?{MARK} |{self.sign})(\d+)(?:\?>|{SIGN})" if self.sign else rf"<\?{MARK} (\d+)\?>"
        pieces = re.split(marks, etree.tostring(self.root, encoding="unicode", with_tail=False))
        texts: dict[str, int] = {}
        plain = self.source(pieces, self.operations, texts)
        anchored = self.source(pieces, {**self.operations, **anchors}, texts) if anchors else plain
        return Code(self.name, plain, anchored, tuple(texts))

    def source(self, pieces: list[str], operations: Mapping[int, list[str]], texts: dict[str, int]) -> str:
        """The source of the part: its constants, and the function that renders it; its fixed texts go to a table."""
        lines = [f"{name} = {literal(value)}" for name, value in self.walker.constants.items()]
        lines += ["def render(R, n_plan, n_report, n_today):", "    out = []", "    w = out.append", "    E = R.text"]
        indent = 1
        writes: list[str] = []
        constant = XML

        def flush() -> None:
            """Texts in a row are appended together: half the time of one by one."""
            if constant:
                writes.append(f"T_{texts.setdefault(constant, len(texts))}")
            if writes:
                many = len(writes) > 1
                lines.append("    " * indent + (f"out += ({', '.join(writes)})" if many else f"w({writes[0]})"))
            writes.clear()

        for at, piece in enumerate(pieces):
            if not at % 2:
                constant += piece
                continue
            for line in operations.get(int(piece), ()):
                if line.startswith("w("):
                    if constant:
                        writes.append(f"T_{texts.setdefault(constant, len(texts))}")
                        constant = ""
                    code = line[2:-1]
                    writes.append(code if code.startswith(_BYTES) else f"({code}).encode()")
                    continue
                flush()
                constant = ""
                if line == INDENT:
                    indent += 1
                    lines.append("    " * indent + "pass")
                elif line == DEDENT:
                    indent -= 1
                else:
                    lines.append("    " * indent + line)
        flush()
        lines.append("    return R.finished(out)")
        return "\n".join(lines)


_BYTES = ("E(", "R.anchor(", "R.plain(", "R.write(")
"""What gives XML in UTF-8; other code gives text."""
_UNIQUE_WORDS = {_UNIQUE[-1]: "SmartArt"}
_NESTED_WORDS = Words("бие биенийхээ дотор байгаа блок", "blocks inside one another")
_BRANCH_WORDS = Words("«elif» салбар", "“elif” branches")


def _width(width: etree._Element | None) -> str:
    """The width of a cell that follows from its columns, as text; nothing for an automatic one."""
    if width is None or width.get(w("type"), "dxa") not in ("dxa", "pct"):
        return ""
    found = width.get(w("w"), "")
    return f'<w:tcW w:w="{found}" w:type="{width.get(w("type"), "dxa")}"/>' if re.fullmatch("[0-9]{1,6}", found) else ""


def _properties(found: etree._Element, known: Mapping[str | None, str]) -> str:
    """Properties as text: without what may stand there once, and without the namespaces that the root declares."""
    copy = deepcopy(found)
    for once in list(copy.iter(w("sectPr"), *REVISIONS)):
        once.getparent().remove(once)  # type: ignore[union-attr]
    written = etree.tostring(copy, encoding="unicode", with_tail=False)
    for prefix, uri in known.items():
        written = written.replace(f' xmlns:{prefix}="{uri}"', "")
    return written


def _half(elements: Iterable[etree._Element]) -> str:
    """The name of what has one end among these elements and the other outside: a bookmark, a field; else nothing."""
    open_: set[tuple[str, str | None]] = set()
    fields = 0
    for element in elements:
        for end in element.iter(*ENDS, *ENDS.values(), _FIELD):
            if end.tag == _FIELD:
                kind = end.get(w("fldCharType"))
                fields += (kind == "begin") - (kind == "end")
                if fields < 0 or (kind == "separate" and not fields):
                    return "fldChar"
            elif end.tag in ENDS:
                start = (ENDS[end.tag], end.get(w("id")))
                if start not in open_:
                    return etree.QName(end).localname
                open_.discard(start)
            else:
                open_.add((end.tag, end.get(w("id"))))
    return etree.QName(min(open_)[0]).localname if open_ else "fldChar" if fields else ""


def _is_bare(paragraph: etree._Element) -> bool:
    """Whether a paragraph holds nothing but its own formatting."""
    kept = {_PPR, w("rPr"), _R, _T}
    inside = [e for e in paragraph.iterdescendants() if not any(a.tag == _PPR for a in e.iterancestors())]
    return all(e.tag in kept and not (e.tag == _T and e.text) for e in inside)


def _stands_before_more(first: etree._Element) -> bool:
    """Whether other paragraphs, or tags among them, follow the first one of a cell."""
    return any(c.tag == _P or index_of(c) is not None for c in first.itersiblings())
