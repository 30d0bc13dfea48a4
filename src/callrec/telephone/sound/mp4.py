"""MPEG-4 files (M4A, and what mobile telephones record): boxes within boxes.

Source: ISO/IEC 14496-12, 4.2 (boxes), 8.2.2 (mvhd), 8.4.3 (hdlr), 8.5.2 and 12.2.3 (stsd).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from callrec.telephone.sound.sound import (
    CutShort,
    Empty,
    Finding,
    Sound,
    Unknown,
    milliseconds,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

    from callrec.telephone.sound.window import Window

_CODECS = {b"mp4a": "aac", b"alac": "alac", b"samr": "amr", b"sawb": "amr-wb", b".mp3": "mp3"}
_MOST_BOXES = 1000
"""On one level of one box."""


class _Box(NamedTuple):
    name: bytes
    start: int
    """Of what it holds."""
    end: int


def mp4_sound(window: Window) -> Sound:
    """The sound of an MPEG-4 file's first sound track.

    Raises:
        NotAudio: it has no sound track, or was not finished.
    """
    movie = next(_boxes(window, _Box(b"", 0, window.size), b"moov"), None)
    if movie is None or movie.end > window.size:
        raise CutShort
    duration_ms = _duration_ms(window, movie)
    for track in _boxes(window, movie, b"trak"):
        entry = _sound_entry(window, track)
        if entry:
            codec = _CODECS.get(entry[4:8], "unknown")
            channels = int.from_bytes(entry[24:26], "big")
            sample_rate = int.from_bytes(entry[32:34], "big")
            findings = frozenset({Finding.TRUNCATED} if _is_cut(window) else ())
            return Sound("m4a", codec, sample_rate, channels, duration_ms, findings)
    raise Unknown


def _is_cut(window: Window) -> bool:
    """Whether the box that holds the sound is longer than what is there of it."""
    whole = _Box(b"", 0, window.size)
    return any(box.end > window.size for box in _boxes(window, whole, b"mdat"))


def _duration_ms(window: Window, movie: _Box) -> int:
    header = next(_boxes(window, movie, b"mvhd"), None)
    body = window.at(header.start, 32) if header else b""
    if len(body) < 32:  # noqa: PLR2004  # what the longer form has up to its duration
        raise CutShort
    long = body[0] == 1
    scale, duration = (body[20:24], body[24:32]) if long else (body[12:16], body[16:20])
    if not duration.strip(b"\xff"):  # it was streamed, and nobody came back to say
        raise CutShort
    if not duration.strip(b"\0"):
        raise Empty
    return milliseconds(int.from_bytes(duration, "big"), int.from_bytes(scale, "big"))


def _sound_entry(window: Window, track: _Box) -> bytes:
    """The description of a track's samples, where they are sound; else nothing."""
    for media in _boxes(window, track, b"mdia"):
        handlers = [window.at(box.start + 8, 4) for box in _boxes(window, media, b"hdlr")]
        for table in _within(window, media, (b"minf", b"stbl", b"stsd")):
            entry = window.at(table.start + 8, 36)
            if handlers == [b"soun"] and len(entry) == 36:  # noqa: PLR2004  # as far as the rate
                return entry
    return b""


def _within(window: Window, box: _Box, names: tuple[bytes, ...]) -> Iterator[_Box]:
    for inner in _boxes(window, box, names[0]):
        yield from _within(window, inner, names[1:]) if names[1:] else (inner,)


def _boxes(window: Window, outer: _Box, name: bytes) -> Iterator[_Box]:
    """The boxes of one name that lie directly in another."""
    place = outer.start
    for _ in range(_MOST_BOXES):
        head = window.at(place, 16)
        size = int.from_bytes(head[:4], "big")
        begin = 8
        if size == 1:  # the size did not fit, and follows the name
            size, begin = int.from_bytes(head[8:], "big"), 16
        elif size == 0:  # up to the end
            size = outer.end - place
        if size < begin or place >= outer.end:
            return
        if head[4:8] == name:
            end = min(place + size, outer.end) if outer.name else place + size
            yield _Box(name, place + begin, end)
        place += size
