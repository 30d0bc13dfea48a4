"""What a process is kept from on Windows: walls that its parent puts up, and what it gives up.

Its parent starts it as an app container without any capability: it reaches no network and no file
but those of Windows and of what is installed for every app, as all below ``Program Files`` is. It
is in a job of its own, which bounds its memory and processor time, lets it start no process and
ends with its parent. Once it has loaded what it needs, it takes its own privileges away and lowers
its integrity, so that it can write nowhere, and has Windows refuse it memory that runs, code that
is not Windows' own, and calls of the window system.

Where it cannot be an app container, or does not start as one because what it loads lies in
somebody's own folder, the rest is what there is: it then can read the files of its account, and
reach the network. `can_confine` starts one and looks.

Sources (learn.microsoft.com): AppContainer isolation; CreateAppContainerProfile;
UpdateProcThreadAttribute; Job Objects; SetProcessMitigationPolicy; Mandatory Integrity Control.
"""

from __future__ import annotations

import _winapi
import ctypes
import os
import subprocess
import sys
import time
from collections.abc import Sequence
from contextlib import suppress
from ctypes import wintypes
from functools import cache
from typing import ClassVar, Final

assert sys.platform == "win32"

from callrec.system.limits import Limits, Unconfined
from callrec.system.modules import python_command
from callrec.system.windows.api import (
    EXTENDED_LIMITS,
    GENERIC_READ,
    GENERIC_WRITE,
    KERNEL,
    KILL_ON_CLOSE,
    OPEN_EXISTING,
    SECURITY,
    JobLimits,
    check,
)
from callrec.system.windows.processes import directly, windows_folder

WHERE_IT_IS_CONFINED: Final = (
    "install callrec for all users, below Program Files, or release recordings of unknown origin on"
    " Linux"
)
"""What to do where this computer cannot confine."""

_CONTAINER: Final = "callrec.sound"
"""The app container's name; Windows remembers it for each account."""

_EXISTS: Final = 0x8007_00B7 - (1 << 32)
"""HRESULT_FROM_WIN32(ERROR_ALREADY_EXISTS)."""

_STARTED_WITHIN_S: Final = 30.0

_NAME: Final = "callrec.system.windows.confinement"


class _StartupInfo(ctypes.Structure):
    """``STARTUPINFOEXW``."""

    _fields_ = (
        ("size", wintypes.DWORD),
        ("names", wintypes.LPWSTR * 3),
        ("numbers", wintypes.DWORD * 7),
        ("flags", wintypes.DWORD),
        ("show", wintypes.WORD),
        ("reserved_size", wintypes.WORD),
        ("reserved", ctypes.c_void_p),
        ("input", wintypes.HANDLE),
        ("output", wintypes.HANDLE),
        ("errors", wintypes.HANDLE),
        ("attributes", ctypes.c_void_p),
    )


class _Started(ctypes.Structure):
    """``PROCESS_INFORMATION``."""

    _fields_ = (
        ("process", wintypes.HANDLE),
        ("thread", wintypes.HANDLE),
        ("process_id", wintypes.DWORD),
        ("thread_id", wintypes.DWORD),
    )


class _Capabilities(ctypes.Structure):
    """``SECURITY_CAPABILITIES``: of an app container; none of them."""

    _fields_ = (
        ("container", ctypes.c_void_p),
        ("capabilities", ctypes.c_void_p),
        ("count", wintypes.DWORD),
        ("reserved", wintypes.DWORD),
    )


class _Label(ctypes.Structure):
    """``TOKEN_MANDATORY_LABEL``."""

    _fields_ = (("sid", ctypes.c_void_p), ("attributes", wintypes.DWORD))


_BASIC_UI: Final = 4
"""Of JOBOBJECTINFOCLASS."""

_PROCESS_TIME, _ONE_PROCESS, _PROCESS_MEMORY = 0x2, 0x8, 0x100
_DIE_ON_EXCEPTION: Final = 0x400
"""JOB_OBJECT_LIMIT_..."""

