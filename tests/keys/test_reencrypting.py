"""Recordings sealed anew under fresh data keys, and what was theirs before."""

from __future__ import annotations

import hashlib
import io
import json
from pathlib import Path

import bagit
import pytest
from sqlalchemy import select

from callrec.archive.unfinished import archive_lock
from callrec.calls.custody import Opening, seal_metadata
from callrec.catalogue import tables
from callrec.catalogue.engine import reading
from callrec.crypto.context import context
from callrec.crypto.streaming import StreamSealer
from callrec.errors import Failed, Refused, Tampered
from callrec.keys import reencrypting
from callrec.keys.reencrypting import Reencrypted, WhyLeft, bytes_to_reencrypt, reencrypt
from callrec.keys.rotating import rotate_keys
from callrec.policy.role import VaultKey
from callrec.requests.decide import revoke_grants
from callrec.store.directory import DirectoryBatch
from callrec.store.sealing import open_stream
from house.drives import archive, drive, faults, flip, remove_local, verify
from house.holds import by_hand, verified
from house.packages import release
from house.practices import House
from house.requests import REASON, a_request, approve, by_sql, grants_of, last_leaf, opened, rows
from house.spool import a_call, a_wave, data_keys_of, originals_of, recordings_of, take_in


def seal_anew(house: House, login: str = "dora") -> Reencrypted:
    done = reencrypt(house.practice, house.actor(login), lambda _: None)
    house.open()
    return done


def renew(house: House) -> None:
    """A new recordings key: what there is, is older."""
    rotate_keys(house.practice, house.actor("dora"), [VaultKey.RECORDINGS])
    house.open()


def files(house: House) -> set[str]:
    return {path.name for path in (house.folder / "vault/recordings").glob("??/*")}


def file_of(house: House, number: int) -> Path:
    (row,) = rows(house, f"SELECT ciphertext FROM recording WHERE id = {number}")
    return house.practice.store.path(row.ciphertext)


def named(house: House) -> list[str]:
    return [row.ciphertext for row in rows(house, "SELECT ciphertext FROM recording ORDER BY id")]


def test_each_recording_is_sealed_anew_and_its_original_is_what_it_was(stocked: House) -> None:
    originals, keys, names = originals_of(stocked), data_keys_of(stocked), files(stocked)
    renew(stocked)
    done = seal_anew(stocked)
    assert (done.recordings, done.left) == (3, {})
    assert done.size_bytes == sum(map(len, originals))
    assert originals_of(stocked) == originals
    assert files(stocked) == set(named(stocked))
    assert names.isdisjoint(files(stocked))
    assert set(keys.values()).isdisjoint(data_keys_of(stocked).values())
    assert verified(stocked).problems == ()


def test_a_file_is_still_called_by_its_own_hash(stocked: House) -> None:
    renew(stocked)
    seal_anew(stocked)
    for name in named(stocked):
        stocked.practice.store.check(name)


def test_the_data_key_of_before_opens_nothing_any_more(stocked: House) -> None:
    keys = data_keys_of(stocked)
    renew(stocked)
    seal_anew(stocked)
    for recording in recordings_of(stocked):
        info = context("recording", stocked.practice.vault, uid=recording.uid)
        with (
            stocked.practice.store.open(recording.ciphertext) as sealed,
            pytest.raises(Tampered),
        ):
            next(open_stream(sealed, keys[recording.uid], info))


def test_the_log_says_which_file_replaced_which(stocked: House) -> None:
    before = dict(zip(named(stocked), [1, 2, 3], strict=True))
    renew(stocked)
    seal_anew(stocked)
    leaf = last_leaf(stocked)
    assert leaf.act == "keys.reencrypted"
    (said,) = rows(stocked, "SELECT body FROM statement WHERE digest = :it", it=leaf.statement)
    items = json.loads(said.body)["items"]
    assert [before[item["was"]] for item in items] == [1, 2, 3]
    assert [item["ciphertext"] for item in items] == named(stocked)


def test_where_no_key_is_newer_nothing_is_written(stocked: House) -> None:
    size, names = last_leaf(stocked).seq, files(stocked)
    assert bytes_to_reencrypt(stocked.practice) == 0
    assert seal_anew(stocked).recordings == 0
    assert (last_leaf(stocked).seq, files(stocked)) == (size, names)


def test_what_came_in_since_the_newest_key_stays_as_it_is(stocked: House) -> None:
    renew(stocked)
    take_in(stocked, a_call(stocked.folder / "spool", 9))
    name = named(stocked)[-1]
    assert seal_anew(stocked).recordings == 3
    assert named(stocked)[-1] == name
    assert seal_anew(stocked).recordings == 0


