"""What becomes of the sources, and that none goes before its copy is known to be good."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from sqlalchemy import select

from callrec.audit import log as audit
from callrec.catalogue import tables
from callrec.catalogue.engine import reading
from callrec.errors import Tampered, Unusable
from callrec.intake.clearing import (
    ERASED,
    NOT_COMPARED,
    NOT_PLAYED,
    AfterIntake,
    AfterIntakeKind,
    SealedCopy,
    check_copy,
    parse_after,
)
from callrec.intake.ingest import ingest_recordings
from callrec.intake.known import DuplicateMacs
from callrec.intake.sources import Refusal
from callrec.policy.role import VaultKey
from callrec.telephone.call import Call
from callrec.telephone.sound.sound import Finding
from house.on_record import put_on_record
from house.practices import House
from house.requests import by_sql
from house.spool import (
    KEEP,
    a_call,
    a_name,
    a_wave,
    data_keys_of,
    left_in,
    names_of,
    originals_of,
    recordings_of,
    take_in,
)
from telephone.builders import a_format
from telephone.builders import a_wave as a_wave_of

DELETE = AfterIntake(AfterIntakeKind.DELETE)

NOT_KNOWN = "its recording was known already, and what it says may not be in the vault"

LEFT = "its copy in the vault is not there or not whole, so it was left where it is"


@pytest.fixture(params=["the same disk", "another disk"])
def done_with(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Path]:
    """An empty folder to move to: beside the spool, or on a disk of its own."""
    if request.param == "the same disk":
        (tmp_path / "done").mkdir()
        yield tmp_path / "done"
        return
    with tempfile.TemporaryDirectory(dir="/dev/shm") as folder:
        assert os.stat(folder).st_dev != tmp_path.stat().st_dev  # noqa: PTH116 - as above
        yield Path(folder)


def stored(house: House) -> list[Path]:
    return [path for path in (house.folder / "vault" / "recordings").rglob("*") if path.is_file()]


def damage(path: Path) -> None:
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)


@pytest.mark.parametrize("login", ["max", "door"])
def test_deleted_sources_are_in_the_vault(house: House, tmp_path: Path, login: str) -> None:
    for call in range(5):
        a_call(tmp_path / "spool" / "2024", call)
    done = take_in(house, tmp_path / "spool", login=login, after=DELETE)
    assert (done.recordings, done.quarantined) == (5, [])
    assert left_in(tmp_path / "spool") == []
    assert originals_of(house) == [a_wave(call) for call in range(5)]


def test_moved_sources_keep_their_folders_times_and_bytes(
    house: House, tmp_path: Path, done_with: Path
) -> None:
    calls = [a_call(tmp_path / "spool" / day, 1, name="call.wav") for day in ("01", "02")]
    os.utime(calls[0], (1000, 2000))
    moved = AfterIntake(AfterIntakeKind.MOVE, done_with)
    done = take_in(house, tmp_path / "spool", after=moved)
    assert (done.recordings, done.duplicates, done.quarantined) == (1, 1, [])
    assert left_in(tmp_path / "spool") == []
    assert left_in(done_with) == ["01/call.wav", "02/call.wav"]
    assert (done_with / "01" / "call.wav").read_bytes() == a_wave(1)
    assert (done_with / "01" / "call.wav").stat().st_mtime == 2000


def test_a_source_that_nobody_here_can_play_is_taken_in_and_left(
    house: House, tmp_path: Path
) -> None:
    call = a_call(tmp_path / "spool")
    call.write_bytes(a_wave_of(bytes(9000), a_format(tag=0x1234)))
    done = take_in(house, call, after=DELETE)
    assert done.findings == {Finding.UNDECODED: [1]}
    assert [(q.path, q.why) for q in done.quarantined] == [(call, NOT_PLAYED)]
    assert call.exists()


def test_nothing_is_moved_over_another_file(house: House, tmp_path: Path, done_with: Path) -> None:
    call = a_call(tmp_path / "spool")
    (done_with / call.name).write_text("another", encoding="utf-8")
    done = take_in(house, call, after=AfterIntake(AfterIntakeKind.MOVE, done_with))
    assert done.recordings == 1
    why = "there is another file of its name where it is to be moved to"
    assert [(q.path, q.why) for q in done.quarantined] == [(call, why)]
    assert call.exists()
    assert (done_with / call.name).read_text(encoding="utf-8") == "another"


def test_what_is_moved_goes_through_no_link_that_lies_there(
    house: House, tmp_path: Path, done_with: Path
) -> None:
    """Whoever can write there knows its own file's sum, and so the name beside the target."""
    call, ours = a_call(tmp_path / "spool"), tmp_path / "ours"
    ours.write_bytes(b"of the account that takes in")
    beside = done_with / f".{hashlib.sha256(call.read_bytes()).hexdigest()}.part"
    beside.symlink_to(ours)
    take_in(house, call, after=AfterIntake(AfterIntakeKind.MOVE, done_with))
    assert ours.read_bytes() == b"of the account that takes in"
    assert (done_with / call.name).read_bytes() == a_wave(0)
    assert not (done_with / call.name).is_symlink()