_NO_UI: Final = 0xFF
"""All of JOB_OBJECT_UILIMIT_...: clipboard, desktops, other programs' windows, system settings."""

_SUSPENDED, _UNICODE_ENVIRONMENT, _EXTENDED_STARTUP = 0x4, 0x400, 0x8_0000
_USES_HANDLES: Final = 0x100
_HANDLE_LIST, _SECURITY_CAPABILITIES = 0x2_0002, 0x2_0009
"""PROC_THREAD_ATTRIBUTE_..."""

_INBOUND, _OUTBOUND = 1, 2
_OVERLAPPED, _FIRST_INSTANCE = 0x4000_0000, 0x8_0000
_REJECT_REMOTE: Final = 8
_PIPE_BYTES: Final = 1 << 16

QUERY, _ADJUST_PRIVILEGES, ADJUST_DEFAULT = 0x8, 0x20, 0x80
_TOKEN_PRIVILEGES, _TOKEN_INTEGRITY, _TOKEN_IS_CONTAINER = 3, 25, 29
_REMOVED: Final = 4
_INTEGRITY: Final = 0x20
_UNTRUSTED: Final = "S-1-16-0"

_DYNAMIC_CODE: Final = 2
_MITIGATIONS: Final = {
    4: 1,  # no calls of the window system (ProcessSystemCallDisablePolicy)
    6: 1,  # no extension that some other program registered
    8: 1,  # no library but Microsoft's own, from here on (ProcessSignaturePolicy)
    9: 1,  # no font but the system's
    10: 7,  # no library from another machine, or that a process of low integrity wrote
    13: 1,  # no child process
}
"""PROCESS_MITIGATION_POLICY, beside the one that is a must; older Windows lack one or another."""

KERNEL.CreateProcessW.argtypes = (
    wintypes.LPCWSTR, wintypes.LPWSTR, ctypes.c_void_p, ctypes.c_void_p, wintypes.BOOL,
    wintypes.DWORD, ctypes.c_void_p, wintypes.LPCWSTR, ctypes.c_void_p, ctypes.POINTER(_Started),
)  # fmt: skip
KERNEL.InitializeProcThreadAttributeList.argtypes = (
    ctypes.c_void_p, wintypes.DWORD, wintypes.DWORD, ctypes.POINTER(ctypes.c_size_t),
)  # fmt: skip
KERNEL.UpdateProcThreadAttribute.argtypes = (
    ctypes.c_void_p, wintypes.DWORD, ctypes.c_size_t, ctypes.c_void_p, ctypes.c_size_t,
    ctypes.c_void_p, ctypes.c_void_p,
)  # fmt: skip
KERNEL.DeleteProcThreadAttributeList.argtypes = (ctypes.c_void_p,)
KERNEL.ResumeThread.argtypes = (wintypes.HANDLE,)
KERNEL.SetProcessMitigationPolicy.argtypes = (ctypes.c_int, ctypes.c_void_p, ctypes.c_size_t)
SECURITY.SetTokenInformation.argtypes = (
    wintypes.HANDLE, ctypes.c_int, ctypes.c_void_p, wintypes.DWORD,
)  # fmt: skip
SECURITY.AdjustTokenPrivileges.argtypes = (
    wintypes.HANDLE, wintypes.BOOL, ctypes.c_void_p, wintypes.DWORD, ctypes.c_void_p,
    ctypes.c_void_p,
)  # fmt: skip


