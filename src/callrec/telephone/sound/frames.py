"""Sound in frames: MP3, AAC by itself (.aac), AMR and AMR-WB, and the silence of GSM.

Each file is walked frame by frame, as far as a limit; what lies beyond is reckoned from that.

Sources: MP3: ISO/IEC 11172-3 and 13818-3, and Fraunhofer's MPEG 2.5 (frame header); id3.org,
ID3v2.4.0; LAME's Mp3 Info Tag rev 1. AAC: ISO/IEC 14496-3, 1.A.2 (ADTS). AMR: RFC 4867, 5 (storage
format); 3GPP TS 26.101 and 26.201 (frame types). GSM: ETSI EN 300 961; libgsm 1.0.22 for what
silence becomes.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import lru_cache
from itertools import islice
from typing import NamedTuple, TypeAlias

from callrec.dataclass import replace
from callrec.telephone.sound.sound import BLOCK_BYTES, Finding, NotAudio, Sound, SoundFault, Window

_LAYER_III = 0b01
_MPEG_1, _MPEG_2, _MPEG_25 = 0b11, 0b10, 0b00
_HALF_KBPS = (8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160)
_FULL_KBPS = (32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320)

_MP3_RATES = {
    _MPEG_1: (44100, 48000, 32000),
    _MPEG_2: (22050, 24000, 16000),
    _MPEG_25: (11025, 12000, 8000),
}

_SEARCHED = 4096
"""Bytes in which a frame may begin late, or begin again after damage."""

_ENOUGH = 3
"""Frames that follow each other by no accident."""

_NOTE_WITHIN = 64
"""Bytes of the first frame within which an encoder's note begins."""

_FIELDS = {1: 4, 2: 4, 4: 100, 8: 4}
"""Bytes of the note's fields, by the bits that say that they are there."""

_BYTES = 2
"""The bit of the one that says how long the file is."""

_MAKERS = frozenset({b"LAME", b"Lavf", b"Lavc"})
"""Encoders whose notes say what they put before and after the sound."""

_MAX_FRAMES, _MAX_ROWS = 1_000_000, 100
"""Five and a half hours of AMR, and so many damages; beyond, the rest is reckoned from these."""

_FOOTER = 0x10
"""The bit of a tag's flags that says that ten bytes more follow it."""

_TAGS_AFTER = (b"TAG", b"APETAGEX", b"LYRICSBEGIN", b"ID3")
"""What may follow the last frame, and is no sound."""

_A_WHILE_S = 0.1
"""Seconds of sound that are missed."""


class _Frame(NamedTuple):
    """A frame of MP3 or AAC."""

    header: bytes
    length: int
    """Bytes."""
    samples: int
    sample_rate: int
    channels: int


_Reads: TypeAlias = Callable[[Window, int], _Frame | None]
"""What reads the frame at a place; None: there is none."""


def mpeg_sound(window: Window) -> Sound | None:
    """The sound of an MP3 file, or None where it is not one."""
    begins = after_tags(window)
    start = _next_row(window, begins, _mp3_at)
    first = None if start is None else _mp3_at(window, start)
    if start is None or first is None:
        return None
    note = window.at(start, first.length)
    left_out = _left_out(note, first.samples) / first.sample_rate
    there = start + _said(note) <= window.size
    sound = _framed(window, "mp3", start, first, _mp3_at, left_out=left_out, is_cut=not there)
    if start == begins:
        return sound
    return replace(sound.with_findings({Finding.DAMAGED}), is_counted=False)


def adts_sound(window: Window) -> Sound | None:
    """The sound of a bare AAC file, or None where it is not one."""
    start = after_tags(window)
    first = _adts_at(window, start)
    if first is None or not _is_row(window, start, _adts_at):
        return None
    return replace(_framed(window, "aac", start, first, _adts_at), is_counted=False)


def _framed(
    window: Window,
    name: str,
    start: int,
    first: _Frame,
    reads: _Reads,
    *,
    left_out: float = 0.0,
    is_cut: bool = False,
) -> Sound:
    seconds, end, is_damaged = _walked(window, start, reads)
    last = reads(window, end)
    is_cut |= last is not None and last[3:] == first[3:] and end + last.length > window.size
    findings = {Finding.TRUNCATED: is_cut, Finding.DAMAGED: is_damaged and not is_cut}
    return Sound(
        name,
        name,
        first.sample_rate,
        first.channels,
        round(max(0.0, seconds - left_out) * 1000),
        frozenset(finding for finding, is_so in findings.items() if is_so),
        is_counted=not (is_cut or is_damaged),
    )


