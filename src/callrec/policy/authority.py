"""Who may act, ask, decide, countersign; what is lent.

    4(a)  the Data Controller, or those they authorise, manage access      check_may, _vouch
    4(a)  where there is one, a second person signs for who joins          check_second
    4(b)  each purpose is decided by the role the policy names for it      check_decides_purpose
    4(b)  nobody formally authorises their own request                     check_not_own, _subject
    4(b)  nor lifts what restricts, if it is their own or about them       check_may_lift
    4(g)  a delegate consults the Data Controller before approval          check_consulted

`check_may_decide`, `check_may_approve` and `check_signers` combine these. Where a practice has
nobody else, `check_may_countersign`, `check_may_break_glass` and `check_may_deny_alone` say what
replaces them. Who then receives a recording is in `hearing`; who changes, dates and closes a
request, in `handling`. Each rule raises Refused with its clause and what to type.

Any power can be lent to a named person until a day [policy 4(a), "any other persons authorised"],
but not lent on. It ends with that day, whatever the log says; the next command about people or
keys records the end and renews the keys that the power opened.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, timedelta
from typing import Final

from callrec.dataclass import dataclass, replace
from callrec.errors import NotFound, Refused, Unusable, is_allowed
from callrec.policy.clause import Clause
from callrec.policy.clock_events import Awaited
from callrec.policy.days import as_typed, short_date
from callrec.policy.purpose import TERMS, Purpose
from callrec.policy.request import GRANTED_STATES, RequestState
from callrec.policy.role import (
    SERVICES,
    Delegation,
    Person,
    PersonId,
    Power,
    Role,
    Standing,
    holds_recordings,
    may_be_second,
    powers_of,
)
from callrec.policy.words import check_reason, in_words

MAX_DELEGATION: Final = timedelta(days=366)
"""A year. Ours: after that the Data Controller names the person again."""

_ASK = {
    Power.DECIDE_GENERAL: "a partner, a manager or the Data Controller",
    Power.DECIDE_RESERVED: "the Data Controller",
}


_ASK_ANOTHER = {
    Power.DECIDE_GENERAL: "another partner, manager or Data Controller",
    Power.DECIDE_RESERVED: "another Data Controller",
}

_DECIDE: Final = "approve or deny"


@dataclass(frozen=True, slots=True, kw_only=True)
class RequestFacts:
    """What the rules ask about a request."""

    reference: str
    """As it is typed, ``R-17``."""
    purpose: Purpose
    state: RequestState
    requester: PersonId
    changed_by: frozenset[PersonId] = frozenset()
    """Who changed it after it was made."""
    namesakes: frozenset[PersonId] = frozenset()
    """Others with the full name of someone who made or changed it, where names could be opened:
    the same person may have left and come back under another login."""
    subjects: frozenset[PersonId] = frozenset()
    """The staff whom it is about."""
    granted_to: frozenset[PersonId] = frozenset()
    """Who holds a grant under it that is still usable."""
    made_on: date | None = None
    """Its day in the practice's time zone; None where nobody opened it, so nobody approves it."""
    unproven: frozenset[Awaited] = frozenset()
    """Proof that was missing when it came and still is."""
    third_parties_checked: bool = False
    """Whether its present recordings were checked for other people."""
    kept_from: frozenset[PersonId] = frozenset()
    """Who must not learn of it, as `reviews.people_kept_from` says; as `subjects`, once opened."""

    @property
    def makers(self) -> frozenset[PersonId]:
        """The requester and everyone who changed it."""
        return self.changed_by | {self.requester}

    @property
    def hidden_from(self) -> frozenset[PersonId]:
        """Of those from whom it is kept, the people who do not know of it by themselves."""
        return self.kept_from - self.makers - self.granted_to


