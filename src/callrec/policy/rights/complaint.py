"""Complaints to the practice about how it handles somebody's personal data [DPA 2018 s.164A].

Not a complaint about care or service, for which a recording may be asked for [policy 2 bullet 4].

    s.164A(2)       it is made easy: anybody in the practice enters one, with no approval
    s.164A(3)       its receipt is acknowledged within 30 days, if it came since 19 June 2026
    s.164A(4), (5)  enquiries are made, the complainant hears of progress, and of the outcome,
                    without undue delay; an outcome within the 30 days needs no acknowledgement too

The rights of people are the Data Controller's business [policy 4(d), 4(e)], or that of somebody
whom they authorised [policy 4(a)]. So they decide the outcome, who else reads one is few people,
and the person who entered one may acknowledge it and say what was done since.
"""

from __future__ import annotations

from datetime import date, timedelta
from enum import StrEnum
from typing import Final

from callrec.dataclass import dataclass
from callrec.errors import Refused, Tampered
from callrec.policy.authority import check_in_force
from callrec.policy.clause import Law
from callrec.policy.clock_events import STATUTORY_SCALES, Deadline, TimeScales, full_date
from callrec.policy.days import FIRST_YEAR, WorkingDays
from callrec.policy.role import SERVICES, Person, PersonId, Power, powers_of
from callrec.policy.words import Worded, check_sentence

IN_FORCE_SINCE: Final = date(2026, 6, 19)
"""Since when the section is in force: of what came before, no clock runs."""


class ComplaintState(StrEnum):
    """Where a complaint stands."""

    RECEIVED = "received"
    ACKNOWLEDGED = "acknowledged"
    CLOSED = "closed"


class ComplaintAct(StrEnum):
    """What happens to a complaint, as leaves name it; each creates a version."""

    RECEIVED = "complaint.received"
    ACKNOWLEDGED = "complaint.acknowledged"
    PROGRESSED = "complaint.progressed"
    ANSWERED = "complaint.answered"


class Finding(Worded):
    """What came of a complaint; its meaning is a sentence about the practice."""

    UPHELD = "upheld", "they are right"
    PARTLY_UPHELD = "partly-upheld", "they are right in part"
    NOT_UPHELD = "not-upheld", "the practice did what the law asks"
    WITHDRAWN = "withdrawn", "they took it back"
    OTHER_MATTER = "other-matter", "it is not about personal data, or was entered by mistake"


@dataclass(frozen=True, slots=True, kw_only=True)
class ComplaintFacts:
    """What the rules need to know of a complaint."""

    reference: str
    """As it is typed, ``C-3``."""
    state: ComplaintState
    entered_by: PersonId


def state_after(acts: tuple[ComplaintAct, ...]) -> ComplaintState:
    """Where a complaint stands after its acts, oldest first; Tampered if that cannot be."""
    first, later = acts[:1], acts[1:]
    acknowledged, answered = (
        later.count(act) for act in (ComplaintAct.ACKNOWLEDGED, ComplaintAct.ANSWERED)
    )
    if (
        first != (ComplaintAct.RECEIVED,)
        or ComplaintAct.RECEIVED in later
        or acknowledged > 1
        or ComplaintAct.ANSWERED in later[:-1]
    ):
        raise Tampered("what happened to a complaint cannot have happened in this order")
    if answered:
        return ComplaintState.CLOSED
    return ComplaintState.ACKNOWLEDGED if acknowledged else ComplaintState.RECEIVED


def acknowledge_by(
    received_on: date, working: WorkingDays, scales: TimeScales = STATUTORY_SCALES
) -> Deadline:
    """By when a complaint is acknowledged: the 30th day after that of its receipt.

    From a Saturday, Sunday or bank holiday, the next working day. There is none for what came
    before the law was in force.

    Source: DPA 2018 s.164A(3); ICO, data protection complaints. Laws: received later is never due
    earlier; a working day, at least 30 days after its receipt.
    """
    if received_on < IN_FORCE_SINCE:
        before = f"{full_date(received_on)}, before {full_date(IN_FORCE_SINCE)}"
        why_none = f"received on {before}, when this law began [{Law.COMPLAINT_PERIOD}]"
        return Deadline(waiting_for=None, why=(why_none,))
    last = received_on + timedelta(days=scales.complaint_days)
    due = working.next_if_known(last)
    begins = received_on + timedelta(days=1)
    why = [f"received on {full_date(received_on)}, working day or not [{Law.COMPLAINT_PERIOD}]"]
    count = f"{scales.complaint_days} days, the first of them {full_date(begins)}"
    why.append(f"{count}: {full_date(last)} [{Law.COMPLAINT_PERIOD}]")
    if due is None:
        why.append(
            "which working day follows is unknown, as that year's bank holidays are"
            " [clocks.holidays_known_until]"
        )
    elif due != last:
        why.append(
            f"{full_date(last)} is no working day: the next one is {full_date(due)}"
            f" [{Law.COMPLAINT_GUIDANCE}]"
        )
    return Deadline(
        due_on=due, target_on=due, waiting_for=None, why=tuple(why), is_unknown=due is None
    )