def _walked(window: Window, start: int, reads: _Reads) -> tuple[float, int, bool]:
    """Seconds of all frames, where the last one ends, and whether others are missing."""
    place = end = start
    seconds, frames, is_damaged = 0.0, 0, False
    for _ in range(_MAX_ROWS):
        for after, frame, alike in _row(window, place, reads):
            end = after
            seconds += alike * frame.samples / frame.sample_rate
            frames += alike
            if frames >= _MAX_FRAMES:
                break
        again = _next_row(window, end, reads)
        if again is None:
            is_damaged |= _is_more_lost(window, end, seconds / (end - start))
            return seconds, end, is_damaged
        is_damaged |= again != end
        place = again
    return seconds * (window.size - start) / (end - start), window.size, is_damaged


def _is_more_lost(window: Window, end: int, seconds_per_byte: float) -> bool:
    """Whether what follows the last frame is no tag, and as much as sounds for a while."""
    is_tag = window.at(end, 16).startswith(_TAGS_AFTER)
    return not is_tag and (window.size - end) * seconds_per_byte > _A_WHILE_S


def after_tags(window: Window) -> int:
    """Past the ID3v2 tag: ten bytes, then as many as four 7-bit bytes say."""
    head = window.at(0, 10)
    if not head.startswith(b"ID3") or len(head) < 10:  # noqa: PLR2004  # the tag's own header
        return 0
    size = 0
    for byte in head[6:]:
        size = size << 7 | byte & 0x7F
    return 10 + size + (10 if head[5] & _FOOTER else 0)


def _next_row(window: Window, start: int, reads: _Reads) -> int | None:
    head = window.at(start, _SEARCHED)
    place = head.find(b"\xff")
    while place >= 0:
        if _is_row(window, start + place, reads):
            return start + place
        place = head.find(b"\xff", place + 1)
    return None


def _is_row(window: Window, place: int, reads: _Reads) -> bool:
    ends = [end for end, *_ in islice(_row(window, place, reads), _ENOUGH)]
    return len(ends) == _ENOUGH or ends[-1:] == [window.size]


def _row(window: Window, place: int, reads: _Reads) -> Iterator[tuple[int, _Frame, int]]:
    """The whole frames that follow each other from a place on: where so many alike end."""
    first = before = None
    run = 0
    while frame := reads(window, place):
        first = first or frame
        run = run if frame == before else 0
        alike = _alike(window, place, frame, 4 * run) if run >= _ENOUGH else 1
        place += alike * frame.length
        if place > window.size or frame.sample_rate != first.sample_rate:
            return
        yield place, frame, alike
        before, run = frame, run + alike


def _alike(window: Window, place: int, frame: _Frame, most: int) -> int:
    """How many frames have this one's header, one after another, looked for in so many at most."""
    block = window.at(place, most * frame.length)
    alike = len(block) // frame.length
    for at in range(len(frame.header)):
        column, byte = block[at :: frame.length], frame.header[at : at + 1]
        if column != byte * len(column):  # to strip takes longer, as it asks of each
            alike = min(alike, len(column) - len(column.lstrip(byte)))
    return max(1, alike)


def _mp3_at(window: Window, place: int) -> _Frame | None:
    return _mp3_frame(window.at(place, 4))


@lru_cache(maxsize=1024)
def _mp3_frame(header: bytes) -> _Frame | None:
    if len(header) < 4 or header[0] != 0xFF or header[1] < 0xE0:  # noqa: PLR2004  # eleven set bits
        return None
    version, layer = header[1] >> 3 & 3, header[1] >> 1 & 3
    rate, kbps = header[2] >> 2 & 3, header[2] >> 4
    if layer != _LAYER_III or version not in _MP3_RATES or rate == 3 or kbps in {0, 15}:  # noqa: PLR2004
        return None
    full = version == _MPEG_1
    bits = (_FULL_KBPS if full else _HALF_KBPS)[kbps - 1] * 1000
    sample_rate = _MP3_RATES[version][rate]
    length = (144 if full else 72) * bits // sample_rate + (header[2] >> 1 & 1)
    channels = 1 if header[3] >> 6 == 3 else 2  # noqa: PLR2004
    return _Frame(header, length, 1152 if full else 576, sample_rate, channels)


def _said(first: bytes) -> int:
    """Bytes that the file has from its first frame on, as a note in it states; 0: it does not."""
    place = max(first.find(word, 0, _NOTE_WITHIN) for word in (b"Xing", b"Info"))
    fields = int.from_bytes(first[place + 4 : place + 8], "big")
    if place < 0 or not fields & _BYTES:
        return 0
    bytes_at = place + 8 + (4 if fields & 1 else 0)
    return int.from_bytes(first[bytes_at : bytes_at + 4], "big")


def _left_out(first: bytes, samples: int) -> int:
    """Samples that no player plays, as the encoder's note in the first frame says.

    They are that frame itself, which is silent, and what the encoder put before and after the
    sound. Of a file that was never closed the note says nothing of these.
    """
    place = max(first.find(word, 0, _NOTE_WITHIN) for word in (b"Xing", b"Info", b"VBRI"))
    if place < 0:
        return 0
    fields = int.from_bytes(first[place + 4 : place + 8], "big")
    maker = place + 8 + sum(size for bit, size in _FIELDS.items() if fields & bit)
    edges = first[maker + 21 : maker + 24]
    if first[maker : maker + 4] not in _MAKERS or len(edges) < 3:  # noqa: PLR2004  # 24 bits
        return samples
    before, after = divmod(int.from_bytes(edges, "big"), 1 << 12)
    return samples + before + after


