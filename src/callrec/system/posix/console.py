"""A terminal of Linux and macOS (termios(3))."""

from __future__ import annotations

import os
import sys
import termios
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from select import select
from typing import Any, Final, TextIO

assert sys.platform != "win32"

TO_TYPE_UTF_8: Final = "set the terminal, and LANG, to UTF-8"
"""What to do where what was entered is other text."""

_LOCAL_FLAGS: Final = 3
"""Where tcgetattr has what the terminal shows (c_lflag)."""

_BETWEEN_S: Final = 0.05
"""In which what an arrow key sends is all there."""

_ARROWS: Final = {"\x1b[D": "left", "\x1b[C": "right", "\x1b[B": "down", "\x1b[A": "up"}


@contextmanager
def console_prepared() -> Iterator[None]:
    """Terminals here speak UTF-8 and act on escape sequences by themselves."""
    yield


def terminal_kind(environ: Mapping[str, str]) -> str:
    """What kind of terminal it is said to be, as ``xterm``; ``dumb`` acts on no sequences."""
    return environ.get("TERM", "")


def has_keyboard(terminal: int) -> bool:
    """Whether what is typed there is meant for us.

    In the background it is the shell's, and the system stops who reads it or drops it.
    """
    with suppress(OSError):  # the terminal may be gone
        return os.tcgetpgrp(terminal) == os.getpgrp()
    return False


def has_screen(environ: Mapping[str, str]) -> bool:
    """Whether a browser has a screen to show something on."""
    is_mac = sys.platform == "darwin"
    return is_mac or bool(environ.get("DISPLAY") or environ.get("WAYLAND_DISPLAY"))


def hide_typed(terminal: int) -> Any:
    """Show nothing of what is typed; returns what `show_typed` needs."""
    with suppress(termios.error):
        before = termios.tcgetattr(terminal)
        hidden = [*before]
        hidden[_LOCAL_FLAGS] &= ~termios.ECHO
        termios.tcsetattr(terminal, termios.TCSANOW, hidden)
        return before
    return None


def show_typed(terminal: int, before: Any) -> None:
    """Show again what is typed."""
    with suppress(termios.error):
        termios.tcsetattr(terminal, termios.TCSANOW, before)


def forget_typed(terminal: int) -> None:
    """Drop what was typed and not read so far."""
    with suppress(termios.error):
        termios.tcflush(terminal, termios.TCIFLUSH)


def ask_hidden(question: str, answers: TextIO, messages: TextIO) -> str:
    """A line that is typed after a question and not shown; what was typed before it is dropped.

    Raises:
        EOFError: the input ended.
    """
    from getpass import getpass  # noqa: PLC0415 - help needs none

    del answers  # the terminal itself is asked
    return getpass(question, stream=messages)


@contextmanager
def reading_keys(terminal: int) -> Iterator[None]:
    """Each key is read as it is pressed, and not shown; what nobody read is dropped at the end."""
    import tty  # noqa: PLC0415 - hardly ever needed

    before = termios.tcgetattr(terminal)
    tty.setcbreak(terminal)
    try:
        yield
    finally:
        termios.tcsetattr(terminal, termios.TCSAFLUSH, before)


def read_key(terminal: int) -> str:
    """The key that was pressed: its character, or ``left``, ``up``; empty: the terminal is gone."""
    typed = os.read(terminal, 1)
    if typed == b"\x1b" and select((terminal,), (), (), _BETWEEN_S)[0]:
        typed += os.read(terminal, 2)  # an arrow
    key = typed.decode(errors="replace")
    return _ARROWS.get(key.replace("\x1bO", "\x1b["), key)


def nobody_reads(problem: OSError) -> bool:
    """Whether it says that what we write to was closed at its other end."""
    return isinstance(problem, BrokenPipeError)
