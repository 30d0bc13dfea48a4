"""The search index: cut tokens that propose calls, month by month (docs/formats/index.md).

    token = first b bits of HMAC-SHA-256(HKDF(index key, context index {kind, part}), value)

A token stands for many values, so a thief of the catalogue learns little from it. A search opens
each call that the index proposes, and decides on what is sealed there (policy/search.py).

Law: every call that meets the criteria is among the candidates.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from datetime import MAXYEAR, MINYEAR, UTC, date, datetime, timedelta, tzinfo
from enum import IntEnum
from functools import cache
from types import MappingProxyType
from typing import Any, Final, TypeAlias

from sqlalchemy import ColumnElement, Connection, Row, intersect, select

from callrec.catalogue import tables
from callrec.catalogue.engine import insert_rows
from callrec.catalogue.tables import to_millis
from callrec.crypto.context import context
from callrec.crypto.primitives import derive, mac_function
from callrec.errors import Tampered
from callrec.policy.days import DayRange
from callrec.policy.retention import RecordingState
from callrec.policy.search import TAIL_DIGITS, Criteria
from callrec.policy.words import NORMALISING_VERSION, words
from callrec.values import dataclass

ASSUMED_CALLS_A_MONTH: Final = 1000
"""Calls that a month is taken to have while none is complete."""

MIN_TOKEN_BITS: Final = 2

MAX_TOKEN_BITS: Final = 48
"""No practice comes near: callrec did not write a part that says more."""

_CALENDAR: Final = range(MINYEAR * 12, MAXYEAR * 12)
"""Parts of which one, and the one after it, are months that there are."""


class TokenKind(IntEnum):
    """What a token stands for: the number is in the row, `word` in the context of the key."""

    NUMBER = 1
    TAIL = 2
    PARTY = 3
    EXTENSION_DAY = 4

    @property
    def word(self) -> str:
        """``extension-day``."""
        return self.name.lower().replace("_", "-")


@dataclass(frozen=True, slots=True, kw_only=True)
class IndexedCall:
    """What the index takes from a call."""

    recording: int
    started_at: datetime
    """Aware; its month in UTC is the part."""
    numbers: Collection[str]
    """Of outside parties, E.164 where they are public ones; none if withheld: no row."""
    extensions: Collection[str]
    parties: Collection[str]


@dataclass(frozen=True, slots=True)
class TokenWidth:
    """How many bits the tokens of a part have, fixed at its first row."""

    bits: int
    """Of number, party and extension-day."""
    tail_bits: int

    def of(self, kind: TokenKind) -> int:
        return self.tail_bits if kind is TokenKind.TAIL else self.bits


_Uncut: TypeAlias = "Callable[[int, TokenKind, str], int]"
"""Part, kind and value -> the first 64 bits of the HMAC."""

_UNCUT_BITS: Final = 64

_FIRST, _LAST = -(1 << 63), (1 << 63) - 1
"""Times that no column comes up to."""

_MOMENT: Final = timedelta(microseconds=1)


def part_of(at: datetime) -> int:
    """The part that a call belongs to: ``year * 12 + month - 1`` of its start in UTC."""
    utc = at.astimezone(UTC)
    return utc.year * 12 + utc.month - 1


def part_name(part: int) -> str:
    """``2024-01``, as it stands in the contexts of the part's keys."""
    return f"{part // 12:04d}-{part % 12 + 1:02d}"


def width_for(busiest: int) -> TokenWidth:
    """The width of a new part's tokens.

    With L = floor(log2(busiest)): L - 4 bits, so that about sixteen calls or more share a token;
    of tails, which are ten thousand at most, 4 bits where L is 8 or more, else 2; never under 2.
    """
    exponent = busiest.bit_length() - 1
    tail_bits = 4 if exponent >= 8 else 2  # noqa: PLR2004 - the formula above
    return TokenWidth(max(exponent - 4, MIN_TOKEN_BITS), tail_bits)


