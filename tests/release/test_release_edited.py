"""What is left out of a copy is not in the package, and what the package may take, it takes."""

from __future__ import annotations

import io
import random
import struct
import wave
from dataclasses import replace
from functools import cache
from typing import Any

import pytest

from callrec.errors import Refused, Unusable
from callrec.package.callrec_verify import in_words
from callrec.policy.edits import Edits, Silence, Span, TypedEdit
from callrec.policy.handing_over import PackageForm
from callrec.policy.rights.grounds import Ground
from callrec.release.copies import enclose, plan_copies
from callrec.release.verify import verify_release
from house.packages import Package, acts_of, release, seven_zip
from house.practices import House
from house.requests import approved, grants_of
from house.spool import a_call, take_in, undecodable
from package.pages import read_page

SECONDS = 20

RATE = 8000


@cache
def speech(seconds: int = SECONDS) -> bytes:
    """A WAVE file of 16-bit noise, which is loud everywhere."""
    made = io.BytesIO()
    with wave.open(made, "wb") as file:
        file.setparams((1, 2, RATE, 0, "NONE", ""))
        noise = random.Random(seconds)  # noqa: S311 - noise, no secret
        loud = noise.choices([*range(-9000, -1999), *range(2000, 9001)], k=RATE * seconds)
        file.writeframes(struct.pack(f"<{len(loud)}h", *loud))
    return made.getvalue()


def with_comment(wave_file: bytes) -> bytes:
    """The same sound in a file that is not what a listening copy is: a chunk more is in it."""
    chunk = struct.pack("<4sI4s", b"LIST", 4, b"INFO")
    size = struct.pack("<I", len(wave_file) + len(chunk) - 8)
    return wave_file[:4] + size + wave_file[8:] + chunk


@pytest.fixture
def office(house: House) -> House:
    """R-1 is sam's, for one call of 20 seconds, and max has approved it."""
    path = a_call(house.folder / "spool")
    path.write_bytes(with_comment(speech()))
    take_in(house, path)
    approved(house, recordings=[1])
    return house


def opened(house: House, **directions: Any) -> Package:
    released = release(house, **directions)
    folder = house.folder / "opened"
    assert seven_zip(released, folder, released.passphrase) == 0
    return Package(house, released, folder)


def samples(package: Package) -> list[int]:
    with wave.open(str(package.folder / "recordings/01-listening.wav")) as copy:
        assert copy.getparams()[:3] == (1, 2, RATE)
        return list(struct.unpack(f"<{copy.getnframes()}h", copy.readframes(copy.getnframes())))


SILENCED = (TypedEdit(None, Silence(Span(3_001, 4_500), Ground.THIRD_PARTY)),)

CLIPPED = (TypedEdit(1, Span(2_000, 10_000)),)


def test_a_silenced_span_is_silent_to_the_sample_and_the_rest_is_not(office: House) -> None:
    heard = samples(opened(office, edits=SILENCED))
    first, after = 3_001 * 8, 4_500 * 8
    assert not any(heard[first:after])
    assert all(heard[:first])
    assert all(heard[after:])
    assert len(heard) == RATE * SECONDS


def test_a_clip_holds_its_span_and_nothing_else(office: House) -> None:
    package = opened(office, edits=CLIPPED)
    whole = struct.unpack(f"<{RATE * SECONDS}h", speech()[44:])
    assert samples(package) == list(whole[2_000 * 8 : 10_000 * 8])
    (file,) = package.manifest["files"]
    assert file["duration_ms"] == 8_000


@pytest.mark.parametrize("edits", [SILENCED, CLIPPED], ids=["silenced", "clipped"])
def test_the_original_of_an_edited_copy_stays_here_and_its_hash_is_told(
    office: House, edits: tuple[TypedEdit, ...]
) -> None:
    package = opened(office, edits=edits)
    (file,) = package.manifest["files"]
    (stays,) = package.manifest["not_enclosed"]
    assert (file["role"], file["made_from"]) == ("listening", stays["sha256"])
    assert (stays["recording"], stays["why"]) == (1, "edited")
    assert not any(path.endswith("-original.wav") for path in package.files)
    assert speech()[44:][3_000 * 16 : 3_001 * 16] not in b"".join(
        data for path, data in package.files.items() if not path.endswith("listening.wav")
    )


def test_each_edit_stands_in_the_manifest_with_its_ground_and_its_samples(office: House) -> None:
    (file,) = opened(office, edits=SILENCED).manifest["files"]
    assert file["edited_at"] == RATE
    assert file["edits"] == [
        {
            "what": "silence",
            "from_ms": 3_001,
            "to_ms": 4_500,
            "from_sample": 24_008,
            "to_sample": 36_000,
            "ground": "third-party",
            "side": "both",
            "filler": "silence",
        }
    ]


def test_a_span_past_the_end_is_refused_and_the_grant_is_still_there(office: House) -> None:
    late = TypedEdit(None, Span(0, SECONDS * 1000 + 1))
    with pytest.raises(Unusable, match="the recording ends at 0:20"):
        release(office, edits=(late,))
    assert len(grants_of(office, "R-1")) == 1


