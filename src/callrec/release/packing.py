"""What the package holds, certifies and is written as."""

from __future__ import annotations

import hashlib
import io
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from callrec.crypto.primitives import signing_public
from callrec.crypto.statement import entries_in
from callrec.errors import Tampered
from callrec.package.certificate import Certificate, Exhibit
from callrec.package.manifest import (
    CALL_DATA_PATHS,
    CallData,
    FileRole,
    Manifest,
    ReleasedCall,
    Withheld,
    call_data,
)
from callrec.package.package import Content, Enclosures, Member, assemble, pieces
from callrec.package.page import PageContent, write_page
from callrec.package.sshsig import ssh_fingerprint
from callrec.package.texts import read_me_first, rights_text, verify_text
from callrec.package.zip import write_zip
from callrec.paper.apart import make_papers
from callrec.policy.further import FurtherParticular
from callrec.policy.handing_over import PackageForm, ReleaseInstructions
from callrec.policy.purpose import TERMS, Purpose, legal_basis
from callrec.policy.withholding import GROUND_CODES
from callrec.practice import Actor, Practice
from callrec.release.copies import Enclosed, ReleaseCopy
from callrec.release.record import Evidence
from callrec.requests.approvals import certified_approvers, role_in_words
from callrec.requests.grants import UsableGrant
from callrec.requests.model import OpenRequest
from callrec.sound.child import expect_decoders
from callrec.sound.listening import measure
from callrec.sound.waveform import as_svg


@dataclass(frozen=True, slots=True, repr=False)
class Draft:
    """A release that was put together, and is not on record yet. Its repr shows nothing."""

    grants: tuple[UsableGrant, ...]
    copies: tuple[ReleaseCopy, ...]
    manifest: Manifest
    contents: Mapping[str, Content]
    """How the bytes of each file that the manifest lists are made."""

    @property
    def request(self) -> OpenRequest:
        return self.grants[0].request


def write_package(
    practice: Practice,
    actor: Actor,
    draft: Draft,
    evidence: Evidence,
    directions: ReleaseInstructions,
    *,
    target: Path,
    passphrase: str,
    advance: Callable[[int], None],
) -> str:
    """Write it to ``target``, whole or not at all.

    Returns:
        SHA-256 of the file that was written, in hex.
    """
    assert actor.identity is not None  # noqa: S101 - usable_grants saw to that
    expect_decoders(sum(file.role is FileRole.LISTENING for file in draft.manifest.files))
    certificate = certify(
        practice,
        actor,
        draft,
        evidence,
        contact=practice.config.release.contact,
        names_subject=directions.names_subject,
        exhibit=exhibit_of(draft, label=directions.exhibit, serial=directions.medium_serial),
    )
    seed, contact = actor.identity.act, practice.config.practice

    def members() -> Iterator[Member]:
        """The files of the package; its papers are made once the first is asked for."""
        manifest, papers = draft.manifest, make_papers(certificate)
        rights = ""
        if draft.request.purpose is Purpose.SUBJECT_ACCESS:
            rights = rights_text(
                manifest,
                contact=contact.data_protection_contact,
                kept_for=contact.kept_for,
                own=practice.config.release.rights,
            )
        enclosures = Enclosures(
            proof=evidence.proof,
            signers=evidence.signers,
            certificate=papers.certificate,
            read_me=read_me_first(manifest, contact=certificate.contact),
            verify=verify_text(manifest, public=signing_public(seed), root=practice.root.hex()),
            rights=rights,
            exhibit_label=papers.exhibit_label,
        )
        for member in assemble(manifest, draft.contents, enclosures, seed=seed):
            yield member
            advance(1)

    if directions.form is PackageForm.HTML:
        shown = PageContent(certificate=certificate, waveforms=dict(_waveforms(draft)))
        return write_page(members(), target, passphrase, shown, seed=seed)
    return write_zip(members(), target, passphrase)


def _waveforms(draft: Draft) -> Iterator[tuple[str, str]]:
    """For each listening copy, a picture of what is heard in it."""
    copies = {copy.grant.uid: copy for copy in draft.copies}
    for file in draft.manifest.files:
        sound = copies[file.uid].sound
        if file.role is FileRole.LISTENING and sound is not None:
            if file.edits.clip:  # its own beginning and loudness are those of the picture
                copy = io.BytesIO(b"".join(pieces(draft.contents[file.path])))
                sound = measure(copy, Path(file.path).suffix)
            title = f"Recording {file.recording}"
            yield file.path, as_svg(sound, title=title, edits=file.edits.in_copy())