class ConfinedProcess:
    """A process behind walls, and the two pipes through which it is spoken to.

    No pipe is waited for beyond a moment of `time.monotonic`.
    """

    _can_contain: ClassVar[bool] = True
    """Whether none has failed to start as an app container."""

    def __init__(self, command: Sequence[str]) -> None:
        """Start it.

        Raises:
            OSError: it cannot be started.
        """
        its_input, self._to = _pipe(_OUTBOUND, GENERIC_READ)
        its_output, self._from = _pipe(_INBOUND, GENERIC_WRITE)
        errors = _winapi.CreateFile("NUL", GENERIC_WRITE, 0, 0, OPEN_EXISTING, 0, 0)
        handles = (its_input, its_output, errors)
        self._job = KERNEL.CreateJobObjectW(None, None)
        self._set_limits(JobLimits())
        self._contained = False
        try:
            container = _container() if ConfinedProcess._can_contain else None
            if container:
                with suppress(OSError):
                    self._process = _start(command, handles, self._job, container)
                    self._contained = True
            if not self._contained:
                self._process = _start(command, handles, self._job, None)
        except OSError:
            for each in (self._to, self._from, self._job):
                _winapi.CloseHandle(each)
            raise
        finally:
            for each in handles:
                _winapi.CloseHandle(each)

    def limit(self, limits: Limits) -> None:
        """Set what it may use up; it can take nothing of that back."""
        most = JobLimits(
            process_time=limits.cpu_seconds * 10_000_000, process_memory=limits.memory_bytes
        )
        most.flags = _PROCESS_TIME | _PROCESS_MEMORY
        self._set_limits(most)

    def _set_limits(self, most: JobLimits) -> None:
        most.flags |= _ONE_PROCESS | _DIE_ON_EXCEPTION | KILL_ON_CLOSE
        most.processes = 1
        check(
            KERNEL.SetInformationJobObject(
                self._job, EXTENDED_LIMITS, ctypes.byref(most), ctypes.sizeof(most)
            )
        )

    def walls_were_too_high(self) -> bool:
        """Whether these may have kept it from starting; the next one is started with lower ones.

        An app container cannot read a Python that somebody has installed in their own folder.
        """
        if self._contained:
            ConfinedProcess._can_contain = False
        return self._contained

    def write(self, data: bytes, until: float) -> None:
        """Send all of it.

        Raises:
            TimeoutError: not until then.
            BrokenPipeError: it has ended.
        """
        left = memoryview(data)
        while left:
            sent, _ = _done(*_winapi.WriteFile(self._to, left, overlapped=True), until)
            left = left[sent:]

    def read(self, length: int, until: float) -> bytes:
        """So many bytes of what it says.

        Raises:
            TimeoutError: not until then.
            EOFError: it has ended.
        """
        read = bytearray()
        while len(read) < length:
            more = length - len(read)
            try:
                count, some = _done(*_winapi.ReadFile(self._from, more, overlapped=True), until)
            except BrokenPipeError:
                raise EOFError from None
            read += some[:count]
        return bytes(read)

    def ended_well(self) -> bool:
        """Wait for its end, a while; returns whether that was with status 0."""
        _winapi.WaitForSingleObject(self._process, int(_STARTED_WITHIN_S * 1000))
        return _winapi.GetExitCodeProcess(self._process) == 0

    def end(self) -> None:
        """Whatever it does, it is gone afterwards."""
        with suppress(OSError):  # it has ended by itself
            _winapi.TerminateProcess(self._process, 1)
        _winapi.WaitForSingleObject(self._process, _winapi.INFINITE)
        for each in (self._to, self._from, self._process, self._job):
            _winapi.CloseHandle(each)


def _pipe(direction: int, its_right: int) -> tuple[int, int]:
    """A pipe: the child's end, which it inherits, and ours, which can be waited for a while."""
    name = rf"\\.\pipe\callrec-{os.urandom(16).hex()}"
    ours = _winapi.CreateNamedPipe(
        name, direction | _OVERLAPPED | _FIRST_INSTANCE, _REJECT_REMOTE, 1,
        _PIPE_BYTES, _PIPE_BYTES, 0, 0,
    )  # fmt: skip
    theirs = _winapi.CreateFile(name, its_right, 0, 0, OPEN_EXISTING, 0, 0)
    _winapi.ConnectNamedPipe(ours, overlapped=True).GetOverlappedResult(True)  # noqa: FBT003 - the API's
    os.set_handle_inheritable(theirs, True)  # noqa: FBT003
    return theirs, ours


