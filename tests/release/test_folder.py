from __future__ import annotations

import stat
from typing import TYPE_CHECKING

import pytest

from callrec.errors import Failed, Tampered, Unusable
from callrec.release.folder import build_folder
from callrec.release.package import Member, held
from callrec.release.unfinished import PREFIX
from release.builders import LISTENING, SOUND, a_package
from release.limits import a_drive_that_takes_only

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


def test_the_folder_holds_the_package_for_its_owner_only(tmp_path: Path) -> None:
    build_folder(tmp_path / "release", a_package())
    assert (tmp_path / "release/recordings/01-original.wav").read_bytes() == SOUND
    assert (tmp_path / "release/recordings/01-listening.wav").read_bytes() == LISTENING
    modes = {stat.filemode(path.stat().st_mode) for path in (tmp_path / "release").rglob("*")}
    assert modes == {"drwx------", "-rw-------"}
    assert stat.S_IMODE((tmp_path / "release").stat().st_mode) == 0o700
    assert [path.name for path in tmp_path.iterdir()] == ["release"]


def test_until_it_is_whole_it_has_another_name_and_is_private(tmp_path: Path) -> None:
    seen: list[tuple[bool, int]] = []

    def look() -> Iterator[bytes]:
        (draft,) = tmp_path.iterdir()
        seen.append((draft.name.startswith(PREFIX), stat.S_IMODE(draft.stat().st_mode)))
        yield b""

    watching = Member("x", look, 0, held("x", b"").sha256)
    build_folder(tmp_path / "release", [watching])
    assert seen == [(True, 0o700)]


@pytest.mark.parametrize("stop", [KeyboardInterrupt, SystemExit, RuntimeError, MemoryError])
def test_nothing_stays_when_it_is_stopped_half_way(
    tmp_path: Path, stop: type[BaseException]
) -> None:
    def half() -> Iterator[bytes]:
        yield SOUND
        raise stop

    broken = Member("recordings/02-original.wav", half, len(SOUND), "")
    with pytest.raises(stop):
        build_folder(tmp_path / "release", [*a_package(), broken])
    assert list(tmp_path.iterdir()) == []


def test_nothing_stays_when_a_recording_is_not_as_listed(tmp_path: Path) -> None:
    wrong = Member("recordings/02-original.wav", SOUND, len(SOUND), "00" * 32)
    with pytest.raises(Tampered):
        build_folder(tmp_path / "release", [*a_package(), wrong])
    assert list(tmp_path.iterdir()) == []


def test_a_full_drive_is_said_and_nothing_stays(tmp_path: Path) -> None:
    with a_drive_that_takes_only(4096), pytest.raises(Failed) as failure:
        build_folder(tmp_path / "release", a_package())
    assert failure.value.message == "the release could not be written: File too large"
    assert list(tmp_path.iterdir()) == []


def test_a_missing_drive_is_said(tmp_path: Path) -> None:
    with pytest.raises(Failed) as failure:
        build_folder(tmp_path / "gone" / "release", a_package())
    assert failure.value.message == "the release could not be written: No such file or directory"


def test_what_stands_there_already_is_never_touched(tmp_path: Path) -> None:
    (tmp_path / "release").mkdir()
    with pytest.raises(Unusable):
        build_folder(tmp_path / "release", a_package())
    assert list((tmp_path / "release").iterdir()) == []


def test_a_dangling_link_counts_as_something_there(tmp_path: Path) -> None:
    (tmp_path / "release").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(Unusable):
        build_folder(tmp_path / "release", a_package())
