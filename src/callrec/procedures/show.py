"""Say what is known about one recording, once all of it is checked.

A look at one recording is no search and stands under no request, so number, names and file names
are masked always. Nothing is shown of a recording that is not, in every byte, as it was sealed.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from callrec.catalogue.engine import reading
from callrec.errors import NotFound, Tampered
from callrec.policy.authority import check_may
from callrec.policy.masking import mask_name
from callrec.policy.role import Power
from callrec.practice import Actor, Practice, attempt, record, today
from callrec.procedures.custody import Opening, find_recording
from callrec.procedures.search import ShownCall

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sqlalchemy import Row


@dataclass(frozen=True, slots=True)
class Source:
    """A file that the recording came in as."""

    name: str
    """Its name as it was, masked."""
    modified_at: str
    """When the file was last written: RFC 3339, UTC."""


@dataclass(frozen=True, slots=True)
class Shown:
    """One recording, checked."""

    call: ShownCall
    provenance: tuple[Source, ...]
    seq: int
    """The leaf that says it was shown."""


def show_recording(practice: Practice, actor: Actor, number: int) -> Shown:
    """What is known about a recording, with everything checked that can be.

    Args:
        practice: the open vault.
        actor: who asks.
        number: the recording's, ``1042``.

    Raises:
        Refused: the actor may not search.
        NotFound: there is no such recording.
        Tampered: its columns, its metadata or its sealed file are not as they were sealed.
    """
    with attempt(practice, actor, "recording.shown"):
        check_may(actor.person, Power.SEARCH, on=today(practice))
        with reading(practice.engine) as connection:
            uid = find_recording(connection, number).uid
    seq = record(practice, actor, "recording.shown", subject=[uid])
    with attempt(practice, actor, "recording.shown", subject=[uid]):
        with reading(practice.engine) as connection:
            row = find_recording(connection, number)
            opened = Opening(practice, actor, connection).checked(row)
        _check_file(practice, row)
    provenance = tuple(_source(said) for said in opened.fields["provenance"])
    return Shown(ShownCall.of(opened, masked=True), provenance, seq)


def _check_file(practice: Practice, row: Row[Any]) -> None:
    try:
        practice.store.check(row.ciphertext)
    except NotFound as error:
        raise Tampered(f"the sealed file of recording {row.id} is missing") from error
    except Tampered as error:
        raise Tampered(f"the sealed file of recording {row.id} is not as it was sealed") from error


def _source(said: Mapping[str, Any]) -> Source:
    name = said["name"]
    # What is no UTF-8 has no letter to show.
    text = name if isinstance(name, str) else "?"
    return Source(mask_name(text), said["modified_at"])
