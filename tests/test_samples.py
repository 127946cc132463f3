"""The samples say what the seed documents say: every row and cell, but for the listed damage."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from hashlib import sha256
from itertools import pairwise
from pathlib import Path

import pytest
from docx import Document

from planforge import data, mongolian
from planforge.model import Plan, Report, Result
from planforge.view import CriterionNode, PlanView, ReportView, walk
from tests.seeds import (
    FOLDER,
    Deviation,
    Row,
    Seed,
    assert_rows_equal,
    customs,
    govisumber,
    mended,
    normalised,
    row_name,
    table_rows,
)

SAMPLES = Path(__file__).parent.parent / "samples"


def plan_view(path: str) -> PlanView:
    """The view of a sample plan."""
    view = walk(data.load(SAMPLES / path, Plan))
    assert isinstance(view, PlanView)
    return view


def report_view(path: str) -> ReportView:
    """The view of a sample report."""
    view = walk(data.load(SAMPLES / path, Report))
    assert isinstance(view, ReportView)
    return view


# --- the forms of the seeds, by hand ---------------------------------------------------------------------------


def dashed(criteria: Sequence[CriterionNode]) -> str:
    """Criteria as seed A prints them: `-…;` and at last `.`, where the text does not end in a stop itself."""
    texts = [f"-{node.item.text}" for node in criteria]
    ends = [*[";"] * (len(texts) - 1), "."]
    return "\n".join(
        text if text.endswith((".", ";", ":")) else text + end for text, end in zip(texts, ends, strict=True)
    )


def lettered(criteria: Sequence[CriterionNode]) -> str:
    """Criteria as seed B prints them: labels, lettered where they stand under another."""
    return "\n".join(
        (f"{node.letter}. " if node.depth > 1 else "")
        + "\n".join(filter(None, (node.item.text, lettered(node.criteria))))
        for node in criteria
    )


def reached(result: Result) -> str:
    """The text of a result and the line of its attachments, as seed B prints them."""
    found = result.attachments
    lines = [result.reached or ""]
    if found is not None and found.pictures is not None:
        lines.append(f"Хавсралт нийт : {found.sum} Файл : {found.files} Зураг : {found.pictures}")
    elif found is not None:
        lines.append(f"Хавсралт : {found.files} файл")
    return "\n".join(lines)


def customs_rows(plan: PlanView) -> list[Row]:
    """The plan in the columns of seed A."""
    rows = []
    for objective in plan.all_objectives:
        rows.append([f"Зорилт {objective.number}. {objective.item.text}"])
        for node in objective.all_measures:
            outcome = node.item.outcome.text if node.item.outcome else ""
            rows.append([node.number, node.item.text, dashed(node.criteria), str(node.period), outcome])
    return rows


def govisumber_rows(report: ReportView) -> list[Row]:
    """The report in the columns of seed B."""
    rows = []
    for objective in report.plan.all_objectives:
        rows.append([f"{mongolian.cardinal(objective.index).upper()}. {objective.item.text}"])
        rows += [
            [
                str(node.serial),
                "",
                f"{node.number}. {node.item.text}",
                str(node.period),
                lettered(node.criteria),
                node.item.outcome.text if node.item.outcome else "",
                node.result.spent.printed if node.result.spent else "-",
                reached(node.result),
                node.result.grade or "",
            ]
            for node in objective.all_measures
        ]
    return rows


# --- data against seed -------------------------------------------------------------------------------------------


def test_customs_rows() -> None:
    """Every row of seed A stands in the customs plan, word for word."""
    assert_rows_equal(customs_rows(plan_view("customs-2024/plan.yaml")), customs().rows)


def test_customs_lines_around_the_table() -> None:
    """The lines above and below the table of seed A are made of the plan's own fields."""
    plan = plan_view("customs-2024/plan.yaml").item
    mark = plan.approval[0]
    assert mark.person is not None
    assert plan.issuer is not None
    seed = customs()
    assert seed.before == [
        mark.heading,
        mark.person.position,
        mark.person.rank,
        mark.person.name,
        f"{plan.owner.genitive_form} {plan.year} оны {plan.title}".upper(),
        f"/Хэрэгжүүлэх хугацаа {plan.period}/",
    ]
    assert seed.after == [plan.issuer.name.upper()]


def test_govisumber_rows() -> None:
    """Every row of seed B stands in the Govisümber plan and report, word for word."""
    assert_rows_equal(govisumber_rows(report_view("govisumber-2021/report.yaml")), govisumber().rows)


def test_govisumber_lines_above_the_table() -> None:
    """The three heading lines of seed B are title, owner and date of the report."""
    report = report_view("govisumber-2021/report.yaml")
    assert govisumber().before == [report.title, report.unit.name, str(report.item.as_of)]


def test_govisumber_report_holds_the_plan_beside_it() -> None:
    """The report's plan is the sample plan."""
    report = data.load(SAMPLES / "govisumber-2021/report.yaml", Report)
    assert report.plan == data.load(SAMPLES / "govisumber-2021/plan.yaml", Plan)


def test_govisumber_percents() -> None:
    """Twelve complete rows: eleven times 100 and once 70; the row that is cut off has none."""
    view = report_view("govisumber-2021/report.yaml")
    percents = [node.result.percent for node in view.plan.all_measures]
    assert sorted(filter(None, percents)) == [70, *[100] * 11]
    assert percents[-1] is None


