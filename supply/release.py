"""A release: what is equal when built twice, the bill of materials, pins, sums and signatures."""

from __future__ import annotations

import hashlib
import io
import os
import shutil
import subprocess
import sys
import tarfile
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Final

from supply import contact, signing
from supply.materials import bill
from supply.provenance import statement

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

BUILD: Final = """\
import sys
from flit_core import buildapi
buildapi.build_sdist(sys.argv[1])
buildapi.build_wheel(sys.argv[1])
"""
SUMS: Final = "SHA256SUMS"
PINS: Final = "requirements.txt"
SETUP: Final = "callrec-setup.exe"
OF_SETUP: Final = (Path("supply", "pyinstaller.txt"), Path("tests", "windows", "dlls.txt"))
"""What pins the tools and the interpreter that are in it."""
ALLOWED: Final = Path("docs", "allowed_signers")
CONTACT: Final = Path("docs", contact.FILE)
SIGSTORE: Final = Path(".sigstore", "bin", "sigstore")


class NotReleased(Exception):
    """Why not, and what to do."""


class NotTheSame(NotReleased):
    """Two builds of one commit differ."""


@dataclass(frozen=True, slots=True)
class Circumstances:
    """All that differs between two builds, and should not matter."""

    folder: str
    umask: int
    touched: int
    """When each file was written, in seconds since 1970."""
    env: Mapping[str, str]
    before: Sequence[str] = field(default=())
    """A command that runs the build as somebody else."""


ONE: Final = Circumstances(
    folder="one",
    umask=0o077,
    touched=1_700_000_000,
    env={"TZ": "UTC", "LC_ALL": "C", "PYTHONHASHSEED": "1"},
)
OTHER: Final = Circumstances(
    folder="another/and/deeper",
    umask=0o002,
    touched=1_000_000_000,
    env={
        "TZ": "Pacific/Auckland",
        "LC_ALL": "C.UTF-8",
        "PYTHONHASHSEED": "7",
        "HOME": "/nonexistent",
        "USER": "other",
        "LOGNAME": "other",
    },
    before=("unshare", "--user", "--map-user=1234", "--map-group=1234", "--"),
)


def git(checkout: Path, *arguments: str) -> bytes:
    return subprocess.run(
        ["git", "-C", str(checkout), *arguments], capture_output=True, check=True
    ).stdout


def committed_at(checkout: Path) -> int:
    """Seconds since 1970 of the last commit, the time that stands in what is built."""
    return int(git(checkout, "log", "-1", "--format=%ct"))


def build(tree: Path, into: Path, *, epoch: int, where: Circumstances) -> None:
    into.mkdir(parents=True)
    run(
        where,
        [sys.executable, "-c", BUILD, str(into)],
        tree,
        {"SOURCE_DATE_EPOCH": str(epoch)},
    )


def run(where: Circumstances, command: Sequence[str], folder: Path, env: Mapping[str, str]) -> None:
    try:
        subprocess.run(
            [*where.before, *command],
            cwd=folder,
            umask=where.umask,
            env={**os.environ, **where.env, **env},
            check=True,
        )
    except (OSError, subprocess.CalledProcessError) as error:
        raise NotReleased(f"it could not be built: {error}") from error


def laid_out(tree: Path, archive: bytes, where: Circumstances) -> None:
    """What is committed, as if somebody had copied it with this umask at this time."""
    tree.mkdir(parents=True)
    with tarfile.open(fileobj=io.BytesIO(archive)) as tar:
        tar.extractall(tree, filter="data")
    for each in tree.rglob("*"):
        runs = each.is_dir() or each.stat().st_mode & 0o100
        each.chmod((0o777 if runs else 0o666) & ~where.umask)
        os.utime(each, (where.touched, where.touched))


def twice(checkout: Path, scratch: Path) -> Path:
    """The sdist and the wheel.

    Raises:
        NotTheSame: Built in other circumstances, they are others.
    """
    archive, epoch = git(checkout, "archive", "HEAD"), committed_at(checkout)
    for where in (ONE, OTHER):
        folder = scratch / where.folder
        laid_out(folder / "tree", archive, where)
        build(folder / "tree", folder / "built", epoch=epoch, where=where)
    same(scratch / ONE.folder / "built", scratch / OTHER.folder / "built")
    return scratch / ONE.folder / "built"


def package(checkout: Path, debian: Path, scratch: Path, wheel: Path) -> Path:
    """The Debian package that ``make deb`` made, once it was built in other circumstances.

    Raises:
        NotTheSame: It is another then, or was not made from this wheel.
    """
    bundle, into = debian / "bundle", scratch / OTHER.folder / "packages"
    if (bundle / wheel.name).read_bytes() != wheel.read_bytes():
        raise NotTheSame(f"the wheel in {bundle} is another")
    run(OTHER, ["packaging/make-deb", str(into), str(bundle)], checkout, {})
    (made,), (again,) = (debian / "deb").glob("*.deb"), into.glob("*.deb")
    if made.read_bytes() != again.read_bytes():
        raise NotTheSame(f"built twice, and not the same: {made.name}")
    return made


