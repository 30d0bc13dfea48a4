from __future__ import annotations

import hashlib
import json
import os
import shutil
from pathlib import Path
from typing import Any

import bagit
import pytest

from callrec.errors import NotFound
from callrec.volume.bag import validate_bag, write_bag
from volume.vault_files import INFO, faults_of, taking_no_memory, vault_files

BAGS = Path(__file__).parents[1] / "vectors" / "bags"

VALID = sorted((BAGS / "valid").iterdir())

INVALID = sorted((BAGS / "invalid").iterdir())


def expected(case: Path) -> dict[str, Any]:
    expect: dict[str, Any] = json.loads((case / "expect.json").read_text())
    return expect


@pytest.mark.parametrize("bag", VALID, ids=lambda bag: bag.name)
def test_a_bag_as_it_should_be_is_found_so(bag: Path) -> None:
    report = validate_bag(bag)
    assert (report.damaged, report.missing, report.extra) == ((), (), ())
    assert report.checked == 2
    manifest = (bag / "manifest-sha256.txt").read_bytes()
    assert report.manifest_sha256 == hashlib.sha256(manifest).hexdigest()


@pytest.mark.parametrize("case", INVALID, ids=lambda case: case.name)
def test_what_is_wrong_with_a_bag_is_named(case: Path) -> None:
    expect = expected(case)
    report = validate_bag(case / "bag")
    assert faults_of(report)
    assert list(report.damaged) == expect["damaged"]
    assert list(report.missing) == expect["missing"]
    assert list(report.extra) == expect["extra"]


@pytest.mark.parametrize("bag", VALID, ids=lambda bag: bag.name)
def test_bagit_accepts_what_we_accept(bag: Path) -> None:
    bagit.Bag(str(bag)).validate()


@pytest.mark.parametrize("case", INVALID, ids=lambda case: case.name)
def test_bagit_says_of_a_bag_what_its_case_says(case: Path) -> None:
    if expected(case)["bagit"] == "accepts":
        bagit.Bag(str(case / "bag")).validate()
        return
    with pytest.raises(bagit.BagError):
        bagit.Bag(str(case / "bag")).validate()


def test_we_find_our_own_bag_valid(tmp_path: Path) -> None:
    items = vault_files(tmp_path / "vault", b"one", b"two", b"")
    bag = write_bag(tmp_path / "bag", items, INFO)
    report = validate_bag(bag.path)
    assert not faults_of(report)
    assert (report.checked, report.manifest_sha256) == (3, bag.manifest_sha256)


@pytest.fixture(name="bag")
def _bag(tmp_path: Path) -> Path:
    return Path(shutil.copytree(VALID[0], tmp_path / "bag"))


def a_recording_in(bag: Path) -> Path:
    return min((bag / "data" / "recordings").iterdir())


@pytest.mark.parametrize("number", range(6))
def test_every_byte_of_a_bag_counts(bag: Path, number: int) -> None:
    file = sorted(path for path in bag.rglob("*") if path.is_file())[number]
    whole = file.read_bytes()
    for place in range(len(whole)):
        file.write_bytes(whole[:place] + bytes([whole[place] ^ 1]) + whole[place + 1 :])
        assert faults_of(validate_bag(bag)), place


def test_a_link_in_a_recordings_place_is_not_the_recording(bag: Path, tmp_path: Path) -> None:
    recording = a_recording_in(bag)
    shutil.move(recording, tmp_path / "elsewhere")
    recording.symlink_to(tmp_path / "elsewhere")
    name = f"data/recordings/{recording.name}"
    report = validate_bag(bag)
    assert (report.missing, report.extra) == ((name,), (name,))


def test_a_folder_that_leads_off_the_drive_is_not_entered(bag: Path, tmp_path: Path) -> None:
    shutil.move(bag / "data", tmp_path / "elsewhere")
    (bag / "data").symlink_to(tmp_path / "elsewhere")
    report = validate_bag(bag)
    assert (len(report.missing), report.extra, report.checked) == (2, ("data",), 0)


def test_a_manifest_without_end_is_damage_and_takes_no_memory(bag: Path) -> None:
    with taking_no_memory():
        os.truncate(bag / "manifest-sha256.txt", 64 << 20)  # no line ends there
        assert "manifest-sha256.txt" in validate_bag(bag).damaged


def test_a_bag_info_that_is_larger_than_any_is_damage_whatever_its_manifest_says(
    bag: Path,
) -> None:
    info, tags = bag / "bag-info.txt", bag / "tagmanifest-sha256.txt"
    before, large = info.read_bytes(), b"A: b\n" * (1 << 20)
    was, now = (hashlib.sha256(data).hexdigest() for data in (before, large))
    info.write_bytes(large)
    tags.write_text(tags.read_text().replace(was, now))
    assert validate_bag(bag).damaged == ("bag-info.txt",)


def test_a_manifest_with_more_lines_than_any_is_damage(
    bag: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("callrec.volume.bag.MAX_LISTED", 1)
    assert validate_bag(bag).damaged == ("manifest-sha256.txt", "tagmanifest-sha256.txt")


def test_a_pipe_in_a_recordings_place_is_not_waited_for(bag: Path) -> None:
    recording = a_recording_in(bag)
    recording.unlink()
    os.mkfifo(recording)
    assert validate_bag(bag).missing == (f"data/recordings/{recording.name}",)


def test_a_name_that_is_no_text_is_named_in_text(bag: Path) -> None:
    Path(os.fsdecode(os.fsencode(bag) + b"/\xff.wav")).write_bytes(b"")
    assert validate_bag(bag).extra == ("\N{REPLACEMENT CHARACTER}.wav",)


def test_a_bag_that_is_not_there_is_not_found(bag: Path, tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to(bag)
    for at in (tmp_path / "none", tmp_path / "link"):
        with pytest.raises(NotFound):
            validate_bag(at)
