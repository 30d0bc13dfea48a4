"""A migration that is killed before each of its steps; a program of its own.

A step is a statement that begins, changes or ends something, or a file or folder that is made,
renamed or removed. For each it copies a practice and migrates it in a child of its own, which is
killed before that step; until one comes to its end. Python and its modules are so loaded once.
"""

from __future__ import annotations

import os
import shutil
import signal
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import alembic.command
import alembic.config  # noqa: F401 - both loaded once, here, and not in each child
from sqlalchemy import Engine, event

from callrec.config import Config
from callrec.procedures.migrate import migrate_vault

WRITES = ("BEGIN IMMEDIATE", "INSERT", "UPDATE", "DELETE", "CREATE", "ALTER", "VACUUM", "COMMIT")
FILES = frozenset({"os.mkdir", "os.rename", "os.remove", "os.rmdir"})


def live(house: Path, step: int) -> None:
    """Migrate, till death comes."""
    left = [step]

    def count(*, counts: bool) -> None:
        left[0] -= counts
        if counts and left[0] == 0:  # what kills is an event of its own
            os.kill(os.getpid(), signal.SIGKILL)

    def look(_connection: Any, _cursor: Any, statement: str, *_rest: Any) -> None:
        count(counts=statement.strip().startswith(WRITES))

    event.listen(Engine, "before_cursor_execute", look)
    sys.addaudithook(lambda name, _: count(counts=name in FILES))
    at = datetime(2026, 11, 24, 12, tzinfo=UTC)
    environ = {"XDG_STATE_HOME": str(house / "state")}
    migrate_vault(Config(vault=house / "vault"), now=lambda: at, environ=environ)


def main(house: Path, folder: Path) -> None:
    """Leave a practice that was killed at each step in a folder of its own: ``1``, ``2``, …"""
    step, killed = 0, True
    while killed:
        step += 1
        copy = folder / str(step)
        shutil.copytree(house, copy)
        child = os.fork()
        if child == 0:
            live(copy, step)
            os._exit(0)
        _, status = os.waitpid(child, 0)
        killed = os.WIFSIGNALED(status)
        if not killed and os.WEXITSTATUS(status) != 0:
            sys.exit(f"step {step} failed")


if __name__ == "__main__":
    where, to = sys.argv[1:]
    main(Path(where), Path(to))
