"""What is sealed to a key that others have too may be anything: it is told as what it is.

The catalogue key is public, as is everybody's; and whoever takes calls in seals what he says of
them. A signature, or a place in the catalogue, says nothing of the form.
"""

from __future__ import annotations

from typing import Any

import pytest

from attacks.test_hostile_statements import signed
from callrec.catalogue import tables
from callrec.catalogue.engine import transaction
from callrec.cli.app import BUG_STATUS
from callrec.crypto import primitives
from callrec.crypto.canonical import canonical
from callrec.crypto.context import context
from callrec.errors import Tampered
from callrec.intake import batch as intake_batch
from callrec.policy.role import VaultKey
from callrec.requests import grants as granting
from house.commands import type_in
from house.forged_approvals import forge_approval, opens_nothing
from house.practices import House
from house.requests import a_request, rows
from house.spool import a_call, recordings_of, take_in

TAMPERED = 5


@pytest.mark.parametrize("names", [{}, [], {"full_name": "", "login": 7, "nonce": ""}], ids=str)
def test_names_in_no_form_are_nobodys(names: object, stocked: House) -> None:
    practice = stocked.practice
    newest = practice.register.newest(VaultKey.CATALOGUE)
    [sam] = rows(stocked, "SELECT id FROM person WHERE login = 'sam'")
    info = context("person", practice.vault, person=sam.id, version=newest.version)
    sealed = primitives.hpke_seal(newest.public, canonical(names), info)
    with transaction(practice.engine) as connection:
        of_sam = tables.person.update().where(tables.person.c.id == sam.id)
        connection.execute(of_sam.values(name_sealed=sealed, name_version=newest.version))
    for words in (("user", "list"), ("user", "show", "sam")):
        assert type_in(stocked, "dora", *words).status == TAMPERED, words


def test_a_share_of_another_length_is_no_key(stocked: House) -> None:
    [max_] = rows(stocked, "SELECT id FROM person WHERE login = 'max'")
    info = context("share", stocked.practice.vault, key="catalogue", version=1, to=max_.id)
    public = stocked.practice.register.public_keys(max_.id).kem
    sealed = primitives.hpke_seal(public, bytes(31), info)
    share = {"key": "catalogue", "sha256": primitives.sha256(sealed).hex(), "to": max_.id}
    signed(stocked, "dora", "seal", {"shares": [{**share, "version": 1}]}, act="keys.sealed")
    with transaction(stocked.open().engine) as connection:
        table = tables.share
        of_max = (table.c.person == max_.id) & (table.c.key == "catalogue")
        connection.execute(table.update().where(of_max).values(sealed=sealed))
    with pytest.raises(Tampered):
        stocked.actor("max")


GRANTS: dict[str, Any] = {
    "nothing": {},
    "a key that is none": {"data_key": 7, "metadata": {}},
    "a key of another length": {"data_key": "AAAA", "metadata": {}},
    "no metadata": {"data_key": "A" * 43 + "="},
    "metadata that say nothing": {"data_key": "A" * 43 + "=", "metadata": {}},
}


@pytest.mark.parametrize("grant", GRANTS.values(), ids=GRANTS)
def test_a_grant_in_no_grants_form_opens_nothing(
    grant: object, stocked: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    reference = a_request(stocked)

    def another(*_: object, public: bytes, info: bytes) -> bytes:
        return primitives.hpke_seal(public, canonical(grant), info)

    with monkeypatch.context() as patch:
        patch.setattr(granting, "seal_grant", another)
        forge_approval(stocked, reference, "max")
    stocked.open()
    opens_nothing(stocked, reference, Tampered)


CALLS: dict[str, dict[str, Any]] = {
    "a hash that is none": {"sha256": "zz"},
    "a source without a name": {"provenance": [{}]},
    "a source of a name that is no text": {"provenance": [{"name": {"base64url": "?"}}]},
    "a way that no call goes": {"direction": "sideways"},
    "a time that nobody is sure of": {"time_confidence": "perhaps"},
    "a system that there is not": {"system": "pigeon"},
    "an end that is no text": {"caller": 7},
    "a finding that is none": {"findings": [{}]},
    "sides that are none": {"sides": 7},
    "words that are none": {"said": ["seven"]},
    "a call record that is none": {"record": 7},
}


@pytest.mark.parametrize("said", CALLS.values(), ids=CALLS)
def test_what_is_said_of_a_call_in_no_form_takes_no_command_from_anybody(
    said: dict[str, Any], stocked: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    honest = intake_batch._fields
    with monkeypatch.context() as patch:
        patch.setattr(intake_batch, "_fields", lambda taken: {**honest(taken), **said})
        if "provenance" in said:
            patch.setattr(intake_batch, "_provenance", lambda _: said["provenance"])
        take_in(stocked, a_call(stocked.folder / "spool", 9))
    with pytest.raises(Tampered, match="not in its form"):
        recordings_of(stocked)
    for words in (("show", "4"), ("keys", "rotate", "--reseal"), ("doctor", "--full")):
        assert type_in(stocked, "dora", *words).status != BUG_STATUS, words
