"""What each answer says to a browser, and what is let in: headers, origin, limits.

Sources: OWASP ASVS 5.0, chapter 3 (web frontend security); Fetch Metadata (W3C); RFC 6265bis, 4.1.3
(``__Host-``); Trusted Types (W3C).
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from typing import Final

from callrec.dataclass import dataclass, field

CONTENT_POLICY: Final = (
    "default-src 'none'; object-src 'none'; script-src 'self'; style-src 'self'; img-src 'self';"
    " media-src 'self' blob:; connect-src 'self'; form-action 'self'; frame-ancestors 'none';"
    " base-uri 'none'; require-trusted-types-for 'script'; trusted-types 'none'"
)

HEADERS: Final[Mapping[str, str]] = {
    "content-security-policy": CONTENT_POLICY,
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "cross-origin-embedder-policy": "require-corp",
    "permissions-policy": "camera=(), microphone=(), geolocation=(), payment=(), usb=()",
    # Not no-referrer: with that a browser sends no Origin with a form.
    "referrer-policy": "same-origin",
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
    "cache-control": "no-store",
}

OVER_TLS: Final = {"strict-transport-security": "max-age=63072000; includeSubDomains"}

LEAVING: Final = {"clear-site-data": '"cache", "storage"'}

COOKIE: Final = "__Host-callrec"

ADMITTED: Final = "__Host-callrec-admitted"
"""Of the browser that opened the one-time address, where the desk serves this machine alone."""

MOST_FORM_BYTES: Final = 1 << 20

MOST_UPLOAD_BYTES: Final = 64 << 20

BODY_SECONDS: Final = 60
"""How long a form may take to come."""


def cookie(name: str, value: str) -> str:
    """A cookie of this origin alone, which no script reads and no other site's page sends."""
    return f"{name}={value}; Path=/; Secure; HttpOnly; SameSite=Strict"


def is_from_here(headers: Mapping[str, str], origin: str) -> bool:
    """Whether a form came from a page of this desk: by both signs that browsers give."""
    return headers.get("origin") == origin and headers.get("sec-fetch-site", "") in (
        "same-origin",
        "",  # a browser from before 2023, which sends its Origin
    )


def is_looked_at(headers: Mapping[str, str]) -> bool:
    """Whether somebody opens a page, to see it: no prefetch, and no image, frame or the like."""
    said = headers.get("sec-purpose", "") + headers.get("purpose", "")
    return "prefetch" not in said and headers.get("sec-fetch-dest", "") in ("document", "empty", "")


def comes_from_elsewhere(headers: Mapping[str, str]) -> bool:
    """Whether another site's page leads here, or one of a sibling's name.

    No cookie counts for it, whatever a browser sends: ``SameSite`` knows no siblings.
    """
    return headers.get("sec-fetch-site", "") in ("same-site", "cross-site")


@dataclass(slots=True)
class Allowance:
    """How much somebody may ask for: some at once, and then so much a second."""

    most: float
    a_second: float
    clock: Callable[[], float] = time.monotonic
    _left: float = field(init=False)
    _at: float = field(init=False)

    def __post_init__(self) -> None:
        self._left, self._at = self.most, self.clock()

    def take(self) -> bool:
        """Take one, if there is one."""
        now = self.clock()
        self._left = min(self.most, self._left + (now - self._at) * self.a_second)
        self._at = now
        if self._left < 1:
            return False
        self._left -= 1
        return True

    def give_back(self) -> None:
        """What was taken does not count."""
        self._left = min(self.most, self._left + 1)


@dataclass(slots=True)
class Allowances:
    """One allowance for each address or session."""

    most: float
    a_second: float
    clock: Callable[[], float] = time.monotonic
    each: dict[str, Allowance] = field(default_factory=dict)

    def take(self, whose: str) -> bool:
        """Take one of theirs, if there is one."""
        return self.of(whose).take()

    def of(self, whose: str) -> Allowance:
        """Theirs, a full one if they asked for nothing yet."""
        if len(self.each) > MOST_TOLD_APART:
            self.each.clear()  # most are full again by then
        fresh = Allowance(self.most, self.a_second, self.clock)
        return self.each.setdefault(whose, fresh)


MOST_TOLD_APART: Final = 10_000
