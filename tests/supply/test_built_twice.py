"""A release is built twice in circumstances that differ, and none may show in what is built."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from supply.release import NotReleased, NotTheSame, make, package, twice

LEAKS = {
    "the folder": "os.getcwd()",
    "the umask": "os.umask(0)",
    "the time zone": "time.tzname",
    "the locale": "locale.setlocale(locale.LC_ALL, '')",
    "the hash seed": "hash('callrec')",
    "the user": "os.getuid()",
    "the user's name": "getpass.getuser()",
    "the home": "os.path.expanduser('~')",
    "when files were written": "os.stat('pyproject.toml').st_mtime",
    "the mode of files": "os.stat('pyproject.toml').st_mode",
    "the time": "time.time_ns()",
}
"""What a build might write into what it builds."""

BUILDER = """\
import getpass, locale, os, time
def build_sdist(into):
    open(f"{into}/x-1.tar.gz", "w").write("the same")
def build_wheel(into):
    open(f"{into}/x-1-py3-none-any.whl", "w").write(str(LEAK))
"""
"""In the tree it is found before what the project is really built by."""

MAKE_DEB = f"""\
#!{sys.executable}
import getpass, locale, os, sys, time
os.makedirs(sys.argv[1])
os.chdir(sys.argv[1])
open("pyproject.toml", "w")
open("x_1_amd64.deb", "w").write(str(LEAK))
"""


@pytest.fixture
def committed(tmp_path: Path) -> Callable[[str], Path]:
    """A project whose wheel and package have in them what an expression gives."""

    def checkout(leak: str) -> Path:
        root = tmp_path / "checkout"
        (root / "flit_core").mkdir(parents=True)
        (root / "packaging").mkdir()
        (root / "pyproject.toml").touch()
        (root / "flit_core" / "__init__.py").touch()
        (root / "flit_core" / "buildapi.py").write_text(BUILDER.replace("LEAK", leak))
        (root / "packaging" / "make-deb").write_text(MAKE_DEB.replace("LEAK", leak))
        (root / "packaging" / "make-deb").chmod(0o755)
        for command in ("init -q", "add .", "commit -qm x"):
            who = ("-c", "user.name=x", "-c", "user.email=x@x.invalid")
            subprocess.run(["git", *who, *command.split()], cwd=root, check=True)
        return root

    return checkout


def packaged(checkout: Path, scratch: Path) -> Path:
    """What ``make deb`` leaves, and what the release makes of it."""
    wheel = checkout / "build" / "bundle" / "x-1-py3-none-any.whl"
    wheel.parent.mkdir(parents=True)
    wheel.touch()
    command = [checkout / "packaging" / "make-deb", checkout / "build" / "deb"]
    subprocess.run(command, cwd=checkout, check=True)
    return package(checkout, checkout / "build", scratch, wheel)


@pytest.mark.parametrize("leak", LEAKS.values(), ids=LEAKS.keys())
def test_a_wheel_in_which_it_shows_is_not_released(
    committed: Callable[[str], Path], tmp_path: Path, leak: str
) -> None:
    with pytest.raises(NotTheSame, match=r"x-1-py3-none-any\.whl$"):
        twice(committed(leak), tmp_path)


PACKAGED = {name: LEAKS[name] for name in ("the folder", "the user", "the home", "the time")}


@pytest.mark.parametrize("leak", PACKAGED.values(), ids=PACKAGED.keys())
def test_a_package_in_which_it_shows_is_not_released(
    committed: Callable[[str], Path], tmp_path: Path, leak: str
) -> None:
    with pytest.raises(NotTheSame, match=r"x_1_amd64\.deb$"):
        packaged(committed(leak), tmp_path)


def test_what_shows_none_of_it_is(committed: Callable[[str], Path], tmp_path: Path) -> None:
    checkout = committed("'the same'")
    assert sorted(each.name for each in twice(checkout, tmp_path).iterdir()) == [
        "x-1-py3-none-any.whl",
        "x-1.tar.gz",
    ]
    assert packaged(checkout, tmp_path).name == "x_1_amd64.deb"


def test_a_package_made_from_another_wheel_is_not_released(
    committed: Callable[[str], Path], tmp_path: Path
) -> None:
    checkout = committed("'the same'")
    packaged(checkout, tmp_path)
    another = tmp_path / "x-1-py3-none-any.whl"
    another.write_text("another")
    with pytest.raises(NotTheSame, match="the wheel in"):
        package(checkout, checkout / "build", tmp_path, another)


def test_what_cannot_be_built_takes_the_place_of_nothing(
    committed: Callable[[str], Path], tmp_path: Path
) -> None:
    (tmp_path / "dist").mkdir()
    (tmp_path / "dist" / "before").touch()
    with pytest.raises(NotReleased, match="could not be built"):
        make(committed("1 / 0"), tmp_path / "dist", debian=None, key=None)
    assert [each.name for each in (tmp_path / "dist").iterdir()] == ["before"]
