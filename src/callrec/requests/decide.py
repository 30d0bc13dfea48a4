"""Approve, deny, revoke: opened once, decided, signed.

An approval is an act with a key, not a flag: the decider opens each recording's data key and seals
it to the one person who is to hear it, and signs what was granted, to whom and until when.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any, Final

from sqlalchemy import Connection, Row

from callrec.calls.coming_in import brought_by_hand
from callrec.catalogue.engine import reading
from callrec.catalogue.requests import destroy_grants
from callrec.dataclass import dataclass, field, replace
from callrec.errors import NotFound, Refused
from callrec.login.people import find_person, line_managers, logins, namesakes
from callrec.login.together import joined
from callrec.mail.outbox import notify
from callrec.policy.authority import (
    check_decides_purpose,
    check_is_decider,
    check_may_decide,
    check_may_deny_alone,
    check_not_own,
    check_signers,
)
from callrec.policy.clause import Clause
from callrec.policy.clock_events import waits_of
from callrec.policy.edits import UNEDITED, Edits, TypedEdit, check_edits, edits_by_recording
from callrec.policy.hearing import (
    check_identity_proven,
    check_is_for_listening,
    check_may_be_granted,
    check_may_be_told,
)
from callrec.policy.purpose import TERMS, Purpose
from callrec.policy.request import RequestAct, RequestState, check_can_happen, grant_lapses_at
from callrec.policy.retention import check_kept_on_for_a_reason
from callrec.policy.rights.grounds import GROUNDS_FOR, Ground
from callrec.policy.rights.withholding import (
    Opinion,
    Searched,
    check_asked_for_whole,
    check_each_decided,
    check_is_left_out,
    check_may_rest_on,
    check_none_stands_granted,
    check_not_held,
    check_refused_on,
    hint_to_refuse,
    to_describe,
)
from callrec.policy.role import Person
from callrec.policy.search import described_by
from callrec.policy.words import check_reason
from callrec.practice import Actor, Practice, password_needed, signing, today
from callrec.record.acts import check_whole_catalogue, check_whole_log
from callrec.requests.approvals import last_edits, last_withheld, uids_that_may_be_used
from callrec.requests.ask import StaffNamed, find_date_mismatches, staff_named_in_open_request
from callrec.requests.grants import put_into_effect, write_approval
from callrec.requests.history import log_with_words, read_history
from callrec.requests.holding import asked_for_in_parts, check_may_be_destroyed, recordings_left_out
from callrec.requests.lapse import attempt_on, signing_on
from callrec.requests.model import MAX_REQUEST_RECORDINGS, Granting, History, OpenRequest
from callrec.requests.open import find_visible, read_request, unopened_facts
from callrec.requests.restrictions import check_unrestricted
from callrec.requests.telling import notify_granted


@dataclass(frozen=True, slots=True)
class ApprovalPreview:
    """What an approval would do with each recording of a request as it stands."""

    digest: str
    """Of the request."""
    granted: Mapping[int, Edits]
    """Numbers of those that would be granted, each with what is left out of its copy."""
    withheld: Mapping[int, Ground]
    of_other_day: tuple[int, ...]
    """Of those that would be granted, the ones that are not of the day which the request says."""
    concerned: StaffNamed
    """The staff whom it is about."""


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class Decision:
    """What the person who approves says. Its repr shows nothing."""

    recordings: tuple[int, ...] = ()
    """Numbers of those that are granted; empty: all that the request asks for, but the withheld."""
    withheld: Mapping[int, Ground] = field(default_factory=dict)
    """Numbers of those that are withheld expressly, each with its ground."""
    edits: tuple[TypedEdit, ...] = ()
    """What is left out of the copies of those that are granted."""
    to: str = ""
    """Login of the person who is to hear them; empty: the requester."""
    until: date | None = None
    """The last day, in the practice's time zone; None: as long as the practice allows."""
    note: str = ""
    opinion: Opinion | None = None
    """Of a health professional, where something is kept back because of serious harm."""
    consulted_on: date | None = None
    """When a delegate consulted the Data Controller [policy 4(g)]."""
    glass_reason: str | None = None
    """Why the glass is broken; None if it is not."""
    opened: OpenRequest | None = None
    """As it was opened to be shown to them; None: it is opened to be decided."""
    seen: ApprovalPreview | None = None
    """What they saw before they confirmed it; None: as it stands, whatever it is by then."""


