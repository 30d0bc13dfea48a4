"""Killed at any point, there is one kit that opens the vault: the one before, or the next."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from callrec.crypto.kit import PrintedKit, read_kit
from callrec.errors import Locked
from callrec.keys.audit import audit_keys
from callrec.keys.kit import check_kit, make_new_kit
from callrec.keys.kit_use import NewController, use_kit
from callrec.login.people import logins
from callrec.practice import Actor, Practice
from house.interrupted import wrong_with_vault
from house.killing import by, each_left
from house.practices import House
from house.recovery_kits import drill, use
from house.steps import Steps

NORA = NewController("nora", "Nora Blythe", "seven purple otters dance slowly")


def counts(house: House, words: str) -> bool:
    """Whether these are the words of the vault's kit."""
    try:
        check_kit(house.practice, read_kit(words))
    except Locked:
        return False
    return True


def words_that_count(house: House) -> str:
    """Of the one kit that there is: its page is in its file, whatever was cut off."""
    beside = house.folder / "new-words"
    pages = [house.kit, *([beside.read_text(encoding="utf-8")] if beside.exists() else [])]
    (words,) = [each for each in pages if counts(house, each)]
    return words


def keep_beside(practice: Practice) -> Callable[[PrintedKit], None]:
    """What keeps a new kit's words where `words_that_count` finds them."""
    to = practice.folder.parent / "new-words"

    def keep(kit: PrintedKit) -> None:
        to.write_text(kit.pages[0], encoding="utf-8")

    return keep


def make_anew(practice: Practice, dora: Actor) -> None:
    make_new_kit(practice, dora, split=False, keep=keep_beside(practice))


def use_it(practice: Practice, _: Actor) -> None:
    words = (practice.folder.parent / "words").read_text(encoding="utf-8")
    use_kit(practice, words, NORA, split=False, keep=keep_beside(practice))


DEEDS = {"kit": make_anew, "use": use_it}


@pytest.mark.parametrize("what", DEEDS)
def test_killed_while_one_kit_takes_the_place_of_another(
    granted: House, tmp_path: Path, steps: Steps, what: str
) -> None:
    (granted.folder / "words").write_text(granted.kit, encoding="utf-8")
    seen = []
    house, words, deed = granted, granted.kit, by("dora", DEEDS[what])
    for house in each_left(granted, tmp_path / "killed", steps, deed, least=20):
        words = words_that_count(house)
        replaced = words != house.kit
        seen.append(replaced)
        assert audit_keys(house.practice) == ()
        assert ("nora" in logins(house.practice).values()) == (replaced and what == "use")
        if steps.closely(len(seen)):
            drill(house, words)
            words = use(house, words, login="nell")
    assert seen == sorted(seen)
    assert seen[-1]
    assert [*wrong_with_vault(house)] == []
    assert drill(house, words).recording
