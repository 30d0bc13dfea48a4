"""A volume that is attached may know more than the vault (docs/formats/archive.md, 7).

Where drives are attached one after another, the vault may have been rebuilt from the older one. To
state anew what lies on the newer one would make its own copy of the catalogue contradict its own
heads: it could not be restored any more, and with it would go what no other copy knows. So nothing
is resumed while such a copy lies there. It may have been stated by somebody who came after all that
the vault knows: the copy tells, and not who signed for it.
"""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

from callrec.archive.catalogue_copies import rebuild_folder
from callrec.audit.log import stored_head
from callrec.catalogue.engine import FILE_NAME, connect, reading
from callrec.errors import Failed, NotFound, Tampered, Unusable
from callrec.restore.copy import Opener, hashes_of, read_copy, unpack
from callrec.restore.resume import is_beyond_log, seq_of_run
from callrec.restore.served_copy import last_restored_copy
from callrec.store.layout import disk_errors

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from callrec.archive.heads import WrittenRun
    from callrec.audit.log import Head
    from callrec.practice import Actor, Practice
    from callrec.restore.heads import VolumeHeads
    from callrec.volume.volume import CatalogueCopy, Volume


def volumes_perhaps_newer(
    practice: Practice, actor: Actor, volumes: Sequence[Volume], heads: VolumeHeads
) -> tuple[Volume, ...]:
    """Those with a copy of the catalogue that may be newer, and does not open to the actor.

    Args:
        practice: the open vault.
        actor: who restores, with his password given.
        volumes: that are attached.
        heads: what lies on them.

    Raises:
        Unusable: a volume's copy is newer.
        Failed: there is no room beside the vault.
    """
    unknown = []
    for volume in volumes:
        try:
            copies = tuple(_not_known(practice, volume, heads))
        except Failed:  # the drive does not give them
            unknown.append(volume)
            continue
        for copy in copies:
            is_newer = _is_newer(practice, actor, volume, copy)
            if is_newer:
                raise Unusable(
                    f'volume "{volume.label}" has a newer copy of the catalogue than this vault',
                    hint=f"move all that is called {FILE_NAME} out of the vault's folder and "
                    "restore from that volume first; or take the copy off the volume, and it is "
                    "given up",
                )
            if is_newer is None and volume not in unknown:
                unknown.append(volume)
    return tuple(unknown)


def _not_known(practice: Practice, volume: Volume, heads: VolumeHeads) -> Iterator[CatalogueCopy]:
    """The whole copies that somebody states there, and of which the vault's log does not tell.

    Whether he might is not asked. A copy that nobody states can serve nobody (7).
    """
    known: list[WrittenRun] = []
    doubtful = [said for at, said in heads.claimed if at == volume]
    for at, said, head in heads.said:
        if at == volume:
            (known if _is_known(practice, volume, said, head) else doubtful).append(said)
    for copy in volume.copies():
        if any(said.time == copy.time for said in doubtful):
            there = hashes_of(copy)
            is_stated = _names(doubtful, copy, there) and not _names(known, copy, there)
            if is_stated and not _has_served(practice, there):
                yield copy


def _has_served(practice: Practice, there: tuple[str, str]) -> bool:
    """Whether the vault was rebuilt from it, so that all of its log is known."""
    served = last_restored_copy(practice.state_folder)
    return (
        served is not None
        and (served.sealed, served.keys) == there
        and not is_beyond_log(practice, served.head)
    )


def _is_known(practice: Practice, volume: Volume, said: WrittenRun, head: Head) -> bool:
    """Whether the log tells of a run, or the run says that its copy knows no more than the log."""
    return (
        not is_beyond_log(practice, head)
        or seq_of_run(practice, volume, said) is not None
        or not is_beyond_log(practice, said.head)
    )


def _names(runs: Sequence[WrittenRun], copy: CatalogueCopy, there: tuple[str, str]) -> bool:
    return any((said.time, said.catalogue, said.keys) == (copy.time, *there) for said in runs)


def _is_newer(practice: Practice, actor: Actor, volume: Volume, copy: CatalogueCopy) -> bool | None:
    """Whether its log has what the vault's has not; None: it does not open to the actor.

    The statement alone does not tell: people may have worked on while the copy was being written.
    """
    if actor.identity is None:
        return None
    beside = rebuild_folder(practice.folder, practice.vault)
    shutil.rmtree(beside, ignore_errors=True)
    try:
        found = read_copy(volume, copy)
    except (NotFound, Tampered, Unusable, Failed):
        return None
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
    return is_beyond_log(practice, head)
