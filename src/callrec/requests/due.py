"""Which requests are to be answered by a day, and how pressing that is; nothing is opened.

While an answer is awaited the day of most of them moves on with today, so that they are never due:
what has waited for long is listed apart from them.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping
from contextlib import suppress
from datetime import date, timedelta
from functools import partial
from typing import Final

from sqlalchemy import Connection

from callrec.audit.leaf import Leaf
from callrec.catalogue.engine import reading
from callrec.crypto.statement import entries_in
from callrec.dataclass import dataclass
from callrec.errors import Tampered
from callrec.policy.clock_events import Deadline, Urgency, urgency
from callrec.policy.days import short_date
from callrec.policy.purpose import Purpose
from callrec.policy.request import ENDED_STATES, ENDING_ACTS, USED_STATES, RequestAct, RequestState
from callrec.policy.rights.grounds import Ground
from callrec.practice import Practice, today
from callrec.record.acts import done_leaves, read_unverified_statement
from callrec.requests.clock import read_deadlines
from callrec.requests.history import REQUESTS, read_outlines
from callrec.requests.model import History, event_of, uids_delivered
from callrec.requests.standing import read_lapse_facts, state_now

_UNDECIDED_OR_UNUSED: Final = frozenset(
    {RequestState.SUBMITTED, RequestState.WAITING, RequestState.APPROVED}
)

LONG_WAIT: Final = timedelta(days=28)
"""What waits longer for what was asked for is shown in `callrec status`; four weeks."""


@dataclass(frozen=True, slots=True)
class DueRequest:
    """A request that is to be answered by a day."""

    id: str
    reference: str
    purpose: Purpose
    state: RequestState
    deadline: Deadline
    urgency: Urgency

    @property
    def warning(self) -> str:
        """Of one whose deadline `is_unknown`."""
        return f"the days of {self.reference} cannot be counted: {'; '.join(self.deadline.why)}"


def read_due(practice: Practice) -> tuple[DueRequest, ...]:
    """The requests that wait for their answer and have a day for it, the soonest first.

    At the end stand those whose day is in a year whose bank holidays are not known.
    """
    on, days = today(practice), practice.settings.clocks.warn_days
    with reading(practice.engine) as connection:
        answered = answered_requests(connection)
        deadlines, ends = read_deadlines(practice, connection), read_lapse_facts(connection)
        rows = [row for row in REQUESTS.every(connection) if row.id in deadlines]
    found = [
        DueRequest(
            id=row.id,
            reference=f"R-{row.number}",
            purpose=Purpose(row.purpose),
            state=state_now(practice, row, ends),
            deadline=deadlines[row.id],
            urgency=urgency(deadlines[row.id], on, warn_days=days),
        )
        for row in rows
    ]
    waiting = (e for e in found if awaits_answer(e.state, was_answered=e.id in answered))
    return tuple(sorted(waiting, key=_soonest))


def answered_requests(connection: Connection) -> frozenset[str]:
    """Ids of the requests of which all went out that is not withheld on a ground; opens nothing.

    What is withheld because nobody has approved it may be granted later, and waits for that; so
    does what was withheld before that was taken back, as of `approvals.uids_answered`.
    """
    leaves = defaultdict[str, list[Leaf]](list)
    for leaf in done_leaves(connection, [RequestAct.DELIVERED, RequestAct.APPROVED, *ENDING_ACTS]):
        leaves[leaf.subject[0]].append(leaf)
    makings = read_outlines(connection) if leaves else {}
    found = (History(each, tuple(of_it)) for each, of_it in leaves.items() if each in makings)
    return frozenset(e.request for e in found if _went_out(connection, e, makings[e.request].uids))


def _went_out(connection: Connection, history: History, asked: Collection[str]) -> bool:
    """Whether something went out, and the rest of what was asked for is withheld on a ground.

    Not where that is in no form: its request presses on, and those who open it see why.
    """
    given = uids_delivered(history)
    left = {*asked} - given
    if not given or not left:
        return bool(given)
    with suppress(Tampered):
        said = partial(read_unverified_statement, connection)
        if approved := history.counting_approval(lambda leaf: str(said(leaf).get("for"))):
            listed = entries_in(said(approved), "withheld", "uid", "code")
            return left <= {uid for uid, code in listed if code != Ground.NOT_APPROVED}
    return False


def open_questions(connection: Connection) -> Mapping[str, Leaf]:
    """By request: what was asked last, where nothing has come since; nothing is opened."""
    leaves = done_leaves(connection, [RequestAct.ASKED, RequestAct.ANSWERED])
    newest = {leaf.subject[0]: leaf for leaf in leaves}
    return {request: leaf for request, leaf in newest.items() if leaf.act == RequestAct.ASKED}


def waiting_warnings(practice: Practice, kept: Collection[str]) -> Iterator[str]:
    """What was asked about long ago and has not been answered since, a line each.

    Not what is ``kept`` from the reader, by its reference.
    """
    with reading(practice.engine) as connection:
        asked, rows = open_questions(connection), REQUESTS.every(connection)
        deadlines, ends = read_deadlines(practice, connection), read_lapse_facts(connection)
    for row in rows:
        is_known = row.id in asked and f"R-{row.number}" not in kept
        if not is_known or state_now(practice, row, ends) in ENDED_STATES:
            continue
        since, deadline = event_of(asked[row.id]).at, deadlines.get(row.id)
        if since <= practice.now() - LONG_WAIT:
            # Where its dates are in no form, a word stands for the event.
            came = deadline.waiting_for.came if deadline and deadline.waiting_for else "EVENT"
            yield (
                f"R-{row.number} waits for an answer since"
                f" {short_date(since.astimezone(practice.settings.time_zone))}: ask again, or say"
                f" what came: callrec request event R-{row.number} {came} --on DATE"
            )


def awaits_answer(state: RequestState, *, was_answered: bool) -> bool:
    """Whether something is to be handed over or refused yet, so that its day presses.

    What was heard may have been heard by the staff alone, before they answer. Who was there lies
    sealed, so of people who came to hear it is known by the closing that they were answered.
    """
    is_left_over = state in USED_STATES and not was_answered
    return is_left_over or state in _UNDECIDED_OR_UNUSED


def _soonest(request: DueRequest) -> tuple[date, str]:
    days = (request.deadline.due_on, request.deadline.target_on)
    return min(filter(None, days), default=date.max), request.reference
