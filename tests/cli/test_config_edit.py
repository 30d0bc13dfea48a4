"""``callrec config edit``: the editor that the environment names, and a check of what it wrote."""

from __future__ import annotations

import os
import shlex
import sys
from pathlib import Path

import pexpect
import pytest

from callrec.cli import app

WRITER = """\
import pathlib, sys
pathlib.Path(sys.argv[2]).write_text(sys.argv[1] + "\\n", encoding="utf-8")
"""


def edit(file: Path, **editors: str) -> tuple[int, str]:
    """The exit status, and what a terminal showed."""
    kept = {name: value for name, value in os.environ.items() if name not in ("VISUAL", "EDITOR")}
    shell = pexpect.spawn(
        sys.executable,
        ["-m", "callrec", "config", "edit", "--config", str(file)],
        env={**kept, **editors},
        encoding="utf-8",
        timeout=60,
        dimensions=(24, 200),
    )
    said = in_lines(shell.read())
    return int(shell.wait()), said


def in_lines(shown: object) -> str:
    """What was said, a line each, however wide the terminal."""
    return str(shown).replace("\r\n  ", " ")


def writing(text: str) -> str:
    """An editor that writes this and ends."""
    return shlex.join([sys.executable, "-c", WRITER, text])


def test_a_file_that_is_not_there_is_begun_in_a_folder_that_is_not_there(tmp_path: Path) -> None:
    file = tmp_path / "there" / "config.toml"
    status, said = edit(file, EDITOR=writing('vault = "/srv/vault"'))
    assert (status, said) == (0, f"{file}: can be used\r\n")
    assert file.read_text(encoding="utf-8") == 'vault = "/srv/vault"\n'


def in_turn(file: Path, *, then: str, wrong: str) -> pexpect.spawn[str]:
    """An editor that writes what is wrong, and the next time what is to come then."""
    editor = file.with_name("editor.py")
    editor.write_text(
        "import pathlib, sys\n"
        "was_here = pathlib.Path(__file__).with_name('was-here')\n"
        f"pathlib.Path(sys.argv[1]).write_text({then!r} if was_here.exists() else {wrong!r})\n"
        "was_here.touch()\n"
    )
    return pexpect.spawn(
        sys.executable,
        ["-m", "callrec", "config", "edit", "--config", str(file)],
        env={**os.environ, "VISUAL": shlex.join([sys.executable, str(editor)])},
        encoding="utf-8",
        timeout=60,
        dimensions=(24, 200),
    )


def test_what_cannot_be_read_is_edited_again(tmp_path: Path) -> None:
    file = tmp_path / "config.toml"
    right = '[listen]\nplayer = ["mpv", "-"]\n'
    shell = in_turn(file, wrong='[listen]\nplayer = "mpv -"\n', then=right)
    shell.expect_exact("Enter edits it again, Ctrl-C keeps what was there before")
    said = in_lines(shell.before)
    assert '"listen.player" cannot be used: write a list of words: ["mpv", "-"]' in said
    assert not file.exists()
    shell.sendline("")
    assert f"{file}: can be used" in in_lines(shell.read())
    assert (shell.wait(), file.read_text(encoding="utf-8")) == (0, right)


def test_what_was_there_before_stays_where_nothing_else_can_be_read(tmp_path: Path) -> None:
    file = tmp_path / "config.toml"
    file.write_text('vault = "before"\n', encoding="utf-8")
    shell = in_turn(file, wrong="walt = 1\n", then="")
    shell.expect_exact("Ctrl-C keeps")
    assert 'config.toml: unknown key "walt"; did you mean "vault"?' in in_lines(shell.before)
    shell.sendintr()
    shell.read()
    assert shell.wait()
    assert file.read_text(encoding="utf-8") == 'vault = "before"\n'


def test_a_file_that_cannot_be_read_is_mended(tmp_path: Path) -> None:
    file = tmp_path / "config.toml"
    file.write_text("walt = 1\n", encoding="utf-8")
    assert edit(file, EDITOR=writing('vault = "v"'))[0] == 0


def test_visual_goes_before_editor(tmp_path: Path) -> None:
    assert edit(tmp_path / "config.toml", VISUAL="true", EDITOR="false")[0] == 0


@pytest.mark.parametrize(
    ("editor", "ends", "says"),
    [
        ("true", 0, "nothing was written"),
        ("false", 7, "the editor ended with an error"),
        ("/no/such/editor", 7, "the editor cannot be started"),
        ("it's", 7, "the editor cannot be started"),
    ],
)
def test_an_editor_that_writes_nothing(editor: str, ends: int, says: str, tmp_path: Path) -> None:
    status, said = edit(tmp_path / "config.toml", EDITOR=editor)
    assert status == ends
    assert says in said
    assert not (tmp_path / "config.toml").exists()


def test_a_folder_that_cannot_be_made_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    status, said = edit(tmp_path / "file" / "config.toml", EDITOR="true")
    assert status == 7
    assert f"{tmp_path / 'file'} cannot be made: file exists" in said


def test_without_a_terminal_it_says_which_file(capsys: pytest.CaptureFixture[str]) -> None:
    assert app.run(["config", "edit"]) == 2
    assert "callrec config path says which file" in capsys.readouterr().err
