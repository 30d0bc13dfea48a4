"""What the stamps on record say, and whether the entries between them can be of the times they say.

Format: docs/formats/time-stamps.md, 6.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from itertools import accumulate, pairwise
from typing import Final

from sqlalchemy import Connection, func, or_, select

from callrec.audit.attested import written_at
from callrec.catalogue import tables
from callrec.catalogue.tables import from_millis
from callrec.crypto.canonical import format_instant, parse_instant
from callrec.dataclass import dataclass
from callrec.errors import Failed, Tampered
from callrec.package.callrec_verify import (
    NO_OPENSSL,
    NoOpenssl,
    Wrong,
    authority_of,
    check_stamp,
    read_stamp,
)
from callrec.settings import Timestamp
from callrec.stamps.authority import Stamp
from callrec.stamps.kept import note_over

_SOMEWHERE: Final = "to a certificate of [timestamp] in the settings"

_NOWHERE: Final = "to no certificate of [timestamp] in the settings"

LEEWAY: Final = timedelta(hours=1)
"""By how much clocks may differ before that is told."""


@dataclass(frozen=True, slots=True)
class Misdated:
    """Entries that say a time at which they cannot have been written, as the stamps around tell."""

    seq: int
    """The first of them."""
    at: datetime
    """The time that it says."""
    entries: int
    after: datetime
    """They were written later than this."""
    before: datetime | None
    """And no later than this; None: no stamp came since."""
    contested: bool
    """Another stamp says a time with which one of these cannot be right."""


@dataclass(frozen=True, slots=True)
class Contradiction:
    """Two stamps, one after the other, of which the later one says an earlier time."""

    size: int
    """Of the checkpoint of the first, in leaves."""
    at: datetime
    then_size: int
    then_at: datetime


@dataclass(frozen=True, slots=True)
class CheckedStamps:
    """What a check of the stamps on record found."""

    newest: Stamp | None = None
    """The newest, which counts; None: there is none, or anything is wrong with it."""
    count: int = 0
    """How many are on record."""
    problems: tuple[tuple[int, str], ...] = ()
    """What is not as it was signed: the size of the checkpoint, and what is wrong."""
    unchecked: tuple[str, ...] = ()
    """Stamps that lead to no certificate that is pinned now."""
    no_openssl: str = ""
    """Why nothing was checked; empty: it was."""
    misdated: tuple[Misdated, ...] = ()
    contradictions: tuple[Contradiction, ...] = ()
    """They say nothing of the entries between the two: an authority's clock was wrong."""


NO_STAMPS: Final = CheckedStamps()


def check_stamps(
    connection: Connection, timestamp: Timestamp, *, full: bool, dated: bool
) -> CheckedStamps:
    """Check the newest stamp on record, or all of them.

    Args:
        connection: sees one state of the catalogue throughout.
        timestamp: by whose certificates they count.
        full: look at every stamp.
        dated: look at the times of all entries.
    """
    kept = tables.stamp.c
    rows = connection.execute(select(kept.size, kept.stamped_at).order_by(kept.size)).all()
    if not rows:
        return NO_STAMPS
    problems, unchecked, newest = [], [], None
    try:
        for row in rows if full else rows[-1:]:
            try:
                newest = _checked(connection, timestamp, row.size)
            except Tampered as wrong:
                problems.append((row.size, wrong.message))
            except Failed as wrong:
                unchecked.append(wrong.message)
    except NoOpenssl:
        return CheckedStamps(count=len(rows), no_openssl=NO_OPENSSL)
    is_newest = newest is not None and newest.size == rows[-1].size
    times = [(row.size, from_millis(row.stamped_at)) for row in rows]
    return CheckedStamps(
        newest if is_newest else None,
        len(rows),
        tuple(problems),
        tuple(unchecked),
        misdated=tuple(find_misdated(connection, times)) if dated else (),
        contradictions=tuple(find_contradictions(times)) if dated else (),
    )


