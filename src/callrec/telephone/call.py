"""What is known of one call, and how its fields stand in sealed metadata.

`Call` is the one list of these fields. The metadata of a recording, the legs of its call record,
the JSON of a preview and what a further revision may say take their names from it.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterator, Mapping
from datetime import datetime, timedelta
from enum import StrEnum
from operator import attrgetter
from typing import Any, Final, Self

from callrec.crypto.canonical import format_instant, parse_instant
from callrec.dataclass import dataclass, field
from callrec.policy.words import words

_DIGITS: Final = re.compile(r"\+?[0-9]+")
_TAIL, _A_LINE = 4, 5
"""Digits: those that a search may ask for alone, and those of a local number at the least."""

_NO_EXTENSION: Final = re.compile(r"\+.*|[0-9]{7,}")


class System(StrEnum):
    """The source of what is known of a call; the words are those of ``--system``."""

    ASTERISK = "asterisk"
    """FreePBX and its relatives too."""
    FREESWITCH = "freeswitch"
    """FusionPBX too."""
    THREE_CX = "3cx"
    OREKA = "oreka"
    VICIDIAL = "vicidial"
    AVAYA = "avaya"
    MITEL = "mitel"
    CUCM = "cucm"
    EIGHT_BY_EIGHT = "8x8"
    RINGCENTRAL = "ringcentral"
    TWILIO = "twilio"
    MIAREC = "miarec"
    TELESIS = "telesis"
    TEMPLATE = "template"
    """A pattern of the practice's own, from its settings."""
    SIDECAR = "sidecar"
    EXPORT = "export"
    """A supplier's list of the recordings that it hands over."""
    NONE = "none"


class Direction(StrEnum):
    """Which way a call went, seen from the practice."""

    INBOUND = "inbound"
    OUTBOUND = "outbound"
    INTERNAL = "internal"
    UNKNOWN = "unknown"


class TimeConfidence(StrEnum):
    """How sure the start of a call is."""

    UTC_PROVEN = "utc-proven"
    LOCAL_UNAMBIGUOUS = "local-unambiguous"
    LOCAL_AMBIGUOUS = "local-ambiguous"
    """The clocks went back: that local time came twice."""
    NONEXISTENT = "nonexistent"
    """The clocks went forward: that local time never was."""
    FILE_TIME = "file-time"
    """Only the file's own time is known, which is nearer to the end of the call."""


