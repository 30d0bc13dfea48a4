"""What a reading of the log finds, and what this operator remembers of it outside the vault.

Anyone who can write the database can drop the log's tail, and no one could tell but for a head that
is remembered elsewhere (docs/formats/audit-log.md, "Outside heads").
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Mapping
from contextlib import suppress
from datetime import datetime
from pathlib import Path
from typing import Final

from callrec.audit.log import Head
from callrec.audit.register import Register
from callrec.crypto.canonical import format_instant, parse_instant
from callrec.dataclass import dataclass
from callrec.errors import Failed, Tampered
from callrec.system.files import move_over, remove_file, sync_descriptor
from callrec.system.rights import make_private_folder

_ROOT: Final = re.compile(r"[0-9a-f]{64}")

VERIFIED_FILE: Final = "verified.json"
"""How far this operator verified the log, and when last all of it.

``forget_seen_head`` forgets it with the head.
"""


RESTORED_COPY_FILE: Final = "rebuilt-from.json"
"""From which copy this operator last rebuilt the vault."""


@dataclass(frozen=True, slots=True)
class SeenHead:
    """A head, and when it was seen."""

    head: Head
    seen_at: str
    """RFC 3339 UTC."""
    since: str
    """Since when heads are remembered here without a break: of a memory that somebody took away,
    since it began again."""


def load_seen_head(folder: Path) -> SeenHead | None:
    """The last head remembered in ``folder``; None at first use.

    Raises:
        Tampered: what is remembered is not in its form.
        Failed: it cannot be read.
    """
    try:
        value = json.loads((folder / "head.json").read_bytes())
    except FileNotFoundError:
        return None
    except OSError as error:
        raise Failed(
            f"this machine's note of the newest entry cannot be read: {error.strerror}",
            hint=f'give yourself "{folder}"',
        ) from error
    except (ValueError, RecursionError):
        value = None
    match value:
        case {"size": int(size), "root": str(root), "seen": str(seen), "since": str(since)} if (
            size >= 0 and _ROOT.fullmatch(root)
        ):
            return SeenHead(Head(size, bytes.fromhex(root)), seen, since)
        case _:
            raise Tampered(
                "this machine's note of the newest entry is damaged",
                hint=f'run callrec audit verify, then move "{folder / "head.json"}" away: from then'
                " on it says that the note has gone",
            )


def has_gone(folder: Path) -> bool:
    """Whether something is remembered in ``folder``, and the head no longer is."""
    try:
        names = {path.name for path in folder.iterdir()}
    except OSError:
        return False
    return bool(names) and "head.json" not in names


def is_restored(folder: Path) -> bool:
    """Whether this operator rebuilt the vault from a copy after the head was last remembered."""
    try:
        restored, seen = (folder / name for name in (RESTORED_COPY_FILE, "head.json"))
        return restored.stat().st_mtime_ns >= seen.stat().st_mtime_ns
    except OSError:
        return False


def save_seen_head(
    folder: Path, head: Head, seen_at: str, *, instead_of: SeenHead | None = None
) -> None:
    """Remember a head, unless a later one is remembered already: forward only.

    ``instead_of``: one that is lost gives way to any.

    Raises:
        Failed: the folder cannot be written. What the head stands for has happened all the same.
    """
    before = load_seen_head(folder)
    if before is not None and before != instead_of and before.head.size >= head.size:
        return
    since = seen_at if before is None else before.since
    value = {"root": head.root.hex(), "seen": seen_at, "since": since, "size": head.size}
    try:
        write_json_atomically(folder / "head.json", value)
    except OSError as error:
        raise Failed(
            f"it is done and on record, but this machine could not note it: {error.strerror}",
            hint=f'make room for, or give yourself, "{folder}"',
        ) from error


def write_json_atomically(path: Path, value: Mapping[str, object]) -> None:
    """Write what an operator remembers of a vault: the old or the new, whatever happens.

    Raises:
        OSError: it cannot be written; the old stands.
    """
    beside = path.with_name(f".{path.name}.{os.getpid()}")
    make_private_folder(path.parent, parents=True, exist_ok=True)
    try:
        with beside.open("wb") as file:
            file.write(json.dumps(value).encode())
            file.flush()
            # Else a power cut could leave the name with nothing in it.
            sync_descriptor(file.fileno())
        move_over(beside, path)
    except OSError:
        with suppress(OSError):
            remove_file(beside, missing_ok=True)
        raise


def forget_seen_head(folder: Path) -> None:
    """Forget the head that is remembered: a restore has named it as lost, on the log itself.

    How far the log was verified is forgotten too, for that may have been what was lost.

    Raises:
        Failed: the folder cannot be written.
    """
    try:
        for name in ("head.json", VERIFIED_FILE):
            remove_file(folder / name, missing_ok=True)
    except OSError as error:
        raise Failed(
            f"this machine's note of the newest entry cannot be replaced: {error.strerror}",
            hint=f'give yourself "{folder}"',
        ) from error


def load_verified(folder: Path) -> VerifiedState | None:
    """How far the log was verified; None where that is not known, and all is to be read again."""
    try:
        value = json.loads((folder / VERIFIED_FILE).read_bytes())
    except (OSError, ValueError, RecursionError):
        return None
    match value:
        case {
            "size": int(size),
            "root": str(root),
            "stated": str(stated),
            "signed": int(signed),
            "signatures": str(signatures),
        } if 0 < signed <= size and _ROOT.fullmatch(root):
            return VerifiedState(Head(size, bytes.fromhex(root)), stated, signed, signatures)
        case _:
            return None


def last_verified_whole(folder: Path) -> datetime | None:
    """When this operator last read the whole log and found it sound; None: never, or not known."""
    try:
        return parse_instant(json.loads((folder / VERIFIED_FILE).read_bytes())["whole"])
    except (OSError, ValueError, RecursionError, TypeError, KeyError):
        return None


def save_verified(folder: Path, seen: VerifiedState, *, whole_at: datetime | None) -> None:
    """Remember how far the log was verified, and when it was last read whole.

    Anyone who can write here can make the next reading, unless it is a full one, take signatures
    for checked: so it lies where the head does, with the operator, out of reach from the vault.
    """
    value = {
        "root": seen.head.root.hex(),
        "signatures": seen.signatures,
        "signed": seen.signed,
        "size": seen.head.size,
        "stated": seen.stated,
    }
    if whole_at is not None:
        value["whole"] = format_instant(whole_at)
    write_json_atomically(folder / VERIFIED_FILE, value)


@dataclass(frozen=True, slots=True)
class Problem:
    """Something that is not as it was signed, and at which sequence; None where it has none."""

    seq: int | None
    what: str
    thing: str | None = None
    """Whose leaves do not come to its rows, as ``request R-3``; None: no one thing's."""

    @property
    def named(self) -> str:
        """What it is, and of which thing."""
        is_said = self.thing is None or self.thing in self.what
        return self.what if is_said else f"{self.what} ({self.thing})"


@dataclass(frozen=True, slots=True)
class VerifiedState:
    """The head that the log was verified up to, and what was found beside its tree, hashed."""

    head: Head
    stated: str
    """SHA-256 over which leaves carry the statements that decide something, in hex."""
    signed: int
    """Leaves that the log had when it was last read whole."""
    signatures: str
    """SHA-256 over the checkpoints and the statements' signatures of these, in hex."""


@dataclass(frozen=True, slots=True)
class VerificationResult:
    """What one reading of the log found."""

    head: Head
    checkpoints: int
    unattested: int
    """Leaves written where no key was at hand: failed logins."""
    problems: tuple[Problem, ...]
    register: Register | None
    """None if leaf 0 is damaged."""
    seen: VerifiedState | None = None
    """For the next reading; None where something is wrong."""
    read_from: int = 0
    """The first leaf that was read; those before it were found sound earlier."""
