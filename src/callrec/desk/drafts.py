"""Drafts: what was filled into a long form and is not done yet.

They lie in the memory of the login's own process, which nobody can read or have dumped, and go
with it. What was refused, left for another page or put aside is there when the form is opened
again; once it is done, its draft is forgotten. A password is never in one.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field

from callrec.desk.exchange import Asked, Upload
from callrec.desk.seat import Seat

_NOT_KEPT = frozenset({"act", "confirmed", "password", "token"})


@dataclass(frozen=True, slots=True, repr=False)
class Draft:
    """What was filled in. Its repr shows nothing."""

    fields: Mapping[str, Sequence[str]] = field(default_factory=dict)
    files: Mapping[str, Upload] = field(default_factory=dict)


@contextmanager
def drafting(seat: Seat, asked: Asked) -> Iterator[Asked]:
    """Keep what was filled in until the block is done; yields it with the files that it had."""
    path = asked.path
    kept = keep_draft(seat, asked)
    yield Asked(asked.method, path, asked.query, asked.fields, kept.files)
    seat.drafts.pop(path, None)


def keep_draft(seat: Seat, asked: Asked) -> Draft:
    """Keep what was filled in, and the file of an earlier time where none was chosen now."""
    earlier = seat.drafts.get(asked.path, Draft())
    fields = {name: said for name, said in asked.fields.items() if name not in _NOT_KEPT}
    draft = seat.drafts[asked.path] = Draft(fields, {**earlier.files, **asked.files})
    return draft


def filled(seat: Seat, asked: Asked) -> Asked:
    """What stands in a form that is opened: what was just refused, else the draft."""
    draft = seat.drafts.get(asked.path)
    if draft is None:
        return asked
    fields = asked.fields if asked.method == "POST" else draft.fields
    return Asked("GET", asked.path, asked.query, fields, draft.files)


def change_draft(seat: Seat, path: str, **said: str) -> None:
    """Put answers into a draft that were found, not typed."""
    draft = seat.drafts[path]
    found = {name: [text] for name, text in said.items()}
    seat.drafts[path] = Draft({**draft.fields, **found}, draft.files)
