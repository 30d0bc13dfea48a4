"""The last head of the log that this operator saw, kept outside the vault.

Whoever can write the database can drop the log's tail and nobody could tell, but for a head that is
remembered elsewhere (docs/formats/audit-log.md, "Outside heads").
"""

from __future__ import annotations

import json
import os
from dataclasses import dataclass
from typing import TYPE_CHECKING

from callrec.audit.log import Head
from callrec.errors import Failed, Tampered

if TYPE_CHECKING:
    from pathlib import Path


@dataclass(frozen=True, slots=True)
class Remembered:
    """A head, and when it was seen."""

    head: Head
    seen_at: str
    """RFC 3339 UTC."""


def recall(folder: Path) -> Remembered | None:
    """The last head remembered in ``folder``; None at first use.

    Raises:
        Tampered: what is remembered is not in its form.
        Failed: it cannot be read.
    """
    try:
        value = json.loads((folder / "head.json").read_bytes())
        head = Head(value["size"], bytes.fromhex(value["root"]))
        return Remembered(head, value["seen"])
    except FileNotFoundError:
        return None
    except OSError as error:
        raise Failed(
            f"the remembered head of the audit log cannot be read: {error.strerror}",
            hint=f'give yourself "{folder}"',
        ) from error
    except (ValueError, KeyError, TypeError) as error:
        raise Tampered("the remembered head of the audit log is damaged") from error


def remember(folder: Path, head: Head, seen_at: str) -> None:
    """Remember a head, unless a later one is remembered already: forward only.

    Raises:
        Failed: the folder cannot be written. What the head stands for has happened all the same.
    """
    before = recall(folder)
    if before is not None and before.head.size >= head.size:
        return
    value = {"root": head.root.hex(), "seen": seen_at, "size": head.size}
    beside = folder / f".head.{os.getpid()}"
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        beside.write_text(json.dumps(value))
        beside.replace(folder / "head.json")
    except OSError as error:
        raise Failed(
            f"it is done and in the audit log, but its head is not remembered: {error.strerror}",
            hint=f'make room for, or give yourself, "{folder}"',
        ) from error


def forget(folder: Path) -> None:
    """Forget the head that is remembered: a restore has named it as lost, on the log itself.

    Raises:
        Failed: the folder cannot be written.
    """
    try:
        (folder / "head.json").unlink(missing_ok=True)
    except OSError as error:
        raise Failed(
            f"the remembered head of the audit log cannot be replaced: {error.strerror}",
            hint=f'give yourself "{folder}"',
        ) from error
