"""Rebuild a vault from its archive volumes, on a bare machine too [policy 4(h)].

In this order:

    each copy of the catalogue that a statement on its drive vouches for is opened, beside the place
        of the vault, and its whole log is read; the one with the longest log is the newest
    heads of all volumes are held against that log: what they know of it is not contradicted
    it is renamed to the vault's place: there is a vault now, or there is none
    somebody who governs resumes the log: the heads that are lost are named, and what the volumes
        hold beyond the copy is stated anew
    what is owed on these volumes of an erasure is done
    recordings are fetched, each proved by its name; the next run goes on where one was cut off

Without somebody who governs the log is not resumed, and whatever remembers a lost head says so.
"""

from __future__ import annotations

import shutil
from contextlib import suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from sqlalchemy import select

from callrec.archive.marker import open_volume
from callrec.audit import tree
from callrec.audit.log import Head, node_reader, stored_head
from callrec.audit.resumed import read_resumed
from callrec.audit.verify import read_whole
from callrec.catalogue import tables
from callrec.catalogue.destruction import DESTROYED
from callrec.catalogue.engine import FILE_NAME, connect, reading, refuse_network_file_system
from callrec.catalogue.sound import check_sound
from callrec.crypto import primitives
from callrec.durable import sync
from callrec.errors import Failed, Misconfigured, NotFound, Tampered, Unusable
from callrec.file_rights import check_only_ours
from callrec.policy.authority import check_may
from callrec.policy.role import Power
from callrec.practice import attempt, check_remembered_head, practice_on, record, today
from callrec.procedures.archive_heads import Written, read_head
from callrec.procedures.destruction_done import settle
from callrec.procedures.erasing_volumes import erase_owed, is_owed
from callrec.procedures.fetching import Fetched, fetch
from callrec.procedures.migrate import migrate_unpacked
from callrec.procedures.migration_copy import recall_copy
from callrec.procedures.newer_copy import volumes_not_known
from callrec.procedures.restore_copy import FoundCopy, check_stated, find_copy, unpack
from callrec.procedures.resuming import is_beyond, resume
from callrec.procedures.unlock import Unlocked, actor_of
from callrec.procedures.unpacked import place_of_rebuilding
from callrec.store.layout import RECORDINGS

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from collections.abc import Set as AbstractSet
    from datetime import datetime
    from pathlib import Path

    from sqlalchemy import Connection

    from callrec.archive.volume import Volume
    from callrec.config import Config
    from callrec.practice import Actor, Practice
    from callrec.procedures.restore_copy import Opener

RESTORED: Final = "restore"
_UNKNOWN: Final = "its copy of the catalogue may be newer, and does not open with this password"


@dataclass(frozen=True, slots=True)
class Rebuilt:
    """A vault whose catalogue is back; its recordings are still to be fetched."""

    practice: Practice
    label: str
    """Of the volume whose copy served."""
    copied_at: str
    """When that copy was made: ``20260807T101500Z``."""
    opener: Opener
    passed_over: tuple[tuple[str, str], ...]
    """Volumes whose copy would not do, and why."""


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
    undone: tuple[tuple[str, str], ...] = ()
    """Labels of volumes on which something was left as it is, and why: they are not as they were
    written, or do not take what is owed there. What they give was fetched all the same."""


def open_volumes(sources: Sequence[Path]) -> tuple[Volume, ...]:
    """The volumes in these folders.

    Raises:
        NotFound: one is no volume.
        Unusable: they are of several vaults.
        Tampered, Failed: one cannot be read as callrec wrote it.
    """
    volumes = tuple(open_volume(source) for source in sources)
    if len({volume.vault for volume in volumes}) > 1:
        raise Unusable(
            "these volumes belong to different vaults", hint="restore each vault by itself"
        )
    return volumes


