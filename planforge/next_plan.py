"""What people get of a rollover: the new plan as YAML with the decisions as comments, and the decision document.

The file of the old plan is changed in place where it can be (`yaml_edit`), so that comments, order and quotation marks
of last year stay; what comes out is read again, and only a text that says exactly the new plan is used. Otherwise the
plan is written anew. The decision document is in Mongolian, as all documents are.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import Any, Literal

from pydantic import BaseModel

from planforge import archive, templates
from planforge.data import Loaded, parse
from planforge.errors import DataError
from planforge.model import Node, Plan, Result
from planforge.render import Template
from planforge.rollover import Change, Decision, Done, Fate, Question, Rollover
from planforge.rollover_text import Why
from planforge.tree import ValuePath
from planforge.vocabulary import counted, describe
from planforge.yaml_edit import Editor
from planforge.yaml_writer import dump

__all__ = ["MARK", "decision_document", "plan_text", "question"]

MARK = "ШИЙДЭХ:"
"""What a comment that asks for a decision begins with."""

_FATES = {Fate.CARRY: "үргэлжлүүлэх", Fate.REPEAT: "давтан хэрэгжүүлэх", Fate.RETIRE: "хасах"}
_WHYS = {
    Why.MOVED: "төлөвлөгөөний онтой хамт шилжинэ",
    Why.LEAP_DAY: "шинэ онд 2 дугаар сарын 29 байхгүй",
    Why.NO_YEAR: "он заагаагүй огноо",
    Why.OUTSIDE: "төлөвлөгөөний оноос өөр он",
    Why.REFERENCE: "хууль, шийдвэрийн он",
    Why.BARE_NUMBER: "он эсэх нь тодорхойгүй тоо",
}
_SETTLED = {Fate.CARRY: "үлдээсэн", Fate.REPEAT: "үлдээсэн", Fate.RETIRE: "хассан"}
_DONE = {
    Done.MOVED: "шилжүүлсэн",
    Done.CLEARED: "өмнөх оны үр дүнг хассан",
    Done.EMPTIED: "хоосолсон, шинээр бичнэ",
    Done.IDENTIFIED: "таних тэмдэг өгсөн",
    Done.ACCEPTED: "саналыг авсан",
    Done.BASELINE: "хүрсэн түвшнийг суурь болгосон",
    Done.REMOVED: "хассан",
}
_QUESTIONS = {
    Question.PERIOD: "Хугацаа зөв үү?",
    Question.TARGET: "Шинэ оны зорилтот түвшин хэд вэ?",
    Question.BASELINE: "Хүрсэн түвшин шинэ суурь болох уу?",
}


def question(decision: Decision, rollover: Rollover, /) -> str:
    """A decision as one sentence or two for the person who takes it, in Mongolian."""
    old, new = f"«{decision.old}»", f"«{decision.proposal}»"
    match decision.question:
        case Question.MEASURE:
            grade = decision.old or "тодорхойгүй"
            fate = _FATES[Fate(decision.proposal)]
            return f"{rollover.plan.year - rollover.by} оны биелэлт: {grade}. Санал: {fate}."
        case Question.TARGET:
            known = f" Санал: {new}." if decision.proposal else ""
            return f"{rollover.plan.year} оны зорилтот түвшин хэд вэ? Одоо {old}.{known}"
        case Question.BASELINE:
            return f"Суурь түвшин {old} байсныг хүрсэн түвшин {new} болгох уу?"
    why = f" ({_WHYS[decision.why]})" if decision.why else ""
    if decision.old == decision.proposal:
        return f"{old} хэвээр үлдэх үү?{why}"
    return f"{old} → {new} болгох уу?{why}"


def _comments(rollover: Rollover) -> dict[ValuePath, list[str]]:
    """What stands above the lines of the new plan's file, by path."""
    year, count = rollover.plan.year, len(rollover.decisions)
    head = [
        f"{year - rollover.by} оны төлөвлөгөөнөөс бэлтгэсэн {year} оны төсөл: он, хугацааг шилжүүлж, үр дүнг хассан."
    ]
    if count:
        head.append(f"Хүн шийдвэрлэх {count} асуудлыг «{MARK}» гэж тэмдэглэв. Шийдсэн мөрөө устгана уу.")
    out: dict[ValuePath, list[str]] = {(): head}
    for decision in rollover.decisions:
        out.setdefault(decision.path, []).append(f"{MARK} {question(decision, rollover)}")
    return out


