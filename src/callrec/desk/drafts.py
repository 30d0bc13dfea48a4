"""Drafts: what was filled into a long form and is not done yet.

They lie in the memory of the login's own process. What was refused, left for another page or put
aside is there when the form is opened again; once it is done, its draft is forgotten. So that a
login that ends loses nothing, they are also kept beyond it, sealed to the person, where only the
password of their next login opens them (login/drafts.py). Nothing that is secret is in one.
"""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from typing import Final

from callrec.dataclass import dataclass, field
from callrec.desk.exchange import Asked, Upload, is_secret
from callrec.desk.seat import Seat
from callrec.errors import Refused
from callrec.login.drafts import read_forms, save_forms
from callrec.login.people import find_person
from callrec.login.unlock import Unlocked

_NOT_KEPT: Final = frozenset({"act", "challenge", "confirmed", "once", "token"})

_FORMS: Final = (
    (r"/requests/new/([a-z-]+)", r"callrec request create \1"),
    (r"/requests/(R-\d+)/amend", r"callrec request amend \1"),
    (r"/complaints/new", "callrec complaint receive"),
    (r"/incidents/new", "callrec incident report"),
)
"""The addresses of forms that have drafts, and the command that each does."""

_LARGEST: Final = 24 * 1024**2
"""Bytes that are kept beyond a login: the files of larger ones are left out."""


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
    _seal(seat)


def keep_draft(seat: Seat, asked: Asked) -> Draft:
    """Keep what was filled in, and the file of an earlier time where none was chosen now."""
    earlier = seat.drafts.get(asked.path, Draft())
    fields = {
        name: said
        for name, said in asked.fields.items()
        if name not in _NOT_KEPT and not is_secret(name)
    }
    draft = seat.drafts[asked.path] = Draft(fields, {**earlier.files, **asked.files})
    _seal(seat)
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
    _seal(seat)


def keep_late(seat: Seat, asked: Asked) -> None:
    """Keep what was sent when the login had ended already, for the next one."""
    if asked.method == "POST" and _command(asked.path):
        with suppress(Refused):
            seat.check_token(asked.first("token"))
            keep_draft(seat, asked)


def restore_drafts(seat: Seat, unlocked: Unlocked) -> None:
    """Take what earlier logins of this person left, and tell them of it."""
    vault, person = seat.practice.vault, unlocked.person
    forms = read_forms(vault, person, unlocked.identity.kem, seat.environ)
    for path, draft in json.loads(forms or b"{}").items():
        files = {
            name: Upload(called, base64.b64decode(data))
            for name, (called, data) in draft["files"].items()
        }
        seat.drafts[path] = Draft(draft["fields"], files)
        seat.done.append(f"You did not finish this, and it is kept: {_command(path)}")


def _command(path: str) -> str:
    """The command that a form does; empty for one that has no drafts."""
    for pattern, command in _FORMS:
        if found := re.fullmatch(pattern, path):
            return found.expand(command)
    return ""


def _seal(seat: Seat) -> None:
    forms = _as_bytes(seat.drafts)
    if len(forms) > _LARGEST:
        forms = _as_bytes({path: Draft(each.fields) for path, each in seat.drafts.items()})
    practice = seat.practice
    row, _ = find_person(practice, seat.login)
    kem = practice.register.public_keys(row.id).kem
    save_forms(practice.vault, row.id, kem, forms, seat.environ)


def _as_bytes(drafts: Mapping[str, Draft]) -> bytes:
    if not drafts:
        return b""
    value = {
        path: {
            "fields": {name: list(said) for name, said in draft.fields.items()},
            "files": {
                name: [each.name, base64.b64encode(each.data).decode()]
                for name, each in draft.files.items()
            },
        }
        for path, draft in drafts.items()
    }
    return json.dumps(value).encode()
