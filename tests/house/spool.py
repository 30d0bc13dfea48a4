"""Recordings as a telephone system leaves them, made up; and what the vault makes of them."""

from __future__ import annotations

import random
import struct
from pathlib import Path

from sqlalchemy import select

from callrec.calls.custody import OpenedRecording, Opening
from callrec.catalogue import tables
from callrec.catalogue.engine import reading
from callrec.crypto.context import context
from callrec.intake.clearing import AfterIntake
from callrec.intake.ingest import ingest_recordings
from callrec.intake.summary import Ingested
from callrec.store.sealing import open_stream
from house.practices import House

KEEP = AfterIntake()

NUMBER = "07700900123"

HEADER = 58

LOUD = bytes(byte & 31 for byte in range(256))
"""Any byte as one that is a loud sample in mu-law."""


def a_wave(seed: int = 0, size_bytes: int = 2058) -> bytes:
    """A WAVE file of mu-law noise, no two seeds alike."""
    samples = random.Random(seed).randbytes(size_bytes - HEADER).translate(LOUD)  # noqa: S311 - noise, no secret
    form = struct.pack("<4sIHHIIHHH", b"fmt ", 18, 7, 1, 8000, 8000, 1, 8, 0)
    fact = struct.pack("<4sII", b"fact", 4, len(samples))
    data = struct.pack("<4sI", b"data", len(samples)) + samples
    return struct.pack("<4sI4s", b"RIFF", size_bytes - 8, b"WAVE") + form + fact + data


def a_name(call: int = 0, *, hours_later: int = 0) -> str:
    """A name as FreePBX writes it, another for each call."""
    written, began = 140501 + 10000 * hours_later, 1720098301 + 3600 * hours_later + call
    return f"in-201-{NUMBER}-20240704-{written}-{began}.{call}.wav"


def a_call(folder: Path, call: int = 0, *, name: str = "", size_bytes: int = 2058) -> Path:
    """A recording in the spool."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / (name or a_name(call))
    path.write_bytes(a_wave(call, size_bytes))
    return path


def undecodable(folder: Path, call: int = 5) -> Path:
    """A recording in the spool of a codec that nobody has."""
    path = a_call(folder, call)
    data = bytearray(path.read_bytes())
    data[20:22] = struct.pack("<H", 0x4242)
    path.write_bytes(data)
    return path


def take_in(
    house: House,
    *paths: Path,
    login: str = "max",
    after: AfterIntake = KEEP,
    unrecognised: bool = True,
) -> Ingested:
    """Ingest as one command does, with files of any name unless the test says otherwise."""
    return ingest_recordings(
        house.practice,
        house.actor(login),
        paths,
        after=after,
        advance=lambda _: None,
        unrecognised=unrecognised,
    )


def recordings_of(house: House, *, whole: bool = False) -> list[OpenedRecording]:
    """Every recording in the vault, opened and checked as for a release.

    ``whole``: as where all of them are gone through.
    """
    actor = house.actor("dora")
    with reading(house.practice.engine) as connection:
        opening = Opening(house.practice, actor, connection)
        if whole:
            opening.look_up_all()
        return [opening.checked(row) for row in connection.execute(select(tables.recording))]


def data_keys_of(house: House) -> dict[str, bytes]:
    """The data key of every recording, by its uid."""
    actor = house.actor("dora")
    with reading(house.practice.engine) as connection:
        opening = Opening(house.practice, actor, connection)
        rows = connection.execute(select(tables.recording)).all()
        return {row.uid: opening.data_key(row) for row in rows}


def originals_of(house: House) -> list[bytes]:
    """Every original in the vault, opened."""
    keys = data_keys_of(house)
    originals = []
    for recording in recordings_of(house):
        info = context("recording", house.practice.vault, uid=recording.uid)
        with house.practice.store.open(recording.ciphertext) as sealed:
            originals.append(b"".join(open_stream(sealed, keys[recording.uid], info)))
    return originals


def names_of(recording: OpenedRecording) -> list[str]:
    """Under which names its audio came."""
    return [each["name"] for each in recording.fields["provenance"]]


def left_in(folder: Path) -> list[str]:
    """The files in a folder and below, by their names from there."""
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*") if not path.is_dir())
