"""Make one.

It takes no key but the public ones: people who ask need not be able to read anything.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, Final

from sqlalchemy import Connection, Row, select

from callrec.audit.log import LogTransaction
from callrec.calls.as_signed import check_as_signed
from callrec.calls.custody import Opening, find_recording
from callrec.calls.find import call_facts
from callrec.catalogue import tables
from callrec.catalogue.tables import from_millis
from callrec.crypto import primitives
from callrec.dataclass import dataclass, field, replace
from callrec.errors import CallrecError, NotFound, Refused, Unusable
from callrec.holds.log import place_with_request
from callrec.login.people import logins, people_named
from callrec.policy.authority import check_may_request
from callrec.policy.clause import Clause
from callrec.policy.days import parse_days
from callrec.policy.further import NAMES_STAFF, FurtherParticular
from callrec.policy.handling import is_shown_recordings
from callrec.policy.particulars import UNKNOWN, WITHHELD, Answers, Particulars, read_particulars
from callrec.policy.purpose import RANDOM_BYTES, TERMS, Purpose, request_id
from callrec.policy.request import RequestAct
from callrec.policy.role import PersonId, Power, VaultKey
from callrec.policy.search import is_of_another_day, is_of_another_extension
from callrec.policy.words import in_words
from callrec.practice import Actor, Practice, powers, register_now, signing, today
from callrec.record.acts import log_leaf, next_number
from callrec.record.versions import fresh_nonces
from callrec.requests.agreement import describe_file, store_agreement
from callrec.requests.clock import begin_clock
from callrec.requests.history import REQUESTS
from callrec.requests.holding import match_open_holds
from callrec.requests.lapse import attempt_after_expiry
from callrec.requests.model import (
    MAX_REQUEST_RECORDINGS,
    History,
    OpenRequest,
    RequestBody,
    RequestVersion,
)
from callrec.requests.telling import notify_deciders


@dataclass(frozen=True, slots=True)
class CreatedRequest:
    """A new request."""

    reference: str
    purpose: Purpose
    recordings: tuple[int, ...]
    particulars: Particulars = field(repr=False)
    concerned: StaffNamed
    of_other_day: tuple[int, ...] | None = ()
    """Of the recordings, those that are not of the day which the request says; None for people who
    may not know what they are."""
    of_other_extension: tuple[int, ...] | None = ()
    """The same, of the extension. Of the number nobody is told who makes a request: they could try
    out numbers, and no search would be on record."""


def create_request(
    practice: Practice,
    actor: Actor,
    *,
    purpose: Purpose,
    answers: Answers,
    recordings: Sequence[int] = (),
) -> CreatedRequest:
    """Make a request.

    Raises:
        Refused: the actor may not ask, not for this purpose, or the request does not say what its
            purpose asks for, or says what cannot be.
        Unusable: the number is none, or there are too many recordings.
        NotFound: there is no such recording, or nobody who is named by a login.
    """
    with attempt_after_expiry(practice, actor, RequestAct.CREATED):
        check_may_request(actor.person, purpose, on=today(practice))
        particulars = parse_particulars(practice, purpose, answers)
        with signing(practice, actor) as act:
            found = find_recordings(practice, actor, act.connection, recordings)
            check_count(practice, purpose, len(found))
            concerned = staff_named(practice, actor, act.connection, particulars)
            number = next_number(act.connection, tables.request.c.id, RequestAct.CREATED)
            key = agreement_key(answers)
            body = new_body(number, purpose, particulars, found, agreement_key=key)
            of_other_day = date_mismatches_known_to(practice, actor, act.connection, body)
            of_other_extension = _extension_mismatches_known_to(
                practice, actor, act.connection, body
            )
            history = write_request(practice, act, actor, body)
            version_id = RequestVersion(practice.vault, history.request, 1)
            store_agreement(act, version_id, key, answers.agreement)
            history = begin_clock(act, actor, history, body)
            place_with_request(
                practice,
                act,
                actor,
                request=history.request,
                purpose=purpose,
                particulars=particulars,
                uids=body.uids,
            )
            reference, people = f"R-{number}", concerned.people
            notify_deciders(practice, act.connection, reference, purpose, history, subjects=people)
    try:
        match_open_holds(practice, actor)
    except CallrecError as error:
        error.message = f"{reference} is made, and its calls were not found: {error.message}"
        raise
    asked_for = tuple(dict.fromkeys(recordings))
    return CreatedRequest(
        reference, purpose, asked_for, particulars, concerned, of_other_day, of_other_extension
    )


def parse_particulars(practice: Practice, purpose: Purpose, answers: Answers) -> Particulars:
    """The answers as the particulars of a request for that purpose."""
    further = dict(answers.further)
    if answers.agreement is not None:
        further[FurtherParticular.AGREEMENT] = describe_file(answers.agreement).as_text()
    return read_particulars(
        purpose,
        replace(
            answers,
            numbers=tuple(parse_number(practice, each) for each in answers.numbers),
            further=further,
        ),
        today=today(practice),
        logins=all_logins(practice),
    )


def all_logins(practice: Practice) -> frozenset[str]:
    """Everybody's login."""
    return frozenset(logins(practice).values())


