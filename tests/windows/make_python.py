"""``make test-windows``: a folder with a real CPython for Windows, which Wine runs here.

Python's own DLLs, as its authors built and signed them, lie in a wheel: that of a game engine,
which gives them to games. Python's library is Debian's of the same minor version. What is left to
make has no code of its own: ``python.exe``, which calls the DLL, and ``python3.dll``, which hands
what is built for any Python 3 on to it.
"""

from __future__ import annotations

import argparse
import hashlib
import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Final
from zipfile import ZipFile

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from supply.distributions import PINNED

HERE: Final = Path(__file__).parent
CHECKOUT: Final = HERE.parents[1]
CONSTRAINTS: Final = CHECKOUT / "constraints.txt"
REQUIREMENTS: Final = CHECKOUT / "requirements.txt"
DLLS: Final = HERE / "dlls.txt"
WRAPPER: Final = HERE / "python"
INPUTS: Final = (CONSTRAINTS, REQUIREMENTS, DLLS, WRAPPER, Path(__file__))

MARKERS: Final = {
    "implementation_name": "cpython",
    "os_name": "nt",
    "platform_machine": "AMD64",
    "platform_python_implementation": "CPython",
    "platform_system": "Windows",
    "python_full_version": "3.13.11",
    "python_version": "3.13",
    "sys_platform": "win32",
}
WHEELS: Final = (
    "--platform=win_amd64",
    "--python-version=3.13",
    "--implementation=cp",
    "--only-binary=:all:",
)
PIP: Final = (sys.executable, "-m", "pip", "--quiet", "--disable-pip-version-check")

FOR_TESTS: Final = frozenset(
    {
        *("pytest", "iniconfig", "packaging", "pluggy", "hypothesis", "sortedcontainers"),
        *("aiosmtpd", "atpublic", "attrs", "bagit", "cryptography-vectors"),
        *("jsonschema", "jsonschema-specifications", "referencing", "rpds-py"),
        *("tink", "absl-py", "bazel-runfiles", "protobuf"),
    }
)
"""What tests import besides: no browser, no terminal, no store, and nothing that checks code."""
WITHOUT_WHEEL: Final = frozenset({"bagit"})
"""Plain Python, of which only the source is published."""

DEBIAN: Final = Path("/usr/lib/python3.13")
NOT_FOR_WINDOWS: Final = ("lib-dynload", "sitecustomize.py", "_sysconfigdata_*", "__pycache__")
COMPILER: Final = "x86_64-w64-mingw32-gcc"
EXECUTABLE: Final = """\
#include <wchar.h>
__declspec(dllimport) int Py_Main(int, wchar_t **);
int wmain(int count, wchar_t **arguments) { return Py_Main(count, arguments); }
"""

REGISTRY: Final = (
    (r"HKCU\Software\Wine\Drivers", "Graphics", "null"),  # no screen is looked for
    (r"HKCU\Environment", "TEMP", r"Z:\tmp"),
    (r"HKCU\Environment", "TMP", r"Z:\tmp"),
)


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m windows.make_python")
    parser.add_argument("folder", type=Path)
    make(parser.parse_args().folder.absolute())
    return 0


def make(folder: Path) -> None:
    """The folder, unless it is there and made of the same: then nothing is fetched or made."""
    inputs = (str(CHECKOUT).encode(), *(each.read_bytes() for each in INPUTS))
    digest = hashlib.sha256(b"".join(inputs)).hexdigest()
    made_of = folder / "made-of"
    if made_of.exists() and made_of.read_text(encoding="ascii") == digest:
        return
    shutil.rmtree(folder, ignore_errors=True)
    (folder / "DLLs").mkdir(parents=True)
    lay_dlls(folder)
    ignored = shutil.ignore_patterns(*NOT_FOR_WINDOWS)
    shutil.copytree(DEBIAN, folder / "Lib", ignore=ignored)
    lay_parts(folder / "Lib" / "site-packages")
    make_executable(folder)
    make_stable_dll(folder)
    # By Debian's Python of the same minor version: Wine's takes minutes for it.
    run("/usr/bin/python3.13", "-m", "compileall", "-q", "-j2", folder / "Lib")
    make_drive(folder / "wine")
    shutil.copy(WRAPPER, folder)
    made_of.write_text(digest, encoding="ascii")


