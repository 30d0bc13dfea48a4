"""What refusals tell: not whether a login exists, nor anything to those who may not search."""

from __future__ import annotations

from datetime import timedelta

import pytest

from attacks.test_who_can_do_what import COMMANDS
from callrec.crypto import primitives
from callrec.crypto.primitives import Kdf
from callrec.system.files import write_private
from house.commands import Answer, done, type_in
from house.erasures import approved_erasure, erase
from house.practices import House
from house.requests import last_leaf, rows

ATTEMPTS = 4
"""More than are free: the last one falls into the wait after the earlier ones."""


def guess(house: House, login: str) -> list[Answer]:
    """Try a wrong password several times in a row."""
    file = house.folder / "people" / "guess.password"
    file.parent.mkdir(exist_ok=True)
    if not file.exists():
        write_private(file, b"a password that somebody guessed\n")
    return [
        type_in(house, "nobody", "whoami", CALLREC_USER=login, CALLREC_PASSWORD_FILE=file)
        for _ in range(ATTEMPTS)
    ]


@pytest.mark.parametrize("login", ["max", "door", "nobody-here"])
def test_no_answer_tells_whether_there_is_such_a_login(login: str, house: House) -> None:
    [told] = set(guess(house, login))
    [of_somebody] = set(guess(house, "dora"))
    assert told == of_somebody
    assert told.status == 6
    assert login not in told.err


@pytest.mark.parametrize("login", ["sam", "door", "nobody-here"])
def test_a_guess_costs_as_much_whether_or_not_there_is_such_a_login(
    login: str, house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    costs: list[Kdf] = []
    stretch = primitives.stretch_password

    def counted(password: str, salt: bytes, kdf: Kdf) -> bytes:
        costs.append(kdf)
        return stretch(password, salt, kdf)

    monkeypatch.setattr(primitives, "stretch_password", counted)
    guess(house, login)
    assert len(costs) == ATTEMPTS
    assert len(set(costs)) == 1


def test_the_log_tells_as_much_of_a_guess_at_a_login_that_there_is_not(house: House) -> None:
    told = []
    for login in ("max", "nobody-here"):
        guess(house, login)
        told.append((last_leaf(house).act, rows(house, "SELECT count(*) FROM failed_login")))
        house.at += timedelta(minutes=1)
    assert told[0] == told[1] == ("login", [(ATTEMPTS,)])


# --- those who may not search ------------------------------------------------------------------


OF_A_RECORDING: dict[str, list[tuple[str, ...]]] = {
    "show": [("show", "1"), ("show", "999")],
    "search": [
        ("search", "--number", number, "--reason", "The caller wants to know")
        for number in ("07700900461", "07700900999")
    ],
}
"""Of one that there is, and of none."""


@pytest.mark.parametrize("command", OF_A_RECORDING)
def test_staff_are_told_the_same_of_a_recording_whether_or_not_there_is_one(
    command: str, worked: House
) -> None:
    told = {type_in(worked, "sam", *words) for words in OF_A_RECORDING[command]}
    assert [answer.status for answer in told] == [3]


OF_A_REQUEST = {
    "show": ("request", "show"),
    "listen": ("listen",),
    "release": ("release",),
    "approve": ("approve", "--yes"),
    "dossier": ("request", "dossier"),
    "withdraw": ("request", "withdraw", "--yes"),
}


@pytest.mark.parametrize("command", OF_A_REQUEST)
def test_staff_are_told_the_same_of_any_request_that_is_not_theirs(
    command: str, worked: House
) -> None:
    """Whatever became of it. That there is one of a number, the number of one's own tells."""
    done(worked, "dora", "user", "role", "mia", "staff")
    to = ("--to", str(worked.folder / "outbox")) if command == "release" else ()
    told = set()
    for reference in ("R-1", "R-2", "R-3", "R-4"):
        answer = type_in(worked, "mia", *OF_A_REQUEST[command], reference, *to)
        told.add((answer.status, answer.out, answer.err.replace(reference, "R-1")))
    assert [status for status, _, _ in told] == [3]


@pytest.mark.parametrize("login", ["sam", "max"])
def test_only_a_searcher_is_told_that_a_recording_was_destroyed(login: str, stocked: House) -> None:
    erase(stocked, approved_erasure(stocked, 1))
    told = []
    for number in ("1", "999"):
        words = list(COMMANDS["request create"])
        words[words.index("--recording") + 1] = number
        answer = type_in(stocked, login, *words)
        told.append((answer.status, answer.out, answer.err.replace(number, "1")))
    assert told[0][0] == told[1][0] == 4
    assert (told[0] == told[1]) == (login == "sam")
