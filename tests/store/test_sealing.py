from __future__ import annotations

import hashlib
import io
import random
import tracemalloc
from collections.abc import Iterable

import pytest
from tink import cleartext_keyset_handle, streaming_aead
from tink.proto import aes_gcm_hkdf_streaming_pb2, common_pb2, tink_pb2

from callrec.crypto.context import context
from callrec.crypto.streaming import HEADER_BYTES, SEGMENT_BYTES, sealed_size, segment_capacity
from callrec.errors import Tampered
from callrec.store.sealing import Buffers, open_stream, seal_stream, write_all
from store.samples import ASSOCIATED, KEY, VAULT, BadSector, a_sealer, sealed_bytes

TAG = 16

FIRST = segment_capacity(0)

FULL = segment_capacity(1)

SIZES = {
    "nothing": 0,
    "one byte": 1,
    "one short of a segment": FIRST - 1,
    "an exact segment": FIRST,
    "one over a segment": FIRST + 1,
    "two exact segments": FIRST + FULL,
    "two and a half": FIRST + FULL + FULL // 2,
}


def original_of(size: int) -> bytes:
    return random.Random(size).randbytes(size)  # noqa: S311 - a recording, no secret


def opened(sealed: bytes, key: bytes = KEY, associated: bytes = ASSOCIATED) -> bytes:
    return b"".join(open_stream(io.BytesIO(sealed), key, associated))


def segments_of(sealed: bytes) -> list[bytes]:
    return [sealed[start : start + SEGMENT_BYTES] for start in range(0, len(sealed), SEGMENT_BYTES)]


@pytest.mark.parametrize("size", SIZES.values(), ids=SIZES.keys())
def test_the_size_of_a_sealed_file_is_known_from_its_original_s(size: int) -> None:
    assert sealed_size(size) == len(sealed_bytes(original_of(size))[0])


@pytest.mark.parametrize("size", SIZES.values(), ids=SIZES.keys())
def test_what_is_sealed_opens_to_the_same_bytes(size: int) -> None:
    original = original_of(size)
    sealed, _ = sealed_bytes(original)
    assert opened(sealed) == original


@pytest.mark.parametrize("size", SIZES.values(), ids=SIZES.keys())
def test_sealing_tells_the_size_and_both_hashes(size: int) -> None:
    original = original_of(size)
    sealed, facts = sealed_bytes(original)
    assert facts.size_bytes == size
    assert facts.sha256_original == hashlib.sha256(original).hexdigest()
    assert facts.sha256_ciphertext == hashlib.sha256(sealed).hexdigest()


