"""`examples/`, the pre-commit hook and docs/python.md: what developers copy is run as it stands."""

from __future__ import annotations

import asyncio
import importlib
import json
import os
import re
import shlex
import shutil
import subprocess
import sys
import tomllib
from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import click
import httpx
import pytest
import yaml

from examples import fastapi_service
from planforge import Plan, Report, Template, cli, load, parse, read
from tests.bodies import docx, outline
from tests.packages import BUILDERS
from tests.test_hostile import bombs

ROOT = Path(__file__).parent.parent
PLAN = ROOT / "samples" / "customs-2024" / "plan.yaml"
PROGRESS = ROOT / "samples" / "progress-2025"
GOOD = docx("{{ plan.title }}\n{%p for m in plan.all_measures %}\n{{ m.number }}. {{ m.text }}\n{%p endfor %}")
BAD = docx("| № | Арга хэмжээ |\n| {{ plan.titel }} | {% if plan.period %} |")
CYRILLIC = re.compile("[А-Яа-яӨөҮүЁё]")


def run(*arguments: object, cwd: Path = ROOT, **environment: str) -> subprocess.CompletedProcess[str]:
    """A Python process, its output as text."""
    own = {**os.environ, "PYTHONPATH": str(ROOT), "PYTHONUTF8": "1", "PLANFORGE_LANG": "mn", **environment}
    command = [sys.executable, *map(str, arguments)]
    return subprocess.run(command, cwd=cwd, env=own, capture_output=True, encoding="utf-8", timeout=120, check=False)


# --- the service ---------------------------------------------------------------------------------------------------

Ask = Callable[..., httpx.Response]


@pytest.fixture
def ask(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Ask]:
    """Posts to the service; what it does not answer but raises fails the test."""
    monkeypatch.setattr(fastapi_service, "STORE", tmp_path / "templates")
    fastapi_service.compiled.cache_clear()

    def post(path: str, **given: Any) -> httpx.Response:
        async def one() -> httpx.Response:
            transport = httpx.ASGITransport(app=fastapi_service.app)
            async with httpx.AsyncClient(transport=transport, base_url="http://service") as client:
                return await client.post(path, **given)

        return asyncio.run(one())

    yield post
    fastapi_service.compiled.cache_clear()


def upload(ask: Ask, content: bytes) -> httpx.Response:
    return ask("/templates", files={"file": ("загвар.docx", content)})


def kept() -> list[str]:
    """The templates that the service holds."""
    return sorted(path.name for path in fastapi_service.STORE.glob("*")) if fastapi_service.STORE.exists() else []


def test_a_template_is_uploaded_once_and_prints(ask: Ask) -> None:
    """Its answer is the digest that `/documents` takes; the same template again is the same one, compiled once."""
    names = {upload(ask, GOOD).json()["template"] for _ in range(2)}
    (name,) = names
    assert kept() == [f"{name}.docx"]
    for _ in range(2):
        answer = ask("/documents", params={"template": name}, content=PLAN.read_bytes())
        assert answer.status_code == 200
        assert answer.content[:2] == b"PK"
    assert fastapi_service.compiled.cache_info().misses == 1
    plan = load(PLAN, Plan)
    assert read(answer.content) == plan
    assert outline(answer.content) == outline(Template.open(GOOD).render(plan))
    assert "PF320" in answer.headers["planforge-warnings"].split()


def test_a_bad_template_is_refused_with_all_its_problems(ask: Ask) -> None:
    """With places, in both languages; nothing is kept."""
    answer = upload(ask, BAD)
    assert answer.status_code == 422
    problems = answer.json()["problems"]
    assert {problem["place"]["cell"] for problem in problems} == {1, 2}
    assert all(CYRILLIC.search(p["message"]["mn"]) and p["message"]["en"] and p["where"]["mn"] for p in problems)
    assert kept() == []


UPLOADS: dict[str, Callable[[], bytes]] = {
    "nothing": lambda: b"",
    "text": lambda: "Төлөвлөгөө".encode(),
    "a plan without faults": PLAN.read_bytes,
    "a layout without faults": (ROOT / "planforge" / "templates" / "plan.yaml").read_bytes,
    "an old Word file": BUILDERS["old_word"],
    "half a file": BUILDERS["truncated"],
    "a bomb": BUILDERS["bomb"],
    "a bomb of 400 MB": bombs()["400 MB of zeros"],
    "parts that overlap": bombs()["parts that overlap"],
    "a name that climbs": BUILDERS["climbing_name"],
    "code": lambda: docx("{{ plan.__class__.__mro__ }}"),
}


