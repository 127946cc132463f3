"""Compiles a template: proves that its tags balance and its expressions hold, and writes one Python function per part.

Tags become marks in the XML tree (`planforge.tags`). A block must open and close among the same siblings: then whatever
its body does, the XML stays balanced, and rendering is appending strings. The tree is serialised once; the text between
two marks is a constant of the function. What Word demands of what may be empty (a cell without a paragraph, a table
without rows) is met by code that is emitted only where something may become empty.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, field

from lxml import etree

from planforge import embedded, syntax, text
from planforge.dialect import Scope, Walker
from planforge.errors import DocumentPlace, Problem, TemplateError, Words
from planforge.opc import Package
from planforge.program import Program, literal
from planforge.rendering import MAX_PIECES
from planforge.syntax import DialectFaults, Fault, Statement
from planforge.tags import MARK, Finder, Located, bound_names, index_of, mark
from planforge.view import CriterionNode, TreeNode
from planforge.vocabulary import Record
from planforge.wml import NAMESPACE, int_of, w

__all__ = ["MAX_DEPTH", "compile_template"]

MAX_DEPTH = 8
"""Loops inside loops."""
MAX_BLOCKS = 40
"""Blocks and merged cells inside one another: Python indents a hundred times at most."""
MAX_BRANCHES = 100
"""`elif` in one `if`: Python's own compiler goes down one level for each."""

_TBL, _TR, _TC, _P, _SDT, _CONTENT = (w(n) for n in ("tbl", "tr", "tc", "p", "sdt", "sdtContent"))
_BLOCKS = (_P, _TBL, _SDT)
_TAGGED_PARTS = ("header", "footer")
_UNTAGGED_PARTS = ("footnotes", "endnotes", "comments", "chart", "diagramData")
_UNIQUE = tuple(
    w(n)
    for n in (
        "bookmarkStart",
        "commentRangeStart",
        "commentReference",
        "drawing",
        "endnoteReference",
        "footnoteReference",
        "object",
        "permStart",
        "pict",
    )
)
"""What may stand in a document once: a loop would repeat its id."""
_REVISIONS = tuple(
    w(n)
    for n in (
        "ins",
        "del",
        "moveFrom",
        "moveTo",
        "cellIns",
        "cellDel",
        "cellMerge",
        "pPrChange",
        "rPrChange",
        "sectPrChange",
        "tblPrChange",
        "tblPrExChange",
        "tcPrChange",
        "trPrChange",
    )
)
"""Tracked changes, each with an id of its own (17.13.5)."""
_FALLBACK = "{http://schemas.openxmlformats.org/markup-compatibility/2006}Fallback"
_FIELD = w("fldChar")
_ENDS = {
    w(f"{name}End"): w(f"{name}Start") for name in ("bookmark", "commentRange", "perm", "moveFromRange", "moveToRange")
}


def compile_template(package: Package, /, *, scope: Scope) -> Program:
    """The program of a template. Raises TemplateError with every problem of every part (PF2xx)."""
    problems: list[Problem] = []
    sources: dict[str, str] = {}
    places: dict[str, tuple[DocumentPlace, ...]] = {}
    uses: set[str] = set()
    levels: set[str] = set()
    printed: set[tuple[str, str]] = set()
    labels: set[tuple[str, str, str]] = set()
    tagged = {package.main, *(p for kind in _TAGGED_PARTS for p in package.related(kind))}
    untagged = {p for kind in _UNTAGGED_PARTS for p in package.related(kind)}
    for name, data in package.parts.items():
        if name in tagged:
            part = _Part(_with_prefix(package.parse(name)), name, package.file, scope)
            problems += part.problems
            if part.found and not part.problems:
                sources[name] = part.source()
                places[name] = tuple(located.place for located in part.found)
                uses |= part.walker.uses
                levels |= part.levels
                printed |= part.walker.printed
                labels |= part.walker.labels
        elif name in untagged and (b"{{" in data or b"{%" in data):
            problems.append(Problem("PF219", DocumentPlace(file=package.file, part=name), {"what": name}))
    if problems:
        raise TemplateError(problems)
    found = (frozenset(uses), frozenset(levels), frozenset(printed), frozenset(labels))
    return Program(sources, places, *found, embedded.room(embedded.remove(package)))


