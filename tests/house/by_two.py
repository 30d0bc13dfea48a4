"""A practice in which it takes two to open what nobody granted, and what then opens it."""

from __future__ import annotations

import shutil

from callrec.login.machine import machine_file
from callrec.people import joining
from callrec.policy.role import VaultKey
from callrec.practice import Actor
from house.people import second_person
from house.practices import House

MACHINE = "front-desk"


def by_two(house: House) -> None:
    """This computer is one of the practice's machines, and the rule is in force."""
    add_machine(house)
    house.decide(keys={"opened_by": "two"})


def add_machine(house: House, login: str = MACHINE) -> None:
    dora = house.actor("dora")
    second = second_person(house.practice, dora, login)
    joining.add_machine(
        house.practice, dora, login=login, full_name="The front desk", second=second
    )
    house.open()


def lose_machine(house: House) -> None:
    """What this computer opens recordings with is gone; the vault is another's, say."""
    machine_file(house.practice).unlink()


def opened_versions(actor: Actor) -> set[int]:
    """Which versions of the recordings key are open to somebody."""
    return {version for key, version in actor.shares if key is VaultKey.RECORDINGS}


def without_memory(house: House) -> None:
    """What a thief of the vault's folder has: nothing of what this operator remembers."""
    shutil.rmtree(house.folder / "state", ignore_errors=True)
