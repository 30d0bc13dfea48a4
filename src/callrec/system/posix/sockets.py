"""Connections: where they are waited for, and what became of what was sent."""

from __future__ import annotations

import asyncio
import fcntl
import socket
import struct
import sys
import termios
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Final

assert sys.platform != "win32"

LOCAL: Final[socket.AddressFamily | None] = socket.AF_UNIX
"""The family of sockets that have a path."""

_OPEN: Final = frozenset({1, 8})
"""The states of TCP in which all that was acknowledged came: open, or closed by the other side in
order (Linux, tcp_states.h: TCP_ESTABLISHED, TCP_CLOSE_WAIT)."""

_SO_NWRITE: Final = 0x1024
"""Of macOS (sys/socket.h): bytes in the buffer of what is sent."""


def take_address(channel: socket.socket, address: tuple[str, int]) -> None:
    """Take an address, also soon after another of ours had it; OSError: it cannot be had."""
    channel.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    channel.bind(address)


def listen_at(path: Path) -> socket.socket:
    """Wait for connections at a path, which this account and its group can reach."""
    listening = socket.socket(socket.AF_UNIX)
    with suppress(FileNotFoundError):
        path.unlink()
    listening.bind(str(path))
    path.chmod(0o660)
    listening.listen(128)
    return listening


@contextmanager
def kept_open(transport: asyncio.Transport) -> Iterator[socket.socket]:
    """The connection, which tells how it ended after others have closed it here."""
    with transport.get_extra_info("socket").dup() as kept:
        yield kept


def unacknowledged(channel: socket.socket) -> int:
    """Bytes that lie in the system's own buffer, or are under way; 0 where it does not tell."""
    try:
        return (
            channel.getsockopt(socket.SOL_SOCKET, _SO_NWRITE)
            if sys.platform == "darwin"
            else int(struct.unpack("i", fcntl.ioctl(channel, termios.TIOCOUTQ, bytes(4)))[0])
        )
    except OSError:
        return 0


def is_open(channel: socket.socket) -> bool | None:
    """Whether all that was acknowledged came; None where the system does not tell."""
    if sys.platform == "linux" and channel.family != socket.AF_UNIX:
        return channel.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, 1)[0] in _OPEN
    return None