def _with_prefix(root: etree._Element) -> etree._Element:
    """The tree with `w` as the prefix of WordprocessingML, which the programs write; another one is as legal."""
    if all(element.prefix == "w" for element in root.iter(f"{{{NAMESPACE}}}*")):
        return root
    others = {prefix: uri for prefix, uri in root.nsmap.items() if uri != NAMESPACE and prefix != "w"}
    names = {"w": NAMESPACE, **others}
    fresh = etree.Element(root.tag, attrib=dict(root.attrib), nsmap=names)  # type: ignore[arg-type, misc]
    fresh.text = root.text
    fresh.extend(list(root))
    return fresh


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
    branches: int = 0
    body: list[etree._Element] = field(default_factory=list)
    """The elements of the branch that is open."""


class _Part:
    """Compiles one XML part."""

    def __init__(self, root: etree._Element, name: str, file: str | None, scope: Scope) -> None:
        self.root = root
        self.name = name
        finder = Finder(name, file)
        finder.scan(root)
        self.found: list[Located] = finder.found
        self.problems: list[Problem] = finder.problems
        self.lost = finder.lost
        self.lost_names = finder.lost_names
        self.walker = Walker()
        self.operations: dict[int, list[str]] = {}
        self.depth = 0
        self.levels: set[str] = set()
        self.merges: list[str] = []
        self.row_flags: list[str] = []
        self.open: list[_Block] = []
        self.unclosed: list[tuple[_Block, Problem]] = []
        self.inner_names: dict[str, int] = {}
        """Names that a block binds, and the tag that opens it: known only inside it."""
        self.blamed: set[etree._Element] = set()
        if self.found and finder.is_ready:
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

    def level(self, index: int | None) -> str:
        """What a tag takes the place of; nothing for what is no tag."""
        return self.found[index].level if index is not None and index < len(self.found) else ""

    # -- the tree

    def siblings(self, parent: etree._Element, scope: Scope) -> Scope:
        """Compiles the children of an element, among which blocks open and close; gives the scope of what follows."""
        here: list[_Block] = []
        if parent.tag in (w("hdr"), w("ftr")):
            self.guard_paragraph(parent, 0)
        for child in list(parent):
            index = index_of(child)
            if index is not None:
                if index < len(self.found):
                    scope = self.tag(index, scope, here)
                continue
            for block in here:
                block.body.append(child)
            if child.tag == _TBL:
                self.table(child, scope)
            elif child.tag == _TR:
                self.row(child, scope)
            elif len(child):
                if child.tag == _SDT:
                    self.control(child)
                scope = self.siblings(child, scope)
        for block in reversed(here):
            scope = block.scope
            self.leave_open(block)
        return scope

    def leave_open(self, block: _Block) -> None:
        """A block that is never closed (PF215), unless its end is a tag that was blamed already."""
        end = f"end{block.statement.keyword}"
        self.close(block)
        if self.lost[end]:
            self.lost[end] -= 1
            return
        self.problem("PF215", block.index, end=end)
        self.unclosed.append((block, self.problems[-1]))

    def check_branch(self, block: _Block) -> None:
        """What a block may hold: nothing that must not repeat (PF222, PF234), no half of a bookmark (PF231)."""
        repeats = block.statement.keyword == "for" and not block.closed_by_else
        unique = [e for child in block.body for e in child.iter(*_UNIQUE, *_REVISIONS)] if repeats else []
        unique = [e for e in unique if next(e.iterancestors(_FALLBACK), None) is None]
        for tag in dict.fromkeys("" if e.tag in _REVISIONS else e.tag for e in unique if e not in self.blamed):
            if tag:
                self.problem("PF222", block.index, what=etree.QName(tag).localname)
            else:
                self.problem("PF234", block.index)
        self.blamed.update(unique)
        if not unique:
            self.check_whole(block.body, block.index)
        block.body = []

    def check_whole(self, elements: Iterable[etree._Element], index: int) -> None:
        """What may be left out or repeated holds both ends of whatever it holds one end of (PF231)."""
        name = _half(elements)
        if name:
            self.problem("PF231", index, what=name)

    def after(self, element: etree._Element, *lines: str) -> None:
        """Puts an operation after an element, in front of the text that follows it."""
        tail, element.tail = element.tail, None
        operation = self.operation(*lines)
        operation.tail = tail
        element.addnext(operation)

    def table(self, table: etree._Element, scope: Scope) -> None:
        number = len(self.operations)
        marks = [index for p in table.iter(etree.ProcessingInstruction) if (index := index_of(p)) is not None]
        merging = any(self.keyword(i) == "vm" for i in marks) or (
            any(self.level(i) == "row" for i in marks) and next(table.iter(w("vMerge")), None) is not None
        )
        vanishing = self.may_lose_all_rows(table)
        self.merges.append(f"m_{number}" if merging else "")
        self.row_flags.append(f"r_{number}" if vanishing else "")
        if vanishing:
            table.addprevious(self.operation(f"a_{number} = len(out)", f"r_{number} = False"))
            self.after(table, f"if not r_{number}:", _INDENT, f"del out[a_{number}:]", _DEDENT)
        if merging:
            table.addprevious(self.operation(f"m_{number} = {{}}"))
        self.siblings(table, scope)
        self.merges.pop()
        self.row_flags.pop()

    def static(self, parent: etree._Element) -> list[etree._Element]:
        """The children of an element that stand in no block."""
        depth = 0
        found = []
        for child in parent:
            index = index_of(child)
            if index is not None:
                depth += self.keyword(index) in ("for", "if")
                depth -= self.keyword(index) in ("endfor", "endif")
            elif not depth:
                found.append(child)
        return found

    def may_lose_all_rows(self, table: etree._Element) -> bool:
        """Whether every row of a table (or of a content control around rows) stands inside a block."""
        for child in self.static(table):
            if child.tag == _TR or (child.tag == _SDT and not self.may_lose_all_rows(_content(child))):
                return False
        return any(self.level(i) == "row" for i in map(index_of, table.iterdescendants()) if i is not None)

    def control(self, control: etree._Element) -> None:
        """A content control whose content may vanish: filled with what Word wants, or gone if it held rows."""
        content = _content(control)
        if content is control:
            return
        if self.depth:
            for own in control.iterfind(f"{w('sdtPr')}/{w('id')}"):
                own.getparent().remove(own)  # type: ignore[union-attr]  # must be unique; Word gives a new one
        number = len(self.operations)
        around = next((a.tag for a in control.iterancestors(_TBL, _TR, _TC, _P)), "")
        if around == _TBL and self.may_lose_all_rows(content):
            control.addprevious(self.operation(f"a_{number} = len(out)"))
            content.insert(0, self.operation(f"c_{number} = len(out)"))
            content.append(self.operation(f"c_{number} = len(out) == c_{number}"))
            self.after(control, f"if c_{number}:", _INDENT, f"del out[a_{number}:]", _DEDENT)
        elif around == _P and len(content) and not self.static(content):
            content.insert(0, self.operation(f"c_{number} = len(out)"))
            content.append(self.operation(f"if len(out) == c_{number}:", _INDENT, "w('<w:r/>')", _DEDENT))
        elif around not in (_TBL, _TR, _P):
            self.guard_paragraph(content, 0)

    def row(self, row: etree._Element, scope: Scope) -> None:
        merge = self.merges[-1] if self.merges else ""
        if self.row_flags and self.row_flags[-1]:
            row.addprevious(self.operation(f"{self.row_flags[-1]} = True"))
        if merge:
            row.addprevious(self.operation(f"{merge}n = {{}}"))
            self.after(row, f"{merge} = {merge}n")
        column = int_of(row, "trPr", "gridBefore", 0)
        for cell in [c for c in row.iter(_TC) if next(c.iterancestors(_TR)) is row]:
            span = int_of(cell, "tcPr", "gridSpan", 1)
            self.cell(cell, scope, f"{(column, span)!r}")
            column += span

    def cell(self, cell: etree._Element, scope: Scope, slot: str) -> None:
        """Compiles a cell; `slot` is its place in its row, which cells merged with it share."""
        own = cell.find(w("tcPr"))
        start = 0 if own is None else cell.index(own) + 1
        self.guard_paragraph(cell, start)
        merge = self.merge_tag(cell)
        if merge is not None:
            self.merged_cell(cell, merge, scope, slot)
            return
        static = own.find(w("vMerge")) if own is not None else None
        if own is not None and static is not None and self.merges and self.merges[-1]:
            self.static_merge(own, static, slot)
        self.siblings(cell, scope)

    def static_merge(self, own: etree._Element, merge: etree._Element, slot: str) -> None:
        """A merge that the template itself holds: it begins anew where the row above it has vanished."""
        name = self.merges[-1]
        lines = [f"{name}n[{slot}] = ..."]
        if merge.get(w("val")) != "restart":
            lines.append(f"""w('<w:vMerge/>' if {slot} in {name} else '<w:vMerge w:val="restart"/>')""")
            own.replace(merge, self.operation(*lines))
        else:
            merge.addprevious(self.operation(*lines))

    def merged_cell(self, cell: etree._Element, merge: int, scope: Scope, slot: str) -> None:
        """A cell with `{% vm key %}`: empty, and merged with the cell above, while the key stays the same."""
        self.operations[merge] = []
        found = self.statement(merge)
        if found is None or found.expr is None:
            self.siblings(cell, scope)
            return
        self.walker.tag = merge
        key = self.walker.expr(found.expr, scope)
        self.report(merge)
        self.check_whole(cell, merge)
        own = cell.find(w("tcPr"))
        if own is None:
            own = etree.Element(w("tcPr"))
            cell.insert(0, own)
        for old in own.findall(w("vMerge")):
            own.remove(old)
        name, flag = self.merges[-1], f"g_{merge}"
        own.insert(
            sum(1 for child in own if child.tag in _BEFORE_MERGE),  # 17.4.70: their order is fixed
            self.operation(
                f"v = {key.code}",
                f"{flag} = v is None or {name}.get({slot}) != v",
                f"{name}n[{slot}] = v",
                f"""w('<w:vMerge w:val="restart"/>' if {flag} else '<w:vMerge/>')""",
            ),
        )
        first = cell.find(_P)
        empty = _empty_paragraph(first)
        if (
            first is not None
            and _is_bare(first)
            and any(c.tag == _P or index_of(c) is not None for c in first.itersiblings())
        ):
            cell.remove(first)  # the tag stood alone in it, before a list
        cell.insert(cell.index(own) + 1, self.operation(f"if {flag}:", _INDENT))
        cell.append(self.operation(_DEDENT, "else:", _INDENT, f"w({empty!r})", _DEDENT))
        block = _Block(found, merge, scope)
        self.push(block, [])
        self.siblings(cell, scope)
        self.close(block)

    def merge_tag(self, cell: etree._Element) -> int | None:
        """The `{% vm %}` tag that begins a cell, taken out of its text."""
        first = next((c for c in cell if c.tag in _BLOCKS or self.level(index_of(c))), None)
        if first is None or first.tag != _P or not self.merges or not self.merges[-1]:
            return None
        for element in first.iter():
            index = index_of(element)
            if index is not None:
                if self.keyword(index) == "vm" and self.level(index) == "run":
                    element.getparent().remove(element)  # type: ignore[union-attr]
                    return index
                return None
            if element.tag == w("t") and (element.text or "").strip():
                return None
        return None

    def guard_paragraph(self, parent: etree._Element, start: int) -> None:
        """A cell, header, footer or content control whose last paragraph may vanish ends with an empty one."""
        last = next((c for c in reversed(parent) if c.tag in _BLOCKS or index_of(c) is not None), None)
        if last is None or last.tag in (_P, _SDT) or (last.tag == _TBL and not self.may_lose_all_rows(last)):
            return
        number = len(self.operations)
        empty = _empty_paragraph(parent.find(_P))
        parent.insert(start, self.operation(f"c_{number} = len(out)"))
        parent.append(
            self.operation(f"if not ends_with_paragraph(out, c_{number}):", _INDENT, f"w({empty!r})", _DEDENT)
        )

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
        lost = {text.name_key(n) for n in self.lost_names | {block.statement.target for block, _ in self.unclosed}}
        for fault in self.walker.faults:
            name = text.name_key(str(fault.args["name"])) if fault.code == "PF204" else ""
            if name in self.inner_names and name not in lost:
                tag = self.found[self.inner_names[name]].tag.source
                fault = Fault("PF232", {"name": fault.args["name"], "tag": tag})
            if name not in lost or not name:
                self.faults(index, [fault])
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
                code = self.walker.output(syntax.expression(tag.body), scope)
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
        """A tag that cannot be read still opens or closes what it was meant to, so that nothing else is blamed."""
        tag = self.found[index].tag
        keyword = syntax.meant_keyword(tag.body)
        self.lost_names |= bound_names(tag.source)
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
        code, kind = self.walker.items(found.expr, scope)
        lines = [f"s_{index} = {code}"]
        in_rows = self.found[index].tag.prefix == "tr"
        if isinstance(kind, Record) and issubclass(kind.cls, (TreeNode, CriterionNode) if in_rows else TreeNode):
            level = kind.cls.__name__.removesuffix("Node").lower()
            self.levels.add(level)
            lines.append(f"R.visit({level!r}, s_{index})")
        inner = scope.bind(found.target, kind, code=f"b_{index}")
        if found.test is not None:
            test, present, _ = self.walker.condition(found.test, inner)
            inner = inner.with_present(present)
            lines.append(f"s_{index} = [b_{index} for b_{index} in s_{index} if {test}]")
        lines += [
            f"n_{index} = len(s_{index})",
            f"R.count(n_{index}, {index})",
            f"for i_{index}, b_{index} in enumerate(s_{index}, 1):",
            _INDENT,
            f"if len(out) > {MAX_PIECES}: raise R.too_large()",
        ]
        self.operations[index] = lines
        self.inner_names[text.name_key(found.target)] = index
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
        self.check_branch(block)
        block.branches += 1
        if block.branches == MAX_BRANCHES + 1:
            self.problem("PF230", index, what=_BRANCH_WORDS, limit=MAX_BRANCHES)
        inner = block.scope.with_present(block.absent)
        code, present, absent = self.walker.condition(found.expr, inner)
        self.operations[index] = [_DEDENT, f"elif {code}:", _INDENT]
        block.absent += absent
        return inner.with_present(present)

    def _else(self, found: Statement, index: int, scope: Scope, here: list[_Block]) -> Scope:
        block = self.top(index, here, "if", "for")
        if block is None:
            return scope
        self.check_branch(block)
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
        if self.lost[keyword]:
            self.lost[keyword] -= self.found[index].tag.body.split()[:1] == [f"end{keyword}"]
            return
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
        self.operations[index] = [_DEDENT]
        return block.scope

    def _endfor(self, found: Statement, index: int, scope: Scope, here: list[_Block]) -> Scope:
        return self._end("for", index, scope, here)

    def _endif(self, found: Statement, index: int, scope: Scope, here: list[_Block]) -> Scope:
        return self._end("if", index, scope, here)

    def _set(self, found: Statement, index: int, scope: Scope, here: list[_Block]) -> Scope:
        assert found.expr is not None
        typed = self.walker.expr(found.expr, scope)
        self.operations[index] = [f"b_{index} = {typed.code}"]
        if self.open:
            self.inner_names[text.name_key(found.target)] = self.open[-1].index
        return scope.bind(found.target, typed.type, code=f"b_{index}", optional=typed.optional)

    def _vm(self, found: Statement, index: int, scope: Scope, here: list[_Block]) -> Scope:
        self.problem("PF227", index)
        return scope

    # -- the function

    def source(self) -> str:
        """The source of the part: its constants, and the function that renders it."""
        lines = [f"{name} = {literal(value)}" for name, value in self.walker.constants.items()]
        lines += ["def render(R, n_plan, n_report, n_today):", "    out = []", "    w = out.append", "    E = R.text"]
        indent = 1
        writes: list[str] = []

        def flush() -> None:
            """Texts in a row are appended together: half the time of one by one."""
            if len(writes) > 1:
                lines.append(f"{'    ' * indent}out += ({', '.join(text[2:-1] for text in writes)})")
            elif writes:
                lines.append(f"{'    ' * indent}{writes[0]}")
            writes.clear()

        pieces = re.split(rf"<\?{MARK} (\d+)\?>", etree.tostring(self.root, encoding="unicode", with_tail=False))
        for at, piece in enumerate(pieces):
            for line in self.operations.get(int(piece), ()) if at % 2 else [f"w({piece!r})"] if piece else []:
                if line.startswith("w("):
                    writes.append(line)
                    continue
                flush()
                if line == _INDENT:
                    indent += 1
                    lines.append("    " * indent + "pass")
                elif line == _DEDENT:
                    indent -= 1
                else:
                    lines.append("    " * indent + line)
        flush()
        lines.append("    return R.joined(out)")
        return "\n".join(lines)


