"""What the recipient's own verifier makes of a telephone system's word, right and wrong."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Iterator
from datetime import UTC, datetime
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest

from callrec.package import callrec_verify
from callrec.package.callrec_verify import (
    NOT_ENCLOSED,
    RecorderKeys,
    Sound,
    Word,
    Wrong,
    check_word,
    read_recorder_keys,
    read_ssh_signature,
    word_in_words,
)
from callrec.telephone.recorder import Word as Kept
from callrec.telephone.recorder import WordKind, WordOrigin
from house.recorders import VECTORS, make_key, openpgp, signature
from house.spool import a_wave
from house.time_authority import TimeAuthority, stamp_of, time_authority

SOUND = a_wave()

DIGEST = hashlib.sha256(SOUND).hexdigest()


def enclosed(data: bytes = SOUND) -> Sound:
    return lambda: BytesIO(data)


@pytest.fixture(scope="module", name="key")
def _key(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_key(tmp_path_factory.mktemp("keys"))


@pytest.fixture(scope="module", name="authority")
def _authority(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TimeAuthority]:
    with time_authority(tmp_path_factory.mktemp("authority")) as authority:
        yield authority


def kept(kind: str, value: str, **more: Any) -> dict[str, Any]:
    """A word as a release shows it."""
    return Kept(WordKind(kind), WordOrigin.BESIDE, value, **more).as_members()


def by_ssh(key: Path, data: bytes = SOUND, *, stamp: bytes = b"", **how: str) -> dict[str, Any]:
    text = signature(key, data, **how)
    fingerprint = read_ssh_signature(text).fingerprint
    return kept("openssh", text, key=fingerprint, name="the PBX", stamp=stamp)


def checked(
    said: dict[str, Any],
    sound: Sound | None = None,
    given: RecorderKeys | None = None,
    roots: bytes = b"",
) -> Word:
    return check_word(said, DIGEST, sound, given or RecorderKeys(), roots)


def in_one(word: Word) -> str:
    return " ".join(" ".join(word_in_words(word)).split())


def test_a_signature_of_ed25519_is_checked_without_the_original(key: Path) -> None:
    word = checked(by_ssh(key))
    assert (word.checked, word.why, word.since) == (True, "", None)
    assert "Its sound was signed by a key that the practice knows as the PBX" in in_one(word)
    with pytest.raises(Wrong, match="has a signature by its telephone system that is a signature"):
        checked(by_ssh(key, a_wave(1)))


@pytest.mark.parametrize(("kind", "hashed"), [("ed25519", "sha512"), ("rsa", "sha256")])
def test_another_kind_takes_the_original(tmp_path: Path, kind: str, hashed: str) -> None:
    key = make_key(tmp_path, kind=kind)
    said = by_ssh(key, hashed=hashed)
    assert (checked(said).checked, checked(said).why) == (False, NOT_ENCLOSED)
    assert checked(said, enclosed()).checked
    with pytest.raises(Wrong):
        checked(said, enclosed(a_wave(1)))


def test_a_signature_is_by_the_key_that_is_told(tmp_path: Path, key: Path) -> None:
    other = by_ssh(make_key(tmp_path))
    with pytest.raises(Wrong, match="by another key than it says"):
        checked({**by_ssh(key), "key": other["key"]})


def test_a_key_that_somebody_gave_is_the_one_that_signed(tmp_path: Path, key: Path) -> None:
    given = read_recorder_keys([f"{key}.pub"])
    assert checked(by_ssh(key), given=given).by_given
    assert not checked(by_ssh(make_key(tmp_path)), given=given).by_given


def test_no_bit_of_a_signature_may_change(key: Path) -> None:
    said = by_ssh(key)
    lines = said["value"].split("\n")
    blob = base64.b64decode("".join(lines[1:-2]))
    for place in range(len(blob)):
        other = bytearray(blob)
        other[place] ^= 1
        body = base64.b64encode(other).decode()
        with pytest.raises(Wrong):
            checked({**said, "value": "\n".join((lines[0], body, lines[-2], ""))})


def test_checksums_are_compared_and_an_md5_is_told_as_what_it_is() -> None:
    md5 = kept("md5", hashlib.md5(SOUND).hexdigest())  # noqa: S324 - as telephone systems have it
    assert checked(md5).why == NOT_ENCLOSED
    assert "Against a forger an MD5 proves nothing." in in_one(checked(md5, enclosed()))
    with pytest.raises(Wrong, match="has an MD5 by its telephone system that is of something else"):
        checked(md5, enclosed(a_wave(1)))
    assert checked(kept("sha256", DIGEST)).checked
    with pytest.raises(Wrong, match="a SHA-256"):
        checked(kept("sha256", "ab" * 32))


def test_openpgp_takes_the_certificate_and_the_original() -> None:
    value = (VECTORS / "armoured.asc").read_text("ascii")
    said = kept("openpgp", value, key=openpgp()["fingerprint"], name="the PBX")
    given = read_recorder_keys([VECTORS / "certificate.asc"])
    assert given == read_recorder_keys([VECTORS / "certificate.pgp"])
    assert checked(said, enclosed(), given).by_given
    assert checked(said, enclosed()).why == "its certificate is not at hand"
    assert checked(said, None, given).why == NOT_ENCLOSED
    other = read_recorder_keys([VECTORS / "other.asc"])
    assert checked(said, enclosed(), other).why == "its certificate is not at hand"
    with pytest.raises(Wrong, match="is a signature of something else"):
        checked(said, enclosed(a_wave(1)), given)


def test_without_the_program_it_is_not_checked(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    said = by_ssh(make_key(tmp_path, kind="ecdsa"))
    monkeypatch.setenv("PATH", str(tmp_path))
    word = checked(said, enclosed())
    assert word.why == "the program ssh-keygen is not on this computer"
    assert "not checked here" in in_one(word)


def test_a_stamp_says_since_when_by_certificates_that_count(
    key: Path, authority: TimeAuthority
) -> None:
    said = by_ssh(key)
    said = {**said, "stamp": base64.b64encode(stamp_of(authority.folder, said["value"].encode()))}
    said["stamp"] = said["stamp"].decode()
    word = checked(said, roots=authority.root)
    assert word.since is not None
    assert datetime.fromisoformat(word.since).date() == datetime.now(UTC).date()
    assert "says Test Time Root." in in_one(word)
    assert checked(said).since is None
    other = base64.b64encode(stamp_of(authority.folder, b"something else")).decode()
    with pytest.raises(Wrong, match="a time stamp of something else"):
        checked({**said, "stamp": other}, roots=authority.root)


def test_a_file_without_a_key_is_told(tmp_path: Path) -> None:
    for data in (b"", b"no key", b"-----BEGIN PGP PUBLIC KEY BLOCK-----\n"):
        (tmp_path / "file").write_bytes(data)
        with pytest.raises(ValueError, match="--recorder"):
            read_recorder_keys([tmp_path / "file"])


def test_a_word_is_in_its_form_or_the_release_is_refused() -> None:
    good = kept("md5", "ab" * 16)
    assert callrec_verify.fits(good, "word")
    for name, value in (("kind", "crc32"), ("value", None), ("standing", "best"), ("stamp", 1)):
        assert not callrec_verify.fits({**good, name: value}, "word")
    assert not callrec_verify.fits({**good, "more": ""}, "word")