def rebuild(
    config: Config,
    volumes: Sequence[Volume],
    opener: Callable[[FoundCopy], Opener],
    *,
    now: Callable[[], datetime],
    environ: Mapping[str, str],
) -> Rebuilt:
    """Put a vault's catalogue back in the place that the configuration names.

    Args:
        config: where; nothing lies there yet, or recordings whose catalogue is gone.
        volumes: of one vault.
        opener: finds out who opens a copy.
        now: the clock.
        environ: where this operator's own memory lies.

    Raises:
        Misconfigured: there is a vault already.
        Locked: the password or the kit does not open a copy that may be the newest: an older one is
            taken only where whoever restores leaves that volume out, as it lacks what was done
            since.
        Tampered: no volume holds a copy that is sound and vouched for.
        Failed: the disk or a drive fails; nothing is there then.
    """
    folder = config.vault
    _check_place(folder)
    beside = place_of_rebuilding(folder, volumes[0].vault)

    def at(place: Path) -> Practice:
        there = config.model_copy(update={"vault": place})
        return practice_on(connect(place / FILE_NAME, mode="rw"), there, now, environ)

    copies, passed_over = _newest_first(volumes)
    try:
        best = _longest(copies, passed_over, opener, _Beside(beside, at, volumes))
        if best is not None:
            _put_in_place(best.place, folder)
            found = best.found
            return Rebuilt(at(folder), found.label, found.copy.time, best.who, tuple(passed_over))
    except OSError as error:
        raise Failed(f'"{folder}" cannot be made: {error.strerror}') from error
    finally:
        shutil.rmtree(beside, ignore_errors=True)
    raise Tampered(
        f"no volume holds a copy of the catalogue that can be used: {passed_over[0][1]}",
        hint="give another volume: callrec restore --from DIR --from OTHER",
    )


def actor_from(rebuilt: Rebuilt) -> Actor:
    """Who restores, at work in the vault that he has rebuilt.

    Raises:
        Locked: disabled since, or not confirmed.
    """
    practice, who = rebuilt.practice, rebuilt.opener
    with reading(practice.engine) as connection:
        login = connection.execute(
            select(tables.person.c.login).where(tables.person.c.id == who.person)
        ).scalar()
    return actor_of(practice, Unlocked(who.person, login or "", who.identity, claimed=False))


def bring_back(
    practice: Practice,
    actor: Actor,
    volumes: Sequence[Volume],
    *,
    advance: Callable[[int], None],
) -> Restored:
    """Resume the log if need be, and fetch what the vault lacks; may be done again and again.

    Args:
        practice: the open vault.
        actor: with his password given.
        volumes: attached now, of this vault.
        advance: is told how many files of a volume more were looked at.

    Raises:
        Refused: the actor may not restore.
        Unusable: a volume belongs to another vault, or has a newer copy of the catalogue.
        Failed: a disk fails; what was fetched before stays.
    """
    _check_ours(practice, volumes)
    # What a run that was cut off left: the copy that it unpacked, or an empty folder.
    shutil.rmtree(place_of_rebuilding(practice.folder, practice.vault), ignore_errors=True)
    with attempt(practice, actor, RESTORED):
        check_may(actor.person, Power.ARCHIVE, on=today(practice))
        heads = heads_on(practice, volumes)
        unknown = volumes_not_known(practice, actor, heads)
        resumption = resume(practice, actor, [each for each in heads if each[0] not in unknown])
    owed = _erase_owed(practice, actor, volumes) if resumption.is_said else ()
    since = _erased_since(practice, volumes)
    fetched = _fetch_all(
        practice, actor, volumes, check=False, advance=advance, without=since.keys()
    )
    return Restored(
        size=resumption.size,
        leaves_lost=resumption.leaves_lost,
        resumed=resumption.is_said,
        fetched=fetched,
        missing=_missing(practice, since.keys()),
        erased_since=tuple(sorted(since.values())),
        undone=(*((each.label, _UNKNOWN) for each in unknown), *resumption.undone, *owed),
    )


def repair_from(
    practice: Practice,
    actor: Actor,
    volumes: Sequence[Volume],
    *,
    advance: Callable[[int], None],
) -> Repaired:
    """Read what the vault holds, and fetch back what is damaged or missing there.

    Args, raises: as `bring_back`; the log is not touched but for the record.
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

    A volume that does not let it is told, with the reason: nothing that was destroyed is fetched
    from it, and what else it has may be all that is left.
    """
    undone = []
    for volume in volumes:
        if not is_owed(practice, volume):
            continue
        check_remembered_head(practice)  # what is wrong with the vault itself ends it
        try:
            erase_owed(practice, actor, volume.at, advance=lambda _: None)
        except (Tampered, Failed, NotFound) as problem:
            undone.append((volume.label, f"an erasure is owed there: {problem.message}"))
    settle(practice, actor)
    return tuple(undone)


