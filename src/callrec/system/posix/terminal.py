"""Which terminal this is on Linux and macOS, whose, and since which start of the machine."""

from __future__ import annotations

import ctypes
import os
import sys
from contextlib import suppress
from pathlib import Path
from typing import Final

assert sys.platform != "win32"

_PSEUDO: Final = range(136, 144)
"""Major numbers of pseudo-terminals in Linux, with 256 of them each."""


def account() -> str:
    """The account of this process, by number."""
    return str(os.getuid())


def terminal() -> tuple[str, ...]:
    """The terminal's name, its session, and when the process began that leads that."""
    leader = os.getsid(0)
    if own := _stat("self"):
        device = int(own[4])
        # An id is given again once its process has gone; when that began is not.
        return (_named(device), str(leader), _began(leader)) if device else ("",)
    with suppress(OSError), Path("/dev/tty").open("rb", buffering=0) as opened:
        return f"terminal {os.ttyname(opened.fileno()).removeprefix('/dev/')}", str(leader)
    return ("",)


def session() -> tuple[str, ...]:
    """The session that this process is of: a terminal, a login over the network, or a service."""
    leader = os.getsid(0)
    return str(leader), _began(leader)


def this_boot() -> str:
    """What tells this start of the machine from every other (random(4)); empty: it has none."""
    path = Path("/proc/sys/kernel/random/boot_id")
    if path.is_file():
        return path.read_text().strip()
    return _boot_of_macos() if sys.platform == "darwin" else ""


def _boot_of_macos() -> str:
    """By sysctl(3); nobody has run this on a Mac yet."""
    text, size = ctypes.create_string_buffer(64), ctypes.c_size_t(64)
    libc = ctypes.CDLL(None)
    failed = libc.sysctlbyname(b"kern.bootsessionuuid", text, ctypes.byref(size), None, 0)
    return "" if failed else text.value.decode()


def _began(process: int) -> str:
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