def test_a_move_that_a_killed_run_left_half_done_is_finished(
    house: House, tmp_path: Path, done_with: Path
) -> None:
    call = a_call(tmp_path / "spool")
    shutil.copy(call, done_with)
    assert (
        take_in(house, call, after=AfterIntake(AfterIntakeKind.MOVE, done_with)).quarantined == []
    )
    assert not call.exists()
    assert left_in(done_with) == [call.name]


def test_what_the_vault_had_already_goes_too(house: House, tmp_path: Path) -> None:
    calls = [a_call(tmp_path / "spool"), a_call(tmp_path / "spool", 0, name="copy.wav")]
    take_in(house, calls[0])
    done = take_in(house, tmp_path / "spool", after=DELETE)
    assert (done.recordings, done.duplicates, done.quarantined) == (0, 2, [])
    assert left_in(tmp_path / "spool") == []
    assert names_of(recordings_of(house)[0]) == [str(call) for call in calls]


@pytest.mark.parametrize("after", ["delete", "move"])
@pytest.mark.parametrize(("login", "why"), [("door", NOT_COMPARED), ("max", LEFT)])
def test_a_call_that_a_row_alone_calls_known_is_never_touched(
    house: House, tmp_path: Path, login: str, why: str, after: str
) -> None:
    """Whoever has the service's key and can write the database lets a call vanish that waits."""
    take_in(house, a_call(tmp_path / "spool", 1))
    unseen = a_call(tmp_path / "new", 2, name=a_name(1))
    door = DuplicateMacs.of(house.practice, house.actor("door"), marking=False)
    (sound,) = door.sound(sha256 := hashlib.sha256(unseen.read_bytes()).hexdigest())
    told = Call.from_members(recordings_of(house)[0].fields).told
    for mac in (sound, *door.call(sha256, told)):
        by_sql(house, "INSERT INTO duplicate (mac, recording) VALUES (:mac, 1)", mac=mac)
    (tmp_path / "done").mkdir()
    how = DELETE if after == "delete" else AfterIntake(AfterIntakeKind.MOVE, tmp_path / "done")
    with pytest.raises(Tampered, match="recording 1, in"):
        take_in(house, unseen, login=login, after=how)
    assert unseen.read_bytes() == a_wave(2)
    put_on_record(house)
    done = take_in(house, unseen, login=login, after=how)
    assert [(q.path, q.why) for q in done.quarantined] == [(unseen, why)]
    assert unseen.read_bytes() == a_wave(2)


def test_what_the_vault_had_already_stays_for_who_opens_it(house: House, tmp_path: Path) -> None:
    call = a_call(tmp_path / "spool")
    take_in(house, call)
    done = take_in(house, call, login="door", after=DELETE)
    assert (done.recordings, done.duplicates) == (0, 1)
    assert [(q.path, q.why) for q in done.quarantined] == [(call, NOT_COMPARED)]
    assert take_in(house, call, after=DELETE).quarantined == []
    assert not call.exists()


