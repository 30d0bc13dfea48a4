"""Write an approval: the sealed grants, the statements, their leaves (docs/formats/grant.md, 4).

Whether it may be is decided before, in `approve`; and again by whoever uses a grant, in `granted`.
"""

from __future__ import annotations

import base64
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from callrec.calls.custody import Opening
from callrec.catalogue.requests import put_grant
from callrec.catalogue.times import to_millis
from callrec.crypto import primitives
from callrec.crypto.canonical import canonical, format_instant
from callrec.crypto.context import context
from callrec.policy.edits import UNEDITED, Edits
from callrec.policy.request import RequestAct
from callrec.record.statements import sign_statement_as
from callrec.requests.history import REQUESTS
from callrec.requests.model import Granting
from callrec.requests.request_words import log_with_words

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sqlalchemy import Connection

    from callrec.audit.log import LogTransaction
    from callrec.crypto.statement import Statement
    from callrec.practice import Practice


@dataclass(frozen=True, slots=True, repr=False)
class Grant:
    """One recording, sealed to one person."""

    uid: str
    ciphertext: str
    """SHA-256 of the recording's file, in hex."""
    sealed: bytes
    edits: Edits

    def as_json(self) -> dict[str, object]:
        """As the approval lists it."""
        return {
            "ciphertext": self.ciphertext,
            "edits": self.edits.as_json(),
            "grant": primitives.sha256(self.sealed).hex(),
            "uid": self.uid,
        }


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


def write_approval(practice: Practice, act: LogTransaction, granting: Granting) -> None:
    """Seal the grants, state the approval once for each signer, and let the request be approved.

    The transaction must end in a checkpoint of whoever signs last.

    Raises:
        Refused: the request cannot be approved as it stands.
        Locked: the decider does not have the keys.
        Tampered: a recording is not as it was sealed.
    """
    grants = _seal_grants(practice, act.connection, granting)
    fields = _fields(granting, grants)
    signers = [signer for signer in (granting.decider, granting.countersigner) if signer]
    statements = [sign_statement_as(practice, signer, "approval", fields) for signer in signers]
    history = granting.request.history
    subject = [granting.to, *(grant.uid for grant in grants)]
    for signer, statement in zip(signers, statements, strict=True):
        if signer is not granting.decider:
            act.checkpoint(granting.decider.signer)  # or the last one would attest both leaves
        history = log_with_words(
            act,
            signer,
            granting.request,
            RequestAct.APPROVED,
            granting.words,
            history=history,
            subject=subject,
            statement=statement,
        )
    _store(practice, act.connection, granting, grants, statements[0])


def _seal_grants(
    practice: Practice, connection: Connection, granting: Granting
) -> tuple[Grant, ...]:
    opening, recordings = Opening(practice, granting.decider, connection), granting.recordings
    public = practice.register.public_keys(granting.to).kem
    return tuple(
        Grant(
            row.uid,
            row.ciphertext,
            seal_grant(
                opening.data_key(row),
                opened.fields,
                public=public,
                info=grant_context(
                    practice.vault,
                    request=granting.request.id,
                    digest=granting.request.digest,
                    uid=row.uid,
                    to=granting.to,
                    lapses=format_instant(granting.lapses_at),
                ),
            ),
            granting.edits.get(row.id, UNEDITED),
        )
        for row, opened in zip(recordings, opening.each_checked(recordings), strict=True)
    )


def _fields(granting: Granting, grants: tuple[Grant, ...]) -> Mapping[str, Any]:
    request, second = granting.request, granting.countersigner
    return {
        "break_glass": granting.glass_reason is not None,
        "consulted": granting.consulted_on.isoformat() if granting.consulted_on else "",
        "countersigned": second.person.id if second else "",
        "digest": request.digest,
        "for": granting.to,
        "items": [grant.as_json() for grant in grants],
        "lapses": format_instant(granting.lapses_at),
        "request": request.id,
        "requester": request.requester,
        "version": request.which.version,
        "withheld": [{"code": ground, "uid": row.uid} for row, ground in granting.withheld],
    }


def _store(
    practice: Practice,
    connection: Connection,
    granting: Granting,
    grants: tuple[Grant, ...],
    statement: Statement,
) -> None:
    request, to = granting.request, granting.to
    for grant in grants:
        put_grant(
            connection,
            request=request.id,
            uid=grant.uid,
            person=to,
            approval=statement.digest,
            lapses_at=to_millis(granting.lapses_at),
            sealed=grant.sealed,
        )
    public = practice.register.public_keys(to).kem
    REQUESTS.put_key(connection, request.which, request.key, public, holder=to)
