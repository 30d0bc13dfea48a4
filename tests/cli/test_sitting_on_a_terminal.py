"""Several requests in one command: each is seen, one password is typed, each is signed alone."""

from __future__ import annotations

import subprocess

import pexpect

from callrec.policy.purpose import Purpose
from cli.test_request_on_a_terminal import on_a_terminal, terminal
from house.practices import House, password_of
from house.requests import a_request, approve, rows, state_of


def approvals(house: House) -> int:
    """How many statements approve something: of each request one by each who signs."""
    (found,) = rows(house, "SELECT count(*) FROM statement WHERE kind = 'approval'")
    return int(found[0])


def test_each_is_shown_and_one_password_signs_each_by_itself(stocked: House) -> None:
    for recording in (1, 2):
        a_request(stocked, recordings=[recording])
    shown = on_a_terminal(
        stocked,
        "max",
        "approve R-1 R-2 R-1",
        password_of("max"),
        "R-1",
        "R-2",
        CALLREC_PASSWORD_FILE="",
    )
    assert shown.count("Password of max") == 1
    before, _, after = shown.partition("Type R-1 to approve it: ")
    assert "R-1  protect parties  submitted\n" in before
    assert "R-2  protect parties" not in before
    assert "R-1 is approved: 1 for sam.\n" in after.partition("Type R-2 to approve it: ")[0]
    assert shown.endswith("\napproved: R-1, R-2\n[0]")
    assert [state_of(stocked, each) for each in ("R-1", "R-2")] == ["approved", "approved"]
    assert approvals(stocked) == 2


def test_one_that_is_refused_or_passed_over_stops_no_other(stocked: House) -> None:
    a_request(stocked, recordings=[1])
    a_request(stocked, "max", recordings=[1])
    a_request(stocked, recordings=[2])
    a_request(stocked, recordings=[3])
    seen = terminal(stocked, "max", "approve R-1 R-2 R-3 R-9 R-4", columns=300)
    shown = ""
    for reference, typed in (("R-1", "no"), ("R-3", "R-3"), ("R-4", "R-4")):
        seen.expect_exact(f"Type {reference} to approve it: ")
        shown += seen.before + seen.after
        seen.sendline(typed)
    seen.expect(pexpect.EOF)
    seen.close()
    shown = f"{shown}{seen.before}".replace("\r\n", "\n")
    assert seen.exitstatus == 8
    refused = (
        "R-2 is not approved: you cannot approve or deny a request that you made or changed"
        " [policy 4(b)]; ask another partner, manager or Data Controller to run callrec approve R-2"
    )
    assert shown.count(refused) == 2
    assert shown.index(refused) < shown.index("Type R-3 to approve it")
    assert shown.endswith(
        "\nR-1 is not approved: not confirmed, so nothing was done"
        f"\n{refused}"
        "\nR-9 is not approved: there is no request R-9; run callrec request list"
        "\ncallrec: error: approved: R-3, R-4; not approved: R-1, R-2, R-9\n"
    )
    states = [state_of(stocked, f"R-{number}") for number in (1, 2, 3, 4)]
    assert states == ["submitted", "submitted", "approved", "approved"]


def test_who_made_it_is_refused_before_anything_is_typed(stocked: House) -> None:
    a_request(stocked, "max", recordings=[1])
    shown = on_a_terminal(stocked, "max", "approve R-1")
    assert "Type R-1" not in shown
    assert "protect parties" not in shown
    assert "you cannot approve or deny a request that you made or changed" in shown
    assert shown.endswith("[3]")


def ended_at_the_second(house: House, command: str) -> str:
    """What is shown where R-1 is approved, and Ctrl-C is pressed at the question about R-2."""
    for recording in (1, 2):
        a_request(house, recordings=[recording])
    seen = terminal(house, "max", command)
    seen.expect_exact("Type R-1 to approve it: ")
    seen.sendline("R-1")
    seen.expect_exact("Type R-2 to approve it: ")
    shown = str(seen.before)
    seen.sendintr()
    seen.expect(pexpect.EOF)
    seen.close()
    assert seen.exitstatus == 130
    assert [state_of(house, each) for each in ("R-1", "R-2")] == ["approved", "submitted"]
    return f"{shown}{seen.before}".replace("\r\n", "\n")


def test_ctrl_c_at_the_second_says_what_became_of_the_first(stocked: House) -> None:
    assert "\napproved: R-1\n" in ended_at_the_second(stocked, "approve R-1 R-2")


def subject_access(house: House) -> None:
    """R-1 and R-2, which the Data Controller decides."""
    for recording in (1, 2):
        a_request(house, "mia", purpose=Purpose.SUBJECT_ACCESS, recordings=[recording])


def test_the_second_person_types_one_password_once_all_was_seen(stocked: House) -> None:
    subject_access(stocked)
    typed = (password_of("dora"), "R-1", "R-2", password_of("pat"))
    command = "approve R-1 R-2 --countersign pat"
    shown = on_a_terminal(stocked, "dora", command, *typed, CALLREC_PASSWORD_FILE="")
    before, asked, after = shown.partition("Password of pat, who countersigns: ")
    assert asked
    assert "Type R-2 to approve it" in before
    assert "is approved" not in before
    assert "R-1 is approved: 1 for mia." in after
    assert "R-2 is approved: 2 for mia." in after
    assert approvals(stocked) == 4


def test_without_the_second_persons_password_nothing_is_approved(stocked: House) -> None:
    subject_access(stocked)
    typed = ("R-1", "R-2", "wrong", "wrong", "wrong")
    shown = on_a_terminal(stocked, "dora", "approve R-1 R-2 --countersign pat", *typed)
    assert shown.endswith("[6]")
    assert approvals(stocked) == 0


def test_of_what_was_all_passed_over_no_second_password_is_asked(stocked: House) -> None:
    subject_access(stocked)
    shown = on_a_terminal(stocked, "dora", "approve R-1 R-2 --countersign pat", "no", "no")
    assert "countersigns" not in shown
    assert shown.endswith("callrec: error: approved: none; not approved: R-1, R-2\n[1]")


def test_each_release_has_a_file_and_a_passphrase_of_its_own(stocked: House) -> None:
    for recording in (1, 2):
        a_request(stocked, recordings=[recording])
        approve(stocked, f"R-{recording}")
    (stocked.folder / "outbox").mkdir()
    shown = on_a_terminal(
        stocked,
        "sam",
        f"release R-1 R-9 R-2 --to '{stocked.folder}/outbox' --deliver-by letter"
        " --passphrase-by phone",
        password_of("sam"),
        CALLREC_PASSWORD_FILE="",
    )
    assert shown.count("Password of sam") == 1
    lines = shown.splitlines()
    passphrases = [
        lines[place + 1].strip()
        for place, line in enumerate(lines)
        if line == "Passphrase, shown this once:"
    ]
    assert len(set(passphrases)) == 2
    for path, passphrase in zip(
        sorted((stocked.folder / "outbox").iterdir()), passphrases, strict=True
    ):
        opened = subprocess.run(
            ["7z", "t", f"-p{passphrase}", str(path)], capture_output=True, check=False
        )
        assert opened.returncode == 0
    assert shown.endswith("callrec: error: released: R-1, R-2; not released: R-9\n[8]")


def test_what_was_done_before_ctrl_c_is_told_in_json_too(stocked: House) -> None:
    assert '"id": "R-1"' in ended_at_the_second(stocked, "approve R-1 R-2 --json")
