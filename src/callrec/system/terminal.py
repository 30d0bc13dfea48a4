"""Where somebody works: one terminal of one account, since the machine was started.

A login belongs to a place. Two terminals of an account are two places, so that who logs in at one
does not act at the other. What has no terminal, as a timer or a script of another program, is no
place unless it names one by ``CALLREC_SESSION``.
"""

from __future__ import annotations

import hashlib
import re
import sys
from collections.abc import Mapping
from typing import Final

from callrec.dataclass import dataclass
from callrec.errors import Unusable

if sys.platform == "win32":
    from callrec.system.windows.terminal import account, session, terminal, this_boot
else:
    from callrec.system.posix.terminal import account, session, terminal, this_boot

__all__ = ["VARIABLE", "Place", "place_named", "place_of", "source_here", "this_boot"]

VARIABLE: Final = "CALLREC_SESSION"

_NAME: Final = re.compile(r"[A-Za-z0-9._-]{1,40}")


@dataclass(frozen=True, slots=True)
class Place:
    """A terminal, or what a script named."""

    terminal: str
    """As people know it: ``terminal pts/3``, ``session nightly``."""
    digest: str
    """SHA-256 of it with the account and the machine's boot, in hex."""


def place_of(environ: Mapping[str, str]) -> Place | None:
    """Where this process was started; None: at no terminal, and nothing is named.

    Raises:
        Unusable: what is named is no name.
    """
    name = environ.get(VARIABLE)
    if name is not None and not _NAME.fullmatch(name):
        raise Unusable(
            f"{VARIABLE} is not a name of letters, digits, dots and dashes, 40 at most",
            hint=f"set it to a name of the script's own, as {VARIABLE}=nightly",
        )
    named, *more = (f"session {name}",) if name else terminal()
    return place_named(named, *more) if named else None


def place_named(name: str, *more: str) -> Place:
    """The place of this account with that name, of which there is one for each ``more``."""
    words = "\n".join([account(), this_boot(), name, *more])
    return Place(name, hashlib.sha256(words.encode()).hexdigest())


def source_here() -> str:
    """Where this process is asked from: account, session and boot.

    A terminal, a login over the network and a service are each a session of their own.
    """
    return " ".join((account(), *session(), this_boot()))
