"""Show a request: what it says, what was decided, what happened [policy 4(b)]; list them.

In full to the person who made it, those who decide its purpose and those who were granted it;
masked to others who may search. A list shows nothing that is sealed.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import suppress
from datetime import date, datetime
from typing import Any

from sqlalchemy import Connection

from callrec.audit.leaf import Leaf
from callrec.audit.rows import check_each_row
from callrec.calls.coming_in import came_in, is_by_hand
from callrec.calls.custody import Opening
from callrec.calls.find import call_facts, findings_of
from callrec.catalogue import tables
from callrec.catalogue.engine import reading
from callrec.catalogue.recordings import numbers_of
from callrec.catalogue.requests import request_not_found
from callrec.catalogue.tables import from_millis
from callrec.dataclass import dataclass
from callrec.errors import Locked, Tampered
from callrec.login.people import logins
from callrec.mail.outbox import ListedMessage, list_messages
from callrec.policy.authority import may_decide
from callrec.policy.clock_events import Deadline
from callrec.policy.edits import Edits
from callrec.policy.handling import is_shown_recordings
from callrec.policy.particulars import UNKNOWN, Particulars, is_withheld
from callrec.policy.purpose import Purpose
from callrec.policy.request import UNDECIDED, RequestAct, RequestState, undecided_since
from callrec.policy.retention import DisposalItem
from callrec.policy.rights.grounds import Ground
from callrec.policy.role import Role, VaultKey
from callrec.policy.search import is_of_another_extension, is_of_another_number
from callrec.policy.words import mask_name, mask_number
from callrec.practice import Actor, Practice, record, today
from callrec.requests.approvals import end_reason
from callrec.requests.ask import find_date_mismatches
from callrec.requests.clock import DatedWords, deadline_on_day, read_dates
from callrec.requests.due import answered_requests, awaits_answer
from callrec.requests.glass import BrokenGlass, broken_glass
from callrec.requests.history import outline_of, read_history, read_outlines, read_words
from callrec.requests.holding import ListedHold, found_since, hold_of_request
from callrec.requests.lapse import attempt_on
from callrec.requests.model import Approval, OpenRequest, event_of
from callrec.requests.open import (
    check_readable,
    read_request,
    sees_in_full,
    unopened_facts,
    visible_requests,
)
from callrec.requests.packages import ShownRelease, read_releases, shown_release, words_for
from callrec.requests.standing import lapses_at, read_lapse_facts, state_now

REQUEST_SHOWN = "request.shown"


@dataclass(frozen=True, slots=True)
class ShownRecording:
    """A recording that a request asks for, by its clear columns.

    By its number alone, and the others None, for people who may not know what it is.
    """

    id: int
    uid: str | None = None
    ciphertext: str | None = None
    """SHA-256 of the sealed file, in hex."""
    started_at: datetime | None = None
    duration_ms: int | None = None
    direction: str | None = None
    format: str | None = None
    size_bytes: int | None = None
    state: str | None = None
    retained: DisposalItem | None = None
    """Of a disposal: the rule of the retention schedule when that was made."""
    is_of_other_day: bool | None = None
    """It did not begin on the day which the request says."""
    is_of_other_extension: bool | None = None
    """It was over another extension than the request says; None as well where the reader lacks the
    key that shows it."""
    is_of_other_number: bool | None = None
    """It was with another number than the request says; None for all but those who decide it: who
    made it could try out numbers, and no search would be on record."""
    taken_in_at: datetime | None = None
    taken_in_by: Role | None = None
    """What the person who took it in was to the practice then."""
    by_hand: bool | None = None
    """A person brought it in, and not the telephone system's own service."""
    matched: bool | None = None
    """The telephone system's own call records have it; None as well where the reader lacks the key
    that shows it, or it was destroyed."""
    findings: tuple[str, ...] | None = None
    """What to know of it, as `ShownCall` has it; None as for ``matched``."""


