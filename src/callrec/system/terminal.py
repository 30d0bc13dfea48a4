"""Where somebody works: one terminal of one account, since the machine was started.

A login belongs to a place. Two terminals of an account are two places, so that who logs in at one
does not act at the other. What has no terminal, as a timer or a script of another program, is no
place unless it names one by ``CALLREC_SESSION``.
"""

from __future__ import annotations

import hashlib
import os
import re
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from callrec.errors import Unusable

VARIABLE: Final = "CALLREC_SESSION"

_NAME: Final = re.compile(r"[A-Za-z0-9._-]{1,40}")

_PSEUDO: Final = range(136, 144)
"""Major numbers of pseudo-terminals in Linux, with 256 of them each."""


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
    terminal, *more = (f"session {name}",) if name else _terminal()
    return place_named(terminal, *more) if terminal else None


def place_named(terminal: str, *more: str) -> Place:
    """The place of this account with that name, of which there is one for each ``more``."""
    words = "\n".join([str(os.getuid()), this_boot(), terminal, *more])
    return Place(terminal, hashlib.sha256(words.encode()).hexdigest())


def _terminal() -> tuple[str, ...]:
    """The terminal's name, its session, and when the process began that leads that."""
    session = os.getsid(0)
    if own := _stat("self"):
        device = int(own[4])
        # An id is given again once its process has gone; when that began is not.
        return (_named(device), str(session), began(session)) if device else ("",)
    with suppress(OSError), Path("/dev/tty").open("rb", buffering=0) as terminal:
        return f"terminal {os.ttyname(terminal.fileno()).removeprefix('/dev/')}", str(session)
    return ("",)


def began(process: int) -> str:
    """When a process began, as Linux counts it; empty: there is none."""
    stat = _stat(str(process))
    return stat[19] if stat else ""


def _stat(process: str) -> list[str]:
    """What Linux tells of a process, from its state on (proc_pid_stat(5), field 3)."""
    with suppress(OSError):
        text = Path(f"/proc/{process}/stat").read_bytes().decode(errors="replace")
        return text.rpartition(")")[2].split()
    return []


def _named(device: int) -> str:
    major, minor = device >> 8 & 0xFFF, device & 0xFF | device >> 12 & 0xFFF00
    if major in _PSEUDO:
        return f"terminal pts/{(major - _PSEUDO.start << 8) + minor}"
    return f"terminal tty{minor}" if major == 4 else f"terminal {major}:{minor}"  # noqa: PLR2004


def this_boot() -> str:
    """What tells this start of the machine from every other (random(4)); empty: it has none."""
    path = Path("/proc/sys/kernel/random/boot_id")
    return path.read_text().strip() if path.is_file() else ""
