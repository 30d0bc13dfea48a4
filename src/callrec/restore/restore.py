"""Bring back from archive volumes what a vault lacks [policy 4(h)].

On a bare machine its catalogue is rebuilt first (restore/rebuild.py). Then, in this order:

    somebody who governs resumes the log: the heads that are lost are named, and what the volumes
        hold beyond the copy is stated anew
    what is owed on these volumes of an erasure is done
    recordings are fetched, each proved by its name; the next run goes on where one was cut off

Without somebody who governs the log is not resumed, and whatever remembers a lost head says so.
"""

from __future__ import annotations

import shutil
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field
from typing import Any, Final

from sqlalchemy import Row, select

from callrec.archive.catalogue_copies import rebuild_folder
from callrec.archive.erase import erase_owed, owes_erasure
from callrec.archive.fetch import ROWS_PER_QUERY, Fetched, fetch
from callrec.archive.owed import record_completed_destructions
from callrec.catalogue import tables
from callrec.catalogue.destruction import DESTROYED
from callrec.catalogue.engine import reading
from callrec.errors import Failed, NotFound, Tampered, Unusable
from callrec.policy.authority import check_may
from callrec.policy.role import Power
from callrec.practice import Actor, Practice, attempt, check_remembered_head, record, today
from callrec.restore.choose import volumes_perhaps_newer
from callrec.restore.heads import heads_on
from callrec.restore.resume import resume_log
from callrec.volume.volume import Volume

RESTORED: Final = "restore"

_UNKNOWN: Final = "its copy of the catalogue may be newer, and cannot be opened with this password"


@dataclass(frozen=True, slots=True)
class Repaired:
    """What was fetched back, and what is still missing: as in `Restored`."""

    fetched: Fetched
    missing: Mapping[str, int]
    undone: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Restored:
    """What came back, and what did not."""

    size: int
    """Entries of the log that came back."""
    leaves_lost: int
    """At the least."""
    resumed: bool
    """Somebody who governs has said what was lost."""
    fetched: Fetched
    missing: Mapping[str, int] = field(default_factory=dict)
    """How many recordings are still missing, by the label of a volume that has them; under the
    empty label: those that no volume has."""
    erased_since: tuple[int, ...] = ()
    """Numbers of recordings that were erased after the copy was made: they are not fetched, and
    their erasure is to be decided again."""
    erased_and_here: tuple[int, ...] = ()
    """Of the same kind, but fetched already from a volume that does not say so."""
    undone: tuple[tuple[str, str], ...] = ()
    """Labels of volumes on which something was left as it is, and why: they are not as they were
    written, or do not take what is owed there. What they give was fetched all the same."""


def restore_from_volumes(
    practice: Practice,
    actor: Actor,
    volumes: Sequence[Volume],
    *,
    advance: Callable[[int], None],
) -> Restored:
    """Resume the log if need be, and fetch what the vault lacks; may be done again and again.

    Args:
        practice: the open vault.
        actor: with their password given.
        volumes: attached now, of this vault.
        advance: is told how many files of a volume more were looked at.

    Raises:
        Refused: the actor may not restore.
        Unusable: a volume belongs to another vault, or has a newer copy of the catalogue.
        Failed: a disk fails; what was fetched before stays.
    """
    _check_ours(practice, volumes)
    # What a run that was cut off left: the copy that it unpacked, or an empty folder.
    shutil.rmtree(rebuild_folder(practice.folder, practice.vault), ignore_errors=True)
    with attempt(practice, actor, RESTORED):
        check_may(actor.person, Power.ARCHIVE, on=today(practice))
        heads = heads_on(practice, volumes)
        unknown = volumes_perhaps_newer(practice, actor, volumes, heads)
        known = [each for each in heads.said if each[0] not in unknown]
        resumption = resume_log(practice, actor, known)
    owed = _erase_owed(practice, actor, volumes) if resumption.is_stated else ()
    since = _erased_since(practice, volumes)
    fetched = _fetch_all(
        practice, actor, volumes, check=False, advance=advance, without=since.keys()
    )
    here = {row.id for row in since.values() if practice.store.has(row.ciphertext)}
    return Restored(
        size=resumption.size,
        leaves_lost=resumption.leaves_lost,
        resumed=resumption.is_stated,
        fetched=fetched,
        missing=_missing(practice, since.keys()),
        erased_since=tuple(sorted({row.id for row in since.values()} - here)),
        erased_and_here=tuple(sorted(here)),
        undone=(
            *((each.label, _UNKNOWN) for each in unknown),
            *heads.passed_over,
            *resumption.undone,
            *owed,
        ),
    )


