"""callrec for a Windows PC: frozen, with licences and papers, as one setup; what winget is told.

``make windows`` runs this where Wine runs a Windows Python (``tests/windows/make_python.py``). The
same commit gives the same setup, byte for byte, in one folder with the same tools; a signature
differs each time.
"""

from __future__ import annotations

import argparse
import hashlib
import os
import shutil
import subprocess
import sys
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Final

from supply.release import committed_at
from windows.make_python import REQUIREMENTS, WHEELS, install, pins

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

CHECKOUT: Final = Path(__file__).parents[1]
HERE: Final = CHECKOUT / "packaging" / "windows"
SIGN: Final = HERE / "sign"
FREEZER: Final = CHECKOUT / "supply" / "pyinstaller.txt"
NOWHERE: Final = "https://callrec.invalid"
"""Stands in the manifest until there is an address that people fetch callrec from."""

LISTED: Final = "files.txt"
"""In the program's folder: what a setup laid there, and so what it may take away."""

TEXTS: Final = {
    "GPL-3.0.txt": Path("/usr/share/common-licenses/GPL-3"),
    "LGPL-3.0.txt": Path("/usr/share/common-licenses/LGPL-3"),
    "MIT.txt": CHECKOUT / "LICENSE",
    "licences.md": CHECKOUT / "docs" / "licences.md",
}
PAPERS: Final = ("config.example.toml", "settings.example.toml", "docs/manual", "docs/reference")

VERSION: Final = """\
VSVersionInfo(
  ffi=FixedFileInfo(filevers=({numbers}, 0), prodvers=({numbers}, 0), OS=0x40004, fileType=1),
  kids=[
    StringFileInfo([StringTable("080904b0", [
      StringStruct("CompanyName", "the callrec authors"),
      StringStruct("FileDescription", "callrec"),
      StringStruct("FileVersion", "{version}"),
      StringStruct("LegalCopyright", "the callrec authors; licences are in the folder licences"),
      StringStruct("OriginalFilename", "callrec.exe"),
      StringStruct("ProductName", "callrec"),
      StringStruct("ProductVersion", "{version}"),
    ])]),
    VarFileInfo([VarStruct("Translation", [0x0809, 1200])]),
  ],
)
"""
"""Whose program it is, as Windows shows it (0809: English of the United Kingdom, 1200: UTF-16)."""


class NotMade(Exception):
    """Why there is no setup, and what to do."""


def make(python: Path, wheel: Path, into: Path, signing: Sequence[str], address: str) -> list[str]:
    """Write ``callrec-setup.exe`` and ``winget/`` into a folder.

    Args:
        python: the folder of the Windows Python.
        wheel: callrec itself.
        into: what was in it before is lost.
        signing: osslsigncode's options that name a certificate and its key, or nothing.
        address: where people are to fetch the setup from, or nothing.

    Returns: what there is to know about it, a sentence each.
    """
    shutil.rmtree(into, ignore_errors=True)
    into.mkdir(parents=True)
    version = wheel.name.split("-")[1]
    parts = lay_parts(into, wheel)
    program = freeze(python, into, version)
    lay_papers(program, [*parts.glob("*.dist-info"), *into.glob("freezer/pyinstaller-*.dist-info")])
    shutil.copyfile(python / "Lib" / "LICENSE.txt", program / "licences" / "Python.txt")
    if signing:
        run([SIGN, program / "callrec.exe", *signing])
    list_files(program)
    date(program, committed_at(CHECKOUT))
    setup = bind(program, into, version, signing)
    winget(setup, into / "winget", version, address or NOWHERE)
    told = [f"{setup} has {setup.stat().st_size / 1e6:.0f} MB."]
    if not signing:
        told.append("It is not signed: Windows warns of it. Give CERTIFICATE=FILE to sign it.")
    if not address:
        told.append(f"winget's manifest leads nowhere ({NOWHERE}): give ADDRESS=URL.")
    return told


def lay_parts(into: Path, wheel: Path) -> Path:
    """What callrec runs with on Windows, and beside it what freezes it, each as its hash says."""
    for folder, pinned in (("parts", REQUIREMENTS), ("freezer", FREEZER)):
        exact = pins(pinned.read_text(encoding="utf-8"))
        install(into / folder, [*exact.values()], *WHEELS)
    shutil.unpack_archive(wheel, into / "parts", "zip")
    return into / "parts"


def freeze(python: Path, into: Path, version: str) -> Path:
    """The folder that PyInstaller makes."""
    numbers = ", ".join(version.split("."))
    (into / "version.txt").write_text(VERSION.format(numbers=numbers, version=version), "utf-8")
    run(
        [
            *(python / "python", "-m", "PyInstaller", "--noconfirm", "--log-level", "WARN"),
            *(f"--distpath={there(into)}", f"--workpath={there(into / 'work')}"),
            there(HERE / "callrec.spec"),
        ],
        PYTHONPATH=f"{there(into / 'parts')};{there(into / 'freezer')}",
        PYTHONHASHSEED="1",
        SOURCE_DATE_EPOCH=str(committed_at(CHECKOUT)),
    )
    return into / "callrec"


