"""What the dossier of a request tells of an entry of the log, besides who did what and when.

What lies sealed beside a leaf is told to whoever reads the audit log; what was said at a decision,
to whoever the request concerns; what an approval granted and withheld stands in its statement.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import select

from callrec.audit.leaf import Outcome
from callrec.catalogue import tables
from callrec.login.people import logins
from callrec.policy.edits import format_edits, read_edits
from callrec.policy.hold import HoldAct
from callrec.policy.request import RequestAct
from callrec.record.acts import names_its_subjects
from callrec.record.details import can_open_details, open_details
from callrec.release.listen import hearing_end_leaf
from callrec.requests.clock import read_dates
from callrec.requests.history import read_words
from callrec.requests.packages import RELEASE_ACTS, release_of

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sqlalchemy import Connection

    from callrec.audit.leaf import Leaf
    from callrec.policy.edits import Edits
    from callrec.practice import Actor, Practice
    from callrec.requests.model import Approval, History, OpenRequest

_OF_THE_FORMAT: Final = frozenset({"digest", "event", "number", "purpose", "words"})
"""Members of details that say no more than the entry does anyway (docs/formats/grant.md)."""

_FIRST: Final = ("release", "on", "time", "channel", "to_whom")
"""What is told first, in this order: which package, when it was there, who has it."""


@dataclass(frozen=True, slots=True, repr=False)
class EntryDetails:
    """What may be told of a request's leaves. Its repr shows nothing."""

    practice: Practice
    actor: Actor
    connection: Connection
    called: Mapping[str, str]
    """Logins by id."""
    numbers: Mapping[str, int]
    """Of recordings, by uid."""
    said: Mapping[int, Mapping[str, Any]]
    """By the sequence of a leaf, what whoever decided or dated the request said."""
    approvals: Mapping[str, Approval]
    """By the statement that a leaf carries."""
    history: History

    def recordings(self, leaf: Leaf) -> tuple[int, ...]:
        """The recordings that a leaf names, or that its approval grants."""
        approval, named = self.approvals.get(leaf.statement), leaf.subject
        if approval is not None:
            named = tuple(approval.items)
        elif leaf.act == HoldAct.MATCHED:  # first the hold, then how far was looked
            named = leaf.subject[2:]
        return tuple(self.numbers[id_] for id_ in named if id_ in self.numbers)

    def told(self, leaf: Leaf) -> Mapping[str, Any]:
        """All else that may be told of a leaf."""
        sealed = (
            open_details(self.practice, self.actor, self.connection, leaf)
            if can_open_details(self.actor)
            else {}
        )
        told = {name: value for name, value in sealed.items() if name not in _OF_THE_FORMAT}
        if "edits" in told:
            told["edits"] = _typed(read_edits(told["edits"]))
        if leaf.act == RequestAct.LISTENED and leaf.outcome is Outcome.DONE:
            told |= {} if hearing_end_leaf(leaf, self.history) else {"ended": "not recorded"}
        told |= {**self.said.get(leaf.seq, {}), **self._decided(leaf)}
        if leaf.act in RELEASE_ACTS and leaf.outcome is Outcome.DONE and names_its_subjects(leaf):
            told["release"] = release_of(leaf)
        first = [name for name in _FIRST if name in told]
        return {name: told[name] for name in dict.fromkeys([*first, *told])}

    def _decided(self, leaf: Leaf) -> Mapping[str, Any]:
        approval = self.approvals.get(leaf.statement)
        if approval is None:
            return {}
        second = approval.countersignature
        return {
            "for": self.called[approval.to],
            "until": approval.lapses_at,
            "edits": [
                {"recording": self.numbers.get(uid), **typed}
                for uid, edits in approval.edits.items()
                for typed in _typed(edits)
            ],
            "withheld": [
                {"recording": self.numbers.get(uid), "code": code}
                for uid, code in approval.withheld
            ],
            "countersigned_by": self.called[second.by] if second else None,
            "break_glass": approval.broke_glass,
        }


def read_entry_details(
    practice: Practice,
    actor: Actor,
    connection: Connection,
    *,
    approvals: tuple[Approval, ...],
    history: History,
    request: OpenRequest | None,
) -> EntryDetails:
    """Read what there is to tell.

    Args:
        practice: the open vault.
        actor: who reads.
        connection: sees one state of the catalogue throughout.
        approvals: of the request, standing or not.
        history: of the request.
        request: opened, where the reader may see it in full.

    Raises:
        Tampered: what was said is not what the leaves commit to.
    """
    recording = tables.recording
    numbers = connection.execute(select(recording.c.uid, recording.c.id))
    return EntryDetails(
        practice=practice,
        actor=actor,
        connection=connection,
        called=logins(practice),
        numbers={row.uid: row.id for row in numbers},
        said={} if request is None else _said(practice, connection, request),
        approvals={
            signed.digest: approval
            for approval in approvals
            for signed in (approval.statement, approval.countersignature)
            if signed is not None
        },
        history=history,
    )


def _typed(edits: Edits) -> list[dict[str, str]]:
    """Edits as they are typed."""
    return [{what: text} for what, text in format_edits(edits)]


def _said(
    practice: Practice, connection: Connection, request: OpenRequest
) -> Mapping[int, Mapping[str, Any]]:
    said: dict[int, Mapping[str, Any]] = dict(read_words(connection, request))
    for seq, dated in read_dates(practice, connection, request).items():
        told = {"on": dated.on.isoformat(), "awaited": dated.awaited, "reason": dated.reason}
        said[seq] = {name: text for name, text in told.items() if text is not None}
    return said