@dataclass(frozen=True, slots=True)
class Approved:
    """What was granted."""

    reference: str
    purpose: Purpose
    to: str
    """Login."""
    recordings: tuple[int, ...]
    edits: Mapping[int, Edits]
    """Of each of them, what is left out of its copy."""
    withheld: Mapping[int, Ground]
    lapses_at: datetime
    of_other_day: tuple[int, ...]
    """Of those that were granted, the ones that are not of the day which the request says."""
    by_hand: tuple[int, ...]
    """Of those that were granted, the ones that a person brought in."""


def preview_approval(
    practice: Practice, actor: Actor, reference: str, decision: Decision
) -> ApprovalPreview:
    """Say what a decision would do with each recording, before it is confirmed.

    Raises:
        NotFound: there is no such request, or recording under it.
        Refused, Unusable: it cannot be decided so.
        Locked: it takes the keys of people who may approve.
        Tampered: the log or the request is not as it was signed.
    """
    with (
        attempt_on(practice, actor, RequestAct.APPROVED, reference),
        reading(practice.engine) as connection,
    ):
        request = read_to_decide(practice, actor, connection, reference, opened=decision.opened)
        _check_since(practice, actor, request.history, decision.opened)
        _check_whole(practice, actor, connection, request)
        _grantee(practice, request, decision)
        foreseen = _preview(practice, request, decision)
        granted = {row.uid: row.id for row in request.recordings if row.id in foreseen.granted}
        check_unrestricted(practice, connection, request.purpose, granted)
        return foreseen


def check_not_own_request(practice: Practice, actor: Actor, reference: str) -> None:
    """Check who made a request before anything of it is shown or typed; the rest comes later.

    Raises:
        NotFound: there is no such request.
        Refused: the actor made it, or does not decide its purpose.
    """
    with (
        attempt_on(practice, actor, RequestAct.APPROVED, reference) as row,
        reading(practice.engine) as connection,
    ):
        facts = unopened_facts(row, read_history(practice, connection, row.id))
        check_decides_purpose(actor.person, facts, on=today(practice))
        check_not_own(actor.person, facts)


def approve_request(
    practice: Practice,
    actor: Actor,
    reference: str,
    decision: Decision,
    *,
    countersigner: Actor | None = None,
) -> Approved:
    """Approve a request, or some of its recordings, for one person.

    The actor, and the second person who countersigns, have given their passwords.

    Raises:
        NotFound: there is no such request, recording under it, or person.
        Refused: a rule says no, or the request names no recording yet.
        Locked: it takes the actor's password, or the keys of people who may approve.
        Tampered: the log, the request or a recording is not as it was signed.
    """
    if actor.identity is None:
        raise password_needed("an approval is signed with your password")
    actor = joined(practice, actor, countersigner)
    with (
        attempt_on(practice, actor, RequestAct.APPROVED, reference) as row,
        signing(practice, *filter(None, (actor, countersigner))) as act,
    ):
        is_owed_whole = TERMS[Purpose(row.purpose)].is_owed_whole
        (check_whole_catalogue if is_owed_whole else check_whole_log)(practice, act.connection)
        request = read_to_decide(practice, actor, act.connection, reference, opened=decision.opened)
        _check_since(practice, actor, request.history, decision.opened)
        check_nothing_awaited(request)
        _check_whole(practice, actor, act.connection, request)
        granting = _decide(practice, actor, request, decision, countersigner)
        terms, numbers = TERMS[request.purpose], {row.uid: row.id for row in granting.recordings}
        check_unrestricted(practice, act.connection, request.purpose, numbers)
        if terms.takes_effect:
            check_identity_proven(request.facts)
        if terms.is_destroyed:
            approved = [row.id for row in granting.recordings]
            check_may_be_destroyed(practice, actor, act.connection, approved)
        check_kept_on_for_a_reason(
            request.purpose, withheld=len(granting.withheld), note=granting.note
        )
        approved_now = write_approval(practice, act, granting)
        if terms.takes_effect:
            put_into_effect(act, granting, approved_now)
        notify_granted(practice, act.connection, granting)
        by_hand = brought_by_hand(act.connection, practice.register, granting.recordings)
    return Approved(
        reference=reference,
        purpose=request.purpose,
        to=logins(practice)[granting.to],
        recordings=tuple(row.id for row in granting.recordings),
        edits=granting.edits,
        withheld={row.id: ground for row, ground in granting.withheld},
        lapses_at=granting.lapses_at,
        of_other_day=find_date_mismatches(practice, request.particulars, granting.recordings),
        by_hand=by_hand,
    )


