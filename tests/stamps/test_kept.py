"""A stamp goes on record behind somebody's next entry, and nothing else that lies there does."""

from __future__ import annotations

import os
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import select

from callrec.audit.leaf import Leaf
from callrec.catalogue import tables
from callrec.catalogue.engine import reading
from callrec.errors import Failed, Misconfigured
from callrec.office.stamping import stamp_record
from callrec.office.stamps import (
    EVERY,
    LATE_AFTER,
    PAUSE,
    is_time_to_stamp,
    stamp_standing,
    stamp_warnings,
)
from callrec.practice import record
from callrec.registers.verify import Verdict
from callrec.stamps.kept import STAMPED
from callrec.stamps.waiting import folder_of, waiting_files
from house.holds import verified
from house.practices import House
from house.stages import copied
from house.time_authority import TimeAuthority, stamp_of, stamped_by, time_authority


@pytest.fixture(name="authority")
def _authority(tmp_path: Path) -> Iterator[TimeAuthority]:
    with time_authority(tmp_path / "authority") as authority:
        yield authority


unstamped = copied(None)


@pytest.fixture(name="house")
def _house(unstamped: House, authority: TimeAuthority) -> House:
    """A practice that is stamped, at the authority's own time."""
    unstamped.at = datetime.now(UTC)
    stamped_by(unstamped, authority)
    return unstamped


def write(house: House, login: str = "max") -> None:
    """Somebody writes something."""
    record(house.open(), house.actor(login), "people.listed")


def stamps(house: House) -> list[int]:
    with reading(house.practice.engine) as connection:
        return [*connection.execute(select(tables.stamp.c.size)).scalars()]


def newest_leaf(house: House) -> Leaf:
    leaf = tables.leaf.c
    with reading(house.practice.engine) as connection:
        row = connection.execute(select(leaf.seq, leaf.body).order_by(leaf.seq.desc())).first()
        assert row is not None
        return Leaf.decode(row.body, row.seq)


def has_it_stamped(house: House, login: str | None = None) -> None:
    stamp_record(house.open(), house.actor(login) if login else None, to=None)


def test_it_waits_for_the_next_entry_and_goes_on_record_in_that_name(house: House) -> None:
    has_it_stamped(house)
    assert not stamps(house)
    write(house, "sam")
    (size,) = stamps(house)
    assert newest_leaf(house).act == STAMPED
    assert newest_leaf(house).actor == house.actor("sam").person.id
    assert newest_leaf(house).seq == size + 1
    assert not waiting_files(house.config.vault)
    assert verified(house).verdict is Verdict.INTACT


def test_who_is_logged_in_has_it_on_record_at_once(house: House) -> None:
    has_it_stamped(house, "max")
    assert len(stamps(house)) == 1
    assert not waiting_files(house.config.vault)


def test_a_checkpoint_has_one_stamp(house: House) -> None:
    has_it_stamped(house)
    kept = {each.name: each.read_bytes() for each in waiting_files(house.config.vault)}
    write(house)
    for name, token in kept.items():
        (folder_of(house.config.vault) / name).write_bytes(token)
    before = newest_leaf(house).seq
    write(house)
    assert newest_leaf(house).seq == before + 1
    assert not waiting_files(house.config.vault)


@pytest.mark.parametrize("token", [b"", b"words", bytes(100_000)], ids=["nothing", "words", "long"])
def test_what_somebody_put_there_is_removed(house: House, token: bytes) -> None:
    folder_of(house.config.vault).mkdir(exist_ok=True)
    (folder_of(house.config.vault) / "5.tsr").write_bytes(token)
    write(house)
    assert not stamps(house)
    assert not waiting_files(house.config.vault)


def test_a_stamp_of_another_log_or_checkpoint_is_removed(
    house: House, authority: TimeAuthority
) -> None:
    has_it_stamped(house)
    (waiting,) = waiting_files(house.config.vault)
    waiting.rename(waiting.with_name("5.tsr"))
    waiting.with_name("6.tsr").write_bytes(stamp_of(authority.folder, b"another log"))
    waiting.with_name("999999.tsr").write_bytes(stamp_of(authority.folder, b"another log"))
    write(house)
    assert not stamps(house)
    assert not waiting_files(house.config.vault)


