"""The pages of docs/reference that are made from the code: commands, settings, exit statuses."""

from __future__ import annotations

import inspect
import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Final

from typer.main import get_command

from callrec.cli.app import BUG_STATUS, SECTIONS, app
from callrec.cli.examples import examples_of
from callrec.config import Config
from callrec.errors import CallrecError
from callrec.settings import Section, Settings
from supply.vectors import telephone_vectors

MADE: Final = "<!-- Made from the code by make reference: change it there. -->"
EVERYWHERE: Final = ("--json", "--fields", "--config", "--vault", "--help")
"""Options of every command, told once."""
_SETTINGS: Final = """\
The practice's rules come first. `callrec practice settings` shows them, and the Data
Controller changes them. What one machine sets for itself comes after that."""
_STATUSES: Final = """\
Status 5 comes before all others: where something was changed and something else went wrong too, it
is 5. `reconcile` ends with 8 where an answered call is not held, or not all of it, or where no
row of a file of call records was understood."""
_TYPE: Final = re.compile(r" <(?:str|int|int range|path|Event|list\[\w+\])>$")
"""What Python calls an argument's kind, which tells a reader nothing."""
_KEY: Final = re.compile(r"(\w+) = (.+)")


def pages(checkout: Path) -> dict[str, str]:
    """Each page of docs/reference that is made, by its name."""
    return {
        "commands.md": commands(),
        "settings.md": settings(checkout),
        "exit-statuses.md": exit_statuses(),
        "telephone-vectors.md": telephone_vectors(checkout, MADE),
    }


def commands() -> str:
    """Every command with its usage, its help and its options, in the order of ``--help``."""
    group: Any = get_command(app)
    root = group.make_context("callrec", [], resilient_parsing=True)
    lines = [
        "# Commands",
        MADE,
        "Every command takes these options as well. They are not repeated below.",
        *_table("option", [p for p in group.get_params(root) if {*EVERYWHERE} & {*p.opts}], root),
    ]
    for title, names in SECTIONS.items():
        lines.append(f"## {title}")
        for name in names:
            lines += command_blocks(group.get_command(root, name), f"callrec {name}", root)
    return _page(lines)


def command_blocks(command: Any, path: str, parent: Any, *, level: int = 3) -> Iterator[str]:
    """The blocks of one command, and of what stands below it."""
    context = type(parent)(command, parent=parent, info_name=path.rpartition(" ")[2])
    yield f"{'#' * level} {path}"
    usage = [piece for piece in command.collect_usage_pieces(context) if piece]
    yield "```text\n" + " ".join([path, *usage]) + "\n```"
    yield from _paragraphs(command.help or "")
    yield "```text\n" + "\n".join(examples_of(path)) + "\n```"
    params = [each for each in command.get_params(context) if not getattr(each, "hidden", False)]
    arguments = [each for each in params if each.param_type_name == "argument"]
    options = [each for each in params if not {*EVERYWHERE} & {*each.opts}]
    options = [each for each in options if each not in arguments]
    yield from _table("argument", arguments, context)
    yield from _table("option", options, context)
    for name, each in getattr(command, "commands", {}).items():
        yield from command_blocks(each, f"{path} {name}", context, level=level + 1)


def _paragraphs(words: str) -> list[str]:
    return [
        " ".join(paragraph.replace("\b", "").split())
        for paragraph in inspect.cleandoc(words).partition("\f")[0].split("\n\n")
        if paragraph.strip()
    ]


def _table(head: str, params: Sequence[Any], context: Any) -> list[str]:
    rows = []
    for each in params:
        names, words = each.get_help_record(context) or (each.make_metavar(context), "")
        rows.append(f"| `{_cell(_TYPE.sub('', names))}` | {_cell(words).replace('<', '&lt;')} |")
    return ["\n".join((f"| {head} | what it says |", "| --- | --- |", *rows))] if rows else []


def _cell(words: str) -> str:
    return " ".join(words.split()).replace("|", "\\|")


def settings(checkout: Path) -> str:
    """Every key of the settings and of the configuration: its default, its limits, its reason."""
    return _page(
        [
            "# Settings",
            MADE,
            _SETTINGS,
            "## The practice's rules",
            *_keys(checkout / "settings.example.toml", Settings),
            "## One machine's configuration",
            *_keys(checkout / "config.example.toml", Config),
        ]
    )


def _keys(example: Path, model: type[Section]) -> Iterator[str]:
    """The keys in the order of the example, of which each stands below its comment."""
    section = model
    comment: list[str] = []
    lines = iter(example.read_text(encoding="utf-8").splitlines())
    for line in lines:
        key = _KEY.fullmatch(line.removeprefix("# "))
        if line.startswith("["):
            name = line.strip("[]")
            yield f"### `[{name}]`"
            yield from _comment(comment)
            section, comment = _section(model, name), []
        elif key and key[1] in section.model_fields:
            limits = _limits(section.model_fields[key[1]].metadata)
            if line.endswith("= ["):
                yield f"**`{key[1]}`**"
                comment += ["  " + each for each in (line, *iter(lines.__next__, "]"), "]")]
            elif line.startswith("# "):
                yield f"**`{key[1]}`**, for example `{key[2]}`{limits}"
            else:
                yield f"**`{key[1]}`** = `{key[2]}`{limits}"
            yield from _comment(comment)
            comment = []
        else:
            comment = [*comment, line[1:].removeprefix(" ")] if line else []


def _section(model: type[Section], path: str) -> type[Section]:
    for name in path.split("."):
        annotation = model.model_fields[name].annotation
        if isinstance(annotation, type) and issubclass(annotation, Section):
            model = annotation
    return model


def _limits(metadata: Sequence[Any]) -> str:
    told: Mapping[str, str] = {"ge": "at least", "le": "at most", "max_length": "length at most"}
    found = [
        f"{words} {getattr(each, name):,}"
        for name, words in told.items()
        for each in metadata
        if getattr(each, name, None) is not None
    ]
    return f" ({', '.join(found)})" if found else ""


def _comment(lines: Sequence[str]) -> Iterator[str]:
    """A comment's sentences; what is indented in it is shown as it is typed."""
    words: list[str] = []
    typed: list[str] = []
    for line in lines:
        (typed if line.startswith("  ") else words).append(line)
    if words:
        yield re.sub(r"docs/([\w/-]+)\.md", r"[\1](../\1.md)", " ".join(words))
    if typed:
        yield "```toml\n" + inspect.cleandoc("\n" + "\n".join(typed)) + "\n```"


def exit_statuses() -> str:
    """Every status with which a command ends, from the classes of what can go wrong."""
    told = {0: "Done.", BUG_STATUS: "A bug: please report it.", 130: "Interrupted (Ctrl-C)."}
    for kind in CallrecError.__subclasses__():
        told[kind.exit_status] = " ".join(inspect.cleandoc(kind.__doc__ or "").split())
    rows = [f"| {status} | {words} |" for status, words in sorted(told.items())]
    return _page(
        [
            "# Exit statuses",
            MADE,
            "What a script learns from a command. Treat a status that is not here as a failure.",
            "\n".join(("| status | meaning |", "| --- | --- |", *rows)),
            _STATUSES,
        ]
    )


def _page(blocks: Sequence[str]) -> str:
    return "\n\n".join(blocks) + "\n"
