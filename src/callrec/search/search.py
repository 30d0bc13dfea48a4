"""Search for a reason or under a request, never to browse [policy 4(c)].

What is asked for, and why, is in the audit log before anything is opened; how much was found,
before it is shown. The index proposes calls; each is opened and decided on by what is sealed there.
What fits a new request is searched for under it; people who may not search see how many recordings
began then, which the catalogue tells without a key [policy 4(b), 4(d)].
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from contextlib import suppress
from typing import TYPE_CHECKING, Any, Unpack

from sqlalchemy import func, select

from callrec.calls.find import ShownCall, find_calls_of
from callrec.catalogue import tables
from callrec.catalogue.engine import reading
from callrec.catalogue.tables import to_millis
from callrec.dataclass import dataclass
from callrec.errors import NotFound, Refused
from callrec.policy.authority import check_may
from callrec.policy.clause import Clause
from callrec.policy.handling import is_shown_in_full
from callrec.policy.particulars import UNKNOWN, Particulars
from callrec.policy.purpose import TERMS
from callrec.policy.request import ENDED_STATES
from callrec.policy.role import Power
from callrec.policy.search import Criteria, Why, check_not_browsing, described_by
from callrec.policy.words import in_words
from callrec.practice import Actor, Practice, attempt, powers, record, today
from callrec.requests.covering import shown_calls
from callrec.requests.standing import read_lapse_facts, state_now

if TYPE_CHECKING:
    from callrec.requests.ask import CreatedRequest  # loads much


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
    criteria: Sequence[Criteria],
    limit: int | None,
    **why: Unpack[Why],
) -> SearchResult:
    """Find the calls that meet one of the criteria.

    It takes a reason, in a sentence, or the reference of the open request that it is done for,
    ``R-17``. At most ``limit`` are shown, and never more than the settings allow.

    Raises:
        Refused: the actor may not search, or it would be browsing, or the request is at its end.
        NotFound: there is no such request.
        Locked: the actor does not have the catalogue or the index key.
        Tampered: a recording is not as it was sealed.
    """
    most = practice.settings.search.most_results
    return _find(practice, actor, criteria, most=min(limit or most, most), **why)


def _find(
    practice: Practice,
    actor: Actor,
    criteria: Sequence[Criteria],
    *,
    reason: str | None = None,
    request: str | None,
    most: int,
) -> SearchResult:
    details = {"criteria": _logged(criteria), "reason": reason, "request": request}
    named = request_named(practice, actor, request)
    with attempt(practice, actor, "search", subject=named, details=details):
        check_may(actor.person, Power.SEARCH, on=today(practice))
        widest = practice.settings.search.widest_window_days
        for each in criteria:
            check_not_browsing(each, reason=reason, request=request, widest_window=widest)
        subject = [searched_under(practice, actor, request)] if request is not None else []
    seq = record(practice, actor, "search", subject=subject, details=details)
    with (
        attempt(practice, actor, "search.answered", subject=subject, details={"search": seq}),
        reading(practice.engine) as connection,
    ):
        masked, found = True, find_calls_of(practice, actor, connection, criteria)
        if request is not None:
            from callrec.requests.open import read_request  # noqa: PLC0415  # loads much

            opened_request = read_request(practice, actor, connection, request)
            masked = not is_shown_in_full(actor.person, opened_request.facts, on=today(practice))
        items = shown_calls(practice, actor, connection, found[:most], masked=masked)
    answer = {"found": len(found), "search": seq, "shown": len(items)}
    record(practice, actor, "search.answered", subject=subject, details=answer)
    return SearchResult(items, len(found), masked, seq)


def request_named(practice: Practice, actor: Actor, reference: str | None) -> tuple[str, ...]:
    """The id of the request that a search names, so that whom it is kept from reads no refusal."""
    from callrec.requests.open import find_visible  # noqa: PLC0415  # as below

    if reference is not None:
        with reading(practice.engine) as connection, suppress(NotFound):
            return (str(find_visible(practice, actor, connection, reference).id),)
    return ()


def searched_under(practice: Practice, actor: Actor, reference: str) -> str:
    """The id of a request that a search may stand under.

    Raises:
        NotFound: there is no such request.
        Refused: it is at its end.
    """
    from callrec.requests.open import find_visible  # noqa: PLC0415  # what opens requests: 60 ms

    with reading(practice.engine) as connection:
        row = find_visible(practice, actor, connection, reference)
        state = state_now(practice, row, read_lapse_facts(connection))
    # The column is held against the log when the request is opened, after the search's leaf.
    if state in ENDED_STATES:
        raise Refused(
            f"request {reference} is {in_words(state)}, and nothing is looked for under it any"
            " more",
            clause=Clause.NO_BROWSING,
            hint="say why you search with --reason, or make a new request",
        )
    return str(row.id)


def _logged(criteria: Sequence[Criteria]) -> dict[str, Any]:
    """Criteria as the audit log keeps them, sealed: those that were given, several as a list."""
    asked: defaultdict[str, list[str]] = defaultdict(list)
    for each in criteria:
        for name, value in _given(each):
            if value not in asked[name]:
                asked[name].append(value)
    return {
        name: values[0] if len(values) == 1 else values for name, values in sorted(asked.items())
    }


def _given(criteria: Criteria) -> Iterator[tuple[str, str]]:
    for name in ("direction", "extension", "number", "party", "tail"):
        if (value := getattr(criteria, name)) is not None:
            yield name, str(value)
    if criteria.withheld:
        yield "number", "withheld"
    if days := criteria.days:
        yield "from", days.first.isoformat()
        yield "to", days.last.isoformat()
    if times := criteria.times:
        yield "time_from", times.first.isoformat("minutes")
        yield "time_to", times.last.isoformat("minutes")


@dataclass(frozen=True, slots=True)
class Suggested:
    """What fits a request, as far as the person who made it may know."""

    matching: int | None
    """How many; None where that is unknown."""
    shown: tuple[ShownCall, ...] = ()
    """The newest first, and no more than may be shown at once or asked for."""
    may_see: bool = False
    """The person who made it may search, so ``shown`` is what there is."""


def suggest_recordings(practice: Practice, actor: Actor, made: CreatedRequest) -> Suggested:
    """What fits a request that the actor has just made.

    For people who may search it is a search under the request, in the log before anything is
    opened, and masked as any search is.

    Raises:
        Tampered: a recording is not as it was sealed.
    """
    if Power.SEARCH not in powers(practice, actor):
        return Suggested(_began_then(practice, made.particulars))
    criteria = described_by(made.particulars)
    if not criteria:
        return Suggested(None, may_see=True)
    found = _find(
        practice, actor, criteria, request=made.reference, most=_most_suggested(practice, made)
    )
    return Suggested(found.total, found.items, may_see=True)


def _most_suggested(practice: Practice, made: CreatedRequest) -> int:
    """How many of those that match are shown, to be attached."""
    terms, shown = TERMS[made.purpose], practice.settings.search.most_results
    return min(practice.settings.grants.review_cap if terms.is_capped else shown, shown)


def _began_then(practice: Practice, particulars: Particulars) -> int | None:
    """How many recordings are of that day and time; None where it is not one day."""
    days, zone = particulars.days, practice.settings.time_zone
    if days is UNKNOWN or len(days) > 1 or days[0].count > 1:
        return None
    begins, ends = days[0].bounds(zone)
    recording = tables.recording.c
    query = select(func.count()).where(
        recording.data_key.is_not(None),
        recording.started_at >= to_millis(begins),
        recording.started_at < to_millis(ends),
    )
    if particulars.times is not UNKNOWN:
        begins, ends = particulars.times.bounds(days[0].first, zone)
        ended_at = recording.started_at + recording.duration_ms
        query = query.where(recording.started_at < to_millis(ends), ended_at >= to_millis(begins))
    with reading(practice.engine) as connection:
        return connection.execute(query).scalar_one()
