"""Infringements and breaches: who is told, and by when [policy, last paragraph]."""

from __future__ import annotations

from enum import StrEnum


class IncidentState(StrEnum):
    """Where an incident stands."""

    OPEN = "open"
    CLOSED = "closed"
