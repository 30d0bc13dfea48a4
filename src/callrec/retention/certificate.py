"""The certificate of a destruction, from what its stubs and the audit log say; opens nothing."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence

from sqlalchemy import Connection, select

from callrec.archive.heads import VOLUME_STATEMENT
from callrec.archive.log import check_volumes
from callrec.archive.owed import DESTRUCTION_CLEARED, done_leaf, read_destruction_leaf
from callrec.archive.unfinished import owed_by_label
from callrec.audit.erased import DestructionStatement
from callrec.catalogue import destruction, tables
from callrec.catalogue.engine import reading
from callrec.catalogue.recordings import numbers_of
from callrec.catalogue.requests import find_request
from callrec.catalogue.tables import from_millis
from callrec.catalogue.volumes import LOST, each_volume
from callrec.crypto.canonical import parse_instant
from callrec.crypto.statement import read_statement
from callrec.package.destroyed import (
    DestroyedRecording,
    DestructionCertificate,
    KeptRecording,
    Medium,
    SealedCopies,
)
from callrec.policy.purpose import Purpose
from callrec.policy.retention import beyond_reach_until
from callrec.policy.rights.grounds import GROUND_CODES, GROUNDS_FOR, ground_in_words
from callrec.practice import Practice
from callrec.requests.approvals import certified_approvers, read_approvals, role_in_words
from callrec.requests.history import REQUESTS, read_history
from callrec.requests.open import unopened_facts
from callrec.retention.destroy import Destruction
from callrec.retention.erased import Recipient


def certify(practice: Practice, reference: str, done: Destruction) -> DestructionCertificate | None:
    """As `certify_destruction`; None as well where a drive that is attached did not let it."""
    if done.undone:
        return None
    return certify_destruction(practice, reference, released_to=done.released_to)


def certify_destruction(
    practice: Practice, reference: str, *, released_to: Sequence[Recipient]
) -> DestructionCertificate | None:
    """What is certified of what was destroyed under a request; None while something is owed of it.

    Raises:
        NotFound: nothing was destroyed under that request.
        Tampered: the log does not confirm it.
    """
    with reading(practice.engine) as connection:
        request = find_request(connection, reference)
        row = destruction.find_certificate(connection, request.id)
        # A volume that was reported lost, and is found again later, owes then.
        if row.done_at is None or owed_by_label(practice, connection, row.id):
            return None
        check_volumes(practice, connection)
        leaf, stated = read_destruction_leaf(practice, connection, row)
        history = read_history(practice, connection, request.id)
        REQUESTS.check_number(connection, request)
        facts = unopened_facts(request, history)
        approvals = read_approvals(practice, connection, history)
        stubs = destruction.stubs_of(connection, row.id)
        media = tuple(_media(practice, connection, row.id, {stub.uid for stub in stubs}))
        done = done_leaf(practice, connection, row.id)
        # One that was lost then, and is found since, was rewritten later.
        written = [each.written_anew_at for each in media if each.written_anew_at is not None]
        numbers, zone = numbers_of(connection, dict(stated.kept)), practice.settings.time_zone
        standing = [each for each in approvals if each.statement.digest in stated.approvals]
        approved = {seq for each in standing for seq in each.carried_by}
        return DestructionCertificate(
            vault=practice.vault,
            practice=practice.name,
            id=row.id,
            reference=f"C-{row.number}",
            request_id=request.id,
            request=reference,
            purpose=facts.purpose,
            entered_by=role_in_words(practice, facts.requester),
            approvals=tuple(certified_approvers(practice, standing)),
            carried_out_by=role_in_words(practice, leaf.actor, before=leaf.seq),
            begun_at=parse_instant(leaf.at).astimezone(zone),
            done_at=max([parse_instant(done.at), *written]).astimezone(zone),
            recordings=tuple(
                DestroyedRecording(
                    recording=stub.id,
                    uid=stub.uid,
                    started_at=from_millis(stub.started_at).astimezone(zone),
                    category=stub.category,
                    rule=stub.rule,
                    due_on=stub.due_on or None,
                    sha256_sealed=stub.ciphertext,
                )
                for stub in stubs
            ),
            kept=tuple(
                KeptRecording(
                    recording=numbers[uid],
                    uid=uid,
                    code=code,
                    why=exemption_in_words(facts.purpose, code),
                )
                for uid, code in sorted(stated.kept, key=lambda kept: numbers[kept[0]])
            ),
            media=media,
            released=tuple((each.request, each.release) for each in released_to),
            beyond_reach=_beyond_reach(practice, connection, row.id, stated),
            fingerprint=practice.root.hex(),
            audit_seq=row.seq,
            entries=tuple(sorted({leaf.seq, done.seq, *approved})),
        )


def _beyond_reach(
    practice: Practice, connection: Connection, certificate: str, stated: DestructionStatement
) -> SealedCopies | None:
    if not stated.kept_days:
        return None
    cleared = done_leaf(practice, connection, certificate, DESTRUCTION_CLEARED)
    until = beyond_reach_until(parse_instant(cleared.at), stated.kept_days)
    zone = practice.settings.time_zone
    return SealedCopies(frozenset(stated.kept_days), until.astimezone(zone) if until else None)


def exemption_in_words(purpose: Purpose, code: str) -> str:
    """Why something that was asked for is not destroyed, with its source."""
    ground = GROUND_CODES[code]
    basis, words = GROUNDS_FOR[purpose].get(ground), ground_in_words(ground, purpose)
    return f"{words} [{basis.source.cited}]" if basis else words


def kept_under(practice: Practice, reference: str) -> Mapping[int, str]:
    """What was asked for and not destroyed, and why: codes. Raises: as `certify_destruction`."""
    with reading(practice.engine) as connection:
        row = destruction.find_certificate(connection, find_request(connection, reference).id)
        _, stated = read_destruction_leaf(practice, connection, row)
        numbers = numbers_of(connection, dict(stated.kept))
        return dict(sorted((numbers[uid], code) for uid, code in stated.kept))


def _media(
    practice: Practice, connection: Connection, certificate: str, uids: set[str]
) -> Iterator[Medium]:
    """The volumes that were rewritten without it, and those that are lost with it."""
    volumes = {row.id: row for row in each_volume(connection)}
    statement = tables.statement.c
    query = select(statement.body, statement.signature).where(statement.kind == VOLUME_STATEMENT)
    erased: defaultdict[str, set[str]] = defaultdict(set)
    last: defaultdict[str, str] = defaultdict(str)
    for body, signature in connection.execute(query):
        fields = read_statement(body, signature, practice.vault).fields
        here = uids & {*fields.get("erased", ())}
        if here:  # one of several of a run, perhaps, or stated again after a restore
            erased[fields["volume"]] |= here
            last[fields["volume"]] = max(fields["at"], last[fields["volume"]])
    for each, found in erased.items():
        yield Medium(
            volume=volumes[each].label,
            serial=volumes[each].serial or None,
            recordings=len(found),
            written_anew_at=parse_instant(last[each]).astimezone(practice.settings.time_zone),
        )
    serials = {row.label: row.serial or None for row in volumes.values()}
    lost = destruction.still_to_erase_by_label(connection, certificate, standing=LOST)
    for label, count in lost.items():
        yield Medium(volume=label, serial=serials[label], recordings=count, written_anew_at=None)
