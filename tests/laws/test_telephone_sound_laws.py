from __future__ import annotations

import io
import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from callrec.telephone.sound.inspecting import inspect
from callrec.telephone.sound.sound import Finding, NotAudio, Sound
from telephone.builders import a_format, a_wave, heard
from telephone.small_sounds import SOUNDS

ANYWHERE = 2500
"""Bytes: larger files break off at every hundredth place."""

SUFFIXES = st.sampled_from(["", ".wav", ".ulaw", ".gsm", ".g729", ".raw", ".mp3"])

MARKS = [b"", b"OggS\0", b"fLaC\0\0\0\x22", b"#!AMR\n", b".snd", b"\0\0\0\x10ftyp", b"ID3\x04\0\0",
         b"RIFF\0\0\0\0WAVEfmt \x10\0\0\0", b"RIFX\0\0\0\0WAVE", b"RF64\0\0\0\0WAVEds64",
         b"\xff\xfb\x90\x00", b"\xff\xe3\x28\xc4"]  # fmt: skip


def tried(data: bytes, suffix: str) -> Sound | None:
    """What is in these bytes; anything but a Sound or NotAudio breaks the law."""
    try:
        return inspect(io.BytesIO(data), len(data), suffix)
    except NotAudio:
        return None


@given(st.sampled_from(MARKS), st.lists(st.sampled_from(MARKS) | st.binary()), SUFFIXES)
def test_any_bytes_are_a_sound_or_none(mark: bytes, rest: list[bytes], suffix: str) -> None:
    tried(mark + b"".join(rest), suffix)


@pytest.mark.parametrize("name", SOUNDS)
def test_every_prefix_of_a_sound_is_a_sound_or_none(name: str) -> None:
    data = SOUNDS[name]
    longest = 0
    for length in range(0, len(data) + 1, 1 if len(data) < ANYWHERE else 97):
        sound = tried(data[:length], f".{name.rpartition('.')[2]}")
        longest = max(longest, sound.duration_ms if sound else 0)
    # The last block of Vorbis is shorter than it was at first, and MP3 has a note on its edges.
    assert longest <= heard(data, name[name.index(".") :]).duration_ms + 200


@given(st.sampled_from(sorted(SOUNDS)), st.data())
def test_a_sound_with_bytes_changed_is_a_sound_or_none(name: str, draw: st.DataObject) -> None:
    data = bytearray(SOUNDS[name])
    places = st.integers(0, min(200, len(data) - 1)) | st.integers(0, len(data) - 1)
    for place, byte in draw.draw(st.lists(st.tuples(places, st.integers(0, 255)), max_size=8)):
        data[place] = byte
    tried(bytes(data), draw.draw(SUFFIXES))


@given(st.integers(-32_768, 32_767), st.lists(st.integers(-20, 20), min_size=1, max_size=600))
def test_linear_samples_are_silent_where_all_lie_near_the_first(
    first: int, steps: list[int]
) -> None:
    values = [first, *(max(-32_768, min(32_767, first + step)) for step in steps)]
    sound = heard(a_wave(struct.pack(f"<{len(values)}h", *values)))
    near = all(abs(value - first) <= 16 for value in values)
    assert (Finding.SILENT in sound.findings) == near


CODES = st.sampled_from(b"\xff\x7f\xfe\x7e\xfd\xd5\x55\xd4\x00")

AT_REST = {6: {0xD5, 0x55}, 7: {0xFF, 0x7F, 0xFE, 0x7E}}


@given(st.sampled_from(sorted(AT_REST)), st.lists(CODES, min_size=1, max_size=600).map(bytes))
def test_g711_is_silent_where_it_rests_or_never_changes(tag: int, codes: bytes) -> None:
    sound = heard(a_wave(codes, a_format(tag=tag, bits=8)))
    quiet = set(codes) <= AT_REST[tag] or len(set(codes)) == 1
    assert (Finding.SILENT in sound.findings) == quiet
