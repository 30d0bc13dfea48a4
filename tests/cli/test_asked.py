"""On a terminal a command asks for what its line lacks; nothing typed ahead reaches the shell."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pexpect
import pytest

from callrec.cli import app
from cli.test_request_on_a_terminal import terminal
from house.drives import archive, drive
from house.practices import House, password_of


def _typed(tmp_path: Path, line: str) -> pexpect.spawn[str]:
    environ = {**os.environ, "CALLREC_VAULT": str(tmp_path / "none"), "TERM": "dumb"}
    words = ["-m", "callrec", *line.split()]
    return pexpect.spawn(sys.executable, words, env=environ, encoding="utf-8", timeout=60)


def test_an_argument_is_asked_for_until_it_can_be_read(tmp_path: Path) -> None:
    shell = _typed(tmp_path, "show")
    shell.expect("Which recording: 1042, or .*: ")
    shell.sendline("seventeen")
    shell.expect("a recording is given by its number")
    shell.expect("Which recording: 1042, or .*: ")
    shell.sendline("17")
    shell.expect("there is no vault")


def test_a_number_and_an_option_that_may_be_repeated_are_asked_for_alike(tmp_path: Path) -> None:
    shell = _typed(tmp_path, "audit prove")
    shell.expect("Which entry: its number in callrec audit list: ")
    shell.sendline("seventeen")
    shell.expect("that cannot be used; a whole number from 0 to ")
    shell.expect("Which entry: its number in callrec audit list: ")
    shell.sendline("17")
    shell.expect("there is no vault")
    shell = _typed(tmp_path, "drive restore")
    shell.expect("each that is attached: ")
    shell.sendline(str(tmp_path))
    shell.expect("that folder is not a callrec drive")


def test_several_are_answered_in_one_line(tmp_path: Path) -> None:
    shell = _typed(tmp_path, "hold place --reason x")
    shell.expect("Which recordings: 1042, or .*: ")
    shell.sendline("17, eighteen")
    shell.expect("a recording is given by its number")
    shell.expect("Which recordings: 1042, or .*: ")
    shell.sendline("17, 18")
    shell.expect("there is no vault")


def test_options_are_asked_for_one_after_another(tmp_path: Path) -> None:
    shell = _typed(tmp_path, "user add")
    shell.expect("Login to add")
    shell.sendline("jsmith")
    shell.expect("in full")
    shell.sendline("Jo Smith")
    shell.expect("Role in the practice")
    shell.sendline("partner")
    shell.expect("there is no vault")


def test_what_was_typed_ahead_does_not_reach_the_shell(tmp_path: Path) -> None:
    environ = {**os.environ, "CALLREC_VAULT": str(tmp_path / "none"), "PS1": "$ "}
    shell = pexpect.spawn("sh", env=environ, encoding="utf-8", timeout=60)
    shell.sendline(f"{sys.executable} -m callrec show")
    shell.expect("the call began: ")
    shell.send("17\necho fell-through\n")
    shell.expect("there is no vault")
    shell.expect(r"\$ ")
    shell.sendline("echo the-end")
    shell.expect("\r\nthe-end\r\n")
    assert "\r\nfell-through\r\n" not in shell.before


def test_in_the_background_an_error_ends_the_command_and_leaves_the_shell_what_is_typed(
    house: House,
) -> None:
    wrong = house.folder / "wrong.password"
    wrong.touch(mode=0o600)
    wrong.write_text("not this one", encoding="utf-8")
    environ = {
        **os.environ,
        **house.environ,
        "CALLREC_VAULT": str(house.practice.folder),
        "CALLREC_USER": "dora",
        "CALLREC_PASSWORD_FILE": str(wrong),
        "PS1": "$ ",
    }
    shell = pexpect.spawn("sh", ["-m"], env=environ, encoding="utf-8", timeout=60)
    shell.sendline(f"{sys.executable} -m callrec user list & sleep 0")
    shell.sendline("wait; echo the-end")
    shell.expect("callrec: error: no such login, or a wrong password")
    shell.expect("\r\nthe-end\r\n")


@pytest.mark.parametrize("line", [["request", "show"], ["user", "add"], ["init"]])
def test_without_a_terminal_it_is_one_clear_error(
    line: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert app.run(line) == 2
    assert " is missing\n" in capsys.readouterr().err


def test_a_mistyped_password_is_asked_for_three_times(house: House) -> None:
    shell = terminal(house, "max", "login max", CALLREC_PASSWORD_FILE="")
    for _ in range(2):
        shell.expect("Password of max: ")
        shell.sendline("not this one")
        shell.expect("a wrong password; try again")
    shell.expect("Password of max: ")
    shell.sendline("not this one")
    shell.expect("callrec: error: no such login, or a wrong password")


def test_one_typed_right_the_second_time_goes_on(house: House) -> None:
    shell = terminal(house, "max", "user password", CALLREC_PASSWORD_FILE="")
    shell.expect("Password of max: ")
    shell.sendline("not this one")
    shell.expect("try again")
    shell.expect("Password of max: ")
    shell.sendline(password_of("max"))
    shell.expect("Here is a strong password")


def test_to_restore_a_mistyped_password_is_asked_for_again(stocked: House) -> None:
    at = drive(stocked)
    archive(stocked, at)
    elsewhere = stocked.folder / "elsewhere"
    shell = terminal(
        *(stocked, "dora", f"drive restore --from {at} --vault {elsewhere}"),
        CALLREC_PASSWORD_FILE="",
    )
    shell.expect("Password of somebody who may approve requests: ")
    shell.sendline("not this one")
    shell.expect("try again\r\n")
    shell.expect("Password of somebody who may approve requests: ")
    shell.sendline(password_of("dora"))
    shell.expect("3 recordings fetched")
