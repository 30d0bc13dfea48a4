"""What the practice certifies of a release, put into the words of its reader."""

from __future__ import annotations

from typing import TYPE_CHECKING

from callrec.crypto.primitives import signing_public
from callrec.package.certificate import Certificate, Exhibit
from callrec.package.sshsig import ssh_fingerprint
from callrec.policy.further import FurtherParticular
from callrec.policy.purpose import BASIS_IN_WORDS, Purpose, legal_basis
from callrec.policy.withholding import GROUND_CODES
from callrec.requests.approvals import certified_approvers, role_in_words

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from callrec.practice import Actor, Practice
    from callrec.release.record import Evidence
    from callrec.release.release_contents import Draft
    from callrec.requests.grants import UsableGrant
    from callrec.requests.model import Approval, OpenRequest


def certify(
    practice: Practice,
    actor: Actor,
    draft: Draft,
    evidence: Evidence,
    *,
    contact: str,
    names_subject: bool,
    exhibit: Exhibit | None,
) -> Certificate:
    """What is certified of a release.

    Args:
        practice: the open vault.
        actor: who releases, with his password given.
        draft: what is released.
        evidence: where it stands in the log.
        contact: how to reach the practice, one line.
        names_subject: whether the data subject is named, where the request names him.
        exhibit: what marks the medium; None where nothing has to.
    """
    assert actor.identity is not None  # noqa: S101 - usable_grants saw to that
    request, manifest = draft.request, draft.manifest
    return Certificate(
        practice=practice.name,
        contact=contact,
        request=request.reference,
        release=manifest.release,
        purpose=BASIS_IN_WORDS[request.purpose],
        legal_basis=legal_basis(request.purpose, request.particulars.further),
        subject=request.particulars.further[FurtherParticular.SUBJECT] if names_subject else None,
        approvals=tuple(certified_approvers(practice, _used(request, draft.grants))),
        released_by=role_in_words(practice, actor.person.id),
        at=manifest.at,
        files=manifest.files,
        not_enclosed=manifest.not_enclosed,
        withheld=tuple((each.recording, _why(each.code)) for each in manifest.withheld),
        fingerprint=practice.root.hex(),
        signing_key=ssh_fingerprint(signing_public(actor.identity.act)),
        audit_seq=evidence.seq,
        checkpoint=evidence.checkpoint,
        exhibit=exhibit,
    )


def exhibit_of(draft: Draft, *, label: str, serial: str) -> Exhibit | None:
    """What marks the medium of a release for an outside body; None for anybody else.

    Args:
        draft: what is released.
        label: the exhibit's reference; empty: the request's own, with the release's.
        serial: of the drive or disc; empty: to be filled in by hand.
    """
    request = draft.request
    if request.purpose is not Purpose.OUTSIDE_BODY:
        return None
    return Exhibit(
        label=label or f"{request.reference}/{draft.manifest.release[:8]}",
        medium_serial=serial,
        reference=request.particulars.further.get(FurtherParticular.REFERENCE, ""),
    )


def _used(request: OpenRequest, grants: Sequence[UsableGrant]) -> Iterator[Approval]:
    used = {grant.approval.digest for grant in grants}
    return (each for each in request.approvals if each.statement.digest in used)


def _why(code: str) -> str:
    return GROUND_CODES[code].meaning
