"""A letter asks for all calls, and its answer goes out: few commands, however many [4(d), 4(e)].

The suite has 70 calls, more than a search shows; `make gathering` 1,200
(docs/evidence/gathering.md).
"""

from __future__ import annotations

import time
from datetime import datetime, timedelta

import pytest

from house.commands import done
from house.packages import outbox
from house.practices import House
from house.spool import a_call, take_in

MOST_COMMANDS = 12

NUMBERS = ("07700900123", "01144960123", "02079460123")

FIRST = datetime(2024, 3, 1, 9, 0, 0)  # noqa: DTZ001 - as a telephone system's names have it


def a_spool(house: House, count: int) -> None:
    """So many calls of one person by three numbers, and one of another between every ten."""
    spool = house.folder / "spool"
    for call in range(count + count // 10):
        began = FIRST + timedelta(hours=7 * call)
        number = "02079460999" if call % 11 == 10 else NUMBERS[call % 3]
        name = f"in-201-{number}-{began:%Y%m%d-%H%M%S}-{1709283600 + 25_200 * call}.{call}.wav"
        a_call(spool, call, name=name)


def commands(house: House) -> list[tuple[str, ...]]:
    """Who types what, from the letter to the note of who has the package."""
    numbers = [word for number in NUMBERS for word in ("--number", number)]
    unknown = [f"--{each}=unknown" for each in ("date", "time", "extension", "party")]
    who = ("--subject", "Jean Alder", "--received", "today", "--received-how", "written")
    proof = ("--identity", "passport seen by reception", "--authority", "none", "--copy")
    why = ("--reason", "The patient asks for all the calls that we hold of her")
    heard = ("--reason", "Only the patient and the receptionist are heard")
    reason = ("--not-heard", "1-9999=The patient has heard the calls at the practice")
    handed = ("--by", "person", "--to-whom", "Jean Alder")
    return [
        ("sam", "request", "create", "subject-access", *why, *numbers, *unknown, *who, *proof),
        ("max", "request", "gather", "R-1"),
        ("sam", "request", "event", "R-1", "third-parties", "--on", "today", *heard, *reason),
        ("dora", "approve", "R-1", "--yes"),
        ("sam", "release", "R-1", "--to", str(outbox(house))),
        ("sam", "request", "event", "R-1", "handed-over", "--on", "today", *handed),
        ("dora", "request", "letter", "R-1", "--kind", "answer"),
        ("dora", "request", "letter", "R-1", "--sent", "today", "--how", "letter"),
        ("sam", "request", "close", "R-1", "--yes"),
    ]


def test_a_letter_is_answered_by_few_commands_however_many_calls_there_are(
    house: House, request: pytest.FixtureRequest, capsys: pytest.CaptureFixture[str]
) -> None:
    count = int(request.config.getoption("--calls"))
    a_spool(house, count)
    take_in(house, *sorted((house.folder / "spool").iterdir()))
    typed, took = commands(house), []
    assert len(typed) <= MOST_COMMANDS
    for login, *words in typed:
        began = time.monotonic()
        said = done(house, login, *words)
        took.append(f"{words[0]} {words[1]} {time.monotonic() - began:.0f} s")
        if words[0] == "release":
            (enclosed,) = [line for line in said.splitlines() if line.startswith("Recordings enc")]
            assert enclosed.count(",") == count - 1
    assert done(house, "sam", "--fields", "state", "request", "show", "R-1") == (
        '{\n  "state": "closed"\n}\n'
    )
    with capsys.disabled():
        print(f"\n{count} calls, {len(typed)} commands: {'; '.join(took)}")  # noqa: T201 - evidence
