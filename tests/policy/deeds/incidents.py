"""What people try with incidents: reported, told, read, added to, closed as they may not be."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any, Final

from callrec.policy.breach import (
    Closing,
    Findings,
    ReportingThreshold,
    check_closing,
    check_graver,
    check_told_on,
)
from callrec.policy.incident import (
    IncidentFacts,
    IncidentState,
    Outcome,
    check_account,
    check_may_be_notified,
    check_may_be_told_of,
    check_may_close,
    check_may_read,
    check_may_report,
    check_may_update,
    check_noticed,
    state_after,
)
from callrec.policy.purpose import Purpose
from callrec.policy.role import Role
from policy.builders import ANN, BEN, CAT, LONDON, NOW, REASON, TODAY, a_person

STAFF, MANAGER, DC = a_person(), a_person(Role.MANAGER), a_person(Role.DATA_CONTROLLER)

NOTICED = datetime(2024, 1, 1, 9, 30, tzinfo=UTC)

DUE = datetime(2024, 1, 4, 9, 30, tzinfo=UTC)

TOLD = Closing(outcome=Outcome.REPORTED, on=date(2024, 1, 3), reason=REASON)

NEED_NOT = replace(TOLD, outcome=Outcome.NOT_REPORTED)

MILD = Findings(likelihood=2, impact=5)


def an_incident(**facts: Any) -> IncidentFacts:
    said = {"reference": "I-3", "state": IncidentState.OPEN, "reporter": BEN, "told": CAT, **facts}
    return IncidentFacts(**said)


def updates(*, assesses: bool = False, **facts: Any) -> None:
    check_may_update(STAFF, an_incident(**facts), assesses=assesses, on=TODAY)


def closes(closing: Closing, findings: Findings = MILD) -> None:
    grid = ReportingThreshold(likelihood=3, impact=2)
    now = datetime(2024, 1, 8, 12, tzinfo=UTC)
    check_closing(closing, findings, grid, noticed_at=NOTICED, due_at=DUE, now=now, zone=LONDON)


DEEDS: Final[Mapping[str, Callable[[], object]]] = {
    # Reporting.
    "an intake service reports an incident": lambda: check_may_report(a_person(Role.INTAKE)),
    "what happened is told in a word": lambda: check_account("lost"),
    "an incident is noticed in the future": lambda: check_noticed(NOW + timedelta(hours=1), NOW),
    "staff are told as a line manager": lambda: check_may_be_notified(STAFF, BEN),
    "a manager is told by himself": lambda: check_may_be_notified(MANAGER, ANN),
    "a manager is told of the request of the police": lambda: check_may_be_told_of(
        MANAGER, Purpose.OUTSIDE_BODY
    ),
    # Reading and adding.
    "staff read somebody else's incident": lambda: check_may_read(STAFF, an_incident(), on=TODAY),
    "staff add to somebody else's incident": updates,
    "whoever reported an incident says how grave it is": lambda: updates(
        reporter=ANN, assesses=True
    ),
    "something is added after nothing had to be reported": lambda: updates(
        told=ANN, outcome=Outcome.NOT_REPORTED
    ),
    "nothing is added to an incident": lambda: MILD.with_more(Findings()),
    "an impact is 6": lambda: Findings(impact=6),
    "people are not told, for no reason of the law": lambda: Findings(not_told="embarrassing"),
    "people were told on no day": lambda: Findings(people_told_on="Thursday"),
    "an incident is read that was never reported": lambda: state_after(()),
    # Closing.
    "an incident is closed twice": lambda: check_may_close(
        DC, an_incident(state=IncidentState.CLOSED), on=TODAY
    ),
    "an incident is closed without a reason": lambda: closes(replace(TOLD, reason="")),
    "an incident is closed tomorrow": lambda: closes(replace(TOLD, on=date(2024, 1, 9))),
    "an incident is closed before it was noticed": lambda: closes(
        replace(TOLD, on=date(2023, 12, 31))
    ),
    "a report is late without a word why": lambda: closes(replace(TOLD, on=date(2024, 1, 5))),
    "a report is late with a word why": lambda: closes(
        replace(TOLD, on=date(2024, 1, 5), delay_reason="Christmas")
    ),
    "a report is of the last day, without the time": lambda: closes(
        replace(TOLD, on=date(2024, 1, 4))
    ),
    "a breach is not reported that nobody has assessed": lambda: closes(NEED_NOT, Findings()),
    "a breach is not reported that is likely to do harm": lambda: closes(
        NEED_NOT, Findings(likelihood=3, impact=2)
    ),
    "a breach is grave and nobody affected was told": lambda: closes(
        TOLD, Findings(likelihood=4, impact=4)
    ),
    "a closed breach turns out grave and nobody affected was told": lambda: check_graver(
        MILD, Findings(likelihood=4, impact=4), ReportingThreshold(likelihood=3, impact=2)
    ),
    "people are told of a breach tomorrow": lambda: check_told_on(
        Findings(people_told_on="2024-01-05"), noticed_on=TODAY, today=TODAY
    ),
    "a breach is not reported and not written down": lambda: closes(NEED_NOT),
    "a breach is not reported, and its remedy not written down": lambda: closes(
        NEED_NOT, replace(MILD, facts="As it was.", effects="None.")
    ),
}
