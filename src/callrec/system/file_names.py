"""Which names a file cannot have on a drive that Windows reads, made on whichever system."""

from __future__ import annotations

import re
from typing import Final

_DEVICE: Final = re.compile(
    r"(CON|PRN|AUX|NUL|CONIN\$|CONOUT\$|(COM|LPT)[0-9\u00b9\u00b2\u00b3]) *(\..*)?", re.IGNORECASE
)

_NEVER: Final = re.compile(r'[<>:"/\\|?*\x00-\x1f]')


def name_problem(name: str) -> str:
    """Why Windows has no file of that name, on whatever drive; empty: it can.

    By learn.microsoft.com, Naming Files, Paths, and Namespaces. Some of these it takes for another
    name without a word: behind a colon it hides a stream of the file that is called as before it.
    """
    if found := _NEVER.search(name):
        sign = found[0] if found[0].isprintable() else "a control character"
        return f"a name with {sign} in it"
    if name.endswith((".", " ")) and name not in (".", ".."):
        return "a name that ends with a dot or a space"
    return "the name of a device" if _DEVICE.fullmatch(name) else ""
