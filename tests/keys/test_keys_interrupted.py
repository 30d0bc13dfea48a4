"""Killed at any point, people and keys are as they were or as they should be, and work goes on."""

from __future__ import annotations

import hashlib
import sqlite3
from contextlib import closing
from pathlib import Path

from callrec.keys import reencrypting
from callrec.keys import rotating as resealing
from callrec.keys.audit import audit_keys
from callrec.keys.reencrypting import reencrypt
from callrec.keys.rotating import reseal, rotate_keys
from callrec.people.powers import disable_person
from callrec.policy.role import Standing, VaultKey
from callrec.practice import Actor, Practice
from house.interrupted import wrong_with_vault
from house.killing import VARYING, by, each_left
from house.people import reset_person, second_person
from house.practices import House
from house.requests import approve, grants_of, rows
from house.spool import originals_of
from house.stages import BUSY, STOCKED, Stage, looked_at
from house.steps import Steps
from house.vault_keys import all_opens, versions
from people.test_leaving import id_of, sealed_to

LEAST_STEPS = 60
"""There are more, and none is to go missing unseen."""

TOKENS = 6
"""Of three recordings: end of number, and extension of each."""

MIAS = ["share", "grant_", "request_key", "incident_key"]


def granted_to_mia(house: House) -> None:
    """mia holds keys, a grant, a request of her own and an incident that she was told of."""
    approve(house, "R-1", to="mia")


def rotate(house: House) -> None:
    rotate_keys(house.practice, house.actor("dora"), tuple(VaultKey))


def rotate_recordings(house: House) -> None:
    rotate_keys(house.practice, house.actor("dora"), [VaultKey.RECORDINGS])


OF_MIA = Stage("granted-to-mia", granted_to_mia, after=BUSY)

practice = looked_at(OF_MIA)

rotated = looked_at(Stage("rotated", rotate, after=OF_MIA))
"""Everything lies under older keys."""

renewed = looked_at(Stage("renewed", rotate_recordings, after=STOCKED))
"""Three recordings that are older than the newest recordings key."""


def disable(practice: Practice, dora: Actor) -> None:
    disable_person(practice, dora, login="mia")


def reset(practice: Practice, dora: Actor) -> None:
    reset_person(practice, dora, login="mia", password="seven purple otters dance slowly")


def renew(practice: Practice, dora: Actor) -> None:
    rotate_keys(practice, dora, tuple(VaultKey))


def reseal_few_at_once(practice: Practice, dora: Actor) -> None:
    resealing.ROWS_PER_STEP = 20
    resealing.RECORDINGS_PER_STEP = 2
    reseal(practice, dora, tuple(VaultKey), lambda _: None)


def reencrypt_two_at_once(practice: Practice, dora: Actor) -> None:
    reencrypting.RECORDINGS_PER_STEP = 2
    reencrypt(practice, dora, lambda _: None)


def stored(folder: Path) -> dict[str, str]:
    """The sealed files: names, and the SHA-256 of their bytes."""
    paths = (folder / "vault/recordings").glob("??/*")
    return {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in paths}


def named(folder: Path) -> set[str]:
    """The sealed files that the catalogue names."""
    with closing(sqlite3.connect(folder / "vault" / "catalogue.sqlite")) as connection:
        return {str(name) for (name,) in connection.execute("SELECT ciphertext FROM recording")}


def details_left(folder: Path) -> int:
    """How many leaves' details lie under the old key."""
    with closing(sqlite3.connect(folder / "vault" / "catalogue.sqlite")) as connection:
        query = "SELECT count(*) FROM detail WHERE key_version = 1"
        return int(connection.execute(query).fetchone()[0])


def standing_of(house: House, login: str) -> Standing:
    return house.practice.register.person(id_of(house, login)).standing


