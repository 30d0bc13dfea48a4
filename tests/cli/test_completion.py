"""What bash is told at TAB, asked as bash asks it."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pexpect
import pytest

from callrec.cli import app
from callrec.errors import Unusable
from house.commands import EVERY_COMMAND

CALLREC = Path(sys.executable).with_name("callrec")


@pytest.fixture
def proposed(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Callable[..., list[str]]:
    """Answers what may stand in the place of the last word; the vault and its settings are not."""

    def ask(*words: str) -> list[str]:
        monkeypatch.setenv("_CALLREC_COMPLETE", "complete_bash")
        monkeypatch.setenv("CALLREC_CONFIG", "/nowhere/config.toml")
        monkeypatch.setenv("CALLREC_VAULT", "/nowhere/vault")
        monkeypatch.setenv("COMP_WORDS", "\n".join(["callrec", *words]))
        monkeypatch.setenv("COMP_CWORD", str(len(words)))
        assert app.run([]) == 0
        said = capsys.readouterr()
        assert said.err == ""
        return said.out.splitlines()

    return ask


LINES = {
    "a command": (["sea"], ["search"]),
    "a subcommand": (["request", "de"], ["detach"]),
    "an option": (["search", "--nu"], ["--number"]),
    "an option of a subcommand": (["request", "create", "--lear"], ["--learning"]),
    "an option of what goes without saying": (["audit", "--act"], ["--actor", "--action"]),
    "one of both ways": (["request", "create", "--he"], ["--hear", "--help"]),
    "a purpose": (["request", "create", "e"], ["erasure"]),
    "a word behind =": (["request", "create", "--complainant", "=", "pa"], ["patient"]),
    "a word with its option": (
        ["request", "create", "--complainant=pa"],
        ["--complainant=patient"],
    ),
    "a kind": (["register", "rig"], ["rights-requests"]),
    "words that a help text lists": (
        ["request", "create", "--complainant", ""],
        ["patient", "staff"],
    ),
    "after options for all": (["--vault", "here", "sea"], ["search"]),
    "a file": (["--config", ""], ["/"]),
    "a folder that is an argument": (["archive", "verify", ""], ["/"]),
    "no number": (["search", "--number", ""], []),
    "no name": (["user", "show", ""], []),
    "no request": (["approve", ""], []),
    "nothing of a command that there is not": (["nosuch", ""], []),
    "nothing behind that either": (["nosuch", "--opt", "more", ""], []),
}


@pytest.mark.parametrize(("words", "expected"), LINES.values(), ids=LINES)
def test_what_is_proposed(
    words: list[str], expected: list[str], proposed: Callable[..., list[str]]
) -> None:
    assert proposed(*words) == expected


def test_every_command_is_proposed(proposed: Callable[..., list[str]]) -> None:
    assert proposed("") == list(EVERY_COMMAND)


@pytest.mark.parametrize("command", EVERY_COMMAND)
def test_the_options_of_every_command_are_proposed(
    command: str, proposed: Callable[..., list[str]]
) -> None:
    options = proposed(command, "--")
    assert {"--json", "--config", "--vault", "--help"} <= set(options)
    assert len(options) == len(set(options))


IN_A_SHELL = {
    "callrec request create tr": "callrec request create training",
    "callrec request create --complainant=pa": "callrec request create --complainant=patient",
    "callrec request de": "callrec request detach",
    "callrec --config onl": "callrec --config only.toml",
    "callrec --config=onl": "callrec --config=only.toml",
    "callrec search --number onl": "callrec search --number onl",
}
"""What is typed before TAB, and what stands there after it; ``only.toml`` is the only file."""


@pytest.fixture
def environ(tmp_path: Path) -> dict[str, str]:
    """A shell finds callrec on its path, and in its folder one file."""
    (tmp_path / "only.toml").touch()
    path = f"{CALLREC.parent}:{os.environ['PATH']}"
    return {"HOME": str(tmp_path), "PATH": path, "LC_ALL": "C.UTF-8", "TERM": "dumb"}


def test_bash_asks_and_is_answered() -> None:
    program = f"""
        callrec() {{ {CALLREC} "$@"; }}
        eval "$(_CALLREC_COMPLETE=source_bash callrec)"
        COMP_WORDS=(callrec request create tr); COMP_CWORD=3
        _callrec callrec; printf '%s\\n' "${{COMPREPLY[@]}}"
        complete -p callrec
    """
    done = subprocess.run(
        ["bash", "--norc", "-c", program],
        env=os.environ | {"PYTHONPATH": ""},
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.splitlines() == ["training", "complete -F _callrec callrec"]
    assert done.stderr == ""


def test_zsh_completes_at_tab(environ: dict[str, str], tmp_path: Path) -> None:
    shell = pexpect.spawn(
        "zsh",
        ["-f", "-i"],
        env=environ,
        cwd=str(tmp_path),
        encoding="utf-8",
        dimensions=(24, 200),
        timeout=60,
    )
    # At Ctrl-T the line is printed and emptied.
    shell.sendline("""print_line() { print -r -- "<""<$BUFFER>"">"; BUFFER= }""")
    shell.sendline("zle -N print_line; bindkey '^T' print_line; autoload -U compinit; compinit -D")
    shell.sendline('eval "$(_CALLREC_COMPLETE=source_zsh callrec)"')
    for typed, completed in IN_A_SHELL.items():
        shell.send(f"{typed}\t\x14")
        shell.expect(r"<<(.*?) *>>")
        assert shell.match.group(1) == completed
    shell.sendeof()
    shell.expect(pexpect.EOF)
    shell.close()


def test_fish_completes_at_tab(environ: dict[str, str], tmp_path: Path) -> None:
    asked = "; ".join(f"echo (complete -C '{typed}' | string join ,)" for typed in IN_A_SHELL)
    done = subprocess.run(
        ["fish", "--no-config", "-c", f"_CALLREC_COMPLETE=source_fish callrec | source; {asked}"],
        env=environ,
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=True,
    )
    words = [completed.rpartition(" ")[2] for completed in IN_A_SHELL.values()]
    assert done.stdout.splitlines() == [*words[:-1], ""]  # of a number it proposes nothing
    assert done.stderr == ""


def test_a_shell_that_is_not_known_is_told_which_are(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("_CALLREC_COMPLETE", "source_tcsh")
    assert app.run([]) == Unusable.exit_status
    assert "source_bash, source_zsh, source_fish, source_powershell" in capsys.readouterr().err
