"""Bring back from archive volumes what a vault lacks [policy 4(h)].

On a bare machine its catalogue is rebuilt first (restore/rebuild.py). Then, in this order:

    a person who governs resumes the log: the heads that are lost are named, and what the volumes
        hold beyond the copy is stated again
    what is owed on these volumes of an erasure is done
    recordings are fetched, each proved by its name; the next run goes on where one was cut off

Without one who governs the log is not resumed, and whatever remembers a lost head says so.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Mapping, Sequence
from collections.abc import Set as AbstractSet
from typing import Any, Final

from sqlalchemy import Row, Select, select

from callrec.archive.copy import VaultCheck, rebuild_folder
from callrec.archive.erase import erase_owed_on, owes_erasure
from callrec.archive.fetch import Fetched, fetch_all
from callrec.archive.heads import check_may_archive
from callrec.catalogue import tables
from callrec.catalogue.backup import NOT_IN_COPIES
from callrec.catalogue.engine import batches, reading
from callrec.catalogue.written import give_up_missing_rows
from callrec.dataclass import dataclass
from callrec.errors import Unusable
from callrec.login.together import joined_if_by_two, record_second
from callrec.policy.retention import RecordingState
from callrec.practice import Actor, Practice, attempt, record, writing
from callrec.restore.choose import volumes_perhaps_newer
from callrec.restore.resume import copy_of_this_vault, heads_on, resume_log
from callrec.system.files import remove_folder
from callrec.volume.volume import Volume

RESTORED: Final = "restore"
WITHOUT_GRANTS: Final = "restore.without-grants"
_UNKNOWN: Final = "its copy of the catalogue may be newer, and cannot be opened with this password"


@dataclass(frozen=True, slots=True, kw_only=True)
class Repaired:
    """What was fetched back, and what is still missing."""

    fetched: Fetched
    missing: Mapping[str, int]
    """How many recordings are still missing, by the label of a volume that has them; under the
    empty label: those that no volume has."""
    undone: tuple[tuple[str, str], ...]
    """Labels of volumes on which something was left as it is, and why: they are not as they were
    written, or do not take what is owed there. What they give was fetched all the same."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Restored(Repaired):
    """What came back, and what did not."""

    size: int
    """Entries of the log that came back."""
    leaves_lost: int
    """At the least."""
    copied_at: str
    """When the copy was made that the vault came back from: ``20260807T101500Z``, if known."""
    resumed: bool
    """A person who governs has stated what was lost."""
    erased_since: tuple[int, ...]
    """Numbers of recordings that were erased after the copy was made: they are not fetched, and
    their erasure is to be decided again."""
    erased_and_here: tuple[int, ...]
    """Of the same kind, but fetched already from a volume that does not say so."""


def restore_from_volumes(
    practice: Practice,
    actor: Actor,
    volumes: Sequence[Volume],
    *,
    check: VaultCheck,
    advance: Callable[[int], None],
    second: Actor | None = None,
) -> Restored:
    """Resume the log if need be, and fetch what the vault lacks; may be done again and again.

    ``advance`` is called with how many more files of a volume were looked at.

    Raises:
        Refused: the actor may not restore, or it takes a ``second`` person.
        Unusable: a volume belongs to another vault, or has a newer copy of the catalogue.
        Failed: a disk fails; what was fetched before stays.
    """
    _check_ours(practice, volumes)
    # What a run that was cut off left: the copy that it unpacked, or an empty folder.
    remove_folder(rebuild_folder(practice.folder, practice.vault), ignore_errors=True)
    with attempt(practice, actor, RESTORED):
        check_may_archive(practice, actor)
    actor = joined_if_by_two(practice, actor, second, RESTORED)
    with attempt(practice, actor, RESTORED):
        practice.store.claim()
        heads = heads_on(practice, volumes)
        unknown, spoilt = volumes_perhaps_newer(practice, actor, volumes, heads, check)
        known = [each for each in heads.stated if each[0] not in unknown]
        resumption = resume_log(practice, actor, known, spoilt)
        record_second(practice, actor, second, RESTORED)  # once the log goes on
        _give_up_grants(practice, actor)
    owed = _erase_owed(practice, actor, volumes, check) if resumption.is_stated else ()
    fetched, missing, since = _fetch_all(practice, actor, volumes, check=False, advance=advance)
    here = {row.id for row in since if practice.store.has(row.ciphertext)}
    served = copy_of_this_vault(practice)
    return Restored(
        size=resumption.size,
        leaves_lost=resumption.leaves_lost,
        copied_at=served.copied_at if served else "",
        resumed=resumption.is_stated,
        fetched=fetched,
        missing=missing,
        erased_since=tuple(sorted({row.id for row in since} - here)),
        erased_and_here=tuple(sorted(here)),
        undone=(
            *((each.label, _UNKNOWN) for each in unknown),
            *(*heads.passed_over, *resumption.undone, *owed),
        ),
    )