@dataclass(frozen=True, slots=True, repr=False)
class ShownEvent:
    """Something that happened, as the log says it."""

    at: datetime
    what: RequestAct
    by: str
    """Login."""
    on: date | None
    """Its own day, where it was written down on another one perhaps."""
    awaited: str | None
    """What was asked for, or came."""
    reason: str | None
    """Why, by the person who did it; None where there is no reason, or for people not concerned."""


@dataclass(frozen=True, slots=True, repr=False)
class ShownApproval:
    """An approval, whether it still stands or not. Its repr shows nothing."""

    at: datetime
    by: str
    countersigned_by: str | None
    to: str
    until: datetime
    """UTC: the first instant at which it is over."""
    recordings: tuple[int, ...]
    edits: Mapping[int, Edits]
    """Of each of them, what is left out of its copy."""
    withheld: tuple[tuple[int, str], ...]
    """Their numbers, each with the code of the ground."""
    broke_glass: bool
    review: str | None
    """Of a broken glass: ``unreviewed``, ``queried`` or ``accepted``."""
    reviewed_by: str | None
    """Login of who queried or accepted it."""
    note: str | None
    """None where there is none, or for people not concerned."""
    opinion: str | None
    """The health professional whose opinion it was, and its day; None as for the note."""
    ended: str | None
    """Why nothing can be heard or released by it any more; None while it stands."""


@dataclass(frozen=True, slots=True, repr=False)
class ShownDenial:
    """Why a request was denied. Its repr shows nothing."""

    at: datetime
    by: str
    code: str
    """Of the ground."""
    reason: str | None
    """None for people not concerned."""
    opinion: str | None
    """As `ShownApproval.opinion`."""
    review: str | None
    """Of a broken glass: ``unreviewed``, ``queried`` or ``accepted``; None if it was not broken."""
    reviewed_by: str | None
    """Login of who queried or accepted it."""


@dataclass(frozen=True, slots=True)
class ShownGathering:
    """What was found by what a request says, and what became of it."""

    at: datetime
    by: str
    """Login of who gathered last."""
    found: int
    attached: int
    """How many of these the request asks for."""
    left_out: tuple[tuple[int, str], ...]
    """Their numbers, each with the code of the ground."""
    since: int | None
    """How many more match that came in since; None: nobody has compared it with all that came."""


@dataclass(frozen=True, slots=True, repr=False)
class ShownRequest:
    """A request as one person may see it. Its repr shows nothing."""

    reference: str
    purpose: Purpose
    state: RequestState
    created_at: datetime
    created_by: str
    deadline: Deadline | None
    """By when it is answered; None where nothing sets a day."""
    is_answered: bool
    """That day presses no more."""
    lapses_at: datetime | None
    """If nobody decides it; None where it is decided, or where a law's own clock runs."""
    in_full: bool
    particulars: Mapping[str, Any]
    """As `Particulars.as_json`; masked, and without the texts, where ``in_full`` is not so."""
    digest: str
    recordings: tuple[ShownRecording, ...]
    gathering: ShownGathering | None
    """None where nobody has gathered what matches, or it says something else since."""
    hold: ListedHold | None
    """What it keeps from being destroyed; None if its purpose places no hold."""
    approvals: tuple[ShownApproval, ...]
    denial: ShownDenial | None
    releases: tuple[ShownRelease, ...]
    history: tuple[ShownEvent, ...]
    messages: tuple[ListedMessage, ...]
    """By mail: who was notified of it, and when."""
    opened: OpenRequest
    """For what the same person decides of it next."""


