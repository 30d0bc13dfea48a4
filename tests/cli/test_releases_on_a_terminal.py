"""On a terminal, the fingerprint can be photographed, and a package asks for its passphrase."""

from __future__ import annotations

import subprocess
from pathlib import Path

from callrec.package.package import member_of_bytes
from callrec.package.zip import write_zip
from cli.test_request_on_a_terminal import on_a_terminal
from house.practices import House
from package.offices import an_office

WORDS = "unlatch canyon grazing ripple shindig frosted"


def photographed(lines: list[str], folder: Path) -> Path:
    """A picture of half blocks as a dark terminal shows them, each module 8 pixels wide."""
    halves = {"█": (1, 1), "▀": (1, 0), "▄": (0, 1), " ": (0, 0)}
    rows = [[halves[each][half] for each in line] for line in lines for half in (0, 1)]
    picture = folder / "terminal.pgm"
    pixels = b"".join(
        bytes(255 * module for module in row for _ in range(8)) for row in rows for _ in range(8)
    )
    picture.write_bytes(b"P5 %d %d 255\n" % (8 * len(rows[0]), 8 * len(rows)) + pixels)
    return picture


def test_a_camera_reads_the_fingerprint_from_the_terminal(house: House, tmp_path: Path) -> None:
    shown = on_a_terminal(house, "sam", "fingerprint").splitlines()
    blocks = [line for line in shown if line and not line.strip("█▀▄ ")]
    read = subprocess.run(
        ["zbarimg", "--nodbus", "--quiet", "--raw", photographed(blocks, tmp_path)],
        capture_output=True,
        check=True,
    )
    assert read.stdout.decode().strip() == house.practice.root.hex()


def test_the_passphrase_of_a_package_is_asked_for(house: House) -> None:
    office = an_office()
    target = house.folder / "release.zip"
    write_zip(
        [member_of_bytes(path, data) for path, data in office.release().items()], target, WORDS
    )
    command = f"audit verify-release {target} --pin {office.root}"
    shown = on_a_terminal(house, "sam", command, WORDS)
    assert shown.startswith("Passphrase of the package: ")
    assert WORDS not in shown
    assert "\nVERIFIED\n" in shown
    assert shown.endswith("[0]")