def check_in_force(person: Person) -> None:
    """A person acts with a key of their own that is confirmed, unless disabled [policy 4(a)]."""
    if person.standing is Standing.DISABLED:
        raise Refused(
            "this person is disabled",
            clause=Clause.CONTROLLED_ACCESS,
            hint="ask the Data Controller",
        )
    if person.standing is not Standing.CONFIRMED:
        raise Refused(
            "this person's key is not confirmed",
            clause=Clause.CONTROLLED_ACCESS,
            hint="log in once, then ask the Data Controller to run callrec user confirm",
        )


def check_may(person: Person, power: Power, *, on: date) -> None:
    """People do what their role allows or what the Data Controller lent them [policy 4(a)]."""
    check_in_force(person)
    if power not in powers_of(person, on):
        raise Refused(
            _was_lent(person, power) or f"the role {in_words(person.role)} may not {power.meaning}",
            clause=Clause.CONTROLLED_ACCESS,
            hint="ask the Data Controller, who can lend it:"
            f" callrec user delegate USER --power {power} --until DATE",
        )


def check_may_vouch(person: Person) -> None:
    """The Data Controller says who may do what [policy 4(a)]; a lent power is not lent on."""
    _check_governs(person, "say who may do what", hint="ask the Data Controller")


def check_second(second: Person | None, *, by: PersonId, about: PersonId, is_needed: bool) -> None:
    """Who joins, has another key or may do more, does so on two people's word [policy 4(a)].

    ``is_needed`` says whether that holds for this, and there is one who may sign beside ``by``.
    """
    if second is None and is_needed:
        message = "a second person has to sign for that too"
    elif second is None:
        return
    elif second.id in (by, about):
        message = "a second person is neither who says it nor who it is said of"
    elif not may_be_second(second):
        message = f"the role {in_words(second.role)} may not countersign"
    else:
        return
    hint = f"ask {_ASK_ANOTHER[Power.DECIDE_GENERAL]}: --countersign USER"
    raise Refused(message, clause=Clause.CONTROLLED_ACCESS, hint=hint)


def check_opened_by_two(first: Person, second: Person | None, *, on: date, is_by_one: bool) -> None:
    """What opens every recording at once takes two who approve, where the rules say so [4(a)].

    ``is_by_one`` says whether since then one person alone let the second approve: or who takes the
    others' powers away could bring in a second of their own.
    """
    if second is None:
        message = "that opens every recording, and takes two people here"
    elif second.id == first.id:
        message = "the second person is somebody else than you"
    elif not holds_recordings(second, on):
        message = f"the role {in_words(second.role)} does not open recordings"
    elif is_by_one:
        message = "one person alone let them approve since it takes two here, so they do not count"
    else:
        return
    hint = f"ask {_ASK_ANOTHER[Power.DECIDE_GENERAL]} to come to this terminal: --countersign USER"
    raise Refused(message, clause=Clause.CONTROLLED_ACCESS, hint=hint)


def check_may_be_opened_by_two(people: Iterable[Person]) -> None:
    """Two who approve in their own right, or the rule would lock everybody out but the kit."""
    if sum(may_be_second(person) for person in people) < 2:  # noqa: PLR2004 - it is about two
        raise Refused(
            "fewer than two people approve requests in their own right, so no two could open"
            " recordings",
            clause=Clause.CONTROLLED_ACCESS,
            hint="add another first: callrec user add NAME --role partner",
        )


def check_may_resume(person: Person) -> None:
    """The Data Controller says from where the record goes on [policy 4(a)]; it is not lent."""
    hint = "ask the Data Controller to run callrec audit resume"
    _check_governs(person, "say from where the record goes on", hint=hint)


def check_may_set_rules(person: Person) -> None:
    """The Data Controller decides the practice's settings [policy 4(a)]; it is not lent."""
    hint = "ask the Data Controller to run callrec practice settings apply FILE"
    _check_governs(person, "decide the practice's settings", hint=hint)


