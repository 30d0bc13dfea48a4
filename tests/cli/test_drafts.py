"""What was answered survives Ctrl-C and a refused last step, while the login lasts."""

from __future__ import annotations

from pathlib import Path

import pexpect
import pytest

from callrec.system.runtime import runtime_folder
from cli.test_request_on_a_terminal import SIX, on_a_terminal, terminal
from house.incidents import WHAT
from house.practices import House
from house.requests import opened, state_of

KEPT = "your answers are kept until you log out: the same command offers them again"
OFFERED = "your earlier answers are kept: Enter takes each"


@pytest.fixture
def at_work(stocked: House) -> House:
    """Somebody is logged in at the terminal that the tests type at."""
    assert on_a_terminal(stocked, "sam", "login sam").endswith("[0]")
    return stocked


def cut_short(house: House, command: str, *answers: str) -> None:
    """Answer some questions, and press Ctrl-C at the next."""
    shell = terminal(house, "sam", command)
    for each in answers:
        shell.expect(r"[:?\]] $")
        shell.sendline(each)
    shell.expect(r"[:?\]] $")
    shell.sendcontrol("c")
    shell.expect_exact(f"^C\r\n{KEPT}\r\n")
    shell.expect("callrec: error: interrupted")
    shell.expect(pexpect.EOF)


def drafts(house: House) -> list[Path]:
    folder = runtime_folder(house.environ)
    assert folder is not None
    return [*folder.glob(f"{house.practice.vault}.*.draft")]


def test_after_ctrl_c_enter_takes_each_answer_again(at_work: House) -> None:
    cut_short(at_work, "request create complaint", *SIX[:5])
    shown = on_a_terminal(
        at_work, "sam", "request create complaint", *("",) * 5, *SIX[5:], "C-2024-17", "patient"
    )
    assert OFFERED in shown
    assert f"Why do you need this recording? [{SIX[0]}]: " in shown
    assert shown.endswith("[0]")
    said = opened(at_work, "R-1").particulars
    assert said.reason == SIX[0]
    assert said.as_json()["number"] == "+447700900123"
    assert drafts(at_work) == []


def test_another_answer_goes_before_the_one_that_was_kept(at_work: House) -> None:
    cut_short(at_work, "request create complaint", *SIX[:5])
    answers = ("", "5/7/2024", "", "", "", *SIX[5:], "C-2024-17", "patient")
    shown = on_a_terminal(at_work, "sam", "request create complaint", *answers)
    assert shown.endswith("[0]")
    assert opened(at_work, "R-1").particulars.as_json()["date"] == "2024-07-05"


def test_a_refused_last_step_keeps_every_answer(at_work: House) -> None:
    answers = (*SIX, "C-2024-17", "patient")
    command = "request create complaint --recording"
    shown = on_a_terminal(at_work, "sam", f"{command} 99", *answers)
    assert "there is no recording 99" in shown
    assert KEPT in shown
    shown = on_a_terminal(at_work, "sam", f"{command} 1", *("",) * len(answers))
    assert shown.endswith("[0]")
    assert state_of(at_work, "R-1") == "submitted"


def test_they_are_offered_to_the_same_command_and_to_the_same_login_alone(at_work: House) -> None:
    cut_short(at_work, "request create complaint", *SIX[:2])
    shell = terminal(at_work, "sam", "request create training")
    shell.expect(r"Why do you need this recording\? $")
    shell.close(force=True)
    assert on_a_terminal(at_work, "sam", "logout").endswith("[0]")
    assert on_a_terminal(at_work, "mia", "login mia").endswith("[0]")
    shell = terminal(at_work, "mia", "request create complaint")
    shell.expect(r"Why do you need this recording\? $")


def test_nobody_reads_them_where_they_lie(at_work: House) -> None:
    cut_short(at_work, "request create complaint", *SIX[:5])
    (kept,) = drafts(at_work)
    assert b"complains" not in kept.read_bytes()
    assert kept.stat().st_mode & 0o077 == 0


def test_a_report_of_an_incident_is_kept_too(at_work: House) -> None:
    cut_short(at_work, "incident report", "now", WHAT)
    shown = on_a_terminal(at_work, "sam", "incident report", "", "", "mia", "none", "none")
    assert f"What happened, in a sentence [{WHAT}]: " in shown
    assert shown.endswith("[0]")
