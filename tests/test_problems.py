"""Law 6: every problem code has both languages, a smallest case that triggers it, and a line in docs/problems.md."""

from __future__ import annotations

import re
import sys
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from planforge import Template, check, errors, load
from planforge.errors import PlanforgeError, Problem, catalogue
from planforge.rules import unprinted
from tests import faults, problem_docs, tasks
from tests.bodies import docx

ROOT = Path(__file__).parent.parent
CYRILLIC = re.compile("[А-Яа-яЁёӨөҮү]")


@pytest.mark.parametrize("code", list(catalogue()))
def test_both_languages(code: str) -> None:
    """A message, its hint and its reason stand in both languages, with the same arguments."""
    entry = catalogue()[code]
    assert re.fullmatch(r"PF\d{3}", code)
    assert CYRILLIC.search(entry.message.mn)
    assert entry.message.en
    assert entry.hint.mn
    assert entry.hint.en
    assert CYRILLIC.search(entry.why.mn)
    assert entry.why.en
    for words in (entry.message, entry.hint):
        fields = [set(re.findall(r"(?<!\{)\{(\w+)\}", text)) for text in (words.mn, words.en)]
        assert fields[0] == fields[1]
    assert entry.case, "a smallest case is missing"


def test_entries_are_read_alone_as_in_their_file() -> None:
    """The catalogue parses an entry when it is asked for: what the whole file says of it."""
    whole = tomllib.loads((Path(errors.__file__).parent / "problems.toml").read_text(encoding="utf-8"))
    assert list(catalogue()) == list(whole)
    for code, entry in catalogue().items():
        said = {"severity": entry.severity, "mn": entry.message.mn, "en": entry.message.en, "case": entry.case}
        said |= {"hint_mn": entry.hint.mn, "hint_en": entry.hint.en, "why_mn": entry.why.mn, "why_en": entry.why.en}
        assert {name: value for name, value in said.items() if value} == whole[code]


def test_every_code_in_the_source_is_in_the_catalogue() -> None:
    """The code raises no problem that the catalogue does not know, and the catalogue holds none that nobody raises."""
    source = "\n".join(p.read_text(encoding="utf-8") for p in (ROOT / "planforge").glob("*.py"))
    used = set(re.findall(r"\"(PF\d{3})\"", source))
    assert used == set(catalogue())


def test_the_page_is_fresh() -> None:
    """docs/problems.md is what the catalogue says; write it anew with `python -m tests.problem_docs`."""
    assert (ROOT / "docs" / "problems.md").read_text(encoding="utf-8") == problem_docs.page()


def problems_of(case: Mapping[str, Any], folder: Path) -> tuple[Problem, ...]:
    """What the smallest case of a template, of data in a template, of output or of reading gives."""
    try:
        if "checked" in case or "checked_builder" in case:
            source = docx(case["checked"]) if "checked" in case else faults.CHECKED[case["checked_builder"]]()
            return check(source, data=load(case["data"].encode()) if "data" in case else None)
        if "form" in case:
            return tuple(unprinted(Template.open(docx(case["form"])), load(case["data"].encode())))
        if "template" in case and "data" in case:
            Template.open(docx(case["template"])).render(load(case["data"].encode()))
        elif "template" in case:
            Template.open(docx(case["template"]))
        elif "untyped" in case:
            Template.open(docx(case["untyped"]), schema=None).render(
                {"object": object()} if "object" in case["untyped"] else {}
            )
        else:
            told = faults.BUILDERS[case["builder"]](folder)
            return told if isinstance(told, tuple) else ()
    except PlanforgeError as error:
        return error.problems
    return ()


HERE = {"template", "form", "untyped", "builder", "checked", "checked_builder"}
ELSEWHERE = {"data", "file", "package", "path", "office", "layout", "command", "doctor", "task", "evaluate"}
ELSEWHERE |= {"workbook", "csv", "book"}
"""Cases that other tests run: of data files, packages, PDFs, layouts, commands, workers, evaluations, workbooks."""


@pytest.mark.parametrize("code", [c for c, e in catalogue().items() if HERE & set(e.case)])
def test_smallest_case(code: str, tmp_path: Path) -> None:
    """The smallest case triggers its code, and formats in both languages."""
    if code == "PF777" and not tasks.limited():
        pytest.skip("the system limits no memory")
    if sys.platform == "win32" and code in ("PF750", "PF754"):
        pytest.skip("links need rights there, and file names are Unicode")
    if code == "PF775":
        pytest.importorskip("distributed", exc_type=ImportError)
    found = problems_of(catalogue()[code].case, tmp_path)
    assert code in [p.code for p in found]
    for problem in found:
        assert problem.format("mn")
        assert problem.format("en")


@pytest.mark.parametrize("code", list(catalogue()))
def test_case_is_run(code: str) -> None:
    """Every case is of a kind that some test runs."""
    assert set(catalogue()[code].case) & (ELSEWHERE | HERE)
