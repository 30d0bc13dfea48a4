from __future__ import annotations

import io
import json
import struct
from pathlib import Path

import pytest

from callrec.telephone.sound.inspecting import inspect
from callrec.telephone.sound.sound import Finding, NotAudio, Sound, Window
from telephone.builders import (
    VECTORS,
    a_chunk,
    a_format,
    a_page,
    a_speex,
    a_wave,
    an_mp3,
    heard,
    played,
)

NOT_SUPPORTED = "this kind of audio file is not supported"

EXPECTED = json.loads((VECTORS / "sound/expected.json").read_text("utf-8"))

SECOND = bytes(16_000)

NOISE = bytes(range(1, 251)) * 64
"""A second of 16-bit samples at 8 kHz in which no chunk's name could be found."""


@pytest.mark.parametrize("name", EXPECTED)
def test_every_kind_of_sound_is_told_by_its_content_and_measured(name: str) -> None:
    form, codec, rate, channels, duration_ms = EXPECTED[name]
    sound = played((VECTORS / "sound" / name).read_bytes(), ".doc")
    assert (sound.format, sound.codec, sound.sample_rate) == (form, codec, rate)
    assert sound.channels == channels
    assert sound.duration_ms == duration_ms


@pytest.mark.parametrize("said", [0, 2, 0x7FFFFFFF, 0xFFFFFFFF], ids=hex)
def test_after_a_crash_a_wave_is_as_long_as_its_file(said: int) -> None:
    assert heard(a_wave(NOISE, said=said, riff_said=said)).duration_ms == 1000


def test_a_chunk_after_the_sound_is_no_sound() -> None:
    after = a_chunk(b"LIST", b"INFOISFTAsterisk")
    assert heard(a_wave(SECOND, after=after)).duration_ms == 1000


def test_a_sound_cut_off_in_transfer_is_as_long_as_what_came() -> None:
    assert heard(a_wave(SECOND)[: 44 + 8000]).duration_ms == 500


def test_a_wave_as_asterisk_compresses_it_has_blocks_of_forty_milliseconds() -> None:
    form = struct.pack("<HHIIHHHH", 0x31, 1, 8000, 1625, 65, 0, 2, 320)
    sound = heard(a_wave(b"\xd2" * 65 * 25, form))
    assert sound == Sound("wav", "gsm", 8000, 1, 1000)


def test_the_format_may_stand_after_the_sound() -> None:
    body = b"WAVE" + a_chunk(b"data", SECOND) + a_chunk(b"fmt ", a_format())
    assert heard(b"RIFF" + struct.pack("<I", len(body)) + body).duration_ms == 1000


def test_a_big_endian_wave_is_measured_too() -> None:
    assert heard(a_wave(NOISE, kind=b"RIFX")) == Sound("wav", "pcm16", 8000, 1, 1000)


def test_g711_has_eight_bits_whatever_the_header_says() -> None:
    form = struct.pack("<HHIIHH", 7, 1, 8000, 8000, 2, 16)
    assert heard(a_wave(NOISE[:8000], form)) == Sound("wav", "ulaw", 8000, 1, 1000)


def test_an_unknown_codec_in_a_wave_is_named_by_its_number_and_measured_by_its_rate() -> None:
    assert heard(a_wave(SECOND, a_format(tag=0x1234))).codec == "wave-4660"
    assert heard(a_wave(SECOND, a_format(tag=0x1234))).duration_ms == 1000


TAG = b"ID3\x04\x00\x00\x00\x00\x27\x08" + bytes(5000)

MP3 = {
    "alone": an_mp3(100),
    "after a tag with a picture": TAG + an_mp3(100),
    "after a tag with a footer": TAG[:5] + b"\x10" + TAG[6:] + bytes(10) + an_mp3(100),
    "before a tag of the old kind": an_mp3(100) + b"TAG" + bytes(125),
}


@pytest.mark.parametrize("data", MP3.values(), ids=MP3.keys())
def test_an_mp3_is_as_long_as_its_frames(data: bytes) -> None:
    assert heard(data) == Sound("mp3", "mp3", 8000, 1, 7200)


def test_an_mp3_that_is_damaged_in_the_middle_is_as_long_as_its_frames_and_that_is_found() -> None:
    sound = heard(an_mp3(40) + b"\xff" * 1000 + an_mp3(60))
    assert (sound.duration_ms, *sound.findings) == (7200, Finding.DAMAGED)


