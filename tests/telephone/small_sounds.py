"""Valid files of every kind of sound, by their names: the vectors, and some smaller than these."""

from __future__ import annotations

import struct
from pathlib import Path
from typing import Final

from telephone.builders import a_chunk, a_format, a_wave

VECTORS: Final = Path(__file__).parent.parent / "vectors"
_FOLDERS = (VECTORS / "telephone/sound", VECTORS / "sound")
_SAMPLES = bytes(range(7, 67))
_DS64 = a_chunk(b"ds64", struct.pack("<QQQI", 0, len(_SAMPLES), 30, 0))
_RF64 = _DS64 + a_chunk(b"fmt ", a_format()) + a_chunk(b"data", _SAMPLES, said=0xFFFFFFFF)
_GSM = bytes.fromhex("d820a2e15a50004924924924500049249249245000492492492450004924924924")

SOUNDS: Final = {
    **{
        path.name: path.read_bytes()
        for folder in _FOLDERS
        for path in sorted(folder.iterdir())
        if path.suffix not in {".json", ".md"}
    },
    "smallest.wav": a_wave(_SAMPLES),
    "smallest-big-endian.wav": a_wave(_SAMPLES, kind=b"RIFX"),
    "smallest-with-a-note.wav": a_wave(_SAMPLES, after=a_chunk(b"LIST", b"INFOISFT")),
    "smallest-silent.wav": a_wave(bytes(60)),
    "smallest-rf64.wav": b"RF64\xff\xff\xff\xffWAVE" + _RF64,
    "smallest.au": struct.pack(">4s5I", b".snd", 24, 60, 27, 8000, 2) + _SAMPLES,
    "smallest.aac": (bytes.fromhex("fff16040029ffc") + bytes(13)) * 3,
    "smallest.gsm": _GSM * 2,
    "smallest.ulaw": _SAMPLES,
    "smallest.sln16": _SAMPLES,
}
