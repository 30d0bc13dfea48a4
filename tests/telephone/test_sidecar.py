from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from callrec.errors import Unusable
from callrec.telephone.call import Call, Direction, TimeConfidence
from callrec.telephone.reading import read_sidecar, sidecar_for
from callrec.telephone.written import Setup

LONDON = ZoneInfo("Europe/London")

SPECIFICATION = Path(__file__).parent.parent.parent / "docs/formats/sidecar.md"

START = '"started_at": "2024-07-04T10:00:00"'


def read(text: str) -> Call:
    return read_sidecar(text.encode(), Setup(zone=LONDON))


def test_the_example_in_the_specification_is_read() -> None:
    example = SPECIFICATION.read_text("utf-8").split("```json\n")[1].split("```")[0]
    call = read(example)
    assert call.started_at == datetime(2024, 10, 27, 1, 30, tzinfo=UTC)
    assert (call.direction, call.number, call.extension) == ("inbound", "+447700900123", "201")
    assert (call.caller, call.callee) == ("+447700900123", "201")
    assert call.parties == ("Siân O'Neill", "Imran Patel")
    assert (call.unique_id, call.said["system"]) == ("1729992600.17", "acme")


def test_the_specification_lists_every_key_and_no_other() -> None:
    rows = [line.split("`")[1] for line in SPECIFICATION.read_text("utf-8").splitlines()
            if line.startswith("| `")]  # fmt: skip
    for key in rows:
        value = {"parties": '["A"]', "caller_told": '"none"'}.get(key, '"inbound"')
        read(f'{{{START}, "{key}": {value}}}' if key != "started_at" else f"{{{START}}}")
    with pytest.raises(Unusable, match='an unknown key "name"'):
        read(f'{{{START}, "name": "A"}}')


def test_only_the_start_must_be_there() -> None:
    call = read(f"{{{START}}}")
    assert call.started_at == datetime(2024, 7, 4, 9, tzinfo=UTC)
    assert call.time_confidence is TimeConfidence.LOCAL_UNAMBIGUOUS
    assert (call.direction, call.caller, call.callee, call.extension, call.parties) == (
        Direction.UNKNOWN, None, None, None, (),
    )  # fmt: skip


@pytest.mark.parametrize(
    "written",
    ["2024-07-04T10:00:00+01:00", "2024-07-04T09:00:00Z", "2024-07-04 09:00Z",
     "2024-07-04T05:00:00.000-04:00"],
)  # fmt: skip
def test_a_time_with_its_offset_is_proven_and_shown_in_the_practices_zone(written: str) -> None:
    call = read(f'{{"started_at": "{written}"}}')
    assert call.started_at == datetime(2024, 7, 4, 9, tzinfo=UTC)
    assert call.local_time == "2024-07-04T10:00:00"
    assert call.time_confidence is TimeConfidence.UTC_PROVEN


def test_a_time_without_its_offset_may_have_come_twice() -> None:
    call = read('{"started_at": "2024-10-27T01:30:00"}')
    assert call.time_confidence is TimeConfidence.LOCAL_AMBIGUOUS


def test_the_outside_party_follows_from_the_direction() -> None:
    ends = f'{START}, "caller": "07700 900123", "callee": "020 7946 0123"'
    numbers = [
        read(f'{{{ends}, "direction": "{direction}"}}').number
        for direction in ("inbound", "outbound", "internal", "unknown")
    ]
    assert numbers == ["+447700900123", "+442079460123", None, None]


WAYS = {
    "inbound-announcement": {"inbound", "unknown"},
    "outbound-spoken": {"outbound", "unknown"},
    "none": {"inbound", "outbound", "internal", "unknown"},
    "unknown": {"inbound", "outbound", "internal", "unknown"},
}


@pytest.mark.parametrize("direction", ["inbound", "outbound", "internal", "unknown"])
@pytest.mark.parametrize("told", WAYS)
def test_who_was_told_goes_with_the_way_that_the_call_went(told: str, direction: str) -> None:
    text = f'{{{START}, "direction": "{direction}", "caller_told": "{told}"}}'
    if direction in WAYS[told]:
        assert read(text).said["caller_told"] == told
        return
    with pytest.raises(Unusable, match='"caller_told" goes with no such direction'):
        read(text)


def test_of_what_is_not_said_of_the_telling_nothing_is_kept() -> None:
    assert "caller_told" not in read(f"{{{START}}}").said


