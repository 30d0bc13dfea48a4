"""Which of FFmpeg's readers takes a recording's bytes.

By their content where they have a header, by the suffix where they have none.

Sources: asterisk f0c1c1a, formats/*.c (suffixes and rates); FFmpeg 8.1, libavformat.
"""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING, Final, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

READERS: Final = (
    "wav", "w64", "mp3", "ogg", "flac", "amr", "amrnb", "amrwb", "au", "aac", "aiff", "caf",
    "mov", "mp4", "m4a", "3gp", "3g2", "matroska", "webm", "asf", "voc", "dss", "ac3", "wv",
    "gsm", "g722", "g729", "mulaw", "alaw", "s16le",
)  # fmt: skip
"""The only readers that are let near the bytes: none of playlists, devices, pictures or films."""


class Reader(NamedTuple):
    """One of FFmpeg's, with what it must be told."""

    name: str | None
    """None: it is told by the content."""
    options: Mapping[str, str]
    big_endian: bool = False
    """Whether the samples are, which FFmpeg does not notice of RIFX."""


_SLN_RATES = {
    "": 8000, "12": 12000, "16": 16000, "24": 24000, "32": 32000, "44": 44100,
    "48": 48000, "96": 96000, "192": 192000,
}  # fmt: skip
_ONE_CHANNEL = {"ch_layout": "mono"}
_HEADERLESS = {
    "ulaw": Reader("mulaw", {"sample_rate": "8000", **_ONE_CHANNEL}),
    "alaw": Reader("alaw", {"sample_rate": "8000", **_ONE_CHANNEL}),
    "raw": Reader("s16le", {"sample_rate": "8000", **_ONE_CHANNEL}),
    **{
        f"sln{name}": Reader("s16le", {"sample_rate": str(rate), **_ONE_CHANNEL})
        for name, rate in _SLN_RATES.items()
    },
    "g722": Reader("g722", {}),
    "g729": Reader("g729", {}),
    "gsm": Reader("gsm", {}),
}
_MARKS = (b"RIFF", b"RIFX", b"RF64", b"OggS", b"fLaC", b"#!AMR", b".snd", b"ID3")
_RIFF = {b"RIFF": "<", b"RIFX": ">"}
_MOST_CHUNKS = 1000
_PROBE_LIMITS = {"max_size": "32768", "probesize": "131072"}
"""Bytes of a WAVE file that are decoded at once, and those that FFmpeg looks at to see what they
are; left to itself it takes 40 ms of sound, and keeps 5 MB of packets beforehand."""


def reader_for(at: Callable[[int, int], bytes], size: int, suffix: str) -> Reader:
    """What reads these bytes.

    Args:
        at: so many bytes from a place on; fewer where they end.
        size: of the whole, in bytes.
        suffix: of the recording's name, in any case, with or without its dot.
    """
    head = at(0, 12)
    if head[:4] in _RIFF:
        order = _RIFF[head[:4]]
        believed = _sound_is_as_long_as_said(at, size, order)
        length = {} if believed else {"ignore_length": "1"}
        return Reader(None, {**_PROBE_LIMITS, **length}, order == ">")
    if head.startswith(_MARKS) or head[4:8] == b"ftyp":
        return Reader(None, {})
    return _HEADERLESS.get(suffix.lstrip(".").casefold(), Reader(None, {}))


def _sound_is_as_long_as_said(at: Callable[[int, int], bytes], size: int, order: str) -> bool:
    """Whether a WAVE file's own count of its sound fits; after a crash it is 0 or old."""
    place = 12
    for _ in range(_MOST_CHUNKS):
        head = at(place, 8)
        if len(head) < 8:  # noqa: PLR2004  # a name and a size
            return True
        name, said = struct.unpack(f"{order}4sI", head)
        after = place + 8 + said + said % 2
        if name == b"data":
            return after > size or _is_chunk(at(after, 8), size - after - 8, order)
        place = after
    return True


def _is_chunk(head: bytes, left: int, order: str) -> bool:
    """Whether what follows the sound is another chunk, or nothing."""
    if len(head) < 8:  # noqa: PLR2004  # the end, or a scrap
        return True
    name, said = struct.unpack(f"{order}4sI", head)
    return said <= left and all(0x20 <= sign < 0x7F for sign in name)  # noqa: PLR2004  # ASCII