@pytest.mark.parametrize("harm", [damage, Path.unlink])
def test_a_source_whose_copy_is_not_whole_is_left(
    house: House, tmp_path: Path, harm: object
) -> None:
    call = a_call(tmp_path)
    take_in(house, call)
    assert callable(harm)
    harm(stored(house)[0])
    done = take_in(house, call, after=DELETE)
    assert [(q.path, q.why) for q in done.quarantined] == [(call, LEFT)]
    assert done.damaged == (harm is damage)
    assert call.read_bytes() == a_wave()


def test_a_copy_that_opens_to_something_else_is_damaged(house: House, tmp_path: Path) -> None:
    take_in(house, a_call(tmp_path))
    (recording,) = recordings_of(house)
    copy = SealedCopy(recording.uid, recording.ciphertext, data_keys_of(house)[recording.uid])
    vault, store = house.practice.vault, house.practice.store
    check_copy(store, vault, copy, recording.fields["sha256"])
    with pytest.raises(Tampered):
        check_copy(store, vault, copy, "00" * 32)
    with pytest.raises(Tampered):
        check_copy(
            store, vault, SealedCopy(recording.uid, recording.ciphertext, bytes(32)), "00" * 32
        )


def test_the_sound_of_an_erased_recording_is_left_for_somebody_to_decide(
    house: House, tmp_path: Path
) -> None:
    call = a_call(tmp_path)
    take_in(house, call)
    with house.practice.engine.begin() as connection:
        connection.execute(tables.recording.update().values(data_key=None, state="destroyed"))
    house.practice.store.remove(stored(house)[0].name)
    assert [q.why for q in take_in(house, call, after=DELETE).quarantined] == [ERASED]
    assert call.exists()


def test_a_source_that_changed_after_it_was_sealed_is_left(house: House, tmp_path: Path) -> None:
    calls = [a_call(tmp_path / "spool", call) for call in range(2)]

    def change(_: int) -> None:  # told once the first is sealed and found unchanged
        calls[0].write_bytes(a_wave(9))

    actor, spool = house.actor("max"), [tmp_path / "spool"]
    done = ingest_recordings(house.practice, actor, spool, after=DELETE, advance=change)
    why = "it changed after it was taken in, and was left where it is"
    assert [(q.path, q.why) for q in done.quarantined] == [(calls[0], why)]
    assert left_in(tmp_path / "spool") == [a_name(0)]
    assert originals_of(house) == [a_wave(0), a_wave(1)]


def a_sidecar(path: Path) -> Path:
    told = {"started_at": "2024-10-27T01:30:00Z", "parties": ["Siân O'Neill"]}
    path.write_text(json.dumps(told), encoding="utf-8")
    return path


@pytest.mark.parametrize("kind", [AfterIntakeKind.DELETE, AfterIntakeKind.MOVE])
def test_a_sidecar_goes_where_its_recordings_went(
    house: House, tmp_path: Path, kind: AfterIntakeKind
) -> None:
    spool, gone = tmp_path / "spool", tmp_path / "done"
    gone.mkdir()
    for call, name in enumerate(("a.wav", "b.wav", "b.mp3", "c.wav")):
        a_call(spool, call, name=name)
    for name in ("a.wav.json", "b.json", "c.json"):
        a_sidecar(spool / name)
    (spool / "c.mp3").write_text("text, so it stays", encoding="utf-8")
    take_in(house, spool, after=AfterIntake(kind, gone))
    assert left_in(spool) == ["c.json", "c.mp3"]
    everything = ["a.wav", "a.wav.json", "b.json", "b.mp3", "b.wav", "c.wav"]
    assert left_in(gone) == (everything if kind is AfterIntakeKind.MOVE else [])


def test_a_sidecar_that_says_what_the_vault_does_not_know_is_not_deleted(
    house: House, tmp_path: Path
) -> None:
    call = a_call(tmp_path / "spool", name="call.wav")
    take_in(house, call)
    a_sidecar(tmp_path / "spool" / "call.wav.json")
    done = take_in(house, call, after=DELETE)
    assert left_in(tmp_path / "spool") == ["call.wav.json"]
    assert [(q.path.name, q.why, q.refusal) for q in done.quarantined] == [
        ("call.wav.json", NOT_KNOWN, Refusal.LEFT)
    ]


