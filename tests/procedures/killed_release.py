"""A release that is killed at a chosen point; a program of its own, for test_release_cut_off.

It uses only what every run is given, the clock and the progress, to be at that point. The clock is
asked when a rule asks the day, when the manifest is dated, and several times by each transaction;
progress is told after each recording that was read and each file that was written.
"""

from __future__ import annotations

import os
import signal
import sys
from datetime import UTC, datetime
from pathlib import Path

from callrec.config import Config, Passwords
from callrec.policy.handing_over import Form
from callrec.policy.releasing import Directions
from callrec.practice import open_practice
from callrec.procedures.release import release_recordings
from callrec.procedures.unlock import actor_by_password
from cli.transcript import password_of


class Life:
    """Ends at the ``left``-th step."""

    def __init__(self, left: int) -> None:
        self.left = left

    def step(self) -> None:
        self.left -= 1
        if self.left == 0:
            os.kill(os.getpid(), signal.SIGKILL)


def main(house: Path, at: datetime, form: Form, life: Life) -> None:
    """Release R-1 as sam, till life ends; says the passphrase if it does not."""
    config = Config(vault=house / "vault", passwords=Passwords(approver_memory_mib=64))
    alive = [False]

    def now() -> datetime:
        if alive[0]:
            life.step()
        return at

    practice = open_practice(config, now, {"XDG_STATE_HOME": str(house / "state")})
    actor = actor_by_password(practice, login="sam", password=password_of("sam"))
    alive[0] = True  # what was before is the login's, not the release's
    done = release_recordings(
        practice,
        actor,
        "R-1",
        to=house / "outbox",
        directions=Directions(form=form),
        advance=lambda _: life.step(),
    )
    sys.stdout.write(done.passphrase)


if __name__ == "__main__":
    where, when, what, steps = sys.argv[1:]
    main(Path(where), datetime.fromisoformat(when).astimezone(UTC), Form(what), Life(int(steps)))
