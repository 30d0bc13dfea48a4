"""A form that is sent twice is done once.

A double click sends what was filled in a second time. The browser shows the answer to that one
alone: it has to be what the first came to, or people read "not done" of what was done. So each form
that is shown has a number of its own, and a seat remembers where the last ones led.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from typing import Final

from callrec.dataclass import dataclass
from callrec.desk.exchange import Answered, Asked, is_secret
from callrec.desk.seat import Seat

NUMBER: Final = "once"
"""The field that has a form's number."""

_MOST: Final = 40
"""Forms whose answers a seat remembers."""


@dataclass(frozen=True, slots=True, repr=False)
class Sent:
    """What a form came to. Its repr shows nothing."""

    answered: Answered
    done: Sequence[str]
    """What the next page was to tell."""


def done_before(seat: Seat, asked: Asked) -> Answered | None:
    """Where this form led when it was sent before, filled in alike; None if it was not done yet."""
    sent = seat.sent.get(_place(asked))
    if not isinstance(sent, Sent):
        return None
    seat.done[:] = sent.done  # the page that told it may have been asked for, and not shown
    return sent.answered


def remember(seat: Seat, asked: Asked, answered: Answered) -> None:
    """Remember what a form came to, if it was done: then it sends on to a page."""
    if asked.first(NUMBER) and answered.to:
        while len(seat.sent) >= _MOST:
            del seat.sent[next(iter(seat.sent))]
        seat.sent[_place(asked)] = Sent(answered, tuple(seat.done))


def _place(asked: Asked) -> bytes:
    """SHA-256 of the form's number and all that was filled in but what is secret."""
    fields = {name: list(said) for name, said in asked.fields.items() if not is_secret(name)}
    files = {
        name: (each.name, hashlib.sha256(each.data).hexdigest())
        for name, each in asked.files.items()
    }
    return hashlib.sha256(json.dumps([asked.path, fields, files]).encode()).digest()
