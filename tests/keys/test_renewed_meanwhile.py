"""Keys are renewed because somebody left: what a command that waited seals is not open to him."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import timedelta

import pytest

from callrec.archive.volumes import VolumeKeeper, record_volume_keeper
from callrec.calls.custody import Opening
from callrec.catalogue import tables
from callrec.catalogue.engine import reading
from callrec.errors import Failed
from callrec.incidents.incident import IncidentReport, report_incident
from callrec.intake.ingest import ingest_recordings
from callrec.keys.rotating import count_to_reseal, rotate_keys
from callrec.policy.purpose import Purpose
from callrec.policy.role import VaultKey
from callrec.practice import Actor, record
from callrec.registers.verify import Verdict
from callrec.requests.ask import create_request
from callrec.retention.holds import place_hold
from house.drives import archive, drive
from house.holds import verified
from house.incidents import WHAT
from house.practices import House
from house.requests import REASON, said, signed_in
from house.spool import KEEP, a_call, recordings_of

SEALED_TO = (VaultKey.AUDIT, VaultKey.CATALOGUE, VaultKey.RECORDINGS)


def renewed_meanwhile(house: House, login: str, keys: Sequence[VaultKey]) -> Actor:
    """Somebody whose command had opened the vault before keys were renewed."""
    practice = house.open()
    actor = signed_in(house, login)
    rotate_keys(practice, house.actor("dora"), keys)
    house.practice = practice
    return actor


def _asks(house: House, max_: Actor) -> None:
    purpose = Purpose.COMPLAINT
    create_request(house.practice, max_, purpose=purpose, answers=said(purpose), recordings=[1])


def _reports(house: House, max_: Actor) -> None:
    noticed_at = house.now() - timedelta(hours=1)
    report_incident(
        house.practice, max_, IncidentReport(noticed_at=noticed_at, what=WHAT, tell="mia")
    )


def _holds(house: House, max_: Actor) -> None:
    place_hold(house.practice, max_, [1], reason=REASON)


def _keeps(house: House, max_: Actor) -> None:
    record_volume_keeper(
        house.practice, max_, "drive-a", VolumeKeeper("Pat Ellison", "the fire safe")
    )


def _records(house: House, max_: Actor) -> None:
    record(house.practice, max_, "search", details={"reason": REASON})


def _takes_in(house: House, max_: Actor) -> None:
    spool = a_call(house.folder / "spool", 9)
    ingest_recordings(house.practice, max_, [spool], after=KEEP, advance=lambda _: None)


DEEDS = [_asks, _reports, _holds, _keeps, _records]


@pytest.mark.parametrize("deed", DEEDS, ids=lambda each: each.__name__.strip("_"))
def test_it_is_sealed_to_the_new_keys(stocked: House, deed: Callable[[House, Actor], None]) -> None:
    archive(stocked, drive(stocked))
    max_ = renewed_meanwhile(stocked, "max", SEALED_TO)
    practice = stocked.practice
    older = count_to_reseal(stocked.open(), SEALED_TO)
    stocked.practice = practice
    deed(stocked, max_)
    assert count_to_reseal(stocked.open(), SEALED_TO) == older
    assert verified(stocked).verdict is Verdict.INTACT


def test_a_password_that_was_waited_for_meanwhile_accuses_nobody(stocked: House) -> None:
    practice = stocked.open()
    rotate_keys(practice, stocked.actor("dora"), SEALED_TO)
    stocked.practice = practice
    with pytest.raises(Failed, match="people or keys were changed"):
        signed_in(stocked, "max")
    stocked.open()
    signed_in(stocked, "max")


@pytest.mark.parametrize("key", list(VaultKey))
def test_nothing_more_is_taken_in_under_the_former_keys(stocked: House, key: VaultKey) -> None:
    before = len(recordings_of(stocked))
    max_ = renewed_meanwhile(stocked, "max", [key])
    with pytest.raises(Failed, match="keys were renewed"):
        _takes_in(stocked, max_)
    stocked.open()
    assert len(recordings_of(stocked)) == before
    _takes_in(stocked, signed_in(stocked, "max"))
    assert len(recordings_of(stocked)) == before + 1


def test_a_recording_that_came_in_under_them_meanwhile_accuses_nobody(stocked: House) -> None:
    max_ = renewed_meanwhile(stocked, "max", SEALED_TO)
    practice = stocked.practice
    stocked.open()
    _takes_in(stocked, signed_in(stocked, "max"))
    newest = tables.recording.select().order_by(tables.recording.c.id.desc()).limit(1)
    with reading(practice.engine) as connection:
        opening, row = Opening(practice, max_, connection), connection.execute(newest).one()
        with pytest.raises(Failed, match="people or keys were changed"):
            opening.checked(row)
