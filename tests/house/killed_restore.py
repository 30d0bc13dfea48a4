"""A restore on a bare machine that is killed at each of its steps; a program of its own."""

from __future__ import annotations

import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from callrec.config import Config, Passwords
from callrec.crypto.identity import Identity
from callrec.procedures import fetching
from callrec.procedures.rebuilding import actor_from, open_volumes, rebuild
from callrec.procedures.restore import bring_back
from callrec.procedures.restore_copy import Opener
from house.killing import at_each_step

if TYPE_CHECKING:
    from callrec.procedures.restore_copy import FoundCopy
    from house.killing import Death


def live(house: Path, death: Death, step: int) -> None:
    """Restore as the Data Controller, till death comes."""
    person, seed, root = sys.argv[3], *map(bytes.fromhex, sys.argv[4:])
    fetching.AT_ONCE = 2

    def opener(found: FoundCopy) -> Opener:
        return Opener(person, Identity.from_seed(seed, found.volume.vault), root)

    config = Config(vault=house / "vault", passwords=Passwords(approver_memory_mib=64))
    at = datetime(2026, 11, 26, 12, tzinfo=UTC)
    environ = {"XDG_STATE_HOME": str(house / "state")}
    volumes = open_volumes([house / "drive-a"])
    death.comes_at(step)
    back = rebuild(config, volumes, opener, now=lambda: at, environ=environ)
    bring_back(back.practice, actor_from(back), volumes, advance=lambda _: None)


if __name__ == "__main__":
    at_each_step(Path(sys.argv[1]), Path(sys.argv[2]), live)
