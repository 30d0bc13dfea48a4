"""Archive runs that are killed at each of their steps; a program of its own."""

from __future__ import annotations

import sys
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from callrec.config import Config, Passwords
from callrec.crypto.identity import Identity
from callrec.practice import open_practice
from callrec.procedures import archive_removal
from callrec.procedures.archive import archive_recordings
from callrec.procedures.people import find_person
from callrec.procedures.unlock import Unlocked, actor_of
from callrec.procedures.volume_lost import Loss, report_lost
from house.drives import stand_alone
from house.killing import at_each_step

if TYPE_CHECKING:
    from callrec.practice import Actor, Practice
    from house.killing import Death


def change(practice: Practice, max_: Actor, what: str, house: Path) -> None:
    """What is killed."""
    match what.split():
        case ["archive", drive]:
            archive_recordings(practice, max_, house / drive)
        case ["remove", drive]:
            archive_removal.AT_ONCE = 2
            archive_recordings(practice, max_, house / drive, removes=True)
        case ["lose", drive]:
            report_lost(practice, max_, Loss(label=drive, noticed_at=practice.now()))
        case _:
            sys.exit(f"what is {what}?")


def live(house: Path, seed: bytes, what: str, at: datetime, *, death: Death, step: int) -> None:
    """Do it as max, till death comes."""
    config = Config(vault=house / "vault", passwords=Passwords(approver_memory_mib=64))
    practice = open_practice(config, lambda: at, {"XDG_STATE_HOME": str(house / "state")})
    row, _ = find_person(practice, "max")
    identity = Identity.from_seed(seed, practice.vault)
    max_ = actor_of(practice, Unlocked(row.id, "max", identity, claimed=False))
    death.comes_at(step)  # what was before is the login's
    change(practice, max_, what, house)


if __name__ == "__main__":
    stand_alone(pytest.MonkeyPatch())
    where, to, of, seed_, when = sys.argv[1:]
    at_each_step(
        Path(where),
        Path(to),
        lambda house, death, step: live(
            *(house, bytes.fromhex(seed_), of, datetime.fromisoformat(when)), death=death, step=step
        ),
    )
