"""A migration that is killed before a chosen statement; a program of its own."""

from __future__ import annotations

import os
import signal
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from sqlalchemy import Engine, event

from callrec.config import Config
from callrec.procedures.migrate import migrate_vault


def main(house: Path, needle: str) -> None:
    """Migrate, till a statement comes that begins so."""

    def look(_connection: Any, _cursor: Any, statement: str, *_rest: Any) -> None:
        if statement.strip().startswith(needle):
            os.kill(os.getpid(), signal.SIGKILL)

    event.listen(Engine, "before_cursor_execute", look)
    at = datetime(2026, 11, 24, 12, tzinfo=UTC)
    environ = {"XDG_STATE_HOME": str(house / "state")}
    migrate_vault(Config(vault=house / "vault"), now=lambda: at, environ=environ)


if __name__ == "__main__":
    folder, beginning = sys.argv[1:]
    main(Path(folder), beginning)
