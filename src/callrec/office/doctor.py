"""Look over this machine and this vault: what is well, what needs mending, and how.

It opens nothing and writes nothing, so anyone may run it, on a copy too.
"""

from __future__ import annotations

import shutil
import sqlite3
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final
from urllib.parse import quote

from sqlalchemy import Row, select

from callrec.archive.owed import bucket_keeps, cut_off_destructions, kept_days
from callrec.audit.remembered import load_seen_head
from callrec.audit.rows import check_rows
from callrec.calls.trial import spoilt_key, try_first_segment, try_keys
from callrec.catalogue import tables
from callrec.catalogue.engine import is_postgres, reading
from callrec.catalogue.roles import unneeded
from callrec.catalogue.sqlite import wal_is_safe
from callrec.crypto.streaming import sealed_size
from callrec.errors import CallrecError, Failed, Misconfigured
from callrec.keys.audit import audit_keys
from callrec.login.machine import machine_here
from callrec.login.people import logins
from callrec.policy.retention import RecordingState
from callrec.practice import Actor, Practice, check_remembered_head
from callrec.release.record import cut_off_releases
from callrec.store.directory import is_name
from callrec.system.confinement import WHERE_IT_IS_CONFINED, can_confine
from callrec.system.rights import is_private, private_hint
from callrec.system.runtime import KEPT, NOT_KEPT, runtime_folder

LOW_SPACE_BYTES: Final = 5 << 30
"""Bytes free below which the disk is called nearly full: 5 GiB, weeks of a practice's calls."""


class Level(StrEnum):
    """How bad a finding is, in rising order."""

    WELL = "well"
    WARNING = "warning"
    DAMAGE = "damage"


@dataclass(frozen=True, slots=True)
class Finding:
    """The result of one check of the machine or the vault."""

    level: Level
    what: str
    hint: str | None = None


def examine(
    practice: Practice,
    environ: Mapping[str, str],
    *,
    approver: Actor | None,
    full: bool,
    done: Callable[[int], None],
) -> Iterator[Finding]:
    """Every check, in turn; ``done`` is called with how many more recordings were checked.

    ``full``: each sealed recording is read and compared with its name, at the speed of the disk.
    With ``approver``, who holds the recordings key, every key is opened on trial too, with the
    first part of each recording that is here.

    Raises:
        Failed, Misconfigured: the recordings' place cannot be used; raised once all else was told.
    """
    yield _database(practice)
    yield from _rights(practice)
    for name, days in kept_days(practice).items():
        if days is None:
            said = (
                f"nobody has set for how long what was erased is kept elsewhere: {name}.kept_days"
            )
            yield _warning(said, "ask the person who runs it for days, and set them")
    yield from _kept(practice)
    yield _private(practice)
    yield _space(practice)
    yield _login_place(environ)
    yield _unfinished(practice)
    yield _releases(practice)
    yield _decoder()
    yield _shares(practice)
    yield from _machine(practice)
    yield _head(practice)
    away: CallrecError | None = None
    try:
        yield from _recordings(practice, full=full, done=done)
        if full:
            yield from _keys(practice, approver)
    except (Failed, Misconfigured) as error:
        away = error
    yield from _rows(practice)
    if away:
        raise away


_SETTINGS_THAT_KEEP: Final = ", ".join(
    f"current_setting('{name}')" for name in ("fsync", "full_page_writes", "data_checksums")
)


def _well(what: str) -> Finding:
    return Finding(Level.WELL, what)


def _warning(what: str, hint: str | None = None) -> Finding:
    return Finding(Level.WARNING, what, hint)


def _damage(what: str, hint: str) -> Finding:
    return Finding(Level.DAMAGE, what, hint)


def _database(practice: Practice) -> Finding:
    if not is_postgres(practice.engine):
        mode = "WAL" if wal_is_safe(sqlite3.sqlite_version_info) else "rollback journal"
        return _well(f"SQLite {sqlite3.sqlite_version}, {mode}, every transaction synced")
    with reading(practice.engine) as connection:
        version, *kept = connection.exec_driver_sql(
            "SELECT current_setting('server_version'), " + _SETTINGS_THAT_KEEP
        ).one()
    if set(kept) != {"on"}:
        hint = "ask the person who runs it to set fsync, full_page_writes and data checksums on"
        return _warning(f"PostgreSQL {version} may lose or damage what it was given", hint)
    return _well(f"PostgreSQL {version}, every transaction synced, every page with a checksum")


