"""Whether a file of secrets is its owner's alone, by its mode or by its access list."""

from __future__ import annotations

import os
import struct
from pathlib import Path

import pytest

from callrec.errors import Misconfigured
from callrec.system.posix.rights import others_may
from callrec.system.rights import read_private

OWNER, USER, GROUP, NAMED_GROUP, MASK, OTHER = 1, 2, 4, 8, 16, 32

NOBODY = 0xFFFFFFFF

STRANGER = 54321

R = 4


def a_list(*entries: tuple[int, int, int]) -> bytes:
    """An access list as Linux keeps it: version 2, then (tag, rights, user or group)."""
    return struct.pack("<I", 2) + b"".join(struct.pack("<HHI", *entry) for entry in entries)


def of_systemd(user: int, *more: tuple[int, int, int]) -> bytes:
    """The list that systemd 257 gives a credential."""
    entries = [(OWNER, R, NOBODY), (USER, R, user), (GROUP, 0, NOBODY), *more]
    return a_list(*sorted([*entries, (MASK, R, NOBODY), (OTHER, 0, NOBODY)]))


def test_without_a_list_the_mode_decides() -> None:
    assert [mode for mode in range(0o1000) if not others_may(mode, b"")] == [
        mode for mode in range(0o1000) if mode % 0o100 == 0
    ]


def test_a_credential_of_systemd_is_the_services_alone() -> None:
    assert not others_may(0o100440, of_systemd(os.getuid()))


OTHERS_LISTS = {
    "another user": of_systemd(STRANGER),
    "another user too": of_systemd(os.getuid(), (USER, R, STRANGER)),
    "a group": of_systemd(os.getuid(), (NAMED_GROUP, R, STRANGER)),
    "the file's group": a_list((OWNER, R, NOBODY), (GROUP, R, NOBODY), (OTHER, 0, NOBODY)),
    "everybody": a_list((OWNER, R, NOBODY), (GROUP, 0, NOBODY), (OTHER, R, NOBODY)),
}


@pytest.mark.parametrize("access_list", OTHERS_LISTS.values(), ids=OTHERS_LISTS)
def test_a_list_that_lets_others_in_is_seen(access_list: bytes) -> None:
    assert others_may(0o100440, access_list)


def test_a_files_own_list_is_read(tmp_path: Path) -> None:
    secret = tmp_path / "credential"
    secret.write_bytes(b"secret")
    os.setxattr(secret, "system.posix_acl_access", of_systemd(os.getuid()))
    assert secret.stat().st_mode & 0o777 == 0o440
    assert read_private(secret) == b"secret"
    os.setxattr(secret, "system.posix_acl_access", of_systemd(STRANGER))
    with pytest.raises(Misconfigured, match="others can read"):
        read_private(secret)
