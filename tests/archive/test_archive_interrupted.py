"""An archive run that is killed leaves nothing that the next run does not finish or clear away."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime
from pathlib import Path

import bagit
import pytest

from callrec.archive import log as archive_removal
from callrec.archive.run import archive_recordings
from callrec.archive.volumes import LossReport, list_volumes, report_lost
from callrec.errors import Unusable
from callrec.incidents.show import list_incidents
from callrec.practice import Actor, Practice, open_practice
from callrec.registers.verify import check_vault
from house import practices
from house.drives import (
    archive,
    contents,
    drive,
    last,
    not_readable,
    pulled_out,
    remove_local,
    verify,
)
from house.erasures import approved_erasure, erase, found_in, secrets_of
from house.interrupted import wrong_with_vault
from house.killing import by, each_left
from house.practices import House
from house.stages import ON_TWO_DRIVES, WAITING, looked_at
from house.steps import Steps

POINTS = {
    "the bag is there": 7,
    "the copy of the catalogue is there": 8,
    "the rows are written": 12,
}
"""How often the clock was asked by then."""

COMMITTED = 13

LEAST_STEPS = 40
"""There are more, and none is to go missing unseen."""

waiting = looked_at(WAITING)

on_two = looked_at(ON_TWO_DRIVES)


def to_drive_a(practice: Practice, actor: Actor) -> None:
    archive_recordings(practice, actor, practice.folder.parent / "drive-a", check=check_vault)


def to_drive_b(practice: Practice, actor: Actor) -> None:
    archive_recordings(practice, actor, practice.folder.parent / "drive-b", check=check_vault)


def remove_what_is_on_b(practice: Practice, actor: Actor) -> None:
    archive_removal.RECORDINGS_PER_STEP = 2
    archive_recordings(
        practice, actor, practice.folder.parent / "drive-b", removes=True, check=check_vault
    )


def lose_drive_a(practice: Practice, actor: Actor) -> None:
    report_lost(practice, actor, LossReport(label="drive-a", noticed_at=practice.now()))


def killed(
    house: House,
    folder: Path,
    steps: Steps,
    what: Callable[[Practice, Actor], None],
    *,
    least: int = 0,
) -> Iterator[House]:
    """A practice for each step at which it was killed, and last the one where it was not."""
    later = practices.moved(house, house.folder)
    later.at = house.at.replace(day=27)
    return each_left(later, folder, steps, by("max", what), least=least)


def test_killed_at_any_step_the_next_run_finishes(
    waiting: House, tmp_path: Path, steps: Steps
) -> None:
    for house in killed(waiting, tmp_path, steps, to_drive_a, least=LEAST_STEPS):
        house.at = house.at.replace(day=28)
        archive(house, drive(house))
        report = verify(house, drive(house))
        assert (report.bags, report.checked, report.faults) == (3, 5, ())
        assert not [*(drive(house) / "bags").glob(".*")]
    for bag in (drive(house) / "bags").iterdir():
        assert bagit.Bag(str(bag)).validate()
    assert [*wrong_with_vault(house)] == []


def test_killed_at_any_step_what_was_copied_goes_with_an_erasure(
    waiting: House, tmp_path: Path, steps: Steps
) -> None:
    for house in killed(waiting, tmp_path, steps, to_drive_a):
        house.at = house.at.replace(day=28)
        secrets = secrets_of(house, 5)
        erase(house, approved_erasure(house, 5), drive(house))
        assert found_in(secrets, house.config.vault, drive(house)) == []
        assert not [*(drive(house) / "catalogue").glob(".*")]


def test_a_new_volume_that_was_killed_at_any_step_is_finished_too(
    waiting: House, tmp_path: Path, steps: Steps
) -> None:
    (waiting.folder / "drive-b").mkdir(exist_ok=True)
    for house in killed(waiting, tmp_path, steps, to_drive_b, least=LEAST_STEPS):
        house.at = house.at.replace(day=28)
        archive(house, drive(house, "drive-b"))
        report = verify(house, drive(house, "drive-b"))
        assert (report.bags, report.checked, report.faults) == (1, 5, ())
        assert len(list_volumes(house.practice)) == 2
    (bag,) = (drive(house, "drive-b") / "bags").iterdir()
    assert bagit.Bag(str(bag)).validate()


def test_killed_at_any_step_of_removing_no_recording_is_lost_and_the_next_run_finishes(
    on_two: House, tmp_path: Path, steps: Steps
) -> None:
    files = []
    for house in killed(on_two, tmp_path, steps, remove_what_is_on_b):
        assert [*not_readable(house)] == []
        files.append(len([*house.practice.store.names()]))
        house.at = house.at.replace(day=28)
        remove_local(house, drive(house, "drive-b"))
        assert [*house.practice.store.names()] == []
        assert [*not_readable(house)] == []
    assert files == sorted(files, reverse=True)
    assert (files[0], files[-1]) == (4, 0)
    assert not steps.are_all or set(files) == {4, 3, 2, 1, 0}
    assert [*wrong_with_vault(house)] == []
    for at in ("drive-a", "drive-b"):
        for bag in (house.folder / at / "bags").iterdir():
            assert bagit.Bag(str(bag)).validate()


def test_killed_at_any_step_a_volume_is_lost_with_its_incident_or_not_at_all(
    on_two: House, tmp_path: Path, steps: Steps
) -> None:
    seen = []
    for house in killed(on_two, tmp_path, steps, lose_drive_a):
        out = next(each for each in list_volumes(house.practice) if each.label == "drive-a").is_lost
        assert len(list_incidents(house.practice, house.actor("dora"))) == out
        seen.append(out)
    assert seen == sorted(seen)
    assert (seen[0], seen[-1]) == (False, True)
    assert [*wrong_with_vault(house)] == []


# What was copied is not copied again.


@pytest.mark.parametrize("point", POINTS.values(), ids=POINTS)
def test_a_run_that_is_broken_off_leaves_the_drive_as_it_was_but_for_what_it_copied(
    waiting: House, tmp_path: Path, point: int
) -> None:
    house = practices.copy(waiting, tmp_path / "house")
    before = contents(drive(house))
    break_off(house, drive(house), point)
    after = contents(drive(house))
    assert {name: data for name, data in after.items() if "/." not in name} == before
    (hidden,) = (drive(house) / "bags").glob(".*")
    copied = [*(hidden / "data" / "recordings").iterdir()]
    inodes = {each.name: each.stat().st_ino for each in copied}
    house.at = waiting.at.replace(day=27)
    archive(house, drive(house))
    bag = last(drive(house) / "bags")
    whole = {each.name: each.stat().st_ino for each in (bag / "data" / "recordings").iterdir()}
    assert inodes == whole
    assert bagit.Bag(str(bag)).validate()
    assert verify(house, drive(house)).faults == ()


def test_what_somebody_put_into_an_unfinished_bag_does_not_get_into_a_bag(
    waiting: House, tmp_path: Path
) -> None:
    house = practices.copy(waiting, tmp_path / "house")
    break_off(house, drive(house), POINTS["the bag is there"])
    (hidden,) = (drive(house) / "bags").glob(".*")
    (one,) = (hidden / "data" / "recordings").iterdir()
    one.write_bytes(b"another")
    (hidden / "data" / "recordings" / ("0" * 64)).write_bytes(b"more")
    (hidden / "data" / "more").symlink_to("/etc")
    (hidden / "more").mkdir()
    house.at = waiting.at.replace(day=27)
    archive(house, drive(house))
    report = verify(house, drive(house))
    assert (report.bags, report.checked, report.faults) == (3, 5, ())


def test_a_link_in_place_of_an_unfinished_bag_is_not_followed(
    waiting: House, tmp_path: Path
) -> None:
    house = practices.copy(waiting, tmp_path / "house")
    elsewhere = tmp_path / "elsewhere"
    (elsewhere / "data" / "recordings").mkdir(parents=True)
    (elsewhere / "data" / "recordings" / "theirs").write_bytes(b"theirs")
    (drive(house) / "bags" / ".20261126T110000Z-1.partial").symlink_to(elsewhere)
    archive(house, drive(house))
    assert contents(elsewhere) == {"data/recordings/theirs": b"theirs"}
    assert verify(house, drive(house)).faults == ()


def test_a_run_that_is_broken_off_once_it_is_committed_leaves_its_bag(
    waiting: House, tmp_path: Path
) -> None:
    house = practices.copy(waiting, tmp_path / "house")
    break_off(house, drive(house), COMMITTED)
    assert len([*(drive(house) / "bags").iterdir()]) == 3
    archive(house, drive(house))
    assert verify(house, drive(house)).faults == ()


def test_a_new_drive_that_was_pulled_out_takes_another_label_where_its_own_is_taken(
    waiting: House, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    house = practices.copy(waiting, tmp_path / "house")
    at = drive(house, "external")
    pulled_out(house, at, tmp_path / "away", monkeypatch)
    archive(house, drive(house, "external"))  # another drive, mounted where the first was
    at.rename(tmp_path / "second")
    (tmp_path / "away").rename(at)
    with pytest.raises(Unusable, match="another drive has that label"):
        archive(house, at)
    for label in ("drive-a", "Mary Smith"):
        with pytest.raises(Unusable, match="label"):
            archive(house, at, label=label)
    done = archive(house, at, label="external-2")
    assert (done.label, done.recordings) == ("external-2", 5)
    assert [each.label for each in list_volumes(house.practice)] == [
        "drive-a",
        "external",
        "external-2",
    ]
    assert verify(house, at).faults == ()
    with pytest.raises(Unusable, match="has another label"):
        archive(house, at, label="external-3")


def break_off(house: House, to: Path, point: int) -> None:
    """Press Control-C when the clock is asked for the ``point``-th time."""
    asked = 0

    def now() -> datetime:
        nonlocal asked
        asked += 1
        if asked == point:
            raise KeyboardInterrupt
        return house.at.replace(day=26)

    actor = house.actor("max")
    practice = open_practice(house.config, now, house.environ)
    with pytest.raises(KeyboardInterrupt):
        archive_recordings(practice, actor, to, check=check_vault)
    house.open()
