"""Identities: three keys from one seed, and the seed under a password."""

from __future__ import annotations

import json

import pytest

from callrec.crypto.identity import Identity, LockedSeed, PublicKeys, lock, unlock
from callrec.crypto.primitives import Kdf
from callrec.errors import Locked, Tampered
from vectors.crypto.cases import Case, cases

VAULT = "5f3a9c0e7b1d4826a0c4e8f21b6d9735"
PERSON = "0123456789abcdef0123456789abcdef"
PASSWORD = "three random words"


@pytest.mark.parametrize("case", cases("identities", expect="good"), ids=str)
def test_a_seed_gives_the_keys_that_its_file_says(case: Case) -> None:
    made = Identity.from_seed(case.bytes_of("seed"), case.head["vault"])
    assert made.seed == case.bytes_of("seed")
    assert [made.act, made.log, made.kem] == [case.bytes_of(n) for n in ("act", "log", "kem")]
    assert made.public.as_json() == json.loads(case.body)
    assert made.public.fingerprint == case.head["fingerprint"]


@pytest.mark.parametrize("case", cases("identities", expect="good"), ids=str)
def test_public_keys_are_read_back_out_of_whatever_else_is_said(case: Case) -> None:
    made = Identity.from_seed(case.bytes_of("seed"), case.head["vault"])
    assert PublicKeys.from_json({"id": PERSON, **json.loads(case.body)}) == made.public


@pytest.mark.parametrize("case", cases("identities", expect="tampered"), ids=str)
def test_public_keys_are_refused_as_their_file_says(case: Case) -> None:
    with pytest.raises(Tampered):
        PublicKeys.from_json(json.loads(case.body))


def test_public_keys_that_are_no_text_are_refused() -> None:
    with pytest.raises(Tampered):
        PublicKeys.from_json({"act": 1, "log": 2, "kem": 3})


def test_an_identitys_repr_shows_nothing_of_its_keys() -> None:
    made = Identity.from_seed(bytes(range(32)), VAULT)
    shown = repr(made)
    assert "Identity object" in shown
    assert not any(str(key) in shown for key in (made.seed, made.act, made.log, made.kem))


@pytest.mark.parametrize("case", cases("locked", expect="good"), ids=str)
def test_a_locked_seed_opens_to_the_seed_and_the_root_of_its_file(case: Case) -> None:
    locked = LockedSeed.from_json(json.loads(case.body))
    assert locked.as_json() == json.loads(case.body)
    identity, root = unlock(locked, *_opened_with(case))
    assert (identity.seed, root) == (case.bytes_of("seed"), case.bytes_of("root"))
    assert identity.public == Identity.from_seed(identity.seed, case.head["vault"]).public


@pytest.mark.parametrize("case", cases("locked", expect="tampered"), ids=str)
def test_a_locked_seed_is_refused_before_anything_is_computed(case: Case) -> None:
    with pytest.raises(Tampered):
        LockedSeed.from_json(json.loads(case.body))


@pytest.mark.parametrize("case", cases("locked", expect="locked"), ids=str)
def test_a_locked_seed_stays_locked_as_its_file_says(case: Case) -> None:
    locked = LockedSeed.from_json(json.loads(case.body))
    with pytest.raises(Locked):
        unlock(locked, *_opened_with(case))


def _opened_with(case: Case) -> tuple[str, str, bytes]:
    head = case.head
    return head["password"], head["vault"], bytes.fromhex(head.get("factor-key", ""))


def test_what_is_locked_opens_under_its_password_with_a_salt_of_its_own() -> None:
    kdf = Kdf(memory_kib=64 * 1024 + 1)
    one, two = (
        lock(bytes(32), b"r" * 32, password=PASSWORD, person=PERSON, vault=VAULT, kdf=kdf)
        for _ in range(2)
    )
    identity, root = unlock(one, PASSWORD, VAULT)
    assert (identity.seed, root) == (bytes(32), b"r" * 32)
    assert len(one.salt) == 16
    assert one.salt != two.salt
    assert (one.person, one.kdf) == (PERSON, kdf)
