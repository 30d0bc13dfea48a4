"""What a power cut leaves, by the model that the trials are built on (power.py)."""

from __future__ import annotations

from itertools import count
from pathlib import Path
from typing import Any

import pytest

from faults.power import Disk, Outcome
from faults.shim import Flag, Kind, Operation


class Scene:
    """A folder with ``old``, and what is done there."""

    def __init__(self, folder: Path) -> None:
        (folder / "old").write_bytes(b"before")
        (folder / "aside").mkdir()
        self._folder = folder
        self._numbers = count(1)
        self.disk = Disk(folder)
        self.old = (folder / "old").stat().st_ino
        self.here = folder.stat().st_ino
        self.aside = (folder / "aside").stat().st_ino
        self.new = 10**9

    def do(self, kind: Kind, name: str, name2: str = "", **told: Any) -> None:
        facts: dict[str, Any] = {"flags": Flag(0), "mode": 0o100600, "inode": 0, "offset": 0}
        facts |= {"length": 0, "data": b"", "is_nameless": False, **told}
        facts |= {"path": self._folder / name, "path2": self._folder / name2}
        self.disk.apply(Operation(number=next(self._numbers), kind=kind, **facts))

    def make(self, name: str) -> None:
        self.do(Kind.CREATE, name, inode=self.new, flags=Flag.CREATED)

    def write(self, inode: int, data: bytes, offset: int = 0) -> None:
        self.do(Kind.WRITE, "", inode=inode, data=data, offset=offset)

    def sync(self, inode: int) -> None:
        self.do(Kind.SYNC, "", inode=inode)

    def left(self, outcome: Outcome = Outcome.NOTHING) -> dict[str, bytes]:
        found = self.disk.left(outcome)
        return {
            path.removeprefix("/"): data
            for path, (data, _) in found.items()
            if path not in {"", "/aside"}
        }


@pytest.fixture
def scene(tmp_path: Path) -> Scene:
    return Scene(tmp_path)


def test_a_file_takes_its_own_sync_and_its_folder_s(scene: Scene) -> None:
    scene.make("new")
    scene.write(scene.new, b"data")
    assert scene.left() == {"old": b"before"}
    scene.sync(scene.new)
    assert scene.left() == {"old": b"before"}
    scene.sync(scene.here)
    assert scene.left() == {"old": b"before", "new": b"data"}


def test_a_name_may_be_left_without_what_was_written(scene: Scene) -> None:
    scene.make("new")
    scene.write(scene.new, b"data")
    assert scene.left(Outcome.NAMES) == {"old": b"before", "new": b""}
    scene.sync(scene.here)
    assert scene.left() == {"old": b"before", "new": b""}


def test_a_new_file_in_an_old_one_s_place_may_leave_neither_content(scene: Scene) -> None:
    scene.make("beside")
    scene.write(scene.new, b"after")
    scene.do(Kind.RENAME, "beside", "old")
    assert scene.left(Outcome.NAMES) == {"old": b""}
    assert scene.left() == {"old": b"before"}
    scene.sync(scene.new)
    assert scene.left(Outcome.NAMES) == {"old": b"after"}


def test_what_was_written_may_be_left_in_part(scene: Scene) -> None:
    scene.write(scene.old, b"A", 0)
    scene.write(scene.old, b"B", 1)
    scene.write(scene.old, b"C", 2)
    assert scene.left(Outcome.SOME) == {"old": b"bBfore"}
    scene.sync(scene.old)
    assert scene.left(Outcome.SOME) == {"old": b"ABCore"}


def test_what_was_removed_is_back(scene: Scene) -> None:
    scene.do(Kind.UNLINK, "old")
    assert scene.left() == {"old": b"before"}
    assert scene.left(Outcome.NAMES) == {}
    scene.sync(scene.here)
    assert scene.left() == {}


@pytest.mark.parametrize("synced", ["here", "aside"])
def test_what_moved_is_in_one_folder_whichever_is_synced(scene: Scene, synced: str) -> None:
    scene.do(Kind.RENAME, "old", "aside/old")
    assert scene.left() == {"old": b"before"}
    scene.sync(getattr(scene, synced))
    assert scene.left() == {"aside/old": b"before"}


def test_one_call_makes_all_of_it_durable(scene: Scene) -> None:
    scene.make("aside/new")
    scene.write(scene.new, b"data")
    scene.do(Kind.TRUNCATE, "", inode=scene.old, length=3)
    scene.do(Kind.SYNC_ALL, "")
    assert scene.left() == {"old": b"bef", "aside/new": b"data"}


def test_a_file_without_a_name_has_one_once_it_is_linked(scene: Scene) -> None:
    scene.do(Kind.CREATE, "", inode=scene.new, flags=Flag.CREATED, is_nameless=True)
    scene.write(scene.new, b"data")
    scene.sync(scene.new)
    scene.do(Kind.LINK, "", "new", inode=scene.new)
    assert scene.left() == {"old": b"before"}
    scene.sync(scene.here)
    assert scene.left() == {"old": b"before", "new": b"data"}
