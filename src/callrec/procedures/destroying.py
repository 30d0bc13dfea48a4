"""Destroy what an approved request grants to be destroyed [policy 4(h), 4(i); UK GDPR 17].

An approval by the Data Controller is the authority; whoever carries it out signs what was
destroyed. In this order:

    one transaction: the ``destruction`` statement with its leaf, and with it every key, sealed
        metadata, token, grant and sealed detail of these recordings goes; a stub stays
    their files, and former ones that a killed re-encryption left
    the catalogue's own file, written anew, and copies of it that migrations or killed runs left
    the bags of the volumes that are attached (`erasing_volumes`)

From the first on nothing opens these recordings but what a volume's copy of the catalogue still
holds. What is not done by then is owed: the same command again, or whatever touches a volume next,
goes on with it. Each step may be done twice.
"""

from __future__ import annotations

import shutil
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, Final

from callrec.archive.marker import open_volume
from callrec.audit.erased import KIND, read_destruction
from callrec.catalogue import destruction, tables
from callrec.catalogue.engine import reading, write_anew
from callrec.catalogue.requests import all_requests, destroy_grants, find_request
from callrec.crypto import primitives
from callrec.crypto.canonical import instant
from callrec.errors import Failed, Locked, NotFound, Tampered
from callrec.policy.destroying import (
    check_destroys,
    check_granted,
    check_is_there,
    check_nobody_waits,
)
from callrec.policy.lapse import has_lapsed
from callrec.policy.request import ENDED, RequestAct
from callrec.practice import attempt, check_remembered_head, signing, writing
from callrec.procedures.approvals import ENDS, check_decided, how_it_ended, no_longer_granted
from callrec.procedures.archive_unfinished import COPY, FOLDER, owed_by_label
from callrec.procedures.custody import Opening, from_millis, to_millis
from callrec.procedures.deciding import read_to_decide
from callrec.procedures.destruction_done import settle
from callrec.procedures.destruction_log import certificate_columns
from callrec.procedures.erased_details import details_about
from callrec.procedures.erasing_volumes import erase_owed
from callrec.procedures.hold_reach import check_may_be_destroyed
from callrec.procedures.intake_known import Duplicates
from callrec.procedures.lapsing import attempt_on
from callrec.procedures.migrate import drop_kept_copies
from callrec.procedures.recipients import Recipient, recipients_of
from callrec.procedures.reencrypting import replaced_files
from callrec.procedures.request_log import log_request_event, making_of, read_makings
from callrec.procedures.unpacked import drop_unpacked
from callrec.record.acts import check_log, next_number
from callrec.record.entitled import powers_then
from callrec.record.statements import signed
from callrec.store.layout import is_name

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
    from datetime import date, datetime
    from pathlib import Path

    from sqlalchemy import Connection, Row

    from callrec.archive.volume import Volume
    from callrec.audit.log import Writing
    from callrec.crypto.statement import Statement
    from callrec.practice import Actor, Practice
    from callrec.procedures.approvals import Approval
    from callrec.procedures.custody import OpenedRecording
    from callrec.procedures.open_request import OpenRequest

ARTICLE_17: Final = "Article 17"
"""The rule of what is erased because its data subject asks for it."""


@dataclass(frozen=True, slots=True)
class Doomed:
    """A recording that is to be destroyed, and under which rule of the retention schedule."""

    recording: int
    """Its number."""
    category: str
    rule: str
    """``routine, 3 years``; ``Article 17`` for an erasure."""
    due: date | None
    """When its retention ended; None: an erasure."""


@dataclass(frozen=True, slots=True)
class Destruction:
    """What was destroyed, and what is owed yet."""

    certificate: str
    """``C-1``."""
    destroyed: tuple[int, ...]
    """Numbers of the recordings."""
    owed: Mapping[str, int] = field(default_factory=dict)
    """How many of them each volume holds yet, by its label."""
    released_to: tuple[Recipient, ...] = ()
    """Who received a release of one of them [UK GDPR 19]."""
    undone: tuple[tuple[str, str], ...] = ()
    """Labels of volumes that were attached and did not let it be erased there, each with why."""

    @property
    def is_done(self) -> bool:
        return not self.owed


def destroy(
    practice: Practice,
    actor: Actor,
    reference: str,
    doomed: Sequence[Doomed],
    *,
    volumes: Sequence[Path],
    advance: Callable[[int], None],
) -> Destruction:
    """Destroy what an approved request (of purpose erasure or disposal) grants to be destroyed.

    Args:
        practice: the open vault.
        actor: who carries it out: somebody who decides such requests, with his password given.
        reference: ``R-17``.
        doomed: exactly the recordings that were approved.
        volumes: folders of archive volumes that are attached; what others hold is owed.
        advance: is told how many recordings more are gone, here and on each volume.

    Raises:
        NotFound: there is no such request, or a folder is no volume.
        Refused: it is not approved for this, or a hold, another open request or a restriction
            covers one of the recordings; nothing was destroyed.
        Locked: it takes the actor's password, or a key that he has not.
        Tampered: the log, the request or an approval is not as it was signed; nothing was
            destroyed. Or what the vault says of volumes is not what its log says.
        Failed: the vault's disk fails; what is left is done by the next run.
    """
    if actor.identity is None:
        raise Locked("what is destroyed is signed for, and that takes the password")
    with (
        attempt_on(practice, actor, RequestAct.CARRIED_OUT, reference),
        signing(practice, actor) as act,
    ):
        check_log(practice, act.connection)
        request = read_to_decide(practice, actor, act.connection, reference)
        warrant = _warrant(practice, actor, act.connection, request, doomed)
        _carry_out(practice, actor, act, warrant)
    return finish(practice, actor, reference, volumes=volumes, advance=advance)


