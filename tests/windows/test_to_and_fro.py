"""What one system wrote, the other reads: drives that both can use, backups, the vault.

A drive is an exFAT image that is mounted, where that can be done; else a folder.
"""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from callrec.catalogue.engine import FILE_NAME
from house.commands import done, environment_of
from house.drives import contents
from house.practices import House
from house.spool import a_call, originals_of
from restore.test_restore import lose_vault
from windows.beside import Windows, there

Does = Callable[..., str]


@pytest.fixture
def stick(tmp_path: Path) -> Iterator[Path]:
    at, image = tmp_path / "stick", tmp_path / "image"
    at.mkdir()
    with image.open("xb") as file:
        file.truncate(64 << 20)
    tools = [shutil.which(name) for name in ("mkfs.exfat", "mount.exfat-fuse", "losetup")]
    loop = ""
    if all(tools):
        subprocess.run(["mkfs.exfat", "-q", str(image)], check=True, capture_output=True)
        made = subprocess.run(
            ["losetup", "-f", "--show", str(image)], check=False, capture_output=True, text=True
        )
        loop = made.stdout.strip()
    if loop:
        mount = ["mount.exfat-fuse", loop, str(at)]
        subprocess.run(mount, check=True, stdout=subprocess.DEVNULL)
    try:
        yield at
    finally:
        if loop:
            subprocess.run(["umount", str(at)], check=True)
            subprocess.run(["losetup", "-d", loop], check=True)


@pytest.fixture
def on_windows(house: House, windows: Windows) -> Does:
    def run(login: str, *words: str) -> str:
        house.close()
        environ = {
            name: there(value) if value.startswith("/") else value
            for name, value in environment_of(house, login).items()
        }
        given = [there(word) if word.startswith("/") else word for word in words]
        answer = windows.run(given, house.folder, environ, house.at)
        assert answer is not None
        assert answer.status == 0, answer.said
        return answer.said

    return run


@pytest.fixture
def here(house: House) -> Does:
    def run(login: str, *words: str) -> str:
        return done(house, login, *words)

    return run


@pytest.mark.parametrize("first", ["windows", "linux"])
def test_what_one_took_in_and_archived_the_other_restores_bit_for_bit(
    first: str, house: House, stick: Path, on_windows: Does, here: Does
) -> None:
    one, other = (on_windows, here) if first == "windows" else (here, on_windows)
    for number in range(1, 13):
        a_call(house.folder / "spool", number, size_bytes=70_000 + number)
    one("door", "ingest", str(house.folder / "spool"))
    house.open()
    sealed, originals = contents(house.folder / "vault" / "recordings"), originals_of(house)
    assert len(originals) == 12
    house.close()
    one("max", "archive", "--to", str(stick), "--label", "stick-1", "--yes")
    one("max", "archive", "verify", str(stick))
    lose_vault(house)
    other("dora", "drive", "restore", "--from", str(stick))
    house.open()
    assert contents(house.folder / "vault" / "recordings") == sealed
    assert originals_of(house) == originals
    house.close()
    other("max", "archive", "verify", str(stick))
    other("max", "archive", "--to", str(stick))
    one("dora", "audit", "verify")


def test_a_vault_is_worked_in_by_both_in_turn(
    house: House, stick: Path, on_windows: Does, here: Does
) -> None:
    for number, does in enumerate((on_windows, here, on_windows, here), start=1):
        a_call(house.folder / "spool", number)
        does("door", "ingest", str(house.folder / "spool"))
    house.open()
    assert len(originals_of(house)) == 4
    house.close()
    on_windows("max", "drive", "backup", "--to", str(stick), "--label", "stick-1", "--yes")
    for path in (house.folder / "vault").glob(f"{FILE_NAME}*"):
        path.unlink()
    here("dora", "drive", "restore", "--from", str(stick))
    house.open()
    assert len(originals_of(house)) == 4
