"""Children that are programs of their own: Windows has no fork(2).

Its work comes to a child pickled, through a pipe that its parent alone can write to: what is read
from any other, such as a channel, is bytes. A child that the parent does not outlast ends when that
pipe closes, however the parent ended.

A channel is a named pipe with both ends opened here before anybody else can: it has one instance,
a name drawn by chance and a list of rights with this account alone on it. Unlike a connection
within the machine it passes no network, where a program that captures packets would read it.

Sources (learn.microsoft.com): CreateNamedPipeW; Named Pipe Security and Access Rights;
HandlerRoutine callback; Mandatory Integrity Control.
"""

from __future__ import annotations

import _winapi
import ctypes
import io
import os
import pickle
import secrets
import signal
import socket
import subprocess
import sys
from collections.abc import Callable
from contextlib import suppress
from ctypes import wintypes
from threading import Event, Thread
from typing import IO, Any, Final

from callrec.dataclass import dataclass

assert sys.platform == "win32"

from callrec.system.limits import Unconfined
from callrec.system.modules import python_command
from callrec.system.windows.api import KERNEL
from callrec.system.windows.confinement import ADJUST_DEFAULT, QUERY, lower_integrity, own_token
from callrec.system.windows.processes import closing_waits, directly
from callrec.system.windows.rights import private_security

_REJECT_REMOTE_CLIENTS: Final = 8
_PIECE: Final = 1 << 20
_BUFFER: Final = 1 << 16
_HANDLE_BYTES: Final = 8

_CLOSING: Final = frozenset({2, 5, 6})
"""CTRL_CLOSE_EVENT, CTRL_LOGOFF_EVENT, CTRL_SHUTDOWN_EVENT."""

_HandlerRoutine = ctypes.WINFUNCTYPE(wintypes.BOOL, wintypes.DWORD)

_LOW: Final = "S-1-16-4096"


class Channel:
    """One end of a pipe, with the methods of a socket that are used of it."""

    def __init__(self, handle: int) -> None:
        self._handle, self._timeout_ms = handle, _winapi.INFINITE

    def fileno(self) -> int:
        """Its handle."""
        return self._handle

    def settimeout(self, seconds: float) -> None:
        """How long to wait for what comes."""
        self._timeout_ms = round(seconds * 1000)

    def sendall(self, data: bytes) -> None:
        """Send all of it; OSError: the other side has gone."""
        view = memoryview(data)
        while view:
            piece, _ = _winapi.WriteFile(self._handle, bytes(view[:_PIECE]), overlapped=True)
            view = view[self._done(piece, _winapi.INFINITE) :]

    def recv(self, size: int) -> bytes:
        """What came, so many bytes at most; empty: the other side has gone.

        Raises:
            TimeoutError: nothing came in the time.
        """
        try:
            piece, _ = _winapi.ReadFile(self._handle, size, overlapped=True)
            got = self._done(piece, self._timeout_ms)
            return bytes(piece.getbuffer() or b"")[:got]
        except BrokenPipeError:
            return b""

    def _done(self, piece: _winapi.Overlapped, timeout_ms: int) -> int:
        waited = _winapi.WaitForSingleObject(piece.event, timeout_ms)
        if waited == _winapi.WAIT_TIMEOUT:
            piece.cancel()
        size, error = piece.GetOverlappedResult(True)  # noqa: FBT003 - the API's
        if error == _winapi.ERROR_OPERATION_ABORTED:
            raise TimeoutError
        return size

    def close(self) -> None:
        """Let it go; the other side is told."""
        handle, self._handle = self._handle, 0
        if handle:
            _winapi.CloseHandle(handle)


def _pair() -> tuple[Channel, Channel]:
    """Both ends of a new channel."""
    name = rf"\\.\pipe\callrec-{secrets.token_hex(16)}"
    both = _winapi.PIPE_ACCESS_DUPLEX | _winapi.FILE_FLAG_OVERLAPPED
    with private_security(is_folder=False) as rights:
        one = _winapi.CreateNamedPipe(
            name,
            both | _winapi.FILE_FLAG_FIRST_PIPE_INSTANCE,
            _winapi.PIPE_WAIT | _REJECT_REMOTE_CLIENTS,
            1,
            _BUFFER,
            _BUFFER,
            0,
            ctypes.addressof(rights),
        )
    try:
        access = _winapi.GENERIC_READ | _winapi.GENERIC_WRITE
        flags = _winapi.FILE_FLAG_OVERLAPPED
        other = _winapi.CreateFile(name, access, 0, 0, _winapi.OPEN_EXISTING, flags, 0)
    except OSError:
        _winapi.CloseHandle(one)
        raise
    return Channel(one), Channel(other)


