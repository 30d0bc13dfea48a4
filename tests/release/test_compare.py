from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest

from callrec.errors import NotFound, Tampered, Unchecked
from callrec.release.compare import Difference, Fault, compare
from callrec.release.folder import build_folder
from release.builders import SOUND, a_package
from release.limits import a_system_that_opens_nothing

if TYPE_CHECKING:
    from pathlib import Path

ORIGINAL = "recordings/01-original.wav"


@pytest.fixture(name="package")
def _package(tmp_path: Path) -> Path:
    build_folder(tmp_path / "release", a_package())
    return tmp_path / "release"


def test_a_package_as_it_was_made_shows_no_difference(package: Path) -> None:
    assert compare(package) == ()


def test_one_byte_changed_is_damage(package: Path) -> None:
    (package / ORIGINAL).write_bytes(SOUND[:-1] + b"!")
    assert compare(package) == (Difference(ORIGINAL, Fault.DAMAGED),)


def test_each_difference_is_named_in_order(package: Path) -> None:
    (package / ORIGINAL).unlink()
    (package / "release.tlog-proof").unlink()
    (package / "recordings/02-original.wav").write_bytes(SOUND)
    (package / "recordings/01-listening.wav").write_bytes(b"")
    assert compare(package) == (
        Difference("recordings/01-listening.wav", Fault.DAMAGED),
        Difference(ORIGINAL, Fault.MISSING),
        Difference("recordings/02-original.wav", Fault.EXTRA),
        Difference("release.tlog-proof", Fault.MISSING),
    )


def test_a_link_is_no_file_even_to_the_right_bytes(package: Path) -> None:
    (package / ORIGINAL).rename(package.parent / "sound")
    (package / ORIGINAL).symlink_to(package.parent / "sound")
    assert compare(package) == (Difference(ORIGINAL, Fault.DAMAGED),)


def test_a_link_to_a_folder_is_not_followed(package: Path) -> None:
    (package / "more").symlink_to(package / "recordings")
    assert compare(package) == (Difference("more", Fault.EXTRA),)


def test_a_pipe_is_not_waited_for(package: Path) -> None:
    (package / ORIGINAL).unlink()
    os.mkfifo(package / ORIGINAL)
    assert compare(package) == (Difference(ORIGINAL, Fault.DAMAGED),)


def test_a_folder_without_manifest_is_no_release(tmp_path: Path) -> None:
    with pytest.raises(NotFound):
        compare(tmp_path)


def test_a_manifest_that_is_a_link_is_none(package: Path) -> None:
    (package / "manifest.json").rename(package.parent / "manifest.json")
    (package / "manifest.json").symlink_to(package.parent / "manifest.json")
    with pytest.raises(NotFound):
        compare(package)


def test_a_manifest_rewritten_is_tampered(package: Path) -> None:
    (package / "manifest.json").write_bytes(b"{ }")
    with pytest.raises(Tampered):
        compare(package)


def test_a_drive_that_cannot_be_read_is_no_verdict(package: Path) -> None:
    with a_system_that_opens_nothing(), pytest.raises(Unchecked) as failure:
        compare(package)
    assert failure.value.message == "the package could not be read: Too many open files"
