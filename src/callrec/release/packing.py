"""What the package holds, certifies and is written as."""

from __future__ import annotations

import io
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import NamedTuple

from callrec.audit.evidence import Evidence
from callrec.catalogue.engine import reading
from callrec.catalogue.recordings import numbers_of
from callrec.crypto.canonical import parse_instant
from callrec.crypto.primitives import sha256, signing_public
from callrec.dataclass import dataclass
from callrec.package.certificate import Certificate, Exhibit
from callrec.package.manifest import (
    CALL_DATA_PATHS,
    SEARCH,
    CallData,
    FileRole,
    Manifest,
    ReleasedCall,
    Withheld,
    call_data,
)
from callrec.package.package import (
    RELEASE_PROOF,
    Content,
    Enclosures,
    Member,
    assemble,
    pieces,
    ssh_fingerprint,
)
from callrec.package.page import PageContent, write_page
from callrec.package.texts import (
    OtherCalls,
    Searched,
    days_in_words,
    outside_text,
    read_me_first,
    rights_text,
    search_text,
    verify_text,
)
from callrec.paper.apart import make_papers
from callrec.policy.further import NO_AUTHORITY, FurtherParticular
from callrec.policy.handing_over import PackageForm, ReleaseInstructions
from callrec.policy.particulars import Particulars, Unknown, days_withheld, is_withheld
from callrec.policy.purpose import TERMS, Purpose
from callrec.policy.rights.grounds import GROUND_CODES, Ground, ground_in_words
from callrec.policy.rights.lawful_basis import (
    confidentiality_basis,
    exemption_relied_on,
    legal_basis,
)
from callrec.policy.search import TAIL_DIGITS, described_by
from callrec.practice import Actor, Practice
from callrec.release.copies import Enclosed, ReleaseCopy
from callrec.release.rights import rights_facts
from callrec.requests.approvals import (
    certified_approvers,
    last_withheld,
    role_in_words,
    uids_granted,
)
from callrec.requests.grants import UsableGrant
from callrec.requests.model import OpenRequest, uids_delivered
from callrec.sound.child import expect_decoders
from callrec.sound.listening import measure
from callrec.sound.waveform import as_svg
from callrec.stamps.authority import Stamp
from callrec.telephone.recorder import WordKind


@dataclass(frozen=True, slots=True, repr=False)
class Draft:
    """A release that was put together, and is not on record yet. Its repr shows nothing."""

    grants: tuple[UsableGrant, ...]
    copies: tuple[ReleaseCopy, ...]
    manifest: Manifest
    contents: Mapping[str, Content]
    """How the bytes of each file that the manifest lists are made."""
    directions: ReleaseInstructions
    """How it goes out."""
    others: OtherCalls
    """What else fits what was asked for."""

    @property
    def request(self) -> OpenRequest:
        return self.grants[0].request

    @property
    def has_signed_sound(self) -> bool:
        """Whether a telephone system signed the sound of a recording."""
        words = (word for grant in self.grants for word in grant.metadata.get("words", ()))
        return any(WordKind(word["kind"]).is_signature for word in words)

    @property
    def exhibit(self) -> Exhibit | None:
        """What marks the medium of a release for an outside body; None for any other."""
        request = self.request
        if request.purpose is not Purpose.OUTSIDE_BODY:
            return None
        return Exhibit(
            label=self.directions.exhibit or f"{request.reference}/{self.manifest.release[:8]}",
            medium_serial=self.directions.medium_serial,
            reference=request.particulars.further.get(FurtherParticular.REFERENCE, ""),
        )


class Proven(NamedTuple):
    """What a package carries to show that it stands on the practice's record, and since when."""

    evidence: Evidence
    stamp: Stamp | None