def test_misspelt_words_and_double_spaces_stay() -> None:
    """What looks wrong in a seed is not mended."""
    plan = plan_view("govisumber-2021/plan.yaml")
    result = report_view("govisumber-2021/report.yaml").plan.all_measures[6].result
    assert "аян,  арга хэмжээг" in plan.all_measures[1].item.text
    assert "криминрлоги" in (result.reached or "")
    assert "6.\tАймгийн" in (result.reached or "")


@pytest.mark.parametrize("path", ["customs-2024/plan.yaml", "govisumber-2021/plan.yaml"])
def test_numbers_are_derived(path: str) -> None:
    """No number is typed in the sample plans, and none in front of a text."""
    for node in plan_view(path):
        assert node.item.number is None
        assert not node.item.text[0].isdigit()


# --- the comparison itself -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("seed", [customs(), govisumber()], ids=["customs", "govisumber"])
def test_every_deviation_is_needed(seed: Seed) -> None:
    """Without any one of its deviations a seed reads otherwise."""
    for at in range(len(seed.deviations)):
        fewer = (*seed.deviations[:at], *seed.deviations[at + 1 :])
        with pytest.raises(AssertionError):
            assert_rows_equal(replace(seed, deviations=fewer).rows, seed.rows)


def test_seed_shapes() -> None:
    """Seed A has three objectives over fifteen measures in five columns, seed B five over thirteen in nine."""
    a, b = customs(), govisumber()
    assert [len(row) for row in a.header] == [5, 5]
    assert sum(row[0].startswith("Зорилт ") for row in a.rows) == 3
    assert len(a.rows) == 3 + 15
    assert [len(row) for row in b.header] == [9]
    assert sum(len(row) == 1 for row in b.rows) == 5
    assert len(b.rows) == 5 + 13
    assert [row_name(row) for row in a.rows[-4:]] == ["3.3.1", "3.3.2", "3.3.3", "3.3.4"]
    serials = [int(row[0]) for row in b.rows if len(row) > 1]
    assert all(after - before == 1 for before, after in pairwise(serials))


@pytest.mark.parametrize(
    ("a", "b", "equal"),
    [
        pytest.param("нэг\nхоёр", "нэг хоёр", True, id="line-break-is-a-space"),
        pytest.param("нэг. \n\n  Хавсралт : 1", "нэг. Хавсралт : 1", True, id="spaces-around-a-break"),
        pytest.param(" нэг\n", "нэг", True, id="ends"),
        pytest.param("нэг  хоёр", "нэг хоёр", False, id="double-space-counts"),
        pytest.param("6.\tнэг", "6. нэг", False, id="tab-counts"),
        pytest.param("холобоотой", "холбоотой", False, id="letters-count"),
    ],
)
def test_normalised(a: str, b: str, equal: bool) -> None:
    """Only line breaks and ends are forgiven."""
    assert (normalised(a) == normalised(b)) is equal


@pytest.mark.parametrize(
    ("actual", "message"),
    [
        pytest.param([["1.1", "б", "", ""]], None, id="empty-cells-at-the-end"),
        pytest.param([["1.1", "в"]], r"row 1 \(1\.1\), cell 2", id="another-text"),
        pytest.param([["1.1", "б"], ["1.2", "в"]], "row 2: surplus", id="a-row-too-many"),
        pytest.param([], "row 1: missing", id="a-row-too-few"),
        pytest.param([["1.1", "б", "в"]], "cell 3", id="a-cell-too-many"),
    ],
)
def test_assert_rows_equal(actual: list[Row], message: str | None) -> None:
    """A difference is told with its row and cell."""
    if message is None:
        assert_rows_equal(actual, [["1.1", "б"]])
        return
    with pytest.raises(AssertionError, match=message):
        assert_rows_equal(actual, [["1.1", "б"]])


def test_a_deviation_must_fit() -> None:
    """A deviation that finds another text, or no row, is a fault and not passed over."""
    with pytest.raises(AssertionError, match="is not what"):
        mended([["1.1", "б"]], [Deviation("1.1", 1, "в", "г", "")])
    with pytest.raises(AssertionError, match="no such row"):
        mended([["1.1", "б"]], [Deviation("1.2", 1, "б", "г", "")])
    assert mended([["1.1", "а … б", "в"]], [Deviation("1.1", 1, "а … б", None, "")]) == [["1.1", "в"]]


def test_table_rows_of_a_document() -> None:
    """A merged cell gives its text once, in its first place."""
    table = Document().add_table(3, 3)
    for row in table.rows:
        for cell in row.cells:
            cell.text = "x"
    table.cell(0, 0).merge(table.cell(0, 2)).text = "НЭГ. Зорилт"
    table.cell(1, 0).merge(table.cell(2, 0)).text = "1\n2"
    assert table_rows(table) == [["НЭГ. Зорилт", "", ""], ["1\n2", "x", "x"], ["", "x", "x"]]


@pytest.mark.parametrize(
    ("name", "digest"),
    [
        ("plan_customs_2024.txt", "d70a61dac15237aa99c98fded6586adfaa45e05ae7cd48f37334ec4ae29ef74e"),
        ("report_govisumber_2021.txt", "d2890b761d1097ade94539ed9529401d9719685586710e160a39f87a7179cbec"),
    ],
)
def test_seed_files_are_as_they_came(name: str, digest: str) -> None:
    """The copies of the seeds are the files themselves, byte for byte: no editor may tidy them."""
    assert sha256((FOLDER / name).read_bytes()).hexdigest() == digest
