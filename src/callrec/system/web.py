"""One request to another machine by HTTP, within a time that has an end.

Nobody is followed elsewhere, and no header tells of anybody.
"""

from __future__ import annotations

import threading
import urllib.request
from http.client import HTTPException
from typing import Final

from callrec.dataclass import dataclass
from callrec.errors import Failed


@dataclass(frozen=True, slots=True)
class Answered:
    """What came back, of whatever status."""

    status: int
    body: bytes


_HANDLERS: Final = (
    urllib.request.ProxyHandler,
    urllib.request.HTTPHandler,
    urllib.request.HTTPSHandler,
)
"""No more: every status is an answer, a redirect's too."""


@dataclass(frozen=True, slots=True)
class Other:
    """Who is asked, and how long, and what comes of it where nobody answers."""

    name: str
    content_type: str
    """Of what is sent."""
    within_s: float
    """Seconds from the first byte asked to the last one answered."""
    most: int
    """Bytes of an answer; no more are read."""
    hint: str = ""


def exchange(url: str, body: bytes | None, other: Other) -> Answered:
    """Ask an address, by POST where there is something to send.

    Who answers may take long over each byte: nothing waits for it beyond the time, not the end of
    the process either.

    Raises:
        Failed: no whole answer came in time.
    """
    headers = {"User-Agent": "callrec", "Content-Type": other.content_type}
    request = urllib.request.Request(url, body, headers)  # noqa: S310 - http or https, as the settings say
    outcome: list[Answered | str] = []

    def ask() -> None:
        opener = urllib.request.OpenerDirector()
        for handler in _HANDLERS:
            opener.add_handler(handler())
        try:
            with opener.open(request, timeout=other.within_s) as answer:
                outcome.append(Answered(answer.status, answer.read(other.most)))
        except (OSError, HTTPException, ValueError) as error:
            outcome.append(_why(getattr(error, "reason", error)))

    thread = threading.Thread(target=ask, daemon=True)
    thread.start()
    thread.join(other.within_s)
    found = outcome[0] if outcome else _why(TimeoutError())
    if isinstance(found, str):
        raise Failed(f"{other.name} {found}", hint=other.hint)
    return found


def _why(reason: object) -> str:
    if isinstance(reason, TimeoutError):
        return "did not answer in time"
    why = getattr(reason, "strerror", None) or type(reason).__name__
    return f"cannot be reached: {str(why).lower()}"
