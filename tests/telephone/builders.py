"""WAVE and MP3 files, valid unless a test says what is wrong with them."""

from __future__ import annotations

import io
import struct
from io import FileIO
from pathlib import Path
from tempfile import NamedTemporaryFile

from callrec.intake.reading import measured_sound
from callrec.telephone.sound.inspecting import inspect
from callrec.telephone.sound.sound import Sound

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


def a_page(serial: bytes, position: int, body: bytes, *, flags: int = 0) -> bytes:
    """Of Ogg; flags: 2 begins a stream, 4 ends it."""
    whole, rest = divmod(len(body), 255)
    lengths = b"\xff" * whole + bytes([rest])
    head = b"OggS\0" + struct.pack("<Bq", flags, position) + serial + bytes(8)
    return head + bytes([len(lengths)]) + lengths + body


def a_speex(serial: bytes, seconds: int, *, size_bytes: int = 100) -> bytes:
    """Ogg with Speex, 8 kHz, one channel: a page of so many bytes a second."""
    head = b"Speex   1.2".ljust(28, b"\0") + struct.pack("<9I", 1, 80, 8000, 0, 4, 1, 0, 160, 0)
    first = a_page(serial, 0, head.ljust(80, b"\0"), flags=2)
    sound = (
        a_page(serial, second * 8000, bytes(size_bytes), flags=4 if second == seconds else 0)
        for second in range(1, seconds + 1)
    )
    return first + a_page(serial, 0, b"comment") + b"".join(sound)


def heard(data: bytes, suffix: str = "") -> Sound:
    return inspect(io.BytesIO(data), len(data), suffix)


def played(data: bytes, suffix: str = "") -> Sound:
    """As it is taken in: decoded, where its length cannot be counted."""
    with NamedTemporaryFile() as file:
        file.write(data)
        file.flush()
        with FileIO(file.name) as opened:
            return measured_sound(opened, len(data), suffix)
