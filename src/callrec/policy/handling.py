"""Who handles a request besides deciding it [policy 4(b), 4(e), 4(f)].

    4(b)        its maker changes it, withdraws it, closes it           check_may_change, ...
    4(c), 4(d)  who may search gathers all that matches it              check_may_gather
    18(3)       who decides it lifts a restriction, and tells first     check_may_close, _closing
    4(e), 4(f)  closing without a package or a letter takes a reason    check_closing
    4(e), 4(f)  its handlers record events for its clock                check_may_record_event, ...
    4(e)        once approved, only missing proof may still arrive      check_is_awaited_proof
    4(e), 4(f)  once heard, it changes only if someone awaits an answer check_waits_for_answer
    4(a)        its releaser, or its handlers, record who has it        check_may_record
    4(c)        those who decide it see its calls unmasked              is_shown_in_full
    4(c)        typing a recording's number reveals nothing of it       is_shown_recordings

Who decides it is in `authority`.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from callrec.errors import Refused
from callrec.policy.authority import (
    RequestFacts,
    check_in_force,
    check_is_decider,
    check_may,
    check_may_lift,
    check_not_subject,
)
from callrec.policy.clause import Clause, Law
from callrec.policy.clock_events import Awaited
from callrec.policy.purpose import TERMS, Purpose
from callrec.policy.request import ENDED_STATES, USED_STATES, RequestState
from callrec.policy.role import Person, PersonId, Power, powers_of
from callrec.policy.words import check_reason, in_words, some_of


def check_may_change(person: Person, request: RequestFacts, *, on: date) -> None:
    """A request is changed by its maker, or by someone who may search [policy 4(b)].

    The latter attach what they find for someone who may not search; it makes the request their own,
    so they do not decide it then. Nobody changes what a retention review proposed. Nobody changes
    one about themselves that is not theirs.
    """
    check_in_force(person)
    _check_is_changed_by_hand(request)
    if person.id == request.requester:
        return
    if Power.SEARCH not in powers_of(person, on):
        raise _not_theirs("only who made the request, or may search, changes it", request)
    check_not_subject(person, request)


def check_may_gather(person: Person, request: RequestFacts, *, on: date) -> None:
    """All that matches a request is gathered by someone who may search [policy 4(c), 4(d)].

    That includes people who decide it: they choose nothing of what it says, and what they leave
    out has a ground, as what they withhold. Nobody gathers for a request about themselves that is
    not theirs, nor for what a retention review proposed.
    """
    check_may(person, Power.SEARCH, on=on)
    _check_is_changed_by_hand(request)
    if person.id != request.requester:
        check_not_subject(person, request)


def check_may_withdraw(person: Person, request: RequestFacts) -> None:
    """A request is withdrawn by its maker [policy 4(b)]."""
    check_in_force(person)
    if person.id != request.requester:
        raise _not_theirs("only who made the request withdraws it", request)


def check_may_close(person: Person, request: RequestFacts, *, on: date) -> None:
    """A request is closed by its maker, or those who decide it and are not its subject [4(b)].

    To close what restricts is to lift it, so that its maker does not.
    """
    check_in_force(person)
    if request.state is RequestState.IN_EFFECT and TERMS[request.purpose].restricts:
        check_may_lift(person, request, on=on)
    elif person.id != request.requester:
        check_is_decider(person, request, on=on, command="request close")


def check_closing(
    request: RequestFacts,
    reason: str,
    *,
    was_delivered: bool,
    was_told: bool,
    unsent: Sequence[int] = (),
    undecided: Sequence[int] = (),
) -> None:
    """Where somebody waits, closing takes the letter that tells them, or a reason [4(e), 4(f)].

    Staff listening to a recording does not answer anyone. The reason says how the applicant was
    told, or why not; it may be empty otherwise. To close a restriction is to lift it, and its
    person is told before that.

    Args:
        request: what it is for.
        reason: why no letter was sent, or how they were told.
        was_delivered: a package went out.
        was_told: the letter that tells it was sent (`rights.letter.is_told`).
        unsent: numbers of what a law gives a right to, did not go out and is withheld on no ground.
        undecided: of these, what nobody has heard either. To close it then is for those who decide,
            and takes a reason.
    """
    terms = TERMS[request.purpose]
    command = f"callrec request close {request.reference} --reason TEXT"
    if undecided and not reason:
        raise Refused(
            f"{request.reference} asks for recordings that nobody has given or refused:"
            f" {some_of(undecided)}",
            clause=terms.decided_under,
            hint=f"who decides it decides them, too: callrec approve {request.reference}; what is"
            f" granted is released: callrec release {request.reference}; if the person wants it no"
            f" longer, who decides it closes it: {command}",
        )
    lifts = terms.restricts and request.state is RequestState.IN_EFFECT
    if not (reason or was_told) and lifts:
        raise Refused(
            "to close it is to lift it, and the person is told before that",
            clause=Law.RESTRICTION_LIFTED,
            hint=f"write to them: callrec request letter {request.reference} --kind lift"
            f" --tell TEXT; or say when and how they were told: {command}",
        )
    if not (reason or (was_delivered and not unsent)) and terms.is_dated and terms.is_heard:
        what = f"recordings did not go out: {some_of(unsent)}" if was_delivered else ""
        raise Refused(
            f"{what or 'no package went out'}, so that nothing says how the person who asked was"
            " answered",
            clause=terms.decided_under,
            hint="release it or deny it; if they listened in person, or withdrew, add a reason:"
            f" {command}",
        )
    if not (reason or was_told) and terms.is_dated:
        raise Refused(
            "no letter was sent that tells the person who asked what they were given",
            clause=terms.decided_under,
            hint="the Data Controller can write it with callrec request letter"
            f" {request.reference} --kind answer; or say why none is sent: {command}",
        )
    if reason:
        check_reason(reason, terms.decided_under)


def check_may_record_event(person: Person, request: RequestFacts, *, on: date) -> None:
    """Clock events are recorded by those who made, changed or decide a request [4(e), 4(f)].

    Not by those whom it is about, unless it is theirs.
    """
    check_in_force(person)
    if person.id not in request.makers:
        check_is_decider(person, request, on=on, command="request event")


def check_is_awaited_proof(request: RequestFacts, awaited: Awaited | None) -> None:
    """Once approved, only missing proof may be recorded, and once.

    Otherwise a day could be corrected after a late answer.
    """
    if awaited not in request.unproven:
        raise Refused(
            f"the request is {in_words(request.state)} and cannot be answered",
            clause=TERMS[request.purpose].decided_under,
            hint="only proof that is missing is written down then;"
            f" see what happened: callrec request show {request.reference}",
        )


def check_waits_for_answer(request: RequestFacts) -> None:
    """A request that was heard changes only if someone awaits an answer [policy 4(e), 4(f)].

    For any other purpose, hearing it was all that was asked for.
    """
    if request.state in USED_STATES and not TERMS[request.purpose].is_dated:
        raise Refused(
            f"the request is {in_words(request.state)} and cannot be changed",
            clause=Clause.FORMALLY_AUTHORISED,
            hint="ask for what is wanted besides by itself: callrec request create",
        )


def check_may_record(
    person: Person, request: RequestFacts, *, released_by: PersonId, on: date
) -> None:
    """The releaser, or a handler of the request, records what became of a package [policy 4(a)]."""
    check_in_force(person)
    if person.id != released_by:
        check_may_record_event(person, request, on=on)


def is_shown_in_full(person: Person, request: RequestFacts | None, *, on: date) -> bool:
    """Whether a search shows numbers and names unmasked.

    Only under an open request that the searcher decides or was granted. Nobody decides their own
    request, so its maker sees masks until it is granted.
    """
    if request is None or request.state in ENDED_STATES:
        return False
    decides = TERMS[request.purpose].decided_with in powers_of(person, on)
    concerned = person.id in request.makers | request.subjects
    return person.id in request.granted_to or (decides and not concerned)


def is_shown_all_requests(person: Person, *, on: date) -> bool:
    """Whether lists show other people's requests: to those who search, decide, govern or audit.

    A request's purpose may tell something about a colleague.
    """
    looks = {Power.SEARCH, Power.READ_AUDIT, Power.GOVERN}
    decides = {terms.decided_with for terms in TERMS.values()}
    return bool(powers_of(person, on) & (looks | decides))


def is_shown_recordings(person: Person, purpose: Purpose, *, on: date) -> bool:
    """Whether the person is shown what a request's recordings are, beyond their numbers.

    Numbers can be guessed, and making a request does not permit browsing: someone who neither
    searches nor decides sees only what was granted to them.
    """
    return bool(powers_of(person, on) & {Power.SEARCH, TERMS[purpose].decided_with})


def _check_is_changed_by_hand(request: RequestFacts) -> None:
    if not TERMS[request.purpose].is_made_by_hand:
        raise Refused(
            f"a request for {in_words(request.purpose)} is not changed by hand",
            clause=Clause.ENCRYPTED_AND_ARCHIVED,
            hint="the Data Controller withholds what is to be kept; callrec retention dispose makes"
            " another",
        )


def _not_theirs(message: str, request: RequestFacts) -> Refused:
    return Refused(
        message,
        clause=Clause.FORMALLY_AUTHORISED,
        hint=f"see who made it: callrec request show {request.reference}",
    )
