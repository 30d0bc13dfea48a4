"""An archive run that is killed at a chosen point; a program of its own.

It uses only what every run is given, the clock, to be at that point. The clock is asked for who
may archive today; for the bag's name, when the volume was held against the log; by the leaf that
says that it begins, and when that is durable; for whom the copy's key is sealed to, when the bag is
there; by the statement, when the copy is there; by its leaf and by the volume's row, in the
transaction; and when that is committed.
"""

from __future__ import annotations

import os
import signal
import sys
from datetime import UTC, datetime
from pathlib import Path

from callrec.config import Config, Passwords
from callrec.practice import open_practice
from callrec.procedures.archive import archive_recordings
from callrec.procedures.unlock import actor_by_password
from cli.transcript import password_of


def main(house: Path, drive: Path, left: int) -> None:
    """Archive as max, till the clock is asked for the ``left``-th time."""
    asked = -100  # what opening the practice and the password asks does not count

    def now() -> datetime:
        nonlocal asked
        asked += 1
        if asked == left:
            os.kill(os.getpid(), signal.SIGKILL)
        return datetime(2026, 11, 26, 12, tzinfo=UTC)

    config = Config(vault=house / "vault", passwords=Passwords(approver_memory_mib=64))
    practice = open_practice(config, now, {"XDG_STATE_HOME": str(house / "state")})
    actor = actor_by_password(practice, login="max", password=password_of("max"))
    asked = 0
    archive_recordings(practice, actor, drive)


if __name__ == "__main__":
    folder, to, count = sys.argv[1:]
    main(Path(folder), Path(to), int(count))
