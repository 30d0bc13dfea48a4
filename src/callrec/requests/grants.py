"""What was granted, opened for the one person it was granted to [policy 4(a), 4(b)].

``listen`` and ``release`` get recordings from here and nowhere else. Each of these is asked every
time (docs/formats/grant.md, 5), and one that fails opens nothing:

    the whole log is as it was signed, and not behind the head that was seen before
    the request's digest recomputes from the request as it stands
    the requester is the actor of the attested leaf that made it
    each signer's power for the purpose held at the approval's leaf
    no signer is requester or subject, save where the glass was flagged as broken
    the grant's hash is listed in the approval, for this recording's ciphertext and this person
    no later approval lists the recording for this person again, edited otherwise perhaps
    nothing later revoked it, changed the request, lapsed it, or used it up
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sqlalchemy import select

from callrec.audit.checkpoint import decode_base64
from callrec.calls.custody import check_clear_columns, is_complete_metadata
from callrec.catalogue import tables
from callrec.catalogue.requests import grants_to
from callrec.catalogue.times import to_millis
from callrec.crypto import primitives
from callrec.crypto.canonical import parse
from callrec.crypto.statement import entries_in
from callrec.errors import Locked, Refused, Tampered
from callrec.policy.authority import hint_who_decides
from callrec.policy.clause import Clause
from callrec.policy.request import UNDECIDED
from callrec.record.acts import check_whole_log
from callrec.record.entitled import powers_then
from callrec.requests.approvals import check_signers_entitled, end_reason, no_longer_granted
from callrec.requests.granting import grant_context
from callrec.requests.open import read_request

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from datetime import datetime

    from sqlalchemy import Connection, Row

    from callrec.crypto.statement import Statement
    from callrec.policy.edits import Edits
    from callrec.policy.hearing import GrantFacts
    from callrec.policy.role import PersonId
    from callrec.practice import Actor, Practice
    from callrec.requests.model import Approval, OpenRequest

_NONE_TO_YOU = "nothing is granted to you under this request"


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

    @property
    def lapses_at(self) -> datetime:
        return self.facts.lapses_at

    @property
    def approvers(self) -> frozenset[PersonId]:
        """Who signed: the decider, and whoever countersigned."""
        return self.facts.decided_by

    @property
    def digest(self) -> str:
        """Of the request that was approved, as it still stands."""
        return self.request.digest


def usable_grants(
    practice: Practice, actor: Actor, connection: Connection, reference: str
) -> tuple[UsableGrant, ...]:
    """What the actor may hear now under a request, one at the least, in the recordings' order.

    Whether he may still hear or release at all is for `policy.hearing` to say, with each grant's
    ``facts`` and its request's.

    Args:
        practice: the open vault.
        actor: who wants to hear, with his identity open.
        connection: sees one state of the catalogue throughout.
        reference: ``R-17``.

    Raises:
        NotFound: there is no such request.
        Refused: nothing is granted to the actor, or no longer, or by somebody who might not.
        Locked: it takes the actor's password.
        Tampered: the log, the request, an approval or a grant is not as it was signed.
    """
    if actor.identity is None:
        raise Locked(
            "a grant opens with your password",
            hint="type it, or set CALLREC_USER and CALLREC_PASSWORD_FILE",
        )
    check_whole_log(practice, connection)
    request = read_request(practice, actor, connection, reference)
    usable, ended = [], _how_it_ended(request, actor, practice.now())
    for row in grants_to(connection, request.id, actor.person.id):
        approval = _approval_of(row, request.approvals)
        recording = _check_listed(connection, row, approval)
        ended = end_reason(approval, request.history, practice.now())
        if not ended:
            _check_approves(practice, connection, approval, request)
            usable.append(
                _open(practice, actor, row, recording, approval=approval, request=request)
            )
    if not usable:
        raise no_longer_granted(ended, reference) if ended else _never_granted(request)
    return tuple(usable)


def _how_it_ended(request: OpenRequest, actor: Actor, now: datetime) -> str:
    """What is said where no grant lies; empty if nothing was ever granted to the actor.

    Used up and revoked ones were destroyed; of one that stands, a copy of the catalogue has none.
    """
    to_actor = [approval for approval in request.approvals if approval.to == actor.person.id]
    if not to_actor:
        return ""
    return end_reason(to_actor[-1], request.history, now) or _NONE_TO_YOU


def _never_granted(request: OpenRequest) -> Refused:
    """The refusal to use what was never granted to the actor, who can read the request."""
    why = _NONE_TO_YOU
    hint = f"callrec request show {request.reference} says what happened"
    if request.approvals:
        why = "this was granted to somebody else"
        hint = f"callrec request show {request.reference} says to whom"
    elif request.facts.state in UNDECIDED:
        why, hint = "nobody has decided this request yet", hint_who_decides(request.facts)
    return Refused(why, clause=Clause.CONTROLLED_ACCESS, hint=hint)


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
    recording = connection.execute(
        select(tables.recording).where(tables.recording.c.uid == row.uid)
    ).one()
    listed = approval.items.get(row.uid)
    if approval.to != row.person or listed != (recording.ciphertext, _hash_of(row.sealed)):
        raise Tampered(f"a grant of recording {recording.id} is not one that was approved")
    if to_millis(approval.lapses_at) != row.lapses_at:
        raise Tampered(f"a column of a grant of recording {recording.id} was changed")
    return recording


def _check_approves(
    practice: Practice, connection: Connection, approval: Approval, request: OpenRequest
) -> None:
    fields = approval.statement.fields
    approved = (fields["version"], fields["digest"], fields["requester"])
    if approved != (request.which.version, request.digest, request.requester):
        raise Tampered("the request is not the one that was approved")
    check_signers_entitled(powers_then(practice, connection), approval, request.facts)


def _open(
    practice: Practice,
    actor: Actor,
    row: Row[Any],
    recording: Row[Any],
    *,
    approval: Approval,
    request: OpenRequest,
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
        facts=approval.facts,
        request=request,
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


def _hash_of(sealed: bytes) -> str:
    return primitives.sha256(sealed).hex()


def unlisted_grants(connection: Connection) -> Iterator[Row[Any]]:
    """The rows of grants that the approval which they name does not list for their person."""
    grant, said = tables.grant, tables.statement
    query = select(grant, said.c.body.label("said")).join(said, said.c.digest == grant.c.approval)
    for row in connection.execute(query):
        fields = parse(row.said)
        listed = dict(entries_in(fields, "items", "uid", "grant"))
        told = (fields.get("request"), fields.get("for"), listed.get(row.uid))
        if told != (row.request, row.person, primitives.sha256(row.sealed).hex()):
            yield row
