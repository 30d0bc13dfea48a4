"""A migration that is killed at each of its steps; a program of its own."""

from __future__ import annotations

import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from callrec.config import Config
from callrec.procedures.migrate import migrate_vault
from procedures.dying import at_each_step
from procedures.older import begin_second_schema

if TYPE_CHECKING:
    from procedures.dying import Death


def live(house: Path, death: Death, step: int) -> None:
    """Migrate, till death comes."""
    at = datetime(2026, 11, 24, 12, tzinfo=UTC)
    environ = {"XDG_STATE_HOME": str(house / "state")}
    death.comes_at(step)
    migrate_vault(Config(vault=house / "vault"), now=lambda: at, environ=environ)


if __name__ == "__main__":
    begin_second_schema()
    at_each_step(Path(sys.argv[1]), Path(sys.argv[2]), live)
