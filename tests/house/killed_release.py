"""A release that is killed at each of its steps; a program of its own.

It is one too that the clock is asked, and that progress is told: of each recording that was read,
and of each file that was written.
"""

from __future__ import annotations

import os
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from callrec.config import Config, Passwords
from callrec.crypto.identity import Identity
from callrec.policy.handing_over import Form
from callrec.policy.releasing import Directions
from callrec.practice import open_practice
from callrec.procedures.people import find_person
from callrec.procedures.release import release_recordings
from callrec.procedures.unlock import Unlocked, actor_of
from house.killing import at_each_step

if TYPE_CHECKING:
    from house.killing import Death


def live(house: Path, seed: bytes, at: datetime, form: Form, *, death: Death, step: int) -> None:
    """Release R-1 as sam, till death comes; whatever is put aside meanwhile lies with the rest."""
    (house / "tmp").mkdir()
    os.environ |= {name: str(house / "tmp") for name in ("TMPDIR", "HOME", "XDG_RUNTIME_DIR")}
    config = Config(vault=house / "vault", passwords=Passwords(approver_memory_mib=64))

    def now() -> datetime:
        death.may_come()
        return at

    practice = open_practice(config, now, {"XDG_STATE_HOME": str(house / "state")})
    row, _ = find_person(practice, "sam")
    identity = Identity.from_seed(seed, practice.vault)
    sam = actor_of(practice, Unlocked(row.id, "sam", identity, claimed=False))
    death.comes_at(step)  # what was before is the login's, not the release's
    release_recordings(
        *(practice, sam, "R-1"),
        to=house / "outbox",
        directions=Directions(form=form),
        advance=lambda _: death.may_come(),
    )


if __name__ == "__main__":
    where, to, sams, when, what = sys.argv[1:]
    at_each_step(
        Path(where),
        Path(to),
        lambda house, death, step: live(
            *(house, bytes.fromhex(sams), datetime.fromisoformat(when).astimezone(UTC), Form(what)),
            death=death,
            step=step,
        ),
    )
