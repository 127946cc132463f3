"""A Mongolian run prints no English word: only names of commands, options, fields, files, codes and programs."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable
from decimal import Decimal
from pathlib import Path
from typing import Annotated, Literal

import pytest
from pydantic import AfterValidator, BaseModel, Field

from planforge import check, data, filters, messages, opc, syntax, templates, view, vocabulary
from planforge.cli import FORMATS, run
from planforge.errors import DataError, DocumentError, Problem, TemplateError, catalogue
from planforge.schemas import Models
from planforge.vocabulary import describe
from tests import packages
from tests.bodies import docx
from tests.test_cli import PLAN, REPORT, commands
from tests.test_problems import HERE, problems_of

LATIN = re.compile(r"[A-Za-z][A-Za-z_]*")


def words(text: str) -> frozenset[str]:
    return frozenset(text.split())


PROGRAMS = words("""
    planforge Word Excel Office PowerPoint LibreOffice Python Dask Windows Ubuntu Debian Arial Liberation VS Code GitHub pip python pywin
    zlib brew apt sudo libreoffice font fonts fc chcp export C LC_ALL TEMP TMPDIR PYTHONUTF PLANFORGE_LANG www
""")
FORMS = words("""
    PDF YAML JSON SARIF XML ZIP DOCX DOCTYPE PNG JPEG GIF UTF NFC VBA ActiveX MiB Schema tcp http https mailto docx json
    jsonl yaml xlsx OLE VML SVG ZIP64 OpenDocument odt ods dotx doc ods zip png PF PFxx xx U Ctrl Shift Tab B F FF FFCC
""")
WORD = words("""
    Document Developer Template Normal field section break customs govisumber File Info Protect Workbook Format Cells
    Number Unmerge Filter mail merge Mailings Start Mail Merge
""")
"""What Word, Excel and files of samples are called in messages, as a person finds them."""
CODE = words("""
    Image RichText Supervisor supervisor distributed scheduler worker main__ name__ install uninstall auto else each for
    if in lines body text page width rows columns sections merge unit units evaluation total dask portrait landscape en
    mn name id red object plan report layout space stag tiitle pydantic module Model GOV MOF ANY items sections half_up
    cut html dates xls CSV scale Text unfinished all none model Optional open
    import invoice Invoice
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
    if ("data" in entry.case or HERE & set(entry.case)) and not set(entry.case) & {"builder", "checked_builder"}
]


def told(problems: Iterable[Problem]) -> list[tuple[str, list[str]]]:
    """The Mongolian texts of problems that hold words of English, with them."""
    texts = [
        text for p in problems for text in (p.message("mn"), p.hint("mn"), p.place.describe("mn") if p.place else "")
    ]
    return [(text, foreign(text)) for text in texts if foreign(text)]


@pytest.mark.parametrize("code", CASES)
def test_problems(code: str, tmp_path: Path) -> None:
    """Problems with their places and what fills them, of every smallest case that a line can show."""
    case = catalogue()[code].case
    found = [*problems_of(case, tmp_path)] if HERE & set(case) else [*data.parse(case["data"].encode()).problems]
    assert told(found) == []


@pytest.mark.parametrize("name", packages.BUILDERS)
def test_broken_packages(name: str) -> None:
    """Whatever is wrong with a file; what it calls itself is its own."""
    quoted = [
        Problem(
            p.code,
            None,
            {key: f"«{said}»" if key in _OF_FILE and isinstance(said, str) else said for key, said in p.args.items()},
        )
        for p in check(packages.BUILDERS[name]())
    ]
    assert told(quoted) == []


_OF_FILE = ("target", "type", "kind", "field", "name", "what")


def test_system_refusals(tmp_path: Path) -> None:
    """Why the system does not give a file, which it says in English."""
    found = check(tmp_path / f"{'x' * 5_000}.docx") + check(f"{tmp_path}/a\0.docx")
    assert [p.code for p in found] == ["PF253", "PF253"]
    assert told(Problem(p.code, None, p.args) for p in found) == []


XML = (
    "<a>\n\n<b></a>", "<a", "<a><b>", "<a x='1' x='2'/>", "<a:b/>", "<a>&x;</a>", "<a>\x01</a>", "", "<a/><b/>", "text",
    "<a x=1/>", "<a>&#1;</a>", "<a><b/></a></c>", '<a xmlns:x=""/>', "<a x='<'/>", "<a>]]></a>", "<a><!-- -- --></a>",
    "<a b></a>", "<1/>", "<a>&;</a>", "<?xml version='1.0' encoding='foo'?><a/>", "<a><:b/></a>",
)  # fmt: skip


@pytest.mark.parametrize("xml", XML)
def test_broken_xml(xml: str) -> None:
    """What a parser of XML says in English; what it names is quoted, and names are not left open."""
    with pytest.raises(DocumentError) as caught:
        opc.parse_xml(xml.encode())
    assert told(caught.value.problems) == []
    assert "{" not in caught.value.format("mn")


class Odd:
    """No type that pydantic knows."""


class Undefined(BaseModel):
    """A field of a class that is nowhere."""

    x: Nowhere  # type: ignore[name-defined]  # noqa: F821


SCHEMAS: dict[str, object] = {"module": os.path, "number": 5, "class": Odd, "undefined": Undefined}


@pytest.mark.parametrize("schema", SCHEMAS.values(), ids=SCHEMAS)
def test_no_schema(schema: object) -> None:
    """What pydantic says in English of what is no schema; the English text ends with one full stop."""
    with pytest.raises(TemplateError) as caught:
        Models({"x": schema})
    assert told(caught.value.problems) == []
    assert ".." not in caught.value.format("en")


class Demanding(BaseModel):
    """Each field is demanded something that its value lacks."""

    a: str = Field(min_length=2)
    b: int = Field(gt=5)
    c: str = Field(pattern="^x$")
    d: list[int] = Field(min_length=1)
    e: Literal["у", "х"]
    f: Decimal = Field(max_digits=2)
    g: Annotated[str, AfterValidator(lambda value: int("я"))]


def test_refused_values() -> None:
    """What pydantic's validators say in English; what the author of a schema wrote stays as it is."""
    values = {"a": "а", "b": 1, "c": "у", "d": [], "e": "я", "f": "123", "g": ""}
    with pytest.raises(DataError) as caught:
        Models({"x": Demanding}).frozen({"x": values}, frozenset())
    assert [p.code for p in caught.value.problems] == ["PF781"] * 7
    *own, authors = caught.value.problems
    assert told(Problem(p.code, None, p.args) for p in own) == []
    assert "invalid literal" in authors.message("mn")


SIGNS = {"1/0": "/", "1 // 0": "//", "2*3": "*", "2 % 3": "%", "2**3": "**", "-plan.year": "-", "+1": "+", "{}": "{…}"}


@pytest.mark.parametrize(("expression", "sign"), SIGNS.items())
def test_operations_are_named_by_their_signs(expression: str, sign: str) -> None:
    """Not by the names that Jinja has for them."""
    (problem,) = check(docx(f"{{{{ {expression} }}}}"))
    assert (problem.message("mn"), problem.message("en")) == (
        f"Загварт хориглосон зүйл байна: «{sign}» үйлдэл.",
        f"Templates may not hold the operation “{sign}”.",
    )


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
    printed = capsys.readouterr()
    assert printed.out or printed.err
    assert foreign(printed.out + printed.err) == []
