"""A supplier's export is taken in: what is usable of it, once and read back; nothing is lost."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from callrec.audit import log as audit
from callrec.catalogue import tables
from callrec.catalogue.engine import reading
from callrec.errors import NotFound
from callrec.intake.alike import MAYBE_ERASED
from callrec.intake.bundle import open_bundle
from callrec.intake.clearing import ERASED, NOT_COMPARED
from callrec.intake.sources import Refusal
from callrec.telephone.manifest import Form
from house.exports import (
    MAP,
    Row,
    a_list,
    an_export,
    as_json,
    found_in,
    take_in_export,
    take_in_opened,
)
from house.practices import House
from house.spool import a_call, a_wave, names_of, originals_of, recordings_of, take_in

THREE = [
    Row("1.wav", reference="C-1"),
    Row("2.wav", direction="out", number="+44 20 7946 0123", reference="C-2", queue="Reception"),
    Row("3.wav", time="2024-10-27T01:30:00+00:00", reference="C-3"),
]


def test_each_row_s_sound_is_taken_in_as_the_call_that_the_row_tells_of(
    house: House, tmp_path: Path
) -> None:
    path = an_export(tmp_path / "e.zip", THREE)
    done = take_in_export(house, path)
    assert (done.recordings, done.quarantined) == (3, [])
    assert sorted(originals_of(house)) == sorted(a_wave(seed) for seed in range(3))
    told = {
        each.fields["unique_id"]: [
            each.fields[name]
            for name in ("system", "direction", "number", "extension", "time_confidence")
        ]
        for each in recordings_of(house)
    }
    assert told == {
        "C-1": ["export", "inbound", "+447700900123", "201", "local-unambiguous"],
        "C-2": ["export", "outbound", "+442079460123", "201", "local-unambiguous"],
        "C-3": ["export", "inbound", "+447700900123", "201", "utc-proven"],
    }
    said = {each.fields["unique_id"]: each.fields["said"] for each in recordings_of(house)}
    assert said["C-2"]["queue"] == "Reception"


def test_json_tells_the_same_as_csv(house: House, tmp_path: Path) -> None:
    form = replace(MAP, form=Form.JSON)
    path = an_export(tmp_path / "e.zip", THREE, listed=as_json(THREE))
    assert found_in(path, form) == (["1.wav", "2.wav", "3.wav"], [])
    assert take_in_export(house, path, form).recordings == 3


def test_each_was_read_back_from_the_disk_before_the_run_is_over(
    house: House, tmp_path: Path
) -> None:
    done = take_in_export(house, an_export(tmp_path / "e.zip", THREE))
    assert [(each.sha256, each.problem) for each in done.read_back] == [
        (hashlib.sha256(a_wave(seed)).hexdigest(), None) for seed in range(3)
    ]


def test_again_takes_in_only_what_is_not_there(house: House, tmp_path: Path) -> None:
    first = take_in_export(house, an_export(tmp_path / "a.zip", THREE[:2]))
    path = an_export(tmp_path / "b.zip", THREE)
    done = take_in_export(house, path)
    assert (first.recordings, done.recordings, done.duplicates) == (2, 1, 2)
    again = take_in_export(house, path)
    assert (again.recordings, again.duplicates, again.batches) == (0, 3, [])
    assert [each.problem for each in again.read_back] == [None] * 3


def test_what_stands_there_as_it_was_read_is_compared_again(house: House, tmp_path: Path) -> None:
    house.at = datetime(2099, 1, 1, tzinfo=UTC)  # by this clock it has stood still for long
    path = an_export(tmp_path / "e.zip", THREE)
    take_in_export(house, path)
    assert [each.problem for each in take_in_export(house, path).read_back] == [None] * 3


def test_a_sound_that_came_in_by_itself_is_known_in_an_export(house: House, tmp_path: Path) -> None:
    take_in(house, a_call(tmp_path / "spool"))
    done = take_in_export(house, an_export(tmp_path / "e.zip", THREE))
    assert (done.recordings, done.duplicates) == (2, 1)
    names = [name for each in recordings_of(house) for name in names_of(each)]
    assert f"{tmp_path}/e.zip/1.wav" in names


def test_what_was_there_is_compared_by_somebody_who_may_open_it_alone(
    house: House, tmp_path: Path
) -> None:
    path = an_export(tmp_path / "e.zip", THREE)
    take_in_export(house, path)
    door = take_in_export(house, path, login="door")
    assert [str(each.problem) for each in door.read_back] == [NOT_COMPARED] * 3
    with reading(house.practice.engine) as connection:
        last = audit.stored_head(connection).size - 1
        assert audit.read_leaf(connection, last)[0].act == "ingest.compared"


def test_a_sealed_copy_that_is_not_whole_is_not_read_back(house: House, tmp_path: Path) -> None:
    path = an_export(tmp_path / "e.zip", THREE[:1])
    take_in_export(house, path)
    (recording,) = recordings_of(house)
    sealed = house.practice.store.path(recording.ciphertext)
    sealed.chmod(0o600)
    data = bytearray(sealed.read_bytes())
    data[-1] ^= 1
    sealed.write_bytes(data)
    done = take_in_export(house, path)
    assert done.damaged == 1
    assert [each.problem is None for each in done.read_back] == [False]


def test_what_is_wrong_with_a_row_or_a_sound_leaves_that_out_and_takes_the_rest_in(
    house: House, tmp_path: Path
) -> None:
    rows = [
        *THREE[:1],
        Row("missing.wav"),
        Row("twice.wav"),
        Row("twice.wav", time="2024-07-04T15:00:00"),
        Row("undated.wav", time="yesterday"),
        Row("formula.wav", queue="=1+1"),
        Row("text.wav"),
    ]
    sounds = {name: a_wave(n) for n, name in enumerate(("1.wav", "twice.wav", "undated.wav"))}
    sounds |= {"formula.wav": a_wave(7), "nobody.wav": a_wave(8), "text.wav": b"Call her back"}
    path = an_export(tmp_path / "e.zip", rows, sounds)
    before = path.read_bytes()
    done = take_in_export(house, path)
    assert done.recordings == 1
    assert [each.why for each in done.quarantined] == [
        "line 3 of the list: its sound is not in the export",
        "line 4 of the list: the same sound is named in line 5",
        "line 5 of the list: the same sound is named in line 4",
        "line 6 of the list: its time is not written as the map says",
        'line 7 of the list: its "queue" begins like a formula of a spreadsheet',
        "no row of the list that can be used names it",
        "no row of the list that can be used names it",
        "no row of the list that can be used names it",
        "it is text, not sound",
    ]
    assert done.summary is not None
    assert done.summary.fields["refused"][Refusal.DESCRIPTION] == 8
    assert path.read_bytes() == before


@pytest.mark.parametrize(
    ("claimed", "recordings"),
    [(hashlib.sha256(a_wave(0)).hexdigest().upper(), 1), ("0" * 64, 0)],
)
def test_a_sum_in_the_list_is_compared_with_the_sound(
    house: House, tmp_path: Path, claimed: str, recordings: int
) -> None:
    path = an_export(tmp_path / "e.zip", [Row("1.wav", sha256=claimed)])
    done = take_in_export(house, path)
    assert done.recordings == recordings
    assert [each.refusal for each in done.quarantined] == [Refusal.CHECKSUM] * (1 - recordings)
    words = [word for each in recordings_of(house) for word in each.fields["words"]]
    kept = [(word["kind"], word["origin"], word["value"]) for word in words]
    assert kept == [("sha256", "list", claimed.lower())] * recordings


def test_a_sum_is_compared_of_what_is_held_already_too(house: House, tmp_path: Path) -> None:
    take_in_export(house, an_export(tmp_path / "e.zip", [Row("1.wav")]))
    done = take_in_export(house, an_export(tmp_path / "e.zip", [Row("1.wav", sha256="0" * 64)]))
    assert [each.refusal for each in done.quarantined] == [Refusal.CHECKSUM]
    assert done.read_back == []


def test_an_export_that_is_exchanged_while_it_is_read_is_noticed(
    house: House, tmp_path: Path
) -> None:
    path = an_export(tmp_path / "e.zip", THREE)
    with open_bundle(path, MAP, today=date.max) as bundle:
        other = an_export(tmp_path / "other.zip", [Row("4.wav")])
        other.replace(path)
        done = take_in_opened(house, bundle)
    assert done.recordings == 0
    assert {each.refusal for each in done.quarantined} == {Refusal.UNSETTLED}


def test_a_name_that_the_zip_does_not_say_is_utf_8_is_found_all_the_same(tmp_path: Path) -> None:
    path = an_export(tmp_path / "e.zip", [Row("Siân/1.wav")])
    data = path.read_bytes().replace(b"\x00\x08\x08\x00", b"\x00\x00\x08\x00")
    path.write_bytes(data)
    assert found_in(path) == (["Siân/1.wav"], [])


def test_sounds_may_lie_in_a_folder_and_be_named_as_windows_does(tmp_path: Path) -> None:
    rows = [Row("2024\\07\\1.wav"), Row("./2.wav")]
    sounds = {"audio/2024/07/1.wav": a_wave(1), "audio/2.wav": a_wave(2)}
    path = an_export(tmp_path / "e.zip", rows, sounds)
    assert found_in(path, replace(MAP, folder="audio/")) == ([*sounds], [])


def test_a_bom_and_a_number_with_its_country_are_right(tmp_path: Path) -> None:
    row = replace(THREE[0], number="+44 7700 900123")
    path = an_export(tmp_path / "e.zip", [row], listed=b"\xef\xbb\xbf" + a_list([row]))
    assert found_in(path) == (["1.wav"], [])


def test_no_export_is_not_found(tmp_path: Path) -> None:
    with pytest.raises(NotFound, match="there is no export"):
        found_in(tmp_path / "no")


OTHER_CALLS = {
    "another day": replace(THREE[0], file="x.wav", time="2024-07-05T14:05:01"),
    "another minute": replace(THREE[0], file="x.wav", time="2024-07-04T14:06:01"),
    "another number": replace(THREE[0], file="x.wav", number="020 7946 0123"),
    "another way": replace(THREE[0], file="x.wav", direction="out"),
}


@pytest.mark.parametrize("other", OTHER_CALLS.values(), ids=OTHER_CALLS)
@pytest.mark.parametrize("is_held", [True, False], ids=["held", "in the same list"])
def test_a_row_of_another_call_with_the_same_sound_is_a_recording_and_not_counted_as_held(
    house: House, tmp_path: Path, other: Row, *, is_held: bool
) -> None:
    rows = [other] if is_held else [THREE[0], other]
    if is_held:
        take_in_export(house, an_export(tmp_path / "a.zip", THREE[:1]))
    sounds = {row.file: a_wave() for row in rows}
    done = take_in_export(house, an_export(tmp_path / "b.zip", rows, sounds))
    assert (done.quarantined, done.duplicates, done.same_sound) == ([], 0, [2])
    assert [each.problem for each in done.read_back] == [None] * len(rows)
    first, second = recordings_of(house)
    assert first.fields["sha256"] == second.fields["sha256"]
    assert first.uid != second.uid


def test_who_cannot_open_the_recording_held_sees_another_call_by_its_day(
    house: House, tmp_path: Path
) -> None:
    take_in_export(house, an_export(tmp_path / "a.zip", THREE[:1]))
    other = OTHER_CALLS["another day"]
    done = take_in_export(house, an_export(tmp_path / "b.zip", [other]), login="door")
    assert (done.quarantined, done.same_sound) == ([], [2])


def test_of_an_erased_recording_another_call_is_told_by_its_day(
    house: House, tmp_path: Path
) -> None:
    """What may be of its call stays out: by the columns alone nobody knows its number."""
    take_in_export(house, an_export(tmp_path / "a.zip", THREE[:1]))
    with house.practice.engine.begin() as connection:
        connection.execute(tables.recording.update().values(data_key=None, state="destroyed"))
    again = take_in_export(house, an_export(tmp_path / "b.zip", THREE[:1]))
    assert [str(each.problem) for each in again.read_back] == [ERASED]
    maybe = replace(THREE[0], file="x.wav", time="2024-07-04T14:05:30", number="020 7946 0123")
    unsure = take_in_export(house, an_export(tmp_path / "c.zip", [maybe]))
    assert [each.why for each in unsure.quarantined] == [MAYBE_ERASED.format(1)]
    other = take_in_export(house, an_export(tmp_path / "d.zip", [OTHER_CALLS["another day"]]))
    assert (other.quarantined, other.same_sound) == ([], [2])


@pytest.mark.parametrize(
    "same",
    [
        replace(THREE[0], file="x.wav", time="2024-07-04T14:05"),
        replace(THREE[0], file="x.wav", time="2024-07-04T13:05:01Z", number=""),
        replace(THREE[0], file="x.wav", direction="", number="", extension=""),
    ],
    ids=["to the minute", "in UTC, without its number", "with its time alone"],
)
def test_a_row_that_tells_the_same_call_again_is_held(
    house: House, tmp_path: Path, same: Row
) -> None:
    take_in_export(house, an_export(tmp_path / "a.zip", THREE[:1]))
    done = take_in_export(house, an_export(tmp_path / "b.zip", [same]))
    assert (done.duplicates, done.quarantined) == (1, [])


def test_a_row_of_a_day_that_is_still_to_come_is_named(house: House, tmp_path: Path) -> None:
    house.at = datetime(2026, 7, 8, 22, 59, tzinfo=UTC)  # a minute before midnight in London
    rows = [
        Row("1.wav", time="2026-07-08T23:30:00"),
        Row("2.wav", time="2026-07-08T23:30:00Z"),
        Row("3.wav", time="2094-07-04T14:05:01"),
    ]
    done = take_in_export(house, an_export(tmp_path / "e.zip", rows))
    assert done.recordings == 1
    assert [each.why for each in done.quarantined] == [
        f"line {line} of the list: its day is still to come" for line in (3, 4)
    ]
    again = take_in_export(house, an_export(tmp_path / "e.zip", rows))
    assert (again.recordings, again.duplicates, len(again.quarantined)) == (0, 1, 2)


def test_a_sound_that_is_held_is_in_no_row_of_a_day_to_come(house: House, tmp_path: Path) -> None:
    path = tmp_path / "e.zip"
    take_in_export(house, an_export(path, THREE[:1]))
    done = take_in_export(house, an_export(path, [replace(THREE[0], time="2094-07-04 14:05:01")]))
    assert [each.why for each in done.quarantined] == [
        "line 2 of the list: its day is still to come"
    ]
