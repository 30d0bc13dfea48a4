"""Small files are sealed in a process beside: what comes in is the same, and no fault loses any."""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager, nullcontext
from dataclasses import replace
from pathlib import Path
from threading import Event

import pytest

from callrec.errors import Failed
from callrec.intake import beside
from callrec.intake import ingest as intake_run
from callrec.intake.batch import BatchKeys
from callrec.intake.beside import SealingWorkers, start_sealing_workers
from callrec.intake.clearing import AfterIntake, AfterIntakeKind
from callrec.intake.reading import telephone_setup
from callrec.intake.sealing import (
    CHUNK_FILES,
    LARGE_BYTES,
    SMALL_BYTES,
    BatchSealer,
    Outcome,
    Taken,
)
from callrec.intake.sources import Refusal, Source, find_sources
from callrec.store.directory import DirectoryBatch
from house.call_records import a_row, records, take_in_with
from house.interrupted_intake import CALLS, ciphertexts, killed_intake, stored
from house.practices import House
from house.small_disk import little_room
from house.spool import a_call, a_wave, left_in, originals_of, recordings_of, take_in
from intake.test_ingest_interrupted import FULL

CHUNKS = 8


@pytest.fixture(autouse=True)
def _one_is_worth_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(intake_run, "MIN_FILES_FOR_WORKERS", 1)


