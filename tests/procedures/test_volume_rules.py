"""What staff say of volumes by a program of their own convicts them, and changes nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

import practices
from callrec.audit.log import read_leaf, stored_head
from callrec.catalogue.engine import reading
from callrec.errors import Tampered
from callrec.practice import writing
from callrec.procedures.audit_verify import Verdict
from procedures.asking import rows
from procedures.drives import archive, drive, pulled_out
from procedures.erasures import approved_erasure, erase
from procedures.holding import verified

if TYPE_CHECKING:
    from pathlib import Path

    from practices import House


@pytest.fixture
def house(callers_template: House, tmp_path: Path) -> House:
    return practices.copy(callers_template, tmp_path / "house")


def archived(house: House) -> str:
    """The id of a volume that was written to."""
    archive(house, drive(house))
    (volume,) = rows(house, "SELECT id FROM volume")
    return str(volume.id)


def says(house: House, login: str, act: str, volume: str) -> int:
    (recording,) = rows(house, "SELECT uid FROM recording WHERE id = 1")
    actor = house.actor(login)
    with writing(house.practice, actor.signer) as transaction:
        seq = transaction.leaf(act, actor=actor.person.id, subject=[volume, recording.uid])
    house.open()
    return seq


ACTS = (
    *("volume.kept", "volume.lost", "volume.found"),
    *("archive.begun", "archive.given-up", "archive.removed"),
)


@pytest.mark.parametrize("act", ACTS)
def test_who_may_not_archive_says_nothing_of_a_volume(house: House, act: str) -> None:
    seq = says(house, "sam", act, archived(house))
    said = {(problem.seq, problem.what) for problem in verified(house).problems}
    assert (seq, f"{act} is by somebody who may not archive") in said


@pytest.mark.parametrize("act", ["volume.kept", "archive.begun"])
def test_what_an_archivist_says_is_in_order(house: House, act: str) -> None:
    says(house, "max", act, archived(house))
    assert verified(house).verdict is Verdict.INTACT


def test_no_certificate_on_the_word_of_staff_that_a_drive_holds_nothing(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A run was begun on a drive that was pulled out; what is owed there was never written down."""
    pulled_out(house, drive(house), house.folder / "away", monkeypatch)
    with reading(house.practice.engine) as connection:
        leaves = (read_leaf(connection, n)[0] for n in range(stored_head(connection).size))
        (begun,) = [leaf.subject[0] for leaf in leaves if leaf.act == "archive.begun"][-1:]
    (house.config.vault / "archiving" / "unfinished.json").unlink()
    reference = approved_erasure(house, 1)
    says(house, "sam", "archive.given-up", begun)
    with pytest.raises(Tampered, match="may not archive"):
        erase(house, reference)
    assert rows(house, "SELECT id FROM certificate WHERE done_at IS NOT NULL") == []
