"""Grants: sealed to one person, opened by that person.

``listen`` and ``release`` get recordings from here and nowhere else. Each of these is asked every
time (docs/formats/grant.md, 5), and one that fails opens nothing:

    the whole log is as it was signed, and not behind the head that was seen before
    the request's digest recomputes from the request as it stands
    the requester is the actor of the attested leaf that made it
    each signer's power for the purpose held at the approval's leaf
    no signer is requester or subject, save where the glass was flagged as broken
    the grant's hash is listed in the approval, for this recording's ciphertext and this person
    no later approval lists the recording for this person again, edited otherwise perhaps
    the recording's rows are as they were signed for, and the log has not destroyed it
    nothing later revoked it, changed the request, lapsed it, or used it up
"""

from __future__ import annotations

import base64
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, select

from callrec.audit.checkpoint import decode_base64
from callrec.audit.log import LogTransaction
from callrec.calls.as_signed import check_as_signed
from callrec.calls.coming_in import CameIn, came_in
from callrec.calls.custody import Opening, check_clear_columns, is_complete_metadata
from callrec.catalogue import tables
from callrec.catalogue.requests import destroy_grants, grants_to, put_grant
from callrec.catalogue.tables import to_millis
from callrec.crypto import primitives
from callrec.crypto.canonical import canonical, format_instant, parse
from callrec.crypto.context import context
from callrec.crypto.statement import Statement, entries_in
from callrec.dataclass import dataclass, replace
from callrec.errors import Tampered
from callrec.policy.edits import UNEDITED, Edits
from callrec.policy.hearing import NOTHING_GRANTED, GrantFacts, never_granted, no_longer_granted
from callrec.policy.request import RequestAct
from callrec.practice import Actor, Practice, password_needed
from callrec.record.acts import check_whole_log
from callrec.record.entitled import powers_then
from callrec.record.statements import sign_statement_as
from callrec.requests.approvals import check_signers_entitled, end_reason, last_edits
from callrec.requests.history import REQUESTS, log_request_event, log_with_words
from callrec.requests.model import Approval, Granting, History, OpenRequest
from callrec.requests.open import read_request
from callrec.requests.restrictions import Effects, effects_on


@dataclass(frozen=True, slots=True, repr=False)
class UsableGrant:
    """One recording that its holder may hear now, with what opens it. Its repr shows nothing."""

    uid: str
    recording: Row[Any]
    """The recording's row; its clear columns are those that were sealed."""
    data_key: bytes
    """32 bytes: opens the recording's file."""
    metadata: Mapping[str, Any]
    """As it was sealed with the recording (docs/formats/recording.md)."""
    approval: Statement
    """The decider's statement."""
    edits: Edits
    """What is left out of every copy of it, as it was approved."""
    facts: GrantFacts
    """What the rules of `policy.hearing` ask: to whom, until when, decided by whom."""
    request: OpenRequest
    came_in: CameIn
    """When the recording was taken in, and by whom."""
    corrected_by: tuple[str, ...]
    """The requests whose notes say what is wrong in it [UK GDPR 16]."""

    @property
    def lapses_at(self) -> datetime:
        return self.facts.lapses_at


def usable_grants(
    practice: Practice, actor: Actor, connection: Connection, reference: str
) -> tuple[UsableGrant, ...]:
    """What the actor may hear now under a request, one at the least, in the recordings' order.

    Whether they may still hear or release at all is for `policy.hearing` to say, with each grant's
    ``facts`` and its request's.
    """
    if actor.identity is None:
        raise password_needed("a grant opens with your password")
    check_whole_log(practice, connection)
    request = read_request(practice, actor, connection, reference)
    usable, ended = [], _how_it_ended(request, actor, practice.now())
    rows = [*grants_to(connection, request.id, actor.person.id)]
    effects = effects_on(practice, connection, [row.uid for row in rows])
    edits = last_edits(request.approvals, request.history)
    brought = came_in(connection, practice.register, [row.uid for row in rows])
    for row in rows:
        approval = _approval_of(row, request.approvals)
        recording = _check_listed(connection, row, approval)
        ended = end_reason(approval, request.history, practice.now())
        if not ended:
            fields = approval.statement.fields
            approved = (fields["version"], fields["digest"], fields["requester"])
            if approved != (request.version_id.version, request.digest, request.requester):
                raise Tampered("the request is not the one that was approved")
            check_signers_entitled(powers_then(practice, connection), approval, request.facts)
            if row.uid not in brought:
                raise Tampered(f"nobody took recording {recording.id} in")
            usable.append(
                _open(
                    practice,
                    actor,
                    row,
                    recording,
                    brought=brought[row.uid],
                    approval=approval,
                    request=request,
                    effects=effects,
                    edits=edits,
                )
            )
    check_as_signed(practice, connection, [each.recording for each in usable])
    if not usable:
        if ended:
            raise no_longer_granted(ended, reference)
        raise never_granted(request.facts, is_to_others=bool(request.approvals))
    return tuple(usable)