def _done(begun: _winapi.Overlapped, state: int, until: float) -> tuple[int, bytes]:
    """Wait for what was begun on a pipe; how many bytes it was, and those that were read."""
    if state == _winapi.ERROR_IO_PENDING:
        wait_ms = max(0, int((until - time.monotonic()) * 1000))
        try:
            found = _winapi.WaitForMultipleObjects([begun.event], False, wait_ms)  # noqa: FBT003
        except BaseException:  # Ctrl-C too
            begun.cancel()
            raise
        if found == _winapi.WAIT_TIMEOUT:
            begun.cancel()
            raise TimeoutError
    count, _ = begun.GetOverlappedResult(True)  # noqa: FBT003
    return count, begun.getbuffer() or b""


@cache
def _container() -> int | None:
    """The app container's SID; None: this computer has no such thing."""
    sid = ctypes.c_void_p()
    try:
        library = ctypes.WinDLL("userenv")
        made = library.CreateAppContainerProfile(
            _CONTAINER, _CONTAINER, "callrec: reads sound", None, 0, ctypes.byref(sid)
        )
        if made == _EXISTS:
            derive = library.DeriveAppContainerSidFromAppContainerName
            made = derive(_CONTAINER, ctypes.byref(sid))
    except (OSError, AttributeError):
        return None
    return sid.value if made == 0 else None


def _start(command: Sequence[str], handles: Sequence[int], job: int, container: int | None) -> int:
    """Start a process within a job before it runs; it gets these handles as its streams.

    Raises:
        OSError: it cannot be started so.
    """
    command, environ = directly(command)
    inherited = (wintypes.HANDLE * len(handles))(*handles)
    capabilities = _Capabilities(container=container)
    given: list[tuple[int, ctypes.Array[wintypes.HANDLE] | _Capabilities]]
    given = [(_HANDLE_LIST, inherited)]
    if container:
        given.append((_SECURITY_CAPABILITIES, capabilities))
    size = ctypes.c_size_t()
    KERNEL.InitializeProcThreadAttributeList(None, len(given), 0, ctypes.byref(size))
    attributes = ctypes.create_string_buffer(size.value)
    check(KERNEL.InitializeProcThreadAttributeList(attributes, len(given), 0, ctypes.byref(size)))
    try:
        for kind, value in given:
            check(
                KERNEL.UpdateProcThreadAttribute(
                    attributes, 0, kind, ctypes.byref(value), ctypes.sizeof(value), None, None
                )
            )
        info = _StartupInfo(
            size=ctypes.sizeof(_StartupInfo), flags=_USES_HANDLES, input=handles[0],
            output=handles[1], errors=handles[2], attributes=ctypes.addressof(attributes),
        )  # fmt: skip
        started = _Started()
        # An app container is not started without the last of these, and gets another in its place.
        environ["LOCALAPPDATA"] = environ["SYSTEMROOT"]
        block = "".join(f"{name}={environ[name]}\0" for name in sorted(environ))
        check(
            KERNEL.CreateProcessW(
                command[0],
                ctypes.create_unicode_buffer(subprocess.list2cmdline(command)),
                None,
                None,
                True,  # noqa: FBT003 - these handles alone
                subprocess.CREATE_NEW_PROCESS_GROUP
                | subprocess.CREATE_NO_WINDOW
                | _SUSPENDED
                | _UNICODE_ENVIRONMENT
                | _EXTENDED_STARTUP,
                ctypes.create_unicode_buffer(block),
                str(windows_folder()),
                ctypes.byref(info),
                ctypes.byref(started),
            )
        )
    finally:
        KERNEL.DeleteProcThreadAttributeList(attributes)
    try:
        check(KERNEL.AssignProcessToJobObject(job, started.process))
        # Refused to a job within another one, as a service's is.
        no_ui = wintypes.DWORD(_NO_UI)
        KERNEL.SetInformationJobObject(job, _BASIC_UI, ctypes.byref(no_ui), ctypes.sizeof(no_ui))
        KERNEL.ResumeThread(started.thread)
    except OSError:
        _winapi.TerminateProcess(started.process, 1)
        _winapi.CloseHandle(started.process)
        raise
    finally:
        _winapi.CloseHandle(started.thread)
    return int(started.process)


