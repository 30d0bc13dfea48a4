"""What a run takes in, and what the vault holds afterwards."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from sqlalchemy import func, select

from callrec.audit import log as audit
from callrec.audit.leaf import Leaf, Outcome
from callrec.audit.verify import verify_log
from callrec.calls.custody import Opening
from callrec.catalogue import index, tables
from callrec.catalogue.engine import reading
from callrec.crypto.canonical import canonical, parse_instant
from callrec.crypto.context import context
from callrec.crypto.primitives import derive, mac
from callrec.errors import Failed, Locked, NotFound, Refused, Unusable
from callrec.intake.clearing import AfterIntake
from callrec.intake.ingest import ingest_recordings
from callrec.intake.known import MAC_BYTES
from callrec.intake.sources import Mark, survey
from callrec.policy.role import Role, VaultKey
from callrec.policy.search import Criteria
from callrec.practice import vault_key
from callrec.record.statements import carried
from house.people import change_role
from house.practices import House
from house.spool import (
    NUMBER,
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


def count(house: House, table: str) -> int:
    with reading(house.practice.engine) as connection:
        query = select(func.count()).select_from(tables.METADATA.tables[table])
        return int(connection.execute(query).scalar_one())


def newest_leaf(house: House, *, before: int = 0) -> Leaf:
    """The last leaf, or one of those before it."""
    with reading(house.practice.engine) as connection:
        return audit.read_leaf(connection, audit.stored_head(connection).size - 1 - before)[0]


def everything_in(folder: Path) -> dict[str, bytes]:
    return {str(p): p.read_bytes() if p.is_file() else b"" for p in folder.rglob("*")}


def test_what_went_in_comes_out_byte_for_byte(house: House, tmp_path: Path) -> None:
    calls = [a_call(tmp_path / "spool" / str(n), n) for n in range(3)]
    done = take_in(house, tmp_path / "spool")
    assert (done.recordings, done.size_bytes) == (3, 3 * 2058)
    assert originals_of(house) == [call.read_bytes() for call in calls]


def test_the_metadata_says_what_is_known(house: House, tmp_path: Path) -> None:
    call = a_call(tmp_path)
    os.utime(call, ns=(0, 1720098399_123456789))
    take_in(house, call)
    (recording,) = recordings_of(house)
    (shown,) = recording.fields["shown"]
    assert recording.state == "live"
    assert recording.fields == {
        "callee": "201",
        "caller": "+447700900123",
        "channels": 1,
        "ciphertext": recording.ciphertext,
        "codec": "ulaw",
        "contradiction": None,
        "direction": "inbound",
        "duration_ms": 250,
        "extension": "201",
        "findings": [],
        "format": "wav",
        "local_time": "2024-07-04T14:05:01",
        "number": "+447700900123",
        "parties": [],
        "provenance": [
            {
                "modified_at": "2024-07-04T13:06:39.123Z",
                "modified_ns": "1720098399123456789",
                "name": str(call),
            }
        ],
        "raw_time": "20240704-140501",
        "record": None,
        "said": {"name": a_name()},
        "sample_rate": 8000,
        "sha256": hashlib.sha256(a_wave()).hexdigest(),
        "shown": [
            {
                "matched": False,
                "nonce": shown["nonce"],
                "revision": 1,
                "sha256": hashlib.sha256(a_wave()).hexdigest(),
                "started_at": "2024-07-04T13:05:01.000Z",
                "system": "asterisk",
                "time_confidence": "utc-proven",
            }
        ],
        "sides": [],
        "size_bytes": 2058,
        "started_at": "2024-07-04T13:05:01.000Z",
        "system": "asterisk",
        "time_confidence": "utc-proven",
        "uid": recording.uid,
        "unique_id": "1720098301.0",
        "utc_offset_minutes": 60,
        "zone": "Europe/London",
    }


@pytest.mark.parametrize(
    ("written", "sealed"),
    {
        "2024-10-27T01:30:00.000999+01:00": "2024-10-27T00:30:00.000Z",
        "2024-10-27T01:30:00.999999+01:00": "2024-10-27T00:30:00.999Z",
        "1925-06-02T13:20:44.057941Z": "1925-06-02T13:20:44.057Z",
    }.items(),
)
def test_a_start_is_sealed_and_clear_to_the_same_millisecond(
    house: House, tmp_path: Path, written: str, sealed: str
) -> None:
    call = a_call(tmp_path)
    told = {"started_at": written}
    call.with_suffix(".json").write_text(json.dumps(told), encoding="utf-8")
    take_in(house, call)
    (recording,) = recordings_of(house)
    assert recording.fields["started_at"] == sealed


def test_an_intake_service_takes_in_and_opens_nothing(house: House, tmp_path: Path) -> None:
    assert take_in(house, a_call(tmp_path), login="door").recordings == 1
    actor = house.actor("door")
    with reading(house.practice.engine) as connection:
        opening = Opening(house.practice, actor, connection)
        row = connection.execute(select(tables.recording)).one()
        for open_it in (opening.metadata, opening.data_key):
            with pytest.raises(Locked):
                open_it(row)
    assert originals_of(house) == [a_wave()]


def test_no_name_and_no_number_is_in_any_byte_of_the_vault(house: House, tmp_path: Path) -> None:
    call = a_call(tmp_path / "spool-of-the-practice")
    told = {"started_at": "2024-07-04T14:05:01", "parties": ["Siobhan Featherstone"]}
    call.with_name(f"{call.name}.json").write_text(json.dumps(told), encoding="utf-8")
    take_in(house, tmp_path / "spool-of-the-practice")
    whole = b"".join(everything_in(house.folder / "vault").values())
    for secret in (NUMBER[1:], "Featherstone", "spool-of-the", a_wave()[60:90].hex()):
        assert secret.encode() not in whole
    assert a_wave()[60:90] not in whole


def test_the_index_proposes_what_was_taken_in(house: House, tmp_path: Path) -> None:
    take_in(house, a_call(tmp_path))
    actor = house.actor("max")
    key = actor.shares[VaultKey.INDEX, 1]
    with reading(house.practice.engine) as connection:
        wanted = Criteria(number="+447700900123")
        zone = house.practice.settings.time_zone
        found = index.candidates(connection, [key], house.practice.vault, wanted, zone)
        assert found == [connection.execute(select(tables.recording.c.id)).scalar_one()]


def test_a_batch_has_four_hundred_recordings_and_one_attested_leaf(
    house: House, tmp_path: Path
) -> None:
    for call in range(401):
        a_call(tmp_path / "spool", call, size_bytes=200)
    done = take_in(house, tmp_path / "spool")
    assert (done.recordings, len(done.batches)) == (401, 2)
    assert count(house, "batch") == 2
    leaf = newest_leaf(house, before=1)
    assert (leaf.act, leaf.subject) == ("ingest", (done.batches[1],))
    with reading(house.practice.engine) as connection:
        whole = verify_log(connection, house.practice.vault)
        table = tables.recording
        sizes = select(func.count(table.c.id)).group_by(table.c.batch).order_by(func.count())
        assert connection.execute(sizes).scalars().all() == [1, 400]
    assert (whole.problems, whole.unattested) == ((), 0)


def test_the_same_sound_twice_in_a_run_is_one_recording_with_two_names(
    house: House, tmp_path: Path
) -> None:
    calls = [a_call(tmp_path / "spool", 5, name=f"copy-{n}.wav") for n in range(2)]
    done = take_in(house, tmp_path / "spool")
    assert (done.recordings, done.duplicates) == (1, 1)
    (recording,) = recordings_of(house)
    assert names_of(recording) == [str(call) for call in calls]
    assert left_in(house.folder / "vault" / "recordings") == [
        f"{recording.ciphertext[:2]}/{recording.ciphertext}"
    ]


def test_the_same_sound_again_under_another_name_adds_the_name(
    house: House, tmp_path: Path
) -> None:
    first, second = a_call(tmp_path / "a"), a_call(tmp_path / "b", 0, name="other.wav")
    take_in(house, first)
    done = take_in(house, second, login="door")
    assert (done.recordings, done.duplicates, len(done.batches)) == (0, 1, 1)
    (recording,) = recordings_of(house)
    assert names_of(recording) == [str(first), str(second)]
    assert recording.fields["local_time"] == "2024-07-04T14:05:01"
    assert count(house, "metadata") == 2


def test_a_second_run_over_the_same_spool_changes_no_byte_of_the_vault(
    house: House, tmp_path: Path
) -> None:
    for call in range(20):
        a_call(tmp_path / "spool", call)
    take_in(house, tmp_path / "spool")
    before = everything_in(house.folder)
    done = take_in(house, tmp_path / "spool")
    assert (done.recordings, done.duplicates, done.batches) == (0, 20, [])
    assert everything_in(house.folder) == before


def test_a_known_file_that_two_paths_lead_to_adds_no_name_again(
    house: House, tmp_path: Path
) -> None:
    call = a_call(tmp_path / "spool")
    take_in(house, call)
    for paths in ((call, call), (call.parent, call)):
        assert take_in(house, *paths, login="door").batches == []
    (recording,) = recordings_of(house)
    assert names_of(recording) == [str(call)]
    assert count(house, "metadata") == 1


def test_another_sound_under_a_known_name_and_size_is_another_recording(
    house: House, tmp_path: Path
) -> None:
    call = a_call(tmp_path)
    take_in(house, call)
    kept = call.stat()
    call.write_bytes(a_wave(1))
    os.utime(call, ns=(kept.st_atime_ns, kept.st_mtime_ns))
    assert take_in(house, call).recordings == 1
    assert originals_of(house) == [a_wave(0), a_wave(1)]
    assert take_in(house, call).duplicates == 1


def test_a_name_that_was_seen_adds_nothing_though_its_time_is_another(
    house: House, tmp_path: Path
) -> None:
    call = a_call(tmp_path)
    take_in(house, call)
    os.utime(call, (1, 1))
    assert take_in(house, call).batches == []


@pytest.mark.parametrize("copied", [shutil.copy2, shutil.copyfile])
def test_a_folder_that_was_copied_anew_brings_in_nothing_twice(
    house: House, tmp_path: Path, copied: Callable[[Path, Path], object]
) -> None:
    calls = [a_call(tmp_path / "spool", call) for call in range(3)]
    for each in calls:
        os.utime(each, ns=(0, 1720098399_123456789))
    take_in(house, tmp_path / "spool")
    vault = everything_in(house.folder)
    for each in calls:
        copied(each, each.with_suffix(".new"))
        each.with_suffix(".new").replace(each)
    done = take_in(house, tmp_path / "spool")
    assert (done.recordings, done.batches, done.duplicates) == (0, [], 3)
    assert everything_in(house.folder).keys() == vault.keys()


def test_a_name_that_is_guessed_is_in_no_mac_without_the_time_of_the_file(
    house: House, tmp_path: Path
) -> None:
    call = a_call(tmp_path)
    take_in(house, call)
    secret = vault_key(house.actor("max"), VaultKey.INDEX, 1)
    key = derive(secret, context("duplicate", house.practice.vault))
    mark = Mark.of(call.stat())
    guesses = [{"name": str(call), "size_bytes": mark.size_bytes}]
    guesses += [{**guesses[0], "modified_ns": str(mark.modified_ns + off)} for off in (-1, 0, 1)]
    with reading(house.practice.engine) as connection:
        there = {bytes(mac) for mac in connection.scalars(select(tables.duplicate.c.mac))}
    tried = [mac(key, b"sight" + canonical(guess))[:MAC_BYTES] in there for guess in guesses]
    assert tried == [False, False, True, False]


def test_duplicates_are_known_under_every_version_of_the_index_key(
    house: House, tmp_path: Path
) -> None:
    call = a_call(tmp_path)
    take_in(house, call)
    change_role(house.practice, house.actor("dora"), login="max", role=Role.STAFF)
    assert house.open().register.newest(VaultKey.INDEX).version == 2
    done = take_in(house, call, a_call(tmp_path, 1), login="door")
    assert (done.recordings, done.duplicates) == (1, 1)


def test_the_sound_of_an_erased_recording_stays_out(house: House, tmp_path: Path) -> None:
    call = a_call(tmp_path)
    take_in(house, call)
    with house.practice.engine.begin() as connection:
        connection.execute(tables.metadata.delete())
        connection.execute(tables.recording.update().values(data_key=None, state="destroyed"))
    done = take_in(house, a_call(tmp_path, 0, name="again.wav"))
    assert (done.recordings, done.duplicates, done.batches) == (0, 1, [])


def test_progress_adds_up_to_what_the_survey_said(house: House, tmp_path: Path) -> None:
    for call in range(40):
        a_call(tmp_path / "spool", call, size_bytes=200 + call)
    told: list[int] = []
    actor = house.actor("max")
    spool = [tmp_path / "spool"]
    ingest_recordings(house.practice, actor, spool, after=AfterIntake(), advance=told.append)
    assert sum(told) == survey(spool).size_bytes == sum(200 + call for call in range(40))


def test_staff_may_not_ingest_and_the_refusal_is_recorded(house: House, tmp_path: Path) -> None:
    call = a_call(tmp_path)
    with pytest.raises(Refused, match=r"the role staff may not ingest recordings"):
        take_in(house, call, login="sam")
    leaf = newest_leaf(house)
    assert (leaf.act, leaf.outcome) == ("ingest", Outcome.REFUSED)
    assert count(house, "recording") == 0


def test_two_runs_at_once_are_not_allowed(house: House, tmp_path: Path) -> None:
    call = a_call(tmp_path)
    with (
        house.practice.store.lock(),
        pytest.raises(Failed, match="another ingest is running"),
    ):
        take_in(house, call)


@pytest.mark.parametrize("inside", [".", "vault", "vault/recordings"])
def test_the_vault_is_not_taken_into_itself(house: House, inside: str) -> None:
    (house.folder / "vault" / "recordings").mkdir(exist_ok=True)
    with pytest.raises(Unusable, match="PATH 1 holds the vault itself, or lies in it"):
        take_in(house, house.folder / inside)


def test_a_path_that_is_not_there_stops_the_run_before_it_begins(
    house: House, tmp_path: Path
) -> None:
    with pytest.raises(NotFound, match="PATH 2 is no file and no folder"):
        take_in(house, a_call(tmp_path), tmp_path / NUMBER)
    assert count(house, "recording") == 0


def test_an_empty_folder_holds_no_recordings(tmp_path: Path) -> None:
    (tmp_path / "Master.csv").write_text("x", encoding="utf-8")
    with pytest.raises(NotFound, match="no recordings found; files of other kinds: 1"):
        survey([tmp_path])


def test_the_statement_lists_each_recording_as_it_was_sealed(house: House, tmp_path: Path) -> None:
    done = take_in(house, a_call(tmp_path, 0), a_call(tmp_path, 1))
    recordings = recordings_of(house)
    with reading(house.practice.engine) as connection:
        body = connection.execute(
            select(tables.statement.c.body).where(tables.statement.c.kind == "batch")
        ).scalar_one()
    said = json.loads(body)
    assert said["batch"] == done.batches[0]
    assert parse_instant(said["at"]) == house.at
    listed = {(i["uid"], i["revision"], i["ciphertext"]) for i in said["items"]}
    assert listed == {(r.uid, 1, r.ciphertext) for r in recordings}


def test_each_recording_has_a_key_of_its_own(house: House, tmp_path: Path) -> None:
    take_in(house, a_call(tmp_path, 0), a_call(tmp_path, 1))
    assert len(set(data_keys_of(house).values())) == 2


def test_numbers_and_the_statement_follow_the_starts_of_calls_and_not_their_names(
    house: House, tmp_path: Path
) -> None:
    """Names begin with who called: in their order, each would be beside their others."""
    for caller in (3, 1, 2):
        for hour in (16, 9, 12):
            name = f"in-201-0770090000{caller}-20240704-{hour:02d}0{caller}01-{hour}{caller}.1.wav"
            a_call(tmp_path / "spool", hour * caller, name=name)
    take_in(house, tmp_path / "spool")
    with reading(house.practice.engine) as connection:
        row = tables.recording.c
        rows = connection.execute(select(row.uid, row.started_at).order_by(row.id)).all()
        ((_, _, _, body, _),) = carried(connection, "batch")
    assert len({at for _, at in rows}) == 9
    assert [at for _, at in rows] == sorted(at for _, at in rows)
    assert [uid for uid, _ in rows] == [item["uid"] for item in json.loads(body)["items"]]