def lay_dlls(folder: Path) -> None:
    """What ``python.exe`` loads lies beside it, the library's modules in C in ``DLLs``."""
    with tempfile.TemporaryDirectory() as work:
        run(*PIP, "download", "--no-deps", "--require-hashes", *WHEELS, "-d", work, "-r", DLLS)
        (wheel,) = Path(work).iterdir()
        with ZipFile(wheel) as archive:
            for member in archive.namelist():
                place, _, name = member.rpartition("/")
                # Windows' C library is Wine's; "313t" is Python without its lock.
                if place == "deploy_libs" and not re.search(r"^api-ms-|\.cp313t-", name):
                    beside = name.startswith(("python3", "VCRUNTIME"))
                    into = folder if beside else folder / "DLLs"
                    (into / name).write_bytes(archive.read(member))


def lay_parts(into: Path) -> None:
    """What callrec and its tests import, in the versions of ``constraints.txt``."""
    pinned = pins(CONSTRAINTS.read_text(encoding="utf-8"))
    wanted = FOR_TESTS | pins(REQUIREMENTS.read_text(encoding="utf-8")).keys()
    install(into, [pinned[name] for name in wanted - WITHOUT_WHEEL], *WHEELS)
    install(into, [pinned[name] for name in wanted & WITHOUT_WHEEL])
    # callrec itself is imported from here, by children that look at no PYTHONPATH, too.
    (into / "callrec.pth").write_text(f"Z:{CHECKOUT / 'src'}", encoding="utf-8")


def pins(constraints: str) -> dict[str, str]:
    """By name, version and hashes of what is pinned for Windows.

    pip cannot be asked: whatever platform it is to fetch for, it takes markers to be about its own.
    """
    found: dict[str, str] = {}
    for pin in PINNED.finditer(constraints):
        part = Requirement(pin["what"])
        if part.marker is None or part.marker.evaluate(MARKERS):
            name = canonicalize_name(part.name)
            found[name] = f"{part.name}{part.specifier}{pin['hashes']}\n"
    return found


def install(into: Path, these: list[str], *how: str) -> None:
    with tempfile.NamedTemporaryFile("w", suffix=".txt", encoding="utf-8") as listed:
        listed.writelines(these)
        listed.flush()
        exactly = ("--no-deps", "--no-compile", "--require-hashes", "-r", listed.name)
        run(*PIP, "install", *how, *exactly, "--target", into)


def make_executable(folder: Path) -> None:
    source = folder / "python.c"
    source.write_text(EXECUTABLE, encoding="ascii")
    run(COMPILER, "-municode", "-s", source, folder / "python313.dll", "-o", folder / "python.exe")


def make_stable_dll(folder: Path) -> None:
    listed = run("x86_64-w64-mingw32-objdump", "-p", folder / "python313.dll")
    names = re.findall(r"^\s+\[ *\d+\] \+base\[ *\d+\] +[0-9a-f]+ (\w+)$", listed, re.MULTILINE)
    exports = folder / "python3.def"
    lines = ("LIBRARY python3.dll", "EXPORTS", *(f"{name} = python313.{name}" for name in names))
    exports.write_text("\n".join(lines), encoding="ascii")
    run(COMPILER, "-shared", "-nostdlib", "-s", "-Wl,-e0", exports, "-o", folder / "python3.dll")


def make_drive(prefix: Path) -> None:
    """Wine's drive C: with its registry."""
    wine = {
        **os.environ,
        "WINEPREFIX": str(prefix),
        "WINEARCH": "win64",
        "WINEDEBUG": "-all",
        # Or it asks for what shows web pages, and enters itself into the menus of who makes this.
        "WINEDLLOVERRIDES": "mscoree,mshtml,winemenubuilder.exe=",
        # Or its folders of documents and downloads are theirs.
        "HOME": str(prefix),
    }
    run("wine", "wineboot", "--init", env=wine)
    for key, name, value in REGISTRY:
        run("wine", "reg", "add", key, "/v", name, "/d", value, "/f", env=wine)
    run("wineserver", "--wait", env=wine)
    # They are copies of what is installed: most of the folder's bytes.
    for installed in Path("/usr/lib/x86_64-linux-gnu/wine/x86_64-windows").iterdir():
        copy = prefix / "drive_c" / "windows" / "system32" / installed.name
        if copy.is_file() and copy.read_bytes() == installed.read_bytes():
            copy.unlink()
            copy.symlink_to(installed)


def run(*command: str | Path, env: Mapping[str, str] | None = None) -> str:
    """What a program says; if it fails, so do we, with its complaint."""
    # Into a file: what Wine leaves running would keep a pipe open.
    with tempfile.TemporaryFile("w+", encoding="utf-8") as said, tempfile.TemporaryFile() as told:
        if subprocess.run(command, stdout=said, stderr=told, env=env, check=False).returncode:
            told.seek(0)
            sys.exit(f"{command[0]} failed:\n{told.read().decode(errors='replace')}")
        said.seek(0)
        return said.read()


if __name__ == "__main__":
    sys.exit(main())
