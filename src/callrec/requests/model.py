"""What lies under a request key, and the request's digest (docs/formats/grant.md, 1 and 2)."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import date, datetime
from itertools import accumulate
from operator import attrgetter
from typing import Annotated, Any, ClassVar, Final

from pydantic import Field
from sqlalchemy import Row

from callrec.audit.leaf import Leaf
from callrec.crypto import primitives
from callrec.crypto.canonical import canonical, parse_instant
from callrec.crypto.context import context
from callrec.crypto.statement import Statement, entries_in
from callrec.dataclass import astuple, dataclass, field, replace
from callrec.errors import Tampered, Unusable
from callrec.policy.authority import RequestFacts
from callrec.policy.clock_events import (
    Awaited,
    ClockEvent,
    ClockEventKind,
    Receipt,
    index_corrected_by,
    with_event,
)
from callrec.policy.edits import Edits, read_edits
from callrec.policy.further import FurtherParticular, KeptFile
from callrec.policy.hearing import GrantFacts
from callrec.policy.particulars import Particulars
from callrec.policy.purpose import Purpose
from callrec.policy.request import (
    CHANGING_ACTS,
    ENDING_ACTS,
    RequestAct,
    RequestEvent,
    RequestState,
    changed_by,
    state_after,
    version_after,
)
from callrec.policy.retention import DisposalItem
from callrec.policy.rights.grounds import Ground
from callrec.policy.rights.withholding import Opinion
from callrec.policy.role import PersonId
from callrec.practice import Actor
from callrec.record.forms import WHERE_THERE, Day, Hex, Id, InJson, as_json
from callrec.record.versions import SealedBody

MAX_REQUEST_RECORDINGS: Final = 1500
"""In one request: its leaf names each of them, and a leaf has less than 64 KiB."""

_Retained = Annotated[
    DisposalItem, InJson(lambda members: DisposalItem(*members), astuple, tuple[str, str, Day])
]


@dataclass(frozen=True, slots=True)
class RequestVersion:
    """Which version of which request: what its sealing is bound to."""

    vault: str
    request: str
    version: int

    called: ClassVar = "a request"

    @property
    def context(self) -> bytes:
        return context("request", self.vault, request=self.request, version=self.version)


@dataclass(frozen=True, slots=True)
class Gathering:
    """All that was found by what a request says, and what of it the request leaves out."""

    found: tuple[Id, ...]
    """Uids of all recordings that match, the newest first."""
    left_out: Mapping[Id, Ground]
    """By uid, of those that the request does not ask for."""


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class RequestBody(SealedBody):
    """One version of a request, as it is sealed. Its repr shows nothing."""

    purpose: Purpose
    particulars: Annotated[
        Particulars, InJson(Particulars.from_json, Particulars.as_json, dict[str, Any])
    ]
    recordings: tuple[tuple[str, str], ...]
    """uid, SHA-256 of the ciphertext in hex."""
    retained: Annotated[Mapping[str, _Retained], Field(alias="retention"), WHERE_THERE] = field(
        default_factory=dict
    )
    """Of a disposal, by uid, the rule of the retention schedule for each recording; else empty."""
    gathering: Annotated[Gathering | None, WHERE_THERE] = None
    """What was found by what it says; None until it is gathered, and once it says otherwise."""
    agreement_key: Annotated[Hex, WHERE_THERE] = b""
    """32 bytes: opens the file of a written agreement (requests/agreement.py); else empty."""

    @property
    def uids(self) -> tuple[str, ...]:
        """Of the recordings that it asks for."""
        return tuple(uid for uid, _ in self.recordings)

    def digest(self, version_id: RequestVersion, requester: str) -> str:
        """SHA-256(nonce[32] || canonical JSON) in hex: what an approval approves."""
        whole = {
            **as_json(self),
            "request": version_id.request,
            "requester": requester,
            "vault": version_id.vault,
            "version": version_id.version,
        }
        del whole["log_nonce"], whole["number"]
        return primitives.sha256(self.nonce, canonical(whole)).hex()

    def details(self, digest: str) -> Mapping[str, Any]:
        """The log itself has how many were found, and an agreement's hash [policy 4(d), 4(g)]."""
        details = SealedBody.details(self, digest)
        if self.gathering is not None:
            details = {**details, "found": len(self.gathering.found)}
        agreement = self.particulars.further.get(FurtherParticular.AGREEMENT)
        if agreement is None:
            return details
        return {**details, "agreement": KeptFile.from_text(agreement).sha256}


