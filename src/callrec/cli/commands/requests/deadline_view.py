"""By when a request is answered, and why, as it is shown."""

from __future__ import annotations

import textwrap
from typing import TYPE_CHECKING, Any, Final

from callrec.policy.clock_events import Urgency, urgency

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import date

    from callrec.policy.clock_events import Deadline

_WIDTH: Final = 80

_DEADLINE_LABEL: Final = 11
"""As wide as the labels of a request (request_view)."""


def deadline_json(deadline: Deadline | None) -> dict[str, Any]:
    """As other programs read it (docs/cli.md); all null where nothing sets a day."""
    if deadline is None:
        return {
            "due_on": None,
            "target_on": None,
            "extended_due_on": None,
            "waiting_for": None,
            "why": [],
        }
    return {
        "due_on": deadline.due_on,
        "target_on": deadline.target_on,
        "extended_due_on": deadline.extended_due_on,
        "waiting_for": deadline.waiting_for,
        "why": list(deadline.why),
    }


def deadline_lines(
    deadline: Deadline | None, on: date, *, warn_days: int, is_answered: bool = False
) -> Iterator[str]:
    """As people read it on a day, a line each; none where nothing sets a day.

    What is answered does not press any more.
    """
    if deadline is None:
        return
    if deadline.due_on is not None:
        pressing = "" if is_answered else _pressing(deadline, on, warn_days)
        yield f"{'due':<{_DEADLINE_LABEL}}{deadline.due_on}{pressing}"
    if deadline.target_on is not None:
        yield f"{'target':<{_DEADLINE_LABEL}}{deadline.target_on}"
    if deadline.waiting_for is not None:
        yield f"{'awaits':<{_DEADLINE_LABEL}}{deadline.waiting_for.words}"
    for why in deadline.why:
        yield from textwrap.wrap(
            f"- {why}",
            _WIDTH,
            initial_indent=" " * _DEADLINE_LABEL,
            subsequent_indent=" " * (_DEADLINE_LABEL + 2),
            break_on_hyphens=False,
        )


def _pressing(deadline: Deadline, on: date, warn_days: int) -> str:
    match urgency(deadline, on, warn_days=warn_days):
        case Urgency.OVERDUE:
            late = (on - deadline.due_on).days if deadline.due_on else 0
            return f"  OVERDUE by {late} day{'s' if late > 1 else ''}"
        case Urgency.DUE_SOON:
            return "  due soon"
        case Urgency.IN_TIME:
            return ""