def test_a_byte_order_mark_is_no_part_of_it() -> None:
    assert (
        read_sidecar(b"\xef\xbb\xbf{" + START.encode() + b"}", Setup(zone=LONDON)).system
        == "sidecar"
    )


SECRET = "07700900123"

REFUSED = {
    "not JSON": ("{", "the sidecar is not JSON in UTF-8"),
    "nothing": ("", "the sidecar is not JSON in UTF-8"),
    "deeply nested": ("[" * 60_000, "the sidecar is not JSON in UTF-8"),
    "no object": (f'["{SECRET}"]', "the sidecar is no JSON object"),
    "no start": (f'{{"caller": "{SECRET}"}}', 'the sidecar lacks "started_at"'),
    "a NUL in a number": (f'{{{START}, "caller": "077\\u00000"}}', '"caller" cannot be used'),
    "an unknown key": (f'{{{START}, "calller": "{SECRET}"}}', 'an unknown key "calller"'),
    "a hostile key": (f'{{{START}, "\\u001b[31m\\u202e": 1}}', r'key "\\x1b\[31m\\u202e"'),
    "a number for text": (f'{{{START}, "caller": {SECRET[1:]}}}', '"caller" cannot be used'),
    "an unknown direction": (f'{{{START}, "direction": "{SECRET}"}}', '"direction" cannot'),
    "told in another way": (f'{{{START}, "caller_told": "{SECRET}"}}', '"caller_told" cannot'),
    "null": (f'{{{START}, "extension": null}}', '"extension" cannot be used'),
    "a long text": (f'{{{START}, "caller": "{SECRET * 20}"}}', '"caller" cannot be used'),
    "parties that are no list": (f'{{{START}, "parties": "{SECRET}"}}', '"parties" cannot'),
    "a date alone": ('{"started_at": "2024-07-04"}', '"started_at" is no date and time'),
    "a year without calls": ('{"started_at": "9999-12-31T23:59"}', '"started_at" is no date'),
    "a year before them": ('{"started_at": "0001-01-01T00:00+01:00"}', '"started_at" is no date'),
    "a day that is none": ('{"started_at": "2024-02-30T10:00"}', '"started_at" is no date'),
    "an offset of days": ('{"started_at": "2024-07-04T10:00+99:00"}', '"started_at" is no date'),
    "another century": ('{"started_at": "0001-01-01T00:00"}', '"started_at" is no date'),
    "seconds of the epoch": ('{"started_at": 1720083600}', '"started_at" cannot be used'),
    "too much": (" " * 65_537, "the sidecar is larger than 64 KiB"),
}  # fmt: skip


@pytest.mark.parametrize(("text", "message"), REFUSED.values(), ids=REFUSED.keys())
def test_what_is_not_in_the_format_is_refused_and_never_repeated(text: str, message: str) -> None:
    with pytest.raises(Unusable, match=message) as refused:
        read(text)
    assert SECRET not in str(refused.value)
    assert refused.value.__cause__ is None


def test_bytes_that_are_no_utf_8_are_refused() -> None:
    with pytest.raises(Unusable, match="not JSON in UTF-8"):
        read_sidecar(b'{"started_at": "\xff"}', Setup(zone=LONDON))


def test_a_sidecar_bears_the_recordings_whole_name_or_its_stem(tmp_path: Path) -> None:
    recording = tmp_path / "call.wav"
    assert sidecar_for(recording) is None
    (tmp_path / "call.json").touch()
    assert sidecar_for(recording) == tmp_path / "call.json"
    assert sidecar_for(tmp_path / "call.json") is None
    (tmp_path / "call.wav.json").touch()
    assert sidecar_for(recording) == tmp_path / "call.wav.json"


def test_a_sidecar_is_a_file_of_its_own(tmp_path: Path) -> None:
    outside = tmp_path / "outside"
    outside.write_text(json.dumps({}))
    (tmp_path / "call.wav.json").symlink_to(outside)
    (tmp_path / "call.json").mkdir()
    assert sidecar_for(tmp_path / "call.wav") is None
    assert sidecar_for(tmp_path / "call.json") is None


def test_a_name_that_leaves_no_room_for_a_suffix_has_no_sidecar(tmp_path: Path) -> None:
    assert sidecar_for(tmp_path / ("x" * 255)) is None