@dataclass(frozen=True, slots=True)
class Approval:
    """What was granted to one person by one decision."""

    statement: Statement
    """The decider's."""
    leaf: Leaf
    countersignature: Statement | None
    """The same by the second person, if there was one."""
    lost_reason: str = ""
    """Why the person it was for cannot use it any more, by the vouchers since; else empty."""

    @property
    def to(self) -> PersonId:
        return PersonId(self.statement.fields["for"])

    @property
    def carried_by(self) -> tuple[int, ...]:
        """Numbers of the leaves that carry it: a second person signs in the leaf just after."""
        first = self.leaf.seq
        return (first, first + 1) if self.countersignature else (first,)

    @property
    def digest(self) -> str:
        """Of the request that was approved."""
        return str(self.statement.fields["digest"])

    @property
    def lapses(self) -> str:
        """As the grants are bound to it."""
        return str(self.statement.fields["lapses"])

    @property
    def lapses_at(self) -> datetime:
        return parse_instant(self.lapses)

    @property
    def broke_glass(self) -> bool:
        return bool(self.statement.fields["break_glass"])

    @property
    def approvers(self) -> frozenset[PersonId]:
        signed = (self.statement, self.countersignature)
        return frozenset(PersonId(each.by) for each in signed if each is not None)

    @property
    def items(self) -> Mapping[str, tuple[str, str]]:
        """Uid -> SHA-256 of its ciphertext, SHA-256 of the sealed grant."""
        listed = entries_in(self.statement.fields, "items", "uid", "ciphertext", "grant")
        return {uid: (ciphertext, grant) for uid, ciphertext, grant in listed}

    @property
    def edits(self) -> Mapping[str, Edits]:
        """Uid -> what is left out of its copy."""
        try:
            items = self.statement.fields["items"]
            return {item["uid"]: read_edits(item["edits"]) for item in items}
        except (KeyError, TypeError, ValueError, Unusable) as error:
            raise Tampered("the edits of an approval are not in their form") from error

    @property
    def withheld(self) -> tuple[tuple[str, str], ...]:
        """Uids of what was asked for and not granted, each with the code of its ground."""
        return tuple(entries_in(self.statement.fields, "withheld", "uid", "code"))

    @property
    def facts(self) -> GrantFacts:
        """What the rules ask about its grants."""
        return GrantFacts(
            to=self.to,
            lapses_at=self.lapses_at,
            decided_by=self.approvers,
            broke_glass=self.broke_glass,
        )


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class Granting:
    """What is granted, by whom, to whom and until when. Its repr shows nothing."""

    request: OpenRequest
    decider: Actor
    countersigner: Actor | None = None
    to: PersonId
    recordings: tuple[Row[Any], ...]
    """The rows of those that are granted; the request's others are withheld."""
    grounds: Mapping[int, Ground] = field(default_factory=dict)
    """By number, on what ground one is withheld; those that it does not name: not approved."""
    edits: Mapping[int, Edits] = field(default_factory=dict)
    """By number, how the copy of one that is granted is edited; the others: not at all."""
    lapses_at: datetime
    """UTC: the first instant at which it is over."""
    consulted_on: date | None = None
    note: str = ""
    opinion: Opinion | None = None
    glass_reason: str | None = None
    """Why the glass was broken; None if it was not."""

    @property
    def withheld(self) -> tuple[tuple[Row[Any], Ground], ...]:
        """The rows of what was asked for and is not granted, each with its ground."""
        granted = {row.uid for row in self.recordings}
        left = [row for row in self.request.recordings if row.uid not in granted]
        return tuple((row, self.grounds.get(row.id, Ground.NOT_APPROVED)) for row in left)

    @property
    def words(self) -> Mapping[str, Any]:
        """The words of the decider, sealed beside the leaf."""
        said = self.opinion.said if self.opinion else ""
        words = {"note": self.note, "opinion": said, "reason": self.glass_reason or ""}
        return {name: text for name, text in words.items() if text}


