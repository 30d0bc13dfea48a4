"""What is found of a sound that can be taken in, and what is refused because it is encrypted."""

from __future__ import annotations

import io
import json
import math
import random
import struct
from collections.abc import Callable

import pytest

from callrec.sound.coding import count, decoding
from callrec.telephone.sound.inspecting import inspect
from callrec.telephone.sound.sound import Finding, NotAudio, Sound
from sound.builders import a_tone, made
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

SOUNDS = {path.name: path.read_bytes() for path in sorted((VECTORS / "sound").glob("*.*"))}

SILENT, TRUNCATED, UNCLOSED, DAMAGED, *_ = (frozenset({finding}) for finding in Finding)

NOTHING: frozenset[Finding] = frozenset()

MINUTE = 8000 * 60


def samples(of: Callable[[int], float], count: int) -> bytes:
    """16 bits each."""
    return struct.pack(f"<{count}h", *(max(-32768, min(32767, round(of(n)))) for n in range(count)))


def found(data: bytes, suffix: str = ".wav") -> frozenset[Finding]:
    return heard(data, suffix).findings


def with_form(name: str, sound: bytes) -> bytes:
    tag, bits = {"pcm8": (1, 8), "pcm16": (1, 16), "pcm24": (1, 24), "pcm32": (1, 32),
                 "alaw": (6, 8), "ulaw": (7, 8)}[name]  # fmt: skip
    return a_wave(sound, a_format(tag=tag, bits=bits))


CHANCE = random.Random(1)  # noqa: S311 - noise, no secret

DITHER = b"".join(CHANCE.choices([b"\0\0", b"\1\0", b"\xff\xff"], k=MINUTE))

