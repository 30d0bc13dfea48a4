"""One of two machines is killed at random within each minute, in the midst of what it does."""

from __future__ import annotations

import argparse
import os
import random
import signal
from contextlib import suppress
from functools import partial
from pathlib import Path
from threading import Event
from time import monotonic, time
from typing import Any

from house import postgres
from house.practices import House
from house.processes import Child, begin
from machines.pair import calls_come_to, came_to, diary_of, live, own_server, two_machines

ACTS = 3
"""That each machine has done before a server is stopped, and again after it."""

SERVER, OF_SERVER = -1, 10
"""Of so many deaths one is the server's: it is stopped at once, and started again."""


def killed_each_minute(work: Path, chosen: argparse.Namespace) -> dict[str, object]:
    """Kill for so many minutes; what was acknowledged, what is found, and how soon work went on."""
    with own_server() as server:
        houses = two_machines(work, server, chosen.founded)
        for house in houses:
            house.close()
        lives = dict.fromkeys(range(len(houses)), 0)
        running = {each: _begun(houses[each], 0, chosen.pause) for each in lives}
        killed: list[tuple[int, float]] = []
        until = monotonic() + chosen.minutes * 60
        while (left := until - monotonic()) > 0:
            Event().wait(min(left, random.uniform(0, 2) * chosen.every))  # noqa: S311 - no secret
            if len(killed) % OF_SERVER == OF_SERVER - 1:
                killed.append((SERVER, time()))
                postgres.stop(server)
                postgres.start(server)
                continue
            which = random.choice([*running])  # noqa: S311
            _wait_until_at_work(houses[which])
            killed.append((which, time()))
            _kill(running[which])
            lives[which] += 1
            running[which] = _begun(houses[which], lives[which], chosen.pause)
        for child in running.values():
            _kill(child)
        calls = calls_come_to(houses)
        return {
            "minutes": chosen.minutes,
            "killed": sum(which != SERVER for which, _ in killed),
            "times that the server was restarted": sum(which == SERVER for which, _ in killed),
            **came_to(houses),
            "calls": calls,
            "seconds from a kill to the next leaf": _seconds(houses, killed),
        }


def restarted_under_load(work: Path, founded: House) -> dict[str, Any]:
    """The server is stopped at once, while two machines act, and started again; what came of it."""
    with own_server() as server:
        houses = two_machines(work, server, founded)
        for house in houses:
            house.close()
        running = [_begun(house, 0, 0) for house in houses]
        _until_both_acted(houses, 0)
        postgres.stop(server)
        postgres.start(server)
        _until_both_acted(houses, time())
        for child in running:
            _kill(child)
        return {"calls": calls_come_to(houses), **came_to(houses)}


def _until_both_acted(houses: tuple[House, ...], since: float) -> None:
    """Until each was told so often since then that it is done."""
    for house in houses:
        while sum(float(line[-1]) > since for line in diary_of(house).lines("done")) < ACTS:
            Event().wait(0.05)


def _begun(house: House, life: int, pause: float) -> Child:
    return begin(partial(live, house, life, pause))


def _kill(child: Child) -> None:
    os.kill(child.number, signal.SIGKILL)
    with suppress(ProcessLookupError):  # what it started goes with it
        os.killpg(child.number, signal.SIGKILL)
    ended = child.ended()
    assert ended.status == -signal.SIGKILL, ended.failure


def _wait_until_at_work(house: House) -> None:
    """Until it has begun something more, and a moment longer."""
    size = diary_of(house).file.stat().st_size
    while diary_of(house).file.stat().st_size == size:
        Event().wait(0.01)
    Event().wait(random.uniform(0, 0.2))  # noqa: S311


def _seconds(houses: tuple[House, ...], killed: list[tuple[int, float]]) -> dict[str, list[float]]:
    """From each kill until the other machine, and until the killed one, wrote again: the longest
    and the middle one."""
    told = {"other": list[float](), "killed": list[float](), "server": list[float]()}
    at = [[float(line[-1]) for line in diary_of(house).lines("done")] for house in houses]
    for which, when in killed:
        both = sorted(at[0] + at[1])
        of_one = (
            {"server": both} if which == SERVER else {"other": at[1 - which], "killed": at[which]}
        )
        for name, times in of_one.items():
            if after := [each - when for each in times if each > when]:
                told[name].append(after[0])
    return {
        name: [round(max(each), 2), round(sorted(each)[len(each) // 2], 2)]
        for name, each in told.items()
        if each
    }