def check_decided_as_shown(practice: Practice, actor: Actor, shown: OpenRequest) -> None:
    """Check that nobody has decided a request since it was shown to somebody.

    To approve once more what is approved makes a second copy, or lets another person hear it. That
    is for people who know of the first approval.

    Raises:
        Refused: somebody has; the message says who.
    """
    with reading(practice.engine) as connection:
        _check_since(practice, actor, read_history(practice, connection, shown.id), shown)


def _check_since(
    practice: Practice, actor: Actor, history: History, shown: OpenRequest | None
) -> None:
    """As `check_decided_as_shown`, by its history now; None: nobody was shown it before."""
    if shown is None:
        return
    decided = [each for each in history.after(shown.history.leaves[-1]) if each.act in _DECIDED]
    if decided:
        by, reference = decided[-1].actor, shown.reference
        who = "you have" if by == actor.person.id else f"{logins(practice)[by]} has"
        raise Refused(
            f"{who} {_DECIDED[decided[-1].act]} {reference} since you saw it",
            clause=Clause.FORMALLY_AUTHORISED,
            hint=f"see what was decided: callrec request show {reference}",
        )


_DECIDED: Final[Mapping[str, str]] = {
    RequestAct.APPROVED: "approved",
    RequestAct.DENIED: "refused",
    RequestAct.REVOKED: "taken back the approval of",
}


def _check_whole(
    practice: Practice, actor: Actor, connection: Connection, request: OpenRequest
) -> None:
    if not TERMS[request.purpose].is_owed_whole:
        return
    left_out = recordings_left_out(practice, actor, connection, request)
    is_full = len(request.body.uids) == MAX_REQUEST_RECORDINGS
    check_asked_for_whole(request.facts, [row.id for row in left_out], is_full=is_full)


def _decide(
    practice: Practice,
    actor: Actor,
    request: OpenRequest,
    decision: Decision,
    countersigner: Actor | None,
) -> Granting:
    grantee = _grantee(practice, request, decision)
    if countersigner:
        check_may_be_told(countersigner.person, request.facts)
    check_signers(
        request.facts,
        decider=actor.person,
        countersigner=countersigner.person if countersigner else None,
        to=grantee.id,
        on=today(practice),
        consulted_on=decision.consulted_on,
        glass_reason=decision.glass_reason,
    )
    foreseen, grants = _preview(practice, request, decision), practice.settings.grants
    if decision.seen not in (None, foreseen):
        raise Refused(
            "the request, or what was decided of it, was changed after you saw it",
            clause=Clause.FORMALLY_AUTHORISED,
            hint=f"see what it asks for now: callrec request show {request.reference}",
        )
    return Granting(
        request=request,
        decider=actor,
        countersigner=countersigner,
        to=grantee.id,
        recordings=tuple(row for row in request.recordings if row.id in foreseen.granted),
        grounds=foreseen.withheld,
        edits=foreseen.granted,
        lapses_at=grant_lapses_at(
            practice.now(), grants.lapse_days, practice.settings.time_zone, until=decision.until
        ),
        consulted_on=decision.consulted_on,
        note=decision.note,
        opinion=decision.opinion,
        glass_reason=decision.glass_reason,
    )


def _grantee(practice: Practice, request: OpenRequest, decision: Decision) -> Person:
    """Who is to hear it, and may."""
    if decision.to:
        grantee = find_person(practice, decision.to)[1].person
    else:
        grantee = practice.register.person(request.requester)
    check_may_be_granted(
        grantee, request.facts, on=today(practice), managers=line_managers(practice)
    )
    return grantee


