"""Our own process, children and what tells them to end, as Windows has them.

Sources (learn.microsoft.com): Process Security and Access Rights; HandlerRoutine callback;
ReOpenFile; CreateProcessW; SetErrorMode; WerSetFlags; SDDL: MS-DTYP 2.5.1.
"""

from __future__ import annotations

import ctypes
import msvcrt
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from ctypes import wintypes
from pathlib import Path
from threading import Event
from typing import IO, Final, NoReturn

assert sys.platform == "win32"

from callrec.system.windows.api import (
    EXTENDED_LIMITS,
    GENERIC_READ,
    INVALID_HANDLE,
    KERNEL,
    KILL_ON_CLOSE,
    SECURITY,
    SHARE_DELETE,
    SHARE_READ,
    SHARING_VIOLATION,
    SILENT_BREAKAWAY,
    JobLimits,
)

ENDING: Final = (signal.SIGINT, signal.SIGTERM)
"""What Ctrl-C comes as; the other only from ourselves. All else is told to `_told` alone."""

_CTRL_C: Final = 0
_CLOSING: Final = frozenset({2, 5, 6})
"""CTRL_CLOSE_EVENT, CTRL_LOGOFF_EVENT, CTRL_SHUTDOWN_EVENT."""

_ENDED_BY_CTRL_C: Final = 0xC000_013A - (1 << 32)
"""STATUS_CONTROL_C_EXIT, as the signed number that Python's ``os._exit`` takes."""

_HandlerRoutine = ctypes.WINFUNCTYPE(wintypes.BOOL, wintypes.DWORD)

KERNEL.SetConsoleCtrlHandler.argtypes = (_HandlerRoutine, wintypes.BOOL)
KERNEL.GetCommandLineW.restype = ctypes.c_void_p
KERNEL.GetSystemWindowsDirectoryW.argtypes = (wintypes.LPWSTR, wintypes.UINT)
KERNEL.PeekNamedPipe.argtypes = (
    wintypes.HANDLE, wintypes.LPVOID, wintypes.DWORD,
    wintypes.LPDWORD, wintypes.LPDWORD, wintypes.LPDWORD,
)  # fmt: skip
KERNEL.GetProcessAffinityMask.argtypes = (
    wintypes.HANDLE, ctypes.POINTER(ctypes.c_size_t), ctypes.POINTER(ctypes.c_size_t),
)  # fmt: skip

_NO_CRITICAL_ERRORS, _NO_CRASH_DIALOG, _NO_FILE_DIALOG = 0x1, 0x2, 0x8000
"""Modes of SetErrorMode; children have them as well. Without the dialog no crash is reported, and
so no dump of the memory kept."""

_NO_HEAP: Final = 1
"""WER_FAULT_REPORTING_FLAG_NOHEAP."""

_DACL: Final = 4
"""DACL_SECURITY_INFORMATION."""

_PROCESS_RIGHTS: Final = "D:P(A;;0x1fffff;;;SY)(A;;0x101001;;;BA)(A;;0x101001;;;OW)"
"""In SDDL, what others may do with this process: the system all; administrators and its own account
end it, wait for it and see that it is there. As nothing gives them the right to change this list,
the account's other programs cannot either; an administrator's can, by a privilege."""


def harden_process() -> None:
    """Let nobody else read what this process writes, or what it has in memory.

    What new files admit comes from their folders. No crash is reported, with which Windows would
    keep a dump of the memory. Another program of the same account cannot open this process to read
    or change its memory; one that runs as an administrator can. The list of processes does not show
    any longer what was typed; an audit of each start (event 4688), where one is kept, has it.
    """
    KERNEL.SetErrorMode(_NO_CRITICAL_ERRORS | _NO_CRASH_DIALOG | _NO_FILE_DIALOG)
    KERNEL.WerSetFlags(_NO_HEAP)
    _close_to_others()
    _hide_arguments()


def _close_to_others() -> None:
    descriptor = wintypes.LPVOID()
    made = SECURITY.ConvertStringSecurityDescriptorToSecurityDescriptorW(
        _PROCESS_RIGHTS, 1, ctypes.byref(descriptor), None
    )
    if made:
        SECURITY.SetKernelObjectSecurity(KERNEL.GetCurrentProcess(), _DACL, descriptor)
        KERNEL.LocalFree(descriptor)


def _hide_arguments() -> None:
    """Overwrite all behind the program's name where the system looks; Python has its own copies."""
    line = KERNEL.GetCommandLineW()
    text = ctypes.wstring_at(line)
    end_of_program = text.find('"', 1) + 1 if text.startswith('"') else text.find(" ")
    if end_of_program > 0:
        spaces = " " * (len(text) - end_of_program)
        ctypes.memmove(line + 2 * end_of_program, spaces.encode("utf-16-le"), 2 * len(spaces))


_kept: Final[list[Callable[[int], bool]]] = []
"""What the system may still call."""


@contextmanager
def _told(
    tell: Callable[[int], bool], closing: Callable[[], bool] = lambda: False
) -> Iterator[None]:
    """Within the block a function is told first what comes from the console, in a thread of it.

    ``closing``: whether it is told of the end and waits for that. To take it back would wait, too.
    """
    handler = _HandlerRoutine(tell)
    KERNEL.SetConsoleCtrlHandler(handler, True)  # noqa: FBT003 - the API's
    try:
        yield
    finally:
        if closing():
            _kept.append(handler)
        else:
            KERNEL.SetConsoleCtrlHandler(handler, False)  # noqa: FBT003