def call_data_of(grants: Sequence[UsableGrant], enclosed: Enclosed) -> Mapping[str, bytes]:
    """``calls.json`` and ``calls.csv`` of a release for portability, by path; else none."""
    if grants[0].request.purpose is not Purpose.PORTABILITY:
        return {}
    calls = tuple(
        ReleasedCall(
            files=tuple(file for file in enclosed.files if file.uid == grant.uid),
            duration_ms=grant.metadata["duration_ms"],
            direction=grant.metadata["direction"],
            number=grant.metadata["number"],
            extension=grant.metadata["extension"],
            parties=tuple(grant.metadata["parties"]),
        )
        for grant in grants
    )
    return dict(zip(CALL_DATA_PATHS, call_data(calls), strict=True))


def listed_call_data(data: Mapping[str, bytes]) -> tuple[CallData, ...]:
    """As the manifest lists them."""
    return tuple(
        CallData(path, hashlib.sha256(content).hexdigest(), len(content))
        for path, content in data.items()
    )


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
    """What is certified of a release."""
    assert actor.identity is not None  # noqa: S101 - usable_grants saw to that
    request, manifest = draft.request, draft.manifest
    used = {grant.approval.digest for grant in draft.grants}
    approvals = (each for each in request.approvals if each.statement.digest in used)
    return Certificate(
        practice=practice.name,
        contact=contact,
        request=request.reference,
        release=manifest.release,
        purpose=TERMS[request.purpose].in_words,
        legal_basis=legal_basis(request.purpose, request.particulars.further),
        subject=request.particulars.further[FurtherParticular.SUBJECT] if names_subject else None,
        approvals=tuple(certified_approvers(practice, approvals)),
        released_by=role_in_words(practice, actor.person.id),
        at=manifest.at,
        files=manifest.files,
        not_enclosed=manifest.not_enclosed,
        withheld=tuple(
            (each.recording, GROUND_CODES[each.code].meaning) for each in manifest.withheld
        ),
        fingerprint=practice.root.hex(),
        signing_key=ssh_fingerprint(signing_public(actor.identity.act)),
        audit_seq=evidence.seq,
        checkpoint=evidence.checkpoint,
        exhibit=exhibit,
    )


def exhibit_of(draft: Draft, *, label: str, serial: str) -> Exhibit | None:
    """What marks the medium of a release for an outside body; None for any other."""
    request = draft.request
    if request.purpose is not Purpose.OUTSIDE_BODY:
        return None
    return Exhibit(
        label=label or f"{request.reference}/{draft.manifest.release[:8]}",
        medium_serial=serial,
        reference=request.particulars.further.get(FurtherParticular.REFERENCE, ""),
    )


def write_manifest(
    practice: Practice,
    actor: Actor,
    grants: Sequence[UsableGrant],
    enclosed: Enclosed,
    *,
    release: str,
    call_data: Sequence[CallData],
) -> Manifest:
    """The manifest of a release of these grants."""
    request = grants[0].request
    return Manifest(
        vault=practice.vault,
        practice=practice.name,
        release=release,
        request_number=request.reference,
        request=request.id,
        purpose=request.purpose,
        released_by=actor.person.id,
        at=practice.now().astimezone(practice.config.time_zone),
        files=enclosed.files,
        not_enclosed=enclosed.not_enclosed,
        withheld=tuple(_withheld(grants)),
        call_data=tuple(call_data),
    )


def _withheld(grants: Sequence[UsableGrant]) -> Iterator[Withheld]:
    """What the request asked for and nobody granted, with the approvals' codes.

    Not what its recipient must not learn of: the log has it.
    """
    code = {
        uid: code
        for grant in grants
        for uid, code in entries_in(grant.approval.fields, "withheld", "uid", "code")
    }
    granted = {grant.uid for grant in grants}
    for row in grants[0].request.recordings:
        if row.uid in granted:
            continue
        if row.uid not in code:
            raise Tampered(f"what was approved says nothing of recording {row.id}")
        if GROUND_CODES[code[row.uid]].is_told:
            yield Withheld(row.id, code[row.uid])
