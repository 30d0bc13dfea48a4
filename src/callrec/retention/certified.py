"""Give a certificate of destruction out: signed, on record, and provable by anyone who gets it.

It is made as a release is: the document, a leaf that commits to it, the proof of that leaf, then
the folder, whose list of files is signed as well (docs/formats/destruction.md, 5).
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Final

from callrec.audit.evidence import CommittingLeaf, Evidence, evidence_of
from callrec.audit.leaf import DETAIL_NONCE_BYTES
from callrec.audit.log import has_leaf
from callrec.catalogue.engine import reading
from callrec.crypto import primitives
from callrec.crypto.canonical import canonical, parse_instant
from callrec.errors import Failed, Locked, Unusable
from callrec.package.callrec_verify import CERTIFICATE, Problem, Result
from callrec.package.destroyed import (
    Certified,
    DestructionCertificate,
    certificate_bytes,
    certificate_text,
)
from callrec.package.package import (
    DESTRUCTION_PROOF,
    Enclosures,
    Member,
    assemble_certificate,
    ssh_fingerprint,
)
from callrec.package.texts import certificate_verify_text, outside_text
from callrec.paper.certificate_pdf import destruction_pdf
from callrec.policy.authority import check_may
from callrec.policy.role import Power
from callrec.practice import Actor, Practice, attempt, signing, today
from callrec.record.acts import check_whole_log
from callrec.record.cosigned import with_cosigned
from callrec.retention.certificate import certify_destruction
from callrec.stamps.asking import stamp_if_possible
from callrec.system.files import move, remove_folder, sync
from callrec.system.rights import make_private_folder

CERTIFIED: Final = CERTIFICATE.act
"""The act of the leaf that commits to a certificate."""


def issue_certificate(
    practice: Practice, actor: Actor, certificate: DestructionCertificate, to: Path
) -> Path:
    """Sign a certificate and write its folder, ``C-1``, into ``to``; returns it.

    Raises:
        Refused: the actor may not decide what is destroyed.
        Locked: it takes their password.
        Unusable: there is something of that name already.
        Failed: it cannot be written.
        Tampered: the log is not as it was signed.
    """
    if actor.identity is None:
        raise Locked("a certificate is signed, and that takes the password")
    folder = to / certificate.reference
    if os.path.lexists(folder):
        raise Unusable(
            f'"{folder}" is there already', hint="move it away, or name another folder: --to DIR"
        )
    seed, at = actor.identity.act, practice.now().astimezone(practice.settings.time_zone)
    data = certificate_bytes(certificate, by=actor.person.id, at=at)
    evidence = _record(practice, actor, certificate, data)
    key = ssh_fingerprint(primitives.signing_public(seed))
    certified = Certified(evidence.seq, at, actor.person.id, key)
    timestamp, note = practice.settings.timestamp, evidence.checkpoint.encode()
    size, now = evidence.seq + 1, practice.now()
    stamp = stamp_if_possible(timestamp, practice.folder, note, size, now).stamp
    time = stamp.time if stamp else None
    outside = outside_text(DESTRUCTION_PROOF, evidence.proof, evidence.cosigned, time)
    enclosures = Enclosures(
        proof=evidence.proof,
        signers=evidence.signers,
        cosigned=evidence.cosigned,
        certificate=destruction_pdf(certificate, certified),
        verify=certificate_verify_text(certificate, certified, outside=outside),
        stamp=stamp.token if stamp else b"",
        stamp_roots=timestamp.certificates.encode() if stamp else b"",
    )
    text = certificate_text(certificate, certified)
    members = assemble_certificate(data, text, enclosures, signer=actor.person.id, seed=seed)
    _write(folder, members)
    return folder


def _record(
    practice: Practice, actor: Actor, certificate: DestructionCertificate, data: bytes
) -> Evidence:
    """Write, durably, that it is given out, and take the proof of that."""
    nonce = primitives.random_bytes(DETAIL_NONCE_BYTES)
    details = {"manifest": primitives.sha256(data).hex()}
    subject = [certificate.id, certificate.request_id]
    with attempt(practice, actor, CERTIFIED, subject=subject), signing(practice, actor) as act:
        check_may(actor.person, Power.DECIDE_RESERVED, on=today(practice))
        check_whole_log(practice, act.connection)
        seq = act.leaf(
            CERTIFIED, actor=actor.person.id, subject=subject, details=details, nonce=nonce
        )
    with reading(practice.engine) as connection:
        leaf = CommittingLeaf(seq, nonce, details)
        found = evidence_of(connection, practice.register, leaf, carrying=certificate.entries)
        return with_cosigned(practice, connection, found)


def _write(folder: Path, members: tuple[Member, ...]) -> None:
    """All of it under its name, or nothing."""
    part = folder.with_name(f".{folder.name}.part")
    try:
        remove_folder(part, ignore_errors=True)
        make_private_folder(part, parents=True)
        for member in members:
            (part / member.path).write_bytes(b"".join(member.chunks()))
        sync(*(part / member.path for member in members), part)
        move(part, folder)
        sync(folder.parent)
    except OSError as error:
        remove_folder(part, ignore_errors=True)
        raise Failed(
            f"the certificate cannot be written: {error.strerror}",
            hint="give another folder: --to DIR",
        ) from error


def off_the_record(practice: Practice, result: Result) -> tuple[Problem, ...]:
    """What the practice's own record has against a certificate in which nothing else is wrong."""
    said = result.manifest
    with reading(practice.engine) as connection:
        if not has_leaf(connection, result.entry["seq"], canonical(dict(result.entry))):
            what = "is not on this practice's record: its log has no such entry"
            return (Problem("the certificate", what),)
    now = certify_destruction(practice, said["request"]["number"], released_to=())
    if now is None:
        what = "is out of date: a drive was found since that holds some of the recordings"
        return (Problem("the certificate", what),)
    told = {**said, "released": []}
    at = parse_instant(said["at"])
    if canonical(told) != certificate_bytes(now, by=said["certified_by"], at=at):
        what = "is out of date: the practice's record says more now; ask for a newer one"
        return (Problem("the certificate", what),)
    return ()
