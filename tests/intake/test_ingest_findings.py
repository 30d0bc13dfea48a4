"""What a run says of the sound that it takes in, and what it leaves because of its sound."""

from __future__ import annotations

import json
import os
import random
from functools import partial
from pathlib import Path
from typing import Any

from callrec.cli.commands.calls.ingest_view import findings_lines
from callrec.cli.commands.requests.view import request_lines
from callrec.intake.preview import find_by_name, preview_found
from callrec.intake.reading import telephone_setup
from callrec.intake.sources import Refusal
from callrec.policy.search import Criteria
from callrec.requests.show import show_request
from callrec.search.search import search_recordings
from callrec.search.show import show_recording
from callrec.telephone.sound.sound import Finding
from callrec.views.calls import footnotes
from house.call_records import a_row, records, take_in_with
from house.practices import House
from house.requests import a_request, signed_in
from house.spool import HEADER, a_call, a_name, a_wave, recordings_of, take_in

SIZE = 20_000

FOUND = {1: (), 2: ("silent",), 3: ("truncated",), 4: ("unclosed",)}
"""Of each of the odd calls."""


def odd_calls(spool: Path) -> None:
    """One that is as it should be, and one with each finding."""
    whole = a_wave(0, SIZE)
    spool.mkdir()
    for call, data in enumerate(
        [
            whole,
            whole[:HEADER] + b"\xff" * (SIZE - HEADER),
            a_wave(2, SIZE)[:-999],
            a_wave(3, SIZE)[: HEADER - 4] + bytes(4) + a_wave(3, SIZE)[HEADER:],
        ]
    ):
        (spool / a_name(call)).write_bytes(data)


def test_what_is_found_is_told_by_number_and_sealed(house: House, tmp_path: Path) -> None:
    odd_calls(tmp_path / "spool")
    done = take_in(house, tmp_path / "spool")
    assert done.findings == {
        Finding.SILENT: [2],
        Finding.TRUNCATED: [3],
        Finding.UNCLOSED: [4],
    }
    sealed = [recording.fields["findings"] for recording in recordings_of(house)]
    assert sealed == [[], ["silent"], ["truncated"], ["unclosed"]]


def test_a_call_dated_before_2000_or_in_the_future_is_found(house: House, tmp_path: Path) -> None:
    for call, day in enumerate(("19700101", "20240704", "20990704")):
        name = a_name(call).replace("20240704", day)
        (tmp_path / name).write_bytes(a_wave(call, SIZE))
    done = take_in(house, *sorted(tmp_path.glob("*.wav")))
    assert done.findings == {Finding.MISDATED: [1, 3]}
    sealed = [recording.fields["findings"] for recording in recordings_of(house)]
    assert sealed == [["misdated"], [], ["misdated"]]


def test_a_number_that_could_not_be_read_is_found(house: House, tmp_path: Path) -> None:
    callers = ("020 7946 0123", "07911 12345 or so", "Reception", "withheld")
    for call, caller in enumerate(callers):
        sound = tmp_path / a_name(call)
        sound.write_bytes(a_wave(call, SIZE))
        told = {"started_at": "2024-07-04T10:00", "direction": "inbound", "caller": caller}
        sound.with_suffix(".json").write_text(json.dumps(told))
    done = take_in(house, *sorted(tmp_path.glob("*.wav")))
    assert done.findings == {Finding.UNREAD: [2]}
    assert [*findings_lines(done.findings)] == [
        "1 recording has a number that could not be read; a search finds its digits: 2."
    ]


def test_what_was_found_is_in_every_list(house: House, tmp_path: Path) -> None:
    odd_calls(tmp_path / "spool")
    take_in(house, tmp_path / "spool")
    house.open()
    search = partial(search_recordings, house.practice, house.session("max"), request=None)
    by_number = Criteria(number="+447700900123")
    listed = search(criteria=[by_number], reason="The patient says nobody rang back", limit=None)
    assert {each.id: each.findings for each in listed.items} == FOUND
    assert [*footnotes(listed.items)][1:] == [
        "1 recording is silent: 2",
        "1 recording is cut short: 3",
        "1 recording has a header that does not tell its whole length: 4",
    ]
    reference = a_request(house, "sam", recordings=(1, 2, 3, 4))
    shown = show_request(house.practice, signed_in(house, "dora"), reference)
    assert {each.id: each.findings for each in shown.recordings} == FOUND
    lines = [line.split() for line in request_lines(shown, house.practice)]
    found = [words[1] for words in lines if words[0] == "found"]
    assert found == ["silent", "truncated", "unclosed"]