_BEFORE_MERGE = tuple(w(n) for n in ("cnfStyle", "tcW", "gridSpan", "hMerge"))
_NESTED_WORDS = Words("бие биенийхээ дотор байгаа блок", "blocks inside one another")
_BRANCH_WORDS = Words("«elif» салбар", "“elif” branches")


def _content(control: etree._Element) -> etree._Element:
    """Where the content of a content control stands; the element itself if it is none."""
    found = control.find(_CONTENT)
    return control if found is None else found


def _half(elements: Iterable[etree._Element]) -> str:
    """The name of what has one end among these elements and the other outside: a bookmark, a field; else nothing."""
    open_: set[tuple[str, str | None]] = set()
    fields = 0
    for element in elements:
        for end in element.iter(*_ENDS, *_ENDS.values(), _FIELD):
            if end.tag == _FIELD:
                kind = end.get(w("fldCharType"))
                fields += (kind == "begin") - (kind == "end")
                if fields < 0 or (kind == "separate" and not fields):
                    return "fldChar"
            elif end.tag in _ENDS:
                start = (_ENDS[end.tag], end.get(w("id")))
                if start not in open_:
                    return etree.QName(end).localname
                open_.discard(start)
            else:
                open_.add((end.tag, end.get(w("id"))))
    return etree.QName(min(open_)[0]).localname if open_ else "fldChar" if fields else ""


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
