"""Second factors of people who do not exist: printed keys, on this machine or on paper alone."""

from __future__ import annotations

from pathlib import Path

from callrec.crypto.factor import Slot
from callrec.login.asking import Here
from callrec.login.factors import Presents, add_factor, make_factor, presenting
from callrec.login.printed import keep_secret
from callrec.login.unlock import actor_by_password
from callrec.practice import Actor
from house.practices import House, password_of


class OnPaper:
    """A person at a terminal who types these lines, one for each question, and then nothing."""

    def __init__(self, *lines: str) -> None:
        self._lines = list(lines)
        self.asked: list[str] = []
        self.told: list[str] = []
        self.card_module: Path | None = None

    def hidden(self, what: str) -> str:
        self.asked.append(what)
        return self._lines.pop(0) if self._lines else ""

    def tell(self, what: str) -> None:
        self.told.append(what)


def typing(house: House, *lines: str) -> Presents:
    """Presents what somebody types at a terminal of the house."""
    return presenting(Here(house.practice.vault, house.practice.state_folder, OnPaper(*lines)))


def with_printed(
    house: House,
    login: str,
    *typed: str,
    name: str = "paper",
    password: str = "",
    keeps: bool = True,
) -> tuple[Slot, str]:
    """Add a printed key to a person's lock; its slot, and its words. It may be kept here.

    ``typed``: what they type of a second factor that they have already.
    """
    password = password or password_of(login)
    actor = actor_by_password(
        house.open(),
        login=login,
        password=password,
        factor=typing(house, *typed),
        is_adding_one=True,
    )
    here = Here(house.practice.vault, house.practice.state_folder)
    new = make_factor("printed", name, person=actor.person.id, here=here)
    slot = add_factor(house.practice, actor, password=password, new=new)
    if keeps:
        keep_secret(house.practice.state_folder, slot, new.secret)
    house.open()
    return slot, new.words


def at_work(house: House, login: str, *typed: str, password: str = "") -> Actor:
    """Somebody who gives their password, and what they type of a second factor."""
    return actor_by_password(
        house.open(),
        login=login,
        password=password or password_of(login),
        factor=typing(house, *typed),
    )
