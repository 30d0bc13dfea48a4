"""What lies on attached volumes beside their bags: who said what was written, at which head."""

from __future__ import annotations

from typing import TYPE_CHECKING

from callrec.errors import NotFound, Tampered
from callrec.procedures.archive_heads import read_head

if TYPE_CHECKING:
    from collections.abc import Sequence

    from callrec.archive.volume import Volume
    from callrec.audit.log import Head
    from callrec.practice import Practice
    from callrec.procedures.archive_heads import Written


def heads_on(
    practice: Practice, volumes: Sequence[Volume]
) -> tuple[tuple[Volume, Written, Head], ...]:
    """What lies on the volumes, by whom it was stated, and at which head of the log.

    A proof that cannot be read, or that nobody entitled made, is passed over here: ``archive
    verify`` names it.
    """
    found = []
    for volume in volumes:
        for name in volume.heads():
            try:
                said, head = read_head(practice, volume.head_of(name))
            except (Tampered, NotFound):
                continue
            if said.volume == volume.volume:
                found.append((volume, said, head))
    return tuple(found)