@dataclass(frozen=True, slots=True, repr=False)
class OpenRequest:
    """A request as it stands, opened and checked. Its repr shows nothing."""

    version_id: RequestVersion
    body: RequestBody
    digest: str
    """What an approval approves (grant.md, 2)."""
    keys: Mapping[int, bytes]
    """The request keys, 32 bytes each, of every version that the reader may open."""
    history: History
    approvals: tuple[Approval, ...]
    """All of them, whether they stand or not."""
    facts: RequestFacts
    """What the rules ask."""
    clock: Clock | None
    """By what it is dated; None where its purpose has no clock."""
    recordings: tuple[Row[Any], ...]
    """The rows of the recordings that it asks for, in its own order."""

    @property
    def id(self) -> str:
        return self.version_id.request

    @property
    def key(self) -> bytes:
        """The request key of the version that stands."""
        return self.keys[self.version_id.version]

    @property
    def reference(self) -> str:
        return self.facts.reference

    @property
    def purpose(self) -> Purpose:
        return self.body.purpose

    @property
    def particulars(self) -> Particulars:
        return self.body.particulars

    @property
    def requester(self) -> PersonId:
        return self.history.requester

    @property
    def created_at(self) -> datetime:
        return self.history.events[0].at


@dataclass(frozen=True, slots=True)
class Clock:
    """What a deadline is worked out from."""

    receipt: Receipt
    events: tuple[ClockEvent, ...] = ()
    """Those that count, in the order in which they were written down."""
    is_put_right: bool = False
    """A day was given again: the first one does not count."""

    @property
    def unproven(self) -> frozenset[Awaited]:
        """What was missing when the request came, and has not come since."""
        return self.receipt.awaits - {
            each.awaited for each in self.events if each.event is ClockEventKind.ANSWERED
        }

    def after(self, event: ClockEvent) -> Clock:
        """The same, with one event more."""
        is_again = index_corrected_by(self.events, event) is not None
        return replace(
            self, events=with_event(self.events, event), is_put_right=self.is_put_right or is_again
        )

    def received(self, receipt: Receipt) -> Clock:
        """The same of a request that was changed, and so dated again."""
        days = attrgetter("received_on", "answer_by", "urgent")
        is_again = days(receipt) != days(self.receipt)
        return replace(self, receipt=receipt, is_put_right=self.is_put_right or is_again)


MAKING_ACTS: Final = (RequestAct.CREATED, RequestAct.AMENDED, RequestAct.GATHERED)
"""The acts that make a version."""

DATING_ACTS: Final = (
    RequestAct.RECEIVED,
    RequestAct.ASKED,
    RequestAct.ANSWERED,
    RequestAct.EXTENDED,
)
"""The acts that a request's clock counts by."""


