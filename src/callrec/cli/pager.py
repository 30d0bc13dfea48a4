"""What is longer than the terminal, read page by page as git shows it."""

from __future__ import annotations

import signal
import subprocess
from collections.abc import Mapping
from typing import Final, TextIO

from callrec.system.console import terminal_kind
from callrec.system.shell import find_program, piped_into

_NOT_FOUND: Final = (126, 127)
"""What a shell ends with if it cannot run a program."""

_SECURE: Final = {"LESSHISTFILE": "-", "LESSSECURE": "1"}
"""less keeps no searches, and starts no editor, shell or file that could hold what it shows."""

_OPENERS: Final = ("LESSOPEN", "LESSCLOSE")
"""Programs that less would give the text to."""


def page(text: str, stream: TextIO, environ: Mapping[str, str]) -> bool:
    """Show a text on the terminal by ``PAGER``, or less; whether there is one.

    The text goes through a pipe: nothing of it is written to a file.
    """
    pager = environ.get("PAGER", "less" if find_program("less", environ) else "")
    if pager in ("", "cat") or terminal_kind(environ) in ("", "dumb"):
        return False
    command = piped_into(pager, environ)
    if command is None:
        return False
    stream.flush()
    kept = {
        name: value
        for name, value in environ.items()
        if not name.startswith("CALLREC_") and name not in _OPENERS
    }
    reading = subprocess.Popen(  # noqa: S603 - what the person set, or less
        command,
        stdin=subprocess.PIPE,
        stdout=stream.fileno(),
        env={"LESS": "FRX", "LESSCHARSET": "utf-8", **kept, **_SECURE},
    )
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the pager
    try:
        reading.communicate(text.encode(errors="backslashreplace"))
    finally:
        signal.signal(signal.SIGINT, before)
    return reading.returncode not in _NOT_FOUND
