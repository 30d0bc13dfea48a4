"""What a row of a supplier's list says, by the practice's map."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from callrec.intake.reading import telephone_setup
from callrec.settings import Settings
from callrec.telephone.call import Call, Direction, TimeConfidence, is_another_call
from callrec.telephone.manifest import Column, Form, ManifestMap, ManifestRow, read_manifest
from callrec.telephone.records.lines import NotUnderstood

SETUP = telephone_setup(Settings())


def a_map(*columns: Column, **more: object) -> ManifestMap:
    named = {column: str(column) for column in (Column.FILE, *columns)}
    return replace(ManifestMap(manifest="calls.csv", form=Form.CSV, columns=named), **more)  # type: ignore[arg-type]


def read(form: ManifestMap, *cells: str) -> ManifestRow | NotUnderstood:
    header = ",".join(form.columns.values())
    (row,) = read_manifest(f"{header}\n{','.join(('a.wav', *cells))}\n".encode(), form)
    return row


def call_of(form: ManifestMap, *cells: str) -> Call:
    row = read(form, *cells)
    assert isinstance(row, ManifestRow)
    return row.call(SETUP)


HALF_PAST_ONE = datetime(2024, 10, 27, 1, 30, tzinfo=UTC)

ZONES = {
    "Europe/London": (datetime(2024, 7, 4, 13, 5, tzinfo=UTC), TimeConfidence.LOCAL_UNAMBIGUOUS),
    "UTC": (datetime(2024, 7, 4, 14, 5, tzinfo=UTC), TimeConfidence.LOCAL_UNAMBIGUOUS),
    "BST": (datetime(2024, 7, 4, 13, 5, tzinfo=UTC), TimeConfidence.UTC_PROVEN),
    "+02:00": (datetime(2024, 7, 4, 12, 5, tzinfo=UTC), TimeConfidence.UTC_PROVEN),
    "-0500": (datetime(2024, 7, 4, 19, 5, tzinfo=UTC), TimeConfidence.UTC_PROVEN),
    "": (datetime(2024, 7, 4, 13, 5, tzinfo=UTC), TimeConfidence.LOCAL_UNAMBIGUOUS),
}


@pytest.mark.parametrize(("zone", "expected"), ZONES.items(), ids=str)
def test_a_row_may_say_where_its_clock_stands(
    zone: str, expected: tuple[datetime, TimeConfidence]
) -> None:
    call = call_of(a_map(Column.TIME, Column.ZONE), "2024-07-04 14:05", zone)
    assert (call.started_at, call.time_confidence) == expected


@pytest.mark.parametrize("zone", ["UTC", "Europe/London", "BST", "+04:00"])
@pytest.mark.parametrize("times", [(), ("%Y-%m-%dT%H:%M:%S%z",)], ids=["ISO", "by the map"])
def test_a_time_whose_offset_is_not_its_zone_s_leaves_the_row(
    zone: str, times: tuple[str, ...]
) -> None:
    form = a_map(Column.TIME, Column.ZONE, times=times)
    row = read(form, "2024-07-08T11:00:00+05:00", zone)
    assert row == NotUnderstood(2, 'its time has another offset than its "zone" had then')


@pytest.mark.parametrize(
    ("time", "zone"),
    [
        ("2024-07-08T11:00:00+05:00", "+0500"),
        ("2024-07-08T11:00:00+05:00", "Asia/Karachi"),
        ("2024-07-08T07:00:00+01:00", "Europe/London"),
        ("2024-07-08T06:00:00+00:00", "UTC"),
        ("2024-07-08T06:00:00Z", "Europe/London"),
    ],
)
def test_an_offset_that_is_its_zone_s_and_z_prove_the_time(time: str, zone: str) -> None:
    call = call_of(a_map(Column.TIME, Column.ZONE), time, zone)
    assert call.started_at == datetime(2024, 7, 8, 6, tzinfo=UTC)
    assert call.time_confidence is TimeConfidence.UTC_PROVEN


@pytest.mark.parametrize("zone", ["Mars/Base", "../../etc/passwd", "Europe", "+25:00", "BST+1"])
def test_a_zone_that_nobody_knows_leaves_the_row(zone: str) -> None:
    row = read(a_map(Column.TIME, Column.ZONE), "2024-07-04 14:05", zone)
    assert row == NotUnderstood(2, 'its "zone" is not known')


def test_the_map_says_where_the_clock_stands_of_rows_that_do_not() -> None:
    form = a_map(Column.TIME, zone=ZoneInfo("UTC"))
    assert call_of(form, "2024-10-27T01:30:00").started_at == HALF_PAST_ONE


def test_a_date_and_a_time_may_stand_apart() -> None:
    form = a_map(Column.DATE, Column.TIME, times=("%d/%m/%y %H.%M", "%d %b %Y %I:%M %p"))
    for cells in ("27/10/24", "12.30"), ("27 Oct 2024", "12:30 PM"):
        assert call_of(form, *cells).local_time == "2024-10-27T12:30:00"


def test_an_epoch_proves_the_hour_of_a_local_time() -> None:
    form = a_map(Column.TIME, Column.EPOCH, times=("%d/%m/%Y %H:%M",))
    call = call_of(form, "27/10/2024 01:30", "1729992600")
    assert (call.started_at, call.time_confidence) == (HALF_PAST_ONE, TimeConfidence.UTC_PROVEN)


def test_a_lone_dash_is_nothing() -> None:
    form = a_map(Column.TIME, Column.NUMBER, Column.USER)
    call = call_of(form, "2024-07-04 14:05", "-", "-")
    assert (call.number, call.parties) == (None, ())


def test_who_spoke_is_a_party_and_not_kept_a_second_time() -> None:
    form = a_map(Column.TIME, Column.USER, Column.QUEUE)
    call = call_of(form, "2024-07-04 14:05", "Siân  Evans", "Reception")
    assert call.parties == ("Siân Evans",)
    assert call.said == {"file": "a.wav", "time": "2024-07-04 14:05", "queue": "Reception"}


def test_a_word_for_a_direction_that_the_map_does_not_list_leaves_the_row() -> None:
    form = a_map(Column.TIME, Column.DIRECTION, ways={"eingang": Direction.INBOUND})
    assert call_of(form, "2024-07-04 14:05", "EINGANG").direction is Direction.INBOUND
    assert isinstance(read(form, "2024-07-04 14:05", "in"), NotUnderstood)


def test_members_of_json_are_named_by_their_paths() -> None:
    form = a_map(Column.TIME, form=Form.JSON, items="data.calls")
    form = replace(form, columns={Column.FILE: "recording.name", Column.TIME: "start.at"})
    call = {"recording": {"name": "a.wav"}, "start": {"at": "2024-07-04 14:05"}}
    (row,) = read_manifest(json.dumps({"data": {"calls": [call]}}).encode(), form)
    assert isinstance(row, ManifestRow)
    assert row.file == "a.wav"


def test_a_path_that_ends_in_text_leads_no_further() -> None:
    form = replace(a_map(form=Form.JSON), columns={Column.FILE: "call.name", Column.TIME: "at"})
    (row,) = read_manifest(b'[{"call": "a.wav", "at": "2024-07-04 14:05"}]', form)
    assert row == NotUnderstood(1, "it names no file")


def test_other_encodings_are_read_where_the_map_says_so() -> None:
    text = "file,time,user\na.wav,2024-07-04 14:05,Siân\n"
    for encoding in ("windows-1252", "utf-16", "iso-8859-1"):
        form = a_map(Column.TIME, Column.USER, encoding=encoding)
        (row,) = read_manifest(text.encode(encoding), form)
        assert isinstance(row, ManifestRow)
        assert row.call(SETUP).parties == ("Siân",)


FULL = a_map(Column.TIME, Column.DIRECTION, Column.NUMBER)
TWICE = call_of(a_map(Column.TIME), "2024-10-27 01:30")
LOCAL = call_of(replace(FULL, ways={"in": Direction.INBOUND}), "2024-07-04 14:05", "in", "740123")

SAME = {
    "itself": (LOCAL, LOCAL),
    "an hour that came twice": (TWICE, call_of(a_map(Column.TIME), "2024-10-27T01:30:00+00:00")),
    "the time of its file": (
        LOCAL,
        replace(LOCAL, started_at=TWICE.started_at, time_confidence=TimeConfidence.FILE_TIME),
    ),
    "a number that it does not know": (LOCAL, replace(LOCAL, caller=None)),
}
OTHER = {
    "an hour that came once": (TWICE, call_of(a_map(Column.TIME), "2024-10-27T02:30:00+00:00")),
    "an hour of which only another day is known": (
        TWICE,
        replace(TWICE, started_at=LOCAL.started_at),
    ),
    "a local number": (LOCAL, replace(LOCAL, caller="740999")),
}


@pytest.mark.parametrize(
    ("pair", "is_another"),
    [*((pair, False) for pair in SAME.values()), *((pair, True) for pair in OTHER.values())],
    ids=[*SAME, *OTHER],
)
def test_what_is_told_otherwise_is_another_call_whichever_is_asked(
    pair: tuple[Call, Call], *, is_another: bool
) -> None:
    first, second = pair
    assert [is_another_call(first, second), is_another_call(second, first)] == [is_another] * 2
