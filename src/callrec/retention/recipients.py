"""Who received releases of recordings that are destroyed: each is to be told [UK GDPR 19]."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from callrec.catalogue.requests import all_requests
from callrec.requests.history import outline_of, read_outlines
from callrec.requests.open import read_request
from callrec.requests.packages import read_releases, words_for

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import date

    from sqlalchemy import Connection

    from callrec.practice import Actor, Practice


@dataclass(frozen=True, slots=True, repr=False)
class Recipient:
    """Who has a package with one of the recordings in it. Its repr shows nothing."""

    request: str
    """``R-17``: under which it was released."""
    release: str
    """Its id, 32 hex digits."""
    recordings: tuple[int, ...]
    """Numbers of those that are destroyed."""
    released_on: date
    to_whom: str
    """As it was said when it was handed over; empty where nobody said."""


def recipients_of(
    practice: Practice, actor: Actor, connection: Connection, recordings: Mapping[str, int]
) -> tuple[Recipient, ...]:
    """Every package with one of these recordings in it, in the order of requests and releases.

    Args:
        practice: the open vault.
        actor: can open the requests, as whoever may search or decide can.
        connection: sees one state of the catalogue throughout.
        recordings: uid -> number.

    Raises:
        Refused, Locked: a request is not the actor's to read.
        Tampered: what was said of a release is not what the log commits to.
    """
    found, makings = [], read_outlines(connection)
    for row in all_requests(connection):
        if not recordings.keys() & {*outline_of(makings, row).uids}:
            continue
        request = read_request(practice, actor, connection, f"R-{row.number}")
        words = words_for(practice, actor, connection, request)
        for release in read_releases(request.history, words):
            held = sorted({*release.delivered.subject} & recordings.keys())
            said = release.handed_over[-1].words if release.handed_over else {}
            if held:
                found.append(
                    Recipient(
                        request=request.reference,
                        release=release.id,
                        recordings=tuple(sorted(recordings[uid] for uid in held)),
                        released_on=release.released_at.astimezone(
                            practice.config.time_zone
                        ).date(),
                        to_whom=str(said.get("to_whom", "")),
                    )
                )
    return tuple(found)
