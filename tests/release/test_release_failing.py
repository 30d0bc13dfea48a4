"""What is said where a release cannot be, and what is left of it: nothing but the grant."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import event
from sqlalchemy.exc import IntegrityError

from callrec.audit.leaf import Outcome
from callrec.crypto.context import context
from callrec.crypto.streaming import StreamSealer
from callrec.errors import Failed, Tampered, Unusable
from callrec.release import release as releasing
from callrec.release.packing import write_package
from callrec.store.sealing import seal_stream
from house.packages import details_of, nothing_is_released, outbox, release, sealed_file
from house.practices import House
from house.requests import approved, grants_of, last_leaf
from house.small_disk import small_disk
from house.spool import a_call, a_wave, data_keys_of, recordings_of, take_in

LONG = 1_500_000
"""Bytes of a call whose package takes three times as much."""


@pytest.fixture
def office(granted: House) -> House:
    """R-1 is sam's, for recordings 1 and 2, and max has approved it."""
    return granted


@pytest.fixture
def long_call(house: House) -> House:
    """R-1 is sam's, for one long call, and max has approved it."""
    take_in(house, a_call(house.folder / "spool", size_bytes=LONG))
    approved(house, recordings=[1])
    return house


# Somebody else's in its place.


def test_a_package_that_somebody_exchanged_before_it_is_on_record_is_not_delivered(
    office: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    def exchanged(*given: Any, target: Path, **named: Any) -> str:
        sha256 = write_package(*given, target=target, **named)
        target.unlink()
        target.write_bytes(b"asks for the passphrase, and sends it elsewhere")
        return sha256

    monkeypatch.setattr(releasing, "write_package", exchanged)
    assert "not the one that was written" in nothing_is_released(office, Failed)
    assert len(grants_of(office, "R-1")) == 2


# Where to.


def test_a_release_goes_to_a_folder_that_is_there_and_outside_the_vault(office: House) -> None:
    file = office.folder / "file"
    file.touch()
    inside = office.folder / "way-in"
    inside.symlink_to(office.practice.folder / "recordings")
    before = last_leaf(office)
    for place in (office.folder / "none", file, office.practice.folder, inside, file / "below"):
        with pytest.raises(Unusable):
            release(office, to=place)
    assert last_leaf(office) == before
    assert len(grants_of(office, "R-1")) == 2


# What may be wrong with a recording.


@pytest.mark.parametrize("at", [3, 50, -1])
def test_a_changed_byte_in_a_recording_is_named_and_nothing_is_written(
    office: House, at: int
) -> None:
    path = sealed_file(office, 2)
    data = bytearray(path.read_bytes())
    data[at] ^= 1
    path.write_bytes(data)
    said = nothing_is_released(office, Tampered)
    assert said == "the sealed file of recording 2 is not as it was sealed"
    leaf = last_leaf(office)
    assert (leaf.act, leaf.outcome) == ("release.prepared", Outcome.FAILED)
    assert details_of(office, leaf) == {"why": said}
    assert len(grants_of(office, "R-1")) == 2


def test_a_recording_that_is_gone_is_named(office: House) -> None:
    sealed_file(office, 1).unlink()
    assert nothing_is_released(office, Tampered) == "the sealed file of recording 1 is missing"


def test_other_sound_under_the_recording_s_own_key_is_found(office: House) -> None:
    first = recordings_of(office)[0]
    info = context("recording", office.practice.vault, uid=first.uid)
    with sealed_file(office, 1).open("wb") as file:
        invented = io.BytesIO(a_wave(99))
        seal_stream(invented, file, StreamSealer(data_keys_of(office)[first.uid], info))
    assert "recording 1" in nothing_is_released(office, Tampered)


# What may go wrong on the way.


@pytest.mark.root
def test_a_full_drive_leaves_nothing_and_the_grant(long_call: House, tmp_path: Path) -> None:
    drive = tmp_path / "drive"
    with small_disk(drive):
        with pytest.raises(Failed, match="could not be written"):
            release(long_call, to=drive)
        assert list(drive.iterdir()) == []
    failed = last_leaf(long_call)
    assert (failed.act, failed.outcome) == ("release.failed", Outcome.DONE)
    assert "could not be written" in str(details_of(long_call, failed)["why"])
    assert release(long_call).path.exists()


NO_DELIVERY = """
CREATE TEMP TRIGGER IF NOT EXISTS no_delivery BEFORE INSERT ON main.leaf
WHEN instr(NEW.body, CAST('release.delivered' AS BLOB)) BEGIN SELECT RAISE(ABORT, 'no'); END
"""


def test_a_package_whose_delivery_cannot_be_recorded_is_taken_back(office: House) -> None:
    event.listen(office.practice.engine, "checkout", lambda sqlite, *_: sqlite.execute(NO_DELIVERY))
    with pytest.raises(IntegrityError):
        release(office)
    assert list(outbox(office).iterdir()) == []
    assert last_leaf(office).act == "release.failed"
    assert len(grants_of(office, "R-1")) == 2
