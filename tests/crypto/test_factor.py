"""Second factors: their slots, and the printed secret's words."""

from __future__ import annotations

import json

import pytest

from callrec.crypto.factor import (
    Slot,
    open_factor,
    printed_words,
    read_printed_words,
    seal_factor,
)
from callrec.errors import Locked, Tampered, Unusable
from vectors.crypto.cases import Case, cases, read_case

VAULT = "5f3a9c0e7b1d4826a0c4e8f21b6d9735"
PERSON = "0123456789abcdef0123456789abcdef"
SECRET = bytes(range(16))


@pytest.mark.parametrize("case", cases("factors", expect="good"), ids=str)
def test_a_slot_gives_the_factor_key_that_its_file_says(case: Case) -> None:
    slot = Slot.from_json(json.loads(case.body))
    assert slot.as_json() == json.loads(case.body)
    assert _opened(slot, case) == case.bytes_of("factor-key")


@pytest.mark.parametrize("case", cases("factors", expect="tampered"), ids=str)
def test_a_slot_is_refused_as_its_file_says(case: Case) -> None:
    with pytest.raises(Tampered):
        Slot.from_json(json.loads(case.body))


@pytest.mark.parametrize("case", cases("factors", expect="locked"), ids=str)
def test_a_slot_stays_locked_as_its_file_says(case: Case) -> None:
    slot = Slot.from_json(json.loads(case.body))
    with pytest.raises(Locked):
        _opened(slot, case)


def _opened(slot: Slot, case: Case) -> bytes:
    person, vault = case.head["person"], case.head["vault"]
    return open_factor(case.bytes_of("secret"), slot, person=person, vault=vault)


def test_what_is_sealed_opens_under_its_secret_with_an_id_of_its_own() -> None:
    def sealed() -> Slot:
        return seal_factor(
            SECRET,
            b"f" * 32,
            kind="printed",
            name="paper",
            public={},
            person=PERSON,
            vault=VAULT,
        )

    one, two = sealed(), sealed()
    assert open_factor(SECRET, one, person=PERSON, vault=VAULT) == b"f" * 32
    assert one.id != two.id
    assert Slot.from_json(one.as_json()) == one


@pytest.mark.parametrize("case", cases("printed"), ids=str)
def test_printed_words_are_read_or_refused_as_their_file_says(case: Case) -> None:
    typed = case.body.decode()
    if case.is_good:
        assert read_printed_words(typed) == case.bytes_of("secret")
        return
    with pytest.raises(Unusable) as refused:
        read_printed_words(typed)
    for named in case.head.get("wrong", "").split(", "):
        assert named in refused.value.message


def test_a_secret_gives_the_words_that_its_file_says() -> None:
    case = read_case("printed/as_printed.txt")
    assert printed_words(case.bytes_of("secret")) == case.body.decode()