def find_recordings(
    practice: Practice,
    actor: Actor,
    connection: Connection,
    numbers: Sequence[int],
    *,
    damaged: bool = False,
) -> tuple[tuple[str, str], ...]:
    """Uid and SHA-256 of the ciphertext of each, in the order given, none twice.

    ``damaged``: they need not be as they were signed for.
    """
    may_search = Power.SEARCH in powers(practice, actor)
    found = []
    for number in dict.fromkeys(numbers):
        try:
            row = find_recording(connection, number)
        except NotFound as error:
            if may_search:
                raise
            raise NotFound(
                f"there is no recording {number}",
                hint="leave it out, and say what you know of the call",
            ) from error
        found.append(row)
    if not damaged:
        check_as_signed(practice, connection, found)
    return tuple((row.uid, row.ciphertext) for row in found)


def check_count(practice: Practice, purpose: Purpose, count: int) -> None:
    """Check how many recordings one request asks for."""
    cap = practice.settings.grants.review_cap
    if TERMS[purpose].is_capped and count > cap:
        raise Refused(
            f"a request for {in_words(purpose)} asks for {cap} recordings at most",
            clause=Clause.PERFORMANCE,
            hint="choose those from which most is to be learned",
        )
    if count > MAX_REQUEST_RECORDINGS:
        raise Unusable(
            f"a request names {MAX_REQUEST_RECORDINGS} recordings at most",
            hint="make another request for the rest",
        )


def agreement_key(answers: Answers, before: bytes = b"") -> bytes:
    """A fresh key for the file that comes with a request, 32 bytes; else the one before."""
    return before if answers.agreement is None else primitives.random_bytes(primitives.KEY_BYTES)


def new_body(
    number: int,
    purpose: Purpose,
    particulars: Particulars,
    recordings: tuple[tuple[str, str], ...],
    *,
    agreement_key: bytes = b"",
) -> RequestBody:
    """A version of a request, with fresh nonces."""
    return RequestBody(
        number=number,
        purpose=purpose,
        particulars=particulars,
        recordings=recordings,
        agreement_key=agreement_key,
        **fresh_nonces(),
    )


def write_request(
    practice: Practice, act: LogTransaction, actor: Actor, body: RequestBody
) -> History:
    """Write a new request: its leaf, its row and what lies under its key."""
    id_ = request_id(body.purpose, primitives.random_bytes(RANDOM_BYTES))
    version_id = RequestVersion(practice.vault, id_, 1)
    details = body.details(body.digest(version_id, actor.person.id))
    subject = [id_, *body.uids]
    leaf = log_leaf(act, actor, RequestAct.CREATED, subject, details=details, nonce=body.log_nonce)
    history = History(id_, (leaf,))
    REQUESTS.insert(act.connection, id_, history, number=body.number)
    register = register_now(practice, act.connection)
    REQUESTS.store(act.connection, register, version_id, body, [actor.person.id])
    return history


_NUMBER_HINT: Final = (
    'give it in full, just the digits that the telephone system wrote ("digits 946012"), or say'
    " unknown"
)