def add_calls(
    connection: Connection,
    index_key: bytes,
    vault: str,
    calls: Sequence[IndexedCall],
    zone: tzinfo,
    *,
    before: Mapping[int, datetime] = MappingProxyType({}),
) -> None:
    """Write the tokens that calls lack, and the records of their parts.

    ``before`` has, of calls that were indexed when less was known of them, when they began then.
    """
    uncut = _uncut_under(index_key, vault)
    parts = {call.recording: part_of(call.started_at) for call in calls}
    counted = {recording: part_of(at) for recording, at in before.items()}
    new = Counter(dict.fromkeys(parts.values(), 0))
    new.update(part for recording, part in parts.items() if counted.get(recording) != part)
    widths = _grow(connection, new)
    rows = {
        (part, int(kind), cut(uncut(part, kind, value), widths[part].of(kind)), call.recording)
        for call in calls
        for part in (parts[call.recording],)
        for kind, value in _values(call, zone)
    }
    if rows:
        insert_rows(connection, tables.token.insert(), sorted(rows), if_new=True)


def replace_calls(
    connection: Connection, index_key: bytes, vault: str, calls: Sequence[IndexedCall], zone: tzinfo
) -> None:
    """Write the tokens of calls that are in the index again, under another version of its key."""
    token = tables.token
    known = read_parts(connection)
    for part, of_part in _by_part(calls).items():
        if part not in known:
            raise Tampered(f"the search index's record of {part_name(part)} is missing")
        of_these = token.c.recording.in_([call.recording for call in of_part])
        connection.execute(token.delete().where(token.c.part == part, of_these))
    before = {call.recording: call.started_at for call in calls}
    add_calls(connection, index_key, vault, calls, zone, before=before)


def drop_misplaced_tokens(connection: Connection) -> None:
    """Forget the tokens of calls in months that they turned out not to be of."""
    recording, token = tables.recording.c, tables.token
    for part in read_parts(connection):
        began = recording.started_at >= to_millis(_month(part))
        ended = recording.started_at < to_millis(_month(part + 1))
        of_it = select(recording.id).where(began, ended)
        is_stray = token.c.recording.not_in(of_it)
        connection.execute(token.delete().where(token.c.part == part, is_stray))


def candidates(
    connection: Connection,
    index_keys: Sequence[bytes],
    vault: str,
    criteria: Criteria,
    zone: tzinfo,
) -> list[int]:
    """The recordings that may meet the criteria, newest first: each is to be opened and asked."""
    query = (
        select(tables.recording.c.id)
        .where(tables.recording.c.state != RecordingState.DESTROYED)
        .where(*_clear_conditions(criteria, zone))
        .order_by(tables.recording.c.started_at.desc(), tables.recording.c.id.desc())
    )
    by_extension = criteria.extension is not None and criteria.days is not None
    if not (criteria.number or criteria.tail or criteria.party or by_extension):
        return list(connection.execute(query).scalars())
    under = [_uncut_under(key, vault) for key in index_keys]
    found, token = list[int](), tables.token.c
    for part, width in _parts(connection, criteria.days, zone):
        having = [
            select(token.recording).where(
                token.part == part,
                token.kind == kind,
                token.token.in_(sorted(_cuts(under, part, width, kind, values))),
            )
            for kind, values in _asked(criteria, part, zone)
        ]
        proposed = query.where(tables.recording.c.id.in_(intersect(*having)))
        found += connection.execute(proposed).scalars()
    # A call whose start has become known stands in two parts.
    return list(dict.fromkeys(found))


def calls_missed(
    connection: Connection,
    index_keys: Sequence[bytes],
    vault: str,
    calls: Sequence[IndexedCall],
    zone: tzinfo,
) -> list[int]:
    """Those of the calls that a search for something that is sealed of them would miss."""
    under = [_uncut_under(key, vault) for key in index_keys]
    widths, missed = read_parts(connection), []
    for part, of_part in _by_part(calls).items():
        tokens = _tokens_of(connection, part, [call.recording for call in of_part])
        missed += [
            call.recording
            for call in of_part
            if any(
                tokens[call.recording, kind].isdisjoint(
                    _cuts(under, part, widths[part], kind, [value])
                )
                for kind, value in _values(call, zone)
            )
        ]
    return sorted(missed)


