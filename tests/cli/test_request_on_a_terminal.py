"""On a terminal, ``request create`` asks for each particular, and ``approve`` shows it first."""

from __future__ import annotations

import shlex
import sys
from datetime import date

import pexpect

from callrec.requests.agreement import read_agreement
from house.practices import House, password_of
from house.requests import AGREEMENT, a_request, approve, opened, signed_in, state_of

PROGRAM = """
import faulthandler, os, sys
from datetime import datetime
from callrec.cli.app import run
now = datetime.fromisoformat(os.environ.get("NOW", "2026-11-24T12:30+00:00"))
faulthandler.dump_traceback_later(50)  # where it stands, if the terminal waits in vain
sys.exit(run(sys.argv[1:], now=lambda: now))
"""


def terminal(
    house: House,
    login: str,
    command: str,
    *,
    columns: int = 120,
    program: str = PROGRAM,
    **environ: str,
) -> pexpect.spawn[str]:
    """A terminal in which somebody has just typed this."""
    password = house.folder / f"{login}.password"
    password.touch(mode=0o600)
    password.write_text(password_of(login), encoding="utf-8")
    variables = {
        **house.environ,
        "HOME": str(house.folder),
        "XDG_CONFIG_HOME": str(house.folder / "config"),
        "CALLREC_VAULT": str(house.practice.folder),
        "CALLREC_USER": login,
        "CALLREC_PASSWORD_FILE": str(password),
        **environ,
    }
    arguments = ["-c", program, *shlex.split(command)]
    size = (50, columns)
    seen = pexpect.spawn(
        sys.executable, arguments, env=variables, encoding="utf-8", timeout=60, dimensions=size
    )
    seen.str_last_chars = 4000  # of what was shown, in the report of a failure
    return seen


def on_a_terminal(
    house: House, login: str, command: str, *typed: str, columns: int = 120, **environ: str
) -> str:
    """What a terminal shows when somebody types these lines, one after each prompt."""
    seen = terminal(house, login, command, columns=columns, **environ)
    shown = ""
    for line in typed:
        seen.expect(r"[:?] $")
        shown += seen.before + seen.after
        seen.sendline(line)
    seen.expect(pexpect.EOF)
    seen.close()
    return f"{shown}{seen.before}[{seen.exitstatus}]".replace("\r\n", "\n")


SIX = (
    "The patient complains that nobody rang back",
    "4/7/2024",
    "unknown",
    "201",
    "07700 900123",
    "Siân O'Neill; Reception",
    "none",
)
"""Answers to the six of 4(b), in its order."""


def test_each_particular_is_asked_for_in_the_policys_order(house: House) -> None:
    answers = ("complaint", *SIX, "C-2024-17", "1")
    shown = on_a_terminal(house, "sam", "request create", *answers)
    assert shown.endswith("next: callrec request attach R-1 RECORDING\n[0]")
    said = opened(house, "R-1").particulars.as_json()
    assert said["time"] == "unknown"
    assert said["parties"] == ["Siân O'Neill", "Reception"]
    assert said["about"] == ""
    assert said["further"] == {"complaint": "C-2024-17", "complainant": "patient"}
    asked = [
        "Why do you need",
        "Date",
        "Time",
        "extension",
        "External number",
        "Names",
        "Anything else",
    ]
    places = [
        shown.index(word) for word in [*asked, "Reference of the complaint", "Who complained"]
    ]
    assert places == sorted(places)


def test_each_question_of_a_purpose_has_its_line_of_help_and_its_choices(house: House) -> None:
    answers = ("complaint", *SIX, "C-2024-17", "patient")
    shown = on_a_terminal(house, "sam", "request create", *answers)
    assert "As it stands in the practice's complaints file.\nReference of the complaint: " in shown
    assert (
        "A patient and a member of staff complain by different procedures.\n"
        "   1  patient  a patient, or somebody for one\n"
        "   2  staff  a member of staff\n"
        "Who complained: "
    ) in shown


