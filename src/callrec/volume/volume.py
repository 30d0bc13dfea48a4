"""A folder that is a volume: marker, label, layout.

    CALLREC-VOLUME.json           which volume of which vault
    bags/<UTC time>-<n>/          sealed recordings
    heads/<bag>.tlog-proof        what binds a bag to the audit log
    heads/<bag>.tsr               where there is one, by when that was signed
    catalogue/<UTC time>.sealed   the newest copy of the catalogue, and the one before it
    catalogue/<UTC time>.keys.json
    erased.txt                    comes with the first erasure

Anybody who holds the drive can write to it: what is read from it is checked, and no link is
followed. The marker is not signed and proves nothing: which vault a volume belongs to, its heads
prove (docs/formats/archive.md, 1).
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Final, NamedTuple

from callrec.crypto.canonical import canonical, parse
from callrec.dataclass import dataclass, replace
from callrec.errors import NotFound, Tampered, Unusable
from callrec.system.files import move, open_or_create, remove_file, sync
from callrec.system.paths import MOST_BELOW, lies_in, path_problem
from callrec.system.shell import A_DRIVE
from callrec.volume.drive import (
    PARTIAL_SUFFIX,
    AtomicFile,
    atomic_file,
    drive_errors,
    hash_on_medium,
    read_small,
    remove,
)

FOLDERS: Final = ("bags", "heads", "catalogue")
"""The folders that every volume has."""

BAGS, HEADS, CATALOGUE = FOLDERS

STAMP: Final = ".tsr"
"""How the name of a time stamp beside a proof ends."""

PROOF: Final = ".tlog-proof"
"""How the name of what lies in ``heads`` ends."""

MAX_CATALOGUE_COPIES: Final = 4
"""Copies of the catalogue that are looked at. A run that was cut off leaves one beside the one
before it, and each that somebody adds costs a restore the time to open it."""

MARKER: Final = "CALLREC-VOLUME.json"
FORMAT: Final = 1
_ID = re.compile(r"[0-9a-f]{32}")
_TIME_FORM = "%Y%m%dT%H%M%SZ"
_LAST_YEAR = 2199
_BAG_NAME = re.compile(r"[0-9]{8}T[0-9]{6}Z-[0-9]{1,4}")
COPY_TIME: Final = "^[0-9]{8}T[0-9]{6}Z$"
"""What a copy of the catalogue is called by, as `stamp` makes it."""
_COPY_NAME = re.compile(r"[0-9]{8}T[0-9]{6}Z\.(sealed|keys\.json)")


class CopyHashes(NamedTuple):
    """SHA-256, lower-case hex, of the two files of a copy of the catalogue."""

    sealed: str
    keys: str


@dataclass(frozen=True, slots=True)
class CatalogueCopy:
    """The copy of the catalogue that lies on a volume."""

    time: str
    """When it was made, as in its name: ``20260807T101500Z``."""
    sealed: Path
    keys: Path

    def hashes(self) -> CopyHashes:
        """Of its two files, as the drive gives them."""
        with drive_errors():
            return CopyHashes(hash_on_medium(self.sealed), hash_on_medium(self.keys))


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
        return tuple(sorted(_matching(self.at / BAGS, _BAG_NAME)))

    def bag_path(self, bag: str) -> Path:
        """Where a bag lies, or would lie."""
        return self.at / BAGS / _checked(bag)

    def heads(self) -> tuple[str, ...]:
        """The names of the runs whose proofs lie there, oldest first."""
        form = re.compile(_BAG_NAME.pattern + re.escape(PROOF))
        return tuple(sorted(n.removesuffix(PROOF) for n in _matching(self.at / HEADS, form)))

    def head_of(self, bag: str) -> bytes:
        """The proof that binds a bag to the audit log, as it was given to ``write_head``."""
        return read_small(self._head_path(bag))

    def write_head(self, bag: str, proof: bytes) -> None:
        """Lay a bag's proof beside it, whole or not at all."""
        with atomic_file(self._head_path(bag)) as file:
            file.write(proof)

    def stamp_of(self, bag: str) -> bytes | None:
        """The time stamp beside a bag's proof; None where there is none."""
        path = self._stamp_path(bag)
        return read_small(path) if path.exists() else None

    def write_stamp(self, bag: str, stamp: bytes) -> None:
        """Lay a time stamp beside a bag's proof, whole or not at all."""
        with atomic_file(self._stamp_path(bag)) as file:
            file.write(stamp)

    def remove_stamp(self, bag: str) -> None:
        """Take the time stamp away that lies beside a bag's proof, if there is one."""
        with drive_errors():
            remove_file(self._stamp_path(bag), missing_ok=True)

    def _stamp_path(self, bag: str) -> Path:
        return self.at / HEADS / f"{_checked(bag)}{STAMP}"

    def copy_of(self, time: str) -> CatalogueCopy:
        """Where the copy of the catalogue that is called by ``time`` lies, or would lie."""
        folder = self.at / CATALOGUE
        return CatalogueCopy(time, folder / f"{time}.sealed", folder / f"{time}.keys.json")

    def write_copy(
        self, time: str, fill: Callable[[AtomicFile], object], keys_json: bytes
    ) -> CopyHashes:
        """Put a new copy of the catalogue, and its sealed keys, beside what is there.

        The drive gave both back as they were written. ``time`` is as `stamp` makes it.
        """
        copy = self.copy_of(time)
        with atomic_file(copy.keys) as keys, atomic_file(copy.sealed) as sealed:
            keys.write(keys_json)
            fill(sealed)
        return CopyHashes(sealed.sha256, keys.sha256)

    def remove_copy(self, time: str) -> None:
        """Delete one copy of the catalogue, if it is there."""
        self._delete(lambda name: name.startswith(f"{time}."))

    def drop_other_copies(self, *times: str) -> None:
        """Delete every copy of the catalogue but those that are called by these times."""
        self._delete(lambda name: name.partition(".")[0] not in times)

    def copies(self) -> tuple[CatalogueCopy, ...]:
        """The whole copies of the catalogue, newest first; at most `MAX_CATALOGUE_COPIES`."""
        names = set(_matching(self.at / CATALOGUE, _COPY_NAME))
        times = sorted({name.split(".")[0] for name in names}, reverse=True)
        copies = map(self.copy_of, times)
        whole = [each for each in copies if {each.sealed.name, each.keys.name} <= names]
        return tuple(whole[:MAX_CATALOGUE_COPIES])

    def catalogue(self) -> CatalogueCopy:
        """The newest whole copy of the catalogue."""
        copies = self.copies()
        if not copies:
            raise NotFound("the drive holds no copy of the catalogue")
        return copies[0]

    def clear_unfinished(self) -> None:
        """Remove durably what a killed run left half-written, but for the newest unfinished bag."""
        kept = self.unfinished_bag()
        with drive_errors():
            for folder in (self.at, *(self.at / name for name in FOLDERS)):
                goes = [path for path in folder.glob(f".*{PARTIAL_SUFFIX}") if path != kept]
                for path in goes:
                    remove(path)
                if goes:
                    sync(folder)

    def unfinished_bag(self) -> Path | None:
        """The newest bag that was begun and not ended, under its hidden name; None: none."""
        with drive_errors():
            return max((self.at / BAGS).glob(f".*{PARTIAL_SUFFIX}"), default=None)

    def set_bag_aside(self, bag: str) -> None:
        """Give a whole bag back its hidden name: nothing vouches for it, but it was copied."""
        at = self.bag_path(bag)
        hidden = at.with_name(f".{bag}{PARTIAL_SUFFIX}")
        with drive_errors():
            if at.exists():
                remove(hidden)
                move(at, hidden)
                sync(at.parent)

    def _head_path(self, bag: str) -> Path:
        return self.at / HEADS / f"{_checked(bag)}{PROOF}"

    def _delete(self, goes: Callable[[str], bool]) -> None:
        folder = self.at / CATALOGUE
        with drive_errors():
            for name in filter(goes, _matching(folder, _COPY_NAME)):
                remove_file(folder / name)
            sync(folder)


