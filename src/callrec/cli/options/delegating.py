"""Options of lending a power."""

from __future__ import annotations

from typing import Annotated

import typer

from callrec.errors import Unusable
from callrec.policy.role import Power

_POWERS = {str(power): power for power in Power}


def read_power(text: str) -> Power:
    """The power that a word stands for."""
    power = _POWERS.get(text.strip().lower())
    if power is None:
        raise Unusable("there is no such power", hint=f"the powers: {', '.join(Power)}")
    return power


PowerName = Annotated[
    Power,
    typer.Option(
        "--power",
        metavar="POWER",
        parser=read_power,
        help="What the person may do besides what the role brings: decide-reserved.",
    ),
]
LentUntil = Annotated[
    str | None,
    typer.Option("--until", metavar="DATE", help="The last day on which the person may do it."),
]
End = Annotated[bool, typer.Option("--end", help="Take it back at once, and renew its keys.")]
OnlyPowers = Annotated[
    list[Power] | None,
    typer.Option(
        "--only",
        metavar="POWER",
        parser=read_power,
        help="Hold this power of the role and no other; may be given again.",
    ),
]
