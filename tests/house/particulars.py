"""What requests say of calls: one day, extension or number as it is, where tests say no more."""

from __future__ import annotations

from datetime import date
from typing import Any

from callrec.policy.days import DayRange
from callrec.policy.particulars import UNKNOWN, Answers, Particulars


def several(**known: Any) -> dict[str, Any]:
    """The members of particulars: of one day, extension or number those that have several."""
    for one in ("day", "extension", "number"):
        if one in known:
            value = known.pop(one)
            if isinstance(value, date):
                value = DayRange(value, value)
            nothing = None if one == "day" else ()
            known[f"{one}s"] = value if value is UNKNOWN else (value,) if value else nothing
    return known


def particulars(**known: Any) -> Particulars:
    return Particulars(**several(**known))


def answers(**typed: Any) -> Answers:
    """The same as they are typed, "unknown" too."""
    known = several(**typed)
    for name in {"extensions", "numbers"} & known.keys():
        known[name] = ("unknown",) if known[name] is UNKNOWN else known[name]
    return Answers(**known)
