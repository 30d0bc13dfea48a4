"""What is restricted, and what corrects it: requests that took effect [UK GDPR 16, 18, 21].

Each is read from the leaves of its request, which are held against who may write them; no column
says it, so none can be changed to lift it.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping

from sqlalchemy import Connection, select

from callrec.catalogue import tables
from callrec.catalogue.engine import damaged
from callrec.catalogue.requests import reference_of
from callrec.dataclass import dataclass
from callrec.policy.purpose import RESTRICTING, TERMS, Purpose, is_for
from callrec.policy.request import RequestAct, RequestState
from callrec.policy.rights.restriction import check_not_restricted
from callrec.practice import Practice
from callrec.record.acts import done_leaves
from callrec.requests.history import read_history
from callrec.requests.rules import Rulebook, check_done_by_entitled, read_rulebook


@dataclass(frozen=True, slots=True)
class Effects:
    """What requests that took effect mean for some recordings, by uid; the others are free."""

    restricted: Mapping[str, str]
    """The reference of the request that restricts it."""
    corrected: Mapping[str, tuple[str, ...]]
    """The references of the requests that correct it, the oldest first."""


def effects_on(
    practice: Practice,
    connection: Connection,
    uids: Collection[str],
    purposes: Collection[Purpose] = (*RESTRICTING, Purpose.RECTIFICATION),
) -> Effects:
    """What requests for one of these purposes mean for these recordings, by one look at the log."""
    restricted: dict[str, str] = {}
    corrected: dict[str, tuple[str, ...]] = {}
    for purpose, request, named in _in_effect(practice, connection, purposes, {*uids}):
        reference = reference_of(connection, request)
        for uid in named:
            if TERMS[purpose].restricts:
                restricted[uid] = reference
            else:
                corrected[uid] = (*corrected.get(uid, ()), reference)
    return Effects(restricted, corrected)


def restricted_by(
    practice: Practice, connection: Connection, uids: Collection[str]
) -> Mapping[str, str]:
    """By its uid, the reference of the request that restricts a recording; the others are free."""
    return effects_on(practice, connection, uids, RESTRICTING).restricted


def check_unrestricted(
    practice: Practice, connection: Connection, purpose: Purpose, recordings: Mapping[str, int]
) -> None:
    """Check that none of these recordings, numbers by uid, is restricted for a purpose."""
    restricted = restricted_by(practice, connection, recordings)
    check_not_restricted(
        purpose,
        {recordings[uid]: by for uid, by in restricted.items()},
        has_others=len(restricted) < len(recordings),
    )


def _in_effect(
    practice: Practice, connection: Connection, purposes: Collection[Purpose], uids: set[str]
) -> Iterator[tuple[Purpose, str, set[str]]]:
    """Each request of these purposes that took effect on one of these, and on which.

    A correction stands when its request is closed; a restriction ends with that.
    """
    rules: Rulebook | None = None  # read once, where one has ended
    stands = select(tables.request.c.id).where(tables.request.c.state == RequestState.IN_EFFECT)
    unseen = {*connection.execute(stands).scalars()}
    for leaf in done_leaves(connection, [RequestAct.IN_EFFECT]):
        request, *named = leaf.subject
        unseen.discard(request)
        touched = uids & {*named}
        purpose = next((each for each in purposes if is_for(request, each)), None)
        if not touched or purpose is None:
            continue
        history = read_history(practice, connection, request)
        if history.state is not RequestState.IN_EFFECT:
            zone = practice.settings.time_zone
            rules = rules or read_rulebook(connection, practice.register, zone)
            check_done_by_entitled(history, purpose, rules)  # or anybody might have lifted it
            if TERMS[purpose].restricts:
                continue
        if leaf.seq in {each.seq for each in history.leaves}:
            yield purpose, request, touched
    if unseen:
        raise damaged("a request is in effect, and no entry that says so is found")
