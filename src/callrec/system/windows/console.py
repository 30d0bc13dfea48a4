"""A console of Windows (learn.microsoft.com, Console Reference).

It shows nothing of what is typed until that is read, so there is nothing to hide before. What is
read with its echo switched off goes into no history of the console's.
"""

from __future__ import annotations

import ctypes
import errno
import msvcrt
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from ctypes import wintypes
from io import TextIOWrapper
from typing import Any, Final, TextIO

from callrec.system.windows import api

assert sys.platform == "win32"

TO_TYPE_UTF_8: Final = "save or send it as UTF-8"
"""What to do where what was entered is other text."""

_ECHO_INPUT: Final = 0x4
_TEXT_INPUT: Final = 0x7
"""Ctrl-C interrupts, a line is edited, and it is shown: PROCESSED, LINE and ECHO_INPUT."""
_TEXT_OUTPUT: Final = 0x5
"""PROCESSED_OUTPUT and VIRTUAL_TERMINAL_PROCESSING: escape sequences are acted upon."""
_VIRTUAL_TERMINAL: Final = 0x4
_STANDARD_OUTPUT: Final = (1, 2)
_PIPE: Final = 3
"""FILE_TYPE_PIPE."""

_ARROWS: Final = {0x25: "left", 0x26: "up", 0x27: "right", 0x28: "down"}
"""By virtual key codes."""
_KEY_EVENT: Final = 1


class _Event(ctypes.Structure):
    """``INPUT_RECORD``, of a key."""

    _fields_ = (
        ("kind", wintypes.WORD),
        ("is_down", wintypes.BOOL),
        ("repeated", wintypes.WORD),
        ("key", wintypes.WORD),
        ("scan_code", wintypes.WORD),
        ("character", wintypes.WCHAR),
        ("held", wintypes.DWORD),
    )

    @property
    def meaning(self) -> str:
        """The character or arrow that was pressed; empty: none, or it is something else."""
        if self.kind != _KEY_EVENT or not self.is_down:
            return ""
        return _ARROWS.get(self.key, str(self.character).strip("\0"))


api.KERNEL.GetConsoleMode.argtypes = (wintypes.HANDLE, wintypes.LPDWORD)
api.KERNEL.SetConsoleMode.argtypes = (wintypes.HANDLE, wintypes.DWORD)
api.KERNEL.FlushConsoleInputBuffer.argtypes = (wintypes.HANDLE,)
for _function in (api.KERNEL.PeekConsoleInputW, api.KERNEL.ReadConsoleInputW):
    _function.argtypes = (
        wintypes.HANDLE, ctypes.POINTER(_Event), wintypes.DWORD, wintypes.LPDWORD,
    )  # fmt: skip
api.KERNEL.GetFileType.argtypes = (wintypes.HANDLE,)
api.KERNEL.WriteFile.argtypes = (
    wintypes.HANDLE, wintypes.LPCVOID, wintypes.DWORD, wintypes.LPDWORD, wintypes.LPVOID,
)  # fmt: skip


class _NoTerminal(TextIOWrapper):
    """``NUL``, which Windows calls a device of characters and Python therefore a terminal."""

    def isatty(self) -> bool:
        return False


@contextmanager
def console_prepared() -> Iterator[None]:
    """Speak UTF-8 whatever the code page; while it lasts, the console acts on escape sequences."""
    for name in ("stdin", "stdout", "stderr"):
        stream = getattr(sys, name)
        if isinstance(stream, TextIOWrapper) and stream.isatty() and _mode(stream.fileno()) is None:
            setattr(sys, name, _NoTerminal(stream.detach(), encoding="utf-8"))
    if isinstance(sys.stdin, TextIOWrapper):
        sys.stdin.reconfigure(encoding="utf-8-sig")  # PowerShell 5 begins with a mark
    before = {each: mode for each in _STANDARD_OUTPUT if (mode := _mode(each)) is not None}
    try:
        for each, mode in before.items():
            _set_mode(each, mode | _TEXT_OUTPUT)
        yield
    finally:
        for each, mode in before.items():
            _set_mode(each, mode)


