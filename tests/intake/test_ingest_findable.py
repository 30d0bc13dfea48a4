"""Whatever is taken in is found by each number and on each day that is sealed of it."""

from __future__ import annotations

import json
import os
from datetime import UTC, date, datetime
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from callrec.calls.find import find_calls_of, missing_from_search
from callrec.catalogue.engine import reading
from callrec.intake.reconcile import reconcile_calls
from callrec.policy.days import DayRange
from callrec.policy.search import Criteria
from house.call_records import a_row, records, take_in_with
from house.holds import ask, look, named
from house.practices import House
from house.requests import approved, grants_of
from house.spool import a_call, a_name, recordings_of, take_in

THEIRS = "+447700900123"

CALL_ID = "9f3e1c52-7a44-4c7e-8b60-2d5f1a0c9e11"

NOT_SAID_WHICH_WAY = {
    "FusionPBX": f"20240704.140501.07700900123.{CALL_ID}.wav",
    "3CX": "[Ann Other]_07700900123-02079460123_20240704140501(3).wav",
    "Asterisk": "force-02079460123-07700900123-20240704-140501-1720098301.7.wav",
    "mod_callcenter": f"2024-07-04-14-05-01.02079460123.07700900123.{CALL_ID}.wav",
}

FOURTH = date(2024, 7, 4)


def found(house: House, **asked: Any) -> list[int]:
    actor = house.actor("dora")
    with reading(house.practice.engine) as connection:
        calls = find_calls_of(house.practice, actor, connection, [Criteria(**asked)])
        return [call.id for call in calls]


@pytest.mark.parametrize("name", NOT_SAID_WHICH_WAY.values(), ids=NOT_SAID_WHICH_WAY)
def test_a_call_of_which_nobody_knows_the_way_is_found_by_the_number_at_either_end(
    house: House, tmp_path: Path, name: str
) -> None:
    take_in(house, a_call(tmp_path, name=name))
    (recording,) = recordings_of(house)
    assert recording.fields["direction"] == "unknown"
    assert THEIRS in (recording.fields["caller"], recording.fields["callee"])
    assert (
        found(house, number=THEIRS)
        == found(house, tail="0123", days=DayRange(FOURTH, FOURTH))
        == [1]
    )


@pytest.mark.parametrize("dialled", ["14107700900123", "147007700900123"])
def test_a_call_with_ones_own_number_withheld_is_found_and_held_by_whom_it_reached(
    house: House, tmp_path: Path, dialled: str
) -> None:
    take_in(house, a_call(tmp_path, name=f"out-{dialled}-201-20240704-140501-1720098301.7.wav"))
    assert found(house, number=THEIRS) == [1]
    ask(house, number=THEIRS)
    look(house)
    assert named(house) == {1}


SPELLED = {
    '"Ann Other" <sip:07700900123@192.0.2.1>;tag=as1': THEIRS,
    "0207946012": "0207946012",
}


@pytest.mark.parametrize("caller", SPELLED)
def test_a_call_is_found_by_what_its_sidecar_s_caller_is_or_by_the_digits_that_it_has(
    house: House, tmp_path: Path, caller: str
) -> None:
    call = a_call(tmp_path, name="call.wav")
    said = {"started_at": "2024-07-04T14:05:01", "direction": "inbound", "caller": caller}
    call.with_suffix(".json").write_text(json.dumps(said))
    take_in(house, call)
    assert found(house, number=SPELLED[caller]) == [1]


LOCAL = {
    "inbound": "in-201-9460123-20240704-140501-1720098301.7.wav",
    "outbound": "out-9460123-201-20240704-140501-1720098301.7.wav",
    "unknown": "force-9460123-7700123-20240704-140501-1720098301.7.wav",
}


@pytest.mark.parametrize("way", LOCAL)
def test_a_local_number_without_its_area_is_found_by_its_last_four_digits(
    house: House, tmp_path: Path, way: str
) -> None:
    take_in(house, a_call(tmp_path, name=LOCAL[way]))
    (recording,) = recordings_of(house)
    assert (recording.fields["direction"], recording.fields["number"]) == (way, None)
    assert found(house, tail="0123") == [1]
    check_nothing_is_missed(house)