def test_of_an_mp3_that_begins_within_a_frame_something_is_missing() -> None:
    sound = heard(b"\xff\xe3\x28" * 40 + an_mp3(100))
    assert (sound.duration_ms, *sound.findings) == (7200, Finding.DAMAGED)


def test_an_mp3s_own_count_is_not_believed() -> None:
    whole = (VECTORS / "sound/cbr-8k.mp3").read_bytes()
    assert heard(whole[:1000]).duration_ms < heard(whole).duration_ms


def test_what_an_mp3_holds_after_many_damages_is_reckoned() -> None:
    data = b"".join(an_mp3(3) + b"\xff" for _ in range(200))
    assert heard(data).duration_ms == pytest.approx(200 * 3 * 72, rel=0.01)


def test_frames_beyond_those_that_are_walked_are_reckoned() -> None:
    shortest = b"\xff\xf3\x14\xc4" + bytes(20)
    assert heard(shortest * 510_000).duration_ms == 510_000 * 24
    assert heard(b"#!AMR\n" + b"\x7c" * 1_010_000).duration_ms == 1_010_000 * 20


def test_speex_in_ogg_is_told_by_its_first_page() -> None:
    head = b"Speex   1.2".ljust(28, b"\0") + struct.pack("<9I", 1, 80, 8000, 0, 4, 1, 0, 160, 0)
    page = b"OggS\0\2" + bytes(8) + b"abcd" + bytes(8) + b"\1\x50" + head.ljust(80, b"\0")
    last = b"OggS\0\4" + struct.pack("<q", 8000) + b"abcd" + bytes(8) + b"\1\x01" + b"OggS!"
    assert heard(page + last) == Sound("ogg", "speex", 8000, 1, 1000)
    unfinished = last[:6] + b"\xff" * 8 + last[14:]
    another_streams = last[:6] + struct.pack("<q", 9000) + b"efgh" + last[18:]
    assert heard(page + last + unfinished + another_streams).duration_ms == 1000


LONG = 5000
"""Bytes of a page, of which twenty are more than is looked at from the end."""

ONE, OTHER = a_speex(b"abcd", 30), a_speex(b"efgh", 10)

BODY = OTHER[108:]
"""Of a stream, without its first page."""

FOLLOWING = {
    "a shorter one": (ONE + OTHER, 40),
    "a longer one": (OTHER + a_speex(b"abcd", 60, size_bytes=LONG), 70),
    "two": (ONE + OTHER + a_speex(b"ijkl", 20), 60),
    "one after damage": (ONE + b"OggS" * 99 + OTHER, 40),
    "one of pictures": (ONE + a_page(b"efgh", 0, b"\x80theora", flags=2) + BODY, 30),
    "one whose header is cut": (ONE + OTHER[:20], 30),
    "what never began": (ONE + BODY, 30),
    "noughts, as a crash leaves them": (ONE + bytes(100_000), 30),
}


@pytest.mark.parametrize(("data", "seconds"), FOLLOWING.values(), ids=FOLLOWING)
def test_an_ogg_is_as_long_as_all_streams_that_follow_each_other(data: bytes, seconds: int) -> None:
    assert heard(data) == Sound("ogg", "speex", 8000, 1, seconds * 1000)


def test_streams_of_an_ogg_that_begin_together_sound_together() -> None:
    pages = [ONE[:108], OTHER[:108], ONE[108:], BODY]
    assert heard(b"".join(pages)).duration_ms == 30_000


def test_pages_of_an_ogg_beyond_those_that_are_walked_are_reckoned() -> None:
    sound = heard(ONE + a_speex(b"efgh", 510_000, size_bytes=1))
    assert sound.duration_ms == pytest.approx(510_030_000, rel=0.001)


def test_an_ogg_of_damages_alone_is_soon_given_up() -> None:
    damaged = ONE + b"OggS\0".ljust(60_000, b"\1") * 400
    stream = Counting(damaged)
    assert inspect(stream, len(damaged), ".ogg").duration_ms == 30_000
    assert stream.count < len(damaged)


M4A = (VECTORS / "sound/plain.m4a").read_bytes()

MEDIA = M4A.index(b"mdhd") - 4

SHORT_HEADER = M4A[MEDIA + 8 : MEDIA + 32]
"""The sound's header in its 32-bit form: four bytes each of version, times, scale, duration and
language."""


