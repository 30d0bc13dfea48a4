"""A program that plays the WAVE file that comes on its standard input.

By waveOut (learn.microsoft.com, Windows Multimedia), which also knows A-law, mu-law and GSM. What
it plays is in memory alone, an eighth of a second at a time; to kill it silences it.
"""

from __future__ import annotations

import ctypes
import struct
import sys
from collections import deque
from ctypes import wintypes
from typing import BinaryIO, Final

from callrec.system.windows import api

assert sys.platform == "win32"

_AHEAD: Final = 4
"""Pieces that are with the device at once."""

_PIECES_A_SECOND: Final = 8
_ANY_DEVICE: Final = 0xFFFF_FFFF
"""WAVE_MAPPER."""
_BY_EVENT: Final = 0x5_0000
"""CALLBACK_EVENT."""
_DONE: Final = 1
"""WHDR_DONE."""
_LONGEST_S: Final = 10_000
_LEAST_FORMAT: Final = 16
"""Bytes of a format that has no extension (PCMWAVEFORMAT)."""

_SOUND: Final = ctypes.WinDLL("winmm")


class _Piece(ctypes.Structure):
    """``WAVEHDR``."""

    _fields_ = (
        ("data", ctypes.c_char_p),
        ("length", wintypes.DWORD),
        ("recorded", wintypes.DWORD),
        ("user", ctypes.c_void_p),
        ("flags", wintypes.DWORD),
        ("loops", wintypes.DWORD),
        ("next", ctypes.c_void_p),
        ("reserved", ctypes.c_void_p),
    )


_SOUND.waveOutOpen.argtypes = (
    ctypes.POINTER(wintypes.HANDLE), wintypes.UINT, ctypes.c_char_p, wintypes.HANDLE,
    ctypes.c_void_p, wintypes.DWORD,
)  # fmt: skip
for _function in (_SOUND.waveOutPrepareHeader, _SOUND.waveOutUnprepareHeader, _SOUND.waveOutWrite):
    _function.argtypes = (wintypes.HANDLE, ctypes.POINTER(_Piece), wintypes.UINT)
_SOUND.waveOutClose.argtypes = (wintypes.HANDLE,)
api.KERNEL.CreateEventW.argtypes = (
    wintypes.LPVOID, wintypes.BOOL, wintypes.BOOL, wintypes.LPCWSTR,
)  # fmt: skip
api.KERNEL.CreateEventW.restype = wintypes.HANDLE
api.KERNEL.WaitForSingleObject.argtypes = (wintypes.HANDLE, wintypes.DWORD)


class Device:
    """A device that plays sound of one format."""

    def __init__(self, sound_format: bytes) -> None:
        """Open one; ``sound_format`` is a file's chunk ``fmt`` (``WAVEFORMATEX``).

        Raises:
            OSError: there is none, or none for that format.
        """
        self._handle, self._event = wintypes.HANDLE(), api.KERNEL.CreateEventW(None, 0, 0, None)
        form = sound_format.ljust(_LEAST_FORMAT + 2, b"\0")
        _check(
            _SOUND.waveOutOpen(
                ctypes.byref(self._handle), _ANY_DEVICE, form, self._event, None, _BY_EVENT
            )
        )
        self._with_it: deque[_Piece] = deque()

    def play(self, data: bytes) -> None:
        """Have it played after what is there already, and wait while that is enough."""
        piece = _Piece(data=data, length=len(data))  # which keeps the data alive
        for step in (_SOUND.waveOutPrepareHeader, _SOUND.waveOutWrite):
            _check(step(self._handle, ctypes.byref(piece), ctypes.sizeof(piece)))
        self._with_it.append(piece)
        self._wait(_AHEAD - 1)

    def close(self) -> None:
        """Wait until all was played."""
        self._wait(0)
        _SOUND.waveOutClose(self._handle)

    def _wait(self, at_most: int) -> None:
        while len(self._with_it) > at_most:
            while not self._with_it[0].flags & _DONE:
                api.KERNEL.WaitForSingleObject(self._event, _LONGEST_S)
            played = self._with_it.popleft()
            _SOUND.waveOutUnprepareHeader(self._handle, ctypes.byref(played), ctypes.sizeof(played))


def _check(problem: int) -> None:
    if problem:
        raise OSError(f"waveOut says {problem}")


def read_format(file: BinaryIO) -> tuple[bytes, int]:
    """A WAVE file's format, and how many bytes of sound come next.

    Raises:
        ValueError: it is none.
    """
    if len(head := file.read(12)) < 12 or head[:4] != b"RIFF" or head[8:] != b"WAVE":  # noqa: PLR2004
        raise ValueError("this is not a WAVE file")
    sound_format = b""
    while len(chunk := file.read(8)) == 8:  # noqa: PLR2004
        name, size = struct.unpack("<4sI", chunk)
        if name == b"data" and len(sound_format) >= _LEAST_FORMAT:
            return sound_format, size
        content = file.read(size + size % 2)
        sound_format = content[:size] if name == b"fmt " else sound_format
    raise ValueError("there is no sound in it")


def main() -> int:
    """Play it; returns the exit status."""
    file = sys.stdin.buffer
    sound_format, left = read_format(file)
    a_second, block = struct.unpack("<IH", sound_format[8:14])
    size = max(a_second // _PIECES_A_SECOND // max(block, 1), 1) * max(block, 1)
    device = Device(sound_format)
    while left > 0 and (data := file.read(min(size, left))):
        device.play(data)
        left -= len(data)
    device.close()
    return 0


if __name__ == "__main__":
    sys.exit(main())