def show_request(practice: Practice, actor: Actor, reference: str) -> ShownRequest:
    """Show a request; that is logged first.

    Raises:
        NotFound: there is none.
        Refused: it is not the actor's to read.
        Locked: it takes their password.
        Tampered: it is not the one that was made, or a column says otherwise than the log.
    """
    with attempt_on(practice, actor, REQUEST_SHOWN, reference) as row:
        with reading(practice.engine) as connection:
            check_readable(actor, connection, row)
        record(practice, actor, REQUEST_SHOWN, subject=[row.id])
        with reading(practice.engine) as connection:
            request = read_request(practice, actor, connection, reference)
            decided = {
                uid for each in request.approvals for uid in (*each.items, *dict(each.withheld))
            }
            numbers = numbers_of(connection, decided)
            if len(numbers) < len(decided):
                raise Tampered("a recording that was decided on is gone from the catalogue")
            read = _Reading(
                request,
                logins(practice),
                sees_in_full(practice, actor, request),
                read_words(connection, request),
                {glass.seq: glass for glass in broken_glass(practice, connection)},
                read_dates(practice, connection, request),
                numbers,
                practice.now(),
            )
            deadline = deadline_on_day(practice, request.clock) if request.clock else None
            hold = hold_of_request(practice, connection, request.id)
            words = words_for(practice, actor, connection, request)
            releases = read_releases(request.history, words)
            was_answered = request.id in answered_requests(connection)
            recordings = _recordings(practice, actor, connection, request)
            gathering = _gathering(practice, connection, request, read.called)
    facts, called, in_full = request.facts, read.called, read.in_full
    particulars = request.particulars
    return ShownRequest(
        reference=request.reference,
        purpose=request.purpose,
        state=facts.state,
        created_at=request.created_at,
        created_by=called[request.requester],
        deadline=deadline,
        is_answered=not awaits_answer(facts.state, was_answered=was_answered),
        lapses_at=_lapses_at(practice, request, deadline),
        in_full=in_full,
        particulars=particulars.as_json() if in_full else masked(particulars),
        digest=request.digest,
        recordings=recordings,
        gathering=gathering,
        hold=hold,
        approvals=tuple(map(read.approval, request.approvals)),
        denial=read.denial(),
        releases=tuple(shown_release(each, called, in_full=in_full) for each in releases),
        history=tuple(map(read.event, request.history.leaves)),
        messages=list_messages(practice, about=request.reference),
        opened=request,
    )


def _gathering(
    practice: Practice, connection: Connection, request: OpenRequest, called: Mapping[str, str]
) -> ShownGathering | None:
    gathering, leaf = request.body.gathering, request.history.gathered
    if gathering is None or leaf is None:
        return None
    number = numbers_of(connection, gathering.left_out)
    since = found_since(practice, connection, request, leaf.seq)
    return ShownGathering(
        at=event_of(leaf).at,
        by=called[leaf.actor],
        found=len(gathering.found),
        attached=len({*gathering.found} & {*request.body.uids}),
        left_out=tuple(
            sorted((number[uid], str(code)) for uid, code in gathering.left_out.items())
        ),
        since=since,
    )


def masked(particulars: Particulars) -> dict[str, Any]:
    """Particulars for people not concerned: no text, no whole name or number."""
    hidden = {"reason": None, "about": None, "further": dict.fromkeys(particulars.further)}
    value: dict[str, Any] = {**particulars.as_json(), **hidden}
    if particulars.numbers is not UNKNOWN:
        numbers = [each if is_withheld(each) else mask_number(each) for each in particulars.numbers]
        value["number"] = numbers if len(numbers) > 1 else numbers[0]
    if particulars.parties is not UNKNOWN:
        value["parties"] = [mask_name(name) for name in particulars.parties]
    if particulars.names:
        value["names"] = [mask_name(name) for name in particulars.names]
    return value


