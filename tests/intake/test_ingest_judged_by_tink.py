"""Google's own Tink opens what lies in the vault, given the data key and nothing else of ours."""

from __future__ import annotations

from pathlib import Path

import pytest
from tink import TinkError, cleartext_keyset_handle, streaming_aead
from tink.proto import aes_gcm_hkdf_streaming_pb2, common_pb2, tink_pb2

from house.practices import House
from house.spool import a_call, a_wave, data_keys_of, recordings_of, take_in

FIRST = (1 << 20) - 40 - 16
"""What the first segment holds: 1 MiB less header and tag."""

FURTHER = (1 << 20) - 16

SIZES = {
    "a short call": 2058,
    "an exact segment": FIRST,
    "one byte more": FIRST + 1,
    "two exact segments": FIRST + FURTHER,
    "two and a half": FIRST + FURTHER + FURTHER // 2,
}


def primitive(data_key: bytes) -> streaming_aead.StreamingAead:
    """AES256_GCM_HKDF_1MB with a raw prefix, from the 32 bytes of a data key."""
    streaming_aead.register()
    template = streaming_aead.streaming_aead_key_templates.AES256_GCM_HKDF_1MB
    form = aes_gcm_hkdf_streaming_pb2.AesGcmHkdfStreamingKeyFormat.FromString(template.value)
    assert form.params.hkdf_hash_type == common_pb2.SHA256
    assert len(data_key) == form.key_size
    key = aes_gcm_hkdf_streaming_pb2.AesGcmHkdfStreamingKey(
        version=0, params=form.params, key_value=data_key
    )
    keyset = tink_pb2.Keyset(
        primary_key_id=1,
        key=[
            tink_pb2.Keyset.Key(
                key_data=tink_pb2.KeyData(
                    type_url=template.type_url,
                    value=key.SerializeToString(),
                    key_material_type=tink_pb2.KeyData.SYMMETRIC,
                ),
                status=tink_pb2.ENABLED,
                key_id=1,
                output_prefix_type=tink_pb2.RAW,
            )
        ],
    )
    return cleartext_keyset_handle.from_keyset(keyset).primitive(streaming_aead.StreamingAead)


def opened_by_tink(sealed: Path, data_key: bytes, associated: bytes) -> bytes:
    with (
        sealed.open("rb") as file,
        primitive(data_key).new_decrypting_stream(file, associated) as stream,
    ):
        return bytes(stream.read())


def sealed_file(house: House, call: Path) -> tuple[Path, bytes, bytes]:
    """The file in the vault, its data key, and the associated data as the format's page has it."""
    take_in(house, call)
    (recording,) = recordings_of(house)
    name = recording.ciphertext
    file = house.folder / "vault" / "recordings" / name[:2] / name
    vault = house.practice.vault
    associated = f'callrec/1 recording\n{{"uid":"{recording.uid}","vault":"{vault}"}}'
    return file, data_keys_of(house)[recording.uid], associated.encode()


@pytest.mark.parametrize("size_bytes", SIZES.values(), ids=SIZES)
def test_google_s_tink_opens_what_was_ingested(
    house: House, tmp_path: Path, size_bytes: int
) -> None:
    sealed = sealed_file(house, a_call(tmp_path, size_bytes=size_bytes))
    assert opened_by_tink(*sealed) == a_wave(size_bytes=size_bytes)


def test_google_s_tink_refuses_it_with_one_byte_changed(house: House, tmp_path: Path) -> None:
    file, data_key, associated = sealed_file(house, a_call(tmp_path))
    content = bytearray(file.read_bytes())
    content[-1] ^= 1
    file.write_bytes(content)
    with pytest.raises(TinkError):
        opened_by_tink(file, data_key, associated)


def test_google_s_tink_refuses_it_under_another_recordings_name(
    house: House, tmp_path: Path
) -> None:
    file, data_key, associated = sealed_file(house, a_call(tmp_path))
    with pytest.raises(TinkError):
        opened_by_tink(file, data_key, associated.replace(b'"uid":"', b'"uid":"0'))
