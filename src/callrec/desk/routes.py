"""Which page answers which address: all that the desk has, in one list.

What stands in braces is one part of the address, given to the page by that name. No address holds
anything personal: a request is its reference, a recording its number.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any, Final

from callrec.desk.exchange import Answered
from callrec.desk.pages import account, home, listen
from callrec.errors import NotFound

Page = Callable[..., Answered]
"""Takes the seat, what was asked, and the parts of the address by name."""

ROUTES: Final[Mapping[str, Page]] = {
    "GET /": home.show_inbox,
    "GET /requests/{reference}/listen": listen.ask_granted,
    "POST /requests/{reference}/listen": listen.show_granted,
    "GET /requests/{reference}/listen/{recording}": listen.show_recording,
    "POST /requests/{reference}/listen/{recording}": listen.begin_hearing,
    "GET /requests/{reference}/listen/{recording}/waveform": listen.send_waveform,
    "POST /requests/{reference}/listen/{recording}/sound": listen.send_sound,
    "GET /requests/{reference}/listen/{recording}/marks": listen.show_recording,
    "POST /requests/{reference}/listen/{recording}/marks": listen.keep_marks,
    "GET /logout": account.ask_logout,
    "POST /logout": account.log_out,
}

_PATTERNS: Final = [
    (re.compile(re.sub(r"\{(\w+)\}", r"(?P<\1>[A-Za-z0-9._-]{1,64})", route)), page)
    for route, page in ROUTES.items()
]


def find_page(method: str, path: str) -> tuple[Page, dict[str, Any]]:
    """The page for an address, and the parts of it.

    Raises:
        NotFound: there is none.
    """
    for pattern, page in _PATTERNS:
        if found := pattern.fullmatch(f"{method} {path}"):
            return page, found.groupdict()
    raise NotFound("there is no such page", hint="the menu at the top leads to all of them")
