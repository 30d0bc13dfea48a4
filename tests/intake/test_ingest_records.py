"""Recordings are joined to call records as they come in, and afterwards, once."""

from __future__ import annotations

import hashlib
import json
import os
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from callrec.calls.find import find_calls_of
from callrec.catalogue import tables
from callrec.catalogue.engine import reading
from callrec.intake.preview import find_by_name, preview_found
from callrec.intake.reading import telephone_setup
from callrec.intake.records import open_call_records
from callrec.intake.sources import Refusal
from callrec.policy.days import DayRange
from callrec.policy.search import Criteria
from house.call_records import BEGAN, a_row, records, take_in_with
from house.practices import House
from house.requests import approved, grants_of
from house.spool import a_call, a_name, a_wave, left_in, recordings_of, take_in
from intake.test_ingest import everything_in

UNNAMED = "recording-0007.wav"
"""What no system known here calls a recording."""


def found(house: House, **asked: Any) -> list[int]:
    actor = house.actor("dora")
    with reading(house.practice.engine) as connection:
        calls = find_calls_of(house.practice, actor, connection, [Criteria(**asked)])
        return [call.id for call in calls]


def parts_of(house: House) -> set[int]:
    """Of which the index has tokens."""
    with reading(house.practice.engine) as connection:
        return {*connection.execute(select(tables.token.c.part)).scalars()}


def the_fields(house: House) -> dict[str, Any]:
    """Of the one recording that there is, checked in every respect."""
    (recording,) = recordings_of(house)
    return dict(recording.fields)


def test_a_recording_is_joined_and_the_whole_call_sealed_with_it(
    house: House, tmp_path: Path
) -> None:
    call = a_call(tmp_path)
    later = a_row(src="201", dst="305", calldate=str(BEGAN.replace(minute=9)), uniqueid="1720.99")
    cdr = records(tmp_path / "cdr.csv", a_row(cnam="Siobhan Featherstone"), later)
    done = take_in_with(house, cdr, call)
    assert (done.recordings, done.joined, done.unjoined) == (1, 1, 0)
    record = the_fields(house)["record"]
    assert [record[name] for name in ("system", "key", "joined_by", "leg")] == [
        "asterisk",
        "1720098301.0",
        "unique-id",
        0,
    ]
    first, second = record["legs"]
    assert first == {
        "answered": True,
        "answered_at": "2024-07-04T13:05:06.000Z",
        "callee": "201",
        "caller": "+447700900123",
        "direction": "inbound",
        "extension": "201",
        "local_time": "2024-07-04T14:05:01",
        "number": "+447700900123",
        "parties": ["Siobhan Featherstone"],
        "raw_time": "2024-07-04 14:05:01",
        "recording": "",
        "said": first["said"],
        "started_at": "2024-07-04T13:05:01.000Z",
        "talk_ms": 60_000,
        "time_confidence": "utc-proven",
        "unique_id": "1720098301.0",
    }
    assert first["said"]["cnam"] == "Siobhan Featherstone"
    assert (second["caller"], second["callee"], second["direction"]) == ("201", "305", "internal")


def test_a_record_fills_what_the_name_does_not_say(house: House, tmp_path: Path) -> None:
    call = a_call(tmp_path, name=UNNAMED)
    cdr = records(tmp_path / "cdr.csv", a_row(recordingfile=UNNAMED, cnam="Ann Other"))
    assert take_in_with(house, cdr, call).joined == 1
    fields = the_fields(house)
    assert {name: fields[name] for name in fields if name in FILLED} == FILLED
    assert fields["record"]["joined_by"] == "file-name"
    assert found(house, number="+447700900123", days=DayRange(BEGAN.date(), BEGAN.date())) == [1]
    assert found(house, party="other") == [1]


FILLED = {
    "callee": "201",
    "caller": "+447700900123",
    "contradiction": None,
    "direction": "inbound",
    "extension": "201",
    "local_time": "2024-07-04T14:05:01",
    "number": "+447700900123",
    "parties": ["Ann Other"],
    "raw_time": "2024-07-04 14:05:01",
    "started_at": "2024-07-04T13:05:01.000Z",
    "system": "none",
    "time_confidence": "utc-proven",
    "unique_id": "1720098301.0",
    "utc_offset_minutes": 60,
    "zone": "Europe/London",
}


def test_what_the_name_says_stands_and_what_contradicts_it_is_told(
    house: House, tmp_path: Path
) -> None:
    other = a_row(7200, src="02079460999", recordingfile=a_name())
    take_in_with(house, records(tmp_path / "cdr.csv", other), a_call(tmp_path))
    fields = the_fields(house)
    assert (fields["number"], fields["local_time"]) == ("+447700900123", "2024-07-04T14:05:01")
    assert fields["contradiction"] == (
        "its call record has another time; its call record has another number"
    )
    assert fields["record"]["legs"][0]["number"] == "+442079460999"


