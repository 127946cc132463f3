"""What changed between two plans or reports: exactly what was edited, nothing else; as rows, JSON, a page, a command."""

from __future__ import annotations

import io
import json
import re
import zipfile
from collections.abc import Callable, Iterator
from copy import deepcopy
from decimal import Decimal
from functools import cache
from html.parser import HTMLParser
from importlib import resources
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from planforge import Plan, Report, Template, cli, compare, load, package_rules
from planforge.changes_document import changes_document
from planforge.comparison import Comparison, Kind
from planforge.errors import DataError
from planforge.model import LEVELS
from planforge.rewording import words
from planforge.rollover import roll_over
from tests.bodies import docx
from tests.strategies import NASTY, plans, reports

SAMPLES = ("activities-2025", "customs-2024", "department-2025", "govisumber-2021", "progress-2025", "school-2025")
PLURALS = tuple(name for _, name in LEVELS.values())


@cache
def sample(folder: str, kind: type[Plan] | type[Report] = Plan) -> Any:
    """A sample plan or report."""
    with resources.as_file(resources.files("planforge.samples") / folder / f"{kind.__name__.lower()}.yaml") as path:
        return load(path, kind)


def plan(*measures: Any, **fields: Any) -> Plan:
    """A small plan."""
    return Plan.model_validate({"title": "Т", "year": 2024, "owner": "Х", "measures": measures, **fields})


def told(comparison: Comparison) -> list[str]:
    """Each change in a line: kind, node, field, values."""
    lines = []
    for change in comparison:
        parts = [change.kind.value, change.item.name.en, change.label.en]
        parts += [words.en if words else "" for words in (change.old, change.new)] if change.label.en else []
        lines.append(" | ".join(filter(None, parts)))
    return lines


# --- hand-made edits -----------------------------------------------------------------------------------------------

A, B, C, D = (
    "Албан хаагчдыг авлигын эсрэг сургалтад хамруулах",
    "Хөрөнгө, орлогын мэдүүлгийг хугацаанд нь бүртгэх",
    "Шилэн дансны мэдээллийг тогтмол нийтлэх",
    "Иргэдийн санал, гомдлыг хүлээн авч шийдвэрлэх",
)


