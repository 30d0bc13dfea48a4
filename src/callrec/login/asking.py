"""Where a second factor is presented, and how the person there is asked for it."""

from __future__ import annotations

from pathlib import Path
from typing import Protocol

from callrec.crypto.factor import Slot
from callrec.dataclass import dataclass


class Asking(Protocol):
    """A person at a terminal, who can be asked and told."""

    card_module: Path | None
    """What speaks to smart cards on this machine (PKCS#11); None: what is found of OpenSC."""

    def hidden(self, what: str) -> str:
        """One line that is typed and not shown, such as a PIN.

        Raises:
            Unusable: nothing was entered.
        """

    def tell(self, what: str) -> None:
        """Show one line, such as what to do with a key."""


@dataclass(frozen=True, slots=True)
class Here:
    """The place where second factors of one vault's people are presented."""

    vault: str
    folder: Path
    """This account's own for the vault: where a printed key is kept that was entered here."""
    ask: Asking | None = None
    """None: nobody is there who could be asked, so only what is kept here answers."""
    keeps: bool = False
    """A printed key that is typed here is kept here: at a login, in the account of who logs in."""


@dataclass(frozen=True, slots=True, repr=False)
class Answer:
    """A second factor that answered. Its repr shows nothing."""

    person: str
    """Whose lock it is of, by id."""
    slot: Slot
    secret: bytes
    key: bytes
    """The factor key that it opened."""
