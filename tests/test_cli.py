"""The command line: exit codes, streams, files, both languages. `python -m tests.test_cli` writes docs/cli.md."""

from __future__ import annotations

import builtins
import json
import os
import re
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from datetime import date
from functools import partial
from pathlib import Path
from typing import Any, Literal

import click
import pytest

from planforge import (
    cli,
    data,
    evaluate,
    inspection,
    layout,
    messages,
    office,
    palette,
    reader,
    render,
    templates,
    yaml_writer,
)
from planforge.console import Console
from planforge.errors import Lang, catalogue
from planforge.evaluation import MOF8
from planforge.model import Plan, Report
from tests.bodies import docx, outline

ROOT = Path(__file__).parent.parent
CYRILLIC = re.compile("[А-Яа-яӨөҮүЁё]")
LANGS: tuple[Lang, Lang] = ("mn", "en")

PLAN = """\
planforge: plan/1
title: Авлигын эсрэг төлөвлөгөө
year: 2024
owner: Гаалийн байгууллага
defaults: {period: Жилдээ}
measures:
- text: Сургалт зохион байгуулах
  criteria: Сургалтын тоо
- text: Мэдээлэл түгээх
  criteria: Мэдээллийн тоо
"""
REPORT = """\
planforge: report/1
plan: plan.yaml
results:
  1: {reached: Хийсэн, percent: 100}
  2: {reached: Хийсэн, percent: 100}
"""
LAYOUT = """\
layout: own
body:
- title: "{{ plan.title }}"
- table: {columns: [{№: measure.number}, {Арга хэмжээ: measure.text}]}
"""
FORM = (
    "{{ plan.title }} {{ plan.owner }}\n"
    "{%p for m in plan.all_measures %}\n{{ m.number }}. {{ m.text }} {{ m.criteria | join }}\n{%p endfor %}"
)
DATED = '{{ today | date("2021.10.15") }}'


@pytest.fixture(scope="session")
def files() -> dict[str, bytes]:
    """What the folder of a test holds, by name."""
    form = docx(FORM)
    made = render.Template.open(form).render(data.load(PLAN.encode()))
    return {
        "plan.yaml": PLAN.encode(),
        "report.yaml": REPORT.encode(),
        "b/plan.yaml": PLAN.encode(),
        "layout.yaml": LAYOUT.encode(),
        "form.docx": form,
        "dated.docx": docx(DATED),
        "broken.docx": docx("{{ plan.titel }}"),
        "made.docx": made,
    }


