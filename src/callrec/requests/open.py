"""Open a request and hold it against the log; who reads it in full, who may know of it.

It is sealed to the catalogue key, to its maker and to people who were granted something under it.
Anybody who can write the database could seal another in its place, so it counts only if the leaf
that made it, attested to be its maker's, commits to its digest [policy 4(b)].

Where an outside body asked that a person is not told, its request is hidden from that person as if
there were none: by its number, in every list and register, with its holds and that they hold a
recording, the notes written under it and the entries of the log that name it. Only a number is
missed. For an auditor, who opens no requests, that cannot be known: lists show them that a body
asked, and never about whom. Staff and services are shown their own alone [policy 4(f); DPA 2018
Sch 2 Pt 1 para 2].
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any, Final

from sqlalchemy import Connection, Row, select

from callrec.audit.rows import check_tables
from callrec.calls.custody import Opening
from callrec.catalogue import tables
from callrec.catalogue.holds import find_hold, hold_not_found
from callrec.catalogue.requests import ROWS_OF_REQUESTS, find_request, request_not_found
from callrec.dataclass import replace
from callrec.errors import Failed, Refused, Tampered
from callrec.login.people import people_named
from callrec.notes.log import OpenNote, read_notes
from callrec.policy.authority import RequestFacts
from callrec.policy.clause import Clause
from callrec.policy.further import FurtherParticular
from callrec.policy.handling import check_may_change, check_may_gather, is_shown_all_requests
from callrec.policy.particulars import Particulars, Unknown
from callrec.policy.purpose import TERMS, Purpose, is_never_kept
from callrec.policy.request import CHANGING_ACTS, RequestAct
from callrec.policy.retention import RecordingState
from callrec.policy.reviews import people_kept_from
from callrec.policy.role import PersonId, Power, VaultKey
from callrec.practice import Actor, Practice, password_needed, powers, today
from callrec.record.entitled import only_by_entitled, powers_then
from callrec.record.rows import check_row
from callrec.requests.approvals import grant_holders, read_approvals, uids_granted
from callrec.requests.clock import read_clock
from callrec.requests.history import REQUESTS, columns_of, read_history
from callrec.requests.model import (
    Gathering,
    History,
    OpenRequest,
    RequestBody,
    RequestVersion,
    uids_asked_for,
)


def read_request(
    practice: Practice,
    actor: Actor,
    connection: Connection,
    reference: str,
    *,
    opened: OpenRequest | None = None,
) -> OpenRequest:
    """Open a request through the catalogue key, or through the actor's own.

    What the same actor has ``opened`` of it before is not opened again while that version stands;
    it is held against the log, and all else is read, as if it were.
    """
    row = find_request(connection, reference)
    version_id = RequestVersion(practice.vault, row.id, row.version)
    history = read_history(practice, connection, row.id)
    facts = unopened_facts(row, history)
    if opened is not None and opened.version_id == version_id:
        check_readable(actor, connection, row)
        keys, body = opened.keys, opened.body
    else:
        keys, body = _open(practice, actor, connection, row)
    digest = _check_made(version_id, row, history, body)
    if history.making.act == RequestAct.GATHERED:
        _check_only_gathered(connection, version_id, body, keys)
    approvals = read_approvals(practice, connection, history)
    clock = read_clock(practice, connection, history)
    facts = replace(
        facts,
        subjects=people_named(practice, actor, connection, body.particulars.subjects),
        kept_from=kept_from(practice, actor, connection, body.purpose, body.particulars),
        granted_to=grant_holders(approvals, history, practice.now()),
        made_on=history.events[0].at.astimezone(practice.settings.time_zone).date(),
        unproven=clock.unproven if clock else frozenset(),
        third_parties_checked=_is_checked(
            history, uids_granted(approvals, history, practice.now())
        ),
    )
    _check_changed_by_entitled(practice, connection, history, facts)
    opening = Opening(practice, actor, connection)
    recordings = tuple(_recording(connection, opening, *each) for each in body.recordings)
    return OpenRequest(version_id, body, digest, keys, history, approvals, facts, clock, recordings)


def _is_checked(history: History, granted: frozenset[str]) -> bool:
    """Whether somebody said, of all that is granted, what it tells of others."""
    checks = [leaf for leaf in history.after(history.making) if leaf.act == _CHECK]
    return bool(checks) and granted <= {uid for leaf in checks for uid in leaf.subject[1:]}


_CHECK: Final = RequestAct.THIRD_PARTIES


def unopened_facts(row: Row[Any], history: History) -> RequestFacts:
    """What the rules ask, without opening the request: no subjects, so not who may decide it."""
    check_row(row, columns_of(history), REQUESTS.called(row))
    return RequestFacts(
        reference=f"R-{row.number}",
        purpose=Purpose(row.purpose),
        state=history.state,
        requester=history.requester,
        changed_by=history.changed_by,
    )


def check_readable(actor: Actor, connection: Connection, row: Row[Any]) -> None:
    """Whether the actor has what opens the request of that row; nothing is opened yet."""
    if can_open_as_searcher(actor, connection, row):
        return
    if REQUESTS.find_key(connection, row.id, row.version, actor.person.id) is None:
        hint = "callrec request list --mine shows yours"
        if Power.READ_AUDIT in actor.person.powers:
            hint = f"callrec request dossier R-{row.number} tells of it what you may read"
        why = "a request is read by who made it, who may decide it, and who was granted it"
        raise Refused(why, clause=Clause.CONTROLLED_ACCESS, hint=hint)
    if actor.identity is None:
        raise password_needed("this request opens with your password")


def _open(
    practice: Practice, actor: Actor, connection: Connection, row: Row[Any]
) -> tuple[Mapping[int, bytes], RequestBody]:
    """The keys of every version that the actor may open, and the version that stands."""
    check_readable(actor, connection, row)
    versions = [RequestVersion(practice.vault, row.id, number + 1) for number in range(row.version)]
    try:
        keys = {
            version_id.version: key
            for version_id in versions
            if (key := REQUESTS.key(actor, connection, version_id)) is not None
        }
        sealed = REQUESTS.sealed(connection, versions[-1])
        return keys, RequestBody.open(sealed, keys[row.version], versions[-1])
    except Tampered as error:
        raise Tampered(f"request R-{row.number} does not open: {error.message}") from error


def can_open_as_searcher(actor: Actor, connection: Connection, row: Row[Any]) -> bool:
    """Whether the actor opens the request of that row as people who may search do."""
    found = REQUESTS.find_key(connection, row.id, row.version, VaultKey.CATALOGUE)
    return found is not None and (VaultKey.CATALOGUE, found.key_version) in actor.shares


def _check_made(
    version_id: RequestVersion, row: Row[Any], history: History, body: RequestBody
) -> str:
    """Returns the digest, once the leaf that made this version is seen to commit to it."""
    digest, made = body.digest(version_id, history.requester), history.making
    if body.commitment(version_id.vault, made.seq, digest) != made.detail:
        raise Tampered(f"request R-{row.number} is not the one that was made")
    if uids_asked_for(made) != tuple(uid for uid, _ in body.recordings):
        raise Tampered(f"request R-{row.number} asks for something else than the log says")
    if (row.number, row.purpose) != (body.number, body.purpose):
        raise Tampered(f"a column of request R-{row.number} is not what was sealed with it")
    return digest


def _check_only_gathered(
    connection: Connection, version_id: RequestVersion, body: RequestBody, keys: Mapping[int, bytes]
) -> None:
    """Check that a gathering changed nothing that a request says, as its own makers alone do that.

    As far as the reader opens the version before: people who decide it open each.
    """
    before_id = replace(version_id, version=version_id.version - 1)
    if key := keys.get(before_id.version):
        before = RequestBody.open(REQUESTS.sealed(connection, before_id), key, before_id)
        gathering = body.gathering or Gathering((), {})
        taken, added = {*before.uids} - {*body.uids}, {*body.uids} - {*before.uids}
        is_one = taken <= gathering.left_out.keys() and added <= {*gathering.found}
        if before.particulars != body.particulars or not is_one:
            raise Tampered("a gathering changed what a request says")


def _check_changed_by_entitled(
    practice: Practice, connection: Connection, history: History, facts: RequestFacts
) -> None:
    # Whom an earlier version was about is not asked again: a later one may name who changed it.
    facts = replace(facts, subjects=frozenset())
    past_powers = powers_then(practice, connection)
    may = {RequestAct.AMENDED: check_may_change, RequestAct.GATHERED: check_may_gather}
    for leaf in history.leaves:
        if leaf.act in CHANGING_ACTS:
            with only_by_entitled("a request was changed by somebody who may not"):
                person, on = past_powers.actor(leaf)
                may[RequestAct(leaf.act)](person, facts, on=on)


def _recording(connection: Connection, opening: Opening, uid: str, ciphertext: str) -> Row[Any]:
    """The row; its sealed file may have been replaced since (docs/formats/recording.md, 7)."""
    row = connection.execute(select(tables.recording).where(tables.recording.c.uid == uid)).first()
    if row is not None:
        # Of what was destroyed nothing opens, whatever its row says.
        is_it = row.ciphertext == ciphertext or row.state == RecordingState.DESTROYED
        if is_it or opening.is_replaced_file(row, ciphertext):
            return row
    raise Tampered("a recording is not the one that was asked for")


def read_unchanged(practice: Practice, connection: Connection, request: OpenRequest) -> History:
    """The history of a request in which nothing has happened since it was opened."""
    history = read_history(practice, connection, request.id)
    if history != request.history:
        raise Failed(
            "something else happened to the request meanwhile",
            hint=f"see what: callrec request show {request.reference}; then try again",
        )
    return history


def sees_in_full(practice: Practice, actor: Actor, request: OpenRequest) -> bool:
    """Whether the actor sees a request in full: their own, theirs to decide, or granted to them."""
    facts, person = request.facts, actor.person.id
    decides = TERMS[request.purpose].decided_with in powers(practice, actor)
    return person in facts.makers | facts.granted_to or (decides and person not in facts.subjects)


def find_visible(
    practice: Practice, actor: Actor, connection: Connection, reference: str
) -> Row[Any]:
    """The row of a request that somebody names."""
    row = find_request(connection, reference)
    if _is_kept(practice, actor, connection, row):
        raise request_not_found(reference)
    return row


def hidden_from(practice: Practice, actor: Actor, connection: Connection) -> frozenset[str]:
    """Ids of the requests of which somebody must not learn."""
    rows = REQUESTS.every(connection)
    return frozenset(row.id for row in rows if _is_kept(practice, actor, connection, row))


def visible_requests(
    practice: Practice, actor: Actor, connection: Connection
) -> Sequence[Row[Any]]:
    """The rows of the requests that lists show to somebody, the oldest first."""
    check_tables(connection, ROWS_OF_REQUESTS)
    rows = REQUESTS.every(connection)
    if not is_shown_all_requests(actor.person, on=today(practice)):
        grant, person = tables.grant.c, actor.person.id
        query = select(grant.request).where(grant.person == person)
        granted = set(connection.execute(query).scalars())
        rows = [row for row in rows if row.requester == person or row.id in granted]
    return [row for row in rows if not _is_kept(practice, actor, connection, row)]


def references_hidden_from(
    practice: Practice, actor: Actor | None, connection: Connection
) -> frozenset[str]:
    """The same as they are typed, ``R-17``.

    Where nobody is logged in, each request of an outside body: else to log out would show it.
    """
    return frozenset(
        f"R-{row.number}"
        for row in REQUESTS.every(connection)
        if row.purpose == Purpose.OUTSIDE_BODY
        and (actor is None or _is_kept(practice, actor, connection, row))
    )


def find_visible_hold(
    practice: Practice, actor: Actor, connection: Connection, number: int
) -> Row[Any]:
    """The row of a hold that somebody names, as `catalogue.holds.find_hold` gives it."""
    row = find_hold(connection, number)
    if row.request in hidden_from(practice, actor, connection):
        raise hold_not_found(number)
    return row


def visible_notes(
    practice: Practice, actor: Actor, connection: Connection, recordings: Collection[str]
) -> tuple[OpenNote, ...]:
    """The notes on recordings, uids, that somebody may read; raises as `notes.log.read_notes`."""
    notes = read_notes(practice, actor, connection, recordings)
    hidden = hidden_from(practice, actor, connection) if notes else frozenset()
    return tuple(each for each in notes if each.history.request not in hidden)


def kept_from(
    practice: Practice, actor: Actor, connection: Connection, purpose: Purpose, says: Particulars
) -> frozenset[PersonId]:
    """The people who must not learn of a request, as far as the actor opens their names."""
    if purpose is not Purpose.OUTSIDE_BODY:
        return frozenset()
    parties = () if isinstance(says.parties, Unknown) else says.parties
    people = (voucher.person for voucher in practice.register.people())
    return people_kept_from(
        people_named(practice, actor, connection, parties),
        deciders=frozenset(each.id for each in people if is_never_kept(purpose, each)),
        may_be_told=says.further.get(FurtherParticular.SUBJECT_MAY_BE_TOLD) == "yes",
    )


def _is_kept(practice: Practice, actor: Actor, connection: Connection, row: Row[Any]) -> bool:
    if is_never_kept(row.purpose, actor.person) or not can_open_as_searcher(actor, connection, row):
        return False
    request = read_request(practice, actor, connection, f"R-{row.number}")
    return actor.person.id in request.facts.hidden_from
