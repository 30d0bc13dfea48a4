"""Find calls by several criteria, for a reason or under a request; never browse [policy 4(c)].

What is asked for, and why, is in the audit log before anything is opened; how much was found,
before it is shown. The index proposes calls; each is opened and decided on by what is sealed there.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, Self

from sqlalchemy import select

from callrec.catalogue import tables
from callrec.catalogue.engine import reading
from callrec.catalogue.index import candidates
from callrec.catalogue.volumes import ARCHIVED, labels_of
from callrec.errors import Refused
from callrec.policy.authority import check_may
from callrec.policy.clause import Clause
from callrec.policy.criteria import CallFacts, Criteria, Direction, check_not_browsing, matches
from callrec.policy.handling import is_shown_in_full
from callrec.policy.masking import mask_name, mask_number
from callrec.policy.request import ENDED_STATES
from callrec.policy.role import Power, VaultKey
from callrec.practice import Actor, Practice, attempt, record, today, vault_key
from callrec.procedures.call_records import parties_named_in
from callrec.procedures.custody import Opening, check_clear_columns
from callrec.procedures.hold_reach import holds_covering
from callrec.procedures.states_today import read_lapse_facts, state_now

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from datetime import datetime

    from sqlalchemy import Connection

    from callrec.procedures.custody import OpenedRecording

CALLS_PER_QUERY: Final = 500
"""Candidates that are read with one query."""

DIRECTIONS: Final = {str(direction): direction for direction in Direction}


@dataclass(frozen=True, slots=True)
class ShownCall:
    """One recording as it is shown to somebody; number and parties may be masked."""

    id: int
    uid: str
    started_at: datetime
    """UTC."""
    local_time: str
    """ISO 8601 without an offset, as the telephone system wrote it."""
    time_confidence: str
    duration_ms: int
    direction: str
    extension: str | None
    number: str | None
    """None if withheld, or not read."""
    is_unread: bool
    """Whether the outside end was told, and no number could be read of it."""
    parties: tuple[str, ...]
    format: str
    size_bytes: int
    state: str
    held: bool
    """Whether a hold covers it, so that it is not destroyed."""
    sha256: str
    """Of the original, in hex."""
    volumes: tuple[str, ...]
    """Labels of the volumes that have it, where the vault has not; but for those that are lost."""

    @property
    def is_on_volumes_only(self) -> bool:
        """Whether the vault has let go of its file."""
        return self.state == ARCHIVED

    @classmethod
    def of(
        cls, opened: OpenedRecording, *, masked: bool, held: bool, volumes: tuple[str, ...] = ()
    ) -> Self:
        """What is shown of an opened recording."""
        fields = opened.fields
        number, parties = fields["number"], fields["parties"]
        if masked:
            number = None if number is None else mask_number(number)
            parties = [mask_name(party) for party in parties]
        return cls(
            id=opened.id,
            uid=opened.uid,
            started_at=opened.started_at,
            local_time=fields["local_time"],
            time_confidence=fields["time_confidence"],
            duration_ms=fields["duration_ms"],
            direction=fields["direction"],
            extension=fields["extension"],
            number=number,
            is_unread=number is None and bool(outside_end(fields)),
            parties=tuple(parties),
            format=fields["format"],
            size_bytes=fields["size_bytes"],
            state=opened.state,
            held=held,
            sha256=fields["sha256"],
            volumes=volumes,
        )


@dataclass(frozen=True, slots=True)
class SearchResult:
    """What a search found."""

    items: tuple[ShownCall, ...]
    """The newest first, and no more than may be shown at once."""
    total: int
    masked: bool
    seq: int
    """The leaf that the search stands in."""


def search_recordings(
    practice: Practice,
    actor: Actor,
    *,
    criteria: Criteria,
    reason: str | None,
    request: str | None,
    limit: int | None,
) -> SearchResult:
    """Find the calls that meet the criteria.

    Args:
        practice: the open vault.
        actor: who searches.
        criteria: what for.
        reason: why, in a sentence; may be left out under a request.
        request: reference of the open request that it is done for, ``R-17``.
        limit: show at most so many, and never more than the configuration allows.

    Raises:
        Refused: the actor may not search, or it would be browsing, or the request is at its end.
        NotFound: there is no such request.
        Locked: the actor does not have the catalogue or the index key.
        Tampered: a recording is not as it was sealed.
    """
    details = {"criteria": _told(criteria), "reason": reason, "request": request}
    with attempt(practice, actor, "search", details=details):
        check_may(actor.person, Power.SEARCH, on=today(practice))
        check_not_browsing(
            criteria,
            reason=reason,
            request=request,
            widest_window=practice.config.search.widest_window_days,
        )
        subject = _open_request(practice, actor, request) if request is not None else ()
    seq = record(practice, actor, "search", subject=subject, details=details)
    with (
        attempt(practice, actor, "search.answered", subject=subject, details={"search": seq}),
        reading(practice.engine) as connection,
    ):
        masked = not _in_full(practice, actor, connection, request)
        found = sorted(find_calls(practice, actor, connection, criteria), key=_age, reverse=True)
        shown = found[: min(limit or len(found), practice.config.search.most_results)]
        held = holds_covering(practice, actor, connection, [opened.id for opened in shown])
        archived = [opened.id for opened in shown if opened.state == ARCHIVED]
        volumes = labels_of(connection, archived)
    answer = {"found": len(found), "search": seq, "shown": len(shown)}
    record(practice, actor, "search.answered", subject=subject, details=answer)
    items = (
        ShownCall.of(
            opened, masked=masked, held=opened.id in held, volumes=volumes.get(opened.id, ())
        )
        for opened in shown
    )
    return SearchResult(tuple(items), len(found), masked, seq)


def _in_full(practice: Practice, actor: Actor, connection: Connection, request: str | None) -> bool:
    if request is None:
        return False
    from callrec.procedures.open_request import read_request  # noqa: PLC0415  # loads much

    facts = read_request(practice, actor, connection, request).facts
    return is_shown_in_full(actor.person, facts, on=today(practice))


def find_calls(
    practice: Practice, actor: Actor, connection: Connection, criteria: Criteria
) -> Iterator[OpenedRecording]:
    """Open each call that the index proposes, and give those that meet the criteria.

    Its caller has written the leaf before.

    Raises:
        Locked: the actor does not have the catalogue or the index key.
        Tampered: a recording is not as it was sealed.
    """
    versions = practice.register.versions(VaultKey.INDEX)
    keys = [vault_key(actor, VaultKey.INDEX, version) for version in versions]
    zone = practice.config.time_zone
    proposed = candidates(connection, keys, practice.vault, criteria, zone)
    for opened in _opened(Opening(practice, actor, connection), connection, proposed):
        if matches(criteria, _facts(opened), zone):
            yield opened


def _opened(
    opening: Opening, connection: Connection, proposed: Sequence[int]
) -> Iterator[OpenedRecording]:
    for start in range(0, len(proposed), CALLS_PER_QUERY):
        ids = proposed[start : start + CALLS_PER_QUERY]
        rows = connection.execute(
            select(tables.recording).where(tables.recording.c.id.in_(ids))
        ).all()
        for row, opened in zip(rows, opening.each_metadata(rows), strict=True):
            check_clear_columns(row, opened.fields)
            yield opened


def _facts(opened: OpenedRecording) -> CallFacts:
    fields, named = opened.fields, parties_named_in(opened.fields)
    return CallFacts(
        number=fields["number"],
        extension=fields["extension"],
        parties=named.parties,
        further_numbers=named.numbers,
        further_extensions=named.extensions,
        direction=DIRECTIONS.get(fields["direction"]),
        started_at=opened.started_at,
        duration_ms=fields["duration_ms"],
    )


def outside_end(fields: Mapping[str, Any]) -> str | None:
    """As it is written, where it is known which end that is."""
    end = {"inbound": "caller", "outbound": "callee"}.get(fields["direction"])
    return end and fields.get(end)


def _age(opened: OpenedRecording) -> tuple[str, int]:
    return opened.fields["started_at"], opened.id


def _open_request(practice: Practice, actor: Actor, reference: str) -> tuple[str]:
    """The id of a request that a search may stand under."""
    from callrec.procedures.readers import find_visible  # noqa: PLC0415  # what opens requests: 60 ms

    with reading(practice.engine) as connection:
        row = find_visible(practice, actor, connection, reference)
        state = state_now(practice, row, read_lapse_facts(connection))
    # The column is held against the log when the request is opened, after the search's leaf.
    if state in ENDED_STATES:
        raise Refused(
            f"request {reference} is {state}, and nothing is looked for under it any more",
            clause=Clause.NO_BROWSING,
            hint="say why you search with --reason, or make a new request",
        )
    return (row.id,)


def _told(criteria: Criteria) -> dict[str, Any]:
    """Criteria as the audit log keeps them, sealed: those that were given."""
    days, times = criteria.days, criteria.times
    told = {
        "direction": criteria.direction,
        "extension": criteria.extension,
        "from": days and days.first.isoformat(),
        "number": criteria.number,
        "party": criteria.party,
        "tail": criteria.tail,
        "time_from": times and times.first.isoformat("minutes"),
        "time_to": times and times.last.isoformat("minutes"),
        "to": days and days.last.isoformat(),
    }
    return {name: value for name, value in told.items() if value is not None}