def _checked(connection: Connection, timestamp: Timestamp, size: int) -> Stamp:
    """One stamp on record.

    Raises:
        Tampered: it is of something else than its row says, or of another time.
        Failed: it leads to no pinned certificate.
    """
    table = tables.stamp.c
    row = connection.execute(select(tables.stamp).where(table.size == size)).one()
    token, note, name = bytes(row.token), note_over(connection, size), f"the time stamp of {size}"
    if note is None:
        raise Tampered(f"{name} entries is of a checkpoint that there is not")
    try:
        claimed = read_stamp(token)
    except Wrong as wrong:
        raise Tampered(f"{name} entries {wrong}") from None
    if not claimed.is_of(note):
        raise Tampered(f"{name} entries is of something else")
    if claimed.at != from_millis(row.stamped_at):
        raise Tampered(f"{name} entries is of another time than its row says")
    try:
        time = check_stamp(token, note, timestamp.certificates.encode(), "given")
    except Wrong:
        raise Failed(f"{name} entries: it leads {_NOWHERE}") from None
    return Stamp(size, token, time)


def find_contradictions(stamps: Sequence[tuple[int, datetime]]) -> Iterator[Contradiction]:
    """Each two of which the later says a time more than an hour before the other's.

    Args:
        stamps: size and time of each, by size.
    """
    for (size, at), (then_size, then_at) in pairwise(stamps):
        if then_at < at - LEEWAY:
            yield Contradiction(size, at, then_size, then_at)


def _contested(stamps: Sequence[tuple[int, datetime]]) -> set[int]:
    """Sizes of the stamps with which any other cannot be right."""
    times = [at for _, at in stamps]
    latest_before = accumulate(times, max)
    earliest_since = reversed([*accumulate(reversed(times), min)])
    around = zip(stamps, latest_before, earliest_since, strict=True)
    return {
        size for (size, at), before, since in around if before > at + LEEWAY or since < at - LEEWAY
    }


def find_misdated(
    connection: Connection, stamps: Sequence[tuple[int, datetime]]
) -> Iterator[Misdated]:
    """Each stretch between stamps in which an entry says a time more than an hour out of it.

    None where the two stamps contradict each other: nothing could be within.

    Args:
        connection: sees one state of the catalogue throughout.
        stamps: size and time of each, oldest first.
    """
    seq, at = tables.leaf.c.seq, written_at()
    ends: list[tuple[int | None, datetime | None]] = [*stamps[1:], (None, None)]
    contested = _contested(stamps)
    for (size, after), (end, before) in zip(stamps, ends, strict=True):
        if before is not None and before < after - LEEWAY:
            continue
        wrong = [at < format_instant(after - LEEWAY).encode()]
        if before is not None:
            wrong.append(at > format_instant(before + LEEWAY).encode())
        within = [seq >= size, or_(*wrong)]
        if end is not None:
            within.append(seq < end)
        first = select(seq, at.label("at")).where(*within).order_by(seq).limit(1)
        found = connection.execute(first).first()
        if found is not None:
            count = connection.execute(select(func.count()).where(*within)).scalar_one()
            at_first, doubtful = (
                parse_instant(found.at.decode()),
                not contested.isdisjoint((size, end)),
            )
            yield Misdated(found.seq, at_first, count, after, before, doubtful)


def stamped_note(connection: Connection, timestamp: Timestamp, stamp: bytes) -> bytes:
    """The checkpoint of the log that a stamp is of which somebody kept elsewhere.

    Raises:
        Tampered: it is of none.
        Failed: it is not a time stamp, leads to no pinned certificate, or there is no ``openssl``.
    """
    try:
        claimed = read_stamp(stamp)
        authority = authority_of(stamp, claimed, timestamp.certificates.encode())
    except Wrong:
        raise Failed(f"it is not a time stamp that leads {_SOMEWHERE}") from None
    except NoOpenssl as missing:
        raise Failed(str(missing)) from None
    newest_first = select(tables.checkpoint.c.note).order_by(tables.checkpoint.c.size.desc())
    for note in connection.execute(newest_first).scalars():
        if claimed.is_of(bytes(note)):
            return bytes(note)
    raise Tampered(
        f"the log does not have what {authority} stamped on {claimed.at:%Y-%m-%d, %H:%M:%S} UTC:"
        " it was set back since, or is another log"
    )
