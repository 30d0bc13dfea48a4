"""Who ended a request, by the log's leaves: only whom our own commands let (docs/formats/holds.md).

What ends a request lets go what it holds. Whoever has a key can write a leaf of any act with a
program of his own, so each end is held against the rules that were asked when it was made.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from callrec.crypto.canonical import parse_instant
from callrec.errors import NotFound, Refused, Tampered
from callrec.policy.authority import RequestFacts, check_may_decide
from callrec.policy.handling import check_may_close, check_may_withdraw
from callrec.policy.hold import LIFTING
from callrec.policy.lapse import request_lapses_at
from callrec.policy.purpose import TERMS, Purpose
from callrec.policy.request import RequestAct, RequestState
from callrec.procedures.request_clock import has_clock, is_ordered

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import date, tzinfo

    from sqlalchemy import Row

    from callrec.audit.register import Register
    from callrec.policy.role import Person
    from callrec.procedures.request_log import History

_SHORTEST_DAYS: Final = 1
"""The fewest that `requests.lapse_days` may be set to: config says so, and the log does not say
to how many it was set."""


def check_ended_by_entitled(
    history: History, purpose: Purpose | None, register: Register, zone: tzinfo
) -> None:
    """Check that whatever ended a request was done by somebody who might.

    Whom it is about lies sealed, so that is not asked; whether it could lapse is for `check_lapse`.

    Args:
        history: its leaves, those at the least that made, dated, changed and ended it.
        purpose: what it is for, as its row says; None where that is missing.
        register: who might do what, and when.
        zone: the practice's, for the days of powers that were lent.

    Raises:
        Tampered: somebody ended it who might not; or it was never made, or for another purpose.
    """
    if purpose is None or history.leaves[0].act != RequestAct.CREATED:
        raise Tampered("a request was ended that was never made")
    if not has_clock(purpose) and any(leaf.act == RequestAct.RECEIVED for leaf in history.leaves):
        raise Tampered("a request was dated whose purpose has no clock")
    facts = RequestFacts(
        reference="",
        purpose=purpose,
        state=RequestState.SUBMITTED,  # in which order it went, `History.state` asks
        requester=history.requester,
        changed_by=history.changed_by,
    )
    for leaf in history.leaves:
        if leaf.act not in LIFTING:
            continue
        day = parse_instant(leaf.at).astimezone(zone).date()
        try:
            person = register.person(leaf.actor, before=leaf.seq)
            _check_may_end(leaf.act, person, facts, on=day)
        except (Refused, NotFound) as error:
            # Our own commands do not let it come to that.
            raise Tampered("a request was ended by somebody who may not") from error


def check_lapse(
    history: History,
    purpose: Purpose,
    vault: str,
    zone: tzinfo,
    *,
    dates: Mapping[int, Row[Any]],
) -> None:
    """Check that a request is for what it was dated for, and if it lapsed, that it could.

    Args:
        history: its leaves, those at the least that made, dated and ended it.
        purpose: what it is for, as its row says.
        vault: the vault's id.
        zone: the practice's.
        dates: as `request_clock.read_date_rows`.

    Raises:
        Tampered: it is for something else; or the law or a court sets its day, and it lapsed; or
            it lapsed sooner than any practice lets requests lapse.
    """
    ordered = is_ordered(vault, history, purpose, dates)
    lapsed = [event.at for event in history.events if event.act is RequestAct.LAPSED]
    if not lapsed:
        return
    made_at = history.events[0].at
    until = request_lapses_at(purpose, made_at, _SHORTEST_DAYS, zone, is_ordered=ordered)
    if until is None:
        raise Tampered("a request that lapsed has a day of the law's or a court's")
    if lapsed[0] < until:
        raise Tampered("a request lapsed sooner than any does")


def _check_may_end(act: str, person: Person, request: RequestFacts, *, on: date) -> None:
    if act == RequestAct.WITHDRAWN:
        check_may_withdraw(person, request)
    elif act == RequestAct.DENIED:
        check_may_decide(person, request, on=on)
    elif act == RequestAct.CLOSED:
        check_may_close(person, request, on=on)
    elif TERMS[request.purpose].has_statutory_clock:  # what else lapses, whoever comes next says
        raise Tampered("a request that lapsed has a day of the law's")
