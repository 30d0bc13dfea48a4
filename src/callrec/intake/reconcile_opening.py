"""Open recordings for a reconciliation, as far as it asks of them."""

from __future__ import annotations

from dataclasses import dataclass
from posixpath import basename
from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import select

from callrec.calls.records import sealed_legs
from callrec.catalogue import tables
from callrec.errors import Tampered
from callrec.telephone.call import Direction, TimeConfidence
from callrec.telephone.joining_facts import RecordingFacts
from callrec.telephone.reconciling import HeldRecording

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from sqlalchemy import Connection

    from callrec.calls.custody import OpenedRecording, Opening
    from callrec.telephone.records.lines import Leg

_AT_ONCE: Final = 500
"""Recordings that are read with one query."""

_UNHEARD: Final = ("silent", "truncated")
"""Findings of a sound of which nothing, or not all, can be heard."""


@dataclass(frozen=True, slots=True)
class HeldCopy:
    """A recording, with what was joined to it when it came in."""

    recording: HeldRecording
    sealed: tuple[Leg, ...]


def open_copies(
    opening: Opening,
    connection: Connection,
    begin: int,
    end: int,
    *,
    look: Callable[[Sequence[OpenedRecording]], None],
    advance: Callable[[int], None],
) -> Iterator[HeldCopy]:
    """The recordings that began from ``begin`` on and before ``end``, in milliseconds since 1970.

    Args:
        opening: opens them.
        connection: to the catalogue.
        begin: the first moment.
        end: the moment after the last.
        look: is given some of them at a time, as they are opened.
        advance: is told how many more were opened.

    Raises:
        Locked: the actor does not have the catalogue key.
        Tampered: one is not as it was sealed.
    """
    table = tables.recording
    then = (table.c.started_at >= begin) & (table.c.started_at < end)
    some = select(table).where(then, table.c.data_key.is_not(None))  # of others, a stub is left
    rows = connection.execute(some.order_by(table.c.started_at)).all()
    opening.look_up(rows)
    for start in range(0, len(rows), _AT_ONCE):
        chunk = rows[start : start + _AT_ONCE]
        every = list(opening.each_checked(chunk))
        look(every)
        for opened in every:
            yield HeldCopy(_held(opened), tuple(sealed_legs(opened.fields)))
        advance(len(chunk))


def _held(opened: OpenedRecording) -> HeldRecording:
    fields = opened.fields
    try:
        facts = RecordingFacts(
            unique_id=fields["unique_id"],
            names=_names(fields),
            # Some names say the outside party's number, and not which end it was.
            numbers=tuple(
                {fields[end]: None for end in ("caller", "callee", "number") if fields[end]}
            ),
            extension=fields["extension"],
            started_at=opened.started_at,
            duration_ms=fields["duration_ms"],
            time_confidence=TimeConfidence(fields["time_confidence"]),
        )
        return HeldRecording(
            id=opened.id,
            facts=facts,
            direction=Direction(fields["direction"]),
            number=fields["number"],
            unheard=tuple(word for word in _UNHEARD if word in fields["findings"]),
        )
    except ValueError as error:
        raise Tampered(f"the metadata of recording {opened.id} is not in its form") from error


def _names(fields: Mapping[str, Any]) -> tuple[str, ...]:
    """What its files were called, without folders; a name that is no text joins nothing."""
    paths = (said["name"] for said in fields["provenance"])
    return tuple(dict.fromkeys(basename(path) for path in paths if isinstance(path, str)))
