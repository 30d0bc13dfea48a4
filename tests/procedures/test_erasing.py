"""What was approved to be erased is gone, and the record of it is whole [4(i); UK GDPR 17]."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

import practices
from callrec.procedures.audit_verify import Verdict
from procedures.asking import state_of
from procedures.erasures import approved_erasure, erase
from procedures.holding import verified, with_two_callers

if TYPE_CHECKING:
    from pathlib import Path

    from practices import House


@pytest.fixture(scope="module")
def callers(template: House, tmp_path_factory: pytest.TempPathFactory) -> House:
    return with_two_callers(practices.copy(template, tmp_path_factory.mktemp("callers")))


@pytest.fixture
def house(callers: House, tmp_path: Path) -> House:
    """A practice of one's own with Ann's calls 1 and 2, and Bob's 3 and 4."""
    return practices.copy(callers, tmp_path / "house")


def test_an_erasure_leaves_a_stub_and_a_whole_record(house: House) -> None:
    reference = approved_erasure(house, 1, 2)
    done = erase(house, reference)
    assert (done.certificate, done.destroyed, done.is_done) == ("C-1", (1, 2), True)
    assert state_of(house, reference) == "closed"
    verification = verified(house)
    assert (verification.problems, verification.verdict) == ((), Verdict.INTACT)
