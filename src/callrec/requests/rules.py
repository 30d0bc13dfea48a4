"""Who did what to a request, by the log's leaves: what our own commands let them (grant.md, 9).

Anybody with a key can write a leaf of any act with a program of their own, so each is held against
the rules that were asked when it was made. `RULES` has one for every act; the policy says them:

    4(b)        who may ask asks; who made it changes and withdraws it
    4(e), 4(f)  who handles it dates it, and says what came
    4(b)        who decides its purpose, and neither made nor changed it, approves and denies
    4(a)        where there is nobody else, the Data Controller does, who breaks the glass
    4(a)        the person it was granted to hears and releases it
    4(e), 4(f)  who handles it writes letters about it, and says that they were sent
    4(h), 4(i)  what was carried out is destroyed, and signed for
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from datetime import date, tzinfo
from math import inf
from typing import Any, Final, NamedTuple

from sqlalchemy import Connection, Row, select

from callrec.audit.erased import KIND
from callrec.audit.leaf import Leaf
from callrec.audit.register import Register
from callrec.catalogue import tables
from callrec.crypto.canonical import parse_instant
from callrec.crypto.statement import Statement, read_statement
from callrec.dataclass import dataclass, field, replace
from callrec.errors import Tampered
from callrec.policy.authority import (
    RequestFacts,
    check_is_decider,
    check_may,
    check_may_decide,
    check_may_deny_alone,
    check_may_request,
)
from callrec.policy.handling import (
    check_may_change,
    check_may_close,
    check_may_gather,
    check_may_record,
    check_may_record_event,
    check_may_withdraw,
    check_waits_for_answer,
)
from callrec.policy.hearing import APPROVAL_ENDED_BY, check_is_for_listening, check_second_person
from callrec.policy.purpose import RESTRICTING, TERMS, Purpose, is_for
from callrec.policy.request import (
    CHANGING_ACTS,
    RequestAct,
    RequestState,
    has_lapsed,
    request_lapses_at,
    state_after,
)
from callrec.policy.retention import check_may_review
from callrec.policy.rights.letter import kind_of, letters_for
from callrec.policy.rights.restriction import lawful_use
from callrec.policy.role import Person, PersonId, Power, powers_vouched_for
from callrec.record.acts import done_leaves
from callrec.record.entitled import Powers, only_by_entitled
from callrec.requests.approvals import by_statement, check_signers_entitled, stated_approvals
from callrec.requests.clock import is_court_ordered, is_missing_proof, read_date_rows
from callrec.requests.model import Approval, History, event_of

_SHORTEST_DAYS: Final = 1
"""The fewest that `requests.lapse_days` may be set to (settings.py); the log does not
say to how many it was set."""

_BEGUN_BY: Final[Mapping[str, RequestAct]] = {
    RequestAct.HEARING_ENDED: RequestAct.LISTENED,
    RequestAct.HEARING_FAILED: RequestAct.LISTENED,
    RequestAct.DELIVERED: RequestAct.PREPARED,
    RequestAct.FAILED: RequestAct.PREPARED,
}
"""By what ends a hearing or a release, what began it."""

_USING: Final = frozenset(
    {*(RequestAct.LISTENED, RequestAct.HEARING_FAILED, RequestAct.DELIVERED), RequestAct.IN_EFFECT}
)


class Restriction(NamedTuple):
    """Between which leaves recordings were restricted."""

    uids: frozenset[str]
    since: int
    until: float


def _read_restrictions(connection: Connection) -> Iterator[Restriction]:
    leaves = [*done_leaves(connection, [RequestAct.IN_EFFECT, RequestAct.CLOSED])]
    closed = {each.subject[0]: each.seq for each in leaves if each.act == RequestAct.CLOSED}
    for leaf in leaves:
        request, *uids = leaf.subject
        restricts = any(is_for(request, each) for each in RESTRICTING)
        if leaf.act == RequestAct.IN_EFFECT and restricts:
            yield Restriction(frozenset(uids), leaf.seq, closed.get(request, inf))


@dataclass(frozen=True, slots=True)
class Rulebook(Powers):
    """What the rules are asked of besides a request's own leaves; read once for all of them."""

    stated: Mapping[str, Statement]
    """By its digest, each statement that approves something or that says what was destroyed."""
    dates: Mapping[int, Row[Any]]
    """As `clock.read_date_rows`."""
    restrictions: tuple[Restriction, ...] = ()
    """All that there ever were."""

    def is_restricted(self, uid: str, purpose: Purpose, seq: int) -> bool:
        """Whether a recording could not be used for a purpose when that leaf was written."""
        return lawful_use(purpose) is None and any(
            uid in each.uids and each.since < seq < each.until for each in self.restrictions
        )


