"""What fits a new request: for who may search, a search under it [policy 4(b), 4(d)].

Others see how many recordings began then, which the catalogue tells without a key.
"""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import func, select

from callrec.calls.find import ShownCall
from callrec.catalogue import tables
from callrec.catalogue.engine import reading
from callrec.catalogue.times import to_millis
from callrec.policy.days import DayRange
from callrec.policy.particulars import UNKNOWN, Particulars
from callrec.policy.purpose import TERMS
from callrec.policy.role import Power
from callrec.policy.search import described_by
from callrec.practice import Actor, Practice, powers
from callrec.requests.ask import CreatedRequest
from callrec.requests.model import MAX_REQUEST_RECORDINGS
from callrec.search.search import search_recordings


@dataclass(frozen=True, slots=True)
class Suggested:
    """What fits a request, as far as the person who made it may know."""

    matching: int | None
    """How many, None where that is unknown; at least, where several names are looked for."""
    shown: tuple[ShownCall, ...] = ()
    """The newest first, and no more than may be shown at once or asked for."""
    may_see: bool = False
    """The person who made it may search, so ``shown`` is what there is."""


def suggest_recordings(practice: Practice, actor: Actor, made: CreatedRequest) -> Suggested:
    """What fits a request that the actor has just made.

    For people who may search it is one search under the request for each criterion, in the log
    before anything is opened, and masked as any search is.

    Raises:
        Tampered: a recording is not as it was sealed.
    """
    if Power.SEARCH not in powers(practice, actor):
        return Suggested(_began_then(practice, made.particulars))
    criteria = described_by(made.particulars)
    if not criteria:
        return Suggested(None, may_see=True)
    is_capped = TERMS[made.purpose].is_capped
    cap = practice.config.grants.review_cap if is_capped else MAX_REQUEST_RECORDINGS
    most = min(cap, practice.config.search.most_results)
    found = [
        search_recordings(
            practice, actor, criteria=each, reason=None, request=made.reference, limit=most
        )
        for each in criteria
    ]
    calls = {call.id: call for each in found for call in each.items}
    newest = sorted(calls.values(), key=lambda call: (call.started_at, call.id), reverse=True)
    matching = max(len(calls), *(each.total for each in found))
    return Suggested(matching, tuple(newest[:most]), may_see=True)


def _began_then(practice: Practice, particulars: Particulars) -> int | None:
    """How many recordings are of that day and time; None where the day is unknown."""
    if particulars.day is UNKNOWN:
        return None
    zone = practice.config.time_zone
    begins, ends = DayRange(particulars.day, particulars.day).bounds(zone)
    recording = tables.recording.c
    query = select(func.count()).where(
        recording.data_key.is_not(None),
        recording.started_at >= to_millis(begins),
        recording.started_at < to_millis(ends),
    )
    if particulars.times is not UNKNOWN:
        begins, ends = particulars.times.bounds(particulars.day, zone)
        ended_at = recording.started_at + recording.duration_ms
        query = query.where(recording.started_at < to_millis(ends), ended_at >= to_millis(begins))
    with reading(practice.engine) as connection:
        return connection.execute(query).scalar_one()
