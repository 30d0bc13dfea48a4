"""What a passkey proves: the specification's own ceremonies, and what is refused."""

from __future__ import annotations

import json
from collections.abc import Mapping
from hashlib import sha256
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from callrec.crypto.webauthn import (
    Assertion,
    check_assertion,
    check_public_key,
    relying_party,
    verify,
)
from callrec.errors import Locked, Unusable
from house.passkeys import ORIGIN, Passkey, encoded

VECTORS = Path(__file__).parent.parent / "vectors" / "webauthn" / "assertions.jsonl"

CASES = {case["section"]: case for case in map(json.loads, VECTORS.read_text().splitlines())}

CHALLENGE = encoded(bytes(range(32)))


def _ceremony(case: Mapping[str, str]) -> Assertion:
    return Assertion(
        bytes.fromhex(case["credential"]),
        bytes.fromhex(case["client_data"]),
        bytes.fromhex(case["authenticator_data"]),
        bytes.fromhex(case["signature"]),
        bytes(32),
    )


def _check(case: Mapping[str, str]) -> None:
    check_assertion(
        _ceremony(case),
        public_key=bytes.fromhex(case["public_key"]),
        origin="https://example.org",
        challenge=encoded(bytes.fromhex(case["challenge"])),
    )


@pytest.mark.parametrize("section", CASES)
def test_the_specifications_own_ceremonies_come_out_as_it_says(section: str) -> None:
    case = CASES[section]
    if case["expect"] == "valid":
        _check(case)
    else:
        with pytest.raises(Locked) as refused:
            _check(case)
        is_unverified = "fingerprint" in refused.value.message
        assert is_unverified == (case["expect"] == "no user verification")


@pytest.mark.parametrize("section", CASES)
def test_signatures_are_checked_by_what_the_key_is(section: str) -> None:
    case, ceremony = CASES[section], _ceremony(CASES[section])
    message = ceremony.authenticator_data + sha256(ceremony.client_data).digest()
    public_key = bytes.fromhex(case["public_key"])
    if case["expect"] == "other algorithm":
        with pytest.raises(Unusable, match="does not know"):
            check_public_key(public_key)
    else:
        verify(public_key, message, ceremony.signature)
    with pytest.raises(Locked):
        verify(public_key, message + b"x", ceremony.signature)


@pytest.mark.parametrize(
    "said",
    [
        {"challenge": encoded(bytes(32))},
        {"origin": "https://desk.practice.example"},
        {"origin": "http://desk.practice.example:8443"},
        {"type": "webauthn.create"},
        {"crossOrigin": True},
        {"crossOrigin": "no"},
        {"topOrigin": ORIGIN},
        {"flags": 0x04},
        {"flags": 0x01},
        {"flags": 0x15},
    ],
    ids=str,
)
def test_what_is_not_as_it_was_asked_is_refused(said: dict[str, object]) -> None:
    passkey = Passkey()
    plain, wrong = (
        Assertion.from_json(passkey.used(**{"challenge": CHALLENGE, **each}))  # type: ignore[arg-type]
        for each in ({}, said)
    )
    check_assertion(plain, public_key=passkey.public_key, origin=ORIGIN, challenge=CHALLENGE)
    with pytest.raises(Locked):
        check_assertion(wrong, public_key=passkey.public_key, origin=ORIGIN, challenge=CHALLENGE)


def test_a_passkey_of_another_site_or_another_person_is_refused() -> None:
    for other in (Passkey(host="practice.example"), Passkey()):
        used = Assertion.from_json(other.used(CHALLENGE))
        public_key = other.public_key if other.host == "practice.example" else Passkey().public_key
        with pytest.raises(Locked):
            check_assertion(used, public_key=public_key, origin=ORIGIN, challenge=CHALLENGE)


def test_no_challenge_is_answered_by_nothing() -> None:
    passkey = Passkey()
    used = Assertion.from_json(passkey.used(""))
    with pytest.raises(Locked):
        check_assertion(used, public_key=passkey.public_key, origin=ORIGIN, challenge="")


@pytest.mark.parametrize(
    "sent",
    [
        {"secret": encoded(bytes(31))},
        {"signature": "a="},
        {"credential": 1},
        {"client_data": "ab+/"},
    ],
    ids=str,
)
def test_what_is_not_in_its_form_is_not_read(sent: dict[str, object]) -> None:
    with pytest.raises(Unusable):
        Assertion.from_json({**Passkey().used(CHALLENGE), **sent})


@pytest.mark.parametrize("client_data", [b"", b"[]", b"\xff", b"[" * 100_000, b"null"])
def test_client_data_of_any_kind_raises_nothing_else(client_data: bytes) -> None:
    used = Assertion(b"c", client_data, bytes(37), b"s", bytes(32))
    with pytest.raises(Locked):
        check_assertion(used, public_key=b"", origin=ORIGIN, challenge=CHALLENGE)


def test_a_short_rsa_key_is_refused() -> None:
    key = rsa.generate_private_key(65537, 1024).public_key()  # noqa: S505
    with pytest.raises(Unusable):
        check_public_key(key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo))


@pytest.mark.parametrize(
    ("origin", "host"),
    [
        (ORIGIN, "desk.practice.example"),
        ("https://desk", "desk"),
        ("https://192.0.2.7:8443", ""),
        ("http://ab12.localhost:4711", ""),
        ("", ""),
    ],
)
def test_passkeys_belong_to_a_name_that_is_served_with_tls(origin: str, host: str) -> None:
    assert relying_party(origin) == host