@contextmanager
def closing_waits() -> Iterator[None]:
    """A block for whose end Ctrl-Break, the closing of a window, a log-off and a shutdown wait.

    Each ends the process when the function that is told of it returns; but for Ctrl-Break, after
    some seconds even if it does not.
    """
    over = Event()

    def tell(kind: int) -> bool:
        if kind != _CTRL_C:
            over.wait()
        return False  # and the next one is told of it

    with _told(tell):
        try:
            yield
        finally:
            over.set()


@contextmanager
def graceful_shutdown() -> Iterator[Event]:
    """An event that is set once this process is told to end; work under way may finish.

    Ctrl-C and Ctrl-Break tell it, a window that is closed, a log-off, a shutdown. A second time the
    process ends there and then, whatever it is doing: the system has a thread for what it tells.

    Raises:
        KeyboardInterrupt: at the end of the block, if it was told by Ctrl-C.
    """
    stop, over = Event(), Event()
    by: list[int] = []

    def tell(kind: int) -> bool:
        if over.is_set():
            return False
        if by:
            os._exit(_ENDED_BY_CTRL_C)
        by.append(kind)
        stop.set()
        if kind in _CLOSING:
            Event().wait()  # as this returned, the process would end; so it ends by itself
        return True

    with _told(tell, lambda: not _CLOSING.isdisjoint(by)):
        try:
            yield stop
        finally:
            over.set()
    if _CTRL_C in by:
        raise KeyboardInterrupt


def directly(command: Sequence[str]) -> tuple[list[str], dict[str, str]]:
    """The command that starts a Python itself, and the least environment that it needs for that.

    In a virtual environment ``python.exe`` only starts another one and waits for it; to end it, to
    confine it or to count its processes needs that other one.
    """
    # Without the first nothing starts, without the second it finds nothing of what lies beside us.
    environ, program = {"SYSTEMROOT": str(windows_folder())}, command[0]
    itself: str = getattr(sys, "_base_executable", sys.executable)
    if program == sys.executable != itself:
        program, environ["__PYVENV_LAUNCHER__"] = itself, program
    return [program, *command[1:]], environ


def windows_folder() -> Path:
    found = ctypes.create_unicode_buffer(wintypes.MAX_PATH)
    KERNEL.GetSystemWindowsDirectoryW(found, len(found))
    return Path(found.value)


def start_process(command: Sequence[str]) -> subprocess.Popen[bytes]:
    """A process with two pipes: no environment, no folder, no console of its caller's.

    Of our handles it gets these two alone.
    """
    command, environ = directly(command)
    return subprocess.Popen(  # noqa: S603  # our own module, by our own interpreter
        command,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        bufsize=0,
        cwd=windows_folder(),
        env=environ,
        creationflags=subprocess.CREATE_NEW_PROCESS_GROUP | subprocess.CREATE_NO_WINDOW,
    )


def start_detached(command: Sequence[str], environ: Mapping[str, str]) -> None:
    """Start a command that outlives this process and that nobody has to wait for.

    Raises:
        OSError: it cannot be started.
    """
    process = subprocess.Popen(  # noqa: S603 - our own program, and nothing that anybody typed
        command,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        cwd=windows_folder(),
        env=environ,
        creationflags=subprocess.CREATE_NEW_PROCESS_GROUP | subprocess.CREATE_NO_WINDOW,
    )
    process.returncode = 0  # or Python would complain that nobody has waited for it


def become(command: tuple[str, ...], environ: Mapping[str, str]) -> NoReturn:
    """Have a command take this process's place, its streams and its console.

    Windows has no such thing: this process waits for the other and ends as that does.
    """
    for each in ENDING:
        signal.signal(each, signal.SIG_IGN)  # the other is told as well
    with subprocess.Popen(command, env=environ) as other:  # noqa: S603 - our own module
        _end_with_us(other)
        os._exit(other.wait())


def _end_with_us(other: subprocess.Popen[bytes]) -> None:
    """Have the system end another process, but not its children, if it ends this one."""
    job = KERNEL.CreateJobObjectW(None, None)  # closed as this process ends
    limits = JobLimits(flags=KILL_ON_CLOSE | SILENT_BREAKAWAY)
    KERNEL.SetInformationJobObject(
        job, EXTENDED_LIMITS, ctypes.byref(limits), ctypes.sizeof(limits)
    )
    KERNEL.AssignProcessToJobObject(job, int(other._handle))  # type: ignore[attr-defined]  # noqa: SLF001


def read_available(pipe: IO[bytes]) -> bytes:
    """What can be read from a pipe now, without waiting; empty where that is nothing."""
    handle, there = msvcrt.get_osfhandle(pipe.fileno()), wintypes.DWORD()
    found = KERNEL.PeekNamedPipe(handle, None, 0, None, ctypes.byref(there), None)
    return os.read(pipe.fileno(), there.value) if found and there.value else b""


def usable_processors() -> int:
    """How many processors this process may use."""
    ours, all_there_are = ctypes.c_size_t(), ctypes.c_size_t()
    told = KERNEL.GetProcessAffinityMask(
        KERNEL.GetCurrentProcess(), ctypes.byref(ours), ctypes.byref(all_there_are)
    )
    return ours.value.bit_count() if told and ours.value else os.cpu_count() or 1


def has_writer(descriptor: int) -> bool:
    """Whether it is certain that a process has the file open for writing: its telephone system.

    The file is opened once more, in a way that lets nobody write beside it, which Windows refuses
    while somebody can; and closed at once. Who opens the file for writing in between is refused for
    that long: a millionth of a second, and telephone systems keep a recording open.
    """
    ours = msvcrt.get_osfhandle(descriptor)
    again = KERNEL.ReOpenFile(ours, GENERIC_READ, SHARE_READ | SHARE_DELETE, 0)
    if again == INVALID_HANDLE:
        return ctypes.get_last_error() == SHARING_VIOLATION
    KERNEL.CloseHandle(again)
    return False