@pytest.mark.parametrize(
    ("before", "after", "changes"),
    [
        pytest.param(plan(A, B), plan(A, B), [], id="nothing"),
        pytest.param(plan(A, B), plan(A, C, B), ["added | measure 2"], id="added"),
        pytest.param(plan(A, B, C), plan(B, C), ["dropped | measure 1"], id="dropped-and-those-below-move-up"),
        pytest.param(
            plan(A, B), plan(A, C), ["dropped | measure 2", "added | measure 2"], id="another-under-the-same-number"
        ),
        pytest.param(
            plan(A, B, C, D), plan(B, C, D, A), ["moved | measure 4 | place | position 1 | position 4"], id="order"
        ),
        pytest.param(
            plan(A, B),
            plan(A, B.replace("бүртгэх", "хянах")),
            [
                "reworded | measure 2 | text | Хөрөнгө, орлогын мэдүүлгийг хугацаанд нь бүртгэх | "
                "Хөрөнгө, орлогын мэдүүлгийг хугацаанд нь хянах"
            ],
            id="reworded",
        ),
        pytest.param(
            plan({"text": A, "number": "1"}, B),
            plan({"text": A, "number": "1.1"}, B),
            ["renumbered | measure 1.1 | number | 1 | 1.1"],
            id="renumbered",
        ),
        pytest.param(
            plan({"text": A, "id": "x"}, {"text": B, "id": "y"}),
            plan({"text": C, "id": "x"}, {"text": B, "id": "y"}),
            [f"reworded | measure 1 | text | {A} | {C}"],
            id="id-before-text",
        ),
        pytest.param(
            plan({"text": A, "responsible": ["Хүний нөөцийн хэлтэс", "Хууль"]}),
            plan({"text": A, "responsible": ["Хүний нөөцийн хэлтэс", "Санхүү"]}),
            ["changed | measure 1 | responsible | Хүний нөөцийн хэлтэс; Хууль | Хүний нөөцийн хэлтэс; Санхүү"],
            id="responsible",
        ),
        pytest.param(
            plan({"text": A, "budget": "12.5"}),
            plan({"text": A, "budget": {"amount": "15", "unit": "сая төгрөг"}}),
            ["changed | measure 1 | budget › amount | 12.5 | 15", "changed | measure 1 | budget › unit | сая төгрөг"],
            id="budget",
        ),
        pytest.param(
            plan({"text": A, "criteria": {"text": "Тоо", "target": "95%", "targets": {2024: "90", 2025: "92"}}}),
            plan({"text": A, "criteria": {"text": "Тоо", "target": "97%", "targets": {2024: "90", 2026: "95"}}}),
            [
                "changed | measure 1, criterion 1 | target | 95% | 97%",
                "changed | measure 1, criterion 1 | targets › “2025” | 92",
                "changed | measure 1, criterion 1 | targets › “2026” | 95",
            ],
            id="targets",
        ),
        pytest.param(
            plan({"text": A, "outcome": "Мэдлэг нэмэгдсэн."}),
            plan({"text": A}),
            ["changed | measure 1 | outcome | Мэдлэг нэмэгдсэн."],
            id="outcome",
        ),
        pytest.param(
            plan(approval=[{"person": "А"}, {"person": "Б"}]),
            plan(approval=[{"person": "А"}, {"kind": "consented", "person": "В"}, {"person": "Б"}]),
            ["changed | plan | approval 2 | kind: consented; person: В"],
            id="approval",
        ),
        pytest.param(
            plan({"text": A, "criteria": [{"text": "Хэлтэс бүрийн тоо", "criteria": ["Эрэгтэй хүний тоо"]}]}),
            plan({"text": A, "criteria": [{"text": "Хэлтэс бүрийн тоо", "criteria": ["Эмэгтэй хүний тоо"]}]}),
            ["reworded | measure 1, criterion 1.а | text | Эрэгтэй хүний тоо | Эмэгтэй хүний тоо"],
            id="sub-criterion",
        ),
        pytest.param(
            plan({"text": A, "period": "Жилдээ"}, defaults={"period": "Жилдээ"}),
            plan({"text": A, "period": "Жилдээ"}, defaults={"period": "I улирал"}),
            ["changed | plan | defaults › period | Жилдээ | I улирал"],
            id="defaults",
        ),
        pytest.param(
            plan({"id": "нэг", "text": A, "criteria": [{"id": "ш", "text": "Хамрагдсан хүний тоо"}]}),
            plan(
                {"text": "Хуулсан", "criteria": [{"id": "ш", "text": "Хамрагдсан хүний тоо"}]},
                {"id": "нэг", "text": A, "criteria": [{"id": "ш", "text": "Хамрагдсан хүний тоо"}]},
            ),
            ["added | measure 1"],
            id="a criterion copied with its id",
        ),
    ],
)
def test_changes(before: Plan, after: Plan, changes: list[str]) -> None:
    """The changes are those that a person would name."""
    assert told(compare(before, after)) == changes


def test_a_dropped_objective_takes_its_measures_with_it() -> None:
    """One change, what stood in it is listed; a measure that lives on elsewhere has moved."""
    one, other = {"text": "Эхний зорилт", "measures": [A, B]}, {"text": "Хоёр дахь зорилт", "measures": [C]}
    before = plan(objectives=[one, other])
    after = plan(objectives=[{**other, "measures": [C, B]}])
    comparison = compare(before, after)
    assert told(comparison) == ["dropped | objective 1", "moved | measure 1.2 | place | objective 1 | objective 1"]
    assert [item.text for item in comparison.changes[0].inside] == [A]


def test_lineage_without_ids() -> None:
    """A plan without ids and what a rollover made of it: years and numbers in the ids say what came of what."""
    before = plan(A, B, C)
    after = plan({"text": A, "id": "2024-1"}, {"text": D, "id": "2024-3"}, year=2026)
    assert told(compare(before, after)) == [
        "changed | plan | year | 2024 | 2026",
        "dropped | measure 2",
        f"reworded | measure 2 | text | {C} | {D}",
    ]


