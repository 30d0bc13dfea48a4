"""Who handles a request beside deciding it [policy 4(b), 4(e), 4(f)].

    4(b)        whoever made it changes it, withdraws it, closes it     check_may_change, ...
    4(e), 4(f)  what was not handed over is closed for a reason         check_closing
    4(e), 4(f)  whoever handles it dates what its clock counts by       check_may_date, _extend
    4(e)        of what is approved, the proof that was missing comes   check_may_come
    4(e), 4(f)  what was heard is changed if somebody waits for it      check_waits_for_answer
    4(a)        who released it, or handles it, says who has it         check_may_record
    4(c)        and whoever is concerned sees its calls unmasked        is_shown_in_full
    4(c)        who only typed their numbers learns nothing of them     is_shown_recordings

Who decides it is in `authority`.
"""

from __future__ import annotations

from datetime import date

from callrec.errors import Refused
from callrec.policy.authority import (
    RequestFacts,
    check_decides_purpose,
    check_in_force,
    check_not_subject,
)
from callrec.policy.clause import Clause
from callrec.policy.clock_events import Awaited
from callrec.policy.purpose import TERMS, Purpose
from callrec.policy.request import ENDED_STATES, RequestState
from callrec.policy.role import Person, PersonId, Power, powers_of
from callrec.policy.words import check_reason


def check_may_change(person: Person, request: RequestFacts, *, on: date) -> None:
    """Whoever made a request changes it [policy 4(b)].

    So does whoever may search, to attach what he found for somebody who may not. It makes the
    request his own as well: he does not decide it then.

    What a retention review proposed is changed by nobody: it says what was due when it was made.

    Raises:
        Refused: the person is neither, or he did not make it and it is about him; or it is for
            disposal.
    """
    check_in_force(person)
    if not TERMS[request.purpose].is_made_by_hand:
        raise Refused(
            f"a request for {request.purpose} is not changed by hand",
            clause=Clause.ENCRYPTED_AND_ARCHIVED,
            hint="the Data Controller withholds what is to be kept; callrec retention dispose makes"
            " another",
        )
    if person.id == request.requester:
        return
    if Power.SEARCH not in powers_of(person, on):
        raise _is_not_his("only who made the request, or may search, changes it", request)
    check_not_subject(person, request)


def check_may_withdraw(person: Person, request: RequestFacts) -> None:
    """Whoever made a request withdraws it [policy 4(b)].

    Raises:
        Refused: somebody else made it.
    """
    check_in_force(person)
    if person.id != request.requester:
        raise _is_not_his("only who made the request withdraws it", request)


def check_may_close(person: Person, request: RequestFacts, *, on: date) -> None:
    """Whoever made a request or decides its purpose closes it [policy 4(b)].

    Raises:
        Refused: the person is neither, or he did not make it and it is about him.
    """
    check_in_force(person)
    if person.id != request.requester:
        check_decides_purpose(person, request, on=on)
        check_not_subject(person, request)


def check_closing(request: RequestFacts, reason: str, *, was_delivered: bool) -> None:
    """What somebody waits for is closed for a reason, unless a package went out [4(e), 4(f)].

    That the staff heard it is no answer, so it is said how he was answered, or why not.

    Args:
        request: what is closed.
        reason: why; may be empty where a package went out, or nobody outside waits.
        was_delivered: whether a package went out.

    Raises:
        Refused: the reason is none, or not said where it has to be.
    """
    if not reason and TERMS[request.purpose].is_dated and not was_delivered:
        raise Refused(
            "no package went out, so that nothing says how whoever asked was answered",
            clause=TERMS[request.purpose].decided_under,
            hint="release it or deny it; if he heard it himself, or wants it no more, say so:"
            f" callrec request close {request.reference} --reason TEXT",
        )
    if reason:
        check_reason(reason, TERMS[request.purpose].decided_under)


