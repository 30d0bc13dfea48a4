"""What kind of sound a file is; and samples behind a short header or none.

These are WAVE, AU (.au, .snd), and what Asterisk writes bare. Their sizes are measured and not
believed: Asterisk writes them when it closes the file, so that after a crash they are 0 or old, and
programs that stream write 0x7FFFFFFF, a little less, or 0xFFFFFFFF.

Sources: Microsoft and IBM, Multimedia Programming Interface and Data Specifications 1.0 (1991);
EBU Tech 3306 (RF64); RFC 2361 (format tags). AU: audio(5) of SunOS 4.1 (six big-endian words, the
encoding the fourth). Bare samples: asterisk f0c1c1a, formats/*.c (rates, sizes of a frame); ETSI EN
300 961, 1.7 (GSM).
"""

from __future__ import annotations

import codecs
import struct
from typing import NamedTuple

from callrec.telephone.sound.containers import (
    flac_sound,
    mp4_sound,
    ogg_sound,
    webm_sound,
    wma_sound,
)
from callrec.telephone.sound.frames import (
    BLOCK_OF_TWO,
    FRAME,
    adts_sound,
    after_tags,
    amr_sound,
    gsm_findings,
    mpeg_sound,
)
from callrec.telephone.sound.samples import Order, Samples, sample_findings
from callrec.telephone.sound.sound import (
    Finding,
    NotAudio,
    Seekable,
    Sound,
    SoundFault,
    Window,
    milliseconds,
)

_TEXT_LOOKED_AT = 4096
_WRITTEN_IN_TEXT = frozenset("\t\n\v\f\r\x1b\ufeff")


def inspect(stream: Seekable, size: int, suffix: str) -> Sound:
    """What a file's bytes are, and how long they sound.

    By their content; the suffix counts only where bytes without a header could be anything.
    """
    if not size:
        raise NotAudio(SoundFault.EMPTY)
    window = Window(stream, size)
    head = window.at(0, 8)
    if head[:4] in _MARKED:
        return _MARKED[head[:4]](window)
    if head[4:] == b"ftyp":
        return mp4_sound(window)
    tagged = after_tags(window)
    if window.at(tagged, 4) == b"fLaC":
        return flac_sound(window, tagged)
    found = mpeg_sound(window) or adts_sound(window)
    if found:
        return found
    if _is_text(window.at(0, _TEXT_LOOKED_AT)):
        raise NotAudio(SoundFault.TEXT)
    return _headerless_sound(window, suffix)


def _is_text(beginning: bytes) -> bool:
    decode = codecs.getincrementaldecoder("utf-8")().decode  # its last character may be cut
    try:
        text = decode(beginning)
    except UnicodeDecodeError:
        return False
    return bool(text) and all(sign.isprintable() or sign in _WRITTEN_IN_TEXT for sign in text)


_PCM, _FLOAT, _ALAW, _ULAW, _GSM, _EXTENSIBLE = 1, 3, 6, 7, 0x31, 0xFFFE

_LINEAR = frozenset({_PCM, _ALAW, _ULAW})
"""Tags of the codecs in which every sample stands by itself."""

_CODECS = {
    0x02: "adpcm", _FLOAT: "float", _ALAW: "alaw", _ULAW: "ulaw", 0x11: "adpcm", _GSM: "gsm",
    0x45: "g726", 0x55: "mp3", 0x65: "g722", 0x28F: "g722",
}  # fmt: skip
"""G.722 has two: APICOM's, and the one that FFmpeg writes."""

_COUNTED = frozenset({"alaw", "ulaw", "float", "gsm", "g726"})
"""Codecs, beside PCM, of which every block that is there sounds."""

_WIDTHS = {_PCM: range(1, 33), _FLOAT: (32, 64)}
"""Bits of a sample that players open."""

_ADPCM = frozenset({0x02, 0x11})
"""Tags after whose usual fields the samples of a block follow."""

_GSM_SAMPLES = 320
_MAX_CHUNKS = 1000

_IN_DS64 = 0xFFFFFFFF
"""A size that did not fit: where it is RF64, another chunk has it."""

_OPEN, _LONG_OPEN = 0x7FFFF000, 1 << 63
"""From here on a size is what a program writes that does not know it yet."""

_ORDERS: dict[bytes, Order] = {b"RIFF": "little", b"RF64": "little", b"RIFX": "big"}

_FORMS: dict[Order, str] = {"little": "<HHIIHH", "big": ">HHIIHH"}
"""Of what the oldest form of the ``fmt`` chunk has."""


