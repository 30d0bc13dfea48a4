"""Changes of people and keys that are killed at each of their steps; a program of its own."""

from __future__ import annotations

import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from callrec.config import Config, Passwords
from callrec.crypto.identity import Identity
from callrec.policy.role import VaultKey
from callrec.practice import open_practice
from callrec.procedures import reencrypting, reindexing, resealing
from callrec.procedures.changing_roles import disable_person
from callrec.procedures.kit import make_new_kit
from callrec.procedures.kit_use import NewController, use_kit
from callrec.procedures.lost_password import reset_person
from callrec.procedures.people import find_person
from callrec.procedures.reencrypting import reencrypt
from callrec.procedures.resealing import reseal
from callrec.procedures.rotating import rotate_keys
from callrec.procedures.unlock import Unlocked, actor_of
from house.killing import at_each_step

if TYPE_CHECKING:
    from collections.abc import Callable

    from callrec.practice import Actor, Practice
    from callrec.release.recovery_kit import PrintedKit
    from house.killing import Death


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
        case "reencrypt":
            reencrypting.AT_ONCE = 2
            reencrypt(practice, dora, lambda _: None)
        case _:
            sys.exit(f"what is {what}?")


def kept_beside(practice: Practice) -> Callable[[PrintedKit], None]:
    """What keeps a new kit's words where a test finds them."""
    to = practice.folder.parent / "new-words"

    def keep(kit: PrintedKit) -> None:
        to.write_text(kit.pages[0], encoding="utf-8")

    return keep


def live(house: Path, seed: bytes, what: str, death: Death, step: int) -> None:
    """Do it as dora, till death comes."""
    config = Config(vault=house / "vault", passwords=Passwords(approver_memory_mib=64))
    at = datetime(2026, 11, 24, 12, tzinfo=UTC)
    practice = open_practice(config, lambda: at, {"XDG_STATE_HOME": str(house / "state")})
    row, _ = find_person(practice, "dora")
    identity = Identity.from_seed(seed, practice.vault)
    dora = actor_of(practice, Unlocked(row.id, "dora", identity, claimed=False))
    death.comes_at(step)  # what was before is the login's
    change(practice, dora, what)


if __name__ == "__main__":
    where, to, of, doras = sys.argv[1:]
    at_each_step(
        Path(where),
        Path(to),
        lambda house, death, step: live(house, bytes.fromhex(doras), of, death, step),
    )
