"""On a terminal ``init`` is a conversation, which ends with a configuration and with checks."""

from __future__ import annotations

import sys
from pathlib import Path

import pexpect
import pytest

from callrec.system.toml import read_toml
from cli.test_request_on_a_terminal import PROGRAM
from house.practices import password_of
from house.spool import a_call

PASSWORD = password_of("dora")


def begun(folder: Path, line: str = "init") -> pexpect.spawn[str]:
    environ = {
        "HOME": str(folder),
        "XDG_CONFIG_HOME": str(folder / "config"),
        "XDG_DATA_HOME": str(folder / "data"),
        "XDG_STATE_HOME": str(folder / "state"),
        "LANG": "C.UTF-8",
    }
    words = ["-c", PROGRAM, *line.split()]
    size = (50, 120)
    return pexpect.spawn(
        sys.executable, words, env=environ, encoding="utf-8", timeout=60, dimensions=size
    )


def answer(shell: pexpect.spawn[str], **answers: str) -> None:
    """Type what answers each question, in order."""
    for asked, typed in answers.items():
        shell.expect(asked.replace("_", " "))
        shell.expect(r"[:?\]] $|: $")
        shell.sendline(typed)


def to_the_kit(shell: pexpect.spawn[str], recordings: str = "", kit: str = "") -> None:
    answer(
        shell,
        What_the_practice_is_called="Hama Medical Centre",
        Login_of_the_Data_Controller="dora",
        in_full="Dora Whitlock",
        patient_reach_the_practice="telephone 01632 960000",
        Where_should_the_vault="",
        recordings_come_from=recordings,
        drive_do_copies="",
        recovery_kit_be_saved=kit,
        password_for_dora=PASSWORD,
        Type_it_again=PASSWORD,
    )


def written(folder: Path) -> list[str]:
    return sorted(str(each.relative_to(folder)) for each in folder.rglob("*") if each.is_file())


def test_it_ends_with_a_configuration_and_the_checks(tmp_path: Path) -> None:
    spool = tmp_path / "spool"
    a_call(spool, 0)
    shell = begun(tmp_path)
    to_the_kit(shell, recordings=str(spool))
    shell.expect("Words of the kit:")
    shell.expect("Vault:")
    words = shell.before.split()
    shell.expect("last three words")
    shell.sendline("one two three")
    shell.expect("these are not the last three words; look at the paper again")
    shell.sendline(" ".join(words[-3:]))
    shell.expect(pexpect.EOF)
    shell.close()
    assert shell.exitstatus == 0
    shown = shell.before
    assert "SQLite" in shown
    assert "next: callrec login dora" in shown
    assert f"next: callrec ingest {spool}" in shown
    config = tmp_path / "config" / "callrec" / "config.toml"
    assert read_toml(config) == {"vault": str(tmp_path / "data" / "callrec" / "vault")}
    again = begun(tmp_path, "practice keys list")
    again.expect(pexpect.EOF)
    again.close()
    assert again.exitstatus == 0


def test_a_folder_of_recordings_is_rehearsed_and_nothing_is_taken_in(tmp_path: Path) -> None:
    spool = tmp_path / "spool"
    a_call(spool, 0)
    before = written(tmp_path)
    shell = begun(tmp_path, "init --practice P --user dora")
    answer(
        shell,
        in_full="Dora Whitlock",
        patient_reach_the_practice="",
        Where_should_the_vault="",
    )
    answer(shell, recordings_come_from=str(tmp_path / "no such folder"))
    shell.expect("there is no such folder; name another, or say later")
    shell.sendline(str(spool))
    shell.expect("1 recording there: 1 can be taken in, 0 would be left")
    shell.sendcontrol("c")
    shell.expect("interrupted")
    assert written(tmp_path) == before


@pytest.mark.parametrize("at", range(11))
def test_ctrl_c_at_any_question_leaves_nothing_behind(tmp_path: Path, at: int) -> None:
    questions = {
        "What the practice is called": "P",
        "Login of the Data Controller": "dora",
        "in full": "Dora Whitlock",
        "patient reach the practice": "",
        "Where should the vault": "",
        "recordings come from": "",
        "drive do copies": "",
        "recovery kit be saved": str(tmp_path / "kit.txt"),
        "password for dora": PASSWORD,
        "Type it again": PASSWORD,
        "last three words": "",
    }
    shell = begun(tmp_path)
    for asked, typed in [*questions.items()][:at]:
        shell.expect(asked)
        shell.expect(r"[:?\]] $")
        shell.sendline(typed)
    shell.expect([*questions][at])
    shell.expect(r"[:?\]] $")
    shell.sendcontrol("c")
    shell.expect(r"\r\ncallrec: error: interrupted")
    shell.expect(pexpect.EOF)
    assert written(tmp_path) == []


def test_a_login_that_will_not_do_is_asked_for_again(tmp_path: Path) -> None:
    shell = begun(tmp_path, "init --practice P")
    answer(shell, Login_of_the_Data_Controller="Dora Whitlock")
    shell.expect("a login name is up to 32 small letters")
    shell.expect("Login of the Data Controller")


def test_a_configuration_that_is_there_stays_as_it_is(tmp_path: Path) -> None:
    config = tmp_path / "config" / "callrec" / "config.toml"
    config.parent.mkdir(parents=True)
    config.write_text(f'vault = "{tmp_path}/elsewhere"\n[passwords]\napprover_memory_mib = 64\n')
    shell = begun(tmp_path, f"init --practice P --user dora --recovery-file {tmp_path}/kit.txt")
    answer(
        shell,
        in_full="Dora Whitlock",
        patient_reach_the_practice="later",
        recordings_come_from="",
        drive_do_copies="",
        password_for_dora=PASSWORD,
        Type_it_again=PASSWORD,
    )
    shell.expect("last three words")
    page = (tmp_path / "kit.txt").read_text(encoding="utf-8")
    words = page.partition("Words of the kit:")[2].partition("Vault:")[0].split()
    shell.sendline(" ".join(words[-3:]))
    shell.expect(pexpect.EOF)
    shell.close()
    assert shell.exitstatus == 0
    assert read_toml(config)["vault"] == f"{tmp_path}/elsewhere"
    assert (tmp_path / "elsewhere" / "catalogue.sqlite").is_file()
