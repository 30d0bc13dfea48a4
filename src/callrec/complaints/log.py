"""A complaint's history, its sealed versions, its rows.

A leaf is an event of a complaint if it was done, its act is one of `ComplaintAct`, the complaint
stands first in its subject, and it is attested. Each makes a version that holds what was said then,
and no more; none is ever replaced.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import suppress
from datetime import date
from typing import Any, ClassVar, Final, Literal

from sqlalchemy import Connection, Row

from callrec.audit.leaf import Leaf
from callrec.audit.remembered import Problem
from callrec.catalogue import tables
from callrec.crypto.context import context
from callrec.dataclass import dataclass
from callrec.errors import Tampered
from callrec.incidents.log import INCIDENTS, hidden_incidents
from callrec.policy.handing_over import Channel
from callrec.policy.rights.complaint import (
    ComplaintAct,
    ComplaintFacts,
    ComplaintState,
    Finding,
    check_may_add,
    check_may_answer,
    check_may_enter,
    must_be_told,
    state_after,
)
from callrec.policy.role import PersonId, VaultKey
from callrec.practice import Actor, Practice
from callrec.record.entitled import Powers, only_by_entitled, powers_then
from callrec.record.forms import Day
from callrec.record.rows import Columns, check_row
from callrec.record.versions import Versioned, VersionHistory, WholeBody, hidden_among
from callrec.requests.open import references_hidden_from

COMPLAINT_VAULT_KEYS: Final = (VaultKey.CATALOGUE, VaultKey.AUDIT)
"""People who decide read by the first, people who read the audit log by the second."""

COMPLAINT_ACTS: Final = {str(act): act for act in ComplaintAct}


@dataclass(frozen=True, slots=True)
class ComplaintHistory(VersionHistory):
    """The events of one complaint, oldest first: the leaf of each version."""

    @property
    def state(self) -> ComplaintState:
        """Where it stands."""
        return state_after(self.acts)

    @property
    def acts(self) -> tuple[ComplaintAct, ...]:
        """All that happened, oldest first."""
        return tuple(map(act_of, self.leaves))

    @property
    def concerned(self) -> tuple[PersonId, ...]:
        """The people to whom it is sealed, besides `COMPLAINT_VAULT_KEYS`."""
        return (self.entered_by,)

    def version_id(self, vault: str, version: int) -> ComplaintVersion:
        return ComplaintVersion(vault, self.id, version, self.entered_by)

    def facts_before(self, place: int, reference: str) -> ComplaintFacts:
        """What `policy.rights.complaint` decides by, as it stood before the event at that index."""
        before = state_after(self.acts[:place])
        return ComplaintFacts(reference=reference, state=before, entered_by=self.entered_by)


def act_of(leaf: Leaf) -> ComplaintAct:
    """What the leaf of an event records."""
    return COMPLAINT_ACTS[leaf.act]


def columns_of(history: ComplaintHistory) -> Columns:
    """The columns of a complaint that follow from its leaves."""
    return {"state": history.state, "entered_by": history.entered_by, "version": history.version}


def hidden_complaints(practice: Practice, actor: Actor, connection: Connection) -> frozenset[str]:
    """Ids of the complaints about a request, or an incident, of which somebody must not learn."""
    hidden = references_hidden_from(practice, actor, connection)
    if not hidden:
        return hidden
    numbers = {row.id: row.number for row in INCIDENTS.every(connection)}
    numbers |= INCIDENTS.numbers(connection)
    hidden |= {f"I-{numbers.get(i)}" for i in hidden_incidents(practice, actor, connection)}
    given = COMPLAINTS, practice, actor, connection, ComplaintBody
    return hidden_among(*given, hidden, lambda body: (body.request, body.incident))


COMPLAINTS: Final = Versioned(
    versions=tables.complaint_version,
    keys=tables.complaint_key,
    holders=COMPLAINT_VAULT_KEYS,
    table=tables.complaint,
    letter="C",
    made_by=ComplaintAct.RECEIVED,
    acts=frozenset(COMPLAINT_ACTS),
    history=ComplaintHistory,
    row_of=lambda _, history: columns_of(history),
    hidden_from=hidden_complaints,
)


def unopened_complaint(row: Row[Any], history: ComplaintHistory) -> ComplaintFacts:
    """What `policy.rights.complaint` decides by; the columns are checked, nothing is opened."""
    check_row(row, columns_of(history), COMPLAINTS.called(row))
    return history.facts_before(history.version, f"C-{row.number}")


def check_complaint_rows(powers: Powers, done: Iterable[Leaf]) -> Iterator[Problem]:
    """Each complaint's columns are what its leaves come to, of what was done; none is missing.

    The people who entered, added to or answered one were entitled to.
    """

    def may(row: Row[Any], history: ComplaintHistory) -> None:
        _check_entitled(powers, history)
        received_on(row)

    yield from COMPLAINTS.wrong(powers.connection, done, may)


def received_on(row: Row[Any]) -> date:
    """The day of receipt as the row has it."""
    day = None
    with suppress(TypeError, ValueError):
        day = date.fromisoformat(row.received_on)
    if day is None or day.isoformat() != row.received_on:
        raise Tampered("a day in the catalogue is in no calendar")
    return day


def _check_entitled(powers: Powers, history: ComplaintHistory) -> None:
    with only_by_entitled("a complaint was entered by somebody who may not"):
        check_may_enter(powers.actor(history.leaves[0])[0])
    for place, leaf in enumerate(history.leaves[1:], 1):
        facts, (person, on) = history.facts_before(place, ""), powers.actor(leaf)
        with only_by_entitled(f"the history of a complaint has {leaf.act} by somebody who may not"):
            if act_of(leaf) is ComplaintAct.ANSWERED:
                check_may_answer(person, facts, on=on)
            else:
                check_may_add(person, facts, act_of(leaf), on=on)


@dataclass(frozen=True, slots=True, repr=False)
class OpenComplaint:
    """A complaint as it stands, opened and checked, with all its versions. Shows nothing."""

    id: str
    facts: ComplaintFacts
    history: ComplaintHistory
    versions: tuple[ComplaintBody, ...]
    """Oldest first, each made by the leaf of the history in the same place."""

    @property
    def receipt(self) -> ComplaintBody:
        """The first version: what was entered when it came."""
        return self.versions[0]

    @property
    def reference(self) -> str:
        return self.facts.reference

    def said(self, act: ComplaintAct) -> ComplaintBody | None:
        """The version that an act made which happens once; None where it has not happened."""
        found = zip(self.history.leaves, self.versions, strict=True)
        return next((body for leaf, body in found if act_of(leaf) is act), None)


def read_complaint(
    practice: Practice, actor: Actor, connection: Connection, reference: str
) -> OpenComplaint:
    """Open a complaint by any key of the actor's to which it is sealed.

    Whether they may is not asked: `check_may_read` comes first.
    """
    row = COMPLAINTS.find(connection, reference)
    history = COMPLAINTS.read(connection, practice.register, row.id)
    facts = unopened_complaint(row, history)
    try:
        versions = COMPLAINTS.opened(actor, connection, ComplaintBody, history.made(practice.vault))
        for leaf, body in zip(history.leaves, versions, strict=True):
            _check_form(act_of(leaf), body)
    except Tampered as error:
        raise Tampered(
            f"complaint {reference} does not open: {error.message}",
            hint="tell the Data Controller; enter what is known of it anew:"
            " callrec complaint receive",
        ) from error
    if (row.number, row.received_on) != (versions[0].number, versions[0].on.isoformat()):
        raise Tampered(f"a column of complaint {reference} is not what was sealed with it")
    _check_entitled(powers_then(practice, connection), history)
    return OpenComplaint(row.id, facts, history, versions)


def _check_form(act: ComplaintAct, body: ComplaintBody) -> None:
    """A version says what belongs to its act, and nothing else."""
    is_receipt = act is ComplaintAct.RECEIVED
    names_both = bool(body.complainant and body.contact)
    links = body.complainant or body.contact or body.request or body.incident
    if names_both is not is_receipt or (links and not is_receipt):
        raise Tampered("its receipt is told in another place")
    if bool(body.finding) is not (act is ComplaintAct.ANSWERED):
        raise Tampered("its outcome is told in another place")
    if not body.how and must_be_told(act, body.finding or None):
        raise Tampered("it is not told how it came or went")


@dataclass(frozen=True, slots=True)
class ComplaintVersion:
    """Which version of which complaint: what its sealing and its digest are bound to."""

    vault: str
    complaint: str
    version: int
    entered_by: str
    """Id of who entered it."""

    called: ClassVar = "a complaint"

    @property
    def context(self) -> bytes:
        return context("complaint", self.vault, complaint=self.complaint, version=self.version)

    @property
    def people(self) -> tuple[str, ...]:
        return (self.entered_by,)


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class ComplaintBody(WholeBody):
    """One version of a complaint, as it is sealed. Its repr shows nothing."""

    on: Day
    """The day of the practice on which it came, was acknowledged, moved on or was answered."""
    how: Channel | Literal[""]
    """How it came, or how the complainant was told; empty where they were not told of progress."""
    what: str
    """What is complained of, was done, or was found; of an acknowledgement it may be empty."""
    finding: Finding | Literal[""] = ""
    """The outcome's finding; empty for every other act."""
    complainant: str = ""
    """Who complains, by name; like all below it, of the receipt alone."""
    contact: str = ""
    """Where they are written to."""
    request: str = ""
    """``R-17``, if it is about a request; else empty."""
    incident: str = ""
    """``I-3``, if it is about an incident; else empty."""

    @property
    def columns(self) -> Columns:
        return {"received_on": self.on.isoformat()}
