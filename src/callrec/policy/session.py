"""Sessions: what people may do after ``login`` without their password, and for how long.

A session has a key of its own, which signs the log's entries of these acts and of no others. What
asks for a password is signed by keys that no session holds [policy 4(a), 4(i)].
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from types import MappingProxyType
from typing import Final

from callrec.policy.hold import HoldAct
from callrec.policy.incident import IncidentAct
from callrec.policy.request import RequestAct

SESSION_PURPOSE: Final = "no-password"
"""The word of a certificate that stands for `SESSION_ACTS`."""

SESSION_LIMIT: Final = timedelta(minutes=60)

IDLE_LIMIT: Final = timedelta(minutes=10)

LOGOUT: Final = "logout"
"""Ends the one session under which it is written."""

SESSIONS_ENDED: Final = "session.ended"
"""Ends all sessions of the person whom it names, who does so with their password, or who governs.
"""

PASSWORD_CHANGED: Final = "password.changed"  # noqa: S105 - an act
"""Ends all sessions of the person who did it."""

SESSION_ACTS: Final[Mapping[str, int]] = MappingProxyType(
    {
        **dict.fromkeys(("search", "search.answered", "recording.shown"), 0),
        **dict.fromkeys(
            map(
                str,
                (
                    *(RequestAct.CREATED, RequestAct.RECEIVED, RequestAct.AMENDED),
                    *(RequestAct.ASKED, RequestAct.ANSWERED, RequestAct.EXTENDED),
                    *(RequestAct.THIRD_PARTIES, RequestAct.DENIED, RequestAct.WITHDRAWN),
                    *(RequestAct.LAPSED, RequestAct.REVOKED, RequestAct.GRANT_LAPSED),
                    *(RequestAct.HANDED_OVER, RequestAct.ACKNOWLEDGED, RequestAct.CLOSED),
                    *(HoldAct.PLACED, HoldAct.EVERYTHING, HoldAct.COVERS),
                    *(HoldAct.MATCHED, HoldAct.UNMATCHED),
                    *(IncidentAct.REPORTED, IncidentAct.UPDATED, IncidentAct.CLOSED),
                ),
            ),
            0,
        ),
        # With its request, which it names second; by hand it is lifted with two passwords.
        str(HoldAct.LIFTED): 2,
        **dict.fromkeys(("request.shown", "hold.shown", "hold.matching", "incident.shown"), 0),
        **dict.fromkeys(("retention.reviewed", "recording.categorised"), 0),
        **dict.fromkeys(("volume.kept", "volume.found", "volume.listed"), 0),
        **dict.fromkeys(("people.listed", "person.shown", LOGOUT), 0),
    }
)
"""What a session's key may attest, and how many subjects such an entry names at the least."""


def may_session_attest(act: str, subjects: int) -> bool:
    """Whether an entry of this act that names so many things may be signed by a session's key."""
    return act in SESSION_ACTS and subjects >= SESSION_ACTS[act]
