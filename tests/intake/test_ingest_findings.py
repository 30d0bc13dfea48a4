"""What a run says of the sound that it takes in, and what it leaves because of its sound."""

from __future__ import annotations

import json
import random
from pathlib import Path

from callrec.cli.commands.calls.ingest_view import findings_lines
from callrec.intake.preview import preview_sources
from callrec.intake.reading import telephone_setup
from callrec.intake.sources import Refusal
from callrec.telephone.sound.sound import Finding
from house.practices import House
from house.spool import HEADER, a_call, a_name, a_wave, recordings_of, take_in

SIZE = 20_000


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


def test_what_was_found_before_is_not_told_again(house: House, tmp_path: Path) -> None:
    odd_calls(tmp_path / "spool")
    take_in(house, tmp_path / "spool")
    assert take_in(house, tmp_path / "spool").findings == {}


def test_a_rehearsal_tells_what_is_found(house: House, tmp_path: Path) -> None:
    odd_calls(tmp_path / "spool")
    previews = preview_sources([tmp_path / "spool"], telephone_setup(house.practice.settings))
    found = [preview.as_json()["findings"] for preview in previews]
    assert found == [[], ["silent"], ["truncated"], ["unclosed"]]


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