def write_package(
    practice: Practice,
    actor: Actor,
    draft: Draft,
    proven: Proven,
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
    manifest, seed = draft.manifest, actor.identity.act
    evidence, stamp = proven
    expect_decoders(sum(file.role is FileRole.LISTENING for file in manifest.files))
    certificate = _certify(practice, draft, evidence, signing_public(seed))

    def members() -> Iterator[Member]:
        """The files of the package; its papers are made once the first is asked for."""
        certificate_pdf, exhibit_label = make_papers(certificate)
        rights = ""
        if draft.request.purpose is Purpose.SUBJECT_ACCESS:
            facts = rights_facts(practice, actor, draft.request, manifest)
            rights = rights_text(manifest, facts, own=practice.settings.release.rights)
        enclosures = Enclosures(
            proof=evidence.proof,
            signers=evidence.signers,
            cosigned=evidence.cosigned,
            certificate=certificate_pdf,
            read_me=read_me_first(manifest, contact=certificate.contact, others=draft.others),
            verify=verify_text(
                manifest,
                public=signing_public(seed),
                root=practice.root.hex(),
                outside=outside_text(
                    RELEASE_PROOF,
                    evidence.proof,
                    evidence.cosigned,
                    stamp.time if stamp else None,
                    has_signed_sound=draft.has_signed_sound,
                ),
            ),
            rights=rights,
            exhibit_label=exhibit_label,
            stamp=stamp.token if stamp else b"",
            stamp_roots=practice.settings.timestamp.certificates.encode() if stamp else b"",
        )
        for member in assemble(manifest, draft.contents, enclosures, seed=seed):
            yield member
            advance(1)

    if draft.directions.form is PackageForm.HTML:
        shown = PageContent(certificate=certificate, waveforms=dict(_waveforms(draft)))
        return write_page(members(), target, passphrase, shown, seed=seed)
    from callrec.package.zip import write_zip  # noqa: PLC0415  # a page needs none: 60 ms

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


def search_of(
    practice: Practice,
    grants: Sequence[UsableGrant],
    withheld: Iterable[Withheld],
    *,
    others: OtherCalls,
) -> Mapping[str, bytes]:
    """``SEARCH.txt``, by path, where a law gives a right to all that was gathered; else none."""
    request, zone = grants[0].request, practice.settings.time_zone
    leaf = request.history.gathered
    if request.body.gathering is None or leaf is None or not TERMS[request.purpose].is_owed_whole:
        return {}
    days = request.particulars.days
    grounds = (GROUND_CODES[each.code] for each in withheld)
    why = (ground_in_words(g, request.purpose) for g in grounds if g is not Ground.NOT_APPROVED)
    searched = Searched(
        at=parse_instant(leaf.at).astimezone(zone),
        sought=tuple(sought_in_words(request.particulars)),
        days=() if isinstance(days, Unknown) else days,
        given=len({grant.uid for grant in grants}),
        withheld=Counter(why),
        others=others,
    )
    text = search_text(
        searched,
        practice=practice.name,
        request=request.reference,
        at=practice.now().astimezone(zone),
        contact=practice.settings.release.contact,
    )
    return {SEARCH: text.encode()}


def other_calls(
    request: OpenRequest, withheld: Iterable[Withheld], *, elsewhere: int, now: datetime
) -> OtherCalls:
    """What else fits what was asked for; ``elsewhere``: how many another part of it is about.

    Where a law gives a right to each, nobody is refused one because nobody approved it.
    """
    if not TERMS[request.purpose].is_owed_whole:
        return OtherCalls(elsewhere)
    given = uids_delivered(request.history)
    granted = uids_granted(request.approvals, request.history, now) - given
    before = {row.id for row in request.recordings if row.uid in given}
    others = {row.id for row in request.recordings if row.uid in granted}
    open_ = {each.recording for each in withheld if each.code == Ground.NOT_APPROVED}
    return OtherCalls(
        elsewhere,
        granted=len(open_ & others),
        before=len(open_ & before),
        undecided=len(open_ - before - others),
    )


def sought_in_words(particulars: Particulars) -> Iterator[str]:
    """What was looked for, in words: no file of a release has a name or a whole number."""
    one, several = _names_of(particulars.further)
    numbers = () if isinstance(particulars.numbers, Unknown) else particulars.numbers
    for number in numbers:
        if is_withheld(number):
            own = days_withheld(number)
            when = f", {days_in_words(own)}" if own else ""
            yield f"a caller who showed no number{when}"
        else:
            yield f"a number that ends in {number[-TAIL_DIGITS:]}"
    if particulars.names:
        count = len(particulars.names)
        yield one if count == 1 else f"{count} {several}"
    if not numbers and not particulars.names:
        by_name = any(criteria.party for criteria in described_by(particulars))
        yield "the names of those who took part" if by_name else "any call"
    if not isinstance(particulars.extensions, Unknown):
        yield f"and only calls on our extension {' or '.join(particulars.extensions)}"
    if not isinstance(particulars.times, Unknown):
        first, last = particulars.times.first, particulars.times.last
        yield f"and only calls between {first:%H:%M} and {last:%H:%M}"


def _names_of(further: Mapping[str, str]) -> tuple[str, str]:
    """Whose name was looked for, and several of theirs: of who reads it, or of another person."""
    if FurtherParticular.APPLICANT in further:
        return "the name of the patient", "names of the patient"
    if further.get(FurtherParticular.AUTHORITY) == NO_AUTHORITY:
        return "the name that you are known by", "names of yours"
    whose = "the person whose calls they are"
    return f"the name of {whose}", f"names of {whose}"


def call_data_of(grants: Sequence[UsableGrant], enclosed: Enclosed) -> Mapping[str, bytes]:
    """``calls.json`` and ``calls.csv`` of a release for portability, by path; else none."""
    if grants[0].request.purpose is not Purpose.PORTABILITY:
        return {}
    calls = tuple(
        ReleasedCall.from_metadata(
            grant.metadata, (file for file in enclosed.files if file.uid == grant.uid)
        )
        for grant in grants
    )
    return dict(zip(CALL_DATA_PATHS, call_data(calls), strict=True))


def _certify(practice: Practice, draft: Draft, evidence: Evidence, public: bytes) -> Certificate:
    request, manifest = draft.request, draft.manifest
    further = request.particulars.further
    used = {grant.approval.digest for grant in draft.grants}
    approvals = (each for each in request.approvals if each.statement.digest in used)
    return Certificate(
        practice=practice.name,
        contact=practice.settings.release.contact,
        request=request.reference,
        release=manifest.release,
        purpose=TERMS[request.purpose].in_words,
        legal_basis=legal_basis(request.purpose, further, practice.settings.bases),
        exemption=exemption_relied_on(further),
        confidentiality=confidentiality_basis(further),
        subject=further[FurtherParticular.SUBJECT] if draft.directions.names_subject else None,
        approvals=tuple(certified_approvers(practice, approvals)),
        released_by=role_in_words(practice, manifest.released_by),
        at=manifest.at,
        files=manifest.files,
        not_enclosed=manifest.not_enclosed,
        withheld=tuple(
            (each.recording, ground_in_words(GROUND_CODES[each.code], request.purpose))
            for each in manifest.withheld
        ),
        fingerprint=practice.root.hex(),
        signing_key=ssh_fingerprint(public),
        audit_seq=evidence.seq,
        checkpoint=evidence.checkpoint,
        exhibit=draft.exhibit,
        is_complete=manifest.is_complete,
        elsewhere=draft.others.elsewhere,
    )


def write_manifest(
    practice: Practice,
    actor: Actor,
    grants: Sequence[UsableGrant],
    enclosed: Enclosed,
    *,
    release: str,
    call_data: Mapping[str, bytes],
    withheld: Sequence[Withheld] = (),
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
        at=practice.now().astimezone(practice.settings.time_zone),
        files=enclosed.files,
        not_enclosed=enclosed.not_enclosed,
        withheld=tuple(withheld),
        call_data=tuple(
            CallData(path, sha256(data).hex(), len(data)) for path, data in call_data.items()
        ),
    )


def withheld_of(
    practice: Practice, grants: Sequence[UsableGrant], untold: Collection[str]
) -> Iterator[Withheld]:
    """What the request asked for and nobody granted, and what it left out, each with its code.

    Not what its recipient must not learn of, uids: the log has it.
    """
    request, granted = grants[0].request, {grant.uid for grant in grants}
    grounds = last_withheld(request.approvals, request.history)
    for row in request.recordings:
        if row.uid not in granted and row.uid not in untold:
            yield Withheld(row.id, grounds.get(row.uid, Ground.NOT_APPROVED))
    gathering = request.body.gathering
    left_out = gathering.left_out if gathering else {}
    told = [uid for uid, ground in left_out.items() if ground.is_disclosed]
    with reading(practice.engine) as connection:
        for number, uid in sorted((n, uid) for uid, n in numbers_of(connection, told).items()):
            yield Withheld(number, left_out[uid])
