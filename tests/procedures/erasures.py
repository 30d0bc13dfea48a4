"""Erasures that the Data Controller approved, and what is left of what they destroyed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from callrec.policy.purpose import Purpose
from callrec.policy.withholding import Ground
from callrec.procedures.erasing import erase as erase_recordings
from procedures.asking import approve, signed_in
from procedures.holding import ANN, ask

if TYPE_CHECKING:
    from pathlib import Path

    from callrec.procedures.destroying import Destruction
    from practices import House


def approved_erasure(house: House, *recordings: int, kept: tuple[int, ...] = ()) -> str:
    """A request to erase Ann's calls, of which dora granted some and withheld the others."""
    asked = (*recordings, *kept)
    reference = ask(house, purpose=Purpose.ERASURE, number=ANN, recordings=asked)
    withheld = dict.fromkeys(kept, Ground.LEGAL_OBLIGATION)
    approve(house, reference, "dora", to="dora", recordings=recordings, withheld=withheld)
    return reference


def erase(house: House, reference: str, *volumes: Path, login: str = "dora") -> Destruction:
    """Erase as one command does."""
    house.open()
    actor = signed_in(house, login)
    done = erase_recordings(
        house.practice, actor, reference, volumes=volumes, advance=lambda _: None
    )
    house.open()
    return done