def _how_it_ended(request: OpenRequest, actor: Actor, now: datetime) -> str:
    """The text shown where there is no grant; empty if nothing was ever granted to the actor.

    Used up and revoked ones were destroyed; of one that stands, a copy of the catalogue has none.
    """
    to_actor = [approval for approval in request.approvals if approval.to == actor.person.id]
    if not to_actor:
        return ""
    return end_reason(to_actor[-1], request.history, now) or NOTHING_GRANTED


def _approval_of(row: Row[Any], approvals: Sequence[Approval]) -> Approval:
    """The approval that a grant stands under: the newest of this recording for this person.

    To approve it again replaces the grant, so that what is edited is not to be had unedited. One
    that stands under an older approval was put back.
    """
    found = {approval.statement.digest: approval for approval in approvals}.get(row.approval)
    if found is None:
        raise Tampered("a grant stands under an approval that is not this request's")
    later = [each for each in approvals if each.leaf.seq > found.leaf.seq]
    if any(each.to == row.person and row.uid in each.items for each in later):
        raise Tampered("a grant stands under an approval that a later one has replaced")
    return found


def _check_listed(connection: Connection, row: Row[Any], approval: Approval) -> Row[Any]:
    """The recording's row, once its approval lists this very grant for it and for this person."""
    query = select(tables.recording).where(tables.recording.c.uid == row.uid)
    recording = connection.execute(query).one()
    listed = approval.items.get(row.uid)
    approved = (recording.ciphertext, primitives.sha256(row.sealed).hex())
    if approval.to != row.person or listed != approved:
        raise Tampered(f"a grant of recording {recording.id} is not one that was approved")
    if to_millis(approval.lapses_at) != row.lapses_at:
        raise Tampered(f"a column of a grant of recording {recording.id} was changed")
    return recording


def _open(
    practice: Practice,
    actor: Actor,
    row: Row[Any],
    recording: Row[Any],
    *,
    brought: CameIn,
    approval: Approval,
    request: OpenRequest,
    effects: Effects,
    edits: Mapping[str, Edits],
) -> UsableGrant:
    assert actor.identity is not None  # noqa: S101 - usable_grants saw to that
    info = grant_context(
        practice.vault,
        request=request.id,
        digest=request.digest,
        uid=row.uid,
        to=actor.person.id,
        lapses=approval.lapses,
    )
    data_key, metadata = _read(primitives.hpke_open(actor.identity.kem, bytes(row.sealed), info))
    check_clear_columns(recording, metadata)
    return UsableGrant(
        uid=row.uid,
        recording=recording,
        data_key=data_key,
        metadata=metadata,
        approval=approval.statement,
        edits=approval.edits[row.uid],
        facts=replace(
            approval.facts,
            recording=recording.id,
            restricted_by=effects.restricted.get(row.uid, ""),
            is_edited_since=edits.get(row.uid, UNEDITED) != approval.edits[row.uid],
        ),
        request=request,
        came_in=brought,
        corrected_by=effects.corrected.get(row.uid, ()),
    )


def _read(grant: bytes) -> tuple[bytes, Mapping[str, Any]]:
    """What is sealed in a grant: a data key, and the call's metadata."""
    match parse(grant):
        case {"data_key": str(encoded), "metadata": metadata} if is_complete_metadata(metadata):
            data_key = decode_base64(encoded)
            if len(data_key) == primitives.KEY_BYTES:
                return data_key, metadata
        case _:
            pass
    raise Tampered("a grant is in no grant's form")


def unlisted_grants(connection: Connection) -> Iterator[Row[Any]]:
    """The rows of grants that the approval which they name does not list for their person."""
    grant, statement = tables.grant, tables.statement
    query = select(grant, statement.c.body.label("statement")).join(
        statement, statement.c.digest == grant.c.approval
    )
    for row in connection.execute(query):
        fields = parse(row.statement)
        listed = dict(entries_in(fields, "items", "uid", "grant"))
        approved = (fields.get("request"), fields.get("for"), listed.get(row.uid))
        if approved != (row.request, row.person, primitives.sha256(row.sealed).hex()):
            yield row


