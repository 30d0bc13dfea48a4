"""The release: from the grants to the delivered package.

Only the person to whom recordings were granted releases them. Each step holds the hash of the one
before, so this is the order: every recording is read, checked and edited as was decided; the
manifest is written; ``release.prepared`` is put into the log and its proof taken; the certificate
is written; the package is sealed under a fresh passphrase; ``release.delivered`` is put into the
log (docs/formats/release.md, 1).
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Collection
from contextlib import suppress
from pathlib import Path

from sqlalchemy import Connection

from callrec.catalogue.engine import reading
from callrec.crypto import primitives
from callrec.dataclass import dataclass
from callrec.errors import CallrecError, Failed, Unusable
from callrec.login.people import line_managers
from callrec.package.manifest import Manifest
from callrec.package.page import check_size
from callrec.package.whole import fresh_passphrase
from callrec.policy.edits import UNEDITED, edits_by_recording, edits_to_apply
from callrec.policy.handing_over import (
    Channel,
    PackageForm,
    ReleaseInstructions,
    check_can_be_reached,
    check_instructions,
    max_content_bytes,
)
from callrec.policy.hearing import check_may_release
from callrec.policy.purpose import TERMS
from callrec.policy.request import RequestAct
from callrec.policy.rights.withholding import check_nothing_came_in
from callrec.practice import Actor, Practice, attempt, today
from callrec.release.copies import enclose, plan_copies
from callrec.release.packing import (
    Draft,
    Proven,
    call_data_of,
    other_calls,
    search_of,
    withheld_of,
    write_manifest,
    write_package,
)
from callrec.release.preparing import check_is_folder
from callrec.release.record import (
    BegunRelease,
    give_back_cut_off,
    noting_release,
    read_evidence,
    record_delivered,
    record_failed,
    record_prepared,
)
from callrec.requests.approvals import uids_not_told_of
from callrec.requests.grants import usable_grants
from callrec.requests.holding import is_matched, matching_not_asked_for
from callrec.requests.lapse import expire_lapsed
from callrec.requests.model import OpenRequest
from callrec.requests.open import find_visible
from callrec.stamps.asking import Stamped, stamp_if_possible
from callrec.system.files import remove_file
from callrec.system.paths import lies_in
from callrec.system.processes import uninterrupted


@dataclass(frozen=True, slots=True, repr=False)
class Released:
    """A package, and what opens it. Its repr shows nothing."""

    path: Path
    form: PackageForm
    package_by: Channel | None
    sha256: str
    """Of the file, in hex: it can be read out together with the passphrase."""
    passphrase: str
    """Shown once, kept nowhere."""
    manifest: Manifest
    audit_seq: int
    """The leaf whose proof is in the package."""
    is_first: bool
    """Whether no package was released under the request before."""
    stamped: Stamped
    """By when it was signed, in an authority's word, or why nobody says so."""

    @property
    def reference(self) -> str:
        return self.manifest.request_number


def release_recordings(
    practice: Practice,
    actor: Actor,
    reference: str,
    *,
    to: Path,
    directions: ReleaseInstructions,
    advance: Callable[[int], None] = lambda _: None,
    hold_back: Callable[[], None] = lambda: None,
) -> Released:
    """Write a package of everything that is granted to the actor under a request.

    Args:
        practice: the open vault.
        actor: who releases, with their password given.
        reference: ``R-17``.
        to: a folder outside the vault, or a drive.
        directions: how it goes out.
        advance: called with 1 for each recording that was read, and for each file that was written.
        hold_back: called before the package is put on record as delivered: from there on its
            passphrase has to be shown, or nobody could open it.

    Raises:
        NotFound: there is no such request.
        Unusable: the folder is none, or lies in the vault; an edit or a size cannot be.
        Refused: a rule says no, nothing is granted to the actor, or no longer.
        Locked: it takes the actor's password.
        Tampered: the log, the request, an approval, a grant or a recording is not as it was.
        Failed: the drive or the log cannot be written. What was granted is then still granted.
    """
    check_is_folder(to)
    if lies_in(to, practice.folder):
        raise Unusable("a release does not stay in the vault", hint="name a folder outside it")
    with reading(practice.engine) as connection:
        row = find_visible(practice, actor, connection, reference)
    expire_lapsed(practice, actor)
    give_back_cut_off(practice, actor)
    with attempt(practice, actor, RequestAct.PREPARED, subject=[row.id]):
        draft = _put_together(practice, actor, reference, directions, advance)
    release = draft.manifest.release
    target = to / f"callrec-release-{reference}-{release[:8]}.{directions.form}"
    with noting_release(
        practice, BegunRelease(release, row.id, actor.person.id, str(target.absolute()))
    ):
        return _hand_over(
            practice, actor, draft, target=target, advance=advance, hold_back=hold_back
        )


