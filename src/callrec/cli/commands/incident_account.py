"""What is reported of an incident and how it ends, as typed or asked for one by one."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from callrec.cli.options.commands import read_recording, read_request
from callrec.policy.breach import Closing
from callrec.policy.days import parse_day, parse_instant
from callrec.policy.incident import Outcome

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date, datetime

    from callrec.cli.prompts import Prompts
    from callrec.incidents.incident import IncidentReport
    from callrec.practice import Practice

_MEANINGS = {
    Outcome.REPORTED: "the Information Commissioner was told",
    Outcome.NOT_REPORTED: "it need not be reported",
}

_NONE = "none"

_NOW = "now"

_HAS_A_TIME = re.compile(r"[0-9][Tt ][0-9]")


def ask_account(
    prompts: Prompts,
    practice: Practice,
    *,
    noticed: str | None,
    what: str | None,
    tell: str | None,
    recordings: Sequence[int] | None,
    request: str | None,
) -> IncidentReport:
    """What is reported; on a terminal, what was left out is asked for.

    Raises:
        Unusable: there is no terminal, and no time or no account was given; or the time is none.
    """
    from callrec.incidents.incident import IncidentReport

    noticed = noticed or prompts.ask(
        "When was it noticed (2026-11-24T09:30, or now)", option="--noticed TIME"
    )
    what = what or prompts.ask("What happened, in a sentence", option="--what TEXT")
    manager = _asked(
        prompts, tell, "Login of your line manager (or none: the Data Controller)", "--tell USER"
    )
    if recordings is None:
        numbers = _asked(
            prompts, None, "Recordings concerned (1042 1043, or none)", "--recording ID"
        )
        recordings = [read_recording(each) for each in (numbers or "").replace(",", " ").split()]
    under = _asked(prompts, request, "Request concerned (R-17, or none)", "--request R")
    return IncidentReport(
        noticed_at=read_noticed(noticed, practice),
        what=what,
        tell=manager,
        recordings=recordings,
        request=None if under is None else read_request(under),
    )


def read_noticed(text: str, practice: Practice) -> datetime:
    """When something was noticed: a moment, or ``now``.

    Raises:
        Unusable: it is neither.
    """
    if text.casefold() == _NOW:
        return practice.now()
    hint = "type 2024-01-04T14:05, 2024-01-04T14:05:00Z or now"
    return parse_instant(text, practice.config.time_zone, hint=hint)


def ask_closing(
    prompts: Prompts,
    practice: Practice,
    *,
    outcome: Outcome | None,
    on: str | None,
    reason: str | None,
    delay_reason: str,
) -> Closing:
    """How an incident ends; on a terminal, what was left out is asked for.

    Raises:
        Unusable: there is no terminal to ask on, or the day is none.
    """
    from callrec.practice import today

    if outcome is None:
        choices = {str(each): meaning for each, meaning in _MEANINGS.items()}
        outcome = Outcome(prompts.choose("Outcome", choices, option="--outcome OUTCOME"))
    day = on or prompts.ask("On which day (or moment)", option="--on DATE")
    why = reason or prompts.ask("Reason", option="--reason TEXT")
    at = _instant(day, practice) if _HAS_A_TIME.search(day) else None
    return Closing(
        outcome=outcome,
        on=parse_day(day, today(practice)) if at is None else _day_of(at, practice),
        at=at,
        reason=why,
        delay_reason=delay_reason,
    )


def _asked(prompts: Prompts, given: str | None, what: str, option: str) -> str | None:
    """What may be left out; on a terminal it is asked for, and "none" is an answer."""
    if given is not None or not prompts.possible:
        return given
    answer = prompts.ask(what, option=option)
    return None if answer.casefold() == _NONE else answer


def _instant(text: str, practice: Practice) -> datetime:
    return parse_instant(text, practice.config.time_zone)


def _day_of(at: datetime, practice: Practice) -> date:
    return at.astimezone(practice.config.time_zone).date()
