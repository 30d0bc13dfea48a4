"""What a request holds: matched, checked, lifted with it.

A hold covers what it names. One that nobody has matched yet covers whatever began in the time that
its request tells; one whose request describes no call covers every recording.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from datetime import datetime
from itertools import chain
from typing import Any, Final

from sqlalchemy import Connection, Row, select

from callrec.audit.leaf import Leaf
from callrec.audit.remembered import Problem
from callrec.calls.custody import OpenedRecording
from callrec.calls.find import CALLS_PER_QUERY, call_facts, find_calls_of
from callrec.catalogue import tables
from callrec.catalogue.engine import reading
from callrec.catalogue.holds import came_in_since, hold_of, holds_in_state, uids_held
from callrec.catalogue.recordings import numbers_of
from callrec.catalogue.tables import from_millis, to_millis
from callrec.dataclass import dataclass
from callrec.errors import Refused, Tampered
from callrec.holds.log import HOLDS, LoggedHold, log_covers_everything, log_matched
from callrec.login.people import logins
from callrec.policy.hold import (
    LIFTING_ACTS,
    HoldAct,
    HoldState,
    check_may_countersign_lifting,
    check_may_lift_hold,
    check_nothing_held,
)
from callrec.policy.particulars import Particulars
from callrec.policy.purpose import TERMS, Purpose
from callrec.policy.request import UNDECIDED, RequestAct, RequestState
from callrec.policy.role import Power, VaultKey, powers_of
from callrec.policy.search import described_by, matches
from callrec.policy.words import some_of
from callrec.practice import Actor, Practice, attempt, powers, record, signing
from callrec.record.acts import check_whole_catalogue, done_leaves
from callrec.record.entitled import Powers, only_by_entitled
from callrec.record.rows import check_none, unrecorded
from callrec.requests.approvals import uids_answered
from callrec.requests.covering import holds_covering
from callrec.requests.history import REQUESTS, read_versions
from callrec.requests.model import History, OpenRequest, uids_asked_for
from callrec.requests.open import read_request
from callrec.requests.rules import Rulebook, check_done_by_entitled, read_rulebook


def check_may_be_destroyed(
    practice: Practice, actor: Actor, connection: Connection, recordings: Collection[int]
) -> None:
    """Check that none of these recordings is held by anything.

    The log must have been found sound before, as by `acts.check_whole_log`.
    """
    check_holds(practice, connection)
    over = holds_covering(practice, actor, connection, recordings)
    check_nothing_held(hold for holds in over.values() for hold in holds)


def check_none_missed(
    practice: Practice, actor: Actor, connection: Connection, opened: Iterable[OpenedRecording]
) -> None:
    """Check that no request asks for one of these recordings, which no hold names.

    A hold names what a search found when it was matched, and rows of the search index may have been
    taken out just then. So what is to be destroyed is opened, and held against what is asked for.

    Raises:
        Tampered: one does.
    """
    calls = [(each, call_facts(each)) for each in opened]
    for hold in holds_in_state(connection, HoldState.PLACED):
        if hold.request is None:
            continue
        request = read_request(practice, actor, connection, f"R-{hold.request_number}")
        described = described_by(request.particulars)
        for each, call in calls:
            if to_millis(each.started_at) < hold.placed_at and any(
                matches(criteria, call, practice.settings.time_zone) for criteria in described
            ):
                raise Tampered(
                    f"{request.reference} asks for recording {each.id}, which its hold,"
                    f" H-{hold.number}, does not name: a search missed it",
                    hint="keep a copy of the vault; to ask for it, which holds it:"
                    f" callrec request gather {request.reference}",
                )


@dataclass(frozen=True, slots=True)
class ListedHold:
    """A hold as lists show it."""

    number: int
    request: str | None
    """Reference of the request that placed it."""
    state: HoldState
    placed_at: datetime
    placed_by: str
    """Login."""
    recordings: int
    """How many it names."""


def hold_of_request(practice: Practice, connection: Connection, request: str) -> ListedHold | None:
    """The hold that a request placed, lifted or not; None if its purpose places none."""
    row = hold_of(connection, request)
    if row is None:
        return None
    recordings = len(uids_held(connection, row.id))
    return listed_hold(row, logins(practice)[row.placed_by], recordings)


def listed_hold(row: Row[Any], placed_by: str, recordings: int) -> ListedHold:
    """A hold by its row, as `catalogue.holds` gives it."""
    return ListedHold(
        number=row.number,
        request=f"R-{row.request_number}" if row.request else None,
        state=row.state,
        placed_at=from_millis(row.placed_at),
        placed_by=placed_by,
        recordings=recordings,
    )


def matching_recordings(
    practice: Practice, actor: Actor, connection: Connection, particulars: Particulars
) -> tuple[Row[Any], ...]:
    """The rows of the recordings that fit what a request says, the newest first.

    Calls are opened for it: the caller has written the leaf before.
    """
    matching = find_calls_of(practice, actor, connection, described_by(particulars))
    ids = [opened.id for opened in matching]
    rows: dict[int, Row[Any]] = {}
    for start in range(0, len(ids), CALLS_PER_QUERY):
        some = tables.recording.c.id.in_(ids[start : start + CALLS_PER_QUERY])
        rows |= {row.id: row for row in connection.execute(select(tables.recording).where(some))}
    return tuple(rows[id_] for id_ in ids)


def recordings_left_out(
    practice: Practice, actor: Actor, connection: Connection, request: OpenRequest
) -> tuple[Row[Any], ...]:
    """The rows of the recordings that fit a request and are not asked for, the newest first.

    Neither by it, nor by another part of the same (`asked_for_in_parts`), nor left out on a ground.
    """
    found = matching_recordings(practice, actor, connection, request.particulars)
    known = {*request.body.uids, *left_out_uids(request)}
    left = [row for row in found if row.uid not in known and row.data_key is not None]
    if not left:
        return ()
    asked = asked_for_in_parts(practice, actor, connection, request)
    return tuple(row for row in left if row.uid not in asked)


def left_out_uids(request: OpenRequest) -> frozenset[str]:
    """Of what was gathered, the uids that the request leaves out on a ground."""
    gathering = request.body.gathering
    return frozenset(gathering.left_out if gathering else ())


def asked_for_in_parts(
    practice: Practice, actor: Actor, connection: Connection, request: OpenRequest
) -> frozenset[str]:
    """The uids that a request asks for, and every earlier or later part of the same.

    That is a request with the same particulars for the same purpose, which one makes where there
    are more recordings than a request can name. One that was closed answers what it gave, or kept
    back on a ground, and nothing else of what it asked for.
    """
    asked = {*request.body.uids}
    for row in REQUESTS.every(connection):
        if row.purpose == request.purpose and row.state not in _ENDED_UNANSWERED:
            other = read_request(practice, actor, connection, f"R-{row.number}")
            if other.particulars == request.particulars:
                answered = uids_answered(other.approvals, other.history)
                asked |= answered if row.state == RequestState.CLOSED else {*other.body.uids}
    return frozenset(asked)


_ENDED_UNANSWERED: Final = frozenset(
    {RequestState.DENIED, RequestState.WITHDRAWN, RequestState.LAPSED}
)


def check_not_counted_on(
    connection: Connection, row: Row[Any], given_up: Collection[str] | None = None
) -> None:
    """Check that no part of a request was answered without what this one no longer asks for.

    It is counted on for all that it has asked for since then: what it leaves out on a ground nobody
    has decided yet. What parts say is sealed, and who withdraws one need not be able to open it:
    here a part is one that was approved for what the other's hold names. ``given_up``: uids; None:
    all that it asks.

    Raises:
        Refused: it would be given to nobody, and nothing would hold it.
    """
    terms = TERMS[Purpose(row.purpose)]
    if not terms.is_owed_whole or row.state in _ENDED_UNANSWERED:
        return
    versions, named = read_versions(connection), defaultdict[str | None, set[str]](set)
    for request, _, uids in _matchings(connection):
        named[request].update(uids)
    approved = {
        leaf.subject[0]: leaf.seq for leaf in done_leaves(connection, (RequestAct.APPROVED,))
    }
    parts = [
        each
        for each in REQUESTS.every(connection)
        if each.purpose == row.purpose and each.state not in _ENDED_UNANSWERED
    ]
    asked = {each.id: {*uids_asked_for(versions[each.id][-1])} for each in parts}
    mine = asked.pop(row.id)
    stands = set[str]().union(*asked.values(), () if given_up is None else mine - {*given_up})
    for each in parts:
        if each.state in UNDECIDED or each.id not in approved:
            continue
        at = approved[each.id]
        decided = {*uids_asked_for(_standing(versions[each.id], at)[0])}
        counted = {*chain.from_iterable(map(uids_asked_for, _standing(versions[row.id], at)))}
        lost = (counted & named[each.id]) - decided - stands
        is_part = each.id == row.id or decided & named[row.id] or not named[row.id]
        if lost and is_part:
            raise Refused(
                f"R-{each.number} was approved without what"
                f" {'it' if each.id == row.id else f'R-{row.number}'} asks for:"
                f" {some_of(sorted(numbers_of(connection, lost).values()))}",
                clause=terms.decided_under,
                hint="it is answered by itself: who decides it runs callrec approve"
                f" R-{row.number}, or callrec deny R-{row.number}",
            )


def _standing(versions: Sequence[Leaf], at: int) -> Sequence[Leaf]:
    """The version of a request that stood at an entry of the log, and each since."""
    before = sum(leaf.seq < at for leaf in versions)
    return versions[max(before - 1, 0) :]


def is_matched(connection: Connection, request: OpenRequest) -> bool:
    """Whether somebody has looked for what a request's hold describes among all that is there."""
    hold = hold_of(connection, request.id)
    return hold is None or hold.id not in {row.id for row in _waiting(connection)}