def _preview(practice: Practice, request: OpenRequest, decision: Decision) -> ApprovalPreview:
    withheld = _grounds(request, decision)
    before = uids_that_may_be_used(request.approvals, request.history, practice.now())
    stand = [row.id for row in request.recordings if row.uid in before]
    check_none_stands_granted(request.facts, withheld, stand)
    granted = [row for row in request.recordings if row.id not in withheld]
    edits = _edits(request, decision, granted)
    silenced = {each.ground for edit in edits.values() for each in edit.silences}
    check_may_rest_on(
        {*withheld.values(), *silenced},
        request.facts,
        request.particulars.further,
        decision.opinion,
        on=today(practice),
    )
    of_other_day = find_date_mismatches(practice, request.particulars, granted)
    concerned = staff_named_in_open_request(practice, request)
    return ApprovalPreview(request.digest, edits, withheld, of_other_day, concerned)


def _edits(
    request: OpenRequest, decision: Decision, granted: Sequence[Row[Any]]
) -> Mapping[int, Edits]:
    """How the copy of each granted recording is edited.

    What was left out before is left out again, for anybody, until the recording is edited again.
    """
    if decision.edits:
        check_is_for_listening(request.facts)
    typed = edits_by_recording(decision.edits, [row.id for row in granted])
    before = last_edits(request.approvals, request.history)
    edits: dict[int, Edits] = {}
    for row in granted:
        edits[row.id] = typed.get(row.id, before.get(row.uid, UNEDITED))
        check_edits(edits[row.id], row.duration_ms)  # held against the sealed one by write_approval
    return edits


def _grounds(request: OpenRequest, decision: Decision) -> Mapping[int, Ground]:
    """The recordings that are withheld, each with its ground; the request's others are granted.

    What was withheld on a ground before stays so until it is granted by its number.
    """
    asked = [row.id for row in request.recordings]
    if not asked:
        reference = request.reference
        gathering = request.body.gathering
        hint = (
            f"it says nothing by which one could be found: {to_describe(reference)}"
            if not described_by(request.particulars)
            else f"callrec request gather {reference} attaches all that match; if you attach some"
            f" yourself you cannot decide: ask somebody else who may search to run callrec request"
            f" attach {reference} RECORDING"
        )
        if gathering and gathering.found:
            hint += f"; or {hint_to_refuse(reference, {*gathering.left_out.values()})}"
        elif described_by(request.particulars) and Ground.NOT_HELD in GROUNDS_FOR[request.purpose]:
            deny = f"callrec deny {reference} --code {Ground.NOT_HELD} --reason TEXT"
            hint += f"; if there is none: {deny}"  # the law wants an answer nevertheless
        raise Refused(
            "the request names no recording yet", clause=Clause.FORMALLY_AUTHORISED, hint=hint
        )
    if not {*decision.recordings, *decision.withheld} <= set(asked):
        raise NotFound(
            "the request does not ask for that recording",
            hint=f"callrec request show {request.reference} lists what it asks for",
        )
    before = last_withheld(request.approvals, request.history)
    kept_back = {
        row.id: before[row.uid]
        for row in request.recordings
        if row.uid in before and row.id not in decision.recordings
    }
    withheld = {**kept_back, **decision.withheld}
    return check_each_decided(request.facts, asked, granted=decision.recordings, withheld=withheld)


def read_to_decide(
    practice: Practice,
    actor: Actor,
    connection: Connection,
    reference: str,
    *,
    command: str = "approve",
    opened: OpenRequest | None = None,
) -> OpenRequest:
    """Open a request for somebody who decides its purpose, and runs this command.

    Others are refused under the clause that names who does; else they would only learn that they
    cannot read it. The person who made it may have left and come back under another login, which no
    leaf tells: so its facts have the namesakes of its makers.
    """
    row = find_visible(practice, actor, connection, reference)
    facts = unopened_facts(row, read_history(practice, connection, row.id))
    check_decides_purpose(actor.person, facts, on=today(practice), command=command)
    request = read_request(practice, actor, connection, reference, opened=opened)
    same_name = namesakes(practice, actor, connection, request.facts.makers)
    return replace(request, facts=replace(request.facts, namesakes=same_name))


def check_nothing_awaited(request: OpenRequest) -> None:
    """What was asked about is not decided before it comes: its clock would go on waiting.

    The state alone does not tell: whatever comes unasked puts the request back to ``submitted``.
    """
    for wait in waits_of(request.clock.events if request.clock else ()):
        if wait.is_open:
            raise Refused(
                f"{wait.awaited.meaning} was asked for and has not come",
                clause=TERMS[request.purpose].decided_under,
                hint="say when it came:"
                f" callrec request event {request.reference} {wait.awaited.came} --on DATE",
            )