@pytest.mark.parametrize("content", UPLOADS.values(), ids=UPLOADS)
def test_hostile_uploads_are_refused(ask: Ask, content: Callable[[], bytes]) -> None:
    """Whatever is no template is answered with problems, not with an error of the server."""
    answer = upload(ask, content())
    assert answer.status_code == 422
    assert answer.json()["problems"]
    assert kept() == []


OTHERS = {
    "a plan": PLAN.read_bytes(),
    "JSON": b'{"a": 1}',
    "YAML": b"a: b\n",
    "a layout": b'layout: x\nbody: [{title: "{{ plan.title }}"}]\n',
}


@pytest.mark.parametrize("content", OTHERS.values(), ids=OTHERS)
def test_what_is_no_word_file_is_told_so(ask: Ask, content: bytes) -> None:
    """And nothing else, whatever it is."""
    assert [p["code"] for p in upload(ask, content).json()["problems"]] == ["PF255"]


@pytest.mark.parametrize("embed", [True, False])
def test_a_document_is_no_template(ask: Ask, embed: bool) -> None:
    """What has no tags would print the same for everybody."""
    answer = upload(ask, Template.builtin("plan").render(load(PLAN, Plan), embed=embed))
    assert (answer.status_code, kept()) == (422, [])
    assert "PF335" in [p["code"] for p in answer.json()["problems"]]


def test_large_bodies_are_refused_before_they_are_read(ask: Ask) -> None:
    """By their length; a body that declares none is refused too."""

    async def pieces() -> AsyncIterator[bytes]:
        yield b"x"

    assert upload(ask, bytes(fastapi_service.MAX_BODY)).status_code == 413
    assert ask("/documents", params={"template": "plan"}, content=pieces()).status_code == 411


def test_the_document_is_named_by_its_unit(ask: Ask) -> None:
    """In Cyrillic for those who read RFC 6266, else by a plain name; `today` and JSON are taken as they are."""
    plan = load(PLAN, Plan)
    data = json.dumps({"planforge": "plan/1", **plan.model_dump(mode="json", exclude_defaults=True)}).encode()
    assert parse(data).value == plan
    answer = ask("/documents", params={"template": "plan", "today": "2024-03-20"}, content=data)
    assert answer.status_code == 200
    plain, _, name = answer.headers["content-disposition"].rpartition("; filename*=UTF-8''")
    assert plain == 'attachment; filename="document.docx"'
    assert unquote(name) == f"{plan.owner.name}.docx"
    assert read(answer.content) == plan


DOCUMENTS = {
    "a misspelt key": ("plan", b'{"planforge": "plan/1", "titel": 1}', "PF101"),
    "no JSON": ("plan", b'{"planforge": "plan/1",', None),
    "nothing": ("plan", b"", "PF124"),
    "a Word file": ("plan", GOOD, "PF126"),
    "deep": ("plan", b"[" * 100_000, None),
    "a plan of the server": ("report", b'{"planforge": "report/1", "plan": "../../plan.yaml"}', "PF135"),
    "no such template": ("paln", PLAN.read_bytes(), "PF229"),
    "a digest of none": ("0" * 64, PLAN.read_bytes(), "PF229"),
    "a path for a template": ("../../secret", PLAN.read_bytes(), "PF229"),
    "a plan in a report's form": ("report", PLAN.read_bytes(), "PF303"),
}


@pytest.mark.parametrize(("template", "content", "code"), DOCUMENTS.values(), ids=DOCUMENTS)
def test_bad_data_are_refused(ask: Ask, template: str, content: bytes, code: str | None) -> None:
    """With the problem of the case, in both languages."""
    answer = ask("/documents", params={"template": template}, content=content)
    assert answer.status_code == 422
    problems = answer.json()["problems"]
    assert problems
    assert code is None or code in [problem["code"] for problem in problems]
    assert all(CYRILLIC.search(p["message"]["mn"]) for p in problems)


def test_what_cannot_be_written_is_not_the_clients_fault(ask: Ask) -> None:
    """It is an error of the server, and tells no path."""
    name = upload(ask, GOOD).json()["template"]
    (fastapi_service.STORE / f"{name}.docx").unlink()
    (fastapi_service.STORE / f"{name}.docx").mkdir()
    answer = upload(ask, GOOD)
    assert (answer.status_code, answer.json()) == (500, {"problems": []})


# --- the view ------------------------------------------------------------------------------------------------------

_BROWSER = """\
import json, sys
import django
from examples import django_view
django.setup()
from django.test import Client

out = []
for address in sys.argv[1:]:
    answer = Client().get(address)
    body = b"".join(answer.streaming_content) if answer.streaming else answer.content
    out.append([answer.status_code, answer.get("Content-Disposition", ""), body.hex()])
print(json.dumps(out))
"""


