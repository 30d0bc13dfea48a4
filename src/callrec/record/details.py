"""What lies sealed beside a leaf, in its form.

A leaf commits to its details, in whatever form they are: anybody with a key seals what they like
with a program of their own. What is read from them is held against this before anything is made of
it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Annotated, Any, Final, Literal

from sqlalchemy import Connection

from callrec.audit.leaf import Leaf
from callrec.audit.log import UNREADABLE_DETAILS, read_detail
from callrec.policy.edits import UNEDITED, Edits, read_edits
from callrec.policy.handing_over import Channel
from callrec.policy.role import VaultKey
from callrec.practice import Actor, Practice, vault_key
from callrec.record.forms import Day, InJson, fits

_DEEPEST: Final = 8
"""Lists and objects within each other; our own are within four."""


@dataclass(frozen=True, slots=True)
class _Details:
    """The members that something is read from, whatever act they are of."""

    attended: tuple[str, ...] = ()
    channel: str | None = None
    code: str | None = None
    criteria: Mapping[str, str] = field(default_factory=dict)
    deliver_by: Channel | Literal[""] | None = None
    edits: Annotated[Edits, InJson(read_edits, Edits.as_json, list[dict[str, Any]])] = UNEDITED
    found: int | None = None
    how: str | None = None
    manifest: str | None = None
    medium_serial: str | None = None
    note: str | None = None
    on: Day = date.min
    passphrase_by: Channel | Literal[""] | None = None
    reason: str | None = None
    request: str | None = None
    search: int | None = None
    seqs: tuple[int, ...] = ()
    sha256: str | None = None
    time: str | None = None
    to_whom: str | None = None
    verdict: str | None = None
    why: str | None = None


def checked_details(details: Any) -> Mapping[str, Any]:
    """Details whose members are in their form; `UNREADABLE_DETAILS` in the place of others."""
    if not isinstance(details, dict) or _is_deep(details) or not fits(_Details, details):
        return UNREADABLE_DETAILS
    # The further particulars of a request lie elsewhere.
    return UNREADABLE_DETAILS if "further" in details else details


def _is_deep(value: object, left: int = _DEEPEST) -> bool:
    if not isinstance(value, dict | list):
        return False
    within = value.values() if isinstance(value, dict) else value
    return not left or any(_is_deep(each, left - 1) for each in within)


def open_details(
    practice: Practice, actor: Actor, connection: Connection, leaf: Leaf
) -> Mapping[str, Any]:
    """As `find_details`; nothing where there are none."""
    return find_details(practice, actor, connection, leaf) or {}


def find_details(
    practice: Practice, actor: Actor, connection: Connection, leaf: Leaf
) -> Mapping[str, Any] | None:
    """What a leaf commits to; None where there are no details, or where they were erased.

    Where they are in no form of ours, `UNREADABLE_DETAILS`.
    """

    def secret(version: int) -> bytes:
        return vault_key(actor, VaultKey.AUDIT, version)

    told = read_detail(connection, leaf, secret, practice.vault)
    return None if told is None else checked_details(told)
