"""``python -m callrec`` and the ``callrec`` command."""

from __future__ import annotations

import gc
import sys
from io import TextIOWrapper

from callrec.cli.app import run
from callrec.own_process import keep_private


def main() -> int:
    """Run the command line on this process's arguments and streams."""
    keep_private()
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, TextIOWrapper):
            # --json is UTF-8 whatever the locale; a name that is no Unicode must not stop a reply.
            stream.reconfigure(encoding="utf-8", errors="backslashreplace")
    try:
        return run()
    finally:
        gc.freeze()  # Python would look through all that is loaded for cycles before it goes


if __name__ == "__main__":
    sys.exit(main())
