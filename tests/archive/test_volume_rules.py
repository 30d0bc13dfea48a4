"""What staff say of volumes by a program of their own convicts them, and changes nothing."""

from __future__ import annotations

import pytest

from callrec.archive.heads import ARCHIVED, VolumeStatement
from callrec.archive.unfinished import unfinished_runs
from callrec.archive.volumes import keepers_of_volumes, list_volumes
from callrec.audit.log import read_leaf, stored_head
from callrec.catalogue.engine import reading
from callrec.crypto.statement import sign_statement
from callrec.errors import Tampered
from callrec.practice import writing
from callrec.registers.verify import Verdict
from house.drives import archive, contents, drive, pulled_out, verify
from house.erasures import approved_erasure, erase
from house.holds import verified
from house.practices import House
from house.requests import rows
from house.stages import CALLERS, copied

house = copied(CALLERS)


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


def begun_on_what_went(house: House, monkeypatch: pytest.MonkeyPatch) -> str:
    """A run was begun on a drive that was pulled out; what is owed there was never written down."""
    pulled_out(house, drive(house), house.folder / "away", monkeypatch)
    with reading(house.practice.engine) as connection:
        leaves = (read_leaf(connection, n)[0] for n in range(stored_head(connection).size))
        (begun,) = [leaf.subject[0] for leaf in leaves if leaf.act == "archive.begun"][-1:]
    (house.config.vault / "archiving" / "unfinished.json").unlink()
    return begun


def test_no_certificate_on_the_word_of_staff_that_a_drive_holds_nothing(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    begun = begun_on_what_went(house, monkeypatch)
    reference = approved_erasure(house, 1)
    says(house, "sam", "archive.given-up", begun)
    with pytest.raises(Tampered, match="may not archive"):
        erase(house, reference)
    assert rows(house, "SELECT id FROM certificate WHERE done_at IS NOT NULL") == []


def states(house: House, login: str, volume: str, act: str) -> int:
    """State a run on a volume, that left nothing there, under a leaf of any act."""
    actor = house.actor(login)
    assert actor.identity is not None
    with writing(house.practice, actor.signer) as transaction:
        statement = sign_statement(
            "volume",
            vault=house.practice.vault,
            by=actor.person.id,
            at=house.now(),
            seed=actor.identity.act,
            fields=VolumeStatement(
                volume=volume,
                name="20261124T130000Z-1",
                manifest="",
                catalogue="0" * 64,
                keys="0" * 64,
                head=transaction.head,
            ).fields,
        )
        seq = transaction.leaf(
            act, actor=actor.person.id, subject=[volume], details={}, statement=statement
        )
    house.open()
    return seq


@pytest.mark.parametrize("act", [ARCHIVED, "people.listed"])
def test_what_staff_state_of_a_drive_takes_it_from_nobody(house: House, act: str) -> None:
    seq = states(house, "sam", archived(house), act)
    assert (
        seq,
        "a statement about recordings or drives was made by somebody without the power",
    ) in {(problem.seq, problem.what) for problem in verified(house).problems}
    is_refused(house)
    assert verify(house, drive(house)).faults == ()
    (volume,) = list_volumes(house.open())
    assert volume.recordings == 4


def is_refused(house: House) -> None:
    """Nothing is copied while the record is not as it should be; what lies there stays."""
    before = contents(drive(house))
    with pytest.raises(Tampered, match="the vault is not as it was signed"):
        archive(house, drive(house), by="mia")
    assert contents(drive(house)) == before


def test_nor_does_it_hide_that_a_run_was_begun_there(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    begun = begun_on_what_went(house, monkeypatch)
    assert not erase(house, approved_erasure(house, 1)).is_done
    states(house, "sam", begun, ARCHIVED)
    with reading(house.practice.engine) as connection:
        assert begun in unfinished_runs(house.practice, connection)


@pytest.mark.parametrize("act", ["volume.lost", "volume.kept"])
def test_what_staff_say_of_a_drive_takes_the_list_from_nobody(house: House, act: str) -> None:
    says(house, "sam", act, archived(house))
    assert not list_volumes(house.open())[0].is_lost
    assert keepers_of_volumes(house.practice, house.actor("dora")) == {}
    is_refused(house)
