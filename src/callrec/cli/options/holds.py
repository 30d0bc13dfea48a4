"""Options of holds."""

from __future__ import annotations

import re
from typing import Annotated

import typer

from callrec.errors import Unusable


def read_hold(text: str) -> int:
    """A hold's number, as it is printed: 3 of ``H-3``, from that or from ``3``."""
    digits = re.fullmatch(r"(?:[Hh]-?)?0*([1-9][0-9]{0,8})", text.strip())
    if digits is None:
        raise Unusable("a hold is given as H-3 or 3", hint="callrec hold list shows the holds")
    return int(digits[1])


HoldReference = Annotated[
    int,
    typer.Argument(metavar="HOLD", parser=read_hold, help="Which hold: H-3, or 3 for short."),
]
