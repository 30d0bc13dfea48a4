"""What is left to do when a command is over: the mail that it, or one before it, left to be sent.

The sender is a process of its own, so that no command waits for a mail server or fails for one.
"""

from __future__ import annotations

import subprocess
import sys
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Final

from callrec.errors import CallrecError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from callrec.cli.invocation import GlobalOptions
    from callrec.practice import Practice

_SEND: Final = ("-P", "-m", "callrec", "mail", "send")
"""-P: not what happens to lie in a folder."""


def start_sending_mail(
    practice: Practice, given: GlobalOptions, environ: Mapping[str, str]
) -> None:
    """Start what sends the mail, if it is time; nothing that goes wrong here is told."""
    from callrec.mail.sending import is_time_to_send

    with suppress(CallrecError, OSError):
        if is_time_to_send(practice):
            _start(sender_environment(practice, given, environ))


def sender_environment(
    practice: Practice, given: GlobalOptions, environ: Mapping[str, str]
) -> Mapping[str, str]:
    """The environment of the sender: the same vault and configuration, and nobody's password."""
    named = given.config or environ.get("CALLREC_CONFIG")
    own = {"CALLREC_VAULT": str(practice.folder)}
    if named:
        own["CALLREC_CONFIG"] = str(Path(named).expanduser().absolute())
    others = {name: value for name, value in environ.items() if not name.startswith("CALLREC_")}
    return others | own


def _start(environ: Mapping[str, str]) -> None:
    # The shell ends at once and leaves the sender to itself: nobody has to wait for it.
    subprocess.run(  # noqa: S603 - our own program, and nothing that anybody typed
        ("/bin/sh", "-c", '"$@" &', "sh", sys.executable, *_SEND),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        cwd="/",
        env=environ,
        start_new_session=True,
        check=False,
    )