def test_an_answer_that_is_none_is_asked_for_again_and_says_why(house: House) -> None:
    shown = on_a_terminal(
        house,
        "sam",
        "request create portability --about none --party unknown --time unknown",
        "complaint",  # no sentence
        SIX[0],
        "tomorrow",
        "25/11/2026",  # to come
        "4/7/2024",
        "",
        "201",
        "my own",
        "unknown",
        ".",
        "Siân O'Neill",
        "25/11/2026",  # to come
        "3/7/2024",  # before the call
        "today",
        "passport seen",
        "none",
    )
    for why in (
        "the reason is not a sentence [policy 4(b)]; say why in at least 20 characters",
        "that is not a date; type 4/1/2024",
        "the day of the call is in the future [policy 4(b)]; give the day on which it was",
        "nothing was entered\n",
        "that is not a telephone number; give it in full",
        "the request does not say: subject [policy 4(i)]",
        "this day is in the future: received [policy 4(i)]; look at the dates again",
        "this is earlier than the call: received [policy 4(i)]",
    ):
        assert why in shown, why
    assert shown.endswith("[0]")
    assert opened(house, "R-1", "dora").particulars.further["received"] == "2026-11-24"


def test_an_agreement_is_asked_for_by_the_name_of_its_file(house: House) -> None:
    letter = house.folder / "signed.pdf"
    letter.write_bytes(AGREEMENT)
    empty, large = house.folder / "empty.pdf", house.folder / "large.pdf"
    empty.touch()
    with large.open("wb") as file:
        file.truncate(10 * 1024 * 1024 + 1)
    shown = on_a_terminal(
        house,
        "mia",
        "request create disciplinary --date unknown --time unknown --extension unknown"
        " --number unknown --party unknown --about none --allegation HR-3 --consulted 1/11/2026",
        "A colleague was rude on the telephone",
        "Robin Ashdown",
        str(house.folder / "none.txt"),
        str(empty),
        str(large),
        str(letter),
    )
    assert "the agreement cannot be read; name a file that is there" in shown
    assert "the agreement is an empty file" in shown
    assert "the agreement is larger than 10 MiB" in shown
    assert shown.endswith("[0]")
    request = opened(house, "R-1", "dora")
    assert read_agreement(house.practice, signed_in(house, "dora"), request) == AGREEMENT


def test_who_died_is_asked_for_as_who_they_are(house: House) -> None:
    typed = "request create deceased --date unknown --time unknown --extension unknown"
    answers = ("The executor asks for the last calls", "unknown", "Ken Marsh", "none")
    seen = terminal(house, "sam", typed)
    for line in answers:
        seen.expect(r"[:?] $")
        if line == "Ken Marsh":
            assert "Names of the patient who died and of the others on the call (" in seen.before
        seen.sendline(line)
    seen.close()


def test_only_a_court_s_order_is_asked_for_its_day(house: House) -> None:
    typed = (
        "request create outside-body --date unknown --time unknown --extension unknown"
        " --number unknown --party unknown --about none --body Court --officer Penhale"
        " --rank clerk --contact x --reference 17 --received today --not-urgent"
        " --subject-may-be-told --confidentiality law"
    )
    sentence = "The court has ordered that it be produced"
    shown = on_a_terminal(
        house, "dora", typed, sentence, "court-order", "1/12/2026", sentence, sentence
    )
    assert shown.endswith("[0]")
    assert opened(house, "R-1", "pat").particulars.further["answer-by"] == "2026-12-01"
    shown = on_a_terminal(house, "dora", typed, sentence, "crime", sentence, sentence)
    assert "Day that the order sets" not in shown


def test_whoever_may_search_says_which_of_the_matching_recordings_he_wants(stocked: House) -> None:
    six = "--date 4/7/2024 --time unknown --extension 201 --number 07700900123 --party unknown"
    command = f"request create protect-parties {six} --about none"
    shown = on_a_terminal(stocked, "mia", command, SIX[0], "4", "two", "1, 3")
    assert "•••••••0123" in shown
    assert "0700900123" not in shown
    assert "that is none of these" in shown
    assert "a recording is given by its number" in shown
    assert shown.endswith(
        "R-1 is made. Recordings asked for: 2.\nby mia\nnext: ask another partner, manager or Data"
        " Controller to run callrec approve R-1\n[0]"
    )
    assert [row.id for row in opened(stocked, "R-1").recordings] == [1, 3]


def test_all_of_them_or_none_of_them_are_said_in_a_word(stocked: House) -> None:
    six = "--date 4/7/2024 --time unknown --extension 201 --number 07700900123 --party unknown"
    command = f"request create protect-parties {six} --about none"
    assert on_a_terminal(stocked, "mia", command, SIX[0], "All").endswith(
        "asked for: 3.\nby mia\nnext: ask another partner, manager or Data Controller to run"
        " callrec approve R-1\n[0]"
    )
    shown = on_a_terminal(stocked, "mia", command, SIX[0], "none")
    assert "recordings that match: 3\nby mia\nnext: callrec request attach R-2 3 2 1\n[0]" in shown


