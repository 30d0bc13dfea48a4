from __future__ import annotations

import hashlib
import io
import json
import os
import struct
import sys
from array import array
from dataclasses import replace
from pathlib import Path

import av
import pytest

from callrec.errors import Unusable
from callrec.policy.edits import Edits, Filler, Side, Span
from callrec.sound.child import Undecodable
from callrec.sound.coding import COMPRESSED, WAV
from callrec.sound.listening import listening_copy, measure
from callrec.telephone.sound.inspecting import inspect
from house.processes import children
from sound.builders import LOUD, a_copy, a_silence, a_tone, made, of_tracks, samples
from telephone.builders import VECTORS, a_chunk, a_format, a_wave, an_mp3

NOISE = bytes(range(1, 251)) * 64
"""A second of 16-bit samples at 8 kHz in which no chunk's name could be found."""


@pytest.mark.parametrize(("codec", "tag"), [("alaw", 6), ("ulaw", 7)])
def test_g711_is_decoded_as_its_tables_have_it(codec: str, tag: int) -> None:
    expected = json.loads((VECTORS / f"g711/{codec}.json").read_text("utf-8"))
    data = a_wave(bytes(range(256)), a_format(tag=tag, bits=8))
    assert samples(a_copy(data)).tolist() == expected


VALUES = (0, 1, -1, 256, -256, 32767, -32768)

PCM = {
    "16 bits": a_wave(struct.pack("<7h", *VALUES)),
    "24 bits": a_wave(b"".join(b"\x7f" + v.to_bytes(2, "little", signed=True) for v in VALUES),
                      a_format(bits=24)),
    "32 bits": a_wave(struct.pack("<7i", *(v << 16 for v in VALUES)), a_format(bits=32)),
    "16 bits, big-endian": a_wave(struct.pack(">7h", *VALUES), kind=b"RIFX"),
    "24 bits, big-endian": a_wave(
        b"".join(v.to_bytes(2, "big", signed=True) + b"\x7f" for v in VALUES),
        a_format(bits=24, order=">"), kind=b"RIFX"),
    "16 bits after a crash": a_wave(struct.pack("<7h", *VALUES), said=0, riff_said=0),
}  # fmt: skip


@pytest.mark.parametrize("data", PCM.values(), ids=PCM.keys())
def test_pcm_of_every_width_keeps_its_upper_sixteen_bits(data: bytes) -> None:
    assert tuple(samples(a_copy(data))) == VALUES


def test_sixteen_bit_samples_come_out_as_the_very_file_they_were() -> None:
    data = a_wave(struct.pack("<50000h", *range(-25_000, 25_000)))
    assert a_copy(data) == data


CRASHED = {
    **{hex(said): a_wave(NOISE, said=said, riff_said=said) for said in
       (0, 2, 0x7FFFFFFF, 0xFFFFFFFF)},
    "a chunk after the sound": a_wave(NOISE, after=a_chunk(b"LIST", b"INFOISFTAsterisk")),
    "cut off in transfer": a_wave(NOISE * 2)[: 44 + 16_000],
}  # fmt: skip


@pytest.mark.parametrize("data", CRASHED.values(), ids=CRASHED.keys())
def test_after_a_crash_a_wave_is_as_long_as_its_file(data: bytes) -> None:
    assert measure(io.BytesIO(data), ".wav").samples == 8000
    assert inspect(io.BytesIO(data), len(data), ".wav").duration_ms == 1000


def test_a_wave_that_says_how_long_it_is_is_hashed_while_it_is_measured() -> None:
    data = a_wave(NOISE)
    measured = measure(io.BytesIO(data), ".wav")
    assert measured.wave_sha256 == hashlib.sha256(a_copy(data)).hexdigest()


@pytest.mark.parametrize("channels", [1, 2])
def test_a_sound_that_is_not_drawn_is_measured_as_one_that_is(channels: int) -> None:
    data = made("pcm_s16le", "wav", a_tone(1, channels=channels), channels=channels)
    drawn, plain = (measure(io.BytesIO(data), ".wav", drawn=each) for each in (True, False))
    assert (plain.duration_ms, plain.peaks) == (1000, ((),) * channels)
    assert replace(plain, peaks=drawn.peaks) == drawn
    assert plain.wave_sha256 == drawn.wave_sha256 != ""


FACTS = {
    "a fraction": '{"sample_rate": 8000.0, "channels": 1}',
    "a fraction of a sample": '{"sample_rate": 8000, "channels": 1, "expected": 0.5}',
    "no number": '{"sample_rate": 8000, "channels": 1, "expected": NaN}',
    "endless": '{"sample_rate": Infinity, "channels": 1}',
    "a word": '{"sample_rate": "8000", "channels": 1}',
    "nothing": '{"sample_rate": null, "channels": 1}',
    "several": '{"sample_rate": [8000], "channels": 1}',
    "less than none": '{"sample_rate": 8000, "channels": 1, "expected": -1}',
    "one too few": '{"sample_rate": 8000}',
    "one too many": '{"sample_rate": 8000, "channels": 1, "title": 1}',
    "a list": "[8000, 1]",
    "a number": "8000",
    "no JSON": "8000 Hz",
    "a list in a list, and so on": "[" * 100_000,
}


