"""What is sealed of a hold is what the format says, byte for byte."""

from __future__ import annotations

from typing import Any

import pytest

from callrec.crypto import primitives
from callrec.errors import Tampered
from callrec.holds.log import HoldBody
from house.vectors import cases_of

SEED = bytes(range(32))

CASES = cases_of("hold")


def body_of(case: dict[str, Any]) -> HoldBody:
    return HoldBody(
        number=case["number"], reason=case["reason"], nonce=bytes.fromhex(case["nonce"])
    )


@pytest.mark.parametrize("case", CASES.values(), ids=CASES)
def test_the_leaf_commits_to_what_is_known(case: dict[str, Any]) -> None:
    assert body_of(case).commitment(case["vault"], case["seq"]) == case["detail"]


@pytest.mark.parametrize("case", CASES.values(), ids=CASES)
def test_what_is_sealed_is_known_and_opens_again(case: dict[str, Any]) -> None:
    sealed = body_of(case).seal(primitives.kem_public(SEED), case["vault"], case["hold"])
    plain = primitives.hpke_open(SEED, sealed, bytes.fromhex(case["info"]))
    assert plain.hex() == case["plain"]
    assert HoldBody.open(sealed, SEED, case["vault"], case["hold"]) == body_of(case)


def test_it_opens_for_no_other_hold() -> None:
    case = CASES["by_hand"]
    sealed = body_of(case).seal(primitives.kem_public(SEED), case["vault"], case["hold"])
    with pytest.raises(Tampered):
        HoldBody.open(sealed, SEED, case["vault"], "41" * 16)


def test_its_repr_shows_nothing() -> None:
    assert "solicitor" not in repr(body_of(CASES["by_hand"]))
