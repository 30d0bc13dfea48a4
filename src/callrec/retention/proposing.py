"""Make a request for disposal: of what is due, or of what came in by mistake."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import Row

from callrec.audit.log import LogTransaction
from callrec.calls.custody import Opening
from callrec.catalogue import tables
from callrec.dataclass import replace
from callrec.policy.particulars import UNKNOWN, Particulars
from callrec.policy.purpose import Purpose
from callrec.policy.request import RequestAct
from callrec.policy.retention import DisposalItem
from callrec.practice import Actor, Practice
from callrec.record.acts import next_number
from callrec.requests.ask import new_body, write_request
from callrec.requests.telling import notify_deciders


def make_disposal(
    practice: Practice,
    act: LogTransaction,
    actor: Actor,
    rows: Sequence[Row[Any]],
    retained: Mapping[str, DisposalItem],
    *,
    reason: str,
    about: str,
) -> str:
    """Make the request; returns its reference. ``retained`` has the rule of each, by uid."""
    # Anybody who can write the database can move the clear column that a due date is counted from.
    for _ in Opening(practice, actor, act.connection).each_checked(rows):
        pass
    body = new_body(
        next_number(act.connection, tables.request.c.id, RequestAct.CREATED),
        Purpose.DISPOSAL,
        Particulars(
            reason=reason,
            days=UNKNOWN,
            times=UNKNOWN,
            extensions=UNKNOWN,
            numbers=UNKNOWN,
            parties=UNKNOWN,
            about=about,
        ),
        tuple((row.uid, row.ciphertext) for row in rows),
    )
    body = replace(body, retained=retained)
    history = write_request(practice, act, actor, body)
    reference = f"R-{body.number}"
    notify_deciders(practice, act.connection, reference, body.purpose, history)
    return reference
