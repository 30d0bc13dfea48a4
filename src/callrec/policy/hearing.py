"""Who hears what was granted, and who releases it [policy 2, 4(a), 4(e)-(g)].

    4(a)      what was granted is one person's, and ends                    check_may_hear
    4(h)-(i)  an erasure or a disposal is carried out, not heard            check_is_heard
    2, 4(g)   a disciplinary recording is the employee's manager's to have  check_may_be_granted
    4(e)-(g)  whoever alone approved these does not release them            check_second_person
    4(e)      who asks, and for whom, is proven first                        check_proven
    4(e)      other people in a recording are thought of first              check_third_parties
    4(e)-(f)  who comes from outside to hear one is on record               check_attended
    4(e)      that the staff heard it beforehand is no answer               answers_who_asked

`check_may_listen` and `check_may_release` are these put together.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime

from callrec.errors import Refused
from callrec.policy.authority import RequestFacts, check_may
from callrec.policy.clause import Clause
from callrec.policy.further import FurtherParticular
from callrec.policy.purpose import TERMS, Purpose
from callrec.policy.request import has_lapsed
from callrec.policy.role import Person, PersonId, Power, Role

_HAS_A_COPY = "copy"
"""Answer of who asked for his own calls, and does not come to hear them (`further`)."""

_NOBODY = "nobody"
"""Said of a hearing at which the staff were among themselves."""

_MANAGING = frozenset({Role.MANAGER, Role.PARTNER, Role.DATA_CONTROLLER})
"""Who can be an employee's manager."""


@dataclass(frozen=True, slots=True, kw_only=True)
class GrantFacts:
    """What the rules ask about a grant."""

    to: PersonId
    lapses_at: datetime
    """UTC: the first instant at which it is over."""
    decided_by: frozenset[PersonId]
    """Who signed the approval, the countersigner among them."""
    broke_glass: bool = False


def check_may_be_granted(person: Person, request: RequestFacts, *, on: date) -> None:
    """Whoever is to hear a recording may hear at all [policy 4(a)].

    A disciplinary one is for the employee's manager only [policy 2 bullet 6].

    Raises:
        Refused: the person may not hear recordings, or cannot be the employee's manager.
    """
    check_may(person, Power.HEAR, on=on)
    if not TERMS[request.purpose].goes_to_manager:
        return
    if person.role not in _MANAGING or person.id in request.subjects:
        raise Refused(
            "a disciplinary recording goes to the employee's manager only",
            clause=Clause.EMPLOYEE_CONDUCT,
            hint=f"approve it for that manager: callrec approve {request.reference} --for USER",
        )


def check_is_for_listening(request: RequestFacts) -> None:
    """What was approved to be erased or disposed of is nobody's to hear [policy 4(h), 4(i)].

    Raises:
        Refused: the request is for one of these.
    """
    terms = TERMS[request.purpose]
    if not terms.is_heard:
        raise Refused(
            f"what is approved for {request.purpose} is carried out, not heard or handed over",
            clause=terms.asked_under,
            hint="to hear it, ask for a purpose of its own: callrec request create",
        )


def check_may_hear(person: Person, grant: GrantFacts, *, on: date, now: datetime) -> None:
    """A grant is one person's, and ends [policy 4(a)].

    Args:
        person: who wants to hear.
        grant: what was granted.
        on: the day of `now` in the practice's time zone.
        now: UTC.

    Raises:
        Refused: it is somebody else's, it has lapsed, or the person may not hear any more.
    """
    check_may(person, Power.HEAR, on=on)
    if person.id != grant.to:
        raise Refused(
            "this was granted to somebody else",
            clause=Clause.CONTROLLED_ACCESS,
            hint="ask for it yourself: callrec request create",
        )
    if has_lapsed(grant.lapses_at, now):
        raise Refused(
            "the grant has lapsed",
            clause=Clause.CONTROLLED_ACCESS,
            hint="ask whoever approved it to decide again",
        )


def is_attended(purpose: Purpose, further: Mapping[str, str]) -> bool:
    """Whether somebody from outside is expected when it is heard, so that it is asked who came.

    Args:
        purpose: of the request under which it is heard.
        further: what the request says besides the six of 4(b).
    """
    has_a_copy = further.get(FurtherParticular.HEAR_OR_COPY) == _HAS_A_COPY
    return TERMS[purpose].is_attended and not has_a_copy