def test_six_edits_of_a_rolled_plan() -> None:
    """A plan for the next year, edited by hand in six ways: exactly these six, and the roll itself."""
    rolled = roll_over(sample("customs-2024"), year=2025).plan
    data = json.loads(rolled.model_dump_json(exclude_defaults=True))
    first, second, third = data["objectives"]
    first["measures"][1]["text"] = first["measures"][1]["text"].replace("өдөрлөг", "өдөр")
    first["measures"][0]["period"] = "I улирал"
    second["measures"][0]["responsible"] = ["Хүний нөөцийн хэлтэс"]
    del second["measures"][1]["criteria"][0]
    third["measures"].insert(1, {"text": "Шүгэл үлээгчийг хамгаалах журам батлах"})
    second["measures"].append(first["measures"].pop())
    found = [
        (change.kind, change.item.name.en, change.label.en) for change in compare(rolled, Plan.model_validate(data))
    ]
    moved = len(second["measures"])
    assert found == [
        (Kind.CHANGED, "measure 1.1", "period"),
        (Kind.REWORDED, "measure 1.2", "text"),
        (Kind.CHANGED, "measure 2.1", "responsible"),
        (Kind.DROPPED, "measure 2.2, criterion 1", ""),
        (Kind.MOVED, f"measure 2.{moved}", "place"),
        (Kind.ADDED, "measure 3.2", ""),
    ]


@pytest.mark.parametrize("folder", ["customs-2024", "govisumber-2021", "progress-2025"])
def test_three_years_later(folder: str) -> None:
    """Rolled three years forward, with other texts and other numbers since, every node is matched by its lineage."""
    first = sample(folder)
    last = first
    for year in range(first.year + 1, first.year + 4):
        last = roll_over(last, year=year).plan
        data = last.model_dump(exclude_defaults=True)
        for objective in data["objectives"]:
            objective["measures"] = objective["measures"][::-1]
            for at, measure in enumerate(objective["measures"]):
                measure["text"] = f"{year} {at}"  # nothing but the id tells which it was
        last = Plan.model_validate(data)
    found = compare(first, last)
    assert not {Kind.ADDED, Kind.DROPPED} & found.counts.keys()
    measures = sum(len(objective.measures) for objective in first.objectives)
    assert found.counts[Kind.REWORDED] == measures
    assert found.counts[Kind.MOVED] == sum(len(objective.measures) - 1 for objective in first.objectives)


# --- edits made by hypothesis --------------------------------------------------------------------------------------


