"""A primary is killed under load and its standby takes over: what was acknowledged is there."""

from __future__ import annotations

import argparse
import os
import shutil
import signal
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from threading import Event
from time import time
from typing import Any

from callrec.practice import record
from house import postgres
from house.commands import Answer, type_in
from house.postgres import as_owner, execute
from house.practices import House
from house.processes import begin
from machines.pair import came_to, diary_of, live, own_server, two_machines

STANDBY = "standby"


@contextmanager
def standby_of(primary: Path, *, is_synchronous: bool) -> Iterator[Path]:
    """A server that follows another by its log; at each commit that waits for it, or does not."""
    folder = Path(tempfile.mkdtemp(prefix="callrec-pg-"))
    shutil.chown(folder, *_account(primary))
    address = f"host={primary} user=postgres application_name={STANDBY}"
    words = ("-d", address, "-D", folder / "data", "-R", "-X", "stream", "-c", "fast", "--no-sync")
    execute(primary, "pg_basebackup", *words)
    postgres.start(folder)
    try:
        if is_synchronous:
            with as_owner(primary) as connection:
                connection.execute(f"ALTER SYSTEM SET synchronous_standby_names = '{STANDBY}'")
                connection.execute("SELECT pg_reload_conf()")
        how = "sync" if is_synchronous else "async"
        _until(primary, f"SELECT 1 FROM pg_stat_replication WHERE sync_state = '{how}'")
        yield folder
    finally:
        postgres.stop(folder)
        shutil.rmtree(folder)


def _account(folder: Path) -> tuple[int, int]:
    found = folder.stat()
    return found.st_uid, found.st_gid


def _until(folder: Path, query: str) -> None:
    with as_owner(folder) as connection:
        while connection.execute(query).fetchone() is None:
            Event().wait(0.05)


def fail_over(work: Path, chosen: argparse.Namespace) -> dict[str, Any]:
    """Each round: work for a while, kill the primary, promote the standby, and work on."""
    rounds = [_round(work / str(number), chosen) for number in range(chosen.rounds)]
    seconds = sorted(each["seconds"] for each in rounds)
    return {
        "rounds": len(rounds),
        **{name: sum(each[name] for each in rounds) for name in COUNTED},
        "seconds from killing the primary to the next leaf": seconds,
    }


def _round(work: Path, chosen: argparse.Namespace) -> dict[str, Any]:
    work.mkdir()
    with own_server() as primary, standby_of(primary, is_synchronous=True) as standby:
        houses = two_machines(work, primary, chosen.founded)
        # As docs/network.md says: whichever of the two lets write.
        url = houses[0].config.catalogue.replace(
            f"host={primary}", f"host={primary},{standby}&target_session_attrs=read-write"
        )
        for house in houses:
            postgres.configure(house, url)
        running = [begin(partial(live, house, 0, chosen.pause)) for house in houses]
        while min(len(diary_of(house).lines("done")) for house in houses) < ACTS:
            Event().wait(0.05)
        postgres.stop(primary)
        killed = time()
        execute(standby, "pg_ctl", "-D", standby / "data", "-w", "promote")
        while not _after(houses, killed):
            Event().wait(0.05)
        for child in running:
            os.killpg(child.number, signal.SIGKILL)
            assert child.ended().status == -signal.SIGKILL
        found = came_to(houses)
        postgres.start(primary)  # to be ended with the rest; nobody asks it any more
        return {**found, "seconds": round(min(_after(houses, killed)) - killed, 2)}


COUNTED = ("acknowledged", "found", "begun", "refused")

ACTS = 5
"""That each machine has done before."""


def _after(houses: tuple[House, ...], when: float) -> list[float]:
    done = [float(line[-1]) for house in houses for line in diary_of(house).lines("done")]
    return [each for each in done if each > when]


def set_back(work: Path, founded: House) -> tuple[Answer, Answer]:
    """A standby that nobody waits for takes over without the last leaves.

    Returns what `audit verify` tells the operator who has seen them, and the one who has not.
    """
    with own_server() as primary, standby_of(primary, is_synchronous=False) as standby:
        houses = two_machines(work, primary, founded)
        for house in reversed(houses):
            record(house.practice, house.actor("max"), "user.shown")
        postgres.stop(standby)
        record(houses[0].practice, houses[0].actor("max"), "user.shown")
        postgres.stop(primary)
        postgres.start(standby)
        execute(standby, "pg_ctl", "-D", standby / "data", "-w", "promote")
        url = houses[0].config.catalogue.replace(str(primary), str(standby))
        for house in houses:
            postgres.configure(house, url)
        told = [type_in(house, "dora", "audit", "verify") for house in houses]
        postgres.start(primary)
        return told[0], told[1]
