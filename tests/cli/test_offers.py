"""Who leaves out which one they mean is offered what waits for them, and nothing else."""

from __future__ import annotations

import pexpect
import pytest

from callrec.login.unlock import AwaitingConfirmation, log_in
from callrec.package.whole import key_words
from callrec.people.joining import add_person
from callrec.policy.purpose import Purpose
from callrec.policy.role import Role
from callrec.requests.event import withdraw_request
from cli.test_request_on_a_terminal import on_a_terminal, terminal
from house.drives import archive, drive
from house.incidents import an_incident
from house.practices import House, password_of
from house.requests import a_request, approve, logged_in, state_of

DOWN, BACKSPACE, CTRL_C = "\x1b[B", "\x7f", "\x03"


def drawn(house: House, login: str, command: str) -> pexpect.spawn[str]:
    """The same on a terminal that draws lists."""
    return terminal(house, login, command, TERM="xterm")


def rest_of(shell: pexpect.spawn[str]) -> str:
    shell.expect(pexpect.EOF)
    shell.close()
    return f"{shell.before}[{shell.exitstatus}]".replace("\r\n", "\n")


def test_approve_offers_what_waits_for_a_decision_soonest_due_first(stocked: House) -> None:
    a_request(stocked, "sam")
    a_request(stocked, "sam", recordings=(3,))
    a_request(stocked, "sam", recordings=())  # names no recording: there is nothing to approve
    shown = on_a_terminal(stocked, "max", "approve", "2", "R-2")
    assert "   1  R-1  protect parties  by sam  2 recordings" in shown
    assert "   2  R-2  protect parties  by sam  1 recording" in shown
    assert "R-3" not in shown
    assert state_of(stocked, "R-2") == "approved"


def test_several_are_marked_and_decided_in_one_sitting(stocked: House) -> None:
    for _ in range(3):
        a_request(stocked, "sam")
    shell = drawn(stocked, "max", "approve")
    shell.expect("> R-1  protect parties")
    shell.send(" ")
    shell.expect(r"\[x\] R-1")
    shell.send("3 ")
    shell.expect(r"\[x\] R-3")
    shell.send("\r")
    shell.expect(r"Which requests\? R-1 R-3\r\n")
    for reference in ("R-1", "R-3"):
        shell.expect(f"Type {reference} to approve it: ")
        shell.sendline(reference)
    assert "approved: R-1, R-3" in rest_of(shell)
    assert [state_of(stocked, f"R-{each}") for each in (1, 2, 3)] == [
        *("approved", "submitted", "approved")
    ]


def test_several_are_named_where_no_list_is_drawn(stocked: House) -> None:
    for _ in range(2):
        a_request(stocked, "sam")
    shown = on_a_terminal(stocked, "max", "approve", "1, R-2", "R-1", "R-2")
    assert "approved: R-1, R-2" in shown


def test_arrow_keys_choose_and_typing_narrows(stocked: House) -> None:
    for _ in range(3):
        a_request(stocked, "sam")
    shell = drawn(stocked, "max", "approve")
    shell.expect("> R-1  protect parties")
    shell.send(DOWN)
    shell.expect("> ")
    shell.send("\r")
    shell.expect(r"Which requests\? R-2\r\n")
    shell.expect("Type R-2 to approve it: ")
    shell.sendline("no")
    assert "not confirmed" in rest_of(shell)
    shell = drawn(stocked, "max", "approve")
    shell.expect("> R-1  protect parties")
    shell.send("3\r")
    shell.expect(r"Which requests\? R-3\r\n")
    shell.expect("Type R-3 to approve it: ")


def test_what_is_in_no_line_takes_none(stocked: House) -> None:
    a_request(stocked, "sam")
    shell = drawn(stocked, "max", "approve")
    shell.expect("> R-1  protect parties")
    shell.send("9\r")
    shell.expect("nothing here has that")
    shell.send(f"{BACKSPACE}\r")
    shell.expect(r"Which requests\? R-1\r\n")


def test_one_alone_is_shown_and_taken_by_enter(stocked: House) -> None:
    approve(stocked, a_request(stocked, "sam"))
    shell = drawn(stocked, "sam", "listen --look")
    shell.expect("> R-1  protect parties  by sam  2 recordings")
    shell.send("\r")
    shell.expect(r"Which request\? R-1\r\n")


def test_ctrl_c_ends_it_and_nothing_was_done(stocked: House) -> None:
    a_request(stocked, "sam")
    shell = drawn(stocked, "max", "approve")
    shell.expect("> R-1")
    shell.send(CTRL_C)
    assert rest_of(shell).endswith("callrec: error: interrupted\n[130]")
    assert state_of(stocked, "R-1") == "submitted"