class Side(StrEnum):
    """The party that one channel of a recording carries."""

    OUTSIDE = "outside"
    PRACTICE = "practice"
    CALLER = "caller"
    CALLED = "called"


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """One call as its telephone system left it; every text in it can be written as UTF-8."""

    system: System
    direction: Direction = Direction.UNKNOWN
    caller: str | None = None
    """E.164 where it is a public number, as written otherwise; None: withheld or unknown."""
    callee: str | None = None
    """As the caller."""
    number: str | None = None
    """The outside party's: E.164, or a short code such as 999."""
    extension: str | None = None
    """Of the practice's end; of an internal call, the end that called."""
    parties: tuple[str, ...] = ()
    """Names of people, where the system knew them."""
    started_at: datetime
    """Aware, UTC."""
    local_time: str
    """ISO 8601 without an offset, as written; of an instant, in the practice's time zone."""
    raw_time: str = ""
    """The time as the system wrote it, character by character; empty: it wrote none."""
    zone: str
    """In which ``local_time`` stands: ``Europe/London``, or ``UTC-07:00`` where that was shown."""
    utc_offset_minutes: int
    """Of ``local_time``, east of Greenwich."""
    time_confidence: TimeConfidence
    contradiction: str | None = None
    """What contradicts the time, in words; it was left aside."""
    unique_id: str | None = None
    sides: tuple[Side, ...] = ()
    """The party that each channel carries, the left one first; empty: not known."""
    why: str
    """How it was read: one sentence, with nothing of the call in it."""
    said: Mapping[str, str] = field(default_factory=dict, hash=False)
    """The fields that the system gave, as it gave them."""

    @classmethod
    def from_members(cls, members: Mapping[str, Any]) -> Self:
        """The call of sealed metadata, without its sides and why, which are not asked for again.

        Raises:
            KeyError, TypeError, ValueError: the members are not in their form.
        """
        fields = {name: members[name] for name in (*CALL_FIELDS, "said")}
        return cls(
            **fields
            | {
                "system": System(members["system"]),
                "direction": Direction(members["direction"]),
                "parties": tuple(members["parties"]),
                "started_at": parse_instant(members["started_at"]),
                "time_confidence": TimeConfidence(members["time_confidence"]),
                "why": "",
            }
        )

    def as_members(self) -> dict[str, Any]:
        """As metadata hold it (docs/formats/recording.md, 2)."""
        return dict(zip(CALL_FIELDS, _values(self), strict=True)) | {
            "system": self.system,
            "parties": list(self.parties),
            "started_at": format_instant(self.started_at),
            "sides": list(self.sides),
            "said": dict(self.said),
        }

    @property
    def numbers(self) -> frozenset[str]:
        """By which the call is found."""
        return outside_numbers(self.direction, self.number, self.caller, self.callee)

    @property
    def told(self) -> dict[str, Any]:
        """What tells it from others of the same sound, way and minute, as far as it is known.

        Of its time, that it has one; without any member, nothing is known but its way.
        """
        told = {
            "callee": self.callee if self.direction is Direction.INTERNAL else None,
            "extension": self.extension,
            "numbers": sorted(self.numbers),
            "parties": sorted(self.parties),
            "timed": self.is_timed,
            "unique_id": self.unique_id,
        }
        return {name: value for name, value in told.items() if value}

    @property
    def is_timed(self) -> bool:
        """Whether more is known of its time than when its file was written."""
        return self.time_confidence is not TimeConfidence.FILE_TIME

    @property
    def is_number_unread(self) -> bool:
        """Whether the outside end holds a number, and it is found by its digits alone."""
        is_outside = self.direction in {Direction.INBOUND, Direction.OUTBOUND}
        return (
            is_outside
            and self.number is None
            and any(len(number.lstrip("+")) >= _A_LINE for number in self.numbers)
        )


CALL_FIELDS: Final = tuple(
    name for name in Call.__slots__ if name not in {"system", "sides", "why", "said"}
)
"""What a name or a call record may add to a call."""

_values: Final[Callable[[Call], tuple[Any, ...]]] = attrgetter(*CALL_FIELDS)

HOUR_MEMBERS: Final = frozenset(
    {"started_at", "zone", "utc_offset_minutes", "time_confidence", "contradiction"}
)
"""What an instant settles of a local time."""

