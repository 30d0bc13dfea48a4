"""What a confined process may use up, and that it could not be confined."""

from __future__ import annotations

from callrec.dataclass import dataclass


class Unconfined(Exception):
    """This computer has the walls, and they could not be put up."""


@dataclass(frozen=True, slots=True)
class Limits:
    """What a confined process may use up; past it, it is ended or gets no more."""

    cpu_seconds: int
    memory_bytes: int
    """Of address space, with the programs in it; on Windows, of what is its own alone."""
