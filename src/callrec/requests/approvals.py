"""The approvals of a request: who signed them, whether they were entitled to, whether they stand.

An approval is a statement that a leaf carries; a state or a row says nothing about it
(docs/formats/grant.md, 4).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from datetime import date, datetime
from typing import Any

from sqlalchemy import Connection

from callrec.audit.leaf import Leaf
from callrec.audit.register import Register, check_made_by
from callrec.crypto.canonical import parse_instant
from callrec.crypto.statement import Statement, entries_in
from callrec.errors import NotFound, Tampered
from callrec.package.certificate import CertifiedApproval
from callrec.policy.authority import RequestFacts, check_signers
from callrec.policy.edits import Edits
from callrec.policy.hearing import APPROVAL_ENDED_BY
from callrec.policy.request import RequestAct, has_lapsed
from callrec.policy.rights.grounds import GROUND_CODES, Ground
from callrec.policy.role import PersonId, Power, powers_vouched_for
from callrec.practice import Practice
from callrec.record.acts import done_leaves, read_unverified_statement
from callrec.record.entitled import Powers
from callrec.record.statements import statement_of
from callrec.requests.history import decides_each_recording
from callrec.requests.model import Approval, History, uids_delivered


def read_approvals(
    practice: Practice, connection: Connection, history: History
) -> tuple[Approval, ...]:
    """Every approval in a request's history, standing or not, oldest first."""
    approved = [leaf for leaf in history.leaves if leaf.act == RequestAct.APPROVED]
    signed = [(leaf, statement_of(connection, leaf, practice.vault)) for leaf in approved]
    for leaf, statement in signed:
        check_made_by(practice.register, leaf, statement)
    return _approvals(history, practice.register, signed)


def by_statement(approvals: Iterable[Approval]) -> Mapping[str, Approval]:
    """Approvals by the digest of each signer's statement."""
    return {
        signed.digest: approval
        for approval in approvals
        for signed in (approval.statement, approval.countersignature)
        if signed is not None
    }


def stated_approvals(
    history: History, stated: Mapping[str, Statement], register: Register
) -> tuple[Approval, ...]:
    """As `read_approvals`, of statements that were found sound before, by their digests."""
    approved = [leaf for leaf in history.leaves if leaf.act == RequestAct.APPROVED]
    for leaf in approved:
        if leaf.statement not in stated:
            raise Tampered(f"the statement of leaf {leaf.seq} is missing")
    return _approvals(history, register, [(leaf, stated[leaf.statement]) for leaf in approved])


def end_reason(approval: Approval, history: History, now: datetime) -> str:
    """What ended an approval, as a sentence; empty while it stands.

    A package in preparation holds the grants until it has failed; one that was delivered ends them:
    a second copy is a second approval.
    """
    if ended := event_end_reason(approval, history):
        return ended
    if releases_in_preparation(history.after(approval.leaf), approval.to):
        return "a release of what was granted is being prepared"
    if has_lapsed(approval.lapses_at, now):
        return APPROVAL_ENDED_BY[RequestAct.GRANT_LAPSED]
    return approval.lost_reason


def event_end_reason(approval: Approval, history: History) -> str:
    """What happened to the request and ended an approval, as a sentence; empty: nothing did."""
    for leaf in history.after(approval.leaf):
        if leaf.act in APPROVAL_ENDED_BY:
            return APPROVAL_ENDED_BY[leaf.act]
        if leaf.act == RequestAct.DELIVERED and leaf.actor == approval.to:
            return "what was granted has been released"
    return ""


def releases_in_preparation(leaves: Iterable[Leaf], person: str) -> frozenset[tuple[str, ...]]:
    """The releases that somebody has begun by these leaves and not brought to an end.

    Each by its own id: one that ends by them may have begun before, under an older approval.
    """
    begun = set[tuple[str, ...]]()
    for leaf in leaves:
        release = leaf.subject[1:2]  # none, where some other program wrote none
        if leaf.actor != person:
            continue
        if leaf.act == RequestAct.PREPARED:
            begun.add(release)
        elif leaf.act in (RequestAct.DELIVERED, RequestAct.FAILED):
            begun.discard(release)
    return frozenset(begun)


def _reason_key_was_lost(register: Register, person: str, seq: int) -> str:
    """What a voucher since that leaf has changed for a person to whom something was granted."""
    for voucher in register.vouchers.get(person, ()):
        if voucher.seq < seq:
            continue
        if not register.has_key_of(person, seq):
            return "the person it was granted to has another key now"
        if Power.HEAR not in powers_vouched_for(voucher.person):
            return "the person it was granted to might not hear recordings for a time"
    return ""


