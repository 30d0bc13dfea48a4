"""recording: identify, note."""

from __future__ import annotations

from typing import Annotated

import typer

from callrec.cli.groups import new_app
from callrec.cli.invocation import Context, Invocation, practice_and_signer
from callrec.cli.options import valued
from callrec.crypto.canonical import LARGEST_INTEGER
from callrec.policy.rights.note import check_text
from callrec.views.typed import read_note, read_subject
from callrec.views.words import facts

recording_app = new_app()


@recording_app.command()
def identify(
    ctx: Context, recording: OneRecording, *, subject: WhoIsHeard, how: HowRecognised = None
) -> None:
    """Say that a person on the register is heard in a recording, and how you know.

    You can if you heard it under a grant, or handle a request for it. Gathering for that person
    finds it from then on. What you say is kept sealed, in your name.
    """
    asked = ("How do you know that it is this person?", "--how")
    _write(ctx.obj, recording, text=how, asked=asked, person=subject)


@recording_app.command()
def note(
    ctx: Context, recording: OneRecording, *, text: WhatToKnow = None, note: Anew = None
) -> None:
    """Write a note on a recording: what to know of it before it is used or given out.

    You can if you heard it under a grant, or handle a request for it. What you write is kept
    sealed, in your name. --note writes one of yours anew; the version before is kept.
    """
    asked = ("What is to be known of this recording?", "--text")
    _write(ctx.obj, recording, text=text, asked=asked, anew=note)


def _write(
    invocation: Invocation,
    recording: int,
    *,
    text: str | None,
    asked: tuple[str, str],
    person: str = "",
    anew: str | None = None,
) -> None:
    from callrec.notes.note import write_note

    practice, actor = practice_and_signer(invocation)
    if text is None:
        question, option = asked
        text = invocation.prompts.ask_until(
            question, lambda said: check_text(said, option), option=f"{option} TEXT"
        )
    written = write_note(practice, actor, recording, text=text, person=person, note=anew)
    value = {"id": written.reference, **facts(written, "recording", "version")}
    invocation.out.show(value, f"{written.reference} is written on recording {recording}.")


OneRecording = Annotated[
    int,
    typer.Argument(metavar="RECORDING", min=1, max=LARGEST_INTEGER, help="The recording's number."),
]

WhoIsHeard = Annotated[
    str, valued("--subject", "PERSON", "Who on the register is heard in it: S-3.", read_subject)
]

HowRecognised = Annotated[
    str | None, valued("--how", "TEXT", "How you know that it is they, in a sentence.")
]

WhatToKnow = Annotated[str | None, valued("--text", "TEXT", "What to know of it, in a sentence.")]

Anew = Annotated[
    str | None,
    typer.Option("--note", metavar="NOTE", parser=read_note, help="Write this note anew: N-2."),
]
