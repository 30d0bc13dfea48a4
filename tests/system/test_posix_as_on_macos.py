"""As on a Mac, as far as Linux can show it: in a child from which is taken what macOS lacks."""

from __future__ import annotations

import os
import pickle
import re
import subprocess
import sys
from pathlib import Path

from house.practices import House
from house.spool import a_call

TESTS = Path(__file__).parents[1]

CONTRACT = ("system/test_files.py", "system/test_drives.py", "volume/test_drive.py")

OF_NO_SYSTEM = "same_names"  # what holds for the texts of the modules, wherever it is asked
OF_LINUX = "always_read_through_its_cache"

STORY = """
import pickle, sys
from datetime import datetime
from pathlib import Path
from house.commands import type_in
from house.practices import House
folder, seeds, kit, at = pickle.load(sys.stdin.buffer)
house = House(folder, seeds, kit, at)
(folder / "drive").mkdir()
for words in (
    ("door", "ingest", str(folder / "spool")),
    ("max", "archive", "--to", str(folder / "drive"), "--yes"),
    ("max", "archive", "verify", str(folder / "drive")),
    ("dora", "audit", "verify"),
):
    answer = type_in(house, *words)
    print(sys.platform, words[1:3], answer.status, answer.err[-300:], flush=True)
    assert answer.status == 0
"""


def python(
    *arguments: str, synced: Path, as_on_macos: bool = True, given: bytes = b""
) -> subprocess.CompletedProcess[bytes]:
    places = os.pathsep.join((str(TESTS / "system" / "macos"), str(TESTS)))
    own = {"PYTHONPATH": places, "SYNCED": str(synced)}
    environ = {**os.environ, **own, **({"AS_ON_MACOS": "1"} if as_on_macos else {})}
    return subprocess.run(
        [sys.executable, *arguments], env=environ, input=given, capture_output=True, check=False
    )


def test_the_contracts_of_files_and_drives_hold_there(tmp_path: Path) -> None:
    plain = ("-q", "-p", "no:xdist", "-p", "no:cacheprovider", "--noconftest")
    files = [str(TESTS / name) for name in CONTRACT]
    base = f"--basetemp={tmp_path / 'there'}"
    but = ("-k", f"not {OF_NO_SYSTEM} and not {OF_LINUX}")
    done = python("-m", "pytest", *plain, *but, base, *files, synced=tmp_path / "synced")
    assert done.returncode == 0, done.stdout.decode()
    kinds = {line.split()[0] for line in (tmp_path / "synced").read_text().splitlines()}
    assert kinds == {"full"}


def test_calls_are_taken_in_archived_and_checked_there_and_each_sync_is_a_full_one(
    house: House, tmp_path: Path
) -> None:
    a_call(house.folder / "spool", 1)
    house.close()
    synced = {}
    for system in ("linux", "darwin"):
        folder = tmp_path / "each"
        subprocess.run(["cp", "-a", str(house.folder), str(folder)], check=True)
        given = pickle.dumps((folder, dict(house.seeds), house.kit, house.at))
        log = tmp_path / system
        done = python("-c", STORY, synced=log, as_on_macos=system == "darwin", given=given)
        assert done.returncode == 0, done.stdout + done.stderr
        assert done.stdout.decode().startswith(system)
        folder.rename(tmp_path / f"{system}-done")
        synced[system] = [
            (how, re.sub(r"[0-9a-f]{32,}|\d[\dTZ-]*", "*", path.removeprefix(str(folder))))
            for line in log.read_text().splitlines()
            for how, _, path in [line.partition(" ")]
        ]
    assert {how for how, _ in synced["darwin"]} == {"full"}
    assert {how for how, _ in synced["linux"]} >= {"fsync", "syncfs", "sync"}
    named = {path for how, path in synced["linux"] if how == "fsync"}
    at_once = {path for path in named if not path.endswith("(deleted)")}  # it had no name yet
    full = {path for _, path in synced["darwin"]}
    assert at_once - full == set()
    # For these Linux syncs a whole file system.
    assert any(re.fullmatch(r"/vault/recordings/[^/]+/[^/]+", path) for path in full)
    assert any(path.endswith("/data/recordings/*") for path in full)