def with_header(header: bytes) -> bytes:
    """In the old one's place, with the boxes around it as much longer."""
    data = bytearray(M4A[:MEDIA] + header + M4A[MEDIA + 32 :])
    for name in (b"moov", b"trak", b"mdia"):
        at = M4A.index(name) - 4
        size = int.from_bytes(M4A[at : at + 4], "big") + len(header) - 32
        data[at : at + 4] = size.to_bytes(4, "big")
    return bytes(data)


def with_duration(duration: bytes) -> bytes:
    return with_header(a_box(b"mdhd", SHORT_HEADER[:16] + duration + SHORT_HEADER[20:]))


def test_an_mpeg_4_file_may_give_its_times_and_sizes_in_64_bits() -> None:
    scale, duration = struct.unpack(">II", SHORT_HEADER[12:20])
    body = b"\1\0\0\0" + bytes(16) + struct.pack(">IQ", scale, duration) + SHORT_HEADER[20:]
    assert heard(with_header(a_box(b"mdhd", body))) == heard(M4A)
    begins = M4A.index(b"moov") - 4
    movie = M4A[begins + 8 :]
    long = struct.pack(">I4sQ", 1, b"moov", 16 + len(movie)) + movie
    assert heard(M4A[:begins] + long) == heard(M4A)
    assert heard(M4A[:begins] + bytes(4) + b"moov" + movie) == heard(M4A)


def test_an_mpeg_4_file_lasts_as_long_as_its_sound_whatever_its_chapters_say() -> None:
    header = M4A.index(b"mvhd") + 4
    scale = int.from_bytes(M4A[header + 12 : header + 16], "big")
    chapters = (47 * 3600 * scale).to_bytes(4, "big")
    assert heard(M4A[: header + 16] + chapters + M4A[header + 20 :]) == heard(M4A)


def test_an_mpeg_4_file_whose_length_was_never_written_is_decoded() -> None:
    for never in (b"\xff" * 4, bytes(4)):
        assert played(with_duration(never)) == played(M4A)


def a_box(name: bytes, body: bytes) -> bytes:
    return struct.pack(">I4s", 8 + len(body), name) + body


def an_adts(frames: int, *, rate: int = 8, blocks: int = 0) -> bytes:
    """At 16 kHz, one channel, each frame of 20 bytes."""
    header = 0xFFF1 << 40 | 1 << 38 | rate << 34 | 1 << 30 | 20 << 13 | 0x7FF << 2 | blocks
    return (header.to_bytes(7, "big") + bytes(13)) * frames


def test_bare_aac_is_as_long_as_its_frames() -> None:
    assert heard(an_adts(125)) == Sound("aac", "aac", 16_000, 1, 8000)
    assert heard(an_adts(125, blocks=1)).duration_ms == 16_000
    assert heard(an_adts(125) + an_adts(1)[:-1]).duration_ms == 8000
    assert heard(TAG + an_adts(125)) == heard(an_adts(125))
    assert heard(an_adts(125) + an_adts(9, rate=3)).duration_ms == 8192
    assert heard(an_adts(125) + bytes(99) + an_adts(25)).findings == {Finding.DAMAGED}
    assert heard(an_adts(1_000_100)).duration_ms == 1_000_100 * 64


@pytest.mark.parametrize(
    "data", [an_adts(2) + b"x", an_adts(9, rate=15), an_adts(9)[:19], an_adts(1)[:7] * 9]
)
def test_what_begins_like_bare_aac_is_an_accident(data: bytes) -> None:
    with pytest.raises(NotAudio, match=NOT_SUPPORTED):
        heard(data)


HEADERLESS = {
    ".ulaw": (8000, "ulaw", 8000), ".ALAW": (8000, "alaw", 8000), ".sln": (16_000, "pcm16", 8000),
    ".raw": (16_000, "pcm16", 8000), ".sln44": (88_200, "pcm16", 44_100),
    ".g722": (8000, "g722", 16_000), ".g729": (1000, "g729", 8000),
}  # fmt: skip


@pytest.mark.parametrize("suffix", HEADERLESS)
def test_bytes_without_a_header_are_what_the_suffix_says(suffix: str) -> None:
    length, codec, rate = HEADERLESS[suffix]
    sound = heard((NOISE * 6)[:length], suffix)
    assert sound == Sound(suffix[1:].lower(), codec, rate, 1, 1000)


