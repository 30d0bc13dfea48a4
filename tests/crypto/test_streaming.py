"""Streams in Tink's AES256_GCM_HKDF_1MB, against files of known answers."""

from __future__ import annotations

import hashlib

import pytest

from callrec.crypto.streaming import (
    HEADER_BYTES,
    SEGMENT_BYTES,
    StreamOpener,
    StreamSealer,
    sealed_size,
    segment_capacity,
)
from callrec.errors import Tampered
from crypto.streams import head_of, opened_with, sealed_of, sealed_with
from vectors.crypto.cases import Case, cases

KEY = bytes(range(32))

HEAD = b"associated"


@pytest.mark.parametrize("case", cases("streams", expect="good"), ids=str)
def test_a_stream_is_sealed_as_its_file_says(case: Case) -> None:
    sealer = StreamSealer(
        case.bytes_of("key"),
        head_of(case),
        salt=case.bytes_of("salt"),
        prefix=case.bytes_of("prefix"),
    )
    sealed = sealed_with(sealer, bytes(int(case.head["zeros"])))
    assert len(sealed) == int(case.head["size"])
    assert hashlib.sha256(sealed).hexdigest() == case.head["sha256"]


@pytest.mark.parametrize("case", cases("streams", expect="good"), ids=str)
def test_a_stream_made_by_hand_opens(case: Case) -> None:
    opened = opened_with(case.bytes_of("key"), head_of(case), sealed_of(case))
    assert opened == bytes(int(case.head["zeros"]))


@pytest.mark.parametrize("case", cases("streams", expect="tampered"), ids=str)
def test_a_stream_is_refused_as_its_file_says(case: Case) -> None:
    sealed = sealed_of(case)
    if "sha256" in case.head:
        assert hashlib.sha256(sealed).hexdigest() == case.head["sha256"]
    with pytest.raises(Tampered):
        opened_with(case.bytes_of("key"), head_of(case), sealed)


def test_a_segment_is_a_mebibyte_and_the_first_is_shorter_by_the_header() -> None:
    assert (SEGMENT_BYTES, HEADER_BYTES) == (1_048_576, 40)
    assert segment_capacity(0) == 1_048_576 - 40 - 16
    assert segment_capacity(1) == segment_capacity(2) == 1_048_576 - 16


EDGES = [0, 1, segment_capacity(0) - 1, segment_capacity(0), segment_capacity(0) + 1]

EDGES += [segment_capacity(0) + segment_capacity(1), segment_capacity(0) + segment_capacity(1) + 1]


@pytest.mark.parametrize("size", EDGES)
def test_how_large_a_sealed_file_is_is_known_before_it_is_sealed(size: int) -> None:
    assert sealed_size(size) == len(sealed_with(StreamSealer(KEY, HEAD), bytes(size)))


def test_salt_and_prefix_are_another_each_time() -> None:
    one, two = (StreamSealer(KEY, HEAD).header for _ in range(2))
    assert len(one) == 40
    assert one[0] == 40
    assert one[1:33] != two[1:33]
    assert one[33:] != two[33:]


@pytest.mark.parametrize("size", [0, 16, 31, 33])
def test_nothing_is_sealed_under_a_data_key_that_is_none(size: int) -> None:
    with pytest.raises(ValueError, match="32 bytes"):
        StreamSealer(bytes(size), HEAD)


@pytest.mark.parametrize("size", [0, 16, 31, 33])
def test_nothing_is_opened_under_a_data_key_that_is_none(size: int) -> None:
    with pytest.raises(Tampered, match="data key"):
        StreamOpener(bytes(size), HEAD, StreamSealer(KEY, HEAD).header)


def test_what_is_refused_leaves_nothing_in_the_buffer() -> None:
    sealed = bytearray(sealed_with(StreamSealer(KEY, HEAD), b"what was said"))
    sealed[-1] ^= 1
    room = bytearray(100)
    opener = StreamOpener(KEY, HEAD, bytes(sealed[:HEADER_BYTES]))
    with pytest.raises(Tampered):
        opener.open_segment(
            0, last=True, data=memoryview(sealed)[HEADER_BYTES:], out=memoryview(room)
        )
    assert bytes(room) == bytes(100)