def matching_not_asked_for(
    practice: Practice, connection: Connection, request: OpenRequest, *, since: int = 0
) -> frozenset[str]:
    """Uids of the recordings that fit a request and are not asked for by it, as its hold tells.

    Nothing is opened for it. ``since``: a leaf; those alone that were found later.
    """
    hold = hold_of(connection, request.id)
    if hold is None or not TERMS[request.purpose].is_owed_whole:
        return frozenset()
    return _named_not_asked_for(practice, connection, request, hold, since)


def found_since(
    practice: Practice, connection: Connection, request: OpenRequest, since: int
) -> int | None:
    """How many recordings match a request that were found since a leaf, and are not asked for.

    None where that is not known: it holds nothing, or nobody has looked since calls came in.
    """
    hold = hold_of(connection, request.id)
    if hold is None or not is_matched(connection, request):
        return None
    return len(_named_not_asked_for(practice, connection, request, hold, since))


def _named_not_asked_for(
    practice: Practice, connection: Connection, request: OpenRequest, hold: Row[Any], since: int
) -> frozenset[str]:
    matched = HOLDS.read(connection, practice.register, hold.id).of(HoldAct.MATCHED)
    uids = {uid for leaf in matched if leaf.seq > since for uid in leaf.subject[2:]}
    table = tables.recording.c
    kept = select(table.uid).where(table.uid.in_(uids), table.data_key.is_not(None))
    known = {*request.body.uids, *left_out_uids(request)}
    return frozenset(connection.execute(kept).scalars()) - known


