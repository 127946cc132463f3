"""What people get of a rollover: the new plan as YAML with the decisions as comments, and the decision document.

The file of the old plan is changed in place where it can be (`yaml_edit`), so that comments, order and quotation marks
of last year stay; of a report that holds its plan, the part that is the plan. What comes out is read again, and only a
text that says exactly the new plan is used. Otherwise the plan is written anew, which is told. The decision document is
in Mongolian, as all documents are.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any, Literal

from pydantic import BaseModel

from planforge import archive, decision_marks, templates
from planforge.binding import Spot
from planforge.data import Loaded, parse
from planforge.decision_marks import KEEP, MARK, PROPOSAL, REPLACE, TARGET
from planforge.errors import DataError, DataPlace, Problem, Words
from planforge.model import Node, Plan, Report, Result
from planforge.render import Template
from planforge.rollover import Change, Decision, Done, Fate, Question, Rollover
from planforge.rollover_text import Why
from planforge.tree import VERSION, ValuePath
from planforge.vocabulary import counted, describe
from planforge.yaml_edit import Editor, refusal
from planforge.yaml_writer import dump

__all__ = ["MARK", "PlanFile", "decision_document", "plan_file", "plan_text", "question", "to_decide"]

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


_TO_DECIDE = {
    "measures": (Words("{} арга хэмжээ", "{} measure"), Words("{} арга хэмжээ", "{} measures")),
    "dates": (Words("{} он, огноо", "{} year or date"), Words("{} он, огноо", "{} years or dates")),
    "levels": (Words("{} суурь, зорилтот түвшин", "{} level"), Words("{} суурь, зорилтот түвшин", "{} levels")),
}


def to_decide(rollover: Rollover, /) -> Words:
    """What a person has to decide, counted by its kind: `12 арга хэмжээ; 3 он, огноо`; empty if there is nothing."""
    counts = rollover.to_decide.items()
    told = [(_TO_DECIDE[kind][count != 1], count) for kind, count in counts if count]
    return Words("; ".join(w.mn.format(n) for w, n in told), ", ".join(w.en.format(n) for w, n in told))


def question(decision: Decision, rollover: Rollover, /) -> str:
    """A decision as one sentence or two for the person who takes it, in Mongolian, on one line."""
    return " ".join(_question(decision, rollover).split())


def _question(decision: Decision, rollover: Rollover) -> str:
    old, new = f"«{decision.old}»", f"«{decision.proposal}»"
    before, now = rollover.years
    match decision.question:
        case Question.MEASURE:
            grade = decision.old or "тодорхойгүй"
            fate = _FATES[Fate(decision.proposal)]
            return f"{before} оны биелэлт: {grade}. {PROPOSAL} {fate}."
        case Question.TARGET:
            year = "" if str(rollover.plan.year) == now else f" ({rollover.plan.year} оных)"
            known = f" {PROPOSAL} {new}{year}." if decision.proposal else ""
            return f"{now} оны {TARGET} Одоо {old}.{known}"
        case Question.BASELINE:
            return f"Суурь түвшин {old} байсныг хүрсэн түвшин {new} {REPLACE}"
    why = f" ({_WHYS[decision.why]})" if decision.why else ""
    if decision.old == decision.proposal:
        return f"{old} {KEEP}{why}"
    return f"{old} → {new} {REPLACE}{why}"


def _comments(rollover: Rollover) -> dict[ValuePath, list[str]]:
    """What stands above the lines of the new plan's file, by path."""
    head = decision_marks.head(*rollover.years, to_decide(rollover).mn, len(rollover.decisions))
    out: dict[ValuePath, list[str]] = {(): head}
    for decision in rollover.decisions:
        out.setdefault(decision.path, []).append(f"{MARK} {question(decision, rollover)}")
    return out


@dataclass(frozen=True, slots=True)
class PlanFile:
    """The file of a new plan, and what is to be said about it: that it had to be written anew (PF468)."""

    text: str
    problems: tuple[Problem, ...] = ()


def plan_text(
    rollover: Rollover, loaded: Loaded[Any] | None = None, /, *, keys: Literal["en", "mn"] | None = None
) -> str:
    """The text of `plan_file`."""
    return plan_file(rollover, loaded, keys=keys).text