@pytest.mark.parametrize(
    ("login", "command", "says"),
    [
        ("max", "approve", "no request waits for your decision"),
        ("sam", "listen", "nothing waits for you to hear or release"),
        ("sam", "request show", "there is no request that you may see"),
        ("sam", "incident update", "there is no incident that you can add to"),
        ("dora", "user confirm", "no new key waits to be confirmed"),
    ],
)
def test_where_nothing_waits_it_says_what_there_is_to_do(
    house: House, login: str, command: str, says: str
) -> None:
    shown = on_a_terminal(house, login, command)
    assert f"callrec: error: {says}\ncallrec: hint: " in shown
    assert "callrec " in shown.partition("hint: ")[2]
    assert shown.endswith("[4]")


def test_nobody_is_offered_what_they_may_not_see(stocked: House) -> None:
    a_request(stocked, "mia")
    assert "R-1" not in on_a_terminal(stocked, "sam", "request show")
    an_incident(stocked, "sam", tell="mia")
    assert "I-1" not in on_a_terminal(stocked, "max", "incident show")
    assert "   1  I-1  open  noticed" in on_a_terminal(stocked, "mia", "incident show", "1")


def test_what_can_no_longer_be_changed_is_not_offered_to_be(stocked: House) -> None:
    withdraw_request(stocked.practice, logged_in(stocked, "mia"), a_request(stocked, "mia"))
    a_request(stocked, "mia", recordings=())
    shown = on_a_terminal(stocked, "mia", "request attach", "1", "1, 3")
    assert "R-1" not in shown
    assert "   1  R-2  protect parties  submitted  by mia  0 recordings\n" in shown
    assert "R-2 is changed. Recordings asked for: 2." in shown
    assert "R-1" in on_a_terminal(stocked, "mia", "request show", "R-1")


def test_an_own_request_is_not_offered_for_approval(stocked: House) -> None:
    a_request(stocked, "max")
    assert "no request waits for your decision" in on_a_terminal(stocked, "max", "approve")


def test_one_that_nobody_else_decides_is_offered_where_the_glass_is_broken(stocked: House) -> None:
    a_request(stocked, "dora", purpose=Purpose.OUTSIDE_BODY)
    assert "no request waits for your decision" in on_a_terminal(stocked, "dora", "approve")
    alone = 'approve --break-glass --reason "There is nobody else here today at all"'
    assert "   1  R-1  outside body  by dora" in on_a_terminal(stocked, "dora", alone, "1", "no")


def test_a_new_key_that_waits_is_offered(house: House) -> None:
    given = password_of("nobody yet")
    dora = house.actor("dora")
    add_person(
        *(house.practice, dora),
        login="nell",
        full_name="Nell Ashworth",
        role=Role.MANAGER,
        password=given,
    )
    waiting = log_in(
        house.open(),
        login="nell",
        password=given,
        new_password=lambda: password_of("nell"),
        environ=house.environ,
    )
    assert isinstance(waiting, AwaitingConfirmation)
    words = key_words(waiting.fingerprint)
    second = house.folder / "pat.password"
    second.touch(mode=0o600)
    second.write_text(password_of("pat"), encoding="utf-8")
    shown = on_a_terminal(
        *(house, "dora", "user confirm", "1", "pat", words),
        CALLREC_COUNTERSIGN_PASSWORD_FILE=str(second),
    )
    assert "   1  nell  new key\n" in shown
    assert "nell is confirmed as manager" in shown


def test_restore_offers_the_drives_that_are_attached(stocked: House) -> None:
    at = drive(stocked)
    archive(stocked, at)
    shown = on_a_terminal(stocked, "dora", "drive restore --drill", "1")
    offered = f'1 {at} "drive-a" as of Tue 24 Nov 2026, 12:00 UTC'
    assert offered in " ".join(shown.split())
    assert 'From "drive-a" the vault comes back' in shown
    assert shown.endswith("[0]")


def test_where_no_drive_is_found_its_folder_is_asked_for(house: House) -> None:
    shown = on_a_terminal(house, "dora", "drive restore", str(house.folder))
    assert "An archive drive's folder; give each that is attached: " in shown
    assert "that folder is not a callrec drive" in shown


def test_login_offers_the_people_of_the_vault(house: House) -> None:
    shell = terminal(house, "", "login", CALLREC_USER="", CALLREC_PASSWORD_FILE="")
    shell.expect("dora +Data Controller")
    shell.expect("sam +")
    assert "door" not in shell.before + shell.after
    shell.expect(r"\? $")
    shell.sendline("sam")
    shell.expect("Password of sam: ")


def test_the_password_that_showed_what_waits_is_not_asked_for_again(stocked: House) -> None:
    a_request(stocked, "sam")
    shell = terminal(stocked, "max", "approve", CALLREC_PASSWORD_FILE="")
    shell.expect("Password of max: ")
    shell.sendline((stocked.folder / "max.password").read_text(encoding="utf-8"))
    shell.expect("  1  R-1")
    shell.sendline("1")
    shell.expect("Type R-1 to approve it: ")
    shell.sendline("R-1")
    assert rest_of(shell).endswith("[0]")


def test_for_programs_it_is_missing_as_ever(stocked: House) -> None:
    shown = on_a_terminal(stocked, "max", "approve --json")
    assert '"REQUEST is missing"' in shown
    assert shown.endswith("[2]")
