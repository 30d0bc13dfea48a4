"""Google's Tink as a judge: it opens what we seal, and we open what it seals."""

from __future__ import annotations

import io
import random

import pytest
from tink import cleartext_keyset_handle, streaming_aead
from tink.proto import aes_gcm_hkdf_streaming_pb2, tink_pb2

from callrec.crypto.context import context
from callrec.crypto.streaming import StreamSealer, segment_capacity
from callrec.errors import Tampered
from crypto.streams import opened_with, sealed_with

KEY = bytes(range(32))

HEAD = context("recording", "0f" * 16, uid="1e" * 16)

TEMPLATE = streaming_aead.streaming_aead_key_templates.AES256_GCM_HKDF_1MB

FIRST, FULL = segment_capacity(0), segment_capacity(1)

SIZES = {
    "nothing": 0,
    "one byte": 1,
    "an exact first segment": FIRST,
    "one over the first segment": FIRST + 1,
    "two exact segments": FIRST + FULL,
    "one over two segments": FIRST + FULL + 1,
}


def judge() -> streaming_aead.StreamingAead:
    """Tink with our key in a keyset, under the parameters of its own template."""
    streaming_aead.register()
    form = aes_gcm_hkdf_streaming_pb2.AesGcmHkdfStreamingKeyFormat.FromString(TEMPLATE.value)
    key = aes_gcm_hkdf_streaming_pb2.AesGcmHkdfStreamingKey(params=form.params, key_value=KEY)
    data = tink_pb2.KeyData(
        type_url=TEMPLATE.type_url,
        value=key.SerializeToString(),
        key_material_type=tink_pb2.KeyData.SYMMETRIC,
    )
    entry = tink_pb2.Keyset.Key(
        key_data=data, status=tink_pb2.ENABLED, key_id=1, output_prefix_type=tink_pb2.RAW
    )
    keyset = tink_pb2.Keyset(primary_key_id=1, key=[entry])
    return cleartext_keyset_handle.from_keyset(keyset).primitive(streaming_aead.StreamingAead)


class Kept(io.BytesIO):
    """A file whose bytes can still be read when it is closed; Tink closes what it writes to."""

    kept = b""

    def close(self) -> None:
        if not self.closed:
            self.kept = self.getvalue()
        super().close()


def a_recording(size: int) -> bytes:
    return random.Random(size).randbytes(size)  # noqa: S311 - a recording, no secret


def test_tinks_template_has_a_raw_prefix_and_32_bytes_of_key() -> None:
    form = aes_gcm_hkdf_streaming_pb2.AesGcmHkdfStreamingKeyFormat.FromString(TEMPLATE.value)
    assert TEMPLATE.output_prefix_type == tink_pb2.RAW
    assert (form.key_size, form.params.ciphertext_segment_size) == (32, 1 << 20)


@pytest.mark.parametrize("size", SIZES.values(), ids=SIZES.keys())
def test_tink_opens_what_we_seal(size: int) -> None:
    sealed = sealed_with(StreamSealer(KEY, HEAD), a_recording(size))
    with judge().new_decrypting_stream(io.BytesIO(sealed), HEAD) as stream:
        assert stream.read() == a_recording(size)


@pytest.mark.parametrize("size", SIZES.values(), ids=SIZES.keys())
def test_we_open_what_tink_seals(size: int) -> None:
    target = Kept()
    with judge().new_encrypting_stream(target, HEAD) as stream:
        stream.write(a_recording(size))
    assert opened_with(KEY, HEAD, target.kept) == a_recording(size)


def test_neither_opens_it_as_another_recording() -> None:
    other = context("recording", "0f" * 16, uid="00" * 16)
    sealed = sealed_with(StreamSealer(KEY, HEAD), b"what was said")
    with pytest.raises(Tampered):
        opened_with(KEY, other, sealed)
    with (
        judge().new_decrypting_stream(io.BytesIO(sealed), other) as stream,
        pytest.raises(Exception, match="stream"),
    ):
        stream.read()
