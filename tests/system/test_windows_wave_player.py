"""What the player of ours reads of a WAVE file before it plays it."""

from __future__ import annotations

import io
import struct
import subprocess
import sys
import wave

import pytest

from callrec.system.playing import OWN_PLAYER

assert sys.platform == "win32"

from callrec.system.windows.wave_player import read_format


def a_wave(seconds: float = 0.5) -> bytes:
    with io.BytesIO() as file:
        with wave.open(file, "wb") as written:
            written.setparams((1, 2, 8000, 0, "NONE", ""))
            written.writeframes(bytes(int(seconds * 16000)))
        return file.getvalue()


def test_its_format_is_read_and_how_much_sound_there_is() -> None:
    file = io.BytesIO(a_wave())
    assert read_format(file) == (struct.pack("<HHIIHH", 1, 1, 8000, 16000, 2, 16), 8000)
    assert len(file.read()) == 8000


def test_other_chunks_are_passed_over() -> None:
    whole = a_wave()
    noted = whole[:12] + b"LIST" + struct.pack("<I", 3) + b"abc\0" + whole[12:]
    assert read_format(io.BytesIO(noted))[1] == 8000


@pytest.mark.parametrize("data", [b"", b"ID3\x04", a_wave()[:30], a_wave()[:36]])
def test_what_is_no_wave_file_is_refused(data: bytes) -> None:
    with pytest.raises(ValueError, match=r"WAVE|sound"):
        read_format(io.BytesIO(data))


def test_as_a_program_it_says_so_by_its_status() -> None:
    done = subprocess.run(OWN_PLAYER, check=False, input=b"no sound", capture_output=True)
    assert done.returncode == 1
