"""A player beside us, fed through a pipe, and one of Windows' own."""

from __future__ import annotations

import ctypes
import msvcrt
import subprocess
import sys
import time
from collections.abc import Sequence
from ctypes import wintypes
from typing import IO, Final

from callrec.system.modules import python_command
from callrec.system.windows import api

assert sys.platform == "win32"

from callrec.system.windows.console import key_waits

OWN_PLAYER: Final[Sequence[str]] = python_command("callrec.system.windows.wave_player")
"""What plays WAVE files where no program for that is installed; empty: nothing does."""

_NO_WAIT: Final = 1
"""PIPE_NOWAIT."""

_AT_ONCE: Final = (4096, 512)
"""A pipe that has less room than is to be written takes nothing of it: so less is tried."""

_TICK_S: Final = 0.01

api.KERNEL.SetNamedPipeHandleState.argtypes = (
    wintypes.HANDLE, wintypes.LPDWORD, wintypes.LPDWORD, wintypes.LPDWORD,
)  # fmt: skip


def start_player(command: Sequence[str]) -> subprocess.Popen[bytes]:
    """Start a player in a group of its own, so that Ctrl-C is said to us alone.

    Raises:
        OSError: it cannot be run.
    """
    return subprocess.Popen(  # noqa: S603 - the practice's own command
        command,
        stdin=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        bufsize=0,
        creationflags=subprocess.CREATE_NEW_PROCESS_GROUP,
    )


def kill_player(player: subprocess.Popen[bytes]) -> None:
    """End it; what it has started itself is not ended."""
    player.kill()


def feed(pipe: IO[bytes], data: memoryview) -> None:
    """Write all of it; Ctrl-C ends that, which it does not where a write waits.

    Raises:
        BrokenPipeError: nobody reads it any more.
    """
    while data:
        if took := feed_some(pipe, data):
            data = data[took:]
        else:
            time.sleep(_TICK_S)


def feed_some(pipe: IO[bytes], data: memoryview) -> int:
    """Write as much as is taken at once; returns how many bytes.

    Raises:
        BrokenPipeError: nobody reads it any more.
    """
    handle, mode = msvcrt.get_osfhandle(pipe.fileno()), wintypes.DWORD(_NO_WAIT)
    api.KERNEL.SetNamedPipeHandleState(handle, ctypes.byref(mode), None, None)
    return next((took for size in _AT_ONCE if (took := _write(handle, data[:size]))), 0)


def _write(handle: int, data: memoryview) -> int:
    took = wintypes.DWORD()
    if not api.KERNEL.WriteFile(handle, bytes(data), len(data), ctypes.byref(took), None):
        raise BrokenPipeError
    return took.value


def wait_for(terminal: int, pipe: IO[bytes] | None, seconds: float) -> tuple[bool, bool]:
    """Wait until a key is pressed or a pipe takes more; returns which of them.

    Nothing waits for both, so it looks at the keys from time to time, and lets the pipe be tried.
    """
    until = time.monotonic() + seconds
    while not key_waits(terminal):
        time.sleep(_TICK_S)
        if pipe is not None or time.monotonic() > until:
            return False, pipe is not None
    return True, False