@pytest.mark.parametrize("login", ["max", "door"])
@pytest.mark.parametrize("name", [UNNAMED, a_name()])
@pytest.mark.parametrize("marked", [False, True])
def test_a_recording_that_is_in_the_vault_gets_its_record_once(
    house: House, tmp_path: Path, login: str, name: str, *, marked: bool
) -> None:
    if marked:
        house.at = house.at.replace(year=2099)
    call = a_call(tmp_path, name=name)
    take_in(house, call, login=login)
    cdr = records(tmp_path / "cdr.csv", a_row(recordingfile=name, cnam="Ann Other"))
    done = take_in_with(house, cdr, call, login=login)
    assert (done.recordings, done.duplicates, done.joined, done.unjoined) == (0, 1, 1, 0)
    fields = the_fields(house)
    assert fields["direction"] == "inbound"
    assert fields["started_at"] == "2024-07-04T13:05:01.000Z"
    assert (fields["number"], fields["parties"]) == ("+447700900123", ["Ann Other"])
    assert fields["record"]["legs"][0]["recording"] == name
    assert [each["name"] for each in fields["provenance"]] == [str(call)]
    assert found(house, number="+447700900123", days=DayRange(BEGAN.date(), BEGAN.date())) == [1]
    assert found(house, party="other") == [1]
    before = everything_in(house.folder)
    done = take_in_with(house, cdr, call, login=login)
    assert (done.duplicates, done.joined, done.unjoined) == (1, 0, 0)
    assert everything_in(house.folder) == before


def test_nothing_is_left_in_the_index_of_a_start_that_was_the_files_own(
    house: House, tmp_path: Path
) -> None:
    """Files that were copied together would show, by the start they had then, whose they are."""
    pattern = r"IN_(?P<extension>\d+)_(?P<unique_id>\d+)\.wav"
    old = {"name": "old", "pattern": pattern, "examples": ["IN_201_7.wav"]}
    house.decide(telephone={"extensions": ["200-299"], "template": [old]})
    call = a_call(tmp_path, name="IN_201_7.wav")
    os.utime(call, (BEGAN.timestamp() + 40 * 86_400,) * 2)
    take_in(house, call)
    assert parts_of(house) == {2024 * 12 + 7}
    cdr = records(tmp_path / "cdr.csv", a_row(recordingfile=call.name))
    assert take_in_with(house, cdr, call).joined == 1
    assert parts_of(house) == {2024 * 12 + 6}
    assert found(house, extension="201") == [1]


def test_what_has_no_record_is_counted_and_gets_it_later(house: House, tmp_path: Path) -> None:
    calls = [a_call(tmp_path / "spool", call) for call in (0, 5000)]
    done = take_in_with(house, records(tmp_path / "one.csv", a_row(0)), tmp_path / "spool")
    assert (done.joined, done.unjoined) == (1, 1)
    done = take_in_with(house, records(tmp_path / "two.csv", a_row(5000)), *calls)
    assert (done.joined, done.unjoined) == (1, 0)


def test_a_name_that_is_no_text_joins_nothing_and_stops_nothing(
    house: House, tmp_path: Path
) -> None:
    a_call(tmp_path / "spool", 0)
    a_call(tmp_path / "spool", 1, name=os.fsdecode(b"caf\xe9.wav"))
    cdr = records(tmp_path / "cdr.csv", a_row(), a_row(1, recordingfile="caf\xe9.wav"))
    for _ in range(2):  # the second time it is known already
        take_in_with(house, cdr, tmp_path / "spool")
        joined = [each.fields["record"] is not None for each in recordings_of(house)]
        assert sorted(joined) == [False, True]


def test_another_name_that_a_call_record_says_is_of_another_call_changes_nothing_of_the_first(
    house: House, tmp_path: Path
) -> None:
    take_in(house, a_call(tmp_path))
    again = a_call(tmp_path / "b", name=UNNAMED)
    other = a_row(99, src="02079460999", dst="202", recordingfile=UNNAMED)
    done = take_in_with(house, records(tmp_path / "cdr.csv", other), again)
    assert (done.joined, done.same_sound) == (1, [2])
    first, second = (recording.fields for recording in recordings_of(house))
    assert (first["number"], first["extension"]) == ("+447700900123", "201")
    assert (first["local_time"], first["record"]) == ("2024-07-04T14:05:01", None)
    assert (second["number"], second["extension"]) == ("+442079460999", "202")