def test_gsm_without_a_header_is_known_by_its_frames_marks() -> None:
    assert heard((b"\xd5" + bytes(32)) * 50, ".gsm") == Sound("gsm", "gsm", 8000, 1, 1000)
    with pytest.raises(NotAudio, match=NOT_SUPPORTED):
        heard(bytes(33 * 50), ".gsm")


def test_a_suffix_does_not_overrule_the_content() -> None:
    assert heard(a_wave(SECOND), ".ulaw").format == "wav"
    assert heard(an_mp3(9), ".ulaw").format == "mp3"


def test_what_looks_like_one_frame_of_an_mp3_is_an_accident() -> None:
    assert heard(an_mp3(1) + NOISE, ".ulaw").format == "ulaw"


def test_an_au_file_may_leave_its_length_open() -> None:
    for said in (0, 0xFFFFFFFF):
        head = struct.pack(">4s5I", b".snd", 24, said, 27, 8000, 2)
        assert heard(head + NOISE) == Sound(
            "au", "alaw", 8000, 2, 1000, frozenset({Finding.UNCLOSED})
        )


def test_what_lies_behind_the_sound_that_a_header_tells_is_counted_and_found() -> None:
    """Two recordings in one file: the second is no part of any other's length."""
    head = struct.pack(">4s5I", b".snd", 24, len(NOISE), 27, 8000, 1)
    au, wave = head + NOISE, a_wave(NOISE)
    for one in (au, wave):
        once, twice = heard(one), heard(one + one)
        assert once.findings == frozenset()
        assert twice.findings == {Finding.UNCLOSED}
        assert 0 <= twice.duration_ms - 2 * once.duration_ms < 10  # the second's header


def test_wideband_amr_has_frames_of_other_lengths() -> None:
    data = b"#!AMR-WB\n" + (b"\x04" + bytes(17)) * 40 + b"\x7c" * 10
    assert heard(data) == Sound("amr", "amr-wb", 16000, 1, 1000)


NONE_AT_ALL = {
    "an empty file": (b"", "no sound"),
    "a wave of 44 bytes": (a_wave(b""), "no sound"),
    "a wave of 44 bytes after a crash": (a_wave(b"", said=0, riff_said=0), "no sound"),
    "a wave with notes and no sound": (a_wave(b"", after=a_chunk(b"LIST", b"INFO")), "no sound"),
    "half a sample": (a_wave(b"\1"), "no sound"),
    "an empty au": (struct.pack(">4s5I", b".snd", 24, 0, 1, 8000, 1), "no sound"),
    "an empty amr": (b"#!AMR\n", "no sound"),
    "a headerless file shorter than a frame": (b"\xd5", "no sound"),
    "a flac without a frame": ((VECTORS / "sound/plain.flac").read_bytes()[:42], "no sound"),
    "an ogg of headers alone": ((VECTORS / "sound/opus.ogg").read_bytes()[:100], "no sound"),
    "a text": (b"Call back Mrs Jones on Tuesday\r\n", "it is text"),
    "a text cut within a character": (("a" + "é" * 4096).encode(), "it is text"),
    "a film": (b"RIFF" + bytes(4) + b"AVI " + bytes(99), NOT_SUPPORTED),
    "an archive": (b"PK\x03\x04" + bytes(99), NOT_SUPPORTED),
    "noughts": (bytes(99), NOT_SUPPORTED),
    "an ogg of pictures": (b"OggS" + bytes(22) + b"\x01\x2a\x80theora" + bytes(99), NOT_SUPPORTED),
    "an au of another encoding": (struct.pack(">4s5I", b".snd", 24, 9, 23, 8000, 1), NOT_SUPPORTED),
    "an amr of several channels": (b"#!AMR_MC1.0\n" + bytes(99), NOT_SUPPORTED),
    "a wave without a format": (b"RIFF" + bytes(4) + b"WAVE" + a_chunk(b"data", SECOND), "short"),
    "a wave without its sound": (a_wave(SECOND)[:36], "its header is cut short"),
    "a wave with half a format": (a_wave(SECOND, b"\1\0"), "its header is cut short"),
    "an m4a that was not finished": ((VECTORS / "sound/plain.m4a").read_bytes()[:1500], "short"),
    "an m4a whose sound has no header": (with_header(b""), "its header is cut short"),
    "a webm of pictures": (b"\x1a\x45\xdf\xa3" + bytes(99), NOT_SUPPORTED),
    "a wma of pictures": (b"\x30\x26\xb2\x75" + bytes(99), NOT_SUPPORTED),
    "samples of 40 bits": (a_wave(SECOND, a_format(bits=40)), NOT_SUPPORTED),
    "floating point of 16 bits": (a_wave(SECOND, a_format(tag=3)), NOT_SUPPORTED),
    "a film without sound": (M4A.replace(b"soun", b"vide"), NOT_SUPPORTED),
    "an ogg cut within its first page": (b"OggS\0\2" + bytes(9), "its header is cut short"),
    "an ogg cut within its first packet": (
        (VECTORS / "sound/opus.ogg").read_bytes()[:40], "its header is cut short"),
    "no channels": (a_wave(SECOND, a_format(channels=0)), "its header makes no sense"),
    "no bits": (a_wave(SECOND, a_format(bits=0)), "its header makes no sense"),
    "no rate": (a_wave(SECOND, a_format(rate=0)), "its header makes no sense"),
    "no bytes a second": (a_wave(SECOND, a_format(tag=9, rate=0)), "its header makes no sense"),
    "six weeks": (a_wave(bytes(8_000_000), a_format(rate=1)), "its header makes no sense"),
    "a flac that begins otherwise": (b"fLaC\x81" + bytes(99), "its header makes no sense"),
    "a flac of no rate": (b"fLaC" + bytes(99), "its header makes no sense"),
}  # fmt: skip


