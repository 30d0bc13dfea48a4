"""Checksums beside recordings, as other people's programs write them."""

from __future__ import annotations

import hashlib
import subprocess
from pathlib import Path

import pytest

from callrec.errors import Unusable
from callrec.telephone.sums import SumKind, read_own_sum, read_sums

NAMES = ("call.wav", "a call.wav", "Siân.wav")


@pytest.mark.parametrize("options", [[], ["--tag"], ["--binary"]])
@pytest.mark.parametrize("kind", SumKind)
def test_what_the_programs_write_is_read(tmp_path: Path, kind: SumKind, options: list[str]) -> None:
    for name in NAMES:
        (tmp_path / name).write_text(name, "utf-8")
    command = [f"{kind}sum", *options, *NAMES]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, check=True)
    expected = {name: frozenset({hashlib.new(kind, name.encode()).hexdigest()}) for name in NAMES}
    assert read_sums(done.stdout, kind) == expected


def test_one_name_may_have_two_checksums_and_both_are_told() -> None:
    one, other = "a" * 32, "B" * 32
    data = f"{one}  call.wav\n{other} *call.wav\n".encode()
    assert read_sums(data, SumKind.MD5) == {"call.wav": {one, other.lower()}}


@pytest.mark.parametrize(
    "data", [b"", b"nothing", b"a" * 31, b"a" * 33, b"a" * 32 + b"  another.wav", b"\xff\xfe\x00"]
)
def test_a_file_of_its_own_that_has_no_checksum_of_it_is_refused(data: bytes) -> None:
    with pytest.raises(Unusable, match=r"the \.md5 beside it has no checksum of it"):
        read_own_sum(data, SumKind.MD5, "call.wav")


@pytest.mark.parametrize("name", ["./", ".\\", "*"])
def test_a_checksum_of_no_name_is_passed_over(name: str) -> None:
    assert read_sums(f"{'a' * 32}  {name}\n".encode(), SumKind.MD5) == {}


def test_sums_of_another_kind_are_none() -> None:
    assert read_sums(b"a" * 64 + b"  call.wav\n", SumKind.MD5) == {}
    assert read_sums(b"a" * 32 + b"  call.wav\n", SumKind.SHA256) == {}