def contents(folder: Path) -> dict[str, bytes]:
    return {each.name: each.read_bytes() for each in folder.iterdir()}


def same(one: Path, other: Path) -> None:
    """Raises NotTheSame, with the names of the files that differ."""
    left, right = contents(one), contents(other)
    different = sorted(n for n in {*left, *right} if left.get(n) != right.get(n))
    if different or not left:
        raise NotTheSame(
            f"built twice, and not the same: {', '.join(different) or 'nothing was built'}"
        )


def ready(checkout: Path, *, key: Path | None, unsigned: bool) -> None:
    """Raises NotReleased while what is here cannot be released, before any of it is built."""
    if not key and not unsigned:
        raise NotReleased("make release KEY=FILE signs it, make release SIGN=no only builds it")
    if git(checkout, "status", "--porcelain"):
        raise NotReleased("something here is not committed")
    if not key:
        return
    public = signing.public_file(key).read_text(encoding="utf-8").split()[1]
    if public not in (checkout / ALLOWED).read_text(encoding="utf-8").split():
        raise NotReleased(f"{key} is not in {ALLOWED}; put its public key there and commit")
    now = datetime.now(UTC)
    wrong = contact.faults((checkout / CONTACT).read_text(encoding="utf-8"), now)
    if wrong:
        raise NotReleased(f"{CONTACT}: {'; '.join(wrong)}")


def make(
    checkout: Path,
    into: Path,
    *,
    debian: Path | None,
    key: Path | None,
    windows: Path | None = None,
) -> list[str]:
    """Write the release of the last commit into a folder that is made anew.

    Args:
        checkout: where it is committed.
        into: the folder.
        debian: where ``make deb`` left its bundle and its package; without, there is no package.
        key: without one, nothing is signed and nothing says how it was built.
        windows: where ``make windows`` left its setup; without, there is none. It is not built
            twice.

    Returns: what there is to know about it, a sentence each.
    """
    with TemporaryDirectory() as scratch:
        built = twice(checkout, Path(scratch))
        (wheel,) = built.glob("*.whl")
        if debian:
            shutil.copy(package(checkout, debian, Path(scratch), wheel), built)
        if windows:
            shutil.copy(windows / SETUP, built)
        complete(checkout, built)
        told = sign(checkout, built, debian, key) if key else ["Not signed."]
        shutil.rmtree(into, ignore_errors=True)
        shutil.copytree(built, into)
    for each in into.iterdir():
        each.chmod(0o644)
    return told


def complete(checkout: Path, built: Path) -> None:
    """Add the bill of materials, the pins and the sums."""
    when = datetime.fromtimestamp(committed_at(checkout), UTC)
    (wheel,) = built.glob("*.whl")
    wheel_sha256 = hashlib.sha256(wheel.read_bytes()).hexdigest()
    (built / f"{named(built)}.cdx.json").write_text(
        bill(named(built).removeprefix("callrec-"), when, wheel_sha256), encoding="utf-8"
    )
    (built / PINS).write_bytes(git(checkout, "show", f"HEAD:./{PINS}"))
    add_up(built)


def sign(checkout: Path, built: Path, debian: Path | None, key: Path) -> list[str]:
    """Add how it was built, and sign that and the sums; then check them as others do."""
    carried = debian.glob("bundle/*.whl") if debian else ()
    pins = [checkout / "constraints.txt", checkout / PINS]
    pins += sorted(each for each in carried if not (built / each.name).exists())
    pins += [checkout / each for each in OF_SETUP if (built / SETUP).exists()]
    made = sorted(each for each in built.iterdir() if each.name != SUMS)
    commit = git(checkout, "rev-parse", "HEAD").decode().strip()
    with signing.key_of(key) as signer:
        (built / f"{named(built)}.intoto.jsonl").write_text(
            signing.envelope(signer, statement(made, commit, pins)), encoding="utf-8"
        )
        add_up(built)
        signing.sign_file(signer, built / SUMS)
    signing.check_file(built / SUMS, checkout / ALLOWED)
    return [signing.sigstore(checkout / SIGSTORE, built / SUMS)]


def named(built: Path) -> str:
    """The program and its version, as each file's name begins that is of one version."""
    (wheel,) = built.glob("*.whl")
    return "-".join(wheel.name.split("-")[:2])


def add_up(built: Path) -> None:
    """Write the sums of all that is there."""
    sums = [
        f"{hashlib.sha256(content).hexdigest()}  {name}\n"
        for name, content in sorted(contents(built).items())
        if name != SUMS
    ]
    (built / SUMS).write_text("".join(sums), encoding="utf-8")
