"""Whole streams in memory, for the tests: sealed and opened by our two classes."""

from __future__ import annotations

from collections.abc import Iterator

from callrec.crypto.context import context
from callrec.crypto.streaming import (
    HEADER_BYTES,
    SEGMENT_BYTES,
    StreamOpener,
    StreamSealer,
    segment_capacity,
)
from vectors.crypto import by_hand
from vectors.crypto.cases import Case

TAG = 16


def sealed_with(sealer: StreamSealer, plain: bytes) -> bytes:
    pieces = list(cut(plain, segment_capacity(0), segment_capacity(1)))
    out = bytearray(sealer.header)
    for index, piece in enumerate(pieces):
        room = bytearray(len(piece) + TAG)
        last = index == len(pieces) - 1
        size = sealer.seal_segment(index, last=last, data=memoryview(piece), out=memoryview(room))
        assert size == len(room)
        out += room
    return bytes(out)


def opened_with(key: bytes, associated: bytes, sealed: bytes) -> bytes:
    opener = StreamOpener(key, associated, sealed[:HEADER_BYTES])
    pieces = list(cut(sealed[HEADER_BYTES:], SEGMENT_BYTES - HEADER_BYTES, SEGMENT_BYTES))
    out = bytearray()
    for index, piece in enumerate(pieces):
        room = bytearray(SEGMENT_BYTES)
        last = index == len(pieces) - 1
        size = opener.open_segment(index, last=last, data=memoryview(piece), out=memoryview(room))
        out += room[:size]
    return bytes(out)


def cut(data: bytes, first: int, others: int) -> Iterator[bytes]:
    """Pieces of these sizes; of nothing, one empty piece."""
    yield data[:first]
    for at in range(first, len(data), others):
        yield data[at : at + others]


def head_of(case: Case) -> bytes:
    return context(case.head["kind"], case.head["vault"], **case.fields)


def sealed_of(case: Case) -> bytes:
    """The bytes of a case: spelt out, or so many zeros sealed by hand and arranged as it says."""
    if "sealed" in case.head:
        return case.bytes_of("sealed")
    segments = by_hand.stream(
        case.bytes_of("key"),
        by_hand.context(case.head["kind"], case.head["vault"], case.fields),
        salt=case.bytes_of("salt"),
        prefix=case.bytes_of("prefix"),
        plain=bytes(int(case.head["zeros"])),
        ends_empty="ends-empty" in case.head,
    )
    return by_hand.arranged(segments, case.head["order"])
