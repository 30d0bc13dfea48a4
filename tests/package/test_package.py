from __future__ import annotations

import io
import json

import pytest

from callrec.errors import Tampered
from callrec.package.callrec_verify import check_signature
from callrec.package.package import Content, Member, assemble, member_of_bytes
from package.builders import (
    LISTENING,
    PUBLIC,
    SEED,
    SOUND,
    a_file,
    a_manifest,
    a_package,
    the_enclosures,
)


def content(path: str) -> bytes:
    (member,) = [member for member in a_package() if member.path == path]
    return b"".join(member.chunks())


def test_a_package_has_the_layout_of_the_format() -> None:
    assert [member.path for member in a_package()] == [
        "READ-ME-FIRST.txt",
        "certificate.pdf",
        "manifest.json",
        "manifest.json.sig",
        "SHA256SUMS",
        "SHA256SUMS.sig",
        "release.tlog-proof",
        "signers.json",
        "allowed_signers",
        "VERIFY.txt",
        "callrec_verify.py",
        "recordings/01-original.wav",
        "recordings/01-listening.wav",
    ]


def test_the_releaser_signs_the_manifest_as_it_stands() -> None:
    check_signature(content("manifest.json"), content("manifest.json.sig"), PUBLIC)


def test_the_allowed_signer_is_the_releaser_by_id() -> None:
    releaser = json.loads(content("manifest.json"))["released_by"]
    assert content("allowed_signers").decode().startswith(f"{releaser} ")


def test_proof_and_signers_are_placed_byte_for_byte() -> None:
    assert content("release.tlog-proof") == b"c2sp.org/tlog-proof@v1\n"
    assert content("signers.json") == b'{"signers":[]}'


def test_sound_comes_from_bytes_from_a_file_or_piece_by_piece() -> None:
    ways: tuple[Content, ...] = (SOUND, io.BytesIO(SOUND), lambda: (SOUND[:7], SOUND[7:]))
    for way in ways:
        listed = a_file()
        member = Member(listed.path, way, listed.size_bytes, listed.sha256)
        assert b"".join(member.chunks()) == SOUND


@pytest.mark.parametrize("sound", [SOUND[:-1], SOUND + b"x", LISTENING, b""])
def test_sound_that_the_manifest_does_not_list_is_refused(sound: bytes) -> None:
    listed = a_file()
    with pytest.raises(Tampered):
        list(Member(listed.path, sound, listed.size_bytes, listed.sha256).chunks())


def test_a_package_takes_exactly_the_files_of_its_manifest() -> None:
    with pytest.raises(ValueError, match="those of the manifest"):
        assemble(a_manifest(), {}, the_enclosures(a_manifest()), seed=SEED)


@pytest.mark.parametrize("path", ["/etc/x", "../x", "a/../x", "a//x", ".x", "a\\x", "a\n", "é", ""])
def test_no_file_of_a_package_lies_outside_it(path: str) -> None:
    with pytest.raises(ValueError, match="inside it"):
        member_of_bytes(path, b"")
