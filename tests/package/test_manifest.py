from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from callrec.crypto.canonical import canonical
from callrec.package.callrec_verify import Wrong, read_manifest
from callrec.package.manifest import FileRole, NotEnclosed, WhyNotEnclosed, Withheld, recording_path
from package.builders import a_file, a_listening_copy, a_manifest, an_edited_copy

VECTOR = Path(__file__).parents[1] / "vectors" / "release" / "manifest.json"


def test_the_manifest_is_the_known_answer() -> None:
    original = a_file()
    manifest = replace(
        a_manifest(
            original,
            a_listening_copy(original),
            an_edited_copy(),
            withheld=[Withheld(1043, "third-party")],
        ),
        not_enclosed=(
            NotEnclosed(1044, "66" * 16, "dd" * 32, 8200, "mu-law", WhyNotEnclosed.EDITED),
        ),
    )
    assert manifest.to_bytes() == VECTOR.read_bytes()
    assert read_manifest(VECTOR.read_bytes()) == json.loads(manifest.to_bytes())


def test_it_tells_both_the_instant_and_the_practices_clock() -> None:
    (file,) = json.loads(a_manifest(a_file()).to_bytes())["files"]
    assert file["started_at"] == "2026-07-14T08:05:07.250Z"
    assert file["local_time"] == "2026-07-14T09:05:07.250+01:00"


def test_the_two_hours_of_the_autumn_change_stay_apart() -> None:
    first = a_file().started_at.replace(month=10, day=25, hour=1, minute=30)
    manifest = a_manifest(
        replace(a_file(place=1), started_at=first),
        replace(a_file(place=2), started_at=first.replace(fold=1)),
    )
    one, two = json.loads(manifest.to_bytes())["files"]
    assert one["local_time"].endswith("01:30:07.250+01:00")
    assert two["local_time"].endswith("01:30:07.250+00:00")
    assert one["started_at"] != two["started_at"]


def _in_file(**change: object) -> Callable[[dict[str, Any]], None]:
    return lambda value: value["files"][0].update(change)


def _in_copy(**change: object) -> Callable[[dict[str, Any]], None]:
    return lambda value: value["files"][1].update(change)


CLIP = {"what": "clip", "from_ms": 0, "to_ms": 1000, "from_sample": 0, "to_sample": 8000}

INVALID: dict[str, Callable[[dict[str, Any]], None]] = {
    "no vault": lambda value: value.pop("vault"),
    "a member too many": lambda value: value.update(note="x"),
    "files no list": lambda value: value.update(files={}),
    "a file no object": lambda value: value.update(files=["recordings/01-original.wav"]),
    "one name twice": lambda value: value["files"].append(value["files"][0]),
    "withheld no object": lambda value: value.update(withheld=[1043]),
    "request no object": lambda value: value.update(request="R-17"),
    "time without zone": lambda value: value.update(at="2026-08-02T23:15:00.000"),
    "a path out of the folder": _in_file(path="recordings/../01-original.wav"),
    "a path from the root": _in_file(path="/recordings/01-original.wav"),
    "a telling name": _in_file(path="recordings/01-original-smith.wav"),
    "a role that the name denies": _in_file(role="listening"),
    "a copy that its name denies": _in_file(role="listening", made_from="00" * 32),
    "an unknown role": _in_file(role="copy"),
    "a hash that is none": _in_file(sha256="00"),
    "an original made from another": _in_file(made_from="00" * 32),
    "a size that is no number": _in_file(bytes=True),
    "local time of another instant": _in_file(local_time="2026-07-14T10:05:07.250+01:00"),
    "local time without offset": _in_file(local_time="2026-07-14T09:05:07.250"),
    "an edit of a later version": _in_file(edits=[{"what": "reverse"}]),
    "an edit of an original": _in_file(edits=[CLIP], edited_at=8000),
    "an edited copy without its rate": _in_copy(edits=[CLIP]),
    "a rate without an edit": _in_copy(edited_at=8000),
    "samples that the times deny": _in_copy(edits=[{**CLIP, "to_sample": 8001}], edited_at=8000),
    "no duration": _in_file(duration_ms=None),
    "a left out original without a reason": lambda value: value.update(not_enclosed=[{}]),
    "call data of another name": lambda value: value.update(
        call_data=[{"path": "calls.xls", "sha256": "00" * 32, "bytes": 1}]
    ),
}


@pytest.mark.parametrize("change", INVALID.values(), ids=INVALID)
def test_a_manifest_is_refused_with(change: Callable[[dict[str, Any]], None]) -> None:
    value = json.loads(a_manifest().to_bytes())
    change(value)
    with pytest.raises(Wrong):
        read_manifest(canonical(value))


def test_a_manifest_that_is_not_canonical_is_refused() -> None:
    with pytest.raises(Wrong):
        read_manifest(a_manifest().to_bytes() + b"\n")


def test_of_a_form_it_does_not_know_it_claims_nothing() -> None:
    assert read_manifest(b'{"schema":"callrec.release/2"}') == {"schema": "callrec.release/2"}


@pytest.mark.parametrize("data", [b"[]", b'"x"', b"{}", b'{"schema":"callrec.release/0"}'])
def test_what_is_no_manifest_is_refused(data: bytes) -> None:
    with pytest.raises(Wrong):
        read_manifest(data)


@pytest.mark.parametrize("suffix", ["", "wav.exe", "../x", "ünï", "x" * 9, "a b"])
def test_a_suffix_from_outside_cannot_shape_a_name(suffix: str) -> None:
    assert recording_path(7, FileRole.ORIGINAL, suffix) == "recordings/07-original.bin"


def test_names_number_the_recordings_of_the_release() -> None:
    assert recording_path(1, FileRole.ORIGINAL, "WAV") == "recordings/01-original.wav"
    assert recording_path(123, FileRole.LISTENING, "wav") == "recordings/123-listening.wav"


def test_a_listening_copy_must_say_what_it_was_made_from() -> None:
    copy = a_listening_copy(a_file())
    with pytest.raises(ValueError, match="neutral name"):
        replace(copy, made_from=None)


def test_a_time_without_a_zone_is_no_time() -> None:
    with pytest.raises(ValueError, match="a time"):
        replace(a_file(), started_at=a_file().started_at.replace(tzinfo=None))
