from __future__ import annotations

import json
import os
from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from callrec.errors import Failed, Unusable
from callrec.system.name_pattern import NamePattern
from callrec.telephone.call import Call, Direction, System, TimeConfidence
from callrec.telephone.reading import read_call, read_name, sidecar_for
from callrec.telephone.written import NOT_IDENTIFIED, Setup, Template

LONDON = ZoneInfo("Europe/London")

NAME = "in-201-07700900123-20240704-100000-1720083600.5.wav"

WRITTEN_AT = 1_720_083_900


def read(path: Path) -> Call:
    return read_call(path, Setup(zone=LONDON), sidecar_for(path))


def a_file(path: Path) -> Path:
    path.write_bytes(b"sound")
    os.utime(path, (WRITTEN_AT, WRITTEN_AT + 0.75))
    return path


def test_a_sidecar_goes_before_the_name(tmp_path: Path) -> None:
    recording = a_file(tmp_path / NAME)
    assert read(recording).system is System.ASTERISK
    Path(f"{recording}.json").write_text('{"started_at": "2024-01-04T14:05:00Z"}')
    call = read(recording)
    assert (call.system, call.started_at.year, call.started_at.month) == (System.SIDECAR, 2024, 1)


def test_a_name_goes_before_the_files_own_time(tmp_path: Path) -> None:
    assert read(a_file(tmp_path / NAME)).started_at == datetime(2024, 7, 4, 9, tzinfo=UTC)


def test_without_either_the_files_own_time_is_taken_and_said_to_be(tmp_path: Path) -> None:
    call = read(a_file(tmp_path / "holiday.wav"))
    assert (call.system, call.direction) == (System.NONE, Direction.UNKNOWN)
    assert call.started_at == datetime(2024, 7, 4, 9, 5, tzinfo=UTC)
    assert call.local_time == "2024-07-04T10:05:00"
    assert call.time_confidence is TimeConfidence.FILE_TIME


@pytest.mark.parametrize("name", [b"\xff\x1b[31m\n.wav", b"x" * 255, "\u202e.wav".encode(), b".."])
def test_whatever_a_file_is_called_it_has_its_own_time(tmp_path: Path, name: bytes) -> None:
    folder = os.fsencode(tmp_path)
    path = Path(os.fsdecode(folder + b"/" + name))
    if name != b"..":
        a_file(path)
    assert read(path).time_confidence is TimeConfidence.FILE_TIME


@pytest.mark.parametrize(
    ("party", "told"),
    [
        ("Siân Featherstone".encode("latin-1"), "Siân Featherstone"),
        ("Siân\u00a0Featherstone".encode(), "Siân Featherstone"),
        (b"Si\xe2n\xa0Featherstone", "Siân Featherstone"),
        ("Si\u200bân\u202e".encode(), "Si\ufffdân\ufffd"),
        (b"Si\x81\n", "Si\ufffd\ufffd"),
    ],
)
def test_whatever_signs_a_callers_name_has_the_rest_of_the_files_name_is_read(
    party: bytes, told: str
) -> None:
    name = os.fsdecode(b"[" + party + b"]_07700900123-201_20240704140501(3).wav")
    call = read_name(Path("201") / name, Setup(zone=LONDON))
    assert call is not None
    assert (call.number, call.extension, call.parties) == ("+447700900123", "201", (told,))
    assert (call.local_time, call.said["name"][0]) == ("2024-07-04T14:05:01", "[")


def test_so_does_a_template_read_it() -> None:
    pattern = r"(?P<party>[^/]*)_(?P<date>\d{8})-(?P<time>\d{6})\.wav"
    template = Template(name="by-party", pattern=NamePattern(pattern, ("%Y%m%d %H%M%S",)))
    path = Path(os.fsdecode("Siân_20240704-140501.wav".encode("latin-1")))
    call = read_name(path, Setup(zone=LONDON, templates=(template,)))
    assert call is not None
    assert call.parties == ("Siân",)


TWILIO = {
    "sid": "RE0123456789abcdef0123456789abcdef",
    "call_sid": "CA0123456789abcdef0123456789abcdef",
    "account_sid": "AC0123456789abcdef0123456789abcdef",
    "start_time": "Thu, 04 Jul 2024 09:00:00 +0000",
    "duration": "60",
    "channels": 1,
    "status": "completed",
    "source": "DialVerb",
}


@pytest.mark.parametrize("system", [None, "asterisk", "template"])
def test_a_cloud_systems_own_json_describes_its_recording(
    tmp_path: Path, system: str | None
) -> None:
    recording = a_file(tmp_path / f"{TWILIO['sid']}.wav")
    recording.with_suffix(".json").write_text(json.dumps(TWILIO))
    setup = Setup(zone=LONDON, system=system)
    call = read_call(recording, setup, sidecar_for(recording))
    assert (call.system, call.started_at) == (System.TWILIO, datetime(2024, 7, 4, 9, tzinfo=UTC))


def test_a_name_that_is_an_id_keeps_it_beside_the_files_own_time(tmp_path: Path) -> None:
    call = read(a_file(tmp_path / f"{TWILIO['sid']}.wav"))
    assert (call.system, call.unique_id) == (System.TWILIO, TWILIO["sid"])
    assert call.time_confidence is TimeConfidence.FILE_TIME


def test_a_sidecar_that_is_not_in_the_format_is_no_reason_to_guess(tmp_path: Path) -> None:
    recording = a_file(tmp_path / NAME)
    recording.with_suffix(".json").write_text("{}")
    with pytest.raises(Unusable, match="started_at"):
        read(recording)


def test_a_sidecar_of_any_size_is_read_no_further_than_it_may_be_long(tmp_path: Path) -> None:
    recording = a_file(tmp_path / NAME)
    with recording.with_suffix(".json").open("wb") as sidecar:
        sidecar.truncate(2**40)
    with pytest.raises(Unusable, match="larger than 64 KiB"):
        read(recording)


def test_a_file_that_is_gone_fails_without_its_name(tmp_path: Path) -> None:
    with pytest.raises(Failed) as failed:
        read(tmp_path / "Joan Davies.wav")
    assert "Joan" not in str(failed.value)


@pytest.mark.parametrize("seconds", [10**11, 10**12, -(10**12), 10**30])
def test_a_time_in_no_year_of_calls_is_unusable(seconds: int) -> None:
    with pytest.raises(Unusable, match="in no year of calls"):
        NOT_IDENTIFIED.to_call(seconds, LONDON)
