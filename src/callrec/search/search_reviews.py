"""What reviewers said of searches, read back from the log [policy 4(c)].

A review counts if it is attested to be its maker's and the search was his to review then: whoever
writes into the database accepts nothing in another's name, and nobody his own.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from callrec.policy.reviews import Verdict, may_review_search
from callrec.record.acts import SEARCH, attested_of, is_reviewable, leaves_of_act
from callrec.record.details import open_details
from callrec.record.entitled import powers_then

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sqlalchemy import Connection

    from callrec.audit.leaf import Leaf
    from callrec.practice import Actor, Practice

DRAWN: Final = "searches.drawn"

REVIEWED: Final = "search.reviewed"

_VERDICTS: Final = {str(verdict): verdict for verdict in Verdict}


def read_searches(practice: Practice, connection: Connection) -> Mapping[int, Leaf]:
    """Every search that is reviewed, by its sequence, oldest first."""
    searches = leaves_of_act(connection, SEARCH)
    return {leaf.seq: leaf for leaf in searches if is_reviewable(practice.register, leaf)}


def read_verdicts(
    practice: Practice, actor: Actor, connection: Connection, searches: Mapping[int, Leaf]
) -> Mapping[int, Verdict]:
    """What was said of each of these searches; nothing of those that nobody reviewed yet.

    Raises:
        Locked: the actor does not have the audit key.
        Tampered: a review is not in the log as its maker made it.
    """
    found = {}
    for review in attested_of(practice, connection, [REVIEWED]):
        details = open_details(practice, actor, connection, review)
        search = searches.get(details.get("search", -1))
        verdict = _VERDICTS.get(details.get("verdict", ""))
        if search and verdict and _might_review(practice, connection, review, search):
            found[search.seq] = verdict
    return found


def read_shown(practice: Practice, actor: Actor, connection: Connection) -> frozenset[int]:
    """The searches that were drawn and shown to the actor."""
    own = (leaf for leaf in leaves_of_act(connection, DRAWN) if leaf.actor == actor.person.id)
    details = (open_details(practice, actor, connection, leaf) for leaf in own)
    return frozenset(seq for drawn in details for seq in drawn.get("seqs", ()))


def _might_review(practice: Practice, connection: Connection, review: Leaf, search: Leaf) -> bool:
    reviewer, day = powers_then(practice, connection).actor(review)
    searcher = practice.register.person(search.actor, before=review.seq)
    return may_review_search(reviewer, searcher, on=day)
