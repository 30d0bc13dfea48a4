"""What the log says of a release, and what one that was cut off left behind.

    release.prepared     a package is being made; the grants are out of use
    release.delivered    it is whole and may go; they are destroyed
    release.failed       it was not made; they are back

A second copy is a second approval (grant.md, 5). A run that is stopped after ``prepared`` without a
further leaf leaves the grants out of use till `give_back_cut_off` has cleared up after it: while a
release is made, a note of it lies in the releaser's own state folder, locked by the run that makes
it, so a note that nobody locks is of a run that was killed, or that failed when its drive was
pulled out. Its package, if there is one, opens for nobody: its passphrase was shown to nobody and
is kept nowhere. The package is taken away, and the grants of a run that was killed come back into
use by an entry of the releaser's own.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, BinaryIO, Final

from sqlalchemy import Connection

from callrec.audit.evidence import CommittingLeaf, Evidence, evidence_of
from callrec.audit.leaf import DETAIL_NONCE_BYTES
from callrec.catalogue.engine import reading
from callrec.catalogue.requests import GRANTED, PREPARED, destroy_grants, set_grants_state
from callrec.crypto import primitives
from callrec.dataclass import dataclass
from callrec.errors import CallrecError, Failed, Refused
from callrec.mail.outbox import notify
from callrec.package.manifest import Manifest
from callrec.package.whole import leftovers_of
from callrec.policy.clause import Clause
from callrec.policy.request import CHANGING_ACTS, RequestAct
from callrec.practice import Actor, Practice, signing, writing
from callrec.record.cosigned import with_cosigned
from callrec.release.signed import read_signed
from callrec.requests.approvals import releases_in_preparation
from callrec.requests.grants import UsableGrant
from callrec.requests.history import log_request_event, log_with_words, read_history
from callrec.requests.model import History, OpenRequest
from callrec.requests.open import read_unchanged
from callrec.requests.restrictions import check_unrestricted
from callrec.system.files import (
    has_name,
    lock,
    open_or_create,
    open_to_read,
    remove_file,
    sync,
    sync_descriptor,
)
from callrec.system.rights import make_private_folder

CUT_OFF: Final = "the run was cut off"
"""Why such a release failed, as the log says it."""

_TAKING_BACK: Final = frozenset({*CHANGING_ACTS, RequestAct.REVOKED})


def record_prepared(
    practice: Practice, actor: Actor, manifest: Manifest, grants: Sequence[UsableGrant]
) -> CommittingLeaf:
    """Write, durably, what is about to be handed over, and take the grants out of use."""
    nonce = primitives.random_bytes(DETAIL_NONCE_BYTES)
    details = {"manifest": primitives.sha256(manifest.to_bytes()).hex()}
    with signing(practice, actor) as act:
        given = {grant.uid: grant.recording.id for grant in grants}
        check_unrestricted(practice, act.connection, grants[0].request.purpose, given)
        after = log_request_event(
            act,
            actor,
            read_unchanged(practice, act.connection, grants[0].request),
            RequestAct.PREPARED,
            subject=_subject(manifest),
            details=details,
            nonce=nonce,
        )
        set_grants_state(act.connection, manifest.request, actor.person.id, PREPARED)
    return CommittingLeaf(after.leaves[-1].seq, nonce, details)


def read_evidence(
    practice: Practice, prepared: CommittingLeaf, grants: Sequence[UsableGrant]
) -> Evidence:
    """The proof of a release's leaf, and who signed what of its recordings, by which right."""
    with reading(practice.engine) as connection:
        signed = read_signed(connection, grants)
        evidence = evidence_of(
            connection,
            practice.register,
            prepared,
            carrying=signed.carrying,
            recordings=signed.recordings,
        )
        return with_cosigned(practice, connection, evidence)


def record_delivered(
    practice: Practice,
    actor: Actor,
    request: OpenRequest,
    manifest: Manifest,
    words: Mapping[str, Any],
) -> None:
    """Write, durably, that the package is whole and may go, and destroy the grants."""
    with writing(practice, actor.signer) as act:
        history = read_history(practice, act.connection, manifest.request)
        if not _is_under_way(history, manifest.release):
            raise Refused(
                "this release was taken for one that was cut off",
                clause=Clause.CONTROLLED_ACCESS,
                hint="run the same command again, once",
            )
        begun = next(leaf for leaf in history.leaves if manifest.release in leaf.subject)
        meanwhile = history.after(begun)
        if any(leaf.act in _TAKING_BACK for leaf in meanwhile):
            raise Refused(
                "what was granted was taken back while the release was made",
                clause=Clause.CONTROLLED_ACCESS,
                hint=f"see by what: callrec request show {manifest.request_number}",
            )
        approved = (leaf for leaf in meanwhile if leaf.act == RequestAct.APPROVED)
        if any(actor.person.id in leaf.subject for leaf in approved):
            raise Refused(
                "it was approved anew while the release was made, edited otherwise perhaps",
                clause=Clause.CONTROLLED_ACCESS,
                hint="run the same command again",
            )
        subject = _subject(manifest)
        log_with_words(
            act, actor, request, RequestAct.DELIVERED, words, history=history, subject=subject
        )
        destroy_grants(act.connection, history.request, history.requester, to=actor.person.id)
        about, requester, by = manifest.request_number, history.requester, actor.person.id
        notify(practice, act.connection, about, "was released", to=requester, by=by)


def record_failed(practice: Practice, actor: Actor, request: str, release: str, why: str) -> None:
    """Write, durably, that nothing was handed over, and put the grants back into use.

    What the log calls ended stays so: something failed when that was durable already.
    """
    with writing(practice, actor.signer) as act:
        history = read_history(practice, act.connection, request)
        if not _is_under_way(history, release):
            return
        after = log_request_event(
            act, actor, history, RequestAct.FAILED, subject=[release], details={"why": why}
        )
        # Approved again meanwhile, they may be in another release by now.
        if not releases_in_preparation(after.leaves, actor.person.id):
            set_grants_state(act.connection, request, actor.person.id, GRANTED)


