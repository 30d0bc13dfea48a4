"""On a terminal, ``request create`` asks for each particular, and ``approve`` shows it first."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import pexpect

from cli.transcript import password_of
from procedures.asking import a_request, opened, state_of, with_recordings

if TYPE_CHECKING:
    from practices import House

PROGRAM = """
import sys
from datetime import UTC, datetime
from callrec.cli.app import run
sys.exit(run(sys.argv[1:], now=lambda: datetime(2026, 11, 24, 12, 30, tzinfo=UTC)))
"""


def on_a_terminal(house: House, login: str, command: str, *typed: str) -> str:
    """What a terminal shows when somebody types these lines, one after each prompt."""
    password = house.folder / f"{login}.password"
    password.touch(mode=0o600)
    password.write_text(password_of(login), encoding="utf-8")
    environ = {
        **house.environ,
        "HOME": str(house.folder),
        "CALLREC_VAULT": str(house.practice.folder),
        "CALLREC_USER": login,
        "CALLREC_PASSWORD_FILE": str(password),
    }
    arguments = ["-c", PROGRAM, *command.split()]
    terminal = pexpect.spawn(
        sys.executable, arguments, env=environ, encoding="utf-8", timeout=60, dimensions=(50, 120)
    )
    shown = ""
    for line in typed:
        terminal.expect(r": $")
        shown += terminal.before + terminal.after
        terminal.sendline(line)
    terminal.expect(pexpect.EOF)
    terminal.close()
    return f"{shown}{terminal.before}[{terminal.exitstatus}]".replace("\r\n", "\n")


def test_each_particular_is_asked_for_in_the_policys_order(house: House) -> None:
    shown = on_a_terminal(
        house,
        "sam",
        "request create",
        "complaint",
        "The patient complains that nobody rang back",
        "4/7/2024",
        "unknown",
        "201",
        "07700 900123",
        "Siân O'Neill; Reception",
        "none",
    )
    assert shown.endswith("next: callrec request attach R-1 RECORDING\n[0]")
    said = opened(house, "R-1").particulars.as_json()
    assert said["time"] == "unknown"
    assert said["parties"] == ["Siân O'Neill", "Reception"]
    assert said["about"] == ""
    asked = ["reason", "Date", "Time", "extension", "External number", "Names", "Anything else"]
    places = [shown.index(word) for word in asked]
    assert places == sorted(places)


def test_nothing_entered_is_not_unknown(house: House) -> None:
    command = "request create --purpose complaint"
    shown = on_a_terminal(house, "sam", command, "The patient complains that nobody rang back", "")
    assert "nothing was entered" in shown
    assert shown.endswith("[2]")


def test_the_whole_request_is_shown_and_its_reference_typed(house: House) -> None:
    reference = a_request(with_recordings(house))
    shown = on_a_terminal(house, "max", f"approve {reference}", "R-1")
    request = opened(house, reference)
    for row in request.recordings:
        assert row.ciphertext in shown
    assert request.particulars.reason in shown
    assert state_of(house, reference) == "approved"
    assert shown.endswith("[0]")


def test_another_reference_approves_nothing(house: House) -> None:
    reference = a_request(with_recordings(house))
    shown = on_a_terminal(house, "max", f"approve {reference}", "R-2")
    assert "not confirmed, so nothing was done" in shown
    assert state_of(house, reference) == "submitted"
    assert shown.endswith("[1]")