def test_what_is_no_file_of_a_stamp_stays_and_stops_nothing(house: House, tmp_path: Path) -> None:
    folder, elsewhere = folder_of(house.config.vault), tmp_path / "elsewhere"
    elsewhere.write_bytes(b"theirs")
    has_it_stamped(house)
    (folder / "notes.txt").write_bytes(b"stray")
    (folder / "5.tsr").symlink_to(elsewhere)
    (folder / "6.tsr").mkdir()
    os.mkfifo(folder / "7.tsr")
    write(house)
    assert len(stamps(house)) == 1
    assert {each.name for each in folder.iterdir()} == {"notes.txt", "5.tsr", "6.tsr", "7.tsr"}
    assert elsewhere.read_bytes() == b"theirs"


def test_no_link_is_followed_to_a_folder_elsewhere(house: House, tmp_path: Path) -> None:
    elsewhere, folder = tmp_path / "elsewhere", folder_of(house.config.vault)
    elsewhere.mkdir()
    (elsewhere / "5.tsr").write_bytes(b"theirs")
    folder.symlink_to(elsewhere)
    write(house)
    with pytest.raises(Misconfigured, match="is a link"):
        has_it_stamped(house)
    (warning,) = stamp_warnings(house.open())
    assert "is a link" in warning
    assert [each.name for each in elsewhere.iterdir()] == ["5.tsr"]


@pytest.mark.parametrize("days", [-1.01, 1.01, 800])
def test_a_stamp_far_from_this_machines_clock_is_not_counted_and_asked_for_again(
    house: House, authority: TimeAuthority, days: float
) -> None:
    authority.clock = lambda: house.at + timedelta(days=days)
    with pytest.raises(Failed, match="one of two clocks is wrong: the time-stamping authority say"):
        has_it_stamped(house)
    assert not waiting_files(house.config.vault)
    house.at += PAUSE
    assert is_time_to_stamp(house.open())
    authority.clock = lambda: house.at + timedelta(hours=23)
    has_it_stamped(house, "max")
    assert len(stamps(house)) == 1


def test_without_openssl_it_goes_on_waiting(
    house: House, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    has_it_stamped(house)
    with monkeypatch.context() as without:
        without.setenv("PATH", str(tmp_path))
        write(house)
    assert not stamps(house)
    write(house)
    assert stamps(house)


def test_a_practice_that_sets_up_none_asks_nobody(unstamped: House) -> None:
    write(unstamped)
    assert stamp_standing(unstamped.practice) is None
    assert not is_time_to_stamp(unstamped.practice)
    assert not folder_of(unstamped.config.vault).exists()


def test_it_is_asked_once_a_day_where_something_was_written(house: House) -> None:
    assert is_time_to_stamp(house.open())
    has_it_stamped(house, "max")
    assert not is_time_to_stamp(house.open())
    house.at += EVERY + timedelta(minutes=1)
    assert not is_time_to_stamp(house.open())
    write(house)
    assert is_time_to_stamp(house.open())


def test_an_authority_that_is_gone_is_left_alone_for_an_hour_and_told_of(
    house: House, authority: TimeAuthority
) -> None:
    has_it_stamped(house, "max")
    write(house)
    house.at += LATE_AFTER + timedelta(minutes=1)
    authority.status = 500
    with pytest.raises(Failed):
        has_it_stamped(house)
    assert not is_time_to_stamp(house.open())
    (warning,) = stamp_warnings(house.practice)
    assert warning.startswith("no time stamp since ")
    assert warning.endswith("the time-stamping authority answered 500; callrec audit stamp")
    house.at += PAUSE
    assert is_time_to_stamp(house.open())


def test_an_authority_that_is_gone_for_a_month_stops_nothing_and_one_stamp_makes_it_good(
    house: House, authority: TimeAuthority
) -> None:
    authority.status = 503
    for _ in range(3):
        house.at += 10 * EVERY
        write(house)
        with pytest.raises(Failed):
            has_it_stamped(house)
    authority.status = 200
    has_it_stamped(house, "max")
    assert not [*stamp_warnings(house.open())]
    assert len(stamps(house)) == 1