def finish(
    practice: Practice,
    actor: Actor,
    reference: str,
    *,
    volumes: Sequence[Path],
    advance: Callable[[int], None],
) -> Destruction:
    """Go on with a destruction that is in the log: files, the catalogue's own, volumes.

    A volume that is not as it was written, or fails, still owes, and keeps no other from letting
    it be erased.

    Args, raises: as `destroy`, which ends in this.
    """
    with reading(practice.engine) as connection:
        row = destruction.find_certificate(connection, find_request(connection, reference).id)
    if row.cleared_at is None:
        _clear(practice, row, advance)
    undone = _erase_from(practice, actor, [open_volume(at) for at in volumes], advance)
    settle(practice, actor)
    with attempt(practice, actor, RequestAct.CARRIED_OUT, subject=[row.request]):
        return replace(read_outcome(practice, actor, reference), undone=undone)


def _erase_from(
    practice: Practice,
    actor: Actor,
    volumes: Sequence[Volume],
    advance: Callable[[int], None],
) -> tuple[tuple[str, str], ...]:
    """Erase from each volume what is owed there; those that did not let it, each with why."""
    undone = []
    for volume in volumes:
        check_remembered_head(practice)  # what is wrong with the vault itself ends it
        try:
            erase_owed(practice, actor, volume.at, advance=advance)
        except (Tampered, Failed, NotFound) as problem:
            undone.append((volume.label, problem.message))
    return tuple(undone)


def read_outcome(practice: Practice, actor: Actor, reference: str) -> Destruction:
    """How far a destruction has come.

    Raises:
        NotFound: nothing was destroyed under that request.
        Tampered: what was said of a release is not what the log commits to.
    """
    with reading(practice.engine) as connection:
        row = destruction.find_certificate(connection, find_request(connection, reference).id)
        stubs = destruction.stubs_of(connection, row.id)
        return Destruction(
            certificate=f"C-{row.number}",
            destroyed=tuple(stub.id for stub in stubs),
            owed=owed_by_label(practice, connection, row.id),
            released_to=recipients_of(practice, actor, connection, {s.uid: s.id for s in stubs}),
        )


@dataclass(frozen=True, slots=True, repr=False)
class _Warrant:
    """What may be destroyed, all checks passed. Its repr shows nothing."""

    request: OpenRequest
    recordings: tuple[Row[Any], ...]
    doomed: Mapping[int, Doomed]
    approvals: tuple[Approval, ...]
    kept: tuple[tuple[str, str], ...]
    """Uids of what stays, each with the code of its exemption."""


@dataclass(frozen=True, slots=True)
class _Said:
    """What its statement says of a destruction besides what the warrant does."""

    certificate: str
    number: int
    details: tuple[int, ...]


def _warrant(
    practice: Practice,
    actor: Actor,
    connection: Connection,
    request: OpenRequest,
    doomed: Sequence[Doomed],
) -> _Warrant:
    check_destroys(request.facts)
    approvals = tuple(_standing(practice, connection, request))
    granted = {uid: item for each in approvals for uid, item in each.items.items()}
    rows = tuple(row for row in request.recordings if row.uid in granted)
    by_number = {each.recording: each for each in doomed}
    check_granted(request.facts, by_number, [row.id for row in rows])
    opening = Opening(practice, actor, connection)
    for row in rows:
        name, _ = granted[row.uid]
        if name != row.ciphertext and not opening.was_once(row, name):
            raise Tampered(f"recording {row.id} is not the one that was approved")
        check_is_there(row.id, row.state)
    check_may_be_destroyed(practice, actor, connection, by_number)
    check_nobody_waits(_waiting(connection, request.id, {row.uid for row in rows}))
    kept = {uid: code for each in approvals for uid, code in each.withheld if uid not in granted}
    return _Warrant(request, rows, by_number, approvals, tuple(sorted(kept.items())))


def _standing(
    practice: Practice, connection: Connection, request: OpenRequest
) -> Iterable[Approval]:
    """The approvals that stand, each by somebody who might decide it when he did."""
    for approval in request.approvals:
        if how_it_ended(approval, request.history, practice.now()):
            continue
        fields = approval.statement.fields
        approved = (fields["version"], fields["digest"], fields["requester"])
        if approved != (request.which.version, request.digest, request.requester):
            raise Tampered("the request is not the one that was approved")
        check_decided(powers_then(practice, connection), approval, request.facts)
        yield approval


