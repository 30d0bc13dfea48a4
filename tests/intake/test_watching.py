"""Standing intake: when rounds are held, what is told, what is tried again."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import pytest

from callrec.errors import Locked
from callrec.intake import watching as intake_looking
from callrec.intake.clearing import AfterIntake, AfterIntakeKind
from callrec.intake.watching import is_round_due, pause_after
from callrec.people.powers import disable_person
from house.practices import House
from house.small_disk import little_room
from house.spool import a_call, a_name, a_wave, left_in, originals_of, recordings_of
from house.watched import SETTLE, World, watched

FIRST = SETTLE + 1
"""When what lay there at the start is taken in: it was first seen in the first second."""


def test_a_round_is_due_each_minute_or_once_a_batch_is_ready() -> None:
    told = {(n, s): is_round_due(n, s) for n in (0, 1, 399, 400) for s in (0.0, 59.0, 60.0)}
    assert [case for case, due in told.items() if due] == [
        (1, 60.0),
        (399, 60.0),
        (400, 0.0),
        (400, 59.0),
        (400, 60.0),
    ]


def test_pauses_grow_up_to_five_minutes() -> None:
    assert [pause_after(n) for n in (1, 2, 3, 7, 99, 2000)] == [5, 10, 20, 300, 300, 300]


def test_what_lies_there_is_taken_in_and_what_comes_each_minute(
    house: House, tmp_path: Path
) -> None:
    spool = tmp_path / "spool"
    a_call(spool, 0)
    come = {second: lambda n=second: [a_call(spool, n)] for second in (20, 30, 100)}
    world = watched(World(house, 200, come), spool)
    assert world.rounds == [(FIRST, 1, 0), (FIRST + 60, 2, 0), (FIRST + 120, 1, 0)]
    assert len(recordings_of(house)) == 4


def test_a_summary_is_signed_each_day_and_at_the_end(house: House, tmp_path: Path) -> None:
    spool, day = tmp_path / "spool", 86_400
    a_call(spool, 0)
    (spool / "note.wav").write_text("call her back", encoding="utf-8")
    come = {second: lambda n=second: [a_call(spool, n)] for second in (60, day + 60)}
    world = watched(Leaping(house, day + 200, come), spool)
    told = [(at, summary.fields["recordings"]) for at, summary in world.summaries]
    assert told == [(day, 2), (day + 200, 1)]
    first, last = (summary.fields for _, summary in world.summaries)
    assert (first["refused"]["no-sound"], last["refused"]["no-sound"]) == (1, 0)
    assert last["since"] == world.summaries[0][1].seq + 1


class Leaping(World):
    """Nothing happens from the 200th second to the end of the day."""

    def wait(self) -> Sequence[Path]:
        if self.at == 200:
            self.at = 86_399
        return super().wait()


def test_where_nothing_came_there_is_no_summary(house: House, tmp_path: Path) -> None:
    (tmp_path / "spool").mkdir()
    world = watched(World(house, 20), tmp_path / "spool")
    assert (world.summaries, world.entered) == ([], [0])  # to see that all will do


def test_what_nobody_told_of_is_found_by_the_next_pass(house: House, tmp_path: Path) -> None:
    spool = tmp_path / "spool"
    spool.mkdir()
    unseen = {20: lambda: a_call(spool, 1)}
    assert [at for at, *_ in watched(World(house, 400, unseen), spool).rounds] == [306]
    untold = World(house, 400, {20: lambda: a_call(spool, 2)}, notices_all=False)
    assert [at for at, *_ in watched(untold, spool).rounds] == [6, 66]


def test_a_file_that_is_still_written_to_is_not_taken_in(house: House, tmp_path: Path) -> None:
    spool = tmp_path / "spool"
    spool.mkdir()
    call, wave = spool / a_name(), a_wave(0, 40_058)

    def grow(second: int) -> list[Path]:
        with call.open("ab") as written:
            written.write(wave[len(wave) * (second - 10) // 20 : len(wave) * (second - 9) // 20])
        return [call]

    pieces = {second: lambda s=second: grow(s) for second in range(10, 30)}
    world = watched(World(house, 60, pieces), spool)
    assert world.rounds == [(29 + SETTLE, 1, 0)]
    assert originals_of(house) == [wave]


def test_a_file_that_grows_when_its_turn_comes_waits_again(house: House, tmp_path: Path) -> None:
    spool = tmp_path / "spool"
    call = a_call(spool, size_bytes=1058)
    untold = {FIRST: lambda: call.write_bytes(a_wave(0))}
    world = watched(World(house, 30, untold), spool)
    assert world.rounds == [(FIRST + SETTLE, 1, 0)]
    assert originals_of(house) == [a_wave(0)]


def test_a_file_that_changes_and_keeps_its_size_waits_again(house: House, tmp_path: Path) -> None:
    call = a_call(tmp_path / "spool")
    untold = {FIRST: lambda: call.write_bytes(a_wave(1))}
    world = watched(World(house, 30, untold), call.parent)
    assert world.rounds == [(FIRST + SETTLE, 1, 0)]
    assert originals_of(house) == [a_wave(1)]


def test_a_file_that_is_replaced_during_its_round_comes_with_another(
    house: House, tmp_path: Path
) -> None:
    spool = tmp_path / "spool"
    first = a_call(spool, 0)
    a_call(spool, 1)

    def replace() -> None:
        a_call(tmp_path, 2).replace(first)

    world = watched(Busy(house, 200, during=replace), spool)
    assert world.left == []
    assert [done for _, done, _ in world.rounds] == [1, 1]
    assert sorted(originals_of(house)) == sorted([a_wave(1), a_wave(2)])


def test_a_file_that_is_open_for_writing_waits_and_is_not_told(
    house: House, tmp_path: Path
) -> None:
    call = a_call(tmp_path / "spool")
    with call.open("ab") as writing:
        world = watched(World(house, 100, {FIRST + 20: writing.close}), call.parent)
    assert (world.left, world.rounds) == ([], [(FIRST + 60, 1, 0)])


def gone(path: Path) -> list[Path]:
    path.unlink()
    return [path]


def test_for_a_file_that_goes_before_it_is_settled_no_round_is_held(
    house: House, tmp_path: Path
) -> None:
    call = a_call(tmp_path / "spool")
    world = watched(World(house, 100, {3: partial(gone, call)}), call.parent)
    assert (world.entered, world.left) == ([0], [])


def test_a_round_is_offered_files_for_a_minute(house: House, tmp_path: Path) -> None:
    spool = tmp_path / "spool"
    for call in range(3):
        a_call(spool, call)
    world = Busy(house, 200)
    world.during = lambda: setattr(world, "at", world.at + 60)  # it took so long
    watched(world, spool)
    assert [(done, waiting) for _, done, waiting in world.rounds] == [(1, 2), (2, 0)]


def test_a_pass_stops_while_so_many_wait(
    house: House, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(intake_looking, "MAX_WAITING", 2)
    for call in range(5):
        a_call(tmp_path / "spool", call)
    world = watched(World(house, 200), tmp_path / "spool")
    assert world.rounds == [(FIRST, 2, 0), (FIRST + 60, 2, 0), (FIRST + 120, 1, 0)]


def test_a_sidecar_has_to_stand_still_too(house: House, tmp_path: Path) -> None:
    spool = tmp_path / "spool"
    call = a_call(spool, name="call.wav")
    sidecar = spool / "call.json"
    parts = {
        4: lambda: sidecar.write_text('{"started_at":', encoding="utf-8"),
        8: lambda: (
            sidecar.write_text('{"started_at": "2024-07-04T14:05"}', encoding="utf-8") and [call]
        ),
    }
    world = watched(World(house, 30, parts), spool)
    assert world.left == []
    (recording,) = recordings_of(house)
    assert recording.fields["system"] == "sidecar"


def test_what_cannot_be_taken_in_is_told_once_and_tried_again_when_it_changes(
    house: House, tmp_path: Path
) -> None:
    spool = tmp_path / "spool"
    bad = a_call(spool, name=a_name(1))
    bad.write_text("no sound", encoding="utf-8")
    os.mkfifo(spool / "pipe.wav")
    mended = {700: lambda: bad.write_bytes(a_wave(1)) and [bad]}
    world = watched(World(house, 800, mended), spool)
    assert world.left == [
        (1, "pipe.wav", "it is a pipe, not a file"),
        (FIRST, bad.name, "it is text, not sound"),
    ]
    assert world.rounds == [(700 + SETTLE, 1, 0)]


def test_what_was_left_is_tried_again_each_hour(house: House, tmp_path: Path) -> None:
    spool, done = tmp_path / "spool", tmp_path / "done"
    call = a_call(spool)
    (spool / "note.wav").write_text("no sound", encoding="utf-8")
    done.mkdir()
    shutil.copy(a_call(tmp_path / "other", 7), done / call.name)  # its place is taken
    gone = {1000: (done / call.name).unlink}
    move = AfterIntake(AfterIntakeKind.MOVE, done)
    world = watched(World(house, 4000, gone), spool, after=move)
    # By then the service cannot open the recording any more, and rows alone say that it is known.
    tried = [(FIRST, "note.wav"), (FIRST, call.name), (3606, call.name)]
    assert [(at, name) for at, name, _ in world.left] == tried
    assert (left_in(spool), left_in(done)) == ([call.name, "note.wav"], [])
    assert [at for at, *_ in world.rounds] == [FIRST, 3606]


def test_a_folder_that_is_gone_is_told_and_looked_for(house: House, tmp_path: Path) -> None:
    spool, other = tmp_path / "spool", tmp_path / "other"
    a_call(spool, 0)
    other.mkdir()
    happens = {
        10: lambda: shutil.rmtree(spool),
        400: lambda: [a_call(other, 1)],
        500: lambda: a_call(spool, 2),
    }
    world = watched(World(house, 600, happens), spool, other)
    assert [text for _, text in world.notes] == [
        "PATH 1 is gone; it is looked for every minute",
        "PATH 1 is there again",
    ]
    assert [done for _, done, _ in world.rounds] == [1, 1, 1]
    assert world.followed[0] == [spool, other]
    assert world.followed[-1] == [spool, other]
    assert [other] in world.followed


def test_what_fails_is_told_and_tried_again_with_growing_pauses(
    house: House, tmp_path: Path
) -> None:
    spool = tmp_path / "spool"
    a_call(spool)
    lock = house.practice.store.lock
    with ExitStack() as first, ExitStack() as second:
        first.enter_context(lock())
        happens = {
            FIRST + 30: first.close,
            200: lambda: second.enter_context(lock()),
            201: lambda: [a_call(spool, 1)],
            207: second.close,
        }
        world = watched(World(house, 300, happens), spool)
    busy = "another ingest is running; tried again in"
    pauses = {6: 5, 11: 10, 21: 20, 206: 5}
    assert world.notes == [(at, f"{busy} {pause} s") for at, pause in pauses.items()]
    assert world.rounds == [(41, 1, 0), (211, 1, 0)]


def test_a_full_disk_is_told_and_intake_goes_on_once_there_is_room(
    template: House, tmp_path: Path
) -> None:
    spool = tmp_path / "spool"
    for call in range(3):
        a_call(spool, call, size_bytes=150_000)
    with little_room(template, tmp_path, 200_000) as (house, make_room):
        world = World(house, 100, {FIRST + 2: make_room})
        watched(world, spool, after=AfterIntake(AfterIntakeKind.DELETE))
        assert [at for at, _ in world.notes] == [FIRST]
        assert world.rounds == [(FIRST + 5, 3, 0)]
        assert (left_in(spool), len(originals_of(house))) == ([], 3)


def test_whoever_was_disabled_is_refused_at_the_next_round(house: House, tmp_path: Path) -> None:
    spool = tmp_path / "spool"
    a_call(spool)

    def disable() -> list[Path]:
        disable_person(house.open(), house.actor("dora"), login="door")
        return [a_call(spool, 1)]

    world = World(house, 200, {FIRST + 1: disable})
    with pytest.raises(Locked, match="this login is disabled"):
        watched(world, spool)
    assert (world.at, len(recordings_of(house))) == (FIRST + 60, 1)


def test_a_summary_is_signed_at_midnight_and_at_the_end(house: House, tmp_path: Path) -> None:
    spool = tmp_path / "spool"
    for call in range(2):
        a_call(spool, call)
    come = {120: lambda: [a_call(spool, 2)]}
    world = watched(World(house, 200, come, midnight=100), spool)
    assert [(at, each.fields["recordings"]) for at, each in world.summaries] == [(100, 2), (200, 1)]


def test_a_day_without_a_call_has_no_summary(house: House, tmp_path: Path) -> None:
    (tmp_path / "spool").mkdir()
    assert watched(World(house, 200, midnight=100), tmp_path / "spool").summaries == []


def test_recordings_are_joined_to_the_call_records_that_are_there(
    house: House, tmp_path: Path
) -> None:
    spool, master = tmp_path / "spool", tmp_path / "Master.csv"
    a_call(spool, 0)
    happens = {
        20: lambda: master.write_text(a_row(1), encoding="utf-8"),
        21: lambda: [a_call(spool, 1)],
    }
    world = watched(World(house, 100, happens), spool, cdr=[master])
    assert [done for _, done, _ in world.rounds] == [1, 1]
    assert world.notes == [(FIRST, f'without call records: there is no file "{master}"')]
    records = [each.fields["record"] for each in recordings_of(house)]
    assert records[0] is None
    assert records[1]["joined_by"] == "unique-id"


def test_a_name_that_is_no_text_does_not_stop_what_is_joined(house: House, tmp_path: Path) -> None:
    spool, master = tmp_path / "spool", tmp_path / "Master.csv"
    master.write_text(a_row(1), encoding="utf-8")
    a_call(spool, 1)
    a_call(spool, 2, name=os.fsdecode(b"caf\xe9.wav"))
    world = watched(World(house, 20), spool, cdr=[master])
    assert (world.rounds, world.notes) == ([(FIRST, 2, 0)], [])
    joined = [each.fields["record"] is not None for each in recordings_of(house)]
    assert sorted(joined) == [False, True]


def a_row(call: int) -> str:
    """A line of Master.csv, of the call that `a_name` names."""
    ends = ("", "07700900123", "201", "from-trunk", "07700900123", "SIP/trunk-1", "SIP/201-2")
    times = ("2024-07-04 14:05:01", "2024-07-04 14:05:06", "2024-07-04 14:06:06")
    rest = ("65", "60", "ANSWERED", "DOCUMENTATION", f"{1720098301 + call}.{call}", "")
    return ",".join(f'"{cell}"' for cell in (*ends, "Dial", "SIP/201", *times, *rest)) + "\n"


def test_stopped_in_a_round_what_was_offered_is_taken_in_and_no_more(
    house: House, tmp_path: Path
) -> None:
    spool = tmp_path / "spool"
    for call in range(5):
        a_call(spool, call)
    world = Hasty(house, 100)
    watched(world, spool)
    assert world.rounds == [(FIRST, 2, 3)]


class Hasty(World):
    """Is told to stop while the third file of the first round is looked for."""

    patience = 2

    def stopped(self) -> bool:
        if self.is_in_a_round:
            self.patience -= 1
        return self.patience < 0


@dataclass
class Busy(World):
    """Something happens once, while the second file of the first round is looked for."""

    during: Callable[[], object] = lambda: None
    offered: int = 0

    def stopped(self) -> bool:
        if self.is_in_a_round:
            self.offered += 1
            if self.offered == 2:
                self.during()
        return super().stopped()
