"""What becomes of a practice's recordings when drives, servers and runs are lost midway."""

from __future__ import annotations

import shutil
from dataclasses import replace
from pathlib import Path

import bagit
import pytest

from callrec.archive import fetch as fetching
from callrec.crypto.identity import Identity
from callrec.crypto.kit import read_kit_words
from callrec.errors import Unusable
from callrec.keys.kit_use import NewController, use_kit
from callrec.keys.rotating import rotate_keys
from callrec.login.unlock import unlock_person
from callrec.policy.role import VaultKey
from callrec.practice import record
from callrec.registers.verify import Verdict, check_vault
from callrec.restore import restore
from callrec.restore.copy import FoundCopy, Opener, opener_by_kit
from callrec.restore.rebuild import actor_in_rebuilt, open_volumes, rebuild
from callrec.restore.restore import restore_from_volumes
from house.drives import (
    archive,
    contents,
    drive,
    faults,
    flip,
    give_up_copy,
    last,
    meanwhile,
    one_more_call,
    pulled_out,
    verify,
)
from house.erasures import approved_erasure, erase
from house.killing import Death, Deed, each_left
from house.newcomers import max_is_given_another_key, nell_comes
from house.practices import House, password_of
from house.requests import rows
from house.spool import originals_of
from house.steps import Steps
from keys.test_reencrypting import files, named, seal_anew
from restore.test_restore import lose_vault, restored, verified

LEAST_STEPS = 60
"""There are more, and none is to go missing unseen."""


@pytest.fixture
def house(archived: House) -> House:
    archived.at = archived.at.replace(day=26)
    archived.open()
    return archived


def all_bags_are_valid(*drives: Path) -> None:
    """As somebody else's program sees them."""
    for at in drives:
        for bag in (at / "bags").iterdir():
            assert bagit.Bag(str(bag)).validate()


def renewed(house: House) -> None:
    """Each recording is sealed anew, under a new recordings key."""
    rotate_keys(house.practice, house.actor("dora"), [VaultKey.RECORDINGS])
    house.open()
    assert seal_anew(house).recordings == len(named(house))


# Drives and servers.


def two_drives_of_which_the_second_knows_more(house: House) -> tuple[Path, Path]:
    older, newer = drive(house), drive(house, "drive-b")
    one_more_call(house)
    house.at = house.at.replace(day=27)
    archive(house, newer)
    return older, newer


def lose_catalogue(house: House) -> None:
    """It was moved out of the vault's folder; recordings, and what the operator saw, stay."""
    house.practice.engine.dispose()
    for path in house.config.vault.glob("catalogue.sqlite*"):
        path.unlink()


@pytest.mark.parametrize("login", ["dora", "max"])
def test_a_newer_copy_on_a_drive_that_is_attached_second_is_not_made_unusable(
    house: House, login: str
) -> None:
    older, newer = two_drives_of_which_the_second_knows_more(house)
    originals = originals_of(house)
    lose_vault(house)
    restored(house, older)
    before = contents(newer)
    for drives in ((newer,), (older, newer)):
        with pytest.raises(Unusable, match='"drive-b" has a newer copy') as refused:
            restored(house, *drives, login=login)
        assert "out of the vault's folder" in refused.value.hint
    assert contents(newer) == before
    assert [*house.folder.glob(".vault*")] == []
    lose_catalogue(house)
    restored(house, newer)
    assert restored(house, older).undone == ()
    assert originals_of(house) == originals
    assert verified(house).verdict is Verdict.INTACT
    assert [faults(verify(house, at)) for at in (older, newer)] == [[], []]


def test_a_newer_copy_that_contradicts_what_was_resumed_is_not_made_unusable(house: House) -> None:
    """Of both drives at once only the older can be taken then; the newer can by itself."""
    older, newer = two_drives_of_which_the_second_knows_more(house)
    originals = originals_of(house)
    lose_vault(house)
    restored(house, older)
    lose_vault(house)
    with pytest.raises(Unusable, match='"drive-b" has a newer copy'):
        restored(house, older, newer)
    lose_catalogue(house)
    restored(house, newer)
    restored(house, older)
    assert originals_of(house) == originals


@pytest.mark.parametrize("came", ["added", "reset"])
def test_a_newer_copy_by_somebody_whom_the_vault_does_not_know_is_not_made_unusable(
    house: House, came: str
) -> None:
    older, newer = drive(house), drive(house, "drive-b")
    archive(house, newer)
    if came == "added":
        nell_comes(house)
    else:
        max_is_given_another_key(house)
    one_more_call(house)
    house.at = house.at.replace(day=27)
    archive(house, newer, by="nell" if came == "added" else "max")
    originals = originals_of(house)
    lose_vault(house)
    restored(house, older)
    before = contents(newer)
    with pytest.raises(Unusable, match='"drive-b" has a newer copy'):
        restored(house, newer)
    assert contents(newer) == before
    lose_catalogue(house)
    restored(house, newer)
    restored(house, older)
    assert originals_of(house) == originals
    assert verified(house).verdict is Verdict.INTACT