class Edited:
    """A plan as plain data that is edited, and what a comparison must say about it: kind, both paths, field."""

    def __init__(self, plan: Plan, draw: Callable[[st.SearchStrategy[Any]], Any]) -> None:
        self.draw = draw
        self.before = plan.model_dump()
        self.data = deepcopy(self.before)
        self.paths: dict[int, tuple[Any, ...]] = {id(node): path for node, path, _ in self.nodes()}
        self.whole = [node for node, _, _ in self.nodes()]
        self.touched: set[tuple[int, str]] = set()
        self.ordered: set[int] = set()
        self.expected: list[tuple[Kind, int, str]] = []
        self.made = 0
        self.kept: list[Any] = []
        """What was added: an identity lasts as long as its object."""

    def nodes(self) -> Iterator[tuple[Any, tuple[Any, ...], Any]]:
        """Every node and criterion with its path and its parent."""
        stack: list[tuple[Any, tuple[Any, ...]]] = [(self.data, ())]
        while stack:
            parent, path = stack.pop()
            for name in (*PLURALS, "criteria"):
                for at, node in enumerate(parent.get(name, ())):
                    yield node, (*path, name, at), parent
                    stack.append((node, (*path, name, at)))

    def new_words(self) -> str:
        """Words that no text has."""
        self.made += 1
        return f"Шинэ{self.made} үгс{self.made} оров{self.made}"

    def pick(self, suits: Callable[[Any, Any, str], bool]) -> tuple[Any, Any, str] | None:
        """A node that was there before and still is, its parent and the field that holds it."""
        found = [(n, p, path[-2]) for n, path, p in self.nodes() if suits(n, p, path[-2]) and not self.is_new(n)]
        return found[self.draw(st.integers(0, len(found) - 1))] if found else None

    def is_new(self, node: Any) -> bool:
        return id(node) not in self.paths

    def touch(self, node: Any, aspect: str) -> bool:
        """Whether this aspect of a node is still as it was; from now on it is not."""
        fresh = (id(node), aspect) not in self.touched
        self.touched.add((id(node), aspect))
        return fresh

    def expect(self, kind: Kind, node: Any, field: str = "") -> None:
        self.expected.append((kind, id(node), field))

    def reword(self) -> None:
        chosen = self.pick(lambda n, p, name: len(words(n["text"])) > 3)
        if chosen and self.touch(chosen[0], "text"):
            node = chosen[0]
            word = self.draw(st.sampled_from(words(node["text"])))
            self.made += 1
            node["text"] = node["text"].replace(word, f"Сольсон{self.made}", 1)
            self.expect(Kind.REWORDED, node, "text")

    def set_field(self) -> None:
        field, make = self.draw(
            st.sampled_from(
                [
                    ("period", lambda: f"{1990 + self.made} он"),
                    ("responsible", lambda: [self.new_words()]),
                    ("partners", lambda: [self.new_words(), "Хууль"]),
                    ("coverage", self.new_words),
                    ("legal_basis", lambda: [self.new_words()]),
                    ("baseline", self.new_words),
                    ("id", self.new_words),
                    ("target", lambda: None),
                    ("outcome", lambda: None),
                    ("budget", lambda: None),
                    ("number", lambda: f"9.{self.made}"),
                ]
            )
        )
        self.made += 1
        chosen = self.pick(lambda n, p, name: field in n and (field != "id" or n["id"] is None))
        if not chosen or not self.touch(chosen[0], field):
            return
        value: Any = make()
        if value is None:
            part = {"target": "value", "outcome": "text", "budget": "amount"}[field]
            content = Decimal(5000 + self.made) if part == "amount" else self.new_words()
            value = {**(chosen[0][field] or {}), part: content}
        chosen[0][field] = value
        self.expect(Kind.RENUMBERED if field == "number" else Kind.CHANGED, chosen[0], field)

    def add(self) -> None:
        chosen = self.pick(lambda n, p, name: id(p) not in self.ordered)
        if chosen:
            _, parent, name = chosen
            node: dict[str, Any] = {"text": self.new_words()}
            if name != "criteria":  # offices repeat criteria word for word
                node["criteria"] = deepcopy(chosen[0]["criteria"])
            parent[name] = list(parent[name])
            parent[name].insert(self.draw(st.integers(0, len(parent[name]))), node)
            self.touch(parent, "below")
            self.kept.append(node)
            self.expect(Kind.ADDED, node)

    def drop(self) -> None:
        taken = {key for key, _ in self.touched}

        def untouched(node: Any) -> bool:
            inside = (child for below in (*PLURALS, "criteria") for child in node.get(below, ()))
            return id(node) not in taken and all(map(untouched, inside))

        chosen = self.pick(lambda n, p, name: id(p) not in self.ordered and untouched(n))
        if chosen:
            node, parent, name = chosen
            parent[name] = [n for n in parent[name] if n is not node]
            self.touch(parent, "below")
            self.expect(Kind.DROPPED, node)

    def move(self) -> None:
        chosen = self.pick(lambda n, p, name: name != "criteria" and id(p) not in self.ordered)
        if not chosen or (id(chosen[0]), "below") in self.touched or (id(chosen[0]), "place") in self.touched:
            return
        node, parent, name = chosen
        inside = {id(n) for n, _, p in self.nodes() if n is node or p is node}
        homes = [p for n, _, p in self.nodes() if p is not parent and name in p and p.get(name)]
        homes = [p for p in homes if id(p) not in self.ordered and id(p) not in inside and not self.is_new(p)]
        homes = [p for p in homes if p is not self.data and not self.below(node, p)]
        if homes and self.touch(node, "place"):
            home = self.draw(st.sampled_from(homes))
            parent[name] = [n for n in parent[name] if n is not node]
            home[name] = [*home[name], node]
            self.touch(parent, "below")
            self.touch(home, "below")
            self.expect(Kind.MOVED, node)

    def below(self, node: Any, other: Any) -> bool:
        children = [c for name in PLURALS for c in node.get(name, ())]
        return any(c is other or self.below(c, other) for c in children)

    def reorder(self) -> None:
        chosen = self.pick(lambda n, p, name: len(p[name]) > 2 and n is p[name][0])
        if chosen and (id(chosen[1]), "below") not in self.touched and self.touch(chosen[0], "place"):
            node, parent, name = chosen
            self.ordered.add(id(parent))
            self.touch(parent, "below")
            parent[name] = [*parent[name][1:], node]
            self.expect(Kind.MOVED, node)

    def result(self) -> tuple[Plan, Plan, set[Any]]:
        after = {id(node): path for node, path, _ in self.nodes()}
        found = set()
        for kind, node, field in self.expected:
            old = None if kind is Kind.ADDED else self.paths[node]
            new = None if kind is Kind.DROPPED else after[node]
            found.add((kind, old, new, field))
        assert len(self.whole) == len(self.paths)
        return Plan.model_validate(self.before), Plan.model_validate(self.data), found