def there(path: Path) -> str:
    """A path of ours as Wine's programs name it."""
    return "Z:" + str(path.absolute()).replace("/", "\\")


def lay_papers(program: Path, parts: Iterable[Path]) -> None:
    """Licences, of these and of the whole; the manual, the tasks, the examples."""
    licences = program / "licences"
    licences.mkdir()
    for name, text in TEXTS.items():
        shutil.copyfile(text, licences / name)
    for told in sorted(parts):
        texts = [each for each in told.rglob("*") if each.is_file() and is_licence(each)]
        for each in texts:
            shutil.copyfile(each, licences / f"{told.stem}-{each.name}.txt")
    shutil.copytree(HERE / "tasks", program / "tasks")
    for name in PAPERS:
        source, at = CHECKOUT / name, program / name
        if source.is_dir():
            shutil.copytree(source, at)
        else:
            shutil.copyfile(source, at)


def is_licence(file: Path) -> bool:
    named = file.name.upper().startswith(("LICEN", "COPYING", "NOTICE", "AUTHORS"))
    return (named or file.parent.name == "licenses") and file.suffix not in (".py", ".pyc")


def files(program: Path) -> list[PurePosixPath]:
    """All that is in it, in an order that no disk decides.

    Raises:
        NotMade: the setup could not list a name.
    """
    found = sorted(
        PurePosixPath(each.relative_to(program)) for each in program.rglob("*") if each.is_file()
    )
    strange = [each for each in found if not str(each).isascii() or "$" in str(each)]
    if strange:
        raise NotMade(f"the setup cannot list {strange[0]}")
    return found


def folders(found: Iterable[PurePosixPath]) -> list[PurePosixPath]:
    """Their folders, the deepest first."""
    every = {above for each in found for above in each.parents} - {PurePosixPath()}
    return sorted(every, key=lambda each: (-len(each.parts), each))


def list_files(program: Path) -> None:
    """Write what the removal may take away: files, then folders."""
    found = files(program)
    lines = [backwards(each) for each in found]
    lines += [backwards(each) + "\\" for each in folders(found)]
    (program / LISTED).write_bytes("".join(f"{line}\r\n" for line in lines).encode("ascii"))


def backwards(path: PurePosixPath) -> str:
    return str(path).replace("/", "\\")


def date(program: Path, seconds: int) -> None:
    """All files are of the moment of the last commit."""
    for each in program.rglob("*"):
        os.utime(each, (seconds, seconds))


def bind(program: Path, into: Path, version: str, signing: Sequence[str]) -> Path:
    """One file of all these, by NSIS."""
    found = files(program)
    lines, at = [], None
    for each in found:
        if each.parent != at:
            at = each.parent
            lines.append(f'SetOutPath "$INSTDIR\\{backwards("new" / at)}"')
        lines.append(f'File "{program / each}"')
    (into / "files.nsh").write_text("\n".join(lines) + "\n", encoding="utf-8")
    measure = sum(program.joinpath(each).stat().st_size for each in found) // 1024
    setup = into / "callrec-setup.exe"
    told = {
        "VERSION": version,
        "FILES": into / "files.nsh",
        "LICENCE": CHECKOUT / "docs" / "licences.md",
        "MEASURE": measure,
        "INTO": setup,
        **({"SIGN": " ".join([str(SIGN), '"%1"', *signing])} if signing else {}),
    }
    run(
        [
            "makensis",
            "-V2",
            *(f"-D{name}={value}" for name, value in told.items()),
            HERE / "setup.nsi",
        ],
        SOURCE_DATE_EPOCH=str(committed_at(CHECKOUT)),
    )
    if signing:
        run([SIGN, setup, *signing])
    return setup


def winget(setup: Path, into: Path, version: str, address: str) -> None:
    """The manifest of three files, filled in. Nothing sends it anywhere."""
    into.mkdir()
    sha256 = hashlib.sha256(setup.read_bytes()).hexdigest().upper()
    for template in sorted((HERE / "winget").iterdir()):
        text = template.read_text(encoding="utf-8")
        told = text.format(version=version, address=address.rstrip("/"), sha256=sha256)
        (into / template.name).write_text(told, encoding="utf-8")


def run(command: Sequence[str | Path], **env: str) -> None:
    try:
        subprocess.run(command, env={**os.environ, **env}, check=True)
    except (OSError, subprocess.CalledProcessError) as error:
        raise NotMade(f"{command[0]} did not do its part: {error}") from error


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m supply.windows", description=__doc__)
    parser.add_argument("python", type=Path)
    parser.add_argument("wheel", type=Path)
    parser.add_argument("into", type=Path)
    parser.add_argument("--sign", default="")
    parser.add_argument("--address", default="")
    given = parser.parse_args()
    try:
        told = make(
            given.python.absolute(),
            given.wheel,
            given.into.absolute(),
            given.sign.split(),
            given.address,
        )
    except NotMade as why:
        print(f"Not made: {why}.")
        return 1
    print(*told, sep="\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