@pytest.mark.parametrize("facts", FACTS.values(), ids=FACTS.keys())
def test_facts_that_are_not_whole_numbers_are_those_of_a_child_gone_astray(
    facts: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    says = "from callrec.sound.child import MessageKind, serve_job, send; serve(lambda _: {})"
    told = f"tell(Kind.FACTS, {facts.encode()!r})"
    command = (sys.executable, "-I", "-c", says.format(told))
    monkeypatch.setattr("callrec.sound.coding.DECODER_COMMAND", command)
    with pytest.raises(Undecodable, match="more time or memory than a recording needs"):
        measure(io.BytesIO(a_wave(NOISE)), ".wav")
    assert children() == []


def test_a_suffix_does_not_overrule_the_content() -> None:
    assert measure(io.BytesIO(a_wave(NOISE)), "ulaw").samples == 8000


def test_more_than_two_channels_are_mixed_into_one_each_as_loud() -> None:
    pcm = array("h", [3000, 0, 0] * 4000 + [0, 0, 6000] * 4000)
    data = made("pcm_s16le", "wav", pcm, channels=3)
    mixed = samples(a_copy(data))
    assert len(mixed) == 8000
    assert (mixed[100], mixed[6000]) == (1000, 2000)


@pytest.mark.parametrize(
    ("codec", "container"), [("aac", "ipod"), ("libopus", "ogg")], ids=["m4a", "ogg"]
)
@pytest.mark.parametrize("first", [0, 1])
def test_every_track_is_heard_and_none_of_an_original_goes_out_unheard(
    codec: str, container: str, first: int
) -> None:
    """One leg of a call ends after a second, and the other speaks in the third."""
    late = array("h", bytes(2 * 96_000)) + a_tone(1, 48_000)
    tracks = [a_tone(1, 48_000), late]
    data = of_tracks(codec, container, tracks[first], tracks[1 - first])
    suffix = f".{inspect(io.BytesIO(data), len(data), '').format}"
    heard = samples(a_copy(data, suffix))
    assert len(heard) == pytest.approx(3 * 48_000, abs=2500)
    for begins, loud in ((0.3, LOUD // 2), (1.3, 0), (2.3, LOUD // 2)):
        middle = heard[round(begins * 48_000) :][:19_200]
        assert max(middle) == pytest.approx(loud, abs=LOUD // 10)
    assert measure(io.BytesIO(data), suffix).samples == len(heard)


def test_more_tracks_than_a_call_has_legs_are_not_decoded() -> None:
    data = of_tracks("aac", "ipod", *[a_tone(0.1, 48_000)] * 17)
    with pytest.raises(Undecodable, match="this kind of audio file"):
        measure(io.BytesIO(data), ".m4a")


def test_noise_under_a_valid_header_is_noise() -> None:
    assert measure(io.BytesIO(a_wave(NOISE, a_format(tag=7, bits=8))), ".wav").samples == 16_000


def test_one_side_is_silenced_and_the_other_untouched() -> None:
    data = made("pcm_mulaw", "wav", a_tone(1, channels=2), channels=2)
    whole = samples(a_copy(data))
    for side, mine, others in ((Side.LEFT, 0, 1), (Side.RIGHT, 1, 0)):
        copy = samples(a_copy(data, edits=Edits(silences=(a_silence(250, 500, side=side),))))
        assert copy[others::2] == whole[others::2]
        assert set(copy[mine::2][2000:4000]) == {0}
        assert copy[mine::2][:2000] == whole[mine::2][:2000]
        assert copy[mine::2][4000:] == whole[mine::2][4000:]


def test_a_tone_is_steady_and_quiet() -> None:
    edits = Edits(silences=(a_silence(100, 900, filler=Filler.TONE),))
    tone = samples(a_copy(a_wave(NOISE), edits=edits))[800:7200]
    assert tone[:6380] == tone[20:]  # 400 Hz at 8 kHz
    assert (max(tone), min(tone)) == (3277, -3277)


@pytest.mark.parametrize("encoding", [WAV, COMPRESSED[1], COMPRESSED[3]], ids=lambda e: e.codec)
def test_the_same_copy_is_the_same_bytes_and_holds_no_word_of_the_original(
    encoding: object,
) -> None:
    chosen = next(each for each in (WAV, *COMPRESSED) if each == encoding)
    note = a_chunk(b"LIST", b"INFO" + a_chunk(b"INAM", b"Mrs Jones on Tuesday"))
    data = a_wave(NOISE * 3, after=note)
    copy = a_copy(data, encoding=chosen)
    assert copy == a_copy(data, encoding=chosen)
    assert b"Jones" in data
    assert b"Jones" not in copy
    assert measure(io.BytesIO(copy), chosen.suffix).duration_ms == 3000
    assert len(copy) <= chosen.estimated_bytes(3000)


def test_a_clip_shorter_than_a_sample_leaves_a_copy_without_sound() -> None:
    data = a_wave(bytes(2000), a_format(rate=100))
    assert len(samples(a_copy(data, edits=Edits(Span(1, 2))))) == 0


NONE = {
    "nothing": b"",
    "a text": b"Call back Mrs Jones on Tuesday\r\n" * 99,
    "an archive": b"PK\x03\x04" + bytes(999),
    "a wave without sound": a_wave(b""),
    "a wave of no channels": a_wave(bytes(64), a_format(channels=0)),
    "a wave of an unknown codec": a_wave(NOISE, a_format(tag=0x1234)),
    "a wave cut within its header": a_wave(NOISE)[:30],
    "an mp3's header alone": an_mp3(1)[:4],
    "a list of files": b"ffconcat version 1.0\nfile /etc/passwd\n",
    "a playlist": b"#EXTM3U\n#EXT-X-TARGETDURATION:1\n#EXTINF:1,\n/etc/passwd\n#EXT-X-ENDLIST\n",
    "a picture": b"\x89PNG\r\n\x1a\n" + bytes(99),
}


@pytest.mark.parametrize("data", NONE.values(), ids=NONE.keys())
def test_what_cannot_be_decoded_is_said_in_a_sentence_and_leaves_no_process(data: bytes) -> None:
    with pytest.raises(Undecodable, match=r"^[a-z][a-z' ]+$") as caught:
        measure(io.BytesIO(data), ".wav")
    assert isinstance(caught.value, Unusable)
    assert children() == []


def pointing_to(outside: Path) -> bytes:
    """A film whose sound lies in another file, by an alias: FFmpeg follows nothing else."""
    path = os.fsencode(outside)
    relative_to = bytes(10 + 28 + 12 + 64 + 16 + 4 + 16)  # no volume, no name, no folder
    entry = b"alis" + bytes(4) + relative_to + struct.pack(">HH", 2, len(path)) + path
    entry += bytes(len(path) % 2) + struct.pack(">hH", -1, 0)
    box = struct.pack(">I", 4 + len(entry)) + entry
    film = bytearray(made("pcm_s16le", "mov", a_tone(1)))
    place = film.index(b"dref")
    assert film[place + 12 : place + 20] == b"\0\0\0\x0curl "
    film[place + 12 : place + 24] = box
    for name in (b"dref", b"dinf", b"minf", b"mdia", b"trak", b"moov"):
        at = film.index(name) - 4
        grown = struct.unpack(">I", film[at : at + 4])[0] + len(box) - 12
        film[at : at + 4] = struct.pack(">I", grown)
    return bytes(film)


def test_a_film_that_points_to_another_file_does_not_get_it(tmp_path: Path) -> None:
    """Which whoever lets FFmpeg follow it does get."""
    outside = tmp_path / "outside"
    outside.write_bytes(NOISE * 2)
    film = pointing_to(outside)
    followed = {"enable_drefs": "1", "use_absolute_path": "1"}
    with av.open(io.BytesIO(film), "r", options=followed) as free:
        heard = b"".join(bytes(frame.planes[0]) for frame in free.decode(audio=0))
    assert NOISE[:1000] in heard
    with pytest.raises(Undecodable):
        a_copy(film, ".mov")


def test_longer_than_a_month_is_too_long() -> None:
    month = a_wave(bytes(2 * 31 * 24 * 3600 + 2), a_format(rate=1))
    with pytest.raises(Undecodable, match="longer than any copy of it could be"):
        measure(io.BytesIO(month), ".wav")
    assert children() == []


@pytest.mark.parametrize("other", [a_wave(NOISE[:-2]), a_wave(NOISE + b"\1\1"),
                                   a_wave(NOISE, a_format(rate=16_000))])  # fmt: skip
def test_an_original_that_decodes_otherwise_than_it_was_measured_has_no_copy(other: bytes) -> None:
    measured = measure(io.BytesIO(a_wave(NOISE)), ".wav")
    with pytest.raises(Undecodable, match="otherwise than when it was measured"):
        list(listening_copy(io.BytesIO(other), ".wav", measured))
    assert children() == []


def test_a_copy_that_is_not_read_to_its_end_leaves_no_process() -> None:
    original = io.BytesIO(a_wave(NOISE * 99))
    measured = measure(original, ".wav")
    for encoding in (WAV, COMPRESSED[0]):
        copy = listening_copy(original, ".wav", measured, encoding=encoding)
        assert next(copy)
        assert children()
        del copy
        assert children() == []


def test_a_sound_is_as_loud_as_it_is_where_it_is() -> None:
    pcm = array("h", bytes(2 * 4096)) + a_tone(0.512)
    (peaks,) = measure(io.BytesIO(a_wave(pcm.tobytes())), ".wav").peaks
    assert set(peaks[: len(peaks) // 2]) == {0}
    assert min(peaks[len(peaks) // 2 :]) > LOUD * 0.9