def distinct(plan: Plan) -> Plan:
    """A plan whose texts differ by words of their own."""
    data = plan.model_dump()
    stack, number = [data], 0
    while stack:
        parent = stack.pop()
        for name in (*PLURALS, "criteria"):
            for node in parent.get(name, ()):
                number += 1
                node["text"] += "".join(f" {letter}{number}" for letter in "абвгд")
                stack.append(node)
    return Plan.model_validate(data)


EDITS = ("reword", "set_field", "set_field", "add", "drop", "move", "reorder")


@settings(max_examples=300)
@given(st.data(), st.sampled_from(SAMPLES).map(sample) | plans().map(distinct))
def test_exactly_the_edits(data: st.DataObject, plan: Plan) -> None:
    """Whatever is edited is named, and nothing else; the same from the other side."""
    edited = Edited(plan, data.draw)
    for name in data.draw(st.lists(st.sampled_from(EDITS), max_size=8)):
        getattr(edited, name)()
    before, after, expected = edited.result()
    comparison = compare(before, after)
    found = [
        (
            c.kind,
            c.before.path if c.before else None,
            c.after.path if c.after else None,
            str(c.field[0]) if c.field else "",
        )
        for c in comparison
    ]
    assert sorted(map(repr, found)) == sorted(map(repr, expected)), (set(found) - expected, expected - set(found))
    assert {repr(c.mirrored()) for c in comparison} == set(map(repr, compare(after, before)))


def leaves(data: Any) -> Iterator[tuple[Any, Any]]:
    """Every holder of a text or number in plain data, and the key."""
    items = data.items() if isinstance(data, dict) else enumerate(data) if isinstance(data, list) else ()
    for key, value in items:
        if isinstance(value, dict | list):
            yield from leaves(value)
        elif isinstance(value, str | int):
            yield data, key


@given(st.data(), plans() | reports())
def test_no_field_is_forgotten(data: st.DataObject, subject: Plan | Report) -> None:
    """Whatever single value is another one, in any field of any record, is told."""
    dump = json.loads(subject.model_dump_json(exclude_defaults=True))
    holder, key = data.draw(st.sampled_from(list(leaves(dump))))
    old = holder[key]
    other: Any = old + 1 if isinstance(old, int) else f"{old}!"
    holder[key] = other
    try:
        after = type(subject).model_validate(dump)
        comparison = compare(subject, after)
    except ValueError:  # a percent of 101, a date, a word of a closed set
        holder[key] = old
        return
    except DataError:  # the id or number that a result is named by
        return
    assert bool(comparison) is (subject != after)
    assert comparison.to_html("mn")
    json.dumps(comparison.as_json())


@given(plans() | reports())
def test_equal(subject: Plan | Report) -> None:
    """Nothing has changed between a subject and itself."""
    assert not compare(subject, subject.model_copy(deep=True)).changes


@given(plans(), plans())
def test_strangers(before: Plan, after: Plan) -> None:
    """Two plans that have nothing to do with each other are compared too, the same from both sides."""
    comparison = compare(before, after)
    assert bool(comparison) is (before != after)
    assert {repr(c.mirrored()) for c in comparison} == set(map(repr, compare(after, before)))


# --- reports -------------------------------------------------------------------------------------------------------


