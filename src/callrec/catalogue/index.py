"""The search index: cut tokens that propose calls, month by month (docs/formats/index.md).

    mac   = HMAC-SHA-256(HKDF(index key, context index {kind, part}), day || "|" || value)
    token = slot * 2^b + the b bits of mac that are this slot's of the day

A value has another token in each slot of two hours, so that a thief of the catalogue cannot follow
anybody from one to the next. A token is cut so short that a search opens some calls of others, and
decides on what is sealed in each (policy/search.py).

Law: every call that meets the criteria is among the candidates.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from datetime import MAXYEAR, MINYEAR, UTC, datetime, timedelta, tzinfo
from enum import IntEnum
from functools import cache
from types import MappingProxyType
from typing import Any, Final, NamedTuple, Self, TypeAlias

from sqlalchemy import ColumnElement, Connection, Row, bindparam, intersect, select

from callrec.catalogue import tables
from callrec.catalogue.engine import insert_rows
from callrec.catalogue.tables import to_millis
from callrec.crypto.context import context
from callrec.crypto.primitives import derive, mac_function
from callrec.dataclass import dataclass
from callrec.errors import Tampered
from callrec.policy.days import DayRange
from callrec.policy.retention import RecordingState
from callrec.policy.search import TAIL_DIGITS, Criteria
from callrec.policy.words import NORMALISING_VERSION, words

ASSUMED_CALLS_A_MONTH: Final = 1000
"""Calls that a month is taken to have while none is complete."""

MIN_TOKEN_BITS: Final = 2

MAX_TOKEN_BITS: Final = 19
"""Of 4 million calls a month: callrec did not write a part that says more."""

_BITS_MORE: Final = 2
"""Of a word of a name: a call has about four of them, and one number."""

_SLOT: Final = timedelta(hours=2)

_SLOTS_A_DAY: Final = 12

_CALENDAR: Final = range(MINYEAR * 12, MAXYEAR * 12)
"""Parts of which one, and the one after it, are months that there are."""


class TokenKind(IntEnum):
    """What a token stands for: the number is in the row, `word` in the context of the key."""

    TAIL = 1
    PARTY = 2
    EXTENSION = 3

    @property
    def word(self) -> str:
        """``extension``."""
        return self.name.lower()


@dataclass(frozen=True, slots=True, kw_only=True)
class IndexedCall:
    """What the index takes from a call."""

    recording: int
    started_at: datetime
    """Aware; its month in UTC is the part, and its two hours are the slot."""
    numbers: Collection[str]
    """Of outside parties, E.164 where they are public ones; none if withheld: no row."""
    extensions: Collection[str]
    parties: Collection[str]


_Uncut: TypeAlias = "Callable[[int, TokenKind, int, str], int]"
"""Part, kind, day of the month (the first is 0) and value -> the HMAC."""

_MAC_BITS: Final = 256

_OF_SLOT: Final = _MAC_BITS // _SLOTS_A_DAY
"""How many bits of a day's HMAC each of its slots has to itself."""


