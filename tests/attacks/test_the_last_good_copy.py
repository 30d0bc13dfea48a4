"""What is spoilt in the vault, on purpose or by a disk, does not reach the last good copy of it."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import chdir
from pathlib import Path

import pytest

from callrec.archive.run import archive_recordings, back_up
from callrec.audit.log import log_transaction
from callrec.errors import Tampered
from callrec.practice import Practice
from callrec.registers.verify import check_vault
from house.commands import Answer, type_in
from house.drives import archive, contents, drive, faults, flip, one_more_call, verify
from house.erasures import approved_erasure, erase, keys_in_copy
from house.practices import House
from house.requests import by_sql, rows
from house.stages import ARCHIVED, CALLERS, copied

archived, callers = copied(ARCHIVED), copied(CALLERS)

TAMPERED = 5


@pytest.fixture
def house(archived: House) -> House:
    archived.at = archived.at.replace(day=26)
    archived.open()
    return archived


def spoil_data_key(house: House) -> None:
    by_sql(house, "UPDATE recording SET data_key = randomblob(length(data_key)) WHERE id = 2")


def spoil_batch_key(house: House) -> None:
    by_sql(
        house,
        "UPDATE batch SET recordings_key = randomblob(length(recordings_key))"
        " WHERE id = (SELECT batch FROM recording WHERE id = 2)",
    )


def add_foreign_leaf(house: House) -> None:
    """Of nobody, of an act that only a person does: it takes no key to write it."""
    with log_transaction(house.practice.engine, house.practice.log, None) as act:
        act.leaf("volume.lost", actor="-", subject=["a" * 32])


def flip_old_checkpoint(house: House) -> None:
    (row,) = rows(house, "SELECT size, note FROM checkpoint ORDER BY size LIMIT 1")
    note = bytearray(row.note)
    note[-9] ^= 1
    by_sql(house, "UPDATE checkpoint SET note = :note WHERE size = :size", note=note, size=row.size)


SPOILING = (spoil_data_key, spoil_batch_key, add_foreign_leaf, flip_old_checkpoint)


def unchecked(practice: Practice, connection: object) -> None:
    """As callrec was before it checked what it copies."""


def old_backup(house: House, at: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A backup by a program that checks nothing."""
    with monkeypatch.context() as patch:
        patch.setattr("callrec.archive.copy.try_keys", lambda *_: Everything())
        for check in ("check_appended", "check_proven"):
            patch.setattr(f"callrec.practice.{check}", lambda *_, **__: None)
        back_up(house.practice, house.actor("max"), at, check=unchecked, label=None)
    house.open()


class Everything:
    def check(self) -> None:
        """Whatever it is, it is taken for sound."""


def copies_on(at: Path) -> list[str]:
    return sorted(path.name.partition(".")[0] for path in (at / "catalogue").glob("*.sealed"))


@pytest.mark.parametrize("spoil", SPOILING)
@pytest.mark.parametrize("words", [("backup", "--to", "drive-a"), ("archive", "--to", "drive-a")])
def test_no_copy_of_a_vault_that_is_spoilt_takes_the_place_of_a_good_one(
    house: House, spoil: Callable[[House], None], words: tuple[str, ...]
) -> None:
    one_more_call(house)
    before = contents(drive(house))
    spoil(house)
    house.close()
    answer = type_in_folder(house, "max", *words)
    assert (answer.status, answer.err.count("callrec: error:")) == (TAMPERED, 1), answer
    assert contents(drive(house)) == before
    if spoil in {spoil_data_key, spoil_batch_key}:
        assert any(each in answer.err for each in ("recording 2, in", 'of the table "batch"'))


def type_in_folder(house: House, login: str, *words: str) -> Answer:

    with chdir(house.folder):
        return type_in(house, login, *words)


def test_an_older_generation_that_is_gone_or_changed_is_named(house: House) -> None:
    archive(house, drive(house))
    older, _ = sorted((drive(house) / "catalogue").glob("*.sealed"))
    flip(older)
    assert [path for _, path in faults(verify(house, drive(house)))] == [f"catalogue/{older.name}"]
    older.unlink()
    assert [path for _, path in faults(verify(house, drive(house)))] == [f"catalogue/{older.name}"]


def test_what_is_erased_survives_in_no_generation(callers: House, tmp_path: Path) -> None:
    at = drive(callers)
    for day in (24, 25, 26):
        callers.at = callers.at.replace(day=day)
        archive(callers, at)
    assert len(copies_on(at)) == 2
    assert erase(callers, approved_erasure(callers, 1), at).is_done
    assert len(copies_on(at)) == 1
    assert 1 not in keys_in_copy(at, tmp_path)
    callers.at = callers.at.replace(day=27)
    archive(callers, at)
    assert len(copies_on(at)) == 2
    assert faults(verify(callers, at)) == []


@pytest.mark.parametrize("spoil", SPOILING)
def test_an_erasure_does_not_let_good_copies_go_for_a_spoilt_one(
    callers: House, spoil: Callable[[House], None]
) -> None:
    at = drive(callers)
    archive(callers, at)
    reference = approved_erasure(callers, 1)
    assert not erase(callers, reference).is_done
    before = contents(at)
    spoil(callers)
    with pytest.raises(Tampered):
        archive_recordings(callers.open(), callers.actor("max"), at, check=check_vault)
    assert contents(at) == before