def _check_governs(person: Person, what: str, *, hint: str) -> None:
    check_in_force(person)
    if Power.GOVERN not in person.powers:
        raise Refused(
            f"the role {in_words(person.role)} may not {what}",
            clause=Clause.CONTROLLED_ACCESS,
            hint=hint,
        )


def check_may_request(person: Person, purpose: Purpose, *, on: date) -> None:
    """Anyone in the practice may ask [policy 4(b)]; disposal only comes from a retention review."""
    check_may(person, Power.MAKE_REQUEST, on=on)
    if not TERMS[purpose].is_made_by_hand:
        raise Refused(
            f"a request for {in_words(purpose)} is not made by hand",
            clause=Clause.ENCRYPTED_AND_ARCHIVED,
            hint="run callrec retention review, then callrec retention dispose",
        )


def check_decides_purpose(
    person: Person, request: RequestFacts, *, on: date, command: str = "approve"
) -> None:
    """A purpose is decided by the role that the policy names for it [policy 4(b), 4(e)-(g)].

    ``command`` is what they ran, for the hint.
    """
    check_in_force(person)
    terms, purpose = TERMS[request.purpose], in_words(request.purpose)
    if terms.decided_with not in powers_of(person, on):
        raise Refused(
            _was_lent(person, terms.decided_with)
            or f"the role {in_words(person.role)} may not decide a request for {purpose}",
            clause=terms.decided_under,
            hint=hint_who_decides(request, command),
        )


def check_not_own(
    person: Person, request: RequestFacts, instead: str = "", *, deed: str = _DECIDE
) -> None:
    """Nobody formally authorises their own request, nor one of a namesake's [policy 4(b)].

    ``instead`` is the hint where the person was to do something other than decide, and ``deed``
    what that is.
    """
    for whose, who in ((request.makers, "you"), (request.namesakes, "somebody of your name")):
        if person.id in whose:
            message = f"you cannot {deed} a request that {who} made or changed"
            raise _needs_another_person(message, person, request, instead)


def check_not_subject(
    person: Person, request: RequestFacts, instead: str = "", *, deed: str = _DECIDE
) -> None:
    """Nobody authorises a request about themselves [policy 4(b)]; the others as above."""
    if person.id in request.subjects:
        message = f"you cannot {deed} a request about yourself"
        raise _needs_another_person(message, person, request, instead)


def check_may_lift(person: Person, request: RequestFacts, *, on: date) -> None:
    """To lift what is restricted is to decide it again, by the same rules [policy 4(b)]."""
    check_decides_purpose(person, request, on=on)
    deed, instead = f"lift the {in_words(request.purpose)} of", ""
    if person.role is not Role.DATA_CONTROLLER:
        another = _ASK_ANOTHER[TERMS[request.purpose].decided_with]
        instead = f"ask {another} to run callrec request close {request.reference} --reason TEXT"
    check_not_own(person, request, instead, deed=deed)
    check_not_subject(person, request, instead, deed=deed)


def check_may_decide(person: Person, request: RequestFacts, *, on: date) -> None:
    """Every rule for denying a request; for approving it, see `check_may_approve`."""
    check_decides_purpose(person, request, on=on)
    check_not_own(person, request)
    check_not_subject(person, request)


def may_decide(person: Person, request: RequestFacts, *, on: date) -> bool:
    """Whether none of the rules for denying a request refuses the person."""
    return is_allowed(check_may_decide, person, request, on=on)


def check_consulted(
    person: Person, request: RequestFacts, *, on: date, consulted_on: date | None
) -> None:
    """A delegate consults the Data Controller before a disciplinary approval [policy 4(g)].

    They consult about this very request, so not before it was made.
    """
    is_delegate = person.role is not Role.DATA_CONTROLLER
    if not (TERMS[request.purpose].needs_consultation and is_delegate):
        return
    if consulted_on is None or request.made_on is None:
        message = "the Data Controller is consulted before this is approved"
    elif not request.made_on <= consulted_on <= on:
        message = "a delegate consults between the request and their approval"
    else:
        return
    raise Refused(
        message,
        clause=Clause.DISCIPLINARY,
        hint="consult first, then say when it was: --consulted DATE",
    )


