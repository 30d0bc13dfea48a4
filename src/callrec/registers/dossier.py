"""Everything that ever happened to a request, in order [policy 4(a), 4(b)].

From the first search under it to its closing: every version of what it asks for, decisions with
their reasons, hearings and releases, and what was tried and refused. Nothing of it is ever deleted,
so there is nothing here that was not there before, and nothing that is not.
"""

from __future__ import annotations

from dataclasses import dataclass
from heapq import merge
from typing import TYPE_CHECKING, Any, Final

from callrec.audit.leaf import NOBODY, Outcome
from callrec.catalogue.engine import reading
from callrec.catalogue.requests import find_request
from callrec.crypto.canonical import parse_instant
from callrec.mail.outbox import read_messages
from callrec.policy.reviews import check_may_read_dossier
from callrec.practice import record, today
from callrec.registers.dossier_leaves import is_attested, read_dossier_leaves
from callrec.registers.dossier_told import read_entry_details
from callrec.registers.dossier_versions import read_versions
from callrec.requests.approvals import read_approvals
from callrec.requests.history import REQUESTS, read_history
from callrec.requests.lapse import attempt_on
from callrec.requests.open import can_open_with_session, read_request, sees_in_full, unopened_facts

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from sqlalchemy import Connection, Row

    from callrec.audit.leaf import Leaf
    from callrec.mail.outbox import Message
    from callrec.policy.purpose import Purpose
    from callrec.policy.request import RequestState
    from callrec.practice import Actor, Practice
    from callrec.registers.dossier_told import EntryDetails
    from callrec.registers.dossier_versions import DossierVersion

DOSSIER_READ: Final = "request.dossier"

TOLD_BY_MAIL: Final = "mail"
"""What a line is that stands in the outbox and in no leaf."""


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class DossierEntry:
    """One thing that happened. Its repr shows nothing."""

    at: datetime
    seq: int | None
    """Of its leaf; None of what was told by mail."""
    by: str | None
    """Login; None where no key was at hand."""
    role: str | None
    """What he was to the practice at that point of the log."""
    what: str
    """The act, as the log calls it."""
    outcome: str
    attested: bool | None
    """Whether it is shown to be its actor's; None of what was told by mail."""
    recordings: tuple[int, ...]
    told: Mapping[str, Any]
    """What else is known of it and may be told to the reader."""
    version: DossierVersion | None
    """Where it made one."""


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class Dossier:
    """All of it, as one person may see it. Its repr shows nothing."""

    reference: str
    purpose: Purpose
    state: RequestState
    read_at: datetime
    in_full: bool
    """The reader sees what the request says unmasked."""
    entries: tuple[DossierEntry, ...]

    @property
    def forged(self) -> int:
        """How many entries name somebody and are not shown to be his."""
        return sum(entry.attested is False and entry.by is not None for entry in self.entries)


def read_dossier(practice: Practice, actor: Actor, reference: str) -> Dossier:
    """Read the dossier of a request; the log says so first.

    Raises:
        NotFound: there is none.
        Refused: it is not the actor's to read.
        Tampered: the request or its history is not as it was written.
    """
    with attempt_on(practice, actor, DOSSIER_READ, reference):
        with reading(practice.engine) as connection:
            row = find_request(connection, reference)
            facts = unopened_facts(row, read_history(practice, connection, row.id))
        check_may_read_dossier(actor.person, facts, on=today(practice))
        record(practice, actor, DOSSIER_READ, subject=[row.id])
        with reading(practice.engine) as connection:
            return _dossier(practice, actor, connection, row)


def _dossier(practice: Practice, actor: Actor, connection: Connection, row: Row[Any]) -> Dossier:
    reference = f"R-{row.number}"
    history = read_history(practice, connection, row.id)
    request = None
    own = REQUESTS.find_key(connection, row.id, row.version, actor.person.id)
    if own or can_open_with_session(actor):
        request = read_request(practice, actor, connection, reference)
    facts = request.facts if request else unopened_facts(row, history)
    check_may_read_dossier(actor.person, facts, on=today(practice))  # now that it says about whom
    in_full = request is not None and sees_in_full(practice, actor, request)
    approvals = read_approvals(practice, connection, history)
    teller = read_entry_details(
        practice,
        actor,
        connection,
        approvals=approvals,
        history=history,
        request=request if in_full else None,
    )
    versions = read_versions(connection, history, request, in_full=in_full)
    leaves = read_dossier_leaves(practice, actor, connection, request=row.id, reference=reference)
    entries = (_entry(teller, leaf, versions.get(leaf.seq)) for leaf in leaves)
    mails = (_mail(teller, each) for each in read_messages(connection, about=reference))
    return Dossier(
        reference=reference,
        purpose=facts.purpose,
        state=facts.state,
        read_at=practice.now(),
        in_full=in_full,
        entries=tuple(merge(entries, mails, key=lambda entry: entry.at)),
    )


def _entry(teller: EntryDetails, leaf: Leaf, version: DossierVersion | None) -> DossierEntry:
    nobody = leaf.actor == NOBODY
    voucher = teller.practice.register.voucher(leaf.actor, before=leaf.seq)
    return DossierEntry(
        at=parse_instant(leaf.at),
        seq=leaf.seq,
        by=None if nobody else teller.called[leaf.actor],
        role=str(voucher.person.role) if voucher else None,
        what=leaf.act,
        outcome=str(leaf.outcome),
        attested=is_attested(teller.practice, teller.connection, leaf),
        recordings=teller.recordings(leaf),
        told=teller.told(leaf),
        version=version,
    )


def _mail(teller: EntryDetails, message: Message) -> DossierEntry:
    return DossierEntry(
        at=message.made_at,
        seq=None,
        by=None,
        role=None,
        what=TOLD_BY_MAIL,
        outcome=str(Outcome.DONE if message.taken_at else Outcome.FAILED),
        attested=None,
        recordings=(),
        told={
            "to": teller.called[message.to],
            "line": message.line,
            "tried_at": message.tried_at,
            "taken_at": message.taken_at,
        },
        version=None,
    )