def repair_from_volumes(
    practice: Practice,
    actor: Actor,
    volumes: Sequence[Volume],
    *,
    advance: Callable[[int], None],
) -> Repaired:
    """Read what the vault holds, and fetch back what is damaged or missing there.

    Args, raises: as `restore_from_volumes`; the log is not touched but for the record.
    """
    _check_ours(practice, volumes)
    with attempt(practice, actor, RESTORED):
        check_may(actor.person, Power.ARCHIVE, on=today(practice))
    undone = _erase_owed(practice, actor, volumes)
    since = _erased_since(practice, volumes)
    fetched = _fetch_all(
        practice, actor, volumes, check=True, advance=advance, without=since.keys()
    )
    return Repaired(fetched, _missing(practice, since.keys()), undone)


def _erase_owed(
    practice: Practice, actor: Actor, volumes: Sequence[Volume]
) -> tuple[tuple[str, str], ...]:
    """What is owed on these volumes of an erasure comes before anything else.

    A volume that does not let it is returned, with the reason: nothing that was destroyed is
    fetched from it, and what else it has may be all that is left.
    """
    undone = []
    for volume in volumes:
        if not owes_erasure(practice, volume):
            continue
        check_remembered_head(practice)  # what is wrong with the vault itself ends it
        try:
            erase_owed(practice, actor, volume.at, advance=lambda _: None)
        except (Tampered, Failed, NotFound) as problem:
            undone.append((volume.label, f"an erasure is owed there: {problem.message}"))
    record_completed_destructions(practice, actor)
    return tuple(undone)


def _check_ours(practice: Practice, volumes: Sequence[Volume]) -> None:
    for volume in volumes:
        if volume.vault != practice.vault:
            raise Unusable(
                f'volume "{volume.label}" belongs to another vault',
                hint="to bring that one back, name it, or an empty folder, with --vault",
            )


def _fetch_all(
    practice: Practice,
    actor: Actor,
    volumes: Sequence[Volume],
    *,
    check: bool,
    advance: Callable[[int], None],
    without: AbstractSet[str],
) -> Fetched:
    fetched = Fetched()
    subject = [volume.volume for volume in volumes]
    with attempt(practice, actor, RESTORED, subject=subject):
        for volume in volumes:
            fetched.add(fetch(practice, volume, check=check, advance=advance, without=without))
    details = {"bytes": fetched.size_bytes, "recordings": fetched.recordings}
    record(practice, actor, RESTORED, subject=subject, details=details)
    return fetched


def _erased_since(practice: Practice, volumes: Sequence[Volume]) -> Mapping[str, Row[Any]]:
    """The recordings that volumes say were erased, and the catalogue has yet: uid -> row."""
    erased = sorted({uid for _, said, _ in heads_on(practice, volumes).said for uid in said.erased})
    table = tables.recording.c
    found: dict[str, Row[Any]] = {}
    with reading(practice.engine) as connection:
        for start in range(0, len(erased), ROWS_PER_QUERY):
            some = table.uid.in_(erased[start : start + ROWS_PER_QUERY])
            query = select(table.uid, table.id, table.ciphertext)
            rows = connection.execute(query.where(some, table.state != DESTROYED))
            found |= {row.uid: row for row in rows}
    return found


def _missing(practice: Practice, without: AbstractSet[str]) -> Mapping[str, int]:
    """Live recordings without a file, counted by a volume that has one."""
    recording, archived, volume = tables.recording, tables.archived, tables.volume
    query = (
        select(recording.c.uid, recording.c.ciphertext, volume.c.label)
        .outerjoin(archived, archived.c.recording == recording.c.id)
        .outerjoin(volume, volume.c.id == archived.c.volume)
        .where(recording.c.state == "live")
        .order_by(recording.c.ciphertext, volume.c.label)
    )
    labels: dict[str, str] = {}
    with reading(practice.engine) as connection:
        for uid, name, label in connection.execution_options(yield_per=1000).execute(query):
            if uid not in without and name not in labels and not practice.store.has(name):
                labels[name] = label or ""
    return Counter(labels.values())