def is_under_way(practice: Practice, connection: Connection, request: str, release: str) -> bool:
    """Whether a release was begun, and the log does not say how it ended."""
    return _is_under_way(read_history(practice, connection, request), release)


def _is_under_way(history: History, release: str) -> bool:
    acts = {leaf.act for leaf in history.leaves if release in leaf.subject}
    return RequestAct.PREPARED in acts and not acts & {RequestAct.DELIVERED, RequestAct.FAILED}


def _subject(manifest: Manifest) -> list[str]:
    """The release and its recordings, each once."""
    return [manifest.release, *dict.fromkeys(file.uid for file in manifest.files)]


@dataclass(frozen=True, slots=True)
class BegunRelease:
    """A release that was begun, as its note says."""

    release: str
    """Its id."""
    request: str
    """The request's id."""
    releaser: str
    """Id of the person."""
    target: str
    """Where its package was to be."""

    @property
    def left(self) -> tuple[Path, ...]:
        """The files of it that are there: whole under its name, or unfinished."""
        target = Path(self.target)
        return (*([target] if target.is_file() else []), *leftovers_of(target))

    @property
    def is_cleared(self) -> bool:
        """Whether nothing of it is left; not where its drive is gone, which may come back."""
        return Path(self.target).parent.is_dir() and not self.left


@contextmanager
def noting_release(practice: Practice, begun: BegunRelease) -> Iterator[None]:
    """Keep a note while a release is made; it goes once the log says how the release ended.

    Where the log cannot be asked, the package not be taken away or the note not be removed, the
    next release sees to it.
    """
    note, file = _write(practice, begun)
    with file:
        try:
            yield
        except BaseException:
            with suppress(CallrecError, OSError):
                if begun.is_cleared and not _is_open(practice, begun):
                    remove_file(note)
            raise
        with suppress(OSError):  # this release's passphrase is shown all the same
            remove_file(note)


def cut_off_releases(practice: Practice) -> tuple[BegunRelease, ...]:
    """This operator's releases that began and that nothing ended, while none is running."""
    return tuple(
        begun for begun in _unlocked(practice) if begun.request and _is_open(practice, begun)
    )


def give_back_cut_off(practice: Practice, actor: Actor) -> None:
    """Clear away what the actor's own runs left, and put what was granted back into use."""
    for begun in cut_off_releases(practice):
        if begun.releaser == actor.person.id:
            _take_away(begun)
            record_failed(practice, actor, begun.request, begun.release, CUT_OFF)
    under_way = {begun.release for begun in cut_off_releases(practice)}
    for begun in _unlocked(practice):
        if begun.release in under_way:
            continue
        if begun.request and _has_failed(practice, begun):
            _take_away(begun)
            if not begun.is_cleared:
                continue
        remove_file(_folder(practice) / begun.release, missing_ok=True)


def _take_away(begun: BegunRelease) -> None:
    try:
        for path in begun.left:
            remove_file(path, missing_ok=True)
    except OSError as error:
        raise Failed(
            f"what a release that failed has left cannot be taken away: {error.strerror}",
            hint=f'see to "{Path(begun.target).parent}", then run the same command again',
        ) from error


def _has_failed(practice: Practice, begun: BegunRelease) -> bool:
    with reading(practice.engine) as connection:
        leaves = read_history(practice, connection, begun.request).leaves
    return any(leaf.act == RequestAct.FAILED and begun.release in leaf.subject for leaf in leaves)


def _is_open(practice: Practice, begun: BegunRelease) -> bool:
    """Whether the log, as it is now that nobody has the note, says that it was begun, no more."""
    with reading(practice.engine) as connection:
        return is_under_way(practice, connection, begun.request, begun.release)


def _write(practice: Practice, begun: BegunRelease) -> tuple[Path, BinaryIO]:
    folder = _folder(practice)
    note = folder / begun.release
    try:
        make_private_folder(folder, parents=True, exist_ok=True)
        file = _locked(note)
        file.write(json.dumps([begun.request, begun.releaser, begun.target]).encode())
        file.flush()
        sync_descriptor(file.fileno())
        sync(folder, folder.parent)  # without its name a power cut leaves no note
    except OSError as error:
        raise Failed(
            f"no note can be kept of the release: {error.strerror}",
            hint=f'make room for, or give yourself, "{folder}"',
        ) from error
    return note, file


def _locked(note: Path) -> BinaryIO:
    """A new note, locked. Another run may find it before, and clear it away: it is made again."""
    while True:
        file = os.fdopen(open_or_create(note), "r+b")
        lock(file.fileno())
        if has_name(file.fileno(), note):
            return file
        file.close()


def _unlocked(practice: Practice) -> Iterator[BegunRelease]:
    """The notes that nobody has, each locked until the next is asked for."""
    folder = _folder(practice)
    for note in sorted(folder.iterdir()) if folder.is_dir() else ():
        with suppress(FileNotFoundError, BlockingIOError), open_to_read(note) as file:
            lock(file.fileno(), waits=False)
            if has_name(file.fileno(), note):
                yield _read(note.name, file.read())


def _read(release: str, data: bytes) -> BegunRelease:
    try:
        request, releaser, target = json.loads(data)
    except (ValueError, TypeError, RecursionError):
        # Killed while it was written, before anything else was done.
        return BegunRelease(release, "", "", "")
    return BegunRelease(release, request, releaser, target)


def _folder(practice: Practice) -> Path:
    return practice.state_folder / "releases"
