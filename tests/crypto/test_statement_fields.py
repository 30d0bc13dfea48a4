"""What the procedures put into statements is what the files of known answers say."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import date
from typing import Any

import pytest

from audit.registers import leaf_at
from callrec.archive.heads import VolumeStatement
from callrec.audit.log import Head
from callrec.audit.register import (
    Founders,
    Register,
    SettingsVersion,
    Voucher,
    apply_statement,
    public_half,
    settings_fields,
)
from callrec.crypto.identity import Identity, PublicKeys
from callrec.crypto.statement import read_statement
from callrec.errors import Tampered
from callrec.login.locks import Share, key_fields, seal_fields
from callrec.login.people import Names, open_names
from callrec.people.vouching import voucher_fields
from callrec.policy.role import Delegation, Person, PersonId, Power, Role, Standing, VaultKey
from callrec.settings import Settings, read_settings
from vectors.crypto.cases import read_case
from vectors.crypto.fixed import KEY, OTHER_PERSON, OTHER_SEED, PERSON, RUN, SEED, VAULT, VOLUME

KEYS = Identity.from_seed(OTHER_SEED, VAULT).public

KIM = Person(
    PersonId(OTHER_PERSON),
    Role.STAFF,
    frozenset({Power.MAKE_REQUEST, Power.HEAR}),
    delegations=(Delegation(Power.DECIDE_GENERAL, date(2026, 12, 31)),),
    standing=Standing.CONFIRMED,
)

BEFORE = Voucher(KIM, KEYS, serial=1, name="", seq=4, digest="ab" * 32, by=PERSON, second="")


def fields_of(kind: str) -> dict[str, Any]:
    said = json.loads(read_case(f"statements/{kind}.txt").body)
    return {name: said[name] for name in said if name not in ("kind", "vault", "by", "at")}


def a_register() -> Register:
    keys = Identity.from_seed(SEED, VAULT).public
    return Register(Founders(VAULT, "The Surgery", PERSON, keys, "a1" * 16, keys))


def test_a_voucher_holds_the_person_his_keys_and_the_hash_of_the_one_before() -> None:
    names = Names("kim", "Kim Ex\u00e4mple", bytes(32))
    made = voucher_fields(KIM, KEYS, names_digest=names.digest, previous=BEFORE)
    assert {**made, "lock": "10" * 32} == fields_of("voucher")


def test_a_first_voucher_has_serial_1_and_none_before_it() -> None:
    made = voucher_fields(KIM, KEYS, names_digest="", previous=None)
    assert (made["serial"], made["previous"]) == (1, "")


def test_a_key_statement_holds_the_public_half_of_each_version() -> None:
    secrets = {(VaultKey.RECORDINGS, 1): KEY, (VaultKey.INDEX, 2): KEY}
    assert key_fields(VAULT, secrets) == fields_of("key")


def test_a_seal_statement_holds_the_hash_of_each_share_and_to_whom_it_was_sealed() -> None:
    share = Share(VaultKey.RECORDINGS, 1, PERSON, b"share")
    assert seal_fields([share]) == fields_of("seal")


def test_a_settings_statement_holds_every_key_and_follows_the_one_before_it() -> None:
    said = fields_of("settings")
    settings = read_settings(said["settings"])
    before = SettingsVersion(1, Settings(), 0, "2026-11-24T12:00:00.000Z", "ab" * 32, PERSON)
    assert settings_fields(settings, before) == said
    assert settings_fields(Settings(), None)["previous"] == ""


def test_a_volume_statement_holds_the_hashes_of_what_was_written_and_the_head_before_it() -> None:
    made = VolumeStatement(
        volume=VOLUME,
        name=f"{RUN}-1",
        manifest="3a" * 32,
        catalogue="ca" * 32,
        keys="6e" * 32,
        head=Head(18, bytes.fromhex("7e" * 32)),
    ).fields
    assert made == fields_of("volume")


@pytest.mark.parametrize("kind", ["claim", "key", "seal"])
def test_the_register_takes_what_the_files_say(kind: str) -> None:
    case, register = read_case(f"statements/{kind}.txt"), a_register()
    if kind == "claim":  # only who has no key of his own yet may claim one
        new = Person(PersonId(PERSON), Role.STAFF, frozenset(), standing=Standing.PROVISIONAL)
        register.vouchers = {PERSON: [replace(BEFORE, person=new, seq=0)]}
    stated = read_statement(case.body, case.bytes_of("signature"), VAULT)
    apply_statement(register, leaf_at(1), stated)
    if kind == "claim":
        assert register.claims == {PERSON: KEYS}
    if kind == "key":
        register.check_opened(VaultKey.RECORDINGS, 1, KEY)
        register.check_opened(VaultKey.INDEX, 2, KEY)
    if kind == "seal":
        register.check_share(b"share", VaultKey.RECORDINGS, 1, PERSON)


def test_the_register_takes_the_voucher_of_the_file_after_the_one_that_it_names() -> None:
    case, register = read_case("statements/voucher.txt"), a_register()
    dora = replace(
        BEFORE,
        person=Person(PersonId(PERSON), Role.DATA_CONTROLLER, frozenset({Power.GOVERN})),
        seq=1,
    )
    register.vouchers = {PERSON: [dora], OTHER_PERSON: [BEFORE]}
    stated = read_statement(case.body, case.bytes_of("signature"), VAULT)
    apply_statement(register, leaf_at(7), stated)
    assert register.person(OTHER_PERSON) == KIM
    assert register.public_keys(OTHER_PERSON) == KEYS


def test_the_index_key_has_a_check_value_for_a_public_half() -> None:
    case = read_case("derivations/key_check.txt")
    assert public_half(VAULT, VaultKey.INDEX, 2, KEY) == case.bytes_of("mac")


def test_a_persons_names_open_only_if_they_were_vouched_for() -> None:
    case = read_case("hpke/person.txt")
    names = Names("kim", "Kim Example", bytes(32))
    voucher = replace(BEFORE, person=replace(KIM, id=PersonId(PERSON)), name=names.digest)
    sealed, secret = case.bytes_of("sealed"), case.bytes_of("seed")
    opened = open_names(sealed, secret=secret, voucher=voucher, vault=VAULT, version=1)
    assert opened == names
    other = replace(voucher, name="00" * 32)
    with pytest.raises(Tampered):
        open_names(sealed, secret=secret, voucher=other, vault=VAULT, version=1)


def test_the_practice_knows_its_keys_by_their_text_in_json() -> None:
    assert PublicKeys.from_json(fields_of("claim")["keys"]) == KEYS
