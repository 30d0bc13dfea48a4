"""A release that is killed, wherever that is: no sound on a disk, no half package, nothing lost."""

from __future__ import annotations

import os
import random
import shutil
import tempfile
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from callrec.errors import Failed, Refused, Unusable
from callrec.office.doctor import examine
from callrec.office.finding import Level
from callrec.policy.handing_over import PackageForm, ReleaseInstructions
from callrec.practice import Actor, Practice
from callrec.release import release as releasing
from callrec.release.copies import Enclosed
from callrec.release.packing import write_manifest
from callrec.release.record import BegunRelease, cut_off_releases, noting_release, record_prepared
from callrec.release.release import release_recordings
from house import practices
from house.interrupted import wrong_with_vault
from house.killing import Death, Deed, by, count_steps, each_left, killed_at
from house.packages import acts_of, outbox, release
from house.practices import House
from house.requests import approved, grants_of, last_leaf, request_id, rows, signed_in
from house.spool import a_call, a_wave, originals_of, take_in
from house.stages import Stage, Stages, looked_at
from house.steps import Steps

LONG = 1_500_000
"""Bytes of a call: more than one segment, and than any buffer."""


def grant_long_call(house: House) -> None:
    """R-1 is sam's, for one long call, and max has approved it."""
    take_in(house, a_call(house.folder / "spool", size_bytes=LONG))
    approved(house, recordings=[1])
    for path in (house.folder / "spool").iterdir():
        path.unlink()
    outbox(house)


GRANTED_CALL = Stage("granted-call", grant_long_call)

granted_call = looked_at(GRANTED_CALL)


def killed(house: House, folder: Path, steps: Steps, form: str = "zip") -> Iterator[House]:
    """A practice for each step at which its release was killed, and last one where it was not."""
    return each_left(house, folder, steps, releasing_as(PackageForm(form)), least=40)


def releasing_as(form: PackageForm) -> Deed:
    """sam releases R-1; whatever is put aside meanwhile lies with the rest."""

    def deed(house: House, death: Death) -> None:
        aside = house.folder / "tmp"
        aside.mkdir()
        os.environ |= {name: str(aside) for name in ("TMPDIR", "HOME", "XDG_RUNTIME_DIR")}
        tempfile.tempdir = None

        def release_it(practice: Practice, sam: Actor) -> None:
            release_recordings(
                *(practice, sam, "R-1"),
                to=outbox(house),
                directions=ReleaseInstructions(form=form),
                advance=lambda _: death.may_come(),
            )

        by("sam", release_it)(house, death)

    return deed


def is_delivered(house: House) -> bool:
    return acts_of(house)[-1] == "release.delivered"


def no_sound_lies_about(house: House) -> None:
    """Nowhere in the practice's folder, outbox, state and temporary folder is a piece of it."""
    original = a_wave(0, LONG)
    some = random.Random(1).sample(range(58, LONG - 16), 50)  # noqa: S311 - places, no secret
    for path in house.folder.rglob("*"):
        if path.is_file():
            data = path.read_bytes()
            assert not any(original[at : at + 16] in data for at in some), path.name


@pytest.mark.parametrize(("form", "fewer"), [("zip", 1), ("html", 5)])
def test_killed_at_any_step(
    granted_call: House, tmp_path: Path, steps: Steps, form: str, fewer: int
) -> None:
    seen = []
    steps = replace(steps, one_of=steps.one_of * fewer)
    for house in killed(granted_call, tmp_path / "killed", steps, form):
        no_sound_lies_about(house)
        step, left = house.folder.name, list(outbox(house).iterdir())
        seen.append(is_delivered(house))
        if seen[-1]:
            assert rows(house, "SELECT * FROM grant_") == [], step
            assert [path.suffix for path in left] == [f".{form}"], step
            continue
        assert len(rows(house, "SELECT * FROM grant_")) == 1, step
        # Whole under its name or not there at all, and in any case opened by nobody's passphrase.
        assert not any(path.name.startswith(".") for path in left), step
        release(house)
        assert is_delivered(house), step
        assert left == [] or not left[0].exists(), step
        assert len(list(outbox(house).iterdir())) == 1, step
        assert [*wrong_with_vault(house)] == [], step
    assert seen == sorted(seen)
    assert seen[-1]


def cut_off_at_the_end(house: House) -> None:
    """Killed when the package is whole, and nothing is said yet of how it ended."""
    deed = releasing_as(PackageForm.ZIP)
    with tempfile.TemporaryDirectory() as work:
        for step in range(count_steps(house, Path(work, "whole"), deed), 0, -4):
            left = killed_at(step, house, Path(work, str(step)), deed)
            if left and acts_of(left)[-1] == "release.prepared" and list(outbox(left).iterdir()):
                shutil.copytree(left.folder, house.folder, dirs_exist_ok=True)
                note_the_outbox(house, left)
                return
    pytest.fail("no step leaves such a release")


