"""Connections: where they are waited for, who answers, and what became of what was sent."""

from __future__ import annotations

import socket
import sys

if sys.platform == "win32":
    from callrec.system.windows.sockets import *
else:
    from callrec.system.posix.sockets import *

_WAITING = 128
"""Connections that nobody has accepted yet."""


def listen(host: str, port: int) -> socket.socket:
    """Wait for connections at an address of this machine.

    Raises:
        OSError: it cannot be had.
    """
    listening = socket.socket(_family(host))
    try:
        take_address(listening, (host, port))
        listening.listen(_WAITING)
    except OSError:
        listening.close()
        raise
    return listening


def answers(address: str | tuple[str, int], seconds: float) -> bool:
    """Whether somebody takes a connection there, at a path or an address, within the time."""
    family = LOCAL if isinstance(address, str) else _family(address[0])
    if family is None:
        return False
    with socket.socket(family) as asking:
        asking.settimeout(seconds)
        return asking.connect_ex(address) == 0


def _family(host: str) -> socket.AddressFamily:
    return socket.AF_INET6 if ":" in host else socket.AF_INET
