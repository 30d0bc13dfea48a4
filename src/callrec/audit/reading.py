"""What a reading of the log finds, and what is remembered of it for the next one."""

from __future__ import annotations

from dataclasses import dataclass

from callrec.audit.log import Head
from callrec.audit.register import Register


@dataclass(frozen=True, slots=True)
class Problem:
    """Something that is not as it was signed, and at which sequence; None where it has none."""

    seq: int | None
    what: str


@dataclass(frozen=True, slots=True)
class VerifiedState:
    """The head that the log was verified up to, and what was found beside its tree, hashed."""

    head: Head
    stated: str
    """SHA-256 over which leaves carry the statements that decide something, in hex."""
    signed: int
    """Leaves that the log had when it was last read whole."""
    signatures: str
    """SHA-256 over the checkpoints and the statements' signatures of these, in hex."""


@dataclass(frozen=True, slots=True)
class VerificationResult:
    """What one reading of the log found."""

    head: Head
    checkpoints: int
    unattested: int
    """Leaves written where no key was at hand: failed logins."""
    problems: tuple[Problem, ...]
    register: Register | None
    """None if leaf 0 is damaged."""
    seen: VerifiedState | None = None
    """For the next reading; None where something is wrong."""
    read_from: int = 0
    """The first leaf that was read; those before it were found sound earlier."""
