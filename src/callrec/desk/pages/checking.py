"""A package that somebody was given, checked as by `callrec audit verify-release`."""

from __future__ import annotations

from pathlib import PurePath
from typing import Final

from callrec.desk.exchange import Answered, Asked, Upload
from callrec.desk.filled import password_of, read_if_given
from callrec.desk.memory import CHECK, folder_in_memory, unpacked
from callrec.desk.rendering import as_json, page, to
from callrec.desk.seat import Seat, find_kept
from callrec.errors import Tampered, Unusable
from callrec.office.checking import check_package
from callrec.release.verify import CheckedRelease
from callrec.views.checking import (
    checked_json,
    file_table,
    package_lines,
    verdict_lines,
    what_is_wrong_with,
)
from callrec.views.typed import read_fingerprint

_ENDINGS: Final = (".zip", ".html")

TITLE: Final = "Check a package"


def check(seat: Seat, asked: Asked) -> Answered:
    """Check it; what was found has a page of its own."""
    if (file := asked.files.get("file")) is None:
        raise Unusable("there is no file", hint="choose the .zip or the .html, as it came")
    pin = read_if_given(asked, "pin", read_fingerprint)
    return to(f"/check-package/{seat.keep(_checked(seat, asked, file, pin))}")


def _checked(seat: Seat, asked: Asked, file: Upload, pin: bytes | None) -> CheckedRelease:
    def passphrase() -> str:
        if typed := password_of(asked, "passphrase"):
            return typed
        raise Unusable("this package opens with its passphrase", hint="type that as well")

    with folder_in_memory(seat.environ, CHECK) as folder:
        ending = PurePath(file.name).suffix.lower()
        path = folder / f"package{ending if ending in _ENDINGS else ''}"
        if ending != ".zip" or not unpacked(file.data, path):
            path.write_bytes(file.data)
        try:
            return check_package(path, pin=pin, passphrase=passphrase, practice=seat.practice)
        except Tampered as error:  # what was sent is at fault, not this vault
            raise Unusable(error.message, hint=error.hint) from error


def show_checked(seat: Seat, asked: Asked, key: str) -> Answered:
    """What was found."""
    found = find_kept(seat, key, CheckedRelease, "check it again: callrec audit verify-release")
    if asked.query.get("as") == "json":
        return as_json(checked_json(found), "checked-package.json")
    headings, rows = file_table(found)
    return page(
        seat,
        "package.html",
        title=TITLE,
        verdict=found.result.verdict,
        about=[*package_lines(found)],
        headings=headings,
        rows=rows,
        lines=[*verdict_lines(found)],
        wrong=what_is_wrong_with(found.result),
    )
