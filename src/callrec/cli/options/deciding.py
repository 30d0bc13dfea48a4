"""Options of deciding a request: on what ground something is withheld."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

import typer

from callrec.cli.options.commands import read_recording
from callrec.errors import Unusable
from callrec.policy.withholding import GROUND_CODES, Ground


@dataclass(frozen=True, slots=True)
class Withheld:
    """One recording that is withheld, by its number."""

    recording: int
    ground: Ground


def read_ground(text: str) -> Ground:
    """The ground that a code stands for."""
    ground = GROUND_CODES.get(text.strip().lower())
    if ground is None:
        raise Unusable(
            "there is no such code to withhold something", hint=f"the codes: {', '.join(Ground)}"
        )
    return ground


def read_withheld(text: str) -> Withheld:
    """A recording and why it is withheld: ``1042=third-party``."""
    number, given, code = text.partition("=")
    if not given:
        raise Unusable(
            "a recording is withheld on a ground",
            hint=f"give ID=CODE, such as 1042=third-party; the codes: {', '.join(Ground)}",
        )
    return Withheld(read_recording(number), read_ground(code))


Withhold = Annotated[
    list[Withheld] | None,
    typer.Option(
        "--withhold",
        metavar="ID=CODE",
        parser=read_withheld,
        help="Withhold this recording, on the ground that the code names; may be given again.",
    ),
]
Code = Annotated[
    Ground | None,
    typer.Option(
        "--code",
        metavar="CODE",
        parser=read_ground,
        help="On what ground all of it is refused, where more than nobody's approval is meant.",
    ),
]
