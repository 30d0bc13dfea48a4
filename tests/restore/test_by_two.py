"""``restore`` where it takes two to open recordings: two passwords, or the kit."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from callrec.catalogue.engine import reading
from callrec.crypto.canonical import canonical, parse
from callrec.crypto.kit import read_kit_words
from callrec.errors import Locked, Refused, Tampered, WrongPassword
from callrec.keys.audit import audit_keys
from callrec.login.together import OPENED_BY_TWO
from callrec.practice import Actor
from callrec.record.acts import done_leaves
from callrec.registers.verify import Verdict, check_vault
from callrec.restore.copy import AskSecond, opener_by_kit, opener_by_password
from callrec.restore.drill import run_restore_drill
from callrec.restore.rebuild import (
    Rebuilt,
    actor_in_rebuilt,
    open_volumes,
    rebuild,
    second_of,
)
from callrec.restore.restore import restore_from_volumes
from house import holds
from house.by_two import add_machine, by_two, opened_versions
from house.drives import archive, drive, last
from house.practices import House, password_of
from house.spool import originals_of


@pytest.fixture
def house(archived: House) -> House:
    """On its drive lies what was written before it took two, and what was since."""
    by_two(archived)
    return archived


def typed(login: str) -> AskSecond:
    return lambda use: use(password_of(login))


def lose_vault(house: House) -> None:
    house.practice.engine.dispose()
    for name in ("vault", "state"):
        shutil.rmtree(house.folder / name)


def rebuilt(house: House, login: str, second: str = "") -> Rebuilt:
    return rebuild(
        house.config,
        open_volumes([drive(house)]),
        opener_by_password(password_of(login), None, typed(second) if second else None),
        now=house.now,
        environ=house.environ,
        check=check_vault,
    )


def keys_on(house: House) -> Path:
    return last(drive(house) / "catalogue", "*.keys.json")


def test_a_drive_that_was_written_before_opens_to_one_until_it_is_written_again(
    house: House,
) -> None:
    assert len([*(drive(house) / "catalogue").glob("*.sealed")]) > 0
    lose_vault(house)
    assert rebuilt(house, "max").opener.beside == ()


def test_one_copy_stays_on_a_drive_and_two_people_bring_it_back(house: House) -> None:
    originals = originals_of(house)
    archive(house, drive(house))
    assert len([*(drive(house) / "catalogue").glob("*.sealed")]) == 1
    lose_vault(house)
    with pytest.raises(Locked, match="takes two people"):
        rebuilt(house, "dora")
    with pytest.raises(WrongPassword, match="nobody else"):
        rebuilt(house, "dora", "dora")
    with pytest.raises(WrongPassword):
        rebuilt(house, "dora", "sam")
    back = rebuilt(house, "dora", "pat")
    actor, second = actor_in_rebuilt(back), second_of(back.practice, back.opener)
    done = restored(house, back, actor, second)
    assert done == 4
    assert [person for person, _ in told(house)] == [second.person.id if second else ""]
    assert opened_versions(house.actor("max")) == set()  # this is another computer
    assert holds.verified(house, *(drive(house) / "heads").iterdir()).verdict is Verdict.INTACT
    add_machine(house, "new-desk")
    assert opened_versions(house.actor("max")) == {1, 2}
    assert originals_of(house) == originals
    assert audit_keys(house.open()) == ()


def restored(house: House, back: Rebuilt, actor: Actor, second: Actor | None) -> int:
    volumes = open_volumes([drive(house)])
    with pytest.raises(Refused, match="takes two people"):
        restore_from_volumes(
            back.practice, actor, volumes, check=check_vault, advance=lambda _: None
        )
    done = restore_from_volumes(
        back.practice, actor, volumes, check=check_vault, advance=lambda _: None, second=second
    )
    house.open()
    assert done.resumed
    return done.fetched.recordings


def told(house: House) -> list[tuple[str, str]]:
    with reading(house.practice.engine) as connection:
        leaves = done_leaves(connection, [OPENED_BY_TWO])
        return [(leaf.actor, leaf.subject[0]) for leaf in leaves]


def test_the_kit_brings_it_back_alone(house: House) -> None:
    archive(house, drive(house))
    lose_vault(house)
    opener = opener_by_kit(read_kit_words(house.kit))
    back = rebuild(
        *(house.config, open_volumes([drive(house)]), opener),
        now=house.now,
        environ=house.environ,
        check=check_vault,
    )
    assert back.flaw is None


def test_the_drill_takes_two_as_well_and_says_who_was_there(house: House) -> None:
    archive(house, drive(house))
    dora, volumes = house.actor("dora"), open_volumes([drive(house)])
    opener = opener_by_password(password_of("dora"), None, typed("mia"))
    done = run_restore_drill(
        *(house.practice, dora, volumes, opener),
        check=check_vault,
        environ=house.environ,
        advance=lambda _: None,
    )
    assert (done.opened.opened, done.flaw) == (done.opened.of, None)
    assert told(house) == [(house.actor("mia").person.id, dora.person.id)]


@pytest.mark.parametrize("needed", [None, 1, 3])
def test_a_drive_on_which_somebody_changed_how_many_it_takes_opens_nothing(
    house: House, needed: int | None
) -> None:
    archive(house, drive(house))
    keys = parse(keys_on(house).read_bytes())
    assert keys.pop("needed") == 2
    changed = keys if needed is None else keys | {"needed": needed}
    keys_on(house).write_bytes(canonical(changed))
    lose_vault(house)
    with pytest.raises(Tampered):
        rebuilt(house, "dora", "pat")