@dataclass(frozen=True, slots=True, repr=False)
class Grant:
    """One recording, sealed to one person."""

    uid: str
    ciphertext: str
    """SHA-256 of the recording's file, in hex."""
    sealed: bytes
    edits: Edits


def grant_context(
    vault: str, *, request: str, digest: str, uid: str, to: str, lapses: str
) -> bytes:
    """What a grant is bound to: moved to another request, recording or person it does not open."""
    return context("grant", vault, request=request, digest=digest, uid=uid, to=to, lapses=lapses)


def seal_grant(
    data_key: bytes, metadata: Mapping[str, Any], *, public: bytes, info: bytes
) -> bytes:
    """Canonical JSON {data_key, metadata}, by HPKE to the one person who is to hear it."""
    value = {"data_key": base64.b64encode(data_key).decode(), "metadata": dict(metadata)}
    return primitives.hpke_seal(public, canonical(value), info)


def write_approval(practice: Practice, act: LogTransaction, granting: Granting) -> History:
    """Seal the grants, state the approval once for each signer, and let the request be approved.

    Whether it may be is decided before, in `decide`; and again when a grant is used. The
    transaction must end in a checkpoint of the person who signs last.
    """
    request, to = granting.request, granting.to
    grants = _seal_grants(practice, act.connection, granting)
    fields, history = _fields(granting, grants), request.history
    signers = [signer for signer in (granting.decider, granting.countersigner) if signer]
    statements = [sign_statement_as(practice, signer, "approval", fields) for signer in signers]
    subject = [to, *(grant.uid for grant in grants)]
    for signer, statement in zip(signers, statements, strict=True):
        if signer is not granting.decider:
            act.checkpoint(granting.decider.signer)  # or the last one would attest both leaves
        history = log_with_words(
            act,
            signer,
            request,
            RequestAct.APPROVED,
            granting.words,
            history=history,
            subject=subject,
            statement=statement,
        )
    for grant in grants:
        put_grant(
            act.connection,
            request=request.id,
            uid=grant.uid,
            person=to,
            approval=statements[0].digest,
            lapses_at=to_millis(granting.lapses_at),
            sealed=grant.sealed,
        )
    public = practice.register.public_keys(to).kem
    REQUESTS.put_key(act.connection, request.version_id, request.key, public, holder=to)
    return history


def put_into_effect(act: LogTransaction, granting: Granting, approved: History) -> None:
    """Let what was approved stand from now on; nothing is heard by its grants, so they go.

    The person who signs last says so, whose checkpoint ends the transaction.
    """
    request, uids = granting.request, [row.uid for row in granting.recordings]
    last = granting.countersigner or granting.decider
    log_request_event(act, last, approved, RequestAct.IN_EFFECT, subject=uids)
    destroy_grants(act.connection, request.id, request.requester)


def _seal_grants(
    practice: Practice, connection: Connection, granting: Granting
) -> tuple[Grant, ...]:
    opening, recordings = Opening(practice, granting.decider, connection), granting.recordings
    request, public = granting.request, practice.register.public_keys(granting.to).kem
    grants = []
    for row, opened in zip(recordings, opening.each_checked(recordings), strict=True):
        info = grant_context(
            practice.vault,
            request=request.id,
            digest=request.digest,
            uid=row.uid,
            to=granting.to,
            lapses=format_instant(granting.lapses_at),
        )
        sealed = seal_grant(opening.data_key(row), opened.fields, public=public, info=info)
        edits = granting.edits.get(row.id, UNEDITED)
        grants.append(Grant(row.uid, row.ciphertext, sealed, edits))
    check_as_signed(practice, connection, recordings)
    return tuple(grants)


def _fields(granting: Granting, grants: tuple[Grant, ...]) -> Mapping[str, Any]:
    request, second = granting.request, granting.countersigner
    items = [
        {
            "ciphertext": grant.ciphertext,
            "edits": grant.edits.as_json(),
            "grant": primitives.sha256(grant.sealed).hex(),
            "uid": grant.uid,
        }
        for grant in grants
    ]
    salt = primitives.random_bytes(primitives.KEY_BYTES).hex()
    return {
        "break_glass": granting.glass_reason is not None,
        "consulted": granting.consulted_on.isoformat() if granting.consulted_on else "",
        "countersigned": second.person.id if second else "",
        "digest": request.digest,
        "for": granting.to,
        "items": items,
        "lapses": format_instant(granting.lapses_at),
        "request": request.id,
        "requester": request.requester,
        "salt": salt,
        "version": request.version_id.version,
        "withheld": [{"code": ground, "uid": row.uid} for row, ground in granting.withheld],
    }
