"""What tests do with the recovery kit."""

from __future__ import annotations

from collections.abc import Callable

from callrec.crypto.kit import PrintedKit
from callrec.keys.kit import make_new_kit
from callrec.keys.kit_use import KitDrill, NewController, drill_kit, use_kit
from callrec.login.unlock import Unlocked, actor_of, unlock_person
from callrec.practice import Actor
from house.practices import House, password_of


def nowhere(kit: PrintedKit) -> None:
    """Keep a kit's page in no file."""


def drill(house: House, typed: str = "") -> KitDrill:
    return drill_kit(house.open(), typed or house.kit)


def use(
    house: House,
    typed: str = "",
    *,
    login: str = "nora",
    split: bool = False,
    keep: Callable[[PrintedKit], None] = nowhere,
) -> str:
    """Use the kit, for nora; the words of the next one, its pages in one line."""
    nora = NewController(login, "Nora Blythe", password_of(login))
    kit = use_kit(house.open(), typed or house.kit, nora, split=split, keep=keep)
    house.open()
    return " ".join(kit.pages)


def new_kit(house: House, login: str = "dora", *, split: bool = False) -> tuple[str, ...]:
    """Another kit by the Data Controller; its pages."""
    kit = make_new_kit(house.open(), house.actor(login), split=split, keep=nowhere)
    house.open()
    return kit.pages


def nora(house: House) -> Actor:
    """The new Data Controller, with a password of their own."""
    unlocked = unlock_person(house.open(), login="nora", password=password_of("nora"))
    assert isinstance(unlocked, Unlocked)
    return actor_of(house.practice, unlocked)
