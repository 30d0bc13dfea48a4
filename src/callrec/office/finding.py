"""What a check of the machine, the vault or the desk finds."""

from __future__ import annotations

from enum import StrEnum

from callrec.dataclass import dataclass


class Level(StrEnum):
    """How bad a finding is, in rising order."""

    WELL = "well"
    WARNING = "warning"
    DAMAGE = "damage"


@dataclass(frozen=True, slots=True)
class Finding:
    """The result of one check of the machine or the vault."""

    level: Level
    what: str
    hint: str | None = None