def read_rulebook(connection: Connection, register: Register, zone: tzinfo) -> Rulebook:
    """Read it; the statements must have been found sound before, as by `acts.check_whole_log`."""
    statement = tables.statement.c
    query = select(statement.body, statement.signature).where(
        statement.kind.in_(["approval", KIND])
    )
    stated = (
        read_statement(body, signature, register.founders.vault)
        for body, signature in connection.execute(query)
    )
    dates = read_date_rows(connection)
    by_digest = {each.digest: each for each in stated}
    restrictions = tuple(_read_restrictions(connection))
    return Rulebook(connection, register, zone, by_digest, dates, restrictions)


def check_done_by_entitled(history: History, purpose: Purpose | None, rules: Rulebook) -> None:
    """Check that all that happened to a request was done by people entitled to it.

    Whom it is about lies sealed, so that is not asked.
    """
    _ = history.state  # read once here, so that nothing is made of what cannot have happened
    if purpose is None:
        raise Tampered("something happened to a request that was never made")
    signed = by_statement(stated_approvals(history, rules.stated, rules.register))
    request = RequestFacts(
        reference="",
        purpose=purpose,
        state=RequestState.SUBMITTED,
        requester=history.requester,
        made_on=history.events[0].at.astimezone(rules.zone).date(),
    )
    so_far = _ReplayState(history, request, signed, rules)
    for leaf in history.leaves:
        with only_by_entitled(_may_not(leaf)):
            RULES[leaf.act](_ReplayedLeaf(leaf, *rules.actor(leaf), so_far.request, so_far))
        so_far.take(leaf)
    _ = so_far.is_ordered  # asks each day on which it came whether it is of this purpose


@dataclass(slots=True)
class _ReplayState:
    """What had happened to a request before a leaf."""

    history: History
    request: RequestFacts
    """As the rules ask of it, its state by what was heard or released last; in which order it went,
    `History.state` asks."""
    signed: Mapping[str, Approval]
    """All approvals there ever were, by the digest of each signer's statement."""
    rules: Rulebook
    standing: list[Approval] = field(default_factory=list)
    """Those that nothing has ended, oldest first."""
    begun: dict[tuple[str, ...], str] = field(default_factory=dict)
    """By act and id of a hearing or a release that has not ended: who began it."""
    released: dict[tuple[str, ...], PersonId] = field(default_factory=dict)
    """By the id of a package that was delivered: who released it."""

    def take(self, leaf: Leaf) -> None:
        """Go on to the state after a leaf: what is begun, approved and granted then."""
        id_, actor = leaf.subject[1:2], PersonId(leaf.actor)
        if leaf.act in APPROVAL_ENDED_BY:
            self.standing.clear()
        if leaf.act in _BEGUN_BY:
            self.begun.pop((_BEGUN_BY[leaf.act], *id_), None)
        elif leaf.act in _BEGUN_BY.values():
            self.begun[leaf.act, *id_] = actor
        if leaf.act in _USING:
            so_far = (event_of(each) for each in self.history.leaves if each.seq <= leaf.seq)
            self.request = replace(self.request, state=state_after(so_far))
        if leaf.act == RequestAct.AMENDED:
            makers = self.request.changed_by | {actor}
            self.request = replace(self.request, changed_by=makers)
        elif leaf.act == RequestAct.APPROVED:
            approval = self.signed[leaf.statement]
            self.standing += [approval] if approval.leaf == leaf else []
        elif leaf.act == RequestAct.DELIVERED:
            self.released[id_] = actor
            self.standing = [each for each in self.standing if each.to != actor]

    @property
    def is_ordered(self) -> bool:
        """Whether a court names the day of its answer."""
        vault, purpose = self.rules.register.founders.vault, self.request.purpose
        return is_court_ordered(vault, self.history, purpose, self.rules.dates)

    def granted(self, uid: str, leaf: Leaf) -> Approval:
        """The newest approval that stands and grants a recording to who wrote that leaf."""
        to = leaf.actor
        if self.rules.is_restricted(uid, self.request.purpose, leaf.seq):
            raise Tampered("what is restricted was heard or released")
        for approval in reversed(self.standing):
            if approval.to == to and uid in approval.items:
                return approval
        raise Tampered("what was not granted was heard or released")