_ADTS_RATES = (
    96_000, 88_200, 64_000, 48_000, 44_100, 32_000, 24_000, 22_050, 16_000, 12_000, 11_025, 8000,
    7350,
)  # fmt: skip

_HEADER, _SAMPLES = 7, 1024
"""Bytes of a frame's header, and how many samples a block of it has."""


def _adts_at(window: Window, place: int) -> _Frame | None:
    return _adts_frame(window.at(place, _HEADER))


@lru_cache(maxsize=1024)
def _adts_frame(header: bytes) -> _Frame | None:
    bits = int.from_bytes(header, "big")
    if len(header) < _HEADER or bits >> 44 != 0xFFF or bits >> 41 & 3:  # noqa: PLR2004  # the mark
        return None
    rate, channels, length = bits >> 34 & 15, bits >> 30 & 7, bits >> 13 & 0x1FFF
    if rate >= len(_ADTS_RATES) or not channels or length < _HEADER:
        return None
    return _Frame(header, length, _SAMPLES * ((bits & 3) + 1), _ADTS_RATES[rate], channels)


_FRAME_MS = 20

_ABSENT = 0
"""Bytes of speech in a frame that was not sent."""

_RESERVED = 0b1000_0011
"""Bits that are 0 where a frame begins."""

_SOUND = 0b0000_0100
"""The bit that is 1 where a frame that was sent came whole; of zeros it is not."""

_NARROW = {0: 12, 1: 13, 2: 15, 3: 17, 4: 19, 5: 20, 6: 26, 7: 31, 8: 5, 15: _ABSENT}

_WIDE = {
    0: 17, 1: 23, 2: 32, 3: 36, 4: 40, 5: 46, 6: 50, 7: 58, 8: 60, 9: 5, 14: _ABSENT, 15: _ABSENT,
}  # fmt: skip

_KINDS = ((b"#!AMR\n", "amr", 8000, _NARROW), (b"#!AMR-WB\n", "amr-wb", 16000, _WIDE))


def _amr_kind(window: Window) -> tuple[bytes, str, int, dict[int, int]]:
    for kind in _KINDS:
        if window.at(0, len(kind[0])) == kind[0]:
            return kind
    raise NotAudio(SoundFault.UNKNOWN)


def amr_sound(window: Window) -> Sound:
    """The sound of an AMR file with one channel: the first byte of a frame tells its length."""
    mark, codec, sample_rate, lengths = _amr_kind(window)
    start = place = len(mark)
    frames, findings = 0, set()
    while frames < _MAX_FRAMES and (first := window.at(place, 1)):
        length = lengths.get(first[0] >> 3 & 15)
        if length is None or first[0] & _RESERVED:
            findings.add(Finding.DAMAGED)
            break
        if place + 1 + length > window.size:
            findings.add(Finding.TRUNCATED)
            break
        if length and not first[0] & _SOUND:
            findings.add(Finding.DAMAGED)
        place += 1 + length
        frames += 1
    if not frames:
        raise NotAudio(SoundFault.EMPTY)
    counted = Finding.DAMAGED not in findings
    if place - start == frames and counted:  # none was sent
        findings.add(Finding.SILENT)
    if frames == _MAX_FRAMES:
        frames = frames * (window.size - start) // (place - start)
    found = frozenset(findings)
    return Sound("amr", codec, sample_rate, 1, frames * _FRAME_MS, found, is_counted=counted)


FRAME, BLOCK_OF_TWO = 33, 65
"""Bytes of a frame of GSM, 20 ms, and of the two that are a block in a WAVE file."""

_SILENCE = {
    FRAME: bytes.fromhex("d820a2e15a50004924924924500049249249245000492492492450004924924924"),
    BLOCK_OF_TWO: bytes.fromhex(
        "204817d684028024499224890280244992248902802449922489028024499224"
        "098274614d28004892244992280048922449922800489224499228004892244992"
    ),
}
"""What the codec makes of nothing but zeros."""


def gsm_findings(window: Window, start: int, length: int, size: int) -> frozenset[Finding]:
    """Whether every frame is what silence becomes."""
    if window.at(start, size) != _SILENCE[size]:
        return frozenset()  # as nearly all of them; what follows is 64 kB
    silence = _SILENCE[size] * (BLOCK_BYTES // size)
    for place in range(start, start + length, len(silence)):
        piece = window.at(place, min(len(silence), start + length - place))
        if not silence.startswith(piece):
            return frozenset()
    return frozenset({Finding.SILENT})
