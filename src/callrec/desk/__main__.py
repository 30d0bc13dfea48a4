"""``python -I -m callrec.desk``: started by ``callrec desk``, which says where the vault is."""

from __future__ import annotations

import os
import sys
from pathlib import Path

from callrec.config import load_config
from callrec.desk.keeping import Vault
from callrec.desk.serving import serve
from callrec.desk.telling import say
from callrec.errors import CallrecError


def main() -> int:
    """Serve the desk."""
    config_file = os.environ.get("CALLREC_CONFIG")
    try:
        config = load_config(Path(config_file) if config_file else None, os.environ, None)
        return serve(Vault(config, os.environ), config.desk)
    except CallrecError as problem:
        say(problem.message)
        say(problem.hint)
        return problem.exit_status


if __name__ == "__main__":
    sys.exit(main())
