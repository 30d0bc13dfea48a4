"""Which drives the newest recovery kit does not open yet (docs/recovery.md, "Another kit").

The copy of the catalogue on a drive is sealed to the kit that there was when it was written, and to
the approvers of then. A kit that came after opens it only once the drive is written to again.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from callrec.catalogue.destruction import entries_known
from callrec.catalogue.engine import reading
from callrec.catalogue.volumes import IN_USE, each_volume

if TYPE_CHECKING:
    from collections.abc import Iterator

    from callrec.practice import Practice


def former_kit_warnings(practice: Practice) -> Iterator[str]:
    """That the pages of a kit of before are not to be destroyed yet, for each volume in use."""
    kits = practice.register.kits
    if not kits:
        return
    with reading(practice.engine) as connection:
        known = entries_known(connection)
        for volume in each_volume(connection):
            if volume.standing == IN_USE and known[volume.id] <= kits[-1].seq:
                yield (
                    f'the copy of the catalogue on "{volume.label}" opens with a recovery kit of'
                    " before, not with the newest: callrec backup --to DIR, and keep the old pages"
                    " till then"
                )
