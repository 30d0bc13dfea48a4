"""A practice whose recordings are in a bucket: what comes in, and what comes back from a drive."""

from __future__ import annotations

import shutil

import pytest

from callrec.errors import DoneInPart, Failed, Misconfigured
from house import objects
from house.commands import done, type_in
from house.drives import drive
from house.erasures import erase
from house.objects import configure, new_bucket, versions
from house.postgres import configure as configure_catalogue
from house.postgres import database_at
from house.practices import House
from house.requests import last_leaf
from house.s3_wire import Fault, wire
from house.spool import a_call, originals_of
from house.stages import ARCHIVED, TO_BE_ERASED

stocked = objects.there(None)

archived = objects.there(ARCHIVED)

erasing = objects.there(TO_BE_ERASED)


def test_nothing_is_lost_where_the_store_is_away_for_the_length_of_an_ingest(
    stocked: House,
) -> None:
    bucket, spool = stocked.config.recordings.removeprefix("s3://"), stocked.folder / "spool"
    calls = [a_call(spool, call) for call in range(3)]
    with wire() as ended:
        pass
    configure(stocked, bucket, at=ended.port)
    away = type_in(stocked, "door", "ingest", str(spool))
    assert (away.status, "cannot be reached" in away.err) == (Failed.exit_status, True)
    assert "127.0.0.1" not in away.err
    done(stocked, "max", "inbox")
    configure(stocked, bucket)
    assert "3" in done(stocked, "door", "ingest", "--after", "delete", str(spool))
    assert not any(call.exists() for call in calls)
    assert len(originals_of(stocked)) == 3
    assert "INTACT" in done(stocked, "dora", "audit", "verify", "--full")


def test_a_drive_alone_gives_a_practice_back_into_another_database_and_bucket(
    archived: House,
) -> None:
    originals, at = originals_of(archived), drive(archived)
    archived.close()
    shutil.rmtree(archived.config.vault)
    configure(archived, new_bucket())
    done(archived, "dora", "drive", "restore", "--from", str(at))
    url = database_at()
    done(archived, "nobody", "practice", "migrate", "--to", url)
    configure_catalogue(archived, url)
    assert originals_of(archived) == originals
    assert not [*archived.config.vault.glob("recordings/*")]
    assert "recordings read and compared" in done(archived, "dora", "doctor", "--full")
    assert "INTACT" in done(archived, "dora", "audit", "verify", "--full")
    before = versions(archived.config.recordings.removeprefix("s3://"))
    done(archived, "dora", "drive", "restore", "--drill", "--from", str(at))
    assert versions(archived.config.recordings.removeprefix("s3://")) == before


def test_a_bucket_that_locks_for_longer_than_certificates_say_is_warned_of(house: House) -> None:
    """Asked of what came last; of a bucket without a recording, of its marker."""
    lasting, spool = objects.move(house, new_bucket(locked_days=3)), house.folder / "spool"
    longer = "warning  the bucket locks what comes for 3 days, and certificates say"
    for kept, says in ((2, longer), (3, "well     the bucket locks what comes for 3 days, no lon")):
        configure(house, lasting, kept_days=kept)
        assert says in type_in(house, "nobody", "doctor").out
        a_call(spool, kept)
        done(house, "door", "ingest", str(spool))
        assert says in type_in(house, "nobody", "doctor").out


def test_where_versions_are_kept_and_the_configuration_says_none_nothing_is_erased(
    erasing: House,
) -> None:
    """The store keeps a version of what it deletes; so a certificate that says nothing is false."""
    bucket = erasing.config.recordings.removeprefix("s3://")
    state = "<VersioningConfiguration><Status>Enabled</Status></VersioningConfiguration>"
    assert objects.ask("PUT", f"/{bucket}", state.encode(), {"versioning": ""})[0] == 200
    says = "the bucket keeps versions of what is removed, and objects.kept_days is 0"
    configure(erasing, bucket, kept_days=0)
    assert f"warning  {says}" in type_in(erasing, "nobody", "doctor").out
    before = last_leaf(erasing).seq
    with pytest.raises(Misconfigured, match=says):
        erase(erasing, "R-1")
    assert last_leaf(erasing).seq == before
    configure(erasing, bucket, kept_days=2)
    assert says not in type_in(erasing, "nobody", "doctor").out
    erase(erasing, "R-1")
    assert b"<DeleteMarker>" in versions(bucket)


def test_what_somebody_puts_beside_the_recordings_is_said_and_doctor_goes_on(
    stocked: House,
) -> None:
    bucket = stocked.config.recordings.removeprefix("s3://")
    for name in ("ab/a\nb", "\ufffex"):
        assert objects.ask("PUT", f"/{bucket}/recordings/{name}", b"x")[0] == 200
    answer = type_in(stocked, "nobody", "doctor")
    assert answer.status == 0
    assert "callrec does not write: 2, the first recordings/ab/a%0Ab" in answer.out
    assert "each row of the catalogue" in answer.out


def test_a_store_that_does_not_say_how_long_it_locks_was_not_asked(stocked: House) -> None:
    bucket = stocked.config.recordings.removeprefix("s3://")
    with wire() as made:
        made.faults = {"HEAD": [Fault.REFUSED]}
        configure(stocked, bucket, at=made.port, kept_days=1)
        said = type_in(stocked, "nobody", "doctor").out
    assert "how long the bucket keeps things was not looked at: the object store does" in said
    configure(stocked, bucket, kept_days=1)
    assert "locks what comes for 0 days, no longer" in type_in(stocked, "nobody", "doctor").out


def test_what_somebody_with_the_buckets_key_changed_comes_back_from_a_drive(
    archived: House,
) -> None:
    """Each is one object: changed, cut, emptied, or another's."""
    bucket, originals = archived.config.recordings.removeprefix("s3://"), originals_of(archived)
    names = [*archived.practice.store.names()]
    with archived.practice.store.open(names[0]) as sealed:
        whole = sealed.read()
    for name, data in zip(names, (bytes(len(whole)), whole[:-1], b"", whole), strict=False):
        objects.overwrite(bucket, name, data)
    said = type_in(archived, "max", "practice", "doctor", "--full").out
    assert said.count("damage") == len(names[:4])
    assert "does not open" not in said
    new = drive(archived, "drive-n")
    kept = type_in(archived, "max", "archive", "--to", str(new))
    assert (kept.status, "damaged or missing here" in kept.err) == (DoneInPart.exit_status, True)
    done(archived, "max", "practice", "doctor", "--repair", "--from", str(drive(archived)))
    assert originals_of(archived) == originals
    done(archived, "max", "archive", "--to", str(new))
    assert "recordings read and compared" in done(archived, "max", "practice", "doctor", "--full")