def test_results_of_reports() -> None:
    """Results are compared at their measures, whichever way they are named; differences are exact decimals."""
    before = Report(plan=plan(A, B), results={"1": {"percent": "70", "reached": "Хийсэн"}, "2": {"status": "ХБ"}})
    data = json.loads(before.model_dump_json(exclude_defaults=True))
    data["plan"]["measures"][0]["result"] = {"percent": "99.95", "reached": "Хийсэн"}
    data["results"] = {"2.": {"percent": "100", "attachments": {"files": 2}}}
    comparison = compare(before, Report.model_validate(data))
    assert told(comparison) == [
        "changed | measure 1 | result › percent | 70 | 99.95",
        "changed | measure 2 | result › percent | 100",
        "changed | measure 2 | result › status | not_due",
        "changed | measure 2 | result › attachments | files: 2",
    ]
    assert [c.difference for c in comparison] == [Decimal("29.95"), None, None, None]
    assert comparison.changes[2].old is not None
    assert comparison.changes[2].old.mn == "ХБ"


def test_plans_of_reports() -> None:
    """The plan inside a report is compared too; its places begin with `plan`."""
    comparison = compare(Report(plan=plan(A, B)), Report(plan=plan(A), title="Тайлан"))
    assert told(comparison) == ["changed | report | title | Тайлан", "dropped | measure 2"]
    assert comparison.changes[1].item.path == ("plan", "measures", 1)


def test_a_plan_is_not_compared_with_a_report() -> None:
    """PF480, from both sides."""
    report = sample("govisumber-2021", Report)
    for pair in ((report.plan, report), (report, report.plan)):
        with pytest.raises(DataError) as caught:
            compare(*pair)
        assert [p.code for p in caught.value.problems] == ["PF480"]


def test_a_large_plan() -> None:
    """5,000 measures, each reworded, are told one by one."""

    def year(number: int) -> Plan:
        texts = (f"{n} дүгээр хэлтэст {number} онд авлигын эсрэг сургалт зохион байгуулах" for n in range(5000))
        return plan(*({"text": text, "criteria": "Сургалтын тоо"} for text in texts))

    assert compare(year(2024), year(2030)).counts == {Kind.REWORDED: 5000}


# --- as people and machines read it ----------------------------------------------------------------------------------


class Page(HTMLParser):
    """Tags, attributes and texts of a page; fails on tags that do not close."""

    def __init__(self, page: str) -> None:
        super().__init__(convert_charrefs=True)
        self.tags: set[str] = set()
        self.attributes: set[str] = set()
        self.open: list[str] = []
        self.text = ""
        self.feed(page)
        self.close()
        assert self.open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self.attributes |= {name for name, _ in attrs}
        if tag not in ("meta", "col"):
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        if self.open[-1:] != ["style"]:
            self.text += data


TAGS = "html head meta title style body main h1 p b span div table colgroup col thead tbody tr th td ins del"
ATTRIBUTES = "lang charset name content http-equiv class scope border cellpadding width"
HOSTILE = "<script>alert(1)</script><img src=x onerror=alert(1)> & \"'</td></table>{{ plan }}"


@pytest.mark.parametrize("text", [*NASTY, HOSTILE])
@pytest.mark.parametrize("lang", ["mn", "en"])
def test_page(text: str, lang: Any) -> None:
    """Whatever a text holds stays text: no tag, attribute, script or link of its own; nothing is fetched."""
    before = plan({"text": A, "coverage": text}, {"text": B + text})
    after = plan({"text": A, "partners": text, "extra": {text: text}}, {"text": C + text})
    comparison = compare(before, after)
    page = comparison.to_html(lang, names=(f"a{text}", "b"))
    seen = Page(page)
    assert seen.tags <= set(TAGS.split())
    assert seen.attributes <= set(ATTRIBUTES.split())
    assert f"a{text}" in seen.text
    assert not re.search("https?:|url[(]|@import", page.replace(HOSTILE, ""))
    assert "default-src 'none'" in page
    Page(comparison._repr_html_())
    Page(before._repr_html_())


def test_page_is_in_one_language() -> None:
    """An English page about Latin texts has no Cyrillic letter; a Mongolian one has its own words."""
    before, after = plan("one two three"), plan("one two four", "five", approval={"person": "x"})
    data = [json.loads(p.model_dump_json().replace("Т", "T").replace("Х", "X")) for p in (before, after)]
    comparison = compare(*map(Plan.model_validate, data))
    assert not re.search("[А-Яа-яӨөҮү]", comparison.to_html("en"))
    assert "Нийт 3 өөрчлөлт" in comparison.to_html("mn")


