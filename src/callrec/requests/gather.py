"""Gather all that a request describes, as one act [policy 4(c), 4(d); UK GDPR 15(1A)].

It finds every recording that matches what the request says, however many, and lets the request ask
for them; those that it leaves out have a ground. The version that it makes keeps what was found, so
that the criteria, what matched, what is asked for and what is left out are signed by one entry of
the log. What the request says stays as it was: so people who decide it may gather, too.

A change of what the request says ends the gathering; to ask for a recording by its number, or no
longer, does not. What was found and is then neither asked for nor left out stops the approval.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from typing import Final

from sqlalchemy import Connection, select

from callrec.audit.log import LogTransaction
from callrec.calls.custody import OpenedRecording, Opening
from callrec.calls.find import ShownCall, call_facts, find_calls_of
from callrec.catalogue import tables
from callrec.catalogue.engine import reading
from callrec.dataclass import dataclass, replace
from callrec.errors import NotFound, Unusable
from callrec.notes.log import read_notes
from callrec.policy.authority import check_may
from callrec.policy.handling import check_may_gather, check_waits_for_answer, is_shown_in_full
from callrec.policy.particulars import Particulars, Unknown
from callrec.policy.request import RequestAct
from callrec.policy.rights.grounds import Ground
from callrec.policy.rights.subject import SubjectRecord
from callrec.policy.rights.withholding import check_left_out
from callrec.policy.role import Power
from callrec.policy.search import described_by
from callrec.practice import Actor, Practice, record, today
from callrec.record.acts import check_whole_catalogue
from callrec.record.versions import fresh_nonces
from callrec.requests.amend import Amended, write_version
from callrec.requests.ask import check_count
from callrec.requests.covering import shown_calls
from callrec.requests.holding import asked_for_in_parts
from callrec.requests.lapse import attempt_on, signing_on
from callrec.requests.model import MAX_REQUEST_RECORDINGS, Gathering, OpenRequest
from callrec.requests.open import read_request
from callrec.subjects.log import read_subject
from callrec.subjects.register import shared_numbers

GATHERING: Final = "request.gathering"
"""Act of the leaf that is there before anything is opened."""


@dataclass(frozen=True, slots=True)
class Gathered:
    """What a gathering found, added and left out."""

    amended: Amended
    found: tuple[ShownCall, ...]
    """All that match, the newest first."""
    masked: bool
    added: frozenset[int]
    """Numbers of those that the request did not ask for before."""
    left_out: Mapping[int, Ground]
    elsewhere: int
    """How many another part of the same request asks for."""
    too_many: int
    """How many more match than one request can name."""
    person: str
    """``S-3``: whom on the register the request is about; empty: nobody there."""
    shared: tuple[int, ...]
    """Of what was found, on a number that another registered person has, too; nobody is named."""
    is_outdated: bool
    """The register knows names or numbers of the person that the request does not say."""


def gather_recordings(
    practice: Practice, actor: Actor, reference: str, *, leave_out: Mapping[int, Ground]
) -> Gathered:
    """Let a request ask for every recording that matches it, but for those that are left out.

    What was left out before stays so, until the request is made to ask for it by its number.

    Raises:
        NotFound: there is no such request, nothing more matches it, or what is left out was not
            found.
        Refused: the actor may not search, or it is too late to change the request, or a ground
            does not fit.
        Unusable: the request says nothing by which a recording could be found.
        Locked: it takes the actor's password.
        Tampered: a recording is not as it was sealed.
    """
    with (
        attempt_on(practice, actor, RequestAct.GATHERED, reference) as row,
        reading(practice.engine) as connection,
    ):
        check_may(actor.person, Power.SEARCH, on=today(practice))
        _check_may_gather(practice, actor, read_request(practice, actor, connection, reference))
    record(practice, actor, GATHERING, subject=[row.id])
    with signing_on(practice, actor, RequestAct.GATHERED, reference) as act:
        request = read_request(practice, actor, act.connection, reference)
        _check_may_gather(practice, actor, request)
        check_whole_catalogue(practice, act.connection)
        return _gather(practice, actor, act, request, leave_out)


def _check_may_gather(practice: Practice, actor: Actor, request: OpenRequest) -> None:
    check_may_gather(actor.person, request.facts, on=today(practice))
    check_waits_for_answer(request.facts)
    if not described_by(request.particulars):
        raise Unusable(
            "the request says nothing by which recordings could be found",
            hint="say whose calls they are, or which day:"
            f" callrec request amend {request.reference} --number NUMBER",
        )


def _gather(
    practice: Practice,
    actor: Actor,
    act: LogTransaction,
    request: OpenRequest,
    leave_out: Mapping[int, Ground],
) -> Gathered:
    opened = find_calls_of(practice, actor, act.connection, described_by(request.particulars))
    identified = _identified(practice, actor, act.connection, request.particulars.person)
    opened = _newest_first([*opened, *identified])
    left_out = _left_out(request, opened, leave_out, today(practice))
    elsewhere = asked_for_in_parts(practice, actor, act.connection, request) - {*request.body.uids}
    before = [each for each in request.body.recordings if each[0] not in left_out]
    rows = {each.uid: each for each in opened}
    new = [
        uid
        for uid in rows
        if uid not in left_out and uid not in elsewhere and uid not in request.body.uids
    ]
    room = max(MAX_REQUEST_RECORDINGS - len(before), 0)
    recordings = (*before, *((uid, rows[uid].ciphertext) for uid in new[:room]))
    check_count(practice, request.purpose, len(recordings))
    gathering = Gathering(tuple(rows), left_out)
    if (gathering, recordings) == (request.body.gathering, request.body.recordings):
        raise NotFound(
            "no other recording matches the request",
            hint=f"callrec request show {request.reference} lists what it asks for",
        )
    body = replace(request.body, recordings=recordings, gathering=gathering, **fresh_nonces())
    amended = write_version(practice, act, actor, request, body, what=RequestAct.GATHERED)
    person = request.particulars.person
    known = read_subject(practice, actor, act.connection, person) if person else None
    shared = (
        shared_numbers(practice, actor, act.connection, known.id, known.record.numbers)
        if known
        else frozenset()
    )
    masked = not is_shown_in_full(actor.person, request.facts, on=today(practice))
    return Gathered(
        amended=amended,
        found=shown_calls(practice, actor, act.connection, opened, masked=masked),
        masked=masked,
        added=frozenset(rows[uid].id for uid in new[:room]),
        left_out={rows[uid].id: ground for uid, ground in left_out.items()},
        elsewhere=len(elsewhere & rows.keys()),
        too_many=len(new[room:]),
        person=person,
        shared=tuple(
            each.id
            for each in opened
            if each not in identified and not call_facts(each).numbers.isdisjoint(shared)
        ),
        is_outdated=known is not None and not _says(request.particulars, known.record),
    )


def _identified(
    practice: Practice, actor: Actor, connection: Connection, person: str
) -> list[OpenedRecording]:
    """The recordings in which somebody heard a person on the register, and said so."""
    notes = read_notes(practice, actor, connection) if person else ()
    uids = {each.history.recording for each in notes if each.body.person == person}
    recording = tables.recording
    rows = connection.execute(select(recording).where(recording.c.uid.in_(uids))).all()
    return list(Opening(practice, actor, connection).each_checked(rows))


def _newest_first(opened: Iterable[OpenedRecording]) -> list[OpenedRecording]:
    """Each recording once, the newest first."""
    once = {each.uid: each for each in opened}
    return sorted(once.values(), key=lambda each: (each.started_at, each.id), reverse=True)


def _says(particulars: Particulars, record: SubjectRecord) -> bool:
    """Whether a request names all that the register knows of the person whom it is about."""
    numbers = () if isinstance(particulars.numbers, Unknown) else particulars.numbers
    return {*record.names} <= {*particulars.names} and {*record.numbers} <= {*numbers}


def _left_out(
    request: OpenRequest,
    opened: Sequence[OpenedRecording],
    leave_out: Mapping[int, Ground],
    on: date,
) -> dict[str, Ground]:
    """The recordings' numbers by uid, in the order in which they were found."""
    if not leave_out.keys() <= {each.id for each in opened}:
        raise NotFound(
            "what is left out does not match the request",
            hint="only what is found is left out; callrec request detach takes others away",
        )
    for ground in leave_out.values():
        check_left_out(ground, request.facts, request.particulars.further, on=on)
    before = request.body.gathering.left_out if request.body.gathering else {}
    grounds = {each.uid: leave_out.get(each.id, before.get(each.uid)) for each in opened}
    return {uid: ground for uid, ground in grounds.items() if ground is not None}