def _check_ours(practice: Practice, volumes: Sequence[Volume]) -> None:
    for volume in volumes:
        if volume.vault != practice.vault:
            raise Unusable(
                f'volume "{volume.label}" belongs to another vault',
                hint="name the vault that it belongs to with --vault",
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


def _newest_first(
    volumes: Sequence[Volume],
) -> tuple[list[FoundCopy], list[tuple[str, str]]]:
    """The copies that seem whole, and the volumes that have none, each with the reason."""
    found, passed_over = [], []
    for volume in volumes:
        try:
            found.append(find_copy(volume))
        except (NotFound, Tampered) as problem:
            passed_over.append((volume.label, problem.message))
    return sorted(found, key=lambda each: each.copy.time, reverse=True), passed_over


@dataclass(frozen=True, slots=True)
class _Unpacked:
    """A copy that passed every check."""

    found: FoundCopy
    who: Opener
    place: Path
    """The folder that its catalogue lies in."""
    size: int
    """Entries of its log."""


@dataclass(frozen=True, slots=True)
class _Beside:
    """Where copies are unpacked, beside the place of the vault, and what they are held against."""

    folder: Path
    at: Callable[[Path], Practice]
    volumes: Sequence[Volume]


def _longest(
    copies: Sequence[FoundCopy],
    passed_over: list[tuple[str, str]],
    opener: Callable[[FoundCopy], Opener],
    beside: _Beside,
) -> _Unpacked | None:
    """The copy with the longest log: a clock that was wrong may have named an older one later.

    One that is stated in the log of a copy that passed is older, and is not opened.
    """
    _make_private(beside.folder)
    best: _Unpacked | None = None
    for number, found in enumerate(copies):
        if best is not None and _is_stated_in(beside.at(best.place), found):
            continue
        who, place = opener(found), beside.folder / str(number)
        try:
            tried = _unpack(found, who, place, beside)
        except (Tampered, NotFound) as problem:
            passed_over.append((found.label, problem.message))
            shutil.rmtree(place, ignore_errors=True)
            continue
        before = best
        if before is None or tried.size > before.size:
            best = tried
        if before is not None:  # there is room for two catalogues, perhaps, and not for each
            shutil.rmtree(before.place if best is tried else place)
    return best


def _is_stated_in(practice: Practice, found: FoundCopy) -> bool:
    """Whether the log of another copy tells that this one was made."""
    try:
        heads = heads_on(practice, [found.volume])
        stated = [head for _, said, head in heads if said.time == found.copy.time]
        return any(not is_beyond(practice, head) for head in stated)
    finally:
        practice.engine.dispose()


def _unpack(found: FoundCopy, who: Opener, place: Path, beside: _Beside) -> _Unpacked:
    _make_private(place)
    unpack(found, who, place / FILE_NAME)
    size = _check(beside.at(place), found, who, beside.volumes)
    migrate_unpacked(beside.at(place))
    return _Unpacked(found, who, place, size)


def _make_private(folder: Path) -> None:
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(mode=0o700, parents=True)
    refuse_network_file_system(folder)
    check_only_ours(folder)


def _check_place(folder: Path) -> None:
    """Refuse a folder with a catalogue in it, or with what belongs to nobody's vault.

    What SQLite left beside a catalogue counts as one: it would be taken for the new one's own.
    """
    if folder.exists() and not folder.is_dir():
        raise Misconfigured(f'"{folder}" is in use already', hint="choose another with --vault")
    there = [path.name for path in folder.iterdir()] if folder.exists() else []
    if any(name.startswith(FILE_NAME) for name in there):
        raise Misconfigured(
            f'"{folder}" is in use already',
            hint=f"choose another with --vault, or move all that is called {FILE_NAME} out of it",
        )
    if there and RECORDINGS not in there:
        raise Misconfigured(f'"{folder}" is in use already', hint="choose another with --vault")


def _put_in_place(beside: Path, folder: Path) -> None:
    """Make it the vault's catalogue by one renaming, of the folder or into it; durably."""
    if (folder / RECORDINGS).is_dir():
        (beside / FILE_NAME).rename(folder / FILE_NAME)
        sync(folder)
        return
    with suppress(FileNotFoundError):
        folder.rmdir()
    beside.rename(folder)
    sync(folder.parent)


def _check(practice: Practice, found: FoundCopy, who: Opener, volumes: Sequence[Volume]) -> int:
    """Check all that can be checked of a catalogue that was unpacked; returns its log's length."""
    heads = heads_on(practice, volumes)
    try:
        with reading(practice.engine) as connection:
            check_sound(connection)
            problems = read_whole(connection, found.volume.vault).problems
            if problems:
                raise Tampered(f"the log in the volume's copy: {problems[0].what}")
            _check_opener(practice, who)
            _check_vouched_for(practice, found, heads)
            lost = {h for each in read_resumed(connection, practice.register) for h in each.lost}
            known = [head for _, _, head in heads if head not in lost]
            check_not_contradicted(connection, known)
            return stored_head(connection).size
    finally:
        practice.engine.dispose()


def _check_opener(practice: Practice, who: Opener) -> None:
    """The log begins as the opener's own seed says, and vouches for him; the kit is in leaf 0."""
    if who.root is not None and not primitives.same(who.root, practice.root):
        raise Tampered("the volume's copy is of a log that does not begin as this password knows")
    try:
        vouched_for = practice.register.public_keys(who.person)
    except NotFound as error:
        raise Tampered("nobody vouched for whoever opens the volume's copy") from error
    if vouched_for != who.identity.public:
        raise Tampered("the key that opens the volume's copy is not the one that was vouched for")


def _check_vouched_for(
    practice: Practice, found: FoundCopy, heads: Sequence[tuple[Volume, Written, Head]]
) -> None:
    stated = [
        said for volume, said, _ in heads if volume == found.volume and said.time == found.copy.time
    ]
    ours = recall_copy(practice.state_folder)
    if not stated and ours is not None and ours.volume == found.volume.volume:
        # A migration made it, where nobody's key is at hand: this operator saw that it did.
        check_stated(found, catalogue=ours.sealed, keys=ours.keys)
        return
    if not stated:
        raise Tampered("no statement on the volume vouches for its copy of the catalogue")
    last = max(stated, key=lambda said: said.seq)
    check_stated(found, catalogue=last.catalogue, keys=last.keys)


def check_not_contradicted(connection: Connection, heads: Sequence[Head]) -> None:
    """Check that the log extends each of these heads that is not longer than it.

    Raises:
        Tampered: one of them is of another log.
    """
    ours = stored_head(connection)
    read = node_reader(connection)
    for head in heads:
        if head.size <= ours.size and tree.root(head.size, read) != head.root:
            raise Tampered("a volume's head contradicts the log in the copy of the catalogue")


def _erased_since(practice: Practice, volumes: Sequence[Volume]) -> Mapping[str, int]:
    """What the volumes' own statements say was erased, and the catalogue has yet: uid -> number."""
    erased = {uid for _, said, _ in heads_on(practice, volumes) for uid in said.erased}
    table = tables.recording.c
    query = select(table.uid, table.id).where(
        table.uid.in_(sorted(erased)), table.state != DESTROYED
    )
    with reading(practice.engine) as connection:
        return {row.uid: row.id for row in connection.execute(query)}


def _missing(practice: Practice, without: AbstractSet[str]) -> Mapping[str, int]:
    """Live recordings without a file, counted by a volume that has one."""
    recording, archived, volume = tables.recording, tables.archived, tables.volume
    query = (
        select(recording.c.ciphertext, volume.c.label)
        .outerjoin(archived, archived.c.recording == recording.c.id)
        .outerjoin(volume, volume.c.id == archived.c.volume)
        .where(recording.c.state == "live", recording.c.uid.not_in(sorted(without)))
        .order_by(recording.c.ciphertext, volume.c.label)
    )
    labels: dict[str, str] = {}
    with reading(practice.engine) as connection:
        for name, label in connection.execution_options(yield_per=1000).execute(query):
            if name not in labels and not practice.store.has(name):
                labels[name] = label or ""
    counted: dict[str, int] = {}
    for label in labels.values():
        counted[label] = counted.get(label, 0) + 1
    return counted


def is_vault(config: Config) -> bool:
    """Whether there is a vault where the configuration says."""
    return (config.vault / FILE_NAME).is_file()
