"""Everything that can go wrong and is not a bug, one class for each exit status.

    CallrecError
    ├── Failed          1   the world did not let it happen: a full disk, a missing drive
    ├── Unusable        2   what was typed cannot be used
    ├── Refused         3   the policy does not allow it
    ├── NotFound        4   no such recording, request, person
    ├── Tampered        5   something is not as it was signed or sealed
    ├── Locked          6   not logged in, or the wrong password
    ├── Misconfigured   7   the configuration or the vault's place is wrong
    ├── DoneInPart      8   some of it is done, the rest is listed
    ├── Unchecked       9   could not be checked, so nothing is claimed
    ├── Unanchored     10   sound as far as it goes; whether its end was cut off nobody can tell
    └── HeadGone       11   this machine's note of the newest entry is lost, and there is no other

A message is lower case, without a full stop, and holds nothing personal: no name, number or reason
of a call.
"""

from __future__ import annotations

from collections.abc import Callable
from enum import StrEnum
from typing import ClassVar


class Source(StrEnum):
    """What a refusal rests on: a clause of the policy, or a law (policy/clause.py)."""

    @property
    def cited(self) -> str:
        """As it stands in brackets behind a message."""
        return str(self)


class CallrecError(Exception):
    """An expected failure: a message for the person, what to do, an exit status.

    ``option`` is what a line lacked, as it is typed. Where a question was asked instead, nobody is
    told of an option.
    """

    exit_status: ClassVar[int]

    def __init__(self, message: str, *, hint: str = "", option: str = "") -> None:
        # It is put on record: a file's name that is not Unicode is written out in it.
        self.message = message.encode("utf-8", "backslashreplace").decode()
        super().__init__(self.message)
        self.advice = hint
        """What to do, for somebody who was asked a question."""
        self.option = option

    @property
    def hint(self) -> str:
        """What to do, for somebody who typed a line."""
        if not self.option:
            return self.advice
        return f"{self.advice}: {self.option}" if self.advice else f"give {self.option}"


class Failed(CallrecError):
    """The world did not let it happen: a full disk, a missing drive, a busy vault."""

    exit_status = 1


class Unusable(CallrecError):
    """What was typed or handed in cannot be used."""

    exit_status = 2


class Refused(CallrecError):
    """The policy does not allow it; the clause says where."""

    exit_status = 3

    def __init__(
        self, message: str, *, clause: Source | None = None, hint: str = "", option: str = ""
    ) -> None:
        cited = f"{message} [{clause.cited}]" if clause else message
        super().__init__(cited, hint=hint, option=option)
        self.clause = clause


def is_allowed(rule: Callable[..., object], *of: object, **more: object) -> bool:
    """Whether a rule refuses nothing of this."""
    try:
        rule(*of, **more)
    except Refused:
        return False
    return True


class NotFound(CallrecError):
    """There is no such recording, request, person or drive."""

    exit_status = 4


class Tampered(CallrecError):
    """Something is not as it was signed or sealed, or is damaged."""

    exit_status = 5

    def __init__(
        self, message: str, *, hint: str = "run callrec audit verify and tell the Data Controller"
    ) -> None:
        super().__init__(message, hint=hint)


class Locked(CallrecError):
    """Nobody is logged in, or the password is wrong."""

    exit_status = 6


class WrongPassword(Locked):
    """The password is wrong, or there is no such login: which of them is not told."""


class Misconfigured(CallrecError):
    """The configuration, or where the vault lies, is wrong."""

    exit_status = 7


class DoneInPart(CallrecError):
    """Some of it is done; what was left is listed."""

    exit_status = 8


class Unchecked(CallrecError):
    """It could not be checked, so nothing is claimed."""

    exit_status = 9


class Unanchored(CallrecError):
    """Nothing was changed, but there is no note of the record's newest entry to compare with."""

    exit_status = 10


class HeadGone(CallrecError):
    """This machine has lost its note of the record's newest entry, and there is no other note."""

    exit_status = 11
