"""Python as it is on a Mac, as far as Linux can show it: what macOS lacks is taken away.

A folder with this file in PYTHONPATH has an interpreter, and all that it starts with the same
environment, do so before anything else is loaded. What is synced is written down, a line each, in
the file that SYNCED names; SYNCED alone, without AS_ON_MACOS, does that of Linux.

It shows that nothing is asked for that a Mac has not, and where its own sync is asked for. What a
Mac then does, it cannot show.
"""

from __future__ import annotations

import builtins
import ctypes
import errno
import fcntl
import os
import subprocess
import sys
import sysconfig
import types
from pathlib import Path
from typing import Any

LACKING = (
    *("O_DIRECT", "O_TMPFILE", "O_PATH", "O_NOATIME", "O_LARGEFILE"),
    *("copy_file_range", "splice", "posix_fadvise", "posix_fallocate", "fdatasync"),
    *("sched_getaffinity", "sched_setaffinity", "pidfd_open", "memfd_create", "eventfd"),
    *("getxattr", "setxattr", "listxattr", "removexattr", "unshare", "setns"),
    *("getresuid", "setresuid", "getrandom", "GRND_NONBLOCK"),
)
"""What `os` has on Linux and not on macOS."""

LACKING_IN_C = ("syncfs", "prctl", "renameat2", "memfd_create", "fallocate", "getrandom")

_OWN = ("PYTHONPATH", "SYNCED", "AS_ON_MACOS")

_FULL_SYNC, _NO_CACHE = 51, 48

_PLACES = ("/proc", "/sys")

_fsync, _sync, _fcntl, _stat, _library = os.fsync, os.sync, fcntl.fcntl, os.stat, ctypes.CDLL


def _note(how: str, descriptor: int | None = None) -> None:
    path = "" if descriptor is None else os.readlink(f"/proc/self/fd/{descriptor}")  # noqa: PTH115
    line = f"{how} {path}\n".encode(errors="surrogateescape")
    written = _open(os.environ["SYNCED"], os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    os.write(written, line)
    os.close(written)


_open = os.open


def _number(of: Any) -> int:
    return of if isinstance(of, int) else int(of.fileno())


def _synced(descriptor: Any) -> None:
    _note("fsync", _number(descriptor))
    _fsync(descriptor)


def _all_synced() -> None:
    _note("sync")
    _sync()


def _told_of_the_system(name: bytes, text: Any, size: Any, new: None, length: int) -> int:
    """As sysctl(3) answers what callrec asks it: which start of the machine this is."""
    del new, length
    if name != b"kern.bootsessionuuid":
        return -1
    text.value = b"5F0E1B2C-0000-4000-8000-000000000001"
    size._obj.value = len(text.value) + 1  # noqa: SLF001 - of what `byref` was given
    return 0


class _Library:
    """The C library, which lacks some and whose ``syncfs`` is noted."""

    def __init__(self, library: Any) -> None:
        self._library = library

    def __getattr__(self, name: str) -> Any:
        if "AS_ON_MACOS" in os.environ and name in LACKING_IN_C:
            raise AttributeError(name)
        if "AS_ON_MACOS" in os.environ and name == "sysctlbyname":
            return _told_of_the_system
        found = getattr(self._library, name)
        if name != "syncfs":
            return found

        def syncfs(folder: int) -> int:
            _note("syncfs", folder)
            return int(found(folder))

        return syncfs


def _load(name: Any = None, *given: Any, **named: Any) -> Any:
    library = _library(name, *given, **named)
    return _Library(library) if name is None else library


def _asked(descriptor: Any, command: int, *given: Any) -> Any:
    if command == _FULL_SYNC:
        _note("full", _number(descriptor))
        return _fsync(descriptor)
    if command == _NO_CACHE:
        return 0
    return _fcntl(descriptor, command, *given)


def _hidden(path: Any) -> bool:
    text = path if isinstance(path, str) else str(path) if isinstance(path, Path) else ""
    return text in _PLACES or text.startswith(tuple(f"{each}/" for each in _PLACES))


def _looked_at(path: Any, *given: Any, **named: Any) -> os.stat_result:
    if _hidden(path):
        raise FileNotFoundError(errno.ENOENT, os.strerror(errno.ENOENT), path)
    return _stat(path, *given, **named)


def _opened(path: Any, *given: Any, **named: Any) -> int:
    if _hidden(path):
        raise FileNotFoundError(errno.ENOENT, os.strerror(errno.ENOENT), path)
    return _open(path, *given, **named)


def _no_file_to_a_file(*_: Any) -> int:
    raise OSError(errno.ENOTSOCK, os.strerror(errno.ENOTSOCK))  # sendfile(2) of macOS


_popen = subprocess.Popen.__init__


def _started(self: Any, command: Any, *given: Any, **named: Any) -> None:
    """What is started as a module of ours, with nothing of its caller's, is such a one, too."""
    if not isinstance(command, str) and [*command[:2]] == [sys.executable, "-I"]:
        command = [sys.executable, *command[2:]]
        own = {name: os.environ[name] for name in _OWN if name in os.environ}
        named["env"] = {**(named.get("env") or os.environ), **own}
    _popen(self, command, *given, **named)


def _replace(where: Any, **others: Any) -> None:
    for name, other in others.items():
        setattr(where, name, other)


if "SYNCED" in os.environ:
    _replace(subprocess.Popen, __init__=_started)
    _replace(os, fsync=_synced, sync=_all_synced)
    _replace(ctypes, CDLL=_load)

if "AS_ON_MACOS" in os.environ:
    sysconfig.get_config_vars()  # how Python was built is told by a file that is called for Linux
    sys.platform = "darwin"
    for each in LACKING:
        if hasattr(os, each):
            delattr(os, each)
    _replace(os, sendfile=_no_file_to_a_file, stat=_looked_at, open=_opened)
    _replace(fcntl, fcntl=_asked)
    _proxies = types.ModuleType("_scproxy")  # what urllib asks a Mac for
    _replace(_proxies, _get_proxy_settings=dict, _get_proxies=dict)
    sys.modules["_scproxy"] = _proxies
    _plain_open = builtins.open

    def _open_file(file: Any, *given: Any, **named: Any) -> Any:
        if _hidden(file):
            raise FileNotFoundError(errno.ENOENT, os.strerror(errno.ENOENT), file)
        return _plain_open(file, *given, **named)

    _replace(builtins, open=_open_file)
