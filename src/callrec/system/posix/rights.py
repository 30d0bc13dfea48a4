"""Rights by mode, access list, owner and group: what Linux and macOS keep of a file."""

from __future__ import annotations

import os
import stat
import struct
import sys
from collections import deque
from collections.abc import Iterator
from contextlib import suppress
from io import BufferedReader
from pathlib import Path
from typing import Final

from callrec.errors import Misconfigured

assert sys.platform != "win32"

WRITE: Final = 2
ANY_RIGHT: Final = 7
OTHERS: Final = 0o077
_MAX_LINKS: Final = 40
"""As Linux has it (path_resolution(7))."""

_NAMED_USER: Final = 0x02
_ITS_GROUP: Final = 0x04
_NO_OTHERS: Final = frozenset({0x01, 0x10})
"""Tags of an access list's entries: the owner; and the mask, which bounds what others give."""


def others_may(
    mode: int, access_list: bytes, rights: int = ANY_RIGHT, *, group_is_ours: bool = False
) -> bool:
    """Whether anybody but its owner, this user and root has a right to a file.

    Where a file has an access list, the mode shows the list's mask in the group's place. systemd
    gives a service its credential so: root's own, with a right to read for the service's user.
    """
    if not access_list:
        return bool(mode & (0 if group_is_ours else rights << 3) or mode & rights)
    no_others = _NO_OTHERS | ({_ITS_GROUP} if group_is_ours else set())
    entries = [entry[:3] for entry in struct.iter_unpack("<HHI", access_list[4:])]
    return any(
        given & rights and tag not in no_others and not (tag == _NAMED_USER and is_ours(user))
        for tag, given, user in entries
    )


def is_ours(user: int) -> bool:
    """Whether a user is this process's, or root."""
    return user in (os.getuid(), 0)


def is_ours_alone(group: int) -> bool:
    """Whether nobody but this user is in a group: their own, as most systems give everybody one.

    Where they do, a folder that they make may well let that group write (umask 002).
    """
    import grp  # noqa: PLC0415 - hardly ever asked
    import pwd  # noqa: PLC0415

    user = os.getuid()
    try:
        login, members = pwd.getpwuid(user).pw_name, grp.getgrgid(group).gr_mem
    except KeyError:
        return False
    its_first = [each.pw_uid for each in pwd.getpwall() if each.pw_gid == group]
    return its_first == [user] and set(members) <= {login}


def check_private(file: BufferedReader) -> None:
    """Check that nobody but this user and root can read or change an open file of secrets."""
    found = os.fstat(file.fileno())
    if others_may(found.st_mode, access_list(file.fileno())) or not is_ours(found.st_uid):
        raise Misconfigured(f'others can read "{file.name}"', hint=f'run chmod 600 "{file.name}"')


def check_only_we_can_change(path: Path) -> None:
    """Check that nobody but this user and root can change a file or folder, or exchange it.

    Every folder on the way to it is looked at, links followed. In one with the sticky bit, as /tmp
    has it, others can add files but exchange none of ours. A group in which nobody else is may
    write.
    """
    steps = list(_way_to(path))
    for step in steps:
        found = step.lstat()
        is_link = stat.S_ISLNK(found.st_mode)
        if not is_ours(found.st_uid):
            raise Misconfigured(
                f'"{step}" belongs to another account of this machine',
                hint="run callrec as the account that owns it",
            )
        sticky = found.st_mode & stat.S_ISVTX and step != steps[-1]
        if not (is_link or sticky) and _others_may_write(step, found):
            raise Misconfigured(
                f'others can change what is in "{step}"'
                if stat.S_ISDIR(found.st_mode)
                else f'others can change "{step}"',
                hint=f'run chmod go-w "{step}"',
            )


def _others_may_write(step: Path, found: os.stat_result) -> bool:
    mode, listed = found.st_mode, access_list(step)
    if not others_may(mode, listed, WRITE):
        return False
    return others_may(mode, listed, WRITE, group_is_ours=is_ours_alone(found.st_gid))


def access_list(file: int | Path) -> bytes:
    """A file's access list in the kernel's form; empty where there is none, and beside Linux."""
    if sys.platform == "linux":
        with suppress(AttributeError, OSError):
            return os.getxattr(file, "system.posix_acl_access")
    return b""


def _way_to(path: Path) -> Iterator[Path]:
    """Every folder that is gone through to a file, from the root on, links, and the file itself."""
    at = Path("/")
    yield at
    parts = deque(Path(os.path.abspath(path)).parts[1:])  # noqa: PTH100  # Path.resolve would follow links
    links = 0
    while parts:
        part = parts.popleft()
        step = at.parent if part == ".." else at / part
        yield step
        if not step.is_symlink():
            at = step
            continue
        links += 1
        if links > _MAX_LINKS:
            raise Misconfigured(f'"{path}" leads through too many links')
        target = step.readlink()
        if target.is_absolute():
            at = Path("/")
        parts.extendleft(reversed(target.parts[1:] if target.is_absolute() else target.parts))


def is_private(path: Path) -> bool:
    """Whether the mode lets nobody but the owner do anything to a file or folder."""
    return not path.lstat().st_mode & OTHERS


def private_hint(folder: Path) -> str:
    """What to do where a folder, or what is in it, is not private."""
    return f'run chmod -R go= "{folder}"'


def make_private_folder(path: Path, *, parents: bool = False, exist_ok: bool = False) -> None:
    """Make a folder that only its owner may enter.

    Raises:
        FileExistsError: something has its name, which is no folder or was to be new.
    """
    path.mkdir(mode=0o700, parents=parents, exist_ok=exist_ok)


def may_write(path: Path) -> bool:
    """Whether this account may change a file, or add to a folder."""
    return os.access(path, os.W_OK)


def account_of(path: Path) -> tuple[str, bool]:
    """Whose a file or folder is, by name, and whether that is the account of this process."""
    import pwd  # noqa: PLC0415 - hardly ever asked

    owner = path.stat().st_uid
    try:
        name = pwd.getpwuid(owner).pw_name
    except KeyError:
        name = str(owner)
    return name, owner == os.getuid()


def let_read_like(descriptor: int, like: Path) -> None:
    """Let those read an open file who may read another, and those change it who may change that."""
    status = like.stat()
    with suppress(OSError):
        os.fchown(descriptor, -1, status.st_gid)
    os.fchmod(descriptor, stat.S_IMODE(status.st_mode) & 0o666 | 0o400)