def test_killed_while_somebody_is_shut_out(practice: House, tmp_path: Path, steps: Steps) -> None:
    seen = []
    for house in each_left(practice, tmp_path, steps, by("dora", disable), least=30):
        assert audit_keys(house.practice) == ()
        out = standing_of(house, "mia") is Standing.DISABLED
        assert sealed_to(house, "mia") == ([] if out else MIAS)
        assert house.practice.register.newest(VaultKey.RECORDINGS).version == 1 + out
        assert len(grants_of(house, "R-1")) == 2  # sam's
        seen.append(out)
        if not out:
            assert len(grants_of(house, "R-1", "mia")) == 2
        if steps.closely(len(seen)):
            disable_person(house.practice, house.actor("dora"), login="mia")
            assert sealed_to(house, "mia") == []
    assert seen == sorted(seen)
    assert seen[-1]
    assert [*wrong_with_vault(house)] == []
    all_opens(house)


def test_killed_while_a_password_is_reset(practice: House, tmp_path: Path, steps: Steps) -> None:
    second_person(practice.practice, practice.actor("dora"), "mia")  # or their login would be steps
    seen = []
    for house in each_left(practice, tmp_path, steps, by("dora", reset)):
        assert audit_keys(house.practice) == ()
        again = standing_of(house, "mia") is Standing.PROVISIONAL
        assert sealed_to(house, "mia") == ([] if again else MIAS)
        seen.append(again)
        if not again:
            assert len(grants_of(house, "R-1", "mia")) == 2
        if steps.closely(len(seen)):
            reset_person(house.practice, house.actor("dora"), login="mia", password="")
    assert seen == sorted(seen)
    assert seen[-1]
    assert [*wrong_with_vault(house)] == []


def test_killed_while_new_keys_are_made(practice: House, tmp_path: Path, steps: Steps) -> None:
    seen = []
    for house in each_left(practice, tmp_path, steps, by("dora", renew)):
        assert audit_keys(house.practice) == ()
        (newest,) = {house.practice.register.newest(key).version for key in VaultKey}
        assert len(house.actor("pat").shares) == 4 * newest
        seen.append(newest)
    assert sorted(set(seen)) == [1, 2]
    assert seen == sorted(seen)
    all_opens(house)


def test_killed_while_rows_are_moved_each_opens_and_the_next_run_goes_on(
    rotated: House, tmp_path: Path, steps: Steps
) -> None:
    left = []
    for house in each_left(rotated, tmp_path, steps, by("dora", reseal_few_at_once)):
        left.append(details_left(house.folder))
        if steps.closely(len(left)):
            all_opens(house)
            reseal(house.practice, house.actor("dora"), tuple(VaultKey), lambda _: None)
            assert set(map(frozenset, versions(house).values())) == {frozenset({2})}
            assert rows(house, "SELECT count(*) FROM token")[0][0] == TOKENS
    assert left == sorted(left, reverse=True)
    assert left[-1] == 0
    assert [*wrong_with_vault(house)] == []
    all_opens(house)


def test_killed_while_recordings_are_sealed_anew_each_is_old_or_new_and_the_next_run_goes_on(
    renewed: House, tmp_path: Path, steps: Steps
) -> None:
    before, originals = named(renewed.folder), originals_of(renewed)
    left, deed = [], by("dora", reencrypt_two_at_once)
    for house in each_left(renewed, tmp_path, steps, deed, least=LEAST_STEPS):
        folder = house.folder
        there, now = stored(folder), named(folder)
        assert {name: there.get(name) for name in now} == {name: name for name in now}
        left.append(len(now & before))
        if steps.closely(len(left)):
            assert originals_of(house) == originals
            done = reencrypt(house.practice, house.actor("dora"), lambda _: None)
            assert (done.recordings, done.left) == (left[-1], {})
            assert set(stored(folder)) == named(folder)
            assert originals_of(house) == originals
            assert [*wrong_with_vault(house)] == []
    # Steps vary a little (killing.py).
    assert all(later <= earlier for earlier, later in zip(left, left[VARYING:], strict=False))
    assert set(left) <= {0, 1, 3}  # two at once
    assert not steps.are_all or 1 in left
    assert (left[0], left[-1]) == (3, 0)
    assert set(stored(house.folder)) == named(house.folder)