def terminal_kind(environ: Mapping[str, str]) -> str:
    """What kind of terminal it is said to be, as ``xterm``; ``dumb`` acts on no sequences."""
    acts = any((_mode(each) or 0) & _VIRTUAL_TERMINAL for each in _STANDARD_OUTPUT)
    return environ.get("TERM") or ("xterm-256color" if acts else "dumb")


def has_keyboard(terminal: int) -> bool:
    """Whether what is typed there is meant for us: no program here has a console alone."""
    return _mode(terminal) is not None


def has_screen(environ: Mapping[str, str]) -> bool:
    """Whether a browser has a screen to show something on: who has a console here has one."""
    del environ
    return True


def hide_typed(terminal: int) -> Any:
    """Nothing is shown until it is read."""
    del terminal


def show_typed(terminal: int, before: Any) -> None:
    """It is, by the next who reads."""
    del terminal, before


def forget_typed(terminal: int) -> None:
    """Drop what was typed and not read so far."""
    with suppress(OSError):
        api.KERNEL.FlushConsoleInputBuffer(msvcrt.get_osfhandle(terminal))


def ask_hidden(question: str, answers: TextIO, messages: TextIO) -> str:
    """A line that is typed after a question and not shown; what was typed before it is dropped.

    Not by getpass, which reads here by getwch (as `read_key` says).

    Raises:
        EOFError: the input ended.
    """
    terminal = answers.fileno()
    before = _mode(terminal) or _TEXT_INPUT
    messages.write(question)
    messages.flush()
    _set_mode(terminal, (before | _TEXT_INPUT) & ~_ECHO_INPUT)
    try:
        forget_typed(terminal)
        line = answers.readline()
    finally:
        _set_mode(terminal, before)
        messages.write("\n")
        messages.flush()
    if not line:
        raise EOFError
    return line.removesuffix("\n")


@contextmanager
def reading_keys(terminal: int) -> Iterator[None]:
    """Each key is read as it is pressed, and not shown; what nobody read is dropped at the end."""
    try:
        yield
    finally:
        forget_typed(terminal)


def key_waits(terminal: int) -> bool:
    """Whether a key was pressed that `read_key` gives; what else the console tells is dropped."""
    while (event := _event(terminal, api.KERNEL.PeekConsoleInputW)) and not event.meaning:
        _event(terminal, api.KERNEL.ReadConsoleInputW)
    return event is not None


def read_key(terminal: int) -> str:
    """The key that was pressed: its character, or ``left``, ``up``; empty: the terminal is gone.

    Not by getwch, which gives an arrow key as an ``à`` and a letter.
    """
    while event := _event(terminal, api.KERNEL.ReadConsoleInputW):
        if event.meaning:
            return event.meaning
    return ""


def _event(terminal: int, read: Callable[..., int]) -> _Event | None:
    """The next that the console tells; None: nothing, or it is gone."""
    event, count = _Event(), wintypes.DWORD()
    with suppress(OSError):
        handle = msvcrt.get_osfhandle(terminal)
        if read(handle, ctypes.byref(event), 1, ctypes.byref(count)) and count.value:
            return event
    return None


def nobody_reads(problem: OSError) -> bool:
    """Whether it says that what we write to was closed at its other end.

    Python's word for that is EINVAL, as for much else: so the pipes are asked.
    """
    if isinstance(problem, BrokenPipeError):
        return True
    return problem.errno == errno.EINVAL and any(map(_is_closed_pipe, _STANDARD_OUTPUT))


def _is_closed_pipe(descriptor: int) -> bool:
    with suppress(OSError):
        handle, written = msvcrt.get_osfhandle(descriptor), wintypes.DWORD()
        if api.KERNEL.GetFileType(handle) == _PIPE:
            return not api.KERNEL.WriteFile(handle, b"", 0, ctypes.byref(written), None)
    return False


def _mode(descriptor: int) -> int | None:
    """How a console reads or shows; None: it is none."""
    mode = wintypes.DWORD()
    with suppress(OSError):
        if api.KERNEL.GetConsoleMode(msvcrt.get_osfhandle(descriptor), ctypes.byref(mode)):
            return mode.value
    return None


def _set_mode(descriptor: int, mode: int) -> None:
    with suppress(OSError):
        api.KERNEL.SetConsoleMode(msvcrt.get_osfhandle(descriptor), mode)
