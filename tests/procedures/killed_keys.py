"""Changes of people and keys that are killed before each of their writes; a program of its own.

For each step it copies a practice and does the same in a child of its own, which is killed before
the step-th statement that begins, changes or ends something; until one comes to its end. Python and
its modules are so loaded once for all of them.
"""

from __future__ import annotations

import os
import shutil
import signal
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sqlalchemy import Engine, event

from callrec.config import Config, Passwords
from callrec.crypto.identity import Identity
from callrec.policy.role import VaultKey
from callrec.practice import open_practice
from callrec.procedures import reindexing, resealing
from callrec.procedures.changing_roles import disable_person
from callrec.procedures.kit import make_new_kit
from callrec.procedures.kit_use import NewController, use_kit
from callrec.procedures.lost_password import reset_person
from callrec.procedures.people import find_person
from callrec.procedures.resealing import reseal
from callrec.procedures.rotating import rotate_keys
from callrec.procedures.unlock import Unlocked, actor_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from callrec.practice import Actor, Practice
    from callrec.release.recovery_kit import PrintedKit

WRITES = ("BEGIN IMMEDIATE", "INSERT", "UPDATE", "DELETE", "COMMIT")


def change(practice: Practice, dora: Actor, what: str) -> None:
    """What is killed."""
    every = tuple(VaultKey)
    match what:
        case "disable":
            disable_person(practice, dora, login="mia")
        case "reset":
            reset_person(practice, dora, login="mia", password="seven purple otters dance slowly")
        case "rotate":
            rotate_keys(practice, dora, every)
        case "reseal":
            resealing.AT_ONCE = 20
            reindexing.AT_ONCE = 2
            reseal(practice, dora, every, lambda _: None)
        case "kit":
            make_new_kit(practice, dora, split=False, keep=kept_beside(practice))
        case "use":
            words = (practice.folder.parent / "words").read_text(encoding="utf-8")
            nora = NewController("nora", "Nora Blythe", "seven purple otters dance slowly")
            use_kit(practice, words, nora, split=False, keep=kept_beside(practice))
        case _:
            sys.exit(f"what is {what}?")


def kept_beside(practice: Practice) -> Callable[[PrintedKit], None]:
    """What keeps a new kit's words where a test finds them."""
    to = practice.folder.parent / "new-words"

    def keep(kit: PrintedKit) -> None:
        to.write_text(kit.pages[0], encoding="utf-8")

    return keep


def live(house: Path, seed: bytes, what: str, step: int) -> None:
    """Do it as dora, till death comes."""
    left = [1 << 30]

    def look(_connection: Any, _cursor: Any, statement: str, *_rest: Any) -> None:
        left[0] -= statement.startswith(WRITES)
        if left[0] == 0:
            os.kill(os.getpid(), signal.SIGKILL)

    event.listen(Engine, "before_cursor_execute", look)
    config = Config(vault=house / "vault", passwords=Passwords(approver_memory_mib=64))
    at = datetime(2026, 11, 24, 12, tzinfo=UTC)
    practice = open_practice(config, lambda: at, {"XDG_STATE_HOME": str(house / "state")})
    row, _ = find_person(practice, "dora")
    identity = Identity.from_seed(seed, practice.vault)
    dora = actor_of(practice, Unlocked(row.id, "dora", identity, claimed=False))
    left[0] = step  # what was before is the login's
    change(practice, dora, what)


def main(house: Path, folder: Path, what: str, seed: bytes) -> None:
    """Leave a practice that was killed at each step in a folder of its own: ``1``, ``2``, …"""
    step, killed = 0, True
    while killed:
        step += 1
        copy = folder / str(step)
        shutil.copytree(house, copy)
        child = os.fork()
        if child == 0:
            live(copy, seed, what, step)
            os._exit(0)
        _, status = os.waitpid(child, 0)
        killed = os.WIFSIGNALED(status)
        if not killed and os.WEXITSTATUS(status) != 0:
            sys.exit(f"step {step} failed")


if __name__ == "__main__":
    where, to, of, doras = sys.argv[1:]
    main(Path(where), Path(to), of, bytes.fromhex(doras))
