from __future__ import annotations

import io
import random
import tracemalloc

import pytest

from callrec.crypto.streaming import SEGMENT_BYTES, segment_capacity
from callrec.errors import Tampered
from callrec.store.sealing import open_seekable
from store.samples import ASSOCIATED, KEY, VAULT, sealed_bytes

FIRST, FULL = segment_capacity(0), segment_capacity(1)

SIZES = {
    "nothing": 0,
    "one byte": 1,
    "an exact segment": FIRST,
    "one over a segment": FIRST + 1,
    "two exact segments": FIRST + FULL,
    "two and a half": FIRST + FULL + FULL // 2,
}


def original_of(size: int) -> bytes:
    return random.Random(size).randbytes(size)  # noqa: S311 - a recording, no secret


def reader(sealed: bytes, key: bytes = KEY, associated: bytes = ASSOCIATED) -> io.BufferedReader:
    return open_seekable(io.BytesIO(sealed), key, associated)


@pytest.mark.parametrize("size", SIZES.values(), ids=SIZES.keys())
def test_it_reads_as_the_original_does(size: int) -> None:
    original = original_of(size)
    with reader(sealed_bytes(original)[0]) as opened:
        assert opened.read() == original
        assert opened.seek(0, io.SEEK_END) == size
        assert opened.read() == b""


@pytest.mark.parametrize("at", [0, FIRST - 3, FIRST, FIRST + FULL - 5, FIRST + FULL + 7])
def test_any_place_is_reached_from_the_end_and_crosses_segments(at: int) -> None:
    original = original_of(SIZES["two and a half"])
    with reader(sealed_bytes(original)[0]) as opened:
        opened.seek(0, io.SEEK_END)
        assert opened.seek(at) == opened.tell() == at
        assert opened.read(10) == original[at : at + 10]
        assert opened.seek(-4, io.SEEK_CUR) == at + 6
        assert opened.read(4) == original[at + 6 : at + 10]


def test_a_changed_segment_is_found_where_it_is_read_and_not_before() -> None:
    original = original_of(SIZES["two and a half"])
    sealed = bytearray(sealed_bytes(original)[0])
    sealed[SEGMENT_BYTES + 9] ^= 1
    with reader(bytes(sealed)) as opened:
        assert opened.read(10) == original[:10]
        opened.seek(FIRST)
        with pytest.raises(Tampered):
            opened.read(1)


def test_after_a_changed_segment_the_others_still_open() -> None:
    original = original_of(SIZES["two and a half"])
    sealed = bytearray(sealed_bytes(original)[0])
    sealed[SEGMENT_BYTES + 9] ^= 1
    with reader(bytes(sealed)) as opened:
        opened.seek(FIRST + FULL - 1)
        with pytest.raises(Tampered):
            opened.read(1)
        opened.seek(FIRST + FULL)
        assert opened.read(5) == original[FIRST + FULL : FIRST + FULL + 5]


SEALED = sealed_bytes(original_of(SIZES["two and a half"]))[0]

BROKEN = {
    "an empty file": b"",
    "half a header": SEALED[:20],
    "a header alone": SEALED[:40],
    "the last segment dropped": SEALED[: 2 * SEGMENT_BYTES],
    "the last byte cut off": SEALED[:-1],
    "a byte appended": SEALED + b"\0",
    "the last segment cut to less than a tag": SEALED[: 2 * SEGMENT_BYTES + 15],
    "a changed salt": SEALED[:8] + bytes([SEALED[8] ^ 1]) + SEALED[9:],
}


@pytest.mark.parametrize("sealed", BROKEN.values(), ids=BROKEN.keys())
def test_what_is_not_whole_does_not_open(sealed: bytes) -> None:
    with pytest.raises(Tampered):
        reader(sealed)


def test_another_key_or_another_recording_s_name_does_not_open() -> None:
    with pytest.raises(Tampered):
        reader(SEALED, key=bytes(32))
    with pytest.raises(Tampered):
        reader(SEALED, associated=ASSOCIATED.replace(VAULT.encode(), b"aa" * 16))


def test_memory_does_not_grow_with_the_recording() -> None:
    sealed = io.BytesIO(sealed_bytes(bytes(8 * SEGMENT_BYTES))[0])
    tracemalloc.start()
    with open_seekable(sealed, KEY, ASSOCIATED) as opened:
        while opened.read(4096):
            pass
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 3 * SEGMENT_BYTES
