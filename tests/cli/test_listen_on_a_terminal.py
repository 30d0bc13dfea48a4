"""On a terminal the waveform is seen, who attends is asked, and Ctrl-C ends a hearing on record."""

from __future__ import annotations

import struct
import wave
from pathlib import Path
from typing import Any

import pexpect
import pytest

from callrec.catalogue.engine import reading
from callrec.policy.edits import read_silence
from callrec.policy.purpose import Purpose
from callrec.record.versions import open_details
from callrec.requests.ask import create_request
from callrec.requests.history import read_history
from cli.test_request_on_a_terminal import PROGRAM, on_a_terminal, terminal
from house.practices import House, password_of
from house.requests import (
    a_request,
    approve,
    approved,
    further_of,
    last_leaf,
    logged_in,
    request_id,
    said,
    signed_in,
    third_parties_checked,
)
from house.spool import a_call, take_in

RATE, SECONDS = 8000, 20


def a_voice(path: Path, loud: int = 9000) -> Path:
    """A call that is loud in every other second."""
    with wave.open(str(path), "wb") as file:
        file.setparams((1, 2, RATE, 0, "NONE", ""))
        for second in range(SECONDS):
            wave_ = struct.pack("<2h", loud, -loud) if second % 2 else bytes(4)
            file.writeframesraw(wave_ * (RATE // 2))
    return path


@pytest.fixture
def office(house: House) -> House:
    """One call of 20 seconds, which nobody has asked for yet."""
    take_in(house, a_voice(a_call(house.folder / "spool")))
    return house


def player(house: House, line: str) -> dict[str, str]:
    """What makes this line of shell the player."""
    program, config = house.folder / "player.sh", house.folder / "callrec.toml"
    program.write_text(f"#!/bin/sh\n{line}\n", encoding="utf-8")
    program.chmod(0o700)
    passwords = "[passwords]\napprover_memory_mib = 64\n"
    config.write_text(f"{passwords}[listen]\nplayer = ['{program}']\n", encoding="utf-8")
    return {"CALLREC_CONFIG": str(config)}


def keeps(house: House) -> dict[str, str]:
    return player(house, f"exec cat > '{house.folder}/heard.wav'")


def for_an_outsider(house: House) -> None:
    """R-1 is a subject access request of mia's, whose subject comes to hear it; sam plays it."""
    further = further_of(Purpose.SUBJECT_ACCESS, hear_or_copy="hear")
    asked = said(Purpose.SUBJECT_ACCESS, further=further)
    mia = logged_in(house, "mia")
    create_request(
        house.practice, mia, purpose=Purpose.SUBJECT_ACCESS, answers=asked, recordings=[1]
    )
    silence = read_silence("4-6=third-party")
    approve(house, "R-1", "dora", to="sam", edits=(silence,))


def details(house: House, act: str) -> list[dict[str, Any]]:
    ava = signed_in(house, "ava")
    with reading(house.practice.engine) as connection:
        history = read_history(house.practice, connection, request_id(house, "R-1"))
        found = [leaf for leaf in history.leaves if leaf.act == act]
        return [dict(open_details(house.practice, ava, connection, leaf)) for leaf in found]


BELOW = """\
                xxxxxxxx
|                   |                   |                   |
0:00                0:05                0:10                0:15
x silenced   / clipped away
"""


def is_waveform(shown: str) -> bool:
    """What is shown begins with the call's, 80 columns wide, over its times."""
    title, drawn, below = shown.split("\n", 2)
    loud = [drawn[second * 4 + 1] for second in range(SECONDS)]
    assert title == "Recording 1, as it was taken in:"
    assert (len(drawn), set(drawn)) == (80, {"▁", "█"})
    assert loud == ["▁", "█"] * (SECONDS // 2)
    return below.startswith(BELOW)


def test_who_attends_is_asked_and_the_waveform_is_seen_before_it_is_played(office: House) -> None:
    for_an_outsider(office)
    environ = keeps(office)
    shown = on_a_terminal(office, "sam", "listen R-1", " ", "nobody", columns=80, **environ)
    asked, _, seen = shown.partition("Who is there besides you: nobody\n")
    assert "Say who hears it with you, or nobody." in asked
    assert "nothing was entered" in asked
    assert is_waveform(seen)
    assert seen.endswith(
        "Edited as approved: silence 0:04-0:06=third-party.\n"
        "It may be played again until Tue 8 Dec 2026.\nby sam\n[0]"
    )
    assert details(office, "listen")[0]["attended"] == ["nobody"]
    with wave.open(str(office.folder / "heard.wav")) as heard:
        sound = heard.readframes(heard.getnframes())
    assert not any(sound[4 * RATE * 2 : 6 * RATE * 2])
    assert any(sound[3 * RATE * 2 : 4 * RATE * 2])


def test_who_said_it_beforehand_is_not_asked(office: House) -> None:
    for_an_outsider(office)
    third_parties_checked(office, "mia")
    command = 'listen R-1 --attended "the patient"'
    shown = on_a_terminal(office, "sam", command, columns=80, **keeps(office))
    assert is_waveform(shown)
    assert details(office, "listen")[0]["attended"] == ["the patient"]


def test_nobody_is_asked_where_no_outsider_is_there(office: House) -> None:
    approved(office, recordings=[1])
    shown = on_a_terminal(office, "sam", "listen R-1", columns=80, **keeps(office))
    assert shown.startswith("Recording 1, as it was taken in:\n")
    assert "besides you" not in shown


def test_the_waveform_is_as_wide_as_the_terminal(office: House) -> None:
    approved(office, recordings=[1])
    for columns in (40, 132):
        shown = on_a_terminal(office, "sam", "listen R-1 --look", columns=columns)
        drawn = [line for line in shown.splitlines() if "█" in line]
        assert [len(line) for line in drawn] == [columns]
        assert shown.endswith("[0]")
    assert last_leaf(office).act == "listen.looked"


def test_ctrl_c_stops_it_and_the_end_is_on_record(office: House) -> None:
    approved(office, recordings=[1])
    environ = player(office, "echo plays >&2; exec sleep 60")
    seen = terminal(office, "sam", "listen R-1", columns=80, **environ)
    seen.expect("plays")
    seen.sendintr()
    seen.expect("Recording 1 was played to second 0 of 20, which is entry ")
    seen.expect("callrec: error: interrupted")
    seen.expect(pexpect.EOF)
    seen.close()
    assert seen.exitstatus == 130
    assert details(office, "listen.ended") == [
        {"how": "stopped", "of_seconds": 20, "played_to_second": 0}
    ]


def test_ctrl_c_at_the_moment_a_player_starts_leaves_none_playing(office: House) -> None:
    approved(office, recordings=[1])
    begun = office.folder / "begun"
    environ = player(office, f"kill -INT $PPID; echo $$ >'{begun}'; exec sleep 60")
    seen = terminal(
        office, "sam", "listen R-1", columns=80, program=HELD_UP, BEGUN=str(begun), **environ
    )
    seen.expect("callrec: error: interrupted")
    assert not Path(f"/proc/{begun.read_text().strip()}").exists()
    seen.expect(pexpect.EOF)
    seen.close()
    assert last_leaf(office).act == "listen.ended"


HELD_UP = f"""
import os, subprocess
begin = subprocess._fork_exec
def begin_and_be_held_up(command, *given):
    number = begin(command, *given)
    while "player.sh" in command[0] and not os.path.exists(os.environ["BEGUN"]):
        pass
    return number
subprocess._fork_exec = begin_and_be_held_up
{PROGRAM}"""
"""A machine on which much else goes on: the player is at work before callrec's turn comes again."""


def test_what_would_be_left_out_is_seen_before_it_is_confirmed(office: House) -> None:
    a_request(office, recordings=[1])
    shown = on_a_terminal(
        office, "max", "approve R-1 --silence 4-6=not-relevant/tone --clip 2-18", "R-2"
    )
    before = shown.partition("Type R-1 to approve it: ")[0]
    assert before.endswith(
        "To be granted: 1.\n"
        "Brought in by hand, not by the telephone system's own service: 1.\n"
        "Edited: 1, clip 0:02-0:18.\n"
        "Edited: 1, silence 0:04-0:06=not-relevant/tone.\n"
    )
    assert "not confirmed, so nothing was done" in shown


def test_what_cannot_be_left_out_is_told_before_anything_is_confirmed(office: House) -> None:
    a_request(office, recordings=[1])
    shown = on_a_terminal(office, "max", "approve R-1 --silence 19-21=not-relevant")
    assert "the recording ends at 0:20, before the end of a span" in shown
    assert "Type R-1" not in shown
    assert shown.endswith("[2]")


# --- keys ---------------------------------------------------------------------------------------

RIGHT, LEFT, UP, DOWN = "\x1b[C", "\x1b[D", "\x1b[A", "\x1bOB"


def plays_on(house: House) -> dict[str, str]:
    """A player that keeps what it hears, each time in another file, and plays on until it ends."""
    return player(
        house,
        f"cd '{house.folder}'; n=$(ls heard.* 2>/dev/null | wc -l)\n"
        'cat > heard.$n; echo "played $n." >&2; exec sleep 600',
    )


def heard_from(house: House, run: int) -> int:
    """The second from which a player heard the rest of the call, to its end."""
    with wave.open(str(house.folder / f"heard.{run}")) as file:
        sound = file.readframes(file.getnframes())
    with wave.open(str(house.folder / "heard.0")) as file:
        whole = file.readframes(SECONDS * RATE)
    assert whole.endswith(sound)
    return SECONDS - len(sound) // (RATE * 2)


@pytest.fixture
def two_calls(house: House) -> House:
    """R-1 is sam's, for two calls of 20 seconds."""
    spool = house.folder / "spool"
    take_in(house, a_voice(a_call(spool)), a_voice(a_call(spool, 1), loud=8000))
    approved(house, recordings=[1, 2])
    return house


def test_one_password_and_keys_go_through_the_calls_of_a_request(two_calls: House) -> None:
    seen = terminal(
        two_calls, "sam", "listen R-1", columns=80, CALLREC_PASSWORD_FILE="", **plays_on(two_calls)
    )

    def press(key: str, *shown: str) -> None:
        seen.send(key)
        for each in shown:
            seen.expect_exact(each)

    seen.expect_exact("Password of sam: ")
    seen.sendline(password_of("sam"))
    seen.expect_exact("Recording 1, as it was taken in:")
    seen.expect_exact("0:00 of 0:20  playing")
    seen.expect_exact("played 0.")
    press(RIGHT, "0:05 of 0:20  playing", "played 1.")
    press("m", "0:05 of 0:20  playing  marked from 0:04")
    press(RIGHT, "0:10 of 0:20", "played 2.")
    press("m", "marked: 0:04-0:10\r\n")
    press(UP, "0:19 of 0:20  playing", "played 3.")
    press(DOWN, "0:00 of 0:20  playing", "played 4.")
    press(" ", "0:00 of 0:20  paused")
    press(RIGHT, "0:05 of 0:20  paused")
    press(RIGHT, "0:10 of 0:20  paused")
    press(LEFT, "0:05 of 0:20  paused")
    press(" ", "0:05 of 0:20  playing", "played 5.")
    press("x")
    press("m", "marked from 0:04")
    press("n", "marked: 0:04-0:05\r\n", "Recording 1 was played in parts, ")
    seen.expect_exact("Recording 2, as it was taken in:")
    seen.expect_exact("played 6.")
    press("q", "Recording 2 was played to second 0 of 20")
    for text, number in (("1@0:04-0:10", "1"), ("1@0:04-0:05", "4")):
        seen.expect_exact(f"Why is {text} to be left out: ")
        seen.sendline(number)
    seen.expect_exact(
        "To leave that out, add this to callrec release R-1, or to its approval:\r\n"
        "  --silence 1@0:04-0:10=third-party --silence 1@0:04-0:05=not-relevant\r\n"
    )
    seen.expect(pexpect.EOF)
    seen.close()
    assert seen.exitstatus == 0
    assert [heard_from(two_calls, run) for run in range(6)] == [0, 5, 10, 19, 0, 5]
    assert details(two_calls, "listen.ended") == [
        {"how": "stopped", "of_seconds": 20, "played_to_second": 19, "parts": []},
        {"how": "stopped", "of_seconds": 20, "played_to_second": 0},
    ]


def test_what_plays_to_its_end_is_followed_by_the_next(two_calls: House) -> None:
    shown = on_a_terminal(two_calls, "sam", "listen R-1", columns=80, **keeps(two_calls))
    assert [f"Recording {number} was played to second" in shown for number in (1, 2)] == [True] * 2
    assert [each["how"] for each in details(two_calls, "listen.ended")] == ["ended", "ended"]
    assert shown.endswith("[0]")


def test_keys_that_were_pressed_too_late_reach_no_shell(office: House) -> None:
    approved(office, recordings=[1])
    seen = terminal(office, "sam", "listen R-1", columns=80, **plays_on(office))
    seen.expect_exact("played 0.")
    seen.send("qls\r")
    seen.expect(pexpect.EOF)
    assert "ls" not in seen.before.split("Recording 1 was played")[1]
