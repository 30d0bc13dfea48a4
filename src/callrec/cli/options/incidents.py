"""Options and arguments of ``callrec incident``."""

from __future__ import annotations

import re
from typing import Annotated

import typer

from callrec.cli.options.commands import read_recording, read_request
from callrec.crypto.canonical import LARGEST_INTEGER
from callrec.errors import Unusable
from callrec.policy import incident


def read_incident_reference(text: str) -> str:
    """An incident's reference as it is printed: ``I-3``, from that or from ``3``."""
    digits = re.fullmatch(r"(?:[Ii]-?)?0*([1-9][0-9]{0,8})", text.strip())
    if digits is None:
        raise Unusable(
            "an incident is given as I-3 or 3", hint="callrec incident list shows the incidents"
        )
    return f"I-{digits[1]}"


IncidentReference = Annotated[
    str,
    typer.Argument(
        metavar="INCIDENT",
        parser=read_incident_reference,
        help="Which incident: I-3, or 3 for short.",
    ),
]

# What is reported.

Noticed = Annotated[
    str | None,
    typer.Option(
        "--noticed", metavar="TIME", help="When it was noticed: 2026-11-24T09:30, or now."
    ),
]
WhatHappened = Annotated[
    str | None,
    typer.Option("--what", metavar="TEXT", help="What happened, in a sentence; it is kept sealed."),
]
WhomToTell = Annotated[
    str | None,
    typer.Option(
        "--tell",
        metavar="USER",
        help="Your line manager, who is told at once; else the controller.",
    ),
]
IncidentRecordings = Annotated[
    list[int] | None,
    typer.Option(
        "--recording",
        metavar="ID",
        parser=read_recording,
        help="A recording that it concerns; may be given again.",
    ),
]
IncidentRequest = Annotated[
    str | None,
    typer.Option(
        "--request", metavar="REQUEST", parser=read_request, help="The request that it concerns."
    ),
]

# What is found out: UK GDPR 33(3), in its order.

Nature = Annotated[str, typer.Option("--nature", metavar="TEXT", help="What kind of breach it is.")]
People = Annotated[
    str, typer.Option("--people", metavar="TEXT", help="Whom it concerns: patients, staff.")
]
PeopleCount = Annotated[
    int | None,
    typer.Option(
        "--people-count",
        metavar="N",
        min=0,
        max=LARGEST_INTEGER,
        help="About how many people they are.",
    ),
]
Records = Annotated[
    str, typer.Option("--records", metavar="TEXT", help="What kind of records it concerns.")
]
RecordCount = Annotated[
    int | None,
    typer.Option(
        "--record-count",
        metavar="N",
        min=0,
        max=LARGEST_INTEGER,
        help="About how many records they are.",
    ),
]
ContactForMore = Annotated[
    str,
    typer.Option("--contact", metavar="TEXT", help="Where more can be learned of it."),
]
Consequences = Annotated[
    str, typer.Option("--consequences", metavar="TEXT", help="What is likely to follow from it.")
]
Measures = Annotated[
    str,
    typer.Option("--measures", metavar="TEXT", help="What is done about it, or proposed."),
]

# UK GDPR 33(5).

BreachFacts = Annotated[
    str, typer.Option("--facts", metavar="TEXT", help="What happened, as it was established.")
]
Effects = Annotated[str, typer.Option("--effects", metavar="TEXT", help="What came of it.")]
Remedy = Annotated[
    str, typer.Option("--remedy", metavar="TEXT", help="What was done to put it right.")
]

# How grave it is.

Likelihood = Annotated[
    int | None,
    typer.Option(
        "--likelihood",
        metavar="1-5",
        min=1,
        max=5,
        help="How likely harm is: 1 not occurred, 2 not likely, 3 likely, 4 highly, 5 occurred.",
    ),
]
Impact = Annotated[
    int | None,
    typer.Option(
        "--impact",
        metavar="1-5",
        min=1,
        max=5,
        help="How grave the harm is: 1 none, 2 minor, 3 some, 4 pain or loss, 5 death.",
    ),
]

# How it ends.

IncidentOutcome = Annotated[
    incident.Outcome | None,
    typer.Option("--outcome", help="Whether the Information Commissioner was told."),
]
OutcomeOn = Annotated[
    str | None,
    typer.Option(
        "--on", metavar="DATE", help="When that was: a day, or a moment as in 2026-11-26T10:00."
    ),
]
DelayReason = Annotated[
    str,
    typer.Option("--delay-reason", metavar="TEXT", help="Why it was reported after the 72 hours."),
]