def plan_text(rollover: Rollover, loaded: Loaded[Any] | None = None, /, *, keys: Literal["en", "mn"] = "en") -> str:
    """The file of the new plan: that of the old one changed in place if `loaded` has it, else written anew.

    `load` makes `rollover.plan` of it. Decisions stand as comments above their lines. `keys` is the language of the
    fields where the file is written anew.
    """
    comments = _comments(rollover)
    if loaded is not None:
        try:
            text = _in_place(rollover, loaded, comments)
        except DataError:  # JSON, a plan inside its report, a value that cannot be reached
            text = ""
        if text and parse(text.encode()).value == rollover.plan:
            return text
    return dump(rollover.plan, keys=keys, comments=comments)


def _in_place(rollover: Rollover, loaded: Loaded[Any], comments: Mapping[ValuePath, list[str]]) -> str:
    spot = loaded.spot
    if spot is not None and not isinstance(loaded.value, Plan):
        inner = spot.find(("plan",))
        spot = inner if inner.tree is not spot.tree else None
    if spot is None:
        return ""
    editor = Editor(spot)
    node = describe(Node).data
    mongolian = any(not name.isascii() for name, _, _ in spot.node.pairs)
    for change in rollover.changes:
        path = rollover.old_path(change.path)
        if change.done is Done.REMOVED:
            editor.remove(change.path)
        elif change.done is Done.IDENTIFIED and spot.find(path).path != (*spot.path, *path):
            key, plain = (node[n].template_name if mongolian else n for n in ("id", "text"))
            editor.insert(path[:-1], key, plain, change.new)
        elif change.new:
            editor.replace(path, change.new)
        else:
            editor.empty(path)
    for path, lines in comments.items():
        editor.comment(rollover.old_path(path), lines)
    return editor.result()


# --- the decision document -----------------------------------------------------------------------------------------


@cache
def _template() -> Template:
    parts = templates.body("decisions")
    return Template.open(archive.write(archive.store(name, part) for name, part in parts.items()), schema=None)


def decision_document(rollover: Rollover, /) -> bytes:
    """The decision document (шийдвэрийн хуудас): per measure last year's result, the proposal, boxes to tick.

    Then the years and dates in texts, the levels, and what was changed, ids only counted.
    """
    plan = rollover.plan
    inside = [d for d in rollover.decisions if d.question is Question.TEXT]
    levels = [d for d in rollover.decisions if d.question in _QUESTIONS]
    context: dict[str, object] = {
        "year": plan.year,
        "old_year": plan.year - rollover.by,
        "title": plan.title,
        "owner": plan.owner.name,
        "count": len(rollover.decisions),
        "measures": [
            {
                "number": m.number,
                "text": m.text,
                "grade": (m.result.grade if m.result else None) or "",
                "result": _told(m.result),
                "proposal": (_SETTLED if m.settled else _FATES)[m.fate],
                "open": not m.settled,
            }
            for m in rollover.measures
        ],
        "texts": [
            {
                "where": _where(d.path),
                "quote": _quote(plan, d),
                "old": d.old,
                "proposal": "хэвээр" if d.old == d.proposal else d.proposal,
                "why": _WHYS[d.why] if d.why else "",
            }
            for d in inside
        ],
        "levels": [
            {
                "where": _where(d.path),
                "question": _QUESTIONS[d.question],
                "old": d.old,
                "proposal": d.proposal or "…………",
            }
            for d in levels
        ],
        "changes": _changed(rollover.changes),
    }
    return _template().render(context)


def _told(result: Result | None) -> str:
    """What was reported on a measure, cut to what a person needs to remember it."""
    told = " ".join((result.done or result.reached or "").split()) if result is not None else ""
    return told if len(told) <= _TOLD else told[: _TOLD - 1].rstrip() + "…"


_TOLD = 240


def _where(path: ValuePath) -> str:
    return counted(describe(Plan), path).mn


def _quote(plan: Plan, decision: Decision) -> str:
    """The words around a finding."""
    value: Any = plan
    for step in decision.path:
        value = getattr(value, str(step)) if isinstance(value, BaseModel) else value[step]
    text = str(decision.path[-1]) if decision.in_label else str(value)
    start, end = max(0, (decision.start or 0) - _AROUND), (decision.end or 0) + _AROUND
    shown = f"{'…' if start else ''}{text[start:end]}{'…' if end < len(text) else ''}"
    return " ".join(shown.split())


_AROUND = 50


def _changed(changes: tuple[Change, ...]) -> list[dict[str, str]]:
    rows = [
        {"where": _where(c.path), "done": _DONE[c.done], "old": c.old, "new": c.new}
        for c in changes
        if c.done is not Done.IDENTIFIED
    ]
    given = [c.new for c in changes if c.done is Done.IDENTIFIED]
    if given:
        shown = f"{given[0]} … {given[-1]}" if len(given) > 1 else given[0]
        rows.append({"where": f"{len(given)} мөр", "done": _DONE[Done.IDENTIFIED], "old": "", "new": shown})
    return rows
