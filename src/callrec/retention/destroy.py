"""Destroy what an approved request grants to be destroyed [policy 4(h), 4(i); UK GDPR 17].

An approval by the Data Controller is the authority; the person who carries it out signs what was
destroyed. In this order:

    one transaction: the ``destruction`` statement with its leaf, and with it every key, sealed
        metadata, token, grant and sealed detail of these recordings goes; a stub stays
    their files, and former ones that a killed re-encryption left
    the catalogue's own file, rewritten, and copies of it that migrations or killed runs left
    the bags of the volumes that are attached (archive/erase.py)

From the first on nothing opens these recordings but what a volume's copy of the catalogue still
holds. What is not done by then is owed: the same command again, or whatever touches a volume next,
goes on with it. Each step may be done twice.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from datetime import date
from pathlib import Path
from typing import Any, Final

from sqlalchemy import Connection, Row

from callrec.archive.copy import VaultCheck, drop_kept_copies, drop_unpacked
from callrec.archive.erase import erase_owed_on
from callrec.archive.owed import DESTRUCTION_CLEARED, bucket_keeps, certificate_columns, kept_days
from callrec.archive.unfinished import COPY_FOLDER, WORK_FOLDER, owed_by_label
from callrec.audit.erased import KIND, read_destruction
from callrec.audit.log import LogTransaction
from callrec.calls.custody import OpenedRecording, Opening, replaced_files
from callrec.catalogue import destruction, tables
from callrec.catalogue.engine import reading, rewrite_database, update_row
from callrec.catalogue.requests import destroy_grants, find_request
from callrec.catalogue.tables import from_millis, to_millis
from callrec.crypto import primitives
from callrec.crypto.canonical import format_instant
from callrec.dataclass import dataclass, field
from callrec.errors import Locked, Misconfigured, Tampered, Unchecked
from callrec.intake.known import DuplicateMacs
from callrec.notes.log import erase_notes, notes_on
from callrec.policy.hearing import APPROVAL_ENDED_BY, check_identity_proven, no_longer_granted
from callrec.policy.purpose import nameable
from callrec.policy.request import ASKING_NOTHING, RequestAct, has_lapsed
from callrec.policy.retention import check_destroys, check_granted, check_nobody_waits, is_undone
from callrec.practice import Actor, Practice, attempt, check_files_here, signing, writing
from callrec.record.acts import check_whole_catalogue, next_number
from callrec.record.entitled import powers_then
from callrec.record.statements import sign_statement_as
from callrec.requests.approvals import check_signers_entitled, end_reason
from callrec.requests.decide import read_to_decide
from callrec.requests.history import REQUESTS, log_request_event, outline_of, read_outlines
from callrec.requests.holding import check_may_be_destroyed, check_none_missed
from callrec.requests.lapse import attempt_on
from callrec.requests.model import Approval, OpenRequest
from callrec.retention.erased import Recipient, leaves_with_details_of, recipients_of
from callrec.store.directory import is_name
from callrec.subjects.log import read_subject_if_there
from callrec.system.files import remove_folder
from callrec.volume.volume import open_volume

ARTICLE_17: Final = "Article 17"
"""The rule of what is erased because its data subject asks for it."""


@dataclass(frozen=True, slots=True)
class DestructionItem:
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
    person: str = ""
    """``S-3``: who was erased from the register with it."""
    needed_person: str = ""
    """The same of one who was not, as another open request is about them, or something is kept."""

    @property
    def is_done(self) -> bool:
        return not self.owed


def destroy_granted(
    practice: Practice, actor: Actor, reference: str, to_destroy: Sequence[DestructionItem]
) -> None:
    """Write down that what an approved request grants is destroyed; from then on nothing opens it.

    `finish_destruction` does the rest.

    Raises:
        Misconfigured: the bucket keeps what is removed for longer than the certificate would say.
    """
    if actor.identity is None:
        raise Locked("what is destroyed is signed for, and that takes the password")
    with suppress(Unchecked):  # by a store that says nothing of it, nothing is contradicted
        kept, hint = bucket_keeps(practice)
        if hint:
            raise Misconfigured(kept, hint=hint)
    with (
        attempt_on(practice, actor, RequestAct.CARRIED_OUT, reference),
        signing(practice, actor) as act,
    ):
        check_whole_catalogue(practice, act.connection)
        request = read_to_decide(practice, actor, act.connection, reference)
        check_identity_proven(request.facts)
        warrant = check_destruction(practice, actor, act.connection, request, to_destroy)
        _carry_out(practice, actor, act, warrant)


def finish_destruction(
    practice: Practice,
    actor: Actor,
    reference: str,
    *,
    volumes: Sequence[Path],
    check: VaultCheck,
    advance: Callable[[int], None],
) -> Destruction:
    """Go on with a destruction that is in the log: files, the catalogue's own, volumes."""
    with reading(practice.engine) as connection:
        row = destruction.find_certificate(connection, find_request(connection, reference).id)
    if row.cleared_at is None:
        _clear(practice, actor, row, advance)
    attached = [open_volume(at) for at in volumes]
    undone = erase_owed_on(practice, actor, attached, check=check, advance=advance)
    with (
        attempt(practice, actor, RequestAct.CARRIED_OUT, subject=[row.request]),
        reading(practice.engine) as connection,
    ):
        stubs = destruction.stubs_of(connection, row.id)
        numbers = {stub.uid: stub.id for stub in stubs}
        return Destruction(
            certificate=f"C-{row.number}",
            destroyed=tuple(stub.id for stub in stubs),
            owed=owed_by_label(practice, connection, row.id),
            released_to=recipients_of(practice, actor, connection, numbers),
            undone=tuple(undone),
        )


