"""Everything that ever happened to one request, in order.

From the first search under it to its closing: every version of what it asks for, decisions with
their reasons, hearings and releases, and what was tried and refused. Nothing of it is ever deleted.

Its entries are the audit log's leaves that name the request or a hold it placed; and, where the
audit key is at hand, refused searches under it: their leaves name nothing, and what they asked for
lies sealed. What lies sealed beside a leaf is shown to readers of the audit log; reasons given with
a decision, to people the request concerns; what an approval granted stands in its statement. A
change makes a new version of the request and leaves the one before; each counts only if the leaf
that made it commits to it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from heapq import merge
from typing import Any, Final

from sqlalchemy import Connection, Row, select

from callrec.audit.attested import attested_leaves
from callrec.audit.leaf import NOBODY, Leaf, Outcome
from callrec.catalogue import tables
from callrec.catalogue.engine import reading
from callrec.catalogue.recordings import numbers_of
from callrec.catalogue.requests import find_request
from callrec.crypto.canonical import parse_instant
from callrec.dataclass import dataclass, replace
from callrec.errors import Tampered
from callrec.login.people import logins, shown_colleague
from callrec.mail.outbox import Message, read_messages
from callrec.notes.log import read_notes
from callrec.policy.clock_events import Deadline
from callrec.policy.edits import Edits, format_edits, read_edits
from callrec.policy.hold import HoldAct
from callrec.policy.purpose import Purpose
from callrec.policy.request import RequestAct, RequestState
from callrec.policy.reviews import check_may_read_dossier
from callrec.policy.rights.letter import kind_of
from callrec.policy.role import VaultKey
from callrec.practice import Actor, Practice, record, today
from callrec.record.acts import SEARCH, leaves_about, leaves_of_act, names_its_subjects
from callrec.record.versions import open_details
from callrec.release.listen import hearing_end_leaf
from callrec.requests.approvals import by_statement, end_reason, read_approvals
from callrec.requests.clock import deadline_on_day, read_clock, read_dates
from callrec.requests.due import answered_requests, awaits_answer
from callrec.requests.glass import broken_glass
from callrec.requests.history import REQUESTS, read_history, read_words
from callrec.requests.lapse import attempt_on
from callrec.requests.model import MAKING_ACTS, Approval, History, OpenRequest, RequestBody
from callrec.requests.open import read_request, sees_in_full, unopened_facts
from callrec.requests.packages import (
    RELEASE_ACTS,
    ShownRelease,
    read_releases,
    release_of,
    shown_release,
    words_for,
)
from callrec.requests.show import masked

DOSSIER_READ: Final = "request.dossier"

MESSAGE_SENT: Final = "mail"
"""What an entry is called that is in the outbox and in no leaf."""


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class DossierEntry:
    """One thing that happened. Its repr shows nothing."""

    at: datetime
    seq: int | None
    """Of its leaf; None for a message by mail."""
    by: str | None
    """Login; None where no key was at hand."""
    role: str | None
    """Their role at that point of the log."""
    what: str
    """The act, as the log calls it."""
    outcome: str
    attested: bool | None
    """Whether it is proved to be its actor's, or written where no key was at hand; None of mail."""
    recordings: tuple[int, ...]
    details: Mapping[str, Any]
    """What else is known of it and may be shown to the reader."""
    version: DossierVersion | None
    """Where it made one."""


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class Dossier:
    """One request's whole history, as one person may see it. Its repr shows nothing."""

    reference: str
    purpose: Purpose
    state: RequestState
    read_at: datetime
    in_full: bool
    """The reader sees what the request says unmasked."""
    practice: str
    names: Mapping[str, str]
    """By login, the full names of people who have a part in it; none where no key opens them."""
    deadline: Deadline | None
    """By when it is answered, and why; None where nothing sets a day."""
    is_answered: bool
    """Whether it was answered, so that the day no longer matters."""
    releases: tuple[ShownRelease, ...]
    standing_for: tuple[tuple[str, datetime], ...]
    """Who may hear or hand over what was approved, by login, and until when."""
    unaccepted_alone: bool
    """It was decided by one person alone, and nobody else has accepted that."""
    entries: tuple[DossierEntry, ...]

    @property
    def forged(self) -> int:
        """How many entries name somebody and are not proved to be theirs."""
        return sum(entry.attested is False and entry.by is not None for entry in self.entries)


