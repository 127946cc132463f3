"""Whole plans and reports for property tests: any text that a document can hold, every field, every level; archives.

What comes out has no error of the domain: ids and numbers differ, results belong to measures.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable
from decimal import Decimal
from typing import Any

from hypothesis import strategies as st

from planforge import consistency, view
from planforge.errors import has_errors
from planforge.model import ApprovalKind, DecisionKind, Numbering, Plan, Report, SignOffKind, Status

NASTY = (
    "",
    " ",
    "\n",
    "\t",
    "-",
    "- ",
    "- а",
    "—",
    "a: b",
    "Мэдээллийн тоо:",
    "text:аа",
    "number:1",
    "# тайлбар",
    "а #5",
    "а # б",
    "@ а",
    "`а`",
    "%5",
    "*",
    "* а",
    "&а",
    "!а",
    "| а",
    ">",
    "? а",
    "[а] б",
    "{{ plan.title }}",
    "{а",
    "}",
    ", а",
    '"Төрийн" журам',
    "'а'",
    "а'б\"в\\г",
    "\\n",
    "null",
    "~",
    "Null",
    "true",
    "no",
    "1.10",
    "010",
    "12:30",
    "1e3",
    "0x1F",
    "2024-03-20",
    "<<",
    "=",
    "---",
    "...",
    "--- а",
    " зай ",
    "зай ",
    "а\nб",
    "а\n",
    "а\n\n",
    "\nа",
    "а\n\nб\n",
    " а\nб",
    "а\n б",
    "а \nб",
    "а\n \nб",
    "а\tб",
    "\tа",
    "а\u0085б",
    "а\u2028б\u2029",
    "\u00a0а\u00a0",
    "\u200bа",
    "\ufeffа",
    "\u202eа",
    "й",
    "и\u0306",
    "Өө Үү ₮",
    "😀👩‍👩‍👧",
    "a & b < c > d",
    "</w:t>",
    "]]>",
    "\U0010ffff",
    "\U0001fffe",
    "\x7f\x80\x9f",
    "\ue000\U000f0000",
    "$x",
    "Урт бичвэр, " * 20,
    "Урт: бичвэр # " * 20 + "төгсгөл",
    "у" * 300,
    "а  б " * 40 + "в",
    "урт мөр " * 20 + "\nхоёр дахь мөр",
)

_LETTERS = st.characters(
    codec="utf-8",
    exclude_characters="\r\ufffe\uffff" + "".join(chr(c) for c in range(32) if c not in (9, 10)),
)


_WORDS = ("төрийн", "алба:", "-", "#5", "1.10", '"хууль"', "тайлан")


def texts() -> st.SearchStrategy[str]:
    """Any text that a document can hold (line ends are LF)."""
    return st.one_of(
        st.sampled_from(NASTY),
        st.text("абвгөү- .,:#'\"\\\n\t1", max_size=40),
        st.text(_LETTERS, max_size=20),
        st.lists(st.sampled_from(_WORDS), max_size=40).map(" ".join),
    )


def _some(**fields: st.SearchStrategy[Any]) -> st.SearchStrategy[dict[str, Any]]:
    return st.fixed_dictionaries({}, optional=fields)


def _many(item: st.SearchStrategy[Any], most: int = 3) -> st.SearchStrategy[list[Any]]:
    return st.lists(item, max_size=most)


TEXT = texts()
YEAR = st.integers(1900, 2199)
WHOLE = st.integers(0, 10_000)
NUMBER = st.decimals(-(10**9), 10**9, allow_nan=False, allow_infinity=False, places=2) | st.integers(0, 10**12).map(
    Decimal
)
PERCENT = st.integers(0, 100).map(Decimal) | st.decimals(0, 100, places=2)
PERIOD = TEXT | st.sampled_from(
    ("Жилдээ", "yearlong", "2024 он", "I улирал", "2024.03.20-2024.12.01", "6 сар", "2021 оны жилийн эцэс", "H1")
)
LABELS = st.dictionaries(TEXT, TEXT, max_size=3)
DATE = st.dates()
BODY = st.fixed_dictionaries(
    {"name": TEXT}, optional={"genitive": TEXT, "short": TEXT, "type": TEXT, "script": TEXT, "extra": LABELS}
)
PERSON = _some(position=TEXT, rank=TEXT, name=TEXT, phone=TEXT, extra=LABELS)
BUDGET = _some(amount=NUMBER, unit=TEXT, source=TEXT, text=TEXT)
MARKS = {
    "stage": TEXT,
    "approval": _many(_some(kind=st.sampled_from(ApprovalKind), word=TEXT, person=PERSON, date=DATE)),
    "annex": st.fixed_dictionaries(
        {"issuer": TEXT, "year": YEAR},
        optional={
            "month": st.integers(1, 12),
            "day": st.integers(1, 28),
            "number": TEXT,
            "decision": st.sampled_from(DecisionKind),
            "annex": WHOLE,
        },
    ),
    "dateline": _some(date=DATE, place=TEXT),
    "signoffs": _many(_some(kind=st.sampled_from(SignOffKind), word=TEXT, people=_many(PERSON), date=DATE)),
    "closing": _many(TEXT),
    "extra": LABELS,
}
RESULT = st.one_of(_some(percent=PERCENT), _some(status=st.sampled_from(Status))).flatmap(
    lambda grade: _some(
        done=TEXT,
        reached=TEXT,
        spent=BUDGET,
        reason=TEXT,
        attachments=_some(files=WHOLE, pictures=WHOLE, total=WHOLE, names=_many(TEXT)),
        extra=LABELS,
    ).map(lambda rest: {**grade, **rest})
)


def _criteria(ids: Callable[[], str], depth: int = 1) -> st.SearchStrategy[list[Any]]:
    plain = TEXT.map(lambda text: {"text": text})
    target = st.fixed_dictionaries({"value": TEXT}, optional={"year": YEAR})
    optional: dict[str, st.SearchStrategy[Any]] = {
        "measured_in": TEXT,
        "baseline": TEXT,
        "target": target,
        "targets": st.dictionaries(YEAR, TEXT, max_size=3),
        "reached": TEXT,
        "coverage": TEXT,
        "responsible": _many(TEXT),
        "period": PERIOD,
        "id": st.builds(ids),
        "extra": LABELS,
    }
    if depth:
        optional["criteria"] = _criteria(ids, depth - 1)
    return _many(plain | st.fixed_dictionaries({"text": TEXT}, optional=optional))


_STYLES = (None, "{}", "{}.", "1.{}0", "{}-р зүйл", "00{}")


@st.composite
def _nodes(draw: st.DrawFn, ids: Callable[[], str], *inner: str, measure: bool = False, depth: int = 1) -> list[Any]:
    """Nodes of one level; `inner` are the levels that may stand below."""
    optional: dict[str, st.SearchStrategy[Any]] = {
        "id": st.builds(ids),
        "criteria": _criteria(ids),
        "outcome": st.fixed_dictionaries({"text": TEXT}, optional={"extra": LABELS}),
        "period": PERIOD,
        "responsible": _many(TEXT),
        "partners": _many(TEXT),
        "coverage": TEXT,
        "budget": BUDGET,
        "legal_basis": _many(TEXT),
        "extra": LABELS,
    }
    if measure:
        optional["result"] = RESULT
        if depth:
            optional["measures"] = _nodes(ids, measure=True, depth=depth - 1)
    optional |= {name: _level(ids, name) for name in inner}
    nodes = draw(_many(TEXT.map(lambda t: {"text": t}) | st.fixed_dictionaries({"text": TEXT}, optional=optional)))
    style = draw(st.sampled_from(_STYLES))
    for index, node in enumerate(nodes, 1):
        if style is not None:
            node["number"] = style.format(index)
    return nodes


def _level(ids: Callable[[], str], name: str) -> st.SearchStrategy[list[Any]]:
    levels = ("chapters", "objectives", "activities", "measures")
    return _nodes(ids, *levels[levels.index(name) + 1 :], measure=name == "measures")


@st.composite
def plans(draw: st.DrawFn) -> Plan:
    """A plan without errors of the domain (warnings there are)."""
    counter = itertools.count(1)

    def ids() -> str:
        return f"id: {next(counter)}"

    data = draw(
        st.fixed_dictionaries(
            {"title": TEXT, "year": YEAR, "owner": BODY},
            optional={
                **MARKS,
                "years": _many(YEAR),
                "issuer": BODY,
                "period": PERIOD,
                "numbering": st.sampled_from(Numbering),
                "defaults": _some(period=PERIOD, responsible=_many(TEXT), partners=_many(TEXT), coverage=TEXT),
                **{name: _level(ids, name) for name in ("chapters", "objectives", "activities", "measures")},
            },
        ).filter(_sound_plan)
    )
    return Plan.model_validate(data)


def _sound_plan(data: dict[str, Any]) -> bool:
    return not has_errors(consistency.check(Plan.model_validate(data)))


@st.composite
def reports(draw: st.DrawFn) -> Report:
    """A report without errors of the domain: results under numbers or ids that name one measure."""
    plan = draw(plans())
    data = draw(
        _some(
            **MARKS,
            title=TEXT,
            unit=BODY,
            as_of=PERIOD,
            period=PERIOD,
            profile=LABELS,
            parts=_many(_some(title=TEXT, body=_many(TEXT))),
        )
    )
    results: dict[str, Any] = {}
    walked = view.walk(plan)
    assert isinstance(walked, view.PlanView)
    for node in walked.all_measures:
        name = node.item.id or node.number
        if node.item.result is None and draw(st.booleans()):
            result = draw(RESULT)
            if node.criteria and node.criteria[0].item.reached is None and draw(st.booleans()):
                result["indicators"] = {"1": draw(TEXT)}
            trial = Report(plan=plan, results={**results, name: result})
            if not has_errors(consistency.check(trial)):
                results[name] = result
    return Report(plan=plan, results=results, **data)


_FILE_NAMES = st.lists(
    st.text(
        st.characters(codec="utf-8", exclude_characters='\\:/.\x7f\ufffd"', exclude_categories=("C", "Z")), min_size=1
    ),
    min_size=1,
    max_size=3,
).map("/".join)
FILES = st.lists(
    st.tuples(_FILE_NAMES, st.binary(max_size=300)), min_size=1, max_size=6, unique_by=lambda part: part[0].lower()
).map(dict)
"""The files of an archive: name → content."""
