"""What `audit verify` says of the stamps on record, and of a vault that was set back."""

from __future__ import annotations

import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from callrec.catalogue.engine import reading
from callrec.office.stamping import stamp_record
from callrec.package.callrec_verify import Time, read_stamp
from callrec.practice import record, signing
from callrec.registers.verify import Verdict, Verification
from callrec.stamps.authority import Stamp
from callrec.stamps.kept import newest_note, put_on_record
from callrec.views.audit import verification_lines
from house.holds import verified
from house.practices import House
from house.stages import copied
from house.time_authority import (
    TimeAuthority,
    make_authority,
    stamp_of,
    stamped_by,
    time_authority,
)

unstamped = copied(None)


@pytest.fixture(name="authority")
def _authority(tmp_path: Path) -> Iterator[TimeAuthority]:
    with time_authority(tmp_path / "authority") as authority:
        yield authority


@pytest.fixture(name="house")
def _house(unstamped: House, authority: TimeAuthority) -> House:
    """A practice that is stamped, at the authority's own time."""
    unstamped.at = datetime.now(UTC).replace(microsecond=0)
    stamped_by(unstamped, authority)
    return unstamped


def write(house: House, login: str = "max") -> None:
    record(house.open(), house.actor(login), "people.listed")


def has_it_stamped(house: House, to: Path | None = None) -> Stamp:
    return stamp_record(house.open(), house.actor("max"), to=to).stamp


def newest(house: House) -> bytes:
    with reading(house.open().engine) as connection:
        size_and_note = newest_note(connection)
    assert size_and_note is not None
    return size_and_note[1]


def says(found: Verification) -> str:
    return " ".join([*(each.what for each in found.problems), *found.unchecked])


def put_there(house: House, token: bytes, *, at: datetime) -> None:
    """Somebody with a key and a program of their own puts a stamp on record."""
    size = int(newest(house).split(b"\n")[1])
    time = Time(f"{at:%Y-%m-%dT%H:%M:%SZ}", "Test Time Root", "1.2.3", "given")
    with signing(house.open(), house.actor("max")) as act:
        put_on_record(act, house.actor("max").person.id, [Stamp(size, token, time)])


def test_it_says_by_when_the_record_had_come_how_far(house: House) -> None:
    stamp = has_it_stamped(house)
    found = verified(house, full=False)
    assert found.verdict is Verdict.INTACT
    assert found.stamps.newest == stamp
    assert found.stamps.count == 1
    assert not found.stamps.misdated


def test_a_practice_without_stamps_is_told_nothing_of_them(unstamped: House) -> None:
    assert verified(unstamped).stamps.count == 0


@pytest.mark.parametrize("full", [False, True])
def test_a_stamp_of_something_else_is_tampered(
    house: House, authority: TimeAuthority, *, full: bool
) -> None:
    other = stamp_of(authority.folder, b"another log")
    put_there(house, other, at=read_stamp(other).at)
    found = verified(house, full=full)
    assert found.verdict is Verdict.TAMPERED
    assert "entries is of something else" in says(found)


def test_what_is_no_stamp_is_tampered(house: House) -> None:
    put_there(house, b"words", at=house.at)
    found = verified(house)
    assert found.verdict is Verdict.TAMPERED
    assert "is not a time stamp" in says(found)


def test_a_stamp_that_is_taken_out_of_the_record_is_missed(house: House) -> None:
    has_it_stamped(house)
    house.close()
    with closing(sqlite3.connect(house.config.vault / "catalogue.sqlite")) as database, database:
        database.execute("DELETE FROM stamp")
    found = verified(house)
    assert found.verdict is Verdict.TAMPERED
    assert '"stamp"' in says(found)


def test_a_row_that_says_an_earlier_time_than_its_stamp_is_tampered(
    house: House, authority: TimeAuthority
) -> None:
    token = stamp_of(authority.folder, newest(house))
    put_there(house, token, at=read_stamp(token).at - timedelta(days=7))
    found = verified(house)
    assert found.verdict is Verdict.TAMPERED
    assert "is of another time than its row says" in says(found)


def test_a_forged_stamp_is_shown_by_the_pinned_certificate(house: House, tmp_path: Path) -> None:
    make_authority(tmp_path / "forger", "Test Time Root")
    forged = stamp_of(tmp_path / "forger", newest(house))
    put_there(house, forged, at=read_stamp(forged).at)
    found = verified(house)
    assert found.verdict is Verdict.INCONCLUSIVE
    assert "leads to no certificate" in says(found)


