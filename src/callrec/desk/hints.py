"""What to do next, for somebody at the desk: a command of callrec as the page that does it.

An error says what to type (`callrec request gather R-17`). Here that is a link to the page for it;
what has no page is said as it is typed, for whoever administers the vault.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from markupsafe import Markup, escape

PAGES: Final = (
    (r"login(?: \w+)?", "/login", "log in again"),
    (r"listen ([A-Z]-\d+)", r"/requests/\1/listen", r"listen under \1"),
    (r"listen ([A-Z]-\d+) (\d+)(?: --look)?", r"/requests/\1/listen/\2", r"listen to \2"),
    (r"inbox", "/", "your inbox"),
)
"""A command, the page that does it, and how that reads."""

_COMMAND: Final = re.compile(
    r"callrec ((?:[a-z][a-z-]*)(?: (?:--?[a-z-]+|[a-z][a-z-]*|[A-Z]-\d+|[A-Z]+|\d+))*)"
)


def with_links(hint: str) -> Markup:
    """A hint, with the commands that have a page as links."""
    parts = Markup()
    for part in _parts(hint):
        parts += part
    return parts


def _parts(hint: str) -> Iterator[Markup]:
    end = 0
    for found in _COMMAND.finditer(hint):
        yield escape(hint[end : found.start()])
        yield _link(found)
        end = found.end()
    yield escape(hint[end:])


def _link(found: re.Match[str]) -> Markup:
    for pattern, page, reads in PAGES:
        if match := re.fullmatch(pattern, found[1]):
            address, text = match.expand(page), match.expand(reads)
            return Markup('<a href="{}">{}</a>').format(address, text)
    return Markup("<code>{}</code>").format(found[0])
