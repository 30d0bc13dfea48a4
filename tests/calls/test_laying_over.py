"""What was known of a call is changed by nobody: a further revision fills what was not."""

from __future__ import annotations

from typing import Any

import pytest

from callrec.calls.custody import apply_revision, with_shown
from callrec.errors import Tampered
from house import restated
from house.practices import House
from house.restated import ANOTHER_NUMBER, add_revision
from house.spool import recordings_of

KNOWN: dict[str, Any] = {
    "callee": None,
    "caller": "+447700900123",
    "ciphertext": "ab" * 32,
    "contradiction": None,
    "direction": "inbound",
    "duration_ms": 60_000,
    "extension": "201",
    "format": "wav",
    "local_time": "2024-10-27T01:30:00",
    "number": "+447700900123",
    "parties": ["Ann"],
    "provenance": [{"name": "/a"}],
    "raw_time": "20241027-013000",
    "record": None,
    "sha256": "cd" * 32,
    "shown": [{"revision": 1}],
    "size_bytes": 2058,
    "started_at": "2024-10-27T00:30:00.000Z",
    "time_confidence": "local-unambiguous",
    "uid": "ef" * 16,
    "unique_id": "1720098301.1",
    "utc_offset_minutes": 60,
    "zone": "Europe/London",
}

NOTHING: dict[str, Any] = {
    **KNOWN,
    **dict.fromkeys(("caller", "extension", "number", "unique_id")),
    "direction": "unknown",
    "parties": [],
    "raw_time": "",
    "time_confidence": "file-time",
}

RECORD = {"key": "7", "legs": []}

ANOTHER: dict[str, Any] = {
    "caller": "+441144960987",
    "direction": "outbound",
    "extension": "202",
    "local_time": "2024-10-28T01:30:00",
    "number": "+441144960987",
    "raw_time": "20241028-013000",
    "started_at": "2024-10-28T01:30:00.000Z",
    "time_confidence": "utc-proven",
    "unique_id": "1720098301.2",
    "utc_offset_minutes": 0,
    "zone": "UTC+00:00",
}

OF_THE_SOUND: dict[str, Any] = {
    "codec": "pcm",
    "duration_ms": 59_000,
    "format": "mp3",
    "sha256": "00" * 32,
    "size_bytes": 2059,
    "uid": "00" * 16,
}


@pytest.mark.parametrize("name", ANOTHER)
def test_what_was_known_is_not_said_otherwise(name: str) -> None:
    with pytest.raises(Tampered, match="what was known"):
        apply_revision(KNOWN, {name: ANOTHER[name]})
    with pytest.raises(Tampered, match="what was known"):
        apply_revision(KNOWN, {name: None})


@pytest.mark.parametrize("said", [{}, {"record": RECORD}], ids=["by a name", "by a record"])
@pytest.mark.parametrize("known", [KNOWN, NOTHING], ids=["known", "not known"])
@pytest.mark.parametrize("name", OF_THE_SOUND)
def test_what_was_measured_of_the_sound_is_not_said_otherwise(
    name: str, known: dict[str, Any], said: dict[str, Any]
) -> None:
    with pytest.raises(Tampered, match="what was known"):
        apply_revision(known, {**said, name: OF_THE_SOUND[name]})


def test_what_was_known_stands_against_a_call_record() -> None:
    assert apply_revision(KNOWN, {"record": RECORD, **ANOTHER}) == {**KNOWN, "record": RECORD}


def test_a_call_record_is_known_once() -> None:
    known = {**KNOWN, "record": RECORD}
    assert apply_revision(known, {"record": {"key": "8", "legs": []}}) == known


@pytest.mark.parametrize("said", [{}, {"record": RECORD}], ids=["by a name", "by a record"])
def test_what_was_not_known_is_filled(said: dict[str, Any]) -> None:
    told = {**said, **ANOTHER, "parties": ["Bob"]}
    assert apply_revision(NOTHING, told) == {**NOTHING, **told}


def test_names_and_places_are_added_to_those_that_were_known() -> None:
    said = {"parties": ["Bob", "Ann"], "provenance": [{"name": "/b"}], "shown": [{"revision": 2}]}
    found = apply_revision(KNOWN, said)
    assert found["parties"] == ["Ann", "Bob"]
    assert found["provenance"] == [{"name": "/a"}, {"name": "/b"}]
    assert found["shown"] == [{"revision": 1}, {"revision": 2}]


@pytest.mark.parametrize("confidence", ["local-ambiguous", "nonexistent"])
def test_an_hour_is_settled_and_nothing_else_of_the_time(confidence: str) -> None:
    known = {**KNOWN, "time_confidence": confidence, "contradiction": "a clock that was wrong"}
    hour = {
        "contradiction": None,
        "started_at": "2024-10-27T01:30:00.000Z",
        "time_confidence": "utc-proven",
        "utc_offset_minutes": 0,
    }
    assert apply_revision(known, {"record": RECORD, **hour}) == {**known, "record": RECORD, **hour}
    for other in ("2024-10-27T01:31:00.000Z", "2024-10-28T00:30:00.000Z"):
        with pytest.raises(Tampered, match="what was known"):
            apply_revision(known, {**hour, "started_at": other})
    with pytest.raises(Tampered, match="what was known"):
        apply_revision(known, {"local_time": "2024-10-27T02:30:00"})


def test_what_contradicts_is_told_beside_what_did_before() -> None:
    before = apply_revision(KNOWN, {"contradiction": "one"})
    assert (
        apply_revision(before, {"contradiction": "one; another"})["contradiction"] == "one; another"
    )
    with pytest.raises(Tampered, match="what was known"):
        apply_revision(before, {"contradiction": None})


@pytest.mark.parametrize(
    "said", [{"number": ANOTHER_NUMBER}, {"sha256": "ab" * 32}, {"record": {}, "format": "mp3"}]
)
def test_nothing_opens_that_the_intake_credential_said_otherwise(
    stocked: House, said: dict[str, Any]
) -> None:
    add_revision(stocked, **said)
    with pytest.raises(Tampered, match="says otherwise what was known"):
        recordings_of(stocked)


def test_nothing_opens_of_which_something_else_may_be_shown_than_was_sealed(
    stocked: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    def with_matched(fields: dict[str, Any], revision: int) -> dict[str, Any]:
        sealed = with_shown(fields, revision)
        return {**sealed, "shown": [{**sealed["shown"][0], "matched": True}]}

    monkeypatch.setattr(restated, "with_shown", with_matched)
    add_revision(stocked)
    with pytest.raises(Tampered, match="not as it was sealed"):
        recordings_of(stocked)


def test_a_call_record_that_was_invented_changes_nothing_that_was_known(stocked: House) -> None:
    known = recordings_of(stocked)[0].fields
    add_revision(stocked, record=RECORD, number=ANOTHER_NUMBER)
    now = recordings_of(stocked)[0].fields
    assert {**now, "shown": known["shown"]} == {**known, "record": RECORD}
