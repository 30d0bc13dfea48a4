"""Packages that were released, opened and judged by programs of other people."""

from __future__ import annotations

import json
import os
import subprocess
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from callrec.policy.handing_over import Delivery
from callrec.procedures.release import Released, release_recordings
from procedures.asking import signed_in

if TYPE_CHECKING:
    from pathlib import Path

    from practices import House


@dataclass(frozen=True)
class Package:
    """A release, and its files as 7-Zip took them out."""

    house: House
    released: Released
    folder: Path

    @property
    def manifest(self) -> dict[str, Any]:
        read: dict[str, Any] = json.loads(self.read("manifest.json"))
        return read

    @property
    def files(self) -> dict[str, bytes]:
        """All that is in it, by path."""
        return {
            path.relative_to(self.folder).as_posix(): path.read_bytes()
            for path in self.folder.rglob("*")
            if path.is_file()
        }

    def read(self, path: str) -> bytes:
        return (self.folder / path).read_bytes()


def outbox(house: House) -> Path:
    folder = house.folder / "outbox"
    folder.mkdir(exist_ok=True)
    return folder


def release(
    house: House,
    reference: str = "R-1",
    login: str = "sam",
    *,
    to: Path | None = None,
    delivery: Delivery = Delivery(),  # noqa: B008 - frozen
) -> Released:
    """Release it as one command does."""
    return release_recordings(
        house.practice,
        signed_in(house, login),
        reference,
        to=to or outbox(house),
        delivery=delivery,
    )


def seven_zip(released: Released, to: Path, passphrase: str) -> int:
    """Exit status of 7-Zip, opening the package into a folder."""
    words = ["7z", "x", "-y", f"-o{to}", f"-p{passphrase}", str(released.path)]
    done = subprocess.run(words, capture_output=True, stdin=subprocess.DEVNULL, check=False)
    return done.returncode


def a_package(house: House, reference: str = "R-1") -> Package:
    """Released to sam, and opened."""
    released = release(house, reference)
    folder = house.folder / "opened"
    assert seven_zip(released, folder, released.passphrase) == 0
    return Package(house, released, folder)


def ssh_keygen_accepts(package: Package, manifest: bytes) -> bool:
    """Whether OpenSSH takes the signature for one of this manifest."""
    person = package.read("allowed_signers").decode("ascii").split()[0]
    words = ["-Y", "verify", "-f", "allowed_signers", "-I", person, "-n", "callrec-release"]
    done = subprocess.run(
        ["ssh-keygen", *words, "-s", "manifest.json.sig"],
        cwd=package.folder,
        input=manifest,
        capture_output=True,
        env={"PATH": os.environ["PATH"]},
        check=False,
    )
    return done.returncode == 0