def browse(*addresses: str, reports: Path = ROOT / "samples") -> list[tuple[int, str, bytes]]:
    """What Django's test client gets, in a process of its own: its settings are global."""
    done = run("-W", "error::RuntimeWarning", "-c", _BROWSER, *addresses, REPORTS=str(reports))
    assert done.returncode == 0, done.stderr
    return [(status, disposition, bytes.fromhex(body)) for status, disposition, body in json.loads(done.stdout)]


def test_the_view_gives_a_report() -> None:
    """As a download named by the unit; no address leads out of the folder."""
    (status, disposition, body), *others = browse("/reports/progress-2025", "/reports/..", "/reports/%2e%2e%2fsamples")
    report = load(PROGRESS / "report.yaml", Report)
    assert status == 200
    assert report.unit is not None
    assert unquote(disposition) == f"attachment; filename*=utf-8''{report.unit.name}.docx"
    assert read(body) == report
    assert [status for status, _, _ in others] == [404, 404]


def test_the_view_tells_faults_in_mongolian(tmp_path: Path) -> None:
    """All of them, with line and column, without the server's paths, and nothing of the data becomes markup."""
    unit = tmp_path / "Эрүүл мэнд"
    shutil.copytree(PROGRESS, unit)
    text = (unit / "report.yaml").read_text(encoding="utf-8")
    broken = text.replace("percent: 60", "percent: <script>").replace("unit:", "nuit:")
    (unit / "report.yaml").write_text(broken, encoding="utf-8")
    ((status, _, body),) = browse("/reports/Эрүүл мэнд", reports=tmp_path)
    page = body.decode()
    assert status == 422
    assert "<script>" not in page
    assert "&lt;script&gt;" in page
    assert page.count("<li>") == sum(p.is_error for p in parse(unit / "report.yaml").problems) == 2
    assert "report.yaml:7:1" in page
    assert str(tmp_path) not in page
    assert not re.search(r"\b(field|expected|found|should)\b", page)


# --- the script ----------------------------------------------------------------------------------------------------


def test_the_script_runs_as_typed(tmp_path: Path) -> None:
    """The line of its docstring, from the root: a plan, 35 forms and a folder's report."""
    text = (ROOT / "examples" / "plain_script.py").read_text(encoding="utf-8")
    (typed,) = re.findall(r"^    python (.*) out$", text, re.MULTILINE)
    done = run(*typed.split(), tmp_path / "out")
    assert done.returncode == 0, done.stderr
    assert read(tmp_path / "out" / "plan.docx") == load(PLAN)
    forms = list((tmp_path / "out" / "forms").glob("*.docx"))
    assert len(forms) == 35
    assert {type(read(form)) for form in forms} == {Report}
    assert read(tmp_path / "out" / "reports" / "report.docx") == load(PROGRESS / "report.yaml")


def test_the_script_tells_faults_in_mongolian(tmp_path: Path) -> None:
    """A bad report does not stop the others; a bad plan stops it all; the exit code is 1."""
    folder = tmp_path / "units"
    shutil.copytree(PROGRESS, folder)
    text = (folder / "report.yaml").read_text(encoding="utf-8")
    (folder / "bad.yaml").write_text(text.replace("percent: 60", "percent: 160"), encoding="utf-8")
    done = run("examples/plain_script.py", PLAN, folder, tmp_path / "out")
    assert done.returncode == 1
    assert re.search(r"bad — баримт гарсангүй\n .*bad\.yaml:21:14 .*PF112 .*хувь", done.stdout)
    assert [path.name for path in (tmp_path / "out" / "reports").glob("*.docx")] == ["report.docx"]
    (folder / "plan.yaml").write_text("planforge: plan/1\ntitel: Т\n", encoding="utf-8")
    done = run("examples/plain_script.py", folder / "plan.yaml", folder, tmp_path / "out2")
    assert done.returncode == 1
    assert "PF101 «titel»" in done.stderr
    assert "Traceback" not in done.stderr


def test_the_script_says_how_it_is_used() -> None:
    """Without its three arguments: in one line."""
    for arguments in ((), (PLAN,), (PLAN, PROGRESS, "out", "more")):
        done = run("examples/plain_script.py", *arguments)
        assert done.returncode == 1
        assert done.stderr.startswith("Хэрэглэх нь: python examples/plain_script.py")
        assert done.stderr.count("\n") == 1


# --- the hook ------------------------------------------------------------------------------------------------------


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    """Files of somebody's repository, some of which are none of planforge's business."""
    files = {
        "forms/good.docx": GOOD,
        "forms/bad.docx": BAD,
        "plans/plan.yaml": PLAN.read_bytes(),
        "plans/bad.yaml": b"planforge: plan/1\ntitel: x\n",
        ".pre-commit-config.yaml": b"repos: []\n",
        "package.json": b'{"name": "x"}',
    }
    for name, content in files.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_bytes(content)
    return tmp_path


