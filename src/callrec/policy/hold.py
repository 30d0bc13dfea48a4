"""Holds: what may not be destroyed, and who lets it go [policy 4(h)]."""

from __future__ import annotations

from enum import StrEnum


class HoldState(StrEnum):
    """Where a hold stands."""

    PLACED = "placed"
    LIFTED = "lifted"