def check_may_approve(
    person: Person, request: RequestFacts, *, on: date, consulted_on: date | None = None
) -> None:
    """Every rule for approving a request."""
    check_may_decide(person, request, on=on)
    check_consulted(person, request, on=on, consulted_on=consulted_on)


def check_may_countersign(
    person: Person, request: RequestFacts, *, decider: PersonId, grantee: PersonId, on: date
) -> None:
    """A second person, at least a manager and not involved, authorises too [policy 4(b)].

    They are not the ``decider``, nor the ``grantee``, who will hear or release it.
    """
    check_in_force(person)
    deciding = {Power.DECIDE_GENERAL, TERMS[request.purpose].decided_with}
    if not deciding & powers_of(person, on):
        raise Refused(
            f"the role {in_words(person.role)} may not countersign",
            clause=Clause.FORMALLY_AUTHORISED,
            hint=f"ask {_ASK[Power.DECIDE_GENERAL]}: --countersign USER",
        )
    instead = "let somebody else countersign: --countersign USER"
    check_not_own(person, request, instead)
    check_not_subject(person, request, instead)
    if person.id in {decider, grantee}:
        raise Refused(
            "the decider and the releaser do not countersign",
            clause=Clause.FORMALLY_AUTHORISED,
            hint=instead,
        )


def check_may_break_glass(
    person: Person, request: RequestFacts, *, reason: str | None, on: date
) -> None:
    """The Data Controller approves alone where nobody else can decide [policy 4(a)].

    This skips `check_not_own` only, takes a reason, and every report shows it. For a request about
    themselves they lend the power to somebody.
    """
    _check_is_data_controller(person, request, "approve")
    check_decides_purpose(person, request, on=on)
    check_not_subject(person, request)
    check_reason(reason, Clause.FORMALLY_AUTHORISED)


def check_signers(
    request: RequestFacts,
    *,
    decider: Person,
    countersigner: Person | None,
    to: PersonId,
    on: date,
    consulted_on: date | None,
    glass_reason: str | None,
) -> None:
    """The rules for people who sign an approval: asked when it is made, and when it is used."""
    if glass_reason is not None:
        check_may_break_glass(decider, request, reason=glass_reason, on=on)
    else:
        check_may_approve(decider, request, on=on, consulted_on=consulted_on)
    if countersigner is not None:
        check_may_countersign(countersigner, request, decider=decider.id, grantee=to, on=on)


def check_may_deny_alone(person: Person, request: RequestFacts, *, on: date) -> None:
    """The Data Controller denies their own request where nobody else can decide it [4(a)].

    This skips `check_not_own` only, and every report shows it. For a request about themselves, or
    a namesake's, no leaf would show that they acted alone.
    """
    _check_is_data_controller(person, request, "deny")
    check_decides_purpose(person, request, on=on, command="deny")
    if person.id not in request.makers:
        raise Refused(
            "the glass is broken to deny what you made or changed yourself, and no other request",
            clause=Clause.FORMALLY_AUTHORISED,
            hint="leave out --break-glass",
        )
    check_not_subject(person, request)


def check_is_decider(
    person: Person, request: RequestFacts, *, on: date, command: str = "approve"
) -> None:
    """Those who decide a purpose may take an approval back [policy 4(b)].

    They may also extend the time [UK GDPR 12(3)]. Both of their own requests too, since neither
    gives access; not of one about themselves.
    """
    check_decides_purpose(person, request, on=on, command=command)
    check_not_subject(person, request)