def _give_up_grants(practice: Practice, actor: Actor) -> None:
    """Say that the grants are gone, which no copy of a catalogue has."""
    with writing(practice, actor.signer) as act:
        if rows := give_up_missing_rows(act.connection, NOT_IN_COPIES):
            act.leaf(WITHOUT_GRANTS, actor=actor.person.id, details={"rows": rows})


def repair_from_volumes(
    practice: Practice,
    actor: Actor,
    volumes: Sequence[Volume],
    *,
    check: VaultCheck,
    advance: Callable[[int], None],
) -> Repaired:
    """Read what the vault holds, and fetch back what is damaged or missing there.

    Raises: as `restore_from_volumes`; the log is not touched but for the record.
    """
    _check_ours(practice, volumes)
    with attempt(practice, actor, RESTORED):
        check_may_archive(practice, actor)
    undone = _erase_owed(practice, actor, volumes, check)
    fetched, missing, _ = _fetch_all(practice, actor, volumes, check=True, advance=advance)
    return Repaired(fetched=fetched, missing=missing, undone=undone)


def _erase_owed(
    practice: Practice, actor: Actor, volumes: Sequence[Volume], check: VaultCheck
) -> tuple[tuple[str, str], ...]:
    """What is owed on these volumes of an erasure comes before anything else.

    From a volume that does not let it, nothing that was destroyed is fetched; what else it has may
    be all that is left.
    """
    owing = (volume for volume in volumes if owes_erasure(practice, volume))
    undone = erase_owed_on(practice, actor, owing, check=check)
    return tuple((label, f"an erasure is owed there: {why}") for label, why in undone)


def _check_ours(practice: Practice, volumes: Sequence[Volume]) -> None:
    for volume in volumes:
        if volume.vault != practice.vault:
            raise Unusable(
                f'drive "{volume.label}" belongs to another vault',
                hint="to bring that one back, name it, or an empty folder, with --vault",
            )


def _fetch_all(
    practice: Practice,
    actor: Actor,
    volumes: Sequence[Volume],
    *,
    check: bool,
    advance: Callable[[int], None],
) -> tuple[Fetched, Mapping[str, int], Collection[Row[Any]]]:
    """What came back, what is still missing, and what was erased since and is not fetched."""
    since = _erased_since(practice, volumes)
    without = since.keys()
    subject = [volume.volume for volume in volumes]
    with attempt(practice, actor, RESTORED, subject=subject):
        fetched = fetch_all(practice, volumes, check=check, advance=advance, without=without)
    details = {"bytes": fetched.size_bytes, "recordings": fetched.recordings}
    record(practice, actor, RESTORED, subject=subject, details=details)
    return fetched, _missing(practice, without), since.values()


def _erased_since(practice: Practice, volumes: Sequence[Volume]) -> Mapping[str, Row[Any]]:
    """The recordings that volumes say were erased, and the catalogue has yet: uid -> row."""
    erased = sorted({uid for _, run, _ in heads_on(practice, volumes).stated for uid in run.erased})
    table = tables.recording.c
    query: Select[Any] = select(table.uid, table.id, table.ciphertext)
    query = query.where(table.state != RecordingState.DESTROYED)
    with reading(practice.engine) as connection:
        return {
            row.uid: row
            for some in batches(erased)
            for row in connection.execute(query.where(table.uid.in_(some)))
        }


def _missing(practice: Practice, without: AbstractSet[str]) -> Mapping[str, int]:
    """Live recordings without a file, counted by a volume that has one."""
    recording, archived, volume = tables.recording, tables.archived, tables.volume
    query = (
        select(recording.c.uid, recording.c.ciphertext, volume.c.label)
        .outerjoin(archived, archived.c.recording == recording.c.id)
        .outerjoin(volume, volume.c.id == archived.c.volume)
        .where(recording.c.state == RecordingState.LIVE)
        .order_by(recording.c.ciphertext, volume.c.label)
    )
    labels: dict[str, str] = {}
    with reading(practice.engine) as connection:
        for uid, name, label in connection.execute(query.execution_options(yield_per=1000)):
            if uid not in without and name not in labels and not practice.store.has(name):
                labels[name] = label or ""
    return Counter(labels.values())
