"""What people try to leave out of a copy, and cannot."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final

from callrec.policy.edits import (
    Edits,
    Silence,
    Span,
    check_edits,
    edits_by_recording,
    edits_to_apply,
    read_clip,
    read_silence,
)
from callrec.policy.hearing import check_attended
from callrec.policy.purpose import Purpose
from callrec.policy.rights.grounds import Ground
from policy.builders import a_request

CLIPPED = Edits(clip=Span(0, 1_000))


def silenced(*spans: Span, clip: Span | None = None) -> Edits:
    return Edits(clip, tuple(Silence(span, Ground.THIRD_PARTY) for span in spans))


DEEDS: Final[Mapping[str, Callable[[], object]]] = {
    # What they are.
    "a span ends before it begins": lambda: Span(2_000, 1_000),
    "a span is silenced because of crime": lambda: Silence(Span(0, 1_000), Ground.CRIME),
    "a span is silenced that is later than the recording": lambda: check_edits(
        silenced(Span(80_000, 95_500)), 90_250
    ),
    "a span is silenced that is clipped away": lambda: check_edits(
        silenced(Span(2_000, 3_000), clip=Span(0, 2_000)), 90_000
    ),
    "two spans are silenced, the later first": lambda: check_edits(
        silenced(Span(2_000, 3_000), Span(1_000, 1_500)), 90_000
    ),
    # How they are typed.
    "a span is typed with one end": lambda: read_clip("90"),
    "a span is typed by bytes": lambda: read_clip("0x10-0x20"),
    "a span is silenced and nobody says why": lambda: read_silence("1:30-1:45"),
    "a span is silenced for fun": lambda: read_silence("1:30-1:45=fun"),
    "a span is silenced with music": lambda: read_silence("1:30-1:45=privilege/music"),
    "a recording is clipped by its name": lambda: read_clip("monday@1:30-1:45"),
    "one of two recordings is clipped": lambda: edits_by_recording(
        [read_clip("1-2")], [1042, 1043]
    ),
    "a recording is clipped that is not concerned": lambda: edits_by_recording(
        [read_clip("7@1-2")], [1042, 1043]
    ),
    "a recording is clipped twice": lambda: edits_by_recording(
        [read_clip("1-2"), read_clip("3-4")], [1042]
    ),
    # Whose word it is.
    "who releases a subject access clips it": lambda: edits_to_apply(
        a_request(Purpose.SUBJECT_ACCESS), approved=Edits(), typed=CLIPPED
    ),
    "who releases a complaint clips what was approved as clipped": lambda: edits_to_apply(
        a_request(), approved=CLIPPED, typed=CLIPPED
    ),
    "a subject access is heard, and nobody says who was there": lambda: check_attended(
        a_request(Purpose.SUBJECT_ACCESS), {}, []
    ),
}
