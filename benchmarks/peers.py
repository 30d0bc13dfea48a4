"""The programs that people would script instead, each doing the same with a folder of recordings.

Passwords go by the environment: these peers' only. Repositories are made before the time begins.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from benchmarks.timing import Contender, Step, run_untimed, shell

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

PROGRAMS: Final = ("cp", "rsync", "restic", "borg", "tar", "age", "sha256sum", "sqlite3")
"""The Makefile knows which packages have them."""
RESTIC: Final[Mapping[str, str]] = {"RESTIC_PASSWORD": "benchmark", "RESTIC_REPOSITORY": "repo"}
BORG: Final[Mapping[str, str]] = {"BORG_PASSPHRASE": "benchmark", "BORG_REPO": "repo"}
FSYNC_EACH: Final = """\
import os, shutil, sys
source, copy = sys.argv[1:]
for folder, _, names in os.walk(source):
    there = os.path.join(copy, os.path.relpath(folder, source))
    os.makedirs(there, exist_ok=True)
    for name in names:
        shutil.copyfile(os.path.join(folder, name), os.path.join(there, name))
        with open(os.path.join(there, name), "rb") as file:
            os.fsync(file.fileno())
"""
"""``cp`` has no such option. ``copyfile`` copies within the kernel, as ``cp`` does."""


def copy_and_sync(source: Path) -> Contender:
    return Contender("cp -r, sync", lambda _: [shell('cp -r "$1" copy; sync', source)])


def copy_with_fsync(source: Path, python: str) -> Contender:
    step = Step((python, "-ISc", FSYNC_EACH, source, "copy"))
    return Contender("cp, fsync each", lambda _: [step])


def rsync_and_sync(source: Path) -> Contender:
    return Contender("rsync -a, sync", lambda _: [shell('rsync -a "$1/" copy; sync', source)])


def restic(source: Path, *, compressed: bool = True) -> Contender:
    words = () if compressed else ("--compression", "off")
    step = Step(("restic", "backup", "--quiet", *words, source), RESTIC)
    return Contender(
        "restic" if compressed else "restic uncompressed", lambda _: [step], restic_init
    )


def restic_init(place: Path) -> None:
    run_untimed(Step(("restic", "init"), RESTIC), place)


def borg(source: Path, *, compressed: bool = True) -> Contender:
    words = ("--compression", "lz4" if compressed else "none")
    step = Step(("borg", "create", *words, "::all", source), BORG)
    return Contender("borg" if compressed else "borg uncompressed", lambda _: [step], borg_init)


def borg_init(place: Path) -> None:
    run_untimed(Step(("borg", "init", "--encryption", "repokey"), BORG), place)


def tar_to_age(source: Path) -> Contender:
    """One stream for all: a process a file takes minutes."""

    def make_key(place: Path) -> None:
        run_untimed(shell("age-keygen -o key; age-keygen -y key > recipient"), place)

    script = 'tar -C "$1" -cf - . | age -R recipient -o all.tar.age; sync'
    return Contender("tar, age, sync", lambda _: [shell(script, source)], make_key)


def restic_restore(repository: Path) -> Contender:
    """``repository`` has one snapshot."""
    environ = {**RESTIC, "RESTIC_REPOSITORY": str(repository)}
    script = "restic restore latest --quiet --target .; sync"
    return Contender("restic restore", lambda _: [shell(script, environ=environ)])


def borg_extract(repository: Path) -> Contender:
    """``repository`` has one archive, called ``all``."""
    environ = {**BORG, "BORG_REPO": str(repository), "BORG_RELOCATED_REPO_ACCESS_IS_OK": "yes"}
    return Contender("borg extract", lambda _: [shell("borg extract ::all; sync", environ=environ)])