def hint_who_decides(request: RequestFacts, command: str = "approve") -> str:
    """The hint that names who decides a request; it is decided before it is carried out.

    What is in effect is closed; nothing else can happen to it.
    """
    if request.state is RequestState.IN_EFFECT:
        command = "request close"
    elif command != "deny" and request.state not in GRANTED_STATES:
        command = "approve"
    ask = _ASK[TERMS[request.purpose].decided_with]
    return f"ask {ask} to run callrec {command} {request.reference}"


def who_decides(purpose: Purpose, person: Person) -> str:
    """Who is asked to decide a request that this person made."""
    power = TERMS[purpose].decided_with
    return (_ASK_ANOTHER if power in person.powers else _ASK)[power]


def _check_is_data_controller(person: Person, request: RequestFacts, command: str) -> None:
    if person.role is not Role.DATA_CONTROLLER:
        raise Refused(
            "only the Data Controller breaks the glass",
            clause=Clause.CONTROLLED_ACCESS,
            hint=hint_who_decides(request, command),
        )


def _was_lent(person: Person, power: Power) -> str:
    """The message if this power was lent and has ended; else empty."""
    days = [lent.until for lent in person.delegations if lent.power is power]
    return f"that power was lent until {short_date(max(days))} and has ended" if days else ""


def _needs_another_person(
    message: str, person: Person, request: RequestFacts, instead: str
) -> Refused:
    power = TERMS[request.purpose].decided_with
    hint = f"ask {_ASK_ANOTHER[power]} to run callrec approve {request.reference}"
    if power is Power.DECIDE_RESERVED and person.role is Role.DATA_CONTROLLER:
        hint = f"lend it to somebody: callrec user delegate USER --power {power} --until DATE"
    return Refused(message, clause=Clause.FORMALLY_AUTHORISED, hint=instead or hint)


def lend(lender: Person, person: Person, power: Power, *, until: date, on: date) -> Person:
    """Lend a power; returns the person with it, replacing an earlier loan of the same power.

    ``until`` is its last day, a year off at most. The lender governs in their own right, and the
    person can act. Unusable if the person's role already brings the power.
    """
    check_may_vouch(lender)
    check_in_force(person)
    if person.role in SERVICES:
        raise Refused(
            "you can lend a power to a person only, not to a service or a machine",
            clause=Clause.CONTROLLED_ACCESS,
            hint="callrec user list shows who there is",
        )
    if not on <= until <= on + MAX_DELEGATION:
        raise Refused(
            "you can lend a power from today on, for a year at most",
            clause=Clause.CONTROLLED_ACCESS,
            hint=f"choose --until {as_typed(on + MAX_DELEGATION)} or an earlier day that is not"
            " over",
        )
    if power in person.powers:
        raise Unusable(
            f"the role {in_words(person.role)} brings that power already",
            hint="callrec user show NAME",
        )
    others = _others(person.delegations, power)
    return replace(person, delegations=(*others, Delegation(power, until)))


def take_back(lender: Person, person: Person, power: Power) -> Person:
    """Take a power back at once; returns the person without it. NotFound if it is not lent."""
    check_may_vouch(lender)
    others = _others(person.delegations, power)
    if len(others) == len(person.delegations):
        raise NotFound("that power is not lent to this person", hint="callrec user show NAME")
    return replace(person, delegations=others)


def delegations_lapsed(person: Person, on: date) -> tuple[Delegation, ...]:
    """A person's loans of power that have ended: their last day was before ``on``."""
    return tuple(lent for lent in person.delegations if lent.until < on)


def without_lapsed(person: Person, on: date) -> Person:
    """The person without the loans of power whose last day was before ``on``.

    Law: it changes nothing that they may do that day, or later.
    """
    lasting = tuple(lent for lent in person.delegations if on <= lent.until)
    return replace(person, delegations=lasting)


def _others(delegations: Iterable[Delegation], power: Power) -> tuple[Delegation, ...]:
    return tuple(lent for lent in delegations if lent.power is not power)
