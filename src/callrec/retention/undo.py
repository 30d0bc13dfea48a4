"""Take back a batch that came in by mistake, so that its files can be taken in again correctly.

It is a disposal whose rule is the mistake: proposed, approved by the Data Controller and carried
out as any other [policy 4(h)]. Nothing of the batch may have been used. And nothing is lost: each
recording's file has to lie there yet, byte for byte, when it is proposed and when it is destroyed.
"""

from __future__ import annotations

import hashlib
import os
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Final

from sqlalchemy import Connection, Row, select

from callrec.calls.custody import OpenedRecording, Opening, decode_name
from callrec.catalogue import tables
from callrec.catalogue.engine import reading
from callrec.catalogue.holds import all_holds
from callrec.crypto.statement import entries_in, read_statement
from callrec.dataclass import dataclass
from callrec.errors import NotFound, Unusable
from callrec.holds.log import HOLDS
from callrec.intake.reading import open_source, or_quarantined
from callrec.intake.sources import Quarantined, Source, find_sources
from callrec.policy.authority import check_may
from callrec.policy.purpose import Purpose, nameable
from callrec.policy.request import ENDED_STATES, RequestAct
from callrec.policy.retention import (
    DisposalItem,
    RecordingState,
    check_may_review,
    check_nothing_lost,
    check_was_not_used,
    undone_rule,
)
from callrec.policy.role import Power
from callrec.practice import Actor, Practice, attempt, signing, today
from callrec.record.acts import check_whole_log, done_leaves
from callrec.record.statements import carried
from callrec.requests.covering import hold_facts
from callrec.requests.history import REQUESTS, outline_of, read_outlines
from callrec.requests.lapse import attempt_after_expiry
from callrec.requests.model import MAX_REQUEST_RECORDINGS
from callrec.retention.proposing import make_disposal
from callrec.retention.review import appraise_rows

FEWEST_DIGITS: Final = 8
"""Of a batch's id, as it is shown and typed."""


@dataclass(frozen=True, slots=True)
class UndoProposal:
    """What is proposed to be taken back, or would be."""

    reference: str
    """Reference of the request that was made; empty in a preview."""
    batch: str
    """The batch's whole id."""
    recordings: tuple[int, ...]
    """Numbers of the recordings to be taken back."""
    left: int
    """How many more there are: one request names no more."""


def preview_undo(
    practice: Practice, actor: Actor, batch: str, *, sources: Sequence[Path]
) -> UndoProposal:
    """What would be proposed. Raises: as `propose_undo`."""
    with attempt_after_expiry(practice, actor, RequestAct.CREATED):
        check_may_review(actor.person, on=today(practice))
        check_may(actor.person, Power.MAKE_REQUEST, on=today(practice))
        with reading(practice.engine) as connection:
            whole, rows = _to_propose(practice, connection, batch)
            chosen = rows[:MAX_REQUEST_RECORDINGS]
            check_can_be_undone(practice, actor, connection, chosen, sources=sources)
    return UndoProposal("", whole, tuple(row.id for row in chosen), len(rows) - len(chosen))


def propose_undo(
    practice: Practice, actor: Actor, batch: str, *, reason: str, sources: Sequence[Path]
) -> UndoProposal:
    """Make a request for the disposal of what came in with a batch.

    Args:
        practice: the practice.
        actor: who proposes it.
        batch: the beginning of its id.
        reason: why.
        sources: folders where its files lie now, besides where they came from.

    Raises:
        NotFound: no batch has such an id, or nothing of it is left to propose.
        Refused: the actor may not review recordings, one was used, or would be lost.
        Tampered: the log or a recording is not as it was signed or sealed.
    """
    foreseen = preview_undo(practice, actor, batch, sources=sources)
    with attempt(practice, actor, RequestAct.CREATED), signing(practice, actor) as act:
        check_whole_log(practice, act.connection)
        whole, rows = _to_propose(practice, act.connection, foreseen.batch)
        chosen = rows[:MAX_REQUEST_RECORDINGS]
        check_was_not_used(_used(act.connection, chosen))
        rule, on = undone_rule(whole), today(practice)
        of = appraise_rows(practice, act.connection, chosen)
        retained = {
            row.uid: DisposalItem(each.category.name, rule, on)
            for row, each in zip(chosen, of, strict=True)
        }
        reference = make_disposal(
            practice, act, actor, chosen, retained, reason=reason, about=f"{rule}: {len(chosen)}"
        )
    return UndoProposal(reference, whole, tuple(row.id for row in chosen), len(rows) - len(chosen))


