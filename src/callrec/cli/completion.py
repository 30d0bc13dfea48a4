"""What a shell offers at TAB: commands, options, and words that callrec itself defines.

No vault is opened and no configuration read: a login, a number or a name is never proposed. Nor is
a line parsed as a command's is, which would load the checks of every option's value.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

from typer.core import TyperGroup

from callrec.cli.groups import LazyGroup
from callrec.errors import Unusable

PATHS: Final = "/"
"""The answer where a file or folder is expected, which the shell knows better."""

SCRIPTS: Final = {
    "bash": f"""\
_callrec() {{
    local IFS=$'\\n'
    COMPREPLY=($(COMP_WORDS="${{COMP_WORDS[*]}}" COMP_CWORD=$COMP_CWORD \\
        _CALLREC_COMPLETE=complete_bash "$1" 2>/dev/null))
    if [ "${{COMPREPLY[*]}}" = {PATHS} ]; then COMPREPLY=(); compopt -o default; fi
}}
complete -F _callrec callrec
""",
    "zsh": f"""\
#compdef callrec
_callrec() {{
    local -a proposed
    proposed=(${{(f)"$(COMP_WORDS="${{(pj:\\n:)words}}" COMP_CWORD=$((CURRENT - 1)) \\
        _CALLREC_COMPLETE=complete_zsh "$words[1]" 2>/dev/null)"}})
    if [[ "$proposed" == {PATHS} ]]; then compset -P '*='; _files; else compadd -a proposed; fi
}}
if [[ $zsh_eval_context[-1] == loadautofunc ]]; then _callrec; else compdef _callrec callrec; fi
""",
    "fish": f"""\
function __callrec_complete
    set -l words (commandline -opc) (commandline -ct)
    set -lx COMP_WORDS (string join \\n -- $words | string collect -N)
    set -lx COMP_CWORD (math (count $words) - 1)
    set -lx _CALLREC_COMPLETE complete_fish
    set -l proposed ($words[1] 2>/dev/null)
    if test "$proposed" = {PATHS}
        set -l option (string match -r '^--[a-z-]+=' -- $words[-1])
        set -l path (string replace -- "$option" '' $words[-1])
        __fish_complete_path $path | string replace -r -- '^' "$option"
    else
        printf '%s\\n' $proposed
    end
end
complete -c callrec -f -a '(__callrec_complete)'
""",
    "powershell": f"""\
Register-ArgumentCompleter -Native -CommandName callrec, callrec.exe -ScriptBlock {{
    param($word, $line, $place)
    $before = $line.CommandElements | Where-Object {{ $_.Extent.StartOffset -lt $place }}
    $words = @($before | ForEach-Object {{ $_.ToString() }})
    if ($word -eq '') {{ $words += '' }}
    $env:COMP_WORDS = $words -join "`n"
    $env:COMP_CWORD = $words.Count - 1
    $env:_CALLREC_COMPLETE = 'complete_powershell'
    $proposed = @(& $words[0] 2>$null)
    Remove-Item Env:COMP_WORDS, Env:COMP_CWORD, Env:_CALLREC_COMPLETE
    $proposed | Where-Object {{ $_ -and $_ -ne '{PATHS}' }}
}}
""",
}
"""What each shell is to read: how it asks, and that it completes files by itself."""

_FIXED: Final = re.compile(r"[a-z-]+(\|[a-z-]+)+")
"""How an option that takes one of some words is written: ``patient|staff``."""
_PATHS: Final = re.compile(r"\[?(FILE|DIR|PATH)\]?(\.\.\.)?")


def complete(root: LazyGroup, environ: Mapping[str, str]) -> Iterator[str]:
    """The lines to print.

    Raises:
        Unusable: no script is known for that shell.
    """
    asked, _, shell = environ["_CALLREC_COMPLETE"].partition("_")
    if shell not in SCRIPTS:
        hint = f"ask for one of {', '.join(f'{asked}_{each}' for each in SCRIPTS)}"
        raise Unusable("_CALLREC_COMPLETE names no shell that is known", hint=hint)
    if asked == "source":
        yield from SCRIPTS[shell].splitlines()
        return
    words = environ.get("COMP_WORDS", "").split("\n")
    place = int(environ.get("COMP_CWORD", "0"))
    begun = words[place] if place < len(words) else ""
    # bash takes --option=value apart, other shells leave it whole.
    option, equals, value = begun.partition("=")
    whole = f"{option}=" if equals and option.startswith("--") else ""
    begun = value if whole or begun == "=" else begun
    before = [word for word in (*words[1:place], option if whole else "=") if word != "="]
    proposed = _candidates_after(root, before)
    if proposed == (PATHS,):
        yield PATHS
        return
    for word in dict.fromkeys(proposed):
        if word.startswith(begun) and word.startswith("-") == begun.startswith("-"):
            yield whole + word


def _candidates_after(root: LazyGroup, before: Sequence[str]) -> tuple[str, ...]:
    """Every word that may follow those on the line, or `PATHS` alone."""
    command: Any = root
    awaited: Any = None
    """The option whose value comes next."""
    arguments = 0
    for word in before:
        if awaited is not None:
            awaited = None
        elif word.startswith("-"):
            awaited = _option(command, word)
        elif isinstance(command, TyperGroup):
            command = _command(command, word)
        else:
            arguments += 1
    if command is None:
        return ()
    if awaited is not None:
        return _values(awaited)
    return (*_names_of_options(command), *_next(command, arguments))


def _command(group: TyperGroup, word: str) -> Any:
    """The command of that name in a group; None if there is none."""
    if isinstance(group, LazyGroup):
        first, *rest = group.meant(word)
        if first not in group.short_helps:
            return None
        command: Any = group.loaded(first)
        for each in rest:
            command = getattr(command, "commands", {}).get(each, command)
        return command
    return group.commands.get(word)


def _option(command: Any, word: str) -> Any:
    """The option that a word names, if it waits for a value; else None."""
    named = (each for each in getattr(command, "params", ()) if word in each.opts)
    return next((each for each in named if not each.is_flag), None)


def _names_of_options(command: Any) -> Iterator[str]:
    usual = getattr(command, "default", "")  # of a group: the subcommand that goes without saying
    for each in (*command.params, *(command.commands[usual].params if usual else ())):
        names = (*each.opts, *each.secondary_opts)
        yield from (name for name in names if name.startswith("--"))
    yield "--help"


def _next(command: Any, arguments: int) -> tuple[str, ...]:
    """What stands next on the line but options: a subcommand, or an argument's words."""
    if isinstance(command, LazyGroup):
        return tuple(command.short_helps)
    if isinstance(command, TyperGroup):
        return tuple(command.commands)
    expected = [each for each in command.params if each.param_type_name == "argument"]
    if not expected:
        return ()
    return _values(expected[min(arguments, len(expected) - 1)])


def _values(parameter: Any) -> tuple[str, ...]:
    kind, written = parameter.type_descriptor, parameter.metavar or ""
    if kind.is_choice:
        return tuple(str(choice) for choice in kind.choices)
    if _FIXED.fullmatch(written):
        return tuple(written.split("|"))
    return (PATHS,) if _PATHS.fullmatch(written) else ()
