"""Options of ``callrec request event``."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

import typer


class Event(StrEnum):
    """What can be dated about a request, as it is typed."""

    EXTEND = "extend"
    ASK = "ask"
    ANSWER = "answer"
    IDENTITY = "identity"
    AUTHORITY = "authority"
    FEE = "fee"
    THIRD_PARTIES = "third-parties"


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
        help="What happened: extend (three months instead of one), ask, answer (what was asked),"
        " identity, authority or fee (it came), third-parties (who else is heard was checked).",
    ),
]
EventDay = Annotated[
    str,
    typer.Option("--on", metavar="DATE", help="The day on which it happened; today counts too."),
]
Why = Annotated[
    str | None,
    typer.Option(
        "--reason",
        metavar="TEXT",
        help="Why more time is needed, what was asked, or what was found; a sentence.",
    ),
]
Wanted = Annotated[
    AskedFor,
    typer.Option("--for", help="What was asked for: to ask for proof of identity begins anew."),
]