@pytest.fixture(name="asked")
def _asked(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Names of the files that the process beside was given."""
    take, asked = SealingWorkers.take, list[str]()

    def noted(
        beside: SealingWorkers,
        batch: DirectoryBatch,
        keys: BatchKeys,
        advance: Callable[[int], None],
        sources: Sequence[Source],
    ) -> list[Outcome]:
        asked.extend(source.path.name for source in sources)
        return take(beside, batch, keys, advance, sources)

    monkeypatch.setattr(SealingWorkers, "take", noted)
    return asked


def ignore(_: int) -> None:
    """Is told how far it is."""


@contextmanager
def being_taken(
    house: House, folder: Path, advance: Callable[[int], None]
) -> Iterator[tuple[SealingWorkers, BatchSealer, Future[list[Outcome]]]]:
    """Chunks that one process is being asked for; what seals into their batch here.

    In the end all are in their order.
    """
    for call in range(CHUNKS * CHUNK_FILES):
        a_call(folder / "spool", call)
    sources = [each for each in find_sources([folder / "spool"]) if isinstance(each, Source)]
    practice, keys = house.practice, BatchKeys.draw()
    vault, setup = practice.vault, telephone_setup(practice.settings)
    with (
        practice.store.lock(),
        practice.store.batch(keys.batch) as batch,
        start_sealing_workers(vault, setup, 1, with_md5=False) as process,
        ThreadPoolExecutor() as pool,
    ):
        assert process
        task = pool.submit(process.take, batch, keys, advance, sources)
        yield process, BatchSealer(vault, setup, batch, ignore), task
        assert [each.source for each in task.result() if isinstance(each, Taken)] == sources
        batch.keep()


def names_of(outcomes: Iterable[Outcome]) -> set[str]:
    return {each.sealed.sha256_ciphertext for each in outcomes if isinstance(each, Taken)}


@pytest.fixture(autouse=True)
def _others(monkeypatch: pytest.MonkeyPatch) -> None:
    """What other tests of this process have started is none of these tests' children."""
    monkeypatch.setattr(sys.modules[__name__], "OTHERS", frozenset(_started()))


OTHERS: frozenset[int] = frozenset()


def _started() -> list[int]:
    found = Path("/proc/self/task").glob("*/children")
    return [int(pid) for each in found for pid in each.read_text().split()]


def children() -> list[int]:
    return [pid for pid in _started() if pid not in OTHERS]


def test_small_files_go_there_and_large_ones_do_not(
    house: House, tmp_path: Path, asked: list[str]
) -> None:
    spool = tmp_path / "spool"
    small = [a_call(spool, call, name=f"a{call:02}.wav").name for call in range(2 * CHUNK_FILES)]
    sounds = [a_wave(call) for call in range(len(small))]
    for call in range(CHUNK_FILES):
        a_call(spool, call, name=f"b{call:02}.wav", size_bytes=LARGE_BYTES)
        sounds.append(a_wave(call, LARGE_BYTES))
    done = take_in(house, spool)
    assert asked == small
    assert (done.recordings, done.quarantined) == (len(sounds), [])
    assert sorted(originals_of(house)) == sorted(sounds)
    assert {place.rpartition("/")[2] for place in stored(house)} == ciphertexts(house)
    assert not children()


def test_where_the_system_has_no_such_processes_all_is_sealed_here(
    house: House, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, asked: list[str]
) -> None:
    monkeypatch.setattr(beside, "start_workers", lambda *_: nullcontext())
    for call in range(2 * CHUNK_FILES):
        a_call(tmp_path / "spool", call)
    done = take_in(house, tmp_path / "spool")
    assert (done.recordings, done.quarantined, asked) == (2 * CHUNK_FILES, [], [])
    assert sorted(originals_of(house)) == sorted(map(a_wave, range(2 * CHUNK_FILES)))


@pytest.mark.parametrize(("size_bytes", "processes"), [(SMALL_BYTES - 1, 1), (SMALL_BYTES, 2)])
def test_a_second_process_is_there_where_there_is_much_to_hash(
    house: House, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, size_bytes: int, processes: int
) -> None:
    take, seen = SealingWorkers.take, list[int]()

    def counted(beside: SealingWorkers, *given: object) -> list[Outcome]:
        seen.append(len(children()))
        return take(beside, *given)  # type: ignore[arg-type]

    monkeypatch.setattr(SealingWorkers, "take", counted)
    for call in range(2):
        a_call(tmp_path / "spool", call, size_bytes=size_bytes)
    assert take_in(house, tmp_path / "spool").recordings == 2
    assert seen == [processes]


def test_what_comes_back_is_of_the_sources_that_were_asked_for_and_of_no_copies(
    house: House, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    take, seen = SealingWorkers.take, list[bool]()

    def compared(
        beside: SealingWorkers,
        batch: DirectoryBatch,
        keys: BatchKeys,
        advance: Callable[[int], None],
        sources: Sequence[Source],
    ) -> list[Outcome]:
        outcomes = take(beside, batch, keys, advance, sources)
        told = [each.source for each in outcomes if isinstance(each, Taken)]
        seen.extend(one is other for one, other in zip(told, sources, strict=True))
        return outcomes

    monkeypatch.setattr(SealingWorkers, "take", compared)
    for call in range(CHUNK_FILES + 1):
        a_call(tmp_path / "spool", call)
    take_in(house, tmp_path / "spool")
    assert seen == [True] * (CHUNK_FILES + 1)


def test_the_one_that_waits_seals_what_nobody_was_asked_for(house: House, tmp_path: Path) -> None:
    practice, helped = house.practice, 0
    with (
        being_taken(house, tmp_path, ignore) as (process, here, task),
        practice.store.batch("another") as another,
    ):
        while not task.done():
            assert not process.help(replace(here, batch=another))
            helped += process.help(here)
    assert helped
    assert {place.rpartition("/")[2] for place in stored(house)} == names_of(task.result())


def test_what_is_being_sealed_here_is_waited_for(house: House, tmp_path: Path) -> None:
    told, all_others = list[int](), Event()

    def note(size_bytes: int) -> None:
        told.append(size_bytes)
        if len(told) == CHUNKS - 1:
            all_others.set()

    with being_taken(house, tmp_path, note) as (process, here, task):
        waits = replace(here, advance=lambda _: ignore(all_others.wait(60)))
        while not task.done() and not process.help(waits):
            pass
    assert len(told) == CHUNKS - 1
    assert len(names_of(task.result())) == CHUNKS * CHUNK_FILES


def test_what_is_wrong_with_a_file_is_told_of_it_alone(
    house: House, tmp_path: Path, asked: list[str]
) -> None:
    spool = tmp_path / "spool"
    for call in range(3):
        a_call(spool, call)
    (spool / "in-201-07700900123-20240704-140501-1720098301.7.wav").write_text("no sound at all")
    os.mkfifo(spool / "gone.wav")
    done = take_in(house, spool)
    assert len(asked) == 4
    assert {each.refusal for each in done.quarantined} == {Refusal.NO_SOUND, Refusal.UNREADABLE}
    assert sorted(originals_of(house)) == sorted(a_wave(call) for call in range(3))


def test_the_same_sound_twice_is_one_file(house: House, tmp_path: Path, asked: list[str]) -> None:
    spool = tmp_path / "spool"
    a_call(spool, 1)
    (spool / "again.wav").write_bytes(a_wave(1))
    done = take_in(house, spool)
    assert (len(asked), done.recordings, done.duplicates) == (2, 1, 1)
    assert len(stored(house)) == 1
    (recording,) = recordings_of(house)
    assert len(recording.fields["provenance"]) == 2


def test_the_call_record_is_sealed_with_what_was_sealed_there(
    house: House, tmp_path: Path, asked: list[str]
) -> None:
    calls = [a_call(tmp_path, call) for call in range(2)]
    done = take_in_with(house, records(tmp_path / "cdr.csv", a_row()), *calls)
    assert (len(asked), done.joined, done.unjoined) == (2, 1, 1)
    joined = [recording.fields["record"] for recording in recordings_of(house)]
    assert [record and record["joined_by"] for record in joined] == ["unique-id", None]


def test_one_that_is_ended_by_somebody_is_told_and_the_next_run_takes_the_rest_in(
    house: House, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    spool = tmp_path / "spool"
    for call in range(CALLS):
        a_call(spool, call)
    take = SealingWorkers.take

    def ended(beside: SealingWorkers, *given: object) -> list[Outcome]:
        for pid in children():
            os.kill(pid, signal.SIGKILL)
            os.waitid(os.P_PID, pid, os.WEXITED | os.WNOWAIT)
        return take(beside, *given)  # type: ignore[arg-type]

    with monkeypatch.context() as patched:
        patched.setattr(SealingWorkers, "take", ended)
        with pytest.raises(Failed, match="ended by somebody else"):
            take_in(house, spool, after=AfterIntake(AfterIntakeKind.DELETE))
    assert len(left_in(spool)) == CALLS
    assert (stored(house), list((house.folder / "vault" / "incoming").iterdir())) == ([], [])
    assert take_in(house, spool, after=AfterIntake(AfterIntakeKind.DELETE)).recordings == CALLS
    assert left_in(spool) == []


POINTS = {
    "the first chunk is sealed": ("progress", 1, {0}),
    "the second batch is sealed": ("progress", 2, {0, 4}),
    "the first batch is durable": ("clock", 4, {0}),
    "the first batch is being catalogued": ("clock", 6, {0}),
    "its sources are about to go": ("clock", 9, {4}),
    "all is catalogued": ("clock", 23, {CALLS}),
}


@pytest.mark.parametrize(("name", "count", "catalogued"), POINTS.values(), ids=POINTS)
def test_a_killed_run_takes_it_along_and_the_next_one_finishes(
    house: House, tmp_path: Path, name: str, count: int, catalogued: set[int]
) -> None:
    spool = tmp_path / "spool"
    for call in range(CALLS):
        a_call(spool, call)
    # Its process beside could tell too what became of it: it is waited for, then both are gone.
    house = killed_intake(house, spool, AfterIntake(AfterIntakeKind.DELETE), name, count)
    assert len(ciphertexts(house)) in catalogued

    assert take_in(house, spool, login="door").quarantined == []
    assert sorted(originals_of(house)) == sorted(a_wave(call) for call in range(CALLS))
    assert {place.rpartition("/")[2] for place in stored(house)} == ciphertexts(house)


@pytest.mark.parametrize(("spare_bytes", "size_bytes"), FULL.values(), ids=FULL)
def test_a_full_disk_is_told_as_ever(
    template: House, tmp_path: Path, spare_bytes: int, size_bytes: int
) -> None:
    spool = tmp_path / "spool"
    for call in range(CALLS):
        a_call(spool, call, size_bytes=min(size_bytes, 60_000))
    with little_room(template, tmp_path, min(spare_bytes, 60_000)) as (house, make_room):
        with pytest.raises(Failed) as failure:
            take_in(house, spool, login="door", after=AfterIntake(AfterIntakeKind.DELETE))
        assert any(word in failure.value.message for word in ("full", "too large", "disk I/O"))
        assert failure.value.hint
        assert (len(left_in(spool)), recordings_of(house), stored(house)) == (CALLS, [], [])
        make_room()
        assert take_in(house, spool, login="door").recordings == CALLS