def parse_number(practice: Practice, typed: str) -> str:
    """A number in any spelling as E.164; "unknown", "withheld" and "digits" stay what they are.

    After "withheld" may stand its days, as `policy.days.parse_days` reads them.
    """
    word, _, days = typed.strip().casefold().partition(" ")
    if word == WITHHELD and days:
        return f"{WITHHELD} {parse_days(days, today(practice))}"
    if word in ("", UNKNOWN, WITHHELD):
        return word
    from callrec.telephone.number import parse_sought  # noqa: PLC0415  # 35 ms, and few type one

    prefixes = practice.settings.telephone.outside_prefixes
    return parse_sought(typed, hint=_NUMBER_HINT, option="--number N", prefixes=prefixes)


@dataclass(frozen=True, slots=True)
class StaffNamed:
    """The staff whom a request is about, as far as one person can know.

    The people it is about do not decide it. So whether they were recognised is shown to those who
    make, change or approve it, while they can still name them better [4(b)].
    """

    people: frozenset[PersonId]
    logins: tuple[str, ...]
    """Theirs, in order."""
    is_staff_named: bool
    """It says which of the staff it is about, so that somebody should be known."""
    by_name: bool
    """Full names were looked through; where the actor opens none, logins alone."""


def staff_named(
    practice: Practice, actor: Actor, connection: Connection, particulars: Particulars
) -> StaffNamed:
    """The staff whom a request is about."""
    people = people_named(practice, actor, connection, particulars.subjects)
    return _concerned(practice, people, particulars, by_name=actor.has_key(VaultKey.CATALOGUE))


def staff_named_in_open_request(practice: Practice, request: OpenRequest) -> StaffNamed:
    """The same of a request that somebody has opened with the catalogue key, as to decide it."""
    return _concerned(practice, request.facts.subjects, request.particulars, by_name=True)


def _concerned(
    practice: Practice, people: frozenset[PersonId], particulars: Particulars, *, by_name: bool
) -> StaffNamed:
    called = logins(practice) if people else {}
    return StaffNamed(
        people=people,
        logins=tuple(sorted(called[person] for person in people)),
        is_staff_named=not NAMES_STAFF.isdisjoint(particulars.further),
        by_name=by_name,
    )


def find_date_mismatches(
    practice: Practice, particulars: Particulars, rows: Iterable[Row[Any]]
) -> tuple[int, ...]:
    """The numbers of those of these recordings that began on another day than a request says.

    A number is mistyped, and a description may be mistaken: neither is refused, and both are shown
    to those who decide, and to those who ask if they may know what the recordings are. Others could
    try out days on numbers.
    """
    zone = practice.settings.time_zone
    return tuple(
        row.id
        for row in rows
        if is_of_another_day(particulars, from_millis(row.started_at).astimezone(zone))
    )


def date_mismatches_known_to(
    practice: Practice, actor: Actor, connection: Connection, body: RequestBody
) -> tuple[int, ...] | None:
    """The same of a request that the actor makes or changes; None if they may not know."""
    if not is_shown_recordings(actor.person, body.purpose, on=today(practice)):
        return None
    table = tables.recording.c
    query = select(table.id, table.started_at).where(table.uid.in_(body.uids)).order_by(table.id)
    return find_date_mismatches(practice, body.particulars, connection.execute(query))


def _extension_mismatches_known_to(
    practice: Practice, actor: Actor, connection: Connection, body: RequestBody
) -> tuple[int, ...] | None:
    """Of a request that the actor makes, the numbers of those that were over another extension.

    None if they may not know, or have not the key that shows it.
    """
    may_know = is_shown_recordings(actor.person, body.purpose, on=today(practice))
    if not may_know or not actor.has_key(VaultKey.CATALOGUE):
        return None
    table = tables.recording
    rows = connection.execute(select(table).where(table.c.uid.in_(body.uids)).order_by(table.c.id))
    return tuple(
        opened.id
        for opened in Opening(practice, actor, connection).sound_metadata(rows.all())
        if is_of_another_extension(body.particulars, call_facts(opened))
    )
