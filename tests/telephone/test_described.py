from __future__ import annotations

import json
import time
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from callrec.telephone.call import Leg
from callrec.telephone.records.reading import MAX_DESCRIPTION_BYTES, read_description
from telephone.legs import SETUP
from telephone.test_records import CASES, rows

ALONE = ["twilio/recording", "ringcentral/single-record", "8x8/object"]


def file_of(case: dict[str, Any]) -> bytes:
    return "\n".join(case["lines"]).encode()


@pytest.mark.parametrize("name", ALONE)
def test_a_description_beside_a_recording_is_read_as_in_a_file_of_call_records(name: str) -> None:
    [leg] = rows(CASES[name])
    assert isinstance(leg, Leg)
    assert read_description(file_of(CASES[name]), SETUP) == leg.call


def test_the_checksum_of_the_recording_is_kept() -> None:
    call = read_description(file_of(CASES["8x8/object"]), SETUP)
    assert call is not None
    assert call.said["md5"] == "c03f27f4b1ca0aefea989f1c1b432d9e"


def test_only_the_system_that_is_named_is_tried() -> None:
    data = file_of(CASES["twilio/recording"])
    assert read_description(data, replace(SETUP, system="twilio"))
    assert read_description(data, replace(SETUP, system="8x8")) is None


@pytest.mark.parametrize(
    "data",
    [b"", b"{}", b"[]", b"nothing", b"\xff\xfe", b"[" * 100_000, b'{"started_at": "2025-06-02"}',
     b'{"sid": "RE1", "call_sid": 1}', b'{"objectName": 1, "tags": [1, {"key": []}]}'],
    ids=lambda data: repr(data[:20]),
)  # fmt: skip
def test_what_is_no_description_is_none(data: bytes) -> None:
    assert read_description(data, SETUP) is None


def test_a_file_that_is_larger_than_a_description_is_none() -> None:
    item = json.loads(file_of(CASES["twilio/recording"]))
    assert (
        read_description(json.dumps(item | {"more": "x" * MAX_DESCRIPTION_BYTES}).encode(), SETUP)
        is None
    )


def test_an_offset_of_minus_nought_is_utc_wherever_the_computer_stands(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    item = json.loads(file_of(CASES["twilio/recording"]))
    item |= {"start_time": "Thu, 04 Jul 2024 09:00:00 -0000"}
    with monkeypatch.context() as elsewhere:
        elsewhere.setenv("TZ", "America/New_York")
        time.tzset()
        call = read_description(json.dumps(item).encode(), SETUP)
    time.tzset()
    assert call is not None
    assert call.started_at == datetime(2024, 7, 4, 9, tzinfo=UTC)