def test_white_space_is_visible() -> None:
    """A line end that came is shown as a sign."""
    page = compare(plan("а б в г"), plan("а б\nв г")).to_html("en")
    assert "<del>␣</del>" in page
    assert "<ins>↵" in page


def test_cards() -> None:
    """A notebook shows what a plan and a report are about."""
    card = Page(sample("customs-2024")._repr_html_()).text
    assert (
        card
        == "Авлигын эсрэг үйл ажиллагааны төлөвлөгөөон2024байгууллагаГаалийн байгууллагахугацаа2024.03.20-2024.12.01зорилт3арга хэмжээ15"
    )
    assert "2021 оны жилийн эцэс" in Page(sample("govisumber-2021", Report)._repr_html_()).text


# --- the command -----------------------------------------------------------------------------------------------------


FORM = "{{ plan.title }} {{ plan.owner }}\n{%p for m in plan.all_measures %}\n{{ m.text }}\n{%p endfor %}"


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with two plans, a report and a document."""
    head = "planforge: plan/1\ntitle: Т\nyear: 2024\nowner: {genitive: Хэлтсийн, name: Хэлтэс}\n"
    (tmp_path / "a.yaml").write_text(f"{head}measures: [{A!r}, {B!r}]\n", encoding="utf-8")
    (tmp_path / "b.yaml").write_text(f"{head}measures: [{A!r}, {C!r}]\n", encoding="utf-8")
    (tmp_path / "report.yaml").write_text("planforge: report/1\nplan: a.yaml\n", encoding="utf-8")
    (tmp_path / "a.docx").write_bytes(Template.open(docx(FORM)).render(load(tmp_path / "a.yaml")))
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PLANFORGE_LANG", "en")
    return tmp_path


@pytest.mark.parametrize(
    ("args", "code", "out"),
    [
        pytest.param(["a.yaml", "a.yaml"], 0, "", id="equal"),
        pytest.param(["a.docx", "a.yaml"], 0, "", id="document"),
        pytest.param(
            ["a.yaml", "b.yaml"], 1, f"measure 2: dropped\n  - {B}\nmeasure 2: added\n  + {C}\n", id="different"
        ),
        pytest.param(["a.yaml", "report.yaml"], 2, "", id="plan-and-report"),
        pytest.param(["a.yaml", "nofile.yaml"], 2, "", id="no-file"),
        pytest.param(["-", "-"], 2, "", id="one-stream-for-two"),
        pytest.param(["a.yaml", "b.yaml", "-o", "b.yaml"], 2, "", id="over-its-own-input"),
        pytest.param(["a.yaml", "b.yaml", "--format", "pdf"], 2, "", id="unknown-format"),
        pytest.param(["a.yaml", "b.yaml", "-o", "out.pdf"], 2, "", id="unknown-ending"),
        pytest.param(["a.yaml", "b.yaml", "--format", "text", "-o", "out.pdf"], 2, "", id="text-is-no-pdf"),
        pytest.param(["a.yaml", "b.yaml", "--json", "--format", "docx", "-o", "y.docx"], 2, "", id="json-and-word"),
        pytest.param(["a.yaml", "b.yaml", "--json", "-o", "y.docx"], 2, "", id="json-into-word"),
        pytest.param(["a.yaml", "b.yaml", "--format", "html", "-o", "y.docx"], 2, "", id="page-into-word"),
        pytest.param(
            ["a.yaml", "b.yaml", "--json", "--format", "json", "-o", "y.json"], 1, "y.json\n", id="json-twice"
        ),
        pytest.param(["a.yaml", "b.yaml", "-o", "OUT.TXT"], 1, "OUT.TXT\n", id="text"),
        pytest.param(["a.yaml", "b.yaml", "-o", "out"], 1, "out\n", id="no-ending"),
        pytest.param(["a.yaml", "b.yaml", "-o", "out.html"], 1, "out.html\n", id="page"),
        pytest.param(["a.yaml", "b.yaml", "-o", "out.docx"], 1, "out.docx\n", id="word"),
    ],
)
def test_command(folder: Path, capsys: pytest.CaptureFixture[str], args: list[str], code: int, out: str) -> None:
    """0 equal, 1 different, 2 not compared; the changes on stdout, the rest on stderr."""
    assert cli.run(["diff", *args]) == code
    seen = capsys.readouterr()
    assert seen.out == out
    assert seen.err


def test_refused_forms_write_nothing(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Which option or ending is wrong is said with what to do, in both languages."""
    before = sorted(folder.iterdir())
    for lang in ("en", "mn"):
        assert cli.run(["--lang", lang, "diff", "a.yaml", "b.yaml", "-o", "c.pdf"]) == 2
        err = capsys.readouterr().err
        assert "PF716" in err
        assert "*.docx" in err
        assert cli.run(["--lang", lang, "diff", "a.yaml", "b.yaml", "--json", "-o", "y.docx"]) == 2
        err = capsys.readouterr().err
        assert ("PF719" in err, "--json" in err, "-o y.docx" in err) == (True, True, True)
        assert cli.run(["--lang", lang, "check", "a.yaml", "--json", "--format", "short"]) == 2
        assert "PF719" in capsys.readouterr().err
    assert cli.run(["check", "a.yaml", "--json", "--format", "json"]) == 0
    assert sorted(folder.iterdir()) == before


