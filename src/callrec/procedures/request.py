"""Ask for recordings: the six particulars, a purpose, and which recordings [policy 4(b)].

It takes no key but the public ones: whoever asks need not be able to read anything.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from callrec.audit.log import read_leaf
from callrec.catalogue.requests import (
    CATALOGUE,
    insert_request,
    insert_version,
    next_number,
    put_key,
)
from callrec.crypto import primitives
from callrec.crypto.canonical import parse_instant
from callrec.errors import Refused, Unusable
from callrec.policy.authority import check_may_request
from callrec.policy.clause import Clause
from callrec.policy.particulars import UNKNOWN, Unknown, take_particulars
from callrec.policy.purpose import TERMS
from callrec.policy.request import RequestAct, RequestState
from callrec.policy.role import VaultKey
from callrec.practice import attempt, today, writing
from callrec.procedures.custody import find_recording, to_millis
from callrec.procedures.lapsing import sweep_lapsed
from callrec.procedures.request_log import History
from callrec.procedures.sealed_request import NONCE_BYTES, RequestBody, Version, seal_request_key
from callrec.telephone.number import e164

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date

    from sqlalchemy import Connection

    from callrec.audit.log import Writing
    from callrec.policy.particulars import Particulars
    from callrec.policy.purpose import Purpose
    from callrec.policy.when import Times
    from callrec.practice import Actor, Practice

MOST_RECORDINGS: Final = 200
"""In one request: its leaf names each of them, and a leaf has at most 8 KiB."""


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class Said:
    """What whoever asks says of the call. None or empty: nothing was said. Its repr shows nothing.

    Each of the five that may be unknown is said to be so by the word.
    """

    reason: str | None
    day: date | Unknown | None
    times: Times | Unknown | None
    extension: str | None
    number: str | None
    """In any spelling."""
    parties: tuple[str, ...]
    about: str = ""


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class MadeRequest:
    """A request that has just been written, for what follows from it. Its repr shows nothing."""

    id: str
    number: int
    purpose: Purpose
    particulars: Particulars
    which: Version
    key: bytes
    """The request key of this version, 32 bytes."""
    history: History
    """So far: that it was made."""


@dataclass(frozen=True, slots=True)
class Created:
    """A new request."""

    reference: str
    purpose: Purpose
    recordings: tuple[int, ...]


def create_request(
    practice: Practice,
    actor: Actor,
    *,
    purpose: Purpose,
    said: Said,
    recordings: Sequence[int] = (),
) -> Created:
    """Make a request.

    Raises:
        Refused: the actor may not ask, not for this purpose, or a particular is neither known nor
            said to be unknown.
        Unusable: the number is none, or there are too many recordings.
        NotFound: there is no such recording.
    """
    sweep_lapsed(practice, actor)
    with attempt(practice, actor, RequestAct.CREATED):
        check_may_request(actor.person, purpose, on=today(practice))
        particulars = _particulars(practice, said)
        with writing(practice, actor.signer) as act:
            found = find_recordings(act.connection, recordings)
            check_count(practice, purpose, len(found))
            number = next_number(act.connection)
            body = new_body(number, purpose, particulars, found)
            write_request(practice, act, actor, body)
    return Created(f"R-{number}", purpose, tuple(dict.fromkeys(recordings)))


def find_recordings(connection: Connection, numbers: Sequence[int]) -> tuple[tuple[str, str], ...]:
    """Uid and SHA-256 of the ciphertext of each, in the order given, none twice.

    Raises:
        NotFound: one of them does not exist.
    """
    rows = (find_recording(connection, number) for number in dict.fromkeys(numbers))
    return tuple((row.uid, row.ciphertext) for row in rows)


def check_count(practice: Practice, purpose: Purpose, count: int) -> None:
    """Check how many recordings one request asks for.

    Raises:
        Refused: more than are enough for its purpose.
        Unusable: more than a request can name.
    """
    cap = practice.config.grants.review_cap
    if TERMS[purpose].is_capped and count > cap:
        raise Refused(
            f"a request for {purpose} asks for {cap} recordings at most",
            clause=Clause.PERFORMANCE,
            hint="choose those from which most is to be learned",
        )
    if count > MOST_RECORDINGS:
        raise Unusable(
            f"a request names {MOST_RECORDINGS} recordings at most",
            hint="make another request for the rest",
        )


def new_body(
    number: int,
    purpose: Purpose,
    particulars: Particulars,
    recordings: tuple[tuple[str, str], ...],
) -> RequestBody:
    """A version of a request, with fresh nonces."""
    return RequestBody(
        number=number,
        purpose=purpose,
        particulars=particulars,
        recordings=recordings,
        nonce=primitives.fresh(NONCE_BYTES),
        log_nonce=primitives.fresh(NONCE_BYTES),
    )


def write_request(practice: Practice, act: Writing, actor: Actor, body: RequestBody) -> MadeRequest:
    """Write a new request: its leaf, its row and what lies under its key."""
    which = Version(practice.vault, primitives.fresh_id(), 1)
    digest = body.digest(which, actor.person.id)
    seq = act.leaf(
        str(RequestAct.CREATED),
        actor=actor.person.id,
        subject=[which.request, *(uid for uid, _ in body.recordings)],
        details=body.details(digest),
        nonce=body.log_nonce,
    )
    leaf, _ = read_leaf(act.connection, seq)
    insert_request(
        act.connection,
        id=which.request,
        number=body.number,
        version=which.version,
        requester=actor.person.id,
        purpose=body.purpose,
        created_at=to_millis(parse_instant(leaf.at)),
        state=RequestState.SUBMITTED,
    )
    return MadeRequest(
        id=which.request,
        number=body.number,
        purpose=body.purpose,
        particulars=body.particulars,
        which=which,
        key=store_version(practice, act.connection, body, which, actor.person.id),
        history=History(which.request, (leaf,)),
    )


def store_version(
    practice: Practice,
    connection: Connection,
    body: RequestBody,
    which: Version,
    requester: str,
) -> bytes:
    """Seal a version under a new request key, and that to the catalogue key and to its maker.

    Returns the key, 32 bytes.
    """
    key = primitives.fresh(primitives.KEY_BYTES)
    catalogue = practice.register.newest(VaultKey.CATALOGUE)
    maker = practice.register.public_keys(requester)
    insert_version(connection, which.request, which.version, body.seal(key, which))
    for holder, key_version, public in (
        (CATALOGUE, catalogue.version, catalogue.public),
        (requester, 0, maker.kem),
    ):
        sealed = seal_request_key(key, which, public)
        put_key(
            connection,
            which.request,
            which.version,
            holder=holder,
            key_version=key_version,
            sealed=sealed,
        )
    return key


def _particulars(practice: Practice, said: Said) -> Particulars:
    fields: dict[str, Any] = {name: getattr(said, name) for name in Said.__slots__}
    return take_particulars(**{**fields, "number": _number(practice, said.number)})


def _number(practice: Practice, said: str | None) -> str | None:
    if not said or said.strip().casefold() == UNKNOWN:
        return said
    number = e164(said, practice.config.region)
    if number is None:
        raise Unusable(
            "that is no telephone number", hint="give it in full, or say --number unknown"
        )
    return number
