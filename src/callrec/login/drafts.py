"""A draft: the answers given to a command that was cut short, kept for the next time.

It is sealed under the session of its terminal and lies where that lies, in memory: it opens for as
long as the login lasts, and for nobody else. One is kept at a terminal, the newest. Format:
docs/formats/keys.md, 6.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path

from callrec.crypto import primitives
from callrec.crypto.context import context
from callrec.errors import CallrecError
from callrec.login.keyring import Session, name_of, runtime_folder
from callrec.system.files import read_private, write_private


def save_draft(
    session: Session, what: str, answers: Mapping[str, str], environ: Mapping[str, str]
) -> bool:
    """Keep the answers of a command; returns whether there is a place for them."""
    file = _file(session, environ)
    if file is None:
        return False
    data = json.dumps({"answers": {**answers}, "command": what}).encode()
    key, bound = _key_and_context(session)
    with suppress(CallrecError):
        write_private(file, primitives.seal(key, data, bound))
        return True
    return False


def read_draft(session: Session, what: str, environ: Mapping[str, str]) -> Mapping[str, str]:
    """The answers kept of that command; empty where none are, or where they are of another."""
    file = _file(session, environ)
    if file is None:
        return {}
    key, bound = _key_and_context(session)
    try:
        draft = json.loads(primitives.open_sealed(key, read_private(file), bound))
    except CallrecError:  # none, or one of an earlier login
        return {}
    answers: Mapping[str, str] = draft["answers"] if draft["command"] == what else {}
    return answers


def forget_draft(session: Session, environ: Mapping[str, str]) -> None:
    """Delete the draft, as its command is done."""
    file = _file(session, environ)
    if file is not None:
        with suppress(OSError):
            file.unlink(missing_ok=True)


def _file(session: Session, environ: Mapping[str, str]) -> Path | None:
    folder = runtime_folder(environ)
    return None if folder is None else folder / f"{name_of(session.vault, session.place)}.draft"


def _key_and_context(session: Session) -> tuple[bytes, bytes]:
    bound = context("session draft", session.vault)
    return primitives.derive(session.secret, bound), bound
