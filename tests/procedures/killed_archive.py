"""Archive runs that are killed at each of their steps; a program of its own.

For each step it copies a practice with its drives and does the same in a child of its own, which is
killed before the step-th thing that it changes: a statement of the catalogue's that begins, changes
or ends something; a file or folder that is made, written for the first time, renamed or removed, in
the vault or on a drive. Python and its modules are so loaded once for all of them.
"""

from __future__ import annotations

import os
import shutil
import signal
import sys
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sqlalchemy import Engine, event

from callrec.config import Config, Passwords
from callrec.crypto.identity import Identity
from callrec.practice import open_practice
from callrec.procedures import archive_removal
from callrec.procedures.archive import archive_recordings
from callrec.procedures.people import find_person
from callrec.procedures.unlock import Unlocked, actor_of
from callrec.procedures.volume_lost import Loss, report_lost

if TYPE_CHECKING:
    from callrec.practice import Actor, Practice

WRITES = ("BEGIN IMMEDIATE", "INSERT", "UPDATE", "DELETE", "COMMIT")
CHANGES = frozenset({"os.mkdir", "os.rename", "os.remove", "os.rmdir", "shutil.rmtree"})


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


def live(house: Path, seed: bytes, what: str, at: datetime, step: int) -> None:
    """Do it as max, till death comes."""
    left = [1 << 30]

    def count() -> None:
        left[0] -= 1
        if left[0] == 0:
            os.kill(os.getpid(), signal.SIGKILL)

    def look(_connection: Any, _cursor: Any, statement: str, *_rest: Any) -> None:
        if statement.startswith(WRITES):
            count()

    def hear(name: str, arguments: tuple[Any, ...]) -> None:
        if name in CHANGES or (name == "open" and is_made(arguments)):
            count()

    def is_made(arguments: tuple[Any, ...]) -> bool:
        path, _, flags = arguments
        return bool(flags & os.O_CREAT) and str(path).startswith(str(house))

    event.listen(Engine, "before_cursor_execute", look)
    config = Config(vault=house / "vault", passwords=Passwords(approver_memory_mib=64))
    practice = open_practice(config, lambda: at, {"XDG_STATE_HOME": str(house / "state")})
    row, _ = find_person(practice, "max")
    identity = Identity.from_seed(seed, practice.vault)
    max_ = actor_of(practice, Unlocked(row.id, "max", identity, claimed=False))
    sys.addaudithook(hear)
    left[0] = step  # what was before is the login's
    change(practice, max_, what, house)


def main(house: Path, folder: Path, what: str, seed: bytes, at: datetime) -> None:
    """Leave a practice that was killed at each step in a folder of its own: ``1``, ``2``, …"""
    step, killed = 0, True
    while killed:
        step += 1
        copy = folder / str(step)
        shutil.copytree(house, copy)
        child = os.fork()
        if child == 0:
            live(copy, seed, what, at, step)
            os._exit(0)
        _, status = os.waitpid(child, 0)
        killed = os.WIFSIGNALED(status)
        if not killed and os.WEXITSTATUS(status) != 0:
            sys.exit(f"step {step} failed")


if __name__ == "__main__":
    where, to, of, seed_, when = sys.argv[1:]
    main(Path(where), Path(to), of, bytes.fromhex(seed_), datetime.fromisoformat(when))