def test_a_call_that_is_said_to_be_internal_is_found_by_a_public_number_at_its_end(
    house: House, tmp_path: Path
) -> None:
    name = "internal-201-07700900123-20240704-140501-1720098301.7.wav"
    take_in(house, a_call(tmp_path, name=name))
    ask(house, number=THEIRS)
    look(house)
    assert found(house, number=THEIRS) == [1]
    assert named(house) == {1}
    check_nothing_is_missed(house)


def test_a_call_whose_record_says_local_is_found_by_the_public_number_at_its_end(
    house: House, tmp_path: Path
) -> None:
    cdr = tmp_path / "cdr.csv"
    cdr.write_text(
        "xml_cdr_uuid,direction,caller_id_number,destination_number,start_epoch,answer_epoch,"
        "billsec,record_name\n"
        f"{CALL_ID},local,07700900123,201,1720098301,1720098305,60,{CALL_ID}.wav\n",
        encoding="utf-8",
    )
    done = take_in_with(house, cdr, a_call(tmp_path / "spool", name=f"{CALL_ID}.wav"))
    assert done.joined == 1
    assert found(house, number=THEIRS) == [1]
    check_nothing_is_missed(house)


EXPORT = "rec0001.wav"
"""What no system known here calls a recording."""


def test_of_the_same_sound_in_one_run_the_name_that_tells_the_most_says_whose_it_is(
    house: House, tmp_path: Path
) -> None:
    for folder, name in (("a", EXPORT), ("b", a_name()), ("c", f"2{EXPORT}")):
        a_call(tmp_path / "spool" / folder, name=name)
    done = take_in(house, tmp_path / "spool", login="door")
    (recording,) = recordings_of(house)
    assert (done.recordings, done.duplicates, done.told_less) == (1, 2, 0)
    assert len(recording.fields["provenance"]) == 3
    assert found(house, number=THEIRS) == [1]


def test_a_name_that_tells_more_fills_what_was_not_known(house: House, tmp_path: Path) -> None:
    export = written(a_call(tmp_path / "a", name=EXPORT), datetime(2024, 8, 20, 9, tzinfo=UTC))
    take_in(house, export, login="door")
    ask(house, number=THEIRS)
    look(house)
    done = take_in(house, a_call(tmp_path / "b", name=a_name()))
    assert (done.recordings, done.duplicates, done.joined, done.told_less) == (0, 1, 0, 0)
    (recording,) = recordings_of(house)
    told = ("direction", "number", "extension", "local_time", "time_confidence", "unique_id")
    assert [recording.fields[name] for name in told] == [
        *("inbound", THEIRS, "201", "2024-07-04T14:05:01", "utc-proven", "1720098301.0")
    ]
    assert found(house, number=THEIRS, days=DayRange(FOURTH, FOURTH)) == [1]
    look(house)
    assert named(house) == {1}
    check_nothing_is_missed(house)
    assert take_in(house, tmp_path / "a", tmp_path / "b").batches == []


def test_whoever_cannot_open_what_is_sealed_tells_how_many_would_be_filled(
    house: House, tmp_path: Path
) -> None:
    spool = tmp_path / "spool"
    take_in(house, a_call(spool, name=EXPORT), login="door")
    a_call(spool / "b", name=a_name())
    for _ in range(2):
        assert take_in(house, spool, login="door").told_less == 1
        assert found(house, number=THEIRS) == []
    assert take_in(house, spool).told_less == 0
    assert found(house, number=THEIRS) == [1]
    assert take_in(house, spool, login="door").told_less == 0


def test_a_name_that_tells_another_number_fills_nothing(house: House, tmp_path: Path) -> None:
    take_in(house, a_call(tmp_path / "a", name="20240704-140501_02079460123-all.wav"))
    take_in(house, a_call(tmp_path / "b", name=a_name()))
    recording, another = recordings_of(house)
    assert recording.fields["number"] == "+442079460123"
    assert (recording.fields["direction"], recording.fields["caller"]) == ("unknown", None)
    assert found(house, number=THEIRS) == [another.id]