@pytest.mark.parametrize("login", ["max", "door"])
def test_a_sidecar_whose_recording_an_earlier_run_took_in_is_told(
    house: House, tmp_path: Path, login: str
) -> None:
    spool = tmp_path / "spool"
    for name in ("call.wav", "call.mp3"):  # both are described by the one
        a_call(spool, 1, name=name)
    a_sidecar(spool / "call.json")
    take_in(house, spool, login=login)
    done = take_in(house, spool, after=DELETE)
    assert left_in(spool) == ["call.json"]
    assert [(q.path.name, q.why) for q in done.quarantined] == [("call.json", NOT_KNOWN)]


LEFT_OF_ONE_SOUND = {
    "the same call": ("07700 900123", [], []),
    "a call that tells less": ("", [NOT_KNOWN], ["b/call.json"]),
    "another call, which is a recording of its own": ("07700 900456", [], []),
}


@pytest.mark.parametrize(
    ("caller", "why", "left"), LEFT_OF_ONE_SOUND.values(), ids=LEFT_OF_ONE_SOUND
)
def test_of_two_files_with_the_same_sound_nothing_goes_that_is_not_in_the_vault(
    house: House, tmp_path: Path, caller: str, why: list[str], left: list[str]
) -> None:
    """Silence of one length, or an announcement alone: one sound, and two calls."""
    spool = tmp_path / "spool"
    for folder, each in (("a", "07700 900123"), ("b", caller)):
        a_call(spool / folder, 1, name="call.wav")
        told = {"started_at": "2024-07-04T14:05", "direction": "inbound", "caller": each}
        (spool / folder / "call.json").write_text(json.dumps(told), encoding="utf-8")
    done = take_in(house, spool, after=DELETE)
    is_another = caller == "07700 900456"
    assert (done.recordings, done.duplicates) == (1 + is_another, not is_another)
    assert left_in(spool) == left
    assert [q.why for q in done.quarantined] == why


def written(sidecar: Path) -> None:
    a_sidecar(sidecar)


def written_beside(sidecar: Path) -> None:
    a_sidecar(sidecar.with_name("call.wav.json"))


def rewritten(sidecar: Path) -> None:
    told = {**json.loads(sidecar.read_text("utf-8")), "direction": "inbound"}
    sidecar.write_text(json.dumps(told), encoding="utf-8")


@pytest.mark.parametrize(
    ("there_before", "happens", "left"),
    [
        (False, written, "call.json"),
        (True, rewritten, "call.json"),
        (True, written_beside, "call.wav.json"),
    ],
)
def test_a_sidecar_that_was_not_read_is_not_deleted(
    house: House,
    tmp_path: Path,
    happens: Callable[[Path], None],
    left: str,
    *,
    there_before: bool,
) -> None:
    spool, actor = tmp_path / "spool", house.actor("max")
    a_call(spool, name="call.wav")
    sidecar = spool / "call.json"
    if there_before:
        a_sidecar(sidecar)

    def advance(_: int) -> None:  # told once the recording is read
        happens(sidecar)

    done = ingest_recordings(
        house.practice, actor, [spool], after=DELETE, advance=advance, unrecognised=True
    )
    why = "it was written after its recording was taken in, and was left where it is"
    assert [(q.path.name, q.why, q.refusal) for q in done.quarantined] == [
        (left, why, Refusal.LEFT)
    ]
    assert left in left_in(spool)
    assert "call.wav" not in left_in(spool)


def test_a_sidecar_that_was_not_read_is_moved_with_its_recording(
    house: House, tmp_path: Path, done_with: Path
) -> None:
    spool, actor = tmp_path / "spool", house.actor("max")
    a_call(spool, name="call.wav")
    moved = AfterIntake(AfterIntakeKind.MOVE, done_with)

    def advance(_: int) -> None:
        written(spool / "call.json")

    ingest_recordings(
        house.practice, actor, [spool], after=moved, advance=advance, unrecognised=True
    )
    assert left_in(spool) == []
    assert left_in(done_with) == ["call.json", "call.wav"]