class _Encoding(NamedTuple):
    """The ``fmt`` chunk."""

    tag: int
    """Of the codec; that of the subformat where it is extensible."""
    channels: int
    sample_rate: int
    """Hz."""
    bytes_per_second: int
    block: int
    """Bytes that belong together: one sample of each channel, or a packed block of many."""
    bits: int
    """Of one sample; 0 where blocks are packed."""
    samples_per_block: int
    """Of one channel; 0 where the chunk does not say."""

    def duration_ms(self, length: int) -> int:
        if self.samples_per_block and self.block:
            return milliseconds(length // self.block * self.samples_per_block, self.sample_rate)
        if not self.bytes_per_second:
            raise NotAudio(SoundFault.CONTRADICTORY)
        return milliseconds(length, self.bytes_per_second)


class _Chunk(NamedTuple):
    start: int
    stated: int
    """Bytes that it has by its own header."""


def _wave_sound(window: Window) -> Sound:
    """The sound of a WAVE file."""
    head = window.at(0, 12)
    if not b"WAVE".startswith(head[8:]):
        raise NotAudio(SoundFault.UNKNOWN)
    order = _ORDERS[head[:4]]
    encoding, samples = _encoding_and_samples(window, order)
    block = encoding.block
    if encoding.tag in _LINEAR and not block:
        raise NotAudio(SoundFault.CONTRADICTORY)
    if block and encoding.bits not in _WIDTHS.get(encoding.tag, (encoding.bits,)):
        raise NotAudio(SoundFault.UNKNOWN)
    length, findings = _measured(window, samples, order)
    name = f"pcm{encoding.bits}" if encoding.tag == _PCM else f"wave-{encoding.tag}"
    codec = _CODECS.get(encoding.tag, name)
    is_counted = encoding.tag == _PCM or codec in _COUNTED
    if length < (max(block, 1) if is_counted else 1):
        raise NotAudio(SoundFault.EMPTY)
    in_blocks = block and encoding.samples_per_block
    says_how_long = is_counted or encoding.bytes_per_second or in_blocks  # else decoding tells it
    sound = Sound(
        "wav",
        codec,
        encoding.sample_rate,
        encoding.channels,
        encoding.duration_ms(length) if says_how_long else 0,
        findings,
        is_counted=is_counted,
    )
    whole = length // block * block if block else 0
    return sound.with_findings(_heard(window, Samples(codec, samples.start, whole, order), block))


def _encoding_and_samples(window: Window, order: Order) -> tuple[_Encoding, _Chunk]:
    encoding = samples = None
    place, long = 12, 0
    for _ in range(_MAX_CHUNKS):
        head = window.at(place, 8)
        if len(head) < 8:  # noqa: PLR2004  # a name and a size
            break
        name, start, stated = head[:4], place + 8, int.from_bytes(head[4:], order)
        if name == b"fmt " and encoding is None:
            encoding = _encoding(window.at(start, min(stated, 40)), order)
        elif name == b"data" and samples is None:
            samples = _Chunk(start, long if long and stated == _IN_DS64 else stated)
        elif name == b"ds64":
            long = int.from_bytes(window.at(start + 8, 8), order)
        if encoding and samples:
            return encoding, samples
        place = start + stated + stated % 2
    raise NotAudio(SoundFault.CUT_SHORT)


def _encoding(body: bytes, order: Order) -> _Encoding:
    """As the chunk states it, with what the codec itself settles, whatever the chunk says."""
    if len(body) < 16:  # noqa: PLR2004  # what the oldest form of the chunk has
        raise NotAudio(SoundFault.CUT_SHORT)
    tag, channels, rate, bytes_per_second, block, bits = struct.unpack_from(_FORMS[order], body)
    samples = int.from_bytes(body[18:20], order) if tag in _ADPCM else 0
    if tag == _EXTENSIBLE:
        tag = int.from_bytes(body[24:26], order)
    if tag in {_ALAW, _ULAW}:
        bits, block, samples = 8, channels, 1
    elif tag == _PCM:
        block, samples = channels * ((bits + 7) // 8), 1
    elif tag == _GSM:
        block, samples = BLOCK_OF_TWO, _GSM_SAMPLES
    return _Encoding(tag, channels, rate, bytes_per_second, block, bits, samples)


def _measured(window: Window, data: _Chunk, order: Order) -> tuple[int, frozenset[Finding]]:
    """Bytes of sound: what the chunk says where that fits, what is there where it does not."""
    there = window.size - data.start
    if data.stated > there:
        is_open = _OPEN <= data.stated <= _IN_DS64 or data.stated >= _LONG_OPEN
        return there, frozenset({Finding.UNCLOSED if is_open else Finding.TRUNCATED})
    first = after = data.start + data.stated + data.stated % 2
    for _ in range(_MAX_CHUNKS):
        follows = window.at(after, 8)
        if len(follows) < 8:  # noqa: PLR2004  # nothing, or a scrap
            break
        size = int.from_bytes(follows[4:], order)
        is_chunk = all(0x20 <= sign < 0x7F for sign in follows[:4])  # noqa: PLR2004  # ASCII
        is_whole = is_chunk and size <= window.size - after - 8
        if follows[:4] in _MORE_SOUND or (after == first and not is_whole):
            return there, frozenset({Finding.UNCLOSED})
        if not is_whole:
            break
        after += 8 + size + size % 2
    return data.stated, frozenset()


_MORE_SOUND = {b"RIFF", b"RIFX", b"data"}
"""What begins another file behind the sound, or a second part of it: nobody would know of it."""


_HEADER = struct.Struct(">4s5I")

_ENCODINGS = {
    1: ("ulaw", 1), 2: ("pcm8", 1), 3: ("pcm16", 2), 4: ("pcm24", 3), 5: ("pcm32", 4),
    27: ("alaw", 1),
}  # fmt: skip
"""The codec, and bytes of one sample."""

_UNKNOWN_SIZE = frozenset({0, 0xFFFFFFFF})
"""What Asterisk, and programs that stream, leave for the length."""


def _au_sound(window: Window) -> Sound:
    """The sound of an .au file; its length may be left open, and is measured."""
    head = window.at(0, _HEADER.size)
    if len(head) < _HEADER.size:
        raise NotAudio(SoundFault.CUT_SHORT)
    _, start, stated, encoding, sample_rate, channels = _HEADER.unpack(head)
    if encoding not in _ENCODINGS:
        raise NotAudio(SoundFault.UNKNOWN)
    codec, width = _ENCODINGS[encoding]
    there = window.size - start
    length, findings = min(stated, there), frozenset[Finding]()
    if stated < there or stated in _UNKNOWN_SIZE:
        length, findings = there, frozenset({Finding.UNCLOSED})
    elif stated > there:
        findings = frozenset({Finding.TRUNCATED})
    samples = length // (width * max(channels, 1))
    if samples <= 0:
        raise NotAudio(SoundFault.EMPTY)
    duration_ms = milliseconds(samples, sample_rate)
    sound = Sound("au", codec, sample_rate, channels, duration_ms, findings)
    return sound.with_findings(sample_findings(window, Samples(codec, start, length, "big")))


class _Kind(NamedTuple):
    codec: str
    sample_rate: int
    """Hz."""
    frame: int
    """Bytes."""
    samples: int
    """In a frame."""


_KINDS = {
    "ulaw": _Kind("ulaw", 8000, 1, 1),
    "alaw": _Kind("alaw", 8000, 1, 1),
    **{
        f"sln{name}": _Kind("pcm16", rate, 2, 1)
        for name, rate in {
            "": 8000, "12": 12_000, "16": 16_000, "24": 24_000, "32": 32_000, "44": 44_100,
            "48": 48_000, "96": 96_000, "192": 192_000,
        }.items()
    },
    "raw": _Kind("pcm16", 8000, 2, 1),
    "g722": _Kind("g722", 16000, 1, 2),
    "g729": _Kind("g729", 8000, 10, 80),
    "gsm": _Kind("gsm", 8000, FRAME, 160),
}  # fmt: skip

_GSM_MARK = 0xD
"""The first four bits of every frame."""

_OTHER_KINDS = (
    *(b"PK\x03\x04", b"%PDF", b"\x89PNG", b"GIF8", b"\x7fELF", b"\x1f\x8b\x08", b"7z\xbc"),
)
"""How files begin that are sometimes called .raw: archives, documents, pictures, programs."""


def _headerless_sound(window: Window, suffix: str) -> Sound:
    """The sound of a file that is samples from its first byte on: only the suffix tells of which.

    Nothing tells that a .raw file has two channels, as MixMonitor writes them with its option D: it
    is taken for one channel of twice the length.
    """
    name = suffix.lstrip(".").casefold()
    kind = _KINDS.get(name)
    head = window.at(0, 64)
    if kind is None or head.startswith(_OTHER_KINDS):
        raise NotAudio(SoundFault.UNKNOWN)
    if window.size < kind.frame:
        raise NotAudio(SoundFault.EMPTY)
    if name == "gsm" and any(first >> 4 != _GSM_MARK for first in head[:: kind.frame]):
        raise NotAudio(SoundFault.UNKNOWN)
    frames, scrap = divmod(window.size, kind.frame)
    duration_ms = milliseconds(frames * kind.samples, kind.sample_rate)
    findings = frozenset({Finding.TRUNCATED} if scrap else ())
    # Nothing is listened to before it is sure that it can be a sound.
    sound = Sound(name, kind.codec, kind.sample_rate, 1, duration_ms, findings)
    samples = Samples(kind.codec, 0, frames * kind.frame)
    return sound.with_findings(_heard(window, samples, kind.frame))


def _heard(window: Window, samples: Samples, frame: int) -> frozenset[Finding]:
    if samples.codec == "gsm":
        return gsm_findings(window, samples.start, samples.length, frame)
    return sample_findings(window, samples)


_MARKED = {
    **dict.fromkeys(_ORDERS, _wave_sound),
    b"OggS": ogg_sound, b"fLaC": flac_sound, b"#!AM": amr_sound, b".snd": _au_sound,
    b"\x1a\x45\xdf\xa3": webm_sound, b"\x30\x26\xb2\x75": wma_sound,
}  # fmt: skip
"""By the first four bytes of a file."""
