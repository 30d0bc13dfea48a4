"""Searches drawn at random and reviewed afterwards [policy 4(c)].

Some searches without a request, and some that were refused, are drawn by lot and shown with what
was looked for and why; the reviewer accepts or queries each. The log says which were drawn before
they are opened. A review counts if it is attested to be its maker's and they could review that
search then: nobody who writes into the database can accept a search in another's name, and nobody
their own.
"""

from __future__ import annotations

import secrets
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from math import ceil
from typing import Any, Final

from sqlalchemy import Connection

from callrec.archive.owed import erased_details_by_leaf
from callrec.audit.attested import attested_leaves
from callrec.audit.leaf import Leaf, Outcome
from callrec.audit.log import DAMAGED_DETAILS, UNREADABLE_DETAILS
from callrec.catalogue.engine import reading
from callrec.crypto.canonical import parse_instant
from callrec.dataclass import asdict, dataclass, field
from callrec.errors import NotFound, Tampered, Unusable
from callrec.login.people import logins
from callrec.policy.authority import check_may
from callrec.policy.reviews import (
    ReviewVerdict,
    check_may_review_search,
    check_verdict,
    check_was_shown,
    may_review_search,
)
from callrec.policy.role import Power, Role
from callrec.practice import Actor, Practice, attempt, record, signing, today
from callrec.record.acts import ANSWERED, SEARCH, attested_of, is_reviewable, leaves_of_act
from callrec.record.entitled import powers_then
from callrec.record.versions import find_details_if_sound
from callrec.requests.open import hidden_from

COUNTED: Final = "searches.counted"

DRAWN: Final = "searches.drawn"

REVIEWED: Final = "search.reviewed"

_VERDICTS: Final = {str(verdict): verdict for verdict in ReviewVerdict}


@dataclass(frozen=True, slots=True)
class Sample:
    """How many to draw: a percentage, and ``count`` at least."""

    count: int
    percent: int

    def of(self, waiting: int) -> int:
        """How many to draw of those that wait."""
        return min(waiting, max(self.count, ceil(waiting * self.percent / 100)))


@dataclass(frozen=True, slots=True, repr=False)
class DrawnSearch:
    """A search as its reviewer sees it. Its repr shows nothing."""

    seq: int
    """Its leaf."""
    at: datetime
    user: str
    """Login."""
    role: Role
    """Their role at the time."""
    refused: bool
    criteria: Mapping[str, Any]
    reason: str | None
    request: str | None
    """That a refused search was to stand under, or that is not about the person looked at."""
    found: int | None
    """None if it was refused, or broke off."""
    why: str | None
    """Why it was refused."""


@dataclass(frozen=True, slots=True)
class Searcher:
    """What one person searched without a request, counted."""

    user: str
    searches: int
    refused: int
    reviewed: int
    queried: int


@dataclass(frozen=True, slots=True, repr=False)
class DrawnSearches:
    """What was drawn, and how much there was to draw from. Its repr shows nothing."""

    items: tuple[DrawnSearch, ...]
    """Oldest first."""
    waiting: int
    """How many are for this reviewer and not reviewed yet, those drawn included."""
    people: tuple[Searcher, ...]
    """Everybody who searched, most first."""
    erased: Mapping[int, str] = field(default_factory=dict)
    """Searches that wait but cannot be drawn, as their details went with a recording that was
    destroyed: the certificate of each, ``C-1``."""
    spoiled: tuple[int, ...] = ()
    """Entries whose details are not those they commit to: searches, answers and reviews."""


@dataclass(frozen=True, slots=True)
class SearchReview:
    """The verdict on one search."""

    verdict: ReviewVerdict
    reason: str | None = None