class Slots(NamedTuple):
    """Some of a part."""

    part: int
    numbers: Iterable[int]
    """From the first two hours of the month on, which are 0."""
    bits: int
    """How wide the tokens of the part are."""

    @classmethod
    def at(cls, moment: datetime, bits: int) -> Self:
        """The one that a moment lies in."""
        part = part_of(moment)
        return cls(part, [(moment - _month(part)) // _SLOT], bits)


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


def bits_for(busiest: int) -> int:
    """How wide a new part's tokens are, where the busiest complete month had so many calls.

    With L = floor(log2(busiest)): L - 3 bits and never under 2, so that a token proposes 8 to 16
    calls of others in such a month.
    """
    return max(busiest.bit_length() - 4, MIN_TOKEN_BITS)


def add_calls(
    connection: Connection,
    index_key: bytes,
    vault: str,
    calls: Sequence[IndexedCall],
    *,
    before: Mapping[int, datetime] = MappingProxyType({}),
    anew: Collection[int] = (),
) -> None:
    """Write the tokens that calls lack, and the records of their parts.

    ``before`` has, of calls that were indexed when less was known of them, when they began then.
    ``anew``: those of them of which nothing else was known; what they had goes where their start
    now lies in another slot, as tokens of a slot that is not theirs would tell whose they are.
    """
    for call in (each for each in calls if each.recording in anew):
        began, token = before[call.recording], tables.token
        if Slots.at(began, 0) != Slots.at(call.started_at, 0):
            were = token.c.part == part_of(began), token.c.recording == call.recording
            connection.execute(token.delete().where(*were))
    uncut = _uncut_under(index_key, vault)
    parts = {call.recording: part_of(call.started_at) for call in calls}
    counted = {recording: part_of(at) for recording, at in before.items()}
    new = Counter(dict.fromkeys(parts.values(), 0))
    new.update(part for recording, part in parts.items() if counted.get(recording) != part)
    bits = _grow(connection, new)
    rows = {
        (part, int(kind), token, call.recording)
        for call in calls
        for part in (parts[call.recording],)
        for slot in (Slots.at(call.started_at, bits[part]),)
        for kind, value in _values(call)
        for token in tokens_in(slot, kind, value, [uncut])
    }
    if rows:
        insert_rows(connection, tables.token.insert(), sorted(rows), if_new=True)


def replace_calls(
    connection: Connection, index_key: bytes, vault: str, calls: Sequence[IndexedCall]
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
    add_calls(connection, index_key, vault, calls, before=before)


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
    """The recordings that may meet the criteria, newest first: each is to be opened and asked.

    One that says it was destroyed and has its key yet is among them.
    """
    recording = tables.recording.c
    query = (
        select(recording.id)
        .where((recording.state != RecordingState.DESTROYED) | recording.data_key.is_not(None))
        .where(*_clear_conditions(criteria, zone))
        .order_by(tables.recording.c.started_at.desc(), tables.recording.c.id.desc())
    )
    asked = list(_asked(criteria))
    if not asked:
        return list(connection.execute(query).scalars())
    under = [_uncut_under(key, vault) for key in index_keys]
    found, token = list[int](), tables.token.c
    for slots in _slots(connection, criteria.days, zone):
        having = [
            select(token.recording).where(
                token.part == slots.part,
                token.kind == kind,
                # In the statement: under many keys these are more than it may have parameters.
                token.token.in_(bindparam("of", tokens, unique=True, literal_execute=True)),
            )
            for kind, value in asked
            for tokens in (sorted(tokens_in(slots, kind, value, under)),)
        ]
        proposed = query.where(tables.recording.c.id.in_(intersect(*having)))
        found += connection.execute(proposed).scalars()
    # A call whose start has become known stands in two parts.
    return list(dict.fromkeys(found))


def calls_missed(
    connection: Connection, index_keys: Sequence[bytes], vault: str, calls: Sequence[IndexedCall]
) -> list[int]:
    """Those of the calls that a search for something that is sealed of them would miss."""
    under = [_uncut_under(key, vault) for key in index_keys]
    bits, missed = read_parts(connection), []
    for part, of_part in _by_part(calls).items():
        held = _held(connection, part, [call.recording for call in of_part])
        missed += [
            call.recording
            for call in of_part
            if any(
                held[call.recording, kind].isdisjoint(tokens_in(slot, kind, value, under))
                for slot in (Slots.at(call.started_at, bits[part]),)
                for kind, value in _values(call)
            )
        ]
    return sorted(missed)


def _by_part(calls: Iterable[IndexedCall]) -> dict[int, list[IndexedCall]]:
    found: dict[int, list[IndexedCall]] = {}
    for call in calls:
        found.setdefault(part_of(call.started_at), []).append(call)
    return found


def _held(
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
    def uncut(part: int, kind: TokenKind, day: int, value: str) -> int:
        return blind(part_name(part), kind.word, f"{day + 1:02d}|{value}")

    return uncut


def blinding(index_key: bytes, vault: str) -> Callable[[str, str, str], int]:
    """Part, kind and value -> their HMAC, under a key of that part's kind."""

    @cache
    def macs_of(part: str, kind: str) -> Callable[[bytes], bytes]:
        return mac_function(derive(index_key, context("index", vault, kind=kind, part=part)))

    def blind(part: str, kind: str, value: str) -> int:
        return int.from_bytes(macs_of(part, kind)(value.encode()), "big")

    return blind


def cut(mac: int, bits: int, *, after: int = 0) -> int:
    """So many of its bits, after so many others."""
    return mac >> (_MAC_BITS - after - bits) & ((1 << bits) - 1)


def tokens_in(slots: Slots, kind: TokenKind, value: str, under: Sequence[_Uncut]) -> set[int]:
    """What a value has for tokens in these slots, under each version of the key."""
    bits = slots.bits + _BITS_MORE if kind is TokenKind.PARTY else slots.bits
    places = [(slot, *divmod(slot, _SLOTS_A_DAY)) for slot in slots.numbers]
    return {
        slot << bits | cut(uncut(slots.part, kind, day, value), bits, after=_OF_SLOT * place)
        for uncut in under
        for slot, day, place in places
    }


def _values(call: IndexedCall) -> Iterator[tuple[TokenKind, str]]:
    for number in call.numbers:
        yield TokenKind.TAIL, number[-TAIL_DIGITS:]
    for extension in call.extensions:
        yield TokenKind.EXTENSION, extension
    for word in words(" ".join(call.parties)):
        yield TokenKind.PARTY, word


def _grow(connection: Connection, new: Mapping[int, int]) -> dict[int, int]:
    """Count the new calls into their parts; returns how wide the tokens of each are.

    A part that had none gets its width now.
    """
    held = {row.part: row for row in connection.execute(select(tables.part))}
    rows = {part: row.rows for part, row in held.items()}
    widths, table = {}, tables.part
    # In order, so that a month that these calls fill is complete before the next one's first row.
    for part in sorted(new):
        bits = widths[part] = _bits(held[part]) if part in held else bits_for(_busiest(rows, part))
        rows[part] = rows.get(part, 0) + new[part]
        if part in held:
            changed = table.update().where(table.c.part == part)
            connection.execute(changed.values(rows=rows[part]))
            continue
        connection.execute(
            table.insert().values(
                part=part, rows=rows[part], bits=bits, normalising=NORMALISING_VERSION
            )
        )
    return widths


def _busiest(rows: Mapping[int, int], opening: int) -> int:
    """Calls in the busiest complete month: one that the index holds, with a later one after it."""
    newest = max(*rows, opening) if rows else opening
    complete = (count for part, count in rows.items() if part < newest)
    return max(complete, default=ASSUMED_CALLS_A_MONTH)


def read_parts(connection: Connection) -> dict[int, int]:
    """The months that the index holds, oldest first, and how wide the tokens of each are."""
    part, began = tables.part, tables.recording.c.started_at
    rows = connection.execute(select(part).order_by(part.c.part))
    widths = {row.part: _bits(row) for row in rows}
    begins, ends = ([to_millis(_month(part + after)) for part in widths] for after in (0, 1))
    for since, until in zip((_FIRST, *ends), (*begins, _LAST), strict=True):
        between = (began >= since) & (began < until)
        if since < until and connection.execute(select(began).where(between).limit(1)).first():
            raise Tampered("the search index has no record of a month in which calls began")
    return widths


def _bits(row: Row[Any]) -> int:
    bits: int = row.bits
    is_wide = MIN_TOKEN_BITS <= bits <= MAX_TOKEN_BITS
    if not (is_wide and row.normalising == NORMALISING_VERSION and row.part in _CALENDAR):
        raise Tampered(f"the search index's record of {part_name(row.part)} is none of ours")
    return bits


def _slots(connection: Connection, days: DayRange | None, zone: tzinfo) -> Iterator[Slots]:
    """Those that calls of these days may be in, newest part first."""
    for part, bits in reversed(read_parts(connection).items()):
        begins, ends = _month(part), _month(part + 1)
        if days is not None:
            since, until = days.bounds(zone)
            begins, ends = max(begins, since), min(ends, until)
        if begins < ends:
            first, last = ((at - _month(part)) // _SLOT for at in (begins, ends - _MOMENT))
            yield Slots(part, range(first, last + 1), bits)


def _asked(criteria: Criteria) -> Iterator[tuple[TokenKind, str]]:
    """What the index knows of the criteria: a call must have a token of each."""
    if criteria.number is not None:
        yield TokenKind.TAIL, criteria.number[-TAIL_DIGITS:]
    if criteria.tail is not None:
        yield TokenKind.TAIL, criteria.tail
    for word in words(criteria.party or ""):
        yield TokenKind.PARTY, word
    if criteria.extension is not None:
        yield TokenKind.EXTENSION, criteria.extension


def _month(part: int) -> datetime:
    return datetime(part // 12, part % 12 + 1, 1, tzinfo=UTC)


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