TIME_MEMBERS: Final = HOUR_MEMBERS | {"local_time", "raw_time"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Leg:
    """One leg of a call: what one row of a call record says."""

    call: Call
    """As it is understood; its start is when this leg began."""
    key: str = ""
    """What its system knows the whole call by (linked id, call id); empty: the leg stands alone."""
    recording: str = ""
    """Name of its recording, without folders and harmless; empty: none is named."""
    answered: bool
    answered_at: datetime | None = None
    """Aware, UTC; None: not answered, or not stated."""
    talk_ms: int | None = None
    """How long people spoke; None: not stated."""
    written: int = field(default=0, compare=False)
    """Stands for what its system wrote, where that itself is no longer held; 0: nothing does."""


def count_missing(call: Call) -> int:
    """How many of the facts that a call is found by are missing: 0 to 4."""
    return sum(
        (
            call.number is None,
            call.direction is Direction.UNKNOWN,
            call.extension is None,
            call.time_confidence is TimeConfidence.FILE_TIME,
        )
    )


_SAME_START: Final = timedelta(minutes=1)
"""Lists that show no seconds leave out less than this."""

_AT_ONCE: Final = timedelta(seconds=1)

_CLOCKS_CHANGE_BY: Final = timedelta(hours=1)
_OPEN: Final = frozenset({TimeConfidence.LOCAL_AMBIGUOUS, TimeConfidence.NONEXISTENT})


def is_another_call(call: Call, held: Call) -> bool:
    """Whether two files with one sound are of two calls: what both tell of theirs differs.

    What one of them does not know tells nothing, but for a number that it alone lacks: the two are
    of one call if they began at once, as far as both show. An hour that came twice is either.

    Law: it is symmetric, and no call is another than itself.
    """
    apart, is_timed = abs(call.started_at - held.started_at), call.is_timed and held.is_timed
    if is_timed and apart > _CLOCKS_CHANGE_BY:
        return True  # whatever else: of many that sound the same, most
    if _contradict(call, held):
        return True
    if not is_timed:
        return False
    is_open = not {call.time_confidence, held.time_confidence}.isdisjoint(_OPEN)
    if is_open and call.local_time == held.local_time:
        return False
    lacks_number = bool(call.numbers) is not bool(held.numbers)
    shows_seconds = all(each.started_at.second for each in (call, held))
    return apart >= (_AT_ONCE if lacks_number and shows_seconds else _SAME_START)


def is_found_with(call: Call, held: Call) -> bool:
    """Whether by a call's number, extension or people the one that is held is found as well."""
    return call.extension in {None, held.extension} and all(
        not some.isdisjoint(others)
        for some, others in ((call.numbers, held.numbers), (_names(call), _names(held)))
        if some
    )


def _contradict(call: Call, held: Call) -> bool:
    """Whether a fact is another in one than in the other, where both tell it."""
    return (
        any(len({*told} - {None, Direction.UNKNOWN}) > 1 for told in _each_fact(call, held))
        or (not (call.number and held.number) and _share_nothing(call.numbers, held.numbers))
        or (_share_nothing(_names(call), _names(held)))
    )


def _each_fact(call: Call, held: Call) -> Iterator[tuple[str | None, str | None]]:
    """What each of two calls tells of a fact that a call has once."""
    yield call.direction, held.direction
    yield call.number, held.number
    yield call.extension, held.extension
    if call.direction is held.direction is Direction.INTERNAL:
        yield call.callee, held.callee
    # Each system has ids of its own; a list may have others for the same calls later.
    if call.system is held.system and not _have_number_and_second(call, held):
        yield call.unique_id, held.unique_id


def _have_number_and_second(call: Call, held: Call) -> bool:
    """Whether two have the outside number in common, and began at once: nobody calls twice then."""
    return (
        not call.numbers.isdisjoint(held.numbers)
        and call.is_timed
        and held.is_timed
        and abs(call.started_at - held.started_at) < _AT_ONCE
    )


def _names(call: Call) -> frozenset[str]:
    return frozenset(words(" ".join(call.parties)))


def _share_nothing(some: Collection[str], others: Collection[str]) -> bool:
    return bool(some and others) and not {*some} & {*others}


def outside_numbers(
    direction: str, number: str | None, caller: str | None, callee: str | None
) -> frozenset[str]:
    """The numbers that the outside party of a call has, or may have.

    Its number; where none was understood, the digits of its end, if there are four: a local number
    without its area code is found by these. Where it is not known at which end it is, or the call
    is internal, either end that is a public number or has more digits than an extension.
    """
    if direction in {Direction.INBOUND, Direction.OUTBOUND}:
        end = caller if direction == Direction.INBOUND else callee
        return frozenset(
            {number} if number else {each for each in _digits(end) if len(each) >= _TAIL}
        )
    ends = {each for each in _digits(caller, callee) if _NO_EXTENSION.fullmatch(each)}
    return frozenset(ends | ({number} if number else set[str]()))


def _digits(*ends: str | None) -> Iterator[str]:
    """Of each end, without the domain of an address; a plus sign stays before them."""
    for end in ends:
        if isinstance(end, str) and (found := _DIGITS.findall(end.partition("@")[0])):
            first, *rest = found
            yield first + "".join(rest).replace("+", "")


def sides_heard(expected: tuple[Side, ...], channels: int) -> tuple[Side, ...]:
    """The sides as the system is usually set up, where there is one for each channel; else none.

    A recording that was mixed into one channel holds both sides, whatever is expected of a left and
    a right one.
    """
    return expected if len(expected) == channels else ()
