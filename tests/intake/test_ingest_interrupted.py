"""A run that is killed, and a disk that is full: nothing is lost, and the next run finishes."""

from __future__ import annotations

from pathlib import Path

import pytest

from callrec.audit.verify import verify_log
from callrec.catalogue.engine import reading
from callrec.errors import Failed
from callrec.intake.clearing import AfterIntake, AfterIntakeKind
from house.interrupted_intake import CALLS, ciphertexts, killed_intake, stored
from house.practices import House
from house.small_disk import little_room
from house.spool import a_call, a_wave, left_in, originals_of, recordings_of, take_in
from intake.test_ingest_summary import statements

POINTS = {
    "the first file is sealed": ("progress", 1, {0}),
    "the second batch is sealed": ("progress", 8, {0, 4}),
    "the first batch is durable": ("clock", 4, {0}),
    "the first batch is being catalogued": ("clock", 6, {0}),
    "the first batch is catalogued": ("clock", 7, {4}),
    "its sources are about to go": ("clock", 9, {4}),
    "the second batch is being catalogued": ("clock", 13, {4}),
    "all is catalogued": ("clock", 23, {CALLS}),
    "the summary is about to be signed": ("clock", 25, {CALLS}),
    "the summary is being written": ("clock", 26, {CALLS}),
    "the summary is written": ("clock", 27, {CALLS}),
}
"""When death comes, by which of its calls, and how many recordings the vault may then have."""


@pytest.mark.parametrize(("name", "count", "catalogued"), POINTS.values(), ids=POINTS)
def test_a_killed_run_loses_nothing_and_the_next_one_finishes(
    house: House, tmp_path: Path, name: str, count: int, catalogued: set[int]
) -> None:
    spool = tmp_path / "spool"
    for call in range(CALLS):
        a_call(spool, call)
    house = killed_intake(house, spool, AfterIntake(AfterIntakeKind.DELETE), name, count)

    assert len(ciphertexts(house)) in catalogued
    sources = {path.read_bytes() for path in spool.iterdir()}
    assert sources | set(originals_of(house)) == {a_wave(call) for call in range(CALLS)}

    done = take_in(house, spool, login="door")
    assert done.quarantined == []
    assert sorted(originals_of(house)) == sorted(a_wave(call) for call in range(CALLS))
    assert {place.rpartition("/")[2] for place in stored(house)} == ciphertexts(house)
    assert list((house.folder / "vault" / "incoming").iterdir()) == []
    with reading(house.practice.engine) as connection:
        whole = verify_log(connection, house.practice.vault)
    assert (whole.problems, whole.unattested) == ((), 0)
    assert sum(said["recordings"] for said in statements(house)) == CALLS


def test_sources_that_a_killed_run_did_not_clear_are_cleared_by_the_next(
    house: House, tmp_path: Path
) -> None:
    spool, moved = tmp_path / "spool", tmp_path / "done"
    moved.mkdir()
    names = sorted(a_call(spool, call).name for call in range(CALLS))
    house = killed_intake(house, spool, AfterIntake(AfterIntakeKind.MOVE, moved), "clock", 7)
    assert left_in(spool) == names
    done = take_in(house, spool, after=AfterIntake(AfterIntakeKind.MOVE, moved))
    assert (done.recordings, done.duplicates, done.quarantined) == (CALLS - 4, 4, [])
    assert (left_in(spool), left_in(moved)) == ([], names)


FULL = {
    "nothing fits": (0, 2058),
    "some recordings fit": (200_000, 50_000),
    "one recording does not fit": (200_000, 250_000),
    "the recordings fit, the catalogue does not": (100_000, 2058),
}


@pytest.mark.parametrize(("spare_bytes", "size_bytes"), FULL.values(), ids=FULL)
def test_a_full_disk_stops_a_run_and_the_next_one_goes_on(
    template: House, tmp_path: Path, spare_bytes: int, size_bytes: int
) -> None:
    spool = tmp_path / "spool"
    for call in range(CALLS):
        a_call(spool, call, size_bytes=size_bytes)
    with little_room(template, tmp_path, spare_bytes) as (house, make_room):
        with pytest.raises(Failed) as failure:
            take_in(house, spool, login="door", after=AfterIntake(AfterIntakeKind.DELETE))
        assert any(word in failure.value.message for word in ("full", "too large", "disk I/O"))
        assert len(left_in(spool)) == CALLS
        assert (recordings_of(house), stored(house)) == ([], [])

        make_room()
        done = take_in(house, spool, login="door", after=AfterIntake(AfterIntakeKind.DELETE))
        assert (done.recordings, left_in(spool)) == (CALLS, [])
        assert len(originals_of(house)) == CALLS