def hook(repository: Path, files: str | None = None) -> tuple[list[str], subprocess.CompletedProcess[str]]:
    """The hook as pre-commit runs it: the files that `files` finds, behind its entry, in the repository's root."""
    (own,) = yaml.safe_load((ROOT / ".pre-commit-hooks.yaml").read_text(encoding="utf-8"))
    assert own["language"] == "python"
    program, *arguments = shlex.split(own["entry"])
    assert program in tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]["scripts"]
    names = sorted(path.relative_to(repository).as_posix() for path in repository.rglob("*") if path.is_file())
    chosen = [name for name in names if re.search(files or own["files"], name)]
    return chosen, run("-m", program, *arguments, *chosen, cwd=repository)


def test_the_hook_checks_templates(repository: Path) -> None:
    """A bad one stops the commit with its problems; good ones and files of others do not."""
    chosen, done = hook(repository)
    assert chosen == ["forms/bad.docx", "forms/good.docx"]
    assert done.returncode == 1
    assert "forms/bad.docx" in done.stdout
    assert not re.search(r"good\.docx.*алдаа", done.stdout)
    (repository / "forms" / "bad.docx").unlink()
    chosen, done = hook(repository)
    assert (chosen, done.returncode) == (["forms/good.docx"], 0)
    assert set(re.findall(r"PF\d+", done.stdout)) == {"PF333"}


def test_the_hook_checks_data_files_that_are_named(repository: Path) -> None:
    """The setting that docs/python.md shows reaches templates and data, and nothing else."""
    (repository / "forms" / "bad.docx").unlink()
    shown = next(b for b in blocks("yaml") if "files:" in b)
    (settings,) = yaml.safe_load(shown)
    chosen, done = hook(repository, settings["files"])
    assert chosen == ["forms/good.docx", "plans/bad.yaml", "plans/plan.yaml"]
    assert done.returncode == 1
    assert "PF101" in done.stdout


# --- docs/python.md ------------------------------------------------------------------------------------------------

MANUAL = (ROOT / "docs" / "python.md").read_text(encoding="utf-8")
ROWS = re.findall(r"^\| `planforge ([^`]+)` \| (.+?) \|", MANUAL, re.MULTILINE)


def blocks(language: str) -> list[str]:
    """The blocks of the manual in a language."""
    return re.findall(rf"```{language}\n(.*?)```", MANUAL, re.DOTALL)


def commands(command: click.Command, path: str = "") -> Iterator[str]:
    """Every command that does something, by its path."""
    if not isinstance(command, click.Group):
        yield path
        return
    for name, inner in command.commands.items():
        yield from commands(inner, f"{path} {name}".strip())


def test_every_command_has_its_function() -> None:
    """The table has a row for each command of the program, in its order, and for no other."""
    named = list(dict.fromkeys(command.partition(" -")[0] for command, _ in ROWS))
    assert named == list(commands(cli.program("en")))


@pytest.mark.parametrize(("command", "functions"), ROWS, ids=[command for command, _ in ROWS])
def test_the_functions_are_there(command: str, functions: str) -> None:
    """Each name of a row can be imported; what is shown as a call can be called."""
    shown = re.findall(r"`(planforge[^`]*)`", functions)
    assert shown
    for call in shown:
        name, is_call, _ = call.partition("(")
        steps = name.split(".")
        found: Any = importlib.import_module(steps[0])
        for at, step in enumerate(steps[1:], 2):
            if not hasattr(found, step):
                importlib.import_module(".".join(steps[:at]))
            found = getattr(found, step)
        assert callable(found) or not is_call, call


def test_options_of_the_table_are_there() -> None:
    """A row for an option names one that the command has."""
    tree = cli.program("en")
    for command, _ in ROWS:
        path, _, option = command.partition(" -")
        found: click.Command = tree
        for step in path.split():
            assert isinstance(found, click.Group)
            found = found.commands[step]
        assert not option or f"-{option}" in [name for param in found.params for name in param.opts]


def test_the_manuals_programs_run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """One after the other, in a folder with the files that they name."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "form.docx").write_bytes(BAD)
    (tmp_path / "plan.yaml").write_bytes(b"planforge: plan/1\ntitel: x\n")
    found: dict[str, Any] = {}
    for block in blocks("python"):
        exec(block, found)
    assert "form.docx" in capsys.readouterr().out
    assert "PF101" in [problem["code"] for problem in found["answer"]["problems"]]
    assert isinstance(read(tmp_path / "own.docx"), Plan)


def test_examples_are_named() -> None:
    """The manual and the README tell of every example."""
    for path in (ROOT / "examples").glob("*.py"):
        assert f"`{path.name}`" in MANUAL
    assert "examples/" in (ROOT / "README.md").read_text(encoding="utf-8")
