"""``python -m callrec`` and the ``callrec`` command."""

from __future__ import annotations

import gc
import os
import sys
import threading
from io import TextIOWrapper
from pathlib import Path

from callrec.system.console import console_prepared, let_go
from callrec.system.processes import harden_process


def main() -> int:
    """Run the command line on this process's arguments and streams."""
    # Nothing of what a command loads can be thrown away, and to look for it takes a sixth as long:
    # the first look comes when all that is there, and further ones as ever, or memory would grow.
    usual = gc.get_threshold()
    gc.set_threshold(170_000)
    gc.callbacks.append(lambda _phase, _about: gc.set_threshold(*usual))
    from callrec.cli.app import run  # noqa: PLC0415  # with the line above

    _fill_closed_streams()
    harden_process()
    _hide_error_text()
    with console_prepared():
        for stream in (sys.stdout, sys.stderr):
            if isinstance(stream, TextIOWrapper):
                # --json is UTF-8 whatever the locale, and the same bytes on each system; a name
                # that is not Unicode must not stop a reply.
                stream.reconfigure(encoding="utf-8", errors="backslashreplace", newline="\n")
        try:
            return run()
        finally:
            for stream in (sys.stdout, sys.stderr):  # or Python would end with its own status
                let_go(stream)
            gc.freeze()  # Python would look through all that is loaded for cycles before it goes


def _fill_closed_streams() -> None:
    """No file that is opened is to take the place of a stream that was closed before we started."""
    for name, mode in (("stdin", "r"), ("stdout", "w"), ("stderr", "w")):
        if getattr(sys, name) is None:
            setattr(sys, name, Path(os.devnull).open(mode, encoding="utf-8"))  # noqa: SIM115


def _hide_error_text() -> None:
    """What nobody catches, a second Ctrl-C for one, Python would tell with the words of it all."""
    from callrec.cli.app import report_error  # noqa: PLC0415  # as in main
    from callrec.cli.invocation import GlobalOptions  # noqa: PLC0415

    def uncaught(_kind: object, problem: BaseException, _trace: object) -> None:
        report_error(problem, GlobalOptions())

    def ignored(what: sys.UnraisableHookArgs | threading.ExceptHookArgs) -> None:
        report_error(what.exc_value, GlobalOptions())

    sys.excepthook = uncaught
    sys.unraisablehook = threading.excepthook = ignored


if __name__ == "__main__":
    sys.exit(main())