def check_may_record_event(person: Person, request: RequestFacts, *, on: date) -> None:
    """Whoever handles a request dates what its clock counts by [policy 4(e), 4(f)].

    That is who made it, changed it, or decides its purpose.

    Raises:
        Refused: the person is none of these, or he did not make it and it is about him.
    """
    check_in_force(person)
    if person.id not in request.makers:
        check_decides_purpose(person, request, on=on)
        check_not_subject(person, request)


def check_may_extend(person: Person, request: RequestFacts, *, on: date) -> None:
    """Whoever decides a request takes more time for it [UK GDPR 12(3)].

    Of his own too: he decides nothing by it.

    Raises:
        Refused: the person does not decide its purpose, or it is about him.
    """
    check_decides_purpose(person, request, on=on)
    check_not_subject(person, request)


def check_is_awaited_proof(request: RequestFacts, awaited: Awaited | None) -> None:
    """Of what is approved only the proof that was missing is written down, and once.

    Else a day could be put right after an answer that was late.

    Args:
        request: something that was approved stands under it.
        awaited: what came.

    Raises:
        Refused: it is no proof, or none that is missing.
    """
    if awaited not in request.unproven:
        raise Refused(
            f"the request is {request.state} and cannot be answered",
            clause=TERMS[request.purpose].decided_under,
            hint="only proof that is missing is written down then;"
            f" see what happened: callrec request show {request.reference}",
        )


def check_waits_for_answer(request: RequestFacts) -> None:
    """What was heard is changed yet, if it was heard to answer somebody [policy 4(e), 4(f)].

    For any other purpose it is done with that: to hear it was all that was asked for.

    Raises:
        Refused: it was heard, and nobody waits for an answer.
    """
    if request.state is RequestState.RELEASED and not TERMS[request.purpose].is_dated:
        raise Refused(
            f"the request is {request.state} and cannot be changed",
            clause=Clause.FORMALLY_AUTHORISED,
            hint="ask for what is wanted besides by itself: callrec request create",
        )


def check_may_record(
    person: Person, request: RequestFacts, *, released_by: PersonId, on: date
) -> None:
    """Whoever released a package says what became of it, or who handles the request [policy 4(a)].

    Raises:
        Refused: the person did not release it, and may not date the request either.
    """
    check_in_force(person)
    if person.id != released_by:
        check_may_record_event(person, request, on=on)


def is_shown_in_full(person: Person, request: RequestFacts | None, *, on: date) -> bool:
    """Whether a search shows numbers and names unmasked.

    Only under an open request that the searcher decides or was granted. What he made himself he
    does not decide, so he sees masks until it is granted to him.
    """
    if request is None or request.state in ENDED_STATES:
        return False
    decides = TERMS[request.purpose].decided_with in powers_of(person, on)
    concerned = person.id in request.makers | request.subjects
    return person.id in request.granted_to or (decides and not concerned)


def is_shown_all_requests(person: Person, *, on: date) -> bool:
    """Whether lists tell what others ask for: to who searches, decides, governs or checks.

    What a request is for tells of a colleague who is asked about, and staff and services have no
    part in it.
    """
    looks = {Power.SEARCH, Power.READ_AUDIT, Power.GOVERN}
    decides = {terms.decided_with for terms in TERMS.values()}
    return bool(powers_of(person, on) & (looks | decides))


def is_shown_recordings(person: Person, purpose: Purpose, *, on: date) -> bool:
    """Whether it is shown what the recordings are that a request for that purpose asks for.

    Numbers can be guessed, and a request of one's own is no leave to browse: whoever neither
    searches nor decides it is shown what was granted to him, and of others the numbers alone.
    """
    return bool(powers_of(person, on) & {Power.SEARCH, TERMS[purpose].decided_with})


def _is_not_his(message: str, request: RequestFacts) -> Refused:
    return Refused(
        message,
        clause=Clause.FORMALLY_AUTHORISED,
        hint=f"see who made it: callrec request show {request.reference}",
    )