def draw_searches(
    practice: Practice, actor: Actor, sample: Sample, *, since: datetime | None
) -> DrawnSearches:
    """Draw searches by lot, of those from ``since`` on, and open them.

    Raises:
        Refused: the actor may not read the audit log.
        Locked: it takes their password.
        Tampered: a search is not in the log as its searcher made it.
    """
    _begin(practice, actor)
    opened = _Details(practice, actor)
    with reading(practice.engine) as connection:
        every = read_searches(practice, connection, hidden_from(practice, actor, connection))
        verdicts = read_verdicts(practice, opened, connection, every)
        gone = erased_details_by_leaf(practice, connection)
    searches = [leaf for leaf in every.values() if since is None or since <= parse_instant(leaf.at)]
    waiting, day = list[int](), today(practice)
    for leaf in searches:
        if leaf.seq not in verdicts:
            searcher = practice.register.person(leaf.actor)
            waiting += [leaf.seq] if may_review_search(actor.person, searcher, on=day) else []
    erased = {seq: gone[seq] for seq in waiting if seq in gone}
    waiting = [seq for seq in waiting if seq not in gone]
    seqs = sorted(secrets.SystemRandom().sample(waiting, sample.of(len(waiting))))
    if seqs:
        record(practice, actor, DRAWN, details={"seqs": seqs})
    with reading(practice.engine) as connection:
        items = tuple(_opened(practice, opened, connection, seqs))
    people = _counted(practice, searches, verdicts)
    return DrawnSearches(items, len(waiting), people, erased, tuple(sorted(opened.spoiled)))


@dataclass(frozen=True, slots=True)
class _Details:
    """Opens the details of leaves; what somebody spoiled is noted, and takes no list away."""

    practice: Practice
    actor: Actor
    spoiled: set[int] = field(default_factory=set)

    def of(self, connection: Connection, leaf: Leaf) -> Mapping[str, Any]:
        """What a leaf commits to; nothing where there is none, or where it was spoiled."""
        found = find_details_if_sound(self.practice, self.actor, connection, leaf)
        if found is DAMAGED_DETAILS:
            self.spoiled.add(leaf.seq)
            return {}
        return found or {}


def review_searches(
    practice: Practice, actor: Actor, reviews: Mapping[int, SearchReview]
) -> Mapping[int, int]:
    """Put reviews of searches into the log; returns the leaf of each review by its search.

    Raises:
        Refused: a search is the actor's own or was not shown to them, or a query has no reason.
        NotFound: a leaf is not a search that is reviewed.
        Unusable: one is reviewed already.
        Locked: it takes the actor's password.
    """
    _begin(practice, actor)
    with (
        attempt(practice, actor, REVIEWED, details={"searches": sorted(reviews)}),
        signing(practice, actor) as act,
    ):
        searches = _checked(practice, actor, act.connection, reviews)
        return {
            leaf.seq: act.leaf(
                REVIEWED,
                actor=actor.person.id,
                subject=[leaf.actor],
                details={"search": leaf.seq, **asdict(reviews[leaf.seq])},
            )
            for leaf in searches
        }


def _begin(practice: Practice, actor: Actor) -> None:
    """Earlier reviews are sealed too, and this is the leaf before they are opened."""
    with attempt(practice, actor, COUNTED):
        check_may(actor.person, Power.READ_AUDIT, on=today(practice))
    record(practice, actor, COUNTED)


def _opened(
    practice: Practice, opened: _Details, connection: Connection, seqs: Sequence[int]
) -> Iterator[DrawnSearch]:
    called = logins(practice)
    for leaf in attested_leaves(connection, practice.register, seqs):
        # A search that callrec logged has details. Without any, somebody took them away, as audit
        # verify says, or sealed nothing with a program of their own.
        details = opened.of(connection, leaf) or UNREADABLE_DETAILS
        if leaf.seq in opened.spoiled:
            continue
        refused = leaf.outcome is Outcome.REFUSED
        yield DrawnSearch(
            seq=leaf.seq,
            at=parse_instant(leaf.at),
            user=called[leaf.actor],
            role=practice.register.person(leaf.actor, before=leaf.seq).role,
            refused=refused,
            criteria=details.get("criteria", details if details is UNREADABLE_DETAILS else {}),
            reason=details.get("reason"),
            request=details.get("request"),
            found=None if refused else _found(opened, connection, leaf),
            why=details.get("why"),
        )


