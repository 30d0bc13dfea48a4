"""What is left out of a copy of a recording, and on what ground [policy 4(e), 4(f)].

A copy may be *clipped*, so that it holds one span only, and spans of it may be *silenced*, each on
a ground. Times are whole milliseconds from the beginning of the original, whatever is clipped.

    a span lies within the recording and lasts                     check_edits
    spans to be silenced are not clipped away, and are in order    check_edits
    what was approved is neither undone nor added to               edits_to_apply
    of a copy that goes outside, edits are part of the approval    edits_to_apply

Rounding never lets out more than was meant: a silenced span reaches outwards to whole samples, a
clip inwards. How they are typed is in `edits_said`.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import StrEnum
from typing import TYPE_CHECKING, Any, Final

from callrec.errors import Refused, Unusable
from callrec.policy.purpose import TERMS
from callrec.policy.withholding import GROUND_CODES, Ground

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from callrec.policy.authority import RequestFacts

SILENCING_GROUNDS: Final = (
    Ground.THIRD_PARTY,
    Ground.SERIOUS_HARM,
    Ground.PRIVILEGE,
    Ground.NOT_RELEVANT,
)
"""On what a span is silenced. None that may not be told: a silence is heard."""


class Side(StrEnum):
    """Which channel is silenced. Of one channel alone, both is all there is."""

    BOTH = "both"
    LEFT = "left"
    RIGHT = "right"


class Filler(StrEnum):
    """What is heard in place of what was silenced."""

    SILENCE = "silence"
    TONE = "tone"


@dataclass(frozen=True, slots=True, order=True)
class Span:
    """From an instant of a recording to before another."""

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
        """The first sample, and the one after the last, so that nothing of the span stays out."""
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
            raise Unusable(
                "that is no ground to silence a part of a recording",
                hint=f"the codes: {', '.join(SILENCING_GROUNDS)}",
            )


@dataclass(frozen=True, slots=True)
class Edits:
    """All that is done to the copy of one recording; empty: nothing."""

    clip: Span | None = None
    silences: tuple[Silence, ...] = ()
    """By their beginnings."""

    def __bool__(self) -> bool:
        return self.clip is not None or bool(self.silences)

    def in_copy(self) -> Edits:
        """What is silenced, in times of the copy, which begins where the clip does."""
        clip = self.clip
        if clip is None:
            return self
        spans = [
            Span(
                max(span.from_ms, clip.from_ms) - clip.from_ms,
                min(span.to_ms, clip.to_ms) - clip.from_ms,
            )
            for span in (each.span for each in self.silences)
        ]
        silences = zip(self.silences, spans, strict=True)
        return Edits(silences=tuple(replace(each, span=span) for each, span in silences))

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
    """What `Edits.as_json` wrote; members that it does not write are not looked at.

    Raises:
        KeyError, TypeError, ValueError, Unusable: it is nothing that it writes.
    """
    clips = [_read_span(each) for each in value if each["what"] == "clip"]
    silences = [_read_silence(each) for each in value if each["what"] == "silence"]
    if len(clips) > 1 or len(clips) + len(silences) != len(value):
        raise ValueError("edits are one clip at the most, and silences")
    return Edits(clips[0] if clips else None, tuple(silences))


def check_edits(edits: Edits, duration_ms: int) -> None:
    """Whether a recording of that length can be edited so.

    Raises:
        Unusable: a span reaches past the end, a silence lies outside the clip, or two are out of
            order.
    """
    spans = [each.span for each in edits.silences]
    clip = edits.clip
    if any(span.to_ms > duration_ms for span in [*([clip] if clip else []), *spans]):
        raise Unusable(
            f"the recording ends at {format_time(duration_ms)}, before the end of a span",
            hint="callrec listen REQUEST RECORDING --look shows it with its times",
        )
    if clip and any(s.from_ms >= clip.to_ms or s.to_ms <= clip.from_ms for s in spans):
        raise Unusable(
            "a span to be silenced is not in the clip", hint="leave out --clip, or the silence"
        )
    if spans != sorted(spans):
        raise Unusable("the spans to be silenced are out of order", hint="give the earliest first")


def edits_to_apply(request: RequestFacts, *, approved: Edits, said: Edits = UNEDITED) -> Edits:
    """What a copy of a recording is edited by: what was approved, or else what its releaser says.

    Args:
        request: under which the copy is made.
        approved: the edits in the approval of that recording.
        said: those that whoever makes the copy asks for.

    Raises:
        Refused: something is said where that is for the approval to say, or where it has been said
            there: nobody but who decides changes what was decided.

    Law: what was approved is applied whole, or nothing is.
    """
    if not said:
        return approved
    terms = TERMS[request.purpose]
    decide = f"ask whoever decides to run callrec approve {request.reference} --silence A-B=GROUND"
    if terms.edits_are_decided:
        raise Refused(
            f"what is left out of a copy for {request.purpose} is part of the approval",
            clause=terms.decided_under,
            hint=decide,
        )
    if approved:
        raise Refused(
            "what is left out of the copy was approved and is changed by an approval only",
            clause=terms.decided_under,
            hint=decide,
        )
    return said


def format_time(ms: int) -> str:
    """A time within a recording as it is typed: 1:30, 1:30.25 or 1:02:03."""
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
    if type(value) is not int:  # not isinstance: true is no number
        raise TypeError("milliseconds are whole")
    return value


def _read_silence(value: Mapping[str, Any]) -> Silence:
    return Silence(
        _read_span(value),
        GROUND_CODES[value["ground"]],
        Side(value["side"]),
        Filler(value["filler"]),
    )
