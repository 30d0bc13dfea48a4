"""Let the sources of a batch go, once it is catalogued: a leaf says so first, then file by file.

Each goes only after its sealed copy was read back (``intake_after``); what cannot go stays, and is
told with its reason.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any, TypeAlias

from callrec.calls.custody import Opening
from callrec.catalogue.engine import reading
from callrec.errors import CallrecError, Locked, NotFound, Tampered, Unusable
from callrec.intake.clearing import SealedCopy, check_copy, clear_sidecars, clear_source
from callrec.practice import record

if TYPE_CHECKING:
    from concurrent.futures import Executor
    from pathlib import Path

    from sqlalchemy import Row

    from callrec.intake.clearing import AfterIntake
    from callrec.intake.known import Portion
    from callrec.intake.sealing import Seen
    from callrec.practice import Actor, Practice

Problem: TypeAlias = CallrecError | OSError


def clear_portion(
    practice: Practice, actor: Actor, after: AfterIntake, portion: Portion, pool: Executor
) -> list[tuple[Path, Problem]]:
    """Delete or move the sources of a portion.

    Args:
        practice: the vault; what is new of the portion is catalogued.
        actor: who takes in; where he holds the recordings key, older copies are opened too.
        after: not keep.
        portion: of sources.
        pool: does several at a time.

    Returns:
        What was left where it is, and why.
    """
    copies = _new_copies(portion)
    if not copies and not portion.held:
        return []
    uids = sorted({copy.uid for _, copy in copies} | {row.uid for _, row in portion.held})
    details = {"after": after.kind, "recordings": uids}
    record(practice, actor, "ingest.cleared", details=details)
    copies += _held_copies(practice, actor, portion)
    # A source may have been named twice.
    once = {seen.source.path: (seen, copy) for seen, copy in copies}.values()
    problems = list(pool.map(partial(_clear, practice, after), once))
    left = [(s.source.path, p) for (s, _), p in zip(once, problems, strict=True) if p is not None]
    gone = [seen for (seen, _), p in zip(once, problems, strict=True) if p is None]
    return left + clear_sidecars(after, gone, _told_by_sidecars(portion))


def why_left(problem: Problem) -> str:
    """Why a source was left, in a few words."""
    match problem:
        case Unusable():
            return problem.message
        case CallrecError():
            return "its copy in the vault is not there or not whole, so it was left where it is"
        case OSError():
            return f"it was taken in and left: {(problem.strerror or 'no reason told').lower()}"


def _new_copies(portion: Portion) -> list[tuple[Seen, SealedCopy]]:
    return [
        (seen, SealedCopy(same[0].uid, same[0].sealed.sha256_ciphertext, same[0].data_key))
        for same in portion.new.values()
        for seen in same
    ]


def _held_copies(
    practice: Practice, actor: Actor, portion: Portion
) -> list[tuple[Seen, SealedCopy]]:
    with reading(practice.engine) as connection:
        opening = Opening(practice, actor, connection)
        return [
            (seen, SealedCopy(row.uid, row.ciphertext, _data_key(opening, row)))
            for seen, row in portion.held
        ]


def _data_key(opening: Opening, row: Row[Any]) -> bytes | None:
    if row.data_key is None:
        return None  # erased: no file is there to be opened
    try:
        return opening.data_key(row)
    except Locked:
        return None


def _clear(
    practice: Practice, after: AfterIntake, source: tuple[Seen, SealedCopy]
) -> Problem | None:
    seen, copy = source
    try:
        check_copy(practice.store, practice.vault, copy, seen.sha256)
        clear_source(after, seen)
    except (NotFound, Tampered, Unusable, OSError) as problem:
        return problem
    return None


def _told_by_sidecars(portion: Portion) -> frozenset[Path]:
    """Sources of which all that they, and their sidecars, say is in the vault."""
    return frozenset(
        taken.source.path
        for same in portion.new.values()
        for taken in same
        if taken is same[0] or taken.call == same[0].call
    )