@pytest.mark.parametrize(("data", "reason"), NONE_AT_ALL.values(), ids=NONE_AT_ALL.keys())
def test_what_is_no_sound_is_refused_with_its_reason(data: bytes, reason: str) -> None:
    suffix = ".g729" if data == b"\xd5" else ".wav"
    with pytest.raises(NotAudio, match=reason):
        heard(data, suffix)


def test_a_text_is_a_text_under_a_headerless_suffix_and_an_archive_an_archive() -> None:
    with pytest.raises(NotAudio, match="it is text"):
        heard(b"Call back Mrs Jones", ".ulaw")
    with pytest.raises(NotAudio, match=NOT_SUPPORTED):
        heard(b"PK\x03\x04" + bytes(99), ".raw")


class Counting(io.BytesIO):
    """How many bytes were read."""

    count = 0

    def read(self, size: int | None = -1, /) -> bytes:
        data = super().read(size)
        self.count += len(data)
        return data


def test_a_wave_is_measured_without_reading_it() -> None:
    stream = Counting(a_wave(NOISE * 313)[:5_000_044])
    inspect(stream, 5_000_044, ".wav")
    assert stream.count <= 2 * 65_536


def test_a_file_of_a_tebibyte_takes_no_time(tmp_path: Path) -> None:
    path = tmp_path / "hole.raw"
    with path.open("xb") as file:
        file.truncate(2**40)
    with path.open("rb") as file, pytest.raises(NotAudio, match="no sense"):
        inspect(file, 2**40, ".raw")


def test_a_file_shorter_than_was_said_is_no_trouble() -> None:
    data = (VECTORS / "sound/opus.ogg").read_bytes()
    with pytest.raises(NotAudio):
        inspect(io.BytesIO(data[:40]), len(data), ".ogg")


def test_boxes_that_reach_beyond_their_own_cost_no_more_than_their_length(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Each of a hundred tracks claims to hold all that follows, as does all that follows again."""

    def box(name: bytes, size: int, body: bytes = b"") -> bytes:
        return size.to_bytes(4, "big") + name + body

    few, huge, seen = 100, 0x7FFFFFFF, list[int]()
    header = box(b"mvhd", 108, bytes(12) + (1000).to_bytes(4, "big") * 2 + bytes(80))
    tracks = box(b"trak", 16, box(b"mdia", huge)) * few
    tables = box(b"minf", 16, box(b"stbl", huge)) * few + box(b"stsd", 8) * few
    movie = header + tracks + tables
    data = box(b"ftyp", 16, b"isom" + bytes(4)) + box(b"moov", 8 + len(movie), movie)
    at = Window.at

    def noted(self: Window, place: int, length: int) -> bytes:
        seen.append(place)
        return at(self, place, length)

    monkeypatch.setattr(Window, "at", noted)
    with pytest.raises(NotAudio):
        inspect(io.BytesIO(data), len(data), ".m4a")
    assert len(seen) < 20 * few
