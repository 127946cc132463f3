"""Keys, shapes and the plan of a report: a tree becomes data for the model, each value with its place."""

from __future__ import annotations

from pathlib import Path

import pytest

from planforge import data
from planforge.errors import DataPlace
from planforge.model import Outcome, Report
from tests.data_files import HEAD, faults, plan_of, spots


def test_a_label_with_nothing_behind_it_stays() -> None:
    """A column left empty is an empty text, not a missing label."""
    assert plan_of("extra: {А: , Б: б}").extra == {"А": "", "Б": "б"}


@pytest.mark.parametrize("key", ["stage", "Stage", "үе_шат", "үе шат", "Үе-шат", "ҮЕ ШАТ"])
def test_keys_are_english_or_mongolian(key: str) -> None:
    """One field, any spelling of its name."""
    assert plan_of(f"{key}: А").stage == "А"


def test_labels_stay_as_typed() -> None:
    """Only names of fields are translated: a label `бичвэр` is a label."""
    plan = plan_of("extra: {бичвэр: а, text: б, planforge: в}\nmeasures: {text: Т, result: {indicators: {}}}")
    assert plan.extra == {"бичвэр": "а", "text": "б", "planforge": "в"}


def test_lists_take_one_value_and_parts_take_text() -> None:
    """What is pleasant to write is accepted."""
    plan = plan_of("measures:\n  text: А\n  criteria: Ш\n  responsible: Б\n  budget: 12.50\n  outcome: Ү\n")
    measure = plan.measures[0]
    assert (measure.criteria[0].text, measure.responsible, measure.outcome) == ("Ш", ("Б",), Outcome(text="Ү"))
    assert measure.budget is not None
    assert str(measure.budget.amount) == "12.50"


# --- a report and its plan -----------------------------------------------------------------------------------------


def _report(folder: Path, plan: str = HEAD + "measures: [А, Б]\n", name: str = "plan.yaml", more: str = "") -> Path:
    (folder / "plan.yaml").write_text(plan, encoding="utf-8")
    path = folder / "report.yaml"
    path.write_text(f"planforge: report/1\nplan: {name}\n{more}", encoding="utf-8")
    return path


@pytest.mark.parametrize(
    "name", ["plan.yaml", "./plan.yaml", '" plan.yaml "', "{planforge: plan/1, title: Т, year: 2024, owner: Б}"]
)
def test_a_report_names_or_holds_its_plan(name: str, tmp_path: Path) -> None:
    """A relative path in the report's folder, or the plan itself."""
    assert data.load(_report(tmp_path, name=name), Report).plan.title == "Т"


@pytest.mark.parametrize(
    "name", ["../plan.yaml", "/etc/passwd", "C:\\plan.yaml", "a/../../plan.yaml", "..\\plan.yaml", "//x/y"]
)
def test_a_path_out_of_the_folder_is_refused(name: str, tmp_path: Path) -> None:
    """Nothing outside the report's folder is read."""
    assert faults(_report(tmp_path, name=name)) == ["2:7 PF136"]


def test_a_link_out_of_the_folder_is_refused(tmp_path: Path) -> None:
    """Nor by a link."""
    inner = tmp_path / "a"
    inner.mkdir()
    report = _report(inner, name="link.yaml")
    (tmp_path / "secret.yaml").write_text(HEAD, encoding="utf-8")
    try:
        (inner / "link.yaml").symlink_to(tmp_path / "secret.yaml")
    except OSError:
        pytest.skip("no links here")
    assert faults(report) == ["2:7 PF136"]


def test_faults_of_the_plan_stand_in_its_own_file(tmp_path: Path) -> None:
    """File, line and column are those of the plan's file; the path is the report's; the report's own come first."""
    plan = HEAD + "numbering: х\nmeasures:\n- text: а: б\n- tekst: в\nannex: {year: 1}\nannex: {}\n"
    problems = data.parse(_report(tmp_path, plan, more="as_of: А\nresults: {1: {percent: 101}}\n")).problems
    errors = [p for p in problems if p.is_error]
    assert spots(errors) == [
        "4:24 PF112",
        "5:12 PF116",
        "7:9 PF107",
        "8:3 PF101",
        "8:3 PF105",
        "9:8 PF105",
        "9:15 PF114",
        "10:1 PF103",
    ]
    places = [p.place for p in errors if isinstance(p.place, DataPlace)]
    assert [Path(p.file or "").name for p in places] == ["report.yaml"] + ["plan.yaml"] * 7
    assert [p.code_path for p in places[1:4]] == ["plan.numbering", "", "plan.measures[1].tekst"]
    assert places[-1].code_path == "plan.annex"


def test_a_plan_that_is_none_is_told(tmp_path: Path) -> None:
    """A missing file has the report's line; another kind of file its own."""
    assert faults(_report(tmp_path, name="paln.yaml")) == ["2:7 PF120"]
    assert faults(_report(tmp_path, name="report.yaml")) == ["1:12 PF134"]
    assert faults(_report(tmp_path, plan="")) == ["None:None PF124"]
    assert faults("planforge: report/1\nplan: plan.yaml\n") == ["2:7 PF135"]


def test_rules_of_the_domain_have_places_in_both_files(tmp_path: Path) -> None:
    """A result for no measure stands in the report, a number given twice in the plan."""
    plan = HEAD + "measures:\n- {number: 1, text: А}\n- {number: 1, text: Б}\n"
    errors = [p for p in data.parse(_report(tmp_path, plan, more="results:\n  9: {done: А}\n")).problems if p.is_error]
    assert spots(errors) == ["4:6 PF401", "7:12 PF404"] or spots(errors) == ["4:5 PF401", "7:12 PF404"]