def _waiting(connection: Connection, request: str, uids: set[str]) -> frozenset[str]:
    """References of other open requests that ask for one of the recordings."""
    makings = read_makings(connection)
    return frozenset(
        f"R-{row.number}"
        for row in all_requests(connection)
        if row.id != request and row.state not in ENDED and uids & {*making_of(makings, row).uids}
    )


def _carry_out(practice: Practice, actor: Actor, act: Writing, warrant: _Warrant) -> None:
    connection, request = act.connection, warrant.request
    opened = _opened(practice, actor, connection, warrant.recordings)
    duplicates = Duplicates.of(practice, actor, marking=False)
    macs = {mac for each in opened for mac in duplicates.sound(each.fields["sha256"])}
    uids = [row.uid for row in warrant.recordings]
    details = details_about(practice, actor, connection, uids, opened)
    certificate = primitives.fresh_id()
    number = next_number(connection, tables.certificate.c.request, RequestAct.CARRIED_OUT)
    said = _Said(certificate, number, tuple(details))
    statement = _state(practice, actor, warrant, said)
    after = log_request_event(
        act, actor, request.history, RequestAct.CARRIED_OUT, subject=uids, statement=statement
    )
    _check_not_over(warrant, after.events[-1].at)
    now = to_millis(practice.now())
    destruction.strip(connection, warrant.recordings, macs)
    destruction.drop_details(connection, details)
    destroy_grants(connection, request.id, request.requester)
    destruction.insert_certificate(
        connection,
        **certificate_columns(after.leaves[-1].seq, read_destruction(statement)),
        begun_at=now,
    )
    destruction.insert_stubs(
        connection,
        [_stub(row, warrant.doomed[row.id], certificate, now) for row in warrant.recordings],
    )


def _check_not_over(warrant: _Warrant, at: datetime) -> None:
    """What it took to get so far may have outlasted an approval: its leaf's time is what counts.

    Raises:
        Refused: one was over when the leaf was written; nothing was destroyed.
    """
    if any(has_lapsed(each.lapses_at, at) for each in warrant.approvals):
        raise no_longer_granted(ENDS[RequestAct.GRANT_LAPSED], warrant.request.facts.reference)


def _opened(
    practice: Practice, actor: Actor, connection: Connection, rows: Sequence[Row[Any]]
) -> Sequence[OpenedRecording]:
    """What is known of them; one whose metadata is damaged is destroyed all the same."""
    opening, opened = Opening(practice, actor, connection), []
    for row in rows:
        try:
            opened.append(opening.metadata(row))
        except Tampered:
            continue
    return opened


def _stub(row: Row[Any], doomed: Doomed, certificate: str, now: int) -> Mapping[str, object]:
    return {
        "recording": row.id,
        "certificate": certificate,
        "category": doomed.category,
        "rule": doomed.rule,
        "due_on": doomed.due and doomed.due.isoformat(),
        "destroyed_at": now,
    }


def _state(
    practice: Practice,
    actor: Actor,
    warrant: _Warrant,
    said: _Said,
) -> Statement:
    if actor.identity is None:
        raise Locked("what is destroyed is signed for, and that takes the password")
    items = [
        {
            "category": doomed.category,
            "ciphertext": row.ciphertext,
            "due": doomed.due.isoformat() if doomed.due else "",
            "rule": doomed.rule,
            "started_at": instant(from_millis(row.started_at)),
            "uid": row.uid,
        }
        for row in warrant.recordings
        for doomed in (warrant.doomed[row.id],)
    ]
    return signed(
        practice,
        actor,
        KIND,
        {
            "approvals": sorted(each.statement.digest for each in warrant.approvals),
            "certificate": said.certificate,
            "details": list(said.details),
            "items": items,
            "kept": [{"code": code, "uid": uid} for uid, code in warrant.kept],
            "number": said.number,
            "request": warrant.request.id,
        },
    )


def _clear(practice: Practice, certificate: Row[Any], advance: Callable[[int], None]) -> None:
    """Remove what lies in the vault and beside it: files, copies of the catalogue, free pages."""
    with reading(practice.engine) as connection:
        stubs = destruction.stubs_of(connection, certificate.id)
        former = _former_files(connection, {stub.uid for stub in stubs})
    for stub in stubs:
        practice.store.remove(stub.ciphertext)
        advance(1)
    for name in former:
        practice.store.remove(name)
    shutil.rmtree(practice.folder / FOLDER / COPY, ignore_errors=True)
    drop_unpacked(practice.folder, practice.vault)
    drop_kept_copies(practice.folder)
    write_anew(practice.engine, practice.folder)
    with writing(practice, None) as act:
        now = to_millis(practice.now())
        destruction.update_certificate(act.connection, certificate.id, cleared_at=now)


def _former_files(connection: Connection, uids: Collection[str]) -> set[str]:
    """What a re-encryption that was killed may have left; no file that is another's by now."""
    names = {name for uid, name in replaced_files(connection) if uid in uids and is_name(name)}
    return names - destruction.not_destroyed(connection, sorted(names))
