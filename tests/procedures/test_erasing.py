"""What was approved to be erased is gone, and the record of it is whole [4(i); UK GDPR 17]."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

import practices
from callrec.procedures.audit_verify import Verdict
from procedures.asking import state_of
from procedures.drives import archive, drive, faults, verify
from procedures.erasures import (
    approved_erasure,
    bags_of,
    erase,
    found_in,
    secrets_of,
    tokens_of,
)
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


def test_no_byte_is_left_of_what_was_erased_in_the_vault_or_on_its_volumes(house: House) -> None:
    volumes = drive(house, "drive-a"), drive(house, "drive-b")
    reference = approved_erasure(house, 1, 2)
    for volume in volumes:
        archive(house, volume)
    secrets = secrets_of(house, 1, 2)
    assert tokens_of(house, 1, 2) > 0
    assert found_in(secrets, house.config.vault) != []
    done = erase(house, reference, *volumes)
    assert done.is_done
    assert found_in(secrets, house.config.vault, *volumes) == []
    assert tokens_of(house, 1, 2) == 0
    assert len(bags_of(*volumes)) == len(volumes)
    assert [faults(verify(house, volume)) for volume in volumes] == [[], []]
    assert verified(house).verdict is Verdict.INTACT


def test_what_a_volume_that_is_not_attached_holds_is_owed(house: House) -> None:
    volumes = drive(house, "drive-a"), drive(house, "drive-b")
    for volume in volumes:
        archive(house, volume)
    done = erase(house, approved_erasure(house, 1), volumes[0])
    assert (done.is_done, done.owed) == (False, {"drive-b": 1})
    archived = archive(house, volumes[1])
    assert (archived.erased, archived.recordings) == (1, 0)
    assert [faults(verify(house, volume)) for volume in volumes] == [[], []]
    assert verified(house).verdict is Verdict.INTACT


def test_a_bag_of_which_nothing_is_left_goes(house: House) -> None:
    volume = drive(house)
    archive(house, volume)
    done = erase(house, approved_erasure(house, 1, 2), volume)
    assert done.is_done
    (bag,) = bags_of(volume)
    assert len([*(bag / "data" / "recordings").iterdir()]) == 2