def _rights(practice: Practice) -> Iterator[Finding]:
    if not is_postgres(practice.engine):
        return
    with reading(practice.engine) as connection:
        found = unneeded(connection)
    if found:
        said = "more may be done in the catalogue's database than has to be: "
        hint = "have it made as docs/network.md has it: one role owns the tables, another works"
        yield _warning(said + "; ".join(found), hint)
    else:
        yield _well("the database lets its role here only add to the log, and to what follows it")


def _kept(practice: Practice) -> Iterator[Finding]:
    """Whether the bucket keeps what is removed for longer than certificates say."""
    try:
        kept, hint = bucket_keeps(practice)
    except CallrecError as error:
        yield _warning(f"how long the bucket keeps things was not looked at: {error.message}")
        return
    if kept:
        yield _warning(kept, hint) if hint else _well(kept)


def _private(practice: Practice) -> Finding:
    loose = []
    for path in (practice.folder, *practice.folder.iterdir()):
        with suppress(FileNotFoundError):  # SQLite's journal comes and goes
            if not is_private(path):
                loose.append(path.name)
    if loose:
        said = f"others can enter the vault: {', '.join(loose)}"
        return _warning(said, private_hint(practice.folder))
    return _well("the vault's folder is its owner's alone")


def _space(practice: Practice) -> Finding:
    free = shutil.disk_usage(practice.folder).free
    said = f"{free / (1 << 30):.0f} GiB free on the vault's disk"
    if free < LOW_SPACE_BYTES:
        return _warning(said, "archive to a drive, or make room")
    return _well(said)


def _login_place(environ: Mapping[str, str]) -> Finding:
    if runtime_folder(environ) is not None:
        return _well(f"logins are kept {KEPT}")
    return _warning(NOT_KEPT)


def _unfinished(practice: Practice) -> Finding:
    incoming = practice.folder / "incoming"
    left = [path for path in incoming.iterdir() if path.is_dir()] if incoming.is_dir() else []
    if left:
        hint = "nothing is lost: run the same callrec ingest again"
        return _warning("an ingest was cut off, or is running", hint)
    return _well("no ingest was left unfinished")


def _releases(practice: Practice) -> Finding:
    begun = cut_off_releases(practice)
    if not begun:
        return _well("no release of yours was cut off")
    left = sum(len(each.left) for each in begun)
    return _warning(
        f"{len(begun)} of your releases were cut off, and left {left} sealed files",
        "the next callrec release takes them away and gives back what was granted",
    )


def _decoder() -> Finding:
    if can_confine():
        return _well("sound is decoded where it reaches no file, network or key")
    return _warning(
        "sound is decoded in a process of its own, which this system cannot shut in",
        WHERE_IT_IS_CONFINED,
    )


def _shares(practice: Practice) -> Finding:
    problems = audit_keys(practice)
    if not problems:
        return _well("each share of the keys is sealed to whom it should be")
    if any(problem.is_tampering for problem in problems):
        return _damage(
            f"{len(problems)} shares are not as they should be", "callrec practice keys audit"
        )
    return _warning(f"{len(problems)} shares wait to be renewed", "callrec practice keys audit")


def _machine(practice: Practice) -> Iterator[Finding]:
    """Whether this computer opens recordings beside one approver, where that takes two."""
    if not practice.settings.is_opened_by_two:
        return
    here = [person for person, _ in machine_here(practice)]
    if here:
        yield _well(f"recordings open to one approver here, beside {logins(practice)[here[0]]}")
    else:
        yield _warning(
            "recordings open to two approvers here, as this is none of the practice's machines",
            "callrec user add NAME --role machine",
        )


def _head(practice: Practice) -> Finding:
    try:
        check_remembered_head(practice)
    except CallrecError as error:
        return _damage(error.message, "callrec audit verify")
    if load_seen_head(practice.state_folder) is None:
        return _warning("this vault is new to you: no head of its log is remembered")
    return _well("the audit log holds all that was seen before")


def _rows(practice: Practice) -> Iterator[Finding]:
    with reading(practice.engine) as connection:
        problems = [*check_rows(connection, practice.register)]
    for problem in problems:
        yield _damage(problem.what, "callrec audit verify")
    if not problems:
        yield _well(
            "each row of the catalogue is as it was signed for; whether it follows from the record,"
            " callrec audit verify says"
        )


