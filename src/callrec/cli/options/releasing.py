"""Options of releasing: what a package may take, and what marks its medium."""

from __future__ import annotations

import re
from typing import Annotated

import typer

from callrec.errors import Unusable

_SIZE = re.compile(r"([0-9]{1,6})(?:\.([0-9]))? ?(k|m|g)(i?)b?", re.IGNORECASE)
_POWERS = {"k": 1, "m": 2, "g": 3}


def read_size(text: str) -> int:
    """Bytes, from ``25MB`` or ``1.5 GB``: thousands; ``25MiB`` counts in 1,024s."""
    found = _SIZE.fullmatch(text.strip())
    size = _bytes(found) if found else 0
    if not size:
        raise Unusable("a size is given as 25MB", hint="a number and kB, MB or GB")
    return size


def _bytes(found: re.Match[str]) -> int:
    unit: int = (1024 if found[4] else 1000) ** _POWERS[found[3].lower()]
    return int(found[1]) * unit + int(found[2] or 0) * unit // 10


Fit = Annotated[
    int | None,
    typer.Option(
        "--fit",
        metavar="SIZE",
        parser=read_size,
        help="Make the package no larger than this: 25MB goes through NHSmail.",
    ),
]
ExhibitLabel = Annotated[
    str,
    typer.Option(
        "--exhibit", metavar="REF", help="For an outside body: what the exhibit is called, DW/1."
    ),
]
MediumSerial = Annotated[
    str,
    typer.Option(
        "--medium-serial",
        metavar="TEXT",
        help="For an outside body: the serial number of the drive or disc that goes out.",
    ),
]
NamesSubject = Annotated[
    bool,
    typer.Option(
        "--name-subject",
        help="Name the data subject on the certificate; else it names nobody.",
    ),
]
