"""What the log says of a hearing and of a release, and what becomes of the grants by it.

    listen               it was played; the grants stay as they are
    release.prepared     a package is being made; the grants are out of use
    release.delivered    it was handed over; they are destroyed
    release.failed       it was not made; they are back

Whatever stops a release after ``prepared`` without a further leaf leaves the grants out of use for
good: it may have got out. A second copy is a second approval (docs/formats/grant.md, 5).
"""

from __future__ import annotations

import base64
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sqlalchemy import select

from callrec.audit import tree
from callrec.audit.log import node_reader, read_leaf
from callrec.audit.proof import Proof, write_proof
from callrec.audit.signers import write_signers
from callrec.catalogue import tables
from callrec.catalogue.engine import reading
from callrec.catalogue.requests import GRANTED, PREPARED, destroy_grants_to, set_grants_state
from callrec.crypto import primitives
from callrec.crypto.canonical import canonical
from callrec.errors import Failed
from callrec.policy.request import RequestAct
from callrec.practice import writing
from callrec.procedures.request_log import History, log_request_event, read_history
from callrec.procedures.telling import tell

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from sqlalchemy import Connection

    from callrec.audit.log import Writing
    from callrec.policy.handing_over import Delivery
    from callrec.practice import Actor, Practice
    from callrec.procedures.granted import UsableGrant
    from callrec.release.manifest import Manifest

_NONCE_BYTES = 32


@dataclass(frozen=True, slots=True)
class Prepared:
    """The leaf ``release.prepared``, and what opens its details to whoever gets the package."""

    seq: int
    nonce: bytes
    details: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Evidence:
    """What a package carries to show that it stands on the practice's record."""

    proof: bytes
    """The file of the proof of ``release.prepared``."""
    signers: bytes
    """``signers.json``."""


def record_hearing(practice: Practice, actor: Actor, grant: UsableGrant) -> int:
    """Write, durably, that a recording is played to the actor; returns the leaf's sequence.

    Raises:
        Failed: something happened to the request meanwhile, or the log cannot be written.
    """
    with writing(practice, actor.signer) as act:
        history = _unchanged(practice, act, grant)
        after = log_request_event(act, actor, history, RequestAct.LISTENED, subject=[grant.uid])
    return after.leaves[-1].seq


def record_prepared(
    practice: Practice, actor: Actor, manifest: Manifest, grants: Sequence[UsableGrant]
) -> Prepared:
    """Write, durably, what is about to be handed over, and take the grants out of use.

    Raises:
        Failed: something happened to the request meanwhile, or the log cannot be written.
    """
    nonce = primitives.fresh(_NONCE_BYTES)
    details = {"manifest": primitives.sha256(manifest.to_bytes()).hex()}
    with writing(practice, actor.signer) as act:
        after = log_request_event(
            act,
            actor,
            _unchanged(practice, act, grants[0]),
            RequestAct.PREPARED,
            subject=_subject(manifest),
            details=details,
            nonce=nonce,
        )
        set_grants_state(act.connection, manifest.request, actor.person.id, PREPARED)
    return Prepared(after.leaves[-1].seq, nonce, details)


def read_evidence(practice: Practice, actor: Actor, prepared: Prepared) -> Evidence:
    """The proof of a release's leaf, and how its releaser came to be allowed to sign.

    Raises:
        Tampered: the log is not as it was written.
    """
    with reading(practice.engine) as connection:
        return Evidence(
            _proof(connection, prepared),
            write_signers(connection, practice.register, actor.person.id, prepared.seq + 1),
        )


def record_delivered(
    practice: Practice, actor: Actor, manifest: Manifest, delivery: Delivery
) -> None:
    """Write, durably, that the package was handed over, and destroy the grants.

    Raises:
        Refused: what was granted has been taken back meanwhile.
        Failed: the log cannot be written.
    """
    details = {"deliver_by": delivery.package_by, "passphrase_by": delivery.passphrase_by}
    with writing(practice, actor.signer) as act:
        history = read_history(practice, act.connection, manifest.request)
        subject = _subject(manifest)
        log_request_event(
            act, actor, history, RequestAct.DELIVERED, subject=subject, details=details
        )
        destroy_grants_to(act.connection, history.request, history.requester, actor.person.id)
        about, told, by = manifest.request_number, history.requester, actor.person.id
        tell(practice, act.connection, about, "was released", to=told, by=by)


def record_failed(practice: Practice, actor: Actor, manifest: Manifest, why: str) -> None:
    """Write, durably, that nothing was handed over, and put the grants back into use.

    What the log calls delivered stays so: something failed when that was durable already.

    Raises:
        Failed: the log cannot be written; then they stay out of use.
    """
    with writing(practice, actor.signer) as act:
        history = read_history(practice, act.connection, manifest.request)
        if _is_delivered(history, manifest):
            return
        subject, details = [manifest.release], {"why": why}
        log_request_event(act, actor, history, RequestAct.FAILED, subject=subject, details=details)
        set_grants_state(act.connection, manifest.request, actor.person.id, GRANTED)


def _is_delivered(history: History, manifest: Manifest) -> bool:
    return any(
        leaf.act == RequestAct.DELIVERED and manifest.release in leaf.subject
        for leaf in history.leaves
    )


def _unchanged(practice: Practice, act: Writing, grant: UsableGrant) -> History:
    """The request's history, in which nothing has happened since its grants were opened."""
    history = read_history(practice, act.connection, grant.request.id)
    if history != grant.request.history:
        raise Failed(
            "something else happened to the request meanwhile",
            hint=f"see what: callrec request show {grant.request.reference}; then try again",
        )
    return history


def _subject(manifest: Manifest) -> list[str]:
    """The release and its recordings, each once."""
    return [manifest.release, *dict.fromkeys(file.uid for file in manifest.files)]


def _proof(connection: Connection, prepared: Prepared) -> bytes:
    """The leaf's proof at the head that its own actor signed, with what opens its details."""
    seq, size = prepared.seq, prepared.seq + 1
    _, body = read_leaf(connection, seq)
    extra = {
        "details": dict(prepared.details),
        "leaf": base64.b64encode(body).decode(),
        "nonce": prepared.nonce.hex(),
    }
    head = tables.checkpoint
    note = connection.execute(select(head.c.note).where(head.c.size == size)).scalar_one()
    hashes = tree.inclusion_proof(seq, size, node_reader(connection))
    return write_proof(Proof(seq, hashes, bytes(note), canonical(extra)))
