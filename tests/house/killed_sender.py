"""Send what waits, in a process of its own that may be killed; started by test_sending."""

from __future__ import annotations

import sys
from datetime import UTC, datetime
from pathlib import Path

from callrec.config import load_config
from callrec.mail.sending import send_waiting
from callrec.practice import open_practice


def main(house: Path) -> None:
    """Open the practice in a folder by its callrec.toml, and send."""
    environ = {"XDG_STATE_HOME": str(house / "state")}
    config = load_config(house / "callrec.toml", {}, None)
    practice = open_practice(config, lambda: datetime(2026, 11, 24, 12, tzinfo=UTC), environ)
    send_waiting(practice, "")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