def _put_together(
    practice: Practice,
    actor: Actor,
    reference: str,
    directions: ReleaseInstructions,
    advance: Callable[[int], None],
) -> Draft:
    with reading(practice.engine) as connection:
        grants = usable_grants(practice, actor, connection, reference)
        request = grants[0].request
        untold = uids_not_told_of(connection)
        elsewhere = _check_whole(practice, connection, request, untold)
    day, now, managers = today(practice), practice.now(), line_managers(practice)
    for grant in grants:
        check_may_release(
            actor.person, grant.request.facts, grant.facts, on=day, now=now, managers=managers
        )
    check_can_be_reached(practice.settings.release.contact)
    check_instructions(directions, request.purpose, request.particulars.further)
    asked = edits_by_recording(directions.edits, [grant.recording.id for grant in grants])
    edits = {
        grant.uid: edits_to_apply(
            grant.request.facts, approved=grant.edits, typed=asked.get(grant.recording.id, UNEDITED)
        )
        for grant in grants
    }
    is_page = directions.form is PackageForm.HTML
    copies = plan_copies(practice, grants, edits, advance, drawn=is_page)
    enclosed = enclose(practice, copies, max_bytes=max_content_bytes(directions))
    if is_page:
        check_size(enclosed.size_bytes)
    withheld = tuple(withheld_of(practice, grants, untold))
    others = other_calls(request, withheld, elsewhere=elsewhere, now=now)
    data = {
        **search_of(practice, grants, withheld, others=others),
        **call_data_of(grants, enclosed),
    }
    manifest = write_manifest(
        practice,
        actor,
        grants,
        enclosed,
        release=primitives.random_id(),
        call_data=data,
        withheld=withheld,
    )
    return Draft(grants, copies, manifest, {**data, **enclosed.contents}, directions, others)


def _check_whole(
    practice: Practice, connection: Connection, request: OpenRequest, untold: Collection[str]
) -> int:
    """Check that nothing more fits a request since it was approved.

    Returns:
        How many other recordings fit it, which another part of the same request asks for, but for
        those of which its recipient must not learn, uids.
    """
    approved = request.approvals[-1].leaf.seq
    if TERMS[request.purpose].is_owed_whole:
        check_nothing_came_in(
            request.facts,
            is_matched=is_matched(connection, request),
            matched=len(matching_not_asked_for(practice, connection, request, since=approved)),
        )
    return len(matching_not_asked_for(practice, connection, request).difference(untold))


def _hand_over(
    practice: Practice,
    actor: Actor,
    draft: Draft,
    *,
    target: Path,
    advance: Callable[[int], None],
    hold_back: Callable[[], None],
) -> Released:
    manifest, passphrase = draft.manifest, fresh_passphrase()
    try:
        with attempt(practice, actor, RequestAct.PREPARED, subject=[manifest.request]):
            prepared = record_prepared(practice, actor, manifest, draft.grants)
        evidence = read_evidence(practice, prepared, draft.grants)
        note, at = evidence.checkpoint.encode(), practice.now()
        timestamp = practice.settings.timestamp
        stamped = stamp_if_possible(timestamp, practice.folder, note, evidence.seq + 1, at)
        sha256 = write_package(
            practice,
            actor,
            draft,
            Proven(evidence, stamped.stamp),
            target=target,
            passphrase=passphrase,
            advance=advance,
        )
        _check_is_there(target, sha256)
        hold_back()
        _deliver(practice, actor, draft, sha256=sha256)
    except BaseException as error:
        why = error.message if isinstance(error, CallrecError) else type(error).__name__
        with uninterrupted():
            with suppress(OSError):  # the next release takes it away
                # Nobody can open it: its passphrase was not shown.
                remove_file(target, missing_ok=True)
            record_failed(practice, actor, manifest.request, manifest.release, why)
        raise
    before = draft.request.history.leaves
    return Released(
        path=target,
        form=draft.directions.form,
        package_by=draft.directions.delivery.package_by,
        sha256=sha256,
        passphrase=passphrase,
        manifest=manifest,
        audit_seq=prepared.seq,
        is_first=all(leaf.act != RequestAct.DELIVERED for leaf in before),
        stamped=stamped,
    )


def _deliver(practice: Practice, actor: Actor, draft: Draft, *, sha256: str) -> None:
    """Put on record that the package is whole and may go."""
    details: dict[str, str | None] = {
        "deliver_by": draft.directions.delivery.package_by,
        "form": draft.directions.form,
        "passphrase_by": draft.directions.delivery.passphrase_by,
        "sha256": sha256,
    }
    if exhibit := draft.exhibit:
        details |= {"exhibit": exhibit.label, "medium_serial": exhibit.medium_serial}
    record_delivered(practice, actor, draft.request, draft.manifest, details)


def _check_is_there(target: Path, sha256: str) -> None:
    try:
        with target.open("rb") as file:
            found = hashlib.file_digest(file, "sha256").hexdigest()
    except OSError:
        found = ""
    if found != sha256:
        raise Failed(
            "the package that lies there is not the one that was written",
            hint="see who else can write there; release to a folder of your own",
        )
