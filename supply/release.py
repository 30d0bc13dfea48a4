"""A release: sdist and wheel built twice and equal, the bill of materials, the pins, the sums."""

from __future__ import annotations

import hashlib
import io
import os
import shutil
import subprocess
import sys
import tarfile
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Final

from supply.materials import bill

if TYPE_CHECKING:
    from collections.abc import Mapping

BUILD: Final = """\
import sys
from flit_core import buildapi
buildapi.build_sdist(sys.argv[1])
buildapi.build_wheel(sys.argv[1])
"""
SUMS: Final = "SHA256SUMS"


class NotTheSame(Exception):
    """Two builds of one commit differ."""


def git(checkout: Path, *arguments: str) -> bytes:
    return subprocess.run(
        ["git", "-C", str(checkout), *arguments], capture_output=True, check=True
    ).stdout


def committed_at(checkout: Path) -> int:
    """Seconds since 1970 of the last commit, the time that stands in what is built."""
    return int(git(checkout, "log", "-1", "--format=%ct"))


def build(tree: Path, into: Path, *, epoch: int, umask: int, env: Mapping[str, str]) -> None:
    into.mkdir(parents=True)
    subprocess.run(
        [sys.executable, "-c", BUILD, str(into)],
        cwd=tree,
        umask=umask,
        env={**os.environ, **env, "SOURCE_DATE_EPOCH": str(epoch)},
        check=True,
    )


def laid_out(tree: Path, archive: bytes, *, umask: int, touched: int) -> None:
    """What is committed, as if somebody had copied it with this umask at this time."""
    tree.mkdir(parents=True)
    with tarfile.open(fileobj=io.BytesIO(archive)) as tar:
        tar.extractall(tree, filter="data")
    for each in tree.rglob("*"):
        each.chmod((0o777 if each.is_dir() else 0o666) & ~umask)
        os.utime(each, (touched, touched))


def twice(checkout: Path, scratch: Path) -> tuple[Path, Path]:
    """Build in two folders that differ in all that should not matter."""
    archive, epoch = git(checkout, "archive", "HEAD"), committed_at(checkout)
    one, other = scratch / "one", scratch / "another" / "and" / "deeper"
    laid_out(one / "tree", archive, umask=0o077, touched=epoch)
    laid_out(other / "tree", archive, umask=0o002, touched=1_000_000_000)
    build(one / "tree", one / "built", epoch=epoch, umask=0o077, env={"TZ": "UTC", "LC_ALL": "C"})
    build(
        other / "tree",
        other / "built",
        epoch=epoch,
        umask=0o002,
        env={"TZ": "Pacific/Auckland", "LC_ALL": "C.UTF-8", "PYTHONHASHSEED": "7"},
    )
    return one / "built", other / "built"


def contents(folder: Path) -> dict[str, bytes]:
    return {each.name: each.read_bytes() for each in folder.iterdir()}


def same(one: Path, other: Path) -> None:
    """Raises NotTheSame, with the names of the files that differ."""
    left, right = contents(one), contents(other)
    different = sorted(n for n in {*left, *right} if left.get(n) != right.get(n))
    if different or not left:
        raise NotTheSame(", ".join(different) or "nothing was built")


def make(checkout: Path, into: Path) -> None:
    """Write the release of the last commit into a folder that is made anew."""
    with TemporaryDirectory() as scratch:
        one, other = twice(checkout, Path(scratch))
        same(one, other)
        shutil.rmtree(into, ignore_errors=True)
        shutil.copytree(one, into)
    (wheel,) = into.glob("*.whl")
    version = wheel.name.split("-")[1]
    when = datetime.fromtimestamp(committed_at(checkout), UTC)
    wheel_sha256 = hashlib.sha256(wheel.read_bytes()).hexdigest()
    (into / f"callrec-{version}.cdx.json").write_text(
        bill(version, when, wheel_sha256), encoding="utf-8"
    )
    (into / "requirements.txt").write_bytes(git(checkout, "show", "HEAD:./requirements.txt"))
    sums = [
        f"{hashlib.sha256(content).hexdigest()}  {name}\n"
        for name, content in sorted(contents(into).items())
    ]
    (into / SUMS).write_text("".join(sums), encoding="utf-8")
    for each in into.iterdir():
        each.chmod(0o644)
