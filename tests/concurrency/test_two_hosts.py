"""Two machines with one vault: refused, as neither would see the other's locks.

No network share can be had in a test, so the kernel's table of mounts is given.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from callrec.catalogue.engine import FILE_NAME
from callrec.errors import Misconfigured
from callrec.system.drives import file_system_of
from callrec.system.posix import drives as mounts
from house.commands import type_in
from house.practices import House

SHARES = ("nfs", "nfs4", "cifs", "smb3", "fuse.sshfs", "fuse.davfs2", "fuse.rclone", "ceph", "gfs2")


@pytest.fixture
def mounted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """Have the kernel say that folders are mounts, later ones over earlier ones."""

    def say(*mounts_: tuple[Path, str]) -> None:
        lines = ["/dev/sda1 / ext4 rw,relatime 0 0"]
        for place, kind in mounts_:
            escaped = "".join(rf"\{ord(c):03o}" if c in " \t\n\\" else c for c in str(place))
            lines.append(f"server:/share {escaped} {kind} rw 0 0")
        (tmp_path / "mounts").write_text("\n".join([*lines, "proc /proc proc rw 0 0"]) + "\n")
        monkeypatch.setattr(mounts, "MOUNTS", tmp_path / "mounts")

    return say


@pytest.mark.parametrize("kind", SHARES)
def test_a_vault_on_a_network_share_is_refused(
    kind: str, house: House, mounted: Callable[..., None]
) -> None:
    mounted((house.folder, kind))
    answer = type_in(house, "max", "whoami")
    assert answer.status == Misconfigured.exit_status
    assert f"network file system ({kind})" in answer.err
    assert "callrec: hint: put the vault on a disk of this machine" in answer.err
    mounted((house.folder, kind), (house.folder / "vault", "xfs"))
    assert type_in(house, "max", "whoami").status == 0


def test_no_vault_is_founded_there(house: House, mounted: Callable[..., None]) -> None:
    mounted((house.folder, "cifs"))
    words = ("init", "--practice", "Elm", "--user", "eve", "--name", "Eve Marsh")
    kit = ("--recovery-file", str(house.folder / "kit"))
    answer = type_in(house, "max", *words, *kit, CALLREC_VAULT=house.folder / "other")
    assert answer.status == Misconfigured.exit_status
    assert "network file system (cifs)" in answer.err
    assert not (house.folder / "other").exists()
    assert not (house.folder / "kit").exists()


def test_a_catalogue_that_is_a_link_to_a_share_is_refused(
    house: House, mounted: Callable[..., None]
) -> None:
    vault, share = house.folder / "vault", house.folder / "share"
    share.mkdir()
    (vault / FILE_NAME).rename(share / FILE_NAME)
    (vault / FILE_NAME).symlink_to(share / FILE_NAME)
    assert type_in(house, "max", "whoami").status == 0
    mounted((share, "nfs4"))
    assert "network file system (nfs4)" in type_in(house, "max", "whoami").err


def test_an_archive_volume_may_lie_on_a_share(house: House, mounted: Callable[..., None]) -> None:
    drive = house.folder / "drive"
    drive.mkdir()
    mounted((drive, "nfs4"))
    assert type_in(house, "max", "archive", "--to", str(drive)).status == 0


@pytest.mark.parametrize("name", ["a b", "tab\there", "back\\slash", "zwölf", "\\040"])
def test_a_share_is_seen_whatever_its_folder_is_called(
    name: str, tmp_path: Path, mounted: Callable[..., None]
) -> None:
    mounted((tmp_path / name, "nfs"))
    assert file_system_of(tmp_path / name / "vault") == "nfs"
    assert file_system_of(tmp_path) == "ext4"
