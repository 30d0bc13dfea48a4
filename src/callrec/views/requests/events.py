"""What happens outside about a request: what can be dated, how it is said, what follows from it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from enum import StrEnum
from typing import TYPE_CHECKING, Final

from callrec.dataclass import dataclass
from callrec.errors import Unusable
from callrec.policy.clock_events import Awaited, ClockEvent, ClockEventKind
from callrec.policy.days import short_date
from callrec.policy.rights.letter import WITH_WORDS
from callrec.views.typed import read_recording

if TYPE_CHECKING:  # the command line loads nothing of the work for its help
    from callrec.requests.event import DatedRequest
    from callrec.requests.packages import NotedPackage


class Event(StrEnum):
    """What can be dated about a request, as it is typed."""

    EXTEND = "extend"
    ASK = "ask"
    ANSWER = "answer"
    IDENTITY = "identity"
    AUTHORITY = "authority"
    FEE = "fee"
    THIRD_PARTIES = "third-parties"
    HANDED_OVER = "handed-over"
    ACKNOWLEDGED = "acknowledged"


class AskedFor(StrEnum):
    """What the practice asks for, as it is typed."""

    CLARIFICATION = "clarification"
    IDENTITY = "identity"
    AUTHORITY = "authority"
    FEE = "fee"


_CAME: Final = {each.came: each for each in Awaited}


def clock_event(event: Event, on: date, wanted: AskedFor) -> ClockEvent:
    """What stops, starts or extends the clock; ``wanted`` is what was asked for, of a question."""
    match event:
        case Event.EXTEND:
            return ClockEvent(event=ClockEventKind.EXTENDED, on=on)
        case Event.ASK:
            return ClockEvent(event=ClockEventKind.ASKED, on=on, awaited=Awaited(wanted))
        case came:
            return ClockEvent(event=ClockEventKind.ANSWERED, on=on, awaited=_CAME[came])


@dataclass(frozen=True, slots=True)
class Unheard:
    """Recordings that need not be heard, by their numbers, and why."""

    recordings: range
    why: str


def read_not_heard(text: str) -> Unheard:
    """Why recordings need not be heard: ``1042=TEXT``, or ``1042-1060=TEXT`` for each of them."""
    numbers, given, why = text.partition("=")
    first, _, last = numbers.partition("-")
    if not given:
        raise Unusable(
            "a reason is given for a recording that was not heard",
            hint="give ID=TEXT, such as 1042=TEXT, or 1042-1060=TEXT for each of these",
        )
    begin = read_recording(first)
    return Unheard(range(begin, read_recording(last or first) + 1), why.strip())


def reasons_by_number(unheard: Sequence[Unheard]) -> Mapping[int, str]:
    """Why each need not be heard, by its number."""
    return {number: each.why for each in unheard for number in each.recordings}


def recorded_line(done: NotedPackage, what: str, on: date) -> str:
    """That it was recorded of a package what became of it."""
    which = f"release {done.release[:8]} of {short_date(done.released_on)}"
    return f"{done.reference}, {which}: {what} on {short_date(on)}."


def dated_lines(done: DatedRequest) -> Iterator[str]:
    """What the request is once something about it was dated."""
    if done.instead_of:
        yield f"{done.instead_of} was on record of it; both stay, and the newest counts."
    yield f"{done.reference} is {done.state}."


def late_lines(done: DatedRequest) -> Iterator[str]:
    """That its day was moved when it was over already."""
    if done.was_due_on:
        yield (
            f"it was due on {short_date(done.was_due_on)}, and that was over when this was said:"
            " the register of rights requests shows that it was put right"
        )


def after_dating(done: DatedRequest) -> str:
    """The command that comes next: the letter that tells the person who asked, if one is due."""
    if not done.letter:
        return f"callrec request show {done.reference}"
    tell = " --tell TEXT" if done.letter in WITH_WORDS else ""
    return f"callrec request letter {done.reference} --kind {done.letter}{tell}"