def test_an_edit_of_a_recording_that_is_not_granted_is_refused(office: House) -> None:
    with pytest.raises(Unusable):
        release(office, edits=(TypedEdit(7, Span(0, 1)),))
    assert len(grants_of(office, "R-1")) == 1


def test_what_cannot_be_decoded_goes_out_as_it_is(house: House) -> None:
    path = undecodable(house.folder / "spool")
    take_in(house, path)
    approved(house, recordings=[1])
    package = opened(house)
    assert [file["path"] for file in package.manifest["files"]] == ["recordings/01-original.wav"]
    assert package.read("recordings/01-original.wav") == path.read_bytes()


def test_what_cannot_be_decoded_is_not_released_as_edited(house: House) -> None:
    take_in(house, undecodable(house.folder / "spool"))
    approved(house, recordings=[1])
    with pytest.raises(Refused, match="recording 1 cannot be decoded"):
        release(house, edits=SILENCED)
    assert len(grants_of(house, "R-1")) == 1


WHOLE = 2 * len(speech()) + 512 * 1024
"""Bytes of original and copy, and room for the rest."""


@pytest.mark.parametrize(
    ("most", "roles", "codec"),
    [
        (WHOLE + 100_000, ["original", "listening"], "pcm16"),
        (WHOLE - 50_000, ["original", "listening"], "mp3"),
        (WHOLE - len(speech()) - 10_000, ["listening"], "mp3"),
    ],
)
def test_a_release_is_made_to_fit(office: House, most: int, roles: list[str], codec: str) -> None:
    package = opened(office, max_bytes=most)
    files = package.manifest["files"]
    assert [file["role"] for file in files] == roles
    assert files[-1]["codec"] == codec
    assert package.released.path.stat().st_size <= most
    assert [each["why"] for each in package.manifest["not_enclosed"]] == ["size"] * (2 - len(roles))


def test_the_same_sound_is_not_enclosed_twice(house: House) -> None:
    path = a_call(house.folder / "spool")
    path.write_bytes(speech())
    take_in(house, path)
    approved(house, recordings=[1])
    package = opened(house, max_bytes=WHOLE - len(speech()) + 100_000)  # once, it fits
    (file,), (left_out,) = package.manifest["files"], package.manifest["not_enclosed"]
    assert (file["role"], left_out["why"]) == ("listening", "same")
    assert file["sha256"] == file["made_from"] == left_out["sha256"]
    assert package.read("recordings/01-listening.wav") == speech()
    told = " ".join(package.read("READ-ME-FIRST.txt").decode().split())
    assert 'byte for byte, the call is here once, as "listening".' in told
    found = verify_release(package.folder, pin=None, passphrase=str)
    assert found.result.verdict == "FIRST-USE"
    told_by_program = "recordings/01-listening.wav has the bytes that were taken in."
    assert told_by_program in " ".join(in_words(found.result))
    assert "the original of recording 1 is not enclosed: its listening copy is the same" in str(
        found.remarks
    )


def test_what_cannot_be_made_so_small_is_not_made(office: House) -> None:
    with pytest.raises(Unusable, match="cannot be made so small"):
        release(office, max_bytes=10_000)
    assert len(grants_of(office, "R-1")) == 1


def test_the_same_sound_is_the_same_copy_each_time(office: House) -> None:
    first = opened(office).manifest["files"]
    approved_again = approved(office, recordings=[1])
    again = release(office, approved_again)
    assert [file.sha256 for file in again.manifest.files] == [file["sha256"] for file in first]


def test_what_no_page_can_hold_is_said_before_anything_is_on_record(
    office: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("callrec.package.page.MAX_CONTENT_BYTES", len(speech()))
    with pytest.raises(Unusable, match="cannot be made as a page"):
        release(office, form=PackageForm.HTML)
    assert acts_of(office)[-1] == "request.approved"
    assert len(grants_of(office, "R-1")) == 1


def test_a_page_draws_what_is_heard_in_each_copy(office: House) -> None:
    released = release(office, form=PackageForm.HTML, edits=(*SILENCED, *CLIPPED))
    shown, _ = read_page(released.path, released.passphrase)
    (call,) = shown["page"]["calls"]
    drawn = str(call)
    assert "silenced 0:01.001 to 0:02.5" in drawn  # of a copy that begins at 0:02
    assert "over 0:08" in drawn


def test_what_was_approved_to_the_end_as_it_came_in_is_released_though_less_is_decoded(
    office: House,
) -> None:
    (grant,) = grants_of(office, "R-1")
    longer = replace(grant, metadata={**grant.metadata, "duration_ms": SECONDS * 1000 + 40})
    to_the_end = Edits(silences=(Silence(Span(0, SECONDS * 1000 + 40), Ground.PRIVILEGE),))
    (copy,) = plan_copies(office.practice, [longer], {grant.uid: to_the_end}, lambda _: None)
    (file,) = enclose(office.practice, [copy]).files
    assert file.edits == to_the_end
    assert file.duration_ms == SECONDS * 1000