@dataclass(frozen=True, slots=True)
class History:
    """The events of one request, oldest first, each with the leaf that records it."""

    request: str
    leaves: tuple[Leaf, ...]

    @property
    def events(self) -> tuple[RequestEvent, ...]:
        return tuple(event_of(leaf) for leaf in self.leaves)

    @property
    def state(self) -> RequestState:
        """Where the request stands."""
        return state_after(self.events)

    @property
    def version(self) -> int:
        return version_after(self.events)

    @property
    def versions(self) -> Mapping[int, int]:
        """By the sequence of each leaf: the version that stood when it was written."""
        versions = accumulate((leaf.act in CHANGING_ACTS for leaf in self.leaves), initial=1)
        next(versions)
        return {leaf.seq: version for leaf, version in zip(self.leaves, versions, strict=True)}

    @property
    def requester(self) -> PersonId:
        """The actor of the leaf that made the request; `state` shows that it is the first."""
        return self.events[0].actor

    @property
    def changed_by(self) -> frozenset[PersonId]:
        return changed_by(self.events)

    @property
    def making(self) -> Leaf:
        """The leaf that made the version that stands."""
        return [leaf for leaf in self.leaves if leaf.act in MAKING_ACTS][-1]

    @property
    def gathered(self) -> Leaf | None:
        """The leaf of the last gathering; None where nobody gathered."""
        return next((leaf for leaf in self.leaves[::-1] if leaf.act == RequestAct.GATHERED), None)

    def taken_back(self, to: Callable[[Leaf], str]) -> frozenset[int]:
        """Sequences of the approvals that were revoked, or have lapsed, before they were released.

        To revoke where nothing stands takes back all that was decided. ``to``: tells for whom an
        approval is, by its leaf.
        """
        decided, standing, taken = list[Leaf](), list[Leaf](), set[int]()
        for leaf in self.leaves:
            if leaf.act == RequestAct.APPROVED:
                decided.append(leaf)
                standing.append(leaf)
            elif leaf.act == RequestAct.DELIVERED:
                standing = [each for each in standing if to(each) != leaf.actor]
            elif leaf.act in ENDING_ACTS:
                if leaf.act == RequestAct.REVOKED:
                    taken.update(each.seq for each in standing or decided)
                elif leaf.act == RequestAct.GRANT_LAPSED:
                    taken.update(each.seq for each in standing)
                standing = []
        return frozenset(taken)

    def counting_approval(self, to: Callable[[Leaf], str]) -> Leaf | None:
        """The newest leaf of an approval that was not taken back; None if the request was changed.

        Then what it withholds is decided no more. ``to``: as for `taken_back`.
        """
        taken = self.taken_back(to)
        for leaf in self.leaves[::-1]:
            if leaf.act in CHANGING_ACTS:
                return None
            if leaf.act == RequestAct.APPROVED and leaf.seq not in taken:
                return leaf
        return None

    def after(self, leaf: Leaf) -> tuple[Leaf, ...]:
        """What happened later than a leaf."""
        return tuple(later for later in self.leaves if later.seq > leaf.seq)


def uids_asked_for(making: Leaf) -> tuple[str, ...]:
    """Uids of what a version asks for, by the leaf that made it."""
    _, *uids = making.subject
    return tuple(uids)


def uids_heard(history: History) -> frozenset[str]:
    """Uids of the recordings that somebody has listened to under a request."""
    leaves = without_failed(history.leaves)
    return frozenset(leaf.subject[2] for leaf in leaves if leaf.act == RequestAct.LISTENED)


def uids_delivered(history: History) -> frozenset[str]:
    """Uids of the recordings that went out."""
    went_out = (leaf.subject[2:] for leaf in history.leaves if leaf.act == RequestAct.DELIVERED)
    return frozenset[str]().union(*went_out)


def without_failed(leaves: Iterable[Leaf]) -> tuple[Leaf, ...]:
    """All leaves but those of hearings that failed before anything could be heard."""
    every = tuple(leaves)
    failed = {leaf.subject[1] for leaf in every if leaf.act == RequestAct.HEARING_FAILED}
    return tuple(
        leaf for leaf in every if leaf.act not in _OF_A_HEARING or leaf.subject[1] not in failed
    )


_OF_A_HEARING: Final = frozenset({RequestAct.LISTENED, RequestAct.HEARING_FAILED})


_ACTS: Final = {str(act): act for act in RequestAct}


def event_of(leaf: Leaf) -> RequestEvent:
    """The event that a leaf records."""
    of = "".join(leaf.subject[1:2])
    return RequestEvent(_ACTS[leaf.act], parse_instant(leaf.at), PersonId(leaf.actor), of)
