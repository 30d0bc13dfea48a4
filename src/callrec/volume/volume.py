"""An archive volume: one folder of an external drive (docs/formats/archive.md, 1).

    CALLREC-VOLUME.json           which volume of which vault
    bags/<UTC time>-<n>/          sealed recordings
    heads/<bag>.tlog-proof        what binds a bag to the audit log
    catalogue/<UTC time>.sealed   the newest copy of the catalogue, and only that
    catalogue/<UTC time>.keys.json
    erased.txt                    comes with the first erasure

Whoever holds the drive can write to it: what is read from it is checked, and no link is followed.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final

from callrec.errors import NotFound
from callrec.system.files import sync
from callrec.volume.drive import PARTIAL_SUFFIX, atomic_file, drive_errors, read_small, remove

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from callrec.volume.drive import AtomicFile

_BAGS, _HEADS, _CATALOGUE = "bags", "heads", "catalogue"

FOLDERS: Final = (_BAGS, _HEADS, _CATALOGUE)
"""The folders that every volume has."""

MAX_CATALOGUE_COPIES: Final = 4
"""Copies of the catalogue that are looked at. A run that was cut off leaves one beside the one
before it, and each that somebody adds costs a restore the time to open it."""

_TIME_FORM = "%Y%m%dT%H%M%SZ"

_LAST_YEAR = 2199

_BAG_NAME = re.compile(r"[0-9]{8}T[0-9]{6}Z-[0-9]{1,4}")

_PROOF = ".tlog-proof"

_HEAD_NAME = re.compile(r"[0-9]{8}T[0-9]{6}Z-[0-9]{1,4}\.tlog-proof")

_COPY_NAME = re.compile(r"[0-9]{8}T[0-9]{6}Z\.(sealed|keys\.json)")


@dataclass(frozen=True, slots=True)
class CatalogueCopy:
    """The copy of the catalogue that lies on a volume."""

    time: str
    """When it was made, as in its name: ``20260807T101500Z``."""
    sealed: Path
    keys: Path


@dataclass(frozen=True, slots=True)
class Volume:
    """A volume as its own marker describes it. The marker is not signed; the heads are."""

    at: Path
    volume: str
    """Its id, 32 lower-case hex digits."""
    vault: str
    """Id of the vault whose recordings it holds."""
    label: str

    def bags(self) -> tuple[str, ...]:
        """The names of its bags, oldest first."""
        return tuple(sorted(_matching(self.at / _BAGS, _BAG_NAME)))

    def bag_path(self, bag: str) -> Path:
        """Where a bag lies, or would lie.

        Raises:
            NotFound: the name is none that a bag can have.
        """
        return self.at / _BAGS / _checked(bag)

    def heads(self) -> tuple[str, ...]:
        """The names of the runs whose proofs lie there, oldest first."""
        names = _matching(self.at / _HEADS, _HEAD_NAME)
        return tuple(sorted(name.removesuffix(_PROOF) for name in names))

    def head_of(self, bag: str) -> bytes:
        """The proof that binds a bag to the audit log, as it was given to ``write_head``.

        Raises:
            NotFound: there is none.
        """
        return read_small(self._head_path(bag))

    def write_head(self, bag: str, proof: bytes) -> None:
        """Lay a bag's proof beside it, whole or not at all.

        Raises:
            Failed: the drive does not take it.
        """
        with atomic_file(self._head_path(bag)) as file:
            file.write(proof)

    def copy_of(self, time: str) -> CatalogueCopy:
        """Where the copy of the catalogue that is called by ``time`` lies, or would lie."""
        folder = self.at / _CATALOGUE
        return CatalogueCopy(time, folder / f"{time}.sealed", folder / f"{time}.keys.json")

    def write_copy(
        self, time: str, fill: Callable[[AtomicFile], object], keys_json: bytes
    ) -> tuple[str, str]:
        """Put a new copy of the catalogue there, beside what is there.

        Args:
            time: what it is called by, as ``stamp`` makes it.
            fill: writes the sealed copy.
            keys_json: the copy's key, sealed to whoever may restore.

        Returns:
            SHA-256 of the sealed copy and of its keys, lower-case hex; the drive gave them back so.

        Raises:
            Failed: the drive does not take it; the copies before are still there.
        """
        copy = self.copy_of(time)
        with atomic_file(copy.keys) as keys, atomic_file(copy.sealed) as sealed:
            keys.write(keys_json)
            fill(sealed)
        return sealed.sha256, keys.sha256

    def remove_copy(self, time: str) -> None:
        """Delete one copy of the catalogue, if it is there.

        Raises:
            Failed: the drive does not let it go.
        """
        self._delete(lambda name: name.startswith(f"{time}."))

    def drop_other_copies(self, time: str) -> None:
        """Delete every copy of the catalogue but that of ``time``.

        Raises:
            Failed: the drive does not let them go.
        """
        self._delete(lambda name: not name.startswith(f"{time}."))

    def copies(self) -> tuple[CatalogueCopy, ...]:
        """The whole copies of the catalogue, newest first; at most `MAX_CATALOGUE_COPIES`."""
        names = set(_matching(self.at / _CATALOGUE, _COPY_NAME))
        times = sorted({name.split(".")[0] for name in names}, reverse=True)
        copies = [
            copy for copy in map(self.copy_of, times) if {copy.sealed.name, copy.keys.name} <= names
        ]
        return tuple(copies[:MAX_CATALOGUE_COPIES])

    def catalogue(self) -> CatalogueCopy:
        """The newest whole copy of the catalogue.

        Raises:
            NotFound: there is none.
        """
        copies = self.copies()
        if not copies:
            raise NotFound("the volume holds no copy of the catalogue")
        return copies[0]

    def clear_unfinished(self) -> None:
        """Remove what a killed run left half-written, but for the newest unfinished bag; durably.

        Raises:
            Failed: the drive does not let it go.
        """
        kept = self.unfinished_bag()
        with drive_errors():
            for folder in (self.at, *(self.at / name for name in FOLDERS)):
                goes = [path for path in folder.glob(f".*{PARTIAL_SUFFIX}") if path != kept]
                for path in goes:
                    remove(path)
                if goes:
                    sync(folder)

    def unfinished_bag(self) -> Path | None:
        """The newest bag that was begun and not ended, under its hidden name; None: there is none.

        Raises:
            Failed: the drive does not tell.
        """
        with drive_errors():
            return max((self.at / _BAGS).glob(f".*{PARTIAL_SUFFIX}"), default=None)

    def set_bag_aside(self, bag: str) -> None:
        """Give a whole bag back its hidden name: nothing came to vouch for it, but it was copied.

        Raises:
            Failed: the drive does not let it.
        """
        at = self.bag_path(bag)
        hidden = at.with_name(f".{bag}{PARTIAL_SUFFIX}")
        with drive_errors():
            if at.exists():
                remove(hidden)
                at.rename(hidden)
                sync(at.parent)

    def _head_path(self, bag: str) -> Path:
        return self.at / _HEADS / f"{_checked(bag)}{_PROOF}"

    def _delete(self, goes: Callable[[str], bool]) -> None:
        folder = self.at / _CATALOGUE
        with drive_errors():
            for name in filter(goes, _matching(folder, _COPY_NAME)):
                (folder / name).unlink()
            sync(folder)


def stamp(time: datetime) -> str:
    """A time as it stands in names on a volume, UTC: ``20260807T101500Z``."""
    return f"{time.astimezone(UTC):{_TIME_FORM}}"


def is_run_name(name: str) -> bool:
    """Whether a bag, a proof or a copy of the catalogue can be called so: ``<time>-<n>``."""
    return bool(_BAG_NAME.fullmatch(name)) and time_in_name(name) is not None


def time_in_name(name: str) -> datetime | None:
    """The time by which a run is called, aware; None: there is none of these years."""
    try:
        time = datetime.strptime(name.partition("-")[0], _TIME_FORM).replace(tzinfo=UTC)
    except ValueError:
        return None
    return time if time.year <= _LAST_YEAR else None


def _checked(bag: str) -> str:
    if not _BAG_NAME.fullmatch(bag):
        raise NotFound("no bag has a name like that")
    return bag


def _matching(folder: Path, form: re.Pattern[str]) -> list[str]:
    with drive_errors():
        return [path.name for path in folder.iterdir() if form.fullmatch(path.name)]