def had_outside_listeners(attended: Iterable[str]) -> bool:
    """Whether anybody but the staff is said to have been there, whatever was asked for."""
    return any(each.strip().casefold() != _NOBODY for each in attended)


def answers_requester(
    purpose: Purpose, further: Mapping[str, str], attended: Iterable[str]
) -> bool:
    """Whether a hearing answers who asked, and is not the practice's own before it answers.

    Args:
        purpose: of the request under which it was heard.
        further: as for `is_attended`.
        attended: who is said to have been there besides the one who played it.
    """
    return had_outside_listeners(attended) and is_attended(purpose, further)


def check_attended(
    request: RequestFacts, further: Mapping[str, str], attended: Collection[str]
) -> None:
    """Where somebody from outside may be there, it is said who is, or that nobody is.

    Raises:
        Refused: nothing is said.
    """
    if is_attended(request.purpose, further) and not attended:
        raise Refused(
            "it is not said who attends the hearing",
            clause=TERMS[request.purpose].decided_under,
            hint='say who is there besides you: --attended "the patient", or --attended nobody',
        )


def check_second_person(person: Person, request: RequestFacts, grant: GrantFacts) -> None:
    """Whoever alone approved it does not release it [policy 4(e)-(g)].

    So for subject access, outside bodies and disciplinary processes.

    Raises:
        Refused: nobody but the releaser signed the approval, and the glass was not broken.
    """
    terms = TERMS[request.purpose]
    if not terms.needs_second_person or grant.broke_glass:
        return
    if not grant.decided_by - {person.id}:
        raise Refused(
            f"whoever alone approved a request for {request.purpose} does not release it",
            clause=terms.decided_under,
            hint=f"approve it for somebody else, or together:"
            f" callrec approve {request.reference} --for USER, or --countersign USER",
        )


def check_identity_proven(request: RequestFacts) -> None:
    """Nobody is given a recording before it is known who he is, and for whom he asks [4(e)].

    Source: UK GDPR 12(6); Access to Health Records Act 1990 s.3(6).

    Raises:
        Refused: proof of identity or authority has not come.
    """
    if request.unproven:
        awaited = min(request.unproven)
        raise Refused(
            f"{awaited.words} has not come",
            clause=TERMS[request.purpose].decided_under,
            hint=f"when it has: callrec request event {request.reference} {awaited} --on DATE",
        )


def check_third_parties(request: RequestFacts) -> None:
    """Other people in a recording are thought of before its subject has it [policy 4(e)].

    Source: DPA 2018, Sch 2 Pt 3 para 16.

    Raises:
        Refused: nobody has said what he found, or the request was changed since.
    """
    if TERMS[request.purpose].needs_third_party_check and not request.third_parties_checked:
        raise Refused(
            "nobody has checked these recordings for third parties",
            clause=Clause.SUBJECT_ACCESS,
            hint="listen to them, then say what you found:"
            f" callrec request event {request.reference} third-parties --on today --reason TEXT",
        )


def check_may_listen(
    person: Person, request: RequestFacts, grant: GrantFacts, *, on: date, now: datetime
) -> None:
    """All that it takes to hear what was granted, or to look at it; `on` and `now` as above.

    What was asked when it was granted is asked again: he may be the employee's manager no more.

    Raises:
        Refused: one of the rules says no.
    """
    check_is_for_listening(request)
    check_may_hear(person, grant, on=on, now=now)
    check_may_be_granted(person, request, on=on)


def check_may_release(
    person: Person, request: RequestFacts, grant: GrantFacts, *, on: date, now: datetime
) -> None:
    """All that it takes to release what was granted; `on` and `now` as for `check_may_hear`.

    Raises:
        Refused: one of the rules says no.
    """
    check_may_listen(person, request, grant, on=on, now=now)
    check_may_be_given(person, request, grant)


def check_may_be_given(person: Person, request: RequestFacts, grant: GrantFacts) -> None:
    """What it takes to let somebody from outside have or hear what was granted.

    Raises:
        Refused: one of the rules says no.
    """
    check_second_person(person, request, grant)
    check_identity_proven(request)
    check_third_parties(request)