class _ReplayedLeaf(NamedTuple):
    """Something that was done to a request, and what the rules ask of it."""

    leaf: Leaf
    person: Person
    """The person who did it, as they were vouched for then."""
    on: date
    """The day, in the practice's time zone."""
    request: RequestFacts
    so_far: _ReplayState


def _may_not(leaf: Leaf) -> str:
    return f"a request's history has {leaf.act} by somebody who may not"


def _check_created(done: _ReplayedLeaf) -> None:
    if TERMS[done.request.purpose].is_made_by_hand:
        check_may_request(done.person, done.request.purpose, on=done.on)
    else:
        check_may_review(done.person, on=done.on)
        check_may(done.person, Power.MAKE_REQUEST, on=done.on)


def _check_changes(done: _ReplayedLeaf) -> None:
    check_may_change(done.person, done.request, on=done.on)
    check_waits_for_answer(done.request)


def _check_gathers(done: _ReplayedLeaf) -> None:
    check_may_gather(done.person, done.request, on=done.on)
    check_waits_for_answer(done.request)


def _check_dates(done: _ReplayedLeaf) -> None:
    """What is approved is dated again by the proof alone that was missing."""
    act, so_far, rules = done.leaf.act, done.so_far, done.so_far.rules
    if not TERMS[done.request.purpose].is_dated:
        raise Tampered("a request was dated whose purpose has no clock")
    may = check_is_decider if act == RequestAct.EXTENDED else check_may_record_event
    may(done.person, done.request, on=done.on)
    vault = rules.register.founders.vault
    if (
        act == RequestAct.ANSWERED
        and so_far.standing
        and not is_missing_proof(vault, so_far.history, done.leaf, rules.dates)
    ):
        raise Tampered("a request was dated again after it was approved")


def _check_approves(done: _ReplayedLeaf) -> None:
    """Each signature is a decider's, or the second under theirs."""
    approval = done.so_far.signed.get(done.leaf.statement)
    if approval is None:
        raise Tampered(_may_not(done.leaf))
    check_signers_entitled(done.so_far.rules, approval, done.request)


def _check_denies(done: _ReplayedLeaf) -> None:
    """By who decides it; what the Data Controller made, by them, who broke the glass."""
    is_own = done.person.id in done.request.makers
    may = check_may_deny_alone if is_own else check_may_decide
    may(done.person, done.request, on=done.on)


def _check_revokes(done: _ReplayedLeaf) -> None:
    """By who decides it; or who governs, as its grants end with what their holder may do."""
    if Power.GOVERN not in powers_vouched_for(done.person):
        check_is_decider(done.person, done.request, on=done.on)


def _check_grant_lapses(done: _ReplayedLeaf) -> None:
    at = parse_instant(done.leaf.at)
    if not any(has_lapsed(each.lapses_at, at) for each in done.so_far.standing):
        raise Tampered("a grant was let lapse before its day")


def _check_lapses(done: _ReplayedLeaf) -> None:
    """By anybody who comes next; after how many days is the practice's to set again.

    Counted from when it was made: so lapsed what was approved and taken back, before
    `undecided_since` was asked of it.
    """
    made_at, zone = done.so_far.history.events[0].at, done.so_far.rules.zone
    purpose, is_ordered = done.request.purpose, done.so_far.is_ordered
    until = request_lapses_at(purpose, made_at, _SHORTEST_DAYS, zone, is_ordered=is_ordered)
    if until is None:
        raise Tampered("a request that lapsed has a day of the law's or a court's")
    if parse_instant(done.leaf.at) < until:
        raise Tampered("a request lapsed sooner than any does")


def _check_hears(done: _ReplayedLeaf) -> None:
    check_is_for_listening(done.request)
    done.so_far.granted(done.leaf.subject[-1], done.leaf)


def _check_releases(done: _ReplayedLeaf) -> None:
    check_is_for_listening(done.request)
    uids = done.leaf.subject[2:]
    if not uids:
        raise Tampered("a release has no recording")
    for uid in uids:
        grant = done.so_far.granted(uid, done.leaf)
        check_second_person(done.person, done.request, grant.facts)