def requests_to_gather(connection: Connection) -> frozenset[str]:
    """Ids of requests that were gathered, and of which more matches, or may, that came in since.

    As far as their holds tell: nothing is opened for it.
    """
    gathered: dict[str, int] = {
        leaf.subject[0]: leaf.seq for leaf in done_leaves(connection, (RequestAct.GATHERED,))
    }
    again = {row.request for row in _waiting(connection)}
    for request, seq, uids in _matchings(connection):
        if request and uids and seq > gathered.get(request, seq):
            again.add(request)
    return frozenset(request for request in gathered if request in again)


def _matchings(connection: Connection) -> Iterator[tuple[str | None, int, tuple[str, ...]]]:
    """The request of each hold, each entry that matched it, and the recordings found then."""
    of_hold = {row.id: row.request for row in HOLDS.every(connection)}
    for leaf in done_leaves(connection, (HoldAct.MATCHED,)):
        yield of_hold.get(leaf.subject[0]), leaf.seq, leaf.subject[2:]


HOLD_ACTS: Final = frozenset(map(str, (*HoldAct, *RequestAct)))
"""The acts that say how holds stand, and who was entitled to end the requests that placed them."""


def check_holds(practice: Practice, connection: Connection) -> None:
    """Check that the rows of holds are what the log's leaves say, as `check_rows_of_holds`.

    Nothing is destroyed before this. To lift a hold by hand takes `check_hold_rows` alone: how
    requests ended has no bearing on it. One of which it is on record that its leaves do not come
    to its rows holds what its rows name, which are signed for by themselves.
    """
    rules = read_rulebook(connection, practice.register, practice.settings.time_zone)
    problems = check_rows_of_holds(rules, tuple(done_leaves(connection, HOLD_ACTS)))
    check_none(unrecorded(problems, connection, practice.register))


def check_rows_of_holds(rules: Rulebook, leaves: Sequence[Leaf]) -> Iterator[Problem]:
    """Check the rows of holds, and that each request that let go of its hold could end so.

    The leaves must have been found sound before, as by `acts.check_whole_log`.
    """
    request = tables.request.c
    rows = rules.connection.execute(select(request.id, request.purpose))
    purposes = {row.id: row.purpose for row in rows}

    def could_end(history: History) -> None:
        check_done_by_entitled(history, purposes.get(history.request), rules)

    yield from check_hold_rows(rules, leaves, could_end)