def test_it_can_be_done_again_and_again(stocked: House) -> None:
    originals = originals_of(stocked)
    for _ in range(3):
        renew(stocked)
        assert seal_anew(stocked).recordings == 3
    assert originals_of(stocked) == originals
    assert verified(stocked).problems == ()


@pytest.mark.parametrize("size_bytes", [58, 1_048_520, 1_048_521, 3 << 20])
def test_segments_that_are_full_to_the_byte_come_through(house: House, size_bytes: int) -> None:
    take_in(house, a_call(house.folder / "spool", 1, size_bytes=max(size_bytes, 60)))
    (original,) = originals_of(house)
    renew(house)
    seal_anew(house)
    assert originals_of(house) == [original]


@pytest.mark.parametrize("at_once", [1, 2])
def test_small_portions_come_to_the_same(
    stocked: House, at_once: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reencrypting, "RECORDINGS_PER_STEP", at_once)
    originals, told = originals_of(stocked), list[int]()
    renew(stocked)
    total = bytes_to_reencrypt(stocked.practice)
    reencrypt(stocked.practice, stocked.actor("dora"), told.append)
    assert sum(told) == total == sum(map(len, originals))
    assert originals_of(stocked) == originals


@pytest.mark.parametrize("login", ["pat", "max", "sam", "ava"])
def test_only_the_data_controller_seals_anything_anew(stocked: House, login: str) -> None:
    renew(stocked)
    names = files(stocked)
    with pytest.raises(Refused):
        seal_anew(stocked, login)
    assert files(stocked) == names


# What is granted, held, damaged or not here.


def test_what_is_granted_stays_as_long_as_somebody_may_hear_it(granted: House) -> None:
    renew(granted)
    names = named(granted)
    done = seal_anew(granted)
    assert (done.recordings, done.left) == (1, {WhyLeft.GRANTED: [1, 2]})
    assert named(granted)[:2] == names[:2]
    assert len(grants_of(granted, "R-1")) == 2
    release(granted, "R-1")


def test_a_request_goes_on_with_what_was_sealed_anew(granted: House) -> None:
    revoke_grants(granted.practice, granted.actor("max"), "R-1", reason=REASON)
    renew(granted)
    assert seal_anew(granted).recordings == 3
    assert [row.ciphertext for row in opened(granted, "R-1").recordings] == named(granted)[:2]
    approve(granted, "R-1")
    assert len(grants_of(granted, "R-1")) == 2
    release(granted, "R-1")
    assert verified(granted).problems == ()


def test_what_is_held_stays(stocked: House) -> None:
    by_hand(stocked, 2)
    renew(stocked)
    done = seal_anew(stocked)
    assert (done.recordings, done.left) == (2, {WhyLeft.HELD: [2]})


def test_what_is_damaged_or_missing_is_told_and_the_others_go_on(stocked: House) -> None:
    renew(stocked)
    flip(file_of(stocked, 1))
    file_of(stocked, 3).unlink()
    done = seal_anew(stocked)
    assert (done.recordings, done.left) == (1, {WhyLeft.DAMAGED: [1], WhyLeft.MISSING: [3]})


def test_what_is_on_volumes_only_is_told_to_lie_under_the_key_of_before(stocked: House) -> None:
    renew(stocked)
    archive(stocked, drive(stocked, "drive-b"))
    remove_local(stocked, drive(stocked))
    take_in(stocked, a_call(stocked.folder / "spool", 9))
    stocked.open()
    assert seal_anew(stocked).left == {WhyLeft.AWAY: [1, 2, 3]}
    renew(stocked)
    done = seal_anew(stocked)
    assert (done.recordings, done.left) == (1, {WhyLeft.AWAY: [1, 2, 3]})
    assert verified(stocked).problems == ()


def test_another_sound_that_was_slipped_under_the_name_is_not_sealed_anew(stocked: House) -> None:
    """Whoever has the data key can seal what he likes: the original's SHA-256 says what came in."""
    path, names = file_of(stocked, 1), named(stocked)
    recording = recordings_of(stocked)[0]
    info = context("recording", stocked.practice.vault, uid=recording.uid)
    sealer = StreamSealer(data_keys_of(stocked)[recording.uid], info)
    with stocked.practice.store.lock(), stocked.practice.store.batch("ab" * 16) as batch:
        made = batch.seal(io.BytesIO(a_wave(40)), sealer)
        batch.keep()
    stocked.practice.store.path(made.sha256_ciphertext).rename(path)
    renew(stocked)
    done = seal_anew(stocked)
    assert (done.recordings, done.left) == (2, {WhyLeft.DAMAGED: [1]})
    assert named(stocked)[0] == names[0]


