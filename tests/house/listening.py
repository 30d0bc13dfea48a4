"""Recordings that are heard, by nobody's ears."""

from __future__ import annotations

import wave
from array import array
from collections.abc import Callable
from pathlib import Path
from typing import Any

from callrec.release.listen import Playback, PlayedRecording, Player, listen_to
from house.practices import House
from house.requests import approved, signed_in
from house.spool import a_call, a_name, take_in


def takes_all(_: str) -> Player:
    """A player of everything, which takes all of it."""
    return Player(("ear", "-q"), lambda pieces: bool([piece for piece in pieces if piece]))


def hear(
    house: House,
    reference: str = "R-1",
    recording: int | None = 1,
    login: str = "sam",
    *,
    player: Callable[[str], Player] = takes_all,
    **room: Any,
) -> PlayedRecording:
    """Listen as one command does."""
    where = Playback(player=player, **room)
    return listen_to(house.practice, signed_in(house, login), reference, recording, where)


RATE = 8000

LASTS_S = 25
"""How long `spoken` is: three pieces of the desk's player."""

SILENT_S = (12, 16)
"""From where to where nobody speaks in it."""


def spoken(file: Path, seconds: int = LASTS_S, *, channels: int = 2) -> Path:
    """A WAVE file of two channels, on the left louder than on the right, and silent in between."""
    begins, ends = SILENT_S
    samples = array("h")
    for second in range(seconds):
        is_loud = not begins <= second < ends
        for sample in range(RATE):
            swing = (sample % 40 - 20) * is_loud
            samples.extend([swing * 400, swing * 200][:channels])
    file.parent.mkdir(parents=True, exist_ok=True)
    with wave.open(str(file), "wb") as written:
        written.setparams((channels, 2, RATE, 0, "NONE", "not compressed"))
        written.writeframes(samples.tobytes())
    return file


def granted_spoken(house: House) -> str:
    """max has approved R-1, which sam made for recordings 1, which is `spoken`, and 2."""
    spool = house.folder / "spool"
    take_in(house, spoken(spool / a_name()), a_call(spool, 1, name=a_name(1, hours_later=1)))
    return approved(house)
