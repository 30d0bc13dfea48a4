"""Options of ``callrec request event``."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

import typer

from callrec.policy.handing_over import Channel


class Event(StrEnum):
    """What can be dated about a request, as it is typed."""

    EXTEND = "extend"
    ASK = "ask"
    ANSWER = "answer"
    IDENTITY = "identity"
    AUTHORITY = "authority"
    FEE = "fee"
    THIRD_PARTIES = "third-parties"
    HANDED_OVER = "handed-over"
    ACKNOWLEDGED = "acknowledged"


class AskedFor(StrEnum):
    """What the practice asks for, as it is typed."""

    CLARIFICATION = "clarification"
    IDENTITY = "identity"
    AUTHORITY = "authority"
    FEE = "fee"


EventName = Annotated[
    Event,
    typer.Argument(
        metavar="EVENT",
        show_choices=False,
        help="What happened: extend (three months instead of one), ask, answer (what was asked),"
        " identity, authority or fee (it came), third-parties (who else is heard was checked),"
        " handed-over, acknowledged (the package that was released).",
    ),
]
EventDay = Annotated[
    str,
    typer.Option("--on", metavar="DATE", help="The day on which it happened; today counts too."),
]
EventReason = Annotated[
    str | None,
    typer.Option(
        "--reason",
        metavar="TEXT",
        help="Why more time is needed or another way was taken, what was asked, found or"
        " acknowledged; a sentence.",
    ),
]
AskedForWhat = Annotated[
    AskedFor,
    typer.Option("--for", help="What was asked for: to ask for proof of identity begins anew."),
]
AtTime = Annotated[
    str | None,
    typer.Option("--time", metavar="TIME", help="When it was handed over, if known: 14:05."),
]
HandedOverBy = Annotated[
    Channel | None, typer.Option("--by", help="How the package was handed over.")
]
ToWhom = Annotated[
    str | None,
    typer.Option("--to-whom", metavar="TEXT", help="To whom; it is kept sealed in the record."),
]
WhichRelease = Annotated[
    str,
    typer.Option(
        "--release",
        metavar="ID",
        help="Which package, where it could be several: how its id begins, as in its name.",
    ),
]