def check_can_be_undone(
    practice: Practice,
    actor: Actor,
    connection: Connection,
    rows: Sequence[Row[Any]],
    *,
    sources: Sequence[Path],
) -> None:
    """Check that nobody used these recordings, and that none of them is the only copy of its call.

    Raises:
        Refused: one was used, or would be lost.
    """
    check_was_not_used(_used(connection, rows))
    opened = list(Opening(practice, actor, connection).each_checked(rows))
    by_size: defaultdict[int, list[Source]] = defaultdict(list)
    for found in find_sources(sources):
        if isinstance(found, Source):
            by_size[found.mark.size_bytes].append(found)
    found_for = set[Path]()
    check_nothing_lost([each.id for each in opened if not _lies_there(each, by_size, found_for)])


def _to_propose(
    practice: Practice, connection: Connection, batch: str
) -> tuple[str, Sequence[Row[Any]]]:
    """The batch's whole id, and those of its recordings that are there and not proposed yet."""
    whole, uids = _batch(practice, connection, batch)
    recording, proposed = tables.recording, _proposed(connection)
    query = select(recording).where(recording.c.uid.in_(uids)).order_by(recording.c.id)
    rows = [row for row in connection.execute(query) if row.state != RecordingState.DESTROYED]
    left = [row for row in rows if row.uid not in proposed]
    if not left:
        raise NotFound(
            "nothing of that batch is left to be taken back",
            hint="what it brought is proposed already, was destroyed, or was there before",
        )
    return whole, left


def _batch(practice: Practice, connection: Connection, batch: str) -> tuple[str, frozenset[str]]:
    """The one batch whose id begins so, and the uids of the recordings that came in with it."""
    if len(batch) < FEWEST_DIGITS:
        raise Unusable(f"a batch is named by {FEWEST_DIGITS} digits of its id, or more")
    found = {}
    for row in carried(connection, "batch"):
        fields = read_statement(row.body, row.signature, practice.vault).fields
        if str(fields["batch"]).startswith(batch):
            items = entries_in(fields, "items", "uid", "revision")
            found[str(fields["batch"])] = frozenset(uid for uid, number in items if number == 1)
    if len(found) != 1:
        raise NotFound(
            "several batches have an id that begins so" if found else "there is no such batch",
            hint="callrec show RECORDING names the batch that a recording came in with",
        )
    return found.popitem()


def _proposed(connection: Connection) -> frozenset[str]:
    """Uids that an open request for disposal names."""
    makings = read_outlines(connection)
    rows = (r for r in REQUESTS.every(connection) if r.purpose == Purpose.DISPOSAL)
    waiting = [row for row in rows if row.state not in ENDED_STATES]
    return frozenset(uid for row in waiting for uid in outline_of(makings, row).uids)


def _used(connection: Connection, rows: Sequence[Row[Any]]) -> Mapping[int, str]:
    """By number, what named a recording of these: a request, also one that ended, or a hold."""
    numbers, found = {row.uid: row.id for row in rows}, dict[int, str]()
    for reference, uids in _naming(connection):
        found |= {numbers[uid]: reference for uid in uids if uid in numbers}
    return found


def _naming(connection: Connection) -> Iterator[tuple[str, Sequence[str]]]:
    makings = read_outlines(connection)
    for row in REQUESTS.every(connection):
        if row.purpose != Purpose.DISPOSAL:  # which proposes, and uses nothing
            yield nameable(f"R-{row.number}", row.purpose), outline_of(makings, row).uids
    held = {row.id: hold_facts(row).nameable for row in all_holds(connection)}
    for hold in HOLDS.histories(done_leaves(connection, HOLDS.acts)).values():
        yield held[hold.id], sorted(hold.names)


def _lies_there(
    opened: OpenedRecording, by_size: Mapping[int, Sequence[Source]], found_for: set[Path]
) -> bool:
    """Whether a file has a recording's sound, under a name that it came by or in these folders.

    It is added to those that were ``found_for`` others: of calls that sound the same each has its
    own.
    """
    fields = opened.fields
    paths = [Path(os.fsdecode(decode_name(each["name"]))) for each in fields["provenance"]]
    came_by = (found for found in find_sources(paths) if isinstance(found, Source))
    candidates = (*came_by, *by_size.get(fields["size_bytes"], ()))
    left = (each for each in candidates if each.path not in found_for)
    found = next((each for each in left if _has(each, fields["sha256"])), None)
    if found is not None:
        found_for.add(found.path)
    return found is not None


def _has(source: Source, sha256: str) -> bool:
    def digest() -> str:
        with open_source(source) as opened:
            found = hashlib.file_digest(opened.file, "sha256").hexdigest()
            opened.check_unchanged(opened.file.tell())
            return found

    found = or_quarantined(source, digest)
    return not isinstance(found, Quarantined) and found == sha256
