"""A volume that is attached may know more than the vault (docs/formats/archive.md, 7).

Where drives are attached one after another, the vault may have been rebuilt from the older one. To
state anew what lies on the newer one would make its own copy of the catalogue contradict its own
heads: it could not be restored any more, and with it would go what no other copy knows. So nothing
is resumed while such a copy lies there.
"""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

from callrec.audit.log import stored_head
from callrec.catalogue.engine import FILE_NAME, connect, reading
from callrec.errors import NotFound, Tampered, Unusable
from callrec.procedures.restore_copy import Opener, check_stated, find_copy, unpack
from callrec.procedures.resuming import is_beyond, seq_of
from callrec.procedures.unpacked import place_of_rebuilding
from callrec.store.disk import disk_errors

if TYPE_CHECKING:
    from collections.abc import Sequence

    from callrec.archive.volume import Volume
    from callrec.audit.log import Head
    from callrec.practice import Actor, Practice
    from callrec.procedures.archive_heads import Written
    from callrec.procedures.restore_copy import FoundCopy


def volumes_not_known(
    practice: Practice, actor: Actor, heads: Sequence[tuple[Volume, Written, Head]]
) -> tuple[Volume, ...]:
    """Those whose copy of the catalogue may be newer than the vault, and does not open to him.

    Args:
        practice: the open vault.
        actor: who restores, with his password given.
        heads: what lies on the volumes, by whom it was stated, and at which head.

    Raises:
        Unusable: a volume's copy is newer.
        Failed: there is no room beside the vault, or a drive fails.
    """
    unknown = []
    for volume, said, head in heads:
        found = _unknown_copy(practice, volume, said, head)
        if found is None:
            continue
        is_newer = _is_newer(practice, actor, found)
        if is_newer:
            raise Unusable(
                f'volume "{volume.label}" has a newer copy of the catalogue than this vault',
                hint=f"move all that is called {FILE_NAME} out of the vault's folder and restore "
                "from that volume first; or take the copy off the volume, and it is given up",
            )
        if is_newer is None:
            unknown.append(volume)
    return tuple(unknown)


def _unknown_copy(
    practice: Practice, volume: Volume, said: Written, head: Head
) -> FoundCopy | None:
    """The copy that a run made, if the vault's log does not tell of it and it lies there whole."""
    is_known = not is_beyond(practice, head) or seq_of(practice, volume, said) is not None
    if is_known or not is_beyond(practice, said.head):
        return None
    try:
        found = find_copy(volume)
        if found.copy.time != said.time:
            return None
        check_stated(found, catalogue=said.catalogue, keys=said.keys)
    except (NotFound, Tampered):
        return None
    return found


def _is_newer(practice: Practice, actor: Actor, found: FoundCopy) -> bool | None:
    """Whether its log has what the vault's has not; None: it does not open to the actor.

    The statement alone does not tell: people may have worked on while the copy was being written.
    """
    if actor.identity is None:
        return None
    beside = place_of_rebuilding(practice.folder, practice.vault)
    shutil.rmtree(beside, ignore_errors=True)
    try:
        with disk_errors():
            beside.mkdir(mode=0o700)
        unpack(found, Opener(actor.person.id, actor.identity, None), beside / FILE_NAME)
        engine = connect(beside / FILE_NAME, mode="rw")
        try:
            with reading(engine) as connection:
                head = stored_head(connection)
        finally:
            engine.dispose()
    except (NotFound, Tampered):
        return None
    finally:
        shutil.rmtree(beside, ignore_errors=True)
    return is_beyond(practice, head)
