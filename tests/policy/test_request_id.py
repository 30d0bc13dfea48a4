from __future__ import annotations

import pytest

from callrec.policy.purpose import RANDOM_BYTES, Purpose, is_for, purpose_of, request_id

DRAWN = bytes(range(RANDOM_BYTES))

KNOWN = {
    Purpose.PROTECT_PARTIES: "72657101000102030405060708090a0b",
    Purpose.SUBJECT_ACCESS: "72657109000102030405060708090a0b",
    Purpose.DISPOSAL: "7265710e000102030405060708090a0b",
}


@pytest.mark.parametrize(("purpose", "id_"), KNOWN.items())
def test_an_id_is_as_the_format_says(purpose: Purpose, id_: str) -> None:
    assert request_id(purpose, DRAWN) == id_


@pytest.mark.parametrize("purpose", Purpose)
def test_an_id_is_of_one_purpose_alone(purpose: Purpose) -> None:
    id_ = request_id(purpose, DRAWN)
    assert [each for each in Purpose if is_for(id_, each)] == [purpose]
    assert purpose_of(id_) is purpose


@pytest.mark.parametrize("purpose", Purpose)
def test_another_id_is_of_no_purpose(purpose: Purpose) -> None:
    assert not is_for("ab" * 16, purpose)
    assert purpose_of("ab" * 16) is None
