from __future__ import annotations

import re
from datetime import UTC, datetime
from pathlib import PurePath
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from callrec.system.name_pattern import NamePattern, check_pattern, check_times
from callrec.telephone.call import Call, Direction, System
from callrec.telephone.reading import read_name
from callrec.telephone.written import Setup, Template

WORDS = {"in": Direction.INBOUND, "out": Direction.OUTBOUND, "int": Direction.INTERNAL}


def read(
    name: str, pattern: str, times: tuple[str, ...] = ("%Y%m%d %H%M%S",), **more: Any
) -> Call | None:
    template = Template(name="ours", pattern=NamePattern(pattern, times), ways=WORDS, **more)
    setup = Setup(zone=ZoneInfo("Europe/London"), templates=(template,))
    return read_name(PurePath(name), setup)


def test_a_template_goes_before_the_systems_that_are_known() -> None:
    name = "in-201-07700900123-20240704-140501-1720098301.17.wav"
    call = read(name, r"in-(?P<callee>\d+)-(?P<caller>\d+)-(?P<date>\d+)-(?P<time>\d+)-.*")
    assert call is not None
    assert (call.system, call.said) == (System.TEMPLATE, {"name": name, "template": "ours"})


def test_what_no_template_reads_the_systems_that_are_known_may() -> None:
    call = read("20240704-140501_07700900123-all.wav", r"(?P<date>\d{8})\.wav", ("%Y%m%d%H%M",))
    assert call is not None
    assert call.system is System.VICIDIAL


@pytest.mark.parametrize(
    ("name", "times", "local"),
    [
        ("20240704140501.wav", ("%Y%m%d%H%M%S",), "2024-07-04T14:05:01"),
        ("04 Jul 2024 02.05 PM.wav", ("%d %b %Y %I.%M %p",), "2024-07-04T14:05:00"),
        ("202407041405.wav", ("%d%m%Y%H%M", "%Y%m%d%H%M"), "2024-07-04T14:05:00"),
        ("20240704T140501+0200.wav", ("%Y%m%dT%H%M%S%z",), "2024-07-04T13:05:01"),
    ],
)
def test_a_time_is_read_as_its_formats_say(name: str, times: tuple[str, ...], local: str) -> None:
    call = read(name, r"(?P<date>.*)\.wav", times)
    assert call is not None
    assert call.local_time == local


def test_an_epoch_decides_the_hour_that_comes_twice() -> None:
    pattern = r"(?P<date>\d{8})(?P<time>\d{6})-(?P<epoch>\d+)\.wav"
    call = read("20241027013000-1729992600.wav", pattern)
    assert call is not None
    assert call.started_at == datetime(2024, 10, 27, 1, 30, tzinfo=UTC)
    assert call.time_confidence == "utc-proven"
    alone = read("1729992600123.wav", r"(?P<epoch>\d+)\.wav")
    assert alone is not None
    assert alone.started_at == datetime(2024, 10, 27, 1, 30, 0, 123000, tzinfo=UTC)
    assert alone.raw_time == "1729992600123"


def test_a_clock_stands_where_the_template_says() -> None:
    pattern, name = r"(?P<date>\d{8})-(?P<time>\d{6})\.wav", "20240704-130501.wav"
    call, moved = read(name, pattern), read(name, pattern, zone=ZoneInfo("UTC"))
    assert call is not None
    assert moved is not None
    assert (moved.started_at - call.started_at).total_seconds() == 3600
    assert (moved.zone, moved.utc_offset_minutes) == ("UTC", 0)


def test_folders_count_where_the_pattern_has_them() -> None:
    pattern = r"(?P<extension>\d+)/(?P<date>\d{8})-(?P<time>\d{6})-(?P<number>\d+)\.wav"
    call = read("srv/calls/201/20240704-140501-02079460123.wav", pattern)
    assert call is not None
    assert (call.extension, call.number, call.direction) == ("201", "+442079460123", "unknown")
    assert read("20240704-140501-02079460123.wav", pattern) is None


def test_folders_that_are_no_utf_8_are_read_by_no_pattern() -> None:
    pattern = r".*/(?P<date>\d{8})-(?P<time>\d{6})\.wav"
    assert read("a/20240704-140501.wav", pattern) is not None
    assert read("\udcff/20240704-140501.wav", pattern) is None


@pytest.mark.parametrize(
    ("word", "direction", "caller", "callee"),
    [
        ("IN", "inbound", "+442079460123", "201"),
        ("out", "outbound", "201", "+442079460123"),
        ("Int", "internal", None, None),
        ("??", "unknown", None, None),
    ],
)
def test_the_outside_party_stands_where_the_direction_puts_it(
    word: str, direction: str, caller: str | None, callee: str | None
) -> None:
    pattern = (
        r"(?P<direction>[^_]*)_(?P<extension>\d+)_(?P<number>\d+)_(?P<date>\d{8})(?P<time>\d{6})"
    )
    call = read(f"{word}_201_02079460123_20240704140501", pattern)
    assert call is not None
    assert (call.direction, call.caller, call.callee) == (direction, caller, callee)


def test_a_withheld_party_is_nobody() -> None:
    pattern = r"(?P<date>\d{8})(?P<time>\d{6})_(?P<party>[^_]*)\.wav"
    named, withheld, empty = (
        read(f"20240704140501_{party}.wav", pattern) for party in ("Siân", "Anonymous", "")
    )
    assert [call and call.parties for call in (named, withheld, empty)] == [("Siân",), (), ()]


@pytest.mark.parametrize("year", ["1899", "2100"])
def test_a_year_that_no_recording_is_of_is_no_time(year: str) -> None:
    assert read(f"{year}0704140501.wav", r"(?P<date>\d{14})\.wav", ("%Y%m%d%H%M%S",)) is None


BAD_PATTERNS = {
    r"(?P<date>\d+": "not a pattern of RE2's",
    r"(?P<date>\d+)(?=x)": "not a pattern of RE2's",
    r"(?P<when>\d+)": 'it has a group "when"; there are date, time',
    r"(?P<caller>\d+)": "it has no time",
}

BAD_TIMES = {"%Y%m%d %H%": "not known", "%Y%m%d %Q%H%M": '"%Q" is not known', "%d%m%H%M": "no year",
             "%Y%m%d %H%S": "has no minute"}  # fmt: skip


@pytest.mark.parametrize("pattern", BAD_PATTERNS)
def test_a_pattern_that_will_not_do_is_told(
    pattern: str, capfd: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(ValueError, match=re.escape(BAD_PATTERNS[pattern])):
        check_pattern(pattern)
    assert capfd.readouterr().err == ""


@pytest.mark.parametrize("form", BAD_TIMES)
def test_a_format_that_will_not_do_is_told(form: str) -> None:
    with pytest.raises(ValueError, match=re.escape(BAD_TIMES[form])):
        check_times((form,))


def test_a_pattern_that_would_hang_elsewhere_does_not() -> None:
    pattern = r"(?P<date>(a|a|b)*(a+)+(a*)*)c"
    assert read("a" * 200, pattern) is None
