"""``callrec ingest --watch``, but its pauses are a hundredth of what they were; and it may die.

A program of its own, since what is stopped and killed is a process. DIES_AT names the call of the
clock at which it kills itself: rounds ask it, for the day, the statement, each leaf, each head.
"""

from __future__ import annotations

import os
import signal
import sys
from datetime import UTC, datetime

from callrec.cli.app import run
from callrec.intake import watching

QUICKLY = 0.01

_asked = 0


def now() -> datetime:
    """The real time; or death."""
    global _asked  # noqa: PLW0603  # it counts for the whole process
    _asked += 1
    if _asked == int(os.environ.get("DIES_AT", "0")):
        os.kill(os.getpid(), signal.SIGKILL)
    return datetime.now(UTC)


if __name__ == "__main__":
    for name in (
        "SECONDS_BETWEEN_PASSES",
        "SECONDS_BETWEEN_PASSES_UNNOTIFIED",
        "SECONDS_BETWEEN_ROUNDS",
        "FIRST_PAUSE",
    ):
        setattr(watching, name, getattr(watching, name) * QUICKLY)
    sys.exit(run(now=now))