def _recordings(
    practice: Practice, actor: Actor, connection: Connection, request: OpenRequest
) -> tuple[ShownRecording, ...]:
    """What each is, for people who may know it by their powers, or had it granted to them once."""
    person, retained = actor.person, request.body.retained
    all_of_them = is_shown_recordings(person, request.purpose, on=today(practice))
    granted = {uid for each in request.approvals if each.to == person.id for uid in each.items}
    of_other_day = find_date_mismatches(practice, request.particulars, request.recordings)
    known = [row for row in request.recordings if all_of_them or row.uid in granted]
    shown = {tables.recording.name: [row.id for row in known]}
    check_each_row(connection, practice.register, shown)
    brought = came_in(connection, practice.register, [row.uid for row in known])
    opened = (
        Opening(practice, actor, connection).sound_metadata(known)
        if actor.has_key(VaultKey.CATALOGUE)
        else []
    )
    matched = {each.uid: each.fields["record"] is not None for each in opened}
    findings = {each.uid: findings_of(each, brought.get(each.uid)) for each in opened}
    calls = {each.uid: call_facts(each) for each in opened}
    of_other_extension = {
        uid: is_of_another_extension(request.particulars, call) for uid, call in calls.items()
    }
    of_other_number = {
        uid: is_of_another_number(request.particulars, call)
        for uid, call in calls.items()
        if may_decide(person, request.facts, on=today(practice))
    }
    return tuple(
        ShownRecording(
            id=row.id,
            uid=row.uid,
            ciphertext=row.ciphertext,
            started_at=from_millis(row.started_at),
            duration_ms=row.duration_ms,
            direction=row.direction,
            format=row.format,
            size_bytes=row.size_bytes,
            state=row.state,
            retained=retained.get(row.uid),
            is_of_other_day=row.id in of_other_day,
            is_of_other_extension=of_other_extension.get(row.uid),
            is_of_other_number=of_other_number.get(row.uid),
            taken_in_at=brought[row.uid].at if row.uid in brought else None,
            taken_in_by=brought[row.uid].role if row.uid in brought else None,
            by_hand=is_by_hand(brought.get(row.uid)),
            matched=matched.get(row.uid),
            findings=findings.get(row.uid),
        )
        if row in known
        else ShownRecording(row.id)
        for row in request.recordings
    )


def _lapses_at(
    practice: Practice, request: OpenRequest, deadline: Deadline | None
) -> datetime | None:
    if request.facts.state not in UNDECIDED:
        return None
    lapses = {approval.leaf.seq: approval.lapses_at for approval in request.approvals}
    leaves = request.history.leaves
    since = undecided_since((event_of(leaf), lapses.get(leaf.seq)) for leaf in leaves)
    is_ordered = deadline is not None and deadline.due_on is not None
    return lapses_at(practice, request.purpose, since, is_ordered=is_ordered)


@dataclass(frozen=True, slots=True, repr=False)
class _Reading:
    """A request, what lies beside its leaves, and who reads it. Its repr shows nothing."""

    request: OpenRequest
    called: Mapping[str, str]
    """Logins by id."""
    in_full: bool
    words: Mapping[int, Mapping[str, Any]]
    alone: Mapping[int, BrokenGlass]
    """What the Data Controller decided alone, by its leaf."""
    dates: Mapping[int, DatedWords]
    number: Mapping[str, int]
    """Of each recording that was decided, whether it is asked for yet or not, by its uid."""
    now: datetime

    def event(self, leaf: Leaf) -> ShownEvent:
        event, dated = event_of(leaf), self.dates.get(leaf.seq)
        words = self.words.get(leaf.seq, {})
        reason = dated.reason if dated else words.get("reason")
        on = date.fromisoformat(words["on"]) if "on" in words else None
        return ShownEvent(
            at=event.at,
            what=event.act,
            by=self.called[event.actor],
            on=dated.on if dated else on,
            awaited=dated.awaited if dated else None,
            reason=reason if self.in_full else None,
        )

    def approval(self, approval: Approval) -> ShownApproval:
        second, words = approval.countersignature, self.words.get(approval.leaf.seq, {})
        number = self.number
        return ShownApproval(
            at=event_of(approval.leaf).at,
            by=self.called[approval.statement.by],
            countersigned_by=self.called[second.by] if second else None,
            to=self.called[approval.to],
            until=approval.lapses_at,
            recordings=tuple(number[uid] for uid in approval.items),
            edits={number[uid]: each for uid, each in approval.edits.items()},
            withheld=tuple((number[uid], code) for uid, code in approval.withheld),
            broke_glass=approval.broke_glass,
            note=words.get("note") if self.in_full else None,
            opinion=words.get("opinion") if self.in_full else None,
            ended=end_reason(approval, self.request.history, self.now) or None,
            **self._review(approval.leaf),
        )

    def denial(self) -> ShownDenial | None:
        leaves = self.request.history.leaves  # letters about it may follow
        leaf = next((each for each in leaves if each.act == RequestAct.DENIED), None)
        if leaf is None:
            return None
        event, words = event_of(leaf), self.words.get(leaf.seq, {})
        return ShownDenial(
            at=event.at,
            by=self.called[event.actor],
            code=words.get("code", Ground.NOT_APPROVED),
            reason=words.get("reason") if self.in_full else None,
            opinion=words.get("opinion") if self.in_full else None,
            **self._review(leaf),
        )

    def _review(self, leaf: Leaf) -> dict[str, Any]:
        """What is known of a glass that was broken for a decision."""
        alone = self.alone.get(leaf.seq)
        return {
            "review": alone.standing if alone else None,
            "reviewed_by": self.called[alone.review.by] if alone and alone.review else None,
        }