def uids_granted(approvals: Iterable[Approval], history: History, now: datetime) -> frozenset[str]:
    """Uids of what approvals grant that stand."""
    return frozenset(u for a in approvals if not end_reason(a, history, now) for u in a.items)


def grant_holders(
    approvals: tuple[Approval, ...], history: History, now: datetime
) -> frozenset[PersonId]:
    """Who holds a grant that can still be used."""
    return frozenset(a.to for a in approvals if not end_reason(a, history, now))


def uids_that_may_be_used(
    approvals: Iterable[Approval], history: History, now: datetime
) -> frozenset[str]:
    """As `uids_granted`, with what a release holds that is being prepared and may yet fail."""
    return frozenset(
        uid
        for each in approvals
        if not (
            each.lost_reason or event_end_reason(each, history) or has_lapsed(each.lapses_at, now)
        )
        for uid in each.items
    )


def last_withheld(approvals: tuple[Approval, ...], history: History) -> Mapping[str, Ground]:
    """On what ground each recording was withheld last, by uid, unless it was granted since.

    Nothing of what was taken back or has lapsed: then that is decided again.
    """
    grounds: dict[str, Ground] = {}
    for approval in not_taken_back(approvals, history):
        grounds |= {uid: GROUND_CODES[code] for uid, code in approval.withheld}
        grounds |= dict.fromkeys(approval.items, Ground.NOT_APPROVED)
    return {uid: g for uid, g in grounds.items() if g is not Ground.NOT_APPROVED}


def last_approval(approvals: tuple[Approval, ...], history: History) -> Approval | None:
    """The newest approval of which what it decided holds, whether it was used or not."""
    return next(reversed(not_taken_back(approvals, history)), None)


def last_edits(approvals: tuple[Approval, ...], history: History) -> Mapping[str, Edits]:
    """How the copy of each recording was last approved to be edited, by uid.

    Nothing of what was taken back or has lapsed: then that is decided again.
    """
    edits: dict[str, Edits] = {}
    for approval in not_taken_back(approvals, history):
        edits |= approval.edits
    return edits


def edits_given(approvals: Sequence[Approval], history: History) -> Mapping[str, Edits]:
    """How the copy of each recording was edited that went out last, by uid.

    Whatever became of its approval: a copy that went out is not taken back with it.
    """
    edits: dict[str, Edits] = {}
    for leaf in history.leaves:
        if leaf.act == RequestAct.DELIVERED:
            _, _, *given = leaf.subject
            for each in approvals:
                if each.to == leaf.actor and each.leaf.seq < leaf.seq:
                    edits |= {uid: edit for uid, edit in each.edits.items() if uid in given}
    return edits


def not_taken_back(approvals: Sequence[Approval], history: History) -> tuple[Approval, ...]:
    """Oldest first, those that were neither revoked nor have lapsed before they were released."""
    taken = history.taken_back(_addressee(approvals))
    return tuple(each for each in approvals if each.leaf.seq not in taken)


def _addressee(approvals: Iterable[Approval]) -> Callable[[Leaf], str]:
    """What tells for whom an approval is, by its leaf."""
    to = {seq: each.to for each in approvals for seq in each.carried_by}
    return lambda leaf: to[leaf.seq]


def decided_together(approvals: tuple[Approval, ...], history: History) -> tuple[Approval, ...]:
    """The newest approval of which what it decided holds, and those before it of its version.

    Of all of them where none holds.
    """
    stood = not_taken_back(approvals, history) or approvals
    return tuple(each for each in stood if each.digest == stood[-1].digest)


def uids_not_told_of(connection: Connection) -> frozenset[str]:
    """Uids of what any approval withheld on a ground of which who asked must not learn.

    No letter or package counts them, whatever became of the approval.
    """
    return frozenset(
        uid
        for leaf in done_leaves(connection, (RequestAct.APPROVED,))
        for uid, code in entries_in(
            read_unverified_statement(connection, leaf), "withheld", "uid", "code"
        )
        if not GROUND_CODES.get(code, Ground.NOT_APPROVED).is_disclosed
    )


def uids_answered(approvals: tuple[Approval, ...], history: History) -> frozenset[str]:
    """Uids of what went out, and of what the newest approval withholds on a ground.

    Not of what it withheld before it was taken back, or the request was changed.
    """
    leaf = history.counting_approval(_addressee(approvals))
    counts = (each.withheld for each in approvals if leaf and leaf.seq in each.carried_by)
    withheld = {uid for uid, code in next(counts, ()) if code != Ground.NOT_APPROVED}
    return uids_delivered(history) | withheld