def can_confine() -> bool:
    """Whether what is confined here reaches no file and no network: one that is started says so.

    Where it does, there still are the limits, and it writes nowhere and starts nothing.
    """
    process = ConfinedProcess(python_command(_NAME))
    try:
        return process.ended_well()
    finally:
        process.end()


def confine(limits: Limits) -> None:
    """Give up what is not needed for computing, for good; its parent has set the limits.

    Raises:
        Unconfined: Windows did not let it.
    """
    del limits
    token = own_token(QUERY | _ADJUST_PRIVILEGES | ADJUST_DEFAULT)
    _give_up_privileges(token)
    lowered = lower_integrity(token)
    for policy, flags in _MITIGATIONS.items():
        _set_policy(policy, flags)
    if not (lowered or _is_contained()) or not _set_policy(_DYNAMIC_CODE, 1):
        raise Unconfined


def own_token(rights: int) -> int:
    """This process's token, to be used with these rights.

    Raises:
        Unconfined: Windows does not give it.
    """
    token = wintypes.HANDLE()
    if not SECURITY.OpenProcessToken(KERNEL.GetCurrentProcess(), rights, ctypes.byref(token)):
        raise Unconfined
    return token.value or 0


def _give_up_privileges(token: int) -> None:
    """Take each away for good: ``TOKEN_PRIVILEGES`` is a count, then 12 bytes for each."""
    size = wintypes.DWORD()
    SECURITY.GetTokenInformation(token, _TOKEN_PRIVILEGES, None, 0, ctypes.byref(size))
    held = ctypes.create_string_buffer(max(4, size.value))
    if not SECURITY.GetTokenInformation(token, _TOKEN_PRIVILEGES, held, size, ctypes.byref(size)):
        raise Unconfined
    numbers = ctypes.cast(held, ctypes.POINTER(wintypes.DWORD))
    for place in range(numbers[0]):
        numbers[3 + 3 * place] = _REMOVED
    if not SECURITY.AdjustTokenPrivileges(token, False, held, 0, None, None):  # noqa: FBT003
        raise Unconfined


def lower_integrity(token: int, to: str = _UNTRUSTED) -> bool:
    """So that what others made cannot be written to; whether Windows did it."""
    sid = ctypes.c_void_p()
    SECURITY.ConvertStringSidToSidW(to, ctypes.byref(sid))
    label = _Label(sid, _INTEGRITY)
    return bool(
        SECURITY.SetTokenInformation(
            token, _TOKEN_INTEGRITY, ctypes.byref(label), ctypes.sizeof(label)
        )
    )


def _set_policy(policy: int, flags: int) -> bool:
    wanted = wintypes.DWORD(flags)
    return bool(
        KERNEL.SetProcessMitigationPolicy(policy, ctypes.byref(wanted), ctypes.sizeof(wanted))
    )


def _is_contained() -> bool:
    """Whether this process is an app container."""
    found, size = wintypes.DWORD(), wintypes.DWORD()
    SECURITY.GetTokenInformation(
        own_token(QUERY), _TOKEN_IS_CONTAINER, ctypes.byref(found), 4, ctypes.byref(size)
    )
    return bool(found.value)


if __name__ == "__main__":  # what `can_confine` starts
    sys.exit(not _is_contained())