def stamp(time: datetime) -> str:
    """A time as it stands in names on a volume, UTC: ``20260807T101500Z``."""
    return f"{time.astimezone(UTC):{_TIME_FORM}}"


def time_of_run(name: str) -> str:
    """What a run's copy is called by: the run's time, out of ``<UTC time>-<n>``."""
    return name.partition("-")[0]


def checked_run_name(name: str) -> str:
    """The name of a run, ``<time>-<n>``; a ValueError where no run can be called so."""
    if not _BAG_NAME.fullmatch(name) or time_in_name(name) is None:
        raise ValueError(name)
    return name


def time_in_name(name: str) -> datetime | None:
    """The time by which a run is called, aware; None: there is none of these years."""
    try:
        time = datetime.strptime(time_of_run(name), _TIME_FORM).replace(tzinfo=UTC)
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


def check_label(label: str) -> None:
    """Refuse a label that is not plain, or that could tell of a person: anybody can read it.

    Plain: up to 40 letters A-Z and a-z, digits, spaces, dots, hyphens and underscores, of which the
    first is a letter or digit. Looks like a name: two capitalised words in a row. Looks like a
    number: five digits in a row, or nine once spaces, dots, hyphens and underscores are out.
    """
    if wrong := _problem_with(label):
        raise Unusable(
            f"a drive's label {wrong}", hint="choose another in lower case, such as archive-2026-a"
        )


