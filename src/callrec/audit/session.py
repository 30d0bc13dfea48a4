"""A session: what its key may sign, and its certificate, which says whose it is, until when, where.

A session has a key of its own, which signs the log's entries of what asks for no password and of
nothing else. What asks for one is signed by keys that no session holds [policy 4(a), 4(i)]. The
person's ``act`` key signs the certificate, and the leaf of their login carries it
(docs/formats/keys.md, 6).
"""

from __future__ import annotations

import base64
import re
from collections.abc import Mapping
from datetime import timedelta
from typing import Any, Final

from callrec.audit.leaf import Leaf, Outcome
from callrec.crypto.canonical import format_instant, parse_instant
from callrec.crypto.primitives import SIGNING_PUBLIC_BYTES, SigningPublic
from callrec.crypto.statement import Statement
from callrec.dataclass import dataclass
from callrec.errors import Tampered
from callrec.policy.hold import HoldAct
from callrec.policy.incident import IncidentAct
from callrec.policy.request import CHANGING_ACTS, RequestAct
from callrec.policy.rights.complaint import ComplaintAct
from callrec.policy.rights.subject import SubjectAct

SESSION_STATEMENT: Final = "session"

LOGIN: Final = "login"
"""The act of the leaf that carries it."""

SESSION_PURPOSE: Final = "no-password"
"""The word of a certificate that stands for `SESSION_ACTS`."""

SESSION_LIMIT: Final = timedelta(minutes=60)

IDLE_LIMIT: Final = timedelta(minutes=10)

DESK: Final = "desk at "
"""How the place of a session at the desk begins; the browser's address follows."""

DESK_SESSION_LIMIT: Final = timedelta(hours=8)

DESK_IDLE_LIMIT: Final = timedelta(minutes=15)


def session_limit(terminal: str) -> timedelta:
    """How long a session lasts at most: at the desk a working day."""
    return DESK_SESSION_LIMIT if terminal.startswith(DESK) else SESSION_LIMIT


LOGOUT: Final = "logout"
"""Ends the one session under which it is written."""

SESSIONS_ENDED: Final = "session.ended"
"""Ends all sessions of the person whom it names, who does so with their password, or who governs.
"""

PASSWORD_CHANGED: Final = "password.changed"  # noqa: S105 - an act
"""Ends all sessions of the person who did it."""

PASSWORD_SEEN: Final = "password.seen"  # noqa: S105 - an act
"""Carries the voucher that takes the key away which a password opened that somebody may know."""

SESSION_ACTS: Final[Mapping[str, int]] = {
    **dict.fromkeys(("search", "search.answered", "recording.shown"), 0),
    **dict.fromkeys(
        map(
            str,
            (
                *(RequestAct.CREATED, RequestAct.RECEIVED, *CHANGING_ACTS),
                *(RequestAct.ASKED, RequestAct.ANSWERED, RequestAct.EXTENDED),
                *(RequestAct.THIRD_PARTIES, RequestAct.DENIED, RequestAct.WITHDRAWN),
                *(RequestAct.LAPSED, RequestAct.REVOKED, RequestAct.GRANT_LAPSED),
                *(RequestAct.HANDED_OVER, RequestAct.ACKNOWLEDGED, RequestAct.CLOSED),
                *(HoldAct.PLACED, HoldAct.EVERYTHING, HoldAct.COVERS),
                *(HoldAct.MATCHED, HoldAct.UNMATCHED),
                *(IncidentAct.REPORTED, IncidentAct.UPDATED, IncidentAct.CLOSED),
                *(ComplaintAct.RECEIVED, ComplaintAct.ACKNOWLEDGED),
                *(ComplaintAct.PROGRESSED, ComplaintAct.ANSWERED),
                *(SubjectAct.ADDED, SubjectAct.CHANGED),
            ),
        ),
        0,
    ),
    # With its request, which it names second; by hand it is lifted with two passwords.
    str(HoldAct.LIFTED): 2,
    **dict.fromkeys(
        ("request.shown", "request.agreement", "hold.shown", "hold.matching", "incident.shown"),
        0,
    ),
    **dict.fromkeys(("request.gathering", "complaint.shown"), 0),
    **dict.fromkeys(("retention.reviewed", "recording.categorised"), 0),
    **dict.fromkeys(("volume.kept", "volume.found", "volume.listed"), 0),
    **dict.fromkeys(("people.listed", "person.shown", LOGOUT), 0),
    "log.stamped": 0,
}
"""What a session's key may attest, and how many subjects such an entry names at the least."""

