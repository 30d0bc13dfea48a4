"""WAVE and MP3 files, valid unless a test says what is wrong with them."""

from __future__ import annotations

import io
import struct
from pathlib import Path

from callrec.telephone.sound import Sound, inspect

VECTORS = Path(__file__).parent.parent / "vectors/telephone"


def a_chunk(name: bytes, body: bytes, *, order: str = "<", said: int | None = None) -> bytes:
    size = struct.pack(order + "I", len(body) if said is None else said)
    return name + size + body + bytes(len(body) % 2)


def a_format(
    *, tag: int = 1, channels: int = 1, rate: int = 8000, bits: int = 16, order: str = "<"
) -> bytes:
    block = channels * bits // 8
    return struct.pack(order + "HHIIHH", tag, channels, rate, rate * block, block, bits)


def a_wave(
    sound: bytes,
    form: bytes | None = None,
    *,
    said: int | None = None,
    riff_said: int | None = None,
    after: bytes = b"",
    kind: bytes = b"RIFF",
) -> bytes:
    order = ">" if kind == b"RIFX" else "<"
    body = b"WAVE" + a_chunk(b"fmt ", form or a_format(order=order), order=order)
    body += a_chunk(b"data", sound, order=order, said=said) + after
    return kind + struct.pack(order + "I", len(body) if riff_said is None else riff_said) + body


def an_mp3(frames: int) -> bytes:
    """MPEG 2.5, 16 kbit/s, 8 kHz, one channel: frames of 144 bytes and 72 ms."""
    return (b"\xff\xe3\x28\xc4" + bytes(140)) * frames


def heard(data: bytes, suffix: str = "") -> Sound:
    return inspect(io.BytesIO(data), len(data), suffix)