def _by_part(calls: Iterable[IndexedCall]) -> dict[int, list[IndexedCall]]:
    found: dict[int, list[IndexedCall]] = {}
    for call in calls:
        found.setdefault(part_of(call.started_at), []).append(call)
    return found


def _tokens_of(
    connection: Connection, part: int, recordings: Collection[int]
) -> defaultdict[tuple[int, int], set[int]]:
    """The tokens that a part has of these recordings, by recording and kind."""
    token = tables.token.c
    rows = connection.execute(
        select(token.recording, token.kind, token.token).where(
            token.part == part, token.recording.in_(recordings)
        )
    )
    found = defaultdict[tuple[int, int], set[int]](set)
    for recording, kind, cut in rows:
        found[recording, kind].add(cut)
    return found


def _uncut_under(index_key: bytes, vault: str) -> _Uncut:
    blind = blinding(index_key, vault)

    @cache
    def uncut(part: int, kind: TokenKind, value: str) -> int:
        return blind(part_name(part), kind.word, value)

    return uncut


def blinding(index_key: bytes, vault: str) -> Callable[[str, str, str], int]:
    """Part, kind and value -> the first 64 bits of their HMAC, under a key of that part's kind."""

    @cache
    def macs_of(part: str, kind: str) -> Callable[[bytes], bytes]:
        return mac_function(derive(index_key, context("index", vault, kind=kind, part=part)))

    def blind(part: str, kind: str, value: str) -> int:
        return int.from_bytes(macs_of(part, kind)(value.encode())[: _UNCUT_BITS // 8], "big")

    return blind


def cut(uncut: int, bits: int) -> int:
    """The first of its 64 bits."""
    return uncut >> (_UNCUT_BITS - bits)


def _values(call: IndexedCall, zone: tzinfo) -> Iterator[tuple[TokenKind, str]]:
    for number in call.numbers:
        yield TokenKind.NUMBER, number
        yield TokenKind.TAIL, number[-TAIL_DIGITS:]
    day = call.started_at.astimezone(zone).date()
    for extension in call.extensions:
        yield TokenKind.EXTENSION_DAY, _extension_day(extension, day)
    for word in words(" ".join(call.parties)):
        yield TokenKind.PARTY, word


def _extension_day(extension: str, day: date) -> str:
    return f"{extension}|{day.isoformat()}"


def _grow(connection: Connection, new: Mapping[int, int]) -> dict[int, TokenWidth]:
    """Count the new calls into their parts; a part that had none gets its width now."""
    held = {row.part: row for row in connection.execute(select(tables.part))}
    rows = {part: row.rows for part, row in held.items()}
    widths, table = {}, tables.part
    # In order, so that a month that these calls fill is complete before the next one's first row.
    for part in sorted(new):
        width = widths[part] = (
            _width(held[part]) if part in held else width_for(_busiest(rows, part))
        )
        rows[part] = rows.get(part, 0) + new[part]
        if part in held:
            changed = table.update().where(table.c.part == part)
            connection.execute(changed.values(rows=rows[part]))
            continue
        bits = {"bits": width.bits, "tail_bits": width.tail_bits}
        connection.execute(
            table.insert().values(
                part=part, rows=rows[part], normalising=NORMALISING_VERSION, **bits
            )
        )
    return widths


def _busiest(rows: Mapping[int, int], opening: int) -> int:
    """Calls in the busiest complete month: one that the index holds, with a later one after it."""
    newest = max(*rows, opening) if rows else opening
    complete = (count for part, count in rows.items() if part < newest)
    return max(complete, default=ASSUMED_CALLS_A_MONTH)


def read_parts(connection: Connection) -> dict[int, TokenWidth]:
    """The months that the index holds, oldest first, and how wide the tokens of each are."""
    part, began = tables.part, tables.recording.c.started_at
    rows = connection.execute(select(part).order_by(part.c.part))
    widths = {row.part: _width(row) for row in rows}
    begins, ends = ([to_millis(_month(part + after)) for part in widths] for after in (0, 1))
    for since, until in zip((_FIRST, *ends), (*begins, _LAST), strict=True):
        between = (began >= since) & (began < until)
        if since < until and connection.execute(select(began).where(between).limit(1)).first():
            raise Tampered("the search index has no record of a month in which calls began")
    return widths


def _width(row: Row[Any]) -> TokenWidth:
    bits = range(MIN_TOKEN_BITS, MAX_TOKEN_BITS + 1)
    widths = row.bits in bits and row.tail_bits in bits
    if not (widths and row.normalising == NORMALISING_VERSION and row.part in _CALENDAR):
        raise Tampered(f"the search index's record of {part_name(row.part)} is none of ours")
    return TokenWidth(row.bits, row.tail_bits)


def _parts(
    connection: Connection, days: DayRange | None, zone: tzinfo
) -> Iterator[tuple[int, TokenWidth]]:
    """The parts that calls of these days may be in, newest first."""
    parts = reversed(read_parts(connection).items())
    if days is None:
        yield from parts
        return
    begins, ends = days.bounds(zone)
    asked = range(part_of(begins), part_of(ends - _MOMENT) + 1)
    yield from (each for each in parts if each[0] in asked)


def _asked(
    criteria: Criteria, part: int, zone: tzinfo
) -> Iterator[tuple[TokenKind, tuple[str, ...]]]:
    """What each criterion asks of a part: a call must have a token of one of the values."""
    if criteria.number is not None:
        yield TokenKind.NUMBER, (criteria.number,)
        # The index keeps the end of a number by itself: fewer are proposed.
        yield TokenKind.TAIL, (criteria.number[-TAIL_DIGITS:],)
    if criteria.tail is not None:
        yield TokenKind.TAIL, (criteria.tail,)
    for word in words(criteria.party or ""):
        yield TokenKind.PARTY, (word,)
    if criteria.extension is not None and criteria.days is not None:
        days = _days_in(part, criteria.days, zone)
        yield (
            TokenKind.EXTENSION_DAY,
            tuple(_extension_day(criteria.extension, day) for day in days),
        )


def _days_in(part: int, days: DayRange, zone: tzinfo) -> Iterator[date]:
    """Those of the local days that have a moment in the part's month of UTC."""
    begins, ends = _month(part), _month(part + 1) - _MOMENT
    day = max(days.first, begins.astimezone(zone).date())
    last = min(days.last, ends.astimezone(zone).date())
    while day <= last:
        yield day
        day += timedelta(days=1)


def _month(part: int) -> datetime:
    return datetime(part // 12, part % 12 + 1, 1, tzinfo=UTC)


def _cuts(
    under: Sequence[_Uncut], part: int, width: TokenWidth, kind: TokenKind, values: Iterable[str]
) -> set[int]:
    """What any of these values has for a token, under each version of the key."""
    bits = width.of(kind)
    return {cut(uncut(part, kind, value), bits) for value in values for uncut in under}


def _clear_conditions(criteria: Criteria, zone: tzinfo) -> Iterator[ColumnElement[bool]]:
    """What the clear columns tell by themselves; it leaves out no call that meets the criteria."""
    recording = tables.recording.c
    if criteria.direction is not None:
        yield recording.direction == criteria.direction
    if criteria.days is None:
        return
    begins, ends = criteria.days.bounds(zone)
    yield recording.started_at >= to_millis(begins)
    yield recording.started_at < to_millis(ends)
    if criteria.times is not None and criteria.days.count == 1:
        begins, ends = criteria.times.bounds(criteria.days.first, zone)
        yield recording.started_at < to_millis(ends)
        yield recording.started_at + recording.duration_ms >= to_millis(begins)