def test_what_was_granted_while_it_was_sealed_anew_stays_as_it_was(
    stocked: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    a_request(stocked, "sam", recordings=(1, 2))
    renew(stocked)
    names, keep = named(stocked), DirectoryBatch.keep

    def late(batch: DirectoryBatch) -> None:
        keep(batch)
        approve(stocked, "R-1")

    monkeypatch.setattr(DirectoryBatch, "keep", late)
    done = seal_anew(stocked)
    assert (done.recordings, done.left) == (1, {WhyLeft.GRANTED: [1, 2]})
    assert named(stocked)[:2] == names[:2]
    assert files(stocked) == set(named(stocked))
    assert len(grants_of(stocked, "R-1")) == 2


def test_without_room_nothing_is_begun(stocked: House, monkeypatch: pytest.MonkeyPatch) -> None:
    renew(stocked)
    names = files(stocked)
    monkeypatch.setattr(reencrypting, "SPARE_BYTES", 1 << 60)
    with pytest.raises(Failed, match="too little room"):
        seal_anew(stocked)
    assert files(stocked) == names
    assert (last_leaf(stocked).act, last_leaf(stocked).outcome) == ("keys.reencrypted", "failed")


# Whom a replacement is believed.


def check_all(house: House) -> None:
    with reading(house.practice.engine) as connection:
        opening = Opening(house.practice, house.actor("dora"), connection)
        for row in connection.execute(select(tables.recording)):
            opening.checked(row)


def test_a_replacement_by_somebody_who_may_only_take_in_is_tampering(
    stocked: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reencrypting, "check_may_vouch", lambda _: None)
    renew(stocked)
    seal_anew(stocked, "max")
    with pytest.raises(Tampered, match="without the power"):
        check_all(stocked)
    (what,) = {problem.what for problem in verified(stocked).problems}
    assert what == "a statement about recordings or drives was made by somebody without the power"


@pytest.mark.parametrize(
    ("said", "why"),
    [
        ({"sha256": "00" * 32}, "says otherwise"),
        ({"number": "+447700900999"}, "says otherwise"),
        ({"contradiction": "what nobody knew"}, "not as it was sealed"),
    ],
)
def test_a_replacement_that_says_anything_else_is_tampering(
    stocked: House, said: dict[str, str], why: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(
        reencrypting, "seal_metadata", lambda fields, **to: seal_metadata({**fields, **said}, **to)
    )
    renew(stocked)
    seal_anew(stocked)
    with pytest.raises(Tampered, match=why):
        check_all(stocked)


def test_a_row_put_back_to_the_file_of_before_is_found_out(stocked: House) -> None:
    was = rows(stocked, "SELECT batch, data_key, ciphertext FROM recording WHERE id = 1")[0]
    renew(stocked)
    seal_anew(stocked)
    by_sql(
        stocked,
        "UPDATE recording SET batch = :batch, data_key = :key, ciphertext = :name WHERE id = 1",
        batch=was.batch,
        key=was.data_key,
        name=was.ciphertext,
    )
    with pytest.raises(Tampered, match="not as it was sealed"):
        check_all(stocked)
    assert verified(stocked).problems


def test_a_request_for_a_file_that_was_never_the_recordings_is_found_out(stocked: House) -> None:
    a_request(stocked, "sam", recordings=(1, 2))
    renew(stocked)
    seal_anew(stocked)
    opened(stocked, "R-1")
    with reading(stocked.practice.engine) as connection:
        opening = Opening(stocked.practice, stocked.actor("dora"), connection)
        row = connection.execute(select(tables.recording)).first()
        assert row is not None
        assert not opening.is_replaced_file(row, hashlib.sha256(b"another").hexdigest())


# Volumes hold the former files.


def test_a_volume_stays_sound_and_the_next_archive_takes_the_new_files(stocked: House) -> None:
    archive(stocked, drive(stocked))
    renew(stocked)
    seal_anew(stocked)
    assert faults(verify(stocked, drive(stocked))) == []
    stocked.at = stocked.at.replace(day=25)
    assert archive(stocked, drive(stocked)).recordings == 3
    assert faults(verify(stocked, drive(stocked))) == []
    assert archive(stocked, drive(stocked)).recordings == 0
    for bag in (drive(stocked) / "bags").iterdir():
        assert bagit.Bag(str(bag)).validate()


def test_it_waits_until_archiving_is_over(stocked: House) -> None:
    renew(stocked)
    with (
        archive_lock(stocked.practice),
        pytest.raises(Failed, match="sealing anew is under way"),
    ):
        seal_anew(stocked)
