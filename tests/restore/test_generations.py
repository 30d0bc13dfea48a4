"""The newest sound copy serves, be it the older generation on the same drive."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from attacks.test_the_last_good_copy import (
    add_foreign_leaf,
    flip_old_checkpoint,
    old_backup,
    spoil_batch_key,
    spoil_data_key,
)
from callrec.registers.verify import Verdict
from house.drives import archive, drive, faults, last, one_more_call, verify
from house.practices import House
from house.spool import originals_of
from house.stages import ARCHIVED, copied
from restore.test_restore import lose_vault, rebuilt, restored, verified

archived = copied(ARCHIVED)

SPOILING = (spoil_data_key, spoil_batch_key, add_foreign_leaf, flip_old_checkpoint)


@pytest.fixture
def house(archived: House) -> House:
    archived.at = archived.at.replace(day=26)
    archived.open()
    return archived


@pytest.mark.parametrize("spoil", SPOILING)
def test_after_a_spoilt_backup_the_older_generation_serves(
    house: House, spoil: Callable[[House], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    originals = originals_of(house)
    spoil(house)
    old_backup(house, drive(house), monkeypatch)
    lose_vault(house)
    back = rebuilt(house)
    assert (back.copied_at, back.flaw) == ("20261125T120000Z", None)
    assert [each.copied_at for each in back.passed_over] == ["20261126T120000Z"]
    house.practice.engine.dispose()
    done = restored(house)
    assert (done.resumed, done.undone, done.missing) == (True, (), {})
    assert originals_of(house) == originals
    assert verified(house).verdict is Verdict.INTACT


@pytest.mark.parametrize("spoil", SPOILING)
def test_the_drive_goes_on_and_keeps_the_sound_generation_not_the_spoilt_one(
    house: House, spoil: Callable[[House], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    spoil(house)
    old_backup(house, drive(house), monkeypatch)
    lose_vault(house)
    restored(house)
    house.at = house.at.replace(day=27)
    archive(house, drive(house), by="dora")
    kept = sorted(path.name[:8] for path in (drive(house) / "catalogue").glob("*.sealed"))
    assert kept == ["20261125", "20261127"]
    assert faults(verify(house, drive(house))) == []
    lose_vault(house)
    assert rebuilt(house).copied_at == "20261127T120000Z"


def test_where_every_copy_is_spoilt_the_newest_comes_back_and_what_is_spoilt_is_named(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    spoil_data_key(house)
    for day in (26, 27):
        house.at = house.at.replace(day=day)
        old_backup(house, drive(house), monkeypatch)
    lose_vault(house)
    back = rebuilt(house)
    assert back.copied_at == "20261127T120000Z"
    assert back.flaw is not None
    assert "recording 2" in back.flaw.message


def test_a_newer_copy_on_another_drive_that_is_spoilt_is_given_up(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    one_more_call(house)
    spoil_data_key(house)
    house.at = house.at.replace(day=27)
    old_backup(house, drive(house, "drive-b"), monkeypatch)
    lose_vault(house)
    restored(house)
    assert restored(house, drive(house, "drive-b")).undone == ()
    assert verified(house).verdict is Verdict.INTACT
    assert last(drive(house, "drive-b") / "catalogue", "*.sealed").exists()
