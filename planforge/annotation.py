"""A copy of a Word template with a real comment on each fault: what is wrong, what to do, and the code.

A comment stands on the text that its problem quotes, else on the paragraph, cell or row. Comments may stand in the main
story only, and not in its text boxes, where Word's own editor puts none: what is found in a text box has its comment on
the paragraph that the box hangs from, what is found in headers, footers, notes, comments, properties or nowhere is
listed, each with its place, in one comment at the beginning. Runs are cut where a comment begins or ends; texts and
their formatting stay, and so does every other part. `planforge.remarks` takes the comments out again.

Norm: ECMA-376 part 1, 17.13.4.
"""

from __future__ import annotations

import os
import posixpath
import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from copy import deepcopy
from dataclasses import replace
from functools import cache
from itertools import count
from typing import Final, TypeAlias

from lxml import etree

from planforge import inspection, messages, opc, remarks, text
from planforge.errors import DocumentPlace, Lang, Problem, TemplateError, has_errors
from planforge.model import Plan, Report
from planforge.opc import DOC_REL, Package
from planforge.remarks import AUTHOR
from planforge.render import DOMAIN, Schema
from planforge.rules import check
from planforge.source import Source
from planforge.tags import MAX_FORMATTING, Line, paragraphs_of
from planforge.wml import NAMESPACE, XML_SPACE, names, owned, table_numbers, w

__all__ = ["annotate", "remark"]

_P, _R, _T, _PPR, _RPR, _TR, _TC, _BOX = names("p r t pPr rPr tr tc txbxContent")
_START, _END, _REFERENCE, _COMMENT = names("commentRangeStart commentRangeEnd commentReference comment")
_TYPE: Final = "application/vnd.openxmlformats-officedocument.wordprocessingml.comments+xml"
_LOOK: Final = (
    f'<w:pPr xmlns:w="{NAMESPACE}"><w:spacing w:before="0" w:after="60" w:line="240" w:lineRule="auto"/>'
    '<w:ind w:left="0" w:right="0" w:firstLine="0"/><w:jc w:val="left"/></w:pPr>'
)
"""How the paragraphs of comments look, whatever the template's own look like."""

_Text: TypeAlias = "list[tuple[str, bool]]"
"""The paragraphs of a comment, and whether each is bold."""
_Span: TypeAlias = "tuple[int, int] | None"
"""From which letter of a paragraph to which; None: the whole paragraph."""


def annotate(
    source: Source, /, *, lang: Lang = "mn", data: Plan | Report | None = None, schema: Schema = DOMAIN
) -> bytes:
    """The copy of a template with a comment on each problem that `check` finds in it; the same bytes each time.

    Raises TemplateError with the problems of a file that is no Word document, or not a sound one (PF25x–PF27x).
    """
    content = source if isinstance(source, str | os.PathLike | bytes) else source.read()
    return remark(content, check(content, data=data, schema=schema), lang=lang)


def remark(source: str | os.PathLike[str] | bytes, problems: Iterable[Problem], /, *, lang: Lang = "mn") -> bytes:
    """The copy of a template with comments on these problems of it, in place of planforge's earlier ones.

    Notes are no faults: they get none.
    """
    package = opc.unpack(source, error=TemplateError)
    faults = inspection.inspect(package)
    if has_errors(fault for fault in faults if not inspection.is_inert(fault)):
        raise TemplateError(faults)
    package = remarks.remove(package)
    story = _Story(package)
    comments = _Comments(package, story.root)
    elsewhere: list[Problem] = []
    whole: set[tuple[object, ...]] = set()
    for problem in (each for each in problems if each.severity != "note"):
        told = _told(problem, lang)
        spot = story.spot(problem)
        if spot is None:
            elsewhere.append(problem)
        elif (key := (*spot, *told)) not in whole:  # a text box is in the file twice
            story.remarks[spot[0]].append((spot[1], comments.add(told)))
            if spot[1] is None:
                whole.add(key)
    if elsewhere:
        heading = (messages.say(messages.PHRASES, "elsewhere", lang), True)
        listed = [line for problem in elsewhere for line in _listed(problem, lang)]
        story.remarks[story.first()].append((None, comments.add([heading, *listed])))
    if not story.remarks:
        return package.to_bytes()
    story.put()
    return comments.into(package.replace({story.part: opc.serialise(story.root)})).to_bytes()


# --- where ------------------------------------------------------------------------------------------------------------


