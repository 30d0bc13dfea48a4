"""Connections: where they are waited for, and what became of what was sent.

Sources (learn.microsoft.com, Winsock): Using SO_REUSEADDR and SO_EXCLUSIVEADDRUSE; SIO_TCP_INFO;
TCP_INFO_v0.
"""

from __future__ import annotations

import asyncio
import ctypes
import socket
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from ctypes import wintypes
from pathlib import Path
from typing import Final

assert sys.platform == "win32"

from callrec.errors import Misconfigured

LOCAL: Final[socket.AddressFamily | None] = None
"""The family of sockets that have a path: Python knows none here."""

_WINSOCK: Final = ctypes.WinDLL("ws2_32", use_last_error=True)
_WINSOCK.WSAIoctl.argtypes = (
    wintypes.HANDLE, wintypes.DWORD, wintypes.LPVOID, wintypes.DWORD, wintypes.LPVOID,
    wintypes.DWORD, wintypes.LPDWORD, wintypes.LPVOID, wintypes.LPVOID,
)  # fmt: skip

_TCP_INFO: Final = 0xD800_0027

_OPEN: Final = frozenset({4, 7})
"""The states of TCP in which all that was acknowledged came: open, or closed by the other side in
order (TCPSTATE_ESTABLISHED, TCPSTATE_CLOSE_WAIT)."""

_NOT_KNOWN: Final = frozenset({10022, 10045})
"""WSAEINVAL, WSAEOPNOTSUPP: before Windows 10, version 1703."""


class _Info(ctypes.Structure):
    """``TCP_INFO_v0``."""

    _fields_ = (
        ("state", ctypes.c_int),
        ("segment", wintypes.ULONG),
        ("connected_ms", ctypes.c_ulonglong),
        ("has_timestamps", ctypes.c_ubyte),
        ("round_trip_us", wintypes.ULONG),
        ("least_round_trip_us", wintypes.ULONG),
        ("in_flight", wintypes.ULONG),
        ("congestion_window", wintypes.ULONG),
        ("send_window", wintypes.ULONG),
        ("receive_window", wintypes.ULONG),
        ("receive_buffer", wintypes.ULONG),
        ("out", ctypes.c_ulonglong),
        ("in_", ctypes.c_ulonglong),
        ("reordered", wintypes.ULONG),
        ("sent_again", wintypes.ULONG),
        ("fast_sent_again", wintypes.ULONG),
        ("acknowledged_twice", wintypes.ULONG),
        ("timed_out", wintypes.ULONG),
        ("began_again", ctypes.c_ubyte),
    )


def take_address(channel: socket.socket, address: tuple[str, int]) -> None:
    """Take an address; OSError: it cannot be had.

    Alone: or another program, another user's too, could take it as well, and be connected with
    those who mean us.
    """
    channel.setsockopt(socket.SOL_SOCKET, socket.SO_EXCLUSIVEADDRUSE, 1)
    channel.bind(address)


def listen_at(path: Path) -> socket.socket:
    """Refuse it: a path is no address here."""
    raise Misconfigured(
        f'on Windows nothing is reached at a path, as "{path}"',
        hint="give host, port, certificate and key in its place",
    )


@contextmanager
def kept_open(transport: asyncio.Transport) -> Iterator[socket.socket]:
    """The connection, which tells how it ended: where it does, its end is not read before ours.

    A second handle of it, as elsewhere, would take a right to this process that nobody has, not
    even itself, since it closed itself to other programs (`harden_process`).
    """
    channel = transport.get_extra_info("socket")
    if is_open(channel) is None:
        yield channel
        return
    transport.pause_reading()
    try:
        yield channel
    finally:
        transport.resume_reading()


def unacknowledged(channel: socket.socket) -> int:
    """Bytes that are under way, or 1 if some wait for the other side; 0 where it does not tell.

    What waits in the system's own buffer Windows does not count. It waits only while something is
    under way, or while the other side takes less than a segment.
    """
    try:
        info = _info(channel)
    except OSError:
        return 0
    return info.in_flight or int(info.send_window < info.segment)


def is_open(channel: socket.socket) -> bool | None:
    """Whether all that was acknowledged came; None where the system does not tell."""
    try:
        return _info(channel).state in _OPEN
    except OSError as error:  # of a connection that was reset there is nothing to tell
        return None if error.winerror in _NOT_KNOWN else False


def _info(channel: socket.socket) -> _Info:
    version, told, size = wintypes.DWORD(0), _Info(), wintypes.DWORD()
    failed = _WINSOCK.WSAIoctl(
        channel.fileno(), _TCP_INFO, ctypes.byref(version), ctypes.sizeof(version),
        ctypes.byref(told), ctypes.sizeof(told), ctypes.byref(size), None, None,
    )  # fmt: skip
    if failed:
        raise ctypes.WinError(ctypes.get_last_error())
    return told
