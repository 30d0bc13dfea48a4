"""Ask a time-stamping authority, by HTTP; no other module reaches one.

No error repeats what the authority answered. Source: RFC 3161, 2.4 and 3.4.
"""

from __future__ import annotations

from datetime import datetime
from http import HTTPStatus
from typing import Final

from callrec.dataclass import dataclass
from callrec.errors import Failed, Misconfigured
from callrec.package.callrec_verify import (
    NO_OPENSSL,
    NoOpenssl,
    Time,
    Wrong,
    check_stamp_of,
    openssl,
    require_openssl,
    stamped_hash,
)
from callrec.settings import Timestamp

ANSWERS_WITHIN_S: Final = 10
"""Seconds from the first byte asked to the last one answered."""

LARGEST_ANSWER: Final = 65_536
"""Bytes; what authorities answer has 1,000 to 10,000."""

_HINT: Final = "callrec audit stamp tries again"


@dataclass(frozen=True, slots=True)
class Stamp:
    """A time stamp that counts, and of which checkpoint it is."""

    size: int
    """Of the checkpoint, in leaves."""
    token: bytes
    """A TimeStampResp, DER."""
    time: Time

    @property
    def at(self) -> datetime:
        """When the authority says that it was made, UTC."""
        return datetime.fromisoformat(self.time.at)


def ask_for_stamp(
    timestamp: Timestamp, note: bytes, size: int, *, within_s: float = ANSWERS_WITHIN_S
) -> Stamp:
    """Have a checkpoint stamped in time, or not at all.

    Args:
        timestamp: whom to ask, and by whose certificates the answer counts.
        note: the checkpoint; a hash of it is sent.
        size: how many leaves it is over.
        within_s: seconds from the first byte asked to the last one answered.

    Raises:
        Misconfigured, Failed: as `ask_for_time`.
    """
    return Stamp(size, *ask_for_time(timestamp, stamped_hash(note), within_s=within_s))


def ask_for_time(
    timestamp: Timestamp, digest: bytes, *, within_s: float = ANSWERS_WITHIN_S
) -> tuple[bytes, Time]:
    """A stamp of what has this SHA-256, and what it says; whom to ask is as above.

    Raises:
        Misconfigured: no authority is set up, or there is no ``openssl`` here.
        Failed: it did not answer in time, or what it answered does not count.
    """
    if not timestamp.url:
        hint = "a Data Controller sets [timestamp]: see settings.example.toml"
        raise Misconfigured("no time-stamping authority is set up", hint=hint)
    try:
        require_openssl()
        query = _query(timestamp, digest)
        answer = _post(timestamp.url, query, within_s)
        return _checked(timestamp, digest, query, answer)
    except NoOpenssl:
        raise Misconfigured(NO_OPENSSL, hint="install openssl") from None


def _post(url: str, query: bytes, within_s: float) -> bytes:
    # A practice that sets up no authority loads none of it.
    from callrec.system.web import Other, exchange  # noqa: PLC0415

    name, kind = "the time-stamping authority", "application/timestamp-query"
    said = exchange(url, query, Other(name, kind, within_s, LARGEST_ANSWER + 1, _HINT))
    if said.status != HTTPStatus.OK:
        raise Failed(f"{name} answered {said.status}", hint=_HINT)
    return said.body if len(said.body) <= LARGEST_ANSWER else b""


def _query(timestamp: Timestamp, digest: bytes) -> bytes:
    policy = ("-tspolicy", timestamp.policy) if timestamp.policy else ()
    query = openssl(["ts", "-query", "-sha256", "-cert", "-digest", digest.hex(), *policy])
    if not query:
        raise Failed("openssl makes no query for a time stamp", hint="check timestamp.policy")
    return query


def _checked(
    timestamp: Timestamp, digest: bytes, query: bytes, answer: bytes
) -> tuple[bytes, Time]:
    """The stamp of an answer, made anew around its token, and what it says."""
    token = openssl(["ts", "-reply", "-in", "answer", "-token_out"], answer=answer)
    stamp = openssl(["ts", "-reply", "-in", "token", "-token_in"], token=token) if token else b""
    if not stamp:
        raise Failed("the time-stamping authority gave no time stamp", hint=_HINT)
    roots = timestamp.certificates.encode()
    try:
        time = check_stamp_of(stamp, digest, roots, "given")
    except Wrong as wrong:
        raise Failed(f"what the time-stamping authority answered {wrong}", hint=_HINT) from None
    if not _answers(query, stamp, roots):
        raise Failed("what the time-stamping authority answered is not what was asked", hint=_HINT)
    return stamp, time


def _answers(query: bytes, stamp: bytes, roots: bytes) -> bool:
    """Whether nonce and policy are those of the query."""
    named = ("-queryfile", "query", "-in", "stamp", "-CAfile", "roots", "-partial_chain")
    return bool(openssl(["ts", "-verify", *named], query=query, stamp=stamp, roots=roots))
