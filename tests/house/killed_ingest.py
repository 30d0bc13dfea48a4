"""A run that is killed at a chosen point; a program of its own, started by test_ingest_interrupted.

It uses only what every run is given, the clock and the progress, to be at that point. Progress is
told after each file. The clock is asked twice at the beginning, for the powers of the day and for
the batch, and then six times for each batch: for the powers again, when its files are durable; by
its statement and by its leaf, in the transaction; when that is committed; by the leaf that says
that the sources will go; and when that is committed. At the end it is asked for the powers again,
by the statement of the summary, by its leaf, and when that is committed.
"""

from __future__ import annotations

import os
import signal
import sys
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from callrec.config import Config
from callrec.keyring import read_credential
from callrec.practice import open_practice
from callrec.procedures import intake_run
from callrec.procedures.ingest import ingest_recordings
from callrec.procedures.intake_after import read_after
from callrec.procedures.unlock import actor_by_credential

BATCH = 4


@dataclass(slots=True)
class Death:
    """Comes at the ``left``-th call of what is named."""

    of: str
    left: int

    def called(self, name: str) -> None:
        if name == self.of:
            self.left -= 1
            if self.left == 0:
                os.kill(os.getpid(), signal.SIGKILL)


def main(house: Path, spool: Path, after: str, death: Death, *, worth_it: int) -> None:
    """Take in as the intake service, in small batches, till death comes.

    ``worth_it``: so many small files are sealed in a process beside.
    """

    def now() -> datetime:
        death.called("clock")
        return datetime(2026, 11, 24, 12, tzinfo=UTC)

    practice = open_practice(
        Config(vault=house / "vault"), now, {"XDG_STATE_HOME": str(house / "state")}
    )
    actor = actor_by_credential(practice, read_credential(house / "door.credential"))
    intake_run.MOST_RECORDINGS = BATCH  # type: ignore[misc]  # a thousand would take long
    intake_run.WORTH_IT = worth_it  # type: ignore[misc]
    ingest_recordings(
        practice,
        actor,
        [spool],
        after=read_after(after),
        advance=lambda _: death.called("progress"),
    )


if __name__ == "__main__":
    folder, files, what_then, name, count, *worth = sys.argv[1:]
    many = int(worth[0]) if worth else intake_run.WORTH_IT
    main(Path(folder), Path(files), what_then, Death(name, int(count)), worth_it=many)