def test_plain_rows_say_which(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """What was moved or changed is named by its number and how its text begins, as in a page."""
    long = "Албан хаагчийг сургах " * 12
    old, new = plan(A, B, long.strip()), plan(long.strip(), A, {"text": B, "period": "I улирал"})
    rows = [(where, what) for where, what, _, _ in compare(old, new).rows("mn")]
    beginning = long[:119] + "…"
    assert rows == [(f"арга хэмжээ 1 «{beginning}»", "зөөсөн"), (f"арга хэмжээ 3 «{B}»", "хугацаа")]
    assert compare(old, new).rows("en")[1][0] == f"measure 3 “{B}”"


def test_word_document(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A valid document, the same bytes each time: what went struck through, what came underlined, nothing left out."""
    assert cli.run(["--lang", "mn", "diff", "a.yaml", "b.yaml", "-o", "changes.docx"]) == 1
    before = plan({"text": f"{A} бүх нэгжид", "period": "I улирал"}, B)
    after = plan({"text": f"{A} 2 нэгжид", "period": "II улирал"}, {"text": D, "criteria": ["шалгуур <b>"]})
    made = Path("changes.docx").read_bytes()
    found = compare(load(folder / "a.yaml", Plan), load(folder / "b.yaml", Plan))
    assert made == changes_document(found, "mn", names=("a.yaml", "b.yaml"))
    found = compare(before, after)
    document = changes_document(found)
    assert package_rules.verify(document, ()) == ()
    body = part(document)
    assert re.findall(r"<w:strike/>[^t]*?</w:rPr><w:t[^>]*>([^<]+)", body) == ["бүх", "I улирал", B]
    assert re.findall(r'<w:u w:val="single"/></w:rPr><w:t[^>]*>([^<]+)', body) == ["2", "II улирал", D]
    assert "шалгуур &lt;b&gt;" in body
    assert "Ялгаа алга." in part(changes_document(compare(before, before)))


def part(document: bytes) -> str:
    with zipfile.ZipFile(io.BytesIO(document)) as package:
        return package.read("word/document.xml").decode()


def test_command_as_json(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """`--json` prints what the function gives; `--format html` a page, in the language asked for."""
    assert cli.run(["diff", "a.yaml", "b.yaml", "--json"]) == 1
    found = compare(load(folder / "a.yaml", Plan), load(folder / "b.yaml", Plan))
    assert isinstance(found, Comparison)
    assert json.loads(capsys.readouterr().out) == json.loads(json.dumps(found.as_json()))
    assert cli.run(["--lang", "mn", "diff", "a.yaml", "b.yaml", "--format", "html"]) == 1
    assert capsys.readouterr().out == found.to_html("mn", names=("a.yaml", "b.yaml"))
    assert cli.run(["diff", "a.yaml", "nofile.yaml", "--json"]) == 2
    assert [p["code"] for p in json.loads(capsys.readouterr().out)["problems"]] == ["PF120"]
