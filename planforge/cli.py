"""The command line: its tree of commands, in Mongolian or English from end to end; the only module that exits.

Exit codes: 0 fine, 1 problems found, 2 wrong use, 130 stopped by Ctrl-C. Every fault is a `Problem`; click's own
messages are never shown: what it refuses becomes a problem too, so that the language does not depend on gettext or on
click's version. Help loads click, `planforge.console` and `planforge.messages` only; what a command does is in a
module of its own (`ROOMS`), or in `planforge.commands`, under the command's name, and is loaded when it runs.
"""

from __future__ import annotations

import builtins
import gc
import os
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from importlib import import_module
from io import TextIOWrapper
from typing import TYPE_CHECKING, Any, NoReturn

import click

from planforge import __version__, messages
from planforge.console import Console, Refused, WrongUse, columns, reason, words

if TYPE_CHECKING:
    from datetime import date

    from click.shell_completion import CompletionItem

    from planforge.errors import Lang, Words

__all__ = ["Argument", "function", "main", "program", "run", "system_language"]


FORMATS = ("text", "table", "short", "json", "sarif", "github")
"""How `check` tells what it has found."""


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


class _Count(click.ParamType):  # type: ignore[type-arg]
    """A whole number from 1 up to a limit."""

    name = "number"

    def __init__(self, limit: int) -> None:
        self.limit = limit

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> int:
        if str(value).isdecimal() and len(str(value)) < 10 and 1 <= int(value) <= self.limit:
            return int(value)
        raise WrongUse("PF716", name=_shown(param), found=value, values=f"1–{self.limit}")


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
    return words("did_you_mean", near=near) if near else words("see_help", command=ctx.command_path)


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

    def command(path: str, *params: Callable[[Lang, str], click.Parameter]) -> Command:
        return Command(lang, path, _run(path), [param(lang, path) for param in params])

    def option(*names: str, **settings: Any) -> Callable[[Lang, str], click.Parameter]:
        return lambda lang, path: _option(lang, path, *names, **settings)

    def argument(name: str, **settings: Any) -> Callable[[Lang, str], click.Parameter]:
        return lambda lang, path: _argument(lang, path, name, **settings)

    as_json = option("as_json", "--json")
    output = option("-o", "--output", shown="OUT", type=file)
    template = option("-t", "--template", shown="TEMPLATE", type=file)
    doc = argument("doc", shown="DOC", type=file)
    out = argument("out", shown="[OUT]", type=file, required=False)
    new_layout = (
        option("--columns", shown="NAMES"),
        option("--rows", shown="LEVEL"),
        option("--sections", shown="LEVEL"),
        option("subject", "--for", shown="KIND", type=_OneOf("plan", "report"), default="plan"),
        option("--page", shown="PAGE", type=_OneOf("portrait", "landscape"), default="portrait"),
    )
    return Group(
        lang,
        "",
        [
            command("demo", option("-o", "--output", shown="FOLDER", type=file, default="demo")),
            command("new", argument("kind", **kind), out),
            command(
                "render",
                argument("files", shown="FILE...", **files),
                template,
                output,
                option("--today", shown="DATE", type=_Day()),
                option("--no-embed"),
                option("--verify"),
                option("--pdf"),
                as_json,
            ),
            command(
                "batch",
                argument("source", shown="SOURCE", type=file),
                option("-o", "--output", shown="OUT", type=file, required=True),
                template,
                option("--plan", shown="PLAN", type=file),
                option("--names", shown="PATTERN"),
                option("--unit", shown="UNITS"),
                option("workers", "--jobs", shown="NUMBER", type=_Count(64), default="1"),
                option("--dask", shown="ADDRESS"),
                option("--today", shown="DATE", type=_Day()),
                option("--force"),
                option("--overwrite"),
                option("--dry-run"),
                option("--pdf"),
                option("--no-embed"),
                as_json,
            ),
            command(
                "check",
                argument("files", shown="FILE...", **files),
                template,
                option("schemas", "--schema", shown="SCHEMA", multiple=True),
                option("form", "--format", shown="FORMAT", type=_OneOf(*FORMATS)),
                option("--select", shown="CODES"),
                option("--ignore", shown="CODES"),
                option("--annotate", shown="OUT", type=file),
                as_json,
            ),
            command("explain", argument("code", shown="[CODE]", required=False)),
            command(
                "next",
                argument("file", shown="FILE", type=file),
                option("--year", shown="YEAR"),
                option("--accept", shown="KIND", type=_OneOf("dates")),
                option("--keep", shown="WORD", type=_OneOf("unfinished", "all", "none")),
                option("kept", "--keep-measure", shown="NUMBERS"),
                option("retired", "--retire", shown="NUMBERS"),
                template,
                option("-o", "--output", shown="FOLDER", type=file),
                as_json,
            ),
            command(
                "set",
                argument("file", shown="FILE", type=file),
                argument("path", shown="PATH"),
                argument("value", shown="VALUE"),
            ),
            command(
                "evaluate",
                argument("file", shown="REPORT", type=file),
                option("--scale", shown="SCALE", type=file, default="GOV4"),
                option("--overall", shown="WORD", type=_OneOf("items", "sections"), default="items"),
                option("--rounding", shown="WORD", type=_OneOf("half_up", "cut"), default="half_up"),
                option("--decimals", shown="N", type=_OneOf("0", "1", "2"), default="1"),
                as_json,
            ),
            command("read", doc, output, option("--keys", **keys)),
            command("strip", doc, output),
            command(
                "diff",
                argument("before", shown="A", type=file),
                argument("after", shown="B", type=file),
                option("form", "--format", shown="FORMAT", type=_OneOf("text", "html", "docx", "json")),
                as_json,
                output,
            ),
            command("fields", argument("path", shown="[PATH]", required=False), as_json),
            command("doctor", as_json),
            command("schema", argument("kind", **kind), output, option("--keys", **keys)),
            Group(
                lang,
                "layout",
                [
                    command("layout new", out, *new_layout),
                    command("layout check", argument("files", shown="LAYOUT...", **files), as_json),
                    command("layout build", argument("file", shown="LAYOUT", type=file), output),
                ],
            ),
            Group(
                lang,
                "sheet",
                [
                    command(
                        "sheet new",
                        argument("plan", shown="PLAN", type=file),
                        option("-o", "--output", shown="OUT", type=file),
                        option("--units", shown="FILE", type=file),
                    ),
                    command(
                        "sheet read",
                        argument("workbook", shown="WORKBOOK", type=file),
                        option("--plan", shown="FILE", type=file),
                        option("-o", "--output", shown="FOLDER", type=file),
                        as_json,
                    ),
                ],
            ),
            Group(
                lang,
                "templates",
                [
                    command("templates list", as_json),
                    command("templates copy", argument("name", shown="NAME"), argument("out", shown="OUT", type=file)),
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
        tree, width = program(console.lang), max(min(columns(), 80) - 2, 50)
        code = tree.main(rest, "planforge", standalone_mode=False, obj=console, terminal_width=width)
        return code or (1 if console.unread else 0)
    except Refused as error:
        return _told(console, error)
    except OSError as error:
        file = error.filename if isinstance(error.filename, str) else None
        return _told(console, Refused("PF730", file, detail=reason(error)))
    except (KeyboardInterrupt, click.Abort):
        console.tell(console.phrase("stopped"))
        return 130


def _told(console: Console, error: Refused) -> int:
    Console(console.lang).report([error.problem()])  # whatever form or codes were asked for
    return error.exit_code


ROOMS: Mapping[str, str] = {
    "batch": "batch_command",
    "check": "check_command",
    "diff": "year_commands",
    "doctor": "doctor",
    "evaluate": "year_commands",
    "explain": "check_command",
    "layout": "layout_commands",
    "next": "year_commands",
    "set": "year_commands",
    "sheet": "sheet_commands",
}
"""The modules of commands, by their first word; that of all others is `commands`."""


def function(path: str) -> Callable[..., int]:
    """The function of a command: `layout new` is `layout_new`, and `next` `next_`, where Python has that name.

    Its module is loaded when it runs. Raises Refused where a package is missing (PF799); `doctor` needs none of those
    that it looks for.
    """
    name = path.replace(" ", "_")
    try:
        module = import_module(f"planforge.{ROOMS.get(path.partition(' ')[0], 'commands')}")
    except ImportError as error:
        raise Refused("PF799", detail=f"{type(error).__name__}: {error}") from error
    found: Callable[..., int] = getattr(module, f"{name}_" if hasattr(builtins, name) else name)
    return found


def _run(path: str) -> Callable[..., int]:
    """What a command does, with what the library raises told."""

    def run(console: Console, **params: Any) -> int:
        from planforge.errors import PlanforgeError

        command = function(path)
        try:
            return command(console, **params)
        except PlanforgeError as error:
            console.report(error.problems)
            return 1
        except ImportError as error:  # what only this command needs
            raise Refused("PF799", detail=f"{type(error).__name__}: {error}") from error

    return run


def main() -> NoReturn:
    """Runs the command line of this process, and ends it."""
    for stream, errors in ((sys.stdout, "surrogateescape"), (sys.stderr, "backslashreplace")):
        if isinstance(stream, TextIOWrapper):  # code pages of Windows have no Ө, Ү, ₮
            stream.reconfigure(encoding="utf-8", errors=errors)
    code = run(sys.argv[1:])
    gc.freeze()  # Python need not look for cycles among all that it gives up with its end
    sys.exit(code)