@pytest.mark.parametrize("size", SIZES.values(), ids=SIZES.keys())
def test_a_sealed_file_is_longer_by_a_header_and_a_tag_for_each_segment(size: int) -> None:
    sealed, _ = sealed_bytes(original_of(size))
    segments = 1 if size <= FIRST else 1 + -(-(size - FIRST) // FULL)
    assert len(sealed) == size + HEADER_BYTES + TAG * segments


def tink_opens(sealed: bytes) -> bytes:
    """Google's own implementation, given the data key, as a judge."""
    streaming_aead.register()
    parameters = aes_gcm_hkdf_streaming_pb2.AesGcmHkdfStreamingParams(
        ciphertext_segment_size=SEGMENT_BYTES, derived_key_size=32, hkdf_hash_type=common_pb2.SHA256
    )
    key = aes_gcm_hkdf_streaming_pb2.AesGcmHkdfStreamingKey(
        version=0, params=parameters, key_value=KEY
    )
    data = tink_pb2.KeyData(
        type_url="type.googleapis.com/google.crypto.tink.AesGcmHkdfStreamingKey",
        value=key.SerializeToString(),
        key_material_type=tink_pb2.KeyData.SYMMETRIC,
    )
    entry = tink_pb2.Keyset.Key(
        key_data=data, status=tink_pb2.ENABLED, key_id=1, output_prefix_type=tink_pb2.RAW
    )
    keyset = tink_pb2.Keyset(primary_key_id=1, key=[entry])
    handle = cleartext_keyset_handle.from_keyset(keyset)
    primitive = handle.primitive(streaming_aead.StreamingAead)
    with primitive.new_decrypting_stream(io.BytesIO(sealed), ASSOCIATED) as stream:
        return bytes(stream.read())


@pytest.mark.parametrize("size", SIZES.values(), ids=SIZES.keys())
def test_tink_opens_it_too(size: int) -> None:
    original = original_of(size)
    assert tink_opens(sealed_bytes(original)[0]) == original


def broken(segments: list[bytes]) -> dict[str, Iterable[bytes]]:
    first, second, third = segments
    return {
        "an empty file": [],
        "half a header": [first[:20]],
        "a header alone": [first[:HEADER_BYTES]],
        "cut inside the first segment": [first[:1000]],
        "the last segment dropped": [first, second],
        "a segment dropped": [first, third],
        "the first segment dropped": [second, third],
        "two segments swapped": [first, third, second],
        "a segment repeated": [first, second, second, third],
        "the last segment repeated": [first, second, third, third],
        "the last byte cut off": [first, second, third[:-1]],
        "a byte appended": [first, second, third, b"\0"],
        "the last segment cut to less than a tag": [first, second, third[:15]],
        "a bit changed in the header's size": [b"\x29", first[1:], second, third],
        "a bit changed in the salt": [
            first[:8],
            b"\xff" if first[8] != 255 else b"\0",
            first[9:],
            second,
            third,
        ],
        "a bit changed in the middle": [
            first,
            second[:-40],
            bytes([second[-40] ^ 1]),
            second[-39:],
            third,
        ],
    }


SEALED_IN_THREE, _ = sealed_bytes(original_of(FIRST + FULL + 1000))

BROKEN = broken(segments_of(SEALED_IN_THREE))


@pytest.mark.parametrize("parts", BROKEN.values(), ids=BROKEN.keys())
def test_a_sealed_file_is_refused_with(parts: Iterable[bytes]) -> None:
    with pytest.raises(Tampered):
        opened(b"".join(parts))


def test_a_sealed_file_is_refused_under_another_key() -> None:
    with pytest.raises(Tampered):
        opened(SEALED_IN_THREE, key=bytes(32))


def test_a_sealed_file_is_refused_as_another_recording_or_in_another_vault() -> None:
    for other in (
        context("recording", VAULT, uid="00" * 16),
        context("recording", "00" * 16, uid="1e" * 16),
    ):
        with pytest.raises(Tampered):
            opened(SEALED_IN_THREE, associated=other)


def test_no_byte_of_a_changed_segment_is_handed_out() -> None:
    first, second, third = segments_of(SEALED_IN_THREE)
    pieces = open_stream(io.BytesIO(first + third + second), KEY, ASSOCIATED)
    assert next(pieces) == original_of(FIRST + FULL + 1000)[:FIRST]
    with pytest.raises(Tampered):
        next(pieces)


class _Dripping(io.RawIOBase):
    """A pipe that hands out a few bytes at a time."""

    def __init__(self, data: bytes) -> None:
        self._left = io.BytesIO(data)

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: memoryview, /) -> int:  # type: ignore[override]  # a narrower buffer
        return self._left.readinto(buffer[:4097])


class _Sipping(io.BytesIO):
    """A file that takes a part of what it is given."""

    def write(self, data: memoryview, /) -> int:  # type: ignore[override]  # a narrower buffer
        return super().write(data[:100_000])


def test_short_reads_and_short_writes_lose_nothing() -> None:
    original = original_of(FIRST + 5000)
    target = _Sipping()
    facts = seal_stream(_Dripping(original), target, a_sealer())
    assert hashlib.sha256(target.getvalue()).hexdigest() == facts.sha256_ciphertext
    assert b"".join(open_stream(_Dripping(target.getvalue()), KEY, ASSOCIATED)) == original


def test_write_all_writes_every_byte_in_order() -> None:
    target = _Sipping()
    write_all(target, memoryview(original_of(250_001)))
    assert target.getvalue() == original_of(250_001)


class _Endless(io.RawIOBase):
    """Silence of a given length that is nowhere held."""

    def __init__(self, size: int) -> None:
        self._left = size

    def readinto(self, buffer: memoryview, /) -> int:  # type: ignore[override]  # a narrower buffer
        size = min(len(buffer), self._left)
        self._left -= size
        return size


class _Nowhere:
    """Takes everything and keeps nothing."""

    def write(self, data: memoryview, /) -> int:
        return len(data)


def test_sealing_a_long_recording_takes_the_memory_of_two_segments() -> None:
    tracemalloc.start()
    seal_stream(_Endless(64 << 20), _Nowhere(), a_sealer())
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < SEGMENT_BYTES  # the two themselves are mapped, which is not counted


def test_buffers_used_again_leave_nothing_of_the_recording_before() -> None:
    buffers = Buffers()
    for size in (FIRST + 100, 3):
        target = io.BytesIO()
        seal_stream(io.BytesIO(original_of(size)), target, a_sealer(), buffers)
        assert opened(target.getvalue()) == original_of(size)


def test_an_error_of_the_source_is_the_sources_own() -> None:
    with pytest.raises(OSError, match="source"):
        seal_stream(BadSector(), io.BytesIO(), a_sealer())
