"""What is said of a file that is kept sealed with a request."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from callrec.policy.further import KeptFile

HASH = "9f" * 32

KINDS = {
    b"%PDF-1.7 ...": "PDF, 12 bytes",
    b"\xff\xd8\xff\xe0": "JPEG picture, 4 bytes",
    b"\x89PNG\r\n\x1a\n": "PNG picture, 8 bytes",
    b"II*\0": "TIFF picture, 4 bytes",
    b"MM\0*": "TIFF picture, 4 bytes",
    "I agree. Siân".encode(): "text, 14 bytes",
    b"PK\x03\x04\xff\0": "file, 6 bytes",
    b"text with \0 in it": "file, 17 bytes",
    b"a" * 48_213: "text, 48 KB",
    b"%PDF-" + bytes(1_250_000): "PDF, 1.3 MB",
}


@pytest.mark.parametrize(("data", "described"), KINDS.items(), ids=KINDS.values())
def test_a_file_is_described_by_its_kind_and_size(data: bytes, described: str) -> None:
    assert KeptFile.of(data, HASH).described == described


@given(st.binary(max_size=40))
def test_what_is_said_is_read_back(data: bytes) -> None:
    said = KeptFile.of(data, HASH)
    assert KeptFile.from_text(said.as_text()) == said
