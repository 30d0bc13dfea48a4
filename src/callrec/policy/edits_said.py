"""Edits as they are typed: ``[ID@]A-B``, and ``[ID@]A-B=GROUND[/left|right][/tone]``.

A and B count from the beginning of the original: 90, 90.5, 1:30, 1:30.25 or 1:02:03. They are read
as whole milliseconds and never as fractions of another kind. ID is the recording's number.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, TypeAlias

from callrec.errors import Unusable
from callrec.policy.edits import SILENCING_GROUNDS, Edits, Filler, Side, Silence, Span, format_time
from callrec.policy.withholding import GROUND_CODES

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping, Sequence

_TIME: Final = re.compile(
    r"(?:(?:(?P<h>[0-9]{1,3}):(?P<mm>[0-5][0-9])|(?P<m>[0-9]{1,4})):(?P<ss>[0-5][0-9])"
    r"|(?P<s>[0-9]{1,6}))(?:\.(?P<part>[0-9]{1,3}))?"
)

_NUMBER: Final = re.compile(r"0*([1-9][0-9]{0,14})")

_CODES: Final = f"the codes: {', '.join(SILENCING_GROUNDS)}"


@dataclass(frozen=True, slots=True)
class TypedClip:
    """The one span of a recording that its copy is to hold."""

    recording: int | None
    """Its number; None where that went without saying."""
    span: Span


@dataclass(frozen=True, slots=True)
class TypedSilence:
    """A span of a recording that is not to be heard."""

    recording: int | None
    """Its number; None where that went without saying."""
    silence: Silence


TypedEdit: TypeAlias = TypedClip | TypedSilence


def read_clip(text: str) -> TypedClip:
    """What ``--clip`` says: ``1042@1:30-1:45``.

    Raises:
        Unusable: it is nothing of that form.
    """
    recording, span = _of_recording(text)
    return TypedClip(recording, _read_typed_span(span))


def read_silence(text: str) -> TypedSilence:
    """What ``--silence`` says: ``1042@1:30-1:45=third-party/left/tone``.

    Raises:
        Unusable: it is nothing of that form, or no ground to silence something.
    """
    recording, said = _of_recording(text)
    span, given, how = said.partition("=")
    if not given:
        raise Unusable(
            "a span is silenced on a ground",
            hint=f"type A-B=GROUND, such as 1:30-1:45=third-party; {_CODES}",
        )
    code, *ways = (word.strip().lower() for word in how.split("/"))
    if code not in GROUND_CODES:
        raise Unusable("there is no such ground to silence a part of a recording", hint=_CODES)
    side, filler = _read_ways(ways)
    return TypedSilence(
        recording, Silence(_read_typed_span(span), GROUND_CODES[code], side, filler)
    )


def edits_by_recording(
    said: Collection[TypedEdit], recordings: Collection[int]
) -> Mapping[int, Edits]:
    """What was said of each recording, by its number; a recording of which nothing was is not in.

    Args:
        said: in any order.
        recordings: the numbers of those that are concerned.

    Raises:
        Unusable: one is meant that is not concerned, several could be meant, or one is clipped
            twice.
    """
    numbers = [_which(each.recording, recordings) for each in said]
    return {
        number: _together([each for n, each in zip(numbers, said, strict=True) if n == number])
        for number in sorted(set(numbers))
    }


def format_edits(edits: Edits) -> Iterator[tuple[str, str]]:
    """Edits as they are typed, the clip first: each ``clip`` or ``silence``, and what follows it.

    Law: `read_clip` and `read_silence` read them back.
    """
    if edits.clip:
        yield "clip", _say_span(edits.clip)
    for each in edits.silences:
        side = "" if each.side is Side.BOTH else f"/{each.side}"
        filler = "" if each.filler is Filler.SILENCE else f"/{each.filler}"
        yield "silence", f"{_say_span(each.span)}={each.ground}{side}{filler}"


def _of_recording(text: str) -> tuple[int | None, str]:
    number, given, said = text.partition("@")
    if not given:
        return None, text
    digits = _NUMBER.fullmatch(number.strip())
    if digits is None:
        raise Unusable(
            "a recording is given by its number", hint="type it before the @: 1042@1:30-1:45"
        )
    return int(digits[1]), said


def _read_typed_span(text: str) -> Span:
    begin, given, end = text.partition("-")
    if not given:
        raise Unusable(
            "a span is given by its beginning and its end", hint="type A-B, such as 1:30-1:45"
        )
    return Span(_read_time(begin), _read_time(end))


def _read_time(text: str) -> int:
    found = _TIME.fullmatch(text.strip())
    if found is None:
        raise Unusable(
            "that is no time within a recording",
            hint="type seconds or minutes: 90, 90.5, 1:30, 1:30.25 or 1:02:03",
        )
    hours, minutes = found["h"] or "0", found["mm"] or found["m"] or "0"
    seconds = (int(hours) * 60 + int(minutes)) * 60 + int(found["ss"] or found["s"])
    return seconds * 1000 + int((found["part"] or "").ljust(3, "0"))


def _read_ways(ways: Sequence[str]) -> tuple[Side, Filler]:
    sides = [Side(way) for way in ways if way in (Side.LEFT, Side.RIGHT)]
    fillers = [Filler(way) for way in ways if way == Filler.TONE]
    if len(sides) > 1 or len(fillers) > 1 or len(sides) + len(fillers) != len(ways):
        raise Unusable(
            "a span is not silenced in that way",
            hint="after the ground type /left or /right for one channel, /tone for a tone",
        )
    return (*sides, Side.BOTH)[0], (*fillers, Filler.SILENCE)[0]


def _which(number: int | None, recordings: Collection[int]) -> int:
    numbers = ", ".join(map(str, recordings))
    if number is None and len(recordings) > 1:
        raise Unusable(
            "several recordings are concerned: say which is edited",
            hint=f"type its number before the span, as in 1042@1:30-1:45; one of {numbers}",
        )
    if number is not None and number not in recordings:
        raise Unusable(
            "a recording is edited that is not concerned", hint=f"those that are: {numbers}"
        )
    return next(iter(recordings)) if number is None else number


def _together(said: Sequence[TypedEdit]) -> Edits:
    clips = [each.span for each in said if isinstance(each, TypedClip)]
    silences = [each.silence for each in said if isinstance(each, TypedSilence)]
    if len(clips) > 1:
        raise Unusable("a recording is clipped once", hint="give the one span that is to be kept")
    return Edits(clips[0] if clips else None, tuple(sorted(silences, key=lambda each: each.span)))


def _say_span(span: Span) -> str:
    return f"{format_time(span.from_ms)}-{format_time(span.to_ms)}"