@dataclass(frozen=True, slots=True, repr=False)
class _Warrant:
    """What may be destroyed, all checks passed. Its repr shows nothing."""

    request: OpenRequest
    recordings: tuple[Row[Any], ...]
    opened: Sequence[OpenedRecording]
    """Those of them whose metadata opens."""
    to_destroy: Mapping[int, DestructionItem]
    approvals: tuple[Approval, ...]
    kept: tuple[tuple[str, str], ...]
    """Uids of what stays, each with the code of its exemption."""


def check_destruction(
    practice: Practice,
    actor: Actor,
    connection: Connection,
    request: OpenRequest,
    to_destroy: Sequence[DestructionItem],
) -> _Warrant:
    """Check all that can stop an approved destruction; raises as `destroy_granted`."""
    check_destroys(request.facts)
    approvals = tuple(_standing(practice, connection, request))
    granted = {uid: item for each in approvals for uid, item in each.items.items()}
    rows = tuple(row for row in request.recordings if row.uid in granted)
    by_number = {each.recording: each for each in to_destroy}
    check_granted(request.facts, by_number, [row.id for row in rows])
    opening = Opening(practice, actor, connection)
    for row in rows:
        name, _ = granted[row.uid]
        if name != row.ciphertext and not opening.is_replaced_file(row, name):
            raise Tampered(f"recording {row.id} is not the one that was approved")
    check_may_be_destroyed(practice, actor, connection, by_number)
    opened = opening.sound_metadata(rows)  # one whose metadata is damaged is destroyed all the same
    check_none_missed(practice, actor, connection, opened)
    check_files_here(practice, rows, "run the same command on the machine that took it in")
    uids, makings = {row.uid for row in rows}, read_outlines(connection)
    others = [row for row in REQUESTS.every(connection) if row.id != request.id]
    waiting = [row for row in others if row.state not in ASKING_NOTHING]
    naming = [row for row in waiting if uids & {*outline_of(makings, row).uids}]
    check_nobody_waits(frozenset(nameable(f"R-{row.number}", row.purpose) for row in naming))
    kept = {uid: code for each in approvals for uid, code in each.withheld if uid not in granted}
    return _Warrant(request, rows, opened, by_number, approvals, tuple(sorted(kept.items())))


def _standing(
    practice: Practice, connection: Connection, request: OpenRequest
) -> Iterable[Approval]:
    """The approvals that stand, each by a person entitled to decide it at the time."""
    for approval in request.approvals:
        if end_reason(approval, request.history, practice.now()):
            continue
        fields = approval.statement.fields
        approved = (fields["version"], fields["digest"], fields["requester"])
        if approved != (request.version_id.version, request.digest, request.requester):
            raise Tampered("the request is not the one that was approved")
        check_signers_entitled(powers_then(practice, connection), approval, request.facts)
        yield approval


