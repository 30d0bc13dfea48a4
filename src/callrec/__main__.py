"""``python -m callrec`` and the ``callrec`` command."""

from __future__ import annotations

import gc
import os
import sys
import threading
from io import TextIOWrapper
from pathlib import Path

from callrec.cli.app import complain, run
from callrec.own_process import keep_private


def main() -> int:
    """Run the command line on this process's arguments and streams."""
    _open_what_is_closed()
    keep_private()
    _say_no_more_than_where()
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, TextIOWrapper):
            # --json is UTF-8 whatever the locale; a name that is no Unicode must not stop a reply.
            stream.reconfigure(encoding="utf-8", errors="backslashreplace")
    try:
        return run()
    finally:
        gc.freeze()  # Python would look through all that is loaded for cycles before it goes


def _open_what_is_closed() -> None:
    """Of a stream that whoever started us closed, no file that is opened is to take the place."""
    for name, mode in (("stdin", "r"), ("stdout", "w"), ("stderr", "w")):
        if getattr(sys, name) is None:
            setattr(sys, name, Path(os.devnull).open(mode, encoding="utf-8"))  # noqa: SIM115


def _say_no_more_than_where() -> None:
    """What nobody catches, a second Ctrl-C for one, Python would tell with the words of it all."""

    def uncaught(_kind: object, problem: BaseException, _trace: object) -> None:
        complain(problem)

    def ignored(what: sys.UnraisableHookArgs | threading.ExceptHookArgs) -> None:
        complain(what.exc_value)

    sys.excepthook = uncaught
    sys.unraisablehook = threading.excepthook = ignored


if __name__ == "__main__":
    sys.exit(main())
