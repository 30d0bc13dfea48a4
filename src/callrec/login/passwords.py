"""What a password must be: long, hard to guess, and never forced to expire (NCSC guidance)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from callrec.crypto.primitives import Kdf
from callrec.errors import Unusable
from callrec.policy.role import Role, VaultKey, keys_held

if TYPE_CHECKING:
    from collections.abc import Iterable

    from callrec.config import Passwords
    from callrec.policy.role import Power

MIN_LENGTH: Final = 12

MIN_LENGTH_FOR_CONTROLLER: Final = 15

LENGTH_RULE: Final = (
    f"{MIN_LENGTH} characters at least, {MIN_LENGTH_FOR_CONTROLLER} for a Data Controller"
)

LENGTH_RULE_FOR_CONTROLLER: Final = f"{MIN_LENGTH_FOR_CONTROLLER} characters at least"
"""As it is told to whoever is asked for one."""

MIN_SCORE: Final = 3
"""zxcvbn's scale runs from 0 to 4; 3 is "safely unguessable"."""

_WORTH_SCORING: Final = 72
"""zxcvbn takes time that grows fast with length; what is longer is scored by its beginning."""


def check_password(password: str, *, role: Role, known: Iterable[str]) -> None:
    """Check a new password; ``known`` is what a guesser would try first: names, the practice.

    Raises:
        Unusable: too short, or too easily guessed.
    """
    shortest = MIN_LENGTH_FOR_CONTROLLER if role is Role.DATA_CONTROLLER else MIN_LENGTH
    if len(password) < shortest:
        raise Unusable(
            f"the password is too short: {shortest} characters at least",
            hint="three or four random words make a good one",
        )
    from zxcvbn import zxcvbn  # noqa: PLC0415  # its lists of words are long: for a new one only

    guessed = zxcvbn(password[:_WORTH_SCORING], user_inputs=list(known))
    if guessed["score"] < MIN_SCORE:
        raise Unusable(
            "the password is too easily guessed", hint="three or four random words make a good one"
        )


def kdf_for(settings: Passwords, powers: Iterable[Power]) -> Kdf:
    """The lock that a person's powers ask for: more memory for whoever can open recordings."""
    opens = keys_held(frozenset(powers))
    memory = settings.approver_memory_mib if VaultKey.RECORDINGS in opens else settings.memory_mib
    return Kdf(memory * 1024, settings.passes, settings.lanes)


def stronger_lock(one: Kdf, other: Kdf) -> Kdf:
    """Of each parameter the greater: a lock never becomes weaker, whatever the settings are."""
    return Kdf(
        memory_kib=max(one.memory_kib, other.memory_kib),
        passes=max(one.passes, other.passes),
        lanes=max(one.lanes, other.lanes),
    )
