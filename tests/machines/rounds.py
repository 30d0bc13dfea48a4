"""Two machines take in one spool at the same time, again and again."""

from __future__ import annotations

import argparse
from collections import Counter
from functools import partial
from pathlib import Path
from threading import Event

from callrec.errors import Failed
from house.commands import done
from house.postgres import end_sessions
from house.practices import House
from house.processes import begin
from house.requests import rows
from house.spool import a_call, recordings_of, take_in
from machines.pair import check_remembered, own_server, two_machines

CALLS = 110

HOLDS_A_LOCK = "pid IN (SELECT pid FROM pg_locks WHERE locktype = 'advisory')"

WAITING = ("is under way on another machine", "may be under way elsewhere", "broke off")
"""What one of them is told, and then does it again."""


def take_in_rounds(work: Path, chosen: argparse.Namespace) -> dict[str, object]:
    """So many rounds; in every fourth the one that is at it loses its lock in the middle."""
    with own_server() as server:
        houses = two_machines(work, server, chosen.founded)
        lost = 0
        for number in range(chosen.rounds):
            lost += take_in_at_once(houses, number, loses_lock=number % 4 == 3)
        check_both(houses, CALLS * chosen.rounds)
        return {"rounds": chosen.rounds, "calls": CALLS * chosen.rounds, "locks lost": lost}


def take_in_at_once(houses: tuple[House, House], number: int, *, loses_lock: bool) -> bool:
    """One round, after which each call is there once; returns whether a lock was lost."""
    spool = houses[0].folder.with_name(f"spool-{number}")
    for call in range(number * CALLS, (number + 1) * CALLS):
        a_call(spool, call)
    for house in houses:
        house.close()
    both = [begin(partial(_until_done, house, spool)) for house in houses]
    lost = loses_lock and any(end_sessions(houses[0], HOLDS_A_LOCK) for _ in range(1000))
    assert [child.ended().failure for child in both] == ["", ""]
    [(found,)] = rows(houses[0], "SELECT count(*) FROM recording")
    assert found == (number + 1) * CALLS
    return lost


def _until_done(house: House, spool: Path) -> None:
    while True:
        try:
            take_in(house, spool)
        except Failed as refusal:
            if not any(each in refusal.message for each in WAITING):
                raise
            house.close()
            Event().wait(0.02)
        else:
            return


def check_both(houses: tuple[House, House], calls: int) -> None:
    """No sound is there twice, and each machine finds the log whole and to go on from its head."""
    sounds = Counter(each.fields["sha256"] for each in recordings_of(houses[0]))
    assert (len(sounds), {*sounds.values()}) == (calls, {1})
    for house in houses:
        check_remembered(house)
        assert "INTACT" in done(house, "dora", "audit", "verify")