MAX_TERMINAL: Final = 64

_HASH: Final = re.compile(r"[0-9a-f]{64}")


def may_session_attest(act: str, subjects: int, outcome: Outcome = Outcome.DONE) -> bool:
    """Whether an entry of this act that names so many things may be signed by a session's key.

    What came to nothing may in any case: people are told before their password that they may not.
    """
    return outcome is not Outcome.DONE or (act in SESSION_ACTS and subjects >= SESSION_ACTS[act])


@dataclass(frozen=True, slots=True)
class SessionCertificate:
    """What a ``session`` statement says, and where it stands."""

    digest: str
    """Of the statement: leaves name the session by it."""
    seq: int
    """Of the leaf that carries it."""
    person: str
    since: str
    """Instants as leaves write them, so that as text they sort by time."""
    until: str
    public: SigningPublic
    """Of the session's own key, Ed25519."""
    terminal: str
    """As people know it: ``terminal pts/3``, ``session nightly``."""
    place: str
    """SHA-256 that stands for the account, the machine's boot and the terminal."""
    sealed: str
    """SHA-256 of what lies sealed in the catalogue for it."""

    def check_attests(self, leaf: Leaf, last: int | None) -> None:
        """Check that this session's key may attest a leaf; ``last`` is the last one it may.

        Raises:
            Tampered: it may not, and the leaf is named.
        """
        if leaf.actor != self.person:
            raise Tampered(f"leaf {leaf.seq} names a session of somebody else")
        if not may_session_attest(leaf.act, len(leaf.subject), leaf.outcome):
            raise Tampered(
                f"leaf {leaf.seq}, {leaf.act}, takes a password and is signed by a session's key"
            )
        if leaf.seq <= self.seq or (last is not None and leaf.seq > last):
            raise Tampered(
                f"leaf {leaf.seq}, {leaf.act}, is signed by the key of a session that had ended"
            )


def session_fields(
    *, public: bytes, until: str, terminal: str, place: str, sealed: str
) -> dict[str, Any]:
    """The fields of a ``session`` statement."""
    return {
        "place": place,
        "public": base64.b64encode(public).decode(),
        "purpose": SESSION_PURPOSE,
        "sealed": sealed,
        "terminal": terminal,
        "until": until,
    }


def read_certificate(leaf: Leaf, statement: Statement) -> SessionCertificate:
    """The certificate that a leaf carries; its signature is not checked.

    Raises:
        Tampered: it is not in its form, lasts too long, or its leaf is no login.
    """
    match statement.fields:
        case {
            "place": str(place),
            "public": str(encoded),
            "purpose": "no-password",
            "sealed": str(sealed),
            "terminal": str(terminal),
            "until": str(until),
        } if _HASH.fullmatch(place) and _HASH.fullmatch(sealed) and len(terminal) <= MAX_TERMINAL:
            since, public = format_instant(statement.at), _public(encoded)
        case _:
            raise Tampered("a session's certificate is not in its form")
    lasts = parse_instant(until) - statement.at
    if (leaf.act, leaf.outcome, leaf.session) != (LOGIN, Outcome.DONE, ""):
        raise Tampered("a session's certificate stands under a leaf that is not a login")
    if lasts > session_limit(terminal) or not since <= leaf.at <= until:
        raise Tampered("a session's certificate is not of its login's hour")
    by, digest = statement.by, statement.digest
    return SessionCertificate(digest, leaf.seq, by, since, until, public, terminal, place, sealed)


def _public(encoded: str) -> SigningPublic:
    try:
        public = base64.b64decode(encoded, validate=True)
    except ValueError:
        public = b""
    if len(public) != SIGNING_PUBLIC_BYTES:
        raise Tampered("a session's certificate is not in its form")
    return SigningPublic(public)
