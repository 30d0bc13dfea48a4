"""One of two who decide a request at the same moment; a program of its own.

It says that it is ready, waits until it is told to go on, decides, and says how that went.
"""

from __future__ import annotations

import sys
from datetime import UTC, datetime
from pathlib import Path

from callrec.config import Config, Passwords
from callrec.errors import CallrecError
from callrec.login.unlock import actor_by_password
from callrec.practice import open_practice
from callrec.requests.decide import Decision, approve_request, deny_request
from house.practices import password_of

REASON = "It was looked into and is not needed any more"


def main(house: Path, login: str, reference: str, decision: str) -> None:
    """Approve the recordings whose numbers are given, or deny the request: ``deny``."""
    config = Config(vault=house / "vault", passwords=Passwords(approver_memory_mib=64))
    at = datetime(2026, 11, 24, 12, tzinfo=UTC)
    practice = open_practice(config, lambda: at, {"XDG_STATE_HOME": str(house / login)})
    actor = actor_by_password(practice, login=login, password=password_of(login))
    sys.stdout.write("ready\n")
    sys.stdout.flush()
    sys.stdin.readline()
    try:
        if decision == "deny":
            deny_request(practice, actor, reference, reason=REASON)
        else:
            numbers = tuple(int(number) for number in decision.split(","))
            approve_request(practice, actor, reference, Decision(recordings=numbers))
    except CallrecError as error:
        sys.stdout.write(f"{error.exit_status} {error.message}\n")
    else:
        sys.stdout.write("done\n")


if __name__ == "__main__":
    folder, who, which, what = sys.argv[1:]
    main(Path(folder), who, which, what)