def check_signers_entitled(powers: Powers, approval: Approval, request: RequestFacts) -> None:
    """Check that those who signed an approval were entitled to, by the vouchers before its leaf.

    What was lent to them counts by the log's days: their own clock may have been set back.
    """
    fields, seq, second = approval.statement.fields, approval.leaf.seq, approval.countersignature
    # That there was a reason was checked when the glass was broken.
    reason = "the reason lies sealed beside the leaf" if approval.leaf.detail else ""
    try:
        decider, on = powers.actor(approval.leaf)
        countersigner = powers.register.person(second.by, before=seq) if second else None
    except NotFound as error:
        raise Tampered(f"nobody vouched for the actor of leaf {seq}") from error
    if countersigner is not None:  # the later day, where they differ
        later = powers.latest_day(countersigner.id, before=seq)
        on = max(on, later or on)
    check_signers(
        request,
        decider=decider,
        countersigner=countersigner,
        to=approval.to,
        on=on,
        consulted_on=date.fromisoformat(fields["consulted"]) if fields["consulted"] else None,
        glass_reason=reason if approval.broke_glass else None,
    )


def _approvals(
    history: History, register: Register, signed: Sequence[tuple[Leaf, Statement]]
) -> tuple[Approval, ...]:
    for leaf, statement in signed:
        _check_approves(history, leaf, statement)
    if len({leaf.statement for leaf, _ in signed}) != len(signed):
        raise Tampered("two leaves of the audit log carry one approval")
    return tuple(
        Approval(
            statement,
            leaf,
            _countersignature(leaf, statement, signed),
            _reason_key_was_lost(register, statement.fields["for"], leaf.seq),
        )
        for leaf, statement in signed
        if statement.by != statement.fields["countersigned"]
    )


def _check_approves(history: History, leaf: Leaf, statement: Statement) -> None:
    fields = statement.fields
    if statement.kind != "approval" or fields.get("request") != history.request:
        raise Tampered(f"the statement of leaf {leaf.seq} approves something else")
    if not _is_in_form(fields):
        raise Tampered(f"the approval of leaf {leaf.seq} is not in its form")
    if fields["version"] != history.versions[leaf.seq]:
        raise Tampered(f"the approval of leaf {leaf.seq} is of another version than stood then")
    if not decides_each_recording(leaf, fields, history.leaves, "items", "withheld"):
        raise Tampered(f"the approval of leaf {leaf.seq} does not decide what was asked for")


def _is_in_form(fields: Mapping[str, Any]) -> bool:
    """Whether an approval says what each one says: anybody with a key may sign anything."""
    match fields:
        case {
            "break_glass": bool(),
            "consulted": str(consulted),
            "countersigned": str(),
            "digest": str(),
            "for": str(),
            "lapses": str(lapses),
            "requester": str(),
            "salt": str(),
            "version": int(),
        }:
            parse_instant(lapses)
            entries_in(fields, "items", "uid", "ciphertext", "grant")
            codes = {code for _, code in entries_in(fields, "withheld", "uid", "code")}
            with suppress(ValueError):
                is_day = not consulted or date.fromisoformat(consulted).isoformat() == consulted
                return codes <= GROUND_CODES.keys() and is_day
        case _:
            pass
    return False


def _countersignature(
    leaf: Leaf, statement: Statement, signed: Iterable[tuple[Leaf, Statement]]
) -> Statement | None:
    """The second person's, in the leaf just after the decider's."""
    second = statement.fields["countersigned"]
    if not second:
        return None
    for after, other in signed:
        is_next = after.seq == leaf.seq + 1
        if is_next and other.by == second and _common_fields(other) == _common_fields(statement):
            return other
    raise Tampered("the second signature of an approval is missing")


def _common_fields(statement: Statement) -> Mapping[str, Any]:
    """What the statements of one approval's signers have in common."""
    return {name: value for name, value in statement.fields.items() if name not in ("at", "by")}


def certified_approvers(
    practice: Practice, approvals: Iterable[Approval]
) -> Iterator[CertifiedApproval]:
    """Who approved it, by the role that they had then."""
    for approval in approvals:
        second, seq = approval.countersignature, approval.leaf.seq
        yield CertifiedApproval(
            role=role_in_words(practice, approval.statement.by, before=seq),
            at=parse_instant(approval.leaf.at).astimezone(practice.settings.time_zone),
            countersigned_by=role_in_words(practice, second.by, before=seq) if second else "",
            broke_glass=approval.broke_glass,
        )


def role_in_words(practice: Practice, person: str, *, before: int | None = None) -> str:
    """What somebody was to the practice at that point, in words: ``Data Controller``."""
    role = practice.register.person(PersonId(person), before=before).role
    return role.replace("-", " ").title()
