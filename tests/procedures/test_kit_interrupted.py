"""Killed at any point, there is one kit that opens the vault: the one before, or the next."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from callrec.crypto.kit import read_kit
from callrec.errors import Locked
from callrec.procedures.keys import audit_keys
from callrec.procedures.kit import check_kit
from callrec.procedures.people import logins
from house.holds import verified
from house.recovery_kits import drill, use
from procedures.test_keys_interrupted import killed

if TYPE_CHECKING:
    from pathlib import Path

    from house.practices import House
    from house.steps import Steps


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


@pytest.mark.parametrize("what", ["kit", "use"])
def test_killed_while_one_kit_takes_the_place_of_another(
    granted: House, tmp_path: Path, steps: Steps, what: str
) -> None:
    (granted.folder / "words").write_text(granted.kit, encoding="utf-8")
    seen = []
    house, words = granted, granted.kit
    for house in killed(granted, tmp_path / "killed", steps, what, least=20):
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
    assert verified(house).problems == ()
    assert drill(house, words).recording
