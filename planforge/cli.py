"""The command line: the only module that prints or exits, in Mongolian or English from end to end.

Data go to stdout, messages to stderr. Exit codes: 0 fine, 1 problems found, 2 wrong use, 130 stopped by Ctrl-C. Every
fault is a `Problem`; click's own messages are never shown: what it refuses becomes a problem too, so that the language
does not depend on gettext or on click's version. Help loads click and `planforge.messages` only; commands import what
they need when they run.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from io import TextIOWrapper
from typing import TYPE_CHECKING, Any, BinaryIO, NoReturn, TextIO

import click

from planforge import __version__, messages

if TYPE_CHECKING:
    from datetime import date
    from pathlib import Path

    from click.shell_completion import CompletionItem

    from planforge.data import Loaded
    from planforge.errors import Lang, Problem, Words
    from planforge.render import Template

__all__ = ["Argument", "Console", "main", "program", "run", "system_language"]

STDIN = "<stdin>"
_MAX_WARNINGS = 20
_MAX_ERRORS = 50
"""Of one file; `--json` has all."""


# --- streams -------------------------------------------------------------------------------------------------------


class Refused(Exception):
    """A command cannot be carried out, for a reason outside of what its files hold: a problem and the exit code."""

    exit_code = 1

    def __init__(self, code: str, file: str | None = None, /, **args: object) -> None:
        self.code = code
        self.file = file
        self.values = args
        super().__init__(code, file, args)

    def problem(self) -> Problem:
        from planforge.errors import DataPlace, Problem

        return Problem(self.code, DataPlace(self.file) if self.file else None, self.values)


class WrongUse(Refused):
    """The command line itself is wrong."""

    exit_code = 2


class Console:
    """Where a command writes, in which language; it keeps what it tells."""

    def __init__(self, lang: Lang) -> None:
        self.lang = lang
        self.json = False
        """Whether problems are to be printed as JSON at the end, not as they are found."""
        self.files = 0
        self.problems: list[Problem] = []
        self.unread = False
        self._hints: set[str] = set()
        self._told: set[tuple[object, ...]] = set()

    def phrase(self, key: str, /, **args: object) -> str:
        return messages.say(messages.PHRASES, key, self.lang, **args)

    def put(self, data: str | bytes) -> None:
        """Data, on stdout: text with its line end, or the bytes of a document.

        A reader that has gone (`planforge … | head`) does not stop the work; a full disk is told once.
        """
        if self.unread or sys.stdout is None:
            self.unread = True
            return
        try:
            _write(sys.stdout, data)
        except OSError as error:
            self.unread = True
            _drop(sys.stdout)
            if not isinstance(error, BrokenPipeError):
                self.report([Refused("PF729", detail=_reason(error)).problem()])

    def put_json(self, data: object) -> None:
        import json

        self.put(json.dumps(data, ensure_ascii=False, indent=2))

    def tell(self, message: str) -> None:
        """A message, on stderr; if nobody reads it, the work goes on."""
        try:
            _write(sys.stderr, message)
        except OSError:
            _drop(sys.stderr)

    def report(self, problems: Iterable[Problem], *, as_data: bool = False) -> bool:
        """Tells the problems of one file, errors first, and keeps them; whether there were errors.

        What is wrong in a plan is told once, though its report finds it too.
        """
        all_found = list(problems)
        found = [problem for problem in all_found if self._is_new(problem)]
        self.problems += found
        errors, warnings = [p for p in found if p.is_error], [p for p in found if not p.is_error]
        out = self.put if as_data else self.tell
        for kind, some, limit in (("error", errors, _MAX_ERRORS), ("warning", warnings, _MAX_WARNINGS)):
            lines = [] if self.json else [self._line(problem, kind) for problem in some[:limit]]
            if lines and len(some) > limit:
                lines.append(self.phrase(f"more_{kind}s", count=len(some) - limit))
            for line in lines:
                out(line)
        return any(problem.is_error for problem in all_found)

    def _is_new(self, problem: Problem) -> bool:
        line = getattr(problem.place, "line", None)
        if line is None:
            return True
        place = (getattr(problem.place, "file", None), line, getattr(problem.place, "column", None))
        known = len(self._told)
        self._told.add((problem.code, problem.message(), *place))
        return len(self._told) > known

    def _line(self, problem: Problem, kind: str) -> str:
        """`place: error PF102: message`, and the hint below unless it was given before."""
        where = problem.place.describe(self.lang) if problem.place else ""
        label = click.style(f"{self.phrase(kind)} {problem.code}", fg="red" if kind == "error" else "yellow")
        line = ": ".join(x for x in (where, label, problem.message(self.lang)) if x)
        hint = problem.hint(self.lang)
        if not hint or hint in self._hints:
            return line
        self._hints.add(hint)
        return f"{line}\n    → {hint}"

    def summary(self) -> None:
        """“N files, N warnings, N errors”."""
        errors = sum(problem.is_error for problem in self.problems)
        counts = (("files", self.files), ("warnings", len(self.problems) - errors), ("errors", errors))
        words = (self.phrase(f"{key}_one" if count == 1 else key, count=count) for key, count in counts)
        self.tell(", ".join(words) + ".")

    @property
    def exit_code(self) -> int:
        return 1 if self.unread or any(problem.is_error for problem in self.problems) else 0


def _write(stream: TextIO | None, data: str | bytes) -> None:
    if stream is not None:  # pythonw on Windows, or `>&-`
        click.echo(data, stream, nl=isinstance(data, str), color=False if os.environ.get("NO_COLOR") else None)


def _drop(stream: TextIO | None) -> None:
    """Sends the rest of a dead stream nowhere, so that the interpreter can flush it at exit without a word."""
    if stream is not None:
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, stream.fileno())
        os.close(nowhere)


def _reason(error: OSError) -> str:
    return error.strerror or type(error).__name__


def _words(key: str, /, **args: object) -> Words:
    from planforge.errors import Words

    return Words(messages.say(messages.PHRASES, key, "mn", **args), messages.say(messages.PHRASES, key, "en", **args))


# --- click in two languages ----------------------------------------------------------------------------------------


class _File(click.ParamType):  # type: ignore[type-arg] # generic since click 8.5, not before
    """A path as it was typed; shells complete names of files."""

    name = "file"

    def shell_complete(self, ctx: click.Context, param: click.Parameter, incomplete: str) -> list[CompletionItem]:
        from click.shell_completion import CompletionItem

        return [CompletionItem(incomplete, type="file")]


class _OneOf(click.ParamType):  # type: ignore[type-arg]
    """One of a few words."""

    name = "word"

    def __init__(self, *words: str) -> None:
        self.words = words

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> str:
        if value not in self.words:
            raise WrongUse("PF716", name=_shown(param), found=value, values=", ".join(self.words))
        return str(value)

    def shell_complete(self, ctx: click.Context, param: click.Parameter, incomplete: str) -> list[CompletionItem]:
        from click.shell_completion import CompletionItem

        return [CompletionItem(word) for word in self.words if word.startswith(incomplete)]


class _Day(click.ParamType):  # type: ignore[type-arg]
    """A date, `2024.03.20` or `2024-03-20`."""

    name = "date"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> date:
        from datetime import date

        if isinstance(value, date):
            return value
        try:
            year, month, day = str(value).replace("-", ".").split(".")
            return date(int(year), int(month), int(day))
        except ValueError:
            raise WrongUse("PF717", found=value) from None


def _shown(param: click.Parameter | None) -> str:
    """A parameter as help shows it: `--output`, `ФАЙЛ`."""
    if isinstance(param, Argument):
        return param.shown
    return max(param.opts, key=len) if param else ""


class Argument(click.Argument):
    """An argument with an explanation, which click knows only since 8.5."""

    def __init__(self, name: str, shown: str, explained: str, **settings: Any) -> None:
        super().__init__([name], metavar=shown, **settings)
        self.shown = shown.strip("[].")
        self.explained = explained


class Command(click.Command):
    """A command that explains itself in one language, laid out the same by every version of click."""

    def __init__(self, lang: Lang, path: str, run: Callable[..., int], params: Sequence[click.Parameter]) -> None:
        about = messages.say(messages.HELP, path or "planforge", lang)
        super().__init__(
            path.rpartition(" ")[2] or "planforge",
            callback=click.pass_obj(run),
            params=[*params, *_standing(lang)],
            help=about,
            short_help=about.partition("\n\n")[0],
            add_help_option=False,
            context_settings={"allow_extra_args": True},
        )
        self.lang = lang
        self.path = path

    def word(self, key: str) -> str:
        return messages.say(messages.WORDS, key, self.lang)

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        try:
            rest = super().parse_args(ctx, args)
        except click.UsageError as error:
            raise _refused(error, self, ctx) from error
        if ctx.args and not isinstance(self, click.Group) and not ctx.resilient_parsing:
            raise WrongUse("PF715", found=" ".join(ctx.args), usage=self.usage(ctx))
        return rest

    def usage(self, ctx: click.Context) -> str:
        """`planforge render [OPTIONS] FILE...`."""
        arguments = [str(p.metavar) for p in self.params if isinstance(p, Argument)]
        if isinstance(self, click.Group):
            arguments = [f"{self.word('COMMAND')} ..."]
        return " ".join([ctx.command_path, self.word("[OPTIONS]"), *arguments])

    def format_help(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        program, _, rest = self.usage(ctx).partition(f" {self.word('[OPTIONS]')}")
        formatter.write_usage(program, f"{self.word('[OPTIONS]')}{rest}", prefix=f"{self.word('usage')} ")
        formatter.write_paragraph()
        with formatter.indentation():
            formatter.write_text(self.help or "")
        _list(formatter, self.word("arguments"), [(str(p.metavar), p.explained) for p in self._arguments()])
        _list(formatter, self.word("options"), [_record(p) for p in self.params if isinstance(p, click.Option)])
        commands = self.commands.values() if isinstance(self, click.Group) else ()
        _list(formatter, self.word("commands"), [(c.name or "", c.short_help or "") for c in commands])
        examples = messages.EXAMPLES.get(self.path or "planforge", ())
        _list(formatter, self.word("examples"), [(line, "") for line in examples])

    def _arguments(self) -> Iterator[Argument]:
        return (p for p in self.params if isinstance(p, Argument))


class Group(Command, click.Group):
    """A command of commands, in the order in which they are declared."""

    def __init__(
        self, lang: Lang, path: str, commands: Sequence[Command], params: Sequence[click.Parameter] = ()
    ) -> None:
        super().__init__(lang, path, _group_alone, params)
        self.commands = {str(command.name): command for command in commands}
        self.invoke_without_command = True
        self.no_args_is_help = False
        self.allow_interspersed_args = False

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(self.commands)

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        if args[0] not in self.commands and not ctx.resilient_parsing:
            raise WrongUse("PF710", name=args[0], advice=_advice(args[0], self.commands, ctx))
        return super().resolve_command(ctx, args)


def _list(formatter: click.HelpFormatter, heading: str, rows: Sequence[tuple[str, str]]) -> None:
    if rows:
        with formatter.section(heading):
            formatter.write_dl(rows)


def _record(option: click.Option) -> tuple[str, str]:
    return " ".join([", ".join(option.opts), *([option.metavar] if option.metavar else [])]), option.help or ""


def _group_alone(console: Console) -> int:
    """A group without a command shows its help, as wrong use; with one it has nothing to do."""
    ctx = click.get_current_context()
    if ctx.invoked_subcommand is None:
        console.tell(ctx.get_help())
        return 2
    return 0


def _option(lang: Lang, path: str, *names: str, shown: str | None = None, **settings: Any) -> click.Option:
    """An option; its help is that of `path.name`, else of `name`."""
    key = names[-1].lstrip("-").replace("-", "_")
    about = messages.say(messages.HELP, f"{path}.{key}" if f"{path}.{key}" in messages.HELP else key, lang)
    if shown is None:
        return click.Option([*names], is_flag=True, help=about, **settings)
    return click.Option([*names], metavar=messages.say(messages.WORDS, shown, lang), help=about, **settings)


def _argument(lang: Lang, path: str, name: str, shown: str, **settings: Any) -> Argument:
    about = messages.say(messages.HELP, f"{path}.{name}" if f"{path}.{name}" in messages.HELP else name, lang)
    return Argument(name, messages.say(messages.WORDS, shown, lang), about, **settings)


def _standing(lang: Lang) -> list[click.Option]:
    """The options of every command. `--lang` is read before click is asked; here it is declared."""
    return [
        _option(lang, "", "--lang", shown="LANG", type=_OneOf("mn", "en"), expose_value=False),
        _option(lang, "", "-h", "--help", is_eager=True, expose_value=False, callback=_show_help),
    ]


def _show_help(ctx: click.Context, param: click.Parameter, value: bool) -> None:
    if value and not ctx.resilient_parsing:
        ctx.obj.put(ctx.get_help())
        ctx.exit()


def _show_version(ctx: click.Context, param: click.Parameter, value: bool) -> None:
    if value and not ctx.resilient_parsing:
        ctx.obj.put(f"planforge {__version__}")
        ctx.exit()


def _advice(found: str, known: Iterable[str], ctx: click.Context) -> Words:
    from planforge import text

    near = text.closest(found, known)
    return _words("did_you_mean", near=near) if near else _words("see_help", command=ctx.command_path)


def _refused(error: click.UsageError, command: Command, ctx: click.Context) -> WrongUse:
    """What click refuses, as a problem in our own words."""
    options = [p for p in command.params if isinstance(p, click.Option)]
    if isinstance(error, click.NoSuchOption):
        names = [name for option in options for name in option.opts if name.startswith("--")]
        return WrongUse("PF711", name=error.option_name, advice=_advice(error.option_name, names, ctx))
    if isinstance(error, click.BadOptionUsage):
        flag = any(error.option_name in option.opts and option.is_flag for option in options)
        return WrongUse("PF713" if flag else "PF712", name=error.option_name)
    if isinstance(error, click.MissingParameter):
        return WrongUse("PF714", name=_shown(error.param), usage=command.usage(ctx))
    return WrongUse("PF718", detail=error.format_message(), command=ctx.command_path)


# --- the program ---------------------------------------------------------------------------------------------------


def program(lang: Lang) -> Group:
    """The whole tree of commands in a language."""
    file = _File()
    files: dict[str, Any] = {"type": file, "nargs": -1, "required": True}
    keys: dict[str, Any] = {"shown": "LANG", "type": _OneOf("en", "mn"), "default": "en"}
    kind: dict[str, Any] = {"shown": "KIND", "type": _OneOf("plan", "report")}

    def command(path: str, run: Callable[..., int], *params: Callable[[Lang, str], click.Parameter]) -> Command:
        return Command(lang, path, _guarded(run), [param(lang, path) for param in params])

    def option(*names: str, **settings: Any) -> Callable[[Lang, str], click.Parameter]:
        return lambda lang, path: _option(lang, path, *names, **settings)

    def argument(name: str, **settings: Any) -> Callable[[Lang, str], click.Parameter]:
        return lambda lang, path: _argument(lang, path, name, **settings)

    as_json = option("as_json", "--json")
    return Group(
        lang,
        "",
        [
            command("demo", _demo, option("-o", "--output", shown="FOLDER", type=file, default="demo")),
            command("new", _new, argument("kind", **kind), argument("out", shown="[OUT]", type=file, required=False)),
            command(
                "render",
                _render,
                argument("files", shown="FILE...", **files),
                option("-t", "--template", shown="TEMPLATE", type=file),
                option("-o", "--output", shown="OUT", type=file),
                option("--today", shown="DATE", type=_Day()),
                option("--no-embed"),
                as_json,
            ),
            command("check", _check, argument("files", shown="FILE...", **files), as_json),
            command(
                "read",
                _read,
                argument("doc", shown="DOC", type=file),
                option("-o", "--output", shown="OUT", type=file),
                option("--keys", **keys),
            ),
            command(
                "strip",
                _strip,
                argument("doc", shown="DOC", type=file),
                option("-o", "--output", shown="OUT", type=file),
            ),
            command(
                "schema",
                _schema,
                argument("kind", **kind),
                option("-o", "--output", shown="OUT", type=file),
                option("--keys", **keys),
            ),
            Group(
                lang,
                "templates",
                [
                    command("templates list", _templates_list, as_json),
                    command(
                        "templates copy",
                        _templates_copy,
                        argument("name", shown="NAME"),
                        argument("out", shown="OUT", type=file),
                    ),
                ],
            ),
        ],
        [_option(lang, "", "--version", is_eager=True, expose_value=False, callback=_show_version)],
    )


def system_language(environment: Mapping[str, str]) -> Lang:
    """PLANFORGE_LANG, else the first of LC_ALL, LC_MESSAGES and LANG that is set, else what Windows shows itself in."""
    own = environment.get("PLANFORGE_LANG", "").strip().lower()
    if own in ("mn", "en"):
        return "mn" if own == "mn" else "en"
    for name in ("LC_ALL", "LC_MESSAGES", "LANG"):
        if environment.get(name):
            return "mn" if environment[name].lower().startswith("mn") else "en"
    if sys.platform == "win32":
        import ctypes

        # [MS-LCID]: the low ten bits are the language; 0x50 is Mongolian.
        return "mn" if ctypes.windll.kernel32.GetUserDefaultUILanguage() & 0x3FF == 0x50 else "en"
    return "en"


def _chosen_language(args: Sequence[str]) -> tuple[Lang | None, list[str]]:
    """`--lang` wherever it stands before `--`, taken out of the arguments; a wrong value is left to be refused."""
    lang: Lang | None = None
    rest: list[str] = []
    given = iter(args)
    for arg in given:
        if arg == "--":
            return lang, [*rest, arg, *given]
        found = next(given, None) if arg == "--lang" else arg[7:] if arg.startswith("--lang=") else None
        if found in ("mn", "en"):
            lang = "mn" if found == "mn" else "en"
        else:
            rest += [arg, found] if arg == "--lang" and found is not None else [arg]
    return lang, rest


def run(args: Sequence[str]) -> int:
    """Runs a command line and returns its exit code; what a person or the machine did wrong is told, never raised."""
    chosen, rest = _chosen_language(args)
    console = Console(chosen or system_language(os.environ))
    try:
        tree, width = program(console.lang), _width()
        code = tree.main(rest, "planforge", standalone_mode=False, obj=console, terminal_width=width)
        return code or (1 if console.unread else 0)
    except Refused as error:
        return _told(console, error)
    except OSError as error:
        file = error.filename if isinstance(error.filename, str) else None
        return _told(console, Refused("PF730", file, detail=_reason(error)))
    except (KeyboardInterrupt, click.Abort):
        console.tell(console.phrase("stopped"))
        return 130


def _width() -> int:
    """Columns of help: those of the terminal, 50 to 78. click would load `shutil` and with it every compression."""
    columns = os.environ.get("COLUMNS", "")
    try:
        found = int(columns) if columns.isdecimal() else os.get_terminal_size(1).columns
    except OSError:
        found = 80
    return max(min(found or 80, 80) - 2, 50)


def _told(console: Console, error: Refused) -> int:
    console.json = False
    console.report([error.problem()])
    return error.exit_code


def _guarded(command: Callable[..., int]) -> Callable[..., int]:
    """A command that tells what the library raises."""

    def guarded(console: Console, **params: Any) -> int:
        from planforge.errors import PlanforgeError

        try:
            return command(console, **params)
        except PlanforgeError as error:
            console.report(error.problems)
            return 1

    return guarded


def main() -> NoReturn:
    """The command `planforge`."""
    for stream, errors in ((sys.stdout, "surrogateescape"), (sys.stderr, "backslashreplace")):
        if isinstance(stream, TextIOWrapper):  # code pages of Windows have no Ө, Ү, ₮
            stream.reconfigure(encoding="utf-8", errors=errors)
    sys.exit(run(sys.argv[1:]))


# --- files ---------------------------------------------------------------------------------------------------------


def _expand(files: Sequence[str]) -> tuple[list[str], list[Problem]]:
    """Names and patterns as names, each file once; Word's lock files are left out of patterns, not of names."""
    from pathlib import Path

    from planforge.errors import Problem

    found: dict[str, str] = {}
    problems: list[Problem] = []
    for name in files:
        names = [name]
        if any(c in name for c in "*?[") and not Path(name).exists():
            names = _matching(name)
            if not names:
                problems.append(Problem("PF720", None, {"pattern": name}))
        for each in names:
            found.setdefault(each if each == "-" else _identity(each), each)
    return list(found.values()), problems


