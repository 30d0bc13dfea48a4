from __future__ import annotations

import io
import struct
from contextlib import suppress
from functools import cache

import av
import pytest
from av.error import FFmpegError
from hypothesis import example, given, settings
from hypothesis import strategies as st

from callrec.telephone.sound.inspecting import inspect
from callrec.telephone.sound.sound import Finding, NotAudio, Sound
from sound.builders import a_tone, made
from telephone.builders import a_format, a_wave, heard, played
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


BARE = {"write_xing": "0", "id3v2_version": "0"}

FRAGMENTS = {"movflags": "frag_keyframe+empty_moov+default_base_moof", "frag_duration": "500000"}

SAY_HOW_LONG = {
    "a.mp3": ("libmp3lame", "mp3", {}), "a.m4a": ("aac", "ipod", {}),
    "b.m4a": ("aac", "mp4", FRAGMENTS),
    "a.flac": ("flac", "flac", {}), "a.ogg": ("libopus", "ogg", {}), "b.ogg": ("flac", "ogg", {}),
    "a.webm": ("libopus", "webm", {}), "a.mka": ("aac", "matroska", {}),
    "a.wav": ("adpcm_ima_wav", "wav", {}),
}  # fmt: skip

MADE = SAY_HOW_LONG | {
    "a.aac": ("aac", "adts", {}), "a.amr": ("libopencore_amrnb", "amr", {}),
    "b.mp3": ("libmp3lame", "mp3", BARE), "b.webm": ("libopus", "webm", {"live": "1"}),
}  # fmt: skip
"""All kinds that are packed; of the last four nothing in them says how long they were."""

UNNOTICED_MS = 300
"""Of sound that may be missing without a word: two packets of AAC at 8 kHz, the longest ones."""


@cache
def whole(name: str) -> bytes:
    codec, container, options = MADE[name]
    rate = 48_000 if codec == "libopus" else 8000
    return made(codec, container, a_tone(3, rate), rate=rate, file_options=options)


def sounds_ms(data: bytes) -> int:
    """What FFmpeg's decoder gets out of these bytes, as a player would; 0: nothing."""
    seconds = 0.0
    # Else FFmpeg takes many blocks of ADPCM at once, and leaves out those behind a spoilt one.
    one_by_one = {"max_size": "1"} if data.startswith(b"RIFF") else {}
    with suppress(FFmpegError), av.open(io.BytesIO(data), "r", options=one_by_one) as file:
        if not file.streams.audio:
            return 0
        stream = file.streams.audio[0]
        decoder = stream.codec_context
        if decoder.name == "amrnb":  # it leaves out what no encoder makes; telephones play that too
            decoder = av.CodecContext.create("libopencore_amrnb", "r")
            decoder.sample_rate, decoder.layout = 8000, "mono"
        for packet in file.demux(stream):
            with suppress(FFmpegError):
                frames = decoder.decode(packet)
                seconds += sum(frame.samples / frame.sample_rate for frame in frames)
    return round(seconds * 1000)


PLACES = st.floats(0, 1, exclude_max=True)


@settings(max_examples=max(20, settings().max_examples // 20))
@example("a.amr", "removed", 0.3984375, 0.0)  # frames of kinds that are reserved
@example("a.webm", "zeroed", 0.009765625, 0.0)  # of what it has, nothing is called sound
@given(st.sampled_from(sorted(MADE)), st.sampled_from(["cut", "zeroed", "removed"]), PLACES, PLACES)
def test_whatever_is_missing_or_spoilt_a_sound_lasts_what_plays_and_its_loss_is_found(
    name: str, how: str, place: float, length: float
) -> None:
    data = whole(name)
    begin, size = int(place * len(data)), 1 + int(length * len(data) / 3)
    rest = b"" if how == "cut" else bytes(size if how == "zeroed" else 0) + data[begin + size :]
    hurt = data[:begin] + rest[: len(data) - begin]
    try:
        sound = played(hurt, "." + name.partition(".")[2])
    except NotAudio:
        return
    plays_ms = sounds_ms(hurt)
    if Finding.UNDECODED in sound.findings:
        assert not plays_ms
        return
    assert abs(sound.duration_ms - plays_ms) <= 100
    if name in SAY_HOW_LONG and plays_ms < sounds_ms(data) - UNNOTICED_MS:
        assert sound.findings
