"""Disposal and erasure: what is foreseen, then carried out [policy 4(h), 4(i); UK GDPR 17].

A request for disposal is made from the retention schedule: it carries, sealed, the category, the
rule and the due date of each recording, so that what is approved is what is destroyed. Nothing is
destroyed without an approval. What is exempt from an erasure under Article 17(3) was withheld in
the approval, with a code for each: it stays, and the certificate lists it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from datetime import date
from heapq import nsmallest
from itertools import count
from operator import attrgetter
from pathlib import Path
from typing import Any, Final

from sqlalchemy import Connection, Row, select

from callrec.archive.copy import VaultCheck
from callrec.audit.log import LogTransaction
from callrec.catalogue import tables
from callrec.catalogue.engine import reading
from callrec.dataclass import dataclass, replace
from callrec.errors import Unusable
from callrec.policy.authority import check_may
from callrec.policy.hearing import check_identity_proven
from callrec.policy.purpose import Purpose
from callrec.policy.request import RequestAct
from callrec.policy.retention import (
    ROUTINE,
    Appraised,
    DisposalItem,
    DueGroup,
    appraise,
    check_may_review,
    check_still_due,
)
from callrec.policy.role import Power
from callrec.policy.words import in_words
from callrec.practice import Actor, Practice, attempt, signing, today
from callrec.record.acts import check_whole_log
from callrec.requests.approvals import end_reason
from callrec.requests.decide import read_to_decide
from callrec.requests.history import read_history
from callrec.requests.holding import check_holds
from callrec.requests.lapse import attempt_after_expiry, attempt_on
from callrec.requests.model import MAX_REQUEST_RECORDINGS, OpenRequest
from callrec.requests.open import find_visible, read_request
from callrec.retention.categories import check_rows_of_categories
from callrec.retention.destroy import (
    ARTICLE_17,
    Destruction,
    DestructionItem,
    check_destruction,
    destroy_granted,
    finish_destruction,
)
from callrec.retention.people import erase_subject, requests_about
from callrec.retention.proposing import make_disposal
from callrec.retention.review import appraise_due, appraise_rows
from callrec.retention.undo import check_can_be_undone
from callrec.subjects.log import read_subject_if_there

REASON: Final = "The time for which these recordings are kept is over"


@dataclass(frozen=True, slots=True)
class DisposalProposal:
    """What is proposed for disposal, or would be."""

    reference: str
    """Of the request; empty where none was made: nothing is due, or this is a preview."""
    recordings: tuple[int, ...]
    """Their numbers, those that have been due longest first."""
    due: tuple[DueGroup, ...]
    """The same by category and month of the calls."""
    left: int
    """How many more are due that nothing stops: one request names no more."""


def preview_disposal(practice: Practice, actor: Actor) -> DisposalProposal:
    """What would be proposed. Raises: as `propose_disposal`."""
    with attempt_after_expiry(practice, actor, RequestAct.CREATED):
        check_may_review(actor.person, on=today(practice))
        check_may(actor.person, Power.MAKE_REQUEST, on=today(practice))
        with reading(practice.engine) as connection:
            return _proposed(practice, "", *_free(practice, actor, connection))


def propose_disposal(practice: Practice, actor: Actor) -> DisposalProposal:
    """Make a request for disposal of what is due and stopped by nothing.

    Raises:
        Refused: the actor may not review recordings, or not make requests.
        Misconfigured: a recording is of a category that the settings do not name.
        Tampered: the log, a row of a hold or of a category, or a recording is not as it was signed
            or sealed.
    """
    foreseen = preview_disposal(practice, actor)
    if not foreseen.recordings:
        return foreseen
    with attempt(practice, actor, RequestAct.CREATED), signing(practice, actor) as act:
        check_whole_log(practice, act.connection)
        check_holds(practice, act.connection)
        check_rows_of_categories(practice, act.connection)
        chosen, left = _free(practice, actor, act.connection)
        # Another person may have just proposed it.
        reference = _make(practice, act, actor, chosen) if chosen else ""
        return _proposed(practice, reference, chosen, left)


def carry_out(
    practice: Practice,
    actor: Actor,
    reference: str,
    preview: Callable[[Practice, Actor, str], Sequence[DestructionItem]],
    *,
    volumes: Sequence[Path],
    check: VaultCheck,
    advance: Callable[[int], None],
) -> Destruction:
    """Destroy what an approved request grants, or go on with what is owed of it.

    Raises: as ``preview``, of an erasure or a disposal, and as `destroy_granted`.
    """
    if not is_carried_out(practice, actor, reference):
        destroy_granted(practice, actor, reference, preview(practice, actor, reference))
    done = finish_destruction(
        practice, actor, reference, volumes=volumes, check=check, advance=advance
    )
    return _with_person(practice, actor, reference, done, volumes=volumes, check=check)


def _with_person(
    practice: Practice,
    actor: Actor,
    reference: str,
    done: Destruction,
    *,
    volumes: Sequence[Path],
    check: VaultCheck,
) -> Destruction:
    """Erase from the register the person whom an erasure is about, once nothing needs them."""
    with reading(practice.engine) as connection:
        request = read_request(practice, actor, connection, reference)
        person, has_more = request.particulars.person, len(done.destroyed) < len(request.body.uids)
        if request.purpose is not Purpose.ERASURE or not person:
            return done
        if read_subject_if_there(practice, actor, connection, person) is None:
            return replace(done, person=person)
        is_needed = has_more or any(requests_about(practice, actor, connection, person))
    if is_needed:
        return replace(done, needed_person=person)
    erased = erase_subject(practice, actor, person, volumes=volumes, check=check)
    return replace(done, person=person, undone=tuple(dict.fromkeys((*done.undone, *erased.undone))))


def preview_destruction(
    practice: Practice, actor: Actor, reference: str, *, sources: Sequence[Path] = ()
) -> tuple[DestructionItem, ...]:
    """What would be destroyed, before it is confirmed: as it was proposed and approved.

    Args:
        practice: the practice.
        actor: who would destroy it.
        reference: of the request.
        sources: folders where the files lie now of what came in by mistake.

    Raises:
        NotFound: there is no such request.
        Unusable: it is for something else.
        Refused: the actor does not decide its purpose, or a recording is to be kept longer by now;
            or it came in by mistake, and was used since or would be lost.
        Misconfigured: a recording is of a category that the settings do not name.
        Tampered: the request, or a row of a category, is not as it was made.
    """
    with (
        attempt_on(practice, actor, RequestAct.CARRIED_OUT, reference),
        reading(practice.engine) as connection,
    ):
        command = "retention dispose"
        request = read_to_decide(practice, actor, connection, reference, command=command)
        _check_purpose(request, Purpose.DISPOSAL)
        check_rows_of_categories(practice, connection)
        rows = _granted(practice, request)
        kept = [(row, request.body.retained[row.uid]) for row in rows]
        undone = [row for row, each in kept if each.is_undone]
        check_can_be_undone(practice, actor, connection, undone, sources=sources)
        due = [row for row, each in kept if not each.is_undone]
        check_still_due([*appraise_rows(practice, connection, due)], on=today(practice))
        items = tuple(
            DestructionItem(row.id, each.category, each.rule, each.due_on) for row, each in kept
        )
        check_destruction(practice, actor, connection, request, items)
    return items


def preview_erasure(
    practice: Practice, actor: Actor, reference: str
) -> tuple[DestructionItem, ...]:
    """What would be erased, before it is confirmed. Raises: as `preview_destruction`."""
    with (
        attempt_on(practice, actor, RequestAct.CARRIED_OUT, reference),
        reading(practice.engine) as connection,
    ):
        request = read_to_decide(practice, actor, connection, reference, command="erase")
        _check_purpose(request, Purpose.ERASURE)
        check_identity_proven(request.facts)
        granted = _granted(practice, request)
        items = tuple(DestructionItem(row.id, ROUTINE, ARTICLE_17, None) for row in granted)
        check_destruction(practice, actor, connection, request, items)
    return items


def is_carried_out(practice: Practice, actor: Actor, reference: str) -> bool:
    """Whether the log says that it was; what is owed of it may still be to do."""
    with reading(practice.engine) as connection:
        row = find_visible(practice, actor, connection, reference)
        leaves = read_history(practice, connection, row.id).leaves
    return any(leaf.act == RequestAct.CARRIED_OUT for leaf in leaves)


def _granted(practice: Practice, request: OpenRequest) -> Sequence[Row[Any]]:
    """The recordings of a request that an approval which stands grants."""
    granted = {
        uid
        for approval in request.approvals
        if not end_reason(approval, request.history, practice.now())
        for uid in approval.items
    }
    return [row for row in request.recordings if row.uid in granted]


def _check_purpose(request: OpenRequest, purpose: Purpose) -> None:
    """An erasure and a disposal are carried out each by its own rules."""
    if request.purpose is not purpose:
        raise Unusable(
            f"{request.reference} is for {in_words(request.purpose)}, not for {in_words(purpose)}",
            hint="callrec request list shows what each is for",
        )


def _free(
    practice: Practice, actor: Actor, connection: Connection
) -> tuple[Sequence[Appraised], int]:
    """What has been due longest and is stopped by nothing; and how much more of that there is."""
    due, counted = appraise_due(practice, actor, connection), count()
    # In this order: where nothing is left, nothing is counted.
    free = (each for each, _ in zip((a for a in due if not a.stopped_by), counted, strict=False))
    chosen = nsmallest(MAX_REQUEST_RECORDINGS, free, key=attrgetter("due_on"))
    return chosen, next(counted) - len(chosen)


def _proposed(
    practice: Practice, reference: str, chosen: Sequence[Appraised], left: int
) -> DisposalProposal:
    return DisposalProposal(
        reference=reference,
        recordings=tuple(each.recording for each in chosen),
        due=appraise(chosen, (), on=today(practice))[1],
        left=left,
    )


def _make(
    practice: Practice, act: LogTransaction, actor: Actor, chosen: Sequence[Appraised]
) -> str:
    """Make the request; returns its reference."""
    recording, by_number = tables.recording, {each.recording: each for each in chosen}
    query = select(recording).where(recording.c.id.in_(by_number))
    found = {row.id: row for row in act.connection.execute(query)}
    rows = [found[number] for number in by_number]
    counts = Counter(each.category.rule for each in chosen)
    about = "; ".join(f"{rule}: {count}" for rule, count in sorted(counts.items()))
    retained = {row.uid: _retained(by_number[row.id]) for row in rows}
    return make_disposal(practice, act, actor, rows, retained, reason=REASON, about=about)


def _retained(each: Appraised) -> DisposalItem:
    due: date | None = each.due_on
    assert due is not None  # noqa: S101 - it is due
    return DisposalItem(each.category.name, each.category.rule, due)
