"""What every printer draws from, and what comes of it: a path, and the facts that are in it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import phonenumbers
from hypothesis import strategies as st

EXTENSIONS = st.integers(200, 299).map(str)
"""Those of the law's setup."""

OUTSIDE = st.integers(0, 999).flatmap(
    lambda n: st.sampled_from([f"02079460{n:03}", f"07700900{n:03}", f"+441632960{n:03}"])
)
"""Ofcom's, for drama."""

WITHHELD = st.sampled_from(["anonymous", "Anonymous", "unknown"])

TIMES = st.datetimes(datetime(2000, 1, 1), datetime(2037, 12, 31)).map(  # noqa: DTZ001
    lambda at: at.replace(microsecond=0)
)
"""Local, to the second."""

UUIDS = st.uuids().map(str)

NAMES = st.sampled_from(["Siân O'Neill", "Pharmacy [night]", "Imran (201) Patel", "Ǆ. Łukasz"])


@dataclass(frozen=True, slots=True)
class Printed:
    """One recording as its system names it."""

    path: str
    facts: Mapping[str, Any] = field(hash=False)
    """Of the Call that it was, by name; what is left out is not in the name."""


def public(end: str) -> str | None:
    """How a Call holds an end that was printed."""
    if end.lower() in {"anonymous", "unknown", ""}:
        return None
    if len(end) < len("0207946"):
        return end
    number = phonenumbers.parse(end, "GB")
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)
