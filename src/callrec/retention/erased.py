"""Which sealed details go with a recording, and who is notified.

What a search was for, where that tells of the call: its number, the number's last digits, or
somebody who took part in it. And what lies beside leaves about the recording itself. What was said
under a request stays with the request, which is kept by a rule of its own: a practice has to be
able to say to whom it disclosed what, and why.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from datetime import date
from functools import partial
from typing import Any, Final

from sqlalchemy import Connection, func, or_, select

from callrec.audit.leaf import Leaf
from callrec.calls.custody import OpenedRecording
from callrec.calls.records import parties_named_in
from callrec.catalogue import tables
from callrec.dataclass import dataclass
from callrec.policy.words import words
from callrec.practice import Actor, Practice
from callrec.record.acts import SEARCH, leaves_of_act
from callrec.record.versions import open_details
from callrec.requests.history import REQUESTS, outline_of, read_outlines
from callrec.requests.open import read_request
from callrec.requests.packages import read_releases, words_for
from callrec.subjects.log import OpenSubject

_KEPT: Final = ("request.", "release.", "grant.", "listen", "hold.", "incident.", "complaint.")
"""How the acts begin whose details belong to a request, a hold, an incident or a complaint."""

_AT_ONCE: Final = 100


def leaves_with_details_of(
    practice: Practice,
    actor: Actor,
    connection: Connection,
    uids: Collection[str],
    opened: Sequence[OpenedRecording],
    *,
    person: OpenSubject | None = None,
) -> list[int]:
    """Sequences of the leaves whose details tell of these recordings, or of a person, in order.

    Raises:
        Tampered: details of a search do not open; ``audit resume`` puts that on record.
    """
    named = [parties_named_in(each.fields) for each in opened]
    numbers = {number for each in named for number in each.numbers}
    parties = {word for each in named for party in each.parties for word in words(party)}
    wanted, found = sorted(uids), set[int]()
    for start in range(0, len(wanted), _AT_ONCE):
        some = wanted[start : start + _AT_ONCE]
        for leaf in _having_details(connection, some):
            if set(leaf.subject) & set(some) and not leaf.act.startswith(_KEPT):
                found.add(leaf.seq)
    for leaf in leaves_of_act(connection, SEARCH):
        details = open_details(practice, actor, connection, leaf)
        is_it = _names(details, numbers, parties)
        if is_it or (person is not None and _is_of(details, person)):
            found.add(leaf.seq)
    return sorted(found)


def _having_details(connection: Connection, texts: Sequence[str]) -> Iterator[Leaf]:
    leaf = tables.leaf.c
    some = or_(*(func.instr(leaf.body, text.encode()) > 0 for text in texts))
    query = select(leaf.seq, leaf.body).join(tables.detail, tables.detail.c.seq == leaf.seq)
    for seq, body in connection.execute(query.where(some).order_by(leaf.seq)):
        yield Leaf.decode(bytes(body), seq)


def _names(details: Mapping[str, Any], numbers: Collection[str], parties: Collection[str]) -> bool:
    """Whether what was looked for tells of one of the calls."""
    asked = partial(_asked, details)
    return (
        any(number in numbers for number in asked("number"))
        or any(number.endswith(tail) for tail in asked("tail") for number in numbers)
        or any(bool(words(party)) and words(party) <= set(parties) for party in asked("party"))
    )


def _asked(details: Mapping[str, Any], name: str) -> Sequence[str]:
    """What a search asked for by that name, one or several."""
    value = details.get("criteria", {}).get(name, [])
    several = value if isinstance(value, list) else [value]
    return [each for each in several if isinstance(each, str)]


def _is_of(details: Mapping[str, Any], person: OpenSubject) -> bool:
    """Whether somebody was looked up on the register, or their record was read."""
    asked, record = partial(_asked, details), person.record
    known = {person.reference, record.nhs_number, *record.numbers} - {""}
    by = [*asked("subject"), *asked("nhs_number"), *asked("number")]
    names = words(" ".join(record.names))
    is_named = any(bool(words(name)) and words(name) <= names for name in asked("party"))
    return any(each in known for each in by) or (
        is_named and record.born_on.isoformat() in asked("born")
    )


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
    """As given when it was handed over; empty where nobody gave it."""


def recipients_of(
    practice: Practice, actor: Actor, connection: Connection, recordings: Mapping[str, int]
) -> tuple[Recipient, ...]:
    """Every package with one of these recordings in it, in the order of requests and releases."""
    found, makings = [], read_outlines(connection)
    for row in REQUESTS.every(connection):
        if not recordings.keys() & {*outline_of(makings, row).uids}:
            continue
        request = read_request(practice, actor, connection, f"R-{row.number}")
        words = words_for(practice, actor, connection, request)
        for release in read_releases(request.history, words):
            held = {*release.delivered.subject} & recordings.keys()
            if held:
                handed_over = release.handed_over[-1].words if release.handed_over else {}
                released_at = release.released_at.astimezone(practice.settings.time_zone)
                recipient = Recipient(
                    request=request.reference,
                    release=release.id,
                    recordings=tuple(sorted(recordings[uid] for uid in held)),
                    released_on=released_at.date(),
                    to_whom=str(handed_over.get("to_whom", "")),
                )
                found.append(recipient)
    return tuple(found)