def _matching(pattern: str) -> list[str]:
    """Windows' shells leave patterns to the program."""
    from glob import glob
    from pathlib import Path

    found = (Path(name) for name in glob(pattern, recursive=True))  # noqa: PTH207 - pathlib takes no absolute pattern
    return sorted(str(path) for path in found if not path.name.startswith("~$") and path.is_file())


def _identity(path: str | Path) -> str:
    """What two names of one file have in common, also where Windows or macOS would take them for one."""
    import unicodedata

    return unicodedata.normalize("NFC", os.path.realpath(path)).casefold()


def _make_folder(folder: Path) -> None:
    """Creates a folder and those above it (PF728)."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise Refused("PF728", str(folder), detail=_reason(error)) from error


def _input(name: str) -> str | BinaryIO:
    """A source: a path, or the standard input."""
    if name != "-":
        return name
    if sys.stdin is None:
        raise WrongUse("PF731")
    return sys.stdin.buffer


def _refuse_terminal() -> None:
    """A terminal would show a document as rubbish (PF725)."""
    if sys.stdout is not None and sys.stdout.isatty():
        raise WrongUse("PF725")


def _save(document: bytes, path: Path) -> None:
    """Writes a file where a file may stand: a device is not replaced (PF732)."""
    from planforge import render

    if path.exists() and not path.is_file() and not path.is_dir():
        raise WrongUse("PF732", str(path))
    render.save(document, path)


def _save_new(document: bytes, path: Path) -> None:
    """Writes a file where none is: what an officer has written is never overwritten (PF723)."""
    if os.path.lexists(path):
        raise WrongUse("PF723", str(path))
    _save(document, path)


def _placed(problem: Problem, file: str, loaded: Loaded[Any] | None = None) -> Problem:
    """A problem with the file that it is about, and the line if its data were read from one."""
    from dataclasses import replace

    from planforge.errors import DataPlace

    place = problem.place
    if place is None:
        return replace(problem, place=DataPlace(file))
    if place.file is not None:
        return problem
    if isinstance(place, DataPlace) and loaded is not None:
        place = loaded.place_of(place.path)
    return replace(problem, place=replace(place, file=place.file or file))


# --- commands ------------------------------------------------------------------------------------------------------

_SAMPLES = (("customs-2024", "plan"), ("govisumber-2021", "report"))


def _demo(console: Console, output: str) -> int:
    """Renders the real samples."""
    from datetime import date
    from importlib.resources import as_file, files
    from pathlib import Path

    from planforge import data, render

    _make_folder(Path(output))
    for folder, kind in _SAMPLES:
        # The report names its plan, which lies beside it: as files of a folder, which an installed wheel has.
        with as_file(files("planforge.samples") / folder / f"{kind}.yaml") as path:
            subject = data.load(path)
        document = render.Template.builtin(kind).render(subject, today=date.today())
        target = Path(output, f"{folder}-{kind}.docx")
        _save(document, target)
        console.put(str(target))
        console.tell("    " + console.phrase("made", template=kind, size=f"{len(document) / 1024:.1f}"))
    console.tell(console.phrase("demo"))
    return console.exit_code


def _new(console: Console, kind: str, out: str | None) -> int:
    """Writes a starter file."""
    from datetime import date
    from pathlib import Path

    target = Path(out or f"{kind}.yaml")
    if os.path.lexists(target):
        raise WrongUse("PF723", str(target))
    beside = target.with_name("plan.yaml")
    parts: dict[str, object] = {"year": date.today().year}
    if kind == "report":
        inside = (messages.STARTERS["report_plan"].format(**parts), messages.STARTERS["report_results"])
        plan, results = _plan_beside(beside) if beside.is_file() else inside
        parts |= {"plan": plan.rstrip("\n"), "results": results}
    _save_new(messages.STARTERS[kind].format(**parts).encode(), target)
    console.put(str(target))
    console.tell(console.phrase("new", file=target))
    return console.exit_code


def _plan_beside(path: Path) -> tuple[str, str]:
    """The line that names the plan, and an empty result for each of its measures."""
    from collections import Counter

    from planforge import data, view
    from planforge.model import Plan

    seen = view.walk(data.load(path, Plan))
    assert isinstance(seen, view.PlanView)
    numbers = Counter(node.number for node in seen.all_measures)
    lines = []
    for node in seen.all_measures:
        text = " ".join(node.item.text.split())
        short = text if len(text) <= 80 else text[:79] + "…"
        if node.item.id or numbers[node.number] == 1:
            lines.append(f"  {_yaml_key(node.item.id or node.number)}:  # {short}\n    reached:\n    percent:\n")
        else:
            lines.append(messages.STARTERS["ambiguous"].format(number=node.number, text=short))
    return messages.STARTERS["report_plan_beside"], "".join(lines)


def _yaml_key(name: str) -> str:
    """A number or id as a key: quoted unless it is made of letters, digits and full stops."""
    import json

    return name if name.replace(".", "").isalnum() else json.dumps(name, ensure_ascii=False)


class _Templates:
    """Templates by name, each compiled once and, if it is broken, told once."""

    def __init__(self, console: Console) -> None:
        self.console = console
        self.compiled: dict[str, Template | None] = {}

    def open(self, name: str) -> Template | None:
        from planforge.errors import PlanforgeError
        from planforge.render import Template

        if name not in self.compiled:
            self.compiled[name] = None
            try:
                self.compiled[name] = Template.open(name) if _is_template_path(name) else Template.builtin(name)
            except PlanforgeError as error:
                self.console.report(error.problems)
        return self.compiled[name]


def _is_template_path(name: str) -> bool:
    from pathlib import Path

    from planforge import templates

    path = Path(name)
    return name not in templates.names() and (path.suffix != "" or len(path.parts) > 1 or path.exists())


def _render(
    console: Console,
    files: tuple[str, ...],
    template: str | None,
    output: str | None,
    today: date | None,
    no_embed: bool,
    as_json: bool,
) -> int:
    """Renders data files; whatever is wrong with one, the others are made."""
    from datetime import date

    console.json = as_json
    names, problems = _expand(files)
    targets, folder = _targets(names, template, output)
    if as_json and None in targets.values():
        raise WrongUse("PF727")
    console.report(problems)
    templates = _Templates(console)
    if template is not None and templates.open(template) is None:
        names = []
    made: list[dict[str, object]] = []
    for name in names:
        console.files += 1
        found, document, form = _rendered(name, template, templates, today or date.today(), not no_embed)
        target = targets[name]
        if document is not None and target is not None:
            found += _saved(document, target, folder)
        if console.report(found) or document is None:
            console.tell(console.phrase("not_made", file=STDIN if name == "-" else name))
        elif target is None:
            console.put(document)
        else:
            made.append({"source": name, "document": str(target), "template": form, "bytes": len(document)})
            if not as_json:
                console.put(str(target))
    if as_json:
        console.put_json({"documents": made, "problems": [problem.as_json() for problem in console.problems]})
    console.summary()
    return console.exit_code


def _rendered(
    name: str, template: str | None, templates: _Templates, today: date, embed: bool
) -> tuple[list[Problem], bytes | None, str]:
    """The problems of one data file, its document if there is one, and the name of the template."""
    from planforge import data
    from planforge.errors import PlanforgeError
    from planforge.model import Report

    file = STDIN if name == "-" else name
    loaded = data.parse(_input(name))
    problems = [_placed(p, file) for p in loaded.problems]
    form = template or ("report" if isinstance(loaded.value, Report) else "plan")
    compiled = templates.open(form) if loaded.value is not None else None
    if loaded.value is None or compiled is None:
        return problems, None, form
    try:
        return problems, compiled.render(loaded.value, today=today, embed=embed), form
    except PlanforgeError as error:
        return [*problems, *(_placed(p, file, loaded) for p in error.problems)], None, form


def _saved(document: bytes, target: Path, folder: Path | None) -> list[Problem]:
    """Writes one document, and the folder for all of them first; what hinders it is its own problem."""
    from planforge.errors import PlanforgeError

    try:
        if folder is not None:
            _make_folder(folder)
        _save(document, target)
    except PlanforgeError as error:
        return list(error.problems)
    return []


def _targets(
    names: Sequence[str], template: str | None, output: str | None
) -> tuple[Mapping[str, Path | None], Path | None]:
    """Where each document goes (None: stdout) and the folder to make; nothing is written yet (PF721–PF726)."""
    from pathlib import Path

    if "-" in names and len(names) > 1:
        raise WrongUse("PF726")
    if output == "-" or (output is None and "-" in names):
        if len(names) > 1:
            raise WrongUse("PF726")
        _refuse_terminal()
        return dict.fromkeys(names), None
    if output is None:
        beside = {name: Path(name).parent / _document_name(name) for name in names}
        return _without_clashes(beside, names, template), None
    if len(names) == 1 and _means_file(output):
        return _without_clashes({names[0]: Path(output)}, names, template), None
    folder = Path(output)
    if folder.exists() and not folder.is_dir():
        raise WrongUse("PF724", output)
    inside = {name: folder / _document_name(name) for name in names}
    return _without_clashes(inside, names, template), folder


def _document_name(name: str) -> str:
    from pathlib import Path

    return f"{'document' if name == '-' else Path(name).stem}.docx"


def _means_file(output: str) -> bool:
    """Whether `-o` names a file: one that is there, or a name with an ending that is no folder."""
    from pathlib import Path

    path = Path(output)
    ends = tuple(filter(None, (os.sep, os.altsep)))
    return not output.endswith(ends) and not path.is_dir() and (path.exists() or path.suffix != "")


def _without_clashes(
    targets: Mapping[str, Path], names: Sequence[str], template: str | None
) -> Mapping[str, Path | None]:
    """The targets, if none is written twice (PF721) and none replaces what the documents are made from (PF722)."""
    own = {_identity(name): name for name in names if name != "-"}
    if template is not None and _is_template_path(template):
        own[_identity(template)] = template
    seen: dict[str, str] = {}
    for name, target in targets.items():
        identity = _identity(target)
        if identity in own:
            raise WrongUse("PF722", file=own[identity])
        if identity in seen:
            raise WrongUse("PF721", output=str(target), first=seen[identity], second=name)
        seen[identity] = name
    return dict(targets)


_DOCUMENTS = (".docx", ".docm", ".dotx", ".dotm", ".doc")


def _check(console: Console, files: tuple[str, ...], as_json: bool) -> int:
    """Tells what is wrong with files: here the problems are the data, and go to stdout."""
    console.json = as_json
    names, problems = _expand(files)
    console.report(problems, as_data=True)
    for name in names:
        console.files += 1
        file = STDIN if name == "-" else name
        console.report([_placed(p, file) for p in _found(name)], as_data=True)
    if as_json:
        console.put_json([problem.as_json() for problem in console.problems])
    console.summary()
    return console.exit_code


def _found(name: str) -> Sequence[Problem]:
    """The problems of a file of any kind: a document by its ending, a layout by its first key, else data."""
    from planforge import data, layout, render

    source = _input(name)
    content = source if isinstance(source, str) else source.read()
    if name.lower().endswith(_DOCUMENTS) or (isinstance(content, bytes) and content.startswith(b"PK\x03\x04")):
        return render.check(content)
    return layout.parse(content).problems if _is_layout(content) else data.parse(content).problems


def _is_layout(content: str | bytes) -> bool:
    """Whether the first key that says what a file is says so."""
    import re
    from pathlib import Path

    if isinstance(content, str):
        if not Path(content).is_file():
            return False  # a pipe can be read only once; of anything else `data` says what is wrong
        try:
            with Path(content).open("rb") as stream:
                content = stream.read(100_000)
        except OSError:
            return False
    key = re.search(rb"""^(?:\xef\xbb\xbf)?\s*\{?\s*["']?(planforge|layout)["']?\s*:""", content, re.MULTILINE)
    return key is not None and key[1] == b"layout"


def _read(console: Console, doc: str, output: str | None, keys: str) -> int:
    """Prints or saves the data of a document."""
    from pathlib import Path

    from planforge import reader, yaml_writer

    text = yaml_writer.dump(reader.read(_input(doc)), keys="mn" if keys == "mn" else "en")
    if output is None or output == "-":
        console.put(text.rstrip("\n"))
    else:
        _save_new(text.encode(), Path(output))
        console.put(output)
    return console.exit_code


def _strip(console: Console, doc: str, output: str | None) -> int:
    """Saves a document without the data it carries."""
    from pathlib import Path

    from planforge import reader

    if output == "-" or (output is None and doc == "-"):
        _refuse_terminal()
        console.put(reader.strip(_input(doc)))
        return console.exit_code
    path = Path(doc)
    target = Path(output) if output is not None else path.with_name(f"{path.stem}-stripped{path.suffix}")
    if _identity(target) == _identity(path):
        raise WrongUse("PF722", file=doc)
    _save(reader.strip(_input(doc)), target)
    console.put(str(target))
    return console.exit_code


def _schema(console: Console, kind: str, output: str | None, keys: str) -> int:
    """Prints or saves the JSON Schema of a kind of data file."""
    import json
    from pathlib import Path

    from planforge import vocabulary

    schema = vocabulary.json_schema(kind, keys=keys)
    if output is None or output == "-":
        console.put_json(schema)
    else:
        _save((json.dumps(schema, ensure_ascii=False, indent=2) + "\n").encode(), Path(output))
        console.put(output)
    return console.exit_code


def _templates_list(console: Console, as_json: bool) -> int:
    """Lists the built-in templates and what they print."""
    from planforge import templates
    from planforge.render import Template

    rows = []
    for name in templates.names():
        compiled = Template.builtin(name)
        rows.append({"name": name, "for": "report" if compiled.needs_report else "plan", "digest": compiled.digest})
    if as_json:
        console.put_json(rows)
    elif sys.stdout is not None and sys.stdout.isatty():
        console.put(_table((console.phrase("template"), console.phrase("for")), _spoken(console, rows)))
    else:
        for row in rows:
            console.put(f"{row['name']}\t{row['for']}")
    return console.exit_code


def _spoken(console: Console, rows: Iterable[Mapping[str, str]]) -> list[tuple[str, str]]:
    return [(row["name"], console.phrase(row["for"])) for row in rows]


def _table(heads: tuple[str, ...], rows: Sequence[tuple[str, ...]]) -> str:
    """A table for a person; without rich, which nothing else needs, columns alone."""
    from io import StringIO

    try:
        from rich.console import Console as RichConsole
        from rich.table import Table
    except ImportError:
        widths = [max(map(len, column)) for column in zip(heads, *rows, strict=True)]
        lines = (zip(row, widths, strict=True) for row in (heads, *rows))
        return "\n".join("  ".join(cell.ljust(width) for cell, width in line).rstrip() for line in lines)
    table = Table(*heads)
    for row in rows:
        table.add_row(*row)
    page = StringIO()
    RichConsole(file=page, width=78).print(table)
    return page.getvalue().rstrip("\n")


def _templates_copy(console: Console, name: str, out: str) -> int:
    """Saves a built-in template under a name of its own."""
    from pathlib import Path

    from planforge import templates
    from planforge.render import Template

    if name not in templates.names():
        Template.builtin(name)  # says which there are
    target = Path(out) / f"{name}.docx" if Path(out).is_dir() else Path(out)
    _save_new(templates.document(name), target)
    console.put(str(target))
    return console.exit_code