def _carry_out(practice: Practice, actor: Actor, act: LogTransaction, warrant: _Warrant) -> None:
    connection, request = act.connection, warrant.request
    opened = warrant.opened
    duplicates = DuplicateMacs.of(practice, actor, marking=False)
    # What came in by mistake may come in again, rightly.
    stays_out = [each for each in opened if not is_undone(warrant.to_destroy[each.id].rule)]
    macs = {mac for each in stays_out for mac in duplicates.sound(each.fields["sha256"])}
    uids = [row.uid for row in warrant.recordings]
    person = request.particulars.person if not warrant.kept else ""
    known = read_subject_if_there(practice, actor, connection, person) if person else None
    details = leaves_with_details_of(practice, actor, connection, uids, opened, person=known)
    certificate = primitives.random_id()
    fields = {
        "approvals": sorted(each.statement.digest for each in warrant.approvals),
        "certificate": certificate,
        "details": details,
        "items": [_item(row, warrant.to_destroy[row.id]) for row in warrant.recordings],
        "kept": [{"code": code, "uid": uid} for uid, code in warrant.kept],
        "number": next_number(connection, tables.certificate.c.request, RequestAct.CARRIED_OUT),
        "request": request.id,
        **({"kept_days": kept} if (kept := kept_days(practice)) else {}),
    }
    statement = sign_statement_as(practice, actor, KIND, fields)
    done = RequestAct.CARRIED_OUT
    after = log_request_event(act, actor, request.history, done, subject=uids, statement=statement)
    # What it took to get so far may have outlasted an approval: its leaf's time is what counts.
    if any(has_lapsed(each.lapses_at, after.events[-1].at) for each in warrant.approvals):
        lapsed = APPROVAL_ENDED_BY[RequestAct.GRANT_LAPSED]
        raise no_longer_granted(lapsed, request.facts.reference)
    now = to_millis(practice.now())
    destruction.strip_recordings(connection, warrant.recordings, macs)
    destruction.drop_details(connection, details)
    erase_notes(act, actor, notes_on(practice, connection, uids))
    destroy_grants(connection, request.id, request.requester)
    columns = certificate_columns(after.leaves[-1].seq, read_destruction(statement))
    connection.execute(tables.certificate.insert().values(**columns, begun_at=now))
    stubs = []
    for row in warrant.recordings:
        item = warrant.to_destroy[row.id]
        due_on = item.due and item.due.isoformat()
        stub = {"category": item.category, "rule": item.rule, "due_on": due_on}
        under = {"recording": row.id, "certificate": certificate, "destroyed_at": now}
        stubs.append({**under, **stub})
    connection.execute(tables.destroyed.insert(), stubs)


def _item(row: Row[Any], to_destroy: DestructionItem) -> Mapping[str, str]:
    """A recording as the statement lists it."""
    return {
        "category": to_destroy.category,
        "ciphertext": row.ciphertext,
        "due": to_destroy.due.isoformat() if to_destroy.due else "",
        "rule": to_destroy.rule,
        "started_at": format_instant(from_millis(row.started_at)),
        "uid": row.uid,
    }


def _clear(
    practice: Practice, actor: Actor, certificate: Row[Any], advance: Callable[[int], None]
) -> None:
    """Remove what lies in the vault and beside it: files, copies of the catalogue, free pages."""
    with reading(practice.engine) as connection:
        stubs = destruction.stubs_of(connection, certificate.id)
        uids = {stub.uid for stub in stubs}
        # What a re-encryption that was killed may have left; no file that is another's by now.
        former = {n for uid, n in replaced_files(connection) if uid in uids and is_name(n)}
        former -= destruction.sealed_among(connection, sorted(former), destroyed=False)
    practice.store.check_open()  # else they would be left where they were moved to
    for stub in stubs:
        practice.store.remove(stub.ciphertext)
        advance(1)
    for name in former:
        practice.store.remove(name)
    clear_catalogue(practice)
    with writing(practice, actor.signer) as act:
        act.leaf(DESTRUCTION_CLEARED, actor=actor.person.id, subject=[certificate.id])
        now = to_millis(practice.now())
        update_row(act.connection, tables.certificate, certificate.id, cleared_at=now)


def clear_catalogue(practice: Practice) -> None:
    """Let nothing be left of deleted rows: copies here go, and the file is rewritten."""
    remove_folder(practice.folder / WORK_FOLDER / COPY_FOLDER, ignore_errors=True)
    drop_unpacked(practice.folder, practice.vault)
    drop_kept_copies(practice.folder)
    rewrite_database(practice.engine, practice.folder)