@dataclass(frozen=True, slots=True)
class Child:
    """A process that was started, seen from its parent."""

    channel: Channel
    process: subprocess.Popen[bytes]

    def end(self) -> None:
        """Tell it to end."""
        with suppress(OSError):
            self._stdin.close()

    def begin(self, work: bytes) -> None:
        """Send it what it is to do; OSError: it has ended."""
        self._stdin.write(work)
        self._stdin.flush()

    @property
    def _stdin(self) -> IO[bytes]:
        assert self.process.stdin is not None
        return self.process.stdin

    def give(self, channel: Channel) -> int:
        """Let it have a channel of ours, which is ours no more; returns its handle there.

        Raises:
            OSError: it has ended.
        """
        try:
            return _winapi.DuplicateHandle(
                _winapi.GetCurrentProcess(),
                channel.fileno(),
                int(self.process._handle),  # type: ignore[attr-defined]  # noqa: SLF001
                0,
                False,  # noqa: FBT003 - the API's
                _winapi.DUPLICATE_SAME_ACCESS,
            )
        finally:
            channel.close()


class Children:
    """Those of this process."""

    def __init__(self) -> None:
        self._started: list[Child] = []

    def start(self, work: Callable[[Channel], None], *, outlasts: bool = False) -> Child:
        """A child that does this work with its end of a channel, and nothing of ours.

        ``work`` can be pickled. ``outlasts``: what tells us to end, and our end, does not end it.
        """
        self._started = [each for each in self._started if each.process.poll() is None]
        theirs, ours = _pair()
        command, environ = directly(python_command("callrec.system.windows.child"))
        process = subprocess.Popen(  # noqa: S603 - our own module, by our own interpreter
            command,
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            env={**os.environ, **environ},
            creationflags=subprocess.CREATE_NEW_PROCESS_GROUP | subprocess.CREATE_NO_WINDOW,
        )
        child = Child(ours, process)
        with suppress(OSError):  # its channel says so as well
            begin = child.give(theirs), outlasts, sys.path
            child.begin(pickle.dumps(begin) + _pickled(work, process.pid))
        self._started.append(child)
        return child

    def pass_on(self, child: Child, to: Child) -> None:
        """Give a child our end of another's channel, which it gets by `take_channel`."""
        to.channel.sendall(to.give(child.channel).to_bytes(_HANDLE_BYTES, "big"))

    def wait(self) -> None:
        """Until all of them have ended."""
        for each in self._started:
            each.process.wait()


def take_channel(channel: Channel) -> Channel:
    """The end of another's channel that the parent passes on."""
    handle = channel.recv(_HANDLE_BYTES)
    if not handle:
        raise EOFError
    return Channel(int.from_bytes(handle, "big"))


def run_child() -> None:
    """What a child does: the work that it is given, then nothing more."""
    given = sys.stdin.buffer
    handle, outlasts, sys.path = pickle.load(given)  # noqa: S301 - its parent's words alone
    work = pickle.load(given)  # noqa: S301
    if not outlasts:
        Thread(target=_end_with, args=(given,), daemon=True).start()
    try:
        with closing_waits():
            work(Channel(handle))
    except BaseException:  # noqa: BLE001  # who does the work has told what there is to tell
        os._exit(70)
    os._exit(0)


def _end_with(parent: io.BufferedReader) -> None:
    """End, in order, when the parent says so or has gone."""
    with suppress(OSError):
        parent.read()
    signal.raise_signal(signal.SIGTERM)


def _pickled(what: object, process: int) -> bytes:
    """What is sent to a child, with the sockets in it."""

    class Pickler(pickle.Pickler):
        def reducer_override(self, obj: Any) -> Any:
            if isinstance(obj, socket.socket):
                return socket.fromshare, (obj.share(process),)
            return NotImplemented

    written = io.BytesIO()
    Pickler(written).dump(what)
    return written.getvalue()


def when_told_to_end(end: Callable[[], None]) -> None:
    """What is done when Ctrl-C is pressed, the window is closed, or somebody logs off.

    It is done in a thread of the system's, which after some seconds ends us whatever we do.
    """

    def tell(kind: int) -> bool:
        end()
        if kind in _CLOSING:
            Event().wait()  # the process ends as this returns
        return True

    _LISTENING.append(_HandlerRoutine(tell))
    KERNEL.SetConsoleCtrlHandler(_LISTENING[-1], True)  # noqa: FBT003 - the API's


_LISTENING: Final[list[object]] = []
"""What the system calls, which is kept as long as it may."""


def write_no_file() -> None:
    """From now on this process writes no file that is anybody's, whatever becomes of it.

    Its integrity is low: it changes nothing that is not marked for that, as the folder LocalLow of
    an account is, and opens no process that is not as low, so reads the memory of none.

    Raises:
        Unconfined: Windows does not let it.
    """
    if not lower_integrity(own_token(QUERY | ADJUST_DEFAULT), _LOW):
        raise Unconfined