@dataclass(frozen=True, slots=True)
class ListedRequest:
    """A request as lists show it."""

    reference: str
    purpose: Purpose
    state: RequestState
    created_at: datetime
    created_by: str
    """Login."""
    recordings: int
    """How many it asks for."""


def list_requests(
    practice: Practice, actor: Actor, *, state: RequestState | None = None, mine: bool = False
) -> tuple[ListedRequest, ...]:
    """The requests that are shown to the actor, the newest first.

    Only those of a ``state``, if one is given; or only those that the actor made.

    Raises:
        Tampered: one that they perhaps may not know of is not the one that was made.
    """
    called = logins(practice)
    with reading(practice.engine) as connection:
        rows, ends = visible_requests(practice, actor, connection), read_lapse_facts(connection)
        makings = read_outlines(connection)
    listed = [
        ListedRequest(
            reference=f"R-{row.number}",
            purpose=Purpose(row.purpose),
            state=state_now(practice, row, ends),
            created_at=from_millis(row.created_at),
            created_by=called[row.requester],
            recordings=len(outline_of(makings, row).uids),
        )
        for row in reversed(rows)
        if not mine or row.requester == actor.person.id
    ]
    return tuple(each for each in listed if state in (None, each.state))


def find_listed(practice: Practice, actor: Actor, reference: str) -> ListedRequest:
    """One request as lists show it.

    Raises:
        NotFound: there is none of which the actor may know.
    """
    for each in list_requests(practice, actor):
        if each.reference == reference:
            return each
    raise request_not_found(reference)


def check_entitled(
    practice: Practice,
    actor: Actor,
    act: str,
    reference: str,
    check: Callable[..., None] | None,
    *,
    opens: bool,
) -> None:
    """Check, before anything is asked of the actor, what can be said of a request unopened.

    ``check`` takes the person, the facts that no sealed part tells, and the day as ``on``. With
    ``opens`` the request must be theirs to read. A refusal is on record as of ``act``.

    Raises:
        NotFound: there is none of which the actor may know.
        Refused: as ``check``, or it is not theirs to read.
        Tampered: a column says otherwise than the log.
    """
    with attempt_on(practice, actor, act, reference) as row:
        with reading(practice.engine) as connection:
            if opens:
                with suppress(Locked):  # they are asked for it
                    check_readable(actor, connection, row)
            facts = unopened_facts(row, read_history(practice, connection, row.id))
        if check is not None:
            check(actor.person, facts, on=today(practice))
