"""The logins that are open in browsers: by cookie, the way to the process that holds the keys."""

from __future__ import annotations

import asyncio
import hashlib
import secrets
from collections.abc import Callable, Mapping
from typing import Any, Final

from callrec.dataclass import dataclass, field
from callrec.desk.exchange import (
    Answered,
    Asked,
    answered_from_message,
    asked_as_message,
    receive,
    send,
)
from callrec.desk.guard import Allowance
from callrec.system.children import Channel

MOST: Final = 200
"""Logins at once, and tries to log in."""


@dataclass(slots=True, repr=False)
class Browser:
    """One login that is open."""

    channel: Channel
    alone: asyncio.Lock = field(default_factory=asyncio.Lock)
    coming: asyncio.Lock = field(default_factory=asyncio.Lock)
    """Held while the end of a file is under way whose coming counts (desk/arriving.py)."""
    is_cut_short: bool = False
    """Its process ended and did not answer what it was asked."""
    allowance: Allowance = field(default_factory=lambda: Allowance(most=80, a_second=20))

    async def ask(self, asked: Asked) -> Answered:
        """Ask the login's process for a page.

        Raises:
            EOFError: the login has ended.
        """
        async with self.alone:
            head, body = await asyncio.to_thread(self.exchange, *asked_as_message(asked))
        return answered_from_message(head, body)

    def exchange(self, head: Mapping[str, Any], body: bytes) -> tuple[dict[str, Any], bytes]:
        """One message there and one back; EOFError as `ask`."""
        try:
            send(self.channel, head, body)
        except OSError as gone:
            raise EOFError from gone
        try:
            return receive(self.channel)
        except (EOFError, OSError) as gone:
            self.is_cut_short = True
            raise EOFError from gone


@dataclass(slots=True)
class Browsers:
    """All of them."""

    start: Callable[[], Channel]
    """Has a process started, and returns the way to it."""
    open: dict[bytes, Browser] = field(default_factory=dict)

    async def log_in(self, typed: Mapping[str, str]) -> tuple[dict[str, Any], str]:
        """Try to log in; returns what the process says, and the new cookie if it let them in."""
        channel = await asyncio.to_thread(self.start)
        browser = Browser(channel)
        try:
            said, _ = await asyncio.to_thread(browser.exchange, typed, b"")
        except EOFError:
            said = {"error": "the login was cut short", "hint": "try again"}
        if "login" not in said:
            channel.close()
            return said, ""
        value = secrets.token_urlsafe(32)
        self.open[_place(value)] = browser
        return said, value

    def find(self, value: str | None) -> Browser | None:
        """The login of a cookie; None if it has ended."""
        return self.open.get(_place(value)) if value else None

    def forget(self, value: str) -> None:
        """The login of a cookie has ended."""
        if (browser := self.open.pop(_place(value), None)) is not None:
            browser.channel.close()


def _place(value: str) -> bytes:
    """What is kept of a cookie: who reads this process's memory of it cannot use it."""
    return hashlib.sha256(value.encode()).digest()
