"""A request as it is shown at a terminal."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, tzinfo
from itertools import starmap
from typing import TYPE_CHECKING, Final

from callrec.cli.invocation import Invocation, acting_person, signing_person
from callrec.cli.layout import DueSoon, Overdue, Prose
from callrec.policy.clock_events import Deadline, Urgency
from callrec.policy.days import last_day, short_date
from callrec.policy.words import in_words
from callrec.views.requests.shown import (
    approval_facts,
    deadline_facts,
    denial_facts,
    event_in_words,
    further_facts,
    gathering_facts,
    hold_in_words,
    particular_facts,
    pressing,
    recording_facts,
    release_facts,
    told_facts,
)
from callrec.views.words import as_words, local_time

if TYPE_CHECKING:
    from callrec.practice import Actor, Practice
    from callrec.requests.show import ShownRequest

_LABEL = 16
"""Columns of a label, where it is not longer."""


def reader(invocation: Invocation, practice: Practice) -> Actor:
    """Who reads a request: the open login where that is enough, else with the password."""
    from callrec.practice import reads_by_login

    actor = acting_person(invocation, practice)
    return actor if reads_by_login(practice, actor) else signing_person(invocation, practice)


def show_state(invocation: Invocation, reference: str, state: str) -> None:
    """What a request has become."""
    invocation.out.show({"id": reference, "state": state}, f"{reference} is {in_words(state)}.")


def request_lines(shown: ShownRequest, practice: Practice) -> Iterator[str]:
    """A request as people read it, a line each."""
    from callrec.practice import today

    rules = practice.settings
    zone = rules.time_zone
    yield f"{shown.reference}  {as_words(shown.purpose)}  {shown.state}"
    yield _labelled("made", f"{local_time(shown.created_at, zone)} by {shown.created_by}")
    yield from deadline_lines(
        shown.deadline,
        today(practice),
        warn_days=rules.clocks.warn_days,
        is_answered=shown.is_answered,
    )
    if shown.lapses_at:
        yield _labelled("lapses", f"after {short_date(last_day(shown.lapses_at, zone))}")
    yield from starmap(_labelled, particular_facts(shown))
    yield from _further(shown)
    if not shown.recordings:
        yield _labelled("recordings", "none yet")
    for recording in shown.recordings:
        yield from starmap(_labelled, recording_facts(recording, zone))
    yield from starmap(_labelled, gathering_facts(shown, zone))
    if shown.hold:
        yield _labelled("hold", hold_in_words(shown.hold))
    for approval in shown.approvals:
        yield from starmap(_labelled, approval_facts(approval, shown.purpose, zone))
    if shown.denial:
        yield from starmap(_labelled, denial_facts(shown.denial, zone))
    yield from _happened(shown, zone)


def _further(shown: ShownRequest) -> Iterator[str]:
    for name, text in further_facts(shown):
        label = name
        if len(name) >= _LABEL:  # on a line of its own, or it would break the column
            yield label
            label = ""
        for position, line in enumerate(text.splitlines()):
            yield _labelled("" if position else label, line)


def _happened(shown: ShownRequest, zone: tzinfo) -> Iterator[str]:
    for release in shown.releases:
        by = f"{local_time(release.at, zone)} by {release.by}"
        yield _labelled("released", f"{by}, release {release.id[:8]}")
        yield from starmap(_labelled, release_facts(release))
    for event in shown.history:
        yield _labelled("history", f"{local_time(event.at, zone)}  {event_in_words(event)}")
    for at, line in told_facts(shown, zone):
        yield _labelled("told", f"{at}  {line}")


def _labelled(label: str, value: str) -> str:
    return f"{label:<{_LABEL}}{value}" if len(label) < _LABEL else f"{label}  {value}"


_AS_IT_PRESSES: Final = {Urgency.OVERDUE: Overdue, Urgency.DUE_SOON: DueSoon, Urgency.IN_TIME: str}


def deadline_lines(
    deadline: Deadline | None, on: date, *, warn_days: int, is_answered: bool = False
) -> Iterator[str]:
    """As people read it on a day, a line each; none where nothing sets a day.

    What is answered does not press any more.
    """
    if deadline is None:
        return
    presses = pressing(deadline, on, warn_days=warn_days, is_answered=is_answered)
    for label, text in deadline_facts(deadline, on, presses):
        line = _labelled(label, text)
        yield _AS_IT_PRESSES[presses](line) if label == "due" else line
    for why in deadline.why:
        yield Prose(f"  - {why}")
