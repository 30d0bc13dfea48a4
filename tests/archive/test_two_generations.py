"""A drive keeps two generations of the catalogue, and what lies there is opened on trial."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from attacks.test_the_last_good_copy import (
    TAMPERED,
    copies_on,
    spoil_batch_key,
    spoil_data_key,
    type_in_folder,
)
from callrec.archive import sampling
from callrec.catalogue.engine import reading
from callrec.errors import Failed, Tampered
from callrec.volume.volume import Volume
from house.drives import archive, contents, drive, faults, flip, verify
from house.holds import by_hand
from house.practices import House
from house.stages import ARCHIVED, copied

archived = copied(ARCHIVED)


@pytest.fixture
def house(archived: House) -> House:
    archived.at = archived.at.replace(day=26)
    archived.open()
    return archived


def test_a_drive_keeps_the_generation_before_the_newest(house: House) -> None:
    for day in (27, 28, 29):
        house.at = house.at.replace(day=day)
        archive(house, drive(house))
    assert copies_on(drive(house)) == ["20261128T120000Z", "20261129T120000Z"]
    assert faults(verify(house, drive(house))) == []


def test_doctor_names_each_key_that_does_not_open(house: House) -> None:
    sound = type_in_folder(house, "max", "doctor", "--full")
    assert "keys that open: 4 of 4" in sound.out
    assert "no key was opened" in type_in_folder(house, "nobody", "doctor", "--full").out
    spoil_data_key(house)
    answer = type_in_folder(house, "max", "doctor", "--full")
    assert (answer.status, "keys that open: 3 of 4" in answer.out) == (TAMPERED, True)
    assert "the key of recording 2 does not open" in answer.err


@pytest.mark.parametrize("spoil", [spoil_data_key, spoil_batch_key])
def test_archive_verify_opens_some_recordings_and_names_a_key_that_does_not_open(
    house: House, spoil: Callable[[House], None]
) -> None:
    verify_it = ("archive", "verify", "drive-a")
    assert "4 of 4 tried, of 4 there" in type_in_folder(house, "max", *verify_it).out
    assert "tried" not in type_in_folder(house, "nobody", *verify_it).out
    spoil(house)
    answer = type_in_folder(house, "max", *verify_it)
    assert (answer.status, "does not open" in answer.err) == (TAMPERED, True)


def test_the_older_goes_only_once_the_newer_was_opened_from_the_drive(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    archive(house, drive(house))
    before = contents(drive(house) / "catalogue")
    house.at = house.at.replace(day=27)
    actual = Volume.write_copy

    def lies(self: Volume, time: str, *about: object) -> object:
        made = actual(self, time, *about)  # type: ignore[arg-type]
        flip(self.copy_of(time).sealed)
        return made

    monkeypatch.setattr(Volume, "write_copy", lies)
    with pytest.raises((Failed, Tampered)):
        archive(house, drive(house))
    assert contents(drive(house) / "catalogue") == before


def test_held_recordings_come_first_and_the_others_in_turn(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sampling, "SAMPLE", 2)
    by_hand(house, 3, login="dora")
    state, turns = house.practice.state_folder, []
    for _ in range(3):
        with reading(house.practice.engine) as connection:
            turns.append(sampling.next_to_open(connection, state, "a drill", [1, 2, 3, 4]))
    assert turns == [[3, 1, 2], [3, 4, 1], [3, 2, 4]]
