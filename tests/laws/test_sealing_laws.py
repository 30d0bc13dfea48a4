"""What holds for every short recording, whatever is in it and whoever changes it."""

from __future__ import annotations

import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from callrec.errors import Tampered
from callrec.store.sealing import open_stream
from store.samples import ASSOCIATED, KEY, sealed_bytes

originals = st.binary(max_size=300)


def opened(sealed: bytes) -> bytes:
    return b"".join(open_stream(io.BytesIO(sealed), KEY, ASSOCIATED))


@given(originals)
def test_opening_undoes_sealing(original: bytes) -> None:
    assert opened(sealed_bytes(original)[0]) == original


@given(originals, st.integers(min_value=0), st.integers(min_value=1, max_value=255))
def test_no_changed_byte_opens(original: bytes, where: int, change: int) -> None:
    sealed = bytearray(sealed_bytes(original)[0])
    sealed[where % len(sealed)] ^= change
    with pytest.raises(Tampered):
        opened(bytes(sealed))


@given(originals, st.integers(min_value=0))
def test_no_cut_file_opens(original: bytes, where: int) -> None:
    sealed, _ = sealed_bytes(original)
    with pytest.raises(Tampered):
        opened(sealed[: where % len(sealed)])


@given(originals)
def test_the_same_recording_is_never_sealed_to_the_same_bytes(original: bytes) -> None:
    assert sealed_bytes(original)[0] != sealed_bytes(original)[0]