class _Story:
    """The main story: its tree, where in it a problem is, and the comments that it gets."""

    def __init__(self, package: Package) -> None:
        self.part = package.main
        self.root = package.parse(self.part)
        etree.strip_tags(self.root, etree.Comment, etree.ProcessingInstruction)  # they would cut texts
        tables: dict[int, etree._Element] = {}
        for table, number in table_numbers(self.root).items():
            tables.setdefault(number, table)
        self.tables = list(tables.values())
        self.rows = cache(lambda table: owned(table, _TR))
        self.cells = cache(lambda row: owned(row, _TC))
        self.paragraphs = cache(lambda container: list(paragraphs_of(container)))
        self.line = cache(Line)
        self.seen: Counter[tuple[DocumentPlace, str, str]] = Counter()
        self.remarks: defaultdict[etree._Element, list[tuple[_Span, str]]] = defaultdict(list)
        """The letters and the id of each comment, by paragraph."""
        self.formatting = 0
        """Letters of the formatting of runs that were cut."""

    def spot(self, problem: Problem) -> tuple[etree._Element, _Span] | None:
        """The paragraph and the letters that get the comment on a problem; None if it has no place here."""
        place = problem.place
        if not isinstance(place, DocumentPlace) or place.part != self.part:
            return None
        paragraphs = self.at(place)
        for paragraph in paragraphs:
            if place.quote and _letters(place.quote) in self.line(paragraph).text:
                return self.outside_box(paragraph, self.letters(paragraph, problem, place))
        return self.outside_box(paragraphs[0], None) if paragraphs else None

    def at(self, place: DocumentPlace) -> list[etree._Element]:
        """The paragraphs at a place, be it a paragraph, a cell, a row or a table; none where there is no such place."""
        holder: etree._Element | None = None
        for number, inside in (
            (place.table, lambda _: self.tables),
            (place.row, self.rows),
            (place.cell, self.cells),
            (place.paragraph, self.paragraphs),
        ):
            if number is not None:
                found = inside(self.root if holder is None else holder)[number - 1 : number]
                if not found:
                    return []
                holder = found[0]
        return [] if holder is None else list(holder.iter(_P))

    def letters(self, paragraph: etree._Element, problem: Problem, place: DocumentPlace) -> tuple[int, int]:
        """Where a paragraph holds what is quoted: the second time for the second such problem, and so on."""
        key = (place, problem.code, problem.message())
        quoted = _letters(str(place.quote))
        whole = self.line(paragraph).text
        start = whole.find(quoted, self.seen[key])
        start = whole.find(quoted) if start < 0 else start
        self.seen[key] = start + len(quoted)
        return start, start + len(quoted)

    def outside_box(self, paragraph: etree._Element, span: _Span) -> tuple[etree._Element, _Span] | None:
        """The paragraph itself, or that which the text box hangs from that holds it."""
        boxes = list(paragraph.iterancestors(_BOX))
        if not boxes:
            return paragraph, span
        anchor = next(boxes[-1].iterancestors(_P), None)
        return None if anchor is None else (anchor, None)

    def first(self) -> etree._Element:
        """The first paragraph."""
        body = next(self.root.iter(w("body")), self.root)
        found = next(body.iter(_P), None)
        if found is None:
            found = body.makeelement(_P)
            body.insert(0, found)
        return found

    # -- comments

    def put(self) -> None:
        """Puts the ends and references of the comments where they belong."""
        for paragraph, found in self.remarks.items():
            spans = self.affordable(paragraph, [span for span, _ in found])
            begins, ends = _pieces(self.line(paragraph), {place for span in spans if span for place in span})
            # What is put first stands last: the others go between it and the run.
            for span, (_, id_) in [*zip(spans, found, strict=True)][::-1]:
                start, end = (etree.Element(tag, {w("id"): id_}) for tag in (_START, _END))
                reference = etree.Element(_R)
                etree.SubElement(reference, _REFERENCE, {w("id"): id_})
                if span is None:
                    paragraph.insert(1 if paragraph.find(_PPR) is not None else 0, start)
                    paragraph.extend((end, reference))
                else:
                    _run(begins[span[0]]).addprevious(start)
                    last = _run(ends[span[1]])
                    last.addnext(reference)
                    last.addnext(end)

    def affordable(self, paragraph: etree._Element, spans: Sequence[_Span]) -> Sequence[_Span]:
        """The spans, or the whole paragraph for each where cutting its runs would repeat too much formatting."""
        sizes = [len(etree.tostring(found)) for found in paragraph.iterfind(f".//{_R}/{_RPR}")]
        self.formatting += 2 * len(spans) * max(sizes, default=0)
        return spans if self.formatting <= MAX_FORMATTING else [None] * len(spans)