def _found(opened: _Details, connection: Connection, search: Leaf) -> int | None:
    """How many calls a search found, as the leaf of its answer says."""
    answers = leaves_of_act(connection, ANSWERED, after=search.seq)
    own = (leaf for leaf in answers if leaf.actor == search.actor)
    details = (opened.of(connection, leaf) for leaf in own)
    return next((each.get("found") for each in details if each.get("search") == search.seq), None)


def _counted(
    practice: Practice, searches: Sequence[Leaf], verdicts: Mapping[int, ReviewVerdict]
) -> tuple[Searcher, ...]:
    called, every = logins(practice), Counter(leaf.actor for leaf in searches)
    refused = Counter(leaf.actor for leaf in searches if leaf.outcome is Outcome.REFUSED)
    reviewed = Counter(leaf.actor for leaf in searches if leaf.seq in verdicts)
    queried = Counter(
        leaf.actor for leaf in searches if verdicts.get(leaf.seq) is ReviewVerdict.QUERIED
    )
    return tuple(
        Searcher(called[who], count - refused[who], refused[who], reviewed[who], queried[who])
        for who, count in every.most_common()
    )


def _checked(
    practice: Practice, actor: Actor, connection: Connection, reviews: Mapping[int, SearchReview]
) -> tuple[Leaf, ...]:
    opened = _Details(practice, actor)
    searches = read_searches(practice, connection, hidden_from(practice, actor, connection))
    earlier = read_verdicts(practice, opened, connection, searches)
    shown = read_shown(opened, connection)
    for seq, review in reviews.items():
        if seq not in searches:
            raise NotFound(
                f"entry {seq} of the audit log is no search to be reviewed",
                hint="callrec audit review-searches draws some and shows them",
            )
        searcher = practice.register.person(searches[seq].actor)
        check_may_review_search(actor.person, searcher, on=today(practice))
        if seq in earlier:
            raise Unusable(f"the search of entry {seq} is reviewed already", hint="leave it out")
        check_was_shown(seq, shown)
        opened.of(connection, searches[seq])
        if seq in opened.spoiled:
            raise Tampered(f"the details of entry {seq} are not those it commits to")
        check_verdict(review.verdict, review.reason)
    return attested_leaves(connection, practice.register, sorted(reviews))


def read_searches(
    practice: Practice, connection: Connection, hidden: frozenset[str] = frozenset()
) -> Mapping[int, Leaf]:
    """Every search that is reviewed, by its sequence, oldest first; of no ``hidden`` request."""
    searches = leaves_of_act(connection, SEARCH)
    found = {leaf.seq: leaf for leaf in searches if is_reviewable(practice.register, leaf)}
    return {seq: leaf for seq, leaf in found.items() if hidden.isdisjoint(leaf.subject)}


def read_verdicts(
    practice: Practice, opened: _Details, connection: Connection, searches: Mapping[int, Leaf]
) -> Mapping[int, ReviewVerdict]:
    """The newest verdict on each of these searches that was reviewed."""
    found = {}
    for review in attested_of(practice, connection, [REVIEWED]):
        details = opened.of(connection, review)
        search = searches.get(details.get("search", -1))
        verdict = _VERDICTS.get(details.get("verdict", ""))
        if not search or not verdict:
            continue
        reviewer, day = powers_then(practice, connection).actor(review)
        searcher = practice.register.person(search.actor, before=review.seq)
        if may_review_search(reviewer, searcher, on=day):
            found[search.seq] = verdict
    return found


def read_shown(opened: _Details, connection: Connection) -> frozenset[int]:
    """The searches that were drawn and shown to the actor."""
    drawn_by = opened.actor.person.id
    own = (leaf for leaf in leaves_of_act(connection, DRAWN) if leaf.actor == drawn_by)
    details = (opened.of(connection, leaf) for leaf in own)
    return frozenset(seq for drawn in details for seq in drawn.get("seqs", ()))
