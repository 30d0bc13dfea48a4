"""A vault's recordings are moved into a bucket and back, by the command that people type."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from callrec.errors import Failed, Misconfigured, Tampered
from callrec.restore import moving
from callrec.store.directory import DirectoryStore
from callrec.store.objects import ObjectStore
from house import objects
from house.commands import done, type_in
from house.drives import drive
from house.erasures import erase
from house.objects import ask, configure, new_bucket, store_at, versions
from house.practices import House
from house.requests import last_leaf, rows
from house.spool import a_call, originals_of
from house.stages import ARCHIVED, TO_BE_ERASED, Stages, copied

erasing = copied(TO_BE_ERASED)


def reachable(house: House) -> None:
    """The technician has written down the store, and no bucket yet."""
    configure(house, "none-yet")
    house.config = house.config.model_copy(update={"recordings": ""})
    file = house.folder / "config" / "callrec" / "config.toml"
    file.write_text(file.read_text().replace('recordings = "s3://none-yet"\n', ""))


def how_often(house: House, act: str) -> int:
    spoken = f'"act":"{act}"'.encode()
    ((count,),) = rows(house, "SELECT count(*) FROM leaf WHERE instr(body, :act)", act=spoken)
    return int(count)


def migrate(house: House, to: str) -> str:
    return done(house, "nobody", "practice", "migrate", "--to", to)


def test_there_and_back_nothing_is_lost_and_what_was_left_is_closed(granted: House) -> None:
    originals, size = originals_of(granted), last_leaf(granted).seq
    reachable(granted)
    bucket = new_bucket()
    said = migrate(granted, f"s3://{bucket}")
    assert "were in a folder and are in a bucket now" in said
    assert "The folder has them yet, and nobody uses it." in said
    assert (last_leaf(granted).act, last_leaf(granted).seq) == ("vault.migrated", size + 1)
    granted.close()
    refused = type_in(granted, "door", "ingest", str(a_call(granted.folder / "spool", 90)))
    assert "were moved away from here" in refused.err
    configure(granted, bucket)
    shutil.rmtree(granted.config.vault / "recordings")
    assert originals_of(granted) == originals
    assert "recordings read and compared" in done(granted, "dora", "doctor", "--full")
    granted.close()
    migrate(granted, "folder")
    refused = type_in(granted, "door", "ingest", str(granted.folder / "spool"))
    assert "not marked as a vault's" in refused.err
    reachable(granted)
    assert originals_of(granted) == originals
    assert "INTACT" in done(granted, "dora", "audit", "verify", "--full")


@pytest.mark.parametrize("way", ["there", "back"])
def test_killed_anywhere_it_is_ended_by_the_same_command(
    granted: House, way: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """After some were copied, after all were, and once the log says so."""
    originals, bucket, to = originals_of(granted), new_bucket(), "folder"
    if back := way == "back":
        granted.close()
        bucket = objects.move(granted)
    else:
        reachable(granted)
        to = f"s3://{bucket}"
    monkeypatch.setattr(moving, "_AT_A_TIME", 1)

    def killed(*_: object) -> str:
        raise KeyboardInterrupt

    kinds = (ObjectStore, DirectoryStore)
    target, source = kinds[::-1] if back else kinds
    drawn = iter(["a1" * 16, "a2" * 16])

    def draw() -> str:
        return next(drawn, "") or killed()

    for owner, name, put in (
        (moving, "random_id", draw),
        (target, "check", killed),
        (moving, "writing", killed),
        (source, "close_for_good", killed),
    ):
        with monkeypatch.context() as patch:
            patch.setattr(owner, name, put)
            assert type_in(granted, "nobody", "practice", "migrate", "--to", to).status != 0
        assert originals_of(granted) == originals
        granted.close()
    migrate(granted, to)
    reachable(granted) if back else configure(granted, bucket)
    assert originals_of(granted) == originals
    assert how_often(granted, "vault.migrated") == 1
    assert "INTACT" in done(granted, "dora", "audit", "verify", "--full")
    assert not [*(granted.config.vault / "incoming").iterdir()]


def test_what_is_erased_meanwhile_is_not_left_where_they_were_moved_to(
    granted: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    names = [*granted.practice.store.names()]
    reachable(granted)
    bucket, live = new_bucket(), map(frozenset, [names, names, names[1:]])
    monkeypatch.setattr(moving, "_live", lambda _: next(live))
    migrate(granted, f"s3://{bucket}")
    assert [name.encode() in versions(bucket) for name in names] == [
        False,
        *[True] * len(names[1:]),
    ]


def test_a_machine_that_does_not_know_yet_erases_nothing_where_they_were(erasing: House) -> None:
    reachable(erasing)
    bucket, drives = new_bucket(), (erasing.folder / "drive-a", erasing.folder / "drive-b")
    migrate(erasing, f"s3://{bucket}")
    with pytest.raises(Misconfigured, match="were moved away from here"):
        erase(erasing, "R-1", *drives)
    erasing.close()
    configure(erasing, bucket)
    erase(erasing, "R-1", *drives)
    destroyed = rows(erasing, "SELECT ciphertext FROM recording WHERE state = 'destroyed'")
    assert len(destroyed) == 3
    assert not [name for (name,) in destroyed if name.encode() in versions(bucket)]


def test_into_another_vaults_bucket_nothing_is_moved(granted: House, tmp_path: Path) -> None:
    originals, bucket = originals_of(granted), new_bucket()
    store_at(tmp_path, bucket).claim()
    reachable(granted)
    answer = type_in(granted, "nobody", "practice", "migrate", "--to", f"s3://{bucket}")
    assert (answer.status, bucket in answer.err) == (Misconfigured.exit_status, False)
    assert "another vault's recordings" in answer.err
    assert originals_of(granted) == originals
    assert versions(bucket).count(b"<Key>") == 1


def test_where_the_buckets_mark_was_deleted_doctor_says_the_rest_and_the_way_back_is_one(
    granted: House,
) -> None:
    originals, bucket = originals_of(granted), objects.move(granted)
    again = f"s3://{bucket}"
    ask("DELETE", f"/{bucket}/callrec-vault")
    answer = type_in(granted, "nobody", "doctor")
    assert answer.status == Misconfigured.exit_status
    assert "well     each row of the catalogue" in answer.out
    assert "or it is not marked" in answer.err
    assert "callrec practice migrate --to s3://BUCKET" in answer.err
    assert "is this vault's again" in migrate(granted, again)
    assert originals_of(granted) == originals
    assert "recordings read and compared" in done(granted, "dora", "doctor", "--full")
    answer = type_in(granted, "nobody", "practice", "migrate", "--to", again)
    assert (answer.status, "in a bucket already" in answer.err) == (7, True)
    assert how_often(granted, "vault.migrated") == 0


def test_where_all_of_a_bucket_was_deleted_it_is_marked_and_a_drive_fills_it(
    stages: Stages, tmp_path: Path
) -> None:
    house = stages.copy(ARCHIVED, tmp_path / "house")
    originals, names = originals_of(house), [*house.practice.store.names()]
    reachable(house)
    bucket = new_bucket()
    migrate(house, f"s3://{bucket}")
    configure(house, bucket)
    for gone in ("callrec-vault", *(f"recordings/{name[:2]}/{name}" for name in names)):
        assert ask("DELETE", f"/{bucket}/{gone}")[0] == 204
    migrate(house, f"s3://{bucket}")
    assert "its sealed file is missing" in type_in(house, "nobody", "doctor").out
    done(house, "dora", "doctor", "--repair", "--from", str(drive(house)))
    assert originals_of(house) == originals
    house.close()


def test_a_bucket_that_is_configured_before_they_were_moved_is_not_marked(granted: House) -> None:
    originals, bucket = originals_of(granted), new_bucket()
    configure(granted, bucket)
    answer = type_in(granted, "nobody", "practice", "migrate", "--to", f"s3://{bucket}")
    assert answer.status == Misconfigured.exit_status
    assert "if that is not so yet, take it out first" in answer.err
    assert b"<Key>" not in versions(bucket)
    reachable(granted)
    migrate(granted, f"s3://{bucket}")
    configure(granted, bucket)
    assert originals_of(granted) == originals


def test_what_is_not_what_its_name_says_is_not_moved(granted: House) -> None:
    (name, *_) = granted.practice.store.names()
    granted.practice.store.path(name).write_bytes(b"something else")
    reachable(granted)
    answer = type_in(granted, "nobody", "practice", "migrate", "--to", f"s3://{new_bucket()}")
    assert (answer.status, name in answer.err) == (Tampered.exit_status, True)


def test_what_another_machine_has_is_said_to_be_missing(granted: House) -> None:
    names = [*granted.practice.store.names()]
    granted.practice.store.path(names[0]).rename(granted.folder / "elsewhere")
    reachable(granted)
    bucket = new_bucket()
    answer = type_in(granted, "nobody", "practice", "migrate", "--to", f"s3://{bucket}")
    assert (answer.status, "1 recordings are not here" in answer.err) == (Failed.exit_status, True)
    assert versions(bucket).count(b"<Key>") == len(names)
    (granted.folder / "elsewhere").rename(
        granted.config.vault / "recordings" / names[0][:2] / names[0]
    )
    migrate(granted, f"s3://{bucket}")


def test_they_are_not_moved_to_where_they_are_or_to_what_is_no_bucket(granted: House) -> None:
    for to, says in (
        ("folder", "in a folder already"),
        ("s3://hama", "no objects.credential_file"),
        ("s3://key:secret@hama", "that is not s3://BUCKET"),
    ):
        answer = type_in(granted, "nobody", "practice", "migrate", "--to", to)
        assert (answer.status, says in answer.err) == (Misconfigured.exit_status, True)
        assert "secret" not in answer.err


def test_what_is_erased_is_not_left_in_the_folder_from_which_it_was_moved(erasing: House) -> None:
    reachable(erasing)
    bucket = new_bucket()
    migrate(erasing, f"s3://{bucket}")
    configure(erasing, bucket)
    folder = DirectoryStore(erasing.config.vault)
    before = {*folder.names()}
    erase(erasing, "R-1")
    gone = {row.ciphertext for row in rows(erasing, DESTROYED)}
    assert gone
    assert {*folder.names()} == {*erasing.practice.store.names()} == before - gone


DESTROYED = "SELECT ciphertext FROM recording WHERE state = 'destroyed'"
