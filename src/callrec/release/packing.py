"""Write the package of a release: all that proves it, in the form that was chosen."""

from __future__ import annotations

import io
from pathlib import Path
from typing import TYPE_CHECKING

from callrec.crypto.primitives import signing_public
from callrec.package.manifest import FileRole
from callrec.package.package import Enclosures, assemble, pieces
from callrec.package.page import PageContent, write_page
from callrec.package.texts import read_me_first, rights_text, verify_text
from callrec.package.zip import write_zip
from callrec.paper.apart import make_papers
from callrec.policy.handing_over import PackageForm
from callrec.policy.purpose import Purpose
from callrec.release.release_certificate import certify, exhibit_of
from callrec.sound.child import expect_decoders
from callrec.sound.listening import measure
from callrec.sound.waveform import as_svg

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from callrec.package.certificate import Certificate
    from callrec.package.package import Member
    from callrec.policy.handing_over import ReleaseInstructions
    from callrec.practice import Actor, Practice
    from callrec.release.record import Evidence
    from callrec.release.release_contents import Draft


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

    Args:
        practice: the open vault.
        actor: who releases, with his password given.
        draft: what is released.
        evidence: what shows that it stands on the practice's record.
        directions: how it goes out.
        target: where it is to be.
        passphrase: what opens it.
        advance: told 1 for each of its files.

    Returns:
        SHA-256 of the file that was written, in hex.

    Raises:
        Tampered: a recording turned out not to be what the manifest says.
        Unusable: there is something at ``target``.
        Failed: the drive is full, missing or cannot be written.
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
    members = _members(practice, actor.identity.act, draft, evidence, certificate)
    told = _told(members, advance)
    if directions.form is PackageForm.HTML:
        shown = PageContent(certificate=certificate, waveforms=dict(_waveforms(draft)))
        return write_page(told, target, passphrase, shown, seed=actor.identity.act)
    return write_zip(told, target, passphrase)


def _members(
    practice: Practice, seed: bytes, draft: Draft, evidence: Evidence, certificate: Certificate
) -> Iterator[Member]:
    """The files of the package; its papers are made once the first is asked for."""
    enclosures = _enclosures(practice, seed, draft, evidence, certificate)
    yield from assemble(draft.manifest, draft.contents, enclosures, seed=seed)


def _enclosures(
    practice: Practice, seed: bytes, draft: Draft, evidence: Evidence, certificate: Certificate
) -> Enclosures:
    manifest, papers = draft.manifest, make_papers(certificate)
    return Enclosures(
        proof=evidence.proof,
        signers=evidence.signers,
        certificate=papers.certificate,
        read_me=read_me_first(manifest, contact=certificate.contact),
        verify=verify_text(manifest, public=signing_public(seed), root=practice.root.hex()),
        rights=_rights(practice, draft),
        exhibit_label=papers.exhibit_label,
    )


def _rights(practice: Practice, draft: Draft) -> str:
    if draft.request.purpose is not Purpose.SUBJECT_ACCESS:
        return ""
    said = practice.config.practice
    return rights_text(
        draft.manifest,
        contact=said.data_protection_contact,
        kept_for=said.kept_for,
        own=practice.config.release.rights,
    )


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


def _told(members: Iterable[Member], advance: Callable[[int], None]) -> Iterator[Member]:
    for member in members:
        yield member
        advance(1)