QUIET = {
    "digital silence": ("pcm16", bytes(2 * MINUTE)),
    "an offset": ("pcm16", b"\x34\x12" * MINUTE),
    "dither of one step": ("pcm16", DITHER),
    "sixteen steps either way": ("pcm16", b"\0\0" + b"\x10\0\xf0\xff" * (MINUTE // 2)),
    "the same with an offset": ("pcm16", b"\xf8\x01" + b"\x08\x02\xe8\x01" * (MINUTE // 2)),
    "eight bits at rest": ("pcm8", b"\x80" * MINUTE),
    "24 bits": ("pcm24", b"\0\0\0\xff\x0f\0\xff\xf0\xff" * (MINUTE // 3)),
    "32 bits": ("pcm32", bytes(4 * MINUTE)),
    "mu-law": ("ulaw", b"\xff\x7f\xfe\x7e" * (MINUTE // 4)),
    "a-law": ("alaw", b"\xd5\x55" * (MINUTE // 2)),
    "blocks that were never written": ("ulaw", bytes(MINUTE)),
    "one sample": ("pcm16", b"\0\0"),
}


@pytest.mark.parametrize(("form", "sound"), QUIET.values(), ids=QUIET)
def test_a_recording_in_which_nothing_is_heard_is_silent(form: str, sound: bytes) -> None:
    assert found(with_form(form, sound)) == SILENT


AUDIBLE = {
    "above": ("pcm16", b"\0\0", b"\x11\0"),
    "below": ("pcm16", b"\0\0", b"\xef\xff"),
    "above an offset": ("pcm16", b"\xf8\x01", b"\x09\x02"),
    "with the low byte of one nearby": ("pcm16", b"\xf8\x01", b"\xf8\x02"),
    "of 8 bits": ("pcm8", b"\x80", b"\x81"),
    "of 24 bits": ("pcm24", b"\0\0\0", b"\0\x11\0"),
    "of 32 bits": ("pcm32", b"\0\0\0\0", b"\0\0\x11\0"),
    "mu-law": ("ulaw", b"\xff", b"\x7d"),
    "a-law": ("alaw", b"\xd5", b"\xd4"),
    "after zeros": ("ulaw", b"\0", b"\x01"),
}
"""How each sample rests, and the quietest that is audible."""


@pytest.mark.parametrize("place", [1, 33_333, 65_536, 70_000 - 1])
@pytest.mark.parametrize(("form", "rests", "audible"), AUDIBLE.values(), ids=AUDIBLE)
def test_one_audible_sample_among_silence_is_sound(
    form: str, rests: bytes, audible: bytes, place: int
) -> None:
    after = 70_000 - 1 - place
    assert found(with_form(form, rests * place + audible + rests * after)) == NOTHING


def test_the_order_of_bytes_decides_what_is_quiet() -> None:
    big = struct.pack(">h", 5) * 8000
    assert found(a_wave(big, kind=b"RIFX")) == SILENT
    for audible in (b"\x05\0", b"\0\x40"):
        assert found(a_wave(big + audible, kind=b"RIFX")) == NOTHING
    head = struct.pack(">4s5I", b".snd", 24, 16_000, 3, 8000, 1)
    assert found(head + big) == SILENT


GSM = bytes.fromhex("d820a2e15a50004924924924500049249249245000492492492450004924924924")
"""What libgsm makes of 160 zeros."""


def test_gsm_is_silent_where_every_frame_is_that_of_silence() -> None:
    audible = GSM[:-1] + b"\x25"
    assert found(GSM * 5000, ".gsm") == SILENT
    assert found(GSM * 4999 + audible, ".gsm") == NOTHING
    assert found(audible + GSM * 4999, ".gsm") == NOTHING
    assert found(GSM * 5000 + GSM[:-1], ".gsm") == SILENT | TRUNCATED


def test_gsm_in_a_wave_is_silent_where_every_block_is_that_of_silence() -> None:
    form = struct.pack("<HHIIHHHH", 0x31, 1, 8000, 1625, 65, 0, 2, 320)
    block = bytes.fromhex(
        "204817d684028024499224890280244992248902802449922489028024499224"
        "098274614d28004892244992280048922449922800489224499228004892244992"
    )
    assert found(a_wave(block * 3000, form)) == SILENT
    assert found(a_wave(block * 2999 + bytes(65), form)) == NOTHING


def test_amr_that_sent_no_frame_is_silent() -> None:
    assert found(b"#!AMR\n" + b"\x7c" * 500, ".amr") == SILENT
    assert found(b"#!AMR\n" + b"\x7c" * 500 + b"\x44" + bytes(5), ".amr") == NOTHING


ONE_PAGE = {"flac.ogg", "opus.ogg", "vorbis.ogg"}
"""Ogg whose only page of sound is the last: no player plays a part of one."""

INDEX_AT_ITS_END = {"plain.m4a", "chapters.m4a", "no-length-of-its-own.m4a"}


@pytest.mark.parametrize("name", sorted(set(SOUNDS) - {"README.md", "expected.json"}))
def test_a_whole_file_has_no_findings_and_a_cut_one_was_longer(name: str) -> None:
    whole = SOUNDS[name]
    assert played(whole).findings == NOTHING
    if name in INDEX_AT_ITS_END:
        with pytest.raises(NotAudio, match="cut short"):
            played(whole[:-1])
    elif name in ONE_PAGE:
        with pytest.raises(NotAudio, match="nothing in it can be played"):
            played(whole[:-1])
    elif name == "plain.flac":
        assert played(whole[:-1]).findings == DAMAGED
    else:
        assert played(whole[:-1]).findings == TRUNCATED


ONE_AFTER_THE_OTHER = {"bare-8k.mp3", "flac.ogg", "vorbis.ogg"}
"""Of these kinds one may follow the other: all of both plays."""


@pytest.mark.parametrize("name", sorted(set(SOUNDS) - {"README.md", "expected.json"}))
def test_of_two_files_in_one_all_plays_or_that_is_found(name: str) -> None:
    one, two = played(SOUNDS[name]), played(SOUNDS[name] * 2)
    if name in ONE_AFTER_THE_OTHER:
        assert two.findings == NOTHING
        assert two.duration_ms >= 2 * one.duration_ms
    else:
        assert two.findings


def test_a_movie_that_lasts_longer_than_its_header_tells_was_not_closed() -> None:
    data = bytearray(made("aac", "ipod", a_tone(2)))
    at = data.index(b"mdhd") + 20
    data[at : at + 4] = struct.pack(">I", 8000)
    assert played(bytes(data)).findings == UNCLOSED


PACKED = {
    "no bytes a second": ("g722.wav", 28, bytes(4)),
    "a block that is larger than all": ("mp3-in.wav", 32, b"\xff\xff"),
}


@pytest.mark.parametrize(("name", "place", "said"), PACKED.values(), ids=PACKED)
def test_a_wave_that_is_decoded_is_taken_in_whatever_its_header_says(
    name: str, place: int, said: bytes
) -> None:
    whole = SOUNDS[name]
    assert played(whole[:place] + said + whole[place + len(said) :]) == played(whole)


@pytest.mark.parametrize(("codec", "byte"), [("adpcm_ima_wav", 2), ("adpcm_ms", 0)])
def test_of_adpcm_with_a_spoilt_block_all_others_play(codec: str, byte: int) -> None:
    data = bytearray(made(codec, "wav", a_tone(5)))
    size = int.from_bytes(data[32:34], "little")
    data[data.index(b"data") + 8 + 2 * size + byte] = 0xFF
    sound = played(bytes(data))
    assert sound.findings == DAMAGED
    assert sound.duration_ms > 4500


def test_a_wma_that_was_streamed_has_packets_to_its_end() -> None:
    whole = SOUNDS["streamed.wma"]
    lost = slice(2000, 3000)
    assert found(whole[:-500]) == TRUNCATED
    assert found(whole[: lost.start] + bytes(1000) + whole[lost.stop :]) == DAMAGED
    assert found(whole + whole) == UNCLOSED


NOISY = bytes(range(1, 251)) * 64

CLOSING = {
    "as said": (16_000, NOTHING),
    "never said": (0, UNCLOSED),
    "as SoX leaves it": (0x7FFFFFFF - 36, UNCLOSED),
    "as others do": (0xFFFFFFFF, UNCLOSED),
    "half of it was said": (8000, UNCLOSED),
    "more was said": (16_002, TRUNCATED),
}


@pytest.mark.parametrize(("said", "findings"), CLOSING.values(), ids=CLOSING)
def test_a_waves_header_says_whether_it_was_closed(said: int, findings: frozenset[Finding]) -> None:
    sound = heard(a_wave(NOISY, said=said))
    assert (sound.findings, sound.duration_ms) == (findings, 1000)


MORE = {
    "another file": a_wave(NOISY),
    "a second data chunk": a_chunk(b"data", NOISY),
    "one behind a note": a_chunk(b"LIST", b"INFOI") + a_chunk(b"data", NOISY),
}


@pytest.mark.parametrize("more", MORE.values(), ids=MORE)
def test_sound_behind_the_sound_of_a_wave_is_found_counted_and_decoded(more: bytes) -> None:
    data = a_wave(bytes(16_000), after=more)
    sound, decoded = heard(data), count(io.BytesIO(data), ".wav")
    assert sound.findings == UNCLOSED, "and it is not silent"
    assert 2000 <= sound.duration_ms < 2010
    assert abs(decoded.duration_ms - sound.duration_ms) <= 1
    with decoding(io.BytesIO(data), ".wav") as (_, pieces):
        assert b"".join(pieces) == bytes(16_000) + more


def test_a_note_behind_the_sound_of_a_wave_is_no_sound() -> None:
    notes = a_chunk(b"LIST", b"INFOI") + a_chunk(b"id3 ", bytes(99)) + b"\0\0odd scrap"
    data = a_wave(NOISY, after=notes)
    assert (heard(data).findings, heard(data).duration_ms) == (NOTHING, 1000)
    assert count(io.BytesIO(data), ".wav").duration_ms == 1000


LONG = {
    "as said": (16_000, 1000, NOTHING),
    "never said": (0, 1001, UNCLOSED),
    "all ones": (2**64 - 1, 1001, UNCLOSED),
    "more than was ever there": (2**33, 1001, TRUNCATED),
}


@pytest.mark.parametrize(("said", "duration_ms", "findings"), LONG.values(), ids=LONG)
def test_rf64_says_its_sizes_in_a_chunk_of_its_own(
    said: int, duration_ms: int, findings: frozenset[Finding]
) -> None:
    body = b"WAVE" + a_chunk(b"ds64", struct.pack("<QQQI", 0, said, 0, 0))
    body += a_chunk(b"fmt ", a_format()) + a_chunk(b"data", NOISY, said=0xFFFFFFFF)
    sound = heard(b"RF64\xff\xff\xff\xff" + body + a_chunk(b"LIST", b"INFOI SF"))
    assert (sound.duration_ms, sound.findings) == (duration_ms, findings)


def test_an_mp3_whose_last_frame_is_cut_was_longer() -> None:
    assert heard(an_mp3(101)[:-7]) == Sound("mp3", "mp3", 8000, 1, 7200, TRUNCATED)
    assert found(an_mp3(100) + b"TAG" + bytes(125)) == NOTHING


def test_an_mp3_cut_between_two_frames_was_longer_as_its_note_says() -> None:
    whole = SOUNDS["cbr-8k.mp3"]
    assert found(whole[: whole.rindex(b"\xff\xe3")]) == TRUNCATED
    bare = SOUNDS["bare-8k.mp3"]
    assert found(bare[: bare.rindex(b"\xff\xe3")]) == NOTHING


def test_an_ogg_without_a_last_page_was_not_closed() -> None:
    whole = bytearray(SOUNDS["opus.ogg"])
    whole[whole.rindex(b"OggS") + 5] &= ~4
    assert found(bytes(whole)) == UNCLOSED


def test_an_ogg_is_as_long_as_its_last_whole_page_says() -> None:
    whole = SOUNDS["opus.ogg"]
    last = whole.rindex(b"OggS")
    more = bytearray(whole[last:-1])
    more[6:14] = struct.pack("<q", 99 * 48_000)
    sound = heard(whole + bytes(more))
    assert (sound.duration_ms, sound.findings) == (500, TRUNCATED)


def test_each_stream_of_an_ogg_is_asked_whether_it_was_closed() -> None:
    one, other = a_speex(b"abcd", 2), a_speex(b"efgh", 2)
    last = len(a_page(b"abcd", 0, bytes(100)))
    assert found(one + other) == NOTHING
    assert found(one[:-last] + other) == UNCLOSED
    assert found(one + other[:-last]) == UNCLOSED
    assert heard(one + other[:-1]) == Sound("ogg", "speex", 8000, 1, 3000, TRUNCATED)
    for lost in (1, 4, 50):
        assert heard(one[:-lost] + other) == Sound("ogg", "speex", 8000, 1, 3000, TRUNCATED)
    assert heard(one + other[:108]) == Sound("ogg", "speex", 8000, 1, 2000, UNCLOSED)


def test_what_looks_like_a_frame_of_a_flac_is_an_accident() -> None:
    whole = SOUNDS["plain.flac"]
    accident = bytes.fromhex("fff8740879039f00")
    changed = whole[:-200] + accident + whole[-200 + len(accident) :]
    assert heard(changed) == heard(whole)


def test_a_flac_may_stand_behind_a_tag() -> None:
    tag = b"ID3\4\0\0\0\0\0\x0a" + bytes(10)
    assert played(tag + SOUNDS["plain.flac"]) == played(SOUNDS["plain.flac"])


def test_a_flac_that_was_streamed_is_as_long_as_its_frames() -> None:
    whole = bytearray(SOUNDS["plain.flac"])
    whole[21] &= 0xF0
    whole[22:26] = bytes(4)
    assert played(bytes(whole)) == Sound("flac", "flac", 8000, 1, 500, UNCLOSED)


RANDOM = CHANCE.randbytes(100_000)

ENCRYPTED = {
    "pcm16": with_form("pcm16", RANDOM),
    "pcm16 of two channels": a_wave(RANDOM, a_format(channels=2)),
    "pcm8": with_form("pcm8", RANDOM),
    "pcm24": with_form("pcm24", RANDOM),
    "mu-law": with_form("ulaw", RANDOM),
    "a-law": with_form("alaw", RANDOM),
    "after a crash": a_wave(RANDOM, said=0),
    "a big-endian wave": a_wave(RANDOM, kind=b"RIFX"),
    "just long enough to tell": a_wave(RANDOM[: 4 * 2048 * 2]),
}


@pytest.mark.parametrize("data", ENCRYPTED.values(), ids=ENCRYPTED)
def test_noise_under_a_valid_header_is_encrypted_sound(data: bytes) -> None:
    with pytest.raises(NotAudio, match="its sound is encrypted: export it from the telephone"):
        heard(data)


def noise(loud: float) -> Callable[[int], float]:
    return lambda _: CHANCE.gauss(0, loud * 32_767)


PLAIN: dict[str, Callable[[int], float]] = {
    "silence": lambda _: 0,
    "hum": lambda n: 900 * math.sin(math.tau * 50 * n / 8000),
    "a full sine": lambda n: 32_767 * math.sin(0.77 * n),
    "a full sawtooth": lambda n: (n * 523.25 / 8000 % 1) * 65_535 - 32_768,
    "a full triangle that rises": lambda n: abs(n * n * 0.0003 % 1 - 0.5) * 131_070 - 32_768,
    "a chord": lambda n: 8000 * sum(math.sin(n * pitch) for pitch in (0.31, 0.77, 1.3, 2.2)),
    "faint noise": noise(0.001),
    "noise": noise(0.1),
    "loud noise": noise(0.3),
    "noise that is cut off at full scale": noise(0.5),
    "even noise, not at full scale": lambda _: CHANCE.uniform(-29_000, 29_000),
    "full noise that had eight bits": lambda _: 256 * CHANCE.randrange(-128, 128),
    "full noise between silences": lambda n: CHANCE.uniform(-32_768, 32_767) * (n // 8000 % 2),
}


@pytest.mark.parametrize("of", PLAIN.values(), ids=PLAIN)
def test_no_sound_of_a_telephone_is_taken_for_encrypted(of: Callable[[int], float]) -> None:
    found(a_wave(samples(of, 8000 * 20)))


def test_what_is_too_short_to_tell_is_taken_in() -> None:
    assert found(a_wave(RANDOM[: 4 * 2048 * 2 - 2])) == NOTHING


def test_of_a_packed_codec_it_cannot_be_told() -> None:
    form = struct.pack("<HHIIHHHH", 0x31, 1, 8000, 1625, 65, 0, 2, 320)
    assert found(a_wave(RANDOM, form)) == NOTHING


class Counting(io.BytesIO):
    """How many bytes were read, and how many at once."""

    count = most = 0

    def read(self, size: int | None = -1, /) -> bytes:
        data = super().read(size)
        self.count += len(data)
        self.most = max(self.most, len(data))
        return data


def read_of(data: bytes) -> Counting:
    stream = Counting(data)
    inspect(stream, len(data), ".wav")
    return stream


def test_of_an_audible_recording_a_block_is_read_and_of_a_silent_one_all_by_blocks() -> None:
    audible = a_wave(NOISY * 300)
    assert read_of(audible).count <= 2 * 65_536
    silent = read_of(a_wave(bytes(4_800_000)))
    assert silent.most == 65_536
    assert silent.count <= 4_800_000 + 10 * 65_536


FINDINGS = json.loads((VECTORS / "findings/expected.json").read_text("utf-8"))


@pytest.mark.parametrize("name", FINDINGS)
def test_each_vector_is_found_as_it_was_made(name: str) -> None:
    path = VECTORS / "findings" / name
    if isinstance(FINDINGS[name], str):
        with pytest.raises(NotAudio) as refusal:
            played(path.read_bytes(), path.suffix)
        assert refusal.value.message == FINDINGS[name]
        return
    sound = played(path.read_bytes(), path.suffix)
    assert [sound.duration_ms, sorted(sound.findings)] == FINDINGS[name]
