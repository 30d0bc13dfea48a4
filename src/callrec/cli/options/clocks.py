"""Options of ``callrec due``."""

from __future__ import annotations

from typing import Annotated

import typer

from callrec.errors import Unusable
from callrec.policy import days as working_days
from callrec.policy.purpose import Purpose

BREACH = "breach"
"""What has a clock and is no request."""


def read_clock(text: str) -> str:
    """A purpose, or a breach."""
    said = text.strip().casefold()
    if said not in (*Purpose, BREACH):
        raise Unusable(
            "there is no such purpose", hint=f"type one of {', '.join((*Purpose, BREACH))}"
        )
    return said


ClockName = Annotated[
    str,
    typer.Argument(
        metavar="PURPOSE",
        parser=read_clock,
        help="What is asked for: subject-access, erasure, portability, deceased, outside-body;"
        " or breach.",
    ),
]

ReceivedOn = Annotated[
    str | None,
    typer.Option("--received", metavar="DATE", help="The day on which it came, working or not."),
]

Extended = Annotated[
    bool,
    typer.Option("--extended", help="Take three months instead of one, for what is complex."),
]

Division = Annotated[
    working_days.Division | None,
    typer.Option("--division", help="Whose bank holidays count; else the configuration's."),
]

SameDay = Annotated[
    bool, typer.Option("--urgent", help="Of an outside body: it is wanted the same day.")
]

NothingOlder = Annotated[
    bool,
    typer.Option(
        "--nothing-older", help="Of the deceased: nothing in the record is older than 40 days."
    ),
]

OrderDate = Annotated[
    str | None,
    typer.Option(
        "--answer-by", metavar="DATE", help="Of an outside body: the day that a court's order says."
    ),
]

AwareSince = Annotated[
    str | None,
    typer.Option(
        "--aware", metavar="TIME", help="Of a breach: when it was noticed, 2024-05-03T16:30."
    ),
]