def test_what_somebody_holds_a_grant_for_stays_as_it_was(house: House, tmp_path: Path) -> None:
    take_in(house, a_call(tmp_path / "a", name=EXPORT))
    reference = approved(house, recordings=(1,))
    assert take_in(house, a_call(tmp_path / "b", name=a_name())).told_less == 1
    assert [grant.recording.id for grant in grants_of(house, reference)] == [1]
    (recording,) = recordings_of(house)
    assert recording.fields["direction"] == "unknown"


def test_a_record_still_comes_to_what_a_name_has_filled(house: House, tmp_path: Path) -> None:
    spool = tmp_path / "spool"
    take_in(house, a_call(spool, name=EXPORT))
    take_in(house, a_call(spool / "b", name=a_name()))
    cdr = records(tmp_path / "cdr.csv", a_row(cnam="Siobhan Featherstone"))
    assert take_in_with(house, cdr, spool).joined == 1
    assert found(house, party="Featherstone") == [1]


def check_nothing_is_missed(house: House) -> None:
    """Whoever opens the calls finds each of their tokens."""
    actor = house.actor("dora")
    with reading(house.practice.engine) as connection:
        missed = missing_from_search(house.practice, actor, connection, recordings_of(house))
    assert missed == []


def test_what_a_sidecar_leaves_out_its_ends_tell(house: House, tmp_path: Path) -> None:
    call = a_call(tmp_path, name="x.wav")
    said = {"started_at": "2024-07-04T14:05:01+01:00", "caller": "07700 900123", "callee": "201"}
    call.with_suffix(".json").write_text(json.dumps(said), encoding="utf-8")
    take_in(house, call)
    (recording,) = recordings_of(house)
    assert (recording.fields["direction"], recording.fields["number"]) == ("inbound", THEIRS)
    assert found(house, number=THEIRS) == [1]


@pytest.mark.parametrize("way", ["outbound-api", "outbound-dial"])
def test_a_call_that_twilio_made_is_found_by_whom_it_reached(
    house: House, tmp_path: Path, way: str
) -> None:
    sid, call_sid = "RE" + "0" * 31 + "1", "CA" + "0" * 31 + "2"
    path = a_call(tmp_path / "spool", name=f"{sid}.wav")
    began = {"start_time": "2024-07-04T13:05:01Z", "duration": "60"}
    ends = {"from": "+441144960123", "to": THEIRS, "direction": way, "status": "completed"}
    told = ({"sid": sid, "call_sid": call_sid, **began}, {"sid": call_sid, **ends, **began})
    cdr = tmp_path / "calls.json"
    cdr.write_text("\n".join(map(json.dumps, told)), encoding="utf-8")
    assert take_in_with(house, cdr, path).joined == 1
    assert found(house, number=THEIRS) == [1]


def test_a_record_that_comes_with_a_later_copy_is_found_on_the_day_that_is_sealed(
    house: House, tmp_path: Path
) -> None:
    name = "recording-0007.wav"
    take_in(
        house, written(a_call(tmp_path / "spool", name=name), datetime(2024, 7, 4, 13, tzinfo=UTC))
    )
    copy = written(a_call(tmp_path / "copy", name=name), datetime(2024, 8, 20, 9, tzinfo=UTC))
    cdr = records(tmp_path / "cdr.csv", a_row(recordingfile=name))
    assert take_in_with(house, cdr, copy).joined == 1
    (recording,) = recordings_of(house)
    assert recording.fields["started_at"].startswith("2024-07-04")
    days = DayRange(FOURTH, FOURTH)
    assert found(house, number=THEIRS, days=days) == found(house, extension="201", days=days) == [1]
    of_all = partial(reconcile_calls, first=None, last=None, files=[cdr], advance=lambda _: None)
    assert of_all(house.practice, house.actor("max")).counts.held == 1


def written(path: Path, at: datetime) -> Path:
    """A file that was last written to then."""
    os.utime(path, (at.timestamp(), at.timestamp()))
    return path
