"""What was done, on a page of its own: to open that again does nothing.

It is for what is looked at again, and for a secret that is shown once. What else was done stands on
top of the page that follows (`rendering.go_on`).
"""

from __future__ import annotations

from collections.abc import Iterable

from callrec.dataclass import dataclass, replace
from callrec.desk.exchange import Answered, Asked
from callrec.desk.rendering import page, to
from callrec.desk.seat import Seat, find_kept


@dataclass(frozen=True, slots=True, repr=False)
class Done:
    """What was done. Its repr shows nothing."""

    title: str
    lines: tuple[str, ...]
    secret: str
    """A password or the like, which is shown this once; empty: none."""
    of_it: str
    """What the secret is."""
    links: tuple[tuple[str, str], ...]
    """Where to go on: an address and how it reads."""


def tell(
    seat: Seat,
    title: str,
    lines: Iterable[str],
    *links: tuple[str, str],
    secret: str = "",
    of_it: str = "",
) -> Answered:
    """Send on to the page that tells what was done."""
    done = Done(title, tuple(lines), secret, of_it, links)
    return to(f"/done/{seat.keep(done)}")


def show_done(seat: Seat, _asked: Asked, key: str) -> Answered:
    """What was done; a secret is there the first time only."""
    done = find_kept(seat, key, Done, "your inbox shows what waits for you: callrec inbox")
    shown = page(seat, "done.html", title=done.title, told=done)
    if done.secret:
        gone = (*done.lines, f"{done.of_it} was shown here once, and is not kept.")
        seat.keep_instead(key, replace(done, lines=gone, secret=""))
    return shown
