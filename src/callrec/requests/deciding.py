"""Open a request to decide it: to approve or deny it, or take an approval back [policy 4(b)]."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from callrec.catalogue.requests import find_request
from callrec.errors import Refused
from callrec.login.people import namesakes
from callrec.policy.authority import check_decides_purpose
from callrec.policy.clock_events import waits_of
from callrec.policy.purpose import TERMS
from callrec.practice import today
from callrec.requests.history import read_history
from callrec.requests.open import read_request, unopened_facts

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from callrec.practice import Actor, Practice
    from callrec.requests.model import OpenRequest


def read_to_decide(
    practice: Practice,
    actor: Actor,
    connection: Connection,
    reference: str,
    *,
    command: str = "approve",
) -> OpenRequest:
    """Open a request for somebody who decides its purpose, and runs this command.

    Whoever does not is told so under the clause that names who does; else he would only learn that
    he cannot read it. Who made it may have left and come back under another login, which no leaf
    tells: so its facts have the namesakes of its makers.

    Raises:
        NotFound: there is none.
        Refused: the actor does not decide its purpose.
        Tampered: it is not the one that was made, or a column says otherwise than the log.
    """
    row = find_request(connection, reference)
    facts = unopened_facts(row, read_history(practice, connection, row.id))
    check_decides_purpose(actor.person, facts, on=today(practice), command=command)
    request = read_request(practice, actor, connection, reference)
    same_name = namesakes(practice, actor, connection, request.facts.makers)
    return replace(request, facts=replace(request.facts, namesakes=same_name))


def check_nothing_awaited(request: OpenRequest) -> None:
    """One does not decide what one has asked about: its clock would go on waiting.

    The state alone does not tell: whatever comes unasked puts the request back to ``submitted``.

    Raises:
        Refused: something that was asked for has not come.
    """
    events = request.clock.events if request.clock else ()
    for wait in waits_of(events):
        if wait.is_open:
            raise Refused(
                f"{wait.awaited.words} was asked for and has not come",
                clause=TERMS[request.purpose].decided_under,
                hint="say when it came:"
                f" callrec request event {request.reference} {wait.awaited.came} --on DATE",
            )
