"""A file that stands there as it was read is not read again, and what changed is noticed.

A file that somebody has open for writing is left out when it is opened; one that is not opened at
all is not. So here that tells whether a file was read.
"""

from __future__ import annotations

import json
import os
import shutil
from contextlib import ExitStack
from datetime import UTC, datetime
from pathlib import Path

import pytest

from callrec.intake.clearing import AfterIntake, AfterIntakeKind
from callrec.intake.ingest import ingest_recordings
from callrec.intake.sources import Refusal
from callrec.intake.summary import Ingested
from callrec.policy.role import Role
from house.people import change_role
from house.practices import House
from house.spool import KEEP, a_call, a_wave, left_in, originals_of, take_in
from intake.test_ingest import count, everything_in

LATER = datetime(2099, 1, 1, tzinfo=UTC)
"""By this clock, all files have stood still for long."""

EARLIER = datetime(2020, 1, 1, tzinfo=UTC)
"""By this one they change after the run."""


@pytest.fixture(autouse=True)
def _late(house: House) -> None:
    house.at = LATER


def take_in_written(house: House, spool: Path, after: AfterIntake = KEEP) -> Ingested:
    """Take in while somebody has all files open for writing."""
    with ExitStack() as opened:
        for path in spool.iterdir():
            opened.enter_context(path.open("ab"))
        return take_in(house, spool, after=after)


def a_spool(folder: Path, calls: int = 3) -> Path:
    for call in range(calls):
        a_call(folder / "spool", call)
    return folder / "spool"


def test_what_stands_there_as_it_was_read_is_not_opened(house: House, tmp_path: Path) -> None:
    spool = a_spool(tmp_path)
    take_in(house, spool)
    done = take_in_written(house, spool)
    assert (done.duplicates, done.quarantined, done.recordings) == (3, [], 0)


def test_the_second_run_over_it_changes_no_byte_of_the_vault(house: House, tmp_path: Path) -> None:
    spool = a_spool(tmp_path)
    take_in(house, spool)
    before = everything_in(house.folder)
    take_in(house, spool)
    assert everything_in(house.folder) == before


def test_a_file_whose_sidecar_says_something_else_now_is_read_again(
    house: House, tmp_path: Path
) -> None:
    spool = a_spool(tmp_path, 1)
    sidecar = next(spool.iterdir()).with_suffix(".json")
    told = {"started_at": "2024-07-04T14:05:01", "direction": "inbound", "caller": "07700900123"}
    for caller in ("07700900123", "07700900456"):
        sidecar.write_text(json.dumps({**told, "caller": caller}), encoding="utf-8")
        assert [take_in(house, spool).recordings for _ in range(2)] == [1, 0]


def test_what_changed_shortly_before_the_run_is_read_again(house: House, tmp_path: Path) -> None:
    house.at = EARLIER
    spool = a_spool(tmp_path)
    take_in(house, spool)
    done = take_in_written(house, spool)
    assert {left.refusal for left in done.quarantined} == {Refusal.UNSETTLED}
    assert done.duplicates == 0


def test_what_was_read_again_and_stood_still_is_not_read_a_third_time(
    house: House, tmp_path: Path
) -> None:
    house.at = EARLIER
    spool = a_spool(tmp_path)
    take_in(house, spool)
    house.at = LATER
    leaves = count(house, "leaf")
    assert take_in(house, spool).duplicates == 3
    assert count(house, "leaf") == leaves + 1
    assert take_in_written(house, spool).duplicates == 3
    assert count(house, "leaf") == leaves + 1


@pytest.mark.parametrize("kind", [AfterIntakeKind.DELETE, AfterIntakeKind.MOVE])
def test_what_is_to_go_is_read_back_all_the_same(
    house: House, tmp_path: Path, kind: AfterIntakeKind
) -> None:
    spool, gone = a_spool(tmp_path), tmp_path / "done"
    gone.mkdir()
    take_in(house, spool)
    assert take_in_written(house, spool, AfterIntake(kind, gone)).duplicates == 0
    assert take_in(house, spool, after=AfterIntake(kind, gone)).duplicates == 3
    assert left_in(spool) == []


def changed_in_place(path: Path) -> None:
    kept = path.stat()
    path.write_bytes(a_wave(9))
    os.utime(path, ns=(kept.st_atime_ns, kept.st_mtime_ns))


def put_in_its_place(path: Path) -> None:
    kept = path.stat()
    other = path.with_name("other")
    other.write_bytes(a_wave(9))
    os.utime(other, ns=(kept.st_atime_ns, kept.st_mtime_ns))
    other.rename(path)


@pytest.mark.parametrize("change", [changed_in_place, put_in_its_place])
def test_another_sound_under_its_name_size_and_time_is_noticed(
    house: House, tmp_path: Path, change: object
) -> None:
    spool = a_spool(tmp_path, 1)
    take_in(house, spool)
    assert callable(change)
    change(next(spool.iterdir()))
    assert take_in(house, spool).recordings == 1
    assert originals_of(house) == [a_wave(0), a_wave(9)]


def test_a_copy_of_the_spool_is_read_and_then_known(house: House, tmp_path: Path) -> None:
    spool = a_spool(tmp_path)
    take_in(house, spool)
    shutil.move(spool, tmp_path / "old")
    shutil.copytree(tmp_path / "old", spool)
    assert take_in(house, spool).duplicates == 3
    assert take_in_written(house, spool).duplicates == 3


def test_a_mark_is_known_under_every_version_of_the_index_key(house: House, tmp_path: Path) -> None:
    spool = a_spool(tmp_path)
    take_in(house, spool)
    change_role(house.practice, house.actor("dora"), login="mia", role=Role.STAFF)
    assert take_in_written(house, spool).duplicates == 3


def test_the_progress_counts_what_is_not_read(house: House, tmp_path: Path) -> None:
    spool = a_spool(tmp_path)
    take_in(house, spool)
    a_call(spool, 7)
    told: list[int] = []
    actor = house.actor("max")
    ingest_recordings(house.practice, actor, [spool], after=KEEP, advance=told.append)
    assert sum(told) == 4 * 2058
