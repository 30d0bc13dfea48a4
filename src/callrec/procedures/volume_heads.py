"""What lies on attached volumes beside their bags: who said what was written, at which head."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from callrec.catalogue.engine import reading
from callrec.errors import NotFound, Tampered
from callrec.procedures.archive_heads import known_heads, read_head

if TYPE_CHECKING:
    from collections.abc import Sequence

    from callrec.archive.volume import Volume
    from callrec.audit.log import Head
    from callrec.practice import Practice
    from callrec.procedures.archive_heads import KnownHeads, Written


@dataclass(frozen=True, slots=True)
class Heads:
    """What the proofs on volumes say."""

    said: tuple[tuple[Volume, Written, Head], ...]
    """What was written, as somebody entitled stated it, and at which head of the log."""
    passed_over: tuple[tuple[str, str], ...]
    """Labels of volumes on which a proof counts for nothing, and why: it cannot be read, or nobody
    made it who might."""


def heads_on(practice: Practice, volumes: Sequence[Volume]) -> Heads:
    """What lies on the volumes, by whom it was stated, and at which head of the log."""
    said, passed_over = [], []
    with reading(practice.engine) as connection:
        known = known_heads(practice, connection)
        for volume in volumes:
            for name in volume.heads():
                try:
                    said.append((volume, *_said_by(practice, volume, name, known)))
                except (Tampered, NotFound) as problem:
                    why = f"its proof {name} counts for nothing: {problem.message}"
                    passed_over.append((volume.label, why))
    return Heads(tuple(said), tuple(passed_over))


def _said_by(
    practice: Practice, volume: Volume, name: str, known: KnownHeads
) -> tuple[Written, Head]:
    written, head = read_head(practice, volume.head_of(name), known)
    if written.volume != volume.volume:
        raise Tampered("it is of another volume")
    return written, head
