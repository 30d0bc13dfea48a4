"""The installed command runs isolated: nothing of its caller's decides which code it runs."""

from __future__ import annotations

import os
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

COMMAND = Path(__file__).parents[1] / "packaging" / "data" / "bin" / "callrec"

EVIL = "raise SystemExit('this is not callrec')"


@pytest.fixture
def installed(tmp_path: Path) -> Path:
    """As a wheel is laid into an environment, beside its Python."""
    folder = tmp_path / "environment" / "bin"
    folder.mkdir(parents=True)
    (folder / "callrec").write_bytes(COMMAND.read_bytes())
    (folder / "python").write_text(f'#!/bin/sh\nexec "{sys.executable}" "$@"\n')
    for each in folder.iterdir():
        each.chmod(0o755)
    return folder / "callrec"


def help_of(command: Path, folder: Path, **environ: str) -> str:
    done = subprocess.run(
        [command, "--version"],
        env={"PATH": os.defpath, "HOME": str(folder), **environ},
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_no_path_of_the_caller_s_decides_what_is_imported(installed: Path, tmp_path: Path) -> None:
    for name in ("callrec", "sqlite3", "cryptography"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "__init__.py").write_text(EVIL)
    (tmp_path / "startup.py").write_text(EVIL)
    found = help_of(
        installed,
        tmp_path,
        PYTHONPATH=str(tmp_path),
        PYTHONSTARTUP=str(tmp_path / "startup.py"),
    )
    assert "callrec" in found


def test_no_code_in_the_caller_s_own_site_packages_runs(installed: Path, tmp_path: Path) -> None:
    version = f"python{sys.version_info.major}.{sys.version_info.minor}"
    site = tmp_path / ".local" / "lib" / version / "site-packages"
    site.mkdir(parents=True)
    (site / "usercustomize.py").write_text(EVIL)
    (site / "evil.pth").write_text("import usercustomize")
    assert "callrec" in help_of(installed, tmp_path)


def test_a_link_to_the_command_leads_to_its_own_python(installed: Path, tmp_path: Path) -> None:
    (tmp_path / "second").symlink_to(installed)
    link = tmp_path / "a link"
    link.symlink_to("second")
    assert "callrec" in help_of(link, tmp_path)


def test_the_wheel_has_the_command_and_no_entry_point(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    flit = pytest.importorskip("flit_core.buildapi")
    monkeypatch.chdir(COMMAND.parents[3])
    wheel = tmp_path / flit.build_wheel(str(tmp_path))
    with zipfile.ZipFile(wheel) as opened:
        entries = {each.filename.split("/", 1)[-1]: each for each in opened.infolist()}
    assert entries["data/bin/callrec"].external_attr >> 16 & 0o111
    assert not [name for name in entries if name.endswith("entry_points.txt")]
