"""A migration that is killed at each of its steps; a program of its own."""

from __future__ import annotations

import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from callrec.config import Config
from callrec.procedures.migrate import migrate_vault
from house.killing import at_each_step

if TYPE_CHECKING:
    from house.killing import Death


def live(house: Path, death: Death, step: int) -> None:
    """Migrate, till death comes."""
    at = datetime(2026, 11, 24, 12, tzinfo=UTC)
    environ = {"XDG_STATE_HOME": str(house / "state")}
    death.comes_at(step)
    migrate_vault(Config(vault=house / "vault"), now=lambda: at, environ=environ)


if __name__ == "__main__":
    at_each_step(Path(sys.argv[1]), Path(sys.argv[2]), live)