def _check_ends(done: _ReplayedLeaf) -> None:
    """Of a hearing or a release: by the person who began it."""
    begun = (_BEGUN_BY[done.leaf.act], *done.leaf.subject[1:2])
    if done.so_far.begun.get(begun) != done.leaf.actor:
        raise Tampered(_may_not(done.leaf))


def _check_delivers(done: _ReplayedLeaf) -> None:
    """Of the version that was approved."""
    _check_ends(done)
    earlier = [leaf for leaf in done.so_far.history.leaves if leaf.seq < done.leaf.seq]
    begun = next(leaf for leaf in earlier if done.leaf.subject[1] in leaf.subject)
    if any(leaf.act in CHANGING_ACTS and leaf.seq > begun.seq for leaf in earlier):
        raise Tampered("what was released is not what the request asks for")


def _check_records(done: _ReplayedLeaf) -> None:
    release = done.leaf.subject[1:2]
    if release not in done.so_far.released:
        raise Tampered("something was said of a release that was not made")
    by = done.so_far.released[release]
    check_may_record(done.person, done.request, released_by=by, on=done.on)


def _check_writes(done: _ReplayedLeaf) -> None:
    """About what there is a letter of; it is sent once it is written."""
    letter, leaves = done.leaf.subject[1], done.so_far.history.leaves
    if kind_of(letter) not in letters_for(done.request.purpose):
        raise Tampered("a letter was written that is none")
    before = {
        each.subject[1]
        for each in leaves
        if each.act == RequestAct.LETTER_WRITTEN and each.seq < done.leaf.seq
    }
    if (letter in before) is not (done.leaf.act == RequestAct.LETTER_SENT):
        raise Tampered("a letter was sent that was not written, or written twice")
    check_may_record_event(done.person, done.request, on=done.on)


def _check_takes_effect(done: _ReplayedLeaf) -> None:
    """As it was approved, by one of those who signed for it."""
    uids = done.leaf.subject[1:]
    approval = done.so_far.standing[-1] if done.so_far.standing else None
    if not TERMS[done.request.purpose].takes_effect or approval is None:
        raise Tampered("a request took effect that could not")
    if done.leaf.actor not in approval.approvers or set(uids) != approval.items.keys():
        raise Tampered(_may_not(done.leaf))


def _check_carries_out(done: _ReplayedLeaf) -> None:
    """That they were entitled, and by which approvals, `audit.erased` and `retention.log` check."""
    stated = done.so_far.rules.stated.get(done.leaf.statement)
    request = done.so_far.history.request
    if stated is None or (stated.kind, stated.fields["request"]) != (KIND, request):
        raise Tampered("a request was carried out, and nothing was destroyed")


RULES: Final[Mapping[str, Callable[[_ReplayedLeaf], None]]] = {
    RequestAct.CREATED: _check_created,
    RequestAct.AMENDED: _check_changes,
    RequestAct.GATHERED: _check_gathers,
    RequestAct.RECEIVED: _check_dates,
    RequestAct.ASKED: _check_dates,
    RequestAct.ANSWERED: _check_dates,
    RequestAct.EXTENDED: _check_dates,
    RequestAct.THIRD_PARTIES: lambda done: check_may_record_event(
        done.person, done.request, on=done.on
    ),
    RequestAct.APPROVED: _check_approves,
    RequestAct.DENIED: _check_denies,
    RequestAct.WITHDRAWN: lambda done: check_may_withdraw(done.person, done.request),
    RequestAct.LAPSED: _check_lapses,
    RequestAct.REVOKED: _check_revokes,
    RequestAct.GRANT_LAPSED: _check_grant_lapses,
    RequestAct.LOOKED: _check_hears,
    RequestAct.LISTENED: _check_hears,
    RequestAct.HEARING_ENDED: _check_ends,
    RequestAct.HEARING_FAILED: _check_ends,
    RequestAct.PREPARED: _check_releases,
    RequestAct.DELIVERED: _check_delivers,
    RequestAct.FAILED: _check_ends,
    RequestAct.HANDED_OVER: _check_records,
    RequestAct.ACKNOWLEDGED: _check_records,
    RequestAct.LETTER_WRITTEN: _check_writes,
    RequestAct.LETTER_SENT: _check_writes,
    RequestAct.IN_EFFECT: _check_takes_effect,
    RequestAct.CARRIED_OUT: _check_carries_out,
    RequestAct.CLOSED: lambda done: check_may_close(done.person, done.request, on=done.on),
}
"""By each act, who may do it."""
