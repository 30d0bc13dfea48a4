"""Recordings that are heard, by nobody's ears."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from callrec.release.listen import Playback, PlayedRecording, Player, listen_to
from house.practices import House
from house.requests import signed_in


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