def _recordings(
    practice: Practice, *, full: bool, done: Callable[[int], None]
) -> Iterator[Finding]:
    with reading(practice.engine) as connection:
        table = tables.recording
        keyless = table.c.data_key.is_(None).label("keyless")
        rows = connection.execute(
            select(table.c.id, table.c.ciphertext, table.c.size_bytes, table.c.state, keyless)
        ).all()
        begun = cut_off_destructions(connection)
    lost = sum(row.keyless and row.state != RecordingState.DESTROYED for row in rows)
    if lost:
        said = f"recordings that have lost their keys, and were not erased: {lost}"
        yield _damage(said, "callrec audit verify")
    known = {row.ciphertext for row in rows}
    here = [row for row in rows if row.state == RecordingState.LIVE]
    damaged, sizes = 0, dict(practice.store.sizes())
    for row in here:
        problem = _look_at(practice, row, sizes.get(row.ciphertext), full=full)
        if problem and _is_here(practice, row):
            damaged += 1
            yield _damage(
                f"recording {row.id}: {problem}", "callrec practice doctor --repair --from DIR"
            )
        done(1)
    yield from _destroyed_there(rows, sizes, begun)
    foreign = sorted(name for name in sizes if not is_name(name))
    if foreign:
        yield _warning(
            f"files among the recordings whose names callrec does not write: {len(foreign)}, the"
            f" first {quote(foreign[0])[:100]}",
            "they hold no recording of this vault: see what they are, and move them away",
        )
    strays = len(sizes.keys() - known) - len(foreign)
    if strays:
        yield _warning(
            f"{strays} sealed {'file is' if strays == 1 else 'files are'} in no catalogue",
            "callrec ingest clears what a killed run left; what stays opens with no key of this"
            " catalogue: a newer copy of it may know it (callrec drive restore --from DRIVE), or"
            " move"
            " it away",
        )
    if not damaged:
        looked = "read and compared" if full else "there, each of its size"
        yield _well(f"recordings {looked}: {len(here)}")


def _destroyed_there(
    rows: Sequence[Row[Any]], sizes: Mapping[str, int], begun: Sequence[str]
) -> Iterator[Finding]:
    """Files of what was destroyed; ``begun``: what ends destructions that have not ended."""
    for row in rows:
        if row.state == RecordingState.DESTROYED and row.ciphertext in sizes:
            hint = f"take it away: recordings/{row.ciphertext[:2]}/{row.ciphertext}"
            if begun:
                hint = f"a destruction was cut off, or goes on: {begun[0]}"
            yield _damage(f"recording {row.id} was destroyed, and its sealed file is there", hint)


def _keys(practice: Practice, approver: Actor | None) -> Iterator[Finding]:
    if approver is None:
        yield _warning(
            "no key was opened: that takes the password of somebody who approves requests",
            "log in as one of them, and run callrec practice doctor --full",
        )
        return
    with reading(practice.engine) as connection:
        tried = try_keys(connection, practice.vault, approver.shares, keep=True)
        rows = connection.execute(select(tables.recording)).all()
    with_key = (row for row in rows if row.id in tried.data_keys)
    spoilt = {
        *tried.spoilt,
        *(row.id for row in with_key if _is_spoilt(practice, row, tried.data_keys[row.id])),
    }
    for number in sorted(spoilt):
        wrong = spoilt_key(number)
        yield _damage(wrong.message, wrong.hint)
    what = f"keys that open: {tried.of - len(spoilt)} of {tried.of}"
    yield _warning(what) if spoilt else _well(what)


def _is_spoilt(practice: Practice, row: Row[Any], data_key: bytes) -> bool:
    """Whether a key does not open its recording, whose file is as it was sealed."""
    try:
        with practice.store.open(row.ciphertext) as sealed:
            if try_first_segment(sealed, row, practice.vault, data_key):
                return False
        practice.store.check(row.ciphertext)
    except CallrecError:  # it is the file, and that is told
        return False
    return True


def _is_here(practice: Practice, row: Row[Any]) -> bool:
    """Whether the vault should still have this file: another command may have let it go since."""
    table = tables.recording.c  # by number: of the others SQLite might go through all that are here
    is_live = (table.ciphertext == row.ciphertext) & (table.state == RecordingState.LIVE)
    query = select(table.id).where(table.id == row.id, is_live)
    with reading(practice.engine) as connection:
        return connection.execute(query).first() is not None


def _look_at(practice: Practice, row: Row[Any], size: int | None, *, full: bool) -> str:
    if size is None:
        return "its sealed file is missing"
    if size != sealed_size(row.size_bytes):
        return "its sealed file is cut or too long"
    if full:
        try:
            practice.store.check(row.ciphertext)
        except CallrecError as error:
            return error.message
    return ""
