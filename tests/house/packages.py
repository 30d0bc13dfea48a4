"""Packages that were released, opened and judged by programs of other people."""

from __future__ import annotations

import json
import os
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from callrec.audit.leaf import Leaf
from callrec.audit.log import read_detail
from callrec.catalogue.engine import reading
from callrec.errors import CallrecError
from callrec.policy.handing_over import ReleaseInstructions
from callrec.policy.role import VaultKey
from callrec.practice import vault_key
from callrec.release.release import Released, release_recordings
from callrec.requests.history import read_history
from house.practices import House
from house.requests import request_id, rows, signed_in


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
    **directions: Any,
) -> Released:
    """Release it as one command does."""
    return release_recordings(
        house.practice,
        signed_in(house, login),
        reference,
        to=to or outbox(house),
        directions=ReleaseInstructions(**directions),
    )


def acts_of(house: House, reference: str = "R-1") -> list[str]:
    with reading(house.practice.engine) as connection:
        history = read_history(house.practice, connection, request_id(house, reference))
    return [leaf.act for leaf in history.leaves]


def details_of(house: House, leaf: Leaf) -> dict[str, object]:
    """What the auditor reads beside a leaf."""
    ava = signed_in(house, "ava")
    with reading(house.practice.engine) as connection:
        found = read_detail(
            connection,
            leaf,
            lambda version: vault_key(ava, VaultKey.AUDIT, version),
            house.practice.vault,
        )
    return dict(found or {})


def sealed_file(house: House, number: int) -> Path:
    (name,) = rows(house, "SELECT ciphertext FROM recording WHERE id = :id", id=number)[0]
    return house.practice.store.path(name)


def nothing_is_released(house: House, kind: type[CallrecError], login: str = "sam") -> str:
    """What is said instead; and nothing lies in the outbox, not even something unfinished."""
    with pytest.raises(kind) as caught:
        release(house, login=login)
    assert list(outbox(house).iterdir()) == []
    return caught.value.message


def seven_zip(released: Released, to: Path, passphrase: str) -> int:
    """Exit status of 7-Zip, opening the package into a folder."""
    words = ["7z", "x", "-y", f"-o{to}", f"-p{passphrase}", str(released.path)]
    done = subprocess.run(words, capture_output=True, stdin=subprocess.DEVNULL, check=False)
    return done.returncode


def a_package(house: House, reference: str = "R-1", login: str = "sam") -> Package:
    """Released to somebody, and opened."""
    released = release(house, reference, login)
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