def test_where_a_copy_by_somebody_whom_the_vault_does_not_know_opens_to_nobody_it_is_told(
    house: House,
) -> None:
    newer = drive(house, "drive-b")
    archive(house, newer)
    nell_comes(house)
    house.at = house.at.replace(day=27)
    archive(house, newer, by="nell")
    lose_vault(house)
    restored(house, drive(house))
    before = contents(newer)
    unknown = replace(house.actor("dora"), identity=None)  # as if sealed to others alone
    done = restore_from_volumes(
        house.practice, unknown, open_volumes([newer]), advance=lambda _: None, check=check_vault
    )
    assert [label for label, _ in done.undone] == ["drive-b"]
    assert "may be newer" in done.undone[0][1]
    assert contents(newer) == before


def test_a_newer_copy_is_not_made_unusable_because_another_lies_beside_it(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    older, newer = two_drives_of_which_the_second_knows_more(house)
    house.at = house.at.replace(day=28)
    pulled_out(house, newer, house.folder / "away", monkeypatch)
    (house.folder / "away").rename(newer)
    assert len([*(newer / "catalogue").glob("*.sealed")]) == 2
    lose_vault(house)
    restored(house, older)
    before = contents(newer)
    with pytest.raises(Unusable, match='"drive-b" has a newer copy'):
        restored(house, newer)
    assert contents(newer) == before


def test_where_the_vault_has_gone_on_a_newer_copy_can_be_given_up(house: House) -> None:
    older, newer = two_drives_of_which_the_second_knows_more(house)
    lose_vault(house)
    restored(house, older)
    house.at = house.at.replace(month=12)
    one_more_call(house)
    archive(house, older, by="dora")
    house.practice.store.path(named(house)[0]).unlink()
    volumes, before = open_volumes([newer]), contents(newer)
    done = restore.repair_from_volumes(
        house.practice, house.actor("dora"), volumes, advance=lambda _: None, check=check_vault
    )
    assert (done.fetched.recordings, contents(newer)) == (1, before)
    give_up_copy(newer)
    assert restored(house, newer).undone == ()
    archive(house, newer, by="dora")
    assert faults(verify(house, newer)) == []
    assert verified(house).verdict is Verdict.INTACT


def test_with_the_kit_and_one_drive_everything_is_as_it_was(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Somebody came to work while the copy was being written; the kit's heir cannot open it."""
    originals, at = originals_of(house), drive(house)
    with monkeypatch.context() as patched:
        meanwhile(patched, lambda: record(house.practice, house.actor("pat"), "login"))
        archive(house, at)
    lose_vault(house)
    kit = opener_by_kit(read_kit_words(house.kit))
    rebuild(
        house.config,
        open_volumes([at]),
        kit,
        now=house.now,
        environ=house.environ,
        check=check_vault,
    )
    heir = NewController("nell", "Nell Ashworth", password_of("somebody new"))
    use_kit(house.open(), house.kit, heir, split=False, keep=lambda _: None)
    unlocked = unlock_person(house.open(), login="nell", password=heir.password)
    house.seeds = {**house.seeds, "nell": unlocked.identity.seed}
    assert restored(house, at, login="nell").undone == ()
    assert originals_of(house) == originals
    assert archive(house, at, by="nell").recordings == 0
    assert faults(verify(house, at)) == []
    assert verified(house).verdict is Verdict.INTACT


def test_a_volume_whose_label_another_has_by_now_is_told_and_gives_back_what_it_has(
    house: House,
) -> None:
    older, newer = two_drives_of_which_the_second_knows_more(house)
    lose_vault(house)
    restored(house, older)
    newer = newer.rename(house.folder / "away")
    house.at = house.at.replace(month=12)
    archive(house, drive(house, "drive-b"), by="dora")
    give_up_copy(newer)
    house.practice.store.path(named(house)[0]).unlink()
    done = restored(house, newer)
    assert done.undone == (("drive-b", 'another drive is called "drive-b" by now'),)
    assert done.fetched.recordings == 1
    assert verified(house).verdict is Verdict.INTACT


def test_what_only_the_damaged_copy_knew_is_lost_and_both_volumes_go_on(house: House) -> None:
    before = originals_of(house)
    one_more_call(house)
    archive(house, drive(house, "drive-b"))
    lose_vault(house)
    flip(last(drive(house, "drive-b") / "catalogue", "*.sealed"))
    both = (drive(house), drive(house, "drive-b"))
    done = restored(house, *both)
    assert originals_of(house) == before
    assert done.leaves_lost > 1
    assert verified(house).verdict is Verdict.INTACT
    house.at = house.at.replace(day=27)
    for at in both:
        archive(house, at, by="dora")
        assert faults(verify(house, at)) == []
    all_bags_are_valid(*both)
    lose_vault(house)
    restored(house, drive(house, "drive-b"))
    assert originals_of(house) == before


def test_a_volume_whose_head_was_only_remembered_here_goes_on_when_it_comes_back(
    house: House,
) -> None:
    """Its head is named as lost before anybody could see what lies on it."""
    archive(house, drive(house, "drive-b"))
    house.practice.engine.dispose()
    shutil.rmtree(house.folder / "vault")
    restored(house)
    give_up_copy(drive(house, "drive-b"))
    restored(house, drive(house, "drive-b"))
    house.at = house.at.replace(day=27)
    archive(house, drive(house, "drive-b"), by="dora")
    assert faults(verify(house, drive(house, "drive-b"))) == []
    assert verified(house).verdict is Verdict.INTACT


def test_a_volume_that_was_written_before_all_was_sealed_anew_gives_all_back(house: House) -> None:
    """Its own copy of the catalogue opens what lies on it, whatever became of the vault since."""
    originals = originals_of(house)
    renewed(house)
    lose_vault(house)
    done = restored(house)
    assert (done.fetched.recordings, done.missing) == (4, {})
    assert originals_of(house) == originals


def test_a_volume_that_was_written_since_gives_the_new_files_back(house: House) -> None:
    originals = originals_of(house)
    renewed(house)
    archive(house, drive(house))
    lose_vault(house)
    done = restored(house)
    assert (done.fetched.recordings, done.missing) == (4, {})
    assert files(house) == set(named(house))
    assert originals_of(house) == originals
    assert faults(verify(house, drive(house))) == []
    all_bags_are_valid(drive(house))


def test_a_volume_with_former_files_alone_repairs_nothing_and_it_is_said(house: House) -> None:
    renewed(house)
    path = house.practice.store.path(named(house)[0])
    path.unlink()
    volumes = open_volumes([drive(house)])
    done = restore.repair_from_volumes(
        house.open(), house.actor("max"), volumes, advance=lambda _: None, check=check_vault
    )
    assert (done.fetched.recordings, done.missing) == (0, {"": 1})


def test_what_volumes_still_hold_of_former_files_is_known(house: House) -> None:
    before = named(house)
    renewed(house)
    held = rows(house, "SELECT ciphertext FROM former ORDER BY recording")
    assert [row.ciphertext for row in held] == before
    assert rows(house, "SELECT * FROM archived") == []


def test_an_erasure_reaches_the_former_files_that_a_volume_holds(house: House) -> None:
    former = named(house)[0]
    renewed(house)
    archive(house, drive(house))  # which has both files of each recording now
    reference = approved_erasure(house, 1)
    gone = {former, named(house)[0]}
    assert gone <= {path.name for path in drive(house).rglob("data/recordings/*")}
    done = erase(house, reference)
    assert done.owed == {"drive-a": 1}
    assert erase(house, reference, drive(house)).owed == {}
    assert gone.isdisjoint(path.name for path in drive(house).rglob("data/recordings/*"))
    assert faults(verify(house, drive(house))) == []
    all_bags_are_valid(drive(house))


# Killed midway.


def restoring(house: House) -> Deed:
    """The Data Controller brings everything back on a bare machine."""
    person, root = house.actor("dora").person.id, house.practice.root

    def opener(found: FoundCopy) -> Opener:
        identity = Identity.from_seed(house.seeds["dora"], found.volume.vault)
        return Opener(person, identity, root)

    def deed(there: House, death: Death) -> None:
        fetching.ROWS_PER_QUERY = 2
        volumes = open_volumes([drive(there)])
        now, environ = death.clock(there), there.environ
        death.begins()
        back = rebuild(there.config, volumes, opener, now=now, environ=environ, check=check_vault)
        restore_from_volumes(
            back.practice,
            actor_in_rebuilt(back),
            volumes,
            advance=lambda _: None,
            check=check_vault,
        )

    return deed


def test_a_restore_that_is_killed_at_any_step_is_gone_on_with(
    house: House, tmp_path: Path, steps: Steps
) -> None:
    originals = originals_of(house)
    seen = []
    deed = restoring(house)
    lose_vault(house)
    for there in each_left(house, tmp_path / "killed", steps, deed, least=LEAST_STEPS):
        vault = there.config.vault
        seen.append(vault.exists())
        assert not vault.exists() or (vault / "catalogue.sqlite").exists()
        if steps.closely(len(seen) - 1):
            restored(there)
            assert originals_of(there) == originals
            assert files(there) == set(named(there))
            assert verified(there).verdict is Verdict.INTACT
            assert faults(verify(there, drive(there))) == []
            all_bags_are_valid(drive(there))
    assert seen == sorted(seen)
    assert seen[-1]