def test_what_was_settled_since_is_found_no_more(house: House, tmp_path: Path) -> None:
    call = a_call(tmp_path, name="call.wav")
    os.utime(call, (0, 0))
    take_in(house, call)
    cdr = records(tmp_path / "cdr.csv", {**a_row(), "recordingfile": call.name})
    assert show_recording(house.practice, house.session("max"), 1).call.findings == ("misdated",)
    take_in_with(house, cdr, call)
    assert show_recording(house.practice, house.session("max"), 1).call.findings == ()


def test_what_was_found_before_is_not_told_again(house: House, tmp_path: Path) -> None:
    odd_calls(tmp_path / "spool")
    take_in(house, tmp_path / "spool")
    assert take_in(house, tmp_path / "spool").findings == {}


def rehearsed(house: House, folder: Path) -> list[dict[str, Any]]:
    setup, now = telephone_setup(house.practice.settings), house.practice.now()
    return [each.as_json() for each in preview_found(find_by_name([folder]), setup, now=now)]


def test_a_rehearsal_tells_what_is_found(house: House, tmp_path: Path) -> None:
    odd_calls(tmp_path / "spool")
    found = [each["findings"] for each in rehearsed(house, tmp_path / "spool")]
    assert found == [[], ["silent"], ["truncated"], ["unclosed"]]


def test_a_rehearsal_tells_what_cannot_be_so_of_a_call(house: House, tmp_path: Path) -> None:
    told = {"direction": "inbound", "caller": "07911 12345 or so"}
    for call, at in enumerate(("2024-07-04T10:00", "2099-07-04T10:00")):
        sound = a_call(tmp_path / "spool", call)
        sound.with_suffix(".json").write_text(json.dumps({**told, "started_at": at}))
    assert [each["findings"] for each in rehearsed(house, tmp_path / "spool")] == [
        ["unread"],
        ["misdated", "unread"],
    ]


def test_encrypted_sound_is_left_with_what_to_do(house: House, tmp_path: Path) -> None:
    call = a_call(tmp_path / "spool")
    noise = random.Random(1).randbytes(SIZE)  # noqa: S311 - noise, no secret
    call.write_bytes(a_wave(0, HEADER + SIZE)[:HEADER] + noise)
    done = take_in(house, call)
    assert [left.why for left in done.quarantined] == [
        "its sound is encrypted: export it from the telephone system as plain sound"
    ]
    assert done.quarantined[0].refusal is Refusal.NO_SOUND


def test_a_half_of_a_call_says_whose_it_is_and_a_mixture_does_not(
    house: House, tmp_path: Path
) -> None:
    for call, channels in enumerate((1, 2)):
        data = bytearray(a_wave(call, SIZE))
        data[22] = channels
        (tmp_path / a_name(call).replace(".wav", "-in.wav")).write_bytes(data)
    take_in(house, *sorted(tmp_path.glob("*.wav")))
    assert [recording.fields["sides"] for recording in recordings_of(house)] == [["caller"], []]


def test_each_finding_is_said_with_the_numbers_of_the_first_ten() -> None:
    findings = {
        Finding.UNCLOSED: [3],
        Finding.SILENT: list(range(1, 13)),
        Finding.TRUNCATED: [7, 8],
    }
    assert list(findings_lines(findings)) == [
        "12 recordings are silent: 1, 2, 3, 4, 5, 6, 7, 8, 9, 10 and 2 more.",
        "2 recordings are cut short: 7, 8.",
        "1 recording has a header that does not tell its whole length: 3.",
    ]
    assert list(findings_lines({})) == []
