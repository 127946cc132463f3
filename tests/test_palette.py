"""The tree of names that templates and layouts may use."""

from __future__ import annotations

import json

import pytest

from planforge import dialect, filters, palette, view
from planforge.dialect import Scope
from planforge.errors import DataError
from planforge.palette import Entry
from planforge.vocabulary import Record, describe, reachable

EVERYTHING = [entry for top in palette.tree() for entry in top.walk()]


def test_roots() -> None:
    """The tree begins with the names of a template and the levels."""
    assert [e.path.en for e in palette.tree()] == [*view.names(), *view.LEVELS]


def test_every_field_of_every_record_is_listed() -> None:
    """Each record that templates reach has its fields somewhere, once but for the levels, which begin paths."""
    tops = [f.type for f in view.names().values() if isinstance(f.type, Record)]
    listed = {record.cls: e for e in EVERYTHING if e.entries and (record := palette.record_of(e.field.type))}
    assert len(listed) == len([e for e in EVERYTHING if e.entries])
    for record in reachable(*tops):
        assert [e.field for e in listed[record.cls].entries] == list(record.fields.values())


def test_what_is_listed_elsewhere_is_there() -> None:
    """`listed_at` leads to the entry with the fields of the same record."""
    by_path = {e.path.en: e for e in EVERYTHING}
    elsewhere = [e for e in EVERYTHING if e.listed_at]
    assert elsewhere
    assert all(by_path[e.listed_at].entries for e in elsewhere)
    assert by_path["measure.result"].entries


@pytest.mark.parametrize("lang", ["mn", "en"])
def test_paths_are_expressions(lang: str) -> None:
    """Every path that goes through no list is one that the dialect types as the palette does, in both languages."""
    scope = Scope.domain()
    for level in view.LEVELS:
        scope = scope.bind(level, view.level_record(level))
    tried = 0
    for entry in EVERYTHING:
        straight = all(isinstance(f.type, Record) and not f.optional for f in entry.fields[:-1])
        if straight and (lang == "en" or entry.fields[0].name in view.names()):
            tried += 1
            assert dialect.infer(entry.path.en if lang == "en" else entry.path.mn, scope).type == entry.field.type
    assert tried > 30


def test_meanings_and_types_have_words() -> None:
    """No name is without a type and a meaning."""
    for entry in EVERYTHING:
        assert all((*vars_of(entry.meaning), *vars_of(palette.type_name(entry.field.type))))


def vars_of(words: object) -> tuple[str, str]:
    """Both languages."""
    return words.mn, words.en  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    ("path", "found"),
    [
        pytest.param("measure.result", "measure.result", id="english"),
        pytest.param("арга_хэмжээ.үр_дүн.хэрэгжилтийн_хувь", "measure.result.percent", id="mongolian"),
        pytest.param("Арга хэмжээ.Үр дүн.Хувь", "measure.result.percent", id="as-spoken"),
        pytest.param("plan.all_measures.text", "plan.all_measures.text", id="through-a-list"),
        pytest.param("measure.extra.эрсдэл", "measure.extra.эрсдэл", id="label"),
        pytest.param("plan.issuer", "plan.issuer", id="listed-elsewhere"),
    ],
)
def test_find(path: str, found: str) -> None:
    """A path is found in either language, and its fields are listed below it wherever else they are."""
    entry = palette.find(path)
    record = palette.record_of(entry.field.type)
    assert entry.path.en == found
    assert len(entry.entries) == (len(record.fields) if record else 0)


@pytest.mark.parametrize(
    ("path", "code", "near"),
    [
        pytest.param("mesure", "PF204", "measure", id="root"),
        pytest.param("measure.txet", "PF205", "text", id="field"),
        pytest.param("measure.percent", "PF205", "measure.result.percent", id="elsewhere"),
        pytest.param("арга_хэмжээ.хувь", "PF205", "арга_хэмжээ.үр_дүн.хэрэгжилтийн_хувь", id="elsewhere-mongolian"),
        pytest.param("xyzzyxyzzy", "PF204", "plan, report, today", id="nothing-like-it"),
        pytest.param("measure.xyzzyxyzzy", "PF205", "number", id="no-field-like-it"),
        pytest.param("today.year", "PF205", "plan.year", id="no-record"),
    ],
)
def test_what_is_none(path: str, code: str, near: str) -> None:
    """A name that is none is told with what may be meant."""
    with pytest.raises(DataError) as error:
        palette.search(path)
    (problem,) = error.value.problems
    assert problem.code == code
    assert near in problem.message("en")


def test_search_of_a_single_name() -> None:
    """A single name finds every field and filter so called, a root only itself."""
    entries, known = palette.search("хувь")
    assert [e.path.en for e in entries] == ["measure.result.percent"]
    assert [f.name for f in known] == ["percent"]
    assert ([e.path.en for e in palette.search("зорилт")[0]], palette.search("genitive")[1]) == (
        ["objective"],
        [filters.find("genitive")],
    )


def test_json() -> None:
    """The machine form is JSON with the same tree."""

    def count(entry: dict[str, object]) -> int:
        inner = entry.get("fields", [])
        assert isinstance(inner, list)
        return 1 + sum(map(count, inner))

    entries = json.loads(json.dumps([e.as_json() for e in palette.tree()]))
    assert sum(map(count, entries)) == len(EVERYTHING)
    status = palette.find("measure.result.status").as_json()
    assert status["words"]
    assert palette.filter_as_json(filters.FILTERS[0])["usage"] == filters.FILTERS[0].usage


def test_types_in_words() -> None:
    """Levels are called by their names, other records in Mongolian simply fields."""
    types = {e.path.en: palette.type_name(e.field.type) for e in EVERYTHING}
    assert types["plan.all_measures"].en == "list of measure"
    assert types["plan.all_measures"].mn == "жагсаалт: арга хэмжээ"
    assert types["plan.owner"].mn == "талбарууд"
    assert types["plan.extra"].en == "label → text"
    assert isinstance(palette.tree()[0], Entry)
    assert palette.record_of(palette.find("plan").field.type) is describe(view.PlanView)