def check_may_enter(person: Person) -> None:
    """Anybody in the practice may enter a complaint, whatever their powers; a service may not."""
    check_in_force(person)
    if person.role in SERVICES:
        raise Refused(
            "a service cannot enter a complaint",
            clause=Law.COMPLAINT,
            hint="log in as the person who received it, then run callrec complaint receive",
        )


def check_account(what: str) -> None:
    """What is complained of, was done or was found is told in a sentence."""
    check_sentence(what, "--what", Law.COMPLAINT)


def check_day(on: date, *, today: date, since: date | None = None) -> None:
    """A thing happened by today, and not before what it follows, which was on the day ``since``.

    Nor before the year of the UK GDPR: that is a typing mistake.
    """
    if on > today:
        raise Refused(
            "that day has not come yet",
            clause=Law.COMPLAINT,
            hint="give the day on which it happened",
        )
    if on.year < FIRST_YEAR:
        raise Refused(
            f"that day is before {FIRST_YEAR}, and no clock here is as old as that",
            clause=Law.COMPLAINT,
            hint="check the year",
        )
    if since is not None and on < since:
        raise Refused(
            f"the complaint came later, on {full_date(since)}",
            clause=Law.COMPLAINT,
            hint="check the day; callrec complaint show says when it was received",
        )


def may_read(person: Person, complaint: ComplaintFacts, *, on: date) -> bool:
    """Whether `check_may_read` lets someone in force read a complaint."""
    reads = {Power.DECIDE_RESERVED, Power.READ_AUDIT} & powers_of(person, on)
    return person.id == complaint.entered_by or bool(reads)


def check_may_read(person: Person, complaint: ComplaintFacts, *, on: date) -> None:
    """A complaint says what somebody thinks was done wrong to them, so few people read it."""
    check_in_force(person)
    if not may_read(person, complaint, on=on):
        raise Refused(
            "you cannot read this complaint: it is for the person who entered it, the Data"
            " Controller and those who read the audit record",
            clause=Law.COMPLAINT,
            hint="callrec complaint list shows those that you may read",
        )


def may_add(person: Person, complaint: ComplaintFacts, *, on: date) -> bool:
    """Whether `check_may_add` lets someone in force add to a complaint, if it is open."""
    return person.id == complaint.entered_by or may_answer(person, complaint, on=on)


def may_answer(person: Person, complaint: ComplaintFacts, *, on: date) -> bool:
    """Whether `check_may_answer` lets someone in force decide a complaint, if it is open."""
    del complaint  # each alike
    return Power.DECIDE_RESERVED in powers_of(person, on)


def check_may_add(
    person: Person, complaint: ComplaintFacts, act: ComplaintAct, *, on: date
) -> None:
    """Who entered a complaint and the Data Controller acknowledge it once, and add progress."""
    check_in_force(person)
    if not may_add(person, complaint, on=on):
        raise Refused(
            "you cannot add to this complaint: that is for the person who entered it and the Data"
            " Controller",
            clause=Law.COMPLAINT,
            hint="tell one of them what you know",
        )
    _check_open(complaint)
    if act is ComplaintAct.ACKNOWLEDGED and complaint.state is ComplaintState.ACKNOWLEDGED:
        raise Refused(
            f"{complaint.reference} is already acknowledged",
            clause=Law.COMPLAINT_PERIOD,
            hint=f"say what was done since: callrec complaint progress {complaint.reference}",
        )


def check_may_answer(person: Person, complaint: ComplaintFacts, *, on: date) -> None:
    """The Data Controller, or whom they authorised, decides what comes of a complaint, once."""
    check_in_force(person)
    if not may_answer(person, complaint, on=on):
        raise Refused(
            "only the Data Controller decides the outcome of a complaint",
            clause=Law.COMPLAINT_OUTCOME,
            hint="ask the Data Controller; they can authorise a person with"
            f" callrec user delegate USER --power {Power.DECIDE_RESERVED} --until DATE",
        )
    _check_open(complaint)


def _check_open(complaint: ComplaintFacts) -> None:
    if complaint.state is ComplaintState.CLOSED:
        raise Refused(
            f"{complaint.reference} is already closed",
            clause=Law.COMPLAINT_OUTCOME,
            hint="enter what is new as another complaint: callrec complaint receive",
        )


def must_be_told(act: ComplaintAct, finding: Finding | None) -> bool:
    """Whether the complainant hears of it: not of every step, nor where there is no complaint."""
    return act is not ComplaintAct.PROGRESSED and finding is not Finding.OTHER_MATTER


def is_dated_late(deadline: Deadline, told_on: date, *, entered_on: date) -> bool:
    """Whether what was told in time was written down when the 30 days were over."""
    return deadline.due_on is not None and told_on <= deadline.due_on < entered_on


def was_late(deadline: Deadline, told_on: date | None, *, today: date) -> bool:
    """Whether the complainant heard of it after the 30 days, or has not heard and they are over.

    ``told_on``: of the acknowledgement, or of the outcome where that came first.
    """
    return deadline.due_on is not None and (told_on or today) > deadline.due_on
