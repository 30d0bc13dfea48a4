"""What a copy leaves out, and how people type it.

A copy may be *clipped*, so that it holds one span only, and spans of it may be *silenced*, each on
a ground. Times are whole milliseconds from the beginning of the original, whatever is clipped.

    a span lies within the recording and is not empty              check_edits
    silenced spans lie within the clip, and are in order           check_edits
    approved edits are neither undone nor added to                 edits_to_apply
    edits of a copy that goes outside are part of the approval     edits_to_apply

Rounding never discloses more than was meant: a silenced span is rounded outwards to whole samples,
a clip inwards.

A clip is typed as ``[ID@]A-B``, a silence as ``[ID@]A-B=GROUND[/left|right][/tone]``. A and
B count from the beginning of the original: 90, 90.5, 1:30, 1:30.25 or 1:02:03, read as whole
milliseconds without any rounding. ID is the recording's number.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from enum import StrEnum
from typing import Any, Final

from callrec.dataclass import dataclass, replace
from callrec.errors import Refused, Unusable
from callrec.policy.authority import RequestFacts
from callrec.policy.purpose import TERMS
from callrec.policy.rights.grounds import GROUND_CODES, Ground
from callrec.policy.words import in_words

SILENCING_GROUNDS: Final = (
    Ground.THIRD_PARTY,
    Ground.SERIOUS_HARM,
    Ground.PRIVILEGE,
    Ground.NOT_RELEVANT,
)
"""Grounds for silencing a span. None that must stay secret: a silence can be heard."""

_CODES: Final = f"the codes: {', '.join(SILENCING_GROUNDS)}"

_TIME: Final = re.compile(
    r"(?:(?:(?P<h>[0-9]{1,3}):(?P<mm>[0-5][0-9])|(?P<m>[0-9]{1,4})):(?P<ss>[0-5][0-9])"
    r"|(?P<s>[0-9]{1,6}))(?:\.(?P<part>[0-9]{1,3}))?"
)

_NUMBER: Final = re.compile(r"0*([1-9][0-9]{0,14})")


class Side(StrEnum):
    """Which channel is silenced; "both" also where there is only one."""

    BOTH = "both"
    LEFT = "left"
    RIGHT = "right"


class Filler(StrEnum):
    """What a listener hears instead."""

    SILENCE = "silence"
    TONE = "tone"


@dataclass(frozen=True, slots=True, order=True)
class Span:
    """Part of a recording; ``to_ms`` itself is outside."""

    from_ms: int
    to_ms: int

    def __post_init__(self) -> None:
        if not 0 <= self.from_ms < self.to_ms:
            raise Unusable(
                "a span begins before it ends", hint="type A-B, such as 1:30-1:45.5 or 90-105.5"
            )

    @property
    def duration_ms(self) -> int:
        return self.to_ms - self.from_ms

    def samples_rounded_out(self, sample_rate: int) -> tuple[int, int]:
        """The first sample, and the one after the last, so that none of the span stays audible."""
        return self.from_ms * sample_rate // 1000, -(-self.to_ms * sample_rate // 1000)

    def samples_rounded_in(self, sample_rate: int) -> tuple[int, int]:
        """The first sample, and the one after the last, so that nothing else comes in."""
        return -(-self.from_ms * sample_rate // 1000), self.to_ms * sample_rate // 1000


@dataclass(frozen=True, slots=True)
class Silence:
    """A span that is not to be heard."""

    span: Span
    ground: Ground
    side: Side = Side.BOTH
    filler: Filler = Filler.SILENCE

    def __post_init__(self) -> None:
        if self.ground not in SILENCING_GROUNDS:
            raise Unusable("that is not a ground to silence a part of a recording", hint=_CODES)


@dataclass(frozen=True, slots=True)
class Edits:
    """All edits of the copy of one recording; false if there are none."""

    clip: Span | None = None
    silences: tuple[Silence, ...] = ()
    """By their beginnings."""

    def __bool__(self) -> bool:
        return self.clip is not None or bool(self.silences)

    def in_copy(self) -> Edits:
        """The silences, in times of the copy, which begins where the clip does."""
        clip = self.clip
        if clip is None:
            return self
        silences = []
        for each in self.silences:
            begins = max(each.span.from_ms, clip.from_ms) - clip.from_ms
            ends = min(each.span.to_ms, clip.to_ms) - clip.from_ms
            silences.append(replace(each, span=Span(begins, ends)))
        return Edits(silences=tuple(silences))

    def as_json(self) -> list[dict[str, object]]:
        """As approvals and manifests list them: the clip first.

        Law: ``read_edits(edits.as_json()) == edits``.
        """
        clip = [] if self.clip is None else [{"what": "clip", **_span_json(self.clip)}]
        silences = [
            {
                "what": "silence",
                **_span_json(each.span),
                "ground": each.ground.value,
                "side": each.side.value,
                "filler": each.filler.value,
            }
            for each in self.silences
        ]
        return [*clip, *silences]


UNEDITED: Final = Edits()


def read_edits(value: Sequence[Mapping[str, Any]]) -> Edits:
    """Read what `Edits.as_json` wrote; other members are ignored.

    KeyError, TypeError, ValueError or Unusable if it is not in that form.
    """
    clips = [_read_span(each) for each in value if each["what"] == "clip"]
    silences = [
        Silence(
            _read_span(each),
            GROUND_CODES[each["ground"]],
            Side(each["side"]),
            Filler(each["filler"]),
        )
        for each in value
        if each["what"] == "silence"
    ]
    if len(clips) > 1 or len(clips) + len(silences) != len(value):
        raise ValueError("edits are one clip at the most, and silences")
    return Edits(clips[0] if clips else None, tuple(silences))


def check_edits(edits: Edits, duration_ms: int) -> None:
    """Check that edits lie within a recording of that length, silences in the clip and in order."""
    spans = [each.span for each in edits.silences]
    clip = edits.clip
    if any(span.to_ms > duration_ms for span in [*([clip] if clip else []), *spans]):
        raise Unusable(
            f"the recording ends at {format_time(duration_ms)}, before the end of a span",
            hint="who has the grant sees its times: callrec listen REQUEST RECORDING --look",
        )
    if clip and any(s.from_ms >= clip.to_ms or s.to_ms <= clip.from_ms for s in spans):
        raise Unusable(
            "a span to be silenced is not in the clip", hint="leave out --clip, or the silence"
        )
    if spans != sorted(spans):
        raise Unusable("the spans to be silenced are out of order", hint="give the earliest first")


def edits_to_apply(request: RequestFacts, *, approved: Edits, typed: Edits = UNEDITED) -> Edits:
    """The edits of a copy: those approved, or else those that its releaser asks for.

    ``typed`` are its releaser's: Refused where only an approval can set or change them.

    Law: what was approved is applied whole, or nothing is.
    """
    if not typed:
        return approved
    terms = TERMS[request.purpose]
    command = f"callrec approve {request.reference} --silence A-B=GROUND"
    decide = f"ask the person who decides to run {command}"
    if terms.edits_are_decided:
        raise Refused(
            f"what is left out of a copy for {in_words(request.purpose)} is part of the approval",
            clause=terms.decided_under,
            hint=decide,
        )
    if approved:
        raise Refused(
            "what is left out of the copy was approved and is changed by an approval only",
            clause=terms.decided_under,
            hint=decide,
        )
    return typed


def format_time(ms: int) -> str:
    """A time within a recording, as people type it: 1:30, 1:30.25 or 1:02:03."""
    seconds, rest = divmod(ms, 1000)
    minutes, hours = seconds // 60 % 60, seconds // 3600
    hour = f"{hours}:{minutes:02d}" if hours else f"{minutes}"
    part = f".{rest:03d}".rstrip("0") if rest else ""
    return f"{hour}:{seconds % 60:02d}{part}"


def _span_json(span: Span) -> dict[str, object]:
    return {"from_ms": span.from_ms, "to_ms": span.to_ms}


def _read_span(value: Mapping[str, Any]) -> Span:
    return Span(_whole(value["from_ms"]), _whole(value["to_ms"]))


def _whole(value: object) -> int:
    if type(value) is not int:  # not isinstance: true is not a number
        raise TypeError("milliseconds are whole")
    return value


@dataclass(frozen=True, slots=True)
class TypedEdit:
    """An edit of a recording as typed."""

    recording: int | None
    """Its number; None where it was left out."""
    edit: Span | Silence
    """The one span that its copy keeps, or what is silenced."""


def read_clip(text: str) -> TypedEdit:
    """Read the value of ``--clip``: ``1042@1:30-1:45``; Unusable if it is in another form."""
    recording, span = _of_recording(text)
    return TypedEdit(recording, _read_typed_span(span))


def read_silence(text: str) -> TypedEdit:
    """Read the value of ``--silence``: ``1042@1:30-1:45=third-party/left/tone``.

    Unusable if it is not in that form, or has no ground for silencing.
    """
    recording, edit = _of_recording(text)
    span, given, how = edit.partition("=")
    if not given:
        raise Unusable(
            "a span is silenced on a ground",
            hint=f"type A-B=GROUND, such as 1:30-1:45=third-party; {_CODES}",
        )
    code, *ways = (word.strip().lower() for word in how.split("/"))
    if code not in GROUND_CODES:
        raise Unusable("there is no such ground to silence a part of a recording", hint=_CODES)
    sides = [Side(way) for way in ways if way in (Side.LEFT, Side.RIGHT)]
    fillers = [Filler(way) for way in ways if way == Filler.TONE]
    if len(sides) > 1 or len(fillers) > 1 or len(sides) + len(fillers) != len(ways):
        raise Unusable(
            "a span is not silenced in that way",
            hint="after the ground type /left or /right for one channel, /tone for a tone",
        )
    side, filler = (*sides, Side.BOTH)[0], (*fillers, Filler.SILENCE)[0]
    silence = Silence(_read_typed_span(span), GROUND_CODES[code], side, filler)
    return TypedEdit(recording, silence)


def edits_by_recording(
    typed: Collection[TypedEdit], recordings: Collection[int]
) -> Mapping[int, Edits]:
    """The edits of each recording, by its number; recordings without edits are left out.

    Unusable if one names another recording, or none of several, or clips one twice.
    """
    numbered = [(_which(each.recording, recordings), each) for each in typed]
    return {
        number: _together([each for n, each in numbered if n == number])
        for number in sorted({n for n, _ in numbered})
    }


def format_edits(edits: Edits) -> Iterator[tuple[str, str]]:
    """Edits as people type them, the clip first: each ``clip`` or ``silence``, and its value.

    Law: `read_clip` and `read_silence` read them back.
    """
    if edits.clip:
        yield "clip", _span_text(edits.clip)
    for each in edits.silences:
        side = "" if each.side is Side.BOTH else f"/{each.side}"
        filler = "" if each.filler is Filler.SILENCE else f"/{each.filler}"
        yield "silence", f"{_span_text(each.span)}={each.ground}{side}{filler}"


def _of_recording(text: str) -> tuple[int | None, str]:
    number, given, edit = text.partition("@")
    if not given:
        return None, text
    digits = _NUMBER.fullmatch(number.strip())
    if digits is None:
        raise Unusable(
            "a recording is given by its number", hint="type it before the @: 1042@1:30-1:45"
        )
    return int(digits[1]), edit


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
            "that is not a time within a recording",
            hint="type seconds or minutes: 90, 90.5, 1:30, 1:30.25 or 1:02:03",
        )
    hours, minutes = found["h"] or "0", found["mm"] or found["m"] or "0"
    seconds = (int(hours) * 60 + int(minutes)) * 60 + int(found["ss"] or found["s"])
    return seconds * 1000 + int((found["part"] or "").ljust(3, "0"))


def _which(number: int | None, recordings: Collection[int]) -> int:
    numbers = ", ".join(map(str, recordings))
    if number is None and len(recordings) > 1:
        raise Unusable(
            "there are several recordings: say which one is edited",
            hint=f"type its number before the span, as in 1042@1:30-1:45; one of {numbers}",
        )
    if number is not None and number not in recordings:
        raise Unusable(
            "that recording is not part of this request", hint=f"those that are: {numbers}"
        )
    return next(iter(recordings)) if number is None else number


def _together(typed: Sequence[TypedEdit]) -> Edits:
    clips = [each.edit for each in typed if isinstance(each.edit, Span)]
    silences = [each.edit for each in typed if isinstance(each.edit, Silence)]
    if len(clips) > 1:
        raise Unusable("a recording is clipped once", hint="give the one span that is to be kept")
    return Edits(clips[0] if clips else None, tuple(sorted(silences, key=lambda each: each.span)))


def _span_text(span: Span) -> str:
    return f"{format_time(span.from_ms)}-{format_time(span.to_ms)}"
