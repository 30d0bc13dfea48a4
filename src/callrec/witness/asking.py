"""One request to a witness, within a time that has an end."""

from __future__ import annotations

import threading
import urllib.request
from collections.abc import Callable
from dataclasses import dataclass
from http.client import HTTPException
from typing import Final, TypeAlias

from callrec.errors import Failed

WITHIN_S: Final = 20.0
"""Seconds in which the whole of an answer has to be here."""

MOST_BYTES: Final = 64 * 1024
"""Of an answer: far more than sixteen signatures."""


@dataclass(frozen=True, slots=True)
class Answered:
    """What came back."""

    status: int
    body: bytes


Exchange: TypeAlias = Callable[[str, bytes | None], Answered]
"""Asks an address, by POST where there is something to send; raises Failed where nobody answers."""


_HANDLERS: Final = (
    urllib.request.ProxyHandler,
    urllib.request.HTTPHandler,
    urllib.request.HTTPSHandler,
)
"""No more: every status is an answer, and nobody is followed elsewhere."""


def exchange(url: str, body: bytes | None) -> Answered:
    """Ask a witness.

    Raises:
        Failed: no whole answer came in time.
    """
    asking = _Asking(url, body)
    thread = threading.Thread(target=asking.run, daemon=True)
    thread.start()
    thread.join(WITHIN_S)
    if asking.found is None:
        raise Failed(asking.why or f"it did not answer within {WITHIN_S:.0f} seconds")
    return asking.found


@dataclass(slots=True)
class _Asking:
    url: str
    body: bytes | None
    found: Answered | None = None
    why: str = ""

    def run(self) -> None:
        headers = {"User-Agent": "callrec", "Content-Type": "text/plain; charset=utf-8"}
        request = urllib.request.Request(self.url, self.body, headers)  # noqa: S310 - http or https, as the settings say
        opener = urllib.request.OpenerDirector()
        for handler in _HANDLERS:
            opener.add_handler(handler())
        try:
            with opener.open(request, timeout=WITHIN_S) as answer:
                self.found = Answered(answer.status, answer.read(MOST_BYTES))
        except TimeoutError:
            self.why = "it did not answer in time"
        except (OSError, HTTPException, ValueError) as error:
            reason = getattr(error, "reason", error)
            told = getattr(reason, "strerror", None) or type(reason).__name__
            self.why = f"it cannot be reached: {told}"