def note_the_outbox(house: House, was: House) -> None:
    """What an operator remembers of a release names its own practice's outbox."""
    (note,) = (house.practice.state_folder / "releases").iterdir()
    note.write_text(note.read_text().replace(str(outbox(was)), str(outbox(house))))


CUT_OFF = Stage("cut-off", cut_off_at_the_end, after=GRANTED_CALL)


@pytest.fixture
def cut(stages: Stages, tmp_path: Path) -> House:
    house = stages.copy(CUT_OFF, tmp_path / "house")
    note_the_outbox(house, stages.at(CUT_OFF))
    return house


def test_the_doctor_finds_what_was_cut_off(cut: House) -> None:
    found = examine(cut.practice, cut.environ, approver=None, full=False, done=lambda _: None)
    (finding,) = [each for each in found if "releases were cut off" in each.what]
    assert finding.level is Level.WARNING
    assert finding.what == "1 of your releases were cut off, and left 1 sealed files"


def test_the_next_release_says_that_the_first_was_cut_off(cut: House) -> None:
    release(cut)
    assert acts_of(cut)[-4:] == [
        "release.prepared",
        "release.failed",
        "release.prepared",
        "release.delivered",
    ]
    assert cut_off_releases(cut.practice) == ()
    assert not list((cut.practice.state_folder / "releases").iterdir())


def test_what_lies_on_a_drive_that_was_pulled_out_is_taken_away_when_it_is_back(
    granted_call: House, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    house = practices.copy(granted_call, tmp_path / "house")
    there, pulled_out = outbox(house), tmp_path / "pulled out"

    def pull_out(*_: object) -> None:
        there.rename(pulled_out)
        raise Failed("it could not be read again")

    with monkeypatch.context() as patch:
        patch.setattr(releasing, "record_delivered", pull_out)
        with pytest.raises(Failed):
            release(house)
    assert acts_of(house)[-1] == "release.failed"
    (package,) = pulled_out.iterdir()
    with pytest.raises(Unusable):
        release(house, to=there)
    pulled_out.rename(there)
    released = release(house)
    assert [*there.iterdir()] == [released.path]
    assert released.path.name != package.name
    assert not list((house.practice.state_folder / "releases").iterdir())


def test_what_was_moved_elsewhere_meanwhile_is_given_back_all_the_same(cut: House) -> None:
    (package,) = outbox(cut).iterdir()
    package.rename(cut.folder / "elsewhere")
    release(cut)
    assert is_delivered(cut)


def test_nobody_else_s_release_is_taken_for_one_that_was_cut_off(cut: House) -> None:
    with pytest.raises(Refused):
        release(cut, login="mia")
    assert len(cut_off_releases(cut.practice)) == 1
    assert request_id(cut, "R-1") in last_leaf(cut).subject


def test_without_the_note_a_release_stays_under_way(cut: House) -> None:
    for note in (cut.practice.state_folder / "releases").iterdir():
        note.unlink()
    with pytest.raises(Refused, match="is being prepared"):
        release(cut)


def test_a_note_that_was_not_finished_is_of_nothing(granted_call: House, tmp_path: Path) -> None:
    house = practices.copy(granted_call, tmp_path / "house")
    notes = house.practice.state_folder / "releases"
    notes.mkdir()
    (notes / ("11" * 16)).write_bytes(b'["')
    release(house)
    assert list(notes.iterdir()) == []


def test_the_original_is_still_there_to_be_released(cut: House) -> None:
    assert originals_of(cut) == [a_wave(0, LONG)]


def test_what_another_run_is_making_is_not_cut_off(granted_call: House, tmp_path: Path) -> None:
    house = practices.copy(granted_call, tmp_path / "house")
    sam = signed_in(house, "sam")
    grants = grants_of(house, "R-1")
    manifest = write_manifest(
        house.practice, sam, grants, Enclosed((), (), {}), release="ab" * 16, call_data={}
    )
    begun = BegunRelease(manifest.release, manifest.request, sam.person.id, str(tmp_path / "none"))
    with noting_release(house.practice, begun):
        record_prepared(house.practice, sam, manifest, grants)
        assert cut_off_releases(house.practice) == ()
        with pytest.raises(Refused, match="is being prepared"):
            release(house)
    assert cut_off_releases(house.practice) == ()  # it was ended; its note is gone
