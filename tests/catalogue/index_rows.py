"""A catalogue of nothing but calls and their index, in memory."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime, tzinfo
from zoneinfo import ZoneInfo

from sqlalchemy import Connection, create_engine

from callrec.catalogue import tables
from callrec.catalogue.index import IndexedCall, add_calls, calls_missed, candidates
from callrec.policy.search import CallFacts, Criteria

KEY = bytes(range(32))

VAULT = "00112233445566778899aabbccddeeff"

LONDON = ZoneInfo("Europe/London")

NEW_YEAR = datetime(2024, 1, 1, tzinfo=UTC)


@contextmanager
def catalogue() -> Iterator[Connection]:
    """An empty catalogue."""
    engine = create_engine("sqlite://")
    tables.METADATA.create_all(engine)
    with engine.connect() as connection:
        yield connection
    engine.dispose()


def add(
    connection: Connection,
    calls: Sequence[CallFacts],
    *,
    key: bytes = KEY,
    first: int = 1,
) -> None:
    """Catalogue and index calls; they are numbered from ``first``."""
    rows = [
        {
            "id": number,
            "uid": str(number),
            "batch": "batch",
            "ciphertext": "",
            "started_at": int(call.started_at.timestamp() * 1000),
            "duration_ms": call.duration_ms,
            "direction": call.direction or "unknown",
            "size_bytes": 0,
            "format": "wav",
            "data_key": b"sealed",
            "state": "live",
        }
        for number, call in enumerate(calls, first)
    ]
    connection.execute(tables.recording.insert(), rows)
    indexed = [_indexed(number, call) for number, call in enumerate(calls, first)]
    add_calls(connection, key, VAULT, indexed)


def add_known(
    connection: Connection,
    calls: Sequence[CallFacts],
    *,
    before: Sequence[CallFacts],
    anew: Sequence[int] = (),
) -> None:
    """Index anew calls of which less was known before, and catalogue what is known now."""
    for number, call in enumerate(calls, 1):
        values = {
            "started_at": int(call.started_at.timestamp() * 1000),
            "direction": call.direction or "unknown",
        }
        row = tables.recording.c.id == number
        connection.execute(tables.recording.update().where(row).values(values))
    add_calls(
        connection,
        KEY,
        VAULT,
        [_indexed(number, call) for number, call in enumerate(calls, 1)],
        before={number: call.started_at for number, call in enumerate(before, 1)},
        anew=anew,
    )


def _indexed(number: int, call: CallFacts) -> IndexedCall:
    return IndexedCall(
        recording=number,
        started_at=call.started_at,
        numbers=call.numbers,
        extensions=call.extensions,
        parties=call.parties,
    )


def proposed(
    connection: Connection,
    criteria: Criteria,
    *,
    keys: Sequence[bytes] = (KEY,),
    zone: tzinfo = LONDON,
) -> list[int]:
    """What the index proposes."""
    return candidates(connection, keys, VAULT, criteria, zone)


def missed(
    connection: Connection,
    calls: Sequence[CallFacts],
    *,
    keys: Sequence[bytes] = (KEY,),
) -> list[int]:
    """Those of all calls in the catalogue that a search would miss, by what they are."""
    indexed = [_indexed(number, call) for number, call in enumerate(calls, 1)]
    return calls_missed(connection, keys, VAULT, indexed)
