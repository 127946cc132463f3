"""A Mongolian run prints no English word: only names of commands, options, fields, files, codes and programs."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from planforge import data, filters, messages, syntax, templates, view, vocabulary
from planforge.cli import FORMATS, run
from planforge.errors import catalogue
from planforge.vocabulary import describe
from tests.bodies import docx
from tests.test_cli import PLAN, REPORT, commands
from tests.test_problems import HERE, problems_of

LATIN = re.compile(r"[A-Za-z][A-Za-z_]*")


def words(text: str) -> frozenset[str]:
    return frozenset(text.split())


PROGRAMS = words("""
    planforge Word Excel LibreOffice Python Dask Windows Ubuntu Debian Arial Liberation VS Code GitHub pip python pywin
    zlib brew apt sudo libreoffice font fonts fc chcp export C LC_ALL TEMP TMPDIR PLANFORGE_LANG www
""")
FORMS = words("""
    PDF YAML JSON SARIF XML ZIP DOCX DOCTYPE PNG JPEG GIF UTF NFC VBA ActiveX MiB Schema tcp http https mailto docx json
    jsonl yaml xlsx ods zip png PF PFxx xx U Ctrl Shift Tab B F FF FFCC
""")
WORD = words("""
    Document Developer Template Normal field section break customs govisumber File Info Protect Workbook Format Cells
    Number Unmerge Filter
""")
"""What Word, Excel and files of samples are called in messages, as a person finds them."""
CODE = words("""
    Image RichText Supervisor supervisor distributed scheduler worker main__ name__ install uninstall auto else each for
    if in lines body text page width rows columns sections merge unit units evaluation total dask portrait landscape en
    mn name id red object plan report layout space stag tiitle pydantic module Model GOV MOF ANY items sections half_up
    cut html dates xls CSV scale Text unfinished all none model Optional open
    import
""")
"""Keys of layouts, words of Python, values of options, and what the smallest cases hold."""


def names() -> frozenset[str]:
    """The names of fields, commands, filters, statements and formats."""
    roots = [f.type for f in view.names().values() if isinstance(f.type, vocabulary.Record)]
    records = [*vocabulary.reachable(*roots), *vocabulary.reachable(*map(describe, vocabulary.KINDS.values()))]
    fields = {name for record in records for name in (*record.names(), *record.names(data=True))}
    paths = {word for path, _ in commands("en") for word in path.split()}
    known = {
        *fields,
        *paths,
        *syntax.KEYWORDS,
        *FORMATS,
        *view.LEVELS,
        *view.names(),
        *(f.name for f in filters.FILTERS),
        *templates.names(),
    }
    return frozenset(word for name in known for word in LATIN.findall(name))


ALLOWED = PROGRAMS | FORMS | WORD | CODE | names()


def foreign(text: str) -> list[str]:
    """The words of a text that are in Latin letters, what it quotes and what is typed as it stands left out."""
    text = re.sub(r"\{\{.*?\}\}|\{%.*?%\}|\{\w+\}|«[^»]*»|`[^`]*`", " ", text)
    text = re.sub(r"--?[a-z][\w-]*|(?m:^ *planforge .*$)|[\w/-]+\.(?:docx|yaml|json|org|jsonl|xlsx)\b", " ", text)
    return [word for word in LATIN.findall(text) if word not in ALLOWED]


@pytest.mark.parametrize("path", [path for path, _ in commands("mn")])
def test_help(path: str) -> None:
    """The help of every command."""
    assert foreign(dict(commands("mn"))[path].get_help()) == []


def test_catalogue_and_phrases() -> None:
    """The texts of every problem, and what commands say."""
    phrases = [words for table in (messages.PHRASES, messages.WORDS, messages.GROUPS) for words, _ in table.values()]
    texts = [text for entry in catalogue().values() for text in (entry.message.mn, entry.hint.mn)]
    assert [(text, foreign(text)) for text in (*texts, *phrases) if foreign(text)] == []


def test_the_rule_finds_english() -> None:
    """The rule is one that an English sentence breaks."""
    assert foreign("алдаа: unexpected end of file «x» {{ plan }}") == ["unexpected", "end", "of", "file"]


CASES = [
    code
    for code, entry in catalogue().items()
    if ("data" in entry.case or HERE & set(entry.case)) and not {"builder", "checked_builder"} & set(entry.case)
]


@pytest.mark.parametrize("code", CASES)
def test_problems(code: str, tmp_path: Path) -> None:
    """Problems with their places and what fills them, of every smallest case that a line can show."""
    case = catalogue()[code].case
    found = [*problems_of(case, tmp_path)] if HERE & set(case) else [*data.parse(case["data"].encode()).problems]
    texts = [text for p in found for text in (p.message("mn"), p.hint("mn"), p.place.describe("mn") if p.place else "")]
    assert [(text, foreign(text)) for text in texts if foreign(text)] == []


RUNS = [
    ["check", "plan.yaml", "bad.docx"],
    ["check", "bad.docx", "--format", "table"],
    ["check", "bad.docx", "--format", "short"],
    ["render", "plan.yaml", "report.yaml", "no.yaml"],
    ["explain"],
    ["explain", "PF201"],
    ["templates", "list"],
    ["new", "plan", "new.yaml"],
    ["demo"],
    ["fields"],
    ["layout", "new", "new-layout.yaml"],
    ["chekc"],
    ["check", "--jsn"],
]


@pytest.mark.parametrize("args", RUNS, ids=" ".join)
def test_runs(
    args: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """What commands print, on both streams."""
    monkeypatch.chdir(tmp_path)
    Path("plan.yaml").write_text(PLAN, encoding="utf-8")
    Path("report.yaml").write_text(REPORT, encoding="utf-8")
    Path("bad.docx").write_bytes(docx("{{ plan.titel }}\n5 дүгээр\n{ plan.title }"))
    run(["--lang", "mn", *args])
    told = capsys.readouterr()
    assert told.out or told.err
    assert foreign(told.out + told.err) == []
