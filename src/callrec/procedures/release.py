"""Hand over what was granted, as a package that proves itself [policy 4(a), 4(e)-(g)].

Who releases is who was granted it. In this order, since each step holds the hash of the one before:
every recording is read and checked, the manifest written, ``release.prepared`` put into the log,
its proof taken, the package sealed under a fresh passphrase, ``release.delivered`` put into the log
(docs/formats/release.md, 1).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from callrec.catalogue.engine import reading
from callrec.catalogue.requests import find_request
from callrec.crypto import primitives
from callrec.errors import CallrecError, Unusable
from callrec.policy.handing_over import Form, check_parted
from callrec.policy.hearing import check_may_release
from callrec.policy.request import RequestAct
from callrec.practice import attempt, today
from callrec.procedures.granted import usable_grants
from callrec.procedures.lapsing import sweep_lapsed
from callrec.procedures.release_contents import contents_of, write_manifest
from callrec.procedures.release_record import (
    read_evidence,
    record_delivered,
    record_failed,
    record_prepared,
)
from callrec.release.manifest import Role
from callrec.release.package import assemble
from callrec.release.passphrase import fresh_passphrase
from callrec.release.zipped import write_zip

if TYPE_CHECKING:
    from pathlib import Path

    from callrec.policy.handing_over import Delivery
    from callrec.practice import Actor, Practice
    from callrec.procedures.granted import UsableGrant
    from callrec.procedures.release_record import Evidence
    from callrec.release.manifest import Manifest, ReleasedFile
    from callrec.release.package import Member

_NOBODY_SAID = "whoever sent you this"
"""Whom to ask where the practice has set no ``release.contact``."""


@dataclass(frozen=True, slots=True, repr=False)
class Released:
    """A package, and what opens it. Its repr shows nothing."""

    reference: str
    path: Path
    form: Form
    passphrase: str
    """Shown once, kept nowhere."""
    manifest: Manifest
    seq: int
    """The leaf whose proof is in the package."""

    @property
    def originals(self) -> tuple[ReleasedFile, ...]:
        return tuple(file for file in self.manifest.files if file.role is Role.ORIGINAL)


def release_recordings(
    practice: Practice, actor: Actor, reference: str, *, to: Path, delivery: Delivery
) -> Released:
    """Write a package of everything that is granted to the actor under a request.

    Args:
        practice: the open vault.
        actor: who releases, with his password given.
        reference: ``R-17``.
        to: a folder outside the vault, or a drive.
        delivery: how package and passphrase will reach the recipient.

    Raises:
        NotFound: there is no such request.
        Unusable: the folder is none, or lies in the vault.
        Refused: a rule says no, nothing is granted to the actor, or no longer.
        Locked: it takes the actor's password.
        Tampered: the log, the request, an approval, a grant or a recording is not as it was.
        Failed: the drive or the log cannot be written. What was granted is then still granted.
    """
    _check_folder(practice, to)
    with reading(practice.engine) as connection:
        row = find_request(connection, reference)
    sweep_lapsed(practice, actor)
    with attempt(practice, actor, RequestAct.PREPARED, subject=[row.id]):
        check_parted(delivery)
        grants = _releasable(practice, actor, reference)
        manifest = write_manifest(practice, actor, primitives.fresh_id(), grants)
        prepared = record_prepared(practice, actor, manifest, grants)
    path = to / f"callrec-release-{reference}-{manifest.release[:8]}.zip"
    release = Released(reference, path, Form.ZIP, fresh_passphrase(), manifest, prepared.seq)
    try:
        evidence = read_evidence(practice, actor, prepared)
        write_zip(_members(practice, actor, manifest, evidence, grants), path, release.passphrase)
        _hand_over(practice, actor, release, delivery)
    except BaseException as error:
        why = error.message if isinstance(error, CallrecError) else type(error).__name__
        record_failed(practice, actor, manifest, why)
        raise
    return release


def _check_folder(practice: Practice, to: Path) -> None:
    if not _is_folder(to):
        raise Unusable("there is no such folder to release to", hint="make it, or name another")
    if to.resolve().is_relative_to(practice.folder.resolve()):
        raise Unusable("a release does not stay in the vault", hint="name a folder outside it")


def _is_folder(to: Path) -> bool:
    try:
        return to.is_dir()
    except OSError:  # on the way there is something that we may not look into
        return False


def _releasable(practice: Practice, actor: Actor, reference: str) -> tuple[UsableGrant, ...]:
    with reading(practice.engine) as connection:
        grants = usable_grants(practice, actor, connection, reference)
    day, now = today(practice), practice.now()
    for grant in grants:
        check_may_release(actor.person, grant.request.facts, grant.facts, on=day, now=now)
    return grants


def _members(
    practice: Practice,
    actor: Actor,
    manifest: Manifest,
    evidence: Evidence,
    grants: tuple[UsableGrant, ...],
) -> tuple[Member, ...]:
    assert actor.identity is not None  # noqa: S101 - usable_grants saw to that
    return assemble(
        manifest,
        contents_of(practice, manifest, grants),
        seed=actor.identity.act,
        proof=evidence.proof,
        signers=evidence.signers,
        root=practice.root.hex(),
        contact=practice.config.release.contact or _NOBODY_SAID,
    )


def _hand_over(practice: Practice, actor: Actor, release: Released, delivery: Delivery) -> None:
    try:
        record_delivered(practice, actor, release.manifest, delivery)
    except BaseException:
        release.path.unlink()  # nobody can open it: its passphrase was not shown
        raise