def test_a_grant_still_opens_after_its_recording_got_its_record(
    house: House, tmp_path: Path
) -> None:
    call = a_call(tmp_path, name=UNNAMED)
    take_in(house, call)
    reference = approved(house, recordings=(1,))
    cdr = records(tmp_path / "cdr.csv", a_row(recordingfile=UNNAMED))
    assert take_in_with(house, cdr, call).joined == 1
    assert [grant.recording.id for grant in grants_of(house, reference)] == [1]
    assert the_fields(house)["record"]["joined_by"] == "file-name"


def test_every_part_of_a_call_is_found(house: House, tmp_path: Path) -> None:
    call = a_call(tmp_path)
    parts = (
        a_row(),
        a_row(src="201", dst="305", uniqueid="1720098900.1", dst_cnam="Nurse Penrose"),
        a_row(src="305", dst="02079460777", uniqueid="1720098950.2"),
    )
    take_in(house, call)
    take_in_with(house, records(tmp_path / "cdr.csv", *parts), call)
    day = DayRange(BEGAN.date(), BEGAN.date())
    for asked in (
        {"extension": "201", "days": day},
        {"extension": "305", "days": day},
        {"extension": "305"},
        {"number": "+442079460777"},
        {"tail": "0777"},
        {"party": "penrose"},
    ):
        assert found(house, **asked) == [1], asked
    assert found(house, extension="306", days=day) == []


@pytest.mark.parametrize("is_right", [True, False])
@pytest.mark.parametrize("name", ["201-1667337742543.mp3", "1667337742543-1666686434952-201.mp3"])
def test_a_checksum_on_record_is_that_of_the_file(
    house: House, tmp_path: Path, name: str, *, is_right: bool
) -> None:
    call = a_call(tmp_path / "spool", name=name)
    sound = a_wave() if is_right else a_wave(1)
    item = {
        "type": "callrecording",
        "objectName": f"ipbx:acme:callrecording:users:201:{name}",
        "checksumType": "MD5",
        "checksum": hashlib.md5(sound).hexdigest().upper(),  # noqa: S324 - as 8x8 has it
        "createdTime": "2022-11-01T21:22:22",
        "tags": [
            {"key": "callId", "value": "1666686434952"},
            {"key": "address", "value": "+447700900123"},
            {"key": "startTime", "value": "1667337742543"},
            {"key": "endTime", "value": "1667337749032"},
            {"key": "direction", "value": "OUTBOUND"},
        ],
    }
    cdr = tmp_path / "objects.json"
    cdr.write_text(json.dumps(item), encoding="utf-8")
    done = take_in_with(house, cdr, call)
    if is_right:
        assert (done.recordings, done.joined, done.quarantined) == (1, 1, [])
        (word,) = the_fields(house)["words"]
        assert (word["kind"], word["origin"]) == ("md5", "call-record")
        assert word["value"] == hashlib.md5(sound).hexdigest()  # noqa: S324 - as above
    else:
        (left,) = done.quarantined
        assert (left.path, left.refusal) == (call, Refusal.CHECKSUM)
        assert left.why == "its MD5 is not the one that its telephone system has on record"
        assert (done.recordings, done.batches) == (0, [])
        assert left_in(house.folder / "vault" / "recordings") == []


def test_nothing_of_a_record_is_in_any_byte_of_the_vault(house: House, tmp_path: Path) -> None:
    rows = [a_row(call, cnam="Siobhan Featherstone", dst_cnam="Nurse Penrose") for call in (0, 1)]
    take_in_with(house, records(tmp_path / "cdr.csv", *rows), a_call(tmp_path))
    assert the_fields(house)["parties"] == ["Siobhan Featherstone", "Nurse Penrose"]
    whole = b"".join(everything_in(house.folder).values())
    for secret in ("7700900123", "Featherstone", "Penrose", "1720098301"):
        assert secret.encode() not in whole


def test_a_rehearsal_shows_what_the_records_tell(house: House, tmp_path: Path) -> None:
    a_call(tmp_path / "spool", name=UNNAMED)
    cdr = records(tmp_path / "cdr.csv", a_row(recordingfile=UNNAMED))
    with open_call_records([cdr], house.practice.settings) as told:
        setup = telephone_setup(house.practice.settings)
        (preview,) = preview_found(
            find_by_name([tmp_path / "spool"]), setup, told, now=house.practice.now()
        )
    shown = preview.as_json()
    assert (shown["joined_by"], shown["direction"], shown["extension"]) == (
        "file-name",
        "inbound",
        "201",
    )
    assert shown["why"].endswith("; the rest by its call record")