@dataclass(frozen=True, slots=True)
class DeniedRequest:
    """A request that was refused."""

    state: RequestState
    is_awaited: bool
    """Somebody outside waits for the answer."""


def deny_request(
    practice: Practice,
    actor: Actor,
    reference: str,
    *,
    reason: str,
    ground: Ground | None = None,
    opinion: Opinion | None = None,
    breaks_glass: bool = False,
) -> DeniedRequest:
    """Deny a request; the reason, the ground and an opinion lie sealed beside the leaf.

    With ``breaks_glass`` the Data Controller denies what they made themselves, and alone.

    Raises:
        NotFound: there is none.
        Refused: the actor may not decide it, it is decided already (unless it was heard at most,
            and taken back since), the reason is none, or the ground does not fit the purpose or
            is none of a law's where one gives a right to it, or more is needed for it; or
            something is held that is said not to be.
    """
    with signing_on(practice, actor, RequestAct.DENIED, reference) as act:
        request = read_to_decide(practice, actor, act.connection, reference, command="deny")
        may = check_may_deny_alone if breaks_glass else check_may_decide
        may(actor.person, request.facts, on=today(practice))
        check_nothing_awaited(request)
        check_can_happen(request.history.events, RequestAct.DENIED, reference)
        check_reason(reason, Clause.FORMALLY_AUTHORISED)
        code = check_refused_on(ground, request.facts, request.recordings)
        if code is Ground.NOT_HELD:
            check_whole_catalogue(practice, act.connection)
            check_not_held(request.facts, _searched(practice, actor, act.connection, request))
        gathering = request.body.gathering
        if gathering is not None and not request.recordings:
            check_is_left_out(code, request.facts, {*gathering.left_out.values()})
        further = request.particulars.further
        check_may_rest_on({code}, request.facts, further, opinion, on=today(practice))
        words = {"code": code, "reason": reason}
        if opinion:
            words["opinion"] = opinion.said
        after = log_with_words(act, actor, request, RequestAct.DENIED, words)
        requester, by = request.requester, actor.person.id
        notify(practice, act.connection, reference, "was denied", to=requester, by=by)
        return DeniedRequest(after.state, is_awaited=TERMS[request.purpose].is_dated)


def _searched(
    practice: Practice, actor: Actor, connection: Connection, request: OpenRequest
) -> Searched:
    gathering = request.body.gathering
    if gathering is None:
        return Searched(is_described=bool(described_by(request.particulars)))
    found = {*gathering.found}
    elsewhere = found & asked_for_in_parts(practice, actor, connection, request)
    came_in = recordings_left_out(practice, actor, connection, request)
    return Searched(
        is_described=True,
        is_whole=not came_in and found <= elsewhere | gathering.left_out.keys(),
        left_out=frozenset(gathering.left_out.values()),
        is_elsewhere=bool(elsewhere),
    )


@dataclass(frozen=True, slots=True)
class RevokedRequest:
    """A request whose grants were taken back."""

    reference: str
    grants: int
    """How many were destroyed."""
    state: RequestState


def revoke_grants(
    practice: Practice, actor: Actor, reference: str, *, reason: str
) -> RevokedRequest:
    """Take back every grant under a request, and destroy it [policy 4(a), 4(b)].

    The request stands as submitted again, and must be decided again. What was heard or handed over
    before stays so.

    Raises:
        NotFound: there is none.
        Refused: the actor may not decide it, nothing is approved, or the reason is none.
    """
    with signing_on(practice, actor, RequestAct.REVOKED, reference) as act:
        request = read_to_decide(practice, actor, act.connection, reference, command="revoke")
        check_is_decider(actor.person, request.facts, on=today(practice))
        check_reason(reason, Clause.FORMALLY_AUTHORISED)
        after = log_with_words(act, actor, request, RequestAct.REVOKED, {"reason": reason})
        destroyed = destroy_grants(act.connection, request.id, request.requester)
        requester, by = request.requester, actor.person.id
        notify(practice, act.connection, reference, "was revoked", to=requester, by=by)
    return RevokedRequest(reference, destroyed, after.state)
