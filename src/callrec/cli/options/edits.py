"""Options of what is left out of a copy, and of who hears one."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from callrec.errors import Unusable
from callrec.policy.edits import TypedClip, TypedSilence, read_clip, read_silence

if TYPE_CHECKING:
    from collections.abc import Iterable

    from callrec.policy.edits import TypedEdit

Clips = Annotated[
    list[TypedClip] | None,
    typer.Option(
        "--clip",
        metavar="[ID@]A-B",
        parser=read_clip,
        help="Keep this span alone: 1:30-1:45, or 1042@1:30-1:45 of several.",
    ),
]

Silences = Annotated[
    list[TypedSilence] | None,
    typer.Option(
        "--silence",
        metavar="[ID@]A-B=GROUND[/left|right][/tone]",
        parser=read_silence,
        help="Silence this span because of third-party, serious-harm, privilege or"
        " not-relevant; may be given again.",
    ),
]


def typed_edits(
    clips: Iterable[TypedClip] | None, silences: Iterable[TypedSilence] | None
) -> tuple[TypedEdit, ...]:
    """What both options said; of which recordings is known once it is known which are concerned."""
    return (*(clips or ()), *(silences or ()))


def read_attended(text: str) -> str:
    """Who attends a hearing, in a line."""
    line = " ".join(text.split())
    if not line:
        raise Unusable("it is not said who attends", hint='say who, or --attended "nobody"')
    return line


Attended = Annotated[
    list[str] | None,
    typer.Option(
        "--attended",
        metavar="WHO",
        parser=read_attended,
        help="Who is there besides you, or nobody; kept sealed; may be given again.",
    ),
]

Look = Annotated[
    bool, typer.Option("--look", help="Show the waveform with its times, and play nothing.")
]