def test_the_whole_request_is_shown_and_its_reference_typed(stocked: House) -> None:
    reference = a_request(stocked)
    shown = on_a_terminal(stocked, "max", f"approve {reference}", "R-1")
    request = opened(stocked, reference)
    for row in request.recordings:
        assert f"recording       {row.id}  Thu 4 Jul 2024, " in shown
    assert request.particulars.reason in shown
    assert state_of(stocked, reference) == "approved"
    assert shown.endswith("[0]")


def test_a_recording_of_another_day_is_told_of_before_the_question(stocked: House) -> None:
    reference = a_request(stocked, day=date(2024, 1, 1))
    shown = on_a_terminal(stocked, "max", f"approve {reference}", "R-2")
    told = "recording 1 is not of the day that the request says"
    assert told in shown.partition("Type R-1")[0]


def test_another_reference_approves_nothing(stocked: House) -> None:
    reference = a_request(stocked)
    shown = on_a_terminal(stocked, "max", f"approve {reference}", "R-2")
    assert "not confirmed, so nothing was done" in shown
    assert state_of(stocked, reference) == "submitted"
    assert shown.endswith("[1]")


def test_what_somebody_decided_meanwhile_is_not_decided_over(stocked: House) -> None:
    reference = a_request(stocked, recordings=[1])
    seen = terminal(stocked, "max", f"approve {reference}")
    seen.expect_exact(f"Type {reference} to approve it: ")
    approve(stocked, reference, "pat")
    seen.sendline(reference)
    seen.expect(pexpect.EOF)
    assert f"error: pat has approved {reference} since you saw it [policy 4(b)]" in seen.before
    assert len(opened(stocked, reference).approvals) == 1


def test_what_was_decided_alone_is_shown_before_it_is_accepted(stocked: House) -> None:
    reference = a_request(stocked, "dora")
    approve(stocked, reference, "dora", glass_reason=SIX[0])
    stocked.close()
    command = f"audit review-glass {reference} --accept"
    shown = on_a_terminal(stocked, "ava", command, "R-9")
    assert ": dora, Tue 24 Nov 2026, 12:00, unreviewed" in shown
    assert "not confirmed, so nothing was done" in shown
    assert f"{reference} is accepted" in on_a_terminal(stocked, "ava", command, reference)


def test_what_a_named_recording_says_is_not_asked_for(stocked: House) -> None:
    shown = on_a_terminal(
        *(stocked, "mia", "request create complaint --recording 1", SIX[0], *SIX[5:]),
        *("C-2024-17", "patient"),
    )
    assert "taken from recording 1: 4 July 2024, 14:05, extension 201\n" in shown
    assert "the number of recording 1 is not shown to you" in shown
    assert "0700900123" not in shown
    assert shown.endswith("[0]")
    said = opened(stocked, "R-1").particulars.as_json()
    assert (said["date"], said["extension"], said["number"]) == ("2024-07-04", "201", "unknown")


def test_what_is_typed_goes_before_what_a_recording_says(stocked: House) -> None:
    command = "request create complaint --recording 1 --date unknown --number 07700900123"
    shown = on_a_terminal(stocked, "mia", command, SIX[0], *SIX[5:], "C-2024-17", "patient")
    assert "taken from recording 1: 14:05, extension 201\n" in shown
    assert "is not shown to you" not in shown
    said = opened(stocked, "R-1").particulars.as_json()
    assert (said["date"], said["number"]) == ("unknown", "+447700900123")


def test_where_recordings_differ_it_is_asked_for(stocked: House) -> None:
    command = "request create complaint --recording 1 --recording 2"
    shell = terminal(stocked, "mia", command)
    shell.expect("taken from recording 1, 2: 4 July 2024, extension 201\r\n")
    shell.expect("Why do you need")
    shell.sendline(SIX[0])
    shell.expect("Time of the call")


def test_who_may_not_search_learns_nothing_of_a_named_recording(stocked: House) -> None:
    shell = terminal(stocked, "sam", "request create complaint --recording 1")
    shell.expect("you may not see recording 1: say what you know of the call")
    shell.expect("Why do you need")
    assert "taken from" not in shell.before
    shell.sendline(SIX[0])
    shell.expect("Date of the call")


def test_a_request_for_every_recording_is_described_by_the_person(stocked: House) -> None:
    shell = terminal(stocked, "mia", "request create subject-access --recording 1")
    shell.expect("Why do you need")
    assert "taken from" not in shell.before
