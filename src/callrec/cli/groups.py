"""Groups of commands, loaded when they run."""

from __future__ import annotations

import os
import re
import sys
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from difflib import get_close_matches
from functools import partial
from importlib import import_module
from importlib.util import resolve_name
from pathlib import Path
from typing import Annotated, Any, ClassVar, NamedTuple, TextIO, cast

import typer
from typer.core import TyperCommand, TyperGroup
from typer.main import get_command

from callrec import __version__
from callrec.cli.invocation import Context, remember_option
from callrec.errors import Unusable
from callrec.system.paths import path_problem

GLOBAL_OPTIONS = ("json", "fields", "config", "vault")
"""Options that every command takes, at any place."""

ASKED = f"{__name__}.asked"
"""In a context's ``meta``: something was left out of the line, and asked for."""

WIDEST_HELP = 80
"""Columns; longer lines are hard to read."""

_TAKES_A_VALUE = ("--fields", "--config", "-c", "--vault")


def new_app(*, default: str = "") -> typer.Typer:
    """The Typer of a command, which its module calls by the command's name and ``_app``."""
    group = type("Group", (_Group,), {"default": default})
    # Rich would load 67 ms of Markdown for --help and print variables, so keys, in a traceback.
    return _App(
        cls=group, add_completion=False, rich_markup_mode=None, pretty_exceptions_enable=False
    )


class _App(typer.Typer):
    """Makes each of its commands a `Command`."""

    def command(self, *args: Any, **options: Any) -> Any:
        return super().command(*args, **{"cls": Command, **options})


_UNBROKEN_HYPHEN = "\N{NON-BREAKING HYPHEN}"