def plan_file(
    rollover: Rollover, loaded: Loaded[Any] | None = None, /, *, keys: Literal["en", "mn"] | None = None
) -> PlanFile:
    """The file of the new plan: that of the old one changed in place if `loaded` has it, else written anew.

    `load` makes `rollover.plan` of it. Decisions stand as comments above their lines; those of the last rollover go.
    Line ends and the mark at the beginning are those of the old file. `keys` is the language of the fields where the
    file is written anew; by default that of the old one.
    """
    comments = _comments(rollover)
    spot = loaded.spot if loaded is not None else None
    if loaded is None or spot is None:
        return PlanFile(dump(rollover.plan, keys=keys or "en", comments=comments))
    inside = spot.find(("plan",)) if not isinstance(loaded.value, Plan) else spot
    problems: tuple[Problem, ...] = ()
    try:
        subject = loaded.value.plan if isinstance(loaded.value, Report) else loaded.value
        text = _in_place(rollover, _own_file(spot, inside, subject), comments)
        if parse(text.encode()).value != rollover.plan:
            text, problems = "", (_written_anew(inside, (), _DIFFERS),)
    except DataError as error:  # JSON, a value that cannot be reached
        text, (problem, *_) = "", error.problems
        path = problem.place.path if isinstance(problem.place, DataPlace) else ()
        if _is_yaml(inside):
            below = path[len(inside.path) :] if path[: len(inside.path)] == inside.path else path
            problems = (_written_anew(inside, below, problem.args["reason"]),)
    mongolian = _is_mongolian(inside)
    text = text or dump(rollover.plan, keys=keys or ("mn" if mongolian else "en"), comments=comments)
    return PlanFile(inside.tree.as_written(text), problems)


_DIFFERS = Words("засварласан файл шинэ төлөвлөгөөтэй таарахгүй байна", "the edited file does not say the new plan")


def _written_anew(plan: Spot, path: ValuePath, reason: object) -> Problem:
    at = plan.find(path)
    return Problem("PF468", at.place((*plan.path, *path), None), {"reason": reason})


def _is_mongolian(plan: Spot) -> bool:
    """Whether keys of the plan are Mongolian."""
    return any(not name.isascii() for name, _, _ in plan.node.pairs)


def _is_yaml(plan: Spot) -> bool:
    """Whether a plan was read from YAML: there a mapping in brackets has an end, and others are no JSON."""
    return not plan.node.flow or plan.node.end is not None


def _own_file(spot: Spot, plan: Spot, value: object) -> Spot:
    """The plan as the root of a file: of a report that holds it, the lines of the plan moved to the left.

    DataError (PF463) where these do not say the plan, which is `value`.
    """
    tree = spot.tree
    if plan is spot or plan.tree is not tree or not _is_yaml(plan):
        return plan
    node, header = plan.node, f"planforge: plan/{VERSION}"
    keys = [(key, value) for _, key, value in spot.node.pairs]
    key = next(key for key, value in keys if value is node)
    below = min((other.line for other, _ in keys if other.line > key.line), default=len(tree.lines) + 1)
    if node.flow:
        assert node.end is not None
        lines = list(tree.lines[node.line - 1 : node.end[0]])
        lines[-1] = lines[-1][: node.end[1] - 1]
        lines[0] = f"{{{header}, {lines[0][node.column :]}"
    else:
        indent = node.column - 1
        lines = list(tree.lines[key.line : below - 1])
        while lines[-1].lstrip()[:1] in ("", "#") and not _belongs(plan, key.line + len(lines)):
            lines.pop()  # about what follows the plan
        behind = (key.end or (0, node.column))[1] - 1
        comment = tree.lines[key.line - 1][behind:].lstrip(" :")
        lines = [header, *[comment] * comment.startswith("#"), *(_moved(line, indent) for line in lines)]
    own = parse("".join(f"{line}\n" for line in lines).encode())
    if own.spot is None or own.value != value:
        raise refusal(plan, (), _DIFFERS)
    return own.spot


def _belongs(plan: Spot, number: int) -> bool:
    """Whether a line of comment, or an empty one, stands in the plan rather than below it."""
    indented = plan.tree.lines[number - 1][: plan.node.column - 1].isspace()
    return indented or number in plan.tree.inner_lines


def _moved(line: str, indent: int) -> str:
    """A line without as many of its first spaces."""
    return line[min(indent, len(line) - len(line.lstrip(" "))) :]


def _in_place(rollover: Rollover, plan: Spot, comments: Mapping[ValuePath, list[str]]) -> str:
    editor = Editor(plan)
    node = describe(Node).data
    mongolian = _is_mongolian(plan)
    for line in decision_marks.written_lines(plan.tree):
        editor.drop_line(line)
    for change in rollover.changes:
        path = rollover.old_path(change.path)
        if change.done is Done.REMOVED:
            editor.remove(change.path)
        elif change.done is Done.IDENTIFIED and plan.find(path).path != (*plan.path, *path):
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
    old_year, year = rollover.years
    inside = [d for d in rollover.decisions if d.question is Question.TEXT]
    levels = [d for d in rollover.decisions if d.question in _QUESTIONS]
    context: dict[str, object] = {
        "year": year,
        "old_year": old_year,
        "title": plan.title,
        "owner": plan.owner.name,
        "to_decide": to_decide(rollover).mn,
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
