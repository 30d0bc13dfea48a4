"""What each purpose asks for (policy/further.py), as options."""

from __future__ import annotations

from pathlib import Path  # Typer reads it
from typing import TYPE_CHECKING, Annotated, Any

import typer

from callrec.policy.further import FurtherParticular

if TYPE_CHECKING:
    from collections.abc import Mapping

Learning = Annotated[
    str | None,
    typer.Option("--learning", metavar="TEXT", help="What is to be learned, in a sentence."),
]

Affected = Annotated[
    str | None,
    typer.Option("--affected", metavar="USER", help="Login of the member of staff affected."),
]

Complaint = Annotated[
    str | None, typer.Option("--complaint", metavar="REF", help="Reference of the complaint.")
]

Complainant = Annotated[
    str | None,
    typer.Option("--complainant", metavar="patient|staff", help="Who complained."),
]

Claim = Annotated[
    str | None, typer.Option("--claim", metavar="REF", help="Reference of the claim.")
]

Employee = Annotated[
    str | None,
    typer.Option("--employee", metavar="NAME", help="The employee: login or full name."),
]

Allegation = Annotated[
    str | None, typer.Option("--allegation", metavar="REF", help="Reference of the allegation.")
]

Agreement = Annotated[
    Path | None,
    typer.Option(
        "--agreement",
        metavar="FILE",
        help="Text of the Data Controller's written agreement; kept sealed.",
    ),
]

AgreedOn = Annotated[
    str | None,
    typer.Option("--consulted", metavar="DATE", help="When the Data Controller agreed to it."),
]

Regulator = Annotated[
    str | None, typer.Option("--regulator", metavar="NAME", help="Which regulator investigates.")
]

TheirReference = Annotated[
    str | None,
    typer.Option("--reference", metavar="REF", help="The number that the other side quotes."),
]

DataSubject = Annotated[
    str | None,
    typer.Option("--subject", metavar="NAME", help="Full name of the person whose calls they are."),
]

Received = Annotated[
    str | None,
    typer.Option("--received", metavar="DATE", help="The day on which the request came in."),
]

ReceivedHow = Annotated[
    str | None,
    typer.Option("--received-how", metavar="written|spoken", help="How the request came in."),
]

Identity = Annotated[
    str | None,
    typer.Option(
        "--identity", metavar="HOW", help="How the identity was checked, and by whom; or unknown."
    ),
]

Authority = Annotated[
    str | None,
    typer.Option(
        "--authority",
        metavar="TEXT",
        help="Authority of whoever asks for somebody else; or none, or unknown.",
    ),
]

HearOrCopy = Annotated[
    bool | None,
    typer.Option("--hear/--copy", help="Whether to hear it at the practice, or have a copy."),
]

Body = Annotated[
    str | None, typer.Option("--body", metavar="NAME", help="The outside body that asks.")
]

Officer = Annotated[
    str | None, typer.Option("--officer", metavar="NAME", help="The officer who asks for it.")
]

Rank = Annotated[
    str | None, typer.Option("--rank", metavar="TEXT", help="The officer's rank or office.")
]

Contact = Annotated[
    str | None, typer.Option("--contact", metavar="TEXT", help="Where the officer is reached.")
]

LegalBasis = Annotated[
    str | None,
    typer.Option(
        "--legal-basis",
        metavar="CODE",
        help="Basis to disclose it: crime, legal-proceedings, court-order or other.",
    ),
]

AnswerBy = Annotated[
    str | None,
    typer.Option("--answer-by", metavar="DATE", help="The day that a court's order sets."),
]

Urgent = Annotated[
    bool | None,
    typer.Option("--urgent/--not-urgent", help="Whether somebody's life or safety hangs on it."),
]

Necessity = Annotated[
    str | None,
    typer.Option("--necessity", metavar="TEXT", help="Why they need it, in a sentence."),
]

Prejudice = Annotated[
    str | None,
    typer.Option(
        "--prejudice", metavar="TEXT", help="What would suffer without it, in a sentence."
    ),
]

SubjectMayBeTold = Annotated[
    bool | None,
    typer.Option(
        "--subject-may-be-told/--subject-must-not-be-told",
        help="Whether the person concerned may learn of it.",
    ),
]

Applicant = Annotated[
    str | None,
    typer.Option("--applicant", metavar="NAME", help="Who asks for a dead person's record."),
]

LegalStanding = Annotated[
    str | None,
    typer.Option(
        "--standing",
        metavar="personal-representative|claimant",
        help="As what the applicant asks.",
    ),
]

Evidence = Annotated[
    str | None,
    typer.Option(
        "--evidence", metavar="TEXT", help="What shows the applicant's standing; or unknown."
    ),
]

AttachMatching = Annotated[
    bool,
    typer.Option(
        "--attach-matching", help="Attach the recordings that match, if you may search for them."
    ),
]

FURTHER: Mapping[FurtherParticular, Any] = {
    FurtherParticular.LEARNING: Learning,
    FurtherParticular.AFFECTED: Affected,
    FurtherParticular.COMPLAINT: Complaint,
    FurtherParticular.COMPLAINANT: Complainant,
    FurtherParticular.CLAIM: Claim,
    FurtherParticular.EMPLOYEE: Employee,
    FurtherParticular.ALLEGATION: Allegation,
    FurtherParticular.AGREEMENT: Agreement,
    FurtherParticular.CONSULTED: AgreedOn,
    FurtherParticular.REGULATOR: Regulator,
    FurtherParticular.REFERENCE: TheirReference,
    FurtherParticular.SUBJECT: DataSubject,
    FurtherParticular.RECEIVED: Received,
    FurtherParticular.RECEIVED_HOW: ReceivedHow,
    FurtherParticular.IDENTITY: Identity,
    FurtherParticular.AUTHORITY: Authority,
    FurtherParticular.HEAR_OR_COPY: HearOrCopy,
    FurtherParticular.BODY: Body,
    FurtherParticular.OFFICER: Officer,
    FurtherParticular.RANK: Rank,
    FurtherParticular.CONTACT: Contact,
    FurtherParticular.LEGAL_BASIS: LegalBasis,
    FurtherParticular.ANSWER_BY: AnswerBy,
    FurtherParticular.URGENT: Urgent,
    FurtherParticular.NECESSITY: Necessity,
    FurtherParticular.PREJUDICE: Prejudice,
    FurtherParticular.SUBJECT_MAY_BE_TOLD: SubjectMayBeTold,
    FurtherParticular.APPLICANT: Applicant,
    FurtherParticular.STANDING: LegalStanding,
    FurtherParticular.EVIDENCE: Evidence,
}
"""The option of each; a test holds them against the policy's table."""