def test_a_renewed_root_is_put_below_the_former_which_has_to_stay(
    house: House, authority: TimeAuthority, tmp_path: Path
) -> None:
    has_it_stamped(house)
    renewed = make_authority(tmp_path / "renewed", "Renewed Time Root").decode()
    house.decide(timestamp={**authority.settings, "certificates": renewed})
    found = verified(house)
    assert found.verdict is Verdict.INCONCLUSIVE
    assert "leads to no certificate" in says(found)
    both = renewed + authority.root.decode()
    house.decide(timestamp={**authority.settings, "certificates": both})
    assert verified(house).verdict is Verdict.INTACT


def test_without_openssl_the_time_is_not_checked_and_the_verdict_is_the_same(
    house: House, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    has_it_stamped(house)
    monkeypatch.setenv("PATH", str(tmp_path))
    found = verified(house)
    assert found.verdict is Verdict.INTACT
    assert found.stamps.newest is None
    assert "openssl" in found.stamps.no_openssl


def test_an_entry_that_is_dated_back_shows_between_two_stamps(house: House) -> None:
    has_it_stamped(house)
    house.at -= timedelta(days=7)
    write(house)
    house.at += timedelta(days=7)
    write(house)
    has_it_stamped(house)
    (found,) = verified(house).stamps.misdated
    assert found.entries == 1
    assert found.at == house.at - timedelta(days=7)
    assert found.before is not None


def test_an_entry_that_is_dated_on_shows_as_well(house: House) -> None:
    has_it_stamped(house)
    house.at += timedelta(days=7)
    write(house)
    house.at -= timedelta(days=7)
    write(house)
    has_it_stamped(house)
    (found,) = verified(house).stamps.misdated
    assert found.entries == 1


def test_stamps_that_contradict_each_other_are_told_as_that_and_nobodys_entry_is(
    house: House, authority: TimeAuthority
) -> None:
    """An authority's clock jumps back; people here date what they write rightly."""
    has_it_stamped(house)
    write(house)
    authority.clock = lambda: house.at - timedelta(hours=20)
    then = has_it_stamped(house)
    stamps = verified(house).stamps
    assert not stamps.misdated
    (found,) = stamps.contradictions
    assert (found.at, found.then_at) == (house.at, house.at - timedelta(hours=20))
    assert found.size < found.then_size == then.size
    write(house)
    authority.clock = lambda: house.at - timedelta(hours=18)
    has_it_stamped(house)
    (entry,) = verified(house).stamps.misdated
    assert entry.contested
    said, also = (
        each for each in verification_lines(verified(house), full=True) if "time stamps" in each
    )
    assert said.startswith("two time stamps cannot both be right: that of ")
    assert "as time stamps say that another stamp contradicts" in also


def test_a_vault_set_back_with_all_memories_is_shown_by_a_stamp_that_was_kept(
    house: House, tmp_path: Path
) -> None:
    """The entries of the week are made up anew, and stamped: all agrees but what lies outside."""
    house.close()
    before = shutil.copytree(house.folder, tmp_path / "before")
    write(house)
    kept = tmp_path / "kept"
    has_it_stamped(house, to=kept)
    beside = tmp_path / "kept.tsr"
    assert verified(house, beside).verdict is Verdict.INTACT
    house.close()
    shutil.rmtree(house.folder)
    before.rename(house.folder)
    write(house, "mia")
    has_it_stamped(house)
    write(house)
    assert verified(house).verdict is Verdict.INTACT
    found = verified(house, beside)
    assert found.verdict is Verdict.TAMPERED
    assert "the log does not have what Test Time Root stamped on 20" in says(found)
    assert verified(house, kept).verdict is Verdict.TAMPERED


def test_a_stamp_that_nobody_pinned_made_accuses_nobody(house: House, tmp_path: Path) -> None:
    make_authority(tmp_path / "forger", "Test Time Root")
    forged = tmp_path / "forged.tsr"
    forged.write_bytes(stamp_of(tmp_path / "forger", b"another log"))
    found = verified(house, forged)
    assert found.verdict is Verdict.INCONCLUSIVE
    assert not found.problems
