"""People, requests and grants: valid by default, a test says only what matters to it."""

from __future__ import annotations

from datetime import UTC, date, datetime, time
from typing import Any
from zoneinfo import ZoneInfo

from callrec.policy.authority import RequestFacts
from callrec.policy.handing_over import Channel, Delivery, Handover, ReleaseFacts
from callrec.policy.hearing import GrantFacts
from callrec.policy.purpose import Purpose
from callrec.policy.request import RequestAct, RequestEvent, RequestState
from callrec.policy.role import POWERS, Delegation, Person, PersonId, Power, Role, Standing
from callrec.policy.search import CallFacts, Direction

LONDON = ZoneInfo("Europe/London")

TODAY = date(2024, 1, 4)

NOW = datetime(2024, 1, 4, 12, tzinfo=UTC)

REASON = "The caller complains that nobody rang back"

ANN, BEN, CAT, DAN = (PersonId(letter * 32) for letter in "abcd")


def a_person(
    role: Role = Role.STAFF,
    *,
    id: PersonId = ANN,  # noqa: A002 — the field's own name
    lent: Power | None = None,
    until: date = TODAY,
    standing: Standing = Standing.CONFIRMED,
) -> Person:
    delegations = (Delegation(lent, until),) if lent else ()
    return Person(id, role, POWERS[role], delegations, standing)


def a_request(purpose: Purpose = Purpose.COMPLAINT, **facts: Any) -> RequestFacts:
    known = {"state": RequestState.SUBMITTED, "requester": BEN, "made_on": TODAY}
    said = {"reference": "R-17", **known, **facts}
    return RequestFacts(purpose=purpose, **said)


def a_grant(**facts: Any) -> GrantFacts:
    lapses_at = datetime(2024, 1, 19, tzinfo=UTC)
    said = {"to": ANN, "lapses_at": lapses_at, "decided_by": frozenset({CAT}), **facts}
    return GrantFacts(**said)


def a_release(**facts: Any) -> ReleaseFacts:
    """Released at 09:30 on 2 January by ben, by letter, its passphrase by telephone."""
    said = {
        "id": "7e" * 16,
        "released_by": BEN,
        "released_at": datetime(2024, 1, 2, 9, 30, tzinfo=LONDON),
        "delivery": Delivery(Channel.LETTER, Channel.PHONE),
        "handed_over_on": None,
        "acknowledged_on": None,
        **facts,
    }
    return ReleaseFacts(**said)


def handed_over(**said: Any) -> Handover:
    """On 3 January, by letter."""
    told = {
        "on": date(2024, 1, 3),
        "clock": None,
        "channel": Channel.LETTER,
        "to_whom": "Siân O'Neill",
        **said,
    }
    if told["clock"]:
        told["clock"] = time.fromisoformat(told["clock"])
    return Handover(**told)


def a_call(**facts: Any) -> CallFacts:
    said = {
        "number": "+447700900123",
        "extension": "203",
        "parties": ("Siân O'Neill", "Reception"),
        "direction": Direction.INBOUND,
        "started_at": datetime(2024, 1, 4, 14, 5, tzinfo=UTC),
        "duration_ms": 60_000,
        **facts,
    }
    return CallFacts(**said)


def events(*acts: RequestAct) -> tuple[RequestEvent, ...]:
    return tuple(RequestEvent(act, NOW, BEN) for act in acts)