def check_hold_rows(
    past_powers: Powers,
    leaves: Sequence[Leaf],
    could_end: Callable[[History], None] = lambda _: None,
) -> Iterator[Problem]:
    """Check that the rows of holds are what the leaves say (docs/formats/holds.md, 4).

    A person who can write the database could drop a row. The leaves must have been found sound
    before, as by `acts.check_whole_log`. ``could_end`` asks it of each request that let go of its
    hold.
    """
    connection, requests = past_powers.connection, REQUESTS.histories(leaves)

    def may(row: Row[Any], hold: LoggedHold) -> None:
        _check_entitled(hold, past_powers)
        if hold.request is not None and hold.of(HoldAct.LIFTED):
            history = requests.get(hold.request, History(hold.request, ()))
            _check_lifted_with(hold, history)
            could_end(history)
        if uids_held(connection, row.id) != hold.names:
            raise Tampered(f"{HOLDS.called(row)} does not name the recordings that the log says")

    yield from HOLDS.wrong(connection, leaves, may)
    held = tables.held.c
    unknown = select(held.hold).where(held.hold.not_in(select(tables.hold.c.id))).limit(1)
    if connection.execute(unknown).first() is not None:
        yield Problem(None, "a recording is held by a hold that there is not")


def _check_lifted_with(hold: LoggedHold, history: History) -> None:
    """Check that a request's hold was lifted as the request ended, and by the same person."""
    (lifted,) = hold.of(HoldAct.LIFTED)
    ends = [leaf for leaf in history.leaves if leaf.seq < lifted.seq and leaf.act in LIFTING_ACTS]
    if not ends:
        raise Tampered("a hold was lifted before its request had ended")
    if lifted.actor != ends[-1].actor:
        raise Tampered("a hold was lifted by somebody else than ended its request")


def _check_entitled(hold: LoggedHold, past_powers: Powers) -> None:
    _ = hold.state  # read once here, so that nothing is made of what cannot have happened
    # Our own commands do not let it come to that.
    with only_by_entitled("a hold was matched or lifted by somebody who may not"):
        for leaf in hold.of(HoldAct.MATCHED):
            if hold.request is None or Power.SEARCH not in powers_of(*past_powers.actor(leaf)):
                raise Tampered(f"leaf {leaf.seq} matches a hold, by somebody who may not search")
        lifted = hold.of(HoldAct.LIFTED)
        if hold.request is not None or not lifted:
            return
        if any(len(leaf.subject) > 1 for leaf in lifted):  # as a session's key may attest
            raise Tampered("a hold that was placed by hand was lifted as if by its request")
        (lifter, on), (second, then) = map(past_powers.actor, lifted)
        check_may_lift_hold(lifter, on=on)
        check_may_countersign_lifting(second, lifter=lifter.id, on=then)


MATCHING: Final = "hold.matching"
"""Act of the leaf that is there before anything is opened."""


def match_open_holds(practice: Practice, actor: Actor) -> None:
    """Match every hold that waits for it, if the actor may search; nothing is shown to them.

    The person who made its request may not be able to search. And recordings that are brought in
    later may well be of calls before it was made; of those that were there more may become known
    (docs/formats/holds.md, 3).
    """
    needed = {
        (key, version)
        for key in (VaultKey.CATALOGUE, VaultKey.INDEX)
        for version in practice.register.versions(key)
    }
    if Power.SEARCH not in powers(practice, actor) or not needed <= actor.shares.keys():
        return
    with reading(practice.engine) as connection:
        waiting = tuple(_waiting(connection))
    for hold in waiting:
        _match(practice, actor, hold)


def _match(practice: Practice, actor: Actor, hold: Row[Any]) -> None:
    subject = [hold.id, hold.request]
    record(practice, actor, MATCHING, subject=subject)
    with (
        attempt(practice, actor, HoldAct.MATCHED, subject=subject),
        signing(practice, actor) as act,
    ):
        # Somebody else may have matched or lifted it meanwhile.
        if hold.id not in {row.id for row in _waiting(act.connection)}:
            return
        reference = f"R-{hold.request_number}"
        request = read_request(practice, actor, act.connection, reference)
        if not described_by(request.particulars) and not request.recordings:
            log_covers_everything(act, actor, hold.id)
            return
        if TERMS[request.purpose].is_owed_whole:
            check_whole_catalogue(practice, act.connection)
        found = matching_recordings(practice, actor, act.connection, request.particulars)
        log_matched(act, actor, hold.id, (row.uid for row in (*request.recordings, *found)))


def _waiting(connection: Connection) -> Iterator[Row[Any]]:
    """Holds that nobody has matched, or not since recordings of earlier calls came in."""
    yield from holds_in_state(connection, HoldState.UNMATCHED)
    for row in holds_in_state(connection, HoldState.PLACED):
        if row.matched_to is not None and came_in_since(
            connection, after=row.matched_to, before=row.placed_at
        ):
            yield row
