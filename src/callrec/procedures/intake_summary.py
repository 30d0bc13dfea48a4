"""Sum up what was taken in, signed: how much, from when to when, what was refused and why.

Whoever brought ten years over from an old system has one entry of the audit log to show for it,
which `callrec audit prove` proves. It holds counts, dates and reasons: no name, number or path.
"""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any, Final

from callrec.crypto.canonical import instant
from callrec.crypto.statement import state
from callrec.practice import writing

if TYPE_CHECKING:
    from callrec.practice import Actor, Practice
    from callrec.procedures.ingest import Ingested

FINISHED: Final = "ingest.finished"
"""The act of the leaf that carries the statement."""
KIND: Final = "intake"
MOST_REASONS: Final = 20
"""Reasons that are counted by themselves; a statement has an end."""
MOST_BATCHES: Final = 50


def sum_up(practice: Practice, actor: Actor, done: Ingested, *, was_cut_short: bool) -> int:
    """Write the summary of a run; returns the sequence of its leaf.

    A run that was killed has none: the batches that it catalogued have their own statements, and
    what the next run finds there it counts as known.

    Args:
        practice: the vault.
        actor: who took in, with the identity that signs.
        done: what was done.
        was_cut_short: an error ended it before all was seen.
    """
    assert actor.identity is not None  # noqa: S101 - the caller asked for the password
    with writing(practice, actor.signer) as act:
        statement = state(
            KIND,
            vault=practice.vault,
            by=actor.person.id,
            at=practice.now(),
            seed=actor.identity.act,
            fields=summary_of(done, was_cut_short=was_cut_short),
        )
        return act.leaf(
            FINISHED,
            actor=actor.person.id,
            subject=done.batches[:MOST_BATCHES],
            statement=statement,
        )


def summary_of(done: Ingested, *, was_cut_short: bool) -> dict[str, Any]:
    """The fields of an ``intake`` statement (docs/formats/recording.md, 6)."""
    first, last = done.began or (None, None)
    return {
        "batches": len(done.batches),
        "bytes": done.size_bytes,
        "complete": not was_cut_short,
        "duplicates": done.duplicates,
        "first": instant(first) if first else None,
        "ignored": done.ignored,
        "joined": done.joined,
        "last": instant(last) if last else None,
        "recordings": done.recordings,
        "refused": _refused(done),
    }


def _refused(done: Ingested) -> list[dict[str, Any]]:
    """Each reason with its count, the commonest first."""
    counted = Counter(each.why for each in done.quarantined)
    most = counted.most_common(MOST_REASONS)
    told = [{"count": count, "why": why} for why, count in most]
    rest = counted.total() - sum(count for _, count in most)
    return [*told, {"count": rest, "why": "other reasons"}] if rest else told