def read_dossier(practice: Practice, actor: Actor, reference: str) -> Dossier:
    """Read the dossier of a request; that is logged first.

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
    history, request = read_history(practice, connection, row.id), None
    own = REQUESTS.find_key(connection, row.id, row.version, actor.person.id)
    if own or actor.has_key(VaultKey.CATALOGUE):
        request = read_request(practice, actor, connection, reference)
    facts = request.facts if request else unopened_facts(row, history)
    check_may_read_dossier(actor.person, facts, on=today(practice))  # now that it says about whom
    in_full = request is not None and sees_in_full(practice, actor, request)
    read = read_entry_details(practice, actor, connection, history, request if in_full else None)
    versions = read_versions(connection, history, request, in_full=in_full)
    leaves = read_dossier_leaves(practice, actor, connection, request=row.id, reference=reference)
    entries = tuple(read.entry(leaf, versions.get(leaf.seq)) for leaf in leaves)
    mails = map(read.mail, read_messages(connection, about=reference))
    clock = read_clock(practice, connection, history)
    was_answered = row.id in answered_requests(connection)
    glass = [each for each in broken_glass(practice, connection) if each.request == row.id]
    opened = request if in_full else None
    releases = read_releases(history, words_for(practice, actor, connection, opened))
    approvals = read_approvals(practice, connection, history)
    standing = [each for each in approvals if not end_reason(each, history, practice.now())]
    return Dossier(
        reference=reference,
        purpose=facts.purpose,
        state=facts.state,
        read_at=practice.now(),
        in_full=in_full,
        practice=practice.name,
        names=_names(practice, actor, connection, entries),
        deadline=deadline_on_day(practice, clock) if clock else None,
        is_answered=not awaits_answer(facts.state, was_answered=was_answered),
        releases=tuple(shown_release(each, read.called, in_full=in_full) for each in releases),
        standing_for=tuple((read.called[each.to], each.lapses_at) for each in standing),
        unaccepted_alone=not all(each.is_accepted for each in glass),
        entries=tuple(merge(entries, mails, key=lambda entry: entry.at)),
    )


def _names(
    practice: Practice, actor: Actor, connection: Connection, entries: Iterable[DossierEntry]
) -> Mapping[str, str]:
    """The full names of those who acted, as far as the reader has a key to them."""
    acted, found = {each.by for each in entries}, dict[str, str]()
    for row in connection.execute(select(tables.person)):
        voucher = practice.register.voucher(row.id)
        if row.login in acted and voucher is not None:
            found[row.login] = shown_colleague(practice, actor, row, voucher).full_name
    return {login: name for login, name in found.items() if name}


def read_dossier_leaves(
    practice: Practice, actor: Actor, connection: Connection, *, request: str, reference: str
) -> tuple[Leaf, ...]:
    """The leaves of a request's dossier, in the order of the log."""
    found = {leaf.seq: leaf for leaf in leaves_about(connection, request)}
    for hold in [leaf.subject[0] for leaf in found.values() if leaf.act == HoldAct.PLACED]:
        found |= {leaf.seq: leaf for leaf in leaves_about(connection, hold)}
    if actor.has_key(VaultKey.AUDIT):
        for leaf in leaves_of_act(connection, SEARCH):
            if leaf.outcome is Outcome.REFUSED:
                details = open_details(practice, actor, connection, leaf)
                if details.get("request") == reference:
                    found[leaf.seq] = leaf
    return tuple(found[seq] for seq in sorted(found))