def test_a_sidecar_that_cannot_go_is_left_and_told(house: House, tmp_path: Path) -> None:
    (tmp_path / "done").mkdir()
    a_call(tmp_path / "spool", name="call.wav")
    sidecar = a_sidecar(tmp_path / "spool" / "call.json")
    (tmp_path / "done" / "call.json").write_text("another", encoding="utf-8")
    done = take_in(
        house, tmp_path / "spool", after=AfterIntake(AfterIntakeKind.MOVE, tmp_path / "done")
    )
    assert [q.path for q in done.quarantined] == [sidecar]
    assert left_in(tmp_path / "spool") == ["call.json"]


def test_a_source_that_is_named_twice_goes_once(house: House, tmp_path: Path) -> None:
    call = a_call(tmp_path / "spool")
    done = take_in(house, call, tmp_path / "spool", after=DELETE)
    assert (done.recordings, done.duplicates, done.quarantined) == (1, 1, [])


def test_where_nothing_was_taken_in_no_leaf_says_that_anything_goes(
    house: House, tmp_path: Path
) -> None:
    (tmp_path / "note.wav").write_text("Call back", encoding="utf-8")
    with reading(house.practice.engine) as connection:
        before = audit.stored_head(connection).size
    assert take_in(house, tmp_path / "note.wav", after=DELETE).unreadable == 0
    with reading(house.practice.engine) as connection:
        leaves = range(before, audit.stored_head(connection).size)
        acts = [audit.read_leaf(connection, seq)[0].act for seq in leaves]
    assert acts == ["ingest.finished"]


def test_a_leaf_says_so_before_a_source_goes(house: House, tmp_path: Path) -> None:
    take_in(house, a_call(tmp_path), login="door", after=DELETE)
    ava = house.actor("ava")
    with reading(house.practice.engine) as connection:
        last = audit.stored_head(connection).size - 1
        leaves = [audit.read_leaf(connection, seq)[0] for seq in range(last - 2, last + 1)]
        told = audit.read_detail(
            connection, leaves[1], lambda v: ava.shares[VaultKey.AUDIT, v], house.practice.vault
        )
        uid = connection.execute(select(tables.recording.c.uid)).scalar_one()
    assert [leaf.act for leaf in leaves] == ["ingest", "ingest.cleared", "ingest.finished"]
    assert told == {"after": "delete", "recordings": [uid]}


def test_kept_is_what_sources_are_unless_said_otherwise(house: House, tmp_path: Path) -> None:
    assert parse_after("keep") == KEEP
    call = a_call(tmp_path)
    take_in(house, call)
    assert call.read_bytes() == a_wave()


def test_what_is_to_be_done_is_read_from_what_is_typed(tmp_path: Path) -> None:
    assert parse_after("delete") == DELETE
    assert parse_after(f"move:{tmp_path}") == AfterIntake(AfterIntakeKind.MOVE, tmp_path)


@pytest.mark.parametrize(
    ("typed", "why"),
    {
        "": "keep, delete or move:DIR",
        "remove": "keep, delete or move:DIR",
        "move": "keep, delete or move:DIR",
        "move:": "keep, delete or move:DIR",
        "delete:": "keep, delete or move:DIR",
        "keep:/tmp": "keep, delete or move:DIR",
        "move:/nowhere": "the folder to move to does not exist",
        f"move:{'n' * 300}": "the folder to move to does not exist",
    }.items(),
)
def test_anything_else_is_refused(typed: str, why: str) -> None:
    with pytest.raises(Unusable, match=why):
        parse_after(typed)


@pytest.mark.parametrize("place", ["spool/done", "spool", "house/vault"])
def test_sources_are_not_moved_to_where_they_would_come_in_again(
    house: House, tmp_path: Path, place: str
) -> None:
    call = a_call(tmp_path / "spool")
    (tmp_path / place).mkdir(parents=True, exist_ok=True)
    with pytest.raises(Unusable, match="the folder to move to lies in the vault"):
        take_in(
            house, tmp_path / "spool", after=AfterIntake(AfterIntakeKind.MOVE, tmp_path / place)
        )
    assert call.exists()
