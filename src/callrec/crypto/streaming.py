"""Google Tink's streaming AEAD AES256_GCM_HKDF_1MB, raw prefix (docs/formats/sealed-recording.md).

    header  = 0x28 || salt[32] || nonce prefix[7]
    key     = HKDF-SHA-256(data key, salt, info = associated data)
    nonce i = nonce prefix || u32be(i) || (1 if last else 0)

Ciphertext comes in segments of 1 MiB, the first shorter by the header. The last-segment byte in the
nonce is what makes a cut file fail; the counter, a swapped, repeated or dropped segment. Any Tink
opens it.
"""

from __future__ import annotations

from typing import Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from callrec.crypto.primitives import KEY_BYTES, TAG_BYTES, derive, random_bytes
from callrec.errors import Tampered

SEGMENT_BYTES: Final = 1 << 20
"""Size of a ciphertext segment in bytes, header and tag included: 1 MiB."""

HEADER_BYTES: Final = 40
"""Size of the header in bytes; its first byte holds this number."""

_SALT = 32
_PREFIX = 7


def segment_capacity(index: int) -> int:
    """Plaintext bytes that segment ``index`` holds when it is full."""
    return SEGMENT_BYTES - TAG_BYTES - (HEADER_BYTES if index == 0 else 0)


def sealed_size(size_bytes: int) -> int:
    """Bytes of the sealed file of an original of ``size_bytes``. Law: what sealing it makes."""
    over = max(size_bytes - segment_capacity(0), 0)
    segments = 1 + -(-over // segment_capacity(1))
    return HEADER_BYTES + size_bytes + segments * TAG_BYTES


class StreamSealer:
    """Seals one stream, segment by segment, in order."""

    def __init__(
        self,
        data_key: bytes,
        associated: bytes,
        *,
        salt: bytes | None = None,
        prefix: bytes | None = None,
    ) -> None:
        """Start a stream; salt (32 bytes) and prefix (7) are drawn unless a vector fixes them.

        Raises:
            ValueError: the data key has not 32 bytes: a programming error.
        """
        if len(data_key) != KEY_BYTES:
            raise ValueError("a data key has 32 bytes")
        salt, self._prefix = salt or random_bytes(_SALT), prefix or random_bytes(_PREFIX)
        self.header = bytes([HEADER_BYTES]) + salt + self._prefix
        """The 40 bytes that stand before the first segment's ciphertext."""
        self._cipher = AESGCM(derive(data_key, associated, salt=salt))

    def seal_segment(self, index: int, *, last: bool, data: memoryview, out: memoryview) -> int:
        """Seal ``data`` (at most ``segment_capacity(index)`` bytes) into ``out``; returns its size.

        Each index is sealed once, or its nonce would come twice. ``out`` must hold len(data) + 16
        bytes and must not overlap ``data``.
        """
        size = len(data) + TAG_BYTES
        self._cipher.encrypt_into(_nonce(self._prefix, index, last=last), data, None, out[:size])
        return size


class StreamOpener:
    """Opens one stream, segment by segment, in order; no byte is out before its tag is right."""

    def __init__(self, data_key: bytes, associated: bytes, header: bytes) -> None:
        """Start with the stream's first 40 bytes.

        Raises:
            Tampered: they are no header, or the data key is none.
        """
        if len(header) != HEADER_BYTES or header[0] != HEADER_BYTES:
            raise Tampered("a sealed recording has no header")
        if len(data_key) != KEY_BYTES:  # it came out of a sealing, and may have any length
            raise Tampered("a recording's data key is not in its form")
        salt, self._prefix = header[1 : 1 + _SALT], header[1 + _SALT :]
        self._cipher = AESGCM(derive(data_key, associated, salt=salt))

    def open_segment(self, index: int, *, last: bool, data: memoryview, out: memoryview) -> int:
        """Open the ciphertext ``data`` into ``out``; returns bytes written.

        ``out`` must hold len(data) - 16 bytes; zeros are left there if the tag is not right.

        Raises:
            Tampered: cut, swapped, repeated, changed, of another recording, or under another key;
                empty, and not the recording's only one.
        """
        size = len(data) - TAG_BYTES
        if size < 0:
            raise Tampered("a sealed recording is cut short")
        if size == 0 and index > 0:
            raise Tampered("a sealed recording ends in a segment of nothing")
        nonce = _nonce(self._prefix, index, last=last)
        try:
            self._cipher.decrypt_into(nonce, data, None, out[:size])
        except InvalidTag as error:
            out[:size] = bytes(size)  # the cipher has written there what it could not verify
            raise Tampered("a sealed recording does not open") from error
        return size


def _nonce(prefix: bytes, index: int, *, last: bool) -> bytes:
    """The nonce of one segment, 12 bytes; none repeats under one key.

    There is one data key for each file, and the salt is fresh as well, so the derived key is this
    file's alone (docs/formats/sealed-recording.md, 1). Within a file the index counts: a sealer is
    given each one once.

    Raises:
        OverflowError: the index is 2^32 or more: a file has at most 2^32 segments, 4 PiB.
    """
    return prefix + index.to_bytes(4, "big") + bytes([last])