_OF_THE_FORMAT: Final = frozenset({"digest", "event", "number", "purpose", "words"})
"""Members of details that repeat what the entry says (docs/formats/grant.md)."""

_FIRST: Final = ("release", "on", "time", "channel", "to_whom")
"""What is shown first, in this order: which package, when it was there, who has it."""


@dataclass(frozen=True, slots=True, repr=False)
class EntryDetails:
    """What makes entries of a request's leaves, and of mail. Its repr shows nothing."""

    practice: Practice
    actor: Actor
    connection: Connection
    called: Mapping[str, str]
    """Logins by id."""
    words: Mapping[int, Mapping[str, Any]]
    """The reasons of decisions, and dates, by the sequence of their leaves."""
    approvals: Mapping[str, Approval]
    """By the statement that a leaf carries."""
    history: History

    def entry(self, leaf: Leaf, version: DossierVersion | None) -> DossierEntry:
        """The entry that a leaf makes, and the version of the request that it made.

        Leaves that nobody attests to are shown too; otherwise anyone who can write to the database
        could stop the dossier from being printed.
        """
        is_attested = True
        try:
            attested_leaves(self.connection, self.practice.register, [leaf.seq])
        except Tampered:
            is_attested = False
        voucher = self.practice.register.voucher(leaf.actor, before=leaf.seq)
        return DossierEntry(
            at=parse_instant(leaf.at),
            seq=leaf.seq,
            by=None if leaf.actor == NOBODY else self.called[leaf.actor],
            role=str(voucher.person.role) if voucher else None,
            what=leaf.act,
            outcome=str(leaf.outcome),
            attested=is_attested,
            recordings=self.recordings(leaf),
            details=self.details(leaf),
            version=version,
        )

    def mail(self, message: Message) -> DossierEntry:
        """The entry of a message, which is in the outbox and in no leaf."""
        return DossierEntry(
            at=message.made_at,
            seq=None,
            by=None,
            role=None,
            what=MESSAGE_SENT,
            outcome=str(Outcome.DONE if message.taken_at else Outcome.FAILED),
            attested=None,
            recordings=(),
            details={
                "to": self.called[message.to],
                "line": message.line,
                "tried_at": message.tried_at,
                "taken_at": message.taken_at,
            },
            version=None,
        )

    def recordings(self, leaf: Leaf) -> tuple[int, ...]:
        """The recordings that a leaf names, or that its approval grants."""
        approval, named = self.approvals.get(leaf.statement), leaf.subject
        if approval is not None:
            named = tuple(approval.items)
        elif leaf.act == HoldAct.MATCHED:  # first the hold, then how far was looked
            named = leaf.subject[2:]
        number = numbers_of(self.connection, named)
        return tuple(number[id_] for id_ in named if id_ in number)

    def details(self, leaf: Leaf) -> Mapping[str, Any]:
        """The sealed details of a leaf, as far as the actor may see them."""
        details: dict[str, Any] = {}
        if self.actor.has_key(VaultKey.AUDIT):
            sealed = open_details(self.practice, self.actor, self.connection, leaf)
            details = {name: sealed[name] for name in sealed if name not in _OF_THE_FORMAT}
        is_done = leaf.outcome is Outcome.DONE
        if "edits" in details:
            details["edits"] = _typed(read_edits(details["edits"]))
        if is_done and leaf.act == RequestAct.LISTENED and not hearing_end_leaf(leaf, self.history):
            details["ended"] = "not recorded"
        details |= {**self.words.get(leaf.seq, {}), **self._decided(leaf)}
        names_all = is_done and names_its_subjects(leaf)
        if names_all and leaf.act in RELEASE_ACTS:
            details["release"] = release_of(leaf)
        if names_all and leaf.act in (RequestAct.LETTER_WRITTEN, RequestAct.LETTER_SENT):
            details["letter"] = str(kind_of(leaf.subject[1]) or "")
        first = [name for name in _FIRST if name in details]
        return {name: details[name] for name in dict.fromkeys([*first, *details])}

    def _decided(self, leaf: Leaf) -> Mapping[str, Any]:
        approval = self.approvals.get(leaf.statement)
        if approval is None:
            return {}
        second = approval.countersignature
        number = numbers_of(self.connection, {*approval.edits, *dict(approval.withheld)})
        return {
            "for": self.called[approval.to],
            "until": approval.lapses_at,
            "edits": [
                {"recording": number.get(uid), **typed}
                for uid, edits in approval.edits.items()
                for typed in _typed(edits)
            ],
            "withheld": [
                {"recording": number.get(uid), "code": code} for uid, code in approval.withheld
            ],
            "countersigned_by": self.called[second.by] if second else None,
            "break_glass": approval.broke_glass,
        }


