"""Look over this machine and this vault: what is well, what needs mending, and how.

It opens nothing and writes nothing, so anyone may run it, on a copy too.
"""

from __future__ import annotations

import shutil
import sqlite3
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager, suppress
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
from callrec.office.finding import Finding, Level
from callrec.policy.retention import RecordingState
from callrec.practice import Actor, Practice, check_remembered_head
from callrec.release.record import cut_off_releases
from callrec.store.directory import is_name
from callrec.system.confinement import WHERE_IT_IS_CONFINED, can_confine
from callrec.system.rights import is_private, private_hint
from callrec.system.runtime import KEPT, NOT_KEPT, runtime_folder

LOW_SPACE_BYTES: Final = 5 << 30
"""Bytes free below which the disk is called nearly full: 5 GiB, weeks of a practice's calls."""


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
    is_kept = runtime_folder(environ) is not None
    yield _well(f"logins are kept {KEPT}") if is_kept else _warning(NOT_KEPT)
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
    with _aside() as seen:
        seen.execute("CREATE TABLE row (id INTEGER PRIMARY KEY, name, size_bytes, state, keyless)")
        seen.execute("CREATE TABLE file (name TEXT PRIMARY KEY, size) WITHOUT ROWID")
        with reading(practice.engine) as connection:
            table = tables.recording.c
            keyless = table.data_key.is_(None)
            query = select(table.id, table.ciphertext, table.size_bytes, table.state, keyless)
            rows = connection.execute(query.execution_options(yield_per=1000))
            seen.executemany("INSERT INTO row VALUES (?, ?, ?, ?, ?)", map(tuple, rows))
            begun = cut_off_destructions(connection)
        foreign = list[str]()
        for name, size in practice.store.sizes():
            if is_name(name):
                seen.execute("INSERT OR REPLACE INTO file VALUES (?, ?)", (name, size))
            else:
                foreign.append(name)
        if lost := _count(seen, "FROM row WHERE keyless AND state <> ?", RecordingState.DESTROYED):
            said = f"recordings that have lost their keys, and were not erased: {lost}"
            yield _damage(said, "callrec audit verify")
        damaged = False
        for each in _live_ones(practice, seen, full=full, done=done):
            damaged = True
            yield each
        yield from _destroyed_there(seen, begun)
        yield from _unknown_files(seen, foreign)
        if not damaged:
            looked = "read and compared" if full else "there, each of its size"
            here = _count(seen, "FROM row WHERE state = ?", RecordingState.LIVE)
            yield _well(f"recordings {looked}: {here}")


@contextmanager
def _aside() -> Iterator[sqlite3.Connection]:
    """A database for what memory may not hold, in a file of its own that goes with it.

    Raises:
        Failed: there is no room for it.
    """
    try:
        with closing(sqlite3.connect("")) as database:
            database.execute("PRAGMA cache_size = -16384")  # KiB: no file below 100,000 recordings
            yield database
    except sqlite3.OperationalError as error:
        hint = "free some space on the disk of temporary files and try again"
        raise Failed("recordings were not looked at: that takes room", hint=hint) from error


def _count(seen: sqlite3.Connection, query: str, *state: str) -> int:
    (found,) = seen.execute(f"SELECT count(*) {query}", state).fetchone()
    return int(found)


_TOGETHER: Final = 500
"""Recordings that are looked at before it is asked whether those amiss are still to be there."""

_BOTH: Final = "FROM row LEFT JOIN file USING (name) WHERE state = ?"


def _live_ones(
    practice: Practice, seen: sqlite3.Connection, *, full: bool, done: Callable[[int], None]
) -> Iterator[Finding]:
    every = f"SELECT id, name, size_bytes, size {_BOTH} ORDER BY id"
    rows = seen.execute(every, (RecordingState.LIVE,))
    while some := rows.fetchmany(_TOGETHER):
        wrong = dict[tuple[int, str], str]()
        for number, name, size_bytes, size in some:
            if problem := _look_at(practice, name, size_bytes, size, full=full):
                wrong[number, name] = problem
            done(1)
        for number, name in _still_here(practice, wrong):
            said = f"recording {number}: {wrong[number, name]}"
            yield _damage(said, "callrec practice doctor --repair --from DIR")


def _destroyed_there(seen: sqlite3.Connection, begun: Sequence[str]) -> Iterator[Finding]:
    """Files of what was destroyed; ``begun``: what ends destructions that have not ended."""
    gone = f"SELECT id, name {_BOTH} AND size NOT NULL ORDER BY id"
    for number, name in seen.execute(gone, (RecordingState.DESTROYED,)):
        hint = f"take it away: recordings/{name[:2]}/{name}"
        if begun:
            hint = f"a destruction was cut off, or goes on: {begun[0]}"
        yield _damage(f"recording {number} was destroyed, and its sealed file is there", hint)


def _unknown_files(seen: sqlite3.Connection, foreign: Sequence[str]) -> Iterator[Finding]:
    """Files that are no recording's; ``foreign``: those whose names callrec does not write."""
    if foreign:
        yield _warning(
            f"files among the recordings whose names callrec does not write: {len(foreign)}, the"
            f" first {quote(min(foreign))[:100]}",
            "they hold no recording of this vault: see what they are, and move them away",
        )
    if strays := _count(seen, "FROM file WHERE name NOT IN (SELECT name FROM row)"):
        yield _warning(
            f"{strays} sealed {'file is' if strays == 1 else 'files are'} in no catalogue",
            "callrec ingest clears what a killed run left; what stays opens with no key of this"
            " catalogue: a newer copy of it may know it (callrec drive restore --from DRIVE), or"
            " move it away",
        )


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


def _still_here(
    practice: Practice, files: Collection[tuple[int, str]]
) -> Sequence[tuple[int, str]]:
    """Which files the vault should still have: another command may have let some go since."""
    if not files:
        return ()
    table = tables.recording.c
    query = select(table.id, table.ciphertext, table.state)
    query = query.where(table.id.in_([number for number, _ in files]))
    with reading(practice.engine) as connection:
        rows = connection.execute(query.order_by(table.id)).all()
    live = [(row.id, row.ciphertext) for row in rows if row.state == RecordingState.LIVE]
    return [each for each in live if each in files]


def _look_at(
    practice: Practice, name: str, size_bytes: int, size: int | None, *, full: bool
) -> str:
    if size is None:
        return "its sealed file is missing"
    if size != sealed_size(size_bytes):
        return "its sealed file is cut or too long"
    if full:
        try:
            practice.store.check(name)
        except CallrecError as error:
            return error.message
    return ""
