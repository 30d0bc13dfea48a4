"""What Asterisk writes without any header: only the suffix tells, once the bytes are nothing else.

Nothing tells that a .raw file has two channels, as MixMonitor writes them with its option D: it is
taken for one channel of twice the length.

Source: asterisk f0c1c1a, formats/*.c (rates, sizes of a frame); ETSI EN 300 961, 1.7 (GSM).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from callrec.telephone.sound.gsm import FRAME, gsm_findings
from callrec.telephone.sound.samples import Samples, sample_findings
from callrec.telephone.sound.sound import Empty, Finding, Sound, Unknown, milliseconds

if TYPE_CHECKING:
    from callrec.telephone.sound.window import Window


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

_SOMETHING_ELSE = (
    b"PK\x03\x04",
    b"%PDF",
    b"\x89PNG",
    b"GIF8",
    b"\x7fELF",
    b"\x1f\x8b\x08",
    b"7z\xbc",
)
"""How files begin that are sometimes called .raw: archives, documents, pictures, programs."""


def headerless_sound(window: Window, suffix: str) -> Sound:
    """The sound of a file that is samples from its first byte on.

    Args:
        window: of the file, in which no kind of sound, and no text, was found.
        suffix: of the file's name, in any case, with or without its dot.

    Raises:
        NotAudio: the suffix is none of these, or the bytes are of something else.
    """
    name = suffix.lstrip(".").casefold()
    kind = _KINDS.get(name)
    head = window.at(0, 64)
    if kind is None or head.startswith(_SOMETHING_ELSE):
        raise Unknown
    if window.size < kind.frame:
        raise Empty
    if name == "gsm" and any(first >> 4 != _GSM_MARK for first in head[:: kind.frame]):
        raise Unknown
    frames, scrap = divmod(window.size, kind.frame)
    duration_ms = milliseconds(frames * kind.samples, kind.sample_rate)
    findings = frozenset({Finding.TRUNCATED} if scrap else ())
    # Nothing is listened to before it is sure that it can be a sound.
    sound = Sound(name, kind.codec, kind.sample_rate, 1, duration_ms, findings)
    return sound.with_findings(_headerless_heard(window, kind.codec, frames * kind.frame))


def _headerless_heard(window: Window, codec: str, length: int) -> frozenset[Finding]:
    if codec == "gsm":
        return gsm_findings(window, 0, length, FRAME)
    return sample_findings(window, Samples(codec, 0, length))
