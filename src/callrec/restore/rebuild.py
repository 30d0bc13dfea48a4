"""Put a vault's catalogue back in its place, on a bare machine too [policy 4(h)].

The copy that is chosen is renamed to the vault's place: there is a vault then, or there is none.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from datetime import datetime
from pathlib import Path
from typing import Final

from sqlalchemy import select

from callrec.archive.copy import VaultCheck, rebuild_folder
from callrec.catalogue import tables
from callrec.catalogue.engine import FILE_NAME, has_catalogue, reading
from callrec.catalogue.sqlite import connect
from callrec.config import Config
from callrec.dataclass import dataclass, replace
from callrec.errors import CallrecError, Failed, Misconfigured, Tampered, Unusable
from callrec.login.unlock import Unlocked, actor_of
from callrec.practice import Actor, Practice, practice_on
from callrec.restore.choose import (
    PassedOver,
    check_no_newer_unread,
    newest_copies_first,
    newest_sound_copy,
)
from callrec.restore.copy import FoundCopy, Opener, remember_restored_copy
from callrec.store.directory import INCOMING, RECORDINGS
from callrec.system.files import move, remove_folder, sync
from callrec.volume.volume import Volume, open_volume

_OURS: Final = frozenset({RECORDINGS, INCOMING})
"""What a vault's folder has besides its catalogue; of recordings in a bucket, the last alone."""


@dataclass(frozen=True, slots=True)
class Rebuilt:
    """A vault whose catalogue is back; its recordings are still to be fetched."""

    practice: Practice
    label: str
    """Of the volume whose copy served."""
    copied_at: str
    """When that copy was made: ``20260807T101500Z``."""
    opener: Opener
    passed_over: tuple[PassedOver, ...]
    """Newer copies that would not do, and why."""
    flaw: CallrecError | None
    """What is spoilt in the copy that served; None: nothing."""


def is_vault(config: Config) -> bool:
    """Whether there is a vault where the configuration says."""
    return has_catalogue(config.vault, config.catalogue)


def open_volumes(sources: Sequence[Path]) -> tuple[Volume, ...]:
    """The volumes in these folders.

    Raises:
        NotFound: one is not a volume.
        Unusable: they are of several vaults.
        Tampered, Failed: one cannot be read as callrec wrote it.
    """
    volumes = tuple(open_volume(source) for source in sources)
    if len({volume.vault for volume in volumes}) > 1:
        raise Unusable(
            "these drives belong to different vaults", hint="restore each vault by itself"
        )
    return volumes


def rebuild(
    config: Config,
    volumes: Sequence[Volume],
    opener: Callable[[FoundCopy], Opener],
    *,
    check: VaultCheck,
    now: Callable[[], datetime],
    environ: Mapping[str, str],
    is_drill: bool = False,
) -> Rebuilt:
    """Put a vault's catalogue back in the place that the configuration names.

    It is remembered from which copy, but for a drill, which leaves nothing elsewhere.

    Raises:
        Misconfigured: something else lies in that place.
        Locked: the password or the kit opens none of the copies.
        Unusable, Tampered: no volume holds a copy that can be used.
        Failed: the place cannot be made, or a drive fails.
    """
    folder = config.vault
    _check_place(folder)
    beside = rebuild_folder(folder, volumes[0].vault)

    def at(place: Path) -> Practice:
        there = config.model_copy(update={"vault": place})
        return practice_on(connect(place / FILE_NAME, mode="rw"), there, now, environ)

    copies, passed_over = newest_copies_first(volumes)
    try:
        best = newest_sound_copy(
            copies, passed_over, opener, beside=beside, at=at, volumes=volumes, check=check
        )
        if best is not None:
            check_no_newer_unread(best, passed_over)
            _put_in_place(best.place, folder)
            practice, found = at(folder), best.found
            if not is_drill:
                unsound = tuple(each.sealed for each in passed_over if each.sealed)
                served = replace(best.copy, unsound=unsound)
                remember_restored_copy(practice.state_folder, served)
            made = found.copy.time
            newer = tuple(each for each in passed_over if not "" < each.copied_at < made)
            return Rebuilt(practice, found.label, made, best.who, newer, best.flaw)
    except OSError as error:
        raise Failed(f'"{folder}" cannot be made: {error.strerror}') from error
    finally:
        remove_folder(beside, ignore_errors=True)
    for each in passed_over:
        if isinstance(each.problem, (Failed, Unusable)):  # its hint says how it can be used
            raise each.problem
    first = passed_over[0].problem
    raise Tampered(
        f"no drive holds a copy of the catalogue that can be used: {first.message}",
        hint="give another drive: callrec drive restore --from DIR --from OTHER",
    )


def actor_in_rebuilt(rebuilt: Rebuilt) -> Actor:
    """The person who restores, at work in the vault that they have rebuilt, if they may."""
    return _actor(rebuilt.practice, rebuilt.opener)


def second_of(practice: Practice, who: Opener) -> Actor | None:
    """The second person who opened a copy, at work in a vault; None: it took no second."""
    return _actor(practice, who.second) if who.second else None


def _actor(practice: Practice, who: Opener) -> Actor:
    query = select(tables.person.c.login).where(tables.person.c.id == who.person)
    with reading(practice.engine) as connection:
        login = connection.execute(query).scalar()
    unlocked = Unlocked(who.person, login or "", who.identity, claimed=False, factors=who.factors)
    return actor_of(practice, unlocked, who.beside)


def _check_place(folder: Path) -> None:
    """Refuse a folder with a catalogue in it, or with what belongs to nobody's vault."""
    if not folder.exists():
        return
    hint, is_folder = "choose another with --vault", folder.is_dir()
    there = [path.name for path in folder.iterdir()] if is_folder else []
    # What SQLite left beside a catalogue counts as one: it would be taken for the new one's own.
    has_catalogue = any(name.startswith(FILE_NAME) for name in there)
    if has_catalogue:
        hint += f", or move all that is called {FILE_NAME} out of it"
    if has_catalogue or not is_folder or (there and not _OURS.intersection(there)):
        raise Misconfigured(f'"{folder}" is in use already', hint=hint)


def _put_in_place(beside: Path, folder: Path) -> None:
    """Make it the vault's catalogue by one renaming, of the folder or into it; durably."""
    if any((folder / name).is_dir() for name in _OURS):
        move(beside / FILE_NAME, folder / FILE_NAME)
        sync(folder)
        return
    with suppress(FileNotFoundError):
        folder.rmdir()
    move(beside, folder)
    sync(folder.parent)
