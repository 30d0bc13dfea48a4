"""Edits as they are typed: every time of the four forms, to the millisecond."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from callrec.errors import Unusable
from callrec.policy.edits import (
    Edits,
    Filler,
    Side,
    Silence,
    Span,
    TypedEdit,
    edits_by_recording,
    format_edits,
    format_time,
    read_clip,
    read_silence,
)
from callrec.policy.rights.grounds import Ground
from policy.test_edits import every_edits

LONGEST_MS = 999_999_999  # 999,999 seconds and the last millisecond of them


def clipped(text: str) -> Span:
    span = read_clip(text).edit
    assert isinstance(span, Span)
    return span


def silenced(text: str) -> Silence:
    silence = read_silence(text).edit
    assert isinstance(silence, Silence)
    return silence


def read_time(text: str) -> int:
    """Milliseconds: the end of a clip that begins with the recording."""
    return clipped(f"0-{text}").to_ms


@pytest.mark.parametrize(
    ("typed", "ms"),
    [
        ("90", 90_000),
        ("90.5", 90_500),
        ("90.05", 90_050),
        ("90.005", 90_005),
        ("1:30", 90_000),
        ("01:30", 90_000),
        ("1:30.250", 90_250),
        ("90:00", 5_400_000),
        ("1:02:03", 3_723_000),
        ("01:02:03.5", 3_723_500),
        ("0:00:00.001", 1),
        (" 90 ", 90_000),
    ],
)
def test_a_time_is_read(typed: str, ms: int) -> None:
    assert read_time(typed) == ms


@pytest.mark.parametrize(
    "typed",
    [
        *("", ".5", "90.", "90.0005", "1:3", "1:60", "1:60:00", "1:2:03", "1:2:3:4", "1:", ":30"),
        *("1,5", "1e3", "ninety", "1234567", "12345:00", "1000:00:00", "+5", "\u0669\u0660"),
    ],
)
def test_what_is_no_time_is_not_guessed_at(typed: str) -> None:
    with pytest.raises(Unusable, match="that is not a time within a recording"):
        read_time(typed)


@given(st.integers(1, LONGEST_MS))
def test_a_time_is_read_as_it_is_said(ms: int) -> None:
    read = read_time(format_time(ms))
    assert read == ms
    assert type(read) is int


@given(st.integers(0, 999_998), st.integers(0, 999))
def test_seconds_with_a_fraction_are_exact(seconds: int, part: int) -> None:
    span = clipped(f"{seconds}.{part:03d}-{seconds + 1}")
    assert span == Span(seconds * 1000 + part, seconds * 1000 + 1000)


def test_a_clip_is_of_the_one_recording_or_of_the_one_that_is_named() -> None:
    assert read_clip("1:30-1:45.5") == TypedEdit(None, Span(90_000, 105_500))
    assert read_clip("1042@90-105.5") == TypedEdit(1042, Span(90_000, 105_500))
    assert read_clip(" 007 @ 1 - 2 ") == TypedEdit(7, Span(1_000, 2_000))


def test_a_silence_has_a_ground_and_else_fills_both_channels_with_silence() -> None:
    said = Silence(Span(1_000, 2_000), Ground.THIRD_PARTY, Side.BOTH, Filler.SILENCE)
    assert read_silence("1-2=third-party") == TypedEdit(None, said)
    assert read_silence("1042@1-2=Third-Party") == TypedEdit(1042, said)


@pytest.mark.parametrize(
    ("how", "side", "filler"),
    [
        ("/left", Side.LEFT, Filler.SILENCE),
        ("/right", Side.RIGHT, Filler.SILENCE),
        ("/tone", Side.BOTH, Filler.TONE),
        ("/left/tone", Side.LEFT, Filler.TONE),
        ("/Tone/ Right ", Side.RIGHT, Filler.TONE),
    ],
)
def test_side_and_filler_follow_the_ground(how: str, side: Side, filler: Filler) -> None:
    silence = silenced(f"1-2=privilege{how}")
    assert (silence.ground, silence.side, silence.filler) == (Ground.PRIVILEGE, side, filler)


@pytest.mark.parametrize(
    "how", ["/", "/both", "/silence", "/left/right", "/left/left", "/tone/tone", "/left/tone/x"]
)
def test_what_is_no_side_and_no_filler_is_told(how: str) -> None:
    with pytest.raises(Unusable, match="a span is not silenced in that way"):
        read_silence(f"1-2=privilege{how}")


@pytest.mark.parametrize("code", ["third-party", "serious-harm", "privilege", "not-relevant"])
def test_the_grounds_are_four(code: str) -> None:
    assert silenced(f"1-2={code}").ground == code


@pytest.mark.parametrize("code", ["not-approved", "crime", "expectations", "claims"])
def test_a_ground_to_withhold_all_of_it_silences_nothing(code: str) -> None:
    with pytest.raises(Unusable, match="that is not a ground to silence a part of a recording"):
        read_silence(f"1-2={code}")


@pytest.mark.parametrize("number", ["", "0", "-1", "1.5", "R-1", "1@2", "\u0661"])
def test_a_recording_is_named_by_its_number(number: str) -> None:
    with pytest.raises(Unusable):
        read_clip(f"{number}@1-2")


def told(text: str) -> str:
    with pytest.raises(Unusable) as refused:
        read_silence(text)
    return refused.value.message


def test_a_sign_too_many_belongs_to_what_follows() -> None:
    assert told("1@2@3-4=privilege") == "that is not a time within a recording"
    assert told("1-2=x=privilege") == "there is no such ground to silence a part of a recording"


@given(every_edits())
def test_what_is_said_of_edits_is_read_back(edits: Edits) -> None:
    read: dict[str, Callable[[str], TypedEdit]] = {"clip": read_clip, "silence": read_silence}
    said: list[TypedEdit] = [read[what](text) for what, text in format_edits(edits)]
    assert edits_by_recording(said, [7]) == ({7: edits} if edits else {})


def test_edits_are_said_the_clip_first() -> None:
    silence = Silence(Span(90_000, 105_500), Ground.THIRD_PARTY, Side.LEFT, Filler.TONE)
    assert list(format_edits(Edits(Span(0, 3_600_000), (silence,)))) == [
        ("clip", "0:00-1:00:00"),
        ("silence", "1:30-1:45.5=third-party/left/tone"),
    ]


@given(st.text() | st.text("0123456789:.-=@/ "))
def test_whatever_is_typed_is_read_or_told_of(text: str) -> None:
    for read in (read_clip, read_silence):
        with suppress(Unusable):
            read(text)


def test_what_is_said_is_parted_by_recording_and_put_in_order() -> None:
    said: list[TypedEdit] = [
        read_silence("2@5-6=privilege"),
        read_clip("1@0-9"),
        read_silence("2@1-2=privilege"),
        read_silence("1@3-4=privilege"),
    ]
    one, two = edits_by_recording(said, [1, 2, 3]).items()
    assert one == (1, Edits(Span(0, 9_000), (silenced("3-4=privilege"),)))
    assert [each.span.from_ms for each in two[1].silences] == [1_000, 5_000]
    assert (two[0], two[1].clip) == (2, None)


def test_of_one_recording_the_number_goes_without_saying() -> None:
    said: list[TypedEdit] = [read_clip("0-9"), read_silence("1042@1-2=privilege")]
    assert list(edits_by_recording(said, [1042])) == [1042]
    assert edits_by_recording([], [1, 2]) == {}


def test_of_several_each_is_named() -> None:
    with pytest.raises(Unusable, match="there are several recordings") as caught:
        edits_by_recording([read_clip("2@1-2"), read_clip("1-2")], [1, 2])
    assert caught.value.hint.endswith("one of 1, 2")


@pytest.mark.parametrize("recordings", [[1], [1, 2]])
def test_a_recording_that_is_not_concerned_is_told(recordings: list[int]) -> None:
    with pytest.raises(Unusable, match="that recording is not part of this request"):
        edits_by_recording([read_clip("3@1-2")], recordings)
