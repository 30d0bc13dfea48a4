"""Whether a search finds a call by what is sealed of it (docs/formats/index.md, 5).

Rows of the index are not signed: whoever writes the database can take one away. Who opens the call
can tell, as it says which rows there should be.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from callrec.catalogue.index import IndexedCall, calls_missed
from callrec.errors import Tampered
from callrec.policy.role import VaultKey
from callrec.practice import vault_key
from callrec.procedures.call_records import parties_named_in

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from sqlalchemy import Connection

    from callrec.practice import Actor, Practice
    from callrec.procedures.custody import OpenedRecording

_NAMED: Final = 50
"""Recordings that one error names."""


def missing_from_search(
    practice: Practice, actor: Actor, connection: Connection, opened: Sequence[OpenedRecording]
) -> list[int]:
    """Those of these recordings that a search for something that is sealed of them would miss.

    Raises:
        Locked: the actor does not have the index key.
        Tampered: the index has no sound record of a month.
    """
    versions = practice.register.versions(VaultKey.INDEX)
    keys = [vault_key(actor, VaultKey.INDEX, version) for version in versions]
    calls = [indexed_call(each) for each in opened]
    return calls_missed(connection, keys, practice.vault, calls, practice.config.time_zone)


def check_all_findable(missed: Collection[int]) -> None:
    """Check what `missing_from_search` found of all recordings that were opened.

    Raises:
        Tampered: it found any.
    """
    if not missed:
        return
    named = ", ".join(map(str, sorted(missed)[:_NAMED]))
    more = f" and {len(missed) - _NAMED} more" if len(missed) > _NAMED else ""
    raise Tampered(
        f"a search would miss recordings that it should find: {named}{more}",
        hint="keep a copy of the vault, then write the index anew: "
        "callrec keys rotate --key index, and callrec keys rotate --reseal",
    )


def indexed_call(opened: OpenedRecording) -> IndexedCall:
    """What the index takes from a call as it is sealed.

    Raises:
        Tampered: its call record is not in its form.
    """
    named = parties_named_in(opened.fields)
    return IndexedCall(
        recording=opened.id,
        started_at=opened.started_at,
        numbers=named.numbers,
        extensions=named.extensions,
        parties=named.parties,
    )