def _letters(quote: str) -> str:
    """What is quoted without breaks and tabs, which are no letters of a line."""
    return quote.replace("\n", "").replace("\t", "")


def _pieces(line: Line, cuts: set[int]) -> tuple[dict[int, etree._Element], dict[int, etree._Element]]:
    """The elements of a paragraph's letters by where they begin and end, after its runs were cut at these places."""
    begins: dict[int, etree._Element] = {}
    ends: dict[int, etree._Element] = {}
    waiting = sorted(cuts, reverse=True)
    start = 0
    for atom, letters in zip(line.atoms, line.letters, strict=True):
        at, end = start, start + len(letters)
        while waiting and waiting[-1] < end:
            cut = waiting.pop()
            if cut > start:
                head = etree.Element(_T, {XML_SPACE: "preserve"})
                head.text = letters[start - at : cut - at]
                atom.addprevious(head)
                atom.text = letters[cut - at :]
                atom.set(XML_SPACE, "preserve")
                begins[start] = ends[cut] = head
                start = cut
            _divide(atom)
        begins[start] = atom
        ends.setdefault(end, atom)
        start = end
    return begins, ends


def _divide(atom: etree._Element) -> None:
    """Makes a run of what stands in a run before an element of it."""
    run = _run(atom)
    before = [child for child in atom.itersiblings(preceding=True) if child.tag != _RPR][::-1]
    if before:
        part = run.makeelement(_R)
        part.attrib.update(run.attrib)
        part.extend(deepcopy(child) for child in run.iterchildren(_RPR))
        part.extend(before)
        run.addprevious(part)


def _run(atom: etree._Element) -> etree._Element:
    run = atom.getparent()
    assert run is not None
    return run


# --- what -------------------------------------------------------------------------------------------------------------


class _Comments:
    """The comments of a document, with those that people made."""

    def __init__(self, package: Package, story: etree._Element) -> None:
        known = [name for name in package.related("comments") if name in package.parts]
        fresh = (posixpath.join(posixpath.dirname(package.main), f"comments{n or ''}.xml") for n in count())
        self.is_new = not known
        self.name = known[0] if known else next(name for name in fresh if package.name_of(name) not in package.parts)
        self.root = package.parse(self.name) if known else etree.Element(w("comments"), nsmap={"w": NAMESPACE})
        numbers = (e.get(w("id"), "") for e in (*self.root.iter(_COMMENT), *story.iter(_START, _END, _REFERENCE)))
        self.next = max((int(n) for n in numbers if re.fullmatch("[0-9]{1,9}", n)), default=-1) + 1

    def add(self, lines: _Text) -> str:
        """A comment more; its id."""
        id_ = str(self.next)
        self.next += 1
        own = {w("id"): id_, w("author"): AUTHOR, w("initials"): "pf"}
        comment = etree.SubElement(self.root, _COMMENT, own)
        for line, is_bold in lines:
            paragraph = etree.SubElement(comment, _P)
            paragraph.append(etree.fromstring(_LOOK))
            run = etree.SubElement(paragraph, _R)
            properties = etree.SubElement(run, _RPR)
            if is_bold:
                etree.SubElement(properties, w("b"))
            etree.SubElement(properties, w("sz"), {w("val"): "20"})
            written = "".join(letter if text.is_clean(letter) else "\ufffd" for letter in line)
            etree.SubElement(run, _T, {XML_SPACE: "preserve"}).text = written
        return id_

    def into(self, package: Package) -> Package:
        """The package with these comments."""
        data = opc.serialise(self.root)
        if self.is_new:
            return package.add(self.name, data, _TYPE, f"{DOC_REL}comments")
        return package.replace({self.name: data})


def _told(problem: Problem, lang: Lang) -> _Text:
    """What is wrong, what to do, and the code."""
    label = messages.say(messages.PHRASES, "error" if problem.is_error else "warning", lang)
    lines = [(problem.message(lang), True), (problem.hint(lang), False), (f"{label} {problem.code}", False)]
    return [line for line in lines if line[0]]


def _listed(problem: Problem, lang: Lang) -> _Text:
    """The same with the place, which a comment elsewhere must name."""
    place = problem.place
    if isinstance(place, DocumentPlace):
        place = replace(place, file=None)
    where = place.describe(lang) if place else ""
    told = [(line, False) for line, _ in _told(problem, lang)]
    return [(where, True), *told] if where else told