class _Help(typer.Context.formatter_class):  # type: ignore[misc, valid-type]  # Typer's own
    """Lays out help as wide as the terminal, with no command broken at its hyphen."""

    def write_usage(self, prog: str, args: str = "", prefix: str | None = None) -> None:
        super().write_usage(prog, args.replace("-", _UNBROKEN_HYPHEN), prefix)

    def write_text(self, text: str) -> None:
        super().write_text(text.replace("-", _UNBROKEN_HYPHEN))

    def write_dl(self, rows: Sequence[tuple[str, str]], col_max: int = 30) -> None:
        kept = [(name, text.replace("-", _UNBROKEN_HYPHEN)) for name, text in rows]
        super().write_dl(kept, min(col_max, self.width // 2))

    def getvalue(self) -> str:
        return str(super().getvalue().replace(_UNBROKEN_HYPHEN, "-"))


class _IfGiven(NamedTuple):
    """Reads an option as Typer does; what is left out or plain text without loading pydantic."""

    option: Any

    def coerce(self, value: Any, param: Any, ctx: Any) -> Any:
        kind = self.option.type_descriptor
        if value is None:
            return () if param.multiple or param.nargs == -1 else None
        if kind.annotation in (str, list[str]) and kind.parameter_info.parser is None:
            return value if isinstance(value, str) else list(value)
        reading = type(self.option).get_runtime_param(self.option)
        return reading.coerce(value, param=param, ctx=ctx)


class _Helped:
    """Checks the paths that it is given, and shows its help page by page."""

    def get_params(self, ctx: Any) -> Any:
        found = super().get_params(ctx)  # type: ignore[misc]  # a command's
        for each in found:
            each.get_runtime_param = partial(_IfGiven, each)
        return found

    def invoke(self, ctx: Any) -> Any:
        _check_paths(ctx)
        return super().invoke(ctx)  # type: ignore[misc]  # a command's

    def get_help_option(self, ctx: Any) -> Any:
        option = super().get_help_option(ctx)  # type: ignore[misc]  # a command's
        if option is not None:
            option.callback = _show_help
        return option


def _show_help(ctx: Any, param: Any, asked: bool) -> None:  # noqa: ARG001, FBT001  # Typer's signature
    if asked and not ctx.resilient_parsing:
        print_help(ctx, sys.stdout)
        ctx.exit()


def print_help(ctx: Any, stream: TextIO) -> None:
    """Print what a command is for; on a terminal page by page."""
    if not stream.isatty():
        ctx.formatter_class = _Help
        typer.echo(ctx.get_help(), file=stream)
        return
    from callrec.cli.layout import fold, terminal_size  # a script needs none
    from callrec.cli.pager import page

    size = terminal_size(stream, os.environ)
    ctx.formatter_class, ctx.terminal_width = _Help, min(size.columns, WIDEST_HELP) - 2
    lines = [each for line in ctx.get_help().splitlines() for each in fold(line, size.columns)]
    text = "".join(f"{line}\n" for line in lines)
    if len(lines) < size.lines or not page(text, stream, os.environ):
        typer.echo(text, file=stream, nl=False)


class Command(_Helped, TyperCommand):
    """A command that takes each option once, but for those that may be repeated.

    Else the last would count, and who typed two numbers would not learn that one was passed over.
    """

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        _, _, in_order = self.make_parser(ctx).parse_args(args=[*args])
        for option, times in Counter(in_order).items():
            if times > 1 and _counts_once(option) and not ctx.resilient_parsing:
                raise Unusable(
                    f"{option.opts[0]} is given more than once", hint=f"give one {option.opts[0]}"
                )
        answers: list[str] = []
        while True:
            try:
                return super().parse_args(ctx, [*args, *answers])
            except typer.TyperException as problem:
                if not _can_be_asked(problem, ctx):
                    raise
                ctx.meta[ASKED] = True
                answers.extend(_ask_for(cast("Any", problem).param, ctx))

    def format_options(self, ctx: Any, formatter: Any) -> None:
        self.format_examples(ctx, formatter)
        super().format_options(ctx, formatter)

    def format_examples(self, ctx: Any, formatter: Any) -> None:
        """What people type most."""
        _format_examples(ctx, formatter)


def _check_paths(ctx: Any) -> None:
    """Refuse each path that is one to us and another to the system, before anything is done."""
    for each in ctx.command.params:
        if each.type_descriptor.annotation in (Path, list[Path]):
            given = ctx.params.get(each.name) or ()
            for path in given if isinstance(given, list | tuple) else (given,):
                wrong, hint = path_problem(Path(path))
                if wrong:
                    raise Unusable(wrong, hint=hint)


def _format_examples(ctx: Any, formatter: Any) -> None:
    from callrec.cli.examples import examples_of  # only help needs them

    write_examples(examples_of(ctx.command_path), formatter)


def write_examples(lines: Iterable[str], formatter: Any) -> None:
    """A section of help: commands as they are typed."""
    with formatter.section("Examples"):
        for line in lines:
            formatter.write(f"{'':{formatter.current_indent}}{line}\n")


def _can_be_asked(problem: Exception, ctx: Any) -> bool:
    # By name, since Typer keeps these classes to itself.
    is_missing = type(problem).__name__ == "MissingParameter" and not ctx.resilient_parsing
    if not is_missing or ctx.obj is None or ctx.obj.given.json:
        return False
    return bool(ctx.obj.prompts.possible)


def _ask_for(missing: Any, ctx: Any) -> Sequence[str]:
    """What was left out of the line, asked for until it can be read; as it would be typed."""
    is_option = missing.param_type_name == "option"
    name = missing.opts[0] if is_option else str(missing.metavar or missing.name)
    what = (missing.help or name).rstrip(".")
    choices = _choices(missing, ctx)
    if choices:
        several = not is_option and missing.nargs != 1
        answer = ctx.obj.prompts.choose(_question(what), choices, option=name, several=several)
    else:
        answer = ctx.obj.prompts.ask_until(what, partial(_taken, missing, ctx), option=name)
    return [f"{name}={answer}"] if is_option else _values(missing, answer)


def _question(what: str) -> str:
    """What a list is headed with: its lines are the examples."""
    asked = re.split("[:;]", what)[0]
    return f"{asked}?" if asked.startswith("Wh") and not asked.startswith("What") else asked


def _choices(missing: Any, ctx: Any) -> Mapping[str, str]:
    """What may be meant, where that is known; each with what it is."""
    from callrec.cli.offers import offered  # only where something is missing

    if offer := offered(ctx.command_path.partition(" ")[2], missing):
        return offer(ctx.obj, ctx.params)
    kind = missing.type_descriptor
    return dict.fromkeys(map(str, kind.choices), "") if kind.is_choice else {}


def _taken(missing: Any, ctx: Any, answer: str) -> str:
    if answer.startswith("-"):
        raise Unusable("an option is not an answer", hint="Ctrl-C ends this")
    is_alone = missing.nargs == 1 and not getattr(missing, "multiple", False)
    try:
        missing.process_value(ctx, answer if is_alone else _values(missing, answer))
    except typer.TyperException as problem:
        what = expected(problem).removeprefix(": ")
        raise Unusable("that cannot be used", hint=what or "Ctrl-C ends this") from None
    return answer


def _values(parameter: Any, answer: str) -> list[str]:
    """The words of an answer, where there may be several: 1042 1043."""
    return [answer] if parameter.nargs == 1 else answer.replace(",", " ").split()


def expected(problem: Any) -> str:
    """What would be right in the place of what Typer cannot read."""
    kind = problem.param.type_descriptor
    if kind.is_choice:
        names = problem.param.display_type(problem.ctx).strip("<>").replace("|", ", ")
        return f": one of {names} is expected"
    if kind.annotation is int:
        return f": a whole number from {problem.param.min} to {problem.param.max} is expected"
    return ""


def _counts_once(option: Any) -> bool:
    is_option = option.param_type_name == "option"
    return is_option and not (option.multiple or option.is_flag or option.count)


class _Group(_Helped, TyperGroup):
    """A group of subcommands, one of which may go without saying."""

    default: ClassVar[str] = ""

    def get_command(self, ctx: Any, cmd_name: str) -> TyperCommand | TyperGroup | None:
        if cmd_name not in self.commands:
            raise _no_such_command(cmd_name, list(self.commands), ctx.command_path)
        return cast("TyperCommand | TyperGroup", self.commands[cmd_name])

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        place = 0  # of the first word that is none of every command's options
        while place < len(args) and args[place].partition("=")[0] in (
            "--json",
            "-j",
            *_TAKES_A_VALUE,
        ):
            place += 2 if args[place] in _TAKES_A_VALUE else 1
        word = args[place] if place < len(args) else "--"
        if self.default and word.startswith("-") and word not in ctx.help_option_names:
            args = [*args[:place], self.default, *args[place:]]
        return super().parse_args(ctx, args)

    def format_options(self, ctx: Any, formatter: Any) -> None:
        _format_examples(ctx, formatter)
        super().format_options(ctx, formatter)

    def format_commands(self, ctx: Any, formatter: Any) -> None:  # noqa: ARG002
        # Typer would cut each line short.
        lines = [(name, (each.help or "").split("\n")[0]) for name, each in self.commands.items()]
        with formatter.section("Commands"):
            formatter.write_dl(lines)


class LazyGroup(_Helped, TyperGroup):
    """The whole command line: a table of sections, each command's module imported when it runs."""

    sections: ClassVar[Mapping[str, Mapping[str, str]]] = {}
    """Title -> command -> what it does, in one line."""
    grouped: ClassVar[Mapping[str, Mapping[str, str]]] = {}
    """Command -> what stands below it and has a module of its own -> what that does."""
    kept: ClassVar[Collection[str]] = ()
    """What stands below a command, and at the top for ever as well."""
    aliases: ClassVar[Mapping[str, str]] = {}
    """Another word for a command -> the command."""
    tasks: ClassVar[Mapping[str, str]] = {}
    """What people want -> the command for it."""
    package: ClassVar[str] = "callrec.cli.commands"
    modules: ClassVar[Mapping[str, str]] = {}
    """Command -> its module, seen from the package, where it is not the file of its name."""

    @property
    def short_helps(self) -> dict[str, str]:
        return {name: text for section in self.sections.values() for name, text in section.items()}

    def list_commands(self, ctx: Any) -> list[str]:  # noqa: ARG002  # Typer's signature
        return list(self.short_helps)

    @classmethod
    def moved(cls) -> dict[str, str]:
        """The old name of each command that now stands below another -> how it is typed."""
        return {name: f"{above} {name}" for above, below in cls.grouped.items() for name in below}

    def meant(self, word: str) -> list[str]:
        """The words of the command that a first word stands for."""
        known = {**self.aliases, **self.moved()}
        return known[word].split() if word in known else [word]

    def resolve_command(self, ctx: Any, args: list[str]) -> Any:
        word, *rest = args
        if word == "help":
            if not rest:
                print_help(ctx, sys.stdout)
                raise typer.Exit
            word, *rest = [*rest, "--help"]
        words = self.meant(word)
        if word in self.moved() and word not in self.kept:
            _say_moved(word, words)
        return super().resolve_command(ctx, [*words, *rest])

    def get_command(self, ctx: Any, cmd_name: str) -> TyperCommand | TyperGroup | None:
        if cmd_name not in self.short_helps:
            known = [*self.short_helps, *self.moved(), *self.aliases]
            raise _no_such_command(cmd_name, known, ctx.command_path)
        return self.loaded(cmd_name)

    @classmethod
    def module_of(cls, name: str) -> str:
        """The dotted name of the module that has a command."""
        return resolve_name(f".{cls.modules.get(name, name.replace('-', '_'))}", cls.package)

    @classmethod
    def command_of(cls, name: str) -> TyperCommand | TyperGroup:
        """A command as its module declares it, of its own name and ``_app``, with those below."""
        below: dict[str, Any] = {each: cls.command_of(each) for each in cls.grouped.get(name, ())}
        for each, command in below.items():
            command.help = command.help or cls.grouped[name][each]
        if name in cls.modules and not cls.modules[name]:
            return _Group(name=name, commands=below, rich_markup_mode=None)
        app = getattr(import_module(cls.module_of(name)), f"{name.replace('-', '_')}_app")
        command = cast("TyperCommand | TyperGroup", get_command(app))
        if isinstance(command, TyperGroup):
            command.commands.update(below)
        return command

    def loaded(self, name: str) -> TyperCommand | TyperGroup:
        """One of its commands, whose module is imported."""
        command = self.command_of(name)
        command.help = command.help or self.short_helps[name]
        _prepare(command, [option for option in self.params if option.name in GLOBAL_OPTIONS])
        return command

    def format_options(self, ctx: Any, formatter: Any) -> None:
        if self.tasks:
            with formatter.section("Common tasks"):
                formatter.write_dl([(what, f"callrec {how}") for what, how in self.tasks.items()])
        self.format_commands(ctx, formatter)
        with formatter.section("Options"):
            records = (each.get_help_record(ctx) for each in self.get_params(ctx))
            formatter.write_dl([each for each in records if each])

    def format_commands(self, ctx: Any, formatter: Any) -> None:  # noqa: ARG002
        # One width for all sections, and no command's module loaded to say what it does.
        width = max(map(len, self.short_helps))
        for title, commands in self.sections.items():
            with formatter.section(title):
                formatter.write_dl([(name.ljust(width), text) for name, text in commands.items()])


def _say_moved(word: str, words: Sequence[str]) -> None:
    """Tell a person who types an old name how it is typed now; a script is left in peace."""
    if sys.stderr is not None and sys.stderr.isatty():
        now = " ".join(words)
        from callrec.cli.layout import folded  # few type it

        said = f'"callrec {word}" is now "callrec {now}"; the next version drops it'
        typer.echo(folded(said, sys.stderr, os.environ), err=True)


def _prepare(command: TyperCommand | TyperGroup, options: Sequence[Any]) -> None:
    command.context_class = Context
    command.params.extend(options)
    if isinstance(command, TyperGroup):
        for each in command.commands.values():
            _prepare(cast("TyperCommand | TyperGroup", each), options)


def _no_such_command(name: str, known: Sequence[str], path: str) -> Unusable:
    # The word itself is not repeated: it may be a number or a name that slipped.
    near = get_close_matches(name, known, n=1)
    meant = f"did you mean {path} {near[0]}? " if near else ""
    return Unusable("there is no such command", hint=f"{meant}{path} --help lists them all")


def print_version(asked: bool) -> None:  # noqa: FBT001  # Typer's signature
    """Print the version and end, if that was asked."""
    if asked:
        typer.echo(f"callrec {__version__}")
        raise typer.Exit


_everywhere: Callable[..., Any] = partial(
    typer.Option, callback=remember_option, expose_value=False
)
"""An option of every command, which takes it from `GlobalOptions`."""

Json = Annotated[bool, _everywhere("--json", "-j", help="Print one JSON document, for programs.")]

Fields = Annotated[
    str | None,
    _everywhere("--fields", metavar="NAMES", help="Print only these fields, as JSON: id,state."),
]

ConfigFile = Annotated[
    Path | None,
    _everywhere(
        "--config",
        "-c",
        metavar="FILE",
        help="Read this configuration; otherwise the one that CALLREC_CONFIG names.",
    ),
]

VaultDir = Annotated[
    Path | None,
    _everywhere(
        "--vault",
        metavar="DIR",
        help="Use the vault in this folder; otherwise the one that CALLREC_VAULT names.",
    ),
]

Version = Annotated[
    bool,
    typer.Option(
        "--version", "-V", is_eager=True, callback=print_version, help="Say which version this is."
    ),
]