@pytest.fixture
def folder(tmp_path: Path, files: dict[str, bytes], monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with a plan, a report, a layout, templates and a document, where the test now is."""
    for name, content in files.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_bytes(content)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PLANFORGE_LANG", "en")
    return tmp_path


class Ran:
    """What a command left: exit code, streams as text."""

    def __init__(self, code: int, out: str, err: str) -> None:
        self.code, self.out, self.err = code, out, err

    def __repr__(self) -> str:
        return f"exit {self.code}\n--- stdout\n{self.out}\n--- stderr\n{self.err}"


Run = Callable[..., Ran]


@pytest.fixture
def run(folder: Path, capsys: pytest.CaptureFixture[str]) -> Run:
    """Runs a command in this process."""

    def call(*args: str) -> Ran:
        code = cli.run(list(args))
        captured = capsys.readouterr()
        return Ran(code, captured.out, captured.err)

    return call


def spawn(*args: str, **settings: Any) -> subprocess.CompletedProcess[bytes]:
    """Runs `planforge` as a process of its own, in English unless said otherwise."""
    start = settings.pop("start", ["-m", "planforge"])
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "PLANFORGE_LANG": "en", **settings.pop("env", {})}
    command = [sys.executable, *start, *args]
    return subprocess.run(
        command, env=environment, timeout=60, check=False, **{"capture_output": "stdout" not in settings, **settings}
    )


# --- two languages -------------------------------------------------------------------------------------------------


def commands(lang: Lang) -> Iterator[tuple[str, click.Context]]:
    """Every command with its context, the program first."""

    def walk(path: str, command: click.Command, parent: click.Context | None) -> Iterator[tuple[str, click.Context]]:
        name = path.rpartition(" ")[2] or "planforge"
        ctx = click.Context(command, info_name=name, parent=parent, terminal_width=78)
        yield path, ctx
        for child in command.commands.values() if isinstance(command, click.Group) else ():
            yield from walk(f"{path} {child.name}".strip(), child, ctx)

    return walk("", cli.program(lang), None)


def explained(lang: Lang) -> dict[str, str]:
    """Every text of help by what it is about."""
    texts: dict[str, str] = {}
    for path, ctx in commands(lang):
        texts[path] = ctx.command.help or ""
        for param in ctx.command.params:
            about = param.explained if isinstance(param, cli.Argument) else getattr(param, "help", None)
            texts[f"{path} · {param.name}"] = about or ""
            if isinstance(param.metavar, str):
                texts[f"{path} · {param.name} · metavar"] = param.metavar
    return texts


def test_every_command_and_option_is_explained_in_mongolian() -> None:
    """Mongolian help exists for each and contains Cyrillic letters."""
    assert {about for about, text in explained("mn").items() if not CYRILLIC.search(text)} == set()


def test_every_command_and_option_is_explained_in_english() -> None:
    """English help exists for each and contains none."""
    assert explained("en").keys() == explained("mn").keys()
    assert {about for about, text in explained("en").items() if not text or CYRILLIC.search(text)} == set()


@pytest.mark.parametrize("table", ["HELP", "WORDS", "PHRASES"])
def test_tables_have_both_languages(table: str) -> None:
    """Each entry differs by script, and both take the same arguments."""
    for key, (mn, en) in getattr(messages, table).items():
        if key != "not_made":
            assert CYRILLIC.search(mn), key
        assert not CYRILLIC.search(en), key
        assert sorted(re.findall(r"{\w*}", mn)) == sorted(re.findall(r"{\w*}", en)), key


def test_help_pages_have_no_word_of_the_other_language() -> None:
    """A Mongolian page has none of click's headings; an English page no Cyrillic at all."""
    for _, ctx in commands("mn"):
        page = ctx.get_help()
        assert not re.search("Usage|Options|Arguments|Commands|Show|OPTIONS|ARGS|default|required", page), page
    for _, ctx in commands("en"):
        assert not CYRILLIC.search(ctx.get_help())


def test_no_help_text_is_left_over() -> None:
    """Every entry of the table of help is used."""
    used = set(explained("en").values())
    assert {key for key, (_, en) in messages.HELP.items() if en not in used} == set()


@pytest.mark.parametrize(
    ("environment", "lang"),
    [
        pytest.param({}, "en", id="nothing"),
        pytest.param({"LANG": "mn_MN.UTF-8"}, "mn", id="LANG"),
        pytest.param({"LANG": "mn_MN.UTF-8", "LC_ALL": "C.UTF-8"}, "en", id="LC_ALL-first"),
        pytest.param({"LANG": "de_DE", "LC_MESSAGES": "mn"}, "mn", id="LC_MESSAGES-before-LANG"),
        pytest.param({"LC_ALL": "", "LANG": "mn_MN"}, "mn", id="empty-is-unset"),
        pytest.param({"LANG": "mn_MN", "PLANFORGE_LANG": "en"}, "en", id="own-first"),
        pytest.param({"LANG": "mn_MN", "PLANFORGE_LANG": "fr"}, "mn", id="unknown-own"),
        pytest.param({"PLANFORGE_LANG": " MN "}, "mn", id="own-loosely"),
    ],
)
@pytest.mark.skipif(sys.platform == "win32", reason="Windows asks the system")
def test_system_language(environment: dict[str, str], lang: str) -> None:
    """The language that the surroundings ask for."""
    assert cli.system_language(environment) == lang


@pytest.mark.parametrize(
    "args",
    [
        pytest.param(["--lang", "mn", "check", "nofile.yaml"], id="before"),
        pytest.param(["check", "--lang", "mn", "nofile.yaml"], id="after-the-command"),
        pytest.param(["check", "nofile.yaml", "--lang=mn"], id="at-the-end"),
        pytest.param(["--lang", "en", "check", "nofile.yaml", "--lang=mn"], id="last-wins"),
    ],
)
def test_lang_is_honoured_anywhere(run: Run, args: list[str]) -> None:
    """`--lang` counts wherever it stands."""
    ran = run(*args)
    assert (ran.code, "файл олдсонгүй" in ran.out, "0 анхааруулга, 1 алдаа." in ran.err) == (1, True, True), ran


def test_lang_after_two_dashes_is_a_file(run: Run) -> None:
    """What stands behind `--` is no option."""
    ran = run("check", "--", "--lang", "mn")
    assert "“mn”" in ran.out
    assert "“--lang”" in ran.out


@pytest.mark.parametrize("args", [["--lang"], ["check", "x", "--lang"], ["--lang", "de", "check", "x"], ["--lang=de"]])
def test_wrong_lang_is_refused(run: Run, args: list[str]) -> None:
    """A language that planforge does not speak is wrong use."""
    ran = run(*args)
    assert (ran.code, "--lang" in ran.err, ran.out) == (2, True, "")


# --- the catalogue's cases -----------------------------------------------------------------------------------------

CASES = [code for code, entry in catalogue().items() if "command" in entry.case]
WRONG_USE = {
    c
    for c in CASES
    if "PF710" <= c <= "PF727"
    or c in ("PF194", "PF234", "PF707", "PF731", "PF732", "PF767", "PF773", "PF778", "PF779", "PF783", "PF785")
} - {"PF720"}


def test_every_code_of_the_command_line_has_a_case() -> None:
    """PF710 to PF739 have a command that triggers them."""
    assert {code for code in catalogue() if "PF710" <= code <= "PF739"} <= set(CASES)


@pytest.mark.parametrize("lang", LANGS)
@pytest.mark.parametrize("code", CASES)
def test_catalogue_case(code: str, lang: Lang, folder: Path) -> None:
    """The smallest case gives its code and exit code, in the language asked for, without a traceback."""
    case = catalogue()[code].case
    if set(case) - {"command", "refusal"} and sys.platform == "win32":
        pytest.skip("POSIX only")
    out, exit_code = in_a_process(["--lang", lang, *case["command"]], case, folder)
    out = re.sub(r"\x1b\[\d*m", "", out)
    assert f" {code}: " in out
    assert "Traceback" not in out
    assert bool(CYRILLIC.search(out.partition(f"{code}: ")[2].partition("\n")[0])) is (lang == "mn")
    assert exit_code == (2 if code in WRONG_USE else 0 if code == "PF467" else 1)


REFUSING = """
import click, planforge.cli
def refuse(*args): raise click.UsageError({refusal!r})
click.Command.parse_args = refuse
planforge.cli.main()
"""


def in_a_process(args: list[str], case: Any, folder: Path) -> tuple[str, int]:
    """Both streams and the exit code of a case, with the surroundings it asks for."""
    if case.get("terminal"):
        return on_a_terminal(args, folder)
    settings: dict[str, Any] = {"cwd": folder}
    if case.get("folder") == "removed":
        gone = folder / "gone"
        gone.mkdir()
        settings = {"preexec_fn": partial(step_into_nothing, gone)}
    if "refusal" in case:
        settings["start"] = ["-c", REFUSING.format(refusal=case["refusal"])]
    if case.get("stdin") == "closed":
        settings["preexec_fn"] = partial(close, 0)
    if "stdout" in case:
        with Path(case["stdout"]).open("wb") as stream:
            ran = spawn(*args, stdout=stream, stderr=subprocess.PIPE, **settings)
    else:
        ran = spawn(*args, **settings)
    return ((ran.stdout or b"") + ran.stderr).decode(), ran.returncode


def step_into_nothing(folder: Path) -> None:
    """The current folder is one that no longer exists."""
    os.chdir(folder)
    folder.rmdir()


def close(*streams: int) -> None:
    """Closes streams before the program starts."""
    for stream in streams:
        os.close(stream)


def on_a_terminal(args: list[str], folder: Path, **environment: str) -> tuple[str, int]:
    """What a terminal shows, and the exit code."""
    import pty

    master, slave = pty.openpty()
    env = {**os.environ, "PYTHONPATH": str(ROOT), "PLANFORGE_LANG": "en", "TERM": "xterm", **environment}
    child = subprocess.Popen(
        [sys.executable, "-m", "planforge", *args], cwd=folder, env=env, stdin=slave, stdout=slave, stderr=slave
    )
    os.close(slave)
    shown = b""
    try:
        while chunk := os.read(master, 65536):
            shown += chunk
    except OSError:  # Linux says EIO when the other side has closed
        pass
    os.close(master)
    return shown.decode().replace("\r\n", "\n"), child.wait(60)


# --- wrong use -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("lang", LANGS)
@pytest.mark.parametrize(
    ("args", "found", "advice"),
    [
        pytest.param(["chekc", "x"], "“chekc”", "“check”", id="command"),
        pytest.param(["templates", "lisst"], "“lisst”", "“list”", id="command-of-a-group"),
        pytest.param(["xyzzy"], "“xyzzy”", "planforge --help", id="command-far-from-any"),
        pytest.param(["render", "--outptu", "x", "y"], "“--outptu”", "“--output”", id="option"),
        pytest.param(["render", "-q", "y"], "“-q”", "planforge render --help", id="short-option"),
        pytest.param(["--jsn", "check", "x"], "“--jsn”", "planforge --help", id="option-of-the-program"),
        pytest.param(["render"], "FILE", "planforge render", id="no-file"),
        pytest.param(["templates", "copy", "plan"], "OUT", "planforge templates copy", id="no-output"),
        pytest.param(["read", "a", "b", "c"], "“b c”", "planforge read", id="too-much"),
        pytest.param(["read", "a", "--keys", "fr"], "--keys", "en, mn", id="keys"),
        pytest.param(["new", "layout"], "“layout”", "plan, report", id="kind"),
        pytest.param(["render", "a", "--today", "tomorrow"], "“tomorrow”", "2024.03.20", id="date"),
        pytest.param(["render", "a", "-t"], "-t", "-t …", id="value"),
        pytest.param(["render", "a", "--no-embed=1"], "--no-embed", "--no-embed", id="no-value"),
    ],
)
def test_wrong_use(run: Run, args: list[str], found: str, advice: str, lang: Lang) -> None:
    """A wrong command line is exit code 2: what was found and what to do, on stderr, never in click's words."""
    ran = run(*args, "--lang", lang)
    first, _, rest = ran.err.partition("\n")
    if lang == "en":
        assert found in first
        assert advice in rest
    else:
        assert CYRILLIC.search(first)
        assert "Error" not in ran.err
    assert (ran.code, ran.out, "PF718" in ran.err) == (2, "", False)


@pytest.mark.parametrize("args", [[], ["templates"]], ids=["program", "group"])
def test_without_a_command_there_is_help(run: Run, args: list[str]) -> None:
    """No command at all is wrong use that deserves help, on stderr."""
    ran = run(*args)
    assert (ran.code, ran.out, "Commands:" in ran.err) == (2, "", True)


@pytest.mark.parametrize("option", ["-h", "--help"])
@pytest.mark.parametrize("path", [path for path, _ in commands("en")])
def test_help_goes_to_stdout(run: Run, path: str, option: str) -> None:
    """Help that was asked for is data, and needs no argument."""
    ran = run(*path.split(), option)
    assert (ran.code, ran.err, "Usage: planforge" in ran.out) == (0, "", True)


def test_version(run: Run) -> None:
    """One line, on stdout."""
    ran = run("--version")
    assert (ran.code, ran.err, ran.out) == (0, "", "planforge 0.1.0\n")


# --- render --------------------------------------------------------------------------------------------------------


def test_render_beside_the_data(run: Run, folder: Path) -> None:
    """Without -o the document lies beside its data; its name is data, the summary a message."""
    ran = run("render", "b/plan.yaml", "-t", "form.docx")
    assert (ran.code, ran.out) == (0, f"{Path('b', 'plan.docx')}\n")
    assert ran.err.endswith("1 file, 0 warnings, 0 errors.\n")
    assert "1. Сургалт зохион байгуулах" in outline((folder / "b" / "plan.docx").read_bytes())


@pytest.mark.parametrize(
    ("args", "made"),
    [
        pytest.param(["plan.yaml", "-o", "new.docx"], ["new.docx"], id="file"),
        pytest.param(["plan.yaml", "-o", "b"], ["b/plan.docx"], id="folder-that-exists"),
        pytest.param(["plan.yaml", "-o", "c/d"], ["c/d/plan.docx"], id="folder-made"),
        pytest.param(["plan.yaml", "-o", "v1.0/"], ["v1.0/plan.docx"], id="folder-with-a-slash"),
        pytest.param(["plan.yaml", "report.yaml", "-o", "out"], ["out/plan.docx", "out/report.docx"], id="several"),
        pytest.param(["plan.yaml", "./plan.yaml"], ["plan.docx"], id="one-file-named-twice"),
        pytest.param(["[pr]*.yaml", "-o", "out"], ["out/plan.docx", "out/report.docx"], id="pattern"),
        pytest.param(["**/plan.yaml", "-o", "new.docx", "b/plan.yaml"], [], id="clash"),
    ],
)
def test_render_output(run: Run, folder: Path, args: list[str], made: list[str]) -> None:
    """-o is a file for one input and a folder for several."""
    before = set(folder.rglob("*.docx"))
    ran = run("render", "-t", "form.docx", *args)
    assert sorted(str(p.relative_to(folder).as_posix()) for p in set(folder.rglob("*.docx")) - before) == made
    assert sorted(line.replace(os.sep, "/") for line in ran.out.split()) == made
    assert ran.code == (0 if made else 2)


def test_nothing_is_written_when_two_would_meet(run: Run, folder: Path) -> None:
    """Two inputs with one output are refused before the first is rendered, also if only letter case parts them."""
    (folder / "PLAN.json").write_text('{"planforge": "plan/1"}', encoding="utf-8")
    for second in ("b/plan.yaml", "PLAN.json"):
        ran = run("render", "report.yaml", "plan.yaml", second, "-t", "form.docx", "-o", "out")
        assert (ran.code, "PF721" in ran.err) == (2, True)
        assert not (folder / "out").exists()


@pytest.mark.parametrize(
    "args",
    [
        pytest.param(["plan.yaml", "-t", "form.docx", "-o", "form.docx"], id="template"),
        pytest.param(["plan.yaml", "-t", "form.docx", "-o", "./plan.yaml"], id="data"),
        pytest.param(["form.yaml", "-t", "form.docx"], id="template-by-default"),
    ],
)
def test_sources_are_not_replaced(run: Run, folder: Path, files: dict[str, bytes], args: list[str]) -> None:
    """What a document is made from is never its output."""
    (folder / "form.yaml").write_text(PLAN, encoding="utf-8")
    ran = run("render", *args)
    assert (ran.code, "PF722" in ran.err) == (2, True)
    assert (folder / "form.docx").read_bytes() == files["form.docx"]
    assert (folder / "plan.yaml").read_bytes() == files["plan.yaml"]


def test_one_bad_file_does_not_stop_the_others(run: Run, folder: Path) -> None:
    """The good ones are made, the bad one leaves nothing, and the exit code says so."""
    (folder / "bad.yaml").write_text("planforge: plan/1\ntitle: Т\n", encoding="utf-8")
    ran = run("render", "bad.yaml", "nofile.yaml", "plan.yaml", "-t", "form.docx", "-o", "out")
    assert ran.code == 1
    assert ran.out == f"{Path('out', 'plan.docx')}\n"
    assert [p.name for p in (folder / "out").iterdir()] == ["plan.docx"]
    assert "bad.yaml: no document was made" in ran.err
    assert ran.err.endswith("3 files, 0 warnings, 3 errors.\n"), ran


def test_a_broken_template_is_told_once(run: Run, folder: Path) -> None:
    """A template is compiled once, however many files want it."""
    ran = run("render", "plan.yaml", "report.yaml", "-t", "broken.docx", "-o", "out")
    assert (ran.code, ran.out, ran.err.count("PF205")) == (1, "", 1)
    assert not (folder / "out").exists()


@pytest.mark.parametrize(
    ("template", "code"),
    [
        pytest.param("paln", "PF229", id="misspelt-name"),
        pytest.param("nofile.docx", "PF250", id="missing-file"),
        pytest.param("b/", "PF251", id="folder"),
        pytest.param("plan.yaml", "PF255", id="not-a-document"),
    ],
)
def test_wrong_template(run: Run, template: str, code: str) -> None:
    """A template that is none is a problem with its own code."""
    ran = run("render", "plan.yaml", "-t", template)
    assert (ran.code, code in ran.err, ran.out) == (1, True, "")


def test_render_data_in_other_encoding(run: Run, folder: Path) -> None:
    """A file of Windows-1251 is refused with the remedy."""
    (folder / "old.yaml").write_bytes("planforge: plan/1\ntitle: Төлөвлөгөө".replace("ө", "о").encode("cp1251"))
    ran = run("render", "old.yaml", "-t", "form.docx")
    assert (ran.code, "PF125" in ran.err, "UTF-8" in ran.err) == (1, True, True)


def test_problems_of_data_in_a_template_have_the_line(run: Run, folder: Path) -> None:
    """What only rendering finds is told with the place in the data file."""
    loops = "{%p for o in plan.all_objectives %}\n{%p for m in o.all_measures %}"
    (folder / "strict.docx").write_bytes(docx(f"{loops}\n{{{{ m.text }}}}\n{{%p endfor %}}\n{{%p endfor %}}"))
    ran = run("render", "plan.yaml", "-t", "strict.docx")
    assert (ran.code, "plan.yaml:7:" in ran.err, "PF302" in ran.err) == (1, True, True), ran


@pytest.mark.parametrize(("args", "printed"), [(["--today", "2024.03.20"], "2024.03.20"), ([], None)])
def test_today(run: Run, folder: Path, args: list[str], printed: str | None) -> None:
    """--today is printed as today; without it, the computer's date."""
    days = {date.today()}
    assert run("render", "plan.yaml", "-t", "dated.docx", *args).code == 0
    days.add(date.today())
    expected = {printed} if printed else {day.strftime("%Y.%m.%d") for day in days}
    assert outline((folder / "plan.docx").read_bytes()).strip() in expected


@pytest.mark.parametrize(("args", "code"), [([], 0), (["--no-embed"], 1)], ids=["embedded", "not-embedded"])
def test_embedding(run: Run, args: list[str], code: int) -> None:
    """A document carries its data unless it may not."""
    run("render", "plan.yaml", "-t", "form.docx", *args)
    assert run("read", "plan.docx").code == code


ONCE_PER_ITEM = "=| {%tr for m in plan.all_measures %} |\n=| {{ m.number }} |\n| {{ m.text }} |\n| {%tr endfor %} |"
"""A header row in every turn of a loop: Word repeats only those that begin a table."""


@pytest.mark.parametrize(("args", "code"), [([], 0), (["--verify"], 1)], ids=["not-asked", "verify"])
def test_verify(run: Run, folder: Path, args: list[str], code: int) -> None:
    """A document with faults that its template lacks is not written, to a file or to stdout; the others are."""
    (folder / "repeating.docx").write_bytes(docx(ONCE_PER_ITEM))
    (folder / "single.yaml").write_text(PLAN.partition("- text: Мэдээлэл")[0], encoding="utf-8")
    ran = run("render", "plan.yaml", "single.yaml", "-t", "repeating.docx", "-o", "out", *args)
    assert (ran.code, "PF510" in ran.err, "header-rows-first" in ran.err) == (code, bool(args), bool(args)), ran
    assert (
        [p.name for p in sorted((folder / "out").iterdir())] == ["single.docx"]
        if args
        else ["plan.docx", "single.docx"]
    )
    alone = run("render", "plan.yaml", "-t", "repeating.docx", "-o", "alone.docx", *args)
    assert (alone.code, (folder / "alone.docx").exists()) == (code, not code)
    fine = run("render", "plan.yaml", "-t", "form.docx", *args)
    assert (fine.code, fine.err.count("PF")) == (0, 0)


def test_a_dropped_template_is_told(run: Run, folder: Path) -> None:
    """A form that is attached to a file of its author's machine works; the link is dropped and that is told."""
    from tests.packages import BUILDERS

    (folder / "attached.docx").write_bytes(BUILDERS["local_template"]())
    checked = run("check", "attached.docx")
    assert (checked.code, "attached.docx" in checked.out, "warning PF279" in checked.out) == (0, True, True), checked
    ran = run("render", "plan.yaml", "report.yaml", "-t", "attached.docx", "-o", "out")
    assert (ran.code, ran.err.count("PF279")) == (0, 1), ran
    assert b"attachedTemplate" not in b"".join(
        inspection.read((folder / "out" / "plan.docx").read_bytes()).parts.values()
    )


def test_render_json(run: Run) -> None:
    """For machines: the documents and every problem, on stdout alone."""
    ran = run("render", "plan.yaml", "nofile.yaml", "-t", "form.docx", "-o", "out", "--json")
    told = json.loads(ran.out)
    assert ran.code == 1
    assert [(d["source"], d["template"]) for d in told["documents"]] == [("plan.yaml", "form.docx")]
    assert [(p["code"], p["severity"], p["place"]["file"]) for p in told["problems"]] == [
        ("PF120", "error", "nofile.yaml")
    ]
    assert "PF120" not in ran.err


def test_default_templates_by_kind(run: Run, folder: Path) -> None:
    """A plan takes the form `plan`, a report the form `report`."""
    (folder / "plan.yaml").unlink()
    (folder / "report.yaml").unlink()
    assert (run("new", "plan").code, run("new", "report").code) == (0, 0)
    ran = run("render", "plan.yaml", "report.yaml", "--json")
    assert [d["template"] for d in json.loads(ran.out)["documents"]] == ["plan", "report"], ran
    assert isinstance(reader.read(folder / "plan.docx"), Plan)
    assert isinstance(reader.read(folder / "report.docx"), Report)


@pytest.mark.office
@pytest.mark.usefixtures("libreoffice")
def test_render_pdf(run: Run, folder: Path) -> None:
    """A PDF beside each document, in one conversion; the names of both are data."""
    ran = run("render", "plan.yaml", "report.yaml", "b/plan.yaml", "-t", "form.docx", "--pdf")
    made = ["plan.docx", "report.docx", "b/plan.docx", "plan.pdf", "report.pdf", "b/plan.pdf"]
    assert (ran.code, ran.out.splitlines()) == (0, [str(Path(name)) for name in made])
    assert all((folder / name).read_bytes().startswith(b"%PDF-") for name in made[3:])
    ran = run("render", "plan.yaml", "nofile.yaml", "-t", "form.docx", "-o", "out", "--pdf", "--json")
    (document,) = json.loads(ran.out)["documents"]
    assert (ran.code, document["pdf"]) == (1, str(Path("out", "plan.pdf")))
    assert (folder / "out" / "plan.pdf").exists()


def test_render_pdf_without_an_office_program(
    run: Run, folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The documents are made all the same, and the problem says what to install, once."""
    monkeypatch.setattr(office, "find_office", lambda: None)
    ran = run("render", "plan.yaml", "b/plan.yaml", "-t", "form.docx", "--pdf")
    assert (ran.code, ran.out.split(), ran.err.count("PF701")) == (1, ["plan.docx", str(Path("b", "plan.docx"))], 1)
    ran = run("render", "plan.yaml", "-t", "form.docx", "--pdf", "--json")
    answer = json.loads(ran.out)
    assert (ran.code, answer["documents"][0]["pdf"], answer["problems"][0]["code"]) == (1, None, "PF701")


@pytest.mark.parametrize("args", [["-"], ["-", "-o", "-"], ["plan.yaml", "-o", "-"]])
def test_render_to_stdout(folder: Path, args: list[str]) -> None:
    """The document goes to stdout as bytes, the summary to stderr."""
    ran = spawn("render", *args, "-t", "form.docx", cwd=folder, input=PLAN.encode())
    assert (ran.returncode, ran.stderr) == (0, b"1 file, 0 warnings, 0 errors.\n".replace(b"\n", os.linesep.encode()))
    assert "1. Сургалт" in outline(ran.stdout)


def test_render_from_stdin_to_file(folder: Path) -> None:
    """Stdin with -o is a file like any other; its faults are placed in <stdin>."""
    ran = spawn("render", "-", "-t", "form.docx", "-o", "x.docx", cwd=folder, input=PLAN.encode())
    assert (ran.returncode, ran.stdout.strip()) == (0, b"x.docx")
    ran = spawn("render", "-", "-t", "form.docx", "-o", "y.docx", cwd=folder, input=b"planforge: plan/1\nyear: 2024")
    assert (ran.returncode, b"<stdin>:1:1" in ran.stderr) == (1, True)
    assert not (folder / "y.docx").exists()


@pytest.mark.parametrize(
    ("error", "code"),
    [
        pytest.param(PermissionError(13, "Permission denied"), "PF503", id="held-by-Word"),
        pytest.param(OSError(28, "No space left on device"), "PF504", id="disk-full"),
    ],
)
def test_refused_save(run: Run, folder: Path, monkeypatch: pytest.MonkeyPatch, error: OSError, code: str) -> None:
    """A file that cannot be written is told with the remedy, and leaves nothing behind."""

    def refuse(source: object, target: object) -> None:
        raise error

    before = sorted(folder.iterdir())
    monkeypatch.setattr(os, "replace", refuse)
    ran = run("render", "plan.yaml", "-t", "form.docx", "--lang", "mn")
    assert (ran.code, ran.out, f"plan.docx: алдаа {code}" in ran.err) == (1, "", True), ran
    assert code != "PF503" or "Word-д нээлттэй байвал хаагаад" in ran.err
    assert sorted(folder.iterdir()) == before


@pytest.mark.parametrize(("output", "code"), [("no/where.docx", "PF502"), ("b", None), ("form.docx/x/", "PF728")])
def test_output_folders(run: Run, output: str, code: str | None) -> None:
    """A file goes into a folder that exists; a folder is made if it can be."""
    ran = run("render", "plan.yaml", "-t", "form.docx", "-o", output)
    assert ran.code == (1 if code else 0)
    assert code is None or code in ran.err


# --- how problems are told -----------------------------------------------------------------------------------------


@pytest.fixture
def many(folder: Path) -> Path:
    """A report on a plan of 60 measures that says nothing: 60 warnings."""
    measures = "".join(f"- text: Арга хэмжээ\n  criteria: Тоо {n}\n" for n in range(60))
    results = "".join(f"  {n}: {{reached: }}\n" for n in range(1, 61))
    (folder / "long.yaml").write_text(f"{PLAN.partition('- text')[0]}{measures}", encoding="utf-8")
    path = folder / "many.yaml"
    path.write_text(f"planforge: report/1\nplan: long.yaml\nresults:\n{results}", encoding="utf-8")
    return path


def test_warnings_are_compact(run: Run, many: Path) -> None:
    """The first twenty, how many more, and the advice once; the exit code is 0."""
    ran = run("check", "many.yaml")
    lines = ran.out.splitlines()
    assert sum("warning PF" in line for line in lines) == 20
    count = int(ran.err.split(", ")[1].split()[0])
    assert f"… and {count - 20} more warnings." in lines
    assert len([line for line in lines if line.startswith("    → ")]) == len(
        {line for line in lines if line.startswith("    → ")}
    )
    assert ran.code == 0
    assert len(json.loads(run("check", "many.yaml", "--json").out)) == count


def test_warnings_of_render_go_to_stderr(run: Run, many: Path) -> None:
    """Stdout has the name of the document and nothing else."""
    ran = run("render", "many.yaml", "-t", "form.docx")
    assert (ran.code, ran.out, "more warnings" in ran.err) == (0, "many.docx\n", True)


def test_errors_have_a_limit(run: Run, folder: Path) -> None:
    """Fifty errors of a file are shown, the rest counted."""
    keys = "".join(f"мэдэхгүй{n}: 1\n" for n in range(70))
    (folder / "bad.yaml").write_text(PLAN.replace("measures", f"{keys}measures"), encoding="utf-8")
    ran = run("check", "bad.yaml", "--lang", "mn")
    assert (ran.code, ran.out.count("алдаа PF101"), "… дахин 20 алдаа байна." in ran.out) == (1, 50, True)


@pytest.mark.parametrize(("wrong", "code"), [("Жилдээ", 0), ("Жилдээ  бүр", 0), ("Жилдээ, on_fire: 1", 1)])
def test_a_plan_and_its_report_tell_the_plan_once(run: Run, folder: Path, wrong: str, code: int) -> None:
    """What is wrong in a plan stands in one line, though its report reads the plan too; both fail on an error."""
    (folder / "plan.yaml").write_text(PLAN.replace("Жилдээ", wrong), encoding="utf-8")
    ran = run("check", "report.yaml", "plan.yaml")
    places = re.findall(r"^plan\.yaml:(\d+:\d+) .*?(PF\d+)", ran.out, re.MULTILINE)
    assert len(places) == len(set(places)), ran
    assert ran.code == code
    assert len(run("render", "report.yaml", "plan.yaml", "-t", "form.docx").out.split()) == (0 if code else 2)


# --- check ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "code"),
    [
        pytest.param("plan.yaml", None, id="plan"),
        pytest.param("report.yaml", None, id="report"),
        pytest.param("form.docx", None, id="template"),
        pytest.param("layout.yaml", None, id="layout"),
        pytest.param("*.yaml", None, id="pattern"),
        pytest.param("broken.docx", "PF205", id="broken-template"),
        pytest.param("nofile.yaml", "PF120", id="missing"),
        pytest.param("nofile.docx", "PF250", id="missing-template"),
        pytest.param("nofile*", "PF720", id="pattern-of-nothing"),
        pytest.param("b", "PF121", id="folder"),
        pytest.param("~$plan.yaml", "PF123", id="lock-file"),
        pytest.param("wrong-layout.yaml", "PF2", id="wrong-layout"),
    ],
)
def test_check(run: Run, folder: Path, name: str, code: str | None) -> None:
    """Data, templates and layouts are checked for what they are; findings are the data of this command."""
    (folder / "~$plan.yaml").write_bytes(b"\x05Bat")
    if "wrong" in name:
        (folder / name).write_text(LAYOUT.replace("measure.text", "measure.txet"), encoding="utf-8")
    ran = run("check", name)
    assert ran.code == (1 if code else 0), ran
    assert code is None or f"error {code}" in ran.out
    assert code is not None or all(": note PF" in line or line.startswith("    ") for line in ran.out.splitlines())
    assert re.search(r"\d+ files?, 0 warnings, \d errors?(, \d notes?)?\.\n$", ran.err)


def test_check_json(run: Run) -> None:
    """A list of problems, each with both languages; empty if there are none."""
    assert json.loads(run("check", "plan.yaml", "--json").out) == []
    ran = run("check", "nofile.yaml", "broken.docx", "--json")
    found = json.loads(ran.out)
    assert ran.code == 1
    assert found[0]["code"] == "PF120"
    assert all(p["message"]["mn"] and p["message"]["en"] for p in found)


@pytest.mark.parametrize(
    ("name", "code"), [("plan.yaml", 0), ("form.docx", 0), ("layout.yaml", 0), ("broken.docx", 1)], ids=str
)
def test_check_stdin(folder: Path, name: str, code: int) -> None:
    """Stdin is known by its content."""
    ran = spawn("check", "-", cwd=folder, input=(folder / name).read_bytes())
    assert (ran.returncode, b": error PF" in ran.stdout) == (code, bool(code))
    assert b"<stdin>" in ran.stdout or not ran.stdout


# --- evaluate ------------------------------------------------------------------------------------------------------

OWN_SCALE = "planforge: scale/1\nname: Өөрийн\nlevels: {100: Маш сайн, 50: Дунд}\nbetween: lower\n"


@pytest.fixture
def graded(folder: Path) -> Path:
    """A report with 100 % and 70 %, and a scale of one's own."""
    half = REPORT.replace("2: {reached: Хийсэн, percent: 100}", "2: {reached: Хийсэн, percent: 70, reason: Хойшилсон}")
    (folder / "report.yaml").write_text(half, encoding="utf-8")
    (folder / "own.yaml").write_text(OWN_SCALE, encoding="utf-8")
    return folder


@pytest.mark.parametrize(
    ("args", "grades", "mean"),
    [
        pytest.param([], ["Бүрэн хэрэгжсэн", "Хэрэгжих шатандаа"], "85%", id="default"),
        pytest.param(["--scale", "gov4_40"], ["Биелсэн", "Хэрэгжих шатандаа"], "85%", id="name"),
        pytest.param(["--scale", "own.yaml"], ["Маш сайн", "Дунд"], "85%", id="file"),
        pytest.param(["--overall", "sections", "--rounding", "cut", "--decimals", "0"], [], "85%", id="practices"),
    ],
)
def test_evaluate(run: Run, graded: Path, args: list[str], grades: list[str], mean: str) -> None:
    """Lines for programs and people: measures, the mean of all, then the levels; set apart by tabs."""
    ran = run("evaluate", "report.yaml", *args)
    lines = [line.split("\t") for line in ran.out.splitlines()]
    assert [line[:3] for line in lines[:3]] == [
        ["1", "Сургалт зохион байгуулах", "100%"],
        ["2", "Мэдээлэл түгээх", "70%"],
        ["", "Mean of all", mean],
    ]
    assert not grades or [line[3] for line in lines[:2]] == grades
    assert lines[3] == [""]
    assert ["1", "50%"] in [line[1:] for line in lines[4:]]
    assert (ran.code, ran.err) == (0, "1 file, 0 warnings, 0 errors.\n")


def test_evaluate_json(run: Run, graded: Path) -> None:
    """What `Evaluation.as_json` says, with every problem of the file and its line; nothing but problems on an error."""
    ran = run("evaluate", "report.yaml", "--json", "--scale", "MOF8")
    told = json.loads(ran.out)
    found = evaluate(data.load("report.yaml", Report), scale=MOF8)
    assert told == {**found.as_json(), "problems": []}
    (graded / "report.yaml").write_text(REPORT.replace("percent: 100", "percent: 60"), encoding="utf-8")
    told = json.loads(run("evaluate", "report.yaml", "--json").out)
    assert [(p["code"], p["place"]["file"], p["place"]["line"]) for p in told["problems"] if p["code"] == "PF450"] == [
        ("PF450", "report.yaml", 4),
        ("PF450", "report.yaml", 5),
    ]
    ran = run("evaluate", "plan.yaml", "--json")
    assert (ran.code, [p["code"] for p in json.loads(ran.out)["problems"]]) == (1, ["PF134"])


@pytest.mark.parametrize(
    ("args", "code", "said"),
    [
        pytest.param(["report.yaml", "--scale", "GOV5"], 2, "PF716", id="no-such-scale"),
        pytest.param(["report.yaml", "--scale", "-"], 2, "PF716", id="scale-on-stdin"),
        pytest.param(["report.yaml", "--scale", "no.yaml"], 1, "no.yaml: error PF120", id="no-such-file"),
        pytest.param(["report.yaml", "--scale", "plan.yaml"], 1, "plan.yaml:1:12: error PF134", id="a-plan"),
        pytest.param(["report.yaml", "--overall", "all"], 2, "PF716", id="no-such-mean"),
        pytest.param(["report.yaml", "--decimals", "9"], 2, "PF716", id="decimals"),
        pytest.param(["no.yaml"], 1, "PF120", id="no-report"),
        pytest.param([], 2, "PF714", id="nothing"),
    ],
)
def test_evaluate_refused(run: Run, graded: Path, args: list[str], code: int, said: str) -> None:
    """What cannot be evaluated is told, and no figure printed."""
    ran = run("evaluate", *args)
    assert (ran.code, ran.out, said in ran.err) == (code, "", True), ran


def test_evaluate_stdin(folder: Path) -> None:
    """A report that holds its plan may come from the standard input; its warnings go to stderr."""
    whole = REPORT.replace("plan: plan.yaml", "plan: {title: Т, year: 2024, owner: Хэлтэс, measures: [Нэг, Хоёр]}")
    ran = spawn("evaluate", "-", cwd=folder, input=whole.replace("Хийсэн", "Хүсэлт ирээгүй").encode())
    assert (ran.returncode, ran.stdout.count(b"100%"), ran.stderr.count(b"PF452")) == (0, 4, 2)
    assert b"<stdin>:4:" in ran.stderr


@pytest.mark.skipif(sys.platform == "win32", reason="no terminals to test with")
def test_evaluate_on_a_terminal(graded: Path) -> None:
    """A person sees two tables."""
    shown, code = on_a_terminal(["evaluate", "report.yaml"], graded, COLUMNS="100")
    assert (code, "Grade" in shown, "Share" in shown, "│ 85%" in shown) == (0, True, True, True), shown


def test_patterns_leave_out_lock_files(run: Run, folder: Path) -> None:
    """`~$plan.docx` is not what a person means by `*.docx`."""
    for path in folder.glob("*.docx"):
        if path.name != "form.docx":
            path.unlink()
    (folder / "~$form.docx").write_bytes(b"\x05Bat")
    ran = run("check", "*.docx")
    assert (ran.code, ran.err) == (0, "1 file, 0 warnings, 0 errors, 2 notes.\n")


@pytest.mark.parametrize(
    ("args", "code", "codes"),
    [
        pytest.param([], 1, ["PF205"], id="all"),
        pytest.param(["--select", "PF33"], 0, [], id="none-of-these"),
        pytest.param(["--select", "PF2, PF33"], 1, ["PF205"], id="selected"),
        pytest.param(["--select", "pf205"], 1, ["PF205"], id="small-letters"),
        pytest.param(["--ignore", "PF205"], 0, [], id="ignored"),
        pytest.param(["--select", "PF2", "--ignore", "PF20"], 0, [], id="both"),
    ],
)
def test_check_some_codes(run: Run, args: list[str], code: int, codes: list[str]) -> None:
    """Only the problems that are asked for are told and count."""
    ran = run("check", "broken.docx", "--format", "json", *args)
    assert (ran.code, [p["code"] for p in json.loads(ran.out)]) == (code, codes)


@pytest.mark.parametrize("lang", LANGS)
@pytest.mark.parametrize("form", ["text", "table", "short", "json", "sarif", "github"])
def test_check_formats(run: Run, form: str, lang: str) -> None:
    """Every form names the problem; the exit code is the same."""
    ran = run("check", "broken.docx", "--format", form, "--lang", lang)
    assert (ran.code, "PF205" in ran.out, "PF205" in ran.err) == (1, True, False)


def test_explain(run: Run) -> None:
    """A code is explained with its smallest case and remedy; without one all codes are listed."""
    told = run("explain", "pf217").out
    assert "{%p if plan.period %}" in told
    assert "{tag}" not in told
    for code in ("PF451", "PF160", "PF153"):  # a report to evaluate, a workbook, a CSV file
        (case,) = (value for value in catalogue()[code].case.values() if isinstance(value, str))
        assert all(line in run("explain", code).out for line in case.strip("\n").split("\n"))
    assert "!formula" in run("explain", "PF160").out
    listed = run("explain").out
    assert all(code in listed for code in catalogue())


def test_names_with_brackets_are_names(run: Run, folder: Path) -> None:
    """A file that exists is not a pattern."""
    (folder / "plan [1].yaml").write_text(PLAN, encoding="utf-8")
    assert run("check", "plan [1].yaml").err == "1 file, 0 warnings, 0 errors.\n"


@pytest.mark.parametrize(
    ("template", "name", "codes"),
    [
        pytest.param("form.docx", "plan.yaml", [], id="fits"),
        pytest.param("layout.yaml", "plan.yaml", [], id="layout"),
        pytest.param("plan", "plan.yaml", ["PF302", "PF302"], id="not-reached"),
        pytest.param("report", "plan.yaml", ["PF303"], id="needs-a-report"),
        pytest.param("broken.docx", "plan.yaml", ["PF205"], id="broken-template"),
        pytest.param("broken.docx", "bad.yaml", ["PF205", "PF101"], id="both-broken"),
        pytest.param("wrong.yaml", "plan.yaml", ["PF205"], id="broken-layout"),
        pytest.param("nofile.docx", "plan.yaml", ["PF250"], id="no-template"),
        pytest.param("paln", "plan.yaml", ["PF229"], id="misspelt-template"),
        pytest.param("report", "layout.yaml", [], id="layouts-are-no-data"),
        pytest.param("report", "form.docx", [], id="templates-are-no-data"),
    ],
)
def test_check_in_a_template(run: Run, folder: Path, template: str, name: str, codes: list[str]) -> None:
    """`check -t` tries data in a template and writes nothing."""
    (folder / "bad.yaml").write_text(f"{PLAN}мэдэхгүй: 1\n", encoding="utf-8")
    (folder / "wrong.yaml").write_text(LAYOUT.replace("measure.text", "measure.txet"), encoding="utf-8")
    (folder / "plan.yaml").write_text(PLAN.replace("measures:", "objectives:\n- text: З\nmeasures:"), encoding="utf-8")
    if template == "plan":
        loops = "{%p for o in plan.all_objectives %}\n{%p for m in o.all_measures %}"
        (folder / "strict.docx").write_bytes(docx(f"{loops}\n{{{{ m.text }}}}\n{{%p endfor %}}\n{{%p endfor %}}"))
        template = "strict.docx"
    before = {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}
    ran = run("check", "-t", template, name)
    assert re.findall(r"error (PF\d+)", ran.out) == codes, ran
    assert ran.code == (1 if codes else 0)
    assert {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()} == before


def test_check_in_a_template_has_the_line(folder: Path) -> None:
    """What a template finds in data has the line of the data, also of the standard input, and is JSON if asked for."""
    loops = "{%p for o in plan.all_objectives %}\n{%p for m in o.all_measures %}"
    (folder / "strict.docx").write_bytes(docx(f"{loops}\n{{{{ m.text }}}}\n{{%p endfor %}}\n{{%p endfor %}}"))
    ran = spawn("check", "-", "-t", "strict.docx", cwd=folder, input=PLAN.encode())
    assert b"<stdin>:7:" in ran.stdout
    ran = spawn("check", "plan.yaml", "-t", "strict.docx", "--json", cwd=folder)
    assert [(p["code"], p["place"]["line"]) for p in json.loads(ran.stdout)] == [("PF302", 7), ("PF302", 9)]


# --- layouts -------------------------------------------------------------------------------------------------------


def test_render_in_a_layout(run: Run, folder: Path) -> None:
    """A layout as `-t` is built on the way; its faults have its lines, and it is never replaced."""
    assert run("render", "plan.yaml", "-t", "layout.yaml", "-o", "x.docx").code == 0
    assert "Сургалт зохион байгуулах" in outline((folder / "x.docx").read_bytes())
    assert isinstance(reader.read(folder / "x.docx"), Plan)
    assert run("render", "plan.yaml", "-t", "layout.yaml", "-o", "layout.yaml").code == 2
    (folder / "wrong.yaml").write_text(LAYOUT.replace("measure.text", "measure.txet"), encoding="utf-8")
    ran = run("render", "plan.yaml", "report.yaml", "-t", "wrong.yaml", "-o", "out")
    assert (ran.code, ran.err.count("PF205"), "wrong.yaml:4:" in ran.err, ran.out) == (1, 1, True, ""), ran


def test_layout_new_check_build(run: Run, folder: Path) -> None:
    """A starter is accepted, tried on data, built, and used again as a Word file."""
    args = ["--columns", "дугаар, text,шалгуур", "--sections", "зорилт"]
    ran = run("layout", "new", "form2.yaml", *args)
    assert (ran.code, ran.out, "-t form2.yaml" in ran.err) == (0, "form2.yaml\n", True)
    ran = run("layout", "check", "form2.yaml")
    assert (ran.code, ran.out, ran.err) == (0, "", "1 file, 0 warnings, 0 errors.\n")
    assert run("layout", "build", "form2.yaml").out == "form2.docx\n"
    assert run("layout", "build", "form2.yaml", "-o", "b").out.strip() == str(Path("b", "form2.docx"))
    for name in ("form2.docx", "b/form2.docx"):
        assert (folder / name).read_bytes() == layout.build(layout.load(folder / "form2.yaml"))
    assert run("new", "plan", "fresh.yaml").code == 0
    made = [
        run("render", "fresh.yaml", "-t", t, "-o", f"{n}.docx").code for n, t in enumerate(("form2.docx", "form2.yaml"))
    ]
    assert made == [0, 0]
    assert outline((folder / "0.docx").read_bytes()) == outline((folder / "1.docx").read_bytes())


def test_layout_new_by_default(run: Run, folder: Path) -> None:
    """Without a name it is layout.yaml; a report and a landscape page are asked for by options."""
    (folder / "layout.yaml").unlink()
    assert run("layout", "new", "--for", "report", "--page", "landscape", "--rows", "measure").out == "layout.yaml\n"
    parsed = layout.load(folder / "layout.yaml")
    assert (parsed.subject, parsed.page.orientation) == ("report", "landscape")


@pytest.mark.parametrize("lang", LANGS)
def test_layout_new_tells_every_fault(run: Run, folder: Path, lang: Lang) -> None:
    """Names that are none are wrong use, told together with what may be meant; nothing is written."""
    ran = run("layout", "new", "f.yaml", "--columns", "nmber,tetx", "--rows", "masure", "--lang", lang)
    assert (ran.code, ran.out, (folder / "f.yaml").exists()) == (2, "", False)
    assert re.findall(r"PF\d+", ran.err) == ["PF205", "PF205", "PF285"]
    assert all(near in ran.err for near in ("number", "text", "measure"))


def test_layout_build_refuses(run: Run, folder: Path, files: dict[str, bytes]) -> None:
    """A layout with faults becomes nothing; a template that exists may have been restyled and stays."""
    (folder / "wrong.yaml").write_text(LAYOUT.replace("measure.text", "measure.txet"), encoding="utf-8")
    ran = run("layout", "build", "wrong.yaml")
    assert (ran.code, "wrong.yaml:4:" in ran.err, (folder / "wrong.docx").exists()) == (1, True, False)
    ran = run("layout", "build", "layout.yaml", "-o", "form.docx")
    assert (ran.code, "PF723" in ran.err, (folder / "form.docx").read_bytes()) == (2, True, files["form.docx"])
    assert run("layout", "build", "nofile.yaml").code == 1
    assert "PF733" in run("layout", "build", "plan.yaml").err


def test_layout_streams(folder: Path) -> None:
    """Layouts come from the standard input and templates go to the standard output."""
    ran = spawn("layout", "build", "-", cwd=folder, input=LAYOUT.encode())
    assert (ran.returncode, ran.stdout) == (0, layout.build(layout.load(LAYOUT.encode())))
    ran = spawn("layout", "check", "-", cwd=folder, input=LAYOUT.replace("measure.text", "measure.txet").encode())
    assert (ran.returncode, b"<stdin>:4:" in ran.stdout) == (1, True)


def test_layout_check_json(run: Run) -> None:
    """The problems as JSON; data are told to be no layout, in one line."""
    assert json.loads(run("layout", "check", "layout.yaml", "--json").out) == []
    found = json.loads(run("layout", "check", "*.yaml", "--json").out)
    assert [(p["code"], p["place"]["file"]) for p in found] == [("PF733", "plan.yaml"), ("PF733", "report.yaml")]


# --- names ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("lang", LANGS)
def test_fields(run: Run, lang: Lang) -> None:
    """One name a line with tabs: path in both languages, type, meaning, example; filters at the end."""
    rows = [line.split("\t") for line in run("fields", "--lang", lang).out.splitlines()]
    assert {len(row) for row in rows} == {5}
    assert [row[0] for row in rows if "." not in row[0]][: len(palette.roots())] == list(palette.roots())
    assert [row[0] for row in rows[-len(palette.FILTERS) :]] == [item.name for item in palette.FILTERS]
    (percent,) = (row for row in rows if row[0] == "measure.result.percent")
    assert percent[1] == "арга_хэмжээ.үр_дүн.хэрэгжилтийн_хувь"
    assert bool(CYRILLIC.search(percent[2] + percent[3])) is (lang == "mn")


@pytest.mark.parametrize("path", ["measure.result", "арга_хэмжээ.үр_дүн", "Арга хэмжээ.Биелэлт"])
def test_fields_of_a_path(run: Run, path: str) -> None:
    """A path in either language shows what lies below it."""
    ran = run("fields", path)
    assert (ran.code, ran.err) == (0, "")
    assert all(line.startswith("measure.result") for line in ran.out.splitlines())
    told = json.loads(run("fields", path, "--json").out)
    assert (told["names"][0]["path"]["en"], told["filters"]) == ("measure.result", [])


def test_fields_json(run: Run) -> None:
    """Everything for a machine."""
    told = json.loads(run("fields", "--json").out)
    assert [entry["name"]["en"] for entry in told["names"]] == list(palette.roots())
    assert len(told["filters"]) == len(palette.FILTERS)


def test_fields_that_are_none(run: Run) -> None:
    """A name that is none is wrong use, with what may be meant."""
    ran = run("fields", "measure.resutl", "--lang", "mn")
    assert (ran.code, ran.out, "Магадгүй: result" in ran.err) == (2, "", True)


@pytest.mark.skipif(sys.platform == "win32", reason="POSIX streams")
@pytest.mark.parametrize("lang", LANGS)
def test_fields_on_a_terminal(folder: Path, lang: Lang) -> None:
    """A person gets a table as wide as the terminal, with what lies below a name set in."""
    pytest.importorskip("rich")
    shown, code = on_a_terminal(["fields", "measure.result", "--lang", lang], folder, COLUMNS="120")
    assert code == 0
    assert "│ measure.result " in shown
    assert "│   percent " in shown
    assert "│     files " in shown
    assert {"mn": "жишээ нь 70", "en": "such as 70"}[lang] in shown


# --- the other commands --------------------------------------------------------------------------------------------


@pytest.mark.parametrize("keys", ["en", "mn"])
def test_read(run: Run, folder: Path, keys: Literal["en", "mn"]) -> None:
    """The data of a document, in the language of keys asked for, to stdout or a new file."""
    ran = run("read", "made.docx", "--keys", keys)
    assert (ran.code, ran.err) == (0, "")
    assert ran.out == yaml_writer.dump(reader.read(folder / "made.docx"), keys=keys)
    assert run("read", "made.docx", "--keys", keys, "-o", "again.yaml").out == "again.yaml\n"
    assert data.load(folder / "again.yaml") == data.load(folder / "plan.yaml")
    assert run("read", "made.docx", "-o", "plan.yaml").code == 2


def test_read_and_strip_refuse_what_has_no_data(run: Run) -> None:
    """A document that planforge did not make cannot be read; a missing one neither."""
    ran = run("read", "form.docx")
    assert (ran.code, "PF610" in ran.err, ran.out) == (1, True, "")
    assert run("read", "nofile.docx").code == 1
    assert run("strip", "nofile.docx").code == 1


def test_strip(run: Run, folder: Path) -> None:
    """The stripped document shows the same and carries nothing; the original stays."""
    ran = run("strip", "made.docx")
    assert (ran.code, ran.out) == (0, "made-stripped.docx\n")
    stripped = (folder / "made-stripped.docx").read_bytes()
    assert outline(stripped) == outline((folder / "made.docx").read_bytes())
    assert not [name for name in inspection.read(stripped).parts if "planforge" in name]
    assert run("strip", "made.docx", "-o", "./made.docx").code == 2
    assert spawn("strip", "-", cwd=folder, input=(folder / "made.docx").read_bytes()).stdout == stripped


@pytest.mark.parametrize("kind", ["plan", "report"])
def test_schema(run: Run, folder: Path, kind: str) -> None:
    """JSON Schema on stdout or in a file, in the keys asked for."""
    printed = run("schema", kind).out
    assert json.loads(printed)["properties"]["planforge"]["const"] == f"{kind}/1"
    assert "гарчиг" in json.loads(run("schema", kind, "--keys", "mn").out)["properties"]
    assert run("schema", kind, "-o", "x.schema.json").code == 0
    assert (folder / "x.schema.json").read_text(encoding="utf-8") == printed


def test_new_plan(run: Run, folder: Path) -> None:
    """The starter loads without a word and becomes a document; it names its schema."""
    assert run("new", "plan", "my.yaml").out == "my.yaml\n"
    loaded = data.parse(folder / "my.yaml")
    assert isinstance(loaded.value, Plan)
    assert loaded.problems == ()
    lines = (folder / "my.yaml").read_text(encoding="utf-8").splitlines()
    assert lines[0] == "# yaml-language-server: $schema=plan.schema.json"
    assert run("render", "my.yaml").code == 0


def test_new_report_alone(run: Run, folder: Path) -> None:
    """A report without a plan beside it holds one, and loads without a word."""
    (folder / "c").mkdir()
    assert run("new", "report", "c/report.yaml").code == 0
    loaded = data.parse(folder / "c" / "report.yaml")
    assert isinstance(loaded.value, Report)
    assert loaded.problems == ()
    assert run("render", "c/report.yaml").code == 0


def test_new_report_beside_a_plan(run: Run, folder: Path) -> None:
    """A report beside plan.yaml names it and has a line for each of its measures."""
    assert run("new", "report", "b/report.yaml").code == 0
    text = (folder / "b" / "report.yaml").read_text(encoding="utf-8")
    assert "\nplan: plan.yaml\n" in text
    assert re.findall(r"^  (\S+):  # (.+)$", text, re.MULTILINE) == [
        ("1", "Сургалт зохион байгуулах"),
        ("2", "Мэдээлэл түгээх"),
    ]
    assert isinstance(data.load(folder / "b" / "report.yaml"), Report)


def test_new_report_with_ambiguous_numbers(run: Run, folder: Path) -> None:
    """Measures that share a number are told apart by id, and the starter says so instead of dropping them."""
    chapters = "numbering: restart\nchapters:\n" + "- text: Б\n  measures: [а]\n" * 2
    named = "- text: В\n  measures: [{text: в, id: 'x y'}]\n"
    (folder / "plan.yaml").write_text(PLAN.partition("measures")[0] + chapters + named, encoding="utf-8")
    assert run("new", "report", "r.yaml").code == 0
    text = (folder / "r.yaml").read_text(encoding="utf-8")
    assert text.count("# 1: ") == 2
    assert '"x y":  # в' in text
    assert isinstance(data.load(folder / "r.yaml"), Report)


def test_new_report_beside_a_broken_plan(run: Run, folder: Path) -> None:
    """A plan that cannot be read is told, and no report is made on it."""
    (folder / "plan.yaml").write_text("planforge: plan/1\n", encoding="utf-8")
    ran = run("new", "report", "r.yaml")
    assert (ran.code, "plan.yaml" in ran.err, (folder / "r.yaml").exists()) == (1, True, False)


@pytest.mark.parametrize(
    "args",
    [["new", "plan", "plan.yaml"], ["new", "plan"], ["templates", "copy", "plan", "form.docx"]],
    ids=["new", "new-by-default", "copy"],
)
def test_files_are_not_overwritten(run: Run, folder: Path, files: dict[str, bytes], args: list[str]) -> None:
    """What an officer wrote stays."""
    ran = run(*args)
    assert (ran.code, "PF723" in ran.err, ran.out) == (2, True, "")
    assert all((folder / name).read_bytes() == content for name, content in files.items())


def test_templates_list(run: Run) -> None:
    """Names and kinds, one a line, or JSON."""
    printed = [tuple(line.split("\t")) for line in run("templates", "list").out.splitlines()]
    assert [name for name, _ in printed] == list(templates.names())
    assert {("plan", "plan"), ("report", "report")} <= set(printed)
    listed = json.loads(run("templates", "list", "--json").out)
    assert [(row["name"], row["for"]) for row in listed] == printed


def test_templates_copy(run: Run, folder: Path) -> None:
    """A copy has the bytes of the form; a folder is a place to put it."""
    assert run("templates", "copy", "plan", "mine.docx").out == "mine.docx\n"
    assert run("templates", "copy", "plan", "b").code == 0
    for copy in (folder / "mine.docx", folder / "b" / "plan.docx"):
        assert copy.read_bytes() == templates.document("plan")
    ran = run("templates", "copy", "paln", "x.docx")
    assert (ran.code, "PF229" in ran.err) == (1, True)


def test_demo(folder: Path) -> None:
    """Both real samples become documents, from what is installed."""
    ran = spawn("demo", "-o", "show/here", cwd=folder, env={"PLANFORGE_LANG": "mn"})
    assert ran.returncode == 0, ran.stderr.decode()
    names = [Path(line).name for line in ran.stdout.decode().split()]
    assert names == ["customs-2024-plan.docx", "govisumber-2021-report.docx"]
    assert "загвар: plan" in ran.stderr.decode()
    for name in names:
        assert reader.read(folder / "show" / "here" / name) is not None
    assert spawn("demo", "-o", "show/here", cwd=folder).returncode == 0


# --- the process ---------------------------------------------------------------------------------------------------


def test_help_is_light() -> None:
    """Help loads nothing that only commands need."""
    code = "import sys; from planforge.cli import run; run(['render', '--help']); print(*sys.modules, file=sys.stderr)"
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, check=True, cwd=ROOT)
    loaded = set(ran.stderr.decode().split())
    heavy = {"pydantic", "jinja2", "lxml", "babel", "rich", "yaml", "docx", "dataclasses", "tomllib"}
    assert {name for name in loaded if name.startswith("planforge.")} == {
        "planforge.cli",
        "planforge.console",
        "planforge.messages",
    }
    assert heavy & loaded <= heavy & loaded_by_python()


def loaded_by_python() -> set[str]:
    """What the interpreter loads by itself here: an editable installation needs a few modules."""
    ran = subprocess.run([sys.executable, "-c", "import sys; print(*sys.modules)"], capture_output=True, check=True)
    return set(ran.stdout.decode().split())


@pytest.mark.parametrize("encoding", ["cp1252", "ascii", "cp1251"])
def test_streams_are_utf8(folder: Path, encoding: str) -> None:
    """Code pages have no Ө and Ү; the streams are UTF-8 whatever the system says."""
    env = {"PYTHONIOENCODING": encoding, "LC_ALL": "C.UTF-8"}
    ran = spawn("--help", "--lang", "mn", cwd=folder, env=env)
    assert "төлөвлөгөө" in ran.stdout.decode("utf-8").lower()
    ran = spawn("check", "Өгөгдөл.yaml", "--lang", "mn", cwd=folder, env=env)
    assert (ran.returncode, "«Өгөгдөл.yaml» файл олдсонгүй" in ran.stdout.decode("utf-8")) == (1, True)


posix = pytest.mark.skipif(sys.platform == "win32", reason="POSIX streams")


@posix
def test_closed_pipe(folder: Path) -> None:
    """A reader that has gone stops neither the work nor makes a word."""
    receiver, sender = os.pipe()
    os.close(receiver)
    ran = spawn("render", "plan.yaml", "-t", "form.docx", cwd=folder, stdout=sender, stderr=subprocess.PIPE)
    os.close(sender)
    assert (ran.returncode, ran.stderr) == (1, b"1 file, 0 warnings, 0 errors.\n")
    assert (folder / "plan.docx").is_file()


@posix
@pytest.mark.parametrize("streams", [(1,), (2,), (1, 2)], ids=["stdout", "stderr", "both"])
def test_closed_streams(folder: Path, streams: tuple[int, ...]) -> None:
    """Streams that were never open are no reason for a traceback."""
    ran = spawn("render", "plan.yaml", "-t", "form.docx", cwd=folder, preexec_fn=partial(close, *streams))
    assert ran.returncode == (1 if 1 in streams else 0)
    assert (folder / "plan.docx").is_file()
    assert b"Traceback" not in ran.stderr


@posix
def test_interrupt(folder: Path) -> None:
    """Ctrl-C: exit code 130, one word, no traceback."""
    os.mkfifo(folder / "slow.yaml")
    listen = "import signal; signal.signal(signal.SIGINT, signal.default_int_handler)"
    code = f"{listen}; import planforge.cli; planforge.cli.main()"
    child = subprocess.Popen(
        [sys.executable, "-c", code, "check", "slow.yaml", "--lang", "mn"],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    with (folder / "slow.yaml").open("wb"):  # returns when the child has opened it to read
        child.send_signal(signal.SIGINT)
        out, err = child.communicate(timeout=60)
    assert (child.returncode, out, err.decode().strip()) == (130, b"", "Зогсоолоо.")


@posix
def test_colours_only_on_a_terminal(folder: Path) -> None:
    """A terminal gets colours unless NO_COLOR is set; a pipe never does."""
    red = "\x1b[31m"
    assert red in on_a_terminal(["check", "nofile.yaml"], folder)[0]
    assert red not in on_a_terminal(["check", "nofile.yaml"], folder, NO_COLOR="1")[0]
    assert red.encode() not in spawn("check", "nofile.yaml", cwd=folder).stdout


@posix
@pytest.mark.parametrize("lang", LANGS)
def test_table_on_a_terminal(folder: Path, lang: Lang) -> None:
    """A person gets a table in their language."""
    pytest.importorskip("rich")
    shown, code = on_a_terminal(["templates", "list", "--lang", lang], folder)
    assert code == 0
    assert {"mn": "төлөвлөгөө", "en": "plans"}[lang] in shown


def test_table_without_rich(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without rich a person gets plain columns."""
    monkeypatch.setitem(sys.modules, "rich.console", None)
    monkeypatch.setattr(sys.stdout, "isatty", lambda: True)
    lines = [re.split("  +", line) for line in run("templates", "list").out.splitlines()]
    assert lines[0] == ["Template", "For"]
    assert ["report", "reports"] in lines


@posix
def test_stdin_through_a_pipe_file(folder: Path) -> None:
    """`planforge check <(…)`: a pipe by name is read once."""
    receiver, sender = os.pipe()
    os.write(sender, PLAN.encode())
    os.close(sender)
    ran = spawn("check", f"/dev/fd/{receiver}", cwd=folder, pass_fds=(receiver,))
    os.close(receiver)
    assert (ran.returncode, ran.stdout) == (0, b"")


def test_mistakes_of_planforge_keep_their_traceback(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    """Only faults of people and machines are told in words; a bug is for its makers."""

    def fail(*args: object) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr(data, "parse", fail)
    with pytest.raises(ZeroDivisionError):
        run("check", "plan.yaml")


# --- the page ------------------------------------------------------------------------------------------------------


def page() -> str:
    """docs/cli.md: the help of every command, in both languages."""
    lines = [
        "# Командын мөр · Command line",
        "",
        "Generated from `--help` by `python -m tests.test_cli`; do not edit.",
        "",
        "Гаралтын код · Exit codes: 0 зөв · fine, 1 алдаатай · problems found, 2 буруу хэрэглэсэн · wrong use, "
        "3 багцын зарим нэгж гараагүй · some units of a batch failed, 130 Ctrl-C.",
    ]
    pages = {lang: dict(commands(lang)) for lang in LANGS}
    for path in pages["en"]:
        lines += ["", f"## planforge {path}".rstrip()]
        for lang in LANGS:
            lines += ["", "```text", pages[lang][path].get_help(), "```"]
    return "\n".join(lines) + "\n"


def test_page_is_fresh() -> None:
    """docs/cli.md says what `--help` says."""
    assert (ROOT / "docs" / "cli.md").read_text(encoding="utf-8") == page(), "run: python -m tests.test_cli"


def test_page_has_every_command() -> None:
    """No command is undocumented."""
    headings = re.findall(r"^## planforge ?(.*)$", (ROOT / "docs" / "cli.md").read_text(encoding="utf-8"), re.MULTILINE)
    assert headings == [path for path, _ in commands("en")]


@pytest.mark.parametrize("path", [path for path, _ in commands("en")])
def test_every_command_has_its_function(path: str) -> None:
    """What a command does is the function of its name, with a stroke where Python has that name."""
    if path not in ("", "layout", "sheet", "templates"):
        found = cli.function(path)
        assert found.__name__ == path.replace(" ", "_") + "_" * hasattr(builtins, path)
        assert found.__name__ in sys.modules[found.__module__].__all__


@pytest.mark.parametrize("path", [path for path, _ in commands("en")])
def test_examples_are_commands(path: str) -> None:
    """An example in help is a command line that click accepts."""
    for example in messages.EXAMPLES.get(path or "planforge", ()):
        program = cli.program("en")
        args = example.split()[1:]
        with program.make_context("planforge", args, obj=Console("en")) as ctx:
            command, name = program, args[0]
            while isinstance(command, click.Group):
                name, *args = args
                found = command.get_command(ctx, name)
                assert found is not None
                command = found  # type: ignore[assignment]
            command.make_context(name, args, parent=ctx, obj=Console("en"))


if __name__ == "__main__":
    (ROOT / "docs" / "cli.md").write_text(page(), encoding="utf-8")
