"""Whoever types wrong passwords is slowed, and nobody is shut out by that, not for a minute."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta

import pytest

from callrec.crypto import primitives
from callrec.errors import Locked
from callrec.login import unlock
from callrec.login.turns import FREE_TRIES, LONGEST_QUEUE, LONGEST_WAIT
from callrec.login.unlock import unlock_person
from callrec.practice import Practice, open_practice
from house.practices import House, password_of
from house.requests import by_sql, rows

COLUMN = 2**63 - 1
"""The most that a whole number of SQLite's can be."""

THERE = "another terminal"


def on_its_clock(house: House) -> Practice:
    """The practice, in which whoever has to wait lets the house's clock go on."""

    def pause(seconds: float) -> None:
        house.at += timedelta(seconds=seconds)

    return replace(house.practice, pause=pause)


def waited(house: House, practice: Practice, source: str, *, password: str = "") -> timedelta:
    """How long the right password of max waits, or a wrong one."""
    began = house.at
    unlock_person(practice, login="max", password=password or password_of("max"), source=source)
    return house.at - began


def guess(practice: Practice, source: str, login: str = "max") -> None:
    with pytest.raises(Locked, match="no such login, or a wrong password"):
        unlock_person(practice, login=login, password="a guess that is wrong", source=source)


def test_a_wrong_guess_every_two_seconds_keeps_nobody_out(house: House) -> None:
    """Neither at another terminal, where it is not even noticed, nor at the same one."""
    practice = on_its_clock(house)
    for _ in range(20):
        guess(practice, THERE)
        assert waited(house, practice, "here") == timedelta()
        house.at += timedelta(seconds=2)
    for _ in range(FREE_TRIES + 6):
        guess(practice, "here")
        house.at += timedelta(seconds=2)
    assert waited(house, practice, "here") <= LONGEST_WAIT


def test_a_guess_is_counted_before_it_is_answered(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    """So who ends the process before the answer has not guessed for nothing."""

    def ended(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(unlock, "unlock", ended)
    for _ in range(FREE_TRIES):
        with pytest.raises(KeyboardInterrupt):
            unlock_person(house.practice, login="max", password="ended", source="here")
    assert len(rows(house, "SELECT * FROM password_try")) == FREE_TRIES


def test_guesses_side_by_side_are_not_faster(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    """Twenty at once, at a clock that stands still: each gets a turn of its own, or none."""
    pauses: list[float] = []
    stretched = 0
    real = primitives.stretch_password

    def counted(*args: object) -> bytes:
        nonlocal stretched
        stretched += 1
        return real(*args)  # type: ignore[arg-type]

    monkeypatch.setattr(primitives, "stretch_password", counted)

    def once(_: int) -> None:
        opened = open_practice(house.config, house.now, house.environ)
        practice = replace(opened, pause=pauses.append)
        with pytest.raises(Locked):
            unlock_person(practice, login="max", password="a guess that is wrong", source="here")

    with ThreadPoolExecutor(4) as threads:
        list(threads.map(once, range(20)))
    assert sorted(pauses) == [1, 3, 7, 15, 25, 35, 45, 55]
    assert stretched == FREE_TRIES + len(pauses)


def test_what_does_not_get_a_turn_is_told_and_costs_nothing(house: House) -> None:
    practice = replace(house.practice, pause=lambda _: None)
    for _ in range(FREE_TRIES + 8):
        guess(practice, "here")
    with pytest.raises(Locked, match="too many passwords are being tried at once") as refusal:
        unlock_person(practice, login="max", password=password_of("max"), source="here")
    assert "other terminals do not wait" in refusal.value.hint
    assert waited(house, practice, THERE) == timedelta()
    house.at += LONGEST_QUEUE
    assert waited(house, on_its_clock(house), "here") <= LONGEST_WAIT


def test_the_right_one_forgets_what_was_wrong(house: House) -> None:
    practice = on_its_clock(house)
    for _ in range(FREE_TRIES):
        guess(practice, "here")
    assert rows(house, "SELECT failures FROM person WHERE login = 'max'")[0].failures == FREE_TRIES
    assert waited(house, practice, "here") == timedelta(seconds=1)
    assert rows(house, "SELECT failures FROM person WHERE login = 'max'")[0].failures == 0
    assert not rows(house, "SELECT 1 FROM password_try")


def test_ones_own_password_between_them_makes_guesses_at_another_no_faster(house: House) -> None:
    practice = on_its_clock(house)
    began = house.at
    for _ in range(FREE_TRIES + 3):
        guess(practice, "here", "dora")
        assert waited(house, practice, "here") == timedelta()
    assert house.at - began == timedelta(seconds=1 + 2 + 4)


def test_what_is_counted_tells_neither_where_nor_at_whom(house: House) -> None:
    guess(house.practice, "here", "max")
    (row,) = rows(house, "SELECT * FROM password_try")
    assert not any(word in bytes(row.source) for word in (b"here", b"max"))


@pytest.mark.parametrize("at", [COLUMN, -COLUMN, 0, 4_000_000_000_000])
@pytest.mark.parametrize("tries", [0, 1, 100])
def test_whatever_is_written_there_shuts_nobody_out(house: House, at: int, tries: int) -> None:
    guess(house.practice, "here")
    (row,) = rows(house, "SELECT * FROM password_try")
    add = "INSERT OR REPLACE INTO password_try VALUES (:source, :at)"
    for place in range(tries):
        by_sql(house, add, source=row.source, at=row.at - place)
    by_sql(house, add, source=row.source, at=at)
    assert waited(house, on_its_clock(house), "here") <= LONGEST_WAIT


def test_a_login_that_is_no_unicode_is_none(house: House) -> None:
    """As the environment may name one."""
    with pytest.raises(Locked, match="no such login"):
        unlock_person(house.practice, login="R\udce4del", password=password_of("max"))