def read_entry_details(
    practice: Practice,
    actor: Actor,
    connection: Connection,
    history: History,
    request: OpenRequest | None,
) -> EntryDetails:
    """Read what there is to tell; without the ``request``, no reasons and no dates."""
    words: dict[int, Mapping[str, Any]] = {}
    approvals = read_approvals(practice, connection, history)
    if request is not None:
        words |= read_words(connection, request)
        for seq, dated in read_dates(practice, connection, request).items():
            details = {"on": dated.on.isoformat(), "awaited": dated.awaited, "reason": dated.reason}
            words[seq] = {name: text for name, text in details.items() if text is not None}
        words |= _noted(practice, actor, connection, request)
    return EntryDetails(
        practice=practice,
        actor=actor,
        connection=connection,
        called=logins(practice),
        words=words,
        approvals=by_statement(approvals),
        history=history,
    )


def _noted(
    practice: Practice, actor: Actor, connection: Connection, request: OpenRequest
) -> Mapping[int, Mapping[str, str]]:
    """By the leaf that made it, what each note says that was written under a request."""
    if not actor.has_key(VaultKey.CATALOGUE):
        return {}
    notes = read_notes(practice, actor, connection, request.body.uids)
    return {
        each.history.leaves[0].seq: {"heard": each.body.person, "note": each.body.text}
        for each in notes
        if each.history.request == request.id
    }


def _typed(edits: Edits) -> list[dict[str, str]]:
    """Edits as they are typed."""
    return [{what: text} for what, text in format_edits(edits)]


@dataclass(frozen=True, slots=True, repr=False)
class DossierVersion:
    """The content of a request from some entry on. Its repr shows nothing."""

    version: int
    digest: str | None
    """What an approval approves; None where the reader has nothing that opens this version."""
    particulars: Mapping[str, Any] | None
    """As `Particulars.as_json`, masked for readers it does not concern; None as above."""


def read_versions(
    connection: Connection, history: History, request: OpenRequest | None, *, in_full: bool
) -> Mapping[int, DossierVersion]:
    """Every version by the sequence of the leaf that made it."""
    makings = [leaf for leaf in history.leaves if leaf.act in MAKING_ACTS]
    keys, versions = request.keys if request else {}, dict[int, DossierVersion]()
    for number, leaf in enumerate(makings, start=1):
        if request is None or number not in keys:
            versions[leaf.seq] = DossierVersion(number, None, None)
            continue
        version_id = replace(request.version_id, version=number)
        body = RequestBody.open(REQUESTS.sealed(connection, version_id), keys[number], version_id)
        digest = body.digest(version_id, request.requester)
        if body.commitment(version_id.vault, leaf.seq, digest) != leaf.detail:
            raise Tampered(f"version {number} of request {request.reference} is not the one made")
        shown = body.particulars.as_json() if in_full else masked(body.particulars)
        versions[leaf.seq] = DossierVersion(number, digest, shown)
    return versions
