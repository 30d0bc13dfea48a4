"""Which drives open with a password that somebody else may know, until they are written over.

A drive's copies of the catalogue carry the locked seeds of those who open recordings, as they were
when it was written (docs/reference/recovery.md, "A password that was seen").
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from sqlalchemy import Connection

from callrec.archive.heads import ARCHIVED, was_authorised_to_archive
from callrec.audit.session import PASSWORD_SEEN
from callrec.catalogue.engine import reading
from callrec.catalogue.volumes import IN_USE, each_volume
from callrec.dataclass import dataclass
from callrec.login.people import logins
from callrec.policy.role import VaultKey, keys_held, powers_vouched_for
from callrec.practice import Practice, register_now
from callrec.record.acts import done_leaves

COPIES_ON_A_DRIVE: Final = 2
"""Generations of the catalogue that a drive keeps (docs/formats/archive.md)."""


@dataclass(frozen=True, slots=True)
class OpenedDrive:
    """A drive in use whose copies of the catalogue open with a password that was seen."""

    login: str
    label: str
    runs: int
    """How many more times it is written to until no copy on it does."""

    @property
    def warning(self) -> str:
        """What to do about it, in a line."""
        times = "twice" if self.runs > 1 else "once more"
        return (
            f'the copies of the catalogue on "{self.label}" still open with the password of'
            f" {self.login} that was seen: run callrec drive backup --to DIR {times}, and destroy"
            " a drive that you cannot write to"
        )


def is_on_drives(practice: Practice) -> bool:
    """Whether a drive is in use, which has a copy of the catalogue with locks of before."""
    with reading(practice.engine) as connection:
        return any(volume.standing == IN_USE for volume in each_volume(connection))


def drives_still_opened(practice: Practice) -> Iterator[OpenedDrive]:
    """Each drive in use with a copy of the catalogue that a password opens which was seen.

    Only people who open recordings open a drive.
    """
    with reading(practice.engine) as connection:
        seen = {leaf.seq for leaf in done_leaves(connection, [PASSWORD_SEEN])}
        if not seen:
            return
        written = _runs(practice, connection)
        register = register_now(practice, connection)
        drives = [volume for volume in each_volume(connection) if volume.standing == IN_USE]
    called = logins(practice)
    last_seen = {
        person: voucher.seq
        for person, vouchers in register.vouchers.items()
        for voucher in vouchers
        if voucher.seq in seen
    }
    for person, since in last_seen.items():
        before = register.person(person, before=since)
        if VaultKey.RECORDINGS not in keys_held(powers_vouched_for(before)):
            continue
        for drive in drives:
            runs = [seq for volume, seq in written if volume == drive.id]
            runs_since = sum(seq > since for seq in runs)
            if runs_since < min(COPIES_ON_A_DRIVE, len(runs)):
                left = COPIES_ON_A_DRIVE - runs_since
                yield OpenedDrive(called[person], drive.label, left)


def drives_opened_by_one(practice: Practice) -> Iterator[str]:
    """For each drive in use that was last written before it took two to open: what to do.

    What is written since takes the place of every copy that was there.
    """
    since = practice.register.form_since()
    if not practice.settings.is_opened_by_two:
        return
    with reading(practice.engine) as connection:
        fresh = {volume for volume, seq in _runs(practice, connection) if seq > since}
        for volume in each_volume(connection):
            if volume.standing == IN_USE and volume.id not in fresh:
                yield (
                    f'"{volume.label}" was written before it took two people, and opens with one'
                    " password: run callrec drive backup --to DIR, or destroy it"
                )


def _runs(practice: Practice, connection: Connection) -> list[tuple[str, int]]:
    """The volume and the leaf of each run that wrote to one, by somebody who might."""
    return [
        (leaf.subject[0], leaf.seq)
        for leaf in done_leaves(connection, [ARCHIVED])
        if was_authorised_to_archive(practice, connection, leaf)
    ]
