"""Manual pages and completion files, made from the same blocks as docs/reference (reference.py)."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from itertools import takewhile
from pathlib import Path
from typing import Any, Final

from typer.main import get_command

from callrec import __version__
from callrec.cli.app import SECTIONS, app
from callrec.cli.completion import SCRIPTS
from supply import reference

COMPLETIONS: Final = {
    "share/bash-completion/completions/callrec": "bash",
    "share/fish/vendor_completions.d/callrec.fish": "fish",
    "share/zsh/site-functions/_callrec": "zsh",
}
"""Where each shell of a system looks by itself."""
_SEE_ALSO: Final = ("callrec(1)", "callrec.toml(5)")


def installed_files(checkout: Path) -> dict[str, str]:
    """Each file below packaging/data that is made, by its path."""
    made = {path: SCRIPTS[shell] for path, shell in COMPLETIONS.items()}
    made["share/man/man1/callrec.1"] = _whole(checkout)
    made["share/man/man5/callrec.toml.5"] = _configuration(checkout)
    group: Any = get_command(app)
    root = group.make_context("callrec", [], resilient_parsing=True)
    for name, does in group.short_helps.items():
        command = group.get_command(root, name)
        page = _command(
            f"callrec {name}", does, reference.command_blocks(command, f"callrec {name}", root)
        )
        made[f"share/man/man1/callrec-{name}.1"] = page
    return made


def _whole(checkout: Path) -> str:
    """callrec(1): every command in a line, and what all of them share."""
    blocks = ["## Synopsis", "**callrec** [*option*...] *command* [*argument*...]"]
    blocks += ["## Description", "callrec keeps a practice's call recordings encrypted."]
    blocks += ["Each command has a page of its own, such as **callrec-search(1)**."]
    first, *_ = _tables(reference.commands())
    blocks += ["## Options", first, "## Commands"]
    for title, commands in SECTIONS.items():
        rows = [f"| `{name}` | {does} |" for name, does in commands.items()]
        blocks += [f"### {title}", "\n".join(("| command | does |", "| --- | --- |", *rows))]
    pages = checkout / "docs" / "reference"
    variables = (pages / "command-line.md").read_text(encoding="utf-8")
    blocks += ["## Environment", next(_tables(variables.partition("\n## Variables\n")[2]))]
    blocks += ["## Exit status", next(_tables(reference.exit_statuses()))]
    return _page("callrec", 1, "custody of call recordings", blocks)


def _configuration(checkout: Path) -> str:
    """callrec.toml(5): what one machine sets for itself."""
    _, _, told = reference.settings(checkout).partition("\n## One machine's configuration\n\n")
    about = "Named by **--config** or **CALLREC_CONFIG**. The practice's rules are not in it:"
    blocks = ["## Description", f"{about} see **callrec-settings(1)**.", "## Keys"]
    blocks += _blocks(told)
    return _page("callrec.toml", 5, "configuration of callrec on one machine", blocks)


def _command(path: str, does: str, told: Iterable[str]) -> str:
    """A command, and what stands below it, each with a heading of its own."""
    _, usage, *rest = told
    words = list(takewhile(lambda block: not block.startswith(("|", "#")), rest))
    blocks = ["## Synopsis", usage, "## Description", *(words or [does])]
    for block in rest[len(words) :]:
        blocks += _under_heading(block)
    return _page(path.replace(" ", "-"), 1, does, blocks)


def _under_heading(block: str) -> list[str]:
    if block.startswith("#"):
        return ["## " + block.lstrip("# ")]
    if block.startswith("|"):
        return [f"### {block.split()[1].capitalize()}s", block]
    return [block]


def _page(name: str, section: int, does: str, blocks: Iterable[str]) -> str:
    head = f'.TH {name.upper()} {section} "" "callrec {__version__}" callrec'
    about = f".SH NAME\n{_inline(name)} \\- {_inline(does.rstrip('.'))}"
    others = ", ".join(f"**{each}**" for each in _SEE_ALSO if each != f"{name}({section})")
    lines = (line for block in (*blocks, "## See also", others) for line in _roff(block))
    page = "\n".join((head, about, *lines)) + "\n"
    return re.sub(r"^(\.S[HS] .+)\n\.PP$", r"\1", page, flags=re.MULTILINE)


def _blocks(text: str) -> list[str]:
    return re.findall(r"```.*?```|[^\n].*?(?=\n\n|\Z)", text.strip(), re.DOTALL)


def _tables(text: str) -> Iterator[str]:
    return (block for block in _blocks(text) if block.startswith("| "))


def _roff(block: str) -> Iterator[str]:
    """One block of Markdown, of the few kinds that reference.py writes, as a manual page has it."""
    if block.startswith("#"):
        marks, _, title = block.partition(" ")
        words = _inline(title)
        yield f'.SH "{words.upper()}"' if marks == "##" else f'.SS "{words}"'
    elif block.startswith("```"):
        yield ".PP\n.EX"
        yield from map(_literal, block.split("\n")[1:-1])
        yield ".EE"
    elif block.startswith("|"):
        for row in block.split("\n")[2:]:
            name, words = re.split(r"(?<!\\) \| ", row.strip("| "), maxsplit=1)
            yield f".TP\n{_inline(name)}\n{_inline(words)}"
    else:
        yield ".PP"
        yield _inline(" ".join(block.split()))


def _inline(words: str) -> str:
    """Code and strong words are bold, emphasis is slanted; a link is its words."""
    words = re.sub(r"\[([^]]+)\]\([^)]+\)", r"\1", words.replace("\\|", "|").replace("&lt;", "<"))
    bold = re.sub(r"\*\*`?(.+?)`?\*\*|`(.+?)`", r"<B>\1\2<R>", _literal(words))
    slanted = re.sub(r"(?<![*\w])\*(\w+)\*", r"<I>\1<R>", bold)
    return re.sub(r"<([BIR])>", r"\\f\1", slanted)


def _literal(line: str) -> str:
    line = line.replace("\\", "\\e").replace("-", "\\-")
    return f"\\&{line}" if line.startswith((".", "'")) else line