def is_label(text: str) -> bool:
    """Whether ``check_label`` lets it pass."""
    return not _problem_with(text)


def _problem_with(label: str) -> str:
    if not re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9 ._-]{0,39}", label):
        return "is 1 to 40 plain letters, digits, spaces, dots, hyphens or underscores"
    if re.search(r"[A-Z][a-z]+[ ._-]*[A-Z][a-z]+", label):
        return "may not look like the name of a person"
    joined = re.sub(r"[ ._-]", "", label)  # however a number is written: 020 7946 0958
    if re.search(r"[0-9]{5}", label) or re.search(r"[0-9]{9}", joined):
        return "may not look like a telephone number"
    return ""


def check_target(at: Path, vault_folder: Path) -> None:
    """Refuse a folder to which nothing can be archived; nothing is left there."""
    wrong, hint = path_problem(at, below=MOST_BELOW)
    if wrong:
        raise Unusable(wrong, hint=hint)
    with drive_errors():
        if not at.is_dir():
            raise Unusable(
                "there is no such folder to archive to",
                hint=f"attach the drive, then give its folder: callrec archive --to {A_DRIVE}",
            )
        if lies_in(at, vault_folder):
            raise Unusable(
                "the archive cannot lie inside the vault", hint="give a folder of an external drive"
            )
    # Always the same name: what a run that was cut off left goes too.
    probe = at / f".callrec{PARTIAL_SUFFIX}"
    with drive_errors():
        remove_file(probe, missing_ok=True)
        os.close(open_or_create(probe))  # another run may be trying the same
        remove_file(probe, missing_ok=True)


def is_volume(at: Path) -> bool:
    """Whether a folder is a volume, of this vault or another."""
    with drive_errors():
        return (at / MARKER).is_file()


def create_volume(at: Path, *, volume: str, vault: str, label: str) -> Volume:
    """Make a folder a volume: its marker and its empty folders."""
    check_label(label)
    begun = Volume(at, volume, vault, label)
    folders = [at / name for name in FOLDERS if not (at / name).exists()]
    try:
        with drive_errors():
            for folder in folders:
                folder.mkdir()
        with atomic_file(at / MARKER) as marker:  # last: with it the folder is a volume
            marker.write(_marker_of(begun))
    except BaseException:
        with suppress(OSError):  # the marker first, if it came to have its name
            if (at / MARKER).is_file():
                remove_file(at / MARKER)
            for folder in folders:
                folder.rmdir()
        raise
    return begun


def write_label(volume: Volume) -> None:
    """Let a volume's marker say the label that it has now; where it does, nothing is written."""
    there = open_volume(volume.at)
    if there.label != volume.label and replace(there, label=volume.label) == volume:
        with atomic_file(volume.at / MARKER) as marker:
            marker.write(_marker_of(volume))


def open_volume(at: Path) -> Volume:
    """The volume that a folder is."""
    if not is_volume(at):
        raise NotFound(
            "that folder is not a callrec drive",
            hint="attach the drive and give the folder that was given to callrec archive --to",
        )
    for name in FOLDERS:
        if (at / name).is_symlink() or not (at / name).is_dir():
            raise Tampered(f"the drive's folder {name} is gone or leads off the drive")
    return _parsed(at, read_small(at / MARKER))


def _parsed(at: Path, marker: bytes) -> Volume:
    altered = Tampered(f"the drive's {MARKER} is not as callrec wrote it")
    try:
        fields = parse(marker)
    except Tampered as error:
        raise altered from error
    match fields:
        case {"format": int(number)} if number > FORMAT:
            raise Unusable("the drive was made by a newer callrec", hint="install that one")
        case {"label": str(label), "vault": str(vault), "volume": str(volume)} if (
            _ID.fullmatch(vault) and _ID.fullmatch(volume) and is_label(label)
        ):
            read = Volume(at, volume, vault, label)
            if _marker_of(read) == marker:
                return read
        case _:
            pass
    raise altered


def _marker_of(volume: Volume) -> bytes:
    named = {"label": volume.label, "vault": volume.vault, "volume": volume.volume}
    return canonical({"format": FORMAT, **named})
